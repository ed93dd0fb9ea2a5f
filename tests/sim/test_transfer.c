/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_transfer.c - stories of files on their way: offered, fetched, checked, paused, given up. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/sim/file_story.h"

static void
test_one_file (void **state)
{
  struct pair p = file_pair (1);
  const size_t size = 5 * BLOCK + 1234;
  char t[ID_SIZE];
  json_t *row;

  (void) state;
  make_file (path_of (p.a, "letter.pdf"), size, 1);
  offer (p.a, p.id, path_of (p.a, "letter.pdf"), t);
  assert_int_equal (accept_file (p.b, t), 0);
  assert_true (wait_state (p.b, t, "done", 60000));
  assert_true (wait_state (p.a, t, "done", 60000));
  assert_true (is_file (path_of (p.b, "letter.pdf"), size, 1));
  assert_int_equal (entries_of (p.b), 1);
  row = transfer_row (p.b, t);
  assert_string_equal (json_string_value (json_object_get (row, "path")), path_of (p.b, "letter.pdf"));
  assert_int_equal (json_integer_value (json_object_get (row, "done")), size);
  assert_string_equal (json_string_value (json_object_get (row, "media_type")), "application/pdf");
  json_decref (row);
  sim_run (p.sim, 5000);
  assert_null (transfer_of (p.a, p.id, t)); /* settled on both sides */
  assert_null (transfer_of (p.b, p.id, t));
  pair_free (&p);
}

/* --- shapes --- */

static void
test_empty (void **state)
{
  struct pair p = file_pair (2);
  char t[ID_SIZE], d[ID_SIZE];

  (void) state;
  make_file (path_of (p.a, "nothing"), 0, 1);
  assert_int_equal (mkdir (path_of (p.a, "hollow"), 0755), 0);
  offer (p.a, p.id, path_of (p.a, "nothing"), t);
  offer (p.a, p.id, path_of (p.a, "hollow"), d);
  assert_int_equal (accept_file (p.b, t), 0);
  assert_int_equal (accept_file (p.b, d), 0);
  assert_true (wait_state (p.a, t, "done", 60000));
  assert_true (wait_state (p.a, d, "done", 60000));
  assert_true (is_file (path_of (p.b, "nothing"), 0, 1));
  assert_int_equal (rmdir (path_of (p.b, "hollow")), 0);
  pair_free (&p);
}

static void
test_directory (void **state)
{
  struct pair p = file_pair (3);
  char t[ID_SIZE], name[64];
  json_t *row;

  (void) state;
  assert_int_equal (mkdir (path_of (p.a, "photos"), 0755), 0);
  assert_int_equal (mkdir (path_of (p.a, "photos/old"), 0755), 0);
  make_file (path_of (p.a, "photos/large"), 3 * BLOCK + 5, 1);
  for (int i = 0; i < 200; i++) {
    snprintf (name, sizeof name, "photos/old/%d", i);
    make_file (path_of (p.a, name), (size_t) i * 10, (unsigned) i);
  }
  assert_int_equal (symlink ("/etc/passwd", path_of (p.a, "photos/link")), 0);
  offer (p.a, p.id, path_of (p.a, "photos"), t);
  row = transfer_row (p.a, t);
  assert_string_equal (json_string_value (json_object_get (row, "kind")), "directory");
  assert_int_equal (json_integer_value (json_object_get (row, "files")), 201);
  assert_int_equal (json_integer_value (json_object_get (row, "skipped")), 1);
  json_decref (row);
  assert_int_equal (accept_file (p.b, t), 0);
  assert_true (wait_state (p.b, t, "done", 60000));
  assert_true (is_file (path_of (p.b, "photos/large"), 3 * BLOCK + 5, 1));
  for (int i = 0; i < 200; i++) {
    snprintf (name, sizeof name, "photos/old/%d", i);
    assert_true (is_file (path_of (p.b, name), (size_t) i * 10, (unsigned) i));
  }
  assert_false (is_there (path_of (p.b, "photos/link")));
  row = transfer_row (p.b, t);
  assert_int_equal (json_integer_value (json_object_get (row, "done")), json_integer_value (json_object_get (row, "size")));
  json_decref (row);
  pair_free (&p);
}

