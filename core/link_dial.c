/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_dial.c - reaching a person: which device, which address, in what order, and when again.
 *
 *   REST --wanted, heard, network changed, back-off over--> ROUND
 *   ROUND --a way is up--> REST
 *   ROUND --every candidate has failed--> REST, with a back-off
 *
 *
 * Within a round the candidates are tried one after the other, each a quarter
 * of a second behind the last or as soon as that one has failed; the first
 * whose handshake completes says HELLO, the others are given up.  Streams on
 * the LAN come first, then datagrams there, since some block the former; then
 * both side by side for addresses that are elsewhere.
 */
#include <string.h>

#include "core/links.h"
#include "core/nodes.h"

#define STAGGER_MS 250
#define AT_ONCE_MAX 8
#define DIRECT_FIRST 2
#define HIS_NODES_MAX CF_PATHS_NODES_MAX /* of all his devices, in a round */
#define BACKOFF_LAST_MS 30000
/* For so long after a loss the path is looked for often: it is back within seconds of its return, even when no
   carrier tells of it (a switch, a cable behind one). */
#define RECENT_MS (10 * 60 * 1000)
#define BACKOFF_RECENT_MS 2500

static bool
may_dial (const struct cf_core *core, const struct cf_peer *peer, gpg_error_t *r_err)
{
  *r_err = cf_err (CF_ERR_NOT_REACHABLE);
  if (!peer)
    return false;
  if (peer->blocked) {
    *r_err = cf_err (CF_ERR_REFUSED);
    return false;
  }
  *r_err = cf_key_state_error (cf_peer_key_state (core, peer));
  return !*r_err;
}

/* Its statement holds; or it has just proved by a veiled beacon whose it is, and HELLO will bring the statement. */
bool
cf_link_may_dial_device (const struct cf_env *env, const struct cf_peer_device *d)
{
  if (d->tied && env->now_utc_ms < d->not_after_utc_ms)
    return true;
  return d->vouched_ms && env->now_ms - d->vouched_ms < CF_PEER_GONE_MS;
}

enum cf_rank
cf_link_rank_of (struct cf_core *core, const struct cf_addr *addr, enum cf_carrier carrier)
{
  if (addr->family == CF_ADDR_NODE)
    return CF_RANK_RELAY;
  if (!core->net->ops->is_near (core->net, addr))
    return CF_RANK_DIRECT;
  return carrier == CF_CARRIER_STREAM ? CF_RANK_LAN : CF_RANK_LAN_DATAGRAMS;
}

static void
add_candidate (struct cf_link *link, const uint8_t key[CF_DEVICE_KEY_LEN], const struct cf_addr *addr,
               enum cf_carrier carrier)
{
  struct cf_link_candidate *c = &link->candidates[link->candidate_count];

  if (link->candidate_count == CF_LINK_CANDIDATES_MAX)
    return;
  memcpy (c->device, key, CF_DEVICE_KEY_LEN);
  c->addr = *addr;
  c->carrier = carrier;
  c->punch = false;
  link->candidate_count++;
}

/* Those of DEVICE's addresses that have RANK on some carrier; of these the first to the LAST-th. */
static void
add_addresses (struct cf_link *link, const struct cf_peer_device *device, enum cf_rank rank, size_t first, size_t last)
{
  struct cf_core *core = link->links->core;
  size_t nth = 0;

  for (size_t i = 0; i < device->addr_count; i++) {
    const struct cf_addr *addr = &device->addrs[i];
    bool on_stream = cf_link_rank_of (core, addr, CF_CARRIER_STREAM) == rank;
    bool on_datagrams = cf_link_rank_of (core, addr, CF_CARRIER_DATAGRAMS) == rank;

    if (!on_stream && !on_datagrams)
      continue;
    nth++;
    if (nth < first || nth > last)
      continue;
    if (on_stream)
      add_candidate (link, device->key, addr, CF_CARRIER_STREAM);
    if (on_datagrams)
      add_candidate (link, device->key, addr, CF_CARRIER_DATAGRAMS);
  }
}

static bool
is_candidate (const struct cf_link *link, const uint8_t key[CF_DEVICE_KEY_LEN], const struct cf_addr *addr)
{
  for (size_t i = 0; i < link->candidate_count; i++)
    if (cf_addr_equal (&link->candidates[i].addr, addr) && !memcmp (link->candidates[i].device, key, CF_DEVICE_KEY_LEN))
      return true;
  return false;
}

/* Every node may relay to the device with KEY: who waits for it costs little, and who is not there is said at once. */
static void
add_relays (struct cf_link *link, const uint8_t key[CF_DEVICE_KEY_LEN])
{
  struct cf_addr vias[CF_NODES_MAX];
  size_t count = cf_nodes_relays (link->links->core, vias, CF_NODES_MAX);

  for (size_t i = 0; i < count; i++)
    if (!is_candidate (link, key, &vias[i]))
      add_candidate (link, key, &vias[i], CF_CARRIER_STREAM);
}

/* Where he himself can be dialled, as he has said: two who use no node in common meet there. */
static void
add_his_nodes (struct cf_link *link, const struct cf_peer *peer, const struct cf_peer_device *device, size_t *left)
{
  for (size_t i = 0; peer->contact && i < device->node_count && *left; i++) {
    struct cf_addr via;
    gpg_error_t err = cf_nodes_borrow (link->links->core, &device->nodes[i], &via);

    if (err) /* most often: it is one of ours, and there already */
      continue;
    --*left;
    add_candidate (link, device->key, &via, CF_CARRIER_STREAM);
  }
}

