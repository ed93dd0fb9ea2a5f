/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_people.h - people's public keys. */
#ifndef CF_CORE_STORE_STORE_PEOPLE_H
#define CF_CORE_STORE_STORE_PEOPLE_H

#include "base/fpr.h"
#include "core/store/store.h"

/* The key of FPR is BLOCK now; writes nothing when it was already. */
gpg_error_t cf_store_people_save (struct cf_store *store, const struct cf_fpr *fpr, const uint8_t *block,
                                  size_t len) CF_MUST_CHECK;
gpg_error_t cf_store_people_delete (struct cf_store *store, const struct cf_fpr *fpr) CF_MUST_CHECK; /* none: success */
/* Each key after ROW (0: from the first on), until TAKE says false; an error that it leaves in *R_ERR is the walk's. */
gpg_error_t cf_store_people_after (struct cf_store *store, int64_t row,
                                   bool (*take) (void *arg, int64_t row, const uint8_t *block, size_t len,
                                                 gpg_error_t *r_err),
                                   void *arg) CF_MUST_CHECK;

#endif
