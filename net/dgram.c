/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dgram.c - handshake, liveness and end of a secure channel over datagrams.
 *
 *   initiator                                 responder
 *   (cf_dgram_dial: first message leaves,
 *    again until there is an answer)
 *   WAIT2 -------------- first -------------> (dgram_port.c makes it)
 *    |  <------------- second --------------  WAIT3
 *    | take_message                            |
 *    v                                         | take_message
 *   READY -------------- third ------------->  v
 *    |  again until something sealed comes    READY
 *    `-- cf_dgram_end, from any state --> CLOSED
 *
 * Every state but CLOSED has a deadline: the handshake's, then the path's.
 * Only the initiator repeats itself unasked: the responder sends its second
 * message again when the same first one comes again, so that nobody can make
 * it send more than was sent to it.
 * Spec: doc/protocol.md, "Tunnel over datagrams".
 */
#include "net/dgram.h"

#include <stdlib.h>
#include <string.h>

#include "net/dgram_priv.h"
#include "net/record.h"

enum event { EV_MESSAGE2, EV_MESSAGE3, EV_END, EVENT_COUNT };

static const char *const state_names[CF_DGRAM_STATES] = { "WAIT2", "WAIT3", "READY", "CLOSED" };

/* What follows; WAIT2, which nothing leads to, stands for "not allowed". */
static const enum cf_dgram_state transitions[CF_DGRAM_STATES][EVENT_COUNT] = {
  [CF_DGRAM_WAIT2] = { [EV_MESSAGE2] = CF_DGRAM_READY, [EV_END] = CF_DGRAM_CLOSED },
  [CF_DGRAM_WAIT3] = { [EV_MESSAGE3] = CF_DGRAM_READY, [EV_END] = CF_DGRAM_CLOSED },
  [CF_DGRAM_READY] = { [EV_END] = CF_DGRAM_CLOSED },
};

static gpg_error_t
dgram_step (struct cf_dgram *d, enum event event)
{
  enum cf_dgram_state next = transitions[d->state][event];

  if (next == CF_DGRAM_WAIT2)
    return cf_err (GPG_ERR_INV_STATE);
  cf_log (d->env, CF_LOG_DEBUG, "datagrams: %s -> %s", state_names[d->state], state_names[next]);
  d->state = next;
  return 0;
}

static void
handshake_over (struct cf_dgram *d)
{
  cf_timer_cancel (d->env, &d->again);
  if (cf_map_get (d->port->pending, d->mac) == d)
    cf_map_remove (d->port->pending, d->mac);
  cf_dgram_handshake_free (d->handshake);
  d->handshake = NULL;
}

void
cf_dgram_end (struct cf_dgram *d, gpg_error_t err, const char *reason)
{
  if (dgram_step (d, EV_END))
    return; /* closed already */
  cf_timer_cancel (d->env, &d->timer);
  cf_timer_cancel (d->env, &d->pump);
  handshake_over (d);
  cf_box_done (&d->box);
  /* Stream and messages stay until cf_dgram_free: a message callback that closes is still inside them. */
  if (d->handler.closed)
    d->handler.closed (d->arg, err, reason);
}

void
cf_dgram_fail (struct cf_dgram *d, gpg_error_t err)
{
  if (d->state == CF_DGRAM_READY)
    cf_dgram_bye (d, err, NULL);
  cf_dgram_end (d, err, NULL);
}

/* --- the handshake --- */

static void
send_to (struct cf_dgram *d, const struct cf_addr *to, const uint8_t *data, size_t len)
{
  gpg_error_t err = d->port->net->ops->send_datagram (d->port->net, to, data, len);

  if (err) /* as if it were lost: the path may come back before the deadline */
    cf_log (d->env, CF_LOG_DEBUG, "datagrams: nothing leaves: %s", gpg_strerror (err));
}

void
cf_dgram_say_again (struct cf_dgram *d)
{
  size_t len;
  const uint8_t *data = cf_dgram_handshake_out (d->handshake, &len);

  send_to (d, &d->addr, data, len);
  if (d->answered_from.family && !cf_addr_equal (&d->answered_from, &d->addr))
    send_to (d, &d->answered_from, data, len);
}

static void
again_fired (void *arg)
{
  struct cf_dgram *d = arg;

  cf_dgram_say_again (d);
  d->again_ms = 2 * d->again_ms < CF_DATAGRAM_AGAIN_LAST_MS ? 2 * d->again_ms : CF_DATAGRAM_AGAIN_LAST_MS;
  cf_timer_after (d->env, &d->again, d->again_ms);
}

static void
say_until_answered (struct cf_dgram *d, uint32_t again_ms)
{
  cf_dgram_say_again (d);
  d->again_ms = again_ms ? again_ms : CF_DATAGRAM_AGAIN_MS;
  cf_timer_after (d->env, &d->again, d->again_ms);
}

/* Keys for datagrams; the memory that only a ready tunnel needs. */
static gpg_error_t
prepare_flow (struct cf_dgram *d)
{
  const struct cf_noise *noise = cf_dgram_handshake_noise (d->handshake);
  struct cf_cipher *send = NULL, *receive = NULL;
  gpg_error_t err = cf_noise_split (noise, &send, &receive);

  if (err)
    return err;
  cf_box_init (&d->box, send, receive, d->port->epoch_len, d->env->now_ms);
  d->remote_index = cf_dgram_handshake_remote_index (d->handshake);
  memcpy (d->remote_public, cf_noise_remote_static (noise), sizeof d->remote_public);
  memcpy (d->hash, cf_noise_hash (noise), sizeof d->hash);
  d->heard_ms = d->env->now_ms;
  cf_timer_after (d->env, &d->timer, d->idle_ms);
  return cf_dgram_flow_start (d);
}

/* The second message, or the third, was right. */
static void
become_ready (struct cf_dgram *d, const struct cf_addr *from)
{
  gpg_error_t err = prepare_flow (d);

  if (!err)
    err = dgram_step (d, d->initiator ? EV_MESSAGE2 : EV_MESSAGE3);
  if (err) {
    cf_dgram_end (d, err, NULL);
    return;
  }
  if (d->initiator) {
    d->answered_from = *from; /* the third leaves for there, too, and for where we dialled: a copy proves nothing */
    say_until_answered (d, 0);
  } else {
    handshake_over (d);
    cf_dgram_pong (d); /* so that he need not say it again */
  }
  if (d->handler.ready)
    d->handler.ready (d->arg);
}

void
cf_dgram_take_handshake (struct cf_dgram *d, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  bool is_cookie = cf_dgram_kind (data, len) == CF_DATAGRAM_COOKIE;
  gpg_error_t err;

  if (d->state != CF_DGRAM_WAIT2 && d->state != CF_DGRAM_WAIT3)
    return; /* one that came twice */
  err = is_cookie ? cf_dgram_handshake_cookie (d->handshake, data, len)
                  : cf_dgram_handshake_take (d->handshake, data, len);
  if (!err && is_cookie)
    cf_dgram_say_again (d);
  else if (!err)
    become_ready (d, from);
  else {
    cf_refused (d->env, gpg_err_code (err) == GPG_ERR_BAD_PUBKEY  ? CF_REFUSED_HANDSHAKE_POINT
                        : gpg_err_code (err) == GPG_ERR_INV_LENGTH ? CF_REFUSED_DATAGRAM_MALFORMED
                                                                   : CF_REFUSED_HANDSHAKE_FORGED);
    if (gpg_err_code (err) == GPG_ERR_LIMIT_REACHED)
      cf_dgram_end (d, err, NULL);
  }
}

/* --- liveness --- */

/* When the path counts as lost, if nothing comes until then. */
static uint64_t
lost_at (const struct cf_dgram *d)
{
  return d->heard_ms + d->idle_ms + (CF_PATH_LOST_MS - CF_PING_IDLE_MS);
}

static void
ask_for_life (struct cf_dgram *d, uint64_t lost_ms)
{
  uint64_t next_ms = d->env->now_ms + CF_DATAGRAM_PING_MS;

  d->pinged = true;
  d->lost_ms = lost_ms;
  cf_dgram_ping (d);
  if (d->state == CF_DGRAM_READY)
    cf_timer_arm (d->env, &d->timer, next_ms < lost_ms ? next_ms : lost_ms);
}

static void
timer_fired (void *arg)
{
  struct cf_dgram *d = arg;
  uint64_t now = d->env->now_ms, idle_ms = d->heard_ms + d->idle_ms;

  if (d->state != CF_DGRAM_READY || (d->pinged && now >= d->lost_ms)
      || now >= lost_at (d)) /* the handshake's deadline, or a path that is lost */
    cf_dgram_end (d, cf_err (GPG_ERR_ETIMEDOUT), NULL);
  else if (d->pinged)
    ask_for_life (d, d->lost_ms);
  else {
    cf_dgram_flow_forget (d); /* also when others spoke: who is asked for life, and answers, need never ask himself */
    if (now < idle_ms)
      cf_timer_arm (d->env, &d->timer, idle_ms);
    else
      ask_for_life (d, lost_at (d));
  }
}

void
cf_dgram_probe (struct cf_dgram *tunnel)
{
  uint64_t lost_ms = tunnel->env->now_ms + CF_PROBE_MS;

  if (tunnel->state == CF_DGRAM_READY && !(tunnel->pinged && tunnel->lost_ms <= lost_ms))
    ask_for_life (tunnel, lost_ms);
}

/* A datagram opened.  The timer is moved only when it was set for the worst; else it finds out by itself. */
static void
heard (struct cf_dgram *d)
{
  d->heard_ms = d->env->now_ms;
  if (d->pinged) {
    d->pinged = false;
    cf_timer_arm (d->env, &d->timer, d->heard_ms + d->idle_ms);
  }
  if (d->handshake) /* an initiator's: the other end has keys */
    handshake_over (d);
}

void
cf_dgram_take_sealed (struct cf_dgram *d, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  uint8_t *plain = d->port->in;
  size_t plain_len;
  bool newest;
  gpg_error_t err;

  if (d->state != CF_DGRAM_READY)
    return; /* it has overtaken the handshake, or we are leaving */
  err = cf_box_open (&d->box, d->env->now_ms, data, len, plain, &plain_len, &newest);
  if (err) { /* not the peer, or a copy: nothing changes */
    cf_refused (d->env, gpg_err_code (err) == GPG_ERR_DUP_VALUE    ? CF_REFUSED_DATAGRAM_REPLAYED
                        : gpg_err_code (err) == GPG_ERR_INV_LENGTH ? CF_REFUSED_DATAGRAM_MALFORMED
                                                                   : CF_REFUSED_DATAGRAM_FORGED);
    return;
  }
  heard (d);
  if (newest && !cf_addr_equal (from, &d->addr))
    cf_dgram_maybe_moved (d, from);
  err = cf_dgram_flow_take (d, from, plain, plain_len);
  if (err) {
    cf_record_refused (d->env, err);
    cf_dgram_fail (d, err);
  }
}

void
cf_dgram_close (struct cf_dgram *tunnel, gpg_error_t why, const char *reason)
{
  if (tunnel->state == CF_DGRAM_READY)
    cf_dgram_bye (tunnel, why, reason);
  cf_dgram_end (tunnel, why ? why : cf_err (GPG_ERR_CANCELED), NULL);
}

/* --- life --- */

gpg_error_t
cf_dgram_new (struct cf_dgram_port *port, bool initiator, const struct cf_addr *addr, uint32_t index,
              struct cf_dgram_handshake *handshake, struct cf_dgram **r_tunnel)
{
  gpg_error_t err;
  struct cf_dgram *d = calloc (1, sizeof *d);

  if (!d) {
    cf_dgram_handshake_free (handshake);
    return cf_err (GPG_ERR_ENOMEM);
  }
  d->port = port;
  d->env = port->env;
  d->initiator = initiator;
  d->state = initiator ? CF_DGRAM_WAIT2 : CF_DGRAM_WAIT3;
  d->control_only = !initiator;
  d->index = index;
  d->addr = *addr;
  d->handshake = handshake;
  d->suite = cf_dgram_handshake_suite (handshake);
  cf_dgram_set_terms (d, 0, 0);
  cf_timer_init (&d->timer, timer_fired, d);
  cf_timer_init (&d->again, again_fired, d);
  err = cf_map_put (port->by_index, &index, d);
  if (err) {
    cf_dgram_free (d);
    return err;
  }
  cf_timer_after (d->env, &d->timer, CF_HANDSHAKE_MS);
  *r_tunnel = d;
  return 0;
}

gpg_error_t
cf_dgram_dial (struct cf_dgram_port *port, const struct cf_addr *to, const struct cf_dgram_config *config,
               const struct cf_dgram_handler *handler, void *arg, struct cf_dgram **r_tunnel)
{
  struct cf_dgram_keys keys = { config->own_secret, config->own_public, config->remote_public };
  uint32_t index = cf_dgram_port_new_index (port);
  struct cf_dgram_handshake *handshake;
  struct cf_dgram *d;
  gpg_error_t err;

  err = cf_dgram_handshake_dial (port->env, &keys, cf_suite_by_name (config->suite), index, &handshake);
  if (!err)
    err = cf_dgram_new (port, true, to, index, handshake, &d);
  if (err)
    return err;
  memcpy (d->remote_public, config->remote_public, sizeof d->remote_public);
  cf_dgram_set_handler (d, handler, arg);
  say_until_answered (d, config->again_ms);
  *r_tunnel = d;
  return 0;
}

void
cf_dgram_set_handler (struct cf_dgram *tunnel, const struct cf_dgram_handler *handler, void *arg)
{
  tunnel->handler = *handler;
  tunnel->arg = arg;
}

void
cf_dgram_set_terms (struct cf_dgram *tunnel, uint32_t idle_ms, uint32_t large_min)
{
  tunnel->idle_ms = idle_ms ? idle_ms : CF_PING_IDLE_MS;
  tunnel->large_min = large_min ? large_min : CF_MESSAGE_STRANGER_MAX;
}

void
cf_dgram_free (struct cf_dgram *tunnel)
{
  struct cf_dgram *d = tunnel;

  if (!d)
    return;
  cf_timer_cancel (d->env, &d->timer);
  cf_timer_cancel (d->env, &d->pump);
  handshake_over (d);
  if (cf_map_get (d->port->by_index, &d->index) == d)
    cf_map_remove (d->port->by_index, &d->index);
  cf_box_done (&d->box);
  cf_dgram_flow_done (d);
  free (d);
}

void
cf_dgram_open (struct cf_dgram *tunnel, bool trusted)
{
  tunnel->control_only = false;
  if (tunnel->stream && trusted)
    cf_stream_trust (tunnel->stream);
}

/* --- questions --- */

bool
cf_dgram_is_ready (const struct cf_dgram *tunnel)
{
  return tunnel->state == CF_DGRAM_READY;
}

gpg_error_t
cf_dgram_peer_code (const struct cf_dgram *tunnel)
{
  return tunnel->peer_code;
}

const uint8_t *
cf_dgram_remote_key (const struct cf_dgram *tunnel)
{
  return tunnel->remote_public;
}

const uint8_t *
cf_dgram_handshake_hash (const struct cf_dgram *tunnel)
{
  return tunnel->hash;
}

uint32_t
cf_dgram_suite_bit (const struct cf_dgram *tunnel)
{
  return 1u << tunnel->suite;
}

const struct cf_addr *
cf_dgram_addr (const struct cf_dgram *tunnel)
{
  return &tunnel->addr;
}
