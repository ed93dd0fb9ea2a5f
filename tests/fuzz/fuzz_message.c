/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_message.c - an open conversation with somebody who signs whatever the input says.
 *
 * Alice is hostile and has the keys: entries with any values and any bytes are sealed as hers, so that both OpenPGP
 * rules hold and the rest has to.  Bob is honest; his user writes, reads, closes and deletes, his daemon dies.
 * Whatever comes, he shows messages in sequence, bad ones without text, and holds what is bounded.  The first byte of the
 * input says what has been written before: see scenes[].
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/entry.h"
#include "core/inbox.h"
#include "core/message.h"
#include "tests/fuzz/world.h"

#define STEPS_MAX 32
#define CALLS_MAX 8

static struct {
  struct sim_node *alice, *bob;
  size_t events_seen;
  uint64_t received, sequence_next;
  uint8_t sent_hash[CF_HASH_LEN]; /* of the last entry that could be right */
  uint8_t salt;                   /* of message ids */
} w;

static struct cf_conversation *
bobs (void)
{
  return w.bob->core && w.bob->core->conversations ? cf_conversation_find (w.bob->core, fuzz_world.id) : NULL;
}

static void
send_frame (enum cf_talk type, const void *body, size_t len)
{
  uint8_t *frame = malloc (CF_TALK_HEADER_LEN + len);

  FUZZ_CHECK (frame);
  frame[0] = (uint8_t) type;
  memcpy (frame + 1, fuzz_world.id, CF_CONVERSATION_ID_LEN);
  if (len)
    memcpy (frame + CF_TALK_HEADER_LEN, body, len);
  fuzz_world_inject (w.alice, w.bob, frame, CF_TALK_HEADER_LEN + len);
  free (frame);
}

static void
on_sealed (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct cf_buf *body = arg;

  FUZZ_CHECK (!err && !cf_buf_add (body, data, len));
}

/* Seal PLAIN as Alice would, and send it as envelope NUMBER. */
static void
send_sealed (const void *plain, size_t len, uint64_t number)
{
  struct cf_conversation *own = cf_conversation_find (w.alice->core, fuzz_world.id);
  struct cf_fpr recipients[2];
  struct cf_gpg_envelope_keys keys;
  struct cf_buf body;
  struct cf_wr wr;

  if (!own || cf_fpr_is_none (&own->own_key))
    return;
  recipients[0] = own->peer_key;
  recipients[1] = own->own_key;
  keys = (struct cf_gpg_envelope_keys){ &own->own_key, own->passphrase, &own->own_key, recipients, 2 };
  cf_buf_init (&body, CF_GPG_ENVELOPE_MAX + 8);
  cf_wr_init (&wr, &body);
  cf_wr_u64 (&wr, number);
  FUZZ_CHECK (!cf_wr_finish (&wr));
  if (!cf_gpg_envelope_seal (w.alice->core->gpg, &keys, plain, len, on_sealed, &body, NULL)) {
    sim_run (fuzz_world.sim, 0);
    if (cf_buf_len (&body) > 8)
      send_frame (CF_TALK_ENVELOPE, cf_buf_data (&body), cf_buf_len (&body));
  }
  cf_buf_done (&body);
}

static const enum cf_entry_kind kinds[] = { CF_ENTRY_TEXT, CF_ENTRY_CLOSE, CF_ENTRY_OTHER, CF_ENTRY_TEXT };
static const enum cf_entry_kind changes[] = { CF_ENTRY_EDIT, CF_ENTRY_DELETE, CF_ENTRY_REACTION, CF_ENTRY_TIMER,
                                              CF_ENTRY_TEXT };

