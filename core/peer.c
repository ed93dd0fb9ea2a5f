/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer.c - the table of peers: who was heard, which devices are tied to whom, who is kept.
 *
 *   peer_discovery.c: a beacon --> peer_fetch.c --> peer_verify.c --> cf_peers_tie (here)
 *
 * An address gets in only when the device key has answered from it.  No OpenPGP work and no tunnels here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/event.h"
#include "core/gate.h"
#include "core/link.h"
#include "core/links.h"
#include "core/peer_file.h"
#include "core/peers.h"
#include "core/self.h"
#include "core/store/store_peer.h"
#include "core/strangers.h"
#include "core/trust.h"
#include "core/visibility.h"

#define SWEEP_MS 5000
#define CHECK_MS (3600 * 1000)
#define CHECKS_PER_SWEEP 16

void
cf_peer_free (struct cf_peer *peer)
{
  if (!peer)
    return;
  free (peer->user_id);
  free (peer->name);
  free (peer->verified_how);
  free (peer->devices);
  cf_secmem_free (peer->pair_secret);
  cf_secmem_free (peer->pair_secret_before);
  free (peer);
}

/* --- the table --- */

struct cf_peer *
cf_peer_find (struct cf_core *core, const struct cf_fpr *fpr)
{
  return core->peers ? cf_map_get (core->peers->by_fpr, fpr) : NULL;
}

struct cf_peer *
cf_peer_by_device (struct cf_core *core, const uint8_t device_key[CF_DEVICE_KEY_LEN])
{
  return core->peers ? cf_map_get (core->peers->by_device, device_key) : NULL;
}

struct cf_peer_device *
cf_peers_device_by_number (struct cf_peer *peer, const uint8_t number[CF_DEVICE_NUMBER_LEN])
{
  for (size_t i = 0; i < peer->device_count; i++)
    if (!memcmp (peer->devices[i].number, number, CF_DEVICE_NUMBER_LEN))
      return &peer->devices[i];
  return NULL;
}

struct cf_peer_device *
cf_peers_device_by_key (struct cf_peer *peer, const uint8_t key[CF_DEVICE_KEY_LEN])
{
  for (size_t i = 0; i < peer->device_count; i++)
    if (!memcmp (peer->devices[i].key, key, CF_DEVICE_KEY_LEN))
      return &peer->devices[i];
  return NULL;
}

/* Its digest goes too: whoever shows it again is checked anew. */
static void
device_untie (struct cf_peers *peers, struct cf_peer_device *dev)
{
  if (!dev->tied)
    return;
  cf_map_remove (peers->by_device, dev->key);
  dev->tied = false;
  memset (dev->digest, 0, sizeof dev->digest);
}

static bool
is_kept (const struct cf_peer *peer)
{
  return peer->contact || peer->blocked;
}

void
cf_peers_remove (struct cf_peers *peers, struct cf_peer *peer)
{
  for (size_t i = 0; i < peer->device_count; i++)
    device_untie (peers, &peer->devices[i]);
  cf_map_remove (peers->by_fpr, &peer->fpr);
  cf_peer_free (peer);
}

static uint64_t
seen_ms (const struct cf_peer *peer)
{
  uint64_t newest = 0;

  for (size_t i = 0; i < peer->device_count; i++)
    if (peer->devices[i].seen_ms > newest)
      newest = peer->devices[i].seen_ms;
  return newest;
}

/* Make room by forgetting the stranger who has been away longest. */
static gpg_error_t
evict_one (struct cf_peers *peers)
{
  struct cf_peer *victim = NULL;
  struct cf_fpr fpr;
  const void *key;
  void *value;
  size_t pos = 0;

  while (cf_map_next (peers->by_fpr, &pos, &key, &value)) {
    struct cf_peer *p = value;

    if (p->present || p->checking || is_kept (p) || cf_links_uses (peers->core, &p->fpr))
      continue;
    if (!victim || seen_ms (p) < seen_ms (victim))
      victim = p;
  }
  if (!victim)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  fpr = victim->fpr;
  cf_peers_remove (peers, victim);
  cf_strangers_forget (peers->strangers, &fpr);
  return 0;
}

