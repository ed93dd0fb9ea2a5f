/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scroll.h - where in a list of blocks of lines a window stands; bottom-aligned, as conversations are.
 *
 * The place is the block that reaches the bottom edge, and how many of its
 * last lines lie below it.  So what comes above or below moves nothing.
 * Blocks know their lines only when asked: a list of 300 is never laid out as
 * a whole.
 */
#ifndef CF_UI_TUI_SCROLL_H
#define CF_UI_TUI_SCROLL_H

#include <stdbool.h>
#include <stddef.h>

struct cf_scroll {
  bool follows; /* the bottom is the end of the list, and stays so */
  size_t at;    /* else: the block at the bottom edge */
  size_t below; /* its lines below the edge */
};

struct cf_scroll_source {
  size_t count;
  size_t (*lines) (void *arg, size_t at); /* of block AT: at least 1 */
  void *arg;
};

/* What to draw, from the top: line FIRST of block AT and all that follow. */
struct cf_scroll_top {
  size_t at, line;
  int row; /* of the screen where it stands: > 0 when there is too little to fill it */
};

void cf_scroll_init (struct cf_scroll *scroll);
/* Put the place in order for ROWS rows (at least 1), and tell what stands at the top.  False: nothing is to be drawn. */
bool cf_scroll_top (struct cf_scroll *scroll, const struct cf_scroll_source *source, int rows, struct cf_scroll_top *r_top);
/* Move by ROWS: < 0 to what is older.  AT_END: the end of the list is the newest there is, so that reaching it
   means to stay there. */
void cf_scroll_by (struct cf_scroll *scroll, const struct cf_scroll_source *source, long rows, bool at_end);
/* The bottom of block AT to the bottom edge, or its top to the top when it is higher than ROWS. */
void cf_scroll_to (struct cf_scroll *scroll, const struct cf_scroll_source *source, size_t at, int rows);
/* So that block AT is to be seen whole, moving as little as may be. */
void cf_scroll_show (struct cf_scroll *scroll, const struct cf_scroll_source *source, size_t at, int rows, bool at_end);
/* Blocks came or went at AT; COUNT is how many there are in all now. */
void cf_scroll_inserted (struct cf_scroll *scroll, size_t at, size_t inserted);
void cf_scroll_removed (struct cf_scroll *scroll, size_t at, size_t removed);

#endif
