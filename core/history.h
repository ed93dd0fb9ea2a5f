/* SPDX-License-Identifier: GPL-3.0-or-later */
/* history.h - messages looked up and shown; shared by message.c and its neighbours only. */
#ifndef CF_CORE_HISTORY_H
#define CF_CORE_HISTORY_H

#include "core/conversation.h"
#include "core/store/store_message.h"

/* The row of HISTORY, also the fields of the "message" event.  NULL: ENOMEM. */
json_t *cf_message_json (struct cf_core *core, const struct cf_conversation *conv, const struct cf_message_row *m);
const char *cf_message_state_name (int state);

/* WORDS as an expression for the search index: all of them must occur.  Caller frees.
   NULL: no word is left, or ENOMEM. */
char *cf_history_match (const char *words);

/* The message whose id is TEXT, without its text.  Errors: INV_VALUE (not an id), NOT_FOUND. */
gpg_error_t cf_message_find (struct cf_core *core, const struct cf_conversation *conv, const char *text,
                             struct cf_message_row *r_row) CF_MUST_CHECK;

#endif
