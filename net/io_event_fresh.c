/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io_event_fresh.c - datagrams of which each leaves from a port opened for it.
 *
 * A port that stays is a name: two datagrams from one port are from one sender,
 * also when they leave by different interfaces.  Such a socket is bound to the
 * address that it sends from, hears answers for CF_NET_FRESH_MS, and is closed
 * by a timer only, never from inside a callback of its own.
 */
#include "net/io_event_priv.h"

#include <errno.h>
#include <unistd.h>

static void
fresh_over (void *arg)
{
  struct cf_io *io = arg;
  uint64_t next_ms = UINT64_MAX;

  for (int i = 0; i < CF_IO_FRESH_MAX; i++) {
    if (!io->fresh[i].event)
      continue;
    if (io->fresh_until_ms[i] <= io->env->now_ms)
      cf_io_socket_done (&io->fresh[i]);
    else if (io->fresh_until_ms[i] < next_ms)
      next_ms = io->fresh_until_ms[i];
  }
  if (next_ms != UINT64_MAX)
    cf_timer_arm (io->env, &io->fresh_over, next_ms);
}

void
cf_io_fresh_init (struct cf_io *io)
{
  for (int i = 0; i < CF_IO_FRESH_MAX; i++)
    io->fresh[i].fd = -1;
  cf_timer_init (&io->fresh_over, fresh_over, io);
}

void
cf_io_fresh_done (struct cf_io *io)
{
  cf_timer_cancel (io->env, &io->fresh_over);
  for (int i = 0; i < CF_IO_FRESH_MAX; i++)
    cf_io_socket_done (&io->fresh[i]);
}

/* Open a socket at ADDR, on a port of the system's choice, and ask SAY what is to leave from it.  For one of the first
   MAX places.  Errors: LIMIT_REACHED, of the system, of SAY. */
static gpg_error_t
open_fresh (struct cf_io *io, const struct cf_addr *addr, int max, cf_net_say say, void *arg, int *r_fd,
            struct cf_buf *out)
{
  struct cf_addr source = *addr;
  gpg_error_t err;
  int i = 0, fd, one = 1;

  while (i < max && io->fresh[i].event)
    i++;
  if (i == max)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  source.port = 0;
  err = cf_io_bind_one (&source, SOCK_DGRAM, &fd);
  if (err)
    return err;
  if ((addr->family == 4 && setsockopt (fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof one)) || !cf_io_bound (fd, &source)) {
    err = cf_err_errno ();
    close (fd);
    return err;
  }
  err = cf_io_watch (io, &io->fresh[i], fd, cf_io_on_datagram);
  if (err)
    return err;
  io->fresh_until_ms[i] = io->env->now_ms + CF_NET_FRESH_MS;
  if (!io->fresh_over.armed)
    cf_timer_arm (io->env, &io->fresh_over, io->fresh_until_ms[i]);
  *r_fd = fd;
  return say (arg, &source, out);
}

/* The address that what is sent to TO leaves from: the system knows, by its routes. */
static gpg_error_t
source_for (struct cf_io *io, const struct cf_addr *to, struct cf_addr *r_source)
{
  struct sockaddr_storage sa;
  socklen_t sa_len = cf_io_sockaddr (to, &sa);
  struct cf_addr source = io->listen;
  gpg_error_t err;
  int fd;

  source.port = 0;
  if (source.family != to->family) {
    if (source.family)
      return cf_err (GPG_ERR_ENETUNREACH);
    source.family = to->family;
  }
  err = cf_io_bind_one (&source, SOCK_DGRAM, &fd);
  if (err)
    return err;
  if (connect (fd, (struct sockaddr *) &sa, sa_len) || !cf_io_bound (fd, r_source))
    err = cf_err_errno ();
  close (fd);
  return err;
}

gpg_error_t
cf_io_send_fresh (struct cf_net *net, const struct cf_addr *to, cf_net_say say, void *arg)
{
  struct cf_io *io = (struct cf_io *) net;
  struct cf_addr source;
  struct cf_buf out;
  gpg_error_t err;
  int fd;

  err = source_for (io, to, &source);
  if (err)
    return err;
  cf_buf_init (&out, CF_NET_DATAGRAM_MAX);
  err = open_fresh (io, &source, CF_IO_FRESH_MAX / 2, say, arg, &fd, &out);
  if (!err)
    err = cf_io_send_from (io, fd, to, cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
  return err;
}

/* On IPv6 receivers see a link-local address: what leaves for a link-local group has one. */
static bool
leaves_by (const struct cf_io *io, size_t i)
{
  const struct cf_io_link *link = &io->links[i];

  if (!cf_io_listens_on (io, &link->addr))
    return false;
  if (link->addr.family == 4)
    return io->own[CF_IO_4].fd >= 0 && link->can_broadcast;
  if (io->own[CF_IO_6].fd < 0 || !link->can_multicast || !link->addr.scope)
    return false;
  for (size_t k = 0; k < i; k++)
    if (io->links[k].index == link->index && io->links[k].addr.scope && io->links[k].can_multicast)
      return false; /* has left by that interface already */
  return true;
}

gpg_error_t
cf_io_broadcast_fresh (struct cf_net *net, cf_net_say say, void *arg)
{
  struct cf_io *io = (struct cf_io *) net;
  gpg_error_t err, first = cf_err (GPG_ERR_ENETUNREACH);
  bool sent = false;

  for (size_t i = 0; i < io->link_count; i++) {
    struct cf_buf out;
    int fd;

    if (!leaves_by (io, i))
      continue;
    cf_buf_init (&out, CF_NET_DATAGRAM_MAX);
    err = open_fresh (io, &io->links[i].addr, CF_IO_FRESH_MAX, say, arg, &fd, &out);
    if (!err && io->links[i].addr.family == 4)
      err = cf_io_broadcast4 (io, fd, i, cf_buf_data (&out), cf_buf_len (&out));
    else if (!err)
      err = cf_io_broadcast6 (io, fd, i, cf_buf_data (&out), cf_buf_len (&out));
    cf_buf_done (&out);
    if (!err)
      sent = true;
    else if (!sent)
      first = err;
  }
  return sent ? 0 : first;
}
