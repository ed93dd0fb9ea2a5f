/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_reach.c - stories of what STATUS tells of the ways to one contact. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/link_story.h"
#include "tests/sim/post_story.h"
#include "tests/sim/server_story.h"

/* The row of STATUS of B as A tells it; borrowed from *R_CALL. */
static const json_t *
ask (struct sim_node *a, struct sim_node *b, struct sim_command **r_call)
{
  char hex[CF_FPR_HEX_SIZE];

  *r_call = sim_call (a, "STATUS", NULL, cf_fpr_hex (&b->fpr, hex), NULL);
  assert_true (sim_wait (*r_call, 100));
  assert_int_equal ((*r_call)->err, 0);
  return json_array_get ((*r_call)->rows, 0);
}

static const char *
text (const json_t *row, const char *field)
{
  const char *value = json_string_value (json_object_get (row, field));

  return value ? value : "";
}

static const json_t *
step_of (const json_t *row, const char *name)
{
  const json_t *step;
  size_t i;

  json_array_foreach (json_object_get (row, "network"), i, step)
    if (!strcmp (text (step, "step"), name))
      return step;
  fail_msg ("there is no step %s", name);
  return NULL;
}

/* Is it known when the next round begins? */
static bool
rests (struct pair *p)
{
  struct sim_command *call;
  bool rests = *text (ask (p->a, p->b, &call), "next_try_at");

  sim_command_free (call);
  return rests;
}

static void
assert_step (const json_t *row, const char *name, const char *state, const char *code)
{
  const json_t *step = step_of (row, name);

  assert_string_equal (text (step, "state"), state);
  assert_string_equal (text (step, "code"), code);
  assert_true (*text (step, "detail"));
}

/* Nobody wants him; he is near; his machine is gone; his machine is there without Confab; he is back. */
static void
test_lan (void **state)
{
  struct sim *sim = sim_new (1);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };
  struct sim_command *call;
  const json_t *row;

  (void) state;
  assert_true (sim_sees (p.a, p.b));
  row = ask (p.a, p.b, &call);
  assert_string_equal (text (row, "code"), "REACH_UNWANTED");
  assert_step (row, "lan", "waiting", "REACH_WAITS");
  assert_step (row, "relay", "none", "REACH_RELAY_NONE");
  assert_step (row, "punching", "none", "REACH_PUNCHED_NODES");
  assert_step (row, "mailbox", "none", "REACH_MAIL_NONE");
  sim_command_free (call);

  want (p.a, p.b);
  assert_true (sim_run_until (sim, 5000, both_up, &p));
  row = ask (p.a, p.b, &call);
  assert_true (json_is_true (json_object_get (row, "online")));
  assert_string_equal (text (row, "route"), "lan");
  assert_string_equal (text (row, "code"), "REACH_LAN");
  assert_step (row, "lan", "used", "REACH_LAN");
  assert_string_equal (text (json_array_get (json_object_get (step_of (row, "lan"), "tries"), 0), "state"), "connected");
  assert_step (row, "direct", "spare", "REACH_SPARE");
  assert_step (row, "relay", "spare", "REACH_SPARE");
  assert_step (row, "mailbox", "spare", "REACH_SPARE");
  assert_true (json_is_null (json_object_get (row, "next_try_at")));
  sim_command_free (call);

  sim_cut (sim, p.a, p.b, true);
  sim_run (sim, 60000);
  row = ask (p.a, p.b, &call);
  assert_false (json_is_true (json_object_get (row, "online")));
  assert_true (*text (step_of (row, "lan"), "at"));
  assert_true (!strcmp (text (step_of (row, "lan"), "code"), "REACH_SILENT")
               || !strcmp (text (step_of (row, "lan"), "code"), "REACH_RUNS"));
  sim_command_free (call);
  sim_cut (sim, p.a, p.b, false);
  assert_true (sim_run_until (sim, 45000, both_up, &p));

  sim_node_crash (p.b, false);
  sim_run (sim, 60000);
  row = ask (p.a, p.b, &call);
  assert_step (row, "lan", "failed", "REACH_REFUSED");
  assert_string_equal (text (row, "code"), "REACH_AWAY");
  sim_command_free (call);
  while (!rests (&p))
    sim_run (sim, 1000);
  sim_free (sim);
}

