/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discovery.c - "who's there": beacons sent, answered and heard.
 *
 * Sans I/O: datagrams in by cf_discovery_datagram, out by net.h, time by env.
 * Who is believed, and how long a peer is remembered, is decided above.
 * Spec: doc/protocol.md, "Who's there".
 *
 * Beacons are questions.  They leave in a burst of two (at once, and again
 * after CF_BEACON_REPEAT_MS, since a link that just came up loses packets)
 * after start, network change and becoming visible, then every interval:
 *
 *   any --announce_soon--> BURST --timer_fire--> STEADY --timer_fire--> STEADY
 *   any --announce_soon, too early--> HELD --timer_fire--> BURST
 *   any --announce_soon, not visible--> OFF
 *
 * Answers cost the asker more than us (a question is padded), are one for all
 * the copies of a question, and are limited for each host and in total.
 */
#include "net/discovery.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum beacon_kind { BEACON_QUESTION = 1, BEACON_ANSWER = 2 };

/* The table of asking hosts: SETS x WAYS entries, the oldest of a set makes room. */
#define HOST_SETS 256
#define HOST_WAYS 4

/* A token bucket: N tokens at LAST_MS. */
struct bucket {
  uint64_t last_ms;
  uint32_t tokens;
};

struct host {
  struct cf_addr addr; /* the port is that of the last question answered; family 0: free */
  uint64_t answered_ms;
  struct bucket bucket;
};

enum state { STATE_OFF, STATE_HELD, STATE_BURST, STATE_STEADY };

struct cf_discovery {
  struct cf_env *env;
  struct cf_net *net;
  struct cf_discovery_config config;
  enum state state;
  bool started;
  bool has_sent;
  uint64_t sent_ms; /* the last beacon, when has_sent */
  struct cf_timer timer;
  struct bucket answers;
  uint8_t host_key[crypto_shorthash_KEYBYTES];
  struct host hosts[HOST_SETS][HOST_WAYS];
  struct cf_discovery_counts counts;
};

/* Encoding. */

static gpg_error_t
beacon_check (const struct cf_beacon *beacon)
{
  size_t name_len = strnlen (beacon->name, sizeof beacon->name);

  if (!beacon->tcp_port || cf_fpr_is_none (&beacon->identity)
      || sodium_is_zero (beacon->device_key, sizeof beacon->device_key))
    return cf_err (GPG_ERR_INV_VALUE);
  if (name_len > CF_NAME_MAX || !cf_text_is_utf8 (beacon->name, name_len))
    return cf_err (GPG_ERR_INV_NAME);
  return 0;
}

gpg_error_t
cf_beacon_encode (const struct cf_beacon *beacon, struct cf_buf *out)
{
  static const uint8_t zero[CF_BEACON_QUESTION_LEN];
  struct cf_buf own;
  struct cf_wr wr;
  gpg_error_t err;

  err = beacon_check (beacon);
  if (err)
    return err;
  cf_buf_init (&own, CF_BEACON_QUESTION_LEN);
  cf_wr_init (&wr, &own);
  cf_wr_bytes (&wr, CF_BEACON_MAGIC, 4);
  cf_wr_u8 (&wr, CF_PROTO_VERSION);
  cf_wr_u8 (&wr, beacon->answer ? BEACON_ANSWER : BEACON_QUESTION);
  cf_wr_u16 (&wr, beacon->tcp_port);
  cf_wr_u16 (&wr, beacon->udp_port);
  cf_wr_bytes (&wr, beacon->device_key, CF_DEVICE_KEY_LEN);
  cf_wr_fpr (&wr, &beacon->identity);
  cf_wr_blob16 (&wr, beacon->name, strlen (beacon->name));
  if (!beacon->answer && !wr.err)
    cf_wr_bytes (&wr, zero, CF_BEACON_QUESTION_LEN - cf_buf_len (&own));
  err = cf_wr_finish (&wr);
  if (!err)
    err = cf_buf_add (out, cf_buf_data (&own), cf_buf_len (&own));
  cf_buf_done (&own);
  return err;
}

