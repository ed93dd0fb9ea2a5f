/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate.h - the password gate: requests, answers, CPace, and the opening of a conversation.

   Spec: doc/protocol.md, "Password gate". */
#ifndef CF_CORE_GATE_H
#define CF_CORE_GATE_H

#include "core/conversation.h"
#include "core/talk.h"

gpg_error_t cf_gate_new (struct cf_core *core, struct cf_gate **r_gate) CF_MUST_CHECK;
void cf_gate_free (struct cf_gate *gate);

/* From talk.c. */
void cf_gate_frame (struct cf_core *core, struct cf_peer *peer, const struct cf_talk_frame *frame);
void cf_gate_up (struct cf_core *core, struct cf_peer *peer);
void cf_gate_down (struct cf_core *core, struct cf_peer *peer);

/* Our user has thought better of the request that CONV is: the peer is told, CONV is gone. */
gpg_error_t cf_gate_withdraw (struct cf_core *core, struct cf_conversation *conv) CF_MUST_CHECK;
/* A conversation has been closed: what was to verify it ends, soon. */
void cf_gate_conversation_closed (struct cf_core *core);
/* The conversation ID is about to be deleted: forget what is left of its opening. */
void cf_gate_forget (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN]);

/* What was refused, for status. */
struct cf_gate_counts {
  uint64_t malformed;  /* bodies that could not be read, purposes that are not known */
  uint64_t unexpected; /* frames for ids, or in states, that they do not fit */
  uint64_t ignored;    /* OPENs not shown: blocked, silenced, too many */
  uint64_t wrong;      /* runs that ended with a wrong tag */
};
void cf_gate_counts (struct cf_core *core, struct cf_gate_counts *r_counts);

/* PEER is blocked now: what he asks, and what he was expected or asked to do, is over without a word to him. */
void cf_gate_blocked (struct cf_core *core, const struct cf_fpr *peer);

/* How many requests wait for the user's answer. */
size_t cf_gate_waiting (struct cf_core *core);

#endif
