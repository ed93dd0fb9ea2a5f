/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status_reach.c - the ladder of one contact: each way to reach them, whether it was tried, what came of it,
 * what to do.
 *
 * The best way is the first.  What is better than the one in use is worth a
 * look; what is worse is not needed.  Last comes the mailbox, which is no way
 * to them, but takes what they cannot be told now.  A way that is built
 * elsewhere gets its step here, and its sentences in phrases.def.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/json.h"
#include "core/links.h"
#include "core/nodes.h"
#include "core/portmap.h"
#include "core/post.h"
#include "core/said.h"
#include "core/self.h"
#include "core/settings.h"
#include "core/status.h"
#include "core/trust.h"
#include "net/nat.h"

#define OWN_ADDRS_MAX 32

enum state { USED, TRYING, FAILED, WAITING, NONE, SPARE };

static const char *const state_names[] = { "used", "trying", "failed", "waiting", "none", "spare" };
#define MAILBOX CF_STEPS /* behind all ways */
static const char *const step_names[CF_STEPS + 1]
    = { "lan", "ipv6", "direct", "mapping", "punching", "relay", "mailbox" };

struct reach {
  struct cf_core *core;
  const struct cf_peer *peer;
  const struct cf_link *link; /* NULL: nobody has wanted him lately */
  enum cf_step used;          /* CF_STEPS: he is not reached */
  json_t *ladder;
};

/* ---- rows ---- */

/* DETAIL, hint, code and arguments into ROW.  HINT NULL: that of SAID, which is freed. */
static void
set_sentence (json_t *row, struct cf_said *said, const char *hint)
{
  if (!hint)
    hint = said->hint ? said->hint : "";
  json_object_set_new (row, "detail", json_string (said->message ? said->message : ""));
  json_object_set_new (row, "hint", json_string (hint));
  cf_said_set (said, row, "code", "args");
  cf_said_done (said);
}

/* Where ADDR is, as people read it: a node by its own address. */
static const char *
place (const struct reach *r, const struct cf_addr *addr, char text[CF_ADDR_TEXT_SIZE])
{
  struct cf_addr node;

  if (addr->family == CF_ADDR_NODE && cf_nodes_place (r->core, addr, &node))
    addr = &node;
  return cf_addr_format (addr, text);
}

/* A dial of which no end is told (link_cross.c) is over when its time is. */
static bool
is_late (const struct reach *r, const struct cf_try *t)
{
  return t->runs && r->core->env->now_ms - t->begun_ms > CF_HANDSHAKE_MS;
}

static gpg_error_t
error_of (const struct reach *r, const struct cf_try *t)
{
  return is_late (r, t) ? cf_err (GPG_ERR_TIMEOUT) : t->err;
}

static const char *
try_state (const struct reach *r, const struct cf_try *t)
{
  static const char *const names[] = { "trying", "failed", "connected", "given_up" };

  if (t->runs)
    return names[is_late (r, t) ? CF_TRY_FAILED : CF_TRY_NEW];
  return names[t->state];
}

static json_t *
json_tries (const struct reach *r, enum cf_step step)
{
  json_t *list = json_array ();
  char text[CF_ADDR_TEXT_SIZE];

  for (size_t i = 0; r->link && i < r->link->tries.count; i++) {
    const struct cf_try *t = &r->link->tries.all[i];
    gpg_error_t err = error_of (r, t);

    if (t->step == step)
      json_array_append_new (list, json_pack ("{s:s, s:s, s:s, s:o, s:s?}", "addr", place (r, &t->addr, text),
                                              "carrier", t->carrier == CF_CARRIER_STREAM ? "tcp" : "udp",
                                              "state", try_state (r, t), "at", cf_json_time (t->at_utc_ms),
                                              "error", err ? cf_err_info (err)->name : NULL));
  }
  return list;
}

/* One step; TRY, to which the sentence belongs, may be NULL, and so HINT (that of SAID, which is freed). */
static void
add_row (struct reach *r, enum cf_step step, enum state state, const struct cf_try *try, struct cf_said *said,
         const char *hint)
{
  json_t *row = json_pack ("{s:s, s:s, s:b, s:b, s:o, s:o}", "step", step_names[step], "state",
                           state_names[state], "ok", state == USED || state == SPARE, "tried", try != NULL,
                           "at", cf_json_time (try ? try->at_utc_ms : 0), "tries", json_tries (r, step));

  if (row)
    set_sentence (row, said, hint);
  else
    cf_said_done (said);
  json_array_append_new (r->ladder, row);
}

/* A step of which ADDR is the place; it may be NULL. */
static void
add (struct reach *r, enum cf_step step, enum state state, enum cf_say say, const struct cf_addr *addr)
{
  struct cf_said said;
  char text[CF_ADDR_TEXT_SIZE];

  cf_said_make (&said, say, addr ? place (r, addr, text) : NULL, NULL);
  add_row (r, step, state, NULL, &said, NULL);
}

