/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_timer.c - the pairing heap against a list that is searched naively. */
#include "unit.h"

#include <stdlib.h>

#define TIMERS 120
#define STEPS 6000

/* ------------------------------------------------- against a model --- */

struct modelled {
  struct cf_timer timer;
  struct world *world;
  uint64_t due_ms, order;
  bool armed, late;
};

struct world {
  struct cf_env env;
  uint64_t seed, order;
  bool running;
  size_t fired;
  struct modelled all[TIMERS];
};

static uint64_t
dice (struct world *w, uint64_t bound)
{
  return seeded_next (&w->seed) % bound;
}

/* Which one is next, of those that may fire in this run (or of all). */
static struct modelled *
model_first (struct world *w, bool with_late)
{
  struct modelled *best = NULL;

  for (size_t i = 0; i < TIMERS; i++) {
    struct modelled *m = &w->all[i];

    if (!m->armed || (m->late && !with_late))
      continue;
    if (!best || m->due_ms < best->due_ms || (m->due_ms == best->due_ms && m->order < best->order))
      best = m;
  }
  return best;
}

static void
check_next (struct world *w)
{
  struct modelled *first = model_first (w, true);

  assert_true (cf_timers_next (&w->env) == (first ? first->due_ms : UINT64_MAX));
}

static void
arm (struct world *w, struct modelled *m)
{
  uint64_t due_ms = w->env.now_ms + dice (w, 50);

  due_ms -= due_ms < 20 ? due_ms : 20; /* the past as well */
  cf_timer_arm (&w->env, &m->timer, due_ms);
  m->due_ms = due_ms;
  m->order = w->order++;
  m->armed = true;
  m->late = w->running && due_ms <= w->env.now_ms;
}

static void
cancel (struct world *w, struct modelled *m)
{
  cf_timer_cancel (&w->env, &m->timer);
  m->armed = m->late = false;
}

static void
random_step (struct world *w)
{
  struct modelled *m = &w->all[dice (w, TIMERS)];

  if (dice (w, 3))
    arm (w, m);
  else
    cancel (w, m);
  assert_true (m->timer.armed == m->armed);
  check_next (w);
}

static void
on_fire (void *arg)
{
  struct modelled *m = arg;
  struct world *w = m->world;

  assert_true (w->running);
  assert_ptr_equal (m, model_first (w, false));
  assert_true (m->due_ms <= w->env.now_ms);
  assert_false (m->timer.armed);
  m->armed = false;
  w->fired++;
  for (uint64_t n = dice (w, 4); n; n--)
    random_step (w);
}

static void
run (struct world *w)
{
  struct modelled *left;

  w->running = true;
  cf_timers_run (&w->env);
  w->running = false;
  left = model_first (w, false);
  assert_true (!left || left->due_ms > w->env.now_ms);
  for (size_t i = 0; i < TIMERS; i++)
    w->all[i].late = false;
  check_next (w);
}

static void
test_model (void **state)
{
  static struct world w;

  (void) state;
  for (uint64_t seed = 1; seed <= 5; seed++) {
    memset (&w, 0, sizeof w);
    w.seed = seed;
    w.env.now_ms = 1000;
    for (size_t i = 0; i < TIMERS; i++) {
      w.all[i].world = &w;
      cf_timer_init (&w.all[i].timer, on_fire, &w.all[i]);
    }
    for (size_t i = 0; i < STEPS; i++) {
      if (dice (&w, 8))
        random_step (&w);
      else {
        w.env.now_ms += dice (&w, 6);
        run (&w);
      }
    }
    assert_true (w.fired > STEPS / 20);
  }
}

/* ---------------------------------------------------- single cases --- */

struct trace {
  struct cf_env env;
  char order[32];
  size_t n;
};

struct named {
  struct cf_timer timer;
  struct trace *trace;
  char name;
  struct named *other;
};

static void
note (void *arg)
{
  struct named *t = arg;

  assert_true (t->trace->n < sizeof t->trace->order - 1);
  t->trace->order[t->trace->n++] = t->name;
}

static void
test_equals_in_order_of_arming (void **state)
{
  struct trace trace = { 0 };
  struct named t[5];

  (void) state;
  for (int i = 0; i < 5; i++) {
    t[i] = (struct named){ .trace = &trace, .name = (char) ('a' + i) };
    cf_timer_init (&t[i].timer, note, &t[i]);
    cf_timer_arm (&trace.env, &t[i].timer, 10);
  }
  cf_timer_arm (&trace.env, &t[0].timer, 10); /* moved: now it is the last */
  trace.env.now_ms = 9;
  cf_timers_run (&trace.env);
  assert_string_equal (trace.order, "");
  trace.env.now_ms = 10;
  cf_timers_run (&trace.env);
  assert_string_equal (trace.order, "bcdea");
}

static void
note_and_rearm (void *arg)
{
  struct named *t = arg;

  note (t);
  cf_timer_arm (&t->trace->env, &t->timer, 0);
}

