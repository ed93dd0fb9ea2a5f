/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_false_node.c - stories of nodes that break rules, and of people who say false things of where they are. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/links.h"
#include "core/nodes.h"
#include "net/device_key.h"
#include "net/paths.h"
#include "tests/sim/file_story.h"
#include "tests/sim/server_story.h"

/* Alice, and a node that says what the test wants. */
struct false_node {
  struct sim *sim;
  struct sim_node *alice, *at;
  const struct cf_net_handler *real; /* of the node in whose place it is */
  void *real_arg;
  uint8_t secret[CF_DEVICE_KEY_LEN];
  struct cf_node_name name;
  struct cf_tunnel_guard *guard;
  struct cf_conn *conn;
  struct cf_tunnel *tunnel;
  bool ready, closed;
  unsigned came;
};

static void
drop (struct false_node *f)
{
  cf_tunnel_free (f->tunnel);
  f->at->net->ops->close (f->conn);
  f->tunnel = NULL;
  f->conn = NULL;
  f->ready = f->closed = false;
}

static void
on_output (void *arg, const uint8_t *data, size_t len)
{
  struct false_node *f = arg;

  if (f->conn)
    assert_int_equal (f->at->net->ops->write (f->conn, data, len), 0);
}

static void
on_ready (void *arg)
{
  ((struct false_node *) arg)->ready = true;
}

static void
on_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  (void) channel, (void) data, (void) len;
  ((struct false_node *) arg)->came++;
}

static void
on_closed (void *arg, gpg_error_t err, const char *reason)
{
  (void) err, (void) reason;
  ((struct false_node *) arg)->closed = true;
}

static const struct cf_tunnel_handler tunnel_handler = { on_output, on_ready, on_message, on_closed, NULL, NULL };

static void
conn_received (void *arg, const uint8_t *data, size_t len)
{
  cf_tunnel_input (((struct false_node *) arg)->tunnel, data, len);
}

static void
conn_drained (void *arg)
{
  (void) arg;
}

static void
conn_failed (void *arg, gpg_error_t err)
{
  struct false_node *f = arg;

  (void) err;
  f->at->net->ops->close (f->conn);
  f->conn = NULL;
  f->closed = true;
}

static const struct cf_conn_handler conn_handler = { NULL, conn_received, conn_drained, conn_failed };

static void
accepted (void *arg, struct cf_conn *conn, const struct cf_addr *from)
{
  struct false_node *f = arg;
  struct cf_tunnel_config config = { .own_secret = f->secret, .own_public = f->name.device_key, .guard = f->guard };

  (void) from;
  if (f->tunnel)
    drop (f);
  f->conn = conn;
  f->at->net->ops->set_handler (conn, &conn_handler, f);
  assert_int_equal (cf_tunnel_new (&f->at->env, &config, &tunnel_handler, f, &f->tunnel), 0);
  cf_tunnel_start (f->tunnel);
}

static void
datagram (void *arg, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  (void) arg, (void) from, (void) data, (void) len;
}

static void
changed (void *arg)
{
  (void) arg;
}

static const struct cf_net_handler net_handler = { accepted, datagram, changed };

static bool
is_ready (void *arg)
{
  return ((struct false_node *) arg)->ready;
}

static bool
is_closed (void *arg)
{
  return ((struct false_node *) arg)->closed;
}

static void
tell (struct false_node *f, const struct cf_node_message *m)
{
  struct cf_buf out;

  cf_buf_init (&out, CF_MESSAGE_CONTROL_MAX);
  assert_int_equal (cf_node_encode (m, &out), 0);
  assert_int_equal (cf_tunnel_send (f->tunnel, cf_node_channel (m->kind), cf_buf_data (&out), cf_buf_len (&out)), 0);
  cf_buf_done (&out);
}

