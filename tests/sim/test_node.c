/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_node.c - a public node: who is reachable, who is listed, circuits, and guests who keep no rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/sim/server_story.h"

/* A node and a host for its guests; HANDS of them, ready. */
struct stage {
  struct sim *sim;
  struct sim_node *node, *host;
  struct cf_node_name name;
  struct hand hands[4];
};

static bool
is_ready (void *arg)
{
  struct hand *h = arg;

  return h->ready || h->closed;
}

static bool
is_closed (void *arg)
{
  return ((struct hand *) arg)->closed;
}

static void
enter (struct stage *s, struct hand *h)
{
  hand_dial (h, &s->host->env, s->host->net, &s->name);
  assert_true (sim_run_until (s->sim, 5000, is_ready, h));
  assert_true (h->ready);
  free (hand_wait (s->sim, h, CF_NODE_SEEN));
}

static void
stage_set (struct stage *s, size_t hands, const struct cf_server_limits *limits)
{
  memset (s, 0, sizeof *s);
  s->sim = sim_new (7);
  s->node = sim_node_new (s->sim, "node");
  s->host = sim_node_new (s->sim, "host");
  sim_server_start (s->node, limits, &s->name);
  for (size_t i = 0; i < hands; i++)
    enter (s, &s->hands[i]);
}

static void
stage_strike (struct stage *s)
{
  for (size_t i = 0; i < sizeof s->hands / sizeof *s->hands; i++)
    hand_done (&s->hands[i]);
  sim_run (s->sim, 1000);
  sim_server_stop (s->node);
  sim_free (s->sim);
}

/* ---- being reached ---- */

static void
test_seen (void **state)
{
  struct stage s;
  struct hand_got *got;
  struct cf_addr host;

  (void) state;
  stage_set (&s, 0, NULL);
  hand_dial (&s.hands[0], &s.host->env, s.host->net, &s.name);
  got = hand_wait (s.sim, &s.hands[0], CF_NODE_SEEN);
  sim_net_addr (s.host, &host);
  assert_true (cf_addr_same_host (&got->m.seen.addr, &host));
  assert_int_equal (got->m.seen.services, CF_NODE_RELAY | CF_NODE_LISTING | CF_NODE_MAILBOX);
  free (got);
  stage_strike (&s);
}

static void
expect_data (struct stage *s, struct hand *h, uint32_t circuit, const char *text)
{
  struct hand_got *got = hand_wait (s->sim, h, CF_NODE_DATA);

  assert_int_equal (got->m.circuit.circuit, circuit);
  assert_int_equal (got->m.circuit.len, strlen (text));
  assert_memory_equal (got->m.circuit.data, text, strlen (text));
  free (got);
}

static void
expect_close (struct stage *s, struct hand *h, uint32_t circuit, gpg_err_code_t code)
{
  struct hand_got *got = hand_wait (s->sim, h, CF_NODE_CLOSE);

  assert_int_equal (got->m.circuit.circuit, circuit);
  assert_int_equal (got->m.circuit.code, code);
  free (got);
}

/* The second hand can be reached, and the first one has dialled it: circuit 1 here, 2 there. */
static void
connect_two (struct stage *s)
{
  struct hand *a = &s->hands[0], *b = &s->hands[1];

  assert_int_equal (hand_register (b), 0);
  free (hand_wait (s->sim, b, CF_NODE_REGISTERED));
  assert_int_equal (hand_call (a, 1, b->public), 0);
  free (hand_wait (s->sim, b, CF_NODE_INCOMING));
  free (hand_wait (s->sim, a, CF_NODE_OPENED));
}

static void
test_circuit (void **state)
{
  struct cf_server_status st;
  struct stage s;

  (void) state;
  stage_set (&s, 2, NULL);
  connect_two (&s);
  assert_int_equal (hand_data (&s.hands[0], 1, "there", 5), 0);
  assert_int_equal (hand_data (&s.hands[1], 2, "and back", 8), 0);
  expect_data (&s, &s.hands[1], 2, "there");
  expect_data (&s, &s.hands[0], 1, "and back");
  assert_int_equal (hand_data (&s.hands[0], 1, "bye", 3), 0);
  assert_int_equal (hand_hang_up (&s.hands[0], 1), 0);
  expect_data (&s, &s.hands[1], 2, "bye");
  expect_close (&s, &s.hands[1], 2, 0);
  cf_server_status (s.node->server, &st);
  assert_int_equal (st.circuits, 0);
  assert_int_equal (st.reachable, 1);
  assert_int_equal (st.total_bytes, 16);
  assert_int_equal (st.waiting_bytes, 0);
  stage_strike (&s);
}

