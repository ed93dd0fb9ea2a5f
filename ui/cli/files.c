/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.c - commands about files: offering them, taking them, and watching them go; progress.c waits for their end. */

#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ui/cli/columns.h"
#include "ui/cli/files.h"
#include "ui/client/path.h"

#define WAIT_MS 30000 /* for the offer to be on its way */

/* ---- showing ---- */

void
cf_show_transfer (struct cf_cli *cli, json_t *row)
{
  char *name = cf_words_transfer_name (row), *state = cf_words_transfer (row), *hint = cf_words_transfer_hint (row);
  char *path = cf_row_shown (row, "path");
  int64_t skipped = cf_row_number (row, "skipped");
  bool bad = cf_transfer_state (row) == CF_TRANSFER_FAILED;

  cf_cli_say (cli, bad ? CF_CLI_BAD : CF_CLI_PLAIN, "%.8s  %s  %s", cf_row_text (row, "transfer"), name, state);
  if (*hint && !cf_transfer_ended (row))
    cf_cli_say (cli, CF_CLI_DIM, "          %s", hint);
  if (*path && cf_transfer_incoming (row) && cf_transfer_state (row) == CF_TRANSFER_DONE)
    cf_cli_say (cli, CF_CLI_DIM, "          %s", path);
  if (skipped > 0)
    cf_cli_say (cli, CF_CLI_WARN,
                ngettext ("          %d thing in it is neither file nor folder, and is left out",
                          "          %d things in it are neither files nor folders, and are left out",
                          (unsigned long) skipped),
                skipped > INT32_MAX ? INT32_MAX : (int) skipped);
  free (name);
  free (state);
  free (hint);
  free (path);
}

static char *
cell_id (const struct cf_cli *cli, const json_t *row)
{
  (void) cli;
  return cf_cli_sprintf ("%.8s", cf_row_text (row, "transfer"));
}

static char *
cell_with (const struct cf_cli *cli, const json_t *row)
{
  char *name = cf_row_conversation (cli, row), *text;

  text = cf_cli_sprintf (cf_transfer_incoming (row) ? _ ("from %s") : _ ("to %s"), name);
  free (name);
  return text;
}

static char *
cell_file (const struct cf_cli *cli, const json_t *row)
{
  (void) cli;
  return cf_words_transfer_name (row);
}

static char *
cell_state (const struct cf_cli *cli, const json_t *row)
{
  (void) cli;
  return cf_words_transfer (row);
}

const struct cf_cli_column cf_columns_transfers[] = {
  { N_ ("ID"), cell_id, 0, false },
  { N_ ("WITH"), cell_with, 0, false },
  { N_ ("FILE"), cell_file, 24, false },
  { N_ ("STATE"), cell_state, 0, false },
  { NULL, NULL, 0, false },
};

/* ---- paths ---- */

static char *
absolute (const struct cf_cli *cli, const char *path)
{
  return cf_cli_must (cf_client_path (path, cli->interactive)); /* in a console no shell has been */
}

/* Is there something to be sent at each of PATHS?  0, or an exit code, told: then nothing is offered at all. */
static int
check_paths (struct cf_cli *cli, char *const *paths)
{
  struct stat st;

  for (; *paths; paths++) {
    if (stat (*paths, &st))
      return cf_cli_fail (cli, cf_err_errno (), NULL, _ ("\"%s\" cannot be sent: %s"), *paths,
                          _ (cf_err_info (cf_err_errno ())->message));
    if (!S_ISREG (st.st_mode) && !S_ISDIR (st.st_mode))
      return cf_cli_fail (cli, cf_err (GPG_ERR_INV_VALUE), "", _ ("\"%s\" is neither a file nor a folder"), *paths);
  }
  return 0;
}

/* The paths among ARGS after the first SKIP; NULL: told. */
static char **
take_paths (struct cf_cli *cli, const struct cf_cli_args *args, size_t skip)
{
  char **paths = cf_cli_must (calloc (args->argc - skip + 1, sizeof *paths));

  for (size_t i = skip; i < args->argc; i++) {
    if (!strcmp (args->argv[i], "-") || !*args->argv[i]) {
      cf_cli_fail (cli, cf_err (GPG_ERR_INV_VALUE), _ ("Write it to a file first"),
                   _ ("A file has a name and a size: the standard input cannot be sent as one"));
      cf_cli_free_paths (paths);
      return NULL;
    }
    paths[i - skip] = absolute (cli, args->argv[i]);
  }
  return paths;
}

void
cf_cli_free_paths (char **paths)
{
  for (char **p = paths; *p; p++)
    free (*p);
  free (paths);
}

