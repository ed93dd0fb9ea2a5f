/* test_gate.c - stories of the password gate: asking, answering, guessing, opening; cut and crashed at every step. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/gate_private.h"
#include "core/link.h"
#include "core/self.h"
#include "core/store/store_gate.h"
#include "tests/sim/sim.h"

#define HOUR_MS (3600ULL * 1000)

struct pair {
  struct sim *sim;
  struct sim_node *a, *b;
  char fpr_a[CF_FPR_HEX_SIZE], fpr_b[CF_FPR_HEX_SIZE];
};

static void
meet (struct pair *p)
{
  assert_true (sim_sees (p->a, p->b));
  assert_true (sim_sees (p->b, p->a));
}

static void
begin (struct pair *p, uint64_t seed)
{
  p->sim = sim_new (seed);
  p->a = sim_node_new (p->sim, "alice");
  p->b = sim_node_new (p->sim, "bob");
  assert_int_equal (sim_node_start (p->a), 0);
  assert_int_equal (sim_node_start (p->b), 0);
  cf_fpr_hex (&p->a->fpr, p->fpr_a);
  cf_fpr_hex (&p->b->fpr, p->fpr_b);
  meet (p);
}

static size_t
count_state (struct sim_node *node, enum cf_conversation_state state)
{
  struct cf_conversation *conv;
  size_t n = 0;

  for (conv = node->core->conversations->first; conv; conv = conv->next)
    n += conv->state == state;
  return n;
}

static size_t
count_open (struct sim_node *node)
{
  return count_state (node, CF_CONVERSATION_OPEN);
}

static bool
both_open (void *arg)
{
  struct pair *p = arg;

  return count_open (p->a) == 1 && count_open (p->b) == 1;
}

static bool
b_asked (void *arg)
{
  struct pair *p = arg;

  return cf_gate_waiting (p->b->core) > 0;
}

/* A asks, B sees it; the OPEN goes on. */
static struct sim_command *
ask (struct pair *p, const char *password)
{
  struct sim_command *open = sim_call (p->a, "OPEN", password, p->fpr_b, NULL);

  assert_true (sim_run_until (p->sim, 20000, b_asked, p));
  sim_run (p->sim, 10); /* RECEIVED */
  return open;
}

static struct sim_command *
accept_it (struct pair *p, const char *password)
{
  return sim_call (p->b, "ACCEPT", password, p->fpr_a, NULL);
}

static void
assert_ended (struct sim_command *call, uint64_t ms, gpg_err_code_t code)
{
  assert_true (sim_wait (call, ms));
  assert_int_equal (gpg_err_code (call->err), code);
  sim_command_free (call);
}

static void
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

static void
test_right_password (void **state)
{
  struct pair p;
  struct sim_command *open, *answer;

  (void) state;
  begin (&p, 1);
  open = sim_call (p.a, "OPEN", " Caf\xc3\xa9 ", "--note=it is me", p.fpr_b, NULL);
  assert_true (sim_run_until (p.sim, 20000, b_asked, &p));
  sim_run (p.sim, 10);
  assert_false (open->finished);
  assert_non_null (sim_event (p.b, 0, "request", "note", "it is me"));
  assert_int_equal (count_state (p.a, CF_CONVERSATION_REQUESTED), 1);
  /* The same password, composed otherwise. */
  answer = accept_it (&p, "Cafe\xcc\x81");
  assert_true (sim_wait (answer, 10000));
  assert_int_equal (answer->err, 0);
  assert_true (sim_wait (open, 1000));
  assert_string_equal (sim_text (open, 0, "state"), "open");
  assert_string_equal (sim_text (open, 0, "conversation"), sim_text (answer, 0, "conversation"));
  assert_true (both_open (&p));
  assert_same_conversation (&p);
  sim_run (p.sim, 1000);
  assert_null (p.a->core->gate->first); /* nothing of the run is left */
  assert_null (p.b->core->gate->first);
  sim_command_free (open);
  sim_command_free (answer);
  sim_free (p.sim);
}

