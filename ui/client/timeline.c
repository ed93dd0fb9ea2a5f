/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timeline.c - a window of rows over a conversation's history.
 *
 * Pages come from HISTORY, changes from events, and the two cross: an event
 * that comes while a page is on its way is applied at once, and once more on
 * top of that page.  Applying one twice changes nothing, since rows are whole
 * and go by their ids.
 *
 * A message that is told, and is not in the window, is new at its end, unless
 * it happened before the session was last READY: the page that reached the
 * end was asked for after that, or again, so it would be there.
 */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ui/client/timeline.h"

#define LATE_MAX 1000
#define ROWS_CAP (CF_TIMELINE_MAX + 2 * CF_TIMELINE_PAGE) /* while a page is put in, before the other end is cut */

enum page { PAGE_NONE, PAGE_NEWEST, PAGE_OLDER, PAGE_NEWER, PAGE_AROUND, PAGE_RESYNC };

/* What `state` tells of. */
struct flags {
  bool at_oldest, at_newest, loading;
  size_t fresh;
};

struct cf_timeline {
  struct cf_model *model;
  struct cf_model_listener *listener;
  struct cf_timeline_handler handler;
  void *arg;
  char *conversation;
  json_t *rows[ROWS_CAP];
  size_t count;
  bool at_oldest, at_newest;
  size_t fresh;
  char *first_unread; /* id of a row, or NULL */

  enum page page; /* on its way */
  struct cf_call *call;
  json_t *incoming; /* its rows so far */
  json_t *late;     /* events since it was asked for */
  bool late_lost;   /* there were too many */
  bool once_more;   /* events that were applied before are, on top of a page */
  char *target;     /* of PAGE_AROUND */
  bool ready;       /* the session is, and was not lost since */
};

static void ask (struct cf_timeline *t, enum page page, size_t limit);

/* ---- telling ---- */

static struct flags
flags_of (const struct cf_timeline *t)
{
  return (struct flags){ t->at_oldest, t->at_newest, t->page != PAGE_NONE, t->fresh };
}

static void
tell_state (struct cf_timeline *t, struct flags before)
{
  struct flags now = flags_of (t);

  if (t->handler.state
      && (now.at_oldest != before.at_oldest || now.at_newest != before.at_newest || now.loading != before.loading
          || now.fresh != before.fresh))
    t->handler.state (t->arg);
}

static void
tell_changed (struct cf_timeline *t, size_t at, size_t count)
{
  if (t->handler.changed && count)
    t->handler.changed (t->arg, at, count);
}

static void
tell_failed (struct cf_timeline *t, const struct cf_client_error *error)
{
  if (t->handler.failed)
    t->handler.failed (t->arg, error);
}

/* ---- the window ---- */

static const char *
id_of (const json_t *row)
{
  return cf_row_text (row, "message");
}

bool
cf_timeline_find (const struct cf_timeline *t, const char *message, size_t *r_at)
{
  for (size_t i = t->count; *message && i-- > 0;)
    if (!strcmp (id_of (t->rows[i]), message)) {
      *r_at = i;
      return true;
    }
  return false;
}

/* May a message that came in be the first unread one? */
static bool
is_unread (const json_t *row)
{
  return !strcmp (cf_row_text (row, "direction"), "in") && !cf_row_true (row, "notice")
         && strcmp (cf_row_text (row, "state"), "read");
}

static void
set_first_unread (struct cf_timeline *t, const json_t *row)
{
  free (t->first_unread);
  t->first_unread = row ? strdup (id_of (row)) : NULL;
}

/* The reader stands before ROW, if that is unread and nothing before it is. */
static void
note_unread (struct cf_timeline *t, const json_t *row)
{
  if (!t->first_unread && is_unread (row))
    set_first_unread (t, row);
}

/* COUNT rows from ROWS (whose references are taken over) stand from AT on. */
static void
insert (struct cf_timeline *t, size_t at, json_t *const *rows, size_t count)
{
  if (!count)
    return;
  memmove (t->rows + at + count, t->rows + at, (t->count - at) * sizeof *t->rows);
  memcpy (t->rows + at, rows, count * sizeof *rows);
  t->count += count;
  if (t->handler.inserted)
    t->handler.inserted (t->arg, at, count);
}

