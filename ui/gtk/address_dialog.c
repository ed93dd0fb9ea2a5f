/* SPDX-License-Identifier: GPL-3.0-or-later */
/* address_dialog.c - one's own address. */
#include <config.h>

#include "ui/gtk/address_dialog.h"

#include <handy.h>
#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/accessible.h"
#include "ui/gtk/choice_dialog.h"
#include "ui/gtk/escape.h"
#include "ui/gtk/fact_row.h"
#include "ui/gtk/fit.h"
#include "ui/gtk/qr_view.h"
#include "ui/gtk/widget_call.h"

#define CF_TYPE_ADDRESS_DIALOG (cf_address_dialog_get_type ())
G_DECLARE_FINAL_TYPE (CfAddressDialog, cf_address_dialog, CF, ADDRESS_DIALOG, HdyWindow)

struct _CfAddressDialog {
  HdyWindow parent;
  CfApp *app;
  CfQrView *qr;
  GtkLabel *who, *told;
  CfFactRow *address, *fingerprint;
  GtkWidget *save, *renew;
  char *text; /* the address; NULL: not known yet */
};

G_DEFINE_TYPE (CfAddressDialog, cf_address_dialog, HDY_TYPE_WINDOW)

static void
tell (CfAddressDialog *dialog, const char *text)
{
  gtk_label_set_text (dialog->told, text);
  gtk_widget_set_visible (GTK_WIDGET (dialog->told), *text);
}

static void
tell_error (CfAddressDialog *dialog, const struct cf_client_error *error)
{
  char *text = cf_words_error (error);

  tell (dialog, text);
  free (text);
}

static void
on_address (GtkWidget *widget, const struct cf_client_error *error, const json_t *row)
{
  CfAddressDialog *dialog = CF_ADDRESS_DIALOG (widget);
  const char *text = cf_row_text (row, "address");
  char *who;

  gtk_widget_set_sensitive (dialog->renew, TRUE);
  if (error->err) {
    tell_error (dialog, error);
    return;
  }
  if (dialog->text && strcmp (dialog->text, text))
    tell (dialog, _("This is your address from now on. Those who have the old one can no longer find you with it."));
  g_free (dialog->text);
  dialog->text = g_strdup (text);
  who = cf_words_user_id (row);
  gtk_label_set_text (dialog->who, who);
  cf_fact_row_set (dialog->address, text, NULL);
  cf_fact_row_set_copy (dialog->address, text);
  cf_fact_row_set_fingerprint (dialog->fingerprint, cf_row_text (row, "fingerprint"),
                               _("Read it out to people who want to be sure that they have the right address."));
  gtk_widget_set_visible (GTK_WIDGET (dialog->qr), !cf_qr_view_set (dialog->qr, text));
  atk_object_set_description (gtk_widget_get_accessible (GTK_WIDGET (dialog->qr)), text);
  gtk_widget_set_sensitive (dialog->save, gtk_widget_get_visible (GTK_WIDGET (dialog->qr)));
  free (who);
}

/* ---- a new one ---- */

static void
on_renew_response (CfAddressDialog *dialog, int response, GtkDialog *question)
{
  static const char *const words[] = { "--renew", NULL };

  gtk_widget_destroy (GTK_WIDGET (question));
  if (response != GTK_RESPONSE_ACCEPT)
    return;
  gtk_widget_set_sensitive (dialog->renew, FALSE);
  cf_widget_call (GTK_WIDGET (dialog), dialog->app, "ADDRESS", words, NULL, on_address);
}

static void
on_renew (CfAddressDialog *dialog)
{
  CfChoiceDialog *question =
      cf_choice_dialog_new (GTK_WINDOW (dialog), _("Make a new address?"),
                            _("The address that you have given out becomes useless to strangers, for example to "
                              "somebody who found it and should not have. Your contacts still find you. Whomever you "
                              "have given it to and who has not added you yet needs the new one."),
                            _("New address"), FALSE);

  g_signal_connect_object (question, "response", G_CALLBACK (on_renew_response), dialog, G_CONNECT_SWAPPED);
  gtk_widget_show (GTK_WIDGET (question));
}

