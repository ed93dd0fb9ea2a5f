/* SPDX-License-Identifier: GPL-3.0-or-later */
/* change.h - an entry, ours or theirs, is written down, and what it says of those before it is done.
 *
 *   edit, delete   of its author's own text: that has another text, or none any more
 *   delete         of its author's own file: its transfer ends
 *   reaction       of either author's text or file: one an author
 *   timer          what both say from now on disappears after a while
 *
 * What names something that it may not touch keeps its place in the sequence,
 * and is ignored: later entries do not depend on it.  Spec: doc/protocol.md,
 * "Changes".
 */
#ifndef CF_CORE_CHANGE_H
#define CF_CORE_CHANGE_H

#include "core/conversation.h"
#include "core/store/store_message.h"

/* Write M, the next of its author in CONV, with its event and what follows from it, in the caller's transaction; the
   caller saves CONV.  HIDDEN, GONE of M are set here.  Errors: the store's. */
gpg_error_t cf_change_keep (struct cf_core *core, struct cf_conversation *conv, struct cf_message_row *m) CF_MUST_CHECK;

/* What about the timer has to be taken back when the transaction is lost. */
struct cf_timer_mark {
  uint32_t s;
  uint64_t order;
  bool own;
};
struct cf_timer_mark cf_timer_mark_of (const struct cf_conversation *conv);
void cf_timer_revert (struct cf_conversation *conv, const struct cf_timer_mark *mark);

/* The message of the row ROW as it is now, to all clients ("message_changed"). */
gpg_error_t cf_change_tell (struct cf_core *core, struct cf_conversation *conv,
                            const uint8_t id[CF_MESSAGE_ID_LEN]) CF_MUST_CHECK;
/* M is removed from this side, with its event, in the caller's transaction. */
gpg_error_t cf_change_remove (struct cf_core *core, const struct cf_message_row *m) CF_MUST_CHECK;

/* May an entry of kind BY, ours when OUTGOING, change TARGET?  0, or why not: NOT_FOUND (no text, or file), FORBIDDEN
   (the other's), and GPG_ERR_OBJ_TERM_STATE (it is gone). */
gpg_error_t cf_change_check (const struct cf_message_row *target, enum cf_entry_kind by, bool outgoing) CF_MUST_CHECK;

#endif
