/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_verify.c - stories of two who verify each other once more; cut and crashed at every step. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/gate_private.h"
#include "core/link.h"
#include "core/store/store_gate.h"
#include "tests/sim/gate_story.h"

#define HOUR_MS (3600ULL * 1000)

#define SINCE_MS 60000 /* from the opening to the story */

/* When they opened their conversation, and with what. */
static int64_t first_utc_ms;
static uint8_t first_pair[CF_HASH_LEN];

static struct cf_peer *
peer_of (struct sim_node *node, struct sim_node *other)
{
  return cf_peer_find (node->core, &other->fpr);
}

static void
begin (struct pair *p, uint64_t seed)
{
  pair_begin (p, seed);
  pair_meet (p);
  pair_open (p);
  assert_true (sim_run_until (p->sim, 10000, both_open, p));
  sim_run (p->sim, SINCE_MS);
  first_utc_ms = peer_of (p->a, p->b)->verified_utc_ms;
  memcpy (first_pair, peer_of (p->a, p->b)->pair_secret, CF_HASH_LEN);
}

static bool
is_renewed (struct sim_node *node, struct sim_node *other)
{
  struct cf_peer *peer = node->core ? peer_of (node, other) : NULL;

  return peer && peer->verified_utc_ms > first_utc_ms + SINCE_MS / 2
         && memcmp (peer->pair_secret, first_pair, CF_HASH_LEN);
}

static bool
both_renewed (void *arg)
{
  struct pair *p = arg;

  return is_renewed (p->a, p->b) && is_renewed (p->b, p->a);
}

static void
assert_renewed (struct pair *p)
{
  assert_true (both_renewed (p));
  assert_memory_equal (peer_of (p->a, p->b)->pair_secret, peer_of (p->b, p->a)->pair_secret, CF_HASH_LEN);
  assert_string_equal (peer_of (p->a, p->b)->verified_how, "password");
  assert_true (both_open (p));
}

static void
assert_as_before (struct pair *p)
{
  assert_int_equal (peer_of (p->a, p->b)->verified_utc_ms, first_utc_ms);
  assert_memory_equal (peer_of (p->a, p->b)->pair_secret, first_pair, CF_HASH_LEN);
  assert_memory_equal (peer_of (p->b, p->a)->pair_secret, first_pair, CF_HASH_LEN);
  assert_true (both_open (p));
}

static struct sim_command *
verify (struct pair *p, struct sim_node *node, const char *password)
{
  return sim_call (node, "VERIFY", password, p->id, NULL);
}

/* A asks, B sees it. */
static struct sim_command *
ask_verify (struct pair *p, const char *password)
{
  struct sim_command *call = verify (p, p->a, password);

  assert_true (sim_run_until (p->sim, 20000, b_asked, p));
  sim_run (p->sim, 10);
  return call;
}

static void
test_right (void **state)
{
  struct sim_command *call, *answer, *list;
  struct pair p;
  size_t keys, from;

  (void) state;
  begin (&p, 1);
  keys = sim_keys_count (p.b);
  from = json_array_size (p.b->events);
  call = ask_verify (&p, "right");
  assert_non_null (sim_event (p.b, from, "request", "purpose", "verify"));
  assert_non_null (sim_event (p.b, from, "request", "conversation", p.id));
  list = sim_call (p.b, "REQUESTS", NULL, NULL);
  assert_true (sim_wait (list, 1000));
  assert_int_equal (json_array_size (list->rows), 1);
  assert_string_equal (sim_text (list, 0, "purpose"), "verify");
  assert_string_equal (sim_text (list, 0, "conversation"), p.id);
  sim_gpg_fail (p.a, cf_err (GPG_ERR_CANCELED)); /* whoever signs would hear of it */
  sim_gpg_fail (p.b, cf_err (GPG_ERR_CANCELED));
  answer = sim_call (p.b, "ACCEPT", "right", sim_text (list, 0, "request"), NULL);
  assert_true (sim_wait (answer, 10000));
  assert_int_equal (answer->err, 0);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (call->err, 0);
  assert_string_equal (sim_text (call, 0, "state"), "verified");
  assert_string_equal (sim_text (call, 0, "conversation"), p.id);
  assert_string_equal (sim_text (answer, 0, "conversation"), p.id);
  assert_renewed (&p);
  assert_non_null (sim_event (p.b, from, "request_state", "state", "verified"));
  assert_non_null (sim_event (p.b, from, "conversation", "conversation", p.id));
  sim_run (p.sim, 1000);
  assert_null (p.a->core->gate->first);
  assert_null (p.b->core->gate->first);
  assert_int_equal (sim_keys_count (p.b), keys); /* nothing was made */
  sim_gpg_fail (p.a, 0);
  sim_gpg_fail (p.b, 0);
  assert_can_talk (&p);
  sim_command_free (list);
  sim_command_free (call);
  sim_command_free (answer);
  sim_free (p.sim);
}

