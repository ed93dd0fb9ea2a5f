/* store_fpr.h - fingerprints in columns: as on the wire, version byte and 20 or 32 bytes; none is NULL. */
#ifndef CF_CORE_STORE_STORE_FPR_H
#define CF_CORE_STORE_STORE_FPR_H

#include <string.h>

#include "base/fpr.h"
#include "core/store/store.h"

static inline void
cf_bind_fpr (struct cf_stmt *s, int index, const struct cf_fpr *fpr)
{
  uint8_t bytes[1 + CF_FPR_MAX];

  bytes[0] = fpr->version;
  memcpy (bytes + 1, fpr->bytes, fpr->len);
  cf_bind_blob (s, index, cf_fpr_is_none (fpr) ? NULL : bytes, 1u + fpr->len);
}

/* A column that holds no fingerprint gives none. */
static inline void
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

#endif
