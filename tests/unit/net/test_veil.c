/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_veil.c - veiled beacons: their bytes, tags and sealed part; whom a circle recognises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/secmem.h"
#include "net/circle.h"

#define NOW_UTC_MS INT64_C (1800000000000) /* the first moment of epoch 3000000 */

static const uint8_t secret7[CF_HASH_LEN] = { 7 }, secret8[CF_HASH_LEN] = { 8 };

static void
dice (void *arg, void *buf, size_t len)
{
  uint64_t *seed = arg;

  for (size_t i = 0; i < len; i++) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    ((uint8_t *) buf)[i] = (uint8_t) (*seed >> 56);
  }
}

static struct cf_env
make_env (uint64_t *seed)
{
  return (struct cf_env){ .now_utc_ms = NOW_UTC_MS, .random = dice, .random_arg = seed };
}

static struct cf_fpr
make_fpr (unsigned who)
{
  struct cf_fpr fpr = { .version = 4, .len = 20 };

  memset (fpr.bytes, 0xaa, 20);
  fpr.bytes[0] = (uint8_t) who;
  fpr.bytes[1] = (uint8_t) (who >> 8);
  return fpr;
}

static struct cf_addr
make_addr (uint8_t host, uint16_t port)
{
  return (struct cf_addr){ .family = 4, .bytes = { 10, 0, 0, host }, .port = port };
}

static struct cf_veil
make_veil (enum cf_veil_kind kind)
{
  struct cf_veil veil = { .kind = kind };

  memset (veil.n, 0x11, sizeof veil.n);
  if (kind != CF_VEIL_QUESTION)
    memset (veil.asked, 0x22, sizeof veil.asked);
  memset (veil.tags, 0x33, kind == CF_VEIL_QUESTION ? sizeof veil.tags : sizeof veil.tags[0]);
  if (kind != CF_VEIL_QUESTION)
    memset (veil.sealed, 0x44, sizeof veil.sealed);
  return veil;
}

static size_t
encode (const struct cf_veil *veil, uint8_t out[512])
{
  struct cf_buf buf;
  size_t len;

  cf_buf_init (&buf, 512);
  assert_int_equal (cf_veil_encode (veil, &buf), 0);
  len = cf_buf_len (&buf);
  memcpy (out, cf_buf_data (&buf), len);
  cf_buf_done (&buf);
  return len;
}

/* --- bytes --- */

static void
test_round_trip (void **state)
{
  static const enum cf_veil_kind kinds[] = { CF_VEIL_QUESTION, CF_VEIL_ANSWER, CF_VEIL_RETURN };
  uint8_t data[512] = { 0 }, again[512];

  (void) state;
  for (size_t i = 0; i < 3; i++) {
    struct cf_veil in = make_veil (kinds[i]), out;
    size_t len = encode (&in, data);

    assert_int_equal (len, kinds[i] == CF_VEIL_QUESTION ? CF_VEIL_QUESTION_LEN : CF_VEIL_ANSWER_LEN);
    assert_int_equal (cf_veil_decode (data, len, &out), 0);
    assert_memory_equal (&out, &in, sizeof in);
    for (size_t l = 0; l < len; l++) {
      uint8_t *exact = malloc (l ? l : 1); /* so that the sanitizer sees a read beyond */

      assert_non_null (exact);
      memcpy (exact, data, l);
      assert_int_not_equal (cf_veil_decode (exact, l, &out), 0);
      free (exact);
    }
    assert_int_equal (gpg_err_code (cf_veil_decode (data, len + 1, &out)), GPG_ERR_INV_LENGTH);
    for (size_t at = 0; at < len; at++)
      for (int bit = 0; bit < 8; bit++) {
        data[at] ^= (uint8_t) (1 << bit);
        if (!cf_veil_decode (data, len, &out)) {
          assert_int_equal (encode (&out, again), len);
          assert_memory_equal (again, data, len);
        } else {
          assert_true (at < 6);
        }
        data[at] ^= (uint8_t) (1 << bit);
      }
  }
}

