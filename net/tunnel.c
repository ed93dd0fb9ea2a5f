/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tunnel.c - handshake, channels and liveness of a secure channel over a stream.
 *
 *   initiator                               responder
 *   NEW                                     NEW
 *    | cf_tunnel_start: clear bytes,         |
 *    |   message 1                           |
 *    v                                       | receive_handshake
 *   WAIT2 <---------- message 2 -----------  v
 *    | receive_handshake                    WAIT3
 *    v                                       | receive_handshake
 *   READY ----------- message 3 ---------->  v
 *    |                                      READY
 *    `-- tunnel_end, from any state --> CLOSED
 *
 * Every state but CLOSED has a deadline: the handshake's, then the path's.
 * The first messages are made and read in handshake.c, records in record.c.
 * Spec: doc/protocol.md, "Tunnel".
 */
#include "net/tunnel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/secmem.h"
#include "net/bye.h"
#include "net/handshake.h"
#include "net/record.h"

/* A record on this channel is about the tunnel itself. */
#define CHANNEL_LINK 0xff
enum link_kind { LINK_PING = 1, LINK_PONG = 2, LINK_BYE = 3 };

/* Records that leave together: those of a block of a file.  Each call of the carrier costs its end and the other one a
   turn of the loop. */
#define OUT_MAX ((CF_MESSAGE_BULK_MAX / CF_RECORD_FRAGMENT_MAX + 1) * CF_RECORD_MAX)
#define OUT_FIRST (4 * CF_RECORD_MAX) /* ... unless the carrier leaves some waiting: chat cannot overtake them there */

enum state { NEW, WAIT2, WAIT3, READY, CLOSED, STATE_COUNT };
enum event { EV_START, EV_MESSAGE1, EV_MESSAGE2, EV_MESSAGE3, EV_END, EVENT_COUNT };

static const char *const state_names[STATE_COUNT] = { "NEW", "WAIT2", "WAIT3", "READY", "CLOSED" };

/* What follows; NEW stands for "not allowed". */
static const enum state transitions[STATE_COUNT][EVENT_COUNT] = {
  [NEW] = { [EV_START] = WAIT2, [EV_MESSAGE1] = WAIT3, [EV_END] = CLOSED },
  [WAIT2] = { [EV_MESSAGE2] = READY, [EV_END] = CLOSED },
  [WAIT3] = { [EV_MESSAGE3] = READY, [EV_END] = CLOSED },
  [READY] = { [EV_END] = CLOSED },
};

const size_t cf_message_max[CF_CHANNEL_COUNT] = { CF_MESSAGE_CONTROL_MAX, CF_MESSAGE_TALK_MAX, CF_MESSAGE_BULK_MAX };

/* The rest of a message that waits for the carrier. */
struct waiting {
  struct waiting *next;
  size_t len, sent;
  uint8_t data[];
};

struct channel {
  struct waiting *first, *last; /* to send */
  size_t waiting_bytes;
  struct cf_buf part; /* received so far of a message in several records */
  bool is_partial;
};

struct cf_tunnel {
  struct cf_env *env;
  struct cf_tunnel_handler handler;
  void *arg;
  bool initiator;
  enum state state;
  enum cf_suite suite;
  bool control_only;
  uint32_t rekey_records, idle_ms, large_min;
  uint8_t remote_public[CF_DEVICE_KEY_LEN];
  uint8_t hash[CF_NOISE_HASH_LEN];
  struct cf_handshake *handshake; /* NULL once ready or closed */
  struct cf_record_stream tx, rx;
  struct cf_buf in, out; /* a record that comes; records that leave.  An idle tunnel has neither */
  size_t out_together;   /* bytes of records that leave together */
  struct channel channels[CF_CHANNEL_COUNT];
  struct cf_timer timer; /* handshake deadline, then liveness */
  uint64_t heard_ms;     /* the last record that opened */
  uint64_t said_ms;      /* the last record that left */
  bool pinged;           /* a ping is out since heard_ms */
  uint64_t lost_ms;      /* pinged: then the path counts as lost */
  gpg_error_t peer_code;
};

static gpg_error_t
tunnel_step (struct cf_tunnel *t, enum event event)
{
  enum state next = transitions[t->state][event];

  if (next == NEW)
    return cf_err (GPG_ERR_INV_STATE);
  cf_log (t->env, CF_LOG_DEBUG, "tunnel: %s -> %s", state_names[t->state], state_names[next]);
  t->state = next;
  return 0;
}

/* The one way into CLOSED: keys go at once, and the owner hears it. */
static void
tunnel_end (struct cf_tunnel *t, gpg_error_t err, const char *reason)
{
  if (tunnel_step (t, EV_END))
    return; /* closed already */
  cf_timer_cancel (t->env, &t->timer);
  cf_handshake_free (t->handshake);
  t->handshake = NULL;
  cf_record_stream_done (&t->tx);
  cf_record_stream_done (&t->rx);
  /* What was received stays until cf_tunnel_free: a message callback that closes
     is still reading it. */
  t->handler.closed (t->arg, err, reason);
}

/* Sending. */

static void
flush (struct cf_tunnel *t)
{
  const uint8_t *data = cf_buf_data (&t->out);
  const size_t len = cf_buf_len (&t->out);

  cf_buf_consume (&t->out, len); /* its bytes stay where they are; if output closes, BYE does not take them along again */
  if (len)
    t->handler.output (t->arg, data, len);
}

/* Seal one record; it leaves with the next flush.  FLAGS is CF_RECORD_MORE or 0. */
static gpg_error_t
seal_record (struct cf_tunnel *t, uint8_t channel, uint8_t flags, const void *fragment, size_t len)
{
  gpg_error_t err;
  size_t record_len = 0;
  uint8_t *space;

  if (!t->tx.cipher) /* output closed the tunnel between two records */
    return cf_err (GPG_ERR_ENOTCONN);
  err = cf_buf_reserve (&t->out, CF_RECORD_LENGTH_LEN + CF_RECORD_BODY_MIN + len, &space);
  if (!err)
    err = cf_record_seal (&t->tx, t->env->now_ms, channel, flags, fragment, len, space, &record_len);
  if (err)
    return err;
  cf_buf_commit (&t->out, record_len);
  t->said_ms = t->env->now_ms;
  return 0;
}

static gpg_error_t
send_link (struct cf_tunnel *t, const void *data, size_t len)
{
  gpg_error_t err = seal_record (t, CHANNEL_LINK, 0, data, len);

  flush (t);
  return err;
}

/* Memory for the records of LEN bytes, at once: growing with each would copy them. */
static gpg_error_t
make_room (struct cf_tunnel *t, size_t len)
{
  size_t need = (len / CF_RECORD_FRAGMENT_MAX + 1) * (CF_RECORD_LENGTH_LEN + CF_RECORD_BODY_MIN) + len;
  uint8_t *space;

  return cf_buf_reserve (&t->out, need < OUT_MAX ? need : OUT_MAX, &space);
}

/* Bytes that wait in the carrier. */
static size_t
carrier_has (const struct cf_tunnel *t)
{
  return t->handler.queued ? t->handler.queued (t->arg) : 0;
}

static bool
carrier_is_full (const struct cf_tunnel *t)
{
  return carrier_has (t) >= CF_TUNNEL_AHEAD;
}

/* Send fragments of DATA from *SENT on, until it is through (*R_DONE) or, except
   on the control channel, until the carrier has enough. */
static gpg_error_t
send_fragments (struct cf_tunnel *t, enum cf_channel channel, const uint8_t *data, size_t len, size_t *sent,
                bool *r_done)
{
  gpg_error_t err = make_room (t, len - *sent);

  *r_done = false;
  while (!err && !*r_done && (channel == CF_CHANNEL_CONTROL || !carrier_is_full (t))) {
    do {
      size_t left = len - *sent;
      size_t now = left > CF_RECORD_FRAGMENT_MAX ? CF_RECORD_FRAGMENT_MAX : left;

      err = seal_record (t, (uint8_t) channel, now < left ? CF_RECORD_MORE : 0, data ? data + *sent : NULL, now);
      if (err)
        break;
      *sent += now;
      *r_done = *sent == len;
    } while (!*r_done && cf_buf_len (&t->out) + CF_RECORD_MAX <= t->out_together);
    flush (t);
    if (carrier_has (t))
      t->out_together = OUT_FIRST;
    else if (!*r_done)
      t->out_together = t->out_together < OUT_MAX / 2 ? 2 * t->out_together : OUT_MAX;
  }
  return err;
}

static gpg_error_t
wait_add (struct channel *c, const uint8_t *data, size_t len)
{
  struct waiting *w = malloc (sizeof *w + len);

  if (!w)
    return cf_err (GPG_ERR_ENOMEM);
  w->next = NULL;
  w->len = len;
  w->sent = 0;
  if (len)
    memcpy (w->data, data, len);
  if (c->last)
    c->last->next = w;
  else
    c->first = w;
  c->last = w;
  c->waiting_bytes += len;
  return 0;
}

static void
wait_drop_first (struct cf_tunnel *t, enum cf_channel channel)
{
  struct channel *c = &t->channels[channel];
  struct waiting *w = c->first;

  c->first = w->next;
  if (!c->first)
    c->last = NULL;
  c->waiting_bytes -= w->len;
  if (channel != CF_CHANNEL_BULK) /* what waits there is sealed by itself */
    cf_wipe (w->data, w->len);
  free (w);
}

/* Whether a message on CHANNEL would have to wait behind others. */
static bool
is_behind (const struct cf_tunnel *t, enum cf_channel channel)
{
  int i;

  for (i = CF_CHANNEL_CONTROL + 1; i <= (int) channel; i++)
    if (t->channels[i].first)
      return true;
  return false;
}

static void
say_bye (struct cf_tunnel *t, gpg_error_t why, const char *reason)
{
  uint8_t bye[1 + CF_BYE_MAX] = { LINK_BYE };
  size_t len = cf_bye_write (bye + 1, why, reason);

  if (send_link (t, bye, 1 + len))
    cf_log (t->env, CF_LOG_DEBUG, "tunnel: no goodbye could be sent");
}

/* An authentic peer broke the rules, or we cannot go on: tell it and end. */
static void
tunnel_fail (struct cf_tunnel *t, gpg_error_t err)
{
  if (t->state == READY)
    say_bye (t, err, NULL);
  tunnel_end (t, err, NULL);
}

gpg_error_t
cf_tunnel_send (struct cf_tunnel *tunnel, enum cf_channel channel, const void *data, size_t len)
{
  struct cf_tunnel *t = tunnel;
  struct channel *c;
  gpg_error_t err = 0;
  size_t sent = 0;
  bool done = false;

  assert (channel < CF_CHANNEL_COUNT);
  c = &t->channels[channel];
  if (t->state != READY)
    return cf_err (GPG_ERR_ENOTCONN);
  if (len > cf_message_max[channel])
    return cf_err (GPG_ERR_TOO_LARGE);
  if (c->waiting_bytes + len > CF_TUNNEL_QUEUE_MAX)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  if (!is_behind (t, channel))
    err = send_fragments (t, channel, data, len, &sent, &done);
  if (!err && !done)
    err = wait_add (c, sent ? (const uint8_t *) data + sent : data, len - sent);
  if (err && sent) /* half a message has left */
    tunnel_fail (t, err);
  return err;
}

size_t
cf_tunnel_waiting (const struct cf_tunnel *tunnel, enum cf_channel channel)
{
  return tunnel->channels[channel].waiting_bytes;
}

void
cf_tunnel_drained (struct cf_tunnel *tunnel)
{
  struct cf_tunnel *t = tunnel;
  int i = CF_CHANNEL_CONTROL + 1;

  while (t->state == READY && i < CF_CHANNEL_COUNT) {
    struct channel *c = &t->channels[i];
    struct waiting *w = c->first;
    gpg_error_t err;
    bool done;

    if (!w) {
      i++;
      continue;
    }
    err = send_fragments (t, (enum cf_channel) i, w->data, w->len, &w->sent, &done);
    if (err)
      tunnel_fail (t, err);
    if (err || !done)
      return;
    wait_drop_first (t, (enum cf_channel) i);
  }
}

/* Liveness. */

/* An idle tunnel holds no memory for messages and records: a node has thousands of guests. */
static void
forget_parts (struct cf_tunnel *t)
{
  int i;

  cf_buf_done (&t->out);
  if (!cf_buf_len (&t->in))
    cf_buf_done (&t->in);
  for (i = 0; i < CF_CHANNEL_COUNT; i++)
    if (!t->channels[i].is_partial)
      cf_buf_done (&t->channels[i].part);
}

/* A ping leaves, and an answer is waited for until LOST_MS. */
static void
ask_for_life (struct cf_tunnel *t, uint64_t lost_ms)
{
  uint8_t ping = LINK_PING;
  gpg_error_t err;

  t->pinged = true;
  t->lost_ms = lost_ms;
  err = send_link (t, &ping, 1);
  if (err)
    tunnel_fail (t, err);
  else
    cf_timer_arm (t->env, &t->timer, lost_ms);
}

/* Silence after which the path counts as lost. */
static uint64_t
lost_after (const struct cf_tunnel *t)
{
  return t->idle_ms + (CF_PATH_LOST_MS - CF_PING_IDLE_MS);
}

static void
timer_fired (void *arg)
{
  struct cf_tunnel *t = arg;
  uint64_t idle_ms = t->heard_ms + t->idle_ms;

  if (t->state != READY || (t->pinged && t->env->now_ms >= t->lost_ms)
      || t->env->now_ms >= t->heard_ms + lost_after (t)) /* the handshake's deadline, or a path that is lost */
    tunnel_end (t, cf_err (GPG_ERR_ETIMEDOUT), NULL);
  else if (t->pinged)
    cf_timer_arm (t->env, &t->timer, t->lost_ms);
  else {
    forget_parts (t); /* also when others spoke: who is asked for life, and answers, need never ask himself */
    if (t->env->now_ms < idle_ms)
      cf_timer_arm (t->env, &t->timer, idle_ms);
    else
      ask_for_life (t, t->heard_ms + lost_after (t));
  }
}

void
cf_tunnel_probe (struct cf_tunnel *tunnel)
{
  uint64_t lost_ms = tunnel->env->now_ms + CF_PROBE_MS;

  if (tunnel->state == READY && !(tunnel->pinged && tunnel->lost_ms <= lost_ms))
    ask_for_life (tunnel, lost_ms);
}

/* A record opened.  The timer is moved only when it was set for the worst; else
   it finds out by itself when it fires. */
static void
heard (struct cf_tunnel *t)
{
  t->heard_ms = t->env->now_ms;
  if (t->pinged) {
    t->pinged = false;
    cf_timer_arm (t->env, &t->timer, t->heard_ms + t->idle_ms);
  }
}

/* Receiving. */

static gpg_error_t
peer_said_bye (struct cf_tunnel *t, const uint8_t *p, size_t len)
{
  char *reason;
  gpg_error_t err = cf_bye_read (p, len, &t->peer_code, &reason);

  if (err)
    return err;
  tunnel_end (t, 0, reason);
  free (reason);
  return 0;
}

static gpg_error_t
receive_link (struct cf_tunnel *t, const struct cf_record *r)
{
  const uint8_t *p = r->fragment;
  uint8_t pong = LINK_PONG;

  if (r->flags || !r->fragment_len)
    return cf_err (CF_ERR_PROTOCOL);
  switch (p[0]) {
  case LINK_PING:
    if (r->fragment_len != 1)
      return cf_err (CF_ERR_PROTOCOL);
    if (carrier_is_full (t)) { /* who read what waits would need no answer to know that we live */
      cf_refused (t->env, CF_REFUSED_TUNNEL_PINGS);
      return 0;
    }
    return send_link (t, &pong, 1);
  case LINK_PONG:
    return r->fragment_len == 1 ? 0 : cf_err (CF_ERR_PROTOCOL);
  case LINK_BYE:
    return peer_said_bye (t, p + 1, r->fragment_len - 1);
  default:
    return cf_err (CF_ERR_PROTOCOL);
  }
}

/* Who sends us a long message on a slow path may have no room for a ping, and hears nothing of us until the end. */
static gpg_error_t
show_life (struct cf_tunnel *t)
{
  uint8_t pong = LINK_PONG;

  if (t->state != READY || t->env->now_ms - t->said_ms < CF_ALIVE_MS || carrier_is_full (t))
    return 0;
  return send_link (t, &pong, 1);
}

/* May a message on CHANNEL have LEN bytes? */
static bool
fits (struct cf_tunnel *t, enum cf_channel channel, size_t len)
{
  return len <= cf_message_max[channel]
         && (len <= t->large_min || !t->handler.large || t->handler.large (t->arg, channel));
}

/* One canonical way to cut a message: every fragment but the last is full, the
   last one is empty only when the whole message is. */
static gpg_error_t
receive_fragment (struct cf_tunnel *t, const struct cf_record *r)
{
  gpg_error_t err;
  struct channel *c;
  bool more = r->flags & CF_RECORD_MORE;

  if (r->channel >= CF_CHANNEL_COUNT || (r->flags & ~CF_RECORD_MORE)
      || (t->control_only && r->channel != CF_CHANNEL_CONTROL))
    return cf_err (CF_ERR_PROTOCOL);
  c = &t->channels[r->channel];
  if (more ? r->fragment_len != CF_RECORD_FRAGMENT_MAX : c->is_partial && !r->fragment_len)
    return cf_err (CF_ERR_PROTOCOL);
  if (!fits (t, (enum cf_channel) r->channel, cf_buf_len (&c->part) + r->fragment_len))
    return cf_err (GPG_ERR_TOO_LARGE);
  if (!more && !c->is_partial) {
    t->handler.message (t->arg, (enum cf_channel) r->channel, r->fragment, r->fragment_len);
    return 0;
  }
  err = cf_buf_add (&c->part, r->fragment, r->fragment_len);
  if (err)
    return err;
  c->is_partial = more;
  if (!more) {
    t->handler.message (t->arg, (enum cf_channel) r->channel, cf_buf_data (&c->part), cf_buf_len (&c->part));
    cf_buf_consume (&c->part, cf_buf_len (&c->part)); /* the memory stays until the tunnel idles */
  }
  return 0;
}

/* RECORD has come, and opened unless ERR says why not. */
static void
take_record (struct cf_tunnel *t, const struct cf_record *record, gpg_error_t err)
{
  if (err) { /* not the peer: say nothing */
    cf_refused (t->env, gpg_err_code (err) == GPG_ERR_LIMIT_REACHED ? CF_REFUSED_RECORD_REKEY
                                                                    : CF_REFUSED_RECORD_FORGED);
    tunnel_end (t, err, NULL);
    return;
  }
  heard (t);
  err = record->channel == CHANNEL_LINK ? receive_link (t, record) : receive_fragment (t, record);
  if (!err && record->channel != CHANNEL_LINK)
    err = show_life (t);
  if (err) {
    cf_record_refused (t->env, err);
    tunnel_fail (t, err);
  }
}

/* How long a record is whose first LEN bytes are DATA, as far as can be told: its length, or all of it.  0: none is. */
static size_t
record_len (const uint8_t *data, size_t len)
{
  size_t body_len;

  if (len < CF_RECORD_LENGTH_LEN)
    return CF_RECORD_LENGTH_LEN;
  body_len = cf_record_body_len (data);
  return body_len ? CF_RECORD_LENGTH_LEN + body_len : 0;
}

/* Add what is missing of the record that has come in part; returns how many bytes were used. */
static size_t
receive_part (struct cf_tunnel *t, const uint8_t *data, size_t len)
{
  const size_t held = cf_buf_len (&t->in), want = record_len (cf_buf_data (&t->in), held);
  const size_t used = want - held < len ? want - held : len;
  struct cf_record record;
  uint8_t *space;
  gpg_error_t err = cf_buf_reserve (&t->in, want - held, &space);

  if (err) {
    tunnel_fail (t, err);
    return used;
  }
  memcpy (space, data, used);
  cf_buf_commit (&t->in, used);
  if (!record_len (cf_buf_data (&t->in), held + used)) {
    cf_refused (t->env, CF_REFUSED_RECORD_LENGTH);
    tunnel_end (t, cf_err (GPG_ERR_INV_LENGTH), NULL);
  } else if (held + used == want && want > CF_RECORD_LENGTH_LEN) {
    cf_buf_consume (&t->in, want); /* its bytes stay where they are */
    err = cf_record_open (&t->rx, space - held, want, space - held, &record);
    take_record (t, &record, err);
  }
  return used;
}

/* Take the next record, or a part of it; returns how many bytes were used.  What is there as a whole is opened from
   where it is. */
static size_t
receive_record (struct cf_tunnel *t, const uint8_t *data, size_t len)
{
  const size_t want = record_len (data, len);
  struct cf_record record;
  uint8_t *plain;
  gpg_error_t err;

  if (cf_buf_len (&t->in) || !want || want > len)
    return receive_part (t, data, len);
  err = cf_buf_reserve (&t->in, want, &plain);
  if (err) {
    tunnel_fail (t, err);
    return want;
  }
  err = cf_record_open (&t->rx, data, want, plain, &record);
  take_record (t, &record, err);
  return want;
}

/* The handshake. */

/* Keys for records. */
static gpg_error_t
prepare_records (struct cf_tunnel *t)
{
  gpg_error_t err;
  const struct cf_noise *noise = cf_handshake_noise (t->handshake);
  struct cf_cipher *send = NULL, *receive = NULL;

  err = cf_noise_split (noise, &send, &receive);
  if (err)
    return err;
  cf_record_stream_init (&t->tx, send, t->rekey_records, t->env->now_ms);
  cf_record_stream_init (&t->rx, receive, t->rekey_records, t->env->now_ms);
  memcpy (t->remote_public, cf_noise_remote_static (noise), sizeof t->remote_public);
  memcpy (t->hash, cf_noise_hash (noise), sizeof t->hash);
  t->heard_ms = t->said_ms = t->env->now_ms;
  cf_timer_after (t->env, &t->timer, t->idle_ms);
  return 0;
}

/* Any error is silence. */
static size_t
receive_handshake (struct cf_tunnel *t, const uint8_t *data, size_t len)
{
  static const enum event events[] = { EV_END, EV_MESSAGE1, EV_MESSAGE2, EV_MESSAGE3 };
  struct cf_handshake_step step;
  gpg_error_t err;
  bool is_last;

  err = cf_handshake_input (t->handshake, data, len, &step);
  is_last = step.message > 1;
  t->suite = cf_handshake_suite (t->handshake);
  if (!err && is_last)
    err = prepare_records (t);
  if (!err && step.message)
    err = tunnel_step (t, events[step.message]);
  if (err) {
    cf_handshake_refused (t->env, err);
    tunnel_end (t, err, NULL);
    return step.used;
  }
  if (is_last) {
    cf_handshake_free (t->handshake);
    t->handshake = NULL;
  }
  if (step.reply_len)
    t->handler.output (t->arg, step.reply, step.reply_len);
  if (is_last && t->state == READY)
    t->handler.ready (t->arg);
  return step.used;
}

void
cf_tunnel_input (struct cf_tunnel *tunnel, const uint8_t *data, size_t len)
{
  struct cf_tunnel *t = tunnel;

  if (t->state == NEW && t->initiator)
    return; /* not started: nobody can have an answer for us */
  while (len && t->state != CLOSED) {
    size_t used = t->state == READY ? receive_record (t, data, len) : receive_handshake (t, data, len);

    data += used;
    len -= used;
  }
}

void
cf_tunnel_start (struct cf_tunnel *tunnel)
{
  struct cf_tunnel *t = tunnel;
  uint8_t first[CF_HANDSHAKE_FIRST_LEN];
  gpg_error_t err;

  if (t->state != NEW)
    return;
  cf_timer_after (t->env, &t->timer, CF_HANDSHAKE_MS);
  if (!t->initiator)
    return;
  err = cf_handshake_first (t->handshake, first);
  if (!err)
    err = tunnel_step (t, EV_START);
  if (err)
    tunnel_end (t, err, NULL);
  else
    t->handler.output (t->arg, first, sizeof first);
}

void
cf_tunnel_open (struct cf_tunnel *tunnel)
{
  tunnel->control_only = false;
}

void
cf_tunnel_close (struct cf_tunnel *tunnel, gpg_error_t why, const char *reason)
{
  if (tunnel->state == READY)
    say_bye (tunnel, why, reason);
  tunnel_end (tunnel, why ? why : cf_err (GPG_ERR_CANCELED), NULL);
}

/* Life and questions. */

gpg_error_t
cf_tunnel_new (struct cf_env *env, const struct cf_tunnel_config *config, const struct cf_tunnel_handler *handler,
               void *arg, struct cf_tunnel **r_tunnel)
{
  struct cf_tunnel *t;
  gpg_error_t err;
  int i;

  t = calloc (1, sizeof *t);
  if (!t)
    return cf_err (GPG_ERR_ENOMEM);
  t->env = env;
  t->handler = *handler;
  t->arg = arg;
  t->initiator = config->initiator;
  t->control_only = config->control_only;
  t->rekey_records = config->rekey_records ? config->rekey_records : CF_REKEY_RECORDS;
  t->idle_ms = config->idle_ms ? config->idle_ms : CF_PING_IDLE_MS;
  t->large_min = config->large_min ? config->large_min : CF_MESSAGE_STRANGER_MAX;
  cf_buf_init (&t->in, CF_RECORD_MAX);
  cf_buf_init (&t->out, OUT_MAX);
  t->out_together = OUT_FIRST;
  for (i = 0; i < CF_CHANNEL_COUNT; i++)
    cf_buf_init (&t->channels[i].part, cf_message_max[i]);
  cf_timer_init (&t->timer, timer_fired, t);
  if (config->initiator)
    memcpy (t->remote_public, config->remote_public, CF_DEVICE_KEY_LEN);
  err = cf_handshake_new (env, config, &t->handshake);
  if (err) {
    cf_tunnel_free (t);
    return err;
  }
  t->suite = cf_handshake_suite (t->handshake);
  *r_tunnel = t;
  return 0;
}

void
cf_tunnel_free (struct cf_tunnel *tunnel)
{
  struct cf_tunnel *t = tunnel;
  int i;

  if (!t)
    return;
  cf_timer_cancel (t->env, &t->timer);
  cf_handshake_free (t->handshake);
  t->handshake = NULL;
  cf_record_stream_done (&t->tx);
  cf_record_stream_done (&t->rx);
  for (i = 0; i < CF_CHANNEL_COUNT; i++) {
    cf_buf_done (&t->channels[i].part);
    while (t->channels[i].first)
      wait_drop_first (t, (enum cf_channel) i);
  }
  cf_buf_done (&t->in);
  cf_buf_done (&t->out);
  free (t);
}

bool
cf_tunnel_is_ready (const struct cf_tunnel *tunnel)
{
  return tunnel->state == READY;
}

gpg_error_t
cf_tunnel_peer_code (const struct cf_tunnel *tunnel)
{
  return tunnel->peer_code;
}

const uint8_t *
cf_tunnel_remote_key (const struct cf_tunnel *tunnel)
{
  return tunnel->remote_public;
}

const uint8_t *
cf_tunnel_handshake_hash (const struct cf_tunnel *tunnel)
{
  return tunnel->hash;
}

const char *
cf_tunnel_suite (const struct cf_tunnel *tunnel)
{
  return cf_suite_name (tunnel->suite);
}

uint32_t
cf_tunnel_suite_bit (const struct cf_tunnel *tunnel)
{
  return 1u << tunnel->suite;
}
