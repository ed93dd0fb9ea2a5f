/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hash.c - H(label; ...) and K(key, label; ...): length-prefixed BLAKE2b-256. */
#include "base/hash.h"

#include <string.h>

#include "base/fpr.h"
#include "base/secmem.h"

static void
add_length (struct cf_hash *h, uint64_t len)
{
  uint8_t bytes[8];

  for (size_t i = sizeof bytes; i-- > 0; len >>= 8)
    bytes[i] = (uint8_t) len;
  crypto_generichash_update (&h->state, bytes, sizeof bytes);
}

void
cf_hash_init (struct cf_hash *h, const uint8_t *key, const char *label)
{
  crypto_generichash_init (&h->state, key, key ? CF_HASH_LEN : 0, CF_HASH_LEN);
  cf_hash_add (h, label, strlen (label));
}

void
cf_hash_add (struct cf_hash *h, const void *data, size_t len)
{
  add_length (h, len);
  if (len)
    crypto_generichash_update (&h->state, data, len);
}

void
cf_hash_add_u64 (struct cf_hash *h, uint64_t v)
{
  add_length (h, sizeof v);
  add_length (h, v); /* the same 8 bytes, big-endian */
}

void
cf_hash_add_fpr (struct cf_hash *h, const struct cf_fpr *fpr)
{
  uint8_t wire[1 + CF_FPR_MAX];

  wire[0] = fpr->version;
  memcpy (wire + 1, fpr->bytes, fpr->len);
  cf_hash_add (h, wire, 1u + fpr->len);
}

void
cf_hash_final (struct cf_hash *h, uint8_t out[CF_HASH_LEN])
{
  crypto_generichash_final (&h->state, out, CF_HASH_LEN);
  cf_wipe (h, sizeof *h);
}
