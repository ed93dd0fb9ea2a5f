/* SPDX-License-Identifier: GPL-3.0-or-later */
/* env.h - a protocol machine's whole world: the time, dice, timers and a log.
 *
 * No protocol code reads a clock, draws randomness or sleeps by itself.  The
 * daemon fills this from the system (env_system.c), the simulator from a
 * virtual clock and a seeded generator, a fuzzer from its input.
 */
#ifndef CF_BASE_ENV_H
#define CF_BASE_ENV_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/refusal.h"
#include "base/timer.h"

enum cf_log_level { CF_LOG_ERROR, CF_LOG_WARN, CF_LOG_INFO, CF_LOG_DEBUG };

/* "error", "warn", "info", "debug".  Errors: INV_VALUE. */
gpg_error_t cf_log_level_parse (const char *text, enum cf_log_level *r_level) CF_MUST_CHECK;

struct cf_env {
  uint64_t now_ms;    /* monotonic; never goes back; origin arbitrary */
  uint64_t now_us;    /* the same clock, finer; 0 where nobody fills it: ask cf_env_now_us */
  int64_t now_utc_ms; /* wall clock, ms since 1970; may jump either way */
  void (*random) (void *arg, void *buf, size_t len);
  void *random_arg;
  void (*log) (void *arg, enum cf_log_level level, const char *line);
  void *log_arg;
  enum cf_log_level log_level; /* lines above this level are not formatted */
  struct cf_timers timers;
  uint64_t refused[CF_REFUSED_COUNT]; /* since the start */
};

/* now_ms in microseconds, as exactly as is known. */
uint64_t cf_env_now_us (const struct cf_env *env);

/* Fill BUF with LEN unpredictable bytes. */
void cf_env_random (struct cf_env *env, void *buf, size_t len);

/* A uniformly random number below BOUND (> 0), without modulo bias. */
uint32_t cf_env_random_below (struct cf_env *env, uint32_t bound);

/* BASE_MS with up to +-25 % of jitter. */
uint64_t cf_env_jitter (struct cf_env *env, uint64_t base_ms);

/* One line to the log.  Never give it secrets, nor what a peer sent without
   cf_text_display around it. */
void cf_log (struct cf_env *env, enum cf_log_level level, const char *fmt, ...) CF_PRINTF (3, 4);

/* Something from outside is not taken. */
void cf_refused (struct cf_env *env, enum cf_refusal reason);

/* The system's world: real clocks, the system's generator, lines to stderr.
   Not for protocol code.  refresh reads the clocks again. */
void cf_env_system_init (struct cf_env *env, enum cf_log_level level);
void cf_env_system_refresh (struct cf_env *env);

#endif
