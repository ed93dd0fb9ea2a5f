/* SPDX-License-Identifier: GPL-3.0-or-later */
/* post_story.c - see post_story.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/post_story.h"

static bool
have_said (void *arg)
{
  struct pair *p = arg;
  const struct cf_peer *b = cf_peer_find (p->a->core, &p->b->fpr), *a = cf_peer_find (p->b->core, &p->a->fpr);

  return a && b && a->device_count && b->device_count && a->devices[0].node_count && b->devices[0].node_count;
}

void
post_use (struct post *w, struct sim_node *n)
{
  char text[CF_NODE_NAME_SIZE];

  cf_node_name_format (&w->name, text);
  assert_int_equal (sim_do (n, "CONFIG", NULL, "nodes", text, NULL), 0);
  assert_true (sim_run_until (w->p.sim, 5000, at_its_nodes, n));
}

void
post_begin (struct post *w, uint64_t seed)
{
  memset (w, 0, sizeof *w);
  pair_begin (&w->p, seed);
  w->server = sim_node_new (w->p.sim, "node");
  sim_server_start (w->server, NULL, &w->name);
  post_use (w, w->p.a);
  post_use (w, w->p.b);
  pair_open (&w->p);
  assert_true (sim_run_until (w->p.sim, 20000, have_said, &w->p));
}

void
post_end (struct post *w)
{
  sim_server_stop (w->server);
  sim_free (w->p.sim);
}

struct state_of {
  struct sim_node *node;
  const char *id, *state;
};

static bool
is_in_state (void *arg)
{
  struct state_of *s = arg;

  return all_in_state (s->node, s->id, "out", s->state);
}

bool
post_comes_to (struct post *w, struct sim_node *n, const char *state, uint64_t ms)
{
  struct state_of s = { n, w->p.id, state };

  return sim_run_until (w->p.sim, ms, is_in_state, &s);
}

struct texts_of {
  struct sim_node *node;
  const char *id, *want;
};

static bool
has_texts (void *arg)
{
  struct texts_of *t = arg;
  char *have = texts (t->node, t->id, "in");
  bool same = !strcmp (have, t->want);

  free (have);
  return same;
}

bool
post_gets (struct post *w, struct sim_node *n, const char *want, uint64_t ms)
{
  struct texts_of t = { n, w->p.id, want };

  return sim_run_until (w->p.sim, ms, has_texts, &t);
}

size_t
post_mail (struct post *w)
{
  struct cf_server_status st;

  cf_server_status (w->server->server, &st);
  return st.mail;
}
