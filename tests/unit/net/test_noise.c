/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_noise.c - net/noise.c and net/cipher.c against published vectors.
 *
 * The handshake vectors are those of Cacophony for both suites; the AEADs are
 * checked against libsodium's as well.
 */
#include "net/noise.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "base/text.h"

#define MESSAGES 6

struct vector {
  enum cf_suite suite;
  const char *hash; /* h after message 2, which is what the file calls handshake_hash */
  const char *ciphertexts[MESSAGES];
};

/* Common to both. */
static const char prologue_hex[] = "4a6f686e2047616c74";
static const char init_static[] = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1";
static const char init_ephemeral[] = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a";
static const char init_remote_static[] = "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62";
static const char resp_static[] = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893";
static const char resp_ephemeral[] = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b";
static const char *const payloads[MESSAGES] = {
  "4c756477696720766f6e204d69736573", "4d757272617920526f746862617264",   "462e20412e20486179656b",
  "4361726c204d656e676572",           "4a65616e2d426170746973746520536179", "457567656e2042f6686d20766f6e2042617765726b",
};

static const struct vector vectors[] = {
  { CF_SUITE_AESGCM,
    "e5fe916d44e48e757f9b67eeee024c403e16fff5acf58c18e31ce601d1d8ba1b"
    "e1f5b9891354851a5e27d0b691606af668f419b99a7fc9c665617385f9cadca6",
    { "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
      "ad6293fa1173853daa7c1d9062bedb9c990a032eae2491f6175f437a9b4e0f2d",
      "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
      "7bfc7ebe6ef560d4b9697f28c86f9f1bc71f46bd2172bbc578e68a6cd1e51d",
      "f0f0473709ee82b8bc32f256c4db39efffe74331e3eba24801795e9101ef3761"
      "e4d4e34e17104ef9fb3c78e984bb2ad995eed94b10b72fc23944b9c044136af2"
      "4bf65cd8706c0bfe345e39",
      "d3b1fb197c89dd57f2ad4e3aad1700b5d175ff554009c2b1cdbb25",
      "c24dfea06769cc94d3eb5ca9867bc28d905e6dc9ee48aa989a657566ef524066f6",
      "ef0a20ffe6430b540290012635741659bb85de0b79617a4f21ee708a74b6d6221c791d6429" } },
  { CF_SUITE_CHACHAPOLY,
    "f19cda578a38f47ffef8844a7568a5900b28351a7882c7a294ae45d154827b39"
    "b3516a076ff383654107a0f477d501ad921e111da06f96dc6bd9e8b0c4eca800",
    { "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
      "2806e28405ac4325fcf83607489496d6d326ab3fe084dbb1634f801405a69297",
      "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
      "0ea4de2eff2cd3b1e7be5f7e792d87395f0863722ab04ec030529d6c5820de",
      "ec9136de99472b49eda3ba9fe84882d48f131b27386784b3f45e9f103ad1b6ef"
      "a2f2e95f0afce5d0d4c8052aed81438500be54a8fd8dd4f5ba04f7907b312701"
      "d0d687716a30b23c22f568",
      "d6ea0c3364ed480b415d44c3235fdb311dfa8d6e1dc1e6f3a76ee3",
      "59f41ca9ea14a8305bae379bbdd8b4d5cf9bd308d2d7e042e2bf03c48dd910b37b",
      "fa23ba8af343a3934c64219d3d0206d66894f7cdb180b738324608e15b0102095ed2f44d4b" } },
  { CF_SUITE_AESOCB, /* computed by another implementation: no list has it */
    "68d317297eeef10b1e5db8f109d583fda033c046c4b1ef06cf46c3655b227835"
    "477f6194bff552873d0a3cc8a94597ac564e27747042cc90ff11eb72cbae9aca",
    { "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
      "72c88c4f4105f787d5f90712a55c50d5bfffeb01fc254c112fe450115f0eeb60",
      "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
      "fcdd759ee37a6f394602b0cfe4a4de77390daa3188e19f18058e100d13c0d4",
      "7d0d1598e13890c40363a0f9b063041b0b2039a9270cdb21d48f9715ee4fd941"
      "9238d023d44b4008cd2bd118d396d5c686e8374cf252a932a5d85102bf412edf"
      "666d01dfbb957ac7b2f23f",
      "5b678e96f50c40599e245bb403454fb30919f8bb5267a269f556cc",
      "86239d28c81adbb0324cf24c1079dc72da65bf441f95fe59e7ac209a2394c42223",
      "a170a60178ab98d8dcd584d7d0eaf4d8fb343258eb16fa1a89830082a8863f85e499a05302" } },
};

