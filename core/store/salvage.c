/* SPDX-License-Identifier: GPL-3.0-or-later */
/* salvage.c - from a damaged store to a new one, table by table and row by row.
 *
 * SQLite walks a table in the order of its rows until it meets a page that cannot be read.  Then we look for the next row
 * that can: further and further ahead until one is found, and back by halves.  A connection that has met such a page
 * is not used again.  A table without rowids (they are small) is walked from both ends.
 *
 * Indices are not read but made anew, and so is the index of words.  The new store is first of the old one's version,
 * so that its tables are alike, and then brought to the newest.
 */
#include "core/store/salvage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/store/files.h"
#include "core/store/internal.h"
#include "core/store/salvage_private.h"

#define GAPS_MAX 1000      /* of a table; the rest of one that is worse than that is given up */
#define COMMIT_EVERY 1000  /* rows */
#define COLUMNS_MAX 64
#define FIRST_ROW 0        /* we give no negative ones */
#define EVENT_CURSORS (1 << 20) /* beyond what was given out after the last that we know */

struct salvage {
  struct cf_env *env;
  const uint8_t *key;
  const char *path;       /* of the damaged one */
  struct cf_store *from;  /* NULL: to be opened again */
  struct cf_store *to;
};

struct table {
  const char *name;
  bool rowid;
  size_t columns;
  char *list;    /* of the columns */
  char *reverse; /* ORDER BY of the primary key from its end; of those without rowids */
  sqlite3_stmt *insert;
  struct cf_salvaged_table *row; /* of the report */
};

/* ---- the damaged one ---- */

static gpg_error_t
open_from (struct salvage *s)
{
  gpg_error_t err;

  if (s->from)
    return 0;
  err = store_connect (s->env, s->path, s->key, &s->from);
  if (!err) /* a file that is shorter than it should be is read as far as it goes */
    err = store_exec (s->from, "PRAGMA temp_store = MEMORY; PRAGMA writable_schema = ON;");
  return err;
}

static void
close_from (struct salvage *s)
{
  cf_store_close (s->from);
  s->from = NULL;
}

/* A statement of the damaged store failed: 0 if that is the damage; what has met it is not asked again. */
static gpg_error_t
on_damage (struct salvage *s, int rc)
{
  close_from (s);
  return (rc & 0xff) == SQLITE_NOMEM ? cf_err (GPG_ERR_ENOMEM) : 0;
}

static gpg_error_t
prepare (struct cf_store *store, const char *sql, sqlite3_stmt **r_stmt)
{
  return store_error (store->db, sqlite3_prepare_v2 (store->db, sql, -1, r_stmt, NULL));
}

/* ---- rows ---- */

/* Write the row at which FROM stands.  One that the new store does not take counts as lost. */
static gpg_error_t
write_row (struct salvage *s, struct table *t, sqlite3_stmt *from, int first)
{
  int rc;

  for (int i = 0; i < (int) t->columns; i++) {
    rc = sqlite3_bind_value (t->insert, i + 1, sqlite3_column_value (from, first + i));
    if (rc != SQLITE_OK)
      return store_error (s->to->db, rc);
  }
  rc = sqlite3_step (t->insert);
  sqlite3_reset (t->insert);
  if ((rc & 0xff) == SQLITE_CONSTRAINT)
    t->row->damaged = true;
  else if (rc != SQLITE_DONE)
    return store_error (s->to->db, rc);
  else if (sqlite3_changes (s->to->db) && ++t->row->rows % COMMIT_EVERY == 0)
    return store_exec (s->to, "COMMIT; BEGIN");
  return 0;
}

