/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream_size.c - how large a datagram may be on this path.
 *
 * A question is a datagram of the size that is tried; its answer, three bytes, says that it came.  The largest size
 * is tried first, since it mostly is the right one, then what lies in the middle, until the space between what
 * passes and what does not is small.
 *
 *   resting --cf_stream_size_begin, _lost, after AGAIN_MS--> asking --answers, silence--> resting
 *
 * Bytes: 1, then zeros up to the size; 2, the size (u16).
 * Spec: doc/protocol.md, "Streams over datagrams".
 */
#include <string.h>

#include "base/buf.h"
#include "net/stream_priv.h"

#define QUESTION 1
#define ANSWER 2
#define ANSWER_LEN 3
#define TRIES 3                    /* of one size */
#define STEP 32                    /* bytes: it need not be known more closely */
#define PATIENCE_LEAST_MS 250      /* for an answer; or four times the RTT */
#define AGAIN_MS (10 * 60 * 1000)  /* paths get better */
#define LOST_AGAIN_MS 5000

void
cf_stream_size_init (struct cf_stream_size *z, size_t min, size_t max)
{
  memset (z, 0, sizeof *z);
  z->min = z->now = min;
  z->max = max;
  z->timer_ms = UINT64_MAX;
}

static void
ask (struct cf_stream_size *z, size_t size)
{
  z->asked = size;
  z->tries = 0;
  z->due = true;
  z->timer_ms = UINT64_MAX;
}

static void
rest (struct cf_stream_size *z, uint64_t until_ms)
{
  z->asked = 0;
  z->due = false;
  z->timer_ms = until_ms;
}

void
cf_stream_size_begin (struct cf_stream_size *z)
{
  z->now = z->min;
  z->bad = z->max + 1;
  if (z->max > z->min)
    ask (z, z->max);
}

/* The next size, if there is one between what passes and what does not. */
static void
go_on (struct cf_stream_size *z, uint64_t now_ms)
{
  if (z->now < z->max && z->bad - z->now > STEP)
    ask (z, z->now + (z->bad - z->now) / 2);
  else
    rest (z, z->now < z->max ? now_ms + AGAIN_MS : UINT64_MAX);
}

void
cf_stream_size_lost (struct cf_stream_size *z, uint64_t now_ms)
{
  if (z->now == z->min)
    return;
  z->now = z->min;
  rest (z, now_ms + LOST_AGAIN_MS);
}

bool
cf_stream_size_is_ours (const uint8_t *data, size_t len)
{
  return len && data[0] < 0x40;
}

gpg_error_t
cf_stream_size_input (struct cf_stream_size *z, const uint8_t *data, size_t len, uint64_t now_ms)
{
  size_t size;

  if (data[0] == QUESTION && len <= CF_STREAM_DATAGRAM_MAX) {
    z->answer = len; /* of several, the last: it costs nothing to be asked */
    return 0;
  }
  if (data[0] != ANSWER || len != ANSWER_LEN)
    return cf_err (CF_ERR_PROTOCOL);
  size = (size_t) (data[1] << 8 | data[2]);
  if (z->asked && size == z->asked) { /* else it was waited for no longer */
    z->now = size;
    go_on (z, now_ms);
  }
  return 0;
}

size_t
cf_stream_size_output (struct cf_stream_size *z, uint8_t *out, size_t max, uint64_t now_ms, uint64_t rtt_ms)
{
  uint64_t patience_ms = 4 * rtt_ms > PATIENCE_LEAST_MS ? 4 * rtt_ms : PATIENCE_LEAST_MS;

  if (z->answer) {
    out[0] = ANSWER;
    out[1] = (uint8_t) (z->answer >> 8);
    out[2] = (uint8_t) z->answer;
    z->answer = 0;
    return ANSWER_LEN;
  }
  if (!z->due || max < z->asked)
    return 0;
  z->due = false;
  z->tries++;
  z->timer_ms = now_ms + patience_ms;
  memset (out, 0, z->asked);
  out[0] = QUESTION;
  return z->asked;
}

void
cf_stream_size_timer (struct cf_stream_size *z, uint64_t now_ms)
{
  if (now_ms < z->timer_ms)
    return;
  z->timer_ms = UINT64_MAX;
  if (!z->asked)
    cf_stream_size_begin (z);
  else if (z->tries < TRIES)
    z->due = true;
  else {
    z->bad = z->asked;
    go_on (z, now_ms);
  }
}
