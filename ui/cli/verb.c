/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verb.c - running a command: its words taken apart, its verb called, its rows shown. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/cli/cli.h"

struct run {
  struct cf_cli *cli;
  const struct cf_cli_command *command;
  const struct cf_cli_args *args;
  json_t *rows; /* of a list, for people; NULL: each row is shown as it comes */
  bool asked;   /* for the password: the second asking of a verb is a fault, not a reason to prompt again */
};

static gpg_error_t
on_row (void *arg, json_t *row)
{
  struct run *run = arg;

  if (run->cli->json)
    cf_cli_json (row);
  else if (run->rows)
    return json_array_append (run->rows, row) ? cf_err (GPG_ERR_ENOMEM) : 0;
  else if (run->command->show)
    run->command->show (run->cli, row);
  return 0;
}

/* From here on it is not the daemon that takes its time. */
static void
wait_after_password (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  if (!strcmp (command->name, "open") || !strcmp (command->name, "verify"))
    cf_cli_wait_for_password (cli, args->argv[0]);
  else if (!strcmp (command->name, "accept"))
    cf_cli_wait_for (cli, _ ("Your answer was given. \"confab conversations\" shows what became of it."),
                     _ ("Waiting to hear whether the passwords are the same. Ctrl-C stops waiting; your answer was given."));
}

static gpg_error_t
on_inquire (void *arg, const char *keyword, char **r_data, size_t *r_len)
{
  struct run *run = arg;

  if (!run->command->password || strcmp (keyword, "PASSWORD") || run->asked)
    return cf_err (GPG_ERR_NO_DATA);
  run->asked = true;
  run->cli->told = cf_cli_password (run->cli, run->args, r_data, r_len);
  if (!run->cli->told)
    wait_after_password (run->cli, run->command, run->args);
  return run->cli->told ? cf_err (GPG_ERR_CANCELED) : 0;
}

/* "--name=value" for each option that the daemon is to know, then the arguments; NULL at the end. */
static char **
build_words (const struct cf_cli_args *args)
{
  char **words = cf_cli_must (calloc (args->option_count + args->argc + 1, sizeof *words)), **w = words;

  for (size_t i = 0; i < args->option_count; i++)
    if (!args->options[i].def->local)
      *w++ = args->options[i].def->value
                 ? cf_cli_sprintf ("--%s=%s", args->options[i].def->name, args->options[i].value)
                 : cf_cli_sprintf ("--%s", args->options[i].def->name);
  for (size_t i = 0; i < args->argc; i++)
    *w++ = cf_cli_must (strdup (args->argv[i]));
  return words;
}

static void
free_words (char **words)
{
  for (char **w = words; *w; w++)
    free (*w);
  free (words);
}

static void
show_list (struct cf_cli *cli, const struct cf_cli_command *command, const json_t *rows)
{
  const json_t *row;
  size_t i;

  if (json_array_size (rows))
    cf_cli_table (cli, command->columns, rows);
  json_array_foreach (rows, i, row)
    cf_show_alarm (cli, row);
  if (!json_array_size (rows) && command->empty)
    cf_cli_say (cli, CF_CLI_PLAIN, "%s", _ (command->empty));
}

int
cf_cli_run_verb (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  static const struct cf_client_handler handler = { on_row, on_inquire };
  bool streams = command->streams || cf_cli_option_value (args, "watch");
  struct run run = { cli, command, args, NULL, false };
  struct cf_client_error error;
  char **words = NULL;
  gpg_error_t err;
  int code = 0;

  cli->told = 0;
  if (command->password)
    code = cf_cli_password_possible (cli, args);
  if (!code)
    code = cf_cli_connect (cli);
  if (code)
    return code;
  if (command->columns && !streams && !cli->json)
    run.rows = cf_cli_must (json_array ());
  words = build_words (args);
  if (!streams)
    cf_cli_wait_for_daemon (cli);
  err = cf_cli_call (cli, command->verb, (const char *const *) words, &handler, &run, cli->timeout_ms, &error);
  if (streams && gpg_err_code (err) == GPG_ERR_TIMEOUT)
    err = 0; /* it was to go on for that long */
  if (err)
    code = cf_cli_fail_call (cli, &error);
  cf_cli_wait_over (cli);
  if (!err && run.rows)
    show_list (cli, command, run.rows);
  json_decref (run.rows);
  free_words (words);
  return code;
}

int
cf_cli_run_named (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  if (!cli->json)
    cf_cli_learn_names (cli);
  return cf_cli_run_verb (cli, command, args);
}

static int
unknown_command (struct cf_cli *cli, const char *word)
{
  const char *names[64], *nearest;
  char *hint, *shown;
  size_t n = 0;
  int code;

  for (const struct cf_cli_command *c = cf_cli_commands; c->name && n < sizeof names / sizeof *names - 1; c++)
    names[n++] = c->name;
  names[n] = NULL;
  nearest = cf_cli_nearest (word, names);
  hint = nearest ? cf_cli_sprintf (_ ("Did you mean \"%s%s\"?"), cli->interactive ? "" : "confab ", nearest)
                 : cf_cli_sprintf (_ ("\"%shelp\" lists the commands"), cli->interactive ? "" : "confab ");
  shown = cf_cli_shorten (word, 40);
  code = cf_cli_fail (cli, cf_err (GPG_ERR_UNKNOWN_COMMAND), hint, _ ("There is no command \"%s\""), shown);
  free (shown);
  free (hint);
  return code;
}

const struct cf_cli_command *
cf_cli_command_find (const char *name)
{
  for (const struct cf_cli_command *c = cf_cli_commands; c->name; c++)
    if (!strcmp (c->name, name))
      return c;
  return NULL;
}

int
cf_cli_run (struct cf_cli *cli, char **words, size_t count)
{
  const struct cf_cli_command *command = cf_cli_command_find (words[0]);
  struct cf_cli_args args;
  int code;

  if (!command)
    return unknown_command (cli, words[0]);
  code = cf_cli_args_parse (cli, command, words + 1, count - 1, &args);
  if (!code && args.help)
    cf_cli_usage (cli, command);
  else if (!code && args.argc < command->min_args)
    code = cf_cli_choose (cli, command, &args);
  if (!code && !args.help)
    code = (command->run ? command->run : cf_cli_run_verb) (cli, command, &args);
  cf_cli_args_done (&args);
  return code;
}
