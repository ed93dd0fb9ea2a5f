/* SPDX-License-Identifier: GPL-3.0-or-later */
/* demo_world.c - a throw-away person: made quickly, removed for certain.
 *
 * Whatever ends the program, its own guard is left: a process that waits for
 * the end of a pipe, and then ends the daemon and the agents and removes the
 * files.  Nobody else removes anything.
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/paths.h"
#include "ui/cli/demo.h"

#define PLACE_MAX 40          /* bytes of the directory around ours: sockets have short paths */
#define STEP_NS 20000000      /* 20 ms */
#define DAEMON_STEPS 500      /* ten seconds for the daemon to end, before it is made to */
#define CONFIG_MAX (64 * 1024)

extern char **environ;

/* Run ARGV unheard; its exit status, or -1. */
static int
run (const char *const *argv)
{
  posix_spawn_file_actions_t actions;
  int status = -1, rc;
  pid_t pid;

  if (posix_spawn_file_actions_init (&actions))
    return -1;
  rc = posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
  for (int fd = STDOUT_FILENO; !rc && fd <= STDERR_FILENO; fd++)
    rc = posix_spawn_file_actions_adddup2 (&actions, STDIN_FILENO, fd);
  if (!rc)
    rc = posix_spawnp (&pid, argv[0], &actions, NULL, (char *const *) (uintptr_t) argv, environ);
  posix_spawn_file_actions_destroy (&actions);
  if (rc)
    return -1;
  while (waitpid (pid, &status, 0) < 0)
    if (errno != EINTR)
      return -1;
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

/* ---- the guard ---- */

static void
end_daemon (const char *home)
{
  static const struct timespec step = { .tv_nsec = STEP_NS };
  pid_t pid;

  for (int i = 0; i < 2 * DAEMON_STEPS && (pid = cf_client_daemon_pid (home)) > 0; i++) {
    if (i == 0 || i == DAEMON_STEPS)
      kill (pid, i ? SIGKILL : SIGTERM);
    nanosleep (&step, NULL);
  }
}

static void
end_agents (const char *gnupg_home)
{
  const char *const end[] = { "gpgconf", "--homedir", gnupg_home, "--kill", "all", NULL };
  const char *const sockets[] = { "gpgconf", "--homedir", gnupg_home, "--remove-socketdir", NULL };

  if (access (gnupg_home, F_OK))
    return;
  run (end);
  run (sockets);
}

static int
remove_one (const char *path, const struct stat *st, int kind, struct FTW *where)
{
  (void) st;
  (void) kind;
  (void) where;
  remove (path);
  return 0;
}

static void guard (const struct cf_demo_world *world, int fd) __attribute__ ((noreturn));

static void
guard (const struct cf_demo_world *world, int fd)
{
  static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
  char byte, *identity = cf_paths_join (world->dir, "g"), *own = cf_paths_join (world->home, "gnupg");
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  ssize_t n;

  setsid ();
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
    signal (ignored[i], SIG_IGN);
  for (int i = STDIN_FILENO; null >= 0 && i <= STDERR_FILENO; i++)
    dup2 (null, i); /* nobody shall wait for our end of a pipe */
  do
    n = read (fd, &byte, 1);
  while (n > 0 || (n < 0 && errno == EINTR));
  end_daemon (world->home);
  if (own)
    end_agents (own);
  if (identity)
    end_agents (identity);
  nftw (world->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  _exit (0);
}

static gpg_error_t
begin_guard (struct cf_demo_world *world)
{
  int fds[2];

  if (pipe2 (fds, O_CLOEXEC))
    return cf_err_errno ();
  world->guard = fork ();
  if (world->guard == 0) {
    close (fds[1]);
    guard (world, fds[0]);
  }
  close (fds[0]);
  world->guard_fd = fds[1];
  if (world->guard < 0) {
    gpg_error_t err = cf_err_errno ();

    close (fds[1]);
    world->guard_fd = -1;
    rmdir (world->dir);
    return err;
  }
  return 0;
}

/* ---- the world ---- */

/* Where nothing is left of it after the power went, if there is such a place. */
static gpg_error_t
make_dir (struct cf_demo_world *world)
{
  const char *places[] = { getenv ("XDG_RUNTIME_DIR"), getenv ("TMPDIR"), "/tmp" };

  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    if (!places[i] || places[i][0] != '/' || strlen (places[i]) > PLACE_MAX)
      continue;
    world->dir = cf_cli_sprintf ("%s/confab-demo.XXXXXX", places[i]);
    if (mkdtemp (world->dir))
      return 0;
    free (world->dir);
    world->dir = NULL;
  }
  return cf_err_errno ();
}

static void
be (const struct cf_demo_world *world)
{
  static const char *const gone[] = { "CONFAB_HOME", "XDG_DATA_HOME", "DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY" };
  static const struct { const char *name, *sub; } ours[] = { { "GNUPGHOME", "g" }, { "XDG_RUNTIME_DIR", "r" } };

  for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
    unsetenv (gone[i]);
  setenv ("HOME", world->dir, 1);
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
    char *path = cf_cli_must (cf_paths_join (world->dir, ours[i].sub));

    mkdir (path, 0700); /* one that is missing is told by whoever needs it */
    setenv (ours[i].name, path, 1);
    free (path);
  }
}

