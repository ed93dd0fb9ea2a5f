/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversation.c - conversations as facts: in memory a list, in the store a row each.
 *
 *   REQUESTED --cf_conversation_set_state (gate: DONE on disk)--> OPEN
 *   OPEN --cf_conversation_set_state (CLOSE by either side)--> CLOSED
 *   any --cf_conversation_forget--> gone; its id stays used
 *
 * How they come to be is gate.c's, what is said in them message.c's.
 */
#include "core/conversation.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/event.h"
#include "core/gate.h"
#include "core/history.h"
#include "core/inbox.h"
#include "core/json.h"
#include "core/link.h"
#include "core/message.h"
#include "core/outbox.h"
#include "core/peer.h"
#include "core/said.h"
#include "core/self.h"
#include "core/store/store_conversation.h"
#include "core/transfer.h"
#include "core/trust.h"

#define PREFIX_MIN 6
/* An error names so many, with so many bytes of a user ID: it has to fit into a line of the interface, twice. */
#define CANDIDATES_MAX 5
#define USER_ID_MAX 32
#define HEX_ID_LEN (2 * CF_CONVERSATION_ID_LEN)

static void
conversation_free (struct cf_conversation *conv)
{
  if (!conv)
    return;
  free (conv->note);
  free (conv->trouble);
  cf_secmem_free (conv->passphrase);
  cf_secmem_free (conv->secret);
  free (conv);
}

/* Only an open conversation needs its peer; and one who is blocked is not looked for, lest he see that we are here. */
void
cf_conversation_want (struct cf_core *core, struct cf_conversation *conv)
{
  const struct cf_peer *peer = cf_peer_find (core, &conv->peer);
  bool want = conv->state == CF_CONVERSATION_OPEN && !(peer && peer->blocked);
  gpg_error_t err;

  if (want == conv->wanted || !core->links)
    return;
  err = cf_link_want (core, &conv->peer, want);
  if (err)
    cf_log (core->env, CF_LOG_WARN, "conversation: the link was not told: %s", gpg_strerror (err));
  else
    conv->wanted = want;
}

/* A row of the store: takes over what ROW points to. */
static gpg_error_t
load_row (void *arg, const struct cf_conversation *row)
{
  struct cf_conversations *all = arg;
  struct cf_conversation *conv, **tail;

  conv = malloc (sizeof *conv);
  if (!conv) {
    gpg_error_t err = cf_err_errno ();

    free (row->note);
    free (row->trouble);
    cf_secmem_free (row->passphrase);
    cf_secmem_free (row->secret);
    return err;
  }
  *conv = *row;
  for (tail = &all->first; *tail; tail = &(*tail)->next)
    ;
  *tail = conv;
  return 0;
}

gpg_error_t
cf_conversations_new (struct cf_core *core, struct cf_conversations **r_all)
{
  struct cf_conversations *all;
  struct cf_conversation *conv;
  gpg_error_t err;

  all = calloc (1, sizeof *all);
  if (!all)
    return cf_err_errno ();
  all->core = core;
  cf_timer_init (&all->finish, cf_conversation_closing_finish, core);
  cf_timer_init (&all->unmute, cf_conversation_unmute, core);
  err = cf_store_conversation_all (core->store, load_row, all);
  if (err) {
    cf_conversations_free (all);
    return err;
  }
  core->conversations = all;
  for (conv = all->first; conv; conv = conv->next)
    cf_conversation_want (core, conv);
  cf_conversation_unmute_later (core);
  *r_all = all;
  return 0;
}

void
cf_conversations_free (struct cf_conversations *all)
{
  if (!all)
    return;
  cf_timer_cancel (all->core->env, &all->finish);
  cf_timer_cancel (all->core->env, &all->unmute);
  cf_conversation_closing_free (all);
  while (all->first) {
    struct cf_conversation *conv = all->first;

    all->first = conv->next;
    conversation_free (conv);
  }
  free (all);
}

struct cf_conversation *
cf_conversation_find (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN])
{
  struct cf_conversation *conv;

  for (conv = core->conversations->first; conv; conv = conv->next)
    if (!memcmp (conv->id, id, CF_CONVERSATION_ID_LEN))
      return conv;
  return NULL;
}

