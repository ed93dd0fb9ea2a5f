/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_change.c - SQL of what is said about a message later, and of what vanishes; the tables are store_message.c's.
 *
 * The search index is told before the row: it reads the words to take out from there.
 */
#include "core/store/message_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"

static void
bind_conversation (struct cf_stmt *s, const uint8_t conversation[CF_CONVERSATION_ID_LEN])
{
  cf_bind_blob (s, 1, conversation, CF_CONVERSATION_ID_LEN);
}

static void
bind_range (struct cf_stmt *s, const uint8_t conversation[CF_CONVERSATION_ID_LEN], bool outgoing, uint64_t first,
            uint64_t last)
{
  bind_conversation (s, conversation);
  cf_bind_int (s, 2, outgoing);
  cf_bind_int (s, 3, (int64_t) first);
  cf_bind_int (s, 4, last > INT64_MAX ? INT64_MAX : (int64_t) last);
}

static gpg_error_t
run_for_row (struct cf_store *store, const char *sql, int64_t row)
{
  struct cf_stmt *s = cf_stmt (store, sql);

  cf_bind_int (s, 1, row);
  return cf_stmt_run (s);
}

/* --- edits, deletions --- */

/* The index forgets the words of ROW; and what is not in an envelope yet will be sealed as it was signed. */
static gpg_error_t
release_text (struct cf_store *store, int64_t row)
{
  static const char keep[] = "UPDATE message SET body = text WHERE row = ?1 AND outgoing = 1 AND body IS NULL AND state < 4"
                             " AND sequence > (SELECT coalesce (max (number), 0) FROM envelope e"
                             "  WHERE e.conversation = message.conversation AND e.outgoing = 1)";
  gpg_error_t err;

  err = run_for_row (store, "DELETE FROM message_text WHERE docid = (SELECT row FROM message WHERE row = ?1 AND text <> '')",
                     row);
  return err ? err : run_for_row (store, keep, row);
}

gpg_error_t
cf_store_message_edit (struct cf_store *store, const struct cf_message_row *m, const char *text, size_t len,
                       int64_t at_utc_ms)
{
  char *copy = strndup (text, len);
  struct cf_stmt *s;
  gpg_error_t err;

  if (!copy)
    return cf_err_errno ();
  err = release_text (store, m->row);
  if (!err) {
    s = cf_stmt (store, "UPDATE message SET text = ?2, edited = ?3 WHERE row = ?1");
    cf_bind_int (s, 1, m->row);
    cf_bind_text (s, 2, copy);
    cf_bind_int (s, 3, at_utc_ms);
    err = cf_stmt_run (s);
  }
  if (!err)
    err = cf_store_message_index (store, m->row, m->conversation, copy);
  cf_wipe (copy, len);
  free (copy);
  return err;
}

/* Envelopes with the entry M, or with an edit of it, that nobody waits for lose their bytes. */
static gpg_error_t
blank_envelopes (struct cf_store *store, const struct cf_message_row *m)
{
#define BLANK                                                                                                          \
  "UPDATE envelope SET sealed = x'' WHERE acked = 1 AND row IN (SELECT e.row FROM message m CROSS JOIN envelope e"     \
  " ON e.conversation = m.conversation AND e.outgoing = m.outgoing AND e.number BETWEEN m.sequence AND m.sequence + 255" \
  " AND e.first <= m.sequence WHERE "
  static const char own[] = BLANK "m.row = ?1)";
  static const char edits[] = BLANK "+m.outgoing = ?3 AND m.conversation = ?1 AND m.reply_to = ?2 AND m.kind = 'edit')";
#undef BLANK
  gpg_error_t err = run_for_row (store, own, m->row);
  struct cf_stmt *s;

  if (err)
    return err;
  s = cf_stmt (store, edits);
  bind_conversation (s, m->conversation);
  cf_bind_blob (s, 2, m->id, sizeof m->id);
  cf_bind_int (s, 3, m->outgoing);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_message_wipe (struct cf_store *store, const struct cf_message_row *m, enum cf_message_gone gone)
{
  struct cf_stmt *s;
  gpg_error_t err;

  err = release_text (store, m->row);
  if (!err)
    err = run_for_row (store, "DELETE FROM reaction WHERE message = ?1", m->row);
  if (err)
    return err;
  s = cf_stmt (store, "UPDATE message SET text = '', gone = ?2, hidden = ?3, expires = 0 WHERE row = ?1");
  cf_bind_int (s, 1, m->row);
  cf_bind_int (s, 2, gone);
  cf_bind_int (s, 3, gone == CF_MESSAGE_VANISHED);
  err = cf_stmt_run (s);
  if (err)
    return err;
  s = cf_stmt (store, "UPDATE message INDEXED BY message_reply SET gone = 2 WHERE conversation = ?1"
                      " AND reply_to = ?2 AND kind = 'edit' AND outgoing = ?3");
  bind_conversation (s, m->conversation);
  cf_bind_blob (s, 2, m->id, sizeof m->id);
  cf_bind_int (s, 3, m->outgoing);
  err = cf_stmt_run (s);
  return err ? err : blank_envelopes (store, m);
}

gpg_error_t
cf_store_message_sealed (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN], uint64_t first,
                         uint64_t last)
{
  struct cf_stmt *s = cf_stmt (store, "UPDATE message SET body = NULL WHERE conversation = ?1 AND outgoing = 1"
                                      " AND sequence BETWEEN ?2 AND ?3 AND body IS NOT NULL");

  bind_conversation (s, conversation);
  cf_bind_int (s, 2, (int64_t) first);
  cf_bind_int (s, 3, last > INT64_MAX ? INT64_MAX : (int64_t) last);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_envelope_blank (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN], bool outgoing,
                         uint64_t first_number, uint64_t number)
{
  static const char sql[]
      = "UPDATE envelope SET sealed = x'' WHERE conversation = ?1 AND outgoing = ?2 AND number BETWEEN ?3 AND ?4"
        " AND acked = 1 AND length (sealed) > 0 AND EXISTS (SELECT 1 FROM message m WHERE m.conversation = ?1"
        " AND m.outgoing = ?2 AND m.sequence BETWEEN envelope.first AND envelope.number AND m.gone > 0)";
  struct cf_stmt *s = cf_stmt (store, sql);

  bind_range (s, conversation, outgoing, first_number, number);
  return cf_stmt_run (s);
}

