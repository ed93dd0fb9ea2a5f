/* SPDX-License-Identifier: GPL-3.0-or-later */
/* search_bar.h - finds words in one conversation: how often, and one after the other.
 *
 * Signals: "jump" (string: the message to be shown), "words" (other words are sought, or none).
 */
#ifndef CF_UI_GTK_SEARCH_BAR_H
#define CF_UI_GTK_SEARCH_BAR_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_SEARCH_BAR (cf_search_bar_get_type ())
G_DECLARE_FINAL_TYPE (CfSearchBar, cf_search_bar, CF, SEARCH_BAR, GtkBox)

GtkWidget *cf_search_bar_new (CfApp *app);
/* Where it seeks, from now on; what was sought is forgotten, and the bar closed. */
void cf_search_bar_set_conversation (CfSearchBar *bar, const char *conversation);
void cf_search_bar_open (CfSearchBar *bar);
gboolean cf_search_bar_is_open (CfSearchBar *bar);
void cf_search_bar_close (CfSearchBar *bar);
/* What is sought; NULL: nothing. */
const char *cf_search_bar_words (CfSearchBar *bar);

G_END_DECLS

#endif
