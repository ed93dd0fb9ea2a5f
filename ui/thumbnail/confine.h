/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confine.h - give up everything but reading fd 0 and writing fd 1. */
#ifndef CF_UI_THUMBNAIL_CONFINE_H
#define CF_UI_THUMBNAIL_CONFINE_H

#include <stdbool.h>

#define CF_CONFINED_SECONDS 5                        /* of time, and of a processor's time */
#define CF_CONFINED_MEMORY (512ul * 1024 * 1024)     /* bytes of address space */

/* For good, and for all of the process: no file is opened, no socket, no program or code loaded, no process seen, and
   time and memory end.  Whatever is tried ends the process (SIGSYS).  False: it could not be had; do not go on. */
bool cf_confine (void);

#endif
