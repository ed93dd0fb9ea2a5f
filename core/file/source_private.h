/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source_private.h - what source.c and source_walk.c share; nobody else includes it. */
#ifndef CF_CORE_FILE_SOURCE_PRIVATE_H
#define CF_CORE_FILE_SOURCE_PRIVATE_H

#include "core/file/manifest.h"
#include "core/file/source.h"
#include "core/file/tree.h"

/* What the file system tells of a file: another of these is another file, or the same one changed. */
struct cf_file_stat {
  uint64_t dev, ino;
  int64_t mtime_s, ctime_s;
  uint32_t mtime_ns, ctime_ns;
  uint64_t size;
};

struct cf_file_source {
  struct cf_file_offer offer;   /* all but its key */
  struct cf_file_tree tree;     /* of the directory; of a file, what it is in */
  struct cf_buf text;           /* the manifest's */
  struct cf_manifest *manifest; /* of a file: one entry at offset 0 */
  struct cf_file_stat *stats;   /* an entry's is at its place */
  uint8_t stat_hash[CF_FILE_HASH_LEN];
  size_t skipped;
  size_t current;               /* the entry that FD is of */
  int fd;                       /* -1: none */
  bool changed;                 /* something has other times; the next read tells */
};

void cf_file_stat_of (const struct stat *st, struct cf_file_stat *r_stat);
bool cf_file_stat_equal (const struct cf_file_stat *a, const struct cf_file_stat *b);

/* Fill in manifest, text, stats, skipped and the offer's numbers of what S->tree is the root of. */
gpg_error_t cf_file_source_walk (struct cf_file_source *s) CF_MUST_CHECK;

#endif
