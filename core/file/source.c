/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source.c - what is sent, read as one stream. */
#include "core/file/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/paths.h"
#include "core/file/name.h"
#include "core/file/source_private.h"

/* --- opening --- */

/* The last part of PATH as the person wrote it, so that a link keeps its name; REAL's where that says nothing. */
static gpg_error_t
set_name (struct cf_file_offer *o, const char *path, const char *real)
{
  size_t len = strlen (path), start;
  const char *base;

  while (len && path[len - 1] == '/')
    len--;
  for (start = len; start && path[start - 1] != '/'; start--)
    ;
  base = path + start;
  len -= start;
  if (!len || (*base == '.' && (len == 1 || (len == 2 && base[1] == '.')))) {
    base = strrchr (real, '/') + 1;
    len = strlen (base);
  }
  if (!len || len > sizeof o->name) /* "/" */
    return cf_err (GPG_ERR_INV_VALUE);
  memcpy (o->name, base, len);
  o->name_len = len;
  return 0;
}

/* The path of a file is taken apart, so that it is looked at by its name each time. */
static gpg_error_t
open_file (struct cf_file_source *s, const char *real, const struct stat *st)
{
  const char *base = strrchr (real, '/') + 1;
  size_t len = strlen (base);
  uint64_t on_disk = (uint64_t) st->st_blocks * 512;
  struct cf_manifest *m = s->manifest = calloc (1, sizeof *m);
  char *dir;

  if ((uint64_t) st->st_size > CF_FILE_SIZE_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  if (!m || !(m->entries = calloc (1, sizeof *m->entries)) || !(m->paths = strdup (base))
      || !(s->stats = calloc (1, sizeof *s->stats)) || !(dir = strndup (real, (size_t) (base - real))))
    return cf_err (GPG_ERR_ENOMEM);
  cf_file_tree_init (&s->tree, open (dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
  free (dir);
  if (s->tree.root < 0)
    return cf_err_errno ();
  m->count = 1;
  m->entries->path = m->paths;
  m->entries->path_len = (uint32_t) len;
  m->entries->size = m->stream_len = s->offer.size = (uint64_t) st->st_size;
  cf_file_stat_of (st, s->stats);
  s->offer.data = s->offer.size < on_disk ? s->offer.size : on_disk;
  s->offer.files = 1;
  return faccessat (s->tree.root, base, R_OK, 0) ? cf_err_errno () : 0;
}

static gpg_error_t
open_directory (struct cf_file_source *s, const char *real)
{
  cf_file_tree_init (&s->tree, open (real, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (s->tree.root < 0)
    return cf_err_errno ();
  return cf_file_source_walk (s);
}

static void
hash_stats (struct cf_file_source *s)
{
  struct cf_hash h;
  size_t i;

  cf_hash_init (&h, NULL, "file stat");
  for (i = 0; i < s->manifest->count; i++) {
    const struct cf_file_stat *st = &s->stats[i];

    cf_hash_add (&h, s->manifest->entries[i].path, s->manifest->entries[i].path_len);
    cf_hash_add_u64 (&h, st->dev);
    cf_hash_add_u64 (&h, st->ino);
    cf_hash_add_u64 (&h, st->size);
    cf_hash_add_u64 (&h, (uint64_t) st->mtime_s);
    cf_hash_add_u64 (&h, st->mtime_ns);
    cf_hash_add_u64 (&h, (uint64_t) st->ctime_s);
    cf_hash_add_u64 (&h, st->ctime_ns);
  }
  cf_hash_final (&h, s->stat_hash);
}

static gpg_error_t
open_path (struct cf_file_source *s, const char *path, const char *real)
{
  gpg_error_t err;
  struct stat st;
  char *safe;

  err = set_name (&s->offer, path, real);
  if (err)
    return err;
  if (stat (real, &st))
    return cf_err_errno ();
  if (!S_ISDIR (st.st_mode) && !S_ISREG (st.st_mode))
    return cf_err (GPG_ERR_INV_VALUE);
  s->offer.modified_utc_ms = (int64_t) st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
  safe = cf_file_name_safe (s->offer.name, s->offer.name_len);
  if (!safe)
    return cf_err (GPG_ERR_ENOMEM);
  strcpy (s->offer.media_type, S_ISDIR (st.st_mode) ? CF_FILE_DIRECTORY_TYPE : cf_file_media_type (safe));
  free (safe);
  err = S_ISDIR (st.st_mode) ? open_directory (s, real) : open_file (s, real, &st);
  if (!err)
    hash_stats (s);
  return err;
}

gpg_error_t
cf_file_source_open (const char *path, struct cf_file_source **r_source)
{
  struct cf_file_source *s;
  char *real = NULL;
  gpg_error_t err;

  if (*path != '/')
    return cf_err (GPG_ERR_INV_VALUE);
  s = calloc (1, sizeof *s);
  if (!s)
    return cf_err (GPG_ERR_ENOMEM);
  s->fd = -1;
  cf_file_tree_init (&s->tree, -1);
  cf_buf_init (&s->text, CF_FILE_MANIFEST_MAX);
  real = realpath (path, NULL);
  err = real ? open_path (s, path, real) : cf_err_errno ();
  free (real);
  if (err)
    cf_file_source_free (s);
  else
    *r_source = s;
  return err;
}

void
cf_file_source_free (struct cf_file_source *s)
{
  if (!s)
    return;
  if (s->fd >= 0)
    close (s->fd);
  cf_file_tree_done (&s->tree);
  cf_manifest_free (s->manifest);
  cf_buf_done (&s->text);
  free (s->stats);
  free (s);
}

void
cf_file_source_describe (const struct cf_file_source *s, struct cf_file_offer *o, size_t *r_skipped,
                         uint8_t r_stat_hash[CF_FILE_HASH_LEN])
{
  uint8_t key[CF_FILE_KEY_LEN];

  memcpy (key, o->key, sizeof key);
  *o = s->offer;
  memcpy (o->key, key, sizeof key);
  *r_skipped = s->skipped;
  memcpy (r_stat_hash, s->stat_hash, CF_FILE_HASH_LEN);
}

/* --- reading --- */

static void
close_current (struct cf_file_source *s)
{
  if (s->fd >= 0)
    close (s->fd);
  s->fd = -1;
}

/* Is it still what it was?  Leaves entry I open, and S->changed set if its times are others.
   Errors: CONFLICT, ENOENT ... */
static gpg_error_t
look (struct cf_file_source *s, size_t i)
{
  const struct cf_manifest_entry *e = &s->manifest->entries[i];
  struct cf_file_stat now;
  gpg_error_t err;
  struct stat st;
  const char *base;
  int dir;

  if (s->fd >= 0 && s->current == i) { /* by its name: an editor may have put another in its place */
    err = cf_file_tree_parent (&s->tree, e->path, &dir, &base);
    if (!err && fstatat (dir, base, &st, AT_SYMLINK_NOFOLLOW))
      err = cf_err_errno ();
    if (err)
      return err;
    cf_file_stat_of (&st, &now);
    if (cf_file_stat_equal (&now, &s->stats[i]))
      return 0;
  }
  close_current (s);
  err = cf_file_tree_open (&s->tree, e->path, O_RDONLY, 0, &s->fd, &st);
  if (err)
    return err;
  s->current = i;
  (void) posix_fadvise (s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  cf_file_stat_of (&st, &now);
  if (now.size != e->size) {
    close_current (s);
    return cf_err (GPG_ERR_CONFLICT);
  }
  if (!cf_file_stat_equal (&now, &s->stats[i])) {
    s->stats[i] = now;
    s->changed = true;
  }
  return 0;
}

gpg_error_t
cf_file_source_read (struct cf_file_source *s, uint64_t index, uint8_t *buf, size_t *r_len, bool *r_changed)
{
  const struct cf_manifest *m = s->manifest;
  size_t len = cf_file_block_len (m->stream_len, index), left = len, i;
  uint64_t offset = index * CF_FILE_BLOCK, manifest_len = cf_buf_len (&s->text);
  gpg_error_t err = 0;

  if (!len)
    return cf_err (GPG_ERR_INV_VALUE);
  if (offset < manifest_len) {
    size_t n = manifest_len - offset < left ? (size_t) (manifest_len - offset) : left;

    memcpy (buf, cf_buf_data (&s->text) + offset, n);
    buf += n;
    left -= n;
    offset += n;
  }
  for (i = left ? cf_manifest_find (m, offset) : m->count; !err && left; i = cf_manifest_next (m, i)) {
    uint64_t at = offset - m->entries[i].offset, rest = m->entries[i].size - at;
    size_t n = rest < left ? (size_t) rest : left;

    err = look (s, i);
    if (!err)
      err = cf_file_pread (s->fd, buf, n, at);
    buf += n;
    left -= n;
    offset += n;
  }
  if (err)
    return err;
  *r_len = len;
  *r_changed = s->changed;
  s->changed = false;
  return 0;
}

uint64_t
cf_file_source_hole (struct cf_file_source *s, uint64_t index, uint64_t max)
{
  const struct cf_manifest *m = s->manifest;
  uint64_t offset, at, end, count;
  off_t data;
  size_t i;

  if (index >= m->stream_len / CF_FILE_BLOCK)
    return 0;
  offset = index * CF_FILE_BLOCK;
  i = offset < cf_buf_len (&s->text) ? m->count : cf_manifest_find (m, offset);
  if (i == m->count)
    return 0;
  at = offset - m->entries[i].offset;
  if (m->entries[i].size - at < CF_FILE_BLOCK || look (s, i) || s->changed)
    return 0; /* reading tells */
  data = lseek (s->fd, (off_t) at, SEEK_DATA);
  if (data < 0 && errno != ENXIO)
    return 0;
  end = data < 0 || (uint64_t) data > m->entries[i].size ? m->entries[i].size : (uint64_t) data;
  count = end > at ? (end - at) / CF_FILE_BLOCK : 0;
  return count < max ? count : max;
}
