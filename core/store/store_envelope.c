/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_envelope.c - SQL of envelopes; their table is made in store_message.c. */
#include "core/store/store_message.h"

#include <string.h>

#include "core/store/columns.h"
#include "net/proto.h"

#define ENVELOPE_COLUMNS "row, conversation, peer, outgoing, first, number, acked, orphan, ack, created"

static void
bind_conversation (struct cf_stmt *s, const uint8_t conversation[CF_CONVERSATION_ID_LEN])
{
  cf_bind_blob (s, 1, conversation, CF_CONVERSATION_ID_LEN);
}

gpg_error_t
cf_store_envelope_add (struct cf_store *store, const struct cf_envelope_row *e)
{
  static const char sql[] = "INSERT INTO envelope (conversation, peer, outgoing, first, number, acked, orphan, ack,"
                            " created, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9)";
  struct cf_stmt *s = cf_stmt (store, sql);

  bind_conversation (s, e->conversation);
  cf_bind_fpr (s, 2, &e->peer);
  cf_bind_int (s, 3, e->outgoing);
  cf_bind_int (s, 4, (int64_t) e->first);
  cf_bind_int (s, 5, (int64_t) e->number);
  cf_bind_int (s, 6, e->acked);
  cf_bind_blob (s, 7, e->ack, sizeof e->ack);
  cf_bind_int (s, 8, e->created_utc_ms);
  cf_bind_blob (s, 9, e->sealed, e->sealed_len);
  return cf_stmt_run (s);
}

/* The row under the cursor S, in the order of ENVELOPE_COLUMNS, then perhaps its bytes. */
static gpg_error_t
read_envelope (struct cf_stmt *s, bool with_bytes, struct cf_envelope_row *e)
{
  gpg_error_t err;

  memset (e, 0, sizeof *e);
  e->row = cf_column_int (s, 0);
  e->outgoing = cf_column_int (s, 3) != 0;
  e->first = (uint64_t) cf_column_int (s, 4);
  e->number = (uint64_t) cf_column_int (s, 5);
  e->acked = cf_column_int (s, 6) != 0;
  e->orphan = cf_column_int (s, 7) != 0;
  e->created_utc_ms = cf_column_int (s, 9);
  err = cf_column_exact (s, 1, e->conversation, sizeof e->conversation);
  if (!err)
    err = cf_column_exact (s, 8, e->ack, sizeof e->ack);
  if (err)
    return err;
  cf_column_fpr (s, 2, &e->peer);
  if (cf_fpr_is_none (&e->peer))
    return cf_err (CF_ERR_STORE);
  if (with_bytes) {
    e->sealed = cf_column_blob (s, 10, &e->sealed_len);
    if (!e->sealed)
      return cf_err (CF_ERR_STORE);
  }
  return 0;
}

static gpg_error_t
walk_envelopes (struct cf_stmt *s, bool with_bytes, cf_envelope_row_fn fn, void *arg, size_t *r_count)
{
  struct cf_envelope_row e;
  gpg_error_t err;
  size_t count = 0;

  while (cf_stmt_step (s, &err)) {
    count++;
    err = read_envelope (s, with_bytes, &e);
    if (err || !fn (arg, &e)) {
      cf_stmt_reset (s);
      break;
    }
  }
  if (r_count)
    *r_count = count;
  return err;
}

gpg_error_t
cf_store_envelope_get (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                       bool outgoing, uint64_t number,
                       cf_envelope_row_fn fn, void *arg)
{
  static const char sql[] = "SELECT " ENVELOPE_COLUMNS ", sealed FROM envelope"
                            " WHERE conversation = ?1 AND outgoing = ?2 AND number = ?3";
  struct cf_stmt *s = cf_stmt (store, sql);
  gpg_error_t err;
  size_t count;

  bind_conversation (s, conversation);
  cf_bind_int (s, 2, outgoing);
  cf_bind_int (s, 3, (int64_t) number);
  err = walk_envelopes (s, true, fn, arg, &count);
  return err || count ? err : cf_err (GPG_ERR_NOT_FOUND);
}

gpg_error_t
cf_store_envelope_waiting (struct cf_store *store, cf_envelope_row_fn fn, void *arg)
{
  static const char sql[] = "SELECT " ENVELOPE_COLUMNS " FROM envelope WHERE acked = 0 ORDER BY conversation, number";

  return walk_envelopes (cf_stmt (store, sql), false, fn, arg, NULL);
}

