/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message_row_body.c - the text of a message: a label that can be selected, whose links are found here and drawn with
 * attributes.  GTK's own links come from markup, which a peer's text never is.
 *
 * A long text is folded; each click unfolds a further piece, a label of its own: laying out one of 256 KiB at once would
 * hold up everything for seconds.
 */

#include <config.h>

#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/words.h"
#include "ui/gtk/message_row_private.h"
#include "ui/gtk/message_row_text.h"

#define LINKS_MAX 64
#define MATCHES_MAX 256
#define EMOJI_SCALE 2.4
#define PIECE_BYTES 8000
#define MIN_WIDTH_PX 60

#define CF_TYPE_MESSAGE_TEXT (cf_message_text_get_type ())
G_DECLARE_FINAL_TYPE (CfMessageText, cf_message_text, CF, MESSAGE_TEXT, GtkLabel)

struct _CfMessageText {
  GtkLabel parent;
  CfMessageRow *row; /* borrowed: the label lives in it */
  bool plain;        /* no links */
  bool styled;       /* it has its place, and so its colours */
  char *words;       /* to be marked; may be NULL */
  size_t n_links;
  struct cf_text_range *links;
};

G_DEFINE_TYPE (CfMessageText, cf_message_text, GTK_TYPE_LABEL)

/* ---- how it looks ---- */

static void
add_range (PangoAttrList *list, PangoAttribute *attribute, const struct cf_text_range *range)
{
  attribute->start_index = (guint) range->start;
  attribute->end_index = (guint) range->end;
  pango_attr_list_insert (list, attribute);
}

static guint16
channel (double value)
{
  return (guint16) (value * 65535);
}

static void
add_links (CfMessageText *self, PangoAttrList *list)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (self));
  GdkRGBA color;

  gtk_style_context_save (style);
  gtk_style_context_set_state (style, gtk_style_context_get_state (style) | GTK_STATE_FLAG_LINK);
  gtk_style_context_get_color (style, gtk_style_context_get_state (style), &color);
  gtk_style_context_restore (style);
  for (size_t i = 0; i < self->n_links; i++) {
    add_range (list, pango_attr_underline_new (PANGO_UNDERLINE_SINGLE), &self->links[i]);
    add_range (list, pango_attr_foreground_new (channel (color.red), channel (color.green), channel (color.blue)),
               &self->links[i]);
  }
}

static void
add_matches (CfMessageText *self, PangoAttrList *list)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (self));
  struct cf_text_range *matches = g_new (struct cf_text_range, MATCHES_MAX);
  size_t n = cf_message_text_matches (gtk_label_get_text (GTK_LABEL (self)), self->words, matches, MATCHES_MAX);
  GdkRGBA back, front;

  if (gtk_style_context_lookup_color (style, "cf_accent", &back) &&
      gtk_style_context_lookup_color (style, "theme_selected_fg_color", &front))
    for (size_t i = 0; i < n; i++) {
      add_range (list, pango_attr_background_new (channel (back.red), channel (back.green), channel (back.blue)),
                 &matches[i]);
      add_range (list, pango_attr_foreground_new (channel (front.red), channel (front.green), channel (front.blue)),
                 &matches[i]);
    }
  g_free (matches);
}

static void
dress (CfMessageText *self)
{
  const char *text = gtk_label_get_text (GTK_LABEL (self));
  PangoAttrList *list = pango_attr_list_new ();

  pango_attr_list_insert (list, pango_attr_insert_hyphens_new (FALSE)); /* what is copied from a link has none */
  if (!self->plain && cf_message_text_is_emoji (text))
    pango_attr_list_insert (list, pango_attr_scale_new (EMOJI_SCALE));
  if (self->n_links && self->styled)
    add_links (self, list);
  if (self->words && self->styled)
    add_matches (self, list);
  gtk_label_set_attributes (GTK_LABEL (self), list);
  pango_attr_list_unref (list);
}

static void
cf_message_text_style_updated (GtkWidget *widget)
{
  CfMessageText *self = CF_MESSAGE_TEXT (widget);

  GTK_WIDGET_CLASS (cf_message_text_parent_class)->style_updated (widget);
  self->styled = true;
  if (self->n_links || self->words)
    dress (self);
}

/* ---- the pointer ---- */

