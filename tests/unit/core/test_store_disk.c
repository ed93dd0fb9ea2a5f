/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_store_disk.c - the store on a disk whose every operation fails in turn, or fills up, or loses its power there.
 *
 * A life of the store is a row of steps, each one transaction that also counts itself.  Whatever happens: a step that
 * said 0 is there for good; one that failed is wholly there or not at all, and not at all while the store stays open;
 * what is there holds together; and the next attempt works.  So for a store on its way to another version of the schema.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secmem.h"
#include "core/store/internal.h"
#include "core/store/store_conversation.h"
#include "core/store/store_event.h"
#include "core/store/store_message.h"
#include "core/store/store_self.h"
#include "tests/sim/sim_disk.h"

#define LUCKS 4 /* each with another remainder of what was not synced; the first with all of it */
#define STRIDE 11 /* between operations that fail; CF_INJECT in the environment: 1 ("make inject") */
#define LONG_TEXT 30000

static const uint8_t conv_id[CF_CONVERSATION_ID_LEN] = "conversation  1";

struct life {
  struct cf_env env;
  char dir[64], path[96];
  uint8_t key[CF_STORE_KEY_LEN];
  const struct store_step *steps; /* of the schema */
  size_t step_count;
  struct cf_store *store;
  struct cf_conversation conv;
  unsigned done;                  /* steps that said 0 */
  uint64_t faults;
};

/* ---- the steps ---- */

static gpg_error_t
name_us (struct life *l, unsigned step)
{
  (void) step;
  return cf_store_setting_set (l->store, "name", "Ada");
}

static gpg_error_t
meet_bob (struct life *l, unsigned step)
{
  (void) step;
  memset (&l->conv, 0, sizeof l->conv);
  memcpy (l->conv.id, conv_id, sizeof conv_id);
  l->conv.peer.version = 4;
  l->conv.peer.len = 20;
  l->conv.state = CF_CONVERSATION_OPEN;
  return cf_store_conversation_save (l->store, &l->conv);
}

static gpg_error_t
add_message (struct life *l, bool outgoing, uint64_t sequence, const char *text)
{
  struct cf_message_row m = { .outgoing = outgoing, .sequence = sequence, .text = text, .text_len = strlen (text) };
  struct cf_envelope_row e = { .peer = l->conv.peer, .outgoing = outgoing, .acked = !outgoing, .first = sequence,
                               .number = sequence, .sealed = text, .sealed_len = strlen (text) };
  gpg_error_t err;

  memcpy (m.conversation, conv_id, sizeof conv_id);
  memcpy (e.conversation, conv_id, sizeof conv_id);
  m.id[0] = (uint8_t) (2 * sequence + outgoing);
  err = cf_store_message_add (l->store, &m);
  if (!err)
    err = cf_store_envelope_add (l->store, &e);
  if (!err)
    err = cf_store_conversation_save (l->store, &l->conv);
  return err;
}

static gpg_error_t
say (struct life *l, unsigned step)
{
  l->conv.sent_sequence = step - 2;
  return add_message (l, true, step - 2, "a word among friends");
}

static gpg_error_t
hear (struct life *l, unsigned step)
{
  (void) step;
  l->conv.received_sequence = 1;
  return add_message (l, false, 1, "a word in return");
}

static gpg_error_t
say_much (struct life *l, unsigned step)
{
  static char text[LONG_TEXT];

  (void) step;
  memset (text, 'x', sizeof text - 1);
  memcpy (text, "word ", 5);
  l->conv.sent_sequence = 4;
  return add_message (l, true, 4, text);
}

static gpg_error_t
settle (struct life *l, unsigned step)
{
  gpg_error_t err;

  (void) step;
  err = cf_store_envelope_settle (l->store, conv_id, 1, 3);
  if (!err)
    err = cf_store_message_raise (l->store, conv_id, true, 1, 3, CF_MESSAGE_DELIVERED, 5000, NULL, NULL);
  return err;
}