/* --- reactions --- */

gpg_error_t
cf_store_reaction_set (struct cf_store *store, int64_t row, bool outgoing, const char *emoji, size_t len)
{
  struct cf_stmt *s;
  gpg_error_t err;
  char *copy;

  if (!len) {
    s = cf_stmt (store, "DELETE FROM reaction WHERE message = ?1 AND outgoing = ?2");
    cf_bind_int (s, 1, row);
    cf_bind_int (s, 2, outgoing);
    return cf_stmt_run (s);
  }
  copy = strndup (emoji, len);
  if (!copy)
    return cf_err_errno ();
  s = cf_stmt (store, "INSERT OR REPLACE INTO reaction (message, outgoing, emoji) VALUES (?1, ?2, ?3)");
  cf_bind_int (s, 1, row);
  cf_bind_int (s, 2, outgoing);
  cf_bind_text (s, 3, copy);
  err = cf_stmt_run (s);
  free (copy);
  return err;
}

gpg_error_t
cf_store_reactions (struct cf_store *store, int64_t row,
                    gpg_error_t (*each) (void *arg, bool outgoing, const char *emoji), void *arg)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT outgoing, emoji FROM reaction WHERE message = ?1 ORDER BY outgoing");
  gpg_error_t err;

  cf_bind_int (s, 1, row);
  while (cf_stmt_step (s, &err)) {
    err = each (arg, cf_column_int (s, 0) != 0, cf_column_text (s, 1));
    if (err) {
      cf_stmt_reset (s);
      break;
    }
  }
  return err;
}

/* --- time --- */

/* By their own index: there are few, and a range of sequences may be long. */
#define WAITS " WHERE conversation = ?1 AND outgoing = ?2 AND sequence BETWEEN ?3 AND ?4 AND lifetime > 0 AND expires = 0" \
              " AND kind IN ('text', 'file') AND gone = 0"

gpg_error_t
cf_store_message_expire (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN], bool outgoing,
                         uint64_t first, uint64_t last, int64_t now_ms, cf_message_row_fn fn, void *arg, size_t *r_count)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT " MESSAGE_COLUMNS " FROM message INDEXED BY message_waiting" WAITS
                                      " ORDER BY sequence");
  gpg_error_t err;

  bind_range (s, conversation, outgoing, first, last);
  err = cf_store_message_walk (s, fn, arg, r_count);
  if (err || !*r_count)
    return err;
  s = cf_stmt (store, "UPDATE message INDEXED BY message_waiting SET expires = ?5 + lifetime * 1000" WAITS);
  bind_range (s, conversation, outgoing, first, last);
  cf_bind_int (s, 5, now_ms);
  return cf_stmt_run (s);
}

#undef WAITS

gpg_error_t
cf_store_message_due (struct cf_store *store, int64_t now_ms, size_t limit, cf_message_row_fn fn, void *arg)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT " MESSAGE_COLUMNS " FROM message WHERE expires > 0 AND expires <= ?1"
                                      " ORDER BY expires LIMIT ?2");

  cf_bind_int (s, 1, now_ms);
  cf_bind_int (s, 2, (int64_t) limit);
  return cf_store_message_walk (s, fn, arg, NULL);
}

gpg_error_t
cf_store_message_next_due (struct cf_store *store, int64_t *r_ms)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT coalesce (min (expires), 0) FROM message WHERE expires > 0");
  gpg_error_t err;

  if (!cf_stmt_step (s, &err))
    return err ? err : cf_err (CF_ERR_STORE);
  *r_ms = cf_column_int (s, 0);
  cf_stmt_reset (s);
  return 0;
}

/* --- for good --- */

gpg_error_t
cf_store_message_count (struct cf_store *store, int64_t *r_rows)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT coalesce (max (row), 0) FROM message");
  gpg_error_t err;

  if (!cf_stmt_step (s, &err))
    return err ? err : cf_err (CF_ERR_STORE);
  *r_rows = cf_column_int (s, 0);
  cf_stmt_reset (s);
  return 0;
}

/* FTS only notes beside the words of a row that it is gone; they leave with the parts of its index that are merged. */
gpg_error_t
cf_store_message_scrub (struct cf_store *store, int64_t rows_max)
{
  static const char sql[] = "INSERT INTO message_text (message_text) SELECT 'optimize'"
                            " WHERE (SELECT coalesce (max (row), 0) FROM message) <= ?1";
  struct cf_stmt *s = cf_stmt (store, sql);

  cf_bind_int (s, 1, rows_max);
  return cf_stmt_run (s);
}
