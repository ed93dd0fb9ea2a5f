/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_transfer.c - files from and for somebody who knows the key of the offer.
 *
 * Alice has offered a file to Bob, and he one to her; the input sends frames in her place: states with right tags,
 * asks, blocks, zeroes and leaves that are sealed as hers, right or not, and anything else.  Bob is honest; his user
 * accepts, pauses, cancels, his daemon dies.  Queues are bounded, and a file that is done is the one that was offered.
 * The first byte of the input says whether Alice's own daemon is silent when it begins.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "core/transfer_private.h"
#include "tests/fuzz/snapshot.h"
#include "tests/fuzz/world.h"

#define STEPS_MAX 32
#define CALLS_MAX 8
#define SIZE (2 * (size_t) CF_FILE_BLOCK + 77)
#define WARM_UP 60000 /* ms: a whole transfer */

static struct {
  struct sim_node *alice, *bob;
  uint8_t ids[2][CF_MESSAGE_ID_LEN]; /* her offer, his */
  uint8_t keys[2][CF_FILE_KEY_LEN];
  bool commanded; /* there may be a file */
} w;
static uint8_t contents[SIZE]; /* of both files; block 1 is a hole */

/* ---- files ---- */

static char *
path_of (const struct sim_node *node, const char *name)
{
  char *path = cf_sprintf ("%s/%s", node->home, name);

  FUZZ_CHECK (path);
  return path;
}

static void
make_file (const struct sim_node *node, const char *name, size_t len)
{
  char *path = path_of (node, name);
  FILE *f = fopen (path, "wb");

  FUZZ_CHECK (f && fwrite (contents, 1, len, f) == len && !fclose (f));
  free (path);
}

/* Bob has NAME only as it was offered. */
static void
check_file (const char *name)
{
  static uint8_t found[SIZE + 1];
  char *path = path_of (w.bob, name);
  FILE *f = fopen (path, "rb");
  size_t len = f ? fread (found, 1, sizeof found, f) : 0;

  if (f) {
    FUZZ_CHECK (len == SIZE && !memcmp (found, contents, SIZE));
    fclose (f);
    remove (path); /* the next run has none */
  }
  free (path);
}

/* ---- Alice's frames ---- */

static void
begin_frame (struct cf_buf *out, struct cf_wr *wr, int type, const uint8_t id[CF_MESSAGE_ID_LEN])
{
  cf_buf_init (out, CF_MESSAGE_BULK_MAX);
  cf_wr_init (wr, out);
  cf_wr_u8 (wr, (uint8_t) type);
  cf_wr_bytes (wr, fuzz_world.id, sizeof fuzz_world.id);
  cf_wr_bytes (wr, id, CF_MESSAGE_ID_LEN);
}

static void
end_frame (struct cf_buf *out, struct cf_wr *wr, bool bulk)
{
  FUZZ_CHECK (!cf_wr_finish (wr));
  if (!bulk)
    fuzz_world_inject (w.alice, w.bob, cf_buf_data (out), cf_buf_len (out));
  else if (w.alice->core && !cf_link_send_bulk (w.alice->core, &w.bob->fpr, cf_buf_data (out), cf_buf_len (out)))
    sim_run (fuzz_world.sim, 3);
  cf_buf_done (out);
}

static void
send_state (struct fuzz_in *in)
{
  uint8_t how = fuzz_u8 (in), said[3], tag[CF_HASH_LEN];
  const uint8_t *handshake = cf_link_handshake_hash (w.alice->core, &w.bob->fpr);
  int which = how & 1;
  struct cf_hash hash;
  struct cf_buf out;
  struct cf_wr wr;

  if (!handshake)
    return;
  said[0] = (uint8_t) (1 + which); /* of hers she is the sender */
  said[0] ^= how & 32 ? 3 : 0;
  said[1] = how >> 1 & 15;
  said[2] = how & 64 ? fuzz_u8 (in) % 8 : 0;
  cf_hash_init (&hash, w.keys[which], "file state");
  cf_hash_add (&hash, w.ids[which], CF_MESSAGE_ID_LEN);
  for (int i = 0; i < 3; i++)
    cf_hash_add (&hash, &said[i], 1);
  cf_hash_add (&hash, handshake, 64);
  cf_hash_final (&hash, tag);
  tag[0] ^= how >> 7;
  begin_frame (&out, &wr, CF_TALK_FILE_STATE, w.ids[which]);
  cf_wr_bytes (&wr, said, sizeof said);
  cf_wr_bytes (&wr, tag, sizeof tag);
  end_frame (&out, &wr, false);
}

