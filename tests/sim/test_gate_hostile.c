/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_gate_hostile.c - stories of who guesses at the password gate, and of who breaks its rules. */

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

static void
begin (struct pair *p, uint64_t seed)
{
  pair_begin (p, seed);
  pair_meet (p);
}

/* --- guesses --- */

/* One run that the asker B never ends: his Ta is lost, or A's answer to it is. */
static gpg_err_code_t
aborted_run (struct pair *p, int type)
{
  struct trap trap = { .type = type, .answer = SIM_FRAME_CUT };
  struct sim_command *open, *answer;
  gpg_err_code_t code;

  open = ask (p, "guess");
  set_trap (p, &trap);
  answer = accept_it (p, "secret");
  sim_run_until (p->sim, 10000, is_sprung, &trap);
  p->sim->frame = NULL;
  code = answer->finished ? gpg_err_code (answer->err) : 0;
  sim_run (p->sim, 11000);
  sim_command_free (open);
  sim_command_free (answer);
  return code;
}

static bool
is_rate (struct sim_node *node, const char *verb, const char *who)
{
  return gpg_err_code (sim_do (node, verb, "x", who, NULL)) == CF_ERR_RATE;
}

static uint32_t
guesses (struct sim_node *node, const struct cf_fpr *peer)
{
  struct cf_guess g;

  assert_int_equal (cf_store_guess_get (node->core->store, peer, &g), 0);
  return g.wrong + CF_GUESSES_FREE * g.silences;
}

static void
test_abort_counts (void **state)
{
  struct pair p;

  (void) state;
  /* Ta lost: the asker has counted, the answerer has compared nothing. */
  begin (&p, 400);
  aborted_run (&p, CF_TALK_TA);
  assert_int_equal (guesses (p.a, &p.b->fpr), 1);
  assert_int_equal (guesses (p.b, &p.a->fpr), 0);
  /* Mended, Ta is repeated, compared, and wrong. */
  sim_cut (p.sim, p.a, p.b, false);
  sim_run (p.sim, 60000);
  assert_int_equal (guesses (p.a, &p.b->fpr), 1);
  assert_int_equal (guesses (p.b, &p.a->fpr), 1);
  assert_null (p.a->core->gate->first);
  sim_free (p.sim);
  /* Aborted before: nobody has learnt anything. */
  begin (&p, 401);
  aborted_run (&p, CF_TALK_YB);
  assert_int_equal (guesses (p.a, &p.b->fpr), 0);
  assert_int_equal (guesses (p.b, &p.a->fpr), 0);
  sim_free (p.sim);
}

static void
wrong_once (struct pair *p)
{
  struct sim_command *open = ask (p, "red"), *answer = accept_it (p, "blue");

  assert_ended (answer, 10000, CF_ERR_WRONG_PASSWORD);
  assert_ended (open, 1000, CF_ERR_WRONG_PASSWORD);
}

static void
test_three_then_silence (void **state)
{
  struct pair p;
  struct sim_command *open;

  (void) state;
  begin (&p, 402);
  for (int i = 0; i < CF_GUESSES_FREE; i++)
    wrong_once (&p);
  assert_true (is_rate (p.a, "OPEN", p.fpr_b));
  assert_true (is_rate (p.b, "OPEN", p.fpr_a));
  /* Kept over a restart of both. */
  sim_node_crash (p.a, false);
  sim_node_crash (p.b, false);
  assert_int_equal (sim_node_start (p.a), 0);
  assert_int_equal (sim_node_start (p.b), 0);
  pair_meet (&p);
  assert_true (is_rate (p.a, "OPEN", p.fpr_b));
  sim_run (p.sim, HOUR_MS);
  for (int i = 0; i < CF_GUESSES_FREE; i++)
    wrong_once (&p);
  sim_run (p.sim, HOUR_MS + 60000);
  assert_true (is_rate (p.a, "OPEN", p.fpr_b)); /* doubled */
  sim_run (p.sim, HOUR_MS);
  open = ask (&p, "right");
  assert_ended (accept_it (&p, "right"), 10000, 0);
  assert_ended (open, 1000, 0);
  assert_int_equal (guesses (p.a, &p.b->fpr), 0);
  assert_int_equal (guesses (p.b, &p.a->fpr), 0);
  sim_free (p.sim);
}

