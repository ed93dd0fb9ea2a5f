/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session.c - how a session comes to a daemon that is ready, and what it does when the daemon goes.
 *
 *     CONNECTING   try_connect: the socket; nobody there: some tries more, then the daemon is started
 *        |         (on_spawned), then tries again; at last give_up -> DOWN, from where try_connect is
 *        |         called at growing intervals
 *     connected    ask_status: STATUS goes before all other calls
 *        |
 *     on_status    "empty" -> NO_IDENTITY, "locked" -> LOCKED (and UNLOCK, once): asked again every 2 s, since
 *        |         another client may do what is needed; "ready" -> EVENTS from the last cursor, then READY
 *        |
 *     cf_session_lost   all calls under way end, and it begins again; a daemon that goes again and again soon
 *                       after it was READY is given up for a while
 */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/text.h"
#include "ui/client/i18n.h"
#include "ui/client/session_private.h"

#define TRY_MS 100          /* between tries to connect */
#define TRIES_LOST 10       /* after the daemon has gone: it may be on its way back */
#define TRIES_STARTED 20    /* after a daemon was started, by us or by another client */
#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 30000
#define STATUS_DEADLINE_MS 60000
#define ASK_AGAIN_MS 2000
#define STOPPING_MS 200
#define SHORT_LIFE_MS 10000 /* READY for less is no success */
#define SHORT_LIVES_MAX 3
#define TURNS_MAX 16        /* of one dispatch: then the rest of the program has its turn */
#define TURN_EVENTS 16

static void ask_status (struct cf_session *s);

/* ---- the state ---- */

static void
error_done (struct cf_client_error *e)
{
  free ((char *) (uintptr_t) e->name);
  free ((char *) (uintptr_t) e->message);
  free ((char *) (uintptr_t) e->hint);
  memset (e, 0, sizeof *e);
}

static struct cf_client_error
error_copy (const struct cf_client_error *e)
{
  struct cf_client_error copy = { e->err, strdup (e->name), strdup (e->message), strdup (e->hint), NULL };

  return copy;
}

static bool
same_error (const struct cf_client_error *a, const struct cf_client_error *b)
{
  return a->err == b->err && (!a->err || !strcmp (a->message, b->message));
}

/* The setter of the state.  WHY NULL: no reason to tell. */
static void
set_state (struct cf_session *s, enum cf_session_state state, const struct cf_client_error *why)
{
  static const struct cf_client_error none = { 0 };
  struct cf_client_error copy;

  if (s->state == state && same_error (&s->why, why ? why : &none))
    return;
  copy = why ? error_copy (why) : none;
  if (why && (!copy.name || !copy.message || !copy.hint)) { /* no memory: then without words */
    error_done (&copy);
    copy = none;
  }
  error_done (&s->why_before);
  s->why_before = s->why; /* somebody may be reading it just now */
  s->why = copy;
  s->state = state;
  if (s->handler.state)
    s->handler.state (s->arg, state, s->why.err ? &s->why : NULL);
}

enum cf_session_state
cf_session_state (const struct cf_session *s)
{
  return s->state;
}

const struct cf_client_error *
cf_session_why (const struct cf_session *s)
{
  return s->why.err ? &s->why : NULL;
}

/* ---- connecting ---- */

static void
begin (struct cf_session *s, unsigned tries, uint64_t after_ms)
{
  s->tries_left = tries;
  s->may_spawn = s->start_daemon;
  cf_timer_after (&s->env, &s->reconnect, after_ms);
}

/* It cannot be had for now: say so, and try again later. */
static void
give_up (struct cf_session *s, const struct cf_client_error *why)
{
  s->backoff_ms = s->backoff_ms ? s->backoff_ms * 2 : BACKOFF_FIRST_MS;
  if (s->backoff_ms > BACKOFF_MAX_MS)
    s->backoff_ms = BACKOFF_MAX_MS;
  begin (s, 0, s->backoff_ms);
  set_state (s, CF_SESSION_DOWN, why);
  cf_calls_refuse (s, why->err);
}

/* What there is to say when the daemon could not be started. */
static struct cf_client_error
explain_spawn (const struct cf_spawn *spawn, gpg_error_t err)
{
  struct cf_client_error why = cf_client_explain (cf_err (GPG_ERR_ASS_SERVER_START));

  if (gpg_err_code (err) == GPG_ERR_ENOENT) {
    why.message = N_("Confab's daemon, confabd, was not found");
    why.hint = N_("Install it beside this program, or put it in PATH");
  } else if (*cf_spawn_said (spawn)) {
    why.message = N_("Confab's daemon would not start");
    why.hint = cf_spawn_said (spawn);
  }
  return why;
}

