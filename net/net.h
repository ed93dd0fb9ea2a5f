/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net.h - what carries bytes and datagrams, as protocols see it.
 *
 * The daemon's is io_event.c (sockets on libevent), the simulator has one of
 * its own.  Callbacks come from the loop, never from inside a call made here;
 * each may close or free the connection that it is about.
 */
#ifndef CF_NET_NET_H
#define CF_NET_NET_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/env.h"
#include "net/addr.h"

struct cf_conn; /* one byte stream */
struct cf_net;

struct cf_conn_handler {
  void (*connected) (void *arg);                                       /* a dial succeeded */
  void (*received) (void *arg, const uint8_t *data, size_t len);
  void (*drained) (void *arg);                                         /* everything written has left */
  void (*failed) (void *arg, gpg_error_t err); /* once: dial failed, other side closed (EOF), error; then only close is legal */
};

struct cf_net_handler {
  /* A stream came in; set its handler before returning, or close it. */
  void (*accepted) (void *arg, struct cf_conn *conn, const struct cf_addr *from);
  void (*datagram) (void *arg, const struct cf_addr *from, const uint8_t *data, size_t len);
  /* Interfaces or addresses changed (coalesced). */
  void (*changed) (void *arg);
};

/* Puts into OUT what a datagram is to say that leaves from SOURCE, address and port. */
typedef gpg_error_t (*cf_net_say) (void *arg, const struct cf_addr *source, struct cf_buf *out);

/* The addresses that a name has, each with the port that was asked for; ERR says why there are none. */
typedef void (*cf_net_resolved) (void *arg, gpg_error_t err, const struct cf_addr *addrs, size_t count);
struct cf_resolve;

struct cf_net_ops {
  /* Handler and ARG belong to the conversation with CONN until close. Errors: ENOMEM, NETUNREACH... */
  gpg_error_t (*dial) (struct cf_net *net, const struct cf_addr *to, const struct cf_conn_handler *handler, void *arg,
                       struct cf_conn **r_conn);
  /* As dial, but from the port on which streams are accepted, since a NAT lets in there whom it has let out.  Both ends
     do it at once, each to the address as which the other is seen; then both are connected, and neither has accepted.
     Errors: also NOT_SUPPORTED, EADDRNOTAVAIL (that pair of addresses and ports was in use just now). */
  gpg_error_t (*punch) (struct cf_net *net, const struct cf_addr *to, const struct cf_conn_handler *handler, void *arg,
                        struct cf_conn **r_conn);
  void (*set_handler) (struct cf_conn *conn, const struct cf_conn_handler *handler, void *arg);
  /* Queue bytes.  Errors: LIMIT_REACHED when more than CF_CONN_QUEUE_MAX would wait. */
  gpg_error_t (*write) (struct cf_conn *conn, const void *data, size_t len);
  size_t (*queued) (const struct cf_conn *conn);
  /* Close after what is queued has left (or 5 s).  The handler is not called again. NULL is fine. */
  void (*close) (struct cf_conn *conn);
  gpg_error_t (*send_datagram) (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len);
  /* Several of them: DATA is cut into datagrams of SEGMENT bytes, of which the last may be shorter.  At most
     CF_NET_BATCH_MAX bytes.  Errors: that of one that could not leave; the others have left all the same. */
  gpg_error_t (*send_datagrams) (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len,
                                 size_t segment);
  /* Whether ADDR is on a link of ours: a neighbour, or this host. */
  bool (*is_near) (struct cf_net *net, const struct cf_addr *addr);
  /* To everyone on every link: limited and subnet broadcast on IPv4, link-local multicast on IPv6. */
  gpg_error_t (*broadcast) (struct cf_net *net, const void *data, size_t len);
  /* As those two, but each datagram leaves from a port that is opened for it, so that nobody can tell by the port that
     two of them are from one sender; what comes back there is heard for CF_NET_FRESH_MS.  A broadcast asks SAY once
     for each address that it leaves from.  Errors: LIMIT_REACHED (too many such ports are open). */
  gpg_error_t (*send_fresh) (struct cf_net *net, const struct cf_addr *to, cf_net_say say, void *arg);
  gpg_error_t (*broadcast_fresh) (struct cf_net *net, cf_net_say say, void *arg);
  /* The addresses that we listen on for streams; returns how many (at most MAX are written). */
  size_t (*addresses) (struct cf_net *net, struct cf_addr *r_addrs, size_t max);
  uint16_t (*tcp_port) (struct cf_net *net);
  uint16_t (*udp_port) (struct cf_net *net);
  /* Ask what addresses HOST (a name) has: DONE hears once, in a later turn, at most CF_NET_RESOLVED_MAX of them; *R_RESOLVE
     is dead then.  They are anybody's word.  NULL where names cannot be asked.  Errors: UNKNOWN_HOST, EAGAIN (nobody
     to ask), ENOMEM. */
  gpg_error_t (*resolve) (struct cf_net *net, const char *host, uint16_t port, cf_net_resolved done, void *arg,
                          struct cf_resolve **r_resolve);
  void (*resolve_cancel) (struct cf_resolve *resolve); /* DONE is not called; NULL is fine */
};

#define CF_CONN_QUEUE_MAX (8 * 1024 * 1024)
#define CF_NET_BATCH_MAX 65000
#define CF_NET_FRESH_MS 5000
#define CF_NET_RESOLVED_MAX 8
#define CF_NET_DATAGRAM_MAX 512 /* what SAY may put */

/* Implementations put this first in their own structure. */
struct cf_net {
  const struct cf_net_ops *ops;
  const struct cf_net_handler *handler; /* set by the user before anything can arrive */
  void *handler_arg;
};

#endif
