/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_gate.c - the password gate before somebody who knows everything.
 *
 * Alice is hostile: her own gate is mute, and the input sends the gate's frames in her place, in any order and in
 * either role: with any body, or with the right one, computed from what Bob has in memory (the tag that he expects,
 * keys, statements, DONE), or with the right one altered.  Bob is honest and his user has typed passwords or not.
 * A conversation opens only if his user has, if a key came, and if tag, statement and DONE were once right.  The first
 * byte of the input says how far they have come when it begins: see scenes[].
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/gate_private.h"
#include "core/self.h"
#include "tests/fuzz/world.h"

#define STEPS_MAX 40
#define CALLS_MAX 8

/* A key that was altered may be one that she has, too: statement and DONE bind it, as it came. */
enum { RIGHT_TAG = 1, RIGHT_KEY = 2, RIGHT_STATEMENT = 4, RIGHT_DONE = 8, RIGHT_ALL = 15 };

enum { OPEN, RIGHT, ALTERED = 4, RAW, WAIT, RESTART, CUT, COMMAND }; /* steps */
/* Commands of Bob's user; and right frames: the type less CF_TALK_OPEN + 1. */
enum { ACCEPTS, EXPECTS, OPENS, REFUSES, LOOKS, CLOSES, VERIFIES = 252 };
enum { RECEIVED, ACCEPT, REFUSED, YA, YB, TA, TB, WRONG, KEY, STATEMENT, DONE, OPENED };

static struct {
  struct sim_node *alice, *bob;
  bool typed;     /* a password, by Bob's user */
  unsigned right; /* what was sent as it should be */
  struct cf_buf key;
} w;

static struct cf_request *
request (uint8_t n)
{
  struct cf_request *r = w.bob->core && w.bob->core->gate ? w.bob->core->gate->first : NULL;

  while (r && n-- % 4 && r->next)
    r = r->next;
  return r;
}

static void
send_frame (uint8_t type, const uint8_t id[CF_CONVERSATION_ID_LEN], const void *body, size_t len)
{
  uint8_t *frame = malloc (CF_TALK_HEADER_LEN + len);

  FUZZ_CHECK (frame);
  frame[0] = type;
  memcpy (frame + 1, id, CF_CONVERSATION_ID_LEN);
  if (len)
    memcpy (frame + CF_TALK_HEADER_LEN, body, len);
  fuzz_world_inject (w.alice, w.bob, frame, CF_TALK_HEADER_LEN + len);
  free (frame);
}