static void
spawn_over (struct cf_session *s)
{
  if (s->spawn)
    epoll_ctl (s->epoll_fd, EPOLL_CTL_DEL, cf_spawn_fd (s->spawn), NULL);
  cf_spawn_free (s->spawn);
  s->spawn = NULL;
}

static void
on_spawned (struct cf_session *s)
{
  gpg_error_t err = cf_spawn_end (s->spawn);
  struct cf_client_error why;

  if (!err || gpg_err_code (err) == CF_ERR_RUNNING) { /* or another client was faster */
    s->tries_left = TRIES_STARTED;
    cf_timer_after (&s->env, &s->reconnect, 0);
  } else {
    why = explain_spawn (s->spawn, err);
    give_up (s, &why);
  }
  spawn_over (s);
}

static void
spawn (struct cf_session *s)
{
  struct epoll_event what = { .events = EPOLLIN, .data.ptr = s };
  gpg_error_t err = cf_spawn_new (s->home, &s->spawn);
  struct cf_client_error why;

  s->may_spawn = false;
  if (!err && epoll_ctl (s->epoll_fd, EPOLL_CTL_ADD, cf_spawn_fd (s->spawn), &what))
    err = cf_err_errno ();
  if (!err)
    return;
  why = explain_spawn (s->spawn, err);
  cf_spawn_free (s->spawn);
  s->spawn = NULL;
  give_up (s, &why);
}

static void
try_connect (void *arg)
{
  struct cf_session *s = arg;
  struct cf_client *client;
  struct cf_client_error why;
  gpg_error_t err = cf_client_open (s->socket, false, &client);

  if (!err)
    err = cf_calls_open (s, client);
  if (!err) {
    ask_status (s);
    return;
  }
  if (s->tries_left || gpg_err_code (err) == GPG_ERR_EAGAIN) { /* EAGAIN: there are only too many at its door */
    s->tries_left -= s->tries_left > 0;
    cf_timer_after (&s->env, &s->reconnect, TRY_MS);
  } else if (s->may_spawn && gpg_err_code (err) == GPG_ERR_ECONNREFUSED)
    spawn (s);
  else {
    why = cf_client_explain (gpg_err_code (err) == GPG_ERR_ECONNREFUSED ? cf_err (GPG_ERR_ASS_CONNECT_FAILED) : err);
    give_up (s, &why);
  }
}

/* ---- losing it ---- */

/* Let go of every connection.  Calls under way will be told of ERR. */
static void
let_go (struct cf_session *s, gpg_error_t err)
{
  cf_calls_close (s, err);
  s->status_call = s->unlock_call = s->events_call = NULL;
  s->unlock_asked = false;
  cf_timer_cancel (&s->env, &s->status_timer);
}

void
cf_session_lost (struct cf_session *s, gpg_error_t err)
{
  struct cf_client_error why = cf_client_explain (err);
  bool was_ready = s->ready_ms != 0;

  if (gpg_err_code (err) == GPG_ERR_INV_RESPONSE)
    s->cursor = -1; /* an event that cannot be read would come again */
  let_go (s, err);
  if (was_ready && s->env.now_ms - s->ready_ms >= SHORT_LIFE_MS) {
    s->short_lives = 0;
    s->backoff_ms = 0;
  } else
    s->short_lives++;
  s->ready_ms = 0;
  if (s->short_lives >= SHORT_LIVES_MAX)
    give_up (s, &why);
  else {
    begin (s, TRIES_LOST, s->state == CF_SESSION_DOWN ? TRY_MS : 0);
    if (s->state != CF_SESSION_DOWN)
      set_state (s, CF_SESSION_CONNECTING, NULL);
  }
  cf_calls_tell (s);
}

/* It is there, but not to be used. */
static void
unusable (struct cf_session *s, const struct cf_client_error *why)
{
  let_go (s, why->err);
  s->ready_ms = 0;
  give_up (s, why);
  cf_calls_tell (s);
}

/* ---- events ---- */

static void
on_event (void *arg, const json_t *row)
{
  struct cf_session *s = arg;
  const json_t *cursor = json_object_get (row, "cursor");

  if (json_is_integer (cursor))
    s->cursor = json_integer_value (cursor);
  if (s->handler.event)
    s->handler.event (s->arg, row);
}

bool
cf_session_happened_before (const struct cf_session *s, const json_t *event)
{
  const json_t *cursor = json_object_get (event, "cursor");

  return json_is_integer (cursor) && json_integer_value (cursor) <= s->ready_cursor;
}

