/* SPDX-License-Identifier: GPL-3.0-or-later */
/* init.c - choosing the identity; starting and stopping the daemon. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ui/cli/cli.h"
#include "ui/cli/columns.h"

#define STOP_MS 30000 /* the daemon writes its store and ends gpg's helpers */
#define STOP_POLL_MS 20

/* ---- init ---- */

/* INIT with one option, whatever was chosen. */
static int
init_with (struct cf_cli *cli, const struct cf_cli_command *command, const char *name, const char *value)
{
  const struct cf_cli_option *def = command->options;
  struct cf_cli_args args;
  int code;

  while (strcmp (def->name, name))
    def++;
  memset (&args, 0, sizeof args);
  args.argv = cf_cli_must (calloc (1, sizeof *args.argv));
  args.options[0].def = def;
  args.options[0].value = cf_cli_must (strdup (value));
  args.option_count = 1;
  if (!cli->json && cli->tty_out)
    cf_cli_note (cli, _ ("Your key signs a statement for this device; GnuPG may ask for its passphrase."));
  code = cf_cli_run_verb (cli, command, &args);
  if (!code && !cli->json && cli->tty_out && !cli->interactive)
    cf_cli_say (cli, CF_CLI_DIM, _ ("Next: confab peers shows who is near, confab alone opens the console."));
  cf_cli_args_done (&args);
  return code;
}

static int
generate (struct cf_cli *cli, const struct cf_cli_command *command)
{
  char *yes, *name = NULL, *mail = NULL, *user_id;
  int code;

  yes = cf_cli_ask (_ ("There is no usable secret key in your keyring. Make a new one? [y/N] "));
  if (cf_cli_is_yes (yes) && (name = cf_cli_ask (_ ("Your name: "))) && *name)
    mail = cf_cli_ask (_ ("Your mail address (may be empty): "));
  free (yes);
  if (!mail) {
    free (name);
    return cf_cli_fail_named (cli, "CANCELED", CF_EXIT_USER, _ ("Nothing was made"), "");
  }
  user_id = *mail ? cf_cli_sprintf ("%s <%s>", name, mail) : cf_cli_must (strdup (name));
  code = init_with (cli, command, "generate", user_id);
  free (user_id);
  free (name);
  free (mail);
  return code;
}

static bool
is_usable (const json_t *row)
{
  const json_t *usable = json_object_get (row, "usable");

  return usable ? json_is_true (usable) : !strcmp (cf_row_text (row, "key_state"), "ok");
}

/* One of KEYS, asked for; NULL when none was chosen. */
static const json_t *
choose (struct cf_cli *cli, const json_t *keys)
{
  const json_t *key = NULL;
  char *question, *answer, *end, *who;
  size_t count = json_array_size (keys);
  long n;

  if (count == 1) {
    who = cf_row_who (json_array_get (keys, 0));
    cf_cli_say (cli, CF_CLI_PLAIN, _ ("Your keyring has one usable secret key:"));
    cf_cli_say (cli, CF_CLI_BOLD, "  %s  %s", who, cf_row_text (json_array_get (keys, 0), "fingerprint"));
    free (who);
    answer = cf_cli_ask (_ ("Use it as your identity? [Y/n] "));
    if (answer && (!*answer || cf_cli_is_yes (answer)))
      key = json_array_get (keys, 0);
    free (answer);
    return key;
  }
  for (size_t i = 0; i < count; i++) {
    who = cf_row_who (json_array_get (keys, i));
    cf_cli_say (cli, CF_CLI_PLAIN, "%3zu  %s  %s", i + 1, who, cf_row_text (json_array_get (keys, i), "fingerprint"));
    free (who);
  }
  question = cf_cli_sprintf (_ ("Which one is to be your identity? [1-%zu] "), count);
  answer = cf_cli_ask (question);
  if (answer) {
    n = strtol (answer, &end, 10);
    if (end != answer && !*end && n >= 1 && (size_t) n <= count)
      key = json_array_get (keys, (size_t) n - 1);
  }
  free (answer);
  free (question);
  return key;
}

