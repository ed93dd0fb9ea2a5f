/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_transfer_trouble.c - files on their way when something breaks: daemons, paths, sources, disks, keys. */
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

#define SIZE (16 * BLOCK + 17)

/* What is to happen to the disk: the next writes fail with this; linked by -Wl,--wrap=cf_file_sink_write. */
static gpg_err_code_t disk_fails;
static int writes_left;

gpg_error_t __real_cf_file_sink_write (struct cf_file_sink *s, uint64_t index, const uint8_t *data, size_t len);
gpg_error_t __wrap_cf_file_sink_write (struct cf_file_sink *s, uint64_t index, const uint8_t *data, size_t len);

gpg_error_t
__wrap_cf_file_sink_write (struct cf_file_sink *s, uint64_t index, const uint8_t *data, size_t len)
{
  if (disk_fails && writes_left-- <= 0)
    return cf_err (disk_fails);
  return __real_cf_file_sink_write (s, index, data, len);
}

/* The result gets its name, and nobody hears of it. */
static bool lose_name;

gpg_error_t __real_cf_file_sink_finish (struct cf_file_sink *s, const void *name, size_t name_len, char **r_path);
gpg_error_t __wrap_cf_file_sink_finish (struct cf_file_sink *s, const void *name, size_t name_len, char **r_path);

gpg_error_t
__wrap_cf_file_sink_finish (struct cf_file_sink *s, const void *name, size_t name_len, char **r_path)
{
  gpg_error_t err = __real_cf_file_sink_finish (s, name, name_len, r_path);

  if (err || !lose_name)
    return err;
  free (*r_path);
  *r_path = NULL;
  return cf_err (GPG_ERR_EIO);
}

/* Whatever is left of it: what is sent when it is allowed again. */
static int passes;

static int
hold (struct sim *sim, struct sim_node *from, const struct cf_fpr *to, uint8_t *data, size_t len)
{
  (void) sim, (void) from, (void) to, (void) data, (void) len;
  return passes-- > 0 ? SIM_FRAME_PASS : SIM_FRAME_DROP;
}

/* Alice offers her file F, and Bob has accepted it. */
static void
begin (struct pair *p, char t[ID_SIZE])
{
  offer (p->a, p->id, path_of (p->a, "f"), t);
  assert_int_equal (accept_file (p->b, t), 0);
}

static struct pair
half_way (uint64_t seed, char t[ID_SIZE])
{
  struct pair p = file_pair (seed);

  make_file (path_of (p.a, "f"), SIZE, (unsigned) seed);
  passes = 10;
  p.sim->bulk = hold;
  begin (&p, t);
  sim_run (p.sim, 5000);
  assert_int_equal (transfer_of (p.b, p.id, t)->row.done, 10 * BLOCK);
  p.sim->bulk = NULL;
  return p;
}

/* It arrives, whole, once. */
static void
assert_arrives (struct pair *p, const char *t, unsigned seed)
{
  assert_true (wait_state (p->b, t, "done", 300000));
  assert_true (wait_state (p->a, t, "done", 60000));
  assert_true (is_file (path_of (p->b, "f"), SIZE, seed));
  assert_int_equal (entries_of (p->b), 1);
}

/* --- daemons and paths --- */

/* One side dies after K ms, for each K until it would have been done by then. */
static void
test_crash_each_step (void **state)
{
  struct pair p = file_pair (1);
  char t[ID_SIZE];
  bool done = false;

  (void) state;
  make_file (path_of (p.a, "f"), SIZE, 1);
  for (unsigned k = 0; !done; k++) {
    struct sim_node *node = k % 2 ? p.a : p.b;

    begin (&p, t);
    sim_run (p.sim, k / 2);
    done = is_state (p.b, t, "done") && is_state (p.a, t, "done");
    sim_node_crash (node, k % 4 > 1);
    assert_int_equal (sim_node_start (node), 0);
    assert_arrives (&p, t, 1);
    assert_int_equal (unlink (path_of (p.b, "f")), 0);
    assert_true (k < 200);
  }
  pair_free (&p);
}

static void
test_cut_each_step (void **state)
{
  struct pair p = file_pair (2);
  char t[ID_SIZE];
  bool done = false;

  (void) state;
  make_file (path_of (p.a, "f"), SIZE, 2);
  for (unsigned k = 0; !done; k++) {
    begin (&p, t);
    sim_run (p.sim, k);
    done = is_state (p.b, t, "done") && is_state (p.a, t, "done");
    sim_cut (p.sim, p.a, p.b, true);
    sim_run (p.sim, k % 2 ? 60000 : 1000);
    sim_cut (p.sim, p.a, p.b, false);
    assert_arrives (&p, t, 2);
    assert_int_equal (unlink (path_of (p.b, "f")), 0);
    assert_true (k < 200);
  }
  pair_free (&p);
}

