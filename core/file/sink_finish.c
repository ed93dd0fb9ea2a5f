/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sink_finish.c - the end of a part: its modes, times and name; or nothing. */
#include "core/file/sink.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/paths.h"
#include "core/file/name.h"
#include "core/file/sink_private.h"

#define NAMES_MAX 10000
#define DEPTH_MAX (CF_FILE_DEPTH_MAX + 4) /* of what is removed: the part and what we have put into it */

/* --- modes and times --- */

static gpg_error_t
dress (int fd, mode_t mode, int64_t mtime_s, uint32_t mtime_ns)
{
  const struct timespec times[2] = { { 0, UTIME_OMIT }, { mtime_s, (long) mtime_ns } };

  if (fchmod (fd, mode) || futimens (fd, times))
    return cf_err_errno ();
  return 0;
}

/* The top's time is in milliseconds, and may lie before 1970. */
static gpg_error_t
dress_top (struct cf_file_sink *s, int fd, mode_t mode)
{
  int64_t seconds = s->modified_utc_ms / 1000, ms = s->modified_utc_ms % 1000;

  if (ms < 0) {
    seconds--;
    ms += 1000;
  }
  return dress (fd, mode, seconds, (uint32_t) ms * 1000000);
}

/* File I, which nobody has written to if it is empty or one hole.  Once it is read-only, a second try still may. */
static gpg_error_t
finish_file (struct cf_file_sink *s, const struct cf_manifest_entry *e, mode_t mask)
{
  gpg_error_t err;
  struct stat st;
  int fd;

  err = cf_file_tree_open (&s->tree, e->path, O_RDWR | O_CREAT, 0600, &fd, &st);
  if (gpg_err_code (err) == GPG_ERR_EACCES)
    err = cf_file_tree_open (&s->tree, e->path, O_RDONLY, 0, &fd, &st);
  if (err)
    return err;
  if (st.st_uid != geteuid () || st.st_nlink != 1)
    err = cf_err (GPG_ERR_CONFLICT);
  else if ((uint64_t) st.st_size != e->size && ftruncate (fd, (off_t) e->size))
    err = cf_err_errno ();
  if (!err)
    err = dress (fd, ((e->mode & 0666u) & ~mask) | 0400, e->mtime_s, e->mtime_ns);
  close (fd);
  return err;
}

