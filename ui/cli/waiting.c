/* SPDX-License-Identifier: GPL-3.0-or-later */
/* waiting.c - what a command waits for that has had nothing to show for a second, and what stays when Ctrl-C ends it.
 *
 * Said on stderr, to a person at a terminal only; and not while a pinentry has that terminal.  Ctrl-C is caught from the
 * moment it was said on, if anything stays; before, and otherwise, it ends the program as it would any other.
 */

#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "ui/cli/cli.h"

#define NAME_MAX_COLUMNS 40 /* longer ones are fingerprints and addresses, which say nothing here */

void
cf_cli_wait_for (struct cf_cli *cli, const char *stays, const char *what)
{
  cf_cli_wait_over (cli);
  cli->waiting.what = cf_cli_must (strdup (what));
  cli->waiting.stays = stays;
}

void
cf_cli_wait_for_daemon (struct cf_cli *cli)
{
  cf_cli_wait_for (cli, NULL,
                   _ ("The daemon is still at it. If it needs your key, gpg-agent asks for the passphrase or the card."));
}

void
cf_cli_wait_for_password (struct cf_cli *cli, const char *who)
{
  char *name = cf_cli_must (cf_text_display (who, strlen (who), false));
  char *what = cf_cli_sprintf (_ ("Waiting for %s to type the same password. Ctrl-C stops waiting; your request stands."),
                               cf_cli_text_width (name) > NAME_MAX_COLUMNS ? _ ("the other person") : name);

  cf_cli_wait_for (cli, _ ("Your request stands. \"confab conversations\" shows what became of it."), what);
  free (what);
  free (name);
}

void
cf_cli_wait_for_state (struct cf_cli *cli, const char *wanted)
{
  const char *what = _ ("Waiting for the other side to be there. Ctrl-C stops waiting; the message goes out by itself.");

  if (!strcmp (wanted, "delivered"))
    what = _ ("Waiting for the other side to have it. Ctrl-C stops waiting; the message goes out by itself.");
  else if (!strcmp (wanted, "read"))
    what = _ ("Waiting for it to be read. Ctrl-C stops waiting; the message goes out by itself.");
  cf_cli_wait_for (cli, _ ("The message is kept and goes out by itself. \"confab history\" shows when it was delivered."),
                   what);
}

void
cf_cli_wait_for_files (struct cf_cli *cli)
{
  cf_cli_wait_for (cli, _ ("The files go on by themselves. \"confab transfers\" shows how far they are."),
                   _ ("Waiting for the other side to take it. Ctrl-C stops waiting; files go on by themselves."));
}

void
cf_cli_wait_over (struct cf_cli *cli)
{
  free (cli->waiting.what);
  cli->waiting = (struct cf_cli_waiting) { 0 };
}

int64_t
cf_cli_wait_begin (struct cf_cli *cli)
{
  struct termios now;

  if (!cli->waiting.what || cli->waiting.said || cli->json || tcgetattr (STDERR_FILENO, &now))
    return -1;
  cli->waiting.terminal = now.c_lflag;
  return cf_cli_now_ms () + CF_CLI_PATIENCE_MS;
}

void
cf_cli_wait_say (struct cf_cli *cli)
{
  struct termios now;

  if (tcgetattr (STDERR_FILENO, &now) || now.c_lflag != cli->waiting.terminal)
    return; /* a pinentry draws there */
  cf_cli_wait_shown (cli); /* first: who reads it may be quick */
  cf_cli_note (cli, "%s", cli->waiting.what);
}

void
cf_cli_wait_shown (struct cf_cli *cli)
{
  if (!cli->waiting.said && cli->waiting.stays)
    cf_cli_catch_interrupt ();
  cli->waiting.said = true;
}

void
cf_cli_wait_interrupted (const struct cf_cli *cli)
{
  fputc ('\n', stderr); /* after the terminal's ^C */
  if (cli->waiting.said && cli->waiting.stays)
    cf_cli_note (cli, "%s", cli->waiting.stays);
  if (cli->interactive || !cli->waiting.said)
    return;
  fflush (stderr);
  signal (SIGINT, SIG_DFL); /* a shell's loop is to end, too */
  raise (SIGINT);
}
