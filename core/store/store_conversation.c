/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_conversation.c - the rows of conversations, and the ids ever used.
 *
 * used_id outlives its conversation: an id never opens twice, not even after
 * the conversation was deleted.
 */
#include "core/store/store_conversation.h"

#include <stdlib.h>

#include "base/secmem.h"
#include "core/store/columns.h"
#include "core/store/migration.h"

const char cf_schema_conversation[]
  = "CREATE TABLE conversation ("
    " id BLOB PRIMARY KEY NOT NULL,"
    " peer BLOB NOT NULL,"
    " state INTEGER NOT NULL,"
    " asked INTEGER NOT NULL,"
    " created INTEGER NOT NULL," /* times: ms since 1970, UTC */
    " opened INTEGER NOT NULL,"
    " closed INTEGER NOT NULL,"
    " active INTEGER NOT NULL,"
    " note TEXT,"
    " own_key BLOB,"
    " peer_key BLOB,"
    " passphrase BLOB,"
    " secret BLOB,"
    " sent_sequence INTEGER NOT NULL,"
    " received_sequence INTEGER NOT NULL,"
    " sent_hash BLOB NOT NULL,"
    " received_hash BLOB NOT NULL,"
    " acked_sequence INTEGER NOT NULL,"
    " read_sequence INTEGER NOT NULL,"
    " peer_read_sequence INTEGER NOT NULL,"
    " closed_by_peer INTEGER NOT NULL,"
    " trouble TEXT,"
    " deleted INTEGER NOT NULL);"
    "CREATE TABLE used_id (id BLOB PRIMARY KEY NOT NULL) WITHOUT ROWID;";

/* Marks of our user, and the timer that both sides have agreed on last (conversation.h).  A draft has a table of its own:
   the row of a conversation is written with every message. */
const char cf_schema_conversation_marks[]
  = "ALTER TABLE conversation ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE conversation ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE conversation ADD COLUMN marked_unread INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE conversation ADD COLUMN timer INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE conversation ADD COLUMN timer_order INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE conversation ADD COLUMN timer_own INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE draft ("
    " conversation BLOB PRIMARY KEY NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,"
    " text TEXT NOT NULL);";

/* One list of columns for reading and writing, so that their numbers agree. */
#define COLUMNS                                                                                                 \
  "peer, state, asked, created, opened, closed, active, note, own_key, peer_key, passphrase, secret,"           \
  " sent_sequence, received_sequence, sent_hash, received_hash, acked_sequence, read_sequence,"                 \
  " peer_read_sequence, closed_by_peer, trouble, deleted, pinned, muted, marked_unread, timer, timer_order,"     \
  " timer_own, id"

static gpg_error_t
read_row (struct cf_stmt *s, struct cf_conversation *c)
{
  gpg_error_t err;
  int64_t state = cf_column_int (s, 1);

  cf_column_fpr (s, 0, &c->peer);
  if (cf_fpr_is_none (&c->peer) || state < CF_CONVERSATION_REQUESTED || state > CF_CONVERSATION_CLOSED)
    return cf_err (CF_ERR_STORE);
  c->state = (enum cf_conversation_state) state;
  c->asked = cf_column_int (s, 2) != 0;
  c->created_utc_ms = cf_column_int (s, 3);
  c->opened_utc_ms = cf_column_int (s, 4);
  c->closed_utc_ms = cf_column_int (s, 5);
  c->active_utc_ms = cf_column_int (s, 6);
  cf_column_fpr (s, 8, &c->own_key);
  cf_column_fpr (s, 9, &c->peer_key);
  c->sent_sequence = (uint64_t) cf_column_int (s, 12);
  c->received_sequence = (uint64_t) cf_column_int (s, 13);
  c->acked_sequence = (uint64_t) cf_column_int (s, 16);
  c->read_sequence = (uint64_t) cf_column_int (s, 17);
  c->peer_read_sequence = (uint64_t) cf_column_int (s, 18);
  c->closed_by_peer = cf_column_int (s, 19) != 0;
  c->deleted = cf_column_int (s, 21) != 0;
  c->pinned = cf_column_int (s, 22) != 0;
  c->muted_until_utc_ms = cf_column_int (s, 23);
  c->marked_unread = cf_column_int (s, 24) != 0;
  c->timer_s = (uint32_t) cf_column_int (s, 25);
  c->timer_order = (uint64_t) cf_column_int (s, 26);
  c->timer_own = cf_column_int (s, 27) != 0;
  err = cf_column_text_dup (s, 7, &c->note);
  if (!err)
    err = cf_column_text_dup (s, 20, &c->trouble);
  if (!err)
    err = cf_column_secret (s, 10, CF_GPG_PASSPHRASE_LEN, &c->passphrase);
  if (!err)
    err = cf_column_secret (s, 11, CF_HASH_LEN, &c->secret);
  if (!err)
    err = cf_column_exact (s, 14, c->sent_hash, sizeof c->sent_hash);
  if (!err)
    err = cf_column_exact (s, 15, c->received_hash, sizeof c->received_hash);
  if (!err)
    err = cf_column_exact (s, 28, c->id, sizeof c->id);
  return err;
}