static void
take_out (struct cf_timeline *t, size_t at, size_t count)
{
  if (!count)
    return;
  for (size_t i = at; i < at + count; i++) {
    if (t->first_unread && !strcmp (id_of (t->rows[i]), t->first_unread))
      set_first_unread (t, i + 1 < t->count && is_unread (t->rows[i + 1]) ? t->rows[i + 1] : NULL);
    json_decref (t->rows[i]);
  }
  t->count -= count;
  memmove (t->rows + at, t->rows + at + count, (t->count - at) * sizeof *t->rows);
  if (t->handler.removed)
    t->handler.removed (t->arg, at, count);
}

/* ROW (stolen) in the place of the one at AT; false: it says the same. */
static bool
replace (struct cf_timeline *t, size_t at, json_t *row)
{
  if (json_equal (t->rows[at], row)) {
    json_decref (row);
    return false;
  }
  json_decref (t->rows[at]);
  t->rows[at] = row;
  return true;
}

/* A page was put in at one end: cut the other one. */
static void
cut_newest (struct cf_timeline *t)
{
  if (t->count <= CF_TIMELINE_MAX)
    return;
  t->at_newest = false;
  take_out (t, CF_TIMELINE_MAX, t->count - CF_TIMELINE_MAX);
}

static void
cut_oldest (struct cf_timeline *t)
{
  if (t->count <= CF_TIMELINE_MAX)
    return;
  t->at_oldest = false;
  take_out (t, 0, t->count - CF_TIMELINE_MAX);
}

/* No rows but those of ROWS. */
static void
reset (struct cf_timeline *t, const json_t *rows)
{
  json_t *row;
  size_t i;

  while (t->count)
    json_decref (t->rows[--t->count]);
  json_array_foreach (rows, i, row)
    if (t->count < CF_TIMELINE_MAX)
      t->rows[t->count++] = json_incref (row);
  if (t->handler.reset)
    t->handler.reset (t->arg);
}

/* ---- events ---- */

/* What became of MESSAGE is also seen where it is quoted. */
static void
update_quotes (struct cf_timeline *t, const json_t *message)
{
  for (size_t i = 0; i < t->count; i++) {
    const json_t *quote = json_object_get (t->rows[i], "quote");
    json_t *copy, *row;

    if (!quote || strcmp (cf_row_text (quote, "message"), id_of (message)))
      continue;
    copy = json_copy ((json_t *) (uintptr_t) quote);
    json_object_set (copy, "text", json_object_get (message, "text"));
    json_object_set (copy, "deleted", json_object_get (message, "deleted"));
    row = json_copy (t->rows[i]);
    json_object_set_new (row, "quote", copy);
    if (replace (t, i, row))
      tell_changed (t, i, 1);
  }
}

static void
on_message (struct cf_timeline *t, const json_t *event)
{
  size_t at;
  json_t *row;

  if (!*id_of (event))
    return;
  if (cf_timeline_find (t, id_of (event), &at)) {
    if (replace (t, at, cf_row_of_event (event)))
      tell_changed (t, at, 1);
    return;
  }
  if (cf_session_happened_before (cf_model_session (t->model), event))
    return;
  if (!t->at_newest) {
    t->fresh += is_unread (event) && !t->once_more;
    return;
  }
  row = cf_row_of_event (event);
  note_unread (t, row);
  insert (t, t->count, &row, 1);
  cut_oldest (t);
}

static void
on_message_changed (struct cf_timeline *t, const json_t *event)
{
  size_t at;

  if (cf_timeline_find (t, id_of (event), &at) && replace (t, at, cf_row_of_event (event)))
    tell_changed (t, at, 1);
  update_quotes (t, event);
}

static void
on_message_state (struct cf_timeline *t, const json_t *event)
{
  size_t at;
  json_t *row;

  if (!cf_timeline_find (t, id_of (event), &at))
    return;
  row = json_copy (t->rows[at]);
  json_object_set_new (row, "state", json_string (cf_row_text (event, "state")));
  if (replace (t, at, row))
    tell_changed (t, at, 1);
}

static void
on_message_removed (struct cf_timeline *t, const json_t *event)
{
  size_t at;

  if (cf_timeline_find (t, id_of (event), &at))
    take_out (t, at, 1);
}

/* How a file stands is seen in the message that offered it. */
static void
on_transfer (struct cf_timeline *t, const json_t *event)
{
  json_t *row;
  size_t at;

  if (!cf_timeline_find (t, id_of (event), &at))
    return;
  row = json_copy (t->rows[at]);
  json_object_set_new (row, "attachment", cf_row_of_event (event));
  if (replace (t, at, row))
    tell_changed (t, at, 1);
}

