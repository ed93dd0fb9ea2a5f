/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_crowd.c - stories of too many who come at once: who is let in, who makes room, and that the honest get through. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/link_tunnel.h"
#include "core/links.h"
#include "core/peers.h"
#include "core/self.h"
#include "net/cipher.h"
#include "tests/sim/link_story.h"

#define WAITING_MAX 256 /* as core/link_accept.c has them */
#define WAITING_PER_HOST 16
#define FETCHES_MAX 256 /* as core/peer_fetch.c has them */
#define FETCHES_AT_ONCE 32
#define FETCHES_PER_SOURCE 16

#define HIS_OWN 0xffffu /* no HOST, but where a node is */

/* Address HOST of many that lead to NODE. */
static struct cf_addr
address_of (const struct sim_node *node, unsigned host)
{
  struct cf_addr addr;

  sim_net_addr (node, &addr);
  addr.bytes[1] = (uint8_t) (1 + host / 256);
  addr.bytes[2] = (uint8_t) host;
  return addr;
}

/* A node that sends no beacon that is heard, but answers who asks. */
static struct sim_node *
unheard_node (struct sim *sim, const char *name)
{
  struct sim_node *n;

  sim->loss_permille = 1000;
  n = node (sim, name);
  sim_run (sim, 2000);
  sim->loss_permille = 0;
  return n;
}

/* --- streams that say nothing --- */

struct silent {
  struct cf_net *net;
  struct cf_conn *conn; /* NULL: the other end has closed it */
};

static struct cf_net_handler spoofed;
static const struct cf_net_handler *real_handler;
static struct cf_addr source; /* whence the next stream is said to come; family 0: whence it does */

static void
accepted_from_source (void *arg, struct cf_conn *conn, const struct cf_addr *from)
{
  real_handler->accepted (arg, conn, source.family ? &source : from);
}

/* Streams to VICTIM come from SOURCE. */
static void
spoof (struct sim_node *victim)
{
  real_handler = victim->net->handler;
  spoofed = *real_handler;
  spoofed.accepted = accepted_from_source;
  victim->net->handler = &spoofed;
  source.family = 0;
}

static void
silent_connected (void *arg)
{
  (void) arg;
}

static void
silent_received (void *arg, const uint8_t *data, size_t len)
{
  (void) arg, (void) data, (void) len;
}

static void
silent_failed (void *arg, gpg_error_t err)
{
  struct silent *s = arg;

  (void) err;
  s->net->ops->close (s->conn);
  s->conn = NULL;
}

static const struct cf_conn_handler silent_handler
  = { .connected = silent_connected, .received = silent_received, .failed = silent_failed };

/* S comes from FROM, out of address HOST or HIS_OWN, and says nothing. */
static void
come (struct silent *s, struct sim_node *from, struct sim_node *to, unsigned host)
{
  struct cf_addr addr;

  if (host != HIS_OWN)
    source = address_of (from, host);
  s->net = from->net;
  sim_net_addr (to, &addr);
  assert_int_equal (from->net->ops->dial (from->net, &addr, &silent_handler, s, &s->conn), 0);
  source.family = 0;
  sim_run (from->sim, 1);
}

static void
go (struct silent *all, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (all[i].conn)
      all[i].net->ops->close (all[i].conn);
}

/* Many hosts: the one that has waited longest makes room, and only it; an honest peer comes in. */
static void
test_many_hosts (void **state)
{
  static struct silent all[WAITING_MAX + 2];
  struct sim *sim = sim_new (41);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };
  const uint64_t *crowded = &p.a->env.refused[CF_REFUSED_STREAM_CROWDED];
  struct sim_node *mallory;

  (void) state;
  assert_true (sim_sees (p.b, p.a));
  mallory = unheard_node (sim, "mallory");
  spoof (p.a);
  for (unsigned i = 0; i < WAITING_MAX; i++)
    come (&all[i], mallory, p.a, i);
  sim_run (sim, 100);
  assert_int_equal (*crowded, 0);
  for (unsigned i = WAITING_MAX; i < WAITING_MAX + 2; i++)
    come (&all[i], mallory, p.a, i);
  sim_run (sim, 100);
  assert_int_equal (*crowded, 2);
  for (size_t i = 0; i < WAITING_MAX + 2; i++)
    assert_int_equal (all[i].conn != NULL, i >= 2);
  want (p.b, p.a);
  assert_true (sim_run_until (sim, 2000, both_up, &p));
  assert_int_equal (*crowded, 3);
  assert_null (all[2].conn);
  go (all, WAITING_MAX + 2);
  sim_free (sim);
}

