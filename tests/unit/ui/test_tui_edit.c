/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_tui_edit.c - the input line, and commands taken apart. */
#include <config.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "ui/tui/args.h"
#include "ui/tui/edit.h"

static int
set_up (void **state)
{
  (void) state;
  return setlocale (LC_CTYPE, "C.UTF-8") && !cf_secmem_setup () ? 0 : -1;
}

static struct cf_edit *
edit_with (const char *text)
{
  struct cf_edit *edit = cf_edit_new (false);

  assert_true (cf_edit_insert (edit, text, strlen (text)));
  return edit;
}

static void
test_clusters (void **state)
{
  struct cf_edit *edit = edit_with ("ae\u0301\U0001F44D\U0001F3FD");

  (void) state;
  cf_edit_delete (edit, CF_EDIT_LEFT); /* the thumb with its tone */
  assert_string_equal (cf_edit_text (edit), "ae\u0301");
  cf_edit_delete (edit, CF_EDIT_LEFT);
  assert_string_equal (cf_edit_text (edit), "a");
  assert_true (cf_edit_move (edit, CF_EDIT_LEFT));
  assert_false (cf_edit_move (edit, CF_EDIT_LEFT));
  cf_edit_delete (edit, CF_EDIT_LEFT);
  assert_string_equal (cf_edit_text (edit), "a");
  cf_edit_delete (edit, CF_EDIT_RIGHT);
  assert_string_equal (cf_edit_text (edit), "");
  cf_edit_free (edit);
}

static void
test_words (void **state)
{
  struct cf_edit *edit = edit_with ("one two, three");

  (void) state;
  cf_edit_cut (edit, CF_EDIT_WORD_LEFT);
  assert_string_equal (cf_edit_text (edit), "one two, ");
  cf_edit_cut (edit, CF_EDIT_LINE_START);
  assert_string_equal (cf_edit_text (edit), "");
  cf_edit_put_back (edit);
  cf_edit_put_back (edit);
  assert_string_equal (cf_edit_text (edit), "one two, one two, ");
  cf_edit_move (edit, CF_EDIT_LINE_START);
  cf_edit_move (edit, CF_EDIT_WORD_RIGHT);
  assert_int_equal (cf_edit_cursor (edit), 3);
  cf_edit_cut (edit, CF_EDIT_LINE_END);
  assert_string_equal (cf_edit_text (edit), "one");
  cf_edit_swap (edit);
  assert_string_equal (cf_edit_text (edit), "oen");
  cf_edit_free (edit);
}

static void
test_lines (void **state)
{
  struct cf_edit *edit = edit_with ("first\nsecond\nx");

  (void) state;
  assert_true (cf_edit_move (edit, CF_EDIT_LINE_UP));
  assert_int_equal (cf_edit_cursor (edit), 7); /* behind the s */
  assert_true (cf_edit_move (edit, CF_EDIT_LINE_UP));
  assert_int_equal (cf_edit_cursor (edit), 1);
  assert_false (cf_edit_move (edit, CF_EDIT_LINE_UP));
  assert_true (cf_edit_move (edit, CF_EDIT_LINE_END));
  assert_int_equal (cf_edit_cursor (edit), 5);
  assert_true (cf_edit_move (edit, CF_EDIT_LINE_DOWN));
  assert_int_equal (cf_edit_cursor (edit), 11);
  assert_true (cf_edit_move (edit, CF_EDIT_LINE_DOWN));
  assert_int_equal (cf_edit_cursor (edit), 14);
  assert_false (cf_edit_move (edit, CF_EDIT_LINE_DOWN));
  cf_edit_move (edit, CF_EDIT_LINE_START);
  cf_edit_delete (edit, CF_EDIT_LEFT); /* joins the lines */
  assert_string_equal (cf_edit_text (edit), "first\nsecondx");
  cf_edit_free (edit);
}

static void
test_history (void **state)
{
  struct cf_edit *edit = edit_with ("one");
  char *text = cf_edit_take (edit);

  (void) state;
  assert_string_equal (text, "one");
  free (text);
  assert_string_equal (cf_edit_text (edit), "");
  cf_edit_insert (edit, "two", 3);
  free (cf_edit_take (edit));
  cf_edit_insert (edit, "two", 3);
  free (cf_edit_take (edit)); /* the same again is kept once */
  cf_edit_insert (edit, "dra", 3);
  assert_true (cf_edit_older (edit));
  assert_string_equal (cf_edit_text (edit), "two");
  assert_true (cf_edit_older (edit));
  assert_string_equal (cf_edit_text (edit), "one");
  assert_false (cf_edit_older (edit));
  assert_true (cf_edit_newer (edit));
  assert_true (cf_edit_newer (edit));
  assert_string_equal (cf_edit_text (edit), "dra"); /* what was begun is still there */
  assert_false (cf_edit_newer (edit));
  for (int i = 0; i < CF_EDIT_HISTORY_MAX + 50; i++) {
    char line[16] = { 'x', (char) ('a' + i % 26), 0 };

    cf_edit_remember (edit, line);
  }
  cf_edit_free (edit);
}

