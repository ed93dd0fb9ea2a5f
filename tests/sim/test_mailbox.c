/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_mailbox.c - stories of two who are never there at the same time: what they write waits at a node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/post_private.h"
#include "node/mailbox.h"
#include "tests/sim/post_story.h"

/* One writes and goes, the other comes, reads, answers and goes: each learns everything. */
static void
test_never_together (void **state)
{
  struct post w;

  (void) state;
  post_begin (&w, 1);
  say (w.p.a, w.p.id, "together", "--wait=delivered");
  sim_node_crash (w.p.b, false);
  sim_run (w.p.sim, 1000);
  say (w.p.a, w.p.id, "one", "--wait=queued");
  sim_run (w.p.sim, 2000);
  say (w.p.a, w.p.id, "two", "--wait=queued");
  assert_false (post_comes_to (&w, w.p.a, "held", 5000)); /* he may come back */
  sim_run (w.p.sim, 20000);
  assert_non_null (sim_event (w.p.a, 0, "message_state", "state", "held"));
  assert_int_equal (post_mail (&w), 1); /* both in one envelope */
  say (w.p.a, w.p.id, "three", "--wait=held");
  assert_int_equal (post_mail (&w), 2);
  sim_node_crash (w.p.a, false);
  assert_int_equal (sim_node_start (w.p.b), 0);
  assert_true (post_gets (&w, w.p.b, "together one two three", 10000));
  say (w.p.b, w.p.id, "thanks", "--wait=held");
  assert_int_equal (post_mail (&w), 2); /* an acknowledgement, and the answer */
  sim_node_crash (w.p.b, false);
  assert_int_equal (sim_node_start (w.p.a), 0);
  assert_true (post_gets (&w, w.p.a, "thanks", 10000));
  assert_true (post_comes_to (&w, w.p.a, "delivered", 10000));
  sim_run (w.p.sim, 5000);
  assert_int_equal (post_mail (&w), 1); /* that the answer has come */
  sim_node_crash (w.p.a, false);
  assert_int_equal (sim_node_start (w.p.b), 0);
  assert_true (post_comes_to (&w, w.p.b, "delivered", 10000));
  sim_run (w.p.sim, 5000);
  assert_int_equal (post_mail (&w), 0);
  assert_texts (w.p.b, w.p.id, "in", "together one two three");
  post_end (&w);
}

/* What is in a drop need not be mail: it is counted, and goes; mail that lies there behind it is read all the same. */
static void
test_nonsense_in_a_drop (void **state)
{
  struct post w;
  struct cf_post_drop *drop;
  struct cf_mail mail;
  uint8_t blob[3000];

  (void) state;
  post_begin (&w, 2);
  sim_node_crash (w.p.b, false);
  assert_int_equal (cf_post_drop_new (conv_of (w.p.a, w.p.id)->secret, &w.p.a->fpr,
                                      w.p.a->env.now_utc_ms / CF_POST_WEEK_MS, &drop), 0);
  memset (blob, 0x55, sizeof blob);
  assert_int_equal (cf_mailbox_put (w.server->mailbox, drop->public, blob, sizeof blob, &mail), 0);
  assert_int_equal (cf_mailbox_put (w.server->mailbox, drop->public, blob, 7, &mail), 0);
  cf_post_drop_free (drop);
  say (w.p.a, w.p.id, "all the same", "--wait=held");
  assert_int_equal (post_mail (&w), 3);
  sim_node_crash (w.p.a, false);
  assert_int_equal (sim_node_start (w.p.b), 0);
  assert_true (post_gets (&w, w.p.b, "all the same", 10000));
  sim_run (w.p.sim, 5000);
  assert_int_equal (w.p.b->env.refused[CF_REFUSED_MAIL_SEALED], 2);
  assert_int_equal (post_mail (&w), 1); /* the acknowledgement */
  post_end (&w);
}