/* ---- a file ---- */

static void
on_save_response (CfAddressDialog *dialog, int response, GtkNativeDialog *native)
{
  char *path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (native)), *name, *text;
  gpg_error_t err;

  if (response == GTK_RESPONSE_ACCEPT && path && dialog->text) {
    err = cf_qr_save (dialog->text, g_str_has_suffix (path, ".svg") ? CF_QR_SVG : CF_QR_PNG, path);
    name = g_filename_display_basename (path);
    /* Translators: %s is the name of a file. */
    text = err ? g_strdup_printf (_("%s could not be saved. Choose another folder, or make room there."), name)
               : g_strdup_printf (_("Saved as %s."), name);
    tell (dialog, text);
    g_free (text);
    g_free (name);
  }
  g_free (path);
  gtk_native_dialog_destroy (native);
  g_object_unref (native);
}

static void
on_save (CfAddressDialog *dialog)
{
  GtkFileChooserNative *native = gtk_file_chooser_native_new (_("Save the code"), GTK_WINDOW (dialog),
                                                              GTK_FILE_CHOOSER_ACTION_SAVE, _("Save"), _("Cancel"));
  static const struct {
    const char *name, *pattern;
  } forms[] = { { N_("Picture (PNG)"), "*.png" }, { N_("Drawing (SVG)"), "*.svg" } };

  for (size_t i = 0; i < G_N_ELEMENTS (forms); i++) {
    GtkFileFilter *filter = gtk_file_filter_new ();

    gtk_file_filter_set_name (filter, _(forms[i].name));
    gtk_file_filter_add_pattern (filter, forms[i].pattern);
    gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (native), filter);
  }
  /* Translators: the name of a file; leave .png as it is. */
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (native), _("My Confab address.png"));
  gtk_file_chooser_set_do_overwrite_confirmation (GTK_FILE_CHOOSER (native), TRUE);
  g_signal_connect_object (native, "response", G_CALLBACK (on_save_response), dialog, G_CONNECT_SWAPPED);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (native), TRUE);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (native));
}

/* ---- its life ---- */

static void
cf_address_dialog_finalize (GObject *object)
{
  g_free (CF_ADDRESS_DIALOG (object)->text);
  G_OBJECT_CLASS (cf_address_dialog_parent_class)->finalize (object);
}

static void
cf_address_dialog_class_init (CfAddressDialogClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_address_dialog_finalize;
  g_type_ensure (CF_TYPE_QR_VIEW);
  g_type_ensure (CF_TYPE_FACT_ROW);
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/address_dialog.ui");
  gtk_widget_class_bind_template_child (widget, CfAddressDialog, qr);
  gtk_widget_class_bind_template_child (widget, CfAddressDialog, who);
  gtk_widget_class_bind_template_child (widget, CfAddressDialog, told);
  gtk_widget_class_bind_template_child (widget, CfAddressDialog, address);
  gtk_widget_class_bind_template_child (widget, CfAddressDialog, fingerprint);
  gtk_widget_class_bind_template_child (widget, CfAddressDialog, save);
  gtk_widget_class_bind_template_child (widget, CfAddressDialog, renew);
  gtk_widget_class_bind_template_callback (widget, on_save);
  gtk_widget_class_bind_template_callback (widget, on_renew);
  cf_window_class_close_on_escape (widget);
}

static void
cf_address_dialog_init (CfAddressDialog *dialog)
{
  gtk_widget_init_template (GTK_WIDGET (dialog));
  cf_accessible_tell_titles (GTK_WIDGET (dialog));
}

void
cf_address_dialog_show (CfApp *app, GtkWindow *parent)
{
  CfAddressDialog *dialog = g_object_new (CF_TYPE_ADDRESS_DIALOG, "transient-for", parent, NULL);

  dialog->app = app;
  cf_widget_call (GTK_WIDGET (dialog), app, "ADDRESS", NULL, NULL, on_address);
  cf_window_present_fitting (GTK_WINDOW (dialog));
}
