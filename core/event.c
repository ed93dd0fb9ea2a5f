/* SPDX-License-Identifier: GPL-3.0-or-later */
/* event.c - the stream of events: written with their cause, heard after its commit.
 *
 * An event waits in the queue while the store's transaction is open.  The
 * commit hook lets the queue out, a rollback empties it.
 *
 * A listener that comes back is first given what it missed, a page a turn, and
 * joins the live stream when there is nothing older left.
 */
#include "core/event.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/json.h"
#include "core/store/store.h"
#include "core/store/store_event.h"

#define EVENTS_KEPT 100000
#define EVENTS_TRIM_EVERY 1000
#define EVENTS_PAGE 64

struct cf_event_listener {
  struct cf_event_listener *next;
  void (*heard) (void *arg, json_t *event);
  void *arg;
  bool live;
  bool gone;      /* unlistened while the list is walked */
  uint64_t since; /* not live: the last one that it has had */
  bool asked;     /* not live: SINCE is still what it came with */
};

struct queued {
  struct queued *next;
  bool durable;
  bool ready;      /* its cause is committed */
  uint64_t cursor; /* durable only */
  json_t *event;
};

struct cf_events {
  struct cf_core *core;
  struct cf_event_listener *listeners;
  struct queued *queue, **queue_end;
  uint64_t last;          /* committed */
  unsigned busy;          /* depth of walks over the listeners */
  bool delivering;        /* the queue is being let out */
  struct cf_store *store; /* the one that our hook is in */
  struct cf_timer catch_up;
  gpg_error_t (*recall) (struct cf_core *core, json_t *event, bool *r_gone);
};

/* ---- listeners ---- */

/* Those who left during a walk are freed at its end. */
static void
sweep (struct cf_events *events)
{
  struct cf_event_listener **link = &events->listeners, *l;

  if (events->busy)
    return;
  while ((l = *link))
    if (l->gone) {
      *link = l->next;
      free (l);
    } else
      link = &l->next;
}

static void
tell_live (struct cf_events *events, json_t *event)
{
  events->busy++;
  for (struct cf_event_listener *l = events->listeners; l; l = l->next)
    if (l->live && !l->gone)
      l->heard (l->arg, event);
  events->busy--;
  sweep (events);
}

/* ---- the queue ---- */

static void
queue_free (struct queued *q)
{
  json_decref (q->event);
  free (q);
}

/* Drop what waits for a commit that will not come; those that are ready stand before it. */
static void
queue_drop (struct cf_events *events)
{
  struct queued **link = &events->queue, *q;

  while (*link && (*link)->ready)
    link = &(*link)->next;
  while ((q = *link)) {
    *link = q->next;
    queue_free (q);
  }
  events->queue_end = link;
}

/* Let the queue out.  A listener may cause more: the outermost call goes on until nothing is left. */
static void
deliver (struct cf_events *events)
{
  struct queued *q;

  if (events->delivering)
    return;
  events->delivering = true;
  while ((q = events->queue) && q->ready) {
    events->queue = q->next;
    if (!events->queue)
      events->queue_end = &events->queue;
    if (q->durable)
      events->last = q->cursor;
    if (!json_object_set_new (q->event, "cursor", json_integer ((json_int_t) events->last)))
      tell_live (events, q->event);
    queue_free (q);
  }
  events->delivering = false;
}

static void
on_commit (void *arg, bool committed)
{
  struct cf_events *events = arg;

  if (!committed)
    queue_drop (events);
  for (struct queued *q = events->queue; q; q = q->next)
    q->ready = true;
  deliver (events);
}

/* ---- emitting ---- */

/* EVENT as the store keeps it: nothing that anybody wrote. */
static json_t *
kept_part (json_t *event)
{
  const char *kind = json_string_value (json_object_get (event, "event"));
  json_t *kept = json_copy (event), *last;

  if (kept && !strcmp (kind, "conversation")) {
    json_object_del (kept, "draft");
    last = json_object_get (kept, "last_message");
    last = json_is_object (last) ? json_copy (last) : NULL;
    json_object_del (last, "text");
    if (last && json_object_set_new (kept, "last_message", last)) {
      json_decref (kept);
      kept = NULL;
    }
  } else if (kept && (!strcmp (kind, "message") || !strcmp (kind, "message_changed"))) {
    json_object_del (kept, "text");
    json_object_del (kept, "quote");
    json_object_del (kept, "reactions");
    json_object_del (kept, "attachment");
  } else if (kept && !strcmp (kind, "transfer")) {
    json_object_del (kept, "name");
    json_object_del (kept, "path");
  }
  return kept;
}

