/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frame.c - see frame.h. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "ui/tui/frame.h"
#include "ui/tui/must.h"
#include "ui/tui/wrap.h"

#define PROMPT "> "
#define PROMPT_COLS 2
#define INPUT_ROWS_MAX 6
#define QUESTION_ROWS_MAX 8 /* a name and a fingerprint need six on 40 columns */
#define LIST_MIN_COLS 64 /* of the terminal: below, there is no list */
#define LIST_RULE 2 /* the rule and a space */
#define LIST_COLS_MIN 18
#define LIST_COLS_MAX 30

/* ---- the input line ---- */

struct input_line {
  size_t begin, len;
};

struct input {
  struct input_line *lines;
  size_t count, room;
  size_t cursor_line;
  int cursor_col;
};

static void
input_add (struct input *in, size_t begin, size_t len)
{
  cf_must_grow (&in->lines, &in->room, in->count + 1, sizeof *in->lines);
  in->lines[in->count++] = (struct input_line) { begin, len };
}

/* Lines of what is typed, broken wherever they end, so that nothing moves when a space is typed. */
static void
input_wrap (struct input *in, const struct cf_edit *edit, int columns)
{
  const char *text = cf_edit_text (edit), *p = text, *end = text + cf_edit_len (edit), *begin = p, *here;
  const char *cursor = text + cf_edit_cursor (edit);
  struct cf_cell cell;
  int used = 0, width;

  for (here = p; p < end; here = p) {
    width = *p == '\n' ? 0 : cf_cell_take (&p, end, &cell);
    if (*here != '\n' && used + width > columns) {
      input_add (in, (size_t) (begin - text), (size_t) (here - begin));
      begin = here;
      used = 0;
    }
    if (here == cursor) {
      in->cursor_line = in->count;
      in->cursor_col = used;
    }
    used += width;
    if (*here == '\n') {
      p++;
      input_add (in, (size_t) (begin - text), (size_t) (here - begin));
      begin = p;
      used = 0;
    }
  }
  if (cursor == end) {
    if (used >= columns) { /* the cursor has a line of its own */
      input_add (in, (size_t) (begin - text), (size_t) (end - begin));
      begin = end;
      used = 0;
    }
    in->cursor_line = in->count;
    in->cursor_col = used;
  }
  input_add (in, (size_t) (begin - text), (size_t) (end - begin));
}

static int
input_columns (int cols)
{
  return cols > PROMPT_COLS + 1 ? cols - PROMPT_COLS : 1;
}

static int
input_rows (const struct cf_edit *edit, int rows, int cols)
{
  struct input in = { NULL, 0, 0, 0, 0 };
  int max = rows / 3 < INPUT_ROWS_MAX ? rows / 3 : INPUT_ROWS_MAX, count;

  if (cf_edit_is_secret (edit))
    return 1;
  input_wrap (&in, edit, input_columns (cols));
  count = in.count < INPUT_ROWS_MAX ? (int) in.count : INPUT_ROWS_MAX;
  free (in.lines);
  return count < max ? count : max > 1 ? max : 1;
}

/* A password: a sign for each cluster, the last ones when there is no room. */
static void
draw_secret (const struct cf_edit *edit, const struct cf_area *area, struct cf_grid *grid, int columns)
{
  const char *p = cf_edit_text (edit), *end = p + cf_edit_len (edit), *cursor = p + cf_edit_cursor (edit);
  struct cf_cell cell;
  int count = 0, at = 0, first;

  while (p < end) {
    at = p == cursor ? count : at;
    count += cf_cell_take (&p, end, &cell) > 0;
  }
  cf_wipe (&cell, sizeof cell);
  at = p == cursor ? count : at;
  first = at >= columns ? at - columns + 1 : 0;
  for (int i = first; i < count && i - first < columns; i++)
    cf_grid_put (grid, area, 0, PROMPT_COLS + i - first, CF_LOOK_PLAIN, cf_glyph (CF_GLYPH_HIDDEN));
  grid->cursor_row = area->row;
  grid->cursor_col = area->col + PROMPT_COLS + at - first;
  if (grid->cursor_col >= grid->cols)
    grid->cursor_col = grid->cols - 1;
}