static void
test_absent (void **state)
{
  struct stage s;

  (void) state;
  stage_set (&s, 2, NULL);
  assert_int_equal (hand_call (&s.hands[0], 1, s.hands[1].public), 0);
  expect_close (&s, &s.hands[0], 1, GPG_ERR_NOT_FOUND);
  assert_int_equal (hand_register (&s.hands[0]), 0);
  assert_int_equal (hand_call (&s.hands[0], 3, s.hands[0].public), 0); /* oneself */
  expect_close (&s, &s.hands[0], 3, GPG_ERR_NOT_FOUND);
  assert_int_equal (s.node->env.refused[CF_REFUSED_CIRCUIT_ABSENT], 2);
  stage_strike (&s);
}

/* Whose tunnel ends: the other end gets what was said before, and then hears of it. */
static void
test_end_leaves (void **state)
{
  struct stage s;

  (void) state;
  stage_set (&s, 2, NULL);
  connect_two (&s);
  assert_int_equal (hand_data (&s.hands[0], 1, "last words", 10), 0);
  sim_run (s.sim, 10);
  hand_done (&s.hands[0]);
  expect_data (&s, &s.hands[1], 2, "last words");
  expect_close (&s, &s.hands[1], 2, GPG_ERR_ENOTCONN);
  stage_strike (&s);
}

/* ---- the list ---- */

static gpg_error_t
hand_list (struct hand *h, uint32_t from)
{
  struct cf_node_message m = { .kind = CF_NODE_LIST, .list = { from } };

  return hand_send (h, &m);
}

static void
show (struct stage *s, struct hand *h, const char *name)
{
  struct cf_node_message m = { .kind = CF_NODE_REGISTER, .reg = { .listed = true, .port = 7000 } };

  m.reg.identity.version = 4;
  m.reg.identity.len = 20;
  memset (m.reg.identity.bytes, 0x55, 20);
  strcpy (m.reg.name, name);
  assert_int_equal (hand_send (h, &m), 0);
  free (hand_wait (s->sim, h, CF_NODE_REGISTERED));
}

/* Asks for the whole list as H; returns how many are on it, *R_ENTRY is the last of them. */
static unsigned
read_list (struct stage *s, struct hand *h, struct cf_node_entry *r_entry)
{
  unsigned count = 0;
  uint32_t from = 0;

  do {
    struct hand_got *got;
    struct cf_rd rd;

    assert_int_equal (hand_list (h, from), 0);
    got = hand_wait (s->sim, h, CF_NODE_LISTED);
    cf_rd_init (&rd, got->m.listed.entries, got->m.listed.entries_len);
    for (unsigned i = 0; i < got->m.listed.count; i++, count++)
      cf_node_entry_read (&rd, r_entry);
    from = got->m.listed.next;
    free (got);
  } while (from);
  return count;
}

static void
test_list (void **state)
{
  struct cf_node_message drop = { .kind = CF_NODE_UNREGISTER };
  struct cf_node_entry entry;
  struct cf_addr host;
  struct stage s;

  (void) state;
  stage_set (&s, 3, NULL);
  assert_int_equal (read_list (&s, &s.hands[0], &entry), 0);
  show (&s, &s.hands[1], "Zo\xc3\xab");
  assert_int_equal (read_list (&s, &s.hands[0], &entry), 1);
  sim_net_addr (s.host, &host); /* where the node sees him, with the port that he says */
  assert_true (cf_addr_same_host (&entry.addr, &host));
  assert_int_equal (entry.addr.port, 7000);
  assert_memory_equal (entry.device_key, s.hands[1].public, CF_DEVICE_KEY_LEN);
  assert_string_equal (entry.name, "Zo\xc3\xab");
  assert_false (entry.relayed);
  show (&s, &s.hands[2], "Bob");
  show (&s, &s.hands[2], "Bobby"); /* said again: in place of the first */
  assert_int_equal (read_list (&s, &s.hands[0], &entry), 2);
  assert_int_equal (hand_send (&s.hands[1], &drop), 0);
  sim_run (s.sim, 100);
  assert_int_equal (read_list (&s, &s.hands[0], &entry), 1);
  assert_string_equal (entry.name, "Bobby");
  hand_done (&s.hands[2]); /* stays until it expires */
  sim_run (s.sim, CF_NODE_REGISTER_S * 1000 - 5000);
  hand_done (&s.hands[0]);
  enter (&s, &s.hands[0]);
  assert_int_equal (read_list (&s, &s.hands[0], &entry), 1);
  sim_run (s.sim, 10000);
  assert_int_equal (read_list (&s, &s.hands[0], &entry), 0);
  stage_strike (&s);
}

