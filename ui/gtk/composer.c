/* SPDX-License-Identifier: GPL-3.0-or-later */
/* composer.c - where one writes. */

#include <config.h>

#include <string.h>

#include "ui/client/i18n.h"
#include "ui/gtk/composer.h"
#include "ui/gtk/drop_overlay.h"
#include "ui/gtk/message_row_text.h"

#define LINES_MAX 6
#define ABOUT_TEXT_MAX 160 /* characters of a message that is answered */

struct _CfComposer {
  GtkBox parent;
  GtkWidget *about, *scrolled, *hint, *attach, *send, *too_long;
  CfAttachStrip *strip;
  GtkImage *about_icon, *send_icon;
  GtkLabel *about_label;
  GtkTextView *view;
  GtkTextBuffer *buffer; /* of VIEW */
  enum cf_composer_mode mode;
  char *target;    /* of REPLY, EDIT */
  char *aside;     /* what was being written, during EDIT */
  bool ctrl_sends; /* not Enter alone */
  bool setting;    /* we change the text ourselves */
};

G_DEFINE_TYPE (CfComposer, cf_composer, GTK_TYPE_BOX)

enum { SEND, TYPED, EDIT_LAST, LEFT, LAST_SIGNAL };
static guint signals[LAST_SIGNAL];

/* ---- the text ---- */

char *
cf_composer_text (CfComposer *self)
{
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (self->buffer, &start, &end);
  return gtk_text_buffer_get_text (self->buffer, &start, &end, FALSE);
}

char *
cf_composer_draft (CfComposer *self)
{
  return self->mode == CF_EDIT ? g_strdup (self->aside ? self->aside : "") : cf_composer_text (self);
}

static bool
is_empty (CfComposer *self)
{
  return !gtk_text_buffer_get_char_count (self->buffer);
}

/* Something to be read, and no more of it than fits; or files. */
static bool
may_send (CfComposer *self)
{
  char *text = cf_composer_text (self);
  size_t len = strlen (text);
  bool files = self->mode != CF_EDIT && cf_attach_strip_count (self->strip);
  bool may = (files || text[strspn (text, " \t\r\n")]) && len <= CF_COMPOSER_TEXT_MAX;

  gtk_widget_set_visible (self->too_long, len > CF_COMPOSER_TEXT_MAX);
  g_free (text);
  return may;
}

static void
on_changed (CfComposer *self)
{
  gtk_widget_set_visible (self->hint, is_empty (self));
  gtk_widget_set_sensitive (self->send, may_send (self));
  if (!self->setting)
    g_signal_emit (self, signals[TYPED], 0);
}

void
cf_composer_set_text (CfComposer *self, const char *text)
{
  GtkTextIter end;

  self->setting = true;
  gtk_text_buffer_set_text (self->buffer, text, -1);
  self->setting = false;
  gtk_text_buffer_get_end_iter (self->buffer, &end);
  gtk_text_buffer_place_cursor (self->buffer, &end);
}

void
cf_composer_insert (CfComposer *self, const char *text)
{
  gtk_text_buffer_insert_at_cursor (self->buffer, text, -1);
}

/* ---- what it is about ---- */

static void
set_mode (CfComposer *self, enum cf_composer_mode mode, const char *target)
{
  char *copy = g_strdup (target);

  g_free (self->target);
  self->target = copy;
  self->mode = mode;
  gtk_widget_set_visible (self->about, mode != CF_WRITE);
  gtk_widget_set_sensitive (self->attach, mode != CF_EDIT);
  gtk_widget_set_sensitive (GTK_WIDGET (self->strip), mode != CF_EDIT);
  gtk_image_set_from_icon_name (self->about_icon, mode == CF_EDIT ? "document-edit-symbolic" : "mail-reply-sender-symbolic",
                                GTK_ICON_SIZE_BUTTON);
  gtk_image_set_from_icon_name (self->send_icon, mode == CF_EDIT ? "object-select-symbolic" : "confab-send-symbolic",
                                GTK_ICON_SIZE_BUTTON);
  gtk_widget_set_tooltip_text (self->send, mode == CF_EDIT ? _ ("Change the message") : _ ("Send"));
  atk_object_set_name (gtk_widget_get_accessible (self->send), mode == CF_EDIT ? _ ("Change the message") : _ ("Send"));
}

void
cf_composer_reply (CfComposer *self, const char *message, const char *author, const char *text)
{
  char *start = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), ABOUT_TEXT_MAX));
  char *name = cf_message_text_isolate (author), *about;

  cf_composer_leave (self);
  g_strdelimit (start, "\r\n\t", ' ');
  /* Translators: who wrote the message that is answered, and its text. */
  about = g_strdup_printf (_ ("Reply to %s: %s"), name, start);
  gtk_label_set_text (self->about_label, about);
  set_mode (self, CF_REPLY, message);
  cf_composer_focus (self);
  g_free (about);
  g_free (name);
  g_free (start);
}

