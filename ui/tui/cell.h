/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cell.h - a screen of character cells in memory: what is drawn, before any terminal sees it.
 *
 * Text is UTF-8 from anybody.  It is taken apart into clusters: a character
 * that has a width and the marks on it, of which a few are kept; whatever
 * could move a cursor or speak to the terminal is dropped here once more, though
 * nobody should have let it come so far.  Widths are those of wcwidth, as curses
 * and the terminal see them; so sequences that only some terminals draw as one
 * sign (families of emoji, skin tones, emoji presentation) are reduced to
 * what all of them draw alike.
 *
 * Needs setlocale: what the locale cannot express becomes "?".
 */
#ifndef CF_UI_TUI_CELL_H
#define CF_UI_TUI_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#define CF_CELL_CHARS 5 /* one with a width and at most four marks: what a cell of curses holds */

/* How a cell looks: what it means, and stress.  term.c finds colours or attributes for the meaning. */
enum {
  CF_LOOK_PLAIN,
  CF_LOOK_MUTED, /* times, hints */
  CF_LOOK_GOOD,
  CF_LOOK_WARN,
  CF_LOOK_BAD,
  CF_LOOK_ACCENT, /* headings, what is chosen */
  CF_LOOK_BAR,    /* title bar and status bar */
  CF_LOOK_PAPER,  /* black on white, for cameras */
  CF_LOOK_HUE,    /* and CF_LOOK_HUES - 1 more: people */
  CF_LOOK_HUES = 6,
  CF_LOOK_MEANING = 0x1f,
  CF_LOOK_BOLD = 0x20,
  CF_LOOK_REVERSE = 0x40,
  CF_LOOK_UNDERLINE = 0x80,
};

struct cf_cell {
  wchar_t ch[CF_CELL_CHARS]; /* LEN of them; a space when LEN is 0 */
  uint8_t len;
  uint8_t width; /* 1, 2, or 0: the right half of the cell before */
  uint8_t look;
};

/* Take one cluster off [*TEXT, END), which is not empty: the bytes are behind *TEXT afterwards.  The columns it takes
   (0: nothing is to be seen of it, CELL is not set).  A newline or a tab is 1: a space. */
int cf_cell_take (const char **text, const char *end, struct cf_cell *cell);
/* Columns of TEXT in one line.  LEN bytes; or all of TEXT. */
int cf_text_columns_n (const char *text, size_t len);
int cf_text_columns (const char *text);
/* The longest beginning of TEXT (LEN bytes) of at most COLUMNS; its length in bytes.  *R_COLUMNS may be NULL. */
size_t cf_text_fit (const char *text, size_t len, int columns, int *r_columns);
/* A copy of at most COLUMNS, with an ellipsis at its end if it is shortened.  Caller frees. */
char *cf_text_shorten (const char *text, int columns);

/* TEXT of a peer on one line, fit to show, line breaks being spaces.  Caller frees. */
char *cf_text_one_line (const char *text);

/* Signs of our own, in what the locale can show. */
enum cf_glyph {
  CF_GLYPH_VERTICAL,
  CF_GLYPH_HORIZONTAL,
  CF_GLYPH_ELLIPSIS,
  CF_GLYPH_BULLET,
  CF_GLYPH_HIDDEN, /* a character of a password */
  CF_GLYPH_QUOTE,
  CF_GLYPH_UP,
  CF_GLYPH_DOWN,
  CF_GLYPH_DOT, /* between two things */
  CF_GLYPH_FULL, /* of a bar */
  CF_GLYPH_EMPTY,
  CF_GLYPH_RETURN, /* a line break in what is being typed */
};
const char *cf_glyph (enum cf_glyph glyph);

/* ---- a screen ---- */

struct cf_grid {
  int rows, cols;
  struct cf_cell *cells;      /* rows * cols, row by row */
  int cursor_row, cursor_col; /* < 0: not to be seen */
};

/* ROWS and COLS at least 1. */
void cf_grid_init (struct cf_grid *grid, int rows, int cols);
void cf_grid_done (struct cf_grid *grid);
/* Spaces everywhere, no cursor. */
void cf_grid_clear (struct cf_grid *grid);
/* Rows and columns of a grid: what is drawn stays inside. */
struct cf_area {
  int row, col, rows, cols;
};
/* LEN bytes of TEXT in row ROW of AREA from column COL on, cut at its edge.  The column behind them. */
int cf_grid_put_n (struct cf_grid *grid, const struct cf_area *area, int row, int col, unsigned look, const char *text,
                   size_t len);
int cf_grid_put (struct cf_grid *grid, const struct cf_area *area, int row, int col, unsigned look, const char *text);
/* All of row ROW of AREA from COL on: TEXT (one column) again and again. */
void cf_grid_fill (struct cf_grid *grid, const struct cf_area *area, int row, int col, unsigned look, const char *text);
/* Give the cells of a row of AREA another look, their stress kept. */
void cf_grid_add_look (struct cf_grid *grid, const struct cf_area *area, int row, unsigned stress);
const struct cf_cell *cf_grid_at (const struct cf_grid *grid, int row, int col);
/* Row ROW as UTF-8 without spaces at its end, for tests.  Caller frees. */
char *cf_grid_row (const struct cf_grid *grid, int row);

#endif
