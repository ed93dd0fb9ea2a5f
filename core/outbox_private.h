/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outbox_private.h - what the files of the outbox share.
 *
 *   outbox.c         its life, states of messages, timers, the link up and down
 *   outbox_add.c     a new entry: sequence, row, event (intake.c gathers them)
 *   outbox_seal.c    batches to envelopes, envelopes to frames
 *   outbox_answer.c  ACK, NEED, READ, and the peer's CLOSE
 * One transaction a step: the message and its sequence; the envelope and
 * "sent"; the acknowledgement and "delivered".
 * Spec: doc/protocol.md, "Messages".
 */
#ifndef CF_CORE_OUTBOX_PRIVATE_H
#define CF_CORE_OUTBOX_PRIVATE_H

#include "core/outbox.h"

/* outbox.c */
gpg_error_t cf_flight_add (struct cf_outbox *outbox, uint64_t first, uint64_t last, const uint8_t ack[CF_HASH_LEN],
                           struct cf_flight **r_flight) CF_MUST_CHECK;
/* Take the flight at *LINK out. */
void cf_flight_remove (struct cf_outbox *outbox, struct cf_flight **link);
/* Keep the link while anything waits. */
void cf_outbox_update_want (struct cf_outbox *outbox);
/* Set the timer to when something has to be looked at again. */
void cf_outbox_arm (struct cf_outbox *outbox);

/* outbox_seal.c */
/* The entry of the row M, borrowing from it. */
void cf_outbox_entry (const struct cf_conversation *conv, const struct cf_message_row *m, struct cf_entry *r_entry);
/* Does what waits gather behind a flight that is under way, until GATHER_UNTIL_MS? */
bool cf_outbox_gathers (const struct cf_outbox *outbox);
/* Begin to seal what waits, if that may be done now. */
void cf_outbox_seal_next (struct cf_outbox *outbox);
/* Hand what is sealed and not handed yet to the link, in order, as far as the window goes. */
void cf_outbox_send_flights (struct cf_outbox *outbox);
/* Send the kept envelope NUMBER.  Errors: NOT_FOUND, the link's. */
gpg_error_t cf_outbox_resend (struct cf_outbox *outbox, uint64_t number) CF_MUST_CHECK;

#endif
