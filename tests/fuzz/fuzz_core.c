/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_core.c - two whole messengers in the simulator; the input is what a tied peer sends, and what befalls both.
 *
 * Frames, raw or real ones altered, repeated and reflected, are put into the tunnel as the peer's own; the path is
 * cut, nodes are killed, clocks jump, users command.  After every step: a conversation is open only if both users
 * have used one password, its two ends agree, queues are bounded, and what a user said arrives once and in order.  The
 * first byte of the input says what they have done when it begins: see scenes[].
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/gate_private.h"
#include "core/inbox.h"
#include "tests/fuzz/world.h"

#define STEPS_MAX 48
#define CHANGES 176 /* from here on, commands are those of change () */

enum { B = 132, RAW = 0, COPY = 2, CUT = 5, RESTART, WAIT, CLOCK, VERDICT, COMMAND }; /* B: hers; a multiple of 12 */

static struct {
  unsigned passwords[2];           /* bits of those that the users have typed */
  unsigned said[2];                /* numbers are the texts */
  size_t events_seen[2];
  unsigned heard[2];               /* the last number that a node has shown */
} w;

/* An id that means something: of a recent frame. */
static void
inject_raw (struct sim_node *from, struct sim_node *to, struct fuzz_in *in)
{
  uint8_t type = fuzz_u8 (in), id = fuzz_u8 (in), *frame;
  const uint8_t *body;
  size_t len;

  body = fuzz_bytes (in, fuzz_u8 (in) % 80, &len);
  frame = calloc (1, CF_TALK_HEADER_LEN + len);
  FUZZ_CHECK (frame);
  frame[0] = type % (CF_TALK_LAST + 2);
  if (fuzz_world_frames () && id < 128)
    memcpy (frame + 1, fuzz_world.frames[id % fuzz_world_frames ()].data + 1, CF_CONVERSATION_ID_LEN);
  else
    frame[1] = id;
  if (len)
    memcpy (frame + CF_TALK_HEADER_LEN, body, len);
  fuzz_world_inject (from, to, frame, CF_TALK_HEADER_LEN + len);
  free (frame);
}

/* A real frame of either side: altered, cut short, or as it was. */
static void
inject_copy (struct sim_node *from, struct sim_node *to, struct fuzz_in *in)
{
  uint8_t which = fuzz_u8 (in), how = fuzz_u8 (in), at = fuzz_u8 (in), mask = fuzz_u8 (in), *copy;
  size_t count = fuzz_world_frames (), len, pos;

  if (!count)
    return;
  len = fuzz_world.frames[which % count].len;
  copy = fuzz_copy (fuzz_world.frames[which % count].data, len);
  pos = how & 1 ? at % len : len - 1 - at % len;
  if (how & 2)
    copy[pos] ^= mask;
  if (how & 4)
    len = pos;
  fuzz_world_inject (from, to, copy, len);
  free (copy);
}

static void
keep (struct sim_command *call)
{
  fuzz_world_keep (call, FUZZ_CALLS_MAX);
}

/* The id of the last message that NODE was told of. */
static const char *
last_message (const struct sim_node *node)
{
  for (size_t n = json_array_size (node->events); n--;) {
    const json_t *e = json_array_get (node->events, n);
    const char *kind = json_string_value (json_object_get (e, "event"));

    if (kind && !strcmp (kind, "message"))
      return json_string_value (json_object_get (e, "message"));
  }
  return "00112233445566778899aabbccddeeff";
}

/* NODE is given the address that OTHER gives away. */
static void
add_by_address (struct sim_node *node, struct sim_node *other)
{
  struct sim_command *call;
  const char *address;

  if (!other->core)
    return;
  call = sim_call (other, "ADDRESS", NULL, NULL);
  sim_wait (call, 10);
  address = sim_text (call, 0, "address");
  if (address)
    keep (sim_call (node, "ADD", NULL, address, NULL));
  sim_command_free (call);
}

