/* SPDX-License-Identifier: GPL-3.0-or-later */
/* term.c - see term.h. */

#include <config.h>

#include <curses.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <unistr.h>
#include <wctype.h>

#include "base/secmem.h"
#include "ui/tui/edit.h"
#include "ui/tui/must.h"
#include "ui/tui/term.h"

#define ESCAPE 27
#define ESCAPE_WAIT_MS 1000
#define ESCAPE_SEQUENCE_MS 25 /* between the bytes of one key */
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"

/* Sequences that terminals send and their descriptions do not tell of. */
enum {
  KEY_PASTE_BEGIN = KEY_MAX + 1,
  KEY_PASTE_END,
  KEY_MODIFIED, /* and the number of an entry of modified_keys */
};
static const struct {
  const char *sequence;
  enum cf_key key;
  bool alt, control;
} modified_keys[] = {
  { "\033[1;3A", CF_KEY_UP, true, false },      { "\033[1;3B", CF_KEY_DOWN, true, false },
  { "\033[1;3C", CF_KEY_RIGHT, true, false },   { "\033[1;3D", CF_KEY_LEFT, true, false },
  { "\033[1;5A", CF_KEY_UP, false, true },      { "\033[1;5B", CF_KEY_DOWN, false, true },
  { "\033[1;5C", CF_KEY_RIGHT, false, true },   { "\033[1;5D", CF_KEY_LEFT, false, true },
  { "\033[1;5H", CF_KEY_HOME, false, true },    { "\033[1;5F", CF_KEY_END, false, true },
  { "\033[5;5~", CF_KEY_PAGE_UP, false, true }, { "\033[6;5~", CF_KEY_PAGE_DOWN, false, true },
  { "\033\033[A", CF_KEY_UP, true, false },     { "\033\033[B", CF_KEY_DOWN, true, false },
  { "\033\033[C", CF_KEY_RIGHT, true, false },  { "\033\033[D", CF_KEY_LEFT, true, false },
  { "\033\033OA", CF_KEY_UP, true, false },     { "\033\033OB", CF_KEY_DOWN, true, false },
  { "\033\033OC", CF_KEY_RIGHT, true, false },  { "\033\033OD", CF_KEY_LEFT, true, false },
  { "\033Oa", CF_KEY_UP, false, true },         { "\033Ob", CF_KEY_DOWN, false, true },
  { "\033Oc", CF_KEY_RIGHT, false, true },      { "\033Od", CF_KEY_LEFT, false, true },
};
#define MODIFIED_KEYS (sizeof modified_keys / sizeof *modified_keys)

struct cf_term {
  SCREEN *screen;
  bool inside; /* curses mode */
  bool colour, mouse, hung_up, pasting;
  struct termios ours; /* as curses has set the terminal */
  int64_t escape_ms; /* when a lone Escape came; 0: none waits */
  char *paste;
  size_t paste_len, paste_room;
  char utf8[8];
};

/* What terminfo knows this terminal to move its cursor with; NULL or (char *) -1: nothing. */
static bool
moves_cursor (void)
{
  const char *sequence = tigetstr ("cup");

  return sequence && sequence != (char *) -1;
}

static struct cf_term *the_term; /* for the end for want of memory: curses is one of a process, too */

static void
restore (void)
{
  cf_term_leave (the_term);
}

/* ---- start and stop ---- */

/* Colours that can be read on black as on white, about 4 : 1 and more, since nobody tells which it is.  Of eight
   colours few can: there what is not red, green or magenta is told by stress alone. */
static void
start_colours (struct cf_term *term)
{
  static const short hues[CF_LOOK_HUES] = { 31, 133, 64, 130, 62, 161 };
  const char *no_color = getenv ("NO_COLOR");
  bool many;

  term->colour = has_colors () && !(no_color && *no_color) && start_color () == OK;
  if (!term->colour)
    return;
  many = COLORS >= 256;
  if (use_default_colors () != OK)
    assume_default_colors (COLOR_WHITE, COLOR_BLACK);
  init_pair (CF_LOOK_MUTED, -1, -1);
  init_pair (CF_LOOK_GOOD, many ? 28 : COLOR_GREEN, -1);
  init_pair (CF_LOOK_WARN, many ? 130 : -1, -1);
  init_pair (CF_LOOK_BAD, many ? 160 : COLOR_RED, -1);
  init_pair (CF_LOOK_ACCENT, many ? 31 : -1, -1);
  init_pair (CF_LOOK_BAR, many ? 255 : COLOR_WHITE, many ? 24 : COLOR_BLUE);
  init_pair (CF_LOOK_PAPER, many ? 16 : COLOR_BLACK, many ? 231 : COLOR_WHITE);
  for (short i = 0; i < CF_LOOK_HUES; i++)
    init_pair ((short) (CF_LOOK_HUE + i), many ? hues[i] : COLOR_MAGENTA, -1);
}

