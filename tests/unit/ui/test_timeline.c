/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_timeline.c - a window of rows against a daemon that does as the test says.
 *
 * A copy of the window is kept by nothing but what the timeline tells; after
 * every step it must be the same as the window.
 */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "tests/unit/ui/fake_daemon.h"
#include "ui/client/timeline.h"

#define HISTORY_MAX 2000
#define VIEW_MAX 1000

struct message {
  int number;
  bool in, read, gone;
  const char *text, *extra;
};

struct world {
  struct fake *fake;
  struct cf_model *model;
  struct cf_timeline *timeline;
  struct message history[HISTORY_MAX];
  size_t history_len;
  unsigned asked;
  char last_line[256];
  bool hold;
  struct fake_conn *held;
  char held_line[256];
  /* what a view makes of what it is told */
  char view[VIEW_MAX][16];
  size_t view_len;
  unsigned resets, inserts, changes, removals, states, fails;
  size_t changed_at, changed_count;
  long jumped;
  gpg_err_code_t failed;
};

static struct world *world;

#define WAIT(cond) FAKE_WAIT (world->fake, cf_model_session (world->model), cond)

/* ---- the daemon's end ---- */

static void
say_message (struct fake_conn *conn, const struct message *m)
{
  char row[400];

  snprintf (row, sizeof row,
            "{\"message\":\"m%d\",\"conversation\":\"cc\",\"direction\":\"%s\",\"state\":\"%s\",\"text\":\"%s\"%s%s}",
            m->number, m->in ? "in" : "out", m->read ? "read" : "delivered", m->text ? m->text : "", m->extra ? "," : "",
            m->extra ? m->extra : "");
  fake_row (conn, row);
}

/* Where the message that LINE names after NAME stands; LEN when it names none. */
static size_t
named (const char *line, const char *name)
{
  const char *at = strstr (line, name);
  int number = at ? atoi (at + strlen (name)) : -1;

  for (size_t i = 0; at && i < world->history_len; i++)
    if (world->history[i].number == number && !world->history[i].gone)
      return i;
  return world->history_len;
}

static void
answer (struct fake_conn *conn, const char *line)
{
  size_t limit = (size_t) atoi (strstr (line, "--limit=") + 8), first, end = world->history_len;

  if (strstr (line, "--around=")) {
    size_t at = named (line, "--around=m");

    if (at == world->history_len) {
      fake_error (conn, GPG_ERR_NOT_FOUND, "NOT_FOUND", "No such message", "");
      return;
    }
    end = at + limit / 2 < end ? at + limit / 2 : end;
  } else if (strstr (line, "--before="))
    end = named (line, "--before=m");
  else if (strstr (line, "--after=")) {
    first = named (line, "--after=m") + 1;
    end = first + limit < end ? first + limit : end;
  }
  first = end > limit ? end - limit : 0;
  if (strstr (line, "--after="))
    first = named (line, "--after=m") + 1;
  for (size_t i = first; i < end; i++)
    if (!world->history[i].gone)
      say_message (conn, &world->history[i]);
  fake_say (conn, "OK");
}

static bool
on_line (void *arg, struct fake_conn *conn, const char *line)
{
  (void) arg;
  if (strncmp (line, "HISTORY ", 8))
    return false;
  world->asked++;
  snprintf (world->last_line, sizeof world->last_line, "%s", line);
  if (world->hold) {
    world->held = conn;
    snprintf (world->held_line, sizeof world->held_line, "%s", line);
  } else
    answer (conn, line);
  return true;
}

static void
let_go (void)
{
  WAIT (world->held);
  world->hold = false;
  answer (world->held, world->held_line);
  world->held = NULL;
}

/* ---- the view's end ---- */

static void
view_name (size_t at)
{
  snprintf (world->view[at], sizeof world->view[0], "%s", cf_row_text (cf_timeline_row (world->timeline, at), "message"));
}

static void
on_reset (void *arg)
{
  (void) arg;
  world->resets++;
  world->view_len = cf_timeline_count (world->timeline);
  for (size_t i = 0; i < world->view_len; i++)
    view_name (i);
}

static void
on_inserted (void *arg, size_t at, size_t count)
{
  (void) arg;
  world->inserts++;
  assert_true (at <= world->view_len && world->view_len + count <= VIEW_MAX);
  memmove (world->view[at + count], world->view[at], (world->view_len - at) * sizeof world->view[0]);
  world->view_len += count;
  for (size_t i = at; i < at + count; i++)
    view_name (i);
}

