/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversation_actions.c - the same actions for the menu of a row and that of the header. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/words.h"
#include "ui/gtk/conversation_actions.h"

struct target {
  CfApp *app;
  GtkWindow *window;
};

static void
call (struct target *t, const char *verb, const char *option, const char *conversation)
{
  const char *words[] = { option ? option : conversation, option ? conversation : NULL, NULL };

  cf_app_call (t->app, verb, words);
}

static void
on_plain (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  static const struct {
    const char *name, *verb, *option;
  } verbs[] = {
    { "pin", "PIN", NULL },           { "unpin", "UNPIN", NULL },   { "mute", "MUTE", NULL },
    { "mute-hour", "MUTE", "--for=1h" }, { "mute-day", "MUTE", "--for=1d" }, { "unmute", "UNMUTE", NULL },
    { "mark-unread", "UNREAD", NULL }, { "mark-read", "READ", NULL },
  };
  const char *name = g_action_get_name (G_ACTION (action));

  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (!strcmp (name, verbs[i].name))
      call (data, verbs[i].verb, verbs[i].option, g_variant_get_string (parameter, NULL));
}

/* ---- what cannot be undone is asked first ---- */

struct question {
  struct target *target;
  const char *verb;
  char *conversation;
};

static void
on_answered (GtkDialog *dialog, int answer, gpointer data)
{
  struct question *q = data;

  if (answer == GTK_RESPONSE_ACCEPT)
    call (q->target, q->verb, NULL, q->conversation);
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

static void
free_question (gpointer data, GClosure *closure)
{
  struct question *q = data;

  (void) closure;
  g_free (q->conversation);
  g_free (q);
}

/* WHAT is asked, with the LOSS it means; BUTTON does VERB.  It does not wait here: whoever drives the program by
   assistive technology would wait with it. */
static void
ask (struct target *t, const char *what, const char *loss, const char *button, const char *verb,
     const char *conversation)
{
  GtkWidget *dialog = gtk_message_dialog_new (t->window, GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT,
                                              GTK_MESSAGE_WARNING, GTK_BUTTONS_NONE, "%s", what);
  struct question *q = g_new0 (struct question, 1);
  GtkWidget *destroy;

  q->target = t;
  q->verb = verb;
  q->conversation = g_strdup (conversation);
  gtk_message_dialog_format_secondary_text (GTK_MESSAGE_DIALOG (dialog), "%s", loss);
  gtk_dialog_add_button (GTK_DIALOG (dialog), _("_Cancel"), GTK_RESPONSE_CANCEL);
  destroy = gtk_dialog_add_button (GTK_DIALOG (dialog), button, GTK_RESPONSE_ACCEPT);
  gtk_style_context_add_class (gtk_widget_get_style_context (destroy), GTK_STYLE_CLASS_DESTRUCTIVE_ACTION);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_CANCEL);
  g_signal_connect_data (dialog, "response", G_CALLBACK (on_answered), q, free_question, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
on_close (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  struct target *t = data;
  const char *id = g_variant_get_string (parameter, NULL);
  const json_t *row = cf_model_get (cf_app_model (t->app), CF_MODEL_CONVERSATIONS, id);
  gboolean requested = !strcmp (cf_row_text (row, "state"), "requested");
  char *name = cf_words_name (row), *what;

  (void) action;
  what = g_strdup_printf (requested ? _("Withdraw your request to %s?") : _("Close the conversation with %s?"), name);
  ask (t, what,
       requested ? _("It disappears on the other side too. You can ask again whenever you like.")
                 : _("Nobody can write in it any more, and the other side is told. What was written stays readable"
                     " here. To go on later, both of you type a password again."),
       requested ? _("_Withdraw") : _("_Close"), "CLOSE", id);
  g_free (what);
  free (name);
}

static void
on_delete (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  struct target *t = data;
  const char *id = g_variant_get_string (parameter, NULL);
  const json_t *row = cf_model_get (cf_app_model (t->app), CF_MODEL_CONVERSATIONS, id);
  gboolean open = !strcmp (cf_row_text (row, "state"), "open");
  char *name = cf_words_name (row), *what;

  (void) action;
  what = g_strdup_printf (_("Delete the conversation with %s?"), name);
  ask (t, what,
       open ? _("It is closed, and the other side is told. All its messages on this computer, and the key that opens"
                " them, are destroyed: nobody can bring them back. The other side keeps its copy.")
            : _("All its messages on this computer, and the key that opens them, are destroyed: nobody can bring them"
                " back. The other side keeps its copy."),
       _("_Delete"), "DELETE", id);
  g_free (what);
  free (name);
}

static void
free_target (gpointer data, GObject *window)
{
  (void) window;
  g_free (data);
}

void
cf_conversation_actions_add (GtkWindow *window, CfApp *app)
{
  static const GActionEntry entries[] = {
    { .name = "pin", .activate = on_plain, .parameter_type = "s" },
    { .name = "unpin", .activate = on_plain, .parameter_type = "s" },
    { .name = "mute", .activate = on_plain, .parameter_type = "s" },
    { .name = "mute-hour", .activate = on_plain, .parameter_type = "s" },
    { .name = "mute-day", .activate = on_plain, .parameter_type = "s" },
    { .name = "unmute", .activate = on_plain, .parameter_type = "s" },
    { .name = "mark-unread", .activate = on_plain, .parameter_type = "s" },
    { .name = "mark-read", .activate = on_plain, .parameter_type = "s" },
    { .name = "close", .activate = on_close, .parameter_type = "s" },
    { .name = "delete", .activate = on_delete, .parameter_type = "s" },
  };
  GSimpleActionGroup *group = g_simple_action_group_new ();
  struct target *t = g_new0 (struct target, 1);

  t->app = app;
  t->window = window;
  g_object_weak_ref (G_OBJECT (window), free_target, t);
  g_action_map_add_action_entries (G_ACTION_MAP (group), entries, G_N_ELEMENTS (entries), t);
  gtk_widget_insert_action_group (GTK_WIDGET (window), "conversation", G_ACTION_GROUP (group));
  g_object_unref (group);
}

/* ---- the menu ---- */

static void
add (GMenu *menu, const char *label, const char *action, const char *id)
{
  GMenuItem *item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target (item, action, "s", id);
  g_menu_append_item (menu, item);
  g_object_unref (item);
}

GMenuModel *
cf_conversation_menu_new (const json_t *data, gboolean in_header)
{
  GMenu *menu = g_menu_new (), *upper = g_menu_new (), *lower = g_menu_new (), *mute = g_menu_new ();
  GMenu *find = g_menu_new ();
  const char *id = cf_row_text (data, "conversation"), *state = cf_row_text (data, "state");
  gboolean requested = !strcmp (state, "requested");

  if (!requested) {
    g_menu_append (find, _("_Find in This Conversation…"), "win.find");
    add (upper, cf_row_true (data, "pinned") ? _("Un_pin") : _("_Pin"),
         cf_row_true (data, "pinned") ? "conversation.unpin" : "conversation.pin", id);
    if (cf_row_true (data, "muted"))
      add (upper, _("Un_mute"), "conversation.unmute", id);
    else {
      add (mute, _("For an _hour"), "conversation.mute-hour", id);
      add (mute, _("For a _day"), "conversation.mute-day", id);
      add (mute, _("Until I _unmute it"), "conversation.mute", id);
      g_menu_append_submenu (upper, _("_Mute"), G_MENU_MODEL (mute));
    }
    if (cf_row_number (data, "unread") || cf_row_true (data, "marked_unread"))
      add (upper, _("Mark as _Read"), "conversation.mark-read", id);
    else
      add (upper, _("Mark as Un_read"), "conversation.mark-unread", id);
  }
  if (strcmp (state, "closed"))
    add (lower, requested ? _("_Withdraw the Request…") : _("_Close…"), "conversation.close", id);
  if (!requested)
    add (lower, _("_Delete…"), "conversation.delete", id);
  if (in_header)
    g_menu_append_section (menu, NULL, G_MENU_MODEL (find));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (upper));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (lower));
  g_object_unref (upper);
  g_object_unref (lower);
  g_object_unref (mute);
  g_object_unref (find);
  return G_MENU_MODEL (menu);
}
