/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversation_view.h - one conversation: what was said, and where one writes. */
#ifndef CF_UI_GTK_CONVERSATION_VIEW_H
#define CF_UI_GTK_CONVERSATION_VIEW_H

#include <stdbool.h>

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_CONVERSATION_VIEW (cf_conversation_view_get_type ())
G_DECLARE_FINAL_TYPE (CfConversationView, cf_conversation_view, CF, CONVERSATION_VIEW, GtkBox)

GtkWidget *cf_conversation_view_new (CfApp *app);
/* CONVERSATION (an id) may be NULL: none is shown.  What was being written in the one before is kept as its draft. */
void cf_conversation_view_show (CfConversationView *view, const char *conversation);
/* Open the bar that finds words here. */
void cf_conversation_view_find (CfConversationView *view);
/* Ask for files, or for folders, to be sent here. */
void cf_conversation_view_attach (CfConversationView *view, gboolean folder);
/* Show MESSAGE (an id) and draw the eye to it. */
void cf_conversation_view_jump (CfConversationView *view, const char *message);
/* A key that was pressed elsewhere in the window: what writes goes to the composer, and TRUE comes back. */
gboolean cf_conversation_view_type (CfConversationView *view, GdkEventKey *event);
/* Escape: leave what is in front, a reply, an edit or the bar that finds; FALSE: there is nothing to be left. */
gboolean cf_conversation_view_leave (CfConversationView *view);

G_END_DECLS

#endif
