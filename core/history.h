/* SPDX-License-Identifier: GPL-3.0-or-later */
/* history.h - messages looked up and shown; shared by message.c and its neighbours only. */
#ifndef CF_CORE_HISTORY_H
#define CF_CORE_HISTORY_H

#include "core/conversation.h"
#include "core/store/store_message.h"

#define CF_MESSAGE_FIELDS                                                                                             \
  "message, conversation, direction (in, out), author, sent_at, received_at, kind (text, file, notice, timer,\n"      \
  "other), text (of a file: its name), state (queued, sent, held, delivered, read, failed), signature (valid, bad,\n"       \
  "key_changed), reply_to, quote (null, or message, author, direction, text (200 characters at most), deleted: of\n"  \
  "what is replied to), edited, edited_at, deleted (true: its author took it back), reactions (a list of emoji,\n"    \
  "author, direction), expire_after (null, or how many seconds after it was read, ours: delivered, it vanishes; of\n" \
  "a timer: what it sets), expires_at, attachment (of a file: transfer, conversation, direction, name, kind, size,\n" \
  "files, media_type, state, done, path, as of TRANSFERS; else null), notice (true: nobody's message, but what\n"     \
  "became of a key)"

/* The row of HISTORY, also the fields of the "message" event.  Errors: the store's, ENOMEM. */
gpg_error_t cf_message_json (struct cf_core *core, const struct cf_conversation *conv, const struct cf_message_row *m,
                             json_t **r_row) CF_MUST_CHECK;
/* M to all clients, as the event KIND ("message", "message_changed"), in the caller's transaction. */
gpg_error_t cf_message_tell (struct cf_core *core, const struct cf_conversation *conv, const struct cf_message_row *m,
                             const char *kind) CF_MUST_CHECK;
const char *cf_message_state_name (int state);
/* What the row of a conversation has of its last message; null: there is none.  NULL: ENOMEM. */
json_t *cf_history_last (struct cf_core *core, const struct cf_conversation *conv);
/* The words that the store does not keep in an EVENT, as they are now (event.h). */
gpg_error_t cf_history_recall (struct cf_core *core, json_t *event, bool *r_gone) CF_MUST_CHECK;

/* The message whose id is TEXT, without its text.  Errors: INV_VALUE (not an id), NOT_FOUND. */
gpg_error_t cf_message_find (struct cf_core *core, const struct cf_conversation *conv, const char *text,
                             struct cf_message_row *r_row) CF_MUST_CHECK;

#endif
