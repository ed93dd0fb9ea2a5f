/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_manifest.c - what is in a directory that a peer sends.
 *
 * The first byte says which way.  Text: what parses is exactly what building gives, its paths lead nowhere but below,
 * and each byte of the stream belongs to one file.  Entries: a tree that can be built can be parsed.
 */
#include <stdlib.h>
#include <string.h>

#include "core/file/manifest.h"
#include "tests/fuzz/fuzz.h"

#define TEXT_MAX 65536
#define ENTRIES_MAX 24
#define PART_MAX 40

/* No part of a path that leads elsewhere, and a directory before it for all but the last part. */
static void
check_path (const struct cf_manifest *m, const struct cf_manifest_entry *e)
{
  const char *slash = strrchr (e->path, '/');
  const char *at = e->path;

  FUZZ_CHECK (strlen (e->path) == e->path_len && e->path_len && e->path_len <= CF_FILE_PATH_MAX);
  for (;;) {
    size_t part = strcspn (at, "/");

    FUZZ_CHECK (part && part <= CF_FILE_NAME_MAX && !(part == 1 && *at == '.')
                && !(part == 2 && at[0] == '.' && at[1] == '.'));
    if (!at[part])
      break;
    at += part + 1;
  }
  for (const struct cf_manifest_entry *d = m->entries; slash && d < e; d++)
    if (d->directory && d->path_len == (size_t) (slash - e->path) && !memcmp (d->path, e->path, d->path_len))
      return;
  FUZZ_CHECK (!slash);
}

static void
check_offsets (const struct cf_manifest *m, size_t text_len)
{
  uint64_t offset = text_len;
  size_t last = m->count;

  for (size_t i = 0; i < m->count; i++) {
    const struct cf_manifest_entry *e = &m->entries[i];

    FUZZ_CHECK (e->offset == offset && e->mtime_ns < 1000000000 && e->mode <= 0777 && (!e->directory || !e->size));
    offset += e->size;
    if (!e->size)
      continue;
    FUZZ_CHECK (cf_manifest_find (m, e->offset) == i && cf_manifest_find (m, e->offset + e->size - 1) == i);
    FUZZ_CHECK (last == m->count || cf_manifest_next (m, last) == i);
    last = i;
  }
  FUZZ_CHECK (offset == m->stream_len && cf_manifest_find (m, offset) == m->count);
  FUZZ_CHECK (last == m->count || cf_manifest_next (m, last) == m->count);
}

static void
check (const struct cf_manifest *m, const void *text, size_t len)
{
  struct cf_buf out;

  for (size_t i = 0; i < m->count; i++)
    check_path (m, &m->entries[i]);
  check_offsets (m, len);
  cf_buf_init (&out, TEXT_MAX);
  FUZZ_CHECK (!cf_manifest_build (m->entries, m->count, &out));
  FUZZ_CHECK (cf_buf_len (&out) == len && (!len || !memcmp (cf_buf_data (&out), text, len)));
  cf_buf_done (&out);
}

/* What the offer would have to claim: the sizes of the lines that begin with 'f'. */
static uint64_t
claims (const char *text, size_t len, uint64_t *r_files)
{
  uint64_t size = 0, files = 0;

  for (const char *p = text, *end = text + len; p < end;) {
    const char *lf = memchr (p, '\n', (size_t) (end - p)), *stop = lf ? lf : end;

    if (*p == 'f') {
      uint64_t n = 0;

      files++;
      for (int spaces = 0; p < stop && spaces < 3; p++)
        spaces += *p == ' ';
      for (; p < stop && *p >= '0' && *p <= '9'; p++)
        n = n * 10 + (uint64_t) (*p - '0');
      size += n;
    }
    p = stop + 1;
  }
  *r_files = files;
  return size;
}

static void
parse_text (const uint8_t *data, size_t len, bool lie)
{
  struct cf_manifest *m = NULL;
  uint64_t files, size = claims ((const char *) data, len, &files);

  if (size > CF_FILE_SIZE_MAX) /* no offer claims it */
    return;
  if (lie) { /* wrong by one */
    files += len & 1;
    size += !(len & 1);
  }
  if (!cf_manifest_parse (data, len, size, files, &m)) {
    FUZZ_CHECK (!lie);
    check (m, data, len);
  }
  cf_manifest_free (m);
}

