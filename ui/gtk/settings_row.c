/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings_row.c - one of the daemon's settings in a list. */
#include <config.h>

#include "ui/gtk/settings_row.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/words.h"
#include "ui/gtk/choice.h"
#include "ui/gtk/file_row_private.h"
#include "ui/gtk/widget_call.h"

#define NAME_MAX_CHARS 64
#define FOLDER_CHARS 24
#define ENTRY_CHARS 16 /* where there is room */

struct _CfSettingsRow {
  HdyActionRow parent;
  CfApp *app;
  char *key, *values, *labels, *meaning; /* MEANING: the subtitle while nothing is wrong */
  char **value;                          /* of a choice or a switch; NULL: text */
  GtkWidget *control;                    /* GtkSwitch, GtkComboBoxText, GtkEntry, or GtkButton of a folder */
  gboolean updating;                     /* the control follows the model */
};

enum { PROP_KEY = 1, PROP_VALUES, PROP_LABELS };

G_DEFINE_TYPE (CfSettingsRow, cf_settings_row, HDY_TYPE_ACTION_ROW)

/* ---- to the daemon ---- */

static void
say_wrong (CfSettingsRow *row, const char *text)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (row));

  if (text)
    gtk_style_context_add_class (style, "cf-wrong");
  else
    gtk_style_context_remove_class (style, "cf-wrong");
  hdy_action_row_set_icon_name (HDY_ACTION_ROW (row), text ? "dialog-warning-symbolic" : NULL);
  hdy_action_row_set_subtitle (HDY_ACTION_ROW (row), text ? text : row->meaning);
}

static void
on_done (GtkWidget *widget, const struct cf_client_error *error, const json_t *setting)
{
  CfSettingsRow *row = CF_SETTINGS_ROW (widget);
  char *text;

  (void) setting;
  if (error->err) {
    text = cf_words_error (error);
    say_wrong (row, text);
    free (text);
    if (!GTK_IS_ENTRY (row->control)) /* what was typed stays, to be mended */
      cf_settings_row_refresh (row, row->app);
    return;
  }
  say_wrong (row, NULL);
  cf_model_refresh (cf_app_model (row->app), CF_MODEL_SETTINGS);
}

static void
set_value (CfSettingsRow *row, const char *value)
{
  const char *words[] = { row->key, value, NULL };

  if (!row->updating && value && strcmp (value, cf_model_setting (cf_app_model (row->app), row->key)))
    cf_widget_call (GTK_WIDGET (row), row->app, "CONFIG", words, NULL, on_done);
}

static void
on_switch (CfSettingsRow *row)
{
  set_value (row, row->value[gtk_switch_get_active (GTK_SWITCH (row->control)) ? 0 : 1]);
}

static void
on_choice (CfSettingsRow *row)
{
  set_value (row, gtk_combo_box_get_active_id (GTK_COMBO_BOX (row->control)));
}

static void
on_entry (CfSettingsRow *row)
{
  set_value (row, gtk_entry_get_text (GTK_ENTRY (row->control)));
}

static gboolean
on_entry_left (CfSettingsRow *row)
{
  on_entry (row);
  return GDK_EVENT_PROPAGATE;
}

/* ---- a folder ---- */

static bool
is_folder (CfSettingsRow *row)
{
  return !g_strcmp0 (row->values, "folder");
}

static void
on_folder (GtkNativeDialog *chooser, int response, CfSettingsRow *row)
{
  char *dir = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (chooser));

  if (response == GTK_RESPONSE_ACCEPT)
    set_value (row, dir);
  g_free (dir);
  g_object_unref (chooser);
}

static void
ask_folder (CfSettingsRow *row)
{
  GtkWidget *top = gtk_widget_get_toplevel (GTK_WIDGET (row));
  GtkFileChooserNative *chooser = gtk_file_chooser_native_new (
      hdy_preferences_row_get_title (HDY_PREFERENCES_ROW (row)), GTK_IS_WINDOW (top) ? GTK_WINDOW (top) : NULL,
      GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _("Choose"), NULL);
  char *dir = cf_file_download_dir (row->app);

  gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (chooser), dir);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  g_signal_connect_object (chooser, "response", G_CALLBACK (on_folder), row, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
  g_free (dir);
}

/* "~/Downloads" */
static void
show_folder (CfSettingsRow *row)
{
  char *dir = cf_file_download_dir (row->app), *shown = g_filename_display_name (dir), *name;
  const char *home = g_get_home_dir (), *title = hdy_preferences_row_get_title (HDY_PREFERENCES_ROW (row));

  if (g_str_has_prefix (dir, home) && dir[strlen (home)] == '/') {
    g_free (shown);
    name = g_filename_display_name (dir + strlen (home));
    shown = g_strconcat ("~", name, NULL);
    g_free (name);
  }
  name = g_strdup_printf ("%s: %s", title, shown);
  gtk_label_set_text (GTK_LABEL (gtk_bin_get_child (GTK_BIN (row->control))), shown);
  gtk_widget_set_tooltip_text (row->control, shown);
  atk_object_set_name (gtk_widget_get_accessible (row->control), name);
  g_free (name);
  g_free (shown);
  g_free (dir);
}

static GtkWidget *
new_folder (CfSettingsRow *row)
{
  GtkWidget *control = gtk_button_new (), *label = gtk_label_new (NULL);

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_START);
  gtk_label_set_max_width_chars (GTK_LABEL (label), FOLDER_CHARS);
  gtk_widget_show (label);
  gtk_container_add (GTK_CONTAINER (control), label);
  g_signal_connect_swapped (control, "clicked", G_CALLBACK (ask_folder), row);
  return control;
}

