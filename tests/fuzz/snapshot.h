/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snapshot.h - build a world once, begin every run with it; see snapshot.c.
 *
 *   fuzz_snapshot_add (&world, sizeof world);
 *   fuzz_arena (true); ...build... fuzz_arena (false); fuzz_snapshot_take (0);
 *   every run: fuzz_snapshot_restore (0); fuzz_arena (true); ... fuzz_arena (false);
 */
#ifndef CF_TESTS_FUZZ_SNAPSHOT_H
#define CF_TESTS_FUZZ_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#define FUZZ_SNAPSHOTS_MAX 4

/* False: the functions below do nothing, and every run builds and frees its world. */
extern const bool fuzz_snapshots;

void fuzz_arena (bool on);
/* Variables that belong to the world. */
void fuzz_snapshot_add (void *p, size_t len);
/* The data of a shared library whose file name contains NAME. */
void fuzz_snapshot_add_library (const char *name);
void fuzz_snapshot_take (int which);
void fuzz_snapshot_restore (int which);

#endif
