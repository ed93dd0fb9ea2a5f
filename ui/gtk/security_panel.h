/* SPDX-License-Identifier: GPL-3.0-or-later */
/* security_panel.h - who is at the other end of a conversation, how that is known, and what can be done about it. */
#ifndef CF_UI_GTK_SECURITY_PANEL_H
#define CF_UI_GTK_SECURITY_PANEL_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_SECURITY_PANEL (cf_security_panel_get_type ())
G_DECLARE_FINAL_TYPE (CfSecurityPanel, cf_security_panel, CF, SECURITY_PANEL, GtkBin)

/* About 300 px wide, scrolls by itself; follows the model. */
GtkWidget *cf_security_panel_new (CfApp *app);
/* CONVERSATION NULL: none, the panel is empty. */
void cf_security_panel_show (CfSecurityPanel *panel, const char *conversation);

G_END_DECLS

#endif
