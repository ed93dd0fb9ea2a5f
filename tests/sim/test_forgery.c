/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_forgery.c - stories of what was not said: forged, replayed and senseless envelopes change nothing. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/entry.h"
#include "core/inbox.h"
#include "core/message.h"
#include "tests/sim/talk_story.h"

static struct pair
pair_new (uint64_t seed)
{
  struct pair p;

  pair_begin (&p, seed);
  pair_open (&p);
  return p;
}

static void
test_forged_ack (void **state)
{
  struct pair p = pair_new (5);
  struct cf_conversation *conv = conv_of (p.b, p.id);
  uint8_t body[8 + CF_HASH_LEN + 8] = { 0 };

  (void) state;
  watch (&p, CF_TALK_ACK, p.b, 0, SIM_FRAME_DROP);
  say (p.a, p.id, "secret", "--wait=sent");
  sim_run (p.sim, 1000);
  p.sim->frame = NULL;
  body[7] = 1;
  body[sizeof body - 1] = 1;
  assert_int_equal (cf_talk_send (p.b->core, &conv->peer, CF_TALK_ACK, conv->id, body, sizeof body), 0);
  sim_run (p.sim, 1000);
  assert_true (all_in_state (p.a, p.id, "out", "sent"));
  assert_int_equal (cf_message_counts (p.a->core)->acks_refused, 1);
  sim_run (p.sim, 40000); /* repeated, and acknowledged honestly */
  assert_true (all_in_state (p.a, p.id, "out", "delivered"));
  assert_texts (p.b, p.id, "in", "secret");
  pair_free (&p);
}

struct forge {
  struct sim_node *node;
  struct cf_conversation *conv;
  uint64_t number;
};

static void
forged (void *arg, gpg_error_t err, const uint8_t *sealed, size_t len)
{
  struct forge *f = arg;
  struct cf_buf b;
  struct cf_wr wr;

  assert_int_equal (err, 0);
  cf_buf_init (&b, CF_GPG_ENVELOPE_MAX + 64);
  cf_wr_init (&wr, &b);
  cf_wr_u64 (&wr, f->number);
  cf_wr_bytes (&wr, sealed, len);
  assert_int_equal (cf_wr_finish (&wr), 0);
  assert_int_equal (cf_talk_send (f->node->core, &f->conv->peer, CF_TALK_ENVELOPE, f->conv->id, cf_buf_data (&b),
                                  cf_buf_len (&b)), 0);
  cf_buf_done (&b);
}

/* An honest next entry of NODE's. */
static struct cf_entry
honest (struct cf_conversation *conv)
{
  struct cf_entry e;

  memset (&e, 0, sizeof e);
  memset (e.message_id, 7, sizeof e.message_id);
  e.message_id[0] = (uint8_t) conv->sent_sequence;
  memcpy (e.conversation, conv->id, sizeof e.conversation);
  e.to[0] = conv->peer_key;
  e.to[1] = conv->own_key;
  e.sequence = conv->sent_sequence + 1;
  e.date_utc_ms = 1790000000000;
  memcpy (e.previous, conv->sent_hash, sizeof e.previous);
  e.body = "forged";
  e.body_len = 6;
  return e;
}

/* Seal E with the keys of WITH and send it in CONV as NUMBER. */
static void
inject_as (struct sim_node *node, struct cf_conversation *conv, struct cf_conversation *with, const struct cf_entry *e,
           uint64_t number)
{
  struct cf_fpr recipients[2] = { conv->peer_key, with->own_key };
  struct cf_gpg_envelope_keys keys = { &with->own_key, with->passphrase, &with->own_key, recipients, 2 };
  struct forge f = { node, conv, number };
  struct cf_buf b;

  cf_buf_init (&b, CF_ENVELOPE_PLAIN_MAX);
  assert_int_equal (cf_entry_build (e, &b), 0);
  assert_int_equal (cf_envelope_pad (&b), 0);
  assert_int_equal (cf_gpg_envelope_seal (node->core->gpg, &keys, cf_buf_data (&b), cf_buf_len (&b), forged, &f, NULL), 0);
  cf_buf_done (&b);
  sim_run (node->sim, 1000);
}

