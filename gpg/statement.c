/* SPDX-License-Identifier: GPL-3.0-or-later */
/* statement.c - signed bindings: detached identity signatures of a named kind.
 *
 *   sign:   list the identity -> sign in the user's home -> verify
 *   verify: verify in our home -> (signed by a subkey: list its holder) -> rules
 *   store:  verify in our home -> list its holder -> rules, but the key may have expired
 *
 * A signature that the user's gpg.conf has spoilt (another signer, SHA-1) is
 * found by the verification, and not handed out.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gpg/homes.h"
#include "gpg/keyring.h"
#include "gpg/rules.h"

#define KIND_SIZE 32
#define STATEMENT_MAX (64 * 1024) /* what is signed */

struct statement_job {
  struct cf_gpg_job job;
  struct cf_import_part import;
  struct cf_fpr identity;
  char kind[KIND_SIZE];
  uint8_t *bytes, *sig;
  size_t len, sig_len;
  bool refreshed; /* our copy of the identity was renewed */
  bool may_lapse; /* the key may have expired since: our own store's statement alone */
  gpgme_verify_result_t result;
  cf_gpg_bytes_fn signed_done; /* one of the two */
  cf_gpg_done_fn verified_done;
  void *arg;
};

static void
statement_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct statement_job *s = (struct statement_job *) job;

  if (s->verified_done)
    s->verified_done (s->arg, err);
  else
    s->signed_done (s->arg, err, err ? NULL : s->sig, err ? 0 : s->sig_len);
}

static void
statement_clear (struct cf_gpg_job *job)
{
  struct statement_job *s = (struct statement_job *) job;

  if (s->result)
    gpgme_result_unref (s->result);
  cf_import_done (&s->import);
  free (s->bytes);
  free (s->sig);
}

/* -------------------------------------------------------------- verify --- */

static gpg_error_t verify_begin (struct cf_gpg_job *job, gpg_error_t err);

/* Both rules on the kept result. */
static gpg_error_t
apply_rules (struct statement_job *s, gpgme_key_t holder)
{
  const char *cause = "";
  gpg_error_t err;

  err = s->may_lapse ? cf_rule_signature_lapsed (s->result, &s->identity, holder, &cause)
                     : cf_rule_signature (s->result, &s->identity, holder, &cause);
  if (!err)
    err = cf_rule_statement (s->result, s->kind, &cause);
  if (err)
    cf_log (s->job.gpg->env, CF_LOG_INFO, "statement (%s): %s", s->kind, cause);
  return err;
}

static gpg_error_t
holder_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct statement_job *s = (struct statement_job *) job;

  err = cf_key_list_error (err);
  if (!err)
    err = apply_rules (s, cf_key_listed (job, &s->identity));
  /* That it was somebody else's is, of a statement, a bad signature. */
  return gpg_err_code (err) == CF_ERR_KEY_WRONG ? cf_err (CF_ERR_STATEMENT) : err;
}

static gpg_error_t
signature_checked (struct cf_gpg_job *job, gpg_error_t err)
{
  struct statement_job *s = (struct statement_job *) job;

  if (gpg_err_code (err) == GPG_ERR_NO_DATA || gpg_err_code (err) == GPG_ERR_BAD_DATA)
    return cf_err (CF_ERR_STATEMENT); /* not a signature at all */
  if (err)
    return err;
  s->result = gpgme_op_verify_result (job->ctx);
  if (!s->result)
    return cf_err (CF_ERR_STATEMENT);
  gpgme_result_ref (s->result);
  if (!s->may_lapse) {
    err = apply_rules (s, NULL);
    if (gpg_err_code (err) != CF_ERR_KEY_WRONG)
      return err;
  }
  return cf_job_list_key (job, CF_HOME_PEOPLE, &s->identity, false, 0, holder_listed);
}

static gpg_error_t
verify_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  struct statement_job *s = (struct statement_job *) job;
  gpgme_data_t sig, text;
  gpgme_ctx_t ctx;

  if (!err)
    err = cf_job_context_remote (job, CF_HOME_PEOPLE, &ctx);
  if (!err)
    err = cf_job_input (job, s->sig, s->sig_len, &sig);
  if (!err)
    err = cf_job_input (job, s->bytes, s->len, &text);
  if (err)
    return err;
  return cf_job_wait (job, gpgme_op_verify_start (ctx, sig, text, NULL), signature_checked);
}

