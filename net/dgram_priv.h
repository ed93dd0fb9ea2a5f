/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dgram_priv.h - what the files of the datagram tunnel share; others include dgram.h.
 *
 * dgram.c       one tunnel: handshake, liveness, its end
 * dgram_flow.c  what is said in it: messages, unreliable datagrams, words about the tunnel; moving
 * dgram_port.c  the socket's datagrams, told apart; who comes
 */
#ifndef CF_NET_DGRAM_PRIV_H
#define CF_NET_DGRAM_PRIV_H

#include "base/buf.h"
#include "base/map.h"
#include "net/box.h"
#include "net/dgram.h"
#include "net/dgram_handshake.h"
#include "net/dgram_proto.h"
#include "net/stream.h"

#define CF_DGRAM_KIND_LEN 1
#define CF_DGRAM_OVERHEAD (CF_BOX_OVERHEAD + CF_DGRAM_KIND_LEN) /* what a datagram has beside its payload */
#define CF_DGRAM_TOKEN_LEN 8
#define CF_DGRAM_OUT_MAX 65536 /* bytes that leave in one call */

enum cf_dgram_state { CF_DGRAM_WAIT2, CF_DGRAM_WAIT3, CF_DGRAM_READY, CF_DGRAM_CLOSED, CF_DGRAM_STATES };

/* What has come of a message. */
struct cf_dgram_inlet {
  uint8_t head[4]; /* its length */
  size_t head_len;
  struct cf_buf part;
};

struct cf_dgram {
  struct cf_dgram_port *port;
  struct cf_env *env;
  struct cf_dgram_handler handler;
  void *arg;
  bool initiator;
  enum cf_dgram_state state;
  enum cf_suite suite;
  bool control_only;
  uint32_t index, remote_index;
  struct cf_addr addr; /* where the other end is */
  struct cf_addr answered_from; /* initiator: where the second message came from; not proved to be his */
  uint8_t mac[CF_DATAGRAM_MAC_LEN]; /* responder, WAIT3: of the first message; its key in port->pending */
  uint8_t remote_public[CF_DEVICE_KEY_LEN];
  uint8_t hash[CF_NOISE_HASH_LEN];
  struct cf_dgram_handshake *handshake; /* initiator: until something sealed has come; responder: until READY */
  struct cf_box box;
  struct cf_stream *stream; /* READY; stays until it is freed, since the end may come from inside */
  struct cf_dgram_inlet inlets[CF_CHANNEL_COUNT];
  size_t datagram_max;   /* bytes of the longest one that the stream may try */
  size_t waiting_seen;   /* bytes of talk and bulk that waited last time we looked */
  struct cf_timer timer; /* handshake deadline, then liveness */
  struct cf_timer again; /* the last message of the handshake leaves again */
  struct cf_timer pump;  /* the stream has something to give */
  uint64_t again_ms;
  uint32_t idle_ms;   /* silence after which a sign of life is asked for */
  uint32_t large_min; /* longer messages need handler.large's consent */
  uint64_t heard_ms; /* the last datagram that opened */
  bool pinged;       /* a ping is out since heard_ms */
  uint64_t lost_ms;  /* pinged: then the path counts as lost */
  struct cf_addr moving_to;                   /* family 0: nowhere */
  uint8_t moving_token[CF_DGRAM_TOKEN_LEN];   /* what that address has to show */
  uint64_t moving_ms;
  gpg_error_t peer_code;
};

struct cf_dgram_port {
  struct cf_env *env;
  struct cf_net *net;
  struct cf_tunnel_guard *guard;
  struct cf_door *door;
  const struct cf_dgram_port_handler *handler;
  void *arg;
  uint64_t epoch_len;
  struct cf_map *by_index; /* uint32_t to struct cf_dgram, borrowed */
  uint64_t mirror_full_ms; /* bucket of questions that are answered */
  struct cf_map *pending;  /* MAC of a first message to the responder that it made */
  uint8_t in[CF_DGRAM_OUT_MAX], out[CF_DGRAM_OUT_MAX]; /* datagrams are opened and sealed into these */
};

/* --- dgram.c --- */
/* A responder for what HANDSHAKE, which is taken, has answered.  Errors: ENOMEM, LIMIT_REACHED. */
gpg_error_t cf_dgram_new (struct cf_dgram_port *port, bool initiator, const struct cf_addr *addr, uint32_t index,
                          struct cf_dgram_handshake *handshake, struct cf_dgram **r_tunnel) CF_MUST_CHECK;
/* Its messages of the handshake, from anywhere. */
void cf_dgram_take_handshake (struct cf_dgram *d, const struct cf_addr *from, const uint8_t *data, size_t len);
void cf_dgram_take_sealed (struct cf_dgram *d, const struct cf_addr *from, const uint8_t *data, size_t len);
void cf_dgram_say_again (struct cf_dgram *d); /* the last message of the handshake */
/* The one way into CLOSED: keys go at once, and the owner hears it. */
void cf_dgram_end (struct cf_dgram *d, gpg_error_t err, const char *reason);
/* An authentic peer broke the rules, or we cannot go on: tell it and end. */
void cf_dgram_fail (struct cf_dgram *d, gpg_error_t err);

/* --- dgram_port.c --- */
uint32_t cf_dgram_port_new_index (struct cf_dgram_port *port); /* that no tunnel has */

/* --- dgram_flow.c --- */
/* The stream and all for messages, once there are keys. */
gpg_error_t cf_dgram_flow_start (struct cf_dgram *d) CF_MUST_CHECK;
void cf_dgram_flow_done (struct cf_dgram *d);
void cf_dgram_flow_forget (struct cf_dgram *d); /* an idle tunnel holds no memory for messages */
/* What an opened datagram from FROM says; data[0] is its kind. */
gpg_error_t cf_dgram_flow_take (struct cf_dgram *d, const struct cf_addr *from, const uint8_t *data,
                                size_t len) CF_MUST_CHECK;
/* An authentic datagram, the newest, came from elsewhere: ask there whether he really is there. */
void cf_dgram_maybe_moved (struct cf_dgram *d, const struct cf_addr *from);
void cf_dgram_ping (struct cf_dgram *d);
void cf_dgram_pong (struct cf_dgram *d);
void cf_dgram_bye (struct cf_dgram *d, gpg_error_t why, const char *reason);

#endif
