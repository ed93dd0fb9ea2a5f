/* SPDX-License-Identifier: GPL-3.0-or-later */
/* worker.c - a worker of confabd: one thread beside the loop.
 *
 * The thread sees two things: the queues, under the lock, and the work it is
 * doing, which nobody else touches meanwhile.  It tells the loop by an eventfd
 * that something has ended, so libevent itself needs no locks.
 *
 * To yield, a second thread takes its turn, which the system runs last of all:
 * one that has gone down so far may not come up again.  Never do both work.
 */
#include "core/daemon/worker.h"

#include <event2/event.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/secmem.h"

#define STACK_SIZE (256 * 1024)       /* Argon2 takes its memory elsewhere, */
#define BACKGROUND_NICE 10
#define STACK_USED_MAX (128 * 1024)   /* ... but leaves the password's hash here */
#define STACK_BACKGROUND (16 * 1024)  /* of a file, no more than pieces lie there */

struct queue {
  struct cf_work *first, *last; /* LAST means nothing while there is no FIRST */
};

struct thread {
  struct worker *worker;
  bool yields, started;
  pthread_t id;
  pthread_cond_t wake;
};

struct worker {
  struct cf_worker face; /* first */
  struct cf_env *env;
  struct event *ended_event;
  int ended_fd;
  size_t count_max;
  bool background;
  size_t count; /* waiting, being done and ended; the loop's */
  struct thread threads[2]; /* the second one is there to yield */
  pthread_mutex_t lock; /* of what follows */
  bool stop, works;
  bool yields; /* whose turn it is; only the loop changes it */
  struct queue waiting, ended;
};

static void
append (struct queue *q, struct cf_work *work)
{
  work->next = NULL;
  *(q->first ? &q->last->next : &q->first) = work;
  q->last = work;
}

static struct cf_work *
take_first (struct queue *q)
{
  struct cf_work *work = q->first;

  if (work)
    q->first = work->next;
  return work;
}

/* Take WORK out of Q.  False: it is not there. */
static bool
take (struct queue *q, struct cf_work *work)
{
  struct cf_work **link, *before = NULL;

  for (link = &q->first; *link && *link != work; link = &(*link)->next)
    before = *link;
  if (!*link)
    return false;
  *link = work->next;
  if (q->last == work)
    q->last = before;
  return true;
}

/* How much of the processors this thread may have.  Where that cannot be said it has as much as any. */
static void
step_back (const struct thread *t)
{
  const struct sched_param none = { 0 };

  if (t->yields)
    (void) pthread_setschedparam (pthread_self (), SCHED_IDLE, &none);
  else if (t->worker->background)
    (void) setpriority (PRIO_PROCESS, 0, BACKGROUND_NICE); /* of this thread alone: Linux */
}

static void *
thread_main (void *arg)
{
  struct thread *t = arg;
  struct worker *w = t->worker;
  const uint64_t one = 1;
  struct cf_work *work;

  step_back (t);
  pthread_mutex_lock (&w->lock);
  while (!w->stop) {
    work = t->yields == w->yields && !w->works ? take_first (&w->waiting) : NULL;
    if (!work) {
      pthread_cond_wait (&t->wake, &w->lock);
      continue;
    }
    w->works = true;
    pthread_mutex_unlock (&w->lock);
    work->run (work);
    cf_wipe_stack (w->background ? STACK_BACKGROUND : STACK_USED_MAX);
    pthread_mutex_lock (&w->lock);
    w->works = false;
    append (&w->ended, work);
    if (t->yields != w->yields)
      pthread_cond_signal (&w->threads[w->yields].wake);
    /* Fails only when the counter is full, and then the loop is awake. */
    if (write (w->ended_fd, &one, sizeof one) < 0)
      continue;
  }
  pthread_mutex_unlock (&w->lock);
  return NULL;
}

/* Signals are the loop's: the thread takes none. */
static gpg_error_t
start_thread (struct thread *t)
{
  sigset_t all, before;
  pthread_attr_t attr;
  int rc;

  rc = pthread_attr_init (&attr);
  if (rc)
    return cf_err (gpg_err_code_from_errno (rc));
  sigfillset (&all);
  rc = pthread_attr_setstacksize (&attr, STACK_SIZE);
  if (!rc)
    rc = pthread_sigmask (SIG_SETMASK, &all, &before);
  if (!rc) {
    rc = pthread_create (&t->id, &attr, thread_main, t);
    (void) pthread_sigmask (SIG_SETMASK, &before, NULL);
  }
  pthread_attr_destroy (&attr);
  t->started = !rc;
  return rc ? cf_err (gpg_err_code_from_errno (rc)) : 0;
}

