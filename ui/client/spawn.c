/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawn.c - finding and starting confabd. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/text.h"
#include "ui/client/spawn.h"

#define SAID_MAX 1024

extern char **environ;

struct cf_spawn {
  pid_t pid;  /* 0: it has been waited for */
  int pid_fd; /* readable when it ends, or goes into the background */
  FILE *stderr_file;
  char said[SAID_MAX];
};

char *
cf_spawn_find (const char *program)
{
  char *path = cf_paths_program (program);

  return path ? path : strdup (program);
}

static gpg_error_t
run (struct cf_spawn *spawn, const char *path, char *const argv[])
{
  posix_spawn_file_actions_t actions;
  int rc = posix_spawn_file_actions_init (&actions);

  if (!rc) {
    rc = posix_spawn_file_actions_adddup2 (&actions, fileno (spawn->stderr_file), STDERR_FILENO);
    if (!rc)
      rc = posix_spawnp (&spawn->pid, path, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy (&actions);
  }
  if (rc) {
    spawn->pid = 0;
    return cf_err (gpg_err_code_from_errno (rc));
  }
  spawn->pid_fd = (int) syscall (SYS_pidfd_open, spawn->pid, 0);
  if (spawn->pid_fd < 0 && errno == ENOSYS) { /* before Linux 5.3, and under valgrind: wait here */
    siginfo_t info;

    while (waitid (P_PID, (id_t) spawn->pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
      ;
    spawn->pid_fd = eventfd (1, EFD_CLOEXEC);
  }
  return spawn->pid_fd < 0 ? cf_err_errno () : 0;
}

gpg_error_t
cf_spawn_new (const char *home, struct cf_spawn **r_spawn)
{
  struct cf_spawn *spawn = calloc (1, sizeof *spawn);
  char *path = cf_spawn_find ("confabd"), *copy = strdup (home);
  char name[] = "confabd", option[] = "--home";
  char *argv[] = { name, option, copy, NULL };
  gpg_error_t err;

  if (!spawn || !path || !copy) {
    err = cf_err (GPG_ERR_ENOMEM);
    goto leave;
  }
  spawn->pid_fd = -1;
  spawn->stderr_file = tmpfile ();
  if (!spawn->stderr_file || fcntl (fileno (spawn->stderr_file), F_SETFD, FD_CLOEXEC))
    err = cf_err_errno ();
  else
    err = run (spawn, path, argv);

leave:
  free (path);
  free (copy);
  if (err)
    cf_spawn_free (spawn);
  else
    *r_spawn = spawn;
  return err;
}

void
cf_spawn_free (struct cf_spawn *spawn)
{
  if (!spawn)
    return;
  if (spawn->pid)
    waitpid (spawn->pid, NULL, WNOHANG);
  if (spawn->pid_fd >= 0)
    close (spawn->pid_fd);
  if (spawn->stderr_file)
    fclose (spawn->stderr_file);
  free (spawn);
}

int
cf_spawn_fd (const struct cf_spawn *spawn)
{
  return spawn->pid_fd;
}

gpg_error_t
cf_spawn_end (struct cf_spawn *spawn)
{
  int status;
  size_t n;

  while (waitpid (spawn->pid, &status, 0) < 0)
    if (errno != EINTR)
      return cf_err_errno ();
  spawn->pid = 0;
  if (WIFEXITED (status) && !WEXITSTATUS (status))
    return 0;
  rewind (spawn->stderr_file);
  n = fread (spawn->said, 1, SAID_MAX - 1, spawn->stderr_file);
  while (n && spawn->said[n - 1] == '\n')
    n--;
  spawn->said[n] = 0;
  if (WIFEXITED (status) && WEXITSTATUS (status) == 127)
    return cf_err (GPG_ERR_ENOENT);
  return cf_err (WIFEXITED (status) && WEXITSTATUS (status) == CF_EXIT_USER ? CF_ERR_RUNNING : GPG_ERR_GENERAL);
}

const char *
cf_spawn_said (const struct cf_spawn *spawn)
{
  return spawn ? spawn->said : "";
}
