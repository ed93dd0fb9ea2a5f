/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_too_much.c - stories of who comes in crowds, does not listen, or says more than we keep for him. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/link.h"
#include "core/links.h"
#include "core/peers.h"
#include "tests/sim/link_story.h"

/* Strangers with a tunnel are as many as we keep: the next one hears nothing, a contact comes in. */
static void
test_crowd_of_strangers (void **state)
{
  enum { CROWD = 256 };
  struct sim *sim = sim_new (33);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") }, q = { .a = p.a, .b = node (sim, "carol") };
  struct cf_link *real, *crowd[CROWD];
  struct cf_fpr fpr = p.b->fpr;

  (void) state;
  assert_true (sim_sees (p.a, p.b));
  assert_true (sim_sees (q.a, q.b));
  want (q.b, q.a);
  assert_true (sim_run_until (sim, 5000, both_up, &q));
  real = cf_links_find (p.a->core->links, &q.b->fpr);
  for (size_t i = 1; i < CROWD; i++) { /* her tunnel stands for all of theirs */
    cf_env_random (&p.a->env, fpr.bytes, fpr.len);
    assert_int_equal (cf_links_get (p.a->core->links, &fpr, &crowd[i]), 0);
    crowd[i]->up = real->up;
  }
  want (p.b, p.a);
  sim_run (sim, 500);
  assert_true (none_up (&p));
  assert_true (p.a->env.refused[CF_REFUSED_HELLO_CROWDED] > 0);
  assert_int_equal (cf_peer_keep (p.a->core, cf_peer_find (p.a->core, &p.b->fpr), NULL, NULL), 0);
  cf_link_drop (p.b->core, &p.a->fpr, 0, NULL);
  assert_true (sim_run_until (sim, 30000, both_up, &p));
  for (size_t i = 1; i < CROWD; i++)
    crowd[i]->up = NULL;
  sim_free (sim);
}

static struct cf_net_ops full_ops;

static gpg_error_t
write_full (struct cf_conn *conn, const void *data, size_t len)
{
  (void) conn, (void) data, (void) len;
  return cf_err (GPG_ERR_LIMIT_REACHED);
}

/* The stream takes nothing more, since nobody reads at its other end. */
static void
test_unread (void **state)
{
  struct sim *sim = sim_new (34);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };
  const struct cf_net_ops *ops = p.a->net->ops;

  (void) state;
  assert_true (sim_sees (p.a, p.b));
  want (p.b, p.a);
  assert_true (sim_run_until (sim, 5000, both_up, &p));
  full_ops = *ops;
  full_ops.write = write_full;
  p.a->net->ops = &full_ops;
  assert_int_equal (cf_link_send (p.a->core, &p.b->fpr, "hear", 4), 0);
  sim_run (sim, 10);
  assert_int_equal (p.a->env.refused[CF_REFUSED_TUNNEL_UNREAD], 1);
  assert_false (cf_link_is_up (p.a->core, &p.b->fpr));
  p.a->net->ops = ops;
  assert_true (sim_run_until (sim, 60000, both_up, &p));
  sim_free (sim);
}

static void
ignore_down (void *arg, struct cf_peer *peer, gpg_error_t err)
{
  (void) arg, (void) peer, (void) err;
}

static void
say_too_much (void *arg, struct cf_peer *peer)
{
  static const uint8_t nothing[CF_MESSAGE_TALK_MAX];
  struct sim_node *self = arg;

  for (int i = 0; i < 3; i++)
    assert_int_equal (cf_link_send (self->core, &peer->fpr, nothing, sizeof nothing), 0);
}

static void
ignore_message (void *arg, struct cf_peer *peer, const uint8_t *data, size_t len)
{
  (void) arg, (void) peer, (void) data, (void) len;
}

/* Whom we have dialled overtakes the check of his HELLO with more than we keep. */
static void
test_too_much_before_the_answer (void **state)
{
  static const struct cf_link_handler handler = { .up = say_too_much, .down = ignore_down, .message = ignore_message };
  struct sim *sim = sim_new (35);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };

  (void) state;
  assert_true (sim_sees (p.a, p.b));
  cf_links_set_handler (p.b->core->links, &handler, p.b);
  for (size_t i = 0; i < cf_peer_find (p.a->core, &p.b->fpr)->device_count; i++) /* as if he had a new statement */
    memset (cf_peer_find (p.a->core, &p.b->fpr)->devices[i].digest, 0, CF_HASH_LEN);
  sim->gpg_sign_ms = 200; /* and its check took a while */
  want (p.a, p.b);
  sim_run (sim, 300);
  assert_true (p.a->env.refused[CF_REFUSED_HELLO_EARLY] > 0);
  sim_free (sim);
}

/* --- what a stranger may make us hold --- */

static void
ignore_up (void *arg, struct cf_peer *peer)
{
  (void) arg, (void) peer;
}

static void
keep_length (void *arg, struct cf_peer *peer, const uint8_t *data, size_t len)
{
  (void) peer, (void) data;
  *(size_t *) arg = len;
}

/* B says LEN bytes to A: does A take them? */
static bool
takes (struct pair *p, size_t len, size_t *got)
{
  static const uint8_t nothing[CF_MESSAGE_TALK_MAX];

  assert_true (sim_run_until (p->a->sim, 60000, both_up, p));
  *got = 0;
  assert_int_equal (cf_link_send (p->b->core, &p->a->fpr, nothing, len), 0);
  sim_run (p->a->sim, 400);
  assert_true (*got == len || !*got);
  return *got == len && both_up (p);
}

static void
test_a_stranger_sends_little (void **state)
{
  static const struct cf_link_handler handler = { .up = ignore_up, .down = ignore_down, .message = keep_length };
  struct sim *sim = sim_new (31);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };
  const uint64_t *large = &p.a->env.refused[CF_REFUSED_RECORD_LARGE];
  size_t got;

  (void) state;
  cf_links_set_handler (p.a->core->links, &handler, &got);
  assert_true (sim_sees (p.a, p.b));
  want (p.b, p.a);
  assert_true (takes (&p, CF_MESSAGE_STRANGER_MAX, &got));
  assert_false (takes (&p, CF_MESSAGE_STRANGER_MAX + 1, &got));
  assert_int_equal (*large, 1);
  /* Whom we want, and who is a contact, may say more; the tunnel that is up is the same. */
  assert_true (sim_run_until (sim, 60000, both_up, &p));
  want (p.a, p.b);
  assert_true (takes (&p, CF_MESSAGE_TALK_MAX, &got));
  assert_int_equal (cf_link_want (p.a->core, &p.b->fpr, false), 0);
  assert_false (takes (&p, CF_MESSAGE_TALK_MAX, &got));
  assert_int_equal (*large, 2);
  assert_int_equal (cf_peer_keep (p.a->core, cf_peer_find (p.a->core, &p.b->fpr), NULL, NULL), 0);
  assert_true (takes (&p, CF_MESSAGE_TALK_MAX, &got));
  assert_int_equal (*large, 2);
  sim_free (sim);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_crowd_of_strangers),
    cmocka_unit_test (test_unread),
    cmocka_unit_test (test_too_much_before_the_answer),
    cmocka_unit_test (test_a_stranger_sends_little),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
