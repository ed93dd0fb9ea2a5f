/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate_story.c - shared steps of stories about the password gate. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/gate_private.h"
#include "tests/sim/gate_story.h"

size_t
count_state (struct sim_node *node, enum cf_conversation_state state)
{
  struct cf_conversation *conv;
  size_t n = 0;

  for (conv = node->core->conversations->first; conv; conv = conv->next)
    n += conv->state == state;
  return n;
}

size_t
count_open (struct sim_node *node)
{
  return count_state (node, CF_CONVERSATION_OPEN);
}

bool
both_open (void *arg)
{
  struct pair *p = arg;

  return count_open (p->a) == 1 && count_open (p->b) == 1;
}

bool
b_asked (void *arg)
{
  struct pair *p = arg;

  return cf_gate_waiting (p->b->core) > 0;
}

/* A asks, B sees it; the OPEN goes on. */
struct sim_command *
ask (struct pair *p, const char *password)
{
  struct sim_command *open = sim_call (p->a, "OPEN", password, p->fpr_b, NULL);

  assert_true (sim_run_until (p->sim, 20000, b_asked, p));
  sim_run (p->sim, 10); /* RECEIVED */
  return open;
}

struct sim_command *
accept_it (struct pair *p, const char *password)
{
  return sim_call (p->b, "ACCEPT", password, p->fpr_a, NULL);
}

void
assert_ended (struct sim_command *call, uint64_t ms, gpg_err_code_t code)
{
  assert_true (sim_wait (call, ms));
  assert_int_equal (gpg_err_code (call->err), code);
  sim_command_free (call);
}

void
assert_same_conversation (struct pair *p)
{
  struct cf_conversation *a = p->a->core->conversations->first, *b = p->b->core->conversations->first;

  assert_memory_equal (a->id, b->id, sizeof a->id);
  assert_true (cf_fpr_equal (&a->own_key, &b->peer_key));
  assert_true (cf_fpr_equal (&a->peer_key, &b->own_key));
  assert_memory_equal (a->secret, b->secret, CF_HASH_LEN);
  assert_memory_equal (cf_peer_find (p->a->core, &p->b->fpr)->pair_secret,
                       cf_peer_find (p->b->core, &p->a->fpr)->pair_secret, CF_HASH_LEN);
  assert_string_equal (cf_peer_find (p->a->core, &p->b->fpr)->verified_how, "password");
}

/* The keys are there, too, and stay when the opening is forgotten. */
void
assert_can_talk (struct pair *p)
{
  sim_run (p->sim, 5000);
  assert_int_equal (sim_do (p->a, "SEND", "from a", "--wait=delivered", p->fpr_b, NULL), 0);
  assert_int_equal (sim_do (p->b, "SEND", "from b", "--wait=delivered", p->fpr_a, NULL), 0);
  assert_null (p->a->core->gate->first);
  assert_null (p->b->core->gate->first);
}

static int
trap_frame (struct sim *sim, struct sim_node *from, const struct cf_fpr *to, const uint8_t *data, size_t len)
{
  struct trap *t = sim->frame_arg;

  (void) to;
  if (!t || len == 0 || data[0] != t->type || (t->from && t->from != from))
    return SIM_FRAME_PASS;
  if (len <= sizeof t->last) {
    memcpy (t->last, data, len);
    t->last_len = len;
  }
  t->seen++;
  if (t->nth && t->seen != t->nth)
    return SIM_FRAME_PASS;
  t->sprung = true;
  return t->answer;
}

void
set_trap (struct pair *p, struct trap *t)
{
  p->sim->frame = trap_frame;
  p->sim->frame_arg = t;
}

bool
is_sprung (void *arg)
{
  return ((struct trap *) arg)->sprung;
}