/* The example of doc/protocol.md, "Test vectors". */
static void
test_example (void **state)
{
  static const uint8_t want_key[] = {
    0x1f, 0x5f, 0x03, 0x55, 0x5e, 0xfb, 0xe5, 0xd5, 0x92, 0x0c, 0x2f, 0xb2, 0x72, 0xed, 0x6e, 0xb7,
  };
  static const uint8_t want_tag[] = { 0x40, 0x48, 0xd5, 0x6d, 0x8c, 0xf9, 0x68, 0x2d };
  static const uint8_t want_sealed[] = {
    0x72, 0x3e, 0xd2, 0xc1, 0x16, 0x5e, 0x9f, 0x41, 0x13, 0xc1, 0x53, 0xe5, 0x0d, 0xe2, 0x76, 0xa9,
    0xbb, 0x0f, 0x64, 0xe5, 0x61, 0x2c, 0xef, 0xa3, 0x8d, 0x42, 0xfa, 0x3c, 0xf4, 0xe8, 0xe5, 0x5c,
    0xea, 0x4a, 0x71, 0x42, 0x46, 0xb1, 0x8c, 0x00, 0x6f, 0x99, 0x69, 0xf3, 0xe9, 0xed, 0xeb, 0x85,
    0x09, 0xb0,
  };
  struct cf_fpr sender = { .version = 4, .len = 20 };
  struct cf_addr source = { .family = 4, .bytes = { 192, 0, 2, 1 }, .port = 40000 };
  struct cf_veil_place place = { .tcp_port = 7000 };
  uint8_t secret[CF_HASH_LEN], key[CF_VEIL_TAG_KEY_LEN];
  struct cf_veil veil = { .kind = CF_VEIL_ANSWER };
  struct cf_veil_input input;

  (void) state;
  memset (secret, 0x77, sizeof secret);
  memset (sender.bytes, 0xaa, 20);
  memset (veil.n, 0x11, sizeof veil.n);
  memset (veil.asked, 0x22, sizeof veil.asked);
  memset (place.device_key, 0x55, sizeof place.device_key);
  cf_veil_tag_key (secret, &sender, cf_veil_epoch (NOW_UTC_MS), key);
  assert_memory_equal (key, want_key, sizeof want_key);
  cf_veil_input (&veil, &source, &input);
  cf_veil_tag (key, &input, veil.tags[0]);
  assert_memory_equal (veil.tags[0], want_tag, sizeof want_tag);
  cf_veil_seal (secret, &sender, &source, &place, &veil);
  assert_memory_equal (veil.sealed, want_sealed, sizeof want_sealed);
}

static void
test_sealed (void **state)
{
  struct cf_fpr ada = make_fpr (1), bob = make_fpr (2);
  struct cf_addr source = make_addr (1, 40000), other = make_addr (2, 40000);
  struct cf_veil_place place = { .tcp_port = 7000 }, out;
  struct cf_veil veil = make_veil (CF_VEIL_ANSWER), bad;
  uint8_t *bytes = (uint8_t *) &bad;

  (void) state;
  memset (place.device_key, 5, sizeof place.device_key);
  cf_veil_seal (secret7, &ada, &source, &place, &veil);
  assert_int_equal (cf_veil_open (secret7, &ada, &source, &veil, &out), 0);
  assert_int_equal (out.tcp_port, 7000);
  assert_memory_equal (out.device_key, place.device_key, sizeof place.device_key);
  /* Another secret, sender, source, kind: each bit of what is in it. */
  assert_int_equal (gpg_err_code (cf_veil_open (secret8, &ada, &source, &veil, &out)), GPG_ERR_CHECKSUM);
  assert_int_equal (gpg_err_code (cf_veil_open (secret7, &bob, &source, &veil, &out)), GPG_ERR_CHECKSUM);
  assert_int_equal (gpg_err_code (cf_veil_open (secret7, &ada, &other, &veil, &out)), GPG_ERR_CHECKSUM);
  bad = veil;
  bad.kind = CF_VEIL_RETURN;
  assert_int_equal (gpg_err_code (cf_veil_open (secret7, &ada, &source, &bad, &out)), GPG_ERR_CHECKSUM);
  for (size_t at = 0; at < sizeof bad; at++) {
    bool tag = at >= offsetof (struct cf_veil, tags[1]) && at < offsetof (struct cf_veil, sealed);

    bad = veil;
    bytes[at] ^= 1;
    if (at < sizeof bad.kind || tag || at >= offsetof (struct cf_veil, sealed) + sizeof bad.sealed)
      continue; /* the kind was tried; other tags do not travel in an answer */
    assert_int_equal (gpg_err_code (cf_veil_open (secret7, &ada, &source, &bad, &out)), GPG_ERR_CHECKSUM);
  }
  /* What nobody should seal. */
  place.tcp_port = 0;
  cf_veil_seal (secret7, &ada, &source, &place, &veil);
  assert_int_equal (gpg_err_code (cf_veil_open (secret7, &ada, &source, &veil, &out)), GPG_ERR_BAD_DATA);
  place = (struct cf_veil_place){ .tcp_port = 1 };
  cf_veil_seal (secret7, &ada, &source, &place, &veil);
  assert_int_equal (gpg_err_code (cf_veil_open (secret7, &ada, &source, &veil, &out)), GPG_ERR_BAD_DATA);
}

