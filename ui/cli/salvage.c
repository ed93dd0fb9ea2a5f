/* SPDX-License-Identifier: GPL-3.0-or-later */
/* salvage.c - confab salvage: what can still be read of a damaged store, in a new one. */
#include <string.h>

#include "ui/cli/cli.h"

/* Losses that a person should know of; of the others (events, requests, ids) nobody sees anything. */
static const struct {
  const char *table, *what;
} losses[] = {
  { "contact", N_("Contacts were lost: verify them again, and block again whom you had blocked") },
  { "setting", N_("Settings were lost: nobody sees you, and mailbox and port-mapping are off, until you say so again (confab visibility, confab config)") },
  { "conversation", N_("Conversations were lost, or can only be read: open new ones with a password") },
  { "expectation", N_("Passwords that you have typed beforehand (confab expect) were lost") },
  { "transfer", N_("Files on their way were lost: send them again, or ask for them") },
  { "transfer_chunk", N_("Files on their way have to begin anew") },
  { "draft", N_("What you had typed and not sent was lost") },
};

/* What ROW says of the table NAME, or NULL. */
static const json_t *
find_table (const json_t *row, const char *name)
{
  const json_t *table;
  size_t i;

  json_array_foreach (json_object_get (row, "tables"), i, table)
    if (!strcmp (cf_row_text (table, "table"), name))
      return table;
  return NULL;
}

void
cf_show_salvaged (struct cf_cli *cli, json_t *row)
{
  long long messages = cf_row_number (find_table (row, "message"), "rows"), missing = cf_row_number (row, "missing"),
            ended = cf_row_number (row, "ended");

  cf_cli_say (cli, CF_CLI_PLAIN, _ ("What can be read of the store is in a new one; the damaged one lies in %s"),
              cf_row_text (row, "saved"));
  cf_cli_say (cli, CF_CLI_PLAIN, ngettext ("%lld message was recovered", "%lld messages were recovered", (unsigned long) messages),
              messages);
  if (missing)
    cf_cli_say (cli, CF_CLI_WARN, ngettext ("%lld message is lost", "%lld messages are lost", (unsigned long) missing), missing);
  if (ended)
    cf_cli_say (cli, CF_CLI_WARN,
                ngettext ("%lld conversation cannot go on, and has ended: open a new one with a password",
                          "%lld conversations cannot go on, and have ended: open new ones with a password", (unsigned long) ended),
                ended);
  for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
    if (cf_row_true (find_table (row, losses[i].table), "damaged"))
      cf_cli_say (cli, CF_CLI_WARN, "%s", _ (losses[i].what));
}

/* VERB, of whose rows none is wanted. */
static int
call (struct cf_cli *cli, const char *verb)
{
  json_t *rows = NULL;
  int code = cf_cli_rows (cli, verb, NULL, &rows);

  json_decref (rows);
  return code;
}

/* The wish is noted, and met when the store is unlocked next: by a daemon that begins. */
int
cf_cli_run_salvage (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  static const char *const result[] = { "--result", NULL };
  json_t *rows = NULL;
  bool ran;
  int code = call (cli, "SALVAGE");

  (void) args;
  if (!code)
    code = cf_cli_stop_daemon (cli, &ran);
  if (!code)
    code = call (cli, "UNLOCK");
  if (!code)
    code = cf_cli_rows (cli, "SALVAGE", result, &rows);
  if (!code && cli->json && json_array_size (rows))
    cf_cli_json (json_array_get (rows, 0));
  else if (!code && json_array_size (rows))
    command->show (cli, json_array_get (rows, 0));
  json_decref (rows);
  return code;
}
