/* SPDX-License-Identifier: GPL-3.0-or-later */
/* address_dialog.h - one's own address: to be scanned, copied, kept, made anew. */
#ifndef CF_UI_GTK_ADDRESS_DIALOG_H
#define CF_UI_GTK_ADDRESS_DIALOG_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

void cf_address_dialog_show (CfApp *app, GtkWindow *parent);

G_END_DECLS

#endif
