/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store.h - the encrypted database: opening, transactions, statements, migrations.
 *
 * SQLite with SQLCipher under a random 256-bit key.  Tables and the SQL that
 * touches them live in store_*.c beside this file, one a subject; each gives
 * its part of the first schema as a string (migration.c lists them).
 */
#ifndef CF_CORE_STORE_STORE_H
#define CF_CORE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/env.h"

struct cf_store;
struct cf_stmt; /* a prepared statement, kept for reuse */

#define CF_STORE_KEY_LEN 32

/* PATH may be ":memory:" (tests).  WAL, synchronous=FULL, foreign keys on.
   Errors: CF_ERR_STORE (damaged, or not this key), GPG_ERR_UNKNOWN_VERSION (made by a newer Confab), ENOSPC, EROFS ... */
gpg_error_t cf_store_open (struct cf_env *env, const char *path, const uint8_t key[CF_STORE_KEY_LEN],
                           struct cf_store **r_store) CF_MUST_CHECK;
void cf_store_close (struct cf_store *store);

/* Transactions nest: only the outermost commit writes; a rollback inside spoils the whole. */
gpg_error_t cf_store_begin (struct cf_store *store) CF_MUST_CHECK;
gpg_error_t cf_store_commit (struct cf_store *store) CF_MUST_CHECK;
void cf_store_rollback (struct cf_store *store);
/* END: commit when *ERR is 0, else roll back; a failed commit becomes *ERR. */
void cf_store_end (struct cf_store *store, gpg_error_t *err);
bool cf_store_in_transaction (const struct cf_store *store);
/* Called after each outermost commit (events go out then), and after a rollback with COMMITTED false. */
void cf_store_on_commit (struct cf_store *store, void (*hook) (void *arg, bool committed), void *arg);

/* A statement from a static SQL string (the pointer is the cache's key); reset and with bindings cleared.
   Bind, then run or step; errors latch until run/step gives them back. */
struct cf_stmt *cf_stmt (struct cf_store *store, const char *sql);
void cf_bind_int (struct cf_stmt *s, int index, int64_t v);            /* index from 1 */
void cf_bind_text (struct cf_stmt *s, int index, const char *text);    /* NULL binds NULL; copied */
void cf_bind_blob (struct cf_stmt *s, int index, const void *data, size_t len); /* data NULL binds NULL; copied */
gpg_error_t cf_stmt_run (struct cf_stmt *s) CF_MUST_CHECK;              /* one that gives no rows */
/* The next row: true.  At the end or on error false, with *R_ERR 0 or the error, and the statement is reset. */
bool cf_stmt_step (struct cf_stmt *s, gpg_error_t *r_err);
void cf_stmt_reset (struct cf_stmt *s); /* leave a walk before its end */
int64_t cf_column_int (struct cf_stmt *s, int column); /* from 0 */
const char *cf_column_text (struct cf_stmt *s, int column); /* NULL for NULL; until the next step */
const void *cf_column_blob (struct cf_stmt *s, int column, size_t *r_len);
bool cf_column_is_null (struct cf_stmt *s, int column);
/* What was overwritten or deleted is no longer in the files: the log is written back, and cut off. */
gpg_error_t cf_store_truncate (struct cf_store *store) CF_MUST_CHECK;
int64_t cf_store_last_row (struct cf_store *store);
int cf_store_changes (struct cf_store *store);

#endif
