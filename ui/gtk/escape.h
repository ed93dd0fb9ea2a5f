/* SPDX-License-Identifier: GPL-3.0-or-later */
/* escape.h - dialogs close with Escape. */
#ifndef CF_UI_GTK_ESCAPE_H
#define CF_UI_GTK_ESCAPE_H

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* For class_init of a window that is no GtkDialog (those do so by themselves). */
void cf_window_class_close_on_escape (GtkWidgetClass *class);

G_END_DECLS

#endif
