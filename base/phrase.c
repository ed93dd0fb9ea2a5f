/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phrase.c - what the daemon says, under codes that stay. */
#include "base/phrase.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const struct cf_phrase phrases[] = {
  [CF_SAY_NOTHING] = { "", "", NULL, false },
#define SAY(code, message, hint) [CF_SAY_##code] = { #code, message, hint, false },
#define SAY_WHY(code, message, hint) [CF_SAY_##code] = { #code, message, hint, true },
#include "base/phrases.def"
#undef SAY
#undef SAY_WHY
};

const struct cf_phrase *
cf_phrase (enum cf_say say)
{
  return &phrases[say];
}

const struct cf_phrase *
cf_phrase_find (const char *code)
{
  for (size_t i = CF_SAY_NOTHING + 1; i < CF_SAY_COUNT; i++)
    if (!strcmp (phrases[i].code, code))
      return &phrases[i];
  return NULL;
}

/* --- filling --- */

/* The argument that the directive at P names, and how long that is; 0: it is none. */
static size_t
directive (const char *p, size_t *next, size_t *r_which)
{
  if (p[0] == '%' && p[1] == 's') {
    *r_which = (*next)++;
    return 2;
  }
  if (p[0] == '%' && p[1] >= '1' && p[1] <= '9' && p[2] == '$' && p[3] == 's') {
    *r_which = (size_t) (p[1] - '1');
    return 4;
  }
  return 0;
}

/* To OUT, unless it is NULL; how many bytes that takes. */
static size_t
fill (const char *format, const char *const *args, size_t count, char *out)
{
  size_t next = 0, which = 0, len = 0, skip;

  while (*format) {
    const char *piece = format;
    size_t piece_len = 1;

    skip = directive (format, &next, &which);
    if (skip) {
      piece = which < count ? args[which] : "";
      piece_len = strlen (piece);
    }
    if (out)
      memcpy (out + len, piece, piece_len);
    len += piece_len;
    format += skip ? skip : 1;
  }
  return len;
}

char *
cf_phrase_fill (const char *format, const char *const *args, size_t count)
{
  size_t len = fill (format, args, count, NULL);
  char *text = malloc (len + 1);

  if (text) {
    fill (format, args, count, text);
    text[len] = 0;
  }
  return text;
}

char *
cf_phrase_whole (enum cf_say say, const char *arg)
{
  const struct cf_phrase *p = cf_phrase (say);
  char *format = cf_sprintf ("%s%s%s", p->message, p->hint && *p->hint ? ". " : "", p->hint ? p->hint : ""), *text;

  text = format ? cf_phrase_fill (format, &arg, arg ? 1 : 0) : NULL;
  free (format);
  return text;
}

/* --- recognising --- */

/* Is TEXT, of LEN bytes, what MESSAGE makes?  *R_ARG is then what stands in the place of %s, of *R_LEN bytes; NULL: nothing. */
static bool
is_made_of (const char *text, size_t len, const char *message, const char **r_arg, size_t *r_len)
{
  const char *hole = strstr (message, "%s");
  size_t head = hole ? (size_t) (hole - message) : strlen (message);
  const char *rest = hole ? hole + 2 : "";
  size_t rest_len = strlen (rest);

  *r_arg = NULL;
  if ((hole && strstr (rest, "%s")) || len < head + rest_len || (!hole && len != head))
    return false;
  if (memcmp (text, message, head) || memcmp (text + len - rest_len, rest, rest_len))
    return false;
  if (hole) {
    *r_arg = text + head;
    *r_len = len - head - rest_len;
  }
  return true;
}

/* How much of TEXT, of LEN bytes, stands before ". HINT"; 0: it does not end so, or there is no HINT. */
static size_t
before_hint (const char *text, size_t len, const char *hint)
{
  size_t hint_len = hint ? strlen (hint) : 0;

  if (!hint_len || len < hint_len + 2 || memcmp (text + len - hint_len, hint, hint_len)
      || memcmp (text + len - hint_len - 2, ". ", 2))
    return 0;
  return len - hint_len - 2;
}

enum cf_say
cf_phrase_recognise (const char *text, char **r_arg)
{
  size_t text_len = strlen (text);

  for (size_t i = CF_SAY_NOTHING + 1; i < CF_SAY_COUNT; i++) {
    const struct cf_phrase *p = &phrases[i];
    size_t before = before_hint (text, text_len, p->hint), len = 0;
    const char *arg = NULL;

    if (*p->message == '%'
        || (!(before && is_made_of (text, before, p->message, &arg, &len))
            && !is_made_of (text, text_len, p->message, &arg, &len)))
      continue;
    *r_arg = arg ? strndup (arg, len) : NULL;
    return arg && !*r_arg ? CF_SAY_NOTHING : (enum cf_say) i;
  }
  return CF_SAY_NOTHING;
}