static size_t
unhex (const char *hex, uint8_t *out)
{
  size_t len = strlen (hex) / 2;

  assert_int_equal (cf_unhex (hex, out, len), 0);
  return len;
}

static struct cf_noise *
new_noise (enum cf_suite suite, bool initiator)
{
  static uint8_t prologue[9], secret[32], public[32], ephemeral[32], remote[32];
  struct cf_noise *noise = NULL;
  struct cf_noise_config config = {
    .suite = suite,
    .initiator = initiator,
    .static_secret = secret,
    .static_public = public,
    .ephemeral_secret = ephemeral,
    .remote_static = initiator ? remote : NULL,
    .prologue = prologue,
    .prologue_len = sizeof prologue,
  };

  unhex (prologue_hex, prologue);
  unhex (initiator ? init_static : resp_static, secret);
  unhex (initiator ? init_ephemeral : resp_ephemeral, ephemeral);
  unhex (init_remote_static, remote);
  crypto_scalarmult_curve25519_base (public, secret);
  assert_int_equal (cf_noise_new (&config, &noise), 0);
  return noise;
}

/* h goes on as HASH (h || what was sent). */
static void
mix (uint8_t h[64], const uint8_t *data, size_t len)
{
  crypto_generichash_blake2b_state s;

  crypto_generichash_blake2b_init (&s, NULL, 0, 64);
  crypto_generichash_blake2b_update (&s, h, 64);
  crypto_generichash_blake2b_update (&s, data, len);
  crypto_generichash_blake2b_final (&s, h, 64);
}

static void
check_vector (const struct vector *v)
{
  struct cf_noise *ends[2] = { new_noise (v->suite, true), new_noise (v->suite, false) };
  struct cf_cipher *send[2], *receive[2];
  uint8_t want[128], payload[64], out[128], back[64], hash[64];
  size_t i, want_len, payload_len, len;

  for (i = 0; i < 3; i++) {
    want_len = unhex (v->ciphertexts[i], want);
    payload_len = unhex (payloads[i], payload);
    assert_int_equal (cf_noise_write (ends[i % 2], payload, payload_len, out, sizeof out, &len), 0);
    assert_int_equal (len, want_len);
    assert_memory_equal (out, want, len);
    assert_int_equal (cf_noise_read (ends[1 - i % 2], out, len, back, sizeof back, &len), 0);
    assert_int_equal (len, payload_len);
    assert_memory_equal (back, payload, len);
    if (i == 1) {
      unhex (v->hash, hash);
      assert_memory_equal (cf_noise_hash (ends[0]), hash, sizeof hash);
      assert_memory_equal (cf_noise_hash (ends[1]), hash, sizeof hash);
    }
  }
  want_len = unhex (v->ciphertexts[2], want);
  mix (hash, want, CF_NOISE_DH_LEN + CF_CIPHER_TAG_LEN);
  mix (hash, want + CF_NOISE_DH_LEN + CF_CIPHER_TAG_LEN, want_len - CF_NOISE_DH_LEN - CF_CIPHER_TAG_LEN);
  for (i = 0; i < 2; i++) {
    assert_true (cf_noise_is_done (ends[i]));
    assert_memory_equal (cf_noise_hash (ends[i]), hash, sizeof hash);
    assert_int_equal (cf_noise_split (ends[i], &send[i], &receive[i]), 0);
  }
  for (i = 3; i < MESSAGES; i++) {
    want_len = unhex (v->ciphertexts[i], want);
    payload_len = unhex (payloads[i], payload);
    memcpy (out, payload, payload_len);
    assert_int_equal (cf_cipher_seal (send[i % 2], NULL, 0, out, payload_len, out + payload_len), 0);
    assert_int_equal (payload_len + CF_CIPHER_TAG_LEN, want_len);
    assert_memory_equal (out, want, want_len);
    assert_int_equal (cf_cipher_open (receive[1 - i % 2], NULL, 0, out, payload_len, out + payload_len, out), 0);
    assert_memory_equal (out, payload, payload_len);
  }
  for (i = 0; i < 2; i++) {
    cf_cipher_free (send[i]);
    cf_cipher_free (receive[i]);
    cf_noise_free (ends[i]);
  }
}

