/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_event.c - tables and SQL: durable events. */
#include "core/store/store_event.h"

#include "core/store/migration.h"

/* AUTOINCREMENT: a cursor that was seen once never names another event. */
const char cf_schema_event[] = "CREATE TABLE event ("
                               "  cursor INTEGER PRIMARY KEY AUTOINCREMENT,"
                               "  at INTEGER NOT NULL," /* ms since 1970 */
                               "  body TEXT NOT NULL);"; /* JSON without cursor */

/* Of a message only its name stays: the first 145 bytes, up to the conversation.  The rest is read from the message when
   it is told (event.h). */
const char cf_schema_event_words[]
    = "UPDATE event SET body = substr (body, 1, 145) || '}' WHERE body LIKE"
      " '{\"event\":\"message\",\"at\":\"________________________\",\"message\":\"________________________________\","
      "\"conversation\":\"________________________________\"%';";

gpg_error_t
cf_store_event_add (struct cf_store *store, int64_t at_utc_ms, const char *body, uint64_t *r_cursor)
{
  gpg_error_t err;
  struct cf_stmt *s = cf_stmt (store, "INSERT INTO event (at, body) VALUES (?, ?)");

  cf_bind_int (s, 1, at_utc_ms);
  cf_bind_text (s, 2, body);
  err = cf_stmt_run (s);
  if (!err)
    *r_cursor = (uint64_t) cf_store_last_row (store);
  return err;
}

gpg_error_t
cf_store_event_last (struct cf_store *store, uint64_t *r_cursor)
{
  gpg_error_t err;
  struct cf_stmt *s = cf_stmt (store, "SELECT seq FROM sqlite_sequence WHERE name = 'event'");

  if (cf_stmt_step (s, &err)) {
    *r_cursor = (uint64_t) cf_column_int (s, 0);
    cf_stmt_reset (s);
  } else if (!err)
    *r_cursor = 0;
  return err;
}

gpg_error_t
cf_store_event_trim (struct cf_store *store, uint64_t last, uint64_t keep)
{
  struct cf_stmt *s;

  if (last <= keep)
    return 0;
  s = cf_stmt (store, "DELETE FROM event WHERE cursor <= ?");
  cf_bind_int (s, 1, (int64_t) (last - keep));
  return cf_stmt_run (s);
}

/* A walk over all of them, which only a delete pays for.  No text can look like a member: its quotes are escaped. */
gpg_error_t
cf_store_event_forget (struct cf_store *store, const char *conversation)
{
  struct cf_stmt *s = cf_stmt (store, "DELETE FROM event WHERE instr (body, '\"conversation\":\"' || ?1 || '\"')"
                                      " OR instr (body, '\"request\":\"' || ?1 || '\"')");

  cf_bind_text (s, 1, conversation);
  return cf_stmt_run (s);
}

struct cf_stmt *
cf_store_event_walk (struct cf_store *store, uint64_t since, size_t max)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT cursor, at, body FROM event WHERE cursor > ? ORDER BY cursor LIMIT ?");

  cf_bind_int (s, 1, since > INT64_MAX ? INT64_MAX : (int64_t) since);
  cf_bind_int (s, 2, (int64_t) max);
  return s;
}
