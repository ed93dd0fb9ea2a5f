/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console.c - a console of lines: who is near, and every command without typing "confab".
 *
 * Commands go over the program's one connection; a session beside it follows
 * events, which are shown as they come, also while a command waits, and above
 * the line that is being typed (typed.h).  A chat (chat.c) takes over what
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

#define SETTLE_MS 5000 /* for the session to know how the daemon stands */

/* ---- events ---- */

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

static void
on_event (void *arg, const json_t *row)
{
  struct cf_console *c = arg;
  json_t *event = (json_t *) (uintptr_t) row;

  if (c->cli->names && !strcmp (cf_row_text (event, "event"), "conversation"))
    json_object_set (c->cli->names, cf_row_text (event, "conversation"), json_object_get (event, "title"));
  cf_typed_hide (&c->typed);
  if (!cf_chat_event (c, event) && !is_noise (c, event))
    cf_show_event (c->cli, event);
}

static void
on_state (void *arg, enum cf_session_state state, const struct cf_client_error *why)
{
  struct cf_console *c = arg;

  (void) why;
  if (state == CF_SESSION_READY)
    c->gone = false;
  else if ((state == CF_SESSION_CONNECTING || state == CF_SESSION_DOWN) && !c->gone) {
    c->gone = true;
    cf_typed_hide (&c->typed);
    cf_cli_note (c->cli, _ ("The daemon has ended. The next command starts it again."));
  }
}

static void
take_events (void *arg)
{
  struct cf_console *c = arg;

  cf_session_dispatch (c->session);
}

/* Wait until the session knows how the daemon stands; WANTED: until it is ready. */
static void
settle (struct cf_console *c, bool wanted)
{
  int64_t deadline = cf_cli_now_ms () + SETTLE_MS;
  enum cf_session_state state;

  cf_session_retry (c->session);
  while ((state = cf_session_state (c->session)) != CF_SESSION_READY && !cf_cli_interrupted (false)) {
    struct pollfd p = { cf_session_fd (c->session), POLLIN, 0 };
    int64_t left = deadline - cf_cli_now_ms ();

    if (left <= 0 || (!wanted && state != CF_SESSION_CONNECTING))
      break;
    if (cf_cli_poll (&p, 1, (int) left) > 0)
      cf_session_dispatch (c->session);
  }
}

/* Follow events.  The daemon is not started for this alone.  0, or an exit code, told. */
static int
follow (struct cf_console *c)
{
  const struct cf_session_config config = { c->cli->home, false };
  const struct cf_session_handler handler = { on_state, on_event };
  gpg_error_t err = cf_session_new (&config, &handler, c, &c->session);

  if (err)
    return cf_cli_fail (c->cli, err, NULL, NULL);
  c->cli->side_fd = cf_session_fd (c->session);
  c->cli->side = take_events;
  c->cli->side_arg = c;
  settle (c, false);
  return 0;
}

/* ---- lines ---- */