struct cf_conversation *
cf_conversation_open (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN])
{
  struct cf_conversation *conv = cf_conversation_find (core, id);

  return conv && conv->state == CF_CONVERSATION_OPEN && !conv->deleted ? conv : NULL;
}

const char *
cf_conversation_state_name (enum cf_conversation_state state)
{
  static const char *const names[] = { "requested", "open", "closed" };

  return names[state];
}

/* Is TEXT the beginning of CONV's id, or all of it? */
static bool
id_begins (const struct cf_conversation *conv, const char *text, size_t text_len)
{
  char hex[HEX_ID_LEN + 1];

  cf_hex (conv->id, sizeof conv->id, hex);
  return text_len >= PREFIX_MIN && text_len <= HEX_ID_LEN && !strncasecmp (hex, text, text_len);
}

/* "1a2b3c4d (open, Alice <a@x>), ..." of those that ARE candidates; caller frees. */
static char *
candidates (struct cf_core *core, bool (*is) (const struct cf_conversation *conv, const void *arg), const void *arg)
{
  struct cf_conversation *conv;
  char *list = NULL;
  size_t n = 0;

  for (conv = core->conversations->first; conv && n <= CANDIDATES_MAX; conv = conv->next) {
    struct cf_peer *peer = cf_peer_find (core, &conv->peer);
    const char *who = peer && peer->user_id ? peer->user_id : "?";
    char hex[HEX_ID_LEN + 1], *longer;

    if (conv->deleted || !is (conv, arg))
      continue;
    if (n++ == CANDIDATES_MAX)
      longer = cf_sprintf ("%s, ...", list ? list : "");
    else
      longer = cf_sprintf ("%s%s%.12s (%s, %.*s)", list ? list : "", list ? ", " : "",
                           cf_hex (conv->id, sizeof conv->id, hex), cf_conversation_state_name (conv->state),
                           (int) cf_text_cut (who, strlen (who), USER_ID_MAX), who);
    free (list);
    list = longer;
  }
  return list;
}

static bool
is_with_prefix (const struct cf_conversation *conv, const void *text)
{
  return id_begins (conv, text, strlen (text));
}

static bool
is_with_peer (const struct cf_conversation *conv, const void *fpr)
{
  return cf_fpr_equal (&conv->peer, fpr);
}

bool
cf_conversation_is_with (const struct cf_core *core, const struct cf_fpr *peer)
{
  const struct cf_conversation *conv = core->conversations ? core->conversations->first : NULL;

  for (; conv; conv = conv->next)
    if (!conv->deleted && cf_fpr_equal (&conv->peer, peer))
      return true;
  return false;
}

static void
fail_ambiguous (struct cf_command *cmd, const char *text, char *list)
{
  cf_command_say (cmd, cf_err (GPG_ERR_AMBIGUOUS_NAME), CF_SAY_CONVERSATION_AMBIGUOUS, text, list ? list : "several",
                  NULL);
  free (list);
}

/* The only conversation with PEER, open ones first; *R_COUNT is how many there are of that kind. */
static struct cf_conversation *
only_with_peer (struct cf_core *core, const struct cf_fpr *peer, size_t *r_count)
{
  struct cf_conversation *conv, *found = NULL, *open = NULL;
  size_t count = 0, open_count = 0;

  for (conv = core->conversations->first; conv; conv = conv->next) {
    if (conv->deleted || !cf_fpr_equal (&conv->peer, peer))
      continue;
    found = conv;
    count++;
    if (conv->state == CF_CONVERSATION_OPEN) {
      open = conv;
      open_count++;
    }
  }
  *r_count = open ? open_count : count;
  return open ? open : found;
}

