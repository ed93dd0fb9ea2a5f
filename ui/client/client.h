/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client.h - talking to the daemon: what every client of Confab stands on.
 *
 * A client is one connection, on which one call after the other is made.  A
 * call is a verb and words; its rows come as JSON values, its inquiries are
 * answered by a callback.  Clients hold nothing: no keys, no history, no
 * network.
 *
 *   connection.c  the connection; nothing in it ever waits
 *   client.c      waiting for it: a daemon that is started, a call to its end
 *   session.h     many calls at once, and events, for programs that stay
 *
 * The lines are Assuan's.  libassuan itself waits for the socket wherever it
 * is behind, and keeps copies of what it writes; so these lines, which are
 * few, are made and read here.
 */
#ifndef CF_UI_CLIENT_CLIENT_H
#define CF_UI_CLIENT_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct cf_client;

/* What the daemon said of a failure, or what is to be said in its place.  ERR 0: all is well, no strings.  Otherwise
   no string is NULL; who gives it says how long they live. */
struct cf_client_error {
  gpg_error_t err;
  const char *name, *message, *hint;
  const json_t *row; /* the daemon's words with all its fields (an event "error", too); NULL: it is not the daemon's */
};

struct cf_client_handler {
  /* ROW is borrowed.  An error ends the call: the connection is of no more use. */
  gpg_error_t (*row) (void *arg, json_t *row);
  /* The daemon asks for KEYWORD ("PASSWORD", "TEXT", "KEY"): give bytes from malloc, that the client wipes and frees.
     An error cancels the command. */
  gpg_error_t (*inquire) (void *arg, const char *keyword, char **r_data, size_t *r_len);
};

/* ---- connection.c ---- */

/* Connect to the daemon's SOCKET.  With WAIT, waits while too many others are about to connect; else that is EAGAIN.
   Errors: ECONNREFUSED (nobody listens), EAGAIN, ENOMEM, others. */
gpg_error_t cf_client_open (const char *socket, bool wait, struct cf_client **r_client) CF_MUST_CHECK;
/* FD, which is connected to a daemon and becomes the client's own, also on error. */
gpg_error_t cf_client_adopt (int fd, struct cf_client **r_client) CF_MUST_CHECK;
void cf_client_free (struct cf_client *client); /* closes it; NULL is fine */

/* The line of a call: VERB and WORDS (until NULL; or NULL: none), options "--name" or "--name=value" first, then
   arguments; escaped here.  Caller frees.  Errors: TOO_LARGE, ENOMEM. */
gpg_error_t cf_client_line (const char *verb, const char *const *words, char **r_line) CF_MUST_CHECK;
/* Begin the call that LINE says.  HANDLER (borrowed until the call is over) may be NULL.  Errors: EPIPE and others when
   the daemon has gone. */
gpg_error_t cf_client_start (struct cf_client *client, const char *line, const struct cf_client_handler *handler,
                             void *arg) CF_MUST_CHECK;
/* Handle one line that has come, if a whole one has; write what waits to be written.  *R_ENDED when the call is over,
   then *R_ERROR says how; its strings live until the next call.
   Errors: EOF, EPIPE, ECONNRESET (the daemon has gone); INV_RESPONSE (it does not speak as it should);
   those of the handler. */
gpg_error_t cf_client_step (struct cf_client *client, bool *r_ended, struct cf_client_error *r_error) CF_MUST_CHECK;
int cf_client_fd (const struct cf_client *client);
short cf_client_events (const struct cf_client *client); /* what to poll it for: POLLIN, or also POLLOUT */
bool cf_client_pending (const struct cf_client *client); /* a whole line is here: step without waiting */

/* What to tell a person of ERR, which is of the connection itself: strings are static. */
struct cf_client_error cf_client_explain (gpg_error_t err);

/* ---- client.c ---- */

struct cf_client_config {
  const char *home;  /* NULL: CONFAB_HOME or the default */
  bool start_daemon; /* start confabd if it does not run */
};

/* Errors: ECONNREFUSED (no daemon, and not told to start one), GPG_ERR_ENOENT (no confabd found),
   GPG_ERR_GENERAL (it would not start: it has said why on stderr), others. */
gpg_error_t cf_client_connect (const struct cf_client_config *config, struct cf_client **r_client) CF_MUST_CHECK;

/* Start a call and step to its end.  TIMEOUT_MS < 0: for ever; when it runs out: GPG_ERR_TIMEOUT, and the connection
   is of no more use: free it, which tells the daemon.  A daemon that is locked is asked to unlock first. */
gpg_error_t cf_client_call (struct cf_client *client, const char *verb, const char *const *words,
                            const struct cf_client_handler *handler, void *arg, int timeout_ms,
                            struct cf_client_error *r_error) CF_MUST_CHECK;

/* Does a daemon answer for HOME?  Never starts one, but a service manager that listens in its place may. */
bool cf_client_daemon_runs (const char *home);
/* The process that holds HOME (NULL: as above), also one that is about to end; 0: none. */
pid_t cf_client_daemon_pid (const char *home);

#endif
