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

/* Is TEXT what MESSAGE and TAIL make?  *R_ARG is then what stands in the place of %s, of *R_LEN bytes; NULL: nothing. */
static bool
is_made_of (const char *text, const char *message, const char *tail, const char **r_arg, size_t *r_len)
{
  const char *hole = strstr (message, "%s");
  size_t len = strlen (text), head = hole ? (size_t) (hole - message) : strlen (message), tail_len = strlen (tail);
  const char *rest = hole ? hole + 2 : "";
  size_t rest_len = strlen (rest);

  *r_arg = NULL;
  if ((hole && strstr (rest, "%s")) || len < head + rest_len + tail_len || (!hole && len != head + tail_len))
    return false;
  if (memcmp (text, message, head) || memcmp (text + len - tail_len, tail, tail_len)
      || memcmp (text + len - tail_len - rest_len, rest, rest_len))
    return false;
  if (hole) {
    *r_arg = text + head;
    *r_len = len - head - rest_len - tail_len;
  }
  return true;
}

enum cf_say
cf_phrase_recognise (const char *text, char **r_arg)
{
  for (size_t i = CF_SAY_NOTHING + 1; i < CF_SAY_COUNT; i++) {
    const struct cf_phrase *p = &phrases[i];
    char *tail = p->hint && *p->hint ? cf_sprintf (". %s", p->hint) : NULL;
    const char *arg = NULL;
    size_t len = 0;
    bool made = *p->message != '%' && ((tail && is_made_of (text, p->message, tail, &arg, &len))
                                       || is_made_of (text, p->message, "", &arg, &len));

    free (tail);
    if (!made)
      continue;
    *r_arg = arg ? strndup (arg, len) : NULL;
    return arg && !*r_arg ? CF_SAY_NOTHING : (enum cf_say) i;
  }
  return CF_SAY_NOTHING;
}
