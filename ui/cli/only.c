/* SPDX-License-Identifier: GPL-3.0-or-later */
/* only.c - a person at a terminal need not name a request or a file when there is only one that can be meant.
 *
 * Programs do: what they mean is not for us to guess.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/cli/files.h"

/* There is more than one, or none.  HINT is stolen. */
static void
fail_to_choose (struct cf_cli *cli, gpg_err_code_t why, char *hint, const char *message)
{
  cf_cli_fail (cli, cf_err (why), hint, "%s", message);
  free (hint);
}

/* What stands before a command where the person is. */
static const char *
before (const struct cf_cli *cli)
{
  return cli->interactive ? "" : "confab ";
}

/* ---- files ---- */

/* What COMMAND asks of a transfer. */
static unsigned
deed_of (const char *command)
{
  static const struct {
    const char *command;
    unsigned deed;
  } deeds[] = {
    { "accept-file", CF_TRANSFER_CAN_ACCEPT }, { "refuse-file", CF_TRANSFER_CAN_REFUSE },
    { "pause", CF_TRANSFER_CAN_PAUSE },        { "resume", CF_TRANSFER_CAN_RESUME },
    { "cancel", CF_TRANSFER_CAN_CANCEL },
  };

  for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
    if (!strcmp (command, deeds[i].command))
      return deeds[i].deed;
  return ~0u;
}

char *
cf_cli_only_transfer (struct cf_cli *cli, const char *command, const char *conversation)
{
  json_t *rows = NULL, *row, *found = NULL;
  size_t i, count = 0;
  char *id = NULL;

  if (cf_cli_rows (cli, "TRANSFERS", NULL, &rows))
    return NULL;
  json_array_foreach (rows, i, row)
    if ((cf_transfer_deeds (row) & deed_of (command))
        && (!conversation || !strcmp (cf_row_text (row, "conversation"), conversation))) {
      found = row;
      count++;
    }
  if (count == 1)
    id = cf_cli_must (strdup (cf_row_text (found, "transfer")));
  else if (count)
    fail_to_choose (cli, GPG_ERR_AMBIGUOUS, cf_cli_sprintf (_ ("\"%stransfers\" lists them; name one"), before (cli)),
                    _ ("There are several files to choose from"));
  else
    fail_to_choose (cli, GPG_ERR_NOT_FOUND, cf_cli_sprintf (_ ("\"%stransfers\" lists all"), before (cli)),
                    _ ("There is no file for which that makes sense now"));
  json_decref (rows);
  return id;
}

/* ---- requests ---- */

/* The only request that waits for an answer, told to the person, who may be about to type a password for it.
   Caller frees; NULL: there is not exactly one, told. */
static char *
only_request (struct cf_cli *cli)
{
  json_t *rows = NULL;
  char *who, *id = NULL;

  if (cf_cli_rows (cli, "REQUESTS", NULL, &rows))
    return NULL;
  if (json_array_size (rows) == 1) {
    who = cf_row_who (json_array_get (rows, 0));
    id = cf_cli_must (strdup (cf_row_text (json_array_get (rows, 0), "request")));
    cf_cli_note (cli, _ ("The request of %s"), who);
    free (who);
  } else if (json_array_size (rows))
    fail_to_choose (cli, GPG_ERR_AMBIGUOUS, cf_cli_sprintf (_ ("\"%srequests\" lists them; name one"), before (cli)),
                    _ ("Several wait for an answer"));
  else
    fail_to_choose (cli, GPG_ERR_NOT_FOUND, cf_cli_sprintf (_ ("\"%srequests\" lists those who do"), before (cli)),
                    _ ("Nobody is waiting for an answer"));
  json_decref (rows);
  return id;
}

/* ---- both ---- */

bool
cf_cli_chooses (const struct cf_cli *cli, const struct cf_cli_command *command)
{
  return !cli->json && cli->tty_in && (!strcmp (command->args, "T") || !strcmp (command->args, "REQUEST"));
}

int
cf_cli_choose (struct cf_cli *cli, const struct cf_cli_command *command, struct cf_cli_args *args)
{
  args->chosen = *command->args == 'T' ? cf_cli_only_transfer (cli, command->name, NULL) : only_request (cli);
  if (!args->chosen)
    return CF_EXIT_USER;
  args->argv[args->argc++] = args->chosen;
  return 0;
}
