/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_transfer_hostile.c - files of and for somebody who breaks the rules: what he sends is refused, counted, and costs
 * others nothing. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/link.h"
#include "core/outbox.h"
#include "tests/sim/file_story.h"

#define SIZE (6 * BLOCK + 77)

/* --- frames made by hand --- */

static void
begin_frame (struct cf_buf *b, struct cf_wr *wr, int type, const struct pair *p, const char *t)
{
  uint8_t id[16];

  cf_buf_init (b, CF_MESSAGE_BULK_MAX);
  cf_wr_init (wr, b);
  cf_wr_u8 (wr, (uint8_t) type);
  assert_int_equal (cf_unhex (p->id, id, sizeof id), 0);
  cf_wr_bytes (wr, id, sizeof id);
  assert_int_equal (cf_unhex (t, id, sizeof id), 0);
  cf_wr_bytes (wr, id, sizeof id);
}

static void
end_frame (struct pair *p, struct cf_buf *b, struct cf_wr *wr, struct sim_node *from, bool bulk)
{
  struct sim_node *to = from == p->a ? p->b : p->a;

  assert_int_equal (cf_wr_finish (wr), 0);
  if (bulk)
    assert_int_equal (cf_link_send_bulk (from->core, &to->fpr, cf_buf_data (b), cf_buf_len (b)), 0);
  else
    assert_int_equal (cf_link_send (from->core, &to->fpr, cf_buf_data (b), cf_buf_len (b)), 0);
  cf_buf_done (b);
  sim_run (p->sim, 100);
}

static void
send_ask (struct pair *p, struct sim_node *from, int type, const char *t, uint64_t first, uint32_t count)
{
  struct cf_buf b;
  struct cf_wr wr;

  begin_frame (&b, &wr, type, p, t);
  cf_wr_u64 (&wr, first);
  cf_wr_u32 (&wr, count);
  end_frame (p, &b, &wr, from, false);
}

static void
send_state (struct pair *p, struct sim_node *from, const char *t, int role, int said, int detail)
{
  static const uint8_t tag[CF_HASH_LEN] = { 1 };
  struct cf_buf b;
  struct cf_wr wr;

  begin_frame (&b, &wr, CF_TALK_FILE_STATE, p, t);
  cf_wr_u8 (&wr, (uint8_t) role);
  cf_wr_u8 (&wr, (uint8_t) said);
  cf_wr_u8 (&wr, (uint8_t) detail);
  cf_wr_bytes (&wr, tag, sizeof tag);
  end_frame (p, &b, &wr, from, false);
}

/* A block of nonsense, LEN bytes with its tag. */
static void
send_block (struct pair *p, struct sim_node *from, int type, int suite, const char *t, uint64_t index, size_t len)
{
  static uint8_t nonsense[CF_FILE_BLOCK + CF_FILE_TAG_LEN];
  struct cf_buf b;
  struct cf_wr wr;

  begin_frame (&b, &wr, type, p, t);
  cf_wr_bytes (&wr, nonsense, CF_FILE_RUN_LEN);
  cf_wr_u8 (&wr, (uint8_t) suite);
  cf_wr_u8 (&wr, 0);
  cf_wr_u64 (&wr, index);
  if (type == CF_FILE_FRAME_ZEROS)
    cf_wr_u32 (&wr, 1);
  cf_wr_bytes (&wr, nonsense, len);
  end_frame (p, &b, &wr, from, true);
}

/* Alice has offered a file, T. */
static struct pair
offered_pair (uint64_t seed, char t[ID_SIZE])
{
  struct pair p = file_pair (seed);

  make_file (path_of (p.a, "f"), SIZE, (unsigned) seed);
  offer (p.a, p.id, path_of (p.a, "f"), t);
  assert_true (wait_offer (p.b, t));
  sim_run (p.sim, 1000);
  return p;
}

static void
assert_works (struct pair *p, const char *t, unsigned seed)
{
  assert_int_equal (accept_file (p->b, t), 0);
  assert_true (wait_state (p->b, t, "done", 120000));
  assert_true (wait_state (p->a, t, "done", 120000));
  assert_true (is_file (path_of (p->b, "f"), SIZE, seed));
  pair_free (p);
}