static void
on_changed (void *arg, size_t at, size_t count)
{
  (void) arg;
  world->changes++;
  world->changed_at = at;
  world->changed_count = count;
  assert_true (count && at + count <= world->view_len);
}

static void
on_removed (void *arg, size_t at, size_t count)
{
  (void) arg;
  world->removals++;
  assert_true (count && at + count <= world->view_len);
  memmove (world->view[at], world->view[at + count], (world->view_len - at - count) * sizeof world->view[0]);
  world->view_len -= count;
}

static void
on_state (void *arg)
{
  (void) arg;
  world->states++;
}

static void
on_jumped (void *arg, size_t at)
{
  (void) arg;
  world->jumped = (long) at;
}

static void
on_failed (void *arg, const struct cf_client_error *error)
{
  (void) arg;
  world->fails++;
  world->failed = gpg_err_code (error->err);
}

static void
check_view (void)
{
  assert_int_equal (world->view_len, cf_timeline_count (world->timeline));
  for (size_t i = 0; i < world->view_len; i++)
    assert_string_equal (world->view[i], cf_row_text (cf_timeline_row (world->timeline, i), "message"));
}

static const char *
id_at (size_t at)
{
  return cf_row_text (cf_timeline_row (world->timeline, at), "message");
}

/* ---- the stage ---- */

static void
add (int number, bool in, bool read)
{
  assert_true (world->history_len < HISTORY_MAX);
  world->history[world->history_len++] = (struct message){ .number = number, .in = in, .read = read };
}

/* HISTORY has COUNT messages, m0 ...; the window is at the newest. */
static void
open_window (size_t count)
{
  static const struct cf_timeline_handler handler = { on_reset, on_inserted, on_changed, on_removed,
                                                      on_state, on_jumped, on_failed };

  for (size_t i = 0; i < count; i++)
    add ((int) i, i % 2, true);
  assert_int_equal (cf_timeline_new (world->model, "cc", &handler, NULL, &world->timeline), 0);
  WAIT (world->resets && world->fake->events);
}

static int
setup (void **state)
{
  struct cf_session_config config = { NULL, false };

  (void) state;
  world = calloc (1, sizeof *world);
  world->jumped = -1;
  world->fake = fake_new (on_line, world);
  config.home = world->fake->home;
  assert_int_equal (cf_model_new (&config, &world->model), 0);
  return 0;
}

static int
teardown (void **state)
{
  (void) state;
  cf_timeline_free (world->timeline);
  cf_model_free (world->model);
  fake_free (world->fake);
  free (world);
  return 0;
}

/* A new message, in the history and as an event. */
static void
arrive (int number, bool in)
{
  char fields[200];

  add (number, in, false);
  snprintf (fields, sizeof fields,
            "\"conversation\":\"cc\",\"message\":\"m%d\",\"direction\":\"%s\",\"state\":\"delivered\",\"text\":\"\"", number,
            in ? "in" : "out");
  fake_event (world->fake, true, "message", fields);
}

/* ---- pages ---- */

static void
test_pages (void **state)
{
  (void) state;
  open_window (1000);
  assert_int_equal (cf_timeline_count (world->timeline), CF_TIMELINE_PAGE);
  assert_string_equal (id_at (0), "m940");
  assert_true (cf_timeline_at_newest (world->timeline) && !cf_timeline_at_oldest (world->timeline));
  for (unsigned i = 1; i <= 5; i++) {
    cf_timeline_older (world->timeline);
    cf_timeline_older (world->timeline); /* one is on its way: nothing */
    assert_true (cf_timeline_loading (world->timeline));
    WAIT (!cf_timeline_loading (world->timeline));
    check_view ();
    assert_int_equal (world->asked, i + 1);
  }
  assert_int_equal (cf_timeline_count (world->timeline), CF_TIMELINE_MAX);
  assert_string_equal (id_at (0), "m640");
  assert_false (cf_timeline_at_newest (world->timeline)); /* cut */
  assert_int_equal (world->removals, 1);
  cf_timeline_newer (world->timeline);
  WAIT (!cf_timeline_loading (world->timeline));
  check_view ();
  assert_string_equal (id_at (CF_TIMELINE_MAX - 1), "m999");
  assert_string_equal (id_at (0), "m700");
  cf_timeline_newer (world->timeline); /* a whole page came: whether that was all is not known */
  WAIT (cf_timeline_at_newest (world->timeline));
  cf_timeline_newer (world->timeline);
  assert_false (cf_timeline_loading (world->timeline));
  while (!cf_timeline_at_oldest (world->timeline)) {
    cf_timeline_older (world->timeline);
    WAIT (!cf_timeline_loading (world->timeline));
    check_view ();
  }
  assert_string_equal (id_at (0), "m0");
  assert_int_equal (cf_timeline_count (world->timeline), CF_TIMELINE_MAX);
  assert_int_equal (world->resets, 1);
  assert_int_equal (world->fails, 0);
  cf_timeline_newest (world->timeline);
  WAIT (world->resets == 2);
  check_view ();
  assert_string_equal (id_at (0), "m940");
}