static void
test_wrong_password (void **state)
{
  struct pair p;
  struct sim_command *open, *answer;
  size_t from;

  (void) state;
  begin (&p, 2);
  open = ask (&p, "red");
  from = json_array_size (p.b->events);
  answer = accept_it (&p, "blue");
  assert_ended (answer, 10000, CF_ERR_WRONG_PASSWORD);
  assert_ended (open, 1000, CF_ERR_WRONG_PASSWORD);
  assert_int_equal (count_open (p.a) + count_open (p.b), 0);
  assert_int_equal (count_state (p.a, CF_CONVERSATION_REQUESTED), 0);
  assert_int_equal (cf_gate_waiting (p.b->core), 0);
  assert_non_null (sim_event (p.b, from, "error", "error", "WRONG_PASSWORD"));
  assert_non_null (sim_event (p.a, 0, "error", "error", "WRONG_PASSWORD"));
  /* Asking again is possible. */
  open = ask (&p, "green");
  answer = accept_it (&p, "green");
  assert_ended (answer, 10000, 0);
  assert_ended (open, 1000, 0);
  sim_free (p.sim);
}

static void
test_refuse (void **state)
{
  struct pair p;
  struct sim_command *open;

  (void) state;
  begin (&p, 3);
  open = ask (&p, "red");
  assert_int_equal (sim_do (p.b, "REFUSE", NULL, p.fpr_a, NULL), 0);
  assert_ended (open, 1000, CF_ERR_REFUSED);
  assert_int_equal (count_state (p.a, CF_CONVERSATION_REQUESTED), 0);
  /* Nobody counts this as a guess. */
  open = ask (&p, "red");
  assert_ended (accept_it (&p, "red"), 10000, 0);
  assert_ended (open, 1000, 0);
  sim_free (p.sim);
}

static void
test_expect (void **state)
{
  struct pair p;
  char id[33];

  (void) state;
  begin (&p, 4);
  assert_int_equal (sim_open (p.a, p.b, id), 0);
  assert_true (both_open (&p));
  assert_same_conversation (&p);
  /* It was good for one opening. */
  assert_int_equal (gpg_err_code (sim_do (p.a, "OPEN", "a shared secret", p.fpr_b, NULL)), GPG_ERR_TIMEOUT);
  assert_int_equal (cf_gate_waiting (p.b->core), 1);
  sim_free (p.sim);
}

static void
test_expect_after (void **state)
{
  struct pair p;
  struct sim_command *open;

  (void) state;
  begin (&p, 5);
  open = ask (&p, "x");
  assert_int_equal (sim_do (p.b, "EXPECT", "x", "--for=10m", p.fpr_a, NULL), 0);
  assert_ended (open, 5000, 0);
  assert_int_equal (gpg_err_code (sim_do (p.b, "EXPECT", "x", "--for=10y", p.fpr_a, NULL)), GPG_ERR_INV_VALUE);
  sim_free (p.sim);
}

static void
test_crossing (void **state)
{
  (void) state;
  for (uint64_t seed = 10; seed < 16; seed++) {
    struct pair p;
    struct sim_command *one, *other;

    begin (&p, seed);
    one = sim_call (p.a, "OPEN", "same", p.fpr_b, NULL);
    sim_run (p.sim, seed % 3);
    other = sim_call (p.b, "OPEN", "same", p.fpr_a, NULL);
    assert_true (sim_wait (one, 20000));
    assert_true (sim_wait (other, 20000));
    assert_int_equal (one->err, 0);
    assert_int_equal (other->err, 0);
    assert_string_equal (sim_text (one, 0, "conversation"), sim_text (other, 0, "conversation"));
    assert_true (both_open (&p));
    assert_same_conversation (&p);
    assert_int_equal (count_state (p.a, CF_CONVERSATION_REQUESTED), 0);
    assert_int_equal (count_state (p.b, CF_CONVERSATION_REQUESTED), 0);
    sim_command_free (one);
    sim_command_free (other);
    sim_free (p.sim);
  }
}

