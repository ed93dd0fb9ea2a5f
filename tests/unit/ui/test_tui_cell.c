/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_tui_cell.c - cells: widths, what never reaches a terminal, lines of a given width. */
#include <config.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/tui/cell.h"
#include "ui/tui/wrap.h"

static int
utf8_locale (void **state)
{
  (void) state;
  return setlocale (LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

static void
test_columns (void **state)
{
  static const struct {
    const char *text;
    int columns;
  } cases[] = {
    { "", 0 },
    { "abc", 3 },
    { "\u00e4\u00f6\u00fc", 3 },
    { "e\u0301", 1 },                                        /* e and a mark */
    { "\u4f60\u597d", 4 },                                   /* two wide ones */
    { "\u05e9\u05dc\u05d5\u05dd", 4 },                       /* right to left */
    { "\U0001F44D", 2 },                                     /* thumbs up */
    { "\U0001F44D\U0001F3FD", 2 },                           /* with a skin tone: the tone is left out */
    { "\u2764\ufe0f", 1 },                                   /* a heart with emoji presentation: as text */
    { "\U0001F468\u200d\U0001F469\u200d\U0001F467", 6 },     /* a family: three signs everywhere */
    { "\u0915\u094d\u200d\u0937", 2 },                       /* a joiner that a script needs */
    { "\u0301", 1 },                                         /* a mark on nothing */
    { "a\u200bb", 2 },                                       /* zero-width space */
    { "a\u202eb", 2 },                                       /* an override of direction */
    { "a\tb", 3 },
    { "\xff\xfe", 2 },                                       /* no UTF-8 */
  };

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int columns = cf_text_columns (cases[i].text);

    if (columns != cases[i].columns)
      fail_msg ("case %zu: %d columns", i, columns);
  }
}

static void
test_shorten (void **state)
{
  char *text;

  (void) state;
  text = cf_text_shorten ("abcdef", 4);
  assert_string_equal (text, "abc\u2026");
  free (text);
  text = cf_text_shorten ("\u4f60\u597d\u4f60", 4); /* no half of a wide sign */
  assert_string_equal (text, "\u4f60\u2026");
  free (text);
  text = cf_text_shorten ("abc", 3);
  assert_string_equal (text, "abc");
  free (text);
  text = cf_text_shorten ("abc", 0);
  assert_string_equal (text, "");
  free (text);
}

/* Whatever bytes are put into a grid: its cells hold no control character, and their widths fill the rows. */
static void
check_grid (const struct cf_grid *grid)
{
  for (int row = 0; row < grid->rows; row++)
    for (int col = 0; col < grid->cols; col++) {
      const struct cf_cell *cell = cf_grid_at (grid, row, col);

      for (int i = 0; i < cell->len; i++)
        assert_true (cell->ch[i] >= 0x20 && !(cell->ch[i] >= 0x7f && cell->ch[i] < 0xa0));
      if (cell->width == 2)
        assert_true (col + 1 < grid->cols && !cf_grid_at (grid, row, col + 1)->width);
      if (!cell->width)
        assert_true (col && cf_grid_at (grid, row, col - 1)->width == 2);
    }
}

static void
test_escapes (void **state)
{
  static const char *const attacks[] = {
    "\033[2J\033[H", "\033]0;title\007", "\033]52;c;aGk=\007", "\033P1$r\033\\", "\xc2\x9b" "31m",
    "\x9b" "31m", "a\rb", "a\bb", "a\x7f", "\016\017", "\u2028\u2029", "a\0b", "\033[6n",
  };
  const struct cf_area area = { 0, 0, 1, 20 };
  struct cf_grid grid;

  (void) state;
  cf_grid_init (&grid, 1, 20);
  for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
    cf_grid_clear (&grid);
    cf_grid_put (&grid, &area, 0, 0, 0, attacks[i]);
    check_grid (&grid);
  }
  cf_grid_done (&grid);
}

static void
test_any_bytes (void **state)
{
  const struct cf_area area = { 0, 0, 2, 11 };
  struct cf_grid grid;
  uint32_t seed = 1;
  char text[64];

  (void) state;
  cf_grid_init (&grid, 2, 11);
  for (int round = 0; round < 20000; round++) {
    for (size_t i = 0; i < sizeof text; i++) {
      seed = seed * 1664525 + 1013904223;
      text[i] = (char) (seed >> 24);
    }
    cf_grid_put_n (&grid, &area, round & 1, (int) (seed >> 8) % 13 - 1, 0, text, sizeof text);
    check_grid (&grid);
  }
  cf_grid_done (&grid);
}