/* An entry that would be right but for what HOW says; appended to PLAIN. */
static void
add_entry (struct fuzz_in *in, struct cf_buf *plain, uint64_t *r_number)
{
  struct cf_conversation *own = cf_conversation_find (w.alice->core, fuzz_world.id);
  uint8_t how = fuzz_u8 (in), what = fuzz_u8 (in);
  size_t before = cf_buf_len (plain), len;
  struct cf_entry e;

  memset (&e, 0, sizeof e);
  memset (e.message_id, how & 1 ? what : ++w.salt, sizeof e.message_id);
  memcpy (e.conversation, fuzz_world.id, sizeof e.conversation);
  e.to[0] = own ? own->peer_key : w.bob->fpr;
  e.to[1] = own ? own->own_key : w.alice->fpr;
  e.sequence = w.sequence_next;
  e.date_utc_ms = 1790000000000 + (how & 2 ? (int64_t) what << 40 : 0);
  if (e.sequence > 1)
    memcpy (e.previous, w.sent_hash, sizeof e.previous);
  e.is_reply = how & 4;
  memset (e.in_reply_to, what, sizeof e.in_reply_to);
  if (how & 8) { /* one thing is wrong */
    uint8_t by = fuzz_u8 (in);

    switch (what % 7) {
    case 0: e.sequence += (uint64_t) (int64_t) (int8_t) by; break;
    case 1: e.previous[by % sizeof e.previous] ^= 1; break;
    case 2: e.conversation[by % sizeof e.conversation] ^= 1; break;
    case 3: e.to[by & 1].bytes[by >> 4] ^= 1; break;
    case 4: e.sequence = CF_SEQUENCE_MAX - by; break;
    case 5: e.to[by & 1] = e.to[!(by & 1)]; break;
    default: e.date_utc_ms = INT64_MIN + by; break;
    }
  }
  e.kind = kinds[how >> 4 & 3];
  if ((how >> 4 & 3) == 3) { /* about one of her own before it, perhaps */
    uint8_t by = fuzz_u8 (in);

    e.kind = changes[by % (sizeof changes / sizeof *changes)];
    e.is_reply = cf_entry_changes (e.kind);
    memset (e.in_reply_to, by >> 4, sizeof e.in_reply_to);
    e.lifetime_s = cf_entry_is_shown (e.kind) ? by : 0;
  }
  strcpy (e.kind_name, "file-offer");
  if (e.kind == CF_ENTRY_CLOSE || e.kind == CF_ENTRY_TIMER) {
    e.is_reply = false;
    e.last_own = e.sequence - 1;
    e.last_peer = e.kind == CF_ENTRY_CLOSE ? what : what % 4;
  } else if (e.kind != CF_ENTRY_DELETE)
    e.body = (const char *) fuzz_bytes (in, how >> 6 == 3 ? in->left : fuzz_u8 (in) % 32, &len), e.body_len = len;
  if (cf_entry_build (&e, plain))
    return;
  *r_number = e.sequence;
  if (how & 8)
    return;
  cf_entry_hash ((const uint8_t *) cf_buf_data (plain) + before, cf_buf_len (plain) - before, w.sent_hash);
  w.sequence_next++;
}

static void
send_entries (struct fuzz_in *in)
{
  uint8_t count = fuzz_u8 (in);
  uint64_t number = 0;
  struct cf_buf plain;

  cf_buf_init (&plain, CF_ENVELOPE_PLAIN_MAX);
  for (int i = 0; i <= (count & 7); i++)
    add_entry (in, &plain, &number);
  if (!(count & 8))
    (void) !cf_envelope_pad (&plain);
  if (count & 16)
    number += fuzz_u8 (in);
  if (cf_buf_len (&plain))
    send_sealed (cf_buf_data (&plain), cf_buf_len (&plain), number);
  cf_buf_done (&plain);
}

static void
send_any_plain (struct fuzz_in *in)
{
  uint64_t number = fuzz_u8 (in);
  size_t want = fuzz_u8 (in), len;
  const uint8_t *data = fuzz_bytes (in, want, &len);
  struct cf_buf plain;

  cf_buf_init (&plain, CF_ENVELOPE_PLAIN_MAX);
  FUZZ_CHECK (!cf_buf_add (&plain, data, len));
  if (want & 1)
    (void) !cf_envelope_pad (&plain);
  send_sealed (cf_buf_data (&plain), cf_buf_len (&plain), number);
  cf_buf_done (&plain);
}

/* Bob changes the last message that he was told of. */
static struct sim_command *
change (uint8_t what, const char *peer)
{
  const char *id = NULL;

  for (size_t i = json_array_size (w.bob->events); i-- && !id;)
    if (!strcmp (json_string_value (json_object_get (json_array_get (w.bob->events, i), "event")), "message"))
      id = json_string_value (json_object_get (json_array_get (w.bob->events, i), "message"));
  if (!id)
    id = "00112233445566778899aabbccddeeff";
  switch (what % 5) {
  case 0: return sim_call (w.bob, "EDIT", "hello again", peer, id, NULL);
  case 1: return sim_call (w.bob, "DELETE-MESSAGE", NULL, peer, id, NULL);
  case 2: return sim_call (w.bob, "DELETE-MESSAGE", NULL, "--here", peer, id, NULL);
  case 3: return sim_call (w.bob, "REACT", NULL, peer, id, "+", NULL);
  default: return sim_call (w.bob, "TIMER", NULL, peer, "1s", NULL);
  }
}