static gpg_error_t
worker_start (struct cf_worker *worker, struct cf_work *work)
{
  struct worker *w = (struct worker *) worker;
  struct thread *t = &w->threads[w->yields];
  gpg_error_t err;

  if (w->count >= w->count_max)
    return cf_err (GPG_ERR_EAGAIN);
  if (!t->started && (err = start_thread (t)))
    return err;
  work->cancelled = false;
  w->count++;
  pthread_mutex_lock (&w->lock);
  append (&w->waiting, work);
  pthread_cond_signal (&t->wake);
  pthread_mutex_unlock (&w->lock);
  return 0;
}

/* Without the other thread, the one that there is goes on. */
static void
worker_yield (struct cf_worker *worker, bool yields)
{
  struct worker *w = (struct worker *) worker;
  struct thread *t = &w->threads[yields];

  if (w->yields == yields || (w->count && !t->started && start_thread (t)))
    return;
  pthread_mutex_lock (&w->lock);
  w->yields = yields;
  pthread_cond_signal (&t->wake);
  pthread_mutex_unlock (&w->lock);
}

/* What has not begun is freed at once, the rest when it has ended. */
static void
worker_cancel (struct cf_worker *worker, struct cf_work *work)
{
  struct worker *w = (struct worker *) worker;
  bool found;

  pthread_mutex_lock (&w->lock);
  found = take (&w->waiting, work);
  pthread_mutex_unlock (&w->lock);
  work->cancelled = true; /* read by the loop alone */
  if (found) {
    w->count--;
    work->free (work);
  }
}

static void
on_ended (evutil_socket_t fd, short what, void *arg)
{
  struct worker *w = arg;
  struct cf_work *work;
  uint64_t times;

  (void) what;
  cf_env_system_refresh (w->env);
  if (read (fd, &times, sizeof times) < 0)
    return; /* nothing new */
  for (;;) {
    pthread_mutex_lock (&w->lock);
    work = take_first (&w->ended);
    pthread_mutex_unlock (&w->lock);
    if (!work)
      break;
    w->count--;
    if (!work->cancelled)
      work->done (work);
    work->free (work);
  }
}

gpg_error_t
cf_thread_worker_new (struct cf_env *env, struct event_base *base, size_t queue_max, bool background,
                      struct cf_worker **r_worker)
{
  struct worker *w = calloc (1, sizeof *w);
  gpg_error_t err = 0;

  if (!w)
    return cf_err_errno ();
  w->face.start = worker_start;
  w->face.cancel = worker_cancel;
  w->face.yield = worker_yield;
  w->env = env;
  w->count_max = queue_max;
  w->background = background;
  pthread_mutex_init (&w->lock, NULL);
  for (int i = 0; i < 2; i++) {
    w->threads[i].worker = w;
    w->threads[i].yields = i;
    pthread_cond_init (&w->threads[i].wake, NULL);
  }
  w->ended_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (w->ended_fd < 0)
    err = cf_err_errno ();
  else {
    w->ended_event = event_new (base, w->ended_fd, EV_READ | EV_PERSIST, on_ended, w);
    if (!w->ended_event || event_add (w->ended_event, NULL))
      err = cf_err (GPG_ERR_ENOMEM);
  }
  if (err) {
    cf_thread_worker_free (&w->face);
    return err;
  }
  *r_worker = &w->face;
  return 0;
}

void
cf_thread_worker_free (struct cf_worker *worker)
{
  struct worker *w = (struct worker *) worker;
  struct cf_work *work;

  if (!w)
    return;
  pthread_mutex_lock (&w->lock);
  w->stop = true;
  for (int i = 0; i < 2; i++)
    pthread_cond_signal (&w->threads[i].wake);
  pthread_mutex_unlock (&w->lock);
  for (int i = 0; i < 2; i++) {
    if (w->threads[i].started)
      pthread_join (w->threads[i].id, NULL);
    pthread_cond_destroy (&w->threads[i].wake);
  }
  while ((work = take_first (&w->waiting)) || (work = take_first (&w->ended)))
    work->free (work);
  if (w->ended_event)
    event_free (w->ended_event);
  if (w->ended_fd >= 0)
    close (w->ended_fd);
  pthread_mutex_destroy (&w->lock);
  free (w);
}
