/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_session.c - a session against a daemon that does as the test says. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "tests/unit/ui/fake_daemon.h"
#include "ui/client/row.h"
#include "ui/client/session.h"

#define LINES_MAX 64

/* What one test sees of both ends. */
struct world {
  struct fake *fake;
  struct cf_session *session;
  /* the daemon's end */
  char lines[LINES_MAX][1024]; /* that are no answers to inquiries */
  struct fake_conn *from[LINES_MAX];
  size_t line_count;
  char said[4096]; /* D lines and END or CAN, joined */
  bool hold;       /* answer nothing */
  /* the session's end */
  enum cf_session_state state;
  char why[256];
  unsigned states, events;
  char heard[1024]; /* values of "n" of events */
};

static struct world *world;

/* One call. */
struct call {
  struct cf_call *call;
  unsigned rows, done;
  gpg_error_t err;
  char message[128], hint[128], name[64], text[4096];
  unsigned order;   /* of its end among all */
  struct cf_call **cancels; /* that it cancels at its first row, or NULL */
};

static unsigned order;

static bool
on_line (void *arg, struct fake_conn *conn, const char *line)
{
  struct world *w = arg;

  if (!strncmp (line, "D ", 2) || !strcmp (line, "END") || !strcmp (line, "CAN")) {
    strncat (w->said, line, sizeof w->said - strlen (w->said) - 1);
    if (*line == 'D')
      return true;
    return false; /* OK */
  }
  assert_true (w->line_count < LINES_MAX);
  snprintf (w->lines[w->line_count], sizeof w->lines[0], "%s", line);
  w->from[w->line_count++] = conn;
  if (!strncmp (line, "ASK ", 4)) {
    fake_say (conn, "INQUIRE %s", line + 4 + strspn (line + 4, "- "));
    return true;
  }
  return w->hold;
}

static void
on_state (void *arg, enum cf_session_state state, const struct cf_client_error *why)
{
  struct world *w = arg;

  w->state = state;
  w->states++;
  snprintf (w->why, sizeof w->why, "%s", why ? why->message : "");
}

static void
on_event (void *arg, const json_t *event)
{
  struct world *w = arg;
  char number[32];

  w->events++;
  snprintf (number, sizeof number, "%lld ", (long long) cf_row_number (event, "n"));
  strncat (w->heard, number, sizeof w->heard - strlen (w->heard) - 1);
}

static void
on_row (void *arg, const json_t *row)
{
  struct call *c = arg;

  c->rows++;
  snprintf (c->text, sizeof c->text, "%s", cf_row_text (row, "text"));
  if (c->cancels && *c->cancels) {
    cf_call_cancel (*c->cancels);
    *c->cancels = NULL;
  }
}

static void
on_done (void *arg, const struct cf_client_error *error)
{
  struct call *c = arg;

  c->done++;
  c->call = NULL;
  c->order = ++order;
  c->err = error->err;
  if (error->err) {
    snprintf (c->message, sizeof c->message, "%s", error->message);
    snprintf (c->hint, sizeof c->hint, "%s", error->hint);
    snprintf (c->name, sizeof c->name, "%s", error->name);
  }
}

static const struct cf_call_handler handler = { on_row, on_done };

static void
call (struct call *c, const char *verb, const char *word, const struct cf_answer *answers)
{
  const char *words[2] = { word, NULL };

  assert_int_equal (cf_session_call (world->session, verb, words, answers, &handler, c, &c->call), 0);
}

#define WAIT(cond) FAKE_WAIT (world->fake, world->session, cond)

static void
turns (unsigned n)
{
  while (n--) {
    fake_turn (world->fake, cf_session_fd (world->session));
    cf_session_dispatch (world->session);
  }
}

static void
start (bool start_daemon)
{
  struct cf_session_config config = { world->fake->home, start_daemon };
  struct cf_session_handler h = { on_state, on_event };

  assert_int_equal (cf_session_new (&config, &h, world, &world->session), 0);
}

static int
setup (void **state)
{
  (void) state;
  world = calloc (1, sizeof *world);
  world->fake = fake_new (on_line, world);
  order = 0;
  return 0;
}

static int
teardown (void **state)
{
  (void) state;
  cf_session_free (world->session);
  fake_free (world->fake);
  free (world);
  return 0;
}