/* ---- send-file ---- */

struct offering {
  const char *conv, *wanted; /* a state of messages, or "done" */
  int timeout_ms;
  json_t *rows; /* of what was offered */
};

/* Offer PATH.  0, or an exit code, told. */
static int
offer (struct cf_cli *cli, struct offering *o, const char *path)
{
  bool done = !strcmp (o->wanted, "done");
  char *wait = cf_cli_sprintf ("--wait=%s", done ? "queued" : o->wanted);
  char *timeout = cf_cli_sprintf ("--timeout=%d", (o->timeout_ms + 999) / 1000);
  const char *words[] = { wait, timeout, o->conv, path, NULL };
  const char *state;
  json_t *rows = NULL, *row;
  int timeout_ms = cli->timeout_ms, code;

  cli->timeout_ms = cf_cli_send_limit (o->timeout_ms);
  cf_cli_wait_for_state (cli, o->wanted);
  code = cf_cli_rows (cli, "SEND-FILE", words, &rows);
  cf_cli_wait_over (cli);
  cli->timeout_ms = timeout_ms;
  row = json_array_get (rows, 0);
  if (!code && row) {
    json_array_append (o->rows, row);
    if (!done && cli->json)
      cf_cli_json (row);
    else if (!cli->json)
      cf_show_transfer (cli, row);
    state = cf_row_text (row, "message_state");
    if (!done && *state)
      code = cf_cli_send_outcome (cli, state, o->wanted);
  }
  json_decref (rows);
  free (wait);
  free (timeout);
  return code;
}

int
cf_cli_run_send_file (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  const char *wanted = cf_cli_option_value (args, "wait");
  struct offering o = { args->argv[0], wanted ? wanted : "sent", cli->timeout_ms < 0 ? WAIT_MS : cli->timeout_ms, NULL };
  int64_t cursor = -1;
  char **paths;
  int code, worst = 0;

  (void) command;
  if (wanted && strcmp (wanted, "done") && (cf_cli_state_rank (wanted) < 0 || cf_cli_state_rank (wanted) > 1))
    return cf_cli_fail (cli, cf_err (GPG_ERR_INV_VALUE), _ ("It is queued, sent or done"),
                        _ ("\"%s\" is not a state to wait for"), wanted);
  paths = take_paths (cli, args, 1);
  if (!paths)
    return CF_EXIT_USER;
  o.rows = cf_cli_must (json_array ());
  code = check_paths (cli, paths);
  if (!code && !strcmp (o.wanted, "done"))
    code = cf_cli_cursor (cli, &cursor); /* before there is anything to be told of */
  for (char **p = paths; !code && *p; p++) {
    code = offer (cli, &o, *p);
    if (code == CF_EXIT_QUEUED) { /* it waits; so will the others */
      worst = code;
      code = 0;
    }
  }
  if (!code && !strcmp (o.wanted, "done"))
    code = cf_cli_follow_transfers (cli, o.rows, cursor);
  json_decref (o.rows);
  cf_cli_free_paths (paths);
  return code ? code : worst;
}

/* ---- accept-file, and what else changes one transfer ---- */

int
cf_cli_run_transfer (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  const char *dir = cf_cli_option_value (args, "to"), *words[3] = { NULL, NULL, NULL };
  bool wait = cf_cli_option_value (args, "wait") != NULL;
  char *path = dir ? absolute (cli, dir) : NULL, *to = path ? cf_cli_sprintf ("--to=%s", path) : NULL;
  json_t *rows = NULL, *row;
  int64_t cursor = -1;
  size_t n = 0, i;
  int code = 0;

  if (to)
    words[n++] = to;
  words[n] = args->argv[0];
  if (wait)
    code = cf_cli_cursor (cli, &cursor);
  if (!code)
    code = cf_cli_rows (cli, command->verb, words, &rows);
  json_array_foreach (rows, i, row)
    if (cli->json && !wait)
      cf_cli_json (row);
    else if (!cli->json)
      cf_show_transfer (cli, row);
  if (!code && wait)
    code = cf_cli_follow_transfers (cli, rows, cursor);
  json_decref (rows);
  free (to);
  free (path);
  return code;
}

/* ---- transfers ---- */

int
cf_cli_run_transfers (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  int64_t cursor = -1;
  int code = 0;

  if (!cf_cli_option_value (args, "watch"))
    return cf_cli_run_named (cli, command, args);
  if (!cli->json)
    cf_cli_learn_names (cli);
  code = cf_cli_cursor (cli, &cursor);
  return code ? code : cf_cli_watch_transfers (cli, args, cursor);
}
