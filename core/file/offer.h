/* SPDX-License-Identifier: GPL-3.0-or-later */
/* offer.h - the bodies of the entries `file` and `file-end`, bytes in, bytes out.
 *
 * Both are canonical: what parses is exactly what building gives.
 */
#ifndef CF_CORE_FILE_OFFER_H
#define CF_CORE_FILE_OFFER_H

#include <stdbool.h>

#include "base/buf.h"
#include "core/file/file.h"

#define CF_FILE_DIRECTORY_TYPE "inode/directory"

struct cf_file_offer {
  uint8_t key[CF_FILE_KEY_LEN]; /* secret; whoever holds an offer wipes it */
  uint64_t size;                /* bytes of contents, all files together */
  uint64_t data;                /* of these, bytes that are not holes; a claim */
  uint64_t manifest_len;        /* of a file: 0; of an empty directory too */
  uint64_t files;               /* of a file: 1 */
  int64_t modified_utc_ms;
  char media_type[CF_FILE_MEDIA_TYPE_MAX + 1]; /* CF_FILE_DIRECTORY_TYPE says that it is a directory */
  uint8_t name[CF_FILE_NAME_MAX]; /* any bytes but NUL and '/': never a path, never shown as it is (name.h) */
  size_t name_len;
};

bool cf_file_offer_is_directory (const struct cf_file_offer *o);
/* Errors: INV_VALUE (what must not be offered), those of OUT. */
gpg_error_t cf_file_offer_build (const struct cf_file_offer *o, struct cf_buf *out) CF_MUST_CHECK;
/* Errors: CF_ERR_PROTOCOL, ENOMEM. */
gpg_error_t cf_file_offer_parse (const void *body, size_t len, struct cf_file_offer *r_offer) CF_MUST_CHECK;

/* SIZE is the stream's.  Errors: those of OUT; CF_ERR_PROTOCOL. */
gpg_error_t cf_file_end_build (const uint8_t root[CF_FILE_HASH_LEN], uint64_t size, struct cf_buf *out) CF_MUST_CHECK;
gpg_error_t cf_file_end_parse (const void *body, size_t len, uint8_t r_root[CF_FILE_HASH_LEN],
                               uint64_t *r_size) CF_MUST_CHECK;

uint64_t cf_file_stream_len (const struct cf_file_offer *o);
uint64_t cf_file_block_count (uint64_t stream_len);
/* Bytes of block INDEX of a stream of STREAM_LEN; 0 beyond its end. */
size_t cf_file_block_len (uint64_t stream_len, uint64_t index);

#endif
