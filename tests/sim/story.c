/* SPDX-License-Identifier: GPL-3.0-or-later */
/* story.c - how stories of two begin: Alice and Bob in a world of their own. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/self.h"
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

void
add_by_address (struct sim_node *n, struct sim_node *other)
{
  char *address = cf_self_address (other->core->self);

  assert_non_null (address);
  assert_int_equal (sim_do (n, "ADD", NULL, address, NULL), 0);
  free (address);
}

static bool
is_asked (void *arg)
{
  return sim_event (arg, 0, "request", NULL, NULL) != NULL;
}

void
pair_open_asked (struct pair *p)
{
  struct sim_command *open = sim_call (p->a, "OPEN", "a shared secret", p->fpr_b, NULL);
  json_t *event;

  assert_true (sim_run_until (p->sim, 60000, is_asked, p->b));
  event = sim_event (p->b, 0, "request", NULL, NULL);
  assert_int_equal (sim_do (p->b, "ACCEPT", "a shared secret",
                            json_string_value (json_object_get (event, "request")), NULL), 0);
  assert_true (sim_wait (open, 60000));
  assert_int_equal (open->err, 0);
  strcpy (p->id, sim_text (open, 0, "conversation"));
  sim_command_free (open);
}