static void
test_wrong (void **state)
{
  struct sim_command *call;
  struct pair p;
  size_t from;

  (void) state;
  begin (&p, 2);
  from = json_array_size (p.a->events);
  call = ask_verify (&p, "red");
  assert_ended (accept_it (&p, "blue"), 10000, CF_ERR_WRONG_PASSWORD);
  assert_ended (call, 1000, CF_ERR_WRONG_PASSWORD);
  assert_non_null (sim_event (p.a, from, "error", "error", "WRONG_PASSWORD"));
  assert_non_null (sim_event (p.a, from, "error", "purpose", "verify"));
  assert_non_null (sim_event (p.b, 0, "request_state", "state", "wrong"));
  assert_as_before (&p);
  /* Once more, and right. */
  call = ask_verify (&p, "right");
  assert_ended (accept_it (&p, "right"), 10000, 0);
  assert_ended (call, 1000, 0);
  assert_renewed (&p);
  sim_free (p.sim);
}

static void
test_refused (void **state)
{
  struct sim_command *call;
  struct pair p;

  (void) state;
  begin (&p, 3);
  call = ask_verify (&p, "x");
  assert_int_equal (sim_do (p.b, "REFUSE", NULL, p.fpr_a, NULL), 0);
  assert_ended (call, 1000, CF_ERR_REFUSED);
  assert_as_before (&p);
  sim_free (p.sim);
}

/* Both type "verify"; early or at once, one request stands. */
static void
test_crossing (void **state)
{
  (void) state;
  for (uint64_t seed = 10; seed < 16; seed++) {
    struct pair p;
    struct sim_command *one, *other;

    begin (&p, seed);
    one = verify (&p, p.a, "same");
    sim_run (p.sim, seed % 3 ? seed % 3 : 2000);
    other = verify (&p, p.b, "same");
    assert_ended (one, 20000, 0);
    assert_ended (other, 20000, 0);
    assert_renewed (&p);
    sim_run (p.sim, 1000);
    assert_null (p.a->core->gate->first);
    assert_null (p.b->core->gate->first);
    sim_free (p.sim);
  }
}

static void
test_not_reachable (void **state)
{
  struct sim_command *call;
  struct pair p;

  (void) state;
  begin (&p, 20);
  sim_cut (p.sim, p.a, p.b, true);
  sim_run (p.sim, 15000);
  assert_ended (verify (&p, p.a, "x"), 30000, CF_ERR_NOT_REACHABLE);
  assert_null (p.a->core->gate->first);
  sim_free (p.sim);
  /* There, but deaf: an older Confab drops the purpose. */
  begin (&p, 21);
  struct trap trap = { .type = CF_TALK_OPEN, .answer = SIM_FRAME_DROP };
  set_trap (&p, &trap);
  call = verify (&p, p.a, "x");
  assert_true (sim_wait (call, 30000));
  assert_int_equal (gpg_err_code (call->err), CF_ERR_NOT_REACHABLE);
  assert_non_null (strstr (call->message, "does not answer"));
  assert_true (trap.sprung);
  assert_null (p.a->core->gate->first);
  sim_command_free (call);
  sim_free (p.sim);
}

