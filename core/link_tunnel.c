/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_tunnel.c - a tunnel on a stream or on datagrams: bytes there and back, a deadline, a safe end.
 *
 *   OPEN --failure, goodbye, deadline--> ENDING --next turn: closed--> freed
 *   OPEN --cf_link_tunnel_close--> ENDING, nobody listens --next turn--> freed
 *
 * A tunnel may not be freed inside its callbacks, and its owner may close it
 * inside any: so the end is always a turn of its own (the timer END).
 */
#include "core/link_tunnel.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/links.h"
#include "core/nodes.h"
#include "net/device_key.h"
#include "net/hello.h"

#define BEHIND_MAX (CF_TUNNEL_AHEAD + 16 * 1024) /* bytes before a datagram on a stream, beyond which it comes too late */

struct cf_link_tunnel {
  struct cf_link_tunnel *next, **link;
  struct cf_links *links;
  struct cf_net *net;       /* what carries CONN: the system's, or nodes */
  struct cf_conn *conn;     /* on a stream; NULL once closed */
  struct cf_tunnel *tunnel; /* on a stream, else NULL */
  struct cf_dgram *dgram;   /* on datagrams, else NULL */
  bool trusted;             /* datagrams: the windows are large */
  const struct cf_link_tunnel_handler *handler; /* NULL: nobody listens */
  void *arg;
  struct cf_addr addr;
  struct cf_timer deadline, end;
  bool from_listener;      /* CONN leaves from the port on which we accept */
  bool ending;
  gpg_error_t end_err;
  char *end_reason;
};

static const struct cf_net_ops *
net_ops (const struct cf_link_tunnel *t)
{
  return t->net->ops;
}

static void
tunnel_free (struct cf_link_tunnel *t)
{
  struct cf_env *env = t->links->core->env;

  if (t->link) {
    *t->link = t->next;
    if (t->next)
      t->next->link = t->link;
  }
  cf_timer_cancel (env, &t->deadline);
  cf_timer_cancel (env, &t->end);
  t->ending = true; /* freeing may say goodbye: not to be heard any more */
  t->handler = NULL;
  cf_tunnel_free (t->tunnel);
  cf_dgram_free (t->dgram);
  if (t->conn)
    net_ops (t)->close (t->conn);
  free (t->end_reason);
  free (t);
}

/* Now nothing more comes in or goes out; the owner hears of it next turn. */
static void
begin_end (struct cf_link_tunnel *t, gpg_error_t err, const char *reason)
{
  if (t->ending)
    return;
  t->ending = true;
  t->end_err = err;
  t->end_reason = reason ? strdup (reason) : NULL;
  cf_timer_cancel (t->links->core->env, &t->deadline);
  cf_timer_after (t->links->core->env, &t->end, 0);
}

static void
end_now (void *arg)
{
  struct cf_link_tunnel *t = arg;
  const struct cf_link_tunnel_handler *handler = t->handler;

  t->handler = NULL;
  if (handler)
    handler->closed (t->arg, t->end_err, t->end_reason);
  tunnel_free (t);
}

static void
deadline_passed (void *arg)
{
  struct cf_link_tunnel *t = arg;

  begin_end (t, cf_err (GPG_ERR_TIMEOUT), NULL);
}

/* --- what the tunnel says --- */

static void
on_output (void *arg, const uint8_t *data, size_t len)
{
  struct cf_link_tunnel *t = arg;
  gpg_error_t err;

  if (!t->conn)
    return;
  err = net_ops (t)->write (t->conn, data, len);
  if (gpg_err_code (err) == GPG_ERR_LIMIT_REACHED) /* the other side does not read */
    cf_refused (t->links->core->env, CF_REFUSED_TUNNEL_UNREAD);
  if (err)
    begin_end (t, err, NULL);
}

static void
on_ready (void *arg)
{
  struct cf_link_tunnel *t = arg;

  if (t->handler && t->handler->ready && !t->ending)
    t->handler->ready (t->arg);
}

static void
on_datagram (void *arg, const uint8_t *data, size_t len)
{
  struct cf_link_tunnel *t = arg;

  if (t->handler && t->handler->datagram && len && !t->ending)
    t->handler->datagram (t->arg, data, len);
}

/* A datagram on a stream: a message that says so. */
static bool
is_datagram (const struct cf_link_tunnel *t, enum cf_channel channel, const uint8_t *data, size_t len)
{
  return t->tunnel && t->handler->datagram && channel == CF_CHANNEL_CONTROL && len > 1
         && len <= 1 + CF_DATAGRAM_PLAIN_MAX && *data == CF_CONTROL_DATAGRAM;
}

