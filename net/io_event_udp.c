/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io_event_udp.c - datagrams of io_event, and how several daemons share a host.
 *
 * The discovery port is shared: every daemon of the host has a socket on it
 * (SO_REUSEADDR, so that different users' daemons can share it as well).  The
 * system gives each of those sockets a copy of what is sent to a broadcast or
 * multicast address, but what is sent to the host itself to only one of them.
 * So nothing is ever sent to the discovery port of one host: each daemon has a
 * port of its own besides, beacons leave from there, and answers go back there.
 *
 * Broadcasts leave once for each interface, which is chosen by packet
 * information (binding a socket to a device would need privileges).  Loopback
 * is one of those interfaces: 127.255.255.255 reaches the other daemons of
 * this host when it has no other network.
 *
 * Tunnels use our own port, too, from anywhere.  Where the kernel can cut one
 * long piece into datagrams (UDP_SEGMENT), and join those that come (UDP_GRO),
 * it does: a call for each datagram is what a fast path would spend its time on.
 */
#include "net/io_event_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

#include "net/dgram_proto.h"

#define SOCKET_BUFFER (4 * 1024 * 1024) /* a crowd's answers to one question; what a fast path brings in a moment */
#define SEGMENTS_MAX 64                 /* that one call may make; the kernel's limit */

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

union control {
  struct cmsghdr align;
  char space[CMSG_SPACE (sizeof (struct in_pktinfo)) + CMSG_SPACE (sizeof (int))];
};

/* One datagram.  What was sent to everybody is of one link: answering others would help who scans or floods from afar.
   To our own port come tunnels and beacons from anywhere. */
static void
deliver (struct cf_io *io, bool is_own, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  bool is_tunnel = is_own && cf_dgram_kind (data, len);

  if (!is_own && !cf_io_link_has (io, from)) {
    cf_refused (io->env, CF_REFUSED_BEACON_OFF_LINK);
    return;
  }
  if (!is_tunnel && len > CF_IO_DATAGRAM_MAX) {
    cf_refused (io->env, CF_REFUSED_BEACON_MALFORMED);
    return;
  }
  io->counts.datagrams_in++;
  if (io->net.handler && io->net.handler->datagram)
    io->net.handler->datagram (io->net.handler_arg, from, data, len);
}

/* The length of each datagram of which the kernel has joined several; else ALL. */
static size_t
joined_segment (struct msghdr *msg, size_t all)
{
  for (struct cmsghdr *c = CMSG_FIRSTHDR (msg); c; c = CMSG_NXTHDR (msg, c))
    if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO && c->cmsg_len >= CMSG_LEN (sizeof (uint16_t))) {
      int segment = 0;

      memcpy (&segment, CMSG_DATA (c), c->cmsg_len >= CMSG_LEN (sizeof segment) ? sizeof segment : sizeof (uint16_t));
      if (segment > 0)
        return (size_t) segment;
    }
  return all;
}

void
cf_io_on_datagram (evutil_socket_t fd, short what, void *arg)
{
  struct cf_io_socket *sock = arg;
  struct cf_io *io = sock->io;
  bool is_own = sock == &io->own[CF_IO_4] || sock == &io->own[CF_IO_6];

  (void) what;
  cf_env_system_refresh (io->env);
  for (int i = 0; i < CF_IO_TURN_DATAGRAMS; i++) {
    struct sockaddr_storage sa;
    union control control;
    struct iovec iov = { .iov_base = io->scratch, .iov_len = sizeof io->scratch };
    struct msghdr msg = { .msg_name = &sa, .msg_namelen = sizeof sa, .msg_iov = &iov, .msg_iovlen = 1,
                          .msg_control = control.space, .msg_controllen = sizeof control.space };
    struct cf_addr from;
    ssize_t n = recvmsg (fd, &msg, 0);
    size_t segment;

    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return;
    if (n < 0 || !cf_io_from_sockaddr (&sa, &from))
      continue; /* an earlier datagram was refused somewhere */
    /* Who listens on loopback alone is not on the network, although the shared port hears it. */
    if (cf_addr_is_loopback (&io->listen) && !cf_addr_is_loopback (&from))
      continue;
    segment = joined_segment (&msg, (size_t) n);
    for (size_t at = 0; at == 0 || at < (size_t) n; at += segment) {
      size_t left = (size_t) n - at;

      deliver (io, is_own, &from, io->scratch + at, left < segment ? left : segment);
      if (!segment)
        break; /* an empty datagram */
    }
  }
}

