/* SPDX-License-Identifier: GPL-3.0-or-later */
/* search_view.c - finds words in all conversations. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/words.h"
#include "ui/gtk/accessible.h"
#include "ui/gtk/avatar.h"
#include "ui/gtk/message_row_text.h"
#include "ui/gtk/search_view.h"

#define RESULTS_MAX 100
#define MARKS_MAX 32
#define AVATAR_PX 32
#define BEFORE_BYTES 40  /* of the text before the first word that was found */
#define EXCERPT_BYTES 300

struct _CfSearchView {
  GtkBox parent;
  CfApp *app; /* borrowed */
  GtkWidget *entry, *scrolled;
  GtkListBox *list;
  GtkLabel *hint;
  char *words; /* sought; NULL: nothing */
  struct cf_call *call;
};

G_DEFINE_TYPE (CfSearchView, cf_search_view, GTK_TYPE_BOX)

/* ---- one result ---- */

/* The part of TEXT, on one line, in which the first of WORDS stands; caller frees. */
static char *
excerpt_of (const char *text, const char *words)
{
  struct cf_text_range match;
  size_t len = strlen (text), start = 0, end;
  char *part, *line;

  if (cf_message_text_matches (text, words, &match, 1) && match.start > BEFORE_BYTES)
    start = match.start - BEFORE_BYTES;
  while (start && ((unsigned char) text[start] & 0xc0) == 0x80)
    start--;
  end = MIN (len, start + EXCERPT_BYTES);
  while (end < len && ((unsigned char) text[end] & 0xc0) == 0x80)
    end--;
  part = g_strndup (text + start, end - start);
  g_strdelimit (part, "\r\n\t", ' ');
  line = g_strconcat (start ? "…" : "", part, end < len ? "…" : "", NULL);
  g_free (part);
  return line;
}

static void
mark_words (GtkLabel *label, const char *words)
{
  struct cf_text_range marks[MARKS_MAX];
  size_t n = cf_message_text_matches (gtk_label_get_text (label), words, marks, MARKS_MAX);
  PangoAttrList *list = pango_attr_list_new ();

  for (size_t i = 0; i < n; i++) {
    PangoAttribute *bold = pango_attr_weight_new (PANGO_WEIGHT_BOLD), *line = pango_attr_underline_new (PANGO_UNDERLINE_SINGLE);

    bold->start_index = line->start_index = (guint) marks[i].start;
    bold->end_index = line->end_index = (guint) marks[i].end;
    pango_attr_list_insert (list, bold);
    pango_attr_list_insert (list, line);
  }
  gtk_label_set_attributes (label, list);
  pango_attr_list_unref (list);
}

static GtkWidget *
label_new (const char *text, const char *style_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_text (GTK_LABEL (label), text);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_style_context_add_class (gtk_widget_get_style_context (label), style_class);
  return label;
}

/* With whom it was said, by whom, when, and the words in their sentence. */
static GtkWidget *
result_new (CfSearchView *self, const json_t *message)
{
  const json_t *conversation =
      cf_model_get (cf_app_model (self->app), CF_MODEL_CONVERSATIONS, cf_row_text (message, "conversation"));
  bool own = !strcmp (cf_row_text (message, "direction"), "out");
  char *name = cf_words_name (conversation ? conversation : message), *text = cf_words_text (message), *time = NULL;
  char *excerpt = excerpt_of (text, self->words), *said, *aloud;
  GtkWidget *row = gtk_list_box_row_new (), *grid = gtk_grid_new (), *avatar = cf_avatar_new (AVATAR_PX), *line, *when;
  int64_t sent;

  if (cf_row_utc_ms (message, "sent_at", &sent))
    time = cf_words_time (sent, g_get_real_time () / 1000);
  /* Translators: before what our user wrote. */
  said = own ? g_strdup_printf (_ ("You: %s"), excerpt) : g_strdup (excerpt);
  aloud = g_strdup_printf (_ ("%s, %s: %s"), name, time ? time : "", said);
  cf_avatar_set (CF_AVATAR (avatar), cf_row_text (conversation, "peer"), name);
  line = label_new (said, "cf-line");
  gtk_label_set_line_wrap (GTK_LABEL (line), TRUE);
  gtk_label_set_line_wrap_mode (GTK_LABEL (line), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_lines (GTK_LABEL (line), 2);
  gtk_widget_set_hexpand (line, TRUE);
  mark_words (GTK_LABEL (line), self->words);
  when = label_new (time ? time : "", "cf-small");
  gtk_widget_set_halign (when, GTK_ALIGN_END);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 10);
  gtk_container_set_border_width (GTK_CONTAINER (grid), 8);
  gtk_grid_attach (GTK_GRID (grid), avatar, 0, 0, 1, 2);
  gtk_grid_attach (GTK_GRID (grid), label_new (name, "cf-name"), 1, 0, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), when, 2, 0, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), line, 1, 1, 2, 1);
  gtk_container_add (GTK_CONTAINER (row), grid);
  atk_object_set_name (gtk_widget_get_accessible (row), aloud);
  g_object_set_data_full (G_OBJECT (row), "conversation", g_strdup (cf_row_text (message, "conversation")), g_free);
  g_object_set_data_full (G_OBJECT (row), "message", g_strdup (cf_row_text (message, "message")), g_free);
  gtk_widget_show_all (row);
  g_free (aloud);
  g_free (said);
  g_free (excerpt);
  free (time);
  free (text);
  free (name);
  return row;
}

