/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discovery_veil.c - "who's there" among contacts: veiled beacons sent, recognised and answered.
 *
 *   one who asks                                     one who is asked
 *   question, to everyone -------------------------> recognised? then, unless he is visible to nobody,
 *   recognised: where he is <----------------answer-
 *   -return----------------------------------------> recognised: where the other is
 *
 * Nothing that a stranger sees comes twice: n is new each time, and each
 * datagram leaves from a port that was opened for it.  What others send is
 * looked at within a budget, since each look costs a tag for every contact.
 */
#include "net/discovery_priv.h"

#include <string.h>

#define WORK_WINDOW_MS 1000

gpg_error_t
cf_discovery_veil_init (struct cf_discovery *d)
{
  gpg_error_t err;

  err = cf_circle_new (d->env, &d->config.own.identity, &d->circle);
  if (!err)
    err = cf_map_new (d->env, CF_VEIL_NONCE_LEN, CF_VEIL_SEEN, &d->seen);
  return err;
}

void
cf_discovery_veil_done (struct cf_discovery *d)
{
  cf_circle_free (d->circle);
  cf_map_free (d->seen);
}

/* --- what we sent, what we have seen --- */

static void
asked_add (struct cf_discovery *d, const struct cf_veil *veil)
{
  struct cf_discovery_asked *asked = &d->asked[d->asked_next];

  d->asked_next = (d->asked_next + 1) % CF_DISCOVERY_ASKED;
  asked->kind = (uint8_t) veil->kind;
  memcpy (asked->n, veil->n, sizeof asked->n);
  asked->sent_ms = d->env->now_ms;
}

/* Did we send a beacon of KIND (0: any) with N, so lately that it may be answered? */
static bool
asked_lately (const struct cf_discovery *d, uint8_t kind, const uint8_t n[CF_VEIL_NONCE_LEN])
{
  for (size_t i = 0; i < CF_DISCOVERY_ASKED; i++) {
    const struct cf_discovery_asked *asked = &d->asked[i];

    if (asked->kind && (!kind || asked->kind == kind) && d->env->now_ms - asked->sent_ms < CF_VEIL_ASKED_MS
        && !memcmp (asked->n, n, sizeof asked->n))
      return true;
  }
  return false;
}

/* The oldest makes room.  Only who shares a secret with us gets in here. */
static gpg_error_t
seen_add (struct cf_discovery *d, const uint8_t n[CF_VEIL_NONCE_LEN])
{
  uint8_t *place = d->seen_ring[d->seen_next];
  gpg_error_t err;

  if (cf_map_get (d->seen, place) == place)
    cf_map_remove (d->seen, place);
  memcpy (place, n, CF_VEIL_NONCE_LEN);
  err = cf_map_put (d->seen, place, place);
  if (!err)
    d->seen_next = (d->seen_next + 1) % CF_VEIL_SEEN;
  return err;
}

/* May we compute the tags for one more beacon?  One a second always: the circle may cost more than the budget. */
static bool
may_work (struct cf_discovery *d)
{
  size_t cost = cf_circle_cost (d->circle);

  if (d->env->now_ms - d->work_ms >= WORK_WINDOW_MS) {
    d->work_ms = d->env->now_ms;
    d->work = 0;
  }
  if (d->work && d->work + cost > CF_VEIL_WORK)
    return false;
  d->work += cost;
  return true;
}

/* --- sending --- */

/* What one datagram is to say: for the net, which knows where it leaves from. */
struct saying {
  struct cf_discovery *d;
  enum cf_veil_kind kind;
  const uint8_t *asked;                /* n of what is answered; NULL in a question */
  const struct cf_circle_match *match; /* who is answered */
};

static gpg_error_t
say (void *arg, const struct cf_addr *source, struct cf_buf *out)
{
  struct saying *s = arg;
  struct cf_discovery *d = s->d;
  struct cf_veil veil = { .kind = s->kind };
  struct cf_veil_place place = { .tcp_port = d->config.own.tcp_port };
  gpg_error_t err;

  cf_env_random (d->env, veil.n, sizeof veil.n);
  if (s->kind == CF_VEIL_QUESTION) {
    cf_circle_tags (d->circle, source, &veil);
  } else {
    memcpy (veil.asked, s->asked, sizeof veil.asked);
    memcpy (place.device_key, d->config.own.device_key, sizeof place.device_key);
    cf_circle_seal (d->circle, s->match, source, &place, &veil);
  }
  err = cf_veil_encode (&veil, out);
  if (!err && s->kind != CF_VEIL_RETURN)
    asked_add (d, &veil);
  return err;
}

