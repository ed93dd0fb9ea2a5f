/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawn.c - finding and starting confabd. */

#include <config.h>

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/text.h"
#include "ui/client/spawn.h"

#define STEP_NS 20000000  /* 20 ms */
#define OTHERS_TRIES 50   /* a second, after the daemon that we started has itself waited for the home */

extern char **environ;

/* confabd beside the running program, if it is there. */
static char *
beside_us (void)
{
  char self[PATH_MAX], *slash, *path;
  ssize_t n = readlink ("/proc/self/exe", self, sizeof self - 1);

  if (n <= 0)
    return NULL;
  self[n] = 0;
  slash = strrchr (self, '/');
  if (!slash)
    return NULL;
  *slash = 0;
  path = cf_paths_join (self, "confabd");
  if (path && access (path, X_OK)) {
    free (path);
    path = NULL;
  }
  return path;
}

/* What the daemon complained of, on our standard error. */
static void
pass_on (FILE *said)
{
  char buf[1024];
  size_t n;

  rewind (said);
  while ((n = fread (buf, 1, sizeof buf, said)))
    fwrite (buf, 1, n, stderr);
}

/* Run ARGV until it has gone into the background, or failed.  SAID takes its standard error. */
static gpg_error_t
run (const char *path, char *const argv[], FILE *said, int *r_status)
{
  posix_spawn_file_actions_t actions;
  pid_t pid;
  int rc = posix_spawn_file_actions_init (&actions);

  if (rc)
    return cf_err (gpg_err_code_from_errno (rc));
  rc = posix_spawn_file_actions_adddup2 (&actions, fileno (said), STDERR_FILENO);
  if (!rc)
    rc = posix_spawnp (&pid, path, &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy (&actions);
  if (rc)
    return cf_err (gpg_err_code_from_errno (rc));
  while (waitpid (pid, r_status, 0) < 0)
    if (errno != EINTR)
      return cf_err_errno ();
  return 0;
}

gpg_error_t
cf_client_spawn (const char *home, bool (*runs) (void *arg), void *arg)
{
  char *path = beside_us ();
  char name[] = "confabd", option[] = "--home", *copy = strdup (home);
  char *argv[] = { name, option, copy, NULL };
  gpg_error_t err = 0;
  FILE *said = tmpfile ();
  int status;

  if (!path && access (CF_BINDIR "/confabd", X_OK) == 0)
    path = strdup (CF_BINDIR "/confabd");
  if (!path)
    path = strdup ("confabd");
  if (!path || !copy || !said) {
    err = said ? cf_err (GPG_ERR_ENOMEM) : cf_err_errno ();
    goto leave;
  }
  err = run (path, argv, said, &status);
  if (err || (WIFEXITED (status) && !WEXITSTATUS (status)))
    goto leave;
  /* Two clients came at once: the other one's daemon holds the home, and will listen soon. */
  for (int i = 0; i < OTHERS_TRIES && WIFEXITED (status) && WEXITSTATUS (status) == CF_EXIT_USER; i++) {
    if (runs (arg))
      goto leave;
    nanosleep (&(struct timespec) { .tv_nsec = STEP_NS }, NULL);
  }
  pass_on (said);
  err = cf_err (WIFEXITED (status) && WEXITSTATUS (status) == 127 ? GPG_ERR_ENOENT : GPG_ERR_GENERAL);

leave:
  if (said)
    fclose (said);
  free (path);
  free (copy);
  return err;
}
