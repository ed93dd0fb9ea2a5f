/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_stream.c - two ends of a stream over datagrams; the input is what becomes of their datagrams, and what a
 * hostile end puts in between.
 *
 * Operations: say something, carry, lose, double and reorder datagrams, alter one, put in a packet with frames of the
 * input's, or bytes that are none, let time go by, change the path, trust.  Whatever happens, an end hears only what
 * the other said, in order, until somebody lies; what it holds is bounded; and a stream that has failed is silent.
 */
#include <stdlib.h>
#include <string.h>

#include "net/stream.h"
#include "tests/fuzz/fuzz.h"

#define STEPS_MAX 200
#define SAID_MAX (1u << 20) /* bytes a channel */
#define ROAD_MAX 64         /* datagrams on their way */
#define FLUSH_MAX 256
#define TAG_LEN 4

struct datagram {
  uint8_t *data;
  size_t len;
};

struct end {
  struct cf_stream *stream;
  struct end *other;
  struct datagram road[ROAD_MAX]; /* from here to the other */
  size_t road_len;
  uint32_t number; /* of the last packet */
  uint64_t said[CF_CHANNEL_COUNT], heard[CF_CHANNEL_COUNT];
  bool failed, lies;
};

struct world {
  struct cf_env env;
  uint64_t seed;
  struct end ends[2];
};

static uint8_t text[2 * 65521];

static void
on_received (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct end *e = arg, *from = e->other;
  uint64_t at = e->heard[channel];

  FUZZ_CHECK (len && len <= 65521 && !e->failed);
  e->heard[channel] += len;
  if (from->lies)
    return;
  FUZZ_CHECK (e->heard[channel] <= from->said[channel]);
  FUZZ_CHECK (!memcmp (data, text + at % 65521, len));
}

static void
on_wake (void *arg)
{
  FUZZ_CHECK (!((struct end *) arg)->failed);
}

static void
on_drained (void *arg, enum cf_channel channel)
{
  struct end *e = arg;

  FUZZ_CHECK (!e->failed && cf_stream_waiting (e->stream, channel) < CF_TUNNEL_AHEAD);
}

static void
on_failed (void *arg, gpg_error_t err)
{
  struct end *e = arg;

  FUZZ_CHECK (!e->failed && err);
  /* Who is lied to acknowledges what nobody sent. */
  FUZZ_CHECK (e->lies || e->other->lies || gpg_err_code (err) == GPG_ERR_ETIMEDOUT);
  e->failed = true;
}

static const struct cf_stream_handler handler = {
  .received = on_received, .wake = on_wake, .drained = on_drained, .failed = on_failed
};

/* What E has, onto the road; what does not fit there is lost. */
static void
flush (struct end *e)
{
  static uint8_t out[CF_STREAM_DATAGRAM_MAX];

  for (int n = 0; n < FLUSH_MAX; n++) {
    size_t len = cf_stream_output (e->stream, out, sizeof out);

    if (!len)
      return;
    FUZZ_CHECK (!e->failed && len <= sizeof out);
    if (out[0] & 0x40)
      e->number = (uint32_t) out[len - 4] << 24 | (uint32_t) out[len - 3] << 16 | (uint32_t) out[len - 2] << 8
                  | out[len - 1];
    if (e->road_len < ROAD_MAX) {
      e->road[e->road_len].data = fuzz_copy (out, len);
      e->road[e->road_len++].len = len;
    }
  }
}

/* Datagram AT of E's road: to the other end, unless it is LOST; gone from the road, unless it comes TWICE. */
static void
carry (struct end *e, size_t at, bool lost, bool twice)
{
  struct datagram d;

  if (!e->road_len)
    return;
  at %= e->road_len;
  d = e->road[at];
  if (!lost)
    cf_stream_input (e->other->stream, d.data, d.len);
  if (twice)
    return;
  free (d.data);
  e->road_len--;
  memmove (e->road + at, e->road + at + 1, (e->road_len - at) * sizeof *e->road);
}

static void
carry_all (struct end *e)
{
  flush (e);
  while (e->road_len)
    carry (e, 0, false, false);
}

