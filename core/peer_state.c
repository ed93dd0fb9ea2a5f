/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer_state.c - what is known of a peer's key as time goes by: is it in force, and whose name does it bear?
 *
 * A state is looked up by peer_check.c, or comes with a key that was imported.
 * Between two look-ups a key may expire, which the clock tells without gpg, and
 * the user's keyring may change, which its files tell.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "core/event.h"
#include "core/json.h"
#include "core/link.h"
#include "core/links.h"
#include "core/peers.h"
#include "core/said.h"
#include "core/self.h"
#include "core/trust.h"

#define WARN_AGAIN_MS (3600 * 1000) /* of one contact's lookalikes, however many there are */

enum cf_key_state
cf_peer_key_state (const struct cf_core *core, const struct cf_peer *peer)
{
  if (peer->key_state == CF_KEY_OK && peer->expires_utc_ms && core->env->now_utc_ms >= peer->expires_utc_ms)
    return CF_KEY_EXPIRED;
  return peer->key_state;
}

/* --- who hears of it --- */

static void
tell_contact (struct cf_peers *peers, const struct cf_peer *peer, bool removed)
{
  json_t *row = cf_contact_json (peers->core, peer);
  gpg_error_t err = row ? 0 : cf_err (GPG_ERR_ENOMEM);

  if (!err && removed && json_object_set_new (row, "removed", json_true ()))
    err = cf_err (GPG_ERR_ENOMEM);
  if (!err)
    err = cf_event_emit (peers->core, "contact", false, row);
  else
    json_decref (row);
  if (err)
    cf_log (peers->core->env, CF_LOG_ERROR, "a contact's event was not told: %s", gpg_strerror (err));
}

void
cf_peers_changed (struct cf_peers *peers, struct cf_peer *peer)
{
  cf_peer_watches_tell (peers, peer);
  if (peer->contact || peer->blocked)
    tell_contact (peers, peer, false);
}

void
cf_peers_dropped (struct cf_peers *peers, struct cf_peer *peer)
{
  cf_peer_watches_tell (peers, peer);
  tell_contact (peers, peer, true);
}

/* --- states --- */

static void
save_or_log (struct cf_peers *peers, const struct cf_peer *peer)
{
  gpg_error_t err = cf_peers_save (peers, peer);

  if (err)
    cf_log (peers->core->env, CF_LOG_ERROR, "the state of a contact's key was not kept: %s", gpg_strerror (err));
}

static void
emit_error (struct cf_peers *peers, const struct cf_peer *peer, const char *name, const struct cf_said *said)
{
  gpg_error_t err = cf_err (GPG_ERR_ENOMEM);
  json_t *fields = cf_peer_json (peers->core, peer);

  if (fields) {
    json_object_set_new (fields, "error", json_string (name));
    json_object_set_new (fields, "message", cf_json_text (said->message));
    json_object_set_new (fields, "hint", cf_json_text (said->hint));
    cf_said_set (said, fields, "code", "args");
    err = cf_event_emit (peers->core, "error", true, fields);
  }
  if (err)
    cf_log (peers->core->env, CF_LOG_ERROR, "an event was not told: %s", gpg_strerror (err));
}

static void
set_state (struct cf_peers *peers, struct cf_peer *peer, enum cf_key_state state)
{
  struct cf_core *core = peers->core;
  gpg_error_t bad = cf_key_state_error (state);
  struct cf_said said;

  peer->key_state = state;
  save_or_log (peers, peer);
  cf_trust_changed (core, &peer->fpr); /* before the link is down: nothing more is said */
  if (!peer->blocked)
    cf_peers_changed (peers, peer);
  if (!bad) {
    cf_links_heard (core, peer);
    return;
  }
  /* Strangers with bad keys are only shown; of those whom we keep or talk to, the user is told. */
  if ((peer->contact || cf_links_uses (core, &peer->fpr)) && !peer->blocked) {
    cf_trust_say (core, &peer->fpr, state, &said);
    emit_error (peers, peer, cf_err_info (bad)->name, &said);
    cf_said_done (&said);
  }
  cf_link_drop (core, &peer->fpr, bad, cf_err_info (bad)->message);
}

void
cf_peers_take_key (struct cf_peers *peers, struct cf_peer *peer, const struct cf_key_info *key)
{
  bool more = peer->expires_utc_ms != key->expires_utc_ms || peer->validity != key->validity;

  peer->expires_utc_ms = key->expires_utc_ms;
  peer->validity = key->validity;
  if (peer->key_state != key->state)
    set_state (peers, peer, key->state);
  else if (more) {
    save_or_log (peers, peer);
    if (!peer->blocked)
      cf_peers_changed (peers, peer);
  }
}

void
cf_peers_look_at_expiry (struct cf_peers *peers, struct cf_peer *peer, uint64_t *r_next_ms)
{
  int64_t left = peer->expires_utc_ms - peers->core->env->now_utc_ms;

  if (!peer->expires_utc_ms)
    return;
  if (peer->key_state == CF_KEY_OK && left <= 0)
    set_state (peers, peer, CF_KEY_EXPIRED);
  else if (peer->key_state == CF_KEY_OK && (uint64_t) left < *r_next_ms)
    *r_next_ms = (uint64_t) left;
  else if (peer->key_state == CF_KEY_EXPIRED && left > 0)
    peer->check_due_ms = 0; /* the clock was set back: gpg knows */
}