/* More than a page. */
static void
test_pages (void **state)
{
  struct cf_server_limits limits;
  struct cf_node_entry entry;
  struct stage s;
  struct hand h;

  (void) state;
  cf_server_limits_init (&limits);
  limits.host_registrations = 1000;
  stage_set (&s, 1, &limits);
  for (unsigned i = 0; i < 2 * CF_NODE_LIST_MAX + 10; i++) {
    enter (&s, &h);
    sim_run (s.sim, 2000); /* registering has a rate */
    show (&s, &h, "one of many");
    hand_done (&h);
  }
  hand_done (&s.hands[0]);
  enter (&s, &s.hands[0]);
  assert_int_equal (read_list (&s, &s.hands[0], &entry), 2 * CF_NODE_LIST_MAX + 10);
  stage_strike (&s);
}

/* The device key is taken over by its newer tunnel. */
static void
test_comes_again (void **state)
{
  struct hand_got *got;
  struct stage s;

  (void) state;
  stage_set (&s, 2, NULL);
  connect_two (&s);
  sim_run (s.sim, CF_NODE_REGISTER_S * 1000 + 1000); /* not renewed: it cannot be dialled any more, circuits stay */
  assert_int_equal (hand_call (&s.hands[0], 3, s.hands[1].public), 0);
  expect_close (&s, &s.hands[0], 3, GPG_ERR_NOT_FOUND);
  assert_int_equal (hand_data (&s.hands[0], 1, "still", 5), 0);
  expect_data (&s, &s.hands[1], 2, "still");
  assert_int_equal (hand_register (&s.hands[1]), 0);
  got = hand_wait (s.sim, &s.hands[1], CF_NODE_REGISTERED);
  assert_int_equal (got->m.registered.seconds, CF_NODE_REGISTER_S);
  free (got);
  assert_int_equal (hand_call (&s.hands[0], 5, s.hands[1].public), 0);
  free (hand_wait (s.sim, &s.hands[0], CF_NODE_OPENED));
  stage_strike (&s);
}

/* ---- many bytes ---- */

/* H sends all that it may into CIRCUIT, and gives credit for what comes, until BYTES have come to TO. */
static void
pour (struct stage *s, struct hand *h, uint32_t circuit, struct hand *to, uint32_t to_circuit, uint64_t bytes)
{
  static const uint8_t zeros[CF_CIRCUIT_DATA_MAX];
  uint64_t allowed = CF_CIRCUIT_WINDOW, sent = 0, start = to->came_bytes;
  struct hand_got *got;

  while (to->came_bytes - start < bytes) {
    while (allowed >= sizeof zeros && sent < bytes) {
      assert_int_equal (hand_data (h, circuit, zeros, sizeof zeros), 0);
      allowed -= sizeof zeros;
      sent += sizeof zeros;
    }
    sim_run (s->sim, 2);
    while ((got = hand_take (h, CF_NODE_CREDIT))) {
      allowed += got->m.credit.bytes;
      free (got);
    }
    while ((got = hand_take (to, CF_NODE_DATA))) {
      assert_int_equal (hand_credit (to, to_circuit, (uint32_t) got->m.circuit.len), 0);
      free (got);
    }
    assert_false (h->closed || to->closed);
  }
}

