/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cell.c - see cell.h. */

#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistr.h>
#include <uniwidth.h>

#include "base/text.h"
#include "ui/tui/cell.h"
#include "ui/tui/must.h"

#define ZERO_WIDTH_JOINER 0x200d
#define REPLACEMENT 0xfffd

/* ---- characters ---- */

/* Moves something, says something to the terminal, or is not to be seen at all. */
static bool
is_dangerous (ucs4_t c)
{
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e || c == 0x200b
         || (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff
         || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff) || c > 0x10ffff;
}

/* Changes how the sign before is drawn, where a terminal knows how: which one does is not to be known. */
static bool
is_variation (ucs4_t c)
{
  return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0x1f3fb && c <= 0x1f3ff);
}

static bool
is_pictograph (ucs4_t c)
{
  return (c >= 0x1f000 && c <= 0x1faff) || (c >= 0x2600 && c <= 0x27bf) || (c >= 0x2190 && c <= 0x21ff)
         || (c >= 0x2b00 && c <= 0x2bff);
}

static ucs4_t
decode (const char *text, const char *end, int *r_len)
{
  ucs4_t c;

  *r_len = u8_mbtouc (&c, (const uint8_t *) text, (size_t) (end - text));
  return c;
}

/* Take the marks that follow a character onto CELL. */
static void
take_marks (const char **text, const char *end, ucs4_t base, struct cf_cell *cell)
{
  while (*text < end) {
    int len;
    ucs4_t c = decode (*text, end, &len);

    if (c == ZERO_WIDTH_JOINER && is_pictograph (base)) { /* the parts are drawn one by one */
      *text += len;
      continue;
    }
    if (is_variation (c) && (c < 0x10000 || is_pictograph (base))) {
      *text += len;
      continue;
    }
    if (c == '\n' || c == '\t' || c == REPLACEMENT || is_dangerous (c) || wcwidth ((wchar_t) c))
      return;
    *text += len;
    if (cell->len < CF_CELL_CHARS)
      cell->ch[cell->len++] = (wchar_t) c;
  }
}

/* What stands for C where the locale has no such sign. */
static ucs4_t
plain (ucs4_t c)
{
  static const struct {
    ucs4_t sign;
    char ascii;
  } signs[] = {
    { 0x00a0, ' ' },  { 0x00b7, '-' },  { 0x2010, '-' }, { 0x2011, '-' }, { 0x2013, '-' },  { 0x2014, '-' },
    { 0x2018, '\'' }, { 0x2019, '\'' }, { 0x201c, '"' }, { 0x201d, '"' }, { 0x2022, '*' },  { 0x2026, '.' },
    { 0x202f, ' ' },
  };

  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
    if (signs[i].sign == c)
      return (ucs4_t) signs[i].ascii;
  return wcwidth ((wchar_t) REPLACEMENT) == 1 ? REPLACEMENT : '?';
}

int
cf_cell_take (const char **text, const char *end, struct cf_cell *cell)
{
  int len, width;
  ucs4_t c = decode (*text, end, &len);

  *text += len;
  if (c == '\n' || c == '\t')
    c = ' ';
  if (is_dangerous (c) || (c >= 0xfe00 && c <= 0xfe0f))
    return 0;
  width = wcwidth ((wchar_t) c);
  memset (cell, 0, sizeof *cell);
  if (width < 0 && !uc_width (c, "UTF-8"))
    return 0; /* a mark that this locale lacks says nothing by itself */
  if (width < 0) { /* not in this locale, or of a Unicode that the C library does not know yet */
    c = plain (c);
    width = 1;
  }
  if (!width) { /* a mark without anything that it could sit on */
    if (c == ZERO_WIDTH_JOINER || c == 0x200c)
      return 0;
    cell->ch[cell->len++] = L' ';
    width = 1;
  }
  cell->ch[cell->len++] = (wchar_t) c;
  cell->width = (uint8_t) width;
  take_marks (text, end, c, cell);
  return width;
}

/* ---- lengths ---- */

size_t
cf_text_fit (const char *text, size_t len, int columns, int *r_columns)
{
  const char *p = text, *end = text + len, *fits = text;
  struct cf_cell cell;
  int used = 0;

  while (p < end) {
    int width = cf_cell_take (&p, end, &cell);

    if (used + width > columns)
      break;
    used += width;
    fits = p;
  }
  if (r_columns)
    *r_columns = used;
  return (size_t) (fits - text);
}

int
cf_text_columns_n (const char *text, size_t len)
{
  int columns;

  cf_text_fit (text, len, INT32_MAX, &columns);
  return columns;
}

int
cf_text_columns (const char *text)
{
  return cf_text_columns_n (text, strlen (text));
}

char *
cf_text_shorten (const char *text, int columns)
{
  const char *ellipsis = cf_glyph (CF_GLYPH_ELLIPSIS);
  int dots = cf_text_columns (ellipsis);

  if (columns <= 0)
    return cf_must_copy ("");
  if (cf_text_columns (text) <= columns)
    return cf_must_copy (text);
  if (columns <= dots)
    return cf_must (strndup (ellipsis, cf_text_fit (ellipsis, strlen (ellipsis), columns, NULL)));
  return cf_must_print ("%.*s%s", (int) cf_text_fit (text, strlen (text), columns - dots, NULL), text, ellipsis);
}

char *
cf_text_one_line (const char *text)
{
  char *line = cf_must (cf_text_display (text, strlen (text), true));

  for (char *p = line; *p; p++)
    if (*p == '\n' || *p == '\t')
      *p = ' ';
  return line;
}

