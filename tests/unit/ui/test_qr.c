/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_qr.c - a code has the patterns that a camera looks for, and is drawn as it is in each look. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/client/qr.h"

#define ADDRESS                                                                                                        \
  "confab:0123456789ABCDEF0123456789ABCDEF01234567:00070E151C232A31383F464D545B626970777E858C939AA1A8AFB6BDC4CBD2D9:"  \
  "00112233445566778899AABBCCDDEEFF:9A889C48"

static struct cf_qr *
code_of (const char *text)
{
  struct cf_qr *qr = NULL;
  gpg_error_t err = cf_qr_new (text, &qr);

  if (gpg_err_code (err) == GPG_ERR_NOT_SUPPORTED)
    skip (); /* a build without libqrencode */
  assert_int_equal (err, 0);
  return qr;
}

/* The three squares of 7 by 7: dark frame, light ring, dark heart. */
static void
check_finder (const struct cf_qr *qr, int left, int top)
{
  for (int y = 0; y < 7; y++)
    for (int x = 0; x < 7; x++) {
      int ring = abs (x - 3) > abs (y - 3) ? abs (x - 3) : abs (y - 3);

      assert_int_equal (cf_qr_dark (qr, left + x, top + y), ring != 2);
    }
}

static void
test_patterns (void **state)
{
  struct cf_qr *qr = code_of (ADDRESS);
  int size = cf_qr_size (qr);

  (void) state;
  assert_int_equal (size, 37); /* so that with its quiet zone it fits a terminal of 24 lines */
  check_finder (qr, 0, 0);
  check_finder (qr, size - 7, 0);
  check_finder (qr, 0, size - 7);
  for (int i = 0; i < size; i++) {
    assert_false (cf_qr_dark (qr, -1, i));
    assert_false (cf_qr_dark (qr, size, i));
    assert_false (cf_qr_dark (qr, i, -1));
    assert_false (cf_qr_dark (qr, i, size));
  }
  cf_qr_free (qr);
}

/* Behind the escape sequences at P; is the paper black from here on? */
static const char *
skip_escapes (const char *p, bool *r_black)
{
  while (*p == '\033') {
    size_t len = strcspn (p, "m") + 1;

    *r_black = !strncmp (p, "\033[40m", len) || !strncmp (p, "\033[48;5;16m", len);
    p += len;
  }
  return p;
}

static void
check_drawn (const struct cf_qr *qr, unsigned look)
{
  char *text = cf_qr_draw (qr, look);
  const char *p = text;
  int step = look & CF_QR_BLOCKS ? 2 : 1, lines = 0;
  bool black = false;

  assert_non_null (text);
  assert_int_equal (strchr (text, '\033') != NULL, !!(look & CF_QR_COLORS));
  for (int y = -CF_QR_QUIET; y < cf_qr_size (qr) + CF_QR_QUIET; y += step, lines++) {
    for (int x = -CF_QR_QUIET; x < cf_qr_size (qr) + CF_QR_QUIET; x++) {
      bool up = cf_qr_dark (qr, x, y), down = cf_qr_dark (qr, x, y + 1);
      const char *want = up && down ? "\u2588" : up ? "\u2580" : down ? "\u2584" : " ";

      p = skip_escapes (p, &black);
      if (!(look & CF_QR_BLOCKS)) {
        want = up && !(look & CF_QR_COLORS) ? "##" : "  ";
        if (look & CF_QR_COLORS)
          assert_int_equal (black, up);
      }
      assert_memory_equal (p, want, strlen (want));
      p += strlen (want);
    }
    p = skip_escapes (p, &black);
    assert_int_equal (*p++, '\n');
  }
  assert_int_equal (*p, 0);
  assert_int_equal (lines, cf_qr_lines (qr, look));
  free (text);
}

static void
test_drawn (void **state)
{
  struct cf_qr *qr = code_of (ADDRESS);

  (void) state;
  for (unsigned look = 0; look < 4; look++)
    check_drawn (qr, look);
  assert_int_equal (cf_qr_columns (qr, CF_QR_BLOCKS), 45);
  assert_int_equal (cf_qr_lines (qr, CF_QR_BLOCKS), 23);
  assert_int_equal (cf_qr_columns (qr, 0), 90);
  cf_qr_free (qr);
}

static void
test_refused (void **state)
{
  struct cf_qr *qr = code_of ("x"), *none = NULL;
  char *text = calloc (1, CF_QR_TEXT_MAX + 2);

  (void) state;
  assert_non_null (text);
  assert_int_equal (cf_qr_size (qr), 21);
  cf_qr_free (qr);
  assert_int_equal (gpg_err_code (cf_qr_new ("", &none)), GPG_ERR_INV_VALUE);
  memset (text, 'a', CF_QR_TEXT_MAX + 1);
  assert_int_equal (gpg_err_code (cf_qr_new (text, &none)), GPG_ERR_TOO_LARGE);
  text[CF_QR_TEXT_MAX] = 0; /* the largest */
  qr = code_of (text);
  assert_true (cf_qr_size (qr) <= 177);
  cf_qr_free (qr);
  assert_null (none);
  cf_qr_free (NULL);
  free (text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_patterns),
    cmocka_unit_test (test_drawn),
    cmocka_unit_test (test_refused),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
