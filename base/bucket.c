/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bucket.c - see bucket.h. */
#include "base/bucket.h"

bool
cf_bucket_take (uint64_t *full_ms, uint64_t now_ms, uint32_t burst, uint32_t step_ms, uint32_t n)
{
  uint64_t full = (*full_ms > now_ms ? *full_ms : now_ms) + (uint64_t) n * step_ms;

  if (full > now_ms + (uint64_t) burst * step_ms)
    return false;
  *full_ms = full;
  return true;
}
