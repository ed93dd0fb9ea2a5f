/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ram_pool.c - connections to SQLite and prepared statements outlive the daemon that had them, within a run.
 *
 * A daemon that starts again reads the schema and prepares two hundred statements, as the one before it did: that was a
 * third of what targets of world.c did.  Here who opens a file that was closed gets the same connection, and its
 * statements as they are asked for.  Linked by -Wl,--wrap.  Where every run builds its world (fuzz_snapshots is
 * false) nothing is kept.
 */
#include <stdlib.h>
#include <string.h>

#include "core/store/internal.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/snapshot.h"

FUZZ_UNSEEN_BEGIN

struct statement {
  struct statement *next;
  sqlite3_stmt *handle;
  const char *sql; /* the text's place: texts are constants */
  bool used;
};

struct ram_connection {
  struct ram_connection *next;
  sqlite3 *db;
  char *path;
  bool used, again; /* again: not for the first time */
  struct statement *statements;
};

bool fuzz_ram_unchecked;

int __real_sqlite3_open_v2 (const char *path, sqlite3 **r_db, int flags, const char *vfs);
int __real_sqlite3_close (sqlite3 *db);
int __real_sqlite3_prepare_v2 (sqlite3 *db, const char *sql, int len, sqlite3_stmt **r_handle, const char **r_tail);
int __real_sqlite3_finalize (sqlite3_stmt *handle);
int __real_sqlite3_exec (sqlite3 *db, const char *sql, int (*row) (void *, int, char **, char **), void *arg, char **r_msg);
int __wrap_sqlite3_open_v2 (const char *path, sqlite3 **r_db, int flags, const char *vfs);
int __wrap_sqlite3_close (sqlite3 *db);
int __wrap_sqlite3_prepare_v2 (sqlite3 *db, const char *sql, int len, sqlite3_stmt **r_handle, const char **r_tail);
int __wrap_sqlite3_finalize (sqlite3_stmt *handle);
int __wrap_sqlite3_exec (sqlite3 *db, const char *sql, int (*row) (void *, int, char **, char **), void *arg, char **r_msg);

static struct ram_connection *
find (const sqlite3 *db)
{
  struct ram_connection *c = fuzz_ram.connections;

  while (c && c->db != db)
    c = c->next;
  return c;
}

int
__wrap_sqlite3_open_v2 (const char *path, sqlite3 **r_db, int flags, const char *vfs)
{
  struct ram_connection *c = fuzz_ram.connections;
  int rc;

  while (c && (c->used || strcmp (c->path, path)))
    c = c->next;
  if (c) {
    c->used = c->again = true;
    *r_db = c->db;
    return SQLITE_OK;
  }
  rc = __real_sqlite3_open_v2 (path, r_db, flags, vfs);
  if (!rc && fuzz_ram_unchecked)
    rc = __real_sqlite3_exec (*r_db, "PRAGMA ignore_check_constraints = ON", NULL, NULL, NULL);
  if (rc || !fuzz_snapshots)
    return rc;
  c = calloc (1, sizeof *c);
  FUZZ_CHECK (c);
  c->db = *r_db;
  c->path = strdup (path);
  c->used = true;
  c->next = fuzz_ram.connections;
  fuzz_ram.connections = c;
  return rc;
}

int
__wrap_sqlite3_close (sqlite3 *db)
{
  struct ram_connection *c = find (db);

  if (!c)
    return __real_sqlite3_close (db);
  for (struct statement *s = c->statements; s; s = s->next)
    s->used = false;
  c->used = false;
  return SQLITE_OK;
}

int
__wrap_sqlite3_prepare_v2 (sqlite3 *db, const char *sql, int len, sqlite3_stmt **r_handle, const char **r_tail)
{
  struct ram_connection *c = find (db);
  struct statement *s;
  int rc;

  if (!c)
    return __real_sqlite3_prepare_v2 (db, sql, len, r_handle, r_tail);
  for (s = c->statements; s; s = s->next)
    if (!s->used && s->sql == sql) {
      s->used = true;
      *r_handle = s->handle;
      return SQLITE_OK;
    }
  rc = __real_sqlite3_prepare_v2 (db, sql, len, r_handle, r_tail);
  if (rc)
    return rc;
  s = calloc (1, sizeof *s);
  FUZZ_CHECK (s);
  s->handle = *r_handle;
  s->sql = sql;
  s->used = true;
  s->next = c->statements;
  c->statements = s;
  return rc;
}

/* They are there for the next one when the connection is closed. */
int
__wrap_sqlite3_finalize (sqlite3_stmt *handle)
{
  if (!find (sqlite3_db_handle (handle)))
    return __real_sqlite3_finalize (handle);
  sqlite3_reset (handle);
  return sqlite3_clear_bindings (handle);
}

/* What a connection was told when it was first opened holds; to be told again would have every statement prepared
   anew. */
int
__wrap_sqlite3_exec (sqlite3 *db, const char *sql, int (*row) (void *, int, char **, char **), void *arg, char **r_msg)
{
  static const char *const setups[] = { "PRAGMA cipher_", "PRAGMA locking_mode", "PRAGMA temp_store", "PRAGMA foreign_keys" };
  struct ram_connection *c = find (db);

  for (size_t i = 0; c && c->again && i < sizeof setups / sizeof *setups; i++)
    if (!strncmp (sql, setups[i], strlen (setups[i])))
      return SQLITE_OK;
  return __real_sqlite3_exec (db, sql, row, arg, r_msg);
}

void
fuzz_ram_close (void)
{
  struct ram_connection *c;

  while ((c = fuzz_ram.connections)) {
    struct statement *s;

    while ((s = c->statements)) {
      c->statements = s->next;
      __real_sqlite3_finalize (s->handle);
      free (s);
    }
    __real_sqlite3_close (c->db);
    fuzz_ram.connections = c->next;
    free (c->path);
    free (c);
  }
}

FUZZ_UNSEEN_END
