/* SPDX-License-Identifier: GPL-3.0-or-later */
/* swarm.c - who is there, who comes and who goes; see swarm.h. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/link.h"
#include "tests/sim/story.h"
#include "tests/sim/swarm.h"

#define SECOND_MS 1000
#define HERE_MEAN_S 600 /* exponential: each second one of so many goes ... */
#define AWAY_MEAN_S 300 /* ... and one of so many who are away comes back ... */
#define MOVES_OF_100 33 /* ... so many of a hundred of them elsewhere */
#define SETTLE_S 180    /* until all have met for the first time */
#define NODE_AWAY_S 120

static enum sim_nat
draw_nat (struct sim *sim)
{
  uint64_t of_100 = sim_random (sim, 100);

  return of_100 < 9 ? SIM_NAT_NONE : of_100 < 84 ? SIM_NAT_SAME : of_100 < 89 ? SIM_NAT_COUNT : SIM_NAT_DICE;
}

static void
want_pair (struct swarm *s, const struct swarm_pair *pair, int end)
{
  struct sim_node *n = s->peers[pair->peers[end]], *other = s->peers[pair->peers[1 - end]];

  assert_int_equal (cf_link_want (n->core, &other->fpr, true), 0);
}

/* --- the beginning --- */

static void
begin_nodes (struct swarm *s, char *names)
{
  for (size_t i = 0; i < SWARM_NODES; i++) {
    char name[32], text[CF_NODE_NAME_SIZE];
    struct cf_node_name at;

    snprintf (name, sizeof name, "node%zu", i);
    s->nodes[i] = sim_node_new (s->sim, name);
    sim_server_offer (s->nodes[i], CF_NODE_RELAY | CF_NODE_LISTING, NULL, &at);
    s->nodes[i]->keeps_key = true;
    strcat (strcat (names, i ? " " : ""), cf_node_name_format (&at, text));
  }
}

static bool
are_contacts (const struct swarm *s, size_t a, size_t b)
{
  for (size_t i = 0; i < s->pair_count; i++)
    if ((s->pairs[i].peers[0] == a && s->pairs[i].peers[1] == b)
        || (s->pairs[i].peers[0] == b && s->pairs[i].peers[1] == a))
      return true;
  return false;
}

/* Each adds the other by his address, and wants him. */
static void
meet (struct swarm *s, size_t a, size_t b)
{
  struct swarm_pair *pair = &s->pairs[s->pair_count];

  if (a == b || are_contacts (s, a, b))
    return;
  s->pair_count++;
  *pair = (struct swarm_pair){ .peers = { a, b }, .way = SWARM_NONE };
  for (int end = 0; end < 2; end++) {
    add_by_address (s->peers[pair->peers[end]], s->peers[pair->peers[1 - end]]);
    want_pair (s, pair, end);
  }
}

void
swarm_begin (struct swarm *s, size_t peers, uint64_t seed)
{
  char names[SWARM_NODES * CF_NODE_NAME_SIZE] = "";

  assert_in_range (peers, 3, SWARM_PEERS_MAX);
  memset (s, 0, sizeof *s);
  s->sim = sim_new (seed);
  s->sim->far = true;
  s->sim->latency_ms = 20;
  s->sim->jitter_ms = 40;
  s->sim->loss_permille = 10;
  s->peer_count = peers;
  begin_nodes (s, names);
  for (size_t i = 0; i < peers; i++) {
    char name[32];

    snprintf (name, sizeof name, "p%zu", i);
    s->peers[i] = sim_node_new (s->sim, name);
    s->peers[i]->nat = draw_nat (s->sim);
    assert_int_equal (sim_node_start (s->peers[i]), 0);
    assert_int_equal (sim_do (s->peers[i], "CONFIG", NULL, "nodes", names, NULL), 0);
  }
  for (size_t i = 0; i < peers; i++) {
    meet (s, i, (i + 1) % peers);
    meet (s, i, sim_random (s->sim, peers));
  }
}

/* --- who comes and goes --- */

static void
go (struct swarm *s, struct sim_node *n)
{
  sim_node_crash (n, sim_random (s->sim, 2));
  n->away = true;
  s->went++;
}

static void
come (struct swarm *s, size_t index)
{
  struct sim_node *n = s->peers[index];

  n->nat_way_count = n->nat_made = 0;
  if (sim_random (s->sim, 100) < MOVES_OF_100) {
    sim_node_move (n);
    s->moved++;
  }
  n->away = false;
  assert_int_equal (sim_node_start (n), 0);
  for (size_t i = 0; i < s->pair_count; i++)
    for (int end = 0; end < 2; end++)
      if (s->pairs[i].peers[end] == index)
        want_pair (s, &s->pairs[i], end);
  s->came++;
}

static void
come_and_go (struct swarm *s)
{
  for (size_t i = 0; i < s->peer_count; i++) {
    struct sim_node *n = s->peers[i];

    json_array_clear (n->events);
    if (n->core && !sim_random (s->sim, HERE_MEAN_S))
      go (s, n);
    else if (!n->core && !sim_random (s->sim, AWAY_MEAN_S))
      come (s, i);
  }
}

static void
live_a_second (struct swarm *s, bool is_judged)
{
  uint64_t end_ms = s->sim->env.now_ms + SECOND_MS;

  for (uint64_t i = 0; i < SECOND_MS / SWARM_SAMPLE_MS && s->sim->env.now_ms < end_ms; i++) {
    sim_run (s->sim, SWARM_SAMPLE_MS);
    swarm_look (s, is_judged);
  }
}

void
swarm_live (struct swarm *s, unsigned minutes)
{
  uint64_t half_s = (uint64_t) minutes * 60 / 2;
  bool all_up = false;

  for (unsigned i = 0; i < SETTLE_S && !all_up; i++) {
    live_a_second (s, false);
    all_up = true;
    for (size_t k = 0; k < s->pair_count; k++)
      all_up = all_up && s->pairs[k].way != SWARM_NONE;
    if (all_up)
      print_message ("# all %zu pairs have met %u s after all had come\n", s->pair_count, i + 1);
  }
  assert_true (all_up);
  for (uint64_t second = 0; second < 2 * half_s; second++) {
    come_and_go (s);
    if (second == half_s) {
      sim_server_stop (s->nodes[0]);
      s->nodes[0]->away = true;
    }
    if (second == half_s + NODE_AWAY_S) {
      s->nodes[0]->away = false;
      sim_server_offer (s->nodes[0], CF_NODE_RELAY | CF_NODE_LISTING, NULL, NULL);
    }
    live_a_second (s, true);
  }
}

void
swarm_end (struct swarm *s)
{
  for (size_t i = 0; i < SWARM_NODES; i++)
    if (s->nodes[i]->server)
      sim_server_stop (s->nodes[i]);
  sim_free (s->sim);
  for (size_t i = 0; i < SWARM_WAYS; i++)
    free (s->times[i].all);
}
