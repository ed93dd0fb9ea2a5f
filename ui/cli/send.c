/* SPDX-License-Identifier: GPL-3.0-or-later */
/* send.c - commands that hand the daemon bytes: messages, and contacts' keys. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ui/cli/cli.h"

#define TEXT_MAX (256u * 1024) /* of a message, as the daemon takes it */
#define FILE_MAX (4u * 1024 * 1024) /* more than any key or contact file that the daemon takes */
#define WAIT_MS 30000          /* for the wanted state, when no --timeout was given */
#define TEXT_WORDS 2    /* before the text: a conversation, perhaps a message */
#define SLACK_MS 5000          /* the daemon's own limit is to come first */

/* ---- bytes ---- */

/* All of FD, at most MAX bytes; *R_DATA ends in a NUL that is not counted; caller frees. */
static gpg_error_t
read_all (int fd, size_t max, char **r_data, size_t *r_len)
{
  size_t len = 0, room = 0;
  char *data = NULL;
  ssize_t n;

  do {
    if (len == room) {
      room = room ? 2 * room : 4096;
      room = room > max + 1 ? max + 1 : room; /* one more than is allowed shows that it is too much */
      data = cf_cli_must (realloc (data, room + 1));
    }
    n = read (fd, data + len, room - len);
    if (n < 0 && errno == EINTR && !cf_cli_interrupted (false))
      continue;
    if (n > 0)
      len += (size_t) n;
  } while (n > 0 && len <= max);
  if (n < 0 || len > max) {
    gpg_error_t err = n < 0 ? cf_err_errno () : cf_err (GPG_ERR_TOO_LARGE);

    free (data);
    return err;
  }
  data[len] = 0;
  *r_data = data;
  *r_len = len;
  return 0;
}

struct give {
  const char *keyword, *data;
  size_t len;
  json_t *row; /* the last one that came */
};

static gpg_error_t
on_inquire (void *arg, const char *keyword, char **r_data, size_t *r_len)
{
  struct give *give = arg;

  if (strcmp (keyword, give->keyword))
    return cf_err (GPG_ERR_NO_DATA);
  *r_data = cf_cli_must (malloc (give->len + 1));
  memcpy (*r_data, give->data, give->len);
  *r_len = give->len;
  return 0;
}

static gpg_error_t
on_row (void *arg, json_t *row)
{
  struct give *give = arg;

  json_decref (give->row);
  give->row = json_incref (row);
  return 0;
}

static const struct cf_client_handler give_handler = { on_row, on_inquire };

/* ---- send ---- */

int
cf_cli_give_text (struct cf_cli *cli, const char *verb, const char *const *words, const char *text, size_t len, int timeout_ms,
           json_t **r_row)
{
  struct give give = { "TEXT", text, len, NULL };
  struct cf_client_error error;
  int code = cf_cli_connect (cli);

  if (code)
    return code;
  if (cf_cli_call (cli, verb, words, &give_handler, &give, timeout_ms, &error))
    code = cf_cli_fail_call (cli, &error);
  else if (!give.row)
    code = cf_cli_fail (cli, cf_err (GPG_ERR_INV_RESPONSE), NULL, _ ("The daemon did not say what became of the message"));
  if (code)
    json_decref (give.row);
  else
    *r_row = give.row;
  return code;
}

int
cf_cli_send_text (struct cf_cli *cli, const char *const *words, const char *text, size_t len, int timeout_ms,
                  json_t **r_row)
{
  return cf_cli_give_text (cli, "SEND", words, text, len, timeout_ms, r_row);
}

static const char *const states[] = { "queued", "sent", "held", "delivered", "read" };
#define STATE_COUNT ((int) (sizeof states / sizeof *states))

int
cf_cli_state_rank (const char *state)
{
  for (int i = 0; i < STATE_COUNT; i++)
    if (!strcmp (state, states[i]))
      return i;
  return -1;
}

const char *
cf_cli_state_name (int rank)
{
  return rank < 0 ? "failed" : states[rank];
}

int
cf_cli_send_limit (int timeout_ms)
{
  return timeout_ms < INT32_MAX - SLACK_MS ? timeout_ms + SLACK_MS : -1;
}

int
cf_cli_send_outcome (const struct cf_cli *cli, const char *state, const char *wanted)
{
  if (cf_cli_state_rank (state) >= cf_cli_state_rank (wanted))
    return 0;
  if (!strcmp (state, "failed"))
    return cf_cli_fail_named (cli, "NOT_DELIVERED", CF_EXIT_NETWORK, _ ("The message will not be delivered"),
                              _ ("\"confab conversations\" says how the conversation stands"));
  return cf_cli_fail_named (cli, "QUEUED", CF_EXIT_QUEUED,
                            _ ("The message waits: it is kept and goes out when the other side is there"),
                            _ ("\"confab history\" shows when it was delivered; give a longer --timeout to wait for it"));
}

/* The text of the words after the first SKIP, or of the standard input.  0, or an exit code, told. */
static int
take_text (struct cf_cli *cli, const struct cf_cli_args *args, size_t skip, char **r_text, size_t *r_len)
{
  gpg_error_t err;

  if (args->argc > skip + 1 || (args->argc == skip + 1 && strcmp (args->argv[skip], "-"))) {
    *r_text = cf_cli_join (args->argv + skip, args->argc - skip);
    *r_len = strlen (*r_text);
    return 0;
  }
  if (args->argc == skip && cli->tty_in)
    return cf_cli_fail (cli, cf_err (GPG_ERR_MISSING_VALUE),
                        _ ("Usage: confab send CONV TEXT, or \"confab chat CONV\" to talk"), _ ("There is no text"));
  err = read_all (STDIN_FILENO, TEXT_MAX, r_text, r_len);
  if (err)
    return cf_cli_fail (cli, err, NULL,
                        gpg_err_code (err) == GPG_ERR_TOO_LARGE ? _ ("The text is longer than 256 KiB") : NULL);
  if (*r_len && (*r_text)[*r_len - 1] == '\n')
    --*r_len; /* the newline that ends a file is not part of what is said */
  return 0;
}