static void
test_vectors (void **state)
{
  size_t i;

  (void) state;
  for (i = 0; i < sizeof vectors / sizeof *vectors; i++)
    check_vector (&vectors[i]);
}

/* Every flipped bit of every message ends the handshake at its reader. */
static void
test_flips (void **state)
{
  (void) state;
  for (size_t which = 0; which < 3; which++) {
    size_t message_len = strlen (vectors[1].ciphertexts[which]) / 2;

    for (size_t at = 0; at < message_len; at++) {
      struct cf_noise *ends[2] = { new_noise (CF_SUITE_CHACHAPOLY, true), new_noise (CF_SUITE_CHACHAPOLY, false) };
      uint8_t payload[64], out[128], back[64];
      size_t len, back_len;

      for (size_t i = 0; i <= which; i++) {
        len = unhex (payloads[i], payload);
        assert_int_equal (cf_noise_write (ends[i % 2], payload, len, out, sizeof out, &len), 0);
        if (i == which)
          out[at] ^= (uint8_t) (1 << (at % 8));
        assert_int_equal (!cf_noise_read (ends[1 - i % 2], out, len, back, sizeof back, &back_len), i != which);
      }
      /* Failed once is failed for ever. */
      out[at] ^= (uint8_t) (1 << (at % 8));
      assert_int_equal (gpg_err_code (cf_noise_read (ends[1 - which % 2], out, len, back, sizeof back, &back_len)),
                        GPG_ERR_INV_STATE);
      cf_noise_free (ends[0]);
      cf_noise_free (ends[1]);
    }
  }
}

static void
test_lengths (void **state)
{
  uint8_t out[128], payload[4];
  size_t len, got;

  (void) state;
  for (size_t cut = 0; cut < CF_NOISE_MESSAGE1_LEN + 4; cut++) {
    struct cf_noise *a = new_noise (CF_SUITE_AESGCM, true), *b = new_noise (CF_SUITE_AESGCM, false);

    assert_int_equal (cf_noise_write (a, "time", 4, out, sizeof out, &len), 0);
    assert_int_equal (len, CF_NOISE_MESSAGE1_LEN + 4);
    assert_int_not_equal (cf_noise_read (b, out, cut, payload, sizeof payload, &got), 0);
    cf_noise_free (a);
    cf_noise_free (b);
  }
  {
    struct cf_noise *a = new_noise (CF_SUITE_AESGCM, true), *b = new_noise (CF_SUITE_AESGCM, false);

    assert_int_equal (gpg_err_code (cf_noise_write (a, "time", 4, out, CF_NOISE_MESSAGE1_LEN + 3, &len)),
                      GPG_ERR_TOO_SHORT);
    assert_int_equal (cf_noise_write (a, "times", 5, out, sizeof out, &len), 0);
    assert_int_equal (gpg_err_code (cf_noise_read (b, out, len, payload, sizeof payload, &got)), GPG_ERR_TOO_LARGE);
    assert_int_equal (gpg_err_code (cf_noise_write (a, NULL, 0, out, sizeof out, &len)), GPG_ERR_INV_STATE);
    cf_noise_free (a);
    cf_noise_free (b);
  }
}

/* Points of low order force a shared secret of zero: refused at every DH. */
static void
test_low_order (void **state)
{
  static const char *const points[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  };
  uint8_t message[CF_NOISE_MESSAGE1_LEN] = { 0 }, zero[32] = { 0 }, out[128];
  size_t len;

  (void) state;
  for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
    struct cf_noise *a = new_noise (CF_SUITE_AESGCM, true), *b = new_noise (CF_SUITE_AESGCM, false);

    unhex (points[i], message);
    assert_int_equal (gpg_err_code (cf_noise_read (b, message, sizeof message, NULL, 0, &len)), GPG_ERR_BAD_PUBKEY);
    assert_int_equal (cf_noise_write (a, NULL, 0, out, sizeof out, &len), 0);
    assert_int_equal (gpg_err_code (cf_noise_read (a, message, sizeof message, NULL, 0, &len)), GPG_ERR_BAD_PUBKEY);
    cf_noise_free (a);
    cf_noise_free (b);
  }
  {
    uint8_t secret[32] = { 7 }, public[32];
    struct cf_noise *a = NULL;
    struct cf_noise_config config = { .suite = CF_SUITE_AESGCM, .initiator = true, .static_secret = secret,
                                      .static_public = public, .ephemeral_secret = secret, .remote_static = zero,
                                      .prologue = "" };

    crypto_scalarmult_curve25519_base (public, secret);
    assert_int_equal (cf_noise_new (&config, &a), 0);
    assert_int_equal (gpg_err_code (cf_noise_write (a, NULL, 0, out, sizeof out, &len)), GPG_ERR_BAD_PUBKEY);
    cf_noise_free (a);
  }
}

