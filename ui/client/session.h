/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session.h - a client that stays: asynchronous calls of the daemon, and its events.
 *
 * A session has one descriptor (epoll inside).  When it is readable, call
 * cf_session_dispatch; every callback comes from there, and nothing here ever
 * blocks or waits.  A loop with poll does
 *
 *     struct pollfd p = { cf_session_fd (session), POLLIN, 0 };
 *     poll (&p, 1, -1);
 *     cf_session_dispatch (session);
 *
 * and one with GLib
 *
 *     static gboolean
 *     on_session (gint fd, GIOCondition what, gpointer session)
 *     {
 *       cf_session_dispatch (session);
 *       return G_SOURCE_CONTINUE;
 *     }
 *     guint source = g_unix_fd_add (cf_session_fd (session), G_IO_IN, on_session, session);
 *     ...
 *     g_source_remove (source);
 *     cf_session_free (session);
 *
 * States, and the function of session.c that leaves each:
 *
 *     CONNECTING --(greeting, then STATUS: on_status)--> NO_IDENTITY | LOCKED | READY
 *     NO_IDENTITY --(INIT, here or in another client: on_status)--> READY
 *     LOCKED --(UNLOCK: on_unlocked)--> READY
 *     any --(the daemon ends: lost)--> CONNECTING --(it does not come back: give_up)--> DOWN
 *     DOWN --(a timer that backs off from 1 to 30 s, or cf_session_retry)--> CONNECTING
 *
 * A daemon that is LOCKED is asked once to unlock: pinentry may appear.  While
 * it does, the state is LOCKED without a reason; when that has failed or was
 * cancelled, it is LOCKED with one, and waits for cf_session_unlock.
 *
 * Events flow from READY on, each once and in order, also over a restart of
 * the daemon: the session goes on from its last cursor.  (What came before the
 * first READY is not told.)  A passing event (typing, peer_seen, link ...) that
 * happened while there was no connection is not made up for; READY comes
 * again, and who mirrors lists asks for them again then, as model.h does.
 *
 * cf_secmem_setup must have been called.
 */
#ifndef CF_UI_CLIENT_SESSION_H
#define CF_UI_CLIENT_SESSION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ui/client/client.h" /* struct cf_client_error */

struct cf_session;
struct cf_call;

enum cf_session_state {
  CF_SESSION_CONNECTING, /* also: the daemon is being started */
  CF_SESSION_NO_IDENTITY,
  CF_SESSION_LOCKED,
  CF_SESSION_READY,
  CF_SESSION_DOWN,
};

struct cf_session_config {
  const char *home;  /* NULL: CONFAB_HOME or the default */
  bool start_daemon; /* start confabd when it does not run, also when it has ended */
};

struct cf_session_handler {
  /* WHY may be NULL; it and its strings are borrowed for the time of the call. */
  void (*state) (void *arg, enum cf_session_state state, const struct cf_client_error *why);
  /* EVENT is borrowed (json_incref keeps it); "event", "cursor", "at" and the event's own fields.  Kinds that are
     not known are to be ignored. */
  void (*event) (void *arg, const json_t *event);
};

/* HANDLER is copied; either callback may be NULL.  Connects from the first dispatch on: the descriptor is readable at
   once.  Errors: ENOMEM, ENAMETOOLONG and others for a home that cannot be. */
gpg_error_t cf_session_new (const struct cf_session_config *config, const struct cf_session_handler *handler, void *arg,
                            struct cf_session **r_session) CF_MUST_CHECK;
/* Cancels every call.  Must not be called from a callback.  NULL is fine. */
void cf_session_free (struct cf_session *session);

int cf_session_fd (const struct cf_session *session);
/* Handle all that is there; never blocks. */
void cf_session_dispatch (struct cf_session *session);

enum cf_session_state cf_session_state (const struct cf_session *session);
/* Why the state is what it is (LOCKED, DOWN); NULL: no reason to tell.  Valid until the next dispatch. */
const struct cf_client_error *cf_session_why (const struct cf_session *session);

/* Did EVENT happen before the session was READY last?  It is then one that was missed meanwhile, and what was asked of
   the daemon since READY says it already. */
bool cf_session_happened_before (const struct cf_session *session, const json_t *event);

/* LOCKED: ask the daemon to unlock, which may show pinentry.  Else nothing happens. */
void cf_session_unlock (struct cf_session *session);
/* DOWN: try again now, not when the timer says.  NO_IDENTITY, LOCKED: look now whether another client has done what is
   needed.  Else nothing happens. */
void cf_session_retry (struct cf_session *session);

/* ---- calls ---- */

/* What is given when the daemon INQUIREs for KEYWORD ("PASSWORD", "TEXT", "KEY").  An inquiry for anything else
   cancels the command. */
struct cf_answer {
  const char *keyword;
  const void *data;
  size_t len;
};

struct cf_call_handler {
  void (*row) (void *arg, const json_t *row); /* an object; borrowed */
  /* Exactly once, unless cancelled.  ERROR->err 0: success.  ERROR and its strings are borrowed. */
  void (*done) (void *arg, const struct cf_client_error *error);
};

/* VERB with WORDS (until NULL; or NULL: none): options "--name" or "--name=value" first, then arguments; escaped here.
   ANSWERS, ended by a NULL keyword, or NULL, are copied, the PASSWORD into secret memory, and wiped once they were
   sent, or the call is over.  HANDLER is copied; either callback may be NULL.  *R_CALL is valid until DONE or
   cf_call_cancel; R_CALL may be NULL.

   A call that waits for a person or for the network (OPEN, ACCEPT, VERIFY, EXPECT, CERTIFY, REVOKE-DEVICES, ADD, INIT, UNLOCK, EXPORT,
   anything with --watch, SEND with another --wait than queued) or for a disk (SEND-FILE looks at all of a folder) has a connection of its own, up to 8 at a time; later
   ones wait.  All others go one after the other, in the order in which they were made: give SEND --wait=queued, and
   messages keep their order.

   Until there is a connection, calls wait.  When it is lost, those under way end with CONNECTION_LOST (they may have
   been done or not), and those that were not sent yet wait for the next one; in DOWN they all end, with the reason of
   DOWN.  What a daemon that is LOCKED or has no identity says to a call is its answer.

   Errors: ENOMEM; TOO_LARGE (words beyond what a line takes); LIMIT_REACHED (1,000 calls wait). */
gpg_error_t cf_session_call (struct cf_session *session, const char *verb, const char *const *words,
                             const struct cf_answer *answers, const struct cf_call_handler *handler, void *arg,
                             struct cf_call **r_call) CF_MUST_CHECK;
/* No callback of CALL comes after this.  A command that waits ends in the daemon too (a request that was made stands);
   a short one that is under way is carried out all the same.  NULL is fine. */
void cf_call_cancel (struct cf_call *call);

/* ---- for model.c and others that live inside a session ---- */

/* Clock and timers; they fire from cf_session_dispatch.  now_ms and now_utc_ms are those of the last dispatch. */
struct cf_env *cf_session_env (struct cf_session *session);
/* Must be called after timers were armed outside a callback of this session. */
void cf_session_timers_changed (struct cf_session *session);

#endif
