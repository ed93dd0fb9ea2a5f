/* SPDX-License-Identifier: GPL-3.0-or-later */
/* strangers.c - which strangers' keys are in the people home, and when they leave it.
 *
 *   cf_strangers_admit --> KEPT --evicted, absent for a day, never tied--> LEAVING --gpg: gone--> (no row)
 *                           ^                                                |
 *                           +---------- gpg: failed; sent anew --------------+
 *
 * A row of a contact, or of somebody with a conversation or a tunnel, stays and
 * counts for nothing.
 */
#include "core/strangers.h"

#include <stdlib.h>
#include <string.h>

#include "core/conversation.h"
#include "core/links.h"
#include "core/store/store_peer.h"

#define HOSTS_MAX 256
#define LEAVING_MAX 4 /* at once: people wait for gpg, too */
#define ROWS_MAX (CF_STRANGERS_MAX + CF_PEERS_MAX)

struct stranger {
  struct cf_strangers *all;
  struct cf_fpr fpr;
  int64_t seen_utc_ms;
  bool leaving;
  struct cf_gpg_job *job; /* LEAVING */
};

struct host {
  struct cf_addr addr;
  uint64_t since_ms;
  unsigned count; /* 0: free */
};

struct cf_strangers {
  struct cf_peers *peers;
  struct cf_map *by_fpr; /* struct cf_fpr to struct stranger, which the map owns */
  size_t leaving;
  uint64_t refused;
  struct host hosts[HOSTS_MAX];
};

static bool
has_conversation (struct cf_core *core, const struct cf_fpr *fpr)
{
  const struct cf_conversation *c = core->conversations ? core->conversations->first : NULL;

  for (; c; c = c->next)
    if (cf_fpr_equal (&c->peer, fpr))
      return true;
  return false;
}

/* Somebody whom we do not let go, whatever he does. */
static bool
is_needed (const struct stranger *s)
{
  struct cf_core *core = s->all->peers->core;
  const struct cf_peer *peer = cf_map_get (s->all->peers->by_fpr, &s->fpr);

  return (peer && (peer->contact || peer->blocked || peer->checking)) || cf_links_uses (core, &s->fpr)
         || has_conversation (core, &s->fpr) || cf_peer_verifying (s->all->peers, &s->fpr);
}

/* How long ago he was there; 0: he is there now. */
static int64_t
absent_ms (const struct stranger *s)
{
  const struct cf_peer *peer = cf_map_get (s->all->peers->by_fpr, &s->fpr);
  int64_t seen = s->seen_utc_ms, now = s->all->peers->core->env->now_utc_ms;

  if (peer && peer->present)
    return 0;
  if (peer && peer->last_seen_utc_ms > seen)
    seen = peer->last_seen_utc_ms;
  return now > seen ? now - seen : 0; /* a clock set back keeps him */
}

/* --- leaving --- */

static void
left (void *arg, gpg_error_t err)
{
  struct stranger *s = arg;
  struct cf_strangers *all = s->all;
  struct cf_env *env = all->peers->core->env;

  s->job = NULL;
  s->leaving = false;
  all->leaving--;
  /* FORBIDDEN: it is no stranger's after all, so it is nothing of ours. */
  if (!err || gpg_err_code (err) == GPG_ERR_FORBIDDEN)
    err = cf_store_stranger_delete (all->peers->core->store, &s->fpr);
  if (err) { /* another try with the next sweep */
    cf_log (env, CF_LOG_WARN, "a stranger's key stays: %s", gpg_strerror (err));
    return;
  }
  cf_map_remove (all->by_fpr, &s->fpr);
  free (s);
}

static void
leave (struct stranger *s)
{
  struct cf_strangers *all = s->all;
  struct cf_peer *peer = cf_map_get (all->peers->by_fpr, &s->fpr);
  gpg_error_t err;

  if (s->leaving || all->leaving >= LEAVING_MAX)
    return;
  if (peer)
    cf_peers_remove (all->peers, peer);
  err = cf_gpg_stranger_forget (all->peers->core->gpg, &s->fpr, left, s, &s->job);
  if (err)
    return; /* the queue is full: with the next sweep */
  s->leaving = true;
  all->leaving++;
}

void
cf_strangers_forget (struct cf_strangers *all, const struct cf_fpr *fpr)
{
  struct stranger *s = cf_map_get (all->by_fpr, fpr);

  if (!s)
    return;
  s->seen_utc_ms = 0; /* should it have to wait for the sweep */
  if (!is_needed (s))
    leave (s);
}

void
cf_strangers_sweep (struct cf_strangers *all)
{
  const void *key;
  void *value;
  size_t pos = 0;

  while (all->leaving < LEAVING_MAX && cf_map_next (all->by_fpr, &pos, &key, &value)) {
    struct stranger *s = value;
    bool tied = cf_map_get (all->peers->by_fpr, &s->fpr) != NULL;

    if (absent_ms (s) >= (tied ? CF_STRANGERS_ABSENT_MS : CF_STRANGERS_UNTIED_MS) && !is_needed (s))
      leave (s);
  }
}

/* --- coming --- */