static gpg_error_t
finish_directory (struct cf_file_sink *s, const struct cf_manifest_entry *e, mode_t mask)
{
  gpg_error_t err;
  const char *base;
  int dir, fd;

  err = cf_file_tree_parent (&s->tree, e->path, &dir, &base);
  if (err)
    return err;
  fd = openat (dir, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return cf_err_errno ();
  err = dress (fd, (e->mode & ~mask) | 0700, e->mtime_s, e->mtime_ns);
  close (fd);
  return err;
}

/* Which directory CONTENT is: it keeps that under another name. */
static gpg_error_t
note_result (struct cf_file_sink *s)
{
  gpg_error_t err = 0;
  struct stat st;
  int fd = openat (s->part_fd, PART_RESULT, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (fd < 0)
    return cf_err_errno ();
  if (fstat (s->tree.root, &st) || dprintf (fd, "%ju %ju\n", (uintmax_t) st.st_dev, (uintmax_t) st.st_ino) < 0)
    err = cf_err_errno ();
  close (fd);
  return err;
}

/* Files first, then directories from the inside out: what is made in one changes its time. */
static gpg_error_t
finish_content (struct cf_file_sink *s)
{
  const struct cf_manifest *m = s->manifest;
  mode_t mask = cf_paths_umask_user ();
  gpg_error_t err = 0;
  size_t i;

  if (!m)
    return cf_err (GPG_ERR_INV_STATE);
  if (s->fd >= 0)
    close (s->fd);
  s->fd = -1;
  for (i = 0; !err && i < m->count; i++)
    if (!m->entries[i].directory)
      err = finish_file (s, &m->entries[i], mask);
  for (i = m->count; !err && i-- > 0;)
    if (m->entries[i].directory)
      err = finish_directory (s, &m->entries[i], mask);
  if (!err)
    err = dress_top (s, s->tree.root, 0777 & ~mask);
  if (!err)
    err = note_result (s);
  if (!err && syncfs (s->tree.root))
    err = cf_err_errno ();
  return err;
}

/* --- the name --- */

/* Give what FD is, FROM in FROM_DIR, the name TO in S->dir, unless that is taken: EEXIST. */
static gpg_error_t
rename_new (struct cf_file_sink *s, int fd, int from_dir, const char *from, const char *to)
{
  struct stat here, there;

  /* Somebody may have put another thing there meanwhile. */
  if (fstat (fd, &here) || fstatat (from_dir, from, &there, AT_SYMLINK_NOFOLLOW))
    return cf_err_errno ();
  if (here.st_dev != there.st_dev || here.st_ino != there.st_ino)
    return cf_err (GPG_ERR_CONFLICT);
  if (!renameat2 (from_dir, from, s->dir, to, RENAME_NOREPLACE))
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return cf_err_errno ();
  /* A file system that cannot: a link never replaces, and a directory replaces an empty one only, which is ours. */
  if (s->directory) {
    if (mkdirat (s->dir, to, 0700) || renameat (from_dir, from, s->dir, to))
      return cf_err_errno ();
    return 0;
  }
  if (linkat (from_dir, from, s->dir, to, 0))
    return cf_err_errno ();
  unlinkat (from_dir, from, 0);
  return 0;
}

/* The first of "name", "name (2)" ... that is free.  *R_NAME is the caller's. */
static gpg_error_t
rename_counted (struct cf_file_sink *s, const char *name, char **r_name)
{
  gpg_error_t err = cf_err (GPG_ERR_EEXIST);
  unsigned count;

  for (count = 1; gpg_err_code (err) == GPG_ERR_EEXIST && count <= NAMES_MAX; count++) {
    char *to = cf_file_name_counted (name, count, s->directory);

    if (!to)
      return cf_err (GPG_ERR_ENOMEM);
    if (s->directory)
      err = rename_new (s, s->tree.root, s->part_fd, PART_CONTENT, to);
    else
      err = rename_new (s, s->fd, s->dir, s->part, to);
    if (err)
      free (to);
    else
      *r_name = to;
  }
  return err;
}

gpg_error_t
cf_file_sink_finish (struct cf_file_sink *s, const void *name, size_t name_len, char **r_path)
{
  char *safe = cf_file_name_safe (name, name_len), *path = NULL, *to = NULL;
  gpg_error_t err;

  if (!safe)
    return cf_err (GPG_ERR_ENOMEM);
  if (s->directory)
    err = finish_content (s);
  else
    err = dress_top (s, s->fd, 0666 & ~cf_paths_umask_user ());
  if (!err && !s->directory && fsync (s->fd))
    err = cf_err_errno ();
  if (!err)
    err = rename_counted (s, safe, &to);
  if (err)
    goto leave;
  if (s->directory) {
    /* From here on it is there, whatever else goes wrong; moving it may have touched its time. */
    gpg_error_t ignored = dress_top (s, s->tree.root, 0777 & ~cf_paths_umask_user ());

    (void) ignored;
  }
  (void) fsync (s->dir);
  path = cf_paths_join (s->dir_path, to);
  err = path ? 0 : cf_err (GPG_ERR_ENOMEM);
  if (!err)
    *r_path = path;

leave:
  free (to);
  free (safe);
  return err;
}

/* --- an earlier life has given it --- */

/* What note_result has noted in the part PART of DIR, if content has left it.  False: nothing. */
static bool
read_result (int dir, const char *part, uintmax_t *r_dev, uintmax_t *r_ino)
{
  int part_fd = openat (dir, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), fd = -1;
  char text[64] = "";
  struct stat st;

  if (part_fd >= 0 && fstatat (part_fd, PART_CONTENT, &st, AT_SYMLINK_NOFOLLOW) && errno == ENOENT)
    fd = openat (part_fd, PART_RESULT, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd >= 0) {
    if (read (fd, text, sizeof text - 1) < 0)
      text[0] = 0;
    close (fd);
  }
  if (part_fd >= 0)
    close (part_fd);
  return sscanf (text, "%ju %ju", r_dev, r_ino) == 2;
}

static gpg_error_t
find_result (int dir, const char *safe, uintmax_t dev, uintmax_t ino, char **r_name)
{
  struct stat st;

  for (unsigned count = 1; count <= NAMES_MAX; count++) {
    char *name = cf_file_name_counted (safe, count, true);

    if (!name)
      return cf_err (GPG_ERR_ENOMEM);
    if (!fstatat (dir, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR (st.st_mode) && st.st_dev == dev && st.st_ino == ino) {
      *r_name = name;
      return 0;
    }
    free (name);
  }
  return cf_err (GPG_ERR_ENOENT);
}

gpg_error_t
cf_file_part_result (const char *dir, const uint8_t transfer[CF_FILE_ID_LEN], const void *name, size_t name_len,
                     char **r_path)
{
  char part[PART_NAME_SIZE], *safe = cf_file_name_safe (name, name_len), *found = NULL, *path = NULL;
  int fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gpg_error_t err = safe ? 0 : cf_err (GPG_ERR_ENOMEM);
  uintmax_t dev, ino;

  cf_sink_part_name (transfer, part);
  if (!err && (fd < 0 || !read_result (fd, part, &dev, &ino)))
    err = cf_err (GPG_ERR_ENOENT);
  if (!err)
    err = find_result (fd, safe, dev, ino, &found);
  if (!err)
    path = cf_paths_join (dir, found);
  if (!err && !path)
    err = cf_err (GPG_ERR_ENOMEM);
  if (!err)
    *r_path = path;
  if (fd >= 0)
    close (fd);
  free (found);
  free (safe);
  return err;
}

/* --- or nothing --- */

static void remove_at (int dir, const char *name, unsigned depth);

/* Takes FD. */
static void
empty (int fd, unsigned depth)
{
  DIR *d = fdopendir (fd);
  struct dirent *e;

  if (!d) {
    close (fd);
    return;
  }
  while ((e = readdir (d)))
    if (strcmp (e->d_name, ".") != 0 && strcmp (e->d_name, "..") != 0)
      remove_at (fd, e->d_name, depth);
  closedir (d);
}

static void
remove_at (int dir, const char *name, unsigned depth)
{
  int fd;

  if (!unlinkat (dir, name, 0) || errno == ENOENT || depth > DEPTH_MAX)
    return;
  fd = openat (dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0)
    empty (fd, depth + 1);
  (void) unlinkat (dir, name, AT_REMOVEDIR);
}

void
cf_sink_remove (int dir, const char *name)
{
  remove_at (dir, name, 0);
}

void
cf_file_sink_discard (struct cf_file_sink *s)
{
  cf_sink_remove (s->dir, s->part);
}

void
cf_file_part_remove (const char *dir, const uint8_t transfer[CF_FILE_ID_LEN])
{
  char part[PART_NAME_SIZE];
  int fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return;
  cf_sink_part_name (transfer, part);
  cf_sink_remove (fd, part);
  close (fd);
}