static void
send_ask (struct fuzz_in *in)
{
  uint8_t how = fuzz_u8 (in);
  uint64_t first = fuzz_u8 (in);
  struct cf_buf out;
  struct cf_wr wr;

  begin_frame (&out, &wr, how & 1 ? CF_TALK_FILE_GET : CF_TALK_FILE_LEAVES, w.ids[how >> 1 & 1 ? 0 : 1]);
  cf_wr_u64 (&wr, how & 4 ? UINT64_MAX - first : first);
  cf_wr_u32 (&wr, how & 8 ? fuzz_u32 (in) : how >> 4);
  end_frame (&out, &wr, false);
}

/* What Alice would send for block INDEX as TYPE; *R_LEN bytes. */
static void
fill_block (int type, uint64_t index, uint32_t count, uint8_t *block, size_t *r_len)
{
  size_t len = cf_file_block_len (SIZE, index);

  *r_len = 0;
  if (type == CF_FILE_FRAME_BLOCK && len && index <= SIZE / CF_FILE_BLOCK) {
    memcpy (block, contents + index * CF_FILE_BLOCK, len);
    *r_len = len;
  } else if (type == CF_FILE_FRAME_LEAVES)
    for (uint64_t i = index; i - index < count && cf_file_block_len (SIZE, i); i++, *r_len += CF_FILE_HASH_LEN)
      cf_file_leaf (contents + i * CF_FILE_BLOCK, cf_file_block_len (SIZE, i), block + *r_len);
}

/* Sealed with the offer's key: as it should be, or one thing of it is not. */
static void
send_sealed (struct fuzz_in *in)
{
  static uint8_t block[CF_FILE_BLOCK];
  uint8_t how = fuzz_u8 (in), at = fuzz_u8 (in), wrong = how >> 5, run[CF_FILE_RUN_LEN], tag[CF_FILE_TAG_LEN];
  int type = 1 + how % 3, suite = how & 4 ? CF_FILE_SUITE_CHACHAPOLY : CF_FILE_SUITE_OCB;
  uint64_t index = wrong == 1 ? UINT64_MAX - at % 4 : at % 4;
  uint32_t count = type == CF_FILE_FRAME_BLOCK ? 0 : 1 + at / 64u * (wrong == 2 ? 1u << 24 : 1);
  struct cf_file_seal *seal = NULL;
  struct cf_buf out;
  struct cf_wr wr;
  size_t len;

  memset (run, how & 8, sizeof run);
  fill_block (type, index, count, block, &len);
  if (wrong == 3 && len)
    block[at * 7u % len] ^= 1;
  if (wrong == 4)
    len = len ? len - 1 : 1;
  FUZZ_CHECK (!cf_file_seal_new (w.keys[0], w.ids[0], run, suite, &seal));
  FUZZ_CHECK (!cf_file_block_seal (seal, type, index, type == CF_FILE_FRAME_ZEROS ? count : 0, 0, block, len, tag));
  cf_file_seal_free (seal);
  tag[at % sizeof tag] ^= wrong == 5;
  begin_frame (&out, &wr, type, w.ids[wrong == 6]);
  cf_wr_bytes (&wr, run, sizeof run);
  cf_wr_u8 (&wr, (uint8_t) (wrong == 7 ? at : suite));
  cf_wr_u8 (&wr, 0);
  cf_wr_u64 (&wr, index);
  if (type == CF_FILE_FRAME_ZEROS)
    cf_wr_u32 (&wr, count);
  cf_wr_bytes (&wr, block, len);
  cf_wr_bytes (&wr, tag, sizeof tag);
  end_frame (&out, &wr, true);
}

