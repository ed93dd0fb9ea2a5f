/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model.c - lists that follow the daemon's events.
 *
 * A list is fetched when the session becomes READY, and whenever an event says
 * only that something changed, not what to.  Such fetches gather for a moment.
 * What an event says of a row is put into the list at once, and once more
 * after a fetch that was under way then: rows are whole, so the last one to
 * be told is right.  A message is another matter, since it is counted: one
 * that happened before the fetch is in its rows already, one that happened
 * during it may be, so then the list is fetched again.
 */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/text.h"
#include "ui/client/model_private.h"

#define GATHER_MS 300         /* before a list is fetched again */
#define SETTLE_MS 3000        /* after READY: what passed between the lists and the first event heard is looked at */
#define TYPING_MAX_MS 120000  /* the daemon says when it is over; this is for when that is lost */
#define LATE_MAX 1000         /* events during a fetch */

struct cf_model_listener {
  struct cf_model_listener *next;
  struct cf_model_handler handler;
  void *arg;
  bool gone; /* unlistened while somebody is told */
};

/* ---- listeners ---- */

static void
sweep (struct cf_model *m)
{
  struct cf_model_listener **link = &m->listeners, *l;

  if (m->telling)
    return;
  while ((l = *link))
    if (l->gone) {
      *link = l->next;
      free (l);
    } else
      link = &l->next;
}

static void
tell_changed (struct cf_model *m, enum cf_model_list list, const char *id)
{
  m->telling++;
  for (struct cf_model_listener *l = m->listeners; l; l = l->next)
    if (!l->gone && l->handler.changed)
      l->handler.changed (l->arg, list, id);
  m->telling--;
  sweep (m);
}

gpg_error_t
cf_model_listen (struct cf_model *m, const struct cf_model_handler *handler, void *arg,
                 struct cf_model_listener **r_listener)
{
  struct cf_model_listener *l = calloc (1, sizeof *l), **link = &m->listeners;

  if (!l)
    return cf_err_errno ();
  l->handler = *handler;
  l->arg = arg;
  while (*link)
    link = &(*link)->next;
  *link = l;
  *r_listener = l;
  return 0;
}

void
cf_model_unlisten (struct cf_model *m, struct cf_model_listener *listener)
{
  if (!listener)
    return;
  listener->gone = true;
  sweep (m);
}

/* ---- fetching ---- */

static int64_t
now_utc_ms (struct cf_model *m)
{
  return cf_session_env (m->session)->now_utc_ms;
}

void
cf_model_fetch_soon (struct cf_model *m, enum cf_model_list list)
{
  struct listing *l = &m->lists[list];

  if (l->call)
    l->again = true;
  else if (!l->gather.armed)
    cf_timer_after (cf_session_env (m->session), &l->gather, GATHER_MS);
}

static void
on_row (void *arg, const json_t *row)
{
  struct listing *l = arg;
  gpg_error_t err = cf_rows_put (&l->incoming, json_copy ((json_t *) (uintptr_t) row));

  (void) err; /* no row of this list, or more of them than can be */
}

/* Put what was told during the fetch on top of it. */
static void
apply_late (struct listing *l)
{
  json_t *row;
  size_t i;

  json_array_foreach (l->late, i, row)
    if (cf_row_true (row, "gone"))
      cf_rows_remove (&l->rows, cf_row_text (row, "id"));
    else {
      gpg_error_t err = cf_rows_put (&l->rows, json_incref (row));

      (void) err;
    }
  json_array_clear (l->late);
}

static void
on_done (void *arg, const struct cf_client_error *error)
{
  struct listing *l = arg;
  enum cf_model_list list = l->rows.list;
  struct cf_rows before = l->rows;

  l->call = NULL;
  if (error->err) {
    cf_rows_done (&l->incoming);
    json_array_clear (l->late);
    return; /* READY comes again */
  }
  l->got_utc_ms = now_utc_ms (l->model);
  l->rows = l->incoming;
  l->incoming = (struct cf_rows){ .list = list };
  l->complete = true;
  apply_late (l);
  tell_changed (l->model, list, NULL);
  cf_rows_done (&before); /* rows are borrowed until then */
  if (l->again)
    cf_model_fetch_soon (l->model, list);
}

