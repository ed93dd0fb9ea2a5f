/* SPDX-License-Identifier: GPL-3.0-or-later */
/* server_story.h - public nodes in the simulator, and guests of theirs that are made by hand. */
#ifndef CF_TESTS_SIM_SERVER_STORY_H
#define CF_TESTS_SIM_SERVER_STORY_H

#include "net/node.h"
#include "node/server.h"
#include "tests/sim/sim.h"

/* NODE, which has no core, is a public node from now on, with every service; LIMITS may be NULL.  How it is
   written down goes to *R_NAME, which may be NULL.  The device key is new each time, unless NODE->keeps_key. */
void sim_server_start (struct sim_node *node, const struct cf_server_limits *limits, struct cf_node_name *r_name);
/* The same with these services only. */
void sim_server_offer (struct sim_node *node, uint8_t services, const struct cf_server_limits *limits,
                       struct cf_node_name *r_name);
/* Down: its guests see their streams reset. */
void sim_server_stop (struct sim_node *node);
/* Of a struct sim_node with a core, for sim_run_until: it uses nodes, and is connected to all of them. */
bool at_its_nodes (void *arg);

/* Somebody who speaks to a node, byte by byte as the test wants.  It runs on any cf_net. */
struct hand_got {
  struct hand_got *next;
  struct cf_node_message m;
  uint8_t data[]; /* what M borrows from */
};

struct hand {
  struct cf_env *env;
  struct cf_net *net;
  struct cf_conn *conn;
  struct cf_tunnel *tunnel;
  uint8_t secret[CF_DEVICE_KEY_LEN], public[CF_DEVICE_KEY_LEN];
  bool ready, closed, deaf; /* deaf: what comes is dropped */
  bool is_stuck;            /* what waits in the tunnel stays there */
  gpg_error_t closed_err;   /* 0: goodbye */
  struct hand_got *first, **last; /* what has come and was not taken */
  size_t came;              /* messages, in all */
  uint64_t came_bytes;      /* of DATA */
  /* If not NULL, it hears of each message, and nothing is kept.  Set it after hand_dial. */
  void (*heard) (struct hand *hand, const struct cf_node_message *m);
};

/* A new key, and a tunnel to the node NAME from NET. */
void hand_dial (struct hand *hand, struct cf_env *env, struct cf_net *net, const struct cf_node_name *name);
void hand_done (struct hand *hand);
gpg_error_t hand_send (struct hand *hand, const struct cf_node_message *m);
/* The first message of KIND that came and was not taken; NULL: none.  To be freed. */
struct hand_got *hand_take (struct hand *hand, enum cf_node_kind kind);
/* Run the world until one has come; fails the test after 10 s. */
struct hand_got *hand_wait (struct sim *sim, struct hand *hand, enum cf_node_kind kind);
/* Short cuts: REGISTER for circuits; DIAL; LEN bytes as DATA. */
gpg_error_t hand_register (struct hand *hand);
gpg_error_t hand_call (struct hand *hand, uint32_t circuit, const uint8_t device_key[CF_DEVICE_KEY_LEN]);
gpg_error_t hand_data (struct hand *hand, uint32_t circuit, const void *data, size_t len);
gpg_error_t hand_credit (struct hand *hand, uint32_t circuit, uint32_t bytes);
gpg_error_t hand_hang_up (struct hand *hand, uint32_t circuit);

#endif
