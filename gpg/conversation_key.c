/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversation_key.c - the pair of one conversation: made, imported, destroyed. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secmem.h"
#include "base/text.h"
#include "gpg/frozen.h"
#include "gpg/keycache.h"
#include "gpg/keyring.h"
#include "gpg/newkey.h"
#include "gpg/rules.h"

/* ----------------------------------------------------------------- new --- */

#define PARAMETERS                           \
  "<GnupgKeyParms format=\"internal\">\n"    \
  "Key-Type: EDDSA\nKey-Curve: ed25519\n"    \
  "Key-Usage: sign\n"                        \
  "Subkey-Type: ECDH\nSubkey-Curve: cv25519\n" \
  "Subkey-Usage: encrypt\n"                  \
  "Name-Real: " CF_NEWKEY_USER_ID "\n"       \
  "Expire-Date: 0\n"                         \
  "Passphrase: "
#define PARAMETERS_END "\n</GnupgKeyParms>\n"
#define PARAMETERS_SIZE (sizeof PARAMETERS + 2 * CF_GPG_PASSPHRASE_LEN + sizeof PARAMETERS_END)

struct new_job {
  struct cf_gpg_job job;
  char *parameters; /* secret memory; GPGME reads it while gpg runs */
  struct cf_fpr fpr;
  cf_gpg_newkey_fn done;
  void *arg;
};

static void
new_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct new_job *n = (struct new_job *) job;
  const uint8_t *block = NULL;
  size_t len = 0;

  if (!err)
    block = cf_job_output_data (job, &len);
  n->done (n->arg, err, err ? NULL : &n->fpr, block, len);
}

static void
new_clear (struct cf_gpg_job *job)
{
  cf_secmem_free (((struct new_job *) job)->parameters);
}

static gpg_error_t
pair_exported (struct cf_gpg_job *job, gpg_error_t err)
{
  size_t len;

  if (err)
    return err;
  (void) cf_job_output_data (job, &len);
  return len ? 0 : cf_err (GPG_ERR_NO_PUBKEY);
}

/* gpg leaves a revocation certificate beside each key that it makes.  Nobody
   will ever publish one for a key that dies with its conversation. */
static void
remove_revocation (struct cf_gpg *gpg, const char *hex)
{
  char *path = cf_sprintf ("%s/openpgp-revocs.d/%s.rev", gpg->home[CF_HOME_CONVERSATION], hex);

  if (path)
    (void) unlink (path);
  free (path);
}

static gpg_error_t
pair_made (struct cf_gpg_job *job, gpg_error_t err)
{
  struct new_job *n = (struct new_job *) job;
  gpgme_genkey_result_t result;
  char hex[CF_FPR_HEX_SIZE];
  gpgme_data_t out;
  gpgme_ctx_t ctx;

  if (err)
    return err;
  result = gpgme_op_genkey_result (job->ctx);
  if (!result || !result->fpr || cf_fpr_parse (result->fpr, &n->fpr))
    return cf_err (GPG_ERR_INTERNAL);
  cf_secmem_free (n->parameters);
  n->parameters = NULL;
  cf_fpr_hex (&n->fpr, hex);
  remove_revocation (job->gpg, hex);
  err = cf_frozen_set (job->gpg, &n->fpr);
  if (!err)
    err = cf_job_context (job, CF_HOME_CONVERSATION, &ctx);
  if (!err)
    err = cf_job_output (job, CF_GPG_BLOCK_MAX, false, &out);
  if (err)
    return err;
  return cf_job_wait (job, gpgme_op_export_start (ctx, hex, GPGME_EXPORT_MODE_MINIMAL, out), pair_exported);
}

static gpg_error_t
make_pair (struct cf_gpg_job *job, gpg_error_t err)
{
  struct new_job *n = (struct new_job *) job;
  gpgme_ctx_t ctx;

  if (!err)
    err = cf_job_context (job, CF_HOME_CONVERSATION, &ctx);
  if (err)
    return err;
  return cf_job_wait (job, gpgme_op_genkey_start (ctx, n->parameters, NULL, NULL), pair_made);
}

static gpg_error_t
new_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  return err ? err : cf_job_write (job, make_pair);
}

static const struct cf_job_kind new_kind = {
  .name = "conversation key", .lane = CF_HOME_CONVERSATION, .size = sizeof (struct new_job),
  .begin = new_begin, .report = new_report, .clear = new_clear,
};

bool
cf_newkey_under_way (const struct cf_gpg *gpg)
{
  for (const struct cf_gpg_job *job = gpg->working.head; job; job = job->next)
    if (job->kind == &new_kind)
      return true;
  return false;
}

