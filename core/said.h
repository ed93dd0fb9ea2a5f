/* SPDX-License-Identifier: GPL-3.0-or-later */
/* said.h - a phrase with its arguments: what errors, steps, notices and reasons say, as sentence and as code. */
#ifndef CF_CORE_SAID_H
#define CF_CORE_SAID_H

#include <jansson.h>
#include <stdarg.h>

#include "base/phrase.h"

struct cf_said {
  enum cf_say say;
  size_t count;
  char *args[CF_PHRASE_ARGS_MAX]; /* fit to be shown, on one line */
  char *message, *hint;           /* in English; NULL: no memory, or the error's own is meant */
};

/* SAY with its arguments: strings, ended by NULL.  cf_said_done frees what *SAID holds, also after there was no memory. */
void cf_said_make (struct cf_said *said, enum cf_say say, ...) __attribute__ ((sentinel));
void cf_said_take (struct cf_said *said, enum cf_say say, va_list args);
void cf_said_done (struct cf_said *said);

/* Add CODE_KEY, a code, and ARGS_KEY, a list of strings, to ROW; not when there is no memory. */
void cf_said_set (const struct cf_said *said, json_t *row, const char *code_key, const char *args_key);
/* The same of a TEXT (NULL: none) that was kept, if it is known which phrase it was. */
void cf_said_set_kept (const char *text, json_t *row, const char *code_key, const char *args_key);

#endif