static void
test_not_reachable (void **state)
{
  struct pair p;
  struct sim_command *open;

  (void) state;
  begin (&p, 20);
  sim_cut (p.sim, p.a, p.b, true);
  open = sim_call (p.a, "OPEN", "x", p.fpr_b, NULL);
  assert_ended (open, 30000, CF_ERR_NOT_REACHABLE);
  assert_null (p.a->core->gate->first);
  assert_null (p.a->core->conversations->first);
  sim_cut (p.sim, p.a, p.b, false);
  sim_run (p.sim, 60000);
  assert_int_equal (cf_gate_waiting (p.b->core), 0);
  sim_free (p.sim);
}

static void
test_client_gone (void **state)
{
  struct pair p;
  struct sim_command *open;

  (void) state;
  begin (&p, 21);
  open = ask (&p, "x");
  sim_command_free (open); /* hangs up; the request stands */
  assert_ended (accept_it (&p, "x"), 10000, 0);
  assert_true (sim_run_until (p.sim, 1000, both_open, &p));
  sim_free (p.sim);
}

static void
test_lapse (void **state)
{
  struct pair p;
  struct sim_command *open;

  (void) state;
  begin (&p, 22);
  open = ask (&p, "x");
  sim_run (p.sim, 7 * 24 * HOUR_MS + HOUR_MS);
  assert_ended (open, 1, GPG_ERR_TIMEOUT);
  assert_int_equal (cf_gate_waiting (p.b->core), 0);
  assert_null (p.a->core->conversations->first);
  assert_non_null (sim_event (p.b, 0, "request_state", "state", "lapsed"));
  sim_free (p.sim);
}

static void
test_withdraw (void **state)
{
  struct pair p;
  struct sim_command *open;

  (void) state;
  begin (&p, 23);
  open = ask (&p, "x");
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.fpr_b, NULL), 0);
  assert_ended (open, 1000, GPG_ERR_CANCELED);
  sim_run (p.sim, 1000);
  assert_int_equal (cf_gate_waiting (p.b->core), 0);
  assert_non_null (sim_event (p.b, 0, "request_state", "state", "withdrawn"));
  sim_free (p.sim);
}

/* --- cut and crashed at every step --- */

struct trap {
  struct sim_node *from;  /* NULL: either */
  int type;
  int nth;                /* acts on the nth such frame, from 1; 0: on all */
  int answer;             /* enum sim_frame */
  int seen;
  bool sprung;
  uint8_t last[4096];
  size_t last_len;
};

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

static const int gate_frames[] = { CF_TALK_OPEN, CF_TALK_RECEIVED, CF_TALK_ACCEPT,    CF_TALK_YA,   CF_TALK_YB,    CF_TALK_TA,
                                   CF_TALK_TB,   CF_TALK_KEY,      CF_TALK_STATEMENT, CF_TALK_DONE, CF_TALK_OPENED };
#define FRAME_COUNT (sizeof gate_frames / sizeof gate_frames[0])

static void
set_trap (struct pair *p, struct trap *t)
{
  p->sim->frame = trap_frame;
  p->sim->frame_arg = t;
}

static bool
is_sprung (void *arg)
{
  return ((struct trap *) arg)->sprung;
}

/* The path breaks with the Nth frame of a type and is mended a while later; right passwords. */
static void
cut_story (int type, int nth, uint64_t seed)
{
  struct trap trap = { .type = type, .nth = nth, .answer = SIM_FRAME_CUT };
  struct sim_command *open, *answer = NULL;
  struct pair p;

  begin (&p, seed);
  assert_int_equal (sim_do (p.b, "EXPECT", "x", p.fpr_a, NULL), 0);
  set_trap (&p, &trap);
  open = sim_call (p.a, "OPEN", "x", p.fpr_b, NULL);
  if (sim_run_until (p.sim, 10000, is_sprung, &trap)) {
    sim_run (p.sim, 11000); /* both notice */
    sim_cut (p.sim, p.a, p.b, false);
  }
  p.sim->frame = NULL;
  if (!sim_run_until (p.sim, 90000, both_open, &p))
    fail_msg ("frame %d (%d): a %zu open, b %zu open, a err %s", type, nth, count_open (p.a), count_open (p.b),
              gpg_strerror (open->err));
  assert_same_conversation (&p);
  assert_true (sim_wait (open, 1000));
  assert_int_equal (open->err, 0);
  sim_run (p.sim, 120000);
  assert_true (both_open (&p));
  sim_command_free (open);
  sim_command_free (answer);
  sim_free (p.sim);
}

