/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migration.h - the parts of the schema's versions, each in the file of its subject.
 *
 * A version is an entry of migration.c's table.  What has been released is never
 * changed: a later version has parts of its own (doc/HACKING.md, "The schema").
 */
#ifndef CF_CORE_STORE_MIGRATION_H
#define CF_CORE_STORE_MIGRATION_H

/* Version 1, in this order. */
extern const char cf_schema_self[];         /* store_self.c: self, setting */
extern const char cf_schema_event[];        /* store_event.c: event */
extern const char cf_schema_peer[];         /* store_peer.c: contact, device */
extern const char cf_schema_conversation[]; /* store_conversation.c: conversation, used_id */
extern const char cf_schema_gate[];         /* store_gate.c: request, expectation, guess, run in progress */
extern const char cf_schema_message[];      /* store_message.c: message, envelope, message_text (search) */
extern const char cf_schema_stranger[];     /* store_peer.c: stranger */

/* Version 2. */
extern const char cf_schema_pair_before[];  /* store_peer.c: contact.pair_secret_before */

/* Version 3. */
extern const char cf_schema_gate_verifies[]; /* store_gate.c: what a request verifies */
/* Version 4. */
extern const char cf_schema_contact_expires[]; /* store_peer.c: contact.expires */

/* Version 5. */
extern const char cf_schema_people[];       /* store_people.c: people_key */

/* Version 6. */
extern const char cf_schema_message_search[]; /* store_message.c: message_text anew */

/* Version 7. */
extern const char cf_schema_message_changes[];    /* store_message.c: what is said about a message later */
extern const char cf_schema_conversation_marks[]; /* store_conversation.c: what our user marks one with; drafts; the timer */
extern const char cf_schema_event_words[];        /* store_event.c: no event holds what was said */

/* Version 8. */
extern const char cf_schema_contact_address[]; /* store_peer.c: contact.address */

/* Version 9. */
extern const char cf_schema_transfer[]; /* store_transfer.c: transfer, transfer_chunk */

/* Version 10. */
extern const char cf_schema_contact_revoked[]; /* store_peer.c: contact.revoked */

/* Version 11. */
extern const char cf_schema_device_nodes[]; /* store_peer.c: device.nodes */

/* Version 12. */
extern const char cf_schema_post[]; /* store_post.c: post_held, post_owed; the state "held" */

/* Version 13. */
extern const char cf_schema_message_words[]; /* store_message.c: message_text of folded words, and their beginnings */

#endif
