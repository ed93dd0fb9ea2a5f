/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session_call.c - the calls of a session, and the connections that carry them.
 *
 *   cf_session_call --> queue --cf_calls_pump--> a line --cf_calls_ready--> rows, done
 *
 * Short calls share the line `main`, one after the other.  One that waits has
 * a line of its own, which is closed behind it; closing it early is how the
 * daemon learns that nobody waits any more.
 *
 * A callback may make calls and cancel any, its own too.  So a line that is
 * closed during a dispatch is only taken out, and freed at its end.
 */

#include <config.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/secmem.h"
#include "ui/client/session_private.h"

#define QUEUE_MAX 1000
#define WAITING_MAX 8
#define AGAIN_MS 50 /* until a daemon that has too many at its door is tried again */

struct cf_given {
  char *keyword;
  char *data; /* secret memory, or not */
  size_t len;
  bool secret;
};

/* ---- answers ---- */

static void
given_done (struct cf_given *g)
{
  if (g->secret)
    cf_secmem_free (g->data);
  else if (g->data)
    cf_wipe (g->data, g->len);
  if (!g->secret)
    free (g->data);
  free (g->keyword);
  memset (g, 0, sizeof *g);
}

static gpg_error_t
given_init (struct cf_given *g, const struct cf_answer *answer)
{
  gpg_error_t err = 0;

  g->len = answer->len;
  g->secret = !strcmp (answer->keyword, "PASSWORD");
  g->keyword = strdup (answer->keyword);
  if (g->secret)
    err = cf_secmem_new (&g->data, g->len + 1);
  else
    g->data = malloc (g->len + 1);
  if (!err && (!g->keyword || !g->data))
    err = cf_err (GPG_ERR_ENOMEM);
  if (!err && g->len)
    memcpy (g->data, answer->data, g->len);
  return err;
}

static gpg_error_t
give (struct cf_call *call, const struct cf_answer *answers)
{
  size_t count = 0;
  gpg_error_t err = 0;

  while (answers && answers[count].keyword)
    count++;
  call->given = calloc (count + 1, sizeof *call->given);
  if (!call->given)
    return cf_err_errno ();
  for (call->given_count = 0; !err && call->given_count < count; call->given_count++)
    err = given_init (&call->given[call->given_count], &answers[call->given_count]);
  return err;
}

/* Each is given once, and is then no longer here. */
static gpg_error_t
on_inquire (void *arg, const char *keyword, char **r_data, size_t *r_len)
{
  struct cf_call *call = ((struct cf_line *) arg)->call;

  for (size_t i = 0; call && i < call->given_count; i++) {
    struct cf_given *g = &call->given[i];

    if (!g->data || strcmp (g->keyword, keyword))
      continue;
    *r_data = malloc (g->len + 1);
    if (!*r_data)
      return cf_err_errno ();
    memcpy (*r_data, g->data, g->len);
    *r_len = g->len;
    given_done (g);
    return 0;
  }
  return cf_err (GPG_ERR_NO_DATA);
}

static void
forget_given (struct cf_call *call)
{
  for (size_t i = 0; i < call->given_count; i++)
    given_done (&call->given[i]);
  free (call->given);
  call->given = NULL;
  call->given_count = 0;
}

/* ---- lines ---- */

static void
line_bury (struct cf_line *line)
{
  struct cf_session *s = line->session;

  cf_client_free (line->client);
  line->client = NULL;
  if (s->dispatching) {
    line->next = s->dead;
    s->dead = line;
  } else
    free (line);
}

static void
line_close (struct cf_line *line)
{
  struct cf_session *s = line->session;
  struct cf_line **link = &s->lines;

  while (*link != line)
    link = &(*link)->next;
  *link = line->next;
  line->closed = true;
  if (s->main == line)
    s->main = NULL;
  epoll_ctl (s->epoll_fd, EPOLL_CTL_DEL, cf_client_fd (line->client), NULL);
  if (!line->busy)
    line_bury (line);
}

