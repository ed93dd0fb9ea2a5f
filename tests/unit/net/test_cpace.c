/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_cpace.c - net/cpace.c against the vectors of draft 21, appendix B.3. */
#include "net/cpace.h"

#include <gcrypt.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "base/text.h"

static const char prs[] = "Password";
static const char ci[] = "\x0b"
                         "A_initiator\x0b"
                         "B_responder";
static const char sid_hex[] = "7e4b4791d6a8ef019b936c79fb7f2c57";
static const char ya_hex[] = "da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08";
static const char yb_hex[] = "d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d";
static const char share_a_hex[] = "d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157";
static const char share_b_hex[] = "3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258";
static const char isk_hex[] = "b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd"
                              "2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447";

static uint8_t sid[16];

static struct cf_cpace *
start (enum cf_cpace_role role, const char *password, const char *context, const char *scalar_hex, uint8_t r_share[32])
{
  uint8_t random[CF_CPACE_RANDOM_LEN] = { 0 };
  struct cf_cpace *c = NULL;
  struct cf_cpace_config config = { .role = role, .prs = (const uint8_t *) password, .prs_len = strlen (password),
                                    .ci = context, .ci_len = strlen (context), .sid = sid, .sid_len = sizeof sid };

  assert_int_equal (cf_unhex (sid_hex, sid, sizeof sid), 0);
  /* Below the group's order, so that reduction leaves it as it is. */
  assert_int_equal (cf_unhex (scalar_hex, random, 32), 0);
  assert_int_equal (cf_cpace_start (&config, random, &c, r_share), 0);
  return c;
}

static void
test_vectors (void **state)
{
  struct cf_cpace_message a = { .ad = "ADa", .ad_len = 3 }, b = { .ad = "ADb", .ad_len = 3 };
  struct cf_cpace *alice = start (CF_CPACE_A, prs, ci, ya_hex, a.share);
  struct cf_cpace *bob = start (CF_CPACE_B, prs, ci, yb_hex, b.share);
  uint8_t want[64], isk_a[CF_CPACE_ISK_LEN], isk_b[CF_CPACE_ISK_LEN];

  (void) state;
  assert_int_equal (cf_unhex (share_a_hex, want, 32), 0);
  assert_memory_equal (a.share, want, 32);
  assert_int_equal (cf_unhex (share_b_hex, want, 32), 0);
  assert_memory_equal (b.share, want, 32);
  assert_int_equal (cf_cpace_finish (alice, a.ad, a.ad_len, &b, isk_a), 0);
  assert_int_equal (cf_cpace_finish (bob, b.ad, b.ad_len, &a, isk_b), 0);
  assert_int_equal (cf_unhex (isk_hex, want, 64), 0);
  assert_memory_equal (isk_a, want, 64);
  assert_memory_equal (isk_b, want, 64);
  assert_int_equal (gpg_err_code (cf_cpace_finish (bob, b.ad, b.ad_len, &a, isk_b)), GPG_ERR_INV_STATE);
  cf_cpace_free (alice);
  cf_cpace_free (bob);
}

/* Appendix B.3.11, a non-canonical encoding, and our own share. */
static void
test_refused_shares (void **state)
{
  static const char *const bad[] = {
    "2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  };
  struct cf_cpace_message own = { .ad = NULL }, peer = { .ad = NULL };
  uint8_t isk[CF_CPACE_ISK_LEN];

  (void) state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct cf_cpace *c = start (CF_CPACE_A, prs, ci, ya_hex, own.share);

    assert_int_equal (cf_unhex (bad[i], peer.share, 32), 0);
    assert_int_equal (gpg_err_code (cf_cpace_finish (c, NULL, 0, &peer, isk)), GPG_ERR_BAD_PUBKEY);
    /* No second share is tried against the same guess. */
    assert_int_equal (cf_unhex (share_b_hex, peer.share, 32), 0);
    assert_int_equal (gpg_err_code (cf_cpace_finish (c, NULL, 0, &peer, isk)), GPG_ERR_INV_STATE);
    cf_cpace_free (c);
  }
  {
    struct cf_cpace *c = start (CF_CPACE_A, prs, ci, ya_hex, own.share);

    assert_int_equal (gpg_err_code (cf_cpace_finish (c, NULL, 0, &own, isk)), GPG_ERR_DUP_VALUE);
    cf_cpace_free (c);
  }
}