gpg_error_t
cf_store_conversation_all (struct cf_store *store,
                           gpg_error_t (*each) (void *arg, const struct cf_conversation *row), void *arg)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT " COLUMNS " FROM conversation ORDER BY created, id");
  gpg_error_t err = 0;

  while (cf_stmt_step (s, &err)) {
    struct cf_conversation row = { 0 };

    err = read_row (s, &row);
    if (!err)
      err = each (arg, &row);
    else {
      free (row.note);
      free (row.trouble);
      cf_secmem_free (row.passphrase);
      cf_secmem_free (row.secret);
    }
    if (err) {
      cf_stmt_reset (s);
      break;
    }
  }
  return err;
}

static void
bind_row (struct cf_stmt *s, const struct cf_conversation *c)
{
  cf_bind_fpr (s, 1, &c->peer);
  cf_bind_int (s, 2, c->state);
  cf_bind_int (s, 3, c->asked);
  cf_bind_int (s, 4, c->created_utc_ms);
  cf_bind_int (s, 5, c->opened_utc_ms);
  cf_bind_int (s, 6, c->closed_utc_ms);
  cf_bind_int (s, 7, c->active_utc_ms);
  cf_bind_text (s, 8, c->note);
  cf_bind_fpr (s, 9, &c->own_key);
  cf_bind_fpr (s, 10, &c->peer_key);
  cf_bind_blob (s, 11, c->passphrase, CF_GPG_PASSPHRASE_LEN);
  cf_bind_blob (s, 12, c->secret, CF_HASH_LEN);
  cf_bind_int (s, 13, (int64_t) c->sent_sequence);
  cf_bind_int (s, 14, (int64_t) c->received_sequence);
  cf_bind_blob (s, 15, c->sent_hash, sizeof c->sent_hash);
  cf_bind_blob (s, 16, c->received_hash, sizeof c->received_hash);
  cf_bind_int (s, 17, (int64_t) c->acked_sequence);
  cf_bind_int (s, 18, (int64_t) c->read_sequence);
  cf_bind_int (s, 19, (int64_t) c->peer_read_sequence);
  cf_bind_int (s, 20, c->closed_by_peer);
  cf_bind_text (s, 21, c->trouble);
  cf_bind_int (s, 22, c->deleted);
  cf_bind_int (s, 23, c->pinned);
  cf_bind_int (s, 24, c->muted_until_utc_ms);
  cf_bind_int (s, 25, c->marked_unread);
  cf_bind_int (s, 26, c->timer_s);
  cf_bind_int (s, 27, (int64_t) c->timer_order);
  cf_bind_int (s, 28, c->timer_own);
  cf_bind_blob (s, 29, c->id, sizeof c->id);
}

