/* SPDX-License-Identifier: GPL-3.0-or-later */
/* window.c - windows: the console, and one for each conversation, numbered as they come. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "ui/tui/app.h"

/* ---- the list of windows ---- */

struct cf_window *
cf_window_add (struct cf_tui *tui, const char *conversation)
{
  struct cf_window *window = cf_must (calloc (1, sizeof *window));
  const json_t *row;
  size_t at = 0;

  while (at < tui->window_count && tui->windows[at])
    at++; /* a number that is free again */
  cf_must_grow (&tui->windows, &tui->window_room, at + 1, sizeof *tui->windows);
  if (at == tui->window_count)
    tui->window_count++;
  tui->windows[at] = window;
  window->tui = tui;
  window->number = (unsigned) at + 1;
  window->conversation = conversation ? cf_must_copy (conversation) : NULL;
  window->edit = cf_edit_new (false);
  cf_scroll_init (&window->scroll);
  row = cf_window_row (window);
  window->draft = cf_must_copy (cf_row_text (row, "draft"));
  cf_edit_set (window->edit, window->draft);
  return window;
}

static void
forget_numbers (struct cf_window *window)
{
  for (size_t i = 0; i < window->numbered_count; i++)
    free (window->numbered[i]);
  window->numbered_count = 0;
}

void
cf_window_free (struct cf_window *window)
{
  if (!window)
    return;
  cf_timeline_free (window->timeline);
  forget_numbers (window);
  free (window->numbered);
  cf_edit_free (window->edit);
  free (window->conversation);
  free (window->draft);
  free (window->chosen);
  free (window->reply_to);
  free (window->editing);
  free (window->about);
  free (window);
}

struct cf_window *
cf_window_of (struct cf_tui *tui, const char *conversation)
{
  for (size_t i = 1; i < tui->window_count; i++)
    if (tui->windows[i] && !strcmp (tui->windows[i]->conversation, conversation))
      return tui->windows[i];
  return NULL;
}

struct cf_window *
cf_window_numbered (struct cf_tui *tui, unsigned number)
{
  return number && number <= tui->window_count ? tui->windows[number - 1] : NULL;
}

void
cf_window_remove (struct cf_tui *tui, struct cf_window *window)
{
  tui->windows[window->number - 1] = NULL;
  if (tui->previous == window)
    tui->previous = NULL;
  if (tui->current == window) {
    tui->current = NULL; /* there is no draft to be kept */
    cf_window_show (tui, tui->previous ? tui->previous : tui->windows[0]);
  }
  cf_window_free (window);
}

/* One that was refused, or whose passwords differed, before anything was said, is nothing to look at. */
static bool
is_worth_a_window (const json_t *row)
{
  return row && (strcmp (cf_row_text (row, "state"), "closed") || *cf_row_text (row, "opened_at"));
}

void
cf_windows_sync (struct cf_tui *tui)
{
  const json_t *row = NULL;

  while ((row = cf_model_next (tui->model, CF_MODEL_CONVERSATIONS, row)))
    if (is_worth_a_window (row) && !cf_window_of (tui, cf_row_text (row, "conversation")))
      cf_window_add (tui, cf_row_text (row, "conversation"));
  for (size_t i = tui->window_count; i-- > 1;)
    if (tui->windows[i] && !is_worth_a_window (cf_window_row (tui->windows[i])))
      cf_window_remove (tui, tui->windows[i]);
}

const json_t *
cf_window_row (const struct cf_window *window)
{
  return window->conversation ? cf_model_get (window->tui->model, CF_MODEL_CONVERSATIONS, window->conversation) : NULL;
}

unsigned
cf_window_unread (const struct cf_window *window)
{
  int64_t unread = cf_row_number (cf_window_row (window), "unread");

  return unread > 0 ? (unsigned) unread : 0;
}

char *
cf_window_title (const struct cf_window *window)
{
  return window->conversation ? cf_words_name (cf_window_row (window)) : cf_must_copy (_("Confab"));
}