static void
greet (struct false_node *f)
{
  struct cf_node_message seen = { .kind = CF_NODE_SEEN, .seen = { CF_NODE_RELAY | CF_NODE_LISTING, { .family = 4 } } };
  struct cf_node_message registered = { .kind = CF_NODE_REGISTERED, .registered = { 600 } };

  sim_net_addr (f->alice, &seen.seen.addr);
  if (f->tunnel && f->closed)
    drop (f);
  assert_true (sim_run_until (f->sim, 120000, is_ready, f));
  tell (f, &seen);
  tell (f, &registered);
  sim_run (f->sim, 1000);
  assert_false (f->closed);
}

static void
begin (struct false_node *f, uint64_t seed)
{
  char text[CF_NODE_NAME_SIZE];

  memset (f, 0, sizeof *f);
  f->sim = sim_new (seed);
  f->alice = sim_node_new (f->sim, "alice");
  f->at = sim_node_new (f->sim, "node");
  assert_int_equal (sim_node_start (f->alice), 0);
  sim_server_start (f->at, NULL, &f->name);
  f->real = f->at->net->handler;
  f->real_arg = f->at->net->handler_arg;
  f->at->net->handler = &net_handler;
  f->at->net->handler_arg = f;
  cf_device_key_new (&f->at->env, f->secret, f->name.device_key);
  assert_int_equal (cf_tunnel_guard_new (&f->at->env, &f->guard), 0);
  assert_int_equal (sim_do (f->alice, "CONFIG", NULL, "nodes", cf_node_name_format (&f->name, text), NULL), 0);
  greet (f);
}

static void
end (struct false_node *f)
{
  assert_int_equal (sim_do (f->alice, "CONFIG", NULL, "nodes", "", NULL), 0);
  if (f->tunnel)
    drop (f);
  cf_tunnel_guard_free (f->guard);
  f->at->net->handler = f->real;
  f->at->net->handler_arg = f->real_arg;
  sim_server_stop (f->at);
  sim_free (f->sim);
}

/* It is left, for REASON, and that is all. */
static void
assert_left (struct false_node *f, enum cf_refusal reason)
{
  uint64_t before = f->alice->env.refused[reason];

  assert_true (sim_run_until (f->sim, 10000, is_closed, f));
  assert_true (f->alice->env.refused[reason] == before + 1 || f->alice->env.refused[reason] == before);
  assert_non_null (f->alice->core);
}

static void
test_malformed (void **state)
{
  struct false_node f;

  (void) state;
  begin (&f, 1);
  assert_int_equal (cf_tunnel_send (f.tunnel, CF_CHANNEL_CONTROL, "\x41\0", 2), 0);
  assert_left (&f, CF_REFUSED_NODE_MALFORMED);
  assert_int_equal (f.alice->env.refused[CF_REFUSED_NODE_MALFORMED], 1);
  greet (&f);
  assert_int_equal (cf_tunnel_send (f.tunnel, CF_CHANNEL_TALK, "talk", 4), 0);
  assert_left (&f, CF_REFUSED_NODE_MALFORMED);
  assert_int_equal (f.alice->env.refused[CF_REFUSED_NODE_MALFORMED], 2);
  end (&f);
}

static void
test_unexpected (void **state)
{
  struct cf_node_message wrong[] = {
    { .kind = CF_NODE_SEEN, .seen = { CF_NODE_RELAY, { .family = 4, .bytes = { 10, 0, 0, 1 }, .port = 1 } } },
    { .kind = CF_NODE_LISTED },
    { .kind = CF_NODE_INCOMING, .circuit = { .circuit = 3 } },
    { .kind = CF_NODE_LIST },
    { .kind = CF_NODE_UNREGISTER },
  };
  struct false_node f;

  (void) state;
  begin (&f, 2);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    if (i)
      greet (&f);
    tell (&f, &wrong[i]);
    assert_left (&f, CF_REFUSED_NODE_UNEXPECTED);
    assert_int_equal (f.alice->env.refused[CF_REFUSED_NODE_UNEXPECTED], i + 1);
  }
  end (&f);
}

