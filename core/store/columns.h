/* SPDX-License-Identifier: GPL-3.0-or-later */
/* columns.h - what rows hold besides numbers: bytes of a fixed length, copies, secrets, fingerprints.
 *
 * A value of the wrong length means that the store is damaged: CF_ERR_STORE, and the output stays as it was.
 * A fingerprint is stored as on the wire, version byte and 20 or 32 bytes; none is NULL.
 */
#ifndef CF_CORE_STORE_COLUMNS_H
#define CF_CORE_STORE_COLUMNS_H

#include "base/fpr.h"
#include "core/store/store.h"

void cf_bind_fpr (struct cf_stmt *s, int index, const struct cf_fpr *fpr);
/* A column that holds no fingerprint gives none. */
void cf_column_fpr (struct cf_stmt *s, int column, struct cf_fpr *r_fpr);

/* A blob of exactly LEN bytes. */
gpg_error_t cf_column_exact (struct cf_stmt *s, int column, void *out, size_t len) CF_MUST_CHECK;

/* Copies that the caller frees; NULL gives NULL. */
gpg_error_t cf_column_text_dup (struct cf_stmt *s, int column, char **r_text) CF_MUST_CHECK;
gpg_error_t cf_column_blob_dup (struct cf_stmt *s, int column, uint8_t **r_data, size_t *r_len) CF_MUST_CHECK;
/* Exactly LEN bytes into secret memory; NULL gives NULL. */
gpg_error_t cf_column_secret (struct cf_stmt *s, int column, size_t len, uint8_t **r_secret) CF_MUST_CHECK;

#endif
