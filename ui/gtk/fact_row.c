/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fact_row.c - a fact in a list. */
#include <config.h>

#include "ui/gtk/fact_row.h"

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/words.h"
#include "ui/gtk/accessible.h"

#define COPIED_MS 2000

struct _CfFactRow {
  HdyPreferencesRow parent;
  GtkImage *look;
  GtkLabel *title, *value, *note;
  GtkButton *copy;
  GtkImage *copy_icon;
  char *copied;
  guint timer;
};

G_DEFINE_TYPE (CfFactRow, cf_fact_row, HDY_TYPE_PREFERENCES_ROW)

static void
show_copied (CfFactRow *row, gboolean copied)
{
  const char *tip = copied ? _("Copied") : _("Copy");

  gtk_image_set_from_icon_name (row->copy_icon, copied ? "object-select-symbolic" : "edit-copy-symbolic",
                                GTK_ICON_SIZE_BUTTON);
  gtk_widget_set_tooltip_text (GTK_WIDGET (row->copy), tip);
}

static gboolean
on_copied_long_ago (gpointer arg)
{
  CfFactRow *row = arg;

  row->timer = 0;
  show_copied (row, FALSE);
  return G_SOURCE_REMOVE;
}

static void
on_copy (CfFactRow *row)
{
  gtk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (row), GDK_SELECTION_CLIPBOARD), row->copied, -1);
  show_copied (row, TRUE);
  if (row->timer)
    g_source_remove (row->timer);
  row->timer = g_timeout_add (COPIED_MS, on_copied_long_ago, row);
}

void
cf_fact_row_set (CfFactRow *row, const char *value, const char *note)
{
  gtk_label_set_text (row->value, value ? value : "");
  /* One long word, an address or a path, is not broken at its colons alone. */
  gtk_label_set_line_wrap_mode (row->value, value && strchr (value, ' ') ? PANGO_WRAP_WORD_CHAR : PANGO_WRAP_CHAR);
  gtk_label_set_text (row->note, note ? note : "");
  gtk_widget_set_visible (GTK_WIDGET (row->note), note && *note);
  gtk_widget_set_visible (GTK_WIDGET (row), value && *value);
  atk_object_set_description (gtk_widget_get_accessible (GTK_WIDGET (row)), value ? value : "");
}

void
cf_fact_row_set_fingerprint (CfFactRow *row, const char *hex, const char *note)
{
  char *groups = cf_words_fingerprint (hex);

  cf_fact_row_set (row, groups, note);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (row->value)), "cf-fingerprint");
  cf_fact_row_set_copy (row, *hex ? hex : NULL);
  free (groups);
}

void
cf_fact_row_set_copy (CfFactRow *row, const char *text)
{
  char *name;

  if (g_strcmp0 (text, row->copied)) {
    g_free (row->copied);
    row->copied = g_strdup (text);
    show_copied (row, FALSE);
  }
  gtk_widget_set_visible (GTK_WIDGET (row->copy), text != NULL);
  /* Translators: %s is what is copied, for example "Fingerprint". */
  name = g_strdup_printf (_("Copy: %s"), hdy_preferences_row_get_title (HDY_PREFERENCES_ROW (row)));
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (row->copy)), name);
  g_free (name);
}

void
cf_fact_row_set_look (CfFactRow *row, enum cf_fact_look look)
{
  static const struct {
    const char *icon, *style, *name;
  } looks[] = {
    [CF_FACT_PLAIN] = { NULL, NULL, NULL },
    [CF_FACT_GOOD] = { "object-select-symbolic", "cf-good", N_("Good") },
    [CF_FACT_WARNING] = { "dialog-warning-symbolic", "cf-warning", N_("Attention") },
    [CF_FACT_BAD] = { "dialog-error-symbolic", "cf-bad", N_("Not good") },
    [CF_FACT_BUSY] = { "content-loading-symbolic", "cf-idle", N_("Under way") },
    [CF_FACT_IDLE] = { "radio-symbolic", "cf-idle", N_("Not used") },
    [CF_FACT_ABSENT] = { "action-unavailable-symbolic", "cf-idle", N_("Not there") },
  };
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (row->look));

  for (size_t i = CF_FACT_GOOD; i < G_N_ELEMENTS (looks); i++)
    gtk_style_context_remove_class (style, looks[i].style);
  gtk_widget_set_visible (GTK_WIDGET (row->look), look != CF_FACT_PLAIN);
  if (look == CF_FACT_PLAIN)
    return;
  gtk_style_context_add_class (style, looks[look].style);
  gtk_image_set_from_icon_name (row->look, looks[look].icon, GTK_ICON_SIZE_MENU);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (row->look)), _(looks[look].name));
}

static void
cf_fact_row_finalize (GObject *object)
{
  CfFactRow *row = CF_FACT_ROW (object);

  if (row->timer)
    g_source_remove (row->timer);
  g_free (row->copied);
  G_OBJECT_CLASS (cf_fact_row_parent_class)->finalize (object);
}

static void
cf_fact_row_class_init (CfFactRowClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_fact_row_finalize;
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/fact_row.ui");
  gtk_widget_class_bind_template_child (widget, CfFactRow, look);
  gtk_widget_class_bind_template_child (widget, CfFactRow, title);
  gtk_widget_class_bind_template_child (widget, CfFactRow, value);
  gtk_widget_class_bind_template_child (widget, CfFactRow, note);
  gtk_widget_class_bind_template_child (widget, CfFactRow, copy);
  gtk_widget_class_bind_template_child (widget, CfFactRow, copy_icon);
  gtk_widget_class_bind_template_callback (widget, on_copy);
}

static void
cf_fact_row_init (CfFactRow *row)
{
  PangoAttrList *attributes = pango_attr_list_new ();

  gtk_widget_init_template (GTK_WIDGET (row));
  pango_attr_list_insert (attributes, pango_attr_insert_hyphens_new (FALSE)); /* an address has none of its own */
  gtk_label_set_attributes (row->value, attributes);
  pango_attr_list_unref (attributes);
  cf_accessible_tell_titles (GTK_WIDGET (row)); /* also of a row that comes later than its window */
  g_object_bind_property (row, "title", row->title, "label", G_BINDING_SYNC_CREATE);
  show_copied (row, FALSE);
}

GtkWidget *
cf_fact_row_new (const char *title)
{
  return g_object_new (CF_TYPE_FACT_ROW, "title", title, NULL);
}