/* ---- what has failed ---- */

static enum cf_say
failure (enum cf_step step, gpg_error_t err)
{
  switch (gpg_err_code (err)) {
  case CF_ERR_NOT_REACHABLE:
    return step == CF_STEP_RELAY ? CF_SAY_REACH_RELAY_AWAY : CF_SAY_REACH_NO_WAY;
  case GPG_ERR_ENETUNREACH:
  case GPG_ERR_ENETDOWN:
  case GPG_ERR_EADDRNOTAVAIL:
  case GPG_ERR_EAFNOSUPPORT:
    return CF_SAY_REACH_NO_WAY;
  case GPG_ERR_TIMEOUT:
  case GPG_ERR_ETIMEDOUT:
    return CF_SAY_REACH_SILENT;
  case GPG_ERR_ECONNREFUSED:
    return CF_SAY_REACH_REFUSED;
  case GPG_ERR_EOF:
  case GPG_ERR_EPIPE:
  case GPG_ERR_ECONNRESET:
    return CF_SAY_REACH_LOST;
  default:
    return CF_SAY_REACH_FAILED;
  }
}

static void
add_try (struct reach *r, enum cf_step step, const struct cf_try *t)
{
  bool runs = t->state == CF_TRY_NEW && !is_late (r, t);
  gpg_error_t err = error_of (r, t);
  enum cf_say say = runs ? CF_SAY_REACH_RUNS : failure (step, err);
  const struct cf_err_info *why = say == CF_SAY_REACH_FAILED ? cf_err_info (err) : NULL;
  char text[CF_ADDR_TEXT_SIZE];
  struct cf_said said;

  cf_said_make (&said, say, place (r, &t->addr, text), why ? why->message : NULL, NULL);
  add_row (r, step, runs ? TRYING : FAILED, t, &said, why ? why->hint : NULL);
}

/* ---- what was not tried ---- */

/* An address of his that is reached as STEP says; NULL: none is known. */
static const struct cf_addr *
known_addr (const struct reach *r, enum cf_step step)
{
  for (size_t i = 0; i < r->peer->device_count; i++) {
    const struct cf_peer_device *d = &r->peer->devices[i];

    for (size_t k = 0; k < d->addr_count; k++)
      if (cf_link_step_of (r->core, r->link, &d->addrs[k]) == step)
        return &d->addrs[k];
  }
  return NULL;
}

/* Have we an address that is not loopback; with FAMILY 6, one that leads off the link? */
static bool
have_addr (const struct reach *r, uint8_t family)
{
  struct cf_addr own[OWN_ADDRS_MAX];
  size_t count = r->core->net->ops->addresses (r->core->net, own, OWN_ADDRS_MAX);

  for (size_t i = 0; i < count && i < OWN_ADDRS_MAX; i++)
    if (!cf_addr_is_loopback (&own[i]) &&
        (family != 6 || (own[i].family == 6 && !cf_addr_is_link_local6 (&own[i]))))
      return true;
  return false;
}

static enum cf_nat
own_nat (const struct reach *r)
{
  struct cf_addr own[OWN_ADDRS_MAX], seen[CF_NODES_MAX];
  size_t own_count = r->core->net->ops->addresses (r->core->net, own, OWN_ADDRS_MAX);
  size_t seen_count = cf_nodes_seen (r->core, seen, CF_NODES_MAX);

  return cf_nat_judge (seen, seen_count, own, own_count < OWN_ADDRS_MAX ? own_count : OWN_ADDRS_MAX);
}

static enum cf_say
why_not_punched (const struct reach *r)
{
  const struct cf_paths *theirs = r->link ? cf_link_paths_theirs (r->link) : NULL;
  size_t connected;

  cf_nodes_count (r->core, &connected);
  if (!connected)
    return CF_SAY_REACH_PUNCHED_NODES;
  if (own_nat (r) == CF_NAT_EACH)
    return CF_SAY_REACH_PUNCHED_HERE;
  return theirs && theirs->nat == CF_NAT_EACH ? CF_SAY_REACH_PUNCHED_THERE : CF_SAY_REACH_PUNCHED_UNKNOWN;
}

/* No port of theirs is known: how it stands with ours, through which they may come. */
static enum cf_say
why_not_mapped (const struct reach *r, const struct cf_portmap_state *own)
{
  enum cf_say failure = cf_status_portmap_failure (own);

  if (own->view == CF_PORTMAP_IS_MAPPED)
    return CF_SAY_REACH_MAPPED_HERE;
  if (own->view == CF_PORTMAP_ASKING)
    return CF_SAY_REACH_MAPPED_ASKING;
  if (own->view == CF_PORTMAP_NO_HELPER)
    return CF_SAY_STEP_PORTMAP_HELPER;
  if (own->view == CF_PORTMAP_IS_NOT && failure)
    return failure;
  return cf_setting_is (r->core, "port-mapping", "on") ? CF_SAY_REACH_MAPPED_NONE : CF_SAY_REACH_MAPPED_OFF;
}