static void
test_many_bytes (void **state)
{
  struct cf_server_status st;
  struct stage s;

  (void) state;
  stage_set (&s, 2, NULL);
  connect_two (&s);
  pour (&s, &s.hands[0], 1, &s.hands[1], 2, 4 * 1000 * 1000);
  cf_server_status (s.node->server, &st);
  assert_int_equal (st.waiting_bytes, 0);
  assert_int_equal (st.total_bytes, 4 * 1000 * 1000);
  stage_strike (&s);
}

/* ---- mail ---- */

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

/* ---- guests who keep no rule ---- */

static void
test_malformed (void **state)
{
  static const struct { enum cf_channel channel; uint8_t bytes[8]; size_t len; } wrong[] = {
    { CF_CHANNEL_CONTROL, { 1 }, 1 },                           /* KEY? */
    { CF_CHANNEL_CONTROL, { CF_NODE_LIST, 0, 0, 0, 0, 0 }, 6 }, /* a byte too many */
    { CF_CHANNEL_CONTROL, { CF_NODE_SEEN }, 1 },
    { CF_CHANNEL_CONTROL, { CF_NODE_REGISTERED, 0, 0, 0, 1 }, 5 }, /* what nodes say */
    { CF_CHANNEL_CONTROL, { CF_NODE_DATA, 0, 0, 0, 1, 9 }, 6 }, /* another channel */
    { CF_CHANNEL_TALK, { CF_NODE_LIST, 0, 0, 0, 0 }, 5 },
    { CF_CHANNEL_BULK, { CF_NODE_INCOMING, 0, 0, 0, 1 }, 5 },
    { CF_CHANNEL_BULK, { 0 }, 0 },
  };
  struct stage s;

  (void) state;
  stage_set (&s, 0, NULL);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct hand *h = &s.hands[0];

    enter (&s, h);
    assert_int_equal (cf_tunnel_send (h->tunnel, wrong[i].channel, wrong[i].bytes, wrong[i].len), 0);
    assert_true (sim_run_until (s.sim, 1000, is_closed, h));
    assert_int_equal (s.node->env.refused[CF_REFUSED_NODE_MALFORMED], i + 1);
    hand_done (h);
  }
  stage_strike (&s);
}

/* Ids go up, and are odd; what is longer than one record is not read. */
static void
test_wrong_ids (void **state)
{
  static const uint32_t ids[] = { 2, 0x80000000u };
  static const uint8_t zeros[CF_MESSAGE_BULK_MAX];
  struct stage s;

  (void) state;
  stage_set (&s, 1, NULL);
  assert_int_equal (hand_call (&s.hands[0], 5, s.hands[0].public), 0);
  expect_close (&s, &s.hands[0], 5, GPG_ERR_NOT_FOUND);
  assert_int_equal (hand_call (&s.hands[0], 3, s.hands[0].public), 0);
  assert_true (sim_run_until (s.sim, 1000, is_closed, &s.hands[0]));
  for (size_t i = 0; i < 2; i++) {
    hand_done (&s.hands[0]);
    enter (&s, &s.hands[0]);
    assert_int_equal (hand_call (&s.hands[0], ids[i], s.hands[0].public), 0);
    assert_true (sim_run_until (s.sim, 1000, is_closed, &s.hands[0]));
  }
  assert_int_equal (s.node->env.refused[CF_REFUSED_NODE_MALFORMED], 3);
  for (int channel = 0; channel < CF_CHANNEL_COUNT; channel++) {
    hand_done (&s.hands[0]);
    enter (&s, &s.hands[0]);
    assert_int_equal (cf_tunnel_send (s.hands[0].tunnel, (enum cf_channel) channel, zeros, 20000), 0);
    assert_true (sim_run_until (s.sim, 1000, is_closed, &s.hands[0]));
  }
  assert_int_equal (s.node->env.refused[CF_REFUSED_RECORD_LARGE], 2);
  assert_int_equal (s.node->env.refused[CF_REFUSED_NODE_MALFORMED], 4); /* on talk it might have been mail */
  stage_strike (&s);
}

