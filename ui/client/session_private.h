/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session_private.h - what session.c (states) and session_call.c (calls and their connections) share. */
#ifndef CF_UI_CLIENT_SESSION_PRIVATE_H
#define CF_UI_CLIENT_SESSION_PRIVATE_H

#include "base/env.h"
#include "ui/client/session.h"
#include "ui/client/spawn.h"

struct cf_given; /* an answer to an inquiry, until it is asked for */

struct cf_call {
  struct cf_call *next; /* in session->queue or session->over */
  struct cf_session *session;
  struct cf_line *line; /* where it is under way; NULL: it waits */
  char *text;           /* the line to be written */
  struct cf_given *given;
  size_t given_count;
  struct cf_call_handler handler;
  void *arg;
  gpg_error_t failed; /* in session->over: how it ended */
  bool waits;         /* for a person or the network: has a connection of its own */
  bool own;           /* of the session itself: does not count for limits, and does not outlive a connection */
  bool turns;         /* its success may change the daemon's state */
};

/* One connection. */
struct cf_line {
  struct cf_line *next;
  struct cf_session *session;
  struct cf_client *client;
  struct cf_call *call; /* under way; NULL: idle */
  short events;         /* that it is polled for */
  bool busy;            /* inside cf_client_step */
  bool closed;          /* freed once nobody looks at it any more */
};

struct cf_session {
  struct cf_session_handler handler;
  void *arg;
  char *home, *socket;
  bool start_daemon;
  int epoll_fd, timer_fd;
  struct cf_env env;
  bool dispatching;

  enum cf_session_state state;
  struct cf_client_error why, why_before; /* strings are our own copies; err 0: there is none */

  /* connecting */
  struct cf_timer reconnect;
  struct cf_spawn *spawn; /* the daemon is being started */
  unsigned tries_left;    /* to connect, before the daemon is started, or it is given up */
  bool may_spawn;
  uint64_t backoff_ms, ready_ms; /* of the last READY; 0: not since it was lost */
  unsigned short_lives;          /* how often in a row it was lost soon after */

  /* the session's own calls */
  struct cf_call *status_call, *unlock_call, *events_call;
  struct cf_timer status_timer; /* deadline of a STATUS under way, else when to ask again */
  json_t *status;               /* the row that it has given */
  bool unlock_asked;
  int64_t cursor;       /* of the last event; < 0: not known */
  int64_t ready_cursor; /* of the last one before the last READY */

  /* calls */
  struct cf_line *lines;    /* all that are open */
  struct cf_line *main;     /* of short calls; NULL: there is no connection */
  struct cf_line *dead;     /* closed during a dispatch */
  struct cf_call *queue;    /* not begun, in order */
  struct cf_call *over;     /* failed; to be told in the next dispatch */
  struct cf_timer over_timer;
  size_t queue_len, waiting; /* in the queue; under way with a connection of their own */
  struct cf_timer pump_timer;
};

/* ---- session.c ---- */

/* A connection is of no more use, but for one with a call of its own, which only ends that call. */
void cf_session_lost (struct cf_session *session, gpg_error_t err);
/* A call has ended: does that say something of the daemon's state? */
void cf_session_heard (struct cf_session *session, const struct cf_call *call, gpg_error_t err);
/* timer_fd fires for the next timer. */
void cf_session_settle (struct cf_session *session);

/* ---- session_call.c ---- */

void cf_calls_init (struct cf_session *session);
void cf_calls_done (struct cf_session *session); /* cancels everything */
/* A connection that the daemon has accepted: short calls go over it. */
gpg_error_t cf_calls_open (struct cf_session *session, struct cf_client *client) CF_MUST_CHECK;
/* A call of the session itself, before all others. */
gpg_error_t cf_calls_own (struct cf_session *session, const char *verb, const char *const *words, bool waits,
                          const struct cf_call_handler *handler, struct cf_call **r_call) CF_MUST_CHECK;
/* Close every connection.  Calls under way will be told of ERR; those of the session itself are freed without a word. */
void cf_calls_close (struct cf_session *session, gpg_error_t err);
/* The calls that wait are over too. */
void cf_calls_refuse (struct cf_session *session, gpg_error_t err);
/* Tell those that have failed so far. */
void cf_calls_tell (struct cf_session *session);
void cf_calls_pump (struct cf_session *session);
/* LINE can be read or written. */
void cf_calls_ready (struct cf_line *line);
void cf_calls_bury (struct cf_session *session);

#endif
