/* SPDX-License-Identifier: GPL-3.0-or-later */
/* args.c - see args.h. */

#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>

#include "ui/tui/args.h"
#include "ui/tui/must.h"

/* The word at *P, which is no space, until END; *P is behind it. */
static char *
take_word (const char **p, const char *end)
{
  char *word = cf_must (malloc ((size_t) (end - *p) + 1)), *out = word;
  char quote = 0;

  for (; *p < end && (quote || **p != ' '); (*p)++)
    if (quote && **p == quote)
      quote = 0;
    else if (!quote && out == word && (**p == '"' || **p == '\''))
      quote = **p; /* a quote inside a word, as in "it's", is a letter */
    else
      *out++ = **p;
  *out = 0;
  return word;
}

static void
skip_spaces (const char **p, const char *end)
{
  while (*p < end && **p == ' ')
    (*p)++;
}

void
cf_args_split (const char *line, size_t max, struct cf_args *args)
{
  const char *end = line + strlen (line);

  memset (args, 0, sizeof *args);
  skip_spaces (&line, end);
  while (args->count < max && args->count < CF_ARGS_MAX && line < end) {
    args->word[args->count++] = take_word (&line, end);
    skip_spaces (&line, end);
  }
  args->rest = cf_must_copy (line);
}

void
cf_args_done (struct cf_args *args)
{
  for (size_t i = 0; i < args->count; i++)
    free (args->word[i]);
  free (args->rest);
}

void
cf_args_place (const char *text, size_t len, struct cf_args_place *r_place)
{
  const char *p = text, *end = text + len, *begin;
  char *word;

  *r_place = (struct cf_args_place) { len, 0, NULL };
  for (;;) {
    skip_spaces (&p, end);
    begin = p;
    if (p == end)
      break;
    word = take_word (&p, end);
    if (p == end) { /* the cursor stands at its end */
      r_place->word = word;
      break;
    }
    r_place->index++;
    free (word);
  }
  r_place->begin = (size_t) (begin - text);
  if (!r_place->word)
    r_place->word = cf_must_copy ("");
}

/* How many bytes A and B have in common, whatever their case in ASCII; never half a character. */
static size_t
shared (const char *a, const char *b, size_t max)
{
  size_t len = 0;

  while (len < max && a[len] && (a[len] | 0x20) == (b[len] | 0x20))
    len++;
  while (len && len < max && ((unsigned char) a[len] & 0xc0) == 0x80)
    len--;
  return len;
}

size_t
cf_args_match (char *const *names, size_t count, const char *word, char **r_common)
{
  size_t matches = 0, common = 0, len = strlen (word);
  const char *first = NULL;

  for (size_t i = 0; i < count; i++) {
    if (strncasecmp (names[i], word, len))
      continue;
    common = first ? shared (first, names[i], common) : strlen (names[i]);
    first = first ? first : names[i];
    matches++;
  }
  *r_common = first ? cf_must (strndup (first, common)) : NULL;
  return matches;
}

char *
cf_args_quote (const char *name)
{
  if (!strpbrk (name, " \"'"))
    return cf_must_copy (name);
  return cf_must_print (strchr (name, '"') ? "'%s'" : "\"%s\"", name);
}