/* The connection that the LINEth line came on. */
static struct fake_conn *
conn_of (const char *line)
{
  for (size_t i = world->line_count; i-- > 0;)
    if (!strncmp (world->lines[i], line, strlen (line)))
      return world->from[i];
  return NULL;
}

/* ---- calls ---- */

static void
test_ready (void **state)
{
  struct call a = { 0 }, b = { 0 }, c = { 0 };

  (void) state;
  world->fake->cursor = 41;
  start (false);
  call (&a, "ONE", "--x=1", NULL); /* before there is a connection */
  call (&b, "TWO", "a b%", NULL);
  assert_int_equal (cf_session_state (world->session), CF_SESSION_CONNECTING);
  WAIT (b.done);
  assert_int_equal (world->state, CF_SESSION_READY);
  assert_int_equal (world->states, 1);
  WAIT (world->fake->events);
  assert_int_equal (world->fake->since, 41);
  call (&c, "THREE", NULL, NULL);
  WAIT (c.done);
  assert_string_equal (world->lines[0], "ONE --x=1");
  assert_string_equal (world->lines[1], "TWO -- a%20b%25");
  assert_true (a.order == 1 && b.order == 2 && c.order == 3);
  assert_true (!a.err && !b.err && !c.err);
  assert_int_equal (world->fake->accepted, 2); /* short calls share one */
}

static void
test_patient_calls (void **state)
{
  struct call open = { 0 }, list = { 0 }, more[9] = { 0 };
  struct fake_conn *conn;

  (void) state;
  start (false);
  WAIT (world->state == CF_SESSION_READY);
  world->hold = true;
  call (&open, "OPEN", "somebody", NULL);
  WAIT (conn_of ("OPEN"));
  conn = conn_of ("OPEN");
  world->hold = false;
  call (&list, "LIST", NULL, NULL);
  WAIT (list.done);
  assert_int_equal (open.done, 0);
  fake_row (conn, "{\"text\":\"100 %\"}");
  fake_say (conn, "OK");
  WAIT (open.done);
  assert_string_equal (open.text, "100 %");
  WAIT (conn->fd < 0); /* its connection goes with it */
  world->hold = true;
  world->line_count = 0;
  for (size_t i = 0; i < 9; i++)
    call (&more[i], "OPEN", "x", NULL);
  WAIT (world->line_count == 8);
  turns (3);
  assert_int_equal (world->line_count, 8); /* the ninth waits for one of them */
  fake_say (world->from[3], "OK");
  WAIT (world->line_count == 9);
}

static void
test_send_order (void **state)
{
  struct call a = { 0 }, b = { 0 };
  const char *words[3] = { "--wait=queued", "c", NULL };

  (void) state;
  start (false);
  WAIT (world->state == CF_SESSION_READY);
  assert_int_equal (cf_session_call (world->session, "SEND", words, NULL, &handler, &a, NULL), 0);
  call (&b, "SEND", "c", NULL); /* waits for "sent": apart */
  WAIT (a.done && b.done);
  assert_ptr_not_equal (conn_of ("SEND --wait"), conn_of ("SEND -- c"));
}

static void
test_answers (void **state)
{
  char big[5000];
  struct cf_answer answers[] = { { "PASSWORD", "a%\n", 3 }, { "TEXT", big, sizeof big }, { NULL, NULL, 0 } };
  struct call a = { 0 }, b = { 0 }, c = { 0 };

  (void) state;
  memset (big, 'x', sizeof big);
  start (false);
  call (&a, "ASK", "PASSWORD", answers);
  WAIT (a.done);
  assert_string_equal (world->said, "D a%25%0AEND");
  *world->said = 0;
  call (&b, "ASK", "KEY", answers);
  WAIT (b.done);
  assert_string_equal (world->said, "CAN");
  *world->said = 0;
  call (&c, "ASK", "TEXT", answers);
  WAIT (c.done);
  assert_true (strlen (world->said) > 4000);
  cf_wipe (answers, sizeof answers);
}

