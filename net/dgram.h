/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dgram.h - the secure channel over datagrams: what tunnel.h is over a byte stream.
 *
 * Sans I/O: a port takes what comes in on one UDP socket, finds whose it is,
 * and sends through struct cf_net.  Handshake, sealing and liveness are here;
 * order and repetition are net/stream.h's, which runs inside.
 *
 *   initiator  WAIT2 --second message--> READY
 *   responder  WAIT3 --third message--> READY
 *   any --error, close, silence of CF_PATH_LOST_MS--> CLOSED
 *
 * Spec: doc/protocol.md, "Tunnel over datagrams".
 */
#ifndef CF_NET_DGRAM_H
#define CF_NET_DGRAM_H

#include "net/net.h"
#include "net/tunnel.h"

struct cf_dgram;      /* one tunnel */
struct cf_dgram_port; /* all tunnels of one socket */

/* Callbacks come from inside cf_dgram_port_input, _close and from timers.  A callback must not free the tunnel: free it
   in a later turn (a zero timer).  It may send and close. */
struct cf_dgram_handler {
  void (*ready) (void *arg);
  void (*message) (void *arg, enum cf_channel channel, const uint8_t *data, size_t len);
  void (*closed) (void *arg, gpg_error_t err, const char *reason); /* as in tunnel.h */
  bool (*large) (void *arg, enum cf_channel channel);              /* as in tunnel.h; NULL: it may */
  /* Some talk or bulk has arrived at the other end, and at most CF_TUNNEL_BULK_LOW bytes of bulk wait.  May be NULL. */
  void (*room) (void *arg);
  /* An unreliable datagram; NULL: they are dropped. */
  void (*datagram) (void *arg, const uint8_t *data, size_t len);
};

struct cf_dgram_port_handler {
  /* Our device key, for who comes; false: nobody is served now. */
  bool (*own) (void *arg, const uint8_t **r_secret, const uint8_t **r_public);
  /* Somebody who knows our device key comes from FROM.  True: TUNNEL is yours now, and has a handler
     (cf_dgram_set_handler); false: it is refused, without a word. */
  bool (*accepted) (void *arg, struct cf_dgram *tunnel, const struct cf_addr *from);
  /* An answer to cf_mirror_ask, as long as it has to be; not looked at yet.  NULL: they are dropped. */
  void (*mirrored) (void *arg, const uint8_t *answer, size_t len);
  bool is_mirror; /* such questions are answered */
};

struct cf_dgram_config {
  const uint8_t *own_secret, *own_public, *remote_public; /* X25519, CF_DEVICE_KEY_LEN; copied */
  const char *suite;                                      /* NULL: the best for this processor */
  uint32_t again_ms; /* until the first message leaves again, then doubled; 0: CF_DATAGRAM_AGAIN_MS */
};

/* NET sends; GUARD is that of stream tunnels, too: a first message is good on one of them, once. */
gpg_error_t cf_dgram_port_new (struct cf_env *env, struct cf_net *net, struct cf_tunnel_guard *guard,
                               const struct cf_dgram_port_handler *handler, void *arg,
                               struct cf_dgram_port **r_port) CF_MUST_CHECK;
void cf_dgram_port_free (struct cf_dgram_port *port); /* after all of its tunnels; NULL is fine */
/* Is it a datagram of a tunnel (else: a beacon, or something else)? */
bool cf_dgram_port_is_ours (const uint8_t *data, size_t len);
void cf_dgram_port_input (struct cf_dgram_port *port, const struct cf_addr *from, const uint8_t *data, size_t len);
size_t cf_dgram_port_count (const struct cf_dgram_port *port); /* tunnels */
/* For tests, before any tunnel: counters under one key, the same at both ends. */
void cf_dgram_port_set_epoch (struct cf_dgram_port *port, uint64_t epoch_len);

/* The first message leaves at once.  Errors: ENOMEM, LIMIT_REACHED, those of the handshake. */
gpg_error_t cf_dgram_dial (struct cf_dgram_port *port, const struct cf_addr *to, const struct cf_dgram_config *config,
                           const struct cf_dgram_handler *handler, void *arg, struct cf_dgram **r_tunnel) CF_MUST_CHECK;
void cf_dgram_set_handler (struct cf_dgram *tunnel, const struct cf_dgram_handler *handler, void *arg);
void cf_dgram_free (struct cf_dgram *tunnel);

/* IDLE_MS and LARGE_MIN as in cf_tunnel_config; 0: as without.  Before it is ready. */
void cf_dgram_set_terms (struct cf_dgram *tunnel, uint32_t idle_ms, uint32_t large_min);

/* The other end is known: it may use every channel.  TRUSTED: as much may be under way as the path takes. */
void cf_dgram_open (struct cf_dgram *tunnel, bool trusted);

/* Send one message.  Errors: as cf_tunnel_send. */
gpg_error_t cf_dgram_send (struct cf_dgram *tunnel, enum cf_channel channel, const void *data, size_t len) CF_MUST_CHECK;
/* Bytes of messages on CHANNEL that the other end has not said to have. */
size_t cf_dgram_waiting (const struct cf_dgram *tunnel, enum cf_channel channel);

/* One datagram that may be lost, doubled never, and overtake others; at most CF_DATAGRAM_PLAIN_MAX bytes.
   Errors: TOO_LARGE, ENOTCONN, those of the network. */
gpg_error_t cf_dgram_send_plain (struct cf_dgram *tunnel, const void *data, size_t len) CF_MUST_CHECK;

/* As in tunnel.h. */
void cf_dgram_probe (struct cf_dgram *tunnel);
void cf_dgram_close (struct cf_dgram *tunnel, gpg_error_t why, const char *reason);
gpg_error_t cf_dgram_peer_code (const struct cf_dgram *tunnel);
bool cf_dgram_is_ready (const struct cf_dgram *tunnel);
const uint8_t *cf_dgram_remote_key (const struct cf_dgram *tunnel);
const uint8_t *cf_dgram_handshake_hash (const struct cf_dgram *tunnel);
uint32_t cf_dgram_suite_bit (const struct cf_dgram *tunnel); /* as in HELLO */
const struct cf_addr *cf_dgram_addr (const struct cf_dgram *tunnel); /* where the other end is now */

#endif
