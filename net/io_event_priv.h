/* SPDX-License-Identifier: GPL-3.0-or-later */
/* io_event_priv.h - what the files of io_event share; nobody else includes it.
 *
 * io_event.c       life, listening, the loop
 * io_event_conn.c  byte streams
 * io_event_udp.c   datagrams
 * io_event_fresh.c those of which each leaves from a port of its own
 * io_event_link.c  interfaces and their changes
 * io_event_name.c  names of hosts
 */
#ifndef CF_NET_IO_EVENT_PRIV_H
#define CF_NET_IO_EVENT_PRIV_H

#include <event2/event.h>
#include <sys/socket.h>

#include "net/io_event.h"
#include "net/proto.h"

#define CF_IO_LINKS_MAX 128    /* addresses of this host that we know */
#define CF_IO_PORT_TRIES 16    /* for a port that is free on IPv4 and IPv6 alike */
#define CF_IO_TURN_DATAGRAMS 64
#define CF_IO_TURN_ACCEPTS 64
#define CF_IO_BACKLOG 512 /* a crowd does not make the system drop the first packet of who comes now */
#define CF_IO_TURN_READ (256 * 1024)
#define CF_IO_TURN_WRITE (512 * 1024)
#define CF_IO_ACCEPT_PAUSE_MS 500 /* without file descriptors */
#define CF_IO_COALESCE_MS 200     /* changes of interfaces come in flurries */
#define CF_IO_DATAGRAM_MAX 2048 /* of discovery; those of tunnels may be longer */
#define CF_IO_FRESH_MAX 128       /* ports open at once that were opened for one datagram; half of them for answers */

/* One usable address of this host.  All zero bytes where unused: compared by memcmp. */
struct cf_io_link {
  uint32_t index;
  uint8_t loopback, can_broadcast, can_multicast, prefix_len;
  struct cf_addr addr;
  struct cf_addr broadcast; /* IPv4 subnet broadcast; family 0: none */
};

/* A socket and its event. */
struct cf_io_socket {
  struct cf_io *io;
  int fd; /* -1: none */
  struct event *event;
};

enum { CF_IO_4, CF_IO_6, CF_IO_FAMILIES };

struct cf_io {
  struct cf_net net; /* first */
  struct cf_env *env;
  struct event_base *base;
  struct cf_addr listen; /* family 0: every address */
  uint16_t tcp_port, udp_port, discovery_port;
  struct cf_io_socket listeners[CF_IO_FAMILIES];
  struct cf_timer accept_again;
  struct cf_io_socket own[CF_IO_FAMILIES];    /* our unicast port: sends everything, hears answers */
  struct cf_io_socket shared[CF_IO_FAMILIES]; /* the discovery port: hears beacons */
  struct cf_io_socket fresh[CF_IO_FRESH_MAX]; /* opened for one datagram; event NULL: free */
  uint64_t fresh_until_ms[CF_IO_FRESH_MAX];
  struct cf_timer fresh_over;                 /* the first of them is closed */
  struct cf_io_socket link;                   /* netlink */
  struct cf_timer link_changed;
  struct cf_io_link links[CF_IO_LINKS_MAX];
  size_t link_count;
  struct cf_conn *conns;
  size_t incoming, outgoing;
  size_t incoming_max, incoming_host_max, outgoing_max, turn_bytes;
  struct cf_io_counts counts;
  struct evdns_base *dns; /* NULL: no name was asked for since the last change */
  bool no_segments; /* the kernel, or a device, does not cut */
  uint8_t scratch[64 * 1024];
};

/* io_event.c */
socklen_t cf_io_sockaddr (const struct cf_addr *addr, struct sockaddr_storage *r_sa);
bool cf_io_from_sockaddr (const struct sockaddr_storage *sa, struct cf_addr *r_addr);
/* Whether streams to ADDR of this host are accepted, as far as configuration goes. */
bool cf_io_listens_on (const struct cf_io *io, const struct cf_addr *addr);
/* A bound socket of TYPE; IPv4 and IPv6 never share one. */
gpg_error_t cf_io_bind_one (const struct cf_addr *addr, int type, int *r_fd) CF_MUST_CHECK;
bool cf_io_bound (int fd, struct cf_addr *r_addr); /* what FD is bound to; false: the system does not say */
/* Bind a socket of TYPE for each family that LISTEN covers, all to one port: PORT, or when that is 0 one
   that is free on each.  Errors: of bind; nothing stays open then. */