/* One host, with older ones beside it: its own oldest makes room, and theirs stay. */
static void
test_one_host (void **state)
{
  enum { OTHERS = 4 };
  static struct silent all[OTHERS + WAITING_PER_HOST + 3];
  struct sim *sim = sim_new (42);
  struct sim_node *alice = node (sim, "alice"), *mallory = unheard_node (sim, "mallory");
  const uint64_t *crowded = &alice->env.refused[CF_REFUSED_STREAM_CROWDED];

  (void) state;
  spoof (alice);
  for (unsigned i = 0; i < OTHERS; i++)
    come (&all[i], mallory, alice, 1 + i);
  for (unsigned i = 0; i < WAITING_PER_HOST; i++)
    come (&all[OTHERS + i], mallory, alice, 0);
  sim_run (sim, 100);
  assert_int_equal (*crowded, 0);
  for (unsigned i = 0; i < 3; i++)
    come (&all[OTHERS + WAITING_PER_HOST + i], mallory, alice, 0);
  sim_run (sim, 100);
  assert_int_equal (*crowded, 3);
  for (size_t i = 0; i < OTHERS + WAITING_PER_HOST + 3; i++)
    assert_int_equal (all[i].conn != NULL, i < OTHERS || i >= OTHERS + 3);
  go (all, OTHERS + WAITING_PER_HOST + 3);
  sim_free (sim);
}

/* As if OTHER had a new statement, and NODE took a second to check it. */
static void
check_slowly (struct sim_node *node, const struct sim_node *other)
{
  struct cf_peer *peer = cf_peer_find (node->core, &other->fpr);

  for (size_t i = 0; i < peer->device_count; i++)
    memset (peer->devices[i].digest, 0, CF_HASH_LEN);
  node->sim->gpg_sign_ms = 1000;
}

/* Who has said HELLO, and is being checked, does not make room for those who say nothing: not even from his address. */
static void
test_checked_stays (void **state)
{
  static struct silent all[2 * WAITING_PER_HOST];
  struct sim *sim = sim_new (43);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };
  uint64_t accepted;

  (void) state;
  assert_true (sim_sees (p.a, p.b));
  assert_true (sim_sees (p.b, p.a));
  check_slowly (p.a, p.b);
  want (p.b, p.a);
  sim_run (sim, 200);
  assert_true (none_up (&p));
  spoof (p.a);
  for (size_t i = 0; i < 2 * WAITING_PER_HOST; i++)
    come (&all[i], p.b, p.a, HIS_OWN);
  go (all, 2 * WAITING_PER_HOST);
  accepted = p.a->core->links->counts.accepted;
  assert_true (p.a->env.refused[CF_REFUSED_STREAM_CROWDED] > 0);
  assert_int_equal (heards[p.a->index].ups, 0);
  assert_true (sim_run_until (sim, 3000, both_up, &p));
  assert_int_equal (p.a->core->links->counts.accepted, accepted); /* by the tunnel that was being checked */
  sim_free (sim);
}

/* --- beacons that lead nowhere --- */