static void
test_what_is_inserted (void **state)
{
  struct cf_edit *edit = edit_with ("a\033[31mb\r\n\tc\u202e");
  char *much = calloc (1, CF_EDIT_MAX + 2);

  (void) state;
  assert_string_equal (cf_edit_text (edit), "a[31mb\n\tc");
  cf_edit_clear (edit);
  memset (much, 'x', CF_EDIT_MAX + 1);
  assert_false (cf_edit_insert (edit, much, CF_EDIT_MAX + 1));
  assert_string_equal (cf_edit_text (edit), "");
  assert_true (cf_edit_insert (edit, much, CF_EDIT_MAX));
  assert_false (cf_edit_insert (edit, "y", 1));
  free (much);
  cf_edit_free (edit);
}

static void
test_secret (void **state)
{
  struct cf_edit *edit = cf_edit_new (true);
  char much[CF_EDIT_SECRET_MAX + 2];

  (void) state;
  assert_true (cf_edit_insert (edit, "pass word\nmore", 14)); /* a line of a paste, not two */
  assert_string_equal (cf_edit_text (edit), "pass word");
  assert_false (cf_edit_insert (edit, "\xff", 1));
  cf_edit_cut (edit, CF_EDIT_WORD_LEFT); /* all: where words are is nobody's business */
  assert_string_equal (cf_edit_text (edit), "");
  cf_edit_put_back (edit); /* nothing was kept */
  assert_string_equal (cf_edit_text (edit), "");
  cf_edit_insert (edit, "secret", 6);
  cf_edit_clear (edit);
  for (size_t i = 0; i < 6; i++)
    assert_int_equal (cf_edit_text (edit)[i], 0); /* wiped */
  cf_edit_insert (edit, "secret", 6);
  cf_edit_remember (edit, "secret");
  cf_edit_clear (edit);
  assert_false (cf_edit_older (edit));
  memset (much, 'x', sizeof much);
  assert_false (cf_edit_insert (edit, much, CF_EDIT_SECRET_MAX + 1));
  assert_true (cf_edit_insert (edit, much, CF_EDIT_SECRET_MAX));
  cf_edit_free (edit);
}

/* ---- words ---- */

static void
test_split (void **state)
{
  struct cf_args args;

  (void) state;
  cf_args_split ("  \"Ana Lima\"  it's  fine \"as it is\"", 1, &args);
  assert_int_equal (args.count, 1);
  assert_string_equal (args.word[0], "Ana Lima");
  assert_string_equal (args.rest, "it's  fine \"as it is\""); /* untouched */
  cf_args_done (&args);
  cf_args_split ("it's", 2, &args); /* a quote inside a word is a letter */
  assert_int_equal (args.count, 1);
  assert_string_equal (args.word[0], "it's");
  assert_string_equal (args.rest, "");
  cf_args_done (&args);
  cf_args_split ("'not ended", 4, &args);
  assert_string_equal (args.word[0], "not ended");
  cf_args_done (&args);
  cf_args_split ("   ", 4, &args);
  assert_int_equal (args.count, 0);
  cf_args_done (&args);
}

static void
check_place (const char *text, size_t begin, size_t index, const char *word)
{
  struct cf_args_place place;

  cf_args_place (text, strlen (text), &place);
  assert_int_equal (place.begin, begin);
  assert_int_equal (place.index, index);
  assert_string_equal (place.word, word);
  free (place.word);
}

static void
test_place (void **state)
{
  (void) state;
  check_place ("/op", 0, 0, "/op");
  check_place ("/open ", 6, 1, "");
  check_place ("/open an", 6, 1, "an");
  check_place ("/open \"ana l", 6, 1, "ana l");
  check_place ("/msg ana he", 9, 2, "he");
  check_place ("", 0, 0, "");
}

static void
test_match (void **state)
{
  char n1[] = "Ana Lima", n2[] = "ana maria", n3[] = "Bob", n4[] = "\u00c4a", n5[] = "\u00c5b";
  char *names[] = { n1, n2, n3, n4, n5 }, *common, *quoted;

  (void) state;
  assert_int_equal (cf_args_match (names, 5, "an", &common), 2);
  assert_string_equal (common, "Ana ");
  free (common);
  assert_int_equal (cf_args_match (names, 5, "BO", &common), 1);
  assert_string_equal (common, "Bob");
  free (common);
  assert_int_equal (cf_args_match (names + 3, 2, "", &common), 2);
  assert_string_equal (common, ""); /* never half a character */
  free (common);
  assert_int_equal (cf_args_match (names, 5, "x", &common), 0);
  assert_null (common);
  quoted = cf_args_quote ("Ana Lima");
  assert_string_equal (quoted, "\"Ana Lima\"");
  free (quoted);
  quoted = cf_args_quote ("O'Neil");
  assert_string_equal (quoted, "\"O'Neil\"");
  free (quoted);
  quoted = cf_args_quote ("bob");
  assert_string_equal (quoted, "bob");
  free (quoted);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_clusters), cmocka_unit_test (test_words),
    cmocka_unit_test (test_lines),    cmocka_unit_test (test_history),
    cmocka_unit_test (test_secret),   cmocka_unit_test (test_what_is_inserted),
    cmocka_unit_test (test_split),    cmocka_unit_test (test_place),
    cmocka_unit_test (test_match),
  };

  return cmocka_run_group_tests_name ("tui edit", tests, set_up, NULL);
}
