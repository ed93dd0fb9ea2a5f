/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sink.c - what is received, block by block, into the part. */
#include "core/file/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file/sink_private.h"

#define WRITE_BEHIND (8 * 1024 * 1024)

/* --- the manifest --- */

gpg_error_t
cf_sink_manifest_whole (struct cf_file_sink *s)
{
  struct cf_manifest *m = NULL;
  gpg_error_t err;
  size_t i;

  err = cf_manifest_parse (s->text, (size_t) s->manifest_len, s->size, s->files, &m);
  if (err)
    return err;
  err = cf_manifest_make_visible (m);
  for (i = 0; !err && i < m->count; i++) { /* parents come first */
    const char *base;
    int dir;

    if (!m->entries[i].directory)
      continue;
    err = cf_file_tree_parent (&s->tree, m->entries[i].path, &dir, &base);
    if (!err && mkdirat (dir, base, 0700) && errno != EEXIST)
      err = cf_err_errno ();
  }
  if (err) {
    cf_manifest_free (m);
    return err;
  }
  s->manifest = m;
  s->many = true;
  free (s->text);
  s->text = NULL;
  return 0;
}

/* Is what has come again what is there? */
static gpg_error_t
compare_manifest (struct cf_file_sink *s, uint64_t offset, const uint8_t *data, size_t len)
{
  uint8_t there[4096];
  gpg_error_t err = 0;

  while (!err && len) {
    size_t n = len < sizeof there ? len : sizeof there;

    err = cf_file_pread (s->manifest_fd, there, n, offset);
    if (!err && memcmp (there, data, n) != 0)
      err = cf_err (CF_ERR_PROTOCOL);
    data += n;
    len -= n;
    offset += n;
  }
  return err;
}

/* LEN bytes of manifest in block INDEX; MORE: contents follow in it. */
static gpg_error_t
write_manifest (struct cf_file_sink *s, uint64_t index, const uint8_t *data, size_t len, bool more)
{
  uint64_t offset = index * CF_FILE_BLOCK;
  gpg_error_t err;

  if (s->manifest)
    return compare_manifest (s, offset, data, len);
  if (more && s->missing > (s->have[index] ? 0 : 1))
    return cf_err (GPG_ERR_INV_STATE);
  err = cf_file_pwrite (s->manifest_fd, data, len, offset);
  if (err)
    return err;
  memcpy (s->text + offset, data, len);
  if (!s->have[index])
    s->missing--;
  s->have[index] = true;
  s->many = true;
  return s->missing ? 0 : cf_sink_manifest_whole (s);
}

/* --- files --- */

gpg_error_t
cf_sink_current (struct cf_file_sink *s, size_t i, uint64_t *r_size)
{
  gpg_error_t err;
  struct stat st;
  int fd;

  if (s->fd >= 0 && s->current == i) {
    *r_size = s->manifest->entries[i].size;
    return 0;
  }
  err = cf_file_tree_open (&s->tree, s->manifest->entries[i].path, O_RDWR | O_CREAT, 0600, &fd, &st);
  if (err)
    return err;
  if (st.st_uid != geteuid () || st.st_nlink != 1) {
    close (fd);
    return cf_err (GPG_ERR_CONFLICT);
  }
  if (s->fd >= 0)
    close (s->fd);
  s->many = s->many || s->dirty || !st.st_size;
  s->dirty = false;
  s->fd = fd;
  s->current = i;
  s->ahead = 0;
  *r_size = (uint64_t) st.st_size;
  return 0;
}

/* The file that has the byte at OFFSET of the stream, open, and where in it; how much of LEN is in it. */
static gpg_error_t
seek_file (struct cf_file_sink *s, uint64_t offset, uint64_t len, uint64_t *r_at, uint64_t *r_part)
{
  const struct cf_manifest_entry *e;
  uint64_t size, at, left;
  gpg_error_t err;

  if (!s->directory) {
    *r_at = offset;
    *r_part = len;
    return 0;
  }
  if (!s->manifest)
    return cf_err (GPG_ERR_INV_STATE);
  e = &s->manifest->entries[cf_manifest_find (s->manifest, offset)];
  at = offset - e->offset;
  left = e->size - at;
  err = cf_sink_current (s, (size_t) (e - s->manifest->entries), &size);
  /* What is written whole has its size by that. */
  if (!err && size != e->size && (at || len < left || size > e->size) && ftruncate (s->fd, (off_t) e->size))
    err = cf_err_errno ();
  *r_at = at;
  *r_part = left < len ? left : len;
  return err;
}

