/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_env.c - dice without bias, jitter within its bounds, one-line logs; and
   the system's own world. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Dice that give the bytes of a script, then zeroes. */
struct script {
  const char *bytes;
  size_t len, drawn;
};

static void
scripted (void *arg, void *buf, size_t len)
{
  struct script *s = arg;

  for (size_t i = 0; i < len; i++, s->drawn++)
    ((char *) buf)[i] = s->drawn < s->len ? s->bytes[s->drawn] : 0;
}

static void
test_below_rejects_the_biased_part (void **state)
{
  /* 2^64 mod 3 is 1: 0 would be drawn once too often, so it is drawn again. */
  struct script s = { .bytes = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5", .len = 16 };
  struct cf_env env = { .random = scripted, .random_arg = &s };

  (void) state;
  assert_int_equal (cf_env_random_below (&env, 3), 2); /* 5 mod 3, big-endian */
  assert_int_equal (s.drawn, 16);
}

static void
test_below_powers_of_two_take_all (void **state)
{
  struct script s = { .bytes = "\0\0\0\0\0\0\0\0", .len = 8 };
  struct cf_env env = { .random = scripted, .random_arg = &s };

  (void) state;
  assert_int_equal (cf_env_random_below (&env, 4), 0);
  assert_int_equal (cf_env_random_below (&env, 1), 0);
  assert_int_equal (s.drawn, 16);
}

static void
test_below_is_uniform (void **state)
{
  static const uint32_t bounds[] = { 1, 2, 3, 7, 10, 100 };
  uint64_t seed = 5;
  struct cf_env env = seeded_env (&seed);

  (void) state;
  for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
    uint32_t count[100] = { 0 };

    for (int i = 0; i < 100000; i++) {
      uint32_t v = cf_env_random_below (&env, bounds[b]);

      assert_true (v < bounds[b]);
      count[v]++;
    }
    for (uint32_t v = 0; v < bounds[b]; v++) /* 5 standard deviations and more */
      assert_in_range (count[v], 100000 / bounds[b] * 84 / 100, 100000 / bounds[b] * 116 / 100);
  }
  for (int i = 0; i < 1000; i++)
    assert_true (cf_env_random_below (&env, UINT32_MAX) < UINT32_MAX);
}

static void
test_jitter (void **state)
{
  uint64_t seed = 6, least = UINT64_MAX, most = 0;
  struct cf_env env = seeded_env (&seed);

  (void) state;
  for (int i = 0; i < 10000; i++) {
    uint64_t v = cf_env_jitter (&env, 1000);

    least = v < least ? v : least;
    most = v > most ? v : most;
  }
  assert_int_equal (least, 750);
  assert_int_equal (most, 1250);
  for (uint64_t base = 0; base < 4; base++) /* a quarter of these is nothing */
    assert_true (cf_env_jitter (&env, base) == base);
  for (int i = 0; i < 100; i++) /* does not wrap round to "at once" */
    assert_true (cf_env_jitter (&env, UINT64_MAX) >= UINT64_MAX / 4 * 3);
}

static void
test_random_of_nothing (void **state)
{
  struct script s = { 0 };
  struct cf_env env = { .random = scripted, .random_arg = &s };

  (void) state;
  cf_env_random (&env, NULL, 0);
  assert_int_equal (s.drawn, 0);
}

/* -------------------------------------------------------------- logs --- */

struct sink {
  char last[4096];
  enum cf_log_level level;
  int lines;
};

static void
keep (void *arg, enum cf_log_level level, const char *line)
{
  struct sink *sink = arg;

  snprintf (sink->last, sizeof sink->last, "%s", line);
  sink->level = level;
  sink->lines++;
}

