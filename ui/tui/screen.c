/* SPDX-License-Identifier: GPL-3.0-or-later */
/* screen.c - what is on the screen: words for the frame, the window inside it, answers over it. */

#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/env.h"
#include "base/text.h"
#include "ui/tui/app.h"

#define SHEET_LINES_MAX 100000
#define SHEET_INDENT 16 /* of values behind their labels */

/* ---- notices, console ---- */

void
cf_tui_notice (struct cf_tui *tui, unsigned look, const char *fmt, ...)
{
  char *text = NULL;
  va_list ap;

  va_start (ap, fmt);
  if (vasprintf (&text, fmt, ap) < 0)
    text = NULL;
  va_end (ap);
  free (tui->notice);
  tui->notice = cf_must (text);
  tui->notice_look = look;
}

void
cf_tui_notice_error (struct cf_tui *tui, const struct cf_client_error *error)
{
  char *text = cf_words_error (error);

  cf_tui_notice (tui, CF_LOOK_BAD, "%s", text);
  free (text);
}

void
cf_tui_log (struct cf_tui *tui, unsigned look, const char *text)
{
  time_t now = time (NULL);
  struct tm tm;
  char when[16];

  localtime_r (&now, &tm);
  strftime (when, sizeof when, "%H:%M", &tm);
  cf_paper_add (tui->console, look, 6, when, text);
  if (tui->window_count && tui->current != tui->windows[0] && (look & CF_LOOK_MEANING) != CF_LOOK_MUTED)
    tui->windows[0]->noticed = true;
}

/* ---- sheets ---- */

void
cf_tui_sheet_close (struct cf_tui *tui)
{
  struct cf_sheet *sheet = tui->sheet;

  if (!sheet)
    return;
  for (size_t i = 0; i < sheet->target_count; i++)
    free (sheet->targets[i]);
  free (sheet->targets);
  free (sheet->title);
  cf_paper_free (sheet->paper);
  free (sheet);
  tui->sheet = NULL;
}

struct cf_sheet *
cf_tui_sheet (struct cf_tui *tui, const char *title)
{
  cf_tui_sheet_close (tui);
  tui->sheet = cf_must (calloc (1, sizeof *tui->sheet));
  tui->sheet->title = cf_must_copy (title);
  tui->sheet->paper = cf_paper_new ();
  tui->sheet->top = true;
  cf_scroll_init (&tui->sheet->scroll);
  return tui->sheet;
}

void
cf_sheet_line (struct cf_sheet *sheet, unsigned look, const char *text)
{
  cf_paper_add (sheet->paper, look, 0, "", text);
}

void
cf_sheet_pair (struct cf_sheet *sheet, const char *label, const char *value)
{
  if (*value)
    cf_paper_add (sheet->paper, CF_LOOK_PLAIN, SHEET_INDENT, label, value);
}

void
cf_sheet_target (struct cf_sheet *sheet, const char *conversation, const char *message)
{
  cf_must_grow (&sheet->targets, &sheet->target_room, sheet->target_count + 1, sizeof *sheet->targets);
  sheet->targets[sheet->target_count++] = cf_must_print ("%s %s", conversation, message);
}

/* "-- Title ------------- Page Down: more, Esc closes --" */
static void
draw_sheet_heading (struct cf_tui *tui, const struct cf_area *area, const char *hint)
{
  char *title = cf_text_shorten (tui->sheet->title, area->cols - 4);
  int col = 2, hint_cols = cf_text_columns (hint);

  cf_grid_fill (&tui->grid, area, 0, 0, CF_LOOK_ACCENT, cf_glyph (CF_GLYPH_HORIZONTAL));
  cf_grid_put (&tui->grid, area, 0, col - 1, CF_LOOK_ACCENT, " ");
  col = cf_grid_put (&tui->grid, area, 0, col, CF_LOOK_ACCENT | CF_LOOK_BOLD, title);
  cf_grid_put (&tui->grid, area, 0, col, CF_LOOK_ACCENT, " ");
  if (col + hint_cols + 5 < area->cols) {
    col = cf_grid_put (&tui->grid, area, 0, area->cols - hint_cols - 3, CF_LOOK_MUTED, " ");
    col = cf_grid_put (&tui->grid, area, 0, col, CF_LOOK_MUTED, hint);
    cf_grid_put (&tui->grid, area, 0, col, CF_LOOK_MUTED, " ");
  }
  free (title);
}