struct cf_conversation *
cf_conversation_resolve (struct cf_command *cmd, const char *text)
{
  struct cf_core *core = cmd->core;
  struct cf_conversation *conv, *found = NULL;
  struct cf_peer *peer;
  size_t count = 0, text_len = strlen (text);

  for (conv = core->conversations->first; conv; conv = conv->next)
    if (!conv->deleted && id_begins (conv, text, text_len)) {
      found = conv;
      count++;
    }
  if (count == 1)
    return found;
  if (count > 1) {
    fail_ambiguous (cmd, text, candidates (core, is_with_prefix, text));
    return NULL;
  }
  peer = cf_peer_resolve_talking (cmd, text);
  if (!peer)
    return NULL; /* the command has failed, and says why */
  found = only_with_peer (core, &peer->fpr, &count);
  if (!found) {
    cf_command_say (cmd, cf_err (GPG_ERR_NOT_FOUND), CF_SAY_CONVERSATION_UNKNOWN, text, NULL);
    return NULL;
  }
  if (count > 1) {
    fail_ambiguous (cmd, text, candidates (core, is_with_peer, &peer->fpr));
    return NULL;
  }
  return found;
}

gpg_error_t
cf_conversation_new (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN], const struct cf_fpr *peer,
                     bool asked, struct cf_conversation **r_conv)
{
  struct cf_conversation *conv, **tail;

  conv = calloc (1, sizeof *conv);
  if (!conv)
    return cf_err_errno ();
  memcpy (conv->id, id, sizeof conv->id);
  conv->peer = *peer;
  conv->asked = asked;
  conv->state = CF_CONVERSATION_REQUESTED;
  conv->created_utc_ms = conv->active_utc_ms = core->env->now_utc_ms;
  for (tail = &core->conversations->first; *tail; tail = &(*tail)->next)
    ;
  *tail = conv;
  *r_conv = conv;
  return 0;
}

gpg_error_t
cf_conversation_save (struct cf_core *core, struct cf_conversation *conv)
{
  return cf_store_conversation_save (core->store, conv);
}

void
cf_conversation_drop (struct cf_core *core, struct cf_conversation *conv)
{
  struct cf_conversation **link;

  for (link = &core->conversations->first; *link != conv; link = &(*link)->next)
    ;
  *link = conv->next;
  conv->state = CF_CONVERSATION_CLOSED;
  cf_conversation_want (core, conv);
  cf_inbox_free (conv->inbox); /* also of one that never opened: what the peer sent early */
  cf_outbox_free (conv->outbox);
  conversation_free (conv);
}

gpg_error_t
cf_conversation_forget (struct cf_core *core, struct cf_conversation *conv)
{
  gpg_error_t err;

  err = cf_store_conversation_delete (core->store, conv->id);
  if (!err)
    cf_conversation_drop (core, conv);
  return err;
}

gpg_error_t
cf_conversation_id_used (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN], bool *r_used)
{
  gpg_error_t err = cf_store_id_used (core->store, id, r_used);

  if (err)
    cf_log (core->env, CF_LOG_ERROR, "conversation: cannot look an id up: %s", gpg_strerror (err));
  return err;
}

gpg_error_t
cf_conversation_id_use (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN])
{
  return cf_store_id_use (core->store, id);
}

gpg_error_t
cf_conversation_changed (struct cf_core *core, struct cf_conversation *conv)
{
  json_t *event;
  gpg_error_t err;

  err = cf_conversation_save (core, conv);
  if (err)
    return err;
  event = cf_conversation_json (core, conv);
  return event ? cf_event_emit (core, "conversation", true, event) : cf_err (GPG_ERR_ENOMEM);
}

gpg_error_t
cf_conversation_set_state (struct cf_core *core, struct cf_conversation *conv, enum cf_conversation_state state)
{
  const struct cf_conversation before = *conv;
  gpg_error_t err;

  conv->state = state;
  conv->active_utc_ms = core->env->now_utc_ms;
  if (state == CF_CONVERSATION_OPEN)
    conv->opened_utc_ms = conv->active_utc_ms;
  else if (state == CF_CONVERSATION_CLOSED)
    conv->closed_utc_ms = conv->active_utc_ms;
  err = cf_store_begin (core->store);
  if (!err) {
    err = cf_conversation_changed (core, conv);
    cf_store_end (core->store, &err);
  }
  if (err) {
    conv->state = before.state;
    conv->active_utc_ms = before.active_utc_ms;
    conv->opened_utc_ms = before.opened_utc_ms;
    conv->closed_utc_ms = before.closed_utc_ms;
    return err;
  }
  cf_conversation_want (core, conv);
  if (state == CF_CONVERSATION_CLOSED) {
    cf_gate_conversation_closed (core);
    cf_transfers_changed (core);
  }
  return 0;
}

