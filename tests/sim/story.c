/* SPDX-License-Identifier: GPL-3.0-or-later */
/* story.c - how stories of two begin: Alice and Bob in a world of their own. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/story.h"

void
pair_begin (struct pair *p, uint64_t seed)
{
  *p = (struct pair){ .sim = sim_new (seed) };
  p->a = sim_node_new (p->sim, "alice");
  p->b = sim_node_new (p->sim, "bob");
  assert_int_equal (sim_node_start (p->a), 0);
  assert_int_equal (sim_node_start (p->b), 0);
  cf_fpr_hex (&p->a->fpr, p->fpr_a);
  cf_fpr_hex (&p->b->fpr, p->fpr_b);
}

void
pair_meet (struct pair *p)
{
  assert_true (sim_sees (p->a, p->b));
  assert_true (sim_sees (p->b, p->a));
}

void
pair_open (struct pair *p)
{
  assert_int_equal (sim_open (p->a, p->b, p->id), 0);
}
