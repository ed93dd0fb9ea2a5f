/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings_dialog.c - the settings: most rows are CfSettingsRow and mind themselves; here are visibility, which may be
   for a while, and the network, which is not set but told. */
#include <config.h>

#include "ui/gtk/settings_dialog.h"

#include <handy.h>
#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/accessible.h"
#include "ui/gtk/choice.h"
#include "ui/gtk/escape.h"
#include "ui/gtk/fact_row.h"
#include "ui/gtk/fit.h"
#include "ui/gtk/nodes_group.h"
#include "ui/gtk/revoke_dialog.h"
#include "ui/gtk/settings_row.h"
#include "ui/gtk/widget_call.h"

#define CF_TYPE_SETTINGS_DIALOG (cf_settings_dialog_get_type ())
G_DECLARE_FINAL_TYPE (CfSettingsDialog, cf_settings_dialog, CF, SETTINGS_DIALOG, HdyPreferencesWindow)

enum { EVERYONE, CONTACTS, NOBODY, VISIBILITIES };

static const char *const visibility_names[] = { "everyone", "contacts", "nobody" };

struct _CfSettingsDialog {
  HdyPreferencesWindow parent;
  CfApp *app;
  struct cf_model_listener *listener;
  GtkWidget *network_page;
  GtkRadioButton *everyone, *contacts, *nobody;
  GtkComboBoxText *how_long;
  GtkLabel *visibility_told;
  CfSettingsRow *name, *theme, *send_key, *mailbox, *receipts, *typing, *notifications, *content, *download_dir, *accept_files;
  CfSettingsRow *port_mapping, *listed, *pass_on;
  CfNodesGroup *nodes;
  HdyPreferencesGroup *ladder, *notifying, *files;
  CfFactRow *version, *home;
  gboolean updating;
};

G_DEFINE_TYPE (CfSettingsDialog, cf_settings_dialog, HDY_TYPE_PREFERENCES_WINDOW)

/* ---- visibility ---- */

static void
say_visibility (CfSettingsDialog *dialog, const char *text, gboolean wrong)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (dialog->visibility_told));

  if (wrong)
    gtk_style_context_add_class (style, "cf-wrong");
  else
    gtk_style_context_remove_class (style, "cf-wrong");
  gtk_label_set_text (dialog->visibility_told, text);
  gtk_widget_set_visible (GTK_WIDGET (dialog->visibility_told), *text);
}

static void
show_visibility (CfSettingsDialog *dialog, const char *visibility, const json_t *row, const char *until_key)
{
  GtkRadioButton *const buttons[] = { dialog->everyone, dialog->contacts, dialog->nobody };
  int64_t until, unknown = cf_row_number (row, "unrecognised");
  char *when, *text = NULL;

  dialog->updating = TRUE;
  for (int i = EVERYONE; i < VISIBILITIES; i++)
    if (!strcmp (visibility, visibility_names[i]))
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (buttons[i]), TRUE);
  if (cf_row_utc_ms (row, until_key, &until)) {
    when = cf_words_until (until, g_get_real_time () / 1000);
    /* Translators: %s is a time or a date. */
    text = g_strdup_printf (_("So until %s; then again as you had chosen before."), when);
    free (when);
  } else {
    gtk_combo_box_set_active (GTK_COMBO_BOX (dialog->how_long), 0);
    if (!strcmp (visibility, "contacts") && unknown)
      text = g_strdup_printf (ngettext ("%d contact cannot recognise you yet: that takes a conversation that was opened "
                                        "by password.",
                                        "%d contacts cannot recognise you yet: that takes a conversation that was "
                                        "opened by password.",
                                        (unsigned long) unknown),
                              (int) unknown);
  }
  say_visibility (dialog, text ? text : "", FALSE);
  dialog->updating = FALSE;
  g_free (text);
}

static void
on_visibility_done (GtkWidget *widget, const struct cf_client_error *error, const json_t *row)
{
  CfSettingsDialog *dialog = CF_SETTINGS_DIALOG (widget);
  char *text;

  if (error->err) {
    text = cf_words_error (error);
    say_visibility (dialog, text, TRUE);
    free (text);
  } else
    show_visibility (dialog, cf_row_text (row, "visibility"), row, "until");
}