/* All that came in, but for the last UNREAD, is read. */
static void
mark_read (struct cf_timeline *t, int64_t unread)
{
  size_t first = 0, run = 0;

  if (unread && !t->at_newest)
    return; /* where the mark is cannot be told from here */
  for (size_t i = t->count; i-- > 0;) {
    const json_t *row = t->rows[i];
    json_t *copy;

    if (strcmp (cf_row_text (row, "direction"), "in") || cf_row_true (row, "notice") || unread-- > 0
        || !is_unread (row)) {
      tell_changed (t, first, run);
      run = 0;
      continue;
    }
    copy = json_copy (t->rows[i]);
    json_object_set_new (copy, "state", json_string ("read"));
    replace (t, i, copy);
    first = i;
    run++;
  }
  tell_changed (t, first, run);
}

static void
on_conversation (struct cf_timeline *t, const json_t *event)
{
  if (cf_row_true (event, "deleted")) {
    t->at_oldest = t->at_newest = true;
    reset (t, NULL);
  } else if (json_is_integer (json_object_get (event, "unread")))
    mark_read (t, cf_row_number (event, "unread"));
}

static void
apply (struct cf_timeline *t, const json_t *event)
{
  static const struct {
    const char *kind;
    void (*apply) (struct cf_timeline *t, const json_t *event);
  } kinds[] = {
    { "message", on_message },
    { "message_changed", on_message_changed },
    { "message_state", on_message_state },
    { "message_removed", on_message_removed },
    { "conversation", on_conversation },
    { "transfer", on_transfer },
  };
  struct flags before = flags_of (t);

  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (!strcmp (cf_row_text (event, "event"), kinds[i].kind))
      kinds[i].apply (t, event);
  tell_state (t, before);
}

static void
on_event (void *arg, const json_t *event)
{
  struct cf_timeline *t = arg;

  if (strcmp (cf_row_text (event, "conversation"), t->conversation))
    return;
  if (t->page) {
    if (json_array_size (t->late) < LATE_MAX)
      json_array_append (t->late, (json_t *) (uintptr_t) event);
    else
      t->late_lost = true;
  }
  apply (t, event);
}

/* ---- pages ---- */

/* The page's rows that are not in the window yet, as references of our own; at most a page. */
static size_t
new_rows (const struct cf_timeline *t, json_t *out[CF_TIMELINE_PAGE])
{
  json_t *row;
  size_t i, at, count = 0;

  json_array_foreach (t->incoming, i, row)
    if (count < CF_TIMELINE_PAGE && !cf_timeline_find (t, id_of (row), &at))
      out[count++] = json_incref (row);
  return count;
}

static void
take_newest (struct cf_timeline *t)
{
  json_t *row;
  size_t i;

  t->at_newest = true;
  t->at_oldest = json_array_size (t->incoming) < CF_TIMELINE_PAGE;
  t->fresh = 0;
  json_array_foreach (t->incoming, i, row)
    note_unread (t, row);
  reset (t, t->incoming);
}

static void
take_older (struct cf_timeline *t)
{
  json_t *rows[CF_TIMELINE_PAGE];
  size_t count = new_rows (t, rows);

  t->at_oldest = json_array_size (t->incoming) < CF_TIMELINE_PAGE;
  if (t->first_unread && t->count && !strcmp (id_of (t->rows[0]), t->first_unread))
    for (size_t i = count; i-- > 0 && (is_unread (rows[i]) || strcmp (cf_row_text (rows[i], "direction"), "in"));)
      if (is_unread (rows[i]))
        set_first_unread (t, rows[i]);
  insert (t, 0, rows, count);
  cut_newest (t);
}

static void
take_newer (struct cf_timeline *t)
{
  json_t *rows[CF_TIMELINE_PAGE];
  size_t count = new_rows (t, rows);

  if (json_array_size (t->incoming) < CF_TIMELINE_PAGE) {
    t->at_newest = true;
    t->fresh = 0;
    }
  for (size_t i = 0; i < count; i++)
    note_unread (t, rows[i]);
  insert (t, t->count, rows, count);
  cut_oldest (t);
}

static void
take_around (struct cf_timeline *t)
{
  struct cf_client_error error = cf_client_explain (cf_err (GPG_ERR_NOT_FOUND));
  char *target = t->target;
  json_t *row;
  size_t at = 0;
  bool found = false;

  t->target = NULL;
  json_array_foreach (t->incoming, at, row)
    if (!strcmp (id_of (row), target)) {
      found = true;
      break;
    }
  if (found) {
    t->at_oldest = t->at_newest = false; /* asking for more shows */
      reset (t, t->incoming);
    if (t->handler.jumped && cf_timeline_find (t, target, &at))
      t->handler.jumped (t->arg, at);
  } else
    tell_failed (t, &error);
  free (target);
}

