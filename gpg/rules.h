/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rules.h - the signature rule and the decryption rule.  Private to gpg/.
 *
 * Everything that decides whether OpenPGP data is believed is in rules.c, read
 * from GPGME's fields and never from text.  A *r_cause is a static sentence for
 * the log.
 */
#ifndef CF_GPG_RULES_H
#define CF_GPG_RULES_H

#include <gpgme.h>

#include "gpg/packets.h"

#define CF_NOTATION "statement@confab.invalid"

/* Exactly one signature, good, by the primary key EXPECTED or by a signing
   subkey of HOLDER (whose primary is EXPECTED; NULL: no subkey will do).
   Errors: BAD_SIGNATURE, CF_ERR_KEY_EXPIRED, CF_ERR_KEY_REVOKED, NO_PUBKEY,
   CF_ERR_KEY_WRONG (all is well but it is another key's). */
gpg_error_t cf_rule_signature (gpgme_verify_result_t result, const struct cf_fpr *expected, gpgme_key_t holder,
                               const char **r_cause) CF_MUST_CHECK;
/* The same, but key and subkey may have expired meanwhile; HOLDER must be there, and neither revoked nor disabled.
   For what we signed ourselves and keep: never for anything of a peer's. */
gpg_error_t cf_rule_signature_lapsed (gpgme_verify_result_t result, const struct cf_fpr *expected, gpgme_key_t holder,
                                      const char **r_cause) CF_MUST_CHECK;
/* The one signature is a statement of KIND.  Errors: BAD_SIGNATURE. */
gpg_error_t cf_rule_statement (gpgme_verify_result_t result, const char *kind, const char **r_cause) CF_MUST_CHECK;

/* A message to exactly the subkeys IDS, in order, and no passphrase.
   Before decryption, from the packets; after it, from gpg's own account.
   Errors: CF_ERR_FORGERY. */
gpg_error_t cf_rule_recipients (const struct cf_packets_message *message, const uint64_t *ids, size_t count,
                                const char **r_cause) CF_MUST_CHECK;
gpg_error_t cf_rule_decryption (gpgme_decrypt_result_t result, const uint64_t *ids, size_t count,
                                const char **r_cause) CF_MUST_CHECK;

/* GPGME's text of a key id as a number; 0 when it is none. */
uint64_t cf_key_id (const char *text);
/* Does TEXT, GPGME's fingerprint, equal FPR? */
bool cf_fpr_is (const char *text, const struct cf_fpr *fpr);

#endif
