/* SPDX-License-Identifier: GPL-3.0-or-later */
/* notify.c - one notification for each conversation, replaced by the next, withdrawn once it was read. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/transfers.h"
#include "ui/client/words.h"
#include "ui/gtk/notify.h"
#include "ui/gtk/window.h"

#define BODY_CHARS 200

struct cf_notify {
  CfApp *app;
  struct cf_model_listener *listener;
  GHashTable *shown; /* id of a notification -> struct shown */
};

struct shown {
  char *about; /* the conversation or request */
  char *text;  /* what it says, of a file; else NULL */
};

static void
shown_free (gpointer data)
{
  struct shown *shown = data;

  g_free (shown->about);
  g_free (shown->text);
  g_free (shown);
}

static gboolean
is_looked_at (CfNotify *notify, const char *conversation)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (notify->app));

  return CF_IS_WINDOW (window) && gtk_window_is_active (window)
         && !g_strcmp0 (cf_window_conversation (CF_WINDOW (window)), conversation);
}

static gboolean
is_wanted (CfNotify *notify)
{
  return strcmp (cf_model_setting (cf_app_model (notify->app), "notifications"), "off") != 0;
}

static gboolean
is_content_hidden (CfNotify *notify)
{
  return !strcmp (cf_model_setting (cf_app_model (notify->app), "notification-content"), "hide");
}

/* Some desktops take what a notification says for markup, others do not, and GLib does not tell: peers' texts get
   neither tags nor entities, but characters that look like theirs. */
static char *
neutralise (char *text)
{
  GString *plain = g_string_new (NULL);

  for (const char *p = text; *p; p++)
    if (*p == '<')
      g_string_append (plain, "‹");
    else if (*p == '&')
      g_string_append (plain, "＆");
    else
      g_string_append_c (plain, *p);
  g_free (text);
  return g_string_free (plain, FALSE);
}

static void
send (CfNotify *notify, const char *id, const char *about, const char *text, GNotification *notification)
{
  struct shown *shown = g_new (struct shown, 1);

  g_notification_set_priority (notification, G_NOTIFICATION_PRIORITY_HIGH);
  g_application_send_notification (G_APPLICATION (notify->app), id, notification);
  *shown = (struct shown){ g_strdup (about), g_strdup (text) };
  g_hash_table_insert (notify->shown, g_strdup (id), shown);
  g_object_unref (notification);
}

static void
withdraw (CfNotify *notify, const char *id)
{
  if (g_hash_table_remove (notify->shown, id))
    g_application_withdraw_notification (G_APPLICATION (notify->app), id);
}

/* ---- messages ---- */

/* What was written, or how much of it: bounded, on one line. */
static char *
get_body (CfNotify *notify, const json_t *conversation, const json_t *message)
{
  unsigned unread = (unsigned) CLAMP (cf_row_number (conversation, "unread"), 0, G_MAXINT);
  char *text, *body;

  if (unread > 1)
    return g_strdup_printf (ngettext ("%u new message", "%u new messages", unread), unread);
  if (is_content_hidden (notify))
    return g_strdup (_("New message"));
  text = cf_words_text (message);
  g_strdelimit (text, "\n\r\t", ' ');
  body = g_utf8_strlen (text, -1) > BODY_CHARS ? g_utf8_substring (text, 0, BODY_CHARS) : g_strdup (text);
  free (text);
  return neutralise (body);
}

static void
on_message (CfNotify *notify, const json_t *event)
{
  const char *id = cf_row_text (event, "conversation");
  const json_t *conversation = cf_model_get (cf_app_model (notify->app), CF_MODEL_CONVERSATIONS, id);
  GNotification *notification;
  char *name, *body;

  if (json_is_object (json_object_get (event, "attachment"))) /* told as a file */
    return;
  if (strcmp (cf_row_text (event, "direction"), "in") || !conversation || cf_row_true (conversation, "muted")
      || !is_wanted (notify) || is_looked_at (notify, id))
    return;
  name = neutralise (cf_words_name (conversation));
  body = get_body (notify, conversation, event);
  notification = g_notification_new (name);
  g_notification_set_body (notification, body);
  g_notification_set_default_action_and_target (notification, "app.show", "s", id);
  g_notification_add_button_with_target (notification, _("Reply"), "app.show", "s", id);
  g_notification_add_button_with_target (notification, _("Mark as Read"), "app.mark-read", "s", id);
  send (notify, id, id, NULL, notification);
  g_free (name);
  g_free (body);
}

/* ---- files ---- */