static gpg_error_t
forget (struct life *l, unsigned step)
{
  gpg_error_t err;

  (void) step;
  err = cf_store_message_forget (l->store, conv_id);
  if (!err)
    err = cf_store_conversation_delete (l->store, conv_id);
  return err;
}

/* What there is after each step. */
static const struct {
  gpg_error_t (*take) (struct life *l, unsigned step);
  int messages, envelopes, waiting, delivered, conversations;
} story[] = {
  { NULL, 0, 0, 0, 0, 0 },
  { name_us, 0, 0, 0, 0, 0 },
  { meet_bob, 0, 0, 0, 0, 1 },
  { say, 1, 1, 1, 0, 1 },
  { say, 2, 2, 2, 0, 1 },
  { say, 3, 3, 3, 0, 1 },
  { hear, 4, 4, 3, 0, 1 },
  { say_much, 5, 5, 4, 0, 1 },
  { settle, 5, 5, 1, 3, 1 },
  { forget, 0, 1, 1, 0, 0 }, /* what waits is an orphan */
};

#define STEPS (sizeof story / sizeof *story - 1)
#define REOPEN_AFTER 5

static gpg_error_t
step (struct life *l)
{
  unsigned n = l->done + 1;
  char text[16];
  uint64_t cursor;
  gpg_error_t err;

  snprintf (text, sizeof text, "%u", n);
  err = cf_store_begin (l->store);
  if (err)
    return err;
  err = story[n].take (l, n);
  if (!err)
    err = cf_store_event_add (l->store, 1000 + n, text, &cursor);
  if (!err)
    err = cf_store_setting_set (l->store, "step", text);
  cf_store_end (l->store, &err);
  if (!err)
    l->done = n;
  return err;
}

/* ---- looking ---- */

static int
number (struct life *l, const char *sql)
{
  gpg_error_t err;
  struct cf_stmt *s = cf_stmt (l->store, sql);
  int n = -1;

  if (cf_stmt_step (s, &err)) {
    n = (int) cf_column_int (s, 0);
    cf_stmt_reset (s);
  }
  assert_int_equal (err, 0);
  return n;
}

/* The steps that are there; all of each is. */
static unsigned
look (struct life *l)
{
  unsigned n = (unsigned) number (l, "SELECT COALESCE (MAX (CAST (value AS INTEGER)), 0) FROM setting WHERE key = 'step'");
  struct cf_stmt *s;
  gpg_error_t err;

  assert_in_range (n, 0, STEPS);
  assert_int_equal (number (l, "SELECT count(*) FROM event"), n);
  assert_int_equal (number (l, "SELECT count(*) FROM setting WHERE key = 'name'"), n > 0);
  assert_int_equal (number (l, "SELECT count(*) FROM message"), story[n].messages);
  assert_int_equal (number (l, "SELECT count(*) FROM message_text WHERE message_text MATCH 'word'"), story[n].messages);
  assert_int_equal (number (l, "SELECT count(*) FROM message WHERE state = 3"), story[n].delivered);
  assert_int_equal (number (l, "SELECT count(*) FROM envelope"), story[n].envelopes);
  assert_int_equal (number (l, "SELECT count(*) FROM envelope WHERE acked = 0"), story[n].waiting);
  assert_int_equal (number (l, "SELECT count(*) FROM conversation"), story[n].conversations);
  assert_int_equal (number (l, "SELECT count(*) FROM used_id"), n > 1);
  s = cf_stmt (l->store, "PRAGMA integrity_check");
  assert_true (cf_stmt_step (s, &err));
  assert_string_equal (cf_column_text (s, 0), "ok");
  cf_stmt_reset (s);
  return n;
}

/* ---- a life, with a fault at operation N ---- */

static gpg_error_t
open_store (struct life *l)
{
  return store_open (&l->env, l->path, l->key, l->steps, l->step_count, &l->store);
}