void
cf_composer_edit (CfComposer *self, const char *message, const char *text)
{
  cf_composer_leave (self);
  self->aside = cf_composer_text (self);
  gtk_label_set_text (self->about_label, _ ("Change your message"));
  set_mode (self, CF_EDIT, message);
  cf_composer_set_text (self, text);
  cf_composer_focus (self);
}

void
cf_composer_leave (CfComposer *self)
{
  enum cf_composer_mode was = self->mode;

  if (was == CF_WRITE)
    return;
  set_mode (self, CF_WRITE, NULL);
  if (was == CF_EDIT)
    cf_composer_set_text (self, self->aside ? self->aside : "");
  g_clear_pointer (&self->aside, g_free);
  g_signal_emit (self, signals[LEFT], 0);
}

enum cf_composer_mode
cf_composer_mode (CfComposer *self)
{
  return self->mode;
}

const char *
cf_composer_target (CfComposer *self)
{
  return self->target;
}

static void
on_about_close (CfComposer *self)
{
  cf_composer_leave (self);
  cf_composer_focus (self);
}

/* ---- keys ---- */

static void
on_send (CfComposer *self)
{
  if (may_send (self))
    g_signal_emit (self, signals[SEND], 0);
}

static void
on_emoji (CfComposer *self)
{
  cf_composer_focus (self);
  g_signal_emit_by_name (self->view, "insert-emoji");
}

static void
on_strip (CfComposer *self)
{
  gtk_widget_set_sensitive (self->send, may_send (self));
}

CfAttachStrip *
cf_composer_strip (CfComposer *self)
{
  return self->strip;
}

static void
paste_words (gpointer self)
{
  GtkClipboard *clipboard = gtk_widget_get_clipboard (self, GDK_SELECTION_CLIPBOARD);

  gtk_text_buffer_paste_clipboard (CF_COMPOSER (self)->buffer, clipboard, NULL, TRUE);
}

/* Files and pictures become attachments; words are pasted once it is known that they are. */
static void
on_paste (CfComposer *self)
{
  g_signal_stop_emission_by_name (self->view, "paste-clipboard");
  if (self->mode == CF_EDIT)
    paste_words (self);
  else
    cf_attach_strip_paste (self->strip, gtk_widget_get_clipboard (GTK_WIDGET (self), GDK_SELECTION_CLIPBOARD), paste_words,
                           self);
}

static bool
is_send_key (CfComposer *self, const GdkEventKey *event)
{
  guint mods = event->state & gtk_accelerator_get_default_mod_mask ();

  if (event->keyval != GDK_KEY_Return && event->keyval != GDK_KEY_KP_Enter && event->keyval != GDK_KEY_ISO_Enter)
    return false;
  return mods == GDK_CONTROL_MASK || (!mods && !self->ctrl_sends);
}

/* Keys that mean something here; but the input method, which may be in the middle of a word, sees them first. */
static gboolean
on_key (CfComposer *self, GdkEventKey *event)
{
  bool send = is_send_key (self, event), up = event->keyval == GDK_KEY_Up && is_empty (self) && self->mode == CF_WRITE;
  bool leave = event->keyval == GDK_KEY_Escape && self->mode != CF_WRITE;

  if (!send && !up && !leave)
    return FALSE;
  if (gtk_text_view_im_context_filter_keypress (self->view, event))
    return TRUE;
  if (send)
    on_send (self);
  else if (up)
    g_signal_emit (self, signals[EDIT_LAST], 0);
  else
    cf_composer_leave (self);
  return TRUE;
}

void
cf_composer_focus (CfComposer *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

bool
cf_composer_type (CfComposer *self, GdkEventKey *event)
{
  guint mods = event->state & (GDK_CONTROL_MASK | GDK_MOD1_MASK | GDK_SUPER_MASK);
  gunichar c = gdk_keyval_to_unicode (event->keyval);
  bool paste = mods == GDK_CONTROL_MASK && gdk_keyval_to_lower (event->keyval) == GDK_KEY_v;

  if (gtk_widget_has_focus (GTK_WIDGET (self->view)) || (!paste && (mods || !c || g_unichar_iscntrl (c))))
    return false;
  cf_composer_focus (self);
  return gtk_widget_event (GTK_WIDGET (self->view), (GdkEvent *) event);
}

void
cf_composer_set_peer (CfComposer *self, const char *name)
{
  char *text = g_strdup_printf (_ ("Message to %s"), name);

  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (self->view)), text);
  g_free (text);
}

