/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_gate.c - stories of the password gate: asking, answering, guessing, opening; cut and crashed at every step. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/gate_private.h"
#include "tests/sim/gate_story.h"

#define HOUR_MS (3600ULL * 1000)

/* --- a disk that does not let requests go --- */

static bool deletes_fail;

gpg_error_t __real_cf_store_request_delete (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN]);
gpg_error_t __wrap_cf_store_request_delete (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN]);

gpg_error_t
__wrap_cf_store_request_delete (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN])
{
  return deletes_fail ? cf_err (GPG_ERR_ENOSPC) : __real_cf_store_request_delete (store, id);
}

/* --- stories --- */

static void
begin (struct pair *p, uint64_t seed)
{
  pair_begin (p, seed);
  pair_meet (p);
}

static void
test_right_password (void **state)
{
  struct pair p;
  struct sim_command *open, *answer;

  (void) state;
  begin (&p, 1);
  open = sim_call (p.a, "OPEN", " Caf\xc3\xa9 ", "--note=it is me", p.fpr_b, NULL);
  assert_true (sim_run_until (p.sim, 20000, b_asked, &p));
  sim_run (p.sim, 10);
  assert_false (open->finished);
  assert_non_null (sim_event (p.b, 0, "request", "note", "it is me"));
  assert_int_equal (count_state (p.a, CF_CONVERSATION_REQUESTED), 1);
  /* The same password, composed otherwise. */
  answer = accept_it (&p, "Cafe\xcc\x81");
  assert_true (sim_wait (answer, 10000));
  assert_int_equal (answer->err, 0);
  assert_true (sim_wait (open, 1000));
  assert_string_equal (sim_text (open, 0, "state"), "open");
  assert_string_equal (sim_text (open, 0, "conversation"), sim_text (answer, 0, "conversation"));
  assert_true (both_open (&p));
  assert_same_conversation (&p);
  sim_run (p.sim, 1000);
  assert_null (p.a->core->gate->first); /* nothing of the run is left */
  assert_null (p.b->core->gate->first);
  sim_command_free (open);
  sim_command_free (answer);
  sim_free (p.sim);
}

static void
assert_tries (json_t *row, json_int_t left)
{
  assert_non_null (row);
  assert_int_equal (json_integer_value (json_object_get (row, "tries_left")), left);
  assert_true (left ? json_is_null (json_object_get (row, "silent_until"))
                    : json_is_string (json_object_get (row, "silent_until")));
}

/* Each side hears what is left to it; the third wrong one begins a silence, and a right one ends the count. */
static void
test_tries_left (void **state)
{
  struct pair p;
  struct sim_command *open, *answer, *requests;
  size_t from = 0;

  (void) state;
  begin (&p, 7);
  for (json_int_t left = 3; left-- > 0;) {
    from = json_array_size (p.a->events);
    open = ask (&p, "red");
    requests = sim_call (p.b, "REQUESTS", NULL, NULL);
    assert_true (sim_wait (requests, 1000));
    assert_tries (json_array_get (requests->rows, 0), left + 1);
    sim_command_free (requests);
    answer = accept_it (&p, "blue");
    assert_ended (answer, 10000, CF_ERR_WRONG_PASSWORD);
    assert_ended (open, 1000, CF_ERR_WRONG_PASSWORD);
    assert_tries (sim_event (p.a, from, "error", "error", "WRONG_PASSWORD"), left);
  }
  assert_int_equal (sim_do (p.a, "OPEN", "red", p.fpr_b, NULL) & GPG_ERR_CODE_MASK, CF_ERR_RATE);
  sim_free (p.sim);
}

