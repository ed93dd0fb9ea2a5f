/* SPDX-License-Identifier: GPL-3.0-or-later */
/* replay.c - a sliding window over counters; see replay.h. */
#include "net/replay.h"

_Static_assert (CF_REPLAY_WINDOW % 64 == 0, "the window is made of whole words");

static uint64_t
bit (uint64_t n)
{
  return UINT64_C (1) << (n % 64);
}

bool
cf_replay_is_new (const struct cf_replay *replay, uint64_t n)
{
  if (n >= replay->top)
    return true;
  if (replay->top - n > CF_REPLAY_WINDOW)
    return false;
  return !(replay->seen[n / 64 % CF_REPLAY_WORDS] & bit (n));
}

void
cf_replay_mark (struct cf_replay *replay, uint64_t n)
{
  uint64_t first = replay->top ? (replay->top - 1) / 64 + 1 : 0; /* the first word that is new */

  if (n >= replay->top) {
    if (n / 64 >= CF_REPLAY_WORDS && first < n / 64 - CF_REPLAY_WORDS + 1)
      first = n / 64 - CF_REPLAY_WORDS + 1; /* once round the ring is enough */
    for (uint64_t word = first; word <= n / 64; word++)
      replay->seen[word % CF_REPLAY_WORDS] = 0;
    replay->top = n + 1;
  }
  replay->seen[n / 64 % CF_REPLAY_WORDS] |= bit (n);
}
