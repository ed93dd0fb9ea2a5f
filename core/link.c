/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link.c - who is wanted, whose tunnel is up, and what the network says.
 *
 *   DOWN --wanted: link_dial.c--> (ways: link_way.c) --a way's HELLOs checked--> UP
 *   DOWN --accepted: link_way.c--------------------- --a way's HELLOs checked--> UP
 *   UP --path lost, dropped, goodbye--> DOWN --wanted: after the back-off--> dialled again
 *   UP --a newer tunnel of the same device--> UP (the handler hears down, then up)
 *   UP on a way that is not the best --a better one: link_paths.c--> the same
 */
#include "core/link.h"

#include <stdlib.h>
#include <string.h>

#include "core/links.h"
#include "core/nodes.h"
#include "core/portmap.h"
#include "core/self.h"
#include "core/status.h"

#define SWEEP_MS 60000
#define IDLE_MS 30000   /* nobody wants it, we dialled it: it ends after this */
#define STEADY_MS 10000 /* up for this long: the next loss begins with a short back-off again */

/* --- the table --- */

struct cf_link *
cf_links_find (struct cf_links *links, const struct cf_fpr *fpr)
{
  return links ? cf_map_get (links->by_fpr, fpr) : NULL;
}

static void
retry_fired (void *arg)
{
  cf_link_dial (arg);
}

static void
stagger_fired (void *arg)
{
  cf_link_dial_next (arg);
}

static void
idle_fired (void *arg)
{
  struct cf_link *link = arg;

  if (link->up && !link->wants && cf_way_is_dialled (link->up))
    cf_link_drop (link->links->core, &link->fpr, 0, NULL);
}

gpg_error_t
cf_links_get (struct cf_links *links, const struct cf_fpr *fpr, struct cf_link **r_link)
{
  gpg_error_t err;
  struct cf_link *link = cf_links_find (links, fpr);

  if (!link) {
    link = calloc (1, sizeof *link);
    if (!link)
      return cf_err (GPG_ERR_ENOMEM);
    link->links = links;
    link->fpr = *fpr;
    link->error = cf_err (CF_ERR_NOT_REACHABLE);
    cf_timer_init (&link->retry, retry_fired, link);
    cf_timer_init (&link->stagger, stagger_fired, link);
    cf_timer_init (&link->idle, idle_fired, link);
    err = cf_map_put (links->by_fpr, fpr, link);
    if (err) {
      free (link);
      return err;
    }
  }
  *r_link = link;
  return 0;
}

static void
link_free (struct cf_link *link)
{
  struct cf_env *env = link->links->core->env;

  cf_timer_cancel (env, &link->retry);
  cf_timer_cancel (env, &link->stagger);
  cf_timer_cancel (env, &link->idle);
  cf_link_paths_free (link);
  free (link);
}

/* Links are never freed inside a callback, only here. */
static void
sweep (void *arg)
{
  struct cf_links *links = arg;
  const void *key;
  void *value;
  size_t pos = 0;

  while (cf_map_next (links->by_fpr, &pos, &key, &value)) {
    struct cf_link *link = value;

    if (link->wants || link->ways)
      continue;
    cf_map_remove (links->by_fpr, &link->fpr);
    link_free (link);
  }
  cf_timer_after (links->core->env, &links->sweep, SWEEP_MS);
}

/* --- up and down --- */

static bool
has_way (const struct cf_link *link, const struct cf_way *way)
{
  for (const struct cf_way *w = link->ways; w; w = cf_way_next (w))
    if (w == way)
      return true;
  return false;
}

static void
tell_down (struct cf_link *link, gpg_error_t err)
{
  struct cf_links *links = link->links;
  struct cf_peer *peer = cf_peer_find (links->core, &link->fpr);

  if (links->core->env->now_ms - link->up_ms >= STEADY_MS)
    link->backoff_ms = 0;
  link->down_ms = links->core->env->now_ms;
  cf_timer_cancel (links->core->env, &link->idle);
  links->counts.up--;
  if (peer && links->handler)
    links->handler->down (links->handler_arg, peer, err);
}

