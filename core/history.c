/* SPDX-License-Identifier: GPL-3.0-or-later */
/* history.c - messages as people and programs see them: rows of HISTORY, fields of the "message" event. */
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/event.h"
#include "core/history.h"
#include "core/inbox.h"
#include "core/json.h"
#include "core/message.h"
#include "core/said.h"
#include "core/self.h"
#include "core/store/store.h"
#include "core/transfer.h"
#include "core/vanish.h"

#define BRIEF_MAX 200 /* characters of a quote, or of a conversation's last message */

const char *
cf_message_state_name (int state)
{
  static const char *const names[] = { "queued", "sent", "held", "delivered", "read", "failed" };

  return state >= 0 && state < (int) (sizeof names / sizeof *names) ? names[state] : "failed";
}

static const char *
signature_name (enum cf_message_signature signature)
{
  switch (signature) {
  case CF_SIGNATURE_VALID: return "valid";
  case CF_SIGNATURE_KEY_CHANGED: return "key_changed";
  case CF_SIGNATURE_BAD: break;
  }
  return "bad";
}

/* The state of one of theirs is what our own mark says. */
static const char *
shown_state (const struct cf_conversation *conv, const struct cf_message_row *m)
{
  if (!m->outgoing && m->sequence && m->sequence <= conv->read_sequence)
    return cf_message_state_name (CF_MESSAGE_READ);
  return cf_message_state_name (m->state);
}

static bool
is_notice (const struct cf_message_row *m)
{
  return !m->sequence && m->signature == CF_SIGNATURE_KEY_CHANGED;
}

static const char *
shown_kind (const struct cf_message_row *m)
{
  if (is_notice (m))
    return "notice";
  switch (m->kind) {
  case CF_ENTRY_TEXT: return "text";
  case CF_ENTRY_TIMER: return "timer";
  case CF_ENTRY_FILE: return "file";
  default: return "other";
  }
}

/* What a timer says, for who has no words of his own for it. */
static char *
timer_text (uint32_t lifetime_s)
{
  static const struct { uint32_t s; const char *name; } units[]
      = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };
  size_t i = 0;

  if (!lifetime_s)
    return strdup ("Messages stay from now on");
  while (lifetime_s % units[i].s)
    i++;
  return cf_sprintf ("Messages disappear from now on, %u %s%s after they were read", (unsigned) (lifetime_s / units[i].s),
                     units[i].name, lifetime_s == units[i].s ? "" : "s");
}

/* Our own text as it was typed; theirs without control characters.  What this version does not know is said.  Caller
   frees; NULL: ENOMEM. */
static char *
shown_text (const struct cf_message_row *m)
{
  if (m->kind == CF_ENTRY_OTHER)
    return strdup ("(a kind of message that this version does not know)");
  if (m->kind == CF_ENTRY_TIMER)
    return timer_text (m->lifetime_s);
  if (m->outgoing)
    return strndup (m->text ? m->text : "", m->text_len);
  return cf_text_display (m->text, m->text_len, true);
}

/* The text, at most BRIEF_MAX characters of it when BRIEF. */
static json_t *
json_text (const struct cf_message_row *m, bool brief)
{
  char *text = shown_text (m);
  size_t len = 0, characters = 0;
  json_t *value;

  if (!text)
    return NULL;
  if (brief)
    for (; text[len]; len++)
      if (((unsigned char) text[len] & 0xc0) != 0x80 && ++characters > BRIEF_MAX)
        break;
  value = json_stringn (text, brief ? len : strlen (text));
  cf_wipe (text, strlen (text));
  free (text);
  return value;
}

static json_t *
json_author (struct cf_core *core, const struct cf_conversation *conv, bool outgoing)
{
  return cf_json_fpr (outgoing ? &core->self->fpr : &conv->peer);
}

/* --- what else belongs to a row --- */

struct around {
  struct cf_core *core;
  const struct cf_conversation *conv;
  json_t *value;
};

/* Only what there still is to be seen can be quoted. */
static bool
quote_row (void *arg, const struct cf_message_row *m)
{
  struct around *a = arg;
  char id[2 * CF_MESSAGE_ID_LEN + 1];

  if (!m->hidden)
    a->value = json_pack ("{s:s, s:o, s:s, s:o, s:b}", "message", cf_hex (m->id, sizeof m->id, id), "author",
                          json_author (a->core, a->conv, m->outgoing), "direction", m->outgoing ? "out" : "in", "text",
                          json_text (m, true), "deleted", m->gone == CF_MESSAGE_TAKEN_BACK);
  else
    a->value = json_null ();
  return false;
}

