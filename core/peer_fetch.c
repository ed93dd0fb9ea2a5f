/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer_fetch.c - asking an address for the key of who is said to be there.
 *
 *   QUEUED --a slot is free--> ASKING (anonymous tunnel, KEY?) --KEY--> VERIFYING --> gone
 *   QUEUED --others come, and it is one of many of its source--> gone
 *   ASKING, VERIFYING --failure, deadline--> gone, with a back-off
 *   ASKING --others wait, and it takes long--> gone, with a back-off
 *   ASKING --nobody waits, and no stream gets there--> ASKING, over datagrams
 *
 * We show nothing of ourselves: the tunnel's static key lives for one question.
 * All of this is at a stranger's will, so all of it is bounded.  The back-off
 * is of a device key *at a host*: one of the key alone would let anybody hide a
 * person by announcing his key from elsewhere.
 *
 * Beacons can be sent by the thousand, under every address of the link.  So a
 * source that has nothing in the queue gets in before one that has, and who
 * does not answer at once does not keep the others waiting: an honest peer is
 * asked after as many turns as there are addresses on the link.
 */
#include <stdlib.h>
#include <string.h>

#include "core/link_tunnel.h"
#include "core/links.h"
#include "core/peers.h"

#define ACTIVE_MAX 32
#define QUEUE_MAX 256
#define PER_SOURCE_MAX 16
#define PATIENCE_MS 1000 /* to answer KEY?, while others wait */
#define STREAM_MS 1500   /* for a stream to get there; some firewalls say nothing */
#define BACKOFF_SLOTS 512
#define BACKOFF_FIRST_MS 2000
#define BACKOFF_LAST_MS (10 * 60 * 1000)
#define KEY_ASK_MAX 64

struct fetch {
  struct fetch *next;
  struct cf_peer_fetches *all;
  uint8_t device_key[CF_DEVICE_KEY_LEN];
  struct cf_fpr identity;
  struct cf_addr addr;
  size_t rank; /* how many of its source there were already when it came */
  bool active;
  uint64_t begun_ms; /* once active */
  bool by_datagrams; /* no stream got there, or it takes long */
  bool is_there;     /* the tunnel's handshake is complete */
  struct cf_timer slow; /* ASKING on a stream */
  struct cf_link_tunnel *tunnel;   /* ASKING */
  struct cf_peer_verify *verify;   /* VERIFYING */
};

struct backoff {
  uint8_t key[CF_DEVICE_KEY_LEN];
  struct cf_addr addr;
  uint64_t until_ms, delay_ms; /* delay_ms 0: free */
};

struct cf_peer_fetches {
  struct cf_peers *peers;
  struct fetch *first; /* in order of arrival, active or not */
  size_t count, active;
  uint64_t fetched, failed, dropped;
  struct cf_timer impatience;
  struct backoff backoff[BACKOFF_SLOTS];
};

static void pump (struct cf_peer_fetches *all);
static struct fetch *first_waiting (struct cf_peer_fetches *all);

/* --- back-off --- */

static struct backoff *
backoff_find (struct cf_peer_fetches *all, const uint8_t key[CF_DEVICE_KEY_LEN], const struct cf_addr *addr)
{
  for (size_t i = 0; i < BACKOFF_SLOTS; i++) {
    struct backoff *b = &all->backoff[i];

    if (b->delay_ms && !memcmp (b->key, key, sizeof b->key) && cf_addr_same_host (&b->addr, addr))
      return b;
  }
  return NULL;
}

/* After a failure: twice as long as last time.  Without a free slot, the one that ends soonest is lost. */
static void
backoff_more (struct cf_peer_fetches *all, const struct fetch *f)
{
  struct cf_env *env = all->peers->core->env;
  struct backoff *b = backoff_find (all, f->device_key, &f->addr);

  if (!b) {
    b = &all->backoff[0];
    for (size_t i = 0; i < BACKOFF_SLOTS && b->delay_ms; i++)
      if (!all->backoff[i].delay_ms || all->backoff[i].until_ms < b->until_ms)
        b = &all->backoff[i];
    memcpy (b->key, f->device_key, sizeof b->key);
    b->addr = f->addr;
    b->delay_ms = BACKOFF_FIRST_MS;
  } else if (b->delay_ms < BACKOFF_LAST_MS) {
    b->delay_ms *= 2;
  }
  b->until_ms = env->now_ms + cf_env_jitter (env, b->delay_ms);
}

void
cf_peer_fetches_forgive (struct cf_peer_fetches *all)
{
  memset (all->backoff, 0, sizeof all->backoff);
}

/* --- one fetch --- */

static void
fetch_free (struct fetch *f)
{
  struct cf_peer_fetches *all = f->all;

  for (struct fetch **p = &all->first; *p; p = &(*p)->next)
    if (*p == f) {
      *p = f->next;
      all->count--;
      all->active -= f->active;
      break;
    }
  cf_timer_cancel (all->peers->core->env, &f->slow);
  if (f->tunnel)
    cf_link_tunnel_close (f->tunnel, 0, NULL);
  cf_peer_verify_cancel (f->verify);
  free (f);
}

