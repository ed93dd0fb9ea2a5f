/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfers_button.h - all files on their way: a ring in the header while there are any, and the list of them behind it. */
#ifndef CF_UI_GTK_TRANSFERS_BUTTON_H
#define CF_UI_GTK_TRANSFERS_BUTTON_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_TRANSFERS_BUTTON (cf_transfers_button_get_type ())
G_DECLARE_FINAL_TYPE (CfTransfersButton, cf_transfers_button, CF, TRANSFERS_BUTTON, GtkMenuButton)

/* Shows and hides itself. */
GtkWidget *cf_transfers_button_new (CfApp *app);

G_END_DECLS

#endif
