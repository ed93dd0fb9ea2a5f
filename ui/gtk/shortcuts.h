/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shortcuts.h - the window that tells which keys do what. */
#ifndef CF_UI_GTK_SHORTCUTS_H
#define CF_UI_GTK_SHORTCUTS_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

void cf_shortcuts_show (CfApp *app, GtkWindow *parent);

G_END_DECLS

#endif
