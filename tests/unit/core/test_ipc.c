/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_ipc.c - who is turned away at the local interface, and what is counted then. */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/commands.h"
#include "core/ipc/connection.h"

#define ROW_LEN 60000

/* --- verbs of our own in place of commands.c's, and what the server needs of the rest --- */

static gpg_error_t flood_err;

/* Rows until nobody takes them any more. */
static void
run_flood (struct cf_command *cmd)
{
  static char row[ROW_LEN + 1];

  memset (row, 'x', ROW_LEN);
  flood_err = 0;
  for (size_t sent = 0; !flood_err && sent < 2 * CF_IPC_QUEUE_MAX; sent += ROW_LEN)
    flood_err = cf_command_row (cmd, json_pack ("{s:s}", "row", row));
  cf_command_done (cmd, flood_err);
}

static const struct cf_command_def verbs[] = {
  { "FLOOD", "FLOOD", "", NULL, 0, 0, false, run_flood, 0 },
  { .verb = NULL },
};
const struct cf_command_def *const cf_command_tables[] = { verbs, NULL };

void
cf_gpg_set_prompt (struct cf_gpg *gpg, const char *display, const char *ttyname, const char *ttytype, const char *lc_ctype)
{
  (void) gpg, (void) display, (void) ttyname, (void) ttytype, (void) lc_ctype;
}

static bool is_another;

/* Whom the server takes itself for; the kernel says who the clients are. */
uid_t
geteuid (void)
{
  return is_another ? getuid () + 1 : getuid ();
}

/* --- a server --- */

struct fixture {
  struct cf_env env;
  struct cf_core core;
  struct event_base *base;
  struct cf_ipc *ipc;
  char dir[32], path[64];
};

static int
setup (void **state)
{
  struct fixture *f = calloc (1, sizeof *f);

  assert_non_null (f);
  signal (SIGPIPE, SIG_IGN); /* as confabd does */
  is_another = false;
  cf_env_system_init (&f->env, CF_LOG_ERROR);
  f->core.env = &f->env;
  f->core.state = CF_CORE_READY;
  f->base = event_base_new ();
  strcpy (f->dir, "/tmp/cf-ipc.XXXXXX");
  assert_non_null (mkdtemp (f->dir));
  snprintf (f->path, sizeof f->path, "%s/S", f->dir);
  assert_int_equal (cf_ipc_new (&f->core, f->base, f->path, -1, &f->ipc), 0);
  *state = f;
  return 0;
}

static int
teardown (void **state)
{
  struct fixture *f = *state;

  cf_ipc_free (f->ipc);
  event_base_free (f->base);
  assert_int_equal (rmdir (f->dir), 0);
  free (f);
  return 0;
}

/* Until nothing is to be done: all clients are in this process. */
static void
serve (struct fixture *f)
{
  for (int i = 0; i < 5; i++)
    event_base_loop (f->base, EVLOOP_NONBLOCK);
}

static int
client (struct fixture *f)
{
  struct sockaddr_un addr = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  assert_true (fd >= 0);
  strcpy (addr.sun_path, f->path);
  assert_int_equal (connect (fd, (struct sockaddr *) &addr, sizeof addr), 0);
  serve (f);
  return fd;
}

/* Has the server hung up on FD?  What it has said goes by. */
static bool
is_gone (int fd)
{
  char buf[4096];
  ssize_t n;

  while ((n = recv (fd, buf, sizeof buf, MSG_DONTWAIT)) > 0)
    ;
  return n == 0 || errno == ECONNRESET; /* what it had not read is lost with it */
}

static void
write_line (struct fixture *f, int fd, const char *line, size_t len)
{
  assert_int_equal (send (fd, line, len, MSG_NOSIGNAL), len);
  serve (f);
}

static void
test_another_user (void **state)
{
  struct fixture *f = *state;
  int fd;

  is_another = true;
  fd = client (f);
  assert_true (is_gone (fd));
  assert_int_equal (f->env.refused[CF_REFUSED_CLIENT_USER], 1);
  assert_int_equal (f->ipc->count, 0);
  close (fd);
}

static void
test_too_many (void **state)
{
  struct fixture *f = *state;
  int fds[CF_IPC_CLIENTS_MAX], late;

  for (size_t i = 0; i < CF_IPC_CLIENTS_MAX; i++)
    fds[i] = client (f);
  late = client (f);
  assert_true (is_gone (late));
  close (late);
  assert_int_equal (f->env.refused[CF_REFUSED_CLIENT_FULL], 1);
  close (fds[3]); /* one goes, another may come */
  serve (f);
  fds[3] = client (f);
  assert_int_equal (f->env.refused[CF_REFUSED_CLIENT_FULL], 1);
  for (size_t i = 0; i < CF_IPC_CLIENTS_MAX; i++) {
    assert_false (is_gone (fds[i]));
    close (fds[i]);
  }
  serve (f);
  assert_int_equal (f->ipc->count, 0);
}

static void
test_broken_lines (void **state)
{
  struct fixture *f = *state;
  char line[2000];
  int fd = client (f);

  memset (line, 'A', sizeof line); /* longer than Assuan allows */
  line[sizeof line - 1] = '\n';
  write_line (f, fd, line, sizeof line);
  assert_int_equal (f->env.refused[CF_REFUSED_CLIENT_BROKEN], 1);
  assert_true (is_gone (fd));
  close (fd);
  assert_int_equal (f->ipc->count, 0);
}

/* A client that asks for much and reads nothing is dropped; the next one is served. */
static void
test_unread (void **state)
{
  struct fixture *f = *state;
  int fd = client (f), next;

  write_line (f, fd, "FLOOD\n", 6);
  assert_int_equal (f->env.refused[CF_REFUSED_CLIENT_UNREAD], 1);
  assert_int_not_equal (flood_err, 0);
  assert_int_equal (f->ipc->count, 0);
  next = client (f);
  assert_false (is_gone (next));
  close (next);
  close (fd);
  serve (f);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_another_user, setup, teardown),
    cmocka_unit_test_setup_teardown (test_too_many, setup, teardown),
    cmocka_unit_test_setup_teardown (test_broken_lines, setup, teardown),
    cmocka_unit_test_setup_teardown (test_unread, setup, teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
