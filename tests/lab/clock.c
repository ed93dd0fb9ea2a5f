/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock.c - preloaded (LD_PRELOAD), it gives a host's programs a wall clock of their own: off by as many milliseconds
 * as the 8 bytes of the file CF_CLOCK say (native order), which whoever steps the clock writes while they run.
 * Monotonic clocks stay what they are.
 */
#include <config.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift; /* of the file, in milliseconds; NULL: none */
static int (*real_clock_gettime) (clockid_t clock, struct timespec *ts);

__attribute__ ((constructor)) static void
begin (void)
{
  const char *name = getenv ("CF_CLOCK");
  int fd = name ? open (name, O_RDONLY | O_CLOEXEC) : -1;
  void *at;

  real_clock_gettime = (int (*) (clockid_t, struct timespec *)) dlsym (RTLD_NEXT, "clock_gettime");
  if (fd < 0)
    return;
  at = mmap (NULL, sizeof *shift, PROT_READ, MAP_SHARED, fd, 0);
  if (at != MAP_FAILED)
    shift = at;
  close (fd);
}

int
clock_gettime (clockid_t clock, struct timespec *ts)
{
  int rc;

  if (!real_clock_gettime)
    begin ();
  rc = real_clock_gettime (clock, ts);
  if (!rc && shift && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    int64_t ms = *shift;

    ts->tv_sec += ms / 1000;
    ts->tv_nsec += ms % 1000 * 1000000;
    if (ts->tv_nsec >= 1000000000) {
      ts->tv_sec++;
      ts->tv_nsec -= 1000000000;
    } else if (ts->tv_nsec < 0) {
      ts->tv_sec--;
      ts->tv_nsec += 1000000000;
    }
  }
  return rc;
}

int
gettimeofday (struct timeval *restrict tv, void *restrict zone)
{
  struct timespec ts;

  (void) zone;
  clock_gettime (CLOCK_REALTIME, &ts);
  tv->tv_sec = ts.tv_sec;
  tv->tv_usec = ts.tv_nsec / 1000;
  return 0;
}

time_t
time (time_t *r_time)
{
  struct timespec ts;

  clock_gettime (CLOCK_REALTIME, &ts);
  if (r_time)
    *r_time = ts.tv_sec;
  return ts.tv_sec;
}
