/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timer.h - deadlines on the injected monotonic clock.
 *
 * An intrusive pairing heap: arming never allocates, so it never fails, and a
 * machine embeds its timers.  The driver (libevent or the simulator) asks for
 * the next deadline and runs what is due.
 */
#ifndef CF_BASE_TIMER_H
#define CF_BASE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct cf_env;

struct cf_timer {
  uint64_t due_ms;
  uint64_t order; /* armed earlier fires earlier among equals */
  void (*fire) (void *arg);
  void *arg;
  struct cf_timer *child, *next, *prev;
  bool armed;
};

struct cf_timers {
  struct cf_timer *root;
  struct cf_timer *late; /* armed during a run for a time not in the future */
  uint64_t armed_count;
  bool running;
};

/* Prepare T; FIRE is called with ARG when it is due.  FIRE may arm T again,
   and may free what holds T. */
void cf_timer_init (struct cf_timer *t, void (*fire) (void *arg), void *arg);

/* Arm T for DUE_MS, absolute on env->now_ms; an armed timer is moved. */
void cf_timer_arm (struct cf_env *env, struct cf_timer *t, uint64_t due_ms);

/* Arm T for DELAY_MS from now. */
void cf_timer_after (struct cf_env *env, struct cf_timer *t, uint64_t delay_ms);

/* Disarm T; harmless when it is not armed. */
void cf_timer_cancel (struct cf_env *env, struct cf_timer *t);

/* The next deadline, UINT64_MAX when none is armed. */
uint64_t cf_timers_next (const struct cf_env *env);

/* Fire all that is due at env->now_ms.  A timer armed by a callback for a time
   not in the future waits for the next call, so this always returns.  Not to be
   called by a callback. */
void cf_timers_run (struct cf_env *env);

#endif
