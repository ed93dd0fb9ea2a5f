/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_tunnel.h - a tunnel on either carrier: net/tunnel.h on a stream, net/dgram.h on datagrams; with a deadline and a
 * safe end.
 *
 * It does not know identities.  peer_fetch.c uses it for anonymous questions,
 * link_way.c for ways to people.
 */
#ifndef CF_CORE_LINK_TUNNEL_H
#define CF_CORE_LINK_TUNNEL_H

#include "core/link.h"
#include "net/dgram.h"
#include "net/tunnel.h"

struct cf_link_tunnel;

enum cf_carrier { CF_CARRIER_STREAM, CF_CARRIER_DATAGRAMS, CF_CARRIERS };

struct cf_link_tunnel_handler {
  void (*ready) (void *arg); /* may be NULL: the other end speaks first */
  void (*message) (void *arg, enum cf_channel channel, const uint8_t *data, size_t len);
  /* Once, in a turn of its own; not after cf_link_tunnel_close.  The tunnel is dead when this returns.
     ERR 0: the other side said goodbye, with REASON (fit to show, may be NULL). */
  void (*closed) (void *arg, gpg_error_t err, const char *reason);
  /* May the other end send messages of more than CF_MESSAGE_STRANGER_MAX?  NULL: no. */
  bool (*large) (void *arg);
  /* Something has left, and at most CF_TUNNEL_BULK_LOW bytes of bulk wait.  May be NULL. */
  void (*room) (void *arg);
  /* A small datagram that may have been lost, 1 to CF_DATAGRAM_PLAIN_MAX bytes.  NULL: there are none here. */
  void (*datagram) (void *arg, const uint8_t *data, size_t len);
};

struct cf_link_tunnel_keys {
  const uint8_t *own_secret, *own_public; /* copied; NULL, initiator only: a pair that lives for this tunnel */
  const uint8_t *remote_public;           /* initiator only */
  uint32_t idle_ms;                       /* as cf_tunnel_config's */
  bool from_listener;                     /* initiator only, on a stream: by cf_net_ops.punch if that can be, else by dial */
  uint32_t again_ms;                      /* initiator only, on datagrams: as cf_dgram_config's */
};

/* Both run under a deadline of CF_HANDSHAKE_MS until _established.  An error leaves nothing behind; CONN is closed.
   TO may be behind a node, on a stream: then it is there that the holder of the remote key is asked for. */
gpg_error_t cf_link_tunnel_dial (struct cf_links *links, enum cf_carrier carrier, const struct cf_addr *to,
                                 const struct cf_link_tunnel_keys *keys, const struct cf_link_tunnel_handler *handler,
                                 void *arg, struct cf_link_tunnel **r_tunnel) CF_MUST_CHECK;
/* CONN is one of NET's. */
gpg_error_t cf_link_tunnel_accept (struct cf_links *links, struct cf_net *net, struct cf_conn *conn,
                                   const struct cf_addr *from, const struct cf_link_tunnel_keys *keys,
                                   const struct cf_link_tunnel_handler *handler, void *arg,
                                   struct cf_link_tunnel **r_tunnel) CF_MUST_CHECK;
/* The same of datagrams; on error DGRAM stays the caller's. */
gpg_error_t cf_link_tunnel_accept_dgram (struct cf_links *links, struct cf_dgram *dgram, const struct cf_addr *from,
                                         const struct cf_link_tunnel_handler *handler, void *arg,
                                         struct cf_link_tunnel **r_tunnel) CF_MUST_CHECK;
void cf_link_tunnel_established (struct cf_link_tunnel *tunnel);
/* Errors: as cf_tunnel_send. */
gpg_error_t cf_link_tunnel_send (struct cf_link_tunnel *tunnel, enum cf_channel channel, const void *data,
                                 size_t len) CF_MUST_CHECK;
/* 1 to CF_DATAGRAM_PLAIN_MAX bytes that may be lost, and overtake others; on a stream, behind much they are not even
   sent.  Errors: INV_LENGTH, TOO_LARGE, ENOTCONN, EAGAIN (dropped: the path is behind), those of the network. */
gpg_error_t cf_link_tunnel_send_datagram (struct cf_link_tunnel *tunnel, const void *data, size_t len) CF_MUST_CHECK;
/* The network has changed: closed soon, unless the other end answers. */
void cf_link_tunnel_probe (struct cf_link_tunnel *tunnel);
/* Say goodbye; the handler hears nothing more, the memory goes in a later turn.  Legal in every callback. */
void cf_link_tunnel_close (struct cf_link_tunnel *tunnel, gpg_error_t why, const char *reason);

bool cf_link_tunnel_from_listener (const struct cf_link_tunnel *tunnel);
/* Where the other end is; on datagrams it may move. */
const struct cf_addr *cf_link_tunnel_addr (const struct cf_link_tunnel *tunnel);
enum cf_carrier cf_link_tunnel_carrier (const struct cf_link_tunnel *tunnel);
/* As in net/tunnel.h. */
const uint8_t *cf_link_tunnel_remote_key (const struct cf_link_tunnel *tunnel);
const uint8_t *cf_link_tunnel_handshake_hash (const struct cf_link_tunnel *tunnel);
uint32_t cf_link_tunnel_suite_bit (const struct cf_link_tunnel *tunnel); /* as in HELLO */
size_t cf_link_tunnel_waiting (const struct cf_link_tunnel *tunnel, enum cf_channel channel);

#endif