static void
test_errors (void **state)
{
  struct call a = { 0 }, b = { 0 };
  const char *long_words[2] = { NULL, NULL };
  char word[2000];

  (void) state;
  start (false);
  world->hold = true;
  call (&a, "LIST", NULL, NULL);
  WAIT (conn_of ("LIST"));
  fake_say (conn_of ("LIST"), "# a comment");
  fake_error (conn_of ("LIST"), GPG_ERR_NOT_FOUND, "NOT_FOUND", "Nobody", "Ask");
  WAIT (a.done);
  assert_int_equal (gpg_err_code (a.err), GPG_ERR_NOT_FOUND);
  assert_string_equal (a.message, "Nobody");
  assert_string_equal (a.hint, "Ask");
  call (&b, "LIST", NULL, NULL); /* without words of its own */
  WAIT (world->line_count == 2);
  fake_say (conn_of ("LIST"), "ERR %u x", cf_err (GPG_ERR_ENOSPC));
  WAIT (b.done);
  assert_string_equal (b.name, "DISK_FULL");
  memset (word, 'a', sizeof word - 1);
  word[sizeof word - 1] = 0;
  long_words[0] = word;
  assert_int_equal (gpg_err_code (cf_session_call (world->session, "X", long_words, NULL, NULL, NULL, NULL)),
                    GPG_ERR_TOO_LARGE);
}

/* Every byte alone; a row in many lines; lines that mean nothing. */
static void
test_half_lines (void **state)
{
  static const char text[] = "S PROGRESS 1\nD {\"text\":\nD \"a%25b\"}%0A{\"text\"\nD :\"two\"}%0A\nBYE?\nOK done\n";
  struct call a = { 0 };

  (void) state;
  start (false);
  WAIT (world->state == CF_SESSION_READY);
  world->hold = true;
  call (&a, "LIST", NULL, NULL);
  WAIT (conn_of ("LIST"));
  for (size_t i = 0; i < sizeof text - 1; i++) {
    assert_int_equal (a.done, 0);
    fake_raw (conn_of ("LIST"), text + i, 1);
    turns (1);
  }
  WAIT (a.done);
  assert_int_equal (a.err, 0);
  assert_int_equal (a.rows, 2);
  assert_string_equal (a.text, "two");
}

static void
test_hostile_rows (void **state)
{
  struct call a = { 0 }, b = { 0 }, c = { 0 };
  char wide[10000];

  (void) state;
  start (false);
  WAIT (world->state == CF_SESSION_READY);
  world->hold = true;
  call (&a, "LIST", NULL, NULL);
  WAIT (conn_of ("LIST"));
  fake_row (conn_of ("LIST"), "7");
  fake_row (conn_of ("LIST"), "[{}]");
  fake_row (conn_of ("LIST"), "null");
  fake_row (conn_of ("LIST"), "{\"text\":7}");
  fake_say (conn_of ("LIST"), "OK");
  WAIT (a.done);
  assert_int_equal (a.rows, 1);
  assert_string_equal (a.text, "");
  call (&b, "BROKEN", NULL, NULL);
  WAIT (conn_of ("BROKEN"));
  fake_row (conn_of ("BROKEN"), "{\"text\":");
  WAIT (b.done);
  assert_int_equal (gpg_err_code (b.err), GPG_ERR_INV_RESPONSE);
  WAIT (world->state == CF_SESSION_READY); /* it comes back */
  call (&c, "WIDE", NULL, NULL);
  WAIT (conn_of ("WIDE"));
  memset (wide, 'x', sizeof wide);
  fake_raw (conn_of ("WIDE"), wide, sizeof wide); /* a line without end */
  WAIT (c.done);
  assert_int_equal (gpg_err_code (c.err), GPG_ERR_INV_RESPONSE);
}

/* ---- cancelling ---- */

static void
test_cancel (void **state)
{
  struct call waits = { 0 }, is_short = { 0 }, queued = { 0 }, after = { 0 };
  struct fake_conn *conn;

  (void) state;
  start (false);
  WAIT (world->state == CF_SESSION_READY);
  world->hold = true;
  call (&waits, "OPEN", "x", NULL);
  call (&is_short, "LIST", NULL, NULL);
  call (&queued, "NEVER", NULL, NULL);
  WAIT (conn_of ("OPEN") && conn_of ("LIST"));
  conn = conn_of ("OPEN");
  cf_call_cancel (waits.call);
  WAIT (conn->fd < 0); /* the daemon sees it */
  cf_call_cancel (queued.call);
  cf_call_cancel (is_short.call);
  cf_call_cancel (NULL);
  call (&after, "AFTER", NULL, NULL);
  turns (3);
  assert_null (conn_of ("AFTER")); /* the short one is carried out first */
  fake_row (conn_of ("LIST"), "{\"text\":\"unheard\"}");
  fake_say (conn_of ("LIST"), "INQUIRE PASSWORD");
  WAIT (conn_of ("AFTER"));
  assert_string_equal (world->said, "CAN");
  fake_say (conn_of ("AFTER"), "OK");
  WAIT (after.done);
  assert_null (conn_of ("NEVER"));
  assert_true (!waits.done && !is_short.done && !queued.done && !is_short.rows);
}