void
cf_link_went_up (struct cf_link *link, struct cf_way *way, struct cf_peer *peer)
{
  struct cf_links *links = link->links;
  struct cf_way *old = link->up;

  if (old) {
    link->up = NULL;
    cf_way_drop (old, 0, "replaced by a newer tunnel");
    tell_down (link, 0);
    /* That callback may have blocked or dropped him. */
    if (!has_way (link, way))
      return;
  }
  link->up = way;
  link->up_ms = links->core->env->now_ms;
  link->error = 0;
  links->counts.up++;
  cf_link_dial_stop (link);
  cf_ways_drop_dialled (link, way);
  cf_link_paths_up (link);
  if (!link->wants && cf_way_is_dialled (way))
    cf_timer_after (links->core->env, &link->idle, IDLE_MS);
  if (links->handler)
    links->handler->up (links->handler_arg, peer);
}

void
cf_link_way_ended (struct cf_link *link, bool was_up, bool dialled, gpg_error_t err)
{
  if (was_up) {
    link->up = NULL;
    link->error = err ? err : cf_err (CF_ERR_NOT_REACHABLE);
    tell_down (link, err);
    if (link->wants && !link->up && !link->dialling)
      cf_link_dial_later (link);
    return;
  }
  if (dialled && !link->up)
    link->error = err;
  /* The round may have given up its own ways for one that was accepted, and that is over now: it goes on. */
  if (dialled || !link->ways)
    cf_link_dial_next (link);
}

void
cf_link_got (struct cf_link *link, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct cf_links *links = link->links;
  struct cf_peer *peer = cf_peer_find (links->core, &link->fpr);

  if (!peer || !links->handler)
    return;
  if (channel == CF_CHANNEL_TALK)
    links->handler->message (links->handler_arg, peer, data, len);
  else if (links->handler->bulk)
    links->handler->bulk (links->handler_arg, peer, data, len);
}

void
cf_link_got_datagram (struct cf_link *link, const uint8_t *data, size_t len)
{
  struct cf_links *links = link->links;
  struct cf_peer *peer = cf_peer_find (links->core, &link->fpr);

  if (peer && links->handler && links->handler->datagram)
    links->handler->datagram (links->handler_arg, peer, data, len);
}

void
cf_link_has_room (struct cf_link *link)
{
  struct cf_links *links = link->links;
  struct cf_peer *peer = cf_peer_find (links->core, &link->fpr);

  if (peer && links->handler && links->handler->room)
    links->handler->room (links->handler_arg, peer);
}

/* --- for others --- */

void
cf_links_set_handler (struct cf_links *links, const struct cf_link_handler *handler, void *arg)
{
  links->handler = handler;
  links->handler_arg = arg;
}

gpg_error_t
cf_link_want (struct cf_core *core, const struct cf_fpr *peer, bool want)
{
  gpg_error_t err;
  struct cf_link *link;

  if (!core->links)
    return cf_err (GPG_ERR_NOT_INITIALIZED);
  err = cf_links_get (core->links, peer, &link);
  if (err)
    return err;
  if (want) {
    link->wants++;
    cf_timer_cancel (core->env, &link->idle);
    if (!link->up && !link->dialling && link->wants == 1)
      cf_timer_after (core->env, &link->retry, 0);
    cf_link_paths_soon (link);
    return 0;
  }
  if (!link->wants)
    return cf_err (GPG_ERR_INV_STATE);
  if (--link->wants)
    return 0;
  cf_timer_cancel (core->env, &link->retry);
  cf_link_dial_stop (link);
  cf_ways_drop_dialled (link, link->up);
  if (link->up && cf_way_is_dialled (link->up))
    cf_timer_after (core->env, &link->idle, IDLE_MS);
  return 0;
}

static struct cf_way *
up_way (struct cf_core *core, const struct cf_fpr *peer)
{
  struct cf_link *link = cf_links_find (core->links, peer);

  return link ? link->up : NULL;
}

