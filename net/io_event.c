/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io_event.c - the daemon's network on libevent: its life, listening, the loop.
 *
 * Streams are in io_event_conn.c, datagrams in io_event_udp.c, interfaces in
 * io_event_link.c.  Every callback of libevent begins by refreshing env's
 * clock, so that protocol code sees the time at which its turn began.
 */
#include "net/io_event.h"
#include "net/io_event_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The loop wakes at least that often; libevent has no "for ever" beside a deadline. */
#define LOOP_MAX_MS (3600 * 1000)

/* Addresses and sockets. */

socklen_t
cf_io_sockaddr (const struct cf_addr *addr, struct sockaddr_storage *r_sa)
{
  memset (r_sa, 0, sizeof *r_sa);
  if (addr->family == 4) {
    struct sockaddr_in *in = (struct sockaddr_in *) r_sa;

    in->sin_family = AF_INET;
    in->sin_port = htons (addr->port);
    memcpy (&in->sin_addr, addr->bytes, 4);
    return sizeof *in;
  }
  if (addr->family == 6) {
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) r_sa;

    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons (addr->port);
    in6->sin6_scope_id = addr->scope;
    memcpy (&in6->sin6_addr, addr->bytes, 16);
    return sizeof *in6;
  }
  return 0;
}

bool
cf_io_from_sockaddr (const struct sockaddr_storage *sa, struct cf_addr *r_addr)
{
  memset (r_addr, 0, sizeof *r_addr);
  if (sa->ss_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *) sa;

    r_addr->family = 4;
    r_addr->port = ntohs (in->sin_port);
    memcpy (r_addr->bytes, &in->sin_addr, 4);
    return true;
  }
  if (sa->ss_family == AF_INET6) {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *) sa;

    r_addr->family = 6;
    r_addr->port = ntohs (in6->sin6_port);
    r_addr->scope = IN6_IS_ADDR_LINKLOCAL (&in6->sin6_addr) ? in6->sin6_scope_id : 0;
    memcpy (r_addr->bytes, &in6->sin6_addr, 16);
    return true;
  }
  return false;
}

gpg_error_t
cf_io_bind_one (const struct cf_addr *addr, int type, int *r_fd)
{
  struct sockaddr_storage sa;
  socklen_t sa_len = cf_io_sockaddr (addr, &sa);
  gpg_error_t err;
  int one = 1;
  int fd;

  fd = socket (sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return cf_err_errno ();
  /* For streams, a restart must not wait for TIME_WAIT.  Our own datagram port is not shared. */
  if ((type == SOCK_STREAM && setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one))
      || (addr->family == 6 && setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one))
      || bind (fd, (struct sockaddr *) &sa, sa_len)
      || (type == SOCK_STREAM && listen (fd, CF_IO_BACKLOG))
      /* Only now: who else wants this port shall not get it, but streams of ours may leave from it (cf_io_punch). */
      || (type == SOCK_STREAM && setsockopt (fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one))) {
    err = cf_err_errno ();
    close (fd);
    return err;
  }
  *r_fd = fd;
  return 0;
}

bool
cf_io_bound (int fd, struct cf_addr *r_addr)
{
  struct sockaddr_storage sa;
  socklen_t sa_len = sizeof sa;

  return !getsockname (fd, (struct sockaddr *) &sa, &sa_len) && cf_io_from_sockaddr (&sa, r_addr);
}

static uint16_t
bound_port (int fd)
{
  struct cf_addr addr;

  return cf_io_bound (fd, &addr) ? addr.port : 0;
}

