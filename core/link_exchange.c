/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_exchange.c - contacts tell each other where others are who have agreed to that.
 *
 *   up, and both take part --LOOK_MS, and not asked for CF_EXCHANGE_MS: look--> PEERS? leaves
 *   PEERS? --not answered for CF_EXCHANGE_LEAST_MS: answer--> PEERS leaves
 *   PEERS --it was asked for: learn--> its addresses are asked "who's there", by the rules for such (net/asklist.h)
 *
 * Who takes part says so in PATHS, and has to be visible to everyone: others
 * would ask him in vain.  Told are the places of those who are connected now,
 * so that consent that ends holds at once; and only such as were proved by a
 * tunnel, so that nobody can aim others at a third host through an honest one.
 */
#include <string.h>

#include "core/links.h"
#include "core/peer_file.h"
#include "core/settings.h"
#include "net/exchange.h"
#include "net/paths.h"

#define LOOK_MS 60000
#define OF_ONE_MAX 2 /* addresses of one person */

bool
cf_links_pass_on (struct cf_core *core)
{
  return cf_peers_visibility (core) == CF_VISIBLE_EVERYONE && cf_setting_is (core, "pass-on", "on");
}

static bool
is_private (const struct cf_addr *addr)
{
  const uint8_t *b = addr->bytes;

  if (addr->family == 4) /* RFC 1918, and RFC 6598 */
    return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168)
           || (b[0] == 100 && (b[1] & 0xc0) == 64);
  return (b[0] & 0xfe) == 0xfc;
}

/* May ADDR be said over LINK?  A private address means something else elsewhere. */
static bool
is_for (const struct cf_link *link, const struct cf_addr *addr)
{
  const struct cf_addr *end = cf_way_addr (link->up);

  if (!cf_path_is_sound (addr))
    return false;
  return !is_private (addr) || (end->family != CF_ADDR_NODE && is_private (end));
}

/* Is LINK up, with a contact who takes part? */
static bool
takes_part (const struct cf_link *link)
{
  const struct cf_peer *peer = cf_peer_find (link->links->core, &link->fpr);
  const struct cf_paths *theirs = cf_link_paths_theirs (link);

  return link->up && peer && peer->contact && !peer->blocked && theirs && (theirs->flags & CF_PATHS_PASS_ON);
}

static gpg_error_t
send (struct cf_link *link, gpg_error_t err, struct cf_buf *out)
{
  if (!err)
    err = cf_way_send (link->up, CF_CHANNEL_CONTROL, cf_buf_data (out), cf_buf_len (out));
  cf_buf_done (out);
  return err;
}

/* --- asking --- */

static void
ask (struct cf_link *link)
{
  struct cf_env *env = link->links->core->env;
  struct cf_buf out;
  gpg_error_t err;

  cf_buf_init (&out, CF_MESSAGE_STRANGER_MAX);
  err = cf_exchange_encode_ask (&out);
  err = send (link, err, &out);
  if (err) {
    cf_log (env, CF_LOG_DEBUG, "a contact is not asked for others: %s", gpg_strerror (err));
    return;
  }
  link->exchange.asked_ms = env->now_ms;
  link->exchange.waits = true;
}

static void
look (void *arg)
{
  struct cf_links *links = arg;
  struct cf_env *env = links->core->env;
  bool on = cf_links_pass_on (links->core);
  const void *key;
  void *value;
  size_t pos = 0;

  while (on && cf_map_next (links->by_fpr, &pos, &key, &value)) {
    struct cf_link *link = value;

    if (takes_part (link) && (!link->exchange.asked_ms || env->now_ms - link->exchange.asked_ms >= CF_EXCHANGE_MS))
      ask (link);
  }
  cf_timer_after (env, &links->exchange, cf_env_jitter (env, LOOK_MS));
}

void
cf_links_exchange_start (struct cf_links *links)
{
  cf_timer_init (&links->exchange, look, links);
  cf_timer_after (links->core->env, &links->exchange, cf_env_jitter (links->core->env, LOOK_MS));
}

/* --- answering --- */

/* A sample of all that were offered: each is in it alike. */
struct sample {
  struct cf_addr addrs[CF_EXCHANGE_MAX];
  size_t count;
  uint32_t offered;
};

static void
offer (struct cf_env *env, struct sample *s, const struct cf_addr *addr)
{
  size_t at = s->count;

  s->offered++;
  if (at == CF_EXCHANGE_MAX)
    at = cf_env_random_below (env, s->offered);
  else
    s->count++;
  if (at < CF_EXCHANGE_MAX)
    s->addrs[at] = *addr;
}