static void
fetch (struct listing *l)
{
  static const char *const verbs[] = { "PEERS", "CONTACTS", "REQUESTS", "CONVERSATIONS", "CONFIG", "TRANSFERS" };
  static const struct cf_call_handler handler = { on_row, on_done };
  struct cf_model *m = l->model;
  gpg_error_t err;

  cf_timer_cancel (cf_session_env (m->session), &l->gather);
  l->again = l->call != NULL;
  if (l->call)
    return;
  cf_rows_done (&l->incoming);
  err = cf_session_call (m->session, verbs[l->rows.list], NULL, NULL, &handler, l, &l->call);
  if (err)
    l->call = NULL;
}

static void
on_gathered (void *arg)
{
  struct listing *l = arg;

  if (cf_session_state (l->model->session) == CF_SESSION_READY)
    fetch (l);
}

/* ---- STATUS ---- */

static void
on_status_row (void *arg, const json_t *row)
{
  struct cf_model *m = arg;

  json_decref (m->status_incoming);
  m->status_incoming = json_incref ((json_t *) (uintptr_t) row);
}

static void
on_status_done (void *arg, const struct cf_client_error *error)
{
  struct cf_model *m = arg;
  json_t *before = m->status;

  m->status_call = NULL;
  if (error->err || !m->status_incoming)
    return;
  m->status = m->status_incoming;
  m->status_incoming = NULL;
  tell_changed (m, CF_MODEL_STATUS, NULL);
  json_decref (before);
}

void
cf_model_fetch_status (struct cf_model *m)
{
  static const struct cf_call_handler handler = { on_status_row, on_status_done };
  gpg_error_t err;

  if (m->status_call)
    return;
  err = cf_session_call (m->session, "STATUS", NULL, NULL, &handler, m, &m->status_call);
  if (err)
    m->status_call = NULL;
}

void
cf_model_refresh (struct cf_model *m, enum cf_model_list list)
{
  if (list == CF_MODEL_STATUS)
    cf_model_fetch_status (m);
  else
    fetch (&m->lists[list]);
}

/* ---- what events say ---- */

static void
keep_late (struct listing *l, json_t *row)
{
  if (!l->call)
    return;
  if (json_array_size (l->late) >= LATE_MAX || json_array_append (l->late, row))
    l->again = true;
}

void
cf_model_put (struct cf_model *m, enum cf_model_list list, json_t *row)
{
  struct listing *l = &m->lists[list];
  const char *id = cf_rows_id (list, row);
  json_t *before = id ? json_incref (cf_rows_get (&l->rows, id)) : NULL, *kept = json_incref (row);

  if (id && !cf_rows_put (&l->rows, row)) {
    keep_late (l, kept);
    tell_changed (m, list, id);
  } else if (!id)
    json_decref (row);
  json_decref (kept);
  json_decref (before); /* whoever had it borrowed has been told */
}

void
cf_model_take_out (struct cf_model *m, enum cf_model_list list, const char *id)
{
  struct listing *l = &m->lists[list];
  json_t *before = json_incref (cf_rows_get (&l->rows, id)), *gone;

  if (!*id)
    return;
  if (l->call) {
    gone = json_pack ("{s:s, s:b}", "id", id, "gone", 1);
    keep_late (l, gone);
    json_decref (gone);
  }
  if (before) {
    cf_rows_remove (&l->rows, id);
    tell_changed (m, list, id);
  }
  json_decref (before);
}

/* ---- typing ---- */