static void
test_marks_are_bounded (void **state)
{
  char text[1 + 2 * 200 + 1] = "a", *p = text + 1;
  const char *start = text;
  struct cf_cell cell;

  (void) state;
  for (int i = 0; i < 200; i++)
    p = stpcpy (p, "\u0301");
  assert_int_equal (cf_cell_take (&start, p, &cell), 1);
  assert_ptr_equal (start, p); /* all of them belong to it */
  assert_int_equal (cell.len, CF_CELL_CHARS);
}

static void
test_wide_halves (void **state)
{
  const struct cf_area area = { 0, 0, 1, 4 };
  struct cf_grid grid;
  char *row;

  (void) state;
  cf_grid_init (&grid, 1, 4);
  cf_grid_put (&grid, &area, 0, 0, 0, "\u4f60\u597d");
  cf_grid_put (&grid, &area, 0, 1, 0, "x"); /* over the right half of the first */
  check_grid (&grid);
  row = cf_grid_row (&grid, 0);
  assert_string_equal (row, " x\u597d");
  free (row);
  cf_grid_put (&grid, &area, 0, 3, 0, "\u4f60"); /* there is no room for it */
  row = cf_grid_row (&grid, 0);
  assert_string_equal (row, " x\u597d");
  free (row);
  cf_grid_done (&grid);
}

/* Where the locale knows ASCII only, everything is drawn all the same. */
static void
test_plain_locale (void **state)
{
  const struct cf_area area = { 0, 0, 1, 20 };
  struct cf_grid grid;
  char *row;

  (void) state;
  assert_non_null (setlocale (LC_CTYPE, "C"));
  cf_grid_init (&grid, 1, 20);
  cf_grid_put (&grid, &area, 0, cf_grid_put (&grid, &area, 0, 0, 0, "a \u00b7 \u4f60 \u00e4e\u0301\u2026"), 0,
               cf_glyph (CF_GLYPH_VERTICAL));
  row = cf_grid_row (&grid, 0);
  setlocale (LC_CTYPE, "C.UTF-8");
  assert_string_equal (row, "a - ? ?e.|");
  free (row);
  cf_grid_done (&grid);
}

/* ---- lines ---- */

static void
check_wrap (const char *text, int columns, const char *const *lines, size_t count)
{
  struct cf_wrap wrap = { NULL, 0, 0 };

  cf_wrap (&wrap, text, columns);
  for (size_t i = 0; i < wrap.count && i < count; i++)
    if (wrap.lines[i].len != strlen (lines[i]) || memcmp (text + wrap.lines[i].begin, lines[i], wrap.lines[i].len))
      fail_msg ("line %zu is \"%.*s\"", i, (int) wrap.lines[i].len, text + wrap.lines[i].begin);
  assert_int_equal (wrap.count, count);
  cf_wrap_done (&wrap);
}
#define CHECK_WRAP(text, columns, ...)                                                                                 \
  do {                                                                                                                 \
    static const char *const lines[] = { __VA_ARGS__ };                                                                \
    check_wrap (text, columns, lines, sizeof lines / sizeof *lines);                                                   \
  } while (0)

static void
test_wrap (void **state)
{
  (void) state;
  CHECK_WRAP ("", 10, "");
  CHECK_WRAP ("one two three", 7, "one two", "three");
  CHECK_WRAP ("one two three", 8, "one two", "three");
  CHECK_WRAP ("one  two", 4, "one", "two");
  CHECK_WRAP ("a\n\nb\n", 10, "a", "", "b", "");
  CHECK_WRAP ("abcdefghij", 4, "abcd", "efgh", "ij");
  CHECK_WRAP ("  indented text", 10, "  indented", "text");
  CHECK_WRAP ("\u4f60\u597d\u4f60", 5, "\u4f60\u597d", "\u4f60");
  CHECK_WRAP ("\u4f60a", 1, "\u4f60", "a"); /* wider than the line: it goes on all the same */
  CHECK_WRAP ("ab cdefghijk", 5, "ab", "cdefg", "hijk");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_columns),    cmocka_unit_test (test_shorten),
    cmocka_unit_test (test_escapes),    cmocka_unit_test (test_any_bytes),
    cmocka_unit_test (test_wide_halves), cmocka_unit_test (test_marks_are_bounded),
    cmocka_unit_test (test_wrap),       cmocka_unit_test (test_plain_locale),
  };

  return cmocka_run_group_tests_name ("tui cell", tests, utf8_locale, NULL);
}
