/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io_event_conn.c - byte streams of io_event.
 *
 *   dial --> CONNECTING --on_write--> OPEN <-- incoming
 *                |                     | |
 *                '---- conn_fail ------+-|--> FAILED --close--> gone
 *                                        |--close--> FLUSHING --queue empty--> LINGERING --EOF--> gone
 *                                        '--close, nothing was ever said--> gone
 *
 * CONNECTING has CF_IO_DIAL_MS, FLUSHING and LINGERING share CF_IO_CLOSE_MS.
 * LINGERING has said that nothing more comes and waits for the other side to
 * say the same: closing with unread bytes would make the system reset the
 * stream and destroy what the other side has not read yet, our goodbye.
 *
 * Callbacks come only from on_read, on_write and deadline, so never from
 * inside a call of the user.  BUSY keeps a stream that its own callback ended
 * in memory until that callback has returned.
 */
#include "net/io_event_priv.h"

#include <errno.h>
#include <event2/buffer.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WRITE_PARTS 16
#define DIRECT_MIN (32 * 1024) /* bytes: so many are not copied first, if the system takes them */
#define UNSENT_MAX (128 * 1024) /* bytes: what the system keeps back of a file, chat cannot overtake */

enum conn_state { CONN_CONNECTING, CONN_OPEN, CONN_FAILED, CONN_FLUSHING, CONN_LINGERING };

struct cf_conn {
  struct cf_io *io;
  struct cf_conn *next, *prev;
  enum conn_state state;
  bool incoming, busy, dead;
  bool has_said; /* something was written, ... */
  bool drains;   /* ... and it was not told yet that it has left */
  int fd;
  struct event *read, *write;
  struct evbuffer *out;
  struct cf_timer deadline;
  struct cf_addr peer;
  const struct cf_conn_handler *handler; /* NULL once closed */
  void *arg;
};

static void on_read (evutil_socket_t fd, short what, void *arg);
static void on_write (evutil_socket_t fd, short what, void *arg);
static void on_deadline (void *arg);

static void
conn_destroy (struct cf_conn *conn)
{
  if (conn->fd >= 0) {
    cf_timer_cancel (conn->io->env, &conn->deadline);
    if (conn->read)
      event_free (conn->read);
    if (conn->write)
      event_free (conn->write);
    close (conn->fd);
    conn->fd = -1;
    if (conn->prev)
      conn->prev->next = conn->next;
    else
      conn->io->conns = conn->next;
    if (conn->next)
      conn->next->prev = conn->prev;
    if (conn->incoming)
      conn->io->incoming--;
    else
      conn->io->outgoing--;
  }
  conn->dead = true;
  if (conn->busy)
    return; /* conn_done_busy comes back */
  if (conn->out)
    evbuffer_free (conn->out);
  free (conn);
}

/* End of a turn in which callbacks may have closed CONN. */
static void
conn_done_busy (struct cf_conn *conn)
{
  conn->busy = false;
  if (conn->dead)
    conn_destroy (conn);
}