/* ---------------------------------------------------------------- sign --- */

/* Our copy of the identity may be older than the subkey that signed. */
static gpg_error_t
own_signature_checked (struct cf_gpg_job *job, gpg_error_t err)
{
  struct statement_job *s = (struct statement_job *) job;

  err = signature_checked (job, err);
  if (gpg_err_code (err) != GPG_ERR_NO_PUBKEY || s->refreshed)
    return err;
  s->refreshed = true;
  gpgme_result_unref (s->result);
  s->result = NULL;
  return cf_import_from_user (job);
}

static gpg_error_t
own_verify_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  err = verify_begin (job, err);
  if (!err)
    job->step = own_signature_checked;
  return err;
}

static gpg_error_t
bytes_signed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct statement_job *s = (struct statement_job *) job;
  gpgme_sign_result_t result;
  const uint8_t *data;

  if (err)
    return cf_homes_blame (job->gpg, err);
  result = gpgme_op_sign_result (job->ctx);
  if (!result || result->invalid_signers || !result->signatures)
    return cf_err (GPG_ERR_UNUSABLE_SECKEY);
  data = cf_job_output_data (job, &s->sig_len);
  s->sig = malloc (s->sig_len ? s->sig_len : 1);
  if (!s->sig)
    return cf_err (GPG_ERR_ENOMEM);
  memcpy (s->sig, data, s->sig_len);
  err = cf_packets_dearmor (s->sig, &s->sig_len);
  return own_verify_begin (job, err);
}

static gpg_error_t
sign (struct cf_gpg_job *job)
{
  struct statement_job *s = (struct statement_job *) job;
  gpgme_data_t in, out;
  gpgme_ctx_t ctx;
  gpg_error_t err;

  err = cf_job_context (job, CF_HOME_IDENTITY, &ctx);
  if (!err)
    err = gpgme_signers_add (ctx, job->gpg->signer);
  if (!err)
    err = gpgme_sig_notation_add (ctx, CF_NOTATION, s->kind, GPGME_SIG_NOTATION_HUMAN_READABLE);
  if (!err)
    err = cf_job_input (job, s->bytes, s->len, &in);
  if (!err)
    err = cf_job_output (job, CF_GPG_SIGNATURE_MAX, false, &out);
  if (err)
    return err;
  return cf_job_wait (job, gpgme_op_sign_start (ctx, in, out, GPGME_SIG_MODE_DETACH), bytes_signed);
}

static gpg_error_t
signer_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct statement_job *s = (struct statement_job *) job;
  struct cf_gpg *gpg = job->gpg;
  gpgme_key_t key;

  err = cf_key_list_error (err);
  if (err)
    return err;
  key = cf_key_listed (job, &s->identity);
  if (!key)
    return cf_err (CF_ERR_NO_IDENTITY);
  gpgme_key_ref (key);
  gpgme_key_unref (gpg->signer);
  gpg->signer = key;
  gpg->signer_fpr = s->identity;
  return sign (job);
}

static gpg_error_t
sign_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  struct statement_job *s = (struct statement_job *) job;

  if (err)
    return err;
  /* GPGME takes no more than the fingerprint from the object. */
  if (job->gpg->signer && cf_fpr_equal (&job->gpg->signer_fpr, &s->identity))
    return sign (job);
  /* Not among secret keys: that would need the agent, whose absence the
     signing itself tells better. */
  return cf_job_list_key (job, CF_HOME_IDENTITY, &s->identity, false, 0, signer_listed);
}

/* ----------------------------------------------------------------- face --- */

static const struct cf_job_kind sign_kind = {
  .name = "statement sign", .lane = CF_HOME_IDENTITY, .size = sizeof (struct statement_job),
  .begin = sign_begin, .report = statement_report, .clear = statement_clear,
};

static const struct cf_job_kind verify_kind = {
  .name = "statement verify", .lane = CF_HOME_CONVERSATION, .size = sizeof (struct statement_job),
  .begin = verify_begin, .report = statement_report, .clear = statement_clear,
};

