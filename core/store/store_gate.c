/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_gate.c - the rows of the password gate: requests with their runs, expectations, guesses. */
#include "core/store/store_gate.h"

#include <stdlib.h>

#include "base/secmem.h"
#include "core/store/columns.h"
#include "core/store/migration.h"

const char cf_schema_gate[]
  = "CREATE TABLE request ("
    " id BLOB PRIMARY KEY NOT NULL,"
    " peer BLOB NOT NULL,"
    " user_id TEXT,"
    " asked INTEGER NOT NULL,"
    " state INTEGER NOT NULL,"
    " note TEXT,"
    " created INTEGER NOT NULL," /* ms since 1970, UTC */
    " own_nonce BLOB NOT NULL,"
    " peer_nonce BLOB NOT NULL,"
    " prs BLOB,"
    " end_error INTEGER NOT NULL,"
    " sid BLOB NOT NULL,"
    " secret BLOB,"
    " own_tag BLOB,"
    " peer_tag BLOB,"
    " own_key BLOB,"
    " peer_key BLOB,"
    " passphrase BLOB,"
    " own_block BLOB,"
    " peer_block BLOB,"
    " own_signature BLOB,"
    " peer_signature BLOB);"
    "CREATE TABLE expectation ("
    " peer BLOB PRIMARY KEY NOT NULL,"
    " until INTEGER NOT NULL,"
    " prs BLOB NOT NULL);"
    "CREATE TABLE guess ("
    " peer BLOB PRIMARY KEY NOT NULL,"
    " wrong INTEGER NOT NULL,"
    " silences INTEGER NOT NULL,"
    " silent_from INTEGER NOT NULL);"
    "CREATE TABLE guess_stranger ("
    " number INTEGER PRIMARY KEY,"
    " peer BLOB NOT NULL,"
    " at INTEGER NOT NULL);";

/* NULL: an opening; else what is verified. */
const char cf_schema_gate_verifies[] = "ALTER TABLE request ADD COLUMN verifies BLOB;";

/* One list of columns for reading and writing, so that their numbers agree. */
#define COLUMNS                                                                                                 \
  "id, peer, user_id, asked, state, note, created, own_nonce, peer_nonce, prs, end_error, sid, secret,"         \
  " own_tag, peer_tag, own_key, peer_key, passphrase, own_block, peer_block, own_signature, peer_signature, verifies"

/* --- requests --- */

static gpg_error_t
read_opening (struct cf_stmt *s, struct cf_request *r)
{
  gpg_error_t err;

  cf_column_fpr (s, 15, &r->own_key);
  cf_column_fpr (s, 16, &r->peer_key);
  err = cf_column_secret (s, 17, CF_GPG_PASSPHRASE_LEN, &r->passphrase);
  if (!err)
    err = cf_column_blob_dup (s, 18, &r->own_block.data, &r->own_block.len);
  if (!err)
    err = cf_column_blob_dup (s, 19, &r->peer_block.data, &r->peer_block.len);
  if (!err)
    err = cf_column_blob_dup (s, 20, &r->own_signature.data, &r->own_signature.len);
  if (!err)
    err = cf_column_blob_dup (s, 21, &r->peer_signature.data, &r->peer_signature.len);
  return err;
}

static gpg_error_t
read_purpose (struct cf_stmt *s, struct cf_request *r)
{
  bool verifies = !cf_column_is_null (s, 22);

  r->purpose = verifies ? &cf_purpose_verify : &cf_purpose_open;
  return cf_column_exact (s, verifies ? 22 : 0, r->conversation, sizeof r->conversation);
}

