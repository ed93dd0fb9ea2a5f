/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confine.h - who reads a router's XML gives up everything else: files, programs, other processes. */
#ifndef CF_PORTMAP_CONFINE_H
#define CF_PORTMAP_CONFINE_H

#include <stdbool.h>

#define CF_CONFINED_MEMORY (64ul * 1024 * 1024) /* all that is mapped, libraries included */
#define CF_CONFINED_FILES 16

/* False: this machine does not permit it, and nothing may be read from the network. */
bool cf_portmap_confine (void);

#endif
