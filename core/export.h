/* SPDX-License-Identifier: GPL-3.0-or-later */
/* export.h - a conversation as files that outlive Confab; shared by message.c's neighbours only. */
#ifndef CF_CORE_EXPORT_H
#define CF_CORE_EXPORT_H

#include "core/command.h"

/* EXPORT. */
void cf_export_run (struct cf_command *cmd);

#endif
