/* SPDX-License-Identifier: GPL-3.0-or-later */
/* replay.h - which of the last CF_REPLAY_WINDOW counters of a direction have been seen.
 *
 * Look first, authenticate, mark then: a forged datagram must not move the window.
 */
#ifndef CF_NET_REPLAY_H
#define CF_NET_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "net/proto.h"

#define CF_REPLAY_WORDS (CF_REPLAY_WINDOW / 64 + 1)

/* All zeros: nothing was seen. */
struct cf_replay {
  uint64_t top; /* one more than the highest that was seen */
  uint64_t seen[CF_REPLAY_WORDS]; /* a ring: the bit of N is in word N / 64 */
};

/* Neither seen nor so old that nobody knows.  N < 2^64 - 1. */
bool cf_replay_is_new (const struct cf_replay *replay, uint64_t n);
void cf_replay_mark (struct cf_replay *replay, uint64_t n); /* N is new */

#endif
