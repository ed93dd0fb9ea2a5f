/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawn.h - starting the daemon on demand. */
#ifndef CF_UI_CLIENT_SPAWN_H
#define CF_UI_CLIENT_SPAWN_H

#include <stdbool.h>

#include "base/err.h"

/* Run "confabd --home HOME" and wait until it says that it listens (it goes into the background then).
   It is looked for beside this program, where it was installed, and in PATH.  When another client was faster, RUNS (ARG)
   is asked until it says that the other one's daemon answers.
   Errors: GPG_ERR_ENOENT, GPG_ERR_GENERAL (its own words are on stderr then). */
gpg_error_t cf_client_spawn (const char *home, bool (*runs) (void *arg), void *arg) CF_MUST_CHECK;

#endif