/* Where the daemon of HOME asks "who's there", if its configuration says so: a line of ours; caller frees. */
static char *
discovery_line (const char *home)
{
  static const char option[] = "discovery-port";
  char *own = NULL, *path = NULL, *data = NULL, *line = NULL, *next;
  size_t len;

  if (!cf_paths_home (home, &own))
    path = cf_paths_join (own, "confabd.conf");
  if (path && !cf_file_read (path, CONFIG_MAX, &data, &len))
    for (char *p = data; p && !line; p = next) {
      next = strchr (p, '\n');
      if (next)
        *next++ = 0;
      p += strspn (p, " \t");
      if (!strncmp (p, option, sizeof option - 1))
        line = cf_cli_sprintf ("%s\n", p);
    }
  free (data);
  free (path);
  free (own);
  return line ? line : cf_cli_must (strdup (""));
}

static gpg_error_t
make_home (struct cf_demo_world *world, const char *discovery)
{
  char *path = cf_cli_must (cf_paths_join (world->home, "confabd.conf"));
  char *text = cf_cli_sprintf ("# Nobody but this machine is to see a demonstration.\nlisten 127.0.0.1:0\n%s", discovery);
  gpg_error_t err = cf_paths_private_dir (world->home);

  if (!err)
    err = cf_file_write (path, text, strlen (text));
  free (text);
  free (path);
  return err;
}

int
cf_demo_world_begin (struct cf_cli *cli, struct cf_demo_world *world)
{
  static const char *const make_key[] = { "gpg",          "--batch",        "--quiet",         "--pinentry-mode", "loopback",
                                          "--passphrase", "",               "--quick-gen-key", CF_DEMO_USER_ID,   "future-default",
                                          "default",      "never",          NULL };
  char *discovery = discovery_line (cli->home);
  gpg_error_t err;
  int code = 0;

  *world = (struct cf_demo_world) { .guard_fd = -1, .guard = -1 };
  err = make_dir (world);
  if (!err) {
    world->home = cf_cli_must (cf_paths_join (world->dir, "c"));
    err = begin_guard (world);
  }
  if (!err) {
    be (world);
    err = make_home (world, discovery);
  }
  if (err)
    code = cf_cli_fail (cli, err, NULL, _ ("A place for the demonstration cannot be made: %s"), gpg_strerror (err));
  else if (run (make_key))
    code = cf_cli_fail (cli, cf_err (GPG_ERR_INV_ENGINE), _ ("\"gpg --version\" says whether it is there"),
                        _ ("gpg could not make a key for the demonstration"));
  free (discovery);
  return code;
}

void
cf_demo_world_end (struct cf_demo_world *world)
{
  if (world->guard_fd >= 0) {
    close (world->guard_fd);
    while (waitpid (world->guard, NULL, 0) < 0 && errno == EINTR)
      ;
  }
  free (world->dir);
  free (world->home);
}