static void
test_rearming_for_now_waits (void **state)
{
  struct trace trace = { .env = { .now_ms = 100 } };
  struct named a = { .trace = &trace, .name = 'a' }, b = { .trace = &trace, .name = 'b' };

  (void) state;
  cf_timer_init (&a.timer, note_and_rearm, &a);
  cf_timer_init (&b.timer, note, &b);
  cf_timer_arm (&trace.env, &a.timer, 50);
  cf_timer_arm (&trace.env, &b.timer, 60);
  cf_timers_run (&trace.env);
  /* a is armed again for 0, before b, and must not keep b from firing. */
  assert_string_equal (trace.order, "ab");
  assert_true (cf_timers_next (&trace.env) == 0);
  cf_timers_run (&trace.env);
  assert_string_equal (trace.order, "aba");
}

static void
note_and_free_both (void *arg)
{
  struct named *t = arg;

  note (t);
  cf_timer_cancel (&t->trace->env, &t->other->timer);
  free (t->other);
  free (t);
}

static void
test_callback_frees (void **state)
{
  struct trace trace = { 0 };

  (void) state;
  for (int i = 0; i < 8; i++) {
    struct named *a = malloc (sizeof *a), *b = malloc (sizeof *b);

    assert_non_null (a);
    assert_non_null (b);
    *a = (struct named){ .trace = &trace, .name = (char) ('a' + i), .other = b };
    *b = (struct named){ .trace = &trace, .name = '!' };
    cf_timer_init (&a->timer, note_and_free_both, a);
    cf_timer_init (&b->timer, note, b);
    cf_timer_arm (&trace.env, &b->timer, 2);
    cf_timer_arm (&trace.env, &a->timer, 1);
  }
  trace.env.now_ms = 2;
  cf_timers_run (&trace.env);
  assert_string_equal (trace.order, "abcdefgh");
  assert_true (cf_timers_next (&trace.env) == UINT64_MAX);
}

static void
late_then_cancel (void *arg)
{
  struct named *t = arg;

  /* Both are late; taking the root away must not bring the other into this run. */
  note (t);
  cf_timer_arm (&t->trace->env, &t->timer, 0);
  cf_timer_arm (&t->trace->env, &t->other->timer, 0);
  cf_timer_cancel (&t->trace->env, &t->timer);
}

static void
test_late_ones_stay_late (void **state)
{
  struct trace trace = { .env = { .now_ms = 5 } };
  struct named a = { .trace = &trace, .name = 'a' }, b = { .trace = &trace, .name = 'b' };

  (void) state;
  a.other = &b;
  cf_timer_init (&a.timer, late_then_cancel, &a);
  cf_timer_init (&b.timer, note, &b);
  cf_timer_arm (&trace.env, &a.timer, 1);
  cf_timers_run (&trace.env);
  assert_string_equal (trace.order, "a");
  assert_true (b.timer.armed);
  assert_false (a.timer.armed);
  cf_timers_run (&trace.env);
  assert_string_equal (trace.order, "ab");
}

static void
test_after_saturates (void **state)
{
  struct trace trace = { .env = { .now_ms = 1000 } };
  struct named a = { .trace = &trace, .name = 'a' };

  (void) state;
  cf_timer_init (&a.timer, note, &a);
  cf_timer_after (&trace.env, &a.timer, 7);
  assert_true (cf_timers_next (&trace.env) == 1007);
  cf_timer_after (&trace.env, &a.timer, UINT64_MAX - 10); /* would wrap to the past */
  assert_true (a.timer.due_ms == UINT64_MAX);
  cf_timers_run (&trace.env);
  assert_string_equal (trace.order, "");
  cf_timer_cancel (&trace.env, &a.timer);
  cf_timer_cancel (&trace.env, &a.timer); /* harmless */
  assert_false (a.timer.armed);
}

static void
test_many_without_recursion (void **state)
{
  const size_t n = 300000;
  struct trace trace = { 0 };
  struct cf_timer *t = calloc (n, sizeof *t);

  (void) state;
  assert_non_null (t);
  /* Each becomes a child of the first: one list of n - 1 siblings. */
  for (size_t i = 0; i < n; i++) {
    cf_timer_init (&t[i], note, NULL);
    cf_timer_arm (&trace.env, &t[i], i);
  }
  for (size_t i = 0; i < n; i++) {
    assert_true (cf_timers_next (&trace.env) == i);
    cf_timer_cancel (&trace.env, &t[i]);
  }
  assert_true (cf_timers_next (&trace.env) == UINT64_MAX);
  free (t);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_model),
    cmocka_unit_test (test_equals_in_order_of_arming),
    cmocka_unit_test (test_rearming_for_now_waits),
    cmocka_unit_test (test_callback_frees),
    cmocka_unit_test (test_late_ones_stay_late),
    cmocka_unit_test (test_after_saturates),
    cmocka_unit_test (test_many_without_recursion),
  };
  return cmocka_run_group_tests_name ("base/timer", tests, NULL, NULL);
}