/* A tree: each entry is in the directory itself, or in one before it. */
static size_t
grow (struct fuzz_in *in, struct cf_manifest_entry entries[ENTRIES_MAX], char *paths[ENTRIES_MAX])
{
  size_t count = 0;

  while (in->left && count < ENTRIES_MAX) {
    struct cf_manifest_entry *e = &entries[count], *in_what = count ? &entries[fuzz_u8 (in) % count] : NULL;
    uint8_t how = fuzz_u8 (in);
    size_t part_len, before = in_what && in_what->directory ? in_what->path_len + 1 : 0;
    const uint8_t *part = fuzz_bytes (in, how % PART_MAX, &part_len);
    char *path = malloc (before + part_len + 1);

    FUZZ_CHECK (path);
    if (before) {
      memcpy (path, in_what->path, before - 1);
      path[before - 1] = '/';
    }
    if (part_len)
      memcpy (path + before, part, part_len);
    path[before + part_len] = 0;
    memset (e, 0, sizeof *e);
    e->path = paths[count] = path;
    e->path_len = (uint32_t) (before + part_len);
    e->directory = how & 128;
    e->mode = (uint16_t) (fuzz_u8 (in) * 3 & 0777);
    e->mtime_s = (int8_t) fuzz_u8 (in) * (int64_t) 1000003;
    e->mtime_ns = e->mode * 1000003u % 1000000000;
    e->size = e->directory ? 0 : (uint64_t) fuzz_u8 (in) << (how & 31);
    count++;
  }
  return count;
}

/* Has a part that was made up a '/' in it?  Then its directory is nobody's. */
static bool
has_parents (const struct cf_manifest_entry *entries, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    const char *slash = memrchr (entries[i].path, '/', entries[i].path_len);
    bool found = !slash;

    for (size_t n = 0; slash && n < count; n++)
      found |= entries[n].directory && entries[n].path_len == (size_t) (slash - entries[i].path)
               && !memcmp (entries[n].path, entries[i].path, entries[n].path_len);
    if (!found)
      return false;
  }
  return true;
}

static void
build_tree (struct fuzz_in *in)
{
  struct cf_manifest_entry entries[ENTRIES_MAX];
  char *paths[ENTRIES_MAX];
  size_t count = grow (in, entries, paths);
  struct cf_manifest *m = NULL;
  uint64_t size = 0, files = 0;
  struct cf_buf out;

  cf_buf_init (&out, TEXT_MAX);
  if (!cf_manifest_build (entries, count, &out)) {
    for (size_t i = 0; i < count; i++) {
      size += entries[i].size;
      files += !entries[i].directory;
    }
    FUZZ_CHECK (!cf_manifest_parse (cf_buf_data (&out), cf_buf_len (&out), size, files, &m) == has_parents (entries, count));
    if (m)
      check (m, cf_buf_data (&out), cf_buf_len (&out));
  }
  cf_manifest_free (m);
  cf_buf_done (&out);
  while (count)
    free (paths[--count]);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct fuzz_in in = { data, len };
  uint8_t how = fuzz_u8 (&in);
  uint8_t *copy = fuzz_copy (in.p, in.left);

  if (how % 4 == 3)
    build_tree (&in);
  else
    parse_text (copy, in.left, how % 4 == 2);
  free (copy);
  return 0;
}

#define SEED(name, how, text) emit (name, how text, sizeof (how text) - 1)
#define T "1763765246.123456789 "

void
fuzz_seeds (fuzz_emit *emit)
{
  SEED ("tree", " ", "d 755 " T "photos\nf 644 " T "48213 photos/beach.jpg\nf 600 " T "0 photos/empty\n");
  SEED ("times", " ", "f 000 -1.999999999 1 a\nf 777 0.000000000 9007199254740990 b\n");
  SEED ("names", " ", "f 644 " T "1 %0A%25%FF\nf 644 " T "1 ...\nf 644 " T "1 a b\nf 644 " T "1 \xe6\x96\x87\n");
  SEED ("order", " ", "d 755 " T "a\nf 644 " T "1 a-b\nf 644 " T "1 a.b\nf 644 " T "1 a/b\n");
  SEED ("case", " ", "f 644 " T "1 \xc3\x84\nf 644 " T "1 \xc3\xa4\n");
  SEED ("up", " ", "d 755 " T "a\nf 644 " T "1 a/../b\n");
  SEED ("lie", "\2", "f 644 " T "1 a\n");
  SEED ("built", "\3", "\x81""d\1\1\0\2ff\1\2\5\1\1x\1\2\3\0\x82""ee\1\1\4\1y\7\7\7");
}
