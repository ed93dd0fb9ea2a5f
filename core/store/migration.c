/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migration.c - from the version of the schema that is on disk to the newest.
 *
 * The version is SQLite's user_version.  Each step is one transaction with its
 * new number: whatever ends the process leaves the store in one version or the
 * next.  Before it commits, SQLite reads the whole store once and checks it, so
 * that damage is found, and not carried over.
 *
 * No copy of the old store is kept: it would hold on to what a person deletes
 * later.  What a step gets wrong only tests/unit/core/test_migration.c can tell.
 */
#include "core/store/migration.h"

#include <stdio.h>
#include <string.h>

#include "core/store/internal.h"

/* Entry N makes version N + 1.  New ones go to the end; doc/HACKING.md says how. */
const struct store_step store_steps[] = {
  { {
      cf_schema_self,
      cf_schema_event,
      cf_schema_peer,
      cf_schema_conversation,
      cf_schema_gate,
      cf_schema_message,
      cf_schema_stranger,
  } },
  { { cf_schema_pair_before } },
  { { cf_schema_gate_verifies } },
  { { cf_schema_contact_expires } },
  { { cf_schema_people } },
  { { cf_schema_message_search } },
  { { cf_schema_message_changes, cf_schema_conversation_marks, cf_schema_event_words } },
  { { cf_schema_contact_address } },
  { { cf_schema_transfer } },
  { { cf_schema_contact_revoked } },
  { { cf_schema_device_nodes } },
  { { cf_schema_post } },
  { { cf_schema_message_words } },
};

const size_t store_step_count = sizeof store_steps / sizeof *store_steps;

gpg_error_t
store_version (struct cf_store *store, int64_t *r_version)
{
  gpg_error_t err;
  struct cf_stmt *s = cf_stmt (store, "PRAGMA user_version");

  if (!cf_stmt_step (s, &err))
    return err ? err : cf_err (CF_ERR_STORE);
  *r_version = cf_column_int (s, 0);
  cf_stmt_reset (s);
  return 0;
}

static gpg_error_t
write_version (struct cf_store *store, int64_t version)
{
  char sql[64];

  snprintf (sql, sizeof sql, "PRAGMA user_version = %lld", (long long) version);
  return store_exec (store, sql);
}

/* Every page is whole, and every reference leads somewhere. */
static gpg_error_t
check (struct cf_store *store)
{
  gpg_error_t err;
  const char *text;
  bool whole = false;
  struct cf_stmt *s = cf_stmt (store, "PRAGMA quick_check (1)");

  if (cf_stmt_step (s, &err)) {
    text = cf_column_text (s, 0);
    whole = text && !strcmp (text, "ok");
    cf_stmt_reset (s);
  }
  if (err)
    return err;
  s = cf_stmt (store, "PRAGMA foreign_key_check");
  if (whole && cf_stmt_step (s, &err)) {
    whole = false;
    cf_stmt_reset (s);
  }
  return err || whole ? err : cf_err (CF_ERR_STORE);
}

static gpg_error_t
apply (struct cf_store *store, const struct store_step *step, int64_t version)
{
  gpg_error_t err;

  err = cf_store_begin (store);
  if (err)
    return err;
  for (size_t i = 0; !err && i < STORE_PARTS_MAX && step->parts[i]; i++)
    err = store_exec (store, step->parts[i]);
  if (!err)
    err = check (store);
  if (!err)
    err = write_version (store, version);
  cf_store_end (store, &err);
  cf_log (store->env, err ? CF_LOG_ERROR : CF_LOG_INFO, "store: to version %lld of the schema: %s", (long long) version,
          err ? gpg_strerror (err) : "done");
  return err;
}

gpg_error_t
store_migrate (struct cf_store *store, const struct store_step *steps, size_t step_count)
{
  gpg_error_t err;
  int64_t version, newest = (int64_t) step_count;

  err = store_version (store, &version);
  if (err)
    return err;
  if (version > newest) {
    cf_log (store->env, CF_LOG_ERROR, "store: version %lld of the schema; this Confab knows %lld", (long long) version,
            (long long) newest);
    return cf_err (GPG_ERR_UNKNOWN_VERSION);
  }
  if (version < 0)
    return cf_err (CF_ERR_STORE);
  for (; !err && version < newest; version++)
    err = apply (store, &steps[version], version + 1);
  return err;
}
