/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_rules.c - what makes OpenPGP data believed, field by field of what GPGME says; no gpg needed.
 *
 * Every case begins with what is right and makes one thing of it wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gpg/rules.h"

#define PRIMARY "0123456789ABCDEF0123456789ABCDEF01234567"
#define SUBKEY "89ABCDEF0123456789ABCDEF0123456789ABCDEF"
#define OTHER "FEDCBA9876543210FEDCBA9876543210FEDCBA98"

/* A good signature of a key with a signing subkey, and the key. */
struct signed_data {
  struct cf_fpr fpr;
  char text[2][41]; /* GPGME's fingerprints are not constant */
  struct _gpgme_subkey sub, primary;
  struct _gpgme_key key;
  struct _gpgme_signature more, sig;
  struct _gpgme_op_verify_result result;
  const char *cause;
};

static void
make (struct signed_data *d, bool by_subkey)
{
  memset (d, 0, sizeof *d);
  strcpy (d->text[0], PRIMARY);
  strcpy (d->text[1], SUBKEY);
  assert_int_equal (cf_fpr_parse (PRIMARY, &d->fpr), 0);
  d->primary.fpr = d->text[0];
  d->primary.can_sign = d->sub.can_sign = 1;
  d->primary.next = &d->sub;
  d->sub.fpr = d->text[1];
  d->key.subkeys = &d->primary;
  d->sig.fpr = d->text[by_subkey];
  d->sig.hash_algo = GPGME_MD_SHA512;
  d->result.signatures = &d->sig;
}

/* What the rule makes of D; it says why not, and only then. */
static gpg_err_code_t
judge (struct signed_data *d, bool may_lapse)
{
  gpg_error_t err = may_lapse ? cf_rule_signature_lapsed (&d->result, &d->fpr, &d->key, &d->cause)
                              : cf_rule_signature (&d->result, &d->fpr, &d->key, &d->cause);

  assert_int_equal (err != 0, d->cause != NULL);
  d->cause = NULL;
  return gpg_err_code (err);
}

/* Both rules refuse: with CODE what is in force, with LAPSED what may have expired. */
#define check_wrong(d, code, lapsed)                                                                         \
  do {                                                                                                       \
    assert_int_equal (judge (d, false), code);                                                               \
    assert_int_equal (judge (d, true), lapsed);                                                              \
  } while (0)

static void
test_good (void **state)
{
  struct signed_data d;

  (void) state;
  for (int by_subkey = 0; by_subkey < 2; by_subkey++) {
    make (&d, by_subkey);
    check_wrong (&d, 0, 0);
    d.sig.summary = GPGME_SIGSUM_VALID | GPGME_SIGSUM_GREEN; /* the web of trust has no say */
    d.sig.hash_algo = GPGME_MD_SHA256;
    check_wrong (&d, 0, 0);
    d.sig.hash_algo = GPGME_MD_SHA384;
    check_wrong (&d, 0, 0);
  }
  make (&d, false);
  assert_int_equal (cf_rule_signature (&d.result, &d.fpr, NULL, &d.cause),
                    0); /* a primary key needs no listing */
}

static void
test_count (void **state)
{
  struct signed_data d;

  (void) state;
  make (&d, false);
  d.result.signatures = NULL;
  check_wrong (&d, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE);
  make (&d, false);
  d.more = d.sig;
  d.sig.next = &d.more; /* twice right is wrong */
  check_wrong (&d, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE);
  make (&d, false);
  assert_int_equal (gpg_err_code (cf_rule_signature (NULL, &d.fpr, &d.key, &d.cause)), GPG_ERR_BAD_SIGNATURE);
}

static void
test_status (void **state)
{
  static const struct {
    gpg_err_code_t status, code, lapsed;
  } cases[] = {
    { GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE },
    { GPG_ERR_SIG_EXPIRED, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE },
    { GPG_ERR_GENERAL, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE },
    { GPG_ERR_NO_PUBKEY, GPG_ERR_NO_PUBKEY, GPG_ERR_NO_PUBKEY },
    { GPG_ERR_CERT_REVOKED, CF_ERR_KEY_REVOKED, CF_ERR_KEY_REVOKED },
    { GPG_ERR_KEY_EXPIRED, CF_ERR_KEY_EXPIRED, 0 },
  };
  struct signed_data d;

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    make (&d, i & 1);
    d.sig.status = gpg_err_make (GPG_ERR_SOURCE_GPGME, cases[i].status);
    check_wrong (&d, cases[i].code, cases[i].lapsed);
  }
}