static void
command (struct fuzz_in *in)
{
  uint8_t what = fuzz_u8 (in);
  struct sim_command *call = NULL;
  char peer[CF_FPR_HEX_SIZE];

  if (!w.bob->core)
    return;
  cf_fpr_hex (&w.alice->fpr, peer);
  switch (what >= 243 ? 9 : what % 9) {
  case 9: call = change (what, peer); break;
  case 0:
  case 1: call = sim_call (w.bob, "SEND", "hello", what & 64 ? "--wait=read" : "--wait=queued", peer, NULL); break;
  case 2: call = sim_call (w.bob, "READ", NULL, peer, NULL); break;
  case 3: call = sim_call (w.bob, "HISTORY", NULL, "--limit=100", peer, NULL); break;
  case 4: call = sim_call (w.bob, "HISTORY", NULL, "--search=hello", peer, NULL); break;
  case 5: call = sim_call (w.bob, "EXPORT", NULL, peer, NULL); break;
  case 6: call = sim_call (w.bob, "CLOSE", NULL, peer, NULL); break;
  case 7: call = sim_call (w.bob, "CONVERSATIONS", NULL, NULL); break;
  default: call = sim_call (w.bob, "DELETE", NULL, peer, NULL); break;
  }
  sim_run (fuzz_world.sim, 3);
  if (what < 243 && what % 9 >= 3 && what % 9 <= 5 && call->finished && call->err)
    FUZZ_CHECK (gpg_err_code (call->err) == GPG_ERR_NOT_FOUND);
  fuzz_world_keep (call, CALLS_MAX);
}

static void
step (struct fuzz_in *in)
{
  static const enum cf_talk types[] = { CF_TALK_ENVELOPE, CF_TALK_ACK, CF_TALK_NEED, CF_TALK_READ, CF_TALK_TYPING,
                                        CF_TALK_REFUSED, CF_TALK_DONE, CF_TALK_OPENED };
  uint8_t op = fuzz_u8 (in), type, number[16] = { 0 };
  const uint8_t *body;
  size_t len;

  switch (op % 8) {
  case 0:
  case 1: send_entries (in); break;
  case 2: send_any_plain (in); break;
  case 3: /* frames with a number */
    type = fuzz_u8 (in) % (sizeof types / sizeof *types);
    number[7] = fuzz_u8 (in);
    send_frame (types[type], number, op & 64 ? 8 : op >> 4);
    break;
  case 4:
    type = fuzz_u8 (in) % (sizeof types / sizeof *types);
    body = fuzz_bytes (in, fuzz_u8 (in) % 96, &len);
    send_frame (types[type], body, len);
    break;
  case 5: fuzz_world_wait (in); break;
  case 6:
    if (fuzz_world_restart (w.bob, op & 64) && op & 32)
      sim_run (fuzz_world.sim, 4000); /* the tunnel is up again */
    break;
  default: command (in); break;
  }
}

static void
check_bob (void)
{
  struct cf_conversation *c = bobs ();

  if (c && c->state != CF_CONVERSATION_REQUESTED) {
    FUZZ_CHECK (c->received_sequence >= w.received && c->acked_sequence <= c->sent_sequence);
    FUZZ_CHECK (c->peer_read_sequence <= c->sent_sequence && c->read_sequence <= c->received_sequence);
    w.received = c->received_sequence;
    if (c->inbox)
      FUZZ_CHECK (c->inbox->count <= CF_INBOX_ENVELOPES_MAX && c->inbox->bytes <= CF_INBOX_BYTES_MAX);
  }
  for (; w.events_seen < json_array_size (w.bob->events); w.events_seen++) {
    json_t *e = json_array_get (w.bob->events, w.events_seen);
    const char *kind = json_string_value (json_object_get (e, "event"));
    const char *signature = json_string_value (json_object_get (e, "signature"));
    const char *text = json_string_value (json_object_get (e, "text"));

    if (!kind || (strcmp (kind, "message") && strcmp (kind, "message_changed")) || !signature)
      continue;
    FUZZ_CHECK (!json_is_true (json_object_get (e, "deleted")) || !*text);
    FUZZ_CHECK (text && cf_text_is_utf8 (text, strlen (text)));
    FUZZ_CHECK (!strcmp (signature, "valid") || !*text);
  }
}

/* ---- scenes: who has written what ---- */

