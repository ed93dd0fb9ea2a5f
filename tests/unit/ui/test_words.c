/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_words.c - durations, quotes, options and the nearest name. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ui/cli/cli.h"
#include "ui/client/path.h"

static void
test_duration (void **state)
{
  static const struct {
    const char *text;
    uint64_t seconds;
  } good[] = {
    { "1", 1 }, { "90", 90 }, { "90s", 90 }, { "10m", 600 }, { "2h", 7200 }, { "3d", 259200 }, { "3660d", 316224000 },
  };
  static const char *const bad[] = { "",
                                     "0",
                                     "0s",
                                     "s",
                                     "-1",
                                     "+1",
                                     "1 ",
                                     " 1",
                                     "1w",
                                     "1mm",
                                     "1.5h",
                                     "1e3",
                                     "3661d",
                                     "99999999999999999999",
                                     "99999999999999999999d",
                                     "0x10" };
  uint64_t seconds = 7;

  (void) state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_int_equal (cf_cli_duration (good[i].text, &seconds), 0);
    assert_int_equal (seconds, good[i].seconds);
  }
  seconds = 7;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal (gpg_err_code (cf_cli_duration (bad[i], &seconds)), GPG_ERR_INV_TIME);
  assert_int_equal (seconds, 7); /* written only on success */
}

static void
test_nearest (void **state)
{
  static const char *const names[] = { "send", "open", "history", "conversations", NULL };
  char longest[200];

  (void) state;
  assert_string_equal (cf_cli_nearest ("sned", names), "send");
  assert_string_equal (cf_cli_nearest ("histroy", names), "history");
  assert_string_equal (cf_cli_nearest ("converstion", names), "conversations");
  assert_string_equal (cf_cli_nearest ("opn", names), "open");
  assert_null (cf_cli_nearest ("xyz", names));
  assert_null (cf_cli_nearest ("", names));
  memset (longest, 'a', sizeof longest - 1);
  longest[sizeof longest - 1] = 0;
  assert_null (cf_cli_nearest (longest, names));
}

static void
check_split (const char *line, size_t count, const char *const *words)
{
  size_t got_count;
  char **got;

  assert_int_equal (cf_cli_split (line, &got, &got_count), 0);
  assert_int_equal (got_count, count);
  for (size_t i = 0; i < count; i++)
    assert_string_equal (got[i], words[i]);
  assert_null (got[count]);
  free (got);
}

static void
test_split (void **state)
{
  static const char *const send[] = { "send", "bob", "a b", "" };
  static const char *const letters[] = { "a", "b", "c" };
  static const char *const mixed[] = { "it's \"x\"", "a\\" };
  size_t count;
  char **words;

  (void) state;
  check_split ("", 0, NULL);
  check_split ("  \t ", 0, NULL);
  check_split ("a b c", 3, letters);
  check_split ("  a\tb  c ", 3, letters);
  check_split ("send bob 'a b' \"\"", 4, send);
  check_split ("\"it's \\\"x\\\"\" 'a\\'", 2, mixed);
  assert_int_equal (gpg_err_code (cf_cli_split ("send \"a", &words, &count)), GPG_ERR_SYNTAX);
  assert_int_equal (gpg_err_code (cf_cli_split ("it's", &words, &count)), GPG_ERR_SYNTAX);
}

static void
test_join (void **state)
{
  static const char *const words[] = { "a", "", "b c" };
  char *text;

  (void) state;
  text = cf_cli_join (words, 3);
  assert_string_equal (text, "a  b c");
  free (text);
  text = cf_cli_join (words, 0);
  assert_string_equal (text, "");
  free (text);
}

/* Parse LINE (words split as typed) for its command; the exit code. */
static int
parse (struct cf_cli *cli, const char *line, struct cf_cli_args *args, char ***r_words)
{
  size_t count;

  assert_int_equal (cf_cli_split (line, r_words, &count), 0);
  return cf_cli_args_parse (cli, cf_cli_command_find ((*r_words)[0]), *r_words + 1, count - 1, args);
}

static void
test_args (void **state)
{
  struct cf_cli cli = { .timeout_ms = -1, .side_fd = -1 };
  struct cf_cli_args args;
  char **words;

  (void) state;
  assert_int_equal (parse (&cli, "send bob --wait delivered hi --reply-to=12 --json there -- --wait -", &args, &words),
                    0);
  assert_int_equal (args.argc, 5);
  assert_string_equal (args.argv[1], "hi");
  assert_string_equal (args.argv[3], "--wait");
  assert_string_equal (args.argv[4], "-");
  assert_string_equal (cf_cli_option_value (&args, "wait"), "delivered");
  assert_string_equal (cf_cli_option_value (&args, "reply-to"), "12");
  assert_true (cli.json);
  cf_cli_args_done (&args);
  free (words);

  assert_int_equal (parse (&cli, "expect bob --for 2h --timeout 3m --home /x", &args, &words), 0);
  assert_string_equal (cf_cli_option_value (&args, "for"), "7200s");
  assert_int_equal (cli.timeout_ms, 180000);
  assert_string_equal (cli.home, "/x");
  cf_cli_args_done (&args);
  free (words);

  assert_int_equal (parse (&cli, "open --help", &args, &words), 0); /* too few words do not matter then */
  assert_true (args.help);
  cf_cli_args_done (&args);
  free (words);
}

static void
test_args_refused (void **state)
{
  static const char *const bad[] = {
    "open",
    "open a b",
    "open a --password-fd",
    "open a --password-fd x",
    "open a --password-fd ''",
    "open a --nte x",
    "open a --note x --note y",
    "peers --watch=yes",
    "expect a --for 5y",
    "history a --limit -3",
    "open a --timeout 0",
    "open a --timeout",
    "open a --home",
    "open a --home ''",
    "open a --json=1",
    "send",
    "status now then",
  };
  struct cf_cli cli = { .timeout_ms = -1, .side_fd = -1 };

  (void) state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct cf_cli_args args;
    char **words;

    assert_int_equal (parse (&cli, bad[i], &args, &words), CF_EXIT_USER);
    cf_cli_args_done (&args);
    free (words);
  }
}

static void
path_is (const char *typed, bool tilde, const char *wanted)
{
  char *path = cf_client_path (typed, tilde);

  assert_string_equal (path, wanted);
  free (path);
}

static void
test_path (void **state)
{
  (void) state;
  setenv ("HOME", "/home/u", 1);
  assert_int_equal (chdir ("/usr/lib"), 0);
  path_is ("/a/b", false, "/a/b");
  path_is ("/a/b//", false, "/a/b");
  path_is ("/", false, "/");
  path_is ("x y", false, "/usr/lib/x y");
  path_is ("~/x", false, "/usr/lib/~/x");
  path_is ("~/x", true, "/home/u/x");
  path_is ("~x", true, "/usr/lib/~x");
  path_is (".", false, "/usr/lib");
  path_is ("../", false, "/usr");
  assert_int_equal (chdir ("/"), 0);
  path_is ("x", false, "/x");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_path),
    cmocka_unit_test (test_duration), cmocka_unit_test (test_nearest), cmocka_unit_test (test_split),
    cmocka_unit_test (test_join),     cmocka_unit_test (test_args),    cmocka_unit_test (test_args_refused),
  };
  return cmocka_run_group_tests_name ("ui/words", tests, NULL, NULL);
}
