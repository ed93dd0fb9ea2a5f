/* SPDX-License-Identifier: GPL-3.0-or-later */
/* args.h - a typed command taken apart, and completed. */
#ifndef CF_UI_TUI_ARGS_H
#define CF_UI_TUI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#define CF_ARGS_MAX 4

struct cf_args {
  char *word[CF_ARGS_MAX]; /* NULL from COUNT on */
  size_t count;
  char *rest; /* what follows them, as it was typed; never NULL */
};

/* At most MAX words of LINE: separated by spaces, or in '...' or "...", which need not end.  Caller: cf_args_done. */
void cf_args_split (const char *line, size_t max, struct cf_args *args);
void cf_args_done (struct cf_args *args);

/* Where the word stands that ends at the cursor, LEN bytes into TEXT. */
struct cf_args_place {
  size_t begin; /* with its quote, if it has one */
  size_t index; /* how many words are before it */
  char *word;   /* what is there of it, without quotes; caller frees */
};
void cf_args_place (const char *text, size_t len, struct cf_args_place *r_place);

/* Those of COUNT names that begin as WORD does, whatever its case; *R_COMMON (caller frees) is the longest beginning
   that they share.  NULL and 0: none. */
size_t cf_args_match (char *const *names, size_t count, const char *word, char **r_common);
/* NAME as it has to be typed to be one word.  Caller frees. */
char *cf_args_quote (const char *name);

#endif