/* A status of "good" does not help where the summary says no. */
static void
test_summary (void **state)
{
  static const struct {
    unsigned summary;
    gpg_err_code_t code, lapsed;
  } cases[] = {
    { GPGME_SIGSUM_RED, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE },
    { GPGME_SIGSUM_KEY_REVOKED, CF_ERR_KEY_REVOKED, CF_ERR_KEY_REVOKED },
    { GPGME_SIGSUM_KEY_EXPIRED, CF_ERR_KEY_EXPIRED, 0 },
    { GPGME_SIGSUM_KEY_REVOKED | GPGME_SIGSUM_KEY_EXPIRED, CF_ERR_KEY_REVOKED, CF_ERR_KEY_REVOKED },
    { GPGME_SIGSUM_SIG_EXPIRED, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE },
    { GPGME_SIGSUM_KEY_MISSING, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE },
    { GPGME_SIGSUM_CRL_MISSING, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE },
    { GPGME_SIGSUM_CRL_TOO_OLD, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE },
    { GPGME_SIGSUM_BAD_POLICY, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE },
    { GPGME_SIGSUM_SYS_ERROR, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE },
    { GPGME_SIGSUM_TOFU_CONFLICT, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE },
  };
  struct signed_data d;

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    make (&d, i & 1);
    d.sig.summary = cases[i].summary | GPGME_SIGSUM_VALID | GPGME_SIGSUM_GREEN;
    check_wrong (&d, cases[i].code, cases[i].lapsed);
  }
  make (&d, false);
  d.sig.wrong_key_usage = 1;
  check_wrong (&d, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE);
}

static void
test_hash (void **state)
{
  static const gpgme_hash_algo_t weak[] = { GPGME_MD_NONE, GPGME_MD_MD5, GPGME_MD_SHA1, GPGME_MD_RMD160,
                                            GPGME_MD_SHA224 };
  struct signed_data d;

  (void) state;
  for (size_t i = 0; i < sizeof weak / sizeof *weak; i++) {
    make (&d, false);
    d.sig.hash_algo = weak[i];
    check_wrong (&d, GPG_ERR_BAD_SIGNATURE, GPG_ERR_BAD_SIGNATURE);
  }
}

static void
test_signer (void **state)
{
  struct signed_data d;

  (void) state;
  make (&d, false);
  strcpy (d.text[1], OTHER);
  d.sub.fpr = d.text[0];
  d.sig.fpr = d.text[1]; /* nobody's */
  check_wrong (&d, CF_ERR_KEY_WRONG, CF_ERR_KEY_WRONG);
  make (&d, false);
  d.sig.fpr = NULL;
  check_wrong (&d, CF_ERR_KEY_WRONG, CF_ERR_KEY_WRONG);
  make (&d, false);
  strcpy (d.text[0], "not a fingerprint");
  assert_int_equal (judge (&d, false), CF_ERR_KEY_WRONG);
  make (&d, false);
  memset (&d.fpr, 0, sizeof d.fpr); /* nobody is expected: then nobody is right */
  check_wrong (&d, CF_ERR_KEY_WRONG, GPG_ERR_NO_PUBKEY);
}

