/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_nodes.c - stories of people who reach each other through public nodes, having no path of their own. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/link.h"
#include "core/nodes.h"
#include "core/peers.h"
#include "tests/sim/file_story.h"
#include "tests/sim/link_story.h"
#include "tests/sim/server_story.h"
#include "tests/sim/talk_story.h"

/* Alice and Bob, between whom nothing passes, and a node that both use. */
struct apart {
  struct pair p;
  struct sim_node *server;
  struct cf_node_name name;
  char text[CF_NODE_NAME_SIZE];
};

static void
apart_begin (struct apart *w, uint64_t seed)
{
  w->p.sim = sim_new (seed);
  w->p.a = sim_node_new (w->p.sim, "alice");
  w->p.b = sim_node_new (w->p.sim, "bob");
  sim_cut (w->p.sim, w->p.a, w->p.b, true);
  w->server = sim_node_new (w->p.sim, "node");
  sim_server_start (w->server, NULL, &w->name);
  cf_node_name_format (&w->name, w->text);
  assert_int_equal (sim_node_start (w->p.a), 0);
  assert_int_equal (sim_node_start (w->p.b), 0);
  cf_fpr_hex (&w->p.a->fpr, w->p.fpr_a);
  cf_fpr_hex (&w->p.b->fpr, w->p.fpr_b);
}

static void
apart_end (struct apart *w)
{
  sim_server_stop (w->server);
  sim_free (w->p.sim);
}

static void
use (struct sim_node *n, const char *nodes)
{
  assert_int_equal (sim_do (n, "CONFIG", NULL, "nodes", nodes, NULL), 0);
}

static void
assert_connected (struct sim_node *n)
{
  assert_true (sim_run_until (n->sim, 5000, at_its_nodes, n));
}

static void
begin_open (struct apart *w, uint64_t seed)
{
  apart_begin (w, seed);
  use (w->p.a, w->text);
  use (w->p.b, w->text);
  assert_connected (w->p.a);
  assert_connected (w->p.b);
  add_by_address (w->p.a, w->p.b);
  sim_run (w->p.sim, 1000);
  pair_open_asked (&w->p);
  assert_true (sim_run_until (w->p.sim, 20000, both_up, &w->p));
}