static gpg_error_t
line_new (struct cf_session *s, struct cf_client *client, struct cf_line **r_line)
{
  struct cf_line *line = calloc (1, sizeof *line);
  struct epoll_event what = { .events = EPOLLIN, .data.ptr = line };
  gpg_error_t err = line ? 0 : cf_err_errno ();

  if (!err && epoll_ctl (s->epoll_fd, EPOLL_CTL_ADD, cf_client_fd (client), &what))
    err = cf_err_errno ();
  if (err) {
    cf_client_free (client);
    free (line);
    return err;
  }
  line->session = s;
  line->client = client;
  line->events = POLLIN;
  line->next = s->lines;
  s->lines = line;
  *r_line = line;
  return 0;
}

/* Wait for what CLIENT waits for. */
static void
line_watch (struct cf_line *line)
{
  short events = cf_client_events (line->client);
  struct epoll_event what = { .events = EPOLLIN | (events & POLLOUT ? (uint32_t) EPOLLOUT : 0), .data.ptr = line };

  if (events == line->events)
    return;
  line->events = events;
  epoll_ctl (line->session->epoll_fd, EPOLL_CTL_MOD, cf_client_fd (line->client), &what);
}

void
cf_calls_bury (struct cf_session *s)
{
  struct cf_line *line;

  while ((line = s->dead)) {
    s->dead = line->next;
    free (line);
  }
}

/* ---- making a call ---- */

static void
call_free (struct cf_call *call)
{
  if (!call)
    return;
  forget_given (call);
  free (call->text);
  free (call);
}

/* Does it wait for a person or for the network? */
static bool
is_patient (const char *verb, const char *const *words)
{
  static const char *const verbs[] = { "OPEN", "ACCEPT", "VERIFY", "EXPECT", "CERTIFY", "REVOKE-DEVICES", "ADD", "INIT", "UNLOCK",
                                       "EXPORT", "EVENTS", "SEND-FILE" };
  bool send = !strcmp (verb, "SEND");

  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (!strcmp (verb, verbs[i]))
      return true;
  for (; words && *words && !strncmp (*words, "--", 2); words++) {
    if (!strcmp (*words, "--watch"))
      return true;
    if (!strcmp (*words, "--wait=queued"))
      send = false;
  }
  return send;
}

static gpg_error_t
call_new (struct cf_session *s, const char *verb, const char *const *words, const struct cf_answer *answers,
          const struct cf_call_handler *handler, void *arg, struct cf_call **r_call)
{
  struct cf_call *call = calloc (1, sizeof *call);
  gpg_error_t err;

  if (!call)
    return cf_err_errno ();
  call->session = s;
  if (handler)
    call->handler = *handler;
  call->arg = arg;
  call->waits = is_patient (verb, words);
  call->turns = !strcmp (verb, "INIT") || !strcmp (verb, "UNLOCK");
  err = cf_client_line (verb, words, &call->text);
  if (!err)
    err = give (call, answers);
  if (err)
    call_free (call);
  else
    *r_call = call;
  return err;
}

static void
unlink_call (struct cf_call **list, const struct cf_call *call)
{
  while (*list && *list != call)
    list = &(*list)->next;
  if (*list)
    *list = call->next;
}

static void
append_call (struct cf_call **list, struct cf_call *call)
{
  while (*list)
    list = &(*list)->next;
  call->next = NULL;
  *list = call;
}

/* CALL, which is in no list, has failed. */
static void
call_over (struct cf_call *call, gpg_error_t err)
{
  struct cf_session *s = call->session;

  call->line = NULL;
  call->failed = err;
  forget_given (call);
  append_call (&s->over, call);
  cf_timer_after (&s->env, &s->over_timer, 0);
}

