/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_burst.c - stories of many messages at once: one transaction a turn, all of it or none, each once, in order. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/entry.h"
#include "core/intake.h"
#include "core/message.h"
#include "core/store/store_message.h"
#include "tests/sim/talk_story.h"

/* --- a disk that is full from the Nth row on --- */

static unsigned rows_left; /* 0: endless */

gpg_error_t __real_cf_store_message_add (struct cf_store *store, const struct cf_message_row *m);
gpg_error_t __wrap_cf_store_message_add (struct cf_store *store, const struct cf_message_row *m);

gpg_error_t
__wrap_cf_store_message_add (struct cf_store *store, const struct cf_message_row *m)
{
  if (rows_left == 1)
    return cf_err (GPG_ERR_ENOSPC);
  rows_left -= rows_left > 0;
  return __real_cf_store_message_add (store, m);
}

/* --- steps --- */

static struct pair
pair_new (uint64_t seed)
{
  struct pair p;

  pair_begin (&p, seed);
  pair_open (&p);
  return p;
}

/* COUNT lines "PREFIX0", "PREFIX1" ... ended by SEPARATOR each; to be freed. */
static char *
numbered (const char *prefix, size_t count, const char *separator)
{
  char *all = calloc (count + 1, strlen (prefix) + 12 + strlen (separator)), *end = all;

  for (size_t i = 0; i < count; i++)
    end += sprintf (end, "%s%s%zu", i ? separator : "", prefix, i);
  return all;
}

static struct sim_command *
call_lines (struct pair *p, const char *prefix, size_t count, const char *wait)
{
  char *lines = numbered (prefix, count, "\n");
  struct sim_command *call = sim_call (p->a, "SEND", lines, "--lines", wait, p->id, NULL);

  free (lines);
  return call;
}

/* B has had, in order, PREFIX0 ... and nothing else, as events say (history shows the last 1,000 only). */
static void
assert_came (struct pair *p, const char *prefix, size_t count)
{
  char text[40];
  size_t n = 0;

  for (size_t i = 0; i < json_array_size (p->b->events); i++) {
    json_t *e = json_array_get (p->b->events, i);

    if (strcmp (json_string_value (json_object_get (e, "event")), "message") != 0)
      continue;
    snprintf (text, sizeof text, "%s%zu", prefix, n++);
    assert_string_equal (json_string_value (json_object_get (e, "text")), text);
  }
  assert_int_equal (n, count);
}

static bool
all_delivered (void *arg)
{
  struct pair *p = arg;
  struct cf_conversation *conv = p->a->core ? conv_of (p->a, p->id) : NULL;

  return conv && conv->acked_sequence == conv->sent_sequence;
}

struct commits {
  unsigned done, lost;
};

static void
count_commit (void *arg, bool committed)
{
  struct commits *c = arg;

  c->done += committed;
  c->lost += !committed;
}

/* --- stories --- */

#define LINES 600

static void
test_lines (void **state)
{
  struct pair p = pair_new (1);
  struct sim_command *call;
  struct cf_message_counts counts;

  (void) state;
  watch (&p, CF_TALK_ENVELOPE, p.a, -1, SIM_FRAME_PASS);
  call = call_lines (&p, "m", LINES, "--wait=delivered");
  assert_true (sim_wait (call, 10000));
  assert_int_equal (call->err, 0);
  assert_int_equal (json_array_size (call->rows), LINES);
  assert_came (&p, "m", LINES);
  for (size_t i = 0; i < LINES; i++) { /* a row each, in order, by the ids that the other side has */
    char text[16];

    snprintf (text, sizeof text, "m%zu", i);
    assert_string_equal (sim_text (call, i, "state"), "delivered");
    assert_non_null (sim_event (p.b, 0, "message", "message", sim_text (call, i, "message")));
    assert_string_equal (json_string_value (json_object_get (
                           sim_event (p.b, 0, "message", "message", sim_text (call, i, "message")), "text")), text);
  }
  sim_command_free (call);
  /* The first as soon as it is worth it, so that gpg works meanwhile; then all the rest. */
  assert_int_equal (rule.envelopes, 2);
  counts = *cf_message_counts (p.b->core);
  assert_int_equal (counts.taken, LINES);
  assert_int_equal (counts.repeated + counts.gaps + counts.dropped + counts.forged, 0);
  pair_free (&p);
}