static void
add_not_mapped (struct reach *r)
{
  struct cf_portmap_state own;
  char addr[CF_ADDR_TEXT_SIZE], port[24];
  enum cf_say say;
  struct cf_said said;

  cf_portmap_look (r->core, &own);
  say = why_not_mapped (r, &own);
  if (say == CF_SAY_REACH_MAPPED_HERE)
    cf_said_make (&said, say, cf_addr_format (&own.addr, addr), NULL);
  else if (own.view == CF_PORTMAP_IS_NOT && say != CF_SAY_STEP_PORTMAP_INSIDE && say != CF_SAY_REACH_MAPPED_NONE) {
    snprintf (port, sizeof port, "%u", r->core->net->ops->tcp_port (r->core->net));
    cf_said_make (&said, say, port, NULL);
  } else
    cf_said_make (&said, say, NULL);
  add_row (r, CF_STEP_MAPPED, NONE, NULL, &said, NULL);
}

/* Why STEP was not tried although it might have been of use. */
static enum cf_say
why_none (const struct reach *r, enum cf_step step)
{
  size_t connected;

  switch (step) {
  case CF_STEP_LAN:
    if (!have_addr (r, 0))
      return CF_SAY_STEP_LAN_NONE;
    return cf_peers_visibility (r->core) == CF_VISIBLE_NOBODY ? CF_SAY_STEP_LAN_NOBODY
                                                              : CF_SAY_REACH_LAN_NONE;
  case CF_STEP_IPV6:
    return have_addr (r, 6) ? CF_SAY_REACH_IPV6_NONE : CF_SAY_REACH_IPV6_HERE;
  case CF_STEP_DIRECT:
    return CF_SAY_REACH_DIRECT_NONE;
  case CF_STEP_PUNCHED:
    return why_not_punched (r);
  default:
    return cf_nodes_count (r->core, &connected) ? CF_SAY_STEP_NODES_NONE : CF_SAY_REACH_RELAY_NONE;
  }
}

/* The nodes: how many there are is said of those of which none is connected. */
static void
add_none (struct reach *r, enum cf_step step)
{
  enum cf_say say = why_none (r, step);
  size_t connected, count = cf_nodes_count (r->core, &connected);
  struct cf_said said;
  char many[24];

  if (step == CF_STEP_RELAY && connected) {
    add (r, step, WAITING, CF_SAY_REACH_WAITS_RELAY, NULL);
    return;
  }
  snprintf (many, sizeof many, "%zu", count);
  cf_said_make (&said, say, say == CF_SAY_STEP_NODES_NONE ? many : NULL, NULL);
  add_row (r, step, NONE, NULL, &said, NULL);
}

/* ---- the mailbox ---- */

/* Messages that lie at a node. */
static void
add_held (struct reach *r, const struct cf_post_waiting *w)
{
  char count[24], where[CF_ADDR_TEXT_SIZE], since[CF_TIME_SIZE];
  struct cf_said said;

  snprintf (count, sizeof count, "%llu", (unsigned long long) w->messages);
  cf_time_format (w->since_utc_ms, since);
  if (w->addr.family)
    cf_addr_format (&w->addr, where);
  else
    cf_hex (w->node, 8, where);
  cf_said_make (&said, CF_SAY_REACH_MAIL_HELD, count, where, since, NULL);
  add_row (r, MAILBOX, USED, NULL, &said, NULL);
}

static void
add_mailbox (struct reach *r)
{
  struct cf_post_waiting w;

  if (r->used != CF_STEPS) {
    add (r, MAILBOX, SPARE, CF_SAY_REACH_SPARE, NULL);
    return;
  }
  cf_post_waiting (r->core, &r->peer->fpr, &w);
  if (w.messages)
    add_held (r, &w);
  else if (!cf_setting_is (r->core, "mailbox", "on"))
    add (r, MAILBOX, NONE, CF_SAY_REACH_MAIL_OFF, NULL);
  else if (!cf_post_is_on (r->core))
    add (r, MAILBOX, NONE, CF_SAY_REACH_MAIL_NONE, NULL);
  else
    add (r, MAILBOX, WAITING, CF_SAY_REACH_MAIL_READY, NULL);
}

/* ---- the ladder ---- */

static void
say_used (const struct reach *r, struct cf_said *r_said)
{
  static const enum cf_say says[CF_STEPS] = { CF_SAY_REACH_LAN,    CF_SAY_REACH_IPV6,    CF_SAY_REACH_DIRECT,
                                              CF_SAY_REACH_MAPPED, CF_SAY_REACH_PUNCHED, CF_SAY_REACH_RELAY };
  char text[CF_ADDR_TEXT_SIZE];

  cf_said_make (r_said, says[r->used], place (r, cf_way_addr (r->link->up), text), NULL);
}