gpg_error_t
cf_peers_get (struct cf_peers *peers, const struct cf_fpr *fpr, struct cf_peer **r_peer)
{
  gpg_error_t err;
  struct cf_peer *peer = cf_map_get (peers->by_fpr, fpr);

  if (peer) {
    *r_peer = peer;
    return 0;
  }
  if (cf_map_count (peers->by_fpr) >= CF_PEERS_MAX) {
    err = evict_one (peers);
    if (err)
      return err;
  }
  peer = calloc (1, sizeof *peer);
  if (!peer)
    return cf_err (GPG_ERR_ENOMEM);
  peer->fpr = *fpr;
  peer->devices = calloc (CF_PEER_DEVICES_MAX, sizeof *peer->devices);
  err = peer->devices ? cf_map_put (peers->by_fpr, fpr, peer) : cf_err (GPG_ERR_ENOMEM);
  if (err) {
    cf_peer_free (peer);
    return err;
  }
  *r_peer = peer;
  return 0;
}

gpg_error_t
cf_peers_save (struct cf_peers *peers, const struct cf_peer *peer)
{
  if (!is_kept (peer))
    return 0;
  return cf_store_peer_save (peers->core->store, peer);
}

/* For what the peer itself brought about: nobody to tell but the log. */
static void
save_or_log (struct cf_peers *peers, const struct cf_peer *peer)
{
  gpg_error_t err = cf_peers_save (peers, peer);

  if (err)
    cf_log (peers->core->env, CF_LOG_ERROR, "a contact could not be written: %s", gpg_strerror (err));
}

static void
emit (struct cf_peers *peers, const char *kind, bool durable, json_t *fields)
{
  gpg_error_t err = fields ? cf_event_emit (peers->core, kind, durable, fields) : cf_err (GPG_ERR_ENOMEM);

  if (err)
    cf_log (peers->core->env, CF_LOG_ERROR, "event %s could not be told: %s", kind, gpg_strerror (err));
}

/* --- presence --- */

void
cf_peers_device_add_addr (struct cf_peer_device *dev, const struct cf_addr *addr)
{
  size_t at;

  for (at = 0; at < dev->addr_count; at++)
    if (cf_addr_equal (&dev->addrs[at], addr))
      break;
  if (at == dev->addr_count) {
    if (dev->addr_count < CF_PEER_ADDRS_MAX)
      dev->addr_count++;
    else
      at--;
  }
  memmove (&dev->addrs[1], &dev->addrs[0], at * sizeof dev->addrs[0]);
  dev->addrs[0] = *addr;
}

void
cf_peers_seen (struct cf_peers *peers, struct cf_peer *peer, struct cf_peer_device *dev)
{
  struct cf_env *env = peers->core->env;

  if (dev)
    dev->seen_ms = env->now_ms ? env->now_ms : 1;
  peer->last_seen_utc_ms = env->now_utc_ms;
  if (!peer->present) {
    peer->present = true;
    if (peer->blocked) /* nothing of his is news */
      return;
    emit (peers, "peer_seen", false, cf_peer_json (peers->core, peer));
    cf_peers_changed (peers, peer);
  }
  cf_links_heard (peers->core, peer);
}

static void
peer_gone (struct cf_peers *peers, struct cf_peer *peer)
{
  peer->present = false;
  if (!peer->blocked) {
    emit (peers, "peer_gone", false, cf_peer_json (peers->core, peer));
    cf_peers_changed (peers, peer);
  }
  save_or_log (peers, peer); /* last_seen */
  cf_strangers_seen (peers->strangers, &peer->fpr);
}

static void
sweep_devices (struct cf_peers *peers, struct cf_peer *peer)
{
  for (size_t i = 0; i < peer->device_count; i++) {
    struct cf_peer_device *dev = &peer->devices[i];

    if (!dev->tied || peers->core->env->now_utc_ms < dev->not_after_utc_ms)
      continue;
    device_untie (peers, dev);
    cf_links_device_lapsed (peers->core, &peer->fpr, dev->key);
  }
}