static void
test_silenced_still_hears_received (void **state)
{
  struct trap trap = { .type = CF_TALK_RECEIVED };
  struct pair p;
  struct cf_guess none = { 0 };
  struct sim_command *open;

  (void) state;
  begin (&p, 403);
  for (int i = 0; i < CF_GUESSES_FREE; i++)
    wrong_once (&p);
  /* A cheats: it forgets what it has counted. */
  assert_int_equal (cf_store_guess_put (p.a->core->store, &p.b->fpr, &none), 0);
  set_trap (&p, &trap);
  open = sim_call (p.a, "OPEN", "x", p.fpr_b, NULL);
  sim_run (p.sim, 20000);
  assert_int_equal (trap.seen, 1);
  assert_false (open->finished); /* waits, as for somebody who is not at home */
  assert_int_equal (cf_gate_waiting (p.b->core), 0);
  sim_command_free (open);
  sim_free (p.sim);
}

/* --- hostile frames --- */

static void
test_reflected_share (void **state)
{
  struct trap trap = { .type = CF_TALK_YA, .answer = SIM_FRAME_DROP };
  struct sim_command *open, *answer;
  struct pair p;

  (void) state;
  begin (&p, 500);
  open = ask (&p, "x");
  trap.from = p.a;
  set_trap (&p, &trap);
  answer = accept_it (&p, "x");
  assert_true (sim_run_until (p.sim, 10000, is_sprung, &trap));
  p.sim->frame = NULL;
  /* B sends A's own share back. */
  assert_int_equal (cf_talk_send (p.b->core, &p.a->fpr, CF_TALK_YB, trap.last + 1, trap.last + CF_TALK_HEADER_LEN,
                                  CF_CPACE_SHARE_LEN), 0);
  assert_ended (open, 5000, GPG_ERR_DUP_VALUE);
  assert_int_equal (guesses (p.a, &p.b->fpr), 0); /* Ta never left */
  assert_int_equal (count_open (p.a), 0);
  sim_command_free (answer);
  sim_free (p.sim);
}

/* Whoever has both device keys can stand between the two, each of whom then is in a tunnel of its own with him: the
   handshake hash is all that differs.  This one sees another. */
static const struct cf_core *relayed;

const uint8_t *__real_cf_link_handshake_hash (struct cf_core *core, const struct cf_fpr *peer);
const uint8_t *__wrap_cf_link_handshake_hash (struct cf_core *core, const struct cf_fpr *peer);

const uint8_t *
__wrap_cf_link_handshake_hash (struct cf_core *core, const struct cf_fpr *peer)
{
  static uint8_t other[64];
  const uint8_t *hash = __real_cf_link_handshake_hash (core, peer);

  if (!hash || core != relayed)
    return hash;
  memcpy (other, hash, sizeof other);
  other[0] ^= 1;
  return other;
}

static void
test_relayed (void **state)
{
  struct sim_command *open;
  struct pair p;

  (void) state;
  begin (&p, 505);
  relayed = p.a->core;
  open = ask (&p, "right");
  assert_ended (accept_it (&p, "right"), 10000, CF_ERR_WRONG_PASSWORD);
  assert_ended (open, 1000, CF_ERR_WRONG_PASSWORD);
  assert_int_equal (count_open (p.a) + count_open (p.b), 0);
  assert_int_equal (guesses (p.a, &p.b->fpr), 1);
  assert_int_equal (guesses (p.b, &p.a->fpr), 1);
  relayed = NULL;
  open = ask (&p, "right");
  assert_ended (accept_it (&p, "right"), 10000, 0);
  assert_ended (open, 1000, 0);
  assert_true (both_open (&p));
  sim_free (p.sim);
}

