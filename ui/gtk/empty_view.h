/* SPDX-License-Identifier: GPL-3.0-or-later */
/* empty_view.h - where nothing is chosen: the next step. */
#ifndef CF_UI_GTK_EMPTY_VIEW_H
#define CF_UI_GTK_EMPTY_VIEW_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_EMPTY_VIEW (cf_empty_view_get_type ())
G_DECLARE_FINAL_TYPE (CfEmptyView, cf_empty_view, CF, EMPTY_VIEW, GtkBox)

GtkWidget *cf_empty_view_new (CfApp *app);

G_END_DECLS

#endif
