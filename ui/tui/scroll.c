/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scroll.c - see scroll.h. */

#include <config.h>

#include "ui/tui/scroll.h"

static size_t
lines_of (const struct cf_scroll_source *source, size_t at)
{
  return source->lines (source->arg, at);
}

void
cf_scroll_init (struct cf_scroll *scroll)
{
  *scroll = (struct cf_scroll) { .follows = true };
}

/* The place as block and lines, also when it follows; after blocks have changed under it. */
static void
settle (struct cf_scroll *scroll, const struct cf_scroll_source *source)
{
  size_t lines;

  if (scroll->follows || scroll->at >= source->count) {
    scroll->at = source->count - 1;
    scroll->below = 0;
  }
  lines = lines_of (source, scroll->at);
  if (scroll->below >= lines)
    scroll->below = lines - 1;
}

/* The top for ROWS rows; *R_MISSING rows are left empty above it. */
static void
find_top (const struct cf_scroll *scroll, const struct cf_scroll_source *source, int rows, struct cf_scroll_top *top,
          int *r_missing)
{
  size_t at = scroll->at, lines = lines_of (source, at) - scroll->below;
  size_t wanted = (size_t) rows;

  while (lines < wanted && at > 0)
    lines += lines_of (source, --at);
  top->at = at;
  top->line = lines > wanted ? lines - wanted : 0;
  *r_missing = lines < wanted ? (int) (wanted - lines) : 0;
}

/* Down by ROWS; true: the end was reached. */
static bool
move_down (struct cf_scroll *scroll, const struct cf_scroll_source *source, size_t rows)
{
  while (rows) {
    if (scroll->below >= rows) {
      scroll->below -= rows;
      break;
    }
    rows -= scroll->below;
    scroll->below = 0;
    if (scroll->at + 1 >= source->count)
      return true;
    scroll->below = lines_of (source, ++scroll->at);
  }
  return !scroll->below && scroll->at + 1 == source->count;
}

static void
move_up (struct cf_scroll *scroll, const struct cf_scroll_source *source, size_t rows)
{
  while (rows) {
    size_t lines = lines_of (source, scroll->at);

    if (scroll->below + rows < lines) {
      scroll->below += rows;
      return;
    }
    rows -= lines - scroll->below;
    if (!scroll->at) {
      scroll->below = lines - 1;
      return;
    }
    scroll->at--;
    scroll->below = 0;
  }
}

bool
cf_scroll_top (struct cf_scroll *scroll, const struct cf_scroll_source *source, int rows, struct cf_scroll_top *r_top)
{
  int missing;

  if (!source->count)
    return false;
  settle (scroll, source);
  find_top (scroll, source, rows, r_top, &missing);
  if (missing && !scroll->follows) { /* beyond the oldest: as far up as there is something */
    move_down (scroll, source, (size_t) missing);
    find_top (scroll, source, rows, r_top, &missing);
  }
  r_top->row = missing;
  return true;
}

void
cf_scroll_by (struct cf_scroll *scroll, const struct cf_scroll_source *source, long rows, bool at_end)
{
  if (!source->count)
    return;
  settle (scroll, source);
  if (rows < 0) {
    scroll->follows = false;
    move_up (scroll, source, (size_t) -rows);
  } else
    scroll->follows = move_down (scroll, source, (size_t) rows) && at_end;
}

void
cf_scroll_to (struct cf_scroll *scroll, const struct cf_scroll_source *source, size_t at, int rows)
{
  size_t lines;

  if (at >= source->count)
    return;
  lines = lines_of (source, at);
  scroll->follows = false;
  scroll->at = at;
  scroll->below = lines > (size_t) rows ? lines - (size_t) rows : 0;
}

void
cf_scroll_show (struct cf_scroll *scroll, const struct cf_scroll_source *source, size_t at, int rows, bool at_end)
{
  struct cf_scroll_top top;

  if (at >= source->count || !cf_scroll_top (scroll, source, rows, &top))
    return;
  if (at > scroll->at || (at == scroll->at && scroll->below))
    cf_scroll_to (scroll, source, at, rows);
  else if (at < top.at || (at == top.at && top.line)) { /* its top to the top edge */
    scroll->follows = false;
    scroll->at = at;
    scroll->below = lines_of (source, at) - 1;
    move_down (scroll, source, (size_t) rows - 1);
  }
  if (at_end && !scroll->below && scroll->at + 1 == source->count)
    scroll->follows = true;
}

void
cf_scroll_inserted (struct cf_scroll *scroll, size_t at, size_t inserted)
{
  if (at <= scroll->at)
    scroll->at += inserted;
}

void
cf_scroll_removed (struct cf_scroll *scroll, size_t at, size_t removed)
{
  if (scroll->at >= at + removed)
    scroll->at -= removed;
  else if (scroll->at >= at) {
    scroll->at = at ? at - 1 : 0;
    scroll->below = 0;
  }
}
