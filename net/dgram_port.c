/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dgram_port.c - what comes in on a socket, told apart; and who comes.
 *
 * A first message is looked at in this order, the cheap first: its length, its
 * MAC, whether it is one that we are answering already, how many come, and only
 * then what it says.  No answer is longer than its question.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bucket.h"
#include "net/dgram_mirror.h"
#include "net/dgram_priv.h"
#include "net/handshake.h"

#define TUNNELS_MAX 8192

bool
cf_dgram_port_is_ours (const uint8_t *data, size_t len)
{
  return cf_dgram_kind (data, len) != 0;
}

uint32_t
cf_dgram_port_new_index (struct cf_dgram_port *port)
{
  uint32_t index;

  do
    cf_env_random (port->env, &index, sizeof index);
  while (cf_map_get (port->by_index, &index));
  return index;
}

static void
reply (struct cf_dgram_port *port, const struct cf_addr *to, const uint8_t *data, size_t len)
{
  gpg_error_t err = port->net->ops->send_datagram (port->net, to, data, len);

  if (err)
    cf_log (port->env, CF_LOG_DEBUG, "datagrams: no answer leaves: %s", gpg_strerror (err));
}

/* It may cost us its Diffie-Hellman. */
static gpg_error_t
answer (struct cf_dgram_port *port, const struct cf_dgram_keys *keys, const struct cf_addr *from, const uint8_t *first)
{
  uint32_t index = cf_dgram_port_new_index (port);
  struct cf_dgram_handshake *handshake;
  struct cf_dgram *d;
  gpg_error_t err;

  err = cf_dgram_handshake_answer (port->env, keys, port->guard, index, first, &handshake);
  if (err) {
    cf_handshake_refused (port->env, err);
    return err;
  }
  err = cf_dgram_new (port, false, from, index, handshake, &d);
  if (err)
    return err;
  memcpy (d->mac, first + CF_DATAGRAM_MAC1_AT, sizeof d->mac);
  err = cf_map_put (port->pending, d->mac, d);
  if (err || !port->handler->accepted (port->arg, d, from))
    cf_dgram_free (d);
  else
    cf_dgram_say_again (d);
  return err;
}

static void
take_first (struct cf_dgram_port *port, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  struct cf_dgram_keys keys = { 0 };
  uint8_t cookie[CF_COOKIE_ANSWER_LEN];
  struct cf_dgram *d;
  gpg_error_t err;

  if (len != CF_DATAGRAM_FIRST_LEN) {
    cf_refused (port->env, CF_REFUSED_DATAGRAM_MALFORMED);
    return;
  }
  if (!port->handler->own (port->arg, &keys.own_secret, &keys.own_public))
    return;
  if (!cf_door_knows_us (data, keys.own_public)) {
    cf_refused (port->env, CF_REFUSED_DATAGRAM_STRANGER);
    return;
  }
  d = cf_map_get (port->pending, data + CF_DATAGRAM_MAC1_AT);
  if (d && cf_dgram_handshake_is_of (d->handshake, data)) {
    if (cf_addr_equal (&d->addr, from))
      cf_dgram_say_again (d);
    else
      cf_refused (port->env, CF_REFUSED_HANDSHAKE_REPLAYED);
    return;
  }
  switch (cf_door_judge (port->door, data, from)) {
  case CF_DOOR_OPEN:
    err = answer (port, &keys, from, data);
    if (err)
      cf_log (port->env, CF_LOG_DEBUG, "datagrams: a first message is not answered: %s", gpg_strerror (err));
    break;
  case CF_DOOR_COOKIE:
    cf_refused (port->env, CF_REFUSED_DATAGRAM_COOKIE);
    cf_door_answer (port->door, data, keys.own_public, from, cookie);
    reply (port, from, cookie, sizeof cookie);
    break;
  case CF_DOOR_SHUT:
    cf_refused (port->env, CF_REFUSED_DATAGRAM_FLOOD);
    break;
  }
}

