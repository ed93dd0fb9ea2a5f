/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_worker.c - confabd's worker: beside the loop, in order, bounded, and safe to leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/daemon/worker.h"

#define DEADLINE_S 60

static struct cf_env env;
static struct event_base *base;
static struct cf_worker *worker;
static pthread_t main_thread;
static sem_t gate, entered; /* work that waits posts ENTERED and passes GATE */
static int ran, done, freed, last_done;

struct job {
  struct cf_work work;
  int number;
  bool waits, elsewhere;
  int *r_policy; /* of the thread that does it; NULL: nobody asks */
};

static void
job_run (struct cf_work *work)
{
  struct job *j = (struct job *) work;

  struct sched_param unused;

  j->elsewhere = !pthread_equal (pthread_self (), main_thread);
  if (j->r_policy && pthread_getschedparam (pthread_self (), j->r_policy, &unused))
    *j->r_policy = -1;
  if (j->waits) {
    sem_post (&entered);
    sem_wait (&gate);
  }
  ran++; /* the loop reads it after DONE or after the thread has ended */
}

static void
job_done (struct cf_work *work)
{
  struct job *j = (struct job *) work;

  assert_true (pthread_equal (pthread_self (), main_thread));
  assert_true (j->elsewhere);
  last_done = j->number;
  done++;
}

static void
job_free (struct cf_work *work)
{
  assert_true (pthread_equal (pthread_self (), main_thread));
  freed++;
  free (work);
}

static struct job *
job_new (int number, bool waits)
{
  struct job *j = calloc (1, sizeof *j);

  assert_non_null (j);
  j->work.run = job_run;
  j->work.done = job_done;
  j->work.free = job_free;
  j->number = number;
  j->waits = waits;
  return j;
}

static struct job *
start_asking (int number, bool waits, int *r_policy)
{
  struct job *j = job_new (number, waits);

  j->r_policy = r_policy;
  assert_int_equal (worker->start (worker, &j->work), 0);
  return j;
}

static struct job *
start (int number, bool waits)
{
  return start_asking (number, waits, NULL);
}

static void
on_late (evutil_socket_t fd, short what, void *arg)
{
  (void) fd;
  (void) what;
  *(bool *) arg = true;
}

/* Run the loop until COUNTER is WANT. */
static void
wait_for (const int *counter, int want)
{
  const struct timeval patience = { DEADLINE_S, 0 };
  bool is_late = false;
  struct event *timer = evtimer_new (base, on_late, &is_late); /* event_base_loopexit would end a later wait */

  assert_non_null (timer);
  assert_int_equal (evtimer_add (timer, &patience), 0);
  while (*counter < want && !is_late)
    event_base_loop (base, EVLOOP_ONCE);
  event_free (timer);
  assert_int_equal (*counter, want);
}

static int
setup (void **state)
{
  (void) state;
  main_thread = pthread_self ();
  cf_env_system_init (&env, CF_LOG_WARN);
  base = event_base_new ();
  assert_non_null (base);
  assert_int_equal (cf_thread_worker_new (&env, base, CF_WORKER_QUEUE_MAX, false, &worker), 0);
  assert_int_equal (sem_init (&gate, 0, 0), 0);
  assert_int_equal (sem_init (&entered, 0, 0), 0);
  ran = done = freed = last_done = 0;
  return 0;
}

static int
teardown (void **state)
{
  (void) state;
  cf_thread_worker_free (worker);
  worker = NULL;
  event_base_free (base);
  sem_destroy (&gate);
  sem_destroy (&entered);
  return 0;
}

static void
test_in_order (void **state)
{
  int i;

  (void) state;
  for (i = 1; i <= 5; i++)
    start (i, false);
  assert_int_equal (done, 0); /* never from inside start */
  wait_for (&done, 5);
  assert_int_equal (last_done, 5);
  assert_int_equal (freed, 5);
}

