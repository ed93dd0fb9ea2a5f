/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_words.c - what a person types: durations, quotes, near names, options of every command. */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "ui/cli/cli.h"

/* What is wrong is worded, but told to nobody; linked by -Wl,--wrap=cf_cli_fail. */
int __wrap_cf_cli_fail (const struct cf_cli *cli, gpg_error_t err, const char *hint, const char *fmt, ...)
    CF_PRINTF (4, 5);

int
__wrap_cf_cli_fail (const struct cf_cli *cli, gpg_error_t err, const char *hint, const char *fmt, ...)
{
  char message[64];
  va_list ap;

  (void) cli;
  FUZZ_CHECK (err && (!hint || *hint));
  va_start (ap, fmt);
  FUZZ_CHECK (vsnprintf (message, sizeof message, fmt, ap) > 0);
  va_end (ap);
  return CF_EXIT_USER;
}

/* WORD in quotes, as a careful person would type it. */
static char *
put_quoted (char *out, const char *word)
{
  *out++ = '"';
  for (; *word; word++) {
    if (*word == '"' || *word == '\\')
      *out++ = '\\';
    *out++ = *word;
  }
  *out++ = '"';
  *out++ = ' ';
  return out;
}

static void
check_split (const char *line, char **words, size_t count)
{
  char *quoted = malloc (4 * strlen (line) + 8), *p = quoted, **again;
  size_t again_count;

  FUZZ_CHECK (quoted);
  FUZZ_CHECK (!words[count]);
  for (size_t i = 0; i < count; i++)
    p = put_quoted (p, words[i]);
  *p = 0;
  FUZZ_CHECK (!cf_cli_split (quoted, &again, &again_count));
  FUZZ_CHECK (again_count == count);
  for (size_t i = 0; i < count; i++)
    FUZZ_CHECK (!strcmp (words[i], again[i]));
  free (again);
  free (quoted);
}

static void
check_args (char **words, size_t count)
{
  const struct cf_cli_command *command = count ? cf_cli_command_find (words[0]) : NULL;
  struct cf_cli cli;
  struct cf_cli_args args;

  if (!command)
    return;
  memset (&cli, 0, sizeof cli);
  if (!cf_cli_args_parse (&cli, command, words + 1, count - 1, &args) && !args.help)
    FUZZ_CHECK (args.argc >= command->min_args && args.argc <= command->max_args);
  FUZZ_CHECK (args.argc < count && args.option_count <= CF_CLI_OPTIONS_MAX);
  cf_cli_args_done (&args);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  static const char *const names[] = { "send", "open", "history", "conversations", NULL };
  char *line = fuzz_string (data, len), **words, *joined;
  uint64_t seconds;
  size_t count;

  if (!cf_cli_duration (line, &seconds))
    FUZZ_CHECK (seconds && seconds <= 10ull * 366 * 24 * 3600);
  (void) cf_cli_nearest (line, names);
  if (!cf_cli_split (line, &words, &count)) {
    check_split (line, words, count);
    joined = cf_cli_join ((const char *const *) words, count);
    FUZZ_CHECK (strlen (joined) <= strlen (line) + 1);
    free (joined);
    check_args (words, count);
    free (words);
  }
  free (line);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const char *const seeds[] = { "10m", "send bob 'a b' \"it's \\\"x\\\"\"", "send --wait=read --timeout 10m bob -- --x",
                                       "history --limit=5 --since 2h bob", "--json", "open --note=hi bob", "sned \\",
                                       "config discovery contacts", "history --limt=5 bob" };
  static const char *const names[] = { "duration", "quotes", "send", "history", "global", "open", "near", "config", "typo" };

  for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
    emit (names[i], seeds[i], strlen (seeds[i]));
}
