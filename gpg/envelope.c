/* SPDX-License-Identifier: GPL-3.0-or-later */
/* envelope.c - a message signed and encrypted between conversation keys.
 *
 *   (list the keys that are not in the cache) -> seal, or open -> rules
 *
 * The keys of a conversation stay in the cache, so that an envelope costs one
 * run of gpg and no more.
 */
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "gpg/keycache.h"
#include "gpg/keyring.h"
#include "gpg/rules.h"

#define HOLDERS_MAX (CF_GPG_RECIPIENTS_MAX + 2)

struct envelope_job {
  struct cf_gpg_job job;
  struct cf_fpr fprs[HOLDERS_MAX]; /* own, signer, then the recipients */
  gpgme_key_t keys[HOLDERS_MAX];   /* references of our own */
  size_t recipient_count;
  uint64_t ids[CF_GPG_RECIPIENTS_MAX]; /* of their encryption subkeys */
  uint8_t *passphrase;                 /* secret memory */
  uint8_t *data;
  size_t len;
  bool listed, opens;
  char *recipients; /* for gpg, one a line */
  cf_gpg_bytes_fn done;
  void *arg;
};

enum { OWN, SIGNER, RECIPIENTS };

static void
envelope_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct envelope_job *e = (struct envelope_job *) job;
  const uint8_t *data = NULL;
  size_t len = 0;

  if (!err)
    data = cf_job_output_data (job, &len);
  e->done (e->arg, err, data, len);
}

static void
envelope_clear (struct cf_gpg_job *job)
{
  struct envelope_job *e = (struct envelope_job *) job;
  size_t i;

  for (i = 0; i < HOLDERS_MAX; i++)
    gpgme_key_unref (e->keys[i]);
  cf_secmem_free (e->passphrase);
  if (e->data)
    cf_wipe (e->data, e->len);
  free (e->data);
  free (e->recipients);
}

static gpg_error_t
refuse (struct envelope_job *e, gpg_error_t err, const char *cause)
{
  cf_log (e->job.gpg->env, CF_LOG_WARN, "envelope refused: %s", cause);
  return err;
}

/* ---------------------------------------------------------------- seal --- */

static gpg_error_t
sealed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct envelope_job *e = (struct envelope_job *) job;
  struct cf_packets_message message;
  gpgme_encrypt_result_t encrypted;
  gpgme_sign_result_t signed_by;
  const char *cause = "";
  const uint8_t *data;
  size_t len;

  if (err)
    return err;
  encrypted = gpgme_op_encrypt_result (job->ctx);
  signed_by = gpgme_op_sign_result (job->ctx);
  if (!encrypted || encrypted->invalid_recipients)
    return cf_err (GPG_ERR_UNUSABLE_PUBKEY);
  if (!signed_by || signed_by->invalid_signers || !signed_by->signatures || signed_by->signatures->next)
    return cf_err (GPG_ERR_UNUSABLE_SECKEY);
  /* What the other side will refuse must not leave. */
  data = cf_job_output_data (job, &len);
  err = cf_packets_message (data, len, &message);
  if (!err)
    err = cf_rule_recipients (&message, e->ids, e->recipient_count, &cause);
  if (err) {
    cf_log (job->gpg->env, CF_LOG_ERROR, "gpg sealed to others than it was told to: %s", cause);
    err = cf_err (GPG_ERR_INTERNAL);
  }
  return err;
}

/* The exact subkeys: later ones that a key might have got are not used. */
static gpg_error_t
write_recipients (struct envelope_job *e)
{
  size_t i, used = 0, size = e->recipient_count * (CF_FPR_HEX_SIZE + 2) + 1;

  e->recipients = malloc (size);
  if (!e->recipients)
    return cf_err (GPG_ERR_ENOMEM);
  for (i = 0; i < e->recipient_count; i++)
    used += (size_t) snprintf (e->recipients + used, size - used, "%s!\n",
                               cf_key_conversation_subkey (e->keys[RECIPIENTS + i])->fpr);
  return 0;
}