static void
define_keys (void)
{
  define_key ("\033[200~", KEY_PASTE_BEGIN);
  define_key ("\033[201~", KEY_PASTE_END);
  for (int i = 0; i < (int) MODIFIED_KEYS; i++)
    define_key (modified_keys[i].sequence, KEY_MODIFIED + i);
}

static void
say (const char *sequence)
{
  fputs (sequence, stdout);
  fflush (stdout);
}

static bool
is_usable (const char *name)
{
  return name && *name && strcmp (name, "dumb") && strcmp (name, "unknown") && strcmp (name, "emacs")
         && isatty (STDIN_FILENO) && isatty (STDOUT_FILENO);
}

gpg_error_t
cf_term_start (struct cf_term **r_term)
{
  struct cf_term *term;
  SCREEN *screen = NULL;

  set_escdelay (ESCAPE_SEQUENCE_MS);
  if (is_usable (getenv ("TERM")))
    screen = newterm (NULL, stdout, stdin);
  if (!screen)
    return cf_err (GPG_ERR_NOT_SUPPORTED);
  set_term (screen);
  if (!moves_cursor ()) {
    endwin ();
    delscreen (screen);
    return cf_err (GPG_ERR_NOT_SUPPORTED);
  }
  term = cf_must (calloc (1, sizeof *term));
  term->screen = screen;
  term->inside = true;
  raw ();
  noecho ();
  nonl ();
  keypad (stdscr, TRUE);
  nodelay (stdscr, TRUE);
  intrflush (stdscr, FALSE);
  mouseinterval (0);
  start_colours (term);
  define_keys ();
  say (PASTE_ON);
  refresh ();
  tcgetattr (STDIN_FILENO, &term->ours);
  the_term = term;
  cf_must_at_end (restore);
  *r_term = term;
  return 0;
}

void
cf_term_stop (struct cf_term *term)
{
  if (!term)
    return;
  cf_term_leave (term);
  cf_must_at_end (NULL);
  the_term = NULL;
  delscreen (term->screen);
  if (term->paste)
    cf_wipe (term->paste, term->paste_room);
  free (term->paste);
  free (term);
}

void
cf_term_leave (struct cf_term *term)
{
  if (!term || !term->inside)
    return;
  term->inside = false;
  if (term->mouse)
    mousemask (0, NULL);
  def_prog_mode ();
  endwin ();
  say (PASTE_OFF);
}

void
cf_term_enter (struct cf_term *term)
{
  if (term->inside)
    return;
  term->inside = true;
  reset_prog_mode ();
  say (PASTE_ON);
  cf_term_mouse (term, term->mouse);
  cf_term_resize (term);
  cf_term_repaint (term);
}

bool
cf_term_is_ours (const struct cf_term *term)
{
  struct termios now;

  return term->inside && !tcgetattr (STDIN_FILENO, &now) && now.c_lflag == term->ours.c_lflag
         && now.c_iflag == term->ours.c_iflag && now.c_oflag == term->ours.c_oflag;
}

void
cf_term_regain (struct cf_term *term)
{
  cf_term_leave (term);
  cf_term_enter (term);
}