static void
test_bad_share (void **state)
{
  static const uint8_t neutral[CF_CPACE_SHARE_LEN];
  struct trap trap = { .type = CF_TALK_YA, .answer = SIM_FRAME_DROP };
  struct sim_command *open, *answer;
  struct pair p;

  (void) state;
  begin (&p, 501);
  open = ask (&p, "x");
  set_trap (&p, &trap);
  answer = accept_it (&p, "x");
  assert_true (sim_run_until (p.sim, 10000, is_sprung, &trap));
  p.sim->frame = NULL;
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_YA, trap.last + 1, neutral, sizeof neutral), 0);
  assert_ended (answer, 5000, GPG_ERR_BAD_PUBKEY);
  assert_ended (open, 5000, CF_ERR_REFUSED);
  assert_int_equal (guesses (p.b, &p.a->fpr), 0);
  sim_free (p.sim);
}

/* Who answers without the password cannot make the tag that the asker waits for, whatever he says in its place. */
static void
test_forged_answer (void **state)
{
  struct trap trap = { .type = CF_TALK_TA, .answer = SIM_FRAME_DROP };
  uint8_t tag[CF_CPACE_TAG_LEN];
  struct sim_command *open, *answer;
  struct pair p;

  (void) state;
  begin (&p, 520);
  open = ask (&p, "x");
  trap.from = p.a;
  set_trap (&p, &trap);
  answer = accept_it (&p, "x");
  assert_true (sim_run_until (p.sim, 10000, is_sprung, &trap));
  p.sim->frame = NULL;
  memcpy (tag, trap.last + CF_TALK_HEADER_LEN, sizeof tag); /* the asker's own, reflected: of the right form */
  assert_int_equal (cf_talk_send (p.b->core, &p.a->fpr, CF_TALK_TB, trap.last + 1, tag, sizeof tag), 0);
  assert_ended (open, 5000, CF_ERR_WRONG_PASSWORD);
  assert_int_equal (p.a->env.refused[CF_REFUSED_GATE_TAG], 1);
  assert_int_equal (guesses (p.a, &p.b->fpr), 1);
  assert_int_equal (count_open (p.a), 0);
  sim_command_free (answer);
  sim_free (p.sim);
}

static void
test_unknown_frames (void **state)
{
  static uint8_t junk[CF_GPG_BLOCK_MAX + 1];
  uint8_t id[CF_CONVERSATION_ID_LEN] = { 7 };
  struct cf_gate_counts counts;
  struct pair p;
  char opened[33];

  (void) state;
  begin (&p, 502);
  assert_int_equal (sim_open (p.a, p.b, opened), 0);
  for (int type = CF_TALK_OPEN; type <= CF_TALK_GATE_LAST; type++)
    for (size_t len = 0; len < 70; len++) {
      assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, (enum cf_talk) type, id, junk, len), 0);
      sim_run (p.sim, 2);
    }
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_KEY, id, junk, sizeof junk), 0);
  /* An id that was open before is not opened again. */
  assert_int_equal (cf_unhex (opened, id, sizeof id), 0);
  memset (junk, 0, 35);
  junk[0] = CF_PURPOSE_OPEN;
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_OPEN, id, junk, 35), 0);
  /* Nor is another purpose answered. */
  junk[0] = CF_PURPOSE_VERIFY;
  id[0] ^= 1;
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_OPEN, id, junk, 35), 0);
  sim_run (p.sim, 1000);
  assert_int_equal (cf_gate_waiting (p.b->core), 0);
  assert_true (both_open (&p));
  cf_gate_counts (p.b->core, &counts);
  assert_true (counts.malformed > 100);
  assert_true (counts.unexpected > 5);
  sim_free (p.sim);
}

