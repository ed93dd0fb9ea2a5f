/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes_group.c - the public nodes that are used.
 *
 * They are one setting, which is set as a whole, and the daemon takes changes
 * one after the other: so what is removed is gone here at once, for the next
 * change to be made without it; while some are added, nothing else is changed.
 */
#include <config.h>

#include "ui/gtk/nodes_group.h"

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/widget_call.h"

#define KEY "nodes"

struct _CfNodesGroup {
  HdyPreferencesGroup parent;
  CfApp *app;
  char **names;     /* as they are shown; NULL: nothing is shown yet */
  unsigned changes; /* under way */
  GtkEntry *entry;
  GtkButton *add;
  GtkLabel *told;
};

G_DEFINE_TYPE (CfNodesGroup, cf_nodes_group, HDY_TYPE_PREFERENCES_GROUP)

/* ---- the list ---- */

static void on_remove (CfNodesGroup *group, GtkButton *button);

static GtkWidget *
new_remove (CfNodesGroup *group, const char *name, const char *address)
{
  GtkWidget *button = gtk_button_new_from_icon_name ("list-remove-symbolic", GTK_ICON_SIZE_BUTTON);
  /* Translators: %s is an address. */
  char *label = g_strdup_printf (_("Do without the node at %s"), address);

  gtk_widget_set_tooltip_text (button, label);
  atk_object_set_name (gtk_widget_get_accessible (button), label);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_style_context_add_class (gtk_widget_get_style_context (button), "flat");
  g_object_set_data_full (G_OBJECT (button), KEY, g_strdup (name), g_free);
  g_signal_connect_object (button, "clicked", G_CALLBACK (on_remove), group, G_CONNECT_SWAPPED);
  g_free (label);
  return button;
}

/* A node is known by its address to people; the rest is a key. */
static GtkWidget *
new_row (CfNodesGroup *group, const char *name)
{
  const char *at = strrchr (name, '@'), *address = at ? at + 1 : name;
  GtkWidget *row = hdy_action_row_new ();
  AtkObject *accessible = gtk_widget_get_accessible (row);

  hdy_preferences_row_set_title (HDY_PREFERENCES_ROW (row), address);
  hdy_action_row_set_subtitle (HDY_ACTION_ROW (row), name);
  hdy_action_row_set_title_lines (HDY_ACTION_ROW (row), 1);
  hdy_action_row_set_subtitle_lines (HDY_ACTION_ROW (row), 1);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  gtk_widget_set_tooltip_text (row, name);
  atk_object_set_name (accessible, address);
  atk_object_set_description (accessible, name);
  gtk_container_add (GTK_CONTAINER (row), new_remove (group, name, address));
  gtk_widget_show_all (row);
  return row;
}

/* Of all NAMES. */
static void
keep_row (GtkWidget *child, gpointer names)
{
  if (HDY_IS_ACTION_ROW (child) && !g_strv_contains (names, hdy_action_row_get_subtitle (HDY_ACTION_ROW (child))))
    gtk_widget_destroy (child);
}

/* NAMES with a blank between them.  Rows that stay are not touched: somebody may be about to press a button of theirs. */
static void
show_names (CfNodesGroup *group, const char *value)
{
  char **before = group->names;

  group->names = g_strsplit (value, " ", -1);
  gtk_container_foreach (GTK_CONTAINER (group), keep_row, group->names);
  for (char **name = group->names; *name; name++)
    if (**name && !(before && g_strv_contains ((const char *const *) before, *name)))
      gtk_container_add (GTK_CONTAINER (group), new_row (group, *name));
  g_strfreev (before);
}

/* ---- to the daemon ---- */

static void
say_wrong (CfNodesGroup *group, const char *text)
{
  gtk_label_set_text (group->told, text);
  gtk_widget_set_visible (GTK_WIDGET (group->told), *text);
}

/* After the last change it is the daemon's list that is shown, also when that did not take it. */
static void
on_changed (GtkWidget *widget, const struct cf_client_error *error, const json_t *setting)
{
  CfNodesGroup *group = CF_NODES_GROUP (widget);
  char *text = error->err ? cf_words_error (error) : NULL;

  (void) setting;
  say_wrong (group, text ? text : "");
  free (text);
  if (!--group->changes)
    cf_model_refresh (cf_app_model (group->app), CF_MODEL_SETTINGS);
}

