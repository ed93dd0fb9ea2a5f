/* SPDX-License-Identifier: GPL-3.0-or-later */
/* self_revoke.c - every device key of the identity up to now is void, and this installation has a new one.
 *
 *   sign "revoke" --> sign "device" for the new key --> both to disk, in one transaction --> in use
 *
 * For when a copy of a device key may be in other hands: a disk that was
 * stolen, a machine that was given away.  Peers who hear of it, by the next
 * HELLO or KEY, take no statement that began earlier; so the new one begins no
 * earlier than any that we ever made.  Until all is on disk, nothing changes.
 * Spec: doc/protocol.md, "Revoking device keys".
 */
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/links.h"
#include "core/self_task.h"
#include "net/device_key.h"

#define REVOCATION "device-revocation" /* a row of the settings, no setting of the user's: the time, ":", the signature */

struct cf_self_revoke {
  struct cf_self *self;
  uint8_t *device_secret; /* secret memory; the new one */
  struct cf_device_statement device;
  struct cf_revocation revocation; /* signature owned */
  void (*done) (void *arg, gpg_error_t err); /* NULL: nobody waits */
  void *arg;
};

/* ---- on disk ---- */

gpg_error_t
cf_self_load_revocation (struct cf_self *self)
{
  char *text = NULL, *hex = NULL;
  uint8_t *signature = NULL;
  size_t len;
  gpg_error_t err;

  err = cf_store_setting_get (self->core->store, REVOCATION, &text);
  if (err || !text)
    return err;
  self->revocation.before_utc_ms = strtoll (text, &hex, 10);
  len = *hex == ':' ? strlen (hex + 1) / 2 : 0;
  signature = len && len <= CF_SIGNATURE_MAX && self->revocation.before_utc_ms > 0 ? malloc (len) : NULL;
  if (!signature || cf_unhex (hex + 1, signature, len)) {
    free (signature);
    err = cf_err (CF_ERR_STORE);
  } else {
    self->revocation.signature = signature;
    self->revocation.signature_len = len;
  }
  free (text);
  return err;
}

static gpg_error_t
save_revocation (const struct cf_self_revoke *r)
{
  char *hex = malloc (2 * r->revocation.signature_len + 1), *text = NULL;
  gpg_error_t err;

  if (hex)
    text = cf_sprintf ("%lld:%s", (long long) r->revocation.before_utc_ms,
                       cf_hex (r->revocation.signature, r->revocation.signature_len, hex));
  err = text ? cf_store_setting_set (r->self->core->store, REVOCATION, text) : cf_err (GPG_ERR_ENOMEM);
  free (hex);
  free (text);
  return err;
}

static gpg_error_t
save_all (struct cf_self_revoke *r)
{
  struct cf_self *self = r->self;
  gpg_error_t err;

  err = cf_store_begin (self->core->store);
  if (err)
    return err;
  err = cf_self_save (self, &r->device, r->device_secret, self->block, self->block_len);
  if (!err)
    err = cf_self_save_newest (self, r->device.not_before_utc_ms);
  if (!err)
    err = save_revocation (r);
  cf_store_end (self->core->store, &err);
  return err;
}

/* ---- the steps ---- */

void
cf_self_revoke_free (struct cf_self_revoke *revoke)
{
  if (!revoke)
    return;
  cf_secmem_free (revoke->device_secret);
  free ((void *) (uintptr_t) revoke->device.signature);
  free ((void *) (uintptr_t) revoke->revocation.signature);
  free (revoke);
}

/* What R has made takes the place of what there was, which goes with R. */
static void
put_to_use (struct cf_self_revoke *r)
{
  struct cf_self *self = r->self;
  const struct cf_device_statement device = self->device;
  const struct cf_revocation revocation = self->revocation;
  uint8_t *secret = self->device_secret;

  self->device = r->device;
  self->revocation = r->revocation;
  self->device_secret = r->device_secret;
  self->newest_utc_ms = r->device.not_before_utc_ms;
  r->device = device;
  r->revocation = revocation;
  r->device_secret = secret;
  cf_log (self->core->env, CF_LOG_INFO, "the device keys up to now are revoked");
  cf_peers_self_changed (self->core);
  cf_links_reconnect (self->core, "the device keys were revoked");
}

