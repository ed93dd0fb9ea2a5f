/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vanish.h - messages that disappear, each after its lifetime; and that nothing stays of what is gone.
 *
 * A lifetime runs by a clock of its own.  While the daemon runs it goes as
 * fast as time does, whatever becomes of the system's clock; over a stop it
 * believes that clock, unless it went back.  So a clock that jumps makes
 * messages disappear later, not earlier: what has disappeared cannot be had
 * back.  (A clock that was set forward while the daemon did not run cannot be
 * told from time that went by.)
 */
#ifndef CF_CORE_VANISH_H
#define CF_CORE_VANISH_H

#include "core/conversation.h"
#include "core/store/store_message.h"

struct cf_vanish;

/* The store is open, conversations are there. */
gpg_error_t cf_vanish_new (struct cf_core *core, struct cf_vanish **r_vanish) CF_MUST_CHECK;
void cf_vanish_free (struct cf_vanish *vanish);

/* The time of those of FIRST ... LAST that are to disappear begins: they were read (theirs), or delivered, or never will
   be (ours).  In the caller's transaction, with events. */
gpg_error_t cf_vanish_begin (struct cf_core *core, struct cf_conversation *conv, bool outgoing, uint64_t first,
                             uint64_t last) CF_MUST_CHECK;
/* When EXPIRES, of a message, is by the system's clock; 0: it is not running. */
int64_t cf_vanish_utc_ms (const struct cf_core *core, int64_t expires_ms);

/* Something has gone in the caller's transaction: some time from now, nothing of it is left in the files. */
gpg_error_t cf_vanish_scrub (struct cf_core *core) CF_MUST_CHECK;

#endif
