/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fpr.h - an OpenPGP fingerprint as a value: version byte and 20 or 32 bytes. */
#ifndef CF_BASE_FPR_H
#define CF_BASE_FPR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define CF_FPR_MAX 32
#define CF_FPR_HEX_SIZE (2 * CF_FPR_MAX + 1)

struct cf_fpr {
  uint8_t version; /* 4 (20 bytes), 5 or 6 (32 bytes); 0 means none */
  uint8_t len;
  uint8_t bytes[CF_FPR_MAX]; /* the rest is zero, so memcmp orders values */
};

/* From hexadecimal, either case, spaces and a leading 0x allowed.  32 bytes
   are taken for version 5.  Errors: INV_VALUE. */
gpg_error_t cf_fpr_parse (const char *text, struct cf_fpr *r_fpr) CF_MUST_CHECK;
/* Upper-case hexadecimal into OUT; returns OUT. */
const char *cf_fpr_hex (const struct cf_fpr *fpr, char out[CF_FPR_HEX_SIZE]);
bool cf_fpr_equal (const struct cf_fpr *a, const struct cf_fpr *b);
/* Order by version, then bytes: <0, 0, >0. */
int cf_fpr_compare (const struct cf_fpr *a, const struct cf_fpr *b);
bool cf_fpr_is_none (const struct cf_fpr *fpr);

/* On the wire: version byte, then 20 or 32 bytes as the version says. */
void cf_wr_fpr (struct cf_wr *wr, const struct cf_fpr *fpr);
void cf_rd_fpr (struct cf_rd *rd, struct cf_fpr *r_fpr);

#endif
