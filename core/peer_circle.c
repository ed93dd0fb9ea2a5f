/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer_circle.c - contacts with whom we share a pair secret: told to discovery, and recognised by it.
 *
 * A veiled beacon proves who made it and from which address, so unlike an open
 * one it needs no question: the device is there.  It may be dialled even when
 * its statement has lapsed, since the tunnel brings the new one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "core/peers.h"
#include "core/self.h"

static bool
is_in_circle (const struct cf_peer *peer)
{
  return peer->contact && !peer->blocked && peer->pair_secret;
}

void
cf_peers_circle_changed (struct cf_peers *peers)
{
  struct cf_acquaintance *all;
  size_t count = 0, pos = 0;
  gpg_error_t err;
  const void *key;
  void *value;

  if (!peers->discovery)
    return; /* told when it begins */
  all = calloc (cf_map_count (peers->by_fpr) + 1, sizeof *all);
  while (all && cf_map_next (peers->by_fpr, &pos, &key, &value)) {
    const struct cf_peer *peer = value;

    if (!is_in_circle (peer))
      continue;
    all[count].fpr = peer->fpr;
    all[count].secret = peer->pair_secret;
    all[count].before = peer->pair_secret_before;
    count++;
  }
  err = all ? cf_discovery_set_circle (peers->discovery, all, count) : cf_err (GPG_ERR_ENOMEM);
  if (err)
    cf_log (peers->core->env, CF_LOG_ERROR, "contacts are recognised as they were before: %s", gpg_strerror (err));
  free (all);
}

/* PEER knows the newest secret, so nobody needs the one before it any more. */
static void
forget_before (struct cf_peers *peers, struct cf_peer *peer)
{
  struct cf_peer next = *peer;
  uint8_t *before = peer->pair_secret_before;
  gpg_error_t err;

  next.pair_secret_before = NULL;
  err = cf_peers_save (peers, &next);
  if (err) {
    cf_log (peers->core->env, CF_LOG_WARN, "an old pair secret stays: %s", gpg_strerror (err));
    return;
  }
  peer->pair_secret_before = NULL;
  cf_secmem_free (before);
  cf_peers_circle_changed (peers);
}

/* He asks, and has not said where he can be reached: if we have met him at that host, he is there again. */
static void
seen_asking (struct cf_peers *peers, struct cf_peer *peer, const struct cf_addr *addr)
{
  for (size_t i = 0; i < peer->device_count; i++) {
    struct cf_peer_device *dev = &peer->devices[i];

    for (size_t k = 0; k < dev->addr_count; k++)
      if (cf_addr_same_host (&dev->addrs[k], addr)) {
        cf_peers_seen (peers, peer, dev);
        return;
      }
  }
}

void
cf_peers_recognised (void *arg, const struct cf_recognition *who)
{
  struct cf_peers *peers = arg;
  struct cf_peer *peer = cf_map_get (peers->by_fpr, &who->fpr);
  struct cf_peer_device *dev;

  if (!peer || !is_in_circle (peer))
    return;
  if (!who->before && peer->pair_secret_before)
    forget_before (peers, peer);
  if (!who->device_key) {
    seen_asking (peers, peer, &who->addr);
    return;
  }
  dev = cf_peers_device_by_key (peer, who->device_key);
  if (!dev) {
    /* A device that made room for others: it has to show its statement again. */
    cf_peer_fetch (peers->fetches, who->device_key, &who->fpr, &who->addr);
    return;
  }
  dev->vouched_ms = peers->core->env->now_ms ? peers->core->env->now_ms : 1;
  cf_peers_device_add_addr (dev, &who->addr);
  peer->by_node = false;
  cf_peers_seen (peers, peer, dev);
}

void
cf_peers_ask_back (struct cf_peers *peers, const struct cf_peer *peer)
{
  if (is_in_circle (peer) && peers->discovery && peers->visibility == CF_VISIBLE_CONTACTS)
    cf_discovery_ask_soon (peers->discovery);
}

static size_t
count_contacts (struct cf_core *core, bool in_circle)
{
  size_t pos = 0, count = 0;
  const void *key;
  void *value;

  while (core->peers && cf_map_next (core->peers->by_fpr, &pos, &key, &value)) {
    const struct cf_peer *peer = value;

    count += peer->contact && !peer->blocked && is_in_circle (peer) == in_circle;
  }
  return count;
}

size_t
cf_peers_recognisable (struct cf_core *core)
{
  return count_contacts (core, true);
}

size_t
cf_peers_unrecognisable (struct cf_core *core)
{
  return count_contacts (core, false);
}
