/* test_message.c - stories of what is said: both ways, in order, exactly once, whatever is lost on the way. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/entry.h"
#include "core/link.h"
#include "core/message.h"
#include "core/store/store_message.h"
#include "tests/sim/sim.h"

struct pair {
  struct sim *sim;
  struct sim_node *a, *b;
  char id[2 * CF_CONVERSATION_ID_LEN + 1];
};

static struct pair
pair_new (uint64_t seed)
{
  struct pair p = { .sim = sim_new (seed) };

  p.a = sim_node_new (p.sim, "alice");
  p.b = sim_node_new (p.sim, "bob");
  assert_int_equal (sim_node_start (p.a), 0);
  assert_int_equal (sim_node_start (p.b), 0);
  assert_int_equal (sim_open (p.a, p.b, p.id), 0);
  return p;
}

static struct cf_conversation *
conv_of (struct sim_node *node, const char *hex)
{
  uint8_t id[CF_CONVERSATION_ID_LEN];

  assert_int_equal (cf_unhex (hex, id, sizeof id), 0);
  return cf_conversation_find (node->core, id);
}

static struct sim_command *
history (struct sim_node *node, const char *id, const char *option)
{
  struct sim_command *call
      = option ? sim_call (node, "HISTORY", NULL, "--limit=1000", option, id, NULL)
               : sim_call (node, "HISTORY", NULL, "--limit=1000", id, NULL);

  assert_true (sim_wait (call, 1000));
  assert_int_equal (call->err, 0);
  return call;
}

/* The texts of one direction, joined by spaces; to be freed. */
static char *
texts (struct sim_node *node, const char *id, const char *direction)
{
  struct sim_command *call = history (node, id, NULL);
  char *all = calloc (1, 1000000);
  size_t i;

  for (i = 0; i < json_array_size (call->rows); i++)
    if (strcmp (sim_text (call, i, "direction"), direction) == 0) {
      strcat (all, *all ? " " : "");
      strcat (all, sim_text (call, i, "text"));
    }
  sim_command_free (call);
  return all;
}

static void
assert_texts (struct sim_node *node, const char *id, const char *direction, const char *want)
{
  char *have = texts (node, id, direction);

  assert_string_equal (have, want);
  free (have);
}

/* Are all rows of DIRECTION in STATE? */
static bool
all_in_state (struct sim_node *node, const char *id, const char *direction, const char *state)
{
  struct sim_command *call = history (node, id, NULL);
  bool all = true;
  size_t i;

  for (i = 0; i < json_array_size (call->rows); i++)
    if (strcmp (sim_text (call, i, "direction"), direction) == 0 && strcmp (sim_text (call, i, "state"), state) != 0)
      all = false;
  sim_command_free (call);
  return all;
}

static size_t
count_bad (struct sim_node *node, const char *id)
{
  struct sim_command *call = history (node, id, NULL);
  size_t i, n = 0;

  for (i = 0; i < json_array_size (call->rows); i++)
    if (strcmp (sim_text (call, i, "signature"), "bad") == 0) {
      assert_string_equal (sim_text (call, i, "text"), "");
      n++;
    }
  sim_command_free (call);
  return n;
}

static void
say (struct sim_node *node, const char *id, const char *text, const char *wait)
{
  assert_int_equal (sim_do (node, "SEND", text, wait, id, NULL), 0);
}

/* --- a say over frames --- */

static struct {
  int type;               /* only frames of this type; 0: of every */
  struct sim_node *from;  /* NULL: either */
  int nth;                /* the one that it happens to, from 1; 0: every */
  int verdict;
  int seen, envelopes, needs;
  bool happened;
  uint8_t *copy;          /* of the last ENVELOPE */
  size_t copy_len;
} rule;

static int
on_frame (struct sim *sim, struct sim_node *from, const struct cf_fpr *to, const uint8_t *data, size_t len)
{
  (void) sim;
  (void) to;
  rule.envelopes += data[0] == CF_TALK_ENVELOPE;
  rule.needs += data[0] == CF_TALK_NEED;
  if (data[0] == CF_TALK_ENVELOPE) {
    free (rule.copy);
    rule.copy = malloc (len);
    memcpy (rule.copy, data, len);
    rule.copy_len = len;
  }
  if (data[0] < CF_TALK_ENVELOPE || (rule.type && data[0] != rule.type) || (rule.from && rule.from != from))
    return SIM_FRAME_PASS;
  rule.seen++;
  if (rule.nth && rule.seen != rule.nth)
    return SIM_FRAME_PASS;
  rule.happened = true;
  return rule.verdict;
}

