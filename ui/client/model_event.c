/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model_event.c - what each event changes in the lists; model.c says how lists are fetched. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ui/client/model_private.h"

#define PREVIEW_MAX 200 /* bytes of a last message */

/* What a conversation shows of a message. */
static json_t *
preview (const json_t *message)
{
  const char *text = cf_row_text (message, "text");
  size_t len = cf_text_cut (text, strlen (text), PREVIEW_MAX);

  return json_pack ("{s:s, s:s, s:s%, s:s, s:s, s:b, s:s}", "message", cf_row_text (message, "message"), "direction",
                    cf_row_text (message, "direction"), "text", text, len, "sent_at", cf_row_text (message, "sent_at"),
                    "state", cf_row_text (message, "state"), "deleted", cf_row_true (message, "deleted"), "kind",
                    *cf_row_text (message, "kind") ? cf_row_text (message, "kind") : "text");
}

/* A copy of the conversation's row, to be changed; NULL: there is none. */
static json_t *
conversation_copy (struct cf_model *m, const json_t *event)
{
  const json_t *row = cf_model_get (m, CF_MODEL_CONVERSATIONS, cf_row_text (event, "conversation"));

  return row ? json_copy ((json_t *) (uintptr_t) row) : NULL;
}

static void
on_message (struct cf_model *m, const json_t *event)
{
  struct listing *l = &m->lists[CF_MODEL_CONVERSATIONS];
  bool in = strcmp (cf_row_text (event, "direction"), "out") && !cf_row_true (event, "notice");
  json_t *row = NULL;
  int64_t at;

  if (in)
    cf_model_set_typing (m, cf_row_text (event, "conversation"), false);
  if (cf_session_happened_before (m->session, event))
    return;
  if (!l->call && cf_row_utc_ms (event, "at", &at) && at > l->got_utc_ms)
    row = conversation_copy (m, event);
  if (!row) {
    cf_model_fetch_soon (m, CF_MODEL_CONVERSATIONS);
    return;
  }
  if (in && strcmp (cf_row_text (event, "state"), "read"))
    json_object_set_new (row, "unread", json_integer (cf_row_number (row, "unread") + 1));
  json_object_set_new (row, "last_activity", json_string (cf_row_text (event, "at")));
  json_object_set_new (row, "last_message", preview (event));
  cf_model_put (m, CF_MODEL_CONVERSATIONS, row);
}

/* A message that is the last of its conversation has changed: WHOLE, or only its state. */
static void
on_last_message (struct cf_model *m, const json_t *event, bool whole)
{
  json_t *row = conversation_copy (m, event), *last = json_object_get (row, "last_message");

  if (!last || strcmp (cf_row_text (last, "message"), cf_row_text (event, "message"))) {
    json_decref (row);
    return;
  }
  if (whole)
    last = preview (event);
  else {
    last = json_copy (last);
    json_object_set_new (last, "state", json_string (cf_row_text (event, "state")));
  }
  json_object_set_new (row, "last_message", last);
  cf_model_put (m, CF_MODEL_CONVERSATIONS, row);
}

static void
on_conversation (struct cf_model *m, const json_t *event)
{
  const char *id = cf_row_text (event, "conversation");
  json_t *row;

  /* A request that came to nothing is closed without having been open, and the daemon has forgotten it. */
  if (cf_row_true (event, "deleted")
      || (!strcmp (cf_row_text (event, "state"), "closed") && !*cf_row_text (event, "opened_at"))) {
    cf_model_set_typing (m, id, false);
    cf_model_take_out (m, CF_MODEL_CONVERSATIONS, id);
    cf_model_fetch_soon (m, CF_MODEL_TRANSFERS);
    return;
  }
  row = cf_row_of_event (event);
  json_object_del (row, "change");
  cf_model_put (m, CF_MODEL_CONVERSATIONS, row);
}

/* Who is heard of is there, whatever his row says. */
static void
on_sign_of_life (struct cf_model *m, const json_t *event)
{
  const json_t *row = cf_model_get (m, CF_MODEL_CONVERSATIONS, cf_row_text (event, "conversation"));
  const char *kind = cf_row_text (event, "event"), *state = cf_row_text (event, "state");
  bool sign = !strcmp (kind, "typing") || (!strcmp (kind, "message") && !strcmp (cf_row_text (event, "direction"), "in"))
              || (!strcmp (kind, "message_state") && (!strcmp (state, "delivered") || !strcmp (state, "read")));

  if (row && sign && !cf_row_true (row, "online") && !cf_session_happened_before (m->session, event))
    cf_model_fetch_soon (m, CF_MODEL_CONVERSATIONS);
}

static void
on_peer (struct cf_model *m, const json_t *event, bool seen)
{
  if (seen)
    cf_model_put (m, CF_MODEL_PEERS, cf_row_of_event (event));
  else
    cf_model_take_out (m, CF_MODEL_PEERS, cf_row_text (event, "fingerprint"));
}

static bool
same_field (const json_t *a, const json_t *b, const char *key)
{
  return json_equal (json_object_get (a, key), json_object_get (b, key));
}

