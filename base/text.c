/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text.c - text from people and from peers: UTF-8, hexadecimal, times.
 *
 * Nothing here depends on the locale or on the time zone.
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uninorm.h>
#include <unictype.h>
#include <unistr.h>

#include "base/secmem.h"

#define REPLACEMENT 0xfffd

/* ------------------------------------------------------------- UTF-8 --- */

bool
cf_text_is_ascii (const char *text, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if ((unsigned char) text[i] >= 0x80)
      return false;
  return true;
}

bool
cf_text_is_utf8 (const void *data, size_t len)
{
  return !len || (!memchr (data, 0, len) && !u8_check (data, len));
}

/* What is never shown: it changes what stands around it, or shows nothing and
   so makes two names look alike.  The joiners U+200C and U+200D stay, since
   Persian, the Indic scripts and emoji are written with them, and so do
   variation selectors. */
static bool
is_dropped (ucs4_t c)
{
  static const struct {
    ucs4_t first, last;
  } ranges[] = {
    { 0x0000, 0x001f },   /* C0 controls (see the caller for newline and tab) */
    { 0x007f, 0x009f },   /* delete, C1 controls */
    { 0x00ad, 0x00ad },   /* soft hyphen */
    { 0x061c, 0x061c },   /* Arabic letter mark (bidi) */
    { 0x180e, 0x180e },   /* Mongolian vowel separator */
    { 0x200b, 0x200b },   /* zero-width space */
    { 0x200e, 0x200f },   /* left-to-right and right-to-left mark (bidi) */
    { 0x2028, 0x202e },   /* line and paragraph separator, bidi embeddings */
    { 0x2060, 0x206f },   /* word joiner, invisible operators, bidi isolates */
    { 0xfeff, 0xfeff },   /* byte order mark, zero-width no-break space */
    { 0xfff9, 0xfffb },   /* interlinear annotation */
    { 0xe0000, 0xe007f }, /* tags: invisible ASCII */
  };

  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
    if (c >= ranges[i].first && c <= ranges[i].last)
      return true;
  return false;
}

/* Write what is shown of TEXT to OUT, or only count it when OUT is NULL. */
static size_t
filter (const uint8_t *text, size_t len, bool multiline, uint8_t *out)
{
  bool was_bad = false;
  size_t n = 0;

  while (len) {
    uint8_t bytes[6];
    ucs4_t c;
    int used = u8_mbtoucr (&c, text, len);
    bool bad = used <= 0;
    int put;

    if (bad) {
      used = 1;
      c = REPLACEMENT;
    }
    text += used;
    len -= (size_t) used;
    /* One mark for a run of bad bytes: a broken character is one thing to the
       reader, and a flood of them does not triple in size. */
    if (bad ? was_bad : is_dropped (c) && !(multiline && (c == '\n' || c == '\t')))
      continue;
    was_bad = bad;
    put = u8_uctomb (bytes, c, sizeof bytes);
    if (out)
      memcpy (out + n, bytes, (size_t) put);
    n += (size_t) put;
  }
  return n;
}

char *
cf_text_display (const void *text, size_t len, bool multiline)
{
  size_t n = filter (text, len, multiline, NULL);
  char *shown = malloc (n + 1);

  if (!shown)
    return NULL;
  filter (text, len, multiline, (uint8_t *) shown);
  shown[n] = 0;
  return shown;
}

bool
cf_text_make_visible (char *text, size_t *len)
{
  const uint8_t *p = (const uint8_t *) text, *end = p + *len;
  bool changed = false;
  char *out = text;

  while (p < end) {
    ucs4_t c;
    int used = u8_mbtoucr (&c, p, (size_t) (end - p));

    if (used > 0 && is_dropped (c)) {
      *out++ = '_';
      changed = true;
    } else {
      used = used > 0 ? used : 1;
      memmove (out, p, (size_t) used);
      out += used;
    }
    p += used;
  }
  if (changed) {
    *out = 0;
    *len = (size_t) (out - text);
  }
  return changed;
}

/* The part of TEXT between the white space at its ends. */
static void
trim (const uint8_t **text, size_t *len)
{
  const uint8_t *p = *text, *last;
  size_t left = *len;
  ucs4_t c;

  while (left) {
    int used = u8_mbtouc (&c, p, left);

    if (!uc_is_property_white_space (c))
      break;
    p += used;
    left -= (size_t) used;
  }
  while (left && (last = u8_prev (&c, p + left, p)) && uc_is_property_white_space (c))
    left = (size_t) (last - p);
  *text = p;
  *len = left;
}

