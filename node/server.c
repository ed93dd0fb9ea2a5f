/* SPDX-License-Identifier: GPL-3.0-or-later */
/* server.c - life of a node, and who may come in. */
#include "node/private.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"

void
cf_server_limits_init (struct cf_server_limits *r_limits)
{
  *r_limits = (struct cf_server_limits){
    .strangers = 1024,
    .guests = 16384,
    .host_guests = 64,
    .datagrams = 2048,
    .hosts = 32768,
    .registrations = 16384,
    .host_registrations = 64,
    .circuits = 16384,
    .waiting_bytes = 128 * 1024 * 1024,
  };
}

static void
on_accepted (void *arg, struct cf_conn *conn, const struct cf_addr *from)
{
  guest_accept (arg, conn, from);
}

static void
on_datagram (void *arg, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  struct cf_server *s = arg;

  if (cf_dgram_port_is_ours (data, len))
    cf_dgram_port_input (s->port, from, data, len);
}

static void
on_changed (void *arg)
{
  (void) arg; /* guests find out by themselves */
}

static const struct cf_net_handler net_handler = { on_accepted, on_datagram, on_changed };

static bool
on_own (void *arg, const uint8_t **r_secret, const uint8_t **r_public)
{
  const struct cf_server *s = arg;

  *r_secret = s->own_secret;
  *r_public = s->own_public;
  return true;
}

static bool
on_accepted_dgram (void *arg, struct cf_dgram *tunnel, const struct cf_addr *from)
{
  return guest_accept_dgram (arg, tunnel, from);
}

static const struct cf_dgram_port_handler port_handler = { .own = on_own, .accepted = on_accepted_dgram,
                                                           .is_mirror = true };

gpg_error_t
cf_server_new (const struct cf_server_config *config, struct cf_server **r_server)
{
  struct cf_server *s = calloc (1, sizeof *s);
  gpg_error_t err;

  if (!s)
    return cf_err (GPG_ERR_ENOMEM);
  s->env = config->env;
  s->net = config->net;
  s->limits = config->limits;
  s->mailbox = config->mailbox;
  s->services = (uint8_t) ((config->services & ~CF_NODE_MAILBOX) | (s->mailbox ? CF_NODE_MAILBOX : 0));
  memcpy (s->own_public, config->own_public, CF_DEVICE_KEY_LEN);
  cf_timer_init (&s->watch, circuit_watch, s);
  err = cf_secmem_new (&s->own_secret, CF_DEVICE_KEY_LEN);
  if (!err) {
    memcpy (s->own_secret, config->own_secret, CF_DEVICE_KEY_LEN);
    err = cf_tunnel_guard_new (s->env, &s->guard);
  }
  if (!err)
    err = cf_dgram_port_new (s->env, s->net, s->guard, &port_handler, s, &s->port);
  if (!err)
    err = cf_map_new (s->env, sizeof ((struct host *) NULL)->key, s->limits.hosts, &s->hosts);
  if (!err)
    err = cf_map_new (s->env, CF_DEVICE_KEY_LEN, s->limits.registrations, &s->registrations);
  if (!err) {
    s->slots = calloc ((size_t) s->limits.registrations + 1, sizeof *s->slots);
    err = s->slots ? 0 : cf_err (GPG_ERR_ENOMEM);
  }
  if (err) {
    cf_server_free (s);
    return err;
  }
  s->net->handler = &net_handler;
  s->net->handler_arg = s;
  *r_server = s;
  return 0;
}

static void
free_hosts (struct cf_server *s)
{
  size_t pos = 0;
  const void *key;
  void *host;

  while (cf_map_next (s->hosts, &pos, &key, &host))
    host_free (host);
  cf_map_free (s->hosts);
}

void
cf_server_free (struct cf_server *server)
{
  struct cf_server *s = server;

  if (!s)
    return;
  if (s->net->handler_arg == s)
    s->net->handler = NULL;
  while (s->guests) {
    guest_close (s->guests, 0);
    guest_free (s->guests);
  }
  if (s->registrations)
    register_free_all (s);
  cf_map_free (s->registrations);
  if (s->hosts)
    free_hosts (s);
  cf_timer_cancel (s->env, &s->watch);
  cf_dgram_port_free (s->port);
  cf_tunnel_guard_free (s->guard);
  cf_secmem_free (s->own_secret);
  free (s->slots);
  free (s);
}

void
cf_server_status (const struct cf_server *server, struct cf_server_status *r_status)
{
  const struct cf_server *s = server;

  *r_status = (struct cf_server_status){
    .streams = s->guest_count - s->datagram_count,
    .datagrams = s->datagram_count,
    .tunnels = s->tunnel_count,
    .hosts = (uint32_t) cf_map_count (s->hosts),
    .registered = (uint32_t) cf_map_count (s->registrations),
    .reachable = s->reachable,
    .listed = s->listed,
    .circuits = s->circuit_count,
    .waiting_bytes = s->waiting_bytes,
    .total_tunnels = s->total_tunnels,
    .total_circuits = s->total_circuits,
    .total_bytes = s->total_bytes,
  };
  if (s->mailbox)
    cf_mailbox_counts (s->mailbox, &r_status->mail, &r_status->mail_bytes);
}
