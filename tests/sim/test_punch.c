/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_punch.c - stories of two behind NATs: they meet through nodes, and then write to each other without them. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/link.h"
#include "core/nodes.h"
#include "tests/sim/server_story.h"
#include "tests/sim/talk_story.h"

/* Alice and Bob, each behind something, and two nodes that both use. */
struct world {
  struct pair p;
  struct sim_node *servers[2];
};

static bool
is_connected (void *arg)
{
  struct sim_node *n = arg;
  struct cf_addr seen[CF_NODES_MAX];

  return cf_nodes_seen_datagrams (n->core, seen, CF_NODES_MAX) == 2;
}

static struct sim_node *
person (struct world *w, const char *name, enum sim_nat nat)
{
  struct sim_node *n = sim_node_new (w->p.sim, name);

  n->nat = nat;
  return n;
}

static void
begin (struct world *w, uint64_t seed, enum sim_nat alice, enum sim_nat bob)
{
  char nodes[2 * CF_NODE_NAME_SIZE] = "", name[CF_NODE_NAME_SIZE];

  w->p.sim = sim_new (seed);
  w->p.sim->far = true;
  w->p.sim->latency_ms = 20;
  w->p.a = person (w, "alice", alice);
  w->p.b = person (w, "bob", bob);
  for (int i = 0; i < 2; i++) {
    struct cf_node_name at;

    w->servers[i] = sim_node_new (w->p.sim, i ? "second" : "first");
    sim_server_start (w->servers[i], NULL, &at);
    strcat (strcat (nodes, i ? " " : ""), cf_node_name_format (&at, name));
  }
  for (int i = 0; i < 2; i++) {
    struct sim_node *n = i ? w->p.b : w->p.a;

    assert_int_equal (sim_node_start (n), 0);
    assert_int_equal (sim_do (n, "CONFIG", NULL, "nodes", nodes, NULL), 0);
    assert_true (sim_run_until (w->p.sim, 10000, is_connected, n));
    cf_fpr_hex (&n->fpr, i ? w->p.fpr_b : w->p.fpr_a);
  }
}

static void
end (struct world *w)
{
  for (int i = 0; i < 2; i++)
    sim_server_stop (w->servers[i]);
  sim_free (w->p.sim);
}

/* Alice knows Bob's address and asks; Bob accepts. */
static void
open_by_address (struct world *w)
{
  add_by_address (w->p.a, w->p.b);
  sim_run (w->p.sim, 1000);
  pair_open_asked (&w->p);
}

static bool
on_route (struct sim_node *n, struct sim_node *other, const char *route)
{
  const char *is = cf_link_route (n->core, &other->fpr);

  return is && !strcmp (is, route);
}

static bool
is_punched (void *arg)
{
  struct pair *p = arg;

  return on_route (p->a, p->b, "punched") && on_route (p->b, p->a, "punched");
}

/* They talk all the while; then the nodes go, and they still do. */
static void
assert_punched (struct world *w, uint64_t patience_ms)
{
  open_by_address (w);
  say (w->p.a, w->p.id, "one", "--wait=queued");
  assert_true (sim_run_until (w->p.sim, patience_ms, is_punched, &w->p));
  assert_string_equal (cf_link_carrier (w->p.a->core, &w->p.b->fpr), "udp");
  assert_string_equal (cf_link_carrier (w->p.b->core, &w->p.a->fpr), "udp");
  say (w->p.a, w->p.id, "two", "--wait=queued");
  sim_run (w->p.sim, 10 * 60 * 1000);
  for (int i = 0; i < 2; i++)
    sim_cut (w->p.sim, i ? w->p.a : w->p.b, w->servers[i], true);
  say (w->p.a, w->p.id, "three", "--wait=delivered");
  say (w->p.b, w->p.id, "back", "--wait=delivered");
  assert_true (is_punched (&w->p));
  assert_texts (w->p.b, w->p.id, "in", "one two three");
  assert_texts (w->p.a, w->p.id, "in", "back");
}

/* Two of the NATs that people have at home; whoever of them has the lower device key. */
static void
test_same (void **state)
{
  (void) state;
  for (uint64_t seed = 1; seed < 5; seed++) {
    struct world w;

    begin (&w, seed, SIM_NAT_SAME, SIM_NAT_SAME);
    w.p.sim->loss_permille = seed > 2 ? 100 : 0;
    w.p.sim->jitter_ms = seed > 2 ? 100 : 0;
    assert_punched (&w, 60000);
    end (&w);
  }
}

/* A NAT with another port for each is crossed when it counts them. */
static void
test_counting (void **state)
{
  (void) state;
  for (uint64_t seed = 10; seed < 14; seed++) {
    struct world w;

    begin (&w, seed, seed & 1 ? SIM_NAT_COUNT : SIM_NAT_SAME, seed & 1 ? SIM_NAT_SAME : SIM_NAT_COUNT);
    assert_punched (&w, 60000);
    end (&w);
  }
}

/* To an open one anybody comes, whatever he is behind; no hole has to be made. */
static void
test_open (void **state)
{
  struct world w;

  (void) state;
  begin (&w, 20, SIM_NAT_DICE, SIM_NAT_NONE);
  open_by_address (&w);
  sim_run (w.p.sim, 30000);
  assert_true (on_route (w.p.a, w.p.b, "direct"));
  say (w.p.a, w.p.id, "hello", "--wait=delivered");
  end (&w);
}

/* Where nobody can know the next port, the relay stays, and what is said arrives; few are knocked at in vain. */
static void
test_dice (void **state)
{
  struct world w;

  (void) state;
  begin (&w, 30, SIM_NAT_DICE, SIM_NAT_SAME);
  open_by_address (&w);
  say (w.p.a, w.p.id, "one", "--wait=delivered");
  sim_run (w.p.sim, 60 * 60 * 1000);
  assert_true (on_route (w.p.a, w.p.b, "relay"));
  assert_true (on_route (w.p.b, w.p.a, "relay"));
  say (w.p.b, w.p.id, "two", "--wait=delivered");
  assert_texts (w.p.b, w.p.id, "in", "one");
  assert_texts (w.p.a, w.p.id, "in", "two");
  assert_in_range (w.p.b->nat_way_count, 2, 40);
  end (&w);
}

int
main (void)
{
  static const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_same),
    cmocka_unit_test (test_counting),
    cmocka_unit_test (test_open),
    cmocka_unit_test (test_dice),
  };

  return cmocka_run_group_tests_name ("punch", tests, NULL, NULL);
}