/* --- the circle --- */

/* Ada's circle has Bob and Bob's has Ada. */
struct two {
  uint64_t seed;
  struct cf_env ada_env, bob_env;
  struct cf_circle *ada, *bob;
};

static void
set (struct cf_circle *circle, unsigned who, const uint8_t *secret, const uint8_t *before)
{
  struct cf_acquaintance a = { .fpr = make_fpr (who), .secret = secret, .before = before };

  assert_int_equal (cf_circle_set (circle, &a, 1), 0);
}

static int
setup (void **state)
{
  struct two *t = calloc (1, sizeof *t);
  struct cf_fpr ada = make_fpr (1), bob = make_fpr (2);

  assert_non_null (t);
  t->ada_env = make_env (&t->seed);
  t->bob_env = make_env (&t->seed);
  assert_int_equal (cf_circle_new (&t->ada_env, &ada, &t->ada), 0);
  assert_int_equal (cf_circle_new (&t->bob_env, &bob, &t->bob), 0);
  set (t->ada, 2, secret7, NULL);
  set (t->bob, 1, secret7, NULL);
  *state = t;
  return 0;
}

static int
teardown (void **state)
{
  struct two *t = *state;

  cf_circle_free (t->ada);
  cf_circle_free (t->bob);
  free (t);
  return 0;
}

/* A question of CIRCLE from SOURCE. */
static struct cf_veil
ask (struct cf_circle *circle, struct cf_env *env, const struct cf_addr *source)
{
  struct cf_veil veil = { .kind = CF_VEIL_QUESTION };

  cf_env_random (env, veil.n, sizeof veil.n);
  cf_circle_tags (circle, source, &veil);
  return veil;
}

static void
test_recognised (void **state)
{
  struct two *t = *state;
  struct cf_addr source = make_addr (1, 40000), host = make_addr (2, 40000), port = make_addr (1, 40001);
  struct cf_veil veil = ask (t->ada, &t->ada_env, &source), bad;
  struct cf_circle_match match;
  struct cf_fpr ada = make_fpr (1);

  assert_true (cf_circle_match (t->bob, &source, &veil, &match));
  assert_true (cf_fpr_equal (&match.fpr, &ada));
  assert_false (match.before);
  /* Not from elsewhere, not with another n, not as another kind; and it is not her own that she recognises. */
  assert_false (cf_circle_match (t->bob, &host, &veil, &match));
  assert_false (cf_circle_match (t->bob, &port, &veil, &match));
  bad = veil;
  bad.n[15] ^= 1;
  assert_false (cf_circle_match (t->bob, &source, &bad, &match));
  bad = veil;
  bad.kind = CF_VEIL_ANSWER;
  for (size_t i = 0; i < CF_VEIL_TAGS; i++) {
    memcpy (bad.tags[0], veil.tags[i], CF_VEIL_TAG_LEN);
    assert_false (cf_circle_match (t->bob, &source, &bad, &match));
  }
  assert_false (cf_circle_match (t->ada, &source, &veil, &match));
  set (t->bob, 1, secret8, NULL);
  assert_false (cf_circle_match (t->bob, &source, &veil, &match));
  assert_int_equal (cf_circle_set (t->bob, NULL, 0), 0);
  assert_false (cf_circle_match (t->bob, &source, &veil, &match));
}

