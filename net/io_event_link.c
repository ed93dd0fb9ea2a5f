/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io_event_link.c - this host's interfaces and addresses, and when they change.
 *
 * A netlink socket hears of changes.  They come in flurries, so after the first
 * we wait CF_IO_COALESCE_MS, ask for the whole list, and tell the user only if
 * it differs: addresses whose lifetime is renewed are not news.  The list is
 * asked for by netlink too, since getifaddrs hides that an IPv6 address is
 * still tentative, and one that becomes usable *is* news.
 */
#include "net/io_event_priv.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DUMP_TIMEOUT_S 1 /* the system answers at once; this is for when it does not */
#define RTA_FOREACH(rta, first, left) for (struct rtattr *rta = (first); RTA_OK (rta, left); rta = RTA_NEXT (rta, left))

/* The list as it is being read. */
struct listing {
  struct { uint32_t index; unsigned int flags; } interfaces[CF_IO_LINKS_MAX];
  size_t interface_count;
  struct cf_io_link links[CF_IO_LINKS_MAX];
  size_t link_count;
};

static void
add_interface (struct listing *list, struct nlmsghdr *nlh)
{
  struct ifinfomsg *info = NLMSG_DATA (nlh);

  if (nlh->nlmsg_type != RTM_NEWLINK || nlh->nlmsg_len < NLMSG_LENGTH (sizeof *info)
      || list->interface_count == CF_IO_LINKS_MAX)
    return;
  list->interfaces[list->interface_count].index = (uint32_t) info->ifi_index;
  list->interfaces[list->interface_count].flags = info->ifi_flags;
  list->interface_count++;
}

/* The flags of interface INDEX; 0 (so, down) when unknown. */
static unsigned int
interface_flags (const struct listing *list, uint32_t index)
{
  for (size_t i = 0; i < list->interface_count; i++)
    if (list->interfaces[i].index == index)
      return list->interfaces[i].flags;
  return 0;
}

/* The last address of the subnet of ADDR; none for subnets without one. */
static void
set_broadcast (struct cf_io_link *link, unsigned int prefix_len)
{
  uint32_t host_bits;

  if (prefix_len > 30)
    return;
  host_bits = UINT32_MAX >> prefix_len;
  link->broadcast.family = 4;
  for (int i = 0; i < 4; i++)
    link->broadcast.bytes[i] = link->addr.bytes[i] | (uint8_t) (host_bits >> (24 - 8 * i));
}

static void
add_address (struct listing *list, struct nlmsghdr *nlh)
{
  struct ifaddrmsg *info = NLMSG_DATA (nlh);
  struct cf_io_link link;
  const void *bytes = NULL;
  uint32_t addr_flags;
  unsigned int flags;
  int left;

  if (nlh->nlmsg_type != RTM_NEWADDR || nlh->nlmsg_len < NLMSG_LENGTH (sizeof *info)
      || list->link_count == CF_IO_LINKS_MAX || (info->ifa_family != AF_INET && info->ifa_family != AF_INET6))
    return;
  memset (&link, 0, sizeof link); /* padding too: links are compared as bytes */
  link.addr.family = info->ifa_family == AF_INET ? 4 : 6;
  link.index = info->ifa_index;
  addr_flags = info->ifa_flags;
  left = (int) IFA_PAYLOAD (nlh);
  RTA_FOREACH (rta, IFA_RTA (info), left) {
    if (RTA_PAYLOAD (rta) == (link.addr.family == 4 ? 4 : 16)
        && (rta->rta_type == IFA_LOCAL || (rta->rta_type == IFA_ADDRESS && !bytes)))
      bytes = RTA_DATA (rta); /* on point-to-point links IFA_ADDRESS is the other end */
    else if (rta->rta_type == IFA_FLAGS && RTA_PAYLOAD (rta) == sizeof addr_flags)
      memcpy (&addr_flags, RTA_DATA (rta), sizeof addr_flags);
  }
  flags = interface_flags (list, link.index);
  if (!bytes || (addr_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) || !(flags & IFF_UP) || !(flags & IFF_RUNNING))
    return;
  memcpy (link.addr.bytes, bytes, link.addr.family == 4 ? 4 : 16);
  if (link.addr.family == 6 && info->ifa_scope == RT_SCOPE_LINK)
    link.addr.scope = link.index;
  link.loopback = !!(flags & IFF_LOOPBACK);
  link.can_broadcast = (flags & IFF_BROADCAST) || link.loopback;
  link.can_multicast = (flags & IFF_MULTICAST) && !link.loopback;
  link.prefix_len = info->ifa_prefixlen;
  if (link.addr.family == 4 && link.can_broadcast)
    set_broadcast (&link, info->ifa_prefixlen);
  list->links[list->link_count++] = link;
}

