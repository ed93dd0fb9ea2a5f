/* SPDX-License-Identifier: GPL-3.0-or-later */
/* search_bar.c - finds words in one conversation. */

#include <config.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/gtk/search_bar.h"

#define MATCHES_MAX 1000 /* as many as HISTORY gives at once */

struct _CfSearchBar {
  GtkBox parent;
  CfApp *app; /* borrowed */
  GtkWidget *entry, *older, *newer;
  GtkLabel *count;
  char *conversation, *words; /* each may be NULL */
  struct cf_call *call;
  GPtrArray *matches; /* ids of messages, oldest first */
  guint at;           /* the one shown */
};

G_DEFINE_TYPE (CfSearchBar, cf_search_bar, GTK_TYPE_BOX)

enum { JUMP, WORDS, LAST_SIGNAL };
static guint signals[LAST_SIGNAL];

const char *
cf_search_bar_words (CfSearchBar *self)
{
  return self->words;
}

static void
say_count (CfSearchBar *self)
{
  char *text = NULL;

  if (self->matches->len) /* Translators: the third of seventeen places that were found. */
    text = g_strdup_printf (_ ("%u of %u%s"), self->matches->len - self->at, self->matches->len,
                            self->matches->len == MATCHES_MAX ? "+" : "");
  else if (self->words && !self->call)
    text = g_strdup (_ ("Not found"));
  gtk_label_set_text (self->count, text ? text : "");
  gtk_widget_set_sensitive (self->older, self->at > 0 && self->matches->len > 0);
  gtk_widget_set_sensitive (self->newer, self->at + 1 < self->matches->len);
  g_free (text);
}

static void
show_match (CfSearchBar *self)
{
  say_count (self);
  if (self->matches->len)
    g_signal_emit (self, signals[JUMP], 0, g_ptr_array_index (self->matches, self->at));
}

static void
on_older (CfSearchBar *self)
{
  if (!self->at)
    return;
  self->at--;
  show_match (self);
}

static void
on_newer (CfSearchBar *self)
{
  if (self->at + 1 >= self->matches->len)
    return;
  self->at++;
  show_match (self);
}

static gboolean
on_key (CfSearchBar *self, GdkEventKey *event)
{
  guint mods = event->state & gtk_accelerator_get_default_mod_mask ();

  if (event->keyval == GDK_KEY_Up && !mods)
    on_older (self);
  else if ((event->keyval == GDK_KEY_Down && !mods) || (event->keyval == GDK_KEY_Return && mods == GDK_SHIFT_MASK))
    on_newer (self);
  else
    return FALSE;
  return TRUE;
}

/* ---- the daemon finds ---- */

static void
on_row (void *arg, const json_t *row)
{
  CfSearchBar *self = arg;

  g_ptr_array_add (self->matches, g_strdup (cf_row_text (row, "message")));
}

static void
on_done (void *arg, const struct cf_client_error *error)
{
  CfSearchBar *self = arg;

  self->call = NULL;
  self->at = self->matches->len ? self->matches->len - 1 : 0;
  if (error->err)
    cf_app_report (self->app, error);
  show_match (self);
}

static void
forget (CfSearchBar *self)
{
  cf_call_cancel (self->call);
  self->call = NULL;
  g_ptr_array_set_size (self->matches, 0);
  self->at = 0;
  g_clear_pointer (&self->words, g_free);
}

static void
on_changed (CfSearchBar *self)
{
  static const struct cf_call_handler handler = { on_row, on_done };
  char *words = g_strstrip (g_strdup (gtk_entry_get_text (GTK_ENTRY (self->entry))));
  char *option = g_strconcat ("--search=", words, NULL);
  char *limit = g_strdup_printf ("--limit=%d", MATCHES_MAX);
  const char *line[] = { limit, option, self->conversation, NULL };

  forget (self);
  if (*words && self->conversation) {
    self->words = g_strdup (words);
    if (cf_session_call (cf_model_session (cf_app_model (self->app)), "HISTORY", line, NULL, &handler, self, &self->call))
      self->call = NULL;
  }
  say_count (self);
  g_signal_emit (self, signals[WORDS], 0);
  g_free (limit);
  g_free (option);
  g_free (words);
}

/* ---- a widget ---- */

void
cf_search_bar_open (CfSearchBar *self)
{
  gtk_widget_show (GTK_WIDGET (self));
  gtk_widget_grab_focus (self->entry);
}

gboolean
cf_search_bar_is_open (CfSearchBar *self)
{
  return gtk_widget_get_visible (GTK_WIDGET (self));
}

void
cf_search_bar_close (CfSearchBar *self)
{
  gtk_widget_hide (GTK_WIDGET (self));
  gtk_entry_set_text (GTK_ENTRY (self->entry), "");
  on_changed (self);
}

void
cf_search_bar_set_conversation (CfSearchBar *self, const char *conversation)
{
  char *copy = g_strdup (conversation);

  g_free (self->conversation);
  self->conversation = copy;
  if (cf_search_bar_is_open (self))
    cf_search_bar_close (self);
}

static void
cf_search_bar_destroy (GtkWidget *widget)
{
  CfSearchBar *self = CF_SEARCH_BAR (widget);

  cf_call_cancel (self->call);
  self->call = NULL;
  GTK_WIDGET_CLASS (cf_search_bar_parent_class)->destroy (widget);
}

static void
cf_search_bar_finalize (GObject *object)
{
  CfSearchBar *self = CF_SEARCH_BAR (object);

  g_free (self->conversation);
  g_free (self->words);
  g_ptr_array_unref (self->matches);
  G_OBJECT_CLASS (cf_search_bar_parent_class)->finalize (object);
}

static void
cf_search_bar_class_init (CfSearchBarClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_search_bar_finalize;
  widget->destroy = cf_search_bar_destroy;
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/search_bar.ui");
  gtk_widget_class_bind_template_child (widget, CfSearchBar, entry);
  gtk_widget_class_bind_template_child (widget, CfSearchBar, count);
  gtk_widget_class_bind_template_child (widget, CfSearchBar, older);
  gtk_widget_class_bind_template_child (widget, CfSearchBar, newer);
  gtk_widget_class_bind_template_callback (widget, on_changed);
  gtk_widget_class_bind_template_callback (widget, on_older);
  gtk_widget_class_bind_template_callback (widget, on_newer);
  gtk_widget_class_bind_template_callback (widget, on_key);
  gtk_widget_class_bind_template_callback (widget, cf_search_bar_close);
  signals[JUMP] = g_signal_new ("jump", CF_TYPE_SEARCH_BAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                G_TYPE_STRING);
  signals[WORDS] = g_signal_new ("words", CF_TYPE_SEARCH_BAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
cf_search_bar_init (CfSearchBar *self)
{
  self->matches = g_ptr_array_new_with_free_func (g_free);
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
cf_search_bar_new (CfApp *app)
{
  CfSearchBar *self = g_object_new (CF_TYPE_SEARCH_BAR, NULL);

  self->app = app;
  return GTK_WIDGET (self);
}