static void
draw_sheet (struct cf_tui *tui)
{
  struct cf_area heading = { tui->layout.body.row, tui->layout.body.col, 1, tui->layout.body.cols };
  struct cf_area area = { heading.row + 1, heading.col, tui->layout.body.rows - 1, heading.cols };
  struct cf_sheet *sheet = tui->sheet;
  size_t lines;

  if (area.cols > 2) {
    area.col++;
    area.cols -= 2;
  }
  lines = cf_paper_lines (sheet->paper, area.cols, SHEET_LINES_MAX);
  if (sheet->top) { /* its first lines, however many there are */
    cf_scroll_init (&sheet->scroll);
    cf_paper_scroll (sheet->paper, &sheet->scroll, area.cols, -(long) lines);
  }
  draw_sheet_heading (tui, &heading,
                      lines > (size_t) area.rows && (sheet->top || !sheet->scroll.follows) ? _("Page Down: more, Esc closes")
                                                                                           : _("Esc closes"));
  if (lines <= (size_t) area.rows)
    area.rows = (int) lines;
  if (area.rows > 0)
    cf_paper_draw (sheet->paper, &sheet->scroll, &tui->grid, &area);
}

/* ---- the list ---- */

static struct cf_item *
add_item (struct cf_tui *tui, int kind, char *text, const char *id)
{
  struct cf_item *item;

  cf_must_grow (&tui->items, &tui->item_room, tui->item_count + 1, sizeof *tui->items);
  item = &tui->items[tui->item_count++];
  memset (item, 0, sizeof *item);
  item->kind = kind;
  item->text = text;
  item->id = id ? cf_must_copy (id) : NULL;
  return item;
}

static void
clear_items (struct cf_tui *tui)
{
  for (size_t i = 0; i < tui->item_count; i++) {
    free (tui->items[i].text);
    free (tui->items[i].id);
  }
  tui->item_count = 0;
}

static void
list_window (struct cf_tui *tui, const struct cf_window *window)
{
  const json_t *row = cf_window_row (window);
  struct cf_item *item = add_item (tui, CF_ITEM_WINDOW, cf_window_title (window), window->conversation);
  const char *state = cf_row_text (row, "state");

  item->number = window->number;
  item->unread = cf_window_unread (window);
  item->marked = window->noticed || cf_row_true (row, "marked_unread") || cf_row_true (row, "stopped");
  item->active = window == tui->current;
  if (cf_row_true (row, "stopped"))
    item->look = CF_LOOK_BAD;
  else if (window->conversation && (!cf_row_true (row, "online") || strcmp (state, "open")))
    item->look = CF_LOOK_MUTED;
}

static bool
has_asked (struct cf_tui *tui, const char *fingerprint)
{
  const json_t *row = NULL;

  while ((row = cf_model_next (tui->model, CF_MODEL_REQUESTS, row)))
    if (!strcmp (cf_row_text (row, "fingerprint"), fingerprint))
      return true;
  return false;
}

/* Somebody near who is not in the list with a conversation already. */
static void
list_peers (struct cf_tui *tui)
{
  const json_t *row = NULL, *conversation;
  bool first = true;

  while ((row = cf_model_next (tui->model, CF_MODEL_PEERS, row))) {
    conversation = cf_model_conversation_with (tui->model, cf_row_text (row, "fingerprint"));
    if (!strcmp (cf_row_text (conversation, "state"), "open") || json_is_false (json_object_get (row, "present"))
        || has_asked (tui, cf_row_text (row, "fingerprint")))
      continue;
    if (first)
      add_item (tui, CF_ITEM_HEADING, cf_must_copy (_("Nearby")), NULL);
    first = false;
    add_item (tui, CF_ITEM_PEER, cf_words_name (row), cf_row_text (row, "fingerprint"));
  }
}

