/* SPDX-License-Identifier: GPL-3.0-or-later */
/* salvage_settle.c - a store that has lost some of its rows is made to hold together. */
#include <string.h>

#include "base/hash.h"
#include "core/conversation.h"
#include "core/store/internal.h"
#include "core/store/salvage_private.h"

/* By its table's name; a table that is not there was not damaged. */
static bool
is_damaged (const struct cf_salvaged *salvaged, const char *name)
{
  for (size_t i = 0; i < salvaged->count; i++)
    if (!strcmp (salvaged->tables[i].name, name))
      return salvaged->tables[i].damaged;
  return false;
}

/* Who we are is in one row: without it nothing of the rest is anybody's. */
static gpg_error_t
need_self (struct cf_store *store)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT 1 FROM self");
  gpg_error_t err;

  if (!cf_stmt_step (s, &err))
    return err ? err : cf_err (CF_ERR_STORE);
  cf_stmt_reset (s);
  return 0;
}

/* S, whose ?1 and ?2 are the state and the time of a conversation that ends; how many do: more of *ENDED. */
static gpg_error_t
run_ending (struct cf_store *store, struct cf_stmt *s, uint64_t *ended)
{
  gpg_error_t err;

  cf_bind_int (s, 1, CF_CONVERSATION_CLOSED);
  cf_bind_int (s, 2, store->env->now_utc_ms);
  err = cf_stmt_run (s);
  if (!err)
    *ended += (uint64_t) cf_store_changes (store);
  return err;
}

/* Messages of a conversation whose row is lost are to be read, as those of one that has ended.  Whose it was, its
   envelopes say; what nobody knows that of is dropped. */
static gpg_error_t
rebuild_conversations (struct cf_store *store, uint64_t *ended)
{
  struct cf_stmt *s;
  gpg_error_t err;

  s = cf_stmt (store,
               "INSERT INTO conversation (id, peer, state, asked, created, opened, closed, active, sent_sequence,"
               " received_sequence, sent_hash, received_hash, acked_sequence, read_sequence, peer_read_sequence, closed_by_peer,"
               " deleted)"
               " SELECT m.conversation, (SELECT e.peer FROM envelope e WHERE e.conversation = m.conversation LIMIT 1), ?1, 0,"
               " min (m.sent), min (m.sent), ?2, max (m.sent), ifnull (max (m.sequence * m.outgoing), 0),"
               " ifnull (max (m.sequence * (1 - m.outgoing)), 0), zeroblob (?3), zeroblob (?3),"
               " ifnull (max (m.sequence * m.outgoing), 0), ifnull (max (m.sequence * (1 - m.outgoing)), 0), 0, 0, 0"
               " FROM message m WHERE m.conversation NOT IN (SELECT id FROM conversation)"
               " AND EXISTS (SELECT 1 FROM envelope e WHERE e.conversation = m.conversation) GROUP BY m.conversation");
  cf_bind_int (s, 3, CF_HASH_LEN);
  err = run_ending (store, s, ended);
  if (!err)
    err = store_exec (store, "DELETE FROM message WHERE conversation NOT IN (SELECT id FROM conversation);"
                             "DELETE FROM transfer WHERE conversation NOT IN (SELECT id FROM conversation);"
                             "DELETE FROM envelope WHERE orphan = 0 AND conversation NOT IN (SELECT id FROM conversation);"
                             "INSERT OR IGNORE INTO used_id (id) SELECT id FROM conversation;");
  return err;
}

/* What the peer has not acknowledged must be there, or what is said next would never be taken: it rests on what went
   before. */
static gpg_error_t
end_conversations (struct cf_store *store, uint64_t *ended)
{
  struct cf_stmt *s = cf_stmt (store, "UPDATE conversation SET state = ?1, closed = ?2 WHERE state = ?3"
                                      " AND sent_sequence - acked_sequence > (SELECT count (*) FROM message m"
                                      " WHERE m.conversation = conversation.id AND m.outgoing = 1"
                                      " AND m.sequence > acked_sequence)");

  cf_bind_int (s, 3, CF_CONVERSATION_OPEN);
  return run_ending (store, s, ended);
}

/* A request is a row here and a conversation there: where either may be lost, they begin again. */
static gpg_error_t
drop_requests (struct cf_store *store)
{
  struct cf_stmt *s = cf_stmt (store, "DELETE FROM conversation WHERE state = ?1");
  gpg_error_t err;

  cf_bind_int (s, 1, CF_CONVERSATION_REQUESTED);
  err = cf_stmt_run (s);
  return err ? err : store_exec (store, "DELETE FROM request");
}

static gpg_error_t
count_missing (struct cf_store *store, uint64_t *r_missing)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT ifnull (sum (sent_sequence + received_sequence), 0)"
                                      " - (SELECT count (*) FROM message WHERE sequence IS NOT NULL) FROM conversation");
  gpg_error_t err;

  if (!cf_stmt_step (s, &err))
    return err ? err : cf_err (GPG_ERR_INTERNAL);
  *r_missing = cf_column_int (s, 0) > 0 ? (uint64_t) cf_column_int (s, 0) : 0;
  cf_stmt_reset (s);
  return 0;
}

/* Nobody is shown what he may have been forbidden to see, no node and no router is asked for what the user may have
   switched off: until he says so again.  Of the other settings the defaults do least. */
static const char private_settings[]
    = "INSERT OR IGNORE INTO setting (key, value) VALUES ('visibility', 'nobody'), ('mailbox', 'off'),"
      " ('port-mapping', 'off'), ('receipts', 'off'), ('typing', 'off'), ('notification-content', 'hide')";

gpg_error_t
store_salvage_settle (struct cf_store *store, struct cf_salvaged *salvaged)
{
  gpg_error_t err;

  err = cf_store_begin (store);
  if (err)
    return err;
  err = need_self (store);
  if (!err && (is_damaged (salvaged, "conversation") || is_damaged (salvaged, "request")))
    err = drop_requests (store);
  if (!err)
    err = rebuild_conversations (store, &salvaged->ended);
  if (!err && (is_damaged (salvaged, "transfer") || is_damaged (salvaged, "transfer_chunk")))
    err = store_exec (store, "DELETE FROM transfer WHERE settled = 0");
  if (!err && is_damaged (salvaged, "people_key")) /* their keys are asked for again */
    err = store_exec (store, "UPDATE device SET digest = zeroblob (length (digest))");
  if (!err && is_damaged (salvaged, "setting"))
    err = store_exec (store, private_settings);
  if (!err)
    err = end_conversations (store, &salvaged->ended);
  if (!err)
    err = count_missing (store, &salvaged->missing);
  if (!err)
    err = store_exec (store, "INSERT INTO message_text (message_text) VALUES ('rebuild')");
  cf_store_end (store, &err);
  return err;
}
