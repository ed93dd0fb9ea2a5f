/* SPDX-License-Identifier: GPL-3.0-or-later */
/* input.c - what a key does. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "ui/tui/app.h"

#define TYPING_AGAIN_MS 4000 /* it lapses at the other side after 6 s */
#define WHEEL_ROWS 3

struct cf_edit *
cf_tui_edit (struct cf_tui *tui)
{
  return tui->question ? tui->question->edit : tui->current->edit;
}

bool
cf_tui_escape_means (const struct cf_tui *tui)
{
  const struct cf_window *window = tui->current;

  return tui->question || tui->sheet || window->chosen || window->reply_to || window->editing;
}

/* ---- typing ---- */

void
cf_tui_typing (struct cf_tui *tui, bool typing)
{
  int64_t now_ms = (int64_t) cf_session_env (cf_model_session (tui->model))->now_ms;

  if (!typing && tui->typing) {
    cf_tui_do (tui, "TYPING", tui->typing, "off");
    free (tui->typing);
    tui->typing = NULL;
  }
  if (!typing || (tui->typing && now_ms < tui->typing_ms + TYPING_AGAIN_MS)
      || strcmp (cf_row_text (cf_window_row (tui->current), "state"), "open"))
    return;
  if (!tui->typing)
    tui->typing = cf_must_copy (tui->current->conversation);
  tui->typing_ms = now_ms;
  cf_tui_do (tui, "TYPING", tui->typing, "on");
}

static void
typed (struct cf_tui *tui)
{
  const char *text;

  if (tui->question)
    return;
  text = cf_edit_text (tui->current->edit);
  if (*text != '/' && !tui->current->about)
    cf_window_choose_none (tui->current);
  if (tui->current->conversation && *text && *text != '/')
    cf_tui_typing (tui, true);
}

static void
insert (struct cf_tui *tui, const char *text, size_t len)
{
  if (!cf_edit_insert (cf_tui_edit (tui), text, len))
    cf_tui_notice (tui, CF_LOOK_BAD, "%s", _("That is too long: a message has at most 256 KiB, a password 1024 bytes"));
  typed (tui);
}

/* A number typed while an answer is shown chooses one of its lines. */
static bool
is_target (struct cf_tui *tui, const char *text)
{
  unsigned long number = strtoul (text, NULL, 10);

  if (!tui->sheet || !*text || text[strspn (text, "0123456789")] || !number || number > tui->sheet->target_count)
    return false;
  cf_tui_jump (tui, tui->sheet->targets[number - 1]);
  return true;
}

static void
enter (struct cf_tui *tui)
{
  struct cf_window *window = tui->current;
  char *text;

  if (tui->question) {
    if (!tui->question->yes_no)
      cf_tui_answer (tui, true);
    return;
  }
  if (window->chosen && !window->about && !cf_edit_len (window->edit)) {
    cf_tui_begin_reply (window, cf_window_message (window, 0, false));
    return;
  }
  text = cf_edit_take (window->edit);
  cf_tui_typing (tui, false);
  if (is_target (tui, text))
    goto leave;
  if (*text)
    cf_tui_sheet_close (tui); /* an answer to what was asked before */
  if (text[0] == '/' && text[1] != '/')
    cf_tui_command (tui, text);
  else if (*text && window->conversation)
    cf_tui_say (window, text[0] == '/' ? text + 1 : text);
  else if (*text) {
    cf_tui_notice (tui, CF_LOOK_WARN, "%s",
                   _("This is the console: /help lists commands, Alt+2 goes to the first conversation"));
    cf_edit_set (window->edit, text);
  }
leave:
  free (text);
}

/* One step back from whatever is going on. */
static void
escape (struct cf_tui *tui)
{
  struct cf_window *window = tui->current;

  if (tui->question)
    cf_tui_answer (tui, false);
  else if (tui->sheet)
    cf_tui_sheet_close (tui);
  else if (window->editing || window->reply_to) {
    if (window->editing)
      cf_edit_clear (window->edit);
    cf_window_about_none (window);
  } else
    cf_window_choose_none (window);
}

static void
interrupt (struct cf_tui *tui)
{
  if (cf_tui_interrupt (tui))
    return;
  if (cf_tui_escape_means (tui))
    escape (tui);
  else if (cf_edit_len (tui->current->edit)) {
    cf_edit_remember (tui->current->edit, cf_edit_text (tui->current->edit));
    cf_edit_clear (tui->current->edit);
    cf_tui_typing (tui, false);
  } else
    cf_tui_notice (tui, CF_LOOK_MUTED, "%s", _("/quit leaves Confab"));
}

/* ---- scrolling, choosing ---- */

