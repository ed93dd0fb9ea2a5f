/* SPDX-License-Identifier: GPL-3.0-or-later */
/* background.c - leaving the terminal.
 *
 * The fork comes first, before any library has descriptors, locks or helpers
 * that would not survive it.  The starter waits at a pipe: one byte says that
 * the socket listens, the end of the pipe that the daemon has ended, after it
 * had printed why to the starter's stderr.
 */
#include "core/daemon/background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_INHERITED 3 /* SD_LISTEN_FDS_START */
#define INHERITED_MAX 64  /* far more than any unit of ours hands over */

static void wait_for_daemon (pid_t pid, int fd) __attribute__ ((noreturn));

static void
wait_for_daemon (pid_t pid, int fd)
{
  char byte;
  ssize_t n;
  int status;

  do
    n = read (fd, &byte, 1);
  while (n < 0 && errno == EINTR);
  if (n == 1)
    _exit (CF_EXIT_OK);
  while (waitpid (pid, &status, 0) < 0)
    if (errno != EINTR)
      _exit (CF_EXIT_UNEXPECTED);
  _exit (WIFEXITED (status) && WEXITSTATUS (status) ? WEXITSTATUS (status) : CF_EXIT_UNEXPECTED);
}

gpg_error_t
cf_background_enter (int *r_fd)
{
  gpg_error_t err;
  int fds[2];
  pid_t pid;

  if (pipe2 (fds, O_CLOEXEC))
    return cf_err_errno ();
  pid = fork ();
  if (pid < 0) {
    err = cf_err_errno ();
    close (fds[0]);
    close (fds[1]);
    return err;
  }
  if (pid > 0) {
    close (fds[1]);
    wait_for_daemon (pid, fds[0]);
  }
  close (fds[0]);
  setsid ();
  *r_fd = fds[1];
  return 0;
}

void
cf_background_ready (int fd)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  ssize_t n;

  if (null >= 0)
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
      dup2 (null, i);
  if (null > STDERR_FILENO)
    close (null);
  do
    n = write (fd, "", 1);
  while (n < 0 && errno == EINTR);
  close (fd);
}

static bool
is_option (int fd, int option, int wanted)
{
  int value = 0;
  socklen_t len = sizeof value;

  return !getsockopt (fd, SOL_SOCKET, option, &value, &len) && value == wanted;
}

/* A listening stream socket of this machine's: anything else would offer the local interface to who knows whom. */
static bool
is_ours (int fd)
{
  return is_option (fd, SO_DOMAIN, AF_UNIX) && is_option (fd, SO_TYPE, SOCK_STREAM) && is_option (fd, SO_ACCEPTCONN, 1);
}

int
cf_background_inherited (void)
{
  const char *pid = getenv ("LISTEN_PID"), *text = getenv ("LISTEN_FDS");
  long count = pid && text && strtol (pid, NULL, 10) == getpid () ? strtol (text, NULL, 10) : 0;
  int fd = -1;

  for (int i = 0; i < count && i < INHERITED_MAX; i++) /* gpg shall have none of them */
    if (fcntl (FIRST_INHERITED + i, F_SETFD, FD_CLOEXEC))
      count = 0;
  /* It may come blocking, and one accept too many would stop everything. */
  if (count > 0 && is_ours (FIRST_INHERITED) && !fcntl (FIRST_INHERITED, F_SETFL, O_NONBLOCK))
    fd = FIRST_INHERITED;
  /* Not for our children: gpg-agent would take them for its own. */
  unsetenv ("LISTEN_PID");
  unsetenv ("LISTEN_FDS");
  unsetenv ("LISTEN_FDNAMES");
  return fd;
}