static void
test_answered (void **state)
{
  struct two *t = *state;
  struct cf_addr asker = make_addr (1, 40000), answerer = make_addr (2, 50000);
  struct cf_veil question = ask (t->ada, &t->ada_env, &asker), answer = make_veil (CF_VEIL_ANSWER);
  struct cf_veil_place place = { .tcp_port = 7000, .device_key = { 1 } }, out;
  struct cf_circle_match match;

  assert_true (cf_circle_match (t->bob, &asker, &question, &match));
  memcpy (answer.asked, question.n, sizeof answer.asked);
  cf_circle_seal (t->bob, &match, &answerer, &place, &answer);
  assert_true (cf_circle_match (t->ada, &answerer, &answer, &match));
  assert_int_equal (cf_veil_open (match.secret, &match.fpr, &answerer, &answer, &out), 0);
  assert_int_equal (out.tcp_port, 7000);
  /* It answers this question only. */
  answer.asked[0] ^= 1;
  assert_false (cf_circle_match (t->ada, &answerer, &answer, &match));
}

/* Good in the epoch before and after, and no longer; whichever way a wall clock is off. */
static void
test_epochs (void **state)
{
  struct two *t = *state;
  struct cf_addr source = make_addr (1, 40000);
  struct cf_circle_match match;

  for (int off = -3; off <= 3; off++) {
    struct cf_veil veil;

    t->bob_env.now_utc_ms = NOW_UTC_MS + off * (int64_t) CF_VEIL_EPOCH_MS;
    veil = ask (t->ada, &t->ada_env, &source);
    assert_int_equal (cf_circle_match (t->bob, &source, &veil, &match), off >= -1 && off <= 1);
  }
  assert_int_equal (cf_veil_epoch (-1), 0);
}

/* Both secrets are spoken and understood while there are two. */
static void
test_two_secrets (void **state)
{
  struct two *t = *state;
  struct cf_addr source = make_addr (1, 40000);
  struct cf_circle_match match;
  struct cf_veil veil;

  set (t->ada, 2, secret8, secret7);
  veil = ask (t->ada, &t->ada_env, &source);
  assert_true (cf_circle_match (t->bob, &source, &veil, &match)); /* who knows the old one only */
  veil = ask (t->bob, &t->bob_env, &source);
  assert_true (cf_circle_match (t->ada, &source, &veil, &match));
  assert_true (match.before);
  assert_memory_equal (match.secret, secret7, sizeof secret7);
  set (t->bob, 1, secret8, secret7);
  veil = ask (t->bob, &t->bob_env, &source);
  assert_true (cf_circle_match (t->ada, &source, &veil, &match));
  assert_false (match.before);
}

/* COUNT contacts, number I with the secret I. */
static void
set_many (struct cf_circle *circle, size_t count)
{
  struct cf_acquaintance *all = calloc (count, sizeof *all);
  uint8_t (*secrets)[CF_HASH_LEN] = calloc (count, sizeof *secrets);

  assert_true (all && secrets);
  for (size_t i = 0; i < count; i++) {
    secrets[i][0] = (uint8_t) i;
    secrets[i][1] = (uint8_t) (i >> 8);
    secrets[i][2] = 1;
    all[i].fpr = make_fpr ((unsigned) i + 100);
    all[i].secret = secrets[i];
  }
  assert_int_equal (cf_circle_set (circle, all, count), 0);
  free (all);
  free (secrets);
}

/* Each is in one of as many questions as it takes, and every tag is used. */
static void
test_turns (void **state)
{
  enum { COUNT = 100, ROUNDS = (COUNT + CF_VEIL_TAGS - 1) / CF_VEIL_TAGS };
  struct two *t = *state;
  struct cf_addr source = make_addr (1, 40000);
  unsigned told[COUNT] = { 0 };
  struct cf_circle_match match;
  struct cf_circle *theirs;

  set_many (t->ada, COUNT);
  for (int round = 0; round < ROUNDS; round++) {
    if (round)
      cf_circle_turn (t->ada);
    struct cf_veil veil = ask (t->ada, &t->ada_env, &source);
    unsigned in_this = 0;

    for (unsigned i = 0; i < COUNT; i++) {
      uint8_t secret[CF_HASH_LEN] = { (uint8_t) i, 0, 1 };
      struct cf_fpr own = make_fpr (i + 100);

      assert_int_equal (cf_circle_new (&t->bob_env, &own, &theirs), 0);
      set (theirs, 1, secret, NULL);
      if (cf_circle_match (theirs, &source, &veil, &match)) {
        told[i]++;
        in_this++;
      }
      cf_circle_free (theirs);
    }
    assert_int_equal (in_this, CF_VEIL_TAGS);
  }
  for (unsigned i = 0; i < COUNT; i++)
    assert_in_range (told[i], 1, 2);
}

