/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fact_row.h - a fact in a list: what it is, how it is, what that means in a sentence; perhaps a button that copies it. */
#ifndef CF_UI_GTK_FACT_ROW_H
#define CF_UI_GTK_FACT_ROW_H

#include <handy.h>

G_BEGIN_DECLS

#define CF_TYPE_FACT_ROW (cf_fact_row_get_type ())
G_DECLARE_FINAL_TYPE (CfFactRow, cf_fact_row, CF, FACT_ROW, HdyPreferencesRow)

/* How it is to be seen: by an icon and its name, never by colour alone. */
enum cf_fact_look {
  CF_FACT_PLAIN, /* no icon */
  CF_FACT_GOOD,
  CF_FACT_WARNING,
  CF_FACT_BAD,
  CF_FACT_BUSY,
  CF_FACT_IDLE,
  CF_FACT_ABSENT
};

/* The row's title is HdyPreferencesRow's. */
GtkWidget *cf_fact_row_new (const char *title);

/* VALUE and NOTE are shown as text, never as markup; an empty or NULL NOTE takes no room.  Without a VALUE the row
   hides. */
void cf_fact_row_set (CfFactRow *row, const char *value, const char *note);
/* A fingerprint in groups of four; the button copies HEX. */
void cf_fact_row_set_fingerprint (CfFactRow *row, const char *hex, const char *note);
/* What the button copies; NULL: there is none. */
void cf_fact_row_set_copy (CfFactRow *row, const char *text);
void cf_fact_row_set_look (CfFactRow *row, enum cf_fact_look look);

G_END_DECLS

#endif