static void
fetch_finish (struct fetch *f, gpg_error_t err)
{
  struct cf_peer_fetches *all = f->all;
  char text[CF_ADDR_TEXT_SIZE];

  if (err) {
    all->failed++;
    backoff_more (all, f);
    cf_log (all->peers->core->env, CF_LOG_DEBUG, "no key from %s: %s", cf_addr_format (&f->addr, text),
            gpg_strerror (err));
  } else {
    struct backoff *b = backoff_find (all, f->device_key, &f->addr);

    all->fetched++;
    if (b)
      b->delay_ms = 0;
  }
  fetch_free (f);
  pump (all);
}

static void
fetch_verified (void *arg, gpg_error_t err, struct cf_peer *peer)
{
  struct fetch *f = arg;

  f->verify = NULL;
  if (!err)
    cf_peers_ask_back (f->all->peers, peer);
  fetch_finish (f, err);
}

static void
fetch_ready (void *arg)
{
  gpg_error_t err;
  struct fetch *f = arg;
  struct cf_buf out;

  f->is_there = true;
  cf_timer_cancel (f->all->peers->core->env, &f->slow);
  cf_buf_init (&out, KEY_ASK_MAX);
  err = cf_key_ask_encode (cf_peer_token (cf_peer_find (f->all->peers->core, &f->identity), f->device_key), &out);
  if (!err)
    err = cf_link_tunnel_send (f->tunnel, CF_CHANNEL_CONTROL, cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
  if (err)
    fetch_finish (f, err);
}

static void
fetch_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  gpg_error_t err;
  struct fetch *f = arg;
  struct cf_peers *peers = f->all->peers;
  enum cf_control kind;
  struct cf_hello hello;

  err = channel == CF_CHANNEL_CONTROL ? cf_hello_decode (data, len, &kind, &hello) : cf_err (CF_ERR_PROTOCOL);
  if (!err && kind != CF_CONTROL_KEY)
    err = cf_err (CF_ERR_PROTOCOL);
  /* The beacon promised this identity; the tunnel proved this device key. */
  if (!err && !cf_fpr_equal (&hello.device.identity, &f->identity))
    err = cf_err (CF_ERR_KEY_WRONG);
  if (!err && memcmp (hello.device.device_key, f->device_key, CF_DEVICE_KEY_LEN))
    err = cf_err (CF_ERR_STATEMENT);
  if (err)
    cf_refused (peers->core->env, CF_REFUSED_FETCH_WRONG);
  else
    err = cf_peer_verify_start (peers, CF_GPG_MESSAGE, &hello, &f->addr, &f->addr, fetch_verified, f, &f->verify);
  cf_link_tunnel_close (f->tunnel, err, NULL);
  f->tunnel = NULL;
  if (err)
    fetch_finish (f, err);
}

static gpg_error_t fetch_dial (struct fetch *f) CF_MUST_CHECK;

/* No stream gets there.  While others wait, nobody gets a second chance: datagrams that nobody answers take long. */
static bool
fetch_by_datagrams (struct fetch *f)
{
  struct cf_peer_fetches *all = f->all;
  gpg_error_t err;

  if (f->is_there || f->by_datagrams || first_waiting (all) || !all->peers->core->links
      || (f->addr.family != 4 && f->addr.family != 6))
    return false;
  f->by_datagrams = true;
  if (f->tunnel)
    cf_link_tunnel_close (f->tunnel, 0, NULL);
  f->tunnel = NULL;
  err = fetch_dial (f);
  return !err;
}

static void
fetch_slow (void *arg)
{
  struct fetch *f = arg;

  if (!fetch_by_datagrams (f) && !f->tunnel) {
    cf_refused (f->all->peers->core->env, CF_REFUSED_FETCH_UNANSWERED);
    fetch_finish (f, cf_err (CF_ERR_NOT_REACHABLE));
  }
}

static void
fetch_closed (void *arg, gpg_error_t err, const char *reason)
{
  struct fetch *f = arg;

  (void) reason;
  f->tunnel = NULL;
  if (fetch_by_datagrams (f))
    return;
  cf_refused (f->all->peers->core->env, CF_REFUSED_FETCH_UNANSWERED);
  fetch_finish (f, err ? err : cf_err (CF_ERR_REFUSED));
}

static const struct cf_link_tunnel_handler fetch_handler = {
  .ready = fetch_ready, .message = fetch_message, .closed = fetch_closed
};

static gpg_error_t
fetch_dial (struct fetch *f)
{
  struct cf_link_tunnel_keys keys = { .remote_public = f->device_key };

  return cf_link_tunnel_dial (f->all->peers->core->links, f->by_datagrams ? CF_CARRIER_DATAGRAMS : CF_CARRIER_STREAM,
                              &f->addr, &keys, &fetch_handler, f, &f->tunnel);
}

static gpg_error_t
fetch_start (struct fetch *f)
{
  struct cf_env *env = f->all->peers->core->env;

  f->active = true;
  f->begun_ms = env->now_ms;
  f->all->active++;
  cf_timer_after (env, &f->slow, STREAM_MS);
  return fetch_dial (f);
}