gpg_error_t
cf_store_envelope_after (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                         int64_t row, size_t limit,
                         cf_envelope_row_fn fn, void *arg)
{
  static const char sql[] = "SELECT " ENVELOPE_COLUMNS ", sealed FROM envelope"
                            " WHERE conversation = ?1 AND row > ?2 AND NOT EXISTS"
                            " (SELECT 1 FROM envelope AS later WHERE later.conversation = ?1"
                            " AND later.outgoing = envelope.outgoing AND later.number > envelope.number"
                            " AND later.number < envelope.first + ?4 AND later.first <= envelope.first)"
                            " ORDER BY row LIMIT ?3";
  struct cf_stmt *s = cf_stmt (store, sql);

  bind_conversation (s, conversation);
  cf_bind_int (s, 2, row);
  cf_bind_int (s, 3, (int64_t) limit);
  cf_bind_int (s, 4, CF_ENVELOPE_ENTRIES_MAX); /* so far it has to look */
  return walk_envelopes (s, true, fn, arg, NULL);
}

gpg_error_t
cf_store_envelope_numbers (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                           uint64_t from, size_t limit,
                           uint64_t *r_numbers, size_t *r_count)
{
  static const char sql[] = "SELECT number FROM envelope WHERE conversation = ?1 AND outgoing = 1 AND number >= ?2"
                            " ORDER BY number LIMIT ?3";
  struct cf_stmt *s = cf_stmt (store, sql);
  gpg_error_t err;
  size_t count = 0;

  bind_conversation (s, conversation);
  cf_bind_int (s, 2, (int64_t) from);
  cf_bind_int (s, 3, (int64_t) limit);
  while (cf_stmt_step (s, &err))
    if (count < limit)
      r_numbers[count++] = (uint64_t) cf_column_int (s, 0);
  *r_count = count;
  return err;
}

gpg_error_t
cf_store_envelope_last (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                        uint64_t *r_number)
{
  static const char sql[]
      = "SELECT COALESCE (MAX (number), 0) FROM envelope WHERE conversation = ?1 AND outgoing = 1";
  struct cf_stmt *s = cf_stmt (store, sql);
  gpg_error_t err;

  bind_conversation (s, conversation);
  if (!cf_stmt_step (s, &err))
    return err ? err : cf_err (CF_ERR_STORE);
  *r_number = (uint64_t) cf_column_int (s, 0);
  cf_stmt_reset (s);
  return 0;
}

gpg_error_t
cf_store_envelope_settle (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                          uint64_t first_number, uint64_t number)
{
  static const char sql[] = "UPDATE envelope SET acked = 1 WHERE conversation = ?1 AND outgoing = 1"
                            " AND number BETWEEN ?2 AND ?3 AND acked = 0";
  struct cf_stmt *s = cf_stmt (store, sql);

  bind_conversation (s, conversation);
  cf_bind_int (s, 2, (int64_t) first_number);
  cf_bind_int (s, 3, (int64_t) number);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_envelope_remove (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                          uint64_t number)
{
  static const char sql[] = "DELETE FROM envelope WHERE conversation = ?1 AND number = ?2 AND orphan = 1";
  struct cf_stmt *s = cf_stmt (store, sql);

  bind_conversation (s, conversation);
  cf_bind_int (s, 2, (int64_t) number);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_envelope_find (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN], bool outgoing,
                        uint64_t sequence, uint64_t *r_number, size_t *r_len)
{
  static const char sql[] = "SELECT number, length (sealed) FROM envelope WHERE conversation = ?1 AND outgoing = ?2"
                            " AND number BETWEEN ?3 AND ?4 AND first <= ?3 ORDER BY number LIMIT 1";
  struct cf_stmt *s = cf_stmt (store, sql);
  gpg_error_t err;

  bind_conversation (s, conversation);
  cf_bind_int (s, 2, outgoing);
  cf_bind_int (s, 3, (int64_t) sequence);
  cf_bind_int (s, 4, (int64_t) sequence + CF_ENVELOPE_ENTRIES_MAX - 1);
  if (!cf_stmt_step (s, &err))
    return err ? err : cf_err (GPG_ERR_NOT_FOUND);
  *r_number = (uint64_t) cf_column_int (s, 0);
  *r_len = (size_t) cf_column_int (s, 1);
  cf_stmt_reset (s);
  return 0;
}
