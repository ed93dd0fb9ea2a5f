/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timeline_view.h - a long column of rows of different heights, for a GtkScrolledWindow.
 *
 * It knows nothing of messages.  Rows are numbered; each gets its widget from the maker when it first comes near what
 * is shown, and keeps it until it is removed.  Few rows lie at the bottom.  Whatever is inserted, removed or changes
 * its height, the row that the reader looks at stays where it is: only the bounds of the adjustment move (its lower
 * one may be negative), so that nothing jumps and no scrolling under way is disturbed.  Who looks at the end goes on
 * seeing the end.
 */
#ifndef CF_UI_GTK_TIMELINE_VIEW_H
#define CF_UI_GTK_TIMELINE_VIEW_H

#include <gtk/gtk.h>
#include <stdbool.h>

#define CF_TYPE_TIMELINE_VIEW (cf_timeline_view_get_type ())
G_DECLARE_FINAL_TYPE (CfTimelineView, cf_timeline_view, CF, TIMELINE_VIEW, GtkContainer)

/* A new widget for the row AT; the view owns it. */
typedef GtkWidget *(*cf_timeline_maker) (gpointer arg, guint at);

/* Signals: "near-start" and "near-end" (less than two pages of rows are left on that side), "shown" (other rows, or
   others of them, are visible), "hover" (int: the row under the pointer, or -1). */
GtkWidget *cf_timeline_view_new (cf_timeline_maker maker, gpointer arg);

void cf_timeline_view_insert (CfTimelineView *view, guint at, guint count);
void cf_timeline_view_remove (CfTimelineView *view, guint at, guint count);
/* The row's widget is made anew. */
void cf_timeline_view_change (CfTimelineView *view, guint at);
void cf_timeline_view_clear (CfTimelineView *view);
guint cf_timeline_view_count (CfTimelineView *view);

/* NULL: has not been near yet. */
GtkWidget *cf_timeline_view_widget (CfTimelineView *view, guint at);
/* -1: WIDGET is no row of VIEW. */
int cf_timeline_view_index (CfTimelineView *view, GtkWidget *widget);

/* The rows of which something is visible.  False: none. */
bool cf_timeline_view_visible (CfTimelineView *view, guint *r_first, guint *r_last);
/* Where the row lies, in coordinates of VIEW. */
void cf_timeline_view_place (CfTimelineView *view, guint at, GdkRectangle *r_place);

/* Scroll so that the row AT is visible: at ALIGN (0: top, 0.5: middle, 1: bottom) of the page, or, ALIGN < 0, by as
   little as possible. */
void cf_timeline_view_reveal (CfTimelineView *view, guint at, double align);
/* Show the end and stay there. */
void cf_timeline_view_to_end (CfTimelineView *view);
bool cf_timeline_view_at_end (CfTimelineView *view);
/* Is the end of the rows the end indeed (at first: yes)?  If not, who is there does not go along when rows are added. */
void cf_timeline_view_set_follow (CfTimelineView *view, bool follow);

#endif
