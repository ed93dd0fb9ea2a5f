/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_link.c - stories of who is near, whose key it is, and the tunnels between two. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/link.h"
#include "core/links.h"
#include "core/peers.h"
#include "core/self.h"
#include "tests/sim/link_story.h"

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
  sim_run (a->sim, 1000);
  assert_int_equal (heards[b->index].messages, before + 1);
  assert_string_equal (heards[b->index].last, text);
}

static void
test_meet (void **state)
{
  struct sim *sim = sim_new (1);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };
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
  uint64_t second = 0;

  (void) state;
  for (uint64_t seed = 1; seed <= 12; seed++) {
    struct sim *sim = sim_new (seed);
    struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };

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
    second += p.a->env.refused[CF_REFUSED_HELLO_SECOND] + p.b->env.refused[CF_REFUSED_HELLO_SECOND];
    sim_free (sim);
  }
  assert_true (second > 0);
}

static void
test_path_cut (void **state)
{
  struct sim *sim = sim_new (2);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };

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
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };

  (void) state;
  assert_true (sim_sees (p.a, p.b));
  want (p.a, p.b);
  assert_true (sim_run_until (sim, 5000, both_up, &p));
  sim_node_crash (p.b, true);
  sim_run (sim, 1000);
  assert_int_equal (sim_node_start (p.b), 0);
  cf_links_set_handler (p.b->core->links, &heard_handler, &heards[p.b->index]);
  assert_true (sim_run_until (sim, 45000, both_up, &p));
  assert_same_tunnel (p.a, p.b);
  say (p.a, p.b, "back");
  sim_free (sim);
}

static bool
has_all_bulk (void *arg)
{
  const size_t *wanted = arg;

  return heards[1].bulk == *wanted;
}

static bool
has_message (void *arg)
{
  (void) arg;
  return heards[1].messages > 0;
}

/* Bulk waits when its queue is full, talk goes before it, and who sends it is told when there is room. */
static void
test_bulk (void **state)
{
  static uint8_t block[CF_MESSAGE_BULK_MAX];
  struct sim *sim = sim_new (5);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };
  size_t sent = 0;
  gpg_error_t err;

  (void) state;
  assert_int_equal (gpg_err_code (cf_link_send_bulk (p.a->core, &p.b->fpr, block, 1)), GPG_ERR_ENOTCONN);
  assert_true (sim_sees (p.a, p.b));
  want (p.a, p.b);
  want (p.b, p.a); /* else he takes no long messages */
  assert_true (sim_run_until (sim, 5000, both_up, &p));
  while (!(err = cf_link_send_bulk (p.a->core, &p.b->fpr, block, sizeof block)))
    sent += sizeof block;
  assert_int_equal (gpg_err_code (err), GPG_ERR_LIMIT_REACHED);
  assert_true (cf_link_bulk_waiting (p.a->core, &p.b->fpr) > CF_TUNNEL_BULK_LOW);
  assert_int_equal (cf_link_send (p.a->core, &p.b->fpr, "first", 5), 0);
  assert_true (sim_run_until (sim, 5000, has_message, NULL));
  assert_true (heards[1].bulk < sent);
  assert_int_equal (heards[0].rooms, 0);
  assert_true (sim_run_until (sim, 5000, has_all_bulk, &sent));
  assert_true (heards[0].rooms > 0);
  assert_int_equal (cf_link_bulk_waiting (p.a->core, &p.b->fpr), 0);
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

static void
on_checked (void *arg, gpg_error_t err)
{
  *(gpg_error_t *) arg = err;
}

static void
test_revoked_while_up (void **state)
{
  struct sim *sim = sim_new (20);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };
  gpg_error_t err = 0;

  (void) state;
  assert_true (sim_sees (p.a, p.b));
  want (p.a, p.b);
  assert_true (sim_run_until (sim, 5000, both_up, &p));
  assert_int_equal (cf_peer_check_key (p.a->core, &p.b->fpr, on_checked, &err, NULL), 0);
  sim_run (sim, 100);
  assert_int_equal (err, 0);
  sim_keys_set_state (p.a, &p.b->fpr, CF_KEY_REVOKED);
  assert_int_equal (cf_peer_check_key (p.a->core, &p.b->fpr, on_checked, &err, NULL), 0);
  sim_run (sim, 100);
  assert_int_equal (gpg_err_code (err), CF_ERR_KEY_REVOKED);
  assert_false (cf_link_is_up (p.a->core, &p.b->fpr));
  assert_non_null (sim_event (p.a, 0, "error", "error", "KEY_REVOKED"));
  sim_run (sim, 60000);
  assert_true (none_up (&p));
  assert_int_equal (gpg_err_code (cf_link_error (p.a->core, &p.b->fpr)), CF_ERR_KEY_REVOKED);
  sim_free (sim);
}

