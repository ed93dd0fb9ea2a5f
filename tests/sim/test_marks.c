/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_marks.c - stories of what clients share and nobody else sees: drafts, pins, silence; and how they look history up. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/event.h"
#include "core/store/store_event.h"
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
restart (struct sim_node *node)
{
  sim_node_crash (node, false);
  assert_int_equal (sim_node_start (node), 0);
}

/* A's row of the conversation; borrowed until the next call. */
static json_t *
row_of (struct pair *p)
{
  static struct sim_command *call;

  if (call)
    sim_command_free (call);
  call = sim_call (p->a, "CONVERSATIONS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (json_array_size (call->rows), 1);
  return json_array_get (call->rows, 0);
}

static const char *
text_of (const json_t *row, const char *key)
{
  return json_string_value (json_object_get (row, key));
}

static bool
is (struct pair *p, const char *key)
{
  return json_is_true (json_object_get (row_of (p), key));
}

static void
test_pins_and_unread (void **state)
{
  struct pair p = pair_new (1);

  (void) state;
  assert_false (is (&p, "pinned"));
  assert_int_equal (sim_do (p.a, "PIN", NULL, p.id, NULL), 0);
  assert_int_equal (sim_do (p.a, "UNREAD", NULL, p.id, NULL), 0);
  assert_true (is (&p, "pinned"));
  assert_true (is (&p, "marked_unread"));
  restart (p.a);
  assert_true (is (&p, "pinned"));
  assert_true (is (&p, "marked_unread"));
  assert_int_equal (sim_do (p.a, "READ", NULL, p.id, NULL), 0);
  assert_int_equal (sim_do (p.a, "UNPIN", NULL, p.id, NULL), 0);
  assert_false (is (&p, "pinned"));
  assert_false (is (&p, "marked_unread"));
  pair_free (&p);
}

static void
test_silence_ends (void **state)
{
  struct pair p = pair_new (2);
  size_t from;

  (void) state;
  assert_int_equal (sim_do (p.a, "MUTE", NULL, p.id, NULL), 0);
  assert_true (is (&p, "muted"));
  assert_true (json_is_null (json_object_get (row_of (&p), "muted_until")));
  assert_int_equal (sim_do (p.a, "UNMUTE", NULL, p.id, NULL), 0);
  assert_false (is (&p, "muted"));
  assert_int_equal (gpg_err_code (sim_do (p.a, "MUTE", NULL, "--for=soon", p.id, NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (sim_do (p.a, "MUTE", NULL, "--for=3h", p.id, NULL), 0);
  restart (p.a);
  assert_true (is (&p, "muted"));
  assert_non_null (text_of (row_of (&p), "muted_until"));
  from = json_array_size (p.a->events);
  sim_run (p.sim, 3 * 3600 * 1000);
  assert_false (is (&p, "muted"));
  assert_non_null (sim_event (p.a, from, "conversation", "conversation", p.id));
  pair_free (&p);
}

static void
test_drafts (void **state)
{
  struct pair p = pair_new (3);
  json_t *event;

  (void) state;
  assert_int_equal (sim_do (p.a, "DRAFT", "half a sent", p.id, NULL), 0);
  event = sim_event (p.a, 0, "draft", "conversation", p.id);
  assert_non_null (event);
  assert_string_equal (text_of (event, "draft"), "half a sent");
  restart (p.a);
  assert_string_equal (text_of (row_of (&p), "draft"), "half a sent");
  assert_int_equal (gpg_err_code (sim_do (p.a, "DRAFT", "\xff", p.id, NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (sim_do (p.a, "DRAFT", "", p.id, NULL), 0);
  assert_null (text_of (row_of (&p), "draft"));
  pair_free (&p);
}

/* A says COUNT numbers, and one to B's answer that replies to it. */
static void
say_numbers (struct pair *p, int count)
{
  char text[16];

  for (int i = 1; i <= count; i++) {
    snprintf (text, sizeof text, "number n%d", i);
    say (p->a, p->id, text, "--wait=delivered");
  }
}

static char *
ask (struct pair *p, const char *verb, const char *option, const char *id, const char *argument)
{
  char whole[80], *joined = calloc (1, 1000);
  struct sim_command *call;

  assert_non_null (joined);
  snprintf (whole, sizeof whole, "%s%s", option, id);
  call = sim_call (p->a, verb, NULL, "--limit=3", whole, argument, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (call->err, 0);
  for (size_t i = 0; i < json_array_size (call->rows); i++)
    snprintf (joined + strlen (joined), 1000 - strlen (joined), "%s%s", i ? " " : "", sim_text (call, i, "text") + 7);
  sim_command_free (call);
  return joined;
}

#define assert_asked(p, verb, option, id, argument, want)                                                              \
  do {                                                                                                                 \
    char *got_ = ask (p, verb, option, id, argument);                                                                  \
    assert_string_equal (got_, want);                                                                                  \
    free (got_);                                                                                                       \
  } while (0)

static void
test_places_in_history (void **state)
{
  struct pair p = pair_new (4);
  struct sim_command *all;
  const char *fifth;
  char both[2][64];

  (void) state;
  say_numbers (&p, 9);
  all = history (p.a, p.id, NULL);
  fifth = sim_text (all, 4, "message");
  assert_asked (&p, "HISTORY", "--around=", fifth, p.id, "n4 n5 n6");
  assert_asked (&p, "HISTORY", "--after=", fifth, p.id, "n6 n7 n8");
  assert_asked (&p, "HISTORY", "--before=", fifth, p.id, "n2 n3 n4");
  assert_asked (&p, "HISTORY", "--around=", sim_text (all, 8, "message"), p.id, "n8 n9");
  assert_asked (&p, "HISTORY", "--around=", sim_text (all, 0, "message"), p.id, "n1 n2");
  assert_asked (&p, "SEARCH", "--before=", fifth, "number", "n4 n3 n2");
  snprintf (both[0], sizeof both[0], "--after=%s", fifth);
  snprintf (both[1], sizeof both[1], "--before=%s", fifth);
  assert_int_equal (gpg_err_code (sim_do (p.a, "HISTORY", NULL, both[0], both[1], p.id, NULL)), GPG_ERR_CONFLICT);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEARCH", NULL, "\"", NULL)), GPG_ERR_INV_VALUE);
  sim_command_free (all);
  pair_free (&p);
}

static void
test_quote_and_details (void **state)
{
  struct pair p = pair_new (5);
  struct sim_command *rows, *call;
  char reply[64];
  json_t *quote, *row;

  (void) state;
  say (p.a, p.id, "a question", "--wait=delivered");
  rows = history (p.b, p.id, NULL);
  snprintf (reply, sizeof reply, "--reply-to=%s", sim_text (rows, 0, "message"));
  assert_int_equal (sim_do (p.b, "SEND", "an answer", reply, "--wait=delivered", p.id, NULL), 0);
  sim_command_free (rows);
  rows = history (p.a, p.id, NULL);
  assert_true (json_is_null (json_object_get (json_array_get (rows->rows, 0), "quote")));
  quote = json_object_get (json_array_get (rows->rows, 1), "quote");
  assert_string_equal (text_of (quote, "text"), "a question");
  assert_string_equal (text_of (quote, "direction"), "out");
  assert_string_equal (text_of (quote, "author"), p.fpr_a);
  row = row_of (&p);
  assert_string_equal (text_of (json_object_get (row, "last_message"), "text"), "an answer");
  call = sim_call (p.a, "MESSAGE", NULL, p.id, sim_text (rows, 0, "message"), NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (call->err, 0);
  assert_string_equal (sim_text (call, 0, "signed_by"), text_of (row, "own_key"));
  assert_non_null (sim_text (call, 0, "delivered_at"));
  assert_true (json_integer_value (json_object_get (json_object_get (json_array_get (call->rows, 0), "envelope"), "bytes")) > 0);
  sim_command_free (call);
  assert_int_equal (gpg_err_code (sim_do (p.a, "MESSAGE", NULL, p.id, "00112233445566778899aabbccddeeff", NULL)),
                    GPG_ERR_NOT_FOUND);
  sim_command_free (rows);
  pair_free (&p);
}

/* --- events keep no words --- */

static void
hear (void *arg, json_t *event)
{
  json_array_append (arg, event);
}

static const json_t *
find_event (const json_t *events, const char *kind)
{
  const json_t *event, *found = NULL;
  size_t i;

  json_array_foreach (events, i, event)
    if (!strcmp (text_of (event, "event"), kind))
      found = event;
  return found;
}

static void
test_events_keep_no_words (void **state)
{
  struct pair p = pair_new (6);
  struct cf_event_listener *listener;
  json_t *heard = json_array ();
  struct cf_stmt *s;
  gpg_error_t err;

  (void) state;
  say (p.a, p.id, "rosebud", "--wait=delivered");
  assert_int_equal (sim_do (p.a, "DRAFT", "rosebud, once more", p.id, NULL), 0);
  assert_int_equal (sim_do (p.a, "PIN", NULL, p.id, NULL), 0);
  s = cf_store_event_walk (p.a->core->store, 0, 1000);
  while (cf_stmt_step (s, &err))
    assert_null (strstr (cf_column_text (s, 2), "rosebud"));
  assert_int_equal (err, 0);
  /* Who comes back is told them all the same. */
  assert_int_equal (cf_event_listen (p.a->core, 0, hear, heard, &listener), 0);
  sim_run (p.sim, 10);
  cf_event_unlisten (p.a->core, listener);
  assert_string_equal (text_of (find_event (heard, "message"), "text"), "rosebud");
  assert_string_equal (text_of (find_event (heard, "conversation"), "draft"), "rosebud, once more");
  assert_string_equal (text_of (json_object_get (find_event (heard, "conversation"), "last_message"), "text"), "rosebud");
  json_decref (heard);
  pair_free (&p);
}

/* --- settings --- */

static void
test_settings_of_manners (void **state)
{
  struct pair p = pair_new (7);

  (void) state;
  assert_int_equal (sim_do (p.b, "CONFIG", NULL, "receipts", "off", NULL), 0);
  assert_int_equal (sim_do (p.a, "CONFIG", NULL, "typing", "off", NULL), 0);
  assert_int_equal (gpg_err_code (sim_do (p.a, "CONFIG", NULL, "theme", "pink", NULL)), GPG_ERR_INV_VALUE);
  assert_non_null (sim_event (p.a, 0, "setting", "key", "typing"));
  say (p.a, p.id, "seen?", "--wait=delivered");
  assert_int_equal (sim_do (p.b, "READ", NULL, p.id, NULL), 0);
  assert_int_equal (sim_do (p.a, "TYPING", NULL, p.id, NULL), 0);
  sim_run (p.sim, 2000);
  assert_true (all_in_state (p.a, p.id, "out", "delivered"));
  assert_false (conv_of (p.b, p.id)->peer_typing);
  pair_free (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_pins_and_unread),
    cmocka_unit_test (test_silence_ends),
    cmocka_unit_test (test_drafts),
    cmocka_unit_test (test_places_in_history),
    cmocka_unit_test (test_quote_and_details),
    cmocka_unit_test (test_events_keep_no_words),
    cmocka_unit_test (test_settings_of_manners),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
