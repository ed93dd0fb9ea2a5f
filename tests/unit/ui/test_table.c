/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_table.c - the table of commands is sound, and what peers wrote cannot move the cursor. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ui/cli/cli.h"

static void
test_sound (void **state)
{
  (void) state;
  for (const struct cf_cli_command *c = cf_cli_commands; c->name; c++) {
    size_t options = 0;

    assert_ptr_equal (cf_cli_command_find (c->name), c); /* no name twice */
    assert_true (c->verb || c->run);
    assert_true (c->run || c->show || c->columns);
    assert_non_null (c->args);
    assert_non_null (c->summary);
    assert_non_null (c->fields);
    assert_true (c->min_args <= c->max_args);
    for (const struct cf_cli_option *o = c->options; o && o->name; o++) {
      assert_non_null (o->help);
      assert_true (!o->value == !o->kind);
      options++;
    }
    assert_true (options <= CF_CLI_OPTIONS_MAX);
  }
  assert_null (cf_cli_command_find ("nothing"));
}

static void
test_rows (void **state)
{
  json_t *row = json_pack ("{s:s, s:s, s:s, s:n, s:i}", "user_id", "Eve\033[2J\r\n <e@x>", "text", "a\nb\033]0;x\007",
                           "name", "N", "note", "unread", 3);
  char *text;

  (void) state;
  text = cf_row_who (row);
  assert_null (strpbrk (text, "\033\r\n\007"));
  free (text);
  text = cf_row_lines (row, "text");
  assert_string_equal (text, "a\nb]0;x");
  free (text);
  assert_string_equal (cf_row_text (row, "note"), ""); /* null, a number, nothing: no text */
  assert_string_equal (cf_row_text (row, "unread"), "");
  assert_string_equal (cf_row_text (NULL, "unread"), "");
  text = cf_row_time (row, "note");
  assert_string_equal (text, "");
  free (text);
  json_decref (row);
}

static void
test_fingerprint (void **state)
{
  static const char *const pairs[][2] = {
    { "", "" }, { "ABCD", "ABCD" }, { "ABCDEF", "ABCD EF" }, { "ABCDEF01", "ABCD EF01" }
  };

  (void) state;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    char *text = cf_row_fingerprint (pairs[i][0]);

    assert_string_equal (text, pairs[i][1]);
    free (text);
  }
}

static void
test_shorten (void **state)
{
  static const struct {
    const char *text;
    size_t width;
    const char *shown;
  } cases[] = {
    { "abc", 3, "abc" },      { "abcd", 3, "ab…" },   { "日本語", 6, "日本語" },
    { "日本語", 5, "日本…" }, { "日本語", 4, "日…" }, { "", 0, "" },
  };

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *text = cf_cli_shorten (cases[i].text, cases[i].width);

    assert_string_equal (text, cases[i].shown);
    assert_true (cf_cli_text_width (text) <= cases[i].width);
    free (text);
  }
}

/* What cf_show_status prints of ROW; caller frees. */
static char *
shown_status (json_t *row)
{
  struct cf_cli cli = { .side_fd = -1 };
  char *text = calloc (1, 10000);
  FILE *file = tmpfile ();
  int out = dup (STDOUT_FILENO);

  assert_non_null (text);
  assert_non_null (file);
  fflush (stdout);
  assert_true (out >= 0 && dup2 (fileno (file), STDOUT_FILENO) >= 0);
  cf_show_status (&cli, row);
  fflush (stdout);
  assert_true (dup2 (out, STDOUT_FILENO) >= 0);
  close (out);
  rewind (file);
  assert_true (fread (text, 1, 9999, file) > 0);
  fclose (file);
  return text;
}

/* Every label fits into its column. */
static void
test_status_column (void **state)
{
  json_t *row = json_pack ("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s}", "user_id", "#", "fingerprint", "#", "address",
                           "#", "home", "#", "visibility", "#", "peers", 7, "conversations", 7, "version", "#");
  char *text = shown_status (row), *line, *rest = text;
  size_t column = 0, count = 0;

  (void) state;
  assert_non_null (row);
  while ((line = strtok_r (rest, "\n", &rest))) {
    size_t at = strcspn (line, "#7");

    assert_int_equal (at, column ? column : at);
    assert_memory_equal (line + at - 2, "  ", 2);
    column = at;
    count++;
  }
  assert_int_equal (count, 8);
  free (text);
  json_decref (row);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_sound),
    cmocka_unit_test (test_rows),
    cmocka_unit_test (test_fingerprint),
    cmocka_unit_test (test_shorten),
    cmocka_unit_test (test_status_column),
  };
  return cmocka_run_group_tests_name ("ui/table", tests, NULL, NULL);
}
