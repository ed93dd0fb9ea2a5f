/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream.c - the streams of a tunnel over datagrams: what goes into ngtcp2 and comes out of it.
 *
 *   OPEN --input, output, timer: stream_fail--> FAILED
 *
 * Pacing is ours where ngtcp2 tells its rate.  A loop on a busy machine wakes late, and who then sends less than the
 * rate makes BBR believe that the path carries no more, and so on down to nothing: what was held back is made up for.
 * Every wait has its end: what is not acknowledged is sent again by ngtcp2's timer, and where nothing is
 * for CF_STREAM_STALL_MS the stream has failed.
 * Spec: doc/protocol.md, "Streams over datagrams".
 */
#include "net/stream.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "net/stream_priv.h"

#define VEC_MAX 8
#define CREDIT_NS NGTCP2_MILLISECONDS          /* what may leave at once after a rest */
#define CATCH_UP_NS (100 * NGTCP2_MILLISECONDS) /* ... and of what was held back, when the wake comes late */
#define LEAST_WINDOW 4                        /* packets in a round trip that always may leave, whatever was measured */
#define FORGIVEN_NS NGTCP2_MILLISECONDS      /* a packet may leave so much earlier, says ngtcp2 0.12 */
#define PATIENCE_MS 3000                      /* something is under way: so long at most until the next try */
#define SIZE_AFTER (32 * 1024)               /* bytes that were acknowledged before larger datagrams are tried */
#define SIZE_LOST_MS 1500                    /* without progress: large datagrams may be the reason */

static const uint64_t window_trusted[CF_CHANNEL_COUNT] = { CF_STREAM_WINDOW_CONTROL, CF_STREAM_WINDOW_TALK,
                                                           CF_STREAM_WINDOW_BULK };

static ngtcp2_tstamp
now_ns (const struct cf_stream *s)
{
  return TS_ORIGIN + s->ahead_ns + cf_env_now_us (s->env) * NGTCP2_MICROSECONDS;
}

static void
stream_fail (struct cf_stream *s, gpg_error_t err)
{
  if (s->failed)
    return;
  s->failed = true;
  cf_timer_cancel (s->env, &s->timer);
  if (gpg_err_code (err) == CF_ERR_PROTOCOL)
    cf_refused (s->env, CF_REFUSED_RECORD_RULE);
  s->handler.failed (s->arg, err);
}

static void
wake (struct cf_stream *s)
{
  if (!s->failed)
    s->handler.wake (s->arg);
}

/* Is there something whose way depends on the peer? */
static bool
is_waiting (const struct cf_stream *s)
{
  for (int i = 0; i < CF_CHANNEL_COUNT; i++)
    if (s->channels[i].queue.acked < s->channels[i].queue.written)
      return true;
  return false;
}

static void
note_progress (struct cf_stream *s)
{
  uint64_t progress = 0;

  for (int i = 0; i < CF_CHANNEL_COUNT; i++)
    progress += s->channels[i].queue.acked;
  if (progress == s->progress && is_waiting (s))
    return;
  s->progress = progress;
  s->progress_ms = s->env->now_ms;
}

/* What ngtcp2 calls. */

static enum cf_channel
channel_of (int64_t id)
{
  return (enum cf_channel) (id >> 2);
}

/* The peer may send so much more on its stream ID. */
static int
extend (struct cf_stream *s, int64_t id, uint64_t more)
{
  int rv = ngtcp2_conn_extend_max_stream_offset (s->conn, id, more);

  if (!rv)
    ngtcp2_conn_extend_max_offset (s->conn, more);
  return rv;
}

static int
grow_window (struct cf_stream *s, int64_t id)
{
  struct channel *c = &s->channels[channel_of (id)];
  uint64_t want = window_trusted[channel_of (id)];
  int rv;

  if (!s->trusted || !c->is_open || c->window >= want)
    return 0;
  rv = extend (s, id, want - c->window);
  if (!rv)
    c->window = want;
  return rv;
}

static int
on_stream_open (ngtcp2_conn *conn, int64_t id, void *user)
{
  struct cf_stream *s = user;

  (void) conn;
  s->channels[channel_of (id)].is_open = true;
  return grow_window (s, id) ? NGTCP2_ERR_CALLBACK_FAILURE : 0;
}