/* "Where do I come from?" */
static void
take_mirror_ask (struct cf_dgram_port *port, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  uint8_t out[CF_MIRROR_ANSWER_LEN];
  const uint8_t *secret, *public;

  if (len != CF_MIRROR_QUESTION_LEN) {
    cf_refused (port->env, CF_REFUSED_DATAGRAM_MALFORMED);
    return;
  }
  if (!port->handler->is_mirror || !port->handler->own (port->arg, &secret, &public)
      || !cf_mirror_is_for (data, public)) {
    cf_refused (port->env, CF_REFUSED_DATAGRAM_STRANGER);
    return;
  }
  if (!cf_bucket_take (&port->mirror_full_ms, port->env->now_ms, CF_MIRROR_BURST, CF_MIRROR_MS, 1)) {
    cf_refused (port->env, CF_REFUSED_DATAGRAM_FLOOD);
    return;
  }
  cf_mirror_answer (port->env, data, public, from, out);
  reply (port, from, out, sizeof out);
}

static void
take_mirror_say (struct cf_dgram_port *port, const uint8_t *data, size_t len)
{
  if (len != CF_MIRROR_ANSWER_LEN)
    cf_refused (port->env, CF_REFUSED_DATAGRAM_MALFORMED);
  else if (port->handler->mirrored)
    port->handler->mirrored (port->arg, data, len);
}

void
cf_dgram_port_input (struct cf_dgram_port *port, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  unsigned kind = cf_dgram_kind (data, len);
  struct cf_dgram *d;
  uint32_t index;

  if (kind == CF_DATAGRAM_FIRST) {
    take_first (port, from, data, len);
    return;
  }
  if (kind == CF_DATAGRAM_MIRROR_ASK) {
    take_mirror_ask (port, from, data, len);
    return;
  }
  if (kind == CF_DATAGRAM_MIRROR_SAY) {
    take_mirror_say (port, data, len);
    return;
  }
  if (kind < CF_DATAGRAM_FIRST || kind > CF_DATAGRAM_SEALED || len > sizeof port->in) {
    cf_refused (port->env, CF_REFUSED_DATAGRAM_MALFORMED);
    return;
  }
  index = cf_dgram_index (data);
  d = cf_map_get (port->by_index, &index);
  if (!d)
    cf_refused (port->env, CF_REFUSED_DATAGRAM_INDEX);
  else if (kind != CF_DATAGRAM_SEALED)
    cf_dgram_take_handshake (d, from, data, len);
  else
    cf_dgram_take_sealed (d, from, data, len);
}

/* --- life --- */

gpg_error_t
cf_dgram_port_new (struct cf_env *env, struct cf_net *net, struct cf_tunnel_guard *guard,
                   const struct cf_dgram_port_handler *handler, void *arg, struct cf_dgram_port **r_port)
{
  gpg_error_t err;
  struct cf_dgram_port *port = calloc (1, sizeof *port);

  if (!port)
    return cf_err (GPG_ERR_ENOMEM);
  port->env = env;
  port->net = net;
  port->guard = guard;
  port->handler = handler;
  port->arg = arg;
  port->epoch_len = CF_DATAGRAM_EPOCH;
  err = cf_map_new (env, sizeof (uint32_t), TUNNELS_MAX, &port->by_index);
  if (!err)
    err = cf_map_new (env, CF_DATAGRAM_MAC_LEN, TUNNELS_MAX, &port->pending);
  if (!err)
    err = cf_door_new (env, &port->door);
  if (err) {
    cf_dgram_port_free (port);
    return err;
  }
  *r_port = port;
  return 0;
}

void
cf_dgram_port_free (struct cf_dgram_port *port)
{
  if (!port)
    return;
  cf_map_free (port->by_index);
  cf_map_free (port->pending);
  cf_door_free (port->door);
  free (port);
}

size_t
cf_dgram_port_count (const struct cf_dgram_port *port)
{
  return cf_map_count (port->by_index);
}

void
cf_dgram_port_set_epoch (struct cf_dgram_port *port, uint64_t epoch_len)
{
  port->epoch_len = epoch_len;
}
