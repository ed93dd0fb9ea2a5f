/* SPDX-License-Identifier: GPL-3.0-or-later */
/* block.c - see block.h. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "ui/client/i18n.h"
#include "ui/client/row.h"
#include "ui/client/transfers.h"
#include "ui/client/words.h"
#include "ui/tui/block.h"
#include "ui/tui/must.h"

#define TIME_COLS 6  /* "14:05 " */
#define RULE_COLS 3  /* " | " */
#define NAME_MIN 3
#define NAME_MAX 12
#define BAR_COLS 16
#define BAR_COLS_MIN 6
#define TAB "    "

/* ---- building ---- */

static size_t
add_text (struct cf_block *block, const char *text)
{
  size_t begin = block->text_len, len = strlen (text);

  cf_must_grow (&block->text, &block->text_room, begin + len + 1, 1);
  memcpy (block->text + begin, text, len + 1);
  block->text_len += len;
  return begin;
}

static void
add_line (struct cf_block *block, int kind, unsigned look, size_t begin, size_t len)
{
  cf_must_grow (&block->lines, &block->room, block->count + 1, sizeof *block->lines);
  block->lines[block->count] = (struct cf_block_line) { .look = look, .begin = begin, .len = len };
  block->lines[block->count++].kind = kind;
}

static void
add_whole (struct cf_block *block, int kind, unsigned look, const char *text)
{
  add_line (block, kind, look, add_text (block, text), strlen (text));
}

static void
add_wrapped (struct cf_block *block, int kind, unsigned look, const char *text, int columns)
{
  struct cf_wrap wrap = { NULL, 0, 0 };
  size_t begin = add_text (block, text);

  cf_wrap (&wrap, text, columns);
  for (size_t i = 0; i < wrap.count; i++)
    add_line (block, kind, look, begin + wrap.lines[i].begin, wrap.lines[i].len);
  cf_wrap_done (&wrap);
}

/* TEXT, freed, with spaces for tabs. */
static char *
without_tabs (char *text)
{
  size_t tabs = 0;
  char *out, *p;

  for (const char *s = text; *s; s++)
    tabs += *s == '\t';
  if (!tabs)
    return text;
  out = p = cf_must (malloc (strlen (text) + tabs * (sizeof TAB - 2) + 1));
  for (const char *s = text; *s; s++)
    if (*s == '\t')
      p = stpcpy (p, TAB);
    else
      *p++ = *s;
  *p = 0;
  free (text);
  return out;
}

static bool
is_out (const json_t *row)
{
  return !strcmp (cf_row_text (row, "direction"), "out");
}

static bool
is_notice (const json_t *row)
{
  const char *kind = cf_row_text (row, "kind");

  return cf_row_true (row, "notice") || (*kind && strcmp (kind, "text") && strcmp (kind, "file") && strcmp (kind, "other"));
}

static bool
message_time (const json_t *row, int64_t *r_utc_ms)
{
  return cf_row_utc_ms (row, is_out (row) ? "sent_at" : "received_at", r_utc_ms) || cf_row_utc_ms (row, "sent_at", r_utc_ms);
}

static char *
clock_of (const json_t *row)
{
  char text[16] = "";
  struct tm tm;
  int64_t utc_ms;
  time_t at;

  if (message_time (row, &utc_ms)) {
    at = (time_t) (utc_ms / 1000);
    localtime_r (&at, &tm);
    strftime (text, sizeof text, "%H:%M", &tm);
  }
  return cf_must_copy (text);
}

static char *
name_of (const struct cf_block_style *style, bool out)
{
  return cf_must_copy (out ? _("you") : style->peer);
}

static int
name_max (const struct cf_block_style *style)
{
  return style->cols < 70 ? NAME_MAX - 4 : NAME_MAX;
}

/* A name too long for the column left of the rule is its first word there, if that is short enough. */
static char *
short_name (const struct cf_block_style *style, bool out)
{
  char *name = name_of (style, out), *space = strchr (name, ' ');

  if (cf_text_columns (name) > name_max (style) && space && space > name
      && cf_text_columns_n (name, (size_t) (space - name)) <= name_max (style))
    *space = 0;
  return name;
}