/* A socket on the shared discovery port. */
static gpg_error_t
open_shared (struct cf_io *io, int i)
{
  struct cf_addr any = { .family = i == CF_IO_4 ? 4 : 6, .port = io->discovery_port };
  struct sockaddr_storage sa;
  socklen_t sa_len = cf_io_sockaddr (&any, &sa);
  gpg_error_t err;
  int one = 1;
  int fd;

  fd = socket (sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return cf_err_errno ();
  if (setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one)
      || (i == CF_IO_6 && setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one))
      || bind (fd, (struct sockaddr *) &sa, sa_len)) {
    err = cf_err_errno ();
    close (fd);
    return err;
  }
  return cf_io_watch (io, &io->shared[i], fd, cf_io_on_datagram);
}

/* What makes tunnels fast; each is a wish, and everything works without. */
static void
tune_own (int fd, int i)
{
  int one = 1, size = SOCKET_BUFFER;
  /* Datagrams are never cut on the way: what passes is found out, not assumed. */
  int probe4 = IP_PMTUDISC_PROBE, probe6 = IPV6_PMTUDISC_PROBE;

  (void) setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  (void) setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  (void) setsockopt (fd, IPPROTO_UDP, UDP_GRO, &one, sizeof one);
  if (i == CF_IO_4)
    (void) setsockopt (fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe4, sizeof probe4);
  else
    (void) setsockopt (fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe6, sizeof probe6);
}

gpg_error_t
cf_io_udp_open_own (struct cf_io *io, uint16_t port)
{
  int fds[CF_IO_FAMILIES];
  int one = 1;
  gpg_error_t err;

  err = cf_io_bind_all (&io->listen, SOCK_DGRAM, port, fds, &io->udp_port);
  if (err)
    return err;
  for (int i = 0; i < CF_IO_FAMILIES; i++) {
    if (fds[i] < 0)
      continue;
    if (err) {
      close (fds[i]);
      continue;
    }
    tune_own (fds[i], i);
    if (i == CF_IO_4 && setsockopt (fds[i], SOL_SOCKET, SO_BROADCAST, &one, sizeof one)) {
      err = cf_err_errno ();
      close (fds[i]);
    } else
      err = cf_io_watch (io, &io->own[i], fds[i], cf_io_on_datagram);
  }
  return err;
}

void
cf_io_udp_open_shared (struct cf_io *io)
{
  /* The port may be taken by a program that does not share it, or a family be switched off.  Answers to our
     own questions still come, and everything else works, so this is no reason not to run. */
  for (int i = 0; i < CF_IO_FAMILIES; i++) {
    gpg_error_t err = open_shared (io, i);

    if (err)
      cf_log (io->env, CF_LOG_WARN, "beacons of others are not heard on %s, UDP port %u: %s",
              i == CF_IO_4 ? "IPv4" : "IPv6", io->discovery_port, gpg_strerror (err));
  }
}

void
cf_io_udp_done (struct cf_io *io)
{
  for (int i = 0; i < CF_IO_FAMILIES; i++) {
    cf_io_socket_done (&io->own[i]);
    cf_io_socket_done (&io->shared[i]);
  }
}

/* The first address of its interface and family among the links, so that each interface is met once. */
bool
cf_io_first_of_interface (const struct cf_io *io, size_t at)
{
  for (size_t i = 0; i < at; i++)
    if (io->links[i].index == io->links[at].index && io->links[i].addr.family == io->links[at].addr.family)
      return false;
  return true;
}

void
cf_io_udp_join (struct cf_io *io)
{
  struct ipv6_mreq mreq = { 0 };

  if (io->shared[CF_IO_6].fd < 0 || inet_pton (AF_INET6, CF_DISCOVERY_GROUP6, &mreq.ipv6mr_multiaddr) != 1)
    return;
  for (size_t i = 0; i < io->link_count; i++) {
    if (io->links[i].addr.family != 6 || !io->links[i].can_multicast || !cf_io_first_of_interface (io, i))
      continue;
    mreq.ipv6mr_interface = io->links[i].index;
    if (setsockopt (io->shared[CF_IO_6].fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &mreq, sizeof mreq)
        && errno != EADDRINUSE) /* joined already: memberships last as long as the interface */
      cf_log (io->env, CF_LOG_DEBUG, "cannot join the discovery group on interface %u: %s",
              (unsigned int) io->links[i].index, strerror (errno));
  }
}

