/* SPDX-License-Identifier: GPL-3.0-or-later */
/* term.h - the terminal: the only place that knows curses.
 *
 * A grid (cell.h) goes out, key events come in.  The terminal is given back
 * as it was by cf_term_stop, cf_term_leave (for pinentry, for a shell), and
 * when the program ends for want of memory.
 */
#ifndef CF_UI_TUI_TERM_H
#define CF_UI_TUI_TERM_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

#include "base/err.h"
#include "ui/tui/cell.h"

enum cf_key {
  CF_KEY_TEXT,    /* CH; with ALT a command */
  CF_KEY_CONTROL, /* CH: 'A' ... 'Z', '_' ... */
  CF_KEY_ENTER,
  CF_KEY_TAB,
  CF_KEY_BACK_TAB,
  CF_KEY_ESCAPE,
  CF_KEY_BACKSPACE,
  CF_KEY_DELETE,
  CF_KEY_LEFT,
  CF_KEY_RIGHT,
  CF_KEY_UP,
  CF_KEY_DOWN,
  CF_KEY_HOME,
  CF_KEY_END,
  CF_KEY_PAGE_UP,
  CF_KEY_PAGE_DOWN,
  CF_KEY_FUNCTION, /* CH: its number */
  CF_KEY_PASTE,    /* TEXT */
  CF_KEY_WHEEL_UP,
  CF_KEY_WHEEL_DOWN,
  CF_KEY_CLICK, /* ROW, COL */
};

struct cf_key_event {
  enum cf_key key;
  wchar_t ch;
  bool alt, control; /* control: of arrows, Home and End */
  int row, col;
  const char *text; /* UTF-8, borrowed until the next event */
  size_t text_len;
};

struct cf_term;

/* Errors: GPG_ERR_NOT_SUPPORTED (no terminal, or one that cannot move its cursor).  One at a time. */
gpg_error_t cf_term_start (struct cf_term **r_term) CF_MUST_CHECK;
void cf_term_stop (struct cf_term *term); /* NULL is fine */

void cf_term_size (const struct cf_term *term, int *r_rows, int *r_cols);
/* Ask the terminal for its size; after SIGWINCH. */
void cf_term_resize (struct cf_term *term);
void cf_term_draw (struct cf_term *term, const struct cf_grid *grid);
/* All of it anew with the next cf_term_draw. */
void cf_term_repaint (struct cf_term *term);
void cf_term_bell (struct cf_term *term);
void cf_term_mouse (struct cf_term *term, bool on);
bool cf_term_has_colour (const struct cf_term *term);

/* The terminal as it was before, for somebody else; and back.  Both may be called twice. */
void cf_term_leave (struct cf_term *term);
void cf_term_enter (struct cf_term *term);

/* Is it still as we left it?  Not while pinentry, which does not ask us, has it: then neither draw nor read. */
bool cf_term_is_ours (const struct cf_term *term);
void cf_term_regain (struct cf_term *term); /* after that: all of it is ours again */

/* The next key that has been pressed.  PREFIX: a lone Escape waits a second for a key that it makes an Alt key (for
   terminals without Alt); else it is itself at once.  False: there is none; *R_WAIT_MS how long until that may change
   although nothing is typed, < 0: not. */
bool cf_term_key (struct cf_term *term, bool prefix, int64_t now_ms, struct cf_key_event *event, int *r_wait_ms);
bool cf_term_hung_up (const struct cf_term *term); /* the terminal has gone */

#endif
