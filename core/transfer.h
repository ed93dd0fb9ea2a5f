/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfer.h - files on their way: what is offered in a conversation, fetched, checked and put in its place.
 *
 * A transfer is named by the message that offers it.  Its row in the store is
 * the truth; in memory are those that have not ended on both sides, and they
 * follow the store a turn later, so that a transaction that is lost leaves
 * nothing behind.  Spec: doc/protocol.md, "Files".
 */
#ifndef CF_CORE_TRANSFER_H
#define CF_CORE_TRANSFER_H

#include "core/conversation.h"
#include "core/store/store_message.h"
#include "core/talk.h"

#define CF_TRANSFER_OFFERS_MAX 64   /* not ended, of a conversation, each way */
#define CF_TRANSFER_ACTIVE_MAX 8    /* at once, of a peer, each way; the rest waits its turn */
#define CF_TRANSFER_WINDOW 64       /* blocks of one transfer that are asked for and have not come */
#define CF_TRANSFER_WORK_MAX 192    /* blocks that have come, of whomever, and wait for the disk: 48 MiB */
#define CF_TRANSFER_LEAVES_MAX 4096 /* in one frame */

/* As they are on the wire. */
enum cf_transfer_state {
  CF_TRANSFER_IDLE = 1,  /* offered */
  CF_TRANSFER_ACTIVE,
  CF_TRANSFER_PAUSED,    /* on the wire only */
  CF_TRANSFER_COMPLETE,  /* every block is there */
  CF_TRANSFER_DONE,      /* from here on: an end */
  CF_TRANSFER_CANCELLED,
  CF_TRANSFER_REFUSED,
  CF_TRANSFER_FAILED,
  CF_TRANSFER_UNKNOWN,   /* on the wire only */
};
enum cf_transfer_detail {
  CF_TRANSFER_CHANGED = 1,
  CF_TRANSFER_VANISHED,
  CF_TRANSFER_UNREADABLE,
  CF_TRANSFER_WRONG,
  CF_TRANSFER_NO_SPACE,
  CF_TRANSFER_OTHER,
};

struct cf_transfers;

/* Conversations and messages are there. */
gpg_error_t cf_transfers_new (struct cf_core *core, struct cf_transfers **r_transfers) CF_MUST_CHECK;
void cf_transfers_free (struct cf_transfers *transfers);

/* --- from talk.c and message.c --- */
void cf_transfer_up (struct cf_core *core, struct cf_peer *peer);
void cf_transfer_down (struct cf_core *core, struct cf_peer *peer);
/* A frame of CONV, which is of this peer and may be used. */
void cf_transfer_frame (struct cf_core *core, struct cf_conversation *conv, const struct cf_talk_frame *frame);
/* A message of the bulk channel. */
void cf_transfer_bulk (struct cf_core *core, struct cf_peer *peer, const uint8_t *data, size_t len);
void cf_transfer_room (struct cf_core *core, struct cf_peer *peer);

/* --- from change.c, in its transaction --- */

/* M, ours or theirs, offers a file: its row and its event.  *R_NAME is what M says to people; caller frees. */
gpg_error_t cf_transfer_offered (struct cf_core *core, const struct cf_message_row *m, char **r_name) CF_MUST_CHECK;
/* M is the last word about the offer that it answers. */
gpg_error_t cf_transfer_ended (struct cf_core *core, const struct cf_message_row *m) CF_MUST_CHECK;

/* --- from whoever has changed something --- */

/* Conversations were closed, deleted, stopped, or go on; rows have come or gone: look again, in a later turn. */
void cf_transfers_changed (struct cf_core *core);

/* gpg begins to work for a message: what nobody else wants of the processors is enough for files, for a moment. */
void cf_transfers_yield (struct cf_core *core);

/* --- to be seen --- */

#define CF_TRANSFER_FIELDS                                                                                            \
  "transfer, conversation, peer, message, direction (in, out), name, kind (file, directory), files, size, done (bytes\n" \
  "that are there and right; ours: that have left), rate (bytes a second, 0: it stands still), eta (seconds, or null),\n" \
  "state (offered, active, paused, verifying, done, failed, cancelled), paused_by (null, us, peer, both), reason,\n"   \
  "hint (null, or a sentence), path (null, or where it is: ours: comes from), media_type, modified, offered_at,\n"     \
  "ended_at, skipped (what was left out of a directory of ours), can_retry (whether RESUME may help: it found no room\n" \
  "here, or ours has failed and can be offered again)"

/* What the message M offers: "transfer", "conversation", "direction", "name", "kind", "size", "files", "media_type",
   "state", "done", "path"; null for one that offers nothing (any more).  Errors: the store's, ENOMEM. */
gpg_error_t cf_transfer_attachment (struct cf_core *core, const struct cf_message_row *m, json_t **r_value) CF_MUST_CHECK;
/* The words that the store does not keep in an EVENT "transfer", as they are now (event.h). */
gpg_error_t cf_transfer_recall (struct cf_core *core, json_t *event, bool *r_gone) CF_MUST_CHECK;

#endif
