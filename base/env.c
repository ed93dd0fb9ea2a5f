/* SPDX-License-Identifier: GPL-3.0-or-later */
/* env.c - dice, log lines and counts on top of what the env was filled with.
 *
 * Pure: draws and prints only through the pointers in struct cf_env, so that
 * the same seed gives the same run.  The system's world is env_system.c.
 */
#include "base/env.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE 1024 /* a log line with its NUL; longer ones are cut */

gpg_error_t
cf_log_level_parse (const char *text, enum cf_log_level *r_level)
{
  static const char *const names[] = { "error", "warn", "info", "debug" };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp (text, names[i])) {
      *r_level = (enum cf_log_level) i;
      return 0;
    }
  return cf_err (GPG_ERR_INV_VALUE);
}

uint64_t
cf_env_now_us (const struct cf_env *env)
{
  uint64_t coarse_us = env->now_ms * 1000;

  return env->now_us > coarse_us ? env->now_us : coarse_us;
}

void
cf_env_random (struct cf_env *env, void *buf, size_t len)
{
  if (len)
    env->random (env->random_arg, buf, len);
}

/* Uniform below BOUND (> 0).  Built from bytes, so that a seed means the same
   numbers on machines of either byte order. */
static uint64_t
random_below (struct cf_env *env, uint64_t bound)
{
  uint64_t v, reject = -bound % bound; /* 2^64 mod BOUND: the biased part */
  uint8_t bytes[8];

  do {
    cf_env_random (env, bytes, sizeof bytes);
    v = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
      v = v << 8 | bytes[i];
  } while (v < reject);
  return v % bound;
}

uint32_t
cf_env_random_below (struct cf_env *env, uint32_t bound)
{
  assert (bound > 0);
  return (uint32_t) random_below (env, bound);
}

uint64_t
cf_env_jitter (struct cf_env *env, uint64_t base_ms)
{
  uint64_t quarter = base_ms / 4;
  uint64_t extra = random_below (env, 2 * quarter + 1);
  uint64_t least = base_ms - quarter;

  return extra < UINT64_MAX - least ? least + extra : UINT64_MAX;
}

void
cf_refused (struct cf_env *env, enum cf_refusal reason)
{
  env->refused[reason]++;
}

/* A line stays one line, whatever was put into it. */
static void
flatten (char *line)
{
  for (; *line; line++)
    if ((unsigned char) *line < 0x20 || *line == 0x7f)
      *line = ' ';
}

void
cf_log (struct cf_env *env, enum cf_log_level level, const char *fmt, ...)
{
  char line[LINE_SIZE];
  va_list ap;
  int n;

  if (!env->log || level > env->log_level)
    return;
  va_start (ap, fmt);
  n = vsnprintf (line, sizeof line, fmt, ap);
  va_end (ap);
  if (n < 0)
    strcpy (line, "(a log line that could not be formatted)");
  else if ((size_t) n >= sizeof line)
    memcpy (line + sizeof line - 4, "...", 4);
  flatten (line);
  env->log (env->log_arg, level, line);
}