static int
on_stream_data (ngtcp2_conn *conn, uint32_t flags, int64_t id, uint64_t offset, const uint8_t *data, size_t len,
                void *user, void *stream_user)
{
  struct cf_stream *s = user;
  enum cf_channel channel = channel_of (id);

  (void) conn;
  (void) flags;
  (void) stream_user;
  cf_stream_gaps_delivered (&s->gaps[channel], offset + len);
  if (len)
    s->handler.received (s->arg, channel, data, len);
  return extend (s, id, len) ? NGTCP2_ERR_CALLBACK_FAILURE : 0;
}

static int
on_acked (ngtcp2_conn *conn, int64_t id, uint64_t offset, uint64_t len, void *user, void *stream_user)
{
  struct cf_stream *s = user;

  (void) conn;
  (void) stream_user;
  cf_stream_queue_acked (&s->channels[channel_of (id)].queue, offset + len);
  return 0;
}

/* Packets that come in. */

/* The low bytes of the number of a packet: where a tag would be. */
static uint32_t
packet_number (const uint8_t *data, size_t len)
{
  const uint8_t *tag = data + len - CF_STREAM_TAG_LEN;

  return (uint32_t) tag[0] << 24 | (uint32_t) tag[1] << 16 | (uint32_t) tag[2] << 8 | tag[3];
}

/* 0, or the error with which the stream has failed. */
static gpg_error_t
read_packet (struct cf_stream *s, const uint8_t *data, size_t len)
{
  ngtcp2_pkt_info pi = { 0 };
  gpg_error_t err = cf_stream_error (ngtcp2_conn_read_pkt (s->conn, &s->path.path, &pi, data, len, now_ns (s)));

  if (err)
    stream_fail (s, err);
  return err;
}

/* Those that have waited for others, as many as may be read now. */
static gpg_error_t
read_held (struct cf_stream *s)
{
  struct cf_stream_held *held;
  const uint8_t *data;
  gpg_error_t err = 0;
  size_t len;

  while (!err && (held = cf_stream_order_take (&s->order, cf_env_now_us (s->env), &data, &len))) {
    err = read_packet (s, data, len);
    free (held);
  }
  return err;
}

/* Time. */

static uint64_t
to_ms (const struct cf_stream *s, ngtcp2_tstamp ts)
{
  return ts == UINT64_MAX ? UINT64_MAX : (ts - TS_ORIGIN - s->ahead_ns + NGTCP2_MILLISECONDS - 1) / NGTCP2_MILLISECONDS;
}

static uint64_t
earlier (uint64_t a, uint64_t b)
{
  return a < b ? a : b;
}

static bool
is_under_way (const struct cf_stream *s)
{
  for (int i = 0; i < CF_CHANNEL_COUNT; i++)
    if (s->channels[i].queue.acked < s->channels[i].queue.sent)
      return true;
  return false;
}

/* ngtcp2 doubles its patience with each try, and may be in a long one when the path is there again.  The one way to end
   it is to let the time be later for it; what it measures afterwards is right again. */
static void
hurry (struct cf_stream *s)
{
  ngtcp2_tstamp now = now_ns (s), expiry = ngtcp2_conn_get_expiry (s->conn);

  if (is_under_way (s) && expiry != UINT64_MAX && expiry > now)
    s->ahead_ns += expiry - now;
  s->tried_ms = s->env->now_ms;
}

/* Nothing may leave now: when will something, or when has the peer been silent for too long? */
static void
arm (struct cf_stream *s)
{
  uint64_t now_ms = s->env->now_ms, due_ms = to_ms (s, ngtcp2_conn_get_expiry (s->conn));

  if (s->paced_ns > now_ns (s))
    due_ms = earlier (due_ms, to_ms (s, s->paced_ns));
  due_ms = earlier (due_ms, s->size.timer_ms);
  if (s->order.held)
    due_ms = earlier (due_ms, cf_stream_order_due_us (&s->order) / 1000 + 1);
  if (is_waiting (s))
    due_ms = earlier (due_ms, s->progress_ms + CF_STREAM_STALL_MS);
  if (is_under_way (s))
    due_ms = earlier (due_ms, s->tried_ms + PATIENCE_MS);
  if (due_ms == UINT64_MAX)
    cf_timer_cancel (s->env, &s->timer);
  else
    cf_timer_arm (s->env, &s->timer, due_ms > now_ms ? due_ms : now_ms + 1);
}