bool
cf_link_is_up (struct cf_core *core, const struct cf_fpr *peer)
{
  return up_way (core, peer) != NULL;
}

const char *
cf_link_route (struct cf_core *core, const struct cf_fpr *peer)
{
  static const char *const names[] = { "lan", "lan", "direct", "punched", "relay" };
  struct cf_way *way = up_way (core, peer);
  enum cf_rank rank = way ? cf_way_rank (way) : CF_RANK_NONE;

  if (rank == CF_RANK_NONE)
    return NULL;
  return cf_link_paths_punched (cf_links_find (core->links, peer)) ? "punched" : names[rank];
}

const char *
cf_link_carrier (struct cf_core *core, const struct cf_fpr *peer)
{
  static const char *const names[CF_CARRIERS] = { "tcp", "udp" };
  struct cf_way *way = up_way (core, peer);

  const struct cf_addr *addr = way ? cf_way_addr (way) : NULL;

  if (!way)
    return NULL;
  return names[addr->family == CF_ADDR_NODE ? cf_nodes_carrier (core, addr) : cf_link_tunnel_carrier (cf_way_tunnel (way))];
}

gpg_error_t
cf_link_error (struct cf_core *core, const struct cf_fpr *peer)
{
  struct cf_link *link = cf_links_find (core->links, peer);

  return link ? link->error : cf_err (CF_ERR_NOT_REACHABLE);
}

static gpg_error_t
send_on (struct cf_core *core, const struct cf_fpr *peer, enum cf_channel channel, const void *data, size_t len)
{
  struct cf_way *way = up_way (core, peer);

  return way ? cf_way_send (way, channel, data, len) : cf_err (GPG_ERR_ENOTCONN);
}

gpg_error_t
cf_link_send (struct cf_core *core, const struct cf_fpr *peer, const void *data, size_t len)
{
  return send_on (core, peer, CF_CHANNEL_TALK, data, len);
}

gpg_error_t
cf_link_send_bulk (struct cf_core *core, const struct cf_fpr *peer, const void *data, size_t len)
{
  return send_on (core, peer, CF_CHANNEL_BULK, data, len);
}

gpg_error_t
cf_link_datagram_send (struct cf_core *core, const struct cf_fpr *peer, const void *data, size_t len)
{
  struct cf_way *way = up_way (core, peer);

  return way ? cf_link_tunnel_send_datagram (cf_way_tunnel (way), data, len) : cf_err (GPG_ERR_ENOTCONN);
}

size_t
cf_link_bulk_waiting (struct cf_core *core, const struct cf_fpr *peer)
{
  struct cf_way *way = up_way (core, peer);

  return way ? cf_link_tunnel_waiting (cf_way_tunnel (way), CF_CHANNEL_BULK) : 0;
}

const uint8_t *
cf_link_handshake_hash (struct cf_core *core, const struct cf_fpr *peer)
{
  struct cf_way *way = up_way (core, peer);

  return way ? cf_link_tunnel_handshake_hash (cf_way_tunnel (way)) : NULL;
}

const uint8_t *
cf_link_remote_device (struct cf_core *core, const struct cf_fpr *peer)
{
  struct cf_way *way = up_way (core, peer);

  return way ? cf_way_device (way) : NULL;
}

void
cf_link_drop (struct cf_core *core, const struct cf_fpr *peer, gpg_error_t why, const char *reason)
{
  struct cf_link *link = cf_links_find (core->links, peer);
  bool was_up;

  if (!link)
    return;
  was_up = link->up != NULL;
  link->up = NULL;
  link->error = why ? why : cf_err (CF_ERR_NOT_REACHABLE);
  cf_link_dial_stop (link);
  cf_ways_drop_all (link, why, reason);
  if (was_up)
    tell_down (link, why);
  if (link->wants && !link->up)
    cf_link_dial_later (link);
}

void
cf_link_counts (struct cf_core *core, struct cf_link_counts *r_counts)
{
  memset (r_counts, 0, sizeof *r_counts);
  if (core->links)
    *r_counts = core->links->counts;
}