/* Without a terminal nothing is chosen for anyone: say what there is. */
static int
say_which (struct cf_cli *cli, const json_t *keys)
{
  char *hint;
  int code;

  if (json_array_size (keys) == 1)
    hint = cf_cli_sprintf (_ ("Use your only one with: confab init --identity %s"),
                           cf_row_text (json_array_get (keys, 0), "fingerprint"));
  else
    hint = cf_cli_sprintf (_ ("\"confab identities\" lists your %zu; then: confab init --identity FPR"),
                           json_array_size (keys));
  code = cf_cli_fail (cli, cf_err (GPG_ERR_AMBIGUOUS), hint, _ ("Which key is to be your identity was not said"));
  free (hint);
  return code;
}

/* Keys that there are and that will not do: which, and what helps. */
static void
show_unusable (struct cf_cli *cli, const json_t *keys)
{
  const char *expired = NULL;
  const json_t *row;
  size_t i;

  cf_cli_table (cli, cf_columns_identities, keys);
  cf_cli_say (cli, CF_CLI_WARN, "%s.", _ ("No secret key in your keyring can be used: expired, revoked, or not for signing"));
  json_array_foreach (keys, i, row)
    if (!expired && !strcmp (cf_row_text (row, "key_state"), "expired"))
      expired = cf_row_text (row, "fingerprint");
  if (expired)
    cf_cli_say (cli, CF_CLI_PLAIN, _ ("One that has expired can be used again after: gpg --quick-set-expire %s 1y"), expired);
}

static int
propose (struct cf_cli *cli, const struct cf_cli_command *command, const json_t *all)
{
  json_t *keys = cf_cli_must (json_array ());
  bool ask = cli->tty_in && cli->tty_out && !cli->json;
  const json_t *key, *row;
  size_t i;
  int code;

  json_array_foreach (all, i, row)
    if (is_usable (row))
      json_array_append (keys, (json_t *) (uintptr_t) row); /* jansson's arrays know no const */
  if (!ask && !json_array_size (keys))
    code = cf_cli_fail (cli, cf_err (CF_ERR_NO_IDENTITY), _ ("Make one with: confab init --generate \"NAME <MAIL>\""),
                        json_array_size (all)
                            ? _ ("No secret key in your keyring can be used: expired, revoked, or not for signing")
                            : _ ("There is no secret key in your keyring"));
  else if (!ask)
    code = say_which (cli, keys);
  else if (!json_array_size (keys)) {
    if (json_array_size (all))
      show_unusable (cli, all);
    code = generate (cli, command);
  }
  else if ((key = choose (cli, keys)))
    code = init_with (cli, command, "identity", cf_row_text (key, "fingerprint"));
  else
    code = cf_cli_fail_named (cli, "CANCELED", CF_EXIT_USER, _ ("No identity was chosen"),
                              _ ("To make a new one: confab init --generate \"NAME <MAIL>\""));
  json_decref (keys);
  return code;
}

int
cf_cli_run_init (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  json_t *rows = NULL;
  int code;

  if (args->option_count == 2)
    return cf_cli_fail (cli, cf_err (GPG_ERR_INV_ARG), _ ("Give one of --identity and --generate"),
                        _ ("An existing identity and a new one were asked for"));
  if (args->option_count) {
    const char *generated = cf_cli_option_value (args, "generate");

    if (generated && !*generated)
      return cf_cli_fail (cli, cf_err (GPG_ERR_INV_USER_ID), NULL, NULL);
    return init_with (cli, command, args->options[0].def->name, args->options[0].value);
  }
  code = cf_cli_rows (cli, "STATUS", NULL, &rows);
  if (!code && strcmp (cf_row_text (json_array_get (rows, 0), "state"), "empty"))
    code = cf_cli_fail (cli, cf_err (GPG_ERR_EEXIST), _ ("Use another --home for another identity"),
                        _ ("This home has an identity already"));
  json_decref (rows);
  rows = NULL;
  if (!code)
    code = cf_cli_rows (cli, "IDENTITIES", NULL, &rows);
  if (!code)
    code = propose (cli, command, rows);
  json_decref (rows);
  return code;
}

/* ---- start, stop ---- */