gpg_error_t cf_io_bind_all (const struct cf_addr *listen, int type, uint16_t port, int r_fds[CF_IO_FAMILIES],
                            uint16_t *r_port) CF_MUST_CHECK;
/* Take FD over and call CALL whenever it can be read.  Closes FD on error. */
gpg_error_t cf_io_watch (struct cf_io *io, struct cf_io_socket *sock, int fd, event_callback_fn call) CF_MUST_CHECK;
void cf_io_socket_done (struct cf_io_socket *sock);

/* io_event_conn.c: these are net.h's operations, see there. */
gpg_error_t cf_io_dial (struct cf_net *net, const struct cf_addr *to, const struct cf_conn_handler *handler,
                        void *arg, struct cf_conn **r_conn);
gpg_error_t cf_io_punch (struct cf_net *net, const struct cf_addr *to, const struct cf_conn_handler *handler,
                         void *arg, struct cf_conn **r_conn);
void cf_io_conn_set_handler (struct cf_conn *conn, const struct cf_conn_handler *handler, void *arg);
gpg_error_t cf_io_conn_write (struct cf_conn *conn, const void *data, size_t len);
size_t cf_io_conn_queued (const struct cf_conn *conn);
void cf_io_conn_close (struct cf_conn *conn);
/* A stream came in on FD, which is taken over. */
void cf_io_conn_incoming (struct cf_io *io, int fd, const struct cf_addr *from);
/* Is there room for a stream from FROM?  Those that have nothing more to say, and only wait for the other side's end,
   make room.  *R_WHY only when there is none. */
bool cf_io_conn_admit (struct cf_io *io, const struct cf_addr *from, enum cf_refusal *r_why);
void cf_io_conn_destroy_all (struct cf_io *io);

/* io_event_udp.c */
gpg_error_t cf_io_udp_open_own (struct cf_io *io, uint16_t port) CF_MUST_CHECK; /* 0: any */
void cf_io_udp_open_shared (struct cf_io *io);
void cf_io_udp_done (struct cf_io *io);
void cf_io_udp_join (struct cf_io *io); /* the group on every interface, again after each change */
gpg_error_t cf_io_send_datagram (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len);
gpg_error_t cf_io_send_datagrams (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len,
                                  size_t segment);
gpg_error_t cf_io_broadcast (struct cf_net *net, const void *data, size_t len);

/* What cf_io_watch calls for any socket of datagrams. */
void cf_io_on_datagram (evutil_socket_t fd, short what, void *arg);
bool cf_io_first_of_interface (const struct cf_io *io, size_t at);
/* From FD: to one; to all of link I, by broadcast and by multicast. */
gpg_error_t cf_io_send_from (struct cf_io *io, int fd, const struct cf_addr *to, const void *data, size_t len) CF_MUST_CHECK;
gpg_error_t cf_io_broadcast4 (struct cf_io *io, int fd, size_t i, const void *data, size_t len) CF_MUST_CHECK;
gpg_error_t cf_io_broadcast6 (struct cf_io *io, int fd, size_t i, const void *data, size_t len) CF_MUST_CHECK;

/* io_event_fresh.c */
void cf_io_fresh_init (struct cf_io *io);
void cf_io_fresh_done (struct cf_io *io);
gpg_error_t cf_io_send_fresh (struct cf_net *net, const struct cf_addr *to, cf_net_say say, void *arg);
gpg_error_t cf_io_broadcast_fresh (struct cf_net *net, cf_net_say say, void *arg);

/* io_event_link.c */
/* Whether ADDR is on a link of ours: a neighbour, or this host. */
bool cf_io_link_has (const struct cf_io *io, const struct cf_addr *addr);
gpg_error_t cf_io_link_open (struct cf_io *io) CF_MUST_CHECK;
void cf_io_link_done (struct cf_io *io);

/* io_event_name.c */
gpg_error_t cf_io_resolve (struct cf_net *net, const char *host, uint16_t port, cf_net_resolved done, void *arg,
                           struct cf_resolve **r_resolve);
void cf_io_resolve_cancel (struct cf_resolve *resolve);
void cf_io_names_changed (struct cf_io *io); /* those to ask may be others now; what is asked for fails */

#endif