static void
make_list (struct cf_tui *tui)
{
  const json_t *row = NULL;
  bool first = true;

  clear_items (tui);
  list_window (tui, tui->windows[0]);
  if (cf_model_count (tui->model, CF_MODEL_REQUESTS))
    add_item (tui, CF_ITEM_HEADING, cf_must_copy (_("Requests")), NULL);
  while ((row = cf_model_next (tui->model, CF_MODEL_REQUESTS, row)))
    add_item (tui, CF_ITEM_REQUEST, cf_words_name (row), cf_row_text (row, "request"))->marked = true;
  for (size_t i = 1; i < tui->window_count; i++) {
    if (!tui->windows[i])
      continue;
    if (first)
      add_item (tui, CF_ITEM_HEADING, cf_must_copy (_("Conversations")), NULL);
    first = false;
    list_window (tui, tui->windows[i]);
  }
  list_peers (tui);
}

/* ---- bars ---- */

static const char *
session_words (const struct cf_tui *tui)
{
  switch (cf_session_state (cf_model_session (tui->model))) {
  case CF_SESSION_CONNECTING: return _("connecting");
  case CF_SESSION_NO_IDENTITY: return _("no identity yet");
  case CF_SESSION_LOCKED: return _("locked");
  case CF_SESSION_DOWN: return _("not connected");
  case CF_SESSION_READY: break;
  }
  return "";
}

static const char *
visibility_words (const char *visibility)
{
  return !strcmp (visibility, "everyone")   ? _("visible to everyone nearby")
         : !strcmp (visibility, "contacts") ? _("visible to contacts")
         : !strcmp (visibility, "nobody")   ? _("not visible")
                                            : "";
}

/* "2 Bob (3)  5 Carol (1)" */
static char *
unread_words (const struct cf_tui *tui)
{
  char *all = cf_must_copy (""), *longer, *title;

  for (size_t i = 1; i < tui->window_count; i++) {
    unsigned unread = tui->windows[i] ? cf_window_unread (tui->windows[i]) : 0;

    if (!unread || tui->windows[i] == tui->current)
      continue;
    title = cf_window_title (tui->windows[i]);
    longer = cf_must_print ("%s%s%u %s (%u)", all, *all ? "  " : "", tui->windows[i]->number, title, unread);
    free (title);
    free (all);
    all = longer;
  }
  return all;
}

static char *
status_words (const struct cf_tui *tui)
{
  const json_t *status = cf_model_status (tui->model);
  const char *state = session_words (tui);
  char *who = *cf_row_text (status, "fingerprint") ? cf_words_name (status) : cf_must_copy (_("Confab"));
  char *unread = unread_words (tui), *self, *text;

  if (!*state)
    state = visibility_words (cf_row_text (status, "visibility"));
  self = *state ? cf_must_print ("%s %s %s", who, cf_glyph (CF_GLYPH_DOT), state) : cf_must_copy (who);
  if (!*unread)
    text = cf_must_copy (self);
  else if (tui->grid.cols < 60)
    text = cf_must_print (_("unread: %s"), unread);
  else
    text = cf_must_print (_("%s   unread: %s"), self, unread);
  free (who);
  free (unread);
  free (self);
  return text;
}

/* What happens in the window, at the right of the status bar. */
static char *
activity_words (const struct cf_tui *tui)
{
  const struct cf_window *window = tui->current;
  size_t fresh = window->timeline ? cf_timeline_fresh (window->timeline) : 0;

  if (tui->person)
    return cf_must_copy (_("waiting; Ctrl-C gives up"));
  if (window->timeline && cf_timeline_loading (window->timeline) && !window->scroll.follows)
    return cf_must_copy (_("loading"));
  if (fresh)
    return cf_must_print (ngettext ("%zu new below", "%zu new below", fresh), fresh);
  if (window->timeline && !window->scroll.follows)
    return cf_must_copy (_("older messages; End returns"));
  if (window->conversation && cf_model_typing (tui->model, window->conversation))
    return cf_words_typing (cf_window_row (window));
  return cf_must_copy (tui->grid.cols >= 60 ? _("F1 help") : "");
}

/* Timer, muted: at the right of the title bar. */
static char *
extras_words (const json_t *row)
{
  int64_t seconds = cf_row_number (row, "expire_after");
  char *after = seconds > 0 ? cf_words_duration (seconds) : NULL, *text;
  bool muted = cf_row_true (row, "muted");

  if (after && muted)
    text = cf_must_print (_("messages disappear after %s, muted"), after);
  else if (after)
    text = cf_must_print (_("messages disappear after %s"), after);
  else
    text = cf_must_copy (muted ? _("muted") : "");
  free (after);
  return text;
}

