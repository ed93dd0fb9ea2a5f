/* SPDX-License-Identifier: GPL-3.0-or-later */
/* context.h - GPGME contexts of the two homes, and their hooks into the loop.
 *
 * Private to gpg/.  Contexts are kept and used again: naming a home to a new
 * one costs a run of "gpg --version".
 */
#ifndef CF_GPG_CONTEXT_H
#define CF_GPG_CONTEXT_H

#include "gpg/engine.h"

/* A context of HOME, whose events go to JOB. */
gpg_error_t cf_context_get (struct cf_gpg_job *job, enum cf_home home, gpgme_ctx_t *r_ctx) CF_MUST_CHECK;
/* Give it back; a context whose operation did not end well is not used again. */
void cf_context_put (struct cf_gpg *gpg, enum cf_home home, gpgme_ctx_t ctx, bool clean);
void cf_context_drop_spare (struct cf_gpg *gpg);

/* Between these two, gpg is started where the prompt is wanted. */
struct cf_prompt_saved {
  char *value[3];
  bool set[3];
};
void cf_prompt_enter (const struct cf_gpg *gpg, struct cf_prompt_saved *saved);
void cf_prompt_leave (struct cf_prompt_saved *saved);

#endif
