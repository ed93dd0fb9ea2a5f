/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source_walk.c - look at a directory and all that is in it, once. */
#include "core/file/source_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TABLE_MIN 64

struct walk {
  struct cf_manifest_entry *entries; /* paths are owned; NUMBER is the place in STATS */
  struct cf_file_stat *stats;
  size_t count, room;
  char path[CF_FILE_PATH_MAX + 1];   /* of the directory that is being read, or of what was found in it */
  size_t path_len;
  uint64_t size, data, files;
  size_t skipped;
};

void
cf_file_stat_of (const struct stat *st, struct cf_file_stat *r_stat)
{
  r_stat->dev = st->st_dev;
  r_stat->ino = st->st_ino;
  r_stat->mtime_s = st->st_mtim.tv_sec;
  r_stat->mtime_ns = (uint32_t) st->st_mtim.tv_nsec;
  r_stat->ctime_s = st->st_ctim.tv_sec;
  r_stat->ctime_ns = (uint32_t) st->st_ctim.tv_nsec;
  r_stat->size = S_ISREG (st->st_mode) ? (uint64_t) st->st_size : 0;
}

bool
cf_file_stat_equal (const struct cf_file_stat *a, const struct cf_file_stat *b)
{
  return a->dev == b->dev && a->ino == b->ino && a->mtime_s == b->mtime_s && a->mtime_ns == b->mtime_ns
         && a->ctime_s == b->ctime_s && a->ctime_ns == b->ctime_ns && a->size == b->size;
}

/* Both tables take the same number of rows. */
static gpg_error_t
make_room (struct walk *w)
{
  size_t room = w->room ? 2 * w->room : TABLE_MIN;
  void *more;

  if (w->count < w->room)
    return 0;
  if (w->count >= CF_FILE_FILES_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  more = realloc (w->entries, room * sizeof *w->entries);
  if (!more)
    return cf_err (GPG_ERR_ENOMEM);
  w->entries = more;
  more = realloc (w->stats, room * sizeof *w->stats);
  if (!more)
    return cf_err (GPG_ERR_ENOMEM);
  w->stats = more;
  w->room = room;
  return 0;
}

static int64_t
clamp_time (int64_t s)
{
  return s > CF_MANIFEST_TIME_MAX ? CF_MANIFEST_TIME_MAX : s < -CF_MANIFEST_TIME_MAX ? -CF_MANIFEST_TIME_MAX : s;
}

static gpg_error_t
add_entry (struct walk *w, const struct stat *st)
{
  struct cf_manifest_entry *e;
  uint64_t on_disk = (uint64_t) st->st_blocks * 512;
  gpg_error_t err;
  char *path;

  err = make_room (w);
  if (err)
    return err;
  path = strndup (w->path, w->path_len);
  if (!path)
    return cf_err (GPG_ERR_ENOMEM);
  cf_file_stat_of (st, &w->stats[w->count]);
  e = &w->entries[w->count];
  memset (e, 0, sizeof *e);
  e->number = (uint32_t) w->count++;
  e->path = path;
  e->path_len = (uint32_t) w->path_len;
  e->directory = S_ISDIR (st->st_mode);
  e->mode = st->st_mode & 0777;
  e->mtime_s = clamp_time (st->st_mtim.tv_sec);
  e->mtime_ns = (uint32_t) st->st_mtim.tv_nsec;
  if (e->directory)
    return 0;
  e->size = (uint64_t) st->st_size;
  if (e->size > CF_FILE_SIZE_MAX - w->size)
    return cf_err (GPG_ERR_TOO_LARGE);
  w->size += e->size;
  w->data += e->size < on_disk ? e->size : on_disk;
  w->files++;
  return 0;
}

static gpg_error_t walk_directory (struct walk *w, int fd, unsigned depth);

/* NAME in the directory FD, whose path is in W. */
static gpg_error_t
walk_entry (struct walk *w, int fd, const char *name, unsigned depth)
{
  size_t before = w->path_len, len = strlen (name);
  gpg_error_t err;
  struct stat st;
  int child;

  if (fstatat (fd, name, &st, AT_SYMLINK_NOFOLLOW))
    return errno == ENOENT ? 0 : cf_err_errno (); /* gone while we looked */
  if (!S_ISDIR (st.st_mode) && !S_ISREG (st.st_mode)) {
    w->skipped++;
    return 0;
  }
  /* Better to know now than in the middle of it. */
  if (faccessat (fd, name, S_ISDIR (st.st_mode) ? R_OK | X_OK : R_OK, 0))
    return cf_err_errno ();
  if (before + 1 + len > CF_FILE_PATH_MAX || depth > CF_FILE_DEPTH_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  if (before)
    w->path[w->path_len++] = '/';
  memcpy (w->path + w->path_len, name, len);
  w->path_len += len;
  err = add_entry (w, &st);
  if (!err && S_ISDIR (st.st_mode)) {
    child = openat (fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    err = child < 0 ? cf_err_errno () : walk_directory (w, child, depth + 1);
  }
  w->path_len = before;
  return err;
}

/* Takes FD.  Recursion ends at CF_FILE_DEPTH_MAX. */
static gpg_error_t
walk_directory (struct walk *w, int fd, unsigned depth)
{
  DIR *dir = fdopendir (fd);
  struct dirent *d;
  gpg_error_t err = 0;

  if (!dir) {
    err = cf_err_errno ();
    close (fd);
    return err;
  }
  for (;;) {
    errno = 0;
    d = readdir (dir);
    if (!d) {
      err = errno ? cf_err_errno () : 0;
      break;
    }
    if (!strcmp (d->d_name, ".") || !strcmp (d->d_name, ".."))
      continue;
    err = walk_entry (w, fd, d->d_name, depth);
    if (err)
      break;
  }
  closedir (dir);
  return err;
}

/* What was found becomes the manifest that a receiver will see, each stat at the place of its line. */
static gpg_error_t
take (struct walk *w, struct cf_file_source *s)
{
  gpg_error_t err;
  size_t i;

  err = cf_manifest_build (w->entries, w->count, &s->text);
  if (err)
    return err;
  err = cf_manifest_parse (cf_buf_data (&s->text), cf_buf_len (&s->text), w->size, w->files, &s->manifest);
  if (err)
    return err;
  s->stats = calloc (w->count ? w->count : 1, sizeof *s->stats);
  if (!s->stats)
    return cf_err (GPG_ERR_ENOMEM);
  for (i = 0; i < w->count; i++)
    s->stats[i] = w->stats[w->entries[i].number];
  s->skipped = w->skipped;
  s->offer.size = w->size;
  s->offer.data = w->data;
  s->offer.files = w->files;
  s->offer.manifest_len = cf_buf_len (&s->text);
  return 0;
}

gpg_error_t
cf_file_source_walk (struct cf_file_source *s)
{
  struct walk *w = calloc (1, sizeof *w);
  gpg_error_t err;
  size_t i;
  int fd;

  if (!w)
    return cf_err (GPG_ERR_ENOMEM);
  fd = openat (s->tree.root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  err = fd < 0 ? cf_err_errno () : walk_directory (w, fd, 1);
  if (!err)
    err = take (w, s);
  for (i = 0; i < w->count; i++)
    free ((char *) (uintptr_t) w->entries[i].path);
  free (w->entries);
  free (w->stats);
  free (w);
  return err;
}
