/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.h - the files around the database: HOME/store and HOME/identity.json. */
#ifndef CF_CORE_STORE_FILES_H
#define CF_CORE_STORE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CF_STORE_FILE_MAX (64 * 1024) /* of key, statement, identity.json */

/* Names in HOME/store. */
#define CF_STORE_KEY "key"
#define CF_STORE_STATEMENT "statement"
#define CF_STORE_DB "db"
#define CF_STORE_LOG "-wal" /* behind the database's name */

/* HOME/store/NAME; caller frees; NULL: ENOMEM. */
char *cf_store_path (const char *home, const char *name);
/* HOME/store.saved-TIME, where a store lies that was moved aside then; caller frees; NULL: ENOMEM. */
char *cf_store_saved_path (const char *home, int64_t utc_ms);
gpg_error_t cf_store_file_read (const char *home, const char *name, uint8_t **r_data, size_t *r_len) CF_MUST_CHECK;
gpg_error_t cf_store_file_write (const char *home, const char *name, const void *data, size_t len) CF_MUST_CHECK;
/* 0: it is there.  ENOENT: it is not. */
gpg_error_t cf_store_file_look (const char *home, const char *name) CF_MUST_CHECK;
/* One that is not there is removed already. */
gpg_error_t cf_store_file_remove (const char *home, const char *name) CF_MUST_CHECK;

/* An empty HOME/store for init, marked as unfinished.  What an init that was broken off left is removed; a store that
   had been finished is never touched but moved aside, to HOME/store.saved-NOW. */
gpg_error_t cf_store_files_prepare (const char *home, int64_t now_utc_ms) CF_MUST_CHECK;
/* The database of a home that was finished: SQLite would make a new one where it is gone or empty.
   Errors: CF_ERR_STORE, the system's. */
gpg_error_t cf_store_files_check (const char *home) CF_MUST_CHECK;
/* Does a store that was moved aside lie in HOME? */
gpg_error_t cf_store_files_saved (const char *home, bool *r_saved) CF_MUST_CHECK;
/* The mark is taken away: init has come to its end. */
void cf_store_files_finish (const char *home);

#endif
