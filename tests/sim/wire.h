/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire.h - two ends of a stream over datagrams, and a path between them that has every fault there is.
 *
 * Virtual time in microseconds, dice from a seed: the same seed is the same run.  What an end says on a channel is a
 * piece of one endless text; what arrives must be the next piece of it.
 */
#ifndef CF_TESTS_SIM_WIRE_H
#define CF_TESTS_SIM_WIRE_H

#include "net/stream.h"

struct wire_path {
  uint32_t loss, doubled;       /* of a thousand datagrams */
  uint64_t delay_us, jitter_us; /* each takes DELAY to DELAY + JITTER, and overtakes others so */
  uint64_t rate;                /* bytes a second; 0: as many as there are */
  size_t queue;                 /* bytes that wait for that rate; more are dropped; 0: no end */
  size_t size;                  /* larger datagrams do not pass; 0: all do */
  bool cut;
};

struct wire_end {
  struct cf_stream *stream;
  struct wire *wire;
  struct wire_end *other;
  struct wire_path path; /* of what this end sends */
  uint64_t busy_us;      /* the path's sender is at work until then */
  uint64_t said[CF_CHANNEL_COUNT], heard[CF_CHANNEL_COUNT];
  uint32_t drained[CF_CHANNEL_COUNT];
  uint64_t datagrams, bytes, dropped; /* sent; of them, dropped */
  bool awake, failed;
  gpg_error_t err;
  void (*heard_some) (struct wire_end *end, enum cf_channel channel); /* may be NULL */
};

struct wire {
  struct cf_env env;
  uint64_t dice;
  uint64_t now_us;
  uint32_t late_us; /* both ends look up to so much too late: a busy machine */
  struct wire_end ends[2]; /* initiator, responder */
  struct wire_flying **flying; /* a heap */
  size_t flying_count, flying_room;
  uint64_t order;
};

/* Both ways are PATH; datagrams may have DATAGRAM_MAX bytes. */
void wire_begin (struct wire *w, uint64_t seed, const struct wire_path *path, size_t datagram_max);
void wire_end (struct wire *w);
/* Say the next LEN bytes on CHANNEL. */
gpg_error_t wire_say (struct wire_end *end, enum cf_channel channel, size_t len) CF_MUST_CHECK;
/* Let MS go by, or less when DONE says so. */
bool wire_run (struct wire *w, uint64_t ms, bool (*done) (struct wire *w));
/* Everything said was heard. */
bool wire_is_through (struct wire *w);
/* Everything that leaves now, onto the path. */
void wire_flush (struct wire_end *end);
uint32_t wire_random (struct wire *w, uint32_t bound);

#endif