static const struct cf_text_range *
link_at (CfMessageText *self, double x, double y)
{
  GtkLabel *label = GTK_LABEL (self);
  GtkAllocation place;
  int left, top, index, trailing;

  if (!self->n_links)
    return NULL;
  gtk_widget_get_allocation (GTK_WIDGET (self), &place);
  gtk_label_get_layout_offsets (label, &left, &top);
  x -= left - place.x;
  y -= top - place.y;
  if (!pango_layout_xy_to_index (gtk_label_get_layout (label), (int) (x * PANGO_SCALE), (int) (y * PANGO_SCALE), &index,
                                 &trailing))
    return NULL;
  for (size_t i = 0; i < self->n_links; i++)
    if ((size_t) index >= self->links[i].start && (size_t) index < self->links[i].end)
      return &self->links[i];
  return NULL;
}

static gboolean
cf_message_text_button_press (GtkWidget *widget, GdkEventButton *event)
{
  if (gdk_event_triggers_context_menu ((GdkEvent *) event)) {
    cf_message_row_act (CF_MESSAGE_TEXT (widget)->row, CF_ACT_MENU, NULL);
    return TRUE;
  }
  return GTK_WIDGET_CLASS (cf_message_text_parent_class)->button_press_event (widget, event);
}

static gboolean
cf_message_text_button_release (GtkWidget *widget, GdkEventButton *event)
{
  CfMessageText *self = CF_MESSAGE_TEXT (widget);
  gboolean done = GTK_WIDGET_CLASS (cf_message_text_parent_class)->button_release_event (widget, event);
  const struct cf_text_range *link = link_at (self, event->x, event->y);

  if (event->button == GDK_BUTTON_PRIMARY && link && !gtk_label_get_selection_bounds (GTK_LABEL (self), NULL, NULL)) {
    char *uri = g_strndup (gtk_label_get_text (GTK_LABEL (self)) + link->start, link->end - link->start);

    cf_message_row_act (self->row, CF_ACT_LINK, uri);
    g_free (uri);
    return TRUE;
  }
  return done;
}

static gboolean
cf_message_text_motion (GtkWidget *widget, GdkEventMotion *event)
{
  CfMessageText *self = CF_MESSAGE_TEXT (widget);

  if (self->n_links) {
    GdkCursor *cursor = gdk_cursor_new_from_name (gtk_widget_get_display (widget),
                                                  link_at (self, event->x, event->y) ? "pointer" : "text");

    gdk_window_set_cursor (event->window, cursor);
    g_clear_object (&cursor);
  }
  return GTK_WIDGET_CLASS (cf_message_text_parent_class)->motion_notify_event (widget, event);
}

/* ---- a widget ---- */

/* It takes the width that there is.  GTK would try how narrow the text can become, at several times the cost of all else
   that a row takes. */
static void
cf_message_text_get_preferred_width (GtkWidget *widget, gint *minimum, gint *natural)
{
  (void) widget;
  *minimum = *natural = MIN_WIDTH_PX;
}

static void
cf_message_text_finalize (GObject *object)
{
  g_free (CF_MESSAGE_TEXT (object)->words);
  g_free (CF_MESSAGE_TEXT (object)->links);
  G_OBJECT_CLASS (cf_message_text_parent_class)->finalize (object);
}

static void
cf_message_text_class_init (CfMessageTextClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_message_text_finalize;
  widget->get_preferred_width = cf_message_text_get_preferred_width;
  widget->style_updated = cf_message_text_style_updated;
  widget->button_press_event = cf_message_text_button_press;
  widget->button_release_event = cf_message_text_button_release;
  widget->motion_notify_event = cf_message_text_motion;
}

static void
cf_message_text_init (CfMessageText *self)
{
  (void) self;
}

/* Is TEXT written against the direction of the window?  Then its single line stands at the other side, where Pango puts
   those of a text with several. */
static bool
runs_against (const char *text)
{
  int own = gtk_widget_get_default_direction () == GTK_TEXT_DIR_RTL ? -1 : 1;

  return cf_message_text_direction (text) == -own;
}

