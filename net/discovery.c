/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discovery.c - "who's there": beacons sent, answered and heard.
 *
 * Sans I/O: datagrams in by cf_discovery_datagram, out by net.h, time by env.
 * When we speak, and to how many, is here; what is said to contacts alone is
 * discovery_veil.c's.  Who is believed, and how long a peer is remembered, is
 * decided above.
 * Spec: doc/protocol.md, "Who's there".
 *
 * Beacons are questions.  They leave in a burst of two (at once, and again
 * after CF_BEACON_REPEAT_MS, since a link that just came up loses packets)
 * after start, network change and becoming visible, then every interval:
 *
 *   any --announce_soon--> BURST --timer_fire--> STEADY --timer_fire--> STEADY
 *   any --announce_soon, too early--> HELD --timer_fire--> BURST
 *   any --announce_soon, visible to nobody--> OFF
 *
 * Answers cost the asker more than us (a question is padded), are one for all
 * the copies of a question, and are limited for each host and in total.
 */
#include "net/discovery_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/bucket.h"

/* Limits. */

/* The entry of ADDR's host, made anew over the oldest of its set if there is none. */
static struct cf_discovery_host *
host_entry (struct cf_discovery *d, const struct cf_addr *addr)
{
  uint8_t key[21], digest[crypto_shorthash_BYTES];
  struct cf_discovery_host *set, *oldest;
  struct cf_addr source = cf_addr_source (addr);

  key[0] = source.family;
  memcpy (key + 1, source.bytes, 16);
  memcpy (key + 17, &source.scope, 4);
  crypto_shorthash (digest, key, sizeof key, d->host_key);
  set = oldest = d->hosts[digest[0] % CF_DISCOVERY_SETS];
  for (size_t i = 0; i < CF_DISCOVERY_WAYS; i++) {
    if (set[i].addr.family && cf_addr_same_host (&set[i].addr, &source))
      return &set[i];
    if (!set[i].addr.family || (oldest->addr.family && set[i].answered_ms < oldest->answered_ms))
      oldest = &set[i];
  }
  memset (oldest, 0, sizeof *oldest);
  oldest->addr = source; /* port 0: nothing answered yet */
  return oldest;
}

bool
cf_discovery_may_answer (struct cf_discovery *d, const struct cf_addr *from)
{
  struct cf_discovery_host *host;
  uint64_t now = d->env->now_ms;
  bool far = !cf_discovery_is_near (d, from);

  if (!from->port)
    return false; /* there is no such port to answer to */
  host = host_entry (d, from);
  if (host->addr.port == from->port && now - host->answered_ms < CF_ANSWER_SAME_MS)
    return false;
  if (far && !cf_bucket_take (&d->answers_far_full_ms, now, CF_ANSWER_FAR_BURST, CF_ANSWER_FAR_MS, 1))
    return false;
  if (!cf_bucket_take (&host->answers_full_ms, now, CF_ANSWER_HOST_BURST, CF_ANSWER_HOST_MS, 1)
      || !cf_bucket_take (&d->answers_full_ms, now, CF_ANSWER_ALL_BURST, CF_ANSWER_ALL_MS, 1))
    return false;
  host->addr.port = from->port;
  host->answered_ms = now;
  return true;
}

bool
cf_discovery_may_look (struct cf_discovery *d, const struct cf_addr *from)
{
  return cf_bucket_take (&host_entry (d, from)->veiled_full_ms, d->env->now_ms, CF_ANSWER_HOST_BURST, CF_ANSWER_HOST_MS,
                         1);
}

/* Sending. */

/* To everyone on the links, or to TO alone. */
static void
send_own (struct cf_discovery *d, const struct cf_addr *to, bool answer)
{
  struct cf_beacon own = d->config.own;
  struct cf_buf buf;
  gpg_error_t err;

  own.answer = answer;
  cf_buf_init (&buf, CF_BEACON_MAX);
  err = cf_beacon_encode (&own, &buf);
  if (!err && to)
    err = d->net->ops->send_datagram (d->net, to, cf_buf_data (&buf), cf_buf_len (&buf));
  else if (!err)
    err = d->net->ops->broadcast (d->net, cf_buf_data (&buf), cf_buf_len (&buf));
  if (err)
    cf_log (d->env, CF_LOG_DEBUG, "discovery: cannot send %s: %s", answer ? "an answer" : "a beacon", gpg_strerror (err));
  else if (answer)
    d->counts.answered++;
  else
    d->counts.sent++;
  cf_buf_done (&buf);
}

/* The only place where the state changes. */
static void
set_state (struct cf_discovery *d, enum cf_discovery_state state, uint64_t due_ms)
{
  static const char *const names[] = { "off", "held", "burst", "steady" };

  if (state != d->state)
    cf_log (d->env, CF_LOG_DEBUG, "discovery: %s -> %s", names[d->state], names[state]);
  d->state = state;
  if (state == STATE_OFF)
    cf_timer_cancel (d->env, &d->timer);
  else
    cf_timer_arm (d->env, &d->timer, due_ms);
}

static void
send_beacon (struct cf_discovery *d)
{
  d->has_sent = true;
  d->sent_ms = d->env->now_ms;
  if (d->config.visibility == CF_VISIBLE_CONTACTS)
    cf_discovery_ask_veiled (d);
  else
    send_own (d, NULL, false);
}

