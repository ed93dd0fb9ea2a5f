/* SPDX-License-Identifier: GPL-3.0-or-later */
/* connection.c - libassuan on our loop: reading a line at a time, writing into a buffer.
 *
 * libassuan reads and writes through hooks.  The read hook gives it one line at
 * a time, and only when it is whole: so a password is in secret memory until
 * then, for a moment in libassuan's own buffer, which is wiped, and nowhere
 * else.  While a command is under way nothing is read, so a client may send its
 * next command early.  The write hook fills an evbuffer that leaves as the
 * client reads it.
 */

#include <config.h>

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/secmem.h"
#include "core/ipc/connection.h"

#define COMMANDS_ROOM (50 * 4 * sizeof (void *)) /* for 50 of libassuan's commands */

/* Does a line in DATA end inside an escape ("%" or "%4")?  In the answer to an inquiry, libassuan (2.5) would
   look for the rest of it for ever.  A CR before the LF is no byte of the line. */
static bool
ends_in_escape (struct cf_connection *conn, const char *data, size_t len)
{
  for (size_t i = 0; i < len; i++)
    switch (data[i]) {
    case '%':
      conn->after_percent = 0;
      break;
    case '\n':
      if (conn->inquiring && conn->after_percent < 2)
        return true;
      conn->after_percent = 2;
      break;
    case '\r':
      break;
    default:
      if (conn->after_percent < 2)
        conn->after_percent++;
    }
  return false;
}

/* Gather bytes of a line; nothing of the next one.  <= 0: as read says. */
static ssize_t
gather_line (struct cf_connection *conn, int fd)
{
  char *end = conn->line + conn->line_len, *newline;
  ssize_t n = recv (fd, end, ASSUAN_LINELENGTH - conn->line_len, MSG_PEEK | MSG_DONTWAIT);

  if (n == 0)
    conn->broken = true;
  if (n <= 0)
    return n;
  newline = memchr (end, '\n', (size_t) n);
  n = read (fd, end, newline ? (size_t) (newline - end) + 1 : (size_t) n);
  if (n > 0)
    conn->line_len += (size_t) n;
  return n;
}

/* libassuan offers room for ASSUAN_LINELENGTH bytes; a longer line gets there in pieces, and is refused by it. */
static ssize_t
hook_read (assuan_context_t ctx, assuan_fd_t fd, void *buffer, size_t size)
{
  struct cf_connection *conn = assuan_get_pointer (ctx);
  ssize_t n = gather_line (conn, (int) fd);
  size_t len = conn->line_len;

  if (n <= 0)
    return n;
  if (len < size && len < ASSUAN_LINELENGTH && conn->line[len - 1] != '\n') {
    errno = EAGAIN;
    return -1;
  }
  if (len > size)
    len = size;
  memcpy (buffer, conn->line, len);
  conn->line_len -= len;
  memmove (conn->line, conn->line + len, conn->line_len);
  cf_wipe (conn->line + conn->line_len, ASSUAN_LINELENGTH - conn->line_len);
  if (conn->secret) {
    conn->given = buffer;
    conn->given_len = len;
  }
  if (ends_in_escape (conn, buffer, len)) {
    cf_refused (conn->ipc->core->env, CF_REFUSED_CLIENT_BROKEN);
    conn->broken = true;
    errno = EPROTO;
    return -1;
  }
  return (ssize_t) len;
}

static ssize_t
hook_write (assuan_context_t ctx, assuan_fd_t fd, const void *buffer, size_t size)
{
  struct cf_connection *conn = assuan_get_pointer (ctx);

  (void) fd;
  if (!conn->broken && evbuffer_get_length (conn->out) + size > CF_IPC_QUEUE_MAX)
    cf_refused (conn->ipc->core->env, CF_REFUSED_CLIENT_UNREAD);
  if (conn->broken || evbuffer_get_length (conn->out) + size > CF_IPC_QUEUE_MAX ||
      evbuffer_add (conn->out, buffer, size)) {
    conn->broken = true;
    event_active (conn->writable, EV_WRITE, 0); /* freed in a turn of its own */
    errno = EPIPE;
    return -1;
  }
  event_add (conn->writable, NULL);
  /* A row that was sent would lie in libassuan's own line until a longer one is.  (Other lines may be constants.) */
  if (size > 2 && !memcmp (buffer, "D ", 2))
    cf_wipe ((void *) (uintptr_t) buffer, size);
  return (ssize_t) size;
}

static int
hook_close (assuan_context_t ctx, assuan_fd_t fd)
{
  (void) ctx;
  (void) fd; /* ours: closed with the connection */
  return 0;
}

/* libassuan sleeps a tenth of a second where a line is not whole yet; the loop calls when there is more of it. */
static void
hook_usleep (assuan_context_t ctx, unsigned int usec)
{
  (void) ctx;
  (void) usec;
}

static void
set_hooks (assuan_context_t ctx)
{
  static struct assuan_system_hooks hooks;

  /* Only those of our own are ever called for an accepted socket. */
  hooks.version = ASSUAN_SYSTEM_HOOKS_VERSION;
  hooks.usleep = hook_usleep;
  hooks.read = hook_read;
  hooks.write = hook_write;
  hooks.close = hook_close;
  hooks.recvmsg = __assuan_recvmsg;
  hooks.sendmsg = __assuan_sendmsg;
  assuan_ctx_set_system_hooks (ctx, &hooks);
}