static int
name_columns (const struct cf_block_style *style)
{
  char *name = short_name (style, false);
  int widest = cf_text_columns (name), own = cf_text_columns (_("you"));

  free (name);
  widest = widest < own ? own : widest;
  return widest < NAME_MIN ? NAME_MIN : widest > name_max (style) ? name_max (style) : widest;
}

static void
add_day (struct cf_block *block, const struct cf_block_style *style, const struct cf_block_place *place)
{
  int64_t at;
  char *day;

  if (!cf_words_same_day (place->before, place->row) && message_time (place->row, &at)) {
    day = cf_words_day (at, style->now_utc_ms);
    add_whole (block, CF_BLOCK_DAY, CF_LOOK_MUTED, day);
    free (day);
  }
  if (place->unread)
    add_whole (block, CF_BLOCK_UNREAD, CF_LOOK_ACCENT, _("unread"));
}

static void
add_name (struct cf_block *block, const struct cf_block_style *style, const struct cf_block_place *place)
{
  bool grouped = place->before && !place->unread && cf_words_same_group (place->before, place->row);

  if (grouped && (block->gutter || !place->number))
    return;
  block->who = is_notice (place->row) ? cf_must_copy ("")
               : block->gutter        ? short_name (style, is_out (place->row))
                                      : name_of (style, is_out (place->row));
  block->who_look = (is_out (place->row) ? CF_LOOK_PLAIN : style->peer_look) | CF_LOOK_BOLD;
  block->when = clock_of (place->row);
  if (!block->gutter && (place->number || !is_notice (place->row)))
    add_whole (block, CF_BLOCK_NAME, block->who_look, block->who);
}

static void
add_quote (struct cf_block *block, const struct cf_block_style *style, const json_t *row)
{
  const json_t *quote = json_object_get (row, "quote");
  char *who, *text, *line;

  if (!json_is_object (quote) && !*cf_row_text (row, "reply_to"))
    return;
  who = name_of (style, is_out (quote));
  text = cf_text_one_line (cf_row_text (quote, "text"));
  if (!json_is_object (quote))
    line = cf_must_copy (_("an answer to a message that is not here any more"));
  else if (cf_row_true (quote, "deleted"))
    line = cf_must_print (_("%s: (deleted)"), who);
  else
    line = cf_must_print ("%s: %s", who, text);
  add_whole (block, CF_BLOCK_QUOTE, CF_LOOK_MUTED, line);
  free (who);
  free (text);
  free (line);
}

static void
add_warning (struct cf_block *block, const json_t *row, int columns)
{
  const char *signature = cf_row_text (row, "signature");

  if (!*signature || !strcmp (signature, "valid"))
    return;
  add_wrapped (block, CF_BLOCK_EXTRA, CF_LOOK_BAD | CF_LOOK_BOLD,
               !strcmp (signature, "key_changed") ? _("! Signed with another key than before:")
                                                  : _("! Not signed as it should be:"),
               columns);
}

static void
add_reactions (struct cf_block *block, const struct cf_block_style *style, const json_t *row, int columns)
{
  const json_t *reaction;
  char *all = cf_must_copy (""), *longer, *who, *emoji;
  size_t i;

  json_array_foreach (json_object_get (row, "reactions"), i, reaction) {
    emoji = cf_text_one_line (cf_row_text (reaction, "emoji"));
    who = name_of (style, is_out (reaction));
    longer = cf_must_print ("%s%s%s %s", all, *all ? "  " : "", emoji, who);
    free (all);
    free (emoji);
    free (who);
    all = longer;
  }
  if (*all)
    add_wrapped (block, CF_BLOCK_EXTRA, CF_LOOK_ACCENT, all, columns);
  free (all);
}

/* What stands behind the text: "(edited)", "(delivered)". */
static char *
note_of (const struct cf_block_place *place)
{
  const json_t *row = place->row;
  const char *state = cf_row_text (row, "state"), *word = cf_words_state (row);
  bool good = !strcmp (state, "delivered") || !strcmp (state, "read");
  bool told = is_out (row) && *word && (!good || place->newest_own) && !is_notice (row);
  bool edited = cf_row_true (row, "edited") && !cf_row_true (row, "deleted");

  if (edited && told)
    return cf_must_print (_("(edited, %s)"), word);
  if (edited)
    return cf_must_copy (_("(edited)"));
  return told ? cf_must_print ("(%s)", word) : NULL;
}