/* A subkey signs for the key that is expected, while it may. */
static void
test_subkey (void **state)
{
  struct signed_data d;

  (void) state;
  make (&d, true);
  assert_int_equal (gpg_err_code (cf_rule_signature (&d.result, &d.fpr, NULL, &d.cause)), CF_ERR_KEY_WRONG);
  make (&d, true);
  d.key.subkeys = NULL;
  check_wrong (&d, CF_ERR_KEY_WRONG, GPG_ERR_NO_PUBKEY);
  make (&d, true);
  d.sub.can_sign = 0;
  check_wrong (&d, CF_ERR_KEY_WRONG, CF_ERR_KEY_WRONG);
  make (&d, true);
  d.sub.revoked = 1;
  check_wrong (&d, CF_ERR_KEY_WRONG, CF_ERR_KEY_WRONG);
  make (&d, true);
  d.sub.disabled = 1;
  check_wrong (&d, CF_ERR_KEY_WRONG, CF_ERR_KEY_WRONG);
  make (&d, true);
  d.sub.invalid = 1;
  check_wrong (&d, CF_ERR_KEY_WRONG, CF_ERR_KEY_WRONG);
  make (&d, true);
  d.sub.expired = 1;
  check_wrong (&d, CF_ERR_KEY_WRONG, 0);
  make (&d, true);
  strcpy (d.text[0], OTHER); /* the subkey of somebody else's key */
  check_wrong (&d, CF_ERR_KEY_WRONG, GPG_ERR_NO_PUBKEY);
}

/* gpg's verification says of a key that is revoked and expired that it is expired. */
static void
test_lapsed (void **state)
{
  struct signed_data d;

  (void) state;
  for (int i = 0; i < 6; i++) {
    make (&d, false);
    d.sig.status = gpg_err_make (GPG_ERR_SOURCE_GPGME, GPG_ERR_KEY_EXPIRED);
    d.key.revoked = i == 0;
    d.primary.revoked = i == 1;
    d.key.disabled = i == 2;
    d.key.invalid = i == 3;
    d.primary.disabled = i == 4;
    d.primary.invalid = i == 5;
    assert_int_equal (judge (&d, true), i < 2 ? CF_ERR_KEY_REVOKED : GPG_ERR_BAD_SIGNATURE);
  }
  make (&d, false);
  assert_int_equal (gpg_err_code (cf_rule_signature_lapsed (&d.result, &d.fpr, NULL, &d.cause)),
                    GPG_ERR_NO_PUBKEY);
}

/* The kind that NAME and VALUE, LEN bytes, and then perhaps one more of them, make a statement of. */
static gpg_err_code_t
kind_of (const char *name, const char *value, int len, bool twice)
{
  char names[2][64], values[2][64];
  struct _gpgme_sig_notation foreign = { 0 }, notes[2] = { 0 };
  struct signed_data d;
  gpg_error_t err;

  make (&d, false);
  strcpy (names[0], name);
  strcpy (names[1], CF_NOTATION);
  strcpy (values[0], value);
  strcpy (values[1], "open");
  for (int i = 0; i < 2; i++) {
    notes[i].name = names[i];
    notes[i].value = values[i];
    notes[i].value_len = i ? 4 : len;
  }
  foreign.next = &notes[0]; /* a policy, which has no name, is nobody's business */
  notes[0].next = twice ? &notes[1] : NULL;
  d.sig.notations = &foreign;
  err = cf_rule_statement (&d.result, "open", &d.cause);
  assert_int_equal (err != 0, d.cause != NULL);
  return gpg_err_code (err);
}

static void
test_statement (void **state)
{
  (void) state;
  assert_int_equal (kind_of (CF_NOTATION, "open", 4, false), 0);
  assert_int_equal (kind_of ("other@example.org", "open", 4, true), 0);
  assert_int_equal (kind_of ("other@example.org", "open", 4, false), GPG_ERR_BAD_SIGNATURE);
  assert_int_equal (kind_of (CF_NOTATION, "close", 5, false), GPG_ERR_BAD_SIGNATURE);
  assert_int_equal (kind_of (CF_NOTATION, "opem", 4, false), GPG_ERR_BAD_SIGNATURE);
  assert_int_equal (kind_of (CF_NOTATION, "open", 9, false),
                    GPG_ERR_BAD_SIGNATURE); /* a NUL, and more behind it */
  assert_int_equal (kind_of (CF_NOTATION, "open", 4, true), GPG_ERR_BAD_SIGNATURE);
}

