/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keyring.c - people's keys: what they are, whether they are in force, and how they come and go. */
#include "gpg/keyring.h"

#include <stdlib.h>
#include <string.h>

#include "gpg/frozen.h"
#include "gpg/keycache.h"
#include "gpg/rules.h"

#define WEAK_BITS 2048 /* fewer, of RSA, DSA and Elgamal, are weak */
#define KEPT_MAX (4 * CF_GPG_BLOCK_MAX) /* a key with what several blocks have brought */

/* ------------------------------------------------------------- states --- */

const char *
cf_key_state_name (enum cf_key_state state)
{
  static const char *const names[] = { "ok", "expired", "revoked", "disabled", "weak" };

  return state <= CF_KEY_WEAK ? names[state] : "invalid";
}

const char *
cf_key_validity_name (enum cf_key_validity validity)
{
  static const char *const names[] = { "unknown", "never", "marginal", "full", "ultimate" };

  return validity <= CF_VALIDITY_ULTIMATE ? names[validity] : "unknown";
}

gpg_error_t
cf_key_state_error (enum cf_key_state state)
{
  switch (state) {
  case CF_KEY_OK:
    return 0;
  case CF_KEY_EXPIRED:
    return cf_err (CF_ERR_KEY_EXPIRED);
  case CF_KEY_REVOKED:
    return cf_err (CF_ERR_KEY_REVOKED);
  case CF_KEY_DISABLED:
    return cf_err (CF_ERR_KEY_DISABLED);
  case CF_KEY_WEAK:
    return cf_err (CF_ERR_KEY_WEAK);
  }
  return cf_err (GPG_ERR_BAD_PUBKEY);
}

static bool
subkey_is_weak (gpgme_subkey_t sub)
{
  switch (sub->pubkey_algo) {
  case GPGME_PK_RSA:
  case GPGME_PK_RSA_E:
  case GPGME_PK_RSA_S:
  case GPGME_PK_ELG_E:
  case GPGME_PK_ELG:
  case GPGME_PK_DSA:
    return sub->length < WEAK_BITS;
  default:
    return false;
  }
}

/* Worst first: the order in which a state hides the others. */
enum cf_key_state
cf_key_state_of (gpgme_key_t key)
{
  gpgme_subkey_t sub;

  if (key->revoked || (key->subkeys && key->subkeys->revoked))
    return CF_KEY_REVOKED;
  if (key->disabled || key->invalid)
    return CF_KEY_DISABLED;
  if (key->expired || (key->subkeys && key->subkeys->expired))
    return CF_KEY_EXPIRED;
  for (sub = key->subkeys; sub; sub = sub->next)
    if ((sub == key->subkeys || !(sub->revoked || sub->expired)) && subkey_is_weak (sub))
      return CF_KEY_WEAK;
  return CF_KEY_OK;
}

static enum cf_key_state
worse (enum cf_key_state a, enum cf_key_state b)
{
  static const int rank[] = { [CF_KEY_OK] = 0,       [CF_KEY_WEAK] = 1,    [CF_KEY_EXPIRED] = 2,
                              [CF_KEY_DISABLED] = 3, [CF_KEY_REVOKED] = 4 };

  return rank[a] >= rank[b] ? a : b;
}

static enum cf_key_validity
validity_of (gpgme_key_t user)
{
  if (!user || !user->uids)
    return CF_VALIDITY_UNKNOWN;
  switch (user->uids->validity) {
  case GPGME_VALIDITY_NEVER:
    return CF_VALIDITY_NEVER;
  case GPGME_VALIDITY_MARGINAL:
    return CF_VALIDITY_MARGINAL;
  case GPGME_VALIDITY_FULL:
    return CF_VALIDITY_FULL;
  case GPGME_VALIDITY_ULTIMATE:
    return CF_VALIDITY_ULTIMATE;
  default:
    return CF_VALIDITY_UNKNOWN;
  }
}

