/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversation_view_actions.c - what can be done with a message: three buttons over the row under the pointer or with the
 * focus, and a menu.  There is one set of them, which moves: rows are many.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/words.h"
#include "ui/gtk/choice_dialog.h"
#include "ui/gtk/conversation_view_private.h"
#include "ui/gtk/emoji.h"
#include "ui/gtk/message_details.h"
#include "ui/gtk/message_row_text.h"

#define EDGE_PX 14
#define MENU_LINKS_MAX 5

static bool
is_own (const json_t *row)
{
  return !strcmp (cf_row_text (row, "direction"), "out");
}

static bool
is_deleted (const json_t *row)
{
  return cf_row_true (row, "deleted");
}

/* Nobody's message, or none that counts: nothing can be said to it. */
static bool
is_mute (const json_t *row)
{
  return cf_row_true (row, "notice") || !strcmp (cf_row_text (row, "signature"), "bad");
}

static bool
has_failed (const json_t *row)
{
  return !strcmp (cf_row_text (row, "state"), "failed");
}

static bool
may_write (CfConversationView *self)
{
  return gtk_widget_get_visible (GTK_WIDGET (self->composer));
}

static const char *
id_of (const json_t *row)
{
  return cf_row_text (row, "message");
}

static GtkWindow *
window_of (CfConversationView *self)
{
  return GTK_WINDOW (gtk_widget_get_toplevel (GTK_WIDGET (self)));
}

/* ---- the buttons ---- */

/* The row that the buttons are about is to be seen as such. */
static void
mark_acting (CfConversationView *self, bool on)
{
  GtkWidget *row = self->acting >= 0 ? cf_timeline_view_widget (self->rows, (guint) self->acting) : NULL;

  if (row && on)
    gtk_style_context_add_class (gtk_widget_get_style_context (row), "acting");
  else if (row)
    gtk_style_context_remove_class (gtk_widget_get_style_context (row), "acting");
}

void
cf_conversation_actions_hide (CfConversationView *self)
{
  if (self->menu_open)
    return;
  mark_acting (self, false);
  self->acting = -1;
  gtk_widget_hide (self->actions);
}

static void
show_at (CfConversationView *self, int at)
{
  const json_t *row = at >= 0 && self->timeline ? cf_timeline_row (self->timeline, (size_t) at) : NULL;

  if (self->menu_open)
    return;
  if (!row) {
    cf_conversation_actions_hide (self);
    return;
  }
  mark_acting (self, false);
  self->acting = at;
  mark_acting (self, true);
  gtk_widget_set_visible (self->react_button, may_write (self) && !is_mute (row) && !is_deleted (row) && !has_failed (row));
  gtk_widget_set_visible (self->reply_button, may_write (self) && !is_mute (row) && !is_deleted (row) && !has_failed (row));
  gtk_widget_show (self->actions);
  gtk_widget_queue_resize (self->actions);
}

static gboolean
on_position (GtkOverlay *overlay, GtkWidget *child, GdkRectangle *place, CfConversationView *self)
{
  GdkRectangle row;
  GtkRequisition size;
  int width = gtk_widget_get_allocated_width (GTK_WIDGET (overlay));

  if (child != self->actions || self->acting < 0 || self->acting >= (int) cf_timeline_view_count (self->rows))
    return FALSE;
  cf_timeline_view_place (self->rows, (guint) self->acting, &row);
  gtk_widget_get_preferred_size (child, NULL, &size);
  place->width = MIN (size.width, width);
  place->height = size.height;
  place->x = gtk_widget_get_direction (child) == GTK_TEXT_DIR_RTL ? EDGE_PX : MAX (0, width - size.width - EDGE_PX);
  place->y = MAX (0, row.y - size.height / 2);
  return TRUE;
}

static bool
is_pointed_at (GtkWidget *widget)
{
  GdkDevice *pointer = gdk_seat_get_pointer (gdk_display_get_default_seat (gtk_widget_get_display (widget)));
  GdkWindow *window = gtk_widget_get_window (widget);
  int x, y;

  if (!gtk_widget_get_visible (widget) || !window)
    return false;
  gdk_window_get_device_position (window, pointer, &x, &y, NULL);
  return x >= 0 && y >= 0 && x < gdk_window_get_width (window) && y < gdk_window_get_height (window);
}

static void
on_hover (CfTimelineView *rows, int at, CfConversationView *self)
{
  (void) rows;
  if (at >= 0 || !is_pointed_at (self->actions))
    show_at (self, at);
}