void
cf_model_set_typing (struct cf_model *m, const char *conversation, bool on)
{
  struct cf_env *env = cf_session_env (m->session);
  size_t i = 0;

  while (i < m->typing_count && strcmp (m->typing[i].conversation, conversation))
    i++;
  if (on) {
    if (i == CF_MODEL_TYPING_MAX)
      return;
    if (i == m->typing_count) {
      m->typing[i].conversation = strdup (conversation);
      if (!m->typing[i].conversation)
        return;
      m->typing_count++;
    }
    m->typing[i].until_ms = env->now_ms + TYPING_MAX_MS;
    if (!m->typing_lapse.armed)
      cf_timer_after (env, &m->typing_lapse, TYPING_MAX_MS);
  } else if (i < m->typing_count) {
    free (m->typing[i].conversation);
    m->typing[i] = m->typing[--m->typing_count];
  } else
    return;
  tell_changed (m, CF_MODEL_CONVERSATIONS, conversation);
}

/* Nobody types whose time is over at NOW_MS. */
static void
lapse_typing (struct cf_model *m, uint64_t now_ms)
{
  for (size_t i = m->typing_count; i-- > 0;)
    if (i < m->typing_count && m->typing[i].until_ms <= now_ms) {
      char *id = strdup (m->typing[i].conversation);

      if (id)
        cf_model_set_typing (m, id, false);
      free (id);
    }
}

static void
on_typing_lapse (void *arg)
{
  struct cf_model *m = arg;
  struct cf_env *env = cf_session_env (m->session);

  lapse_typing (m, env->now_ms);
  if (m->typing_count)
    cf_timer_after (env, &m->typing_lapse, TYPING_MAX_MS);
}

bool
cf_model_typing (struct cf_model *m, const char *conversation)
{
  for (size_t i = 0; i < m->typing_count; i++)
    if (!strcmp (m->typing[i].conversation, conversation))
      return true;
  return false;
}

/* ---- the session ---- */

static void
on_settled (void *arg)
{
  struct cf_model *m = arg;

  if (cf_session_state (m->session) != CF_SESSION_READY)
    return;
  cf_model_fetch_soon (m, CF_MODEL_CONTACTS);
  cf_model_fetch_soon (m, CF_MODEL_CONVERSATIONS);
}

static void
on_event (void *arg, const json_t *event)
{
  struct cf_model *m = arg;

  cf_model_take (m, event);
  m->telling++;
  for (struct cf_model_listener *l = m->listeners; l; l = l->next)
    if (!l->gone && l->handler.event)
      l->handler.event (l->arg, event);
  m->telling--;
  sweep (m);
}

static void
on_state (void *arg, enum cf_session_state state, const struct cf_client_error *why)
{
  struct cf_model *m = arg;

  if (state == CF_SESSION_NO_IDENTITY || state == CF_SESSION_LOCKED || state == CF_SESSION_READY)
    cf_model_fetch_status (m);
  if (state != CF_SESSION_READY)
    lapse_typing (m, UINT64_MAX);
  for (size_t i = 0; i < CF_MODEL_LISTS; i++) {
    m->lists[i].complete = false;
    if (state == CF_SESSION_READY)
      fetch (&m->lists[i]);
  }
  if (state == CF_SESSION_READY)
    cf_timer_after (cf_session_env (m->session), &m->settle, SETTLE_MS);
  m->telling++;
  for (struct cf_model_listener *l = m->listeners; l; l = l->next)
    if (!l->gone && l->handler.state)
      l->handler.state (l->arg, state, why);
  m->telling--;
  sweep (m);
}

/* ---- what views ask ---- */

struct cf_session *
cf_model_session (struct cf_model *m)
{
  return m->session;
}

const json_t *
cf_model_get (struct cf_model *m, enum cf_model_list list, const char *id)
{
  return list < CF_MODEL_LISTS ? cf_rows_get (&m->lists[list].rows, id) : NULL;
}