/* Sending. */

gpg_error_t
cf_io_send_from (struct cf_io *io, int fd, const struct cf_addr *to, const void *data, size_t len)
{
  struct sockaddr_storage sa;
  socklen_t sa_len = cf_io_sockaddr (to, &sa);

  if (!sa_len || !to->port)
    return cf_err (GPG_ERR_INV_VALUE);
  if (fd < 0)
    return cf_err (GPG_ERR_ENETUNREACH);
  if (sendto (fd, data, len, MSG_NOSIGNAL, (struct sockaddr *) &sa, sa_len) < 0)
    return cf_err_errno ();
  io->counts.datagrams_out++;
  return 0;
}

gpg_error_t
cf_io_send_datagram (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len)
{
  struct cf_io *io = (struct cf_io *) net;

  return cf_io_send_from (io, io->own[to->family == 4 ? CF_IO_4 : CF_IO_6].fd, to, data, len);
}

/* All of DATA in one call, cut by the kernel. */
static bool
send_segmented (int fd, const struct sockaddr_storage *sa, socklen_t sa_len, const uint8_t *data, size_t len,
                size_t segment)
{
  union control control;
  struct sockaddr_storage to = *sa;
  char *bytes = (char *) (uintptr_t) data; /* struct iovec knows no const; sendmsg does not write */
  struct iovec iov = { .iov_base = bytes, .iov_len = len };
  struct msghdr msg = { .msg_name = &to, .msg_namelen = sa_len, .msg_iov = &iov, .msg_iovlen = 1,
                        .msg_control = control.space, .msg_controllen = CMSG_SPACE (sizeof (uint16_t)) };
  struct cmsghdr *cmsg;
  uint16_t size = (uint16_t) segment;

  memset (&control, 0, sizeof control);
  cmsg = CMSG_FIRSTHDR (&msg);
  cmsg->cmsg_level = IPPROTO_UDP;
  cmsg->cmsg_type = UDP_SEGMENT;
  cmsg->cmsg_len = CMSG_LEN (sizeof size);
  memcpy (CMSG_DATA (cmsg), &size, sizeof size);
  return sendmsg (fd, &msg, MSG_NOSIGNAL) >= 0;
}

/* Each datagram by itself, with as few calls as may be. */
static gpg_error_t
send_singly (struct cf_io *io, int fd, const struct sockaddr_storage *sa, socklen_t sa_len, const uint8_t *data,
             size_t len, size_t segment)
{
  struct mmsghdr msgs[SEGMENTS_MAX];
  struct iovec iovs[SEGMENTS_MAX];
  struct sockaddr_storage to = *sa;
  char *bytes = (char *) (uintptr_t) data;
  unsigned count = 0;
  int sent;

  memset (msgs, 0, sizeof msgs);
  for (size_t at = 0; at < len && count < SEGMENTS_MAX; at += segment, count++) {
    iovs[count] = (struct iovec){ .iov_base = bytes + at, .iov_len = len - at < segment ? len - at : segment };
    msgs[count].msg_hdr = (struct msghdr){ .msg_name = &to, .msg_namelen = sa_len, .msg_iov = &iovs[count],
                                           .msg_iovlen = 1 };
  }
  sent = sendmmsg (fd, msgs, count, MSG_NOSIGNAL);
  if (sent < 0)
    return cf_err_errno ();
  io->counts.datagrams_out += (uint64_t) sent;
  return (unsigned) sent < count ? cf_err (GPG_ERR_EAGAIN) : 0;
}

gpg_error_t
cf_io_send_datagrams (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len, size_t segment)
{
  struct cf_io *io = (struct cf_io *) net;
  int fd = io->own[to->family == 4 ? CF_IO_4 : CF_IO_6].fd;
  struct sockaddr_storage sa;
  socklen_t sa_len = cf_io_sockaddr (to, &sa);
  const uint8_t *p = data;
  gpg_error_t err = 0;

  if (!sa_len || !to->port || !segment || len > CF_NET_BATCH_MAX)
    return cf_err (GPG_ERR_INV_VALUE);
  if (fd < 0)
    return cf_err (GPG_ERR_ENETUNREACH);
  while (len) {
    size_t now = len < SEGMENTS_MAX * segment ? len : SEGMENTS_MAX * segment;

    if (now > segment && !io->no_segments && send_segmented (fd, &sa, sa_len, p, now, segment))
      io->counts.datagrams_out += (now + segment - 1) / segment;
    else {
      if (now > segment && (errno == EIO || errno == ENOPROTOOPT))
        io->no_segments = true; /* a device that cannot */
      err = send_singly (io, fd, &sa, sa_len, p, now, segment);
    }
    p += now;
    len -= now;
  }
  return err;
}

