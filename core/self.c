/* SPDX-License-Identifier: GPL-3.0-or-later */
/* self.c - the identity in use: its name, its address, and what is renewed while it is.
 *
 * Once an hour the public key is exported anew (the user may have extended it
 * or added a user ID), and the device statement is signed again when it is
 * CF_DEVICE_RENEW_MS old, or the clock has been set.  The device key itself stays,
 * until the user has it revoked (self_revoke.c).
 */
#include "core/self.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/address.h"
#include "core/event.h"
#include "core/links.h"
#include "core/said.h"
#include "core/self_task.h"
#include "core/settings.h"
#include "core/trust.h"

#define LOOK_MS (3600 * 1000)
#define CLOCK_MS (60 * 1000) /* has the clock been set? */
/* Rows of the settings; no settings of the user's. */
#define NEWEST "newest-device-statement"
#define TOKEN "address-token"
#define RETRY_MS (6 * 3600 * 1000) /* signing may raise a pinentry: do not nag */

/* ---- the name ---- */

/* "Ada Lovelace (work) <ada@example.org>" is called "Ada Lovelace"; at most CF_NAME_MAX bytes, whole characters. */
static char *
name_of (const char *user_id)
{
  size_t len = strcspn (user_id, "<(");
  char *name;

  if (!len) {
    user_id += strspn (user_id, "<(");
    len = strcspn (user_id, ">)");
  }
  len = cf_text_cut (user_id, len, CF_NAME_MAX);
  while (len && user_id[len - 1] == ' ')
    len--;
  name = cf_text_display (user_id, len, false);
  return name;
}

static gpg_error_t
choose_name (struct cf_core *core, const char *user_id, char **r_name)
{
  char *set = cf_setting (core, "name");

  if (!set)
    return cf_err (GPG_ERR_ENOMEM);
  *r_name = name_of (*set ? set : user_id);
  free (set);
  return *r_name ? 0 : cf_err (GPG_ERR_ENOMEM);
}

gpg_error_t
cf_self_rename (struct cf_self *self)
{
  char *name;
  gpg_error_t err = choose_name (self->core, self->user_id, &name);

  if (err)
    return err;
  free (self->name);
  self->name = name;
  return 0;
}

char *
cf_self_address (const struct cf_self *self)
{
  struct cf_address address = { .fpr = self->fpr, .has_device = true, .has_token = true };

  memcpy (address.device_key, self->device.device_key, CF_DEVICE_KEY_LEN);
  memcpy (address.token, self->token, CF_ADDRESS_TOKEN_LEN);
  return cf_address_format (&address);
}

/* ---- the token of our address ---- */

bool
cf_self_token_is (const struct cf_self *self, const uint8_t token[CF_ADDRESS_TOKEN_LEN])
{
  return cf_ct_equal (self->token, token, CF_ADDRESS_TOKEN_LEN);
}

gpg_error_t
cf_self_renew_address (struct cf_self *self)
{
  uint8_t token[CF_ADDRESS_TOKEN_LEN];
  char text[2 * CF_ADDRESS_TOKEN_LEN + 1];
  gpg_error_t err;

  cf_env_random (self->core->env, token, sizeof token);
  err = cf_store_setting_set (self->core->store, TOKEN, cf_hex (token, sizeof token, text));
  if (!err)
    memcpy (self->token, token, sizeof token);
  return err;
}

/* A home that was made before addresses had one gets one now. */
static gpg_error_t
load_token (struct cf_self *self)
{
  gpg_error_t err;
  char *text = NULL;

  err = cf_store_setting_get (self->core->store, TOKEN, &text);
  if (!err && !text)
    err = cf_self_renew_address (self);
  else if (!err && cf_unhex (text, self->token, sizeof self->token))
    err = cf_err (CF_ERR_STORE);
  free (text);
  return err;
}

/* ---- renewal ---- */

/* Kept apart from the statement: after the clock was set back, the one in use is not the newest. */
gpg_error_t
cf_self_save_newest (struct cf_self *self, int64_t newest_utc_ms)
{
  char text[24];

  snprintf (text, sizeof text, "%lld", (long long) newest_utc_ms);
  return cf_store_setting_set (self->core->store, NEWEST, text);
}

static gpg_error_t
load_newest (struct cf_self *self)
{
  gpg_error_t err;
  char *text = NULL;

  self->newest_utc_ms = self->device.not_before_utc_ms;
  err = cf_store_setting_get (self->core->store, NEWEST, &text);
  if (!err && text && strtoll (text, NULL, 10) > self->newest_utc_ms)
    self->newest_utc_ms = strtoll (text, NULL, 10);
  free (text);
  return err;
}

