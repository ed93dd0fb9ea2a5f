/* SPDX-License-Identifier: GPL-3.0-or-later */
/* people.c - the people home's keys, put back after a restart.
 *
 * The home is made empty each time; what was in it comes from its owner, who
 * was given each key as it was imported (keyring.c).
 */
#include <stdlib.h>
#include <string.h>

#include "gpg/engine.h"

struct load_job {
  struct cf_gpg_job job;
  uint8_t *data; /* the blocks, one after the other: OpenPGP tells them apart */
  size_t len;
  cf_gpg_done_fn done;
  void *arg;
};

static void
load_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct load_job *l = (struct load_job *) job;

  l->done (l->arg, err);
}

static void
load_clear (struct cf_gpg_job *job)
{
  free (((struct load_job *) job)->data);
}

static gpg_error_t
loaded (struct cf_gpg_job *job, gpg_error_t err)
{
  gpgme_import_result_t result = err ? NULL : gpgme_op_import_result (job->ctx);

  if (result && result->not_imported)
    cf_log (job->gpg->env, CF_LOG_WARN, "gpg: %d keys that were here before are not taken back", result->not_imported);
  return err;
}

static gpg_error_t
load_now (struct cf_gpg_job *job, gpg_error_t err)
{
  struct load_job *l = (struct load_job *) job;
  gpgme_data_t in;
  gpgme_ctx_t ctx;

  if (!err)
    err = cf_job_context_remote (job, CF_HOME_PEOPLE, &ctx);
  if (!err)
    err = cf_job_input (job, l->data, l->len, &in);
  if (err)
    return err;
  return cf_job_wait (job, gpgme_op_import_start (ctx, in), loaded);
}

static gpg_error_t
load_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  struct load_job *l = (struct load_job *) job;

  return err || !l->len ? err : cf_job_write (job, load_now);
}

static const struct cf_job_kind load_kind = {
  .name = "people load", .lane = CF_HOME_CONVERSATION, .size = sizeof (struct load_job),
  .begin = load_begin, .report = load_report, .clear = load_clear,
};

gpg_error_t
cf_gpg_people_load (struct cf_gpg *gpg, const struct cf_gpg_block *blocks, size_t count, cf_gpg_done_fn done, void *arg,
                    struct cf_gpg_job **r_job)
{
  struct load_job *l = NULL;
  gpg_error_t err;
  size_t len = 0, i;

  for (i = 0; i < count; i++)
    len += blocks[i].len;
  err = cf_job_new (gpg, &load_kind, CF_GPG_PERSON, &l);
  if (!err)
    err = cf_job_charge (&l->job, len);
  if (err)
    goto leave;
  l->data = malloc (len ? len : 1);
  if (!l->data) {
    err = cf_err (GPG_ERR_ENOMEM);
    goto leave;
  }
  for (i = 0; i < count; i++) {
    memcpy (l->data + l->len, blocks[i].data, blocks[i].len);
    l->len += blocks[i].len;
  }
  l->done = done;
  l->arg = arg;
  cf_job_submit (&l->job, r_job);
  return 0;

leave:
  cf_job_drop (l ? &l->job : NULL);
  return err;
}
