/* SPDX-License-Identifier: GPL-3.0-or-later */
/* edit.c - see edit.h. */

#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "ui/tui/cell.h"
#include "ui/tui/edit.h"
#include "ui/tui/must.h"

struct cf_edit {
  char *text; /* LEN bytes and a NUL; ROOM bytes; secret memory if SECRET */
  size_t len, room, cursor;
  bool secret;
  char *cut;
  char *history[CF_EDIT_HISTORY_MAX]; /* oldest first */
  size_t history_count;
  size_t history_at; /* which one is shown; HISTORY_COUNT: none */
  char *draft;       /* what stood there before the history was looked at */
};

struct cf_edit *
cf_edit_new (bool secret)
{
  struct cf_edit *edit = cf_must (calloc (1, sizeof *edit));

  edit->secret = secret;
  if (secret) {
    edit->room = CF_EDIT_SECRET_MAX + 1;
    if (cf_secmem_new (&edit->text, edit->room))
      cf_must (NULL);
  } else {
    edit->room = 256;
    edit->text = cf_must (calloc (1, edit->room));
  }
  return edit;
}

void
cf_edit_free (struct cf_edit *edit)
{
  if (!edit)
    return;
  if (edit->secret)
    cf_secmem_free (edit->text);
  else
    free (edit->text);
  for (size_t i = 0; i < edit->history_count; i++)
    free (edit->history[i]);
  free (edit->cut);
  free (edit->draft);
  free (edit);
}

const char *
cf_edit_text (const struct cf_edit *edit)
{
  return edit->text;
}

size_t
cf_edit_len (const struct cf_edit *edit)
{
  return edit->len;
}

size_t
cf_edit_cursor (const struct cf_edit *edit)
{
  return edit->cursor;
}

bool
cf_edit_is_secret (const struct cf_edit *edit)
{
  return edit->secret;
}

/* ---- changes ---- */

/* LEN bytes from BEGIN on go; wiped, since they may be secret. */
static void
drop (struct cf_edit *edit, size_t begin, size_t len)
{
  memmove (edit->text + begin, edit->text + begin + len, edit->len - begin - len);
  cf_wipe (edit->text + edit->len - len, len);
  edit->len -= len;
  edit->cursor = begin;
}

static bool
add (struct cf_edit *edit, const char *text, size_t len)
{
  size_t max = edit->secret ? CF_EDIT_SECRET_MAX : CF_EDIT_MAX;

  if (len > max - edit->len)
    return false;
  if (!edit->secret)
    cf_must_grow (&edit->text, &edit->room, edit->len + len + 1, 1);
  memmove (edit->text + edit->cursor + len, edit->text + edit->cursor, edit->len - edit->cursor);
  memcpy (edit->text + edit->cursor, text, len);
  edit->len += len;
  edit->cursor += len;
  edit->text[edit->len] = 0;
  return true;
}

/* A password is taken as typed, which keeps it out of other memory; only where a line ends it ends. */
static bool
insert_secret (struct cf_edit *edit, const char *text, size_t len)
{
  const char *newline = memchr (text, '\n', len);

  return cf_text_is_utf8 (text, len) && add (edit, text, newline ? (size_t) (newline - text) : len);
}

bool
cf_edit_insert (struct cf_edit *edit, const char *text, size_t len)
{
  char *clean;
  bool done;

  if (edit->secret)
    return insert_secret (edit, text, len);
  clean = cf_must (cf_text_display (text, len, true));
  done = add (edit, clean, strlen (clean));
  free (clean);
  return done;
}

void
cf_edit_clear (struct cf_edit *edit)
{
  drop (edit, 0, edit->len);
  edit->history_at = edit->history_count;
  free (edit->draft);
  edit->draft = NULL;
}

static void
show (struct cf_edit *edit, const char *text)
{
  drop (edit, 0, edit->len);
  add (edit, text, strlen (text));
}

void
cf_edit_set (struct cf_edit *edit, const char *text)
{
  cf_edit_clear (edit);
  add (edit, text, strlen (text));
}

void
cf_edit_replace (struct cf_edit *edit, size_t begin, size_t len, const char *text)
{
  drop (edit, begin, len);
  add (edit, text, strlen (text));
}

/* ---- moving ---- */

/* Where the cluster ends that begins at AT. */
static size_t
cluster_end (const struct cf_edit *edit, size_t at)
{
  const char *p = edit->text + at, *end = edit->text + edit->len;
  struct cf_cell cell;

  while (p < end && !cf_cell_take (&p, end, &cell))
    ; /* what is not to be seen belongs to what follows it */
  return (size_t) (p - edit->text);
}

/* Where the cluster begins that ends at AT: clusters are found from the beginning of a line on. */
static size_t
cluster_begin (const struct cf_edit *edit, size_t at)
{
  size_t begin = at, next;

  while (begin && edit->text[begin - 1] != '\n')
    begin--;
  if (begin == at)
    return at ? at - 1 : 0;
  while ((next = cluster_end (edit, begin)) < at)
    begin = next;
  return begin;
}

/* Letters and digits of every script are words: everything beyond ASCII is. */
static bool
is_word (char c)
{
  return isalnum ((unsigned char) c) || (unsigned char) c >= 0x80;
}

