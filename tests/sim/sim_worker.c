/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_worker.c - a node's worker: the work is done whole in a later turn, in virtual time. */

#include <config.h>

#include <stdlib.h>

#include "tests/sim/sim.h"

struct sim_worker
{
  struct cf_worker face; /* first */
  struct cf_env *env;
  struct cf_timer timer;
  struct cf_work *first;
};

static void
on_turn (void *arg)
{
  struct sim_worker *w = arg;
  struct cf_work *work = w->first;

  w->first = work->next;
  if (w->first)
    cf_timer_after (w->env, &w->timer, 0);
  work->run (work);
  work->done (work);
  work->free (work);
}

static gpg_error_t
start (struct cf_worker *worker, struct cf_work *work)
{
  struct sim_worker *w = (struct sim_worker *)worker;
  struct cf_work **end;

  for (end = &w->first; *end; end = &(*end)->next)
    ;
  work->next = NULL;
  *end = work;
  if (!w->timer.armed)
    cf_timer_after (w->env, &w->timer, 0);
  return 0;
}

static void
cancel (struct cf_worker *worker, struct cf_work *work)
{
  struct sim_worker *w = (struct sim_worker *)worker;
  struct cf_work **link;

  for (link = &w->first; *link != work; link = &(*link)->next)
    ;
  *link = work->next;
  if (!w->first)
    cf_timer_cancel (w->env, &w->timer);
  work->free (work);
}

/* In virtual time everybody has a processor. */
static void
yield (struct cf_worker *worker, bool yields)
{
  (void) worker;
  (void) yields;
}

struct cf_worker *
sim_worker_new (struct sim_node *node)
{
  struct sim_worker *w = calloc (1, sizeof *w);

  if (!w)
    abort ();
  w->face.start = start;
  w->face.cancel = cancel;
  w->face.yield = yield;
  w->env = &node->env;
  cf_timer_init (&w->timer, on_turn, w);
  return &w->face;
}

void
sim_worker_free (struct cf_worker *worker)
{
  struct sim_worker *w = (struct sim_worker *)worker;

  while (w->first)
    cancel (worker, w->first);
  free (w);
}
