/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console.c - confab on a terminal without a command: who is near, and every command without typing "confab".
 *
 * Two connections: one for commands, one that streams events, which are shown
 * as they come, also while a command waits.  A chat (chat.c) takes over what
 * lines mean until it is left.
 */

#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui/cli/console.h"

/* ---- events ---- */

static void
before_event (struct cf_console *c)
{
  if (c->prompted)
    putchar ('\n'); /* what is being typed stays above, and is still there for the terminal */
  c->prompted = false;
}

/* Of use in a chat or to a program, or told by the command that caused it. */
static bool
is_noise (const struct cf_console *c, const json_t *event)
{
  const char *kind = cf_row_text (event, "event"), *state = cf_row_text (event, "state");

  if (!strncmp (kind, "request", 7)) /* and request_state */
    return !strcmp (state, "asked") || !strcmp (state, "accepted") || !strcmp (state, "opened")
           || !strcmp (state, "verified");
  if (!strcmp (kind, "conversation"))
    return !strcmp (state, "requested")
           || (!*cf_row_text (event, "change") && json_integer_value (json_object_get (event, "unread")))
           || (c->running && !strcmp (state, "closed") && !cf_row_true (event, "closed_by_peer"));
  return !strcmp (kind, "message_state") || !strcmp (kind, "typing") || !strcmp (kind, "network");
}

static gpg_error_t
on_event (void *arg, json_t *event)
{
  struct cf_console *c = arg;

  if (json_is_integer (json_object_get (event, "cursor")))
    c->cursor = json_integer_value (json_object_get (event, "cursor"));
  if (c->cli->names && !strcmp (cf_row_text (event, "event"), "conversation"))
    json_object_set (c->cli->names, cf_row_text (event, "conversation"), json_object_get (event, "title"));
  if (cf_chat_event (c, event) || is_noise (c, event))
    return 0;
  before_event (c);
  cf_show_event (c->cli, event);
  return 0;
}

static void
events_gone (struct cf_console *c)
{
  cf_client_free (c->events);
  c->events = NULL;
  c->cli->side_fd = -1;
  before_event (c);
  cf_cli_note (c->cli, _ ("The daemon has ended. The next command starts it again."));
}

/* All event lines that are there. */
static void
take_events (void *arg)
{
  struct cf_console *c = arg;
  struct cf_client_error error;
  bool ended = false;

  do {
    if (cf_client_step (c->events, &ended, &error) || ended) {
      events_gone (c);
      return;
    }
  } while (cf_client_pending (c->events));
}

/* Follow events, from where we were if we had to leave.  The daemon is not started for this alone. */
static void
follow (struct cf_console *c)
{
  static const struct cf_client_handler handler = { on_event, NULL };
  const struct cf_client_config config = { c->cli->home, false };
  char *line = c->cursor >= 0 ? cf_cli_sprintf ("EVENTS --since=%lld", (long long) c->cursor)
                              : cf_cli_sprintf ("EVENTS");

  if (!c->events && !cf_client_connect (&config, &c->events)) {
    if (cf_client_start (c->events, line, &handler, c)) {
      cf_client_free (c->events);
      c->events = NULL;
    } else {
      c->cli->side_fd = cf_client_fd (c->events);
      c->cli->side = take_events;
      c->cli->side_arg = c;
    }
  }
  free (line);
}

/* ---- lines ---- */

/* WORDS with ONE more, which they left out. */
static void
run_with (struct cf_cli *cli, char **words, size_t count, char *one)
{
  char **all = cf_cli_must (calloc (count + 2, sizeof *all));

  memcpy (all, words, count * sizeof *all);
  all[count] = one;
  cf_cli_run (cli, all, count + 1);
  free (all);
}

/* The only request that waits for an answer, told to the person, who may be about to type a password for it.
   Caller frees; NULL: there is not exactly one, told. */
static char *
only_request (struct cf_cli *cli)
{
  json_t *rows = NULL;
  char *who, *id = NULL;

  if (cf_cli_rows (cli, "REQUESTS", NULL, &rows))
    return NULL;
  if (json_array_size (rows) == 1) {
    who = cf_row_who (json_array_get (rows, 0));
    id = cf_cli_must (strdup (cf_row_text (json_array_get (rows, 0), "request")));
    cf_cli_note (cli, _ ("The request of %s"), who);
    free (who);
  } else if (json_array_size (rows))
    cf_cli_fail (cli, cf_err (GPG_ERR_AMBIGUOUS), _ ("\"requests\" lists them; name one"), _ ("Several wait for an answer"));
  else
    cf_cli_fail (cli, cf_err (GPG_ERR_NOT_FOUND), _ ("\"requests\" lists those who do"), _ ("Nobody is waiting for an answer"));
  json_decref (rows);
  return id;
}