static int
show_started (struct cf_cli *cli, const json_t *status, bool started)
{
  const char *state = cf_row_text (status, "state");
  json_t *row;
  char *who;

  if (cli->json) {
    row = cf_cli_must (json_pack ("{s:b, s:b, s:s, s:O, s:O, s:O}", "running", 1, "started", (int) started, "state",
                                  state, "fingerprint", json_object_get (status, "fingerprint"), "user_id",
                                  json_object_get (status, "user_id"), "version", json_object_get (status, "version")));
    cf_cli_json (row);
    json_decref (row);
    return 0;
  }
  who = cf_row_who (status);
  if (!strcmp (state, "empty"))
    cf_cli_say (cli, CF_CLI_PLAIN, "%s",
                started ? _ ("The daemon has started; it has no identity yet: confab init")
                        : _ ("The daemon runs; it has no identity yet: confab init"));
  else
    cf_cli_say (cli, CF_CLI_PLAIN, started ? _ ("The daemon has started for %s") : _ ("The daemon runs for %s"), who);
  free (who);
  return 0;
}

int
cf_cli_run_start (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  bool started = !cf_client_daemon_runs (cli->home);
  json_t *rows = NULL, *unlocked = NULL;
  int code = cf_cli_rows (cli, "STATUS", NULL, &rows);

  (void) command;
  (void) args;
  if (!code && !strcmp (cf_row_text (json_array_get (rows, 0), "state"), "locked")) {
    json_decref (rows);
    rows = NULL;
    code = cf_cli_rows (cli, "UNLOCK", NULL, &unlocked);
    if (!code)
      code = cf_cli_rows (cli, "STATUS", NULL, &rows);
  }
  if (!code)
    code = show_started (cli, json_array_get (rows, 0), started);
  json_decref (unlocked);
  json_decref (rows);
  return code;
}

/* Until process PID has let the home go: what comes next may start another, or remove the home. */
static int
wait_gone (struct cf_cli *cli, pid_t pid)
{
  const struct timespec pause = { 0, STOP_POLL_MS * 1000000 };
  int64_t deadline_ms = cf_cli_now_ms () + (cli->timeout_ms < 0 ? STOP_MS : cli->timeout_ms);

  while (cf_client_daemon_pid (cli->home) == pid) {
    if (cf_cli_now_ms () > deadline_ms || cf_cli_interrupted (false))
      return cf_cli_fail (cli, cf_err (GPG_ERR_TIMEOUT), _ ("Wait a little; its log in the home says what it does"),
                          _ ("The daemon was told to end and has not yet"));
    nanosleep (&pause, NULL);
  }
  return 0;
}

int
cf_cli_stop_daemon (struct cf_cli *cli, bool *r_ran)
{
  const struct cf_client_config config = { cli->home, false };
  const pid_t pid = cf_client_daemon_pid (cli->home);
  struct cf_client_error error;
  gpg_error_t err = 0;
  int code = 0;

  *r_ran = true;
  /* A service manager may listen in its place: whoever connects would start it, to end it. */
  if (!pid)
    err = cf_err (GPG_ERR_ECONNREFUSED);
  else if (!cli->client)
    err = cf_client_connect (&config, &cli->client);
  if (gpg_err_code (err) == GPG_ERR_ECONNREFUSED)
    *r_ran = false;
  else if (err)
    return cf_cli_fail (cli, err, NULL, NULL);
  else {
    err = cf_cli_call (cli, "STOP", NULL, NULL, NULL, cli->timeout_ms, &error);
    if (err && gpg_err_code (err) != GPG_ERR_EOF) /* it may be quicker than its answer */
      return cf_cli_fail_call (cli, &error);
    cf_client_free (cli->client);
    cli->client = NULL;
    code = wait_gone (cli, pid);
  }
  return code;
}

int
cf_cli_run_stop (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  bool ran;
  json_t *row;
  int code = cf_cli_stop_daemon (cli, &ran);

  (void) command;
  (void) args;
  if (code)
    return code;
  if (!cli->json) {
    cf_cli_say (cli, CF_CLI_PLAIN, ran ? _ ("The daemon has ended") : _ ("No daemon was running"));
    return 0;
  }
  row = cf_cli_must (json_pack ("{s:b, s:b}", "running", 0, "stopped", (int) ran));
  cf_cli_json (row);
  json_decref (row);
  return 0;
}
