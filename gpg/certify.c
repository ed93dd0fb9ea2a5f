/* SPDX-License-Identifier: GPL-3.0-or-later */
/* certify.c - the user's own certification of somebody's key, in the user's keyring.
 *
 *   list it in the people home -> list the identity -> list it in the user's home
 *     -> (not there, or not with this user ID: export from the people home -> import there -> list again)
 *     -> (certified already: done)
 *     -> certify -> list again -> compare
 *
 * One user ID is certified, the main one: the one that Confab shows, and the
 * user knows the person by.  All of them would be the owner's to choose: who
 * adds "The Boss <boss@example.org>" to his key should not get that certified
 * along.
 *
 * A gpg.conf that names other signers ("local-user") makes gpg certify with
 * their keys, too; GPGME cannot keep it from that.  So what came of it is
 * compared with what was there before, and the user is told.
 */
#include <stdlib.h>
#include <string.h>

#include "gpg/homes.h"
#include "gpg/keyring.h"
#include "gpg/packets.h"
#include "gpg/rules.h"

#define SIGNATURES (GPGME_KEYLIST_MODE_SIGS | GPGME_KEYLIST_MODE_WITH_SECRET)

struct certify_job {
  struct cf_gpg_job job;
  struct cf_fpr identity, fpr;
  char *user_id;      /* to be certified, as the people home has it */
  bool exportable;
  gpgme_key_t signer; /* the identity, in the user's home */
  gpgme_key_t before; /* the key there, with its signatures, before it is certified */
  uint8_t *block;
  struct cf_certification outcome;
  cf_gpg_certify_fn done;
  void *arg;
};

static void
certify_report (struct cf_gpg_job *job, gpg_error_t err)
{
  struct certify_job *c = (struct certify_job *) job;

  c->outcome.user_id = c->user_id;
  c->done (c->arg, err, err ? NULL : &c->outcome);
}

static void
certify_clear (struct cf_gpg_job *job)
{
  struct certify_job *c = (struct certify_job *) job;

  gpgme_key_unref (c->signer);
  gpgme_key_unref (c->before);
  free (c->user_id);
  free (c->block);
}

/* -------------------------------------------------------- certifications --- */

static bool
is_certification (gpgme_key_sig_t sig)
{
  return sig->sig_class >= 0x10 && sig->sig_class <= 0x13 && !sig->revoked;
}

static bool
is_by (gpgme_key_sig_t sig, gpgme_key_t key)
{
  return sig->keyid && key->subkeys->keyid && !strcmp (sig->keyid, key->subkeys->keyid);
}

/* The user ID of KEY that is TEXT, in force; NULL: none. */
static gpgme_user_id_t
find_user_id (gpgme_key_t key, const char *text)
{
  gpgme_user_id_t uid;

  for (uid = key->uids; uid; uid = uid->next)
    if (uid->uid && !strcmp (uid->uid, text) && !uid->revoked && !uid->invalid)
      return uid;
  return NULL;
}

/* When SIGNER last revoked his certification of UID; 0: never. */
static long
revoked_at (gpgme_user_id_t uid, gpgme_key_t signer)
{
  gpgme_key_sig_t sig;
  long at = 0;

  for (sig = uid->signatures; sig; sig = sig->next)
    if (is_by (sig, signer) && sig->revoked && sig->timestamp > at)
      at = sig->timestamp;
  return at;
}

/* The newest certification of UID by SIGNER that holds and was not revoked; NULL: none. */
static gpgme_key_sig_t
find_certification (gpgme_user_id_t uid, gpgme_key_t signer)
{
  gpgme_key_sig_t sig, found = NULL;

  for (sig = uid->signatures; sig; sig = sig->next) {
    if (!is_by (sig, signer))
      continue;
    if (is_certification (sig) && !sig->expired && !sig->invalid && !sig->status
        && (!found || sig->timestamp >= found->timestamp))
      found = sig;
  }
  return found && found->timestamp > revoked_at (uid, signer) ? found : NULL;
}

static bool
is_done (const struct certify_job *c, gpgme_key_t key)
{
  gpgme_user_id_t uid = find_user_id (key, c->user_id);
  gpgme_key_sig_t sig = uid ? find_certification (uid, c->signer) : NULL;

  return sig && (sig->exportable || !c->exportable);
}

/* How many certifications of KEY's user IDs there are by others than SIGNER and KEY itself. */
static size_t
count_by_others (gpgme_key_t key, gpgme_key_t signer)
{
  gpgme_user_id_t uid;
  gpgme_key_sig_t sig;
  size_t n = 0;

  for (uid = key->uids; uid; uid = uid->next)
    for (sig = uid->signatures; sig; sig = sig->next)
      n += is_certification (sig) && !is_by (sig, signer) && !is_by (sig, key);
  return n;
}

