/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snapshot.h - build a world once, begin every run with it; see snapshot.c.
 *
 *   fuzz_snapshot_add (&world, sizeof world);
 *   fuzz_arena_enter (0); ...build... fuzz_arena_leave (); fuzz_snapshot_take (0);
 *   every run: fuzz_snapshot_restore (0); fuzz_arena_enter (0); ... fuzz_arena_leave ();
 */
#ifndef CF_TESTS_FUZZ_SNAPSHOT_H
#define CF_TESTS_FUZZ_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#define FUZZ_SNAPSHOTS_MAX 32 /* worlds, from 0; each is built on its own */

/* False: the functions below do nothing, and every run builds and frees its world. */
extern const bool fuzz_snapshots;

/* Variables that belong to a world; all of them before the first one is built. */
void fuzz_snapshot_add (void *p, size_t len);
/* The data of a shared library whose file name contains NAME. */
void fuzz_snapshot_add_library (const char *name);
/* Memory is of world WHICH until it is left. */
void fuzz_arena_enter (int which);
void fuzz_arena_leave (void);
/* As it is now; instead of one that was taken before. */
void fuzz_snapshot_take (int which);
void fuzz_snapshot_restore (int which);
/* World WHICH, whose memory nobody needs any more, is gone; where runs wrote to it lies together in the next one that is
   built there, by the same steps. */
void fuzz_snapshot_drop (int which);

/* All of that, for worlds that are nothing but memory: begin a run in WHICH, which BUILD builds; fuzz_arena_leave ends
   it.  Where memory cannot be restored it is built each time, and whoever built it frees it. */
void fuzz_snapshot_begin (int which, void (*build) (int which));

#endif