/* Only options, none of them --help.  An option whose value is a word of its own counts as words. */
static bool
names_nothing (char **words, size_t count)
{
  for (size_t i = 1; i < count; i++)
    if (words[i][0] != '-' || !strcmp (words[i], "-h") || !strcmp (words[i], "--help"))
      return false;
  return true;
}

/* A command that does not say what it is about is about the chat, or the only request that waits. */
static void
run_completed (struct cf_console *c, const struct cf_cli_command *command, char **words, size_t count)
{
  char *request;

  if (command && c->chat && count == 1 && !strncmp (command->args, "CONV", 4) && strcmp (words[0], "chat"))
    run_with (c->cli, words, count, c->chat);
  else if (command && !strcmp (command->args, "REQUEST") && names_nothing (words, count)) {
    request = only_request (c->cli);
    if (request)
      run_with (c->cli, words, count, request);
    free (request);
  } else
    cf_cli_run (c->cli, words, count);
}

static void
run_words (struct cf_console *c, char **words, size_t count)
{
  const struct cf_cli_command *command = cf_cli_command_find (words[0]);
  struct cf_cli *cli = c->cli;
  int timeout_ms = cli->timeout_ms;
  const char *home = cli->home;
  bool json = cli->json;

  /* After the daemon has gone: follow it before anything is asked, so that nothing falls between. */
  if (!c->events && command && command->verb && !cf_cli_connect (cli))
    follow (c);
  c->running = true;
  run_completed (c, command, words, count);
  c->running = false;
  cli->timeout_ms = timeout_ms;
  cli->json = json;
  cli->home = home;
  cf_cli_interrupted (true);
}

static void
run_line (struct cf_console *c, const char *line)
{
  size_t count = 0;
  char **words;

  if (cf_cli_split (line, &words, &count)) {
    cf_cli_fail (c->cli, cf_err (GPG_ERR_SYNTAX), _ ("End it, or write \\ before it"), _ ("A quote is begun and not ended"));
    return;
  }
  if (count && (!strcmp (words[0], "quit") || !strcmp (words[0], "exit")))
    c->quit = true;
  else if (count && !strcmp (words[0], "leave") && c->chat)
    cf_chat_leave (c);
  else if (count)
    run_words (c, words, count);
  free (words);
  if (count && !strcmp (line, "help"))
    cf_cli_say (c->cli, CF_CLI_DIM,
                c->chat ? _ ("In a chat a command begins with /. Also /leave, /quit; // sends a line that begins with /.")
                        : _ ("Also: quit"));
  if (c->cli->chat) {
    char *chat = c->cli->chat;

    c->cli->chat = NULL;
    cf_chat_enter (c, chat);
    free (chat);
  }
}

static void
take_line (struct cf_console *c, char *line)
{
  size_t len = strlen (line);

  if (len && line[len - 1] == '\r')
    line[len - 1] = 0;
  if (c->chat && line[0] != '/')
    *line ? cf_chat_say (c, line) : (void) 0;
  else if (c->chat && line[1] == '/')
    cf_chat_say (c, line + 1);
  else
    run_line (c, c->chat ? line + 1 : line);
  follow (c);
}

/* The whole lines of the buffer; what is left stays for more. */
static void
take_input (struct cf_console *c)
{
  char *end;

  while (!c->quit && (end = memchr (c->input, '\n', c->input_len))) {
    size_t len = (size_t) (end - c->input);
    char *line = cf_cli_must (strndup (c->input, len));

    c->input_len -= len + 1;
    memmove (c->input, end + 1, c->input_len);
    c->prompted = false;
    take_line (c, line);
    free (line);
  }
  if (c->input_len == sizeof c->input) {
    cf_cli_fail (c->cli, cf_err (GPG_ERR_TOO_LARGE), _ ("\"confab send CONV -\" takes long texts"),
                 _ ("That line is too long"));
    c->input_len = 0;
  }
}

static void
read_input (struct cf_console *c)
{
  ssize_t n = read (STDIN_FILENO, c->input + c->input_len, sizeof c->input - c->input_len);

  if (n > 0)
    c->input_len += (size_t) n;
  else if (!n || errno != EINTR)
    c->input_ended = true;
}

