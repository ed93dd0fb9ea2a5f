/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_offer.c - what a peer says of a file: offers, their ends, escaped names; and what becomes of a name here.
 *
 * The first byte says which: bytes to be parsed, values to be built, a name.  Parsing and building are inverses.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/file/name.h"
#include "core/file/offer.h"
#include "tests/fuzz/fuzz.h"

#define BODY_MAX 4096
#define FILE_SYSTEM_NAME_MAX 255

static void
check_blocks (const struct cf_file_offer *o)
{
  uint64_t len = cf_file_stream_len (o), count = cf_file_block_count (len);

  FUZZ_CHECK (len == o->manifest_len + o->size);
  FUZZ_CHECK (!cf_file_block_len (len, count) && !count == !len);
  for (uint64_t i = 0; i < count && i < 2; i++) {
    size_t last = cf_file_block_len (len, count - 1 - i);

    FUZZ_CHECK (cf_file_block_len (len, i) && cf_file_block_len (len, i) <= CF_FILE_BLOCK);
    FUZZ_CHECK (i ? last == CF_FILE_BLOCK : (count - 1) * CF_FILE_BLOCK + last == len);
  }
}

static void
check_offer (const struct cf_file_offer *o)
{
  FUZZ_CHECK (o->size <= CF_FILE_SIZE_MAX && o->data <= o->size && o->manifest_len <= CF_FILE_MANIFEST_MAX
              && o->files <= CF_FILE_FILES_MAX);
  FUZZ_CHECK (cf_file_offer_is_directory (o) || (o->files == 1 && !o->manifest_len));
  FUZZ_CHECK (o->name_len && o->name_len <= CF_FILE_NAME_MAX);
  FUZZ_CHECK (!memchr (o->name, '/', o->name_len) && !memchr (o->name, 0, o->name_len));
  check_blocks (o);
}

static void
parse_offer (const uint8_t *data, size_t len)
{
  struct cf_file_offer o;
  struct cf_buf out;

  if (cf_file_offer_parse (data, len, &o))
    return;
  check_offer (&o);
  cf_buf_init (&out, BODY_MAX);
  FUZZ_CHECK (!cf_file_offer_build (&o, &out));
  FUZZ_CHECK (cf_buf_len (&out) == len && !memcmp (cf_buf_data (&out), data, len));
  cf_buf_done (&out);
}

static void
parse_end (const uint8_t *data, size_t len)
{
  uint8_t root[CF_FILE_HASH_LEN];
  struct cf_buf out;
  uint64_t size;

  if (cf_file_end_parse (data, len, root, &size))
    return;
  cf_buf_init (&out, BODY_MAX);
  FUZZ_CHECK (!cf_file_end_build (root, size, &out));
  FUZZ_CHECK (cf_buf_len (&out) == len && !memcmp (cf_buf_data (&out), data, len));
  cf_buf_done (&out);
}

/* Any bytes have one escaped form; any text has one meaning or none. */
static void
escape (const uint8_t *data, size_t len)
{
  char *text = malloc (CF_FILE_ESCAPED_MAX (len) + 1);
  uint8_t *raw = malloc (CF_FILE_ESCAPED_MAX (len) + 1);
  size_t text_len, n;

  FUZZ_CHECK (text && raw);
  text_len = cf_file_escape (data, len, text);
  FUZZ_CHECK (text_len <= CF_FILE_ESCAPED_MAX (len) && cf_text_is_utf8 (text, text_len));
  FUZZ_CHECK (!cf_file_unescape (text, text_len, raw, &n) && n == len && (!len || !memcmp (raw, data, len)));
  if (!cf_file_unescape ((const char *) data, len, raw, &n)) {
    FUZZ_CHECK (n <= len && cf_file_escape (raw, n, text) == len && (!len || !memcmp (text, data, len)));
  }
  free (text);
  free (raw);
}