/* One run; true when B's view of Ta is what A sends, and the other way round. */
static bool
agree (const char *password_a, const char *password_b, const char *ci_a, const char *ci_b, const char *ad_b_seen)
{
  struct cf_cpace_message a = { .ad = "x", .ad_len = 1 }, b = { .ad = "y", .ad_len = 1 };
  struct cf_cpace_message b_seen;
  struct cf_cpace *alice = start (CF_CPACE_A, password_a, ci_a, ya_hex, a.share);
  struct cf_cpace *bob = start (CF_CPACE_B, password_b, ci_b, yb_hex, b.share);
  uint8_t isk_a[64], isk_b[64], ta[2][64], tb[2][64];
  bool a_ok, b_ok;

  b_seen = b;
  b_seen.ad = ad_b_seen;
  b_seen.ad_len = strlen (ad_b_seen);
  assert_int_equal (cf_cpace_finish (alice, a.ad, a.ad_len, &b_seen, isk_a), 0);
  assert_int_equal (cf_cpace_finish (bob, b.ad, b.ad_len, &a, isk_b), 0);
  cf_cpace_tags (isk_a, sid, sizeof sid, &a, &b_seen, ta[0], tb[0]);
  cf_cpace_tags (isk_b, sid, sizeof sid, &a, &b, ta[1], tb[1]);
  assert_memory_not_equal (ta[0], tb[0], 64);
  a_ok = cf_ct_equal (ta[0], ta[1], 64);
  b_ok = cf_ct_equal (tb[0], tb[1], 64);
  assert_int_equal (a_ok, b_ok);
  cf_cpace_free (alice);
  cf_cpace_free (bob);
  return a_ok;
}

static void
test_agreement (void **state)
{
  (void) state;
  assert_true (agree ("one", "one", ci, ci, "y"));
  assert_false (agree ("one", "two", ci, ci, "y"));
  assert_false (agree ("one", "one", ci, "other", "y"));
  assert_false (agree ("one", "one", ci, ci, "z"));
}

/* The tags, computed here once more the long way: HMAC over an explicit string. */
static void
test_tags (void **state)
{
  struct cf_cpace_message a = { .ad = "ADa", .ad_len = 3 }, b = { .ad = "ADb", .ad_len = 3 };
  uint8_t isk[64], text[8 + 16 + 64], mac_key[64], message[37], ta[64], tb[64], want[64];
  crypto_auth_hmacsha512_state hmac;

  (void) state;
  assert_int_equal (cf_unhex (isk_hex, isk, 64), 0);
  assert_int_equal (cf_unhex (sid_hex, sid, 16), 0);
  assert_int_equal (cf_unhex (share_a_hex, a.share, 32), 0);
  assert_int_equal (cf_unhex (share_b_hex, b.share, 32), 0);
  cf_cpace_tags (isk, sid, sizeof sid, &a, &b, ta, tb);

  memcpy (text, "CPaceMac", 8);
  memcpy (text + 8, sid, 16);
  memcpy (text + 24, isk, 64);
  crypto_hash_sha512 (mac_key, text, sizeof text);
  for (int i = 0; i < 2; i++) {
    message[0] = 32;
    memcpy (message + 1, i ? b.share : a.share, 32);
    message[33] = 3;
    memcpy (message + 34, i ? "ADb" : "ADa", 3);
    crypto_auth_hmacsha512_init (&hmac, mac_key, sizeof mac_key);
    crypto_auth_hmacsha512_update (&hmac, message, sizeof message);
    crypto_auth_hmacsha512_final (&hmac, want);
    assert_memory_equal (i ? tb : ta, want, 64);
  }
}

