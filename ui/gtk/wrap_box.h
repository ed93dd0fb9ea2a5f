/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wrap_box.h - widgets one after the other, each as wide as it likes; those that do not fit go on in the next line.
 *
 * GtkFlowBox wraps too, but in columns, and takes the focus for boxes of its own around each.
 */
#ifndef CF_UI_GTK_WRAP_BOX_H
#define CF_UI_GTK_WRAP_BOX_H

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define CF_TYPE_WRAP_BOX (cf_wrap_box_get_type ())
G_DECLARE_FINAL_TYPE (CfWrapBox, cf_wrap_box, CF, WRAP_BOX, GtkContainer)

/* SPACING pixels between two, and between two lines.  Children are added by gtk_container_add. */
GtkWidget *cf_wrap_box_new (int spacing);

G_END_DECLS

#endif
