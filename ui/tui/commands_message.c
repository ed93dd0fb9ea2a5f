/* SPDX-License-Identifier: GPL-3.0-or-later */
/* commands_message.c - messages: sending, answering, changing, finding them. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/text.h"
#include "ui/tui/command.h"

#define RESULTS "--limit=50"

/* ---- sending ---- */

/* What could not be sent comes back to where it was typed, if nothing else stands there by now. */
static void
sent (struct cf_tui_call *call, const struct cf_client_error *error)
{
  struct cf_window *window = cf_window_of (call->tui, call->conversation);

  if (!error->err)
    return;
  cf_tui_notice_error (call->tui, error);
  if (window && !cf_edit_len (window->edit))
    cf_edit_set (window->edit, call->text);
}

static void
send_text (struct cf_tui *tui, const char *conversation, const char *verb, const char *option, const char *id,
           const char *text)
{
  const char *words[4] = { option, conversation, id, NULL };
  const struct cf_answer answers[2] = { { "TEXT", text, strlen (text) }, { NULL, NULL, 0 } };
  struct cf_tui_call *call = cf_tui_call_new (tui, sent);

  call->conversation = cf_must_copy (conversation);
  call->text = cf_must_copy (text);
  cf_tui_call_start (call, verb, option ? words : words + 1, answers);
}

static void
send_reply (struct cf_tui *tui, const char *conversation, const char *message, const char *text)
{
  const char *words[4] = { "--wait=queued", NULL, conversation, NULL };
  const struct cf_answer answers[2] = { { "TEXT", text, strlen (text) }, { NULL, NULL, 0 } };
  struct cf_tui_call *call = cf_tui_call_new (tui, sent);
  char *option = cf_must_print ("--reply-to=%s", message);

  words[1] = option;
  call->conversation = cf_must_copy (conversation);
  call->text = cf_must_copy (text);
  cf_tui_call_start (call, "SEND", words, answers);
  free (option);
}

void
cf_tui_say (struct cf_window *window, const char *text)
{
  struct cf_tui *tui = window->tui;

  if (window->editing)
    send_text (tui, window->conversation, "EDIT", NULL, window->editing, text);
  else if (window->reply_to)
    send_reply (tui, window->conversation, window->reply_to, text);
  else
    send_text (tui, window->conversation, "SEND", "--wait=queued", NULL, text);
  cf_window_about_none (window);
  window->had_unread = false;
  if (!window->scroll.follows)
    cf_window_bottom (window);
}

void
cf_run_msg (struct cf_tui *tui, const struct cf_args *args)
{
  struct cf_window *window = cf_command_window (tui, args->word[0]);

  if (window && !window->conversation)
    cf_tui_notice (tui, CF_LOOK_BAD, "%s", _("That is the console"));
  else if (window && !*args->rest)
    cf_tui_notice (tui, CF_LOOK_BAD, "%s", _("There is nothing to send"));
  else if (window)
    send_text (tui, window->conversation, "SEND", "--wait=queued", NULL, args->rest);
}

/* ---- which message ---- */

unsigned
cf_command_number (const char **text)
{
  size_t digits = strspn (*text, "0123456789");
  unsigned long number;

  if (!digits || digits > 4 || ((*text)[digits] && (*text)[digits] != ' '))
    return 0;
  number = strtoul (*text, NULL, 10);
  *text += digits;
  *text += strspn (*text, " ");
  return (unsigned) number;
}

static bool
is_own (const json_t *message)
{
  return !strcmp (cf_row_text (message, "direction"), "out");
}

static const char *
id_of (const json_t *message)
{
  return cf_row_text (message, "message");
}

/* ---- reply, edit ---- */

/* Notices and what was taken back cannot be answered; told. */
static bool
is_said (struct cf_window *window, const json_t *message)
{
  if (cf_message_is_said (message))
    return true;
  cf_tui_notice (window->tui, CF_LOOK_BAD, "%s", _("There is nothing to answer: nobody said it, or it was taken back"));
  return false;
}

/* Go on to the line that answers or changes message ID; ABOUT, which is taken over, says what it is. */
static void
begin (struct cf_window *window, char **which, const char *id, const char *text, char *about)
{
  cf_window_about_none (window);
  window->chosen = cf_must_copy (id); /* to be seen */
  *which = cf_must_copy (id);
  window->about = about;
  if (text)
    cf_edit_set (window->edit, text);
}

void
cf_tui_begin_reply (struct cf_window *window, const json_t *message)
{
  char *who, *text;

  if (!message || !is_said (window, message))
    return;
  who = is_own (message) ? cf_must_copy (_("you")) : cf_window_title (window);
  text = cf_text_one_line (cf_row_text (message, "text"));
  begin (window, &window->reply_to, id_of (message), NULL, cf_must_print ("%s: %s", who, text));
  free (who);
  free (text);
}