/* They meet while mail lies at the node: it is delivered once, and what lies there is fetched and forgotten. */
static void
test_they_meet (void **state)
{
  struct post w;

  (void) state;
  post_begin (&w, 3);
  sim_node_crash (w.p.b, false);
  say (w.p.a, w.p.id, "one", "--wait=held");
  sim_cut (w.p.sim, w.p.b, w.server, true);
  assert_int_equal (sim_node_start (w.p.b), 0);
  assert_true (post_comes_to (&w, w.p.a, "delivered", 30000));
  assert_int_equal (post_mail (&w), 1);
  sim_cut (w.p.sim, w.p.b, w.server, false);
  sim_run (w.p.sim, 120000);
  assert_int_equal (post_mail (&w), 0);
  assert_texts (w.p.b, w.p.id, "in", "one");
  post_end (&w);
}

/* After a restart nothing is left again of what lies there, and an acknowledgement that is owed is not forgotten. */
static void
test_restarts (void **state)
{
  struct post w;
  struct cf_post_counts counts;

  (void) state;
  post_begin (&w, 4);
  sim_node_crash (w.p.b, false);
  say (w.p.a, w.p.id, "one", "--wait=held");
  sim_node_crash (w.p.a, false);
  assert_int_equal (sim_node_start (w.p.a), 0);
  sim_run (w.p.sim, 60000);
  cf_post_counts (w.p.a->core, &counts);
  assert_int_equal (counts.held, 1);
  assert_int_equal (counts.left, 0);
  assert_int_equal (post_mail (&w), 1);
  sim_node_crash (w.p.a, false);
  assert_int_equal (sim_node_start (w.p.b), 0);
  assert_true (post_gets (&w, w.p.b, "one", 10000));
  sim_node_crash (w.p.b, false); /* before its acknowledgement was left */
  assert_int_equal (sim_node_start (w.p.b), 0);
  sim_run (w.p.sim, 20000);
  sim_node_crash (w.p.b, false);
  assert_int_equal (sim_node_start (w.p.a), 0);
  assert_true (post_comes_to (&w, w.p.a, "delivered", 10000));
  post_end (&w);
}

/* What lies in A's drop of this week, first to last, at most 4 pieces; they leave it. */
static size_t
take_out (struct post *w, uint8_t drop[CF_MAIL_DROP_LEN], struct cf_buf pieces[4])
{
  struct cf_post_drop *d;
  struct cf_mail mail = { .number = 0 };
  uint32_t left;
  size_t count = 0;

  assert_int_equal (cf_post_drop_new (conv_of (w->p.a, w->p.id)->secret, &w->p.a->fpr,
                                      w->p.a->env.now_utc_ms / CF_POST_WEEK_MS, &d), 0);
  memcpy (drop, d->public, CF_MAIL_DROP_LEN);
  cf_post_drop_free (d);
  for (; count < 4; count++) {
    cf_buf_init (&pieces[count], CF_MAIL_MAX);
    if (cf_mailbox_get (w->server->mailbox, drop, mail.number, &pieces[count], &mail, &left))
      break;
    cf_mailbox_delete (w->server->mailbox, drop, mail.number);
  }
  return count;
}

static void
put_in (struct post *w, const uint8_t drop[CF_MAIL_DROP_LEN], const struct cf_buf *piece)
{
  struct cf_mail mail;

  assert_int_equal (cf_mailbox_put (w->server->mailbox, drop, cf_buf_data (piece), cf_buf_len (piece), &mail), 0);
}