/* ---- the control ---- */

static GtkWidget *
new_switch (CfSettingsRow *row)
{
  GtkWidget *control = gtk_switch_new ();

  g_signal_connect_swapped (control, "notify::active", G_CALLBACK (on_switch), row);
  return control;
}

static GtkWidget *
new_choice (CfSettingsRow *row)
{
  GtkWidget *control = gtk_combo_box_text_new ();
  char **labels = g_strsplit (row->labels ? row->labels : "", "|", -1);

  for (size_t i = 0; row->value[i] && labels[i]; i++)
    gtk_combo_box_text_append (GTK_COMBO_BOX_TEXT (control), row->value[i], labels[i]);
  g_strfreev (labels);
  cf_choice_tame (GTK_COMBO_BOX (control));
  g_signal_connect_swapped (control, "changed", G_CALLBACK (on_choice), row);
  return control;
}

/* What was set elsewhere is a choice too. */
static void
show_choice (CfSettingsRow *row, const char *value)
{
  if (gtk_combo_box_set_active_id (GTK_COMBO_BOX (row->control), value) || !*value)
    return;
  gtk_combo_box_text_append (GTK_COMBO_BOX_TEXT (row->control), value, value);
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (row->control), value);
}

static GtkWidget *
new_entry (CfSettingsRow *row)
{
  GtkWidget *control = gtk_entry_new ();

  gtk_entry_set_max_length (GTK_ENTRY (control), NAME_MAX_CHARS);
  gtk_entry_set_width_chars (GTK_ENTRY (control), 10);
  gtk_entry_set_max_width_chars (GTK_ENTRY (control), ENTRY_CHARS);
  g_signal_connect_swapped (control, "activate", G_CALLBACK (on_entry), row);
  g_signal_connect_object (control, "focus-out-event", G_CALLBACK (on_entry_left), row, G_CONNECT_SWAPPED);
  return control;
}

static void
make_control (CfSettingsRow *row)
{
  const char *title = hdy_preferences_row_get_title (HDY_PREFERENCES_ROW (row));

  row->value = row->values && *row->values && !is_folder (row) ? g_strsplit (row->values, "|", -1) : NULL;
  row->meaning = g_strdup (hdy_action_row_get_subtitle (HDY_ACTION_ROW (row)));
  row->control = is_folder (row)                    ? new_folder (row)
                 : !row->value                      ? new_entry (row)
                 : g_strv_length (row->value) == 2 && !row->labels ? new_switch (row)
                                                    : new_choice (row);
  gtk_widget_set_valign (row->control, GTK_ALIGN_CENTER);
  atk_object_set_name (gtk_widget_get_accessible (row->control), title);
  gtk_widget_show (row->control);
  gtk_container_add (GTK_CONTAINER (row), row->control);
  if (GTK_IS_SWITCH (row->control))
    hdy_action_row_set_activatable_widget (HDY_ACTION_ROW (row), row->control);
}

void
cf_settings_row_refresh (CfSettingsRow *row, CfApp *app)
{
  struct cf_model *model = cf_app_model (app);
  const json_t *setting = cf_model_get (model, CF_MODEL_SETTINGS, row->key);
  const char *value = cf_model_setting (model, row->key);

  row->app = app;
  if (!row->control)
    make_control (row);
  gtk_widget_set_visible (GTK_WIDGET (row), setting != NULL);
  row->updating = TRUE;
  if (GTK_IS_SWITCH (row->control))
    gtk_switch_set_active (GTK_SWITCH (row->control), !strcmp (value, row->value[0]));
  else if (GTK_IS_COMBO_BOX (row->control))
    show_choice (row, value);
  else if (GTK_IS_BUTTON (row->control))
    show_folder (row);
  else if (!gtk_widget_has_focus (row->control))
    gtk_entry_set_text (GTK_ENTRY (row->control), value);
  row->updating = FALSE;
}

/* ---- its life ---- */

static char **
property (CfSettingsRow *row, guint id)
{
  return id == PROP_KEY ? &row->key : id == PROP_VALUES ? &row->values : &row->labels;
}

static void
cf_settings_row_set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  char **text = property (CF_SETTINGS_ROW (object), id);

  (void) spec;
  g_free (*text);
  *text = g_value_dup_string (value);
}

static void
cf_settings_row_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  (void) spec;
  g_value_set_string (value, *property (CF_SETTINGS_ROW (object), id));
}

static void
cf_settings_row_finalize (GObject *object)
{
  CfSettingsRow *row = CF_SETTINGS_ROW (object);

  g_free (row->key);
  g_free (row->values);
  g_free (row->labels);
  g_free (row->meaning);
  g_strfreev (row->value);
  G_OBJECT_CLASS (cf_settings_row_parent_class)->finalize (object);
}

static void
cf_settings_row_class_init (CfSettingsRowClass *class)
{
  static const char *const names[] = { [PROP_KEY] = "key", [PROP_VALUES] = "values", [PROP_LABELS] = "labels" };
  GObjectClass *object = G_OBJECT_CLASS (class);

  object->set_property = cf_settings_row_set_property;
  object->get_property = cf_settings_row_get_property;
  object->finalize = cf_settings_row_finalize;
  for (guint id = PROP_KEY; id <= PROP_LABELS; id++)
    g_object_class_install_property (
        object, id, g_param_spec_string (names[id], NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));
}

static void
cf_settings_row_init (CfSettingsRow *row)
{
  hdy_action_row_set_title_lines (HDY_ACTION_ROW (row), 0);
  hdy_action_row_set_subtitle_lines (HDY_ACTION_ROW (row), 0);
}
