/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rules.c - the signature rule and the decryption rule (doc/protocol.md, "OpenPGP"). */
#include "gpg/rules.h"

#include <stdlib.h>
#include <string.h>

uint64_t
cf_key_id (const char *text)
{
  char *end;
  uint64_t id;

  if (!text || strlen (text) != 16)
    return 0;
  id = strtoull (text, &end, 16);
  return *end ? 0 : id;
}

bool
cf_fpr_is (const char *text, const struct cf_fpr *fpr)
{
  struct cf_fpr parsed;

  return text && !cf_fpr_parse (text, &parsed) && !cf_fpr_is_none (fpr) && cf_fpr_equal (&parsed, fpr);
}

/* GnuPG 2.2 still takes SHA-1. */
static bool
hash_is_strong (gpgme_hash_algo_t algo)
{
  return algo == GPGME_MD_SHA256 || algo == GPGME_MD_SHA384 || algo == GPGME_MD_SHA512;
}

/* Does HOLDER have a signing subkey TEXT that is in force, or has been (MAY_LAPSE: it may have expired)? */
static bool
subkey_signs (gpgme_key_t holder, const struct cf_fpr *expected, const char *text, bool may_lapse)
{
  gpgme_subkey_t sub;

  if (!holder || !holder->subkeys || !cf_fpr_is (holder->subkeys->fpr, expected))
    return false;
  for (sub = holder->subkeys; sub; sub = sub->next)
    if (sub->fpr && !strcmp (sub->fpr, text))
      return sub->can_sign && !sub->revoked && (may_lapse || !sub->expired) && !sub->disabled && !sub->invalid;
  return false;
}

static gpg_error_t
status_error (gpgme_error_t status)
{
  switch (gpgme_err_code (status)) {
  case GPG_ERR_KEY_EXPIRED:
    return cf_err (CF_ERR_KEY_EXPIRED);
  case GPG_ERR_CERT_REVOKED:
    return cf_err (CF_ERR_KEY_REVOKED);
  case GPG_ERR_NO_PUBKEY:
    return cf_err (GPG_ERR_NO_PUBKEY);
  default:
    return cf_err (GPG_ERR_BAD_SIGNATURE);
  }
}

/* VALID and GREEN are about the web of trust, and say nothing here; each of
   these says no. */
#define SUMMARY_REFUSED                                                                                   \
  (GPGME_SIGSUM_RED | GPGME_SIGSUM_KEY_REVOKED | GPGME_SIGSUM_KEY_EXPIRED | GPGME_SIGSUM_SIG_EXPIRED      \
   | GPGME_SIGSUM_KEY_MISSING | GPGME_SIGSUM_CRL_MISSING | GPGME_SIGSUM_CRL_TOO_OLD | GPGME_SIGSUM_BAD_POLICY \
   | GPGME_SIGSUM_SYS_ERROR | GPGME_SIGSUM_TOFU_CONFLICT)

static gpg_error_t
check_signature (gpgme_verify_result_t result, const struct cf_fpr *expected, gpgme_key_t holder, bool may_lapse,
                 const char **r_cause)
{
  gpgme_signature_t sig = result ? result->signatures : NULL;
  gpgme_err_code_t status = sig ? gpgme_err_code (sig->status) : GPG_ERR_NO_ERROR;
  unsigned refused = may_lapse ? SUMMARY_REFUSED & ~GPGME_SIGSUM_KEY_EXPIRED : SUMMARY_REFUSED;

  if (!sig || sig->next) {
    *r_cause = sig ? "more than one signature" : "no signature";
    return cf_err (GPG_ERR_BAD_SIGNATURE);
  }
  if (status != GPG_ERR_NO_ERROR && !(may_lapse && status == GPG_ERR_KEY_EXPIRED)) {
    *r_cause = "the signature is not good";
    return status_error (sig->status);
  }
  if (sig->summary & refused || sig->wrong_key_usage) {
    *r_cause = "the signature's key is revoked, expired or not for signing";
    if (sig->summary & GPGME_SIGSUM_KEY_REVOKED)
      return cf_err (CF_ERR_KEY_REVOKED);
    if (sig->summary & GPGME_SIGSUM_KEY_EXPIRED)
      return cf_err (CF_ERR_KEY_EXPIRED);
    return cf_err (GPG_ERR_BAD_SIGNATURE);
  }
  if (!hash_is_strong (sig->hash_algo)) {
    *r_cause = "the signature's hash is weak";
    return cf_err (GPG_ERR_BAD_SIGNATURE);
  }
  if (!sig->fpr || (!cf_fpr_is (sig->fpr, expected) && !subkey_signs (holder, expected, sig->fpr, may_lapse))) {
    *r_cause = "signed by another key";
    return cf_err (CF_ERR_KEY_WRONG);
  }
  return 0;
}