/* The subkey that gpg would encrypt to, if its secret is in the user's keyring or on a card that was seen there. */
static uint64_t
newest_encryption_key (gpgme_key_t key)
{
  gpgme_subkey_t sub, best = NULL;

  for (sub = key ? key->subkeys : NULL; sub; sub = sub->next)
    if (sub->can_encrypt && !sub->revoked && !sub->expired && !sub->disabled && !sub->invalid
        && (!best || sub->timestamp > best->timestamp))
      best = sub;
  return best && best->secret ? cf_key_id (best->keyid) : 0;
}

gpg_error_t
cf_key_text_fill (struct cf_key_text *text, gpgme_key_t own, gpgme_key_t user)
{
  gpgme_key_t key = own ? own : user;
  struct cf_key_info *info = &text->info;
  gpgme_subkey_t sub;
  char *algorithm;

  memset (text, 0, sizeof *text);
  if (!key || !key->subkeys || cf_fpr_parse (key->subkeys->fpr, &info->fpr))
    return cf_err (GPG_ERR_BAD_PUBKEY);
  info->user_id = key->uids && key->uids->uid ? key->uids->uid : "";
  algorithm = gpgme_pubkey_algo_string (key->subkeys);
  if (!algorithm)
    return cf_err (GPG_ERR_ENOMEM);
  strncpy (text->algorithm, algorithm, sizeof text->algorithm - 1);
  gpgme_free (algorithm);
  info->algorithm = text->algorithm;
  info->created_utc_ms = key->subkeys->timestamp > 0 ? (int64_t) key->subkeys->timestamp * 1000 : 0;
  info->expires_utc_ms = key->subkeys->expires > 0 ? (int64_t) key->subkeys->expires * 1000 : 0;
  info->state = cf_key_state_of (key);
  if (own && user) {
    int64_t other = user->subkeys && user->subkeys->expires > 0 ? (int64_t) user->subkeys->expires * 1000 : 0;

    info->state = worse (info->state, cf_key_state_of (user));
    if (other && (!info->expires_utc_ms || other < info->expires_utc_ms))
      info->expires_utc_ms = other;
  }
  info->validity = validity_of (user);
  info->can_sign = key->can_sign;
  info->can_encrypt = key->can_encrypt;
  info->has_secret = user && user->secret;
  for (sub = user ? user->subkeys : NULL; sub; sub = sub->next)
    info->on_card |= sub->is_cardkey;
  info->encryption_key = newest_encryption_key (user);
  return 0;
}

gpgme_subkey_t
cf_key_conversation_subkey (gpgme_key_t key)
{
  gpgme_subkey_t primary = key->subkeys, sub = primary ? primary->next : NULL;

  if (!sub || sub->next || key->invalid || key->revoked || key->expired || key->disabled)
    return NULL;
  if (!primary->can_sign || primary->can_encrypt || primary->invalid)
    return NULL;
  if (!sub->can_encrypt || sub->can_sign || sub->revoked || sub->expired || sub->disabled || sub->invalid)
    return NULL;
  return cf_key_id (sub->keyid) ? sub : NULL;
}

gpg_error_t
cf_key_list_error (gpg_error_t err)
{
  switch (gpg_err_code (err)) {
  case GPG_ERR_NO_PUBKEY:
  case GPG_ERR_NO_SECKEY:
  case GPG_ERR_NOT_FOUND:
  case GPG_ERR_EOF:
    return 0;
  default:
    return err;
  }
}

gpgme_key_t
cf_key_listed (const struct cf_gpg_job *job, const struct cf_fpr *fpr)
{
  size_t i;

  for (i = 0; i < job->key_count; i++)
    if (job->keys[i]->subkeys && cf_fpr_is (job->keys[i]->subkeys->fpr, fpr))
      return job->keys[i];
  return NULL;
}

/* ------------------------------------------------------ the import rule --- */

