/* SPDX-License-Identifier: GPL-3.0-or-later */
/* revoke_dialog.c - one's device keys are voided.
 *
 *   asking --the word is typed, the button--> working --> done
 *      ^-----------------it failed---------------'
 *
 * Who closes the dialog while it works does not stop it.
 */
#include <config.h>

#include "ui/gtk/revoke_dialog.h"

#include <handy.h>
#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/words.h"
#include "ui/gtk/accessible.h"
#include "ui/gtk/address_dialog.h"
#include "ui/gtk/escape.h"
#include "ui/gtk/fit.h"
#include "ui/gtk/widget_call.h"

#define CONFIRMATION "revoke" /* in every language, as in the terminal */

#define CF_TYPE_REVOKE_DIALOG (cf_revoke_dialog_get_type ())
G_DECLARE_FINAL_TYPE (CfRevokeDialog, cf_revoke_dialog, CF, REVOKE_DIALOG, HdyWindow)

struct _CfRevokeDialog {
  HdyWindow parent;
  CfApp *app;
  GtkStack *pages; /* "asking", "working", "done" */
  GtkEntry *typed;
  GtkLabel *type, *trouble;
  GtkWidget *revoke;
};

G_DEFINE_TYPE (CfRevokeDialog, cf_revoke_dialog, HDY_TYPE_WINDOW)

static void
say_trouble (CfRevokeDialog *dialog, const char *text)
{
  gtk_label_set_text (dialog->trouble, text);
  gtk_widget_set_visible (GTK_WIDGET (dialog->trouble), *text);
}

static void
on_typed (CfRevokeDialog *dialog)
{
  gtk_widget_set_sensitive (dialog->revoke, !strcmp (gtk_entry_get_text (dialog->typed), CONFIRMATION));
}

static void
on_done (GtkWidget *widget, const struct cf_client_error *error, const json_t *row)
{
  CfRevokeDialog *dialog = CF_REVOKE_DIALOG (widget);
  char *text;

  (void) row;
  if (!error->err) {
    gtk_stack_set_visible_child_name (dialog->pages, "done");
    return;
  }
  text = cf_words_error (error);
  say_trouble (dialog, text);
  free (text);
  gtk_stack_set_visible_child_name (dialog->pages, "asking");
  gtk_widget_grab_focus (GTK_WIDGET (dialog->typed));
}

static void
on_revoke (CfRevokeDialog *dialog)
{
  if (!gtk_widget_get_sensitive (dialog->revoke))
    return;
  say_trouble (dialog, "");
  gtk_stack_set_visible_child_name (dialog->pages, "working");
  cf_widget_call (GTK_WIDGET (dialog), dialog->app, "REVOKE-DEVICES", NULL, NULL, on_done);
}

static void
on_address (CfRevokeDialog *dialog)
{
  CfApp *app = dialog->app;
  GtkWindow *parent = gtk_window_get_transient_for (GTK_WINDOW (dialog));

  gtk_widget_destroy (GTK_WIDGET (dialog));
  cf_address_dialog_show (app, parent);
}

/* ---- its life ---- */

static void
cf_revoke_dialog_class_init (CfRevokeDialogClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/revoke_dialog.ui");
  gtk_widget_class_bind_template_child (widget, CfRevokeDialog, pages);
  gtk_widget_class_bind_template_child (widget, CfRevokeDialog, type);
  gtk_widget_class_bind_template_child (widget, CfRevokeDialog, typed);
  gtk_widget_class_bind_template_child (widget, CfRevokeDialog, trouble);
  gtk_widget_class_bind_template_child (widget, CfRevokeDialog, revoke);
  gtk_widget_class_bind_template_callback (widget, on_typed);
  gtk_widget_class_bind_template_callback (widget, on_revoke);
  gtk_widget_class_bind_template_callback (widget, on_address);
  cf_window_class_close_on_escape (widget);
}

static void
cf_revoke_dialog_init (CfRevokeDialog *dialog)
{
  /* Translators: %s is a word to be typed, the same in every language. */
  char *type = g_strdup_printf (_("Type %s to void them"), CONFIRMATION);

  gtk_widget_init_template (GTK_WIDGET (dialog));
  cf_accessible_tell_titles (GTK_WIDGET (dialog));
  gtk_label_set_text (dialog->type, type);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (dialog->typed)), type);
  g_free (type);
}

void
cf_revoke_dialog_show (CfApp *app, GtkWindow *parent)
{
  CfRevokeDialog *dialog = g_object_new (CF_TYPE_REVOKE_DIALOG, "transient-for", parent, NULL);

  dialog->app = app;
  cf_window_present_fitting (GTK_WINDOW (dialog));
}
