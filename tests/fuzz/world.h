/* SPDX-License-Identifier: GPL-3.0-or-later */
/* world.h - two messengers in the simulator who see each other: where fuzz targets of the core begin.
 *
 * Everything is real but OpenPGP, the network (tests/sim), cryptography (clear_crypto.c) and the disk (ram_store.c).
 * One world at a time.
 */
#ifndef CF_TESTS_FUZZ_WORLD_H
#define CF_TESTS_FUZZ_WORLD_H

#include "tests/fuzz/fuzz.h"
#include "tests/sim/sim.h"

#define FUZZ_FRAMES_MAX 64
#define FUZZ_RESTARTS_MAX 1

struct fuzz_frame {
  uint8_t *data;
  size_t len;
};

struct fuzz_world {
  struct sim *sim;
  struct sim_node *nodes[2]; /* Alice, Bob */
  uint8_t id[CF_CONVERSATION_ID_LEN];          /* of their conversation */
  struct fuzz_frame frames[FUZZ_FRAMES_MAX];   /* the last real ones, of both, in a ring */
  size_t frame_count;
  uint8_t verdict;                             /* enum sim_frame of the next real frame */
  bool injecting;
  unsigned restarts;                           /* in this run */
  const struct sim_node *mute;                 /* whose real frames are dropped; or NULL */
};
extern struct fuzz_world fuzz_world;

/* Begin a run, with a conversation of theirs if OPEN; the last ends it. */
void fuzz_world_begin (bool open);
/* With one, and what BUILD, always the same, makes of it. */
void fuzz_world_begin_with (void (*build) (void));
void fuzz_world_end (void);

/* NODE's daemon dies, silently or not, and starts again, whatever a peer did.  A start costs more than all else, so
   that there are few in a run: beyond them nothing happens, and it is false. */
bool fuzz_world_restart (struct sim_node *node, bool silent);
/* A frame as from the tied peer that FROM is, and a moment for it to arrive. */
void fuzz_world_inject (struct sim_node *from, struct sim_node *to, const uint8_t *data, size_t len);
/* How many of the frames there are. */
size_t fuzz_world_frames (void);

#endif