static void
watch (struct pair *p, int type, struct sim_node *from, int nth, int verdict)
{
  free (rule.copy);
  memset (&rule, 0, sizeof rule);
  rule.type = type;
  rule.from = from;
  rule.nth = nth;
  rule.verdict = verdict;
  p->sim->frame = on_frame;
}

static void
pair_free (struct pair *p)
{
  p->sim->frame = NULL;
  free (rule.copy);
  memset (&rule, 0, sizeof rule);
  sim_free (p->sim);
}

/* --- stories --- */

static void
test_both_ways (void **state)
{
  struct pair p = pair_new (1);
  struct sim_command *call, *rows;
  char reply[64];

  (void) state;
  call = sim_call (p.a, "SEND", "hello", "--wait=delivered", p.id, NULL);
  assert_true (sim_wait (call, 5000));
  assert_int_equal (call->err, 0);
  assert_string_equal (sim_text (call, 0, "state"), "delivered");
  snprintf (reply, sizeof reply, "--reply-to=%s", sim_text (call, 0, "message"));
  say (p.b, p.id, "hi yourself", "--wait=delivered");
  assert_int_equal (sim_do (p.b, "SEND", "a reply", reply, "--wait=delivered", p.id, NULL), 0);
  rows = history (p.a, p.id, NULL);
  assert_int_equal (json_array_size (rows->rows), 3);
  assert_string_equal (sim_text (rows, 0, "text"), "hello");
  assert_string_equal (sim_text (rows, 1, "direction"), "in");
  assert_string_equal (sim_text (rows, 1, "signature"), "valid");
  assert_string_equal (sim_text (rows, 2, "reply_to"), sim_text (call, 0, "message"));
  assert_non_null (sim_event (p.b, 0, "message", "text", "hello"));
  assert_non_null (sim_event (p.a, 0, "message_state", "state", "delivered"));
  sim_command_free (rows);
  sim_command_free (call);
  pair_free (&p);
}

static void
test_read_and_typing (void **state)
{
  struct pair p = pair_new (2);
  struct sim_command *call;
  size_t from;

  (void) state;
  say (p.a, p.id, "one", "--wait=delivered");
  say (p.a, p.id, "two", "--wait=delivered");
  assert_int_equal (cf_message_unread (p.b->core, conv_of (p.b, p.id)), 2);
  call = sim_call (p.a, "SEND", "three", "--wait=read", p.id, NULL);
  sim_run (p.sim, 1000);
  assert_false (call->finished);
  assert_int_equal (sim_do (p.b, "READ", NULL, p.id, NULL), 0);
  assert_true (sim_wait (call, 1000));
  assert_string_equal (sim_text (call, 0, "state"), "read");
  sim_command_free (call);
  assert_true (all_in_state (p.a, p.id, "out", "read"));
  assert_int_equal (cf_message_unread (p.b->core, conv_of (p.b, p.id)), 0);
  from = json_array_size (p.b->events);
  assert_int_equal (sim_do (p.a, "TYPING", NULL, p.id, "on", NULL), 0);
  sim_run (p.sim, 1000);
  assert_true (conv_of (p.b, p.id)->peer_typing);
  sim_run (p.sim, 6000);
  assert_false (conv_of (p.b, p.id)->peer_typing);
  assert_non_null (sim_event (p.b, from, "typing", NULL, NULL));
  /* What is said ends the typing at once. */
  assert_int_equal (sim_do (p.a, "TYPING", NULL, p.id, NULL), 0);
  say (p.a, p.id, "four", "--wait=delivered");
  assert_false (conv_of (p.b, p.id)->peer_typing);
  pair_free (&p);
}

#define BURST 2000