/* An independent implementation of the AEADs agrees, empty texts included. */
static void
test_cipher_against_libsodium (void **state)
{
  uint8_t key[32], text[100], sealed[116], nonce[12] = { 0 };
  unsigned long long sealed_len;

  (void) state;
  for (size_t i = 0; i < sizeof key; i++)
    key[i] = (uint8_t) (i * 7 + 1);
  for (int suite = 0; suite < CF_SUITE_COUNT; suite++) {
    struct cf_cipher *c = NULL;

    if (suite == CF_SUITE_AESOCB || (suite == CF_SUITE_AESGCM && !crypto_aead_aes256gcm_is_available ()))
      continue;
    assert_int_equal (cf_cipher_new ((enum cf_suite) suite, key, &c), 0);
    for (uint8_t n = 0; n < 100; n++) {
      uint8_t tag[CF_CIPHER_TAG_LEN];

      memset (text, n, sizeof text);
      memset (nonce, 0, sizeof nonce);
      nonce[suite == CF_SUITE_AESGCM ? 11 : 4] = n;
      if (suite == CF_SUITE_AESGCM)
        crypto_aead_aes256gcm_encrypt (sealed, &sealed_len, text, n, (const uint8_t *) "ad", n % 3, NULL, nonce, key);
      else
        crypto_aead_chacha20poly1305_ietf_encrypt (sealed, &sealed_len, text, n, (const uint8_t *) "ad", n % 3, NULL,
                                                   nonce, key);
      assert_int_equal (cf_cipher_counter (c), n);
      assert_int_equal (cf_cipher_seal (c, "ad", n % 3, text, n, tag), 0);
      assert_memory_equal (text, sealed, n);
      assert_memory_equal (tag, sealed + n, sizeof tag);
    }
    cf_cipher_free (c);
  }
}

/* libsodium has no OCB: the hash of a hundred texts and their tags, as OpenSSL seals them. */
static void
test_ocb (void **state)
{
  static const char expected[] = "9169c1fbaa033b502401ed8b4ddf64a4b4caae933c50bab2cada0b2080c3dc3a";
  uint8_t key[32], text[100 + CF_CIPHER_TAG_LEN], want[32], hash[32];
  crypto_generichash_blake2b_state s;
  struct cf_cipher *c = NULL;

  (void) state;
  for (size_t i = 0; i < sizeof key; i++)
    key[i] = (uint8_t) (i * 7 + 1);
  assert_int_equal (cf_cipher_new (CF_SUITE_AESOCB, key, &c), 0);
  crypto_generichash_blake2b_init (&s, NULL, 0, sizeof hash);
  for (uint8_t n = 0; n < 100; n++) {
    memset (text, n, n);
    assert_int_equal (cf_cipher_seal (c, "ad", n % 3, text, n, text + n), 0);
    crypto_generichash_blake2b_update (&s, text, n + CF_CIPHER_TAG_LEN);
  }
  crypto_generichash_blake2b_final (&s, hash, sizeof hash);
  unhex (expected, want);
  assert_memory_equal (hash, want, sizeof hash);
  cf_cipher_free (c);
}