static gpg_error_t
write_event (struct cf_events *events, int64_t now, json_t *event, uint64_t *r_cursor)
{
  gpg_error_t err;
  json_t *kept = kept_part (event);
  char *body = kept ? cf_json_dump (kept, JSON_COMPACT) : NULL;

  json_decref (kept);
  if (!body)
    return cf_err (GPG_ERR_ENOMEM);
  err = cf_store_event_add (events->store, now, body, r_cursor);
  if (!err && *r_cursor % EVENTS_TRIM_EVERY == 0)
    err = cf_store_event_trim (events->store, *r_cursor, EVENTS_KEPT);
  free (body);
  return err;
}

/* "event" and "at" stand first, for people who read the stream. */
static json_t *
make_event (const char *kind, int64_t now, json_t *fields)
{
  char at[CF_TIME_SIZE];
  json_t *event = json_object ();

  if (json_object_set_new (event, "event", json_string (kind))
      || json_object_set_new (event, "at", json_string (cf_time_format (now, at)))
      || (fields && json_object_update_missing (event, fields))) {
    json_decref (event);
    return NULL;
  }
  return event;
}

gpg_error_t
cf_event_emit (struct cf_core *core, const char *kind, bool durable, json_t *fields)
{
  struct cf_events *events = core->events;
  int64_t now = core->env->now_utc_ms;
  gpg_error_t err = 0;
  struct queued *q = NULL;
  bool begun = false;

  if (durable && !events->store) {
    err = cf_err (CF_ERR_LOCKED);
    goto leave;
  }
  q = calloc (1, sizeof *q);
  if (q)
    q->event = make_event (kind, now, fields);
  if (!q || !q->event) {
    err = cf_err (GPG_ERR_ENOMEM);
    goto leave;
  }
  q->durable = durable;
  q->ready = !durable && !(events->store && cf_store_in_transaction (events->store));
  if (durable) {
    err = cf_store_begin (events->store);
    if (err)
      goto leave;
    begun = true;
    err = write_event (events, now, q->event, &q->cursor);
  }
  if (!err) {
    *events->queue_end = q;
    events->queue_end = &q->next;
    q = NULL;
  }
  if (begun)
    cf_store_end (events->store, &err); /* outermost: lets the queue out */
  else
    deliver (events);
leave:
  if (q)
    queue_free (q);
  json_decref (fields);
  return err;
}

/* ---- catching up ---- */

/* The event under the cursor S, as it is told; *R_EVENT NULL: there is nothing left of it. */
static gpg_error_t
read_event (struct cf_events *events, struct cf_stmt *s, json_t **r_event)
{
  const char *body = cf_column_text (s, 2);
  json_t *event = body ? json_loads (body, JSON_REJECT_DUPLICATES, NULL) : NULL;
  gpg_error_t err = event ? 0 : cf_err (CF_ERR_STORE);
  bool gone = false;

  if (!err && events->recall)
    err = events->recall (events->core, event, &gone);
  if (!err && !gone && json_object_set_new (event, "cursor", json_integer (cf_column_int (s, 0))))
    err = cf_err (GPG_ERR_ENOMEM);
  if (err || gone) {
    json_decref (event);
    event = NULL;
  }
  if (!err)
    *r_event = event;
  return err;
}

/* The next page of what L missed, as an array of events; *R_LAST is where it ends, SINCE when there was nothing. */
static gpg_error_t
read_page (struct cf_events *events, uint64_t since, json_t **r_page, uint64_t *r_last)
{
  gpg_error_t err;
  json_t *page = json_array (), *event = NULL;
  struct cf_stmt *s = cf_store_event_walk (events->store, since, EVENTS_PAGE);

  while (cf_stmt_step (s, &err)) {
    since = (uint64_t) cf_column_int (s, 0);
    err = read_event (events, s, &event);
    if (!err && event && json_array_append_new (page, event))
      err = cf_err (GPG_ERR_ENOMEM);
    if (err) {
      cf_stmt_reset (s);
      break;
    }
  }
  if (err) {
    json_decref (page);
    return err;
  }
  *r_page = page;
  *r_last = since;
  return 0;
}

/* Up to where events have been trimmed. */
static uint64_t
trimmed (const struct cf_events *events)
{
  uint64_t at = events->last - events->last % EVENTS_TRIM_EVERY;

  return at > EVENTS_KEPT ? at - EVENTS_KEPT : 0;
}