/* From inside its own row, and from inside another's. */
static void
test_cancel_inside (void **state)
{
  struct call self = { 0 }, other = { 0 }, victim = { 0 }, after = { 0 };

  (void) state;
  start (false);
  WAIT (world->state == CF_SESSION_READY);
  world->hold = true;
  self.cancels = &self.call;
  call (&self, "OPEN", "self", NULL);
  WAIT (conn_of ("OPEN -- self"));
  fake_say (conn_of ("OPEN -- self"), "D {}%%0A{}%%0A{}%%0A\nD {}%%0A\nOK");
  WAIT (self.rows);
  call (&victim, "OPEN", "victim", NULL);
  other.cancels = &victim.call;
  call (&other, "OPEN", "other", NULL);
  WAIT (conn_of ("OPEN -- victim") && conn_of ("OPEN -- other"));
  fake_row (conn_of ("OPEN -- victim"), "{}"); /* both are there at once */
  fake_say (conn_of ("OPEN -- victim"), "OK");
  fake_row (conn_of ("OPEN -- other"), "{}");
  fake_say (conn_of ("OPEN -- other"), "OK");
  WAIT (other.done);
  self.call = NULL;
  self.cancels = NULL;
  call (&after, "AFTER", NULL, NULL);
  WAIT (conn_of ("AFTER"));
  fake_say (conn_of ("AFTER"), "OK");
  WAIT (after.done);
  assert_int_equal (self.rows, 1);
  assert_int_equal (self.done, 0);
}

static void
test_free_in_the_middle (void **state)
{
  struct call a = { 0 }, b = { 0 }, c = { 0 };
  struct cf_answer answers[] = { { "PASSWORD", "secret", 6 }, { NULL, NULL, 0 } };

  (void) state;
  start (false);
  WAIT (world->state == CF_SESSION_READY);
  world->hold = true;
  call (&a, "OPEN", "x", answers);
  call (&b, "LIST", NULL, NULL);
  call (&c, "LIST", NULL, answers);
  WAIT (conn_of ("OPEN") && conn_of ("LIST"));
  cf_session_free (world->session);
  world->session = NULL;
  assert_true (!a.done && !b.done && !c.done);
}

/* ---- the daemon comes and goes ---- */

static void
test_killed_and_back (void **state)
{
  struct call waits = { 0 }, is_short = { 0 }, queued = { 0 };

  (void) state;
  world->fake->cursor = 10;
  start (false);
  WAIT (world->fake->events);
  fake_event (world->fake, true, "message", "\"n\":11");
  fake_event (world->fake, false, "typing", "\"n\":0");
  fake_event (world->fake, true, "message", "\"n\":12");
  WAIT (world->events == 3);
  world->hold = true;
  call (&waits, "OPEN", "x", NULL);
  call (&is_short, "LIST", NULL, NULL);
  call (&queued, "LATER", NULL, NULL);
  WAIT (conn_of ("OPEN") && conn_of ("LIST"));
  fake_stop (world->fake);
  WAIT (waits.done && is_short.done);
  assert_string_equal (is_short.name, "CONNECTION_LOST");
  assert_string_equal (waits.message, "Confab's daemon has ended");
  WAIT (world->state == CF_SESSION_CONNECTING);
  assert_int_equal (queued.done, 0);
  world->fake->cursor = 15; /* three were missed */
  fake_start (world->fake);
  WAIT (conn_of ("LATER")); /* what was not sent waits */
  fake_say (conn_of ("LATER"), "OK");
  WAIT (queued.done && world->fake->events);
  assert_int_equal (queued.err, 0);
  assert_int_equal (world->state, CF_SESSION_READY);
  assert_int_equal (world->fake->since, 12);
  fake_row (world->fake->events, "{\"event\":\"message\",\"cursor\":13,\"n\":13}");
  fake_row (world->fake->events, "{\"event\":\"message\",\"n\":14}"); /* without a cursor */
  fake_row (world->fake->events, "{\"event\":\"message\",\"cursor\":\"x\",\"n\":15}");
  WAIT (world->events == 6);
  assert_string_equal (world->heard, "11 0 12 13 14 15 ");
}