/* --- ties --- */

/* PEER has revoked what began before BEFORE_UTC_MS; an older revocation takes back nothing of a newer one. */
static void
revoke_devices (struct cf_peers *peers, struct cf_peer *peer, int64_t before_utc_ms)
{
  if (before_utc_ms <= peer->revoked_utc_ms)
    return;
  peer->revoked_utc_ms = before_utc_ms;
  for (size_t i = 0; i < peer->device_count; i++) {
    struct cf_peer_device *dev = &peer->devices[i];

    if (dev->not_before_utc_ms >= before_utc_ms)
      continue;
    device_untie (peers, dev);
    dev->vouched_ms = 0;
    cf_links_device_lapsed (peers->core, &peer->fpr, dev->key);
  }
}

gpg_error_t
cf_peers_check_newest (struct cf_peers *peers, const struct cf_device_statement *st)
{
  struct cf_peer *peer = cf_map_get (peers->by_device, st->device_key);
  struct cf_peer_device *dev;

  if ((peer && !cf_fpr_equal (&peer->fpr, &st->identity)) || cf_peers_is_revoked (peers, st))
    return cf_err (CF_ERR_STATEMENT);
  peer = cf_map_get (peers->by_fpr, &st->identity);
  dev = peer ? cf_peers_device_by_number (peer, st->device_number) : NULL;
  if (!dev)
    return 0;
  if (st->not_before_utc_ms < dev->not_before_utc_ms)
    return cf_err (CF_ERR_STATEMENT);
  /* Two keys that begin at once: the one we know stays. */
  if (st->not_before_utc_ms == dev->not_before_utc_ms && memcmp (st->device_key, dev->key, CF_DEVICE_KEY_LEN))
    return cf_err (CF_ERR_STATEMENT);
  return 0;
}

/* The slot for ST: that of its number, a free one, or the one that can be missed best. */
static struct cf_peer_device *
device_slot (struct cf_peers *peers, struct cf_peer *peer, const struct cf_device_statement *st)
{
  struct cf_peer_device *dev = cf_peers_device_by_number (peer, st->device_number);

  if (dev)
    return dev;
  if (peer->device_count < CF_PEER_DEVICES_MAX) {
    dev = &peer->devices[peer->device_count++];
  } else {
    dev = &peer->devices[0];
    for (size_t i = 1; i < peer->device_count; i++) {
      struct cf_peer_device *d = &peer->devices[i];

      if (d->tied < dev->tied || (d->tied == dev->tied && d->seen_ms < dev->seen_ms))
        dev = d;
    }
    device_untie (peers, dev);
    cf_links_device_lapsed (peers->core, &peer->fpr, dev->key);
  }
  memset (dev, 0, sizeof *dev);
  return dev;
}

static void
device_fill (struct cf_peer_device *dev, const struct cf_peers_tie *tie)
{
  memcpy (dev->key, tie->device->device_key, CF_DEVICE_KEY_LEN);
  memcpy (dev->number, tie->device->device_number, CF_DEVICE_NUMBER_LEN);
  dev->not_before_utc_ms = tie->device->not_before_utc_ms;
  dev->not_after_utc_ms = tie->device->not_after_utc_ms;
  if (tie->digest)
    memcpy (dev->digest, tie->digest, CF_HASH_LEN);
  if (tie->addr && tie->addr->family != CF_ADDR_NODE) /* through which node is found out each time */
    cf_peers_device_add_addr (dev, tie->addr);
}

/* *FIELD is TEXT from now on, as it may be shown (NULL: it stays, as after an ENOMEM).  True: it was another. */
static bool
set_text (char **field, const char *text)
{
  char *shown = text ? cf_text_display (text, strlen (text), false) : NULL;
  bool other = shown && (!*field || strcmp (shown, *field));

  if (shown) {
    free (*field);
    *field = shown;
  }
  return other;
}

/* True: he is called otherwise than before. */
static bool
set_names (struct cf_peer *peer, const struct cf_peers_tie *tie)
{
  bool other = tie->key && set_text (&peer->user_id, tie->key->user_id);

  return set_text (&peer->name, tie->name) || other;
}

