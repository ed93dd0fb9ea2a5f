/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_mailbox_faults.c - stories of mail that is none, and of what goes, or fails, while mail is left and fetched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/inbox.h"
#include "core/message.h"
#include "core/post_private.h"
#include "node/mailbox.h"
#include "tests/sim/post_story.h"
#include "tests/sim/sim_heap.h"

/* N's place at the node. */
static struct cf_post_place *
place_of (const struct sim_node *n)
{
  return n->core->post->places;
}

/* --- what somebody who has the keys of a drop may put into it --- */

/* A frame of TYPE for the envelope NUMBER, LEN bytes behind that, sealed as mail of A of this week. */
static void
put_frame (struct post *w, enum cf_talk type, uint64_t number, size_t len)
{
  const struct cf_conversation *conv = conv_of (w->p.a, w->p.id);
  uint8_t *body = calloc (1, 8 + len);
  struct cf_post_drop *drop;
  struct cf_buf frames, out;
  struct cf_mail mail;

  for (size_t i = 0; i < 8; i++)
    body[i] = (uint8_t) (number >> (56 - 8 * i));
  cf_buf_init (&frames, CF_MAIL_MAX);
  cf_buf_init (&out, CF_MAIL_MAX);
  assert_int_equal (cf_post_frame_add (&frames, type, body, 8 + len), 0);
  assert_int_equal (cf_post_drop_new (conv->secret, &w->p.a->fpr, w->p.a->env.now_utc_ms / CF_POST_WEEK_MS, &drop), 0);
  assert_int_equal (cf_post_seal (&w->p.a->env, drop, &frames, &out), 0);
  assert_int_equal (cf_mailbox_put (w->server->mailbox, drop->public, cf_buf_data (&out), cf_buf_len (&out), &mail), 0);
  cf_post_drop_free (drop);
  cf_buf_done (&out);
  cf_buf_done (&frames);
  free (body);
}

/* What no inbox ever takes is counted and goes at once; what lies behind it is read. */
static void
test_frames_that_never_hold (void **state)
{
  const struct { enum cf_talk type; uint64_t number; size_t len; } never[] = {
    { CF_TALK_ENVELOPE, 0, 100 },
    { CF_TALK_ENVELOPE, CF_SEQUENCE_MAX + 1, 100 },
    { CF_TALK_ENVELOPE, UINT64_MAX, 100 },
    { CF_TALK_ENVELOPE, 7, 0 },
    { CF_TALK_ENVELOPE, 7, CF_GPG_ENVELOPE_MAX + 1 },
    { CF_TALK_ACK, 0, CF_HASH_LEN + 8 },
    { CF_TALK_ACK, 1, CF_HASH_LEN + 7 },
    { CF_TALK_NEED, 1, 0 },
  };
  const size_t count = sizeof never / sizeof *never;
  struct post w;

  (void) state;
  post_begin (&w, 21);
  sim_node_crash (w.p.b, false);
  for (size_t i = 0; i < count; i++)
    put_frame (&w, never[i].type, never[i].number, never[i].len);
  say (w.p.a, w.p.id, "all the same", "--wait=held");
  assert_int_equal (post_mail (&w), count + 1);
  sim_node_crash (w.p.a, false);
  assert_int_equal (sim_node_start (w.p.b), 0);
  assert_true (post_gets (&w, w.p.b, "all the same", 5000));
  sim_run (w.p.sim, 5000);
  assert_int_equal (w.p.b->env.refused[CF_REFUSED_MAIL_SEALED], count);
  assert_int_equal (post_mail (&w), 1); /* the acknowledgement */
  post_end (&w);
}

/* --- memory --- */

static bool
is_fetching (void *arg)
{
  return place_of (arg) && place_of (arg)->asked == CF_NODE_FETCH;
}