static void
send_open (struct fuzz_in *in)
{
  uint8_t which = fuzz_u8 (in), id[CF_CONVERSATION_ID_LEN];
  struct cf_open_body body = { .purpose = CF_PURPOSE_OPEN };
  struct cf_buf out;

  memcpy (body.conversation, fuzz_world.id, sizeof body.conversation);
  memset (id, 0x40 | (which & 15), sizeof id);
  memset (body.nonce, which >> 6, sizeof body.nonce);
  if (which & 16)
    body.purpose = fuzz_u8 (in) % 4;
  if (which & 32)
    body.note = fuzz_bytes (in, fuzz_u8 (in) % 48, &body.note_len);
  cf_buf_init (&out, 4096);
  if (!cf_open_encode (&body, &out))
    send_frame (CF_TALK_OPEN, id, cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
}

static void
on_signed (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  FUZZ_CHECK (!err && !cf_buf_add (arg, data, len));
}

/* Alice's signature of what Bob expects her to sign. */
static void
add_statement (const struct cf_request *r, struct cf_buf *out)
{
  const struct cf_fpr *asker = r->asked ? &w.bob->fpr : &w.alice->fpr, *answerer = r->asked ? &w.alice->fpr : &w.bob->fpr;
  const struct cf_fpr *asker_key = r->asked ? &r->own_key : &r->peer_claim;
  const struct cf_fpr *answerer_key = r->asked ? &r->peer_claim : &r->own_key;
  struct cf_buf bytes;

  cf_buf_init (&bytes, 512);
  if (!cf_gate_statement_bytes (r->sid, asker, answerer, asker_key, answerer_key, &bytes)
      && !cf_gpg_statement_sign (w.alice->core->gpg, &w.alice->fpr, "conversation", cf_buf_data (&bytes),
                                 cf_buf_len (&bytes), on_signed, out, NULL))
    sim_run (fuzz_world.sim, 0);
  cf_buf_done (&bytes);
}

/* DONE of a verification. */
static void
add_verified (const struct cf_request *r, struct cf_buf *out)
{
  const struct cf_conversation *c = cf_conversation_find (w.bob->core, r->conversation);
  struct cf_verified_input in = { .c = r->secret, .sid = r->sid, .conversation = r->conversation };
  uint8_t done[CF_HASH_LEN];

  if (!c || !c->secret)
    return;
  in.asker = r->asked ? w.bob->fpr : w.alice->fpr;
  in.answerer = r->asked ? w.alice->fpr : w.bob->fpr;
  in.asker_key = r->asked ? c->own_key : c->peer_key;
  in.answerer_key = r->asked ? c->peer_key : c->own_key;
  in.secret = c->secret;
  if (!cf_gate_verified (&in, !r->asked, done))
    FUZZ_CHECK (!cf_buf_add (out, done, sizeof done));
}

static void
add_done (const struct cf_request *r, struct cf_buf *out)
{
  struct cf_done_input in = { .c = r->secret, .sid = r->sid };
  uint8_t done[CF_HASH_LEN];

  if (!r->secret)
    return;
  if (memcmp (r->conversation, r->id, sizeof r->id)) {
    add_verified (r, out);
    return;
  }
  in.asker = r->asked ? w.bob->fpr : w.alice->fpr;
  in.answerer = r->asked ? w.alice->fpr : w.bob->fpr;
  in.asker_key = r->asked ? r->own_block : r->peer_block;
  in.answerer_key = r->asked ? r->peer_block : r->own_block;
  in.asker_statement = r->asked ? r->own_signature : r->peer_signature;
  in.answerer_statement = r->asked ? r->peer_signature : r->own_signature;
  if (!cf_gate_done (&in, !r->asked, done))
    FUZZ_CHECK (!cf_buf_add (out, done, sizeof done));
}

/* The body of TYPE that Bob would take now; returns what that is worth. */
static unsigned
right_body (uint8_t type, const struct cf_request *r, struct cf_buf *out)
{
  uint8_t some[CF_CPACE_SHARE_LEN];

  memset (some, type, sizeof some);
  switch (type) {
  case CF_TALK_ACCEPT:
  case CF_TALK_YA:
  case CF_TALK_YB:
    FUZZ_CHECK (!cf_buf_add (out, some, sizeof some));
    return 0;
  case CF_TALK_TA:
  case CF_TALK_TB:
    if (r->peer_tag)
      FUZZ_CHECK (!cf_buf_add (out, r->peer_tag, CF_CPACE_TAG_LEN));
    return r->peer_tag ? RIGHT_TAG : 0;
  case CF_TALK_KEY:
    FUZZ_CHECK (!cf_buf_add (out, cf_buf_data (&w.key), cf_buf_len (&w.key)));
    return RIGHT_KEY;
  case CF_TALK_STATEMENT:
    add_statement (r, out);
    return RIGHT_STATEMENT;
  case CF_TALK_DONE:
    add_done (r, out);
    return cf_buf_len (out) ? RIGHT_DONE : 0;
  default: return 0; /* no body */
  }
}

static void
send_right (struct fuzz_in *in, bool alter)
{
  uint8_t type = (uint8_t) (CF_TALK_OPEN + 1 + fuzz_u8 (in) % (CF_TALK_GATE_LAST - CF_TALK_OPEN)), at = 0, mask = 0;
  struct cf_request *r = request (alter ? at = fuzz_u8 (in) : 0);
  uint8_t id[CF_CONVERSATION_ID_LEN], *copy;
  struct cf_buf body;
  unsigned right;
  size_t len;

  if (!r)
    return;
  memcpy (id, r->id, sizeof id);
  cf_buf_init (&body, CF_GPG_BLOCK_MAX);
  right = right_body (type, r, &body);
  if (alter)
    mask = fuzz_u8 (in);
  len = cf_buf_len (&body);
  copy = fuzz_copy (cf_buf_data (&body), len);
  if (mask == 255)
    len = len ? at % len : 0;
  else if (mask && len)
    copy[at % len] ^= mask;
  w.right |= mask ? right & RIGHT_KEY : right;
  send_frame (type, id, copy, len);
  free (copy);
  cf_buf_done (&body);
}

static void
send_raw (struct fuzz_in *in)
{
  uint8_t type = fuzz_u8 (in), which = fuzz_u8 (in), id[CF_CONVERSATION_ID_LEN];
  const struct cf_request *r = request (which);
  const uint8_t *body;
  size_t len;

  body = fuzz_bytes (in, fuzz_u8 (in) % 80, &len);
  memset (id, 0x40 | (which & 15), sizeof id);
  if (r && which & 16)
    memcpy (id, r->id, sizeof id);
  send_frame (type % (CF_TALK_GATE_LAST + 2), id, body, len);
}

static void
command (struct fuzz_in *in)
{
  uint8_t what = fuzz_u8 (in);
  struct sim_command *call = NULL;
  char peer[CF_FPR_HEX_SIZE];

  cf_fpr_hex (&w.alice->fpr, peer);
  w.typed |= what % 6 < 3 || what >= 252;
  switch (what >= 252 ? 6 : what % 6) {
  case 0: call = sim_call (w.bob, "ACCEPT", "right", peer, NULL); break;
  case 1: call = sim_call (w.bob, "EXPECT", "right", peer, NULL); break;
  case 2: call = sim_call (w.bob, "OPEN", "right", "--note=hi", peer, NULL); break;
  case 3: call = sim_call (w.bob, "REFUSE", NULL, peer, NULL); break;
  case 4: call = sim_call (w.bob, "REQUESTS", NULL, NULL); break;
  case 5: call = sim_call (w.bob, "CLOSE", NULL, peer, NULL); break;
  default: call = sim_call (w.bob, "VERIFY", "right", peer, NULL); break;
  }
  sim_run (fuzz_world.sim, 5);
  fuzz_world_keep (call, CALLS_MAX);
}

static void
step (struct fuzz_in *in)
{
  uint8_t op = fuzz_u8 (in);

  switch (op % 10) {
  case OPEN: send_open (in); break;
  case RIGHT:
  case RIGHT + 1:
  case RIGHT + 2: send_right (in, false); break;
  case ALTERED: send_right (in, true); break;
  case RAW: send_raw (in); break;
  case WAIT: fuzz_world_wait (in); break;
  case RESTART:
    if (fuzz_world_restart (w.bob, op & 64))
      sim_run (fuzz_world.sim, 4000); /* the tunnel is up again */
    break;
  case CUT: sim_cut (fuzz_world.sim, w.alice, w.bob, op & 64); break;
  default: command (in); break;
  }
}

static void
check_bob (void)
{
  size_t count = 0;

  for (struct cf_request *r = w.bob->core->gate->first; r; r = r->next) {
    FUZZ_CHECK (r->state < CF_REQUEST_YA || r->state == CF_REQUEST_ASKED || r->state == CF_REQUEST_ENDED || w.typed);
    FUZZ_CHECK (r->state < CF_REQUEST_SEALING || r->state == CF_REQUEST_ENDED || w.right & RIGHT_TAG);
    count++;
  }
  FUZZ_CHECK (count <= CF_GATE_REQUESTS_MAX);
  for (struct cf_conversation *c = w.bob->core->conversations->first; c; c = c->next)
    FUZZ_CHECK (c->state == CF_CONVERSATION_REQUESTED || (w.typed && w.right == RIGHT_ALL)
                || !memcmp (c->id, fuzz_world.id, sizeof c->id));
}

/* Alice's conversation key: "KEY", as gpg_double.c has it. */
static void
make_key (void)
{
  struct cf_fpr fpr = { .version = 4, .len = 20 };
  struct cf_wr wr;

  memset (fpr.bytes, 0x77, 20);
  cf_buf_init (&w.key, 256);
  cf_wr_init (&wr, &w.key);
  cf_wr_bytes (&wr, "KEY", 3);
  cf_wr_fpr (&wr, &fpr);
  cf_wr_blob16 (&wr, "conversation", 12);
  FUZZ_CHECK (!cf_wr_finish (&wr));
}

/* ---- scenes ---- */

static const uint8_t asked[] = { OPEN, 1, COMMAND, ACCEPTS, RIGHT, YA, RIGHT, TA, RIGHT, KEY, RIGHT, STATEMENT, RIGHT, DONE,
                                 WAIT, 3, RIGHT, OPENED };
static const uint8_t asks[] = { COMMAND, OPENS, RIGHT, RECEIVED, RIGHT, ACCEPT, RIGHT, KEY, RIGHT, YB, RIGHT, TB, RIGHT, STATEMENT,
                                RIGHT, DONE, WAIT, 3 };
static const uint8_t expected[] = { COMMAND, EXPECTS, OPEN, 33, RIGHT, YA, ALTERED, TA, 5, 1, RIGHT, KEY };
static const uint8_t verified[] = { OPEN, 17, 2, COMMAND, VERIFIES, RIGHT, YA, RIGHT, TA, RIGHT, DONE, WAIT, 3, RIGHT, OPENED };
static const uint8_t verifies[] = { COMMAND, VERIFIES, RIGHT, RECEIVED, RIGHT, ACCEPT, RIGHT, YB, RIGHT, TB, RESTART, RIGHT,
                                    DONE, WAIT, 3 };

static const struct fuzz_scene scenes[] = {
  { false, NULL, 0 },    { true, NULL, 0 },     { false, asked, 4 },   { false, asked, 8 },
  { false, asked, 12 },  { false, asked, 16 },  { false, asks, 2 },    { false, asks, 6 },
  { false, asks, 10 },   { false, asks, 14 },   { true, verified, 5 }, { true, verified, 9 },
  { true, verifies, 6 }, { true, verifies, 10 }
};

static void
set (int scene)
{
  (void) scene;
  w.alice = fuzz_world.nodes[0];
  w.bob = fuzz_world.nodes[1];
  fuzz_world.mute = w.alice;
  make_key ();
}

static void
end (void)
{
  cf_buf_done (&w.key);
}

static const struct fuzz_story story = {
  .scenes = scenes,
  .scene_count = sizeof scenes / sizeof *scenes,
  .set = set,
  .step = step,
  .check = check_bob,
  .steps_max = STEPS_MAX,
  .end = end,
  .vars = &w,
  .vars_len = sizeof w,
};

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  fuzz_world_run (&story, data, len);
  return 0;
}

