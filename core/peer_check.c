/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer_check.c - is a peer's key still good?  Asked before anything important, and from time to time. */
#include <stdlib.h>
#include <string.h>

#include "core/link.h"
#include "core/links.h"
#include "core/peers.h"

struct cf_peer_check {
  struct cf_peer_check *next, **link;
  struct cf_peers *peers;
  struct cf_fpr fpr;
  struct cf_gpg_job *job;
  void (*done) (void *arg, gpg_error_t err); /* NULL: the sweep's own */
  void *arg;
};

static void
check_free (struct cf_peer_check *c)
{
  *c->link = c->next;
  if (c->next)
    c->next->link = c->link;
  free (c);
}

/* Nothing else says that the key is not in our keyring any more: have it sent, and checked, again. */
static void
forget_digests (struct cf_peer *peer)
{
  for (size_t i = 0; i < peer->device_count; i++)
    memset (peer->devices[i].digest, 0, CF_HASH_LEN);
}

static gpg_error_t
check_link (struct cf_peers *peers, const struct cf_peer *peer)
{
  struct cf_core *core = peers->core;
  const uint8_t *key = cf_link_remote_device (core, &peer->fpr);

  for (size_t i = 0; key && i < peer->device_count; i++) {
    const struct cf_peer_device *dev = &peer->devices[i];

    if (memcmp (dev->key, key, CF_DEVICE_KEY_LEN))
      continue;
    if (dev->tied && core->env->now_utc_ms < dev->not_after_utc_ms)
      return 0;
    break;
  }
  if (!key)
    return 0;
  cf_link_drop (core, &peer->fpr, cf_err (GPG_ERR_CERT_EXPIRED), "device statement is no longer valid");
  return cf_err (GPG_ERR_CERT_EXPIRED);
}

static void
check_looked (void *arg, gpg_error_t err, const struct cf_key_info *key)
{
  struct cf_peer_check *c = arg;
  struct cf_peers *peers = c->peers;
  struct cf_peer *peer = cf_map_get (peers->by_fpr, &c->fpr);
  void (*done) (void *, gpg_error_t) = c->done;
  void *done_arg = c->arg;

  check_free (c);
  if (peer && !done)
    peer->checking = false;
  if (!peer && !err)
    err = cf_err (GPG_ERR_NO_PUBKEY);
  if (peer && gpg_err_code (err) == GPG_ERR_NO_PUBKEY)
    forget_digests (peer);
  if (peer && !err) {
    cf_peers_take_key (peers, peer, key);
    err = cf_key_state_error (key->state);
    if (!err)
      err = check_link (peers, peer);
  }
  if (done)
    done (done_arg, err);
}

gpg_error_t
cf_peer_check_key (struct cf_core *core, const struct cf_fpr *fpr, void (*done) (void *arg, gpg_error_t err), void *arg,
                   struct cf_gpg_job **r_job)
{
  gpg_error_t err;
  struct cf_peers *peers = core->peers;
  struct cf_peer *peer = cf_peer_find (core, fpr);
  struct cf_peer_check *c;

  if (!peer)
    return cf_err (GPG_ERR_NO_PUBKEY);
  c = calloc (1, sizeof *c);
  if (!c)
    return cf_err (GPG_ERR_ENOMEM);
  c->peers = peers;
  c->fpr = *fpr;
  c->done = done;
  c->arg = arg;
  err = cf_gpg_key_lookup (core->gpg, fpr, check_looked, c, &c->job);
  if (err) {
    free (c);
    return err;
  }
  if (!done)
    peer->checking = true;
  c->next = peers->checks;
  c->link = &peers->checks;
  if (c->next)
    c->next->link = &c->next;
  peers->checks = c;
  if (r_job)
    *r_job = c->job;
  return 0;
}

/* Those that somebody asked for are his to cancel (and may have been: their jobs are not touched); he does so, or the
   engine ends, before the loop turns again. */
void
cf_peer_checks_free (struct cf_peers *peers)
{
  while (peers->checks) {
    if (!peers->checks->done)
      cf_gpg_cancel (peers->core->gpg, peers->checks->job);
    check_free (peers->checks);
  }
}
