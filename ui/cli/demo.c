/* SPDX-License-Identifier: GPL-3.0-or-later */
/* demo.c - "confab demo": one person can try everything; it leaves nothing behind. */

#include <config.h>

#include <signal.h>
#include <stdlib.h>

#include "ui/cli/demo.h"

/* Whatever ends a program politely ends the demonstration. */
static void
catch_ends (void)
{
  static const int others[] = { SIGTERM, SIGHUP };
  struct sigaction action;

  cf_cli_catch_interrupt ();
  sigaction (SIGINT, NULL, &action);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    sigaction (others[i], &action, NULL);
}

int
cf_cli_run_demo (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  const char *length = cf_cli_option_value (args, "for");
  struct cf_cli echo = *cli;
  struct cf_demo_world world;
  int64_t deadline_ms = -1;
  uint64_t seconds;
  int code;

  (void) command;
  if (cli->interactive)
    return cf_cli_fail (cli, cf_err (GPG_ERR_CONFLICT), _ ("Run \"confab demo\" in another terminal"),
                        _ ("The demonstration takes a terminal of its own"));
  if (length && !cf_cli_duration (length, &seconds))
    deadline_ms = cf_cli_now_ms () + (int64_t) seconds * 1000;
  catch_ends ();
  code = cf_demo_world_begin (cli, &world);
  if (!code) {
    echo.home = world.home;
    echo.client = NULL;
    echo.names = NULL;
    code = cf_echo_run (&echo, deadline_ms);
    cf_client_free (echo.client);
    json_decref (echo.names);
  }
  cf_demo_world_end (&world);
  if (!code)
    cf_cli_note (cli, _ ("Echo is gone. A conversation with Echo that you still have can be removed: confab delete."));
  return code;
}
