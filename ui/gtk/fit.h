/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fit.h - dialogs that are no larger than the window they belong to. */
#ifndef CF_UI_GTK_FIT_H
#define CF_UI_GTK_FIT_H

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Show DIALOG, which has a window that it belongs to and was not shown yet: in its own size, or where that window has not
   so much, in the size of that one. */
void cf_window_present_fitting (GtkWindow *dialog);

/* Scrolls what WIDGET is in until it is seen, its upper end when it is too high. */
void cf_widget_scroll_to (GtkWidget *widget);

G_END_DECLS

#endif