static void
test_closed (void **state)
{
  struct sim_command *call;
  struct pair p;

  (void) state;
  /* Closed before it is asked for. */
  begin (&p, 22);
  call = ask_verify (&p, "x");
  assert_int_equal (sim_do (p.b, "CLOSE", NULL, p.id, NULL), 0);
  assert_ended (call, 10000, CF_ERR_CLOSED);
  assert_int_equal (cf_gate_waiting (p.b->core), 0);
  assert_null (p.a->core->gate->first);
  assert_int_equal (gpg_err_code (sim_do (p.a, "VERIFY", "x", p.id, NULL)), CF_ERR_CLOSED);
  sim_free (p.sim);
  /* B has closed it, which A does not know yet. */
  begin (&p, 23);
  struct trap trap = { .type = CF_TALK_ENVELOPE, .answer = SIM_FRAME_DROP };
  set_trap (&p, &trap);
  assert_int_equal (sim_do (p.b, "CLOSE", NULL, p.id, NULL), 0);
  assert_ended (verify (&p, p.a, "x"), 5000, CF_ERR_REFUSED);
  p.sim->frame = NULL;
  sim_free (p.sim);
}

/* A client that goes, days, a restart: the request stands. */
static void
test_stands (void **state)
{
  struct sim_command *call;
  struct pair p;

  (void) state;
  begin (&p, 24);
  call = ask_verify (&p, "x");
  sim_command_free (call);
  sim_node_crash (p.a, false);
  sim_node_crash (p.b, false);
  assert_int_equal (sim_node_start (p.a), 0);
  assert_int_equal (sim_node_start (p.b), 0);
  pair_meet (&p);
  sim_run (p.sim, 60000);
  assert_int_equal (cf_gate_waiting (p.b->core), 1);
  assert_ended (accept_it (&p, "x"), 10000, 0);
  assert_true (sim_run_until (p.sim, 1000, both_renewed, &p));
  assert_renewed (&p);
  /* And lapses. */
  call = ask_verify (&p, "x");
  sim_run (p.sim, 7 * 24 * HOUR_MS + HOUR_MS);
  assert_ended (call, 1, GPG_ERR_TIMEOUT);
  assert_int_equal (cf_gate_waiting (p.b->core), 0);
  assert_true (both_open (&p));
  sim_free (p.sim);
}

/* An opening and a verification stand side by side. */
static void
test_beside_an_opening (void **state)
{
  struct sim_command *open, *call, *list;
  struct pair p;
  char id[33];

  (void) state;
  begin (&p, 25);
  open = sim_call (p.a, "OPEN", "one", p.fpr_b, NULL);
  call = verify (&p, p.a, "other");
  sim_run (p.sim, 1000);
  list = sim_call (p.b, "REQUESTS", NULL, NULL);
  assert_true (sim_wait (list, 1000));
  assert_int_equal (json_array_size (list->rows), 2);
  for (size_t i = 0; i < 2; i++) {
    bool verifies = !strcmp (sim_text (list, i, "purpose"), "verify");

    strcpy (id, sim_text (list, i, "request"));
    assert_ended (sim_call (p.b, "ACCEPT", verifies ? "other" : "one", id, NULL), 10000, 0);
  }
  assert_ended (open, 1000, 0);
  assert_ended (call, 1000, 0);
  assert_true (both_renewed (&p));
  assert_int_equal (count_open (p.a), 2);
  sim_command_free (list);
  sim_free (p.sim);
}

/* What was agreed on for an opening verifies nobody. */
static void
test_expectation_is_for_openings (void **state)
{
  struct sim_command *call;
  struct pair p;

  (void) state;
  begin (&p, 26);
  assert_int_equal (sim_do (p.b, "EXPECT", "x", p.fpr_a, NULL), 0);
  call = ask_verify (&p, "x");
  sim_run (p.sim, 10000);
  assert_false (call->finished);
  assert_int_equal (cf_gate_waiting (p.b->core), 1);
  assert_as_before (&p);
  sim_command_free (call);
  sim_free (p.sim);
}

/* --- guesses --- */

static uint32_t
guesses (struct sim_node *node, const struct cf_fpr *peer)
{
  struct cf_guess g;

  assert_int_equal (cf_store_guess_get (node->core->store, peer, &g), 0);
  return g.wrong + CF_GUESSES_FREE * g.silences;
}