static bool
page_has (const json_t *rows, const char *id)
{
  json_t *row;
  size_t i;

  json_array_foreach (rows, i, row)
    if (!strcmp (id_of (row), id))
      return true;
  return false;
}

/* ROW of a page belongs at AT or behind it: what stands before it there and is not in the page is gone.  Where it is. */
static size_t
resync_row (struct cf_timeline *t, size_t at, json_t *row)
{
  size_t before;

  while (at < t->count && strcmp (id_of (t->rows[at]), id_of (row)) && !page_has (t->incoming, id_of (t->rows[at])))
    take_out (t, at, 1);
  if (at < t->count && !strcmp (id_of (t->rows[at]), id_of (row))) {
    if (replace (t, at, json_incref (row)))
      tell_changed (t, at, 1);
    return at;
  }
  before = t->count;
  if (t->count == ROWS_CAP)
    cut_oldest (t);
  at -= before - t->count;
  note_unread (t, row);
  json_incref (row);
  insert (t, at, &row, 1);
  return at;
}

/* The newest rows once more, after the connection was lost: what is still the same stays untouched. */
static void
take_resync (struct cf_timeline *t)
{
  size_t at = 0, first, count = json_array_size (t->incoming);

  for (first = 0; first < count; first++)
    if (cf_timeline_find (t, id_of (json_array_get (t->incoming, first)), &at))
      break;
  if (first == count) { /* nothing is the same */
    take_newest (t);
    return;
  }
  for (; first < count; first++)
    at = resync_row (t, at, json_array_get (t->incoming, first)) + 1;
  if (at < t->count)
    take_out (t, at, t->count - at);
  cut_oldest (t);
}

static void
on_row (void *arg, const json_t *row)
{
  struct cf_timeline *t = arg;

  if (*id_of (row) && json_array_size (t->incoming) < CF_TIMELINE_MAX)
    json_array_append (t->incoming, (json_t *) (uintptr_t) row);
}

/* No page is on its way any more. */
static void
page_over (struct cf_timeline *t)
{
  cf_call_cancel (t->call);
  t->call = NULL;
  t->page = PAGE_NONE;
  json_array_clear (t->late);
  t->late_lost = false;
}

static void
take_page (struct cf_timeline *t, enum page page)
{
  switch (page) {
  case PAGE_NEWEST: take_newest (t); break;
  case PAGE_OLDER: take_older (t); break;
  case PAGE_NEWER: take_newer (t); break;
  case PAGE_AROUND: take_around (t); break;
  case PAGE_RESYNC: take_resync (t); break;
  case PAGE_NONE: break;
  }
}

static void
on_done (void *arg, const struct cf_client_error *error)
{
  struct cf_timeline *t = arg;
  struct flags before = flags_of (t);
  enum page page = t->page;
  json_t *late = t->late, *event;
  bool late_lost = t->late_lost;
  size_t i;

  t->call = NULL;
  t->late = json_array ();
  page_over (t);
  if (error->err)
    tell_failed (t, error);
  else {
    take_page (t, page);
    t->once_more = true;
    json_array_foreach (late, i, event)
      apply (t, event);
    t->once_more = false;
    if (late_lost)
      ask (t, PAGE_NEWEST, CF_TIMELINE_PAGE);
  }
  json_decref (late);
  tell_state (t, before);
}

/* The option that says which page; NULL: the newest.  Caller frees. */
static char *
which_rows (const struct cf_timeline *t, enum page page)
{
  switch (page) {
  case PAGE_OLDER: return cf_sprintf ("--before=%s", id_of (t->rows[0]));
  case PAGE_NEWER: return cf_sprintf ("--after=%s", id_of (t->rows[t->count - 1]));
  case PAGE_AROUND: return cf_sprintf ("--around=%s", t->target);
  default: return NULL;
  }
}

static void
ask (struct cf_timeline *t, enum page page, size_t limit)
{
  static const struct cf_call_handler handler = { on_row, on_done };
  struct flags before = flags_of (t);
  char *which = which_rows (t, page), number[40];
  const char *words[4] = { number };
  size_t n = 1;
  gpg_error_t err;

  page_over (t);
  json_array_clear (t->incoming);
  snprintf (number, sizeof number, "--limit=%zu", limit);
  if (which)
    words[n++] = which;
  words[n] = t->conversation;
  err = cf_session_call (cf_model_session (t->model), "HISTORY", words, NULL, &handler, t, &t->call);
  free (which);
  if (!err)
    t->page = page;
  else {
    struct cf_client_error why = cf_client_explain (err);

    tell_failed (t, &why);
  }
  tell_state (t, before);
}