static void
test_empty (void **state)
{
  (void) state;
  open_window (0);
  assert_int_equal (cf_timeline_count (world->timeline), 0);
  assert_true (cf_timeline_at_oldest (world->timeline) && cf_timeline_at_newest (world->timeline));
  assert_null (cf_timeline_row (world->timeline, 0));
  cf_timeline_older (world->timeline);
  cf_timeline_newer (world->timeline);
  assert_false (cf_timeline_loading (world->timeline));
  arrive (1, true);
  WAIT (cf_timeline_count (world->timeline) == 1);
  check_view ();
}

static void
test_jump (void **state)
{
  size_t at;

  (void) state;
  open_window (1000);
  cf_timeline_jump (world->timeline, "m950"); /* is there */
  assert_int_equal (world->jumped, 10);
  world->jumped = -1;
  cf_timeline_jump (world->timeline, "m500");
  WAIT (world->jumped >= 0);
  check_view ();
  assert_string_equal (id_at ((size_t) world->jumped), "m500");
  assert_true (!cf_timeline_at_newest (world->timeline) && !cf_timeline_at_oldest (world->timeline));
  assert_false (cf_timeline_find (world->timeline, "m999", &at));
  arrive (1000, true); /* behind the window */
  WAIT (cf_timeline_fresh (world->timeline) == 1);
  check_view ();
  cf_timeline_jump (world->timeline, "m7777");
  WAIT (world->fails == 1);
  assert_int_equal (world->failed, GPG_ERR_NOT_FOUND);
  assert_true (cf_timeline_find (world->timeline, "m500", &at)); /* it stays where it was */
  cf_timeline_newest (world->timeline);
  WAIT (cf_timeline_at_newest (world->timeline));
  assert_int_equal (cf_timeline_fresh (world->timeline), 0);
  assert_string_equal (id_at (cf_timeline_count (world->timeline) - 1), "m1000");
  world->jumped = -1;
  world->hold = true;
  cf_timeline_jump (world->timeline, "m100");
  WAIT (world->held);
  cf_timeline_jump (world->timeline, "m1000"); /* is there: at once, and the other one stays under way */
  assert_true (world->jumped >= 0);
  let_go ();
  WAIT (cf_timeline_find (world->timeline, "m100", &at));
  check_view ();
}

/* ---- events ---- */

static void
test_events (void **state)
{
  size_t at;

  (void) state;
  open_window (100);
  arrive (100, true);
  arrive (101, false);
  WAIT (cf_timeline_count (world->timeline) == CF_TIMELINE_PAGE + 2);
  check_view ();
  fake_event (world->fake, true, "message_state", "\"conversation\":\"cc\",\"message\":\"m101\",\"state\":\"read\"");
  WAIT (world->changes == 1);
  assert_int_equal (world->changed_at, 61);
  fake_event (world->fake, true, "message_state", "\"conversation\":\"cc\",\"message\":\"m101\",\"state\":\"read\"");
  fake_event (world->fake, true, "message_state", "\"conversation\":\"dd\",\"message\":\"m100\",\"state\":\"read\"");
  fake_event (world->fake, true, "message_state", "\"conversation\":\"cc\",\"message\":\"m5\",\"state\":\"read\"");
  fake_event (world->fake, true, "message_removed", "\"conversation\":\"cc\",\"message\":\"m77\"");
  WAIT (world->removals == 1);
  assert_int_equal (world->changes, 1); /* what says the same is not told */
  assert_false (cf_timeline_find (world->timeline, "m77", &at));
  check_view ();
  fake_event (world->fake, true, "message_changed",
              "\"conversation\":\"cc\",\"message\":\"m99\",\"direction\":\"in\",\"text\":\"other\",\"edited\":true");
  WAIT (world->changes == 2);
  assert_true (cf_timeline_find (world->timeline, "m99", &at) && at == world->changed_at);
  assert_string_equal (cf_row_text (cf_timeline_row (world->timeline, at), "text"), "other");
  assert_null (json_object_get (cf_timeline_row (world->timeline, at), "cursor"));
}

