/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hash.h - H(label; ...) and K(key, label; ...) of doc/protocol.md, "Notation".
 *
 * BLAKE2b-256 over the label and the inputs, each with its length before it as
 * a 64-bit big-endian number, so that no two lists of inputs collide.
 */
#ifndef CF_BASE_HASH_H
#define CF_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <sodium.h>

#define CF_HASH_LEN 32

struct cf_fpr;

struct cf_hash {
  crypto_generichash_state state;
};

/* KEY is NULL for H, or CF_HASH_LEN bytes for K. */
void cf_hash_init (struct cf_hash *h, const uint8_t *key, const char *label);
void cf_hash_add (struct cf_hash *h, const void *data, size_t len);
void cf_hash_add_u64 (struct cf_hash *h, uint64_t v); /* as 8 bytes, big-endian */
void cf_hash_add_fpr (struct cf_hash *h, const struct cf_fpr *fpr); /* as on the wire (base/fpr.h) */
void cf_hash_final (struct cf_hash *h, uint8_t out[CF_HASH_LEN]); /* wipes H */

#endif