static void
test_burst (void **state)
{
  struct pair p = pair_new (3);
  static struct sim_command *calls[BURST];
  char text[32];
  size_t i, n = 0;

  (void) state;
  watch (&p, CF_TALK_ENVELOPE, p.a, -1, SIM_FRAME_PASS);
  for (i = 0; i < BURST; i++) {
    snprintf (text, sizeof text, "m%zu", i);
    calls[i] = sim_call (p.a, "SEND", text, "--wait=delivered", p.id, NULL);
  }
  for (i = 0; i < BURST; i++) {
    assert_true (sim_wait (calls[i], 60000));
    assert_int_equal (calls[i]->err, 0);
    sim_command_free (calls[i]);
  }
  assert_in_range (rule.envelopes, BURST / CF_ENVELOPE_ENTRIES_MAX, 20);
  for (i = 0; i < json_array_size (p.b->events); i++) {
    json_t *e = json_array_get (p.b->events, i);

    if (strcmp (json_string_value (json_object_get (e, "event")), "message") == 0) {
      snprintf (text, sizeof text, "m%zu", n++);
      assert_string_equal (json_string_value (json_object_get (e, "text")), text);
    }
  }
  assert_int_equal (n, BURST);
  pair_free (&p);
}

static void
test_offline_queue (void **state)
{
  struct pair p = pair_new (4);
  struct sim_command *call;
  char text[32], want[4000] = "";
  int i;

  (void) state;
  sim_cut (p.sim, p.a, p.b, true);
  sim_run (p.sim, 20000);
  watch (&p, CF_TALK_ENVELOPE, p.a, -1, SIM_FRAME_PASS);
  for (i = 0; i < 200; i++) {
    snprintf (text, sizeof text, "q%d", i);
    say (p.a, p.id, text, "--wait=queued");
    sprintf (want + strlen (want), "%s%s", i ? " " : "", text);
  }
  call = sim_call (p.a, "SEND", "late", "--wait=delivered", "--timeout=5", p.id, NULL);
  assert_true (sim_wait (call, 6000));
  assert_int_equal (call->err, 0);
  assert_string_equal (sim_text (call, 0, "state"), "queued");
  sim_command_free (call);
  sim_cut (p.sim, p.a, p.b, false);
  sim_run (p.sim, 90000);
  strcat (want, " late");
  assert_texts (p.b, p.id, "in", want);
  assert_true (all_in_state (p.a, p.id, "out", "delivered"));
  assert_in_range (rule.envelopes, 1, 4);
  pair_free (&p);
}

/* Each frame lost, doubled, or the path cut at it. */
static void
test_frames_lost (void **state)
{
  static const int types[] = { CF_TALK_ENVELOPE, CF_TALK_ACK, CF_TALK_NEED };
  static const int verdicts[] = { SIM_FRAME_DROP, SIM_FRAME_TWICE, SIM_FRAME_CUT };
  size_t t, v;
  int nth;

  (void) state;
  for (t = 0; t < 3; t++)
    for (v = 0; v < 3; v++)
      for (nth = 1; nth <= 3; nth++) {
        struct pair p = pair_new (100 + t * 9 + v * 3 + (size_t) nth);

        watch (&p, types[t], NULL, nth, verdicts[v]);
        say (p.a, p.id, "1", "--wait=queued");
        sim_run (p.sim, 20);
        say (p.a, p.id, "2", "--wait=queued");
        say (p.b, p.id, "back", "--wait=queued");
        sim_run (p.sim, 20);
        say (p.a, p.id, "3", "--wait=queued");
        sim_run (p.sim, 15000);
        sim_cut (p.sim, p.a, p.b, false);
        sim_run (p.sim, 100000);
        assert_texts (p.b, p.id, "in", "1 2 3");
        assert_texts (p.a, p.id, "in", "back");
        assert_true (all_in_state (p.a, p.id, "out", "delivered"));
        assert_true (all_in_state (p.b, p.id, "out", "delivered"));
        assert_int_equal (count_bad (p.b, p.id), 0);
        pair_free (&p);
      }
}

static bool
rule_happened (void *arg)
{
  (void) arg;
  return rule.happened;
}

