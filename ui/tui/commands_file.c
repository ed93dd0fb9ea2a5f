/* SPDX-License-Identifier: GPL-3.0-or-later */
/* commands_file.c - files: offering them, taking them, and what becomes of them. */

#include <config.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistr.h>

#include "ui/client/path.h"
#include "ui/tui/command.h"

#define MATCHES_MAX 1000 /* names of one directory that are looked at */

/* ---- offering ---- */

static void
offered (struct cf_tui_call *call, const struct cf_client_error *error)
{
  const json_t *row = json_array_get (call->rows, 0);
  char *name;

  if (error->err) {
    cf_tui_notice_error (call->tui, error);
    return;
  }
  name = cf_words_transfer_name (row);
  if (cf_row_number (row, "skipped") > 0)
    cf_tui_notice (call->tui, CF_LOOK_WARN, _("%s is offered, without what in it is neither file nor folder"), name);
  else
    cf_tui_notice (call->tui, CF_LOOK_PLAIN, _("%s is offered: it goes when they take it"), name);
  free (name);
}

void
cf_run_send_file (struct cf_tui *tui, const struct cf_args *args)
{
  char *path = cf_must (cf_client_path (args->word[0], true));
  const char *words[4] = { "--wait=queued", tui->current->conversation, path, NULL };

  cf_tui_call_start (cf_tui_call_new (tui, offered), "SEND-FILE", words, NULL);
  free (path);
}

void
cf_command_add_paths (const char *typed, void (*add) (void *arg, char *name), void *arg)
{
  const char *slash = strrchr (typed, '/'), *begin = slash ? slash + 1 : typed;
  char *typed_dir = slash ? cf_must (strndup (typed, (size_t) (slash + 1 - typed))) : cf_must_copy ("");
  char *dir = cf_must (cf_client_path (slash ? typed_dir : ".", true)), *full;
  DIR *d = opendir (dir);
  struct dirent *entry;
  struct stat st;

  for (int i = 0; d && i < MATCHES_MAX && (entry = readdir (d)); i++) {
    if ((*entry->d_name == '.' && *begin != '.') || !strcmp (entry->d_name, ".") || !strcmp (entry->d_name, "..")
        || strncmp (entry->d_name, begin, strlen (begin))
        || u8_check ((const uint8_t *) entry->d_name, strlen (entry->d_name)) /* nobody could type it */
        || strpbrk (entry->d_name, "\n\t"))
      continue;
    full = cf_must_print ("%s/%s", dir, entry->d_name);
    add (arg, cf_must_print ("%s%s%s", typed_dir, entry->d_name, !stat (full, &st) && S_ISDIR (st.st_mode) ? "/" : ""));
    free (full);
  }
  if (d)
    closedir (d);
  free (dir);
  free (typed_dir);
}

/* ---- which transfer ---- */

/* The one that is to have DEED done to it: of message NUMBER, else of the one that is chosen, else the newest here for
   which that makes sense.  NULL: none, told. */
static const json_t *
find (struct cf_tui *tui, unsigned number, unsigned deed)
{
  struct cf_window *window = tui->current;
  const json_t *row = NULL;

  if (number || window->chosen)
    row = cf_transfer_of_message (tui->model, cf_window_message (window, number, false));
  else
    while ((row = cf_transfer_next (tui->model, window->conversation, row)) && !(cf_transfer_deeds (row) & deed))
      ;
  if (row && (cf_transfer_deeds (row) & deed))
    return row;
  cf_tui_notice (tui, CF_LOOK_BAD, "%s", _("There is no file here for which that makes sense now"));
  return NULL;
}

bool
cf_command_file_waits (struct cf_tui *tui)
{
  const json_t *row = NULL;

  while (tui->current->conversation && (row = cf_transfer_next (tui->model, tui->current->conversation, row)))
    if (cf_transfer_deeds (row) & CF_TRANSFER_CAN_ACCEPT)
      return true;
  return false;
}

/* VERB for the transfer that ARGS mean; OPTION or NULL. */
static void
change (struct cf_tui *tui, const char *text, unsigned deed, const char *verb)
{
  unsigned number = cf_command_number (&text);
  const json_t *row = find (tui, number, deed);
  char *dir, *option = NULL;
  const char *words[3] = { NULL, NULL, NULL };
  size_t n = 0;

  if (!row)
    return;
  if (*text) {
    dir = cf_must (cf_client_path (text, true));
    words[n++] = option = cf_must_print ("--to=%s", dir);
    free (dir);
  }
  words[n] = cf_row_text (row, "transfer");
  cf_tui_call_start (cf_tui_call_new (tui, NULL), verb, words, NULL);
  cf_window_choose_none (tui->current);
  free (option);
}

void
cf_run_accept_file (struct cf_tui *tui, const struct cf_args *args)
{
  change (tui, args->rest, CF_TRANSFER_CAN_ACCEPT, "ACCEPT-FILE");
}

void
cf_run_refuse_file (struct cf_tui *tui, const struct cf_args *args)
{
  change (tui, args->rest, CF_TRANSFER_CAN_REFUSE, "REFUSE-FILE");
}

void
cf_run_pause (struct cf_tui *tui, const struct cf_args *args)
{
  change (tui, args->rest, CF_TRANSFER_CAN_PAUSE, "PAUSE");
}

void
cf_run_resume (struct cf_tui *tui, const struct cf_args *args)
{
  change (tui, args->rest, CF_TRANSFER_CAN_RESUME, "RESUME");
}

void
cf_run_cancel (struct cf_tui *tui, const struct cf_args *args)
{
  change (tui, args->rest, CF_TRANSFER_CAN_CANCEL, "CANCEL");
}

/* ---- all of them ---- */

void
cf_run_transfers (struct cf_tui *tui, const struct cf_args *args)
{
  struct cf_sheet *sheet = cf_tui_sheet (tui, _("Files"));
  const json_t *row = NULL, *conversation;
  char *who, *name, *state, *line, label[16];

  (void) args;
  while ((row = cf_transfer_next (tui->model, tui->current->conversation, row))) {
    conversation = cf_model_get (tui->model, CF_MODEL_CONVERSATIONS, cf_row_text (row, "conversation"));
    who = cf_words_name (conversation);
    name = cf_words_transfer_name (row);
    state = cf_words_transfer (row);
    line = cf_must_print (cf_transfer_incoming (row) ? _("%s, from %s: %s") : _("%s, to %s: %s"), name, who, state);
    cf_sheet_target (sheet, cf_row_text (row, "conversation"), cf_row_text (row, "message"));
    snprintf (label, sizeof label, "%3zu", sheet->target_count);
    cf_paper_add (sheet->paper, CF_LOOK_PLAIN, 5, label, line);
    free (who);
    free (name);
    free (state);
    free (line);
  }
  if (sheet->target_count)
    cf_sheet_line (sheet, CF_LOOK_PLAIN, "");
  cf_sheet_line (sheet, CF_LOOK_MUTED,
                 sheet->target_count ? _("To go to one of them, type its number and Enter.")
                                     : _("No files are on their way. /send-file PATH offers one."));
}