static GtkWidget *
piece_new (CfMessageRow *row, const char *text, size_t len, bool plain)
{
  CfMessageText *self = g_object_new (CF_TYPE_MESSAGE_TEXT, "visible", TRUE, "selectable", TRUE, "wrap", TRUE, "wrap-mode",
                                      PANGO_WRAP_WORD_CHAR, NULL);
  struct cf_text_range links[LINKS_MAX];
  char *part = g_strndup (text, len);

  self->row = row;
  self->plain = plain;
  gtk_label_set_xalign (GTK_LABEL (self), runs_against (part) ? 1 : 0);
  gtk_label_set_text (GTK_LABEL (self), part);
  self->n_links = plain ? 0 : cf_message_text_links (part, links, LINKS_MAX);
  self->links = g_memdup2 (links, self->n_links * sizeof *links);
  if (plain)
    gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (self)), "message-deleted");
  dress (self);
  g_free (part);
  return GTK_WIDGET (self);
}

/* ---- a long text ---- */

struct folded {
  GtkWidget *box, *button;
  CfMessageRow *row;
  char *rest; /* not shown yet */
  bool plain;
};

static void
free_folded (gpointer data)
{
  struct folded *f = data;

  g_free (f->rest);
  g_free (f);
}

static void
say_rest (struct folded *f)
{
  char *size = cf_words_size ((int64_t) strlen (f->rest));
  /* Translators: of a long message; the size of what is not shown. */
  char *text = g_strdup_printf (_ ("Show more (%s left)"), size);

  gtk_button_set_label (GTK_BUTTON (f->button), text);
  g_free (text);
  free (size);
}

/* A piece ends with a line where it can, so that the label of the next one begins one. */
static size_t
piece_len (const char *text)
{
  size_t len = strlen (text), cut = PIECE_BYTES;
  const char *line;

  if (len <= PIECE_BYTES)
    return len;
  line = g_strrstr_len (text, (gssize) cut, "\n");
  if (line > text)
    return (size_t) (line - text) + 1;
  while (cut && ((unsigned char) text[cut] & 0xc0) == 0x80)
    cut--;
  return cut;
}

static void
on_more (struct folded *f)
{
  size_t len = piece_len (f->rest);
  bool line = len && f->rest[len - 1] == '\n';
  char *rest = g_strdup (f->rest + len);
  GtkWidget *piece = piece_new (f->row, f->rest, len - line, f->plain);

  gtk_container_add (GTK_CONTAINER (f->box), piece);
  g_free (f->rest);
  f->rest = rest;
  if (*rest) {
    gtk_box_reorder_child (GTK_BOX (f->box), f->button, -1);
    say_rest (f);
  } else {
    gtk_widget_hide (f->button);
  }
}

static GtkWidget *
folded_new (CfMessageRow *row, const char *text, size_t shown, bool plain)
{
  struct folded *f = g_new0 (struct folded, 1);
  bool line = shown && text[shown - 1] == '\n';

  f->row = row;
  f->plain = plain;
  f->rest = g_strdup (text + shown);
  f->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  f->button = gtk_button_new ();
  gtk_widget_set_halign (f->button, GTK_ALIGN_START);
  gtk_style_context_add_class (gtk_widget_get_style_context (f->button), "show-more");
  gtk_container_add (GTK_CONTAINER (f->box), piece_new (row, text, shown - line, plain));
  gtk_container_add (GTK_CONTAINER (f->box), f->button);
  g_signal_connect_swapped (f->button, "clicked", G_CALLBACK (on_more), f);
  g_object_set_data_full (G_OBJECT (f->box), "folded", f, free_folded);
  say_rest (f);
  gtk_widget_show_all (f->box);
  return f->box;
}

GtkWidget *
cf_message_row_body_new (CfMessageRow *row, const char *text, bool plain)
{
  size_t shown = cf_message_text_fold (text);

  return text[shown] ? folded_new (row, text, shown, plain) : piece_new (row, text, shown, plain);
}

static void
mark_piece (GtkWidget *widget, gpointer words)
{
  CfMessageText *self;

  if (!CF_IS_MESSAGE_TEXT (widget))
    return;
  self = CF_MESSAGE_TEXT (widget);
  g_free (self->words);
  self->words = g_strdup (words);
  dress (self);
}

void
cf_message_row_body_mark (GtkWidget *body, const char *words)
{
  char *copy = g_strdup (words);

  if (GTK_IS_BOX (body))
    gtk_container_foreach (GTK_CONTAINER (body), mark_piece, copy);
  else
    mark_piece (body, copy);
  g_free (copy);
}