static void
scroll (struct cf_tui *tui, long rows)
{
  int columns = tui->layout.body.cols > 2 ? tui->layout.body.cols - 2 : tui->layout.body.cols;

  if (tui->sheet) {
    tui->sheet->top = false;
    cf_paper_scroll (tui->sheet->paper, &tui->sheet->scroll, columns, rows);
  } else
    cf_window_scroll (tui->current, rows);
}

static long
page (const struct cf_tui *tui)
{
  return tui->layout.body.rows > 2 ? tui->layout.body.rows - 1 : 1;
}

static void
choose (struct cf_tui *tui, int by)
{
  if (!cf_window_choose (tui->current, by) && by > 0)
    cf_window_choose_none (tui->current);
}

/* Keys that mean something while a message is chosen and nothing is typed.  False: it does not. */
static bool
chosen_key (struct cf_tui *tui, wchar_t ch)
{
  struct cf_window *window = tui->current;
  const json_t *message;

  if (!window->chosen || window->about || tui->question || cf_edit_len (window->edit) || !wcschr (L"re+dikj", ch))
    return false;
  if (ch == L'k' || ch == L'j') {
    choose (tui, ch == L'k' ? -1 : 1);
    return true;
  }
  message = cf_window_message (window, 0, false);
  if (!message)
    return true;
  if (ch == L'r')
    cf_tui_begin_reply (window, message);
  else if (ch == L'e')
    cf_tui_begin_edit (window, message);
  else if (ch == L'd')
    cf_tui_ask_delete (window, message);
  else if (ch == L'i')
    cf_tui_details (window, message);
  else
    cf_edit_set (window->edit, "/react ");
  return true;
}

static void
up_or_down (struct cf_tui *tui, const struct cf_key_event *event)
{
  int by = event->key == CF_KEY_UP ? -1 : 1;
  struct cf_edit *edit = cf_tui_edit (tui);

  if (event->alt)
    cf_window_step (tui, by);
  else if (event->control || (tui->current->chosen && !tui->question && !tui->sheet))
    choose (tui, by);
  else if (tui->sheet && !cf_edit_len (edit))
    scroll (tui, by);
  else if (!cf_edit_move (edit, by < 0 ? CF_EDIT_LINE_UP : CF_EDIT_LINE_DOWN))
    by < 0 ? cf_edit_older (edit) : cf_edit_newer (edit);
}

static void
home_or_end (struct cf_tui *tui, const struct cf_key_event *event)
{
  bool home = event->key == CF_KEY_HOME;
  struct cf_edit *edit = cf_tui_edit (tui);

  if (!cf_edit_len (edit) || event->control)
    home ? scroll (tui, -(1L << 20)) : tui->sheet ? scroll (tui, 1L << 20) : cf_window_bottom (tui->current);
  else
    cf_edit_move (edit, home ? CF_EDIT_LINE_START : CF_EDIT_LINE_END);
}

/* ---- letters with Ctrl and Alt ---- */

static void
control_key (struct cf_tui *tui, wchar_t ch)
{
  struct cf_edit *edit = cf_tui_edit (tui);

  switch (ch) {
  case L'A': cf_edit_move (edit, CF_EDIT_LINE_START); break;
  case L'B': cf_edit_move (edit, CF_EDIT_LEFT); break;
  case L'C': interrupt (tui); break;
  case L'D': cf_edit_delete (edit, CF_EDIT_RIGHT); break;
  case L'E': cf_edit_move (edit, CF_EDIT_LINE_END); break;
  case L'F': cf_edit_move (edit, CF_EDIT_RIGHT); break;
  case L'G': escape (tui); break;
  case L'J': insert (tui, "\n", 1); break;
  case L'K': cf_edit_cut (edit, CF_EDIT_LINE_END); break;
  case L'L': cf_term_repaint (tui->term); break;
  case L'N': cf_window_step (tui, 1); break;
  case L'P': cf_window_step (tui, -1); break;
  case L'T': cf_edit_swap (edit); break;
  case L'U': cf_edit_cut (edit, CF_EDIT_LINE_START); break;
  case L'W': cf_edit_cut (edit, CF_EDIT_WORD_LEFT); break;
  case L'Y': cf_edit_put_back (edit); break;
  case L'Z': tui->suspend = true; break;
  default: break;
  }
}

