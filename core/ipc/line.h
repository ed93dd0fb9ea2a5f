/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line.h - the grammar of a command's line, apart from what carries it.
 *
 *   SEND --wait=delivered 3f2a91     words separated by spaces, each percent-escaped
 *   CONFIG -- name %                 a "%" alone is a word of no characters
 *
 * Options come before the first argument; "--" ends them.
 */
#ifndef CF_CORE_IPC_LINE_H
#define CF_CORE_IPC_LINE_H

#include "core/command.h"

/* The words of LINE (after the verb) into CMD's arguments and options, whatever else is in it; they have no NUL, and
   names of options are UTF-8.  cf_line_done in any case.  Errors: INV_VALUE (escapes, names), TOO_MANY, ENOMEM. */
gpg_error_t cf_line_parse (struct cf_command *cmd, const char *line) CF_MUST_CHECK;
/* Is an argument empty?  Only a setting's value may be: no id begins with nothing. */
bool cf_line_has_empty (const struct cf_command *cmd);
/* Is all of it UTF-8, as every handler but that of a path expects?  PATH_ARG: as in struct cf_command_def. */
bool cf_line_is_text (const struct cf_command *cmd, size_t path_arg);
void cf_line_done (struct cf_command *cmd);

#endif
