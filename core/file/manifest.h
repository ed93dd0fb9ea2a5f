/* SPDX-License-Identifier: GPL-3.0-or-later */
/* manifest.h - what is in a directory that is sent: names, modes, times, sizes; bytes in, bytes out.
 *
 *   d 755 1763765246.123456789 photos
 *   f 644 1763765246.000000000 48213 photos/beach.jpg
 *
 * One line each, sorted by path, part by part as bytes, ended by LF,
 * escaped as cf_file_escape does.  The directory itself has no line.  Canonical: what
 * parses is exactly what building gives.
 */
#ifndef CF_CORE_FILE_MANIFEST_H
#define CF_CORE_FILE_MANIFEST_H

#include <stdbool.h>

#include "base/buf.h"
#include "core/file/file.h"

#define CF_MANIFEST_TIME_MAX 253402300799ll /* seconds: the end of the year 9999; its negative is the least */

struct cf_manifest_entry {
  const char *path;      /* relative, raw bytes, NUL after them; the manifest's */
  uint32_t path_len;
  uint32_t mtime_ns;     /* 0 to 999,999,999 after MTIME_S */
  int64_t mtime_s;
  uint64_t size, offset; /* of a file: bytes, and where they begin in the stream */
  uint32_t number;       /* the builder's own; 0 when parsed */
  uint16_t mode;         /* permission bits alone */
  bool directory;
};

struct cf_manifest {
  struct cf_manifest_entry *entries;
  size_t count;
  uint64_t stream_len;   /* manifest and contents */
  char *paths;           /* where the paths are */
};

/* SIZE and FILES are what the offer claims.  Refused: paths that are empty, absolute, with ".", "..", empty parts or
   NUL; parts, paths, depths and numbers beyond the limits; not in order or twice; names that differ in case alone
   within a directory; what is below a file, or below a directory that has no line before it; sums that do not hold.
   Errors: CF_ERR_PROTOCOL, ENOMEM. */
gpg_error_t cf_manifest_parse (const void *text, size_t len, uint64_t size, uint64_t files,
                               struct cf_manifest **r_manifest) CF_MUST_CHECK;
/* Take from the names what hides or changes how they are shown, as cf_text_make_visible does.
   Errors: CF_ERR_PROTOCOL (two names in a directory become alike), ENOMEM; M may only be freed then. */
gpg_error_t cf_manifest_make_visible (struct cf_manifest *m) CF_MUST_CHECK;
void cf_manifest_free (struct cf_manifest *m); /* NULL is fine */

/* The text of ENTRIES, in any order: they get sorted.  Offsets are not looked at.
   Errors: TOO_LARGE (beyond a limit), AMBIGUOUS_NAME (names that differ in case alone), ENOMEM, those of OUT. */
gpg_error_t cf_manifest_build (struct cf_manifest_entry *entries, size_t count, struct cf_buf *out) CF_MUST_CHECK;

/* The file that has the byte at OFFSET of the stream; M->COUNT: none (the manifest, or beyond the end). */
size_t cf_manifest_find (const struct cf_manifest *m, uint64_t offset);
/* The next file with bytes after entry I; M->COUNT: none. */
size_t cf_manifest_next (const struct cf_manifest *m, size_t i);

#endif
