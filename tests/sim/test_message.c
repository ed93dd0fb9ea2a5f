/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_message.c - stories of what is said: both ways, in order, exactly once, whatever is lost on the way. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/entry.h"
#include "core/message.h"
#include "core/store/store_message.h"
#include "tests/sim/talk_story.h"

static struct pair
pair_new (uint64_t seed)
{
  struct pair p;

  pair_begin (&p, seed);
  pair_open (&p);
  return p;
}

static void
test_both_ways (void **state)
{
  struct pair p = pair_new (1);
  struct sim_command *call, *rows;
  char reply[64];

  (void) state;
  call = sim_call (p.a, "SEND", "hello", "--wait=delivered", p.id, NULL);
  assert_true (sim_wait (call, 5000));
  assert_int_equal (call->err, 0);
  assert_string_equal (sim_text (call, 0, "state"), "delivered");
  snprintf (reply, sizeof reply, "--reply-to=%s", sim_text (call, 0, "message"));
  say (p.b, p.id, "hi yourself", "--wait=delivered");
  assert_int_equal (sim_do (p.b, "SEND", "a reply", reply, "--wait=delivered", p.id, NULL), 0);
  rows = history (p.a, p.id, NULL);
  assert_int_equal (json_array_size (rows->rows), 3);
  assert_string_equal (sim_text (rows, 0, "text"), "hello");
  assert_string_equal (sim_text (rows, 1, "direction"), "in");
  assert_string_equal (sim_text (rows, 1, "signature"), "valid");
  assert_string_equal (sim_text (rows, 2, "reply_to"), sim_text (call, 0, "message"));
  assert_non_null (sim_event (p.b, 0, "message", "text", "hello"));
  assert_non_null (sim_event (p.a, 0, "message_state", "state", "delivered"));
  sim_command_free (rows);
  sim_command_free (call);
  pair_free (&p);
}

static void
test_read_and_typing (void **state)
{
  struct pair p = pair_new (2);
  struct sim_command *call;
  size_t from;

  (void) state;
  say (p.a, p.id, "one", "--wait=delivered");
  say (p.a, p.id, "two", "--wait=delivered");
  assert_int_equal (cf_message_unread (p.b->core, conv_of (p.b, p.id)), 2);
  call = sim_call (p.a, "SEND", "three", "--wait=read", p.id, NULL);
  sim_run (p.sim, 1000);
  assert_false (call->finished);
  assert_int_equal (sim_do (p.b, "READ", NULL, p.id, NULL), 0);
  assert_true (sim_wait (call, 1000));
  assert_string_equal (sim_text (call, 0, "state"), "read");
  sim_command_free (call);
  assert_true (all_in_state (p.a, p.id, "out", "read"));
  assert_int_equal (cf_message_unread (p.b->core, conv_of (p.b, p.id)), 0);
  from = json_array_size (p.b->events);
  assert_int_equal (sim_do (p.a, "TYPING", NULL, p.id, "on", NULL), 0);
  sim_run (p.sim, 1000);
  assert_true (conv_of (p.b, p.id)->peer_typing);
  sim_run (p.sim, 6000);
  assert_false (conv_of (p.b, p.id)->peer_typing);
  assert_non_null (sim_event (p.b, from, "typing", NULL, NULL));
  /* What is said ends the typing at once. */
  assert_int_equal (sim_do (p.a, "TYPING", NULL, p.id, NULL), 0);
  say (p.a, p.id, "four", "--wait=delivered");
  assert_false (conv_of (p.b, p.id)->peer_typing);
  pair_free (&p);
}

#define BURST 2000