static void
test_guesses_are_shared (void **state)
{
  struct sim_command *call;
  struct pair p;

  (void) state;
  begin (&p, 30);
  for (int i = 0; i < CF_GUESSES_FREE; i++) {
    call = i == 1 ? ask (&p, "red") : ask_verify (&p, "red");
    assert_ended (accept_it (&p, "blue"), 10000, CF_ERR_WRONG_PASSWORD);
    assert_ended (call, 1000, CF_ERR_WRONG_PASSWORD);
  }
  assert_int_equal (guesses (p.a, &p.b->fpr), 3);
  assert_int_equal (guesses (p.b, &p.a->fpr), 3);
  assert_int_equal (gpg_err_code (sim_do (p.a, "VERIFY", "x", p.id, NULL)), CF_ERR_RATE);
  assert_int_equal (gpg_err_code (sim_do (p.a, "OPEN", "x", p.fpr_b, NULL)), CF_ERR_RATE);
  sim_node_crash (p.a, false);
  assert_int_equal (sim_node_start (p.a), 0);
  assert_int_equal (gpg_err_code (sim_do (p.a, "VERIFY", "x", p.id, NULL)), CF_ERR_RATE);
  sim_run (p.sim, HOUR_MS);
  call = ask_verify (&p, "right");
  assert_ended (accept_it (&p, "right"), 10000, 0);
  assert_ended (call, 1000, 0);
  assert_int_equal (guesses (p.a, &p.b->fpr), 0);
  sim_free (p.sim);
}

/* A run that is broken off costs what it taught. */
static void
test_abort_counts (void **state)
{
  struct trap trap = { .type = CF_TALK_TA, .answer = SIM_FRAME_CUT };
  struct sim_command *call, *answer;
  struct pair p;

  (void) state;
  begin (&p, 31);
  call = ask_verify (&p, "guess");
  set_trap (&p, &trap);
  answer = accept_it (&p, "secret");
  assert_true (sim_run_until (p.sim, 10000, is_sprung, &trap));
  assert_int_equal (guesses (p.a, &p.b->fpr), 1);
  p.sim->frame = NULL;
  sim_node_crash (p.a, true);
  sim_command_free (call);
  sim_cut (p.sim, p.a, p.b, false);
  assert_int_equal (sim_node_start (p.a), 0);
  assert_int_equal (guesses (p.a, &p.b->fpr), 1);
  assert_ended (answer, 60000, CF_ERR_WRONG_PASSWORD); /* Ta was repeated */
  assert_int_equal (guesses (p.b, &p.a->fpr), 1);
  assert_as_before (&p);
  sim_free (p.sim);
}

/* --- cut and crashed at every step --- */

static const int frames[] = { CF_TALK_OPEN, CF_TALK_RECEIVED, CF_TALK_ACCEPT, CF_TALK_YA,    CF_TALK_YB,
                              CF_TALK_TA,   CF_TALK_TB,       CF_TALK_DONE,   CF_TALK_OPENED };
#define FRAME_COUNT (sizeof frames / sizeof frames[0])

/* How many of a type leave in a run. */
static int
leave (int type)
{
  return type == CF_TALK_DONE || type == CF_TALK_OPENED ? 2 : 1;
}

static void
cut_story (int type, int nth, uint64_t seed)
{
  struct trap trap = { .type = type, .nth = nth, .answer = SIM_FRAME_CUT };
  bool early = type == CF_TALK_OPEN || type == CF_TALK_RECEIVED;
  struct sim_command *one, *other;
  struct pair p;

  begin (&p, seed);
  set_trap (&p, &trap);
  one = verify (&p, p.a, "x");
  sim_run (p.sim, 5);
  other = early ? NULL : accept_it (&p, "x");
  assert_true (sim_run_until (p.sim, 10000, is_sprung, &trap));
  sim_run (p.sim, early ? 9500 : 11000); /* both notice; without RECEIVED the asker waits for 15 s only */
  sim_cut (p.sim, p.a, p.b, false);
  p.sim->frame = NULL;
  if (early) {
    assert_true (sim_run_until (p.sim, 60000, b_asked, &p));
    other = accept_it (&p, "x");
  }
  if (!sim_run_until (p.sim, 90000, both_renewed, &p))
    fail_msg ("frame %d (%d): a %d, b %d", type, nth, is_renewed (p.a, p.b), is_renewed (p.b, p.a));
  assert_ended (one, 1000, 0);
  assert_ended (other, 1000, 0);
  sim_run (p.sim, 120000);
  assert_renewed (&p);
  assert_null (p.a->core->gate->first);
  assert_null (p.b->core->gate->first);
  sim_free (p.sim);
}

