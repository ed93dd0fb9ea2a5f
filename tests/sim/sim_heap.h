/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_heap.h - a heap that refuses one allocation of the code under test, when it is told to.
 *
 * For programs linked with the starved libraries (tests/local.mk): copies of ours in which malloc, calloc, strdup,
 * strndup, vasprintf, realpath and sodium_malloc are those of sim_heap.c, as are jansson's.  What the simulator, SQLite and the
 * other libraries take for themselves is always given.
 */
#ifndef CF_TESTS_SIM_SIM_HEAP_H
#define CF_TESTS_SIM_SIM_HEAP_H

#include <stdbool.h>
#include <stdint.h>

/* From here on the Nth allocation (from 1) is refused, once; 0: none.  No longer holds. */
void sim_heap_fail (uint64_t n);
bool sim_heap_met (void); /* has it been? */
void sim_heap_hold (bool hold); /* none is refused while the test itself looks, and none counts */

#endif
