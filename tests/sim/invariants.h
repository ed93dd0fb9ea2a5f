/* SPDX-License-Identifier: GPL-3.0-or-later */
/* invariants.h - what must hold in a world of honest nodes at every moment, whatever happens to them.
 *
 *   sequences   nobody takes what was not written; what was taken, written or acknowledged never becomes less, also
 *               over a crash; who has taken the last entry has the very entry
 *   keys        a conversation keeps its person and both keys, and both sides name the same ones
 *   states      closed stays closed
 *   deadlines   whatever waits has a timer that ends the waiting, or waits for a person
 */
#ifndef CF_TESTS_SIM_INVARIANTS_H
#define CF_TESTS_SIM_INVARIANTS_H

#include "tests/sim/sim.h"

struct invariants;

/* Watches SIM from now on, after each turn.  What does not hold fails the running test, TELL (ARG) having said where. */
struct invariants *invariants_new (struct sim *sim, void (*tell) (void *arg), void *arg);
/* How often it has looked. */
uint64_t invariants_looks (const struct invariants *v);
void invariants_free (struct invariants *v);

#endif
