/* SPDX-License-Identifier: GPL-3.0-or-later */
/* columns.h - what the lists show, for table.c. */
#ifndef CF_UI_CLI_COLUMNS_H
#define CF_UI_CLI_COLUMNS_H

#include "ui/cli/cli.h"

extern const struct cf_cli_column cf_columns_identities[], cf_columns_peers[], cf_columns_contacts[],
  cf_columns_requests[], cf_columns_conversations[], cf_columns_settings[];
extern const struct cf_cli_column cf_columns_transfers[]; /* files.c */

#endif