/* ---- going from one to the other ---- */

void
cf_window_show (struct cf_tui *tui, struct cf_window *window)
{
  cf_tui_sheet_close (tui);
  if (!window || window == tui->current)
    return;
  if (tui->current) {
    cf_tui_typing (tui, false);
    cf_window_save_draft (tui->current);
    cf_window_choose_none (tui->current);
    if (tui->current->timeline)
      cf_timeline_seen (tui->current->timeline);
    tui->previous = tui->current;
  }
  tui->current = window;
  window->noticed = false;
  window->had_unread = cf_window_unread (window) > 0;
}

void
cf_window_step (struct cf_tui *tui, int by)
{
  size_t at = tui->current->number - 1;

  do
    at = (at + tui->window_count + (size_t) by) % tui->window_count;
  while (!tui->windows[at]);
  cf_window_show (tui, tui->windows[at]);
}

void
cf_window_next_unread (struct cf_tui *tui)
{
  for (size_t i = 1; i <= tui->window_count; i++) {
    struct cf_window *window = tui->windows[(tui->current->number - 1 + i) % tui->window_count];

    if (window && window != tui->current && (cf_window_unread (window) || window->noticed)) {
      cf_window_show (tui, window);
      return;
    }
  }
  cf_tui_notice (tui, CF_LOOK_MUTED, "%s", _("Everything is read"));
}

static void
draft_kept (struct cf_tui_call *call, const struct cf_client_error *error)
{
  (void) call;
  (void) error; /* a draft that is lost is not worth a word */
}

void
cf_window_save_draft (struct cf_window *window)
{
  const char *text = window->editing || cf_edit_text (window->edit)[0] == '/' ? "" : cf_edit_text (window->edit);
  const char *words[2] = { window->conversation, NULL };
  const struct cf_answer answers[2] = { { "TEXT", text, strlen (text) }, { NULL, NULL, 0 } };

  if (!window->conversation || !strcmp (text, window->draft))
    return;
  free (window->draft);
  window->draft = cf_must_copy (text);
  cf_tui_call_start (cf_tui_call_new (window->tui, draft_kept), "DRAFT", words, answers);
}

/* ---- the timeline ---- */

static void
on_reset (void *arg)
{
  struct cf_window *window = arg;

  cf_scroll_init (&window->scroll);
}

static void
on_inserted (void *arg, size_t at, size_t count)
{
  struct cf_window *window = arg;

  cf_scroll_inserted (&window->scroll, at, count);
}

static void
on_removed (void *arg, size_t at, size_t count)
{
  struct cf_window *window = arg;

  cf_scroll_removed (&window->scroll, at, count);
}

static void
on_failed (void *arg, const struct cf_client_error *error)
{
  struct cf_window *window = arg;

  cf_tui_notice_error (window->tui, error);
}

/* What the drawing of one window knows. */
struct view {
  struct cf_window *window;
  struct cf_block_style style;
  char *peer;
  size_t unread_at, own_at; /* SIZE_MAX: none */
};

bool
cf_message_is_said (const json_t *row)
{
  const char *kind = cf_row_text (row, "kind");

  return !cf_row_true (row, "notice") && !cf_row_true (row, "deleted")
         && (!*kind || !strcmp (kind, "text") || !strcmp (kind, "file") || !strcmp (kind, "other"));
}

static size_t
newest_own (const struct cf_timeline *timeline)
{
  for (size_t i = cf_timeline_at_newest (timeline) ? cf_timeline_count (timeline) : 0; i-- > 0;)
    if (!strcmp (cf_row_text (cf_timeline_row (timeline, i), "direction"), "out")
        && cf_message_is_said (cf_timeline_row (timeline, i)))
      return i;
  return SIZE_MAX;
}