static void
test_not_offered (void **state)
{
  struct hand_got *got;
  struct stage s;

  (void) state;
  stage_set (&s, 0, NULL);
  sim_server_stop (s.node);
  sim_server_offer (s.node, 0, &(struct cf_server_limits){ 10, 10, 10, 10, 10, 1000 }, &s.name);
  enter (&s, &s.hands[0]);
  assert_int_equal (hand_register (&s.hands[0]), 0);
  got = hand_wait (s.sim, &s.hands[0], CF_NODE_REFUSED);
  assert_int_equal (got->m.refused.what, CF_NODE_REGISTER);
  assert_int_equal (got->m.refused.code, GPG_ERR_NOT_SUPPORTED);
  free (got);
  assert_int_equal (hand_list (&s.hands[0], 0), 0);
  free (hand_wait (s.sim, &s.hands[0], CF_NODE_REFUSED));
  assert_int_equal (hand_call (&s.hands[0], 1, s.hands[0].public), 0);
  expect_close (&s, &s.hands[0], 1, GPG_ERR_NOT_SUPPORTED);
  assert_int_equal (s.node->env.refused[CF_REFUSED_NODE_SERVICE], 3);
  stage_strike (&s);
}

/* One host may ask so often, whatever keys and tunnels it has; another one is not concerned. */
static void
test_floods (void **state)
{
  struct hand_got *got;
  struct sim_node *other;
  struct stage s;
  struct hand h;

  (void) state;
  stage_set (&s, 2, NULL);
  other = sim_node_new (s.sim, "other");
  for (int i = 0; i < 200; i++) {
    assert_int_equal (hand_list (&s.hands[i & 1], 0), 0);
    assert_int_equal (hand_call (&s.hands[i & 1], (uint32_t) (2 * i + 1), s.hands[0].public), 0);
    assert_int_equal (hand_register (&s.hands[i & 1]), 0);
  }
  sim_run (s.sim, 100);
  assert_int_equal (s.node->env.refused[CF_REFUSED_NODE_FLOOD], 40 + 136);
  assert_int_equal (s.node->env.refused[CF_REFUSED_CIRCUIT_FLOOD], 136);
  got = hand_wait (s.sim, &s.hands[0], CF_NODE_REFUSED);
  assert_int_equal (got->m.refused.code, GPG_ERR_LIMIT_REACHED);
  assert_true (got->m.refused.seconds);
  free (got);
  hand_dial (&h, &other->env, other->net, &s.name);
  free (hand_wait (s.sim, &h, CF_NODE_SEEN));
  assert_int_equal (hand_list (&h, 0), 0);
  free (hand_wait (s.sim, &h, CF_NODE_LISTED));
  hand_done (&h);
  stage_strike (&s);
}

static void
test_full (void **state)
{
  struct cf_server_limits limits;
  struct hand_got *got;
  struct stage s;

  (void) state;
  cf_server_limits_init (&limits);
  limits.host_registrations = limits.circuits = 1;
  stage_set (&s, 3, &limits);
  connect_two (&s);
  assert_int_equal (hand_register (&s.hands[2]), 0);
  got = hand_wait (s.sim, &s.hands[2], CF_NODE_REFUSED);
  assert_int_equal (got->m.refused.code, GPG_ERR_RESOURCE_LIMIT);
  free (got);
  assert_int_equal (s.node->env.refused[CF_REFUSED_NODE_FULL], 1);
  assert_int_equal (hand_call (&s.hands[2], 1, s.hands[1].public), 0);
  expect_close (&s, &s.hands[2], 1, GPG_ERR_RESOURCE_LIMIT);
  assert_int_equal (s.node->env.refused[CF_REFUSED_CIRCUIT_FULL], 1);
  stage_strike (&s);
}

/* Who wants nothing goes. */
static void
test_idle (void **state)
{
  struct stage s;

  (void) state;
  stage_set (&s, 2, NULL);
  assert_int_equal (hand_register (&s.hands[1]), 0);
  sim_run (s.sim, 61000);
  assert_true (s.hands[0].closed);
  assert_false (s.hands[1].closed);
  assert_int_equal (s.node->env.refused[CF_REFUSED_NODE_IDLE], 1);
  stage_strike (&s);
}