static void
test_bounded (void **state)
{
  struct job *one_more = job_new (0, false);
  int i;

  (void) state;
  start (0, true);
  for (i = 1; i < CF_WORKER_QUEUE_MAX; i++)
    start (i, false);
  assert_int_equal (gpg_err_code (worker->start (worker, &one_more->work)), GPG_ERR_EAGAIN);
  job_free (&one_more->work);
  sem_post (&gate);
  wait_for (&done, CF_WORKER_QUEUE_MAX);
  start (i, false); /* room again */
  wait_for (&done, CF_WORKER_QUEUE_MAX + 1);
}

static void
test_cancel (void **state)
{
  struct job *running = start (1, true), *waiting = start (2, false);

  (void) state;
  start (3, false);
  sem_wait (&entered);
  worker->cancel (worker, &waiting->work); /* freed at once, never done */
  assert_int_equal (freed, 1);
  worker->cancel (worker, &running->work); /* freed when it has ended */
  assert_int_equal (freed, 1);
  sem_post (&gate);
  wait_for (&done, 1);
  assert_int_equal (last_done, 3);
  assert_int_equal (freed, 3);
  assert_int_equal (ran, 2);
}

static void
test_left_while_working (void **state)
{
  (void) state;
  start (1, true);
  start (2, false);
  sem_wait (&entered);
  sem_post (&gate);
  cf_thread_worker_free (worker);
  assert_int_equal (freed, 2);
  assert_int_equal (done, 0);
  assert_int_equal (cf_thread_worker_new (&env, base, CF_WORKER_QUEUE_MAX, false, &worker), 0);
}

/* What yields is done where the system has nothing else to do, in order with the rest; what is under way stays where it is. */
static void
test_yield (void **state)
{
  int before = -1, meanwhile = -1, after = -1;

  (void) state;
  start_asking (1, true, &before);
  sem_wait (&entered);
  worker->yield (worker, true);
  start_asking (2, false, &meanwhile);
  assert_int_equal (ran, 0); /* never two at once */
  sem_post (&gate);
  wait_for (&done, 2);
  worker->yield (worker, true); /* again: nothing new */
  start (3, true);
  sem_wait (&entered);
  worker->yield (worker, false);
  start_asking (4, false, &after);
  sem_post (&gate);
  wait_for (&done, 4);
  assert_int_equal (last_done, 4);
  assert_int_not_equal (before, SCHED_IDLE);
  assert_int_equal (meanwhile, SCHED_IDLE);
  assert_int_equal (after, before);
}

/* Who yields before there was anything to do is ended like any. */
static void
test_yield_unused (void **state)
{
  (void) state;
  worker->yield (worker, true);
  worker->yield (worker, false);
  worker->yield (worker, true);
  start (1, false);
  wait_for (&done, 1);
}

/* Does a child of ours have the LEN bytes that we have mapped? */
static bool
is_inherited (size_t len)
{
  uint8_t *mem = mmap (NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  unsigned char there;
  pid_t child;
  int status;

  assert_ptr_not_equal (mem, MAP_FAILED);
  mem[0] = mem[len - 1] = 1;
  child = fork ();
  assert_true (child >= 0);
  if (!child)
    _exit (mincore (mem, 1, &there) ? 1 : 0);
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_int_equal (munmap (mem, len), 0);
  assert_true (WIFEXITED (status));
  return !WEXITSTATUS (status);
}

/* What a password is stretched in is nobody else's. */
static void
test_memory (void **state)
{
  (void) state;
  assert_true (is_inherited (1 << 20));
#ifndef __SANITIZE_ADDRESS__
  assert_false (is_inherited (64 << 20));
#endif
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_in_order, setup, teardown),
    cmocka_unit_test_setup_teardown (test_bounded, setup, teardown),
    cmocka_unit_test_setup_teardown (test_cancel, setup, teardown),
    cmocka_unit_test_setup_teardown (test_left_while_working, setup, teardown),
    cmocka_unit_test_setup_teardown (test_yield, setup, teardown),
    cmocka_unit_test_setup_teardown (test_yield_unused, setup, teardown),
    cmocka_unit_test (test_memory),
  };

  return cmocka_run_group_tests_name ("core/worker", tests, NULL, NULL);
}