gpg_error_t
cf_gpg_conversation_key_new (struct cf_gpg *gpg, const uint8_t passphrase[CF_GPG_PASSPHRASE_LEN],
                             cf_gpg_newkey_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct new_job *n;
  gpg_error_t err;
  char *p;

  err = cf_job_new (gpg, &new_kind, CF_GPG_PERSON, &n);
  if (err)
    return err;
  err = cf_secmem_new (&n->parameters, PARAMETERS_SIZE);
  if (err) {
    cf_job_drop (&n->job);
    return err;
  }
  p = n->parameters;
  memcpy (p, PARAMETERS, sizeof PARAMETERS);
  p += sizeof PARAMETERS - 1;
  cf_hex (passphrase, CF_GPG_PASSPHRASE_LEN, p);
  p += 2 * CF_GPG_PASSPHRASE_LEN;
  memcpy (p, PARAMETERS_END, sizeof PARAMETERS_END);
  n->done = done;
  n->arg = arg;
  cf_job_submit (&n->job, r_job);
  return 0;
}

/* -------------------------------------------------------------- import --- */

struct import_job {
  struct cf_gpg_job job;
  struct cf_import_part import;
  gpgme_key_t key; /* as it is in the block, or in the home if it is there already */
  bool marked;     /* it had its mark before */
  struct cf_key_text text;
  cf_gpg_key_fn done;
  void *arg;
};

static void
import_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct import_job *i = (struct import_job *) job;

  i->done (i->arg, err, err ? NULL : &i->text.info);
}

static void
import_clear (struct cf_gpg_job *job)
{
  struct import_job *i = (struct import_job *) job;

  gpgme_key_unref (i->key);
  cf_import_done (&i->import);
}

static gpg_error_t
check_shape (gpgme_key_t key)
{
  gpg_error_t err;

  err = cf_key_state_error (cf_key_state_of (key));
  if (!err && !cf_key_conversation_subkey (key))
    err = cf_err (GPG_ERR_BAD_PUBKEY);
  return err;
}

/* It was in the home before us; what the home has is what counts. */
static gpg_error_t
stored_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct import_job *i = (struct import_job *) job;
  gpgme_key_t key;

  err = cf_key_list_error (err);
  if (err)
    return err;
  key = cf_key_listed (job, &i->import.expected);
  if (!key)
    return cf_err (GPG_ERR_BAD_PUBKEY);
  err = key->secret ? cf_err (CF_ERR_KEY_WRONG) : check_shape (key);
  if (!err)
    err = cf_keycache_put (job->gpg->cache, &i->import.expected, key);
  if (err)
    return err;
  gpgme_key_ref (key);
  gpgme_key_unref (i->key);
  i->key = key;
  return cf_key_text_fill (&i->text, key, NULL);
}

static gpg_error_t
list_stored (struct cf_gpg_job *job, cf_job_step_fn next)
{
  struct import_job *i = (struct import_job *) job;

  return cf_job_list_key (job, CF_HOME_CONVERSATION, &i->import.expected, false, GPGME_KEYLIST_MODE_WITH_SECRET, next);
}

/* A key that is new to the home is there as the rule has seen it: gpg showed what it would import. */
static gpg_error_t
block_imported (struct cf_gpg_job *job, gpg_error_t err)
{
  struct import_job *i = (struct import_job *) job;

  if (err)
    return err;
  if (gpgme_op_import_result (job->ctx)->imports->status & GPGME_IMPORT_NEW)
    return cf_key_text_fill (&i->text, i->key, NULL);
  return i->marked ? list_stored (job, stored_listed) : cf_err (CF_ERR_KEY_WRONG);
}

/* Somebody's identity is no conversation key: what signs for a person signs for no conversation. */
static gpg_error_t
people_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct import_job *i = (struct import_job *) job;

  err = cf_key_list_error (err);
  if (!err && cf_key_listed (job, &i->import.expected))
    err = cf_err (CF_ERR_KEY_WRONG);
  if (!err)
    err = cf_frozen_set (job->gpg, &i->import.expected);
  return err ? err : cf_import_go_on (job);
}

static gpg_error_t
list_person (struct cf_gpg_job *job)
{
  struct import_job *i = (struct import_job *) job;

  return cf_job_list_key (job, CF_HOME_PEOPLE, &i->import.expected, false, 0, people_listed);
}

/* Frozen: a key that is here already stays as it is, whatever the block adds.
   A peer that shows us a key of our own would make our messages its own. */
static gpg_error_t
before_import_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct import_job *i = (struct import_job *) job;
  gpgme_key_t key;

  err = cf_key_list_error (err);
  if (err)
    return err;
  key = cf_key_listed (job, &i->import.expected);
  return key ? stored_listed (job, 0) : list_person (job);
}

