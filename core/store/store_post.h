/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_post.h - what of a conversation lies at nodes, and what is owed there: rows, not rules (post.h). */
#ifndef CF_CORE_STORE_STORE_POST_H
#define CF_CORE_STORE_STORE_POST_H

#include "core/store/store.h"
#include "net/proto.h"

/* An envelope of ours, by its number, that the node with that key holds until then. */
struct cf_held_row {
  uint8_t conversation[CF_CONVERSATION_ID_LEN];
  uint64_t number;
  uint8_t node[CF_DEVICE_KEY_LEN];
  int64_t until_utc_ms;
};

/* One more; what was there of it is replaced. */
gpg_error_t cf_store_held_add (struct cf_store *store, const struct cf_held_row *row) CF_MUST_CHECK;
/* The envelope NUMBER has arrived, or nobody waits for it any more. */
gpg_error_t cf_store_held_drop (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                uint64_t number) CF_MUST_CHECK;
/* All of them, and first those that are over at NOW go. */
gpg_error_t cf_store_held_all (struct cf_store *store, int64_t now_utc_ms,
                               gpg_error_t (*each) (void *arg, const struct cf_held_row *row), void *arg) CF_MUST_CHECK;

/* The envelope NUMBER of the peer's was taken, and its acknowledgement has not left yet. */
gpg_error_t cf_store_owed_add (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                               uint64_t number) CF_MUST_CHECK;
/* It has left, or is given up. */
gpg_error_t cf_store_owed_drop (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                uint64_t number) CF_MUST_CHECK;
gpg_error_t cf_store_owed_all (struct cf_store *store,
                               gpg_error_t (*each) (void *arg, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                                    uint64_t number),
                               void *arg) CF_MUST_CHECK;

#endif
