/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bucket.h - how often something may happen: BURST times at once, and then once each STEP_MS.
 *
 * A bucket is one number: when it will be full again, on now_ms.  Zero is full.
 */
#ifndef CF_BASE_BUCKET_H
#define CF_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* Take N; false: there are fewer, and nothing was taken. */
bool cf_bucket_take (uint64_t *full_ms, uint64_t now_ms, uint32_t burst, uint32_t step_ms, uint32_t n);

#endif