/* What holes have is told, not sent. */
static void
test_holes (void **state)
{
  const long long size = 64LL << 30;
  struct pair p = file_pair (4);
  struct stat st;
  char t[ID_SIZE];
  FILE *fp;

  (void) state;
  fp = fopen (path_of (p.a, "disk"), "wb");
  assert_non_null (fp);
  assert_int_equal (fseeko (fp, size / 2, SEEK_SET), 0);
  fputc ('x', fp);
  fclose (fp);
  assert_int_equal (truncate (path_of (p.a, "disk"), size), 0);
  offer (p.a, p.id, path_of (p.a, "disk"), t);
  assert_int_equal (accept_file (p.b, t), 0);
  assert_true (wait_state (p.b, t, "done", 60000));
  assert_int_equal (stat (path_of (p.b, "disk"), &st), 0);
  assert_true (st.st_size == size);
  assert_true (st.st_blocks < 100000); /* of 512 bytes */
  pair_free (&p);
}

/* A name that is taken is left alone. */
static void
test_names (void **state)
{
  struct pair p = file_pair (5);
  char t[ID_SIZE];

  (void) state;
  make_file (path_of (p.a, "a.txt"), 100, 1);
  make_file (path_of (p.b, "a.txt"), 50, 2);
  offer (p.a, p.id, path_of (p.a, "a.txt"), t);
  assert_int_equal (accept_file (p.b, t), 0);
  assert_true (wait_state (p.b, t, "done", 60000));
  assert_true (is_file (path_of (p.b, "a.txt"), 50, 2));
  assert_true (is_file (path_of (p.b, "a (2).txt"), 100, 1));
  pair_free (&p);
}

/* --- several --- */

#define MANY 12

static void
test_many_both_ways (void **state)
{
  const size_t size = 10 * BLOCK;
  struct pair p = file_pair (6);
  char out[MANY][ID_SIZE], in[MANY][ID_SIZE], name[16];
  int i;

  (void) state;
  for (i = 0; i < MANY; i++) {
    snprintf (name, sizeof name, "a%d", i);
    make_file (path_of (p.a, name), size, (unsigned) i);
    offer (p.a, p.id, path_of (p.a, name), out[i]);
    snprintf (name, sizeof name, "b%d", i);
    make_file (path_of (p.b, name), size, 100 + (unsigned) i);
    offer (p.b, p.id, path_of (p.b, name), in[i]);
  }
  for (i = 0; i < MANY; i++) {
    assert_int_equal (accept_file (p.b, out[i]), 0);
    assert_int_equal (accept_file (p.a, in[i]), 0);
  }
  for (i = 0; i < MANY; i++) {
    assert_true (wait_state (p.b, out[i], "done", 60000));
    assert_true (wait_state (p.a, in[i], "done", 60000));
    snprintf (name, sizeof name, "a%d", i);
    assert_true (is_file (path_of (p.b, name), size, (unsigned) i));
    snprintf (name, sizeof name, "b%d", i);
    assert_true (is_file (path_of (p.a, name), size, 100 + (unsigned) i));
  }
  pair_free (&p);
}

/* Blocks of each transfer that have left so far, and the most that one was ahead of another while both were active. */
static struct {
  uint8_t ids[2][CF_MESSAGE_ID_LEN];
  int sent[2], ahead;
} turns;

static int
count_turns (struct sim *sim, struct sim_node *from, const struct cf_fpr *to, uint8_t *data, size_t len)
{
  int ahead;

  (void) sim, (void) from, (void) to, (void) len;
  for (int i = 0; i < 2; i++)
    if (!memcmp (data + 1 + CF_CONVERSATION_ID_LEN, turns.ids[i], CF_MESSAGE_ID_LEN))
      turns.sent[i]++;
  ahead = abs (turns.sent[0] - turns.sent[1]);
  if (turns.sent[0] && turns.sent[1] && turns.sent[0] < 40 && turns.sent[1] < 40 && ahead > turns.ahead)
    turns.ahead = ahead;
  return SIM_FRAME_PASS;
}

