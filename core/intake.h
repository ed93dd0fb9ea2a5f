/* SPDX-License-Identifier: GPL-3.0-or-later */
/* intake.h - what clients have handed over and is not on disk yet.
 *
 *   SEND --texts--> intake --one transaction for all--> outbox (queued) --> receipt.c, which answers
 *
 * All that comes in one turn of the loop, from however many clients, shares
 * one commit; while the disk syncs, the next ones gather at the sockets.  When
 * several have shared one, the next waits for as many, CF_INTAKE_GATHER_MS at
 * most; whoever writes alone is never waited with.  All
 * of it is kept or none: when the transaction is lost, every command in it
 * fails.
 */
#ifndef CF_CORE_INTAKE_H
#define CF_CORE_INTAKE_H

#include "core/command.h"
#include "core/store/store_message.h"
#include "net/proto.h"

/* Messages of one command, and their bytes; no more go into one transaction either: the loop stands still meanwhile. */
#define CF_INTAKE_LINES_MAX 4096u
#define CF_INTAKE_BYTES_MAX (1024u * 1024)
#define CF_INTAKE_GATHER_MS 2

struct cf_intake;

/* What one command hands over; borrowed. */
struct cf_handover {
  const uint8_t *conversation; /* its id */
  const char *data;            /* UTF-8 */
  size_t len;
  bool lines;                  /* each line that is not empty is a message; else all of it is one */
  const uint8_t *reply_to;     /* may be NULL */
  enum cf_message_state wanted;
  uint64_t timeout_ms;         /* 0: none */
};

gpg_error_t cf_intake_new (struct cf_core *core, struct cf_intake **r_intake) CF_MUST_CHECK;
/* Commands that wait fail. */
void cf_intake_free (struct cf_intake *intake);

/* Take H; CMD is answered once it is on disk and has come as far as is wanted, or fails.  If its client goes before
   the commit, the messages are kept all the same.  Errors: ENOMEM, NO_DATA (no line with anything in it), TOO_LARGE
   (a text), TOO_MANY (lines). */
gpg_error_t cf_intake_add (struct cf_intake *intake, struct cf_command *cmd, const struct cf_handover *h) CF_MUST_CHECK;

#endif
