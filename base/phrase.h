/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phrase.h - what the daemon says, under codes that stay.
 *
 * The daemon gives a sentence in English, its code and its arguments; a client
 * makes the sentence anew, in the reader's language and with what can be done in
 * that client.  All sentences are in phrases.def.
 */
#ifndef CF_BASE_PHRASE_H
#define CF_BASE_PHRASE_H

#include <stdbool.h>
#include <stddef.h>

#define CF_PHRASE_ARGS_MAX 4

enum cf_say {
  CF_SAY_NOTHING, /* the sentence is that of the error */
#define SAY(code, message, hint) CF_SAY_##code,
#define SAY_WHY(code, message, hint) CF_SAY_##code,
#include "base/phrases.def"
#undef SAY
#undef SAY_WHY
  CF_SAY_COUNT
};

struct cf_phrase {
  const char *code;    /* "FILE_MISSING"; stable */
  const char *message; /* a sentence without full stop, with %s for arguments */
  const char *hint;    /* what to do about it, with the same arguments; "": nothing; NULL: what the error says */
  bool why;            /* the last argument is a sentence of ours, not a name or number */
};

/* SAY must not be CF_SAY_NOTHING. */
const struct cf_phrase *cf_phrase (enum cf_say say);
/* NULL: no phrase has that code. */
const struct cf_phrase *cf_phrase_find (const char *code);

/* FORMAT, a message or hint or a translation of one, with ARGS (COUNT of them) in the places of %s and %1$s ...; nothing
   else that it holds is taken for a directive.  Missing arguments are empty.  Caller frees; NULL: no memory. */
char *cf_phrase_fill (const char *format, const char *const *args, size_t count);
/* "message. hint", as it is kept in the history; caller frees; NULL: no memory. */
char *cf_phrase_whole (enum cf_say say, const char *arg);

/* Which phrase made TEXT, a sentence of ours that was kept: its message, or that and its hint, with at most one argument.
   *R_ARG (caller frees) is that, or NULL when it has none.  CF_SAY_NOTHING: none, or no memory. */
enum cf_say cf_phrase_recognise (const char *text, char **r_arg);

#endif
