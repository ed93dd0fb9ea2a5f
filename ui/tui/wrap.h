/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wrap.h - text in lines of a given width.  Only where each line begins and ends is kept, so that a long text costs
   little. */
#ifndef CF_UI_TUI_WRAP_H
#define CF_UI_TUI_WRAP_H

#include <stddef.h>

struct cf_wrap {
  struct cf_wrap_line {
    size_t begin, len; /* bytes; without the space or the newline that ends it */
  } *lines;
  size_t count, room;
};

/* TEXT in lines of at most COLUMNS (at least 1; a sign wider than that has a line of its own, and is cut when it is
   drawn), broken at spaces where there are any.  At least one line, which may be empty.  WRAP is zeroed, or was used
   before. */
void cf_wrap (struct cf_wrap *wrap, const char *text, int columns);
void cf_wrap_done (struct cf_wrap *wrap);

#endif