static char *
security_words (const json_t *row)
{
  const char *state = cf_row_text (row, "state");

  if (cf_row_true (row, "stopped"))
    return cf_must_copy (_("STOPPED"));
  if (!strcmp (state, "closed"))
    return cf_must_copy (_("Closed"));
  if (!strcmp (state, "requested"))
    return cf_must_copy (_("Not open yet"));
  return cf_words_security (row);
}

/* What went wrong with the conversation stands there until it is mended, whatever else happens. */
static void
notice_trouble (struct cf_tui *tui, const json_t *row, char **r_text)
{
  char *what, *remedy;

  if (*tui->frame.notice || !row || !cf_words_trouble (row, &what, &remedy))
    return;
  *r_text = cf_must_print ("! %s%s%s", what, *remedy ? ". " : "", remedy);
  tui->frame.notice = *r_text;
  tui->frame.notice_look = CF_LOOK_BAD | CF_LOOK_BOLD;
  free (what);
  free (remedy);
}

/* "Answer to Ana: Shall we ..." on one line, and what the keys do on the next. */
static char *
about_words (const struct cf_tui *tui, const char *what, const char *keys)
{
  char *about = cf_text_shorten (tui->current->about, tui->grid.cols - cf_text_columns (what) - 2);
  char *text = cf_must_print ("%s %s\n%s", what, about, keys);

  free (about);
  return text;
}

static char *
question_words (const struct cf_tui *tui)
{
  const struct cf_window *window = tui->current;

  if (tui->question)
    return cf_must_copy (tui->question->text);
  if (tui->sheet)
    return cf_must_copy ("");
  if (window->editing)
    return about_words (tui, _("Change:"), _("Enter saves it, Esc leaves it as it was."));
  if (window->reply_to)
    return about_words (tui, _("Answer to"), _("Enter sends it, Esc does not answer."));
  if (window->chosen)
    return cf_must_print (_("r reply  e edit  + react  d delete  i details  %s%s others  Esc back"),
                          cf_glyph (CF_GLYPH_UP), cf_glyph (CF_GLYPH_DOWN));
  return cf_must_copy ("");
}

static void
draw_window (struct cf_tui *tui)
{
  if (tui->layout.body.rows < 1)
    return;
  if (tui->sheet)
    draw_sheet (tui);
  else if (tui->current->conversation)
    cf_window_draw (tui->current);
  else
    cf_paper_draw (tui->console, &tui->current->scroll, &tui->grid, &tui->layout.body);
}

void
cf_tui_draw (struct cf_tui *tui)
{
  const json_t *row = cf_window_row (tui->current);
  char *title = cf_window_title (tui->current), *extras = extras_words (row), *status, *activity, *question;
  char *security = row ? security_words (row) : cf_must_copy (_("Events")), *trouble = NULL;
  int rows, cols;

  cf_term_size (tui->term, &rows, &cols);
  if (rows != tui->grid.rows || cols != tui->grid.cols) {
    cf_grid_done (&tui->grid);
    cf_grid_init (&tui->grid, rows, cols);
  }
  make_list (tui);
  status = status_words (tui);
  activity = activity_words (tui);
  question = question_words (tui);
  tui->frame = (struct cf_frame) {
    title, security, extras, row && cf_row_true (row, "stopped") ? CF_LOOK_BOLD : 0, tui->items, tui->item_count,
    tui->list, tui->notice ? tui->notice : "", tui->notice_look, status, activity, question, cf_tui_edit (tui),
  };
  notice_trouble (tui, row, &trouble);
  cf_frame_layout (&tui->frame, rows, cols, &tui->layout);
  cf_grid_clear (&tui->grid);
  draw_window (tui);
  cf_frame_draw (&tui->frame, &tui->layout, &tui->grid);
  cf_term_draw (tui->term, &tui->grid);
  free (title);
  free (security);
  free (extras);
  free (status);
  free (activity);
  free (question);
  free (trouble);
}