static int
send_lines (struct cf_cli *cli, const struct cf_cli_args *args, const char *wanted, int timeout_ms)
{
  if (cf_cli_option_value (args, "reply-to"))
    return cf_cli_fail (cli, cf_err (GPG_ERR_CONFLICT), "", _ ("Of --lines and --reply-to, only one can be given"));
  if (args->argc > 2 || (args->argc == 2 && strcmp (args->argv[1], "-")))
    return cf_cli_fail (cli, cf_err (GPG_ERR_SYNTAX), _ ("Usage: confab send CONV --lines - < FILE"),
                        _ ("With --lines, the text comes from the standard input"));
  return cf_cli_send_lines (cli, args->argv[0], wanted, timeout_ms);
}

int
cf_cli_run_send (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  const char *wanted = cf_cli_option_value (args, "wait"), *reply = cf_cli_option_value (args, "reply-to");
  int timeout_ms = cli->timeout_ms < 0 ? WAIT_MS : cli->timeout_ms, code;
  char *options[3] = { NULL, NULL, NULL }, *text;
  const char *words[5];
  json_t *row = NULL;
  size_t len, n = 0;

  if (wanted && cf_cli_state_rank (wanted) < 0)
    return cf_cli_fail (cli, cf_err (GPG_ERR_INV_VALUE), _ ("It is queued, sent, held, delivered or read"),
                        _ ("\"%s\" is not a state of a message"), wanted);
  wanted = wanted ? wanted : "sent";
  if (cf_cli_option_value (args, "lines"))
    return send_lines (cli, args, wanted, timeout_ms);
  code = take_text (cli, args, 1, &text, &len);
  if (code)
    return code;
  if (!len) {
    free (text);
    return cf_cli_fail (cli, cf_err (GPG_ERR_NO_DATA), NULL, _ ("There is nothing to send"));
  }
  words[n++] = options[0] = cf_cli_sprintf ("--wait=%s", wanted);
  words[n++] = options[1] = cf_cli_sprintf ("--timeout=%d", (timeout_ms + 999) / 1000);
  if (reply)
    words[n++] = options[2] = cf_cli_sprintf ("--reply-to=%s", reply);
  words[n++] = args->argv[0];
  words[n] = NULL;
  cf_cli_wait_for_state (cli, wanted);
  code = cf_cli_send_text (cli, words, text, len, cf_cli_send_limit (timeout_ms), &row);
  cf_cli_wait_over (cli);
  if (!code && cli->json)
    cf_cli_json (row);
  if (!code)
    code = cf_cli_send_outcome (cli, cf_row_text (row, "state"), wanted);
  if (!code && !cli->json)
    command->show (cli, row);
  json_decref (row);
  free (text);
  for (size_t i = 0; i < 3; i++)
    free (options[i]);
  return code;
}

int
cf_cli_run_text (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  const char *words[TEXT_WORDS + 1] = { NULL };
  json_t *row = NULL;
  char *text;
  size_t len;
  int code;

  for (size_t i = 0; i < command->min_args && i < TEXT_WORDS; i++)
    words[i] = args->argv[i];
  code = take_text (cli, args, command->min_args, &text, &len);
  if (code)
    return code;
  code = cf_cli_give_text (cli, command->verb, words, text, len, cli->timeout_ms, &row);
  if (!code && cli->json)
    cf_cli_json (row);
  else if (!code)
    command->show (cli, row);
  json_decref (row);
  free (text);
  return code;
}

/* ---- add ---- */

/* A file's bytes, or 0 with *R_DATA NULL when WORD names no file. */
static gpg_error_t
read_file (const char *word, char **r_data, size_t *r_len)
{
  struct stat st;
  gpg_error_t err;
  int fd;

  *r_data = NULL;
  if (!strcmp (word, "-"))
    return read_all (STDIN_FILENO, FILE_MAX, r_data, r_len);
  if (stat (word, &st))
    return strchr (word, '/') && strncmp (word, "confab:", 7) ? cf_err_errno () : 0;
  if (S_ISDIR (st.st_mode))
    return cf_err (GPG_ERR_EISDIR);
  fd = open (word, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return cf_err_errno ();
  err = read_all (fd, FILE_MAX, r_data, r_len);
  close (fd);
  return err;
}

int
cf_cli_run_add (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  const char *const words[] = { "--file", cf_cli_option_value (args, "check") ? "--check" : NULL, NULL };
  struct give give = { "FILE", NULL, 0, NULL };
  struct cf_client_error error;
  gpg_error_t err;
  char *data;
  int code;

  err = read_file (args->argv[0], &data, &give.len);
  if (err)
    return cf_cli_fail (cli, err, NULL, _ ("\"%s\" cannot be read: %s"), args->argv[0], cf_err_info (err)->message);
  if (!data)
    return cf_cli_run_verb (cli, command, args);
  give.data = data;
  code = cf_cli_connect (cli);
  if (!code && cf_cli_call (cli, "ADD", words, &give_handler, &give, cli->timeout_ms, &error))
    code = cf_cli_fail_call (cli, &error);
  if (!code && give.row && cli->json)
    cf_cli_json (give.row);
  else if (!code && give.row && json_object_get (give.row, "added"))
    cf_show_places (cli, give.row);
  else if (!code && give.row)
    command->show (cli, give.row);
  json_decref (give.row);
  free (data);
  return code;
}
