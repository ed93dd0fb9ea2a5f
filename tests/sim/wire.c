/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire.c - see wire.h. */
#include "tests/sim/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PERIOD 65521 /* of the text; prime, so that no power of two is one */

struct wire_flying {
  uint64_t at_us, order;
  struct wire_end *to;
  size_t len;
  uint8_t data[];
};

static uint8_t text[PERIOD + CF_STREAM_WINDOW_BULK];

static const uint8_t *
text_at (const struct wire_end *from, enum cf_channel channel, uint64_t offset)
{
  uint64_t salt = (uint64_t) channel * 20011 + (from == &from->wire->ends[1] ? 5003 : 0);

  return text + (offset + salt) % PERIOD;
}

static void
roll (void *arg, void *buf, size_t len)
{
  struct wire *w = arg;
  uint8_t *out = buf;

  while (len--) { /* xorshift64* */
    w->dice ^= w->dice >> 12;
    w->dice ^= w->dice << 25;
    w->dice ^= w->dice >> 27;
    *out++ = (uint8_t) ((w->dice * 0x2545f4914f6cdd1dULL) >> 56);
  }
}

uint32_t
wire_random (struct wire *w, uint32_t bound)
{
  return cf_env_random_below (&w->env, bound);
}

/* What flies, the next to arrive first. */