/* One try at cf_io_bind_all.  A host without one of the families is served on the other. */
static gpg_error_t
bind_try (int type, uint16_t port, int r_fds[CF_IO_FAMILIES], uint16_t *r_port)
{
  struct cf_addr any4 = { .family = 4, .port = port }, any6 = { .family = 6, .port = port };
  gpg_error_t err;

  r_fds[CF_IO_4] = r_fds[CF_IO_6] = -1;
  err = cf_io_bind_one (&any6, type, &r_fds[CF_IO_6]);
  if (err && gpg_err_code (err) == GPG_ERR_EADDRINUSE)
    return err;
  if (!err)
    any4.port = bound_port (r_fds[CF_IO_6]);
  err = cf_io_bind_one (&any4, type, &r_fds[CF_IO_4]);
  if (!err)
    any4.port = bound_port (r_fds[CF_IO_4]);
  else if (r_fds[CF_IO_6] < 0 || gpg_err_code (err) == GPG_ERR_EADDRINUSE) {
    if (r_fds[CF_IO_6] >= 0)
      close (r_fds[CF_IO_6]);
    r_fds[CF_IO_6] = -1;
    return err;
  }
  *r_port = any4.port;
  return 0;
}

gpg_error_t
cf_io_bind_all (const struct cf_addr *listen_at, int type, uint16_t port, int r_fds[CF_IO_FAMILIES],
                uint16_t *r_port)
{
  gpg_error_t err = 0;

  if (listen_at->family) {
    struct cf_addr addr = *listen_at;
    int i = addr.family == 4 ? CF_IO_4 : CF_IO_6;

    addr.port = port;
    r_fds[CF_IO_4] = r_fds[CF_IO_6] = -1;
    err = cf_io_bind_one (&addr, type, &r_fds[i]);
    if (!err)
      *r_port = bound_port (r_fds[i]);
    return err;
  }
  for (int i = 0; i < CF_IO_PORT_TRIES; i++) {
    err = bind_try (type, port, r_fds, r_port);
    if (port || gpg_err_code (err) != GPG_ERR_EADDRINUSE)
      break;
  }
  return err;
}

gpg_error_t
cf_io_watch (struct cf_io *io, struct cf_io_socket *sock, int fd, event_callback_fn call)
{
  sock->io = io;
  sock->fd = fd;
  sock->event = event_new (io->base, fd, EV_READ | EV_PERSIST, call, sock);
  if (!sock->event || event_add (sock->event, NULL)) {
    cf_io_socket_done (sock);
    return cf_err (GPG_ERR_ENOMEM);
  }
  return 0;
}

void
cf_io_socket_done (struct cf_io_socket *sock)
{
  if (sock->event)
    event_free (sock->event);
  sock->event = NULL;
  if (sock->fd >= 0)
    close (sock->fd);
  sock->fd = -1;
}

/* Listening. */

static void
accept_again (void *arg)
{
  struct cf_io *io = arg;

  for (int i = 0; i < CF_IO_FAMILIES; i++)
    if (io->listeners[i].event)
      event_add (io->listeners[i].event, NULL);
}

/* Without descriptors the listeners stay readable and would spin: leave them alone for a while. */
static void
accept_pause (struct cf_io *io, int errnum)
{
  cf_log (io->env, CF_LOG_WARN, "cannot accept connections for the moment: %s", strerror (errnum));
  for (int i = 0; i < CF_IO_FAMILIES; i++)
    if (io->listeners[i].event)
      event_del (io->listeners[i].event);
  cf_timer_after (io->env, &io->accept_again, CF_IO_ACCEPT_PAUSE_MS);
}

static void
accept_one (struct cf_io *io, int fd, const struct sockaddr_storage *sa)
{
  struct cf_addr from;

  enum cf_refusal why = CF_REFUSED_STREAM_FULL;

  if (!io->net.handler || !io->net.handler->accepted || !cf_io_from_sockaddr (sa, &from)
      || !cf_io_conn_admit (io, &from, &why)) {
    io->counts.refused++;
    cf_refused (io->env, why);
    close (fd);
    return;
  }
  io->counts.accepted++;
  cf_io_conn_incoming (io, fd, &from);
}

static void
on_incoming (evutil_socket_t listener, short what, void *arg)
{
  struct cf_io_socket *sock = arg;
  struct cf_io *io = sock->io;
  struct sockaddr_storage sa;

  (void) what;
  cf_env_system_refresh (io->env);
  for (int i = 0; i < CF_IO_TURN_ACCEPTS; i++) {
    socklen_t sa_len = sizeof sa;
    int fd = accept4 (listener, (struct sockaddr *) &sa, &sa_len, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0)
      accept_one (io, fd, &sa);
    else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      accept_pause (io, errno);
      return;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK)
      return;
    /* Anything else is about that one connection (it was reset meanwhile): the next. */
  }
}

