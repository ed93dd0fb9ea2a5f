/* SPDX-License-Identifier: GPL-3.0-or-later */
/* visibility.h - who on the local network sees us, for good or for a while.
 *
 * The setting "visibility" is what holds now; what it falls back to, and when,
 * is a row of its own in the store, so that a restart does not prolong it.
 */
#ifndef CF_CORE_VISIBILITY_H
#define CF_CORE_VISIBILITY_H

#include <jansson.h>

#include "core/core.h"
#include "net/discovery.h"

struct cf_visibility_lapse; /* that of a while; cf_peers holds it */

#define CF_VISIBILITY_FOR_MAX_MS (30LL * 24 * 3600 * 1000)

bool cf_visibility_parse (const char *text, enum cf_visibility *r_visibility);

/* Keep, apply and tell.  FOR_MS 0: for good; else it falls back to what was chosen for good last.
   Errors: the store's, ENOMEM. */
gpg_error_t cf_visibility_set (struct cf_core *core, enum cf_visibility visibility, int64_t for_ms) CF_MUST_CHECK;
/* At start: apply what is kept, unless its time is over. */
gpg_error_t cf_visibility_resume (struct cf_core *core) CF_MUST_CHECK;
void cf_visibility_lapse_free (struct cf_core *core, struct cf_visibility_lapse *lapse);

/* visibility, until (null: for good), unrecognised: how many contacts cannot see us when only contacts may, because no
   conversation with them was opened by password; NULL: ENOMEM. */
json_t *cf_visibility_json (struct cf_core *core);

#endif