static void
test_flood_is_bounded (void **state)
{
  uint8_t body[35] = { CF_PURPOSE_OPEN }, id[CF_CONVERSATION_ID_LEN];
  struct trap trap = { .type = CF_TALK_RECEIVED };
  struct cf_gate_counts counts;
  struct cf_stmt *used;
  gpg_error_t err;
  struct pair p;
  char opened[33];

  (void) state;
  begin (&p, 503);
  assert_int_equal (sim_open (p.a, p.b, opened), 0);
  set_trap (&p, &trap);
  for (int i = 0; i < 100; i++) {
    memset (id, i + 1, sizeof id);
    assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_OPEN, id, body, sizeof body), 0);
    sim_run (p.sim, 5);
  }
  assert_int_equal (trap.seen, 100); /* all alike */
  assert_int_equal (cf_gate_waiting (p.b->core), 1);
  cf_gate_counts (p.b->core, &counts);
  assert_true (counts.ignored >= 90);
  /* Nothing is remembered for ever of those that were withdrawn. */
  used = cf_stmt (p.b->core->store, "SELECT count(*) FROM used_id");
  assert_true (cf_stmt_step (used, &err));
  assert_true (cf_column_int (used, 0) <= 1);
  cf_stmt_reset (used);
  sim_free (p.sim);
}

/* What is not shown is counted, each for its reason, and a tag that comes before the user has answered, too. */
static void
test_not_shown (void **state)
{
  uint8_t body[35] = { CF_PURPOSE_OPEN }, id[CF_CONVERSATION_ID_LEN] = { 1 }, tag[CF_CPACE_TAG_LEN] = { 0 };
  struct cf_peer *asker;
  struct pair p;
  const uint64_t *refused;

  (void) state;
  begin (&p, 504);
  refused = p.b->env.refused;
  assert_int_equal (cf_link_want (p.a->core, &p.b->fpr, true), 0);
  sim_run (p.sim, 2000);
  asker = cf_peer_find (p.b->core, &p.a->fpr);
  asker->blocked = true; /* as if the tunnel had not gone at once */
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_OPEN, id, body, sizeof body), 0);
  sim_run (p.sim, 10);
  asker->blocked = false;
  assert_int_equal (refused[CF_REFUSED_GATE_BLOCKED], 1);
  for (int i = 0; i < CF_GATE_STRANGERS_MAX; i++) {
    struct cf_fpr fpr = p.a->fpr;
    uint8_t other[CF_CONVERSATION_ID_LEN];

    cf_env_random (&p.b->env, fpr.bytes, fpr.len);
    cf_env_random (&p.b->env, other, sizeof other);
    assert_non_null (cf_request_new (p.b->core, other, &fpr, false, NULL));
  }
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_OPEN, id, body, sizeof body), 0);
  sim_run (p.sim, 10);
  assert_int_equal (refused[CF_REFUSED_GATE_FULL], 1);
  while (p.b->core->gate->first)
    cf_request_drop (p.b->core->gate->first);
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_OPEN, id, body, sizeof body), 0);
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_TA, id, tag, sizeof tag), 0);
  sim_run (p.sim, 10);
  assert_int_equal (cf_gate_waiting (p.b->core), 1);
  assert_int_equal (refused[CF_REFUSED_GATE_UNEXPECTED], 1);
  sim_free (p.sim);
}