/* 0, or the error with which the stream has failed. */
static gpg_error_t
expire (struct cf_stream *s)
{
  ngtcp2_tstamp now = now_ns (s);
  gpg_error_t err = 0;

  if (is_waiting (s) && s->env->now_ms >= s->progress_ms + CF_STREAM_STALL_MS)
    err = cf_err (GPG_ERR_ETIMEDOUT);
  else if (ngtcp2_conn_get_expiry (s->conn) <= now)
    err = cf_stream_error (ngtcp2_conn_handle_expiry (s->conn, now));
  if (err)
    stream_fail (s, err);
  return err;
}

static void
timer_fired (void *arg)
{
  struct cf_stream *s = arg;

  if (expire (s) || read_held (s))
    return;
  note_progress (s);
  if (is_waiting (s) && s->env->now_ms >= s->progress_ms + SIZE_LOST_MS)
    cf_stream_size_lost (&s->size, s->env->now_ms);
  cf_stream_size_timer (&s->size, s->env->now_ms);
  if (s->env->now_ms >= s->tried_ms + PATIENCE_MS)
    hurry (s);
  arm (s); /* should nobody ask */
  wake (s);
}

/* Making packets. */

/* A packet of LEN bytes leaves: when may the next? */
static void
pace (struct cf_stream *s, size_t len, ngtcp2_tstamp now)
{
#if CF_NGTCP2_1
  (void) len;
  ngtcp2_conn_update_pkt_tx_time (s->conn, now);
#else
  struct cf_ngtcp2_info info = cf_ngtcp2_info (s->conn);
  uint64_t credit = s->held ? CATCH_UP_NS : CREDIT_NS, longest = info.rtt_ns / LEAST_WINDOW * len / s->size.now, wait;

  if (info.rate <= 0)
    return;
  wait = (uint64_t) ((double) len / info.rate);
  if (s->paced_ns + credit < now)
    s->paced_ns = now - credit;
  s->paced_ns += wait < longest ? wait : longest;
  /* ngtcp2 adds its own wait, and forgives: what it is to wait for is our time. */
  ngtcp2_conn_update_pkt_tx_time (s->conn, s->paced_ns + FORGIVEN_NS - wait);
#endif
}

/* The first channel that has something which may leave, CF_CHANNEL_COUNT if none. */
static int
next_channel (const struct cf_stream *s)
{
  int i;

  for (i = 0; i < CF_CHANNEL_COUNT; i++) {
    const struct channel *c = &s->channels[i];

    if (c->queue.next && !c->is_blocked && c->queue.sent - c->queue.acked < CF_STREAM_FLIGHT_MAX)
      break;
  }
  return i;
}

static void
note_sent (struct cf_stream *s, struct channel *c, size_t len)
{
  cf_stream_queue_sent (&c->queue, len);
  if (c->was_full && c->queue.written - c->queue.sent < CF_TUNNEL_AHEAD) {
    c->was_full = false;
    s->handler.drained (s->arg, channel_of (c->id));
  }
}

/* Fill one packet from the channels, the most urgent first.  Returns its length, 0, or ngtcp2's error. */
static ngtcp2_ssize
make_packet (struct cf_stream *s, uint8_t *out, size_t max, ngtcp2_tstamp now)
{
  ngtcp2_pkt_info pi;
  ngtcp2_vec vec[VEC_MAX];
  ngtcp2_ssize n, taken;

  for (int i = 0; i < CF_CHANNEL_COUNT; i++)
    s->channels[i].is_blocked = false;
  for (;;) {
    int i = next_channel (s);
    struct channel *c = i < CF_CHANNEL_COUNT ? &s->channels[i] : NULL;
    size_t count = c ? cf_stream_queue_peek (&c->queue, max, vec, VEC_MAX) : 0;

    n = ngtcp2_conn_writev_stream (s->conn, NULL, &pi, out, max, &taken,
                                   c ? NGTCP2_WRITE_STREAM_FLAG_MORE : NGTCP2_WRITE_STREAM_FLAG_NONE, c ? c->id : -1,
                                   vec, count, now);
    if (c && taken > 0)
      note_sent (s, c, (size_t) taken);
    if (c && n == NGTCP2_ERR_STREAM_DATA_BLOCKED)
      c->is_blocked = true;
    else if (n != NGTCP2_ERR_WRITE_MORE)
      return n;
  }
}

