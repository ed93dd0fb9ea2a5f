/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frame.h - what stands around a window: title bar, list, status bar, input line.
 *
 *     title bar                                          messages disappear after 1 hour
 *     list        | the window: a conversation, the console, an answer
 *                 |
 *                 | notice: what has just happened, or failed
 *     status bar
 *     what is asked (for a password, yes or no)
 *     > what is being typed, up to six lines
 *
 * What has no room falls away, in this order: the list, the question's lines
 * but one, the title bar, the status bar.  Nothing here knows the daemon.
 */
#ifndef CF_UI_TUI_FRAME_H
#define CF_UI_TUI_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/tui/cell.h"
#include "ui/tui/edit.h"

/* A row of the list. */
struct cf_item {
  enum { CF_ITEM_HEADING, CF_ITEM_WINDOW, CF_ITEM_REQUEST, CF_ITEM_PEER } kind;
  unsigned number;  /* of a window */
  unsigned unread;
  unsigned look;    /* of its name */
  bool active, marked; /* MARKED: something is to be looked at, which is no message */
  char *text;
  char *id;         /* conversation, request or fingerprint; NULL: the console, or a heading */
};

struct cf_frame {
  const char *title, *title_more, *title_right; /* "" when there is none */
  unsigned title_look;                          /* of TITLE_MORE, beside CF_LOOK_BAR */
  const struct cf_item *items;
  size_t item_count;
  bool list;          /* shown where it has room */
  const char *notice; /* "" when there is none */
  unsigned notice_look;
  const char *status, *status_right;
  const char *question; /* "" when there is none; several lines */
  const struct cf_edit *edit;
};

struct cf_layout {
  struct cf_area title, list, body, notice, status, question, input; /* rows or cols 0: not shown */
  size_t first_item;                                                 /* the one at the top of the list */
};

/* How GRID is divided; draws all but the body. */
void cf_frame_layout (const struct cf_frame *frame, int rows, int cols, struct cf_layout *layout);
void cf_frame_draw (const struct cf_frame *frame, const struct cf_layout *layout, struct cf_grid *grid);
/* The item of the list at ROW and COL of the grid; NULL: none. */
const struct cf_item *cf_frame_item_at (const struct cf_frame *frame, const struct cf_layout *layout, int row, int col);

#endif
