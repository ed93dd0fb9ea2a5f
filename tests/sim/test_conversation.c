/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_conversation.c - stories of open conversations as facts: listed, named, closed, deleted, kept. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "core/gate_private.h"
#include "core/store/internal.h"
#include "tests/sim/story.h"

static void
begin (struct pair *p, uint64_t seed)
{
  pair_begin (p, seed);
  pair_open (p);
}

static struct sim_command *
list (struct sim_node *node)
{
  struct sim_command *call = sim_call (node, "CONVERSATIONS", NULL, NULL);

  assert_true (sim_wait (call, 1000));
  assert_int_equal (call->err, 0);
  return call;
}

static void
assert_listed (struct sim_node *node, size_t count, const char *state)
{
  struct sim_command *call = list (node);

  assert_int_equal (json_array_size (call->rows), count);
  if (count)
    assert_string_equal (sim_text (call, 0, "state"), state);
  sim_command_free (call);
}

static void
test_list (void **state)
{
  struct pair p;
  struct sim_command *call;

  (void) state;
  begin (&p, 1);
  call = list (p.a);
  assert_int_equal (json_array_size (call->rows), 1);
  assert_string_equal (sim_text (call, 0, "conversation"), p.id);
  assert_string_equal (sim_text (call, 0, "kind"), "pair");
  assert_string_equal (sim_text (call, 0, "state"), "open");
  assert_string_equal (sim_text (call, 0, "peer"), p.fpr_b);
  assert_true (json_is_true (json_object_get (json_array_get (call->rows, 0), "online")));
  assert_non_null (json_object_get (json_object_get (json_array_get (call->rows, 0), "verified"), "when"));
  sim_command_free (call);
  sim_node_crash (p.a, false);
  assert_int_equal (sim_node_start (p.a), 0);
  assert_listed (p.a, 1, "open");
  sim_free (p.sim);
}

static void
test_close (void **state)
{
  struct pair p;

  (void) state;
  begin (&p, 2);
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.id, NULL), 0);
  sim_run (p.sim, 2000);
  assert_listed (p.a, 1, "closed");
  assert_listed (p.b, 1, "closed");
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.id, NULL), 0); /* once more is no harm */
  assert_int_not_equal (sim_do (p.b, "SEND", NULL, p.id, "late", NULL), 0);
  sim_free (p.sim);
}

static void
test_delete (void **state)
{
  struct pair p;

  (void) state;
  begin (&p, 3);
  assert_int_equal (sim_do (p.a, "DELETE", NULL, p.id, NULL), 0);
  assert_listed (p.a, 0, NULL);
  sim_run (p.sim, 2000);
  assert_listed (p.b, 1, "closed"); /* the CLOSE came although the key is gone */
  assert_int_equal (sim_do (p.b, "DELETE", NULL, p.id, NULL), 0);
  assert_listed (p.b, 0, NULL);
  sim_node_crash (p.a, false);
  assert_int_equal (sim_node_start (p.a), 0);
  assert_listed (p.a, 0, NULL);
  sim_free (p.sim);
}

static void
test_delete_offline (void **state)
{
  struct pair p;

  (void) state;
  begin (&p, 4);
  sim_cut (p.sim, p.a, p.b, true);
  sim_run (p.sim, 12000);
  assert_int_equal (sim_do (p.a, "DELETE", NULL, p.id, NULL), 0);
  assert_listed (p.a, 0, NULL);
  assert_listed (p.b, 1, "open");
  sim_cut (p.sim, p.a, p.b, false);
  sim_run (p.sim, 120000);
  assert_listed (p.b, 1, "closed");
  sim_free (p.sim);
}

static void
test_two_with_one_person (void **state)
{
  struct pair p;
  char second[33], prefix[9] = { 0 };

  (void) state;
  begin (&p, 5);
  assert_int_equal (sim_open (p.b, p.a, second), 0);
  assert_string_not_equal (p.id, second);
  assert_int_equal (gpg_err_code (sim_do (p.a, "CLOSE", NULL, p.fpr_b, NULL)), GPG_ERR_AMBIGUOUS_NAME);
  memcpy (prefix, second, 8);
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, prefix, NULL), 0);
  sim_run (p.sim, 1000);
  /* Only one is open now, so the person names it. */
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.fpr_b, NULL), 0);
  assert_int_not_equal (sim_do (p.a, "CLOSE", NULL, "0123456789", NULL), 0);
  sim_free (p.sim);
}

