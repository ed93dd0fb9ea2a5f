/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_message.c - SQL of messages and the search index; envelopes are store_envelope.c's, what is said about a message
 * later store_change.c's. */
#include "core/store/message_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/store/columns.h"
#include "core/store/migration.h"

/* MESSAGE_TEXT is an index over MESSAGE (external content): no second copy of
   what was said, but its rows must be deleted before those they point to.  */
const char cf_schema_message[]
    = "CREATE TABLE message ("
      "  row INTEGER PRIMARY KEY,"
      "  conversation BLOB NOT NULL,"
      "  id BLOB NOT NULL,"
      "  outgoing INTEGER NOT NULL,"
      "  sequence INTEGER," /* NULL: what did not hold */
      "  kind TEXT NOT NULL,"
      "  state INTEGER NOT NULL,"
      "  signature INTEGER NOT NULL,"
      "  sent INTEGER NOT NULL,"
      "  received INTEGER NOT NULL,"
      "  hash BLOB NOT NULL,"
      "  previous BLOB NOT NULL,"
      "  reply_to BLOB,"
      "  last_peer INTEGER NOT NULL,"
      "  text TEXT NOT NULL);"
      "CREATE UNIQUE INDEX message_id ON message (conversation, id);"
      "CREATE UNIQUE INDEX message_sequence ON message (conversation, outgoing, sequence);"
      "CREATE INDEX message_conversation ON message (conversation);"
      "CREATE VIRTUAL TABLE message_text USING fts4"
      " (content=\"message\", text, tokenize=unicode61 \"remove_diacritics=1\");"
      "CREATE TABLE envelope ("
      "  row INTEGER PRIMARY KEY,"
      "  conversation BLOB NOT NULL,"
      "  peer BLOB NOT NULL,"
      "  outgoing INTEGER NOT NULL,"
      "  first INTEGER NOT NULL,"
      "  number INTEGER NOT NULL," /* sequence of its last entry */
      "  acked INTEGER NOT NULL,"
      "  orphan INTEGER NOT NULL,"
      "  ack BLOB NOT NULL,"
      "  created INTEGER NOT NULL,"
      "  sealed BLOB NOT NULL);"
      "CREATE UNIQUE INDEX envelope_number ON envelope (conversation, outgoing, number);"
      "CREATE INDEX envelope_waiting ON envelope (conversation, number) WHERE acked = 0;";

/* A search asks for the latest in one conversation: so the lists are kept newest first, and are read only as far as
   they must be; and the conversation is a word of its own, as common as it is, so that one conversation's rows are
   never looked for among those of all. */
const char cf_schema_message_search[]
    = "DROP TABLE message_text;"
      "CREATE VIEW message_index AS"
      " SELECT row AS rowid, 'in' || lower (hex (conversation)) AS place, text FROM message WHERE text <> '';"
      "CREATE VIRTUAL TABLE message_text USING fts4"
      " (content=\"message_index\", place, text, order=DESC, tokenize=unicode61 \"remove_diacritics=1\");"
      "INSERT INTO message_text (message_text) VALUES ('rebuild');";

/* What is said about a message later.  TEXT is what is shown, and nothing else is indexed; BODY is what was signed, while
   it may have to be sealed and is not the text.  A hidden row (CLOSE, edits ...) keeps its place in the sequence, and is
   nobody's to see.  message_shown takes the place of message_conversation: history passes over no hidden row. */
