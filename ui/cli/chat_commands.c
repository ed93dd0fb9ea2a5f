/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chat_commands.c - what begins with a slash and is about the messages of a chat.
 *
 * A message is named by the number that /history and /search show, "#12"; left
 * out, it is the last one that makes sense.  Only /delete wants it said.
 */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/cli/console.h"
#include "ui/client/words.h"

struct command {
  const char *name, *args, *help;
  void (*run) (struct cf_console *c, const char *args);
};

/* ---- which message ---- */

/* The message that ARGS name first, or the last that is OURS or theirs; *R_REST is what follows.  NULL: told. */
static json_t *
named (struct cf_console *c, const char *args, bool ours, const char **r_rest)
{
  size_t number = 0;
  json_t *row;
  char *end;

  *r_rest = args;
  if (*args == '#' && args[1] >= '0' && args[1] <= '9') {
    number = strtoul (args + 1, &end, 10);
    *r_rest = end + strspn (end, " ");
  }
  row = *args == '#' && !number ? NULL : cf_chat_kept (c, number, ours);
  if (!row && number)
    cf_cli_fail (c->cli, cf_err (GPG_ERR_NOT_FOUND), _ ("/history shows messages with their numbers"),
                 _ ("No message was shown as #%zu"), number);
  else if (!row)
    cf_cli_fail (c->cli, cf_err (GPG_ERR_NOT_FOUND), _ ("/history shows messages with their numbers"),
                 ours ? _ ("You have not written anything here yet") : _ ("Nothing has come in here yet"));
  return row;
}

static bool
has_text (struct cf_console *c, const char *text, const char *usage)
{
  if (!*text)
    cf_cli_fail (c->cli, cf_err (GPG_ERR_MISSING_VALUE), usage, _ ("There is nothing to say"));
  return *text != 0;
}

/* ---- commands ---- */

static void
run_reply (struct cf_console *c, const char *args)
{
  const char *text;
  const json_t *row = named (c, args, false, &text);
  char *reply = row ? cf_cli_sprintf ("--reply-to=%s", cf_row_text (row, "message")) : NULL;
  const char *words[4] = { "--wait=queued", reply, c->chat, NULL };
  json_t *sent = NULL;

  if (row && has_text (c, text, _ ("Write it as: /reply #12 TEXT"))) {
    c->sending = text;
    if (!cf_cli_send_text (c->cli, words, text, strlen (text), c->cli->timeout_ms, &sent))
      cf_chat_sent (c, sent, text);
    c->sending = NULL;
    json_decref (sent);
  }
  free (reply);
}

static void
run_edit (struct cf_console *c, const char *args)
{
  const char *text, *words[3] = { c->chat, NULL, NULL };
  const json_t *row = named (c, args, true, &text);
  json_t *changed = NULL;

  if (!row || !has_text (c, text, _ ("Write it as: /edit #12 TEXT")))
    return;
  words[1] = cf_row_text (row, "message");
  if (!cf_cli_give_text (c->cli, "EDIT", words, text, strlen (text), c->cli->timeout_ms, &changed))
    cf_cli_say (c->cli, CF_CLI_DIM, _ ("(changed)"));
  json_decref (changed);
}

static void
run_react (struct cf_console *c, const char *args)
{
  const char *emoji, *words[4] = { c->chat, NULL, NULL, NULL };
  const json_t *row = named (c, args, false, &emoji);
  json_t *rows = NULL;

  if (!row)
    return;
  words[1] = cf_row_text (row, "message");
  words[2] = *emoji ? emoji : NULL;
  if (!cf_cli_rows (c->cli, "REACT", words, &rows))
    cf_cli_say (c->cli, CF_CLI_DIM, "%s", *emoji ? _ ("(reacted)") : _ ("(taken back)"));
  json_decref (rows);
}

static void
run_delete (struct cf_console *c, const char *args)
{
  const char *rest, *words[3] = { c->chat, NULL, NULL };
  const json_t *row;
  json_t *rows = NULL;

  if (*args != '#') {
    cf_cli_fail (c->cli, cf_err (GPG_ERR_MISSING_VALUE), _ ("/history shows their numbers; write it as: /delete #12"),
                 _ ("Which of your messages is to be taken back was not said"));
    return;
  }
  row = named (c, args, true, &rest);
  if (!row)
    return;
  words[1] = cf_row_text (row, "message");
  if (!cf_cli_rows (c->cli, "DELETE-MESSAGE", words, &rows))
    cf_cli_say (c->cli, CF_CLI_DIM, _ ("(taken back)"));
  json_decref (rows);
}