/* What changes messages, and marks of conversations and people. */
static void
change (int i, uint8_t what, const char *peer)
{
  static const char *const times[] = { "1s", "1h", "off", "1d" };
  struct sim_node *node = fuzz_world.nodes[i];
  const char *id = last_message (node);
  uint8_t how = what / 10 % 4;

  switch (what % 10) {
  case 0: keep (sim_call (node, "EDIT", "7", peer, id, NULL)); break;
  case 1: keep (sim_call (node, "DELETE-MESSAGE", NULL, peer, id, how & 1 ? "--here" : NULL, NULL)); break;
  case 2: keep (sim_call (node, "REACT", NULL, peer, id, how & 1 ? "+" : NULL, NULL)); break;
  case 3: keep (sim_call (node, "TIMER", NULL, peer, times[how], NULL)); break;
  case 4: keep (sim_call (node, how & 1 ? "PIN" : how & 2 ? "UNPIN" : "UNREAD", NULL, peer, NULL)); break;
  case 5: keep (sim_call (node, "MUTE", NULL, peer, how & 1 ? "--for=1h" : NULL, NULL)); break;
  case 6: keep (sim_call (node, "DRAFT", how & 1 ? "later" : "", peer, NULL)); break;
  case 7: keep (sim_call (node, "MESSAGE", NULL, peer, id, NULL)); break;
  case 8: keep (sim_call (node, "CERTIFY", NULL, peer, how & 1 ? "--unverified" : NULL, NULL)); break;
  default:
    if (how & 1)
      keep (sim_call (node, "ADDRESS", NULL, how & 2 ? "--renew" : NULL, NULL));
    else
      add_by_address (node, fuzz_world.nodes[!i]);
    break;
  }
}

static void
command (int i, struct fuzz_in *in)
{
  static const char *const passwords[] = { "right", "wrong" };
  struct sim_node *node = fuzz_world.nodes[i];
  uint8_t what = fuzz_u8 (in);
  const char *password = passwords[what >> 7];
  char peer[CF_FPR_HEX_SIZE], text[16];

  cf_fpr_hex (&fuzz_world.nodes[!i]->fpr, peer);
  switch (what >= CHANGES ? 20 : what % 20) {
  case 20: change (i, what - CHANGES, peer); break;
  case 0: w.passwords[i] |= 1u << (what >> 7); keep (sim_call (node, "OPEN", password, "--note=hi", peer, NULL)); break;
  case 1: w.passwords[i] |= 1u << (what >> 7); keep (sim_call (node, "ACCEPT", password, peer, NULL)); break;
  case 2: w.passwords[i] |= 1u << (what >> 7); keep (sim_call (node, "EXPECT", password, peer, NULL)); break;
  case 3: keep (sim_call (node, "REFUSE", NULL, peer, NULL)); break;
  case 4:
  case 5:
    snprintf (text, sizeof text, "%u", ++w.said[i]);
    keep (sim_call (node, "SEND", text, what & 64 ? "--wait=read" : "--wait=queued", peer, NULL));
    break;
  case 6: keep (sim_call (node, "READ", NULL, peer, NULL)); break;
  case 7: keep (sim_call (node, "TYPING", NULL, peer, NULL)); break;
  case 8: keep (sim_call (node, "CLOSE", NULL, peer, NULL)); break;
  case 9: keep (sim_call (node, "DELETE", NULL, peer, NULL)); break;
  case 10: keep (sim_call (node, "VERIFY", password, peer, NULL)); break;
  case 11: keep (sim_call (node, "BLOCK", NULL, peer, NULL)); break;
  case 12: keep (sim_call (node, "UNBLOCK", NULL, peer, NULL)); break;
  case 13: keep (sim_call (node, "REMOVE", NULL, peer, NULL)); break;
  case 14: keep (sim_call (node, "VISIBILITY", NULL, what & 32 ? "contacts" : what & 64 ? "nobody" : "everyone", NULL)); break;
  case 15: keep (sim_call (node, "SEND", "", "--lines", peer, NULL)); break;
  case 16: keep (sim_call (node, "EXPORT", NULL, peer, NULL)); break;
  case 17: keep (sim_call (node, "CONTACTS", NULL, NULL)); break;
  case 18: keep (sim_call (node, "STATUS", NULL, NULL)); break;
  default: keep (sim_call (node, "HISTORY", NULL, peer, NULL)); break;
  }
  sim_run (fuzz_world.sim, 5);
}

static void
step (struct fuzz_in *in)
{
  uint8_t op = fuzz_u8 (in);
  int i = op >> 7;
  struct sim_node *node = fuzz_world.nodes[i], *other = fuzz_world.nodes[!i];

  switch (op % 12) {
  case RAW:
  case RAW + 1: inject_raw (node, other, in); break;
  case COPY:
  case COPY + 1:
  case COPY + 2: inject_copy (node, other, in); break;
  case CUT: sim_cut (fuzz_world.sim, node, other, op & 64); break;
  case RESTART: fuzz_world_restart (node, op & 64); break;
  case WAIT: fuzz_world_wait (in); break;
  case CLOCK: node->skew_ms += (int64_t) (int8_t) fuzz_u8 (in) * 600000; break;
  case VERDICT: fuzz_world.verdict = fuzz_u8 (in) % 3; break; /* pass, drop, twice */
  default: command (i, in); break;
  }
}