const char cf_schema_message_changes[]
    = "ALTER TABLE message ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE message ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;" /* enum cf_message_gone */
      "ALTER TABLE message ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;" /* times: ms since 1970; 0: not */
      "ALTER TABLE message ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE message ADD COLUMN read INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE message ADD COLUMN lifetime INTEGER NOT NULL DEFAULT 0;" /* seconds */
      "ALTER TABLE message ADD COLUMN expires INTEGER NOT NULL DEFAULT 0;" /* of vanish.c's clock */
      "ALTER TABLE message ADD COLUMN body TEXT;"
      "UPDATE message SET hidden = 1 WHERE kind = 'close';"
      "DROP INDEX message_conversation;"
      "CREATE INDEX message_shown ON message (conversation, hidden);"
      "CREATE INDEX message_hidden ON message (conversation, outgoing, sequence, hidden) WHERE hidden = 1;"
      "CREATE INDEX message_reply ON message (conversation, reply_to) WHERE reply_to IS NOT NULL;"
      "CREATE INDEX message_waiting ON message (conversation, outgoing, sequence) WHERE lifetime > 0 AND expires = 0;"
      "CREATE INDEX message_expires ON message (expires) WHERE expires > 0;"
      "CREATE TABLE reaction ("
      "  message INTEGER NOT NULL REFERENCES message (row) ON DELETE CASCADE,"
      "  outgoing INTEGER NOT NULL," /* its author is we */
      "  emoji TEXT NOT NULL,"
      "  PRIMARY KEY (message, outgoing)) WITHOUT ROWID;";

/* What is indexed are words as cf_search_fold has them, and beginnings of them, by which what is typed so far is found
   at once.  The word of a conversation begins with a private character: none that is typed is the beginning of it. */
const char cf_schema_message_words[]
    = "DROP TABLE message_text;"
      "DROP VIEW message_index;"
      "CREATE VIEW message_index AS"
      " SELECT row AS rowid, char (57344) || lower (hex (conversation)) AS place, cf_search_fold (text) AS text"
      " FROM message WHERE text <> '';"
      "CREATE VIRTUAL TABLE message_text USING fts4 (content=\"message_index\", place, text, order=DESC, prefix=\"3,4,5\","
      " tokenize=unicode61 \"remove_diacritics=1\");"
      "INSERT INTO message_text (message_text) VALUES ('rebuild');";

#define PURGE_ROWS_MAX 100000
static void
bind_conversation (struct cf_stmt *s, const uint8_t conversation[CF_CONVERSATION_ID_LEN])
{
  cf_bind_blob (s, 1, conversation, CF_CONVERSATION_ID_LEN);
}

/* --- messages --- */

/* The word that stands for a conversation in the index, as message_index makes it. */
#define PLACE_FIRST "\xee\x80\x80" /* U+E000 */
#define PLACE_SIZE (sizeof PLACE_FIRST + 2 * CF_CONVERSATION_ID_LEN)

static void
place_name (const uint8_t conversation[CF_CONVERSATION_ID_LEN], char out[PLACE_SIZE])
{
  memcpy (out, PLACE_FIRST, strlen (PLACE_FIRST));
  cf_hex (conversation, CF_CONVERSATION_ID_LEN, out + strlen (PLACE_FIRST));
}

gpg_error_t
cf_store_message_index (struct cf_store *store, int64_t row, const uint8_t conversation[CF_CONVERSATION_ID_LEN], const char *text)
{
  static const char sql[] = "INSERT INTO message_text (docid, place, text) VALUES (?1, ?2, cf_search_fold (?3))";
  struct cf_stmt *s = cf_stmt (store, sql);
  char place[PLACE_SIZE];

  place_name (conversation, place);
  cf_bind_int (s, 1, row);
  cf_bind_text (s, 2, place);
  cf_bind_text (s, 3, text);
  return cf_stmt_run (s);
}

