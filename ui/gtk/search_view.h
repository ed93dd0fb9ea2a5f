/* SPDX-License-Identifier: GPL-3.0-or-later */
/* search_view.h - finds words in all conversations; what was found is shown in its place by a click. */
#ifndef CF_UI_GTK_SEARCH_VIEW_H
#define CF_UI_GTK_SEARCH_VIEW_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_SEARCH_VIEW (cf_search_view_get_type ())
G_DECLARE_FINAL_TYPE (CfSearchView, cf_search_view, CF, SEARCH_VIEW, GtkBox)

/* A result, when it is chosen, calls cf_app_show_conversation. */
GtkWidget *cf_search_view_new (CfApp *app);
/* Be ready for words to be typed: the focus is in the entry. */
void cf_search_view_focus (CfSearchView *view);

G_END_DECLS

#endif