/* Seal E, an entry of CONV, with the keys of WITH: Bob now has seen N forgeries in P's conversation. */
static void
inject_bad (struct pair *p, struct cf_conversation *conv, struct cf_conversation *with, const struct cf_entry *e,
            size_t n)
{
  inject_as (p->a, conv, with, e, e->sequence);
  assert_int_equal (count_bad (p->b, p->id), n);
}

/* Entries that CONV does not allow; OTHER is another conversation of the same two. */
static void
inject_each (struct pair *p, struct cf_conversation *conv, struct cf_conversation *other)
{
  struct cf_entry e;

  e = honest (conv); /* the wrong signer */
  inject_bad (p, conv, other, &e, 1);
  e = honest (conv); /* written for another conversation */
  memcpy (e.conversation, other->id, sizeof e.conversation);
  inject_bad (p, conv, conv, &e, 2);
  e = honest (conv); /* to other recipients */
  e.to[0] = other->peer_key;
  inject_bad (p, conv, conv, &e, 3);
  e = honest (conv); /* the same number, other content */
  e.sequence = 1;
  memset (e.previous, 0, sizeof e.previous);
  inject_bad (p, conv, conv, &e, 4);
  e = honest (conv); /* does not follow */
  e.previous[0] ^= 1;
  inject_bad (p, conv, conv, &e, 5);
  e = honest (conv); /* a close after what was never written */
  e.kind = CF_ENTRY_CLOSE;
  e.body_len = 0;
  e.last_own = e.sequence - 1;
  e.last_peer = conv->received_sequence + 1;
  inject_bad (p, conv, conv, &e, 6);
  e = honest (conv); /* acknowledged, its number would pass over what is still to come */
  inject_as (p->a, conv, conv, &e, e.sequence + 1);
  assert_int_equal (count_bad (p->b, p->id), 7);
  rule.needs = 0;
  e = honest (conv); /* a gap */
  e.sequence += 5;
  inject_bad (p, conv, conv, &e, 7);
  assert_in_range (rule.needs, 1, 3);
}

static void
test_forgeries (void **state)
{
  struct pair p = pair_new (6);
  struct cf_conversation *conv, *other;
  char id2[2 * CF_CONVERSATION_ID_LEN + 1];
  struct sim_command *status;
  json_t *counters;
  size_t from;

  (void) state;
  assert_int_equal (sim_open (p.a, p.b, id2), 0);
  watch (&p, CF_TALK_ENVELOPE, NULL, -1, SIM_FRAME_PASS);
  say (p.a, p.id, "true", "--wait=delivered");
  conv = conv_of (p.a, p.id);
  other = conv_of (p.a, id2);
  from = json_array_size (p.b->events);

  /* Replayed in another conversation of the same two. */
  assert_int_equal (cf_talk_send (p.a->core, &conv->peer, CF_TALK_ENVELOPE, other->id,
                                  rule.copy + 1 + CF_CONVERSATION_ID_LEN,
                                  rule.copy_len - 1 - CF_CONVERSATION_ID_LEN), 0);
  sim_run (p.sim, 1000);
  assert_int_equal (count_bad (p.b, id2), 1);
  assert_non_null (sim_event (p.b, from, "error", "conversation", id2));

  inject_each (&p, conv, other);
  assert_texts (p.b, id2, "in", "");
  say (p.a, p.id, "still true", "--wait=delivered");
  p.sim->frame = NULL;
  assert_int_equal (sim_do (p.b, "READ", NULL, p.id, NULL), 0);
  assert_int_equal (cf_message_counts (p.b->core)->forged, 8);
  assert_non_null (status = sim_call (p.b, "STATUS", NULL, NULL));
  counters = json_object_get (json_array_get (status->rows, 0), "counters");
  assert_int_equal (json_integer_value (json_object_get (json_object_get (counters, "messages"), "forged")), 8);
  sim_command_free (status);
  pair_free (&p);
}

