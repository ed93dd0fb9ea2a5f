/* SPDX-License-Identifier: GPL-3.0-or-later */
/* worker.h - work that would hold up the loop, done beside it.
 *
 * Injected like the environment: confabd's worker is a thread
 * (core/daemon/worker.c), the simulator's does the work in a later turn.
 * Meant for what takes long and needs nothing but what it was given.  There are
 * two: one stretches passwords, a tenth of a second each; the other reads,
 * writes, hashes and seals files, so that no password waits for a disk.
 *
 *   struct cf_x { struct cf_work work; ... };
 *
 *   start --> RUN, beside the loop --> DONE, on the loop --> FREE
 *        \--------- cancel ----------------------------------^   (after RUN, if that has begun)
 */
#ifndef CF_CORE_WORKER_H
#define CF_CORE_WORKER_H

#include <stdbool.h>

#include "base/err.h"

/* That wait or are being done; a worker does one at a time, in the order in which they came. */
#define CF_WORKER_QUEUE_MAX 64
#define CF_WORKER_FILES_MAX 512 /* blocks of files, mostly; transfer.h bounds them, and their memory */

struct cf_work {
  void (*run) (struct cf_work *work);  /* maybe in another thread: touches nothing but what WORK owns */
  void (*done) (struct cf_work *work); /* never from inside start, never after cancel */
  void (*free) (struct cf_work *work); /* wipes its secrets; always on the loop */
  struct cf_work *next;                /* the worker's */
  bool cancelled;
};

struct cf_worker {
  /* Owns WORK unless it fails.  Errors: EAGAIN (the queue is full), ENOMEM. */
  gpg_error_t (*start) (struct cf_worker *worker, struct cf_work *work);
  void (*cancel) (struct cf_worker *worker, struct cf_work *work);
  /* While it yields, a worker takes of the processors only what nobody else wants: all that is idle, and at worst nothing. */
  void (*yield) (struct cf_worker *worker, bool yields);
};

#endif