void
cf_import_done (struct cf_import_part *part)
{
  free (part->block);
  part->block = NULL;
}

static gpg_error_t
kept_exported (struct cf_gpg_job *job, gpg_error_t err)
{
  struct cf_import_part *part = job->import;
  const uint8_t *data;
  size_t len;

  if (!err) {
    data = cf_job_output_data (job, &len);
    err = len ? job->gpg->keep (job->gpg->keep_arg, &part->expected, data, len) : cf_err (GPG_ERR_NO_PUBKEY);
  }
  return part->then (job, err);
}

/* The copy that lasts is what the home has now, not what came: an older block may lack a revocation. */
static gpg_error_t
keep_imported (struct cf_gpg_job *job)
{
  char hex[CF_FPR_HEX_SIZE];
  gpgme_data_t out;
  gpgme_ctx_t ctx;
  gpg_error_t err;

  err = cf_job_context_remote (job, CF_HOME_PEOPLE, &ctx);
  if (!err)
    err = cf_job_output (job, KEPT_MAX, false, &out);
  if (err)
    return err;
  cf_fpr_hex (&job->import->expected, hex);
  return cf_job_wait (job, gpgme_op_export_start (ctx, hex, GPGME_EXPORT_MODE_MINIMAL, out), kept_exported);
}

static gpg_error_t
block_imported (struct cf_gpg_job *job, gpg_error_t err)
{
  struct cf_import_part *part = job->import;
  gpgme_import_result_t result;

  cf_keycache_forget (job->gpg->cache, &part->expected);
  if (err)
    return part->then (job, err);
  result = gpgme_op_import_result (job->ctx);
  /* Nothing imported although the listing was well: a key without a user ID
     that is signed, say. */
  if (!result || result->considered != 1 || result->secret_read || !result->imports
      || !cf_fpr_is (result->imports->fpr, &part->expected)
      || gpg_err_code (result->imports->result) != GPG_ERR_NO_ERROR)
    err = cf_err (GPG_ERR_BAD_PUBKEY);
  if (!err && part->keep && job->gpg->keep)
    return keep_imported (job);
  return part->then (job, err);
}

static gpg_error_t
import_now (struct cf_gpg_job *job, gpg_error_t err)
{
  gpgme_data_t in;
  gpgme_ctx_t ctx;

  if (!err)
    err = cf_job_context_remote (job, job->import->home, &ctx);
  if (!err)
    err = cf_job_input (job, job->import->block, job->import->len, &in);
  if (err)
    return err;
  return cf_job_wait (job, gpgme_op_import_start (ctx, in), block_imported);
}

gpg_error_t
cf_import_go_on (struct cf_gpg_job *job)
{
  return cf_job_write (job, import_now);
}

/* The import rule. */
static gpg_error_t
block_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct cf_import_part *part = job->import;
  struct cf_fpr fpr;
  gpgme_key_t key;

  if (err && gpg_err_code (err) != GPG_ERR_NO_DATA)
    return err;
  if (err || job->key_count != 1 || job->key_overflow)
    return cf_err (GPG_ERR_BAD_PUBKEY);
  key = job->keys[0];
  if (key->secret || !key->subkeys || cf_fpr_parse (key->subkeys->fpr, &fpr))
    return cf_err (GPG_ERR_BAD_PUBKEY);
  if (cf_fpr_is_none (&part->expected))
    part->expected = fpr;
  else if (!cf_fpr_equal (&part->expected, &fpr))
    return cf_err (CF_ERR_KEY_WRONG);
  if (part->check) {
    err = part->check (key);
    if (err)
      return err;
  }
  return part->listed ? part->listed (job, 0) : cf_import_go_on (job);
}

