/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_line.c - the line of a command to the daemon: its words are bounded, UTF-8, and come back when escaped again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/ipc/line.h"
#include "tests/fuzz/fuzz.h"

#define LINE_MAX_LEN 1000 /* Assuan's */

static char *
put_word (char *out, const char *word)
{
  if (!*word)
    *out++ = '%';
  for (; *word; word++)
    if ((unsigned char) *word <= ' ' || *word == '%')
      out += sprintf (out, "%%%02x", (unsigned char) *word);
    else
      *out++ = *word;
  return out;
}

/* The line that a client would write. */
static char *
write_line (const struct cf_command *cmd)
{
  char *line = malloc (6 * LINE_MAX_LEN), *p = line;

  FUZZ_CHECK (line);
  for (size_t i = 0; i < cmd->option_count; i++) {
    p = stpcpy (stpcpy (p, "--"), cmd->options[i].name);
    *p++ = '=';
    p = put_word (p, cmd->options[i].value);
    *p++ = ' ';
  }
  p = stpcpy (p, "--");
  for (size_t i = 0; i < cmd->argc; i++) {
    *p++ = ' ';
    p = put_word (p, cmd->argv[i]);
  }
  *p = 0;
  return line;
}

static void
check_same (const struct cf_command *a, const struct cf_command *b)
{
  FUZZ_CHECK (a->argc == b->argc && a->option_count == b->option_count);
  for (size_t i = 0; i < a->argc; i++)
    FUZZ_CHECK (!strcmp (a->argv[i], b->argv[i]));
  for (size_t i = 0; i < a->option_count; i++)
    FUZZ_CHECK (!strcmp (a->options[i].name, b->options[i].name) && !strcmp (a->options[i].value, b->options[i].value));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct cf_command cmd = { .argc = 0 }, again = { .argc = 0 };
  char *text = fuzz_string (data, len < LINE_MAX_LEN ? len : LINE_MAX_LEN), *line;
  gpg_error_t err = cf_line_parse (&cmd, text);

  FUZZ_CHECK (cmd.argc <= CF_COMMAND_ARGS_MAX && cmd.option_count <= CF_COMMAND_ARGS_MAX);
  if (!err) {
    bool empty = false;

    for (size_t i = 0; i < cmd.argc; i++)
      empty |= !*cmd.argv[i];
    FUZZ_CHECK (cf_line_has_empty (&cmd) == empty);
    for (size_t i = 0; i < cmd.option_count; i++)
      FUZZ_CHECK (*cmd.options[i].name && cf_text_is_utf8 (cmd.options[i].name, strlen (cmd.options[i].name)));
    (void) cf_line_is_text (&cmd, 1);
    line = write_line (&cmd);
    FUZZ_CHECK (!cf_line_parse (&again, line));
    check_same (&cmd, &again);
    free (line);
  }
  cf_line_done (&again);
  cf_line_done (&cmd);
  free (text);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const char *const seeds[] = { "--wait=delivered 3f2a91", "--reply-to=00ff -- --not-an-option a%20b%25",
                                       "name=value --x", "a b c d e f g h i j k l m n o p", "--json --limit=9 %C3%A4", "%", "-- name %", "%%" };
  static const char *const names[] = { "send", "dashes", "plain", "many", "options", "escape", "empty", "broken" };

  for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
    emit (names[i], seeds[i], strlen (seeds[i]));
}
