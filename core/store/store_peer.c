/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_peer.c - tables contact, device and stranger.
 *
 * A row of contact is a person whom we keep: a contact, or one who is blocked.
 * Addresses are one text, separated by spaces, newest first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/columns.h"
#include "core/store/migration.h"
#include "core/store/store_peer.h"

const char cf_schema_peer[] =
  "CREATE TABLE contact ("
  " fpr BLOB PRIMARY KEY,"
  " user_id TEXT,"
  " name TEXT,"
  " contact INTEGER NOT NULL,"
  " blocked INTEGER NOT NULL,"
  " key_state INTEGER NOT NULL,"
  " validity INTEGER NOT NULL,"
  " last_seen INTEGER NOT NULL,"
  " verified_how TEXT,"
  " verified_at INTEGER NOT NULL,"
  " pair_secret BLOB);"
  "CREATE TABLE device ("
  " fpr BLOB NOT NULL REFERENCES contact (fpr) ON DELETE CASCADE,"
  " number BLOB NOT NULL,"
  " key BLOB NOT NULL,"
  " not_before INTEGER NOT NULL,"
  " not_after INTEGER NOT NULL,"
  " tied INTEGER NOT NULL,"
  " digest BLOB NOT NULL,"
  " addrs TEXT NOT NULL,"
  " PRIMARY KEY (fpr, number));";

const char cf_schema_pair_before[] = "ALTER TABLE contact ADD COLUMN pair_secret_before BLOB;";

/* Device statements that began before this are void; 0: none were revoked. */
const char cf_schema_contact_revoked[] = "ALTER TABLE contact ADD COLUMN revoked INTEGER NOT NULL DEFAULT 0;";

const char cf_schema_stranger[] =
  "CREATE TABLE stranger ("
  " fpr BLOB PRIMARY KEY,"
  " seen INTEGER NOT NULL);";

/* "confab:...", with a token; or NULL. */
const char cf_schema_contact_address[] = "ALTER TABLE contact ADD COLUMN address TEXT;";

const char cf_schema_contact_expires[] = "ALTER TABLE contact ADD COLUMN expires INTEGER NOT NULL DEFAULT 0;";

/* Names of the nodes at which a device can be dialled, separated by spaces. */
const char cf_schema_device_nodes[] = "ALTER TABLE device ADD COLUMN nodes TEXT NOT NULL DEFAULT '';";

#define ADDRS_TEXT_SIZE (CF_PEER_ADDRS_MAX * CF_ADDR_TEXT_SIZE)
#define NODES_TEXT_SIZE (CF_PATHS_NODES_MAX * CF_NODE_NAME_SIZE)

static void
addrs_format (const struct cf_peer_device *dev, char out[ADDRS_TEXT_SIZE])
{
  char one[CF_ADDR_TEXT_SIZE];
  size_t used = 0;

  out[0] = 0;
  for (size_t i = 0; i < dev->addr_count; i++) {
    size_t n;

    cf_addr_format (&dev->addrs[i], one);
    n = strlen (one);
    if (used + n + 2 > ADDRS_TEXT_SIZE)
      break;
    if (used)
      out[used++] = ' ';
    memcpy (out + used, one, n + 1);
    used += n;
  }
}

/* Addresses that are not understood are left out: they are hints. */
static void
addrs_parse (const char *text, struct cf_peer_device *dev)
{
  char one[CF_ADDR_TEXT_SIZE];

  while (text && *text && dev->addr_count < CF_PEER_ADDRS_MAX) {
    size_t n = strcspn (text, " ");

    if (n && n < sizeof one) {
      memcpy (one, text, n);
      one[n] = 0;
      if (!cf_addr_parse (one, &dev->addrs[dev->addr_count]))
        dev->addr_count++;
    }
    text += n;
    text += strspn (text, " ");
  }
}

static void
nodes_format (const struct cf_peer_device *dev, char out[NODES_TEXT_SIZE])
{
  size_t used = 0;

  out[0] = 0;
  for (size_t i = 0; i < dev->node_count; i++) {
    char one[CF_NODE_NAME_SIZE];

    cf_node_name_format (&dev->nodes[i], one);
    used += (size_t) snprintf (out + used, NODES_TEXT_SIZE - used, "%s%s", used ? " " : "", one);
  }
}

static void
nodes_parse (const char *text, struct cf_peer_device *dev)
{
  bool wrong;

  while (text && dev->node_count < CF_PATHS_NODES_MAX
         && cf_node_names_next (&text, &dev->nodes[dev->node_count], &wrong))
    dev->node_count++;
}

