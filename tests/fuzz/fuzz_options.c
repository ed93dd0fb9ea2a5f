/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_options.c - what stands in files and on command lines that a person writes: confabd.conf, confabd's options. */
#include <stdlib.h>
#include <string.h>

#include "core/daemon/options.h"
#include "tests/fuzz/fuzz.h"

#define WORDS_MAX 12

static void
check_values (const struct cf_options *o)
{
  FUZZ_CHECK (!o->has_log_level || (o->log_level >= CF_LOG_ERROR && o->log_level <= CF_LOG_DEBUG));
  FUZZ_CHECK (!o->has_listen || o->listen.family == 0 || o->listen.family == 4 || o->listen.family == 6);
}

static void
check_file (const uint8_t *data, size_t len)
{
  struct cf_options options = { 0 }, before = { .has_log_level = true, .log_level = CF_LOG_WARN, .discovery_port = 9 };
  char *text = fuzz_string (data, len), *copy = strdup (text), *wrong = NULL;
  gpg_error_t err;

  FUZZ_CHECK (copy);
  err = cf_options_parse_file (text, &options, &wrong);
  FUZZ_CHECK (!err == !wrong);
  check_values (&options);
  free (wrong);
  /* What is said already stays. */
  FUZZ_CHECK (!cf_options_parse_file (copy, &before, &wrong) == !err);
  FUZZ_CHECK (before.log_level == CF_LOG_WARN && before.discovery_port == 9);
  free (wrong);
  free (copy);
  free (text);
}

/* Words are separated by newlines. */
static void
check_words (const uint8_t *data, size_t len)
{
  static char name[] = "confabd";
  char *text = fuzz_string (data, len), *argv[WORDS_MAX + 2] = { name }, *wrong = NULL;
  struct cf_options options = { 0 };
  int argc = 1;

  for (char *p = text; p && argc <= WORDS_MAX; argc++) {
    char *next = strchr (p, '\n');

    if (next)
      *next++ = 0;
    argv[argc] = p;
    p = next;
  }
  if (cf_options_parse (argc, argv, &options, &wrong))
    FUZZ_CHECK (wrong);
  else
    check_values (&options);
  free (wrong);
  free (text);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct fuzz_in in = { data, len };

  if (fuzz_u8 (&in) & 1)
    check_words (in.p, in.left);
  else
    check_file (in.p, in.left);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const char *const seeds[] = { "0# all\nlisten 192.0.2.1:7077\ndiscovery-port 7078\nlog-level debug # much\n",
                                       "0listen [fe80::1%3]:1\r\n\tlog-level\twarn", "0listen :7", "0nonsense 7\n", "0log-level",
                                       "1--home\n/x\n--listen=:7077\n--foreground\n--log-level\ninfo",
                                       "1--discovery-port=70000", "1--version", "1--", "1--config\n" };
  static const char *const names[] = { "file", "file-odd", "port", "unknown", "missing", "words", "range", "version", "dashes",
                                       "no-value" };

  for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
    emit (names[i], seeds[i], strlen (seeds[i]));
}