static gpg_error_t
seal (struct envelope_job *e)
{
  const gpgme_encrypt_flags_t flags
    = GPGME_ENCRYPT_ALWAYS_TRUST | GPGME_ENCRYPT_NO_ENCRYPT_TO | GPGME_ENCRYPT_NO_COMPRESS;
  gpgme_data_t in, out;
  gpgme_ctx_t ctx;
  gpg_error_t err;

  err = write_recipients (e);
  if (!err)
    err = cf_job_context (&e->job, CF_HOME_CONVERSATION, &ctx);
  if (!err)
    err = gpgme_signers_add (ctx, e->keys[OWN]);
  if (!err)
    err = cf_job_allow_passphrase (&e->job, e->keys[OWN], e->passphrase);
  if (!err)
    err = cf_job_input (&e->job, e->data, e->len, &in);
  if (!err)
    err = cf_job_output (&e->job, CF_GPG_ENVELOPE_MAX, false, &out);
  if (err)
    return err;
  return cf_job_wait (&e->job, gpgme_op_encrypt_sign_ext_start (ctx, NULL, e->recipients, flags, in, out), sealed);
}

/* ---------------------------------------------------------------- open --- */

/* What gpg says of a message that it cannot read, told apart from what hinders
   gpg itself. */
static gpg_error_t
open_error (gpg_error_t err)
{
  switch (gpg_err_code (err)) {
  case GPG_ERR_EFBIG:
    return cf_err (GPG_ERR_TOO_LARGE);
  case GPG_ERR_DECRYPT_FAILED:
  case GPG_ERR_NO_SECKEY:
  case GPG_ERR_NO_DATA:
  case GPG_ERR_BAD_DATA:
  case GPG_ERR_INV_DATA:
  case GPG_ERR_INV_PACKET:
  case GPG_ERR_UNEXPECTED:
  case GPG_ERR_BAD_PASSPHRASE:
  case GPG_ERR_CHECKSUM:
    return cf_err (GPG_ERR_DECRYPT_FAILED);
  default:
    return err;
  }
}

static gpg_error_t
opened (struct cf_gpg_job *job, gpg_error_t err)
{
  struct envelope_job *e = (struct envelope_job *) job;
  const char *cause = "";

  if (err)
    return open_error (err);
  err = cf_rule_decryption (gpgme_op_decrypt_result (job->ctx), e->ids, e->recipient_count, &cause);
  if (!err)
    err = cf_rule_signature (gpgme_op_verify_result (job->ctx), &e->fprs[SIGNER], NULL, &cause);
  return err ? refuse (e, cf_err (CF_ERR_FORGERY), cause) : 0;
}

static gpg_error_t
open_envelope (struct envelope_job *e)
{
  struct cf_packets_message message;
  const char *cause = "not an encrypted message";
  gpgme_data_t in, out;
  gpgme_ctx_t ctx;
  gpg_error_t err;

  err = cf_packets_message (e->data, e->len, &message);
  if (!err)
    err = cf_rule_recipients (&message, e->ids, e->recipient_count, &cause);
  if (err)
    return refuse (e, cf_err (CF_ERR_FORGERY), cause);
  err = cf_job_context_remote (&e->job, CF_HOME_CONVERSATION, &ctx);
  if (!err)
    err = cf_job_allow_passphrase (&e->job, e->keys[OWN], e->passphrase);
  if (!err)
    err = cf_job_input (&e->job, e->data, e->len, &in);
  if (!err)
    err = cf_job_output (&e->job, CF_GPG_PLAIN_MAX, false, &out);
  if (err)
    return err;
  return cf_job_wait (&e->job, gpgme_op_decrypt_verify_start (ctx, in, out), opened);
}

/* ---------------------------------------------------------------- keys --- */

/* All keys are at hand: find the subkeys, and go. */
static gpg_error_t
keys_at_hand (struct envelope_job *e)
{
  gpgme_subkey_t sub;
  size_t i;

  for (i = 0; i < e->recipient_count; i++) {
    sub = cf_key_conversation_subkey (e->keys[RECIPIENTS + i]);
    if (!sub)
      return cf_err (GPG_ERR_UNUSABLE_PUBKEY);
    e->ids[i] = cf_key_id (sub->keyid);
  }
  return e->opens ? open_envelope (e) : seal (e);
}

static gpg_error_t find_keys (struct envelope_job *e);

static gpg_error_t
keys_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct envelope_job *e = (struct envelope_job *) job;
  struct cf_fpr fpr;
  size_t i;

  err = cf_key_list_error (err);
  for (i = 0; !err && i < job->key_count; i++)
    if (job->keys[i]->subkeys && !cf_fpr_parse (job->keys[i]->subkeys->fpr, &fpr))
      err = cf_keycache_put (job->gpg->cache, &fpr, job->keys[i]);
  e->listed = true;
  return err ? err : find_keys (e);
}

