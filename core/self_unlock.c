/* SPDX-License-Identifier: GPL-3.0-or-later */
/* self_unlock.c - from LOCKED to READY: the store's key is unsealed and proved, then the store is used.
 *
 *   keys --there--> open the sealed key --> export the public key --> verify the store statement
 *        --> database --> people's keys, page by page
 *
 * Whoever can write to the disk could put a store of his own here, with its key
 * sealed to us; he cannot sign.  So nothing of the store is read before the
 * statement holds, and the identity must be one whose secret key is ours.  It may
 * have expired since: its owner reads what was said, but conversations are stopped.
 */
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/people.h"
#include "core/self_task.h"
#include "core/store/salvage.h"

/* Once for a wish, however it goes: what cannot be salvaged is refused as before. */
static gpg_error_t
salvage (struct cf_self_task *task)
{
  struct cf_core *core = task->core;
  struct cf_salvaged *salvaged = calloc (1, sizeof *salvaged);
  gpg_error_t err = salvaged ? cf_store_salvage (core->env, core->home, task->store_key, salvaged)
                             : cf_err (GPG_ERR_ENOMEM);

  cf_store_salvage_over (core->home);
  core->salvage_wished = false;
  if (!err) {
    free (core->salvaged);
    core->salvaged = salvaged;
    salvaged = NULL;
  }
  free (salvaged);
  return err;
}

static gpg_error_t
open_store (struct cf_self_task *task)
{
  struct cf_core *core = task->core;
  gpg_error_t err;
  char *path = cf_store_path (core->home, CF_STORE_DB), *user_id = task->self.user_id;

  task->self.user_id = NULL;
  err = path ? cf_store_files_check (core->home) : cf_err (GPG_ERR_ENOMEM);
  if (!err && core->salvage_wished)
    err = salvage (task);
  if (!err)
    err = cf_store_open (core->env, path, task->store_key, &task->store);
  if (!err)
    err = cf_store_self_load (task->store, &task->self);
  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND
      || (!err && !cf_fpr_equal (&task->self.device.identity, &task->fpr)))
    err = cf_err (CF_ERR_STORE);
  if (!err && strcmp (user_id, task->self.user_id)) {
    free (task->self.user_id);
    task->self.user_id = user_id;
    user_id = NULL;
    err = cf_store_self_save (task->store, &task->self);
  }
  free (user_id);
  free (path);
  return err;
}

static void
on_people_loaded (void *arg, gpg_error_t err)
{
  struct cf_self_task *task = arg;

  task->job = NULL;
  if (!err)
    err = cf_people_load (task->core, task->store, &task->people_row, on_people_loaded, task, &task->job);
  if (err || !task->job)
    cf_self_task_end (task, err);
}

static void
on_verified (void *arg, gpg_error_t err)
{
  struct cf_self_task *task = arg;

  task->job = NULL;
  if (!err)
    err = open_store (task);
  on_people_loaded (task, err);
}

static gpg_error_t
verify (struct cf_self_task *task)
{
  return cf_gpg_store_verify (task->core->gpg, &task->fpr, cf_buf_data (&task->bytes), cf_buf_len (&task->bytes),
                              task->statement, task->statement_len, on_verified, task, &task->job);
}

static void
on_exported (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct cf_self_task *task = arg;

  (void) data;
  (void) len;
  task->job = NULL;
  if (!err)
    err = verify (task);
  if (err)
    cf_self_task_end (task, err);
}

/* What is sealed to us and does not open is damaged; agent's errors are not of these. */
static bool
is_damage (gpg_error_t err)
{
  switch (gpg_err_code (err)) {
  case GPG_ERR_DECRYPT_FAILED:
  case GPG_ERR_CHECKSUM:
  case GPG_ERR_BAD_DATA:
  case GPG_ERR_NO_DATA:
  case GPG_ERR_INV_DATA:
  case GPG_ERR_INV_PACKET:
  case GPG_ERR_UNEXPECTED:
    return true;
  default:
    return false;
  }
}

static void
on_opened (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct cf_self_task *task = arg;

  task->job = NULL;
  if (is_damage (err) || (!err && len != CF_STORE_KEY_LEN))
    err = cf_err (CF_ERR_STORE);
  if (!err)
    err = cf_secmem_new (&task->store_key, CF_STORE_KEY_LEN);
  if (!err) {
    memcpy (task->store_key, data, CF_STORE_KEY_LEN);
    err = cf_self_store_bytes (&task->fpr, task->store_key, &task->bytes);
  }
  if (!err) /* the key is as its owner has it now: he may have extended it */
    err = cf_gpg_identity_export (task->core->gpg, &task->fpr, on_exported, task, &task->job);
  if (err)
    cf_self_task_end (task, err);
}

/* Files that init wrote and that are gone: the home is damaged, which ENOENT would not say. */
static gpg_error_t
read_files (struct cf_self_task *task, uint8_t **r_sealed, size_t *r_len)
{
  const char *home = task->core->home;
  gpg_error_t err;

  err = cf_store_file_read (home, CF_STORE_STATEMENT, &task->statement, &task->statement_len);
  if (!err)
    err = cf_store_file_read (home, CF_STORE_KEY, r_sealed, r_len);
  if (gpg_err_code (err) == GPG_ERR_ENOENT || gpg_err_code (err) == GPG_ERR_TOO_LARGE)
    err = cf_err (CF_ERR_STORE);
  return err;
}

static void
on_keys (void *arg, gpg_error_t err, const struct cf_key_info *keys, size_t count)
{
  struct cf_self_task *task = arg;
  const struct cf_key_info *key = err ? NULL : cf_self_pick (keys, count, &task->fpr);
  uint8_t *sealed = NULL;
  size_t len;

  task->job = NULL;
  if (!err && !key)
    err = cf_err (CF_ERR_NO_IDENTITY);
  if (err)
    goto leave;
  task->key_state = key->state;
  task->expires_utc_ms = key->expires_utc_ms;
  task->self.user_id = cf_text_display (key->user_id ? key->user_id : "", key->user_id ? strlen (key->user_id) : 0,
                                        false);
  err = task->self.user_id ? read_files (task, &sealed, &len) : cf_err (GPG_ERR_ENOMEM);
  if (!err && cf_gpg_sealed_to (sealed, len) && cf_gpg_sealed_to (sealed, len) != key->encryption_key)
    task->reseal_to = key->encryption_key;
  if (!err)
    err = cf_gpg_secret_open (task->core->gpg, &task->fpr, sealed, len, on_opened, task, &task->job);
leave:
  free (sealed);
  if (err)
    cf_self_task_end (task, err);
}

static void
start (struct cf_self_task *task)
{
  struct cf_core *core = task->core;
  gpg_error_t err;
  char *gnupg_home = NULL;

  if (core->state != CF_CORE_LOCKED) {
    cf_self_task_end (task, core->state == CF_CORE_READY ? 0 : cf_err (CF_ERR_NO_IDENTITY));
    return;
  }
  err = cf_self_probe (core->home, &task->fpr, &gnupg_home);
  free (gnupg_home);
  if (!err)
    err = cf_gpg_secret_keys (core->gpg, on_keys, task, &task->job);
  if (err)
    cf_self_task_end (task, err);
}

void
cf_core_unlock (struct cf_core *core, void (*done) (void *arg, gpg_error_t err), void *arg)
{
  gpg_error_t err = 0;
  struct cf_self_task *task = core->task;

  if (!task)
    err = cf_self_task_new (core, start, &task);
  if (!err)
    err = cf_self_task_wait (task, done, arg);
  if (err && done)
    done (arg, err); /* no memory to wait with, or too many who do */
}