static bool
may_edit (struct cf_window *window, const json_t *message)
{
  if (is_own (message) && !cf_row_true (message, "deleted") && !cf_row_true (message, "notice")
      && strcmp (cf_row_text (message, "kind"), "file"))
    return true;
  cf_tui_notice (window->tui, CF_LOOK_BAD, "%s", _("Only messages of yours can be changed"));
  return false;
}

void
cf_tui_begin_edit (struct cf_window *window, const json_t *message)
{
  char *text;

  if (!message || !may_edit (window, message))
    return;
  text = cf_words_text (message);
  begin (window, &window->editing, id_of (message), text, cf_text_one_line (text));
  free (text);
}

void
cf_run_reply (struct cf_tui *tui, const struct cf_args *args)
{
  const char *text = args->rest;
  unsigned number = cf_command_number (&text);
  const json_t *message = cf_window_message (tui->current, number, false);

  if (!message || !is_said (tui->current, message))
    return;
  if (*text) {
    send_reply (tui, tui->current->conversation, id_of (message), text);
    cf_window_about_none (tui->current);
  } else
    cf_tui_begin_reply (tui->current, message);
}

void
cf_run_edit (struct cf_tui *tui, const struct cf_args *args)
{
  const char *text = args->rest;
  unsigned number = cf_command_number (&text);
  const json_t *message = cf_window_message (tui->current, number, true);

  if (!message || !*text) {
    cf_tui_begin_edit (tui->current, message);
    return;
  }
  if (may_edit (tui->current, message))
    send_text (tui, tui->current->conversation, "EDIT", NULL, id_of (message), text);
  cf_window_about_none (tui->current);
}

/* ---- react, delete ---- */

void
cf_run_react (struct cf_tui *tui, const struct cf_args *args)
{
  const char *text = args->rest, *words[4] = { tui->current->conversation, NULL, NULL, NULL };
  unsigned number = cf_command_number (&text);
  const json_t *message = cf_window_message (tui->current, number, false);

  if (!message)
    return;
  words[1] = id_of (message);
  words[2] = *text ? text : NULL;
  cf_tui_call_start (cf_tui_call_new (tui, NULL), "REACT", words, NULL);
  cf_window_choose_none (tui->current);
}

struct deletion {
  char *conversation, *message;
  bool here;
};

static void
deletion_free (void *arg)
{
  struct deletion *deletion = arg;

  free (deletion->conversation);
  free (deletion->message);
  free (deletion);
}

static void
delete_answered (struct cf_tui *tui, void *arg, const char *text, size_t len)
{
  const struct deletion *deletion = arg;
  const char *words[4] = { "--here", deletion->conversation, deletion->message, NULL };

  (void) len;
  if (text)
    cf_tui_call_start (cf_tui_call_new (tui, NULL), "DELETE-MESSAGE", deletion->here ? words : words + 1, NULL);
}

void
cf_tui_ask_delete (struct cf_window *window, const json_t *message)
{
  struct deletion *deletion;

  if (!message)
    return;
  deletion = cf_must (calloc (1, sizeof *deletion));
  deletion->conversation = cf_must_copy (window->conversation);
  deletion->message = cf_must_copy (id_of (message));
  deletion->here = !is_own (message) || cf_row_true (message, "deleted");
  cf_window_choose_none (window);
  cf_tui_ask_yes_no (window->tui,
                     deletion->here ? _("Remove this message from your side? It stays at the other side. y/n")
                                    : _("Take this message back, on both sides? y/n"),
                     delete_answered, deletion_free, deletion);
}

void
cf_run_delete (struct cf_tui *tui, const struct cf_args *args)
{
  const char *text = args->rest;
  unsigned number = cf_command_number (&text);

  cf_tui_ask_delete (tui->current, cf_window_message (tui->current, number, true));
}

/* ---- details ---- */

static void
pair_time (struct cf_sheet *sheet, const char *label, const json_t *row, const char *key)
{
  int64_t at;
  char *text;

  if (!cf_row_utc_ms (row, key, &at))
    return;
  text = cf_words_time_full (at);
  cf_sheet_pair (sheet, label, text);
  free (text);
}

static void
pair_fingerprint (struct cf_sheet *sheet, const char *label, const json_t *row, const char *key)
{
  char *text = cf_words_fingerprint (cf_row_text (row, key));

  cf_sheet_pair (sheet, label, text);
  free (text);
}

