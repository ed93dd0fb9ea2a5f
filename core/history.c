/* SPDX-License-Identifier: GPL-3.0-or-later */
/* history.c - messages as people and programs see them: rows of HISTORY, fields of the "message" event. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/history.h"
#include "core/inbox.h"
#include "core/json.h"
#include "core/message.h"
#include "core/self.h"
#include "core/store/store.h"

#define WORDS_MAX 32 /* of a search */

const char *
cf_message_state_name (int state)
{
  static const char *const names[] = { "queued", "sent", "delivered", "read", "failed" };

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

/* Our own text as it was typed; theirs without control characters.  What this version does not know is said. */
static json_t *
json_text (const struct cf_message_row *m)
{
  const char *unknown = "(a kind of message that this version does not know)";
  char *shown = NULL;
  json_t *text;

  if (m->kind == CF_ENTRY_OTHER)
    return json_string (unknown);
  if (m->outgoing)
    return json_stringn (m->text ? m->text : "", m->text_len);
  shown = cf_text_display (m->text, m->text_len, true);
  text = shown ? json_string (shown) : NULL;
  free (shown);
  return text;
}

json_t *
cf_message_json (struct cf_core *core, const struct cf_conversation *conv, const struct cf_message_row *m)
{
  char id[2 * CF_MESSAGE_ID_LEN + 1], conversation[2 * CF_CONVERSATION_ID_LEN + 1];
  char reply[2 * CF_MESSAGE_ID_LEN + 1], author[CF_FPR_HEX_SIZE];

  return json_pack ("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:s?, s:b, s:n, s:b}", "message",
                    cf_hex (m->id, sizeof m->id, id), "conversation",
                    cf_hex (m->conversation, sizeof m->conversation, conversation), "direction",
                    m->outgoing ? "out" : "in", "author", cf_fpr_hex (m->outgoing ? &core->self->fpr : &conv->peer, author),
                    "sent_at", cf_json_time (m->sent_utc_ms), "received_at", cf_json_time (m->received_utc_ms), "text",
                    json_text (m), "state", shown_state (conv, m), "signature", signature_name (m->signature),
                    "reply_to", m->is_reply ? cf_hex (m->reply_to, sizeof m->reply_to, reply) : NULL, "edited", 0,
                    "attachment", "notice", !m->sequence && m->signature == CF_SIGNATURE_KEY_CHANGED);
}

char *
cf_history_match (const char *words)
{
  struct cf_buf b;
  char *match = NULL;
  size_t n = 0;
  gpg_error_t err = 0;

  /* Each word becomes a phrase of its own, so that no operator of the search language is left in it. */
  cf_buf_init (&b, 8192);
  while (!err && *words && n < WORDS_MAX) {
    size_t len = strcspn (words, " \t\r\n\"");

    if (len) {
      err = cf_buf_add (&b, n ? " \"" : "\"", n ? 2 : 1);
      if (!err)
        err = cf_buf_add (&b, words, len);
      if (!err)
        err = cf_buf_add (&b, "\"", 1);
      n++;
    }
    words += len + (words[len] ? 1 : 0);
  }
  if (!err && n && !cf_buf_add (&b, "", 1))
    match = strdup ((const char *) cf_buf_data (&b));
  cf_buf_done (&b);
  return match;
}

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