/* Nothing passes between the two, and a node of both carries what they say. */
static void
test_relay (void **state)
{
  struct sim *sim = sim_new (2);
  struct sim_node *server = sim_node_new (sim, "node");
  struct pair p;
  char name[CF_NODE_NAME_SIZE], where[CF_ADDR_TEXT_SIZE];
  struct cf_node_name node_name;
  struct sim_command *call;
  const json_t *row;

  (void) state;
  sim_server_start (server, NULL, &node_name);
  cf_node_name_format (&node_name, name);
  p = (struct pair){ .a = node (sim, "alice"), .b = node (sim, "bob") };
  assert_true (sim_sees (p.a, p.b));
  assert_int_equal (sim_do (p.a, "CONFIG", NULL, "nodes", name, NULL), 0);
  sim_run (sim, 5000);
  sim_cut (sim, p.a, p.b, true);
  want (p.a, p.b);
  sim_run (sim, 45000);
  row = ask (p.a, p.b, &call);
  assert_step (row, "relay", "failed", "REACH_RELAY_AWAY"); /* he uses none */
  assert_string_equal (json_string_value (json_array_get (json_object_get (step_of (row, "relay"), "args"), 0)),
                       cf_addr_format (&node_name.addr, where));
  sim_command_free (call);

  assert_int_equal (sim_do (p.b, "CONFIG", NULL, "nodes", name, NULL), 0);
  assert_true (sim_run_until (sim, 60000, both_up, &p));
  sim_run (sim, 30000);
  row = ask (p.a, p.b, &call);
  assert_string_equal (text (row, "route"), "relay");
  assert_step (row, "relay", "used", "REACH_RELAY");
  assert_string_equal (text (row, "code"), "REACH_RELAY");
  assert_step (row, "direct", "none", "REACH_DIRECT_NONE");
  sim_command_free (call);

  sim_server_stop (server);
  sim_run (sim, 60000);
  row = ask (p.a, p.b, &call);
  assert_string_equal (text (row, "code"), "REACH_AWAY");
  sim_command_free (call);
  sim_free (sim);
}

/* Who watches is told of each change once, until he goes or the daemon ends. */
static void
test_watch (void **state)
{
  struct sim *sim = sim_new (3);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };
  struct sim_command *watch, *other;
  char hex[CF_FPR_HEX_SIZE];
  size_t rows;

  (void) state;
  assert_true (sim_sees (p.a, p.b));
  cf_fpr_hex (&p.b->fpr, hex);
  watch = sim_call (p.a, "STATUS", NULL, "--watch", hex, NULL);
  other = sim_call (p.a, "STATUS", NULL, "--watch", hex, NULL);
  sim_run (sim, 5000);
  assert_int_equal (json_array_size (watch->rows), 1);
  want (p.a, p.b);
  assert_true (sim_run_until (sim, 5000, both_up, &p));
  sim_run (sim, 1000);
  rows = json_array_size (watch->rows);
  assert_true (rows >= 2);
  assert_string_equal (text (json_array_get (watch->rows, rows - 1), "code"), "REACH_LAN");
  sim_run (sim, 5000);
  assert_int_equal (json_array_size (watch->rows), rows);
  sim_command_free (watch);
  assert_false (other->finished);
  assert_int_equal (sim_do (p.a, "STOP", NULL, NULL), 0);
  sim_command_free (other);
  sim_free (sim);
}

