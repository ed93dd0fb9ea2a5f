/* SPDX-License-Identifier: GPL-3.0-or-later */
/* block.h - blocks of a file: sealed for the way, hashed for the end.
 *
 *   key of a run   K(file key, "file block"; transfer, run)
 *   nonce          type (4), index (8)
 *   AD             type, run (16), suite, flags (1), index (8); of ZEROS also count (4)
 *
 * Within a run the indices of each type only go up: a nonce is used once, and a
 * seal that is asked for another refuses.
 */
#ifndef CF_CORE_FILE_BLOCK_H
#define CF_CORE_FILE_BLOCK_H

#include "core/file/file.h"

enum cf_file_frame { CF_FILE_FRAME_BLOCK = 1, CF_FILE_FRAME_ZEROS = 2, CF_FILE_FRAME_LEAVES = 3 };
enum cf_file_suite { CF_FILE_SUITE_OCB = 1, CF_FILE_SUITE_CHACHAPOLY = 2 }; /* AES-256-OCB, ChaCha20-Poly1305 */

struct cf_file_seal; /* the key of one run: either seals or opens */

/* AES-256-OCB where the processor has AES, else ChaCha20-Poly1305. */
enum cf_file_suite cf_file_suite (void);

/* Errors: CF_ERR_PROTOCOL (no such suite), ENOMEM, those of libgcrypt. */
gpg_error_t cf_file_seal_new (const uint8_t key[CF_FILE_KEY_LEN], const uint8_t transfer[CF_FILE_ID_LEN],
                              const uint8_t run[CF_FILE_RUN_LEN], int suite,
                              struct cf_file_seal **r_seal) CF_MUST_CHECK;
void cf_file_seal_free (struct cf_file_seal *seal); /* wipes; NULL is fine */

/* Encrypt LEN bytes of DATA in place.  COUNT is 0, but of ZEROS.
   Errors: INV_STATE (INDEX is not above the last one of its type: begin a run), INV_VALUE (no such
   type), those of libgcrypt. */
gpg_error_t cf_file_block_seal (struct cf_file_seal *s, int type, uint64_t index, uint32_t count, uint8_t flags,
                                uint8_t *data, size_t len, uint8_t r_tag[CF_FILE_TAG_LEN]) CF_MUST_CHECK;
/* The inverse; any index, any order.  On error DATA is wiped.  Errors: CHECKSUM. */
gpg_error_t cf_file_block_open (struct cf_file_seal *s, int type, uint64_t index, uint32_t count, uint8_t flags,
                                uint8_t *data, size_t len, const uint8_t tag[CF_FILE_TAG_LEN]) CF_MUST_CHECK;

/* The tree has a piece of CF_FILE_PIECE bytes at each of its ends, so that the four of a block can be hashed side by
   side: piece = H("file leaf"; bytes).  The leaf of a block, as it is kept and sent, is the top of its pieces. */
void cf_file_leaf (const void *block, size_t len, uint8_t r_leaf[CF_FILE_HASH_LEN]);
/* The leaf of a whole block of zeroes. */
const uint8_t *cf_file_leaf_zero (void);
/* node = H("file node"; left, right). */
void cf_file_node (const uint8_t left[CF_FILE_HASH_LEN], const uint8_t right[CF_FILE_HASH_LEN],
                   uint8_t r_node[CF_FILE_HASH_LEN]);
/* root = H("file root"; stream length, top); TOP of an empty stream is 32 zero bytes. */
void cf_file_root (uint64_t stream_len, const uint8_t top[CF_FILE_HASH_LEN], uint8_t r_root[CF_FILE_HASH_LEN]);

#endif
