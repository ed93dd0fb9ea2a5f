/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversation_view.c - one conversation: what surrounds its rows, and what the model tells of it. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/words.h"
#include "ui/gtk/conversation_view_private.h"

#define CLOCK_S 30 /* "5 minutes ago" is said anew */

G_DEFINE_TYPE (CfConversationView, cf_conversation_view, GTK_TYPE_BOX)

const char *
cf_conversation_view_id (CfConversationView *self)
{
  return self->timeline ? cf_timeline_conversation (self->timeline) : NULL;
}

void
cf_conversation_view_call (CfConversationView *self, const char *verb, const char *const *words)
{
  cf_app_call (self->app, verb, words);
}

static const json_t *
conversation_row (CfConversationView *self)
{
  const char *id = cf_conversation_view_id (self);

  return id ? cf_model_get (cf_app_model (self->app), CF_MODEL_CONVERSATIONS, id) : NULL;
}

/* ---- what the model tells ---- */

static void
say_typing (CfConversationView *self)
{
  const json_t *row = conversation_row (self);
  bool typing = row && cf_model_typing (cf_app_model (self->app), cf_conversation_view_id (self));
  char *text = typing ? cf_words_typing (row) : NULL;

  gtk_label_set_text (self->typing, text ? text : "");
  free (text);
}

/* One writes, or reads why one cannot and what can be done. */
static void
show_composer (CfConversationView *self)
{
  bool barred = cf_key_bar_update (self->key_bar, conversation_row (self));

  gtk_widget_set_visible (GTK_WIDGET (self->key_bar), barred);
  gtk_widget_set_visible (GTK_WIDGET (self->warning_bar), cf_key_bar_warn (self->warning_bar, conversation_row (self)));
  gtk_widget_set_visible (GTK_WIDGET (self->composer), self->timeline && !barred);
  cf_conversation_files_peer (self);
}

static void
take_peer (CfConversationView *self)
{
  const json_t *row = conversation_row (self);
  char *name, *isolated, *hint;

  if (!row)
    return;
  name = cf_words_name (cf_model_status (cf_app_model (self->app)));
  g_free (self->own);
  self->own = g_strdup (name);
  free (name);
  name = cf_words_name (row);
  isolated = g_strconcat ("\u2068", name, "\u2069", NULL);
  hint = g_strdup_printf (_ ("What you write is signed by you, and only %s and you can read it."), isolated);
  g_free (self->peer);
  self->peer = g_strdup (name);
  gtk_label_set_text (self->empty_hint, hint);
  cf_composer_set_peer (self->composer, name);
  g_free (hint);
  g_free (isolated);
  free (name);
}

static void
on_model_changed (void *arg, enum cf_model_list list, const char *id)
{
  CfConversationView *self = arg;

  if (list == CF_MODEL_SETTINGS)
    cf_composer_set_send_key (self->composer, cf_model_setting (cf_app_model (self->app), "send-key"));
  if (self->timeline && list == CF_MODEL_PEERS) /* who passes for somebody comes and goes */
    show_composer (self);
  if (!self->timeline || list != CF_MODEL_CONVERSATIONS || (id && strcmp (id, cf_conversation_view_id (self))))
    return;
  take_peer (self);
  say_typing (self);
  show_composer (self);
  cf_conversation_write_draft_changed (self);
}

/* ---- which conversation ---- */

static void
close_timeline (CfConversationView *self)
{
  cf_conversation_write_stop (self);
  cf_conversation_files_stop (self);
  self->menu_open = false;
  cf_conversation_actions_hide (self);
  cf_timeline_free (self->timeline);
  self->timeline = NULL;
  self->unread_at = G_MAXUINT;
  self->unread = self->more_unread = 0;
  self->fresh = 0;
  g_clear_pointer (&self->read, g_free);
  cf_timeline_view_clear (self->rows);
  gtk_widget_hide (self->empty);
  gtk_widget_hide (self->to_end);
}