void
cf_composer_set_send_key (CfComposer *self, const char *key)
{
  self->ctrl_sends = !strcmp (key, "ctrl-enter");
}

/* ---- a widget ---- */

/* It grows to six lines of the font that there is. */
static void
on_style (CfComposer *self)
{
  PangoContext *context = gtk_widget_get_pango_context (GTK_WIDGET (self->view));
  PangoFontMetrics *metrics = pango_context_get_metrics (context, NULL, NULL);
  int line = PANGO_PIXELS_CEIL (pango_font_metrics_get_ascent (metrics) + pango_font_metrics_get_descent (metrics));

  gtk_scrolled_window_set_max_content_height (GTK_SCROLLED_WINDOW (self->scrolled), LINES_MAX * line);
  pango_font_metrics_unref (metrics);
}

/* The text view that has grown by a wrapped line keeps its old page, and so its first line out of sight, until it is
   laid out once more. */
static void
on_scrolled (CfComposer *self)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self->scrolled));
  int page = gtk_widget_get_allocated_height (GTK_WIDGET (self->view));
  GdkRectangle last;
  GtkTextIter end;
  double most;

  gtk_text_buffer_get_end_iter (self->buffer, &end);
  gtk_text_view_get_iter_location (self->view, &end, &last);
  most = MAX (0, last.y + last.height - page);
  if (gtk_adjustment_get_page_size (adjustment) < page)
    gtk_adjustment_set_page_size (adjustment, page);
  if (gtk_adjustment_get_value (adjustment) > most)
    gtk_adjustment_set_value (adjustment, most);
}

static void
cf_composer_finalize (GObject *object)
{
  CfComposer *self = CF_COMPOSER (object);

  g_free (self->target);
  g_free (self->aside);
  G_OBJECT_CLASS (cf_composer_parent_class)->finalize (object);
}

static guint
signal_new (const char *name)
{
  return g_signal_new (name, CF_TYPE_COMPOSER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
cf_composer_class_init (CfComposerClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_composer_finalize;
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/composer.ui");
  gtk_widget_class_bind_template_child (widget, CfComposer, about);
  gtk_widget_class_bind_template_child (widget, CfComposer, about_icon);
  gtk_widget_class_bind_template_child (widget, CfComposer, about_label);
  gtk_widget_class_bind_template_child (widget, CfComposer, scrolled);
  gtk_widget_class_bind_template_child (widget, CfComposer, view);
  gtk_widget_class_bind_template_child (widget, CfComposer, hint);
  gtk_widget_class_bind_template_child (widget, CfComposer, attach);
  gtk_widget_class_bind_template_child (widget, CfComposer, send);
  gtk_widget_class_bind_template_child (widget, CfComposer, send_icon);
  gtk_widget_class_bind_template_child (widget, CfComposer, too_long);
  gtk_widget_class_bind_template_callback (widget, on_about_close);
  gtk_widget_class_bind_template_callback (widget, on_emoji);
  gtk_widget_class_bind_template_callback (widget, on_key);
  gtk_widget_class_bind_template_callback (widget, on_style);
  gtk_widget_class_bind_template_callback (widget, on_paste);
  gtk_widget_class_bind_template_callback (widget, on_send);
  signals[SEND] = signal_new ("send");
  signals[TYPED] = signal_new ("typed");
  signals[EDIT_LAST] = signal_new ("edit-last");
  signals[LEFT] = signal_new ("left");
}

static void
cf_composer_init (CfComposer *self)
{
  GtkAdjustment *adjustment;

  gtk_widget_init_template (GTK_WIDGET (self));
  self->buffer = gtk_text_view_get_buffer (self->view);
  adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self->scrolled));
  g_signal_connect_object (adjustment, "value-changed", G_CALLBACK (on_scrolled), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (adjustment, "changed", G_CALLBACK (on_scrolled), self, G_CONNECT_SWAPPED);
  g_signal_connect_swapped (self->buffer, "changed", G_CALLBACK (on_changed), self);
  on_style (self);
}

GtkWidget *
cf_composer_new (CfApp *app)
{
  CfComposer *self = g_object_new (CF_TYPE_COMPOSER, "visible", TRUE, "no-show-all", TRUE, NULL);
  GtkWidget *strip = cf_attach_strip_new (app);

  self->strip = CF_ATTACH_STRIP (strip);
  gtk_container_add (GTK_CONTAINER (self), strip);
  gtk_box_reorder_child (GTK_BOX (self), strip, 0);
  g_signal_connect_swapped (strip, "changed", G_CALLBACK (on_strip), self);
  cf_drop_overlay_pass (GTK_WIDGET (self->view));
  return GTK_WIDGET (self);
}