/* A beacon now and one more soon; later if the last one has just left. */
static void
announce_soon (struct cf_discovery *d)
{
  uint64_t now = d->env->now_ms;

  if (!d->started || d->config.visibility == CF_VISIBLE_NOBODY) {
    set_state (d, STATE_OFF, 0);
    return;
  }
  if (d->has_sent && now - d->sent_ms < CF_BEACON_LEAST_MS) {
    set_state (d, STATE_HELD, d->sent_ms + CF_BEACON_LEAST_MS);
    return;
  }
  send_beacon (d);
  set_state (d, STATE_BURST, now + CF_BEACON_REPEAT_MS);
}

/* The beacon that was held back, the repeat of a burst, or that of an interval. */
static void
timer_fire (void *arg)
{
  struct cf_discovery *d = arg;

  send_beacon (d);
  if (d->state == STATE_HELD) {
    set_state (d, STATE_BURST, d->env->now_ms + CF_BEACON_REPEAT_MS);
    return;
  }
  /* Never later than the interval, so that three always fit into CF_PEER_GONE_MS. */
  set_state (d, STATE_STEADY,
             d->env->now_ms + CF_BEACON_INTERVAL_MS - cf_env_random_below (d->env, CF_BEACON_INTERVAL_MS / 5));
}

/* The interface. */

gpg_error_t
cf_discovery_new (struct cf_env *env, struct cf_net *net, const struct cf_discovery_config *config,
                  struct cf_discovery **r_discovery)
{
  struct cf_discovery *d;
  gpg_error_t err;

  err = cf_beacon_check (&config->own);
  if (err)
    return err;
  d = calloc (1, sizeof *d);
  if (!d)
    return cf_err (GPG_ERR_ENOMEM);
  d->env = env;
  d->net = net;
  d->config = *config;
  cf_env_random (env, d->host_key, sizeof d->host_key);
  cf_timer_init (&d->timer, timer_fire, d);
  err = cf_discovery_veil_init (d);
  if (err) {
    cf_discovery_free (d);
    return err;
  }
  *r_discovery = d;
  return 0;
}

void
cf_discovery_free (struct cf_discovery *d)
{
  if (!d)
    return;
  cf_timer_cancel (d->env, &d->timer);
  cf_discovery_veil_done (d);
  free (d);
}

void
cf_discovery_start (struct cf_discovery *d)
{
  d->started = true;
  announce_soon (d);
}

bool
cf_discovery_is_near (const struct cf_discovery *d, const struct cf_addr *from)
{
  return !d->net->ops->is_near || d->net->ops->is_near (d->net, from);
}

static void
answer (struct cf_discovery *d, const struct cf_addr *to)
{
  if (cf_discovery_may_answer (d, to))
    send_own (d, to, true);
  else {
    d->counts.limited++;
    cf_refused (d->env, CF_REFUSED_BEACON_LIMITED);
  }
}

static void
take_open (struct cf_discovery *d, const struct cf_addr *from, const struct cf_beacon *beacon)
{
  struct cf_addr addr = *from;
  bool was_asked = beacon->answer && d->config.answers && d->config.answers (d->config.arg, from);
  bool near = cf_discovery_is_near (d, from);

  if (!memcmp (beacon->device_key, d->config.own.device_key, CF_DEVICE_KEY_LEN)) {
    d->counts.own++;
    cf_refused (d->env, CF_REFUSED_BEACON_OWN);
    return;
  }
  /* From afar comes what we asked for, and questions while everyone may see us; nothing else is worth a look. */
  if (!near && (beacon->answer ? !was_asked : d->config.visibility != CF_VISIBLE_EVERYONE)) {
    cf_refused (d->env, CF_REFUSED_BEACON_OFF_LINK);
    return;
  }
  if (!beacon->answer && d->started && d->config.visibility == CF_VISIBLE_EVERYONE)
    answer (d, from);
  d->counts.heard++;
  if (near)
    addr.port = beacon->tcp_port;
  if (d->config.heard)
    d->config.heard (d->config.arg, beacon, &addr); /* last: it may free us */
}

void
cf_discovery_datagram (struct cf_discovery *d, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  struct cf_beacon beacon;
  struct cf_veil veil;

  if (!cf_beacon_decode (data, len, &beacon))
    take_open (d, from, &beacon);
  else if (cf_veil_decode (data, len, &veil)) {
    d->counts.malformed++;
    cf_refused (d->env, CF_REFUSED_BEACON_MALFORMED);
  } else if (cf_discovery_is_near (d, from))
    cf_discovery_take_veiled (d, from, &veil);
  else
    cf_refused (d->env, CF_REFUSED_BEACON_OFF_LINK);
}

void
cf_discovery_ask (struct cf_discovery *d, const struct cf_addr *to)
{
  if (d->started && d->config.visibility == CF_VISIBLE_EVERYONE)
    send_own (d, to, false);
}

void
cf_discovery_network_changed (struct cf_discovery *d)
{
  announce_soon (d);
}

gpg_error_t
cf_discovery_set_own (struct cf_discovery *d, const struct cf_beacon *own)
{
  gpg_error_t err = cf_beacon_check (own);

  if (err)
    return err;
  d->config.own = *own;
  announce_soon (d);
  return 0;
}

void
cf_discovery_set_visibility (struct cf_discovery *d, enum cf_visibility visibility)
{
  if (visibility == d->config.visibility)
    return;
  d->config.visibility = visibility;
  announce_soon (d);
}

void
cf_discovery_ask_soon (struct cf_discovery *d)
{
  announce_soon (d);
}

gpg_error_t
cf_discovery_set_circle (struct cf_discovery *d, const struct cf_acquaintance *all, size_t count)
{
  return cf_circle_set (d->circle, all, count);
}

void
cf_discovery_counts (const struct cf_discovery *d, struct cf_discovery_counts *r_counts)
{
  *r_counts = d->counts;
}
