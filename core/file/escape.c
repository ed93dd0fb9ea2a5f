/* SPDX-License-Identifier: GPL-3.0-or-later */
/* escape.c - names as text that has one spelling each. */
#include "core/file/file.h"

#include <string.h>
#include <unistr.h>

/* Bytes at RAW that stand for themselves: one well-formed character that is neither a control nor '%'; else 0. */
static size_t
plain (const uint8_t *raw, size_t len)
{
  ucs4_t c;
  int used;

  if (*raw < 0x80)
    return *raw >= 0x20 && *raw != 0x7f && *raw != '%';
  used = u8_mbtoucr (&c, raw, len);
  return used > 0 ? (size_t) used : 0;
}

size_t
cf_file_escape (const void *raw, size_t len, char *out)
{
  static const char digits[] = "0123456789ABCDEF";
  const uint8_t *p = raw;
  char *start = out;

  while (len) {
    size_t used = plain (p, len);

    if (used) {
      memcpy (out, p, used);
      out += used;
    } else {
      used = 1;
      *out++ = '%';
      *out++ = digits[*p >> 4];
      *out++ = digits[*p & 15];
    }
    p += used;
    len -= used;
  }
  return (size_t) (out - start);
}

static int
digit (char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Does TEXT say what RAW is, in the one spelling of it? */
static int
is_spelling (const uint8_t *raw, size_t len, const char *text, size_t text_len)
{
  char piece[CF_FILE_ESCAPED_MAX (64)];

  while (len) {
    size_t part = 0, used, n;

    /* Whole characters, so that the pieces are spelled as the whole is. */
    while (part < len && part < 60) {
      used = plain (raw + part, len - part);
      part += used ? used : 1;
    }
    n = cf_file_escape (raw, part, piece);
    if (n > text_len || memcmp (piece, text, n) != 0)
      return 0;
    raw += part;
    len -= part;
    text += n;
    text_len -= n;
  }
  return !text_len;
}

gpg_error_t
cf_file_unescape (const char *text, size_t len, uint8_t *out, size_t *r_len)
{
  size_t i = 0, n = 0;

  while (i < len) {
    if (text[i] != '%') {
      out[n++] = (uint8_t) text[i++];
      continue;
    }
    if (len - i < 3 || digit (text[i + 1]) < 0 || digit (text[i + 2]) < 0)
      return cf_err (CF_ERR_PROTOCOL);
    out[n++] = (uint8_t) (digit (text[i + 1]) << 4 | digit (text[i + 2]));
    i += 3;
  }
  if (!is_spelling (out, n, text, len))
    return cf_err (CF_ERR_PROTOCOL);
  *r_len = n;
  return 0;
}