/* A hidden one of ours shows nothing, and is sealed as it was written; of one of theirs what it says has been done. */
gpg_error_t
cf_store_message_add (struct cf_store *store, const struct cf_message_row *m)
{
  static const char sql[] = "INSERT INTO message (conversation, id, outgoing, sequence, kind, state, signature, sent,"
                            " received, hash, previous, reply_to, last_peer, text, hidden, lifetime, body, gone) VALUES"
                            " (?1, ?2, ?3, NULLIF (?4, 0), ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
  struct cf_stmt *s;
  gpg_error_t err;
  char *text = NULL, *body = NULL;

  text = strndup (m->text_len ? m->text : "", m->text_len);
  if (m->outgoing && m->body)
    body = strndup (m->body, m->body_len);
  if (!text || (m->outgoing && m->body && !body)) {
    err = cf_err_errno ();
    goto leave;
  }
  s = cf_stmt (store, sql);
  bind_conversation (s, m->conversation);
  cf_bind_blob (s, 2, m->id, sizeof m->id);
  cf_bind_int (s, 3, m->outgoing);
  cf_bind_int (s, 4, (int64_t) m->sequence);
  cf_bind_text (s, 5, m->kind_name ? m->kind_name : cf_entry_kind_name (m->kind));
  cf_bind_int (s, 6, m->state);
  cf_bind_int (s, 7, m->signature);
  cf_bind_int (s, 8, m->sent_utc_ms);
  cf_bind_int (s, 9, m->received_utc_ms);
  cf_bind_blob (s, 10, m->hash, sizeof m->hash);
  cf_bind_blob (s, 11, m->previous, sizeof m->previous);
  cf_bind_blob (s, 12, m->is_reply ? m->reply_to : NULL, sizeof m->reply_to);
  cf_bind_int (s, 13, (int64_t) m->last_peer);
  cf_bind_text (s, 14, m->hidden ? "" : text);
  cf_bind_int (s, 15, m->hidden);
  cf_bind_int (s, 16, m->lifetime_s);
  cf_bind_text (s, 17, body ? body : m->hidden && m->outgoing ? text : NULL);
  cf_bind_int (s, 18, m->gone);
  err = cf_stmt_run (s);
  if (gpg_err_code (err) == GPG_ERR_DUP_VALUE)
    err = cf_err (GPG_ERR_EEXIST);
  if (!err && m->text_len && !m->hidden)
    err = cf_store_message_index (store, cf_store_last_row (store), m->conversation, text);
leave:
  if (text)
    cf_wipe (text, m->text_len);
  if (body)
    cf_wipe (body, m->body_len);
  free (text);
  free (body);
  return err;
}

/* The row under the cursor S, in the order of MESSAGE_COLUMNS. */
static gpg_error_t
read_message (struct cf_stmt *s, struct cf_message_row *m)
{
  gpg_error_t err;

  memset (m, 0, sizeof *m);
  m->row = cf_column_int (s, 0);
  m->outgoing = cf_column_int (s, 3) != 0;
  m->sequence = (uint64_t) cf_column_int (s, 4);
  m->kind_name = cf_column_text (s, 5);
  m->state = (enum cf_message_state) cf_column_int (s, 6);
  m->signature = (enum cf_message_signature) cf_column_int (s, 7);
  m->sent_utc_ms = cf_column_int (s, 8);
  m->received_utc_ms = cf_column_int (s, 9);
  m->is_reply = !cf_column_is_null (s, 12);
  m->last_peer = (uint64_t) cf_column_int (s, 13);
  m->text = cf_column_text (s, 14);
  m->hidden = cf_column_int (s, 15) != 0;
  m->gone = (enum cf_message_gone) cf_column_int (s, 16);
  m->edited_utc_ms = cf_column_int (s, 17);
  m->delivered_utc_ms = cf_column_int (s, 18);
  m->read_utc_ms = cf_column_int (s, 19);
  m->lifetime_s = (uint32_t) cf_column_int (s, 20);
  m->expires_ms = cf_column_int (s, 21);
  if (!m->kind_name || !m->text)
    return cf_err (CF_ERR_STORE);
  m->text_len = strlen (m->text);
  m->kind = cf_entry_kind_named (m->kind_name);
  err = cf_column_exact (s, 1, m->conversation, sizeof m->conversation);
  if (!err)
    err = cf_column_exact (s, 2, m->id, sizeof m->id);
  if (!err)
    err = cf_column_exact (s, 10, m->hash, sizeof m->hash);
  if (!err)
    err = cf_column_exact (s, 11, m->previous, sizeof m->previous);
  if (!err && m->is_reply)
    err = cf_column_exact (s, 12, m->reply_to, sizeof m->reply_to);
  return err;
}

