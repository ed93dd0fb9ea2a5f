/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes_group.c - the public nodes that are used. */
#include <config.h>

#include "ui/gtk/nodes_group.h"

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/words.h"
#include "ui/gtk/widget_call.h"

#define KEY "nodes"

struct _CfNodesGroup {
  HdyPreferencesGroup parent;
  CfApp *app;
  char **names; /* as they are shown; NULL: nothing is shown yet */
  gboolean adding; /* what is in the entry is on its way */
  GtkEntry *entry;
  GtkButton *add;
  GtkLabel *told;
};

G_DEFINE_TYPE (CfNodesGroup, cf_nodes_group, HDY_TYPE_PREFERENCES_GROUP)

/* ---- to the daemon ---- */

static void
say_wrong (CfNodesGroup *group, const char *text)
{
  gtk_label_set_text (group->told, text);
  gtk_widget_set_visible (GTK_WIDGET (group->told), *text);
}

static void
on_done (GtkWidget *widget, const struct cf_client_error *error, const json_t *setting)
{
  CfNodesGroup *group = CF_NODES_GROUP (widget);
  char *text;

  (void) setting;
  if (error->err) { /* what was typed stays, to be mended */
    text = cf_words_error (error);
    say_wrong (group, text);
    free (text);
  } else {
    say_wrong (group, "");
    if (group->adding)
      gtk_entry_set_text (group->entry, "");
    cf_model_refresh (cf_app_model (group->app), CF_MODEL_SETTINGS);
  }
  group->adding = FALSE;
}

/* NAMES, ended by NULL, are all from now on. */
static void
set_names (CfNodesGroup *group, char **names, gboolean adding)
{
  char *value = g_strjoinv (" ", names);
  const char *words[] = { KEY, value, NULL };

  group->adding = adding;
  cf_widget_call (GTK_WIDGET (group), group->app, "CONFIG", words, NULL, on_done);
  g_free (value);
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
  char **words = g_strsplit_set (gtk_entry_get_text (group->entry), " \t\r\n", -1);
  GPtrArray *names = g_ptr_array_new ();

  gather (names, group->names);
  gather (names, words);
  g_ptr_array_add (names, NULL);
  if (gtk_widget_get_sensitive (GTK_WIDGET (group->add)))
    set_names (group, (char **) names->pdata, TRUE);
  g_ptr_array_unref (names);
  g_strfreev (words);
}

static void
on_remove (CfNodesGroup *group, GtkButton *button)
{
  const char *name = g_object_get_data (G_OBJECT (button), KEY);
  GPtrArray *names = g_ptr_array_new ();
  guint at;

  gather (names, group->names); /* each once */
  if (g_ptr_array_find_with_equal_func (names, name, g_str_equal, &at))
    g_ptr_array_remove_index (names, at);
  g_ptr_array_add (names, NULL);
  set_names (group, (char **) names->pdata, FALSE);
  g_ptr_array_unref (names);
}

static void
on_typed (CfNodesGroup *group)
{
  char *text = g_strstrip (g_strdup (gtk_entry_get_text (group->entry)));

  gtk_widget_set_sensitive (GTK_WIDGET (group->add), *text);
  say_wrong (group, "");
  g_free (text);
}

/* ---- the list ---- */

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

static void
remove_row (GtkWidget *child, gpointer group)
{
  (void) group;
  if (HDY_IS_ACTION_ROW (child))
    gtk_widget_destroy (child);
}

void
cf_nodes_group_refresh (CfNodesGroup *group, CfApp *app)
{
  struct cf_model *model = cf_app_model (app);
  char **names = g_strsplit (cf_model_setting (model, KEY), " ", -1);

  group->app = app;
  gtk_widget_set_visible (GTK_WIDGET (group), cf_model_get (model, CF_MODEL_SETTINGS, KEY) != NULL);
  if (group->names && g_strv_equal ((const char *const *) group->names, (const char *const *) names)) {
    g_strfreev (names); /* who stands on a row stays there */
    return;
  }
  g_strfreev (group->names);
  group->names = names;
  gtk_container_foreach (GTK_CONTAINER (group), remove_row, NULL);
  for (size_t i = 0; names[i]; i++)
    if (*names[i])
      gtk_container_add (GTK_CONTAINER (group), new_row (group, names[i]));
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