static void
send_raw (struct fuzz_in *in)
{
  uint8_t how = fuzz_u8 (in);
  const uint8_t *body;
  struct cf_buf out;
  struct cf_wr wr;
  size_t len;

  body = fuzz_bytes (in, fuzz_u8 (in) % 80, &len);
  begin_frame (&out, &wr, how & 1 ? how >> 2 & 3 : CF_TALK_FILE_GET + (how >> 2) % 3, w.ids[how >> 1 & 1]);
  cf_wr_bytes (&wr, body, len);
  end_frame (&out, &wr, how & 1);
}

/* ---- Bob's user ---- */

static void
command (struct fuzz_in *in)
{
  static const char *const verbs[] = { "ACCEPT-FILE", "PAUSE", "RESUME", "CANCEL", "REFUSE-FILE", "TRANSFER", "ACCEPT-FILE" };
  uint8_t what = fuzz_u8 (in);
  const char *verb = verbs[what % (sizeof verbs / sizeof *verbs)];
  char id[2 * CF_MESSAGE_ID_LEN + 1], *to = cf_sprintf ("--to=%s", w.bob->home);

  FUZZ_CHECK (to);
  w.commanded = true;
  cf_hex (w.ids[what >> 7], CF_MESSAGE_ID_LEN, id);
  fuzz_world_keep (sim_call (w.bob, verb, NULL, id, *verb == 'A' ? to : NULL, NULL), CALLS_MAX);
  sim_run (fuzz_world.sim, 3);
  free (to);
}

/* Alice's own daemon gives her file up, and nobody hears of it: what Bob gets of it is the input's. */
static void
silence (void)
{
  char id[2 * CF_MESSAGE_ID_LEN + 1];

  fuzz_world.mute = w.alice;
  sim_do (w.alice, "CANCEL", NULL, cf_hex (w.ids[0], CF_MESSAGE_ID_LEN, id), NULL);
}

/* ---- a run ---- */

static void
step (struct fuzz_in *in)
{
  uint8_t op = fuzz_u8 (in);

  switch (op % 10) {
  case 0:
  case 1: send_sealed (in); break;
  case 2: send_state (in); break;
  case 3: send_ask (in); break;
  case 4: send_raw (in); break;
  case 5:
  case 6: command (in); break;
  case 7: fuzz_world_wait (in); break;
  case 8:
    if (fuzz_world_restart (w.bob, op & 64))
      sim_run (fuzz_world.sim, 4000); /* the tunnel is up again */
    break;
  default:
    if (fuzz_world.mute)
      fuzz_world.mute = NULL;
    else
      silence ();
    break;
  }
}

static void
check_bob (void)
{
  for (struct cf_transfer *t = w.bob->core->transfers->first; t; t = t->next) {
    FUZZ_CHECK (t->in.asked.count <= CF_TRANSFER_WINDOW && t->out.wanted.count <= CF_TRANSFER_WINDOW);
    FUZZ_CHECK (t->working <= CF_TRANSFER_WINDOW && t->row.done <= t->stream_len);
    FUZZ_CHECK (!t->map || cf_file_map_count (t->map) <= t->blocks);
  }
  if (w.commanded)
    check_file ("f");
}

/* NAME of FROM is offered to TO. */
static void
offer (struct sim_node *from, struct sim_node *to, const char *name, int which)
{
  char *path = path_of (from, name), id[2 * CF_CONVERSATION_ID_LEN + 1];
  struct cf_transfer *t;

  make_file (from, name, which < 0 ? 100 : SIZE);
  cf_hex (fuzz_world.id, sizeof fuzz_world.id, id);
  FUZZ_CHECK (!sim_do (from, "SEND-FILE", NULL, id, path, NULL));
  sim_run (fuzz_world.sim, 1000);
  t = to->core->transfers->first;
  while (t && t->next)
    t = t->next;
  FUZZ_CHECK (t && !t->row.outgoing);
  if (which >= 0) {
    memcpy (w.ids[which], t->row.id, sizeof w.ids[which]);
    memcpy (w.keys[which], t->row.offer.key, sizeof w.keys[which]);
  }
  free (path);
}

/* Files or keys, which are not restored: the system has them, and libraries. */
static bool
has_open (const struct sim_node *node)
{
  const struct cf_transfer *t = node->core ? node->core->transfers->first : NULL;

  while (t && !t->files && !t->opening && !t->run && !t->jobs && !t->working)
    t = t->next;
  return t || (node->core && node->core->transfers->jobs);
}