static void
test_wrong_password (void **state)
{
  struct pair p;
  struct sim_command *open, *answer;
  size_t from;

  (void) state;
  begin (&p, 2);
  open = ask (&p, "red");
  from = json_array_size (p.b->events);
  answer = accept_it (&p, "blue");
  assert_ended (answer, 10000, CF_ERR_WRONG_PASSWORD);
  assert_ended (open, 1000, CF_ERR_WRONG_PASSWORD);
  assert_int_equal (count_open (p.a) + count_open (p.b), 0);
  assert_int_equal (count_state (p.a, CF_CONVERSATION_REQUESTED), 0);
  assert_int_equal (cf_gate_waiting (p.b->core), 0);
  assert_tries (sim_event (p.b, from, "error", "error", "WRONG_PASSWORD"), 2);
  assert_tries (sim_event (p.b, from, "request_state", "state", "wrong"), 2);
  assert_tries (sim_event (p.a, 0, "error", "error", "WRONG_PASSWORD"), 2);
  /* Asking again is possible, and who answers sees what is left. */
  open = ask (&p, "green");
  answer = accept_it (&p, "green");
  assert_ended (answer, 10000, 0);
  assert_ended (open, 1000, 0);
  sim_free (p.sim);
}

static void
test_refuse (void **state)
{
  struct pair p;
  struct sim_command *open;

  (void) state;
  begin (&p, 3);
  open = ask (&p, "red");
  assert_int_equal (sim_do (p.b, "REFUSE", NULL, p.fpr_a, NULL), 0);
  assert_ended (open, 1000, CF_ERR_REFUSED);
  assert_int_equal (count_state (p.a, CF_CONVERSATION_REQUESTED), 0);
  /* Nobody counts this as a guess. */
  open = ask (&p, "red");
  assert_ended (accept_it (&p, "red"), 10000, 0);
  assert_ended (open, 1000, 0);
  sim_free (p.sim);
}

/* The asker goes down before he knows that his OPEN was received, and comes back without a request. */
static void
test_forgotten (void **state)
{
  struct pair p;
  struct trap trap = { .type = CF_TALK_RECEIVED, .answer = SIM_FRAME_DROP };
  struct sim_command *open, *answer;

  (void) state;
  begin (&p, 6);
  set_trap (&p, &trap);
  open = ask (&p, "red");
  sim_node_crash (p.a, false);
  sim_command_free (open);
  assert_int_equal (sim_node_start (p.a), 0);
  set_trap (&p, &(struct trap) { .type = -1 });
  assert_int_equal (cf_gate_waiting (p.b->core), 1);
  answer = accept_it (&p, "red"); /* once the tunnel is up it shows that nobody asks any more */
  assert_ended (answer, 60000, CF_ERR_REFUSED);
  assert_int_equal (cf_gate_waiting (p.b->core), 0);
  assert_non_null (sim_event (p.b, 0, "request_state", "state", "withdrawn"));
  /* Nothing stands in the way of the next one, from either side. */
  answer = sim_call (p.b, "OPEN", "red", p.fpr_a, NULL);
  sim_run (p.sim, 1000);
  assert_int_equal (cf_gate_waiting (p.a->core), 1);
  assert_int_equal (sim_do (p.a, "ACCEPT", "red", p.fpr_b, NULL), 0);
  assert_ended (answer, 1000, 0);
  sim_free (p.sim);
}

/* Who types a password for a request that is stuck waits no longer than the first one did. */
static void
test_joined_late (void **state)
{
  struct pair p;
  struct sim_command *open, *answer;

  (void) state;
  begin (&p, 7);
  open = ask (&p, "red");
  sim_cut (p.sim, p.a, p.b, true);
  sim_run (p.sim, 30000);
  answer = accept_it (&p, "red");
  assert_ended (answer, 20000, CF_ERR_NOT_REACHABLE);
  answer = sim_call (p.b, "OPEN", "red", p.fpr_a, NULL);
  assert_ended (answer, 20000, CF_ERR_NOT_REACHABLE);
  sim_cut (p.sim, p.a, p.b, false);
  assert_ended (open, 60000, 0);
  sim_free (p.sim);
}

static void
test_expect (void **state)
{
  struct pair p;
  char id[33];

  (void) state;
  begin (&p, 4);
  assert_int_equal (sim_open (p.a, p.b, id), 0);
  assert_true (both_open (&p));
  assert_same_conversation (&p);
  /* It was good for one opening. */
  assert_int_equal (gpg_err_code (sim_do (p.a, "OPEN", "a shared secret", p.fpr_b, NULL)), GPG_ERR_TIMEOUT);
  assert_int_equal (cf_gate_waiting (p.b->core), 1);
  sim_free (p.sim);
}