gpg_error_t
cf_text_password (const char *typed, size_t len, char **r_text)
{
  size_t room = 3 * len; /* the most that NFC can make of UTF-8 */
  uint8_t *composed = NULL, *result;
  const uint8_t *part;
  char *text = NULL;
  gpg_error_t err;

  if (!len || len > CF_PASSWORD_MAX || !cf_text_is_utf8 (typed, len))
    return cf_err (GPG_ERR_INV_VALUE);
  err = cf_secmem_new (&composed, room);
  if (err)
    return err;
  result = u8_normalize (UNINORM_NFC, (const uint8_t *) typed, len, composed, &room);
  if (!result) {
    err = cf_err_errno ();
    goto leave;
  }
  part = result;
  len = room;
  trim (&part, &len);
  err = len ? cf_secmem_new (&text, len + 1) : cf_err (GPG_ERR_INV_VALUE);
  if (err)
    goto leave;
  memcpy (text, part, len);
  *r_text = text;

leave:
  if (result && result != composed) {
    cf_wipe (result, room);
    free (result);
  }
  cf_secmem_free (composed);
  return err;
}

/* ------------------------------------------------------- hexadecimal --- */

/* Digits by arithmetic, not by table: what is written may be a secret, and a
   table would show in the cache which parts of it were used. */
static char *
to_hex (const void *data, size_t len, char *out, unsigned letters)
{
  const uint8_t *bytes = data;

  for (size_t i = 0; i < 2 * len; i++) {
    unsigned digit = i & 1 ? bytes[i / 2] & 15u : bytes[i / 2] >> 4;
    unsigned is_letter = (9 - digit) >> 31; /* 1 for 10 and more */

    out[i] = (char) (digit + '0' + is_letter * (letters - '0' - 10));
  }
  out[2 * len] = 0;
  return out;
}

char *
cf_hex (const void *data, size_t len, char *out)
{
  return to_hex (data, len, out, 'a');
}

char *
cf_hex_upper (const void *data, size_t len, char *out)
{
  return to_hex (data, len, out, 'A');
}