size_t
cf_stream_output (struct cf_stream *stream, uint8_t *out, size_t max)
{
  struct cf_stream *s = stream;
  ngtcp2_tstamp now = now_ns (s);
  ngtcp2_ssize n;
  size_t len;

  assert (max >= CF_STREAM_DATAGRAM_MIN);
  if (s->failed || expire (s))
    return 0;
  len = cf_stream_size_output (&s->size, out, max, s->env->now_ms,
                               cf_ngtcp2_info (s->conn).rtt_ns / NGTCP2_MILLISECONDS);
  if (len)
    return len;
  n = make_packet (s, out, max < s->size.now ? max : s->size.now, now);
  if (n < 0) {
    stream_fail (s, cf_stream_error ((int) n));
    return 0;
  }
  note_progress (s);
  if (!s->searched && s->progress >= SIZE_AFTER) { /* the path works; a better one is worth some datagrams */
    s->searched = true;
    cf_stream_size_begin (&s->size);
    wake (s);
  }
  if (n) {
    out[0] |= 0x40; /* QUIC's fixed bit, which ngtcp2 leaves out now and then to keep others honest */
    s->tried_ms = s->env->now_ms;
    pace (s, (size_t) n, now);
  } else {
    s->held = s->paced_ns > now && next_channel (s) < CF_CHANNEL_COUNT;
    arm (s);
  }
  return (size_t) n;
}

/* What comes in, and what is to go out. */

/* A packet may come in: now, or when those before it are there.  Only for whom we know is anything kept.  An error: it
   was dropped, or the stream has failed. */
static gpg_error_t
take_packet (struct cf_stream *s, const uint8_t *data, size_t len)
{
  gpg_error_t err = cf_stream_rules_check (s->gaps, s->peer_id, data, len);

  if (err) {
    if (gpg_err_code (err) != GPG_ERR_LIMIT_REACHED) /* else it is as lost: it comes again when there is less between */
      stream_fail (s, err);
    return err;
  }
  if (!s->trusted || cf_stream_order_input (&s->order, packet_number (data, len), data, len, cf_env_now_us (s->env)))
    err = read_packet (s, data, len);
  if (!err)
    err = read_held (s);
  if (!err && s->order.held)
    arm (s);
  return err;
}

void
cf_stream_input (struct cf_stream *stream, const uint8_t *data, size_t len)
{
  struct cf_stream *s = stream;
  gpg_error_t err;

  if (s->failed)
    return;
  if (cf_stream_size_is_ours (data, len)) {
    err = cf_stream_size_input (&s->size, data, len, s->env->now_ms);
    if (err)
      stream_fail (s, err);
  } else
    err = take_packet (s, data, len);
  if (err)
    return;
  note_progress (s);
  wake (s);
}

gpg_error_t
cf_stream_write (struct cf_stream *stream, enum cf_channel channel, const void *data, size_t len)
{
  struct cf_stream *s = stream;
  struct channel *c = &s->channels[channel];
  gpg_error_t err;

  assert (channel < CF_CHANNEL_COUNT);
  if (s->failed)
    return cf_err (GPG_ERR_ENOTCONN);
  if (!len)
    return 0;
  if (cf_stream_waiting (s, channel) + len > CF_TUNNEL_QUEUE_MAX)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  if (!is_waiting (s))
    s->progress_ms = s->env->now_ms;
  err = cf_stream_queue_add (&c->queue, data, len);
  if (err)
    return err;
  if (cf_stream_waiting (s, channel) >= CF_TUNNEL_AHEAD)
    c->was_full = true;
  wake (s);
  return 0;
}

size_t
cf_stream_waiting (const struct cf_stream *stream, enum cf_channel channel)
{
  const struct cf_stream_queue *q = &stream->channels[channel].queue;

  return (size_t) (q->written - q->sent);
}

size_t
cf_stream_unacked (const struct cf_stream *stream, enum cf_channel channel)
{
  const struct cf_stream_queue *q = &stream->channels[channel].queue;

  return (size_t) (q->sent - q->acked);
}

