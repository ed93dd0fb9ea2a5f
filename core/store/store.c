/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store.c - opening the encrypted database, its transactions, its errors.
 *
 * The parameters of SQLCipher are set one by one, to the values that versions
 * 3.4 and 4 both know: a store moves from one to the other.  The key is raw, so
 * no derivation takes time at start.  The database is locked by this process
 * alone, so the write-ahead log needs no shared memory.
 *
 * A transaction that lost a statement can only be rolled back: SQLite undoes
 * some failures (full disk) by itself, and what followed would otherwise be
 * written outside any transaction.
 */
#define SQLITE_HAS_CODEC 1

#include "core/store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secmem.h"
#include "base/text.h"

#define KEY_TEXT_LEN (2 + 2 * CF_STORE_KEY_LEN + 1) /* x'...' */

/* Before the first page is read. */
static const char cipher_setup[] = "PRAGMA cipher_page_size = 4096;"
                                   "PRAGMA kdf_iter = 64000;"
                                   "PRAGMA cipher_use_hmac = ON;"
                                   "PRAGMA cipher_hmac_algorithm = HMAC_SHA1;"
                                   "PRAGMA cipher_kdf_algorithm = PBKDF2_HMAC_SHA1;";

/* Before the log is opened: who holds the lock needs no shared memory. */
static const char lock_setup[] = "PRAGMA locking_mode = EXCLUSIVE;";

static const char session_setup[] = "PRAGMA temp_store = MEMORY;"
                                    "PRAGMA secure_delete = ON;"
                                    "PRAGMA foreign_keys = OFF;" /* a step may rebuild a table */
                                    "PRAGMA journal_mode = WAL;"
                                    "PRAGMA synchronous = FULL;"
                                    "PRAGMA journal_size_limit = 4194304;";

static gpg_err_code_t
system_code (sqlite3 *db, gpg_err_code_t otherwise)
{
  int no = db ? sqlite3_system_errno (db) : 0;

  return no ? gpg_err_code_from_errno (no) : otherwise;
}

gpg_error_t
store_error (sqlite3 *db, int rc)
{
  switch (rc & 0xff) {
  case SQLITE_OK:
  case SQLITE_ROW:
  case SQLITE_DONE:
    return 0;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
  case SQLITE_FORMAT:
    return cf_err (CF_ERR_STORE);
  case SQLITE_FULL:
    return cf_err (GPG_ERR_ENOSPC);
  case SQLITE_READONLY:
    return cf_err (GPG_ERR_EROFS);
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return cf_err (CF_ERR_RUNNING);
  case SQLITE_NOMEM:
    return cf_err (GPG_ERR_ENOMEM);
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return cf_err (GPG_ERR_EACCES);
  case SQLITE_TOOBIG:
    return cf_err (GPG_ERR_TOO_LARGE);
  case SQLITE_CONSTRAINT:
    return cf_err (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ? GPG_ERR_DUP_VALUE
                                                                                        : GPG_ERR_CONFLICT);
  case SQLITE_CANTOPEN:
    return cf_err (system_code (db, GPG_ERR_EACCES));
  case SQLITE_IOERR:
    return cf_err (system_code (db, GPG_ERR_EIO));
  default:
    return cf_err (GPG_ERR_INTERNAL);
  }
}

gpg_error_t
store_exec (struct cf_store *store, const char *sql)
{
  int rc = sqlite3_exec (store->db, sql, NULL, NULL, NULL);

  if (rc != SQLITE_OK)
    cf_log (store->env, CF_LOG_ERROR, "store: %s (%d)", sqlite3_errmsg (store->db),
            sqlite3_extended_errcode (store->db));
  return store_error (store->db, rc);
}

/* ---- opening ---- */

static gpg_error_t
set_key (sqlite3 *db, const uint8_t key[CF_STORE_KEY_LEN])
{
  gpg_error_t err;
  char *text = NULL;

  err = cf_secmem_new (&text, KEY_TEXT_LEN + 1);
  if (err)
    return err;
  text[0] = 'x';
  text[1] = '\'';
  cf_hex (key, CF_STORE_KEY_LEN, text + 2);
  text[KEY_TEXT_LEN - 1] = '\'';
  err = store_error (db, sqlite3_key (db, text, KEY_TEXT_LEN));
  cf_secmem_free (text);
  return err;
}

/* SQLite would make the file readable to others where the umask lets it. */
static gpg_error_t
make_private (const char *path)
{
  int fd;

  if (!strcmp (path, ":memory:"))
    return 0;
  fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return cf_err_errno ();
  close (fd);
  return 0;
}

/* The first page opens only under the right key. */
static gpg_error_t
check_key (struct cf_store *store)
{
  int rc = sqlite3_exec (store->db, "SELECT count(*) FROM sqlite_master;", NULL, NULL, NULL);

  return store_error (store->db, rc);
}

