/* SPDX-License-Identifier: GPL-3.0-or-later */
/* story.h - how stories of two begin: Alice and Bob in a world of their own.
 *
 * What fails here fails the test.
 */
#ifndef CF_TESTS_SIM_STORY_H
#define CF_TESTS_SIM_STORY_H

#include "tests/sim/sim.h"

struct pair {
  struct sim *sim;
  struct sim_node *a, *b;
  char fpr_a[CF_FPR_HEX_SIZE], fpr_b[CF_FPR_HEX_SIZE];
  char id[2 * CF_CONVERSATION_ID_LEN + 1]; /* of their conversation, after pair_open */
};

/* Both are up; nobody has seen anybody yet.  sim_free (p->sim) ends it. */
void pair_begin (struct pair *p, uint64_t seed);
/* Each sees the other. */
void pair_meet (struct pair *p);
/* A conversation of theirs is open. */
void pair_open (struct pair *p);
/* N adds OTHER by his address. */
void add_by_address (struct sim_node *n, struct sim_node *other);
/* Alice, who has added Bob by his address only, asks for a conversation, and Bob accepts: P->id. */
void pair_open_asked (struct pair *p);

#endif
