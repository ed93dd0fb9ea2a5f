/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sink.h - where what is received goes: a part beside its place, until all of it is there and right.
 *
 *   DIR/.confab-XXXXXXXX.part            a file, 0600; XXXXXXXX: the first 8 digits of the transfer
 *   DIR/.confab-XXXXXXXX.part/manifest   of a directory, 0700
 *   DIR/.confab-XXXXXXXX.part/content/   what is in it
 *   DIR/.confab-XXXXXXXX.part/result     at the end: which directory content is, whatever its name
 *
 * Nothing is followed out of it, nothing that is there is overwritten.
 */
#ifndef CF_CORE_FILE_SINK_H
#define CF_CORE_FILE_SINK_H

#include <stdbool.h>

#include "core/file/map.h"
#include "core/file/offer.h"

#define CF_FILE_SPACE_LEAST (64ull * 1024 * 1024) /* that stays free */

struct cf_file_sink;

/* Are there BYTES below DIR (which need not be there yet), and CF_FILE_SPACE_LEAST more?
   Errors: ENOSPC, others. */
gpg_error_t cf_file_sink_space (const char *dir, uint64_t bytes) CF_MUST_CHECK;

/* DIR: absolute; it is made, with its parents, if it is not there.  HAVE is NULL for a transfer that begins; one that
   goes on gives its map, as it was last kept (only looked at).
   Errors: EEXIST (it begins, and the part is there), ENOENT (it goes on, and the part is not there), CONFLICT (it
   goes on, and the part is not what it was), EFBIG, ENOSPC, EACCES, EROFS ..., CF_ERR_PROTOCOL (of the manifest). */
gpg_error_t cf_file_sink_open (const char *dir, const uint8_t transfer[CF_FILE_ID_LEN], const struct cf_file_offer *o,
                               const struct cf_file_map *have, struct cf_file_sink **r_sink) CF_MUST_CHECK;
void cf_file_sink_free (struct cf_file_sink *s); /* the part stays; NULL is fine */

/* Block INDEX, all of it.  Of a directory the blocks with the manifest must come first (the last of them may hold
   contents too, so it must be the last): INV_STATE otherwise.  When the manifest is there it is parsed.
   Errors: ENOSPC, EIO ... (write it again), CF_ERR_PROTOCOL (a hostile manifest, or another than before),
   INV_VALUE (not a block of this stream), CONFLICT (somebody has put something else into the part). */
gpg_error_t cf_file_sink_write (struct cf_file_sink *s, uint64_t index, const uint8_t *data, size_t len) CF_MUST_CHECK;
/* COUNT whole blocks of zeroes from INDEX on; holes where the file system has them.  The same errors. */
gpg_error_t cf_file_sink_zeros (struct cf_file_sink *s, uint64_t index, uint64_t count) CF_MUST_CHECK;
/* Block INDEX as it is on disk now, into BUF of CF_FILE_BLOCK bytes. */
gpg_error_t cf_file_sink_read (struct cf_file_sink *s, uint64_t index, uint8_t *buf, size_t *r_len) CF_MUST_CHECK;
/* What was written is on the disk; after an error it must be taken for lost. */
gpg_error_t cf_file_sink_sync (struct cf_file_sink *s) CF_MUST_CHECK;

/* All is there and right: modes, times, to the disk, and its name, made safe; a name that is taken gets a number.
   *R_PATH: where it is now; caller frees.  Nothing but discard and free may follow: of a directory there is a rest of
   the part, which says what the result is for as long as the caller has not written that down.  Errors: EEXIST (numbers are used up), those
   of the file system; then the part is still there, and finish may be tried again. */
gpg_error_t cf_file_sink_finish (struct cf_file_sink *s, const void *name, size_t name_len,
                                 char **r_path) CF_MUST_CHECK;

/* Where is the directory that an earlier life has given its name, and died before it could write that down?  *R_PATH is
   the caller's.  NAME as finish had it.  Errors: ENOENT (there is none), ENOMEM. */
gpg_error_t cf_file_part_result (const char *dir, const uint8_t transfer[CF_FILE_ID_LEN], const void *name,
                                 size_t name_len, char **r_path) CF_MUST_CHECK;

/* Remove the part.  Nothing but free may follow. */
void cf_file_sink_discard (struct cf_file_sink *s);
/* The same without a sink (it could not be opened, or never was). */
void cf_file_part_remove (const char *dir, const uint8_t transfer[CF_FILE_ID_LEN]);

#endif