/* Empty lines are skipped; a last line needs no newline. */
static void
test_empty_lines (void **state)
{
  struct pair p = pair_new (2);

  (void) state;
  assert_int_equal (sim_do (p.a, "SEND", "\n\none\n\ntwo words\nthree\n\n", "--lines", "--wait=delivered", p.id, NULL), 0);
  assert_int_equal (sim_do (p.a, "SEND", "four", "--lines", "--wait=delivered", p.id, NULL), 0);
  assert_texts (p.b, p.id, "in", "one two words three four");
  pair_free (&p);
}

static void
test_refused (void **state)
{
  struct pair p = pair_new (3);
  char *many = numbered ("", CF_INTAKE_LINES_MAX + 1, "\n"), *just = numbered ("", CF_INTAKE_LINES_MAX, "\n");
  char *large = malloc (CF_TEXT_MAX + 8);
  struct sim_command *call;
  char reply[64];

  (void) state;
  memset (large, 'x', CF_TEXT_MAX + 1);
  strcpy (large + CF_TEXT_MAX + 1, "\ny\n");
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "\n\n", "--lines", p.id, NULL)), GPG_ERR_NO_DATA);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "", "--lines", p.id, NULL)), GPG_ERR_NO_DATA);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "a\n\xff\nb", "--lines", p.id, NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", large, "--lines", p.id, NULL)), GPG_ERR_TOO_LARGE);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", many, "--lines", p.id, NULL)), GPG_ERR_TOO_MANY);
  call = sim_call (p.a, "SEND", "first", "--wait=delivered", p.id, NULL);
  assert_true (sim_wait (call, 5000));
  snprintf (reply, sizeof reply, "--reply-to=%s", sim_text (call, 0, "message"));
  sim_command_free (call);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "x", "--lines", reply, p.id, NULL)), GPG_ERR_CONFLICT);
  assert_int_equal (conv_of (p.a, p.id)->sent_sequence, 1);
  assert_int_equal (sim_do (p.a, "SEND", just, "--lines", "--wait=queued", p.id, NULL), 0);
  assert_int_equal (conv_of (p.a, p.id)->sent_sequence, 1 + CF_INTAKE_LINES_MAX);
  free (many);
  free (just);
  free (large);
  pair_free (&p);
}

#define CLIENTS 50

/* However many clients speak in one turn: one commit, and an answer for each. */
static void
test_one_commit (void **state)
{
  struct pair p = pair_new (4);
  struct sim_command *calls[CLIENTS];
  static struct commits commits;
  char text[16];

  (void) state;
  sim_cut (p.sim, p.a, p.b, true); /* so that nothing else is written */
  sim_run (p.sim, 60000);
  cf_store_on_commit (p.a->core->store, count_commit, &commits);
  commits = (struct commits) { 0, 0 };
  for (size_t i = 0; i < CLIENTS; i++) {
    snprintf (text, sizeof text, "m%zu", i);
    calls[i] = sim_call (p.a, "SEND", text, "--wait=queued", p.id, NULL);
  }
  for (size_t i = 0; i < CLIENTS; i++) {
    assert_true (sim_wait (calls[i], 10));
    assert_int_equal (calls[i]->err, 0);
    assert_string_equal (sim_text (calls[i], 0, "state"), "queued");
    sim_command_free (calls[i]);
  }
  assert_int_equal (commits.done, 1);
  assert_int_equal (commits.lost, 0);
  sim_cut (p.sim, p.a, p.b, false);
  assert_true (sim_run_until (p.sim, 60000, all_delivered, &p));
  assert_came (&p, "m", CLIENTS);
  pair_free (&p);
}

/* COUNT clients hand over a text each, now. */
static void
hand_over (struct pair *p, size_t count, struct sim_command **calls)
{
  for (size_t i = 0; i < count; i++)
    calls[i] = sim_call (p->a, "SEND", "one of many", "--wait=queued", p->id, NULL);
}

static void
end_all (struct sim_command **calls, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    assert_true (calls[i]->finished);
    assert_int_equal (calls[i]->err, 0);
    sim_command_free (calls[i]);
  }
}

