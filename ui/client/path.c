/* SPDX-License-Identifier: GPL-3.0-or-later */
/* path.c - see path.h. */

#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "ui/client/path.h"

/* TYPED from the root on, as it is. */
static char *
from_root (const char *typed, bool tilde)
{
  const char *home = getenv ("HOME");
  char *cwd, *path;

  if (tilde && home && (!strcmp (typed, "~") || !strncmp (typed, "~/", 2)))
    return cf_sprintf ("%s%s", home, typed + 1);
  if (*typed == '/')
    return strdup (typed);
  cwd = getcwd (NULL, 0);
  path = cwd ? cf_sprintf ("%s/%s", strcmp (cwd, "/") ? cwd : "", typed) : NULL;
  free (cwd);
  return path;
}

char *
cf_client_path (const char *typed, bool tilde)
{
  char *path = from_root (typed, tilde), *real;
  const char *last;

  if (!path)
    return NULL;
  for (size_t len = strlen (path); len > 1 && path[len - 1] == '/'; len--)
    path[len - 1] = 0;
  last = strrchr (path, '/') + 1;
  real = !strcmp (last, ".") || !strcmp (last, "..") ? realpath (path, NULL) : NULL;
  if (!real)
    return path;
  free (path);
  return real;
}
