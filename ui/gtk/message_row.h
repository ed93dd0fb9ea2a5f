/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message_row.h - one message in a timeline: who, when, what, and what became of it.
 *
 * A row shows a row of HISTORY; what its user does with it is told by the signal "act" (int: enum cf_message_act,
 * string: its detail), and done by others.
 */
#ifndef CF_UI_GTK_MESSAGE_ROW_H
#define CF_UI_GTK_MESSAGE_ROW_H

#include <gtk/gtk.h>
#include <jansson.h>
#include <stdbool.h>

#include "ui/gtk/app.h"

#define CF_TYPE_MESSAGE_ROW (cf_message_row_get_type ())
G_DECLARE_FINAL_TYPE (CfMessageRow, cf_message_row, CF, MESSAGE_ROW, GtkContainer)

enum cf_message_act {
  CF_ACT_JUMP,  /* to the message whose id is the detail */
  CF_ACT_LINK,  /* the detail is to be opened */
  CF_ACT_REACT, /* with the emoji that is the detail; "" takes the reaction back */
  CF_ACT_AGAIN, /* it was not sent, and is to be written once more */
  CF_ACT_MENU,  /* what else can be done with it */
};

/* What its place says of a row. */
struct cf_message_row_place {
  bool continues;     /* it belongs to the group of the one above */
  bool day;           /* the first one of its day */
  bool unread;        /* the first one that is unread, of those that are here */
  unsigned more;      /* so many that were unread, too, stand above it */
  bool says_state;    /* its state in words; else the ticks are enough, since a later one says the same */
  const char *author; /* as shown; borrowed for the call */
  const char *name;   /* the author's own, for the avatar */
  const char *peer;   /* the other side's name: who is quoted, who reacted */
  const json_t *transfer; /* the file that it offers, shown in the place of its text; NULL: none */
  CfApp *app;             /* for that */
};

/* JSON: a row of HISTORY; referenced. */
GtkWidget *cf_message_row_new (json_t *json, const struct cf_message_row_place *place);
/* The same message in another state, or in another place; focus and selection stay where only its state is new. */
void cf_message_row_set (CfMessageRow *row, json_t *json, const struct cf_message_row_place *place);

const json_t *cf_message_row_json (CfMessageRow *row);
/* The time has gone on: what is said relative to now is said anew. */
void cf_message_row_tick (CfMessageRow *row);
/* Draw the eye to it for a moment. */
void cf_message_row_flash (CfMessageRow *row);
/* Mark the words of a search; NULL: none. */
void cf_message_row_mark (CfMessageRow *row, const char *words);

#endif
