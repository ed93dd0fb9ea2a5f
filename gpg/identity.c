/* SPDX-License-Identifier: GPL-3.0-or-later */
/* identity.c - the user's own key: listed, generated, exported, and used to
 * seal a secret to.
 *
 * A secret is sealed in our home, to the copy of the identity there, so that
 * nothing in the user's gpg.conf adds a reader.  An identity without any
 * encryption subkey seals under a passphrase instead: an OpenPGP message with a
 * passphrase recipient, made in the user's home so that the user's own pinentry
 * asks.  (Argon2id over a passphrase from the agent was the alternative; this
 * way the user can open the secret with plain gpg, and the passphrase never
 * passes through Confab.)
 */
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "gpg/homes.h"
#include "gpg/keyring.h"
#include "gpg/rules.h"

#define SEALED_MAX (64 * 1024)
#define USER_ID_MAX 255

struct identity_job {
  struct cf_gpg_job job;
  struct cf_import_part import;
  struct cf_fpr fpr;
  struct cf_key_text *texts; /* of a listing */
  struct cf_key_info *infos;
  size_t count;
  char *user_id;
  uint8_t *secret; /* to be sealed; secret memory */
  uint8_t *data;   /* to be opened, or what was sealed */
  size_t len;
  cf_gpg_keys_fn keys_done; /* one of the three */
  cf_gpg_key_fn key_done;
  cf_gpg_bytes_fn bytes_done;
  void *arg;
};

static void
identity_clear (struct cf_gpg_job *job)
{
  struct identity_job *i = (struct identity_job *) job;

  cf_import_done (&i->import);
  free (i->texts);
  free (i->infos);
  free (i->user_id);
  cf_secmem_free (i->secret);
  free (i->data);
}

/* ---------------------------------------------------------- secret keys --- */

static void
keys_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct identity_job *i = (struct identity_job *) job;

  i->keys_done (i->arg, err, err ? NULL : i->infos, err ? 0 : i->count);
}

static gpg_error_t
secret_keys_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct identity_job *i = (struct identity_job *) job;
  size_t n;

  err = cf_key_list_error (err);
  if (err)
    return err;
  if (!job->key_count) {
    err = cf_homes_blame (job->gpg, cf_err (GPG_ERR_NO_SECKEY));
    if (gpg_err_code (err) != GPG_ERR_NO_SECKEY)
      return err;
  }
  i->texts = calloc (job->key_count + 1, sizeof *i->texts);
  i->infos = calloc (job->key_count + 1, sizeof *i->infos);
  if (!i->texts || !i->infos)
    return cf_err (GPG_ERR_ENOMEM);
  for (n = 0; n < job->key_count; n++) {
    if (cf_key_text_fill (&i->texts[i->count], NULL, job->keys[n]))
      continue; /* one that we cannot name cannot be chosen */
    i->infos[i->count] = i->texts[i->count].info;
    i->infos[i->count].algorithm = i->texts[i->count].algorithm;
    i->count++;
  }
  return 0;
}

static gpg_error_t
keys_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  if (err)
    return err;
  return cf_job_list (job, CF_HOME_IDENTITY, NULL, true, GPGME_KEYLIST_MODE_WITH_SECRET, CF_JOB_KEYS_MAX,
                      secret_keys_listed);
}

static const struct cf_job_kind keys_kind = {
  .name = "secret keys", .lane = CF_HOME_IDENTITY, .size = sizeof (struct identity_job),
  .begin = keys_begin, .report = keys_report, .clear = identity_clear,
};

gpg_error_t
cf_gpg_secret_keys (struct cf_gpg *gpg, cf_gpg_keys_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct identity_job *i;
  gpg_error_t err;

  err = cf_job_new (gpg, &keys_kind, CF_GPG_PERSON, &i);
  if (err)
    return err;
  i->keys_done = done;
  i->arg = arg;
  cf_job_submit (&i->job, r_job);
  return 0;
}

/* ------------------------------------------------------------- generate --- */

static void
generate_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct identity_job *i = (struct identity_job *) job;

  i->key_done (i->arg, err, err ? NULL : &i->texts->info);
}

