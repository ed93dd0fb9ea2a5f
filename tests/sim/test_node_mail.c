/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_node_mail.c - mail at a public node: left, kept, fetched; forged, too much, too slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/sim/node_stage.h"

struct drop_key { uint8_t public[32], secret[64]; };

static void
drop_make (struct drop_key *key, uint8_t seed)
{
  uint8_t bytes[32];

  memset (bytes, seed, sizeof bytes);
  crypto_sign_seed_keypair (key->public, key->secret, bytes);
}

/* H says KIND, signed by KEY for its tunnel. */
static void
say_mail (struct hand *h, const struct drop_key *key, enum cf_node_kind kind, uint64_t number, const void *blob, size_t len)
{
  struct cf_node_message m = { .kind = kind, .mail = { .number = number, .blob = blob, .blob_len = len } };
  uint8_t digest[CF_HASH_LEN];

  memcpy (m.mail.drop, key->public, sizeof m.mail.drop);
  cf_node_mail_digest (&m, cf_tunnel_handshake_hash (h->tunnel), digest);
  crypto_sign_detached (m.mail.signature, NULL, digest, sizeof digest, key->secret);
  assert_int_equal (hand_send (h, &m), 0);
}

static uint64_t
leave_mail (struct stage *s, struct hand *h, const struct drop_key *key, const void *blob, size_t len)
{
  struct hand_got *got;
  uint64_t number;

  say_mail (h, key, CF_NODE_DEPOSIT, 0, blob, len);
  got = hand_wait (s->sim, h, CF_NODE_HELD);
  assert_true ((int64_t) got->m.mail.until_utc_ms > s->node->env.now_utc_ms);
  number = got->m.mail.number;
  free (got);
  return number;
}

/* What is first in the drop after NUMBER is BLOB; returns its number. */
static uint64_t
expect_mail (struct stage *s, struct hand *h, const struct drop_key *key, uint64_t number, const void *blob, size_t len,
             uint32_t left)
{
  struct hand_got *got;

  say_mail (h, key, CF_NODE_FETCH, number, NULL, 0);
  got = hand_wait (s->sim, h, CF_NODE_MAIL);
  assert_int_equal (got->m.mail.blob_len, len);
  assert_memory_equal (got->m.mail.blob, blob, len);
  assert_int_equal (got->m.mail.left, left);
  number = got->m.mail.number;
  free (got);
  return number;
}

static void
expect_refused (struct stage *s, struct hand *h, enum cf_node_kind what, gpg_err_code_t code)
{
  struct hand_got *got = hand_wait (s->sim, h, CF_NODE_REFUSED);

  assert_int_equal (got->m.refused.what, what);
  assert_int_equal (got->m.refused.code, code);
  free (got);
}

/* Left while the other is away; the node is killed meanwhile; fetched, deleted; what is left twice is there once. */
static void
test_mail (void **state)
{
  static uint8_t large[CF_MAIL_MAX];
  struct cf_server_status st;
  struct drop_key key, other;
  struct stage s;
  uint64_t first, second;

  (void) state;
  drop_make (&key, 1);
  drop_make (&other, 2);
  memset (large, 0x77, sizeof large);
  stage_set (&s, 1, NULL);
  first = leave_mail (&s, &s.hands[0], &key, "one", 3);
  second = leave_mail (&s, &s.hands[0], &key, large, sizeof large);
  assert_true (second > first);
  assert_true (leave_mail (&s, &s.hands[0], &key, "one", 3) == first);
  hand_done (&s.hands[0]);
  sim_run (s.sim, 100);
  sim_server_stop (s.node);
  sim_server_start (s.node, NULL, &s.name);
  cf_server_status (s.node->server, &st);
  assert_int_equal (st.mail, 2);
  assert_int_equal (st.mail_bytes, 3 + sizeof large);
  enter (&s, &s.hands[1]);
  assert_true (expect_mail (&s, &s.hands[1], &key, 0, "one", 3, 1) == first);
  assert_true (expect_mail (&s, &s.hands[1], &key, first, large, sizeof large, 0) == second);
  say_mail (&s.hands[1], &key, CF_NODE_FETCH, second, NULL, 0);
  free (hand_wait (s.sim, &s.hands[1], CF_NODE_EMPTY));
  say_mail (&s.hands[1], &other, CF_NODE_FETCH, 0, NULL, 0);
  free (hand_wait (s.sim, &s.hands[1], CF_NODE_EMPTY));
  say_mail (&s.hands[1], &key, CF_NODE_DELETE, first, NULL, 0);
  free (hand_wait (s.sim, &s.hands[1], CF_NODE_DELETED));
  assert_true (expect_mail (&s, &s.hands[1], &key, 0, large, sizeof large, 0) == second);
  sim_run (s.sim, CF_MAIL_LIFE_S * 1000ull + 20 * 60 * 1000);
  cf_server_status (s.node->server, &st);
  assert_int_equal (st.mail, 0);
  stage_strike (&s);
}

