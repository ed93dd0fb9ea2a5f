/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message.h - what is said in open conversations: entries, envelopes, outbox, receipts, history.
 *
 * Once SEND has answered "queued", the message is on disk.  It is delivered
 * exactly once and in order, or shown as not delivered.
 */
#ifndef CF_CORE_MESSAGE_H
#define CF_CORE_MESSAGE_H

#include "core/conversation.h"
#include "core/talk.h"

gpg_error_t cf_messages_new (struct cf_core *core, struct cf_messages **r_messages) CF_MUST_CHECK;
void cf_messages_free (struct cf_messages *messages);

/* From talk.c. */
void cf_message_frame (struct cf_core *core, struct cf_peer *peer, const struct cf_talk_frame *frame);
void cf_message_up (struct cf_core *core, struct cf_peer *peer);
void cf_message_down (struct cf_core *core, struct cf_peer *peer);

/* From post.c: an ENVELOPE, of which cf_post_settled tells what became, or an ACK of CONV that came as mail.  Errors: it is
   not of that form, or nothing of CONV is taken now; then nothing is told. */
gpg_error_t cf_message_posted (struct cf_core *core, struct cf_conversation *conv, enum cf_talk type, const uint8_t *body,
                               size_t len) CF_MUST_CHECK;

/* gate.c has opened CONV: it can carry messages from now on. */
void cf_message_conversation_opened (struct cf_core *core, struct cf_conversation *conv);
/* CONV has left the store (cf_store_message_forget): its outbox goes; what waits for delivery is orphaned. */
void cf_message_conversation_forgotten (struct cf_core *core, struct cf_conversation *conv);
/* Queue a CLOSE entry, final for CONV's keys; DONE when it has been sealed (then the key may be destroyed). */
gpg_error_t cf_message_send_close (struct cf_core *core, struct cf_conversation *conv,
                                   void (*done) (void *arg, gpg_error_t err), void *arg) CF_MUST_CHECK;

/* May anything be written to CONV?  False: the command has failed. */
bool cf_message_may_write (struct cf_command *cmd, const struct cf_conversation *conv) CF_MUST_CHECK;

/* intake.h: what a SEND has been given. */
struct cf_handover;
gpg_error_t cf_message_hand_over (struct cf_core *core, struct cf_command *cmd, const struct cf_handover *h) CF_MUST_CHECK;

/* Tell the peer up to where we have read; silently not when it is away (told again when it comes). */
void cf_message_send_read (struct cf_core *core, const struct cf_conversation *conv);

/* What was refused, dropped and repeated since the start; for status. */
struct cf_message_counts {
  uint64_t taken;         /* entries */
  uint64_t forged;        /* envelopes that did not hold */
  uint64_t dropped;       /* frames: queue full, conversation unknown, malformed */
  uint64_t gaps;          /* envelopes with something missing before them */
  uint64_t repeated;      /* envelopes known already */
  uint64_t acks_refused;  /* acknowledgements that proved nothing */
};
const struct cf_message_counts *cf_message_counts (struct cf_core *core); /* NULL before READY */

/* Theirs that we have not read. */
size_t cf_message_unread (struct cf_core *core, const struct cf_conversation *conv);

#endif