/* What a user has said comes once, and in order. */
static void
check_events (int i)
{
  struct sim_node *node = fuzz_world.nodes[i];

  for (; w.events_seen[i] < json_array_size (node->events); w.events_seen[i]++) {
    json_t *e = json_array_get (node->events, w.events_seen[i]);
    const char *kind = json_string_value (json_object_get (e, "event"));
    const char *direction = json_string_value (json_object_get (e, "direction"));
    const char *signature = json_string_value (json_object_get (e, "signature"));
    const char *text = json_string_value (json_object_get (e, "text"));
    unsigned number;

    if (!kind || strcmp (kind, "message") || !direction || strcmp (direction, "in"))
      continue;
    if (json_is_true (json_object_get (e, "notice"))) /* of a key: nobody said it */
      continue;
    if (strcmp (json_string_value (json_object_get (e, "kind")), "text") != 0) /* of a timer */
      continue;
    FUZZ_CHECK (text && signature);
    if (strcmp (signature, "valid")) {
      FUZZ_CHECK (!*text);
      continue;
    }
    number = (unsigned) strtoul (text, NULL, 10);
    FUZZ_CHECK (number > w.heard[i] && number <= w.said[!i]);
    w.heard[i] = number;
  }
}

static void
check_conversations (int i)
{
  struct cf_core *core = fuzz_world.nodes[i]->core, *other = fuzz_world.nodes[!i]->core;
  size_t requests = 0;

  for (struct cf_request *r = core->gate->first; r; r = r->next)
    requests++;
  FUZZ_CHECK (requests <= CF_GATE_REQUESTS_MAX);
  for (struct cf_conversation *c = core->conversations->first; c; c = c->next) {
    struct cf_conversation *there = cf_conversation_find (other, c->id);

    if (c->inbox)
      FUZZ_CHECK (c->inbox->count <= CF_INBOX_ENVELOPES_MAX && c->inbox->bytes <= CF_INBOX_BYTES_MAX);
    if (c->state == CF_CONVERSATION_REQUESTED)
      continue;
    FUZZ_CHECK (w.passwords[0] & w.passwords[1]);
    FUZZ_CHECK (c->secret && cf_fpr_equal (&c->peer, &fuzz_world.nodes[!i]->fpr));
    if (there && there->state != CF_CONVERSATION_REQUESTED) {
      FUZZ_CHECK (!memcmp (c->secret, there->secret, CF_HASH_LEN) && c->asked != there->asked);
      FUZZ_CHECK (cf_fpr_equal (&c->own_key, &there->peer_key) && cf_fpr_equal (&c->peer_key, &there->own_key));
      FUZZ_CHECK (c->received_sequence <= there->sent_sequence && c->acked_sequence <= c->sent_sequence);
    }
  }
}

/* ---- scenes ---- */

static const uint8_t asking[] = { COMMAND, 0, WAIT, 6 };
static const uint8_t agreed[] = { COMMAND, 0, WAIT, 6, B + COMMAND, 1, WAIT, 1 };
static const uint8_t wrongly[] = { COMMAND, 0, WAIT, 6, B + COMMAND, 133, WAIT, 1 };
static const uint8_t written[] = { COMMAND, 4, WAIT, 4, B + COMMAND, 4, WAIT, 4 };
static const uint8_t apart[] = { CUT + 72, COMMAND, 4, B + COMMAND, 4 };
static const uint8_t verifying[] = { COMMAND, 10, WAIT, 4, B + COMMAND, 10 };
static const uint8_t changed[] = { COMMAND, 4, WAIT, 4, COMMAND, CHANGES, B + COMMAND, CHANGES + 12, COMMAND, CHANGES + 3, WAIT, 4 };
static const uint8_t closing[] = { COMMAND, 4, WAIT, 4, COMMAND, 8 };
static const uint8_t blocked[] = { COMMAND, 4, WAIT, 4, COMMAND, 11 };

static const struct fuzz_scene scenes[] = { { false, NULL, 0 },
                                            { true, NULL, 0 },
                                            { false, asking, sizeof asking },
                                            { false, agreed, sizeof agreed },
                                            { false, wrongly, sizeof wrongly },
                                            { true, written, sizeof written },
                                            { true, apart, sizeof apart },
                                            { true, verifying, sizeof verifying },
                                            { true, changed, sizeof changed },
                                            { true, closing, sizeof closing },
                                            { true, blocked, sizeof blocked } };