static bool
host_allows (struct cf_strangers *all, const struct cf_addr *from)
{
  uint64_t now = all->peers->core->env->now_ms;
  struct host *host = &all->hosts[0];

  for (size_t i = 0; i < HOSTS_MAX; i++) {
    struct host *h = &all->hosts[i];

    if (h->count && cf_addr_same_source (&h->addr, from)) {
      host = h;
      break;
    }
    if (!h->count || (host->count && h->since_ms < host->since_ms))
      host = h;
  }
  if (!host->count || !cf_addr_same_source (&host->addr, from) || now - host->since_ms >= CF_STRANGERS_WINDOW_MS) {
    host->addr = *from;
    host->since_ms = now;
    host->count = 0;
  }
  if (host->count >= CF_STRANGERS_PER_HOST)
    return false;
  host->count++;
  return true;
}

/* Is there room for one more?  When full, the stranger absent longest begins to leave; the newcomer may try again. */
static bool
has_room (struct cf_strangers *all)
{
  struct stranger *oldest = NULL;
  size_t count = 0, pos = 0;
  const void *key;
  void *value;

  while (cf_map_next (all->by_fpr, &pos, &key, &value)) {
    struct stranger *s = value;

    if (s->leaving || is_needed (s))
      continue;
    count++;
    if (absent_ms (s) && (!oldest || absent_ms (s) > absent_ms (oldest)))
      oldest = s;
  }
  if (count + all->leaving < CF_STRANGERS_MAX)
    return true;
  if (oldest)
    leave (oldest);
  return false;
}

gpg_error_t
cf_strangers_admit (struct cf_strangers *all, const struct cf_fpr *fpr, const struct cf_addr *from)
{
  struct cf_core *core = all->peers->core;
  struct stranger *s = cf_map_get (all->by_fpr, fpr);
  gpg_error_t err;

  if (s) {
    if (s->leaving) {
      all->refused++;
      cf_refused (core->env, CF_REFUSED_KEY_STRANGERS);
      return cf_err (CF_ERR_RATE);
    }
    s->seen_utc_ms = core->env->now_utc_ms;
    return 0;
  }
  if (from && (!has_room (all) || !host_allows (all, from))) {
    all->refused++;
    cf_refused (core->env, CF_REFUSED_KEY_STRANGERS);
    return cf_err (CF_ERR_RATE);
  }
  s = calloc (1, sizeof *s);
  if (!s)
    return cf_err (GPG_ERR_ENOMEM);
  s->all = all;
  s->fpr = *fpr;
  s->seen_utc_ms = core->env->now_utc_ms;
  err = cf_map_put (all->by_fpr, fpr, s);
  if (err) {
    free (s);
    return err;
  }
  err = cf_store_stranger_save (core->store, fpr, s->seen_utc_ms);
  if (err) {
    cf_map_remove (all->by_fpr, fpr);
    free (s);
  }
  return err;
}

void
cf_strangers_seen (struct cf_strangers *all, const struct cf_fpr *fpr)
{
  struct cf_core *core = all->peers->core;
  struct stranger *s = cf_map_get (all->by_fpr, fpr);
  gpg_error_t err;

  if (!s)
    return;
  s->seen_utc_ms = core->env->now_utc_ms;
  err = cf_store_stranger_save (core->store, fpr, s->seen_utc_ms);
  if (err)
    cf_log (core->env, CF_LOG_WARN, "when a stranger was seen could not be written: %s", gpg_strerror (err));
}

uint64_t
cf_strangers_refused (const struct cf_strangers *all)
{
  return all->refused;
}

/* --- life --- */

static gpg_error_t
take_loaded (void *arg, const struct cf_fpr *fpr, int64_t seen_utc_ms)
{
  struct cf_strangers *all = arg;
  struct stranger *s = calloc (1, sizeof *s);
  gpg_error_t err;

  if (!s)
    return cf_err (GPG_ERR_ENOMEM);
  s->all = all;
  s->fpr = *fpr;
  s->seen_utc_ms = seen_utc_ms;
  err = cf_map_put (all->by_fpr, fpr, s);
  if (err)
    free (s);
  return err;
}

gpg_error_t
cf_strangers_new (struct cf_peers *peers, struct cf_strangers **r_strangers)
{
  struct cf_strangers *all = calloc (1, sizeof *all);
  gpg_error_t err;

  if (!all)
    return cf_err (GPG_ERR_ENOMEM);
  all->peers = peers;
  err = cf_map_new (peers->core->env, sizeof (struct cf_fpr), ROWS_MAX, &all->by_fpr);
  if (!err)
    err = cf_store_stranger_load (peers->core->store, ROWS_MAX, take_loaded, all);
  if (err) {
    cf_strangers_free (all);
    return err;
  }
  *r_strangers = all;
  return 0;
}

void
cf_strangers_free (struct cf_strangers *all)
{
  const void *key;
  void *value;
  size_t pos = 0;

  if (!all)
    return;
  while (all->by_fpr && cf_map_next (all->by_fpr, &pos, &key, &value)) {
    cf_gpg_cancel (all->peers->core->gpg, ((struct stranger *) value)->job);
    free (value);
  }
  cf_map_free (all->by_fpr);
  free (all);
}
