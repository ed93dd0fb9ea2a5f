/* SPDX-License-Identifier: GPL-3.0-or-later */
/* manifest.c - what is in a directory that is sent. */
#include "core/file/manifest.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>

#include "base/text.h"

#define NS_DIGITS 9
#define LINE_HEAD_MAX 64 /* all of a line but its path */

/* --- names that differ in case alone --- */

#define FOLDED_LEN 16

struct folded {
  uint8_t hash[FOLDED_LEN]; /* who finds a collision gets his own directory refused */
};

static void
fold_ascii (const char *path, size_t len, char *out)
{
  size_t i;

  for (i = 0; i < len; i++)
    out[i] = path[i] >= 'A' && path[i] <= 'Z' ? (char) (path[i] - 'A' + 'a') : path[i];
}

/* The whole path: parents that differ in case alone are a clash by themselves. */
static gpg_error_t
fold (const struct cf_manifest_entry *e, struct folded *r_folded)
{
  char buf[CF_FILE_PATH_MAX];
  uint8_t *text = (uint8_t *) buf;
  size_t len = sizeof buf;

  if (!cf_text_is_ascii (e->path, e->path_len) && cf_text_is_utf8 (e->path, e->path_len)) {
    text = u8_casefold ((const uint8_t *) e->path, e->path_len, NULL, UNINORM_NFC, text, &len);
    if (!text)
      return cf_err_errno ();
  } else {
    fold_ascii (e->path, e->path_len, buf);
    len = e->path_len;
  }
  crypto_generichash (r_folded->hash, FOLDED_LEN, text, len, NULL, 0);
  if (text != (uint8_t *) buf)
    free (text);
  return 0;
}

static int
compare_folded (const void *a, const void *b)
{
  return memcmp (a, b, FOLDED_LEN);
}

/* Errors: AMBIGUOUS_NAME, ENOMEM. */
static gpg_error_t
check_case (const struct cf_manifest_entry *entries, size_t count)
{
  struct folded *all = calloc (count ? count : 1, sizeof *all);
  gpg_error_t err = all ? 0 : cf_err (GPG_ERR_ENOMEM);
  size_t i;

  for (i = 0; !err && i < count; i++)
    err = fold (&entries[i], &all[i]);
  if (!err)
    qsort (all, count, sizeof *all, compare_folded);
  for (i = 1; !err && i < count; i++)
    if (!compare_folded (&all[i - 1], &all[i]))
      err = cf_err (GPG_ERR_AMBIGUOUS_NAME);
  free (all);
  return err;
}

/* --- paths --- */

/* Part by part: what is in a directory follows it at once, before names that go on with a byte below '/'. */
static int
compare_paths (const char *a, size_t a_len, const char *b, size_t b_len)
{
  size_t len = a_len < b_len ? a_len : b_len, i;
  unsigned char x, y;

  if (!memcmp (a, b, len))
    return (a_len > b_len) - (a_len < b_len);
  for (i = 0; a[i] == b[i]; i++)
    ;
  x = (unsigned char) (a[i] == '/' ? 0 : a[i]);
  y = (unsigned char) (b[i] == '/' ? 0 : b[i]);
  return (x > y) - (x < y);
}

static int
compare_entries (const void *a, const void *b)
{
  const struct cf_manifest_entry *x = a, *y = b;

  return compare_paths (x->path, x->path_len, y->path, y->path_len);
}

static bool
path_is_valid (const char *path, size_t len)
{
  const char *p = path, *end = path + len;
  unsigned depth = 0;

  if (!len || len > CF_FILE_PATH_MAX || memchr (path, 0, len))
    return false;
  for (;;) {
    const char *slash = memchr (p, '/', (size_t) (end - p));
    size_t part = (size_t) ((slash ? slash : end) - p);

    if (!part || part > CF_FILE_NAME_MAX || ++depth > CF_FILE_DEPTH_MAX)
      return false;
    if (p[0] == '.' && (part == 1 || (part == 2 && p[1] == '.')))
      return false;
    if (!slash)
      return true;
    p = slash + 1;
  }
}

/* Bytes of the path of what E is in; 0: of the directory itself. */
static size_t
parent_len (const struct cf_manifest_entry *e)
{
  const char *slash = memrchr (e->path, '/', e->path_len);

  return slash ? (size_t) (slash - e->path) : 0;
}

/* Is what entry I is in a directory with a line before it?  *LAST, where the last one was found, is looked at first:
   most lines have the same parent as the line before. */