/* The rows of HISTORY with OPTION, numbered. */
static void
show_history (struct cf_console *c, const char *option, const char *none)
{
  const char *words[3] = { option, c->chat, NULL };
  json_t *rows = NULL, *row;
  size_t i;

  if (cf_cli_rows (c->cli, "HISTORY", words, &rows))
    return;
  json_array_foreach (rows, i, row)
    cf_chat_show (c, row, true);
  if (!json_array_size (rows))
    cf_cli_say (c->cli, CF_CLI_DIM, "%s", none);
  json_decref (rows);
}

static void
run_history (struct cf_console *c, const char *args)
{
  char *limit = NULL;

  if (strspn (args, "0123456789") != strlen (args)) {
    cf_cli_fail (c->cli, cf_err (GPG_ERR_INV_VALUE), _ ("Write it as: /history 30"), _ ("\"%s\" is not a number of messages"),
                 args);
    return;
  }
  limit = cf_cli_sprintf ("--limit=%s", *args ? args : "10");
  show_history (c, limit, _ ("Nothing has been said here yet"));
  free (limit);
}

static void
run_search (struct cf_console *c, const char *args)
{
  char *search = cf_cli_sprintf ("--search=%s", args);

  if (has_text (c, args, _ ("Write it as: /search WORDS")))
    show_history (c, search, _ ("No message has these words"));
  free (search);
}

static void
run_help (struct cf_console *c, const char *args)
{
  (void) args;
  cf_chat_help (c);
}

static const struct command commands[] = {
  { "reply", N_ ("[#N] TEXT"), N_ ("answer the last message, or number N"), run_reply },
  { "edit", N_ ("[#N] TEXT"), N_ ("give your last message, or number N, another text"), run_edit },
  { "react", N_ ("[#N] EMOJI"), N_ ("put a sign to the last message, or number N; without one, take yours back"), run_react },
  { "delete", N_ ("#N"), N_ ("take your message number N back, on both sides"), run_delete },
  { "history", N_ ("[COUNT]"), N_ ("the last messages, with their numbers"), run_history },
  { "search", N_ ("WORDS"), N_ ("the messages that have these words, with their numbers"), run_search },
  { "help", "", N_ ("this list"), run_help },
  { NULL, NULL, NULL, NULL },
};

void
cf_chat_help (struct cf_console *c)
{
  cf_cli_say (c->cli, CF_CLI_PLAIN, _ ("A line is a message. One that begins with a slash is a command:"));
  for (const struct command *command = commands; command->name; command++)
    cf_cli_say (c->cli, CF_CLI_PLAIN, "/%s%s%s: %s", command->name, *command->args ? " " : "",
                *command->args ? _ (command->args) : "", _ (command->help));
  cf_cli_say (c->cli, CF_CLI_PLAIN, _ ("/send-file PATH: offer a file or folder"));
  cf_cli_say (c->cli, CF_CLI_PLAIN,
              _ ("/accept-file, /refuse-file, /pause, /resume, /cancel [#N]: what becomes of the only file there is, or that "
                 "of message number N"));
  cf_cli_say (c->cli, CF_CLI_PLAIN, _ ("/leave: back to the console. /quit: end the program"));
  cf_cli_say (c->cli, CF_CLI_PLAIN, _ ("//TEXT: a message that begins with a slash"));
  cf_cli_say (c->cli, CF_CLI_PLAIN, _ ("Also every command of \"confab help\": /verify, /close, /timer 1h ..."));
}

bool
cf_chat_command (struct cf_console *c, const char *line)
{
  size_t len = strcspn (line, " ");

  for (const struct command *command = commands; command->name; command++)
    if (strlen (command->name) == len && !strncmp (line, command->name, len)) {
      char *args = cf_cli_must (strdup (line + len + strspn (line + len, " ")));
      size_t end = strlen (args);

      if (command->run == run_help && *args) { /* of another command */
        free (args);
        return false;
      }
      while (end && args[end - 1] == ' ')
        args[--end] = 0;
      c->running = true;
      command->run (c, args);
      c->running = false;
      free (args);
      return true;
    }
  return false;
}
