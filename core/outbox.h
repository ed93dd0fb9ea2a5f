/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outbox.h - what one conversation has yet to deliver; shared by message.c and its neighbours only.
 *
 *   queued --seal--> flight --frame handed to the tunnel--> sent --ACK--> delivered --READ--> read
 *     \                 \------ CLOSE of the peer does not name it ------> failed
 *
 * A batch of queued entries becomes one envelope, a *flight* until the peer
 * has acknowledged it.  One seal at a time; a window of flights; what is typed
 * meanwhile waits together for the next envelope.  An envelope costs both sides
 * as much with one entry as with a hundred: while one of few is under way, those
 * that come gather, until they are many, it is acknowledged, or GATHER_MS is over.
 */
#ifndef CF_CORE_OUTBOX_H
#define CF_CORE_OUTBOX_H

#include "core/change.h"
#include "core/conversation.h"
#include "core/store/store_message.h"

#define CF_OUTBOX_WINDOW 8          /* flights on one link */
#define CF_OUTBOX_REPEAT_MS 30000   /* no acknowledgement for so long: once more; doubling ... */
#define CF_OUTBOX_REPEAT_MAX_MS (2 * 60 * 1000)
#define CF_OUTBOX_BUSY_MS 200       /* the link's queue was full: try again */
#define CF_OUTBOX_SEAL_RETRY_MS 1000 /* after a failed seal, doubling ... */
#define CF_OUTBOX_SEAL_RETRY_MAX_MS 60000
#define CF_OUTBOX_NEED_MS 1000      /* asks for a repetition are heard so often */
#define CF_OUTBOX_CROWD 256         /* entries that are worth an envelope; fewer ... */
#define CF_OUTBOX_GATHER_MS 50      /* ... gather behind one that had fewer, too */

struct cf_flight {
  struct cf_flight *next;
  uint64_t first, last; /* sequences; LAST is the envelope's number */
  uint8_t ack[CF_HASH_LEN];
  bool handed;          /* to the link that is up now */
  uint64_t handed_ms;
};

/* A SEND that waits for a state, with what it has said. */
struct cf_wait {
  struct cf_wait *next;
  struct cf_outbox *outbox;
  struct cf_command *cmd;
  enum cf_message_state wanted;
  struct cf_timer timeout;
  uint64_t first;  /* sequence of the first item; the others follow */
  size_t missing;  /* items that have not come as far as is wanted */
  json_t *states[CF_MESSAGE_FAILED + 1]; /* their names, for the rows */
  size_t count;
  struct {
    uint8_t id[CF_MESSAGE_ID_LEN];
    enum cf_message_state state;
    json_t *row; /* NULL: not made yet, or handed over */
  } items[];
};

/* Where an outbox stood, to go back to when a transaction is lost. */
struct cf_outbox_mark {
  uint64_t sent_sequence, close_sequence;
  uint8_t sent_hash[CF_HASH_LEN];
  struct cf_timer_mark timer;
  int64_t active_utc_ms;
};

struct cf_outbox {
  struct cf_core *core;
  struct cf_conversation *conv;
  struct cf_flight *flights, **flights_end; /* by sequence */
  size_t flight_count;
  uint64_t sealed_sequence;   /* all up to here are in envelopes */
  bool sealing;
  struct cf_gpg_job *job;
  uint64_t sealing_first, sealing_last;
  uint8_t sealing_ack[CF_HASH_LEN];
  uint64_t seal_retry_ms;     /* the back-off in use; 0: the last seal was well */
  uint64_t seal_after_ms;     /* not before */
  uint64_t gather_until_ms;   /* what waits gathers so long, if a flight is under way */
  uint64_t repeat_ms;         /* a flight that was handed over waits so long */
  uint64_t need_ms;           /* when a repetition was last asked for */
  uint64_t close_sequence;    /* of our CLOSE entry; 0: none */
  void (*close_done) (void *arg, gpg_error_t err);
  void *close_arg;
  struct cf_timer close_timer;
  struct cf_timer timer;      /* repetition, back-off */
  bool wanting;               /* we have told link that we want the peer */
  struct cf_wait *waits;
};

/* The conversation's outbox, loaded from the store when it is not there yet. */
gpg_error_t cf_outbox_get (struct cf_core *core, struct cf_conversation *conv, struct cf_outbox **r_outbox) CF_MUST_CHECK;
/* Those who wait are told that nothing will come any more, unless the core goes down. */
void cf_outbox_free (struct cf_outbox *outbox);

