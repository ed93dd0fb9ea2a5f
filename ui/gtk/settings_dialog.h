/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings_dialog.h - what can be set, how the network stands, and what this program is. */
#ifndef CF_UI_GTK_SETTINGS_DIALOG_H
#define CF_UI_GTK_SETTINGS_DIALOG_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

void cf_settings_dialog_show (CfApp *app, GtkWindow *parent);
/* The same, at the page of the network. */
void cf_settings_dialog_show_network (CfApp *app, GtkWindow *parent);

G_END_DECLS

#endif
