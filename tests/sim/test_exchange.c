/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_exchange.c - stories of contacts who tell each other where others are, who have agreed to that. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/link.h"
#include "core/links.h"
#include "core/peer_file.h"
#include "net/exchange.h"
#include "tests/sim/story.h"

#define MINUTE (60 * 1000)

/* Alice knows Bob, Bob knows Carol; no beacon passes any more, and Alice has never seen Carol. */
struct chain {
  struct sim *sim;
  struct sim_node *a, *b, *c;
};

static void
pass_on (struct sim_node *n, const char *value)
{
  assert_int_equal (sim_do (n, "CONFIG", NULL, "pass-on", value, NULL), 0);
}

static void
chain_begin (struct chain *w, uint64_t seed)
{
  char id[2 * CF_CONVERSATION_ID_LEN + 1];

  w->sim = sim_new (seed);
  w->a = sim_node_new (w->sim, "alice");
  w->b = sim_node_new (w->sim, "bob");
  w->c = sim_node_new (w->sim, "carol");
  sim_cut (w->sim, w->a, w->c, true);
  assert_int_equal (sim_node_start (w->a), 0);
  assert_int_equal (sim_node_start (w->b), 0);
  assert_int_equal (sim_node_start (w->c), 0);
  assert_int_equal (sim_open (w->a, w->b, id), 0);
  assert_int_equal (sim_open (w->c, w->b, id), 0);
  w->sim->far = true;
  sim_cut (w->sim, w->a, w->c, false);
}

static bool
sees_carol (void *arg)
{
  struct chain *w = arg;
  struct cf_peer *c = cf_peer_find (w->a->core, &w->c->fpr);

  return c && c->present;
}

static void
file_state (struct sim_node *n, struct cf_peer_file_state *r_state)
{
  cf_peer_file_state (n->core->peers->file, r_state);
}

static void
test_learned (void **state)
{
  struct cf_peer_file_state file;
  struct sim_command *call;
  struct chain w;

  (void) state;
  chain_begin (&w, 1);
  pass_on (w.a, "on");
  pass_on (w.b, "on");
  pass_on (w.c, "on");
  assert_true (sim_run_until (w.sim, 3 * MINUTE, sees_carol, &w));
  call = sim_call (w.a, "PEERS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  for (size_t i = 0; i < json_array_size (call->rows); i++) {
    char fpr[CF_FPR_HEX_SIZE];

    if (!strcmp (sim_text (call, i, "fingerprint"), cf_fpr_hex (&w.c->fpr, fpr)))
      assert_string_equal (sim_text (call, i, "source"), "exchange");
  }
  sim_command_free (call);
  sim_run (w.sim, 60 * MINUTE); /* and she stays */
  assert_true (sees_carol (&w));
  file_state (w.a, &file);
  assert_int_equal (file.places, 0);
  assert_int_equal (file.learned, 1);
  sim_node_crash (w.c, false); /* until she goes */
  sim_run (w.sim, 60 * MINUTE);
  file_state (w.a, &file);
  assert_int_equal (file.learned, 0);
  sim_free (w.sim);
}

/* It takes all three: who tells, who is told of, who asks; and whoever is not visible to everyone is none of them. */
static void
test_consent (void **state)
{
  (void) state;
  for (int missing = 0; missing < 4; missing++) {
    struct chain w;
    struct sim_node *last;

    chain_begin (&w, 10 + (uint64_t) missing);
    last = missing == 0 ? w.a : missing == 1 ? w.b : w.c;
    if (missing == 3)
      assert_int_equal (sim_do (w.c, "VISIBILITY", NULL, "contacts", NULL), 0);
    for (struct sim_node *const *n = (struct sim_node *const[]){ w.a, w.b, w.c, NULL }; *n; n++)
      if (*n != last || missing == 3)
        pass_on (*n, "on");
    sim_run (w.sim, 10 * MINUTE);
    assert_false (sees_carol (&w));
    if (missing == 3)
      assert_int_equal (sim_do (w.c, "VISIBILITY", NULL, "everyone", NULL), 0);
    else
      pass_on (last, "on");
    assert_true (sim_run_until (w.sim, 70 * MINUTE, sees_carol, &w)); /* who has asked in vain asks again after an hour */
    sim_free (w.sim);
  }
}