/* kill -9 of either side at every frame, the frame lost or under way. */
static void
test_restarts (void **state)
{
  int nth, who, lost;

  (void) state;
  for (lost = 0; lost < 2; lost++)
    for (who = 0; who < 2; who++)
      for (nth = 1; nth <= 7; nth++) {
        struct pair p = pair_new (200 + (uint64_t) (lost * 20 + who * 10 + nth));
        struct sim_node *victim = who ? p.b : p.a;

        watch (&p, 0, NULL, nth, lost ? SIM_FRAME_DROP : SIM_FRAME_PASS);
        say (p.a, p.id, "1", "--wait=queued");
        say (p.a, p.id, "2", "--wait=queued");
        say (p.b, p.id, "back", "--wait=queued");
        sim_run_until (p.sim, 1000, rule_happened, NULL);
        sim_node_crash (victim, nth & 1);
        sim_run (p.sim, 2000);
        assert_int_equal (sim_node_start (victim), 0);
        say (p.a, p.id, "3", "--wait=queued");
        sim_run (p.sim, 120000);
        assert_texts (p.b, p.id, "in", "1 2 3");
        assert_texts (p.a, p.id, "in", "back");
        assert_true (all_in_state (p.a, p.id, "out", "delivered"));
        assert_true (all_in_state (p.b, p.id, "out", "delivered"));
        assert_int_equal (count_bad (p.b, p.id) + count_bad (p.a, p.id), 0);
        pair_free (&p);
      }
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

/* --- forgeries --- */

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

/* Seal E with the keys of WITH and send it in CONV. */
static void
inject (struct sim_node *node, struct cf_conversation *conv, struct cf_conversation *with, const struct cf_entry *e)
{
  struct cf_fpr recipients[2] = { conv->peer_key, with->own_key };
  struct cf_gpg_envelope_keys keys = { &with->own_key, with->passphrase, &with->own_key, recipients, 2 };
  struct forge f = { node, conv, e->sequence };
  struct cf_buf b;

  cf_buf_init (&b, CF_ENVELOPE_PLAIN_MAX);
  assert_int_equal (cf_entry_build (e, &b), 0);
  assert_int_equal (cf_envelope_pad (&b), 0);
  assert_int_equal (cf_gpg_envelope_seal (node->core->gpg, &keys, cf_buf_data (&b), cf_buf_len (&b), forged, &f, NULL), 0);
  cf_buf_done (&b);
  sim_run (node->sim, 1000);
}

static void
test_forgeries (void **state)
{
  struct pair p = pair_new (6);
  struct cf_conversation *conv, *other;
  struct cf_entry e;
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

  e = honest (conv); /* the wrong signer */
  inject (p.a, conv, other, &e);
  assert_int_equal (count_bad (p.b, p.id), 1);
  e = honest (conv); /* written for another conversation */
  memcpy (e.conversation, other->id, sizeof e.conversation);
  inject (p.a, conv, conv, &e);
  assert_int_equal (count_bad (p.b, p.id), 2);
  e = honest (conv); /* to other recipients */
  e.to[0] = other->peer_key;
  inject (p.a, conv, conv, &e);
  assert_int_equal (count_bad (p.b, p.id), 3);
  e = honest (conv); /* the same number, other content */
  e.sequence = 1;
  memset (e.previous, 0, sizeof e.previous);
  inject (p.a, conv, conv, &e);
  assert_int_equal (count_bad (p.b, p.id), 4);
  e = honest (conv); /* does not follow */
  e.previous[0] ^= 1;
  inject (p.a, conv, conv, &e);
  assert_int_equal (count_bad (p.b, p.id), 5);
  rule.needs = 0;
  e = honest (conv); /* a gap */
  e.sequence += 5;
  inject (p.a, conv, conv, &e);
  assert_int_equal (count_bad (p.b, p.id), 5);
  assert_in_range (rule.needs, 1, 3);

  assert_texts (p.b, id2, "in", "");
  say (p.a, p.id, "still true", "--wait=delivered");
  p.sim->frame = NULL;
  assert_int_equal (sim_do (p.b, "READ", NULL, p.id, NULL), 0);
  assert_int_equal (cf_message_counts (p.b->core)->forged, 6);
  assert_non_null (status = sim_call (p.b, "STATUS", NULL, NULL));
  counters = json_object_get (json_array_get (status->rows, 0), "counters");
  assert_int_equal (json_integer_value (json_object_get (json_object_get (counters, "messages"), "forged")), 6);
  sim_command_free (status);
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

/* --- the end --- */

static void
test_close (void **state)
{
  struct pair p = pair_new (8);

  (void) state;
  say (p.a, p.id, "one", "--wait=delivered");
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.id, NULL), 0);
  sim_run (p.sim, 1000);
  assert_int_equal (conv_of (p.b, p.id)->state, CF_CONVERSATION_CLOSED);
  assert_true (conv_of (p.b, p.id)->closed_by_peer);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "late", p.id, NULL)), CF_ERR_CLOSED);
  assert_int_equal (gpg_err_code (sim_do (p.b, "SEND", "late", p.id, NULL)), CF_ERR_CLOSED);
  assert_texts (p.b, p.id, "in", "one");
  assert_non_null (sim_event (p.b, 0, "conversation", "state", "closed"));
  pair_free (&p);
}