static void
test_frames (void **state)
{
  static const char nobody[] = "00112233445566778899aabbccddeeff";
  char t[ID_SIZE];
  struct pair p = offered_pair (1, t);
  struct cf_buf b;
  struct cf_wr wr;

  (void) state;
  begin_frame (&b, &wr, CF_TALK_FILE_GET, &p, t);
  end_frame (&p, &b, &wr, p.b, false);
  assert_int_equal (p.a->env.refused[CF_REFUSED_TRANSFER_MALFORMED], 1);
  begin_frame (&b, &wr, CF_FILE_FRAME_BLOCK, &p, t);
  end_frame (&p, &b, &wr, p.a, true);
  send_block (&p, p.a, 4, 1, t, 0, 100);
  send_block (&p, p.a, CF_FILE_FRAME_BLOCK, 1, t, 0, CF_FILE_TAG_LEN - 1);
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_MALFORMED], 3);
  send_state (&p, p.b, t, 3, CF_TRANSFER_ACTIVE, 0);
  send_state (&p, p.b, t, 2, 0, 0);
  send_state (&p, p.b, t, 2, CF_TRANSFER_UNKNOWN + 1, 0);
  send_state (&p, p.b, t, 2, CF_TRANSFER_ACTIVE, 1);
  assert_int_equal (p.a->env.refused[CF_REFUSED_TRANSFER_MALFORMED], 5);
  /* nobody knows of it, and says so */
  send_ask (&p, p.b, CF_TALK_FILE_GET, nobody, 0, 1);
  send_state (&p, p.b, nobody, 2, CF_TRANSFER_ACTIVE, 0);
  assert_int_equal (p.a->env.refused[CF_REFUSED_TRANSFER_UNKNOWN], 2);
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_UNKNOWN], 2);
  send_block (&p, p.a, CF_FILE_FRAME_BLOCK, 1, nobody, 0, 100);
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_UNKNOWN], 3);
  /* not of this side, or not now */
  send_ask (&p, p.a, CF_TALK_FILE_GET, t, 0, 1);
  send_ask (&p, p.b, CF_TALK_FILE_GET, t, 0, 1);
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_UNEXPECTED], 1);
  assert_int_equal (p.a->env.refused[CF_REFUSED_TRANSFER_UNEXPECTED], 1);
  send_block (&p, p.a, CF_FILE_FRAME_BLOCK, 1, t, 0, CF_FILE_BLOCK + CF_FILE_TAG_LEN);
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_UNASKED], 1);
  send_block (&p, p.a, CF_FILE_FRAME_LEAVES, 1, t, 0, 32 + CF_FILE_TAG_LEN);
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_UNASKED], 2);
  send_block (&p, p.a, CF_FILE_FRAME_BLOCK, 1, t, 7, CF_FILE_BLOCK + CF_FILE_TAG_LEN);
  send_block (&p, p.a, CF_FILE_FRAME_BLOCK, 1, t, 6, CF_FILE_BLOCK + CF_FILE_TAG_LEN);
  send_block (&p, p.a, CF_FILE_FRAME_ZEROS, 1, t, 6, CF_FILE_TAG_LEN);
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_MALFORMED], 6);
  assert_works (&p, t, 1);
}

static void
test_forged_states (void **state)
{
  char t[ID_SIZE];
  struct pair p = offered_pair (2, t);

  (void) state;
  send_state (&p, p.b, t, 2, CF_TRANSFER_DONE, 0);
  send_state (&p, p.b, t, 2, CF_TRANSFER_REFUSED, 0);
  send_state (&p, p.a, t, 1, CF_TRANSFER_CANCELLED, 0);
  assert_int_equal (refused (p.a, CF_REFUSED_TRANSFER_TAG), 2);
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_TAG], 1);
  assert_true (is_state (p.a, t, "offered"));
  assert_true (is_state (p.b, t, "offered"));
  for (int i = 0; i < CF_TRANSFER_STATES_MAX + 5; i++)
    send_state (&p, p.b, t, 2, CF_TRANSFER_ACTIVE, 0);
  assert_true (p.a->env.refused[CF_REFUSED_TRANSFER_FLOOD] >= 5);
  sim_run (p.sim, CF_TRANSFER_STATES_MS);
  assert_works (&p, t, 2);
}

