/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_text.c - hostile text, passwords, hexadecimal and times. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/secmem.h"
#include "base/text.h"

#define COUNT(a) (sizeof (a) / sizeof *(a))

/* ------------------------------------------------------------- UTF-8 --- */

static void
test_is_ascii (void **state)
{
  (void) state;
  assert_true (cf_text_is_ascii ("", 0));
  assert_true (cf_text_is_ascii ("a\0\x7f", 3));
  assert_false (cf_text_is_ascii ("\x80", 1));
  assert_false (cf_text_is_ascii ("Ada \xff", 5));
  assert_true (cf_text_is_ascii ("Ada \xff", 4));
}

static void
test_is_utf8 (void **state)
{
  static const char *const good[] = { "", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                      "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf", "\n\t\x7f" };
  static const char *const bad[] = {
    "\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98", /* alone, or cut */
    "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xc1\xbf", /* overlong */
    "\xed\xa0\x80", "\xed\xbf\xbf",             /* surrogates */
    "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",     /* beyond U+10FFFF */
    "\xff", "\xfe", "a\xc3(b",
  };

  (void) state;
  for (size_t i = 0; i < COUNT (good); i++)
    assert_true (cf_text_is_utf8 (good[i], strlen (good[i])));
  for (size_t i = 0; i < COUNT (bad); i++)
    assert_false (cf_text_is_utf8 (bad[i], strlen (bad[i])));
  assert_false (cf_text_is_utf8 ("a\0b", 3));
  assert_false (cf_text_is_utf8 ("\0", 1));
  assert_true (cf_text_is_utf8 (NULL, 0));
}

static void
shows (const char *text, size_t len, bool multiline, const char *expected)
{
  char *shown = cf_text_display (text, len, multiline);

  assert_non_null (shown);
  assert_string_equal (shown, expected);
  free (shown);
}

#define SHOWS(text, expected) shows (text, sizeof (text) - 1, false, expected)
#define SHOWS_LINES(text, expected) shows (text, sizeof (text) - 1, true, expected)
#define BAD "\xef\xbf\xbd"

static void
test_display (void **state)
{
  (void) state;
  shows (NULL, 0, false, "");
  SHOWS ("G\xc3\xb6ttingen \xf0\x9f\x98\x80", "G\xc3\xb6ttingen \xf0\x9f\x98\x80");
  SHOWS ("a\0b", "ab");
  SHOWS ("a\x1b[31mred\x7f\xc2\x9b", "a[31mred");
  SHOWS ("one\ttwo\r\nthree", "onetwothree");
  SHOWS_LINES ("one\ttwo\r\nthree", "one\ttwo\nthree");
  SHOWS_LINES ("\xe2\x80\xa8\xe2\x80\xa9", ""); /* U+2028 and U+2029 are no newlines */
  SHOWS ("a\xffz", "a" BAD "z");
  SHOWS ("\xe2\x82", BAD);
  SHOWS ("\xff\xfe\xfd" "a\xff", BAD "a" BAD); /* one for a run */
  SHOWS ("\xc0\xaf\xed\xa0\x80", BAD);
}

static void
test_display_bidi_and_invisible (void **state)
{
  static const char *const dropped[] = {
    "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae", /* 202A-202E */
    "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9",                 /* 2066-2069 */
    "\xe2\x80\x8e", "\xe2\x80\x8f", "\xd8\x9c",                                     /* marks */
    "\xef\xbb\xbf", "\xe2\x80\x8b", "\xe2\x81\xa0", "\xc2\xad",                     /* invisible */
    "\xf3\xa0\x81\x81", "\xef\xbf\xb9", /* tag, annotation */
  };

  (void) state;
  for (size_t i = 0; i < COUNT (dropped); i++) {
    char text[16];
    int len = snprintf (text, sizeof text, "exe%sgpj", dropped[i]);

    shows (text, (size_t) len, false, "exegpj");
    shows (text, (size_t) len, true, "exegpj");
  }
  /* What emoji and Persian are written with stays, and so does right-to-left. */
  SHOWS ("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac",
         "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac");
  SHOWS ("\xe2\x80\x8c", "\xe2\x80\x8c");
  SHOWS ("\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d");
}