static void
test_turns (void **state)
{
  const size_t size = 60 * BLOCK;
  struct pair p = file_pair (7);
  char t[2][ID_SIZE];

  (void) state;
  memset (&turns, 0, sizeof turns);
  for (int i = 0; i < 2; i++) {
    const char *path = path_of (p.a, i ? "one" : "two");

    make_file (path, size, 1);
    offer (p.a, p.id, path, t[i]);
    assert_int_equal (cf_unhex (t[i], turns.ids[i], sizeof turns.ids[i]), 0);
    assert_true (wait_offer (p.b, t[i]));
  }
  p.sim->bulk = count_turns;
  for (int i = 0; i < 2; i++)
    assert_int_equal (sim_do (p.b, "ACCEPT-FILE", NULL, t[i], NULL), 0);
  for (int i = 0; i < 2; i++)
    assert_true (wait_state (p.b, t[i], "done", 60000));
  assert_true (turns.ahead <= CF_TRANSFER_WINDOW); /* what was asked for before the second came */
  p.sim->bulk = NULL;
  pair_free (&p);
}

/* --- people change their minds --- */

static void
test_refuse (void **state)
{
  struct pair p = file_pair (8);
  char t[ID_SIZE];
  json_t *row;

  (void) state;
  make_file (path_of (p.a, "f"), 1000, 1);
  offer (p.a, p.id, path_of (p.a, "f"), t);
  assert_true (wait_offer (p.b, t));
  assert_int_equal (sim_do (p.b, "REFUSE-FILE", NULL, t, NULL), 0);
  assert_true (wait_state (p.a, t, "cancelled", 10000));
  row = transfer_row (p.a, t);
  assert_string_equal (json_string_value (json_object_get (row, "reason")), "The other side refused it");
  json_decref (row);
  assert_int_equal (gpg_err_code (sim_do (p.b, "ACCEPT-FILE", NULL, t, NULL)), GPG_ERR_INV_STATE);
  assert_int_equal (gpg_err_code (sim_do (p.a, "PAUSE", NULL, t, NULL)), GPG_ERR_INV_STATE);
  assert_int_equal (gpg_err_code (sim_do (p.a, "CANCEL", NULL, t, NULL)), GPG_ERR_INV_STATE);
  assert_int_equal (entries_of (p.b), 0);
  pair_free (&p);
}

/* Hold back every block behind the first few, so that something can happen in between. */
static int passes;

static int
hold (struct sim *sim, struct sim_node *from, const struct cf_fpr *to, uint8_t *data, size_t len)
{
  (void) sim, (void) from, (void) to, (void) data, (void) len;
  return passes-- > 0 ? SIM_FRAME_PASS : SIM_FRAME_DROP;
}

/* Alice's file, on its way to Bob, of which COUNT blocks have come. */
static struct pair
half_way (uint64_t seed, size_t size, int count, char t[ID_SIZE])
{
  struct pair p = file_pair (seed);

  make_file (path_of (p.a, "f"), size, (unsigned) seed);
  offer (p.a, p.id, path_of (p.a, "f"), t);
  passes = count;
  p.sim->bulk = hold;
  assert_int_equal (accept_file (p.b, t), 0);
  sim_run (p.sim, 3000);
  assert_int_equal (transfer_of (p.b, p.id, t)->row.done, (uint64_t) count * BLOCK);
  p.sim->bulk = NULL;
  return p;
}

static void
assert_arrives (struct pair *p, const char *t, size_t size, unsigned seed)
{
  assert_true (wait_state (p->b, t, "done", 120000));
  assert_true (wait_state (p->a, t, "done", 10000));
  assert_true (is_file (path_of (p->b, "f"), size, seed));
  assert_int_equal (entries_of (p->b), 1);
}

static void
test_lost_blocks (void **state)
{
  char t[ID_SIZE];
  struct pair p = half_way (9, 20 * BLOCK + 1, 7, t);

  (void) state;
  assert_arrives (&p, t, 20 * BLOCK + 1, 9); /* asked for again after a while */
  pair_free (&p);
}

static void
test_cancel (void **state)
{
  for (int side = 0; side < 2; side++) {
    char t[ID_SIZE];
    struct pair p = half_way (10, 20 * BLOCK, 7, t);
    json_t *row;

    (void) state;
    assert_int_equal (entries_of (p.b), 1); /* the part */
    assert_int_equal (sim_do (side ? p.a : p.b, "CANCEL", NULL, t, NULL), 0);
    assert_true (wait_state (p.a, t, "cancelled", 10000));
    assert_true (wait_state (p.b, t, "cancelled", 10000));
    row = transfer_row (side ? p.b : p.a, t);
    assert_string_equal (json_string_value (json_object_get (row, "reason")), "The other side cancelled it");
    json_decref (row);
    sim_run (p.sim, 1000);
    assert_int_equal (entries_of (p.b), 0);
    assert_null (transfer_of (p.a, p.id, t));
    assert_null (transfer_of (p.b, p.id, t));
    pair_free (&p);
  }
}

