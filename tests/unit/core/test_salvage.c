/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_salvage.c - a store is damaged in every way a disk knows: what is left of it is whole, holds together and is as it
 * was written; what was damaged is kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/text.h"
#include "core/conversation.h"
#include "core/settings.h"
#include "core/store/files.h"
#include "core/store/internal.h"
#include "core/store/salvage.h"
#include "core/store/store_self.h"

#define CONVERSATIONS 12
#define MESSAGES 480 /* of all; half of them ours, and of those the last two of each not acknowledged */
#define FLIPS 100     /* stores that are damaged */
#define FLIPS_SLOW 10 /* of them under valgrind */
#define STORE_MAX ((size_t) 8 << 20)

struct fixture {
  struct cf_env env;
  char home[64], dir[96], path[128];
  uint8_t key[CF_STORE_KEY_LEN];
  struct cf_store *store;
  uint8_t *whole; /* the store before any damage */
  size_t len;
  struct cf_salvaged salvaged;
};

static void
run (struct fixture *f, const char *sql)
{
  assert_int_equal (store_exec (f->store, sql), 0);
}

/* MESSAGES of CONVERSATIONS, in turn. */
static void
fill (struct fixture *f)
{
  run (f, "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 479)"
          " INSERT INTO message (conversation, id, outgoing, sequence, kind, state, signature, sent, received, hash, previous,"
          " last_peer, text) SELECT zeroblob (15) || char (65 + i % 12), zeroblob (12) || printf ('%04d', i), (i / 12) % 2,"
          " i / 24 + 1, 'text', 3, 1, 1000 + i, 1000 + i, zeroblob (32), zeroblob (32), 0,"
          " 'text ' || i || ' ' || hex (zeroblob (i % 300)) FROM n");
  run (f, "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 11)"
          " INSERT INTO conversation (id, peer, state, asked, created, opened, closed, active, own_key, sent_sequence,"
          " received_sequence, sent_hash, received_hash, acked_sequence, read_sequence, peer_read_sequence, closed_by_peer,"
          " deleted) SELECT zeroblob (15) || char (65 + i), x'04' || zeroblob (19) || char (65 + i), 1, 0, 1, 1, 0, 1, NULL, 20,"
          " 20, zeroblob (32), zeroblob (32), 18, 0, 0, 0, 0 FROM n");
  run (f, "UPDATE message SET conversation = CAST (conversation AS BLOB), id = CAST (id AS BLOB)");
  run (f, "UPDATE conversation SET id = CAST (id AS BLOB), peer = CAST (peer AS BLOB)");
  run (f, "INSERT INTO used_id SELECT id FROM conversation");
  run (f, "INSERT INTO contact (fpr, contact, blocked, key_state, validity, last_seen, verified_at)"
          " SELECT peer, 1, 0, 0, 0, 0, 0 FROM conversation");
  run (f, "INSERT INTO device (fpr, number, key, not_before, not_after, tied, digest, addrs)"
          " SELECT peer, zeroblob (16), zeroblob (32), 0, 1, 1, zeroblob (32), '' FROM conversation");
  run (f, "INSERT INTO envelope (conversation, peer, outgoing, first, number, acked, orphan, ack, created, sealed)"
          " SELECT m.conversation, c.peer, m.outgoing, m.sequence, m.sequence, 1, 0, zeroblob (16), m.sent, zeroblob (m.row)"
          " FROM message m JOIN conversation c ON c.id = m.conversation");
  run (f, "INSERT INTO event (at, body) SELECT sent, '{\"event\":\"message\"}' FROM message");
  run (f, "INSERT INTO reaction SELECT row, 0, '+' FROM message WHERE row % 7 = 0");
  run (f, "INSERT INTO draft SELECT id, 'later' FROM conversation");
  run (f, "INSERT INTO setting VALUES ('name', 'Alice'), ('visibility', 'contacts')");
  run (f, "INSERT INTO message_text (message_text) VALUES ('rebuild')");
  run (f, "INSERT INTO self VALUES (1, x'04' || zeroblob (20), 'Alice', zeroblob (32), zeroblob (32), zeroblob (16), 1, 2,"
          " zeroblob (64), zeroblob (300))");
}