/* The best first; of alike, devices seen last first; addresses are kept newest first.  Nodes have their turn after the
   DIRECT_FIRST newest addresses that are elsewhere: others, where nobody answers, would make them wait too long. */
static void
collect (struct cf_link *link, const struct cf_peer *peer)
{
  const struct cf_peer_device *devices[CF_PEER_DEVICES_MAX];
  const struct cf_env *env = link->links->core->env;
  size_t count = 0, borrowed_left = HIS_NODES_MAX;

  link->candidate_count = link->candidate_next = 0;
  for (size_t i = 0; i < peer->device_count; i++) {
    size_t at = count;

    if (!cf_link_may_dial_device (env, &peer->devices[i]))
      continue;
    for (; at && devices[at - 1]->seen_ms < peer->devices[i].seen_ms; at--)
      devices[at] = devices[at - 1];
    devices[at] = &peer->devices[i];
    count++;
  }
  for (size_t i = 0; i < count; i++)
    add_addresses (link, devices[i], CF_RANK_LAN, 1, SIZE_MAX);
  for (size_t i = 0; i < count; i++)
    add_addresses (link, devices[i], CF_RANK_LAN_DATAGRAMS, 1, SIZE_MAX);
  for (size_t i = 0; i < count; i++) {
    add_addresses (link, devices[i], CF_RANK_DIRECT, 1, DIRECT_FIRST);
    add_relays (link, devices[i]->key);
    add_his_nodes (link, peer, devices[i], &borrowed_left);
    add_addresses (link, devices[i], CF_RANK_DIRECT, DIRECT_FIRST + 1, SIZE_MAX);
  }
}

void
cf_link_dial_later (struct cf_link *link)
{
  struct cf_env *env = link->links->core->env;
  bool recent = link->down_ms && env->now_ms - link->down_ms < RECENT_MS;
  uint64_t last_ms = recent ? BACKOFF_RECENT_MS : BACKOFF_LAST_MS;

  link->backoff_ms = link->backoff_ms ? 2 * link->backoff_ms : CF_LINK_BACKOFF_FIRST_MS;
  if (link->backoff_ms > last_ms)
    link->backoff_ms = last_ms;
  cf_timer_after (env, &link->retry, cf_env_jitter (env, link->backoff_ms));
}

void
cf_link_dial_stop (struct cf_link *link)
{
  link->dialling = false;
  link->candidate_next = link->candidate_count = 0;
  cf_timer_cancel (link->links->core->env, &link->retry);
  cf_timer_cancel (link->links->core->env, &link->stagger);
}

/* Is the next candidate the same address on the other carrier, and no worse?  Both are tried side by side. */
static bool
is_twin (const struct cf_link *link)
{
  struct cf_core *core = link->links->core;
  const struct cf_link_candidate *last = &link->candidates[link->candidate_next - 1], *next = last + 1;

  return link->candidate_next < link->candidate_count && cf_addr_equal (&next->addr, &last->addr)
         && cf_link_rank_of (core, &next->addr, next->carrier) == cf_link_rank_of (core, &last->addr, last->carrier);
}

void
cf_link_dial_next (struct cf_link *link)
{
  struct cf_env *env = link->links->core->env;

  if (!link->dialling)
    return;
  cf_timer_cancel (env, &link->stagger);
  while (link->candidate_next < link->candidate_count && cf_ways_dialling (link) < AT_ONCE_MAX) {
    gpg_error_t err = cf_way_dial (link, &link->candidates[link->candidate_next++]);

    if (!err && !is_twin (link)) {
      cf_timer_after (env, &link->stagger, STAGGER_MS);
      return;
    }
    if (err)
      link->error = err;
  }
  if (cf_ways_dialling (link))
    return; /* the end of any of them comes back here */
  link->dialling = false;
  if (link->wants && !link->up)
    cf_link_dial_later (link);
}

/* Who has just started dials where somebody was, before his nodes are there; an address where nobody answers any more
   would make them wait for its deadline. */
void
cf_link_dial_more (struct cf_link *link)
{
  const struct cf_core *core = link->links->core;
  struct cf_peer *peer = cf_peer_find (link->links->core, &link->fpr);

  if (!link->dialling || !peer)
    return;
  for (size_t i = 0; i < peer->device_count; i++)
    if (cf_link_may_dial_device (core->env, &peer->devices[i]))
      add_relays (link, peer->devices[i].key);
  if (!link->stagger.armed)
    cf_timer_after (core->env, &link->stagger, 0);
}

void
cf_link_dial (struct cf_link *link)
{
  struct cf_core *core = link->links->core;
  struct cf_peer *peer = cf_peer_find (core, &link->fpr);
  gpg_error_t err;

  if (!link->wants || link->up || link->dialling)
    return;
  cf_timer_cancel (core->env, &link->retry);
  link->round_ms = core->env->now_ms;
  if (!may_dial (core, peer, &err)) {
    link->error = err;
    return; /* a new key, or being heard, begins again */
  }
  collect (link, peer);
  if (!link->candidate_count) {
    link->error = cf_err (CF_ERR_NOT_REACHABLE);
    return;
  }
  link->dialling = true;
  cf_link_dial_next (link);
}