gpg_error_t
cf_import_begin (struct cf_gpg_job *job)
{
  struct cf_import_part *part = job->import;
  gpgme_data_t in;
  gpgme_ctx_t ctx;
  gpg_error_t err = 0;

  if (!part->len)
    return cf_err (GPG_ERR_BAD_PUBKEY);
  if (part->len > CF_GPG_BLOCK_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  /* A file may be armored; what is binary can be looked at first. */
  err = cf_packets_dearmor (part->block, &part->len);
  if (!err)
    err = cf_packets_block (part->block, part->len);
  if (err)
    return cf_err (GPG_ERR_BAD_PUBKEY);
  err = cf_job_context_remote (job, part->home, &ctx);
  if (!err)
    err = cf_job_expect_keys (job, 2);
  if (!err)
    err = cf_job_input (job, part->block, part->len, &in);
  if (err)
    return err;
  return cf_job_wait (job, gpgme_op_keylist_from_data_start (ctx, in, 0), block_listed);
}

static gpg_error_t
block_exported (struct cf_gpg_job *job, gpg_error_t err)
{
  struct cf_import_part *part = job->import;
  const uint8_t *data;
  size_t len;

  if (err)
    return err;
  data = cf_job_output_data (job, &len);
  if (!len)
    return cf_err (GPG_ERR_NO_PUBKEY);
  cf_import_done (part);
  part->block = malloc (len);
  if (!part->block)
    return cf_err (GPG_ERR_ENOMEM);
  memcpy (part->block, data, len);
  part->len = len;
  return cf_import_begin (job);
}

gpg_error_t
cf_import_from_user (struct cf_gpg_job *job)
{
  char hex[CF_FPR_HEX_SIZE];
  gpgme_data_t out;
  gpgme_ctx_t ctx;
  gpg_error_t err;

  err = cf_job_context (job, CF_HOME_IDENTITY, &ctx);
  if (!err) /* a public key: nothing to ask */
    err = gpgme_set_pinentry_mode (ctx, GPGME_PINENTRY_MODE_ERROR);
  if (!err)
    err = cf_job_output (job, CF_GPG_BLOCK_MAX, false, &out);
  if (err)
    return err;
  cf_fpr_hex (&job->import->expected, hex);
  return cf_job_wait (job, gpgme_op_export_start (ctx, hex, GPGME_EXPORT_MODE_MINIMAL, out), block_exported);
}

/* ---------------------------------------------------- lookup and import --- */

struct key_job {
  struct cf_gpg_job job;
  struct cf_import_part import;
  struct cf_fpr fpr;
  gpgme_key_t own;
  struct cf_key_text text;
  cf_gpg_key_fn done;
  void *arg;
};

static void
key_job_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct key_job *k = (struct key_job *) job;

  k->done (k->arg, err, err ? NULL : &k->text.info);
}

static void
key_job_clear (struct cf_gpg_job *job)
{
  struct key_job *k = (struct key_job *) job;

  gpgme_key_unref (k->own);
  cf_import_done (&k->import);
}

static gpg_error_t
user_home_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct key_job *k = (struct key_job *) job;

  err = cf_key_list_error (err);
  if (err)
    return err; /* it may hold a revocation: without it we do not know */
  return cf_key_text_fill (&k->text, k->own, cf_key_listed (job, &k->fpr));
}

static gpg_error_t
own_home_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct key_job *k = (struct key_job *) job;
  gpgme_key_t key;

  err = cf_key_list_error (err);
  if (err)
    return err;
  key = cf_key_listed (job, &k->fpr);
  if (!key)
    return cf_err (GPG_ERR_NO_PUBKEY);
  gpgme_key_ref (key);
  k->own = key;
  return cf_job_list_key (job, CF_HOME_IDENTITY, &k->fpr, false, GPGME_KEYLIST_MODE_WITH_SECRET, user_home_listed);
}

static gpg_error_t
lookup_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  struct key_job *k = (struct key_job *) job;

  if (err)
    return err;
  return cf_job_list_key (job, CF_HOME_PEOPLE, &k->fpr, false, 0, own_home_listed);
}

