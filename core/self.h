/* SPDX-License-Identifier: GPL-3.0-or-later */
/* self.h - the identity in use, this installation's device key, and how both come to be.
 *
 * HOME/identity.json   fingerprint, user ID and GnuPG home of the identity; nothing secret
 * HOME/store/key       the store key, sealed to the identity
 * HOME/store/statement the identity's "store" statement over K(store key, "check"), checked before the store is used
 */
#ifndef CF_CORE_SELF_H
#define CF_CORE_SELF_H

#include "core/core.h"
#include "gpg/gpg.h"
#include "net/hello.h"

struct cf_self {
  struct cf_fpr fpr;
  char *user_id; /* fit to show */
  char *name;    /* display name in beacons */
  uint8_t *device_secret; /* secret memory, CF_DEVICE_KEY_LEN */
  struct cf_device_statement device; /* signature owned here */
  uint8_t *block; /* our public key as peers get it */
  size_t block_len;
  enum cf_key_state key_state; /* as last looked up; cf_self_key_state says what it is now */
  int64_t expires_utc_ms;      /* 0: never, or not known yet */
  struct cf_revocation revocation; /* of our earlier device statements; signature owned here */
  uint8_t token[CF_ADDRESS_TOKEN_LEN]; /* of our address: what a stranger shows to be let in */
  /* Of self.c: renewal of statement and key. */
  struct cf_core *core;
  struct cf_timer renew;
  uint64_t look_ms;      /* when the key is looked at next */
  bool look_soon;        /* asked for while a job was under way */
  bool block_changed;    /* found by that job */
  int64_t newest_utc_ms; /* the latest beginning of any device statement of ours: peers take none that is older */
  struct cf_gpg_job *job;
  struct cf_device_statement next; /* being signed */
  struct cf_self_reseal *reseal;   /* under way; NULL: not */
  struct cf_self_revoke *revoke;   /* the same */
};

/* Choose IDENTITY (a secret key of the user's): make store, device key and statements, then start the modules.
   GENERATE instead makes a new identity with that user ID.  Exactly one of the two is not NULL.
   Errors: CF_ERR_KEY_*, NO_SECKEY, EEXIST (there is an identity already), agent's. */
gpg_error_t cf_self_init (struct cf_core *core, const struct cf_fpr *identity, const char *generate,
                          void (*done) (void *arg, gpg_error_t err), void *arg) CF_MUST_CHECK;

/* Read identity.json: 0 and LOCKED, or GPG_ERR_ENOENT when there is none yet.  *R_GNUPG_HOME (caller frees,
   may be NULL for GnuPG's default) is remembered from init. */
gpg_error_t cf_self_probe (const char *home, struct cf_fpr *r_fpr, char **r_gnupg_home) CF_MUST_CHECK;

/* Our address (address.h); caller frees; NULL: ENOMEM. */
char *cf_self_address (const struct cf_self *self);
/* A new token: strangers who have only the old address are no longer let in.  Written first. */
gpg_error_t cf_self_renew_address (struct cf_self *self) CF_MUST_CHECK;
/* Is TOKEN the one of our address?  In constant time. */
bool cf_self_token_is (const struct cf_self *self, const uint8_t token[CF_ADDRESS_TOKEN_LEN]);

/* The state of our own key now. */
enum cf_key_state cf_self_key_state (const struct cf_self *self);
/* Look at our own key soon: the user's keyring has changed. */
void cf_self_look (struct cf_self *self);
/* Has it expired meanwhile, or has the clock been set?  *R_NEXT_MS is lowered to when this has to be asked again. */
void cf_self_look_at_expiry (struct cf_self *self, uint64_t *r_next_ms);

/* A new device key for this installation, and all device statements that began earlier, whoever has the keys for them,
   void for whoever hears of it.  DONE comes once, unless cf_self_revoke_forget was called.  Our address is another then.
   Errors: EAGAIN (one is under way), TOO_YOUNG (the clock is behind the last statement), CF_ERR_KEY_*, the agent's. */
gpg_error_t cf_self_revoke_devices (struct cf_self *self, void (*done) (void *arg, gpg_error_t err), void *arg) CF_MUST_CHECK;
void cf_self_revoke_forget (struct cf_self *self); /* it goes on, and nobody hears of it */

void cf_self_free (struct cf_self *self);

/* The setting "name" has changed: the display name follows. */
gpg_error_t cf_self_rename (struct cf_self *self) CF_MUST_CHECK;

#endif
