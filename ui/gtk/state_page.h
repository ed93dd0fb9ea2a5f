/* SPDX-License-Identifier: GPL-3.0-or-later */
/* state_page.h - what the window shows while there is nothing to show: it starts, is locked, or cannot be reached. */
#ifndef CF_UI_GTK_STATE_PAGE_H
#define CF_UI_GTK_STATE_PAGE_H

#include "ui/client/session.h"
#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_STATE_PAGE (cf_state_page_get_type ())
G_DECLARE_FINAL_TYPE (CfStatePage, cf_state_page, CF, STATE_PAGE, GtkBox)

GtkWidget *cf_state_page_new (CfApp *app);
/* WHY may be NULL. */
void cf_state_page_show (CfStatePage *page, enum cf_session_state state, const struct cf_client_error *why);

G_END_DECLS

#endif