/* What was not written down is fetched again, and nothing else. */
static void
test_resume (void **state)
{
  char t[ID_SIZE];
  struct pair p = half_way (3, t);

  (void) state;
  passes = 1000;
  p.sim->bulk = hold; /* which counts */
  sim_node_crash (p.b, false);
  assert_int_equal (sim_node_start (p.b), 0);
  assert_arrives (&p, t, 3);
  assert_int_equal (1000 - passes, SIZE / BLOCK + 1 - 10);
  pair_free (&p);
}

/* Somebody has tidied up. */
static void
test_part_is_gone (void **state)
{
  char t[ID_SIZE], part[64];
  struct pair p = half_way (4, t);

  (void) state;
  sim_node_crash (p.b, false);
  snprintf (part, sizeof part, ".confab-%.8s.part", t);
  if (unlink (path_of (p.b, part)) != 0) {
    char *command = cf_sprintf ("rm -f %s/.confab-*", path_of (p.b, ""));

    assert_int_equal (system (command), 0);
    free (command);
  }
  assert_int_equal (entries_of (p.b), 0);
  assert_int_equal (sim_node_start (p.b), 0);
  assert_arrives (&p, t, 4);
  pair_free (&p);
}

/* It has its name, and nothing else: the store has not been told. */
static void
test_crash_behind_the_name (void **state)
{
  char t[ID_SIZE];
  struct pair p = half_way (12, t);
  json_t *row;

  (void) state;
  lose_name = true;
  assert_true (wait_state (p.b, t, "paused", 60000)); /* as if it had failed; so it is COMPLETE in the store */
  lose_name = false;
  assert_int_equal (entries_of (p.b), 1);
  sim_node_crash (p.b, false);
  assert_int_equal (sim_node_start (p.b), 0);
  sim_run (p.sim, 20000);
  assert_int_equal (sim_do (p.b, "RESUME", NULL, t, NULL), 0);
  assert_arrives (&p, t, 12); /* once */
  row = transfer_row (p.b, t);
  assert_string_equal (json_string_value (json_object_get (row, "path")), path_of (p.b, "f"));
  json_decref (row);
  pair_free (&p);
}

/* The same of a directory, whose name is all that it has of its own. */
static void
test_crash_behind_the_name_of_a_directory (void **state)
{
  struct pair p = file_pair (13);
  char t[ID_SIZE];
  json_t *row;

  (void) state;
  assert_int_equal (mkdir (path_of (p.a, "d"), 0700), 0);
  make_file (path_of (p.a, "d/one"), 3 * BLOCK + 5, 1);
  make_file (path_of (p.a, "d/two"), 7, 2);
  offer (p.a, p.id, path_of (p.a, "d"), t);
  assert_true (wait_offer (p.b, t));
  lose_name = true;
  assert_int_equal (accept_file (p.b, t), 0);
  assert_true (wait_state (p.b, t, "paused", 60000));
  lose_name = false;
  assert_int_equal (entries_of (p.b), 2); /* it, and what is left of the part */
  sim_node_crash (p.b, false);
  assert_int_equal (sim_node_start (p.b), 0);
  sim_run (p.sim, 20000);
  assert_int_equal (sim_do (p.b, "RESUME", NULL, t, NULL), 0);
  assert_true (wait_state (p.b, t, "done", 60000));
  assert_true (wait_state (p.a, t, "done", 10000));
  assert_int_equal (entries_of (p.b), 1); /* once */
  assert_true (is_file (path_of (p.b, "d/one"), 3 * BLOCK + 5, 1));
  assert_true (is_file (path_of (p.b, "d/two"), 7, 2));
  row = transfer_row (p.b, t);
  assert_string_equal (json_string_value (json_object_get (row, "path")), path_of (p.b, "d"));
  json_decref (row);
  pair_free (&p);
}

/* It is cancelled, both know, and the daemon dies before the part is removed: the next life does that. */
static void
test_crash_before_the_part_is_removed (void **state)
{
  char t[ID_SIZE];
  struct pair p = half_way (14, t);

  (void) state;
  assert_int_equal (sim_do (p.b, "CANCEL", NULL, t, NULL), 0);
  sim_node_crash (p.b, false);
  assert_int_equal (entries_of (p.b), 1);
  assert_int_equal (sim_node_start (p.b), 0);
  assert_true (wait_state (p.a, t, "cancelled", 60000));
  sim_run (p.sim, 5000);
  assert_int_equal (entries_of (p.b), 0);
  assert_null (transfer_of (p.b, p.id, t)); /* and it is settled */
  pair_free (&p);
}