static json_t *
json_verified (const struct cf_peer *peer)
{
  if (!peer || !peer->verified_how)
    return json_null ();
  return json_pack ("{s:s, s:o}", "how", peer->verified_how, "when", cf_json_time (peer->verified_utc_ms));
}

bool
cf_conversation_is_muted (const struct cf_core *core, const struct cf_conversation *conv)
{
  return conv->muted_until_utc_ms > core->env->now_utc_ms;
}

static json_t *
json_muted_until (const struct cf_core *core, const struct cf_conversation *conv)
{
  bool for_a_while = cf_conversation_is_muted (core, conv) && conv->muted_until_utc_ms != CF_MUTED_FOR_EVER;

  return cf_json_time (for_a_while ? conv->muted_until_utc_ms : 0);
}

gpg_error_t
cf_conversation_json_draft (struct cf_core *core, const struct cf_conversation *conv, json_t *row)
{
  char *draft = NULL;
  gpg_error_t err;

  err = cf_store_draft_get (core->store, conv->id, &draft);
  if (!err && json_object_set_new (row, "draft", cf_json_text (draft)))
    err = cf_err (GPG_ERR_ENOMEM);
  if (draft)
    cf_wipe (draft, strlen (draft));
  free (draft);
  return err;
}

json_t *
cf_conversation_json (struct cf_core *core, const struct cf_conversation *conv)
{
  struct cf_peer *peer = cf_peer_find (core, &conv->peer);
  const char *route = cf_link_route (core, &conv->peer);
  char id[HEX_ID_LEN + 1], fpr[CF_FPR_HEX_SIZE];
  const char *title;
  json_t *row;

  cf_hex (conv->id, sizeof conv->id, id);
  cf_fpr_hex (&conv->peer, fpr);
  title = peer && peer->name && *peer->name ? peer->name : peer && peer->user_id ? peer->user_id : fpr;
  row = json_pack ("{s:s, s:s, s:s, s:s, s:s?, s:s, s:b, s:b, s:I, s:b, s:o, s:o, s:o, s:o, s:o, s:s?, s:b, s:s?, s:s?,"
                   " s:s, s:s, s:b, s:b, s:b, s:b, s:o, s:o}",
                   "conversation", id, "kind", "pair", "title", title, "peer", fpr, "user_id",
                   peer ? peer->user_id : NULL, "state", cf_conversation_state_name (conv->state), "asked",
                   conv->asked, "online", cf_link_is_up (core, &conv->peer), "unread",
                   (json_int_t) (core->messages ? cf_message_unread (core, conv) : 0), "marked_unread",
                   conv->marked_unread, "last_activity", cf_json_time (conv->active_utc_ms), "opened_at",
                   cf_json_time (conv->opened_utc_ms), "verified", json_verified (peer), "own_key",
                   cf_json_fpr (&conv->own_key), "peer_key", cf_json_fpr (&conv->peer_key), "route", route,
                   "closed_by_peer", conv->closed_by_peer, "note", conv->note, "trouble", conv->trouble, "key_state",
                   cf_key_state_name (cf_trust_key_state (core, conv)), "own_key_state",
                   cf_key_state_name (core->self ? cf_self_key_state (core->self) : CF_KEY_OK), "stopped", conv->stopped, "blocked",
                   peer && peer->blocked, "pinned", conv->pinned, "muted", cf_conversation_is_muted (core, conv),
                   "muted_until", json_muted_until (core, conv), "expire_after",
                   conv->timer_s ? json_integer (conv->timer_s) : json_null ());
  if (row)
    cf_said_set_kept (conv->trouble, row, "trouble_code", "trouble_args");
  if (row
      && (cf_conversation_json_draft (core, conv, row)
          || json_object_set_new (row, "last_message", cf_history_last (core, conv)))) {
    json_decref (row);
    row = NULL;
  }
  return row;
}
