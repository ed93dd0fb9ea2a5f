/* SPDX-License-Identifier: GPL-3.0-or-later */
/* leaf.c - the hashes of a file's tree. */
#include "core/file/leaf_private.h"

#include <string.h>

#include "base/hash.h"

static void
hash_piece (const uint8_t *piece, size_t len, uint8_t r_hash[CF_FILE_HASH_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, NULL, "file leaf");
  cf_hash_add (&h, piece, len);
  cf_hash_final (&h, r_hash);
}

void
cf_file_leaf (const void *block, size_t len, uint8_t r_leaf[CF_FILE_HASH_LEN])
{
  uint8_t hashes[CF_FILE_PIECES][CF_FILE_HASH_LEN];
  const uint8_t *p = block;
  size_t n = 0, at = 0, i;

  if (len == CF_FILE_BLOCK && cf_file_leaf_four (p, hashes))
    n = CF_FILE_PIECES;
  for (; n < CF_FILE_PIECES && (at < len || !n); at += CF_FILE_PIECE)
    hash_piece (p + at, len - at < CF_FILE_PIECE ? len - at : CF_FILE_PIECE, hashes[n++]);
  for (; n > 1; n = (n + 1) / 2)
    for (i = 0; i < n; i += 2) {
      if (i + 1 < n)
        cf_file_node (hashes[i], hashes[i + 1], hashes[i / 2]);
      else
        memmove (hashes[i / 2], hashes[i], CF_FILE_HASH_LEN); /* without a sibling it goes up as it is */
    }
  memcpy (r_leaf, hashes[0], CF_FILE_HASH_LEN);
}

const uint8_t *
cf_file_leaf_zero (void)
{
  /* A constant, as threads may ask; test_file_block computes it. */
  static const uint8_t leaf[CF_FILE_HASH_LEN] = {
    0x18, 0xf5, 0x42, 0xcb, 0x2b, 0xc5, 0x0c, 0x4a, 0xc1, 0x5d, 0xa5, 0x2b, 0x3a, 0x09, 0xef, 0x7d,
    0xa1, 0x45, 0x20, 0x00, 0x32, 0xac, 0xd6, 0x1e, 0x82, 0x4d, 0xb4, 0x0a, 0x99, 0xa5, 0xb1, 0x94,
  };

  return leaf;
}

void
cf_file_node (const uint8_t left[CF_FILE_HASH_LEN], const uint8_t right[CF_FILE_HASH_LEN],
              uint8_t r_node[CF_FILE_HASH_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, NULL, "file node");
  cf_hash_add (&h, left, CF_FILE_HASH_LEN);
  cf_hash_add (&h, right, CF_FILE_HASH_LEN);
  cf_hash_final (&h, r_node);
}

void
cf_file_root (uint64_t stream_len, const uint8_t top[CF_FILE_HASH_LEN], uint8_t r_root[CF_FILE_HASH_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, NULL, "file root");
  cf_hash_add_u64 (&h, stream_len);
  cf_hash_add (&h, top, CF_FILE_HASH_LEN);
  cf_hash_final (&h, r_root);
}
