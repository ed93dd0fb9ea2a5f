/* SPDX-License-Identifier: GPL-3.0-or-later */
/* typed.c - the line that is being typed, echoed by newline and backspace alone. */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui/cli/cli.h"
#include "ui/cli/typed.h"

#define KEY(letter) ((letter) & 0x1f) /* with Ctrl */
#define DELETE 0x7f

enum { PLAIN, ESCAPE, SEQUENCE };

/* ---- the terminal ---- */

/* Keys come one by one and unechoed; Ctrl-C still interrupts.  Ctrl-Z comes as a key, for the terminal must be put in
   order before we sleep. */
static void
take_terminal (struct cf_typed *t)
{
  struct termios mine = t->before;

  mine.c_lflag &= ~(tcflag_t) (ICANON | ECHO | ECHOE | ECHONL | IEXTEN);
  mine.c_cc[VMIN] = 1;
  mine.c_cc[VTIME] = 0;
  mine.c_cc[VSUSP] = _POSIX_VDISABLE;
  tcsetattr (STDIN_FILENO, TCSADRAIN, &mine);
}

static struct termios restored; /* what a signal that ends us puts back */

static void
on_end (int signum)
{
  tcsetattr (STDIN_FILENO, TCSANOW, &restored);
  signal (signum, SIG_DFL);
  raise (signum);
}

void
cf_typed_start (struct cf_typed *t, bool tty, size_t width)
{
  memset (t, 0, sizeof *t);
  t->prompt = "";
  t->width = width ? width : 80;
  t->tty = tty && !tcgetattr (STDIN_FILENO, &t->before);
  if (!t->tty)
    return;
  restored = t->before;
  signal (SIGTERM, on_end);
  signal (SIGHUP, on_end);
  take_terminal (t);
}

void
cf_typed_stop (struct cf_typed *t)
{
  if (!t->tty)
    return;
  cf_typed_hide (t);
  cf_cli_flush ();
  tcsetattr (STDIN_FILENO, TCSADRAIN, &t->before);
  signal (SIGTERM, SIG_DFL);
  signal (SIGHUP, SIG_DFL);
  t->tty = false;
}

/* Ctrl-Z: sleep as others do. */
static void
sleep_now (struct cf_typed *t)
{
  cf_typed_hide (t);
  cf_cli_flush ();
  tcsetattr (STDIN_FILENO, TCSADRAIN, &t->before);
  raise (SIGTSTP);
  tcgetattr (STDIN_FILENO, &t->before);
  take_terminal (t);
  cf_typed_show (t);
}

/* ---- showing ---- */

void
cf_typed_hide (struct cf_typed *t)
{
  if (t->tty && t->shown && (t->len || *t->prompt))
    putchar ('\n');
  t->shown = false;
}

void
cf_typed_show (struct cf_typed *t)
{
  if (!t->tty || t->shown)
    return;
  t->shown = true;
  printf ("%s%.*s", t->prompt, (int) t->len, t->line);
  cf_cli_flush ();
}

static size_t
columns (const char *text, size_t len)
{
  char copy[CF_TYPED_MAX + 1];

  memcpy (copy, text, len);
  copy[len] = 0;
  return cf_cli_text_width (copy);
}

/* The line ends at LEN now.  Where backspaces cannot do it, it is written once more below. */
static void
shorten (struct cf_typed *t, size_t len)
{
  size_t gone = columns (t->line + len, t->len - len), all = strlen (t->prompt) + columns (t->line, t->len);

  t->len = len;
  if (!t->shown)
    return;
  if (all < t->width && gone)
    while (gone--)
      fputs ("\b \b", stdout);
  else {
    putchar ('\n');
    t->shown = false;
    cf_typed_show (t);
  }
}

static size_t
last_char (const struct cf_typed *t, size_t len)
{
  while (len && ((unsigned char) t->line[--len] & 0xc0) == 0x80)
    ;
  return len;
}

static size_t
last_word (const struct cf_typed *t)
{
  size_t len = t->len;

  while (len && t->line[len - 1] == ' ')
    len--;
  while (len && t->line[len - 1] != ' ')
    len--;
  return len;
}

/* ---- keys ---- */

static void
add (struct cf_typed *t, char c)
{
  if (t->len + 1 >= CF_TYPED_MAX) {
    putchar ('\a');
    return;
  }
  t->line[t->len++] = c;
  if (t->shown)
    putchar (c);
}

static bool
in_escape (struct cf_typed *t, unsigned char c)
{
  switch (t->escape) {
  case ESCAPE: t->escape = c == '[' || c == 'O' ? SEQUENCE : PLAIN; return true;
  case SEQUENCE:
    if (c >= 0x40 && c <= 0x7e)
      t->escape = PLAIN;
    return true;
  default: return false;
  }
}

/* True: the line is whole. */
static bool
take_key (struct cf_typed *t, unsigned char c)
{
  if (in_escape (t, c))
    return false;
  if (c == (unsigned char) t->before.c_cc[VERASE])
    c = DELETE; /* whatever this terminal calls it */
  switch (c) {
  case '\n':
  case '\r': return true;
  case DELETE:
  case '\b':
    if (t->len)
      shorten (t, last_char (t, t->len));
    break;
  case KEY ('W'):
    if (t->len)
      shorten (t, last_word (t));
    break;
  case KEY ('U'):
    if (t->len)
      shorten (t, 0);
    break;
  case KEY ('R'):
  case KEY ('L'):
    cf_typed_hide (t);
    cf_typed_show (t);
    break;
  case KEY ('D'): t->ended = !t->len; break;
  case KEY ('Z'): sleep_now (t); break;
  case '\t': add (t, ' '); break;
  case 0x1b: t->escape = ESCAPE; break;
  default:
    if (c >= ' ')
      add (t, (char) c);
  }
  return false;
}

/* ---- lines ---- */

void
cf_typed_read (struct cf_typed *t)
{
  ssize_t n = read (STDIN_FILENO, t->input + t->input_len, sizeof t->input - t->input_len);

  if (n > 0)
    t->input_len += (size_t) n;
  else if (!n || (errno != EINTR && errno != EAGAIN))
    t->ended = true;
}

static char *
typed_line (struct cf_typed *t)
{
  char *line = NULL;
  size_t n = 0;

  while (!line && !t->ended && n < t->input_len)
    if (take_key (t, (unsigned char) t->input[n++])) {
      line = cf_cli_must (strndup (t->line, t->len));
      if (!t->shown) /* typed while something else was going on */
        cf_typed_show (t);
      putchar ('\n');
      t->len = 0;
      t->shown = false;
    }
  t->input_len -= n;
  memmove (t->input, t->input + n, t->input_len);
  cf_cli_flush ();
  return line;
}

char *
cf_typed_line (struct cf_typed *t, bool *r_too_long)
{
  char *end, *line = NULL;
  size_t len;

  *r_too_long = false;
  if (t->tty)
    return typed_line (t);
  end = memchr (t->input, '\n', t->input_len);
  if (end) {
    len = (size_t) (end - t->input);
    if (!t->too_long)
      line = cf_cli_must (strndup (t->input, len && end[-1] == '\r' ? len - 1 : len));
    t->input_len -= len + 1;
    memmove (t->input, end + 1, t->input_len);
    *r_too_long = t->too_long;
    t->too_long = false;
  } else if (t->input_len == sizeof t->input) {
    t->too_long = true;
    t->input_len = 0;
  }
  return line;
}

void
cf_typed_clear (struct cf_typed *t)
{
  cf_typed_hide (t);
  t->len = 0;
}