static void
draw_input (const struct cf_frame *frame, const struct cf_area *area, struct cf_grid *grid)
{
  struct input in = { NULL, 0, 0, 0, 0 };
  int columns = input_columns (area->cols);
  size_t first;

  cf_grid_put (grid, area, 0, 0, CF_LOOK_ACCENT | CF_LOOK_BOLD, PROMPT);
  if (cf_edit_is_secret (frame->edit)) {
    draw_secret (frame->edit, area, grid, columns);
    return;
  }
  input_wrap (&in, frame->edit, columns);
  first = in.cursor_line >= (size_t) area->rows ? in.cursor_line - (size_t) area->rows + 1 : 0;
  for (size_t i = first; i < in.count && i < first + (size_t) area->rows; i++)
    cf_grid_put_n (grid, area, (int) (i - first), PROMPT_COLS, CF_LOOK_PLAIN,
                   cf_edit_text (frame->edit) + in.lines[i].begin, in.lines[i].len);
  grid->cursor_row = area->row + (int) (in.cursor_line - first);
  grid->cursor_col = area->col + PROMPT_COLS + in.cursor_col;
  if (grid->cursor_col >= grid->cols)
    grid->cursor_col = grid->cols - 1;
  free (in.lines);
}

/* ---- layout ---- */

static int
list_columns (const struct cf_frame *frame, int cols)
{
  int wanted = cols / 4;

  if (!frame->list || cols < LIST_MIN_COLS)
    return 0;
  return wanted < LIST_COLS_MIN ? LIST_COLS_MIN : wanted > LIST_COLS_MAX ? LIST_COLS_MAX : wanted;
}

static int
wrapped_rows (const char *text, int cols, int max)
{
  struct cf_wrap wrap = { NULL, 0, 0 };
  int rows;

  if (!*text || max <= 0)
    return 0;
  cf_wrap (&wrap, text, cols);
  rows = wrap.count < (size_t) max ? (int) wrap.count : max;
  cf_wrap_done (&wrap);
  return rows;
}

/* The list scrolls so that what is active can be seen. */
static size_t
first_item (const struct cf_frame *frame, int rows)
{
  size_t active = 0;

  for (size_t i = 0; i < frame->item_count; i++)
    if (frame->items[i].active)
      active = i;
  return rows > 0 && active >= (size_t) rows ? active - (size_t) rows + 1 : 0;
}

void
cf_frame_layout (const struct cf_frame *frame, int rows, int cols, struct cf_layout *layout)
{
  int title = rows >= 4, status = rows >= 3, left, list = list_columns (frame, cols);
  int input = input_rows (frame->edit, rows, cols), question, notice, body;

  memset (layout, 0, sizeof *layout);
  left = rows - title - status - input;
  question = wrapped_rows (frame->question, cols, left - 1 > QUESTION_ROWS_MAX ? QUESTION_ROWS_MAX : left - 1 > 0 ? left - 1 : left);
  left -= question;
  notice = wrapped_rows (frame->notice, cols - (list ? list + LIST_RULE : 0), left - 1 > 3 ? 3 : left - 1);
  body = left - notice > 0 ? left - notice : 0;
  layout->title = (struct cf_area) { 0, 0, title, cols };
  layout->list = (struct cf_area) { title, 0, body + notice, list };
  layout->body = (struct cf_area) { title, list ? list + LIST_RULE : 0, body, cols - (list ? list + LIST_RULE : 0) };
  layout->notice = (struct cf_area) { title + body, layout->body.col, notice, layout->body.cols };
  layout->status = (struct cf_area) { title + body + notice, 0, status, cols };
  layout->question = (struct cf_area) { title + body + notice + status, 0, question, cols };
  layout->input = (struct cf_area) { rows - input, 0, input, cols };
  layout->first_item = first_item (frame, layout->list.rows);
}

/* ---- drawing ---- */