/* Takes FD over, also on error. */
static gpg_error_t
conn_new (struct cf_io *io, int fd, bool incoming, const struct cf_addr *peer, struct cf_conn **r_conn)
{
  struct cf_conn *conn;
  int one = 1, unsent = UNSENT_MAX;

  conn = calloc (1, sizeof *conn);
  if (!conn) {
    close (fd);
    return cf_err (GPG_ERR_ENOMEM);
  }
  conn->io = io;
  conn->fd = fd;
  conn->incoming = incoming;
  conn->peer = *peer;
  conn->state = incoming ? CONN_OPEN : CONN_CONNECTING;
  cf_timer_init (&conn->deadline, on_deadline, conn);
  conn->next = io->conns;
  if (io->conns)
    io->conns->prev = conn;
  io->conns = conn;
  if (incoming)
    io->incoming++;
  else
    io->outgoing++;
  /* Without these a stream still works, so failing to set them is no error. */
  (void) setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  (void) setsockopt (fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
  (void) setsockopt (fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
  conn->read = event_new (io->base, fd, EV_READ | EV_PERSIST, on_read, conn);
  conn->write = event_new (io->base, fd, EV_WRITE, on_write, conn);
  conn->out = evbuffer_new ();
  if (!conn->read || !conn->write || !conn->out) {
    conn_destroy (conn);
    return cf_err (GPG_ERR_ENOMEM);
  }
  *r_conn = conn;
  return 0;
}

/* CONN is of no use any more; its user is told, once, and closes it. */
static void
conn_fail (struct cf_conn *conn, gpg_error_t err)
{
  cf_timer_cancel (conn->io->env, &conn->deadline);
  if (conn->state == CONN_FLUSHING || conn->state == CONN_LINGERING) {
    conn_destroy (conn);
    return;
  }
  conn->state = CONN_FAILED;
  event_del (conn->read);
  event_del (conn->write);
  evbuffer_drain (conn->out, evbuffer_get_length (conn->out));
  if (conn->handler && conn->handler->failed)
    conn->handler->failed (conn->arg, err);
  else if (!conn->handler)
    conn_destroy (conn);
}

static void
on_deadline (void *arg)
{
  struct cf_conn *conn = arg;

  conn->busy = true;
  conn_fail (conn, cf_err (GPG_ERR_ETIMEDOUT));
  conn_done_busy (conn);
}

/* Reading. */

static void
on_read (evutil_socket_t fd, short what, void *arg)
{
  struct cf_conn *conn = arg;
  struct cf_io *io = conn->io;

  (void) what;
  cf_env_system_refresh (io->env);
  conn->busy = true;
  for (size_t left = io->turn_bytes; left && !conn->dead && conn->state != CONN_FAILED;) {
    size_t want = left < sizeof io->scratch ? left : sizeof io->scratch;
    ssize_t n = recv (fd, io->scratch, want, 0);

    if (n > 0) {
      if (conn->state == CONN_OPEN && conn->handler && conn->handler->received)
        conn->handler->received (conn->arg, io->scratch, (size_t) n);
      if ((size_t) n < want)
        break;
      left -= want;
    } else if (!n && conn->state == CONN_FLUSHING) {
      event_del (conn->read); /* the other side may still read: go on flushing */
      break;
    } else if (!n)
      conn_fail (conn, cf_err (GPG_ERR_EOF));
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      break;
    else if (errno != EINTR)
      conn_fail (conn, cf_err_errno ());
  }
  conn_done_busy (conn);
}

/* Writing. */

/* Everything that was queued at close has left. */
static void
conn_linger (struct cf_conn *conn)
{
  if (shutdown (conn->fd, SHUT_WR) || !event_pending (conn->read, EV_READ, NULL)) {
    conn_destroy (conn); /* broken, or the other side had finished before us */
    return;
  }
  conn->state = CONN_LINGERING;
}

/* Hand queued bytes to the system: up to a turn's worth.  Errors: of send. */
static gpg_error_t
conn_flush (struct cf_conn *conn)
{
  size_t sent = 0;

  while (sent < CF_IO_TURN_WRITE && evbuffer_get_length (conn->out)) {
    struct evbuffer_iovec parts[WRITE_PARTS];
    struct iovec iov[WRITE_PARTS];
    struct msghdr msg = { .msg_iov = iov };
    int count = evbuffer_peek (conn->out, -1, NULL, parts, WRITE_PARTS);
    ssize_t n;

    for (int i = 0; i < count && i < WRITE_PARTS; i++) {
      iov[i].iov_base = parts[i].iov_base;
      iov[i].iov_len = parts[i].iov_len;
      msg.msg_iovlen++;
    }
    n = sendmsg (conn->fd, &msg, MSG_NOSIGNAL);
    if (n >= 0) {
      evbuffer_drain (conn->out, (size_t) n);
      sent += (size_t) n;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK)
      return 0;
    else if (errno != EINTR)
      return cf_err_errno ();
  }
  return 0;
}

/* Whether the system gave a dial to a dead port of this host that very port as its own, and so connected
   it to itself. */
static bool
is_self_connected (int fd)
{
  struct sockaddr_storage own, peer;
  socklen_t own_len = sizeof own, peer_len = sizeof peer;
  struct cf_addr a, b;

  return !getsockname (fd, (struct sockaddr *) &own, &own_len)
         && !getpeername (fd, (struct sockaddr *) &peer, &peer_len) && cf_io_from_sockaddr (&own, &a)
         && cf_io_from_sockaddr (&peer, &b) && cf_addr_equal (&a, &b);
}

static gpg_error_t
conn_established (struct cf_conn *conn)
{
  int errnum = 0;
  socklen_t errnum_len = sizeof errnum;

  if (getsockopt (conn->fd, SOL_SOCKET, SO_ERROR, &errnum, &errnum_len))
    return cf_err_errno ();
  if (errnum)
    return cf_err (gpg_err_code_from_errno (errnum));
  if (is_self_connected (conn->fd))
    return cf_err (GPG_ERR_ECONNREFUSED);
  cf_timer_cancel (conn->io->env, &conn->deadline);
  conn->state = CONN_OPEN;
  if (event_add (conn->read, NULL))
    return cf_err (GPG_ERR_ENOMEM);
  if (conn->handler && conn->handler->connected)
    conn->handler->connected (conn->arg);
  return 0;
}

static void
write_turn (struct cf_conn *conn)
{
  gpg_error_t err = 0;

  if (conn->state == CONN_CONNECTING)
    err = conn_established (conn);
  if (conn->dead || conn->state == CONN_FAILED)
    return;
  if (!err)
    err = conn_flush (conn);
  if (!err && evbuffer_get_length (conn->out) && event_add (conn->write, NULL))
    err = cf_err (GPG_ERR_ENOMEM);
  if (err) {
    conn_fail (conn, err);
    return;
  }
  if (evbuffer_get_length (conn->out))
    return;
  if (conn->state == CONN_FLUSHING)
    conn_linger (conn);
  else if (conn->drains && conn->state == CONN_OPEN) {
    conn->drains = false;
    if (conn->handler && conn->handler->drained)
      conn->handler->drained (conn->arg);
  }
}

static void
on_write (evutil_socket_t fd, short what, void *arg)
{
  struct cf_conn *conn = arg;

  (void) fd;
  (void) what;
  cf_env_system_refresh (conn->io->env);
  conn->busy = true;
  write_turn (conn);
  conn_done_busy (conn);
}

/* What the user calls. */

/* FD is to leave from the port on which streams of its family are accepted. */
static gpg_error_t
bind_to_listener (const struct cf_io *io, const struct cf_addr *to, int fd)
{
  const struct cf_io_socket *listener = &io->listeners[to->family == 4 ? CF_IO_4 : CF_IO_6];
  struct sockaddr_storage sa;
  struct cf_addr addr;
  socklen_t sa_len;
  int one = 1;

  if (listener->fd < 0 || !cf_io_bound (listener->fd, &addr))
    return cf_err (GPG_ERR_NOT_SUPPORTED);
  sa_len = cf_io_sockaddr (&addr, &sa);
  if (setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one)
      || setsockopt (fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one)
      || (to->family == 6 && setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one))
      || bind (fd, (struct sockaddr *) &sa, sa_len))
    return cf_err_errno ();
  return 0;
}