gpg_error_t
cf_store_message_walk (struct cf_stmt *s, cf_message_row_fn fn, void *arg, size_t *r_count)
{
  struct cf_message_row m;
  gpg_error_t err;
  size_t count = 0;

  while (cf_stmt_step (s, &err)) {
    count++;
    err = read_message (s, &m);
    if (err || !fn (arg, &m)) {
      cf_stmt_reset (s);
      break;
    }
  }
  if (r_count)
    *r_count = count;
  return err;
}

gpg_error_t
cf_store_message_get (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                      const uint8_t id[CF_MESSAGE_ID_LEN], cf_message_row_fn fn,
                      void *arg)
{
  static const char sql[] = "SELECT " MESSAGE_COLUMNS " FROM message WHERE conversation = ?1 AND id = ?2";
  struct cf_stmt *s = cf_stmt (store, sql);
  gpg_error_t err;
  size_t count;

  bind_conversation (s, conversation);
  cf_bind_blob (s, 2, id, CF_MESSAGE_ID_LEN);
  err = cf_store_message_walk (s, fn, arg, &count);
  return err || count ? err : cf_err (GPG_ERR_NOT_FOUND);
}

gpg_error_t
cf_store_message_hash (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                       bool outgoing, uint64_t sequence,
                       uint8_t r_hash[CF_HASH_LEN])
{
  static const char sql[] = "SELECT hash FROM message WHERE conversation = ?1 AND outgoing = ?2 AND sequence = ?3";
  struct cf_stmt *s = cf_stmt (store, sql);
  gpg_error_t err;

  bind_conversation (s, conversation);
  cf_bind_int (s, 2, outgoing);
  cf_bind_int (s, 3, (int64_t) sequence);
  if (!cf_stmt_step (s, &err))
    return err ? err : cf_err (GPG_ERR_NOT_FOUND);
  err = cf_column_exact (s, 0, r_hash, CF_HASH_LEN);
  cf_stmt_reset (s);
  return err;
}

gpg_error_t
cf_store_message_outgoing (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                           uint64_t after, size_t limit,
                           cf_message_row_fn fn, void *arg)
{
  static const char sql[] = "SELECT " SIGNED_COLUMNS " FROM message WHERE conversation = ?1 AND outgoing = 1"
                            " AND sequence > ?2 ORDER BY sequence LIMIT ?3";
  struct cf_stmt *s = cf_stmt (store, sql);

  bind_conversation (s, conversation);
  cf_bind_int (s, 2, (int64_t) after);
  cf_bind_int (s, 3, (int64_t) limit);
  return cf_store_message_walk (s, fn, arg, NULL);
}

gpg_error_t
cf_store_message_raise (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN], bool outgoing,
                        uint64_t first, uint64_t last, enum cf_message_state state, int64_t at_utc_ms,
                        cf_message_row_fn fn, void *arg)
{
#define RANGE " WHERE conversation = ?1 AND outgoing = ?2 AND sequence BETWEEN ?3 AND ?4 AND state < ?5"
  static const char list[] = "SELECT " MESSAGE_COLUMNS " FROM message" RANGE " ORDER BY sequence";
  static const char raise[] = "UPDATE message SET state = ?5,"
                              " delivered = CASE WHEN ?5 IN (3, 4) AND delivered = 0 THEN ?6 ELSE delivered END,"
                              " read = CASE WHEN ?5 = 4 THEN ?6 ELSE read END" RANGE;
#undef RANGE
  struct cf_stmt *s = NULL;
  gpg_error_t err = 0;
  int step;

  for (step = fn ? 0 : 1; !err && step < 2; step++) {
    s = cf_stmt (store, step ? raise : list);
    bind_conversation (s, conversation);
    cf_bind_int (s, 2, outgoing);
    cf_bind_int (s, 3, (int64_t) first);
    cf_bind_int (s, 4, (int64_t) last);
    cf_bind_int (s, 5, state);
    if (step)
      cf_bind_int (s, 6, at_utc_ms);
    err = step ? cf_stmt_run (s) : cf_store_message_walk (s, fn, arg, NULL);
  }
  return err;
}

