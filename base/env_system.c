/* SPDX-License-Identifier: GPL-3.0-or-later */
/* env_system.c - the system's world: real clocks, real dice, lines to stderr.
 *
 * The one file of base/ that reads a clock or the system's generator.  Only
 * the programs' main loops include it in their world; protocol code never.
 */
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/env.h"
#include "base/text.h"

static int64_t
read_clock_us (clockid_t id)
{
  struct timespec ts;
  int failed = clock_gettime (id, &ts);

  assert (!failed); /* these clocks exist on every Linux */
  (void) failed;
  return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
system_random (void *arg, void *buf, size_t len)
{
  (void) arg;
  randombytes_buf (buf, len);
}

static void
system_log (void *arg, enum cf_log_level level, const char *line)
{
  static const char *const names[] = { "error", "warning", "info", "debug" };
  const struct cf_env *env = arg;
  char time[CF_TIME_SIZE];

  fprintf (stderr, "%s %s: %s\n", cf_time_format (env->now_utc_ms, time), names[level], line);
}

void
cf_env_system_init (struct cf_env *env, enum cf_log_level level)
{
  memset (env, 0, sizeof *env);
  env->random = system_random;
  env->log = system_log;
  env->log_arg = env;
  env->log_level = level;
  cf_env_system_refresh (env);
}

void
cf_env_system_refresh (struct cf_env *env)
{
  /* BOOTTIME counts while the machine sleeps: after a night with the lid shut
     every deadline has passed, and dead paths are noticed at once. */
  uint64_t now_us = (uint64_t) read_clock_us (CLOCK_BOOTTIME);

  if (now_us > env->now_us)
    env->now_us = now_us;
  if (env->now_us / 1000 > env->now_ms)
    env->now_ms = env->now_us / 1000;
  env->now_utc_ms = read_clock_us (CLOCK_REALTIME) / 1000;
}
