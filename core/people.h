/* SPDX-License-Identifier: GPL-3.0-or-later */
/* people.h - the public keys of people: kept in the store, and put into OpenPGP's people home at each unlock. */
#ifndef CF_CORE_PEOPLE_H
#define CF_CORE_PEOPLE_H

#include "core/core.h"

/* The next keys of STORE after row *ROW, about a mebibyte of them, go into the people home; *ROW is the last one then.
   *R_JOB NULL: there are no more, and DONE does not come. */
gpg_error_t cf_people_load (struct cf_core *core, struct cf_store *store, int64_t *row, cf_gpg_done_fn done, void *arg,
                            struct cf_gpg_job **r_job) CF_MUST_CHECK;

/* From now on core->store keeps what is imported; until stop. */
void cf_people_start (struct cf_core *core);
void cf_people_stop (struct cf_core *core);

#endif
