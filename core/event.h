/* SPDX-License-Identifier: GPL-3.0-or-later */
/* event.h - what happened: a stream that clients follow and come back to.
 *
 * A durable event is written to the store in the transaction of its cause and
 * gets the next cursor.  A passing one (typing, peer_seen, peer_gone, contact, link, network) carries the
 * cursor of the last durable one and is not repeated to who comes back.
 *
 * Who comes back with a cursor older than what is kept, or newer than the last (of another store, or of one before it
 * was restored), hears "gap" first: since (what it came with), cursor (where it goes on).
 *
 * The store keeps no words of anybody in its events: text, quote and reactions
 * of "message" and "message_changed", of "conversation" the draft and the text
 * of the last message are left out, of files name and path.  Who comes back is told these as they are
 * then, and nothing of a message that is gone meanwhile.
 */
#ifndef CF_CORE_EVENT_H
#define CF_CORE_EVENT_H

#include <jansson.h>

#include "core/core.h"

struct cf_events;
struct cf_event_listener;

gpg_error_t cf_events_new (struct cf_core *core, struct cf_events **r_events) CF_MUST_CHECK;
void cf_events_free (struct cf_events *events);

/* core->store has been opened: durable events can be, and listeners get what they missed.  Until then a durable
   event is refused (CF_ERR_LOCKED). */
gpg_error_t cf_events_attach (struct cf_events *events) CF_MUST_CHECK;
/* core->store is about to be closed. */
void cf_events_detach (struct cf_events *events);
/* RECALL completes an EVENT, as the store had it, with what is not kept there; or says that there is nothing left to
   tell.  NULL: no more. */
void cf_events_set_recall (struct cf_events *events,
                           gpg_error_t (*recall) (struct cf_core *core, json_t *event, bool *r_gone));
/* The cursor of the last durable event; 0: none. */
uint64_t cf_events_cursor (const struct cf_events *events);

/* KIND is an event name of the interface ("message", "request" ...).  FIELDS is stolen, also on error; "event",
   "cursor" and "at" are added.  Listeners hear it once the store's transaction (if one is open) has committed.
   Errors: ENOMEM, the store's. */
gpg_error_t cf_event_emit (struct cf_core *core, const char *kind, bool durable, json_t *fields) CF_MUST_CHECK;

/* Hear all durable events after SINCE (UINT64_MAX: none of the old), then everything new.  HEARD borrows EVENT; it is
   never called from inside this function, and may unlisten itself or others.  While old ones are still coming,
   passing ones are left out. */
gpg_error_t cf_event_listen (struct cf_core *core, uint64_t since, void (*heard) (void *arg, json_t *event), void *arg,
                             struct cf_event_listener **r_listener) CF_MUST_CHECK;
void cf_event_unlisten (struct cf_core *core, struct cf_event_listener *listener);

#endif
