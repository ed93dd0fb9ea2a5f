/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dgram_flow.c - what is said in sealed datagrams: streams, unreliable ones, words about the tunnel.
 *
 * A message of a channel is its length (4 bytes) and its bytes on the channel's
 * stream.  Its length is believed only as far as its sender may send so much,
 * and memory grows with what has come, not with what was announced.
 * Spec: doc/protocol.md, "Sealed datagrams".
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "net/bye.h"
#include "net/dgram_priv.h"
#include "net/record.h"

enum kind { KIND_STREAM = 0, KIND_PLAIN = 1, KIND_LINK = 2 };
enum link_kind { LINK_PING = 1, LINK_PONG = 2, LINK_BYE = 3 };

#define LINK_LEN (CF_DGRAM_KIND_LEN + 1) /* before what a word is about */
#define BYES 3        /* it is said so often, since nobody answers it */
#define BATCH_MAX CF_DATAGRAM_LOOPBACK_MAX
#define TURN_MAX (16 * BATCH_MAX) /* bytes that leave before others have their turn */

/* --- sealing --- */

/* Seal and send the LEN bytes (kind and all) at PLAIN to TO. */
static gpg_error_t
send_sealed (struct cf_dgram *d, const struct cf_addr *to, const void *plain, size_t len)
{
  uint8_t *out = d->port->out;
  gpg_error_t err;

  assert (len + CF_BOX_OVERHEAD <= sizeof d->port->out);
  memcpy (out + CF_BOX_HEAD_LEN, plain, len);
  err = cf_box_seal (&d->box, d->env->now_ms, d->remote_index, out, len);
  if (!err)
    err = d->port->net->ops->send_datagram (d->port->net, to, out, len + CF_BOX_OVERHEAD);
  return err;
}

static void
say_link (struct cf_dgram *d, const struct cf_addr *to, enum link_kind word, const uint8_t *token)
{
  uint8_t plain[LINK_LEN + CF_DGRAM_TOKEN_LEN] = { KIND_LINK, (uint8_t) word };
  gpg_error_t err;

  memcpy (plain + LINK_LEN, token, CF_DGRAM_TOKEN_LEN);
  err = send_sealed (d, to, plain, sizeof plain);
  if (err) /* as if it were lost */
    cf_log (d->env, CF_LOG_DEBUG, "datagrams: no sign of life leaves: %s", gpg_strerror (err));
}

void
cf_dgram_ping (struct cf_dgram *d)
{
  static const uint8_t none[CF_DGRAM_TOKEN_LEN];

  say_link (d, &d->addr, LINK_PING, none);
}

void
cf_dgram_pong (struct cf_dgram *d)
{
  static const uint8_t none[CF_DGRAM_TOKEN_LEN];

  say_link (d, &d->addr, LINK_PONG, none);
}

void
cf_dgram_bye (struct cf_dgram *d, gpg_error_t why, const char *reason)
{
  uint8_t plain[LINK_LEN + CF_BYE_MAX] = { KIND_LINK, LINK_BYE };
  size_t len = LINK_LEN + cf_bye_write (plain + LINK_LEN, why, reason);

  for (int i = 0; i < BYES; i++)
    if (send_sealed (d, &d->addr, plain, len))
      cf_log (d->env, CF_LOG_DEBUG, "datagrams: no goodbye could be sent");
}