static const uint8_t hers[] = { 0, 1, 0, 1, 5, 'h', 'e', 'l', 'l', 'o', 4, 1, 2, 'y', 'o' };
static const uint8_t read_hers[] = { 0, 0, 0, 1, 5, 'h', 'e', 'l', 'l', 'o', 7, 2, 5, 6 };
static const uint8_t his[] = { 7, 0, 7, 1, 5, 4, 67, 1, 1 };
static const uint8_t both[] = { 7, 0, 0, 0, 0, 1, 1, 'a', 67, 1, 1, 7, 2, 67, 3, 1 };
static const uint8_t changed[] = { 0, 3, 0, 1, 5, 'h', 'e', 'l', 'l', 'o', 48, 2, 0x10, 3, 'y', 'o', 'u', 48, 3, 0x12, 1, '+', 48, 0,
                                   0x03 };
static const uint8_t gaps[] = { 0, 16, 0, 1, 1, 'a', 1, 0, 16, 0, 1, 1, 'b', 3 };
static const uint8_t closing[] = { 0, 0, 0, 1, 1, 'a', 7, 6 };
static const uint8_t restarted[] = { 0, 0, 0, 1, 1, 'a', 7, 0, 102 };

static const struct fuzz_scene scenes[] = {
  { true, NULL, 0 },           { true, hers, sizeof hers },       { true, read_hers, sizeof read_hers },
  { true, his, sizeof his },   { true, both, sizeof both },       { true, changed, sizeof changed },
  { true, gaps, sizeof gaps }, { true, closing, sizeof closing }, { true, restarted, sizeof restarted }
};

static void
set (int scene)
{
  (void) scene;
  w.alice = fuzz_world.nodes[0];
  w.bob = fuzz_world.nodes[1];
  w.sequence_next = 1;
  w.events_seen = json_array_size (w.bob->events);
}

static const struct fuzz_story story = {
  .scenes = scenes,
  .scene_count = sizeof scenes / sizeof *scenes,
  .set = set,
  .step = step,
  .check = check_bob,
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
  /* The scene; then entries: 0, how many less one, and for each: how, what, length of the text, the text. */
  static const uint8_t two[] = { 0, 0, 1, 0, 1, 5, 'h', 'e', 'l', 'l', 'o', 4, 1, 2, 'y', 'o', 7, 3, 7, 2, 0, 0, 16, 0, 0 };
  static const uint8_t some[] = { 0, 0, 0, 32, 1, 3, 'a', 'b', 'c', 7, 3, 0, 0, 16, 0, 5, 248 };
  static const uint8_t wrong[] = { 0, 0, 0, 0, 1, 1, 'a', 0, 0, 8, 0, 4, 1, 'b', 0, 0, 8, 1, 1, 1, 'c', 0, 0, 8, 2, 1, 1, 'd',
                                   0, 0, 8, 3, 1, 1, 'e', 0, 0, 8, 0, 255, 1, 'f', 0, 8, 0, 0, 1, 'g', 7, 3, 7, 4 };
  static const uint8_t numbers[] = { 0, 7, 0, 7, 1, 67, 1, 1, 67, 2, 1, 67, 3, 2, 67, 3, 0, 19, 4, 1, 3, 4, 0, 5, 251, 7, 3 };
  static const uint8_t plain[] = { 0, 2, 1, 15, 'M', 'e', 's', 's', 'a', 'g', 'e', '-', 'I', 'D', ':', ' ', '0', '0', '0',
                                   4, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 7, 6, 5, 250, 38 };
  static const uint8_t ends[] = { 0, 0, 0, 0, 1, 1, 'a', 7, 0, 102, 0, 0, 0, 1, 1, 'b', 7, 6, 5, 250, 7, 8, 5, 252 };

  /* A text, then an edit, a reaction, a timer, a text that disappears, a deletion, all of hers; he changes, reads. */
  static const uint8_t later[] = { 0, 0, 5, 0, 1, 5, 'h', 'e', 'l', 'l', 'o', 48, 2, 0x10, 3, 'y', 'o', 'u', 48, 3, 0x12, 1, '+',
                                   48, 0, 0x03, 48, 5, 0x04, 2, 'b', 'y', 48, 6, 0x15, 7, 243, 7, 246, 7, 2, 5, 250, 7, 245,
                                   7, 247, 6, 32, 7, 3 };

  fuzz_emit_slow (emit, "two", two, sizeof two, 5);
  fuzz_emit_slow (emit, "later", later, sizeof later, 5);
  fuzz_emit_slow (emit, "kinds", some, sizeof some, 5);
  fuzz_emit_slow (emit, "wrong", wrong, sizeof wrong, 5);
  fuzz_emit_slow (emit, "numbers", numbers, sizeof numbers, 5);
  fuzz_emit_slow (emit, "plain", plain, sizeof plain, 5);
  fuzz_emit_slow (emit, "ends", ends, sizeof ends, 5);
}