/* Signed by another key, for another tunnel, another verb, another text. */
static void
test_mail_forged (void **state)
{
  struct drop_key key, other;
  struct cf_node_message m = { .kind = CF_NODE_DEPOSIT, .mail = { .blob = (const uint8_t *) "x", .blob_len = 1 } };
  uint8_t digest[CF_HASH_LEN];
  struct stage s;

  (void) state;
  drop_make (&key, 1);
  drop_make (&other, 2);
  stage_set (&s, 2, NULL);
  memcpy (m.mail.drop, key.public, sizeof m.mail.drop);
  cf_node_mail_digest (&m, cf_tunnel_handshake_hash (s.hands[0].tunnel), digest);
  crypto_sign_detached (m.mail.signature, NULL, digest, sizeof digest, other.secret);
  assert_int_equal (hand_send (&s.hands[0], &m), 0);
  expect_refused (&s, &s.hands[0], CF_NODE_DEPOSIT, GPG_ERR_BAD_SIGNATURE);
  crypto_sign_detached (m.mail.signature, NULL, digest, sizeof digest, key.secret);
  assert_int_equal (hand_send (&s.hands[1], &m), 0);
  expect_refused (&s, &s.hands[1], CF_NODE_DEPOSIT, GPG_ERR_BAD_SIGNATURE);
  m.mail.blob = (const uint8_t *) "y";
  assert_int_equal (hand_send (&s.hands[0], &m), 0);
  expect_refused (&s, &s.hands[0], CF_NODE_DEPOSIT, GPG_ERR_BAD_SIGNATURE);
  m.kind = CF_NODE_FETCH;
  assert_int_equal (hand_send (&s.hands[0], &m), 0);
  expect_refused (&s, &s.hands[0], CF_NODE_FETCH, GPG_ERR_BAD_SIGNATURE);
  assert_int_equal (s.node->env.refused[CF_REFUSED_MAIL_SIGNATURE], 4);
  m.kind = CF_NODE_DEPOSIT;
  m.mail.blob = (const uint8_t *) "x";
  assert_int_equal (hand_send (&s.hands[0], &m), 0);
  free (hand_wait (s.sim, &s.hands[0], CF_NODE_HELD));
  stage_strike (&s);
}

/* A drop holds so much, and a host may leave so much. */
static void
test_mail_full (void **state)
{
  static uint8_t large[CF_MAIL_MAX];
  struct drop_key key;
  struct stage s;

  (void) state;
  stage_set (&s, 1, NULL);
  drop_make (&key, 1);
  for (int i = 0; i < 12; i++) { /* 15 MiB */
    large[0] = (uint8_t) i;
    leave_mail (&s, &s.hands[0], &key, large, sizeof large);
  }
  large[0] = 99;
  say_mail (&s.hands[0], &key, CF_NODE_DEPOSIT, 0, large, sizeof large);
  expect_refused (&s, &s.hands[0], CF_NODE_DEPOSIT, GPG_ERR_LIMIT_REACHED);
  assert_int_equal (s.node->env.refused[CF_REFUSED_MAIL_FULL], 1);
  for (int i = 0; i < 38; i++) {
    drop_make (&key, (uint8_t) (i + 2));
    leave_mail (&s, &s.hands[0], &key, large, sizeof large);
  }
  say_mail (&s.hands[0], &key, CF_NODE_DEPOSIT, 0, large, sizeof large - 1);
  expect_refused (&s, &s.hands[0], CF_NODE_DEPOSIT, GPG_ERR_LIMIT_REACHED);
  assert_int_equal (s.node->env.refused[CF_REFUSED_MAIL_FLOOD], 1);
  stage_strike (&s);
}

/* A long message that is begun and not ended holds one of few places, for a while. */
static void
test_mail_slow (void **state)
{
  static const uint8_t zeros[CF_MAIL_MAX];
  struct drop_key key;
  struct stage s;

  (void) state;
  stage_set (&s, 2, NULL);
  drop_make (&key, 1);
  say_mail (&s.hands[0], &key, CF_NODE_DEPOSIT, 0, zeros, sizeof zeros); /* 128 KiB leave at once */
  s.hands[0].is_stuck = true;
  sim_run (s.sim, 20000);
  assert_int_equal (s.node->server ? s.node->env.refused[CF_REFUSED_MAIL_SLOW] : 1, 0);
  sim_run (s.sim, 11000);
  assert_int_equal (s.node->env.refused[CF_REFUSED_MAIL_SLOW], 1);
  assert_true (s.hands[0].closed);
  stage_strike (&s);
}

/* Long mail comes from a few at a time; who is one too many hears why. */
static void
test_mail_crowd (void **state)
{
  static const uint8_t zeros[CF_MAIL_MAX];
  static struct hand hands[33];
  struct drop_key key;
  struct stage s;

  (void) state;
  stage_set (&s, 0, NULL);
  drop_make (&key, 1);
  for (int i = 0; i < 33; i++) {
    enter (&s, &hands[i]);
    say_mail (&hands[i], &key, CF_NODE_DEPOSIT, 0, zeros, sizeof zeros);
    hands[i].is_stuck = true;
    sim_run (s.sim, 5);
    assert_int_equal (hands[i].closed, i == 32);
  }
  assert_int_equal (gpg_err_code (cf_tunnel_peer_code (hands[32].tunnel)), GPG_ERR_TOO_LARGE);
  for (int i = 0; i < 33; i++)
    hand_done (&hands[i]);
  stage_strike (&s);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_mail),
    cmocka_unit_test (test_mail_forged),
    cmocka_unit_test (test_mail_full),
    cmocka_unit_test (test_mail_slow),
    cmocka_unit_test (test_mail_crowd),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