static void
draw_bar (const struct cf_area *area, struct cf_grid *grid, unsigned look, const char *left, unsigned more_look,
          const char *more, const char *right)
{
  int right_cols = cf_text_columns (right), col;
  char *text;

  if (!area->rows)
    return;
  cf_grid_fill (grid, area, 0, 0, CF_LOOK_BAR, " ");
  if (right_cols + 2 > area->cols / 2)
    right_cols = 0;
  text = cf_text_shorten (left, area->cols - 2 - (right_cols ? right_cols + 2 : 0));
  col = cf_grid_put (grid, area, 0, 1, CF_LOOK_BAR | look, text);
  free (text);
  if (*more && area->cols - col - 4 - right_cols > 0) {
    text = cf_text_shorten (more, area->cols - col - 4 - right_cols);
    cf_grid_put (grid, area, 0, col + 2, CF_LOOK_BAR | more_look, text);
    free (text);
  }
  if (right_cols)
    cf_grid_put (grid, area, 0, area->cols - 1 - right_cols, CF_LOOK_BAR, right);
}

static void
draw_item (const struct cf_item *item, struct cf_grid *grid, const struct cf_area *area, int row)
{
  char number[16] = "", count[16] = "", *text;
  unsigned look = item->look | (item->unread || item->marked ? CF_LOOK_BOLD : 0);
  int count_cols, indent = item->kind == CF_ITEM_HEADING ? 0 : 3;

  if (item->kind == CF_ITEM_HEADING) {
    text = cf_text_shorten (item->text, area->cols);
    cf_grid_put (grid, area, row, 0, CF_LOOK_MUTED | CF_LOOK_BOLD, text);
    free (text);
    return;
  }
  if (item->number)
    snprintf (number, sizeof number, "%2u", item->number);
  if (item->unread)
    snprintf (count, sizeof count, item->unread > 999 ? "999+" : "%u", item->unread);
  else if (item->marked)
    snprintf (count, sizeof count, "!");
  count_cols = (int) strlen (count);
  text = cf_text_shorten (item->text, area->cols - indent - (count_cols ? count_cols + 1 : 0));
  cf_grid_put (grid, area, row, 0, CF_LOOK_MUTED, number);
  cf_grid_put (grid, area, row, indent, look, text);
  cf_grid_put (grid, area, row, area->cols - count_cols, CF_LOOK_ACCENT | CF_LOOK_BOLD, count);
  if (item->active)
    cf_grid_add_look (grid, area, row, CF_LOOK_REVERSE);
  free (text);
}

static void
draw_list (const struct cf_frame *frame, const struct cf_layout *layout, struct cf_grid *grid)
{
  const struct cf_area *area = &layout->list;
  struct cf_area rule = { area->row, area->col + area->cols, area->rows, 1 };

  for (int row = 0; area->cols && row < area->rows; row++) {
    if (layout->first_item + (size_t) row < frame->item_count)
      draw_item (&frame->items[layout->first_item + (size_t) row], grid, area, row);
    cf_grid_put (grid, &rule, row, 0, CF_LOOK_MUTED, cf_glyph (CF_GLYPH_VERTICAL));
  }
}

static void
draw_wrapped (const struct cf_area *area, struct cf_grid *grid, unsigned look, const char *text)
{
  struct cf_wrap wrap = { NULL, 0, 0 };

  if (!area->rows)
    return;
  cf_wrap (&wrap, text, area->cols);
  for (size_t i = 0; i < wrap.count && (int) i < area->rows; i++)
    cf_grid_put_n (grid, area, (int) i, 0, look, text + wrap.lines[i].begin, wrap.lines[i].len);
  cf_wrap_done (&wrap);
}

void
cf_frame_draw (const struct cf_frame *frame, const struct cf_layout *layout, struct cf_grid *grid)
{
  draw_bar (&layout->title, grid, CF_LOOK_BOLD, frame->title, frame->title_look, frame->title_more, frame->title_right);
  draw_list (frame, layout, grid);
  draw_wrapped (&layout->notice, grid, frame->notice_look, frame->notice);
  draw_bar (&layout->status, grid, 0, frame->status, 0, "", frame->status_right);
  draw_wrapped (&layout->question, grid, CF_LOOK_ACCENT | CF_LOOK_BOLD, frame->question);
  draw_input (frame, &layout->input, grid);
}

const struct cf_item *
cf_frame_item_at (const struct cf_frame *frame, const struct cf_layout *layout, int row, int col)
{
  size_t at = layout->first_item + (size_t) (row - layout->list.row);

  if (row < layout->list.row || row >= layout->list.row + layout->list.rows || col >= layout->list.cols
      || at >= frame->item_count)
    return NULL;
  return &frame->items[at];
}