static gpg_error_t
generated_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct identity_job *i = (struct identity_job *) job;
  gpgme_key_t key;

  err = cf_key_list_error (err);
  if (err)
    return err;
  key = cf_key_listed (job, &i->fpr);
  if (!key)
    return cf_err (CF_ERR_NO_IDENTITY);
  i->texts = calloc (1, sizeof *i->texts);
  if (!i->texts)
    return cf_err (GPG_ERR_ENOMEM);
  return cf_key_text_fill (i->texts, NULL, key);
}

static gpg_error_t
generated (struct cf_gpg_job *job, gpg_error_t err)
{
  struct identity_job *i = (struct identity_job *) job;
  gpgme_genkey_result_t result;

  if (err)
    return err;
  result = gpgme_op_genkey_result (job->ctx);
  if (!result || !result->fpr || cf_fpr_parse (result->fpr, &i->fpr))
    return cf_err (GPG_ERR_INTERNAL);
  return cf_job_list_key (job, CF_HOME_IDENTITY, &i->fpr, true, GPGME_KEYLIST_MODE_WITH_SECRET, generated_listed);
}

static gpg_error_t
generate_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  struct identity_job *i = (struct identity_job *) job;
  gpgme_ctx_t ctx;

  if (!err)
    err = cf_job_context (job, CF_HOME_IDENTITY, &ctx);
  if (err)
    return err;
  /* "future-default" is Ed25519 and cv25519 in GnuPG 2.2 as well as in 2.4. */
  return cf_job_wait (
    job, gpgme_op_createkey_start (ctx, i->user_id, "future-default", 0, 0, NULL, GPGME_CREATE_NOEXPIRE), generated);
}

static const struct cf_job_kind generate_kind = {
  .name = "identity generate", .lane = CF_HOME_IDENTITY, .size = sizeof (struct identity_job),
  .begin = generate_begin, .report = generate_report, .clear = identity_clear,
};

static bool
user_id_is_valid (const char *user_id)
{
  const unsigned char *p;
  size_t len = strlen (user_id);

  if (!len || len > USER_ID_MAX || !cf_text_is_utf8 (user_id, len) || strchr ("- <", *user_id))
    return false;
  for (p = (const unsigned char *) user_id; *p; p++)
    if (*p < 0x20 || *p == 0x7f)
      return false;
  return true;
}

gpg_error_t
cf_gpg_identity_generate (struct cf_gpg *gpg, const char *user_id, cf_gpg_key_fn done, void *arg,
                          struct cf_gpg_job **r_job)
{
  struct identity_job *i;
  gpg_error_t err;

  if (!user_id_is_valid (user_id))
    return cf_err (GPG_ERR_INV_USER_ID);
  err = cf_job_new (gpg, &generate_kind, CF_GPG_PERSON, &i);
  if (err)
    return err;
  i->user_id = strdup (user_id);
  if (!i->user_id) {
    cf_job_drop (&i->job);
    return cf_err (GPG_ERR_ENOMEM);
  }
  i->key_done = done;
  i->arg = arg;
  cf_job_submit (&i->job, r_job);
  return 0;
}

/* --------------------------------------------------------------- export --- */

static void
export_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct identity_job *i = (struct identity_job *) job;

  i->bytes_done (i->arg, err, err ? NULL : i->import.block, err ? 0 : i->import.len);
}

static gpg_error_t
identity_imported (struct cf_gpg_job *job, gpg_error_t err)
{
  (void) job;
  return err;
}

static gpg_error_t
export_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  return err ? err : cf_import_from_user (job);
}

static const struct cf_job_kind export_kind = {
  .name = "identity export", .lane = CF_HOME_IDENTITY, .size = sizeof (struct identity_job),
  .begin = export_begin, .report = export_report, .clear = identity_clear,
};

/* A job that begins with a fresh copy of the identity in our home. */
static gpg_error_t
new_identity_job (struct cf_gpg *gpg, const struct cf_job_kind *kind, const struct cf_fpr *fpr, cf_job_step_fn then,
                  cf_gpg_bytes_fn done, void *arg, struct identity_job **r_job)
{
  struct identity_job *i;
  gpg_error_t err;

  if (cf_fpr_is_none (fpr))
    return cf_err (GPG_ERR_INV_ARG);
  err = cf_job_new (gpg, kind, CF_GPG_PERSON, &i);
  if (err)
    return err;
  i->fpr = i->import.expected = *fpr;
  i->import.home = CF_HOME_PEOPLE;
  i->import.then = then;
  i->job.import = &i->import;
  i->bytes_done = done;
  i->arg = arg;
  *r_job = i;
  return 0;
}