static bool
kind_is_valid (const char *kind)
{
  size_t i;

  for (i = 0; kind[i]; i++)
    if (i + 1 >= KIND_SIZE || !(islower ((unsigned char) kind[i]) || kind[i] == '-'))
      return false;
  return i > 0;
}

static gpg_error_t
copy_bytes (struct cf_gpg_job *job, uint8_t **r_copy, const void *bytes, size_t len)
{
  gpg_error_t err;

  err = cf_job_charge (job, len);
  if (err)
    return err;
  *r_copy = malloc (len ? len : 1);
  if (!*r_copy)
    return cf_err (GPG_ERR_ENOMEM);
  if (len)
    memcpy (*r_copy, bytes, len);
  return 0;
}

static gpg_error_t
new_statement (struct cf_gpg *gpg, const struct cf_job_kind *job_kind, enum cf_gpg_priority priority,
               const struct cf_fpr *identity, const char *kind, const void *bytes, size_t len,
               struct statement_job **r_job)
{
  struct statement_job *s;
  gpg_error_t err;

  if (cf_fpr_is_none (identity) || !kind_is_valid (kind))
    return cf_err (GPG_ERR_INV_ARG);
  if (len > STATEMENT_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  err = cf_job_new (gpg, job_kind, priority, &s);
  if (err)
    return err;
  s->identity = *identity;
  strcpy (s->kind, kind);
  s->len = len;
  err = copy_bytes (&s->job, &s->bytes, bytes, len);
  if (err) {
    cf_job_drop (&s->job);
    return err;
  }
  s->import.home = CF_HOME_PEOPLE;
  s->import.expected = *identity;
  s->import.then = own_verify_begin;
  s->job.import = &s->import;
  *r_job = s;
  return 0;
}

gpg_error_t
cf_gpg_statement_sign (struct cf_gpg *gpg, const struct cf_fpr *identity, const char *kind, const void *bytes,
                       size_t len, cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct statement_job *s;
  gpg_error_t err;

  err = new_statement (gpg, &sign_kind, CF_GPG_PERSON, identity, kind, bytes, len, &s);
  if (err)
    return err;
  s->signed_done = done;
  s->arg = arg;
  cf_job_submit (&s->job, r_job);
  return 0;
}

static gpg_error_t
start_verify (struct cf_gpg *gpg, enum cf_gpg_priority priority, const struct cf_fpr *identity, const char *kind,
              const void *bytes, size_t len, const void *sig, size_t sig_len, bool may_lapse, cf_gpg_done_fn done,
              void *arg, struct cf_gpg_job **r_job)
{
  struct statement_job *s;
  gpg_error_t err;

  if (!sig_len || sig_len > CF_GPG_SIGNATURE_MAX)
    return cf_err (sig_len ? GPG_ERR_TOO_LARGE : CF_ERR_STATEMENT);
  err = new_statement (gpg, &verify_kind, priority, identity, kind, bytes, len, &s);
  if (err)
    return err;
  err = copy_bytes (&s->job, &s->sig, sig, sig_len);
  if (err) {
    cf_job_drop (&s->job);
    return err;
  }
  s->sig_len = sig_len;
  s->may_lapse = may_lapse;
  s->verified_done = done;
  s->arg = arg;
  cf_job_submit (&s->job, r_job);
  return 0;
}

gpg_error_t
cf_gpg_statement_verify (struct cf_gpg *gpg, enum cf_gpg_priority priority, const struct cf_fpr *identity,
                         const char *kind, const void *bytes, size_t len, const void *sig, size_t sig_len,
                         cf_gpg_done_fn done, void *arg, struct cf_gpg_job **r_job)
{
  return start_verify (gpg, priority, identity, kind, bytes, len, sig, sig_len, false, done, arg, r_job);
}

gpg_error_t
cf_gpg_store_verify (struct cf_gpg *gpg, const struct cf_fpr *identity, const void *bytes, size_t len, const void *sig,
                     size_t sig_len, cf_gpg_done_fn done, void *arg, struct cf_gpg_job **r_job)
{
  return start_verify (gpg, CF_GPG_PERSON, identity, "store", bytes, len, sig, sig_len, true, done, arg, r_job);
}