static void
view_init (struct view *view, struct cf_window *window)
{
  const json_t *row = cf_window_row (window);

  view->window = window;
  view->peer = cf_words_name (row);
  view->own_at = newest_own (window->timeline);
  if (!cf_timeline_first_unread (window->timeline, &view->unread_at))
    view->unread_at = SIZE_MAX;
  view->style.cols = window->tui->layout.body.cols;
  view->style.now_utc_ms = cf_session_env (cf_model_session (window->tui->model))->now_utc_ms;
  view->style.peer = view->peer;
  view->style.peer_look = CF_LOOK_HUE + cf_words_color (cf_row_text (row, "peer")) % CF_LOOK_HUES;
}

static void
block_at (const struct view *view, size_t at, struct cf_block *block)
{
  const struct cf_window *window = view->window;
  const json_t *row = cf_timeline_row (window->timeline, at);
  const char *id = cf_row_text (row, "message");
  struct cf_block_place place = {
    .before = at ? cf_timeline_row (window->timeline, at - 1) : NULL,
    .row = row,
    .transfer = cf_transfer_of_message (window->tui->model, row),
    .unread = at == view->unread_at,
    .newest_own = at == view->own_at,
    .chosen = window->chosen && !strcmp (window->chosen, id),
  };

  for (size_t i = 0; i < window->numbered_count; i++)
    if (!strcmp (window->numbered[i], id))
      place.number = (unsigned) i + 1;
  memset (block, 0, sizeof *block);
  cf_block_init (block, &view->style, &place);
}

static size_t
lines_at (void *arg, size_t at)
{
  struct cf_block block;
  size_t count;

  block_at (arg, at, &block);
  count = block.count;
  cf_block_done (&block);
  return count;
}

static struct cf_scroll_source
source_of (struct view *view)
{
  return (struct cf_scroll_source) { cf_timeline_count (view->window->timeline), lines_at, view };
}

static void
on_jumped (void *arg, size_t at)
{
  struct cf_window *window = arg;
  struct cf_scroll_source source;
  struct view view;

  free (window->chosen);
  window->chosen = cf_must_copy (cf_row_text (cf_timeline_row (window->timeline, at), "message"));
  view_init (&view, window);
  source = source_of (&view);
  cf_scroll_to (&window->scroll, &source, at, window->tui->layout.body.rows > 0 ? window->tui->layout.body.rows : 1);
  cf_scroll_by (&window->scroll, &source, window->tui->layout.body.rows / 2, cf_timeline_at_newest (window->timeline));
  free (view.peer);
}

static void
make_timeline (struct cf_window *window)
{
  static const struct cf_timeline_handler handler = { .reset = on_reset,
                                                      .inserted = on_inserted,
                                                      .removed = on_removed,
                                                      .jumped = on_jumped,
                                                      .failed = on_failed };

  if (window->timeline || !window->conversation)
    return;
  if (cf_timeline_new (window->tui->model, window->conversation, &handler, window, &window->timeline))
    cf_must (NULL);
}

void
cf_window_jump (struct cf_window *window, const char *message)
{
  make_timeline (window);
  window->scroll.follows = false;
  cf_timeline_jump (window->timeline, message);
}

void
cf_window_scroll (struct cf_window *window, long rows)
{
  struct cf_scroll_source source;
  struct view view;

  if (!window->timeline) {
    if (!window->conversation)
      cf_paper_scroll (window->tui->console, &window->scroll, window->tui->layout.body.cols, rows);
    return;
  }
  view_init (&view, window);
  source = source_of (&view);
  cf_scroll_by (&window->scroll, &source, rows, cf_timeline_at_newest (window->timeline));
  free (view.peer);
}

void
cf_window_bottom (struct cf_window *window)
{
  if (window->timeline)
    cf_timeline_newest (window->timeline);
  cf_scroll_init (&window->scroll);
}

/* ---- choosing a message ---- */

void
cf_window_choose_none (struct cf_window *window)
{
  free (window->chosen);
  window->chosen = NULL;
}

void
cf_window_about_none (struct cf_window *window)
{
  free (window->editing);
  free (window->reply_to);
  free (window->about);
  window->editing = window->reply_to = window->about = NULL;
  cf_window_choose_none (window);
}