static size_t
word_left (const struct cf_edit *edit, size_t at)
{
  while (at && !is_word (edit->text[at - 1]))
    at--;
  while (at && is_word (edit->text[at - 1]))
    at--;
  return at;
}

static size_t
word_right (const struct cf_edit *edit, size_t at)
{
  while (at < edit->len && !is_word (edit->text[at]))
    at++;
  while (at < edit->len && is_word (edit->text[at]))
    at++;
  return at;
}

static size_t
line_start (const struct cf_edit *edit, size_t at)
{
  while (at && edit->text[at - 1] != '\n')
    at--;
  return at;
}

static size_t
line_end (const struct cf_edit *edit, size_t at)
{
  while (at < edit->len && edit->text[at] != '\n')
    at++;
  return at;
}

/* The same column in the line that begins at START. */
static size_t
same_column (const struct cf_edit *edit, size_t start)
{
  size_t own = line_start (edit, edit->cursor);
  int column = cf_text_columns_n (edit->text + own, edit->cursor - own);

  return start + cf_text_fit (edit->text + start, line_end (edit, start) - start, column, NULL);
}

static size_t
target (const struct cf_edit *edit, enum cf_edit_move move)
{
  size_t at = edit->cursor, start;

  switch (move) {
  case CF_EDIT_LEFT: return cluster_begin (edit, at);
  case CF_EDIT_RIGHT: return cluster_end (edit, at);
  case CF_EDIT_WORD_LEFT: return edit->secret ? 0 : word_left (edit, at);
  case CF_EDIT_WORD_RIGHT: return edit->secret ? edit->len : word_right (edit, at);
  case CF_EDIT_LINE_START: return line_start (edit, at);
  case CF_EDIT_LINE_END: return line_end (edit, at);
  case CF_EDIT_LINE_UP:
    start = line_start (edit, at);
    return start ? same_column (edit, line_start (edit, start - 1)) : at;
  case CF_EDIT_LINE_DOWN:
    start = line_end (edit, at);
    return start < edit->len ? same_column (edit, start + 1) : at;
  }
  return at;
}

bool
cf_edit_move (struct cf_edit *edit, enum cf_edit_move move)
{
  size_t to = target (edit, move);
  bool moved = to != edit->cursor;

  edit->cursor = to;
  return moved;
}

void
cf_edit_delete (struct cf_edit *edit, enum cf_edit_move move)
{
  size_t to = target (edit, move), begin = to < edit->cursor ? to : edit->cursor;

  drop (edit, begin, (to < edit->cursor ? edit->cursor : to) - begin);
}

void
cf_edit_cut (struct cf_edit *edit, enum cf_edit_move move)
{
  size_t to = target (edit, move), begin = to < edit->cursor ? to : edit->cursor;
  size_t len = (to < edit->cursor ? edit->cursor : to) - begin;

  if (!edit->secret && len) {
    free (edit->cut);
    edit->cut = cf_must (strndup (edit->text + begin, len));
  }
  drop (edit, begin, len);
}

void
cf_edit_put_back (struct cf_edit *edit)
{
  if (edit->cut)
    add (edit, edit->cut, strlen (edit->cut));
}

void
cf_edit_swap (struct cf_edit *edit)
{
  size_t middle = edit->cursor == edit->len ? cluster_begin (edit, edit->cursor) : edit->cursor;
  size_t begin = cluster_begin (edit, middle), end = cluster_end (edit, middle);
  char *left;

  if (edit->secret || begin == middle || middle == end)
    return;
  left = cf_must (strndup (edit->text + begin, middle - begin));
  memmove (edit->text + begin, edit->text + middle, end - middle);
  memcpy (edit->text + begin + (end - middle), left, middle - begin);
  edit->cursor = end;
  free (left);
}

/* ---- what was typed before ---- */

void
cf_edit_remember (struct cf_edit *edit, const char *text)
{
  if (edit->secret || !*text
      || (edit->history_count && !strcmp (edit->history[edit->history_count - 1], text)))
    return;
  if (edit->history_count == CF_EDIT_HISTORY_MAX) {
    free (edit->history[0]);
    memmove (edit->history, edit->history + 1, --edit->history_count * sizeof *edit->history);
  }
  edit->history[edit->history_count++] = cf_must_copy (text);
  edit->history_at = edit->history_count;
}

char *
cf_edit_take (struct cf_edit *edit)
{
  char *text = cf_must_copy (edit->text);

  cf_edit_remember (edit, text);
  cf_edit_clear (edit);
  return text;
}

bool
cf_edit_older (struct cf_edit *edit)
{
  if (edit->secret || !edit->history_at)
    return false;
  if (edit->history_at == edit->history_count) {
    free (edit->draft);
    edit->draft = cf_must_copy (edit->text);
  }
  show (edit, edit->history[--edit->history_at]);
  return true;
}

bool
cf_edit_newer (struct cf_edit *edit)
{
  if (edit->secret || edit->history_at >= edit->history_count)
    return false;
  edit->history_at++;
  show (edit, edit->history_at < edit->history_count ? edit->history[edit->history_at] : edit->draft ? edit->draft : "");
  return true;
}