/* STEPS from their beginning. */
static void
emit_whole (fuzz_emit *emit, const char *name, bool open, const uint8_t *steps, size_t len)
{
  uint8_t *input = malloc (len + 1);

  FUZZ_CHECK (input);
  input[0] = open;
  memcpy (input + 1, steps, len);
  fuzz_emit_slow (emit, name, input, len + 1, WAIT);
  free (input);
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const uint8_t broken[] = { OPEN, 1, COMMAND, ACCEPTS, RIGHT, YA, RESTART, RIGHT, RIGHT, TA, CUT + 60, CUT, RIGHT, KEY,
                                    WAIT, 3, RIGHT, STATEMENT, RESTART, RIGHT, DONE };
  static const uint8_t notes[] = { OPEN, 32, 5, 'h', 0x1b, 0xff, 'i', '\n', COMMAND, LOOKS, COMMAND, REFUSES, OPEN, 48, 2, 0,
                                   RAW, 3, 16, 4, 1, 2, 3, 4 };
  static const uint8_t altered[] = { OPEN, 1, COMMAND, ACCEPTS, ALTERED, YA, 0, 255, OPEN, 2, COMMAND, ACCEPTS, RIGHT, YA, RIGHT, TA,
                                     RIGHT, KEY, ALTERED, STATEMENT, 3, 9, WAIT, 254 };

  emit_whole (emit, "verified", true, verified, sizeof verified);
  emit_whole (emit, "verifies", true, verifies, sizeof verifies);
  emit_whole (emit, "asked", false, asked, sizeof asked);
  emit_whole (emit, "asks", false, asks, sizeof asks);
  emit_whole (emit, "expected", false, expected, sizeof expected);
  emit_whole (emit, "broken", false, broken, sizeof broken);
  emit_whole (emit, "notes", false, notes, sizeof notes);
  emit_whole (emit, "altered", false, altered, sizeof altered);
}
