/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client.h - talking to the daemon: what every client of Confab stands on.
 *
 * A call is a verb and words; its rows come as JSON objects, its inquiries are
 * answered by a callback.  Clients hold nothing: no keys, no history, no
 * network.  With cf_client_start and cf_client_step a loop can drive it (wait
 * for cf_client_fd to be readable); cf_client_call does so with poll.
 */
#ifndef CF_UI_CLIENT_CLIENT_H
#define CF_UI_CLIENT_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

struct cf_client;

struct cf_client_config {
  const char *home;      /* NULL: CONFAB_HOME or the default */
  bool start_daemon;     /* start confabd if it does not run */
};

/* Errors: ECONNREFUSED (no daemon, and not told to start one), GPG_ERR_ENOENT (no confabd found),
   GPG_ERR_GENERAL (it would not start: it has said why on stderr), others. */
gpg_error_t cf_client_connect (const struct cf_client_config *config, struct cf_client **r_client) CF_MUST_CHECK;
void cf_client_free (struct cf_client *client);

/* What the daemon said of a failure; strings are owned by the client until its next call. */
struct cf_client_error {
  gpg_error_t err;
  const char *name, *message, *hint;
};

struct cf_client_handler {
  /* ROW is borrowed.  An error ends the call by closing the connection. */
  gpg_error_t (*row) (void *arg, json_t *row);
  /* The daemon asks for KEYWORD ("PASSWORD", "TEXT", "KEY"): give bytes that the client wipes and frees.
     An error cancels the command. */
  gpg_error_t (*inquire) (void *arg, const char *keyword, char **r_data, size_t *r_len);
};

/* WORDS (until NULL): options "--name" or "--name=value" first, then arguments; escaped here.
   Returns once the line has left.  Errors: EPIPE and others when the daemon has gone. */
gpg_error_t cf_client_start (struct cf_client *client, const char *verb, const char *const *words,
                             const struct cf_client_handler *handler, void *arg) CF_MUST_CHECK;
/* Handle one line that has come; *R_ENDED when the call is over, then *R_ERROR says how. */
gpg_error_t cf_client_step (struct cf_client *client, bool *r_ended, struct cf_client_error *r_error) CF_MUST_CHECK;
int cf_client_fd (const struct cf_client *client);
bool cf_client_pending (const struct cf_client *client); /* a line is there without reading */

/* Start and step to the end.  TIMEOUT_MS < 0: for ever; when it runs out: GPG_ERR_TIMEOUT, and the connection is
   closed, which tells the daemon.  A daemon that is locked is asked to unlock first. */
gpg_error_t cf_client_call (struct cf_client *client, const char *verb, const char *const *words,
                            const struct cf_client_handler *handler, void *arg, int timeout_ms,
                            struct cf_client_error *r_error) CF_MUST_CHECK;

/* Is a daemon running for HOME?  Never starts one. */
bool cf_client_daemon_runs (const char *home);

#endif