/* PEERS with COUNT addresses from the FIRST on, from B to A, who waits for it if WAITS. */
static void
send_peers (struct chain *w, uint32_t first, size_t count, bool waits)
{
  struct cf_link *from = cf_links_find (w->b->core->links, &w->a->fpr);
  struct cf_addr addrs[CF_EXCHANGE_MAX];
  struct cf_buf out;

  for (size_t i = 0; i < count; i++) {
    uint32_t ip = (uint32_t) (first + i) * 40503u;

    addrs[i] = (struct cf_addr){ .family = 4, .bytes = { (uint8_t) (ip >> 24), (uint8_t) (ip >> 16), (uint8_t) (ip >> 8),
                                                         (uint8_t) ip }, .port = 7077 };
  }
  cf_buf_init (&out, CF_MESSAGE_STRANGER_MAX);
  assert_int_equal (cf_exchange_encode (addrs, count, &out), 0);
  cf_links_find (w->a->core->links, &w->b->fpr)->exchange.waits = waits;
  assert_int_equal (cf_way_send (from->up, CF_CHANNEL_CONTROL, cf_buf_data (&out), cf_buf_len (&out)), 0);
  cf_buf_done (&out);
  sim_run (w->sim, 10);
}

/* A hundred thousand places of others, unasked and asked for: no more than so many are kept, they go, nobody is forgotten
   over them, and nothing ends. */
static void
test_poisoned (void **state)
{
  struct cf_peer_file_state file;
  struct chain w;
  uint64_t unasked;

  (void) state;
  chain_begin (&w, 20);
  pass_on (w.a, "on");
  pass_on (w.b, "on");
  pass_on (w.c, "on");
  assert_true (sim_run_until (w.sim, 3 * MINUTE, sees_carol, &w));
  sim_run (w.sim, 3 * MINUTE); /* she may have been the first to learn of the other */
  unasked = w.a->env.refused[CF_REFUSED_EXCHANGE_UNASKED];
  for (uint32_t i = 0; i < 100; i++)
    send_peers (&w, 64 * i, 64, false);
  assert_int_equal (w.a->env.refused[CF_REFUSED_EXCHANGE_UNASKED], unasked + 100);
  file_state (w.a, &file);
  assert_int_equal (file.learned, 1);
  for (uint32_t i = 0; i < 100000 / 64; i++)
    send_peers (&w, 64 * i, 64, true);
  file_state (w.a, &file);
  assert_in_range (file.learned, CF_ASK_LEARNED_MAX / 2, CF_ASK_LEARNED_MAX);
  sim_run (w.sim, 40 * MINUTE);
  file_state (w.a, &file);
  assert_int_equal (file.learned, 1);
  assert_true (sees_carol (&w));
  assert_true (cf_link_is_up (w.a->core, &w.b->fpr));
  sim_free (w.sim);
}

static void
send_ask (struct sim_node *from, struct sim_node *to, const void *data, size_t len)
{
  struct cf_link *link = cf_links_find (from->core->links, &to->fpr);

  assert_int_equal (cf_way_send (link->up, CF_CHANNEL_CONTROL, data, len), 0);
  sim_run (from->sim, 100);
}

/* Asking without end is not answered; a stranger is not, either; what is malformed ends the tunnel. */
static void
test_refused (void **state)
{
  struct chain w;
  struct cf_peer *a;

  (void) state;
  chain_begin (&w, 30);
  pass_on (w.b, "on");
  for (int i = 0; i < 10; i++)
    send_ask (w.a, w.b, "\x05", 1);
  assert_int_equal (w.b->env.refused[CF_REFUSED_EXCHANGE_FLOOD], 9);
  assert_int_equal (w.a->env.refused[CF_REFUSED_EXCHANGE_UNASKED], 1);
  a = cf_peer_find (w.b->core, &w.a->fpr);
  a->contact = false;
  send_ask (w.a, w.b, "\x05", 1);
  assert_int_equal (w.b->env.refused[CF_REFUSED_EXCHANGE_STRANGER], 1);
  a->contact = true;
  send_ask (w.a, w.b, "\x05\x00", 2);
  assert_int_equal (w.b->env.refused[CF_REFUSED_EXCHANGE_MALFORMED], 1);
  assert_false (cf_link_is_up (w.b->core, &w.a->fpr));
  sim_free (w.sim);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_learned),
    cmocka_unit_test (test_consent),
    cmocka_unit_test (test_poisoned),
    cmocka_unit_test (test_refused),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
