/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_store.c - the encrypted database: keys, damage, versions, transactions, statements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secmem.h"
#include "core/store/store.h"
#include "core/store/store_event.h"
#include "core/store/store_self.h"

struct fixture {
  struct cf_env env;
  char dir[64], path[96];
  uint8_t key[CF_STORE_KEY_LEN];
  struct cf_store *store;
};

static int
setup (void **state)
{
  struct fixture *f = calloc (1, sizeof *f);

  assert_non_null (f);
  cf_env_system_init (&f->env, CF_LOG_ERROR);
  f->env.log = NULL; /* damage is reported to the log, and is wanted here */
  f->env.log_level = CF_LOG_ERROR;
  strcpy (f->dir, "/tmp/cf-store-XXXXXX");
  assert_non_null (mkdtemp (f->dir));
  snprintf (f->path, sizeof f->path, "%s/db", f->dir);
  memset (f->key, 0x5a, sizeof f->key);
  assert_int_equal (cf_store_open (&f->env, f->path, f->key, &f->store), 0);
  assert_int_equal (cf_stmt_run (cf_stmt (f->store, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE, c BLOB)")), 0);
  *state = f;
  return 0;
}

static int
teardown (void **state)
{
  struct fixture *f = *state;
  static const char *const names[] = { "", "-wal", "-shm", "-journal" };

  cf_store_close (f->store);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[128];

    snprintf (path, sizeof path, "%s%s", f->path, names[i]);
    unlink (path);
  }
  rmdir (f->dir);
  free (f);
  return 0;
}

static gpg_error_t
insert (struct fixture *f, const char *text)
{
  struct cf_stmt *s = cf_stmt (f->store, "INSERT INTO t (b) VALUES (?)");

  cf_bind_text (s, 1, text);
  return cf_stmt_run (s);
}

static int64_t
count (struct fixture *f)
{
  gpg_error_t err;
  struct cf_stmt *s = cf_stmt (f->store, "SELECT count(*) FROM t");
  int64_t n;

  assert_true (cf_stmt_step (s, &err));
  n = cf_column_int (s, 0);
  cf_stmt_reset (s);
  return n;
}

static void
reopen (struct fixture *f)
{
  cf_store_close (f->store);
  f->store = NULL;
  assert_int_equal (cf_store_open (&f->env, f->path, f->key, &f->store), 0);
}

static gpg_err_code_t
open_code (struct fixture *f)
{
  struct cf_store *store = NULL;
  gpg_error_t err = cf_store_open (&f->env, f->path, f->key, &store);

  assert_true (err ? !store : !!store);
  cf_store_close (store);
  return gpg_err_code (err);
}

/* ---- opening ---- */

static void
test_survives_reopening (void **state)
{
  struct fixture *f = *state;
  struct stat st;

  assert_int_equal (insert (f, "kept"), 0);
  reopen (f);
  assert_int_equal (count (f), 1);
  assert_int_equal (stat (f->path, &st), 0);
  assert_int_equal (st.st_mode & 0777, 0600);
}

static void
test_wrong_key_is_refused (void **state)
{
  struct fixture *f = *state;

  assert_int_equal (insert (f, "kept"), 0);
  cf_store_close (f->store);
  f->store = NULL;
  f->key[31] ^= 1;
  assert_int_equal (open_code (f), CF_ERR_STORE);
  f->key[31] ^= 1;
  assert_int_equal (open_code (f), 0);
}

static void
test_damaged_page_is_noticed (void **state)
{
  struct fixture *f = *state;
  uint8_t page[16];
  int fd;

  assert_int_equal (insert (f, "kept"), 0);
  cf_store_close (f->store);
  f->store = NULL;
  fd = open (f->path, O_RDWR | O_CLOEXEC);
  assert_true (fd >= 0);
  assert_int_equal (pread (fd, page, sizeof page, 1000), sizeof page);
  page[3] ^= 0x10;
  assert_int_equal (pwrite (fd, page, sizeof page, 1000), sizeof page);
  close (fd);
  assert_int_equal (open_code (f), CF_ERR_STORE);
}

static void
test_truncated_file_is_noticed (void **state)
{
  struct fixture *f = *state;

  cf_store_close (f->store);
  f->store = NULL;
  assert_int_equal (truncate (f->path, 4096 + 100), 0);
  assert_int_equal (open_code (f), CF_ERR_STORE);
}

static void
test_newer_version_is_refused (void **state)
{
  struct fixture *f = *state;

  assert_int_equal (cf_stmt_run (cf_stmt (f->store, "PRAGMA user_version = 9999")), 0);
  cf_store_close (f->store);
  f->store = NULL;
  assert_int_equal (open_code (f), GPG_ERR_UNKNOWN_VERSION);
}

static void
test_one_process_at_a_time (void **state)
{
  struct fixture *f = *state;

  assert_int_equal (insert (f, "kept"), 0);
  assert_int_equal (open_code (f), CF_ERR_RUNNING);
}

static void
test_missing_directory_is_told (void **state)
{
  struct fixture *f = *state;
  struct cf_store *store = NULL;

  assert_int_equal (gpg_err_code (cf_store_open (&f->env, "/nonexistent/dir/db", f->key, &store)), GPG_ERR_ENOENT);
  assert_null (store);
}

/* The superuser may write everywhere: he becomes nobody for this one. */
static void
test_read_only_directory_is_told (void **state)
{
  struct fixture *f = *state;
  const uid_t nobody = 65534, uid = geteuid ();
  char dir[80], saved[96];
  gpg_err_code_t code;

  snprintf (dir, sizeof dir, "%s/ro", f->dir);
  assert_int_equal (chmod (f->dir, 0711), 0);
  assert_int_equal (mkdir (dir, 0500), 0);
  assert_true (uid || !chown (dir, nobody, (gid_t) -1));
  strcpy (saved, f->path);
  snprintf (f->path, sizeof f->path, "%s/db", dir);
  assert_true (uid || !seteuid (nobody));
  code = open_code (f);
  assert_true (uid || !seteuid (uid));
  strcpy (f->path, saved);
  rmdir (dir);
  assert_int_equal (code, GPG_ERR_EACCES);
}

static bool
file_has (const char *path, const char *word)
{
  FILE *file = fopen (path, "r");
  static char data[1 << 20];
  size_t len;

  if (!file)
    return false;
  len = fread (data, 1, sizeof data, file);
  fclose (file);
  return memmem (data, len, word, strlen (word)) != NULL;
}

static void
test_files_hold_no_plaintext (void **state)
{
  struct fixture *f = *state;
  char wal[128];

  assert_int_equal (insert (f, "the quick brown fox"), 0);
  snprintf (wal, sizeof wal, "%s-wal", f->path);
  assert_int_equal (access (wal, F_OK), 0);
  assert_false (file_has (wal, "quick brown"));
  assert_false (file_has (f->path, "SQLite format"));
  cf_store_close (f->store);
  f->store = NULL;
  assert_false (file_has (f->path, "quick brown"));
  assert_false (file_has (f->path, "CREATE TABLE"));
}

static void
test_memory_store (void **state)
{
  struct fixture *f = *state;
  struct cf_store *store = NULL;

  assert_int_equal (cf_store_open (&f->env, ":memory:", f->key, &store), 0);
  assert_int_equal (cf_store_setting_set (store, "name", "x"), 0);
  cf_store_close (store);
}

/* ---- transactions ---- */

static int commits, rollbacks;

static void
hook (void *arg, bool committed)
{
  (void) arg;
  if (committed)
    commits++;
  else
    rollbacks++;
}

static void
test_nested_commit_writes_once (void **state)
{
  struct fixture *f = *state;

  commits = rollbacks = 0;
  cf_store_on_commit (f->store, hook, f);
  assert_false (cf_store_in_transaction (f->store));
  assert_int_equal (cf_store_begin (f->store), 0);
  assert_int_equal (cf_store_begin (f->store), 0);
  assert_int_equal (insert (f, "a"), 0);
  assert_int_equal (cf_store_commit (f->store), 0);
  assert_int_equal (commits, 0);
  assert_true (cf_store_in_transaction (f->store));
  assert_int_equal (cf_store_commit (f->store), 0);
  assert_int_equal (commits, 1);
  assert_int_equal (rollbacks, 0);
  assert_int_equal (count (f), 1);
}

static void
test_inner_rollback_spoils_the_whole (void **state)
{
  struct fixture *f = *state;
  gpg_error_t err = cf_err (GPG_ERR_TOO_LARGE);

  commits = rollbacks = 0;
  cf_store_on_commit (f->store, hook, f);
  assert_int_equal (cf_store_begin (f->store), 0);
  assert_int_equal (insert (f, "a"), 0);
  assert_int_equal (cf_store_begin (f->store), 0);
  cf_store_end (f->store, &err);
  assert_int_equal (gpg_err_code (err), GPG_ERR_TOO_LARGE);
  /* What follows is refused with the cause, and so is the commit. */
  assert_int_equal (gpg_err_code (insert (f, "b")), GPG_ERR_TOO_LARGE);
  assert_int_equal (gpg_err_code (cf_store_commit (f->store)), GPG_ERR_TOO_LARGE);
  assert_int_equal (commits, 0);
  assert_int_equal (rollbacks, 1);
  assert_int_equal (count (f), 0);
  assert_int_equal (insert (f, "c"), 0);
  assert_int_equal (count (f), 1);
}

static void
test_end_reports_the_first_error (void **state)
{
  struct fixture *f = *state;
  gpg_error_t err;

  assert_int_equal (cf_store_begin (f->store), 0);
  err = insert (f, "a");
  assert_int_equal (err, 0);
  err = insert (f, "a");
  assert_int_equal (gpg_err_code (err), GPG_ERR_DUP_VALUE);
  cf_store_end (f->store, &err);
  assert_int_equal (gpg_err_code (err), GPG_ERR_DUP_VALUE);
  assert_int_equal (count (f), 0);
}

static void
test_full_disk_rolls_back_and_heals (void **state)
{
  struct fixture *f = *state;
  gpg_error_t err = 0;
  struct cf_stmt *s;

  s = cf_stmt (f->store, "PRAGMA max_page_count = 30");
  assert_true (cf_stmt_step (s, &err));
  cf_stmt_reset (s);
  assert_int_equal (insert (f, "before"), 0);
  assert_int_equal (cf_store_begin (f->store), 0);
  for (int i = 0; i < 200 && !err; i++) {
    s = cf_stmt (f->store, "INSERT INTO t (c) VALUES (zeroblob(4000))");
    err = cf_stmt_run (s);
  }
  assert_int_equal (gpg_err_code (err), GPG_ERR_ENOSPC);
  cf_store_end (f->store, &err);
  assert_int_equal (gpg_err_code (err), GPG_ERR_ENOSPC);
  assert_int_equal (count (f), 1);
  s = cf_stmt (f->store, "PRAGMA max_page_count = 100000");
  assert_true (cf_stmt_step (s, &err));
  cf_stmt_reset (s);
  assert_int_equal (insert (f, "after"), 0);
}

/* ---- statements ---- */

static void
test_columns_come_back (void **state)
{
  struct fixture *f = *state;
  struct cf_stmt *s = cf_stmt (f->store, "INSERT INTO t (a, b, c) VALUES (?, ?, ?)");
  gpg_error_t err;
  size_t len;

  cf_bind_int (s, 1, INT64_MIN);
  cf_bind_text (s, 2, NULL);
  cf_bind_blob (s, 3, "", 0);
  assert_int_equal (cf_stmt_run (s), 0);
  assert_true (cf_store_last_row (f->store) == INT64_MIN);
  assert_int_equal (cf_store_changes (f->store), 1);
  s = cf_stmt (f->store, "SELECT a, b, c FROM t");
  assert_true (cf_stmt_step (s, &err));
  assert_true (cf_column_int (s, 0) == INT64_MIN);
  assert_null (cf_column_text (s, 1));
  assert_true (cf_column_is_null (s, 1));
  assert_non_null (cf_column_blob (s, 2, &len));
  assert_int_equal (len, 0);
  assert_false (cf_stmt_step (s, &err));
  assert_int_equal (err, 0);
}

static void
test_walks_of_one_text_do_not_meet (void **state)
{
  struct fixture *f = *state;
  static const char sql[] = "SELECT a FROM t ORDER BY a";
  struct cf_stmt *outer, *inner;
  gpg_error_t err;
  int pairs = 0;

  assert_int_equal (insert (f, "a"), 0);
  assert_int_equal (insert (f, "b"), 0);
  assert_int_equal (insert (f, "c"), 0);
  outer = cf_stmt (f->store, sql);
  while (cf_stmt_step (outer, &err)) {
    inner = cf_stmt (f->store, sql);
    assert_ptr_not_equal (inner, outer);
    while (cf_stmt_step (inner, &err))
      pairs++;
  }
  assert_int_equal (err, 0);
  assert_int_equal (pairs, 9);
  assert_ptr_equal (cf_stmt (f->store, sql), cf_stmt (f->store, sql));
}

static void
test_errors_latch (void **state)
{
  struct fixture *f = *state;
  struct cf_stmt *s = cf_stmt (f->store, "INSERT INTO t (b) VALUES (?)");
  gpg_error_t err;

  cf_bind_int (s, 7, 1);
  cf_bind_text (s, 1, "x");
  assert_int_not_equal (cf_stmt_run (s), 0);
  assert_int_equal (count (f), 0);
  s = cf_stmt (f->store, "SELECT nothing FROM nowhere");
  cf_bind_int (s, 1, 1);
  assert_false (cf_stmt_step (s, &err));
  assert_int_not_equal (err, 0);
}

/* ---- tables of self ---- */

static void
test_settings (void **state)
{
  struct fixture *f = *state;
  char *value = NULL;

  assert_int_equal (cf_store_setting_get (f->store, "name", &value), 0);
  assert_null (value);
  assert_int_equal (cf_store_setting_set (f->store, "name", "Ada"), 0);
  assert_int_equal (cf_store_setting_set (f->store, "name", "Ada L."), 0);
  reopen (f);
  assert_int_equal (cf_store_setting_get (f->store, "name", &value), 0);
  assert_string_equal (value, "Ada L.");
  free (value);
  assert_int_equal (cf_store_setting_set (f->store, "name", NULL), 0);
  assert_int_equal (cf_store_setting_get (f->store, "name", &value), 0);
  assert_null (value);
}

static void
test_self_comes_back (void **state)
{
  struct fixture *f = *state;
  struct cf_store_self self = { 0 }, back = { 0 };
  uint8_t secret[CF_DEVICE_KEY_LEN];

  assert_int_equal (gpg_err_code (cf_store_self_load (f->store, &back)), GPG_ERR_NOT_FOUND);
  memset (secret, 7, sizeof secret);
  assert_int_equal (cf_fpr_parse ("0123456789ABCDEF0123456789ABCDEF01234567", &self.device.identity), 0);
  self.user_id = (char *) (uintptr_t) "Ada <ada@example.org>";
  self.device_secret = secret;
  self.device.not_before_utc_ms = 1;
  self.device.not_after_utc_ms = INT64_C (1) << 42;
  self.device.signature = (const uint8_t *) "sig";
  self.device.signature_len = 3;
  self.block = secret;
  self.block_len = sizeof secret;
  assert_int_equal (cf_store_self_save (f->store, &self), 0);
  assert_int_equal (cf_store_self_load (f->store, &back), 0);
  assert_true (cf_fpr_equal (&back.device.identity, &self.device.identity));
  assert_string_equal (back.user_id, self.user_id);
  assert_memory_equal (back.device_secret, secret, sizeof secret);
  assert_true (back.device.not_after_utc_ms == self.device.not_after_utc_ms);
  assert_int_equal (back.device.signature_len, 3);
  assert_int_equal (back.block_len, sizeof secret);
  cf_store_self_done (&back);
}

#define T(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (test_survives_reopening),
    T (test_wrong_key_is_refused),
    T (test_damaged_page_is_noticed),
    T (test_truncated_file_is_noticed),
    T (test_newer_version_is_refused),
    T (test_one_process_at_a_time),
    T (test_missing_directory_is_told),
    T (test_read_only_directory_is_told),
    T (test_files_hold_no_plaintext),
    T (test_memory_store),
    T (test_nested_commit_writes_once),
    T (test_inner_rollback_spoils_the_whole),
    T (test_end_reports_the_first_error),
    T (test_full_disk_rolls_back_and_heals),
    T (test_columns_come_back),
    T (test_walks_of_one_text_do_not_meet),
    T (test_errors_latch),
    T (test_settings),
    T (test_self_comes_back),
  };

  if (cf_secmem_setup ())
    return 1;
  return cmocka_run_group_tests_name ("store", tests, NULL, NULL);
}