/* SQL over T from its row START on, all of what it says; *R_OK: to the end.  The last row whole goes to *R_LAST. */
static gpg_error_t
walk (struct salvage *s, struct table *t, const char *sql, int64_t start, int64_t *r_last, bool *r_ok)
{
  gpg_error_t err = open_from (s);
  sqlite3_stmt *stmt = NULL;
  int rc = err ? SQLITE_ERROR : sqlite3_prepare_v2 (s->from->db, sql, -1, &stmt, NULL);

  *r_ok = false;
  if (err)
    return err;
  if (rc == SQLITE_OK && t->rowid)
    rc = sqlite3_bind_int64 (stmt, 1, start);
  while (!err && rc == SQLITE_OK) {
    rc = sqlite3_step (stmt);
    if (rc != SQLITE_ROW)
      break;
    *r_last = t->rowid ? sqlite3_column_int64 (stmt, 0) : 0;
    err = write_row (s, t, stmt, t->rowid);
    rc = SQLITE_OK;
  }
  sqlite3_finalize (stmt);
  if (err)
    return err;
  *r_ok = rc == SQLITE_DONE;
  return *r_ok ? 0 : on_damage (s, rc);
}

/* Can the first row from ROW on be read, or is it known that there is none? */
static gpg_error_t
probe (struct salvage *s, const struct table *t, int64_t row, bool *r_ok)
{
  gpg_error_t err = open_from (s);
  char *sql = err ? NULL
                  : cf_sprintf ("SELECT %s FROM \"%s\" NOT INDEXED WHERE rowid >= ?1 ORDER BY rowid LIMIT 1", t->list,
                                t->name);
  sqlite3_stmt *stmt = NULL;
  int rc;

  if (!err && !sql)
    err = cf_err (GPG_ERR_ENOMEM);
  if (err)
    return err;
  rc = sqlite3_prepare_v2 (s->from->db, sql, -1, &stmt, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_bind_int64 (stmt, 1, row);
  if (rc == SQLITE_OK)
    rc = sqlite3_step (stmt);
  sqlite3_finalize (stmt);
  free (sql);
  *r_ok = rc == SQLITE_ROW || rc == SQLITE_DONE;
  return *r_ok ? 0 : on_damage (s, rc);
}

/* Row BAD cannot be read; the next one that can be: *R_NEXT, INT64_MAX if there is none. */
static gpg_error_t
find_next (struct salvage *s, const struct table *t, int64_t bad, int64_t *r_next)
{
  int64_t good = bad, step = 1;
  bool ok = false;
  gpg_error_t err = 0;

  while (!err && !ok && good < INT64_MAX) {
    good = step < INT64_MAX - bad ? bad + step : INT64_MAX;
    step = step < INT64_MAX / 2 ? 2 * step : INT64_MAX;
    err = probe (s, t, good, &ok);
  }
  while (!err && ok && good - bad > 1) {
    int64_t middle = bad + (good - bad) / 2;
    bool readable = false;

    err = probe (s, t, middle, &readable);
    if (readable)
      good = middle;
    else
      bad = middle;
  }
  *r_next = ok ? good : INT64_MAX;
  return err;
}

static gpg_error_t
copy_by_rowid (struct salvage *s, struct table *t)
{
  gpg_error_t err = 0;
  int64_t next = FIRST_ROW;
  bool ok = false;
  char *sql = cf_sprintf ("SELECT rowid, %s FROM \"%s\" NOT INDEXED WHERE rowid >= ?1 ORDER BY rowid", t->list, t->name);

  if (!sql)
    return cf_err (GPG_ERR_ENOMEM);
  for (int gaps = 0; !err && !ok && next < INT64_MAX && gaps < GAPS_MAX; gaps++) {
    int64_t last = next - 1;

    err = walk (s, t, sql, next, &last, &ok);
    if (!err && !ok) {
      t->row->damaged = true;
      err = find_next (s, t, last < INT64_MAX ? last + 1 : last, &next);
    }
  }
  free (sql);
  return err;
}

static gpg_error_t
copy_from_both_ends (struct salvage *s, struct table *t)
{
  gpg_error_t err;
  int64_t last;
  bool ok = false;
  char *sql = cf_sprintf ("SELECT %s FROM \"%s\"", t->list, t->name),
       *back = cf_sprintf ("SELECT %s FROM \"%s\" ORDER BY %s", t->list, t->name, t->reverse);

  err = sql && back ? walk (s, t, sql, 0, &last, &ok) : cf_err (GPG_ERR_ENOMEM);
  if (!err && !ok) {
    t->row->damaged = true;
    err = walk (s, t, back, 0, &last, &ok);
  }
  free (sql);
  free (back);
  return err;
}

/* ---- tables ---- */

static gpg_error_t
append (char **text, const char *between, const char *name, const char *after)
{
  char *more = cf_sprintf ("%s%s\"%s\"%s", *text ? *text : "", *text ? between : "", name, after);

  free (*text);
  *text = more;
  return more ? 0 : cf_err (GPG_ERR_ENOMEM);
}

/* What T's columns are, from the new store. */
static gpg_error_t
describe (struct salvage *s, struct table *t)
{
  char *sql = cf_sprintf ("PRAGMA table_info (\"%s\")", t->name);
  sqlite3_stmt *stmt = NULL;
  gpg_error_t err = sql ? prepare (s->to, sql, &stmt) : cf_err (GPG_ERR_ENOMEM);
  int rc = SQLITE_DONE;

  while (!err && (rc = sqlite3_step (stmt)) == SQLITE_ROW) {
    const char *name = (const char *) sqlite3_column_text (stmt, 1);

    err = name && ++t->columns <= COLUMNS_MAX ? append (&t->list, ", ", name, "") : cf_err (GPG_ERR_INTERNAL);
    if (!err && sqlite3_column_int (stmt, 5))
      err = append (&t->reverse, ", ", name, " DESC");
  }
  if (!err)
    err = store_error (s->to->db, rc);
  sqlite3_finalize (stmt);
  free (sql);
  return err;
}

static gpg_error_t
prepare_insert (struct salvage *s, struct table *t)
{
  char marks[2 * COLUMNS_MAX], *sql;
  gpg_error_t err;

  for (size_t i = 0; i < t->columns; i++) {
    marks[2 * i] = '?';
    marks[2 * i + 1] = ',';
  }
  sql = t->columns ? cf_sprintf ("INSERT OR IGNORE INTO \"%s\" (%s) VALUES (%.*s)", t->name, t->list,
                                 (int) (2 * t->columns - 1), marks)
                   : NULL;
  err = sql ? prepare (s->to, sql, &t->insert) : cf_err (GPG_ERR_ENOMEM);
  free (sql);
  return err;
}

static gpg_error_t
copy_table (struct salvage *s, const char *name, bool rowid, struct cf_salvaged_table *row)
{
  struct table t = { .name = name, .rowid = rowid, .row = row };
  gpg_error_t err;

  snprintf (row->name, sizeof row->name, "%s", name);
  err = describe (s, &t);
  if (!err)
    err = prepare_insert (s, &t);
  if (!err)
    err = store_exec (s->to, "BEGIN");
  if (!err) {
    err = rowid ? copy_by_rowid (s, &t) : copy_from_both_ends (s, &t);
    if (!err)
      err = store_exec (s->to, "COMMIT");
  }
  if (!err)
    cf_log (s->env, row->damaged ? CF_LOG_WARN : CF_LOG_INFO, "salvage: %s: %llu%s", name, (unsigned long long) row->rows,
            row->damaged ? ", and some are lost" : "");
  sqlite3_finalize (t.insert);
  free (t.list);
  free (t.reverse);
  return err;
}

/* In the order in which they were made: what others refer to comes first. */
static gpg_error_t
copy_tables (struct salvage *s, struct cf_salvaged *salvaged)
{
  sqlite3_stmt *stmt = NULL;
  gpg_error_t err;
  int rc = SQLITE_DONE;

  err = prepare (s->to,
                 "SELECT name, sql NOT LIKE '%WITHOUT ROWID%' FROM sqlite_master WHERE type = 'table'"
                 " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'message\\_text%' ESCAPE '\\' ORDER BY rowid",
                 &stmt);
  while (!err && (rc = sqlite3_step (stmt)) == SQLITE_ROW) {
    const char *name = (const char *) sqlite3_column_text (stmt, 0);

    if (!name || salvaged->count == CF_SALVAGED_MAX)
      err = cf_err (GPG_ERR_INTERNAL);
    else
      err = copy_table (s, name, sqlite3_column_int (stmt, 1), &salvaged->tables[salvaged->count++]);
  }
  if (!err)
    err = store_error (s->to->db, rc);
  sqlite3_finalize (stmt);
  return err;
}

/* No cursor is given out twice: clients remember where they were. */
static gpg_error_t
copy_cursor (struct salvage *s)
{
  gpg_error_t err = open_from (s);
  sqlite3_stmt *from = NULL, *to = NULL;
  int64_t last = 0;
  int rc;

  if (err)
    return err;
  rc = sqlite3_prepare_v2 (s->from->db, "SELECT seq FROM sqlite_sequence WHERE name = 'event'", -1, &from, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_step (from);
  if (rc == SQLITE_ROW)
    last = sqlite3_column_int64 (from, 0);
  sqlite3_finalize (from);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
    last = -1;
    err = on_damage (s, rc);
  }
  if (!err)
    err = store_exec (s->to, "INSERT INTO sqlite_sequence (name, seq) SELECT 'event', 0"
                             " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'event')");
  if (!err)
    err = prepare (s->to, last < 0 ? "UPDATE sqlite_sequence SET seq = seq + ?1 WHERE name = 'event'"
                                   : "UPDATE sqlite_sequence SET seq = max (seq, ?1) WHERE name = 'event'", &to);
  if (!err) {
    sqlite3_bind_int64 (to, 1, last < 0 ? EVENT_CURSORS : last);
    err = store_error (s->to->db, sqlite3_step (to));
  }
  sqlite3_finalize (to);
  return err;
}

gpg_error_t
store_salvage_file (struct cf_env *env, const char *from, const char *to, const uint8_t key[CF_STORE_KEY_LEN],
                    struct cf_salvaged *r_salvaged)
{
  struct salvage s = { .env = env, .key = key, .path = from };
  struct cf_salvaged salvaged = { 0 };
  int64_t version = 0;
  gpg_error_t err = 0;

  if (open_from (&s) || store_version (s.from, &version) || version < 1)
    err = cf_err (CF_ERR_STORE);
  else if (version > (int64_t) store_step_count)
    err = cf_err (GPG_ERR_UNKNOWN_VERSION);
  if (!err)
    err = store_open (env, to, key, store_steps, (size_t) version, &s.to);
  if (!err)
    err = copy_tables (&s, &salvaged);
  if (!err)
    err = copy_cursor (&s);
  close_from (&s);
  cf_store_close (s.to);
  s.to = NULL;
  if (!err)
    err = cf_store_open (env, to, key, &s.to);
  if (!err)
    err = store_salvage_settle (s.to, &salvaged);
  cf_store_close (s.to);
  if (!err)
    *r_salvaged = salvaged;
  return err;
}

gpg_error_t
cf_store_salvage (struct cf_env *env, const char *home, const uint8_t key[CF_STORE_KEY_LEN],
                  struct cf_salvaged *r_salvaged)
{
  char *from = cf_store_path (home, STORE_SALVAGE_COPY), *to = cf_store_path (home, STORE_SALVAGE_NEW);
  struct cf_salvaged salvaged;
  gpg_error_t err = from && to ? store_salvage_copy (home) : cf_err (GPG_ERR_ENOMEM);

  if (!err)
    err = store_salvage_file (env, from, to, key, &salvaged);
  if (!err)
    err = store_salvage_replace (home, env->now_utc_ms);
  if (from && to)
    store_salvage_tidy (home);
  cf_log (env, err ? CF_LOG_ERROR : CF_LOG_WARN, "salvage: %s", err ? gpg_strerror (err) : "done");
  if (!err) {
    *r_salvaged = salvaged;
    r_salvaged->saved_utc_ms = env->now_utc_ms;
  }
  free (from);
  free (to);
  return err;
}