static gpg_error_t
json_quote (struct cf_core *core, const struct cf_conversation *conv, const struct cf_message_row *m, json_t **r_quote)
{
  struct around a = { core, conv, NULL };
  gpg_error_t err = m->is_reply ? cf_store_message_get (core->store, m->conversation, m->reply_to, quote_row, &a)
                                : cf_err (GPG_ERR_NOT_FOUND);

  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND) {
    *r_quote = json_null ();
    return 0;
  }
  *r_quote = a.value;
  return err || a.value ? err : cf_err (GPG_ERR_ENOMEM);
}

static gpg_error_t
add_reaction (void *arg, bool outgoing, const char *emoji)
{
  struct around *a = arg;
  char *shown = outgoing ? strdup (emoji) : cf_text_display (emoji, strlen (emoji), false);
  json_t *one = shown ? json_pack ("{s:s, s:o, s:s}", "emoji", shown, "author", json_author (a->core, a->conv, outgoing),
                                   "direction", outgoing ? "out" : "in")
                      : NULL;

  free (shown);
  return json_array_append_new (a->value, one) ? cf_err (GPG_ERR_ENOMEM) : 0;
}

static gpg_error_t
json_reactions (struct cf_core *core, const struct cf_conversation *conv, const struct cf_message_row *m,
                json_t **r_reactions)
{
  struct around a = { core, conv, json_array () };
  gpg_error_t err = a.value ? 0 : cf_err (GPG_ERR_ENOMEM);

  /* One that was just written has none yet. */
  if (!err && m->row)
    err = cf_store_reactions (core->store, m->row, add_reaction, &a);
  *r_reactions = a.value;
  return err;
}

/* What is known of M itself, and what belongs to it (stolen). */
static json_t *
pack_message (struct cf_core *core, const struct cf_conversation *conv, const struct cf_message_row *m, json_t *quote,
              json_t *reactions, json_t *attachment)
{
  char id[2 * CF_MESSAGE_ID_LEN + 1], conversation[2 * CF_CONVERSATION_ID_LEN + 1];
  char reply[2 * CF_MESSAGE_ID_LEN + 1];

  return json_pack ("{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:s, s:s, s:s?, s:o, s:b, s:o, s:b, s:o, s:o, s:o, s:o,"
                    " s:b}",
                    "message", cf_hex (m->id, sizeof m->id, id), "conversation",
                    cf_hex (m->conversation, sizeof m->conversation, conversation), "direction",
                    m->outgoing ? "out" : "in", "author", json_author (core, conv, m->outgoing), "sent_at",
                    cf_json_time (m->sent_utc_ms), "received_at", cf_json_time (m->received_utc_ms), "kind",
                    shown_kind (m), "text", json_text (m, false), "state", shown_state (conv, m), "signature",
                    signature_name (m->signature), "reply_to",
                    m->is_reply ? cf_hex (m->reply_to, sizeof m->reply_to, reply) : NULL, "quote",
                    quote, "edited", m->edited_utc_ms != 0, "edited_at",
                    cf_json_time (m->edited_utc_ms), "deleted", m->gone == CF_MESSAGE_TAKEN_BACK, "reactions",
                    reactions, "expire_after",
                    m->lifetime_s ? json_integer (m->lifetime_s) : json_null (), "expires_at",
                    cf_json_time (cf_vanish_utc_ms (core, m->expires_ms)), "attachment",
                    attachment, "notice", is_notice (m));
}

gpg_error_t
cf_message_json (struct cf_core *core, const struct cf_conversation *conv, const struct cf_message_row *m, json_t **r_row)
{
  json_t *quote = NULL, *reactions = NULL, *attachment = NULL, *row;
  gpg_error_t err = json_quote (core, conv, m, &quote);

  if (!err)
    err = json_reactions (core, conv, m, &reactions);
  if (!err)
    err = cf_transfer_attachment (core, m, &attachment);
  if (err) {
    json_decref (quote);
    json_decref (reactions);
    json_decref (attachment);
    return err;
  }
  row = pack_message (core, conv, m, quote, reactions, attachment);
  if (!row)
    return cf_err (GPG_ERR_ENOMEM);
  if (is_notice (m))
    cf_said_set_kept (m->text, row, "code", "args");
  *r_row = row;
  return 0;
}

gpg_error_t
cf_message_tell (struct cf_core *core, const struct cf_conversation *conv, const struct cf_message_row *m,
                 const char *kind)
{
  json_t *row;
  gpg_error_t err = cf_message_json (core, conv, m, &row);

  return err ? err : cf_event_emit (core, kind, true, row);
}

static bool
last_row (void *arg, const struct cf_message_row *m)
{
  struct around *a = arg;
  char id[2 * CF_MESSAGE_ID_LEN + 1];

  json_decref (a->value);
  a->value = json_pack ("{s:s, s:s, s:s, s:o, s:o, s:s, s:b}", "message", cf_hex (m->id, sizeof m->id, id), "direction",
                        m->outgoing ? "out" : "in", "kind", shown_kind (m), "text", json_text (m, true), "sent_at",
                        cf_json_time (m->sent_utc_ms), "state", shown_state (a->conv, m), "deleted",
                        m->gone == CF_MESSAGE_TAKEN_BACK);
  if (is_notice (m))
    cf_said_set_kept (m->text, a->value, "code", "args");
  return false;
}