static void
show_details (struct cf_tui *tui, const json_t *row)
{
  struct cf_sheet *sheet = cf_tui_sheet (tui, _("Message"));
  const char *signature = cf_row_text (row, "signature");
  char *text = cf_words_text (row);

  cf_sheet_line (sheet, CF_LOOK_PLAIN, text);
  cf_sheet_line (sheet, CF_LOOK_PLAIN, "");
  cf_sheet_pair (sheet, _("signature"),
                 !*signature || !strcmp (signature, "valid") ? _("valid")
                 : !strcmp (signature, "key_changed")        ? _("by another key than before")
                                                             : _("not as it should be"));
  pair_fingerprint (sheet, _("signed by"), row, "signed_by");
  pair_fingerprint (sheet, _("author"), row, "author");
  cf_sheet_pair (sheet, _("state"), cf_words_state (row));
  pair_time (sheet, _("sent"), row, "sent_at");
  pair_time (sheet, _("received"), row, "received_at");
  pair_time (sheet, _("delivered"), row, "delivered_at");
  pair_time (sheet, _("read"), row, "read_at");
  pair_time (sheet, _("changed"), row, "edited_at");
  pair_time (sheet, _("disappears"), row, "expires_at");
  pair_fingerprint (sheet, _("your key"), row, "own_key");
  pair_fingerprint (sheet, _("their key"), row, "peer_key");
  free (text);
}

static void
details_done (struct cf_tui_call *call, const struct cf_client_error *error)
{
  if (error->err)
    cf_tui_notice_error (call->tui, error);
  else
    show_details (call->tui, json_array_get (call->rows, 0));
}

void
cf_tui_details (struct cf_window *window, const json_t *message)
{
  const char *words[3] = { window->conversation, NULL, NULL };

  if (!message)
    return;
  words[1] = id_of (message);
  cf_tui_call_start (cf_tui_call_new (window->tui, details_done), "MESSAGE", words, NULL);
}

void
cf_run_details (struct cf_tui *tui, const struct cf_args *args)
{
  const char *text = args->rest;
  unsigned number = cf_command_number (&text);

  cf_tui_details (tui->current, cf_window_message (tui->current, number, false));
}

/* ---- finding ---- */

static void
show_result (struct cf_tui *tui, struct cf_sheet *sheet, const json_t *row)
{
  const json_t *conversation = cf_model_get (tui->model, CF_MODEL_CONVERSATIONS, cf_row_text (row, "conversation"));
  int64_t now = cf_session_env (cf_model_session (tui->model))->now_utc_ms, at;
  char *who = is_own (row) ? cf_must_copy (_("you")) : cf_words_name (conversation);
  char *text = cf_text_one_line (cf_row_text (row, "text"));
  char *when = cf_row_utc_ms (row, "sent_at", &at) ? cf_words_time (at, now) : cf_must_copy ("");
  char *line = cf_must_print ("%s  %s: %s", when, who, text), label[16];

  cf_sheet_target (sheet, cf_row_text (row, "conversation"), id_of (row));
  snprintf (label, sizeof label, "%3zu", sheet->target_count);
  cf_paper_add (sheet->paper, CF_LOOK_PLAIN, 5, label, line);
  free (who);
  free (text);
  free (when);
  free (line);
}

static void
search_done (struct cf_tui_call *call, const struct cf_client_error *error)
{
  struct cf_sheet *sheet;
  const json_t *row;
  size_t i;

  if (error->err) {
    cf_tui_notice_error (call->tui, error);
    return;
  }
  sheet = cf_tui_sheet (call->tui, call->text);
  json_array_foreach (call->rows, i, row)
    show_result (call->tui, sheet, row);
  if (sheet->target_count)
    cf_sheet_line (sheet, CF_LOOK_PLAIN, "");
  cf_sheet_line (sheet, CF_LOOK_MUTED,
                 sheet->target_count ? _("To go to one of them, type its number and Enter.")
                                     : _("There is no message with these words."));
}

void
cf_run_search (struct cf_tui *tui, const struct cf_args *args)
{
  const char *words[4] = { RESULTS, NULL, NULL, NULL };
  struct cf_tui_call *call = cf_tui_call_new (tui, search_done);
  char *option = cf_must_print ("--search=%s", args->rest);

  call->text = cf_must_print (_("Messages with \"%s\""), args->rest);
  words[1] = tui->current->conversation ? option : args->rest;
  words[2] = tui->current->conversation;
  cf_tui_call_start (call, tui->current->conversation ? "HISTORY" : "SEARCH", words, NULL);
  free (option);
}

void
cf_tui_jump (struct cf_tui *tui, const char *target)
{
  const char *message = strchr (target, ' ');
  char *conversation = cf_must (strndup (target, (size_t) (message - target))), *id = cf_must_copy (message + 1);
  struct cf_window *window = cf_window_of (tui, conversation);

  cf_tui_sheet_close (tui); /* TARGET is gone */
  if (window) {
    cf_window_show (tui, window);
    cf_window_jump (window, id);
  }
  free (conversation);
  free (id);
}
