/* SPDX-License-Identifier: GPL-3.0-or-later */
/* internal.h - what store.c, stmt.c and migration.c share; nobody else but their tests includes it. */
#ifndef CF_CORE_STORE_INTERNAL_H
#define CF_CORE_STORE_INTERNAL_H

#include <sqlite3.h>

#include "core/store/store.h"

#define STORE_HOOKS_MAX 8
#define STORE_PARTS_MAX 8
#define STORE_PAGE_SIZE 4096

struct cf_stmt {
  struct cf_stmt *next;   /* most recently used first */
  struct cf_store *store;
  const char *sql;        /* the cache's key is the pointer */
  sqlite3_stmt *handle;   /* NULL: it could not be prepared, and ERR says why */
  gpg_error_t err;        /* latched until run or step gives it back */
};

struct cf_store {
  struct cf_env *env;
  sqlite3 *db;
  unsigned depth;         /* of nested transactions */
  gpg_error_t spoiled;    /* why the open transaction can no longer commit */
  struct cf_stmt *stmts;
  struct cf_stmt failed;  /* handed out when there is no memory for a real one */
  struct {
    void (*call) (void *arg, bool committed);
    void *arg;
  } hooks[STORE_HOOKS_MAX];
  size_t hook_count;
};

/* What SQLite's RC (a result of DB) means. */
gpg_error_t store_error (sqlite3 *db, int rc);
/* Run SQL of one or more statements without parameters; rows are ignored. */
gpg_error_t store_exec (struct cf_store *store, const char *sql);
/* The transaction is lost: SQLite has rolled back by itself, or somebody asked for it. */
void store_spoil (struct cf_store *store, gpg_error_t err);

/* One version of the schema: SQL that makes it of the version before, of nothing for the first. */
struct store_step {
  const char *parts[STORE_PARTS_MAX]; /* in this order, to the first NULL */
};

extern const struct store_step store_steps[];
extern const size_t store_step_count;

/* migration.c: the version of the schema; 0: there is none yet. */
gpg_error_t store_version (struct cf_store *store, int64_t *r_version) CF_MUST_CHECK;
/* Bring the schema to version STEP_COUNT.  Foreign keys are off.
   Errors: UNKNOWN_VERSION (it is of a newer one), CF_ERR_STORE (it does not hold together), the steps'. */
gpg_error_t store_migrate (struct cf_store *store, const struct store_step *steps, size_t step_count) CF_MUST_CHECK;

/* store.c: the file at PATH under KEY; nothing of it is read yet. */
gpg_error_t store_connect (struct cf_env *env, const char *path, const uint8_t key[CF_STORE_KEY_LEN],
                           struct cf_store **r_store) CF_MUST_CHECK;

/* store.c: cf_store_open with other steps than ours. */
gpg_error_t store_open (struct cf_env *env, const char *path, const uint8_t key[CF_STORE_KEY_LEN],
                        const struct store_step *steps, size_t step_count, struct cf_store **r_store) CF_MUST_CHECK;

/* search.c: SQL's cf_search_fold (text), of which the index of messages is made. */
gpg_error_t store_search_define (sqlite3 *db) CF_MUST_CHECK;

/* memory.c: once per process, before SQLite is used. */
gpg_error_t store_memory_setup (void) CF_MUST_CHECK;
/* Lock its memory anew: SQLCipher locks what holds keys, and unlocks the whole page when it frees them. */
void store_memory_lock (void);
/* Bytes of SQLite's that found no place in that memory and lie on the heap. */
size_t store_memory_on_heap (void);

/* stmt.c */
void store_stmts_free (struct cf_store *store);

#endif