static bool
is_before (const struct wire_flying *a, const struct wire_flying *b)
{
  return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void
fly (struct wire *w, struct wire_flying *f)
{
  size_t i = w->flying_count++;

  if (i == w->flying_room) {
    w->flying_room = w->flying_room ? 2 * w->flying_room : 64;
    w->flying = realloc (w->flying, w->flying_room * sizeof *w->flying);
    assert_non_null (w->flying);
  }
  f->order = w->order++;
  for (; i && is_before (f, w->flying[(i - 1) / 2]); i = (i - 1) / 2)
    w->flying[i] = w->flying[(i - 1) / 2];
  w->flying[i] = f;
}

static struct wire_flying *
land (struct wire *w)
{
  struct wire_flying *first = w->flying[0], *last = w->flying[--w->flying_count];
  size_t i = 0, child;

  for (; (child = 2 * i + 1) < w->flying_count; i = child) {
    if (child + 1 < w->flying_count && is_before (w->flying[child + 1], w->flying[child]))
      child++;
    if (!is_before (w->flying[child], last))
      break;
    w->flying[i] = w->flying[child];
  }
  w->flying[i] = last;
  return first;
}

static void
launch (struct wire_end *e, const uint8_t *data, size_t len, uint64_t at_us)
{
  struct wire_flying *f = malloc (sizeof *f + len);

  assert_non_null (f);
  f->at_us = at_us + e->path.delay_us;
  if (e->path.jitter_us)
    f->at_us += wire_random (e->wire, (uint32_t) e->path.jitter_us);
  f->to = e->other;
  f->len = len;
  memcpy (f->data, data, len);
  fly (e->wire, f);
}

/* One datagram onto E's path. */
static void
send (struct wire_end *e, const uint8_t *data, size_t len)
{
  const struct wire_path *p = &e->path;
  struct wire *w = e->wire;

  e->datagrams++;
  e->bytes += len;
  if (e->busy_us < w->now_us)
    e->busy_us = w->now_us;
  if (p->cut || (p->size && len > p->size) || (p->loss && wire_random (w, 1000) < p->loss)
      || (p->rate && p->queue && (e->busy_us - w->now_us) * p->rate / 1000000 + len > p->queue)) {
    e->dropped++;
    return;
  }
  if (p->rate)
    e->busy_us += (len * 1000000 + p->rate - 1) / p->rate;
  launch (e, data, len, e->busy_us);
  if (p->doubled && wire_random (w, 1000) < p->doubled)
    launch (e, data, len, e->busy_us);
}

void
wire_flush (struct wire_end *e)
{
  static uint8_t out[CF_STREAM_DATAGRAM_MAX];
  size_t len;

  e->awake = false;
  while ((len = cf_stream_output (e->stream, out, sizeof out))) {
    assert_true (len <= sizeof out && !e->failed);
    send (e, out, len);
  }
}

static void
on_received (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct wire_end *e = arg;

  assert_true (!e->failed && len && e->heard[channel] + len <= e->other->said[channel]);
  assert_memory_equal (data, text_at (e->other, channel, e->heard[channel]), len);
  e->heard[channel] += len;
  if (e->heard_some)
    e->heard_some (e, channel);
}

static void
on_wake (void *arg)
{
  ((struct wire_end *) arg)->awake = true;
}

static void
on_drained (void *arg, enum cf_channel channel)
{
  ((struct wire_end *) arg)->drained[channel]++;
}

static void
on_failed (void *arg, gpg_error_t err)
{
  struct wire_end *e = arg;

  assert_false (e->failed);
  e->failed = true;
  e->err = err;
}

static void
set_time (struct wire *w, uint64_t now_us)
{
  w->now_us = w->env.now_us = now_us;
  w->env.now_ms = now_us / 1000;
}

void
wire_begin (struct wire *w, uint64_t seed, const struct wire_path *path, size_t datagram_max)
{
  static const struct cf_stream_handler handler = {
    .received = on_received, .wake = on_wake, .drained = on_drained, .failed = on_failed
  };

  for (size_t i = sizeof text; !text[0] && i--;)
    text[i] = (uint8_t) ((i % PERIOD) * 167 + (i % PERIOD) / 256 + 1);
  memset (w, 0, sizeof *w);
  w->dice = seed * 2 + 1;
  w->env.random = roll;
  w->env.random_arg = w;
  set_time (w, 5000000);
  for (int i = 0; i < 2; i++) {
    struct cf_stream_config config = { .initiator = !i, .datagram_min = CF_STREAM_DATAGRAM_MIN,
                                       .datagram_max = datagram_max };
    struct wire_end *e = &w->ends[i];

    e->wire = w;
    e->other = &w->ends[!i];
    e->path = *path;
    assert_int_equal (cf_stream_new (&w->env, &config, &handler, e, &e->stream), 0);
  }
}

void
wire_end (struct wire *w)
{
  for (int i = 0; i < 2; i++)
    cf_stream_free (w->ends[i].stream);
  while (w->flying_count)
    free (w->flying[--w->flying_count]);
  free (w->flying);
  assert_true (cf_timers_next (&w->env) == UINT64_MAX);
}

gpg_error_t
wire_say (struct wire_end *e, enum cf_channel channel, size_t len)
{
  gpg_error_t err = cf_stream_write (e->stream, channel, text_at (e, channel, e->said[channel]), len);

  if (!err)
    e->said[channel] += len;
  return err;
}

bool
wire_is_through (struct wire *w)
{
  for (int i = 0; i < 2; i++)
    if (memcmp (w->ends[i].said, w->ends[!i].heard, sizeof w->ends[i].said))
      return false;
  return true;
}

bool
wire_run (struct wire *w, uint64_t ms, bool (*done) (struct wire *w))
{
  uint64_t end_us = w->now_us + ms * 1000;

  for (;;) {
    uint64_t timer_ms, next_us;

    for (int i = 0; i < 2; i++)
      if (w->ends[i].awake)
        wire_flush (&w->ends[i]);
    if (done && done (w))
      return true;
    timer_ms = cf_timers_next (&w->env);
    next_us = timer_ms < end_us / 1000 ? timer_ms * 1000 : end_us;
    if (w->flying_count && w->flying[0]->at_us < next_us)
      next_us = w->flying[0]->at_us;
    if (w->late_us)
      next_us += wire_random (w, w->late_us);
    if (next_us > w->now_us)
      set_time (w, next_us);
    cf_timers_run (&w->env);
    while (w->flying_count && w->flying[0]->at_us <= w->now_us) {
      struct wire_flying *f = land (w);

      cf_stream_input (f->to->stream, f->data, f->len);
      free (f);
    }
    if (w->now_us >= end_us)
      return false;
  }
}