/* An envelope for which there is no memory: the visit goes on at once, and the mail stays. */
static void
test_no_memory_for_an_envelope (void **state)
{
  struct post w;
  struct cf_inbox *inbox;
  struct cf_post_place *place;
  struct cf_conversation *conv;

  (void) state;
  post_begin (&w, 22);
  sim_node_crash (w.p.b, false);
  sim_node_crash (w.p.a, false);
  assert_int_equal (sim_node_start (w.p.b), 0);
  assert_true (sim_run_until (w.p.sim, 5000, is_fetching, w.p.b));
  place = place_of (w.p.b);
  conv = conv_of (w.p.b, w.p.id);
  assert_int_equal (cf_inbox_get (w.p.b->core, conv, &inbox), 0);
  place->opening = 7;
  sim_heap_fail (1);
  cf_inbox_envelope (inbox, 7, (const uint8_t *) "sealed", 6, true);
  assert_true (sim_heap_met ());
  sim_heap_fail (0);
  assert_int_equal (place->opening, 0);
  assert_true (place->again);
  post_end (&w);
}

/* --- conversations that go --- */

struct asks_for {
  struct sim_node *node;
  const struct cf_conversation *conv;
};

static bool
asks_for (void *arg)
{
  struct asks_for *a = arg;

  return is_fetching (a->node) && !memcmp (place_of (a->node)->conversation, a->conv->id, sizeof a->conv->id);
}

/* One that was looked into is deleted while another's mail is fetched: neither that one nor the third is passed over. */
static void
test_a_conversation_goes_meanwhile (void **state)
{
  char ids[3][2 * CF_CONVERSATION_ID_LEN + 1];
  struct cf_conversation *first;
  struct asks_for second;
  struct post w;

  (void) state;
  post_begin (&w, 23);
  memcpy (ids[0], w.p.id, sizeof ids[0]);
  for (size_t i = 1; i < 3; i++)
    assert_int_equal (sim_open (w.p.a, w.p.b, ids[i]), 0);
  sim_node_crash (w.p.b, false);
  for (size_t i = 0; i < 3; i++)
    say (w.p.a, ids[i], "hello", "--wait=held");
  sim_node_crash (w.p.a, false);
  assert_int_equal (sim_node_start (w.p.b), 0);
  first = w.p.b->core->conversations->first;
  second = (struct asks_for){ w.p.b, first->next };
  assert_true (sim_run_until (w.p.sim, 5000, asks_for, &second));
  cf_message_conversation_forgotten (w.p.b->core, first);
  cf_conversation_drop (w.p.b->core, first);
  for (const struct cf_conversation *conv = second.conv; conv; conv = conv->next) {
    cf_hex (conv->id, sizeof conv->id, w.p.id);
    assert_true (post_gets (&w, w.p.b, "hello", 10000));
  }
  post_end (&w);
}

static bool
is_opening (void *arg)
{
  return place_of (arg) && place_of (arg)->opening;
}

/* The conversation goes whose envelope the inbox has: the visit waits for nothing. */
static void
test_it_goes_while_it_is_opened (void **state)
{
  struct cf_conversation *conv;
  struct post w;

  (void) state;
  post_begin (&w, 24);
  sim_node_crash (w.p.b, false);
  say (w.p.a, w.p.id, "one", "--wait=held");
  sim_node_crash (w.p.a, false);
  assert_int_equal (sim_node_start (w.p.b), 0);
  w.p.sim->gpg_sign_ms = 100;
  assert_true (sim_run_until (w.p.sim, 5000, is_opening, w.p.b));
  conv = conv_of (w.p.b, w.p.id);
  cf_message_conversation_forgotten (w.p.b->core, conv);
  cf_conversation_drop (w.p.b->core, conv);
  sim_run (w.p.sim, 1000);
  assert_int_equal (place_of (w.p.b)->opening, 0);
  assert_null (place_of (w.p.b)->visit);
  post_end (&w);
}

/* --- what is owed --- */

static bool
leaves_owed (void *arg)
{
  const struct cf_post_place *place = place_of (arg);

  return place && place->asked == CF_NODE_DEPOSIT && !place->number;
}

