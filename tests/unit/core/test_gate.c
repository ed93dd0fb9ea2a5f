/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_gate.c - the gate's bytes, and the limits of guesses, on a clock of the test's own. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/gate_guess.h"
#include "core/gate_private.h"
#include "core/store/store_gate.h"

#define HOUR_MS (3600LL * 1000)
#define T0 (1795000000000LL)

static struct cf_fpr
fpr (uint8_t fill)
{
  struct cf_fpr f = { .version = 4, .len = 20 };

  memset (f.bytes, fill, 20);
  return f;
}

static void
test_open_body (void **state)
{
  struct cf_open_body body = { .purpose = CF_PURPOSE_OPEN }, back;
  char note[CF_NOTE_MAX + 1];
  struct cf_buf buf;

  (void) state;
  memset (note, 'n', sizeof note);
  for (size_t len = 0; len <= CF_NOTE_MAX; len++) {
    memset (body.nonce, (int) len, sizeof body.nonce);
    body.note = (const uint8_t *) note;
    body.note_len = len;
    cf_buf_init (&buf, 256);
    assert_int_equal (cf_open_encode (&body, &buf), 0);
    assert_int_equal (cf_buf_len (&buf), 1 + CF_NONCE_LEN + 2 + len);
    assert_int_equal (cf_open_decode (cf_buf_data (&buf), cf_buf_len (&buf), &back), 0);
    assert_int_equal (back.purpose, CF_PURPOSE_OPEN);
    assert_memory_equal (back.nonce, body.nonce, CF_NONCE_LEN);
    assert_int_equal (back.note_len, len);
    /* Every shorter one is refused, and one with a byte more. */
    for (size_t cut = 0; cut < cf_buf_len (&buf); cut++)
      assert_int_not_equal (cf_open_decode (cf_buf_data (&buf), cut, &back), 0);
    assert_int_equal (cf_buf_add (&buf, "x", 1), 0);
    assert_int_not_equal (cf_open_decode (cf_buf_data (&buf), cf_buf_len (&buf), &back), 0);
    cf_buf_done (&buf);
  }
  body.note_len = CF_NOTE_MAX + 1;
  cf_buf_init (&buf, 256);
  assert_int_equal (gpg_err_code (cf_open_encode (&body, &buf)), GPG_ERR_TOO_LARGE);
  cf_buf_done (&buf);
}

static void
test_lengths (void **state)
{
  static const struct { enum cf_talk type; size_t min, max; } table[] = {
    { CF_TALK_RECEIVED, 0, 0 },   { CF_TALK_ACCEPT, 32, 32 }, { CF_TALK_REFUSED, 0, 0 },
    { CF_TALK_YA, 32, 32 },       { CF_TALK_YB, 32, 32 },     { CF_TALK_TA, 64, 64 },
    { CF_TALK_TB, 64, 64 },       { CF_TALK_WRONG, 0, 0 },    { CF_TALK_KEY, 1, 65536 },
    { CF_TALK_STATEMENT, 1, 8192 }, { CF_TALK_DONE, 32, 32 }, { CF_TALK_OPENED, 0, 0 },
  };

  (void) state;
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    assert_int_equal (cf_gate_check_len (table[i].type, table[i].min), 0);
    assert_int_equal (cf_gate_check_len (table[i].type, table[i].max), 0);
    assert_int_not_equal (cf_gate_check_len (table[i].type, table[i].max + 1), 0);
    if (table[i].min)
      assert_int_not_equal (cf_gate_check_len (table[i].type, table[i].min - 1), 0);
  }
}

static void
test_statement_bytes (void **state)
{
  struct cf_fpr a = fpr (0xaa), b = fpr (0xbb), ka = fpr (0x0a), kb = fpr (0x0b);
  uint8_t sid[CF_HASH_LEN], want[1 + 22 + 32 + 4 * 21], *p = want;
  const struct cf_fpr *order[] = { &a, &b, &ka, &kb };
  struct cf_buf buf;

  (void) state;
  memset (sid, 0x51, sizeof sid);
  *p++ = 0;
  memcpy (p, "confab conversation v1", 22);
  p += 22;
  memcpy (p, sid, 32);
  p += 32;
  for (size_t i = 0; i < 4; i++) {
    *p++ = 4;
    memcpy (p, order[i]->bytes, 20);
    p += 20;
  }
  cf_buf_init (&buf, 512);
  assert_int_equal (cf_gate_statement_bytes (sid, &a, &b, &ka, &kb, &buf), 0);
  assert_int_equal (cf_buf_len (&buf), sizeof want);
  assert_memory_equal (cf_buf_data (&buf), want, sizeof want);
  cf_buf_done (&buf);
}

