/* SPDX-License-Identifier: GPL-3.0-or-later */
/* revoke_dialog.h - one's device keys are voided: what that means, a word to be typed, and what came of it. */
#ifndef CF_UI_GTK_REVOKE_DIALOG_H
#define CF_UI_GTK_REVOKE_DIALOG_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

void cf_revoke_dialog_show (CfApp *app, GtkWindow *parent);

G_END_DECLS

#endif