/* TO hears a beacon of DEVICE and IDENTITY, from FROM. */
static void
hear (struct sim_node *to, const struct cf_addr *from, const uint8_t device[CF_DEVICE_KEY_LEN],
      const struct cf_fpr *identity)
{
  struct cf_beacon beacon = { .answer = true, .tcp_port = from->port, .identity = *identity };
  struct cf_buf out;

  memcpy (beacon.device_key, device, CF_DEVICE_KEY_LEN);
  strcpy (beacon.name, "somebody");
  cf_buf_init (&out, CF_BEACON_MAX);
  assert_int_equal (cf_beacon_encode (&beacon, &out), 0);
  to->net->handler->datagram (to->net->handler_arg, from, cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
}

/* COUNT beacons of nobody, from address HOST of NODE. */
static void
hear_nobody (struct sim_node *to, struct sim_node *node, unsigned host, unsigned count)
{
  struct cf_addr from = address_of (node, host);
  uint8_t device[CF_DEVICE_KEY_LEN];
  struct cf_fpr fpr = node->fpr;

  for (unsigned i = 0; i < count; i++) {
    cf_env_random (&node->env, device, sizeof device);
    cf_env_random (&node->env, fpr.bytes, fpr.len);
    hear (to, &from, device, &fpr);
  }
}

/* TO hears that OTHER is where he is. */
static void
hear_of (struct sim_node *to, struct sim_node *other)
{
  struct cf_addr from;

  sim_net_addr (other, &from);
  hear (to, &from, other->core->self->device.device_key, &other->fpr);
}

/* One address announces many, none of whom answers: its own oldest make room, and somebody else is asked at once. */
static void
test_one_source (void **state)
{
  struct sim *sim = sim_new (44);
  struct sim_node *alice = unheard_node (sim, "alice"), *bob = unheard_node (sim, "bob"),
                  *mallory = unheard_node (sim, "mallory");
  const uint64_t *crowded = &alice->env.refused[CF_REFUSED_FETCH_CROWDED];

  (void) state;
  sim_cut (sim, alice, mallory, true);
  hear_nobody (alice, mallory, 0, FETCHES_PER_SOURCE);
  assert_int_equal (*crowded, 0);
  hear_nobody (alice, mallory, 0, 200);
  assert_int_equal (*crowded, 200);
  hear_of (alice, bob);
  sim_run (sim, 500);
  assert_non_null (cf_peer_find (alice->core, &bob->fpr));
  assert_int_equal (*crowded, 200);
  sim_free (sim);
}

/* The queue is full of those who announce many each: who comes with one gets in, at the cost of one of theirs, and is
   asked when those before him, who do not answer, have had a second each. */
static void
test_full_queue (void **state)
{
  enum { SOURCES = FETCHES_MAX / FETCHES_PER_SOURCE };
  struct sim *sim = sim_new (45);
  struct sim_node *alice = unheard_node (sim, "alice"), *bob = unheard_node (sim, "bob"),
                  *mallory = unheard_node (sim, "mallory");
  const uint64_t *crowded = &alice->env.refused[CF_REFUSED_FETCH_CROWDED];

  (void) state;
  sim_cut (sim, alice, mallory, true);
  for (unsigned i = 0; i < SOURCES; i++)
    hear_nobody (alice, mallory, i, FETCHES_PER_SOURCE);
  assert_int_equal (*crowded, 0);
  hear_of (alice, bob);
  assert_int_equal (*crowded, 1); /* one of theirs */
  sim_run (sim, 1000 * (FETCHES_MAX / FETCHES_AT_ONCE) + 1000);
  assert_non_null (cf_peer_find (alice->core, &bob->fpr));
  assert_int_equal (*crowded, 1);
  sim_free (sim);
}

/* Where nobody has more than one in the queue, nobody makes room: the newcomer is asked when he is heard again. */
static void
test_equals_stay (void **state)
{
  struct sim *sim = sim_new (46);
  struct sim_node *alice = unheard_node (sim, "alice"), *bob = unheard_node (sim, "bob"),
                  *mallory = unheard_node (sim, "mallory");
  const uint64_t *crowded = &alice->env.refused[CF_REFUSED_FETCH_CROWDED];

  (void) state;
  sim_cut (sim, alice, mallory, true);
  for (unsigned i = 0; i < FETCHES_MAX; i++)
    hear_nobody (alice, mallory, i, 1);
  assert_int_equal (*crowded, 0);
  hear_of (alice, bob);
  assert_int_equal (*crowded, 1); /* he */
  sim_run (sim, 1000 * (FETCHES_MAX / FETCHES_AT_ONCE) + 1000); /* all have had their time */
  assert_null (cf_peer_find (alice->core, &bob->fpr));
  hear_of (alice, bob);
  assert_int_equal (*crowded, 1);
  sim_run (sim, 500);
  assert_non_null (cf_peer_find (alice->core, &bob->fpr));
  sim_free (sim);
}

/* --- before both HELLOs --- */

struct hasty {
  struct sim_node *node, *other;
  struct cf_link_tunnel *tunnel;
  enum cf_channel channel; /* on which it goes on before the answer */
  bool closed, answered;
};

static void
hasty_ready (void *arg)
{
  struct hasty *h = arg;
  const struct cf_self *self = h->node->core->self;
  struct cf_hello hello = { .versions = 1u << CF_PROTO_VERSION, .suites = CF_SUITES, .expected = h->other->fpr,
                            .device = self->device, .block = self->block, .block_len = self->block_len };
  struct cf_buf out;

  cf_buf_init (&out, CF_MESSAGE_CONTROL_MAX);
  assert_int_equal (cf_hello_encode (CF_CONTROL_HELLO, &hello, &out), 0);
  assert_int_equal (cf_link_tunnel_send (h->tunnel, CF_CHANNEL_CONTROL, cf_buf_data (&out), cf_buf_len (&out)), 0);
  cf_buf_done (&out);
  if (h->channel != CF_CHANNEL_CONTROL)
    assert_int_equal (cf_link_tunnel_send (h->tunnel, h->channel, "too soon", 8), 0);
}

static void
hasty_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct hasty *h = arg;

  (void) channel, (void) data, (void) len;
  h->answered = true;
}