/* A sentence for what happened to a file that nobody is looking at; NULL: nothing that matters. */
static char *
file_words (CfNotify *notify, const json_t *transfer)
{
  gboolean hidden = is_content_hidden (notify), incoming = cf_transfer_incoming (transfer);
  char *name = neutralise (cf_words_transfer_name (transfer)), *text = NULL;

  switch (cf_transfer_state (transfer)) {
  case CF_TRANSFER_OFFERED:
    if (incoming) /* Translators: here and in what follows %s is the name of a file */
      text = hidden ? g_strdup (_("Wants to send you a file")) : g_strdup_printf (_("Wants to send you %s"), name);
    break;
  case CF_TRANSFER_DONE:
    if (incoming)
      text = hidden ? g_strdup (_("A file has come")) : g_strdup_printf (_("%s has come"), name);
    break;
  case CF_TRANSFER_FAILED:
    text = hidden ? g_strdup (_("A file could not be transferred"))
                  : g_strdup_printf (_("%s could not be transferred"), name);
    break;
  default: break;
  }
  g_free (name);
  return text;
}

/* Does it say so already?  Sent once more at once, it would be there twice: until the desktop has answered the first,
   GLib does not know which one to replace. */
static gboolean
is_said (CfNotify *notify, const char *id, const char *text)
{
  const struct shown *shown = g_hash_table_lookup (notify->shown, id);

  return shown && !g_strcmp0 (shown->text, text);
}

/* One for each file, so that the end takes the place of the offer. */
static void
on_transfer (CfNotify *notify, const json_t *transfer)
{
  const char *conversation = cf_row_text (transfer, "conversation");
  const json_t *row = cf_model_get (cf_app_model (notify->app), CF_MODEL_CONVERSATIONS, conversation);
  char *id = g_strconcat ("file-", cf_row_text (transfer, "transfer"), NULL), *text, *name;
  GNotification *notification;

  text = row && !cf_row_true (row, "muted") && is_wanted (notify) ? file_words (notify, transfer) : NULL;
  if (!text)
    withdraw (notify, id); /* it was answered */
  else if (!is_looked_at (notify, conversation) && !is_said (notify, id, text)) {
    name = neutralise (cf_words_name (row));
    notification = g_notification_new (name);
    g_notification_set_body (notification, text);
    g_notification_set_default_action_and_target (notification, "app.show", "s", conversation);
    send (notify, id, conversation, text, notification);
    g_free (name);
  }
  g_free (text);
  g_free (id);
}

/* ---- requests ---- */

static void
on_request (CfNotify *notify, const json_t *event)
{
  const char *id = cf_row_text (event, "request");
  gboolean verify = !strcmp (cf_row_text (event, "purpose"), "verify");
  GNotification *notification;
  char *name, *text;

  if (!is_wanted (notify))
    return;
  name = neutralise (cf_words_name (event));
  text = g_strdup_printf (verify ? _("%s wants to verify you again") : _("%s asks for a conversation"), name);
  notification = g_notification_new (text);
  g_notification_set_body (notification, *cf_row_text (event, "warning")
                                             ? _("Not who the name says: look before you answer")
                                             : _("Agree on a password by voice or in person, then answer"));
  g_notification_set_default_action_and_target (notification, "app.answer", "s", id);
  g_notification_add_button_with_target (notification, _("Answer"), "app.answer", "s", id);
  send (notify, id, id, NULL, notification);
  g_free (name);
  g_free (text);
}

/* ---- the model ---- */

static void
on_event (void *arg, const json_t *event)
{
  const char *kind = cf_row_text (event, "event");

  if (!strcmp (kind, "message"))
    on_message (arg, event);
  else if (!strcmp (kind, "request"))
    on_request (arg, event);
  else if (!strcmp (kind, "transfer"))
    on_transfer (arg, event);
}

/* Has nobody to look at ABOUT, a conversation or a request, any more? */
static gboolean
is_over (CfNotify *notify, const char *about)
{
  struct cf_model *model = cf_app_model (notify->app);
  const json_t *conversation = cf_model_get (model, CF_MODEL_CONVERSATIONS, about);

  return !cf_model_get (model, CF_MODEL_REQUESTS, about) && !cf_row_number (conversation, "unread");
}

static void
on_changed (void *arg, enum cf_model_list list, const char *changed)
{
  CfNotify *notify = arg;
  GHashTableIter iter;
  gpointer id, shown;

  if (list != CF_MODEL_CONVERSATIONS && list != CF_MODEL_REQUESTS)
    return;
  g_hash_table_iter_init (&iter, notify->shown);
  while (g_hash_table_iter_next (&iter, &id, &shown)) {
    const char *about = ((const struct shown *) shown)->about;

    if ((!changed || !strcmp (changed, about)) && is_over (notify, about)) {
      g_application_withdraw_notification (G_APPLICATION (notify->app), id);
      g_hash_table_iter_remove (&iter);
    }
  }
}

CfNotify *
cf_notify_new (CfApp *app)
{
  static const struct cf_model_handler handler = { .changed = on_changed, .event = on_event };
  CfNotify *notify = g_new0 (CfNotify, 1);

  notify->app = app;
  notify->shown = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, shown_free);
  if (cf_model_listen (cf_app_model (app), &handler, notify, &notify->listener))
    g_error ("no memory for notifications");
  return notify;
}

void
cf_notify_free (CfNotify *notify)
{
  if (!notify)
    return;
  cf_model_unlisten (cf_app_model (notify->app), notify->listener);
  g_hash_table_destroy (notify->shown);
  g_free (notify);
}
