/* SPDX-License-Identifier: GPL-3.0-or-later */
/* revoke.c - confab revoke-devices: it cannot be taken back, so a person is asked first. */
#include <stdlib.h>

#include "ui/cli/cli.h"

/* Did the person at the terminal say yes? */
static bool
confirmed (void)
{
  char *answer = cf_cli_ask (_ ("Every device key of your identity up to now becomes void, and addresses that you have given"
                                " out lead nowhere any more.\nThis cannot be taken back. Revoke them? [y/N] "));
  bool yes = cf_cli_is_yes (answer);

  free (answer);
  return yes;
}

int
cf_cli_run_revoke (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  if (!cf_cli_option_value (args, "yes")) {
    if (!cli->tty_in || !cli->tty_out || cli->json)
      return cf_cli_fail_named (cli, "INV_ARG", CF_EXIT_USER, _ ("Nobody is there to be asked whether this is meant"),
                                _ ("Say --yes if it is"));
    if (!confirmed ())
      return cf_cli_fail_named (cli, "CANCELED", CF_EXIT_USER, _ ("Nothing was revoked"), "");
    cf_cli_note (cli, _ ("Your key signs two statements; GnuPG may ask for its passphrase."));
  }
  return cf_cli_run_verb (cli, command, args);
}