/* The one number that S gives. */
static gpg_error_t
read_number (struct cf_stmt *s, int64_t *r_number)
{
  gpg_error_t err;

  if (!cf_stmt_step (s, &err))
    return err ? err : cf_err (CF_ERR_STORE);
  *r_number = cf_column_int (s, 0);
  cf_stmt_reset (s);
  return 0;
}

gpg_error_t
cf_store_message_hidden (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN], bool outgoing,
                         uint64_t first, uint64_t last, size_t *r_count)
{
  static const char sql[] = "SELECT COUNT (*) FROM message INDEXED BY message_hidden WHERE conversation = ?1"
                            " AND outgoing = ?2 AND sequence BETWEEN ?3 AND ?4 AND hidden = 1";
  struct cf_stmt *s = cf_stmt (store, sql);
  gpg_error_t err;
  int64_t n;

  bind_conversation (s, conversation);
  cf_bind_int (s, 2, outgoing);
  cf_bind_int (s, 3, (int64_t) first);
  cf_bind_int (s, 4, (int64_t) last);
  err = read_number (s, &n);
  if (!err)
    *r_count = (size_t) n;
  return err;
}

/* Rows that are no messages of anybody's sequence. */
static gpg_error_t
count_unnumbered (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                  enum cf_message_signature signature, size_t *r_count)
{
  static const char sql[] = "SELECT COUNT (*) FROM message WHERE conversation = ?1 AND outgoing = 0"
                            " AND sequence IS NULL AND signature = ?2";
  struct cf_stmt *s = cf_stmt (store, sql);
  gpg_error_t err;
  int64_t n;

  bind_conversation (s, conversation);
  cf_bind_int (s, 2, signature);
  err = read_number (s, &n);
  if (!err)
    *r_count = (size_t) n;
  return err;
}

/* Is nearly everything in the index CONVERSATION's?  Then to read through its word's list costs more (0.07 s with
   1,000,000 messages) than to pass over the few matches of others. */
static gpg_error_t
rules_index (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN], bool *r_rules)
{
  static const char sql[]
      = "SELECT (SELECT coalesce (max (sequence), 0) FROM message WHERE conversation = ?1 AND outgoing = 0)"
        " + (SELECT coalesce (max (sequence), 0) FROM message WHERE conversation = ?1 AND outgoing = 1)"
        " >= (SELECT coalesce (max (row), 0) FROM message) * 31 / 32";
  struct cf_stmt *s = cf_stmt (store, sql);
  gpg_error_t err;
  int64_t rules;

  bind_conversation (s, conversation);
  err = read_number (s, &rules);
  if (!err)
    *r_rules = rules != 0;
  return err;
}

/* MATCH, in that conversation; caller frees. */
static gpg_error_t
make_match (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN], const char *match, char **r_whole)
{
  char place[PLACE_SIZE], *whole;
  gpg_error_t err;
  bool rules;

  err = rules_index (store, conversation, &rules);
  if (err)
    return err;
  place_name (conversation, place);
  whole = rules ? strdup (match) : cf_sprintf ("%s %s", place, match);
  if (!whole)
    return cf_err (GPG_ERR_ENOMEM);
  *r_whole = whole;
  return 0;
}

gpg_error_t
cf_store_message_bad_count (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                            size_t *r_count)
{
  return count_unnumbered (store, conversation, CF_SIGNATURE_BAD, r_count);
}

gpg_error_t
cf_store_message_notices (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN], size_t *r_count)
{
  return count_unnumbered (store, conversation, CF_SIGNATURE_KEY_CHANGED, r_count);
}