static void
set_visibility (CfSettingsDialog *dialog)
{
  GtkRadioButton *const buttons[] = { dialog->everyone, dialog->contacts, dialog->nobody };
  const char *how_long = gtk_combo_box_get_active_id (GTK_COMBO_BOX (dialog->how_long)), *words[3] = { NULL };
  char *option = NULL;
  size_t n = 0;

  if (dialog->updating)
    return;
  if (how_long && *how_long)
    words[n++] = option = g_strconcat ("--for=", how_long, NULL);
  for (int i = EVERYONE; i < VISIBILITIES; i++)
    if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (buttons[i])))
      words[n] = visibility_names[i];
  cf_widget_call (GTK_WIDGET (dialog), dialog->app, "VISIBILITY", words, NULL, on_visibility_done);
  g_free (option);
}

static void
on_visibility (CfSettingsDialog *dialog, GtkToggleButton *button)
{
  if (gtk_toggle_button_get_active (button)) /* once for the two that change */
    set_visibility (dialog);
}

static void
on_how_long (CfSettingsDialog *dialog)
{
  set_visibility (dialog);
}

/* ---- the network ---- */

static GtkWidget *
new_step (const json_t *step, enum cf_fact_look look)
{
  char *title = cf_words_step (step), *detail = cf_words_step_detail (step), *remedy = cf_words_step_remedy (step);
  GtkWidget *row = cf_fact_row_new (title);

  cf_fact_row_set (CF_FACT_ROW (row), detail, remedy);
  cf_fact_row_set_look (CF_FACT_ROW (row), look);
  free (title);
  free (detail);
  free (remedy);
  return row;
}

static void
remove_row (GtkWidget *row, gpointer group)
{
  (void) group;
  gtk_widget_destroy (row);
}

static void
show_network (CfSettingsDialog *dialog)
{
  const json_t *status = cf_model_status (cf_app_model (dialog->app)), *step;
  bool good = true;
  size_t i;

  gtk_container_foreach (GTK_CONTAINER (dialog->ladder), remove_row, NULL);
  json_array_foreach (json_object_get (status, "network"), i, step) {
    bool ok = cf_row_true (step, "ok");

    /* Each stands on the one before: the first that fails is the one to mend. */
    gtk_container_add (GTK_CONTAINER (dialog->ladder),
                       new_step (step, ok ? CF_FACT_GOOD : good ? CF_FACT_BAD : CF_FACT_WARNING));
    good &= ok;
  }
  hdy_preferences_group_set_description (dialog->ladder,
                                         good ? _("Everything that was tried works.")
                                              : _("Each step stands on the one above it. The first that does not work "
                                                  "is the one to mend."));
}

static void
on_look_again (CfSettingsDialog *dialog)
{
  cf_model_refresh (cf_app_model (dialog->app), CF_MODEL_STATUS);
}

/* ---- device keys ---- */

static void
on_revoke (CfSettingsDialog *dialog)
{
  cf_revoke_dialog_show (dialog->app, GTK_WINDOW (dialog));
}

/* ---- all of it ---- */

static void
refresh_settings (CfSettingsDialog *dialog)
{
  CfSettingsRow *const rows[] = { dialog->name,   dialog->theme,         dialog->send_key, dialog->receipts,
                                  dialog->typing, dialog->notifications, dialog->content,
                                  dialog->mailbox,      dialog->download_dir, dialog->accept_files,
                                  dialog->port_mapping, dialog->listed,       dialog->pass_on };

  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    cf_settings_row_refresh (rows[i], dialog->app);
  cf_nodes_group_refresh (dialog->nodes, dialog->app);
  gtk_widget_set_visible (GTK_WIDGET (dialog->notifying), gtk_widget_get_visible (GTK_WIDGET (dialog->notifications))
                                                              || gtk_widget_get_visible (GTK_WIDGET (dialog->content)));
  gtk_widget_set_visible (GTK_WIDGET (dialog->files), gtk_widget_get_visible (GTK_WIDGET (dialog->download_dir))
                                                          || gtk_widget_get_visible (GTK_WIDGET (dialog->accept_files)));
}

