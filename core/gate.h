/* gate.h - the password gate: requests, answers, CPace, and the opening of a conversation.  Spec: doc/protocol.md. */
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

/* How many requests wait for the user's answer. */
size_t cf_gate_waiting (struct cf_core *core);

#endif