gpg_error_t
cf_self_save (struct cf_self *self, const struct cf_device_statement *device, const uint8_t *device_secret,
              const uint8_t *block, size_t block_len)
{
  struct cf_store_self row = { 0 };

  row.user_id = self->user_id;
  row.device_secret = (uint8_t *) (uintptr_t) device_secret;
  row.device = *device;
  row.block = (uint8_t *) (uintptr_t) block;
  row.block_len = block_len;
  return cf_store_self_save (self->core->store, &row);
}

static void
look_again (struct cf_self *self, gpg_error_t err, uint64_t delay_ms)
{
  if (err)
    cf_log (self->core->env, CF_LOG_WARN, "renewal of key and device statement: %s", cf_err_info (err)->message);
  self->look_ms = self->core->env->now_ms + (self->look_soon ? 0 : delay_ms);
  cf_timer_after (self->core->env, &self->renew, self->look_soon ? 0 : err ? delay_ms : CLOCK_MS);
  self->look_soon = false;
}

static void
on_signed (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct cf_self *self = arg;
  int64_t newest = self->newest_utc_ms;
  uint8_t *copy = NULL;

  self->job = NULL;
  if (!err && !(copy = malloc (len)))
    err = cf_err (GPG_ERR_ENOMEM);
  if (err)
    goto leave;
  self->next.signature = memcpy (copy, data, len);
  self->next.signature_len = len;
  if (self->next.not_before_utc_ms > self->newest_utc_ms)
    newest = self->next.not_before_utc_ms;
  err = cf_store_begin (self->core->store);
  if (err)
    goto leave;
  err = cf_self_save (self, &self->next, self->device_secret, self->block, self->block_len);
  if (!err)
    err = cf_self_save_newest (self, newest);
  cf_store_end (self->core->store, &err);
  if (err)
    goto leave;
  self->newest_utc_ms = newest;
  free ((void *) (uintptr_t) self->device.signature);
  self->device = self->next;
  copy = NULL;
  cf_log (self->core->env, CF_LOG_INFO, "device statement renewed");
leave:
  free (copy);
  look_again (self, err, err ? RETRY_MS : LOOK_MS);
}

/* Also when the clock has been set back to before its beginning: peers would find it too young.  If it was the new
   time that was wrong, peers who know the former statement take none that is older: so once more when the clock has
   come back. */
static bool
is_due (const struct cf_self *self)
{
  int64_t now = self->core->env->now_utc_ms, begun = self->device.not_before_utc_ms;

  return now >= begun + CF_DEVICE_RENEW_MS || now < begun - CF_STATEMENT_EARLY_MS
         || (begun < self->newest_utc_ms && now > self->newest_utc_ms);
}

static gpg_error_t
renew (struct cf_self *self)
{
  gpg_error_t err;
  struct cf_buf bytes;

  cf_buf_init (&bytes, 256);
  self->next = self->device;
  self->next.signature = NULL;
  err = cf_self_device_bytes (self->core->env, &self->next, &bytes);
  if (!err)
    err = cf_gpg_statement_sign (self->core->gpg, &self->fpr, "device", cf_buf_data (&bytes), cf_buf_len (&bytes),
                                 on_signed, self, &self->job);
  cf_buf_done (&bytes);
  return err;
}

/* ---- its state ---- */

enum cf_key_state
cf_self_key_state (const struct cf_self *self)
{
  if (self->key_state == CF_KEY_OK && self->expires_utc_ms && self->core->env->now_utc_ms >= self->expires_utc_ms)
    return CF_KEY_EXPIRED;
  return self->key_state;
}

static void
set_key_state (struct cf_self *self, enum cf_key_state state)
{
  struct cf_core *core = self->core;
  gpg_error_t err = 0;
  char hex[CF_FPR_HEX_SIZE];
  struct cf_said said;
  json_t *event;

  self->key_state = state;
  cf_trust_changed (core, NULL);
  if (state == CF_KEY_OK || !core->events)
    return;
  cf_trust_say (core, &self->fpr, state, &said);
  cf_log (core->env, CF_LOG_WARN, "%s", said.message ? said.message : "our own key cannot be used");
  event = json_pack ("{s:s, s:s?, s:s?, s:s, s:s, s:s}", "error", cf_err_info (cf_key_state_error (state))->name,
                     "message", said.message, "hint", said.hint, "fingerprint", cf_fpr_hex (&self->fpr, hex), "user_id",
                     self->user_id, "key_state", cf_key_state_name (state));
  if (event) {
    cf_said_set (&said, event, "code", "args");
    err = cf_event_emit (core, "error", true, event);
  } else
    err = cf_err (GPG_ERR_ENOMEM);
  if (err)
    cf_log (core->env, CF_LOG_ERROR, "an event was not told: %s", gpg_strerror (err));
  cf_said_done (&said);
}

