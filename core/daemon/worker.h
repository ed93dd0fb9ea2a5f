/* SPDX-License-Identifier: GPL-3.0-or-later */
/* worker.h - confabd's workers (core/worker.h): each a thread, started when first needed. */
#ifndef CF_CORE_DAEMON_WORKER_H
#define CF_CORE_DAEMON_WORKER_H

#include "base/env.h"
#include "core/worker.h"

struct event_base;

/* For at most QUEUE_MAX works at once; with BACKGROUND, whatever else wants a processor goes first.  DONE comes from BASE's
   loop.  Errors: ENOMEM, EMFILE. */
gpg_error_t cf_thread_worker_new (struct cf_env *env, struct event_base *base, size_t queue_max, bool background,
                                  struct cf_worker **r_worker) CF_MUST_CHECK;
/* Waits for the work that is being done; everything is freed, no DONE comes.  NULL is fine. */
void cf_thread_worker_free (struct cf_worker *worker);

#endif