static void
test_cut_each_frame (void **state)
{
  (void) state;
  for (size_t i = 0; i < FRAME_COUNT; i++)
    for (int nth = 1; nth <= leave (frames[i]); nth++)
      cut_story (frames[i], nth, 100 + i);
}

static void
crash_story (int type, int nth, bool crash_a, uint64_t seed)
{
  struct trap trap = { .type = type, .nth = nth, .answer = SIM_FRAME_DROP };
  struct sim_command *one, *other;
  struct pair p;
  struct sim_node *victim;

  begin (&p, seed);
  one = ask_verify (&p, "x");
  set_trap (&p, &trap);
  other = accept_it (&p, "x");
  assert_true (sim_run_until (p.sim, 10000, is_sprung, &trap));
  victim = crash_a ? p.a : p.b;
  sim_node_crash (victim, false);
  p.sim->frame = NULL;
  sim_run (p.sim, 2000);
  assert_int_equal (sim_node_start (victim), 0);
  if (!sim_run_until (p.sim, 120000, both_renewed, &p))
    fail_msg ("frame %d (%d), %s died: a %d, b %d", type, nth, crash_a ? "asker" : "answerer",
              is_renewed (p.a, p.b), is_renewed (p.b, p.a));
  assert_renewed (&p);
  assert_can_talk (&p); /* and nothing of the run is left */
  sim_command_free (one);
  sim_command_free (other);
  sim_free (p.sim);
}

static void
test_crash_each_frame (void **state)
{
  (void) state;
  for (size_t i = 0; i < FRAME_COUNT; i++) {
    if (frames[i] <= CF_TALK_RECEIVED) /* as when opening: test_gate */
      continue;
    for (int nth = 1; nth <= leave (frames[i]); nth++) {
      crash_story (frames[i], nth, true, 200 + i);
      crash_story (frames[i], nth, false, 200 + i);
    }
  }
}

static int
all_twice (struct sim *sim, struct sim_node *from, const struct cf_fpr *to, const uint8_t *data, size_t len)
{
  (void) sim;
  (void) from;
  (void) to;
  (void) data;
  (void) len;
  return SIM_FRAME_TWICE;
}

static void
test_frames_twice (void **state)
{
  struct sim_command *call;
  struct pair p;

  (void) state;
  begin (&p, 300);
  p.sim->frame = all_twice;
  call = ask_verify (&p, "x");
  assert_ended (accept_it (&p, "x"), 10000, 0);
  assert_ended (call, 1000, 0);
  assert_renewed (&p);
  sim_free (p.sim);
}

/* The disk fails when "verified" is to be written: both are, in the end. */
static struct cf_store *failing;

gpg_error_t __real_cf_store_peer_save (struct cf_store *store, const struct cf_peer *peer);
gpg_error_t __wrap_cf_store_peer_save (struct cf_store *store, const struct cf_peer *peer);

gpg_error_t
__wrap_cf_store_peer_save (struct cf_store *store, const struct cf_peer *peer)
{
  return store == failing ? cf_err (GPG_ERR_ENOSPC) : __real_cf_store_peer_save (store, peer);
}

static void
test_disk_fails (void **state)
{
  struct sim_command *call;
  struct pair p;

  (void) state;
  begin (&p, 40);
  failing = p.a->core->store;
  call = ask_verify (&p, "x");
  assert_ended (accept_it (&p, "x"), 10000, 0);
  assert_ended (call, 1000, GPG_ERR_ENOSPC);
  assert_false (is_renewed (p.a, p.b));
  failing = NULL;
  sim_cut (p.sim, p.a, p.b, true);
  sim_run (p.sim, 15000);
  sim_cut (p.sim, p.a, p.b, false);
  assert_true (sim_run_until (p.sim, 60000, both_renewed, &p));
  sim_run (p.sim, 1000);
  assert_renewed (&p);
  assert_null (p.a->core->gate->first);
  assert_null (p.b->core->gate->first);
  sim_free (p.sim);
}

