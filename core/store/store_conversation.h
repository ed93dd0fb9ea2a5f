/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_conversation.h - the rows of conversations, and the ids ever used. */
#ifndef CF_CORE_STORE_STORE_CONVERSATION_H
#define CF_CORE_STORE_STORE_CONVERSATION_H

#include "core/conversation.h"
#include "core/store/store.h"

/* Walk all rows.  EACH owns what the structure points to; an error of its ends the walk. */
gpg_error_t cf_store_conversation_all (struct cf_store *store,
                                       gpg_error_t (*each) (void *arg, const struct cf_conversation *row), void *arg) CF_MUST_CHECK;
/* Add or update; its id counts as used from then on. */
gpg_error_t cf_store_conversation_save (struct cf_store *store, const struct cf_conversation *conv) CF_MUST_CHECK;
gpg_error_t cf_store_conversation_delete (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN]) CF_MUST_CHECK;
/* Our conversation keys in the rows of conversations and of requests.  Errors: CF_ERR_STORE (one cannot be read). */
gpg_error_t cf_store_own_keys (struct cf_store *store, void (*each) (void *arg, const struct cf_fpr *own_key),
                               void *arg) CF_MUST_CHECK;

/* What was typed and not sent; NULL: nothing.  Caller frees *R_TEXT. */
gpg_error_t cf_store_draft_save (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN], const char *text) CF_MUST_CHECK;
gpg_error_t cf_store_draft_get (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN], char **r_text) CF_MUST_CHECK;

gpg_error_t cf_store_id_use (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN]) CF_MUST_CHECK;
gpg_error_t cf_store_id_used (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN], bool *r_used) CF_MUST_CHECK;

#endif