/* An OPEN that verifies names a conversation; other purposes there are none. */
static void
test_verify_body (void **state)
{
  struct cf_open_body body = { .purpose = CF_PURPOSE_VERIFY }, back;
  struct cf_buf buf;

  (void) state;
  memset (body.conversation, 0x77, sizeof body.conversation);
  cf_buf_init (&buf, 256);
  assert_int_equal (cf_open_encode (&body, &buf), 0);
  assert_int_equal (cf_buf_len (&buf), 1 + CF_NONCE_LEN + CF_CONVERSATION_ID_LEN + 2);
  assert_int_equal (cf_open_decode (cf_buf_data (&buf), cf_buf_len (&buf), &back), 0);
  assert_int_equal (back.purpose, CF_PURPOSE_VERIFY);
  assert_memory_equal (back.conversation, body.conversation, sizeof back.conversation);
  for (size_t cut = 0; cut < cf_buf_len (&buf); cut++)
    assert_int_not_equal (cf_open_decode (cf_buf_data (&buf), cut, &back), 0);
  cf_buf_done (&buf);
  for (unsigned purpose = 0; purpose < 256; purpose++) {
    uint8_t data[1 + CF_NONCE_LEN + 2] = { (uint8_t) purpose };

    assert_int_equal (!cf_open_decode (data, sizeof data, &back), purpose == CF_PURPOSE_OPEN);
  }
}

/* Each input of DONE counts, and the roles differ: a DONE that is sent back proves nothing. */
static void
test_done (void **state)
{
  uint8_t c[CF_HASH_LEN] = { 1 }, sid[CF_HASH_LEN] = { 2 }, one[4] = "one", two[4] = "two", x[4] = "x";
  struct cf_done_input in = { .c = c, .sid = sid, .asker = fpr (1), .answerer = fpr (2), .asker_key = { one, 4 },
                              .answerer_key = { two, 4 }, .asker_statement = { one, 4 }, .answerer_statement = { two, 4 } };
  uint8_t of_asker[CF_HASH_LEN], of_answerer[CF_HASH_LEN], other[CF_HASH_LEN];
  struct cf_block *blocks[] = { &in.asker_key, &in.answerer_key, &in.asker_statement, &in.answerer_statement };

  (void) state;
  assert_int_equal (cf_gate_done (&in, true, of_asker), 0);
  assert_int_equal (cf_gate_done (&in, false, of_answerer), 0);
  assert_memory_not_equal (of_asker, of_answerer, CF_HASH_LEN);
  for (size_t i = 0; i < 4; i++) {
    struct cf_block kept = *blocks[i];

    *blocks[i] = (struct cf_block) { x, 4 };
    assert_int_equal (cf_gate_done (&in, true, other), 0);
    assert_memory_not_equal (of_asker, other, CF_HASH_LEN);
    *blocks[i] = kept;
  }
  sid[31] = 1;
  assert_int_equal (cf_gate_done (&in, true, other), 0);
  assert_memory_not_equal (of_asker, other, CF_HASH_LEN);
}

