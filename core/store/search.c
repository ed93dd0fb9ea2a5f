/* SPDX-License-Identifier: GPL-3.0-or-later */
/* search.c - words as the index of messages has them. */
#define SQLITE_HAS_CODEC 1

#include "core/store/search.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/buf.h"
#include "base/secmem.h"
#include "base/text.h"
#include "core/store/internal.h"

#define MATCH_MAX 8192
#define WORDS_MAX 32
#define BETWEEN " \t\r\n\"" /* words */
#define PREFIX_MIN 3 /* letters: shorter ones begin too many words */

/* Written without spaces between words. */
static bool
stands_alone (ucs4_t c)
{
  static const char *const scripts[]
      = { "Han", "Hiragana", "Katakana", "Bopomofo", "Yi", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan" };
  const uc_script_t *script;

  if (c < 0x0e00) /* none of them */
    return false;
  script = uc_script (c);
  for (size_t i = 0; script && i < sizeof scripts / sizeof *scripts; i++)
    if (!strcmp (script->name, scripts[i]))
      return true;
  return false;
}

/* Spaces around each character that stands alone. */
static char *
part (const uint8_t *text, size_t len)
{
  char *out = malloc (3 * len + 1), *to = out; /* a character of one of those scripts has three bytes or four */
  size_t used;

  for (size_t at = 0; out && at < len; at += used) {
    ucs4_t c;
    int n = u8_mbtouc (&c, text + at, len - at);
    bool alone = stands_alone (c);

    used = n > 0 ? (size_t) n : 1;
    if (alone)
      *to++ = ' ';
    memcpy (to, text + at, used);
    to += used;
    if (alone)
      *to++ = ' ';
  }
  if (out)
    *to = 0;
  return out;
}

char *
cf_search_fold (const char *text, size_t len)
{
  uint8_t *folded;
  size_t folded_len;
  char *out;

  if (cf_text_is_ascii (text, len)) /* the index folds these itself */
    return strndup (text, len);
  folded = u8_casefold ((const uint8_t *) text, len, NULL, UNINORM_NFKC, NULL, &folded_len);
  if (!folded)
    return NULL;
  out = part (folded, folded_len);
  cf_wipe (folded, folded_len);
  free (folded);
  return out;
}

/* --- what is looked for --- */

/* How many letters FOLDED ends with; 0: with something else, or a character that stands alone. */
static size_t
last_letters (const char *folded)
{
  const uint8_t *start = (const uint8_t *) folded, *p = start + strlen (folded);
  size_t count = 0;
  ucs4_t c;

  while ((p = u8_prev (&c, p, start)) && uc_is_property_alphabetic (c) && !stands_alone (c))
    count++;
  return count;
}

static gpg_error_t
add_text (struct cf_buf *b, const char *text)
{
  return cf_buf_add (b, text, strlen (text));
}

/* One word as a phrase, in which no operator of the index's language is left.  The last one may be amid being typed. */
static gpg_error_t
add_phrase (struct cf_buf *b, const char *word, size_t len, bool is_last)
{
  char *folded = cf_search_fold (word, len);
  gpg_error_t err;

  if (!folded)
    return cf_err (GPG_ERR_ENOMEM);
  for (char *p = folded; (p = strpbrk (p, "\"*^"));)
    *p = ' ';
  err = add_text (b, cf_buf_len (b) ? " \"" : "\"");
  if (!err)
    err = add_text (b, folded);
  if (!err)
    err = add_text (b, is_last && last_letters (folded) >= PREFIX_MIN ? "*\"" : "\"");
  free (folded);
  return err;
}

char *
cf_search_match (const char *words)
{
  struct cf_buf b;
  char *match = NULL;
  size_t n = 0;
  gpg_error_t err = 0;

  cf_buf_init (&b, MATCH_MAX);
  while (!err && *words && n < WORDS_MAX) {
    size_t len = strcspn (words, BETWEEN);

    if (len) {
      err = add_phrase (&b, words, len, !words[len + strspn (words + len, BETWEEN)]);
      n++;
    }
    words += len + (words[len] ? 1 : 0);
  }
  if (!err && n)
    match = strndup ((const char *) cf_buf_data (&b), cf_buf_len (&b));
  cf_buf_done (&b);
  return match;
}

/* --- SQL --- */

static void
wipe_text (void *text)
{
  cf_wipe (text, strlen (text));
  free (text);
}

static void
sql_fold (sqlite3_context *context, int count, sqlite3_value **values)
{
  const char *text = (const char *) sqlite3_value_text (values[0]);
  char *folded;

  (void) count;
  if (!text) {
    sqlite3_result_null (context);
    return;
  }
  folded = cf_search_fold (text, (size_t) sqlite3_value_bytes (values[0]));
  if (folded)
    sqlite3_result_text (context, folded, -1, wipe_text);
  else
    sqlite3_result_error_nomem (context);
}

gpg_error_t
store_search_define (sqlite3 *db)
{
  return store_error (db, sqlite3_create_function (db, "cf_search_fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, sql_fold,
                                                   NULL, NULL));
}