/* What came before a pause is kept at once. */
static void
test_pause_keeps (void **state)
{
  char t[ID_SIZE];
  struct pair p = half_way (15, t);
  json_t *row = transfer_row (p.b, t);
  const json_int_t there = json_integer_value (json_object_get (row, "done"));

  (void) state;
  json_decref (row);
  assert_true (there > 0);
  assert_int_equal (sim_do (p.b, "PAUSE", NULL, t, NULL), 0);
  sim_run (p.sim, 50);
  sim_node_crash (p.b, false);
  assert_int_equal (sim_node_start (p.b), 0);
  row = transfer_row (p.b, t);
  assert_true (json_integer_value (json_object_get (row, "done")) >= there);
  json_decref (row);
  assert_int_equal (sim_do (p.b, "RESUME", NULL, t, NULL), 0);
  assert_arrives (&p, t, 15);
  pair_free (&p);
}

/* Ours has failed for what can be mended: it is offered once more. */
static void
test_offered_again (void **state)
{
  struct pair p = file_pair (16);
  char t[ID_SIZE], again[ID_SIZE];
  struct sim_command *call;
  json_t *row;

  (void) state;
  make_file (path_of (p.a, "f"), 3 * BLOCK, 16);
  offer (p.a, p.id, path_of (p.a, "f"), t);
  assert_true (wait_offer (p.b, t));
  assert_int_equal (rename (path_of (p.a, "f"), path_of (p.a, "g")), 0);
  assert_int_equal (accept_file (p.b, t), 0);
  assert_true (wait_state (p.a, t, "failed", 60000));
  assert_true (wait_state (p.b, t, "failed", 60000));
  row = transfer_row (p.b, t);
  assert_false (json_is_true (json_object_get (row, "can_retry")));
  json_decref (row);
  row = transfer_row (p.a, t);
  assert_true (json_is_true (json_object_get (row, "can_retry")));
  json_decref (row);
  assert_int_equal (gpg_err_code (sim_do (p.a, "RESUME", NULL, t, NULL)), GPG_ERR_NOT_FOUND); /* still gone */
  assert_int_equal (rename (path_of (p.a, "g"), path_of (p.a, "f")), 0);
  call = sim_call (p.a, "RESUME", NULL, t, NULL);
  assert_true (sim_wait (call, 10000));
  assert_int_equal (call->err, 0);
  snprintf (again, sizeof again, "%s", sim_text (call, 0, "transfer"));
  sim_command_free (call);
  assert_string_not_equal (again, t);
  assert_true (wait_offer (p.b, again));
  assert_int_equal (accept_file (p.b, again), 0);
  assert_true (wait_state (p.b, again, "done", 60000));
  assert_true (is_file (path_of (p.b, "f"), 3 * BLOCK, 16));
  pair_free (&p);
}

/* --- sources --- */

/* Other bytes, as many: what was sent before is found at the end, and sent again. */
static void
test_changes (void **state)
{
  char t[ID_SIZE];
  struct pair p = half_way (5, t);
  FILE *fp;

  (void) state;
  fp = fopen (path_of (p.a, "f"), "r+b");
  assert_non_null (fp);
  fputs ("other bytes", fp);
  assert_int_equal (fseek (fp, 14 * BLOCK, SEEK_SET), 0);
  fputs ("here, too", fp);
  fclose (fp);
  assert_true (wait_state (p.b, t, "done", 300000));
  assert_false (is_file (path_of (p.b, "f"), SIZE, 5));
  {
    char *command = cf_sprintf ("cmp -s %s %s", path_of (p.a, "f"), path_of (p.b, "f"));

    assert_int_equal (system (command), 0);
    free (command);
  }
  assert_true (wait_state (p.a, t, "done", 10000));
  pair_free (&p);
}

/* It changes when all of it has been sent and the root is said: another root follows. */
static void
test_changes_at_the_end (void **state)
{
  char t[ID_SIZE];
  struct pair p = half_way (6, t);

  (void) state;
  sim_node_crash (p.b, false);
  make_file (path_of (p.a, "f"), SIZE, 60); /* all of it */
  assert_int_equal (sim_node_start (p.b), 0);
  assert_arrives (&p, t, 60);
  pair_free (&p);
}