/* To the IPv4 broadcast address TO, from FD, out of LINK and under LINK's address. */
static gpg_error_t
send_broadcast4 (struct cf_io *io, int fd, const struct cf_io_link *link, const struct cf_addr *to,
                 const void *data, size_t len)
{
  union control control;
  struct sockaddr_storage sa;
  socklen_t sa_len = cf_io_sockaddr (to, &sa);
  struct in_pktinfo info = { .ipi_ifindex = (int) link->index };
  char *bytes = (char *) (uintptr_t) data; /* struct iovec knows no const; sendmsg does not write */
  struct iovec iov = { .iov_base = bytes, .iov_len = len };
  struct msghdr msg = { .msg_name = &sa, .msg_namelen = sa_len, .msg_iov = &iov, .msg_iovlen = 1,
                        .msg_control = control.space, .msg_controllen = CMSG_SPACE (sizeof info) };
  struct cmsghdr *cmsg;

  memset (&control, 0, sizeof control);
  cmsg = CMSG_FIRSTHDR (&msg);
  cmsg->cmsg_level = IPPROTO_IP;
  cmsg->cmsg_type = IP_PKTINFO;
  cmsg->cmsg_len = CMSG_LEN (sizeof info);
  memcpy (&info.ipi_spec_dst, link->addr.bytes, 4);
  memcpy (CMSG_DATA (cmsg), &info, sizeof info);
  if (sendmsg (fd, &msg, MSG_NOSIGNAL) < 0)
    return cf_err_errno ();
  io->counts.datagrams_out++;
  return 0;
}

/* On IPv4: the limited broadcast once for an interface (not on loopback, where it has no meaning), the
   subnet's for each address.  Some systems and some switches pass only one of them. */
gpg_error_t
cf_io_broadcast4 (struct cf_io *io, int fd, size_t i, const void *data, size_t len)
{
  const struct cf_io_link *link = &io->links[i];
  struct cf_addr to = link->broadcast;
  gpg_error_t err, err_all = cf_err (GPG_ERR_ENETUNREACH);

  if (!link->loopback && cf_io_first_of_interface (io, i)) {
    to.family = 4;
    memset (to.bytes, 0xff, 4);
    to.port = io->discovery_port;
    err_all = send_broadcast4 (io, fd, link, &to, data, len);
  }
  if (!link->broadcast.family)
    return err_all;
  to = link->broadcast;
  to.port = io->discovery_port;
  err = send_broadcast4 (io, fd, link, &to, data, len);
  return err_all ? err : 0;
}

gpg_error_t
cf_io_broadcast6 (struct cf_io *io, int fd, size_t i, const void *data, size_t len)
{
  struct cf_addr to = { .family = 6, .port = io->discovery_port, .scope = io->links[i].index };

  if (inet_pton (AF_INET6, CF_DISCOVERY_GROUP6, to.bytes) != 1)
    return cf_err (GPG_ERR_BUG);
  return cf_io_send_from (io, fd, &to, data, len);
}

gpg_error_t
cf_io_broadcast (struct cf_net *net, const void *data, size_t len)
{
  struct cf_io *io = (struct cf_io *) net;
  gpg_error_t err, first = cf_err (GPG_ERR_ENETUNREACH);
  bool sent = false;

  for (size_t i = 0; i < io->link_count; i++) {
    const struct cf_io_link *link = &io->links[i];
    bool is4 = link->addr.family == 4;

    /* With one address to listen on, say so only where it can be reached. */
    if (io->own[is4 ? CF_IO_4 : CF_IO_6].fd < 0 || !cf_io_listens_on (io, &link->addr))
      continue;
    if (is4 && link->can_broadcast)
      err = cf_io_broadcast4 (io, io->own[CF_IO_4].fd, i, data, len);
    else if (!is4 && link->can_multicast && cf_io_first_of_interface (io, i))
      err = cf_io_broadcast6 (io, io->own[CF_IO_6].fd, i, data, len);
    else
      continue;
    if (!err)
      sent = true;
    else if (!sent)
      first = err;
  }
  return sent ? 0 : first;
}