/* L comes with a cursor: what it has missed and cannot be told any more, is told as that. */
static void
tell_gap (struct cf_events *events, struct cf_event_listener *l)
{
  uint64_t from = l->since, to = l->since > events->last ? events->last : trimmed (events);
  json_t *fields, *event;

  l->asked = false;
  if (from <= events->last && (!from || from >= to))
    return;
  l->since = to;
  fields = json_pack ("{s:I, s:I}", "since", (json_int_t) from, "cursor", (json_int_t) to);
  event = make_event ("gap", events->core->env->now_utc_ms, fields);
  if (event)
    l->heard (l->arg, event);
  json_decref (event);
  json_decref (fields);
}

static void
catch_up_one (struct cf_events *events, struct cf_event_listener *l)
{
  gpg_error_t err;
  json_t *page = NULL;
  uint64_t before, last;

  if (l->asked)
    tell_gap (events, l);
  if (l->gone)
    return;
  before = last = l->since;
  err = read_page (events, before, &page, &last);
  if (err) {
    cf_log (events->core->env, CF_LOG_ERROR, "events after %llu: %s", (unsigned long long) before, gpg_strerror (err));
    l->live = true; /* better the new ones than none */
    return;
  }
  for (size_t i = 0; i < json_array_size (page) && !l->gone; i++)
    l->heard (l->arg, json_array_get (page, i));
  l->since = last;
  if (last >= events->last || last == before)
    l->live = true;
  json_decref (page);
}

/* A page for each that is behind.  Never inside a transaction: what is read must be committed. */
static void
on_catch_up (void *arg)
{
  struct cf_events *events = arg;
  bool again = false;

  if (!events->store)
    return;
  events->busy++;
  for (struct cf_event_listener *l = events->listeners; l; l = l->next) {
    if (!l->live && !l->gone)
      catch_up_one (events, l);
    again |= !l->live && !l->gone;
  }
  events->busy--;
  sweep (events);
  if (again)
    cf_timer_after (events->core->env, &events->catch_up, 0);
}

gpg_error_t
cf_event_listen (struct cf_core *core, uint64_t since, void (*heard) (void *arg, json_t *event), void *arg,
                 struct cf_event_listener **r_listener)
{
  struct cf_events *events = core->events;
  struct cf_event_listener *l = calloc (1, sizeof *l), **link;

  if (!l)
    return cf_err (GPG_ERR_ENOMEM);
  l->heard = heard;
  l->arg = arg;
  l->since = since;
  l->live = since == UINT64_MAX || (events->store && since == events->last);
  l->asked = true;
  for (link = &events->listeners; *link; link = &(*link)->next)
    ;
  *link = l;
  if (!l->live && events->store)
    cf_timer_after (core->env, &events->catch_up, 0);
  *r_listener = l;
  return 0;
}

void
cf_event_unlisten (struct cf_core *core, struct cf_event_listener *listener)
{
  if (!listener)
    return;
  listener->gone = true;
  sweep (core->events);
}

/* ---- lifetime ---- */

gpg_error_t
cf_events_new (struct cf_core *core, struct cf_events **r_events)
{
  struct cf_events *events = calloc (1, sizeof *events);

  if (!events)
    return cf_err (GPG_ERR_ENOMEM);
  events->core = core;
  events->queue_end = &events->queue;
  cf_timer_init (&events->catch_up, on_catch_up, events);
  *r_events = events;
  return 0;
}

gpg_error_t
cf_events_attach (struct cf_events *events)
{
  struct cf_store *store = events->core->store;
  gpg_error_t err;

  err = cf_store_event_last (store, &events->last);
  if (err)
    return err;
  events->store = store;
  cf_store_on_commit (store, on_commit, events);
  cf_timer_after (events->core->env, &events->catch_up, 0);
  return 0;
}

void
cf_events_detach (struct cf_events *events)
{
  events->store = NULL;
  queue_drop (events);
  cf_timer_cancel (events->core->env, &events->catch_up);
}

void
cf_events_set_recall (struct cf_events *events,
                      gpg_error_t (*recall) (struct cf_core *core, json_t *event, bool *r_gone))
{
  events->recall = recall;
}

uint64_t
cf_events_cursor (const struct cf_events *events)
{
  return events->last;
}

void
cf_events_free (struct cf_events *events)
{
  struct cf_event_listener *l;

  if (!events)
    return;
  cf_events_detach (events);
  while ((l = events->listeners)) {
    events->listeners = l->next;
    free (l);
  }
  free (events);
}