static void
on_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct cf_link_tunnel *t = arg;

  if (!t->handler || t->ending)
    return;
  if (is_datagram (t, channel, data, len))
    on_datagram (t, data + 1, len - 1);
  else
    t->handler->message (t->arg, channel, data, len);
}

static void
on_closed (void *arg, gpg_error_t err, const char *reason)
{
  begin_end (arg, err, reason);
}

static size_t
on_queued (void *arg)
{
  struct cf_link_tunnel *t = arg;

  return t->conn ? net_ops (t)->queued (t->conn) : 0;
}

static bool
on_large (void *arg, enum cf_channel channel)
{
  struct cf_link_tunnel *t = arg;
  bool large = t->handler && t->handler->large && t->handler->large (t->arg);

  (void) channel;
  if (t->dgram && large && !t->trusted) { /* he has become one of ours meanwhile */
    t->trusted = true;
    cf_dgram_open (t->dgram, true);
  }
  return large;
}

static const struct cf_tunnel_handler tunnel_handler
  = { on_output, on_ready, on_message, on_closed, on_queued, on_large };

static void
on_room (void *arg)
{
  struct cf_link_tunnel *t = arg;

  if (!t->ending && t->handler && t->handler->room)
    t->handler->room (t->arg);
}

static const struct cf_dgram_handler dgram_handler
  = { .ready = on_ready, .message = on_message, .closed = on_closed, .large = on_large, .room = on_room,
      .datagram = on_datagram };

/* --- what the stream says --- */

static void
conn_connected (void *arg)
{
  struct cf_link_tunnel *t = arg;

  cf_tunnel_start (t->tunnel);
}

static void
conn_received (void *arg, const uint8_t *data, size_t len)
{
  struct cf_link_tunnel *t = arg;

  if (!t->ending)
    cf_tunnel_input (t->tunnel, data, len);
}

static void
conn_drained (void *arg)
{
  struct cf_link_tunnel *t = arg;

  if (t->ending)
    return;
  cf_tunnel_drained (t->tunnel);
  if (!t->ending && t->handler && t->handler->room && cf_tunnel_is_ready (t->tunnel)
      && cf_tunnel_waiting (t->tunnel, CF_CHANNEL_BULK) <= CF_TUNNEL_BULK_LOW)
    t->handler->room (t->arg);
}

static void
conn_failed (void *arg, gpg_error_t err)
{
  struct cf_link_tunnel *t = arg;

  net_ops (t)->close (t->conn);
  t->conn = NULL;
  begin_end (t, err ? err : cf_err (GPG_ERR_EOF), NULL);
}

static const struct cf_conn_handler conn_handler = { conn_connected, conn_received, conn_drained, conn_failed };

/* --- life --- */

static gpg_error_t
tunnel_new (struct cf_links *links, const struct cf_addr *addr, struct cf_link_tunnel **r_tunnel)
{
  struct cf_link_tunnel *t = calloc (1, sizeof *t);

  if (!t)
    return cf_err (GPG_ERR_ENOMEM);
  t->links = links;
  t->addr = *addr;
  cf_timer_init (&t->deadline, deadline_passed, t);
  cf_timer_init (&t->end, end_now, t);
  *r_tunnel = t;
  return 0;
}

/* T is to be on a stream. */
static gpg_error_t
use_stream (struct cf_link_tunnel *t, const struct cf_link_tunnel_keys *keys, bool initiator)
{
  struct cf_tunnel_config config = { .initiator = initiator, .own_secret = keys->own_secret,
                                     .own_public = keys->own_public, .idle_ms = keys->idle_ms };

  if (initiator)
    config.remote_public = keys->remote_public;
  else {
    config.guard = t->links->guard;
    config.control_only = true;
  }
  return cf_tunnel_new (t->links->core->env, &config, &tunnel_handler, t, &t->tunnel);
}

/* A stream of the system's, or one through a node. */
static gpg_error_t
dial_stream (struct cf_link_tunnel *t, const struct cf_addr *to, const struct cf_link_tunnel_keys *keys)
{
  struct cf_core *core = t->links->core;

  if (to->family == CF_ADDR_NODE) {
    t->net = cf_nodes_net (core);
    return cf_nodes_dial (core, to, keys->remote_public, &conn_handler, t, &t->conn);
  }
  t->net = core->net;
  t->from_listener = keys->from_listener && !t->net->ops->punch (t->net, to, &conn_handler, t, &t->conn);
  return t->from_listener ? 0 : t->net->ops->dial (t->net, to, &conn_handler, t, &t->conn);
}

