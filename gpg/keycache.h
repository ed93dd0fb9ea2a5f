/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keycache.h - GPGME key objects of the conversation home, by fingerprint.
 *
 * Private to gpg/.  A listing costs a run of gpg; conversation keys are frozen,
 * so what was listed once stays true until the key is imported or deleted.
 */
#ifndef CF_GPG_KEYCACHE_H
#define CF_GPG_KEYCACHE_H

#include "gpg/engine.h"

#define CF_KEYCACHE_MAX 256 /* the oldest makes room */

gpg_error_t cf_keycache_new (struct cf_env *env, struct cf_keycache **r_cache) CF_MUST_CHECK;
void cf_keycache_free (struct cf_keycache *cache);
/* Borrowed until the next put or forget; NULL: not here. */
gpgme_key_t cf_keycache_get (struct cf_keycache *cache, const struct cf_fpr *fpr);
/* Takes a reference of its own. */
gpg_error_t cf_keycache_put (struct cf_keycache *cache, const struct cf_fpr *fpr, gpgme_key_t key) CF_MUST_CHECK;
void cf_keycache_forget (struct cf_keycache *cache, const struct cf_fpr *fpr);

#endif