gpg_error_t
cf_gpg_identity_export (struct cf_gpg *gpg, const struct cf_fpr *fpr, cf_gpg_bytes_fn done, void *arg,
                        struct cf_gpg_job **r_job)
{
  struct identity_job *i;
  gpg_error_t err;

  err = new_identity_job (gpg, &export_kind, fpr, identity_imported, done, arg, &i);
  if (err)
    return err;
  cf_job_submit (&i->job, r_job);
  return 0;
}

/* ----------------------------------------------------------------- seal --- */

static void
seal_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct identity_job *i = (struct identity_job *) job;

  i->bytes_done (i->arg, err, err ? NULL : i->data, err ? 0 : i->len);
}

static gpg_error_t
secret_sealed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct identity_job *i = (struct identity_job *) job;
  struct cf_packets_message message;
  gpgme_encrypt_result_t result;
  const uint8_t *data;
  size_t len;

  if (err)
    return err;
  result = gpgme_op_encrypt_result (job->ctx);
  if (!result || result->invalid_recipients)
    return cf_err (GPG_ERR_UNUSABLE_PUBKEY);
  data = cf_job_output_data (job, &len);
  i->data = malloc (len ? len : 1);
  if (!i->data)
    return cf_err (GPG_ERR_ENOMEM);
  memcpy (i->data, data, len);
  i->len = len;
  err = cf_packets_dearmor (i->data, &i->len); /* the user's gpg.conf may say "armor" */
  if (!err)
    err = cf_packets_message (i->data, i->len, &message);
  if (!err && message.key_count + message.symmetric_count != 1)
    err = cf_err (GPG_ERR_UNUSABLE_PUBKEY); /* one reader, no more */
  return err;
}

static bool
has_encryption_subkey (gpgme_key_t key)
{
  gpgme_subkey_t sub;

  for (sub = key->subkeys; sub; sub = sub->next)
    if (sub->can_encrypt)
      return true;
  return false;
}

static gpg_error_t
seal_secret (struct identity_job *i, bool by_passphrase)
{
  gpgme_encrypt_flags_t flags
    = GPGME_ENCRYPT_ALWAYS_TRUST | GPGME_ENCRYPT_NO_ENCRYPT_TO | GPGME_ENCRYPT_NO_COMPRESS;
  char hex[CF_FPR_HEX_SIZE];
  gpgme_data_t in, out;
  gpgme_ctx_t ctx;
  gpg_error_t err;

  cf_fpr_hex (&i->fpr, hex);
  if (by_passphrase)
    flags |= GPGME_ENCRYPT_SYMMETRIC;
  err = cf_job_context (&i->job, by_passphrase ? CF_HOME_IDENTITY : CF_HOME_PEOPLE, &ctx);
  if (!err)
    err = cf_job_input (&i->job, i->secret, i->len, &in);
  if (!err)
    err = cf_job_output (&i->job, SEALED_MAX, false, &out);
  if (err)
    return err;
  return cf_job_wait (&i->job, gpgme_op_encrypt_ext_start (ctx, NULL, by_passphrase ? NULL : hex, flags, in, out),
                      secret_sealed);
}

static gpg_error_t
sealer_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct identity_job *i = (struct identity_job *) job;
  gpgme_key_t key;

  err = cf_key_list_error (err);
  if (err)
    return err;
  key = cf_key_listed (job, &i->fpr);
  if (!key)
    return cf_err (GPG_ERR_NO_PUBKEY);
  if (key->can_encrypt)
    return seal_secret (i, false);
  /* Subkeys that have expired are no reason to fall back to a passphrase. */
  if (has_encryption_subkey (key) || cf_key_state_of (key) == CF_KEY_EXPIRED || cf_key_state_of (key) == CF_KEY_REVOKED)
    return cf_err (GPG_ERR_UNUSABLE_PUBKEY);
  return seal_secret (i, true);
}