/* Closed while the other is away with something unsaid: what was written before arrives, what the CLOSE does not
   name has failed. */
static void
test_close_apart (void **state)
{
  struct pair p = pair_new (9);
  struct sim_command *call;

  (void) state;
  sim_cut (p.sim, p.a, p.b, true);
  sim_run (p.sim, 20000);
  say (p.a, p.id, "last words", "--wait=queued");
  call = sim_call (p.b, "SEND", "unheard", "--wait=delivered", p.id, NULL);
  sim_run (p.sim, 1000);
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.id, NULL), 0);
  sim_node_crash (p.a, true);
  sim_cut (p.sim, p.a, p.b, false);
  sim_run (p.sim, 5000);
  assert_int_equal (sim_node_start (p.a), 0);
  sim_run (p.sim, 120000);
  assert_int_equal (conv_of (p.b, p.id)->state, CF_CONVERSATION_CLOSED);
  assert_texts (p.b, p.id, "in", "last words");
  assert_texts (p.a, p.id, "in", "");
  assert_true (all_in_state (p.a, p.id, "out", "delivered"));
  assert_true (all_in_state (p.b, p.id, "out", "failed"));
  assert_true (call->finished);
  assert_int_equal (gpg_err_code (call->err), CF_ERR_CLOSED);
  sim_command_free (call);
  pair_free (&p);
}

static bool
count_envelope (void *arg, const struct cf_envelope_row *e)
{
  (void) e;
  ++*(int *) arg;
  return true;
}

static int
waiting (struct sim_node *node)
{
  int n = 0;

  assert_int_equal (cf_store_envelope_waiting (node->core->store, count_envelope, &n), 0);
  return n;
}

static void
test_close_crossing (void **state)
{
  struct pair p = pair_new (10);

  (void) state;
  sim_cut (p.sim, p.a, p.b, true);
  sim_run (p.sim, 20000);
  say (p.a, p.id, "from a", "--wait=queued");
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.id, NULL), 0);
  assert_int_equal (sim_do (p.b, "CLOSE", NULL, p.id, NULL), 0);
  sim_cut (p.sim, p.a, p.b, false);
  sim_run (p.sim, 120000);
  assert_int_equal (waiting (p.a), 0);
  assert_int_equal (waiting (p.b), 0);
  assert_texts (p.b, p.id, "in", "");
  assert_true (all_in_state (p.a, p.id, "out", "failed"));
  pair_free (&p);
}

/* Deleted while the other is away: keys and history are gone, the CLOSE still arrives. */
static void
test_delete_apart (void **state)
{
  struct pair p = pair_new (11);

  (void) state;
  say (p.a, p.id, "one", "--wait=delivered");
  sim_node_crash (p.b, false);
  sim_run (p.sim, 20000);
  say (p.a, p.id, "two", "--wait=queued");
  assert_int_equal (sim_do (p.a, "DELETE", NULL, p.id, NULL), 0);
  assert_null (conv_of (p.a, p.id));
  assert_in_range (waiting (p.a), 1, 2);
  sim_node_crash (p.a, true);
  assert_int_equal (sim_node_start (p.a), 0);
  assert_int_equal (sim_node_start (p.b), 0);
  sim_run (p.sim, 120000);
  assert_int_equal (conv_of (p.b, p.id)->state, CF_CONVERSATION_CLOSED);
  assert_texts (p.b, p.id, "in", "one two");
  assert_int_equal (waiting (p.a), 0);
  pair_free (&p);
}

/* --- looking back --- */

