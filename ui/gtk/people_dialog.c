/* SPDX-License-Identifier: GPL-3.0-or-later */
/* people_dialog.c - a list that is made anew when somebody comes or goes: it is short, and seldom open. */

#include <config.h>

#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/gtk/accessible.h"
#include "ui/gtk/fit.h"
#include "ui/gtk/list_row.h"
#include "ui/gtk/open_dialog.h"
#include "ui/gtk/people_dialog.h"

#define PEOPLE_MAX 500u /* rows; whoever is sought among more is found by typing the name */

#define CF_TYPE_PEOPLE_DIALOG (cf_people_dialog_get_type ())
G_DECLARE_FINAL_TYPE (CfPeopleDialog, cf_people_dialog, CF, PEOPLE_DIALOG, GtkDialog)

struct _CfPeopleDialog {
  GtkDialog parent;
  CfApp *app;
  struct cf_model_listener *listener;
  char *needle; /* casefolded */
  GtkEntry *search;
  GtkListBox *list;
  GtkLabel *nobody;
  GtkWidget *add_contact, *address;
};

G_DEFINE_TYPE (CfPeopleDialog, cf_people_dialog, GTK_TYPE_DIALOG)

/* ---- the list ---- */

static void
add (CfPeopleDialog *dialog, enum cf_section section, const json_t *data, unsigned *rank)
{
  CfListRow *row;

  if (cf_row_true (data, "blocked") || *rank >= PEOPLE_MAX)
    return;
  row = cf_list_row_new (section, cf_row_text (data, "fingerprint"));
  cf_list_row_show (row, data, FALSE);
  if (!cf_list_row_matches (row, dialog->needle)) {
    g_object_ref_sink (row);
    gtk_widget_destroy (GTK_WIDGET (row));
    g_object_unref (row);
    return;
  }
  cf_list_row_set_rank (row, (*rank)++);
  gtk_container_add (GTK_CONTAINER (dialog->list), GTK_WIDGET (row));
}

static void
fill (CfPeopleDialog *dialog)
{
  struct cf_model *model = cf_app_model (dialog->app);
  GList *rows = gtk_container_get_children (GTK_CONTAINER (dialog->list));
  unsigned rank = 0;

  g_list_free_full (rows, (GDestroyNotify) gtk_widget_destroy);
  for (const json_t *data = NULL; (data = cf_model_next (model, CF_MODEL_PEERS, data));)
    add (dialog, CF_SECTION_NEARBY, data, &rank);
  for (const json_t *data = NULL; (data = cf_model_next (model, CF_MODEL_CONTACTS, data));)
    if (!cf_model_get (model, CF_MODEL_PEERS, cf_row_text (data, "fingerprint")))
      add (dialog, CF_SECTION_CONTACTS, data, &rank);
}

static void
on_changed (void *arg, enum cf_model_list list, const char *id)
{
  (void) id;
  if (list == CF_MODEL_PEERS || list == CF_MODEL_CONTACTS)
    fill (arg);
}

static void
on_search_changed (CfPeopleDialog *dialog)
{
  g_free (dialog->needle);
  dialog->needle = g_utf8_casefold (gtk_entry_get_text (dialog->search), -1);
  fill (dialog);
}

/* ---- choosing ---- */

static void
on_activated (CfPeopleDialog *dialog, GtkListBoxRow *row)
{
  CfApp *app = dialog->app;
  GtkWindow *parent = gtk_window_get_transient_for (GTK_WINDOW (dialog));
  char *peer = g_strdup (cf_list_row_id (CF_LIST_ROW (row)));
  const json_t *conversation = cf_model_conversation_with (cf_app_model (app), peer);
  const char *state = cf_row_text (conversation, "state");

  gtk_widget_destroy (GTK_WIDGET (dialog));
  if (!strcmp (state, "open"))
    cf_app_show_conversation (app, cf_row_text (conversation, "conversation"), NULL);
  else
    cf_open_dialog_show (app, parent, peer, NULL, CF_OPEN);
  g_free (peer);
}

static void
on_search_activate (CfPeopleDialog *dialog)
{
  GtkListBoxRow *row;

  on_search_changed (dialog); /* GTK tells of what was typed a moment later */
  row = gtk_list_box_get_row_at_index (dialog->list, 0);
  if (row)
    on_activated (dialog, row);
}

/* Another dialog takes the place of this one. */
static void
on_elsewhere (CfPeopleDialog *dialog, GtkButton *button)
{
  GtkWindow *parent = gtk_window_get_transient_for (GTK_WINDOW (dialog));
  const char *action = GTK_WIDGET (button) == dialog->address ? "address" : "add-contact";

  gtk_widget_destroy (GTK_WIDGET (dialog));
  g_action_group_activate_action (G_ACTION_GROUP (parent), action, NULL);
}

/* ---- the class ---- */

static void
cf_people_dialog_dispose (GObject *object)
{
  CfPeopleDialog *dialog = CF_PEOPLE_DIALOG (object);

  if (dialog->listener)
    cf_model_unlisten (cf_app_model (dialog->app), dialog->listener);
  dialog->listener = NULL;
  g_clear_pointer (&dialog->needle, g_free);
  G_OBJECT_CLASS (cf_people_dialog_parent_class)->dispose (object);
}

static void
cf_people_dialog_class_init (CfPeopleDialogClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = cf_people_dialog_dispose;
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/people_dialog.ui");
  gtk_widget_class_bind_template_child (widget, CfPeopleDialog, search);
  gtk_widget_class_bind_template_child (widget, CfPeopleDialog, list);
  gtk_widget_class_bind_template_child (widget, CfPeopleDialog, nobody);
  gtk_widget_class_bind_template_child (widget, CfPeopleDialog, add_contact);
  gtk_widget_class_bind_template_child (widget, CfPeopleDialog, address);
  gtk_widget_class_bind_template_callback (widget, on_search_changed);
  gtk_widget_class_bind_template_callback (widget, on_search_activate);
  gtk_widget_class_bind_template_callback (widget, on_activated);
  gtk_widget_class_bind_template_callback (widget, gtk_window_close);
}

static void
cf_people_dialog_init (CfPeopleDialog *dialog)
{
  dialog->needle = g_strdup ("");
  gtk_widget_init_template (GTK_WIDGET (dialog));
  cf_accessible_tell_placeholder (dialog->nobody);
  gtk_list_box_set_header_func (dialog->list, cf_list_row_header, NULL, NULL);
  gtk_list_box_set_sort_func (dialog->list, cf_list_row_compare, NULL, NULL);
  g_signal_connect_swapped (dialog->add_contact, "clicked", G_CALLBACK (on_elsewhere), dialog);
  g_signal_connect_swapped (dialog->address, "clicked", G_CALLBACK (on_elsewhere), dialog);
  g_signal_connect (dialog, "response", G_CALLBACK (gtk_widget_destroy), NULL);
}

void
cf_people_dialog_show (CfApp *app, GtkWindow *parent)
{
  static const struct cf_model_handler handler = { .changed = on_changed };
  CfPeopleDialog *dialog = g_object_new (CF_TYPE_PEOPLE_DIALOG, "use-header-bar", TRUE, "transient-for", parent, NULL);

  dialog->app = app;
  if (cf_model_listen (cf_app_model (app), &handler, dialog, &dialog->listener))
    g_error ("no memory for a dialog");
  fill (dialog);
  cf_window_present_fitting (GTK_WINDOW (dialog));
}
