/* SPDX-License-Identifier: GPL-3.0-or-later */
/* row.c - parts of a row of the daemon, in the form that a person reads. */

#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "ui/cli/cli.h"

char *
cf_row_shown (const json_t *row, const char *key)
{
  const char *text = cf_row_text (row, key);

  return cf_cli_must (cf_text_display (text, strlen (text), false));
}

char *
cf_row_lines (const json_t *row, const char *key)
{
  const char *text = cf_row_text (row, key);

  return cf_cli_must (cf_text_display (text, strlen (text), true));
}

char *
cf_row_who (const json_t *row)
{
  static const char *const keys[] = { "user_id", "name", "title", "fingerprint", "peer" };

  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (*cf_row_text (row, keys[i]))
      return cf_row_shown (row, keys[i]);
  return cf_cli_must (strdup (_ ("somebody")));
}

char *
cf_row_time (const json_t *row, const char *key)
{
  char text[40], day[16], today[16];
  time_t now = time (NULL), then;
  struct tm tm;
  int64_t ms;

  if (cf_time_parse (cf_row_text (row, key), &ms))
    return cf_cli_must (strdup (""));
  then = (time_t) (ms / 1000);
  localtime_r (&now, &tm);
  strftime (today, sizeof today, "%Y-%m-%d", &tm);
  localtime_r (&then, &tm);
  strftime (day, sizeof day, "%Y-%m-%d", &tm);
  strftime (text, sizeof text, strcmp (day, today) ? "%Y-%m-%d %H:%M" : "%H:%M", &tm);
  return cf_cli_must (strdup (text));
}

const char *
cf_row_word (const char *word)
{
  /* What rows say of messages, conversations, requests, keys, verification and visibility. */
  static const char *const words[] = {
    N_ ("queued"),    N_ ("sent"),     N_ ("held"),      N_ ("delivered"), N_ ("read"),   N_ ("failed"),   N_ ("requested"),
    N_ ("open"),      N_ ("closed"),   N_ ("waiting"),  N_ ("accepted"),  N_ ("refused"),  N_ ("expired"),  N_ ("revoked"),   N_ ("disabled"),
    N_ ("weak"),      N_ ("unknown"),  N_ ("undefined"), N_ ("never"),    N_ ("marginal"), N_ ("full"),      N_ ("ultimate"),
    N_ ("everyone"),  N_ ("contacts"), N_ ("nobody"),    N_ ("password"), N_ ("certification"),
  };

  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp (word, words[i]))
      return _ (words[i]);
  return word; /* of a newer daemon, or translated already */
}

char *
cf_row_fingerprint (const char *hex)
{
  size_t len = strlen (hex);
  char *out = cf_cli_must (malloc (len + len / 4 + 1)), *p = out;

  for (size_t i = 0; i < len; i++) {
    if (i && i % 4 == 0)
      *p++ = ' ';
    *p++ = hex[i];
  }
  *p = 0;
  return out;
}

char *
cf_row_conversation (const struct cf_cli *cli, const json_t *row)
{
  const char *id = cf_row_text (row, "conversation");

  if (!*cf_row_text (row, "title") && cli->names && *cf_row_text (cli->names, id))
    return cf_row_shown (cli->names, id);
  if (*cf_row_text (row, "title"))
    return cf_row_shown (row, "title");
  return cf_cli_sprintf (_ ("conversation %.8s"), id);
}
