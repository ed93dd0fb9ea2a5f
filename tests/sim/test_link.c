/* test_link.c - stories of who is near, whose key it is, and the tunnels between two. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/link.h"
#include "core/links.h"
#include "core/peers.h"
#include "core/self.h"
#include "tests/sim/sim.h"

/* What a node's handler has heard. */
struct heard {
  unsigned ups, downs;
  size_t messages;
  char last[64];
};

static struct heard heards[SIM_NODES_MAX];

static void
on_up (void *arg, struct cf_peer *peer)
{
  struct heard *h = arg;

  (void) peer;
  h->ups++;
}

static void
on_down (void *arg, struct cf_peer *peer, gpg_error_t err)
{
  struct heard *h = arg;

  (void) peer;
  (void) err;
  h->downs++;
}

static void
on_message (void *arg, struct cf_peer *peer, const uint8_t *data, size_t len)
{
  struct heard *h = arg;

  (void) peer;
  h->messages++;
  assert_true (len < sizeof h->last);
  memcpy (h->last, data, len);
  h->last[len] = 0;
}

static const struct cf_link_handler handler = { on_up, on_down, on_message };

static struct sim_node *
node (struct sim *sim, const char *name)
{
  struct sim_node *n = sim_node_new (sim, name);

  assert_non_null (n);
  assert_int_equal (sim_node_start (n), 0);
  memset (&heards[n->index], 0, sizeof heards[n->index]);
  cf_links_set_handler (n->core->links, &handler, &heards[n->index]);
  return n;
}

static void
want (struct sim_node *a, struct sim_node *b)
{
  assert_int_equal (cf_link_want (a->core, &b->fpr, true), 0);
}

struct pair {
  struct sim_node *a, *b;
};

static bool
both_up (void *arg)
{
  struct pair *p = arg;

  return cf_link_is_up (p->a->core, &p->b->fpr) && cf_link_is_up (p->b->core, &p->a->fpr);
}

static bool
none_up (void *arg)
{
  struct pair *p = arg;

  return !cf_link_is_up (p->a->core, &p->b->fpr) && !cf_link_is_up (p->b->core, &p->a->fpr);
}

static void
assert_same_tunnel (struct sim_node *a, struct sim_node *b)
{
  const uint8_t *ha = cf_link_handshake_hash (a->core, &b->fpr), *hb = cf_link_handshake_hash (b->core, &a->fpr);

  assert_non_null (ha);
  assert_non_null (hb);
  assert_memory_equal (ha, hb, 64);
}

static void
say (struct sim_node *a, struct sim_node *b, const char *text)
{
  size_t before = heards[b->index].messages;

  assert_int_equal (cf_link_send (a->core, &b->fpr, text, strlen (text)), 0);
  sim_run (a->sim, 200);
  assert_int_equal (heards[b->index].messages, before + 1);
  assert_string_equal (heards[b->index].last, text);
}

static void
test_meet (void **state)
{
  struct sim *sim = sim_new (1);
  struct pair p = { node (sim, "alice"), node (sim, "bob") };
  struct sim_command *call;

  (void) state;
  assert_true (sim_sees (p.a, p.b));
  assert_true (sim_sees (p.b, p.a));
  assert_non_null (sim_event (p.a, 0, "peer_seen", NULL, NULL));
  want (p.a, p.b);
  assert_true (sim_run_until (sim, 5000, both_up, &p));
  assert_same_tunnel (p.a, p.b);
  assert_string_equal (cf_link_route (p.a->core, &p.b->fpr), "lan");
  say (p.a, p.b, "from a");
  say (p.b, p.a, "from b");
  assert_int_equal (heards[0].ups, 1);
  assert_int_equal (heards[1].ups, 1);

  call = sim_call (p.a, "PEERS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (call->err, 0);
  assert_int_equal (json_array_size (call->rows), 1);
  assert_string_equal (sim_text (call, 0, "key_state"), "ok");
  assert_string_equal (sim_text (call, 0, "source"), "lan");
  sim_command_free (call);
  sim_free (sim);
}

static void
test_both_dial (void **state)
{
  (void) state;
  for (uint64_t seed = 1; seed <= 12; seed++) {
    struct sim *sim = sim_new (seed);
    struct pair p = { node (sim, "alice"), node (sim, "bob") };

    sim->latency_ms = (uint32_t) (1 + seed * 7);
    sim->jitter_ms = (uint32_t) seed;
    assert_true (sim_sees (p.a, p.b));
    assert_true (sim_sees (p.b, p.a));
    want (p.a, p.b);
    sim_run (sim, sim_random (sim, seed * 10));
    want (p.b, p.a);
    assert_true (sim_run_until (sim, 5000, both_up, &p));
    sim_run (sim, 20000);
    assert_true (both_up (&p));
    assert_same_tunnel (p.a, p.b);
    assert_int_equal (heards[0].ups, 1);
    assert_int_equal (heards[1].ups, 1);
    assert_int_equal (heards[0].downs, 0);
    assert_int_equal (heards[1].downs, 0);
    sim_free (sim);
  }
}

static void
test_path_cut (void **state)
{
  struct sim *sim = sim_new (2);
  struct pair p = { node (sim, "alice"), node (sim, "bob") };

  (void) state;
  assert_true (sim_sees (p.a, p.b));
  want (p.a, p.b);
  assert_true (sim_run_until (sim, 5000, both_up, &p));
  sim_cut (sim, p.a, p.b, true);
  assert_true (sim_run_until (sim, 10000, none_up, &p));
  sim_run (sim, 60000);
  assert_true (none_up (&p));
  sim_cut (sim, p.a, p.b, false);
  assert_true (sim_run_until (sim, 45000, both_up, &p));
  assert_same_tunnel (p.a, p.b);
  say (p.b, p.a, "again");
  sim_free (sim);
}

static void
test_crash_and_return (void **state)
{
  struct sim *sim = sim_new (3);
  struct pair p = { node (sim, "alice"), node (sim, "bob") };

  (void) state;
  assert_true (sim_sees (p.a, p.b));
  want (p.a, p.b);
  assert_true (sim_run_until (sim, 5000, both_up, &p));
  sim_node_crash (p.b, true);
  sim_run (sim, 1000);
  assert_int_equal (sim_node_start (p.b), 0);
  cf_links_set_handler (p.b->core->links, &handler, &heards[p.b->index]);
  assert_true (sim_run_until (sim, 45000, both_up, &p));
  assert_same_tunnel (p.a, p.b);
  say (p.a, p.b, "back");
  sim_free (sim);
}

static void
test_lossy_discovery (void **state)
{
  struct sim *sim = sim_new (4);
  struct pair p;

  (void) state;
  sim->loss_permille = 400;
  sim->dup_permille = 300;
  p.a = node (sim, "alice");
  p.b = node (sim, "bob");
  for (int i = 0; i < 30 && !(sim_sees (p.a, p.b) && sim_sees (p.b, p.a)); i++)
    ;
  assert_true (sim_sees (p.a, p.b));
  assert_true (sim_sees (p.b, p.a));
  sim_free (sim);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_meet),
    cmocka_unit_test (test_both_dial),
    cmocka_unit_test (test_path_cut),
    cmocka_unit_test (test_crash_and_return),
    cmocka_unit_test (test_lossy_discovery),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
