/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qr.c - one's address, and as a QR code for a camera. */

#include <config.h>

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/cli/cli.h"
#include "ui/client/qr.h"

/* What standard output can show.  NO_COLOR is about decoration; without black and white there is no code. */
static unsigned
look (const struct cf_cli *cli)
{
  const char *term = getenv ("TERM");
  bool blocks = !strcmp (nl_langinfo (CODESET), "UTF-8"), escapes = cli->tty_out && term && strcmp (term, "dumb");

  return (blocks ? CF_QR_BLOCKS : 0) | (escapes ? CF_QR_COLORS : 0);
}

static void
show_with_code (struct cf_cli *cli, json_t *row)
{
  struct cf_qr *qr = NULL;
  gpg_error_t err = cf_qr_new (cf_row_text (row, "address"), &qr);
  char *text = NULL;

  cf_show_identity (cli, row);
  if (err) {
    cli->told = cf_cli_fail (cli, err, gpg_err_code (err) == GPG_ERR_NOT_SUPPORTED ? _ ("Give the address as text") : NULL,
                             gpg_err_code (err) == GPG_ERR_NOT_SUPPORTED ? _ ("This confab was built without QR codes")
                                                                         : NULL);
    goto leave;
  }
  if (cli->width && cf_qr_columns (qr, look (cli)) > cli->width) {
    cli->told = cf_cli_fail (cli, cf_err (GPG_ERR_TOO_SHORT), _ ("Make the window wider or its letters smaller"),
                             _ ("The QR code takes %d columns, and the terminal has %d"),
                             cf_qr_columns (qr, look (cli)), cli->width);
    goto leave;
  }
  text = cf_cli_must (cf_qr_draw (qr, look (cli)));
  fputs (text, stdout);
  cf_cli_flush ();

leave:
  free (text);
  cf_qr_free (qr);
}

int
cf_cli_run_address (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args)
{
  struct cf_cli_command shown = *command;
  int code;

  if (cf_cli_option_value (args, "qr"))
    shown.show = show_with_code;
  code = cf_cli_run_verb (cli, &shown, args);
  return code ? code : cli->told;
}