void
cf_peers_look_at_keyring (struct cf_peers *peers)
{
  uint64_t stamp = cf_gpg_keyring_stamp (peers->core->gpg);
  const void *key;
  void *value;
  size_t pos = 0;

  if (stamp == peers->keyring_stamp)
    return;
  peers->keyring_stamp = stamp;
  while (cf_map_next (peers->by_fpr, &pos, &key, &value))
    ((struct cf_peer *) value)->check_due_ms = 0;
  if (peers->core->self)
    cf_self_look (peers->core->self);
}

/* --- lookalikes --- */

/* The mail address in a user ID; *R_LEN 0: none. */
static const char *
mail_of (const char *user_id, size_t *r_len)
{
  const char *open = user_id ? strrchr (user_id, '<') : NULL, *close = open ? strchr (open, '>') : NULL;

  *r_len = close ? (size_t) (close - open - 1) : 0;
  return open ? open + 1 : NULL;
}

/* What A and B have in common, or NULL. */
static const char *
likeness (const struct cf_peer *a, const struct cf_peer *b)
{
  size_t a_len, b_len;
  const char *a_mail = mail_of (a->user_id, &a_len), *b_mail = mail_of (b->user_id, &b_len);

  if (a_len && a_len == b_len && !strncasecmp (a_mail, b_mail, a_len))
    return "mail address";
  if (a->user_id && b->user_id && *a->user_id && !strcasecmp (a->user_id, b->user_id))
    return "user ID";
  if (a->name && b->name && *a->name && !strcasecmp (a->name, b->name))
    return "name";
  return NULL;
}

/* Does PEER pass for CONTACT?  Not when the user has verified that the name is his, too. */
static bool
passes_for (const struct cf_peer *peer, const struct cf_peer *contact)
{
  if (peer == contact || !contact->contact || peer->verified_how || (peer->contact && !contact->verified_how))
    return false;
  return likeness (peer, contact) != NULL;
}

static void
find_lookalike (struct cf_peers *peers, struct cf_peer *peer)
{
  const void *key;
  void *value;
  size_t pos = 0;

  memset (&peer->lookalike, 0, sizeof peer->lookalike);
  while (cf_map_next (peers->by_fpr, &pos, &key, &value)) {
    const struct cf_peer *other = value;

    if (!passes_for (peer, other))
      continue;
    peer->lookalike = other->fpr;
    if (other->verified_how) /* the worst: somebody whom the user trusts */
      return;
  }
}

char *
cf_peer_warning (const struct cf_core *core, const struct cf_peer *peer)
{
  const struct cf_peer *contact = cf_fpr_is_none (&peer->lookalike) ? NULL : cf_map_get (core->peers->by_fpr, &peer->lookalike);
  const char *same = contact ? likeness (peer, contact) : NULL;
  char hex[CF_FPR_HEX_SIZE], when[CF_TIME_SIZE];
  const char *who;

  if (!same)
    return NULL;
  cf_fpr_hex (&contact->fpr, hex);
  who = contact->user_id ? contact->user_id : contact->name ? contact->name : hex;
  if (!contact->verified_how)
    return cf_sprintf ("This is NOT your contact %s: it has the same %s, but another key than %s", who, same, hex);
  cf_time_format (contact->verified_utc_ms, when);
  return cf_sprintf ("This is NOT the %s whom you verified by %s on %.10s: it has the same %s, but another key than %s",
                     who, contact->verified_how, when, same, hex);
}

/* Once an hour a contact: a crowd of lookalikes must not drown everything else. */
static void
warn_user (struct cf_peers *peers, const struct cf_peer *peer)
{
  struct cf_peer *contact = cf_map_get (peers->by_fpr, &peer->lookalike);
  uint64_t now = peers->core->env->now_ms;
  struct cf_said said;
  char *text;

  if (!contact || peer->blocked || (contact->warned_ms && now - contact->warned_ms < WARN_AGAIN_MS))
    return;
  text = cf_peer_warning (peers->core, peer);
  if (!text)
    return;
  contact->warned_ms = now ? now : 1;
  cf_log (peers->core->env, CF_LOG_WARN, "%s", text);
  cf_said_make (&said, CF_SAY_KEY_CHANGED, text, NULL);
  emit_error (peers, peer, "KEY_CHANGED", &said);
  cf_said_done (&said);
  free (text);
}

void
cf_peers_compare (struct cf_peers *peers, struct cf_peer *peer)
{
  struct cf_fpr before = peer->lookalike;
  const void *key;
  void *value;
  size_t pos = 0;

  find_lookalike (peers, peer);
  if (!cf_fpr_is_none (&peer->lookalike) && !cf_fpr_equal (&before, &peer->lookalike))
    warn_user (peers, peer);
  /* The other way round: who passes for him, or does no longer. */
  while (cf_map_next (peers->by_fpr, &pos, &key, &value)) {
    struct cf_peer *other = value;

    if (other == peer || (!passes_for (other, peer) && !cf_fpr_equal (&other->lookalike, &peer->fpr)))
      continue;
    before = other->lookalike;
    find_lookalike (peers, other);
    if (!cf_fpr_equal (&before, &other->lookalike) && !other->blocked)
      cf_peers_changed (peers, other);
  }
}