/* Who has closed the conversation has said his last word. */
static void
test_after_close (void **state)
{
  struct pair p = pair_new (10);
  struct cf_conversation *conv = conv_of (p.a, p.id);
  struct cf_entry e;

  (void) state;
  say (p.a, p.id, "last", "--wait=delivered");
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.id, NULL), 0);
  sim_run (p.sim, 1000);
  assert_true (conv_of (p.b, p.id)->closed_by_peer);
  e = honest (conv);
  inject_as (p.a, conv, conv, &e, e.sequence);
  assert_int_equal (p.b->env.refused[CF_REFUSED_ENVELOPE_CONTENT], 1);
  assert_texts (p.b, p.id, "in", "last "); /* the bad one has no text */
  pair_free (&p);
}

/* Nobody has read what he does not have, and nobody asks again before he can have been answered. */
static void
test_answers (void **state)
{
  struct pair p = pair_new (11);
  struct cf_conversation *conv = conv_of (p.b, p.id);
  uint8_t number[8] = { 0 };

  (void) state;
  watch (&p, CF_TALK_ACK, p.b, 0, SIM_FRAME_DROP);
  say (p.a, p.id, "not acknowledged", "--wait=sent");
  sim_run (p.sim, 1000);
  number[7] = 1;
  assert_int_equal (cf_talk_send (p.b->core, &conv->peer, CF_TALK_READ, conv->id, number, sizeof number), 0);
  sim_run (p.sim, 100);
  assert_int_equal (p.a->env.refused[CF_REFUSED_MESSAGE_READ], 1);
  assert_true (all_in_state (p.a, p.id, "out", "sent"));
  watch (&p, CF_TALK_ENVELOPE, p.a, -1, SIM_FRAME_PASS);
  for (int i = 0; i < 3; i++) {
    assert_int_equal (cf_talk_send (p.b->core, &conv->peer, CF_TALK_NEED, conv->id, number, sizeof number), 0);
    sim_run (p.sim, 100);
  }
  assert_int_equal (p.a->env.refused[CF_REFUSED_MESSAGE_NEED], 2);
  pair_free (&p);
}

/* A peer that only sends rubbish fills neither memory nor disk, and the next honest word arrives. */
static void
test_flood (void **state)
{
  struct pair p = pair_new (7);
  struct cf_conversation *conv = conv_of (p.a, p.id);
  uint8_t junk[200];
  int i;

  (void) state;
  for (i = 0; i < 2000; i++) {
    memset (junk, i, sizeof junk);
    memcpy (junk + 50, &i, sizeof i);
    junk[0] = 0;
    assert_true (cf_talk_send (p.a->core, &conv->peer, CF_TALK_ENVELOPE, conv->id, junk, sizeof junk) == 0
                 || i > 100);
    if (i % 20 == 0)
      sim_run (p.sim, 500);
  }
  sim_run (p.sim, 5000);
  assert_in_range (count_bad (p.b, p.id), 1, 20);
  say (p.a, p.id, "honest", "--wait=delivered");
  pair_free (&p);
}

/* An envelope that gpg cannot make out is no more than a bad one. */
static void
test_unreadable (void **state)
{
  struct pair p = pair_new (9);
  struct cf_conversation *conv = conv_of (p.a, p.id);
  uint8_t longer[8192];
  size_t len;

  (void) state;
  watch (&p, CF_TALK_ENVELOPE, p.a, -1, SIM_FRAME_PASS);
  say (p.a, p.id, "true", "--wait=delivered");
  len = rule.copy_len - 1 - CF_CONVERSATION_ID_LEN;
  assert_true (len < sizeof longer);
  memcpy (longer, rule.copy + 1 + CF_CONVERSATION_ID_LEN, len);
  longer[len] = 0;
  assert_int_equal (cf_talk_send (p.a->core, &conv->peer, CF_TALK_ENVELOPE, conv->id, longer, len + 1), 0);
  sim_run (p.sim, 1000);
  assert_int_equal (p.b->env.refused[CF_REFUSED_ENVELOPE_UNREADABLE], 1);
  say (p.a, p.id, "still true", "--wait=delivered");
  assert_texts (p.b, p.id, "in", "true  still true"); /* the bad one has no text */
  pair_free (&p);
}