static struct fetch *
first_waiting (struct cf_peer_fetches *all)
{
  struct fetch *f = all->first;

  while (f && f->active)
    f = f->next;
  return f;
}

/* The one that has been ASKING longest, or NULL. */
static struct fetch *
slowest (struct cf_peer_fetches *all)
{
  struct fetch *slow = NULL;

  for (struct fetch *f = all->first; f; f = f->next)
    if (f->tunnel && (!slow || f->begun_ms < slow->begun_ms))
      slow = f;
  return slow;
}

/* Start what waits while slots are free. */
static void
pump (struct cf_peer_fetches *all)
{
  struct cf_env *env = all->peers->core->env;
  struct fetch *f = first_waiting (all), *slow;

  for (; f && all->active < ACTIVE_MAX && all->peers->core->links; f = first_waiting (all)) {
    gpg_error_t err = fetch_start (f);

    if (err) {
      all->failed++;
      backoff_more (all, f);
      fetch_free (f);
    }
  }
  slow = f ? slowest (all) : NULL;
  if (!slow)
    cf_timer_cancel (env, &all->impatience);
  else if (!all->impatience.armed)
    cf_timer_arm (env, &all->impatience, slow->begun_ms + PATIENCE_MS);
}

/* Others wait: whoever has not answered by now has had his time. */
static void
impatient (void *arg)
{
  struct cf_peer_fetches *all = arg;
  uint64_t now = all->peers->core->env->now_ms;
  struct fetch *slow = slowest (all);

  if (slow && first_waiting (all) && now - slow->begun_ms >= PATIENCE_MS) {
    cf_refused (all->peers->core->env, CF_REFUSED_FETCH_UNANSWERED);
    fetch_finish (slow, cf_err (GPG_ERR_TIMEOUT)); /* another takes its place */
  }
  pump (all);
}

static void
crowded (struct cf_peer_fetches *all)
{
  all->dropped++;
  cf_refused (all->peers->core->env, CF_REFUSED_FETCH_CROWDED);
}

/* Is there room for one of ADDR's source, of whom RANK are here?  Of a source's own the oldest that waits makes room;
   in a full queue, the newest of those whose source had most. */
static bool
make_room (struct cf_peer_fetches *all, const struct cf_addr *addr, size_t rank)
{
  struct fetch *out = NULL;

  if (rank < PER_SOURCE_MAX && all->count < QUEUE_MAX)
    return true;
  for (struct fetch *f = all->first; f; f = f->next) {
    if (f->active)
      continue;
    if (rank < PER_SOURCE_MAX ? f->rank > rank && (!out || f->rank >= out->rank)
                              : !out && cf_addr_same_source (&f->addr, addr))
      out = f;
  }
  crowded (all);
  if (out)
    fetch_free (out);
  return out != NULL;
}

void
cf_peer_fetch (struct cf_peer_fetches *all, const uint8_t device_key[CF_DEVICE_KEY_LEN], const struct cf_fpr *identity,
               const struct cf_addr *addr)
{
  struct backoff *b = backoff_find (all, device_key, addr);
  struct fetch **end = &all->first, *f;
  size_t rank = 0;

  if (b && all->peers->core->env->now_ms < b->until_ms) {
    cf_refused (all->peers->core->env, CF_REFUSED_FETCH_RESTING);
    return;
  }
  for (; *end; end = &(*end)->next) {
    if (!memcmp ((*end)->device_key, device_key, CF_DEVICE_KEY_LEN) && cf_addr_same_host (&(*end)->addr, addr))
      return;
    rank += cf_addr_same_source (&(*end)->addr, addr);
  }
  if (!make_room (all, addr, rank))
    return;
  f = calloc (1, sizeof *f);
  if (!f)
    return;
  f->all = all;
  cf_timer_init (&f->slow, fetch_slow, f);
  f->rank = rank;
  memcpy (f->device_key, device_key, sizeof f->device_key);
  f->identity = *identity;
  f->addr = *addr;
  for (end = &all->first; *end; end = &(*end)->next) /* it may not be where it was */
    ;
  *end = f;
  all->count++;
  pump (all);
}

/* --- life --- */

gpg_error_t
cf_peer_fetches_new (struct cf_peers *peers, struct cf_peer_fetches **r_fetches)
{
  struct cf_peer_fetches *all = calloc (1, sizeof *all);

  if (!all)
    return cf_err (GPG_ERR_ENOMEM);
  all->peers = peers;
  cf_timer_init (&all->impatience, impatient, all);
  *r_fetches = all;
  return 0;
}

void
cf_peer_fetches_free (struct cf_peer_fetches *all)
{
  if (!all)
    return;
  while (all->first)
    fetch_free (all->first);
  cf_timer_cancel (all->peers->core->env, &all->impatience);
  free (all);
}

void
cf_peer_fetches_counts (const struct cf_peer_fetches *all, struct cf_peers_counts *counts)
{
  counts->fetched = all->fetched;
  counts->fetch_failed = all->failed;
  counts->fetch_dropped = all->dropped;
}