/* Who was recognised lately is in every question, however many contacts there are; not for ever. */
static void
test_those_near_stay (void **state)
{
  enum { COUNT = 500, WHO = 123 };
  struct two *t = *state;
  uint8_t secret[CF_HASH_LEN] = { WHO, 0, 1 };
  struct cf_addr source = make_addr (1, 40000);
  struct cf_fpr fpr = make_fpr (WHO + 100);
  struct cf_circle_match match;
  struct cf_circle *theirs;
  struct cf_veil veil;
  unsigned told[2] = { 0 };

  t->ada_env.now_ms = 5;
  set_many (t->ada, COUNT);
  assert_int_equal (cf_circle_new (&t->bob_env, &fpr, &theirs), 0);
  set (theirs, 1, secret, NULL);
  veil = ask (theirs, &t->bob_env, &source);
  assert_true (cf_circle_match (t->ada, &source, &veil, &match));
  for (int late = 0; late < 2; late++) {
    for (int i = 0; i < 10; i++) {
      cf_circle_turn (t->ada);
      veil = ask (t->ada, &t->ada_env, &source);
      told[late] += cf_circle_match (theirs, &source, &veil, &match);
    }
    t->ada_env.now_ms += CF_PEER_GONE_MS;
  }
  assert_int_equal (told[0], 10);
  assert_in_range (told[1], 0, 1);
  cf_circle_free (theirs);
}

/* Where a contact's tag stands says nothing: it is anywhere, equally often. */
static void
test_order (void **state)
{
  struct two *t = *state;
  struct cf_addr source = make_addr (1, 40000);
  unsigned at[CF_VEIL_TAGS] = { 0 };
  struct cf_circle_match match;

  for (int i = 0; i < 3200; i++) {
    struct cf_veil veil = ask (t->ada, &t->ada_env, &source);

    for (size_t k = 0; k < CF_VEIL_TAGS; k++) {
      struct cf_veil without = veil;

      memset (without.tags[k], 0, CF_VEIL_TAG_LEN);
      if (!cf_circle_match (t->bob, &source, &without, &match)) {
        at[k]++;
        break;
      }
    }
  }
  for (size_t k = 0; k < CF_VEIL_TAGS; k++)
    assert_in_range (at[k], 50, 160); /* 100 each */
}

/* What one question costs who has a thousand contacts; a figure, and a bound that only a mistake reaches. */
static void
test_cost (void **state)
{
  enum { CONTACTS = 1000, QUESTIONS = 200 };
  struct two *t = *state;
  struct cf_addr source = make_addr (1, 40000);
  struct cf_veil veil = ask (t->ada, &t->ada_env, &source);
  struct cf_circle_match match;
  struct timespec from, to;
  double us;

  set_many (t->bob, CONTACTS);
  assert_int_equal (cf_circle_cost (t->bob), 3 * CONTACTS);
  assert_false (cf_circle_match (t->bob, &source, &veil, &match)); /* makes the keys of the epoch */
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &from);
  for (int i = 0; i < QUESTIONS; i++)
    assert_false (cf_circle_match (t->bob, &source, &veil, &match));
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &to);
  us = ((double) (to.tv_sec - from.tv_sec) * 1e6 + (double) (to.tv_nsec - from.tv_nsec) / 1e3) / QUESTIONS;
  print_message ("# %d contacts: %.0f us a question; at most %.1f %% of a processor\n", CONTACTS, us,
                 us * CF_VEIL_WORK / (3 * CONTACTS) / 1e4);
  assert_true (us < 20000);
}

#define circle_test(f) cmocka_unit_test_setup_teardown (f, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_round_trip), cmocka_unit_test (test_example), cmocka_unit_test (test_sealed),
    circle_test (test_recognised), circle_test (test_answered), circle_test (test_epochs),
    circle_test (test_two_secrets), circle_test (test_turns), circle_test (test_those_near_stay),
    circle_test (test_order), circle_test (test_cost),
  };

  if (cf_secmem_setup ())
    return 1;
  return cmocka_run_group_tests (tests, NULL, NULL);
}
