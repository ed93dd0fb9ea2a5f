/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_story.h - shared steps of stories about files on their way. */
#ifndef CF_TESTS_SIM_FILE_STORY_H
#define CF_TESTS_SIM_FILE_STORY_H

#include "core/transfer_private.h"
#include "tests/sim/talk_story.h"

#define BLOCK CF_FILE_BLOCK
#define ID_SIZE (2 * CF_MESSAGE_ID_LEN + 1)

/* A world in which Alice and Bob talk, and each has a directory for files: DIR/alice, DIR/bob. */
struct pair file_pair (uint64_t seed);
void file_dirs (struct pair *p); /* the directories alone */
/* NAME in the directory of NODE; static, one of some. */
const char *path_of (const struct sim_node *node, const char *name);
/* SIZE bytes that follow from SEED. */
void make_file (const char *path, size_t size, unsigned seed);
/* Is what is at PATH what make_file would make? */
bool is_file (const char *path, size_t size, unsigned seed);
bool is_there (const char *path);
/* How many entries the directory of NODE has. */
size_t entries_of (const struct sim_node *node);

/* FROM offers PATH in the conversation ID; the id of the transfer into R_T. */
void offer (struct sim_node *from, const char *id, const char *path, char r_t[ID_SIZE]);
/* TO accepts T into its directory. */
gpg_error_t accept_file (struct sim_node *to, const char *t);
/* The row of T as NODE has it; its field; to be decref'd. */
json_t *transfer_row (struct sim_node *node, const char *t);
bool is_state (struct sim_node *node, const char *t, const char *state);
/* Run until T is in STATE at NODE: true; or MS have gone by: false. */
bool wait_state (struct sim_node *node, const char *t, const char *state, uint64_t ms);
/* Run until NODE has heard of T. */
bool wait_offer (struct sim_node *node, const char *t);
uint64_t refused (const struct sim_node *node, enum cf_refusal reason);
struct cf_transfer *transfer_of (struct sim_node *node, const char *id, const char *t);

#endif
