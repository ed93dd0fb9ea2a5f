/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire.h - hosts with datagram tunnels between them, over a path that does what a test wants. */
#ifndef CF_TESTS_WIRE_H
#define CF_TESTS_WIRE_H

#include "net/dgram.h"

#define WIRE_HOSTS 3
#define WIRE_MIRROR 2 /* this one answers who asks where he comes from */
#define WIRE_KEPT 4096

struct wire;

struct wire_host {
  struct cf_net net; /* first */
  struct wire *wire;
  struct cf_addr addr;
  struct cf_tunnel_guard *guard;
  struct cf_dgram_port *port;
  uint8_t secret[CF_DEVICE_KEY_LEN], public[CF_DEVICE_KEY_LEN];
  bool refuses;             /* whoever comes */
  struct cf_dgram *tunnel;  /* the last one, dialled or accepted; freed when it has closed and wire_tidy is called */
  size_t accepted, ready, closed, messages, plains, rooms;
  gpg_error_t closed_err;
  char reason[128];
  bool strict;              /* nobody may send large messages */
  struct cf_buf got[CF_CHANNEL_COUNT]; /* messages one after the other, each with 4 bytes of length */
  struct cf_buf plain;      /* the last unreliable one */
  size_t sent, sent_bytes, received_bytes; /* datagrams, bytes, to and from the path */
};

/* A datagram that was sent. */
struct wire_kept {
  struct cf_addr from, to;
  size_t len;
  uint8_t *data;
};

struct wire {
  struct cf_env env;
  uint64_t dice;
  struct wire_host hosts[WIRE_HOSTS];
  uint32_t latency_ms, jitter_ms, loss_permille, dup_permille;
  bool cut;
  /* A say over each datagram before the path has one: false takes it away.  May be NULL. */
  bool (*pass) (struct wire *wire, const struct cf_addr *from, const struct cf_addr *to, uint8_t *data, size_t len);
  void *pass_arg;
  struct wire_kept kept[WIRE_KEPT]; /* the first that were sent */
  size_t kept_count;
};

/* Of a group of tests with wires: secrets can be kept. */
int wire_setup (void **state);
struct wire *wire_new (uint64_t seed);
void wire_free (struct wire *wire);
void wire_run (struct wire *wire, uint64_t ms);
bool wire_until (struct wire *wire, uint64_t ms, bool (*done) (struct wire *wire));
uint64_t wire_random (struct wire *wire, uint64_t below);
/* FROM dials TO; does not run. */
void wire_dial (struct wire *wire, size_t from, size_t to);
/* Host 0 dials host 1, and both are ready and open to each other. */
void wire_join (struct wire *wire);
bool wire_joined (struct wire *wire);
/* Somebody puts a datagram on the path, which says to be FROM's; it arrives in any case, now. */
void wire_inject (struct wire *wire, const struct cf_addr *from, const struct cf_addr *to, const uint8_t *data, size_t len);
/* Frees the tunnel of HOST, if there is one. */
void wire_tidy (struct wire_host *host);
/* LEN bytes that follow from SEED are sent on CHANNEL. */
void wire_say (struct wire_host *host, enum cf_channel channel, size_t len, uint8_t seed);
/* They are the next message of CHANNEL. */
void wire_expect (struct wire_host *host, enum cf_channel channel, size_t len, uint8_t seed);

#endif
