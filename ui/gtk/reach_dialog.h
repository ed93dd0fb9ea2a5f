/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reach_dialog.h - how one person is reached, or why not: the ways, what came of each, what can be done. */
#ifndef CF_UI_GTK_REACH_DIALOG_H
#define CF_UI_GTK_REACH_DIALOG_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

/* Of the person with FINGERPRINT, who is called NAME; it follows what happens. */
void cf_reach_dialog_show (CfApp *app, GtkWindow *parent, const char *fingerprint, const char *name);

G_END_DECLS

#endif