static void
tunnel_enter (struct cf_link_tunnel *t, const struct cf_link_tunnel_handler *handler, void *arg)
{
  t->handler = handler;
  t->arg = arg;
  t->next = t->links->tunnels;
  t->link = &t->links->tunnels;
  if (t->next)
    t->next->link = &t->next;
  t->links->tunnels = t;
  cf_timer_after (t->links->core->env, &t->deadline, CF_HANDSHAKE_MS);
}

/* KEYS has a pair of ours. */
static gpg_error_t
dial (struct cf_links *links, enum cf_carrier carrier, const struct cf_addr *to, const struct cf_link_tunnel_keys *keys,
      const struct cf_link_tunnel_handler *handler, void *arg, struct cf_link_tunnel **r_tunnel)
{
  struct cf_dgram_config config = { .own_secret = keys->own_secret, .own_public = keys->own_public,
                                    .remote_public = keys->remote_public, .again_ms = keys->again_ms };
  struct cf_link_tunnel *t;
  gpg_error_t err = tunnel_new (links, to, &t);

  if (err)
    return err;
  if (carrier == CF_CARRIER_DATAGRAMS) {
    err = cf_dgram_dial (links->datagrams, to, &config, &dgram_handler, t, &t->dgram);
    if (!err)
      cf_dgram_set_terms (t->dgram, keys->idle_ms, 0);
  } else {
    err = use_stream (t, keys, true);
    if (!err)
      err = dial_stream (t, to, keys);
  }
  if (err) {
    tunnel_free (t);
    return err;
  }
  tunnel_enter (t, handler, arg);
  *r_tunnel = t;
  return 0;
}

gpg_error_t
cf_link_tunnel_dial (struct cf_links *links, enum cf_carrier carrier, const struct cf_addr *to,
                     const struct cf_link_tunnel_keys *keys, const struct cf_link_tunnel_handler *handler, void *arg,
                     struct cf_link_tunnel **r_tunnel)
{
  struct cf_link_tunnel_keys with_pair = *keys;
  uint8_t *secret = NULL, public[CF_DEVICE_KEY_LEN];
  gpg_error_t err = keys->own_secret ? 0 : cf_secmem_new (&secret, CF_DEVICE_KEY_LEN);

  if (err)
    return err;
  if (secret) {
    cf_device_key_new (links->core->env, secret, public);
    with_pair.own_secret = secret;
    with_pair.own_public = public;
  }
  err = dial (links, carrier, to, &with_pair, handler, arg, r_tunnel);
  cf_secmem_free (secret);
  return err;
}

gpg_error_t
cf_link_tunnel_accept (struct cf_links *links, struct cf_net *net, struct cf_conn *conn, const struct cf_addr *from,
                       const struct cf_link_tunnel_keys *keys, const struct cf_link_tunnel_handler *handler, void *arg,
                       struct cf_link_tunnel **r_tunnel)
{
  struct cf_link_tunnel *t = NULL;
  gpg_error_t err = tunnel_new (links, from, &t);

  if (!err)
    err = use_stream (t, keys, false);
  if (err) {
    net->ops->close (conn);
    if (t)
      tunnel_free (t);
    return err;
  }
  t->net = net;
  t->conn = conn;
  net->ops->set_handler (conn, &conn_handler, t);
  tunnel_enter (t, handler, arg);
  *r_tunnel = t;
  cf_tunnel_start (t->tunnel);
  return 0;
}

gpg_error_t
cf_link_tunnel_accept_dgram (struct cf_links *links, struct cf_dgram *dgram, const struct cf_addr *from,
                             const struct cf_link_tunnel_handler *handler, void *arg, struct cf_link_tunnel **r_tunnel)
{
  struct cf_link_tunnel *t;
  gpg_error_t err = tunnel_new (links, from, &t);

  if (err)
    return err;
  t->dgram = dgram;
  cf_dgram_set_handler (dgram, &dgram_handler, t);
  tunnel_enter (t, handler, arg);
  *r_tunnel = t;
  return 0;
}

void
cf_link_tunnel_established (struct cf_link_tunnel *t)
{
  cf_timer_cancel (t->links->core->env, &t->deadline);
  if (t->dgram) {
    t->trusted = t->handler && t->handler->large && t->handler->large (t->arg);
    cf_dgram_open (t->dgram, t->trusted);
  } else
    cf_tunnel_open (t->tunnel);
}

