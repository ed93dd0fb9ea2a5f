/* SPDX-License-Identifier: GPL-3.0-or-later */
/* orphan_keys.h - pairs in the conversation home that no conversation has. */
#ifndef CF_CORE_ORPHAN_KEYS_H
#define CF_CORE_ORPHAN_KEYS_H

#include "core/core.h"

struct cf_orphan_keys;

/* Look for them a while after the start, once.  Conversations and gate are there already.  Errors: ENOMEM. */
gpg_error_t cf_orphan_keys_new (struct cf_core *core, struct cf_orphan_keys **r_orphans) CF_MUST_CHECK;
void cf_orphan_keys_free (struct cf_orphan_keys *orphans);

#endif
