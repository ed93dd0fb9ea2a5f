/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversation_actions.h - what can be done with a conversation as a whole: pin, mute, mark unread, close, delete. */
#ifndef CF_UI_GTK_CONVERSATION_ACTIONS_H
#define CF_UI_GTK_CONVERSATION_ACTIONS_H

#include <jansson.h>

#include "ui/gtk/app.h"

G_BEGIN_DECLS

/* Put the actions "conversation.pin", ... into WINDOW; each takes the id of a conversation. */
void cf_conversation_actions_add (GtkWindow *window, CfApp *app);
/* What makes sense for DATA, a row of CONVERSATIONS; for a menu of a widget in WINDOW.  IN_HEADER: of the one that is
   shown, so what its view can do is in it too. */
GMenuModel *cf_conversation_menu_new (const json_t *data, gboolean in_header);

G_END_DECLS

#endif