const json_t *
cf_model_next (struct cf_model *m, enum cf_model_list list, const json_t *previous)
{
  const struct cf_rows *rows;
  size_t at = 0;

  if (list >= CF_MODEL_LISTS)
    return NULL;
  rows = &m->lists[list].rows;
  if (previous && !cf_rows_at (rows, previous, &at))
    return NULL;
  at += previous != NULL;
  return at < rows->count ? rows->rows[at] : NULL;
}

size_t
cf_model_count (const struct cf_model *m, enum cf_model_list list)
{
  return list < CF_MODEL_LISTS ? m->lists[list].rows.count : 0;
}

bool
cf_model_complete (const struct cf_model *m, enum cf_model_list list)
{
  return list < CF_MODEL_LISTS ? m->lists[list].complete : m->status != NULL;
}

const json_t *
cf_model_status (const struct cf_model *m)
{
  return m->status;
}

const char *
cf_model_setting (struct cf_model *m, const char *key)
{
  return cf_row_text (cf_model_get (m, CF_MODEL_SETTINGS, key), "value");
}

unsigned
cf_model_unread (struct cf_model *m)
{
  const struct cf_rows *rows = &m->lists[CF_MODEL_CONVERSATIONS].rows;
  uint64_t unread = 0;

  for (size_t i = 0; i < rows->count; i++) {
    int64_t n = cf_row_number (rows->rows[i], "unread");

    if (cf_row_true (rows->rows[i], "muted"))
      continue;
    if (n > 0)
      unread += (uint64_t) (n < INT32_MAX ? n : INT32_MAX);
    else
      unread += cf_row_true (rows->rows[i], "marked_unread");
  }
  return unread < INT32_MAX ? (unsigned) unread : INT32_MAX;
}

const json_t *
cf_model_conversation_with (struct cf_model *m, const char *peer)
{
  static const char *const states[] = { "open", "requested", "closed" };
  const struct cf_rows *rows = &m->lists[CF_MODEL_CONVERSATIONS].rows;

  for (size_t s = 0; *peer && s < sizeof states / sizeof *states; s++)
    for (size_t i = 0; i < rows->count; i++)
      if (!strcmp (cf_row_text (rows->rows[i], "peer"), peer)
          && !strcmp (cf_row_text (rows->rows[i], "state"), states[s]))
        return rows->rows[i];
  return NULL;
}

/* ---- lifetime ---- */

static gpg_error_t
listing_init (struct cf_model *m, enum cf_model_list list)
{
  struct listing *l = &m->lists[list];

  l->model = m;
  l->rows.list = l->incoming.list = list;
  cf_timer_init (&l->gather, on_gathered, l);
  l->late = json_array ();
  return l->late ? 0 : cf_err (GPG_ERR_ENOMEM);
}

gpg_error_t
cf_model_new (const struct cf_session_config *config, struct cf_model **r_model)
{
  static const struct cf_session_handler handler = { on_state, on_event };
  struct cf_model *m = calloc (1, sizeof *m);
  gpg_error_t err = m ? 0 : cf_err_errno ();

  for (int i = 0; !err && i < CF_MODEL_LISTS; i++)
    err = listing_init (m, (enum cf_model_list) i);
  if (!err) {
    cf_timer_init (&m->typing_lapse, on_typing_lapse, m);
    cf_timer_init (&m->settle, on_settled, m);
    err = cf_session_new (config, &handler, m, &m->session);
  }
  if (err)
    cf_model_free (m);
  else
    *r_model = m;
  return err;
}

void
cf_model_free (struct cf_model *m)
{
  struct cf_model_listener *l;

  if (!m)
    return;
  cf_session_free (m->session);
  for (int i = 0; i < CF_MODEL_LISTS; i++) {
    cf_rows_done (&m->lists[i].rows);
    cf_rows_done (&m->lists[i].incoming);
    json_decref (m->lists[i].late);
  }
  while (m->typing_count)
    free (m->typing[--m->typing_count].conversation);
  while ((l = m->listeners)) {
    m->listeners = l->next;
    free (l);
  }
  json_decref (m->status);
  json_decref (m->status_incoming);
  free (m);
}