static void
hasty_closed (void *arg, gpg_error_t err, const char *reason)
{
  struct hasty *h = arg;

  (void) err, (void) reason;
  h->closed = true;
  h->tunnel = NULL;
}

static const struct cf_link_tunnel_handler hasty_handler
  = { .ready = hasty_ready, .message = hasty_message, .closed = hasty_closed };

/* A good HELLO, and a word on another channel before it was answered: the tunnel ends, and nothing of it is heard. */
static void
test_control_only (void **state)
{
  static const enum cf_channel channels[] = { CF_CHANNEL_CONTROL, CF_CHANNEL_TALK, CF_CHANNEL_BULK };

  (void) state;
  for (size_t i = 0; i < 3; i++) {
    struct sim *sim = sim_new (47 + i);
    struct sim_node *alice = node (sim, "alice"), *bob = node (sim, "bob");
    struct hasty h = { .node = bob, .other = alice, .channel = channels[i] };
    const struct cf_self *self = bob->core->self;
    struct cf_link_tunnel_keys keys = { .own_secret = self->device_secret, .own_public = self->device.device_key,
                                        .remote_public = alice->core->self->device.device_key };
    struct cf_addr addr;

    assert_true (sim_sees (alice, bob));
    check_slowly (alice, bob);
    sim_net_addr (alice, &addr);
    assert_int_equal (cf_link_tunnel_dial (bob->core->links, CF_CARRIER_STREAM, &addr, &keys, &hasty_handler, &h, &h.tunnel), 0);
    sim_run (sim, 5000);
    assert_int_equal (h.answered, channels[i] == CF_CHANNEL_CONTROL);
    assert_int_equal (h.closed, channels[i] != CF_CHANNEL_CONTROL);
    assert_int_equal (heards[alice->index].ups, channels[i] == CF_CHANNEL_CONTROL);
    assert_int_equal (heards[alice->index].messages + heards[alice->index].bulk, 0);
    assert_int_equal (alice->env.refused[CF_REFUSED_RECORD_RULE], channels[i] != CF_CHANNEL_CONTROL);
    if (h.tunnel)
      cf_link_tunnel_close (h.tunnel, 0, NULL);
    sim_run (sim, 100);
    sim_free (sim);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_many_hosts),  cmocka_unit_test (test_one_host),   cmocka_unit_test (test_checked_stays),
    cmocka_unit_test (test_one_source),  cmocka_unit_test (test_full_queue), cmocka_unit_test (test_equals_stay),
    cmocka_unit_test (test_control_only),
  };

  return cmocka_run_group_tests_name ("sim/crowd", tests, NULL, NULL);
}
