/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source.h - what is sent: a file, or a directory with all that is in it, read as one stream.
 *
 * It is looked at before each read, since people go on working with what they
 * send: what is read is of one size, or it is an error; other times are told.
 */
#ifndef CF_CORE_FILE_SOURCE_H
#define CF_CORE_FILE_SOURCE_H

#include <stdbool.h>

#include "core/file/offer.h"

struct cf_file_source;

/* PATH: absolute; a link to a file or directory is followed, those inside a directory are left out and counted, as
   are sockets, pipes and devices.  Takes long for a large directory.
   After a restart compare what describe says with what was offered: sizes, and of a directory also STAT_HASH.
   Errors: ENOENT, EACCES ..., INV_VALUE (neither file nor directory; a path that is not absolute), TOO_LARGE (beyond
   what can be offered), AMBIGUOUS_NAME (two names in a directory that differ in case alone), ENOMEM. */
gpg_error_t cf_file_source_open (const char *path, struct cf_file_source **r_source) CF_MUST_CHECK;
void cf_file_source_free (struct cf_file_source *s); /* NULL is fine */

/* Fills in all of O but the key.  *R_SKIPPED: what was left out.  STAT_HASH: over all that the file system tells of
   everything (device, inode, size, times): another one after a restart says that something has changed. */
void cf_file_source_describe (const struct cf_file_source *s, struct cf_file_offer *o, size_t *r_skipped,
                              uint8_t r_stat_hash[CF_FILE_HASH_LEN]);

/* Block INDEX into BUF of CF_FILE_BLOCK bytes.  *R_CHANGED: something of it has other times than when it was last
   looked at, and the same size: leaves of what was read before are void.  Errors: CONFLICT (another size, or
   something else than a file), ENOENT (gone), EACCES, EIO ..., INV_VALUE (beyond the end). */
gpg_error_t cf_file_source_read (struct cf_file_source *s, uint64_t index, uint8_t *buf, size_t *r_len,
                                 bool *r_changed) CF_MUST_CHECK;

/* How many whole blocks from INDEX on, at most MAX, are a hole; 0: none, or nobody can tell. */
uint64_t cf_file_source_hole (struct cf_file_source *s, uint64_t index, uint64_t max);

#endif
