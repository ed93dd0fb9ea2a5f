/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chat.c - one conversation, line by line: no cursor is moved, nothing is overwritten.
 *
 * What we send is on the screen because it was typed, so its own event is not
 * shown; what another client of ours sends is.
 */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/cli/console.h"

#define RECENT "--limit=20"
#define ID_PREFIX_MIN 6

/* ---- which conversation ---- */

/* LOOSELY: a first name alone will do, as for the daemon. */
static bool
is_meant (const json_t *row, const char *text, bool loosely)
{
  const char *user_id = cf_row_text (row, "user_id"), *mail = strchr (user_id, '<');
  size_t len = strlen (text);

  if (len >= ID_PREFIX_MIN && !strncasecmp (cf_row_text (row, "conversation"), text, len))
    return true;
  if (!strcasecmp (cf_row_text (row, "title"), text) || !strcasecmp (cf_row_text (row, "peer"), text)
      || !strcasecmp (user_id, text))
    return true;
  if (loosely && !strncasecmp (cf_row_text (row, "title"), text, len) && cf_row_text (row, "title")[len] == ' ')
    return true;
  return mail && !strncasecmp (mail + 1, text, len) && !strcmp (mail + 1 + len, ">");
}

/* Several are meant by TEXT: their ids, and how they stand. */
static char *
candidates (const json_t *rows, const char *text, bool loosely)
{
  char *list = cf_cli_must (strdup (_ ("Give the id of the one you mean:"))), *longer;
  const json_t *row;
  size_t i;

  json_array_foreach (rows, i, row)
    if (is_meant (row, text, loosely)) {
      longer = cf_cli_sprintf ("%s %.8s (%s)", list, cf_row_text (row, "conversation"),
                               cf_row_word (cf_row_text (row, "state")));
      free (list);
      list = longer;
    }
  return list;
}

/* The conversations that TEXT means: the last of them, and how many there are; open ones first. */
static json_t *
meant (const json_t *rows, const char *text, bool loosely, size_t *r_count)
{
  json_t *row, *found = NULL, *open = NULL;
  size_t i, count = 0, open_count = 0;

  json_array_foreach (rows, i, row)
    if (is_meant (row, text, loosely)) {
      bool is_open = !strcmp (cf_row_text (row, "state"), "open");

      found = row;
      open = is_open ? row : open;
      count++;
      open_count += is_open;
    }
  *r_count = open ? open_count : count;
  return open ? open : found;
}

int
cf_cli_find_conversation (struct cf_cli *cli, const char *text, json_t **r_row)
{
  json_t *rows = NULL, *found;
  bool loosely = false;
  size_t count;
  char *hint;
  int code = cf_cli_rows (cli, "CONVERSATIONS", NULL, &rows);

  if (code)
    return code;
  found = meant (rows, text, false, &count);
  if (!found) {
    loosely = true;
    found = meant (rows, text, true, &count);
  }
  if (count == 1)
    *r_row = json_incref (found);
  else if (count) {
    hint = candidates (rows, text, loosely);
    code = cf_cli_fail (cli, cf_err (GPG_ERR_AMBIGUOUS), hint, _ ("\"%s\" could be %zu conversations"), text, count);
    free (hint);
  } else
    code = cf_cli_fail (cli, cf_err (GPG_ERR_NOT_FOUND),
                        _ ("\"confab conversations\" lists them; \"confab open PEER\" begins one"),
                        _ ("There is no conversation \"%s\""), text);
  json_decref (rows);
  return code;
}

/* ---- entering and leaving ---- */

static void
show_message (struct cf_console *c, json_t *row)
{
  cf_chat_keep (c, row);
  cf_chat_show (c, row, false);
  if (strcmp (cf_row_text (row, "direction"), "out"))
    c->unread = true;
}

static void
show_heading (struct cf_console *c, const json_t *row)
{
  const char *how = cf_row_text (json_object_get (row, "verified"), "how"), *route = cf_row_text (row, "route");
  const char *state = cf_row_text (row, "state");
  char *verified;

  if (c->cli->json)
    return;
  verified = *how ? cf_cli_sprintf (_ ("verified by %s"), cf_row_word (how)) : cf_cli_must (strdup (_ ("not verified")));
  cf_cli_say (c->cli, CF_CLI_BOLD, _ ("Conversation with %s: %s, %s, %s"), c->title, verified, cf_row_word (state),
              !strcmp (route, "lan") ? "LAN"
              : *route               ? route
                                     : _ ("offline"));
  free (verified);
  c->stopped = cf_row_true (row, "stopped");
  if (c->stopped)
    cf_show_alarm (c->cli, row);
  else if (!strcmp (state, "open"))
    cf_cli_say (c->cli, CF_CLI_DIM, _ ("A line is a message. /help lists commands, /leave leaves."));
  else
    cf_cli_say (c->cli, CF_CLI_WARN, _ ("Nothing can be sent in it: it is %s. /leave leaves."), cf_row_word (state));
}

int
cf_chat_enter (struct cf_console *c, const char *text)
{
  const char *words[3] = { RECENT, NULL, NULL };
  json_t *row = NULL, *rows = NULL, *message;
  size_t i;
  int code = cf_cli_find_conversation (c->cli, text, &row);

  if (code)
    return code;
  cf_chat_leave (c);
  c->chat = cf_cli_must (strdup (cf_row_text (row, "conversation")));
  c->title = cf_row_conversation (c->cli, row);
  cf_cli_learn_names (c->cli);
  show_heading (c, row);
  json_decref (row);
  words[1] = c->chat;
  code = cf_cli_rows (c->cli, "HISTORY", words, &rows);
  json_array_foreach (rows, i, message)
    show_message (c, message);
  json_decref (rows);
  return code;
}