bool
cf_window_choose (struct cf_window *window, int by)
{
  struct cf_scroll_source source;
  size_t at, count = window->timeline ? cf_timeline_count (window->timeline) : 0;
  struct view view;

  if (!count)
    return false;
  if (!window->chosen || !cf_timeline_find (window->timeline, window->chosen, &at)) {
    if (by > 0)
      return false;
    at = window->scroll.follows ? count - 1 : window->scroll.at;
  } else if ((by < 0 && !at) || (by > 0 && at + 1 >= count))
    return false;
  else
    at += (size_t) by;
  free (window->chosen);
  window->chosen = cf_must_copy (cf_row_text (cf_timeline_row (window->timeline, at), "message"));
  view_init (&view, window);
  source = source_of (&view);
  cf_scroll_show (&window->scroll, &source, at, window->tui->layout.body.rows > 0 ? window->tui->layout.body.rows : 1,
                  cf_timeline_at_newest (window->timeline));
  free (view.peer);
  return true;
}

static const json_t *
newest_of (const struct cf_window *window, bool own)
{
  for (size_t i = cf_timeline_count (window->timeline); i-- > 0;) {
    const json_t *row = cf_timeline_row (window->timeline, i);

    if (own == !strcmp (cf_row_text (row, "direction"), "out") && cf_message_is_said (row))
      return row;
  }
  return NULL;
}

/* Numbers for what is on the screen from row TOP on, 1 at the bottom.  One that has a number keeps it while the command
   is being typed, whatever comes meanwhile. */
static void
number_rows (struct cf_window *window, const struct cf_scroll_top *top)
{
  size_t last = window->scroll.at;

  for (size_t at = last + 1; at-- > top->at;) {
    const char *id = cf_row_text (cf_timeline_row (window->timeline, at), "message");
    bool known = false;

    for (size_t i = 0; i < window->numbered_count; i++)
      known |= !strcmp (window->numbered[i], id);
    if (known)
      continue;
    cf_must_grow (&window->numbered, &window->numbered_room, window->numbered_count + 1, sizeof *window->numbered);
    window->numbered[window->numbered_count++] = cf_must_copy (id);
  }
}

/* A command that came too quickly for numbers to be drawn means what they would have been. */
static void
number_now (struct cf_window *window)
{
  struct cf_scroll_source source;
  struct cf_scroll_top top;
  struct view view;

  view_init (&view, window);
  source = source_of (&view);
  if (cf_scroll_top (&window->scroll, &source, window->tui->layout.body.rows > 0 ? window->tui->layout.body.rows : 1,
                     &top))
    number_rows (window, &top);
  free (view.peer);
}

const json_t *
cf_window_message (struct cf_window *window, unsigned number, bool own)
{
  const json_t *row = NULL;
  const char *id = window->chosen;
  size_t at;

  if (!window->timeline) {
    cf_tui_notice (window->tui, CF_LOOK_BAD, "%s", _("Go to a conversation first, for example by Alt+2"));
    return NULL;
  }
  if (number && !window->numbered_count)
    number_now (window);
  if (number)
    id = number <= window->numbered_count ? window->numbered[number - 1] : NULL;
  if (id && cf_timeline_find (window->timeline, id, &at))
    row = cf_timeline_row (window->timeline, at);
  else if (!number)
    row = newest_of (window, own);
  if (!row && number)
    cf_tui_notice (window->tui, CF_LOOK_BAD, _("There is no message %u on the screen"), number);
  else if (!row)
    cf_tui_notice (window->tui, CF_LOOK_BAD, "%s",
                   own ? _("You have written nothing here yet") : _("There is no message here yet"));
  return row;
}

/* Is a command being typed that is about a message?  Then they have numbers. */
static bool
wants_numbers (const struct cf_window *window)
{
  static const char *const commands[] = { "/reply ", "/edit ", "/react ", "/delete ", "/details ", "/accept-file ",
                                           "/refuse-file ", "/pause ", "/resume ", "/cancel " };
  const char *text = cf_edit_text (window->edit);

  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (!strncmp (text, commands[i], strlen (commands[i])))
      return true;
  return false;
}