static void
refresh_status (CfSettingsDialog *dialog)
{
  const json_t *status = cf_model_status (cf_app_model (dialog->app));

  if (!status)
    return;
  show_visibility (dialog, cf_row_text (status, "visibility"), status, "visibility_until");
  show_network (dialog);
  cf_fact_row_set (dialog->version, cf_row_text (status, "version"), NULL);
  cf_fact_row_set (dialog->home, cf_row_text (status, "home"), _("Messages and keys of conversations, encrypted."));
}

static void
on_changed (void *arg, enum cf_model_list list, const char *id)
{
  CfSettingsDialog *dialog = arg;

  (void) id;
  if (list == CF_MODEL_SETTINGS)
    refresh_settings (dialog);
  else if (list == CF_MODEL_STATUS)
    refresh_status (dialog);
}

static void
cf_settings_dialog_destroy (GtkWidget *widget)
{
  CfSettingsDialog *dialog = CF_SETTINGS_DIALOG (widget);

  if (dialog->listener)
    cf_model_unlisten (cf_app_model (dialog->app), dialog->listener);
  dialog->listener = NULL;
  GTK_WIDGET_CLASS (cf_settings_dialog_parent_class)->destroy (widget);
}

static void
cf_settings_dialog_class_init (CfSettingsDialogClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  widget->destroy = cf_settings_dialog_destroy;
  g_type_ensure (CF_TYPE_SETTINGS_ROW);
  g_type_ensure (CF_TYPE_FACT_ROW);
  g_type_ensure (CF_TYPE_NODES_GROUP);
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/settings_dialog.ui");
#define BIND(name) gtk_widget_class_bind_template_child (widget, CfSettingsDialog, name)
  BIND (network_page);
  BIND (everyone);
  BIND (contacts);
  BIND (nobody);
  BIND (how_long);
  BIND (visibility_told);
  BIND (name);
  BIND (theme);
  BIND (send_key);
  BIND (mailbox);
  BIND (receipts);
  BIND (typing);
  BIND (notifying);
  BIND (notifications);
  BIND (content);
  BIND (files);
  BIND (download_dir);
  BIND (accept_files);
  BIND (port_mapping);
  BIND (listed);
  BIND (pass_on);
  BIND (nodes);
  BIND (ladder);
  BIND (version);
  BIND (home);
#undef BIND
  gtk_widget_class_bind_template_callback (widget, on_visibility);
  gtk_widget_class_bind_template_callback (widget, on_how_long);
  gtk_widget_class_bind_template_callback (widget, on_look_again);
  gtk_widget_class_bind_template_callback (widget, on_revoke);
  cf_window_class_close_on_escape (widget);
}

static void
cf_settings_dialog_init (CfSettingsDialog *dialog)
{
  gtk_widget_init_template (GTK_WIDGET (dialog));
  cf_accessible_tell_titles (GTK_WIDGET (dialog));
  cf_choice_tame (GTK_COMBO_BOX (dialog->how_long));
}

static CfSettingsDialog *
show (CfApp *app, GtkWindow *parent)
{
  static const struct cf_model_handler handler = { .changed = on_changed };
  CfSettingsDialog *dialog = g_object_new (CF_TYPE_SETTINGS_DIALOG, "transient-for", parent, NULL);

  dialog->app = app;
  if (cf_model_listen (cf_app_model (app), &handler, dialog, &dialog->listener))
    g_error ("no memory for settings");
  refresh_settings (dialog);
  refresh_status (dialog);
  cf_model_refresh (cf_app_model (app), CF_MODEL_SETTINGS);
  cf_model_refresh (cf_app_model (app), CF_MODEL_STATUS);
  cf_window_present_fitting (GTK_WINDOW (dialog));
  return dialog;
}

void
cf_settings_dialog_show (CfApp *app, GtkWindow *parent)
{
  show (app, parent);
}

void
cf_settings_dialog_show_network (CfApp *app, GtkWindow *parent)
{
  CfSettingsDialog *dialog = show (app, parent);

  gtk_stack_set_visible_child (GTK_STACK (gtk_widget_get_parent (dialog->network_page)), dialog->network_page);
}
