/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_disk.h - a disk in memory for SQLite that fails when it is told to, and forgets what was not synced.
 *
 * It takes the place of SQLite's own way to files for everything opened from sim_disk_new to sim_disk_free (a database
 * whose real file is not there, or is empty, is not there).  What a
 * file holds is kept twice: as programs see it, and as it is on the medium, with what was written since the last sync
 * in between.  Names, made or taken away, are on the medium when a new file is synced for the first time, as SQLite syncs
 * the directory then.
 */
#ifndef CF_TESTS_SIM_SIM_DISK_H
#define CF_TESTS_SIM_SIM_DISK_H

#include <stdbool.h>
#include <stdint.h>

enum sim_disk_fault {
  SIM_DISK_WELL,
  SIM_DISK_ERROR, /* one operation fails; a write that does may have written a part */
  SIM_DISK_FULL,  /* from there on nothing that writes finds room */
  SIM_DISK_GONE,  /* from there on nothing works: what asks is as good as dead, and the power may fail */
};

void sim_disk_new (uint64_t seed); /* secmem is set up */
void sim_disk_free (void); /* all files are closed */
/* From here on the Nth operation (from 1) on files whose path has PART in it meets FAULT.  WELL: all is mended.
   Operations are opening, locking, reading, writing, truncating, syncing and deleting. */
void sim_disk_fail (enum sim_disk_fault fault, const char *part, uint64_t n);
uint64_t sim_disk_count (void); /* operations since then */
void sim_disk_hold (bool hold); /* no fault while the test itself looks, and nothing counts */
bool sim_disk_met (void); /* has the fault been met? */
/* The power was off; all files with PART in their paths are closed.  They hold what was synced and, of what was written
   since, some: writes and parts of writes, in any order. */
void sim_disk_power (const char *part);

#endif