static gpg_error_t
read_request (struct cf_stmt *s, struct cf_request *r)
{
  int64_t state = cf_column_int (s, 4);
  gpg_error_t err;

  cf_column_fpr (s, 1, &r->peer);
  if (cf_fpr_is_none (&r->peer) || state < CF_REQUEST_WAITING || state > CF_REQUEST_ENDED)
    return cf_err (CF_ERR_STORE);
  r->state = (enum cf_request_state) state;
  r->asked = cf_column_int (s, 3) != 0;
  r->created_utc_ms = cf_column_int (s, 6);
  r->end_error = (gpg_error_t) cf_column_int (s, 10);
  err = cf_column_exact (s, 0, r->id, sizeof r->id);
  if (!err)
    err = read_purpose (s, r);
  if (!err)
    err = cf_column_text_dup (s, 2, &r->user_id);
  if (!err)
    err = cf_column_text_dup (s, 5, &r->note);
  if (!err)
    err = cf_column_exact (s, 7, r->own_nonce, sizeof r->own_nonce);
  if (!err)
    err = cf_column_exact (s, 8, r->peer_nonce, sizeof r->peer_nonce);
  if (!err)
    err = cf_column_secret (s, 9, CF_CPACE_PRS_LEN, &r->prs);
  if (!err)
    err = cf_column_exact (s, 11, r->sid, sizeof r->sid);
  if (!err)
    err = cf_column_secret (s, 12, CF_HASH_LEN, &r->secret);
  if (!err)
    err = cf_column_secret (s, 13, CF_CPACE_TAG_LEN, &r->own_tag);
  if (!err)
    err = cf_column_secret (s, 14, CF_CPACE_TAG_LEN, &r->peer_tag);
  return err ? err : read_opening (s, r);
}

gpg_error_t
cf_store_request_all (struct cf_store *store, gpg_error_t (*each) (void *arg, struct cf_request *row), void *arg)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT " COLUMNS " FROM request ORDER BY created, id");
  gpg_error_t err = 0;

  while (cf_stmt_step (s, &err)) {
    struct cf_request *row = calloc (1, sizeof *row);

    err = row ? read_request (s, row) : cf_err_errno ();
    if (!err)
      err = each (arg, row);
    else
      cf_request_free (row);
    if (err) {
      cf_stmt_reset (s);
      break;
    }
  }
  return err;
}

gpg_error_t
cf_store_request_save (struct cf_store *store, const struct cf_request *r)
{
  struct cf_stmt *s;

  s = cf_stmt (store, "INSERT OR REPLACE INTO request (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
                      " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)");
  cf_bind_blob (s, 1, r->id, sizeof r->id);
  cf_bind_fpr (s, 2, &r->peer);
  cf_bind_text (s, 3, r->user_id);
  cf_bind_int (s, 4, r->asked);
  /* What a run in state YA knows is worth nothing after a restart. */
  cf_bind_int (s, 5, r->state == CF_REQUEST_YA ? CF_REQUEST_WAITING : r->state);
  cf_bind_text (s, 6, r->note);
  cf_bind_int (s, 7, r->created_utc_ms);
  cf_bind_blob (s, 8, r->own_nonce, sizeof r->own_nonce);
  cf_bind_blob (s, 9, r->peer_nonce, sizeof r->peer_nonce);
  cf_bind_blob (s, 10, r->prs, CF_CPACE_PRS_LEN);
  cf_bind_int (s, 11, (int64_t) r->end_error);
  cf_bind_blob (s, 12, r->sid, sizeof r->sid);
  cf_bind_blob (s, 13, r->secret, CF_HASH_LEN);
  cf_bind_blob (s, 14, r->own_tag, CF_CPACE_TAG_LEN);
  cf_bind_blob (s, 15, r->peer_tag, CF_CPACE_TAG_LEN);
  cf_bind_fpr (s, 16, &r->own_key);
  cf_bind_fpr (s, 17, &r->peer_key);
  cf_bind_blob (s, 18, r->passphrase, CF_GPG_PASSPHRASE_LEN);
  cf_bind_blob (s, 19, r->own_block.data, r->own_block.len);
  cf_bind_blob (s, 20, r->peer_block.data, r->peer_block.len);
  cf_bind_blob (s, 21, r->own_signature.data, r->own_signature.len);
  cf_bind_blob (s, 22, r->peer_signature.data, r->peer_signature.len);
  cf_bind_blob (s, 23, cf_request_verifies (r), sizeof r->conversation);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_request_delete (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN])
{
  struct cf_stmt *s = cf_stmt (store, "DELETE FROM request WHERE id = ?1");

  cf_bind_blob (s, 1, id, CF_CONVERSATION_ID_LEN);
  return cf_stmt_run (s);
}

/* --- expectations --- */

gpg_error_t
cf_store_expectation_get (struct cf_store *store, const struct cf_fpr *peer, int64_t now_utc_ms, uint8_t **r_prs)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT prs FROM expectation WHERE peer = ?1 AND until > ?2");
  uint8_t *prs = NULL;
  gpg_error_t err;

  cf_bind_fpr (s, 1, peer);
  cf_bind_int (s, 2, now_utc_ms);
  if (cf_stmt_step (s, &err)) {
    err = cf_column_secret (s, 0, CF_CPACE_PRS_LEN, &prs);
    cf_stmt_reset (s);
  }
  if (err) {
    cf_secmem_free (prs);
    return err;
  }
  *r_prs = prs;
  return 0;
}