/* --- who breaks the rules --- */

/* The frames of an opening never satisfy a verification, and the other way round: B, who knows the password and
   cheats, takes the asker's request for one of the other purpose. */
static void
purpose_story (bool verifying, uint64_t seed)
{
  struct sim_command *call, *answer;
  struct cf_request *r;
  struct pair p;

  begin (&p, seed);
  call = verifying ? ask_verify (&p, "x") : ask (&p, "x");
  r = p.b->core->gate->first;
  r->purpose = verifying ? &cf_purpose_open : &cf_purpose_verify;
  memcpy (r->conversation, verifying ? r->id : p.a->core->conversations->first->id, sizeof r->conversation);
  answer = accept_it (&p, "x");
  assert_ended (answer, 10000, CF_ERR_WRONG_PASSWORD);
  assert_ended (call, 1000, CF_ERR_WRONG_PASSWORD);
  assert_as_before (&p);
  assert_int_equal (guesses (p.a, &p.b->fpr), 1);
  sim_free (p.sim);
}

static void
test_purposes_differ (void **state)
{
  (void) state;
  purpose_story (true, 50);
  purpose_story (false, 51);
}

static void
open_body (uint8_t body[1 + CF_NONCE_LEN + CF_CONVERSATION_ID_LEN + 2], const uint8_t *conversation)
{
  memset (body, 0, 1 + CF_NONCE_LEN + CF_CONVERSATION_ID_LEN + 2);
  body[0] = CF_PURPOSE_VERIFY;
  memcpy (body + 1 + CF_NONCE_LEN, conversation, CF_CONVERSATION_ID_LEN);
}

/* Conversations that do not exist, are another's, or ids that were used: dropped before anything is said. */
static void
test_open_must_fit (void **state)
{
  uint8_t body[1 + CF_NONCE_LEN + CF_CONVERSATION_ID_LEN + 2], id[CF_CONVERSATION_ID_LEN] = { 7 },
          other[CF_CONVERSATION_ID_LEN] = { 8 };
  struct trap trap = { .type = CF_TALK_RECEIVED };
  struct sim_node *c;
  struct pair p;

  (void) state;
  begin (&p, 52);
  c = sim_node_new (p.sim, "carol");
  assert_int_equal (sim_node_start (c), 0);
  assert_true (sim_sees (p.b, c));
  assert_true (sim_sees (c, p.b));
  assert_int_equal (sim_open (c, p.b, (char[33]){ 0 }), 0);
  sim_run (p.sim, 1000);
  set_trap (&p, &trap);
  open_body (body, other);
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_OPEN, id, body, sizeof body), 0);
  open_body (body, p.a->core->conversations->first->id);
  assert_int_equal (cf_talk_send (c->core, &p.b->fpr, CF_TALK_OPEN, id, body, sizeof body), 0);
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_OPEN, p.a->core->conversations->first->id, body,
                                  sizeof body), 0);
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_OPEN, id, body, sizeof body - 1), 0);
  sim_run (p.sim, 1000);
  assert_int_equal (trap.seen, 0);
  assert_int_equal (cf_gate_waiting (p.b->core), 0);
  /* This one fits; then another purpose, or another conversation, under its id does not. */
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_OPEN, id, body, sizeof body), 0);
  sim_run (p.sim, 10);
  assert_int_equal (trap.seen, 1);
  open_body (body, other);
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_OPEN, id, body, sizeof body), 0);
  body[0] = CF_PURPOSE_OPEN;
  memset (body + 1 + CF_NONCE_LEN, 0, 2);
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_OPEN, id, body, 1 + CF_NONCE_LEN + 2), 0);
  sim_run (p.sim, 1000);
  assert_int_equal (trap.seen, 1);
  assert_int_equal (cf_gate_waiting (p.b->core), 1);
  sim_free (p.sim);
}

