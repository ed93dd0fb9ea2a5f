/* SPDX-License-Identifier: GPL-3.0-or-later */
/* words_daemon.c - what the daemon says, said anew: its codes and arguments become sentences in the reader's language. */

#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/phrase.h"
#include "ui/client/words_private.h"

/* TEXT in the reader's language; gettext gives its header for "". */
static const char *
translated (const char *text)
{
  return text && *text ? _(text) : "";
}

/* TEXT is a sentence of ours: a phrase with its argument, or one that gettext knows. */
static char *
sentence (const char *text)
{
  char *arg = NULL, *inner = NULL, *filled;
  enum cf_say say = cf_phrase_recognise (text, &arg);

  if (arg)
    inner = cf_words_line (say && cf_phrase (say)->why ? translated (arg) : arg);
  filled = say ? cf_words_must (cf_phrase_fill (translated (cf_phrase (say)->message), (const char *const *) &inner, arg ? 1 : 0))
               : cf_words_line (translated (text));
  free (arg);
  free (inner);
  return filled;
}

/* An argument as people read it. */
static char *
shown (const json_t *args, size_t i, bool is_sentence)
{
  const json_t *arg = json_array_get (args, i);
  json_t *holder = json_pack ("{s:O?}", "at", arg);
  const char *text = json_is_string (arg) ? json_string_value (arg) : "";
  int64_t when;
  char *line;

  if (strlen (text) > 10 && text[10] == 'T' && cf_row_utc_ms (holder, "at", &when))
    line = cf_words_date (when);
  else
    line = is_sentence ? sentence (text) : cf_words_line (text);
  json_decref (holder);
  return line;
}

/* FORMAT, translated, with ARGS of PHRASE. */
static char *
filled (const struct cf_phrase *phrase, const char *format, const json_t *args)
{
  char *texts[CF_PHRASE_ARGS_MAX], *line;
  size_t count = json_array_size (args);

  if (count > CF_PHRASE_ARGS_MAX)
    count = CF_PHRASE_ARGS_MAX;
  for (size_t i = 0; i < count; i++)
    texts[i] = shown (args, i, phrase->why && i + 1 == count);
  line = cf_words_must (cf_phrase_fill (format, (const char *const *) texts, count));
  for (size_t i = 0; i < count; i++)
    free (texts[i]);
  return line;
}

char *
cf_words_said (const json_t *row, const char *code_key, const char *args_key, const char *otherwise)
{
  const struct cf_phrase *phrase = cf_phrase_find (cf_row_text (row, code_key));

  return phrase ? filled (phrase, translated (phrase->message), json_object_get (row, args_key))
                : cf_words_line (translated (otherwise));
}

char *
cf_words_said_remedy (const json_t *row, const char *code_key, const char *args_key, const char *hint)
{
  const struct cf_phrase *phrase = cf_phrase_find (cf_row_text (row, code_key));
  char *format, *text;

  if (hint && !*hint) /* the daemon has nothing to say */
    return cf_words_line ("");
  if (phrase && phrase->hint)
    hint = phrase->hint;
  format = cf_words_remedy_for (hint ? hint : "");
  text = phrase ? filled (phrase, format, json_object_get (row, args_key)) : cf_words_line (format);
  free (format);
  return text;
}

/* "WHAT. MORE", either of which may be ""; both are freed. */
static char *
joined (char *what, char *more)
{
  char *text = cf_words_format ("%s%s%s", what, *what && *more ? ". " : "", more);

  free (what);
  free (more);
  return text;
}

char *
cf_words_said_whole (const json_t *row, const char *code_key, const char *args_key, const char *otherwise, const char *hint)
{
  return joined (cf_words_said (row, code_key, args_key, otherwise), cf_words_said_remedy (row, code_key, args_key, hint));
}

/* ---- errors ---- */

char *
cf_words_tries (const json_t *row)
{
  const json_t *left = json_object_get (row, "tries_left");
  unsigned long count = json_is_integer (left) && json_integer_value (left) > 0 ? (unsigned long) json_integer_value (left) : 0;
  int64_t until;
  char *when, *text;

  if (count)
    return cf_words_format (ngettext ("%lu try is left", "%lu tries are left", count), count);
  if (!cf_row_utc_ms (row, "silent_until", &until))
    return cf_words_line ("");
  when = cf_words_until (until + 59999, (int64_t) time (NULL) * 1000); /* no minute too early */
  text = cf_words_format (_("The next try is possible at %s"), when);
  free (when);
  return text;
}

