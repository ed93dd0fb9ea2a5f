/* SPDX-License-Identifier: GPL-3.0-or-later */
/* words_private.h - what the files of words.h share. */
#ifndef CF_UI_CLIENT_WORDS_PRIVATE_H
#define CF_UI_CLIENT_WORDS_PRIVATE_H

#include "ui/client/i18n.h"
#include "ui/client/row.h"
#include "ui/client/words.h"

char *cf_words_must (char *text);                               /* TEXT, or the end of the program */
char *cf_words_format (const char *fmt, ...) CF_PRINTF (1, 2);  /* never NULL */
char *cf_words_line (const char *text);                         /* a copy, fit to be shown, on one line */
char *cf_words_field (const json_t *row, const char *key);      /* the same of a field */

/* ---- the daemon's sentences: words_daemon.c, words_remedy.c ---- */

/* What can be done about it in this client; HINT is the daemon's, NULL: only the code says. */
char *cf_words_said_remedy (const json_t *row, const char *code_key, const char *args_key, const char *hint);
/* cf_words_said, and behind it cf_words_said_remedy: "sentence. remedy". */
char *cf_words_said_whole (const json_t *row, const char *code_key, const char *args_key, const char *otherwise,
                           const char *hint);
/* HINT, a sentence of the daemon, as it is said in this client. */
char *cf_words_remedy_for (const char *hint);

/* ---- sizes: words_time.c ---- */

size_t cf_words_unit (double *n);                  /* of *N bytes; *N becomes so many of it */
const char *cf_words_unit_name (size_t unit);      /* translated */
int cf_words_decimals (double n, size_t unit);     /* how many a person wants to see */

#endif
