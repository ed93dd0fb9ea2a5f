/* SPDX-License-Identifier: GPL-3.0-or-later */
/* output.c - what reaches a person or a script: lines, tables, colours, errors. */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <unistr.h>
#include <uniwidth.h>

#include "base/text.h"
#include "ui/cli/cli.h"
#include "ui/client/words.h"

#define GAP 2          /* columns between those of a table */
#define SHRUNK_MIN 12  /* a shortened column keeps this much */
#define COLUMNS_MAX 8
#define LABEL_WIDTH 15 /* "conversations" and two spaces */

void *
cf_cli_must (void *mem)
{
  if (!mem) {
    fputs (_ ("confab: There is not enough memory. End some programs, then try again.\n"), stderr);
    exit (CF_EXIT_UNEXPECTED);
  }
  return mem;
}

char *
cf_cli_sprintf (const char *fmt, ...)
{
  char *text = NULL;
  va_list ap;

  va_start (ap, fmt);
  if (vasprintf (&text, fmt, ap) < 0)
    text = NULL;
  va_end (ap);
  return cf_cli_must (text);
}

static bool
is_color_terminal (int fd)
{
  const char *term = getenv ("TERM"), *no_color = getenv ("NO_COLOR");

  return isatty (fd) && !(no_color && *no_color) && term && *term && strcmp (term, "dumb");
}

void
cf_cli_output_init (struct cf_cli *cli)
{
  struct winsize size;

  cli->tty_in = isatty (STDIN_FILENO);
  cli->tty_out = isatty (STDOUT_FILENO);
  cli->color_out = is_color_terminal (STDOUT_FILENO);
  cli->color_err = is_color_terminal (STDERR_FILENO);
  cli->width = 0;
  if (cli->tty_out)
    cli->width = !ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : 80;
}

void
cf_cli_flush (void)
{
  if (!fflush (stdout) && !ferror (stdout))
    return;
  if (errno == EPIPE) { /* as every other program would end */
    signal (SIGPIPE, SIG_DFL);
    raise (SIGPIPE);
  }
  fprintf (stderr, _ ("confab: What was to be shown cannot be written: %s.\n"), strerror (errno));
  exit (CF_EXIT_UNEXPECTED);
}

void
cf_cli_json (json_t *row)
{
  char *text = cf_cli_must (json_dumps (row, JSON_COMPACT | JSON_ENCODE_ANY));

  puts (text);
  cf_cli_flush ();
  free (text);
}

/* ---- lines ---- */

static const char *
style_on (enum cf_cli_style style)
{
  static const char *const codes[] = { "", "\033[1m", "\033[2m", "\033[32m", "\033[33m", "\033[31m" };

  return codes[style];
}

static void
put_styled (FILE *to, bool color, enum cf_cli_style style, const char *text)
{
  if (color && style != CF_CLI_PLAIN)
    fprintf (to, "%s%s\033[0m", style_on (style), text);
  else
    fputs (text, to);
}

void
cf_cli_say (const struct cf_cli *cli, enum cf_cli_style style, const char *fmt, ...)
{
  char *text = NULL;
  va_list ap;

  va_start (ap, fmt);
  if (vasprintf (&text, fmt, ap) < 0)
    text = NULL;
  va_end (ap);
  put_styled (stdout, cli->color_out, style, cf_cli_must (text));
  putchar ('\n');
  cf_cli_flush ();
  free (text);
}

void
cf_cli_note (const struct cf_cli *cli, const char *fmt, ...)
{
  va_list ap;

  if (cli->json)
    return;
  fflush (stdout);
  va_start (ap, fmt);
  vfprintf (stderr, fmt, ap);
  va_end (ap);
  fputc ('\n', stderr);
}

void
cf_cli_pair (const struct cf_cli *cli, const char *label, const char *value)
{
  size_t width = cf_cli_text_width (label);

  printf ("  ");
  put_styled (stdout, cli->color_out, CF_CLI_DIM, label);
  printf ("%*s%s\n", (int) (width < LABEL_WIDTH ? LABEL_WIDTH - width : 1), "", value);
}

/* ---- errors ---- */