static void
test_display_any_bytes (void **state)
{
  uint64_t seed = 11;

  (void) state;
  for (int i = 0; i < 20000; i++) {
    size_t len = seeded_next (&seed) % 40;
    char *bytes = malloc (len ? len : 1), *shown, *again;

    assert_non_null (bytes);
    seeded_fill (&seed, bytes, len);
    for (size_t n = 0; n < len; n++) /* lead bytes and the like more often */
      if (seeded_next (&seed) % 3 == 0)
        bytes[n] = "\xe2\x80\xef\xf0\xc2\xae\n"[seeded_next (&seed) % 7];
    shown = cf_text_display (bytes, len, i & 1);
    assert_non_null (shown);
    assert_true (cf_text_is_utf8 (shown, strlen (shown)));
    assert_true (strlen (shown) <= 3 * len);
    again = cf_text_display (shown, strlen (shown), i & 1);
    assert_non_null (again);
    assert_string_equal (shown, again);
    free (again);
    free (shown);
    free (bytes);
  }
}

/* --------------------------------------------------------- passwords --- */

static void
password_is (const char *typed, const char *expected)
{
  char *text = NULL;

  assert_ok (cf_text_password (typed, strlen (typed), &text));
  assert_string_equal (text, expected);
  cf_secmem_free (text);
}

static void
test_password (void **state)
{
  (void) state;
  password_is ("correct horse", "correct horse");
  password_is (" \t correct  horse\r\n", "correct  horse"); /* inside it stays */
  password_is ("\xc2\xa0\xe3\x80\x80" "a\xe2\x80\x83", "a"); /* Unicode's white space, too */
  password_is ("Cafe\xcc\x81", "Caf\xc3\xa9");
  password_is ("Caf\xc3\xa9", "Caf\xc3\xa9");
  password_is ("\xe2\x84\xab", "\xc3\x85"); /* angstrom sign */
  password_is ("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c"); /* Hangul jamo */
  password_is ("\xef\xac\x81", "\xef\xac\x81"); /* not NFKC: the ligature stays */
  password_is ("q\xcc\xa3\xcc\x87", "q\xcc\xa3\xcc\x87");
  password_is ("q\xcc\x87\xcc\xa3", "q\xcc\xa3\xcc\x87"); /* canonical order */
  /* Grows to three times its length. */
  password_is ("\xf0\x9d\x85\xa0", "\xf0\x9d\x85\x98\xf0\x9d\x85\xa5\xf0\x9d\x85\xae");
}

static void
test_password_refuses (void **state)
{
  static char longest[CF_PASSWORD_MAX + 1];
  char kept, *text = &kept;

  (void) state;
  assert_err (cf_text_password ("", 0, &text), GPG_ERR_INV_VALUE);
  assert_err (cf_text_password (" \t\n\xc2\xa0", 5, &text), GPG_ERR_INV_VALUE);
  assert_err (cf_text_password ("a\0b", 3, &text), GPG_ERR_INV_VALUE);
  assert_err (cf_text_password ("caf\xe9", 4, &text), GPG_ERR_INV_VALUE); /* Latin-1 */
  memset (longest, 'x', sizeof longest);
  assert_err (cf_text_password (longest, sizeof longest, &text), GPG_ERR_INV_VALUE);
  assert_ptr_equal (text, &kept);
  assert_ok (cf_text_password (longest, CF_PASSWORD_MAX, &text));
  assert_int_equal (strlen (text), CF_PASSWORD_MAX);
  cf_secmem_free (text);
}

static void
test_password_long_growth (void **state)
{
  static char typed[CF_PASSWORD_MAX];
  char *text;

  (void) state;
  for (size_t i = 0; i + 4 <= sizeof typed; i += 4)
    memcpy (typed + i, "\xf0\x9d\x85\xa0", 4);
  assert_ok (cf_text_password (typed, sizeof typed, &text));
  assert_int_equal (strlen (text), 3 * sizeof typed);
  cf_secmem_free (text);
}

