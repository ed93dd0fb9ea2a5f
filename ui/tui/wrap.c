/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wrap.c - see wrap.h. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/tui/cell.h"
#include "ui/tui/must.h"
#include "ui/tui/wrap.h"

static void
add (struct cf_wrap *wrap, size_t begin, size_t len)
{
  cf_must_grow (&wrap->lines, &wrap->room, wrap->count + 1, sizeof *wrap->lines);
  wrap->lines[wrap->count++] = (struct cf_wrap_line) { begin, len };
}

/* How much of TEXT (LEN bytes without a newline) goes into one line; *R_NEXT where the next one begins. */
static size_t
one_line (const char *text, size_t len, int columns, size_t *r_next)
{
  size_t fits = cf_text_fit (text, len, columns, NULL), cut = fits;
  struct cf_cell cell;

  if (fits == len) {
    *r_next = len;
    return len;
  }
  if (!fits) { /* wider than the line */
    const char *p = text;

    while (p < text + len && !cf_cell_take (&p, text + len, &cell))
      ;
    *r_next = (size_t) (p - text);
    return *r_next;
  }
  while (cut && text[cut] != ' ')
    cut--;
  if (cut && strspn (text, " ") < cut) { /* a space between words, not the indentation of the line */
    *r_next = cut + strspn (text + cut, " ");
    while (cut && text[cut - 1] == ' ')
      cut--;
    return cut;
  }
  *r_next = fits;
  return fits;
}

void
cf_wrap (struct cf_wrap *wrap, const char *text, int columns)
{
  size_t at = 0;

  wrap->count = 0;
  for (;;) {
    size_t len = strcspn (text + at, "\n"), next;

    do {
      size_t used = one_line (text + at, len, columns, &next);

      add (wrap, at, used);
      at += next;
      len -= next;
    } while (len);
    if (!text[at])
      return;
    at++; /* the newline */
  }
}

void
cf_wrap_done (struct cf_wrap *wrap)
{
  free (wrap->lines);
  *wrap = (struct cf_wrap) { NULL, 0, 0 };
}
