/* SPDX-License-Identifier: GPL-3.0-or-later */
/* offer.c - the bodies of the entries `file` and `file-end`.
 *
 *   Key: 64 hexadecimal digits           Root: 64 hexadecimal digits
 *   Size: 1048576                        Size: 1048576
 *   Data: 1048576
 *   Manifest: 0
 *   Files: 1
 *   Modified: 2026-11-21T22:47:26.123Z
 *   Media-Type: image/png
 *   Name: beach%25.png
 */
#include "core/file/offer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"

#define BODY_MAX 2048 /* more than either can have */

/* --- what may be offered --- */

bool
cf_file_offer_is_directory (const struct cf_file_offer *o)
{
  return !strcmp (o->media_type, CF_FILE_DIRECTORY_TYPE);
}

static bool
media_type_is_valid (const char *type)
{
  const char *p = type, *slash = NULL;

  for (; *p; p++) {
    if (*p == '/' && !slash)
      slash = p;
    else if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '.' || *p == '+' || *p == '-'))
      return false;
  }
  return slash && slash > type && slash + 1 < p;
}

static bool
name_is_valid (const uint8_t *name, size_t len)
{
  if (!len || len > CF_FILE_NAME_MAX || memchr (name, 0, len) || memchr (name, '/', len))
    return false;
  return !(name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')));
}

static bool
offer_is_valid (const struct cf_file_offer *o)
{
  if (o->size > CF_FILE_SIZE_MAX || o->data > o->size || o->manifest_len > CF_FILE_MANIFEST_MAX
      || o->files > CF_FILE_FILES_MAX)
    return false;
  if (!cf_file_offer_is_directory (o) && (o->manifest_len || o->files != 1))
    return false;
  if (!o->manifest_len && cf_file_offer_is_directory (o) && o->files)
    return false;
  if (!o->files && o->size) /* there is nothing that has them */
    return false;
  return media_type_is_valid (o->media_type) && name_is_valid (o->name, o->name_len);
}

/* --- building --- */

gpg_error_t
cf_file_offer_build (const struct cf_file_offer *o, struct cf_buf *out)
{
  char key[2 * CF_FILE_KEY_LEN + 1], name[CF_FILE_ESCAPED_MAX (CF_FILE_NAME_MAX)], modified[CF_TIME_SIZE];
  char body[BODY_MAX];
  gpg_error_t err;
  int len;

  if (!offer_is_valid (o))
    return cf_err (GPG_ERR_INV_VALUE);
  len = snprintf (body, sizeof body,
                  "Key: %s\nSize: %" PRIu64 "\nData: %" PRIu64 "\nManifest: %" PRIu64 "\nFiles: %" PRIu64
                  "\nModified: %s\nMedia-Type: %s\nName: %.*s\n",
                  cf_hex (o->key, sizeof o->key, key), o->size, o->data, o->manifest_len, o->files,
                  cf_time_format (o->modified_utc_ms, modified), o->media_type,
                  (int) cf_file_escape (o->name, o->name_len, name), name);
  err = cf_buf_add (out, body, (size_t) len);
  cf_wipe (key, sizeof key);
  cf_wipe (body, sizeof body);
  return err;
}

gpg_error_t
cf_file_end_build (const uint8_t root[CF_FILE_HASH_LEN], uint64_t size, struct cf_buf *out)
{
  char hex[2 * CF_FILE_HASH_LEN + 1], body[BODY_MAX];
  int len = snprintf (body, sizeof body, "Root: %s\nSize: %" PRIu64 "\n", cf_hex (root, CF_FILE_HASH_LEN, hex), size);

  return cf_buf_add (out, body, (size_t) len);
}

/* --- parsing: latches its first error --- */

struct lines {
  const char *p, *end;
  gpg_error_t err;
};

/* The value of the next line, which must be NAME's; its end is *R_END. */
static const char *
value (struct lines *l, const char *name, const char **r_end)
{
  size_t n = strlen (name);
  const char *start = l->p + n, *lf;

  if (l->err || (size_t) (l->end - l->p) < n || memcmp (l->p, name, n) != 0
      || !(lf = memchr (start, '\n', (size_t) (l->end - start)))) {
    l->err = cf_err (CF_ERR_PROTOCOL);
    return *r_end = l->end;
  }
  l->p = lf + 1;
  *r_end = lf;
  return start;
}

static uint64_t
number (struct lines *l, const char *name, uint64_t max)
{
  const char *end, *p = value (l, name, &end);
  uint64_t n = 0;

  if (!l->err && (cf_text_number (&p, end, max, &n) || p != end))
    l->err = cf_err (CF_ERR_PROTOCOL);
  return n;
}

/* The value as a string, if it is no longer than SIZE - 1. */
static void
string (struct lines *l, const char *name, char *out, size_t size)
{
  const char *end, *p = value (l, name, &end);
  size_t len = (size_t) (end - p);

  *out = 0;
  if (l->err)
    return;
  if (len >= size || memchr (p, 0, len)) {
    l->err = cf_err (CF_ERR_PROTOCOL);
    return;
  }
  memcpy (out, p, len);
  out[len] = 0;
}

static void
bytes (struct lines *l, const char *name, uint8_t *out, size_t len)
{
  char hex[2 * CF_FILE_KEY_LEN + 1];

  string (l, name, hex, sizeof hex);
  if (!l->err && cf_unhex (hex, out, len))
    l->err = cf_err (CF_ERR_PROTOCOL);
  cf_wipe (hex, sizeof hex);
}

/* The rest are spellings that we would not have written. */
static bool
is_canonical (const struct cf_file_offer *o, const void *body, size_t len)
{
  struct cf_buf again;
  bool same;

  cf_buf_init (&again, BODY_MAX);
  same = !cf_file_offer_build (o, &again) && cf_buf_len (&again) == len
         && !memcmp (cf_buf_data (&again), body, len);
  cf_buf_done (&again);
  return same;
}

gpg_error_t
cf_file_offer_parse (const void *body, size_t len, struct cf_file_offer *r_offer)
{
  struct lines l = { body, (const char *) body + len, 0 };
  char modified[CF_TIME_SIZE];
  uint8_t name[BODY_MAX];
  struct cf_file_offer o;
  const char *p, *end;

  if (len > BODY_MAX)
    return cf_err (CF_ERR_PROTOCOL);
  memset (&o, 0, sizeof o);
  bytes (&l, "Key: ", o.key, sizeof o.key);
  o.size = number (&l, "Size: ", CF_FILE_SIZE_MAX);
  o.data = number (&l, "Data: ", CF_FILE_SIZE_MAX);
  o.manifest_len = number (&l, "Manifest: ", CF_FILE_MANIFEST_MAX);
  o.files = number (&l, "Files: ", CF_FILE_FILES_MAX);
  string (&l, "Modified: ", modified, sizeof modified);
  string (&l, "Media-Type: ", o.media_type, sizeof o.media_type);
  p = value (&l, "Name: ", &end);
  if (!l.err)
    l.err = cf_file_unescape (p, (size_t) (end - p), name, &o.name_len);
  if (!l.err && (o.name_len > sizeof o.name || cf_time_parse (modified, &o.modified_utc_ms)))
    l.err = cf_err (CF_ERR_PROTOCOL);
  if (!l.err) {
    memcpy (o.name, name, o.name_len);
    if (is_canonical (&o, body, len))
      *r_offer = o;
    else
      l.err = cf_err (CF_ERR_PROTOCOL);
  }
  cf_wipe (&o, sizeof o);
  return l.err;
}

gpg_error_t
cf_file_end_parse (const void *body, size_t len, uint8_t r_root[CF_FILE_HASH_LEN], uint64_t *r_size)
{
  struct lines l = { body, (const char *) body + len, 0 };
  uint8_t root[CF_FILE_HASH_LEN];
  struct cf_buf again;
  uint64_t size;

  bytes (&l, "Root: ", root, sizeof root);
  size = number (&l, "Size: ", CF_FILE_SIZE_MAX + CF_FILE_MANIFEST_MAX);
  if (l.err)
    return l.err;
  cf_buf_init (&again, BODY_MAX);
  if (cf_file_end_build (root, size, &again) || cf_buf_len (&again) != len
      || memcmp (cf_buf_data (&again), body, len) != 0)
    l.err = cf_err (CF_ERR_PROTOCOL);
  cf_buf_done (&again);
  if (l.err)
    return l.err;
  memcpy (r_root, root, sizeof root);
  *r_size = size;
  return 0;
}

/* --- streams --- */

uint64_t
cf_file_stream_len (const struct cf_file_offer *o)
{
  return o->manifest_len + o->size;
}

uint64_t
cf_file_block_count (uint64_t stream_len)
{
  return stream_len / CF_FILE_BLOCK + (stream_len % CF_FILE_BLOCK != 0);
}

size_t
cf_file_block_len (uint64_t stream_len, uint64_t index)
{
  uint64_t whole = stream_len / CF_FILE_BLOCK;

  if (index < whole)
    return CF_FILE_BLOCK;
  return index == whole ? (size_t) (stream_len % CF_FILE_BLOCK) : 0;
}