static void
close_store (struct life *l)
{
  cf_store_close (l->store);
  l->store = NULL;
}

/* What failed met the fault, and says so.  A salt that cannot be read when the store is opened looks to SQLCipher like
   another's. */
static void
check_error (struct life *l, gpg_error_t err, enum sim_disk_fault fault)
{
  gpg_err_code_t code = gpg_err_code (err);

  assert_true (sim_disk_met ());
  if (fault == SIM_DISK_FULL)
    assert_int_equal (code, GPG_ERR_ENOSPC);
  else if (code == CF_ERR_STORE)
    assert_null (l->store);
  else if (code != GPG_ERR_EIO && code != GPG_ERR_EACCES)
    fail_msg ("a fault of the disk is called %s", gpg_strerror (err));
  l->faults++;
}

/* Open, or again where the fault hit.  False: nothing works any more. */
static bool
begin (struct life *l, enum sim_disk_fault fault)
{
  gpg_error_t err = open_store (l);

  if (!err)
    return true;
  check_error (l, err, fault);
  assert_null (l->store);
  if (fault == SIM_DISK_GONE)
    return false;
  sim_disk_fail (SIM_DISK_WELL, NULL, 0);
  assert_int_equal (gpg_err_code (open_store (l)), 0);
  return true;
}

static bool
go_on (struct life *l, enum sim_disk_fault fault)
{
  while (l->done < STEPS) {
    gpg_error_t err = step (l);

    if (err) {
      check_error (l, err, fault);
      if (fault == SIM_DISK_GONE)
        return false;
      assert_int_equal (look (l), l->done);
      sim_disk_fail (SIM_DISK_WELL, NULL, 0);
      assert_int_equal (step (l), 0);
    }
    if (l->done == REOPEN_AFTER) {
      close_store (l);
      if (!begin (l, fault))
        return false;
    }
  }
  return true;
}

/* With FAULT at operation N; true: it was met. */
static bool
live (struct life *l, enum sim_disk_fault fault, uint64_t n, uint64_t luck)
{
  unsigned there;
  bool met;

  sim_disk_new (n * 31 + luck);
  l->done = 0;
  sim_disk_fail (fault, l->dir, n);
  if (begin (l, fault))
    go_on (l, fault);
  met = sim_disk_met ();
  close_store (l);
  met = met || sim_disk_met ();
  sim_disk_fail (SIM_DISK_WELL, NULL, 0);
  if (luck)
    sim_disk_power (NULL);
  /* Another life, on a disk that works: what failed last may be there. */
  assert_int_equal (gpg_err_code (open_store (l)), 0);
  there = look (l);
  assert_in_range (there, l->done, l->done + (l->done < STEPS));
  l->done = there;
  assert_true (go_on (l, SIM_DISK_WELL));
  assert_int_equal (look (l), STEPS);
  close_store (l);
  sim_disk_free ();
  return met;
}

/* The same for a store that comes to a newer version of the schema; here the fault is met after the first five steps. */
static bool
migrate (struct life *l, enum sim_disk_fault fault, uint64_t n, uint64_t luck)
{
  struct store_step *steps = calloc (store_step_count + 1, sizeof *steps);
  gpg_error_t err;
  bool met;

  assert_non_null (steps);
  memcpy (steps, store_steps, store_step_count * sizeof *steps);
  steps[store_step_count].parts[0] = "ALTER TABLE message ADD COLUMN star INTEGER NOT NULL DEFAULT 5;";
  steps[store_step_count].parts[1] = "CREATE TABLE copy AS SELECT * FROM message; DELETE FROM setting WHERE key = 'name';"
                                     "INSERT INTO setting VALUES ('name', 'Eve');";
  sim_disk_new (n * 31 + luck);
  l->done = 0;
  assert_int_equal (gpg_err_code (open_store (l)), 0);
  while (l->done < REOPEN_AFTER)
    assert_int_equal (step (l), 0);
  close_store (l);
  l->steps = steps;
  l->step_count = store_step_count + 1;
  sim_disk_fail (fault, l->dir, n);
  err = open_store (l);
  if (err)
    check_error (l, err, fault);
  close_store (l);
  met = sim_disk_met ();
  sim_disk_fail (SIM_DISK_WELL, NULL, 0);
  if (luck)
    sim_disk_power (NULL);
  assert_int_equal (gpg_err_code (open_store (l)), 0);
  assert_int_equal (look (l), REOPEN_AFTER);
  assert_int_equal (number (l, "PRAGMA user_version"), store_step_count + 1);
  assert_int_equal (number (l, "SELECT sum (star) FROM copy"), 5 * story[REOPEN_AFTER].messages);
  close_store (l);
  sim_disk_free ();
  free (steps);
  l->steps = store_steps;
  l->step_count = store_step_count;
  return met;
}

