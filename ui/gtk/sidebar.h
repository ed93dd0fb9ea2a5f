/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sidebar.h - the list: requests, pinned, nearby, conversations; a row is made, changed and moved, never all of them.
 *
 * Signals
 *   "chosen" (int section, char *id, gboolean entered): a conversation was selected, or (ENTERED) a row of any section
 *            activated, so that a folded window shows what is behind it
 *   "empty"  (gboolean): there is nothing in it now, or there is again
 */
#ifndef CF_UI_GTK_SIDEBAR_H
#define CF_UI_GTK_SIDEBAR_H

#include <handy.h>

#include "ui/gtk/app.h"
#include "ui/gtk/list_row.h"

G_BEGIN_DECLS

#define CF_TYPE_SIDEBAR (cf_sidebar_get_type ())
G_DECLARE_FINAL_TYPE (CfSidebar, cf_sidebar, CF, SIDEBAR, GtkBox)

GtkWidget *cf_sidebar_new (CfApp *app);
/* NULL: none is selected. */
void cf_sidebar_select (CfSidebar *sidebar, const char *conversation);
/* The conversation STEP rows further (negative: before) than the selected one; UNREAD: counting only those. */
void cf_sidebar_step (CfSidebar *sidebar, int step, gboolean unread);
/* The conversation NUMBER (from 1) of the list. */
void cf_sidebar_go (CfSidebar *sidebar, int number);
/* Type a name to narrow the list; Enter goes to the first. */
void cf_sidebar_jump (CfSidebar *sidebar);
gboolean cf_sidebar_is_searching (CfSidebar *sidebar);
void cf_sidebar_stop_searching (CfSidebar *sidebar);
/* For a toggle button's "active". */
HdySearchBar *cf_sidebar_search_bar (CfSidebar *sidebar);

G_END_DECLS

#endif