/* ---- what clients need not ask for ---- */

static bool
is_true (json_t *event, const char *field)
{
  assert_non_null (event);
  return json_is_true (json_object_get (event, field));
}

/* A client that mirrors contacts and ways to people hears of each change. */
static void
test_links_and_contacts_are_told (void **state)
{
  struct pair p;
  size_t from;

  (void) state;
  begin (&p, 30);
  assert_true (is_true (sim_event (p.a, 0, "contact", "fingerprint", p.fpr_b), "contact")); /* since it is open */
  from = json_array_size (p.a->events);
  sim_node_crash (p.b, false);
  sim_run (p.sim, 1000);
  assert_false (is_true (sim_event (p.a, from, "link", "fingerprint", p.fpr_b), "online"));
  from = json_array_size (p.a->events);
  sim_run (p.sim, 5 * 60 * 1000);
  assert_false (is_true (sim_event (p.a, from, "contact", "fingerprint", p.fpr_b), "online")); /* gone */
  from = json_array_size (p.a->events);
  assert_int_equal (sim_node_start (p.b), 0);
  sim_run (p.sim, 10000);
  assert_true (is_true (sim_event (p.a, from, "link", "fingerprint", p.fpr_b), "online"));
  assert_non_null (sim_event (p.a, from, "link", "route", "lan"));

  from = json_array_size (p.a->events);
  assert_int_equal (sim_do (p.a, "BLOCK", NULL, p.fpr_b, NULL), 0);
  assert_true (is_true (sim_event (p.a, from, "contact", "fingerprint", p.fpr_b), "blocked"));
  assert_false (is_true (sim_event (p.a, from, "link", "fingerprint", p.fpr_b), "online"));
  assert_int_equal (sim_do (p.a, "UNBLOCK", NULL, p.fpr_b, NULL), 0);
  assert_int_equal (sim_do (p.a, "DELETE", NULL, p.id, NULL), 0);
  from = json_array_size (p.a->events);
  assert_int_equal (sim_do (p.a, "REMOVE", NULL, p.fpr_b, NULL), 0);
  assert_true (is_true (sim_event (p.a, from, "contact", "fingerprint", p.fpr_b), "removed"));
  sim_free (p.sim);
}

/* What strangers do with their tunnels is no news. */
static void
test_strangers_links_are_not_told (void **state)
{
  struct pair p;

  (void) state;
  pair_begin (&p, 31);
  pair_meet (&p);
  assert_int_equal (cf_link_want (p.b->core, &p.a->fpr, true), 0);
  sim_run (p.sim, 2000);
  assert_true (cf_link_is_up (p.a->core, &p.b->fpr));
  assert_null (sim_event (p.a, 0, "link", NULL, NULL));
  assert_null (sim_event (p.a, 0, "contact", NULL, NULL));
  sim_free (p.sim);
}

/* ---- keys that no conversation has ---- */

static void
on_pair (void *arg, gpg_error_t err, const struct cf_fpr *fpr, const uint8_t *block, size_t len)
{
  (void) block;
  (void) len;
  assert_int_equal (err, 0);
  *(struct cf_fpr *) arg = *fpr;
}

/* A pair that gpg has made, and then the daemon was killed; it starts again. */
static struct cf_fpr
orphan (struct sim_node *node)
{
  static const uint8_t passphrase[CF_GPG_PASSPHRASE_LEN] = { 1 };
  struct cf_fpr fpr;

  assert_int_equal (cf_gpg_conversation_key_new (node->gpg, passphrase, on_pair, &fpr, NULL), 0);
  sim_run (node->sim, 1000);
  assert_true (sim_keys_have (node, &fpr));
  sim_node_crash (node, true);
  assert_int_equal (sim_node_start (node), 0);
  return fpr;
}

