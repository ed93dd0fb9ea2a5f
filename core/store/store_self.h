/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_self.h - this installation and its settings, in the store. */
#ifndef CF_CORE_STORE_STORE_SELF_H
#define CF_CORE_STORE_STORE_SELF_H

#include "core/store/store.h"
#include "net/hello.h"

/* The one row about ourselves.  SECRET is secret memory; block and device.signature are on the heap. */
struct cf_store_self {
  char *user_id;
  uint8_t *device_secret; /* CF_DEVICE_KEY_LEN */
  struct cf_device_statement device;
  uint8_t *block;
  size_t block_len;
};

/* Errors: NOT_FOUND (no row yet), CF_ERR_STORE (a row that cannot be), ENOMEM. */
gpg_error_t cf_store_self_load (struct cf_store *store, struct cf_store_self *r_self) CF_MUST_CHECK;
gpg_error_t cf_store_self_save (struct cf_store *store, const struct cf_store_self *self) CF_MUST_CHECK;
void cf_store_self_done (struct cf_store_self *self);

/* A setting; *R_VALUE (caller frees) is NULL when it was never set. */
gpg_error_t cf_store_setting_get (struct cf_store *store, const char *key, char **r_value) CF_MUST_CHECK;
/* VALUE NULL: back to the default. */
gpg_error_t cf_store_setting_set (struct cf_store *store, const char *key, const char *value) CF_MUST_CHECK;

#endif