/* Sealed from two places is sealed as from one, and opened into another place as in its own. */
static void
test_cipher_places (void **state)
{
  static const uint8_t key[32] = { 5 };
  uint8_t text[100], one[100 + CF_CIPHER_TAG_LEN], two[100 + CF_CIPHER_TAG_LEN], plain[100], zeros[100] = { 0 };
  struct cf_cipher *a, *b;

  (void) state;
  for (size_t i = 0; i < sizeof text; i++)
    text[i] = (uint8_t) (i * 7);
  for (int suite = 0; suite < CF_SUITE_COUNT; suite++) {
    assert_int_equal (cf_cipher_new ((enum cf_suite) suite, key, &a), 0);
    assert_int_equal (cf_cipher_new ((enum cf_suite) suite, key, &b), 0);
    for (size_t len = CF_CIPHER_BLOCK_LEN + 1; len <= sizeof text; len++) {
      memcpy (one, text, len);
      assert_int_equal (cf_cipher_seal (a, "ad", 2, one, len, one + len), 0);
      memcpy (two, text, CF_CIPHER_BLOCK_LEN);
      assert_int_equal (cf_cipher_seal_long (b, "ad", 2, two, text + CF_CIPHER_BLOCK_LEN, len - CF_CIPHER_BLOCK_LEN,
                                             two + len), 0);
      assert_memory_equal (one, two, len + CF_CIPHER_TAG_LEN);
    }
    assert_int_equal (cf_cipher_counter (a), cf_cipher_counter (b));
    cf_cipher_free (b);
    assert_int_equal (cf_cipher_new ((enum cf_suite) suite, key, &b), 0);
    cf_cipher_free (a);
    assert_int_equal (cf_cipher_new ((enum cf_suite) suite, key, &a), 0);
    memcpy (one, text, sizeof text);
    assert_int_equal (cf_cipher_seal (a, NULL, 0, one, sizeof text, one + sizeof text), 0);
    memcpy (two, one, sizeof two);
    two[50] ^= 1;
    memset (plain, 'p', sizeof plain);
    assert_int_equal (gpg_err_code (cf_cipher_open (b, NULL, 0, two, sizeof text, two + sizeof text, plain)),
                      GPG_ERR_CHECKSUM);
    assert_memory_equal (plain, zeros, sizeof plain); /* nothing of a forgery is left */
    assert_int_equal (cf_cipher_open (b, NULL, 0, one, sizeof text, one + sizeof text, plain), 0);
    assert_memory_equal (plain, text, sizeof plain);
    cf_cipher_free (a);
    cf_cipher_free (b);
  }
}

/* REKEY as the paper says; a forgery moves nothing and leaves nothing. */
static void
test_cipher_rekey_and_forgery (void **state)
{
  uint8_t key[32] = { 3 }, next[48], zeros[32] = { 0 }, nonce[12];
  uint8_t text[20], tag[CF_CIPHER_TAG_LEN], want[36];
  unsigned long long len;
  struct cf_cipher *a = NULL, *b = NULL;

  (void) state;
  assert_int_equal (cf_cipher_new (CF_SUITE_CHACHAPOLY, key, &a), 0);
  assert_int_equal (cf_cipher_new (CF_SUITE_CHACHAPOLY, key, &b), 0);
  memset (text, 'x', sizeof text);
  assert_int_equal (cf_cipher_seal (a, NULL, 0, text, sizeof text, tag), 0);
  tag[0] ^= 1;
  assert_int_equal (gpg_err_code (cf_cipher_open (b, NULL, 0, text, sizeof text, tag, text)), GPG_ERR_CHECKSUM);
  assert_int_equal (cf_cipher_counter (b), 0);
  assert_memory_equal (text, zeros, sizeof text);

  assert_int_equal (cf_cipher_rekey (a), 0);
  assert_int_equal (cf_cipher_counter (a), 1);
  memset (nonce, 0, 4);
  memset (nonce + 4, 0xff, 8);
  crypto_aead_chacha20poly1305_ietf_encrypt (next, &len, zeros, sizeof zeros, NULL, 0, NULL, nonce, key);
  memset (nonce, 0, sizeof nonce);
  nonce[4] = 1;
  memset (text, 'y', sizeof text);
  crypto_aead_chacha20poly1305_ietf_encrypt (want, &len, text, sizeof text, NULL, 0, NULL, nonce, next);
  assert_int_equal (cf_cipher_seal (a, NULL, 0, text, sizeof text, tag), 0);
  assert_memory_equal (text, want, sizeof text);
  assert_memory_equal (tag, want + sizeof text, sizeof tag);
  cf_cipher_free (a);
  cf_cipher_free (b);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_vectors),
    cmocka_unit_test (test_flips),
    cmocka_unit_test (test_lengths),
    cmocka_unit_test (test_low_order),
    cmocka_unit_test (test_cipher_against_libsodium), cmocka_unit_test (test_ocb),
    cmocka_unit_test (test_cipher_places),
    cmocka_unit_test (test_cipher_rekey_and_forgery),
  };

  if (cf_secmem_setup ())
    return 99;
  return cmocka_run_group_tests (tests, NULL, NULL);
}
