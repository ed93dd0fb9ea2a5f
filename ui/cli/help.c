/* SPDX-License-Identifier: GPL-3.0-or-later */
/* help.c - usage of the program and of each command, from the table. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unilbrk.h>

#include "ui/cli/cli.h"

#define FOLD 78

/* TEXT folded at FOLD columns, each line after INDENT spaces; the first goes on at COLUMN.  Words of ASCII are broken at
   blanks only: an option or a path stays whole. */
static void
put_folded (const char *text, size_t indent, size_t column)
{
  size_t len = strlen (text);
  char *breaks = cf_cli_must (malloc (len + 1)), *rules = cf_cli_must (malloc (len + 1));

  for (size_t i = 0; i < len; i++)
    rules[i] = i && text[i - 1] != ' ' && !((text[i - 1] | text[i]) & 0x80) ? UC_BREAK_PROHIBITED : UC_BREAK_UNDEFINED;
  u8_width_linebreaks ((const uint8_t *) text, len, FOLD, (int) column, 0, rules, "UTF-8", breaks);
  for (size_t i = 0; i < len; i++) {
    if (breaks[i] == UC_BREAK_POSSIBLE) { /* what follows was measured for a line without an indent */
      printf ("\n%*s", (int) indent, "");
      u8_width_linebreaks ((const uint8_t *) text + i, len - i, FOLD, (int) indent, 0, rules + i, "UTF-8", breaks + i);
    }
    if (text[i] != ' ' || i + 1 == len || breaks[i + 1] != UC_BREAK_POSSIBLE) /* no line ends in a blank */
      putchar (text[i]);
  }
  putchar ('\n');
  free (breaks);
  free (rules);
}

static void
put_entry (const char *name, const char *text, size_t width)
{
  printf ("  %-*s  ", (int) width, name);
  put_folded (text, width + 4, strlen (name) > width ? strlen (name) + 4 : width + 4);
}

static void
put_global (void)
{
  put_entry ("--home DIR", _ ("Confab's own data; else CONFAB_HOME, else ~/.local/share/confab"), 20);
  put_entry ("--json", _ ("one JSON object a line, for programs"), 20);
  put_entry ("--timeout SECONDS", _ ("wait no longer than this"), 20);
  put_entry ("--help", _ ("more about a command"), 20);
}

static void
usage_of (const struct cf_cli_command *command)
{
  char *name;

  printf (_ ("Usage: confab %s%s%s%s\n\n"), command->name, command->options ? " [OPTION...]" : "",
          *command->args ? " " : "", command->args);
  /* Translators: what a command does, as a sentence. */
  name = cf_cli_sprintf (_ ("%s."), _ (command->summary));
  if (name[0] >= 'a' && name[0] <= 'z')
    name[0] = (char) (name[0] - 'a' + 'A');
  put_folded (name, 0, 0);
  free (name);
  if (command->help)
    put_folded (_ (command->help), 0, 0);
  if (command->about)
    put_folded (_ (command->about), 0, 0);
  if (command->options)
    printf ("\n%s\n", _ ("Options:"));
  for (const struct cf_cli_option *o = command->options; o && o->name; o++) {
    name = cf_cli_sprintf ("--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
    put_entry (name, _ (o->help), 20);
    free (name);
  }
  printf ("\n%s\n", _ ("Options of every command:"));
  put_global ();
  printf ("\n%s ", _ ("With --json, the fields are:"));
  put_folded (command->fields, 2, cf_cli_text_width (_ ("With --json, the fields are:")) + 1);
}

void
cf_cli_usage (const struct cf_cli *cli, const struct cf_cli_command *command)
{
  if (command)
    usage_of (command);
  else {
    if (!cli->interactive)
      printf ("%s\n",
              _ ("Usage: confab [OPTION...] COMMAND ...\n"
                 "       confab              on a terminal: see who is near, and talk\n\n"
                 "Confab is a messenger for people with OpenPGP keys. It needs no server: it finds\n"
                 "people on the local network, and a shared password opens a conversation.\n"));
    printf ("%s\n", _ ("Commands:"));
    for (const struct cf_cli_command *c = cf_cli_commands; c->name; c++)
      put_entry (c->name, _ (c->summary), 13);
    if (!cli->interactive) {
      printf ("\n%s\n", _ ("Options:"));
      put_global ();
      put_entry ("--version", _ ("the version of this program"), 20);
      printf ("\n%s\n", _ ("Exit codes: 0 done, 1 your mistake, 2 unexpected, 3 network, 4 trust (refused, wrong\n"
                            "password, bad key), 5 too many tries, 6 queued but not yet delivered, 7 gpg-agent."));
    }
  }
  cf_cli_flush ();
}

int
cf_cli_run_help (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  char *words[3], option[] = "--help";
  int code;

  (void) command;
  if (!args->argc) {
    cf_cli_usage (cli, NULL);
    return 0;
  }
  words[0] = cf_cli_must (strdup (args->argv[0]));
  words[1] = option;
  words[2] = NULL;
  code = cf_cli_run (cli, words, 2);
  free (words[0]);
  return code;
}