/* The events' connection alone ends: the daemon had no patience. */
static void
test_events_end (void **state)
{
  (void) state;
  start (false);
  WAIT (world->fake->events);
  fake_event (world->fake, true, "message", "\"n\":1");
  WAIT (world->events == 1);
  fake_error (world->fake->events, GPG_ERR_TOO_LARGE, "TOO_LARGE", "Too slow", "");
  world->fake->events = NULL;
  WAIT (world->fake->events);
  assert_int_equal (world->fake->since, 1);
  WAIT (world->state == CF_SESSION_READY);
  /* One that cannot be read is not asked for again. */
  world->fake->cursor = 7;
  fake_row (world->fake->events, "{broken");
  world->fake->events = NULL;
  WAIT (world->fake->events);
  assert_int_equal (world->fake->since, 7);
}

static void
test_down (void **state)
{
  struct call before = { 0 }, in = { 0 }, cancelled = { 0 }, back = { 0 };

  (void) state;
  fake_stop (world->fake);
  start (false);
  call (&before, "LIST", NULL, NULL);
  WAIT (world->state == CF_SESSION_DOWN && before.done);
  assert_string_equal (before.name, "NOT_RUNNING");
  assert_string_equal (before.message, world->why);
  assert_non_null (cf_session_why (world->session));
  call (&in, "LIST", NULL, NULL);
  call (&cancelled, "LIST", NULL, NULL);
  assert_int_equal (in.done, 0); /* never from inside */
  cf_call_cancel (cancelled.call);
  WAIT (in.done);
  assert_string_equal (in.name, "NOT_RUNNING");
  assert_int_equal (cancelled.done, 0);
  fake_start (world->fake);
  cf_session_retry (world->session);
  assert_int_equal (world->state, CF_SESSION_CONNECTING);
  call (&back, "LIST", NULL, NULL);
  WAIT (back.done && world->state == CF_SESSION_READY);
  assert_int_equal (back.err, 0);
  assert_null (cf_session_why (world->session));
}

/* By itself, after a second. */
static void
test_down_and_back (void **state)
{
  (void) state;
  fake_stop (world->fake);
  start (false);
  WAIT (world->state == CF_SESSION_DOWN);
  fake_start (world->fake);
  WAIT (world->state == CF_SESSION_READY);
}

/* A daemon that ends as soon as it is used is not tried for ever. */
static void
test_short_lives (void **state)
{
  unsigned lives = 0;

  (void) state;
  start (false);
  while (world->state != CF_SESSION_DOWN) {
    WAIT (world->fake->events || world->state == CF_SESSION_DOWN);
    if (world->fake->events) {
      fake_stop (world->fake);
      fake_start (world->fake);
      lives++;
    }
  }
  assert_int_equal (lives, 3);
  assert_string_equal (world->why, "Confab's daemon has ended");
}

static void
test_daemon_missing (void **state)
{
  char *path = strdup (getenv ("PATH"));
  struct call a = { 0 };

  (void) state;
  if (access (CF_BINDIR "/confabd", X_OK) == 0) {
    free (path);
    skip (); /* one is installed, and would be started */
  }
  fake_stop (world->fake);
  setenv ("PATH", world->fake->home, 1);
  start (true);
  call (&a, "LIST", NULL, NULL);
  WAIT (a.done);
  setenv ("PATH", path, 1);
  free (path);
  assert_int_equal (world->state, CF_SESSION_DOWN);
  assert_string_equal (a.message, "Confab's daemon, confabd, was not found");
}

/* A daemon that listens and says nothing sensible. */
static void
test_senseless (void **state)
{
  (void) state;
  world->fake->state = NULL; /* STATUS goes to on_line, which says OK */
  start (false);
  WAIT (world->state == CF_SESSION_DOWN);
  assert_string_equal (world->why, "Confab's daemon gave an answer that makes no sense");
}