/* Files leave the processors to gpg while a message is under way, on both sides, and where there are files. */
static void
test_beside_message (void **state)
{
  char t[ID_SIZE];
  struct pair p = half_way (12, 20 * BLOCK, 7, t);

  (void) state;
  assert_false (p.a->core->transfers->yields.armed || p.b->core->transfers->yields.armed);
  say (p.a, p.id, "hello", "--wait=delivered");
  assert_true (p.a->core->transfers->yields.armed && p.b->core->transfers->yields.armed);
  sim_run (p.sim, 2 * CF_TRANSFER_YIELD_MS);
  assert_false (p.a->core->transfers->yields.armed || p.b->core->transfers->yields.armed);
  assert_arrives (&p, t, 20 * BLOCK, 12);
  sim_run (p.sim, 5000);
  say (p.a, p.id, "once more", "--wait=delivered");
  assert_false (p.a->core->transfers->yields.armed || p.b->core->transfers->yields.armed);
  pair_free (&p);
}

static void
test_pause (void **state)
{
  char t[ID_SIZE];
  struct pair p = half_way (11, 200 * BLOCK, 7, t);
  struct sim_node *nodes[] = { p.a, p.b };
  uint64_t done;
  json_t *row;

  (void) state;
  for (int i = 0; i < 2; i++) {
    assert_int_equal (sim_do (nodes[i], "PAUSE", NULL, t, NULL), 0);
    assert_true (wait_state (nodes[!i], t, "paused", 1000));
    row = transfer_row (nodes[!i], t);
    assert_string_equal (json_string_value (json_object_get (row, "paused_by")), "peer");
    json_decref (row);
    assert_int_equal (gpg_err_code (sim_do (nodes[!i], "RESUME", NULL, t, NULL)), GPG_ERR_INV_STATE);
    sim_run (p.sim, 5000);
    done = transfer_of (p.b, p.id, t)->row.done;
    sim_run (p.sim, 200000);
    assert_int_equal (transfer_of (p.b, p.id, t)->row.done, done);
    if (!i) { /* over a restart, too */
      sim_node_crash (p.a, false);
      assert_int_equal (sim_node_start (p.a), 0);
      sim_run (p.sim, 20000);
      assert_true (is_state (p.a, t, "paused"));
      assert_true (is_state (p.b, t, "paused"));
    }
    assert_int_equal (sim_do (nodes[i], "RESUME", NULL, t, NULL), 0);
    sim_run (p.sim, 3);
  }
  assert_arrives (&p, t, 200 * BLOCK, 11);
  pair_free (&p);
}

/* Whoever of them goes on, the other does not wait for something that was dropped meanwhile. */
static void
test_pause_ends_at_once (void **state)
{
  (void) state;
  for (int i = 0; i < 2; i++) {
    char t[ID_SIZE];
    struct pair p = half_way (19 + (unsigned) i, 200 * BLOCK, 7, t);
    struct sim_node *who = i ? p.b : p.a;

    assert_int_equal (sim_do (who, "PAUSE", NULL, t, NULL), 0);
    sim_run (p.sim, 1000);
    assert_int_equal (sim_do (who, "RESUME", NULL, t, NULL), 0);
    assert_true (wait_state (p.b, t, "done", CF_TRANSFER_STALL_MS / 3));
    pair_free (&p);
  }
}