const char *
cf_glyph (enum cf_glyph glyph)
{
  static const struct {
    wchar_t sign;
    const char *text, *ascii;
  } glyphs[] = {
    [CF_GLYPH_VERTICAL] = { 0x2502, "\u2502", "|" }, [CF_GLYPH_HORIZONTAL] = { 0x2500, "\u2500", "-" },
    [CF_GLYPH_ELLIPSIS] = { 0x2026, "\u2026", "..." }, [CF_GLYPH_BULLET] = { 0x2022, "\u2022", "*" },
    [CF_GLYPH_HIDDEN] = { 0x2022, "\u2022", "*" },   [CF_GLYPH_QUOTE] = { 0x2502, "\u2502", ">" },
    [CF_GLYPH_UP] = { 0x2191, "\u2191", "^" },       [CF_GLYPH_DOWN] = { 0x2193, "\u2193", "v" },
    [CF_GLYPH_DOT] = { 0x00b7, "\u00b7", "-" },      [CF_GLYPH_RETURN] = { 0x21b5, "\u21b5", "\\" },
    [CF_GLYPH_FULL] = { 0x2588, "\u2588", "#" },     [CF_GLYPH_EMPTY] = { 0x2591, "\u2591", "-" },
  };

  return wcwidth (glyphs[glyph].sign) == 1 ? glyphs[glyph].text : glyphs[glyph].ascii;
}

/* ---- a screen ---- */

void
cf_grid_init (struct cf_grid *grid, int rows, int cols)
{
  grid->rows = rows > 0 ? rows : 1;
  grid->cols = cols > 0 ? cols : 1;
  grid->cells = cf_must (calloc ((size_t) grid->rows * (size_t) grid->cols, sizeof *grid->cells));
  cf_grid_clear (grid);
}

void
cf_grid_done (struct cf_grid *grid)
{
  free (grid->cells);
  grid->cells = NULL;
}

void
cf_grid_clear (struct cf_grid *grid)
{
  static const struct cf_cell space = { { L' ' }, 1, 1, CF_LOOK_PLAIN };

  for (size_t i = 0; i < (size_t) grid->rows * (size_t) grid->cols; i++)
    grid->cells[i] = space;
  grid->cursor_row = grid->cursor_col = -1;
}

static struct cf_cell *
cell_at (const struct cf_grid *grid, int row, int col)
{
  return &grid->cells[(size_t) row * (size_t) grid->cols + (size_t) col];
}

const struct cf_cell *
cf_grid_at (const struct cf_grid *grid, int row, int col)
{
  return cell_at (grid, row, col);
}

/* A wide sign of which one half is to be overwritten leaves a space behind. */
static void
blank (struct cf_grid *grid, int row, int col)
{
  struct cf_cell *cell = cell_at (grid, row, col);

  if (!cell->width && col > 0)
    cell_at (grid, row, col - 1)[0] = (struct cf_cell) { { L' ' }, 1, 1, cell->look };
  if (cell->width == 2 && col + 1 < grid->cols)
    cell_at (grid, row, col + 1)[0] = (struct cf_cell) { { L' ' }, 1, 1, cell->look };
}

static bool
is_inside (const struct cf_grid *grid, const struct cf_area *area, int row)
{
  return row >= 0 && row < area->rows && area->row + row < grid->rows && area->row + row >= 0;
}

int
cf_grid_put_n (struct cf_grid *grid, const struct cf_area *area, int row, int col, unsigned look, const char *text,
               size_t len)
{
  const char *end = text + len;
  int right = area->col + area->cols < grid->cols ? area->col + area->cols : grid->cols;
  struct cf_cell cell;

  if (!is_inside (grid, area, row))
    return col;
  while (text < end) {
    int width = cf_cell_take (&text, end, &cell), at = area->col + col;

    if (!width)
      continue;
    if (at + width > right)
      break;
    for (int i = 0; at >= 0 && i < width; i++)
      blank (grid, area->row + row, at + i);
    cell.look = (uint8_t) look;
    for (int i = 0; at >= 0 && i < width; i++) {
      *cell_at (grid, area->row + row, at + i) = cell;
      cell = (struct cf_cell) { { 0 }, 0, 0, (uint8_t) look }; /* the right half */
    }
    col += width;
  }
  return col;
}

int
cf_grid_put (struct cf_grid *grid, const struct cf_area *area, int row, int col, unsigned look, const char *text)
{
  return cf_grid_put_n (grid, area, row, col, look, text, strlen (text));
}

void
cf_grid_fill (struct cf_grid *grid, const struct cf_area *area, int row, int col, unsigned look, const char *text)
{
  while (col < area->cols && is_inside (grid, area, row)) {
    int next = cf_grid_put (grid, area, row, col, look, text);

    if (next == col)
      break;
    col = next;
  }
}

void
cf_grid_add_look (struct cf_grid *grid, const struct cf_area *area, int row, unsigned stress)
{
  if (!is_inside (grid, area, row))
    return;
  for (int col = area->col; col < area->col + area->cols && col < grid->cols; col++)
    cell_at (grid, area->row + row, col)->look |= (uint8_t) stress;
}

char *
cf_grid_row (const struct cf_grid *grid, int row)
{
  char *text = cf_must (malloc ((size_t) grid->cols * CF_CELL_CHARS * 4 + 1)), *p = text;

  for (int col = 0; col < grid->cols; col++) {
    const struct cf_cell *cell = cell_at (grid, row, col);

    for (int i = 0; i < cell->len; i++)
      p += u8_uctomb ((uint8_t *) p, (ucs4_t) cell->ch[i], 4);
  }
  while (p > text && p[-1] == ' ')
    p--;
  *p = 0;
  return text;
}