static void
test_orphan_keys (void **state)
{
  struct pair p;
  struct cf_fpr fpr;

  (void) state;
  begin (&p, 20);
  fpr = orphan (p.a);
  sim_run (p.sim, 15000);
  assert_false (sim_keys_have (p.a, &fpr));
  assert_true (sim_keys_have (p.a, &p.a->core->conversations->first->own_key));
  assert_int_equal (sim_do (p.a, "SEND", "still here", "--wait=delivered", p.id, NULL), 0);
  sim_free (p.sim);
}

/* That of a request is somebody's, as soon as it is made. */
static void
test_orphan_of_a_request (void **state)
{
  struct pair p;
  struct cf_fpr fpr;
  struct sim_command *open;

  (void) state;
  pair_begin (&p, 21);
  pair_meet (&p);
  open = sim_call (p.a, "OPEN", "a password", p.fpr_b, NULL);
  sim_run (p.sim, 5000);
  fpr = orphan (p.a);
  sim_command_free (open);
  assert_false (cf_fpr_is_none (&p.a->core->gate->first->own_key));
  sim_run (p.sim, 15000);
  assert_false (sim_keys_have (p.a, &fpr));
  assert_true (sim_keys_have (p.a, &p.a->core->gate->first->own_key));
  assert_int_equal (sim_do (p.b, "ACCEPT", "a password", p.fpr_a, NULL), 0);
  sim_run (p.sim, 1000);
  assert_listed (p.a, 1, "open");
  sim_free (p.sim);
}

/* While it is not certain that a key is nobody's, it stays. */
static void
test_orphan_or_not (void **state)
{
  struct pair p;
  struct cf_fpr fpr;
  char *saved;

  (void) state;
  begin (&p, 22);
  fpr = orphan (p.a);
  assert_int_equal (store_exec (p.a->core->store, "UPDATE conversation SET own_key = x'0401'"), 0);
  sim_run (p.sim, 15000);
  assert_true (sim_keys_have (p.a, &fpr));
  sim_free (p.sim);

  begin (&p, 23);
  saved = cf_sprintf ("%s/store.saved-1", p.a->home);
  assert_int_equal (mkdir (saved, 0700), 0);
  fpr = orphan (p.a);
  sim_run (p.sim, 15000);
  assert_true (sim_keys_have (p.a, &fpr));
  assert_int_equal (rmdir (saved), 0);
  free (saved);
  sim_node_crash (p.a, true);
  assert_int_equal (sim_node_start (p.a), 0);
  sim_run (p.sim, 15000);
  assert_false (sim_keys_have (p.a, &fpr));
  sim_free (p.sim);
}

/* Another pair is being made: it waits. */
static void
test_orphan_beside_a_new_one (void **state)
{
  struct pair p;
  struct cf_fpr fpr, made;
  static const uint8_t passphrase[CF_GPG_PASSPHRASE_LEN] = { 2 };

  (void) state;
  begin (&p, 24);
  fpr = orphan (p.a);
  p.sim->gpg_make_ms = 30000;
  assert_int_equal (cf_gpg_conversation_key_new (p.a->gpg, passphrase, on_pair, &made, NULL), 0);
  sim_run (p.sim, 15000);
  assert_true (sim_keys_have (p.a, &fpr));
  sim_run (p.sim, 60000);
  assert_false (sim_keys_have (p.a, &fpr));
  sim_free (p.sim);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_list),           cmocka_unit_test (test_close),
    cmocka_unit_test (test_delete),         cmocka_unit_test (test_delete_offline),
    cmocka_unit_test (test_orphan_keys),    cmocka_unit_test (test_orphan_of_a_request),
    cmocka_unit_test (test_orphan_or_not),  cmocka_unit_test (test_orphan_beside_a_new_one),
    cmocka_unit_test (test_two_with_one_person),
    cmocka_unit_test (test_links_and_contacts_are_told),
    cmocka_unit_test (test_strangers_links_are_not_told),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