/* ---- drawing ---- */

static void
draw_rows (const struct view *view, const struct cf_scroll_top *top, struct cf_grid *grid, const struct cf_area *area)
{
  size_t count = cf_timeline_count (view->window->timeline);
  struct cf_block block;
  int row = top->row;

  for (size_t at = top->at; at < count && row < area->rows; at++) {
    block_at (view, at, &block);
    for (size_t line = at == top->at ? top->line : 0; line < block.count && row < area->rows; line++)
      cf_block_draw (&block, line, grid, area, row++);
    cf_block_done (&block);
  }
}

static void
draw_empty (struct cf_window *window, const struct cf_area *area)
{
  const json_t *row = cf_window_row (window);
  const char *text = _("Nothing has been said here yet.");

  if (cf_timeline_loading (window->timeline) || !cf_timeline_at_oldest (window->timeline))
    text = _("Loading...");
  else if (!strcmp (cf_row_text (row, "state"), "requested"))
    text = _("Waiting for the other side to type the same password.");
  cf_grid_put (&window->tui->grid, area, area->rows / 2, (area->cols - cf_text_columns (text)) / 2, CF_LOOK_MUTED, text);
}

void
cf_window_draw (struct cf_window *window)
{
  const struct cf_area *area = &window->tui->layout.body;
  struct cf_scroll_source source;
  struct cf_scroll_top top;
  struct view view;

  make_timeline (window);
  view_init (&view, window);
  source = source_of (&view);
  if (!wants_numbers (window))
    forget_numbers (window);
  if (!cf_scroll_top (&window->scroll, &source, area->rows, &top))
    draw_empty (window, area);
  else {
    if (wants_numbers (window)) {
      number_rows (window, &top);
      cf_scroll_top (&window->scroll, &source, area->rows, &top); /* numbers may take lines */
    }
    if (window->scroll.at + 1 == source.count && !window->scroll.below && cf_timeline_at_newest (window->timeline))
      window->scroll.follows = true;
    draw_rows (&view, &top, &window->tui->grid, area);
  }
  free (view.peer);
}

/* ---- what looking at it brings about ---- */

#define NEAR_THE_END 30 /* rows from the end of what is there: time to fetch more */

static void
was_read (struct cf_tui_call *call, const struct cf_client_error *error)
{
  struct cf_window *window = cf_window_of (call->tui, call->conversation);

  (void) error; /* tried again with the next message */
  if (window)
    window->reading = false;
}

static void
mark_read (struct cf_window *window)
{
  const char *words[2] = { window->conversation, NULL };
  const json_t *row = cf_window_row (window);
  struct cf_tui_call *call;

  if (window->reading || (!cf_window_unread (window) && !cf_row_true (row, "marked_unread")))
    return;
  window->reading = true;
  call = cf_tui_call_new (window->tui, was_read);
  call->conversation = cf_must_copy (window->conversation);
  cf_tui_call_start (call, "READ", words, NULL);
}

void
cf_window_look (struct cf_window *window)
{
  size_t count = window->timeline ? cf_timeline_count (window->timeline) : 0;
  size_t at = window->scroll.follows ? count : window->scroll.at;

  if (!count)
    return;
  if (at < NEAR_THE_END + (size_t) (window->tui->layout.body.rows > 0 ? window->tui->layout.body.rows : 0)
      && !cf_timeline_at_oldest (window->timeline))
    cf_timeline_older (window->timeline);
  else if (at + NEAR_THE_END > count && !cf_timeline_at_newest (window->timeline))
    cf_timeline_newer (window->timeline);
  if (!window->scroll.follows || !cf_timeline_at_newest (window->timeline) || window->tui->sheet)
    return;
  mark_read (window);
  if (!window->had_unread)
    cf_timeline_seen (window->timeline);
}
