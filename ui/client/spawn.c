/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawn.c - finding and starting confabd. */

#include <config.h>

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/text.h"
#include "ui/client/spawn.h"

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

gpg_error_t
cf_client_spawn (const char *home)
{
  char *path = beside_us ();
  char name[] = "confabd", option[] = "--home", *copy = strdup (home);
  char *argv[] = { name, option, copy, NULL };
  gpg_error_t err = 0;
  int status, rc;
  pid_t pid;

  if (!path && access (CF_BINDIR "/confabd", X_OK) == 0)
    path = strdup (CF_BINDIR "/confabd");
  if (!path)
    path = strdup ("confabd");
  if (!path || !copy) {
    err = cf_err (GPG_ERR_ENOMEM);
    goto leave;
  }
  rc = posix_spawnp (&pid, path, NULL, NULL, argv, environ);
  if (rc) {
    err = cf_err (gpg_err_code_from_errno (rc));
    goto leave;
  }
  while (waitpid (pid, &status, 0) < 0)
    if (errno != EINTR) {
      err = cf_err_errno ();
      goto leave;
    }
  if (!WIFEXITED (status) || WEXITSTATUS (status))
    err = cf_err (WIFEXITED (status) && WEXITSTATUS (status) == 127 ? GPG_ERR_ENOENT : GPG_ERR_GENERAL);

leave:
  free (path);
  free (copy);
  return err;
}
