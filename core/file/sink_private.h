/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sink_private.h - what sink.c, sink_open.c and sink_finish.c share; nobody else includes it. */
#ifndef CF_CORE_FILE_SINK_PRIVATE_H
#define CF_CORE_FILE_SINK_PRIVATE_H

#include "core/file/manifest.h"
#include "core/file/sink.h"
#include "core/file/tree.h"

#define PART_NAME_SIZE 24
#define PART_MANIFEST "manifest"
#define PART_CONTENT "content"
#define PART_RESULT "result"
#define MANIFEST_BLOCKS_MAX (CF_FILE_MANIFEST_MAX / CF_FILE_BLOCK)

struct cf_file_sink {
  int dir;                      /* where the part is, and the result will be */
  char *dir_path;
  char part[PART_NAME_SIZE];
  bool directory;
  uint64_t size, files, manifest_len, stream_len;
  int64_t modified_utc_ms;

  int fd;                       /* the part's; of a directory the file that is CURRENT; -1: none */
  size_t current;

  /* Of a directory. */
  int part_fd, manifest_fd;
  struct cf_file_tree tree;     /* content */
  uint8_t *text;                /* the manifest, until it is whole */
  bool have[MANIFEST_BLOCKS_MAX];
  size_t missing;               /* blocks with manifest that are */
  struct cf_manifest *manifest; /* once it is whole */

  /* What the next sync has to do. */
  bool dirty;                   /* FD was written to */
  bool many;                    /* files were made, or several written to: all of the file system */
  bool made;                    /* the part has no name on the disk yet */
  uint64_t ahead;               /* bytes written to FD since its writing-out was begun */
};

/* .confab-XXXXXXXX.part */
void cf_sink_part_name (const uint8_t transfer[CF_FILE_ID_LEN], char out[PART_NAME_SIZE]);
/* Remove NAME in DIR, and all that is below; what cannot be removed stays. */
void cf_sink_remove (int dir, const char *name);

/* Open file I of the manifest for writing, made if it is not there. */
gpg_error_t cf_sink_current (struct cf_file_sink *s, size_t i, uint64_t *r_size) CF_MUST_CHECK;
/* The manifest is whole: parse it, and make the directories.  Errors: CF_ERR_PROTOCOL, those of the file system. */
gpg_error_t cf_sink_manifest_whole (struct cf_file_sink *s) CF_MUST_CHECK;

#endif