static void
on_row (CfSearchView *self, GtkListBoxRow *row)
{
  cf_app_show_conversation (self->app, g_object_get_data (G_OBJECT (row), "conversation"),
                            g_object_get_data (G_OBJECT (row), "message"));
}

static void
on_activate (CfSearchView *self)
{
  GtkListBoxRow *first = gtk_list_box_get_row_at_index (self->list, 0);

  if (first)
    on_row (self, first);
}

/* ---- the daemon finds ---- */

static void
say_hint (CfSearchView *self)
{
  gtk_label_set_text (self->hint, !self->words ? _ ("Type words that were written in any conversation.")
                                  : self->call ? ""
                                               : _ ("Nothing was found."));
}

static void
on_result (void *arg, const json_t *row)
{
  CfSearchView *self = arg;

  gtk_container_add (GTK_CONTAINER (self->list), result_new (self, row));
}

static void
on_done (void *arg, const struct cf_client_error *error)
{
  CfSearchView *self = arg;

  self->call = NULL;
  if (error->err)
    cf_app_report (self->app, error);
  say_hint (self);
}

static void
drop_result (GtkWidget *row, gpointer arg)
{
  (void) arg;
  gtk_widget_destroy (row);
}

static void
on_changed (CfSearchView *self)
{
  static const struct cf_call_handler handler = { on_result, on_done };
  char *words = g_strstrip (g_strdup (gtk_entry_get_text (GTK_ENTRY (self->entry))));
  char *limit = g_strdup_printf ("--limit=%d", RESULTS_MAX);
  char *quoted = g_strconcat ("\"", words, NULL); /* no option, whatever it begins with; a quote parts words like a blank */
  const char *line[] = { limit, quoted, NULL };

  cf_call_cancel (self->call);
  self->call = NULL;
  g_clear_pointer (&self->words, g_free);
  gtk_container_foreach (GTK_CONTAINER (self->list), drop_result, NULL);
  if (*words) {
    self->words = g_strdup (words);
    if (cf_session_call (cf_model_session (cf_app_model (self->app)), "SEARCH", line, NULL, &handler, self, &self->call))
      self->call = NULL;
  }
  say_hint (self);
  g_free (quoted);
  g_free (limit);
  g_free (words);
}

/* ---- a widget ---- */

void
cf_search_view_focus (CfSearchView *self)
{
  gtk_widget_grab_focus (self->entry);
}

static void
cf_search_view_destroy (GtkWidget *widget)
{
  CfSearchView *self = CF_SEARCH_VIEW (widget);

  cf_call_cancel (self->call);
  self->call = NULL;
  GTK_WIDGET_CLASS (cf_search_view_parent_class)->destroy (widget);
}

static void
cf_search_view_finalize (GObject *object)
{
  g_free (CF_SEARCH_VIEW (object)->words);
  G_OBJECT_CLASS (cf_search_view_parent_class)->finalize (object);
}

static void
cf_search_view_class_init (CfSearchViewClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_search_view_finalize;
  widget->destroy = cf_search_view_destroy;
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/search_view.ui");
  gtk_widget_class_bind_template_child (widget, CfSearchView, entry);
  gtk_widget_class_bind_template_child (widget, CfSearchView, scrolled);
  gtk_widget_class_bind_template_child (widget, CfSearchView, list);
  gtk_widget_class_bind_template_child (widget, CfSearchView, hint);
  gtk_widget_class_bind_template_callback (widget, on_changed);
  gtk_widget_class_bind_template_callback (widget, on_activate);
  gtk_widget_class_bind_template_callback (widget, on_row);
}

static void
cf_search_view_init (CfSearchView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  cf_accessible_tell_placeholder (self->hint);
  say_hint (self);
}

GtkWidget *
cf_search_view_new (CfApp *app)
{
  CfSearchView *self = g_object_new (CF_TYPE_SEARCH_VIEW, "visible", TRUE, NULL);

  self->app = app;
  return GTK_WIDGET (self);
}
