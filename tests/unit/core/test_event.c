/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_event.c - events: after their commit, in order, again for who comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "core/event.h"
#include "core/store/store.h"
#include "core/store/store_event.h"

static const uint8_t key[CF_STORE_KEY_LEN];

struct heard {
  struct cf_core *core;
  struct cf_event_listener *listener;
  json_t *events;
  bool leave_at_first;
  bool answer; /* emit "echo" for every "tale" */
};

static void
on_event (void *arg, json_t *event)
{
  struct heard *h = arg;

  json_array_append (h->events, event);
  if (h->leave_at_first) {
    cf_event_unlisten (h->core, h->listener);
    h->listener = NULL;
  }
  if (h->answer && !strcmp (json_string_value (json_object_get (event, "event")), "tale"))
    assert_int_equal (cf_event_emit (h->core, "echo", true, json_object ()), 0);
}

struct fixture {
  struct cf_env env;
  struct cf_core core;
};

static void
open_store (struct fixture *f)
{
  assert_int_equal (cf_store_open (&f->env, ":memory:", key, &f->core.store), 0);
  assert_int_equal (cf_events_attach (f->core.events), 0);
}

static int
setup (void **state)
{
  struct fixture *f = calloc (1, sizeof *f);

  assert_non_null (f);
  f->env.now_utc_ms = 1700000000000;
  f->core.env = &f->env;
  assert_int_equal (cf_events_new (&f->core, &f->core.events), 0);
  *state = f;
  return 0;
}

static int
teardown (void **state)
{
  struct fixture *f = *state;

  cf_events_free (f->core.events);
  cf_store_close (f->core.store);
  free (f);
  return 0;
}

static void
listen_from (struct fixture *f, struct heard *h, uint64_t since)
{
  h->core = &f->core;
  h->events = json_array ();
  assert_int_equal (cf_event_listen (&f->core, since, on_event, h, &h->listener), 0);
  assert_int_equal (json_array_size (h->events), 0);
}

static void
run (struct fixture *f)
{
  while (cf_timers_next (&f->env) <= f->env.now_ms)
    cf_timers_run (&f->env);
}

static void
emit (struct fixture *f, const char *kind, bool durable, int n)
{
  assert_int_equal (cf_event_emit (&f->core, kind, durable, json_pack ("{s:i}", "n", n)), 0);
}

static json_int_t
field (const struct heard *h, size_t i, const char *name)
{
  return json_integer_value (json_object_get (json_array_get (h->events, i), name));
}

static void
test_live (void **state)
{
  struct fixture *f = *state;
  struct heard h = { 0 };
  json_t *first;

  open_store (f);
  listen_from (f, &h, UINT64_MAX);
  emit (f, "tale", true, 1);
  emit (f, "typing", false, 2);
  emit (f, "tale", true, 3);
  assert_int_equal (json_array_size (h.events), 3);
  first = json_array_get (h.events, 0);
  assert_string_equal (json_string_value (json_object_get (first, "event")), "tale");
  assert_string_equal (json_string_value (json_object_get (first, "at")), "2023-11-14T22:13:20.000Z");
  assert_int_equal (field (&h, 0, "cursor"), 1);
  assert_int_equal (field (&h, 1, "cursor"), 1);
  assert_int_equal (field (&h, 2, "cursor"), 2);
  cf_event_unlisten (&f->core, h.listener);
  emit (f, "tale", true, 4);
  assert_int_equal (json_array_size (h.events), 3);
  json_decref (h.events);
}

static void
test_heard_after_commit (void **state)
{
  struct fixture *f = *state;
  struct heard h = { 0 };

  open_store (f);
  listen_from (f, &h, UINT64_MAX);
  assert_int_equal (cf_store_begin (f->core.store), 0);
  emit (f, "tale", true, 1);
  emit (f, "typing", false, 2);
  assert_int_equal (json_array_size (h.events), 0);
  assert_int_equal (cf_store_commit (f->core.store), 0);
  assert_int_equal (json_array_size (h.events), 2);
  json_decref (h.events);
}

static void
test_rollback_takes_them_back (void **state)
{
  struct fixture *f = *state;
  struct heard h = { 0 };

  open_store (f);
  listen_from (f, &h, UINT64_MAX);
  assert_int_equal (cf_store_begin (f->core.store), 0);
  emit (f, "tale", true, 1);
  emit (f, "typing", false, 2);
  cf_store_rollback (f->core.store);
  assert_int_equal (json_array_size (h.events), 0);
  assert_int_equal (cf_events_cursor (f->core.events), 0);
  emit (f, "tale", true, 3);
  assert_int_equal (json_array_size (h.events), 1);
  assert_int_equal (field (&h, 0, "n"), 3);
  json_decref (h.events);
}

static void
test_who_comes_back_misses_nothing (void **state)
{
  struct fixture *f = *state;
  struct heard h = { 0 };

  open_store (f);
  for (int i = 1; i <= 200; i++) {
    emit (f, "tale", true, i);
    emit (f, "typing", false, i);
  }
  listen_from (f, &h, 50);
  emit (f, "tale", true, 201); /* before the first page */
  run (f);
  emit (f, "tale", true, 202);
  assert_int_equal (json_array_size (h.events), 152);
  for (size_t i = 0; i < 152; i++) {
    assert_int_equal (field (&h, i, "cursor"), 51 + i);
    assert_int_equal (field (&h, i, "n"), 51 + i);
  }
  json_decref (h.events);
}