gpg_error_t
cf_session_call (struct cf_session *s, const char *verb, const char *const *words, const struct cf_answer *answers,
                 const struct cf_call_handler *handler, void *arg, struct cf_call **r_call)
{
  struct cf_call *call;
  gpg_error_t err;

  if (s->queue_len >= QUEUE_MAX)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  err = call_new (s, verb, words, answers, handler, arg, &call);
  if (err)
    return err;
  if (r_call)
    *r_call = call;
  if (s->state == CF_SESSION_DOWN)
    call_over (call, s->why.err);
  else {
    append_call (&s->queue, call);
    s->queue_len++;
    cf_calls_pump (s);
  }
  cf_session_settle (s);
  return 0;
}

gpg_error_t
cf_calls_own (struct cf_session *s, const char *verb, const char *const *words, bool waits,
              const struct cf_call_handler *handler, struct cf_call **r_call)
{
  struct cf_call *call;
  gpg_error_t err = call_new (s, verb, words, NULL, handler, s, &call);

  if (err)
    return err;
  call->own = true;
  call->waits = waits;
  call->next = s->queue;
  s->queue = call;
  s->queue_len++;
  *r_call = call;
  cf_calls_pump (s);
  return 0;
}

void
cf_call_cancel (struct cf_call *call)
{
  struct cf_session *s;

  if (!call)
    return;
  s = call->session;
  memset (&call->handler, 0, sizeof call->handler);
  forget_given (call);
  if (call->line && !call->waits)
    return; /* its end is still to come, and then nobody is told */
  if (call->line) {
    s->waiting -= !call->own;
    call->line->call = NULL;
    line_close (call->line);
  } else if (call->failed)
    unlink_call (&s->over, call);
  else {
    unlink_call (&s->queue, call);
    s->queue_len--;
  }
  call_free (call);
  cf_calls_pump (s);
  cf_session_settle (s);
}

/* ---- beginning ---- */

static gpg_error_t
on_row (void *arg, json_t *row)
{
  struct cf_call *call = ((struct cf_line *) arg)->call;

  if (!call) /* cancelled by the row before */
    return cf_err (GPG_ERR_CANCELED);
  if (json_is_object (row) && call->handler.row)
    call->handler.row (call->arg, row);
  return 0;
}

static const struct cf_client_handler line_handler = { on_row, on_inquire };

/* CALL, which has just left the queue, goes over LINE.  A failure to write shows when the line is read. */
static void
begin (struct cf_call *call, struct cf_line *line)
{
  gpg_error_t err;

  call->line = line;
  line->call = call;
  err = cf_client_start (line->client, call->text, &line_handler, line);
  (void) err;
  line_watch (line);
}

/* A line of its own for CALL. */
static gpg_error_t
begin_apart (struct cf_call *call)
{
  struct cf_session *s = call->session;
  struct cf_client *client;
  struct cf_line *line;
  gpg_error_t err = cf_client_open (s->socket, false, &client);

  if (!err)
    err = line_new (s, client, &line);
  if (err)
    return err;
  s->waiting += !call->own;
  begin (call, line);
  return 0;
}

/* Begin what can be. */
void
cf_calls_pump (struct cf_session *s)
{
  struct cf_call *call, *next;
  gpg_error_t err;

  for (call = s->queue; call && s->main; call = next) {
    next = call->next;
    if (call->waits ? !call->own && s->waiting >= WAITING_MAX : s->main->call != NULL)
      continue;
    err = 0;
    if (call->waits)
      err = begin_apart (call);
    if (gpg_err_code (err) == GPG_ERR_EAGAIN) {
      cf_timer_after (&s->env, &s->pump_timer, AGAIN_MS);
      continue;
    }
    unlink_call (&s->queue, call);
    s->queue_len--;
    if (err)
      call_over (call, err);
    else if (!call->waits)
      begin (call, s->main);
  }
}

static void
on_pump (void *arg)
{
  cf_calls_pump (arg);
}

gpg_error_t
cf_calls_open (struct cf_session *s, struct cf_client *client)
{
  return line_new (s, client, &s->main);
}

/* ---- ending ---- */

