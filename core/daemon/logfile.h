/* SPDX-License-Identifier: GPL-3.0-or-later */
/* logfile.h - HOME/confabd.log: what a daemon in the background has to say. */
#ifndef CF_CORE_DAEMON_LOGFILE_H
#define CF_CORE_DAEMON_LOGFILE_H

#include "base/env.h"

#define CF_LOGFILE_MAX (1024 * 1024) /* then it becomes confabd.log.1 */

struct cf_logfile;

gpg_error_t cf_logfile_open (const char *home, struct cf_env *env, struct cf_logfile **r_log) CF_MUST_CHECK;
void cf_logfile_close (struct cf_logfile *log); /* ENV has to be given another log first */
/* Somebody has moved the file away. */
void cf_logfile_reopen (struct cf_logfile *log);

#endif
