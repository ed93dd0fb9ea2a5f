/* SPDX-License-Identifier: GPL-3.0-or-later */
/* server.h - a node: who comes, who is registered, what is carried between two.
 *
 * Sans I/O, like every protocol machine: time, dice and timers come in struct
 * cf_env, streams in struct cf_net.  main.c joins it to the system.  A node
 * knows no identities and reads nothing of what it carries.
 * Spec: doc/protocol.md, "Nodes".
 */
#ifndef CF_NODE_SERVER_H
#define CF_NODE_SERVER_H

#include "net/net.h"
#include "net/node.h"
#include "node/mailbox.h"

struct cf_server;

/* All of them are at least 1. */
struct cf_server_limits {
  uint32_t strangers;      /* whose handshake is not over: for one more the oldest makes room */
  uint32_t guests, host_guests; /* at a time over either carrier, in all and of one host */
  uint32_t datagrams;      /* guests over datagrams: each costs 80 KiB, far more than one on a stream */
  uint32_t hosts;          /* hosts that are remembered: those with a stream, and for a while after */
  uint32_t registrations;  /* in all */
  uint32_t host_registrations;
  uint32_t circuits;       /* in all */
  uint64_t waiting_bytes;  /* of all circuits: what one end has sent and the other does not take */
};
void cf_server_limits_init (struct cf_server_limits *r_limits); /* what suits 512 MiB of memory */

struct cf_server_config {
  struct cf_env *env;
  struct cf_net *net;                 /* its handler becomes the server's; its datagrams may be missing */
  const uint8_t *own_secret, *own_public; /* X25519; copied into secret memory */
  uint8_t services;                   /* CF_NODE_RELAY, CF_NODE_LISTING */
  struct cf_mailbox *mailbox;         /* NULL: none is offered; else it outlives the server */
  struct cf_server_limits limits;
};

gpg_error_t cf_server_new (const struct cf_server_config *config, struct cf_server **r_server) CF_MUST_CHECK;
/* Says goodbye to everybody.  The network must outlive it. */
void cf_server_free (struct cf_server *server);

/* How things stand; since the start where it says "total". */
struct cf_server_status {
  uint32_t streams, datagrams, tunnels; /* guests on either carrier; of all of them, those through the handshake */
  uint32_t hosts, registered, reachable, listed, circuits;
  uint32_t mail;
  uint64_t mail_bytes, waiting_bytes, total_tunnels, total_circuits, total_bytes;
};
void cf_server_status (const struct cf_server *server, struct cf_server_status *r_status);

#endif
