/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_transfer.c - SQL of files that are offered, on their way, or were, and of the maps of what is there. */
#include "core/store/store_transfer.h"

#include <string.h>

#include "base/secmem.h"
#include "core/store/columns.h"
#include "core/store/migration.h"

/* A row has no reference to its message, which may come or go in another order within a transaction; the triggers see
   to it that neither key nor path outlives what a person sees of it. */
const char cf_schema_transfer[]
    = "CREATE TABLE transfer ("
      "  row INTEGER PRIMARY KEY,"
      "  conversation BLOB NOT NULL,"
      "  id BLOB NOT NULL,"
      "  outgoing INTEGER NOT NULL,"
      "  state INTEGER NOT NULL,"
      "  detail INTEGER NOT NULL,"
      "  paused_by_us INTEGER NOT NULL,"
      "  paused_by_peer INTEGER NOT NULL,"
      "  peer_ended INTEGER NOT NULL,"
      "  settled INTEGER NOT NULL,"
      "  key BLOB NOT NULL,"
      "  size INTEGER NOT NULL,"
      "  data INTEGER NOT NULL,"
      "  manifest INTEGER NOT NULL,"
      "  files INTEGER NOT NULL,"
      "  modified INTEGER NOT NULL,"
      "  media_type TEXT NOT NULL,"
      "  name BLOB NOT NULL,"
      "  skipped INTEGER NOT NULL,"
      "  done INTEGER NOT NULL,"
      "  root BLOB,"
      "  stat_hash BLOB,"
      "  path TEXT,"
      "  dir TEXT,"
      "  reason TEXT,"
      "  offered INTEGER NOT NULL," /* times: ms since 1970; ended 0: not */
      "  updated INTEGER NOT NULL,"
      "  ended INTEGER NOT NULL);"
      "CREATE UNIQUE INDEX transfer_id ON transfer (conversation, id);"
      "CREATE INDEX transfer_hex ON transfer (lower (hex (id)));"
      "CREATE INDEX transfer_open ON transfer (row) WHERE settled = 0;"
      "CREATE TABLE transfer_chunk ("
      "  transfer INTEGER NOT NULL REFERENCES transfer (row) ON DELETE CASCADE,"
      "  chunk INTEGER NOT NULL,"
      "  data BLOB NOT NULL,"
      "  PRIMARY KEY (transfer, chunk));"
      "CREATE TRIGGER transfer_message_deleted AFTER DELETE ON message BEGIN"
      "  DELETE FROM transfer WHERE conversation = old.conversation AND id = old.id; END;"
      "CREATE TRIGGER transfer_message_gone AFTER UPDATE OF gone ON message WHEN new.gone <> 0 BEGIN"
      "  DELETE FROM transfer WHERE conversation = new.conversation AND id = new.id; END;";

#define COLUMNS                                                                                                        \
  "row, conversation, id, outgoing, state, detail, paused_by_us, paused_by_peer, peer_ended, settled, skipped, done,"  \
  " root, stat_hash, path, dir, reason, updated, ended, key, size, data, manifest, files, modified, media_type, name," \
  " offered"

/* What a transfer has from the beginning to its end is bound from 20 on, what changes before that; ?1 is for the row. */
static void
bind_change (struct cf_stmt *s, const struct cf_transfer_row *t)
{
  cf_bind_int (s, 2, t->state);
  cf_bind_int (s, 3, t->detail);
  cf_bind_int (s, 4, t->paused_by_us);
  cf_bind_int (s, 5, t->paused_by_peer);
  cf_bind_int (s, 6, t->peer_ended);
  cf_bind_int (s, 7, t->settled);
  cf_bind_int (s, 8, (int64_t) t->skipped);
  cf_bind_int (s, 9, (int64_t) t->done);
  cf_bind_blob (s, 10, t->has_root ? t->root : NULL, sizeof t->root);
  cf_bind_blob (s, 11, t->has_stat ? t->stat_hash : NULL, sizeof t->stat_hash);
  cf_bind_text (s, 12, t->path);
  cf_bind_text (s, 13, t->dir);
  cf_bind_text (s, 14, t->reason);
  cf_bind_int (s, 15, t->updated_utc_ms);
  cf_bind_int (s, 16, t->ended_utc_ms);
}