static void
test_statement_lapses (void **state)
{
  struct sim *sim = sim_new (21);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };

  (void) state;
  assert_true (sim_sees (p.a, p.b));
  want (p.a, p.b);
  assert_true (sim_run_until (sim, 5000, both_up, &p));
  p.a->skew_ms += 40LL * 24 * 3600 * 1000; /* her clock; nothing of his is valid any more */
  sim_run (sim, 10000);
  assert_false (cf_link_is_up (p.a->core, &p.b->fpr));
  assert_null (cf_peer_by_device (p.a->core, p.b->core->self->device.device_key));
  sim_run (sim, 60000);
  assert_true (none_up (&p));
  sim_free (sim);
}

static void
test_contact_is_kept (void **state)
{
  struct sim *sim = sim_new (23);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };
  char hex[CF_FPR_HEX_SIZE];
  struct sim_command *call, *watch;
  uint8_t secret[CF_HASH_LEN] = { 7 };

  (void) state;
  watch = sim_call (p.a, "PEERS", NULL, "--watch", NULL);
  assert_true (sim_sees (p.a, p.b));
  assert_true (sim_sees (p.b, p.a));
  assert_int_equal (sim_do (p.a, "ADD", NULL, cf_fpr_hex (&p.b->fpr, hex), NULL), 0);
  assert_int_equal (cf_peer_keep (p.a->core, cf_peer_find (p.a->core, &p.b->fpr), "password", secret), 0);
  assert_true (json_array_size (watch->rows) >= 2);
  assert_false (watch->finished);
  sim_command_free (watch); /* hangs up */

  /* With no beacon at all, from what was kept. */
  sim_node_crash (p.a, false);
  sim->loss_permille = 1000;
  assert_int_equal (sim_node_start (p.a), 0);
  cf_links_set_handler (p.a->core->links, &heard_handler, &heards[p.a->index]);
  want (p.a, p.b);
  assert_true (sim_run_until (sim, 5000, both_up, &p));
  call = sim_call (p.a, "CONTACTS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (json_array_size (call->rows), 1);
  assert_string_equal (sim_text (call, 0, "fingerprint"), hex);
  assert_string_equal (sim_text (call, 0, "route"), "lan");
  assert_string_equal (json_string_value (json_object_get (json_object_get (json_array_get (call->rows, 0), "verified"),
                                                           "how")), "password");
  sim_command_free (call);
  assert_memory_equal (cf_peer_find (p.a->core, &p.b->fpr)->pair_secret, secret, sizeof secret);

  assert_int_equal (sim_do (p.a, "REMOVE", NULL, "bob@test.invalid", NULL), 0);
  call = sim_call (p.a, "CONTACTS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (json_array_size (call->rows), 0);
  sim_command_free (call);
  sim_free (sim);
}

/* Who it would be: nothing is kept by asking. */
static void
test_add_is_checked (void **state)
{
  struct sim *sim = sim_new (29);
  struct sim_node *alice = node (sim, "alice"), *bob = node (sim, "bob");
  char hex[CF_FPR_HEX_SIZE], *address;
  struct sim_command *call;

  (void) state;
  address = cf_self_address (bob->core->self);
  assert_non_null (address);
  call = sim_call (alice, "ADD", NULL, "--check", address, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (call->err, 0);
  assert_string_equal (sim_text (call, 0, "fingerprint"), cf_fpr_hex (&bob->fpr, hex));
  assert_true (json_is_false (json_object_get (json_array_get (call->rows, 0), "contact")));
  sim_command_free (call);
  call = sim_call (alice, "CONTACTS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (json_array_size (call->rows), 0);
  sim_command_free (call);

  address[strlen (address) - 1] = address[strlen (address) - 1] == '0' ? '1' : '0';
  assert_int_equal (gpg_err_code (sim_do (alice, "ADD", NULL, "--check", address, NULL)), GPG_ERR_INV_URI);
  free (address);
  assert_int_equal (gpg_err_code (sim_do (alice, "ADD", NULL, "--check", cf_fpr_hex (&alice->fpr, hex), NULL)),
                    GPG_ERR_CONFLICT);
  sim_free (sim);
}

/* Who is away for a day is forgotten with his key, unless he is a contact; he may come again. */
static void
test_strangers_leave (void **state)
{
  struct sim *sim = sim_new (28);
  struct sim_node *alice = node (sim, "alice"), *bob = node (sim, "bob"), *carol = node (sim, "carol");
  size_t own;

  (void) state;
  assert_true (sim_sees (alice, bob));
  assert_true (sim_sees (alice, carol));
  own = sim_keys_count (alice) - 2;
  assert_int_equal (cf_peer_keep (alice->core, cf_peer_find (alice->core, &carol->fpr), NULL, NULL), 0);
  sim_node_crash (bob, false);
  sim_node_crash (carol, false);
  sim_run (sim, 23ULL * 3600 * 1000);
  assert_int_equal (sim_keys_count (alice), own + 2);
  sim_run (sim, 2ULL * 3600 * 1000);
  assert_int_equal (sim_keys_count (alice), own + 1);
  assert_null (cf_peer_find (alice->core, &bob->fpr));
  assert_non_null (cf_peer_find (alice->core, &carol->fpr));
  assert_int_equal (sim_node_start (bob), 0);
  assert_true (sim_sees (alice, bob));
  assert_int_equal (sim_keys_count (alice), own + 2);
  /* Carol is no contact any more. */
  assert_int_equal (sim_do (alice, "REMOVE", NULL, "carol@test.invalid", NULL), 0);
  sim_run (sim, 25ULL * 3600 * 1000);
  assert_int_equal (sim_keys_count (alice), own + 1);
  sim_free (sim);
}

/* Both want each other through whatever happens to the path; in the end they share one tunnel. */
static void
test_storm (void **state)
{
  (void) state;
  for (uint64_t seed = 100; seed < 110; seed++) {
    struct sim *sim = sim_new (seed);
    struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };
    bool cut = false;

    sim->latency_ms = (uint32_t) sim_random (sim, 200);
    sim->jitter_ms = (uint32_t) sim_random (sim, 50);
    assert_true (sim_sees (p.a, p.b));
    assert_true (sim_sees (p.b, p.a));
    want (p.a, p.b);
    want (p.b, p.a);
    for (int i = 0; i < 30; i++) {
      cut = !cut;
      sim_run (sim, sim_random (sim, i % 3 ? 700 : 15000));
      sim_cut (sim, p.a, p.b, cut);
    }
    sim_cut (sim, p.a, p.b, false);
    assert_true (sim_run_until (sim, 60000, both_up, &p));
    sim_run (sim, CF_PATH_LOST_MS + 60000);
    assert_true (both_up (&p));
    assert_same_tunnel (p.a, p.b);
    say (p.a, p.b, "after the storm");
    say (p.b, p.a, "it is calm");
    for (int i = 0; i < 2; i++)
      assert_int_equal (heards[i].ups, heards[i].downs + 1);
    sim_free (sim);
  }
}

static void
test_gone (void **state)
{
  struct sim *sim = sim_new (25);
  struct sim_node *alice = node (sim, "alice"), *bob = node (sim, "bob");

  (void) state;
  assert_true (sim_sees (alice, bob));
  sim_node_crash (bob, false);
  sim_run (sim, CF_PEER_GONE_MS + 10000);
  assert_non_null (sim_event (alice, 0, "peer_gone", NULL, NULL));
  assert_int_equal (cf_peers_present (alice->core), 0);
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
    cmocka_unit_test (test_bulk),
    cmocka_unit_test (test_lossy_discovery),
    cmocka_unit_test (test_revoked_while_up),
    cmocka_unit_test (test_statement_lapses),
    cmocka_unit_test (test_contact_is_kept),
    cmocka_unit_test (test_add_is_checked),
    cmocka_unit_test (test_gone),
    cmocka_unit_test (test_storm),
    cmocka_unit_test (test_strangers_leave),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
