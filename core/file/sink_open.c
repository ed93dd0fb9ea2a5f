/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sink_open.c - parts: made, and found again. */
#include "core/file/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/text.h"
#include "core/file/sink_private.h"

#define PART_DIGITS 4 /* bytes of the transfer in its name */

void
cf_sink_part_name (const uint8_t transfer[CF_FILE_ID_LEN], char out[PART_NAME_SIZE])
{
  char hex[2 * PART_DIGITS + 1];

  cf_hex (transfer, PART_DIGITS, hex);
  strcpy (out, ".confab-");
  strcat (out, hex);
  strcat (out, ".part");
}

/* --- the directory below which it happens --- */

/* Make PATH, absolute, with its parents; the umask says for whom. */
static gpg_error_t
make_path (const char *path)
{
  char *copy = strdup (path), *p;
  gpg_error_t err = 0;
  struct stat st;

  if (!copy)
    return cf_err (GPG_ERR_ENOMEM);
  for (p = copy; !err && p;) {
    p = strchr (p + 1, '/');
    if (p)
      *p = 0;
    if (mkdir (copy, 0777) && errno != EEXIST)
      err = cf_err_errno ();
    if (err && !stat (copy, &st)) /* it is there all the same, where nobody may make anything */
      err = 0;
    if (p)
      *p = '/';
  }
  free (copy);
  return err;
}

gpg_error_t
cf_file_sink_space (const char *dir, uint64_t bytes)
{
  char *copy = strdup (dir), *slash;
  struct statvfs v;
  gpg_error_t err = 0;

  if (!copy)
    return cf_err (GPG_ERR_ENOMEM);
  while (statvfs (*copy ? copy : "/", &v)) {
    slash = strrchr (copy, '/');
    if (errno != ENOENT || !slash || !*copy) {
      err = cf_err_errno ();
      break;
    }
    *slash = 0; /* it will be made: ask where */
  }
  free (copy);
  if (!err && (bytes > UINT64_MAX - CF_FILE_SPACE_LEAST
               || (bytes + CF_FILE_SPACE_LEAST) / v.f_frsize >= (uint64_t) v.f_bavail))
    err = cf_err (GPG_ERR_ENOSPC);
  return err;
}

/* --- parts of a file --- */

