/* SPDX-License-Identifier: GPL-3.0-or-later */
/* said.c - a phrase with its arguments. */
#include "core/said.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void
cf_said_take (struct cf_said *said, enum cf_say say, va_list args)
{
  const struct cf_phrase *phrase = cf_phrase (say);
  const char *arg;

  memset (said, 0, sizeof *said);
  said->say = say;
  while (said->count < CF_PHRASE_ARGS_MAX && (arg = va_arg (args, const char *))) {
    said->args[said->count] = cf_text_display (arg, strlen (arg), false);
    if (!said->args[said->count])
      return;
    said->count++;
  }
  said->message = cf_phrase_fill (phrase->message, (const char *const *) said->args, said->count);
  if (phrase->hint)
    said->hint = cf_phrase_fill (phrase->hint, (const char *const *) said->args, said->count);
}

void
cf_said_make (struct cf_said *said, enum cf_say say, ...)
{
  va_list ap;

  va_start (ap, say);
  cf_said_take (said, say, ap);
  va_end (ap);
}

void
cf_said_done (struct cf_said *said)
{
  for (size_t i = 0; i < said->count; i++)
    free (said->args[i]);
  free (said->message);
  free (said->hint);
  memset (said, 0, sizeof *said);
}

static void
set (json_t *row, enum cf_say say, const char *const *args, size_t count, const char *code_key, const char *args_key)
{
  json_t *list = json_array ();

  for (size_t i = 0; i < count; i++)
    if (json_array_append_new (list, json_string (args[i]))) {
      json_decref (list);
      return;
    }
  if (list && !json_object_set_new (row, code_key, json_string (cf_phrase (say)->code)))
    json_object_set (row, args_key, list);
  json_decref (list);
}

void
cf_said_set (const struct cf_said *said, json_t *row, const char *code_key, const char *args_key)
{
  if (said->say)
    set (row, said->say, (const char *const *) said->args, said->count, code_key, args_key);
}

void
cf_said_set_kept (const char *text, json_t *row, const char *code_key, const char *args_key)
{
  char *arg = NULL;
  enum cf_say say = text ? cf_phrase_recognise (text, &arg) : CF_SAY_NOTHING;

  if (say)
    set (row, say, (const char *const *) &arg, arg ? 1 : 0, code_key, args_key);
  free (arg);
}