static void
test_expect_after (void **state)
{
  struct pair p;
  struct sim_command *open;

  (void) state;
  begin (&p, 5);
  open = ask (&p, "x");
  assert_int_equal (sim_do (p.b, "EXPECT", "x", "--for=10m", p.fpr_a, NULL), 0);
  assert_ended (open, 5000, 0);
  assert_int_equal (gpg_err_code (sim_do (p.b, "EXPECT", "x", "--for=10y", p.fpr_a, NULL)), GPG_ERR_INV_VALUE);
  sim_free (p.sim);
}

static void
test_crossing (void **state)
{
  uint64_t crossed = 0;

  (void) state;
  for (uint64_t seed = 10; seed < 16; seed++) {
    struct pair p;
    struct sim_command *one, *other;

    begin (&p, seed);
    one = sim_call (p.a, "OPEN", "same", p.fpr_b, NULL);
    sim_run (p.sim, seed % 3);
    other = sim_call (p.b, "OPEN", "same", p.fpr_a, NULL);
    assert_true (sim_wait (one, 20000));
    assert_true (sim_wait (other, 20000));
    assert_int_equal (one->err, 0);
    assert_int_equal (other->err, 0);
    assert_string_equal (sim_text (one, 0, "conversation"), sim_text (other, 0, "conversation"));
    assert_true (both_open (&p));
    assert_same_conversation (&p);
    assert_int_equal (count_state (p.a, CF_CONVERSATION_REQUESTED), 0);
    assert_int_equal (count_state (p.b, CF_CONVERSATION_REQUESTED), 0);
    sim_command_free (one);
    sim_command_free (other);
    crossed += p.a->env.refused[CF_REFUSED_GATE_CROSSING] + p.b->env.refused[CF_REFUSED_GATE_CROSSING];
    sim_free (p.sim);
  }
  assert_true (crossed > 0);
}

static void
test_not_reachable (void **state)
{
  struct pair p;
  struct sim_command *open;

  (void) state;
  begin (&p, 20);
  sim_cut (p.sim, p.a, p.b, true);
  open = sim_call (p.a, "OPEN", "x", p.fpr_b, NULL);
  assert_ended (open, 30000, CF_ERR_NOT_REACHABLE);
  assert_null (p.a->core->gate->first);
  assert_null (p.a->core->conversations->first);
  sim_cut (p.sim, p.a, p.b, false);
  sim_run (p.sim, 60000);
  assert_int_equal (cf_gate_waiting (p.b->core), 0);
  sim_free (p.sim);
}

static void
test_client_gone (void **state)
{
  struct pair p;
  struct sim_command *open;

  (void) state;
  begin (&p, 21);
  open = ask (&p, "x");
  sim_command_free (open); /* hangs up; the request stands */
  assert_ended (accept_it (&p, "x"), 10000, 0);
  assert_true (sim_run_until (p.sim, 1000, both_open, &p));
  sim_free (p.sim);
}

static void
test_lapse (void **state)
{
  struct pair p;
  struct sim_command *open;

  (void) state;
  begin (&p, 22);
  open = ask (&p, "x");
  sim_run (p.sim, 7 * 24 * HOUR_MS + HOUR_MS);
  assert_ended (open, 1, GPG_ERR_TIMEOUT);
  assert_int_equal (cf_gate_waiting (p.b->core), 0);
  assert_null (p.a->core->conversations->first);
  assert_non_null (sim_event (p.b, 0, "request_state", "state", "lapsed"));
  sim_free (p.sim);
}

static void
test_withdraw (void **state)
{
  struct pair p;
  struct sim_command *open;

  (void) state;
  begin (&p, 23);
  open = ask (&p, "x");
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.fpr_b, NULL), 0);
  assert_ended (open, 1000, GPG_ERR_CANCELED);
  sim_run (p.sim, 1000);
  assert_int_equal (cf_gate_waiting (p.b->core), 0);
  assert_non_null (sim_event (p.b, 0, "request_state", "state", "withdrawn"));
  sim_free (p.sim);
}

