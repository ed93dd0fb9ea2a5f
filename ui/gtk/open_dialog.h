/* SPDX-License-Identifier: GPL-3.0-or-later */
/* open_dialog.h - the one place where a conversation's password is typed: to ask, to answer, to verify again. */
#ifndef CF_UI_GTK_OPEN_DIALOG_H
#define CF_UI_GTK_OPEN_DIALOG_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

enum cf_open_purpose { CF_OPEN, CF_ACCEPT, CF_VERIFY };

/* REQUEST (or NULL) is the one that is answered: needed for CF_ACCEPT; CF_VERIFY asks anew without.  There is one such
   dialog at a time: another that is open makes room unless it waits for an answer. */
void cf_open_dialog_show (CfApp *app, GtkWindow *parent, const char *peer_fpr, const char *request,
                          enum cf_open_purpose purpose);
/* Is there one, about the person with this fingerprint? */
gboolean cf_open_dialog_is_about (CfApp *app, const char *peer_fpr);

G_END_DECLS

#endif