gpg_error_t
cf_link_tunnel_send (struct cf_link_tunnel *t, enum cf_channel channel, const void *data, size_t len)
{
  if (t->ending || (t->tunnel && !t->conn))
    return cf_err (GPG_ERR_ENOTCONN);
  return t->dgram ? cf_dgram_send (t->dgram, channel, data, len) : cf_tunnel_send (t->tunnel, channel, data, len);
}

/* On a stream, what waits for its turn in the tunnel is overtaken; what waits behind that is not. */
static gpg_error_t
send_on_stream (struct cf_link_tunnel *t, const void *data, size_t len)
{
  uint8_t message[1 + CF_DATAGRAM_PLAIN_MAX] = { CF_CONTROL_DATAGRAM };

  if (net_ops (t)->queued (t->conn) > BEHIND_MAX)
    return cf_err (GPG_ERR_EAGAIN);
  memcpy (message + 1, data, len);
  return cf_tunnel_send (t->tunnel, CF_CHANNEL_CONTROL, message, 1 + len);
}

gpg_error_t
cf_link_tunnel_send_datagram (struct cf_link_tunnel *t, const void *data, size_t len)
{
  if (!len)
    return cf_err (GPG_ERR_INV_LENGTH);
  if (len > CF_DATAGRAM_PLAIN_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  if (t->ending || (t->tunnel && !t->conn))
    return cf_err (GPG_ERR_ENOTCONN);
  return t->dgram ? cf_dgram_send_plain (t->dgram, data, len) : send_on_stream (t, data, len);
}

void
cf_link_tunnel_probe (struct cf_link_tunnel *t)
{
  if (t->ending)
    return;
  if (t->dgram)
    cf_dgram_probe (t->dgram);
  else if (t->conn)
    cf_tunnel_probe (t->tunnel);
}

/* Say goodbye, on whatever it is. */
static void
tunnel_close (struct cf_link_tunnel *t, gpg_error_t why, const char *reason)
{
  if (t->ending)
    return;
  if (t->dgram)
    cf_dgram_close (t->dgram, why, reason);
  else
    cf_tunnel_close (t->tunnel, why, reason);
}

void
cf_link_tunnel_close (struct cf_link_tunnel *t, gpg_error_t why, const char *reason)
{
  t->handler = NULL;
  tunnel_close (t, why, reason);
  begin_end (t, why, NULL); /* in case it had nothing to say */
  if (t->conn)
    net_ops (t)->close (t->conn);
  t->conn = NULL;
}

bool
cf_link_tunnel_from_listener (const struct cf_link_tunnel *t)
{
  return t->from_listener;
}

const struct cf_addr *
cf_link_tunnel_addr (const struct cf_link_tunnel *t)
{
  return t->dgram ? cf_dgram_addr (t->dgram) : &t->addr;
}

enum cf_carrier
cf_link_tunnel_carrier (const struct cf_link_tunnel *t)
{
  return t->dgram ? CF_CARRIER_DATAGRAMS : CF_CARRIER_STREAM;
}

const uint8_t *
cf_link_tunnel_remote_key (const struct cf_link_tunnel *t)
{
  return t->dgram ? cf_dgram_remote_key (t->dgram) : cf_tunnel_remote_key (t->tunnel);
}

const uint8_t *
cf_link_tunnel_handshake_hash (const struct cf_link_tunnel *t)
{
  return t->dgram ? cf_dgram_handshake_hash (t->dgram) : cf_tunnel_handshake_hash (t->tunnel);
}

uint32_t
cf_link_tunnel_suite_bit (const struct cf_link_tunnel *t)
{
  return t->dgram ? cf_dgram_suite_bit (t->dgram) : cf_tunnel_suite_bit (t->tunnel);
}

size_t
cf_link_tunnel_waiting (const struct cf_link_tunnel *t, enum cf_channel channel)
{
  return t->dgram ? cf_dgram_waiting (t->dgram, channel) : cf_tunnel_waiting (t->tunnel, channel);
}

/* The owners hear CANCELED, so that none of them keeps a pointer. */
void
cf_link_tunnels_free (struct cf_links *links)
{
  while (links->tunnels) {
    struct cf_link_tunnel *t = links->tunnels;
    const struct cf_link_tunnel_handler *handler = t->handler;

    t->handler = NULL;
    tunnel_close (t, 0, NULL);
    begin_end (t, 0, NULL);
    if (handler)
      handler->closed (t->arg, cf_err (GPG_ERR_CANCELED), NULL);
    tunnel_free (t);
  }
}