/* ------------------------------------------------------- hexadecimal --- */

static void
test_hex (void **state)
{
  uint8_t all[256], back[256];
  char hex[513], expected[513];

  (void) state;
  for (int i = 0; i < 256; i++) {
    all[i] = (uint8_t) i;
    snprintf (expected + 2 * i, 3, "%02x", (unsigned) i);
  }
  assert_string_equal (cf_hex (all, 256, hex), expected);
  assert_ok (cf_unhex (hex, back, 256));
  assert_memory_equal (back, all, 256);
  for (int i = 0; i < 256; i++)
    snprintf (expected + 2 * i, 3, "%02X", (unsigned) i);
  assert_string_equal (cf_hex_upper (all, 256, hex), expected);
  memset (back, 0, sizeof back);
  assert_ok (cf_unhex (hex, back, 256));
  assert_memory_equal (back, all, 256);
  assert_string_equal (cf_hex (NULL, 0, hex), "");
  assert_ok (cf_unhex ("", NULL, 0));
}

static void
test_unhex_refuses (void **state)
{
  static const char *const bad[] = { "", "a", "ab", "abc", "abcde", "abcd0", "ab d", "abcg",
                                     "0xab", "-1ab", "ab\ncd", "\xff\xff" "ab", "ABC/",
                                     "ab:d", "AB@D", "ab`d" };
  uint8_t out[2] = { 7, 8 };

  (void) state;
  for (size_t i = 0; i < COUNT (bad); i++)
    assert_err (cf_unhex (bad[i], out, 2), GPG_ERR_INV_VALUE);
  assert_int_equal (out[0], 7); /* written on success only */
  assert_ok (cf_unhex ("aBCd", out, 2));
  assert_memory_equal (out, "\xab\xcd", 2);
}

/* -------------------------------------------------------------- time --- */

static void
time_is (const char *text, int64_t utc_ms)
{
  int64_t got = 1;

  assert_ok (cf_time_parse (text, &got));
  assert_true (got == utc_ms);
}

static void
test_time (void **state)
{
  char out[CF_TIME_SIZE];

  (void) state;
  assert_string_equal (cf_time_format (0, out), "1970-01-01T00:00:00.000Z");
  assert_string_equal (cf_time_format (-1, out), "1969-12-31T23:59:59.999Z");
  assert_string_equal (cf_time_format (INT64_C (951827696789), out), "2000-02-29T12:34:56.789Z");
  assert_string_equal (cf_time_format (INT64_MAX, out), "9999-12-31T23:59:59.999Z");
  assert_string_equal (cf_time_format (INT64_MIN, out), "0000-01-01T00:00:00.000Z");
  time_is ("1970-01-01T00:00:00Z", 0);
  time_is ("2000-02-29T12:34:56.789Z", INT64_C (951827696789));
  time_is ("2000-02-29T12:34:56.7899999Z", INT64_C (951827696789));
  time_is ("1970-01-01T00:00:00.5Z", 500);
  time_is ("1970-01-01T01:30:00+01:30", 0);
  time_is ("1969-12-31T16:00:00.001-08:00", 1);
  time_is ("9999-12-31T23:59:59.999Z", INT64_C (253402300799999));
  time_is ("0000-01-01T00:00:00.000Z", INT64_C (-62167219200000));
}

static void
test_time_refuses (void **state)
{
  static const char *const bad[] = {
    "", "now", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01 00:00:00Z", "1970-1-1T00:00:00Z",
    "1970-00-01T00:00:00Z", "1970-13-01T00:00:00Z", "1970-01-00T00:00:00Z", "1970-01-32T00:00:00Z",
    "1970-04-31T00:00:00Z", "1900-02-29T00:00:00Z", "2001-02-29T00:00:00Z", "1970-01-01T24:00:00Z",
    "1970-01-01T00:60:00Z", "1970-01-01T00:00:60Z", "1970-01-01T00:00:00.Z",
    "1970-01-01T00:00:00Zx",
    "1970-01-01T00:00:00+1:00", "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00+01:60",
    "1970-01-01T00:00:00+01:00x", "1970-01-01T00:00:00+0100", "-970-01-01T00:00:00Z",
    "+970-01-01T00:00:00Z", "19700-01-01T00:00:00Z", " 1970-01-01T00:00:00Z",
  };
  int64_t kept = 77;

  (void) state;
  for (size_t i = 0; i < COUNT (bad); i++)
    assert_err (cf_time_parse (bad[i], &kept), GPG_ERR_INV_TIME);
  assert_true (kept == 77);
}

