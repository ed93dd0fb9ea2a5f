/* SPDX-License-Identifier: GPL-3.0-or-later */
/* must.h - memory and strings for the terminal client, which ends when there is none (a user interface may). */
#ifndef CF_UI_TUI_MUST_H
#define CF_UI_TUI_MUST_H

#include <stddef.h>

#include "base/err.h"

void *cf_must (void *mem);                                  /* MEM, or the end of the program */
char *cf_must_copy (const char *text);                      /* caller frees */
char *cf_must_print (const char *fmt, ...) CF_PRINTF (1, 2); /* caller frees */
/* Make *R_ARRAY hold at least COUNT elements of SIZE; *R_ROOM is how many it holds. */
void cf_must_grow (void *r_array, size_t *r_room, size_t count, size_t size);
/* What is run before the program ends for want of memory: the terminal as it was.  NULL: nothing. */
void cf_must_at_end (void (*end) (void));

#endif
