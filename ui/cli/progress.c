/* SPDX-License-Identifier: GPL-3.0-or-later */
/* progress.c - waiting for transfers: events are followed until there is nothing left to wait for.
 *
 * The last line of a terminal shows how far they are, all together: it is
 * written over, and taken away before anything else is said.
 */

#include <config.h>

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/cli/files.h"

#define BAR_WIDTH 24
#define NAME_WIDTH 28

struct follow {
  struct cf_cli *cli;
  json_t *rows;             /* id -> row of those that are waited for; or of all that are watched */
  bool watch;               /* for ever, telling every change of state */
  const char *conversation; /* only of this one; or NULL */
  bool line;                /* the last line shows progress */
  int code;                 /* the worst of those that have ended */
};

int
cf_cli_cursor (struct cf_cli *cli, int64_t *r_cursor)
{
  json_t *rows = NULL;
  int code = cf_cli_rows (cli, "STATUS", NULL, &rows);

  if (!code)
    *r_cursor = cf_row_number (json_array_get (rows, 0), "cursor");
  json_decref (rows);
  return code;
}

/* ---- the line ---- */

static void
clear_line (struct follow *f)
{
  if (f->line) {
    fputs ("\r\033[K", stdout);
    cf_cli_flush ();
  }
  f->line = false;
}

/* What is under way, added up, as one transfer.  *R_COUNT: how many there are. */
static json_t *
sum_up (const struct follow *f, unsigned *r_count)
{
  struct cf_transfer_sum sum = { 0 };
  const char *id, *name = "";
  json_t *row, *eta;

  json_object_foreach (f->rows, id, row) {
    if (cf_transfer_ended (row) || cf_transfer_state (row) == CF_TRANSFER_OFFERED)
      continue;
    cf_transfer_sum_add (&sum, row);
    name = cf_row_text (row, "name");
  }
  *r_count = sum.count;
  eta = sum.rate ? json_integer (cf_transfer_sum_eta (&sum)) : json_null ();
  return cf_cli_must (json_pack ("{s:s, s:s, s:I, s:I, s:I, s:o}", "state", "active", "name", name, "done",
                                 (json_int_t) sum.done, "size", (json_int_t) sum.size, "rate", (json_int_t) sum.rate,
                                 "eta", eta));
}

/* "########--------", or blocks where the terminal has them. */
static char *
bar (double fraction, size_t width)
{
  bool utf8 = !strcmp (nl_langinfo (CODESET), "UTF-8");
  size_t full = (size_t) (fraction * (double) width);
  char *text = cf_cli_must (calloc (width, 4)), *p = text;

  for (size_t i = 0; i < width; i++)
    p = stpcpy (p, i < full ? utf8 ? "█" : "#" : utf8 ? "░" : "-");
  return text;
}

static void
draw_line (struct follow *f)
{
  char *name, *shorter, *state, *blocks, *text, *cut;
  unsigned count;
  json_t *all = sum_up (f, &count);

  if (!count || f->cli->json || f->cli->width < 2) {
    json_decref (all);
    return;
  }
  name = count == 1 ? cf_words_transfer_name (all)
                    : cf_cli_sprintf (ngettext ("%zu file", "%zu files", count), (size_t) count);
  shorter = cf_cli_shorten (name, NAME_WIDTH);
  state = cf_words_transfer (all);
  blocks = bar (cf_transfer_fraction (all), BAR_WIDTH);
  text = cf_cli_sprintf ("%s  %s  %s", shorter, blocks, state);
  cut = cf_cli_shorten (text, (size_t) f->cli->width - 1);
  printf ("\r%s\033[K", cut);
  cf_cli_flush ();
  f->line = true;
  cf_cli_wait_shown (f->cli);
  json_decref (all);
  free (name);
  free (shorter);
  free (state);
  free (blocks);
  free (text);
  free (cut);
}

/* ---- events ---- */

/* Tell how ROW, which was waited for, has ended. */
static void
tell_end (struct follow *f, json_t *row)
{
  clear_line (f);
  if (f->cli->json)
    cf_cli_json (row);
  else
    cf_show_transfer (f->cli, row);
  if (cf_transfer_state (row) != CF_TRANSFER_DONE)
    f->code = CF_EXIT_NETWORK;
}

