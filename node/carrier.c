/* SPDX-License-Identifier: GPL-3.0-or-later */
/* carrier.c - what a guest's tunnel is on: a stream, or datagrams.  To guest.c they are the same.
 *
 * A stream that says nothing costs no tunnel.  A first datagram that gets here
 * is of somebody who knows our key, and where many come, who hears us at his
 * address: net/dgram_port.c sees to that.
 */
#include "node/private.h"

#define AHEAD (64 * 1024) /* bytes that circuits let wait for a guest: beyond, they hold them back themselves */
#define AHEAD_DATAGRAMS (256 * 1024) /* of these, bytes under way count until they are acknowledged */

/* ---- what the tunnel says ---- */

static void
on_output (void *arg, const uint8_t *data, size_t len)
{
  struct guest *g = arg;
  gpg_error_t err;

  if (!g->conn)
    return;
  err = g->server->net->ops->write (g->conn, data, len);
  if (gpg_err_code (err) == GPG_ERR_LIMIT_REACHED)
    cf_refused (g->server->env, CF_REFUSED_TUNNEL_UNREAD);
  if (err)
    guest_begin_end (g);
}

static void
on_ready (void *arg)
{
  struct guest *g = arg;

  if (g->dgram)
    cf_dgram_open (g->dgram, false);
  guest_ready (g);
}

static void
on_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  guest_message (arg, channel, data, len);
}

static void
on_closed (void *arg, gpg_error_t err, const char *reason)
{
  (void) err;
  (void) reason;
  guest_begin_end (arg);
}

static size_t
on_queued (void *arg)
{
  struct guest *g = arg;

  return g->conn ? g->server->net->ops->queued (g->conn) : 0;
}

static bool
on_large (void *arg, enum cf_channel channel)
{
  return guest_large (arg, channel);
}

static void
on_room (void *arg)
{
  guest_drained (arg);
}

static const struct cf_tunnel_handler tunnel_handler
    = { on_output, on_ready, on_message, on_closed, on_queued, on_large };
static const struct cf_dgram_handler dgram_handler
    = { .ready = on_ready, .message = on_message, .closed = on_closed, .large = on_large, .room = on_room };

/* ---- what the stream says ---- */

static gpg_error_t
make_tunnel (struct guest *g)
{
  struct cf_tunnel_config config = {
    .own_secret = g->server->own_secret,
    .own_public = g->server->own_public,
    .guard = g->server->guard,
    .large_min = CF_CIRCUIT_DATA_MAX + 5,
    .idle_ms = CF_NODE_IDLE_MS,
  };
  gpg_error_t err = cf_tunnel_new (g->server->env, &config, &tunnel_handler, g, &g->tunnel);

  if (!err)
    cf_tunnel_start (g->tunnel);
  return err;
}

static void
conn_received (void *arg, const uint8_t *data, size_t len)
{
  struct guest *g = arg;

  if (g->ending)
    return;
  if (!g->tunnel && make_tunnel (g))
    guest_begin_end (g);
  else
    cf_tunnel_input (g->tunnel, data, len);
}

static void
conn_drained (void *arg)
{
  struct guest *g = arg;

  if (g->ending || !g->tunnel)
    return;
  cf_tunnel_drained (g->tunnel);
  guest_drained (g);
}

static void
conn_failed (void *arg, gpg_error_t err)
{
  struct guest *g = arg;

  (void) err;
  g->server->net->ops->close (g->conn);
  g->conn = NULL;
  guest_begin_end (g);
}

static const struct cf_conn_handler conn_handler = { NULL, conn_received, conn_drained, conn_failed };

/* ---- who comes ---- */

void
guest_accept (struct cf_server *server, struct cf_conn *conn, const struct cf_addr *from)
{
  struct guest *g = guest_new (server, from);

  if (!g) {
    server->net->ops->close (conn);
    return;
  }
  g->conn = conn;
  server->net->ops->set_handler (conn, &conn_handler, g);
}

bool
guest_accept_dgram (struct cf_server *server, struct cf_dgram *tunnel, const struct cf_addr *from)
{
  struct guest *g;

  if (server->datagram_count >= server->limits.datagrams) {
    cf_refused (server->env, CF_REFUSED_STREAM_FULL);
    return false;
  }
  g = guest_new (server, from);
  if (!g)
    return false;
  g->dgram = tunnel;
  server->datagram_count++;
  cf_dgram_set_terms (tunnel, CF_NODE_IDLE_MS, CF_CIRCUIT_DATA_MAX + 5);
  cf_dgram_set_handler (tunnel, &dgram_handler, g);
  return true;
}

/* ---- for guest.c ---- */

gpg_error_t
carrier_send (struct guest *guest, enum cf_channel channel, const void *data, size_t len)
{
  return guest->dgram ? cf_dgram_send (guest->dgram, channel, data, len)
                      : cf_tunnel_send (guest->tunnel, channel, data, len);
}

void
carrier_close (struct guest *guest, gpg_error_t why)
{
  if (guest->dgram)
    cf_dgram_close (guest->dgram, why, NULL);
  else if (guest->tunnel)
    cf_tunnel_close (guest->tunnel, why, NULL);
}

void
carrier_free (struct guest *guest)
{
  cf_dgram_free (guest->dgram);
  cf_tunnel_free (guest->tunnel);
  if (guest->conn)
    guest->server->net->ops->close (guest->conn);
}

bool
carrier_is_alive (const struct guest *guest)
{
  return guest->dgram || guest->conn;
}

size_t
carrier_waiting (const struct guest *guest)
{
  size_t sum = 0;

  if (!guest->dgram)
    return guest->server->net->ops->queued (guest->conn) + cf_tunnel_waiting (guest->tunnel, CF_CHANNEL_BULK);
  for (int i = 0; i < CF_CHANNEL_COUNT; i++)
    sum += cf_dgram_waiting (guest->dgram, (enum cf_channel) i);
  return sum;
}

size_t
carrier_waiting_talk (const struct guest *guest)
{
  return guest->dgram ? cf_dgram_waiting (guest->dgram, CF_CHANNEL_TALK)
                      : cf_tunnel_waiting (guest->tunnel, CF_CHANNEL_TALK);
}

size_t
carrier_ahead (const struct guest *guest)
{
  return guest->dgram ? AHEAD_DATAGRAMS : AHEAD;
}

const uint8_t *
carrier_remote_key (const struct guest *guest)
{
  return guest->dgram ? cf_dgram_remote_key (guest->dgram) : cf_tunnel_remote_key (guest->tunnel);
}

const uint8_t *
carrier_handshake_hash (const struct guest *guest)
{
  return guest->dgram ? cf_dgram_handshake_hash (guest->dgram) : cf_tunnel_handshake_hash (guest->tunnel);
}
