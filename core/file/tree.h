/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tree.h - paths below a directory, never out of it: each part is opened by itself, and none may be a link. */
#ifndef CF_CORE_FILE_TREE_H
#define CF_CORE_FILE_TREE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "core/file/file.h"

struct cf_file_tree {
  int root;      /* owned */
  int dir;       /* the last parent that was asked for, or -1 */
  char *dir_path;
  size_t dir_len;
};

/* ROOT is T's from now on. */
void cf_file_tree_init (struct cf_file_tree *t, int root);
void cf_file_tree_done (struct cf_file_tree *t);

/* The directory that PATH (relative; parts checked) is in, and its last part.  *R_DIR is T's, until the next call.
   Errors: ENOENT, ELOOP or ENOTDIR (a part is a link or a file), ENOMEM ... */
gpg_error_t cf_file_tree_parent (struct cf_file_tree *t, const char *path, int *r_dir,
                                 const char **r_base) CF_MUST_CHECK;
/* Open PATH, never following a link, never waiting for a pipe.  *R_FD is the caller's, *R_STAT is of it.
   Errors: CONFLICT (something else than a file), those of the file system. */
gpg_error_t cf_file_tree_open (struct cf_file_tree *t, const char *path, int flags, mode_t mode, int *r_fd,
                               struct stat *r_stat) CF_MUST_CHECK;

/* All LEN bytes at OFFSET.  Errors: CONFLICT (the end came before), those of the file system. */
gpg_error_t cf_file_pread (int fd, void *buf, size_t len, uint64_t offset) CF_MUST_CHECK;
gpg_error_t cf_file_pwrite (int fd, const void *buf, size_t len, uint64_t offset) CF_MUST_CHECK;

#endif