void
cf_stream_trust (struct cf_stream *stream)
{
  struct cf_stream *s = stream;

  if (s->failed || s->trusted)
    return;
  s->trusted = true;
  for (int i = 0; i < CF_CHANNEL_COUNT; i++)
    (void) grow_window (s, s->peer_id + 4 * i); /* streams that are not there yet: when they come */
  wake (s);
}

void
cf_stream_path_changed (struct cf_stream *stream)
{
  struct cf_stream *s = stream;

  if (s->failed)
    return;
  if (s->searched)
    cf_stream_size_begin (&s->size);
  hurry (s);
  wake (s);
}

void
cf_stream_figures (const struct cf_stream *stream, struct cf_stream_figures *r_figures)
{
  struct cf_ngtcp2_info info = cf_ngtcp2_info (stream->conn);

  r_figures->rtt_us = info.rtt_ns / NGTCP2_MICROSECONDS;
  r_figures->rate = (uint64_t) (info.rate * NGTCP2_SECONDS);
  r_figures->window = info.window;
  r_figures->flight = info.flight;
  r_figures->datagram = stream->size.now;
}

/* Birth and death. */

/* Every path is the same to ngtcp2, which wants to see addresses. */
static void
set_path (struct cf_stream *s)
{
  struct sockaddr_in nowhere = { .sin_family = AF_INET };
  const struct sockaddr *addr = (const struct sockaddr *) &nowhere;

  ngtcp2_path_storage_init (&s->path, addr, sizeof nowhere, addr, sizeof nowhere, NULL);
}

/* The streams that we send on: 2, 6, 10 are the initiator's, 3, 7, 11 the responder's. */
static gpg_error_t
open_streams (struct cf_stream *s)
{
  for (int i = 0; i < CF_CHANNEL_COUNT; i++) {
    int rv = ngtcp2_conn_open_uni_stream (s->conn, &s->channels[i].id, NULL);

    if (rv)
      return rv == NGTCP2_ERR_NOMEM ? cf_err (GPG_ERR_ENOMEM) : cf_err (GPG_ERR_INTERNAL);
    s->channels[i].window = CF_STREAM_WINDOW_STRANGER;
  }
  return 0;
}

gpg_error_t
cf_stream_new (struct cf_env *env, const struct cf_stream_config *config, const struct cf_stream_handler *handler,
               void *arg, struct cf_stream **r_stream)
{
  static const ngtcp2_callbacks callbacks = { .recv_stream_data = on_stream_data,
                                              .acked_stream_data_offset = on_acked,
                                              .stream_open = on_stream_open };
  size_t max = config->datagram_max ? config->datagram_max : config->datagram_min;
  struct cf_stream *s;
  gpg_error_t err;

  if (config->datagram_min < CF_STREAM_DATAGRAM_MIN || max < config->datagram_min || max > CF_STREAM_DATAGRAM_MAX)
    return cf_err (GPG_ERR_INV_ARG);
  s = calloc (1, sizeof *s);
  if (!s)
    return cf_err (GPG_ERR_ENOMEM);
  s->env = env;
  s->handler = *handler;
  s->arg = arg;
  s->peer_id = config->initiator ? 3 : 2;
  set_path (s);
  cf_stream_size_init (&s->size, config->datagram_min, max);
  cf_timer_init (&s->timer, timer_fired, s);
  err = cf_stream_handshake (&callbacks, s, config->initiator, max, now_ns (s),
                             config->rtt_ms ? config->rtt_ms : CF_STREAM_RTT_MS, &s->path.path, env, &s->conn);
  if (!err)
    err = open_streams (s);
  if (err) {
    cf_stream_free (s);
    return err;
  }
  *r_stream = s;
  return 0;
}

void
cf_stream_free (struct cf_stream *stream)
{
  struct cf_stream *s = stream;

  if (!s)
    return;
  cf_timer_cancel (s->env, &s->timer);
  ngtcp2_conn_del (s->conn);
  for (int i = 0; i < CF_CHANNEL_COUNT; i++) {
    cf_stream_queue_done (&s->channels[i].queue);
    cf_stream_gaps_done (&s->gaps[i]);
  }
  cf_stream_order_done (&s->order);
  free (s);
}