/* What follows the kind.  Latches its errors in RD. */
static void
decode_body (struct cf_rd *rd, struct cf_beacon *beacon)
{
  const uint8_t *name, *padding;
  size_t name_len, padding_len;

  beacon->tcp_port = cf_rd_u16 (rd);
  beacon->udp_port = cf_rd_u16 (rd);
  cf_rd_bytes (rd, beacon->device_key, CF_DEVICE_KEY_LEN);
  cf_rd_fpr (rd, &beacon->identity);
  cf_rd_blob16 (rd, &name, &name_len, CF_NAME_MAX);
  if (!rd->err && !cf_text_is_utf8 (name, name_len))
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_NAME));
  if (!rd->err && name_len)
    memcpy (beacon->name, name, name_len);
  if (!beacon->answer) {
    cf_rd_rest (rd, &padding, &padding_len);
    if (!rd->err && !sodium_is_zero (padding, padding_len))
      cf_rd_fail (rd, cf_err (GPG_ERR_BAD_DATA));
  }
}

gpg_error_t
cf_beacon_decode (const void *data, size_t len, struct cf_beacon *r_beacon)
{
  struct cf_beacon beacon = { 0 };
  struct cf_rd rd;
  uint8_t magic[4], kind;
  gpg_error_t err;

  cf_rd_init (&rd, data, len);
  cf_rd_bytes (&rd, magic, sizeof magic);
  if (rd.err || memcmp (magic, CF_BEACON_MAGIC, sizeof magic))
    return cf_err (GPG_ERR_BAD_DATA);
  if (cf_rd_u8 (&rd) != CF_PROTO_VERSION)
    return cf_err (GPG_ERR_UNKNOWN_VERSION);
  kind = cf_rd_u8 (&rd);
  if (kind != BEACON_QUESTION && kind != BEACON_ANSWER)
    return cf_err (GPG_ERR_BAD_DATA);
  beacon.answer = kind == BEACON_ANSWER;
  if (!beacon.answer && len != CF_BEACON_QUESTION_LEN)
    return cf_err (GPG_ERR_INV_LENGTH);
  decode_body (&rd, &beacon);
  err = cf_rd_finish (&rd);
  if (!err)
    err = beacon_check (&beacon);
  if (!err)
    *r_beacon = beacon;
  return err;
}

/* Limits. */

/* Take a token from B, which holds at most BURST and gains one every EVERY_MS. */
static bool
bucket_take (struct bucket *b, uint64_t now_ms, uint32_t burst, uint64_t every_ms)
{
  uint64_t gained = (now_ms - b->last_ms) / every_ms;

  if (gained >= burst - b->tokens) {
    b->tokens = burst;
    b->last_ms = now_ms;
  } else {
    b->tokens += (uint32_t) gained;
    b->last_ms += gained * every_ms;
  }
  if (!b->tokens)
    return false;
  b->tokens--;
  return true;
}

/* The entry of ADDR's host, made anew over the oldest of its set if there is none. */
static struct host *
host_entry (struct cf_discovery *d, const struct cf_addr *addr)
{
  uint8_t key[21], digest[crypto_shorthash_BYTES];
  struct host *set, *oldest;

  key[0] = addr->family;
  memcpy (key + 1, addr->bytes, 16);
  memcpy (key + 17, &addr->scope, 4);
  crypto_shorthash (digest, key, sizeof key, d->host_key);
  set = oldest = d->hosts[digest[0] % HOST_SETS];
  for (size_t i = 0; i < HOST_WAYS; i++) {
    if (set[i].addr.family && cf_addr_same_host (&set[i].addr, addr))
      return &set[i];
    if (!set[i].addr.family || (oldest->addr.family && set[i].answered_ms < oldest->answered_ms))
      oldest = &set[i];
  }
  memset (oldest, 0, sizeof *oldest);
  oldest->addr = *addr;
  oldest->addr.port = 0; /* nothing answered yet */
  oldest->bucket.tokens = CF_ANSWER_HOST_BURST;
  oldest->bucket.last_ms = d->env->now_ms;
  return oldest;
}

