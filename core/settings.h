/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings.h - what the user may set: kept in the store, each with its meaning, default and check. */
#ifndef CF_CORE_SETTINGS_H
#define CF_CORE_SETTINGS_H

#include "base/phrase.h"
#include "core/core.h"

struct cf_setting_def {
  const char *key;
  const char *value;  /* the default */
  enum cf_say meaning; /* and which values it takes */
  const char *values; /* all that it takes, space separated; NULL: FITS says */
  bool (*fits) (const char *value);
  /* Keeps and applies a new value by itself; NULL: kept as it is, then apply. */
  gpg_error_t (*set) (struct cf_core *core, const char *value);
  /* The value has changed (unless SET), or the modules are about to start; may be NULL. */
  gpg_error_t (*apply) (struct cf_core *core, const char *value);
};

extern const struct cf_setting_def cf_settings[]; /* ended by a NULL key */

const struct cf_setting_def *cf_setting_find (const char *key); /* NULL: none */
/* The value of KEY (one of the table), its default when it was never set or no store is open.  Caller frees;
   NULL: ENOMEM. */
char *cf_setting (struct cf_core *core, const char *key);
/* What VALUE, of up to seven digits and perhaps a unit ("10M"), is in bytes.  False: it is no size. */
bool cf_setting_size (const char *value, uint64_t *r_bytes);
/* Is KEY set to VALUE? */
bool cf_setting_is (struct cf_core *core, const char *key, const char *value);
/* Check, keep and apply; clients are told.  Errors: INV_VALUE, the store's. */
gpg_error_t cf_setting_set (struct cf_core *core, const struct cf_setting_def *def, const char *value) CF_MUST_CHECK;
/* Apply all; once, before the modules begin to work. */
gpg_error_t cf_settings_apply (struct cf_core *core) CF_MUST_CHECK;

#endif