static void
test_cut_each_frame (void **state)
{
  (void) state;
  for (size_t i = 0; i < FRAME_COUNT; i++)
    for (int nth = 1; nth <= (gate_frames[i] >= CF_TALK_KEY ? 2 : 1); nth++)
      cut_story (gate_frames[i], nth, 100 + i);
}

/* The keys are there, too, and stay when the opening is forgotten. */
static void
assert_can_talk (struct pair *p)
{
  sim_run (p->sim, 5000);
  assert_int_equal (sim_do (p->a, "SEND", "from a", "--wait=delivered", p->fpr_b, NULL), 0);
  assert_int_equal (sim_do (p->b, "SEND", "from b", "--wait=delivered", p->fpr_a, NULL), 0);
  assert_null (p->a->core->gate->first);
  assert_null (p->b->core->gate->first);
}

/* One side dies with the Nth frame of a type that WHO sends, and comes back. */
static void
crash_story (int type, int nth, bool crash_a, uint64_t seed)
{
  struct trap trap = { .type = type, .nth = nth, .answer = SIM_FRAME_DROP };
  struct sim_command *open;
  struct pair p;
  struct sim_node *victim;
  bool early;

  begin (&p, seed);
  assert_int_equal (sim_do (p.b, "EXPECT", "x", p.fpr_a, NULL), 0);
  set_trap (&p, &trap);
  open = sim_call (p.a, "OPEN", "x", p.fpr_b, NULL);
  assert_true (sim_run_until (p.sim, 10000, is_sprung, &trap));
  victim = crash_a ? p.a : p.b;
  sim_node_crash (victim, false);
  p.sim->frame = NULL;
  /* Before RECEIVED the asker's request is only in memory; an expected one is accepted in the same instant. */
  early = crash_a && type <= CF_TALK_ACCEPT;
  sim_run (p.sim, 2000);
  assert_int_equal (sim_node_start (victim), 0);
  if (early) {
    sim_run (p.sim, 60000);
    assert_int_equal (count_open (p.a) + count_open (p.b), 0);
  } else if (!sim_run_until (p.sim, 120000, both_open, &p))
    fail_msg ("frame %d (%d), %s died: a %zu open, b %zu open", type, nth, crash_a ? "asker" : "answerer",
              count_open (p.a), count_open (p.b));
  else {
    assert_same_conversation (&p);
    assert_can_talk (&p);
  }
  sim_command_free (open);
  sim_free (p.sim);
}

static void
test_crash_each_frame (void **state)
{
  (void) state;
  for (size_t i = 0; i < FRAME_COUNT; i++)
    for (int nth = 1; nth <= (gate_frames[i] >= CF_TALK_KEY ? 2 : 1); nth++) {
      crash_story (gate_frames[i], nth, true, 200 + i);
      crash_story (gate_frames[i], nth, false, 200 + i);
    }
}