static gboolean
on_leave (GtkWidget *actions, GdkEventCrossing *event, CfConversationView *self)
{
  (void) actions;
  if (event->detail != GDK_NOTIFY_INFERIOR)
    cf_conversation_actions_hide (self);
  return FALSE;
}

static void
on_focus_child (GtkContainer *rows, GtkWidget *child, CfConversationView *self)
{
  (void) rows;
  if (child)
    show_at (self, cf_timeline_view_index (self->rows, child));
}

static const json_t *
acting_row (CfConversationView *self)
{
  return self->acting >= 0 && self->timeline ? cf_timeline_row (self->timeline, (size_t) self->acting) : NULL;
}

static void
on_closed (CfConversationView *self)
{
  self->menu_open = false;
  if (!is_pointed_at (self->actions))
    cf_conversation_actions_hide (self);
}

/* ---- doing it ---- */

static void
react (CfConversationView *self, const char *message, const char *emoji)
{
  const char *words[] = { cf_conversation_view_id (self), message, *emoji ? emoji : NULL, NULL };

  cf_conversation_view_call (self, "REACT", words);
}

static void
on_chosen (CfEmojiPopover *popover, const char *emoji, CfConversationView *self)
{
  react (self, g_object_get_data (G_OBJECT (popover), "message"), emoji);
}

static gboolean
destroy_later (gpointer widget)
{
  gtk_widget_destroy (widget);
  return G_SOURCE_REMOVE;
}

static void
on_popover_closed (GtkWidget *popover, CfConversationView *self)
{
  on_closed (self);
  g_idle_add (destroy_later, popover);
}

static void
on_react (CfConversationView *self)
{
  const json_t *row = acting_row (self);
  GtkWidget *popover;

  if (!row)
    return;
  popover = cf_emoji_popover_new (self->react_button);
  g_object_set_data_full (G_OBJECT (popover), "message", g_strdup (id_of (row)), g_free);
  g_signal_connect (popover, "chosen", G_CALLBACK (on_chosen), self);
  g_signal_connect (popover, "closed", G_CALLBACK (on_popover_closed), self);
  self->menu_open = true;
  gtk_popover_popup (GTK_POPOVER (popover));
}

static void
reply (CfConversationView *self, const json_t *row)
{
  char *text = cf_words_text (row);

  cf_composer_reply (self->composer, id_of (row), is_own (row) ? _ ("You") : self->peer, text);
  free (text);
}

static void
on_reply (CfConversationView *self)
{
  if (acting_row (self))
    reply (self, acting_row (self));
}

static void
copy_text (CfConversationView *self, const json_t *row)
{
  char *text = cf_words_text (row);

  gtk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self), GDK_SELECTION_CLIPBOARD), text, -1);
  free (text);
}

void
cf_conversation_actions_edit (CfConversationView *self, const json_t *row)
{
  cf_composer_edit (self->composer, id_of (row), cf_row_text (row, "text"));
}

