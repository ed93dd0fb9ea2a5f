/* SPDX-License-Identifier: GPL-3.0-or-later */
/* map.h - which blocks of a stream are there, and their leaves.
 *
 * In chunks of CF_FILE_MAP_CHUNK blocks, as the store keeps them.  Only a chunk
 * that has something takes memory (33 KiB), and one that is wholly blocks of
 * zeroes takes none: 64 GiB of a hole cost a few kilobytes.
 */
#ifndef CF_CORE_FILE_MAP_H
#define CF_CORE_FILE_MAP_H

#include <stdbool.h>

#include "base/buf.h"
#include "core/file/file.h"

#define CF_FILE_MAP_CHUNK 1024
#define CF_FILE_MAP_BLOCKS_MAX (1ull << 32) /* a stream of 1 PiB */
/* Bytes of a chunk in the store, at most. */
#define CF_FILE_MAP_CHUNK_SIZE (CF_FILE_MAP_CHUNK / 8 + CF_FILE_MAP_CHUNK * CF_FILE_HASH_LEN)

struct cf_file_map;

/* Of BLOCKS blocks, none there.  Errors: TOO_LARGE, ENOMEM. */
gpg_error_t cf_file_map_new (uint64_t blocks, struct cf_file_map **r_map) CF_MUST_CHECK;
void cf_file_map_free (struct cf_file_map *m); /* NULL is fine */

uint64_t cf_file_map_count (const struct cf_file_map *m);  /* that are there */
uint64_t cf_file_map_data (const struct cf_file_map *m);   /* of those, the ones that are no blocks of zeroes */
bool cf_file_map_whole (const struct cf_file_map *m);
/* Indices beyond the end: never there; setting them is INV_VALUE, clearing them nothing. */
bool cf_file_map_has (const struct cf_file_map *m, uint64_t i);
/* Errors: INV_VALUE, ENOMEM (then nothing has changed). */
gpg_error_t cf_file_map_set (struct cf_file_map *m, uint64_t i, const uint8_t leaf[CF_FILE_HASH_LEN]) CF_MUST_CHECK;
/* COUNT whole blocks of zeroes from FIRST on.  Errors: INV_VALUE, ENOMEM (some may have been set). */
gpg_error_t cf_file_map_set_zeros (struct cf_file_map *m, uint64_t first, uint64_t count) CF_MUST_CHECK;
/* Errors: ENOMEM (a chunk of zeroes must be written out). */
gpg_error_t cf_file_map_clear (struct cf_file_map *m, uint64_t i) CF_MUST_CHECK;
void cf_file_map_clear_all (struct cf_file_map *m);
/* The leaf of a block that is there; NULL of one that is not.  Until M changes. */
const uint8_t *cf_file_map_leaf (const struct cf_file_map *m, uint64_t i);

/* The first run of missing blocks at or after FROM; false: there is none. */
bool cf_file_map_missing (const struct cf_file_map *m, uint64_t from, uint64_t *r_first, uint64_t *r_count);

/* The root of the tree; only of a whole map. */
void cf_file_map_root (const struct cf_file_map *m, uint64_t stream_len, uint8_t r_root[CF_FILE_HASH_LEN]);

/* Chunks, for the store.  Dirty: changed since it was loaded or cleaned. */
size_t cf_file_map_chunks (const struct cf_file_map *m);
/* The first dirty chunk at or after FROM; cf_file_map_chunks: there is none. */
size_t cf_file_map_next_dirty (const struct cf_file_map *m, size_t from);
void cf_file_map_chunk_clean (struct cf_file_map *m, size_t chunk);
/* Append CHUNK as the store keeps it; nothing for one that has no block.  Errors: those of OUT. */
gpg_error_t cf_file_map_chunk (const struct cf_file_map *m, size_t chunk, struct cf_buf *out) CF_MUST_CHECK;
/* What cf_file_map_chunk wrote, into a chunk that has nothing yet.  Errors: CF_ERR_STORE, ENOMEM. */
gpg_error_t cf_file_map_chunk_load (struct cf_file_map *m, size_t chunk, const void *data, size_t len) CF_MUST_CHECK;

#endif