/* --- told by peers --- */

bool
cf_links_uses (struct cf_core *core, const struct cf_fpr *fpr)
{
  struct cf_link *link = cf_links_find (core->links, fpr);

  return link && (link->wants || link->ways);
}

void
cf_links_heard (struct cf_core *core, const struct cf_peer *peer)
{
  struct cf_link *link = cf_links_find (core->links, &peer->fpr);

  if (link && link->up)
    cf_link_paths_soon (link);
  if (!link || !link->wants || link->up || link->dialling)
    return;
  /* Not now, but next turn: a way of his may be going up just now.  Beacons must not make us dial without pause. */
  link->backoff_ms = 0;
  if (!link->round_ms || core->env->now_ms - link->round_ms >= CF_LINK_BACKOFF_FIRST_MS)
    cf_timer_after (core->env, &link->retry, 0);
  else
    cf_link_dial_later (link);
}

void
cf_links_reconnect (struct cf_core *core, const char *reason)
{
  const void *key;
  void *value;
  size_t pos = 0;

  while (core->links && cf_map_next (core->links->by_fpr, &pos, &key, &value)) {
    struct cf_link *link = value;

    if (!link->up)
      continue;
    link->backoff_ms = 0;
    cf_link_drop (core, &link->fpr, 0, reason);
  }
  cf_nodes_reconnect (core);
}

void
cf_links_device_lapsed (struct cf_core *core, const struct cf_fpr *fpr, const uint8_t key[CF_DEVICE_KEY_LEN])
{
  struct cf_link *link = cf_links_find (core->links, fpr);
  struct cf_way *way = link ? link->up : NULL;
  gpg_error_t err = cf_err (GPG_ERR_CERT_EXPIRED);

  if (!way || memcmp (cf_way_device (way), key, CF_DEVICE_KEY_LEN))
    return;
  /* Only this way: the one that brought the newer statement goes on. */
  cf_way_drop (way, err, "device statement is no longer valid");
  cf_link_way_ended (link, true, false, err);
}

/* --- the network --- */

void
cf_links_accept (struct cf_links *links, struct cf_net *net, struct cf_conn *conn, const struct cf_addr *from)
{
  if (!links->core->self || !links->core->peers || !cf_links_admit (links, from)) {
    links->counts.refused++;
    net->ops->close (conn);
    return;
  }
  links->counts.accepted++;
  cf_way_accept (links, net, conn, from);
}

static void
net_accepted (void *arg, struct cf_conn *conn, const struct cf_addr *from)
{
  struct cf_links *links = arg;

  cf_links_accept (links, links->core->net, conn, from);
}

static void
net_datagram (void *arg, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  struct cf_links *links = arg;

  if (cf_dgram_port_is_ours (data, len))
    cf_dgram_port_input (links->datagrams, from, data, len);
  else if (links->core->peers)
    cf_peers_datagram (links->core->peers, from, data, len);
}

void
cf_links_way_found (struct cf_links *links)
{
  const void *key;
  void *value;
  size_t pos = 0;

  while (cf_map_next (links->by_fpr, &pos, &key, &value)) {
    struct cf_link *link = value;

    if (!link->wants || link->up)
      continue;
    if (link->dialling) {
      cf_link_dial_more (link);
      continue;
    }
    link->backoff_ms = 0;
    cf_timer_after (links->core->env, &link->retry, 0);
  }
}

static bool
datagrams_own (void *arg, const uint8_t **r_secret, const uint8_t **r_public)
{
  const struct cf_links *links = arg;
  const struct cf_self *self = links->core->self;

  if (!self || !links->core->peers)
    return false;
  *r_secret = self->device_secret;
  *r_public = self->device.device_key;
  return true;
}

static bool
datagrams_accepted (void *arg, struct cf_dgram *tunnel, const struct cf_addr *from)
{
  struct cf_links *links = arg;

  if (!cf_links_admit (links, from) || !cf_way_accept_dgram (links, tunnel, from)) {
    links->counts.refused++;
    return false;
  }
  links->counts.accepted++;
  return true;
}

