/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inbox.h - envelopes that have come in and are not taken yet; shared by message.c and its neighbours only.
 *
 *   frame --queue--> opening --checks, one transaction--> taken --ACK-->
 *                        \--does not hold--> counted and shown, never acknowledged
 *                        \--gap--> NEED, dropped: the sender repeats
 *
 * Strictly in order: one is opened at a time.
 */
#ifndef CF_CORE_INBOX_H
#define CF_CORE_INBOX_H

#include "core/conversation.h"

#define CF_INBOX_ENVELOPES_MAX 64
#define CF_INBOX_BYTES_MAX (4u * 1024 * 1024)
#define CF_INBOX_EARLY_MAX 4        /* while the conversation is not open yet */
#define CF_INBOX_NEED_MS 1000       /* the same gap is asked about so often */
#define CF_INBOX_SEEN_MAX 16        /* bad envelopes remembered, so that a repetition is not shown again */
#define CF_INBOX_BAD_ROWS_MAX 100   /* of one conversation, for ever: a peer cannot fill the disk with them */
#define CF_INBOX_BAD_BURST 10       /* in ... */
#define CF_INBOX_BAD_MS (10 * 60 * 1000)
#define CF_TYPING_LAPSE_MS 6000
#define CF_INBOX_TYPING_MAX 20      /* TYPING in ... */
#define CF_INBOX_TYPING_MS 10000    /* each is an event for every client */

struct cf_inbound {
  struct cf_inbound *next;
  uint64_t number;
  bool by_mail; /* not on the link: post.h is told what becomes of it */
  size_t len;
  uint8_t sealed[];
};

struct cf_inbox {
  struct cf_core *core;
  struct cf_conversation *conv;
  struct cf_inbound *first, **end; /* FIRST is being opened while OPENING */
  size_t count, bytes;
  bool opening;
  struct cf_gpg_job *job;
  uint64_t need_sequence, need_ms; /* what was last asked for, and when */
  uint8_t seen[CF_INBOX_SEEN_MAX][CF_HASH_LEN];
  size_t seen_next;
  uint64_t bad_since_ms;
  unsigned bad_count;
  struct cf_timer typing;          /* lapses */
  uint64_t typing_since_ms;
  unsigned typing_count;
  struct cf_timer next;            /* opens the next one, from the loop: no recursion */
};

gpg_error_t cf_inbox_get (struct cf_core *core, struct cf_conversation *conv, struct cf_inbox **r_inbox) CF_MUST_CHECK;
void cf_inbox_free (struct cf_inbox *inbox);
/* A frame: NUMBER and the OpenPGP message; of the link, or BY_MAIL (post.h). */
void cf_inbox_envelope (struct cf_inbox *inbox, uint64_t number, const uint8_t *sealed, size_t len, bool by_mail);
/* Open the next one, if any and if the conversation is ready. */
void cf_inbox_run (struct cf_inbox *inbox);
void cf_inbox_typing (struct cf_inbox *inbox, bool on);

/* What message.c counts; shown by status.  There is one as long as there are inboxes and outboxes. */
struct cf_message_counts *cf_message_counters (struct cf_core *core);

#endif