/* In the second one her daemon is silent. */
static const struct fuzz_scene scenes[] = { { true, NULL, 0 }, { true, NULL, 0 } };

/* A small file first, all the way: what libraries make for good is there before the snapshot. */
static void
set (int scene)
{
  struct sim_node *alice = fuzz_world.nodes[0], *bob = fuzz_world.nodes[1];
  char *to = cf_sprintf ("--to=%s", bob->home), id[2 * CF_MESSAGE_ID_LEN + 1];

  w.alice = alice;
  w.bob = bob;
  for (size_t i = 0; i < SIZE; i++)
    contents[i] = (uint8_t) (i / CF_FILE_BLOCK == 1 ? 0 : i % 251);
  offer (alice, bob, "small", -1);
  cf_hex (bob->core->transfers->first->row.id, CF_MESSAGE_ID_LEN, id);
  FUZZ_CHECK (to && !sim_do (bob, "ACCEPT-FILE", NULL, id, to, NULL));
  sim_run (fuzz_world.sim, WARM_UP);
  offer (alice, bob, "f", 0);
  offer (bob, alice, "g", 1);
  if (scene)
    silence ();
  FUZZ_CHECK (!has_open (alice) && !has_open (bob)); /* nothing that a run could close */
  free (to);
}

static void
end (void)
{
  if (has_open (w.bob))
    sim_node_crash (w.bob, true);
  if (w.commanded)
    cf_file_part_remove (w.bob->home, w.ids[0]);
  if (has_open (w.alice))
    sim_node_crash (w.alice, true);
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

void
fuzz_seeds (fuzz_emit *emit)
{
  /* COMMAND 0 accepts, 1 pauses, 2 resumes, 3 cancels; SEALED 1: a leaf of zeroes' kind, see send_sealed (). */
  enum { SEALED, STATE = 2, ASK, RAW, COMMAND, RUN = 7, RESTART, MUTE };
  static const uint8_t honest[] = { 0, COMMAND, 0, RUN, 251, RUN, 253 };
  static const uint8_t stops[] = { 0, COMMAND, 0, RUN, 1, COMMAND, 1, RUN, 246, RESTART, COMMAND, 2, RUN, 253 };
  static const uint8_t sealed[] = { 0, MUTE, COMMAND, 0, RUN, 4, SEALED, 0, 0, SEALED, 1, 1, SEALED, 0, 2, SEALED, 2, 0, RUN, 252 };
  static const uint8_t wrong[] = { 0, MUTE, COMMAND, 0, SEALED, 0x60, 0, SEALED, 0x20, 1, SEALED, 0x41, 65, SEALED, 0x83, 2,
                                   SEALED, 0xa0, 2, SEALED, 0xe0, 9, RUN, 250 };
  static const uint8_t asked[] = { 0, STATE, 0x05, ASK, 0x11, 0, ASK, 0x20, 0, RUN, 246, ASK, 0x15, 1, ASK, 9, 0, 255, 0, 0, 0,
                                   STATE, 0x07, RUN, 248, STATE, 0x09, RUN, 250 };
  static const uint8_t ends[] = { 0, COMMAND, 0, STATE, 0x08, STATE, 0x0a, STATE, 0x8c, RAW, 1, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, RUN, 247,
                                  COMMAND, 3, COMMAND, 131, RUN, 248 };

  /* Cancelled, which both know; then it is said again. */
  static const uint8_t again[] = { 0, COMMAND, 3, RUN, 248, STATE, 0x0c, RUN, 4, STATE, 0x0c, RUN, 252, STATE, 0x0c, RUN, 4 };

  fuzz_emit_slow (emit, "again", again, sizeof again, RUN);
  fuzz_emit_slow (emit, "honest", honest, sizeof honest, RUN);
  fuzz_emit_slow (emit, "stops", stops, sizeof stops, RUN);
  fuzz_emit_slow (emit, "sealed", sealed, sizeof sealed, RUN);
  fuzz_emit_slow (emit, "wrong", wrong, sizeof wrong, RUN);
  fuzz_emit_slow (emit, "asked", asked, sizeof asked, RUN);
  fuzz_emit_slow (emit, "ends", ends, sizeof ends, RUN);
}