void
cf_self_look_at_expiry (struct cf_self *self, uint64_t *r_next_ms)
{
  int64_t left = self->expires_utc_ms - self->core->env->now_utc_ms;

  if (!self->expires_utc_ms)
    return;
  if (self->key_state == CF_KEY_OK && left <= 0)
    set_key_state (self, CF_KEY_EXPIRED);
  else if (self->key_state == CF_KEY_OK && (uint64_t) left < *r_next_ms)
    *r_next_ms = (uint64_t) left;
  else if (self->key_state == CF_KEY_EXPIRED && left > 0)
    cf_self_look (self); /* the clock was set back: gpg knows */
}

/* The last step of a look: its state, then a new statement if one is due. */
static void
on_looked (void *arg, gpg_error_t err, const struct cf_key_info *key)
{
  struct cf_self *self = arg;

  self->job = NULL;
  if (!err) {
    self->expires_utc_ms = key->expires_utc_ms;
    if (self->key_state != key->state)
      set_key_state (self, key->state);
    if (self->block_changed) /* who is connected hears of it, be it good or bad, by the next HELLO */
      cf_links_reconnect (self->core, "the key has changed");
    self->block_changed = false;
  }
  if (err || self->key_state != CF_KEY_OK || !is_due (self)) {
    look_again (self, err, LOOK_MS);
    return;
  }
  err = renew (self);
  if (err)
    look_again (self, err, RETRY_MS);
}

static void
on_exported (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct cf_self *self = arg;
  uint8_t *copy = NULL;

  self->job = NULL;
  if (!err && (len != self->block_len || memcmp (data, self->block, len))) {
    copy = malloc (len);
    err = copy ? cf_self_save (self, &self->device, self->device_secret, memcpy (copy, data, len), len)
               : cf_err (GPG_ERR_ENOMEM);
    if (!err) {
      free (self->block);
      self->block = copy;
      self->block_len = len;
      self->block_changed = true;
      copy = NULL;
    }
  }
  free (copy);
  if (!err)
    err = cf_gpg_key_lookup (self->core->gpg, &self->fpr, on_looked, self, &self->job);
  if (err)
    look_again (self, err, LOOK_MS);
}

void
cf_self_look (struct cf_self *self)
{
  self->look_soon = true;
  if (self->job)
    return; /* its end sees it */
  self->look_soon = false;
  self->look_ms = self->core->env->now_ms;
  cf_timer_after (self->core->env, &self->renew, 0);
}

static void
on_renew (void *arg)
{
  struct cf_self *self = arg;
  gpg_error_t err;

  if (!is_due (self) && self->core->env->now_ms < self->look_ms) {
    cf_timer_after (self->core->env, &self->renew, CLOCK_MS);
    return;
  }
  err = cf_gpg_identity_export (self->core->gpg, &self->fpr, on_exported, self, &self->job);
  if (err)
    look_again (self, err, LOOK_MS);
}

/* ---- lifetime ---- */

gpg_error_t
cf_self_new (struct cf_core *core, struct cf_store_self *row, struct cf_self **r_self)
{
  gpg_error_t err;
  struct cf_self *self = calloc (1, sizeof *self);

  if (!self)
    return cf_err (GPG_ERR_ENOMEM);
  self->core = core;
  cf_timer_init (&self->renew, on_renew, self);
  err = choose_name (core, row->user_id, &self->name);
  self->device = row->device;
  if (!err)
    err = load_newest (self);
  if (!err)
    err = load_token (self);
  if (!err)
    err = cf_self_load_revocation (self);
  if (err) {
    free (self->name);
    free (self);
    return err;
  }
  self->fpr = row->device.identity;
  self->user_id = row->user_id;
  self->device_secret = row->device_secret;
  self->block = row->block;
  self->block_len = row->block_len;
  memset (row, 0, sizeof *row); /* all taken over */
  *r_self = self;
  return 0;
}

void
cf_self_start (struct cf_self *self)
{
  if (self->key_state != CF_KEY_OK) /* it went bad while nobody looked */
    set_key_state (self, self->key_state);
  cf_timer_after (self->core->env, &self->renew, 0);
}

void
cf_self_free (struct cf_self *self)
{
  if (!self)
    return;
  cf_timer_cancel (self->core->env, &self->renew);
  cf_gpg_cancel (self->core->gpg, self->job);
  cf_self_reseal_free (self->reseal);
  cf_self_revoke_free (self->revoke);
  free ((void *) (uintptr_t) self->revocation.signature);
  free (self->user_id);
  free (self->name);
  cf_secmem_free (self->device_secret);
  free ((void *) (uintptr_t) self->device.signature);
  free (self->block);
  free (self);
}