static void
assert_fails (uint64_t seed, void (*spoil) (const char *path), const char *why)
{
  char t[ID_SIZE];
  struct pair p = half_way (seed, t);
  json_t *row;

  spoil (path_of (p.a, "f"));
  assert_true (wait_state (p.b, t, "failed", 300000));
  assert_true (wait_state (p.a, t, "failed", 10000));
  for (int i = 0; i < 2; i++) {
    row = transfer_row (i ? p.a : p.b, t);
    assert_string_equal (json_string_value (json_object_get (row, "reason")), why);
    json_decref (row);
  }
  sim_run (p.sim, 1000);
  assert_int_equal (entries_of (p.b), 0);
  pair_free (&p);
}

static void
shrink (const char *path)
{
  assert_int_equal (truncate (path, SIZE / 2), 0);
}

static void
grow (const char *path)
{
  assert_int_equal (truncate (path, SIZE + 1), 0);
}

static void
vanish (const char *path)
{
  assert_int_equal (unlink (path), 0);
}

static void
test_sources_fail (void **state)
{
  (void) state;
  assert_fails (7, shrink, "The file was changed while it was sent");
  assert_fails (8, grow, "The file was changed while it was sent");
  assert_fails (9, vanish, "The file is no longer there");
}

/* --- disks --- */

/* A file is on its way, and after ten blocks of it Bob's disk fails with CODE. */
static struct pair
disk_failing (unsigned seed, gpg_err_code_t code, char t[ID_SIZE])
{
  struct pair p = file_pair (seed);

  make_file (path_of (p.a, "f"), SIZE, seed);
  disk_fails = code;
  writes_left = 10;
  begin (&p, t);
  assert_true (wait_state (p.b, t, "paused", 60000));
  return p;
}

/* The disk is well again: Bob goes on, and all of it comes. */
static void
assert_resumed (struct pair *p, const char *t, unsigned seed)
{
  disk_fails = 0;
  assert_int_equal (sim_do (p->b, "RESUME", NULL, t, NULL), 0);
  assert_arrives (p, t, seed);
  pair_free (p);
}

static void
test_disk_full (void **state)
{
  char t[ID_SIZE];
  struct pair p = disk_failing (10, GPG_ERR_ENOSPC, t);
  json_t *row;

  (void) state;
  assert_true (wait_state (p.a, t, "paused", 10000));
  row = transfer_row (p.b, t);
  assert_string_equal (json_string_value (json_object_get (row, "paused_by")), "us");
  assert_non_null (strstr (json_string_value (json_object_get (row, "reason")), "no space"));
  json_decref (row);
  sim_run (p.sim, 60000);
  assert_int_equal (transfer_of (p.b, p.id, t)->row.done, 10 * BLOCK);
  assert_resumed (&p, t, 10);
}

/* What the disk says is a sentence of ours, which clients know in the reader's language. */
static void
test_disk_read_only (void **state)
{
  char t[ID_SIZE];
  struct pair p = disk_failing (17, GPG_ERR_EROFS, t);
  json_t *row;

  (void) state;
  row = transfer_row (p.b, t);
  assert_string_equal (json_string_value (json_object_get (row, "reason_code")), "PAUSED_DISK");
  assert_string_equal (json_string_value (json_array_get (json_object_get (row, "reason_args"), 0)),
                       cf_err_info (cf_err (GPG_ERR_EROFS))->message);
  json_decref (row);
  assert_resumed (&p, t, 17);
}

/* --- people and keys --- */

static void
test_blocked (void **state)
{
  char t[ID_SIZE];
  struct pair p = half_way (11, t);

  (void) state;
  assert_int_equal (sim_do (p.b, "BLOCK", NULL, p.fpr_a, NULL), 0);
  sim_run (p.sim, 120000);
  assert_int_equal (transfer_of (p.b, p.id, t)->row.done, 10 * BLOCK);
  assert_int_equal (sim_do (p.b, "UNBLOCK", NULL, p.fpr_a, NULL), 0);
  assert_arrives (&p, t, 11);
  pair_free (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_crash_each_step), cmocka_unit_test (test_cut_each_step),
    cmocka_unit_test (test_resume),          cmocka_unit_test (test_part_is_gone),
    cmocka_unit_test (test_crash_behind_the_name), cmocka_unit_test (test_crash_behind_the_name_of_a_directory),
    cmocka_unit_test (test_crash_before_the_part_is_removed), cmocka_unit_test (test_pause_keeps),
    cmocka_unit_test (test_offered_again),
    cmocka_unit_test (test_changes),         cmocka_unit_test (test_changes_at_the_end),
    cmocka_unit_test (test_sources_fail),    cmocka_unit_test (test_disk_full),
    cmocka_unit_test (test_disk_read_only),
    cmocka_unit_test (test_blocked),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
