/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timeline.h - the stretch of one conversation's history that a view shows.
 *
 * A window of at most CF_TIMELINE_MAX rows, oldest first, addressed by index.
 * It begins at the newest; older and newer pages are fetched as the view asks,
 * and what lies too far at the other end is dropped again.  Every change of
 * the window is told exactly - rows COUNT from AT on were inserted, changed or
 * removed - so that a view never redraws what did not change, and can keep its
 * scroll anchor.
 *
 *     history:   o o o o o [ o o o o o o o o ] o o o   newest
 *                 older ->  window            <- newer
 *
 * Rows are those of HISTORY: message, direction, author, sent_at, text, state,
 * signature, reply_to, quote, reactions, edited, deleted, expires_at, notice,
 * kind, attachment ...; row.h reads them, transfers.h the attachment.  They are
 * borrowed until the next callback.
 *
 * Callbacks come from cf_session_dispatch; `state`, `jumped` and `failed` also
 * from inside the functions that ask for rows (older, newer, jump, newest).  A
 * callback may call anything here but cf_timeline_free.
 */
#ifndef CF_UI_CLIENT_TIMELINE_H
#define CF_UI_CLIENT_TIMELINE_H

#include "ui/client/model.h"

#define CF_TIMELINE_MAX 300 /* rows in the window */
#define CF_TIMELINE_PAGE 60 /* rows that are fetched at once */

struct cf_timeline;

struct cf_timeline_handler {
  /* All rows anew (also: none). */
  void (*reset) (void *arg);
  /* Rows AT ... AT + COUNT - 1 are new; those that were there from AT on stand behind them now. */
  void (*inserted) (void *arg, size_t at, size_t count);
  /* Rows AT ... AT + COUNT - 1 have other contents (state, text, reactions ...). */
  void (*changed) (void *arg, size_t at, size_t count);
  /* COUNT rows that stood from AT on are gone. */
  void (*removed) (void *arg, size_t at, size_t count);
  /* What at_oldest, at_newest, loading or fresh say has changed. */
  void (*state) (void *arg);
  /* The message that cf_timeline_jump asked for stands at AT. */
  void (*jumped) (void *arg, size_t at);
  /* A page could not be had, or there is no message to jump to; borrowed. */
  void (*failed) (void *arg, const struct cf_client_error *error);
};

/* The newest rows of CONVERSATION (an id) are fetched at once, and again whenever the session becomes READY after it
   was lost.  MODEL must live longer.  HANDLER is copied; each callback may be NULL.  Errors: ENOMEM. */
gpg_error_t cf_timeline_new (struct cf_model *model, const char *conversation,
                             const struct cf_timeline_handler *handler, void *arg,
                             struct cf_timeline **r_timeline) CF_MUST_CHECK;
void cf_timeline_free (struct cf_timeline *timeline); /* NULL is fine */

const char *cf_timeline_conversation (const struct cf_timeline *timeline);
size_t cf_timeline_count (const struct cf_timeline *timeline);
const json_t *cf_timeline_row (const struct cf_timeline *timeline, size_t at); /* NULL: beyond the end */
/* Where MESSAGE (an id) stands; false: not in the window. */
bool cf_timeline_find (const struct cf_timeline *timeline, const char *message, size_t *r_at);

/* Fetch a page before the first row, or behind the last; inserted follows (and removed, at the other end).  Nothing
   happens when there is nothing there, or a page is on its way already. */
void cf_timeline_older (struct cf_timeline *timeline);
void cf_timeline_newer (struct cf_timeline *timeline);
/* Make the window hold MESSAGE; reset, if need be, then jumped or failed follows. */
void cf_timeline_jump (struct cf_timeline *timeline, const char *message);
/* Back to the newest rows; reset follows unless they are there. */
void cf_timeline_newest (struct cf_timeline *timeline);

bool cf_timeline_at_oldest (const struct cf_timeline *timeline); /* there is nothing older */
bool cf_timeline_at_newest (const struct cf_timeline *timeline); /* what comes is inserted at the end */
bool cf_timeline_loading (const struct cf_timeline *timeline);   /* a page is on its way */
/* How many messages have come from the other side behind the window since it left the newest (for a button "to the
   bottom"); 0 at the newest. */
size_t cf_timeline_fresh (const struct cf_timeline *timeline);
/* Where the first row stands that was unread when the timeline was made, or when cf_timeline_seen was called last:
   above it belongs the line "unread".  False: there is none in the window. */
bool cf_timeline_first_unread (const struct cf_timeline *timeline, size_t *r_at);
/* The reader has seen everything: no row counts as unread any more until others come.  (Does not tell the daemon:
   that is READ.) */
void cf_timeline_seen (struct cf_timeline *timeline);

#endif
