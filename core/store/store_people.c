/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_people.c - people's public keys. */
#include "core/store/store_people.h"

#include "core/store/columns.h"
#include "core/store/migration.h"

/* Devices forget what was checked before: their owners' keys are imported again, and so get into the table. */
const char cf_schema_people[]
  = "CREATE TABLE people_key ("
    " row INTEGER PRIMARY KEY,"
    " fpr BLOB NOT NULL UNIQUE,"
    " block BLOB NOT NULL);"
    "UPDATE device SET digest = zeroblob (length (digest));";

gpg_error_t
cf_store_people_save (struct cf_store *store, const struct cf_fpr *fpr, const uint8_t *block, size_t len)
{
  struct cf_stmt *s = cf_stmt (store, "INSERT OR REPLACE INTO people_key (fpr, block) SELECT ?1, ?2"
                                      " WHERE NOT EXISTS (SELECT 1 FROM people_key WHERE fpr = ?1 AND block = ?2)");

  cf_bind_fpr (s, 1, fpr);
  cf_bind_blob (s, 2, block, len);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_people_delete (struct cf_store *store, const struct cf_fpr *fpr)
{
  struct cf_stmt *s = cf_stmt (store, "DELETE FROM people_key WHERE fpr = ?1");

  cf_bind_fpr (s, 1, fpr);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_people_after (struct cf_store *store, int64_t row,
                       bool (*take) (void *arg, int64_t row, const uint8_t *block, size_t len, gpg_error_t *r_err),
                       void *arg)
{
  gpg_error_t err = 0, taken = 0;
  struct cf_stmt *s = cf_stmt (store, "SELECT row, block FROM people_key WHERE row > ?1 ORDER BY row");

  cf_bind_int (s, 1, row);
  while (cf_stmt_step (s, &err)) {
    size_t len;
    const void *block = cf_column_blob (s, 1, &len);

    if (!take (arg, cf_column_int (s, 0), block, len, &taken)) {
      cf_stmt_reset (s);
      return taken;
    }
  }
  return err;
}