static void
on_contact (struct cf_model *m, const json_t *event)
{
  const char *peer = cf_row_text (event, "fingerprint");
  const json_t *before = cf_model_get (m, CF_MODEL_CONTACTS, peer);
  bool renamed = before && (!same_field (before, event, "name") || !same_field (before, event, "user_id"));
  bool removed = cf_row_true (event, "removed");

  /* What others are warned of hangs on whom we know, and by which name; so does what a conversation is called. */
  if (!before || removed || renamed || !same_field (before, event, "verified") || !same_field (before, event, "contact"))
    cf_model_fetch_soon (m, CF_MODEL_PEERS);
  if (renamed && cf_model_conversation_with (m, peer))
    cf_model_fetch_soon (m, CF_MODEL_CONVERSATIONS);
  if (cf_row_true (event, "present") && !cf_row_true (event, "blocked"))
    cf_model_put (m, CF_MODEL_PEERS, cf_row_of_event (event));
  else
    cf_model_take_out (m, CF_MODEL_PEERS, peer);
  if (removed)
    cf_model_take_out (m, CF_MODEL_CONTACTS, peer);
  else
    cf_model_put (m, CF_MODEL_CONTACTS, cf_row_of_event (event));
}

/* ROW with what EVENT says of the way to its person. */
static json_t *
with_link (const json_t *row, const json_t *event, bool online)
{
  json_t *copy = json_copy ((json_t *) (uintptr_t) row);

  json_object_set_new (copy, "online", json_boolean (online));
  json_object_set (copy, "route", json_object_get (event, "route"));
  return copy;
}

static void
on_link (struct cf_model *m, const json_t *event)
{
  const struct cf_rows *rows = &m->lists[CF_MODEL_CONVERSATIONS].rows;
  const char *peer = cf_row_text (event, "fingerprint");
  const json_t *contact = cf_model_get (m, CF_MODEL_CONTACTS, peer);
  bool online = cf_row_true (event, "online");

  if (contact)
    cf_model_put (m, CF_MODEL_CONTACTS, with_link (contact, event, online || cf_row_true (contact, "present")));
  for (size_t i = 0; i < rows->count; i++) /* none of them changes its place */
    if (!strcmp (cf_row_text (rows->rows[i], "peer"), peer))
      cf_model_put (m, CF_MODEL_CONVERSATIONS, with_link (rows->rows[i], event, online));
  if (m->lists[CF_MODEL_CONVERSATIONS].call)
    cf_model_fetch_soon (m, CF_MODEL_CONVERSATIONS); /* of one that is on its way we do not know the id */
}

static void
on_request (struct cf_model *m, const json_t *event)
{
  const char *state = cf_row_text (event, "state");

  if (!strcmp (state, "waiting") || !strcmp (state, "accepted"))
    cf_model_put (m, CF_MODEL_REQUESTS, cf_row_of_event (event));
  else
    cf_model_take_out (m, CF_MODEL_REQUESTS, cf_row_text (event, "request"));
}

static void
on_setting (struct cf_model *m, const json_t *event)
{
  json_t *row = json_copy ((json_t *) (uintptr_t) cf_model_get (m, CF_MODEL_SETTINGS, cf_row_text (event, "key")));

  if (!row) {
    cf_model_fetch_soon (m, CF_MODEL_SETTINGS);
    return;
  }
  json_object_set_new (row, "value", json_string (cf_row_text (event, "value")));
  cf_model_put (m, CF_MODEL_SETTINGS, row);
}

static void
on_draft (struct cf_model *m, const json_t *event)
{
  json_t *row = conversation_copy (m, event);

  if (!row)
    return;
  json_object_set (row, "draft", json_object_get (event, "draft"));
  cf_model_put (m, CF_MODEL_CONVERSATIONS, row);
}

void
cf_model_take (struct cf_model *m, const json_t *event)
{
  const char *kind = cf_row_text (event, "event");

  on_sign_of_life (m, event);
  if (!strcmp (kind, "message"))
    on_message (m, event);
  else if (!strcmp (kind, "message_state") || !strcmp (kind, "message_changed"))
    on_last_message (m, event, !strcmp (kind, "message_changed"));
  else if (!strcmp (kind, "message_removed")) {
    cf_model_fetch_soon (m, CF_MODEL_CONVERSATIONS); /* unread and the last message may be others */
    cf_model_fetch_soon (m, CF_MODEL_TRANSFERS);
  } else if (!strcmp (kind, "conversation"))
    on_conversation (m, event);
  else if (!strcmp (kind, "typing"))
    cf_model_set_typing (m, cf_row_text (event, "conversation"), cf_row_true (event, "typing"));
  else if (!strcmp (kind, "peer_seen") || !strcmp (kind, "peer_gone"))
    on_peer (m, event, !strcmp (kind, "peer_seen"));
  else if (!strcmp (kind, "contact"))
    on_contact (m, event);
  else if (!strcmp (kind, "link"))
    on_link (m, event);
  else if (!strcmp (kind, "request") || !strcmp (kind, "request_state"))
    on_request (m, event);
  else if (!strcmp (kind, "draft"))
    on_draft (m, event);
  else if (!strcmp (kind, "setting"))
    on_setting (m, event);
  else if (!strcmp (kind, "transfer"))
    cf_model_put (m, CF_MODEL_TRANSFERS, cf_row_of_event (event));
  else if (!strcmp (kind, "network"))
    cf_model_fetch_status (m);
  else if (!strcmp (kind, "visibility")) {
    cf_model_fetch_soon (m, CF_MODEL_SETTINGS);
    cf_model_fetch_status (m);
  }
}
