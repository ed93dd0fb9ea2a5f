/* SPDX-License-Identifier: GPL-3.0-or-later */
/* helper.h - a process of ours on libevent that speaks lines: core/helper.h for confabd. */
#ifndef CF_CORE_DAEMON_HELPER_H
#define CF_CORE_DAEMON_HELPER_H

#include <event2/event.h>

#include "base/env.h"
#include "core/helper.h"

/* PROGRAM (static), beside this one or where programs are installed. */
gpg_error_t cf_process_helper_new (struct cf_env *env, struct event_base *base, const char *program,
                                   struct cf_helper **r_helper) CF_MUST_CHECK;
/* Gives what was stopped a moment to finish: no longer, however long that would take. */
void cf_process_helper_free (struct cf_helper *helper);

#endif