/* A request that is over and that the disk does not let go is deleted once it does: a restart knows nothing of it. */
static void
test_not_deleted (void **state)
{
  struct pair p;
  struct sim_command *open;

  (void) state;
  begin (&p, 24);
  open = ask (&p, "x");
  deletes_fail = true;
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.fpr_b, NULL), 0);
  assert_ended (open, 1000, GPG_ERR_CANCELED);
  sim_run (p.sim, 100000);
  assert_int_equal (p.a->core->gate->undeleted.count, 1);
  assert_int_equal (p.b->core->gate->undeleted.count, 1);
  deletes_fail = false;
  sim_run (p.sim, 60000);
  assert_int_equal (p.a->core->gate->undeleted.count, 0);
  assert_int_equal (p.b->core->gate->undeleted.count, 0);
  sim_node_crash (p.a, false);
  sim_node_crash (p.b, false);
  assert_int_equal (sim_node_start (p.a), 0);
  assert_int_equal (sim_node_start (p.b), 0);
  assert_null (p.a->core->gate->first);
  assert_null (p.b->core->gate->first);
  sim_free (p.sim);
}

/* --- cut and crashed at every step --- */

static const int gate_frames[] = { CF_TALK_OPEN, CF_TALK_RECEIVED, CF_TALK_ACCEPT,    CF_TALK_YA,   CF_TALK_YB,    CF_TALK_TA,
                                   CF_TALK_TB,   CF_TALK_KEY,      CF_TALK_STATEMENT, CF_TALK_DONE, CF_TALK_OPENED };
#define FRAME_COUNT (sizeof gate_frames / sizeof gate_frames[0])

/* The path breaks with the Nth frame of a type and is mended a while later; right passwords. */
static void
cut_story (int type, int nth, uint64_t seed)
{
  struct trap trap = { .type = type, .nth = nth, .answer = SIM_FRAME_CUT };
  struct sim_command *open, *answer = NULL;
  struct pair p;

  begin (&p, seed);
  assert_int_equal (sim_do (p.b, "EXPECT", "x", p.fpr_a, NULL), 0);
  set_trap (&p, &trap);
  open = sim_call (p.a, "OPEN", "x", p.fpr_b, NULL);
  if (sim_run_until (p.sim, 10000, is_sprung, &trap)) {
    sim_run (p.sim, 11000); /* both notice */
    sim_cut (p.sim, p.a, p.b, false);
  }
  p.sim->frame = NULL;
  if (!sim_run_until (p.sim, 90000, both_open, &p))
    fail_msg ("frame %d (%d): a %zu open, b %zu open, a err %s", type, nth, count_open (p.a), count_open (p.b),
              gpg_strerror (open->err));
  assert_same_conversation (&p);
  assert_true (sim_wait (open, 1000));
  assert_int_equal (open->err, 0);
  sim_run (p.sim, 120000);
  assert_true (both_open (&p));
  sim_command_free (open);
  sim_command_free (answer);
  sim_free (p.sim);
}

static void
test_cut_each_frame (void **state)
{
  (void) state;
  for (size_t i = 0; i < FRAME_COUNT; i++)
    for (int nth = 1; nth <= (gate_frames[i] >= CF_TALK_KEY ? 2 : 1); nth++)
      cut_story (gate_frames[i], nth, 100 + i);
}

/* One side dies with the Nth frame of a type that WHO sends, and comes back. */
static void
crash_story (int type, int nth, bool crash_a, uint64_t seed)
{
  struct trap trap = { .type = type, .nth = nth, .answer = SIM_FRAME_DROP };
  struct sim_command *open;
  struct pair p;
  struct sim_node *victim;
  bool early;

  begin (&p, seed);
  assert_int_equal (sim_do (p.b, "EXPECT", "x", p.fpr_a, NULL), 0);
  set_trap (&p, &trap);
  open = sim_call (p.a, "OPEN", "x", p.fpr_b, NULL);
  assert_true (sim_run_until (p.sim, 10000, is_sprung, &trap));
  victim = crash_a ? p.a : p.b;
  /* Before RECEIVED the asker's request is only in memory; an expected one is accepted in the same instant. */
  early = crash_a && p.a->core->gate->first && p.a->core->gate->first->state == CF_REQUEST_CALLING;
  assert_true (!early || type <= CF_TALK_ACCEPT || (type == CF_TALK_KEY && nth == 1));
  sim_node_crash (victim, false);
  p.sim->frame = NULL;
  sim_run (p.sim, 2000);
  assert_int_equal (sim_node_start (victim), 0);
  if (early) {
    sim_run (p.sim, 60000);
    assert_int_equal (count_open (p.a) + count_open (p.b), 0);
  } else if (!sim_run_until (p.sim, 120000, both_open, &p))
    fail_msg ("frame %d (%d), %s died: a %zu open, b %zu open", type, nth, crash_a ? "asker" : "answerer",
              count_open (p.a), count_open (p.b));
  else {
    assert_same_conversation (&p);
    assert_can_talk (&p);
  }
  sim_command_free (open);
  sim_free (p.sim);
}

