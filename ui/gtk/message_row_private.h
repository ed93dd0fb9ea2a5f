/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message_row_private.h - shared by the files of the row of a message. */
#ifndef CF_UI_GTK_MESSAGE_ROW_PRIVATE_H
#define CF_UI_GTK_MESSAGE_ROW_PRIVATE_H

#include "ui/gtk/message_row.h"

enum cf_message_part {
  CF_PART_DAY,
  CF_PART_UNREAD,
  CF_PART_AVATAR, /* or an icon that warns */
  CF_PART_HEADER,
  CF_PART_QUOTE,
  CF_PART_BODY,
  CF_PART_STATE,
  CF_PART_REACTIONS,
  CF_PART_TROUBLE,
};
#define CF_PARTS 9
#define CF_MESSAGE_AVATAR_PX 36

/* message_row_layout.c: where PARTS lie in a row WIDTH wide; how high it is.  A part that is NULL or hidden has no
   place. */
int cf_message_row_arrange (GtkWidget *parts[], int width, bool continues, bool rtl, GtkAllocation places[]);

/* A label of text that is nobody's markup, at the start of its line. */
GtkWidget *cf_message_row_label (const char *text, const char *style_class);
void cf_message_row_act (CfMessageRow *row, enum cf_message_act act, const char *detail);

/* message_row_body.c: the text of a message, with links, folded when it is long. */
GtkWidget *cf_message_row_body_new (CfMessageRow *row, const char *text, bool plain);
void cf_message_row_body_mark (GtkWidget *body, const char *words);

/* message_row_parts.c; NULL where there is nothing to show. */
GtkWidget *cf_message_row_quote_new (CfMessageRow *row, const json_t *json, const char *peer);
GtkWidget *cf_message_row_reactions_new (CfMessageRow *row, const json_t *json, const char *peer);
GtkWidget *cf_message_row_trouble_new (CfMessageRow *row, const json_t *json);

#endif