json_t *
cf_history_last (struct cf_core *core, const struct cf_conversation *conv)
{
  struct around a = { core, conv, json_null () };
  gpg_error_t err = cf_store_message_history (core->store, conv->id, INT64_MAX, NULL, 1, last_row, &a);

  if (err)
    cf_log (core->env, CF_LOG_ERROR, "history: the last message was not read: %s", gpg_strerror (err));
  return a.value;
}

/* --- events of old --- */

struct recall {
  struct cf_core *core;
  const struct cf_conversation *conv;
  json_t *row; /* NULL: not to be seen any more */
  gpg_error_t err;
};

static bool
recall_row (void *arg, const struct cf_message_row *m)
{
  struct recall *r = arg;

  if (m->hidden)
    return false;
  r->err = cf_message_json (r->core, r->conv, m, &r->row);
  return false;
}

static gpg_error_t
recall_message (struct recall *r, json_t *event)
{
  const char *text = json_string_value (json_object_get (event, "message"));
  uint8_t id[CF_MESSAGE_ID_LEN];
  gpg_error_t err;

  if (!r->conv || !text || cf_unhex (text, id, sizeof id))
    return 0;
  err = cf_store_message_get (r->core->store, r->conv->id, id, recall_row, r);
  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND)
    err = 0;
  if (!err)
    err = r->err;
  /* What was said of it then (its state ...) stays; of what has no text any more, this is said. */
  if (!err && r->row
      && (json_object_update_missing (event, r->row)
          || json_object_set (event, "deleted", json_object_get (r->row, "deleted"))))
    err = cf_err (GPG_ERR_ENOMEM);
  return err;
}

/* The last message that a conversation had then: its text, if it is still to be seen. */
static gpg_error_t
recall_last (struct recall *r, json_t *event)
{
  json_t *last = json_object_get (event, "last_message");
  const char *text = json_string_value (json_object_get (last, "message"));
  uint8_t id[CF_MESSAGE_ID_LEN];
  struct around a = { r->core, r->conv, NULL };
  gpg_error_t err;

  if (!json_is_object (last) || !text || cf_unhex (text, id, sizeof id))
    return 0;
  err = cf_store_message_get (r->core->store, r->conv->id, id, last_row, &a);
  if (err && gpg_err_code (err) != GPG_ERR_NOT_FOUND)
    return err;
  if (err)
    return json_object_set_new (event, "last_message", json_null ()) ? cf_err (GPG_ERR_ENOMEM) : 0;
  err = a.value && !json_object_set (last, "text", json_object_get (a.value, "text")) ? 0 : cf_err (GPG_ERR_ENOMEM);
  json_decref (a.value);
  return err;
}

gpg_error_t
cf_history_recall (struct cf_core *core, json_t *event, bool *r_gone)
{
  const char *kind = json_string_value (json_object_get (event, "event"));
  const char *text = json_string_value (json_object_get (event, "conversation"));
  uint8_t id[CF_CONVERSATION_ID_LEN];
  struct recall r = { core, NULL, NULL, 0 };
  gpg_error_t err = 0;

  if (!kind || !text || cf_unhex (text, id, sizeof id))
    return 0;
  r.conv = cf_conversation_find (core, id);
  if (!strcmp (kind, "message") || !strcmp (kind, "message_changed")) {
    err = recall_message (&r, event);
    if (!err)
      *r_gone = r.row == NULL;
    json_decref (r.row);
  } else if (!strcmp (kind, "conversation") && r.conv) {
    err = cf_conversation_json_draft (core, r.conv, event);
    if (!err)
      err = recall_last (&r, event);
  } else if (!strcmp (kind, "transfer"))
    err = cf_transfer_recall (core, event, r_gone);
  return err;
}

/* --- looking for one --- */

struct find {
  struct cf_message_row m;
};

static bool
found (void *arg, const struct cf_message_row *m)
{
  struct find *f = arg;

  f->m = *m;
  f->m.text = f->m.kind_name = NULL;
  f->m.text_len = 0;
  return false;
}

gpg_error_t
cf_message_find (struct cf_core *core, const struct cf_conversation *conv, const char *text,
                 struct cf_message_row *r_row)
{
  uint8_t id[CF_MESSAGE_ID_LEN];
  struct find f;
  gpg_error_t err;

  err = cf_unhex (text, id, sizeof id);
  if (!err)
    err = cf_store_message_get (core->store, conv->id, id, found, &f);
  if (!err)
    *r_row = f.m;
  return err;
}
