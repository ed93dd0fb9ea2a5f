/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discovery_priv.h - what discovery.c and discovery_veil.c share; nobody else includes it. */
#ifndef CF_NET_DISCOVERY_PRIV_H
#define CF_NET_DISCOVERY_PRIV_H

#include <sodium.h>

#include "base/map.h"
#include "net/discovery.h"

/* The table of hosts that ask: SETS x WAYS entries, the oldest of a set makes room. */
#define CF_DISCOVERY_SETS 256
#define CF_DISCOVERY_WAYS 4
/* What we sent and may be answered: more than can leave in CF_VEIL_ASKED_MS. */
#define CF_DISCOVERY_ASKED 1024

struct cf_discovery_host {
  struct cf_addr addr; /* the port is that of the last question answered; family 0: free */
  uint64_t answered_ms;
  uint64_t answers_full_ms, veiled_full_ms; /* buckets: answers to it; veiled beacons of it that were looked at */
};

enum cf_discovery_state { STATE_OFF, STATE_HELD, STATE_BURST, STATE_STEADY };

/* A veiled beacon that we sent: kind 0 is a free place. */
struct cf_discovery_asked {
  uint8_t kind;
  uint8_t n[CF_VEIL_NONCE_LEN];
  uint64_t sent_ms;
};

struct cf_discovery {
  struct cf_env *env;
  struct cf_net *net;
  struct cf_discovery_config config;
  enum cf_discovery_state state;
  bool started;
  bool has_sent;
  uint64_t sent_ms; /* the last question, when has_sent */
  struct cf_timer timer;
  uint64_t answers_full_ms, answers_far_full_ms; /* buckets: to everybody; to those beyond our links */
  uint8_t host_key[crypto_shorthash_KEYBYTES];
  struct cf_discovery_host hosts[CF_DISCOVERY_SETS][CF_DISCOVERY_WAYS];
  struct cf_discovery_counts counts;
  /* discovery_veil.c's. */
  struct cf_circle *circle;
  struct cf_discovery_asked asked[CF_DISCOVERY_ASKED];
  size_t asked_next;
  struct cf_map *seen; /* n of recognised beacons to their place in the ring */
  uint8_t seen_ring[CF_VEIL_SEEN][CF_VEIL_NONCE_LEN];
  size_t seen_next;
  uint64_t work_ms;    /* since when ... */
  size_t work;         /* ... so many tags were computed */
};

/* --- discovery.c --- */

/* Is FROM on a link of ours? */
bool cf_discovery_is_near (const struct cf_discovery *d, const struct cf_addr *from);

/* Whether what came from FROM may be answered now; it is charged for. */
bool cf_discovery_may_answer (struct cf_discovery *d, const struct cf_addr *from);
/* Whether a veiled beacon from FROM may be looked at, as far as its host goes; it is charged for. */
bool cf_discovery_may_look (struct cf_discovery *d, const struct cf_addr *from);

/* --- discovery_veil.c --- */

gpg_error_t cf_discovery_veil_init (struct cf_discovery *d) CF_MUST_CHECK;
void cf_discovery_veil_done (struct cf_discovery *d);
void cf_discovery_ask_veiled (struct cf_discovery *d); /* a question to everyone */
/* A well-formed veiled beacon; the callback that it leads to may free D. */
void cf_discovery_take_veiled (struct cf_discovery *d, const struct cf_addr *from, const struct cf_veil *veil);

#endif