static void
test_refused (void **state)
{
  struct sim *sim = sim_new (4);
  struct sim_node *a = node (sim, "alice"), *b = node (sim, "bob");
  struct sim_command *call;
  char hex[CF_FPR_HEX_SIZE];

  (void) state;
  assert_int_equal (gpg_err_code (sim_do (a, "STATUS", NULL, "nobody", NULL)), GPG_ERR_UNKNOWN_NAME);
  assert_int_equal (gpg_err_code (sim_do (a, "STATUS", NULL, "--watch", NULL)), GPG_ERR_SYNTAX);
  assert_true (sim_sees (a, b));
  assert_int_equal (sim_do (a, "BLOCK", NULL, cf_fpr_hex (&b->fpr, hex), NULL), 0);
  assert_string_equal (text (ask (a, b, &call), "code"), "PERSON_BLOCKED");
  sim_command_free (call);
  call = sim_call (a, "CONTACTS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_string_equal (text (json_object_get (json_array_get (call->rows, 0), "reach"), "code"), "PERSON_BLOCKED");
  sim_command_free (call);
  sim_free (sim);
}

/* However many addresses are tried, as many are remembered as there is room for: the latest. */
static void
test_bounded (void **state)
{
  struct cf_link_tries tries = { .count = 0 };
  struct cf_env env = { .now_ms = 1 };
  struct cf_addr addr = { .family = 4, .bytes = { 192, 0, 2, 1 } };
  const struct cf_try *t;

  (void) state;
  assert_null (cf_tries_telling (&tries, CF_STEP_DIRECT));
  for (unsigned i = 0; i < 3 * CF_TRIES_MAX; i++) {
    env.now_ms++;
    addr.port = (uint16_t) (i + 1);
    cf_tries_begin (&tries, &env, CF_STEP_DIRECT, &addr, CF_CARRIER_STREAM);
    cf_tries_end (&tries, &env, CF_STEP_DIRECT, &addr, CF_CARRIER_STREAM, CF_TRY_FAILED, cf_err (GPG_ERR_TIMEOUT));
  }
  assert_int_equal (tries.count, CF_TRIES_MAX);
  t = cf_tries_telling (&tries, CF_STEP_DIRECT);
  assert_int_equal (t->addr.port, 3 * CF_TRIES_MAX);
  addr.port = 2 * CF_TRIES_MAX + 1; /* the oldest: what it says tells more */
  cf_tries_end (&tries, &env, CF_STEP_DIRECT, &addr, CF_CARRIER_STREAM, CF_TRY_FAILED, cf_err (GPG_ERR_ECONNREFUSED));
  assert_int_equal (cf_tries_telling (&tries, CF_STEP_DIRECT)->addr.port, addr.port);
  addr.port = 1; /* forgotten: its end changes nothing */
  cf_tries_end (&tries, &env, CF_STEP_DIRECT, &addr, CF_CARRIER_STREAM, CF_TRY_HELD, 0);
  assert_int_equal (tries.count, CF_TRIES_MAX);
  cf_tries_begin (&tries, &env, CF_STEP_DIRECT, &addr, CF_CARRIER_STREAM);
  assert_int_equal (cf_tries_telling (&tries, CF_STEP_DIRECT)->state, CF_TRY_FAILED);
  assert_null (cf_tries_telling (&tries, CF_STEP_LAN));
}

/* STEP of B, whom A is asked for, is in STATE for the reason CODE. */
static void
assert_told (struct pair *p, const char *step, const char *state, const char *code)
{
  struct sim_command *call;

  assert_step (ask (p->a, p->b, &call), step, state, code);
  sim_command_free (call);
}

/* He is away: what is written is left at a node, unless the user does not want that. */
static void
test_mailbox (void **state)
{
  char where[CF_ADDR_TEXT_SIZE];
  struct sim_command *call;
  const json_t *args;
  struct post w;

  (void) state;
  post_begin (&w, 7);
  sim_node_crash (w.p.b, false);
  sim_run (w.p.sim, 15000);
  assert_told (&w.p, "mailbox", "waiting", "REACH_MAIL_READY");
  assert_int_equal (sim_do (w.p.a, "CONFIG", NULL, "mailbox", "off", NULL), 0);
  assert_told (&w.p, "mailbox", "none", "REACH_MAIL_OFF");
  assert_int_equal (sim_do (w.p.a, "CONFIG", NULL, "mailbox", "on", NULL), 0);
  assert_int_equal (sim_do (w.p.a, "CONFIG", NULL, "port-mapping", "off", NULL), 0);
  assert_told (&w.p, "mapping", "none", "REACH_MAPPED_OFF");

  say (w.p.a, w.p.id, "one", "--wait=held");
  say (w.p.a, w.p.id, "two", "--wait=held");
  args = json_object_get (step_of (ask (w.p.a, w.p.b, &call), "mailbox"), "args");
  assert_string_equal (json_string_value (json_array_get (args, 0)), "2");
  assert_string_equal (json_string_value (json_array_get (args, 1)), cf_addr_format (&w.name.addr, where));
  assert_int_equal (json_array_size (args), 3);
  sim_command_free (call);
  assert_told (&w.p, "mailbox", "used", "REACH_MAIL_HELD");
  assert_int_equal (sim_node_start (w.p.b), 0);
  assert_true (post_comes_to (&w, w.p.a, "delivered", 30000));
  sim_node_crash (w.p.b, false);
  sim_run (w.p.sim, 1000);
  assert_told (&w.p, "mailbox", "waiting", "REACH_MAIL_READY");
  post_end (&w);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_lan),     cmocka_unit_test (test_relay), cmocka_unit_test (test_mailbox),   cmocka_unit_test (test_watch),
    cmocka_unit_test (test_refused), cmocka_unit_test (test_bounded),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