static void
say (struct end *e, enum cf_channel channel, size_t len)
{
  size_t at = (size_t) (e->said[channel] % 65521);

  if (len > 65521 || e->said[channel] + len > SAID_MAX)
    len = 1;
  if (cf_stream_write (e->stream, channel, text + at, len))
    FUZZ_CHECK (e->failed || cf_stream_waiting (e->stream, channel) + len > CF_TUNNEL_QUEUE_MAX);
  else
    e->said[channel] += len;
}

/* A packet as from E with the frames in DATA. */
static void
put_frames (struct end *e, const uint8_t *data, size_t len, uint8_t skip)
{
  uint8_t packet[600];
  size_t n = 0;

  e->number += 1u + (skip & 3);
  e->lies = true;
  packet[n++] = 0x43;
  for (int shift = 24; shift >= 0; shift -= 8)
    packet[n++] = (uint8_t) (e->number >> shift);
  if (len)
    memcpy (packet + n, data, len);
  n += len;
  for (; n < 24; n++)
    packet[n] = 0;
  for (int shift = 24; shift >= 0; shift -= 8)
    packet[n++] = (uint8_t) (e->number >> shift);
  data = fuzz_copy (packet, n);
  cf_stream_input (e->other->stream, data, n);
  free ((void *) (uintptr_t) data);
}

static void
put_bytes (struct end *e, const uint8_t *data, size_t len)
{
  uint8_t *copy = fuzz_copy (data, len);

  e->lies = true;
  cf_stream_input (e->other->stream, copy, len);
  free (copy);
}

static void
alter (struct end *e, uint8_t at, uint8_t mask)
{
  if (!e->road_len || !mask)
    return;
  e->lies = true;
  e->road[0].data[at % e->road[0].len] ^= mask;
  carry (e, 0, false, false);
}

static void
step (struct world *w, struct fuzz_in *in)
{
  uint8_t op = fuzz_u8 (in), a;
  struct end *e = &w->ends[op >> 7];
  const uint8_t *data;
  size_t len;

  switch (op & 15) {
  case 0: carry_all (e); break;
  case 1: flush (e); break;
  case 2: carry (e, fuzz_u8 (in), false, false); break;
  case 3: carry (e, fuzz_u8 (in), true, false); break;
  case 4: carry (e, fuzz_u8 (in), false, true); break;
  case 5:
    a = fuzz_u8 (in);
    alter (e, a, fuzz_u8 (in));
    break;
  case 6:
  case 7:
    a = fuzz_u8 (in);
    data = fuzz_bytes (in, fuzz_u8 (in), &len);
    put_frames (e, data, len, a);
    break;
  case 8:
    data = fuzz_bytes (in, fuzz_u8 (in), &len);
    put_bytes (e, data, len);
    break;
  case 9: fuzz_env_run (&w->env, 1u << (fuzz_u8 (in) % 14)); break;
  case 10: cf_stream_path_changed (e->stream); break;
  case 11: cf_stream_trust (e->stream); break;
  case 12:
    carry_all (e);
    fuzz_env_run (&w->env, 1 + fuzz_u8 (in) % 30);
    carry_all (e->other);
    break;
  default:
    a = fuzz_u8 (in);
    say (e, (enum cf_channel) (a % CF_CHANNEL_COUNT), (size_t) (a + 1) << (op >> 4 & 7));
    break;
  }
}

/* A path without faults delivers all that was said, unless it is too late for that. */
static void
finish (struct world *w)
{
  bool through = false;

  for (int n = 0; !through && n < 3000; n++) {
    through = true;
    for (int i = 0; i < 2; i++) {
      struct end *e = &w->ends[i];

      carry_all (e);
      through &= e->failed || e->other->failed || !memcmp (e->said, e->other->heard, sizeof e->said);
    }
    fuzz_env_run (&w->env, 5);
  }
  FUZZ_CHECK (through);
}

