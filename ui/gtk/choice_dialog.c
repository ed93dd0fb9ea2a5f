/* SPDX-License-Identifier: GPL-3.0-or-later */
/* choice_dialog.c - a question before something is done. */
#include <config.h>

#include "ui/gtk/choice_dialog.h"

#define NOTE_INDENT 24 /* px: below the title, beside the button */

struct _CfChoiceDialog {
  GtkDialog parent;
  GtkLabel *heading, *text;
  GtkBox *choices;
  GtkCheckButton *confirm;
  GtkLabel *confirm_label;
  GtkButton *accept;
  GSList *radios; /* GtkRadioButton, the last one first */
};

G_DEFINE_TYPE (CfChoiceDialog, cf_choice_dialog, GTK_TYPE_DIALOG)

static GtkWidget *
new_label (const char *text, const char *style)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 44);
  if (style)
    gtk_style_context_add_class (gtk_widget_get_style_context (label), style);
  return label;
}

void
cf_choice_dialog_add (CfChoiceDialog *dialog, const char *title, const char *explanation)
{
  GtkWidget *radio = gtk_radio_button_new_from_widget (dialog->radios ? dialog->radios->data : NULL);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3), *note = new_label (explanation, "cf-note");

  gtk_container_add (GTK_CONTAINER (radio), new_label (title, NULL));
  gtk_widget_set_margin_start (note, NOTE_INDENT);
  gtk_box_pack_start (GTK_BOX (box), radio, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), note, FALSE, FALSE, 0);
  atk_object_set_name (gtk_widget_get_accessible (radio), title);
  atk_object_set_description (gtk_widget_get_accessible (radio), explanation);
  gtk_widget_show_all (box);
  gtk_box_pack_start (dialog->choices, box, FALSE, FALSE, 0);
  gtk_widget_show (GTK_WIDGET (dialog->choices));
  dialog->radios = g_slist_prepend (dialog->radios, radio);
}

void
cf_choice_dialog_confirm (CfChoiceDialog *dialog, const char *sentence)
{
  gtk_label_set_text (dialog->confirm_label, sentence);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (dialog->confirm)), sentence);
  gtk_widget_show (GTK_WIDGET (dialog->confirm));
  g_object_bind_property (dialog->confirm, "active", dialog->accept, "sensitive", G_BINDING_SYNC_CREATE);
}

unsigned
cf_choice_dialog_chosen (CfChoiceDialog *dialog)
{
  unsigned n = g_slist_length (dialog->radios);

  for (GSList *i = dialog->radios; i; i = i->next) {
    n--;
    if (gtk_toggle_button_get_active (i->data))
      return n;
  }
  return 0;
}

static void
on_accept (CfChoiceDialog *dialog)
{
  gtk_dialog_response (GTK_DIALOG (dialog), GTK_RESPONSE_ACCEPT);
}

static void
on_cancel (CfChoiceDialog *dialog)
{
  gtk_dialog_response (GTK_DIALOG (dialog), GTK_RESPONSE_CANCEL);
}

static void
cf_choice_dialog_finalize (GObject *object)
{
  g_slist_free (CF_CHOICE_DIALOG (object)->radios);
  G_OBJECT_CLASS (cf_choice_dialog_parent_class)->finalize (object);
}

static void
cf_choice_dialog_class_init (CfChoiceDialogClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_choice_dialog_finalize;
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/choice_dialog.ui");
  gtk_widget_class_bind_template_child (widget, CfChoiceDialog, heading);
  gtk_widget_class_bind_template_child (widget, CfChoiceDialog, text);
  gtk_widget_class_bind_template_child (widget, CfChoiceDialog, choices);
  gtk_widget_class_bind_template_child (widget, CfChoiceDialog, confirm);
  gtk_widget_class_bind_template_child (widget, CfChoiceDialog, confirm_label);
  gtk_widget_class_bind_template_child (widget, CfChoiceDialog, accept);
  gtk_widget_class_bind_template_callback (widget, on_accept);
  gtk_widget_class_bind_template_callback (widget, on_cancel);
}

static void
cf_choice_dialog_init (CfChoiceDialog *dialog)
{
  gtk_widget_init_template (GTK_WIDGET (dialog));
}

CfChoiceDialog *
cf_choice_dialog_new (GtkWindow *parent, const char *heading, const char *text, const char *accept, gboolean destructive)
{
  CfChoiceDialog *dialog = g_object_new (CF_TYPE_CHOICE_DIALOG, "transient-for", parent, NULL);

  gtk_label_set_text (dialog->heading, heading);
  gtk_label_set_text (dialog->text, text);
  gtk_button_set_label (dialog->accept, accept);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (dialog->accept)),
                               destructive ? "destructive-action" : "suggested-action");
  return dialog;
}
