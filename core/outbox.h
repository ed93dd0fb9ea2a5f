/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outbox.h - what one conversation has yet to deliver; shared by message.c and its neighbours only.
 *
 *   queued --seal--> flight --frame handed to the tunnel--> sent --ACK--> delivered --READ--> read
 *     \                 \------ CLOSE of the peer does not name it ------> failed
 *
 * A batch of queued entries becomes one envelope, a *flight* until the peer
 * has acknowledged it.  One seal at a time; a window of flights; what is typed
 * meanwhile waits together for the next envelope.
 */
#ifndef CF_CORE_OUTBOX_H
#define CF_CORE_OUTBOX_H

#include "core/conversation.h"
#include "core/store/store_message.h"

#define CF_OUTBOX_WINDOW 8          /* flights on one link */
#define CF_OUTBOX_REPEAT_MS 30000   /* no acknowledgement for so long: once more */
#define CF_OUTBOX_BUSY_MS 200       /* the link's queue was full: try again */
#define CF_OUTBOX_SEAL_RETRY_MS 1000 /* after a failed seal, doubling ... */
#define CF_OUTBOX_SEAL_RETRY_MAX_MS 60000
#define CF_OUTBOX_NEED_MS 1000      /* asks for a repetition are heard so often */

struct cf_flight {
  struct cf_flight *next;
  uint64_t first, last; /* sequences; LAST is the envelope's number */
  uint8_t ack[CF_HASH_LEN];
  bool handed;          /* to the link that is up now */
  uint64_t handed_ms;
};

/* A SEND that waits for a state. */
struct cf_wait {
  struct cf_wait *next;
  struct cf_outbox *outbox;
  struct cf_command *cmd;
  uint64_t sequence;
  uint8_t id[CF_MESSAGE_ID_LEN];
  enum cf_message_state state, wanted;
  struct cf_timer timeout;
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

/* Give the next sequence to an entry of KIND and put it on disk, all in one transaction; the seal is begun
   meanwhile.  REPLY_TO may be NULL.  Errors: CF_ERR_CLOSED, INV_VALUE, the store's. */
gpg_error_t cf_outbox_add (struct cf_outbox *outbox, enum cf_entry_kind kind, const char *text, size_t len,
                           const uint8_t *reply_to, uint8_t r_id[CF_MESSAGE_ID_LEN]) CF_MUST_CHECK;
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

/* receipt.c: answer CMD with a row once the message is in state WANTED, or TIMEOUT_MS (0: never) are over. */
gpg_error_t cf_wait_begin (struct cf_outbox *outbox, struct cf_command *cmd, uint64_t sequence,
                           const uint8_t id[CF_MESSAGE_ID_LEN], enum cf_message_state wanted,
                           uint64_t timeout_ms) CF_MUST_CHECK;
/* All who wait end, with the state so far and ERR. */
void cf_wait_end_all (struct cf_outbox *outbox, gpg_error_t err);

#endif