static void
on_state (void *arg, enum cf_session_state state, const struct cf_client_error *why)
{
  struct cf_timeline *t = arg;

  (void) why;
  if (state != CF_SESSION_READY) {
    t->ready = false;
    return;
  }
  if (!t->ready && !t->page) {
    if (!t->count)
      ask (t, PAGE_NEWEST, CF_TIMELINE_PAGE);
    else if (t->at_newest)
      ask (t, PAGE_RESYNC, t->count > CF_TIMELINE_PAGE ? t->count : CF_TIMELINE_PAGE);
  }
  t->ready = true;
}

/* ---- what views ask ---- */

const char *
cf_timeline_conversation (const struct cf_timeline *t)
{
  return t->conversation;
}

size_t
cf_timeline_count (const struct cf_timeline *t)
{
  return t->count;
}

const json_t *
cf_timeline_row (const struct cf_timeline *t, size_t at)
{
  return at < t->count ? t->rows[at] : NULL;
}

void
cf_timeline_older (struct cf_timeline *t)
{
  if (t->count && !t->at_oldest && !t->page)
    ask (t, PAGE_OLDER, CF_TIMELINE_PAGE);
}

void
cf_timeline_newer (struct cf_timeline *t)
{
  if (t->count && !t->at_newest && !t->page)
    ask (t, PAGE_NEWER, CF_TIMELINE_PAGE);
}

void
cf_timeline_jump (struct cf_timeline *t, const char *message)
{
  size_t at;

  if (cf_timeline_find (t, message, &at)) {
    if (t->handler.jumped)
      t->handler.jumped (t->arg, at);
    return;
  }
  free (t->target);
  t->target = strdup (message);
  if (t->target)
    ask (t, PAGE_AROUND, 2 * CF_TIMELINE_PAGE);
}

void
cf_timeline_newest (struct cf_timeline *t)
{
  if (!t->at_newest && t->page != PAGE_NEWEST)
    ask (t, PAGE_NEWEST, CF_TIMELINE_PAGE);
}

bool
cf_timeline_at_oldest (const struct cf_timeline *t)
{
  return t->at_oldest;
}

bool
cf_timeline_at_newest (const struct cf_timeline *t)
{
  return t->at_newest;
}

bool
cf_timeline_loading (const struct cf_timeline *t)
{
  return t->page != PAGE_NONE;
}

size_t
cf_timeline_fresh (const struct cf_timeline *t)
{
  return t->fresh;
}

bool
cf_timeline_first_unread (const struct cf_timeline *t, size_t *r_at)
{
  return t->first_unread && cf_timeline_find (t, t->first_unread, r_at);
}

void
cf_timeline_seen (struct cf_timeline *t)
{
  set_first_unread (t, NULL);
}

/* ---- lifetime ---- */

gpg_error_t
cf_timeline_new (struct cf_model *model, const char *conversation, const struct cf_timeline_handler *handler, void *arg,
                 struct cf_timeline **r_timeline)
{
  static const struct cf_model_handler model_handler = { .state = on_state, .event = on_event };
  struct cf_timeline *t = calloc (1, sizeof *t);
  gpg_error_t err = cf_err (GPG_ERR_ENOMEM);

  if (!t)
    return err;
  t->model = model;
  t->arg = arg;
  t->conversation = strdup (conversation);
  t->incoming = json_array ();
  t->late = json_array ();
  if (t->conversation && t->incoming && t->late)
    err = cf_model_listen (model, &model_handler, t, &t->listener);
  if (err) {
    cf_timeline_free (t);
    return err;
  }
  t->ready = cf_session_state (cf_model_session (model)) == CF_SESSION_READY;
  if (t->ready)
    ask (t, PAGE_NEWEST, CF_TIMELINE_PAGE);
  t->handler = *handler; /* from here on: who asks has no timeline yet */
  *r_timeline = t;
  return 0;
}

void
cf_timeline_free (struct cf_timeline *t)
{
  if (!t)
    return;
  cf_model_unlisten (t->model, t->listener);
  cf_call_cancel (t->call);
  while (t->count)
    json_decref (t->rows[--t->count]);
  json_decref (t->incoming);
  json_decref (t->late);
  free (t->first_unread);
  free (t->target);
  free (t->conversation);
  free (t);
}