static void
begin (struct world *w, uint8_t how)
{
  for (size_t i = 0; !text[sizeof text - 1] && i < sizeof text; i++)
    text[i] = (uint8_t) ((i % 65521) * 167 + (i % 65521) / 256 + 1);
  w->seed = how;
  fuzz_env_init (&w->env, &w->seed);
  for (int i = 0; i < 2; i++) {
    struct cf_stream_config config = { .initiator = !i, .datagram_min = 1100,
                                       .datagram_max = how & 1 ? CF_STREAM_DATAGRAM_MAX : 1400,
                                       .rtt_ms = how & 2 ? 5 : 0 };

    w->ends[i].other = &w->ends[!i];
    FUZZ_CHECK (!cf_stream_new (&w->env, &config, &handler, &w->ends[i], &w->ends[i].stream));
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct world *w = calloc (1, sizeof *w);
  struct fuzz_in in = { data, len };

  FUZZ_CHECK (w);
  begin (w, fuzz_u8 (&in));
  for (int n = 0; in.left && n < STEPS_MAX && !(w->ends[0].failed && w->ends[1].failed); n++)
    step (w, &in);
  if (fuzz_is_slow (data, len) && !w->ends[0].lies && !w->ends[1].lies && !w->ends[0].failed && !w->ends[1].failed)
    finish (w);
  for (int i = 0; i < 2; i++) {
    struct end *e = &w->ends[i];

    for (int c = 0; c < CF_CHANNEL_COUNT; c++)
      FUZZ_CHECK (cf_stream_waiting (e->stream, (enum cf_channel) c) <= CF_TUNNEL_QUEUE_MAX);
    cf_stream_free (e->stream);
    while (e->road_len)
      free (e->road[--e->road_len].data);
  }
  FUZZ_CHECK (cf_timers_next (&w->env) == UINT64_MAX);
  free (w);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const uint8_t talk[] = { 0, 13, 9, 0, 0x8d, 10, 0x80, 12, 20, 0x5d, 200, 12, 1, 0x8c, 1 };
  static const uint8_t loss[] = { 2, 0x7d, 255, 1, 3, 1, 3, 2, 2, 5, 4, 0, 2, 9, 0, 0x80, 9, 9, 12, 3, 12, 9 };
  static const uint8_t size[] = { 1, 0x7d, 254, 0x7d, 253, 12, 1, 0x8c, 1, 12, 1, 10, 0x8a, 12, 1, 9, 11, 12, 3 };
  static const uint8_t frames[] = { 0, 6, 0, 8, 0x0e, 6, 0x40, 9, 3, 'a', 'b', 'c', 6, 0, 5, 2, 0, 0, 0, 0,
                                    6, 1, 4, 0x11, 3, 0x7f, 0xff, 7, 2, 3, 0x10, 0x7f, 0xff };
  static const uint8_t reset[] = { 0, 0x0d, 4, 0, 6, 0, 4, 4, 2, 0, 0, 0x86, 0, 3, 5, 3, 0 };
  static const uint8_t crypto[] = { 0, 6, 0, 8, 6, 0, 5, 'h', 'e', 'l', 'l', 'o', 7, 0, 1, 0x1e };
  static const uint8_t ack[] = { 0, 0x7d, 200, 1, 0x86, 0, 5, 2, 1, 0, 0, 1, 0x86, 0, 7, 2, 9, 0, 1, 0, 0, 2, 12, 1 };
  static const uint8_t move[] = { 0, 0x86, 0, 9, 0x1a, 1, 2, 3, 4, 5, 6, 7, 8, 8, 3, 0xc0, 1, 2 };
  static const uint8_t alter_one[] = { 3, 13, 100, 1, 5, 0, 0x40, 13, 100, 1, 5, 2, 1, 8, 2, 1, 0, 8, 3, 2, 4, 0x4c };
  static const uint8_t stall[] = { 0, 11, 0x8b, 0x7d, 7, 1, 3, 0, 9, 13, 9, 13, 9, 13, 9, 13, 1 };

  emit ("talk", talk, sizeof talk);
  emit ("loss", loss, sizeof loss);
  emit ("size", size, sizeof size);
  emit ("frames", frames, sizeof frames);
  emit ("reset", reset, sizeof reset);
  emit ("crypto", crypto, sizeof crypto);
  emit ("ack", ack, sizeof ack);
  emit ("move", move, sizeof move);
  emit ("alter", alter_one, sizeof alter_one);
  emit ("stall", stall, sizeof stall);
}
