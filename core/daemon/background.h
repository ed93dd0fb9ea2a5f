/* SPDX-License-Identifier: GPL-3.0-or-later */
/* background.h - leaving the terminal: the starter waits until the daemon is ready, or has said why it is not. */
#ifndef CF_CORE_DAEMON_BACKGROUND_H
#define CF_CORE_DAEMON_BACKGROUND_H

#include "base/err.h"

/* Returns in the daemon; the starter waits in it and exits as the daemon says.  *R_FD is for ready. */
gpg_error_t cf_background_enter (int *r_fd) CF_MUST_CHECK;
/* The starter may go: standard streams are let go as well. */
void cf_background_ready (int fd);

/* The listening Unix socket that the service manager has handed over, or -1: the first of those it says are for this
   process, and nothing if that is none.  Children hear nothing of them. */
int cf_background_inherited (void);

#endif
