/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversation_view_write.c - what is written: sent, changed, kept as a draft; and the other side is told that one types.
 *
 * Nothing that was typed is lost: it is in the composer, or the daemon has it as a message or a draft.  What it does not
 * take comes back to the composer, or, when another conversation is shown by then, becomes the draft again.
 */

#include <config.h>

#include <string.h>

#include "ui/client/row.h"
#include "ui/client/session.h"
#include "ui/gtk/conversation_view_private.h"

#define DRAFT_MS 700
#define TYPING_US (4 * G_USEC_PER_SEC) /* it lapses there after six */

/* ---- drafts ---- */

static void
save_draft (CfConversationView *self, const char *conversation, const char *text)
{
  const char *words[] = { conversation, NULL };
  const struct cf_answer answers[] = { { "TEXT", text, strlen (text) }, { NULL, NULL, 0 } };
  static const struct cf_call_handler nobody; /* a draft that is not kept is still in the composer */

  if (cf_session_call (cf_model_session (cf_app_model (self->app)), "DRAFT", words, answers, &nobody, NULL, NULL))
    g_debug ("draft not kept");
}

/* Have the daemon keep what is being written, if that is not what it has. */
static void
flush_draft (CfConversationView *self)
{
  char *text = cf_composer_draft (self->composer);

  if (self->draft)
    g_source_remove (self->draft);
  self->draft = 0;
  if (self->timeline && g_strcmp0 (text, self->saved) && strlen (text) <= CF_COMPOSER_TEXT_MAX) {
    save_draft (self, cf_conversation_view_id (self), text);
    g_free (self->saved);
    self->saved = g_strdup (text);
  }
  g_free (text);
}

static gboolean
on_draft (gpointer data)
{
  CfConversationView *self = data;

  self->draft = 0;
  flush_draft (self);
  return G_SOURCE_REMOVE;
}

void
cf_conversation_write_start (CfConversationView *self)
{
  const json_t *row = cf_model_get (cf_app_model (self->app), CF_MODEL_CONVERSATIONS, cf_conversation_view_id (self));

  g_free (self->saved);
  self->saved = g_strdup (cf_row_text (row, "draft"));
  cf_composer_leave (self->composer);
  cf_composer_set_text (self->composer, self->saved);
}

/* Another client has written: that is taken, unless something else is being written here. */
void
cf_conversation_write_draft_changed (CfConversationView *self)
{
  const json_t *row = cf_model_get (cf_app_model (self->app), CF_MODEL_CONVERSATIONS, cf_conversation_view_id (self));
  char *text = cf_composer_draft (self->composer);
  const char *draft = cf_row_text (row, "draft");

  if (row && g_strcmp0 (draft, self->saved) && !self->draft && cf_composer_mode (self->composer) != CF_EDIT &&
      !g_strcmp0 (text, self->saved)) {
    g_free (self->saved);
    self->saved = g_strdup (draft);
    cf_composer_set_text (self->composer, draft);
  }
  g_free (text);
}

/* ---- typing ---- */

static void
tell_typing (CfConversationView *self, bool on)
{
  const char *words[] = { cf_conversation_view_id (self), on ? "on" : "off", NULL };
  static const struct cf_call_handler nobody; /* a courtesy */

  self->typing_at = on ? g_get_monotonic_time () : 0;
  if (cf_session_call (cf_model_session (cf_app_model (self->app)), "TYPING", words, NULL, &nobody, NULL, NULL))
    g_debug ("typing not told");
}

void
cf_conversation_write_typed (CfConversationView *self)
{
  char *text = cf_composer_text (self->composer);

  if (self->draft)
    g_source_remove (self->draft);
  self->draft = g_timeout_add (DRAFT_MS, on_draft, self);
  if (!*text && self->typing_at)
    tell_typing (self, false);
  else if (*text && (!self->typing_at || g_get_monotonic_time () - self->typing_at > TYPING_US))
    tell_typing (self, true);
  g_free (text);
}

void
cf_conversation_write_stop (CfConversationView *self)
{
  if (!self->timeline)
    return;
  flush_draft (self);
  if (self->typing_at)
    tell_typing (self, false);
}

/* ---- sending ---- */

struct sending {
  GWeakRef view;
  char *conversation, *text, *target; /* target: a message that it answers or changes, or NULL */
  bool edit;
};

