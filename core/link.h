/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link.h - the way to a person: at most one identified tunnel a peer in use, dialled, kept, mended.
 *
 * A tunnel is *up* when both HELLOs have been checked.  Of two tunnels of a
 * pair, the one dialled by the lower device key stays.  While somebody wants a
 * peer, a lost tunnel is dialled again with jittered back-off, at once when the
 * peer is heard or the network changes.
 */
#ifndef CF_CORE_LINK_H
#define CF_CORE_LINK_H

#include "core/peer.h"

/* Set once, by talk.c.  BULK and ROOM may be NULL. */
struct cf_link_handler {
  void (*up) (void *arg, struct cf_peer *peer);
  void (*down) (void *arg, struct cf_peer *peer, gpg_error_t err);
  void (*message) (void *arg, struct cf_peer *peer, const uint8_t *data, size_t len); /* talk channel */
  void (*bulk) (void *arg, struct cf_peer *peer, const uint8_t *data, size_t len);    /* bulk channel */
  /* 1 to CF_LINK_DATAGRAM_MAX bytes, of which others may have been lost, or come later.  May be NULL. */
  void (*datagram) (void *arg, struct cf_peer *peer, const uint8_t *data, size_t len);
  void (*room) (void *arg, struct cf_peer *peer); /* at most CF_TUNNEL_BULK_LOW bytes of bulk wait: more may be sent */
};

gpg_error_t cf_links_new (struct cf_core *core, struct cf_links **r_links) CF_MUST_CHECK;
void cf_links_start (struct cf_links *links);
void cf_links_free (struct cf_links *links);
void cf_links_set_handler (struct cf_links *links, const struct cf_link_handler *handler, void *arg);

/* Count of those who want PEER connected goes up (true) or down (false). */
gpg_error_t cf_link_want (struct cf_core *core, const struct cf_fpr *peer, bool want) CF_MUST_CHECK;
bool cf_link_is_up (struct cf_core *core, const struct cf_fpr *peer);
const char *cf_link_route (struct cf_core *core, const struct cf_fpr *peer); /* "lan", "direct", "punched", "relay" or NULL */
const char *cf_link_carrier (struct cf_core *core, const struct cf_fpr *peer); /* "tcp", "udp" or NULL; of a relay: to the node */
/* Why it is not up: what the last try gave. */
gpg_error_t cf_link_error (struct cf_core *core, const struct cf_fpr *peer);

/* One message on the talk channel.  Errors: NOT_CONNECTED, LIMIT_REACHED (its queue is full), TOO_LARGE. */
gpg_error_t cf_link_send (struct cf_core *core, const struct cf_fpr *peer, const void *data, size_t len) CF_MUST_CHECK;

/* One message on the bulk channel, which talk and control overtake.  Errors: the same. */
gpg_error_t cf_link_send_bulk (struct cf_core *core, const struct cf_fpr *peer, const void *data, size_t len) CF_MUST_CHECK;
/* Bytes of bulk that wait to leave; 0 when it is not up. */
size_t cf_link_bulk_waiting (struct cf_core *core, const struct cf_fpr *peer);

/* 1 to CF_LINK_DATAGRAM_MAX bytes for what is worth nothing later (a voice): they overtake what waits, and are lost where
   the path is behind; on datagrams they leave as they are.  Errors: ENOTCONN, INV_LENGTH, TOO_LARGE, EAGAIN (the path is
   behind: not sent). */
#define CF_LINK_DATAGRAM_MAX CF_DATAGRAM_PLAIN_MAX
gpg_error_t cf_link_datagram_send (struct cf_core *core, const struct cf_fpr *peer, const void *data, size_t len) CF_MUST_CHECK;

/* Of the tunnel that is up; NULL when none is. */
const uint8_t *cf_link_handshake_hash (struct cf_core *core, const struct cf_fpr *peer); /* 64 bytes */
const uint8_t *cf_link_remote_device (struct cf_core *core, const struct cf_fpr *peer);

/* Drop the tunnel, saying why (blocked, key revoked). */
void cf_link_drop (struct cf_core *core, const struct cf_fpr *peer, gpg_error_t why, const char *reason);

/* Visits each stream of the responder side and counts; for status. */
struct cf_link_counts { uint64_t dialled, accepted, refused, anonymous, up; };
void cf_link_counts (struct cf_core *core, struct cf_link_counts *r_counts);

#endif