gpg_error_t
cf_store_transfer_add (struct cf_store *store, const struct cf_transfer_row *t, int64_t *r_row)
{
  static const char sql[]
      = "INSERT INTO transfer (state, detail, paused_by_us, paused_by_peer, peer_ended, settled, skipped, done, root,"
        " stat_hash, path, dir, reason, updated, ended, conversation, id, outgoing, key, size, data, manifest, files,"
        " modified, media_type, name, offered) VALUES (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
        " ?16, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31)";
  struct cf_stmt *s = cf_stmt (store, sql);
  const struct cf_file_offer *o = &t->offer;
  gpg_error_t err;

  bind_change (s, t);
  cf_bind_blob (s, 20, t->conversation, sizeof t->conversation);
  cf_bind_blob (s, 21, t->id, sizeof t->id);
  cf_bind_int (s, 22, t->outgoing);
  cf_bind_blob (s, 23, o->key, sizeof o->key);
  cf_bind_int (s, 24, (int64_t) o->size);
  cf_bind_int (s, 25, (int64_t) o->data);
  cf_bind_int (s, 26, (int64_t) o->manifest_len);
  cf_bind_int (s, 27, (int64_t) o->files);
  cf_bind_int (s, 28, o->modified_utc_ms);
  cf_bind_text (s, 29, o->media_type);
  cf_bind_blob (s, 30, o->name, o->name_len);
  cf_bind_int (s, 31, t->offered_utc_ms);
  err = cf_stmt_run (s);
  if (gpg_err_code (err) == GPG_ERR_DUP_VALUE)
    err = cf_err (GPG_ERR_EEXIST);
  if (!err)
    *r_row = cf_store_last_row (store);
  return err;
}

gpg_error_t
cf_store_transfer_save (struct cf_store *store, const struct cf_transfer_row *t)
{
  static const char sql[]
      = "UPDATE transfer SET state = ?2, detail = ?3, paused_by_us = ?4, paused_by_peer = ?5, peer_ended = ?6,"
        " settled = ?7, skipped = ?8, done = ?9, root = ?10, stat_hash = ?11, path = ?12, dir = ?13, reason = ?14,"
        " updated = ?15, ended = ?16 WHERE row = ?1";
  struct cf_stmt *s = cf_stmt (store, sql);

  cf_bind_int (s, 1, t->row);
  bind_change (s, t);
  return cf_stmt_run (s);
}

/* --- reading --- */

static gpg_error_t
read_offer (struct cf_stmt *s, struct cf_file_offer *o)
{
  const char *type = cf_column_text (s, 25);
  size_t name_len;
  const void *name = cf_column_blob (s, 26, &name_len);

  if (!type || strlen (type) >= sizeof o->media_type || !name || name_len > sizeof o->name)
    return cf_err (CF_ERR_STORE);
  strcpy (o->media_type, type);
  memcpy (o->name, name, name_len);
  o->name_len = name_len;
  o->size = (uint64_t) cf_column_int (s, 20);
  o->data = (uint64_t) cf_column_int (s, 21);
  o->manifest_len = (uint64_t) cf_column_int (s, 22);
  o->files = (uint64_t) cf_column_int (s, 23);
  o->modified_utc_ms = cf_column_int (s, 24);
  return cf_column_exact (s, 19, o->key, sizeof o->key);
}

/* The row under the cursor S, in the order of COLUMNS. */
static gpg_error_t
read_row (struct cf_stmt *s, struct cf_transfer_row *t)
{
  gpg_error_t err;

  memset (t, 0, sizeof *t);
  t->row = cf_column_int (s, 0);
  t->outgoing = cf_column_int (s, 3) != 0;
  t->state = (int) cf_column_int (s, 4);
  t->detail = (int) cf_column_int (s, 5);
  t->paused_by_us = cf_column_int (s, 6) != 0;
  t->paused_by_peer = cf_column_int (s, 7) != 0;
  t->peer_ended = cf_column_int (s, 8) != 0;
  t->settled = cf_column_int (s, 9) != 0;
  t->skipped = (uint64_t) cf_column_int (s, 10);
  t->done = (uint64_t) cf_column_int (s, 11);
  t->has_root = !cf_column_is_null (s, 12);
  t->has_stat = !cf_column_is_null (s, 13);
  t->path = cf_column_text (s, 14);
  t->dir = cf_column_text (s, 15);
  t->reason = cf_column_text (s, 16);
  t->updated_utc_ms = cf_column_int (s, 17);
  t->ended_utc_ms = cf_column_int (s, 18);
  t->offered_utc_ms = cf_column_int (s, 27);
  err = cf_column_exact (s, 1, t->conversation, sizeof t->conversation);
  if (!err)
    err = cf_column_exact (s, 2, t->id, sizeof t->id);
  if (!err && t->has_root)
    err = cf_column_exact (s, 12, t->root, sizeof t->root);
  if (!err && t->has_stat)
    err = cf_column_exact (s, 13, t->stat_hash, sizeof t->stat_hash);
  return err ? err : read_offer (s, &t->offer);
}