static gpg_error_t
sealer_imported (struct cf_gpg_job *job, gpg_error_t err)
{
  struct identity_job *i = (struct identity_job *) job;

  if (err)
    return err;
  return cf_job_list_key (job, CF_HOME_PEOPLE, &i->fpr, false, 0, sealer_listed);
}

static const struct cf_job_kind seal_kind = {
  .name = "secret seal", .lane = CF_HOME_IDENTITY, .size = sizeof (struct identity_job),
  .begin = export_begin, .report = seal_report, .clear = identity_clear,
};

gpg_error_t
cf_gpg_secret_seal (struct cf_gpg *gpg, const struct cf_fpr *identity, const void *secret, size_t len,
                    cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct identity_job *i;
  gpg_error_t err;

  if (!len || len > CF_SECRET_MAX)
    return cf_err (len ? GPG_ERR_TOO_LARGE : GPG_ERR_INV_ARG);
  err = new_identity_job (gpg, &seal_kind, identity, sealer_imported, done, arg, &i);
  if (err)
    return err;
  err = cf_secmem_new (&i->secret, len);
  if (err) {
    cf_job_drop (&i->job);
    return err;
  }
  memcpy (i->secret, secret, len);
  i->len = len;
  cf_job_submit (&i->job, r_job);
  return 0;
}

uint64_t
cf_gpg_sealed_to (const void *sealed, size_t len)
{
  struct cf_packets_message message;

  if (!len || cf_packets_message (sealed, len, &message))
    return 0;
  return message.key_count == 1 && !message.symmetric_count ? message.key_ids[0] : 0;
}

/* ----------------------------------------------------------------- open --- */

static void
open_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct identity_job *i = (struct identity_job *) job;
  const uint8_t *data = NULL;
  size_t len = 0;

  if (!err)
    data = cf_job_output_data (job, &len);
  i->bytes_done (i->arg, err, data, len);
}

static gpg_error_t
secret_opened (struct cf_gpg_job *job, gpg_error_t err)
{
  gpgme_decrypt_result_t result;

  if (err)
    return cf_homes_blame (job->gpg, err);
  result = gpgme_op_decrypt_result (job->ctx);
  return result && !result->legacy_cipher_nomdc ? 0 : cf_err (GPG_ERR_DECRYPT_FAILED);
}

static gpg_error_t
open_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  struct identity_job *i = (struct identity_job *) job;
  struct cf_packets_message message;
  gpgme_data_t in, out;
  gpgme_ctx_t ctx;

  if (err)
    return err;
  err = cf_packets_message (i->data, i->len, &message);
  if (err || message.key_count + message.symmetric_count != 1)
    return cf_err (GPG_ERR_DECRYPT_FAILED);
  err = cf_job_context (job, CF_HOME_IDENTITY, &ctx);
  if (!err)
    err = cf_job_input (job, i->data, i->len, &in);
  if (!err)
    err = cf_job_output (job, CF_SECRET_MAX, true, &out);
  if (err)
    return err;
  return cf_job_wait (job, gpgme_op_decrypt_start (ctx, in, out), secret_opened);
}

static const struct cf_job_kind open_kind = {
  .name = "secret open", .lane = CF_HOME_IDENTITY, .size = sizeof (struct identity_job),
  .begin = open_begin, .report = open_report, .clear = identity_clear,
};

gpg_error_t
cf_gpg_secret_open (struct cf_gpg *gpg, const struct cf_fpr *identity, const void *sealed, size_t len,
                    cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct identity_job *i;
  gpg_error_t err;

  if (!len || len > SEALED_MAX)
    return cf_err (len ? GPG_ERR_TOO_LARGE : GPG_ERR_NO_DATA);
  err = new_identity_job (gpg, &open_kind, identity, NULL, done, arg, &i);
  if (err)
    return err;
  i->data = malloc (len);
  if (!i->data) {
    cf_job_drop (&i->job);
    return cf_err (GPG_ERR_ENOMEM);
  }
  memcpy (i->data, sealed, len);
  i->len = len;
  cf_job_submit (&i->job, r_job);
  return 0;
}