static bool
all_ended (const struct follow *f)
{
  const char *id;
  json_t *row;

  if (f->watch)
    return false;
  json_object_foreach (f->rows, id, row)
    if (!cf_transfer_ended (row))
      return false;
  return true;
}

/* A change of a transfer that is watched: each one for a program, those of its state for a person. */
static void
tell_change (struct follow *f, const json_t *before, json_t *row)
{
  if (f->cli->json) {
    cf_cli_json (row);
    return;
  }
  if (before && !strcmp (cf_row_text (before, "state"), cf_row_text (row, "state")))
    return;
  clear_line (f);
  cf_show_transfer (f->cli, row);
}

static void
take (struct follow *f, json_t *row)
{
  const char *id = cf_row_text (row, "transfer");
  json_t *before = json_object_get (f->rows, id);

  if (!*id || (!f->watch && !before) || (before && cf_transfer_ended (before)))
    return;
  if (f->conversation && strcmp (cf_row_text (row, "conversation"), f->conversation))
    return;
  if (f->watch)
    tell_change (f, before, row);
  else if (cf_transfer_ended (row))
    tell_end (f, row);
  json_object_set (f->rows, id, row);
}

static gpg_error_t
on_event (void *arg, json_t *event)
{
  struct follow *f = arg;
  json_t *row;

  if (!strcmp (cf_row_text (event, "event"), "transfer")) {
    row = cf_cli_must (cf_row_of_event (event));
    take (f, row);
    json_decref (row);
    draw_line (f);
  }
  return all_ended (f) ? cf_err (GPG_ERR_EOF) : 0; /* which ends the stream */
}

/* Until all have ended.  0, or an exit code, told. */
static int
run (struct follow *f, int64_t cursor)
{
  static const struct cf_client_handler handler = { on_event, NULL };
  char *since = cf_cli_sprintf ("%lld", (long long) cursor);
  const char *words[] = { since, NULL };
  struct cf_client_error error;
  gpg_error_t err = 0;
  int code = 0;

  if (!all_ended (f)) {
    if (!f->watch)
      cf_cli_wait_for_files (f->cli);
    draw_line (f);
    code = cf_cli_connect (f->cli);
    if (!code)
      err = cf_cli_call (f->cli, "EVENTS", words, &handler, f, f->cli->timeout_ms, &error);
  }
  clear_line (f);
  free (since);
  if (code || all_ended (f))
    code = code ? code : f->code;
  else if (gpg_err_code (err) != GPG_ERR_TIMEOUT)
    code = err ? cf_cli_fail_call (f->cli, &error) : 0;
  else if (!f->watch)
    code = cf_cli_fail_named (f->cli, "QUEUED", CF_EXIT_QUEUED, _ ("The time is up, and the files are still on their way"),
                              _ ("They go on by themselves; \"confab transfers\" shows how far they are"));
  cf_cli_wait_over (f->cli);
  return code;
}

int
cf_cli_follow_transfers (struct cf_cli *cli, const json_t *rows, int64_t cursor)
{
  struct follow f = { cli, cf_cli_must (json_object ()), false, NULL, false, 0 };
  json_t *row;
  size_t i;
  int code;

  json_array_foreach (rows, i, row) {
    json_object_set (f.rows, cf_row_text (row, "transfer"), row);
    if (cf_transfer_ended (row))
      tell_end (&f, row);
  }
  code = run (&f, cursor);
  json_decref (f.rows);
  return code;
}

int
cf_cli_watch_transfers (struct cf_cli *cli, const struct cf_cli_args *args, int64_t cursor)
{
  struct follow f = { cli, cf_cli_must (json_object ()), true, NULL, false, 0 };
  const char *conv = cf_cli_option_value (args, "conversation"), *words[2] = { NULL, NULL };
  json_t *conversation = NULL, *rows = NULL, *row;
  size_t i;
  int code = 0;

  if (cf_cli_option_value (args, "all"))
    words[0] = "--all";
  if (conv)
    code = cf_cli_find_conversation (cli, conv, &conversation);
  if (conversation)
    f.conversation = cf_row_text (conversation, "conversation");
  if (!code)
    code = cf_cli_rows (cli, "TRANSFERS", words, &rows);
  json_array_foreach (rows, i, row)
    take (&f, row);
  if (!code)
    code = run (&f, cursor);
  json_decref (conversation);
  json_decref (rows);
  json_decref (f.rows);
  return code;
}
