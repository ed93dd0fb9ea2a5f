/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message_private.h - what store_message.c and store_change.c share: the columns of a message, and the search index. */
#ifndef CF_CORE_STORE_MESSAGE_PRIVATE_H
#define CF_CORE_STORE_MESSAGE_PRIVATE_H

#include "core/store/store_message.h"

/* SIGNED_COLUMNS is a message as it was signed, MESSAGE_COLUMNS as it is shown. */
#define COLUMNS(text)                                                                                                  \
  "row, conversation, id, outgoing, sequence, kind, state, signature, sent, received, hash, previous, reply_to, "      \
  "last_peer, " text ", hidden, gone, edited, delivered, read, lifetime, expires"
#define MESSAGE_COLUMNS COLUMNS ("text")
#define SIGNED_COLUMNS COLUMNS ("coalesce (body, text)")

/* Hand the rows of S, MESSAGE_COLUMNS or SIGNED_COLUMNS, to FN until it has enough; *R_COUNT (may be NULL) of them. */
gpg_error_t cf_store_message_walk (struct cf_stmt *s, cf_message_row_fn fn, void *arg, size_t *r_count) CF_MUST_CHECK;
/* The words of ROW, which is not in the search index. */
gpg_error_t cf_store_message_index (struct cf_store *store, int64_t row,
                                    const uint8_t conversation[CF_CONVERSATION_ID_LEN], const char *text) CF_MUST_CHECK;

#endif
