/* SPDX-License-Identifier: GPL-3.0-or-later */
/* swarm.h - many peers who come and go, behind NATs of all sorts, with a few public nodes; and what is asked of them.
 *
 * Everybody is a whole messenger.  Contacts are a ring, and one chance contact more for each.  Nobody is on a link of
 * another.  What is between a peer and the others is drawn from what was measured in the wild: nine of ten peers of a
 * large network are behind a NAT (ProbeLab on libp2p's DCUtR); of NATs four of five show everybody the same port, so
 * that holes can be made for datagrams (Ford, Srisuresh and Kegel 2005: 82 of a hundred; Halkes and Pouwelse 2010: more
 * than 80 of a hundred tries between such peers succeed).  Of the others a third is taken to count its ports.  Of two
 * behind NATs some 70 of a hundred pairs meet then, which is what DCUtR's campaign of 2022 has found.
 */
#ifndef CF_TESTS_SIM_SWARM_H
#define CF_TESTS_SIM_SWARM_H

#include "tests/sim/server_story.h"

#define SWARM_NODES 3
#define SWARM_PEERS_MAX 1000
#define SWARM_SAMPLE_MS 250

/* How two are connected; in the order of the table. */
enum swarm_way { SWARM_DIRECT, SWARM_PUNCHED, SWARM_RELAY, SWARM_NONE, SWARM_WAYS };

/* Two contacts. */
struct swarm_pair {
  size_t peers[2];
  enum swarm_way way;  /* now, at the worse end */
  uint64_t since_ms;   /* both are there; 0: one is not */
  uint64_t down_ms;    /* since then there is no way ... */
  uint64_t worse_ms;   /* ... or one that is worse than has to be; 0: there is, there is not */
  bool known[SWARM_WAYS]; /* since SINCE_MS it has been that way */
  struct { uint64_t round_ms, minute_ms; unsigned rounds; } dials[2]; /* of each end */
};

/* Durations, one after the other, in ms. */
struct swarm_times {
  uint32_t *all;
  size_t count, max;
};

struct swarm {
  struct sim *sim;
  struct sim_node *nodes[SWARM_NODES];
  struct sim_node *peers[SWARM_PEERS_MAX];
  size_t peer_count, pair_count;
  struct swarm_pair pairs[2 * SWARM_PEERS_MAX];
  struct swarm_times times[SWARM_WAYS]; /* until two were connected that way; NONE: in any way */
  uint64_t settled[SWARM_WAYS];         /* samples of pairs that had their time */
  uint64_t here_ms;                     /* of all peers */
  unsigned came, went, moved;
  unsigned rounds_most;                 /* of dialling, in a minute, of one end of a pair */
  struct cf_server_status most;         /* of any node */
  unsigned broken;                      /* rules, each time they were */
};

/* --- swarm.c --- */
/* PEERS of them, all there, and nobody connected yet. */
void swarm_begin (struct swarm *s, size_t peers, uint64_t seed);
/* They come and go for so long; a node is away in the middle. */
void swarm_live (struct swarm *s, unsigned minutes);
void swarm_end (struct swarm *s);

/* --- swarm_watch.c --- */
/* Look at everybody; to be called each SWARM_SAMPLE_MS.  IS_JUDGED: what is not as it has to be is counted. */
void swarm_look (struct swarm *s, bool is_judged);
void swarm_table (struct swarm *s);

#endif