/* Bob has read two envelopes of Alice, who is gone again, and owes nothing any more.  Their numbers. */
static void
read_two (struct post *w, uint64_t r_numbers[2])
{
  struct cf_post_counts counts;

  sim_node_crash (w->p.b, false);
  say (w->p.a, w->p.id, "one", "--wait=held");
  r_numbers[0] = conv_of (w->p.a, w->p.id)->sent_sequence;
  say (w->p.a, w->p.id, "two", "--wait=held");
  r_numbers[1] = conv_of (w->p.a, w->p.id)->sent_sequence;
  sim_node_crash (w->p.a, false);
  assert_int_equal (sim_node_start (w->p.b), 0);
  assert_true (post_gets (w, w->p.b, "one two", 10000));
  sim_run (w->p.sim, 20000);
  cf_post_counts (w->p.b->core, &counts);
  assert_int_equal (counts.owed, 0);
}

/* An earlier envelope is owed again while the acknowledgement of a later one is on its way to the node: it is left, too. */
static void
test_owed_meanwhile (void **state)
{
  struct cf_post_counts counts;
  struct cf_conversation *conv;
  uint64_t numbers[2];
  struct post w;
  size_t mail;

  (void) state;
  post_begin (&w, 25);
  read_two (&w, numbers);
  mail = post_mail (&w);
  conv = conv_of (w.p.b, w.p.id);
  cf_post_owe (w.p.b->core, conv, numbers[1]);
  assert_true (sim_run_until (w.p.sim, 10000, leaves_owed, w.p.b));
  cf_post_owe (w.p.b->core, conv, numbers[0]);
  sim_run (w.p.sim, 20000);
  assert_int_equal (post_mail (&w), mail + 2);
  cf_post_counts (w.p.b->core, &counts);
  assert_int_equal (counts.owed, 0);
  post_end (&w);
}

/* Acknowledgements of what is kept no more prove nothing: no mail without anything in it. */
static void
test_nothing_to_be_proved (void **state)
{
  struct cf_post_counts counts;
  uint64_t numbers[2];
  struct post w;
  size_t mail;

  (void) state;
  post_begin (&w, 26);
  read_two (&w, numbers);
  mail = post_mail (&w);
  cf_post_owe (w.p.b->core, conv_of (w.p.b, w.p.id), numbers[1] + 1000);
  sim_run (w.p.sim, 20000);
  assert_int_equal (post_mail (&w), mail);
  cf_post_counts (w.p.b->core, &counts);
  assert_int_equal (counts.owed, 0);
  post_end (&w);
}

/* More than are remembered: the oldest go, from the disk as from memory. */
static void
test_too_much_is_owed (void **state)
{
  struct cf_post_counts counts;
  struct post w;

  (void) state;
  post_begin (&w, 27);
  sim_node_crash (w.p.a, false);
  sim_cut (w.p.sim, w.p.b, w.server, true);
  for (uint64_t i = 1; i <= CF_POST_OWED_MAX + 3; i++)
    cf_post_owe (w.p.b->core, conv_of (w.p.b, w.p.id), i);
  cf_post_counts (w.p.b->core, &counts);
  assert_int_equal (counts.owed, CF_POST_OWED_MAX);
  sim_node_crash (w.p.b, false);
  assert_int_equal (sim_node_start (w.p.b), 0);
  cf_post_counts (w.p.b->core, &counts);
  assert_int_equal (counts.owed, CF_POST_OWED_MAX);
  assert_int_equal (conv_of (w.p.b, w.p.id)->post->owed[0], 4);
  post_end (&w);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_frames_that_never_hold),
    cmocka_unit_test (test_no_memory_for_an_envelope),
    cmocka_unit_test (test_a_conversation_goes_meanwhile),
    cmocka_unit_test (test_it_goes_while_it_is_opened),
    cmocka_unit_test (test_owed_meanwhile),
    cmocka_unit_test (test_nothing_to_be_proved),
    cmocka_unit_test (test_too_much_is_owed),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
