/* SPDX-License-Identifier: GPL-3.0-or-later */
/* typed.h - the line that is being typed, beside lines that come from elsewhere.
 *
 * On a terminal what is typed is echoed here, not by the terminal, so that a
 * line that comes in can stand before it:
 *
 *     see you at sev               being typed
 *     14:05 Ana: better eight      comes in, on a line of its own
 *     see you at sev_              and the typed one goes on
 *
 * Only newline and backspace are ever written, no cursor is moved and nothing
 * is coloured: it is for screen readers, serial lines and terminals that can do
 * no more.  What does not come from a terminal is read line by line, unechoed.
 */
#ifndef CF_UI_CLI_TYPED_H
#define CF_UI_CLI_TYPED_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#define CF_TYPED_MAX (16 * 1024) /* bytes of a line; more are refused with a bell */

struct cf_typed {
  bool tty;                /* echo, and take keys */
  struct termios before;   /* of the terminal, as it was */
  const char *prompt;      /* "" for none; borrowed */
  size_t width;            /* columns */
  char input[CF_TYPED_MAX]; /* read, and not looked at yet */
  size_t input_len;
  char line[CF_TYPED_MAX]; /* what is typed so far */
  size_t len;
  bool shown;              /* it stands on the screen, and the cursor behind it */
  int escape;              /* inside the sequence of a key that we do not know */
  bool too_long;           /* of what is no terminal: the rest of a line that was */
  bool ended;              /* end of file, or Ctrl-D in an empty line */
};

/* Take over the standard input; TTY: it and the standard output are a terminal of WIDTH columns. */
void cf_typed_start (struct cf_typed *typed, bool tty, size_t width);
/* The terminal as it was.  Twice is fine. */
void cf_typed_stop (struct cf_typed *typed);
/* Something is about to be written: what is typed stays above it. */
void cf_typed_hide (struct cf_typed *typed);
/* Everything is written: prompt, and what is typed so far, once more. */
void cf_typed_show (struct cf_typed *typed);
/* The standard input can be read. */
void cf_typed_read (struct cf_typed *typed);
/* The next whole line that was typed, without its newline; caller frees; NULL: none yet.  *R_TOO_LONG: one was
   longer than is taken, and is lost. */
char *cf_typed_line (struct cf_typed *typed, bool *r_too_long);
/* Forget what is typed (Ctrl-C). */
void cf_typed_clear (struct cf_typed *typed);

#endif
