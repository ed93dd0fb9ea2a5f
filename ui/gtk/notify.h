/* SPDX-License-Identifier: GPL-3.0-or-later */
/* notify.h - the desktop's notifications: of messages, requests and files that come while nobody looks. */
#ifndef CF_UI_GTK_NOTIFY_H
#define CF_UI_GTK_NOTIFY_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

typedef struct cf_notify CfNotify;

/* Listens to the model of APP until it is freed. */
CfNotify *cf_notify_new (CfApp *app);
void cf_notify_free (CfNotify *notify); /* NULL is fine */

G_END_DECLS

#endif
