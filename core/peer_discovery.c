/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer_discovery.c - what "who's there" is told of us, and what becomes of what it hears.
 *
 *   a beacon --known device at a known address--> refreshed
 *            --anything else--> peer_fetch.c asks that address for the key
 *
 * Nothing in a beacon changes the table of peers by itself.  On the links of
 * this host everybody is asked, by broadcast; beyond them only the addresses of
 * the contact file, one by one.
 */
#include <string.h>

#include "core/link.h"
#include "core/links.h"
#include "core/peer_file.h"
#include "core/peers.h"
#include "core/self.h"

static void
heard (void *arg, const struct cf_beacon *beacon, const struct cf_addr *addr)
{
  struct cf_peers *peers = arg;
  const struct cf_self *self = peers->core->self;
  struct cf_peer *peer;
  struct cf_peer_device *dev;

  if (!self)
    return;
  if (cf_fpr_equal (&beacon->identity, &self->fpr)
      || !memcmp (beacon->device_key, self->device.device_key, CF_DEVICE_KEY_LEN)) {
    cf_refused (peers->core->env, CF_REFUSED_BEACON_IDENTITY);
    return;
  }
  peer = cf_map_get (peers->by_device, beacon->device_key);
  if (peer && cf_fpr_equal (&peer->fpr, &beacon->identity)) {
    dev = cf_peers_device_by_key (peer, beacon->device_key);
    for (size_t i = 0; dev && i < dev->addr_count; i++)
      if (cf_addr_equal (&dev->addrs[i], addr)) {
        cf_peers_device_add_addr (dev, addr); /* to the front */
        peer->by_node = false;
        cf_peers_seen (peers, peer, dev);
        if (cf_peer_key_state (peers->core, peer) != CF_KEY_OK) /* he may have mended it */
          cf_peer_fetch (peers->fetches, beacon->device_key, &beacon->identity, addr);
        return;
      }
  }
  /* A device key is tied to one identity only: a beacon that says otherwise is not worth a tunnel. */
  if (peer && !cf_fpr_equal (&peer->fpr, &beacon->identity)) {
    cf_refused (peers->core->env, CF_REFUSED_BEACON_IDENTITY);
    return;
  }
  cf_peer_fetch (peers->fetches, beacon->device_key, &beacon->identity, addr);
}

static bool
answers (void *arg, const struct cf_addr *from)
{
  struct cf_peers *peers = arg;

  cf_peer_file_answered (peers->file, from);
  return cf_peer_file_asks (peers->file, from);
}

void
cf_peers_ask_by_unicast (void *arg, const struct cf_addr *to)
{
  struct cf_peers *peers = arg;

  if (peers->discovery)
    cf_discovery_ask (peers->discovery, to);
}

static gpg_error_t
discovery_begin (struct cf_peers *peers)
{
  gpg_error_t err;
  const struct cf_self *self = peers->core->self;
  struct cf_discovery_config config = { .visibility = peers->visibility, .heard = heard,
                                        .recognised = cf_peers_recognised, .answers = answers, .arg = peers };
  struct cf_discovery *discovery;

  config.own.tcp_port = peers->core->net->ops->tcp_port (peers->core->net);
  memcpy (config.own.device_key, self->device.device_key, CF_DEVICE_KEY_LEN);
  config.own.identity = self->fpr;
  if (self->name && strlen (self->name) <= CF_NAME_MAX)
    strcpy (config.own.name, self->name);
  err = cf_discovery_new (peers->core->env, peers->core->net, &config, &discovery);
  if (err)
    return err;
  cf_discovery_free (peers->discovery);
  peers->discovery = discovery;
  cf_peers_circle_changed (peers);
  cf_discovery_start (discovery);
  cf_peer_file_turn (peers->file, peers->visibility == CF_VISIBLE_EVERYONE);
  return 0;
}

void
cf_peers_discover (struct cf_peers *peers)
{
  gpg_error_t err = peers->core->self ? discovery_begin (peers) : 0;

  if (err)
    cf_log (peers->core->env, CF_LOG_ERROR, "discovery could not begin: %s", gpg_strerror (err));
}

void
cf_peers_self_changed (struct cf_core *core)
{
  gpg_error_t err;

  if (!core->peers || !core->peers->discovery)
    return;
  err = discovery_begin (core->peers);
  if (err)
    cf_log (core->env, CF_LOG_ERROR, "discovery could not begin again: %s", gpg_strerror (err));
}

void
cf_peers_set_visibility (struct cf_core *core, enum cf_visibility visibility)
{
  if (!core->peers)
    return;
  core->peers->visibility = visibility;
  if (core->peers->discovery)
    cf_discovery_set_visibility (core->peers->discovery, visibility);
  cf_peer_file_turn (core->peers->file, core->peers->discovery && visibility == CF_VISIBLE_EVERYONE);
  cf_links_say_paths (core->links); /* whether we may be told of */
}

enum cf_visibility
cf_peers_visibility (struct cf_core *core)
{
  return core->peers ? core->peers->visibility : CF_VISIBLE_NOBODY;
}

void
cf_peers_datagram (struct cf_peers *peers, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  if (peers->discovery)
    cf_discovery_datagram (peers->discovery, from, data, len);
}

void
cf_peers_network_changed (struct cf_peers *peers)
{
  cf_peer_fetches_forgive (peers->fetches);
  if (peers->discovery)
    cf_discovery_network_changed (peers->discovery);
  cf_peer_file_again (peers->file);
}