static void
test_quotes (void **state)
{
  size_t at;

  (void) state;
  open_window (10);
  fake_event (world->fake, true, "message",
              "\"conversation\":\"cc\",\"message\":\"m10\",\"direction\":\"in\",\"quote\":{\"message\":\"m3\",\"text\":\"old\"}");
  WAIT (cf_timeline_count (world->timeline) == 11);
  fake_event (world->fake, true, "message_changed",
              "\"conversation\":\"cc\",\"message\":\"m3\",\"direction\":\"in\",\"text\":\"\",\"deleted\":true");
  WAIT (world->changes == 2);
  assert_true (cf_timeline_find (world->timeline, "m10", &at));
  assert_true (cf_row_true (json_object_get (cf_timeline_row (world->timeline, at), "quote"), "deleted"));
}

static void
test_transfers (void **state)
{
  const json_t *attachment;
  size_t at;

  (void) state;
  add (0, true, true);
  world->history[0].extra = "\"kind\":\"file\",\"attachment\":{\"transfer\":\"m0\",\"state\":\"offered\"}";
  open_window (0);
  fake_event (world->fake, false, "transfer",
              "\"conversation\":\"cc\",\"message\":\"m0\",\"transfer\":\"m0\",\"state\":\"active\",\"done\":7");
  WAIT (world->changes == 1);
  assert_true (cf_timeline_find (world->timeline, "m0", &at));
  attachment = json_object_get (cf_timeline_row (world->timeline, at), "attachment");
  assert_string_equal (cf_row_text (attachment, "state"), "active");
  assert_int_equal (cf_row_number (attachment, "done"), 7);
  assert_string_equal (cf_row_text (cf_timeline_row (world->timeline, at), "kind"), "file");
  assert_null (json_object_get (attachment, "cursor"));
}

static void
test_read_marks (void **state)
{
  size_t at;

  (void) state;
  for (int i = 0; i < 10; i++)
    add (i, i != 6, i < 4); /* 0-3 read, 4 5 7 8 9 not, 6 is ours */
  open_window (0);
  assert_true (cf_timeline_first_unread (world->timeline, &at) && at == 4);
  fake_event (world->fake, true, "conversation", "\"conversation\":\"cc\",\"unread\":2");
  WAIT (world->changes == 2); /* 7, and 4 5 */
  assert_int_equal (world->changed_at, 4);
  assert_int_equal (world->changed_count, 2);
  assert_string_equal (cf_row_text (cf_timeline_row (world->timeline, 8), "state"), "delivered");
  fake_event (world->fake, true, "conversation", "\"conversation\":\"cc\",\"unread\":0");
  WAIT (world->changes == 3);
  assert_int_equal (world->changed_at, 8);
  assert_int_equal (world->changed_count, 2);
  assert_true (cf_timeline_first_unread (world->timeline, &at) && at == 4); /* the line stays until it was seen */
  cf_timeline_seen (world->timeline);
  assert_false (cf_timeline_first_unread (world->timeline, &at));
  arrive (10, false);
  arrive (11, true);
  arrive (12, true);
  WAIT (cf_timeline_count (world->timeline) == 13);
  assert_true (cf_timeline_first_unread (world->timeline, &at) && at == 11);
  fake_event (world->fake, true, "message_removed", "\"conversation\":\"cc\",\"message\":\"m11\"");
  WAIT (world->removals == 1);
  assert_true (cf_timeline_first_unread (world->timeline, &at) && at == 11);
  check_view ();
}