/* The same of a verification's. */
static void
test_verified (void **state)
{
  uint8_t c[CF_HASH_LEN] = { 1 }, sid[CF_HASH_LEN] = { 2 }, id[CF_CONVERSATION_ID_LEN] = { 3 }, old[CF_HASH_LEN] = { 4 };
  struct cf_verified_input in = { .c = c, .sid = sid, .asker = fpr (1), .answerer = fpr (2), .conversation = id,
                                  .asker_key = fpr (3), .answerer_key = fpr (4), .secret = old };
  uint8_t of_asker[CF_HASH_LEN], other[CF_HASH_LEN], *bytes[] = { c, sid, id, old };
  struct cf_fpr *names[] = { &in.asker, &in.answerer, &in.asker_key, &in.answerer_key };

  (void) state;
  assert_int_equal (cf_gate_verified (&in, true, of_asker), 0);
  assert_int_equal (cf_gate_verified (&in, false, other), 0);
  assert_memory_not_equal (of_asker, other, CF_HASH_LEN);
  for (size_t i = 0; i < 4; i++) {
    bytes[i][15] ^= 1;
    assert_int_equal (cf_gate_verified (&in, true, other), 0);
    assert_memory_not_equal (of_asker, other, CF_HASH_LEN);
    bytes[i][15] ^= 1;
    names[i]->bytes[0] ^= 8;
    assert_int_equal (cf_gate_verified (&in, true, other), 0);
    assert_memory_not_equal (of_asker, other, CF_HASH_LEN);
    names[i]->bytes[0] ^= 8;
  }
}

static void
test_sid (void **state)
{
  uint8_t hash[64] = { 0 }, id[16] = { 0 }, na[32] = { 1 }, nb[32] = { 2 }, sid[32], other[32];

  (void) state;
  cf_gate_sid (hash, 1, id, na, nb, sid);
  cf_gate_sid (hash, 1, id, nb, na, other);
  assert_memory_not_equal (sid, other, 32);
  cf_gate_sid (hash, 2, id, na, nb, other);
  assert_memory_not_equal (sid, other, 32);
  hash[63] = 1;
  cf_gate_sid (hash, 1, id, na, nb, other);
  assert_memory_not_equal (sid, other, 32);
}

static void
check_hex (const void *data, size_t len, const char *want)
{
  char hex[2 * 256 + 1];

  assert_true (len <= 256);
  assert_string_equal (cf_hex (data, len, hex), want);
}

/* The gate of doc/protocol.md, "Test vectors". */
static void
test_example (void **state)
{
  uint8_t handshake[64], id[16], na[32], nb[32], device_a[32], device_b[32], isk[CF_CPACE_ISK_LEN];
  uint8_t sid[CF_HASH_LEN], c[CF_HASH_LEN], pair[CF_HASH_LEN], done[CF_HASH_LEN];
  uint8_t key_a[] = "asker key", key_b[] = "answerer key", sig_a[] = "asker statement", sig_b[] = "answerer statement";
  struct cf_parties parties = { fpr (0xaa), fpr (0xbb), device_a, device_b };
  struct cf_fpr of_key_a = fpr (0xcc), of_key_b = fpr (0xdd);
  struct cf_done_input in = { .c = c, .sid = sid, .asker = parties.asker, .answerer = parties.answerer,
                              .asker_key = { key_a, sizeof key_a - 1 }, .answerer_key = { key_b, sizeof key_b - 1 },
                              .asker_statement = { sig_a, sizeof sig_a - 1 },
                              .answerer_statement = { sig_b, sizeof sig_b - 1 } };
  struct cf_buf buf;

  (void) state;
  memset (handshake, 0x11, sizeof handshake);
  memset (id, 0x22, sizeof id);
  memset (na, 0x33, sizeof na);
  memset (nb, 0x44, sizeof nb);
  memset (device_a, 0x55, sizeof device_a);
  memset (device_b, 0x66, sizeof device_b);
  memset (isk, 0x77, 32);
  memset (isk + 32, 0x88, 32);

  cf_gate_sid (handshake, CF_PURPOSE_OPEN, id, na, nb, sid);
  check_hex (sid, sizeof sid, "6c951a19de41e263e9f310cb339cf6d15f480d3264eba135b52908ae718d4d7c");
  cf_buf_init (&buf, 512);
  assert_int_equal (cf_gate_ci (CF_PURPOSE_OPEN, &parties, &buf), 0);
  check_hex (cf_buf_data (&buf), cf_buf_len (&buf),
             "01" "04aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "5555555555555555555555555555555555555555555555555555555555555555"
             "04bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
             "6666666666666666666666666666666666666666666666666666666666666666");
  cf_gate_secret (isk, sid, c);
  check_hex (c, sizeof c, "e0dfbb7a43220591c3bdadd19801149ddbe566e9df94aa9b68a609ea4cb019e4");
  cf_gate_pair_secret (c, pair);
  check_hex (pair, sizeof pair, "31e7166c658586a3dfbbb84eec893660d926b44f4e54a554f2d011e3caa4e524");
  cf_buf_clear (&buf);
  assert_int_equal (cf_gate_statement_bytes (sid, &parties.asker, &parties.answerer, &of_key_a, &of_key_b, &buf), 0);
  check_hex (cf_buf_data (&buf), cf_buf_len (&buf),
             "00" "636f6e66616220636f6e766572736174696f6e207631"
             "6c951a19de41e263e9f310cb339cf6d15f480d3264eba135b52908ae718d4d7c"
             "04aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" "04bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
             "04cccccccccccccccccccccccccccccccccccccccc" "04dddddddddddddddddddddddddddddddddddddddd");
  cf_buf_done (&buf);
  assert_int_equal (cf_gate_done (&in, true, done), 0);
  check_hex (done, sizeof done, "f3625e43e18c465c43fd1060e4ef48f4fd59e461245a5ed6eb73231a555dde54");
  assert_int_equal (cf_gate_done (&in, false, done), 0);
  check_hex (done, sizeof done, "b288277115d18c1d26a0e52db28f8de3d1359170d330f5e048e4d70fdc5140dd");
}