void
cf_chat_leave (struct cf_console *c)
{
  free (c->chat);
  free (c->title);
  c->chat = c->title = NULL;
  cf_chat_forget (c);
  c->unread = false;
  c->quit |= c->chat_only;
}

void
cf_chat_mark_read (struct cf_console *c)
{
  const char *words[2] = { c->chat, NULL };
  json_t *rows = NULL;

  c->unread = false;
  if (c->chat && !cf_cli_rows (c->cli, "READ", words, &rows))
    json_decref (rows);
}

/* ---- sending ---- */

static struct cf_console_sent *
find_sent (struct cf_console *c, const char *id)
{
  for (size_t i = 0; i < CF_CONSOLE_SENT_MAX; i++)
    if (*id && !strcmp (c->sent[i].id, id))
      return &c->sent[i];
  return NULL;
}

void
cf_chat_sent (struct cf_console *c, json_t *row, const char *text)
{
  struct cf_console_sent *sent = &c->sent[c->sent_next];

  c->sent_next = (c->sent_next + 1) % CF_CONSOLE_SENT_MAX;
  snprintf (sent->id, sizeof sent->id, "%s", cf_row_text (row, "message"));
  sent->waits = false;
  json_object_set_new (row, "text", json_string (text)); /* SEND only says what became of it */
  json_object_set_new (row, "direction", json_string ("out"));
  cf_chat_keep (c, row);
}

void
cf_chat_say (struct cf_console *c, const char *text)
{
  const char *words[3] = { "--wait=queued", c->chat, NULL };
  json_t *row = NULL;

  c->sending = text;
  if (!cf_cli_send_text (c->cli, words, text, strlen (text), c->cli->timeout_ms, &row))
    cf_chat_sent (c, row, text);
  c->sending = NULL;
  json_decref (row);
}

/* ---- events ---- */

static void
own_state (struct cf_console *c, const json_t *event)
{
  struct cf_console_sent *sent = find_sent (c, cf_row_text (event, "message"));
  const struct cf_console_sent *last = &c->sent[(c->sent_next + CF_CONSOLE_SENT_MAX - 1) % CF_CONSOLE_SENT_MAX];
  const char *state = cf_row_text (event, "state");
  bool held = !strcmp (state, "held");

  if (!sent || c->cli->json)
    return;
  if (!strcmp (state, "failed"))
    cf_cli_say (c->cli, CF_CLI_BAD, _ ("(not delivered)"));
  else if (held && sent == last) /* many are held at once, and one line says it */
    cf_cli_say (c->cli, CF_CLI_DIM, _ ("(waits at a node until it is fetched)"));
  else if (!strcmp (state, "delivered") && sent->waits)
    cf_cli_say (c->cli, CF_CLI_DIM, _ ("(what waited is delivered)"));
  sent->waits = held;
}

/* The peer came or went, or a key went bad: say so, since it decides whether messages wait. */
static void
peer_moved (struct cf_console *c, const json_t *event)
{
  bool open = !strcmp (cf_row_text (event, "state"), "open"), online = cf_row_true (event, "online");
  struct cf_console_sent *last = &c->sent[(c->sent_next + CF_CONSOLE_SENT_MAX - 1) % CF_CONSOLE_SENT_MAX];

  if (!open && c->running && !cf_row_true (event, "closed_by_peer"))
    return; /* our own command tells of it */
  if (!open) {
    cf_show_conversation_line (c->cli, (json_t *) (uintptr_t) event);
    return;
  }
  if (cf_row_true (event, "stopped") != c->stopped) {
    c->stopped = !c->stopped;
    if (c->stopped)
      cf_show_alarm (c->cli, event);
    else
      cf_cli_say (c->cli, CF_CLI_GOOD, _ ("The conversation goes on: the keys of both are in force"));
  }
  if (!online && *last->id)
    last->waits = true;
}

bool
cf_chat_event (struct cf_console *c, json_t *event)
{
  const char *kind = cf_row_text (event, "event"), *text = cf_row_text (event, "text");
  bool out = !strcmp (cf_row_text (event, "direction"), "out");

  if (!c->chat)
    return false;
  if (strcmp (cf_row_text (event, "conversation"), c->chat))
    return c->cli->json || !strncmp (kind, "peer_", 5) || !strcmp (kind, "message_state") || !strcmp (kind, "typing");
  if (!strcmp (kind, "message")) {
    if (out && c->running && !strcmp (cf_row_text (event, "kind"), "file"))
      cf_chat_keep (c, event); /* the command tells it */
    else if (out && ((c->sending && !strcmp (text, c->sending)) || find_sent (c, cf_row_text (event, "message"))))
      cf_chat_keep (c, event); /* it is on the screen, as it was typed */
    else
      show_message (c, event);
  } else if (!strcmp (kind, "message_state"))
    own_state (c, event);
  else if (!strncmp (kind, "message_", 8))
    cf_chat_changed (c, event);
  else if (!strcmp (kind, "conversation") && !c->cli->json)
    peer_moved (c, event);
  else if (strcmp (kind, "typing") && !c->cli->json)
    return false;
  return true;
}