gpg_error_t
cf_dgram_send_plain (struct cf_dgram *tunnel, const void *data, size_t len)
{
  uint8_t plain[CF_DGRAM_KIND_LEN + CF_DATAGRAM_PLAIN_MAX] = { KIND_PLAIN };

  if (tunnel->state != CF_DGRAM_READY)
    return cf_err (GPG_ERR_ENOTCONN);
  if (len > CF_DATAGRAM_PLAIN_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  if (len)
    memcpy (plain + CF_DGRAM_KIND_LEN, data, len);
  return send_sealed (tunnel, &tunnel->addr, plain, CF_DGRAM_KIND_LEN + len);
}

/* --- what the stream sends --- */

/* Datagrams of one length, and a shorter one behind them, leave in one call: the system can cut them by itself. */
struct batch {
  size_t len, segment;
};

static void
batch_flush (struct cf_dgram *d, struct batch *b)
{
  gpg_error_t err = 0;

  if (b->len)
    err = d->port->net->ops->send_datagrams (d->port->net, &d->addr, d->port->out, b->len, b->segment);
  if (err) /* the stream sends again what is lost */
    cf_log (d->env, CF_LOG_DEBUG, "datagrams: nothing leaves: %s", gpg_strerror (err));
  b->len = b->segment = 0;
}

/* Seal one datagram of the stream behind the batch; its length, or 0: there is none, or the tunnel has ended. */
static size_t
batch_add (struct cf_dgram *d, struct batch *b)
{
  uint8_t *out = d->port->out + b->len;
  size_t len = cf_stream_output (d->stream, out + CF_BOX_HEAD_LEN + CF_DGRAM_KIND_LEN,
                                 d->datagram_max - CF_DGRAM_OVERHEAD);

  if (!len || d->state != CF_DGRAM_READY)
    return 0;
  out[CF_BOX_HEAD_LEN] = KIND_STREAM;
  if (cf_box_seal (&d->box, d->env->now_ms, d->remote_index, out, CF_DGRAM_KIND_LEN + len))
    return 0;
  len += CF_DGRAM_OVERHEAD;
  if (b->segment && len > b->segment) {
    size_t before = b->len;

    batch_flush (d, b);
    memmove (d->port->out, d->port->out + before, len);
  }
  if (!b->segment)
    b->segment = len;
  b->len += len;
  return len;
}

static void
tell_room (struct cf_dgram *d)
{
  size_t waiting = cf_stream_waiting (d->stream, CF_CHANNEL_TALK) + cf_stream_waiting (d->stream, CF_CHANNEL_BULK);
  bool has_left = waiting < d->waiting_seen;

  d->waiting_seen = waiting;
  if (has_left && cf_stream_waiting (d->stream, CF_CHANNEL_BULK) <= CF_TUNNEL_BULK_LOW && d->handler.room)
    d->handler.room (d->arg);
}

static void
pump_fired (void *arg)
{
  struct cf_dgram *d = arg;
  struct batch b = { 0 };
  size_t added = 1, total = 0;

  while (added && total < TURN_MAX) {
    added = batch_add (d, &b);
    total += added;
    if (d->state != CF_DGRAM_READY)
      return;
    if (added < b.segment || BATCH_MAX - b.len < d->datagram_max)
      batch_flush (d, &b);
  }
  if (added)
    cf_timer_after (d->env, &d->pump, 0);
  tell_room (d);
}

static void
pump_soon (struct cf_dgram *d)
{
  if (!d->pump.armed && d->state == CF_DGRAM_READY)
    cf_timer_after (d->env, &d->pump, 0);
}

/* --- messages --- */

gpg_error_t
cf_dgram_send (struct cf_dgram *tunnel, enum cf_channel channel, const void *data, size_t len)
{
  struct cf_dgram *d = tunnel;
  uint8_t head[4];
  gpg_error_t err;

  assert (channel < CF_CHANNEL_COUNT);
  if (d->state != CF_DGRAM_READY)
    return cf_err (GPG_ERR_ENOTCONN);
  if (len > cf_message_max[channel])
    return cf_err (GPG_ERR_TOO_LARGE);
  if (cf_stream_waiting (d->stream, channel) + sizeof head + len > CF_TUNNEL_QUEUE_MAX)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  cf_dgram_put_index (head, (uint32_t) len);
  err = cf_stream_write (d->stream, channel, head, sizeof head);
  if (err)
    return err;
  if (len)
    err = cf_stream_write (d->stream, channel, data, len);
  if (err) /* its length has gone without it */
    cf_dgram_fail (d, err);
  else if (channel != CF_CHANNEL_CONTROL)
    d->waiting_seen += len;
  return err;
}

size_t
cf_dgram_waiting (const struct cf_dgram *tunnel, enum cf_channel channel)
{
  return tunnel->stream ? cf_stream_waiting (tunnel->stream, channel) : 0;
}

/* May a message on CHANNEL have LEN bytes? */
static bool
fits (struct cf_dgram *d, enum cf_channel channel, size_t len)
{
  return len <= cf_message_max[channel]
         && (len <= d->large_min || !d->handler.large || d->handler.large (d->arg, channel));
}

/* The rest of a message's length; how many bytes were used. */
static size_t
take_head (struct cf_dgram_inlet *in, const uint8_t *data, size_t len)
{
  size_t used = sizeof in->head - in->head_len < len ? sizeof in->head - in->head_len : len;

  memcpy (in->head + in->head_len, data, used);
  in->head_len += used;
  return used;
}

/* The rest of a message of WANT bytes, as far as it has come; delivered when it is whole. */
static gpg_error_t
take_body (struct cf_dgram *d, enum cf_channel channel, size_t want, const uint8_t *data, size_t len, size_t *r_used)
{
  struct cf_dgram_inlet *in = &d->inlets[channel];
  size_t left = want - cf_buf_len (&in->part);
  size_t used = left < len ? left : len;
  gpg_error_t err;

  *r_used = used;
  if (used == want) { /* whole as it lies there */
    in->head_len = 0;
    d->handler.message (d->arg, channel, data, want);
    return 0;
  }
  err = cf_buf_add (&in->part, data, used);
  if (err || used < left)
    return err;
  in->head_len = 0;
  d->handler.message (d->arg, channel, cf_buf_data (&in->part), want);
  cf_buf_consume (&in->part, want); /* the memory stays until the tunnel idles */
  return 0;
}

static gpg_error_t
take_bytes (struct cf_dgram *d, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct cf_dgram_inlet *in = &d->inlets[channel];
  gpg_error_t err = 0;

  while (!err && d->state == CF_DGRAM_READY) {
    size_t want, used;

    if (in->head_len < sizeof in->head) {
      used = take_head (in, data, len);
      data += used;
      len -= used;
      if (in->head_len < sizeof in->head)
        return 0;
    }
    want = cf_dgram_index_at (in->head);
    if (!len && want)
      return fits (d, channel, want) ? 0 : cf_err (GPG_ERR_TOO_LARGE);
    if (!fits (d, channel, want))
      return cf_err (GPG_ERR_TOO_LARGE);
    err = take_body (d, channel, want, data, len, &used);
    data += used;
    len -= used;
    if (!len)
      break;
  }
  return err;
}

static void
on_received (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct cf_dgram *d = arg;
  gpg_error_t err;

  if (d->state != CF_DGRAM_READY)
    return;
  if (d->control_only && channel != CF_CHANNEL_CONTROL)
    err = cf_err (CF_ERR_PROTOCOL);
  else
    err = take_bytes (d, channel, data, len);
  if (err) {
    cf_record_refused (d->env, err);
    cf_dgram_fail (d, err);
  }
}

static void
on_wake (void *arg)
{
  pump_soon (arg);
}

static void
on_drained (void *arg, enum cf_channel channel)
{
  (void) channel;
  pump_soon (arg); /* it tells of the room */
}

static void
on_failed (void *arg, gpg_error_t err)
{
  cf_dgram_fail (arg, err);
}

static const struct cf_stream_handler stream_handler
  = { .received = on_received, .wake = on_wake, .drained = on_drained, .failed = on_failed };

/* --- words about the tunnel --- */

void
cf_dgram_maybe_moved (struct cf_dgram *d, const struct cf_addr *from)
{
  uint64_t now = d->env->now_ms;

  if (d->moving_to.family && now - d->moving_ms < CF_DATAGRAM_MOVE_MS)
    return;
  d->moving_to = *from;
  d->moving_ms = now;
  cf_env_random (d->env, d->moving_token, sizeof d->moving_token);
  say_link (d, from, LINK_PING, d->moving_token);
}

/* Only who gets what is sent there can know the token. */
static void
take_pong (struct cf_dgram *d, const struct cf_addr *from, const uint8_t *token)
{
  char text[CF_ADDR_TEXT_SIZE];

  if (!d->moving_to.family || !cf_addr_equal (&d->moving_to, from)
      || !cf_ct_equal (d->moving_token, token, CF_DGRAM_TOKEN_LEN))
    return;
  cf_log (d->env, CF_LOG_INFO, "the other end of a tunnel has moved to %s", cf_addr_format (from, text));
  d->addr = *from;
  d->moving_to.family = 0;
  cf_stream_path_changed (d->stream);
}

static gpg_error_t
peer_said_bye (struct cf_dgram *d, const uint8_t *p, size_t len)
{
  char *reason;
  gpg_error_t err = cf_bye_read (p, len, &d->peer_code, &reason);

  if (err)
    return err;
  cf_dgram_end (d, 0, reason);
  free (reason);
  return 0;
}

static gpg_error_t
take_link (struct cf_dgram *d, const struct cf_addr *from, const uint8_t *p, size_t len)
{
  if (len == 1 + CF_DGRAM_TOKEN_LEN && p[0] == LINK_PING)
    say_link (d, from, LINK_PONG, p + 1);
  else if (len == 1 + CF_DGRAM_TOKEN_LEN && p[0] == LINK_PONG)
    take_pong (d, from, p + 1);
  else if (len && p[0] == LINK_BYE)
    return peer_said_bye (d, p + 1, len - 1);
  else
    return cf_err (CF_ERR_PROTOCOL);
  return 0;
}

gpg_error_t
cf_dgram_flow_take (struct cf_dgram *d, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  const uint8_t *payload = data + CF_DGRAM_KIND_LEN;
  size_t payload_len = len - CF_DGRAM_KIND_LEN;

  switch (data[0]) {
  case KIND_STREAM:
    cf_stream_input (d->stream, payload, payload_len);
    pump_soon (d);
    return 0;
  case KIND_PLAIN:
    if (payload_len > CF_DATAGRAM_PLAIN_MAX || d->control_only)
      return cf_err (CF_ERR_PROTOCOL);
    if (d->handler.datagram)
      d->handler.datagram (d->arg, payload, payload_len);
    return 0;
  case KIND_LINK:
    return take_link (d, from, payload, payload_len);
  default:
    return cf_err (CF_ERR_PROTOCOL);
  }
}

/* --- life --- */

gpg_error_t
cf_dgram_flow_start (struct cf_dgram *d)
{
  struct cf_stream_config config = {
    .initiator = d->initiator,
    .datagram_min = CF_DATAGRAM_SURE - CF_DGRAM_OVERHEAD,
    .datagram_max = (cf_addr_is_loopback (&d->addr) ? CF_DATAGRAM_LOOPBACK_MAX : CF_DATAGRAM_PATH_MAX) - CF_DGRAM_OVERHEAD,
  };

  for (int i = 0; i < CF_CHANNEL_COUNT; i++)
    cf_buf_init (&d->inlets[i].part, cf_message_max[i]);
  cf_timer_init (&d->pump, pump_fired, d);
  d->datagram_max = config.datagram_max + CF_DGRAM_OVERHEAD;
  return cf_stream_new (d->env, &config, &stream_handler, d, &d->stream);
}

void
cf_dgram_flow_done (struct cf_dgram *d)
{
  for (int i = 0; i < CF_CHANNEL_COUNT; i++)
    cf_buf_done (&d->inlets[i].part);
  cf_stream_free (d->stream);
  d->stream = NULL;
}

void
cf_dgram_flow_forget (struct cf_dgram *d)
{
  for (int i = 0; i < CF_CHANNEL_COUNT; i++)
    if (!cf_buf_len (&d->inlets[i].part))
      cf_buf_done (&d->inlets[i].part);
}
