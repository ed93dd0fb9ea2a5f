/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lock.h - one daemon a home. */
#ifndef CF_CORE_DAEMON_LOCK_H
#define CF_CORE_DAEMON_LOCK_H

#include <sys/types.h>

#include "base/err.h"

/* Hold HOME/lock until the process ends.  CF_ERR_RUNNING: *R_PID (0: not known) has it.  One that has it but has
   taken its SOCKET away is about to end and is waited for, five seconds; any other half a second. */
gpg_error_t cf_lock_home (const char *home, const char *socket, pid_t *r_pid) CF_MUST_CHECK;

#endif
