/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message_row_text.c - what can be seen in the text of a message. */

#include <config.h>

#include <string.h>

#include "ui/gtk/message_row_text.h"

#define EMOJI_MAX 6           /* more of them are text */
#define EMOJI_BYTES_MAX 256
#define FOLD_BYTES 4000
#define FOLD_LINES 40
#define FOLD_SLACK 400        /* nothing is folded for the sake of less than this */
#define LINK_MAX 2048
#define FIRST_ISOLATE "\u2068"
#define END_ISOLATE "\u2069"

/* ---- links ---- */

static size_t
scheme_at (const char *p)
{
  static const char *const schemes[] = { "https://", "http://", "mailto:", "confab:" };

  for (size_t i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (!g_ascii_strncasecmp (p, schemes[i], strlen (schemes[i])))
      return strlen (schemes[i]);
  return 0;
}

/* Letters of any script may stand in a link: who clicks is asked first, and sees what a host is to the network. */
static bool
may_stand_in_link (gunichar c)
{
  return c > ' ' && !strchr ("<>\"`{}|\\^", (int) MIN (c, 127)) && c != 127 && !g_unichar_isspace (c) &&
         g_unichar_type (c) != G_UNICODE_FORMAT && g_unichar_type (c) != G_UNICODE_CONTROL;
}

static int
count (const char *from, const char *to, char c)
{
  int n = 0;

  for (; from < to; from++)
    n += *from == c;
  return n;
}

/* What ends a sentence is no part of the link at its end, nor is a bracket that was opened before it. */
static const char *
trim_link (const char *from, const char *end)
{
  while (end > from) {
    char last = end[-1];

    if (strchr (".,;:!?'*_", last) || (last == ')' && count (from, end, ')') > count (from, end, '(')) ||
        (last == ']' && count (from, end, ']') > count (from, end, '[')))
      end--;
    else
      break;
  }
  return end;
}

static const char *
link_end (const char *start, size_t scheme)
{
  const char *p = start + scheme;

  while (*p && p - start < LINK_MAX && may_stand_in_link (g_utf8_get_char (p)))
    p = g_utf8_next_char (p);
  return trim_link (start + scheme, p);
}

size_t
cf_message_text_links (const char *text, struct cf_text_range *links, size_t max)
{
  size_t n = 0;
  gunichar before = ' ';

  for (const char *p = text; *p && n < max;) {
    size_t scheme = g_unichar_isalnum (before) ? 0 : scheme_at (p);
    const char *end = scheme ? link_end (p, scheme) : p;

    before = g_utf8_get_char (p);
    if (scheme && end > p + scheme) {
      links[n++] = (struct cf_text_range){ (size_t) (p - text), (size_t) (end - text) };
      p = end;
    } else {
      p = g_utf8_next_char (p);
    }
  }
  return n;
}

/* ---- matches of a search ---- */

/* TEXT begins with WORD, whatever the case: how many bytes of TEXT that takes; 0: it does not. */
static size_t
begins (const char *text, const char *word)
{
  const char *p = text;

  while (*word && *p && g_unichar_tolower (g_utf8_get_char (p)) == g_unichar_tolower (g_utf8_get_char (word))) {
    p = g_utf8_next_char (p);
    word = g_utf8_next_char (word);
  }
  return *word ? 0 : (size_t) (p - text);
}

size_t
cf_message_text_matches (const char *text, const char *words, struct cf_text_range *matches, size_t max)
{
  char **list = g_strsplit_set (words, " \t\r\n\"", 33); /* the daemon takes 32 */
  size_t n = 0;

  for (const char *p = text; *p && n < max;) {
    size_t longest = 0;

    for (char **word = list; *word; word++)
      if (**word)
        longest = MAX (longest, begins (p, *word));
    if (longest)
      matches[n++] = (struct cf_text_range){ (size_t) (p - text), (size_t) (p - text) + longest };
    p = longest ? p + longest : g_utf8_next_char (p);
  }
  g_strfreev (list);
  return n;
}

/* ---- emoji ---- */

static bool
is_emoji (gunichar c)
{
  return (c >= 0x1f300 && c <= 0x1f64f) || (c >= 0x1f680 && c <= 0x1f6ff) || (c >= 0x1f7e0 && c <= 0x1f7eb) ||
         (c >= 0x1f90c && c <= 0x1f9ff) || (c >= 0x1fa70 && c <= 0x1faff) || (c >= 0x1f1e6 && c <= 0x1f1ff) ||
         (c >= 0x2600 && c <= 0x27bf) || (c >= 0x23e9 && c <= 0x23f3) || c == 0x231a || c == 0x231b || c == 0x2b50 ||
         c == 0x2b55 || c == 0x1f004 || c == 0x1f0cf;
}

/* Joins an emoji to another one, or says how the one before looks. */
static bool
is_emoji_part (gunichar c)
{
  return c == 0x200d || c == 0xfe0f || c == 0x20e3 || (c >= 0x1f3fb && c <= 0x1f3ff) || (c >= 0xe0020 && c <= 0xe007f);
}

bool
cf_message_text_is_emoji (const char *text)
{
  gunichar before = 0;
  int n = 0;

  if (strlen (text) > EMOJI_BYTES_MAX)
    return false;
  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (is_emoji_part (c) && before)
      ; /* belongs to the one before */
    else if (is_emoji (c))
      n += before != 0x200d;
    else if (!g_unichar_isspace (c))
      return false;
    before = c;
  }
  return n > 0 && n <= EMOJI_MAX;
}

/* ---- long texts ---- */

size_t
cf_message_text_fold (const char *text)
{
  size_t len = strlen (text), cut;
  int lines = 0;

  for (cut = 0; cut < len && cut < FOLD_BYTES && lines < FOLD_LINES; cut++)
    lines += text[cut] == '\n';
  if (len - cut <= FOLD_SLACK && lines < FOLD_LINES)
    return len;
  if (cut >= len)
    return len;
  while (cut && ((unsigned char) text[cut] & 0xc0) == 0x80)
    cut--;
  return cut;
}

int
cf_message_text_direction (const char *text)
{
  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (!g_unichar_isalpha (c))
      continue;
    switch (g_unichar_get_script (c)) {
    case G_UNICODE_SCRIPT_HEBREW:
    case G_UNICODE_SCRIPT_ARABIC:
    case G_UNICODE_SCRIPT_SYRIAC:
    case G_UNICODE_SCRIPT_THAANA:
    case G_UNICODE_SCRIPT_NKO:
    case G_UNICODE_SCRIPT_ADLAM: return -1;
    default: return 1;
    }
  }
  return 0;
}

char *
cf_message_text_isolate (const char *text)
{
  return g_strconcat (FIRST_ISOLATE, text, END_ISOLATE, NULL);
}