static void
test_waits_for_the_store (void **state)
{
  struct fixture *f = *state;
  struct heard h = { 0 }, live = { 0 };

  listen_from (f, &h, 0);
  listen_from (f, &live, UINT64_MAX);
  assert_int_equal (gpg_err_code (cf_event_emit (&f->core, "tale", true, json_object ())), CF_ERR_LOCKED);
  emit (f, "network", false, 1);
  assert_int_equal (json_array_size (live.events), 1);
  open_store (f);
  emit (f, "tale", true, 2);
  run (f);
  assert_int_equal (json_array_size (h.events), 1);
  assert_int_equal (json_array_size (live.events), 2);
  emit (f, "tale", true, 3);
  assert_int_equal (json_array_size (h.events), 2);
  json_decref (h.events);
  json_decref (live.events);
}

static void
test_leaving_inside_and_answering (void **state)
{
  struct fixture *f = *state;
  struct heard leaver = { .leave_at_first = true }, answerer = { .answer = true }, last = { 0 };

  open_store (f);
  listen_from (f, &leaver, UINT64_MAX);
  listen_from (f, &answerer, UINT64_MAX);
  listen_from (f, &last, UINT64_MAX);
  emit (f, "tale", true, 1);
  emit (f, "tale", true, 2);
  assert_int_equal (json_array_size (leaver.events), 1);
  /* All hear them in the same order, the answer after its cause. */
  assert_int_equal (json_array_size (last.events), 4);
  for (size_t i = 0; i < 4; i++)
    assert_int_equal (field (&last, i, "cursor"), i + 1);
  assert_true (json_equal (last.events, answerer.events));
  json_decref (leaver.events);
  json_decref (answerer.events);
  json_decref (last.events);
}

static void
test_fields_do_not_shadow (void **state)
{
  struct fixture *f = *state;
  struct heard h = { 0 };

  open_store (f);
  listen_from (f, &h, UINT64_MAX);
  assert_int_equal (cf_event_emit (&f->core, "tale", true, json_pack ("{s:s, s:i}", "event", "x", "cursor", 99)), 0);
  assert_string_equal (json_string_value (json_object_get (json_array_get (h.events, 0), "event")), "tale");
  assert_int_equal (field (&h, 0, "cursor"), 1);
  json_decref (h.events);
}

static void
test_trimmed (void **state)
{
  struct fixture *f = *state;
  struct cf_stmt *s;
  gpg_error_t err;
  uint64_t last;

  open_store (f);
  assert_int_equal (cf_store_begin (f->core.store), 0);
  for (int i = 0; i < 100; i++)
    assert_int_equal (cf_store_event_add (f->core.store, 1, "{}", &last), 0);
  assert_int_equal (cf_store_event_trim (f->core.store, last, 10), 0);
  assert_int_equal (cf_store_commit (f->core.store), 0);
  s = cf_store_event_walk (f->core.store, 0, 100);
  assert_true (cf_stmt_step (s, &err));
  assert_int_equal (cf_column_int (s, 0), 91);
  cf_stmt_reset (s);
}

/* What cannot be told any more is not left out in silence. */
static void
test_gap (void **state)
{
  struct fixture *f = *state;
  struct heard old = { 0 }, strange = { 0 }, all = { 0 }, last = { 0 };
  uint64_t cursor = 0;

  open_store (f);
  assert_int_equal (cf_store_begin (f->core.store), 0);
  while (cursor < 102000)
    assert_int_equal (cf_store_event_add (f->core.store, 1, "{\"event\":\"tale\"}", &cursor), 0);
  assert_int_equal (cf_store_event_trim (f->core.store, cursor, 101950), 0); /* as little as can be: only 51 ... are left */
  assert_int_equal (cf_store_commit (f->core.store), 0);
  assert_int_equal (cf_events_attach (f->core.events), 0);
  listen_from (f, &old, 1999);
  listen_from (f, &strange, 999999999);
  listen_from (f, &last, 102000);
  run (f);
  assert_string_equal (json_string_value (json_object_get (json_array_get (old.events, 0), "event")), "gap");
  assert_int_equal (field (&old, 0, "since"), 1999);
  assert_int_equal (field (&old, 0, "cursor"), 2000);
  assert_int_equal (field (&old, 1, "cursor"), 2001);
  assert_int_equal (json_array_size (old.events), 100001);
  assert_int_equal (json_array_size (strange.events), 1);
  assert_int_equal (field (&strange, 0, "since"), 999999999);
  assert_int_equal (field (&strange, 0, "cursor"), 102000);
  emit (f, "tale", true, 1); /* it goes on with what is new */
  assert_int_equal (field (&strange, 1, "cursor"), 102001);
  assert_int_equal (json_array_size (last.events), 1);
  listen_from (f, &all, 0);
  run (f);
  assert_int_equal (field (&all, 0, "cursor"), 51); /* all that is kept, as it asked for */
  json_decref (old.events);
  json_decref (strange.events);
  json_decref (last.events);
  json_decref (all.events);
}

#define T(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (test_live),
    T (test_heard_after_commit),
    T (test_rollback_takes_them_back),
    T (test_who_comes_back_misses_nothing),
    T (test_waits_for_the_store),
    T (test_leaving_inside_and_answering),
    T (test_fields_do_not_shadow),
    T (test_trimmed),
    T (test_gap),
  };

  if (cf_secmem_setup ())
    return 1;
  return cmocka_run_group_tests_name ("event", tests, NULL, NULL);
}
