/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migration.c - the schema's versions, each applied in one transaction.
 *
 * The version is SQLite's user_version.  An entry's parts are applied in order;
 * an entry that has been released is never changed.
 */
#include "core/store/migration.h"

#include <stdio.h>

#include "core/store/internal.h"

#define PARTS_MAX 8

static const char *const versions[][PARTS_MAX] = {
  {
      cf_schema_self,
      cf_schema_event,
      cf_schema_peer,
      cf_schema_conversation,
      cf_schema_gate,
      cf_schema_message,
      cf_schema_stranger,
      NULL,
  },
};

#define VERSION_COUNT ((int64_t) (sizeof versions / sizeof *versions))

static gpg_error_t
read_version (struct cf_store *store, int64_t *r_version)
{
  gpg_error_t err;
  struct cf_stmt *s = cf_stmt (store, "PRAGMA user_version");

  if (!cf_stmt_step (s, &err))
    return err ? err : cf_err (CF_ERR_STORE);
  *r_version = cf_column_int (s, 0);
  cf_stmt_reset (s);
  return 0;
}

/* From VERSION to the next. */
static gpg_error_t
apply (struct cf_store *store, int64_t version)
{
  gpg_error_t err;
  char sql[48];

  err = cf_store_begin (store);
  if (err)
    return err;
  for (size_t i = 0; !err && i < PARTS_MAX && versions[version][i]; i++)
    err = store_exec (store, versions[version][i]);
  if (!err) {
    snprintf (sql, sizeof sql, "PRAGMA user_version = %d", (int) version + 1);
    err = store_exec (store, sql);
  }
  cf_store_end (store, &err);
  return err;
}

gpg_error_t
store_migrate (struct cf_store *store)
{
  gpg_error_t err;
  int64_t version;

  err = read_version (store, &version);
  if (err)
    return err;
  if (version > VERSION_COUNT)
    return cf_err (GPG_ERR_UNKNOWN_VERSION);
  if (version < 0)
    return cf_err (CF_ERR_STORE);
  while (!err && version < VERSION_COUNT)
    err = apply (store, version++);
  return err;
}
