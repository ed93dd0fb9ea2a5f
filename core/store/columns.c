/* SPDX-License-Identifier: GPL-3.0-or-later */
/* columns.c - what rows hold besides numbers: bytes of a fixed length, copies, secrets, fingerprints. */
#include "core/store/columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"

void
cf_bind_fpr (struct cf_stmt *s, int index, const struct cf_fpr *fpr)
{
  uint8_t bytes[1 + CF_FPR_MAX];

  bytes[0] = fpr->version;
  memcpy (bytes + 1, fpr->bytes, fpr->len);
  cf_bind_blob (s, index, cf_fpr_is_none (fpr) ? NULL : bytes, 1u + fpr->len);
}

void
cf_column_fpr (struct cf_stmt *s, int column, struct cf_fpr *r_fpr)
{
  const uint8_t *bytes;
  struct cf_rd rd;
  size_t len;

  memset (r_fpr, 0, sizeof *r_fpr);
  bytes = cf_column_blob (s, column, &len);
  if (!bytes)
    return;
  cf_rd_init (&rd, bytes, len);
  cf_rd_fpr (&rd, r_fpr);
  if (cf_rd_finish (&rd))
    memset (r_fpr, 0, sizeof *r_fpr);
}

gpg_error_t
cf_column_exact (struct cf_stmt *s, int column, void *out, size_t len)
{
  size_t have;
  const void *data = cf_column_blob (s, column, &have);

  if (!data || have != len)
    return cf_err (CF_ERR_STORE);
  memcpy (out, data, len);
  return 0;
}

gpg_error_t
cf_column_text_dup (struct cf_stmt *s, int column, char **r_text)
{
  const char *text = cf_column_text (s, column);
  char *copy = NULL;

  if (text && !(copy = strdup (text)))
    return cf_err (GPG_ERR_ENOMEM);
  *r_text = copy;
  return 0;
}

gpg_error_t
cf_column_blob_dup (struct cf_stmt *s, int column, uint8_t **r_data, size_t *r_len)
{
  size_t len;
  const void *data = cf_column_blob (s, column, &len);
  uint8_t *copy = NULL;

  if (!data)
    len = 0;
  if (len && !(copy = malloc (len)))
    return cf_err (GPG_ERR_ENOMEM);
  if (len)
    memcpy (copy, data, len);
  *r_data = copy;
  *r_len = len;
  return 0;
}

gpg_error_t
cf_column_secret (struct cf_stmt *s, int column, size_t len, uint8_t **r_secret)
{
  uint8_t *secret = NULL;
  gpg_error_t err = 0;

  if (!cf_column_is_null (s, column)) {
    err = cf_secmem_new (&secret, len);
    if (!err)
      err = cf_column_exact (s, column, secret, len);
  }
  if (err)
    cf_secmem_free (secret);
  else
    *r_secret = secret;
  return err;
}
