/* SPDX-License-Identifier: GPL-3.0-or-later */
/* commands.h - the tables of verbs that there are. */
#ifndef CF_CORE_COMMANDS_H
#define CF_CORE_COMMANDS_H

#include "core/command.h"

extern const struct cf_command_def *const cf_command_tables[]; /* ended by NULL */

#endif
