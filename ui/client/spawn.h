/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawn.h - starting the daemon on demand, without waiting for it. */
#ifndef CF_UI_CLIENT_SPAWN_H
#define CF_UI_CLIENT_SPAWN_H

#include "base/err.h"

struct cf_spawn;

/* Where PROGRAM, one of ours, is: beside this one, where it was installed, or else its name, to be looked for in PATH.
   Caller frees; NULL: no memory. */
char *cf_spawn_find (const char *program);

/* Run "confabd --home HOME", which goes into the background once it listens.  It is looked for beside this program,
   where it was installed, and in PATH.  Errors: ENOENT (there is none), the system's. */
gpg_error_t cf_spawn_new (const char *home, struct cf_spawn **r_spawn) CF_MUST_CHECK;
/* A daemon that is not done starting goes on.  NULL is fine. */
void cf_spawn_free (struct cf_spawn *spawn);
/* Readable when it listens, or has failed. */
int cf_spawn_fd (const struct cf_spawn *spawn);
/* Once it is readable: has it come to listen?  Errors: ENOENT (there is none); CF_ERR_RUNNING (it took the command amiss,
   or another one holds the home and will listen soon, when two clients came at once); GENERAL (it would not start). */
gpg_error_t cf_spawn_end (struct cf_spawn *spawn) CF_MUST_CHECK;
/* After an error: its own words, without a newline at the end; "" when there are none. */
const char *cf_spawn_said (const struct cf_spawn *spawn);

#endif
