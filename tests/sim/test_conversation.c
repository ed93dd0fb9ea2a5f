/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_conversation.c - stories of open conversations as facts: listed, named, closed, deleted, kept. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

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

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_list),           cmocka_unit_test (test_close),
    cmocka_unit_test (test_delete),         cmocka_unit_test (test_delete_offline),
    cmocka_unit_test (test_two_with_one_person),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
