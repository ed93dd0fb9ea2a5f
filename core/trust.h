/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trust.h - what a key that has gone bad does to the conversations that rest on it.
 *
 * A conversation is *stopped* while its peer's key, or our own, is expired,
 * revoked, disabled or weak, or its peer is blocked.  Nothing of it is sent,
 * nothing that comes is looked at; SEND is refused.  The user is told by the
 * row of the conversation, a row of its history and an event.  When the cause
 * is mended it goes on, and what had waited is delivered.
 */
#ifndef CF_CORE_TRUST_H
#define CF_CORE_TRUST_H

#include "core/conversation.h"
#include "core/said.h"
#include "gpg/gpg.h"

/* A key's state (WHO's; that of our own identity when WHO is it) or a block may have changed: conversations with WHO
   are stopped, or go on.  WHO NULL: all conversations. */
void cf_trust_changed (struct cf_core *core, const struct cf_fpr *who);

/* Why CONV must not be used now; 0: nothing speaks against it.  Errors: those of key states, FORBIDDEN (blocked). */
gpg_error_t cf_trust_check (struct cf_core *core, const struct cf_conversation *conv) CF_MUST_CHECK;
/* The same as a question: may nothing of CONV be sent or taken now? */
bool cf_trust_stops (struct cf_core *core, const struct cf_conversation *conv);
/* Fail CMD with that error, saying what happened and what can be done. */
void cf_trust_fail (struct cf_command *cmd, const struct cf_conversation *conv, gpg_error_t err);
/* The worse of the peer's key and our own, as shown. */
enum cf_key_state cf_trust_key_state (struct cf_core *core, const struct cf_conversation *conv);

/* "The key of Bob has expired", and what to do about it; WHO may be ourselves.  STATE must not be CF_KEY_OK. */
void cf_trust_say (struct cf_core *core, const struct cf_fpr *who, enum cf_key_state state, struct cf_said *r_said);
/* The same of our own key, as a code. */
enum cf_say cf_trust_own_key_say (enum cf_key_state state);

#endif