/* The daemon ends it when we read too slowly, or it has no memory: come back with the cursor. */
static void
on_events_end (void *arg, const struct cf_client_error *error)
{
  struct cf_session *s = arg;

  s->events_call = NULL;
  cf_session_lost (s, error->err ? error->err : cf_err (GPG_ERR_EOF));
}

static gpg_error_t
follow (struct cf_session *s)
{
  static const struct cf_call_handler handler = { on_event, on_events_end };
  const json_t *cursor = json_object_get (s->status, "cursor");
  char since[40];
  const char *words[2] = { since, NULL };

  if (s->events_call)
    return 0;
  s->ready_cursor = json_integer_value (cursor) > 0 ? json_integer_value (cursor) : 0;
  if (s->cursor < 0)
    s->cursor = s->ready_cursor;
  snprintf (since, sizeof since, "--since=%lld", (long long) s->cursor);
  return cf_calls_own (s, "EVENTS", words, true, &handler, &s->events_call);
}

/* ---- unlocking ---- */

static void
on_unlocked (void *arg, const struct cf_client_error *error)
{
  struct cf_session *s = arg;

  s->unlock_call = NULL;
  if (error->err && s->state == CF_SESSION_LOCKED)
    set_state (s, CF_SESSION_LOCKED, error);
}

static void
unlock (struct cf_session *s)
{
  static const struct cf_call_handler handler = { NULL, on_unlocked };
  gpg_error_t err;

  if (s->unlock_call)
    return;
  s->unlock_asked = true;
  set_state (s, CF_SESSION_LOCKED, NULL);
  err = cf_calls_own (s, "UNLOCK", NULL, true, &handler, &s->unlock_call);
  if (err) {
    struct cf_client_error why = cf_client_explain (err);

    set_state (s, CF_SESSION_LOCKED, &why);
  }
}

void
cf_session_unlock (struct cf_session *s)
{
  if (s->state == CF_SESSION_LOCKED && s->main)
    unlock (s);
  cf_session_settle (s);
}

/* ---- the daemon's state ---- */

static void
on_ready (struct cf_session *s)
{
  gpg_error_t err = follow (s);

  if (err) {
    cf_session_lost (s, err);
    return;
  }
  if (!s->ready_ms)
    s->ready_ms = s->env.now_ms;
  set_state (s, CF_SESSION_READY, NULL);
}

static void
on_status_row (void *arg, const json_t *row)
{
  struct cf_session *s = arg;

  json_decref (s->status);
  s->status = json_incref ((json_t *) (uintptr_t) row);
}

static void
on_status (void *arg, const struct cf_client_error *error)
{
  struct cf_session *s = arg;
  const char *state = json_string_value (json_object_get (s->status, "state"));
  struct cf_client_error why = cf_client_explain (cf_err (GPG_ERR_INV_RESPONSE));
  uint64_t again_ms = ASK_AGAIN_MS;

  s->status_call = NULL;
  cf_timer_cancel (&s->env, &s->status_timer);
  if (error->err || !state) {
    unusable (s, error->err ? error : &why);
    return;
  }
  if (!strcmp (state, "ready")) {
    on_ready (s);
    return;
  }
  if (!strcmp (state, "empty"))
    set_state (s, CF_SESSION_NO_IDENTITY, NULL);
  else if (!strcmp (state, "locked")) {
    if (!s->unlock_asked)
      unlock (s);
    else
      set_state (s, CF_SESSION_LOCKED, s->state == CF_SESSION_LOCKED ? cf_session_why (s) : NULL);
  } else
    again_ms = STOPPING_MS; /* it is about to end */
  cf_timer_after (&s->env, &s->status_timer, again_ms);
}

static void
ask_status (struct cf_session *s)
{
  static const struct cf_call_handler handler = { on_status_row, on_status };
  gpg_error_t err;

  if (s->status_call || !s->main)
    return;
  json_decref (s->status);
  s->status = NULL;
  err = cf_calls_own (s, "STATUS", NULL, false, &handler, &s->status_call);
  if (err)
    cf_session_lost (s, err);
  else
    cf_timer_after (&s->env, &s->status_timer, STATUS_DEADLINE_MS);
}

static void
on_status_timer (void *arg)
{
  struct cf_session *s = arg;
  struct cf_client_error why = cf_client_explain (cf_err (GPG_ERR_TIMEOUT));

  if (s->status_call)
    unusable (s, &why);
  else
    ask_status (s);
}