/* Numbers of circuits rise; more is never sent, nor allowed, than was agreed. */
static void
test_circuits (void **state)
{
  struct cf_node_message incoming = { .kind = CF_NODE_INCOMING, .circuit = { .circuit = 4 } };
  struct cf_node_message credit = { .kind = CF_NODE_CREDIT, .credit = { 4, CF_CIRCUIT_WINDOW_MAX } };
  struct cf_node_message data = { .kind = CF_NODE_DATA, .circuit = { .circuit = 99, .data = (const uint8_t *) "x", .len = 1 } };
  struct false_node f;

  (void) state;
  begin (&f, 3);
  tell (&f, &incoming);
  sim_run (f.sim, 100);
  tell (&f, &data); /* of none that there is: it may have ended */
  sim_run (f.sim, 100);
  assert_false (f.closed);
  tell (&f, &credit);
  assert_left (&f, CF_REFUSED_CIRCUIT_CREDIT);
  assert_int_equal (f.alice->env.refused[CF_REFUSED_CIRCUIT_CREDIT], 1);
  greet (&f);
  tell (&f, &incoming); /* a new tunnel counts anew */
  sim_run (f.sim, 100);
  assert_false (f.closed);
  tell (&f, &incoming);
  assert_left (&f, CF_REFUSED_NODE_UNEXPECTED);
  assert_int_equal (f.alice->env.refused[CF_REFUSED_NODE_UNEXPECTED], 1);
  end (&f);
}

/* It dials and dials: who waits there is counted like the strangers of one host. */
static void
test_crowd (void **state)
{
  struct cf_node_message m = { .kind = CF_NODE_INCOMING };
  struct false_node f;

  (void) state;
  begin (&f, 4);
  for (uint32_t i = 1; i <= 500; i++) {
    m.circuit.circuit = 2 * i;
    tell (&f, &m);
  }
  sim_run (f.sim, 1000);
  assert_false (f.closed);
  assert_true (f.alice->env.refused[CF_REFUSED_STREAM_CROWDED] >= 400);
  end (&f);
}

/* --- what is said of where one is --- */

static void
say_paths (struct sim_node *from, struct sim_node *to, const void *data, size_t len)
{
  struct cf_link *link = cf_links_find (from->core->links, &to->fpr);

  assert_non_null (link);
  assert_non_null (link->up);
  assert_int_equal (cf_way_send (link->up, CF_CHANNEL_CONTROL, data, len), 0);
  sim_run (from->sim, 100);
}

static bool
are_up (void *arg)
{
  struct pair *p = arg;

  return cf_link_is_up (p->a->core, &p->b->fpr) && cf_link_is_up (p->b->core, &p->a->fpr);
}

static void
test_false_paths (void **state)
{
  struct cf_paths paths = { .nat = CF_NAT_SAME, .addr_count = 1 };
  struct cf_buf out;
  struct pair p;

  (void) state;
  pair_begin (&p, 5);
  pair_meet (&p);
  assert_int_equal (cf_link_want (p.a->core, &p.b->fpr, true), 0);
  assert_true (sim_run_until (p.sim, 10000, are_up, &p));
  paths.addrs[0].addr = (struct cf_addr){ .family = 4, .bytes = { 10, 0, 0, 9 }, .port = 9 };
  cf_buf_init (&out, 1024);
  assert_int_equal (cf_paths_encode (&paths, &out), 0);
  say_paths (p.a, p.b, cf_buf_data (&out), cf_buf_len (&out));
  assert_int_equal (p.b->env.refused[CF_REFUSED_PATHS_STRANGER], 1);
  assert_true (are_up (&p));
  say_paths (p.a, p.b, cf_buf_data (&out), cf_buf_len (&out) - 1);
  assert_int_equal (p.b->env.refused[CF_REFUSED_PATHS_MALFORMED], 1);
  assert_false (cf_link_is_up (p.b->core, &p.a->fpr));
  cf_buf_done (&out);
  assert_int_equal (cf_link_want (p.a->core, &p.b->fpr, false), 0);
  sim_free (p.sim);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_malformed), cmocka_unit_test (test_unexpected),  cmocka_unit_test (test_circuits),
    cmocka_unit_test (test_crowd),     cmocka_unit_test (test_false_paths),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