gpg_error_t
cf_store_conversation_save (struct cf_store *store, const struct cf_conversation *conv)
{
  struct cf_stmt *s;
  gpg_error_t err;

  err = cf_store_begin (store);
  if (err)
    return err;
  /* Not INSERT OR REPLACE: that would delete the row, and with it what refers to it. */
  s = cf_stmt (store, "UPDATE conversation SET peer = ?1, state = ?2, asked = ?3, created = ?4, opened = ?5,"
                      " closed = ?6, active = ?7, note = ?8, own_key = ?9, peer_key = ?10, passphrase = ?11,"
                      " secret = ?12, sent_sequence = ?13, received_sequence = ?14, sent_hash = ?15,"
                      " received_hash = ?16, acked_sequence = ?17, read_sequence = ?18, peer_read_sequence = ?19,"
                      " closed_by_peer = ?20, trouble = ?21, deleted = ?22, pinned = ?23, muted = ?24,"
                      " marked_unread = ?25, timer = ?26, timer_order = ?27, timer_own = ?28 WHERE id = ?29");
  bind_row (s, conv);
  err = cf_stmt_run (s);
  if (!err && cf_store_changes (store) == 0) {
    s = cf_stmt (store, "INSERT INTO conversation (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
                        " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27,"
                        " ?28, ?29)");
    bind_row (s, conv);
    err = cf_stmt_run (s);
    if (!err)
      err = cf_store_id_use (store, conv->id);
  }
  cf_store_end (store, &err);
  return err;
}

gpg_error_t
cf_store_own_keys (struct cf_store *store, void (*each) (void *arg, const struct cf_fpr *own_key), void *arg)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT own_key FROM conversation UNION ALL SELECT own_key FROM request");
  gpg_error_t err = 0;

  while (!err && cf_stmt_step (s, &err)) {
    struct cf_fpr fpr;
    size_t len;

    cf_column_fpr (s, 0, &fpr);
    if (!cf_fpr_is_none (&fpr))
      each (arg, &fpr);
    else if (cf_column_blob (s, 0, &len))
      err = cf_err (CF_ERR_STORE);
  }
  cf_stmt_reset (s);
  return err;
}

gpg_error_t
cf_store_conversation_delete (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN])
{
  struct cf_stmt *s = cf_stmt (store, "DELETE FROM conversation WHERE id = ?1");

  cf_bind_blob (s, 1, id, CF_CONVERSATION_ID_LEN);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_draft_save (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN], const char *text)
{
  struct cf_stmt *s = cf_stmt (store, text ? "INSERT OR REPLACE INTO draft (conversation, text) VALUES (?1, ?2)"
                                           : "DELETE FROM draft WHERE conversation = ?1");

  cf_bind_blob (s, 1, id, CF_CONVERSATION_ID_LEN);
  if (text)
    cf_bind_text (s, 2, text);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_draft_get (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN], char **r_text)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT text FROM draft WHERE conversation = ?1");
  gpg_error_t err;

  cf_bind_blob (s, 1, id, CF_CONVERSATION_ID_LEN);
  if (!cf_stmt_step (s, &err)) {
    if (!err)
      *r_text = NULL;
    return err;
  }
  err = cf_column_text_dup (s, 0, r_text);
  cf_stmt_reset (s);
  return err;
}

gpg_error_t
cf_store_id_use (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN])
{
  struct cf_stmt *s = cf_stmt (store, "INSERT OR IGNORE INTO used_id (id) VALUES (?1)");

  cf_bind_blob (s, 1, id, CF_CONVERSATION_ID_LEN);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_id_used (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN], bool *r_used)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT 1 FROM used_id WHERE id = ?1");
  gpg_error_t err;
  bool used;

  cf_bind_blob (s, 1, id, CF_CONVERSATION_ID_LEN);
  used = cf_stmt_step (s, &err);
  if (used)
    cf_stmt_reset (s);
  else if (err)
    return err;
  *r_used = used;
  return 0;
}