static void
add_note (struct cf_block *block, int columns)
{
  struct cf_block_line *last = &block->lines[block->count - 1];

  if (!block->note)
    return;
  if (cf_text_columns_n (block->text + last->begin, last->len) + 2 + cf_text_columns (block->note) <= columns)
    last->note = true;
  else
    add_whole (block, CF_BLOCK_EXTRA, CF_LOOK_MUTED, block->note);
}

/* How far TRANSFER is, as a bar of COLUMNS. */
static char *
bar (const json_t *transfer, int columns)
{
  int full = (int) (cf_transfer_fraction (transfer) * columns);
  const char *done = cf_glyph (CF_GLYPH_FULL), *left = cf_glyph (CF_GLYPH_EMPTY);
  char *text = cf_must (calloc ((size_t) columns + 1, 4)), *p = text;

  for (int i = 0; i < columns; i++)
    p = stpcpy (p, i < full ? done : left);
  return text;
}

/* Below the name of a file: how it stands, and what can be done. */
static void
add_transfer (struct cf_block *block, const json_t *transfer, int columns)
{
  enum cf_transfer_state state = cf_transfer_state (transfer);
  bool moves = state == CF_TRANSFER_ACTIVE || state == CF_TRANSFER_PAUSED || state == CF_TRANSFER_VERIFYING;
  unsigned look = state == CF_TRANSFER_FAILED  ? CF_LOOK_BAD
                  : state == CF_TRANSFER_PAUSED ? CF_LOOK_WARN
                  : cf_transfer_ended (transfer) ? CF_LOOK_MUTED
                                                 : CF_LOOK_ACCENT;
  char *words = cf_words_transfer (transfer), *path;
  int room = columns - cf_text_columns (words) - 2;
  char *blocks = moves && room >= BAR_COLS_MIN ? bar (transfer, room < BAR_COLS ? room : BAR_COLS) : NULL;
  char *line = blocks ? cf_must_print ("%s  %s", blocks, words) : cf_must_copy (words);

  add_wrapped (block, CF_BLOCK_EXTRA, look, line, columns);
  if (cf_transfer_deeds (transfer) & CF_TRANSFER_CAN_ACCEPT)
    add_wrapped (block, CF_BLOCK_EXTRA, CF_LOOK_MUTED, _("/accept-file takes it, /refuse-file does not"), columns);
  if (state == CF_TRANSFER_DONE && cf_transfer_incoming (transfer)) {
    path = cf_text_one_line (cf_row_text (transfer, "path"));
    if (*path)
      add_wrapped (block, CF_BLOCK_EXTRA, CF_LOOK_MUTED, path, columns);
    free (path);
  }
  free (words);
  free (blocks);
  free (line);
}

static unsigned
text_look (const json_t *row)
{
  const char *signature = cf_row_text (row, "signature");

  if (cf_row_true (row, "notice"))
    return CF_LOOK_BAD;
  if (is_notice (row) || cf_row_true (row, "deleted"))
    return CF_LOOK_MUTED;
  return *signature && strcmp (signature, "valid") ? CF_LOOK_BAD : CF_LOOK_PLAIN;
}

void
cf_block_init (struct cf_block *block, const struct cf_block_style *style, const struct cf_block_place *place)
{
  char *text = without_tabs (cf_words_text (place->row));
  int columns;

  block->number = place->number;
  block->chosen = place->chosen;
  if (style->cols >= CF_BLOCK_NARROW) {
    block->name_cols = name_columns (style);
    block->gutter = TIME_COLS + block->name_cols + RULE_COLS;
  }
  columns = style->cols - block->gutter > 1 ? style->cols - block->gutter : 1;
  add_day (block, style, place);
  add_name (block, style, place);
  add_quote (block, style, place->row);
  add_warning (block, place->row, columns);
  add_wrapped (block, CF_BLOCK_TEXT, text_look (place->row), text, columns);
  block->note = note_of (place);
  add_note (block, columns);
  if (place->transfer)
    add_transfer (block, place->transfer, columns);
  add_reactions (block, style, place->row, columns);
  free (text);
}

void
cf_block_done (struct cf_block *block)
{
  free (block->lines);
  free (block->text);
  free (block->note);
  free (block->when);
  free (block->who);
  memset (block, 0, sizeof *block);
}

