/* SPDX-License-Identifier: GPL-3.0-or-later */
/* choice_dialog.h - a question before something is done: what it means, in which way, and whether to.
 *
 * Answers by GtkDialog's "response": GTK_RESPONSE_ACCEPT, or anything else for no.
 */
#ifndef CF_UI_GTK_CHOICE_DIALOG_H
#define CF_UI_GTK_CHOICE_DIALOG_H

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define CF_TYPE_CHOICE_DIALOG (cf_choice_dialog_get_type ())
G_DECLARE_FINAL_TYPE (CfChoiceDialog, cf_choice_dialog, CF, CHOICE_DIALOG, GtkDialog)

/* All is shown as text, never as markup.  ACCEPT is the verb on the button, DESTRUCTIVE says it is not done lightly. */
CfChoiceDialog *cf_choice_dialog_new (GtkWindow *parent, const char *heading, const char *text, const char *accept,
                                      gboolean destructive);
/* One more way to do it; the first is chosen at first. */
void cf_choice_dialog_add (CfChoiceDialog *dialog, const char *title, const char *explanation);
/* SENTENCE must be ticked before the button can be pressed. */
void cf_choice_dialog_confirm (CfChoiceDialog *dialog, const char *sentence);
/* The number of the way that is chosen, from 0. */
unsigned cf_choice_dialog_chosen (CfChoiceDialog *dialog);

G_END_DECLS

#endif