/* Unread ones reach back before the first page. */
static void
test_unread_far (void **state)
{
  size_t at;

  (void) state;
  for (int i = 0; i < 200; i++)
    add (i, true, i < 100);
  open_window (0);
  assert_true (cf_timeline_first_unread (world->timeline, &at) && at == 0);
  cf_timeline_older (world->timeline);
  WAIT (!cf_timeline_loading (world->timeline));
  assert_true (cf_timeline_first_unread (world->timeline, &at));
  assert_string_equal (id_at (at), "m100");
}

static void
test_hostile_rows (void **state)
{
  static const struct cf_timeline_handler handler = { .reset = on_reset, .inserted = on_inserted, .removed = on_removed };
  size_t at;

  (void) state;
  world->hold = true;
  assert_int_equal (cf_timeline_new (world->model, "cc", &handler, NULL, &world->timeline), 0);
  WAIT (world->held && world->fake->events);
  fake_row (world->held, "{}");
  fake_row (world->held, "{\"message\":7}");
  fake_row (world->held, "{\"message\":\"m1\",\"direction\":{},\"state\":[],\"quote\":\"x\",\"text\":null}");
  fake_row (world->held, "{\"message\":\"m2\",\"quote\":{\"message\":5}}");
  for (int i = 0; i < 400; i++) /* more than were asked for */
    say_message (world->held, &(struct message){ .number = 10 + i });
  fake_say (world->held, "OK");
  WAIT (world->resets);
  assert_int_equal (cf_timeline_count (world->timeline), CF_TIMELINE_MAX);
  fake_event (world->fake, true, "message", "\"conversation\":\"cc\"");
  fake_event (world->fake, true, "message", "\"conversation\":\"cc\",\"message\":[]");
  fake_event (world->fake, true, "message_changed", "\"conversation\":\"cc\",\"message\":\"m1\",\"text\":5");
  fake_event (world->fake, true, "message_state", "\"conversation\":\"cc\",\"message\":\"m1\",\"state\":5");
  fake_event (world->fake, true, "message_removed", "\"conversation\":\"cc\"");
  fake_event (world->fake, true, "conversation", "\"conversation\":\"cc\",\"unread\":-3");
  fake_event (world->fake, true, "message", "\"conversation\":\"cc\",\"message\":\"end\"");
  WAIT (cf_timeline_find (world->timeline, "end", &at));
  check_view ();
}

static void
test_deleted (void **state)
{
  (void) state;
  open_window (10);
  fake_event (world->fake, true, "conversation", "\"conversation\":\"cc\",\"deleted\":true");
  WAIT (world->resets == 2);
  assert_int_equal (cf_timeline_count (world->timeline), 0);
  check_view ();
}

/* ---- pages and events that cross ---- */

static void
test_crossing (void **state)
{
  size_t at;

  (void) state;
  open_window (200);
  world->hold = true;
  cf_timeline_older (world->timeline); /* m80 ... m139 */
  WAIT (world->held);
  arrive (200, true);
  fake_event (world->fake, true, "message_changed",
              "\"conversation\":\"cc\",\"message\":\"m100\",\"direction\":\"out\",\"text\":\"edited\"");
  fake_event (world->fake, true, "message_removed", "\"conversation\":\"cc\",\"message\":\"m101\"");
  WAIT (cf_timeline_find (world->timeline, "m200", &at));
  let_go (); /* the page is older than these events */
  WAIT (!cf_timeline_loading (world->timeline));
  check_view ();
  assert_true (cf_timeline_find (world->timeline, "m100", &at));
  assert_string_equal (cf_row_text (cf_timeline_row (world->timeline, at), "text"), "edited");
  assert_false (cf_timeline_find (world->timeline, "m101", &at));
  assert_true (cf_timeline_find (world->timeline, "m200", &at));
  assert_int_equal (at, cf_timeline_count (world->timeline) - 1);
}

/* The newest page, and a message that is in it as well as told. */
static void
test_crossing_newest (void **state)
{
  static const struct cf_timeline_handler handler = { .reset = on_reset, .inserted = on_inserted };

  (void) state;
  add (1, true, true);
  WAIT (world->fake->events);
  world->hold = true;
  assert_int_equal (cf_timeline_new (world->model, "cc", &handler, NULL, &world->timeline), 0);
  WAIT (world->held);
  arrive (2, true);
  let_go ();
  WAIT (cf_timeline_count (world->timeline) == 2);
  check_view ();
}