/* The same run, as a verification. */
static void
test_example_verify (void **state)
{
  uint8_t handshake[64], id[16], na[32], nb[32], isk[CF_CPACE_ISK_LEN], conversation[16], secret[CF_HASH_LEN];
  uint8_t sid[CF_HASH_LEN], c[CF_HASH_LEN], pair[CF_HASH_LEN], done[CF_HASH_LEN];
  struct cf_verified_input in = { .c = c, .sid = sid, .asker = fpr (0xaa), .answerer = fpr (0xbb),
                                  .conversation = conversation, .asker_key = fpr (0xcc), .answerer_key = fpr (0xdd),
                                  .secret = secret };

  (void) state;
  memset (handshake, 0x11, sizeof handshake);
  memset (id, 0x22, sizeof id);
  memset (na, 0x33, sizeof na);
  memset (nb, 0x44, sizeof nb);
  memset (isk, 0x77, 32);
  memset (isk + 32, 0x88, 32);
  memset (conversation, 0x99, sizeof conversation);
  memset (secret, 0xab, sizeof secret);
  cf_gate_sid (handshake, CF_PURPOSE_VERIFY, id, na, nb, sid);
  check_hex (sid, sizeof sid, "d533a44ae95930eed0667f2d70c33b50b8e59735d20308067e152dfa61e494e9");
  cf_gate_secret (isk, sid, c);
  check_hex (c, sizeof c, "2290a7e771e09419baf2de3813b2471cddc56ef3d7c349b44d4080d86c45eb34");
  cf_gate_pair_secret (c, pair);
  check_hex (pair, sizeof pair, "d33539c2b0d47cdd8b866a64b44cb0388b101d6f71b3697936a6d06cfc7c3eda");
  assert_int_equal (cf_gate_verified (&in, true, done), 0);
  check_hex (done, sizeof done, "61a04ee2897546bc17c5904bf77c9d9bfe7f69c672cfb8cc74694fd13b6c98e8");
  assert_int_equal (cf_gate_verified (&in, false, done), 0);
  check_hex (done, sizeof done, "5823b7167813a3cde63ececcd159d514f6b915255fbe86f4113be51f19f4d502");
}

static void
test_silences (void **state)
{
  struct cf_guess g = { 0 };
  int64_t now = T0, silence = HOUR_MS;

  (void) state;
  for (unsigned round = 0; round <= CF_GUESS_DOUBLINGS_MAX + 3; round++) {
    for (int i = 0; i < CF_GUESSES_FREE; i++) {
      assert_int_equal (cf_guess_wait_ms (&g, now), 0);
      cf_guess_count (&g, now);
    }
    assert_int_equal (cf_guess_wait_ms (&g, now), silence);
    assert_int_equal (cf_guess_wait_ms (&g, now - 100 * HOUR_MS), silence); /* the clock was set back */
    assert_int_equal (cf_guess_wait_ms (&g, now + silence - 1), 1);
    now += silence;
    assert_int_equal (cf_guess_wait_ms (&g, now), 0);
    if (round < CF_GUESS_DOUBLINGS_MAX)
      silence *= 2;
  }
}