/* ---- identity and lock ---- */

static void
test_locked (void **state)
{
  (void) state;
  world->fake->state = "locked";
  world->hold = true;
  start (false);
  WAIT (conn_of ("UNLOCK"));
  assert_int_equal (world->state, CF_SESSION_LOCKED);
  assert_string_equal (world->why, "");
  fake_error (conn_of ("UNLOCK"), GPG_ERR_CANCELED, "CANCELED", "It was cancelled", "Try again");
  WAIT (*world->why);
  assert_string_equal (world->why, "It was cancelled");
  assert_int_equal (world->state, CF_SESSION_LOCKED);
  assert_int_equal (world->line_count, 1); /* it does not ask by itself again */
  cf_session_unlock (world->session);
  assert_string_equal (world->why, "");
  cf_session_unlock (world->session); /* under way: nothing */
  WAIT (world->line_count == 2);
  world->fake->state = "ready";
  fake_say (conn_of ("UNLOCK"), "OK");
  WAIT (world->state == CF_SESSION_READY);
  cf_session_unlock (world->session); /* READY: nothing */
  turns (2);
  assert_int_equal (world->line_count, 2);
}

static void
test_no_identity (void **state)
{
  struct call init = { 0 }, list = { 0 };

  (void) state;
  world->fake->state = "empty";
  start (false);
  WAIT (world->state == CF_SESSION_NO_IDENTITY);
  world->hold = true;
  call (&list, "LIST", NULL, NULL);
  WAIT (conn_of ("LIST"));
  fake_error (conn_of ("LIST"), GPG_ERR_NO_SECKEY, "NO_IDENTITY", "None", "");
  WAIT (list.done);
  call (&init, "INIT", "--identity=x", NULL);
  WAIT (conn_of ("INIT"));
  world->fake->state = "ready";
  world->fake->cursor = 3;
  fake_say (conn_of ("INIT"), "OK");
  WAIT (world->state == CF_SESSION_READY && world->fake->events);
  assert_int_equal (world->fake->since, 3);
}

/* Another client does it: seen by asking. */
static void
test_no_identity_elsewhere (void **state)
{
  (void) state;
  world->fake->state = "empty";
  start (false);
  WAIT (world->state == CF_SESSION_NO_IDENTITY);
  world->fake->state = "ready";
  WAIT (world->state == CF_SESSION_READY);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_ready, setup, teardown),
    cmocka_unit_test_setup_teardown (test_patient_calls, setup, teardown),
    cmocka_unit_test_setup_teardown (test_send_order, setup, teardown),
    cmocka_unit_test_setup_teardown (test_answers, setup, teardown),
    cmocka_unit_test_setup_teardown (test_errors, setup, teardown),
    cmocka_unit_test_setup_teardown (test_half_lines, setup, teardown),
    cmocka_unit_test_setup_teardown (test_hostile_rows, setup, teardown),
    cmocka_unit_test_setup_teardown (test_cancel, setup, teardown),
    cmocka_unit_test_setup_teardown (test_cancel_inside, setup, teardown),
    cmocka_unit_test_setup_teardown (test_free_in_the_middle, setup, teardown),
    cmocka_unit_test_setup_teardown (test_killed_and_back, setup, teardown),
    cmocka_unit_test_setup_teardown (test_events_end, setup, teardown),
    cmocka_unit_test_setup_teardown (test_down, setup, teardown),
    cmocka_unit_test_setup_teardown (test_down_and_back, setup, teardown),
    cmocka_unit_test_setup_teardown (test_short_lives, setup, teardown),
    cmocka_unit_test_setup_teardown (test_daemon_missing, setup, teardown),
    cmocka_unit_test_setup_teardown (test_senseless, setup, teardown),
    cmocka_unit_test_setup_teardown (test_locked, setup, teardown),
    cmocka_unit_test_setup_teardown (test_no_identity, setup, teardown),
    cmocka_unit_test_setup_teardown (test_no_identity_elsewhere, setup, teardown),
  };

  if (cf_secmem_setup ())
    return 1;
  return cmocka_run_group_tests (tests, NULL, NULL);
}
