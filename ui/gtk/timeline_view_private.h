/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timeline_view_private.h - shared by the files of the column of rows. */
#ifndef CF_UI_GTK_TIMELINE_VIEW_PRIVATE_H
#define CF_UI_GTK_TIMELINE_VIEW_PRIVATE_H

#include "ui/gtk/timeline_view.h"

/* The row at Y, in coordinates of VIEW, or the last one; -1: Y is above all rows, or there are none. */
int cf_timeline_view_row_at (CfTimelineView *view, int y);
/* Is the end of the rows worth following? */
bool cf_timeline_view_follows (CfTimelineView *view);
/* The row under the pointer; -1: none. */
void cf_timeline_view_set_hover (CfTimelineView *view, int at);

/* timeline_view_input.c: the keyboard and the pointer, for the class. */
void cf_timeline_view_take_input (GtkWidgetClass *class);

#endif
