/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate_story.h - shared steps of stories about the password gate. */
#ifndef CF_TESTS_SIM_GATE_STORY_H
#define CF_TESTS_SIM_GATE_STORY_H

#include "tests/sim/story.h"

/* What happens to frames of one type; see set_trap. */
struct trap {
  struct sim_node *from;  /* NULL: either */
  int type;
  int nth;                /* acts on the nth such frame, from 1; 0: on all */
  int answer;             /* enum sim_frame */
  int seen;
  bool sprung;
  uint8_t last[4096];
  size_t last_len;
};

/* Open conversations and requests of a node; of a struct pair, for sim_run_until. */
size_t count_state (struct sim_node *node, enum cf_conversation_state state);
size_t count_open (struct sim_node *node);
bool both_open (void *arg);
bool b_asked (void *arg);
/* A asks, B sees it; the OPEN goes on. */
struct sim_command *ask (struct pair *p, const char *password);
struct sim_command *accept_it (struct pair *p, const char *password);
void assert_ended (struct sim_command *call, uint64_t ms, gpg_err_code_t code);
void assert_same_conversation (struct pair *p);
/* The keys are there, too, and stay when the opening is forgotten. */
void assert_can_talk (struct pair *p);
/* T acts on the frames of P's world until another is set. */
void set_trap (struct pair *p, struct trap *t);
bool is_sprung (void *arg);

#endif