static int
setup (void **state)
{
  struct fixture *f = calloc (1, sizeof *f);

  assert_non_null (f);
  cf_env_system_init (&f->env, CF_LOG_ERROR);
  f->env.log = NULL; /* damage is told there, and is wanted here */
  snprintf (f->home, sizeof f->home, "%s/cf-salvage-XXXXXX", access ("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
  assert_non_null (mkdtemp (f->home));
  snprintf (f->dir, sizeof f->dir, "%s/store", f->home);
  snprintf (f->path, sizeof f->path, "%s/db", f->dir);
  assert_int_equal (mkdir (f->dir, 0700), 0);
  memset (f->key, 0x5a, sizeof f->key);
  assert_int_equal (cf_store_file_write (f->home, CF_STORE_KEY, "sealed", 6), 0);
  assert_int_equal (cf_store_file_write (f->home, CF_STORE_STATEMENT, "signed", 6), 0);
  assert_int_equal (cf_store_open (&f->env, f->path, f->key, &f->store), 0);
  fill (f);
  cf_store_close (f->store);
  f->store = NULL;
  assert_int_equal (cf_file_read (f->path, STORE_MAX, &f->whole, &f->len), 0);
  *state = f;
  return 0;
}

static void
remove_dir (const char *dir)
{
  DIR *d = opendir (dir);
  struct dirent *e;

  while (d && (e = readdir (d))) {
    char *path = cf_paths_join (dir, e->d_name);

    if (*e->d_name != '.' && unlink (path))
      remove_dir (path);
    free (path);
  }
  if (d)
    closedir (d);
  rmdir (dir);
}

static int
teardown (void **state)
{
  struct fixture *f = *state;

  cf_store_close (f->store);
  remove_dir (f->home);
  free (f->whole);
  free (f);
  return 0;
}

/* ---- damage, and what is left ---- */

static void
put (struct fixture *f, const uint8_t *data, size_t len)
{
  cf_store_close (f->store);
  f->store = NULL;
  unlink (f->path);
  assert_int_equal (cf_file_write (f->path, data, len), 0);
}

static gpg_error_t
salvage (struct fixture *f)
{
  gpg_error_t err;

  f->env.now_utc_ms++; /* a name of its own for what is kept */
  memset (&f->salvaged, 0, sizeof f->salvaged);
  err = cf_store_salvage (&f->env, f->home, f->key, &f->salvaged);
  if (!err)
    assert_int_equal (cf_store_open (&f->env, f->path, f->key, &f->store), 0);
  return err;
}

/* The first column of the first row; none: -1. */
static int64_t
number (struct fixture *f, const char *sql)
{
  sqlite3_stmt *stmt = NULL;
  int64_t n = -1;

  assert_int_equal (sqlite3_prepare_v2 (f->store->db, sql, -1, &stmt, NULL), SQLITE_OK);
  if (sqlite3_step (stmt) == SQLITE_ROW)
    n = sqlite3_column_int64 (stmt, 0);
  assert_int_equal (sqlite3_finalize (stmt), SQLITE_OK);
  return n;
}

static struct cf_salvaged_table *
table (struct fixture *f, const char *name)
{
  for (size_t i = 0; i < f->salvaged.count; i++)
    if (!strcmp (f->salvaged.tables[i].name, name))
      return &f->salvaged.tables[i];
  fail_msg ("no table %s", name);
  return NULL;
}

/* Nothing was made up, nothing leads nowhere, and what is there is what was written. */
static void
check_rest (struct fixture *f)
{
  assert_int_equal (number (f, "SELECT count (*) FROM message WHERE text IS NOT"
                               " 'text ' || (row - 1) || ' ' || hex (zeroblob ((row - 1) % 300))"), 0);
  assert_int_equal (number (f, "SELECT count (*) FROM message WHERE conversation NOT IN (SELECT id FROM conversation)"), 0);
  assert_int_equal (number (f, "SELECT count (*) FROM device WHERE fpr NOT IN (SELECT fpr FROM contact)"), 0);
  assert_int_equal (number (f, "SELECT count (*) FROM reaction WHERE message NOT IN (SELECT row FROM message)"), 0);
  assert_int_equal (number (f, "SELECT count (*) FROM conversation WHERE id NOT IN (SELECT id FROM used_id)"), 0);
  assert_int_equal (number (f, "SELECT count (*) FROM message WHERE outgoing AND sequence > 18 AND conversation IN"
                               " (SELECT id FROM conversation WHERE state = 1)"),
                    2 * number (f, "SELECT count (*) FROM conversation WHERE state = 1"));
  assert_true (number (f, "SELECT seq FROM sqlite_sequence WHERE name = 'event'") >= MESSAGES);
  assert_int_equal (number (f, "SELECT count (*) FROM message_text WHERE message_text MATCH 'text'"),
                    number (f, "SELECT count (*) FROM message"));
}

static bool
is_whole (struct fixture *f)
{
  sqlite3_stmt *stmt = NULL;
  bool ok;

  assert_int_equal (sqlite3_prepare_v2 (f->store->db, "PRAGMA integrity_check", -1, &stmt, NULL), SQLITE_OK);
  ok = sqlite3_step (stmt) == SQLITE_ROW && !strcmp ((const char *) sqlite3_column_text (stmt, 0), "ok");
  sqlite3_finalize (stmt);
  return ok && number (f, "PRAGMA foreign_key_check") == -1;
}

/* ---- the tests ---- */

/* What is whole comes through whole. */
static void
test_whole (void **state)
{
  struct fixture *f = *state;

  assert_int_equal (salvage (f), 0);
  for (size_t i = 0; i < f->salvaged.count; i++)
    assert_false (f->salvaged.tables[i].damaged);
  assert_int_equal (table (f, "message")->rows, MESSAGES);
  assert_int_equal (table (f, "envelope")->rows, MESSAGES);
  assert_int_equal (table (f, "event")->rows, MESSAGES);
  assert_int_equal (table (f, "conversation")->rows, CONVERSATIONS);
  assert_int_equal (table (f, "setting")->rows, 2);
  assert_int_equal (f->salvaged.missing, 0);
  assert_int_equal (f->salvaged.ended, 0);
  check_rest (f);
  assert_true (is_whole (f));
  assert_int_equal (number (f, "SELECT count (*) FROM setting WHERE value = 'contacts'"), 1);
}

/* Bytes are flipped, at FLIPS places, one or several at once. */
static void
test_flips (void **state)
{
  struct fixture *f = *state;
  size_t flips = getenv ("CF_VALGRIND") ? FLIPS_SLOW : FLIPS;
  size_t pages = f->len / STORE_PAGE_SIZE, refused = 0, whole = 0;
  uint64_t lost = 0;
  uint8_t *damaged = malloc (f->len);

  assert_non_null (damaged);
  for (size_t i = 0; i < flips; i++) {
    size_t first = 1 + i * (pages - 1) / flips;

    memcpy (damaged, f->whole, f->len);
    for (size_t n = 0; n <= i % 4; n++)
      damaged[(first + n * 17) % pages * STORE_PAGE_SIZE + i * 37 % STORE_PAGE_SIZE] ^= (uint8_t) (1 + i % 255);
    put (f, damaged, f->len);
    if (salvage (f)) {
      refused++; /* who we are, or the schema itself */
      continue;
    }
    check_rest (f);
    assert_true (is_whole (f));
    assert_int_equal (number (f, "SELECT count (*) FROM message") + (int64_t) f->salvaged.missing,
                      number (f, "SELECT sum (sent_sequence + received_sequence) FROM conversation"));
    whole += table (f, "message")->rows == MESSAGES;
    lost += MESSAGES - table (f, "message")->rows;
  }
  free (damaged);
  print_message ("# %zu pages; of %zu damaged stores %zu gave nothing, %zu every message, the rest all but %llu each\n", pages,
                 flips, refused, whole, (unsigned long long) (lost / (flips - refused - whole)));
  assert_true (refused <= flips / 10);
  assert_true (lost > 0 && lost < flips * MESSAGES / 20); /* a page at the root of a table takes all of it */
}

/* The file ends too early. */
static void
test_cut (void **state)
{
  struct fixture *f = *state;

  put (f, f->whole, f->len / 2 + 100);
  assert_int_equal (salvage (f), 0);
  assert_in_range (table (f, "message")->rows, 1, MESSAGES - 1);
  assert_true (table (f, "message")->damaged);
  check_rest (f);
  assert_true (is_whole (f));
}

/* What was damaged is kept with what opens it, and what cannot be read at all stays where it is. */
static void
test_kept (void **state)
{
  struct fixture *f = *state;
  char saved[160];
  uint8_t *data;
  size_t len;
  bool is_saved = true;

  f->whole[3] ^= 1; /* the salt */
  put (f, f->whole, f->len);
  assert_int_equal (gpg_err_code (salvage (f)), CF_ERR_STORE);
  assert_int_equal (cf_store_files_saved (f->home, &is_saved), 0);
  assert_false (is_saved);
  assert_int_equal (cf_file_read (f->path, STORE_MAX, &data, &len), 0);
  assert_int_equal (len, f->len);
  assert_memory_equal (data, f->whole, len);
  free (data);

  f->whole[3] ^= 1;
  f->whole[f->len - 100] ^= 1;
  put (f, f->whole, f->len);
  assert_int_equal (salvage (f), 0);
  assert_int_equal (cf_store_files_saved (f->home, &is_saved), 0);
  assert_true (is_saved);
  snprintf (saved, sizeof saved, "%s/store.saved-%lld/db", f->home, (long long) f->env.now_utc_ms);
  assert_int_equal (cf_file_read (saved, STORE_MAX, &data, &len), 0);
  assert_int_equal (len, f->len);
  assert_memory_equal (data, f->whole, len);
  free (data);
  snprintf (saved, sizeof saved, "%s/store.saved-%lld/key", f->home, (long long) f->env.now_utc_ms);
  assert_int_equal (access (saved, F_OK), 0);
  snprintf (saved, sizeof saved, "%s/db.damaged", f->dir);
  assert_int_equal (access (saved, F_OK), -1);
}

/* What stood in the log alone is there. */
static void
test_log (void **state)
{
  struct fixture *f = *state;
  char log[160];
  uint8_t *data, *tail;
  size_t len, tail_len;

  snprintf (log, sizeof log, "%s-wal", f->path);
  assert_int_equal (cf_store_open (&f->env, f->path, f->key, &f->store), 0);
  run (f, "INSERT INTO setting VALUES ('theme', 'dark')");
  assert_int_equal (cf_file_read (f->path, STORE_MAX, &data, &len), 0);
  assert_int_equal (cf_file_read (log, STORE_MAX, &tail, &tail_len), 0);
  put (f, data, len);
  assert_int_equal (cf_file_write (log, tail, tail_len), 0);
  free (data);
  free (tail);
  assert_int_equal (salvage (f), 0);
  assert_int_equal (number (f, "SELECT count (*) FROM setting WHERE key = 'theme'"), 1);
}

/* ---- what follows ---- */

/* The root of the table NAME is damaged. */
static void
damage_table (struct fixture *f, const char *name)
{
  uint8_t *damaged = malloc (f->len);
  char sql[80];
  int64_t page;

  assert_non_null (damaged);
  snprintf (sql, sizeof sql, "SELECT rootpage FROM sqlite_master WHERE name = '%s'", name);
  memcpy (damaged, f->whole, f->len);
  assert_int_equal (cf_store_open (&f->env, f->path, f->key, &f->store), 0);
  page = number (f, sql);
  assert_in_range (page, 2, f->len / STORE_PAGE_SIZE);
  damaged[(size_t) (page - 1) * STORE_PAGE_SIZE + 77] ^= 4;
  put (f, damaged, f->len);
  free (damaged);
}

/* Without who we are nothing is of use. */
static void
test_self (void **state)
{
  struct fixture *f = *state;

  damage_table (f, "self");
  assert_int_equal (gpg_err_code (salvage (f)), CF_ERR_STORE);
}

/* Rows of conversations are lost: what was said in them is read as in one that has ended. */
static void
test_conversations (void **state)
{
  struct fixture *f = *state;

  damage_table (f, "conversation");
  assert_int_equal (salvage (f), 0);
  assert_true (table (f, "conversation")->damaged);
  assert_int_equal (number (f, "SELECT count (*) FROM conversation WHERE state = 2 AND sent_sequence = 20"
                               " AND received_sequence = 20 AND substr (peer, 21, 1) = substr (id, 16, 1)"),
                    CONVERSATIONS);
  assert_int_equal (f->salvaged.ended, CONVERSATIONS);
  assert_int_equal (number (f, "SELECT count (*) FROM message"), MESSAGES);
  check_rest (f);
}

/* Settings are lost: nothing is shown that may have been private, nobody is asked who was not to be.  Each setting has been
   thought of: of those that are not named here the default does least. */
static void
test_settings (void **state)
{
  static const char *const least[] = { "name", "nodes", "listed", "pass-on", "notifications", "download-dir",
                                       "accept-files", "theme", "send-key", "log-level" };
  struct fixture *f = *state;
  int64_t given = 0, known = 0;

  damage_table (f, "setting");
  assert_int_equal (salvage (f), 0);
  assert_int_equal (number (f, "SELECT count (*) FROM setting WHERE key = 'visibility' AND value = 'nobody'"), 1);
  assert_int_equal (number (f, "SELECT count (*) FROM setting WHERE key IN ('receipts', 'typing') AND value = 'off'"), 2);
  assert_int_equal (number (f, "SELECT count (*) FROM setting WHERE key IN ('mailbox', 'port-mapping') AND value = 'off'"), 2);
  for (const struct cf_setting_def *def = cf_settings; def->key; def++, known++)
    for (size_t i = 0; i < sizeof least / sizeof *least; i++)
      given += !strcmp (def->key, least[i]);
  assert_int_equal (number (f, "SELECT count (*) FROM setting") + given, known);
}

/* Contacts are lost: what hangs on them goes, and is told. */
static void
test_contacts (void **state)
{
  struct fixture *f = *state;

  damage_table (f, "contact");
  assert_int_equal (salvage (f), 0);
  assert_true (table (f, "contact")->damaged && table (f, "device")->damaged);
  assert_int_equal (number (f, "SELECT count (*) FROM device"), 0);
  check_rest (f);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_whole, setup, teardown),
    cmocka_unit_test_setup_teardown (test_flips, setup, teardown),
    cmocka_unit_test_setup_teardown (test_cut, setup, teardown),
    cmocka_unit_test_setup_teardown (test_kept, setup, teardown),
    cmocka_unit_test_setup_teardown (test_log, setup, teardown),
    cmocka_unit_test_setup_teardown (test_self, setup, teardown),
    cmocka_unit_test_setup_teardown (test_conversations, setup, teardown),
    cmocka_unit_test_setup_teardown (test_settings, setup, teardown),
    cmocka_unit_test_setup_teardown (test_contacts, setup, teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