static void
test_burst (void **state)
{
  struct pair p = pair_new (3);
  static struct sim_command *calls[BURST];
  char text[32];
  size_t i, n = 0;

  (void) state;
  watch (&p, CF_TALK_ENVELOPE, p.a, -1, SIM_FRAME_PASS);
  for (i = 0; i < BURST; i++) {
    snprintf (text, sizeof text, "m%zu", i);
    calls[i] = sim_call (p.a, "SEND", text, "--wait=delivered", p.id, NULL);
  }
  for (i = 0; i < BURST; i++) {
    assert_true (sim_wait (calls[i], 60000));
    assert_int_equal (calls[i]->err, 0);
    sim_command_free (calls[i]);
  }
  assert_in_range (rule.envelopes, BURST / CF_ENVELOPE_ENTRIES_MAX, 20);
  for (i = 0; i < json_array_size (p.b->events); i++) {
    json_t *e = json_array_get (p.b->events, i);

    if (strcmp (json_string_value (json_object_get (e, "event")), "message") == 0) {
      snprintf (text, sizeof text, "m%zu", n++);
      assert_string_equal (json_string_value (json_object_get (e, "text")), text);
    }
  }
  assert_int_equal (n, BURST);
  pair_free (&p);
}

static void
test_offline_queue (void **state)
{
  struct pair p = pair_new (4);
  struct sim_command *call;
  char text[32], want[4000] = "";
  int i;

  (void) state;
  sim_cut (p.sim, p.a, p.b, true);
  sim_run (p.sim, 20000);
  watch (&p, CF_TALK_ENVELOPE, p.a, -1, SIM_FRAME_PASS);
  for (i = 0; i < 200; i++) {
    snprintf (text, sizeof text, "q%d", i);
    say (p.a, p.id, text, "--wait=queued");
    sprintf (want + strlen (want), "%s%s", i ? " " : "", text);
  }
  call = sim_call (p.a, "SEND", "late", "--wait=delivered", "--timeout=5", p.id, NULL);
  assert_true (sim_wait (call, 6000));
  assert_int_equal (call->err, 0);
  assert_string_equal (sim_text (call, 0, "state"), "queued");
  sim_command_free (call);
  sim_cut (p.sim, p.a, p.b, false);
  sim_run (p.sim, 90000);
  strcat (want, " late");
  assert_texts (p.b, p.id, "in", want);
  assert_true (all_in_state (p.a, p.id, "out", "delivered"));
  assert_in_range (rule.envelopes, 1, 4);
  pair_free (&p);
}

/* Each frame lost, doubled, or the path cut at it. */
static void
test_frames_lost (void **state)
{
  static const int types[] = { CF_TALK_ENVELOPE, CF_TALK_ACK, CF_TALK_NEED };
  static const int verdicts[] = { SIM_FRAME_DROP, SIM_FRAME_TWICE, SIM_FRAME_CUT };
  size_t t, v;
  int nth;

  (void) state;
  for (t = 0; t < 3; t++)
    for (v = 0; v < 3; v++)
      for (nth = 1; nth <= 3; nth++) {
        struct pair p = pair_new (100 + t * 9 + v * 3 + (size_t) nth);

        watch (&p, types[t], NULL, nth, verdicts[v]);
        say (p.a, p.id, "1", "--wait=queued");
        sim_run (p.sim, 20);
        say (p.a, p.id, "2", "--wait=queued");
        say (p.b, p.id, "back", "--wait=queued");
        sim_run (p.sim, 20);
        say (p.a, p.id, "3", "--wait=queued");
        sim_run (p.sim, 15000);
        sim_cut (p.sim, p.a, p.b, false);
        sim_run (p.sim, 100000);
        assert_texts (p.b, p.id, "in", "1 2 3");
        assert_texts (p.a, p.id, "in", "back");
        assert_true (all_in_state (p.a, p.id, "out", "delivered"));
        assert_true (all_in_state (p.b, p.id, "out", "delivered"));
        assert_int_equal (count_bad (p.b, p.id), 0);
        pair_free (&p);
      }
}

static bool
rule_happened (void *arg)
{
  (void) arg;
  return rule.happened;
}