static void
end (struct cf_self_revoke *r, gpg_error_t err)
{
  struct cf_self *self = r->self;
  void (*done) (void *arg, gpg_error_t err) = r->done;
  void *arg = r->arg;

  if (!err)
    err = save_all (r);
  if (!err)
    put_to_use (r);
  self->revoke = NULL;
  cf_self_revoke_free (r);
  cf_self_look (self); /* renewal was kept waiting */
  if (done)
    done (arg, err);
}

static gpg_error_t
keep_signature (const uint8_t *data, size_t len, const uint8_t **r_signature, size_t *r_len)
{
  uint8_t *copy = malloc (len ? len : 1);

  if (!copy)
    return cf_err_errno ();
  *r_signature = memcpy (copy, data, len);
  *r_len = len;
  return 0;
}

static void
on_device_signed (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct cf_self_revoke *r = arg;

  r->self->job = NULL;
  if (!err)
    err = keep_signature (data, len, &r->device.signature, &r->device.signature_len);
  end (r, err);
}

static gpg_error_t
sign (struct cf_self_revoke *r, const char *kind, const struct cf_buf *bytes, cf_gpg_bytes_fn signed_)
{
  struct cf_self *self = r->self;

  return cf_gpg_statement_sign (self->core->gpg, &self->fpr, kind, cf_buf_data (bytes), cf_buf_len (bytes), signed_, r,
                                &self->job);
}

static void
on_revocation_signed (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct cf_self_revoke *r = arg;
  struct cf_buf bytes;

  r->self->job = NULL;
  cf_buf_init (&bytes, 256);
  if (!err)
    err = keep_signature (data, len, &r->revocation.signature, &r->revocation.signature_len);
  if (!err)
    err = cf_device_bytes (&r->device, &bytes);
  if (!err)
    err = sign (r, "device", &bytes, on_device_signed);
  cf_buf_done (&bytes);
  if (err)
    end (r, err);
}

/* The new key, and from when on it counts: not before any that we made, also while the clock was wrong. */
static gpg_error_t
prepare (struct cf_self_revoke *r)
{
  struct cf_self *self = r->self;
  struct cf_env *env = self->core->env;
  int64_t begins = env->now_utc_ms > self->newest_utc_ms ? env->now_utc_ms : self->newest_utc_ms + 1;
  gpg_error_t err;

  if (begins > env->now_utc_ms + CF_STATEMENT_EARLY_MS)
    return cf_err (GPG_ERR_TOO_YOUNG);
  err = cf_secmem_new (&r->device_secret, CF_DEVICE_KEY_LEN);
  if (err)
    return err;
  r->device = self->device;
  r->device.signature = NULL;
  r->device.signature_len = 0;
  r->device.not_before_utc_ms = begins;
  r->device.not_after_utc_ms = begins + CF_STATEMENT_SPAN_MS;
  cf_device_key_new (env, r->device_secret, r->device.device_key);
  r->revocation.before_utc_ms = begins;
  return 0;
}

gpg_error_t
cf_self_revoke_devices (struct cf_self *self, void (*done) (void *arg, gpg_error_t err), void *arg)
{
  struct cf_self_revoke *r = NULL;
  struct cf_buf bytes;
  gpg_error_t err;

  cf_buf_init (&bytes, 256);
  err = self->revoke ? cf_err (GPG_ERR_EAGAIN) : cf_key_state_error (cf_self_key_state (self));
  if (err)
    goto leave;
  r = calloc (1, sizeof *r);
  if (!r) {
    err = cf_err_errno ();
    goto leave;
  }
  r->self = self;
  err = prepare (r);
  if (!err)
    err = cf_revocation_bytes (&self->fpr, r->revocation.before_utc_ms, &bytes);
  if (err)
    goto leave;
  /* A renewal that is under way would write the old key over the new one. */
  cf_gpg_cancel (self->core->gpg, self->job);
  self->job = NULL;
  cf_timer_cancel (self->core->env, &self->renew);
  err = sign (r, "revoke", &bytes, on_revocation_signed);
  if (err) {
    cf_self_look (self);
    goto leave;
  }
  r->done = done;
  r->arg = arg;
  self->revoke = r;
  r = NULL;
leave:
  cf_self_revoke_free (r);
  cf_buf_done (&bytes);
  return err;
}

void
cf_self_revoke_forget (struct cf_self *self)
{
  if (self->revoke)
    self->revoke->done = NULL;
}