/* Whose key it is, is known by now also when none was expected. */
static gpg_error_t
import_lookup (struct cf_gpg_job *job, gpg_error_t err)
{
  struct key_job *k = (struct key_job *) job;

  k->fpr = k->import.expected;
  return lookup_begin (job, err);
}

/* An identity that has the fingerprint of a conversation key would be a way to
   add packets to what is frozen. */
static gpg_error_t
import_rule_applied (struct cf_gpg_job *job, gpg_error_t err)
{
  if (err)
    return err;
  return cf_frozen_is (job->gpg, &job->import->expected) ? cf_err (CF_ERR_KEY_WRONG) : cf_import_go_on (job);
}

static gpg_error_t
import_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  return err ? err : cf_import_begin (job);
}

static const struct cf_job_kind import_kind = {
  .name = "key import", .lane = CF_HOME_CONVERSATION, .size = sizeof (struct key_job),
  .begin = import_begin, .report = key_job_report, .clear = key_job_clear,
};

static const struct cf_job_kind lookup_kind = {
  .name = "key lookup", .lane = CF_HOME_CONVERSATION, .size = sizeof (struct key_job),
  .begin = lookup_begin, .report = key_job_report, .clear = key_job_clear,
};

/* EXPECTED NULL: any. */
static gpg_error_t
import_start (struct cf_gpg *gpg, enum cf_gpg_priority priority, const struct cf_fpr *expected, const void *block,
              size_t len, cf_gpg_key_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct key_job *k = NULL;
  gpg_error_t err;

  if (len > CF_GPG_BLOCK_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  if (!len)
    return cf_err (GPG_ERR_BAD_PUBKEY);
  err = cf_job_new (gpg, &import_kind, priority, &k);
  if (!err)
    err = cf_job_charge (&k->job, len);
  if (err)
    goto leave;
  k->import.block = malloc (len);
  if (!k->import.block) {
    err = cf_err (GPG_ERR_ENOMEM);
    goto leave;
  }
  memcpy (k->import.block, block, len);
  k->import.len = len;
  if (expected)
    k->import.expected = *expected;
  k->import.home = CF_HOME_PEOPLE;
  k->import.keep = true;
  k->import.listed = import_rule_applied;
  k->import.then = import_lookup;
  k->job.import = &k->import;
  k->done = done;
  k->arg = arg;
  cf_job_submit (&k->job, r_job);
  return 0;

leave:
  cf_job_drop (k ? &k->job : NULL);
  return err;
}

gpg_error_t
cf_gpg_key_import (struct cf_gpg *gpg, enum cf_gpg_priority priority, const struct cf_fpr *expected,
                   const void *block, size_t len, cf_gpg_key_fn done, void *arg, struct cf_gpg_job **r_job)
{
  if (cf_fpr_is_none (expected))
    return cf_err (GPG_ERR_INV_ARG);
  return import_start (gpg, priority, expected, block, len, done, arg, r_job);
}

gpg_error_t
cf_gpg_key_import_chosen (struct cf_gpg *gpg, const void *block, size_t len, cf_gpg_key_fn done, void *arg,
                          struct cf_gpg_job **r_job)
{
  return import_start (gpg, CF_GPG_PERSON, NULL, block, len, done, arg, r_job);
}

gpg_error_t
cf_gpg_key_lookup (struct cf_gpg *gpg, const struct cf_fpr *fpr, cf_gpg_key_fn done, void *arg,
                   struct cf_gpg_job **r_job)
{
  struct key_job *k;
  gpg_error_t err;

  if (cf_fpr_is_none (fpr))
    return cf_err (GPG_ERR_INV_ARG);
  err = cf_job_new (gpg, &lookup_kind, CF_GPG_PERSON, &k);
  if (err)
    return err;
  k->fpr = *fpr;
  k->done = done;
  k->arg = arg;
  cf_job_submit (&k->job, r_job);
  return 0;
}

/* ----------------------------------------------------- strangers' keys --- */

struct forget_job {
  struct cf_gpg_job job;
  struct cf_fpr fpr;
  gpgme_key_t key; /* in the people home */
  cf_gpg_done_fn done;
  void *arg;
};

static void
forget_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct forget_job *f = (struct forget_job *) job;

  f->done (f->arg, err);
}

