/* SPDX-License-Identifier: GPL-3.0-or-later */
/* words_event.c - events, in words; the strength of a password. */

#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ui/client/transfers.h"
#include "ui/client/words_private.h"

/* ---- events ---- */

static char *
peer_event (const json_t *event, const char *name)
{
  if (!strcmp (cf_row_text (event, "event"), "peer_gone"))
    return cf_words_format (_("%s has gone"), name);
  return cf_words_format (_("%s is near"), name);
}

static char *
request_event (const json_t *event, const char *name)
{
  const char *state = cf_row_text (event, "state");

  if (!strcmp (state, "waiting"))
    return strcmp (cf_row_text (event, "purpose"), "verify")
               ? cf_words_format (_("%s asks for a conversation"), name)
               : cf_words_format (_("%s asks to verify each other with a password"), name);
  if (!strcmp (state, "withdrawn"))
    return cf_words_format (_("%s has withdrawn the request"), name);
  if (!strcmp (state, "wrong"))
    return cf_words_format (_("The password that you and %s typed was not the same"), name);
  if (!strcmp (state, "lapsed"))
    return cf_words_format (_("The request of %s was not answered in time"), name);
  if (!strcmp (state, "failed"))
    return cf_words_format (_("The request of %s could not be completed"), name);
  return NULL; /* our own doing */
}

static char *
conversation_event (const json_t *event, const char *name)
{
  const char *state = cf_row_text (event, "state");
  char *what, *remedy, *text;

  if (cf_row_true (event, "deleted"))
    return NULL;
  if (!strcmp (cf_row_text (event, "change"), "verified"))
    return cf_words_format (_("You and %s have verified each other"), name);
  if (!strcmp (state, "closed"))
    return cf_row_true (event, "closed_by_peer") ? cf_words_format (_("%s has closed the conversation"), name) : NULL;
  if (cf_row_true (event, "stopped") && cf_words_trouble (event, &what, &remedy)) {
    text = *remedy ? cf_words_format ("%s. %s", what, remedy) : cf_words_format ("%s", what);
    free (what);
    free (remedy);
    return text;
  }
  if (!strcmp (state, "open") && !*cf_row_text (event, "last_activity"))
    return cf_words_format (_("The conversation with %s is open"), name);
  return NULL;
}

static char *
message_event (const json_t *event, const char *name)
{
  char *text, *line, *all;

  if (!strcmp (cf_row_text (event, "direction"), "out"))
    return NULL;
  text = cf_words_text (event);
  line = cf_words_line (text);
  if (cf_row_true (event, "notice"))
    all = cf_words_format ("%s", line);
  else if (!strcmp (cf_row_text (event, "kind"), "file") && !cf_row_true (event, "deleted"))
    all = cf_words_format (_("%s offers a file: %s"), name, line);
  else
    all = cf_words_format (_("%s: %s"), name, line);
  free (text);
  free (line);
  return all;
}

/* What a person waits for, or would not notice: the end, and what stops a file on its way. */
static char *
transfer_event (const json_t *event)
{
  char *file = cf_words_field (event, "name"), *reason = cf_words_reason (event);
  enum cf_transfer_state state = cf_transfer_state (event);
  char *text = NULL;

  if (state == CF_TRANSFER_DONE)
    text = cf_words_format (cf_transfer_incoming (event) ? _("The file %s is here") : _("The file %s has arrived"), file);
  else if (state == CF_TRANSFER_FAILED)
    text = *reason ? cf_words_format (_("The file %s could not be transferred: %s"), file, reason)
                   : cf_words_format (_("The file %s could not be transferred"), file);
  else if (state == CF_TRANSFER_PAUSED && *reason)
    text = cf_words_format (_("The file %s is paused: %s"), file, reason);
  else if (state == CF_TRANSFER_CANCELLED && *reason) /* else it is our own doing */
    text = cf_words_format (_("The file %s was cancelled: %s"), file, reason);
  free (file);
  free (reason);
  return text;
}

static char *
error_event (const json_t *event)
{
  const struct cf_client_error error = { cf_err (GPG_ERR_GENERAL), cf_row_text (event, "error"),
                                         cf_row_text (event, "message"), cf_row_text (event, "hint"), event };

  return cf_words_error (&error);
}

char *
cf_words_event (const json_t *event)
{
  const char *kind = cf_row_text (event, "event");
  char *name = cf_words_name (event), *text = NULL;

  if (!strncmp (kind, "peer_", 5))
    text = peer_event (event, name);
  else if (!strcmp (kind, "request") || !strcmp (kind, "request_state"))
    text = request_event (event, name);
  else if (!strcmp (kind, "conversation"))
    text = conversation_event (event, name);
  else if (!strcmp (kind, "message"))
    text = message_event (event, name);
  else if (!strcmp (kind, "transfer"))
    text = transfer_event (event);
  else if (!strcmp (kind, "error") && *cf_row_text (event, "message"))
    text = error_event (event);
  free (name);
  return text;
}

/* ---- the strength of a password ---- */

/* What everybody tries first. */
static bool
is_common (const char *text)
{
  static const char *const common[] = { "password", "passwort", "123456", "12345678", "123456789", "1234567890",
                                        "qwerty",   "qwertz",   "secret", "geheim",   "letmein",   "iloveyou",
                                        "confab",   "test" };

  for (size_t i = 0; i < sizeof common / sizeof *common; i++)
    if (!strcasecmp (text, common[i]))
      return true;
  return false;
}

/* Guesses are made one by one, against a person who notices: far fewer than against a stolen file.  So words count for
   little more than what a person picks at random, and that is enough. */
enum cf_words_strength
cf_words_strength (const char *text)
{
  double bits = 0;
  unsigned kinds = 0;
  unsigned char before = 0;

  if (!*text)
    return CF_STRENGTH_NONE;
  for (const unsigned char *p = (const unsigned char *) text; *p; before = *p++) {
    kinds |= islower (*p) ? 1 : isupper (*p) ? 2 : isdigit (*p) ? 4 : isspace (*p) ? 0 : 8;
    if ((*p & 0xc0) == 0x80)
      continue; /* a character counts once */
    bits += *p == before || *p == before + 1 ? 0.5 : isdigit (*p) ? 3.0 : 2.0;
  }
  bits += 4.0 * ((kinds & 1) + (kinds >> 1 & 1) + (kinds >> 2 & 1) + (kinds >> 3 & 1) - 1);
  if (is_common (text) || bits < 18)
    return CF_STRENGTH_WEAK;
  return bits < 32 ? CF_STRENGTH_FAIR : CF_STRENGTH_GOOD;
}

const char *
cf_words_strength_hint (enum cf_words_strength strength)
{
  switch (strength) {
  case CF_STRENGTH_NONE: return _("Agree on it by voice or in person, never in a message");
  case CF_STRENGTH_WEAK: return _("Easy to guess: take three words that do not belong together");
  case CF_STRENGTH_FAIR: return _("Fair: one more word makes it good");
  case CF_STRENGTH_GOOD: break;
  }
  return _("Hard to guess");
}