void
cf_session_heard (struct cf_session *s, const struct cf_call *call, gpg_error_t err)
{
  gpg_err_code_t code = gpg_err_code (err);

  if ((call->turns && !err) || (s->state == CF_SESSION_READY && (code == CF_ERR_LOCKED || code == CF_ERR_NO_IDENTITY)))
    ask_status (s);
}

/* ---- the loop's side ---- */

void
cf_session_settle (struct cf_session *s)
{
  uint64_t next = cf_timers_next (&s->env);
  struct itimerspec when = { 0 };

  if (s->dispatching)
    return; /* once, at its end */
  if (next != UINT64_MAX) {
    when.it_value.tv_sec = (time_t) (next / 1000);
    when.it_value.tv_nsec = (long) (next % 1000) * 1000000 + 1; /* 0 would disarm it */
  }
  timerfd_settime (s->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void
on_ready_fd (struct cf_session *s, void *what)
{
  uint64_t count;

  if (what == s)
    on_spawned (s);
  else if (what != &s->timer_fd)
    cf_calls_ready (what);
  else if (read (s->timer_fd, &count, sizeof count) > 0)
    cf_timers_run (&s->env);
}

void
cf_session_dispatch (struct cf_session *s)
{
  struct epoll_event events[TURN_EVENTS];
  int n;

  if (s->dispatching)
    return;
  s->dispatching = true;
  for (int turn = 0; turn < TURNS_MAX; turn++) {
    n = epoll_wait (s->epoll_fd, events, TURN_EVENTS, 0);
    cf_env_system_refresh (&s->env);
    for (int i = 0; i < n; i++)
      on_ready_fd (s, events[i].data.ptr);
    cf_timers_run (&s->env);
    if (n <= 0)
      break;
  }
  s->dispatching = false;
  cf_calls_bury (s);
  cf_session_settle (s);
}

int
cf_session_fd (const struct cf_session *s)
{
  return s->epoll_fd;
}

struct cf_env *
cf_session_env (struct cf_session *s)
{
  return &s->env;
}

void
cf_session_timers_changed (struct cf_session *s)
{
  cf_session_settle (s);
}

void
cf_session_retry (struct cf_session *s)
{
  if (s->state == CF_SESSION_NO_IDENTITY || s->state == CF_SESSION_LOCKED)
    ask_status (s);
  else if (s->state == CF_SESSION_DOWN && !s->main && !s->spawn) {
    s->backoff_ms = 0;
    s->short_lives = 0;
    begin (s, 0, 0);
    set_state (s, CF_SESSION_CONNECTING, NULL);
  }
  cf_session_settle (s);
}

/* ---- lifetime ---- */

static gpg_error_t
open_descriptors (struct cf_session *s)
{
  struct epoll_event what = { .events = EPOLLIN, .data.ptr = &s->timer_fd };

  s->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  s->timer_fd = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK); /* the clock of env */
  if (s->epoll_fd < 0 || s->timer_fd < 0 || epoll_ctl (s->epoll_fd, EPOLL_CTL_ADD, s->timer_fd, &what))
    return cf_err_errno ();
  return 0;
}

gpg_error_t
cf_session_new (const struct cf_session_config *config, const struct cf_session_handler *handler, void *arg,
                struct cf_session **r_session)
{
  struct cf_session *s = calloc (1, sizeof *s);
  gpg_error_t err;

  if (!s)
    return cf_err_errno ();
  s->handler = *handler;
  s->arg = arg;
  s->start_daemon = config->start_daemon;
  s->cursor = -1;
  s->epoll_fd = s->timer_fd = -1;
  cf_env_system_init (&s->env, CF_LOG_ERROR);
  cf_timer_init (&s->reconnect, try_connect, s);
  cf_timer_init (&s->status_timer, on_status_timer, s);
  cf_calls_init (s);
  err = cf_paths_home (config->home, &s->home);
  if (!err)
    err = cf_paths_socket (s->home, &s->socket);
  if (!err)
    err = open_descriptors (s);
  if (err) {
    cf_session_free (s);
    return err;
  }
  begin (s, 0, 0);
  cf_session_settle (s);
  *r_session = s;
  return 0;
}

void
cf_session_free (struct cf_session *s)
{
  if (!s)
    return;
  cf_calls_done (s);
  spawn_over (s);
  if (s->epoll_fd >= 0)
    close (s->epoll_fd);
  if (s->timer_fd >= 0)
    close (s->timer_fd);
  json_decref (s->status);
  error_done (&s->why);
  error_done (&s->why_before);
  free (s->home);
  free (s->socket);
  free (s);
}