/* Those who have written together once are waited for, a moment; who writes alone is not. */
static void
test_crowd (void **state)
{
  struct pair p = pair_new (5);
  struct sim_command *calls[8];
  static struct commits commits;

  (void) state;
  sim_cut (p.sim, p.a, p.b, true);
  sim_run (p.sim, 60000);
  cf_store_on_commit (p.a->core->store, count_commit, &commits);
  commits = (struct commits) { 0, 0 };
  hand_over (&p, 5, calls);
  sim_run (p.sim, 0);
  assert_int_equal (commits.done, 1);
  end_all (calls, 5);

  hand_over (&p, 3, calls); /* three of them are back, and the others a little later */
  sim_run (p.sim, CF_INTAKE_GATHER_MS - 1);
  assert_int_equal (commits.done, 1);
  hand_over (&p, 2, calls + 3);
  sim_run (p.sim, 0);
  assert_int_equal (commits.done, 2);
  end_all (calls, 5);

  hand_over (&p, 1, calls); /* one is back, and nobody comes any more */
  sim_run (p.sim, CF_INTAKE_GATHER_MS - 1);
  assert_int_equal (commits.done, 2);
  sim_run (p.sim, 1);
  assert_int_equal (commits.done, 3);
  end_all (calls, 1);

  hand_over (&p, 1, calls);
  sim_run (p.sim, 0);
  assert_int_equal (commits.done, 4);
  end_all (calls, 1);
  pair_free (&p);
}

/* The disk is full at some row of the group: each command in it fails, nothing of it is there or goes out, and what
   comes afterwards takes up where the last good one ended. */
static void
test_disk_full (void **state)
{
  static const unsigned at[] = { 1, 2, 3, 100, 280, 302, 303 }; /* of 303 rows; from 256 on gpg has begun */
  struct pair p = pair_new (5);
  struct sim_command *calls[4];
  struct cf_conversation *conv = conv_of (p.a, p.id);
  size_t events, expected = 0;
  char text[16];

  (void) state;
  for (size_t n = 0; n < sizeof at / sizeof *at; n++) {
    uint64_t sent = conv->sent_sequence;

    events = json_array_size (p.a->events);
    calls[0] = sim_call (p.a, "SEND", "lost", "--wait=delivered", p.id, NULL);
    calls[1] = sim_call (p.a, "SEND", "lost", "--wait=queued", p.id, NULL);
    calls[2] = call_lines (&p, "lost", 300, "--wait=sent");
    calls[3] = sim_call (p.a, "SEND", "lost", "--wait=queued", p.id, NULL);
    rows_left = at[n];
    for (size_t i = 0; i < 4; i++) {
      assert_true (sim_wait (calls[i], 1000));
      assert_int_equal (gpg_err_code (calls[i]->err), GPG_ERR_ENOSPC);
      assert_int_equal (json_array_size (calls[i]->rows), 0);
      sim_command_free (calls[i]);
    }
    rows_left = 0;
    sim_run (p.sim, 1000);
    assert_int_equal (conv->sent_sequence, sent);
    assert_int_equal (json_array_size (p.a->events), events);
    snprintf (text, sizeof text, "m%zu", expected++);
    say (p.a, p.id, text, "--wait=delivered");
    assert_int_equal (conv->sent_sequence, sent + 1);
  }
  assert_came (&p, "m", expected);
  assert_int_equal (count_bad (p.b, p.id), 0);
  assert_int_equal (cf_message_counts (p.b->core)->gaps, 0);
  pair_free (&p);
}

/* The other side's disk is full in the middle of an envelope: nothing of it is taken, it comes again. */
static void
test_their_disk_full (void **state)
{
  struct pair p = pair_new (6);
  struct sim_command *call = call_lines (&p, "m", 300, "--wait=queued");

  (void) state;
  assert_true (sim_wait (call, 100));
  sim_command_free (call);
  rows_left = 100;
  sim_run (p.sim, 1000);
  assert_int_equal (conv_of (p.b, p.id)->received_sequence, 0);
  rows_left = 0;
  assert_true (sim_run_until (p.sim, 120000, all_delivered, &p));
  assert_came (&p, "m", 300);
  pair_free (&p);
}

/* kill -9 of the sender with the group in memory, on disk, sealed in part; of either side at each envelope. */
static void
test_kills (void **state)
{
  (void) state;
  for (int when = 0; when < 12; when++) {
    struct pair p = pair_new (20 + (uint64_t) when);
    struct sim_command *call;
    bool promised;

    watch (&p, when < 4 ? 0 : CF_TALK_ENVELOPE, p.a, when < 4 ? -1 : (when - 4) / 2 + 1, SIM_FRAME_PASS);
    p.sim->gpg_sign_ms = 3;
    call = call_lines (&p, "m", 1000, "--wait=queued");
    if (when == 1)
      sim_wait (call, 100); /* answered, and no more */
    else if (when && when < 4)
      sim_run (p.sim, (uint64_t) when * 4);
    else if (when)
      for (int i = 0; i < 1000 && !rule.happened; i++)
        sim_run (p.sim, 1);
    promised = call->finished && !call->err;
    assert_true (promised || when == 0);
    sim_command_free (call);
    sim_node_crash (when >= 4 && when % 2 ? p.b : p.a, when % 3 == 0);
    sim_run (p.sim, 50);
    assert_int_equal (sim_node_start (when >= 4 && when % 2 ? p.b : p.a), 0);
    assert_true (sim_run_until (p.sim, 180000, all_delivered, &p));
    assert_came (&p, "m", promised ? 1000 : 0);
    assert_int_equal (count_bad (p.b, p.id), 0);
    pair_free (&p);
  }
}