static void
prompt (struct cf_console *c)
{
  if (c->chat || c->prompted || !c->cli->tty_in || c->cli->json)
    return; /* in a chat lines come and go, and a prompt would stand between them */
  fputs ("> ", stdout);
  cf_cli_flush ();
  c->prompted = true;
}

/* One turn: wait for a line, an event or Ctrl-C, and deal with it. */
static void
turn (struct cf_console *c)
{
  struct pollfd fds[2] = { { STDIN_FILENO, POLLIN, 0 }, { c->cli->side_fd, POLLIN, 0 } };

  prompt (c);
  if (c->events && cf_client_pending (c->events)) {
    take_events (c);
    return;
  }
  if (poll (fds, 2, -1) > 0) {
    if (fds[1].revents)
      take_events (c);
    if (fds[0].revents)
      read_input (c);
  }
  if (cf_cli_interrupted (true)) {
    putchar ('\n');
    c->prompted = false;
    if (c->chat)
      cf_chat_leave (c);
    else
      c->quit = true;
  }
}

static void
loop (struct cf_console *c)
{
  while (!c->quit) {
    take_input (c);
    if (c->quit)
      break;
    if (c->unread)
      cf_chat_mark_read (c);
    if (c->input_ended) { /* Ctrl-D: one step back */
      if (!c->chat || c->chat_only || !c->cli->tty_in)
        break;
      cf_chat_leave (c);
      c->input_ended = false;
    }
    turn (c);
  }
}

/* ---- the beginning ---- */

static void
run_one (struct cf_cli *cli, const char *name)
{
  char *words[2] = { cf_cli_must (strdup (name)), NULL };

  cf_cli_run (cli, words, 1);
  free (words[0]);
}

/* Who we are, who is near, what there is to do.  0, or an exit code, told. */
static int
overview (struct cf_cli *cli)
{
  json_t *rows = NULL;
  const char *state;
  char *who;
  int code = cf_cli_rows (cli, "STATUS", NULL, &rows);

  if (code)
    return code;
  state = cf_row_text (json_array_get (rows, 0), "state");
  if (!strcmp (state, "empty")) {
    cf_cli_say (cli, CF_CLI_BOLD, _ ("Welcome to Confab."));
    run_one (cli, "init");
  } else if (!strcmp (state, "locked"))
    run_one (cli, "start");
  json_decref (rows);
  rows = NULL;
  code = cf_cli_rows (cli, "STATUS", NULL, &rows);
  if (code)
    return code;
  if (!strcmp (cf_row_text (json_array_get (rows, 0), "state"), "ready")) {
    who = cf_row_who (json_array_get (rows, 0));
    cf_cli_say (cli, CF_CLI_BOLD, _ ("You are %s"), who);
    free (who);
    run_one (cli, "peers");
    run_one (cli, "conversations");
    run_one (cli, "requests");
    cf_cli_say (cli, CF_CLI_DIM, _ ("Commands: open PEER, accept REQUEST, chat CONV, help, quit."));
  } else
    cf_cli_say (cli, CF_CLI_DIM, _ ("Commands: init, start, status, help, quit."));
  json_decref (rows);
  cf_cli_learn_names (cli);
  return 0;
}

int
cf_cli_console (struct cf_cli *cli, const char *chat)
{
  struct cf_console *c = cf_cli_must (calloc (1, sizeof *c));
  int code;

  c->cli = cli;
  c->cursor = -1;
  c->chat_only = false;
  cli->interactive = true;
  cf_cli_catch_interrupt ();
  code = cf_cli_connect (cli);
  if (!code) {
    follow (c); /* first, so that nothing falls between what is listed and what is told */
    code = chat ? cf_chat_enter (c, chat) : overview (cli);
    c->chat_only = chat != NULL;
  }
  if (!code)
    loop (c);
  c->chat_only = false;
  cf_chat_leave (c);
  cf_client_free (c->events);
  cli->side_fd = -1;
  free (c);
  return code;
}

int
cf_cli_run_console (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  (void) command;
  (void) args;
  if (cli->interactive) /* it is the console already */
    return 0;
  return cf_cli_console (cli, NULL);
}

int
cf_cli_run_chat (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  (void) command;
  if (!cli->interactive)
    return cf_cli_console (cli, args->argv[0]);
  free (cli->chat);
  cli->chat = cf_cli_must (strdup (args->argv[0]));
  return 0;
}