static void
test_unasked (void **state)
{
  struct pair p = file_pair (12);
  char t[ID_SIZE], large[ID_SIZE];

  (void) state;
  assert_int_equal (gpg_err_code (sim_do (p.b, "CONFIG", NULL, "accept-files", "ten", NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (sim_do (p.b, "CONFIG", NULL, "accept-files", "1M", NULL), 0);
  make_file (path_of (p.a, "f"), 2 * BLOCK, 1);
  make_file (path_of (p.a, "large"), 5 * BLOCK, 1);
  offer (p.a, p.id, path_of (p.a, "f"), t);
  offer (p.a, p.id, path_of (p.a, "large"), large);
  assert_true (wait_state (p.b, t, "done", 10000));
  assert_true (wait_offer (p.b, large));
  sim_run (p.sim, 5000);
  assert_true (is_state (p.b, large, "offered"));
  pair_free (&p);
}

/* --- conversations --- */

static void
test_close (void **state)
{
  char t[ID_SIZE];
  struct pair p = half_way (13, 20 * BLOCK, 7, t);

  (void) state;
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.id, NULL), 0);
  assert_true (wait_state (p.a, t, "cancelled", 10000));
  assert_true (wait_state (p.b, t, "cancelled", 10000));
  sim_run (p.sim, 1000);
  assert_int_equal (entries_of (p.b), 0);
  pair_free (&p);
}

static void
test_delete (void **state)
{
  char t[ID_SIZE];
  struct pair p = half_way (14, 20 * BLOCK, 7, t);
  json_t *row;

  (void) state;
  assert_int_equal (sim_do (p.b, "DELETE", NULL, p.id, NULL), 0);
  row = transfer_row (p.b, t);
  assert_null (row);
  sim_run (p.sim, 1000);
  assert_int_equal (entries_of (p.b), 0);
  assert_true (wait_state (p.a, t, "cancelled", 10000));
  pair_free (&p);
}

/* The message goes, on one side or both, and the transfer with it. */
static void
test_delete_message (void **state)
{
  for (int here = 0; here < 2; here++) {
    char t[ID_SIZE];
    struct pair p = half_way (15, 20 * BLOCK, 7, t);
    json_t *row;

    (void) state;
    if (here)
      assert_int_equal (sim_do (p.b, "DELETE-MESSAGE", NULL, "--here", p.id, t, NULL), 0);
    else
      assert_int_equal (sim_do (p.a, "DELETE-MESSAGE", NULL, p.id, t, NULL), 0);
    sim_run (p.sim, 5000);
    assert_int_equal (entries_of (p.b), 0);
    row = transfer_row (p.b, t);
    assert_null (row);
    if (here)
      assert_true (is_state (p.a, t, "cancelled"));
    pair_free (&p);
  }
}

static void
test_disappears (void **state)
{
  struct pair p = file_pair (16);
  char t[ID_SIZE];
  json_t *row;

  (void) state;
  assert_int_equal (sim_do (p.a, "TIMER", NULL, p.id, "1m", NULL), 0);
  make_file (path_of (p.a, "f"), 1000, 1);
  offer (p.a, p.id, path_of (p.a, "f"), t);
  assert_int_equal (accept_file (p.b, t), 0);
  assert_true (wait_state (p.b, t, "done", 10000));
  assert_int_equal (sim_do (p.b, "READ", NULL, p.id, NULL), 0);
  sim_run (p.sim, 120000);
  row = transfer_row (p.b, t);
  assert_null (row);
  row = transfer_row (p.a, t);
  assert_null (row);
  assert_true (is_file (path_of (p.b, "f"), 1000, 1)); /* what was saved is the user's */
  pair_free (&p);
}

/* --- what is seen --- */

static void
test_history (void **state)
{
  struct pair p = file_pair (17);
  struct sim_command *rows;
  char t[ID_SIZE];
  json_t *attachment;
  size_t from;

  (void) state;
  make_file (path_of (p.a, "Holiday plan.txt"), 1000, 1);
  offer (p.a, p.id, path_of (p.a, "Holiday plan.txt"), t);
  assert_int_equal (accept_file (p.b, t), 0);
  assert_true (wait_state (p.b, t, "done", 10000));
  assert_true (wait_state (p.a, t, "done", 10000));
  rows = history (p.b, p.id, "--search=holiday");
  assert_int_equal (json_array_size (rows->rows), 1);
  assert_string_equal (sim_text (rows, 0, "kind"), "file");
  assert_string_equal (sim_text (rows, 0, "text"), "Holiday plan.txt");
  attachment = json_object_get (json_array_get (rows->rows, 0), "attachment");
  assert_string_equal (json_string_value (json_object_get (attachment, "state")), "done");
  assert_string_equal (json_string_value (json_object_get (attachment, "path")), path_of (p.b, "Holiday plan.txt"));
  sim_command_free (rows);
  assert_non_null (sim_event (p.b, 0, "message", "kind", "file"));
  assert_non_null (sim_event (p.b, 0, "transfer", "state", "offered"));
  assert_non_null (sim_event (p.a, 0, "transfer", "state", "done"));
  /* it can be reacted to, and not edited; what was read is sealed anew after a crash, as it was */
  assert_int_equal (sim_do (p.b, "REACT", NULL, p.id, t, "\xf0\x9f\x91\x8d", NULL), 0);
  assert_int_equal (gpg_err_code (sim_do (p.a, "EDIT", "x", p.id, t, NULL)), GPG_ERR_NOT_FOUND);
  from = json_array_size (p.a->events);
  sim_run (p.sim, 5000);
  assert_non_null (sim_event (p.a, from, "message_changed", "message", t));
  pair_free (&p);
}

static void
test_commands (void **state)
{
  struct pair p = file_pair (18);
  struct sim_command *call;
  char t[ID_SIZE];

  (void) state;
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND-FILE", NULL, p.id, "relative", NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND-FILE", NULL, p.id, "/nowhere/at/all", NULL)), GPG_ERR_NOT_FOUND);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND-FILE", NULL, p.id, "/dev/null", NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND-FILE", NULL, "--wait=read", p.id, "/dev/null", NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (sim_do (p.a, "TRANSFER", NULL, "123456", NULL)), GPG_ERR_NOT_FOUND);
  assert_int_equal (gpg_err_code (sim_do (p.a, "TRANSFER", NULL, "%%%%%%", NULL)), GPG_ERR_NOT_FOUND);
  make_file (path_of (p.a, "f"), 1000, 1);
  call = sim_call (p.a, "SEND-FILE", NULL, "--wait=sent", p.id, path_of (p.a, "f"), NULL);
  assert_true (sim_wait (call, 10000));
  assert_int_equal (call->err, 0);
  assert_string_not_equal (sim_text (call, 0, "message_state"), "queued");
  snprintf (t, sizeof t, "%s", sim_text (call, 0, "transfer"));
  sim_command_free (call);
  t[8] = 0;
  assert_true (wait_offer (p.b, t));
  assert_int_equal (gpg_err_code (sim_do (p.a, "ACCEPT-FILE", NULL, t, NULL)), GPG_ERR_INV_STATE);
  assert_int_equal (gpg_err_code (sim_do (p.b, "PAUSE", NULL, t, NULL)), GPG_ERR_INV_STATE);
  assert_int_equal (gpg_err_code (sim_do (p.b, "ACCEPT-FILE", NULL, "--to=here", t, NULL)), GPG_ERR_INV_VALUE);
  assert_int_not_equal (sim_do (p.b, "ACCEPT-FILE", NULL, "--to=/dev/null/nowhere", t, NULL), 0);
  assert_true (is_state (p.b, t, "offered"));
  call = sim_call (p.a, "SEND-FILE", NULL, "--wait=done", "--timeout=5", p.id, path_of (p.a, "f"), NULL);
  assert_true (sim_wait (call, 10000));
  assert_string_equal (sim_text (call, 0, "state"), "offered");
  sim_command_free (call);
  call = sim_call (p.a, "TRANSFERS", NULL, NULL);
  assert_int_equal (json_array_size (call->rows), 2);
  sim_command_free (call);
  pair_free (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_one_file),    cmocka_unit_test (test_empty),          cmocka_unit_test (test_directory),
    cmocka_unit_test (test_holes),       cmocka_unit_test (test_names),          cmocka_unit_test (test_many_both_ways),
    cmocka_unit_test (test_turns),       cmocka_unit_test (test_refuse),         cmocka_unit_test (test_lost_blocks),
    cmocka_unit_test (test_cancel),      cmocka_unit_test (test_pause),          cmocka_unit_test (test_unasked),
    cmocka_unit_test (test_pause_ends_at_once), cmocka_unit_test (test_beside_message),
    cmocka_unit_test (test_close),       cmocka_unit_test (test_delete),         cmocka_unit_test (test_delete_message),
    cmocka_unit_test (test_disappears),  cmocka_unit_test (test_history),        cmocka_unit_test (test_commands),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