gpg_error_t
cf_store_expectation_put (struct cf_store *store, const struct cf_fpr *peer, int64_t until_utc_ms,
                          const uint8_t prs[CF_CPACE_PRS_LEN])
{
  struct cf_stmt *s = cf_stmt (store, "INSERT OR REPLACE INTO expectation (peer, until, prs) VALUES (?1, ?2, ?3)");

  cf_bind_fpr (s, 1, peer);
  cf_bind_int (s, 2, until_utc_ms);
  cf_bind_blob (s, 3, prs, CF_CPACE_PRS_LEN);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_expectation_delete (struct cf_store *store, const struct cf_fpr *peer)
{
  struct cf_stmt *s = cf_stmt (store, "DELETE FROM expectation WHERE peer = ?1");

  cf_bind_fpr (s, 1, peer);
  return cf_stmt_run (s);
}

/* --- guesses --- */

gpg_error_t
cf_store_guess_get (struct cf_store *store, const struct cf_fpr *peer, struct cf_guess *r_guess)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT wrong, silences, silent_from FROM guess WHERE peer = ?1");
  struct cf_guess guess = { 0 };
  gpg_error_t err;

  cf_bind_fpr (s, 1, peer);
  if (cf_stmt_step (s, &err)) {
    guess.wrong = (uint32_t) cf_column_int (s, 0);
    guess.silences = (uint32_t) cf_column_int (s, 1);
    guess.silent_from_utc_ms = cf_column_int (s, 2);
    cf_stmt_reset (s);
    err = 0;
  }
  if (!err)
    *r_guess = guess;
  return err;
}

gpg_error_t
cf_store_guess_put (struct cf_store *store, const struct cf_fpr *peer, const struct cf_guess *guess)
{
  struct cf_stmt *s
    = cf_stmt (store, "INSERT OR REPLACE INTO guess (peer, wrong, silences, silent_from) VALUES (?1, ?2, ?3, ?4)");

  cf_bind_fpr (s, 1, peer);
  cf_bind_int (s, 2, guess->wrong);
  cf_bind_int (s, 3, guess->silences);
  cf_bind_int (s, 4, guess->silent_from_utc_ms);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_guess_delete (struct cf_store *store, const struct cf_fpr *peer)
{
  struct cf_stmt *s;
  gpg_error_t err;

  err = cf_store_begin (store);
  if (err)
    return err;
  s = cf_stmt (store, "DELETE FROM guess WHERE peer = ?1");
  cf_bind_fpr (s, 1, peer);
  err = cf_stmt_run (s);
  if (!err) {
    s = cf_stmt (store, "DELETE FROM guess_stranger WHERE number ="
                        " (SELECT max(number) FROM guess_stranger WHERE peer = ?1)");
    cf_bind_fpr (s, 1, peer);
    err = cf_stmt_run (s);
  }
  cf_store_end (store, &err);
  return err;
}

gpg_error_t
cf_store_guess_strangers (struct cf_store *store, int64_t since_utc_ms, size_t *r_count, int64_t *r_oldest_utc_ms)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT count(*), min(at) FROM guess_stranger WHERE at > ?1");
  gpg_error_t err;

  cf_bind_int (s, 1, since_utc_ms);
  if (!cf_stmt_step (s, &err))
    return err ? err : cf_err (CF_ERR_STORE);
  *r_count = (size_t) cf_column_int (s, 0);
  *r_oldest_utc_ms = cf_column_int (s, 1);
  cf_stmt_reset (s);
  return 0;
}

gpg_error_t
cf_store_guess_stranger_add (struct cf_store *store, const struct cf_fpr *peer, int64_t at_utc_ms, int64_t since_utc_ms)
{
  struct cf_stmt *s = cf_stmt (store, "DELETE FROM guess_stranger WHERE at <= ?1");
  gpg_error_t err;

  cf_bind_int (s, 1, since_utc_ms);
  err = cf_stmt_run (s);
  if (err)
    return err;
  s = cf_stmt (store, "INSERT INTO guess_stranger (peer, at) VALUES (?1, ?2)");
  cf_bind_fpr (s, 1, peer);
  cf_bind_int (s, 2, at_utc_ms);
  return cf_stmt_run (s);
}
