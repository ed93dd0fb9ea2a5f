/* SPDX-License-Identifier: GPL-3.0-or-later */
/* help.c - usage of the program and of each command, from the table. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/cli/cli.h"

#define FOLD 78

/* TEXT folded at FOLD columns, each line after INDENT spaces; the first goes on at COLUMN. */
static void
put_folded (const char *text, size_t indent, size_t column)
{
  while (*text) {
    size_t len = strcspn (text, " ");

    if (column > indent && column + 1 + len > FOLD) {
      printf ("\n%*s", (int) indent, "");
      column = indent;
    } else if (column > indent) {
      putchar (' ');
      column++;
    }
    printf ("%.*s", (int) len, text);
    column += len;
    text += len;
    text += strspn (text, " ");
  }
  putchar ('\n');
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
  put_entry ("--home DIR", "Confab's own data; else CONFAB_HOME, else ~/.local/share/confab", 20);
  put_entry ("--json", "one JSON object a line, for programs", 20);
  put_entry ("--timeout SECONDS", "wait no longer than this", 20);
  put_entry ("--help", "more about a command", 20);
}

static void
usage_of (const struct cf_cli_command *command)
{
  char *name;

  printf ("Usage: confab %s%s%s%s\n\n", command->name, command->options ? " [OPTION...]" : "",
          *command->args ? " " : "", command->args);
  name = cf_cli_sprintf ("%s.", command->summary);
  if (name[0] >= 'a' && name[0] <= 'z')
    name[0] = (char) (name[0] - 'a' + 'A');
  put_folded (name, 0, 0);
  free (name);
  if (command->help)
    put_folded (command->help, 0, 0);
  if (command->options)
    printf ("\nOptions:\n");
  for (const struct cf_cli_option *o = command->options; o && o->name; o++) {
    name = cf_cli_sprintf ("--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
    put_entry (name, o->help, 20);
    free (name);
  }
  printf ("\nOptions of every command:\n");
  put_global ();
  printf ("\nWith --json, the fields are:");
  put_folded (command->fields, 2, strlen ("With --json, the fields are:"));
}

void
cf_cli_usage (const struct cf_cli *cli, const struct cf_cli_command *command)
{
  if (command)
    usage_of (command);
  else {
    if (!cli->interactive)
      printf ("Usage: confab [OPTION...] COMMAND ...\n"
              "       confab              on a terminal: see who is near, and talk\n\n"
              "Confab is a messenger for people with OpenPGP keys. It needs no server: it finds\n"
              "people on the local network, and a shared password opens a conversation.\n\n");
    printf ("Commands:\n");
    for (const struct cf_cli_command *c = cf_cli_commands; c->name; c++)
      put_entry (c->name, c->summary, 13);
    if (!cli->interactive) {
      printf ("\nOptions:\n");
      put_global ();
      put_entry ("--version", "the version of this program", 20);
      printf ("\nExit codes: 0 done, 1 your mistake, 2 unexpected, 3 network, 4 trust (refused, wrong\n"
              "password, bad key), 5 too many tries, 6 queued but not yet delivered, 7 gpg-agent.\n");
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