/* KEY and STATEMENT have no place in a verification, nor has a DONE that is reflected or made up. */
static void
test_frames_that_do_not_fit (void **state)
{
  static const uint8_t junk[40];
  struct trap trap = { .type = CF_TALK_DONE, .nth = 1, .answer = SIM_FRAME_DROP };
  struct sim_command *call, *answer;
  struct cf_gate_counts before, after;
  size_t keys;
  struct pair p;
  uint8_t *id;

  (void) state;
  begin (&p, 53);
  keys = sim_keys_count (p.a);
  call = ask_verify (&p, "x");
  set_trap (&p, &trap);
  trap.from = p.b;
  answer = accept_it (&p, "x");
  assert_true (sim_run_until (p.sim, 10000, is_sprung, &trap));
  p.sim->frame = NULL;
  sim_run (p.sim, 100);
  id = trap.last + 1;
  cf_gate_counts (p.a->core, &before);
  assert_int_equal (cf_talk_send (p.b->core, &p.a->fpr, CF_TALK_KEY, id, junk, sizeof junk), 0);
  assert_int_equal (cf_talk_send (p.b->core, &p.a->fpr, CF_TALK_STATEMENT, id, junk, sizeof junk), 0);
  sim_run (p.sim, 100);
  cf_gate_counts (p.a->core, &after);
  assert_int_equal (after.unexpected, before.unexpected + 2);
  assert_int_equal (sim_keys_count (p.a), keys);
  /* A's own DONE comes back. */
  struct cf_request *r = p.a->core->gate->first;
  struct cf_conversation *conv = p.a->core->conversations->first;
  struct cf_verified_input in = { .c = r->secret, .sid = r->sid, .asker = p.a->fpr, .answerer = p.b->fpr,
                                  .conversation = conv->id, .asker_key = conv->own_key,
                                  .answerer_key = conv->peer_key, .secret = conv->secret };
  uint8_t done[CF_HASH_LEN];

  assert_int_equal (cf_gate_verified (&in, true, done), 0);
  assert_int_equal (cf_talk_send (p.b->core, &p.a->fpr, CF_TALK_DONE, id, done, sizeof done), 0);
  assert_ended (call, 5000, CF_ERR_KEY_WRONG);
  assert_false (is_renewed (p.a, p.b));
  sim_command_free (answer);
  sim_free (p.sim);
}

/* The right person, but another conversation behind the same id: it is not verified. */
static void
test_another_conversation (void **state)
{
  struct sim_command *call, *answer;
  struct pair p;

  (void) state;
  begin (&p, 54);
  p.b->core->conversations->first->secret[0] ^= 1;
  call = ask_verify (&p, "x");
  answer = accept_it (&p, "x");
  assert_true (sim_wait (call, 10000));
  assert_true (sim_wait (answer, 10000));
  assert_true (gpg_err_code (call->err) == CF_ERR_KEY_WRONG || gpg_err_code (answer->err) == CF_ERR_KEY_WRONG);
  assert_as_before (&p);
  sim_command_free (call);
  sim_command_free (answer);
  sim_free (p.sim);
}

/* Once it is done here, nobody without C takes it back. */
static void
test_refused_too_late (void **state)
{
  struct trap trap = { .type = CF_TALK_OPENED, .answer = SIM_FRAME_DROP };
  struct sim_command *call;
  struct pair p;

  (void) state;
  begin (&p, 55);
  set_trap (&p, &trap);
  call = ask_verify (&p, "x");
  assert_ended (accept_it (&p, "x"), 10000, 0);
  assert_ended (call, 1000, 0);
  assert_non_null (p.a->core->gate->first);
  assert_int_equal (cf_talk_send (p.b->core, &p.a->fpr, CF_TALK_REFUSED, p.a->core->gate->first->id, NULL, 0), 0);
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_REFUSED, p.b->core->gate->first->id, NULL, 0), 0);
  sim_run (p.sim, 1000);
  assert_null (p.a->core->gate->first);
  assert_renewed (&p);
  sim_free (p.sim);
}

