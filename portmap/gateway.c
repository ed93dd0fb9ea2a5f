/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gateway.c - the default route, asked of the kernel by netlink: files are not there for us. */
#include "portmap/gateway.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX (32 * 1024) /* what the kernel puts into one */

struct best {
  bool found;
  uint32_t metric;
  uint8_t gateway[4];
};

static void
look_at_route (const struct nlmsghdr *head, struct best *best)
{
  const struct rtmsg *route = NLMSG_DATA (head);
  const struct rtattr *attr = RTM_RTA (route);
  size_t left = RTM_PAYLOAD (head);
  uint32_t metric = 0;
  const uint8_t *gateway = NULL;

  if (head->nlmsg_len < NLMSG_LENGTH (sizeof *route) || route->rtm_dst_len || route->rtm_table != RT_TABLE_MAIN
      || route->rtm_type != RTN_UNICAST)
    return;
  for (; RTA_OK (attr, left); attr = RTA_NEXT (attr, left)) {
    if (attr->rta_type == RTA_GATEWAY && RTA_PAYLOAD (attr) == sizeof best->gateway)
      gateway = RTA_DATA (attr);
    if (attr->rta_type == RTA_PRIORITY && RTA_PAYLOAD (attr) == sizeof metric)
      memcpy (&metric, RTA_DATA (attr), sizeof metric);
  }
  if (!gateway || (best->found && best->metric <= metric))
    return;
  best->found = true;
  best->metric = metric;
  memcpy (best->gateway, gateway, sizeof best->gateway);
}

/* All of one answer; false: it was the last. */
static bool
look_at_answer (const uint8_t *data, size_t len, struct best *best)
{
  const struct nlmsghdr *head = (const void *) data;

  for (; NLMSG_OK (head, len); head = NLMSG_NEXT (head, len)) {
    if (head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR)
      return false;
    if (head->nlmsg_type == RTM_NEWROUTE)
      look_at_route (head, best);
  }
  return true;
}

bool
cf_gateway_find (struct cf_addr *r_gateway)
{
  static _Alignas (max_align_t) uint8_t answer[ANSWER_MAX];
  struct {
    struct nlmsghdr head;
    struct rtmsg route;
  } wish = { .head = { .nlmsg_len = sizeof wish, .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
             .route = { .rtm_family = AF_INET } };
  struct best best = { .found = false };
  int fd = socket (AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  ssize_t n;

  if (fd < 0)
    return false;
  if (send (fd, &wish, sizeof wish, 0) == sizeof wish)
    do
      n = recv (fd, answer, sizeof answer, 0);
    while (n > 0 && look_at_answer (answer, (size_t) n, &best));
  close (fd);
  memset (r_gateway, 0, sizeof *r_gateway);
  if (!best.found)
    return false;
  r_gateway->family = 4;
  memcpy (r_gateway->bytes, best.gateway, sizeof best.gateway);
  return true;
}