static int
drop_all (struct sim *sim, struct sim_node *from, const struct cf_fpr *to, uint8_t *data, size_t len)
{
  (void) sim, (void) from, (void) to, (void) data, (void) len;
  return SIM_FRAME_DROP;
}

/* GET is credit: there is no more than the window, and nothing behind the end. */
static void
test_credit (void **state)
{
  char t[ID_SIZE];
  struct pair p = offered_pair (3, t);
  uint64_t before;

  (void) state;
  p.sim->bulk = drop_all;
  assert_int_equal (accept_file (p.b, t), 0);
  sim_run (p.sim, 100);
  assert_true (is_state (p.a, t, "active"));
  before = p.a->env.refused[CF_REFUSED_TRANSFER_CREDIT];
  send_ask (&p, p.b, CF_TALK_FILE_GET, t, 7, 1);
  send_ask (&p, p.b, CF_TALK_FILE_GET, t, 6, 2);
  send_ask (&p, p.b, CF_TALK_FILE_GET, t, UINT64_MAX, 2);
  send_ask (&p, p.b, CF_TALK_FILE_GET, t, 0, 0);
  send_ask (&p, p.b, CF_TALK_FILE_GET, t, 0, CF_TRANSFER_WINDOW + 1);
  send_ask (&p, p.b, CF_TALK_FILE_LEAVES, t, 0, CF_TRANSFER_LEAVES_MAX + 1);
  assert_int_equal (p.a->env.refused[CF_REFUSED_TRANSFER_CREDIT], before + 6);
  p.sim->bulk = NULL;
  assert_true (wait_state (p.b, t, "done", 120000));
  pair_free (&p);
}

/* --- what is on its way is changed --- */

static struct {
  int nth;   /* of the blocks; 0: every one */
  int seen;
  uint64_t index; /* only that; UINT64_MAX: any */
} tamper;

static int
on_bulk (struct sim *sim, struct sim_node *from, const struct cf_fpr *to, uint8_t *data, size_t len)
{
  (void) sim, (void) from, (void) to;
  if (data[0] != CF_FILE_FRAME_BLOCK || (tamper.index != UINT64_MAX && data[CF_TRANSFER_HEAD_LEN - 1] != tamper.index))
    return SIM_FRAME_PASS;
  if (++tamper.seen == tamper.nth || !tamper.nth)
    data[len - 100] ^= 1;
  return SIM_FRAME_PASS;
}

static void
test_wrong_block (void **state)
{
  char t[ID_SIZE];
  struct pair p = offered_pair (4, t);

  (void) state;
  memset (&tamper, 0, sizeof tamper);
  tamper.nth = 3;
  tamper.index = UINT64_MAX;
  p.sim->bulk = on_bulk;
  assert_int_equal (accept_file (p.b, t), 0);
  assert_true (wait_state (p.b, t, "done", 120000));
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_BLOCK], 1);
  assert_true (is_file (path_of (p.b, "f"), SIZE, 4));
  pair_free (&p);
}

static void
test_always_wrong (void **state)
{
  char t[ID_SIZE];
  struct pair p = offered_pair (5, t);
  json_t *row;

  (void) state;
  memset (&tamper, 0, sizeof tamper);
  tamper.index = 2;
  p.sim->bulk = on_bulk;
  assert_int_equal (accept_file (p.b, t), 0);
  assert_true (wait_state (p.b, t, "failed", 120000));
  assert_true (wait_state (p.a, t, "failed", 10000));
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_BLOCK], CF_TRANSFER_ROUNDS);
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_CONTENT], 1);
  row = transfer_row (p.b, t);
  assert_string_equal (json_string_value (json_object_get (row, "reason")), "What came is not what was offered");
  json_decref (row);
  sim_run (p.sim, 1000);
  assert_int_equal (entries_of (p.b), 0); /* nothing of it is left */
  pair_free (&p);
}

