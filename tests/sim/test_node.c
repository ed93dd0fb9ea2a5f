/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_node.c - a public node: who is reachable, who is listed, circuits, and guests who keep no rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/node_stage.h"

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
  sim_server_offer (s.node, 0, NULL, &s.name);
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

/* A stream of which nothing is heard. */
struct lurker { struct cf_net *net; struct cf_conn *conn; };

static void
lurker_connected (void *arg)
{
  (void) arg;
}

static void
lurker_received (void *arg, const uint8_t *data, size_t len)
{
  (void) arg;
  (void) data;
  (void) len;
}

static void
lurker_failed (void *arg, gpg_error_t err)
{
  struct lurker *l = arg;

  (void) err;
  l->net->ops->close (l->conn);
  l->conn = NULL;
}

/* A crowd that shakes no hands keeps nobody out, and does not stay. */
static void
test_crowd (void **state)
{
  static const struct cf_conn_handler lurks = { lurker_connected, lurker_received, NULL, lurker_failed };
  struct cf_server_limits limits;
  struct cf_server_status st;
  struct lurker crowd[8];
  struct stage s;

  (void) state;
  cf_server_limits_init (&limits);
  limits.strangers = 5;
  stage_set (&s, 0, &limits);
  for (int i = 0; i < 8; i++) {
    crowd[i].net = s.host->net;
    assert_int_equal (s.host->net->ops->dial (s.host->net, &s.name.addr, &lurks, &crowd[i], &crowd[i].conn), 0);
    sim_run (s.sim, 5);
  }
  enter (&s, &s.hands[0]);
  assert_int_equal (s.node->env.refused[CF_REFUSED_STREAM_CROWDED], 4);
  assert_true (!crowd[3].conn && crowd[4].conn);
  sim_run (s.sim, 11000);
  assert_int_equal (s.node->env.refused[CF_REFUSED_HANDSHAKE_TIMEOUT], 4);
  cf_server_status (s.node->server, &st);
  assert_int_equal (st.streams, 1);
  stage_strike (&s);
}

/* More hosts than are remembered: those who have a stream stay, those who had one make room. */
static void
test_hosts (void **state)
{
  struct cf_server_limits limits;
  struct sim_node *other;
  struct stage s;
  struct hand h;

  (void) state;
  cf_server_limits_init (&limits);
  limits.hosts = 1;
  stage_set (&s, 1, &limits);
  other = sim_node_new (s.sim, "other");
  hand_dial (&h, &other->env, other->net, &s.name);
  assert_true (sim_run_until (s.sim, 5000, is_closed, &h));
  assert_int_equal (s.node->env.refused[CF_REFUSED_STREAM_FULL], 1);
  hand_done (&h);
  hand_done (&s.hands[0]);
  sim_run (s.sim, 100);
  hand_dial (&h, &other->env, other->net, &s.name);
  free (hand_wait (s.sim, &h, CF_NODE_SEEN));
  hand_done (&h);
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
    cmocka_unit_test (test_malformed),
    cmocka_unit_test (test_wrong_ids),
    cmocka_unit_test (test_not_offered),
    cmocka_unit_test (test_floods),
    cmocka_unit_test (test_full),
    cmocka_unit_test (test_idle),
    cmocka_unit_test (test_credit),
    cmocka_unit_test (test_stalled),
    cmocka_unit_test (test_crowd),
    cmocka_unit_test (test_hosts),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