static void
sending_free (struct sending *s)
{
  g_weak_ref_clear (&s->view);
  g_free (s->conversation);
  g_free (s->text);
  g_free (s->target);
  g_free (s);
}

/* It was not taken: where it came from has it back, before what was written since. */
static void
give_back (struct sending *s, CfConversationView *self)
{
  char *now, *both;

  if (g_strcmp0 (cf_conversation_view_id (self), s->conversation)) {
    save_draft (self, s->conversation, s->text);
    return;
  }
  now = cf_composer_text (self->composer);
  both = *now ? g_strconcat (s->text, "\n", now, NULL) : g_strdup (s->text);
  cf_composer_set_text (self->composer, both);
  cf_conversation_write_typed (self);
  g_free (both);
  g_free (now);
}

static void
on_sent (void *arg, const struct cf_client_error *error)
{
  struct sending *s = arg;
  CfConversationView *self = g_weak_ref_get (&s->view);

  if (self && error->err) {
    give_back (s, self);
    cf_app_report (self->app, error);
  }
  g_clear_object (&self);
  sending_free (s);
}

static void
start_sending (CfConversationView *self, struct sending *s)
{
  static const struct cf_call_handler handler = { .done = on_sent };
  const struct cf_answer answers[] = { { "TEXT", s->text, strlen (s->text) }, { NULL, NULL, 0 } };
  char *reply = s->target && !s->edit ? g_strconcat ("--reply-to=", s->target, NULL) : NULL;
  const char *edit[] = { s->conversation, s->target, NULL };
  const char *send[] = { "--wait=queued", reply ? reply : s->conversation, reply ? s->conversation : NULL, NULL };
  gpg_error_t err = cf_session_call (cf_model_session (cf_app_model (self->app)), s->edit ? "EDIT" : "SEND",
                                     s->edit ? edit : send, answers, &handler, s, NULL);

  g_free (reply);
  if (err) {
    const struct cf_err_info *info = cf_err_info (err);
    const struct cf_client_error error = { err, info->name, info->message, info->hint, NULL };

    on_sent (s, &error);
  }
}

/* Without the blank lines and spaces around it. */
static char *
trimmed (char *text)
{
  char *start = text + strspn (text, "\r\n");
  char *line;

  g_strchomp (start);
  line = g_strdup (start);
  g_free (text);
  return line;
}

static void
send_text (CfConversationView *self, char *text)
{
  struct sending *s = g_new0 (struct sending, 1);

  g_weak_ref_init (&s->view, self);
  s->conversation = g_strdup (cf_conversation_view_id (self));
  s->text = text;
  s->edit = cf_composer_mode (self->composer) == CF_EDIT;
  s->target = g_strdup (cf_composer_target (self->composer));
  start_sending (self, s);
}

void
cf_conversation_write_send (CfConversationView *self)
{
  bool edit = cf_composer_mode (self->composer) == CF_EDIT;
  char *text;

  if (!self->timeline)
    return;
  text = trimmed (cf_composer_text (self->composer));
  if (*text)
    send_text (self, text);
  else
    g_free (text); /* files alone */
  cf_composer_leave (self->composer);
  if (!edit) {
    cf_composer_set_text (self->composer, "");
    cf_conversation_files_send (self);
  }
  self->typing_at = 0; /* a message says as much */
  flush_draft (self);
  if (!edit) {
    cf_timeline_seen (self->timeline);
    cf_conversation_rows_to_end (self);
  }
}

/* Can the text of MESSAGE still be changed? */
static bool
may_edit (const json_t *message)
{
  return !strcmp (cf_row_text (message, "direction"), "out") && !cf_row_true (message, "deleted") &&
         !cf_row_true (message, "notice") && !json_is_object (json_object_get (message, "attachment")) && strcmp (cf_row_text (message, "state"), "failed");
}

void
cf_conversation_write_edit_last (CfConversationView *self)
{
  if (!self->timeline || !cf_timeline_at_newest (self->timeline))
    return;
  for (size_t i = cf_timeline_count (self->timeline); i-- > 0;)
    if (may_edit (cf_timeline_row (self->timeline, i))) {
      cf_conversation_actions_edit (self, cf_timeline_row (self->timeline, i));
      return;
    }
}
