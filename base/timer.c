/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timer.c - deadlines on the injected monotonic clock: a pairing heap.
 *
 * The heap lives in the timers themselves.  A node's CHILD is its first child,
 * NEXT its right sibling; PREV is the left sibling, or the parent for a first
 * child, and NULL for a root only:
 *
 *        root
 *         |child
 *         a --next--> b --next--> c        a->prev = root, b->prev = a
 *
 * Earliest deadline first; among equals the one that was armed first.
 */
#include "base/timer.h"

#include <assert.h>
#include <stddef.h>

#include "base/env.h"

static bool
fires_before (const struct cf_timer *a, const struct cf_timer *b)
{
  if (a->due_ms != b->due_ms)
    return a->due_ms < b->due_ms;
  return a->order < b->order;
}

/* The heap of both; either may be NULL.  Roots have neither siblings nor parent. */
static struct cf_timer *
meld (struct cf_timer *a, struct cf_timer *b)
{
  if (!a)
    return b;
  if (!b)
    return a;
  if (fires_before (b, a)) {
    struct cf_timer *swap = a;
    a = b;
    b = swap;
  }
  b->next = a->child;
  if (b->next)
    b->next->prev = b;
  b->prev = a;
  a->child = b;
  return a;
}

/* One heap of a list of siblings: meld in pairs from the left, then the pairs
   from the right.  This order is what makes removal O(log n) amortised. */
static struct cf_timer *
meld_siblings (struct cf_timer *first)
{
  struct cf_timer *pairs = NULL, *heap = NULL;

  while (first) {
    struct cf_timer *a = first, *b = first->next, *pair;

    first = b ? b->next : NULL;
    a->next = a->prev = NULL;
    if (b)
      b->next = b->prev = NULL;
    pair = meld (a, b);
    pair->next = pairs; /* a stack, so that the second pass runs from the right */
    pairs = pair;
  }
  while (pairs) {
    struct cf_timer *rest = pairs->next;

    pairs->next = NULL;
    heap = meld (heap, pairs);
    pairs = rest;
  }
  return heap;
}

/* Take T out of its heap.  What was below it takes its place: no child of T is
   due before T's parent, so the order holds, and only a root's heap matters. */
static void
heap_remove (struct cf_timers *timers, struct cf_timer *t)
{
  struct cf_timer *below = meld_siblings (t->child);
  struct cf_timer *heir = below ? below : t->next;

  if (below) {
    below->next = t->next;
    below->prev = t->prev;
  }
  if (t->next)
    t->next->prev = below ? below : t->prev;
  if (!t->prev) {
    if (timers->late == t)
      timers->late = heir;
    else
      timers->root = heir;
  } else if (t->prev->child == t)
    t->prev->child = heir;
  else
    t->prev->next = heir;
  t->child = t->next = t->prev = NULL;
  t->armed = false;
}

void
cf_timer_init (struct cf_timer *t, void (*fire) (void *arg), void *arg)
{
  *t = (struct cf_timer){ .fire = fire, .arg = arg };
}

void
cf_timer_arm (struct cf_env *env, struct cf_timer *t, uint64_t due_ms)
{
  struct cf_timers *timers = &env->timers;
  struct cf_timer **heap;

  assert (t->fire);
  cf_timer_cancel (env, t);
  t->due_ms = due_ms;
  t->order = timers->armed_count++;
  t->armed = true;
  /* Kept apart until the run ends, or a callback that arms for "now" would
     keep cf_timers_run busy for ever. */
  heap = timers->running && due_ms <= env->now_ms ? &timers->late : &timers->root;
  *heap = meld (*heap, t);
}

void
cf_timer_after (struct cf_env *env, struct cf_timer *t, uint64_t delay_ms)
{
  uint64_t left = UINT64_MAX - env->now_ms;

  cf_timer_arm (env, t, delay_ms < left ? env->now_ms + delay_ms : UINT64_MAX);
}

void
cf_timer_cancel (struct cf_env *env, struct cf_timer *t)
{
  if (t->armed)
    heap_remove (&env->timers, t);
}

uint64_t
cf_timers_next (const struct cf_env *env)
{
  uint64_t next = env->timers.root ? env->timers.root->due_ms : UINT64_MAX;

  if (env->timers.late && env->timers.late->due_ms < next)
    next = env->timers.late->due_ms;
  return next;
}

void
cf_timers_run (struct cf_env *env)
{
  struct cf_timers *timers = &env->timers;
  uint64_t until_ms = env->now_ms;

  assert (!timers->running);
  timers->running = true;
  while (timers->root && timers->root->due_ms <= until_ms) {
    struct cf_timer *t = timers->root;

    heap_remove (timers, t);
    t->fire (t->arg); /* T may be gone when this returns */
  }
  timers->running = false;
  timers->root = meld (timers->root, timers->late);
  timers->late = NULL;
}
