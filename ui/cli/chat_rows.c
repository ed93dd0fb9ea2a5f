/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chat_rows.c - the messages of a chat that were shown: they have numbers, by which a person may name them, and it is
   told in words what becomes of them. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ui/cli/console.h"
#include "ui/client/words.h"

#define EXCERPT 40 /* columns of a message that is spoken of */

/* ---- keeping ---- */

static bool
find (const struct cf_console *c, const char *id, size_t *r_at)
{
  json_t *row;
  size_t i;

  json_array_foreach (c->kept, i, row)
    if (*id && !strcmp (cf_row_text (row, "message"), id)) {
      *r_at = i;
      return true;
    }
  return false;
}

size_t
cf_chat_keep (struct cf_console *c, json_t *row)
{
  size_t at;

  if (!c->kept) {
    c->kept = cf_cli_must (json_array ());
    c->kept_first = 1;
  }
  if (find (c, cf_row_text (row, "message"), &at)) {
    json_object_update (json_array_get (c->kept, at), row);
    return c->kept_first + at;
  }
  json_array_append_new (c->kept, json_copy (row));
  if (json_array_size (c->kept) > CF_CHAT_KEPT) {
    json_array_remove (c->kept, 0);
    c->kept_first++;
  }
  return c->kept_first + json_array_size (c->kept) - 1;
}

json_t *
cf_chat_kept (const struct cf_console *c, size_t number, bool ours)
{
  json_t *row, *last = NULL;
  size_t i;

  if (number)
    return number >= c->kept_first ? json_array_get (c->kept, number - c->kept_first) : NULL;
  json_array_foreach (c->kept, i, row)
    if (ours == !strcmp (cf_row_text (row, "direction"), "out") && !cf_row_true (row, "notice")
        && (!last || cf_words_message_ms (row) >= cf_words_message_ms (last) || !cf_words_message_ms (row)))
      last = row;
  return last;
}

void
cf_chat_forget (struct cf_console *c)
{
  json_decref (c->kept);
  c->kept = NULL;
}

/* ---- showing ---- */

/* The first words of TEXT, on one line. */
static char *
excerpt (const char *text)
{
  char *line = cf_cli_must (cf_text_display (text, strlen (text), false)), *shorter;

  shorter = cf_cli_shorten (line, EXCERPT);
  free (line);
  return shorter;
}

static char *
author_of (const struct cf_console *c, const json_t *row)
{
  return strcmp (cf_row_text (row, "direction"), "out") ? cf_cli_must (strdup (c->title))
                                                         : cf_cli_must (strdup (_ ("you")));
}

static void
show_quote (struct cf_console *c, const json_t *row)
{
  const json_t *quote = json_object_get (row, "quote");
  char *who, *text;

  if (!json_is_object (quote))
    return;
  who = author_of (c, quote);
  text = cf_row_true (quote, "deleted") ? cf_cli_must (strdup (_ ("taken back"))) : excerpt (cf_row_text (quote, "text"));
  cf_cli_say (c->cli, CF_CLI_DIM, _ ("In answer to %s, \"%s\":"), who, text);
  free (who);
  free (text);
}

void
cf_chat_show (struct cf_console *c, json_t *row, bool numbered)
{
  if (c->cli->json) {
    cf_cli_json (row);
    return;
  }
  show_quote (c, row);
  if (numbered)
    printf ("#%zu ", cf_chat_keep (c, row));
  cf_show_message (c->cli, row);
}

/* ---- changes ---- */

static bool
has_reaction (const json_t *row, const json_t *reaction)
{
  const json_t *other;
  size_t i;

  json_array_foreach (json_object_get (row, "reactions"), i, other)
    if (json_equal (other, reaction))
      return true;
  return false;
}

/* What the other side has put to the message NUMBER, or taken away; our own is told by the command. */
static void
tell_reactions (struct cf_console *c, const json_t *before, const json_t *after, size_t number, const char *what)
{
  const json_t *reaction;
  size_t i;

  json_array_foreach (json_object_get (after, "reactions"), i, reaction)
    if (strcmp (cf_row_text (reaction, "direction"), "out") && !has_reaction (before, reaction)) {
      char *emoji = cf_row_shown (reaction, "emoji");

      cf_cli_say (c->cli, CF_CLI_PLAIN, _ ("%s reacts with %s to #%zu, \"%s\""), c->title, emoji, number, what);
      free (emoji);
    }
  json_array_foreach (json_object_get (before, "reactions"), i, reaction)
    if (strcmp (cf_row_text (reaction, "direction"), "out") && !has_reaction (after, reaction)
        && !json_array_size (json_object_get (after, "reactions")))
      cf_cli_say (c->cli, CF_CLI_DIM, _ ("%s takes the reaction to #%zu, \"%s\" back"), c->title, number, what);
}

static void
tell_taken_back (struct cf_console *c, bool theirs, size_t number, const char *what)
{
  if (theirs)
    cf_cli_say (c->cli, CF_CLI_PLAIN, _ ("%s took #%zu, \"%s\", back"), c->title, number, what);
  else
    cf_cli_say (c->cli, CF_CLI_PLAIN, _ ("You took #%zu, \"%s\", back"), number, what);
}

static void
tell_edited (struct cf_console *c, bool theirs, size_t number, const char *what, const char *text)
{
  if (theirs)
    cf_cli_say (c->cli, CF_CLI_PLAIN, _ ("%s changed #%zu, \"%s\", to: %s"), c->title, number, what, text);
  else
    cf_cli_say (c->cli, CF_CLI_PLAIN, _ ("You changed #%zu, \"%s\", to: %s"), number, what, text);
}

void
cf_chat_changed (struct cf_console *c, const json_t *event)
{
  bool gone = !strcmp (cf_row_text (event, "event"), "message_removed");
  bool theirs = strcmp (cf_row_text (event, "direction"), "out");
  json_t *before;
  char *what, *text;
  size_t at, number;

  if (c->cli->json) {
    cf_cli_json ((json_t *) (uintptr_t) event);
    return;
  }
  if (!find (c, cf_row_text (event, "message"), &at))
    return;
  number = c->kept_first + at;
  before = json_array_get (c->kept, at);
  what = excerpt (cf_row_text (before, "text"));
  if (gone)
    cf_cli_say (c->cli, CF_CLI_DIM, _ ("#%zu, \"%s\", is gone from this side"), number, what);
  else if (cf_row_true (event, "deleted") && !cf_row_true (before, "deleted")) {
    if (theirs || !c->running)
      tell_taken_back (c, theirs, number, what);
  } else if (strcmp (cf_row_text (event, "text"), cf_row_text (before, "text"))) {
    text = cf_row_lines (event, "text");
    if (theirs || !c->running)
      tell_edited (c, theirs, number, what, text);
    free (text);
  } else
    tell_reactions (c, before, event, number, what);
  free (what);
  if (!gone)
    json_object_update (before, (json_t *) (uintptr_t) event);
}
