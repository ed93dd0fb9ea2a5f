/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.h - what the commands about files share: files.c has the commands, progress.c waits for transfers. */
#ifndef CF_UI_CLI_FILES_H
#define CF_UI_CLI_FILES_H

#include "ui/cli/cli.h"
#include "ui/client/transfers.h"
#include "ui/client/words.h"

void cf_cli_free_paths (char **paths); /* ended by NULL */

/* Where events stand now: what happens from here on can be asked for.  0, or an exit code, told. */
int cf_cli_cursor (struct cf_cli *cli, int64_t *r_cursor);
/* Follow the transfers of ROWS, as they stood after CURSOR, until all have ended, or the time is up; tell how each ends.
   On a terminal a line shows meanwhile how far they are.  0: all are done; or an exit code, told. */
int cf_cli_follow_transfers (struct cf_cli *cli, const json_t *rows, int64_t cursor);
/* Those that ARGS ask for, as they stood at CURSOR or after it, then each change, until it is ended or the time is up.
   0, or an exit code, told. */
int cf_cli_watch_transfers (struct cf_cli *cli, const struct cf_cli_args *args, int64_t cursor);

#endif