/* The text has been given, and is not on disk yet. */
static bool
handed_over (void *arg)
{
  struct sim_command *call = arg;

  return call->cmd.state != NULL;
}

/* Who hangs up before the commit has spoken all the same. */
static void
test_hang_up (void **state)
{
  struct pair p = pair_new (7);
  struct sim_command *call = call_lines (&p, "m", 3, "--wait=delivered");

  (void) state;
  assert_true (sim_run_until (p.sim, 100, handed_over, call));
  assert_int_equal (conv_of (p.a, p.id)->sent_sequence, 0);
  sim_command_free (call);
  sim_run (p.sim, 5000);
  assert_came (&p, "m", 3);
  pair_free (&p);
}

/* Nobody is there: the states so far are the answer. */
static void
test_timeout (void **state)
{
  struct pair p = pair_new (8);
  struct sim_command *call;

  (void) state;
  sim_cut (p.sim, p.a, p.b, true);
  sim_run (p.sim, 60000);
  call = sim_call (p.a, "SEND", "m0\nm1", "--lines", "--wait=delivered", "--timeout=5", p.id, NULL);
  assert_true (sim_wait (call, 6000));
  assert_int_equal (call->err, 0);
  assert_int_equal (json_array_size (call->rows), 2);
  assert_string_equal (sim_text (call, 0, "state"), "queued");
  assert_string_equal (sim_text (call, 1, "state"), "queued");
  sim_command_free (call);
  sim_cut (p.sim, p.a, p.b, false);
  assert_true (sim_run_until (p.sim, 60000, all_delivered, &p));
  assert_came (&p, "m", 2);
  pair_free (&p);
}

/* The conversation is deleted between the text and its commit. */
static void
test_deleted_meanwhile (void **state)
{
  struct pair p = pair_new (9);
  struct sim_command *send = sim_call (p.a, "SEND", "late", "--wait=queued", p.id, NULL);
  struct sim_command *other;

  (void) state;
  assert_true (sim_run_until (p.sim, 100, handed_over, send));
  other = sim_call (p.a, "DELETE", NULL, p.id, NULL);
  assert_true (sim_wait (send, 10000));
  assert_int_equal (gpg_err_code (send->err), CF_ERR_CLOSED);
  assert_true (sim_wait (other, 60000));
  assert_int_equal (other->err, 0);
  assert_came (&p, "m", 0);
  sim_command_free (send);
  sim_command_free (other);
  pair_free (&p);
}

/* Texts one after the other, 2 ms apart, share envelopes: each of these is followed by the next one when it
   is acknowledged, or 50 ms later where that takes long.  One alone waits for nothing. */
static void
test_gather (void **state)
{
  static const uint32_t latency_ms[] = { 10, 300 };
  char text[16];

  (void) state;
  for (size_t n = 0; n < 2; n++) {
    struct pair p = pair_new (10 + n);
    uint64_t begun_ms;

    p.sim->latency_ms = latency_ms[n];
    watch (&p, CF_TALK_ENVELOPE, p.a, -1, SIM_FRAME_PASS);
    begun_ms = p.a->env.now_ms;
    for (size_t i = 0; i < 100; i++) {
      snprintf (text, sizeof text, "m%zu", i);
      say (p.a, p.id, text, "--wait=queued");
      sim_run (p.sim, begun_ms + 2 * (i + 1) - p.a->env.now_ms);
      if (i == 0)
        assert_int_equal (rule.envelopes, 1);
    }
    assert_true (sim_run_until (p.sim, 10000, all_delivered, &p));
    assert_in_range (rule.envelopes, 4, n ? 6 : 12);
    assert_came (&p, "m", 100);
    pair_free (&p);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_lines),        cmocka_unit_test (test_empty_lines), cmocka_unit_test (test_refused),
    cmocka_unit_test (test_one_commit),   cmocka_unit_test (test_disk_full),   cmocka_unit_test (test_their_disk_full),
    cmocka_unit_test (test_kills),        cmocka_unit_test (test_hang_up),     cmocka_unit_test (test_timeout),
    cmocka_unit_test (test_deleted_meanwhile), cmocka_unit_test (test_gather), cmocka_unit_test (test_crowd),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