/* How many user IDs of KEY have one by SIGNER. */
static size_t
count_by (gpgme_key_t key, gpgme_key_t signer)
{
  gpgme_user_id_t uid;
  size_t n = 0;

  for (uid = key->uids; uid; uid = uid->next)
    n += find_certification (uid, signer) != NULL;
  return n;
}

/* ----------------------------------------------------------------- steps --- */

static gpg_error_t
checked (struct cf_gpg_job *job, gpg_error_t err)
{
  struct certify_job *c = (struct certify_job *) job;
  gpgme_key_t key;

  err = cf_key_list_error (err);
  if (err)
    return err;
  key = cf_key_listed (job, &c->fpr);
  if (!key || !is_done (c, key))
    return cf_err (GPG_ERR_UNUSABLE_SECKEY); /* gpg says that it did, and did not */
  if (count_by_others (key, c->signer) > count_by_others (c->before, c->signer)
      || count_by (key, c->signer) > count_by (c->before, c->signer) + 1) {
    cf_log (job->gpg->env, CF_LOG_WARN, "certify: more was certified than was asked for; see gpg.conf");
    return cf_err (GPG_ERR_CONFLICT);
  }
  return 0;
}

static gpg_error_t
certified (struct cf_gpg_job *job, gpg_error_t err)
{
  struct certify_job *c = (struct certify_job *) job;

  if (err)
    return cf_homes_blame (job->gpg, err);
  return cf_job_list_key (job, CF_HOME_IDENTITY, &c->fpr, false, SIGNATURES, checked);
}

static gpg_error_t
certify (struct certify_job *c)
{
  gpgme_user_id_t uid = find_user_id (c->before, c->user_id);
  unsigned flags = c->exportable ? 0 : GPGME_KEYSIGN_LOCAL;
  gpgme_ctx_t ctx;
  gpg_error_t err;

  err = cf_job_context (&c->job, CF_HOME_IDENTITY, &ctx);
  if (!err)
    err = gpgme_signers_add (ctx, c->signer);
  if (err)
    return err;
#ifdef GPGME_KEYSIGN_FORCE
  if (uid && revoked_at (uid, c->signer)) /* gpg takes the one that was revoked for "already signed" */
    flags |= GPGME_KEYSIGN_FORCE;
#endif
  /* GPGME has gpg take exactly this user ID, not one that holds it. */
  return cf_job_wait (&c->job, gpgme_op_keysign_start (ctx, c->before, c->user_id, 0, flags), certified);
}

static gpg_error_t fetch (struct certify_job *c);

static gpg_error_t
user_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct certify_job *c = (struct certify_job *) job;
  gpgme_key_t key;

  err = cf_key_list_error (err);
  if (err)
    return err;
  key = cf_key_listed (job, &c->fpr);
  if (key)
    err = cf_key_state_error (cf_key_state_of (key));
  if (err)
    return err;
  if (!key || !find_user_id (key, c->user_id))
    return c->outcome.imported ? cf_err (GPG_ERR_BAD_PUBKEY) : fetch (c);
  if (is_done (c, key)) {
    c->outcome.already = true;
    return 0;
  }
  gpgme_key_ref (key);
  c->before = key;
  return certify (c);
}

/* ------------------------------------------- the key to the user's home --- */

static gpg_error_t
imported (struct cf_gpg_job *job, gpg_error_t err)
{
  struct certify_job *c = (struct certify_job *) job;
  gpgme_import_result_t result;

  if (err)
    return err;
  result = gpgme_op_import_result (job->ctx);
  if (!result || result->considered != 1 || result->secret_read || !result->imports
      || !cf_fpr_is (result->imports->fpr, &c->fpr) || result->imports->result)
    return cf_err (GPG_ERR_BAD_PUBKEY);
  c->outcome.imported = true;
  return cf_job_list_key (job, CF_HOME_IDENTITY, &c->fpr, false, SIGNATURES, user_listed);
}

