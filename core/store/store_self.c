/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_self.c - tables and SQL: this installation, and the settings. */
#include "core/store/store_self.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "core/store/columns.h"
#include "core/store/migration.h"

const char cf_schema_self[] = "CREATE TABLE self ("
                              "  id INTEGER PRIMARY KEY CHECK (id = 1),"
                              "  identity BLOB NOT NULL," /* version byte and fingerprint */
                              "  user_id TEXT NOT NULL,"
                              "  device_secret BLOB NOT NULL,"
                              "  device_public BLOB NOT NULL,"
                              "  device_number BLOB NOT NULL,"
                              "  not_before INTEGER NOT NULL," /* ms since 1970 */
                              "  not_after INTEGER NOT NULL,"
                              "  signature BLOB NOT NULL,"
                              "  block BLOB NOT NULL);" /* our public key as peers get it */
                              "CREATE TABLE setting ("
                              "  key TEXT PRIMARY KEY,"
                              "  value TEXT NOT NULL) WITHOUT ROWID;";

void
cf_store_self_done (struct cf_store_self *self)
{
  free (self->user_id);
  cf_secmem_free (self->device_secret);
  free ((void *) (uintptr_t) self->device.signature);
  free (self->block);
  memset (self, 0, sizeof *self);
}

/* A copy of what is never empty. */
static gpg_error_t
blob_some (struct cf_stmt *s, int column, uint8_t **r_data, size_t *r_len)
{
  gpg_error_t err = cf_column_blob_dup (s, column, r_data, r_len);

  return err || *r_len ? err : cf_err (CF_ERR_STORE);
}

static gpg_error_t
read_self (struct cf_stmt *s, struct cf_store_self *self)
{
  gpg_error_t err;
  uint8_t *signature = NULL;
  const char *user_id = cf_column_text (s, 1);

  cf_column_fpr (s, 0, &self->device.identity);
  if (cf_fpr_is_none (&self->device.identity))
    return cf_err (CF_ERR_STORE);
  self->user_id = strdup (user_id ? user_id : "");
  if (!self->user_id)
    return cf_err (GPG_ERR_ENOMEM);
  err = cf_column_secret (s, 2, CF_DEVICE_KEY_LEN, &self->device_secret);
  if (!err && !self->device_secret)
    err = cf_err (CF_ERR_STORE);
  if (!err)
    err = cf_column_exact (s, 3, self->device.device_key, CF_DEVICE_KEY_LEN);
  if (!err)
    err = cf_column_exact (s, 4, self->device.device_number, CF_DEVICE_NUMBER_LEN);
  self->device.not_before_utc_ms = cf_column_int (s, 5);
  self->device.not_after_utc_ms = cf_column_int (s, 6);
  if (!err)
    err = blob_some (s, 7, &signature, &self->device.signature_len);
  self->device.signature = signature;
  if (!err)
    err = blob_some (s, 8, &self->block, &self->block_len);
  return err;
}

gpg_error_t
cf_store_self_load (struct cf_store *store, struct cf_store_self *r_self)
{
  gpg_error_t err;
  struct cf_store_self self = { 0 };
  struct cf_stmt *s = cf_stmt (store, "SELECT identity, user_id, device_secret, device_public, device_number,"
                                      " not_before, not_after, signature, block FROM self WHERE id = 1");

  if (!cf_stmt_step (s, &err))
    return err ? err : cf_err (GPG_ERR_NOT_FOUND);
  err = read_self (s, &self);
  cf_stmt_reset (s);
  if (err) {
    cf_store_self_done (&self);
    return err;
  }
  *r_self = self;
  return 0;
}

gpg_error_t
cf_store_self_save (struct cf_store *store, const struct cf_store_self *self)
{
  struct cf_stmt *s;

  s = cf_stmt (store, "INSERT OR REPLACE INTO self (id, identity, user_id, device_secret, device_public,"
                      " device_number, not_before, not_after, signature, block) VALUES (1,?,?,?,?,?,?,?,?,?)");
  cf_bind_fpr (s, 1, &self->device.identity);
  cf_bind_text (s, 2, self->user_id);
  cf_bind_blob (s, 3, self->device_secret, CF_DEVICE_KEY_LEN);
  cf_bind_blob (s, 4, self->device.device_key, CF_DEVICE_KEY_LEN);
  cf_bind_blob (s, 5, self->device.device_number, CF_DEVICE_NUMBER_LEN);
  cf_bind_int (s, 6, self->device.not_before_utc_ms);
  cf_bind_int (s, 7, self->device.not_after_utc_ms);
  cf_bind_blob (s, 8, self->device.signature, self->device.signature_len);
  cf_bind_blob (s, 9, self->block, self->block_len);
  return cf_stmt_run (s);
}

/* ---- settings ---- */

gpg_error_t
cf_store_setting_get (struct cf_store *store, const char *key, char **r_value)
{
  gpg_error_t err;
  struct cf_stmt *s = cf_stmt (store, "SELECT value FROM setting WHERE key = ?");
  char *value = NULL;

  cf_bind_text (s, 1, key);
  if (cf_stmt_step (s, &err)) {
    value = strdup (cf_column_text (s, 0));
    cf_stmt_reset (s);
    if (!value)
      return cf_err (GPG_ERR_ENOMEM);
  }
  if (!err)
    *r_value = value;
  return err;
}

gpg_error_t
cf_store_setting_set (struct cf_store *store, const char *key, const char *value)
{
  struct cf_stmt *s = cf_stmt (store, value ? "INSERT OR REPLACE INTO setting (key, value) VALUES (?1, ?2)"
                                            : "DELETE FROM setting WHERE key = ?1");

  cf_bind_text (s, 1, key);
  if (value)
    cf_bind_text (s, 2, value);
  return cf_stmt_run (s);
}