static void
test_crash_each_frame (void **state)
{
  (void) state;
  for (size_t i = 0; i < FRAME_COUNT; i++)
    for (int nth = 1; nth <= (gate_frames[i] >= CF_TALK_KEY ? 2 : 1); nth++) {
      crash_story (gate_frames[i], nth, true, 200 + i);
      crash_story (gate_frames[i], nth, false, 200 + i);
    }
}

static void
test_frames_twice (void **state)
{
  (void) state;
  for (size_t i = 0; i < FRAME_COUNT; i++) {
    struct trap trap = { .type = gate_frames[i], .answer = SIM_FRAME_TWICE };
    struct sim_command *open;
    struct pair p;

    begin (&p, 300 + i);
    set_trap (&p, &trap);
    open = ask (&p, "x");
    assert_ended (accept_it (&p, "x"), 10000, 0);
    assert_ended (open, 1000, 0);
    assert_true (both_open (&p));
    assert_same_conversation (&p);
    sim_free (p.sim);
  }
}

static void
test_key_revoked (void **state)
{
  struct pair p;

  (void) state;
  begin (&p, 504);
  sim_keys_set_state (p.a, &p.b->fpr, CF_KEY_REVOKED);
  assert_int_equal (gpg_err_code (sim_do (p.a, "OPEN", "x", p.fpr_b, NULL)), CF_ERR_KEY_REVOKED);
  assert_null (p.a->core->gate->first);
  sim_free (p.sim);
}

static void
test_pinentry_cancelled (void **state)
{
  struct sim_command *open;
  struct pair p;

  (void) state;
  begin (&p, 505);
  open = ask (&p, "x");
  sim_gpg_fail (p.b, cf_err (GPG_ERR_CANCELED));
  assert_ended (accept_it (&p, "x"), 10000, GPG_ERR_CANCELED);
  assert_ended (open, 5000, CF_ERR_REFUSED);
  assert_int_equal (count_open (p.a) + count_open (p.b), 0);
  sim_free (p.sim);
}

/* Whoever was missed more than once gets one new tunnel, and takes nobody's place. */
static void
test_missed (void **state)
{
  struct pair p;
  struct cf_gate *gate;

  (void) state;
  begin (&p, 30);
  gate = p.a->core->gate;
  for (int i = 0; i < CF_GATE_MISSED_MAX; i++)
    cf_gate_missed (p.a->core, &p.b->fpr);
  assert_int_equal (gate->missed.count, 1);
  cf_gate_missed (p.a->core, &p.a->fpr);
  assert_int_equal (gate->missed.count, 2);
  sim_run (p.sim, CF_GATE_MISSED_MS);
  assert_int_equal (gate->missed.count, 0);
  sim_free (p.sim);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_right_password),
    cmocka_unit_test (test_wrong_password),
    cmocka_unit_test (test_tries_left),
    cmocka_unit_test (test_refuse),
    cmocka_unit_test (test_missed),
    cmocka_unit_test (test_forgotten),
    cmocka_unit_test (test_joined_late),
    cmocka_unit_test (test_expect),
    cmocka_unit_test (test_expect_after),
    cmocka_unit_test (test_crossing),
    cmocka_unit_test (test_not_reachable),
    cmocka_unit_test (test_client_gone),
    cmocka_unit_test (test_lapse),
    cmocka_unit_test (test_not_deleted),
    cmocka_unit_test (test_withdraw),
    cmocka_unit_test (test_cut_each_frame),
    cmocka_unit_test (test_crash_each_frame),
    cmocka_unit_test (test_frames_twice),
    cmocka_unit_test (test_key_revoked),
    cmocka_unit_test (test_pinentry_cancelled),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
