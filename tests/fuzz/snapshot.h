/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snapshot.h - build a world once, begin every run with it; see snapshot.c.
 *
 *   fuzz_snapshot_add (&world, sizeof world);
 *   every run: fuzz_snapshot_begin (0, build, NULL); ... fuzz_arena_leave ();
 */
#ifndef CF_TESTS_FUZZ_SNAPSHOT_H
#define CF_TESTS_FUZZ_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#define FUZZ_SNAPSHOTS_MAX 32 /* worlds, from 0; each is built on its own */

/* False: memory cannot be restored, and every run builds its world; whoever built it frees it. */
extern const bool fuzz_snapshots;

/* Variables that belong to a world; all of them before the first one is built. */
void fuzz_snapshot_add (void *p, size_t len);
/* The data of a shared library whose file name contains NAME. */
void fuzz_snapshot_add_library (const char *name);
/* Begin a run in world WHICH, which BUILD builds, always by the same steps: all memory is of that world until
   fuzz_arena_leave ends the run.  It is built anew after some runs; END gives back what of it is not memory, before that
   and when the program exits; or NULL. */
void fuzz_snapshot_begin (int which, void (*build) (int which), void (*end) (void));
void fuzz_arena_leave (void);

#endif
