/* SPDX-License-Identifier: GPL-3.0-or-later */
/* post_story.h - how stories of mail begin. */
#ifndef CF_TESTS_SIM_POST_STORY_H
#define CF_TESTS_SIM_POST_STORY_H

#include "tests/sim/server_story.h"
#include "tests/sim/talk_story.h"

/* Alice and Bob, who have met, and a node that both use. */
struct post {
  struct pair p;
  struct sim_node *server;
  struct cf_node_name name;
};

void post_begin (struct post *w, uint64_t seed);
void post_end (struct post *w);
/* N has the node in its setting, and is connected to it. */
void post_use (struct post *w, struct sim_node *n);
/* Run until all that N wrote is in STATE, or it has got the texts WANT; false: MS have gone by. */
bool post_comes_to (struct post *w, struct sim_node *n, const char *state, uint64_t ms);
bool post_gets (struct post *w, struct sim_node *n, const char *want, uint64_t ms);
/* How much mail lies at the node. */
size_t post_mail (struct post *w);

#endif
