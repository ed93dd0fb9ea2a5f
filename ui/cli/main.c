/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c - confab, the command line: global options, then a command, or the console on a terminal. */

#include <config.h>

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "ui/cli/cli.h"
#include "ui/tui/tui.h"

static int
version (const struct cf_cli *cli)
{
  json_t *row;

  if (cli->json) {
    row = cf_cli_must (json_pack ("{s:s}", "version", PACKAGE_VERSION));
    cf_cli_json (row);
    json_decref (row);
  } else
    cf_cli_say (cli, CF_CLI_PLAIN, "confab %s", PACKAGE_VERSION);
  return 0;
}

static int
no_command (struct cf_cli *cli)
{
  int code;

  if (!cli->json && cli->tty_in && cli->tty_out) {
    if (!cf_tui_run (cli->home, &code))
      return code;
    return cf_cli_console (cli, NULL); /* a terminal that only types */
  }
  return cf_cli_fail (cli, cf_err (GPG_ERR_MISSING_VALUE),
                      _ ("\"confab help\" lists them; without one, confab needs a terminal"), _ ("No command was given"));
}

static int
run (struct cf_cli *cli, char **words, size_t count)
{
  size_t pos = 0;
  char which = 0;
  int taken;

  for (; pos < count && words[pos][0] == '-'; pos++) {
    taken = cf_cli_global (cli, words, count, &pos, &which);
    if (taken < 0)
      return CF_EXIT_USER;
    if (!taken)
      return cf_cli_fail (cli, cf_err (GPG_ERR_UNKNOWN_OPTION),
                          _ ("Options of a command come after its name; see \"confab --help\""),
                          _ ("confab has no option \"%s\""), words[pos]);
    if (which == 'v')
      return version (cli);
    if (which == 'h') {
      cf_cli_usage (cli, NULL);
      return 0;
    }
  }
  return pos < count ? cf_cli_run (cli, words + pos, count - pos) : no_command (cli);
}

int
main (int argc, char **argv)
{
  struct cf_cli cli = { .timeout_ms = -1, .side_fd = -1 };
  gpg_error_t err;
  int code;

  signal (SIGPIPE, SIG_IGN); /* a daemon that ends is an error to be told */
  cf_cli_output_init (&cli);
  for (int i = 1; i < argc; i++) /* so that an error before it is told as is wished */
    if (!strcmp (argv[i], "--"))
      break;
    else if (!strcmp (argv[i], "--json"))
      cli.json = true;
  if (cli.json)
    setlocale (LC_ALL, ""); /* what programs read is in no language but one */
  else
    cf_i18n_start ();
  err = cf_secmem_setup ();
  code = err ? cf_cli_fail (&cli, err, NULL, NULL) : run (&cli, argv + 1, argc > 1 ? (size_t) argc - 1 : 0);
  fflush (stdout);
  cf_client_free (cli.client);
  json_decref (cli.names);
  free (cli.chat);
  return code;
}
