/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model.h - what there is, kept up to date: a mirror of the daemon's lists, for views to show.
 *
 * A model owns a session: drive it with cf_session_fd (cf_model_session (m))
 * and cf_session_dispatch, as session.h says.  Lists are fetched whenever the
 * session becomes READY, and follow its events from then on.  In other states
 * the lists keep what was known last, so that a view does not go blank while
 * the daemon restarts; cf_session_state says how much that is worth.
 *
 * Rows are the daemon's JSON objects, fields as its HELP lists them.  They are
 * borrowed: valid until the list tells that it changed (json_incref keeps
 * one).  A row without its id or with one of a wrong type is left out, and
 * fields that are missing read as nothing (row.h).
 */
#ifndef CF_UI_CLIENT_MODEL_H
#define CF_UI_CLIENT_MODEL_H

#include "ui/client/row.h"
#include "ui/client/session.h"

struct cf_model;
struct cf_model_listener;

enum cf_model_list {
  CF_MODEL_PEERS,         /* who is near now; id: fingerprint */
  CF_MODEL_CONTACTS,      /* id: fingerprint */
  CF_MODEL_REQUESTS,      /* those that wait for an answer; id: request */
  CF_MODEL_CONVERSATIONS, /* id: conversation */
  CF_MODEL_SETTINGS,      /* id: key; fields value, default, meaning */
  CF_MODEL_TRANSFERS,     /* not ended, or ended since yesterday; id: transfer; transfers.h reads them */
  CF_MODEL_STATUS,        /* no list: only its changes are told, with a NULL id */
};
#define CF_MODEL_LISTS 6 /* those that are lists */

struct cf_model_handler {
  void (*state) (void *arg, enum cf_session_state state, const struct cf_client_error *why);
  /* ID was added, changed or is gone (cf_model_get says which).  NULL: the list is there anew.  Typing counts as a
     change of the conversation. */
  void (*changed) (void *arg, enum cf_model_list list, const char *id);
  /* Every event, after the model has taken it. */
  void (*event) (void *arg, const json_t *event);
};

gpg_error_t cf_model_new (const struct cf_session_config *config, struct cf_model **r_model) CF_MUST_CHECK;
/* Its listeners are gone with it.  Must not be called from a callback.  NULL is fine. */
void cf_model_free (struct cf_model *model);
struct cf_session *cf_model_session (struct cf_model *model);

/* HANDLER is copied; each callback may be NULL.  Several listeners hear in the order in which they came.  Nothing is
   called from inside; a listener may unlisten itself and others from a callback. */
gpg_error_t cf_model_listen (struct cf_model *model, const struct cf_model_handler *handler, void *arg,
                             struct cf_model_listener **r_listener) CF_MUST_CHECK;
void cf_model_unlisten (struct cf_model *model, struct cf_model_listener *listener); /* NULL is fine */

/* NULL: there is none. */
const json_t *cf_model_get (struct cf_model *model, enum cf_model_list list, const char *id);
/* Walk a list in the order in which it is to be shown; PREVIOUS NULL: the first; NULL: the end.
     conversations: pinned first, then by last activity, newest first
     peers, contacts: by name; requests: oldest first; settings: as the daemon lists them
     transfers: those not ended first, then by when they were offered, newest first */
const json_t *cf_model_next (struct cf_model *model, enum cf_model_list list, const json_t *previous);
size_t cf_model_count (const struct cf_model *model, enum cf_model_list list);
/* Has LIST been fetched since the last READY?  (An empty list that was not is no reason for "nobody nearby".) */
bool cf_model_complete (const struct cf_model *model, enum cf_model_list list);

/* The row of STATUS, as of the last fetch; NULL: none yet. */
const json_t *cf_model_status (const struct cf_model *model);
/* The value of a setting, or its default; "" when the daemon does not know KEY. */
const char *cf_model_setting (struct cf_model *model, const char *key);
/* Unread messages of all conversations that are not muted; one that is marked unread counts as one. */
unsigned cf_model_unread (struct cf_model *model);
/* Is the other side of CONVERSATION typing?  Lapses by itself. */
bool cf_model_typing (struct cf_model *model, const char *conversation);
/* The conversation with PEER (fingerprint) that is open, else asked for, else the one closed last; NULL: none. */
const json_t *cf_model_conversation_with (struct cf_model *model, const char *peer);
/* Fetch LIST again; changed (LIST, NULL) follows. */
void cf_model_refresh (struct cf_model *model, enum cf_model_list list);

#endif
