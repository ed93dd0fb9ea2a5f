/* SPDX-License-Identifier: GPL-3.0-or-later */
/* paper.c - see paper.h. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/tui/must.h"
#include "ui/tui/paper.h"

struct paragraph {
  unsigned look;
  int indent;
  bool raw;
  char *label, *text;
};

struct cf_paper {
  struct paragraph *paragraphs;
  size_t count, room;
  int columns; /* of the drawing that is under way */
};

struct cf_paper *
cf_paper_new (void)
{
  return cf_must (calloc (1, sizeof (struct cf_paper)));
}

static void
paragraph_done (struct paragraph *p)
{
  free (p->label);
  free (p->text);
}

void
cf_paper_clear (struct cf_paper *paper)
{
  for (size_t i = 0; i < paper->count; i++)
    paragraph_done (&paper->paragraphs[i]);
  paper->count = 0;
}

void
cf_paper_free (struct cf_paper *paper)
{
  if (!paper)
    return;
  cf_paper_clear (paper);
  free (paper->paragraphs);
  free (paper);
}

size_t
cf_paper_count (const struct cf_paper *paper)
{
  return paper->count;
}

static struct paragraph *
add (struct cf_paper *paper)
{
  if (paper->count == CF_PAPER_MAX) {
    paragraph_done (&paper->paragraphs[0]);
    memmove (paper->paragraphs, paper->paragraphs + 1, --paper->count * sizeof *paper->paragraphs);
  }
  cf_must_grow (&paper->paragraphs, &paper->room, paper->count + 1, sizeof *paper->paragraphs);
  memset (&paper->paragraphs[paper->count], 0, sizeof *paper->paragraphs);
  return &paper->paragraphs[paper->count++];
}

void
cf_paper_add (struct cf_paper *paper, unsigned look, int indent, const char *label, const char *text)
{
  struct paragraph *p = add (paper);

  p->look = look;
  p->indent = indent;
  p->label = cf_must_copy (label);
  p->text = cf_must_copy (text);
}

void
cf_paper_add_raw (struct cf_paper *paper, unsigned look, const char *text)
{
  struct paragraph *p = add (paper);

  p->look = look;
  p->raw = true;
  p->label = cf_must_copy ("");
  p->text = cf_must_copy (text);
}

/* An indentation that leaves no room for text is less. */
static int
indent_of (const struct cf_paper *paper, const struct paragraph *p)
{
  return p->indent <= paper->columns / 2 ? p->indent : paper->columns > 12 ? 2 : 0;
}

/* A label that is longer than the indentation has a line of its own. */
static bool
label_stands_above (const struct cf_paper *paper, const struct paragraph *p)
{
  return *p->label && cf_text_columns (p->label) >= indent_of (paper, p);
}

static void
wrap_paragraph (const struct cf_paper *paper, const struct paragraph *p, struct cf_wrap *wrap)
{
  cf_wrap (wrap, p->text, p->raw ? INT32_MAX : paper->columns - indent_of (paper, p));
}

static size_t
lines_of (void *arg, size_t at)
{
  struct cf_paper *paper = arg;
  struct cf_wrap wrap = { NULL, 0, 0 };
  size_t count;

  wrap_paragraph (paper, &paper->paragraphs[at], &wrap);
  count = wrap.count + label_stands_above (paper, &paper->paragraphs[at]);
  cf_wrap_done (&wrap);
  return count;
}

static struct cf_scroll_source
source_of (struct cf_paper *paper, int columns)
{
  paper->columns = columns > 1 ? columns : 1;
  return (struct cf_scroll_source) { paper->count, lines_of, paper };
}

/* Lines of paragraph P from FIRST on into rows from *ROW on. */
static void
draw_paragraph (const struct cf_paper *paper, const struct paragraph *p, size_t first, struct cf_grid *grid,
                const struct cf_area *area, int *row)
{
  struct cf_wrap wrap = { NULL, 0, 0 };
  size_t above = label_stands_above (paper, p);

  wrap_paragraph (paper, p, &wrap);
  for (size_t i = first; i < wrap.count + above && *row < area->rows; i++, (*row)++) {
    if (!i)
      cf_grid_put (grid, area, *row, 0, CF_LOOK_MUTED, p->label);
    if (i >= above)
      cf_grid_put_n (grid, area, *row, indent_of (paper, p), p->look, p->text + wrap.lines[i - above].begin,
                     wrap.lines[i - above].len);
  }
  cf_wrap_done (&wrap);
}

void
cf_paper_draw (struct cf_paper *paper, struct cf_scroll *scroll, struct cf_grid *grid, const struct cf_area *area)
{
  struct cf_scroll_source source = source_of (paper, area->cols);
  struct cf_scroll_top top;
  int row;

  if (!cf_scroll_top (scroll, &source, area->rows, &top))
    return;
  row = top.row;
  for (size_t at = top.at; at < paper->count && row < area->rows; at++)
    draw_paragraph (paper, &paper->paragraphs[at], at == top.at ? top.line : 0, grid, area, &row);
}

void
cf_paper_scroll (struct cf_paper *paper, struct cf_scroll *scroll, int columns, long rows)
{
  struct cf_scroll_source source = source_of (paper, columns);

  cf_scroll_by (scroll, &source, rows, true);
}

size_t
cf_paper_lines (struct cf_paper *paper, int columns, size_t max)
{
  size_t lines = 0;

  source_of (paper, columns);
  for (size_t i = 0; i < paper->count && lines < max; i++)
    lines += lines_of (paper, i);
  return lines < max ? lines : max;
}