/* WORDS with ONE more, which they left out. */
static int
run_with (struct cf_cli *cli, char **words, size_t count, char *one)
{
  char **all = cf_cli_must (calloc (count + 2, sizeof *all));
  int code;

  memcpy (all, words, count * sizeof *all);
  all[count] = one;
  code = cf_cli_run (cli, all, count + 1);
  free (all);
  return code;
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

/* WORDS of a command about a transfer, which may be named by the number of its message in the chat, or not at all when
   there is only one. */
static int
run_for_transfer (struct cf_console *c, const struct cf_cli_command *command, char **words, size_t count)
{
  int code = CF_EXIT_USER;
  const json_t *row;
  char *id;

  if (c->chat && count > 1 && *words[1] == '#') {
    row = cf_chat_kept (c, strtoul (words[1] + 1, NULL, 10), false);
    if (!row || !json_is_object (json_object_get (row, "attachment")))
      return cf_cli_fail (c->cli, cf_err (GPG_ERR_NOT_FOUND), _ ("/history shows messages with their numbers"),
                          _ ("\"%s\" is no message with a file"), words[1]);
    words[1] = (char *) (uintptr_t) cf_row_text (row, "message");
    return cf_cli_run (c->cli, words, count);
  }
  if (!names_nothing (words, count))
    return cf_cli_run (c->cli, words, count);
  id = cf_cli_only_transfer (c->cli, command->name, c->chat);
  if (id)
    code = run_with (c->cli, words, count, id);
  free (id);
  return code;
}

/* send-file in a chat: its CONV is the chat. */
static int
run_send_file (struct cf_console *c, char **words, size_t count)
{
  char **all = cf_cli_must (calloc (count + 2, sizeof *all));
  int code;

  all[0] = words[0];
  all[1] = c->chat;
  memcpy (all + 2, words + 1, (count - 1) * sizeof *all);
  code = cf_cli_run (c->cli, all, count + 1);
  free (all);
  return code;
}

/* A command that does not say what it is about is about the chat. */
static int
run_completed (struct cf_console *c, const struct cf_cli_command *command, char **words, size_t count)
{
  if (command && !strcmp (command->args, "T"))
    return run_for_transfer (c, command, words, count);
  if (command && c->chat && count > 1 && !strcmp (command->name, "send-file") && strcmp (words[1], "--help"))
    return run_send_file (c, words, count);
  if (command && c->chat && count == 1 && !strncmp (command->args, "CONV", 4) && strcmp (words[0], "chat"))
    return run_with (c->cli, words, count, c->chat);
  return cf_cli_run (c->cli, words, count);
}

static void
run_words (struct cf_console *c, char **words, size_t count)
{
  const struct cf_cli_command *command = cf_cli_command_find (words[0]);
  struct cf_cli *cli = c->cli;
  int timeout_ms = cli->timeout_ms;
  const char *home = cli->home;
  bool json = cli->json;
  int code;

  /* After the daemon has gone: follow it before anything is asked, so that nothing falls between. */
  if (c->gone && command && command->verb && !cf_cli_connect (cli))
    settle (c, false);
  c->running = true;
  code = run_completed (c, command, words, count);
  c->running = false;
  cli->timeout_ms = timeout_ms;
  cli->json = json;
  cli->home = home;
  cf_cli_interrupted (true);
  if (!code && command && (!strcmp (command->name, "init") || !strcmp (command->name, "start")))
    settle (c, true);
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
  if (count && !strcmp (line, "help") && !c->chat)
    cf_cli_say (c->cli, CF_CLI_DIM, _ ("Also: quit"));
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
  if (!c->chat)
    run_line (c, line);
  else if (line[0] != '/') {
    if (*line)
      cf_chat_say (c, line);
  } else if (line[1] == '/')
    cf_chat_say (c, line + 1);
  else if (!cf_chat_command (c, line + 1))
    run_line (c, line + 1);
}

/* The whole lines that were typed. */
static void
take_input (struct cf_console *c)
{
  bool too_long = false;
  char *line;

  while (!c->quit && ((line = cf_typed_line (&c->typed, &too_long)) || too_long)) {
    if (too_long)
      cf_cli_fail (c->cli, cf_err (GPG_ERR_TOO_LARGE), _ ("\"confab send CONV -\" takes long texts"),
                   _ ("That line is too long"));
    else
      take_line (c, line);
    free (line);
  }
}

/* In a chat lines come and go, and a prompt would stand between them. */
static void
show_typed (struct cf_console *c)
{
  const char *prompt = c->chat || c->cli->json ? "" : "> ";

  if (strcmp (prompt, c->typed.prompt))
    cf_typed_hide (&c->typed);
  c->typed.prompt = prompt;
  cf_typed_show (&c->typed);
}

/* One turn: wait for a line, an event or Ctrl-C, and deal with it. */
static void
turn (struct cf_console *c)
{
  struct pollfd fds[2] = { { STDIN_FILENO, POLLIN, 0 }, { cf_session_fd (c->session), POLLIN, 0 } };

  show_typed (c);
  if (cf_cli_poll (fds, 2, -1) > 0) {
    if (fds[1].revents)
      take_events (c);
    if (fds[0].revents)
      cf_typed_read (&c->typed);
  }
  if (cf_cli_interrupted (true)) {
    bool typed = c->typed.tty && c->typed.len;

    if (!c->typed.tty || !typed)
      putchar ('\n');
    cf_typed_clear (&c->typed);
    if (typed)
      return; /* it was about what is typed */
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
    if (c->typed.ended) { /* Ctrl-D: one step back */
      if (!c->chat || c->chat_only || !c->cli->tty_in)
        break;
      cf_chat_leave (c);
      c->typed.ended = false;
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
overview (struct cf_console *c)
{
  struct cf_cli *cli = c->cli;
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
    settle (c, true);
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
  cli->interactive = true;
  cf_cli_catch_interrupt ();
  code = cf_cli_connect (cli);
  if (!code)
    code = follow (c); /* first, so that nothing falls between what is listed and what is told */
  if (!code) {
    code = chat ? cf_chat_enter (c, chat) : overview (c);
    c->chat_only = chat != NULL;
  }
  if (!code) {
    cf_typed_start (&c->typed, cli->tty_in && cli->tty_out, (size_t) cli->width);
    loop (c);
    cf_typed_stop (&c->typed);
  }
  c->chat_only = false;
  cf_chat_leave (c);
  cf_session_free (c->session);
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