/* LUCK: from no loss of power at all (the process was killed, or only met an error) to different ones. */
static void
run_all (struct life *l, bool (*run) (struct life *l, enum sim_disk_fault fault, uint64_t n, uint64_t luck),
         enum sim_disk_fault fault, uint64_t lucks)
{
  uint64_t stride = getenv ("CF_INJECT") ? 1 : STRIDE, n = 1, count = 0, first = 0;

  l->faults = 0;
  for (uint64_t luck = 0; luck < lucks; luck++) {
    for (n = 1 + first++ % stride; run (l, fault, n, luck); n += stride)
      count++;
    assert_true (n > 20);
  }
  print_message ("# a fault at each%s of about %llu operations: %llu lives, %llu times the caller was told\n",
                 stride > 1 ? " eleventh" : "", (unsigned long long) n - 1, (unsigned long long) count,
                 (unsigned long long) l->faults);
}

/* ---- the tests ---- */

static int
setup (void **state)
{
  struct life *l = calloc (1, sizeof *l);

  assert_non_null (l);
  cf_env_system_init (&l->env, CF_LOG_ERROR);
  l->env.log = NULL; /* faults are reported to the log, and are wanted here */
  strcpy (l->dir, "/tmp/cf-disk-XXXXXX");
  assert_non_null (mkdtemp (l->dir));
  snprintf (l->path, sizeof l->path, "%s/db", l->dir);
  memset (l->key, 0x5a, sizeof l->key);
  l->steps = store_steps;
  l->step_count = store_step_count;
  *state = l;
  return 0;
}

static int
teardown (void **state)
{
  struct life *l = *state;

  unlink (l->path); /* its name is all that the real disk has of it */
  rmdir (l->dir);
  free (l);
  return 0;
}

static void
test_each_operation_fails_once (void **state)
{
  run_all (*state, live, SIM_DISK_ERROR, 2);
}

static void
test_disk_fills_up_at_each_operation (void **state)
{
  run_all (*state, live, SIM_DISK_FULL, 2);
}

static void
test_power_fails_at_each_operation (void **state)
{
  run_all (*state, live, SIM_DISK_GONE, LUCKS);
}

static void
test_migration_with_each_operation_failing (void **state)
{
  run_all (*state, migrate, SIM_DISK_ERROR, 2);
}

static void
test_migration_on_a_disk_that_fills_up (void **state)
{
  run_all (*state, migrate, SIM_DISK_FULL, 2);
}

static void
test_migration_and_power_fails (void **state)
{
  run_all (*state, migrate, SIM_DISK_GONE, LUCKS);
}

#define T(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (test_each_operation_fails_once),
    T (test_disk_fills_up_at_each_operation),
    T (test_power_fails_at_each_operation),
    T (test_migration_with_each_operation_failing),
    T (test_migration_on_a_disk_that_fills_up),
    T (test_migration_and_power_fails),
  };

  if (cf_secmem_setup ())
    return 1;
  return cmocka_run_group_tests_name ("store_disk", tests, NULL, NULL);
}
