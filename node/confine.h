/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confine.h - a node gives up what it does not need, once it listens. */
#ifndef CF_NODE_CONFINE_H
#define CF_NODE_CONFINE_H

#include <stdbool.h>

/* No new privileges, no other programs, no dialling out, no memory that can be executed: what is not on the list of
   system calls fails with EPERM.  False: this system, or this build, cannot do that. */
bool cf_node_confine (void);

#endif
