/* SPDX-License-Identifier: GPL-3.0-or-later */
/* request_view.h - in the place of a conversation that has been asked for: what it waits for. */
#ifndef CF_UI_GTK_REQUEST_VIEW_H
#define CF_UI_GTK_REQUEST_VIEW_H

#include <jansson.h>

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_REQUEST_VIEW (cf_request_view_get_type ())
G_DECLARE_FINAL_TYPE (CfRequestView, cf_request_view, CF, REQUEST_VIEW, GtkBox)

GtkWidget *cf_request_view_new (CfApp *app);
/* ROW: a conversation whose state is "requested". */
void cf_request_view_show (CfRequestView *view, const json_t *row);

G_END_DECLS

#endif