static void
test_recipients (void **state)
{
  static const uint64_t ids[] = { 7, 9 };
  const struct cf_packets_message right = { .key_ids = { 7, 9 }, .key_count = 2 };
  struct cf_packets_message m = right;
  const char *cause = NULL;

  (void) state;
  assert_int_equal (cf_rule_recipients (&m, ids, 2, &cause), 0);
  assert_null (cause);
  m.symmetric_count = 1;
  assert_int_equal (gpg_err_code (cf_rule_recipients (&m, ids, 2, &cause)), CF_ERR_FORGERY);
  m = right;
  m.key_count = 1;
  assert_int_equal (gpg_err_code (cf_rule_recipients (&m, ids, 2, &cause)), CF_ERR_FORGERY);
  m = right;
  m.key_ids[m.key_count++] = 11;
  assert_int_equal (gpg_err_code (cf_rule_recipients (&m, ids, 2, &cause)), CF_ERR_FORGERY);
  m = right;
  m.key_ids[0] = 9;
  m.key_ids[1] = 7;
  assert_int_equal (gpg_err_code (cf_rule_recipients (&m, ids, 2, &cause)), CF_ERR_FORGERY);
  assert_non_null (cause);
}

static void
test_decryption (void **state)
{
  static const uint64_t ids[] = { 0x1, 0x89abcdef01234567 };
  char texts[][17] = { "0000000000000001", "89ABCDEF01234567", "0000000000000002" };
  struct _gpgme_recipient r[3] = { 0 };
  struct _gpgme_op_decrypt_result result = { .recipients = r };
  const char *cause = NULL;

  (void) state;
  for (int i = 0; i < 3; i++)
    r[i].keyid = texts[i];
  r[0].next = &r[1];
  assert_int_equal (cf_rule_decryption (&result, ids, 2, &cause), 0);
  assert_null (cause);
  assert_int_equal (gpg_err_code (cf_rule_decryption (NULL, ids, 2, &cause)), CF_ERR_FORGERY);
  assert_int_equal (gpg_err_code (cf_rule_decryption (&result, ids, 1, &cause)), CF_ERR_FORGERY);
  r[1].next = &r[2];
  assert_int_equal (gpg_err_code (cf_rule_decryption (&result, ids, 2, &cause)), CF_ERR_FORGERY);
  r[0].next = NULL;
  assert_int_equal (gpg_err_code (cf_rule_decryption (&result, ids, 2, &cause)), CF_ERR_FORGERY);
  r[0].next = &r[2];
  r[2].next = NULL;
  assert_int_equal (gpg_err_code (cf_rule_decryption (&result, ids, 2, &cause)), CF_ERR_FORGERY);
  r[0].next = &r[1];
  r[1].next = NULL;
  result.legacy_cipher_nomdc = 1;
  assert_int_equal (gpg_err_code (cf_rule_decryption (&result, ids, 2, &cause)), CF_ERR_FORGERY);
  result.legacy_cipher_nomdc = 0;
  result.wrong_key_usage = 1;
  assert_int_equal (gpg_err_code (cf_rule_decryption (&result, ids, 2, &cause)), CF_ERR_FORGERY);
  assert_non_null (cause);
}

static void
test_key_id (void **state)
{
  (void) state;
  assert_true (cf_key_id ("89ABCDEF01234567") == 0x89abcdef01234567u);
  assert_true (!cf_key_id (NULL) && !cf_key_id ("") && !cf_key_id ("89ABCDEF0123456") &&
               !cf_key_id ("89ABCDEF0123456G"));
  assert_true (!cf_key_id ("89ABCDEF012345678"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_good),       cmocka_unit_test (test_count),      cmocka_unit_test (test_status),
    cmocka_unit_test (test_summary),    cmocka_unit_test (test_hash),       cmocka_unit_test (test_signer),
    cmocka_unit_test (test_subkey),     cmocka_unit_test (test_lapsed),     cmocka_unit_test (test_statement),
    cmocka_unit_test (test_recipients), cmocka_unit_test (test_decryption), cmocka_unit_test (test_key_id),
  };

  return cmocka_run_group_tests_name ("gpg/rules", tests, NULL, NULL);
}