gpg_error_t
cf_store_message_history (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                          int64_t before, const char *match,
                          size_t limit, cf_message_row_fn fn, void *arg)
{
  static const char all[] = "SELECT * FROM (SELECT " MESSAGE_COLUMNS " FROM message WHERE conversation = ?1"
                            " AND hidden = 0 AND row < ?2 ORDER BY row DESC LIMIT ?3) ORDER BY row";
  /* CROSS JOIN: the index leads, from its newest entry on.  INDEXED BY: no row is read only to be passed over. */
  static const char some[]
      = "SELECT " MESSAGE_COLUMNS " FROM message WHERE row IN (SELECT docid FROM message_text CROSS JOIN message m"
        " INDEXED BY message_shown ON m.conversation = ?1 AND m.hidden = 0 AND m.row = docid"
        " WHERE message_text MATCH ?4 AND docid < ?2 ORDER BY docid DESC LIMIT ?3) ORDER BY row";
  struct cf_stmt *s;
  gpg_error_t err = 0;
  char *whole = NULL;

  if (match)
    err = make_match (store, conversation, match, &whole);
  if (err)
    return err;
  s = cf_stmt (store, match ? some : all);
  bind_conversation (s, conversation);
  cf_bind_int (s, 2, before);
  cf_bind_int (s, 3, (int64_t) limit);
  if (match)
    cf_bind_text (s, 4, whole);
  free (whole);
  return cf_store_message_walk (s, fn, arg, NULL);
}

gpg_error_t
cf_store_message_search (struct cf_store *store, int64_t before, const char *match, size_t limit, cf_message_row_fn fn,
                         void *arg)
{
  static const char sql[]
      = "SELECT " MESSAGE_COLUMNS " FROM message WHERE row IN (SELECT docid FROM message_text WHERE text MATCH ?1"
        " AND docid < ?2 ORDER BY docid DESC LIMIT ?3) ORDER BY row DESC";
  struct cf_stmt *s = cf_stmt (store, sql);

  cf_bind_text (s, 1, match);
  cf_bind_int (s, 2, before);
  cf_bind_int (s, 3, (int64_t) limit);
  return cf_store_message_walk (s, fn, arg, NULL);
}

gpg_error_t
cf_store_message_after (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                        int64_t after, size_t limit,
                        cf_message_row_fn fn, void *arg)
{
  static const char sql[] = "SELECT " MESSAGE_COLUMNS " FROM message WHERE conversation = ?1 AND hidden = 0"
                            " AND row > ?2 ORDER BY row LIMIT ?3";
  struct cf_stmt *s = cf_stmt (store, sql);

  bind_conversation (s, conversation);
  cf_bind_int (s, 2, after);
  cf_bind_int (s, 3, (int64_t) limit);
  return cf_store_message_walk (s, fn, arg, NULL);
}

gpg_error_t
cf_store_message_range (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN], bool outgoing,
                        uint64_t first, uint64_t last, cf_message_row_fn fn, void *arg)
{
  static const char sql[] = "SELECT " MESSAGE_COLUMNS " FROM message WHERE conversation = ?1 AND outgoing = ?2"
                            " AND sequence BETWEEN ?3 AND ?4 AND hidden = 0 ORDER BY sequence";
  struct cf_stmt *s = cf_stmt (store, sql);

  bind_conversation (s, conversation);
  cf_bind_int (s, 2, outgoing);
  cf_bind_int (s, 3, (int64_t) first);
  cf_bind_int (s, 4, (int64_t) last);
  return cf_store_message_walk (s, fn, arg, NULL);
}

gpg_error_t
cf_store_message_forget (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN])
{
  /* The index first: FTS reads the words to take out from the rows themselves. */
  static const char *const sql[] = {
    "DELETE FROM message_text WHERE docid IN (SELECT row FROM message WHERE conversation = ?1 AND text <> '')",
    "DELETE FROM message WHERE conversation = ?1",
    "UPDATE envelope SET orphan = 1 WHERE conversation = ?1 AND outgoing = 1 AND acked = 0",
    "DELETE FROM envelope WHERE conversation = ?1 AND orphan = 0",
  };
  gpg_error_t err = 0;
  size_t i;

  for (i = 0; !err && i < sizeof sql / sizeof *sql; i++) {
    struct cf_stmt *s = cf_stmt (store, sql[i]);

    bind_conversation (s, conversation);
    err = cf_stmt_run (s);
  }
  return err ? err : cf_store_message_scrub (store, PURGE_ROWS_MAX);
}