void
cf_conversation_view_show (CfConversationView *self, const char *conversation)
{
  if (!g_strcmp0 (conversation, cf_conversation_view_id (self)))
    return;
  close_timeline (self);
  cf_search_bar_set_conversation (self->search, conversation);
  if (conversation) {
    if (cf_timeline_new (cf_app_model (self->app), conversation, &cf_conversation_rows_handler, self, &self->timeline))
      g_error ("out of memory");
    cf_timeline_view_to_end (self->rows);
    self->unread = (unsigned) CLAMP (cf_row_number (conversation_row (self), "unread"), 0, G_MAXINT);
    take_peer (self);
    cf_conversation_write_start (self);
    cf_conversation_files_start (self);
  }
  say_typing (self);
  show_composer (self);
  if (conversation && gtk_widget_get_visible (GTK_WIDGET (self->composer)))
    cf_composer_focus (self->composer);
}

void
cf_conversation_view_find (CfConversationView *self)
{
  if (self->timeline)
    cf_search_bar_open (self->search);
}

void
cf_conversation_view_jump (CfConversationView *self, const char *message)
{
  if (self->timeline)
    cf_timeline_jump (self->timeline, message);
}

gboolean
cf_conversation_view_type (CfConversationView *self, GdkEventKey *event)
{
  return gtk_widget_is_visible (GTK_WIDGET (self->composer)) && cf_composer_type (self->composer, event);
}

gboolean
cf_conversation_view_leave (CfConversationView *self)
{
  if (cf_search_bar_is_open (self->search))
    cf_search_bar_close (self->search);
  else if (cf_composer_mode (self->composer) != CF_WRITE)
    cf_composer_leave (self->composer);
  else
    return FALSE;
  if (gtk_widget_is_visible (GTK_WIDGET (self->composer)))
    cf_composer_focus (self->composer);
  return TRUE;
}

/* ---- signals of its parts ---- */

static void
on_older (CfConversationView *self)
{
  if (self->timeline)
    cf_timeline_older (self->timeline);
}

static void
on_newer (CfConversationView *self)
{
  if (self->timeline)
    cf_timeline_newer (self->timeline);
}

static void
on_to_end (CfConversationView *self)
{
  if (self->timeline)
    cf_conversation_rows_to_end (self);
}

static void
on_found (CfConversationView *self, const char *message)
{
  cf_conversation_view_jump (self, message);
}

static void
on_words (CfConversationView *self)
{
  for (guint i = 0; i < cf_timeline_view_count (self->rows); i++)
    if (cf_timeline_view_widget (self->rows, i))
      cf_message_row_mark (CF_MESSAGE_ROW (cf_timeline_view_widget (self->rows, i)), cf_search_bar_words (self->search));
}

static gboolean
on_clock (gpointer data)
{
  CfConversationView *self = data;

  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    cf_conversation_rows_tick (self);
  return G_SOURCE_CONTINUE;
}

/* The window came to the front: what is in it can be seen now. */
static void
on_active (CfConversationView *self)
{
  cf_conversation_rows_shown (self);
}

/* ---- a widget ---- */

static void
cf_conversation_view_hierarchy_changed (GtkWidget *widget, GtkWidget *before)
{
  GtkWidget *window = gtk_widget_get_toplevel (widget);

  if (GTK_IS_WINDOW (before))
    g_signal_handlers_disconnect_by_func (before, on_active, widget);
  if (GTK_IS_WINDOW (window))
    g_signal_connect_object (window, "notify::is-active", G_CALLBACK (on_active), widget, G_CONNECT_SWAPPED);
}

static void
cf_conversation_view_destroy (GtkWidget *widget)
{
  CfConversationView *self = CF_CONVERSATION_VIEW (widget);

  if (self->timeline)
    close_timeline (self);
  if (self->listener)
    cf_model_unlisten (cf_app_model (self->app), self->listener);
  self->listener = NULL;
  if (self->clock)
    g_source_remove (self->clock);
  self->clock = 0;
  GTK_WIDGET_CLASS (cf_conversation_view_parent_class)->destroy (widget);
}

static void
cf_conversation_view_finalize (GObject *object)
{
  CfConversationView *self = CF_CONVERSATION_VIEW (object);

  g_free (self->peer);
  g_free (self->own);
  g_free (self->saved);
  g_free (self->read);
  g_hash_table_destroy (self->waiting);
  G_OBJECT_CLASS (cf_conversation_view_parent_class)->finalize (object);
}

