/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_post.c - tables post_held and post_owed. */
#include "core/store/store_post.h"

#include "core/store/columns.h"
#include "core/store/migration.h"

/* Held came to be between sent and delivered: states are in their order. */
const char cf_schema_post[]
    = "CREATE TABLE post_held ("
      "  conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,"
      "  number INTEGER NOT NULL," /* of the envelope */
      "  node BLOB NOT NULL,"      /* its device key */
      "  until INTEGER NOT NULL,"
      "  PRIMARY KEY (conversation, number, node)) WITHOUT ROWID;"
      "CREATE TABLE post_owed ("
      "  conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,"
      "  number INTEGER NOT NULL,"
      "  PRIMARY KEY (conversation, number)) WITHOUT ROWID;"
      "UPDATE message SET state = state + 1 WHERE state >= 2;";

static struct cf_stmt *
prepare (struct cf_store *store, const char *sql, const uint8_t conversation[CF_CONVERSATION_ID_LEN], uint64_t number)
{
  struct cf_stmt *s = cf_stmt (store, sql);

  cf_bind_blob (s, 1, conversation, CF_CONVERSATION_ID_LEN);
  cf_bind_int (s, 2, (int64_t) number);
  return s;
}

gpg_error_t
cf_store_held_add (struct cf_store *store, const struct cf_held_row *row)
{
  static const char sql[]
      = "INSERT OR REPLACE INTO post_held (conversation, number, node, until) VALUES (?1, ?2, ?3, ?4)";
  struct cf_stmt *s = prepare (store, sql, row->conversation, row->number);

  cf_bind_blob (s, 3, row->node, sizeof row->node);
  cf_bind_int (s, 4, row->until_utc_ms);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_held_drop (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN], uint64_t number)
{
  static const char sql[] = "DELETE FROM post_held WHERE conversation = ?1 AND number = ?2";

  return cf_stmt_run (prepare (store, sql, conversation, number));
}

gpg_error_t
cf_store_held_all (struct cf_store *store, int64_t now_utc_ms,
                   gpg_error_t (*each) (void *arg, const struct cf_held_row *row), void *arg)
{
  struct cf_stmt *s = cf_stmt (store, "DELETE FROM post_held WHERE until <= ?1");
  struct cf_held_row row;
  gpg_error_t err;

  cf_bind_int (s, 1, now_utc_ms);
  err = cf_stmt_run (s);
  if (err)
    return err;
  s = cf_stmt (store, "SELECT conversation, number, node, until FROM post_held ORDER BY conversation, number");
  while (cf_stmt_step (s, &err)) {
    row.number = (uint64_t) cf_column_int (s, 1);
    row.until_utc_ms = cf_column_int (s, 3);
    err = cf_column_exact (s, 0, row.conversation, sizeof row.conversation);
    if (!err)
      err = cf_column_exact (s, 2, row.node, sizeof row.node);
    if (!err)
      err = each (arg, &row);
    if (err) {
      cf_stmt_reset (s);
      break;
    }
  }
  return err;
}

gpg_error_t
cf_store_owed_add (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN], uint64_t number)
{
  static const char sql[] = "INSERT OR IGNORE INTO post_owed (conversation, number) VALUES (?1, ?2)";

  return cf_stmt_run (prepare (store, sql, conversation, number));
}

gpg_error_t
cf_store_owed_drop (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN], uint64_t number)
{
  static const char sql[] = "DELETE FROM post_owed WHERE conversation = ?1 AND number = ?2";

  return cf_stmt_run (prepare (store, sql, conversation, number));
}

gpg_error_t
cf_store_owed_all (struct cf_store *store,
                   gpg_error_t (*each) (void *arg, const uint8_t conversation[CF_CONVERSATION_ID_LEN], uint64_t number),
                   void *arg)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT conversation, number FROM post_owed ORDER BY conversation, number");
  uint8_t conversation[CF_CONVERSATION_ID_LEN];
  gpg_error_t err;

  while (cf_stmt_step (s, &err)) {
    err = cf_column_exact (s, 0, conversation, sizeof conversation);
    if (!err)
      err = each (arg, conversation, (uint64_t) cf_column_int (s, 1));
    if (err) {
      cf_stmt_reset (s);
      break;
    }
  }
  return err;
}