static void
on_added (GtkWidget *widget, const struct cf_client_error *error, const json_t *setting)
{
  CfNodesGroup *group = CF_NODES_GROUP (widget);

  gtk_widget_set_sensitive (widget, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (group->entry));
  if (!error->err) { /* else what was typed stays, to be mended */
    gtk_entry_set_text (group->entry, "");
    show_names (group, cf_row_text (setting, "value"));
  }
  on_changed (widget, error, setting);
}

/* NAMES are all from now on. */
static void
set_names (CfNodesGroup *group, const char *names, cf_widget_call_fn done)
{
  const char *words[] = { KEY, names, NULL };

  group->changes++;
  cf_widget_call (GTK_WIDGET (group), group->app, "CONFIG", words, NULL, done);
}

/* Appends those of WORDS that are not there yet; without the strings. */
static void
gather (GPtrArray *names, char **words)
{
  for (size_t i = 0; words[i]; i++)
    if (*words[i] && !g_ptr_array_find_with_equal_func (names, words[i], g_str_equal, NULL))
      g_ptr_array_add (names, words[i]);
}

/* Several may have been pasted at once, a line each. */
static void
on_add (CfNodesGroup *group)
{
  char **words = g_strsplit_set (gtk_entry_get_text (group->entry), " \t\r\n", -1), *value;
  GPtrArray *names = g_ptr_array_new ();

  gather (names, group->names);
  gather (names, words);
  g_ptr_array_add (names, NULL);
  value = g_strjoinv (" ", (char **) names->pdata);
  if (gtk_widget_get_sensitive (GTK_WIDGET (group->add))) {
    gtk_widget_set_sensitive (GTK_WIDGET (group), FALSE);
    set_names (group, value, on_added);
  }
  g_free (value);
  g_ptr_array_unref (names);
  g_strfreev (words);
}

static void
on_remove (CfNodesGroup *group, GtkButton *button)
{
  const char *name = g_object_get_data (G_OBJECT (button), KEY);
  GPtrArray *names = g_ptr_array_new ();
  char *value;
  guint at;

  gather (names, group->names); /* each once */
  if (g_ptr_array_find_with_equal_func (names, name, g_str_equal, &at))
    g_ptr_array_remove_index (names, at);
  g_ptr_array_add (names, NULL);
  value = g_strjoinv (" ", (char **) names->pdata);
  g_ptr_array_unref (names);
  show_names (group, value); /* BUTTON is gone */
  gtk_widget_child_focus (GTK_WIDGET (group), GTK_DIR_TAB_FORWARD);
  set_names (group, value, on_changed);
  g_free (value);
}

static void
on_typed (CfNodesGroup *group)
{
  char *text = g_strstrip (g_strdup (gtk_entry_get_text (group->entry)));

  gtk_widget_set_sensitive (GTK_WIDGET (group->add), *text);
  say_wrong (group, "");
  g_free (text);
}

void
cf_nodes_group_refresh (CfNodesGroup *group, CfApp *app)
{
  struct cf_model *model = cf_app_model (app);

  group->app = app;
  gtk_widget_set_visible (GTK_WIDGET (group), cf_model_get (model, CF_MODEL_SETTINGS, KEY) != NULL);
  if (!group->changes)
    show_names (group, cf_model_setting (model, KEY));
}

/* ---- its life ---- */

static void
cf_nodes_group_finalize (GObject *object)
{
  g_strfreev (CF_NODES_GROUP (object)->names);
  G_OBJECT_CLASS (cf_nodes_group_parent_class)->finalize (object);
}

static void
cf_nodes_group_class_init (CfNodesGroupClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_nodes_group_finalize;
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/nodes_group.ui");
  gtk_widget_class_bind_template_child (widget, CfNodesGroup, entry);
  gtk_widget_class_bind_template_child (widget, CfNodesGroup, add);
  gtk_widget_class_bind_template_child (widget, CfNodesGroup, told);
  gtk_widget_class_bind_template_callback (widget, on_typed);
  gtk_widget_class_bind_template_callback (widget, on_add);
}

static void
cf_nodes_group_init (CfNodesGroup *group)
{
  gtk_widget_init_template (GTK_WIDGET (group));
}
