/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate_guess.h - how often somebody may guess a password, counted on disk before each guess.
 *
 * One CPace run is one guess: the peer learns whether one password is right.
 * It is counted before it can be learnt, in either role, and only a right tag
 * takes it back; so aborting, restarting and killing the daemon gain nothing.
 * Spec: doc/protocol.md, "Guesses".
 */
#ifndef CF_CORE_GATE_GUESS_H
#define CF_CORE_GATE_GUESS_H

#include <stdbool.h>

#include "base/fpr.h"
#include "core/store/store.h"

#define CF_GUESS_SILENCE_MS (3600LL * 1000)       /* after the first CF_GUESSES_FREE wrong ones */
#define CF_GUESS_DOUBLINGS_MAX 10u                /* an hour, two ... about six weeks */
#define CF_GUESS_STRANGERS_MAX 10                 /* by all strangers together, in */
#define CF_GUESS_STRANGERS_MS (24LL * 3600 * 1000)

/* What is kept of one identity. */
struct cf_guess {
  uint32_t wrong;                 /* since the last silence began */
  uint32_t silences;              /* how many there have been */
  int64_t silent_from_utc_ms;     /* 0: never */
};

/* How long G's silence goes on at NOW; 0: it is over.  A wall clock that was set back cannot make it longer
   than it was at its beginning. */
int64_t cf_guess_wait_ms (const struct cf_guess *g, int64_t now_utc_ms);
/* One more guess. */
void cf_guess_count (struct cf_guess *g, int64_t now_utc_ms);

/* May PEER (a STRANGER: no contact, and it is he who asks) cause a guess?  0, or CF_ERR_RATE with the time to
   wait in *R_WAIT_MS; or the store's. */
gpg_error_t cf_guess_check (struct cf_store *store, int64_t now_utc_ms, const struct cf_fpr *peer, bool stranger,
                            int64_t *r_wait_ms) CF_MUST_CHECK;
/* Check, then count a guess; on disk on return unless inside a transaction of the caller's. */
gpg_error_t cf_guess_charge (struct cf_store *store, int64_t now_utc_ms, const struct cf_fpr *peer, bool stranger,
                             int64_t *r_wait_ms) CF_MUST_CHECK;
/* How many more guesses that PEER causes may be wrong before there is silence; none while there is. */
struct cf_guess_left {
  unsigned tries;
  int64_t silent_until_utc_ms; /* 0: no silence */
};
gpg_error_t cf_guess_left (struct cf_store *store, int64_t now_utc_ms, const struct cf_fpr *peer, bool stranger,
                           struct cf_guess_left *r_left) CF_MUST_CHECK;
/* PEER knew the password: what was counted for him is forgotten. */
gpg_error_t cf_guess_take_back (struct cf_store *store, const struct cf_fpr *peer) CF_MUST_CHECK;

#endif
