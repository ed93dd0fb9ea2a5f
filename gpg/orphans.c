/* SPDX-License-Identifier: GPL-3.0-or-later */
/* orphans.c - the pairs of the conversation home, for whoever knows which of them a conversation still has. */
#include <stdlib.h>
#include <string.h>

#include "gpg/frozen.h"
#include "gpg/keyring.h"
#include "gpg/newkey.h"

struct pairs_job {
  struct cf_gpg_job job;
  struct cf_fpr *fprs;
  size_t count;
  cf_gpg_fprs_fn done;
  void *arg;
};

static void
pairs_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct pairs_job *p = (struct pairs_job *) job;

  p->done (p->arg, err, err ? NULL : p->fprs, err ? 0 : p->count);
}

static void
pairs_clear (struct cf_gpg_job *job)
{
  free (((struct pairs_job *) job)->fprs);
}

/* What somebody put into our home by hand is not ours. */
static bool
is_pair (gpgme_key_t key)
{
  return key->secret && cf_key_conversation_subkey (key) && key->uids && key->uids->uid
         && !strcmp (key->uids->uid, CF_NEWKEY_USER_ID);
}

static gpg_error_t
pairs_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct pairs_job *p = (struct pairs_job *) job;

  err = cf_key_list_error (err);
  if (!err && job->key_overflow)
    err = cf_err (GPG_ERR_TOO_LARGE);
  if (err)
    return err;
  p->fprs = calloc (job->key_count + 1, sizeof *p->fprs);
  if (!p->fprs)
    return cf_err (GPG_ERR_ENOMEM);
  for (size_t i = 0; i < job->key_count; i++) {
    struct cf_fpr *fpr = &p->fprs[p->count];

    if (!is_pair (job->keys[i]) || !job->keys[i]->fpr || cf_fpr_parse (job->keys[i]->fpr, fpr))
      continue;
    /* It was made, and the daemon died before it had its mark, without which it could not be deleted. */
    if (!cf_frozen_is (job->gpg, fpr))
      err = cf_frozen_set (job->gpg, fpr);
    if (err)
      return err;
    p->count++;
  }
  return 0;
}

/* Now none of our keyrings is being written to.  Of a pair whose job has not ended nobody knows yet, and it would look
   like one that nobody has. */
static gpg_error_t
list_pairs (struct cf_gpg_job *job, gpg_error_t err)
{
  if (!err && cf_newkey_under_way (job->gpg))
    err = cf_err (GPG_ERR_EAGAIN);
  if (err)
    return err;
  return cf_job_list (job, CF_HOME_CONVERSATION, NULL, true, 0, CF_JOB_KEYS_MAX, pairs_listed);
}

static gpg_error_t
pairs_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  return err ? err : cf_job_write (job, list_pairs);
}

static const struct cf_job_kind pairs_kind = {
  .name = "conversation keys", .lane = CF_HOME_CONVERSATION, .size = sizeof (struct pairs_job),
  .begin = pairs_begin, .report = pairs_report, .clear = pairs_clear,
};

gpg_error_t
cf_gpg_conversation_keys (struct cf_gpg *gpg, cf_gpg_fprs_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct pairs_job *p;
  gpg_error_t err;

  err = cf_job_new (gpg, &pairs_kind, CF_GPG_BACKGROUND, &p);
  if (err)
    return err;
  p->done = done;
  p->arg = arg;
  cf_job_submit (&p->job, r_job);
  return 0;
}