static void
check (void)
{
  for (int i = 0; i < 2; i++) {
    check_conversations (i);
    check_events (i);
  }
}

static void
set (int scene)
{
  if (scenes[scene].open)
    w.passwords[0] = w.passwords[1] = 4;
}

static const struct fuzz_story story = {
  .scenes = scenes,
  .scene_count = sizeof scenes / sizeof *scenes,
  .set = set,
  .step = step,
  .check = check,
  .steps_max = STEPS_MAX,
  .vars = &w,
  .vars_len = sizeof w,
};

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  fuzz_world_run (&story, data, len);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const uint8_t opening[] = { 0, COMMAND, 0, WAIT, 246, B + COMMAND, 1, WAIT, 248, COMMAND, 4, COMMAND, 4, WAIT, 248,
                                     B + COMMAND, 4, B + COMMAND, 6, WAIT, 250, COMMAND, 8, WAIT, 250 };
  static const uint8_t wrong[] = { 0, COMMAND, 0, WAIT, 246, B + COMMAND, 133, WAIT, 248, 2, 3, 2, 5, 1, B + 2, 4, 3, 9, 255 };
  static const uint8_t altered[] = { 1, COMMAND, 4, WAIT, 246, 2, 200, 2, 7, 1, 3, 255, 3, 9, 1, 4, 12, 6, 40, 0, WAIT, 248 };
  static const uint8_t raw[] = { 1, 0, 33, 0, 40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 1, 200, 35, 1, 0, 0, 34, 3, 8, 0, 0, 0, 0,
                                 0, 0, 0, 1 };
  static const uint8_t trouble[] = { 1, COMMAND, 4, 9, 1, COMMAND, 4, 6, B + 6, 5 + 72, COMMAND, 4, WAIT, 252, 5, WAIT, 253,
                                     8, 100, WAIT, 253, B + COMMAND, 8, WAIT, 250, COMMAND, 9, WAIT, 250 };
  static const uint8_t people[] = { 1, COMMAND, 10, WAIT, 4, B + COMMAND, 10, WAIT, 248, COMMAND, 11, COMMAND, 4, WAIT, 246, COMMAND,
                                    12, WAIT, 246, COMMAND, 34, WAIT, 253, COMMAND, 16, COMMAND, 17, COMMAND, 18, COMMAND, 13,
                                    COMMAND, 74, WAIT, 250 };
  /* A message, then an edit, a reaction, a timer, a deletion; a draft, marks, an address of the other's. */
  static const uint8_t changes[] = { 1, COMMAND, 4, WAIT, 246, COMMAND, CHANGES, WAIT, 246, B + COMMAND, CHANGES + 12, WAIT, 246, COMMAND,
                                     CHANGES + 3, COMMAND, 4, WAIT, 251, COMMAND, CHANGES + 1, B + COMMAND, CHANGES + 11, WAIT, 246 };
  static const uint8_t marks[] = { 1, COMMAND, 4, WAIT, 6, COMMAND, CHANGES + 14, COMMAND, CHANGES + 15, COMMAND, CHANGES + 16,
                                   COMMAND, CHANGES + 4, COMMAND, CHANGES + 7, COMMAND, CHANGES + 18, COMMAND, 17, 6, WAIT, 250 };
  static const uint8_t address[] = { 0, B + COMMAND, CHANGES + 19, COMMAND, CHANGES + 9, WAIT, 250, B + COMMAND, CHANGES + 39,
                                     COMMAND, CHANGES + 9, WAIT, 250 };

  fuzz_emit_slow (emit, "changes", changes, sizeof changes, WAIT);
  fuzz_emit_slow (emit, "marks", marks, sizeof marks, WAIT);
  fuzz_emit_slow (emit, "address", address, sizeof address, WAIT);
  fuzz_emit_slow (emit, "people", people, sizeof people, WAIT);
  fuzz_emit_slow (emit, "opening", opening, sizeof opening, WAIT);
  fuzz_emit_slow (emit, "wrong", wrong, sizeof wrong, WAIT);
  fuzz_emit_slow (emit, "altered", altered, sizeof altered, WAIT);
  fuzz_emit_slow (emit, "raw", raw, sizeof raw, WAIT);
  fuzz_emit_slow (emit, "trouble", trouble, sizeof trouble, WAIT);
}