static void
test_frames_twice (void **state)
{
  (void) state;
  for (size_t i = 0; i < FRAME_COUNT; i++) {
    struct trap trap = { .type = gate_frames[i], .answer = SIM_FRAME_TWICE };
    struct sim_command *open;
    struct pair p;

    begin (&p, 300 + i);
    set_trap (&p, &trap);
    open = ask (&p, "x");
    assert_ended (accept_it (&p, "x"), 10000, 0);
    assert_ended (open, 1000, 0);
    assert_true (both_open (&p));
    assert_same_conversation (&p);
    sim_free (p.sim);
  }
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
  meet (&p);
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

/* B shows the key of another conversation as that of a new one. */
static void
test_key_used_twice (void **state)
{
  struct trap trap = { .type = CF_TALK_YA, .answer = SIM_FRAME_PASS, .nth = 1 };
  struct sim_command *open, *answer;
  struct cf_fpr used;
  struct cf_buf block;
  struct cf_wr wr;
  struct pair p;
  char id[33];

  (void) state;
  begin (&p, 507);
  p.sim->gpg_make_ms = 0; /* B has his key before it is needed */
  assert_int_equal (sim_open (p.a, p.b, id), 0);
  assert_true (sim_run_until (p.sim, 10000, both_open, &p));
  sim_run (p.sim, 1000);
  used = p.b->core->conversations->first->own_key;
  open = ask (&p, "x");
  set_trap (&p, &trap);
  answer = accept_it (&p, "x");
  assert_true (sim_run_until (p.sim, 10000, is_sprung, &trap));
  cf_buf_init (&block, 256);
  cf_wr_init (&wr, &block);
  cf_wr_bytes (&wr, "KEY", 3);
  cf_wr_fpr (&wr, &used);
  cf_wr_blob16 (&wr, "conversation", 12);
  assert_int_equal (cf_wr_finish (&wr), 0);
  assert_true (cf_buf_len (&block) == p.b->core->gate->first->own_block.len);
  memcpy (p.b->core->gate->first->own_block.data, cf_buf_data (&block), cf_buf_len (&block));
  cf_buf_done (&block);
  assert_ended (open, 10000, CF_ERR_KEY_WRONG);
  assert_ended (answer, 10000, CF_ERR_REFUSED);
  assert_int_equal (count_open (p.a), 1);
  sim_run (p.sim, 1000);
  assert_can_talk (&p); /* the key is still there */
  sim_free (p.sim);
}

static void
test_key_revoked (void **state)
{
  struct pair p;

  (void) state;
  begin (&p, 504);
  sim_keys_set_state (p.a, &p.b->fpr, CF_KEY_REVOKED);
  assert_int_equal (gpg_err_code (sim_do (p.a, "OPEN", "x", p.fpr_b, NULL)), CF_ERR_KEY_REVOKED);
  assert_null (p.a->core->gate->first);
  sim_free (p.sim);
}

static void
test_pinentry_cancelled (void **state)
{
  struct sim_command *open;
  struct pair p;

  (void) state;
  begin (&p, 505);
  open = ask (&p, "x");
  sim_gpg_fail (p.b, cf_err (GPG_ERR_CANCELED));
  assert_ended (accept_it (&p, "x"), 10000, GPG_ERR_CANCELED);
  assert_ended (open, 5000, CF_ERR_REFUSED);
  assert_int_equal (count_open (p.a) + count_open (p.b), 0);
  sim_free (p.sim);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_right_password),
    cmocka_unit_test (test_wrong_password),
    cmocka_unit_test (test_refuse),
    cmocka_unit_test (test_expect),
    cmocka_unit_test (test_expect_after),
    cmocka_unit_test (test_crossing),
    cmocka_unit_test (test_not_reachable),
    cmocka_unit_test (test_client_gone),
    cmocka_unit_test (test_lapse),
    cmocka_unit_test (test_withdraw),
    cmocka_unit_test (test_cut_each_frame),
    cmocka_unit_test (test_crash_each_frame),
    cmocka_unit_test (test_frames_twice),
    cmocka_unit_test (test_abort_counts),
    cmocka_unit_test (test_three_then_silence),
    cmocka_unit_test (test_silenced_still_hears_received),
    cmocka_unit_test (test_reflected_share),
    cmocka_unit_test (test_relayed),
    cmocka_unit_test (test_bad_share),
    cmocka_unit_test (test_unknown_frames),
    cmocka_unit_test (test_flood_is_bounded),
    cmocka_unit_test (test_refused_too_late),
    cmocka_unit_test (test_key_used_twice),
    cmocka_unit_test (test_key_revoked),
    cmocka_unit_test (test_pinentry_cancelled),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
