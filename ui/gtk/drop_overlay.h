/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drop_overlay.h - says to whom files will go that are held over a conversation, and takes them.
 *
 * Signal "dropped" (GStrv: URIs).
 */
#ifndef CF_UI_GTK_DROP_OVERLAY_H
#define CF_UI_GTK_DROP_OVERLAY_H

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define CF_TYPE_DROP_OVERLAY (cf_drop_overlay_get_type ())
G_DECLARE_FINAL_TYPE (CfDropOverlay, cf_drop_overlay, CF, DROP_OVERLAY, GtkBox)

/* Goes into a GtkOverlay, which is what is seen; files are taken all over TARGET. */
GtkWidget *cf_drop_overlay_new (GtkWidget *target);
/* To whom; NULL: nothing can be sent now, and nothing is taken. */
void cf_drop_overlay_set_peer (CfDropOverlay *overlay, const char *name);
/* VIEW, inside the target, takes text that is dropped on it, but leaves files to the target. */
void cf_drop_overlay_pass (GtkWidget *view);

G_END_DECLS

#endif
