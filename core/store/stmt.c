/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stmt.c - prepared statements, kept for reuse; bindings and columns.
 *
 * The cache is found by the pointer of the SQL text and is as long as the
 * program has different statements.  A statement that is in the middle of a
 * walk is never handed out a second time: the inner user gets its own.
 */
#include "core/store/internal.h"

#include <stdlib.h>

void
store_stmts_free (struct cf_store *store)
{
  struct cf_stmt *s;

  while ((s = store->stmts)) {
    store->stmts = s->next;
    sqlite3_finalize (s->handle);
    free (s);
  }
}

static struct cf_stmt *
prepare (struct cf_store *store, const char *sql)
{
  struct cf_stmt *s;
  int rc;

  s = calloc (1, sizeof *s);
  if (!s) {
    store->failed.err = cf_err (GPG_ERR_ENOMEM);
    return &store->failed;
  }
  s->store = store;
  s->sql = sql;
  rc = sqlite3_prepare_v2 (store->db, sql, -1, &s->handle, NULL);
  if (rc != SQLITE_OK) {
    store->failed.err = store_error (store->db, rc);
    cf_log (store->env, CF_LOG_ERROR, "store: %s: %s", sql, sqlite3_errmsg (store->db));
    free (s);
    return &store->failed;
  }
  s->next = store->stmts;
  store->stmts = s;
  return s;
}

struct cf_stmt *
cf_stmt (struct cf_store *store, const char *sql)
{
  struct cf_stmt **link, *s;

  for (link = &store->stmts; (s = *link); link = &s->next)
    if (s->sql == sql && !sqlite3_stmt_busy (s->handle))
      break;
  if (!s)
    return prepare (store, sql);
  *link = s->next;
  s->next = store->stmts;
  store->stmts = s;
  sqlite3_reset (s->handle);
  sqlite3_clear_bindings (s->handle);
  s->err = 0;
  return s;
}

/* ---- bindings ---- */

static void
latch (struct cf_stmt *s, int rc)
{
  if (rc != SQLITE_OK && !s->err)
    s->err = store_error (s->store->db, rc);
}

void
cf_bind_int (struct cf_stmt *s, int index, int64_t v)
{
  if (s->handle)
    latch (s, sqlite3_bind_int64 (s->handle, index, v));
}

void
cf_bind_text (struct cf_stmt *s, int index, const char *text)
{
  if (s->handle)
    latch (s, sqlite3_bind_text (s->handle, index, text, -1, SQLITE_TRANSIENT));
}

void
cf_bind_blob (struct cf_stmt *s, int index, const void *data, size_t len)
{
  if (s->handle)
    latch (s, sqlite3_bind_blob64 (s->handle, index, data, len, SQLITE_TRANSIENT));
}

/* ---- running ---- */

/* Reset, so that no read lock stays, and forget what was bound (it may be secret). */
void
cf_stmt_reset (struct cf_stmt *s)
{
  if (!s->handle)
    return;
  sqlite3_reset (s->handle);
  sqlite3_clear_bindings (s->handle);
  s->err = 0;
}

/* One step.  *R_ERR is set on failure only. */
static bool
step (struct cf_stmt *s, gpg_error_t *r_err)
{
  struct cf_store *store = s->store;
  int rc;

  if (store->depth && store->spoiled && !s->err)
    s->err = store->spoiled;
  if (s->err) {
    *r_err = s->err;
    return false;
  }
  rc = sqlite3_step (s->handle);
  if (rc == SQLITE_ROW)
    return true;
  if (rc == SQLITE_DONE)
    return false;
  *r_err = store_error (store->db, rc);
  if (gpg_err_code (*r_err) != GPG_ERR_DUP_VALUE && gpg_err_code (*r_err) != GPG_ERR_CONFLICT)
    cf_log (store->env, CF_LOG_ERROR, "store: %s: %s", s->sql, sqlite3_errmsg (store->db));
  if (store->depth && sqlite3_get_autocommit (store->db))
    store_spoil (store, *r_err);
  return false;
}

gpg_error_t
cf_stmt_run (struct cf_stmt *s)
{
  gpg_error_t err = 0;

  if (step (s, &err))
    err = cf_err (GPG_ERR_INTERNAL); /* it gives rows: should have been walked */
  cf_stmt_reset (s);
  return err;
}

bool
cf_stmt_step (struct cf_stmt *s, gpg_error_t *r_err)
{
  *r_err = 0;
  if (step (s, r_err))
    return true;
  cf_stmt_reset (s);
  return false;
}

/* ---- columns ---- */

int64_t
cf_column_int (struct cf_stmt *s, int column)
{
  return sqlite3_column_int64 (s->handle, column);
}

const char *
cf_column_text (struct cf_stmt *s, int column)
{
  return (const char *) sqlite3_column_text (s->handle, column);
}

/* An empty blob is not NULL; SQLite does not tell them apart by the pointer. */
const void *
cf_column_blob (struct cf_stmt *s, int column, size_t *r_len)
{
  const void *data = sqlite3_column_blob (s->handle, column);

  *r_len = (size_t) sqlite3_column_bytes (s->handle, column);
  if (!data && !cf_column_is_null (s, column))
    return "";
  return data;
}

bool
cf_column_is_null (struct cf_stmt *s, int column)
{
  return sqlite3_column_type (s->handle, column) == SQLITE_NULL;
}