void
cf_term_mouse (struct cf_term *term, bool on)
{
  term->mouse = on;
  if (term->inside)
    mousemask (on ? BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

bool
cf_term_has_colour (const struct cf_term *term)
{
  return term->colour;
}

/* ---- out ---- */

void
cf_term_size (const struct cf_term *term, int *r_rows, int *r_cols)
{
  (void) term;
  getmaxyx (stdscr, *r_rows, *r_cols);
}

void
cf_term_resize (struct cf_term *term)
{
  struct winsize size;

  if (term->inside && !ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
    resizeterm (size.ws_row, size.ws_col);
}

void
cf_term_repaint (struct cf_term *term)
{
  if (term->inside)
    clearok (curscr, TRUE);
}

void
cf_term_bell (struct cf_term *term)
{
  if (term->inside)
    beep ();
}

static attr_t
attributes_of (const struct cf_term *term, unsigned look)
{
  unsigned meaning = look & CF_LOOK_MEANING;
  attr_t attr = A_NORMAL;

  if (look & CF_LOOK_BOLD)
    attr |= A_BOLD;
  if (look & CF_LOOK_UNDERLINE)
    attr |= A_UNDERLINE;
  if (look & CF_LOOK_REVERSE)
    attr |= A_REVERSE;
  if (meaning == CF_LOOK_MUTED && !(look & CF_LOOK_REVERSE))
    attr |= A_DIM;
  if ((!term->colour || COLORS < 256)
      && (meaning == CF_LOOK_BAD || meaning == CF_LOOK_WARN || meaning == CF_LOOK_ACCENT))
    attr |= A_BOLD;
  if (!term->colour && meaning == CF_LOOK_BAR)
    attr ^= A_REVERSE;
  return attr;
}

static void
put_cell (const struct cf_term *term, const struct cf_cell *cell)
{
  wchar_t text[CF_CELL_CHARS + 1] = { L' ', 0 };
  cchar_t out;

  for (int i = 0; i < cell->len; i++)
    text[i] = iswcntrl ((wint_t) cell->ch[i]) ? L'?' : cell->ch[i];
  setcchar (&out, text, attributes_of (term, cell->look),
            (short) (term->colour ? cell->look & CF_LOOK_MEANING : 0), NULL);
  add_wch (&out);
}

void
cf_term_draw (struct cf_term *term, const struct cf_grid *grid)
{
  int rows, cols;

  if (!term->inside)
    return;
  cf_term_size (term, &rows, &cols);
  erase ();
  for (int row = 0; row < grid->rows && row < rows; row++)
    for (int col = 0; col < grid->cols && col < cols; col++)
      if (cf_grid_at (grid, row, col)->width) {
        move (row, col);
        put_cell (term, cf_grid_at (grid, row, col));
      }
  curs_set (grid->cursor_row >= 0);
  if (grid->cursor_row >= 0)
    move (grid->cursor_row, grid->cursor_col);
  refresh ();
}

/* ---- in ---- */

static bool
is_modified (wint_t code, struct cf_key_event *event)
{
  size_t at = (size_t) code - KEY_MODIFIED;

  if (code < KEY_MODIFIED || at >= MODIFIED_KEYS)
    return false;
  event->key = modified_keys[at].key;
  event->alt |= modified_keys[at].alt;
  event->control = modified_keys[at].control;
  return true;
}

static bool
take_mouse (struct cf_key_event *event)
{
  MEVENT mouse;

  if (getmouse (&mouse) != OK)
    return false;
  event->row = mouse.y;
  event->col = mouse.x;
  event->key = mouse.bstate & BUTTON4_PRESSED   ? CF_KEY_WHEEL_UP
               : mouse.bstate & BUTTON5_PRESSED ? CF_KEY_WHEEL_DOWN
                                                : CF_KEY_CLICK;
  return true;
}

/* A key that curses has a code for.  False: none that means anything here. */
static bool
take_code (wint_t code, struct cf_key_event *event)
{
  static const struct {
    wint_t code;
    enum cf_key key;
  } keys[] = {
    { KEY_ENTER, CF_KEY_ENTER },   { KEY_BTAB, CF_KEY_BACK_TAB },    { KEY_BACKSPACE, CF_KEY_BACKSPACE },
    { KEY_DC, CF_KEY_DELETE },     { KEY_LEFT, CF_KEY_LEFT },        { KEY_RIGHT, CF_KEY_RIGHT },
    { KEY_UP, CF_KEY_UP },         { KEY_DOWN, CF_KEY_DOWN },        { KEY_HOME, CF_KEY_HOME },
    { KEY_END, CF_KEY_END },       { KEY_PPAGE, CF_KEY_PAGE_UP },    { KEY_NPAGE, CF_KEY_PAGE_DOWN },
    { KEY_FIND, CF_KEY_HOME },     { KEY_SELECT, CF_KEY_END },       { KEY_A1, CF_KEY_HOME },
    { KEY_A3, CF_KEY_PAGE_UP },    { KEY_C1, CF_KEY_END },           { KEY_C3, CF_KEY_PAGE_DOWN },
  };

  if (code == KEY_MOUSE)
    return take_mouse (event);
  if (code >= KEY_F (1) && code <= KEY_F (24)) {
    event->key = CF_KEY_FUNCTION;
    event->ch = (wchar_t) (code - KEY_F0);
    return true;
  }
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (keys[i].code == code) {
      event->key = keys[i].key;
      return true;
    }
  return is_modified (code, event);
}

static void
take_char (wint_t c, struct cf_key_event *event)
{
  event->key = CF_KEY_CONTROL;
  if (c == '\r')
    event->key = CF_KEY_ENTER;
  else if (c == '\t')
    event->key = CF_KEY_TAB;
  else if (c == 0x7f || c == 8)
    event->key = CF_KEY_BACKSPACE;
  else if (c == ESCAPE)
    event->key = CF_KEY_ESCAPE;
  else if (c < 0x20)
    event->ch = (wchar_t) (c + '@');
  else {
    event->key = CF_KEY_TEXT;
    event->ch = (wchar_t) c;
  }
}

static size_t
encode (wchar_t c, char utf8[8])
{
  int len = u8_uctomb ((uint8_t *) utf8, (ucs4_t) c, 7);

  utf8[len > 0 ? len : 0] = 0;
  return len > 0 ? (size_t) len : 0;
}

/* A character inside a paste; what is beyond what a line takes is dropped. */
static void
paste_char (struct cf_term *term, wint_t c)
{
  char utf8[8];
  size_t len = encode (c == '\r' ? L'\n' : (wchar_t) c, utf8);

  if (term->paste_len + len > CF_EDIT_MAX)
    return;
  cf_must_grow (&term->paste, &term->paste_room, term->paste_len + len + 1, 1);
  memcpy (term->paste + term->paste_len, utf8, len);
  term->paste_len += len;
}

/* As get_wch, which in a locale of single bytes keeps one that is no letter of it, and with it all that follow. */
static int
get_letter (wint_t *r_c)
{
  int c;

  if (MB_CUR_MAX > 1)
    return get_wch (r_c);
  do
    c = getch ();
  while (c >= 0x80 && c < 0xc0 && btowc (c) == WEOF); /* of a letter of UTF-8 whose first byte became a "?" */
  if (c == ERR)
    return ERR;
  *r_c = c > 0xff ? (wint_t) c : btowc (c) == WEOF ? L'?' : btowc (c);
  return c > 0xff ? KEY_CODE_YES : OK;
}

/* The rest of a paste.  False: it has not come to its end yet. */
static bool
take_paste (struct cf_term *term, struct cf_key_event *event)
{
  wint_t c;
  int got;

  while ((got = get_letter (&c)) != ERR) {
    if (got == OK)
      paste_char (term, c);
    else if (c == KEY_PASTE_END) {
      event->key = CF_KEY_PASTE;
      event->text = term->paste;
      event->text_len = term->paste_len;
      term->pasting = false;
      return true;
    }
  }
  return false;
}

/* ERR from curses is no key, or no terminal any more. */
static bool
no_key (struct cf_term *term)
{
  if (errno == EIO || errno == EBADF)
    term->hung_up = true;
  return false;
}

bool
cf_term_hung_up (const struct cf_term *term)
{
  return term->hung_up;
}

/* One key, not looking at what an Escape before it may mean.  False: none. */
static bool
next_key (struct cf_term *term, struct cf_key_event *event)
{
  wint_t c;
  int got;

  for (;;) {
    if (term->pasting)
      return take_paste (term, event);
    errno = 0;
    got = get_letter (&c);
    if (got == ERR)
      return no_key (term);
    if (got == KEY_CODE_YES && c == KEY_PASTE_BEGIN) {
      if (term->paste)
        cf_wipe (term->paste, term->paste_room);
      term->paste_len = 0;
      cf_must_grow (&term->paste, &term->paste_room, 1, 1);
      term->pasting = true;
      continue;
    }
    if (got == KEY_CODE_YES) {
      if (!take_code (c, event))
        continue;
      return true;
    }
    take_char (c, event);
    return true;
  }
}

bool
cf_term_key (struct cf_term *term, bool prefix, int64_t now_ms, struct cf_key_event *event, int *r_wait_ms)
{
  *r_wait_ms = -1;
  memset (event, 0, sizeof *event);
  if (!term->inside)
    return false;
  if (next_key (term, event)) {
    if (event->key != CF_KEY_ESCAPE || term->escape_ms) { /* a second Escape is one */
      event->alt |= term->escape_ms && event->key != CF_KEY_ESCAPE;
      term->escape_ms = 0;
      goto text;
    }
    term->escape_ms = now_ms ? now_ms : 1;
    if (next_key (term, event)) { /* came with it: what Alt makes of a key */
      event->alt = event->key != CF_KEY_ESCAPE;
      term->escape_ms = 0;
      goto text;
    }
  }
  if (!term->escape_ms)
    return false;
  if (prefix && now_ms < term->escape_ms + ESCAPE_WAIT_MS) {
    *r_wait_ms = (int) (term->escape_ms + ESCAPE_WAIT_MS - now_ms);
    return false;
  }
  term->escape_ms = 0;
  event->key = CF_KEY_ESCAPE;
  return true;
text:
  if (event->key == CF_KEY_TEXT) {
    event->text = term->utf8;
    event->text_len = encode (event->ch, term->utf8);
  }
  return true;
}