static void
check_safe (const char *safe)
{
  size_t len = strlen (safe);
  char *again = cf_file_name_safe (safe, len), *counted = cf_file_name_counted (safe, 1000000, len & 1);

  FUZZ_CHECK (len && len <= CF_FILE_SAFE_MAX && cf_text_is_utf8 (safe, len));
  FUZZ_CHECK (!strpbrk (safe, "/\\\n\r\t") && strcmp (safe, ".") != 0 && strcmp (safe, "..") != 0 && *safe != '-');
  FUZZ_CHECK (again && !strcmp (again, safe));
  FUZZ_CHECK (counted && strlen (counted) <= FILE_SYSTEM_NAME_MAX && strcmp (counted, safe) != 0);
  FUZZ_CHECK (strchr (cf_file_media_type (safe), '/'));
  free (again);
  free (counted);
}

static void
name (const uint8_t *data, size_t len)
{
  char *safe = cf_file_name_safe (data, len);

  FUZZ_CHECK (safe);
  check_safe (safe);
  free (safe);
}

/* What can be built is parsed as it was. */
static void
build_offer (struct fuzz_in *in)
{
  static const char *const types[] = { "image/png", CF_FILE_DIRECTORY_TYPE, "a/b.c+d-e", "application/octet-stream",
                                       "", "/", "a", "A/B" };
  struct cf_file_offer o = { .size = 0 }, back;
  uint8_t how = fuzz_u8 (in);
  const uint8_t *bytes;
  struct cf_buf out;

  memset (o.key, how, sizeof o.key);
  o.size = (uint64_t) fuzz_u32 (in) << (how & 31);
  o.data = how & 32 ? o.size : fuzz_u8 (in);
  o.files = how & 64 ? fuzz_u32 (in) : 1;
  o.manifest_len = how & 64 ? fuzz_u32 (in) : 0;
  o.modified_utc_ms = (int64_t) ((uint64_t) fuzz_u32 (in) << (fuzz_u8 (in) & 31));
  strcpy (o.media_type, types[fuzz_u8 (in) % (sizeof types / sizeof *types)]);
  bytes = fuzz_bytes (in, CF_FILE_NAME_MAX, &o.name_len);
  if (o.name_len)
    memcpy (o.name, bytes, o.name_len);
  cf_buf_init (&out, BODY_MAX);
  if (!cf_file_offer_build (&o, &out)) {
    check_offer (&o);
    FUZZ_CHECK (!cf_file_offer_parse (cf_buf_data (&out), cf_buf_len (&out), &back));
    FUZZ_CHECK (back.size == o.size && back.files == o.files && back.name_len == o.name_len
                && !memcmp (back.name, o.name, o.name_len) && !memcmp (back.key, o.key, sizeof o.key));
  }
  cf_buf_done (&out);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct fuzz_in in = { data, len };
  uint8_t how = fuzz_u8 (&in);
  uint8_t *copy = fuzz_copy (in.p, in.left);

  switch (how % 5) {
  case 0: parse_offer (copy, in.left); break;
  case 1: parse_end (copy, in.left); break;
  case 2: escape (copy, in.left); break;
  case 3: name (copy, in.left); break;
  default: build_offer (&in); break;
  }
  free (copy);
  return 0;
}

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SEED(name, how, text) emit (name, how text, sizeof (how text) - 1)

void
fuzz_seeds (fuzz_emit *emit)
{
  SEED ("file", "%", "Key: " KEY "\nSize: 1048577\nData: 1000\nManifest: 0\nFiles: 1\nModified: 2026-11-21T22:47:26.123Z\n"
                     "Media-Type: image/png\nName: beach%25.png\n");
  SEED ("directory", "%", "Key: " KEY "\nSize: 9\nData: 9\nManifest: 70\nFiles: 2\nModified: 1969-12-31T23:59:59.999Z\n"
                          "Media-Type: inode/directory\nName: photos%FF\n");
  SEED ("end", "\1", "Root: " KEY "\nSize: 1048577\n");
  SEED ("escaped", "\2", "a%0A%25\xc3\xa4%FF");
  SEED ("raw", "\2", "%a\xff\x1f\x7f\xe2\x80");
  SEED ("plain", "\3", "holiday.tar.gz");
  SEED ("path", "\3", "../../etc/pass\0wd\\..");
  SEED ("hidden", "\3", "-bill\xe2\x80\xae" "fdp.exe   . ");
  SEED ("device", "\3", "NUL.txt");
  SEED ("spaces", "\3", "  a      \xe3\x80\x80   b.pdf    .exe.....");
  SEED ("built", "\4", "\0\0\1\0\1\x20\0\0\0\0\0\0\0name.txt");
}
