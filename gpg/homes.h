/* SPDX-License-Identifier: GPL-3.0-or-later */
/* homes.h - the GnuPG homes: where they are, and how ours are set up.
   Private to gpg/. */
#ifndef CF_GPG_HOMES_H
#define CF_GPG_HOMES_H

#include "gpg/engine.h"

/* Fill in gpg->home; make our two and write their configuration. */
gpg_error_t cf_homes_open (struct cf_gpg *gpg, const struct cf_gpg_config *config) CF_MUST_CHECK;
/* gpg without its agent says that a secret key is not there.  ERR, or NO_AGENT
   when it is that and the user's agent neither runs nor starts.  Waits for the
   agent; only after a failure. */
gpg_error_t cf_homes_blame (struct cf_gpg *gpg, gpg_error_t err) CF_MUST_CHECK;
/* A number that changes with the files of the user's keyring. */
uint64_t cf_homes_stamp (const struct cf_gpg *gpg);
/* End the agent of the conversation home; remove the people home. */
void cf_homes_close (struct cf_gpg *gpg);

#endif
