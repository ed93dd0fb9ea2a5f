/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfers.h - files on their way, as views show them.
 *
 * A transfer is a row of TRANSFERS: transfer, conversation, message, direction
 * (in, out), name, kind (file, directory), files, size, done, rate, eta,
 * state, paused_by, reason, path ... .  The model keeps those that have not
 * ended, and those of the last day, as CF_MODEL_TRANSFERS (id: transfer), up
 * to date by events.  A message that offers a file has an `attachment`: the
 * same fields, but for an old one without those that only matter under way;
 * cf_transfer_of_message gives the better of the two.  Everything here takes
 * either.
 *
 *     const json_t *t = cf_transfer_of_message (model, cf_timeline_row (timeline, at));
 *     if (t) {
 *       char *name = cf_words_transfer_name (t), *state = cf_words_transfer (t);
 *       ... a bar of cf_transfer_fraction (t), buttons as cf_transfer_deeds (t) says ...
 *     }
 *
 * Rows are borrowed until the next callback.  What a row changes to is told by
 * the model (changed) and, where it is a message's, by the timeline (changed).
 * Words are like those of words.h: translated, fit to be shown, text and never
 * markup; char * is the caller's to free.
 */
#ifndef CF_UI_CLIENT_TRANSFERS_H
#define CF_UI_CLIENT_TRANSFERS_H

#include "ui/client/model.h"

enum cf_transfer_state {
  CF_TRANSFER_OFFERED, /* also: a state that this client does not know */
  CF_TRANSFER_ACTIVE,
  CF_TRANSFER_PAUSED,
  CF_TRANSFER_VERIFYING, /* all is there, and compared with what was sent */
  /* ended: */
  CF_TRANSFER_DONE,
  CF_TRANSFER_FAILED,
  CF_TRANSFER_CANCELLED, /* also: refused */
};

/* What a person can do with a transfer now; each but OPEN is the verb of that name with the transfer's id (ACCEPT is
   ACCEPT-FILE, REFUSE is REFUSE-FILE, RETRY is RESUME). */
enum {
  CF_TRANSFER_CAN_ACCEPT = 1,
  CF_TRANSFER_CAN_REFUSE = 2,
  CF_TRANSFER_CAN_PAUSE = 4,
  CF_TRANSFER_CAN_RESUME = 8,
  CF_TRANSFER_CAN_CANCEL = 16,
  CF_TRANSFER_CAN_OPEN = 32,  /* it lies whole at its path */
  CF_TRANSFER_CAN_RETRY = 64, /* it failed, and the daemon says that it can go on */
};

/* The transfer that MESSAGE (a row of HISTORY, may be NULL) offers; NULL: none, or the message was taken back. */
const json_t *cf_transfer_of_message (struct cf_model *model, const json_t *message);
/* Walk those of CONVERSATION (NULL: of all) that the model keeps: first those not ended, then the others, the newest
   first; PREVIOUS NULL: the first; NULL: the end. */
const json_t *cf_transfer_next (struct cf_model *model, const char *conversation, const json_t *previous);

enum cf_transfer_state cf_transfer_state (const json_t *transfer);
bool cf_transfer_ended (const json_t *transfer);
bool cf_transfer_incoming (const json_t *transfer);
bool cf_transfer_directory (const json_t *transfer);
double cf_transfer_fraction (const json_t *transfer); /* 0 ... 1, of what is done */
unsigned cf_transfer_deeds (const json_t *transfer);  /* CF_TRANSFER_CAN_... */

/* Some of them as one; begins as zeroes. */
struct cf_transfer_sum {
  unsigned count;
  int64_t done, size, rate; /* of all of them */
};
void cf_transfer_sum_add (struct cf_transfer_sum *sum, const json_t *transfer);
/* Seconds until all is done, rounded up as those of one are; -1: nothing moves. */
int64_t cf_transfer_sum_eta (const struct cf_transfer_sum *sum);

/* The name of the file or directory, on one line. */
char *cf_words_transfer_name (const json_t *transfer);
/* What it is: "3.2 MB", "Folder, 12 files, 3.4 GB". */
char *cf_words_transfer_kind (const json_t *transfer);
/* How it stands, on one line: "3.2 of 10 MB · 12 MB/s · 5 s left", "Paused by you · 3.2 of 10 MB",
   "Done · 10 MB", "Failed: the file was changed while it was sent". */
char *cf_words_transfer (const json_t *transfer);
/* The state alone, in a word or two: "Under way", "Paused", "Done" ... */
const char *cf_words_transfer_state (const json_t *transfer);
/* What can be done about a pause or failure, as the daemon says it; "" when it says nothing. */
char *cf_words_transfer_hint (const json_t *transfer);

/* "3.2 of 10 MB": both in the unit of the larger. */
char *cf_words_size_of (int64_t done, int64_t size);
char *cf_words_rate (int64_t bytes_per_second); /* "12 MB/s" */
/* "5 s left", "3 min left", "1 h 20 min left"; SECONDS < 0: "". */
char *cf_words_time_left (int64_t seconds);

#endif