static gpg_error_t
make_file (struct cf_file_sink *s)
{
  gpg_error_t err = 0;

  s->fd = openat (s->dir, s->part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (s->fd < 0)
    return cf_err_errno ();
  if (ftruncate (s->fd, (off_t) s->size)) {
    err = cf_err_errno ();
    unlinkat (s->dir, s->part, 0);
  }
  return err;
}

/* Is it a file of ours that nobody else has a name for? */
static bool
is_own (const struct stat *st)
{
  return S_ISREG (st->st_mode) && st->st_uid == geteuid () && st->st_nlink == 1;
}

static gpg_error_t
find_file (struct cf_file_sink *s)
{
  struct stat st;

  s->fd = openat (s->dir, s->part, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (s->fd < 0)
    return errno == ENOENT ? cf_err (GPG_ERR_ENOENT) : errno == EACCES ? cf_err_errno () : cf_err (GPG_ERR_CONFLICT);
  if (fstat (s->fd, &st))
    return cf_err_errno ();
  return is_own (&st) && (uint64_t) st.st_size == s->size ? 0 : cf_err (GPG_ERR_CONFLICT);
}

/* --- parts of a directory --- */

static gpg_error_t
open_in_part (struct cf_file_sink *s, int extra)
{
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

  cf_file_tree_init (&s->tree, openat (s->part_fd, PART_CONTENT, flags));
  if (s->tree.root >= 0)
    s->manifest_fd = openat (s->part_fd, PART_MANIFEST, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | extra, 0600);
  return s->tree.root < 0 || s->manifest_fd < 0 ? cf_err_errno () : 0;
}

static gpg_error_t
make_directory (struct cf_file_sink *s)
{
  gpg_error_t err;

  if (mkdirat (s->dir, s->part, 0700))
    return cf_err_errno ();
  s->part_fd = openat (s->dir, s->part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (s->part_fd < 0 || mkdirat (s->part_fd, PART_CONTENT, 0700))
    err = cf_err_errno ();
  else
    err = open_in_part (s, O_CREAT | O_EXCL);
  if (!err && ftruncate (s->manifest_fd, (off_t) s->manifest_len))
    err = cf_err_errno ();
  if (err)
    cf_sink_remove (s->dir, s->part);
  s->many = true;
  return err;
}

static gpg_error_t
find_directory (struct cf_file_sink *s)
{
  gpg_error_t err;
  struct stat st;

  s->part_fd = openat (s->dir, s->part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (s->part_fd < 0)
    return errno == ENOENT ? cf_err (GPG_ERR_ENOENT) : errno == EACCES ? cf_err_errno () : cf_err (GPG_ERR_CONFLICT);
  if (fstat (s->part_fd, &st))
    return cf_err_errno ();
  if (st.st_uid != geteuid () || open_in_part (s, 0))
    return cf_err (GPG_ERR_CONFLICT);
  err = fstat (s->manifest_fd, &st) ? cf_err_errno () : 0;
  if (!err && !(is_own (&st) && (uint64_t) st.st_size == s->manifest_len))
    err = cf_err (GPG_ERR_CONFLICT);
  return err;
}

/* The blocks with manifest that HAVE (NULL: none) says are there. */
static gpg_error_t
load_manifest (struct cf_file_sink *s, const struct cf_file_map *have)
{
  size_t blocks = (size_t) cf_file_block_count (s->manifest_len), i;
  gpg_error_t err = 0;

  s->text = malloc (s->manifest_len ? (size_t) s->manifest_len : 1);
  if (!s->text)
    return cf_err (GPG_ERR_ENOMEM);
  s->missing = blocks;
  for (i = 0; !err && have && i < blocks; i++) {
    if (!cf_file_map_has (have, i))
      continue;
    err = cf_file_pread (s->manifest_fd, s->text + i * CF_FILE_BLOCK, cf_file_block_len (s->manifest_len, i),
                         i * CF_FILE_BLOCK);
    s->have[i] = true;
    s->missing--;
  }
  if (!err && !s->missing) {
    err = cf_sink_manifest_whole (s);
    if (have && gpg_err_code (err) == CF_ERR_PROTOCOL)
      err = cf_err (GPG_ERR_CONFLICT); /* it was good when it came */
  }
  return err;
}

/* --- opening --- */

static gpg_error_t
open_part (struct cf_file_sink *s, const struct cf_file_map *have)
{
  gpg_error_t err;

  if (!s->directory)
    return have ? find_file (s) : make_file (s);
  err = have ? find_directory (s) : make_directory (s);
  if (err)
    return err;
  err = load_manifest (s, have);
  if (err && !have)
    cf_sink_remove (s->dir, s->part);
  return err;
}

gpg_error_t
cf_file_sink_open (const char *dir, const uint8_t transfer[CF_FILE_ID_LEN], const struct cf_file_offer *o,
                   const struct cf_file_map *have, struct cf_file_sink **r_sink)
{
  struct cf_file_sink *s;
  gpg_error_t err;

  if (*dir != '/')
    return cf_err (GPG_ERR_INV_VALUE);
  s = calloc (1, sizeof *s);
  if (!s)
    return cf_err (GPG_ERR_ENOMEM);
  s->dir = s->fd = s->part_fd = s->manifest_fd = -1;
  cf_file_tree_init (&s->tree, -1);
  s->directory = cf_file_offer_is_directory (o);
  s->size = o->size;
  s->files = o->files;
  s->manifest_len = o->manifest_len;
  s->stream_len = cf_file_stream_len (o);
  s->modified_utc_ms = o->modified_utc_ms;
  s->made = !have;
  cf_sink_part_name (transfer, s->part);
  s->dir_path = strdup (dir);
  err = s->dir_path ? make_path (dir) : cf_err (GPG_ERR_ENOMEM);
  if (!err) {
    s->dir = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    err = s->dir < 0 ? cf_err_errno () : open_part (s, have);
  }
  if (err)
    cf_file_sink_free (s);
  else
    *r_sink = s;
  return err;
}

static void
close_fd (int fd)
{
  if (fd >= 0)
    close (fd);
}

void
cf_file_sink_free (struct cf_file_sink *s)
{
  if (!s)
    return;
  close_fd (s->dir);
  close_fd (s->fd);
  close_fd (s->part_fd);
  close_fd (s->manifest_fd);
  cf_file_tree_done (&s->tree);
  cf_manifest_free (s->manifest);
  free (s->text);
  free (s->dir_path);
  free (s);
}
