/* SPDX-License-Identifier: GPL-3.0-or-later */
/* talk_story.h - shared steps of stories about what is said. */
#ifndef CF_TESTS_SIM_TALK_STORY_H
#define CF_TESTS_SIM_TALK_STORY_H

#include "tests/sim/story.h"

struct cf_conversation *conv_of (struct sim_node *node, const char *hex);
struct sim_command *history (struct sim_node *node, const char *id, const char *option);
/* The texts of one direction, joined by spaces; to be freed. */
char *texts (struct sim_node *node, const char *id, const char *direction);
void assert_texts (struct sim_node *node, const char *id, const char *direction, const char *want);
/* Are all rows of DIRECTION in STATE? */
bool all_in_state (struct sim_node *node, const char *id, const char *direction, const char *state);
size_t count_bad (struct sim_node *node, const char *id);
void say (struct sim_node *node, const char *id, const char *text, const char *wait);

/* --- a say over frames: what happens to those of talk, and what was seen of them --- */

struct rule {
  int type;               /* only frames of this type; 0: of every */
  struct sim_node *from;  /* NULL: either */
  int nth;                /* the one that it happens to, from 1; 0: every */
  int verdict;
  int seen, envelopes, needs;
  bool happened;
  uint8_t *copy;          /* of the last ENVELOPE */
  size_t copy_len;
};

extern struct rule rule;

/* From here on VERDICT for the NTH frame of TYPE that FROM sends. */
void watch (struct pair *p, int type, struct sim_node *from, int nth, int verdict);
/* The end of P's world, and of the rule. */
void pair_free (struct pair *p);

#endif