/* Tell the end of CALL, which is in no list and on no line any more, and free it. */
static void
tell_end (struct cf_call *call, const struct cf_client_error *error)
{
  struct cf_session *s = call->session;

  if (call->handler.done)
    call->handler.done (call->arg, error);
  cf_session_heard (s, call, error->err);
  call_free (call);
}

/* The daemon has ended LINE's call.  ERROR lives until the line's next one: so that begins afterwards. */
static void
line_ended (struct cf_line *line, const struct cf_client_error *error)
{
  struct cf_session *s = line->session;
  struct cf_call *call = line->call;

  if (!call)
    return; /* of what nobody had asked */
  line->busy = true; /* its strings are being read */
  call->line = NULL;
  if (call->waits) {
    s->waiting -= !call->own;
    line->call = NULL;
    line_close (line);
  }
  tell_end (call, error);
  line->busy = false;
  line->call = NULL; /* only now may another begin there */
  if (line->closed)
    line_bury (line);
  cf_calls_pump (s);
}

static void
line_broken (struct cf_line *line, gpg_error_t err)
{
  struct cf_session *s = line->session;
  struct cf_call *call = line->call;

  if (call && call->waits && !call->own) {
    s->waiting--;
    line->call = NULL;
    line_close (line);
    call_over (call, err);
    cf_calls_pump (s);
  } else
    cf_session_lost (s, err);
}

void
cf_calls_ready (struct cf_line *line)
{
  struct cf_client_error error;
  gpg_error_t err;
  bool ended;

  do {
    if (line->closed)
      return;
    line->busy = true;
    err = cf_client_step (line->client, &ended, &error);
    line->busy = false;
    if (line->closed) {
      line_bury (line);
      return;
    }
    if (err)
      line_broken (line, err);
    else if (ended)
      line_ended (line, &error);
  } while (!line->closed && cf_client_pending (line->client));
  if (!line->closed)
    line_watch (line);
}

static void
on_over (void *arg)
{
  cf_calls_tell (arg);
}

void
cf_calls_tell (struct cf_session *s)
{
  struct cf_call *call;

  while ((call = s->over)) {
    struct cf_client_error error = cf_client_explain (call->failed);

    s->over = call->next;
    if (s->state == CF_SESSION_DOWN && call->failed == s->why.err)
      error = s->why; /* says it better */
    tell_end (call, &error);
  }
}

void
cf_calls_close (struct cf_session *s, gpg_error_t err)
{
  struct cf_call *call, *next;

  while (s->lines) {
    struct cf_line *line = s->lines;

    call = line->call;
    if (call && !call->line) /* its end is being told, and then it is freed */
      call = NULL;
    else
      line->call = NULL;
    line_close (line);
    if (call && (call->own || (!call->handler.done && !call->handler.row)))
      call_free (call);
    else if (call)
      call_over (call, err);
  }
  for (call = s->queue; call; call = next) {
    next = call->next;
    if (call->own) {
      unlink_call (&s->queue, call);
      s->queue_len--;
      call_free (call);
    }
  }
  s->waiting = 0;
}

void
cf_calls_refuse (struct cf_session *s, gpg_error_t err)
{
  struct cf_call *call;

  while ((call = s->queue)) {
    s->queue = call->next;
    call_over (call, err);
  }
  s->queue_len = 0;
}

/* ---- lifetime ---- */

void
cf_calls_init (struct cf_session *s)
{
  cf_timer_init (&s->over_timer, on_over, s);
  cf_timer_init (&s->pump_timer, on_pump, s);
}

static void
free_list (struct cf_call **list)
{
  struct cf_call *call;

  while ((call = *list)) {
    *list = call->next;
    call_free (call);
  }
}

void
cf_calls_done (struct cf_session *s)
{
  while (s->lines) {
    call_free (s->lines->call);
    line_close (s->lines);
  }
  cf_calls_bury (s);
  free_list (&s->queue);
  free_list (&s->over);
}