/* What reaches a conversation that is stopped, since its tunnel has not gone yet, is dropped; and comes again. */
static void
test_stopped (void **state)
{
  struct pair p = pair_new (8);
  struct cf_conversation *conv = conv_of (p.b, p.id), *own = conv_of (p.a, p.id);
  const uint8_t on = 1;
  uint64_t refused;

  (void) state;
  say (p.a, p.id, "before", "--wait=delivered");
  conv->stopped = true;
  say (p.a, p.id, "meanwhile", "--wait=queued");
  sim_run (p.sim, 1000);
  assert_true (p.b->env.refused[CF_REFUSED_MESSAGE_STOPPED] > 0);
  assert_texts (p.b, p.id, "in", "before");
  refused = p.b->env.refused[CF_REFUSED_MESSAGE_STOPPED];
  assert_int_equal (cf_talk_send (p.a->core, &own->peer, CF_TALK_TYPING, own->id, &on, sizeof on), 0);
  sim_run (p.sim, 100);
  assert_int_equal (p.b->env.refused[CF_REFUSED_MESSAGE_STOPPED], refused + 1);
  conv->stopped = false;
  sim_run (p.sim, 60000);
  assert_texts (p.b, p.id, "in", "before meanwhile");
  assert_true (all_in_state (p.a, p.id, "out", "delivered"));
  pair_free (&p);
}

static unsigned inboxes_freed;

void __real_cf_inbox_free (struct cf_inbox *ib);
void __wrap_cf_inbox_free (struct cf_inbox *ib);

void
__wrap_cf_inbox_free (struct cf_inbox *ib)
{
  inboxes_freed += ib != NULL;
  __real_cf_inbox_free (ib);
}

/* Who is asked for a conversation knows its id before it is open, and may send envelopes: few are kept, and none when
   nothing comes of it. */
static void
test_early (void **state)
{
  uint8_t body[4096] = { 0 };
  struct cf_conversation *conv;
  struct sim_command *open;
  struct pair p;

  (void) state;
  pair_begin (&p, 9);
  pair_meet (&p);
  open = sim_call (p.a, "OPEN", "password", p.fpr_b, NULL);
  sim_run (p.sim, 5000);
  conv = p.a->core->conversations->first;
  assert_non_null (conv);
  for (uint8_t i = 1; i <= 2 * CF_INBOX_EARLY_MAX; i++) {
    body[7] = i;
    assert_int_equal (cf_talk_send (p.b->core, &p.a->fpr, CF_TALK_ENVELOPE, conv->id, body, sizeof body), 0);
  }
  sim_run (p.sim, 100);
  assert_int_equal (conv->inbox->count, CF_INBOX_EARLY_MAX);
  assert_int_equal (p.a->env.refused[CF_REFUSED_MESSAGE_FULL], CF_INBOX_EARLY_MAX);
  inboxes_freed = 0;
  assert_int_equal (sim_do (p.b, "REFUSE", NULL, p.fpr_a, NULL), 0);
  assert_true (sim_wait (open, 10000));
  assert_int_equal (gpg_err_code (open->err), CF_ERR_REFUSED);
  sim_command_free (open);
  assert_null (p.a->core->conversations->first);
  assert_int_equal (inboxes_freed, 1);
  pair_free (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_forged_ack),
    cmocka_unit_test (test_forgeries),
    cmocka_unit_test (test_after_close),
    cmocka_unit_test (test_answers),
    cmocka_unit_test (test_flood),
    cmocka_unit_test (test_unreadable),
    cmocka_unit_test (test_stopped),
    cmocka_unit_test (test_early),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