static void
cf_conversation_view_class_init (CfConversationViewClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_conversation_view_finalize;
  widget->destroy = cf_conversation_view_destroy;
  widget->hierarchy_changed = cf_conversation_view_hierarchy_changed;
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/conversation_view.ui");
  gtk_widget_class_bind_template_child (widget, CfConversationView, overlay);
  gtk_widget_class_bind_template_child (widget, CfConversationView, scrolled);
  gtk_widget_class_bind_template_child (widget, CfConversationView, empty);
  gtk_widget_class_bind_template_child (widget, CfConversationView, empty_hint);
  gtk_widget_class_bind_template_child (widget, CfConversationView, actions);
  gtk_widget_class_bind_template_child (widget, CfConversationView, react_button);
  gtk_widget_class_bind_template_child (widget, CfConversationView, reply_button);
  gtk_widget_class_bind_template_child (widget, CfConversationView, menu_button);
  gtk_widget_class_bind_template_child (widget, CfConversationView, to_end);
  gtk_widget_class_bind_template_child (widget, CfConversationView, fresh_label);
  gtk_widget_class_bind_template_child (widget, CfConversationView, typing);
  gtk_widget_class_bind_template_child (widget, CfConversationView, composer_place);
  gtk_widget_class_bind_template_callback (widget, on_to_end);
}

static void
cf_conversation_view_init (CfConversationView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->unread_at = G_MAXUINT;
}

static void
add_rows (CfConversationView *self)
{
  GtkWidget *rows = cf_timeline_view_new (cf_conversation_rows_make, self);

  self->rows = CF_TIMELINE_VIEW (rows);
  atk_object_set_name (gtk_widget_get_accessible (rows), _ ("Messages"));
  g_signal_connect_swapped (rows, "near-start", G_CALLBACK (on_older), self);
  g_signal_connect_swapped (rows, "near-end", G_CALLBACK (on_newer), self);
  g_signal_connect_swapped (rows, "shown", G_CALLBACK (cf_conversation_rows_shown), self);
  gtk_container_add (GTK_CONTAINER (self->scrolled), rows);
  gtk_widget_show (rows);
  cf_conversation_actions_init (self);
}

static void
add_composer (CfConversationView *self)
{
  GtkWidget *composer = cf_composer_new (self->app), *bar = cf_key_bar_new (self->app);
  GtkWidget *warning = cf_key_bar_new (self->app);

  self->composer = CF_COMPOSER (composer);
  self->key_bar = CF_KEY_BAR (bar);
  g_signal_connect_swapped (composer, "send", G_CALLBACK (cf_conversation_write_send), self);
  g_signal_connect_swapped (composer, "typed", G_CALLBACK (cf_conversation_write_typed), self);
  g_signal_connect_swapped (composer, "edit-last", G_CALLBACK (cf_conversation_write_edit_last), self);
  self->warning_bar = CF_KEY_BAR (warning);
  gtk_widget_set_no_show_all (bar, TRUE);
  gtk_widget_set_no_show_all (warning, TRUE);
  gtk_container_add (GTK_CONTAINER (self->composer_place), warning);
  gtk_container_add (GTK_CONTAINER (self->composer_place), bar);
  gtk_container_add (GTK_CONTAINER (self->composer_place), composer);
}

static void
add_search (CfConversationView *self)
{
  GtkWidget *search = cf_search_bar_new (self->app);

  self->search = CF_SEARCH_BAR (search);
  g_signal_connect_swapped (search, "jump", G_CALLBACK (on_found), self);
  g_signal_connect_swapped (search, "words", G_CALLBACK (on_words), self);
  gtk_box_pack_start (GTK_BOX (self), search, FALSE, FALSE, 0);
  gtk_box_reorder_child (GTK_BOX (self), search, 0);
}

GtkWidget *
cf_conversation_view_new (CfApp *app)
{
  static const struct cf_model_handler handler = { .changed = on_model_changed };
  CfConversationView *self = g_object_new (CF_TYPE_CONVERSATION_VIEW, "visible", TRUE, NULL);

  self->app = app;
  add_search (self);
  add_rows (self);
  add_composer (self);
  cf_conversation_files_init (self);
  show_composer (self);
  cf_composer_set_send_key (self->composer, cf_model_setting (cf_app_model (app), "send-key"));
  self->clock = g_timeout_add_seconds (CLOCK_S, on_clock, self);
  if (cf_model_listen (cf_app_model (app), &handler, self, &self->listener))
    g_error ("out of memory");
  return GTK_WIDGET (self);
}
