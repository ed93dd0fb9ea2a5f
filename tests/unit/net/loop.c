/* SPDX-License-Identifier: GPL-3.0-or-later */
/* loop.c - see loop.h. */
#include "loop.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define DEADLINE_MS 10000

struct cf_env loop_env;
struct event_base *loop_base;

static bool stop;
static uint64_t give_up_ms;
static bool (*until) (void);
static struct cf_timer watch;

/* Look at the condition each millisecond. */
static void
on_watch (void *arg)
{
  (void) arg;
  if (until () || loop_env.now_ms >= give_up_ms)
    stop = true;
  else
    cf_timer_after (&loop_env, &watch, 1);
}

void
loop_begin (void)
{
  cf_env_system_init (&loop_env, CF_LOG_ERROR);
  loop_base = event_base_new ();
  assert_non_null (loop_base);
  cf_timer_init (&watch, on_watch, NULL);
}

void
loop_end (void)
{
  cf_timer_cancel (&loop_env, &watch);
  assert_true (cf_timers_next (&loop_env) == UINT64_MAX); /* nothing is left armed */
  event_base_free (loop_base);
}

void
run_until (bool (*condition) (void))
{
  stop = false;
  until = condition;
  cf_env_system_refresh (&loop_env);
  give_up_ms = loop_env.now_ms + DEADLINE_MS;
  cf_timer_after (&loop_env, &watch, 0);
  assert_int_equal (cf_io_run (&loop_env, loop_base, &stop), 0);
  assert_true (condition ());
}

static uint64_t quiet_until_ms;

static bool
is_quiet_over (void)
{
  return loop_env.now_ms >= quiet_until_ms;
}

void
run_for (uint64_t ms)
{
  cf_env_system_refresh (&loop_env);
  quiet_until_ms = loop_env.now_ms + ms;
  run_until (is_quiet_over);
}
