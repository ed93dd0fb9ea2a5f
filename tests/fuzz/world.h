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
#define FUZZ_CALLS_MAX 24

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
  unsigned restarts;                           /* that are left to this run */
  bool slow;                                   /* it may take its time */
  const struct sim_node *mute;                 /* whose real frames are dropped; or NULL */
  struct sim_command *calls[FUZZ_CALLS_MAX];   /* of users, whether they have been answered or not */
  size_t call_count;
};
extern struct fuzz_world fuzz_world;

/* Where a run begins: two see each other, and then, always the same, these steps are taken. */
struct fuzz_scene {
  bool open; /* they have a conversation */
  const uint8_t *steps;
  size_t len;
};

/* What a target plays.  Where memory can be restored each scene is set once, so that a run begins deep in the story with
   an input of a few frames. */
struct fuzz_story {
  const struct fuzz_scene *scenes;
  size_t scene_count;            /* at most FUZZ_SNAPSHOTS_MAX */
  void (*set) (int scene);       /* before its steps: what the target has to do for that */
  void (*step) (struct fuzz_in *in);
  void (*check) (void);          /* after every step, those of scenes, too */
  int steps_max;
  void (*end) (void);            /* give back what is the target's own; or NULL */
  void *vars;                    /* the target's own, restored with the world; or NULL */
  size_t vars_len;
};

/* A run: the first byte of the input is the scene, the others are steps. */
void fuzz_world_run (const struct fuzz_story *story, const uint8_t *data, size_t len);
/* Without steps: begin a run in SCENE with an input, slow or not (fuzz_is_slow); the last ends it. */
void fuzz_world_begin (const struct fuzz_story *story, int scene, const uint8_t *data, size_t len);
void fuzz_world_end (void);
/* CALL, a user's, goes on with the run; of more than MAX, at most FUZZ_CALLS_MAX, the last one is ended. */
void fuzz_world_keep (struct sim_command *call, size_t max);
/* Time goes by as one byte of the input says: up to 128 ms, 1 << byte % 8; or, from 240 on, up to two minutes,
   4 << byte - 240, if the input is slow. */
void fuzz_world_wait (struct fuzz_in *in);
/* NODE's daemon dies, silently or not, and starts again, whatever a peer did; false: it does not, in an input that is
   not slow or has done so often. */
bool fuzz_world_restart (struct sim_node *node, bool silent);
/* A frame as from the tied peer that FROM is, and a moment for it to arrive. */
void fuzz_world_inject (struct sim_node *from, struct sim_node *to, const uint8_t *data, size_t len);
/* How many of the frames there are. */
size_t fuzz_world_frames (void);

#endif