/* A block under another's number, and one that comes again. */
static int swaps;

static int
swap (struct sim *sim, struct sim_node *from, const struct cf_fpr *to, uint8_t *data, size_t len)
{
  (void) sim, (void) from, (void) to;
  if (data[0] != CF_FILE_FRAME_BLOCK || len < CF_FILE_BLOCK)
    return SIM_FRAME_PASS;
  if (++swaps == 2 || swaps == 3)
    data[CF_TRANSFER_HEAD_LEN - 1] ^= 3; /* the second says that it is the third, and so on */
  return swaps == 5 ? SIM_FRAME_TWICE : SIM_FRAME_PASS;
}

static void
test_swapped_blocks (void **state)
{
  char t[ID_SIZE];
  struct pair p = offered_pair (9, t);

  (void) state;
  swaps = 0;
  p.sim->bulk = swap;
  assert_int_equal (accept_file (p.b, t), 0);
  assert_true (wait_state (p.b, t, "done", 120000));
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_BLOCK], 2);
  assert_true (is_file (path_of (p.b, "f"), SIZE, 9));
  pair_free (&p);
}

/* --- a sender whose program lies --- */

static bool lie;

gpg_error_t __real_cf_file_end_build (const uint8_t *root, uint64_t size, struct cf_buf *out);
gpg_error_t __wrap_cf_file_end_build (const uint8_t *root, uint64_t size, struct cf_buf *out);

gpg_error_t
__wrap_cf_file_end_build (const uint8_t *root, uint64_t size, struct cf_buf *out)
{
  uint8_t other[CF_HASH_LEN];

  memcpy (other, root, sizeof other);
  other[0] ^= lie;
  return __real_cf_file_end_build (other, size, out);
}

gpg_error_t __real_cf_file_source_read (struct cf_file_source *s, uint64_t index, uint8_t *buf, size_t *r_len,
                                        bool *r_changed);
gpg_error_t __wrap_cf_file_source_read (struct cf_file_source *s, uint64_t index, uint8_t *buf, size_t *r_len,
                                        bool *r_changed);

/* A manifest that leads elsewhere: "aa/f" becomes "../f". */
gpg_error_t
__wrap_cf_file_source_read (struct cf_file_source *s, uint64_t index, uint8_t *buf, size_t *r_len, bool *r_changed)
{
  gpg_error_t err = __real_cf_file_source_read (s, index, buf, r_len, r_changed);
  uint8_t *path = !err && lie ? memmem (buf, *r_len, "aa/f", 4) : NULL;

  if (path)
    memcpy (path, "..", 2);
  return err;
}

static void
test_root_never_fits (void **state)
{
  char t[ID_SIZE];
  struct pair p = offered_pair (10, t);

  (void) state;
  lie = true;
  assert_int_equal (accept_file (p.b, t), 0);
  assert_true (wait_state (p.b, t, "failed", 600000));
  lie = false;
  assert_true (wait_state (p.a, t, "failed", 10000));
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_CONTENT], 1);
  sim_run (p.sim, 1000);
  assert_int_equal (entries_of (p.b), 0);
  pair_free (&p);
}

static void
test_manifest_leads_elsewhere (void **state)
{
  struct pair p = file_pair (11);
  char t[ID_SIZE];

  (void) state;
  assert_int_equal (mkdir (path_of (p.a, "d"), 0700), 0);
  assert_int_equal (mkdir (path_of (p.a, "d/aa"), 0700), 0);
  make_file (path_of (p.a, "d/aa/f"), 1000, 1);
  offer (p.a, p.id, path_of (p.a, "d"), t);
  lie = true;
  assert_int_equal (accept_file (p.b, t), 0);
  assert_true (wait_state (p.b, t, "failed", 60000));
  lie = false;
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_CONTENT], 1);
  sim_run (p.sim, 1000);
  assert_int_equal (entries_of (p.b), 0);
  pair_free (&p);
}

/* --- entries --- */