/* Ask for everything of TYPE and give each answer to ADD. */
static gpg_error_t
dump (int fd, uint16_t type, void (*add) (struct listing *list, struct nlmsghdr *nlh), struct listing *list)
{
  struct {
    struct nlmsghdr nlh;
    struct rtgenmsg gen;
  } ask = { .nlh = { .nlmsg_len = NLMSG_LENGTH (sizeof ask.gen), .nlmsg_type = type,
                     .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = type } };
  _Alignas (struct nlmsghdr) char buf[32768];

  if (send (fd, &ask, ask.nlh.nlmsg_len, 0) < 0)
    return cf_err_errno ();
  for (;;) {
    ssize_t n = recv (fd, buf, sizeof buf, 0);
    struct nlmsghdr *nlh = (struct nlmsghdr *) buf;

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return cf_err_errno ();
    for (unsigned int left = (unsigned int) n; NLMSG_OK (nlh, left); nlh = NLMSG_NEXT (nlh, left)) {
      if (nlh->nlmsg_seq != type)
        continue;
      if (nlh->nlmsg_type == NLMSG_DONE)
        return 0;
      if (nlh->nlmsg_type == NLMSG_ERROR)
        return cf_err (GPG_ERR_EIO);
      add (list, nlh);
    }
  }
}

static int
compare_links (const void *a, const void *b)
{
  return memcmp (a, b, sizeof (struct cf_io_link));
}

/* Read the list anew; *R_CHANGED: whether it differs. */
static gpg_error_t
links_read (struct cf_io *io, bool *r_changed)
{
  struct timeval tv = { .tv_sec = DUMP_TIMEOUT_S };
  struct listing *list;
  gpg_error_t err;
  int fd = -1;

  list = calloc (1, sizeof *list);
  if (!list)
    return cf_err (GPG_ERR_ENOMEM);
  fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0 || setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv)) {
    err = cf_err_errno ();
    goto leave;
  }
  err = dump (fd, RTM_GETLINK, add_interface, list);
  if (!err)
    err = dump (fd, RTM_GETADDR, add_address, list);
  if (err)
    goto leave;
  /* The system may list the same things in another order. */
  qsort (list->links, list->link_count, sizeof list->links[0], compare_links);
  *r_changed = list->link_count != io->link_count
               || memcmp (list->links, io->links, list->link_count * sizeof list->links[0]);
  memcpy (io->links, list->links, sizeof io->links);
  io->link_count = list->link_count;

leave:
  if (fd >= 0)
    close (fd);
  free (list);
  return err;
}

/* The flurry is over. */
static void
link_changed (void *arg)
{
  struct cf_io *io = arg;
  bool changed = false;
  gpg_error_t err = links_read (io, &changed);

  if (err) {
    cf_log (io->env, CF_LOG_WARN, "cannot list the network interfaces: %s", gpg_strerror (err));
    return;
  }
  if (!changed)
    return;
  cf_log (io->env, CF_LOG_DEBUG, "network changed: %zu usable addresses", io->link_count);
  cf_io_udp_join (io);
  cf_io_names_changed (io);
  if (io->net.handler && io->net.handler->changed)
    io->net.handler->changed (io->net.handler_arg);
}

/* What exactly changed does not matter: drain, and look after the flurry. */
static void
on_link (evutil_socket_t fd, short what, void *arg)
{
  struct cf_io_socket *sock = arg;
  struct cf_io *io = sock->io;

  (void) what;
  cf_env_system_refresh (io->env);
  for (int i = 0; i < CF_IO_TURN_DATAGRAMS; i++)
    if (recv (fd, io->scratch, sizeof io->scratch, MSG_DONTWAIT) < 0 && errno != ENOBUFS)
      break; /* ENOBUFS: messages were lost, so something changed */
  if (!io->link_changed.armed)
    cf_timer_after (io->env, &io->link_changed, CF_IO_COALESCE_MS);
}

static bool
same_prefix (const uint8_t *a, const uint8_t *b, unsigned int bits)
{
  unsigned int rest = 8 - bits % 8;

  return !memcmp (a, b, bits / 8) && (rest == 8 || a[bits / 8] >> rest == b[bits / 8] >> rest);
}

bool
cf_io_link_has (const struct cf_io *io, const struct cf_addr *addr)
{
  if (cf_addr_is_loopback (addr) || cf_addr_is_link_local6 (addr))
    return true;
  for (size_t i = 0; i < io->link_count; i++)
    if (io->links[i].addr.family == addr->family
        && same_prefix (io->links[i].addr.bytes, addr->bytes, io->links[i].prefix_len))
      return true;
  return false;
}

gpg_error_t
cf_io_link_open (struct cf_io *io)
{
  struct sockaddr_nl nl = { .nl_family = AF_NETLINK,
                            .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR };
  gpg_error_t err;
  bool changed;
  int fd;

  cf_timer_init (&io->link_changed, link_changed, io);
  fd = socket (AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0)
    return cf_err_errno ();
  if (bind (fd, (struct sockaddr *) &nl, sizeof nl)) {
    err = cf_err_errno ();
    close (fd);
    return err;
  }
  err = cf_io_watch (io, &io->link, fd, on_link);
  /* After the socket hears, so that no change falls between. */
  if (!err)
    err = links_read (io, &changed);
  if (!err)
    cf_io_udp_join (io);
  return err;
}

void
cf_io_link_done (struct cf_io *io)
{
  if (io->link.event) {
    cf_timer_cancel (io->env, &io->link_changed);
    cf_io_socket_done (&io->link);
  }
}