/* The daemon is away for a while: what is the same is not told. */
static void
test_resync (void **state)
{
  size_t at;

  (void) state;
  open_window (100);
  fake_stop (world->fake);
  WAIT (cf_session_state (cf_model_session (world->model)) == CF_SESSION_CONNECTING);
  assert_int_equal (cf_timeline_count (world->timeline), CF_TIMELINE_PAGE);
  add (100, true, false);
  add (101, true, false);
  world->history[70].gone = true;
  world->history[80].text = "edited";
  world->fake->cursor = 9;
  fake_start (world->fake);
  WAIT (cf_timeline_find (world->timeline, "m101", &at) && world->fake->events);
  check_view ();
  assert_int_equal (world->resets, 1);
  assert_int_equal (world->inserts, 2);
  assert_int_equal (world->changes, 1);
  assert_int_equal (world->removals, 1);
  assert_int_equal (at, CF_TIMELINE_PAGE);
  /* The events that were missed come too: old news. */
  fake_row (world->fake->events, "{\"event\":\"message\",\"cursor\":5,\"conversation\":\"cc\",\"message\":\"m3\","
                                 "\"direction\":\"in\",\"state\":\"delivered\"}");
  arrive (102, true);
  WAIT (cf_timeline_find (world->timeline, "m102", &at));
  assert_false (cf_timeline_find (world->timeline, "m3", &at));
  check_view ();
}

/* ... for so long that nothing is the same. */
static void
test_resync_far (void **state)
{
  (void) state;
  open_window (100);
  fake_stop (world->fake);
  WAIT (cf_session_state (cf_model_session (world->model)) == CF_SESSION_CONNECTING);
  for (int i = 100; i < 400; i++)
    add (i, true, false);
  fake_start (world->fake);
  WAIT (world->resets == 2);
  check_view ();
  assert_string_equal (id_at (cf_timeline_count (world->timeline) - 1), "m399");
}

/* A full window, and as many new rows as fit. */
static void
test_resync_full (void **state)
{
  size_t at;

  (void) state;
  open_window (1000);
  for (int i = 0; i < 4; i++) {
    cf_timeline_older (world->timeline);
    WAIT (!cf_timeline_loading (world->timeline));
  }
  assert_true (cf_timeline_at_newest (world->timeline));
  assert_int_equal (cf_timeline_count (world->timeline), CF_TIMELINE_MAX);
  fake_stop (world->fake);
  WAIT (cf_session_state (cf_model_session (world->model)) == CF_SESSION_CONNECTING);
  for (int i = 1000; i < 1290; i++)
    add (i, true, false);
  fake_start (world->fake);
  WAIT (cf_timeline_find (world->timeline, "m1289", &at));
  WAIT (!cf_timeline_loading (world->timeline));
  check_view ();
  assert_int_equal (cf_timeline_count (world->timeline), CF_TIMELINE_MAX);
  assert_string_equal (id_at (0), "m990");
  assert_int_equal (world->resets, 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_pages, setup, teardown),
    cmocka_unit_test_setup_teardown (test_empty, setup, teardown),
    cmocka_unit_test_setup_teardown (test_jump, setup, teardown),
    cmocka_unit_test_setup_teardown (test_events, setup, teardown),
    cmocka_unit_test_setup_teardown (test_quotes, setup, teardown),
    cmocka_unit_test_setup_teardown (test_transfers, setup, teardown),
    cmocka_unit_test_setup_teardown (test_read_marks, setup, teardown),
    cmocka_unit_test_setup_teardown (test_unread_far, setup, teardown),
    cmocka_unit_test_setup_teardown (test_hostile_rows, setup, teardown),
    cmocka_unit_test_setup_teardown (test_deleted, setup, teardown),
    cmocka_unit_test_setup_teardown (test_crossing, setup, teardown),
    cmocka_unit_test_setup_teardown (test_crossing_newest, setup, teardown),
    cmocka_unit_test_setup_teardown (test_resync, setup, teardown),
    cmocka_unit_test_setup_teardown (test_resync_far, setup, teardown),
    cmocka_unit_test_setup_teardown (test_resync_full, setup, teardown),
  };

  if (cf_secmem_setup ())
    return 1;
  return cmocka_run_group_tests (tests, NULL, NULL);
}