static gpg_error_t
save_device (struct cf_store *store, const struct cf_fpr *fpr, const struct cf_peer_device *dev)
{
  char addrs[ADDRS_TEXT_SIZE], nodes[NODES_TEXT_SIZE];
  struct cf_stmt *s;

  addrs_format (dev, addrs);
  nodes_format (dev, nodes);
  s = cf_stmt (store, "INSERT OR REPLACE INTO device (fpr, number, key, not_before, not_after, tied, digest, addrs, nodes)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
  cf_bind_fpr (s, 1, fpr);
  cf_bind_blob (s, 2, dev->number, sizeof dev->number);
  cf_bind_blob (s, 3, dev->key, sizeof dev->key);
  cf_bind_int (s, 4, dev->not_before_utc_ms);
  cf_bind_int (s, 5, dev->not_after_utc_ms);
  cf_bind_int (s, 6, dev->tied);
  cf_bind_blob (s, 7, dev->digest, sizeof dev->digest);
  cf_bind_text (s, 8, addrs);
  cf_bind_text (s, 9, nodes);
  return cf_stmt_run (s);
}

/* ADDRESS: of PEER as text, or NULL. */
static void
bind_contact (struct cf_stmt *s, const struct cf_peer *peer, const char *address)
{
  cf_bind_fpr (s, 1, &peer->fpr);
  cf_bind_text (s, 2, peer->user_id);
  cf_bind_text (s, 3, peer->name);
  cf_bind_int (s, 4, peer->contact);
  cf_bind_int (s, 5, peer->blocked);
  cf_bind_int (s, 6, peer->key_state);
  cf_bind_int (s, 7, peer->validity);
  cf_bind_int (s, 8, peer->last_seen_utc_ms);
  cf_bind_text (s, 9, peer->verified_how);
  cf_bind_int (s, 10, peer->verified_utc_ms);
  cf_bind_blob (s, 11, peer->pair_secret, peer->pair_secret ? CF_HASH_LEN : 0);
  cf_bind_blob (s, 12, peer->pair_secret_before, peer->pair_secret_before ? CF_HASH_LEN : 0);
  cf_bind_int (s, 13, peer->expires_utc_ms);
  cf_bind_text (s, 14, address);
  cf_bind_int (s, 15, peer->revoked_utc_ms);
}

gpg_error_t
cf_store_peer_save (struct cf_store *store, const struct cf_peer *peer)
{
  gpg_error_t err;
  struct cf_stmt *s;
  char *address = peer->address.has_token ? cf_address_format (&peer->address) : NULL;

  if (peer->address.has_token && !address)
    return cf_err (GPG_ERR_ENOMEM);
  err = cf_store_begin (store);
  if (err) {
    free (address);
    return err;
  }
  /* INSERT OR REPLACE would delete the row first, and with it (cascade) whatever refers to it. */
  s = cf_stmt (store, "INSERT OR IGNORE INTO contact (fpr, contact, blocked, key_state, validity, last_seen, verified_at)"
                      " VALUES (?1, 0, 0, 0, 0, 0, 0)");
  cf_bind_fpr (s, 1, &peer->fpr);
  err = cf_stmt_run (s);
  if (err)
    goto leave;
  s = cf_stmt (store, "UPDATE contact SET user_id = ?2, name = ?3, contact = ?4, blocked = ?5, key_state = ?6,"
                      " validity = ?7, last_seen = ?8, verified_how = ?9, verified_at = ?10, pair_secret = ?11,"
                      " pair_secret_before = ?12, expires = ?13, address = ?14, revoked = ?15 WHERE fpr = ?1");
  bind_contact (s, peer, address);
  err = cf_stmt_run (s);
  if (err)
    goto leave;
  s = cf_stmt (store, "DELETE FROM device WHERE fpr = ?1");
  cf_bind_fpr (s, 1, &peer->fpr);
  err = cf_stmt_run (s);
  for (size_t i = 0; !err && i < peer->device_count; i++)
    err = save_device (store, &peer->fpr, &peer->devices[i]);

leave:
  cf_store_end (store, &err);
  free (address);
  return err;
}

gpg_error_t
cf_store_peer_delete (struct cf_store *store, const struct cf_fpr *fpr)
{
  struct cf_stmt *s = cf_stmt (store, "DELETE FROM contact WHERE fpr = ?1");

  cf_bind_fpr (s, 1, fpr);
  return cf_stmt_run (s);
}

static gpg_error_t
load_device (struct cf_stmt *s, struct cf_peer_device *dev)
{
  gpg_error_t err;

  memset (dev, 0, sizeof *dev);
  err = cf_column_exact (s, 0, dev->number, sizeof dev->number);
  if (!err)
    err = cf_column_exact (s, 1, dev->key, sizeof dev->key);
  if (!err)
    err = cf_column_exact (s, 5, dev->digest, sizeof dev->digest);
  if (err)
    return err;
  dev->not_before_utc_ms = cf_column_int (s, 2);
  dev->not_after_utc_ms = cf_column_int (s, 3);
  dev->tied = cf_column_int (s, 4) != 0;
  addrs_parse (cf_column_text (s, 6), dev);
  nodes_parse (cf_column_text (s, 7), dev);
  return 0;
}

static gpg_error_t
load_devices (struct cf_store *store, struct cf_peer *peer)
{
  gpg_error_t err = 0;
  struct cf_stmt *s;

  peer->devices = calloc (CF_PEER_DEVICES_MAX, sizeof *peer->devices);
  if (!peer->devices)
    return cf_err (GPG_ERR_ENOMEM);
  s = cf_stmt (store, "SELECT number, key, not_before, not_after, tied, digest, addrs, nodes FROM device"
                      " WHERE fpr = ?1 ORDER BY not_before DESC LIMIT ?2");
  cf_bind_fpr (s, 1, &peer->fpr);
  cf_bind_int (s, 2, CF_PEER_DEVICES_MAX);
  while (cf_stmt_step (s, &err)) {
    err = load_device (s, &peer->devices[peer->device_count]);
    if (err) {
      cf_stmt_reset (s);
      return err;
    }
    peer->device_count++;
  }
  return err;
}

static gpg_error_t
load_contact (struct cf_stmt *s, struct cf_peer *peer)
{
  gpg_error_t err;
  int64_t state, validity;

  cf_column_fpr (s, 0, &peer->fpr);
  if (cf_fpr_is_none (&peer->fpr))
    return cf_err (CF_ERR_STORE);
  err = cf_column_text_dup (s, 1, &peer->user_id);
  if (!err)
    err = cf_column_text_dup (s, 2, &peer->name);
  if (!err)
    err = cf_column_text_dup (s, 8, &peer->verified_how);
  if (!err)
    err = cf_column_secret (s, 10, CF_HASH_LEN, &peer->pair_secret);
  if (!err)
    err = cf_column_secret (s, 11, CF_HASH_LEN, &peer->pair_secret_before);
  if (err)
    return err;
  state = cf_column_int (s, 5);
  validity = cf_column_int (s, 6);
  if (state < CF_KEY_OK || state > CF_KEY_WEAK || validity < CF_VALIDITY_UNKNOWN || validity > CF_VALIDITY_ULTIMATE)
    return cf_err (CF_ERR_STORE);
  peer->contact = cf_column_int (s, 3) != 0;
  peer->blocked = cf_column_int (s, 4) != 0;
  peer->key_state = (enum cf_key_state) state;
  peer->validity = (enum cf_key_validity) validity;
  peer->last_seen_utc_ms = cf_column_int (s, 7);
  peer->verified_utc_ms = cf_column_int (s, 9);
  peer->expires_utc_ms = cf_column_int (s, 12);
  peer->revoked_utc_ms = cf_column_int (s, 14);
  return cf_column_text (s, 13) ? cf_address_parse (cf_column_text (s, 13), &peer->address) : 0;
}

gpg_error_t
cf_store_peer_load (struct cf_store *store, gpg_error_t (*take) (void *arg, struct cf_peer *peer), void *arg)
{
  gpg_error_t err = 0;
  struct cf_peer *peer;
  struct cf_stmt *s;

  s = cf_stmt (store, "SELECT fpr, user_id, name, contact, blocked, key_state, validity, last_seen, verified_how,"
                      " verified_at, pair_secret, pair_secret_before, expires, address, revoked FROM contact LIMIT ?1");
  cf_bind_int (s, 1, CF_PEERS_MAX);
  while (cf_stmt_step (s, &err)) {
    peer = calloc (1, sizeof *peer);
    err = peer ? load_contact (s, peer) : cf_err (GPG_ERR_ENOMEM);
    if (!err)
      err = load_devices (store, peer);
    if (err) {
      cf_peer_free (peer);
      cf_stmt_reset (s);
      return err;
    }
    err = take (arg, peer);
    if (err) {
      cf_stmt_reset (s);
      return err;
    }
  }
  return err;
}

gpg_error_t
cf_store_stranger_save (struct cf_store *store, const struct cf_fpr *fpr, int64_t seen_utc_ms)
{
  struct cf_stmt *s = cf_stmt (store, "INSERT OR REPLACE INTO stranger (fpr, seen) VALUES (?1, ?2)");

  cf_bind_fpr (s, 1, fpr);
  cf_bind_int (s, 2, seen_utc_ms);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_stranger_delete (struct cf_store *store, const struct cf_fpr *fpr)
{
  struct cf_stmt *s = cf_stmt (store, "DELETE FROM stranger WHERE fpr = ?1");

  cf_bind_fpr (s, 1, fpr);
  return cf_stmt_run (s);
}

gpg_error_t
cf_store_stranger_load (struct cf_store *store, size_t max,
                        gpg_error_t (*take) (void *arg, const struct cf_fpr *fpr, int64_t seen_utc_ms), void *arg)
{
  gpg_error_t err = 0;
  struct cf_fpr fpr;
  struct cf_stmt *s;

  s = cf_stmt (store, "SELECT fpr, seen FROM stranger LIMIT ?1");
  cf_bind_int (s, 1, (int64_t) max);
  while (cf_stmt_step (s, &err)) {
    cf_column_fpr (s, 0, &fpr);
    err = cf_fpr_is_none (&fpr) ? cf_err (CF_ERR_STORE) : take (arg, &fpr, cf_column_int (s, 1));
    if (err) {
      cf_stmt_reset (s);
      return err;
    }
  }
  return err;
}