/* Whether the question from FROM may be answered now; it is charged for. */
static bool
may_answer (struct cf_discovery *d, const struct cf_addr *from)
{
  struct host *host;
  uint64_t now = d->env->now_ms;

  if (!from->port)
    return false; /* there is no such port to answer to */
  host = host_entry (d, from);
  if (host->addr.port == from->port && now - host->answered_ms < CF_ANSWER_SAME_MS)
    return false;
  if (!bucket_take (&host->bucket, now, CF_ANSWER_HOST_BURST, CF_ANSWER_HOST_MS)
      || !bucket_take (&d->answers, now, CF_ANSWER_ALL_BURST, CF_ANSWER_ALL_MS))
    return false;
  host->addr.port = from->port;
  host->answered_ms = now;
  return true;
}

/* Sending. */

static void
send_own (struct cf_discovery *d, const struct cf_addr *to)
{
  struct cf_beacon own = d->config.own;
  struct cf_buf buf;
  gpg_error_t err;

  own.answer = !!to;
  cf_buf_init (&buf, CF_BEACON_MAX);
  err = cf_beacon_encode (&own, &buf);
  if (!err && to)
    err = d->net->ops->send_datagram (d->net, to, cf_buf_data (&buf), cf_buf_len (&buf));
  else if (!err)
    err = d->net->ops->broadcast (d->net, cf_buf_data (&buf), cf_buf_len (&buf));
  if (err)
    cf_log (d->env, CF_LOG_DEBUG, "discovery: cannot send %s: %s", to ? "an answer" : "a beacon", gpg_strerror (err));
  else if (to)
    d->counts.answered++;
  else
    d->counts.sent++;
  cf_buf_done (&buf);
}

/* The only place where the state changes. */
static void
set_state (struct cf_discovery *d, enum state state, uint64_t due_ms)
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

static bool
is_visible (const struct cf_discovery *d)
{
  return d->started && d->config.visibility == CF_VISIBLE_EVERYONE;
}

static void
send_beacon (struct cf_discovery *d)
{
  d->has_sent = true;
  d->sent_ms = d->env->now_ms;
  send_own (d, NULL);
}

/* A beacon now and one more soon; later if the last one has just left. */
static void
announce_soon (struct cf_discovery *d)
{
  uint64_t now = d->env->now_ms;

  if (!is_visible (d)) {
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

  err = beacon_check (&config->own);
  if (err)
    return err;
  d = calloc (1, sizeof *d);
  if (!d)
    return cf_err (GPG_ERR_ENOMEM);
  d->env = env;
  d->net = net;
  d->config = *config;
  d->answers.tokens = CF_ANSWER_ALL_BURST;
  d->answers.last_ms = env->now_ms;
  cf_env_random (env, d->host_key, sizeof d->host_key);
  cf_timer_init (&d->timer, timer_fire, d);
  *r_discovery = d;
  return 0;
}

void
cf_discovery_free (struct cf_discovery *d)
{
  if (!d)
    return;
  cf_timer_cancel (d->env, &d->timer);
  free (d);
}

void
cf_discovery_start (struct cf_discovery *d)
{
  d->started = true;
  announce_soon (d);
}

void
cf_discovery_datagram (struct cf_discovery *d, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  struct cf_beacon beacon;
  struct cf_addr addr = *from;

  if (cf_beacon_decode (data, len, &beacon)) {
    d->counts.malformed++;
    cf_refused (d->env, CF_REFUSED_BEACON_MALFORMED);
    return;
  }
  if (!memcmp (beacon.device_key, d->config.own.device_key, CF_DEVICE_KEY_LEN)) {
    d->counts.own++;
    cf_refused (d->env, CF_REFUSED_BEACON_OWN);
    return;
  }
  if (!beacon.answer && is_visible (d)) {
    if (may_answer (d, from))
      send_own (d, from);
    else {
      d->counts.limited++;
      cf_refused (d->env, CF_REFUSED_BEACON_LIMITED);
    }
  }
  d->counts.heard++;
  addr.port = beacon.tcp_port;
  if (d->config.heard)
    d->config.heard (d->config.arg, &beacon, &addr); /* last: it may free us */
}

void
cf_discovery_network_changed (struct cf_discovery *d)
{
  announce_soon (d);
}

gpg_error_t
cf_discovery_set_own (struct cf_discovery *d, const struct cf_beacon *own)
{
  gpg_error_t err = beacon_check (own);

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
cf_discovery_counts (const struct cf_discovery *d, struct cf_discovery_counts *r_counts)
{
  *r_counts = d->counts;
}