/* Take what the cache has; list what it lacks. */
static gpg_error_t
find_keys (struct envelope_job *e)
{
  char hex[HOLDERS_MAX][CF_FPR_HEX_SIZE];
  const char *patterns[HOLDERS_MAX + 1];
  size_t i, missing = 0, count = RECIPIENTS + e->recipient_count;

  for (i = 0; i < count; i++) {
    if (e->keys[i])
      continue;
    e->keys[i] = cf_keycache_get (e->job.gpg->cache, &e->fprs[i]);
    if (e->keys[i])
      gpgme_key_ref (e->keys[i]);
    else {
      patterns[missing] = cf_fpr_hex (&e->fprs[i], hex[missing]);
      missing++;
    }
  }
  if (!missing)
    return keys_at_hand (e);
  if (e->listed)
    return cf_err (GPG_ERR_NO_PUBKEY);
  patterns[missing] = NULL;
  return cf_job_list (&e->job, CF_HOME_CONVERSATION, patterns, false, 0, HOLDERS_MAX, keys_listed);
}

static gpg_error_t
envelope_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  return err ? err : find_keys ((struct envelope_job *) job);
}

/* ----------------------------------------------------------------- face --- */

static const struct cf_job_kind seal_kind = {
  .name = "envelope seal", .lane = CF_HOME_CONVERSATION, .size = sizeof (struct envelope_job),
  .begin = envelope_begin, .report = envelope_report, .clear = envelope_clear,
};

static const struct cf_job_kind open_kind = {
  .name = "envelope open", .lane = CF_HOME_CONVERSATION, .size = sizeof (struct envelope_job),
  .begin = envelope_begin, .report = envelope_report, .clear = envelope_clear,
};

static gpg_error_t
submit_envelope (struct cf_gpg *gpg, const struct cf_gpg_envelope_keys *keys, bool opens, const void *data,
                 size_t len, cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct envelope_job *e = NULL;
  gpg_error_t err;

  if (!keys->recipient_count || keys->recipient_count > CF_GPG_RECIPIENTS_MAX || (opens && !keys->signer))
    return cf_err (GPG_ERR_INV_ARG);
  if (len > (opens ? CF_GPG_ENVELOPE_MAX : CF_GPG_PLAIN_MAX))
    return cf_err (GPG_ERR_TOO_LARGE);
  err = cf_job_new (gpg, opens ? &open_kind : &seal_kind, CF_GPG_MESSAGE, &e);
  if (!err)
    err = cf_job_charge (&e->job, len);
  if (!err)
    err = cf_secmem_new (&e->passphrase, CF_GPG_PASSPHRASE_LEN);
  if (err)
    goto leave;
  e->data = malloc (len ? len : 1);
  if (!e->data) {
    err = cf_err (GPG_ERR_ENOMEM);
    goto leave;
  }
  if (len)
    memcpy (e->data, data, len);
  e->len = len;
  memcpy (e->passphrase, keys->passphrase, CF_GPG_PASSPHRASE_LEN);
  e->fprs[OWN] = *keys->own;
  e->fprs[SIGNER] = opens ? *keys->signer : *keys->own;
  memcpy (e->fprs + RECIPIENTS, keys->recipients, keys->recipient_count * sizeof *keys->recipients);
  e->recipient_count = keys->recipient_count;
  e->opens = opens;
  e->done = done;
  e->arg = arg;
  cf_job_submit (&e->job, r_job);
  return 0;

leave:
  cf_job_drop (e ? &e->job : NULL);
  return err;
}

gpg_error_t
cf_gpg_envelope_seal (struct cf_gpg *gpg, const struct cf_gpg_envelope_keys *keys, const void *plain, size_t len,
                      cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job)
{
  return submit_envelope (gpg, keys, false, plain, len, done, arg, r_job);
}

gpg_error_t
cf_gpg_envelope_open (struct cf_gpg *gpg, const struct cf_gpg_envelope_keys *keys, const void *sealed_data, size_t len,
                      cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job)
{
  return submit_envelope (gpg, keys, true, sealed_data, len, done, arg, r_job);
}