static void
test_key_revoked (void **state)
{
  struct pair p;

  (void) state;
  begin (&p, 56);
  sim_keys_set_state (p.a, &p.b->fpr, CF_KEY_REVOKED);
  assert_int_equal (gpg_err_code (sim_do (p.a, "VERIFY", "x", p.id, NULL)), CF_ERR_KEY_REVOKED);
  assert_null (p.a->core->gate->first);
  sim_free (p.sim);
}

/* --- what verifying is for --- */

/* Whom he has verified, the user may certify; others only on purpose. */
static void
test_certify (void **state)
{
  struct sim_command *call;
  struct sim_node *c;
  char fpr_c[CF_FPR_HEX_SIZE];
  struct pair p;

  (void) state;
  begin (&p, 60);
  c = sim_node_new (p.sim, "carol");
  assert_int_equal (sim_node_start (c), 0);
  assert_true (sim_sees (p.a, c));
  cf_fpr_hex (&c->fpr, fpr_c);
  sim_gpg_fail (p.a, cf_err (GPG_ERR_CANCELED));
  assert_int_equal (gpg_err_code (sim_do (p.a, "CERTIFY", NULL, p.fpr_b, NULL)), GPG_ERR_CANCELED);
  sim_gpg_fail (p.a, 0);
  call = sim_call (p.a, "CERTIFY", NULL, p.fpr_b, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (call->err, 0);
  assert_string_equal (sim_text (call, 0, "validity"), "full");
  assert_true (json_is_true (json_object_get (json_array_get (call->rows, 0), "imported")));
  assert_true (json_is_false (json_object_get (json_array_get (call->rows, 0), "already")));
  assert_int_equal (peer_of (p.a, p.b)->validity, CF_VALIDITY_FULL);
  sim_command_free (call);
  call = sim_call (p.a, "CERTIFY", NULL, p.fpr_b, NULL);
  assert_true (sim_wait (call, 1000));
  assert_true (json_is_true (json_object_get (json_array_get (call->rows, 0), "already")));
  sim_command_free (call);
  /* Seen, but not verified. */
  assert_int_equal (gpg_err_code (sim_do (p.a, "CERTIFY", NULL, fpr_c, NULL)), GPG_ERR_NOT_TRUSTED);
  assert_int_equal (sim_do (p.a, "CERTIFY", NULL, "--unverified", "--exportable", fpr_c, NULL), 0);
  /* A client that goes takes its question with it. */
  p.sim->gpg_sign_ms = 1000;
  call = sim_call (p.a, "CERTIFY", NULL, "--exportable", p.fpr_b, NULL);
  sim_run (p.sim, 10);
  assert_false (call->finished);
  sim_command_free (call);
  sim_run (p.sim, 2000);
  sim_keys_set_state (p.a, &p.b->fpr, CF_KEY_EXPIRED);
  assert_int_equal (gpg_err_code (sim_do (p.a, "CERTIFY", NULL, p.fpr_b, NULL)), CF_ERR_KEY_EXPIRED);
  sim_free (p.sim);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_right),
    cmocka_unit_test (test_wrong),
    cmocka_unit_test (test_refused),
    cmocka_unit_test (test_crossing),
    cmocka_unit_test (test_not_reachable),
    cmocka_unit_test (test_closed),
    cmocka_unit_test (test_stands),
    cmocka_unit_test (test_beside_an_opening),
    cmocka_unit_test (test_expectation_is_for_openings),
    cmocka_unit_test (test_guesses_are_shared),
    cmocka_unit_test (test_abort_counts),
    cmocka_unit_test (test_cut_each_frame),
    cmocka_unit_test (test_crash_each_frame),
    cmocka_unit_test (test_frames_twice),
    cmocka_unit_test (test_disk_fails),
    cmocka_unit_test (test_purposes_differ),
    cmocka_unit_test (test_open_must_fit),
    cmocka_unit_test (test_frames_that_do_not_fit),
    cmocka_unit_test (test_another_conversation),
    cmocka_unit_test (test_refused_too_late),
    cmocka_unit_test (test_key_revoked),
    cmocka_unit_test (test_certify),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
