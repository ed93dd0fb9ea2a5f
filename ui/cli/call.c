/* SPDX-License-Identifier: GPL-3.0-or-later */
/* call.c - one call of the daemon: its time limit, Ctrl-C, and what goes on beside it. */

#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ui/cli/cli.h"

static volatile sig_atomic_t interrupted; /* by Ctrl-C, while it is caught */

static void
on_interrupt (int signum)
{
  (void) signum;
  interrupted = 1;
}

void
cf_cli_catch_interrupt (void)
{
  struct sigaction action;

  memset (&action, 0, sizeof action);
  action.sa_handler = on_interrupt; /* without SA_RESTART: poll and read shall return */
  sigaction (SIGINT, &action, NULL);
}

bool
cf_cli_interrupted (bool clear)
{
  bool was = interrupted;

  if (clear)
    interrupted = 0;
  return was;
}

int
cf_cli_poll (struct pollfd *fds, nfds_t count, int timeout_ms)
{
  const struct timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };
  sigset_t ends, before;
  int n = -1, err;

  sigemptyset (&ends);
  sigaddset (&ends, SIGINT);
  sigaddset (&ends, SIGTERM);
  sigaddset (&ends, SIGHUP);
  sigprocmask (SIG_BLOCK, &ends, &before);
  errno = EINTR;
  if (!interrupted)
    n = ppoll (fds, count, timeout_ms < 0 ? NULL : &timeout, &before);
  err = errno;
  sigprocmask (SIG_SETMASK, &before, NULL);
  errno = err;
  return n;
}

int64_t
cf_cli_now_ms (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
cf_cli_connect (struct cf_cli *cli)
{
  const struct cf_client_config config = { cli->home, true };
  gpg_error_t err;

  if (cli->client)
    return 0;
  err = cf_client_connect (&config, &cli->client);
  switch (gpg_err_code (err)) {
  case GPG_ERR_NO_ERROR: return 0;
  case GPG_ERR_ENOENT:
    return cf_cli_fail (cli, cf_err (GPG_ERR_ASS_SERVER_START), _ ("Install it beside confab, or put it in PATH"),
                        _ ("Confab's daemon, confabd, was not found"));
  case GPG_ERR_GENERAL:
    return cf_cli_fail (cli, cf_err (GPG_ERR_ASS_SERVER_START), _ ("The lines above, or \"confabd --foreground\", say why"),
                        _ ("Confab's daemon would not start"));
  case GPG_ERR_ECONNREFUSED: return cf_cli_fail (cli, cf_err (GPG_ERR_ASS_CONNECT_FAILED), NULL, NULL);
  default: return cf_cli_fail (cli, err, NULL, NULL);
  }
}

/* Until a line of the client can be read. */
static gpg_error_t
wait_line (struct cf_cli *cli, int64_t deadline_ms)
{
  int64_t say_ms = cf_cli_wait_begin (cli);

  while (!cf_client_pending (cli->client)) {
    struct pollfd fds[2] = { { cf_client_fd (cli->client), cf_client_events (cli->client), 0 },
                             { cli->side_fd, POLLIN, 0 } };
    int64_t now_ms = cf_cli_now_ms (), left = deadline_ms < 0 ? 60000 : deadline_ms - now_ms;
    int n;

    if (cf_cli_interrupted (false))
      return cf_err (GPG_ERR_CANCELED);
    if (left <= 0)
      return cf_err (GPG_ERR_TIMEOUT);
    if (say_ms >= 0 && say_ms <= now_ms) {
      cf_cli_wait_say (cli);
      say_ms = -1;
    } else if (say_ms >= 0 && say_ms - now_ms < left)
      left = say_ms - now_ms;
    n = cf_cli_poll (fds, 2, left > 60000 ? 60000 : (int) left);
    if (n < 0 && errno != EINTR)
      return cf_err_errno ();
    if (n > 0 && fds[1].revents && cli->side)
      cli->side (cli->side_arg);
    if (n > 0 && fds[0].revents)
      return 0;
  }
  return 0;
}

static gpg_error_t
call_once (struct cf_cli *cli, const char *verb, const char *const *words, const struct cf_client_handler *handler,
           void *arg, int64_t deadline_ms, struct cf_client_error *r_error)
{
  char *line = NULL;
  bool ended = false;
  gpg_error_t err = cf_client_line (verb, words, &line);

  if (!err)
    err = cf_client_start (cli->client, line, handler, arg);
  while (!err && !ended) {
    err = wait_line (cli, deadline_ms);
    if (!err)
      err = cf_client_step (cli->client, &ended, r_error);
  }
  free (line);
  if (!err)
    return r_error->err;
  /* What was asked may still be under way: the daemon ends it when the connection goes. */
  cf_client_free (cli->client);
  cli->client = NULL;
  *r_error = cf_client_explain (err);
  return err;
}

/* Its own words are set aside: what was to be waited for is not what takes time here. */
static gpg_error_t
unlock (struct cf_cli *cli, int64_t deadline_ms, struct cf_client_error *r_error)
{
  struct cf_cli_waiting before = cli->waiting;
  gpg_error_t err;

  cli->waiting.what = NULL;
  cf_cli_wait_for_daemon (cli);
  err = call_once (cli, "UNLOCK", NULL, NULL, NULL, deadline_ms, r_error);
  cf_cli_wait_over (cli);
  cli->waiting = before;
  return err;
}

gpg_error_t
cf_cli_call (struct cf_cli *cli, const char *verb, const char *const *words, const struct cf_client_handler *handler,
             void *arg, int timeout_ms, struct cf_client_error *r_error)
{
  int64_t deadline_ms = timeout_ms < 0 ? -1 : cf_cli_now_ms () + timeout_ms;
  gpg_error_t err = call_once (cli, verb, words, handler, arg, deadline_ms, r_error);

  if (gpg_err_code (err) == CF_ERR_LOCKED && cli->client && strcmp (verb, "UNLOCK")) {
    err = unlock (cli, deadline_ms, r_error);
    if (!err)
      err = call_once (cli, verb, words, handler, arg, deadline_ms, r_error);
  }
  return err;
}

static gpg_error_t
collect (void *arg, json_t *row)
{
  return json_array_append (arg, row) ? cf_err (GPG_ERR_ENOMEM) : 0;
}

int
cf_cli_rows (struct cf_cli *cli, const char *verb, const char *const *words, json_t **r_rows)
{
  static const struct cf_client_handler handler = { collect, NULL };
  struct cf_client_error error;
  json_t *rows;
  int code = cf_cli_connect (cli);

  if (code)
    return code;
  rows = cf_cli_must (json_array ());
  if (cf_cli_call (cli, verb, words, &handler, rows, cli->timeout_ms, &error)) {
    json_decref (rows);
    return cf_cli_fail_call (cli, &error);
  }
  *r_rows = rows;
  return 0;
}

void
cf_cli_learn_names (struct cf_cli *cli)
{
  static const struct cf_client_handler handler = { collect, NULL };
  struct cf_client_error error;
  json_t *rows, *row;
  size_t i;

  if (cf_cli_connect (cli))
    return;
  rows = cf_cli_must (json_array ());
  if (!cf_cli_call (cli, "CONVERSATIONS", NULL, &handler, rows, cli->timeout_ms, &error)) {
    json_decref (cli->names);
    cli->names = cf_cli_must (json_object ());
    json_array_foreach (rows, i, row)
      json_object_set (cli->names, cf_row_text (row, "conversation"), json_object_get (row, "title"));
  }
  json_decref (rows);
}
