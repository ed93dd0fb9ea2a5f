/* SPDX-License-Identifier: GPL-3.0-or-later */
/* path.h - a path that a person typed, as the daemon wants it: the daemon stands in a directory of its own. */
#ifndef CF_UI_CLIENT_PATH_H
#define CF_UI_CLIENT_PATH_H

#include <stdbool.h>

/* TYPED from the root on, without slashes at its end.  Its last part stays as it is, so that a file goes under the name
   by which it is known here; only "." and ".." are looked up.  TILDE: no shell has seen it, so "~/" is the home.
   Caller frees; NULL: errno says why (no memory; a working directory that is gone). */
char *cf_client_path (const char *typed, bool tilde);

#endif