gpg_error_t
cf_peers_tie (struct cf_peers *peers, const struct cf_peers_tie *tie, struct cf_peer **r_peer)
{
  gpg_error_t err;
  struct cf_peer *peer;
  struct cf_peer_device *dev;
  uint8_t old_key[CF_DEVICE_KEY_LEN];
  bool renewed, renamed;

  err = cf_peers_check_newest (peers, tie->device);
  if (!err)
    err = cf_peers_get (peers, &tie->device->identity, &peer);
  if (err)
    return err;
  renamed = set_names (peer, tie);
  cf_peers_compare (peers, peer);
  if (tie->key)
    cf_peers_take_key (peers, peer, tie->key);
  if (renamed && !peer->blocked)
    cf_peers_changed (peers, peer);
  revoke_devices (peers, peer, tie->revoked_utc_ms);
  dev = device_slot (peers, peer, tie->device);
  memcpy (old_key, dev->key, sizeof old_key);
  renewed = dev->tied && memcmp (old_key, tie->device->device_key, sizeof old_key);
  device_untie (peers, dev);
  err = cf_map_put (peers->by_device, tie->device->device_key, peer);
  if (err)
    return err;
  device_fill (dev, tie);
  if (tie->addr)
    peer->by_node = tie->addr->family == CF_ADDR_NODE;
  dev->tied = true;
  peer->check_due_ms = peers->core->env->now_ms + CHECK_MS;
  save_or_log (peers, peer);
  if (renewed)
    cf_links_device_lapsed (peers->core, &peer->fpr, old_key);
  cf_peers_seen (peers, peer, dev);
  *r_peer = peer;
  return 0;
}

gpg_error_t
cf_peers_show_bad (struct cf_peers *peers, const struct cf_peers_tie *tie)
{
  gpg_error_t err;
  struct cf_peer *peer;
  struct cf_peer_device *dev;

  err = cf_peers_get (peers, &tie->device->identity, &peer);
  if (err)
    return err;
  cf_peers_take_key (peers, peer, tie->key);
  dev = cf_peers_device_by_number (peer, tie->device->device_number);
  if (!dev || !dev->tied) {
    if (set_names (peer, tie) && !peer->blocked)
      cf_peers_changed (peers, peer);
    cf_peers_compare (peers, peer);
    dev = device_slot (peers, peer, tie->device);
    device_fill (dev, tie);
    memset (dev->digest, 0, sizeof dev->digest);
  }
  cf_peers_seen (peers, peer, dev);
  return 0;
}

gpg_error_t
cf_peer_tie (struct cf_core *core, const struct cf_key_info *key, const char *name,
             const struct cf_device_statement *device, const struct cf_addr *addr, struct cf_peer **r_peer)
{
  struct cf_peers_tie tie = { .key = key, .name = name, .device = device, .addr = addr };

  return cf_peers_tie (core->peers, &tie, r_peer);
}

/* --- keeping --- */

gpg_error_t
cf_peer_keep (struct cf_core *core, struct cf_peer *peer, const char *how, const uint8_t *pair_secret)
{
  gpg_error_t err = 0;
  struct cf_peer next = *peer;
  char *new_how = NULL;
  uint8_t *new_secret = NULL;

  next.contact = true;
  if (how) {
    new_how = strdup (how);
    if (!new_how)
      return cf_err (GPG_ERR_ENOMEM);
    next.verified_how = new_how;
    next.verified_utc_ms = core->env->now_utc_ms;
  }
  if (pair_secret && !(peer->pair_secret && cf_ct_equal (pair_secret, peer->pair_secret, CF_HASH_LEN))) {
    err = cf_secmem_new (&new_secret, CF_HASH_LEN);
    if (err)
      goto leave;
    memcpy (new_secret, pair_secret, CF_HASH_LEN);
    next.pair_secret = new_secret;
    next.pair_secret_before = peer->pair_secret; /* the other side may need it until he is as far */
  }
  err = cf_store_peer_save (core->store, &next);
  if (err)
    goto leave;
  if (new_how)
    free (peer->verified_how);
  if (new_secret)
    cf_secmem_free (peer->pair_secret_before);
  *peer = next;
  new_how = NULL;
  new_secret = NULL;
  cf_peers_circle_changed (core->peers);
  cf_peers_compare (core->peers, peer);
  cf_peers_changed (core->peers, peer);
  cf_links_kept (core, peer);

leave:
  free (new_how);
  cf_secmem_free (new_secret);
  return err;
}

