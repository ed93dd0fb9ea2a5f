/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fpr.c - an OpenPGP fingerprint as a value. */
#include "base/fpr.h"

#include <string.h>

#include "base/text.h"

#define LEN_V4 20
#define LEN_V5 32

/* Bytes of a fingerprint of VERSION; 0 for a version that is not known. */
static uint8_t
len_of_version (uint8_t version)
{
  switch (version) {
  case 4:
    return LEN_V4;
  case 5:
  case 6:
    return LEN_V5;
  default:
    return 0;
  }
}

gpg_error_t
cf_fpr_parse (const char *text, struct cf_fpr *r_fpr)
{
  struct cf_fpr fpr = { 0 };
  char hex[CF_FPR_HEX_SIZE];
  size_t n = 0;
  gpg_error_t err;

  while (*text == ' ')
    text++;
  if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
    text += 2;
  for (; *text; text++) {
    if (*text == ' ')
      continue;
    if (n == sizeof hex - 1)
      return cf_err (GPG_ERR_INV_VALUE);
    hex[n++] = *text;
  }
  hex[n] = 0;
  if (n != 2 * LEN_V4 && n != 2 * LEN_V5)
    return cf_err (GPG_ERR_INV_VALUE);
  fpr.version = n == 2 * LEN_V4 ? 4 : 5;
  fpr.len = (uint8_t) (n / 2);
  err = cf_unhex (hex, fpr.bytes, fpr.len);
  if (!err)
    *r_fpr = fpr;
  return err;
}

const char *
cf_fpr_hex (const struct cf_fpr *fpr, char out[CF_FPR_HEX_SIZE])
{
  return cf_hex_upper (fpr->bytes, fpr->len, out);
}

int
cf_fpr_compare (const struct cf_fpr *a, const struct cf_fpr *b)
{
  if (a->version != b->version)
    return a->version < b->version ? -1 : 1;
  return memcmp (a->bytes, b->bytes, sizeof a->bytes);
}

bool
cf_fpr_equal (const struct cf_fpr *a, const struct cf_fpr *b)
{
  return cf_fpr_compare (a, b) == 0;
}

bool
cf_fpr_is_none (const struct cf_fpr *fpr)
{
  return fpr->version == 0;
}

void
cf_wr_fpr (struct cf_wr *wr, const struct cf_fpr *fpr)
{
  uint8_t len = len_of_version (fpr->version);

  if (!len) {
    if (!wr->err)
      wr->err = cf_err (GPG_ERR_INV_VALUE);
    return;
  }
  cf_wr_u8 (wr, fpr->version);
  cf_wr_bytes (wr, fpr->bytes, len);
}

void
cf_rd_fpr (struct cf_rd *rd, struct cf_fpr *r_fpr)
{
  struct cf_fpr fpr = { 0 };

  fpr.version = cf_rd_u8 (rd);
  fpr.len = len_of_version (fpr.version);
  if (!fpr.len)
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_VALUE));
  cf_rd_bytes (rd, fpr.bytes, fpr.len);
  *r_fpr = rd->err ? (struct cf_fpr){ 0 } : fpr;
}