static int
hex_digit (char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

gpg_error_t
cf_unhex (const char *text, void *out, size_t len)
{
  uint8_t *bytes = out;

  for (size_t i = 0; i < 2 * len; i++)
    if (hex_digit (text[i]) < 0) /* the NUL of a short text is no digit either */
      return cf_err (GPG_ERR_INV_VALUE);
  if (text[2 * len])
    return cf_err (GPG_ERR_INV_VALUE);
  for (size_t i = 0; i < len; i++)
    bytes[i] = (uint8_t) (hex_digit (text[2 * i]) << 4 | hex_digit (text[2 * i + 1]));
  return 0;
}

/* -------------------------------------------------------------- time --- */

#define MS_PER_DAY INT64_C (86400000)
#define TIME_MIN_MS INT64_C (-62167219200000) /* 0000-01-01T00:00:00.000Z */
#define TIME_MAX_MS INT64_C (253402300799999) /* 9999-12-31T23:59:59.999Z */

/* Both conversions count in 400-year eras that begin on 1 March, so that the
   leap day is the last of its year.  Howard Hinnant, "chrono-compatible
   low-level date algorithms".  719468 is the days from 0000-03-01 to 1970. */
static int64_t
days_of_date (int64_t year, int64_t month, int64_t day)
{
  int64_t era, in_era, in_year;

  year -= month <= 2;
  era = (year >= 0 ? year : year - 399) / 400;
  in_era = year - era * 400;
  in_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static void
date_of_days (int64_t days, int *r_year, int *r_month, int *r_day)
{
  int64_t shifted = days + 719468;
  int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  int64_t day = shifted - era * 146097; /* of the era, then of the year */
  int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
  int64_t month;

  day -= 365 * year + year / 4 - year / 100;
  month = (5 * day + 2) / 153; /* 0 is March */
  *r_day = (int) (day - (153 * month + 2) / 5 + 1);
  *r_month = (int) (month < 10 ? month + 3 : month - 9);
  *r_year = (int) (year + era * 400 + (*r_month <= 2));
}

/* V (not negative) as N digits, then the character AFTER them; where to go on. */
static char *
put_digits (char *p, int64_t v, int n, char after)
{
  for (int i = n; i-- > 0; v /= 10)
    p[i] = (char) ('0' + v % 10);
  p[n] = after;
  return p + n + 1;
}

const char *
cf_time_format (int64_t utc_ms, char out[CF_TIME_SIZE])
{
  int64_t days, ms;
  int year, month, day;
  char *p = out;

  /* RFC 3339 has four digits for the year. */
  utc_ms = utc_ms < TIME_MIN_MS ? TIME_MIN_MS : utc_ms > TIME_MAX_MS ? TIME_MAX_MS : utc_ms;
  days = utc_ms / MS_PER_DAY - (utc_ms % MS_PER_DAY < 0);
  ms = utc_ms - days * MS_PER_DAY;
  date_of_days (days, &year, &month, &day);
  p = put_digits (p, year, 4, '-');
  p = put_digits (p, month, 2, '-');
  p = put_digits (p, day, 2, 'T');
  p = put_digits (p, ms / 3600000, 2, ':');
  p = put_digits (p, ms / 60000 % 60, 2, ':');
  p = put_digits (p, ms / 1000 % 60, 2, '.');
  p = put_digits (p, ms % 1000, 3, 'Z');
  *p = 0;
  return out;
}

/* Exactly N digits at *P, which moves on; -1 when there are fewer. */
static int
digits (const char **p, int n)
{
  int v = 0;

  for (; n; n--, ++*p) {
    if (**p < '0' || **p > '9')
      return -1;
    v = v * 10 + (**p - '0');
  }
  return v;
}

/* Digits, then the character AFTER them. */
static int
digits_then (const char **p, int n, char after)
{
  int v = digits (p, n);

  if (v < 0 || **p != after)
    return -1;
  ++*p;
  return v;
}

static int
days_in_month (int year, int month)
{
  static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

  return days[month - 1] + (month == 2 && leap);
}

/* An optional fraction of a second in milliseconds, finer digits cut off. */
static int
parse_fraction (const char **p)
{
  int ms = 0, n;

  if (**p != '.')
    return 0;
  ++*p;
  for (n = 0; **p >= '0' && **p <= '9'; n++, ++*p)
    if (n < 3)
      ms = ms * 10 + (**p - '0');
  if (!n)
    return -1;
  for (; n < 3; n++)
    ms *= 10;
  return ms;
}

/* "Z" or "+hh:mm" or "-hh:mm", and nothing after it; in minutes. */
static gpg_error_t
parse_zone (const char *p, int *r_minutes)
{
  int sign = *p == '-' ? -1 : 1, hour, minute;

  if (!strcmp (p, "Z")) {
    *r_minutes = 0;
    return 0;
  }
  if (*p != '+' && *p != '-')
    return cf_err (GPG_ERR_INV_TIME);
  p++;
  hour = digits_then (&p, 2, ':');
  minute = hour < 0 ? -1 : digits (&p, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || *p)
    return cf_err (GPG_ERR_INV_TIME);
  *r_minutes = sign * (hour * 60 + minute);
  return 0;
}

gpg_error_t
cf_time_parse (const char *text, int64_t *r_utc_ms)
{
  const char *p = text;
  int year = digits_then (&p, 4, '-');
  int month = year < 0 ? -1 : digits_then (&p, 2, '-');
  int day = month < 0 ? -1 : digits_then (&p, 2, 'T');
  int hour = day < 0 ? -1 : digits_then (&p, 2, ':');
  int minute = hour < 0 ? -1 : digits_then (&p, 2, ':');
  int second = minute < 0 ? -1 : digits (&p, 2);
  int ms = second < 0 ? -1 : parse_fraction (&p);
  int zone;
  gpg_error_t err;

  if (ms < 0 || month < 1 || month > 12 || day < 1 || day > days_in_month (year, month) || hour > 23
      || minute > 59 || second > 59)
    return cf_err (GPG_ERR_INV_TIME);
  err = parse_zone (p, &zone);
  if (err)
    return err;
  *r_utc_ms = days_of_date (year, month, day) * MS_PER_DAY
              + ((hour * 60 + minute - zone) * INT64_C (60) + second) * 1000 + ms;
  return 0;
}

/* ------------------------------------------------------------ format --- */

bool
cf_text_has_word (const char *list, const char *word)
{
  size_t len = strcspn (word, " ");

  if (word[len])
    return false;
  for (const char *p = list ? list : ""; *p; p += strcspn (p, " "), p += strspn (p, " "))
    if (!strncmp (p, word, len) && (p[len] == ' ' || !p[len]))
      return len > 0;
  return false;
}

size_t
cf_text_cut (const char *text, size_t len, size_t max)
{
  if (len <= max)
    return len;
  while (max && ((unsigned char) text[max] & 0xc0) == 0x80)
    max--;
  return max;
}

char *
cf_sprintf (const char *fmt, ...)
{
  char *text;
  va_list ap;
  int n;

  va_start (ap, fmt);
  n = vasprintf (&text, fmt, ap);
  va_end (ap);
  return n < 0 ? NULL : text;
}

gpg_error_t
cf_text_number (const char **text, const char *end, uint64_t max, uint64_t *r_number)
{
  const char *p = *text;
  uint64_t n = 0;

  if (p == end || *p < '0' || *p > '9' || (*p == '0' && p + 1 < end && p[1] >= '0' && p[1] <= '9'))
    return cf_err (CF_ERR_PROTOCOL);
  for (; p < end && *p >= '0' && *p <= '9'; p++) {
    unsigned d = (unsigned) (*p - '0');

    if (n > max / 10 || n * 10 > max - d)
      return cf_err (CF_ERR_PROTOCOL);
    n = n * 10 + d;
  }
  *text = p;
  *r_number = n;
  return 0;
}
