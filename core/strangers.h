/* SPDX-License-Identifier: GPL-3.0-or-later */
/* strangers.h - public keys that are in the people home on a peer's word only.
 *
 * A key gets in before its statement can be checked, and a sender of beacons
 * has as many identities as he likes: so how many come from one host, and how
 * many there are, is bounded, and those of whom nothing is heard go again.
 * What is there is on disk, so that nothing is left behind by a restart.
 */
#ifndef CF_CORE_STRANGERS_H
#define CF_CORE_STRANGERS_H

#include "core/peers.h"

#define CF_STRANGERS_MAX 1024               /* keys; the one absent longest makes room */
#define CF_STRANGERS_PER_HOST 32            /* new ones from one host in CF_STRANGERS_WINDOW_MS */
#define CF_STRANGERS_WINDOW_MS (10 * 60 * 1000)
#define CF_STRANGERS_ABSENT_MS (24 * 3600 * 1000LL) /* not seen for this long: forgotten */
#define CF_STRANGERS_UNTIED_MS (10 * 60 * 1000)     /* never more than a key: forgotten after this */

gpg_error_t cf_strangers_new (struct cf_peers *peers, struct cf_strangers **r_strangers) CF_MUST_CHECK;
void cf_strangers_free (struct cf_strangers *all);

/* May the key of FPR, sent from the host of FROM (NULL: the user chose it), be imported?  Written down before that.
   Errors: CF_ERR_RATE, ENOMEM, those of the store. */
gpg_error_t cf_strangers_admit (struct cf_strangers *all, const struct cf_fpr *fpr, const struct cf_addr *from) CF_MUST_CHECK;
/* FPR was there until now (it has gone, or is no contact any more). */
void cf_strangers_seen (struct cf_strangers *all, const struct cf_fpr *fpr);
/* FPR is in no table any more: its key goes. */
void cf_strangers_forget (struct cf_strangers *all, const struct cf_fpr *fpr);
/* Forget whom nobody has seen for long; from time to time. */
void cf_strangers_sweep (struct cf_strangers *all);
/* Refused for want of a budget. */
uint64_t cf_strangers_refused (const struct cf_strangers *all);

#endif