/* ---- drawing ---- */

static void
draw_separator (const struct cf_block *block, const struct cf_block_line *line, struct cf_grid *grid,
                const struct cf_area *area, int row)
{
  int columns = cf_text_columns_n (block->text + line->begin, line->len) + 2;
  int col = (area->cols - columns) / 2;

  cf_grid_fill (grid, area, row, 0, line->look, cf_glyph (CF_GLYPH_HORIZONTAL));
  col = cf_grid_put (grid, area, row, col > 0 ? col : 0, line->look, " ");
  col = cf_grid_put_n (grid, area, row, col, line->look, block->text + line->begin, line->len);
  cf_grid_put (grid, area, row, col, line->look, " ");
}

/* Is LINE the one beside which time and author stand? */
static bool
is_first (const struct cf_block *block, size_t line)
{
  for (size_t i = 0; i < line; i++)
    if (block->lines[i].kind >= CF_BLOCK_NAME)
      return false;
  return true;
}

static void
draw_gutter (const struct cf_block *block, size_t line, struct cf_grid *grid, const struct cf_area *area, int row)
{
  char number[16], *who;

  if (is_first (block, line)) {
    snprintf (number, sizeof number, "%5u", block->number);
    if (block->number)
      cf_grid_put (grid, area, row, 0, CF_LOOK_ACCENT | CF_LOOK_BOLD, number);
    else if (block->when)
      cf_grid_put (grid, area, row, 0, CF_LOOK_MUTED, block->when);
    if (block->who) {
      who = cf_text_shorten (block->who, block->name_cols);
      cf_grid_put (grid, area, row, TIME_COLS + block->name_cols - cf_text_columns (who), block->who_look, who);
      free (who);
    }
  }
  cf_grid_put (grid, area, row, block->gutter - 2, CF_LOOK_MUTED, cf_glyph (CF_GLYPH_VERTICAL));
}

/* The line of the author above a text, where there is no room beside it. */
static void
draw_name (const struct cf_block *block, const struct cf_block_line *line, struct cf_grid *grid,
           const struct cf_area *area, int row)
{
  char number[16];
  int col = 0;

  snprintf (number, sizeof number, "%u ", block->number);
  if (block->number)
    col = cf_grid_put (grid, area, row, 0, CF_LOOK_ACCENT | CF_LOOK_BOLD, number);
  col = cf_grid_put_n (grid, area, row, col, line->look, block->text + line->begin, line->len);
  cf_grid_put (grid, area, row, col + 1, CF_LOOK_MUTED, block->when);
}

static void
draw_text (const struct cf_block *block, const struct cf_block_line *line, struct cf_grid *grid,
           const struct cf_area *area, int row)
{
  struct cf_area inner = { area->row, area->col + block->gutter, area->rows, area->cols - block->gutter };
  char *quote, *shown;
  int col;

  if (line->kind == CF_BLOCK_QUOTE) {
    col = cf_grid_put (grid, &inner, row, 0, CF_LOOK_ACCENT, cf_glyph (CF_GLYPH_QUOTE)) + 1;
    quote = cf_must (strndup (block->text + line->begin, line->len));
    shown = cf_text_shorten (quote, inner.cols - col);
    cf_grid_put (grid, &inner, row, col, line->look, shown);
    free (quote);
    free (shown);
    return;
  }
  col = cf_grid_put_n (grid, &inner, row, 0, line->look, block->text + line->begin, line->len);
  if (line->note)
    cf_grid_put (grid, &inner, row, col + (line->len ? 2 : 0), CF_LOOK_MUTED, block->note);
}

void
cf_block_draw (const struct cf_block *block, size_t line, struct cf_grid *grid, const struct cf_area *area, int row)
{
  const struct cf_block_line *l = &block->lines[line];

  if (l->kind == CF_BLOCK_DAY || l->kind == CF_BLOCK_UNREAD) {
    draw_separator (block, l, grid, area, row);
    return;
  }
  if (block->gutter)
    draw_gutter (block, line, grid, area, row);
  if (l->kind == CF_BLOCK_NAME)
    draw_name (block, l, grid, area, row);
  else
    draw_text (block, l, grid, area, row);
  if (block->chosen)
    cf_grid_add_look (grid, area, row, CF_LOOK_REVERSE);
}
