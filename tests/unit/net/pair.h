/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pair.h - two ends of a tunnel in a world of their own, for tests.
 *
 * Bytes travel only when pair_run says so, through hands that may alter them;
 * the clock moves only when pair_wait says so.
 */
#ifndef CF_TESTS_NET_PAIR_H
#define CF_TESTS_NET_PAIR_H

#include "base/buf.h"
#include "net/tunnel.h"

#define PAIR_WIRE_MAX (64u << 20)

struct end {
  struct cf_tunnel *tunnel;
  struct cf_buf out; /* written, not yet carried */
  size_t carried;    /* bytes, ever */
  bool ready;
  int closed; /* how often */
  gpg_error_t closed_err;
  char reason[256];
  /* What came in: each message as channel, 4 bytes of length, bytes. */
  struct cf_buf messages;
  size_t message_count;
  size_t carrier_queue; /* what handler.queued says */
  bool count_queue;     /* output adds to it */
};

struct pair {
  struct cf_env env;
  uint64_t dice;
  uint8_t secret[2][CF_DEVICE_KEY_LEN], public[2][CF_DEVICE_KEY_LEN];
  struct cf_tunnel_guard *guard;
  uint32_t responder_rekey_records; /* if not the initiator's */
  struct end a, b; /* initiator, responder */
};

void pair_world (struct pair *p, uint64_t seed);
/* NULL: the processor's best suite; 0: the usual records under a key. */
void pair_init (struct pair *p, const char *suite, uint32_t rekey_records);
/* A second responder in the same world, in END. */
void pair_responder (struct pair *p, struct end *end);
/* Carry everything both ways, CHUNK bytes at a time, until nothing is left. */
void pair_run (struct pair *p, size_t chunk);
/* Start both and carry until both are ready. */
void pair_connect (struct pair *p);
/* Let MS pass in steps of 100, carrying bytes meanwhile if CARRY. */
void pair_wait (struct pair *p, uint64_t ms, bool carry);
void end_done (struct end *end);
void pair_done (struct pair *p);
uint32_t pair_below (struct pair *p, uint32_t bound);

#endif