/* A node shows mail in another order, again and again, altered; and loses what it said to hold. */
static void
test_node_lies (void **state)
{
  struct post w;
  struct cf_buf pieces[4];
  uint8_t drop[CF_MAIL_DROP_LEN];

  (void) state;
  post_begin (&w, 9);
  sim_node_crash (w.p.b, false);
  say (w.p.a, w.p.id, "one", "--wait=held");
  say (w.p.a, w.p.id, "two", "--wait=held");
  say (w.p.a, w.p.id, "three", "--wait=held");
  assert_int_equal (take_out (&w, drop, pieces), 3);
  put_in (&w, drop, &pieces[1]); /* "three" is lost */
  put_in (&w, drop, &pieces[0]);
  sim_node_crash (w.p.a, false);
  assert_int_equal (sim_node_start (w.p.b), 0);
  assert_true (post_gets (&w, w.p.b, "one two", 60000));
  sim_run (w.p.sim, 30000);
  assert_int_equal (post_mail (&w), 2); /* acknowledgements: it took two rounds */
  put_in (&w, drop, &pieces[0]);
  put_in (&w, drop, &pieces[1]);
  pieces[2].mem[pieces[2].start + 100] ^= 1;
  put_in (&w, drop, &pieces[2]);
  sim_node_crash (w.p.b, false);
  assert_int_equal (sim_node_start (w.p.b), 0);
  sim_run (w.p.sim, 30000);
  assert_int_equal (w.p.b->env.refused[CF_REFUSED_MAIL_SEALED], 1);
  assert_texts (w.p.b, w.p.id, "in", "one two");
  assert_int_equal (sim_node_start (w.p.a), 0); /* they meet */
  assert_true (post_gets (&w, w.p.b, "one two three", 30000));
  assert_true (post_comes_to (&w, w.p.a, "delivered", 30000));
  for (size_t i = 0; i < 3; i++)
    cf_buf_done (&pieces[i]);
  post_end (&w);
}

static void
jump (struct sim_node *n, int64_t ms)
{
  n->skew_ms += ms;
  n->env.now_utc_ms += ms;
}

/* One clock is in the next week already, or in the week before; or mail is fetched late. */
static void
test_weeks (void **state)
{
  const int64_t minute = 60000, days = 24 * 60 * minute;
  const struct { int64_t from_border, sender, later; } cases[]
      = { { -10 * minute, 40 * minute, 0 }, { 10 * minute, -40 * minute, 0 }, { 0, 0, 13 * days } };

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct post w;
    int64_t to_border;

    post_begin (&w, 5 + i);
    sim_node_crash (w.p.b, false);
    to_border = CF_POST_WEEK_MS - w.p.a->env.now_utc_ms % CF_POST_WEEK_MS + cases[i].from_border;
    jump (w.p.a, to_border + cases[i].sender);
    jump (w.p.b, to_border + cases[i].later);
    jump (w.server, to_border);
    say (w.p.a, w.p.id, "one", "--wait=held");
    sim_node_crash (w.p.a, false);
    jump (w.server, cases[i].later);
    assert_int_equal (sim_node_start (w.p.b), 0);
    assert_true (post_gets (&w, w.p.b, "one", 10000));
    post_end (&w);
  }
}

/* Who does not want it leaves nothing, and fetches nothing. */
static void
test_off (void **state)
{
  struct post w;

  (void) state;
  post_begin (&w, 7);
  assert_int_equal (sim_do (w.p.a, "CONFIG", NULL, "mailbox", "off", NULL), 0);
  sim_node_crash (w.p.b, false);
  say (w.p.a, w.p.id, "one", "--wait=queued");
  sim_run (w.p.sim, 60000);
  assert_int_equal (post_mail (&w), 0);
  assert_int_equal (sim_do (w.p.a, "CONFIG", NULL, "mailbox", "on", NULL), 0);
  assert_true (post_comes_to (&w, w.p.a, "held", 20000));
  post_end (&w);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_never_together), cmocka_unit_test (test_nonsense_in_a_drop),
    cmocka_unit_test (test_they_meet),      cmocka_unit_test (test_restarts),
    cmocka_unit_test (test_weeks), cmocka_unit_test (test_off),
    cmocka_unit_test (test_node_lies),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
