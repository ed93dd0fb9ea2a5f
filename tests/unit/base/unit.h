/* SPDX-License-Identifier: GPL-3.0-or-later */
/* unit.h - what the unit tests of base/ share: cmocka and seeded dice. */
#ifndef CF_TESTS_UNIT_BASE_UNIT_H
#define CF_TESTS_UNIT_BASE_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/env.h"

#define assert_err(err, expected) assert_int_equal (gpg_err_code (err), (expected))
#define assert_ok(err) assert_int_equal ((err), 0)

/* SplitMix64: small, and the same everywhere, so a failing run can be had again. */
static inline uint64_t
seeded_next (uint64_t *seed)
{
  uint64_t z = *seed += UINT64_C (0x9e3779b97f4a7c15);

  z = (z ^ z >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C (0x94d049bb133111eb);
  return z ^ z >> 31;
}

static inline void
seeded_fill (void *arg, void *buf, size_t len)
{
  uint8_t *bytes = buf;

  for (size_t i = 0; i < len; i++)
    bytes[i] = (uint8_t) seeded_next (arg);
}

/* A world whose dice are *SEED, with time at 0 and no log. */
static inline struct cf_env
seeded_env (uint64_t *seed)
{
  return (struct cf_env){ .random = seeded_fill, .random_arg = seed };
}

#endif
