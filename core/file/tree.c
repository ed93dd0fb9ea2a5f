/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tree.c - paths below a directory, never out of it. */
#include "core/file/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIR_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

void
cf_file_tree_init (struct cf_file_tree *t, int root)
{
  t->root = root;
  t->dir = -1;
  t->dir_path = NULL;
  t->dir_len = 0;
}

static void
forget_dir (struct cf_file_tree *t)
{
  if (t->dir >= 0)
    close (t->dir);
  free (t->dir_path);
  t->dir = -1;
  t->dir_path = NULL;
  t->dir_len = 0;
}

void
cf_file_tree_done (struct cf_file_tree *t)
{
  forget_dir (t);
  if (t->root >= 0)
    close (t->root);
  t->root = -1;
}

/* Go down from the root part by part; PATH is writable, and whole again afterwards. */
static gpg_error_t
descend (int root, char *path, int *r_dir)
{
  gpg_error_t err = 0;
  int dir = root, next;
  char *p = path, *slash;

  do {
    slash = strchr (p, '/');
    if (slash)
      *slash = 0;
    next = openat (dir, p, DIR_FLAGS);
    if (next < 0)
      err = cf_err_errno ();
    if (slash)
      *slash = '/';
    if (dir != root)
      close (dir);
    dir = next;
    p = slash ? slash + 1 : NULL;
  } while (!err && p);
  if (!err)
    *r_dir = dir;
  return err;
}

gpg_error_t
cf_file_tree_parent (struct cf_file_tree *t, const char *path, int *r_dir, const char **r_base)
{
  const char *slash = strrchr (path, '/');
  size_t len = slash ? (size_t) (slash - path) : 0;
  gpg_error_t err;
  char *copy;
  int dir;

  if (!slash) {
    *r_dir = t->root;
    *r_base = path;
    return 0;
  }
  if (t->dir < 0 || t->dir_len != len || memcmp (t->dir_path, path, len) != 0) {
    copy = strndup (path, len);
    if (!copy)
      return cf_err (GPG_ERR_ENOMEM);
    err = descend (t->root, copy, &dir);
    if (err) {
      free (copy);
      return err;
    }
    forget_dir (t);
    t->dir = dir;
    t->dir_path = copy;
    t->dir_len = len;
  }
  *r_dir = t->dir;
  *r_base = slash + 1;
  return 0;
}

gpg_error_t
cf_file_tree_open (struct cf_file_tree *t, const char *path, int flags, mode_t mode, int *r_fd, struct stat *r_stat)
{
  const char *base = NULL;
  gpg_error_t err;
  struct stat st;
  int dir = -1, fd;

  err = cf_file_tree_parent (t, path, &dir, &base);
  if (err)
    return err;
  fd = openat (dir, base, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
  if (fd < 0) /* a link, a directory, a socket, a pipe without a reader */
    return errno == ELOOP || errno == EISDIR || errno == ENXIO ? cf_err (GPG_ERR_CONFLICT) : cf_err_errno ();
  if (fstat (fd, &st))
    err = cf_err_errno ();
  else if (!S_ISREG (st.st_mode))
    err = cf_err (GPG_ERR_CONFLICT);
  if (err) {
    close (fd);
    return err;
  }
  *r_fd = fd;
  *r_stat = st;
  return 0;
}

gpg_error_t
cf_file_pread (int fd, void *buf, size_t len, uint64_t offset)
{
  uint8_t *p = buf;

  while (len) {
    ssize_t n = pread (fd, p, len, (off_t) offset);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return cf_err_errno ();
    if (!n)
      return cf_err (GPG_ERR_CONFLICT);
    p += n;
    len -= (size_t) n;
    offset += (uint64_t) n;
  }
  return 0;
}

gpg_error_t
cf_file_pwrite (int fd, const void *buf, size_t len, uint64_t offset)
{
  const uint8_t *p = buf;

  while (len) {
    ssize_t n = pwrite (fd, p, len, (off_t) offset);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n ? cf_err_errno () : cf_err (GPG_ERR_EIO);
    p += n;
    len -= (size_t) n;
    offset += (uint64_t) n;
  }
  return 0;
}