/* Nobody may try now: the daemon says until when in a field, too. */
static bool
is_silence (const struct cf_client_error *error)
{
  return !strcmp (error->name ? error->name : "", "TOO_MANY_TRIES") && *cf_row_text (error->row, "silent_until");
}

char *
cf_words_message (const struct cf_client_error *error)
{
  if (is_silence (error))
    return cf_words_line (_("Too many wrong passwords"));
  if (*cf_row_text (error->row, "looks_like"))
    return cf_words_warning (error->row);
  return cf_words_said (error->row, "code", "args", error->message);
}

char *
cf_words_hint (const struct cf_client_error *error)
{
  return cf_words_said_remedy (error->row, "code", "args", error->hint ? error->hint : "");
}

char *
cf_words_remedy (const struct cf_client_error *error)
{
  return joined (is_silence (error) ? cf_words_line ("") : cf_words_hint (error), cf_words_tries (error->row));
}

char *
cf_words_error (const struct cf_client_error *error)
{
  return joined (cf_words_message (error), cf_words_remedy (error));
}

/* ---- settings, steps, files ---- */

char *
cf_words_meaning (const json_t *setting)
{
  return cf_words_said (setting, "code", "args", cf_row_text (setting, "meaning"));
}

/* As people call them.  Others, of a newer daemon, go by their own names. */
char *
cf_words_step (const json_t *step)
{
  static const struct {
    const char *step, *title;
  } steps[] = {
    { "identity", N_("Your key") },          { "store", N_("Your messages on this machine") },
    { "device", N_("This device") },         { "listening", N_("Reachable by others") },
    { "lan", N_("Local network") },          { "peers", N_("People nearby") },
    { "nodes", N_("From the internet") },    { "mailbox", N_("Mailbox") },    { "file", N_("Contact file") },
    { "ipv6", N_("IPv6") },                  { "direct", N_("Known address") },
    { "mapping", N_("Opened port") },        { "port-mapping", N_("Opened port") },
    { "punching", N_("Through routers") },   { "relay", N_("Through a node") },
  };

  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
    if (!strcmp (cf_row_text (step, "step"), steps[i].step))
      return cf_words_line (_(steps[i].title));
  return cf_words_field (step, "step");
}

char *
cf_words_step_detail (const json_t *step)
{
  return cf_words_said (step, "code", "args", cf_row_text (step, "detail"));
}

char *
cf_words_step_remedy (const json_t *step)
{
  return cf_words_said_remedy (step, "code", "args", cf_row_text (step, "hint"));
}

char *
cf_words_step_whole (const json_t *step)
{
  return joined (cf_words_step_detail (step), cf_words_step_remedy (step));
}

const char *
cf_words_step_state (const json_t *step)
{
  static const struct {
    const char *state, *word;
  } states[] = {
    { "used", N_("in use") },       { "trying", N_("trying") },    { "failed", N_("failed") },
    { "waiting", N_("not tried") }, { "none", N_("not there") },   { "spare", N_("not needed") },
  };

  for (size_t i = 0; i < sizeof states / sizeof *states; i++)
    if (!strcmp (cf_row_text (step, "state"), states[i].state))
      return _(states[i].word);
  return cf_row_true (step, "ok") ? _("ok") : _("no");
}

char *
cf_words_step_tried (const json_t *step, int64_t now_utc_ms)
{
  char *when, *text;
  int64_t at;

  if (!cf_row_utc_ms (step, "at", &at))
    return cf_words_line ("");
  when = cf_words_time (at, now_utc_ms);
  /* Translators: %s is a time or a date. */
  text = cf_words_format (_("Tried: %s"), when);
  free (when);
  return text;
}

char *
cf_words_reach_rest (const json_t *row, int64_t now_utc_ms)
{
  char *remedy = cf_words_step_remedy (row), *when, *next;
  int64_t at;

  if (!cf_row_utc_ms (row, "next_try_at", &at))
    return remedy;
  when = cf_words_until (at, now_utc_ms);
  /* Translators: %s is a time. */
  next = cf_words_format (_("The next try is at %s"), when);
  free (when);
  return joined (remedy, next);
}

char *
cf_words_reach (const json_t *row, int64_t now_utc_ms)
{
  return joined (cf_words_step_detail (row), cf_words_reach_rest (row, now_utc_ms));
}

char *
cf_words_reason (const json_t *transfer)
{
  return cf_words_said (transfer, "reason_code", "reason_args", cf_row_text (transfer, "reason"));
}

char *
cf_words_stopped (const json_t *conversation)
{
  const char *told = cf_row_text (conversation, "trouble");

  return cf_words_said_whole (conversation, "trouble_code", "trouble_args", told, *told ? NULL : "");
}