static struct cf_store *
open_store (struct cf_env *env)
{
  static const uint8_t key[CF_STORE_KEY_LEN] = { 1 };
  struct cf_store *store = NULL;

  memset (env, 0, sizeof *env);
  assert_int_equal (cf_store_open (env, ":memory:", key, &store), 0);
  return store;
}

static void
assert_left (struct cf_store *store, int64_t now, const struct cf_fpr *f, bool stranger, unsigned tries, int64_t until)
{
  struct cf_guess_left left;

  assert_int_equal (cf_guess_left (store, now, f, stranger, &left), 0);
  assert_int_equal (left.tries, tries);
  assert_int_equal (left.silent_until_utc_ms, until);
}

static void
test_strangers (void **state)
{
  struct cf_env env;
  struct cf_store *store = open_store (&env);
  struct cf_fpr f;
  int64_t wait_ms;

  (void) state;
  for (uint8_t i = 1; i <= CF_GUESS_STRANGERS_MAX; i++) {
    f = fpr (i);
    assert_int_equal (cf_guess_charge (store, T0 + i * HOUR_MS, &f, true, &wait_ms), 0);
  }
  f = fpr (99);
  assert_left (store, T0 + 11 * HOUR_MS, &f, true, 0, T0 + 25 * HOUR_MS);
  assert_left (store, T0 + 25 * HOUR_MS, &f, true, 1, 0); /* the strangers' last one, though three of his own */
  assert_left (store, T0 + 11 * HOUR_MS, &f, false, 3, 0);
  assert_int_equal (gpg_err_code (cf_guess_check (store, T0 + 11 * HOUR_MS, &f, true, &wait_ms)), CF_ERR_RATE);
  assert_int_equal (wait_ms, 14 * HOUR_MS); /* until the first is a day old */
  assert_int_equal (cf_guess_check (store, T0 + 11 * HOUR_MS, &f, false, &wait_ms), 0); /* a contact */
  assert_int_equal (cf_guess_check (store, T0 + 25 * HOUR_MS, &f, true, &wait_ms), 0);
  /* A right tag gives one back. */
  f = fpr (5);
  assert_int_equal (cf_guess_take_back (store, &f), 0);
  assert_int_equal (cf_guess_check (store, T0 + 11 * HOUR_MS, &f, true, &wait_ms), 0);
  cf_store_close (store);
}

static void
test_charge (void **state)
{
  struct cf_env env;
  struct cf_store *store = open_store (&env);
  struct cf_fpr f = fpr (1), g = fpr (2);
  int64_t wait_ms;

  (void) state;
  for (unsigned i = 0; i < CF_GUESSES_FREE; i++) {
    assert_left (store, T0, &f, false, CF_GUESSES_FREE - i, 0);
    assert_int_equal (cf_guess_charge (store, T0, &f, false, &wait_ms), 0);
  }
  assert_left (store, T0, &f, false, 0, T0 + HOUR_MS);
  assert_left (store, T0 - HOUR_MS, &f, false, 0, T0); /* a clock that was set back makes it no longer */
  assert_left (store, T0 + HOUR_MS, &f, false, CF_GUESSES_FREE, 0);
  assert_int_equal (gpg_err_code (cf_guess_charge (store, T0, &f, false, &wait_ms)), CF_ERR_RATE);
  assert_int_equal (wait_ms, HOUR_MS);
  assert_int_equal (cf_guess_charge (store, T0, &g, false, &wait_ms), 0); /* each identity for itself */
  assert_int_equal (cf_guess_take_back (store, &f), 0);
  assert_int_equal (cf_guess_charge (store, T0, &f, false, &wait_ms), 0);
  cf_store_close (store);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_open_body), cmocka_unit_test (test_lengths),   cmocka_unit_test (test_statement_bytes),
    cmocka_unit_test (test_done),      cmocka_unit_test (test_sid),       cmocka_unit_test (test_silences),
    cmocka_unit_test (test_strangers), cmocka_unit_test (test_charge),   cmocka_unit_test (test_example),
    cmocka_unit_test (test_verify_body), cmocka_unit_test (test_verified), cmocka_unit_test (test_example_verify),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