/* Who has a device key only, and holds OPENED back, cannot close what others have opened and use. */
static void
test_refused_too_late (void **state)
{
  struct trap trap = { .type = CF_TALK_OPENED, .answer = SIM_FRAME_DROP };
  struct pair p;
  char id[33];
  uint8_t raw[CF_CONVERSATION_ID_LEN];

  (void) state;
  begin (&p, 506);
  set_trap (&p, &trap);
  assert_int_equal (sim_open (p.a, p.b, id), 0);
  assert_true (sim_run_until (p.sim, 10000, both_open, &p));
  assert_non_null (p.a->core->gate->first);
  assert_int_equal (sim_do (p.a, "SEND", "hello", "--wait=delivered", p.fpr_b, NULL), 0);
  assert_int_equal (cf_unhex (id, raw, sizeof raw), 0);
  assert_int_equal (cf_talk_send (p.b->core, &p.a->fpr, CF_TALK_REFUSED, raw, NULL, 0), 0);
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_REFUSED, raw, NULL, 0), 0);
  sim_run (p.sim, 1000);
  assert_true (both_open (&p));
  assert_can_talk (&p);
  sim_free (p.sim);
}

/* What B shows as his key is lost; USED is shown in its place. */
static void
show_instead (struct pair *p, const struct trap *trap, const struct cf_fpr *used)
{
  struct cf_buf block;
  struct cf_wr wr;

  p->sim->frame = NULL;
  cf_buf_init (&block, 256);
  cf_wr_init (&wr, &block);
  cf_wr_bytes (&wr, "KEY", 3);
  cf_wr_fpr (&wr, used);
  cf_wr_blob16 (&wr, "conversation", 12);
  assert_int_equal (cf_wr_finish (&wr), 0);
  assert_int_equal (cf_talk_send (p->b->core, &p->a->fpr, CF_TALK_KEY, trap->last + 1, cf_buf_data (&block),
                                  cf_buf_len (&block)), 0);
  cf_buf_done (&block);
}

/* B shows the key of another conversation as that of a new one. */
static void
test_key_used_twice (void **state)
{
  struct trap trap = { .type = CF_TALK_KEY, .answer = SIM_FRAME_DROP };
  struct sim_command *open, *answer;
  struct cf_fpr used;
  struct pair p;
  char id[33];

  (void) state;
  begin (&p, 507);
  assert_int_equal (sim_open (p.a, p.b, id), 0);
  assert_true (sim_run_until (p.sim, 10000, both_open, &p));
  sim_run (p.sim, 1000);
  used = p.b->core->conversations->first->own_key;
  open = ask (&p, "x");
  trap.from = p.b;
  set_trap (&p, &trap);
  answer = accept_it (&p, "x");
  assert_true (sim_run_until (p.sim, 10000, is_sprung, &trap));
  show_instead (&p, &trap, &used);
  assert_ended (open, 10000, CF_ERR_KEY_WRONG);
  assert_ended (answer, 10000, CF_ERR_REFUSED);
  assert_int_equal (count_open (p.a), 1);
  sim_run (p.sim, 1000);
  assert_can_talk (&p); /* the key is still there */
  sim_free (p.sim);
}

/* A second KEY that is another one: no run goes on with either. */
static void
test_key_changed (void **state)
{
  struct trap trap = { .type = CF_TALK_KEY, .answer = SIM_FRAME_PASS, .nth = 1 };
  struct sim_command *open, *answer;
  struct cf_fpr other = { .version = 4, .len = 20, .bytes = { 9 } };
  size_t keys_a, keys_b;
  struct pair p;

  (void) state;
  begin (&p, 508);
  keys_a = sim_keys_count (p.a);
  keys_b = sim_keys_count (p.b);
  open = ask (&p, "x");
  trap.from = p.b;
  set_trap (&p, &trap);
  answer = accept_it (&p, "x");
  assert_true (sim_run_until (p.sim, 10000, is_sprung, &trap));
  show_instead (&p, &trap, &other);
  assert_ended (open, 10000, CF_ERR_PROTOCOL);
  assert_ended (answer, 10000, CF_ERR_REFUSED);
  sim_run (p.sim, 1000);
  assert_int_equal (count_open (p.a) + count_open (p.b), 0);
  assert_int_equal (sim_keys_count (p.a), keys_a);
  assert_int_equal (sim_keys_count (p.b), keys_b);
  sim_free (p.sim);
}

