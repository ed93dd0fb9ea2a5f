/* SPDX-License-Identifier: GPL-3.0-or-later */
/* block.h - what one message looks like: its lines on the screen.
 *
 * Wide enough, time and author stand left of a rule, and text right of it:
 *
 *               ---- Today ----
 *     14:05  alice | Shall we?
 *                  | At eight, at the usual place.
 *     14:06    you | > alice: Shall we?
 *                  | Yes!  (read)
 *                  | + alice
 *
 *     14:07  alice | plan.pdf
 *                  | [#####-----] 1.6 of 3.2 MB - 12 MB/s - 1 s left
 *
 * Else they have a line of their own above it.
 */
#ifndef CF_UI_TUI_BLOCK_H
#define CF_UI_TUI_BLOCK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "ui/tui/cell.h"
#include "ui/tui/wrap.h"

#define CF_BLOCK_NARROW 44 /* columns below which authors have a line of their own */

/* The same for all messages of a window. */
struct cf_block_style {
  int cols;
  int64_t now_utc_ms;
  const char *peer;   /* what the other side is called, fit to show */
  unsigned peer_look; /* CF_LOOK_HUE + ... */
};

/* One message and where it stands. */
struct cf_block_place {
  const json_t *before, *row; /* BEFORE: the one above, or NULL */
  const json_t *transfer;     /* how the file that it offers stands; or NULL */
  bool unread;                /* the line "unread" belongs above it */
  bool newest_own;            /* its state is worth telling, even a good one */
  unsigned number;            /* shown to choose it by; 0: none */
  bool chosen;
};

struct cf_block {
  struct cf_block_line {
    enum { CF_BLOCK_DAY, CF_BLOCK_UNREAD, CF_BLOCK_NAME, CF_BLOCK_QUOTE, CF_BLOCK_TEXT, CF_BLOCK_EXTRA } kind;
    unsigned look;
    size_t begin, len; /* of TEXT */
    bool note;         /* NOTE stands behind it */
  } *lines;
  size_t count, room;
  char *text;  /* what all lines show */
  size_t text_len, text_room;
  char *note; /* "(read)" */
  char *when, *who;
  unsigned who_look;
  int gutter, name_cols; /* columns left of the text; 0: narrow */
  unsigned number;
  bool chosen;
};

/* BLOCK is zeroed. */
void cf_block_init (struct cf_block *block, const struct cf_block_style *style, const struct cf_block_place *place);
void cf_block_done (struct cf_block *block);
/* Line LINE of BLOCK into row ROW of AREA. */
void cf_block_draw (const struct cf_block *block, size_t line, struct cf_grid *grid, const struct cf_area *area, int row);

#endif
