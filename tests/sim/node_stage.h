/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node_stage.h - a public node and a host with guests of it: what stories of nodes begin with. */
#ifndef CF_TESTS_SIM_NODE_STAGE_H
#define CF_TESTS_SIM_NODE_STAGE_H

#include "tests/sim/server_story.h"

/* A node and a host for its guests; HANDS of them, ready. */
struct stage {
  struct sim *sim;
  struct sim_node *node, *host;
  struct cf_node_name name;
  struct hand hands[4];
};

void stage_set (struct stage *s, size_t hands, const struct cf_server_limits *limits);
void stage_strike (struct stage *s);
/* H comes from the host; its SEEN was taken. */
void enter (struct stage *s, struct hand *h);
bool is_closed (void *hand); /* for sim_run_until */

/* The second hand can be reached, and the first one has dialled it: circuit 1 here, 2 there. */
void connect_two (struct stage *s);
void expect_data (struct stage *s, struct hand *h, uint32_t circuit, const char *text);
void expect_close (struct stage *s, struct hand *h, uint32_t circuit, gpg_err_code_t code);

#endif