gpg_error_t
store_connect (struct cf_env *env, const char *path, const uint8_t key[CF_STORE_KEY_LEN], struct cf_store **r_store)
{
  gpg_error_t err;
  struct cf_store *store;
  int rc;

  store = calloc (1, sizeof *store);
  if (!store)
    return cf_err (GPG_ERR_ENOMEM);
  store->env = env;
  store->failed.store = store;
  err = store_memory_setup ();
  if (!err)
    err = make_private (path);
  if (err)
    goto leave;
  rc = sqlite3_open_v2 (path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
  err = store_error (store->db, rc);
  if (err)
    goto leave;
  sqlite3_extended_result_codes (store->db, 1);
  err = set_key (store->db, key);
  if (!err)
    err = store_search_define (store->db);
  if (!err)
    err = store_exec (store, cipher_setup);
  if (!err)
    err = store_exec (store, lock_setup);
  if (err)
    goto leave;
  *r_store = store;
  store = NULL;
leave:
  cf_store_close (store);
  return err;
}

gpg_error_t
store_open (struct cf_env *env, const char *path, const uint8_t key[CF_STORE_KEY_LEN], const struct store_step *steps,
            size_t step_count, struct cf_store **r_store)
{
  gpg_error_t err;
  struct cf_store *store = NULL;

  err = store_connect (env, path, key, &store);
  if (!err)
    err = check_key (store);
  if (!err)
    err = store_exec (store, session_setup);
  if (!err && sqlite3_db_readonly (store->db, "main") == 1)
    err = cf_err (GPG_ERR_EROFS);
  if (!err)
    err = store_migrate (store, steps, step_count);
  if (!err)
    err = store_exec (store, "PRAGMA foreign_keys = ON;");
  store_memory_lock ();
  if (err)
    goto leave;
  *r_store = store;
  store = NULL;
leave:
  cf_store_close (store);
  return err;
}

gpg_error_t
cf_store_open (struct cf_env *env, const char *path, const uint8_t key[CF_STORE_KEY_LEN], struct cf_store **r_store)
{
  return store_open (env, path, key, store_steps, store_step_count, r_store);
}

void
cf_store_close (struct cf_store *store)
{
  if (!store)
    return;
  store_stmts_free (store);
  if (store->db && !sqlite3_get_autocommit (store->db))
    sqlite3_exec (store->db, "ROLLBACK", NULL, NULL, NULL);
  sqlite3_close (store->db); /* writes the log back */
  free (store);
}

/* ---- transactions ---- */

static void
call_hooks (struct cf_store *store, bool committed)
{
  for (size_t i = 0; i < store->hook_count; i++)
    store->hooks[i].call (store->hooks[i].arg, committed);
}

void
cf_store_on_commit (struct cf_store *store, void (*hook) (void *arg, bool committed), void *arg)
{
  if (store->hook_count == STORE_HOOKS_MAX) {
    cf_log (store->env, CF_LOG_ERROR, "store: too many commit hooks");
    abort (); /* our own mistake: a module would miss its commits */
  }
  store->hooks[store->hook_count].call = hook;
  store->hooks[store->hook_count].arg = arg;
  store->hook_count++;
}

bool
cf_store_in_transaction (const struct cf_store *store)
{
  return store->depth > 0;
}

void
store_spoil (struct cf_store *store, gpg_error_t err)
{
  if (!store->spoiled)
    store->spoiled = err;
}

gpg_error_t
cf_store_begin (struct cf_store *store)
{
  gpg_error_t err;

  if (store->depth) {
    store->depth++;
    return 0;
  }
  err = cf_stmt_run (cf_stmt (store, "BEGIN IMMEDIATE"));
  if (err)
    return err;
  store->depth = 1;
  store->spoiled = 0;
  return 0;
}

/* End the outermost transaction without writing. */
static void
abandon (struct cf_store *store)
{
  store->depth = 0;
  store->spoiled = 0;
  if (!sqlite3_get_autocommit (store->db)) {
    int rc = sqlite3_exec (store->db, "ROLLBACK", NULL, NULL, NULL);

    if (rc != SQLITE_OK)
      cf_log (store->env, CF_LOG_ERROR, "store: rollback: %s", sqlite3_errmsg (store->db));
  }
  call_hooks (store, false);
}

gpg_error_t
cf_store_commit (struct cf_store *store)
{
  gpg_error_t err = store->spoiled;

  if (!store->depth)
    return cf_err (GPG_ERR_INTERNAL);
  if (store->depth > 1) {
    store->depth--;
    return err;
  }
  if (!err)
    err = cf_stmt_run (cf_stmt (store, "COMMIT"));
  if (err) {
    abandon (store);
    return err;
  }
  store->depth = 0;
  call_hooks (store, true);
  return 0;
}

void
cf_store_rollback (struct cf_store *store)
{
  if (!store->depth)
    return;
  if (store->depth > 1) {
    store_spoil (store, cf_err (GPG_ERR_INV_STATE));
    store->depth--;
    return;
  }
  abandon (store);
}

void
cf_store_end (struct cf_store *store, gpg_error_t *err)
{
  if (!*err) {
    *err = cf_store_commit (store);
    return;
  }
  if (store->depth > 1)
    store_spoil (store, *err);
  cf_store_rollback (store);
}

gpg_error_t
cf_store_truncate (struct cf_store *store)
{
  return store->depth ? cf_err (GPG_ERR_INV_STATE) : store_exec (store, "PRAGMA wal_checkpoint (TRUNCATE)");
}

int64_t
cf_store_last_row (struct cf_store *store)
{
  return sqlite3_last_insert_rowid (store->db);
}

int
cf_store_changes (struct cf_store *store)
{
  return sqlite3_changes (store->db);
}