/* Is there room for COUNT entries?  Errors: CF_ERR_CLOSED, LIMIT_REACHED. */
gpg_error_t cf_outbox_may_add (const struct cf_outbox *outbox, size_t count) CF_MUST_CHECK;
void cf_outbox_mark (const struct cf_outbox *outbox, struct cf_outbox_mark *r_mark);
/* What an entry is to say; borrowed. */
struct cf_saying {
  enum cf_entry_kind kind;
  const char *text;
  size_t len;
  const uint8_t *reply_to; /* may be NULL */
  uint32_t lifetime_s;
};

/* Give the next sequence to what is SAID and write its row and its event, and do what it says of others (change.h),
   inside the caller's transaction, who saves the conversation too.  Errors: INV_VALUE, the store's. */
gpg_error_t cf_outbox_append (struct cf_outbox *outbox, const struct cf_saying *said,
                              uint8_t r_id[CF_MESSAGE_ID_LEN]) CF_MUST_CHECK;
/* The transaction was lost: as it was at MARK, no seal of what came later under way. */
void cf_outbox_revert (struct cf_outbox *outbox, const struct cf_outbox_mark *mark);
/* The transaction is on disk. */
void cf_outbox_added (struct cf_outbox *outbox);
/* COUNT entries in a transaction of their own; the id of the last one.  Errors: those of may_add and append. */
gpg_error_t cf_outbox_add (struct cf_outbox *outbox, const struct cf_saying *said, size_t count,
                           uint8_t r_id[CF_MESSAGE_ID_LEN]) CF_MUST_CHECK;
/* Our CLOSE entry, likewise. */
gpg_error_t cf_outbox_add_close (struct cf_outbox *outbox) CF_MUST_CHECK;
/* Seal and send whatever can be. */
void cf_outbox_run (struct cf_outbox *outbox);
/* The link is up: everything that waits goes (once more).  It is down. */
void cf_outbox_up (struct cf_outbox *outbox);
void cf_outbox_down (struct cf_outbox *outbox);

/* Frames.  TAKEN is the highest sequence that the peer has taken. */
void cf_outbox_ack (struct cf_outbox *outbox, uint64_t number, const uint8_t tag[CF_HASH_LEN], uint64_t taken);
void cf_outbox_need (struct cf_outbox *outbox, uint64_t from);
void cf_outbox_read (struct cf_outbox *outbox, uint64_t upto);

/* The peer has closed, having taken ours up to TAKEN: inside the caller's transaction, the rest has failed ... */
gpg_error_t cf_outbox_peer_closed (struct cf_outbox *outbox, uint64_t taken) CF_MUST_CHECK;
/* ... and after it has committed, nothing waits any more. */
void cf_outbox_clear (struct cf_outbox *outbox, uint64_t taken);

/* Raise states of ours in the store and emit their events, inside the caller's transaction. */
gpg_error_t cf_outbox_raise (struct cf_outbox *outbox, uint64_t first, uint64_t last,
                             enum cf_message_state state) CF_MUST_CHECK;
/* After the commit: tell those who wait. */
void cf_outbox_tell (struct cf_outbox *outbox, uint64_t first, uint64_t last, enum cf_message_state state);

/* receipt.c: room for COUNT messages, queued; the caller fills FIRST, OUTBOX and the ids, and frees one that it does not
   start. */
gpg_error_t cf_wait_new (size_t count, struct cf_wait **r_wait) CF_MUST_CHECK;
void cf_wait_free (struct cf_wait *wait);
/* Make the rows of the answer, the ids being known: before the commit, because what is on disk must not be answered with
   an error, or it would be sent again.  Errors: ENOMEM. */
gpg_error_t cf_wait_rows (struct cf_wait *wait) CF_MUST_CHECK;
/* Answer CMD with a row a message once all are in state WANTED, or TIMEOUT_MS (0: never) are over; owns WAIT. */
void cf_wait_start (struct cf_wait *wait, struct cf_command *cmd, enum cf_message_state wanted, uint64_t timeout_ms);
/* All who wait end, with the state so far and ERR. */
void cf_wait_end_all (struct cf_outbox *outbox, gpg_error_t err);

#endif