static void
on_delete_response (GtkDialog *dialog, int response, CfConversationView *self)
{
  const char *message = g_object_get_data (G_OBJECT (dialog), "message");
  const char *conversation = g_object_get_data (G_OBJECT (dialog), "conversation");
  bool both = g_object_get_data (G_OBJECT (dialog), "both") && !cf_choice_dialog_chosen (CF_CHOICE_DIALOG (dialog));
  const char *everywhere[] = { conversation, message, NULL }, *here[] = { "--here", conversation, message, NULL };

  if (response == GTK_RESPONSE_ACCEPT)
    cf_conversation_view_call (self, "DELETE-MESSAGE", both ? everywhere : here);
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

/* What it means is said: the other side may have read it, and its program may have kept it. */
static void
ask_delete (CfConversationView *self, const json_t *row)
{
  bool both = is_own (row) && !is_deleted (row) && !has_failed (row) && !is_mute (row);
  CfChoiceDialog *dialog = cf_choice_dialog_new (
      window_of (self), _ ("Delete this message?"),
      both ? "" : _ ("It goes from your own history. The other side keeps what it has."), _ ("Delete"), TRUE);

  if (both) {
    cf_choice_dialog_add (dialog, _ ("For both of you"),
                          _ ("The other side is asked to remove the text too, and sees that a message was deleted. It "
                             "may have been read before."));
    cf_choice_dialog_add (dialog, _ ("Only here"), _ ("It goes from your own history. The other side keeps it."));
    g_object_set_data (G_OBJECT (dialog), "both", dialog);
  }
  g_object_set_data_full (G_OBJECT (dialog), "message", g_strdup (id_of (row)), g_free);
  g_object_set_data_full (G_OBJECT (dialog), "conversation", g_strdup (cf_conversation_view_id (self)), g_free);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_delete_response), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* ---- links ---- */

static void
on_link_response (GtkDialog *dialog, int response, CfConversationView *self)
{
  const char *uri = g_object_get_data (G_OBJECT (dialog), "uri");
  GFile *file = g_file_new_for_uri (uri);
  GError *error = NULL;

  if (response == GTK_RESPONSE_ACCEPT && g_ascii_strncasecmp (uri, "confab:", 7) == 0)
    g_application_open (G_APPLICATION (self->app), &file, 1, "");
  else if (response == GTK_RESPONSE_ACCEPT && !gtk_show_uri_on_window (window_of (self), uri, GDK_CURRENT_TIME, &error)) {
    cf_app_report (self->app, &(struct cf_client_error){
                                  .err = cf_err (GPG_ERR_GENERAL), .name = "", .message = error->message, .hint = "" });
    g_error_free (error);
  }
  g_object_unref (file);
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

/* The host as the network knows it, when the link shows it otherwise; NULL: it does not. */
static char *
host_to_show (const char *uri)
{
  GUri *parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, NULL);
  const char *host = parsed ? g_uri_get_host (parsed) : NULL;
  char *ascii = host && *host ? g_hostname_to_ascii (host) : NULL;

  if (ascii && !g_ascii_strcasecmp (ascii, host))
    g_clear_pointer (&ascii, g_free);
  if (parsed)
    g_uri_unref (parsed);
  return ascii;
}

static void
ask_link (CfConversationView *self, const char *uri)
{
  char *host = host_to_show (uri), *warned = NULL;
  CfChoiceDialog *dialog;

  if (host)
    warned = g_strdup_printf (_ ("%s\n\nIt has letters of other scripts: what is reached is %s."), uri, host);
  dialog = cf_choice_dialog_new (window_of (self), _ ("Open this link?"), warned ? warned : uri, _ ("Open"), FALSE);
  g_object_set_data_full (G_OBJECT (dialog), "uri", g_strdup (uri), g_free);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_link_response), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
  g_free (warned);
  g_free (host);
}

/* ---- the menu ---- */

enum item { ITEM_REACT, ITEM_REPLY, ITEM_COPY, ITEM_EDIT, ITEM_DELETE, ITEM_DETAILS, ITEM_LINK };

static void
on_item (GtkWidget *item, CfConversationView *self)
{
  const char *message = g_object_get_data (G_OBJECT (gtk_widget_get_parent (item)), "message");
  enum item what = (enum item) GPOINTER_TO_INT (g_object_get_data (G_OBJECT (item), "item"));
  const json_t *row;
  size_t at;

  if (!self->timeline || !cf_timeline_find (self->timeline, message, &at))
    return; /* it has gone meanwhile */
  row = cf_timeline_row (self->timeline, at);
  switch (what) {
  case ITEM_REACT:
    self->menu_open = false;
    show_at (self, (int) at);
    on_react (self);
    break;
  case ITEM_REPLY: reply (self, row); break;
  case ITEM_COPY: copy_text (self, row); break;
  case ITEM_EDIT: cf_conversation_actions_edit (self, row); break;
  case ITEM_DELETE: ask_delete (self, row); break;
  case ITEM_DETAILS: cf_message_details_show (self->app, window_of (self), cf_conversation_view_id (self), message); break;
  case ITEM_LINK: ask_link (self, g_object_get_data (G_OBJECT (item), "uri")); break;
  }
}

static GtkWidget *
add_item (CfConversationView *self, GtkWidget *menu, enum item what, const char *label)
{
  GtkWidget *item = gtk_menu_item_new_with_label (label);

  g_object_set_data (G_OBJECT (item), "item", GINT_TO_POINTER (what));
  g_signal_connect (item, "activate", G_CALLBACK (on_item), self);
  gtk_menu_shell_append (GTK_MENU_SHELL (menu), item);
  return item;
}

