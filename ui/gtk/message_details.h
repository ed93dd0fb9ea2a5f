/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message_details.h - one message looked at closely: signature, keys, times, route. */
#ifndef CF_UI_GTK_MESSAGE_DETAILS_H
#define CF_UI_GTK_MESSAGE_DETAILS_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

void cf_message_details_show (CfApp *app, GtkWindow *parent, const char *conversation, const char *message);

G_END_DECLS

#endif
