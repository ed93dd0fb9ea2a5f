/* SPDX-License-Identifier: GPL-3.0-or-later */
/* self_reseal.c - the store key follows the identity's encryption subkey.
 *
 * Who has a new encryption subkey will part with the old one some day, and with
 * it would go what opens the store.  So, when unlock finds the key sealed to
 * another subkey than the newest whose secret is at hand, it is sealed again,
 * after the store is in use, and takes the place of the old one at once
 * (cf_store_file_write renames).  The statement is over the key itself and
 * stays as it is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "core/self_task.h"

struct cf_self_reseal {
  struct cf_core *core;
  struct cf_gpg_job *job;
  uint8_t *store_key; /* secret memory */
  uint64_t to;        /* key id of the subkey */
};

void
cf_self_reseal_free (struct cf_self_reseal *reseal)
{
  if (!reseal)
    return;
  cf_gpg_cancel (reseal->core->gpg, reseal->job);
  cf_secmem_free (reseal->store_key);
  free (reseal);
}

static void
on_sealed (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct cf_self_reseal *reseal = arg;
  struct cf_core *core = reseal->core;

  reseal->job = NULL;
  /* gpg chooses the subkey by its own lights: one whose secret is elsewhere would shut us out. */
  if (!err && cf_gpg_sealed_to (data, len) != reseal->to)
    err = cf_err (GPG_ERR_UNUSABLE_PUBKEY);
  if (!err)
    err = cf_store_file_write (core->home, CF_STORE_KEY, data, len);
  cf_log (core->env, err ? CF_LOG_WARN : CF_LOG_INFO, "store: its key for the new encryption subkey: %s",
          err ? cf_err_info (err)->message : "sealed again");
  core->self->reseal = NULL;
  cf_self_reseal_free (reseal);
}

void
cf_self_reseal (struct cf_self_task *task)
{
  struct cf_core *core = task->core;
  struct cf_self_reseal *reseal;
  gpg_error_t err;

  if (!task->reseal_to || !task->store_key)
    return;
  reseal = calloc (1, sizeof *reseal);
  if (!reseal)
    return; /* the next unlock tries again */
  reseal->core = core;
  reseal->to = task->reseal_to;
  reseal->store_key = task->store_key;
  task->store_key = NULL;
  err = cf_gpg_secret_seal (core->gpg, &core->self->fpr, reseal->store_key, CF_STORE_KEY_LEN, on_sealed, reseal,
                            &reseal->job);
  if (err)
    cf_self_reseal_free (reseal);
  else
    core->self->reseal = reseal;
}
