/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_story.h - shared steps of stories about tunnels between nodes. */
#ifndef CF_TESTS_SIM_LINK_STORY_H
#define CF_TESTS_SIM_LINK_STORY_H

#include "core/link.h"
#include "core/links.h"
#include "tests/sim/story.h"

/* What a node's handler has heard. */
struct heard {
  unsigned ups, downs;
  size_t messages, bulk, rooms; /* BULK: bytes */
  char last[64];
};

extern struct heard heards[SIM_NODES_MAX]; /* by the index of the node */
extern const struct cf_link_handler heard_handler;

/* A node that is up, and whose links tell heards. */
struct sim_node *node (struct sim *sim, const char *name);
void want (struct sim_node *a, struct sim_node *b);
/* Of a struct pair: for sim_run_until. */
bool both_up (void *arg);
bool none_up (void *arg);

#endif