/* Words of the daemon may hold words of a peer: fit to show, one line, without the full stop we add. */
static char *
sentence (const char *text)
{
  char *shown = cf_cli_must (cf_text_display (text, strlen (text), false));
  size_t len = strlen (shown);

  if (len && shown[len - 1] == '.')
    shown[len - 1] = 0;
  return shown;
}

/* The object of --json; MORE: fields that it has besides, or NULL. */
static void
put_error_object (const char *name, const char *message, const char *hint, const json_t *more)
{
  json_t *o = cf_cli_must (json_pack ("{s:s, s:s, s:s}", "error", name, "message", message, "hint", hint));
  char *text;

  if (more)
    json_object_update_missing (o, (json_t *) (uintptr_t) more);
  text = cf_cli_must (json_dumps (o, JSON_COMPACT));
  fprintf (stderr, "%s\n", text);
  free (text);
  json_decref (o);
}

int
cf_cli_fail_named (const struct cf_cli *cli, const char *name, int code, const char *message, const char *hint)
{
  char *a, *b;

  fflush (stdout);
  if (cli->json) {
    put_error_object (name, message, hint, NULL);
    return code;
  }
  a = sentence (*message ? _ (message) : message); /* the daemon's are in English */
  b = sentence (*hint ? _ (hint) : hint);
  put_styled (stderr, cli->color_err, CF_CLI_BAD, "confab:");
  fprintf (stderr, " %s%s", a, strchr ("?!", a[0] ? a[strlen (a) - 1] : ' ') ? "" : ".");
  if (*b)
    fprintf (stderr, " %s%s", b, strchr ("?!", b[strlen (b) - 1]) ? "" : ".");
  fputc ('\n', stderr);
  free (a);
  free (b);
  return code;
}

int
cf_cli_fail (const struct cf_cli *cli, gpg_error_t err, const char *hint, const char *fmt, ...)
{
  const struct cf_err_info *info = cf_err_info (err);
  char *message = NULL, *clean;
  va_list ap;
  int code;

  if (fmt) {
    va_start (ap, fmt);
    if (vasprintf (&message, fmt, ap) < 0)
      message = NULL;
    va_end (ap);
    cf_cli_must (message);
  } else
    message = cf_cli_must (strdup (info->message));
  clean = cf_cli_must (cf_text_display (message, strlen (message), false)); /* what was typed may not be UTF-8 */
  code = cf_cli_fail_named (cli, info->name, (int) info->exit, clean, hint ? hint : info->hint);
  free (clean);
  free (message);
  return code;
}

int
cf_cli_fail_call (const struct cf_cli *cli, const struct cf_client_error *error)
{
  int code = (int) cf_err_info (error->err)->exit;
  char *message, *remedy;

  if (cli->told)
    return cli->told;
  if (gpg_err_code (error->err) == GPG_ERR_CANCELED && cf_cli_interrupted (false)) {
    cf_cli_wait_interrupted (cli);
    return CF_EXIT_USER;
  }
  if (cli->json) {
    fflush (stdout);
    put_error_object (error->name, error->message, error->hint, error->row);
    return code;
  }
  message = cf_words_message (error);
  remedy = cf_words_remedy (error);
  cf_cli_fail_named (cli, error->name, code, message, remedy);
  free (message);
  free (remedy);
  return code;
}

/* ---- tables ---- */

size_t
cf_cli_text_width (const char *text)
{
  int width = u8_strwidth ((const uint8_t *) text, "UTF-8");

  return width < 0 ? strlen (text) : (size_t) width;
}

char *
cf_cli_shorten (const char *text, size_t width)
{
  const uint8_t *p = (const uint8_t *) text, *next = p, *cut = p;
  size_t used = 0;
  ucs4_t c;

  if (cf_cli_text_width (text) <= width)
    return cf_cli_must (strdup (text));
  while ((next = u8_next (&c, p))) {
    int w = uc_width (c, "UTF-8");

    if (used + (size_t) (w > 0 ? w : 0) + 1 > width)
      break;
    used += (size_t) (w > 0 ? w : 0);
    p = cut = next;
  }
  return cf_cli_sprintf ("%.*s\u2026", (int) (cut - (const uint8_t *) text), text);
}