static void
test_search (void **state)
{
  static const char *const searches[][2] = {
    { "--search=zürich", "Meet me in Zürich" }, { "--search=ZURICH me", "Meet me in Zürich" },
    { "--search=\"", NULL },                     { "--search=nothing", "" },
    { "--search=quick OR lazy", "" },            { "--search=NEAR/2 text:x* -fox", "" },
    { "--search=lazy dog", "the quick fox, the lazy dog" },
  };
  struct pair p = pair_new (12);
  struct sim_command *call;
  char before[80];
  size_t i;

  (void) state;
  say (p.a, p.id, "Meet me in Zürich", "--wait=delivered");
  say (p.b, p.id, "the quick fox, the lazy dog", "--wait=delivered");
  for (i = 0; i < sizeof searches / sizeof *searches; i++) {
    call = sim_call (p.a, "HISTORY", NULL, searches[i][0], p.id, NULL);
    assert_true (sim_wait (call, 100));
    if (!searches[i][1])
      assert_int_equal (gpg_err_code (call->err), GPG_ERR_INV_VALUE);
    else {
      assert_int_equal (call->err, 0);
      assert_int_equal (json_array_size (call->rows), *searches[i][1] ? 1 : 0);
      if (*searches[i][1])
        assert_string_equal (sim_text (call, 0, "text"), searches[i][1]);
    }
    sim_command_free (call);
  }
  call = history (p.a, p.id, NULL);
  snprintf (before, sizeof before, "--before=%s", sim_text (call, 1, "message"));
  sim_command_free (call);
  call = history (p.a, p.id, before);
  assert_int_equal (json_array_size (call->rows), 1);
  assert_string_equal (sim_text (call, 0, "text"), "Meet me in Zürich");
  sim_command_free (call);
  pair_free (&p);
}

static void
test_export (void **state)
{
  struct pair p = pair_new (13);
  struct sim_command *call;
  char text[32];
  int i;

  (void) state;
  for (i = 0; i < 150; i++) { /* more than a page */
    snprintf (text, sizeof text, "e%d", i);
    say (i & 1 ? p.a : p.b, p.id, text, "--wait=delivered");
  }
  call = sim_call (p.a, "EXPORT", NULL, "--format=json", p.id, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (json_array_size (call->rows), 150);
  assert_string_equal (sim_text (call, 149, "text"), "e149");
  sim_command_free (call);
  call = sim_call (p.a, "EXPORT", NULL, p.id, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (json_array_size (call->rows), 150);
  assert_non_null (strstr (sim_text (call, 0, "mail"), "\n-----BEGIN PGP MESSAGE-----\n\n"));
  assert_non_null (strstr (sim_text (call, 0, "mail"), "\nDate: Mon, 21 Sep 2026 ")); /* the simulator's epoch */
  sim_command_free (call);
  call = sim_call (p.a, "EXPORT", NULL, "--secret", p.id, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (strlen (sim_text (call, 0, "passphrase")), 2 * CF_GPG_PASSPHRASE_LEN);
  sim_command_free (call);
  pair_free (&p);
}

static void
test_refused_to_send (void **state)
{
  struct pair p = pair_new (14);
  char *longest = malloc (CF_TEXT_MAX + 2);

  (void) state;
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "", p.id, NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "\xff", p.id, NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "x", "--wait=never", p.id, NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "x", "--reply-to=00", p.id, NULL)), GPG_ERR_NOT_FOUND);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "x", "--timeout=0", p.id, NULL)), GPG_ERR_INV_VALUE);
  memset (longest, 'x', CF_TEXT_MAX + 1);
  longest[CF_TEXT_MAX + 1] = 0;
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", longest, p.id, NULL)), GPG_ERR_TOO_LARGE);
  longest[CF_TEXT_MAX] = 0;
  say (p.a, p.id, longest, "--wait=delivered");
  assert_texts (p.b, p.id, "in", longest);
  free (longest);
  pair_free (&p);
}

/* A clock that jumps back changes nothing of the order. */
static void
test_clock_steps (void **state)
{
  struct pair p = pair_new (15);

  (void) state;
  say (p.a, p.id, "1", "--wait=delivered");
  p.a->skew_ms = -86400000;
  sim_run (p.sim, 1);
  say (p.a, p.id, "2", "--wait=delivered");
  p.b->skew_ms = 86400000;
  sim_run (p.sim, 1);
  say (p.a, p.id, "3", "--wait=delivered");
  assert_texts (p.b, p.id, "in", "1 2 3");
  pair_free (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_both_ways),      cmocka_unit_test (test_read_and_typing),
    cmocka_unit_test (test_burst),          cmocka_unit_test (test_offline_queue),
    cmocka_unit_test (test_frames_lost),    cmocka_unit_test (test_restarts),
    cmocka_unit_test (test_forged_ack),     cmocka_unit_test (test_forgeries),
    cmocka_unit_test (test_flood),          cmocka_unit_test (test_close),
    cmocka_unit_test (test_close_apart),    cmocka_unit_test (test_close_crossing),
    cmocka_unit_test (test_delete_apart),   cmocka_unit_test (test_search),
    cmocka_unit_test (test_export),         cmocka_unit_test (test_refused_to_send),
    cmocka_unit_test (test_clock_steps),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