/* What has no mark is not in the home: it gets it before it gets in, and our own before anybody sees it. */
static gpg_error_t
rule_applied (struct cf_gpg_job *job, gpg_error_t err)
{
  struct import_job *i = (struct import_job *) job;

  if (err)
    return err;
  i->key = cf_key_listed (job, &i->import.expected);
  gpgme_key_ref (i->key);
  i->marked = cf_frozen_is (job->gpg, &i->import.expected);
  return i->marked ? list_stored (job, before_import_listed) : list_person (job);
}

static gpg_error_t
import_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  return err ? err : cf_import_begin (job);
}

static const struct cf_job_kind import_kind = {
  .name = "conversation key import", .lane = CF_HOME_CONVERSATION, .size = sizeof (struct import_job),
  .begin = import_begin, .report = import_report, .clear = import_clear,
};

gpg_error_t
cf_gpg_conversation_key_import (struct cf_gpg *gpg, const void *block, size_t len, cf_gpg_key_fn done, void *arg,
                                struct cf_gpg_job **r_job)
{
  struct import_job *i = NULL;
  gpg_error_t err;

  if (!len || len > CF_GPG_BLOCK_MAX)
    return cf_err (len ? GPG_ERR_TOO_LARGE : GPG_ERR_BAD_PUBKEY);
  err = cf_job_new (gpg, &import_kind, CF_GPG_PERSON, &i);
  if (!err)
    err = cf_job_charge (&i->job, len);
  if (err)
    goto leave;
  i->import.block = malloc (len);
  if (!i->import.block) {
    err = cf_err (GPG_ERR_ENOMEM);
    goto leave;
  }
  memcpy (i->import.block, block, len);
  i->import.len = len;
  i->import.home = CF_HOME_CONVERSATION;
  i->import.check = check_shape;
  i->import.listed = rule_applied;
  i->import.then = block_imported;
  i->job.import = &i->import;
  i->done = done;
  i->arg = arg;
  cf_job_submit (&i->job, r_job);
  return 0;

leave:
  cf_job_drop (i ? &i->job : NULL);
  return err;
}

/* -------------------------------------------------------------- delete --- */

struct delete_job {
  struct cf_gpg_job job;
  struct cf_fpr fpr;
  cf_gpg_done_fn done;
  void *arg;
};

static void
delete_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct delete_job *d = (struct delete_job *) job;

  d->done (d->arg, err);
}

static gpg_error_t
deleted (struct cf_gpg_job *job, gpg_error_t err)
{
  struct delete_job *d = (struct delete_job *) job;

  err = cf_key_list_error (err); /* gone meanwhile is gone */
  if (!err)
    cf_frozen_clear (job->gpg, &d->fpr);
  return err;
}

static gpg_error_t
delete_now (struct cf_gpg_job *job, gpg_error_t err)
{
  struct delete_job *d = (struct delete_job *) job;
  gpgme_key_t key = cf_key_listed (job, &d->fpr);
  gpgme_ctx_t ctx;

  if (!err)
    err = cf_job_context (job, CF_HOME_CONVERSATION, &ctx);
  if (err)
    return err;
  return cf_job_wait (
    job, gpgme_op_delete_ext_start (ctx, key, GPGME_DELETE_ALLOW_SECRET | GPGME_DELETE_FORCE), deleted);
}

static gpg_error_t
doomed_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct delete_job *d = (struct delete_job *) job;

  err = cf_key_list_error (err);
  if (err || !cf_key_listed (job, &d->fpr))
    return err ? err : deleted (job, 0);
  if (!cf_frozen_is (job->gpg, &d->fpr)) /* somebody's identity, that a peer named as its conversation key */
    return cf_err (GPG_ERR_FORBIDDEN);
  cf_keycache_forget (job->gpg->cache, &d->fpr);
  return cf_job_write (job, delete_now);
}

static gpg_error_t
delete_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  struct delete_job *d = (struct delete_job *) job;

  if (err)
    return err;
  return cf_job_list_key (job, CF_HOME_CONVERSATION, &d->fpr, false, 0, doomed_listed);
}

static const struct cf_job_kind delete_kind = {
  .name = "conversation key delete", .lane = CF_HOME_CONVERSATION, .size = sizeof (struct delete_job),
  .begin = delete_begin, .report = delete_report,
};

gpg_error_t
cf_gpg_conversation_key_delete (struct cf_gpg *gpg, const struct cf_fpr *fpr, cf_gpg_done_fn done, void *arg,
                                struct cf_gpg_job **r_job)
{
  struct delete_job *d;
  gpg_error_t err;

  if (cf_fpr_is_none (fpr))
    return cf_err (GPG_ERR_INV_ARG);
  err = cf_job_new (gpg, &delete_kind, CF_GPG_PERSON, &d);
  if (err)
    return err;
  d->fpr = *fpr;
  d->done = done;
  d->arg = arg;
  cf_job_submit (&d->job, r_job);
  return 0;
}
