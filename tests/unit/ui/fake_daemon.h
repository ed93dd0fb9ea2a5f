/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake_daemon.h - a daemon played by the test, in the test's own process: it says what it is told to say.
 *
 * It greets, takes OPTIONs, answers STATUS with a row of its own and keeps the
 * connection that EVENTS came on; every other line goes to the test.  It only
 * moves in fake_turn.
 */
#ifndef CF_TESTS_UNIT_UI_FAKE_DAEMON_H
#define CF_TESTS_UNIT_UI_FAKE_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tests/lab/scratch.h"

#define FAKE_CONNS_MAX 32

struct fake;

struct fake_conn {
  struct fake *fake;
  int fd; /* < 0: there is none */
  char in[8192];
  size_t in_len;
  char *out; /* what waits to be written */
  size_t out_len;
};

struct fake {
  struct scratch scratch;
  const char *home; /* scratch's */
  char *socket;
  int listen_fd; /* < 0: it does not run */
  struct fake_conn conns[FAKE_CONNS_MAX];
  /* A line came.  False: "OK" is the answer. */
  bool (*line) (void *arg, struct fake_conn *conn, const char *line);
  void *arg;
  const char *state;        /* that STATUS says: "ready" at first */
  int64_t cursor;           /* the same */
  unsigned statuses;        /* how often it was asked */
  struct fake_conn *events; /* where they are followed, or NULL */
  int64_t since;            /* from where */
  unsigned accepted;        /* connections so far */
};

struct fake *fake_new (bool (*line) (void *arg, struct fake_conn *conn, const char *line), void *arg); /* runs */
void fake_free (struct fake *fake);
void fake_start (struct fake *fake);
void fake_stop (struct fake *fake); /* as if it were killed */
/* Wait until FD can be read, or something comes, at most for a moment; then deal with what came. */
void fake_turn (struct fake *fake, int fd);

void fake_say (struct fake_conn *conn, const char *fmt, ...) CF_PRINTF (2, 3); /* and a newline */
void fake_raw (struct fake_conn *conn, const char *data, size_t len);
/* A row, as the daemon writes it. */
void fake_row (struct fake_conn *conn, const char *json);
/* An event: its kind and its other fields ("\"a\":1"); the next cursor if it is DURABLE. */
void fake_event (struct fake *fake, bool durable, const char *kind, const char *fields);
void fake_hang_up (struct fake_conn *conn);
/* ERR for code E, with S ERROR before it. */
void fake_error (struct fake_conn *conn, gpg_err_code_t e, const char *name, const char *message, const char *hint);

int64_t fake_now_ms (void);
/* Turn until COND, or fail. */
#define FAKE_WAIT(fake, session, cond)                                                                               \
  do {                                                                                                               \
    int64_t deadline_ = fake_now_ms () + 10000;                                                                      \
    while (!(cond)) {                                                                                                \
      assert_true (fake_now_ms () < deadline_);                                                                      \
      fake_turn (fake, cf_session_fd (session));                                                                     \
      cf_session_dispatch (session);                                                                                 \
    }                                                                                                                \
  } while (0)

#endif