static void
forget_clear (struct cf_gpg_job *job)
{
  gpgme_key_unref (((struct forget_job *) job)->key);
}

static gpg_error_t
forgotten (struct cf_gpg_job *job, gpg_error_t err)
{
  struct forget_job *f = (struct forget_job *) job;

  err = cf_key_list_error (err); /* gone meanwhile is gone */
  return err || !job->gpg->keep ? err : job->gpg->keep (job->gpg->keep_arg, &f->fpr, NULL, 0);
}

static gpg_error_t
forget_now (struct cf_gpg_job *job, gpg_error_t err)
{
  struct forget_job *f = (struct forget_job *) job;
  gpgme_ctx_t ctx;

  if (!err && cf_frozen_is (job->gpg, &f->fpr)) /* since it was looked at */
    err = cf_err (GPG_ERR_FORBIDDEN);
  if (!err)
    err = cf_job_context_remote (job, CF_HOME_PEOPLE, &ctx);
  if (err)
    return err;
  return cf_job_wait (job, gpgme_op_delete_ext_start (ctx, f->key, GPGME_DELETE_FORCE), forgotten);
}

/* Who has the secret key in his own home is the user himself, here. */
static gpg_error_t
forget_user_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct forget_job *f = (struct forget_job *) job;
  gpgme_key_t user;

  err = cf_key_list_error (err);
  if (err)
    return err;
  user = cf_key_listed (job, &f->fpr);
  if ((user && user->secret) || cf_frozen_is (job->gpg, &f->fpr))
    return cf_err (GPG_ERR_FORBIDDEN);
  return cf_job_write (job, forget_now);
}

static gpg_error_t
forget_own_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct forget_job *f = (struct forget_job *) job;
  gpgme_key_t key;

  err = cf_key_list_error (err);
  key = err ? NULL : cf_key_listed (job, &f->fpr);
  if (!key)
    return err ? err : forgotten (job, 0);
  gpgme_key_ref (key);
  f->key = key;
  return cf_job_list_key (job, CF_HOME_IDENTITY, &f->fpr, false, GPGME_KEYLIST_MODE_WITH_SECRET, forget_user_listed);
}

static gpg_error_t
forget_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  struct forget_job *f = (struct forget_job *) job;

  if (err)
    return err;
  if (cf_frozen_is (job->gpg, &f->fpr))
    return cf_err (GPG_ERR_FORBIDDEN);
  return cf_job_list_key (job, CF_HOME_PEOPLE, &f->fpr, false, 0, forget_own_listed);
}

static const struct cf_job_kind forget_kind = {
  .name = "stranger forget", .lane = CF_HOME_CONVERSATION, .size = sizeof (struct forget_job),
  .begin = forget_begin, .report = forget_report, .clear = forget_clear,
};

gpg_error_t
cf_gpg_stranger_forget (struct cf_gpg *gpg, const struct cf_fpr *fpr, cf_gpg_done_fn done, void *arg,
                        struct cf_gpg_job **r_job)
{
  struct forget_job *f;
  gpg_error_t err;

  if (cf_fpr_is_none (fpr))
    return cf_err (GPG_ERR_INV_ARG);
  err = cf_job_new (gpg, &forget_kind, CF_GPG_BACKGROUND, &f);
  if (err)
    return err;
  f->fpr = *fpr;
  f->done = done;
  f->arg = arg;
  cf_job_submit (&f->job, r_job);
  return 0;
}
