/* SPDX-License-Identifier: GPL-3.0-or-later */
/* progress_ring.h - how far something is, as a ring; for who does not see it, a progress bar. */
#ifndef CF_UI_GTK_PROGRESS_RING_H
#define CF_UI_GTK_PROGRESS_RING_H

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define CF_TYPE_PROGRESS_RING (cf_progress_ring_get_type ())
G_DECLARE_FINAL_TYPE (CfProgressRing, cf_progress_ring, CF, PROGRESS_RING, GtkProgressBar)

/* SIZE pixels across.  How far: gtk_progress_bar_set_fraction. */
GtkWidget *cf_progress_ring_new (int size);
/* Nothing moves for now: drawn paler. */
void cf_progress_ring_set_idle (CfProgressRing *ring, gboolean idle);

G_END_DECLS

#endif