static void
test_time_against_libc (void **state)
{
  uint64_t seed = 12;

  (void) state;
  for (int i = 0; i < 50000; i++) {
    /* Any instant of the years 0 to 9999. */
    int64_t ms
        = (int64_t) (seeded_next (&seed) % UINT64_C (315569519999999)) - INT64_C (62167219200000);
    time_t s = ms / 1000 - (ms % 1000 < 0);
    char out[CF_TIME_SIZE], expected[64], date[40];
    struct tm tm;
    int64_t back;

    assert_non_null (gmtime_r (&s, &tm));
    strftime (date, sizeof date, "-%m-%dT%H:%M:%S", &tm);
    snprintf (expected, sizeof expected, "%04d%s.%03dZ", tm.tm_year + 1900, date,
              (int) (ms - s * 1000));
    assert_string_equal (cf_time_format (ms, out), expected);
    assert_ok (cf_time_parse (out, &back));
    assert_true (back == ms);
  }
}

static void
test_cut (void **state)
{
  static const char text[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"; /* 1, 2, 3 and 4 bytes */
  static const size_t want[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10 };

  (void) state;
  for (size_t max = 0; max < sizeof want / sizeof want[0]; max++)
    assert_int_equal (cf_text_cut (text, strlen (text), max), want[max]);
  assert_int_equal (cf_text_cut ("", 0, 0), 0);
  assert_int_equal (cf_text_cut ("\x80\x80\x80", 3, 2), 0);
  assert_int_equal (cf_text_cut (text, 3, 8), 3); /* LEN is all that it looks at */
}

static void
test_sprintf (void **state)
{
  char *text = cf_sprintf ("%s-%d", "a", 5);

  (void) state;
  assert_non_null (text);
  assert_string_equal (text, "a-5");
  free (text);
}

static void
test_make_visible (void **state)
{
  static const char *const texts[][2] = {
    { "plain.txt", "plain.txt" },          { "gnp.\u202eexe", "gnp._exe" }, { "a\x1b[2J\n\x7f", "a_[2J__" },
    { "\xff\xc2\x85\xe2\x80", "\xff_\xe2\x80" }, { "\u2028", "_" },          { "\u200dü", "\u200dü" },
  };

  (void) state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    size_t len = strlen (texts[i][0]);
    char *text = strdup (texts[i][0]);

    assert_non_null (text);
    assert_int_equal (cf_text_make_visible (text, &len), strcmp (texts[i][0], texts[i][1]) != 0);
    assert_int_equal (len, strlen (texts[i][1]));
    assert_string_equal (text, texts[i][1]);
    free (text);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_is_ascii),
    cmocka_unit_test (test_is_utf8),
    cmocka_unit_test (test_display),
    cmocka_unit_test (test_display_bidi_and_invisible),
    cmocka_unit_test (test_display_any_bytes),
    cmocka_unit_test (test_make_visible),
    cmocka_unit_test (test_password),
    cmocka_unit_test (test_password_refuses),
    cmocka_unit_test (test_password_long_growth),
    cmocka_unit_test (test_hex),
    cmocka_unit_test (test_unhex_refuses),
    cmocka_unit_test (test_time),
    cmocka_unit_test (test_time_refuses),
    cmocka_unit_test (test_time_against_libc),
    cmocka_unit_test (test_cut),
    cmocka_unit_test (test_sprintf),
  };
  return cmocka_run_group_tests_name ("base/text", tests, NULL, NULL);
}