const uint8_t *
cf_peer_token (const struct cf_peer *peer, const uint8_t device_key[CF_DEVICE_KEY_LEN])
{
  bool is_his = peer && peer->address.has_token && !memcmp (peer->address.device_key, device_key, CF_DEVICE_KEY_LEN);

  return is_his ? peer->address.token : NULL;
}

gpg_error_t
cf_peer_set_blocked (struct cf_core *core, struct cf_peer *peer, bool blocked)
{
  gpg_error_t err;
  struct cf_peer next = *peer;

  next.blocked = blocked;
  err = is_kept (&next) ? cf_store_peer_save (core->store, &next) : cf_store_peer_delete (core->store, &peer->fpr);
  if (err)
    return err;
  peer->blocked = blocked;
  cf_trust_changed (core, &peer->fpr);
  if (blocked) {
    cf_gate_blocked (core, &peer->fpr);
    cf_link_drop (core, &peer->fpr, 0, NULL); /* as when we go */
  } else
    cf_links_heard (core, peer);
  cf_peers_circle_changed (core->peers);
  if (is_kept (peer))
    cf_peers_changed (core->peers, peer);
  else
    cf_peers_dropped (core->peers, peer);
  return 0;
}

gpg_error_t
cf_peers_unkeep (struct cf_peers *peers, struct cf_peer *peer)
{
  gpg_error_t err;
  struct cf_peer next = *peer;

  next.contact = false;
  next.verified_how = NULL;
  next.verified_utc_ms = 0;
  next.pair_secret = next.pair_secret_before = NULL;
  if (next.blocked)
    err = cf_store_peer_save (peers->core->store, &next);
  else
    err = cf_store_peer_delete (peers->core->store, &peer->fpr);
  if (err)
    return err;
  free (peer->verified_how);
  cf_secmem_free (peer->pair_secret);
  cf_secmem_free (peer->pair_secret_before);
  *peer = next;
  cf_peers_circle_changed (peers);
  /* Also a key that the user chose himself is a stranger's now. */
  err = cf_strangers_admit (peers->strangers, &peer->fpr, NULL);
  if (err)
    cf_log (peers->core->env, CF_LOG_WARN, "the key of one who is no contact any more stays: %s", gpg_strerror (err));
  if (is_kept (peer))
    cf_peers_changed (peers, peer);
  else
    cf_peers_dropped (peers, peer);
  return 0;
}

/* Now and then: what only the clock brings about, and what could not be done before. */
static void
sweep (void *arg)
{
  struct cf_peers *peers = arg;
  struct cf_env *env = peers->core->env;
  unsigned checks = CHECKS_PER_SWEEP;
  uint64_t next_ms = SWEEP_MS;
  const void *key;
  void *value;
  size_t pos = 0;

  if (!peers->discovery) /* there was no memory for it */
    cf_peers_discover (peers);
  cf_peers_look_at_keyring (peers);
  if (peers->core->self)
    cf_self_look_at_expiry (peers->core->self, &next_ms);
  while (cf_map_next (peers->by_fpr, &pos, &key, &value)) {
    struct cf_peer *peer = value;

    sweep_devices (peers, peer);
    cf_peers_look_at_expiry (peers, peer, &next_ms);
    if (peer->present && !cf_link_is_up (peers->core, &peer->fpr) && seen_ms (peer) + CF_PEER_GONE_MS <= env->now_ms)
      peer_gone (peers, peer);
    if (checks && !peer->checking && (peer->present || is_kept (peer)) && peer->check_due_ms <= env->now_ms
        && !cf_peer_check_key (peers->core, &peer->fpr, NULL, NULL, NULL)) {
      peer->check_due_ms = env->now_ms + CHECK_MS;
      checks--;
    }
  }
  cf_strangers_sweep (peers->strangers);
  cf_timer_after (env, &peers->sweep, next_ms);
}

