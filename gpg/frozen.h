/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frozen.h - which keys of the conversation home are conversation keys.
 *
 * A conversation key is frozen and lives as long as its conversation; a
 * stranger's identity is neither.  Nothing in a key says which it is, since a
 * peer writes his conversation key as he likes: so a mark lies beside the
 * keyring, an empty file a key, made before the key gets in.  Private to gpg/.
 */
#ifndef CF_GPG_FROZEN_H
#define CF_GPG_FROZEN_H

#include "gpg/engine.h"

gpg_error_t cf_frozen_set (struct cf_gpg *gpg, const struct cf_fpr *fpr) CF_MUST_CHECK;
/* What cannot be told is taken for frozen. */
bool cf_frozen_is (const struct cf_gpg *gpg, const struct cf_fpr *fpr);
/* The key is gone. */
void cf_frozen_clear (struct cf_gpg *gpg, const struct cf_fpr *fpr);

#endif
