/* SPDX-License-Identifier: GPL-3.0-or-later */
/* list_row.h - one row of the list at the left, and of the dialog that chooses a person: somebody, and how things stand. */
#ifndef CF_UI_GTK_LIST_ROW_H
#define CF_UI_GTK_LIST_ROW_H

#include <gtk/gtk.h>
#include <jansson.h>

G_BEGIN_DECLS

/* Sections, in the order in which they are shown. */
enum cf_section {
  CF_SECTION_REQUESTS, /* first: somebody waits for an answer */
  CF_SECTION_PINNED,
  CF_SECTION_NEARBY,
  CF_SECTION_CONVERSATIONS,
  CF_SECTION_CONTACTS, /* only where a person is chosen */
};
const char *cf_section_title (enum cf_section section);

#define CF_TYPE_LIST_ROW (cf_list_row_get_type ())
G_DECLARE_FINAL_TYPE (CfListRow, cf_list_row, CF, LIST_ROW, GtkListBoxRow)

/* ID is that of the request, the conversation or the peer's fingerprint. */
CfListRow *cf_list_row_new (enum cf_section section, const char *id);
enum cf_section cf_list_row_section (CfListRow *row);
void cf_list_row_set_section (CfListRow *row, enum cf_section section); /* pinned, and not pinned any more */
const char *cf_list_row_id (CfListRow *row);
/* The place in its section. */
unsigned cf_list_row_rank (CfListRow *row);
void cf_list_row_set_rank (CfListRow *row, unsigned rank);

/* Show DATA, a row of the daemon; TYPING only counts for conversations. */
void cf_list_row_show (CfListRow *row, const json_t *data, gboolean typing);
/* The row after the last that is shown: COUNT others are there. */
void cf_list_row_show_more (CfListRow *row, unsigned count);
/* The time in it reads otherwise by now. */
void cf_list_row_refresh_time (CfListRow *row);
/* Does NEEDLE (casefolded) occur in a name, user ID or fingerprint?  "" does. */
gboolean cf_list_row_matches (CfListRow *row, const char *needle);
const char *cf_list_row_name (CfListRow *row);
unsigned cf_list_row_unread (CfListRow *row);

/* gtk_list_box_set_header_func, _sort_func: sections with titles, rows by rank. */
void cf_list_row_header (GtkListBoxRow *row, GtkListBoxRow *before, gpointer data);
int cf_list_row_compare (GtkListBoxRow *a, GtkListBoxRow *b, gpointer data);

G_END_DECLS

#endif