/* kill -9 of either side at every frame, the frame lost or under way. */
static void
test_restarts (void **state)
{
  int nth, who, lost;

  (void) state;
  for (lost = 0; lost < 2; lost++)
    for (who = 0; who < 2; who++)
      for (nth = 1; nth <= 7; nth++) {
        struct pair p = pair_new (200 + (uint64_t) (lost * 20 + who * 10 + nth));
        struct sim_node *victim = who ? p.b : p.a;

        watch (&p, 0, NULL, nth, lost ? SIM_FRAME_DROP : SIM_FRAME_PASS);
        say (p.a, p.id, "1", "--wait=queued");
        say (p.a, p.id, "2", "--wait=queued");
        say (p.b, p.id, "back", "--wait=queued");
        sim_run_until (p.sim, 1000, rule_happened, NULL);
        sim_node_crash (victim, nth & 1);
        sim_run (p.sim, 2000);
        assert_int_equal (sim_node_start (victim), 0);
        say (p.a, p.id, "3", "--wait=queued");
        sim_run (p.sim, 120000);
        assert_texts (p.b, p.id, "in", "1 2 3");
        assert_texts (p.a, p.id, "in", "back");
        assert_true (all_in_state (p.a, p.id, "out", "delivered"));
        assert_true (all_in_state (p.b, p.id, "out", "delivered"));
        assert_int_equal (count_bad (p.b, p.id) + count_bad (p.a, p.id), 0);
        pair_free (&p);
      }
}

/* --- the end --- */

static void
test_close (void **state)
{
  struct pair p = pair_new (8);

  (void) state;
  say (p.a, p.id, "one", "--wait=delivered");
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.id, NULL), 0);
  sim_run (p.sim, 1000);
  assert_int_equal (conv_of (p.b, p.id)->state, CF_CONVERSATION_CLOSED);
  assert_true (conv_of (p.b, p.id)->closed_by_peer);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "late", p.id, NULL)), CF_ERR_CLOSED);
  assert_int_equal (gpg_err_code (sim_do (p.b, "SEND", "late", p.id, NULL)), CF_ERR_CLOSED);
  assert_texts (p.b, p.id, "in", "one");
  assert_non_null (sim_event (p.b, 0, "conversation", "state", "closed"));
  pair_free (&p);
}

/* Closed while the other is away with something unsaid: what was written before arrives, what the CLOSE does not
   name has failed. */
static void
test_close_apart (void **state)
{
  struct pair p = pair_new (9);
  struct sim_command *call;

  (void) state;
  sim_cut (p.sim, p.a, p.b, true);
  sim_run (p.sim, 20000);
  say (p.a, p.id, "last words", "--wait=queued");
  call = sim_call (p.b, "SEND", "unheard", "--wait=delivered", p.id, NULL);
  sim_run (p.sim, 1000);
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.id, NULL), 0);
  sim_node_crash (p.a, true);
  sim_cut (p.sim, p.a, p.b, false);
  sim_run (p.sim, 5000);
  assert_int_equal (sim_node_start (p.a), 0);
  sim_run (p.sim, 120000);
  assert_int_equal (conv_of (p.b, p.id)->state, CF_CONVERSATION_CLOSED);
  assert_texts (p.b, p.id, "in", "last words");
  assert_texts (p.a, p.id, "in", "");
  assert_true (all_in_state (p.a, p.id, "out", "delivered"));
  assert_true (all_in_state (p.b, p.id, "out", "failed"));
  assert_true (call->finished);
  assert_int_equal (gpg_err_code (call->err), CF_ERR_CLOSED);
  sim_command_free (call);
  pair_free (&p);
}

static bool
count_envelope (void *arg, const struct cf_envelope_row *e)
{
  (void) e;
  ++*(int *) arg;
  return true;
}

static int
waiting (struct sim_node *node)
{
  int n = 0;

  assert_int_equal (cf_store_envelope_waiting (node->core->store, count_envelope, &n), 0);
  return n;
}