/* Keys travel beside the run; with wrong passwords nothing is signed, and nothing of them stays. */
static void
test_keys_before_tags (void **state)
{
  struct trap trap = { .type = CF_TALK_TA, .answer = SIM_FRAME_CUT };
  struct sim_command *open, *answer;
  size_t keys_a, keys_b;
  struct pair p;

  (void) state;
  begin (&p, 509);
  keys_a = sim_keys_count (p.a);
  keys_b = sim_keys_count (p.b);
  sim_gpg_fail (p.a, cf_err (GPG_ERR_CANCELED)); /* whoever signs hears of it */
  sim_gpg_fail (p.b, cf_err (GPG_ERR_CANCELED));
  open = ask (&p, "red");
  set_trap (&p, &trap);
  answer = accept_it (&p, "blue");
  assert_true (sim_run_until (p.sim, 10000, is_sprung, &trap));
  sim_run (p.sim, 11000);
  p.sim->frame = NULL;
  assert_false (cf_fpr_is_none (&p.a->core->gate->first->peer_key) && cf_fpr_is_none (&p.b->core->gate->first->peer_key));
  assert_true (sim_keys_count (p.a) + sim_keys_count (p.b) > keys_a + keys_b + 2);
  sim_cut (p.sim, p.a, p.b, false);
  assert_ended (answer, 60000, CF_ERR_WRONG_PASSWORD);
  assert_ended (open, 60000, CF_ERR_WRONG_PASSWORD);
  sim_run (p.sim, 1000);
  assert_int_equal (sim_keys_count (p.a), keys_a);
  assert_int_equal (sim_keys_count (p.b), keys_b);
  sim_free (p.sim);
}

/* Nobody makes us import before our user has agreed. */
static void
test_key_unasked (void **state)
{
  struct cf_fpr key = { .version = 4, .len = 20, .bytes = { 9 } };
  struct cf_gate_counts before, after;
  struct sim_command *open;
  struct cf_buf block;
  struct cf_wr wr;
  struct pair p;
  size_t keys;

  (void) state;
  begin (&p, 510);
  keys = sim_keys_count (p.b);
  open = ask (&p, "x");
  cf_buf_init (&block, 256);
  cf_wr_init (&wr, &block);
  cf_wr_bytes (&wr, "KEY", 3);
  cf_wr_fpr (&wr, &key);
  cf_wr_blob16 (&wr, "conversation", 12);
  assert_int_equal (cf_wr_finish (&wr), 0);
  cf_gate_counts (p.b->core, &before);
  assert_int_equal (cf_talk_send (p.a->core, &p.b->fpr, CF_TALK_KEY, p.a->core->gate->first->id, cf_buf_data (&block),
                                  cf_buf_len (&block)), 0);
  cf_buf_done (&block);
  sim_run (p.sim, 1000);
  cf_gate_counts (p.b->core, &after);
  assert_int_equal (after.unexpected, before.unexpected + 1);
  assert_int_equal (sim_keys_count (p.b), keys);
  assert_null (p.b->core->gate->first->peer_block.data);
  assert_ended (accept_it (&p, "x"), 10000, 0);
  assert_ended (open, 1000, 0);
  sim_free (p.sim);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_abort_counts),
    cmocka_unit_test (test_three_then_silence),
    cmocka_unit_test (test_silenced_still_hears_received),
    cmocka_unit_test (test_reflected_share),
    cmocka_unit_test (test_relayed),
    cmocka_unit_test (test_bad_share),
    cmocka_unit_test (test_forged_answer),
    cmocka_unit_test (test_unknown_frames),
    cmocka_unit_test (test_flood_is_bounded),
    cmocka_unit_test (test_not_shown),
    cmocka_unit_test (test_refused_too_late),
    cmocka_unit_test (test_key_used_twice),
    cmocka_unit_test (test_key_changed),
    cmocka_unit_test (test_keys_before_tags),
    cmocka_unit_test (test_key_unasked),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