/* Does PATH name a port of HOST that anybody's datagram reaches? */
static bool
is_asked_at (const struct cf_path *path, const struct cf_addr *host)
{
  return (path->sort == CF_PATH_OWN || path->sort == CF_PATH_MAPPED_DATAGRAMS) && cf_addr_same_host (&path->addr, host);
}

/* Where the person of LINK is reached, for him of TO: where his device has answered us; or, if he came to us, the port
   that he says of the host that he came from. */
static void
offer_person (struct sample *s, const struct cf_link *link, const struct cf_link *to)
{
  struct cf_core *core = link->links->core;
  struct cf_peer *peer = cf_peer_find (core, &link->fpr);
  const struct cf_peer_device *dev = cf_peers_device_by_key (peer, cf_way_device (link->up));
  const struct cf_paths *theirs = cf_link_paths_theirs (link);
  size_t left = OF_ONE_MAX;

  for (size_t i = 0; dev && i < dev->addr_count && left; i++)
    if (is_for (to, &dev->addrs[i])) {
      offer (core->env, s, &dev->addrs[i]);
      left--;
    }
  if (left < OF_ONE_MAX)
    return;
  for (size_t i = 0; theirs && i < theirs->addr_count && left; i++)
    if (is_asked_at (&theirs->addrs[i], cf_way_addr (link->up)) && is_for (to, &theirs->addrs[i].addr)) {
      offer (core->env, s, &theirs->addrs[i].addr);
      left--;
    }
}

static void
answer (struct cf_link *link)
{
  struct cf_links *links = link->links;
  struct cf_env *env = links->core->env;
  bool on = cf_links_pass_on (links->core);
  struct sample s = { .count = 0 };
  struct cf_buf out;
  const void *key;
  void *value;
  size_t pos = 0;
  gpg_error_t err;

  if (link->exchange.answered_ms && env->now_ms - link->exchange.answered_ms < CF_EXCHANGE_LEAST_MS) {
    cf_refused (env, CF_REFUSED_EXCHANGE_FLOOD);
    return;
  }
  link->exchange.answered_ms = env->now_ms;
  while (on && cf_map_next (links->by_fpr, &pos, &key, &value))
    if (value != link && takes_part (value))
      offer_person (&s, value, link);
  cf_buf_init (&out, CF_MESSAGE_STRANGER_MAX);
  err = cf_exchange_encode (s.addrs, s.count, &out);
  err = send (link, err, &out);
  if (err)
    cf_log (env, CF_LOG_DEBUG, "a contact is not told of others: %s", gpg_strerror (err));
}

/* --- being answered --- */

static bool
is_own (struct cf_core *core, const struct cf_addr *addr)
{
  struct cf_addr own[2 * CF_PATHS_ADDRS_MAX];
  size_t count = core->net->ops->addresses (core->net, own, 2 * CF_PATHS_ADDRS_MAX);

  for (size_t i = 0; i < count && i < 2 * CF_PATHS_ADDRS_MAX; i++)
    if (cf_addr_equal (&own[i], addr))
      return true;
  return false;
}

static void
learn (struct cf_link *link, const struct cf_addr *addrs, size_t count)
{
  struct cf_core *core = link->links->core;

  if (!link->exchange.waits) {
    cf_refused (core->env, CF_REFUSED_EXCHANGE_UNASKED);
    return;
  }
  link->exchange.waits = false;
  if (!cf_links_pass_on (core))
    return;
  for (size_t i = 0; i < count; i++) {
    gpg_error_t err = 0;

    if (is_for (link, &addrs[i]) && !is_own (core, &addrs[i]))
      err = cf_peer_file_learn (core->peers->file, &addrs[i]);
    if (err)
      cf_log (core->env, CF_LOG_DEBUG, "an address that a contact knows is not asked: %s", gpg_strerror (err));
  }
}

gpg_error_t
cf_link_exchange_take (struct cf_link *link, const uint8_t *data, size_t len)
{
  struct cf_core *core = link->links->core;
  const struct cf_peer *peer = cf_peer_find (core, &link->fpr);
  struct cf_addr addrs[CF_EXCHANGE_MAX];
  uint8_t kind;
  size_t count;
  gpg_error_t err = cf_exchange_decode (data, len, &kind, addrs, &count);

  if (err) {
    cf_refused (core->env, CF_REFUSED_EXCHANGE_MALFORMED);
    return err;
  }
  if (!peer || !peer->contact)
    cf_refused (core->env, CF_REFUSED_EXCHANGE_STRANGER);
  else if (kind == CF_CONTROL_PEERS_ASK)
    answer (link);
  else
    learn (link, addrs, count);
  return 0;
}