static void
add_step (struct reach *r, enum cf_step step)
{
  const struct cf_try *t = r->link ? cf_tries_telling (&r->link->tries, step) : NULL;
  const struct cf_addr *addr = known_addr (r, step);
  struct cf_said said;

  if (step == r->used) {
    say_used (r, &said);
    add_row (r, step, USED, NULL, &said, NULL);
  } else if (step > r->used)
    add (r, step, SPARE, CF_SAY_REACH_SPARE, NULL);
  else if (t)
    add_try (r, step, t);
  else if (addr)
    add (r, step, WAITING, CF_SAY_REACH_WAITS, addr);
  else if (step == CF_STEP_MAPPED)
    add_not_mapped (r);
  else
    add_none (r, step);
}

static void
look (struct reach *r, struct cf_core *core, const struct cf_peer *peer)
{
  memset (r, 0, sizeof *r);
  r->core = core;
  r->peer = peer;
  r->link = cf_links_find (core->links, &peer->fpr);
  r->used = CF_STEPS;
  if (r->link && r->link->up)
    r->used = cf_link_paths_punched (r->link) ? CF_STEP_PUNCHED
                                              : cf_link_step_of (core, r->link, cf_way_addr (r->link->up));
}

/* ---- in one sentence ---- */

/* Has a way to him failed, of late? */
static bool
has_failed (const struct reach *r)
{
  for (size_t i = 0; i < r->link->tries.count; i++)
    if (r->link->tries.all[i].state == CF_TRY_FAILED)
      return true;
  return false;
}

static enum cf_say
why_not_reached (const struct reach *r)
{
  bool any = false;

  if (r->peer->blocked)
    return CF_SAY_PERSON_BLOCKED;
  if (!r->peer->device_count)
    return CF_SAY_REACH_UNKNOWN;
  for (size_t i = 0; i < r->peer->device_count; i++)
    any = any || cf_link_may_dial_device (r->core->env, &r->peer->devices[i]);
  if (!any)
    return CF_SAY_REACH_LAPSED;
  if (!r->link || !r->link->wants)
    return CF_SAY_REACH_UNWANTED;
  return cf_ways_dialling (r->link) && !has_failed (r) ? CF_SAY_REACH_TRYING : CF_SAY_REACH_AWAY;
}

static json_t *
verdict (const struct reach *r)
{
  enum cf_key_state state = cf_peer_key_state (r->core, r->peer);
  json_t *row = json_object ();
  struct cf_said said;

  if (!row)
    return NULL;
  if (r->used != CF_STEPS)
    say_used (r, &said);
  else if (state != CF_KEY_OK)
    cf_trust_say (r->core, &r->peer->fpr, state, &said);
  else
    cf_said_make (&said, why_not_reached (r), NULL);
  set_sentence (row, &said, NULL);
  return row;
}

json_t *
cf_status_reach_json (struct cf_core *core, const struct cf_peer *peer)
{
  struct reach r;

  look (&r, core, peer);
  return verdict (&r);
}

/* When the next round begins, to the second, if nothing happens before; 0: none is due. */
static int64_t
next_round_utc_ms (const struct reach *r)
{
  const struct cf_env *env = r->core->env;

  if (!r->link || r->link->up || !r->link->retry.armed || r->link->retry.due_ms < env->now_ms)
    return 0;
  return (env->now_utc_ms + (int64_t) (r->link->retry.due_ms - env->now_ms)) / 1000 * 1000;
}

json_t *
cf_status_peer_json (struct cf_core *core, const struct cf_peer *peer)
{
  struct reach r;
  json_t *row;
  char hex[CF_FPR_HEX_SIZE];

  look (&r, core, peer);
  row = verdict (&r);
  r.ladder = row ? json_array () : NULL;
  for (int step = 0; r.ladder && step < CF_STEPS; step++)
    add_step (&r, (enum cf_step) step);
  if (r.ladder)
    add_mailbox (&r);
  if (row) {
    json_object_set_new (row, "fingerprint", json_string (cf_fpr_hex (&peer->fpr, hex)));
    json_object_set_new (row, "user_id", cf_json_text (peer->user_id));
    json_object_set_new (row, "name", cf_json_text (peer->name));
    json_object_set_new (row, "online", json_boolean (r.used != CF_STEPS));
    json_object_set_new (row, "route", cf_json_text (cf_link_route (core, &peer->fpr)));
    json_object_set_new (row, "next_try_at", cf_json_time (next_round_utc_ms (&r)));
    json_object_set_new (row, "network", r.ladder);
  }
  return row;
}