static gpg_error_t
walk (struct cf_stmt *s, cf_transfer_row_fn fn, void *arg, size_t *r_count)
{
  struct cf_transfer_row t;
  gpg_error_t err;
  size_t count = 0;

  while (cf_stmt_step (s, &err)) {
    count++;
    err = read_row (s, &t);
    if (err || !fn (arg, &t)) {
      cf_stmt_reset (s);
      break;
    }
  }
  cf_wipe (&t, sizeof t);
  if (r_count)
    *r_count = count;
  return err;
}

gpg_error_t
cf_store_transfer_get (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                       const uint8_t id[CF_FILE_ID_LEN], cf_transfer_row_fn fn, void *arg)
{
  static const char sql[] = "SELECT " COLUMNS " FROM transfer WHERE conversation = ?1 AND id = ?2";
  struct cf_stmt *s = cf_stmt (store, sql);
  gpg_error_t err;
  size_t count;

  cf_bind_blob (s, 1, conversation, CF_CONVERSATION_ID_LEN);
  cf_bind_blob (s, 2, id, CF_FILE_ID_LEN);
  err = walk (s, fn, arg, &count);
  return err || count ? err : cf_err (GPG_ERR_NOT_FOUND);
}

gpg_error_t
cf_store_transfer_find (struct cf_store *store, const char *prefix, size_t limit, cf_transfer_row_fn fn, void *arg)
{
  /* 'g' is beyond every digit. */
  static const char sql[] = "SELECT " COLUMNS " FROM transfer WHERE lower (hex (id)) >= ?1"
                            " AND lower (hex (id)) < ?1 || 'g' ORDER BY lower (hex (id)) LIMIT ?2";
  struct cf_stmt *s = cf_stmt (store, sql);

  cf_bind_text (s, 1, prefix);
  cf_bind_int (s, 2, (int64_t) limit);
  return walk (s, fn, arg, NULL);
}

gpg_error_t
cf_store_transfer_open (struct cf_store *store, cf_transfer_row_fn fn, void *arg)
{
  static const char sql[] = "SELECT " COLUMNS " FROM transfer WHERE settled = 0 ORDER BY row";

  return walk (cf_stmt (store, sql), fn, arg, NULL);
}

gpg_error_t
cf_store_transfer_list (struct cf_store *store, const uint8_t *conversation, int64_t before, int64_t ended_since_utc_ms,
                        size_t limit, cf_transfer_row_fn fn, void *arg)
{
  static const char sql[] = "SELECT " COLUMNS " FROM transfer WHERE row < ?1 AND (ended = 0 OR ended >= ?2)"
                            " AND (?4 IS NULL OR conversation = ?4) ORDER BY row DESC LIMIT ?3";
  struct cf_stmt *s = cf_stmt (store, sql);

  cf_bind_int (s, 1, before);
  cf_bind_int (s, 2, ended_since_utc_ms);
  cf_bind_int (s, 3, limit > INT64_MAX ? INT64_MAX : (int64_t) limit);
  cf_bind_blob (s, 4, conversation, CF_CONVERSATION_ID_LEN);
  return walk (s, fn, arg, NULL);
}

/* --- chunks --- */

gpg_error_t
cf_store_transfer_chunk_put (struct cf_store *store, int64_t row, size_t chunk, const void *data, size_t len)
{
  static const char put[] = "INSERT OR REPLACE INTO transfer_chunk (transfer, chunk, data) VALUES (?1, ?2, ?3)";
  static const char delete[] = "DELETE FROM transfer_chunk WHERE transfer = ?1 AND chunk = ?2";
  struct cf_stmt *s = cf_stmt (store, len ? put : delete);

  cf_bind_int (s, 1, row);
  cf_bind_int (s, 2, (int64_t) chunk);
  if (len)
    cf_bind_blob (s, 3, data, len);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_transfer_chunks (struct cf_store *store, int64_t row,
                          gpg_error_t (*each) (void *arg, size_t chunk, const void *data, size_t len), void *arg)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT chunk, data FROM transfer_chunk WHERE transfer = ?1 ORDER BY chunk");
  gpg_error_t err, each_err;

  cf_bind_int (s, 1, row);
  while (cf_stmt_step (s, &err)) {
    size_t len;
    const void *data = cf_column_blob (s, 1, &len);

    each_err = each (arg, (size_t) cf_column_int (s, 0), data, len);
    if (each_err) {
      cf_stmt_reset (s);
      return each_err;
    }
  }
  return err;
}

gpg_error_t
cf_store_transfer_chunks_clear (struct cf_store *store, int64_t row)
{
  struct cf_stmt *s = cf_stmt (store, "DELETE FROM transfer_chunk WHERE transfer = ?1");

  cf_bind_int (s, 1, row);
  return cf_stmt_run (s);
}