/* The disk begins with what was written early, so that a sync, and the end, has little to wait for. */
static void
write_behind (struct cf_file_sink *s, uint64_t len)
{
  s->ahead += len;
  if (s->ahead < WRITE_BEHIND)
    return;
  (void) sync_file_range (s->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  s->ahead = 0;
}

gpg_error_t
cf_file_sink_write (struct cf_file_sink *s, uint64_t index, const uint8_t *data, size_t len)
{
  uint64_t offset = index * CF_FILE_BLOCK, at, part;
  gpg_error_t err = 0;

  if (!len || len != cf_file_block_len (s->stream_len, index))
    return cf_err (GPG_ERR_INV_VALUE);
  if (offset < s->manifest_len) {
    size_t n = s->manifest_len - offset < len ? (size_t) (s->manifest_len - offset) : len;

    err = write_manifest (s, index, data, n, n < len);
    data += n;
    len -= n;
    offset += n;
  }
  while (!err && len) {
    err = seek_file (s, offset, len, &at, &part);
    if (err)
      break;
    s->dirty = true;
    err = cf_file_pwrite (s->fd, data, (size_t) part, at);
    write_behind (s, part);
    data += part;
    len -= (size_t) part;
    offset += part;
  }
  return err;
}

/* Zeroes where the file system has no holes to make. */
static gpg_error_t
write_zeros (int fd, uint64_t at, uint64_t len)
{
  static const uint8_t zeros[65536];
  gpg_error_t err = 0;

  while (!err && len) {
    size_t n = len < sizeof zeros ? (size_t) len : sizeof zeros;

    err = cf_file_pwrite (fd, zeros, n, at);
    at += n;
    len -= n;
  }
  return err;
}

gpg_error_t
cf_file_sink_zeros (struct cf_file_sink *s, uint64_t index, uint64_t count)
{
  uint64_t whole = s->stream_len / CF_FILE_BLOCK, offset, len, at, part;
  gpg_error_t err = 0;

  if (index > whole || count > whole - index)
    return cf_err (GPG_ERR_INV_VALUE);
  offset = index * CF_FILE_BLOCK;
  len = count * CF_FILE_BLOCK;
  if (len && offset < s->manifest_len) /* no manifest has zeroes */
    return cf_err (CF_ERR_PROTOCOL);
  for (; !err && len; len -= part, offset += part) {
    err = seek_file (s, offset, len, &at, &part);
    if (err)
      break;
    s->dirty = true;
    if (fallocate (s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t) at, (off_t) part))
      err = errno == EOPNOTSUPP || errno == ENOSYS ? write_zeros (s->fd, at, part) : cf_err_errno ();
  }
  return err;
}

gpg_error_t
cf_file_sink_read (struct cf_file_sink *s, uint64_t index, uint8_t *buf, size_t *r_len)
{
  size_t len = cf_file_block_len (s->stream_len, index), left = len;
  uint64_t offset = index * CF_FILE_BLOCK, at, part;
  gpg_error_t err = 0;

  if (!len)
    return cf_err (GPG_ERR_INV_VALUE);
  if (offset < s->manifest_len) {
    size_t n = s->manifest_len - offset < left ? (size_t) (s->manifest_len - offset) : left;

    err = cf_file_pread (s->manifest_fd, buf, n, offset);
    buf += n;
    left -= n;
    offset += n;
  }
  while (!err && left) {
    err = seek_file (s, offset, left, &at, &part);
    if (err)
      break;
    err = cf_file_pread (s->fd, buf, (size_t) part, at);
    buf += part;
    left -= (size_t) part;
    offset += part;
  }
  if (!err)
    *r_len = len;
  return err;
}

gpg_error_t
cf_file_sink_sync (struct cf_file_sink *s)
{
  /* Of many small files one by one would take minutes. */
  if (s->many ? syncfs (s->tree.root) : s->dirty ? fdatasync (s->fd) : 0)
    return cf_err_errno ();
  s->many = s->dirty = false;
  if (s->made && fsync (s->dir))
    return cf_err_errno ();
  s->made = false;
  return 0;
}