static void
test_log_levels (void **state)
{
  struct sink sink = { .lines = 0 };
  struct cf_env env = { .log = keep, .log_arg = &sink, .log_level = CF_LOG_WARN };

  (void) state;
  cf_log (&env, CF_LOG_INFO, "not %s", "wanted");
  assert_int_equal (sink.lines, 0);
  cf_log (&env, CF_LOG_WARN, "%d of %s", 3, "them");
  assert_int_equal (sink.lines, 1);
  assert_int_equal (sink.level, CF_LOG_WARN);
  assert_string_equal (sink.last, "3 of them");
  env.log = NULL;
  cf_log (&env, CF_LOG_ERROR, "to nobody");
  assert_int_equal (sink.lines, 1);
}

static void
test_log_is_one_bounded_line (void **state)
{
  struct sink sink = { .lines = 0 };
  struct cf_env env = { .log = keep, .log_arg = &sink, .log_level = CF_LOG_DEBUG };
  char *endless = malloc (100000);

  (void) state;
  cf_log (&env, CF_LOG_DEBUG, "a\nb\r\x1b[2Jc");
  assert_string_equal (sink.last, "a b  [2Jc");
  assert_non_null (endless);
  memset (endless, 'x', 99999);
  endless[99999] = 0;
  cf_log (&env, CF_LOG_DEBUG, "%s", endless);
  assert_int_equal (strlen (sink.last), 1023);
  assert_string_equal (sink.last + 1019, "x...");
  free (endless);
}

/* ------------------------------------------------- the system's world --- */

static void
test_system_clocks (void **state)
{
  struct cf_env env;
  uint64_t then_ms;

  (void) state;
  cf_env_system_init (&env, CF_LOG_ERROR);
  assert_true (env.now_ms > 0);
  assert_true (env.now_utc_ms > INT64_C (1600000000000));
  assert_true (cf_timers_next (&env) == UINT64_MAX);
  assert_true (cf_env_now_us (&env) / 1000 == env.now_ms);
  then_ms = env.now_ms;
  cf_env_system_refresh (&env);
  assert_true (env.now_ms >= then_ms);
  env.now_ms += 1000000; /* as if the clock had gone back since */
  then_ms = env.now_ms;
  cf_env_system_refresh (&env);
  assert_true (env.now_ms == then_ms);
  assert_true (cf_env_now_us (&env) == then_ms * 1000); /* as fine as is known */
}

static void
test_system_random (void **state)
{
  uint8_t a[32] = { 0 }, b[32] = { 0 };
  struct cf_env env;

  (void) state;
  cf_env_system_init (&env, CF_LOG_ERROR);
  cf_env_random (&env, a, sizeof a);
  cf_env_random (&env, b, sizeof b);
  assert_memory_not_equal (a, b, sizeof a);
}

static void
test_system_log (void **state)
{
  struct cf_env env;
  char text[200] = "";
  int ends[2], saved = dup (STDERR_FILENO);
  ssize_t n;

  (void) state;
  assert_int_equal (pipe (ends), 0);
  cf_env_system_init (&env, CF_LOG_INFO);
  env.now_utc_ms = 0;
  dup2 (ends[1], STDERR_FILENO);
  cf_log (&env, CF_LOG_WARN, "it rains");
  cf_log (&env, CF_LOG_DEBUG, "hidden");
  dup2 (saved, STDERR_FILENO);
  n = read (ends[0], text, sizeof text - 1);
  assert_true (n > 0);
  assert_string_equal (text, "1970-01-01T00:00:00.000Z warning: it rains\n");
  close (saved);
  close (ends[0]);
  close (ends[1]);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_below_rejects_the_biased_part),
    cmocka_unit_test (test_below_powers_of_two_take_all),
    cmocka_unit_test (test_below_is_uniform),
    cmocka_unit_test (test_jitter),
    cmocka_unit_test (test_random_of_nothing),
    cmocka_unit_test (test_log_levels),
    cmocka_unit_test (test_log_is_one_bounded_line),
    cmocka_unit_test (test_system_clocks),
    cmocka_unit_test (test_system_random),
    cmocka_unit_test (test_system_log),
  };
  return cmocka_run_group_tests_name ("base/env", tests, NULL, NULL);
}
