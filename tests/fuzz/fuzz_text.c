/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_text.c - text from people and peers: UTF-8, passwords, hexadecimal, times, fingerprints, socket addresses.
 *
 * The first byte chooses the reader, since what is right for one is nonsense to the others.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fpr.h"
#include "base/secmem.h"
#include "base/text.h"
#include "net/addr.h"
#include "tests/fuzz/fuzz.h"

static void
check_display (const uint8_t *data, size_t len, bool multiline)
{
  char *shown = cf_text_display (data, len, multiline), *again;

  FUZZ_CHECK (shown && cf_text_is_utf8 (shown, strlen (shown)));
  FUZZ_CHECK (strlen (shown) <= 3 * len);
  for (const char *p = shown; *p; p++)
    FUZZ_CHECK (((unsigned char) *p >= 0x20 && *p != 0x7f) || (multiline && (*p == '\n' || *p == '\t')));
  FUZZ_CHECK (!strstr (shown, "\xe2\x80\xae") && !strstr (shown, "\xe2\x81\xa6")); /* right-to-left override, isolate */
  again = cf_text_display (shown, strlen (shown), multiline);
  FUZZ_CHECK (again && !strcmp (again, shown));
  free (again);
  free (shown);
}

static void
check_password (const char *typed, size_t len)
{
  char *text = NULL, *again = NULL;

  if (cf_text_password (typed, len, &text))
    return;
  FUZZ_CHECK (*text && cf_text_is_utf8 (text, strlen (text)));
  /* Seen twice it is the same, unless normalization made it longer than may be typed. */
  if (strlen (text) <= CF_PASSWORD_MAX) {
    FUZZ_CHECK (!cf_text_password (text, strlen (text), &again));
    FUZZ_CHECK (!strcmp (text, again));
    cf_secmem_free (again);
  }
  cf_secmem_free (text);
}

static void
check_hex (const char *text)
{
  size_t len = strlen (text) / 2;
  uint8_t *bytes = malloc (len + 1);
  char *again = malloc (2 * len + 1);

  FUZZ_CHECK (bytes && again);
  if (!cf_unhex (text, bytes, len)) {
    cf_hex (bytes, len, again);
    FUZZ_CHECK (strlen (text) == 2 * len && !strcasecmp (text, again));
    FUZZ_CHECK (!strcasecmp (text, cf_hex_upper (bytes, len, again)));
  }
  free (again);
  free (bytes);
}

static void
check_time (const char *text)
{
  char shown[CF_TIME_SIZE], again[CF_TIME_SIZE];
  int64_t ms, back;

  if (cf_time_parse (text, &ms))
    return;
  cf_time_format (ms, shown);
  FUZZ_CHECK (!cf_time_parse (shown, &back));
  /* An offset may lead out of the years 0 to 9999, where only the nearest can be shown. */
  FUZZ_CHECK (back == ms || !strncmp (shown, "0000-01-01", 10) || !strncmp (shown, "9999-12-31", 10));
  FUZZ_CHECK (!strcmp (cf_time_format (back, again), shown));
}

/* Any number shows as a time that parses. */
static void
check_any_time (const uint8_t *data, size_t len)
{
  struct fuzz_in in = { data, len };
  uint64_t high = fuzz_u32 (&in), low = fuzz_u32 (&in);
  char shown[CF_TIME_SIZE];

  check_time (cf_time_format ((int64_t) (high << 32 | low), shown));
}

static void
check_fpr (const char *text)
{
  struct cf_fpr fpr, back;
  char hex[CF_FPR_HEX_SIZE];

  if (cf_fpr_parse (text, &fpr))
    return;
  FUZZ_CHECK (!cf_fpr_is_none (&fpr) && (fpr.len == 20 || fpr.len == 32));
  FUZZ_CHECK (!cf_fpr_parse (cf_fpr_hex (&fpr, hex), &back));
  FUZZ_CHECK (cf_fpr_equal (&fpr, &back) && !cf_fpr_compare (&fpr, &back) && strlen (hex) == 2u * fpr.len);
}

/* On the wire. */
static void
check_wire_fpr (const uint8_t *data, size_t len)
{
  struct cf_fpr fpr;
  struct cf_buf out;
  struct cf_rd rd;
  struct cf_wr wr;

  cf_rd_init (&rd, data, len);
  cf_rd_fpr (&rd, &fpr);
  FUZZ_CHECK (cf_fpr_is_none (&fpr) == (rd.err != 0));
  if (cf_rd_finish (&rd))
    return;
  cf_buf_init (&out, 64);
  cf_wr_init (&wr, &out);
  cf_wr_fpr (&wr, &fpr);
  FUZZ_CHECK (!cf_wr_finish (&wr) && cf_buf_len (&out) == len && !memcmp (cf_buf_data (&out), data, len));
  cf_buf_done (&out);
}

static void
check_addr (const char *text)
{
  struct cf_addr addr, back;
  char shown[CF_ADDR_TEXT_SIZE];

  if (cf_addr_parse (text, &addr))
    return;
  FUZZ_CHECK (!cf_addr_parse (cf_addr_format (&addr, shown), &back));
  FUZZ_CHECK (cf_addr_equal (&addr, &back) && cf_addr_same_host (&addr, &back));
  FUZZ_CHECK (cf_addr_is_loopback (&addr) == cf_addr_is_loopback (&back));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct fuzz_in in = { data, len };
  uint8_t which = fuzz_u8 (&in);
  uint8_t *bytes = fuzz_copy (in.p, in.left);
  char *text = fuzz_string (in.p, in.left);

  switch (which) {
  case 'd':
  case 'm': check_display (bytes, in.left, which == 'm'); break;
  case 'p': check_password ((const char *) bytes, in.left); break;
  case 'h': check_hex (text); break;
  case 't': check_time (text); break;
  case 'n': check_any_time (bytes, in.left); break;
  case 'f': check_fpr (text); break;
  case 'w': check_wire_fpr (bytes, in.left); break;
  case 'a': check_addr (text); break;
  default: break;
  }
  free (text);
  free (bytes);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const struct {
    const char *name, *text;
  } seeds[] = {
    { "display", "da\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\x1b[1m\xff\xfe\xe2\x80\xae\xe2\x80\x8d\n\t" },
    { "multiline", "mone\ntwo\tthree\r\xed\xa0\x80" },
    { "password", "p  a\xcc\x88 b\xe3\x80\x80" },
    { "hex", "h00ffAb" },
    { "time", "t2026-11-21T22:47:26.123Z" },
    { "time-offset", "t2024-02-29T00:00:00+13:45" },
    { "number", "n\x01\x02\x03\x04\x05\x06\x07\x08" },
    { "fpr-4", "f0x0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567" },
    { "fpr-5", "f0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
    { "fpr-wire", "w\4aaaaaaaaaaaaaaaaaaaa" },
    { "addr-4", "a192.0.2.1:7077" },
    { "addr-6", "a[fe80::1%3]:7077" },
    { "addr-mapped", "a[::ffff:10.1.2.3]:1" },
  };

  for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
    emit (seeds[i].name, seeds[i].text, strlen (seeds[i].text));
}