/* The same whoever asks; another for another password or another pair. */
static void
test_prs (void **state)
{
  struct cf_fpr one, two, three, none = { 0 };
  uint8_t p[4][CF_CPACE_PRS_LEN];

  (void) state;
  assert_int_equal (cf_fpr_parse ("0000000000000000000000000000000000000001", &one), 0);
  assert_int_equal (cf_fpr_parse ("ff00000000000000000000000000000000000000", &two), 0);
  assert_int_equal (cf_fpr_parse ("ff00000000000000000000000000000000000001", &three), 0);
  assert_int_equal (cf_cpace_prs ("correct horse", &one, &two, p[0]), 0);
  assert_int_equal (cf_cpace_prs ("correct horse", &two, &one, p[1]), 0);
  assert_memory_equal (p[0], p[1], CF_CPACE_PRS_LEN);
  assert_int_equal (cf_cpace_prs ("Correct horse", &one, &two, p[2]), 0);
  assert_memory_not_equal (p[0], p[2], CF_CPACE_PRS_LEN);
  assert_int_equal (cf_cpace_prs ("correct horse", &one, &three, p[3]), 0);
  assert_memory_not_equal (p[0], p[3], CF_CPACE_PRS_LEN);
  assert_int_equal (gpg_err_code (cf_cpace_prs ("x", &one, &none, p[3])), GPG_ERR_INV_VALUE);
}

/* PRS by another implementation of Argon2id, libgcrypt's, over a salt that is
   written out: H ("password"; lower, higher), each with its length before it. */
static void
test_prs_vector (void **state)
{
  static const char salt_text[] = "0000000000000008" "70617373776f7264"
                                  "0000000000000015" "04" "0000000000000000000000000000000000000001"
                                  "0000000000000015" "04" "ff00000000000000000000000000000000000000";
  static const char prs_text[] = "318258ac3ee4fb596345d0c959748dd8b1316943756e338d72d141d5ab78bd99";
  const unsigned long param[4] = { CF_CPACE_PRS_LEN, 1, 64 * 1024, 1 };
  uint8_t input[(sizeof salt_text - 1) / 2], salt[32], want[CF_CPACE_PRS_LEN], got[CF_CPACE_PRS_LEN];
  struct cf_fpr one, two;
  gcry_kdf_hd_t kdf;

  (void) state;
  assert_int_equal (cf_unhex (salt_text, input, sizeof input), 0);
  crypto_generichash (salt, sizeof salt, input, sizeof input, NULL, 0);
  assert_int_equal (gcry_kdf_open (&kdf, GCRY_KDF_ARGON2, GCRY_KDF_ARGON2ID, param, 4, "correct horse", 13, salt, 16,
                                   NULL, 0, NULL, 0), 0);
  assert_int_equal (gcry_kdf_compute (kdf, NULL), 0);
  assert_int_equal (gcry_kdf_final (kdf, sizeof want, want), 0);
  gcry_kdf_close (kdf);

  assert_int_equal (cf_fpr_parse ("0000000000000000000000000000000000000001", &one), 0);
  assert_int_equal (cf_fpr_parse ("ff00000000000000000000000000000000000000", &two), 0);
  assert_int_equal (cf_cpace_prs ("correct horse", &two, &one, got), 0);
  assert_memory_equal (got, want, sizeof got);
  assert_int_equal (cf_unhex (prs_text, want, sizeof want), 0);
  assert_memory_equal (got, want, sizeof got);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_vectors),   cmocka_unit_test (test_refused_shares), cmocka_unit_test (test_agreement),
    cmocka_unit_test (test_tags),      cmocka_unit_test (test_prs),            cmocka_unit_test (test_prs_vector),
  };

  if (cf_secmem_setup ())
    return 99;
  return cmocka_run_group_tests (tests, NULL, NULL);
}