static bool
has_parent (const struct cf_manifest_entry *entries, size_t i, size_t *last)
{
  size_t len = parent_len (&entries[i]), low = 0, high = i;
  const char *path = entries[i].path;

  if (!len)
    return true;
  if (*last < i && !compare_paths (entries[*last].path, entries[*last].path_len, path, len))
    return entries[*last].directory;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int c = compare_paths (entries[middle].path, entries[middle].path_len, path, len);

    if (!c) {
      *last = middle;
      return entries[middle].directory;
    }
    if (c < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

/* --- parsing --- */

struct parser {
  const char *p, *end;
  char *paths; /* where the next one goes */
};

static gpg_error_t
expect (struct parser *r, char c)
{
  if (r->p == r->end || *r->p != c)
    return cf_err (CF_ERR_PROTOCOL);
  r->p++;
  return 0;
}

static gpg_error_t
parse_mode (struct parser *r, uint16_t *r_mode)
{
  unsigned mode = 0, i;

  for (i = 0; i < 3; i++, r->p++) {
    if (r->p == r->end || *r->p < '0' || *r->p > '7')
      return cf_err (CF_ERR_PROTOCOL);
    mode = mode << 3 | (unsigned) (*r->p - '0');
  }
  *r_mode = (uint16_t) mode;
  return 0;
}

static gpg_error_t
parse_time (struct parser *r, struct cf_manifest_entry *e)
{
  bool negative = r->p < r->end && *r->p == '-';
  uint64_t seconds;
  gpg_error_t err;
  unsigned i;

  r->p += negative;
  err = cf_text_number (&r->p, r->end, CF_MANIFEST_TIME_MAX, &seconds);
  if (!err && negative && !seconds)
    err = cf_err (CF_ERR_PROTOCOL);
  if (!err)
    err = expect (r, '.');
  for (i = 0; !err && i < NS_DIGITS; i++, r->p++) {
    if (r->p == r->end || *r->p < '0' || *r->p > '9')
      return cf_err (CF_ERR_PROTOCOL);
    e->mtime_ns = e->mtime_ns * 10 + (uint32_t) (*r->p - '0');
  }
  e->mtime_s = negative ? -(int64_t) seconds : (int64_t) seconds;
  return err;
}

static gpg_error_t
parse_path (struct parser *r, struct cf_manifest_entry *e)
{
  const char *lf = memchr (r->p, '\n', (size_t) (r->end - r->p));
  size_t len = (size_t) ((lf ? lf : r->end) - r->p), raw_len;
  gpg_error_t err;

  if (!lf || len > CF_FILE_ESCAPED_MAX (CF_FILE_PATH_MAX))
    return cf_err (CF_ERR_PROTOCOL);
  err = cf_file_unescape (r->p, len, (uint8_t *) r->paths, &raw_len);
  if (err)
    return err;
  if (!path_is_valid (r->paths, raw_len))
    return cf_err (CF_ERR_PROTOCOL);
  e->path = r->paths;
  e->path_len = (uint32_t) raw_len;
  r->paths[raw_len] = 0;
  r->paths += raw_len + 1;
  r->p = lf + 1;
  return 0;
}

static gpg_error_t
parse_line (struct parser *r, struct cf_manifest_entry *e)
{
  gpg_error_t err;

  e->directory = *r->p == 'd';
  err = expect (r, e->directory ? 'd' : 'f');
  if (!err)
    err = expect (r, ' ');
  if (!err)
    err = parse_mode (r, &e->mode);
  if (!err)
    err = expect (r, ' ');
  if (!err)
    err = parse_time (r, e);
  if (!err)
    err = expect (r, ' ');
  if (!err && !e->directory) {
    err = cf_text_number (&r->p, r->end, CF_FILE_SIZE_MAX, &e->size);
    if (!err)
      err = expect (r, ' ');
  }
  return err ? err : parse_path (r, e);
}

/* All lines, into what is known to have room for them. */
static gpg_error_t
parse_lines (struct parser *r, struct cf_manifest *m, uint64_t size, uint64_t files)
{
  uint64_t offset = (uint64_t) (r->end - r->p), left = size, n = 0;
  gpg_error_t err;
  size_t last = 0;

  for (; r->p < r->end; m->count++) {
    struct cf_manifest_entry *e = &m->entries[m->count];

    err = parse_line (r, e);
    if (err)
      return err;
    if (m->count && compare_entries (e - 1, e) >= 0)
      return cf_err (CF_ERR_PROTOCOL);
    if (!has_parent (m->entries, m->count, &last) || e->size > left)
      return cf_err (CF_ERR_PROTOCOL);
    e->offset = offset;
    offset += e->size;
    left -= e->size;
    n += !e->directory;
  }
  if (left || n != files)
    return cf_err (CF_ERR_PROTOCOL);
  m->stream_len = offset;
  return 0;
}

gpg_error_t
cf_manifest_parse (const void *text, size_t len, uint64_t size, uint64_t files, struct cf_manifest **r_manifest)
{
  struct parser r = { text, (const char *) text + len, NULL };
  struct cf_manifest *m = NULL;
  size_t lines = 0, i;
  gpg_error_t err;

  for (i = 0; i < len; i++)
    lines += r.p[i] == '\n';
  if (len > CF_FILE_MANIFEST_MAX || lines > CF_FILE_FILES_MAX || (len && r.end[-1] != '\n'))
    return cf_err (CF_ERR_PROTOCOL);
  m = calloc (1, sizeof *m);
  if (!m)
    return cf_err (GPG_ERR_ENOMEM);
  m->entries = calloc (lines ? lines : 1, sizeof *m->entries);
  m->paths = r.paths = malloc (len ? len : 1); /* a line is longer than its path and a NUL */
  err = m->entries && m->paths ? parse_lines (&r, m, size, files) : cf_err (GPG_ERR_ENOMEM);
  if (!err)
    err = check_case (m->entries, m->count);
  if (gpg_err_code (err) == GPG_ERR_AMBIGUOUS_NAME)
    err = cf_err (CF_ERR_PROTOCOL);
  if (err)
    cf_manifest_free (m);
  else
    *r_manifest = m;
  return err;
}

gpg_error_t
cf_manifest_make_visible (struct cf_manifest *m)
{
  bool changed = false;
  gpg_error_t err = 0;
  size_t i;

  for (i = 0; i < m->count; i++) {
    struct cf_manifest_entry *e = &m->entries[i];
    size_t len = e->path_len;

    changed |= cf_text_make_visible (m->paths + (e->path - m->paths), &len);
    e->path_len = (uint32_t) len;
  }
  if (changed)
    err = check_case (m->entries, m->count);
  return gpg_err_code (err) == GPG_ERR_AMBIGUOUS_NAME ? cf_err (CF_ERR_PROTOCOL) : err;
}

void
cf_manifest_free (struct cf_manifest *m)
{
  if (!m)
    return;
  free (m->entries);
  free (m->paths);
  free (m);
}

/* --- building --- */

static gpg_error_t
build_line (const struct cf_manifest_entry *e, struct cf_buf *out)
{
  char head[LINE_HEAD_MAX], size[24] = "";
  uint8_t *space;
  gpg_error_t err;
  int n;

  if (!e->directory)
    snprintf (size, sizeof size, "%" PRIu64 " ", e->size);
  n = snprintf (head, sizeof head, "%c %03o %" PRId64 ".%09" PRIu32 " %s", e->directory ? 'd' : 'f', e->mode & 0777u,
                e->mtime_s, e->mtime_ns, size);
  err = cf_buf_add (out, head, (size_t) n);
  if (!err)
    err = cf_buf_reserve (out, CF_FILE_ESCAPED_MAX (e->path_len) + 1, &space);
  if (err)
    return err;
  n = (int) cf_file_escape (e->path, e->path_len, (char *) space);
  space[n] = '\n';
  cf_buf_commit (out, (size_t) n + 1);
  return 0;
}

gpg_error_t
cf_manifest_build (struct cf_manifest_entry *entries, size_t count, struct cf_buf *out)
{
  uint64_t size = 0;
  gpg_error_t err;
  size_t i;

  if (count > CF_FILE_FILES_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  for (i = 0; i < count; i++) {
    if (!path_is_valid (entries[i].path, entries[i].path_len) || entries[i].size > CF_FILE_SIZE_MAX - size)
      return cf_err (GPG_ERR_TOO_LARGE);
    size += entries[i].size;
  }
  if (count)
    qsort (entries, count, sizeof *entries, compare_entries);
  err = check_case (entries, count);
  for (i = 0; !err && i < count; i++)
    err = build_line (&entries[i], out);
  return err;
}

/* --- finding --- */

size_t
cf_manifest_find (const struct cf_manifest *m, uint64_t offset)
{
  size_t low = 0, high = m->count;

  if (offset >= m->stream_len)
    return m->count;
  while (low < high) { /* the first entry that begins beyond OFFSET */
    size_t middle = low + (high - low) / 2;

    if (m->entries[middle].offset <= offset)
      low = middle + 1;
    else
      high = middle;
  }
  /* The one before it has the byte: directories and empty files begin where the next one does. */
  return low ? low - 1 : m->count;
}

size_t
cf_manifest_next (const struct cf_manifest *m, size_t i)
{
  for (i++; i < m->count && !m->entries[i].size; i++)
    ;
  return i < m->count ? i : m->count;
}
