/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client.c - for programs that wait: a daemon that is started, a call to its end. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/paths.h"
#include "ui/client/client.h"
#include "ui/client/spawn.h"

#define STEP_NS 20000000 /* 20 ms */
#define OTHERS_TRIES 50  /* a second, after the daemon that we started has itself waited for the home */

/* Start the daemon, and connect.  What it complained of is on stderr. */
static gpg_error_t
start_daemon (const char *home, const char *socket, struct cf_client **r_client)
{
  struct cf_spawn *spawn = NULL;
  gpg_error_t err = cf_spawn_new (home, &spawn);

  if (!err) {
    struct pollfd p = { cf_spawn_fd (spawn), POLLIN, 0 };

    while (poll (&p, 1, -1) < 0 && errno == EINTR)
      ;
    err = cf_spawn_end (spawn);
  }
  if (!err)
    err = cf_client_open (socket, true, r_client);
  else if (gpg_err_code (err) == CF_ERR_RUNNING) {
    /* Two clients came at once: the other one's daemon holds the home, and will listen soon. */
    for (int i = 0; err && i < OTHERS_TRIES; i++) {
      err = cf_client_open (socket, true, r_client);
      if (err)
        nanosleep (&(struct timespec){ .tv_nsec = STEP_NS }, NULL);
    }
    if (err)
      err = cf_err (GPG_ERR_GENERAL);
  }
  if (gpg_err_code (err) == GPG_ERR_GENERAL && *cf_spawn_said (spawn))
    fprintf (stderr, "%s\n", cf_spawn_said (spawn));
  cf_spawn_free (spawn);
  return err;
}

gpg_error_t
cf_client_connect (const struct cf_client_config *config, struct cf_client **r_client)
{
  char *home = NULL, *socket = NULL;
  gpg_error_t err = cf_paths_home (config->home, &home);

  if (!err)
    err = cf_paths_socket (home, &socket);
  if (!err)
    err = cf_client_open (socket, true, r_client);
  if (gpg_err_code (err) == GPG_ERR_ECONNREFUSED && config->start_daemon)
    err = start_daemon (home, socket, r_client);
  free (home);
  free (socket);
  return err;
}

bool
cf_client_daemon_runs (const char *home)
{
  struct cf_client_config config = { home, false };
  struct cf_client *client;

  if (cf_client_connect (&config, &client))
    return false;
  cf_client_free (client);
  return true;
}

pid_t
cf_client_daemon_pid (const char *home)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET }; /* as core/daemon/lock.c holds it */
  char *dir = NULL, *path = cf_paths_home (home, &dir) ? NULL : cf_paths_join (dir, "lock");
  int fd = path ? open (path, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;
  pid_t pid = 0;

  if (fd >= 0 && !fcntl (fd, F_GETLK, &lock) && lock.l_type != F_UNLCK)
    pid = lock.l_pid;
  if (fd >= 0)
    close (fd);
  free (path);
  free (dir);
  return pid;
}

/* ---- a call ---- */

static int64_t
now_ms (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static gpg_error_t
wait_ready (struct cf_client *client, int64_t deadline_ms)
{
  while (!cf_client_pending (client)) {
    struct pollfd p = { cf_client_fd (client), cf_client_events (client), 0 };
    int64_t left = deadline_ms < 0 ? 60000 : deadline_ms - now_ms ();
    int n;

    if (left <= 0)
      return cf_err (GPG_ERR_TIMEOUT);
    n = poll (&p, 1, left > 60000 ? 60000 : (int) left);
    if (n > 0)
      break;
    if (n < 0 && errno != EINTR)
      return cf_err_errno ();
  }
  return 0;
}

static gpg_error_t
call_once (struct cf_client *client, const char *verb, const char *const *words,
           const struct cf_client_handler *handler, void *arg, int64_t deadline_ms,
           struct cf_client_error *r_error)
{
  char *line = NULL;
  gpg_error_t err = cf_client_line (verb, words, &line);
  bool ended = false;

  if (!err)
    err = cf_client_start (client, line, handler, arg);
  while (!err && !ended) {
    err = wait_ready (client, deadline_ms);
    if (!err)
      err = cf_client_step (client, &ended, r_error);
  }
  free (line);
  if (err)
    *r_error = cf_client_explain (err);
  return err ? err : r_error->err;
}

gpg_error_t
cf_client_call (struct cf_client *client, const char *verb, const char *const *words,
                const struct cf_client_handler *handler, void *arg, int timeout_ms,
                struct cf_client_error *r_error)
{
  int64_t deadline_ms = timeout_ms < 0 ? -1 : now_ms () + timeout_ms;
  gpg_error_t err = call_once (client, verb, words, handler, arg, deadline_ms, r_error);

  /* A daemon that has just started is still opening its store, or pinentry was cancelled then. */
  if (gpg_err_code (err) == CF_ERR_LOCKED && strcmp (verb, "UNLOCK")) {
    err = call_once (client, "UNLOCK", NULL, NULL, NULL, deadline_ms, r_error);
    if (!err)
      err = call_once (client, verb, words, handler, arg, deadline_ms, r_error);
  }
  return err;
}