static void
test_close_crossing (void **state)
{
  struct pair p = pair_new (10);

  (void) state;
  sim_cut (p.sim, p.a, p.b, true);
  sim_run (p.sim, 20000);
  say (p.a, p.id, "from a", "--wait=queued");
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.id, NULL), 0);
  assert_int_equal (sim_do (p.b, "CLOSE", NULL, p.id, NULL), 0);
  sim_cut (p.sim, p.a, p.b, false);
  sim_run (p.sim, 120000);
  assert_int_equal (waiting (p.a), 0);
  assert_int_equal (waiting (p.b), 0);
  assert_texts (p.b, p.id, "in", "");
  assert_true (all_in_state (p.a, p.id, "out", "failed"));
  pair_free (&p);
}

/* Deleted while the other is away: keys and history are gone, the CLOSE still arrives. */
static void
test_delete_apart (void **state)
{
  struct pair p = pair_new (11);

  (void) state;
  say (p.a, p.id, "one", "--wait=delivered");
  sim_node_crash (p.b, false);
  sim_run (p.sim, 20000);
  say (p.a, p.id, "two", "--wait=queued");
  assert_int_equal (sim_do (p.a, "DELETE", NULL, p.id, NULL), 0);
  assert_null (conv_of (p.a, p.id));
  assert_in_range (waiting (p.a), 1, 2);
  sim_node_crash (p.a, true);
  assert_int_equal (sim_node_start (p.a), 0);
  assert_int_equal (sim_node_start (p.b), 0);
  sim_run (p.sim, 120000);
  assert_int_equal (conv_of (p.b, p.id)->state, CF_CONVERSATION_CLOSED);
  assert_texts (p.b, p.id, "in", "one two");
  assert_int_equal (waiting (p.a), 0);
  pair_free (&p);
}

/* --- looking back --- */

/* What WORDS find among the messages of test_search, the oldest first: their letters; NULL: no words. */
static void
assert_finds (const struct pair *p, const char *words, const char *letters)
{
  char option[128], found[8] = "";
  struct sim_command *call;

  snprintf (option, sizeof option, "--search=%s", words);
  call = sim_call (p->a, "HISTORY", NULL, option, p->id, NULL);
  assert_true (sim_wait (call, 100));
  assert_int_equal (gpg_err_code (call->err), letters ? 0 : GPG_ERR_INV_VALUE);
  for (size_t i = 0; letters && i < json_array_size (call->rows); i++)
    found[i] = sim_text (call, i, "text")[0];
  if (letters && strcmp (found, letters) != 0)
    fail_msg ("%s finds \"%s\", not \"%s\"", words, found, letters);
  sim_command_free (call);
}

static void
test_search (void **state)
{
  static const char *const texts[] = { "A: Meet me in Zürich", "B: the quick fox, the lazy dog", "C: Straße, Documentation",
                                       "D: 今天我們去吃飯好嗎", "E: ﬁnal: เราไปกินข้าว" };
  static const char *const searches[][2] = {
    { "zürich", "A" },         { "ZURICH me", "A" },
    { "\"", NULL },            { "nothing", "" },
    { "quick OR lazy", "" },   { "NEAR/2 text:x* -fox", "" },
    { "lazy dog", "B" },       { "laz", "B" }, /* the beginning of a word */
    { "la", "" },              { "me", "A" }, /* short ones whole */
    { "ocumentation", "" },    { "strasse", "C" },
    { "STRASSE document", "C" }, { "STRASS document", "" }, { "吃飯", "D" }, /* where nothing is between words */
    { "飯吃", "" },             { "今天 好", "D" },
    { "ไปกิน", "E" },             { "final", "E" },
    { "c*", "C" },             { "^the qui", "B" },
  };
  struct pair p = pair_new (12);
  struct sim_command *call;
  char before[80];

  (void) state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    say (i % 2 ? p.b : p.a, p.id, texts[i], "--wait=delivered");
  for (size_t i = 0; i < sizeof searches / sizeof *searches; i++)
    assert_finds (&p, searches[i][0], searches[i][1]);
  for (const char *digit = "0123456789abcdef"; *digit; digit++) { /* what the index says of a conversation is no text */
    const char words[] = { 'i', 'n', *digit, 0 };

    assert_finds (&p, words, "");
  }
  call = history (p.a, p.id, NULL);
  snprintf (before, sizeof before, "--before=%s", sim_text (call, 1, "message"));
  sim_command_free (call);
  call = history (p.a, p.id, before);
  assert_int_equal (json_array_size (call->rows), 1);
  assert_string_equal (sim_text (call, 0, "text"), texts[0]);
  sim_command_free (call);
  pair_free (&p);
}

