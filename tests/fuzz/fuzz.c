/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz.c - what fuzz targets share; see fuzz.h. */
#include "tests/fuzz/fuzz.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

FUZZ_UNSEEN_BEGIN

/* libFuzzer and driver.c call it once: memory that one run gives back is there for the next. */
int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  (void) argc;
  (void) argv;
#ifdef __GLIBC__
  mallopt (M_MMAP_THRESHOLD, 32 << 20);
  mallopt (M_TRIM_THRESHOLD, 128 << 20);
  mallopt (M_TOP_PAD, 16 << 20);
#endif
  return 0;
}

void
fuzz_die (const char *what, const char *file, int line)
{
  fprintf (stderr, "# %s:%d: does not hold: %s\n", file, line, what);
  abort ();
}

uint8_t
fuzz_u8 (struct fuzz_in *in)
{
  if (!in->left)
    return 0;
  in->left--;
  return *in->p++;
}

uint32_t
fuzz_u32 (struct fuzz_in *in)
{
  uint32_t v = 0;

  for (int i = 0; i < 4; i++)
    v = v << 8 | fuzz_u8 (in);
  return v;
}

const uint8_t *
fuzz_bytes (struct fuzz_in *in, size_t len, size_t *r_len)
{
  const uint8_t *p = in->p;

  *r_len = len < in->left ? len : in->left;
  in->p += *r_len;
  in->left -= *r_len;
  return p;
}

uint8_t *
fuzz_copy (const void *data, size_t len)
{
  uint8_t *copy = malloc (len);

  FUZZ_CHECK (copy || !len);
  if (len)
    memcpy (copy, data, len);
  return copy;
}

char *
fuzz_string (const uint8_t *data, size_t len)
{
  const uint8_t *end = len ? memchr (data, 0, len) : NULL;
  size_t n = end ? (size_t) (end - data) : len;
  char *text = malloc (n + 1);

  FUZZ_CHECK (text);
  if (n)
    memcpy (text, data, n);
  text[n] = 0;
  return text;
}

bool
fuzz_is_slow (const uint8_t *data, size_t len)
{
  unsigned sum = 0;

  for (size_t i = 0; i < len; i++)
    sum += data[i];
  return sum % 16 == 0;
}

void
fuzz_emit_slow (fuzz_emit *emit, const char *name, const void *data, size_t len, uint8_t wait)
{
  uint8_t *input = malloc (len + 2);

  FUZZ_CHECK (input);
  memcpy (input, data, len);
  input[len] = wait;
  for (input[len + 1] = 0; !fuzz_is_slow (input, len + 2); input[len + 1]++)
    ;
  emit (name, input, len + 2);
  free (input);
}

static void
roll (void *arg, void *buf, size_t len)
{
  uint64_t *seed = arg;
  uint8_t *p = buf;

  while (len--) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    *p++ = (uint8_t) (*seed >> 56);
  }
}

void
fuzz_env_init (struct cf_env *env, uint64_t *seed)
{
  memset (env, 0, sizeof *env);
  env->now_ms = 1000000;
  env->now_utc_ms = 1800000000000;
  env->random = roll;
  env->random_arg = seed;
  env->log_level = CF_LOG_ERROR;
}

void
fuzz_env_run (struct cf_env *env, uint64_t ms)
{
  uint64_t end = env->now_ms + ms;
  int64_t end_utc = env->now_utc_ms + (int64_t) ms;

  for (uint64_t next; (next = cf_timers_next (env)) <= end;) {
    if (next > env->now_ms) {
      env->now_utc_ms += (int64_t) (next - env->now_ms);
      env->now_ms = next;
    }
    cf_timers_run (env);
  }
  env->now_ms = end;
  env->now_utc_ms = end_utc;
}

/* In libsodium's place: secrets are not locked, which takes time, and the sanitizers see who reads beyond them. */
void *
sodium_malloc (size_t len)
{
  return malloc (len);
}

void
sodium_free (void *mem)
{
  free (mem);
}

FUZZ_UNSEEN_END