static void
add_links (CfConversationView *self, GtkWidget *menu, const json_t *row)
{
  struct cf_text_range links[MENU_LINKS_MAX];
  char *text = cf_words_text (row);
  size_t n = is_mute (row) || is_deleted (row) ? 0 : cf_message_text_links (text, links, MENU_LINKS_MAX);

  for (size_t i = 0; i < n; i++) {
    char *uri = g_strndup (text + links[i].start, links[i].end - links[i].start);
    char *label = g_strdup_printf (_ ("Open %s"), uri);
    GtkWidget *item = add_item (self, menu, ITEM_LINK, label);

    gtk_label_set_ellipsize (GTK_LABEL (gtk_bin_get_child (GTK_BIN (item))), PANGO_ELLIPSIZE_MIDDLE);
    gtk_label_set_max_width_chars (GTK_LABEL (gtk_bin_get_child (GTK_BIN (item))), 40);
    g_object_set_data_full (G_OBJECT (item), "uri", uri, g_free);
    g_free (label);
  }
  free (text);
}

static GtkWidget *
menu_new (CfConversationView *self, const json_t *row)
{
  GtkWidget *menu = gtk_menu_new ();
  bool said = !is_mute (row) && !is_deleted (row), sent = said && !has_failed (row);

  g_object_set_data_full (G_OBJECT (menu), "message", g_strdup (id_of (row)), g_free);
  if (sent && may_write (self)) {
    add_item (self, menu, ITEM_REACT, _ ("React…"));
    add_item (self, menu, ITEM_REPLY, _ ("Reply"));
  }
  if (!is_deleted (row))
    add_item (self, menu, ITEM_COPY, _ ("Copy the text"));
  add_links (self, menu, row);
  if (sent && is_own (row) && may_write (self) && !json_is_object (json_object_get (row, "attachment")))
    add_item (self, menu, ITEM_EDIT, _ ("Edit"));
  add_item (self, menu, ITEM_DELETE, _ ("Delete…"));
  add_item (self, menu, ITEM_DETAILS, _ ("Details"));
  gtk_menu_attach_to_widget (GTK_MENU (menu), GTK_WIDGET (self), NULL);
  g_signal_connect_swapped (menu, "deactivate", G_CALLBACK (on_closed), self);
  gtk_widget_show_all (menu);
  return menu;
}

static void
on_menu (CfConversationView *self)
{
  const json_t *row = acting_row (self);
  GtkWidget *menu;

  if (!row)
    return;
  menu = menu_new (self, row);
  self->menu_open = true;
  gtk_menu_popup_at_widget (GTK_MENU (menu), self->menu_button, GDK_GRAVITY_SOUTH_EAST, GDK_GRAVITY_NORTH_EAST, NULL);
}

/* ---- what rows ask for ---- */

static void
write_again (CfConversationView *self, const json_t *message)
{
  char *now = cf_composer_text (self->composer);
  char *both = g_strconcat (now, *now ? "\n" : "", cf_row_text (message, "text"), NULL);

  cf_composer_set_text (self->composer, both);
  cf_conversation_write_typed (self);
  cf_composer_focus (self->composer);
  g_free (both);
  g_free (now);
}

void
cf_conversation_actions_on_act (CfMessageRow *row, int act, const char *detail, CfConversationView *self)
{
  const json_t *message = cf_message_row_json (row);

  switch ((enum cf_message_act) act) {
  case CF_ACT_JUMP: cf_conversation_view_jump (self, detail); break;
  case CF_ACT_LINK: ask_link (self, detail); break;
  case CF_ACT_REACT:
    if (may_write (self))
      react (self, id_of (message), detail);
    break;
  case CF_ACT_AGAIN: write_again (self, message); break;
  case CF_ACT_MENU:
    show_at (self, cf_timeline_view_index (self->rows, GTK_WIDGET (row)));
    on_menu (self);
    break;
  }
}

void
cf_conversation_actions_init (CfConversationView *self)
{
  self->acting = -1;
  gtk_widget_add_events (self->actions, GDK_LEAVE_NOTIFY_MASK);
  g_signal_connect (self->overlay, "get-child-position", G_CALLBACK (on_position), self);
  g_signal_connect (self->actions, "leave-notify-event", G_CALLBACK (on_leave), self);
  g_signal_connect (self->rows, "hover", G_CALLBACK (on_hover), self);
  g_signal_connect (self->rows, "set-focus-child", G_CALLBACK (on_focus_child), self);
  g_signal_connect_swapped (self->react_button, "clicked", G_CALLBACK (on_react), self);
  g_signal_connect_swapped (self->reply_button, "clicked", G_CALLBACK (on_reply), self);
  g_signal_connect_swapped (self->menu_button, "clicked", G_CALLBACK (on_menu), self);
}