static void
test_talk (void **state)
{
  struct apart w;
  struct sim_command *call;

  (void) state;
  begin_open (&w, 1);
  assert_string_equal (cf_link_route (w.p.a->core, &w.p.b->fpr), "relay");
  assert_string_equal (cf_link_route (w.p.b->core, &w.p.a->fpr), "relay");
  say (w.p.a, w.p.id, "over there", "--wait=delivered");
  say (w.p.b, w.p.id, "over here", "--wait=delivered");
  assert_texts (w.p.b, w.p.id, "in", "over there");
  assert_texts (w.p.a, w.p.id, "in", "over here");
  call = sim_call (w.p.a, "CONTACTS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_string_equal (sim_text (call, 0, "route"), "relay");
  assert_int_equal (json_array_size (json_object_get (json_array_get (call->rows, 0), "addr")), 0);
  sim_command_free (call);
  apart_end (&w);
}

/* A file takes as many credits as it needs, and what is said beside it does not wait for its end. */
static void
test_file (void **state)
{
  struct apart w;
  const size_t size = 9 * BLOCK + 77;
  char t[ID_SIZE];

  (void) state;
  begin_open (&w, 6);
  w.p.sim->latency_ms = 40;
  file_dirs (&w.p);
  make_file (path_of (w.p.a, "letter.pdf"), size, 1);
  offer (w.p.a, w.p.id, path_of (w.p.a, "letter.pdf"), t);
  assert_int_equal (accept_file (w.p.b, t), 0);
  say (w.p.a, w.p.id, "beside it", "--wait=delivered");
  assert_true (wait_state (w.p.b, t, "done", 60000));
  assert_true (wait_state (w.p.a, t, "done", 60000));
  assert_true (is_file (path_of (w.p.b, "letter.pdf"), size, 1));
  assert_string_equal (cf_link_route (w.p.a->core, &w.p.b->fpr), "relay");
  apart_end (&w);
}

/* Whose streams are blocked, or vanish, reaches the node over datagrams, and all is as before. */
static void
test_no_streams (void **state)
{
  static const enum sim_streams streams[] = { SIM_STREAMS_REFUSED, SIM_STREAMS_LOST };

  (void) state;
  for (size_t i = 0; i < 2; i++) {
    struct cf_server_status status;
    struct apart w;

    apart_begin (&w, 20 + i);
    w.p.sim->streams = streams[i];
    w.p.sim->loss_permille = 20;
    use (w.p.a, w.text);
    use (w.p.b, w.text);
    assert_connected (w.p.a);
    assert_connected (w.p.b);
    cf_server_status (w.server->server, &status);
    assert_int_equal (status.datagrams, 2);
    assert_int_equal (status.streams, 0);
    assert_int_equal (status.reachable, 2);
    add_by_address (w.p.a, w.p.b);
    sim_run (w.p.sim, 1000);
    pair_open_asked (&w.p);
    assert_true (sim_run_until (w.p.sim, 20000, both_up, &w.p));
    assert_string_equal (cf_link_route (w.p.a->core, &w.p.b->fpr), "relay");
    say (w.p.a, w.p.id, "over there", "--wait=delivered");
    say (w.p.b, w.p.id, "over here", "--wait=delivered");
    assert_texts (w.p.b, w.p.id, "in", "over there");
    assert_texts (w.p.a, w.p.id, "in", "over here");
    sim_run (w.p.sim, 10 * 60 * 1000); /* and it stays: nobody takes the other for lost */
    assert_connected (w.p.a);
    assert_true (both_up (&w.p));
    apart_end (&w);
  }
}

/* A node has room for so many over datagrams, and no more. */
static void
test_few_datagrams (void **state)
{
  struct cf_server_limits limits;
  struct apart w;

  (void) state;
  apart_begin (&w, 40);
  sim_server_stop (w.server);
  cf_server_limits_init (&limits);
  limits.datagrams = 1;
  sim_server_start (w.server, &limits, &w.name);
  cf_node_name_format (&w.name, w.text);
  w.p.sim->streams = SIM_STREAMS_REFUSED;
  use (w.p.a, w.text);
  assert_connected (w.p.a);
  use (w.p.b, w.text);
  sim_run (w.p.sim, 60000);
  assert_connected (w.p.a);
  assert_false (at_its_nodes (w.p.b));
  w.p.sim->streams = SIM_STREAMS_PASS;
  sim_run (w.p.sim, 60000);
  assert_connected (w.p.b);
  apart_end (&w);
}

/* The node goes, and comes back: what was written meanwhile arrives, once and in order. */
static void
test_node_restarts (void **state)
{
  struct apart w;

  (void) state;
  begin_open (&w, 2);
  say (w.p.a, w.p.id, "one", "--wait=delivered");
  sim_cut (w.p.sim, w.p.a, w.server, true);
  sim_run (w.p.sim, 20000);
  assert_false (cf_link_is_up (w.p.a->core, &w.p.b->fpr));
  say (w.p.a, w.p.id, "two", "--wait=queued");
  sim_cut (w.p.sim, w.p.a, w.server, false);
  assert_true (sim_run_until (w.p.sim, 90000, both_up, &w.p));
  sim_run (w.p.sim, 5000);
  say (w.p.a, w.p.id, "three", "--wait=delivered");
  assert_texts (w.p.b, w.p.id, "in", "one two three");
  apart_end (&w);
}

static bool
both_are_direct (void *arg)
{
  struct pair *p = arg;

  return both_up (p) && !strcmp (cf_link_route (p->a->core, &p->b->fpr), "lan")
         && !strcmp (cf_link_route (p->b->core, &p->a->fpr), "lan");
}

/* A way of their own takes the place of the relayed one as soon as there is one, under a file and what is said. */
static void
test_better_way (void **state)
{
  (void) state;
  for (uint64_t seed = 11; seed < 19; seed++) {
    struct apart w;
    const size_t size = 40 * BLOCK;
    char t[ID_SIZE];

    begin_open (&w, seed);
    w.p.sim->latency_ms = 20;
    w.p.sim->jitter_ms = 5;
    file_dirs (&w.p);
    make_file (path_of (w.p.a, "letter.pdf"), size, 1);
    offer (w.p.a, w.p.id, path_of (w.p.a, "letter.pdf"), t);
    assert_int_equal (accept_file (w.p.b, t), 0);
    sim_run (w.p.sim, seed * 50);
    say (w.p.a, w.p.id, "one", "--wait=queued");
    sim_cut (w.p.sim, w.p.a, w.p.b, false);
    say (w.p.b, w.p.id, "uno", "--wait=queued");
    assert_true (sim_run_until (w.p.sim, 60000, both_are_direct, &w.p));
    say (w.p.a, w.p.id, "two", "--wait=delivered");
    say (w.p.b, w.p.id, "due", "--wait=delivered");
    assert_texts (w.p.b, w.p.id, "in", "letter.pdf one two");
    assert_texts (w.p.a, w.p.id, "in", "uno due");
    assert_true (wait_state (w.p.b, t, "done", 60000));
    assert_true (is_file (path_of (w.p.b, "letter.pdf"), size, 1));
    sim_cut (w.p.sim, w.p.a, w.p.b, true); /* and it is taken again when that is gone */
    sim_run (w.p.sim, 20000);
    assert_true (sim_run_until (w.p.sim, 60000, both_up, &w.p));
    assert_string_equal (cf_link_route (w.p.a->core, &w.p.b->fpr), "relay");
    apart_end (&w);
  }
}

static bool
are_relayed (void *arg)
{
  struct pair *p = arg;
  const char *route = cf_link_route (p->a->core, &p->b->fpr);

  return route && !strcmp (route, "relay");
}

/* Who starts knows where the other was, and no node yet: where nobody answers any more is not waited for. */
static void
test_stale_address (void **state)
{
  (void) state;
  for (uint64_t seed = 50; seed < 54; seed++) {
    struct apart w;

    begin_open (&w, seed);
    sim_cut (w.p.sim, w.p.a, w.p.b, false);
    assert_true (sim_run_until (w.p.sim, 60000, both_are_direct, &w.p));
    sim_cut (w.p.sim, w.p.a, w.p.b, true);
    w.p.sim->latency_ms = 20;
    sim_node_crash (w.p.a, true);
    assert_int_equal (sim_node_start (w.p.a), 0);
    assert_true (sim_run_until (w.p.sim, 2000, are_relayed, &w.p));
    say (w.p.a, w.p.id, "back", "--wait=delivered");
    apart_end (&w);
  }
}

/* No beacon passes: only what the two say of themselves leads to a way of their own. */
static void
test_paths_alone (void **state)
{
  struct apart w;

  (void) state;
  apart_begin (&w, 7);
  w.p.sim->loss_permille = 1000;
  use (w.p.a, w.text);
  use (w.p.b, w.text);
  assert_connected (w.p.a);
  assert_connected (w.p.b);
  add_by_address (w.p.a, w.p.b);
  sim_run (w.p.sim, 1000);
  sim_cut (w.p.sim, w.p.a, w.p.b, false);
  pair_open_asked (&w.p);
  assert_true (sim_run_until (w.p.sim, 5000, both_are_direct, &w.p));
  say (w.p.a, w.p.id, "one", "--wait=delivered");
  apart_end (&w);
}

/* Who is not there, or uses no node, costs no more than a refusal. */
static void
test_nobody_there (void **state)
{
  struct apart w;

  (void) state;
  apart_begin (&w, 3);
  use (w.p.a, w.text);
  assert_connected (w.p.a);
  add_by_address (w.p.a, w.p.b);
  sim_run (w.p.sim, 10000);
  assert_null (cf_link_route (w.p.a->core, &w.p.b->fpr));
  use (w.p.b, w.text); /* and there he is */
  assert_connected (w.p.b);
  sim_run (w.p.sim, 120000);
  pair_open_asked (&w.p);
  apart_end (&w);
}

/* Another key than the one written down: no word. */
static void
test_wrong_node (void **state)
{
  struct apart w;
  size_t connected;

  (void) state;
  apart_begin (&w, 4);
  w.name.device_key[3] ^= 1;
  cf_node_name_format (&w.name, w.text);
  use (w.p.a, w.text);
  sim_run (w.p.sim, 30000);
  assert_int_equal (cf_nodes_count (w.p.a->core, &connected), 1);
  assert_int_equal (connected, 0);
  assert_int_equal (gpg_err_code (sim_do (w.p.a, "CONFIG", NULL, "nodes", "confab-node:12@10.0.0.1:1", NULL)),
                    GPG_ERR_INV_VALUE);
  use (w.p.a, "");
  assert_int_equal (cf_nodes_count (w.p.a->core, &connected), 0);
  apart_end (&w);
}

struct sight {
  struct sim_node *who;
  const struct cf_fpr *whom;
  bool there;
};

static bool
sees (void *arg)
{
  const struct sight *s = arg;
  const struct cf_peer *peer = cf_peer_find (s->who->core, s->whom);

  return (peer && peer->present) == s->there;
}

/* The list of a node: only of those who want it, both ways. */
static void
test_listed (void **state)
{
  struct apart w;
  struct sight bob, alice;
  struct sim_command *call;

  (void) state;
  apart_begin (&w, 5);
  bob = (struct sight){ w.p.a, &w.p.b->fpr, true };
  alice = (struct sight){ w.p.b, &w.p.a->fpr, true };
  use (w.p.a, w.text);
  use (w.p.b, w.text);
  assert_int_equal (sim_do (w.p.a, "CONFIG", NULL, "listed", "on", NULL), 0);
  sim_run (w.p.sim, 120000);
  assert_false (sees (&bob));
  assert_false (sees (&alice));
  assert_int_equal (sim_do (w.p.b, "CONFIG", NULL, "listed", "on", NULL), 0);
  assert_true (sim_run_until (w.p.sim, 120000, sees, &bob));
  assert_true (sim_run_until (w.p.sim, 120000, sees, &alice));
  call = sim_call (w.p.a, "PEERS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_string_equal (sim_text (call, 0, "source"), "rendezvous");
  sim_command_free (call);
  sim_run (w.p.sim, 300000);
  assert_true (sees (&bob)); /* and stays */
  assert_int_equal (sim_open (w.p.a, w.p.b, w.p.id), 0);
  bob.there = false; /* who is not visible to everyone is not listed any more */
  assert_int_equal (sim_do (w.p.b, "VISIBILITY", NULL, "contacts", NULL), 0);
  assert_int_equal (sim_do (w.p.a, "CLOSE", NULL, w.p.id, NULL), 0);
  assert_true (sim_run_until (w.p.sim, 400000, sees, &bob));
  apart_end (&w);
}

/* Alice and Bob, each with a node of his own, who met once on a link and are apart now. */
struct strange {
  struct apart w;
  struct sim_node *other; /* Bob's */
  char other_text[CF_NODE_NAME_SIZE];
};

static bool
knows_node (void *arg)
{
  struct pair *p = arg;
  struct cf_peer *b = cf_peer_find (p->a->core, &p->b->fpr);

  return b && b->device_count && b->devices[0].node_count;
}

/* A uses his node, if ALICE_USES; both know of Bob's. */
static void
strange_begin (struct strange *s, uint64_t seed, bool alice_uses)
{
  struct cf_node_name name;

  apart_begin (&s->w, seed);
  s->other = sim_node_new (s->w.p.sim, "other");
  sim_server_start (s->other, NULL, &name);
  cf_node_name_format (&name, s->other_text);
  sim_cut (s->w.p.sim, s->w.p.a, s->w.p.b, false);
  if (alice_uses)
    use (s->w.p.a, s->w.text);
  use (s->w.p.b, s->other_text);
  assert_int_equal (sim_open (s->w.p.a, s->w.p.b, s->w.p.id), 0);
  assert_true (sim_run_until (s->w.p.sim, 10000, knows_node, &s->w.p));
  sim_cut (s->w.p.sim, s->w.p.a, s->w.p.b, true);
  sim_run (s->w.p.sim, 15000);
}

static void
strange_end (struct strange *s)
{
  sim_server_stop (s->other);
  apart_end (&s->w);
}

/* Two who use no node in common meet at one of theirs, also after the daemon was started again. */
static void
test_another_node (void **state)
{
  (void) state;
  for (int uses = 0; uses < 2; uses++) {
    struct strange s;
    struct pair *p = &s.w.p;

    strange_begin (&s, 31 + (uint64_t) uses, uses);
    assert_true (sim_run_until (p->sim, 40000, both_up, p));
    assert_string_equal (cf_link_route (p->a->core, &p->b->fpr), "relay");
    say (p->a, p->id, "there", "--wait=delivered");
    say (p->b, p->id, "here", "--wait=delivered");
    sim_node_crash (p->a, false);
    sim_run (p->sim, 1000);
    assert_int_equal (sim_node_start (p->a), 0);
    assert_true (sim_run_until (p->sim, 60000, both_up, p));
    say (p->a, p->id, "again", "--wait=delivered");
    assert_texts (p->b, p->id, "in", "there again");
    strange_end (&s);
  }
}

static uint64_t
visits (const struct sim_node *node)
{
  struct cf_server_status status;

  cf_server_status (node->server, &status);
  return status.total_tunnels;
}

/* Who is not there is looked for at his node less and less often, and nobody stays there meanwhile. */
static void
test_another_node_in_vain (void **state)
{
  struct strange s;
  struct pair *p = &s.w.p;
  uint64_t first;

  (void) state;
  strange_begin (&s, 33, false);
  assert_true (sim_run_until (p->sim, 40000, both_up, p));
  sim_node_crash (p->b, false);
  sim_run (p->sim, 600000);
  first = visits (s.other);
  sim_run (p->sim, 3600000);
  assert_in_range (visits (s.other) - first, 30, 60); /* 20 s there, about a minute elsewhere */
  assert_int_equal (sim_node_start (p->b), 0);
  assert_true (sim_run_until (p->sim, 120000, both_up, p));
  strange_end (&s);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_talk),       cmocka_unit_test (test_file),          cmocka_unit_test (test_better_way),
    cmocka_unit_test (test_stale_address),
    cmocka_unit_test (test_paths_alone),   cmocka_unit_test (test_node_restarts), cmocka_unit_test (test_no_streams), cmocka_unit_test (test_few_datagrams),
     cmocka_unit_test (test_nobody_there),
    cmocka_unit_test (test_wrong_node), cmocka_unit_test (test_listed),
    cmocka_unit_test (test_another_node), cmocka_unit_test (test_another_node_in_vain),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