static void
on_readable (evutil_socket_t fd, short what, void *arg)
{
  struct cf_connection *conn = arg;
  gpg_error_t err;
  int done = 0;
  char c;

  (void) what;
  cf_env_system_refresh (conn->ipc->core->env);
  if (conn->request && !conn->inquiring) {
    /* Under way: only the end of the client matters; an early command waits in the socket. */
    if (recv (fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
      cf_connection_free (conn);
    else {
      event_del (conn->readable);
      event_add (conn->closed, NULL);
    }
    return;
  }
  conn->busy = true;
  err = assuan_process_next (conn->assuan, &done);
  conn->busy = false;
  if (conn->given) {
    cf_wipe (conn->given, conn->given_len);
    conn->given = NULL;
  }
  if (err && !conn->broken && gpg_err_code (err) != GPG_ERR_EOF) /* a line too long, or none */
    cf_refused (conn->ipc->core->env, CF_REFUSED_CLIENT_BROKEN);
  if (err || done)
    conn->broken = true;
  if (conn->broken && evbuffer_get_length (conn->out))
    evbuffer_write (conn->out, fd); /* the last words, if they fit */
  if (conn->broken)
    cf_connection_free (conn);
}

/* Behind its early command nobody would see that a client has gone.  One that has only said its last word still hears
   what its commands give. */
static void
on_closed (evutil_socket_t fd, short what, void *arg)
{
  struct cf_connection *conn = arg;
  struct pollfd p = { .fd = fd };

  (void) what;
  if (poll (&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR))
    cf_connection_free (conn);
}

static void
on_writable (evutil_socket_t fd, short what, void *arg)
{
  struct cf_connection *conn = arg;

  (void) what;
  cf_env_system_refresh (conn->ipc->core->env);
  if (conn->broken || evbuffer_write (conn->out, fd) < 0) {
    if (conn->broken || (errno != EAGAIN && errno != EINTR)) {
      cf_connection_free (conn);
      return;
    }
  }
  if (evbuffer_get_length (conn->out))
    event_add (conn->writable, NULL);
}

void
cf_connection_resume (struct cf_connection *conn)
{
  event_del (conn->closed);
  event_add (conn->readable, NULL);
}

/* libassuan (2.5) enlarges its table of commands, which begins with 50, by 10 that it leaves uncleared and then takes
   for 50: a verb that is none would be looked for beyond the end, and the 61st written there.  Nothing else of it is
   enlarged; this gives what it believes to have, cleared. */
static void *
enlarge (void *mem, size_t size)
{
  size_t old = mem ? malloc_usable_size (mem) : 0;
  void *larger = calloc (1, size + COMMANDS_ROOM);

  if (larger && mem) {
    memcpy (larger, mem, old < size ? old : size);
    free (mem);
  }
  return larger;
}

gpg_error_t
cf_connection_new (struct cf_ipc *ipc, int fd)
{
  static struct assuan_malloc_hooks heap = { malloc, enlarge, free };
  struct cf_connection *conn = calloc (1, sizeof *conn);
  assuan_log_cb_t log;
  void *log_arg;
  gpg_error_t err;

  if (!conn) {
    err = cf_err_errno ();
    close (fd);
    return err;
  }
  conn->ipc = ipc;
  conn->fd = fd;
  conn->after_percent = 2;
  conn->next = ipc->connections;
  ipc->connections = conn;
  ipc->count++;
  conn->out = evbuffer_new ();
  conn->readable = event_new (ipc->base, fd, EV_READ | EV_PERSIST, on_readable, conn);
  conn->writable = event_new (ipc->base, fd, EV_WRITE, on_writable, conn);
  conn->closed = event_new (ipc->base, fd, EV_CLOSED, on_closed, conn);
  err = conn->out && conn->readable && conn->writable && conn->closed
            ? cf_secmem_new (&conn->line, ASSUAN_LINELENGTH)
            : cf_err (GPG_ERR_ENOMEM);
  if (!err) {
    assuan_get_log_cb (&log, &log_arg);
    err = assuan_new_ext (&conn->assuan, GPG_ERR_SOURCE_DEFAULT, &heap, log, log_arg);
  }
  if (err)
    goto leave;
  assuan_set_pointer (conn->assuan, conn);
  set_hooks (conn->assuan);
  err = assuan_init_socket_server (conn->assuan, fd, ASSUAN_SOCKET_SERVER_ACCEPTED);
  if (!err)
    err = cf_request_register (conn);
  if (!err)
    err = assuan_set_hello_line (conn->assuan, "Confab " PACKAGE_VERSION);
  if (!err)
    err = assuan_accept (conn->assuan); /* says hello; the stream itself was accepted above */
  if (!err && event_add (conn->readable, NULL))
    err = cf_err (GPG_ERR_ENOMEM);

leave:
  if (err)
    cf_connection_free (conn);
  return err;
}

void
cf_connection_free (struct cf_connection *conn)
{
  struct cf_connection **p = &conn->ipc->connections;

  if (conn->busy) {
    conn->broken = true;
    return;
  }
  conn->broken = true; /* nothing is written from here on */
  if (conn->request)
    cf_request_abandon (conn->request);
  while (*p != conn)
    p = &(*p)->next;
  *p = conn->next;
  conn->ipc->count--;
  if (conn->readable)
    event_free (conn->readable);
  if (conn->writable)
    event_free (conn->writable);
  if (conn->closed)
    event_free (conn->closed);
  if (conn->assuan)
    assuan_release (conn->assuan);
  if (conn->out)
    evbuffer_free (conn->out);
  close (conn->fd);
  cf_secmem_free (conn->line);
  free (conn->display);
  free (conn->ttyname);
  free (conn->ttytype);
  free (conn->lc_ctype);
  free (conn);
}