static void
alt_key (struct cf_tui *tui, wchar_t ch)
{
  struct cf_edit *edit = cf_tui_edit (tui);

  if (ch >= L'0' && ch <= L'9') {
    struct cf_window *window = cf_window_numbered (tui, ch == L'0' ? 10 : (unsigned) (ch - L'0'));

    if (window)
      cf_window_show (tui, window);
    else
      cf_tui_notice (tui, CF_LOOK_MUTED, _("There is no window %u"), ch == L'0' ? 10 : (unsigned) (ch - L'0'));
    return;
  }
  switch (ch) {
  case L'a': cf_window_next_unread (tui); break;
  case L'b': cf_edit_move (edit, CF_EDIT_WORD_LEFT); break;
  case L'd': cf_edit_cut (edit, CF_EDIT_WORD_RIGHT); break;
  case L'f': cf_edit_move (edit, CF_EDIT_WORD_RIGHT); break;
  case L'k': choose (tui, -1); break; /* where Ctrl+Up is the terminal's own */
  case L'j': choose (tui, 1); break;
  case L'l': tui->list = !tui->list; break;
  default: break;
  }
}

static void
click (struct cf_tui *tui, const struct cf_key_event *event)
{
  const struct cf_item *item = cf_frame_item_at (&tui->frame, &tui->layout, event->row, event->col);
  char *id;

  if (!item || item->kind == CF_ITEM_HEADING)
    return;
  id = cf_must_copy (item->id ? item->id : "");
  if (item->kind == CF_ITEM_WINDOW)
    cf_window_show (tui, *id ? cf_window_of (tui, id) : tui->windows[0]);
  else if (item->kind == CF_ITEM_PEER)
    cf_tui_open (tui, id);
  else
    cf_tui_accept (tui, id);
  free (id);
}

static void
function_key (struct cf_tui *tui, wchar_t number)
{
  if (number == 1)
    cf_tui_command (tui, "/help");
  else if (number == 2)
    tui->list = !tui->list;
}

/* ---- all of them ---- */

static void
text_key (struct cf_tui *tui, const struct cf_key_event *event)
{
  if (event->alt)
    alt_key (tui, event->ch);
  else if (tui->question && tui->question->yes_no) {
    cf_tui_answer (tui, event->ch == L'y' || event->ch == L'Y');
  } else if (!chosen_key (tui, event->ch))
    insert (tui, event->text, event->text_len);
}

static void
edit_key (struct cf_tui *tui, const struct cf_key_event *event)
{
  struct cf_edit *edit = cf_tui_edit (tui);
  bool word = event->alt || event->control;

  switch (event->key) {
  case CF_KEY_BACKSPACE:
    word ? cf_edit_cut (edit, CF_EDIT_WORD_LEFT) : cf_edit_delete (edit, CF_EDIT_LEFT);
    break;
  case CF_KEY_DELETE: cf_edit_delete (edit, CF_EDIT_RIGHT); break;
  case CF_KEY_LEFT:
    if (event->alt)
      cf_window_step (tui, -1);
    else
      cf_edit_move (edit, word ? CF_EDIT_WORD_LEFT : CF_EDIT_LEFT);
    break;
  case CF_KEY_RIGHT:
    if (event->alt)
      cf_window_step (tui, 1);
    else
      cf_edit_move (edit, word ? CF_EDIT_WORD_RIGHT : CF_EDIT_RIGHT);
    break;
  default: break;
  }
}

void
cf_tui_key (struct cf_tui *tui, const struct cf_key_event *event)
{
  free (tui->notice);
  tui->notice = NULL;
  switch (event->key) {
  case CF_KEY_TEXT: text_key (tui, event); break;
  case CF_KEY_CONTROL: control_key (tui, event->ch); break;
  case CF_KEY_ENTER: event->alt ? insert (tui, "\n", 1) : enter (tui); break;
  case CF_KEY_TAB: tui->question ? (void) 0 : cf_tui_complete (tui); break;
  case CF_KEY_ESCAPE: escape (tui); break;
  case CF_KEY_UP:
  case CF_KEY_DOWN: up_or_down (tui, event); break;
  case CF_KEY_HOME:
  case CF_KEY_END: home_or_end (tui, event); break;
  case CF_KEY_PAGE_UP: event->control ? cf_window_step (tui, -1) : scroll (tui, -page (tui)); break;
  case CF_KEY_PAGE_DOWN: event->control ? cf_window_step (tui, 1) : scroll (tui, page (tui)); break;
  case CF_KEY_FUNCTION: function_key (tui, event->ch); break;
  case CF_KEY_PASTE: insert (tui, event->text, event->text_len); break;
  case CF_KEY_WHEEL_UP: scroll (tui, -WHEEL_ROWS); break;
  case CF_KEY_WHEEL_DOWN: scroll (tui, WHEEL_ROWS); break;
  case CF_KEY_CLICK: click (tui, event); break;
  default: edit_key (tui, event); break;
  }
}