/* More than was allowed, in either way; and a circuit that is not. */
static void
test_credit (void **state)
{
  static const uint8_t zeros[CF_CIRCUIT_DATA_MAX];
  uint64_t unknown;
  struct stage s;

  (void) state;
  stage_set (&s, 2, NULL);
  connect_two (&s);
  for (int i = 0; i < 40; i++) /* ten times as much as the first window */
    assert_int_equal (hand_data (&s.hands[0], 1, zeros, sizeof zeros), 0);
  expect_close (&s, &s.hands[0], 1, CF_ERR_PROTOCOL);
  expect_close (&s, &s.hands[1], 2, CF_ERR_PROTOCOL);
  assert_int_equal (hand_call (&s.hands[0], 3, s.hands[1].public), 0);
  free (hand_wait (s.sim, &s.hands[0], CF_NODE_OPENED));
  assert_int_equal (hand_credit (&s.hands[1], 4, CF_CIRCUIT_WINDOW_MAX - CF_CIRCUIT_WINDOW), 0);
  sim_run (s.sim, 10);
  assert_int_equal (s.node->env.refused[CF_REFUSED_CIRCUIT_CREDIT], 1);
  assert_int_equal (hand_credit (&s.hands[1], 4, 1), 0);
  expect_close (&s, &s.hands[0], 3, CF_ERR_PROTOCOL);
  assert_int_equal (s.node->env.refused[CF_REFUSED_CIRCUIT_CREDIT], 2);
  unknown = s.node->env.refused[CF_REFUSED_CIRCUIT_UNKNOWN]; /* DATA that was under way when the first one ended */
  assert_int_equal (hand_data (&s.hands[0], 3, "x", 1), 0);
  assert_int_equal (hand_credit (&s.hands[0], 77, 1), 0);
  assert_int_equal (hand_hang_up (&s.hands[0], 3), 0); /* crosses the node's own */
  sim_run (s.sim, 10);
  assert_int_equal (s.node->env.refused[CF_REFUSED_CIRCUIT_UNKNOWN], unknown + 2);
  assert_false (s.hands[0].closed);
  stage_strike (&s);
}

/* Who gives no credit, and takes nothing: what waits for it is bounded, and lost after a while. */
static void
test_stalled (void **state)
{
  static const uint8_t zeros[CF_CIRCUIT_DATA_MAX];
  struct cf_server_status st;
  struct hand_got *got;
  uint64_t allowed = CF_CIRCUIT_WINDOW;
  struct stage s;

  (void) state;
  stage_set (&s, 2, NULL);
  connect_two (&s);
  for (;;) {
    for (; allowed >= sizeof zeros; allowed -= sizeof zeros)
      assert_int_equal (hand_data (&s.hands[0], 1, zeros, sizeof zeros), 0);
    sim_run (s.sim, 10);
    got = hand_take (&s.hands[0], CF_NODE_CREDIT);
    if (!got)
      break;
    allowed += got->m.credit.bytes;
    free (got);
  }
  cf_server_status (s.node->server, &st);
  assert_true (st.waiting_bytes > 0 && st.waiting_bytes <= 256 * 1024);
  sim_run (s.sim, 40000);
  expect_close (&s, &s.hands[0], 1, GPG_ERR_TIMEOUT);
  expect_close (&s, &s.hands[1], 2, GPG_ERR_TIMEOUT);
  assert_int_equal (s.node->env.refused[CF_REFUSED_CIRCUIT_STALLED], 1);
  cf_server_status (s.node->server, &st);
  assert_int_equal (st.waiting_bytes, 0);
  stage_strike (&s);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_seen),
    cmocka_unit_test (test_circuit),
    cmocka_unit_test (test_absent),
    cmocka_unit_test (test_end_leaves),
    cmocka_unit_test (test_list),
    cmocka_unit_test (test_pages),
    cmocka_unit_test (test_comes_again),
    cmocka_unit_test (test_many_bytes),
    cmocka_unit_test (test_mail),
    cmocka_unit_test (test_mail_forged),
    cmocka_unit_test (test_mail_full),
    cmocka_unit_test (test_mail_slow),
    cmocka_unit_test (test_malformed),
    cmocka_unit_test (test_wrong_ids),
    cmocka_unit_test (test_not_offered),
    cmocka_unit_test (test_floods),
    cmocka_unit_test (test_full),
    cmocka_unit_test (test_idle),
    cmocka_unit_test (test_credit),
    cmocka_unit_test (test_stalled),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