void
cf_discovery_ask_veiled (struct cf_discovery *d)
{
  struct saying saying = { .d = d, .kind = CF_VEIL_QUESTION };
  gpg_error_t err;

  cf_circle_turn (d->circle); /* the same on every link */
  err = d->net->ops->broadcast_fresh (d->net, say, &saying);
  if (err)
    cf_log (d->env, CF_LOG_DEBUG, "discovery: cannot ask contacts: %s", gpg_strerror (err));
  else
    d->counts.sent++;
}

static void
reply (struct cf_discovery *d, const struct cf_addr *to, enum cf_veil_kind kind, const struct cf_veil *to_what,
       const struct cf_circle_match *match)
{
  struct saying saying = { .d = d, .kind = kind, .asked = to_what->n, .match = match };
  gpg_error_t err;

  if (!cf_discovery_may_answer (d, to)) {
    d->counts.limited++;
    cf_refused (d->env, CF_REFUSED_BEACON_LIMITED);
    return;
  }
  err = d->net->ops->send_fresh (d->net, to, say, &saying);
  if (err)
    cf_log (d->env, CF_LOG_DEBUG, "discovery: cannot answer a contact: %s", gpg_strerror (err));
  else
    d->counts.answered++;
}

/* --- hearing --- */

/* Is VEIL ours, or an answer to nothing that we asked? */
static bool
is_astray (struct cf_discovery *d, const struct cf_veil *veil)
{
  if (asked_lately (d, 0, veil->n)) {
    d->counts.own++;
    cf_refused (d->env, CF_REFUSED_BEACON_OWN);
    return true;
  }
  if (veil->kind != CF_VEIL_QUESTION
      && !asked_lately (d, veil->kind == CF_VEIL_ANSWER ? CF_VEIL_QUESTION : CF_VEIL_ANSWER, veil->asked)) {
    d->counts.unknown++;
    cf_refused (d->env, CF_REFUSED_VEIL_UNASKED);
    return true;
  }
  return false;
}

/* Whose VEIL is, if it is anybody's and new; it is remembered.  What is refused is counted. */
static bool
recognise (struct cf_discovery *d, const struct cf_addr *from, const struct cf_veil *veil,
           struct cf_circle_match *r_match)
{
  if (is_astray (d, veil))
    return false;
  if (cf_map_get (d->seen, veil->n)) {
    d->counts.replayed++;
    cf_refused (d->env, CF_REFUSED_VEIL_REPLAYED);
    return false;
  }
  if (!cf_discovery_may_look (d, from) || !may_work (d)) {
    d->counts.limited++;
    cf_refused (d->env, CF_REFUSED_VEIL_FLOOD);
    return false;
  }
  if (!cf_circle_match (d->circle, from, veil, r_match)) {
    d->counts.unknown++;
    cf_refused (d->env, CF_REFUSED_VEIL_UNKNOWN);
    return false;
  }
  return !seen_add (d, veil->n); /* without memory for it, it is not taken */
}

void
cf_discovery_take_veiled (struct cf_discovery *d, const struct cf_addr *from, const struct cf_veil *veil)
{
  struct cf_recognition who = { .addr = *from };
  struct cf_circle_match match;
  struct cf_veil_place place;

  if (!recognise (d, from, veil, &match))
    return;
  if (veil->kind != CF_VEIL_QUESTION) {
    if (cf_veil_open (match.secret, &match.fpr, from, veil, &place)) {
      cf_refused (d->env, CF_REFUSED_VEIL_FORGED);
      return;
    }
    who.device_key = place.device_key;
    who.addr.port = place.tcp_port;
  }
  if (veil->kind != CF_VEIL_RETURN && d->started && d->config.visibility != CF_VISIBLE_NOBODY)
    reply (d, from, veil->kind == CF_VEIL_QUESTION ? CF_VEIL_ANSWER : CF_VEIL_RETURN, veil, &match);
  d->counts.recognised++;
  who.fpr = match.fpr;
  who.before = match.before;
  if (d->config.recognised)
    d->config.recognised (d->config.arg, &who); /* last: it may free us */
}