gpg_error_t
cf_rule_signature (gpgme_verify_result_t result, const struct cf_fpr *expected, gpgme_key_t holder,
                   const char **r_cause)
{
  return check_signature (result, expected, holder, false, r_cause);
}

/* Of a key that is revoked and expired, gpg's verification says no more than that it is expired: its listing decides. */
gpg_error_t
cf_rule_signature_lapsed (gpgme_verify_result_t result, const struct cf_fpr *expected, gpgme_key_t holder,
                          const char **r_cause)
{
  if (!holder || !holder->subkeys || !cf_fpr_is (holder->subkeys->fpr, expected)) {
    *r_cause = "the signature's key is not known";
    return cf_err (GPG_ERR_NO_PUBKEY);
  }
  if (holder->revoked || holder->subkeys->revoked) {
    *r_cause = "the signature's key is revoked";
    return cf_err (CF_ERR_KEY_REVOKED);
  }
  if (holder->disabled || holder->invalid || holder->subkeys->disabled || holder->subkeys->invalid) {
    *r_cause = "the signature's key is disabled or not valid";
    return cf_err (GPG_ERR_BAD_SIGNATURE);
  }
  return check_signature (result, expected, holder, true, r_cause);
}

gpg_error_t
cf_rule_statement (gpgme_verify_result_t result, const char *kind, const char **r_cause)
{
  gpgme_sig_notation_t n, found = NULL;

  for (n = result->signatures->notations; n; n = n->next) {
    if (!n->name || strcmp (n->name, CF_NOTATION))
      continue;
    if (found) {
      *r_cause = "more than one kind of statement";
      return cf_err (GPG_ERR_BAD_SIGNATURE);
    }
    found = n;
  }
  if (!found || !found->value || strlen (kind) != (size_t) found->value_len || strcmp (found->value, kind)) {
    *r_cause = found ? "a statement of another kind" : "a signature, but not a statement";
    return cf_err (GPG_ERR_BAD_SIGNATURE);
  }
  return 0;
}

gpg_error_t
cf_rule_recipients (const struct cf_packets_message *message, const uint64_t *ids, size_t count, const char **r_cause)
{
  if (message->symmetric_count)
    *r_cause = "a passphrase opens it";
  else if (message->key_count != count)
    *r_cause = "too many or too few recipients";
  else if (memcmp (message->key_ids, ids, count * sizeof *ids))
    *r_cause = "other recipients, or in another order";
  else
    return 0;
  return cf_err (CF_ERR_FORGERY);
}

gpg_error_t
cf_rule_decryption (gpgme_decrypt_result_t result, const uint64_t *ids, size_t count, const char **r_cause)
{
  gpgme_recipient_t r;
  size_t i = 0;

  if (!result || result->legacy_cipher_nomdc || result->wrong_key_usage) {
    *r_cause = "no integrity protection, or not an encryption key";
    return cf_err (CF_ERR_FORGERY);
  }
  for (r = result->recipients; r; r = r->next, i++)
    if (i >= count || cf_key_id (r->keyid) != ids[i])
      break;
  if (r || i != count) {
    *r_cause = "gpg saw other recipients";
    return cf_err (CF_ERR_FORGERY);
  }
  return 0;
}
