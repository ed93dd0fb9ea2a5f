/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node_stage.c - what stories of nodes begin with; see node_stage.h. */
#include "tests/sim/node_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool
is_ready (void *arg)
{
  struct hand *h = arg;

  return h->ready || h->closed;
}

bool
is_closed (void *arg)
{
  return ((struct hand *) arg)->closed;
}

void
enter (struct stage *s, struct hand *h)
{
  hand_dial (h, &s->host->env, s->host->net, &s->name);
  assert_true (sim_run_until (s->sim, 5000, is_ready, h));
  assert_true (h->ready);
  free (hand_wait (s->sim, h, CF_NODE_SEEN));
}

void
stage_set (struct stage *s, size_t hands, const struct cf_server_limits *limits)
{
  memset (s, 0, sizeof *s);
  s->sim = sim_new (7);
  s->node = sim_node_new (s->sim, "node");
  s->host = sim_node_new (s->sim, "host");
  sim_server_start (s->node, limits, &s->name);
  for (size_t i = 0; i < hands; i++)
    enter (s, &s->hands[i]);
}

void
stage_strike (struct stage *s)
{
  for (size_t i = 0; i < sizeof s->hands / sizeof *s->hands; i++)
    hand_done (&s->hands[i]);
  sim_run (s->sim, 1000);
  sim_server_stop (s->node);
  sim_free (s->sim);
}

void
expect_data (struct stage *s, struct hand *h, uint32_t circuit, const char *text)
{
  struct hand_got *got = hand_wait (s->sim, h, CF_NODE_DATA);

  assert_int_equal (got->m.circuit.circuit, circuit);
  assert_int_equal (got->m.circuit.len, strlen (text));
  assert_memory_equal (got->m.circuit.data, text, strlen (text));
  free (got);
}

void
expect_close (struct stage *s, struct hand *h, uint32_t circuit, gpg_err_code_t code)
{
  struct hand_got *got = hand_wait (s->sim, h, CF_NODE_CLOSE);

  assert_int_equal (got->m.circuit.circuit, circuit);
  assert_int_equal (got->m.circuit.code, code);
  free (got);
}

void
connect_two (struct stage *s)
{
  struct hand *a = &s->hands[0], *b = &s->hands[1];

  assert_int_equal (hand_register (b), 0);
  free (hand_wait (s->sim, b, CF_NODE_REGISTERED));
  assert_int_equal (hand_call (a, 1, b->public), 0);
  free (hand_wait (s->sim, b, CF_NODE_INCOMING));
  free (hand_wait (s->sim, a, CF_NODE_OPENED));
}