static gpg_error_t
listen_open (struct cf_io *io)
{
  int fds[CF_IO_FAMILIES];
  gpg_error_t err;

  err = cf_io_bind_all (&io->listen, SOCK_STREAM, io->listen.port, fds, &io->tcp_port);
  if (err)
    return err;
  for (int i = 0; i < CF_IO_FAMILIES; i++) {
    if (fds[i] < 0)
      continue;
    if (err)
      close (fds[i]);
    else
      err = cf_io_watch (io, &io->listeners[i], fds[i], on_incoming);
  }
  return err;
}

static void
listen_done (struct cf_io *io)
{
  for (int i = 0; i < CF_IO_FAMILIES; i++)
    cf_io_socket_done (&io->listeners[i]);
}

/* One number for both carriers: who knows host and port can try either. */
static gpg_error_t
ports_open (struct cf_io *io, bool streams_only)
{
  gpg_error_t err = 0;

  for (int i = 0; i < CF_IO_PORT_TRIES; i++) {
    err = listen_open (io);
    if (err || streams_only)
      return err;
    err = cf_io_udp_open_own (io, io->tcp_port);
    if (io->listen.port || gpg_err_code (err) != GPG_ERR_EADDRINUSE)
      break;
    listen_done (io); /* the system chose it for TCP alone: let it choose again */
  }
  if (io->listen.port && gpg_err_code (err) == GPG_ERR_EADDRINUSE) {
    cf_log (io->env, CF_LOG_WARN, "UDP port %u is taken: tunnels over datagrams can only begin here", io->tcp_port);
    err = cf_io_udp_open_own (io, 0);
  }
  return err;
}

bool
cf_io_listens_on (const struct cf_io *io, const struct cf_addr *addr)
{
  static const uint8_t any[16];

  if (!io->listen.family)
    return true;
  if (!memcmp (io->listen.bytes, any, sizeof any)) /* 0.0.0.0 and [::] stand for one whole family */
    return addr->family == io->listen.family;
  return cf_addr_same_host (&io->listen, addr);
}

/* What others are told: the addresses of live interfaces, best first (loopback serves this host only). */
static size_t
op_addresses (struct cf_net *net, struct cf_addr *r_addrs, size_t max)
{
  struct cf_io *io = (struct cf_io *) net;
  size_t count = 0;

  for (int pass = 0; pass < 3; pass++)
    for (size_t i = 0; i < io->link_count && count < max; i++) {
      const struct cf_io_link *link = &io->links[i];
      int rank = link->loopback ? 2 : link->addr.scope ? 1 : 0;

      if (rank != pass || io->listeners[link->addr.family == 4 ? CF_IO_4 : CF_IO_6].fd < 0
          || !cf_io_listens_on (io, &link->addr))
        continue;
      r_addrs[count] = link->addr;
      r_addrs[count].port = io->tcp_port;
      count++;
    }
  return count;
}

static uint16_t
op_tcp_port (struct cf_net *net)
{
  return ((struct cf_io *) net)->tcp_port;
}

static uint16_t
op_udp_port (struct cf_net *net)
{
  return ((struct cf_io *) net)->udp_port;
}

static bool
op_is_near (struct cf_net *net, const struct cf_addr *addr)
{
  return cf_io_link_has ((struct cf_io *) net, addr);
}

static const struct cf_net_ops ops = {
  .dial = cf_io_dial,
  .punch = cf_io_punch,
  .set_handler = cf_io_conn_set_handler,
  .write = cf_io_conn_write,
  .queued = cf_io_conn_queued,
  .close = cf_io_conn_close,
  .send_datagram = cf_io_send_datagram,
  .send_datagrams = cf_io_send_datagrams,
  .is_near = op_is_near,
  .broadcast = cf_io_broadcast,
  .send_fresh = cf_io_send_fresh,
  .broadcast_fresh = cf_io_broadcast_fresh,
  .addresses = op_addresses,
  .tcp_port = op_tcp_port,
  .udp_port = op_udp_port,
  .resolve = cf_io_resolve,
  .resolve_cancel = cf_io_resolve_cancel,
};