static void
datagrams_mirrored (void *arg, const uint8_t *answer, size_t len)
{
  struct cf_links *links = arg;

  cf_nodes_mirrored (links->core, answer, len);
}

static const struct cf_dgram_port_handler datagrams_handler
    = { .own = datagrams_own, .accepted = datagrams_accepted, .mirrored = datagrams_mirrored };

static void
net_changed (void *arg)
{
  struct cf_links *links = arg;
  const void *key;
  void *value;
  size_t pos = 0;

  if (links->core->peers)
    cf_peers_network_changed (links->core->peers);
  cf_nodes_network_changed (links->core);
  cf_portmap_network_changed (links->core);
  while (cf_map_next (links->by_fpr, &pos, &key, &value)) {
    struct cf_link *link = value;

    if (link->up) {
      cf_link_tunnel_probe (cf_way_tunnel (link->up));
      cf_link_paths_say (link);
      cf_link_paths_soon (link);
    }
    link->tries.count = 0; /* of another network */
    if (!link->wants || link->up)
      continue;
    cf_link_dial_stop (link);
    cf_ways_drop_dialled (link, NULL);
    link->backoff_ms = 0;
    cf_timer_after (links->core->env, &link->retry, 0);
  }
}

static const struct cf_net_handler net_handler = { net_accepted, net_datagram, net_changed };

/* Between two lives of the modules nobody is served. */
static void
nobody_accepts (void *arg, struct cf_conn *conn, const struct cf_addr *from)
{
  struct cf_net *net = arg;

  (void) from;
  net->ops->close (conn);
}

static void
nobody_hears (void *arg, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  (void) arg, (void) from, (void) data, (void) len;
}

static void
nobody_cares (void *arg)
{
  (void) arg;
}

static const struct cf_net_handler nobody = { nobody_accepts, nobody_hears, nobody_cares };

/* --- life --- */

gpg_error_t
cf_links_new (struct cf_core *core, struct cf_links **r_links)
{
  gpg_error_t err;
  struct cf_links *links = calloc (1, sizeof *links);

  if (!links)
    return cf_err (GPG_ERR_ENOMEM);
  links->core = core;
  cf_timer_init (&links->sweep, sweep, links);
  err = cf_map_new (core->env, sizeof (struct cf_fpr), 2 * CF_PEERS_MAX, &links->by_fpr);
  if (!err)
    err = cf_tunnel_guard_new (core->env, &links->guard);
  if (!err)
    err = cf_dgram_port_new (core->env, core->net, links->guard, &datagrams_handler, links, &links->datagrams);
  if (err) {
    cf_links_free (links);
    return err;
  }
  *r_links = links;
  return 0;
}

void
cf_links_start (struct cf_links *links)
{
  links->core->net->handler_arg = links;
  links->core->net->handler = &net_handler;
  cf_timer_after (links->core->env, &links->sweep, SWEEP_MS);
  cf_links_exchange_start (links);
}

void
cf_links_free (struct cf_links *links)
{
  const void *key;
  void *value;
  size_t pos = 0;

  if (!links)
    return;
  links->core->net->handler = &nobody;
  links->core->net->handler_arg = links->core->net;
  links->handler = NULL;
  cf_timer_cancel (links->core->env, &links->sweep);
  cf_status_watches_free (links);
  cf_timer_cancel (links->core->env, &links->exchange);
  cf_link_crosses_free (links);
  cf_ways_free (links);
  while (links->by_fpr && cf_map_next (links->by_fpr, &pos, &key, &value))
    link_free (value);
  cf_map_free (links->by_fpr);
  if (links->core->links == links)
    links->core->links = NULL; /* what ends now must not ask for more */
  cf_link_tunnels_free (links);
  cf_dgram_port_free (links->datagrams);
  cf_tunnel_guard_free (links->guard);
  free (links);
}
