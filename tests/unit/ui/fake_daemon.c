/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake_daemon.c - a daemon played by the test. */

#include <config.h>

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/paths.h"
#include "tests/unit/ui/fake_daemon.h"

#define TURN_MS 50

int64_t
fake_now_ms (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- saying ---- */

/* Write what waits, as far as the socket takes it. */
static void
flush (struct fake_conn *conn)
{
  ssize_t n = conn->out_len ? send (conn->fd, conn->out, conn->out_len, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

  if (n <= 0)
    return;
  conn->out_len -= (size_t) n;
  memmove (conn->out, conn->out + n, conn->out_len);
}

void
fake_raw (struct fake_conn *conn, const char *data, size_t len)
{
  if (conn->fd < 0)
    return;
  conn->out = realloc (conn->out, conn->out_len + len);
  assert (conn->out);
  memcpy (conn->out + conn->out_len, data, len);
  conn->out_len += len;
}

void
fake_say (struct fake_conn *conn, const char *fmt, ...)
{
  char *line = NULL;
  va_list ap;
  int n;

  va_start (ap, fmt);
  n = vasprintf (&line, fmt, ap);
  va_end (ap);
  assert (n >= 0);
  line[n] = '\n'; /* in the place of its NUL */
  fake_raw (conn, line, (size_t) n + 1);
  free (line);
}

void
fake_row (struct fake_conn *conn, const char *json)
{
  char line[1000];

  while (*json) {
    size_t n = 2;

    for (memcpy (line, "D ", 2); *json && n < 900; json++)
      if (*json == '%') {
        memcpy (line + n, "%25", 3);
        n += 3;
      } else
        line[n++] = *json;
    line[n++] = '\n';
    fake_raw (conn, line, n);
  }
  fake_raw (conn, "D %0A\n", 6);
}

void
fake_event (struct fake *fake, bool durable, const char *kind, const char *fields)
{
  struct timespec now;
  struct tm tm;
  char *json = NULL, at[40];
  int n;

  clock_gettime (CLOCK_REALTIME, &now);
  gmtime_r (&now.tv_sec, &tm);
  strftime (at, sizeof at, "%Y-%m-%dT%H:%M:%S", &tm);
  fake->cursor += durable;
  n = asprintf (&json, "{\"event\":\"%s\",\"cursor\":%lld,\"at\":\"%s.%03ldZ\"%s%s}", kind, (long long) fake->cursor, at,
                now.tv_nsec / 1000000, *fields ? "," : "", fields);
  assert (n >= 0 && fake->events);
  fake_row (fake->events, json);
  free (json);
}

void
fake_error (struct fake_conn *conn, gpg_err_code_t e, const char *name, const char *message, const char *hint)
{
  fake_say (conn, "S ERROR {\"error\":\"%s\",\"message\":\"%s\",\"hint\":\"%s\"}", name, message, hint);
  fake_say (conn, "ERR %u %s", gpg_err_make (GPG_ERR_SOURCE_USER_1, e), message);
}

void
fake_hang_up (struct fake_conn *conn)
{
  if (conn->fd >= 0) {
    flush (conn);
    close (conn->fd);
  }
  free (conn->out);
  conn->out = NULL;
  conn->out_len = 0;
  conn->fd = -1;
  if (conn->fake->events == conn)
    conn->fake->events = NULL;
}

/* ---- hearing ---- */

static void
status (struct fake *fake, struct fake_conn *conn)
{
  char row[200];

  fake->statuses++;
  snprintf (row, sizeof row, "{\"state\":\"%s\",\"cursor\":%lld,\"version\":\"0\"}", fake->state, (long long) fake->cursor);
  fake_row (conn, row);
  fake_say (conn, "OK");
}

static void
take_line (struct fake_conn *conn, const char *line)
{
  struct fake *fake = conn->fake;

  if (!strncmp (line, "OPTION ", 7))
    fake_say (conn, "OK");
  else if (!strcmp (line, "STATUS") && fake->state)
    status (fake, conn);
  else if (!strncmp (line, "EVENTS", 6)) {
    const char *since = strstr (line, "--since=");

    fake->events = conn;
    fake->since = since ? strtoll (since + 8, NULL, 10) : -1;
  } else if (!fake->line || !fake->line (fake->arg, conn, line))
    fake_say (conn, "OK");
}

static void
hear (struct fake_conn *conn)
{
  ssize_t n = recv (conn->fd, conn->in + conn->in_len, sizeof conn->in - conn->in_len, MSG_DONTWAIT);
  char *end;

  if (n < 0 && errno == EAGAIN)
    return;
  if (n <= 0) {
    fake_hang_up (conn);
    return;
  }
  conn->in_len += (size_t) n;
  while (conn->fd >= 0 && (end = memchr (conn->in, '\n', conn->in_len))) {
    char line[sizeof conn->in];
    size_t len = (size_t) (end - conn->in);

    memcpy (line, conn->in, len);
    line[len] = 0;
    conn->in_len -= len + 1;
    memmove (conn->in, end + 1, conn->in_len);
    take_line (conn, line);
  }
}

static void
let_in (struct fake *fake)
{
  for (size_t i = 0; i < FAKE_CONNS_MAX; i++)
    if (fake->conns[i].fd < 0) {
      fake->conns[i].fd = accept (fake->listen_fd, NULL, NULL);
      fake->conns[i].in_len = 0;
      fake->accepted++;
      fake_say (&fake->conns[i], "OK Confab fake");
      return;
    }
  assert (!"too many connections");
}

void
fake_turn (struct fake *fake, int fd)
{
  struct pollfd fds[FAKE_CONNS_MAX + 2];

  for (size_t i = 0; i < FAKE_CONNS_MAX; i++) {
    flush (&fake->conns[i]);
    fds[i] = (struct pollfd){ fake->conns[i].fd, fake->conns[i].out_len ? POLLIN | POLLOUT : POLLIN, 0 };
  }
  fds[FAKE_CONNS_MAX] = (struct pollfd){ fake->listen_fd, POLLIN, 0 };
  fds[FAKE_CONNS_MAX + 1] = (struct pollfd){ fd, POLLIN, 0 };
  if (poll (fds, FAKE_CONNS_MAX + 2, TURN_MS) <= 0)
    return;
  for (size_t i = 0; i < FAKE_CONNS_MAX; i++)
    if (fds[i].revents & ~POLLOUT && fake->conns[i].fd == fds[i].fd)
      hear (&fake->conns[i]);
  if (fds[FAKE_CONNS_MAX].revents && fake->listen_fd >= 0)
    let_in (fake);
  for (size_t i = 0; i < FAKE_CONNS_MAX; i++)
    flush (&fake->conns[i]);
}

/* ---- lifetime ---- */

void
fake_start (struct fake *fake)
{
  struct sockaddr_un addr = { .sun_family = AF_UNIX };

  assert (strlen (fake->socket) < sizeof addr.sun_path);
  strcpy (addr.sun_path, fake->socket);
  fake->listen_fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  unlink (fake->socket);
  if (bind (fake->listen_fd, (struct sockaddr *) &addr, sizeof addr) || listen (fake->listen_fd, 16))
    assert (!"no socket");
}

void
fake_stop (struct fake *fake)
{
  for (size_t i = 0; i < FAKE_CONNS_MAX; i++)
    fake_hang_up (&fake->conns[i]);
  if (fake->listen_fd >= 0)
    close (fake->listen_fd);
  fake->listen_fd = -1;
  unlink (fake->socket);
}

struct fake *
fake_new (bool (*line) (void *arg, struct fake_conn *conn, const char *line), void *arg)
{
  struct fake *fake = calloc (1, sizeof *fake);
  gpg_error_t err;
  char *dir;

  assert (fake);
  scratch_make (&fake->scratch, false);
  fake->home = fake->scratch.dir;
  setenv ("XDG_RUNTIME_DIR", fake->home, 1);
  err = cf_paths_socket (fake->home, &fake->socket);
  assert (!err);
  dir = strdup (fake->socket);
  assert (dir);
  *strrchr (dir, '/') = 0;
  err = cf_paths_private_dir (dir);
  assert (!err);
  (void) err;
  free (dir);
  for (size_t i = 0; i < FAKE_CONNS_MAX; i++)
    fake->conns[i] = (struct fake_conn){ .fake = fake, .fd = -1 };
  fake->line = line;
  fake->arg = arg;
  fake->state = "ready";
  fake->listen_fd = -1;
  fake_start (fake);
  return fake;
}

void
fake_free (struct fake *fake)
{
  fake_stop (fake);
  scratch_remove (&fake->scratch);
  free (fake->socket);
  free (fake);
}