/* Life. */

gpg_error_t
cf_io_new (struct cf_env *env, struct event_base *base, const struct cf_io_config *config, struct cf_net **r_net)
{
  struct cf_io *io;
  gpg_error_t err;

  io = calloc (1, sizeof *io);
  if (!io)
    return cf_err (GPG_ERR_ENOMEM);
  io->net.ops = &ops;
  io->env = env;
  io->base = base;
  if (config->listen)
    io->listen = *config->listen;
  io->incoming_max = config->incoming_max ? config->incoming_max : CF_IO_INCOMING_MAX;
  io->incoming_host_max = config->incoming_host_max ? config->incoming_host_max : CF_IO_INCOMING_HOST_MAX;
  io->outgoing_max = config->outgoing_max ? config->outgoing_max : CF_IO_OUTGOING_MAX;
  io->turn_bytes = config->turn_bytes ? config->turn_bytes : CF_IO_TURN_READ;
  io->discovery_port = config->discovery_port ? config->discovery_port : CF_DISCOVERY_PORT;
  for (int i = 0; i < CF_IO_FAMILIES; i++)
    io->listeners[i].fd = io->own[i].fd = io->shared[i].fd = -1;
  io->link.fd = -1;
  cf_timer_init (&io->accept_again, accept_again, io);
  cf_io_fresh_init (io);

  err = ports_open (io, config->streams_only);
  if (!err) {
    if (!config->streams_only && !config->no_beacons)
      cf_io_udp_open_shared (io);
    err = cf_io_link_open (io);
  }
  if (err) {
    cf_io_free (&io->net);
    return err;
  }
  cf_log (env, CF_LOG_INFO, "listening on TCP port %u, UDP port %u", io->tcp_port, io->udp_port);
  *r_net = &io->net;
  return 0;
}

void
cf_io_free (struct cf_net *net)
{
  struct cf_io *io = (struct cf_io *) net;

  if (!io)
    return;
  cf_io_conn_destroy_all (io);
  cf_timer_cancel (io->env, &io->accept_again);
  cf_io_link_done (io);
  cf_io_names_changed (io);
  cf_io_fresh_done (io);
  cf_io_udp_done (io);
  listen_done (io);
  free (io);
}

void
cf_io_counts (const struct cf_net *net, struct cf_io_counts *r_counts)
{
  *r_counts = ((const struct cf_io *) net)->counts;
}

/* The loop. */

static void
on_wake (evutil_socket_t fd, short what, void *arg)
{
  (void) fd;
  (void) what;
  (void) arg; /* waking was the point */
}

gpg_error_t
cf_io_run (struct cf_env *env, struct event_base *base, const bool *stop)
{
  struct event *wake;
  gpg_error_t err = 0;

  wake = evtimer_new (base, on_wake, NULL);
  if (!wake)
    return cf_err (GPG_ERR_ENOMEM);
  for (;;) {
    uint64_t next, wait_ms;
    int flags = EVLOOP_ONCE;

    cf_env_system_refresh (env);
    cf_timers_run (env);
    if (*stop)
      break;
    next = cf_timers_next (env);
    wait_ms = next > env->now_ms ? next - env->now_ms : 0;
    if (!wait_ms)
      flags = EVLOOP_NONBLOCK;
    else {
      struct timeval tv;

      if (wait_ms > LOOP_MAX_MS)
        wait_ms = LOOP_MAX_MS;
      tv.tv_sec = (time_t) (wait_ms / 1000);
      tv.tv_usec = (suseconds_t) (wait_ms % 1000 * 1000);
      if (evtimer_add (wake, &tv)) {
        err = cf_err (GPG_ERR_ENOMEM);
        break;
      }
    }
    if (event_base_loop (base, flags) < 0) {
      err = cf_err (GPG_ERR_EIO);
      break;
    }
    if (*stop)
      break;
  }
  event_free (wake);
  return err;
}