void
cf_peers_start (struct cf_peers *peers)
{
  cf_peers_discover (peers);
  cf_peer_file_start (peers->file);
  cf_timer_after (peers->core->env, &peers->sweep, 0); /* who knows what became of keys while we were away */
}

size_t
cf_peers_present (struct cf_core *core)
{
  size_t pos = 0, count = 0;
  const void *key;
  void *value;

  while (core->peers && cf_map_next (core->peers->by_fpr, &pos, &key, &value))
    count += ((struct cf_peer *) value)->present;
  return count;
}

void
cf_peers_counts (struct cf_core *core, struct cf_peers_counts *r_counts)
{
  memset (r_counts, 0, sizeof *r_counts);
  if (!core->peers)
    return;
  if (core->peers->discovery)
    cf_discovery_counts (core->peers->discovery, &r_counts->discovery);
  cf_peer_fetches_counts (core->peers->fetches, r_counts);
  r_counts->strangers_refused = cf_strangers_refused (core->peers->strangers);
}

/* --- life --- */

static gpg_error_t
take_loaded (void *arg, struct cf_peer *peer)
{
  gpg_error_t err;
  struct cf_peers *peers = arg;

  err = cf_map_put (peers->by_fpr, &peer->fpr, peer);
  if (err) {
    cf_peer_free (peer);
    return err;
  }
  for (size_t i = 0; !err && i < peer->device_count; i++) {
    struct cf_peer_device *dev = &peer->devices[i];

    if (dev->tied && (cf_map_get (peers->by_device, dev->key) || peers->core->env->now_utc_ms >= dev->not_after_utc_ms))
      dev->tied = false;
    if (dev->tied)
      err = cf_map_put (peers->by_device, dev->key, peer);
  }
  return err;
}

gpg_error_t
cf_peers_new (struct cf_core *core, struct cf_peers **r_peers)
{
  gpg_error_t err;
  struct cf_peers *peers = calloc (1, sizeof *peers);

  if (!peers)
    return cf_err (GPG_ERR_ENOMEM);
  peers->core = core;
  peers->visibility = CF_VISIBLE_NOBODY; /* until the setting is read; and if a newer Confab wrote what we do not know */
  cf_timer_init (&peers->sweep, sweep, peers);
  err = cf_map_new (core->env, sizeof (struct cf_fpr), CF_PEERS_MAX, &peers->by_fpr);
  if (!err)
    err = cf_map_new (core->env, CF_DEVICE_KEY_LEN, CF_PEERS_MAX * CF_PEER_DEVICES_MAX, &peers->by_device);
  if (!err)
    err = cf_peer_fetches_new (peers, &peers->fetches);
  if (!err)
    err = cf_peer_file_new (core, cf_peers_ask_by_unicast, peers, &peers->file);
  if (!err)
    err = cf_strangers_new (peers, &peers->strangers);
  if (!err)
    err = cf_store_peer_load (core->store, take_loaded, peers);
  if (err) {
    cf_peers_free (peers);
    return err;
  }
  *r_peers = peers;
  return 0;
}

void
cf_peers_free (struct cf_peers *peers)
{
  const void *key;
  void *value;
  size_t pos = 0;

  if (!peers)
    return;
  cf_timer_cancel (peers->core->env, &peers->sweep);
  cf_visibility_lapse_free (peers->core, peers->lapse);
  cf_discovery_free (peers->discovery);
  cf_peer_file_free (peers->file);
  cf_peer_watches_free (peers);
  cf_peer_fetches_free (peers->fetches);
  while (peers->verifies)
    cf_peer_verify_cancel (peers->verifies);
  cf_peer_checks_free (peers);
  while (peers->by_fpr && cf_map_next (peers->by_fpr, &pos, &key, &value))
    cf_peer_free (value);
  cf_strangers_free (peers->strangers);
  cf_map_free (peers->by_fpr);
  cf_map_free (peers->by_device);
  free (peers);
}