static void
test_export (void **state)
{
  struct pair p = pair_new (13);
  struct sim_command *call;
  char text[32];
  int i;

  (void) state;
  for (i = 0; i < 150; i++) { /* more than a page */
    snprintf (text, sizeof text, "e%d", i);
    say (i & 1 ? p.a : p.b, p.id, text, "--wait=delivered");
  }
  call = sim_call (p.a, "EXPORT", NULL, "--format=json", p.id, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (json_array_size (call->rows), 150);
  assert_string_equal (sim_text (call, 149, "text"), "e149");
  sim_command_free (call);
  call = sim_call (p.a, "EXPORT", NULL, p.id, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (json_array_size (call->rows), 150);
  assert_non_null (strstr (sim_text (call, 0, "mail"), "\n-----BEGIN PGP MESSAGE-----\n\n"));
  assert_non_null (strstr (sim_text (call, 149, "mail"), "\nX-Confab-Messages: 75-75\n"));
  assert_non_null (strstr (sim_text (call, 0, "mail"), "\nDate: Mon, 21 Sep 2026 ")); /* the simulator's epoch */
  sim_command_free (call);
  call = sim_call (p.a, "EXPORT", NULL, "--secret", p.id, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (strlen (sim_text (call, 0, "passphrase")), 2 * CF_GPG_PASSPHRASE_LEN);
  sim_command_free (call);
  pair_free (&p);
}

static void
test_refused_to_send (void **state)
{
  struct pair p = pair_new (14);
  char *longest = malloc (CF_TEXT_MAX + 2);

  (void) state;
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "", p.id, NULL)), GPG_ERR_NO_DATA);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "\xff", p.id, NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "x", "--wait=never", p.id, NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "x", "--reply-to=00", p.id, NULL)), GPG_ERR_NOT_FOUND);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "x", "--timeout=0", p.id, NULL)), GPG_ERR_INV_VALUE);
  memset (longest, 'x', CF_TEXT_MAX + 1);
  longest[CF_TEXT_MAX + 1] = 0;
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", longest, p.id, NULL)), GPG_ERR_TOO_LARGE);
  longest[CF_TEXT_MAX] = 0;
  say (p.a, p.id, longest, "--wait=delivered");
  assert_texts (p.b, p.id, "in", longest);
  free (longest);
  pair_free (&p);
}

/* A clock that jumps back changes nothing of the order. */
static void
test_clock_steps (void **state)
{
  struct pair p = pair_new (15);

  (void) state;
  say (p.a, p.id, "1", "--wait=delivered");
  p.a->skew_ms = -86400000;
  sim_run (p.sim, 1);
  say (p.a, p.id, "2", "--wait=delivered");
  p.b->skew_ms = 86400000;
  sim_run (p.sim, 1);
  say (p.a, p.id, "3", "--wait=delivered");
  assert_texts (p.b, p.id, "in", "1 2 3");
  pair_free (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_both_ways),
    cmocka_unit_test (test_read_and_typing),
    cmocka_unit_test (test_burst),
    cmocka_unit_test (test_offline_queue),
    cmocka_unit_test (test_frames_lost),
    cmocka_unit_test (test_restarts),
    cmocka_unit_test (test_close),
    cmocka_unit_test (test_close_apart),
    cmocka_unit_test (test_close_crossing),
    cmocka_unit_test (test_delete_apart),
    cmocka_unit_test (test_search),
    cmocka_unit_test (test_export),
    cmocka_unit_test (test_refused_to_send),
    cmocka_unit_test (test_clock_steps),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