static void
say_end (struct sim_node *from, const char *id, const char *t, uint64_t size)
{
  static const uint8_t root[CF_HASH_LEN] = { 7 };
  uint8_t offer_id[CF_MESSAGE_ID_LEN], said_id[CF_MESSAGE_ID_LEN];
  struct cf_saying said = { .kind = CF_ENTRY_FILE_END, .reply_to = offer_id };
  struct cf_outbox *ob;
  struct cf_buf b;

  assert_int_equal (cf_unhex (t, offer_id, sizeof offer_id), 0);
  cf_buf_init (&b, 200);
  assert_int_equal (cf_file_end_build (root, size, &b), 0);
  said.text = (const char *) cf_buf_data (&b);
  said.len = cf_buf_len (&b);
  assert_int_equal (cf_outbox_get (from->core, conv_of (from, id), &ob), 0);
  assert_int_equal (cf_outbox_add (ob, &said, 1, said_id), 0);
  cf_buf_done (&b);
  sim_run (from->sim, 2000);
}

/* A last word about what its author has not offered, or of another size, means nothing; the conversation goes on. */
static void
test_ends (void **state)
{
  char t[ID_SIZE];
  struct pair p = offered_pair (6, t);

  (void) state;
  say_end (p.b, p.id, t, SIZE); /* the other's */
  assert_int_equal (p.a->env.refused[CF_REFUSED_TRANSFER_END], 1);
  say_end (p.a, p.id, "00112233445566778899aabbccddeeff", SIZE);
  say_end (p.a, p.id, t, SIZE + 1);
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_END], 2);
  say (p.a, p.id, "still here", "--wait=delivered");
  assert_works (&p, t, 6);
}

/* A root that nothing makes: leaves are asked for, and do not fit it. */
static void
test_wrong_root (void **state)
{
  char t[ID_SIZE];
  struct pair p = offered_pair (7, t);

  (void) state;
  say_end (p.a, p.id, t, SIZE);
  assert_works (&p, t, 7); /* the right one comes in the end */
}

static void
test_too_many_offers (void **state)
{
  struct pair p = file_pair (8);
  char t[ID_SIZE];
  struct sim_command *call;
  struct cf_buf b;
  struct cf_file_offer o = { .files = 1, .media_type = "text/plain", .name = "x", .name_len = 1 };
  struct cf_saying said = { .kind = CF_ENTRY_FILE };
  uint8_t id[CF_MESSAGE_ID_LEN];
  struct cf_outbox *ob;

  (void) state;
  make_file (path_of (p.a, "f"), 10, 1);
  for (int i = 0; i < CF_TRANSFER_OFFERS_MAX; i++)
    offer (p.a, p.id, path_of (p.a, "f"), t);
  call = sim_call (p.a, "SEND-FILE", NULL, p.id, path_of (p.a, "f"), NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (gpg_err_code (call->err), GPG_ERR_TOO_MANY);
  sim_command_free (call);
  /* somebody who does not count */
  cf_buf_init (&b, 1000);
  assert_int_equal (cf_file_offer_build (&o, &b), 0);
  said.text = (const char *) cf_buf_data (&b);
  said.len = cf_buf_len (&b);
  assert_int_equal (cf_outbox_get (p.a->core, conv_of (p.a, p.id), &ob), 0);
  assert_int_equal (cf_outbox_add (ob, &said, 1, id), 0);
  cf_buf_done (&b);
  sim_run (p.sim, 60000);
  assert_int_equal (p.b->env.refused[CF_REFUSED_TRANSFER_FULL], 1);
  assert_true (is_state (p.b, cf_hex (id, sizeof id, t), "failed"));
  pair_free (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_frames),       cmocka_unit_test (test_forged_states), cmocka_unit_test (test_credit),
    cmocka_unit_test (test_wrong_block),  cmocka_unit_test (test_always_wrong),  cmocka_unit_test (test_ends),
    cmocka_unit_test (test_wrong_root),   cmocka_unit_test (test_too_many_offers),
    cmocka_unit_test (test_swapped_blocks), cmocka_unit_test (test_root_never_fits),
    cmocka_unit_test (test_manifest_leads_elsewhere),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