struct layout {
  size_t columns;
  size_t width[COLUMNS_MAX]; /* 0: left out */
};

/* Widths that show everything. */
static void
measure (const struct cf_cli_column *columns, char *const *cells, size_t rows, struct layout *l)
{
  for (l->columns = 0; columns[l->columns].title && l->columns < COLUMNS_MAX; l->columns++) {
    size_t c = l->columns;

    l->width[c] = cf_cli_text_width (_ (columns[c].title));
    for (size_t r = 0; r < rows; r++) {
      size_t w = cf_cli_text_width (cells[r * COLUMNS_MAX + c]);

      l->width[c] = w > l->width[c] ? w : l->width[c];
    }
  }
}

/* How many columns of the terminal L is too wide. */
static size_t
excess (const struct cf_cli *cli, const struct layout *l)
{
  size_t total = 0;

  for (size_t c = 0; c < l->columns; c++)
    total += l->width[c] ? l->width[c] + GAP : 0;
  total -= total ? GAP : 0;
  return cli->width && total > (size_t) cli->width ? total - (size_t) cli->width : 0;
}

/* Take what is too much from the widest that can be shortened; LEAST: to no less than this, 0 what each says itself. */
static void
shorten (const struct cf_cli *cli, const struct cf_cli_column *columns, size_t least, struct layout *l)
{
  for (size_t over = excess (cli, l); over; over--) {
    size_t *widest = NULL;

    for (size_t c = 0; c < l->columns; c++)
      if (columns[c].least && l->width[c] > (least ? least : columns[c].least) && (!widest || l->width[c] > *widest))
        widest = &l->width[c];
    if (!widest)
      return;
    --*widest;
  }
}

/* First what is long is shortened, then what can be spared is left out, then what is left is shortened more. */
static void
fit (const struct cf_cli *cli, const struct cf_cli_column *columns, char *const *cells, size_t rows, struct layout *l)
{
  struct layout whole; /* of what is not left out */

  measure (columns, cells, rows, &whole);
  *l = whole;
  shorten (cli, columns, 0, l);
  for (size_t spare = whole.columns; spare-- && excess (cli, l);)
    if (columns[spare].spare) {
      whole.width[spare] = 0;
      *l = whole;
      shorten (cli, columns, 0, l);
    }
  shorten (cli, columns, SHRUNK_MIN, l);
}

static void
put_line (const struct cf_cli *cli, const struct layout *l, const char *const *cells, enum cf_cli_style style)
{
  size_t pad = 0;

  for (size_t c = 0; c < l->columns; c++) {
    char *text;

    if (!l->width[c])
      continue;
    text = cf_cli_shorten (cells[c], l->width[c]);
    if (*text) { /* spaces only before what follows: no line ends in them */
      printf ("%*s", (int) pad, "");
      put_styled (stdout, cli->color_out, style, text);
      pad = 0;
    }
    pad += l->width[c] - cf_cli_text_width (text) + GAP;
    free (text);
  }
  putchar ('\n');
}

void
cf_cli_table (const struct cf_cli *cli, const struct cf_cli_column *columns, const json_t *rows)
{
  size_t count = json_array_size (rows);
  char **cells = cf_cli_must (calloc (count * COLUMNS_MAX + 1, sizeof *cells));
  const char *titles[COLUMNS_MAX];
  struct layout l;

  for (size_t r = 0; r < count; r++)
    for (size_t c = 0; columns[c].title && c < COLUMNS_MAX; c++)
      cells[r * COLUMNS_MAX + c] = columns[c].cell (cli, json_array_get (rows, r));
  fit (cli, columns, cells, count, &l);
  for (size_t c = 0; c < l.columns; c++)
    titles[c] = _ (columns[c].title);
  put_line (cli, &l, titles, CF_CLI_BOLD);
  for (size_t r = 0; r < count; r++)
    put_line (cli, &l, (const char *const *) &cells[r * COLUMNS_MAX], CF_CLI_PLAIN);
  for (size_t i = 0; i < count * COLUMNS_MAX; i++)
    free (cells[i]);
  free (cells);
  cf_cli_flush ();
}
