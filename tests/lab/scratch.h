/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scratch.h - throw-away directories, which are removed also when their test was killed.
 *
 * Whoever has one holds a lock on it, which the kernel drops with the process (a process id would not do: stories run in
 * namespaces of their own).  The first directory of a process removes those that nobody holds any more.  scratch.py is the
 * same for Python.
 */
#ifndef CF_TESTS_LAB_SCRATCH_H
#define CF_TESTS_LAB_SCRATCH_H

#include <stdbool.h>

struct scratch {
  char dir[32]; /* its path: short, since sockets are in it; set, as long as it is there */
  int fd;       /* with the lock */
};

/* A new empty directory of ours alone: in memory, where there is /dev/shm, or below /tmp.  Aborts when there is none. */
void scratch_make (struct scratch *scratch, bool in_memory);

/* With all that is in it, following nothing. */
void scratch_remove (struct scratch *scratch);

#endif