static gpg_error_t
exported (struct cf_gpg_job *job, gpg_error_t err)
{
  struct certify_job *c = (struct certify_job *) job;
  gpgme_data_t in;
  gpgme_ctx_t ctx;
  const uint8_t *data;
  size_t len;

  if (err)
    return err;
  data = cf_job_output_data (job, &len);
  err = cf_packets_block (data, len); /* one public key, nothing secret */
  if (err)
    return cf_err (GPG_ERR_BAD_PUBKEY);
  c->block = malloc (len);
  if (!c->block)
    return cf_err_errno ();
  memcpy (c->block, data, len);
  err = cf_job_context (job, CF_HOME_IDENTITY, &ctx);
  if (!err) /* a public key: nothing to ask */
    err = gpgme_set_pinentry_mode (ctx, GPGME_PINENTRY_MODE_ERROR);
  if (!err)
    err = cf_job_input (job, c->block, len, &in);
  if (err)
    return err;
  return cf_job_wait (job, gpgme_op_import_start (ctx, in), imported);
}

/* The people home has it from its owner, checked by the import rule. */
static gpg_error_t
fetch (struct certify_job *c)
{
  char hex[CF_FPR_HEX_SIZE];
  gpgme_data_t out;
  gpgme_ctx_t ctx;
  gpg_error_t err;

  err = cf_job_context (&c->job, CF_HOME_PEOPLE, &ctx);
  if (!err)
    err = cf_job_output (&c->job, CF_GPG_BLOCK_MAX, false, &out);
  if (err)
    return err;
  cf_fpr_hex (&c->fpr, hex);
  return cf_job_wait (&c->job, gpgme_op_export_start (ctx, hex, GPGME_EXPORT_MODE_MINIMAL, out), exported);
}

/* ----------------------------------------------------------------- begin --- */

/* Only the primary certifies; it may be on a card, or kept elsewhere. */
static gpg_error_t
signer_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct certify_job *c = (struct certify_job *) job;
  gpgme_key_t key;

  err = cf_key_list_error (err);
  if (err)
    return err;
  key = cf_key_listed (job, &c->identity);
  if (!key)
    return cf_homes_blame (job->gpg, cf_err (CF_ERR_NO_IDENTITY));
  if (cf_key_state_of (key) != CF_KEY_OK || !key->subkeys->can_certify)
    return cf_err (GPG_ERR_UNUSABLE_SECKEY);
  if (!key->subkeys->secret)
    return cf_err (GPG_ERR_MISSING_KEY);
  gpgme_key_ref (key);
  c->signer = key;
  return cf_job_list_key (job, CF_HOME_IDENTITY, &c->fpr, false, SIGNATURES, user_listed);
}

static gpg_error_t
own_listed (struct cf_gpg_job *job, gpg_error_t err)
{
  struct certify_job *c = (struct certify_job *) job;
  gpgme_key_t key;

  err = cf_key_list_error (err);
  if (err)
    return err;
  key = cf_key_listed (job, &c->fpr);
  if (!key)
    return cf_err (GPG_ERR_NO_PUBKEY);
  err = cf_key_state_error (cf_key_state_of (key));
  if (!err && (!key->uids || !key->uids->uid || !*key->uids->uid || key->uids->revoked || key->uids->invalid))
    err = cf_err (GPG_ERR_NO_USER_ID);
  if (err)
    return err;
  c->user_id = strdup (key->uids->uid);
  if (!c->user_id)
    return cf_err_errno ();
  return cf_job_list_key (job, CF_HOME_IDENTITY, &c->identity, true, GPGME_KEYLIST_MODE_WITH_SECRET, signer_listed);
}

static gpg_error_t
certify_begin (struct cf_gpg_job *job, gpg_error_t err)
{
  struct certify_job *c = (struct certify_job *) job;

  return err ? err : cf_job_list_key (job, CF_HOME_PEOPLE, &c->fpr, false, 0, own_listed);
}

static const struct cf_job_kind certify_kind = {
  .name = "certify", .lane = CF_HOME_IDENTITY, .size = sizeof (struct certify_job),
  .begin = certify_begin, .report = certify_report, .clear = certify_clear,
};

gpg_error_t
cf_gpg_certify (struct cf_gpg *gpg, const struct cf_fpr *identity, const struct cf_fpr *fpr, bool exportable,
                cf_gpg_certify_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct certify_job *c;
  gpg_error_t err;

  if (cf_fpr_is_none (identity) || cf_fpr_is_none (fpr) || cf_fpr_equal (identity, fpr))
    return cf_err (GPG_ERR_INV_ARG);
  err = cf_job_new (gpg, &certify_kind, CF_GPG_PERSON, &c);
  if (err)
    return err;
  c->identity = *identity;
  c->fpr = *fpr;
  c->exportable = exportable;
  c->done = done;
  c->arg = arg;
  cf_job_submit (&c->job, r_job);
  return 0;
}
