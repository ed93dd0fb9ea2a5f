/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migration.h - the schema's versions.
 *
 * Version 1 is the parts below, in this order.  A later version is a new entry
 * in migration.c's table, never a change of an old one.
 */
#ifndef CF_CORE_STORE_MIGRATION_H
#define CF_CORE_STORE_MIGRATION_H

extern const char cf_schema_self[];         /* store_self.c: self, setting */
extern const char cf_schema_event[];        /* store_event.c: event */
extern const char cf_schema_peer[];         /* store_peer.c: contact, device */
extern const char cf_schema_conversation[]; /* store_conversation.c: conversation, used_id */
extern const char cf_schema_gate[];         /* store_gate.c: request, expectation, guess, run in progress */
extern const char cf_schema_message[];      /* store_message.c: message, envelope, message_text (search) */
extern const char cf_schema_stranger[];     /* store_peer.c: stranger */

#endif