static gpg_error_t
dial_from (struct cf_io *io, bool from_listener, const struct cf_addr *to, const struct cf_conn_handler *handler,
           void *arg, struct cf_conn **r_conn)
{
  struct sockaddr_storage sa;
  socklen_t sa_len = cf_io_sockaddr (to, &sa);
  struct cf_conn *conn = NULL;
  gpg_error_t err;
  int fd;

  if (!sa_len || !to->port)
    return cf_err (GPG_ERR_INV_VALUE);
  if (io->outgoing >= io->outgoing_max)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  fd = socket (sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return cf_err_errno ();
  err = conn_new (io, fd, false, to, &conn);
  if (err)
    return err;
  if (from_listener)
    err = bind_to_listener (io, to, fd);
  if (!err && connect (fd, (struct sockaddr *) &sa, sa_len) && errno != EINPROGRESS)
    err = cf_err_errno ();
  if (!err && event_add (conn->write, NULL))
    err = cf_err (GPG_ERR_ENOMEM);
  if (err) {
    conn_destroy (conn);
    return err;
  }
  conn->handler = handler;
  conn->arg = arg;
  cf_timer_after (io->env, &conn->deadline, CF_IO_DIAL_MS);
  io->counts.dialed++;
  *r_conn = conn;
  return 0;
}

gpg_error_t
cf_io_dial (struct cf_net *net, const struct cf_addr *to, const struct cf_conn_handler *handler, void *arg,
            struct cf_conn **r_conn)
{
  return dial_from ((struct cf_io *) net, false, to, handler, arg, r_conn);
}

gpg_error_t
cf_io_punch (struct cf_net *net, const struct cf_addr *to, const struct cf_conn_handler *handler, void *arg,
             struct cf_conn **r_conn)
{
  return dial_from ((struct cf_io *) net, true, to, handler, arg, r_conn);
}

void
cf_io_conn_set_handler (struct cf_conn *conn, const struct cf_conn_handler *handler, void *arg)
{
  conn->handler = handler;
  conn->arg = arg;
}

/* How many of LEN bytes the system takes at once, nothing being queued.  An error is on_write's to find. */
static size_t
write_direct (struct cf_conn *conn, const void *data, size_t len)
{
  ssize_t n = -1;

  if (len >= DIRECT_MIN && conn->state == CONN_OPEN && !evbuffer_get_length (conn->out))
    n = send (conn->fd, data, len, MSG_NOSIGNAL);
  return n > 0 ? (size_t) n : 0;
}

gpg_error_t
cf_io_conn_write (struct cf_conn *conn, const void *data, size_t len)
{
  size_t left;

  if (conn->state != CONN_OPEN && conn->state != CONN_CONNECTING)
    return cf_err (GPG_ERR_ENOTCONN);
  if (len > CF_CONN_QUEUE_MAX - evbuffer_get_length (conn->out))
    return cf_err (GPG_ERR_LIMIT_REACHED);
  left = len - write_direct (conn, data, len);
  if (left && evbuffer_add (conn->out, (const uint8_t *) data + (len - left), left))
    return cf_err (GPG_ERR_ENOMEM);
  conn->has_said |= len > 0;
  conn->drains |= len > 0;
  /* Small writes of one turn leave together, and no system call is spent on asking whether they may. */
  if (conn->state == CONN_OPEN && !event_pending (conn->write, EV_WRITE, NULL))
    event_active (conn->write, EV_WRITE, 0);
  return 0;
}

size_t
cf_io_conn_queued (const struct cf_conn *conn)
{
  return evbuffer_get_length (conn->out);
}

void
cf_io_conn_close (struct cf_conn *conn)
{
  if (!conn)
    return;
  conn->handler = NULL;
  /* To whom we have said nothing there is no goodbye to lose. */
  if (conn->state == CONN_FAILED || conn->state == CONN_CONNECTING || !conn->has_said) {
    conn_destroy (conn);
    return;
  }
  conn->state = CONN_FLUSHING;
  cf_timer_after (conn->io->env, &conn->deadline, CF_IO_CLOSE_MS);
  if (!evbuffer_get_length (conn->out))
    conn_linger (conn);
}

void
cf_io_conn_incoming (struct cf_io *io, int fd, const struct cf_addr *from)
{
  struct cf_conn *conn = NULL;

  if (conn_new (io, fd, true, from, &conn))
    return;
  conn->busy = true;
  if (event_add (conn->read, NULL))
    conn_destroy (conn);
  else {
    io->net.handler->accepted (io->net.handler_arg, conn, from);
    if (!conn->dead && !conn->handler && conn->state == CONN_OPEN)
      conn_destroy (conn); /* nobody wants it */
  }
  conn_done_busy (conn);
}

bool
cf_io_conn_admit (struct cf_io *io, const struct cf_addr *from, enum cf_refusal *r_why)
{
  struct cf_conn *oldest = NULL, *oldest_same = NULL; /* the newest is first in the list */
  size_t same = 0;

  for (struct cf_conn *conn = io->conns; conn; conn = conn->next) {
    bool is_over = conn->state == CONN_FLUSHING || conn->state == CONN_LINGERING;

    if (!conn->incoming)
      continue;
    if (is_over)
      oldest = conn;
    if (!cf_addr_same_source (&conn->peer, from))
      continue;
    same++;
    if (is_over)
      oldest_same = conn;
  }
  if (same >= io->incoming_host_max) {
    *r_why = CF_REFUSED_STREAM_HOST;
    oldest = oldest_same;
  } else if (io->incoming < io->incoming_max)
    return true;
  else
    *r_why = CF_REFUSED_STREAM_FULL;
  if (oldest)
    conn_destroy (oldest);
  return oldest != NULL;
}

void
cf_io_conn_destroy_all (struct cf_io *io)
{
  while (io->conns)
    conn_destroy (io->conns);
}
