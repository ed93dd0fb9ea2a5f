/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io_event_name.c - what addresses a name of a host has, by libevent's DNS.
 *
 * It reads /etc/hosts and /etc/resolv.conf when it is first asked, and again
 * after a change of the network; of the latter only who is to be asked: a name
 * is asked as it is written, and with no domain behind it.
 */
#include <event2/dns.h>
#include <event2/util.h>
#include <stdlib.h>
#include <string.h>

#include "net/io_event_priv.h"

struct cf_resolve {
  struct cf_io *io;
  struct evdns_getaddrinfo_request *request; /* NULL: it has ended */
  cf_net_resolved done;                      /* NULL: nobody wants to know any more */
  void *arg;
  uint16_t port;
  gpg_error_t err;
  struct cf_addr addrs[CF_NET_RESOLVED_MAX];
  size_t count;
  struct cf_timer tell;
};

static void
tell (void *arg)
{
  struct cf_resolve *r = arg;

  r->done (r->arg, r->err, r->addrs, r->count);
  free (r);
}

static void
take (struct cf_resolve *r, const struct evutil_addrinfo *list)
{
  for (; list && r->count < CF_NET_RESOLVED_MAX; list = list->ai_next) {
    struct cf_addr *addr = &r->addrs[r->count];
    struct sockaddr_storage sa;
    bool known = false;

    if (!list->ai_addr || list->ai_addrlen > sizeof sa)
      continue;
    memset (&sa, 0, sizeof sa);
    memcpy (&sa, list->ai_addr, list->ai_addrlen);
    if (!cf_io_from_sockaddr (&sa, addr))
      continue;
    addr->port = r->port;
    for (size_t i = 0; i < r->count; i++)
      known = known || cf_addr_equal (&r->addrs[i], addr);
    r->count += !known;
  }
}

static void
on_answer (int result, struct evutil_addrinfo *list, void *arg)
{
  struct cf_resolve *r = arg;

  if (!r->done) {
    if (list)
      evutil_freeaddrinfo (list);
    free (r);
    return;
  }
  take (r, result ? NULL : list);
  if (list)
    evutil_freeaddrinfo (list);
  r->err = r->count ? 0 : cf_err (result && result != EVUTIL_EAI_NONAME ? GPG_ERR_EAGAIN : GPG_ERR_UNKNOWN_HOST);
  r->request = NULL;
  cf_timer_after (r->io->env, &r->tell, 0);
}

static struct evdns_base *
dns_of (struct cf_io *io)
{
  if (!io->dns) {
    io->dns = evdns_base_new (io->base, EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    if (io->dns)
      evdns_base_search_clear (io->dns);
  }
  return io->dns;
}

gpg_error_t
cf_io_resolve (struct cf_net *net, const char *host, uint16_t port, cf_net_resolved done, void *arg,
               struct cf_resolve **r_resolve)
{
  struct cf_io *io = (struct cf_io *) net;
  struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
  struct evdns_base *dns = dns_of (io);
  struct evdns_getaddrinfo_request *request;
  struct cf_resolve *r;

  if (!dns)
    return cf_err (GPG_ERR_EAGAIN);
  r = calloc (1, sizeof *r);
  if (!r)
    return cf_err (GPG_ERR_ENOMEM);
  r->io = io;
  r->port = port;
  r->done = done;
  r->arg = arg;
  cf_timer_init (&r->tell, tell, r);
  request = evdns_getaddrinfo (dns, host, NULL, &hints, on_answer, r);
  if (!r->tell.armed) /* not answered at once */
    r->request = request;
  *r_resolve = r;
  return 0;
}

void
cf_io_resolve_cancel (struct cf_resolve *r)
{
  if (!r)
    return;
  r->done = NULL;
  if (r->request) {
    evdns_getaddrinfo_cancel (r->request); /* on_answer frees it */
    return;
  }
  cf_timer_cancel (r->io->env, &r->tell);
  free (r);
}

void
cf_io_names_changed (struct cf_io *io)
{
  if (io->dns)
    evdns_base_free (io->dns, 1);
  io->dns = NULL;
}
