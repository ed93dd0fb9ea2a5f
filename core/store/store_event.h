/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_event.h - durable events, in the store. */
#ifndef CF_CORE_STORE_STORE_EVENT_H
#define CF_CORE_STORE_STORE_EVENT_H

#include "core/store/store.h"

/* Append one; *R_CURSOR is its number, higher than any that was ever committed. */
gpg_error_t cf_store_event_add (struct cf_store *store, int64_t at_utc_ms, const char *body, uint64_t *r_cursor) CF_MUST_CHECK;
/* The highest number ever committed; 0: none. */
gpg_error_t cf_store_event_last (struct cf_store *store, uint64_t *r_cursor) CF_MUST_CHECK;
/* Forget all but the newest KEEP. */
gpg_error_t cf_store_event_trim (struct cf_store *store, uint64_t last, uint64_t keep) CF_MUST_CHECK;
/* Forget those that name the CONVERSATION (its id in hexadecimal): they hold what was said in it. */
gpg_error_t cf_store_event_forget (struct cf_store *store, const char *conversation) CF_MUST_CHECK;

/* Walk those after SINCE, oldest first, at most MAX: step it; columns are cursor, at, body. */
struct cf_stmt *cf_store_event_walk (struct cf_store *store, uint64_t since, size_t max);

#endif
