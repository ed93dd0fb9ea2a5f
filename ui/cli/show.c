/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show.c - what a person sees of a row: each kind in its own words. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ui/cli/cli.h"
#include "ui/client/transfers.h"
#include "ui/client/words.h"

#define STATE_WIDTH 12 /* "not needed" and two spaces */

void
cf_show_export (struct cf_cli *cli, json_t *row)
{
  const char *mail = cf_row_text (row, "mail");

  (void) cli;
  if (!*mail) {
    cf_cli_json (row);
    return;
  }
  fputs (mail, stdout); /* for programs: as it is, since the envelopes in it are signed */
  cf_cli_flush ();
}

static void
show_pair (struct cf_cli *cli, const char *label, const json_t *row, const char *key)
{
  char *text = cf_row_shown (row, key);

  if (*text)
    cf_cli_pair (cli, label, text);
  free (text);
}

void
cf_show_identity (struct cf_cli *cli, json_t *row)
{
  char *fpr = cf_row_fingerprint (cf_row_text (row, "fingerprint"));

  show_pair (cli, _ ("identity"), row, "user_id");
  cf_cli_pair (cli, _ ("fingerprint"), fpr);
  show_pair (cli, _ ("address"), row, "address");
  free (fpr);
}

/* ---- status ---- */

static void
show_step (struct cf_cli *cli, const json_t *step)
{
  bool ok = cf_row_true (step, "ok");
  char *name = cf_row_shown (step, "step"), *text = cf_words_step_whole (step);

  cf_cli_say (cli, ok ? CF_CLI_GOOD : CF_CLI_WARN, "  %-4s %-13s%s", ok ? _ ("ok") : _ ("no"), name, text);
  free (name);
  free (text);
}

/* How one contact is reached: the ways, the best first. */
static void
show_reach (struct cf_cli *cli, const json_t *row)
{
  int64_t now = (int64_t) time (NULL) * 1000;
  char *who = cf_row_who (row), *text = cf_words_reach (row, now);
  const json_t *step;
  size_t i;

  cf_cli_say (cli, cf_row_true (row, "online") ? CF_CLI_GOOD : CF_CLI_WARN, "%s: %s.", who, text);
  free (who);
  free (text);
  json_array_foreach (json_object_get (row, "network"), i, step) {
    const char *state = cf_row_text (step, "state");
    char *name = cf_row_shown (step, "step"), *whole = cf_words_step_whole (step), *tried = cf_words_step_tried (step, now);
    size_t width = cf_cli_text_width (cf_words_step_state (step));

    cf_cli_say (cli,
                !strcmp (state, "used")     ? CF_CLI_GOOD
                : !strcmp (state, "failed") ? CF_CLI_WARN
                : !strcmp (state, "spare")  ? CF_CLI_DIM
                                            : CF_CLI_PLAIN,
                "  %s%*s%-10s%s%s%s", cf_words_step_state (step), (int) (width < STATE_WIDTH ? STATE_WIDTH - width : 1), "",
                name, whole, *tried ? ". " : "", tried);
    free (name);
    free (whole);
    free (tried);
  }
}

void
cf_show_status (struct cf_cli *cli, json_t *row)
{
  const json_t *step;
  char *text, *until;
  size_t i;

  if (json_object_get (row, "next_try_at")) {
    show_reach (cli, row);
    return;
  }
  if (*cf_row_text (row, "fingerprint"))
    cf_show_identity (cli, row);
  show_pair (cli, _ ("home"), row, "home");
  until = cf_row_time (row, "visibility_until");
  text = *until ? cf_cli_sprintf (_ ("%s until %s"), cf_row_word (cf_row_text (row, "visibility")), until)
                : cf_cli_must (strdup (cf_row_word (cf_row_text (row, "visibility"))));
  cf_cli_pair (cli, _ ("visible to"), text);
  free (text);
  free (until);
  text = cf_cli_sprintf ("%d", (int) json_integer_value (json_object_get (row, "peers")));
  cf_cli_pair (cli, _ ("nearby"), text);
  free (text);
  text = cf_cli_sprintf ("%d", (int) json_integer_value (json_object_get (row, "conversations")));
  cf_cli_pair (cli, _ ("conversations"), text);
  free (text);
  show_pair (cli, _ ("version"), row, "version");
  putchar ('\n');
  json_array_foreach (json_object_get (row, "network"), i, step)
    show_step (cli, step);
}

/* ---- people, requests, conversations ---- */

void
cf_show_alarm (struct cf_cli *cli, const json_t *row)
{
  char *warning = cf_words_warning (row), *trouble = cf_words_stopped (row), *name;

  if (*warning)
    cf_cli_say (cli, CF_CLI_BAD, "! %s %s", cf_row_text (row, "fingerprint"), warning);
  if (*trouble && cf_row_true (row, "stopped")) {
    name = cf_row_conversation (cli, row);
    cf_cli_say (cli, CF_CLI_BAD, _ ("! The conversation with %s (%.8s) is STOPPED. %s"), name,
                cf_row_text (row, "conversation"), trouble);
    free (name);
  }
  free (warning);
  free (trouble);
}

void
cf_show_peer_line (struct cf_cli *cli, json_t *row)
{
  char *who = cf_row_who (row);
  const char *state = cf_row_text (row, "key_state");
  bool gone = json_is_false (json_object_get (row, "present"));

  if (!*state || !strcmp (state, "ok"))
    cf_cli_say (cli, gone ? CF_CLI_DIM : CF_CLI_PLAIN, gone ? _ ("%s has gone  %s") : _ ("%s is near  %s"), who,
                cf_row_text (row, "fingerprint"));
  else
    cf_cli_say (cli, gone ? CF_CLI_DIM : CF_CLI_PLAIN,
                gone ? _ ("%s has gone (the key is %s)  %s") : _ ("%s is near (the key is %s)  %s"), who,
                cf_row_word (state), cf_row_text (row, "fingerprint"));
  if (!gone)
    cf_show_alarm (cli, row);
  free (who);
}

void
cf_show_contact_line (struct cf_cli *cli, json_t *row)
{
  char *who = cf_row_who (row);

  cf_cli_say (cli, CF_CLI_PLAIN, cf_row_true (row, "contact") ? _ ("%s is a contact now  %s") : _ ("%s is no contact yet  %s"),
              who, cf_row_text (row, "fingerprint"));
  cf_show_alarm (cli, row);
  free (who);
}

/* What became of a contact file. */
void
cf_show_places (struct cf_cli *cli, json_t *row)
{
  json_t *bad = json_object_get (row, "malformed"), *line;
  json_int_t added = json_integer_value (json_object_get (row, "added"));
  json_int_t known = json_integer_value (json_object_get (row, "known"));
  size_t i;

  cf_cli_say (cli, CF_CLI_PLAIN,
              ngettext ("%lld address is new in the contact file  %s", "%lld addresses are new in the contact file  %s",
                        (unsigned long) added),
              (long long) added, cf_row_text (row, "file"));
  if (known)
    cf_cli_say (cli, CF_CLI_PLAIN, ngettext ("%lld was there already", "%lld were there already", (unsigned long) known),
                (long long) known);
  json_array_foreach (bad, i, line) {
    char *why = cf_words_said (line, "code", "args", cf_row_text (line, "message"));

    cf_cli_note (cli, "%s", why);
    free (why);
  }
}

void
cf_show_block_line (struct cf_cli *cli, json_t *row)
{
  char *who = cf_row_who (row);

  cf_cli_say (cli, CF_CLI_PLAIN,
              cf_row_true (row, "blocked") ? _ ("%s is blocked: nothing is heard of them any more  %s")
                                           : _ ("%s is not blocked any more  %s"),
              who, cf_row_text (row, "fingerprint"));
  free (who);
}

void
cf_show_request_line (struct cf_cli *cli, json_t *row)
{
  char *who = cf_row_who (row), *note = cf_row_shown (row, "note");
  const char *id = cf_row_text (row, "request"), *state = cf_row_text (row, "state");
  bool verify = !strcmp (cf_row_text (row, "purpose"), "verify");

  if (*state && strcmp (state, "waiting"))
    cf_cli_say (cli, CF_CLI_DIM, _ ("The request of %s (%.8s) is %s"), who, id, cf_row_word (state));
  else if (*note)
    cf_cli_say (cli, CF_CLI_BOLD,
                verify ? _ ("%s asks to verify each other with a password: \"%s\". To answer: accept %.8s")
                       : _ ("%s asks for a conversation: \"%s\". To answer: accept %.8s"),
                who, note, id);
  else
    cf_cli_say (cli, CF_CLI_BOLD,
                verify ? _ ("%s asks to verify each other with a password. To answer: accept %.8s")
                       : _ ("%s asks for a conversation. To answer: accept %.8s"),
                who, id);
  cf_show_alarm (cli, row);
  free (who);
  free (note);
}

void
cf_show_conversation_line (struct cf_cli *cli, json_t *row)
{
  char *name = cf_row_conversation (cli, row), *trouble = cf_words_stopped (row);
  const char *state = cf_row_text (row, "state"), *id = cf_row_text (row, "conversation");
  bool by_peer = !strcmp (state, "closed") && cf_row_true (row, "closed_by_peer");

  if (!strcmp (cf_row_text (row, "change"), "verified")) /* an event */
    state = _ ("verified by password");
  if (cf_row_true (row, "stopped") && !strcmp (state, "open")) {
    cf_show_alarm (cli, row);
    goto leave;
  }
  if (cf_row_true (row, "deleted"))
    state = _ ("deleted, with its key and its history");
  else if (by_peer)
    state = _ ("closed by the other side");
  if (*trouble)
    cf_cli_say (cli, CF_CLI_BAD, _ ("The conversation with %s (%.8s) is %s: %s"), name, id, cf_row_word (state), trouble);
  else
    cf_cli_say (cli, CF_CLI_GOOD, _ ("The conversation with %s (%.8s) is %s"), name, id, cf_row_word (state));
leave:
  free (name);
  free (trouble);
}

void
cf_show_expected (struct cf_cli *cli, json_t *row)
{
  char *until = cf_row_time (row, "until");

  if (*until)
    cf_cli_say (cli, CF_CLI_PLAIN, _ ("A request of theirs with this password opens by itself until %s"), until);
  else
    cf_cli_say (cli, CF_CLI_PLAIN, _ ("A request of theirs with this password opens by itself"));
  free (until);
}

void
cf_show_opened (struct cf_cli *cli, json_t *row)
{
  const char *id = cf_row_text (row, "conversation");

  if (!strcmp (cf_row_text (row, "state"), "verified")) {
    cf_cli_say (cli, CF_CLI_GOOD, _ ("Verified: both passwords were the same"));
    return;
  }
  if (cli->interactive) { /* that it is open was an event */
    cf_cli_say (cli, CF_CLI_GOOD, _ ("Both passwords were the same. To talk: chat %.8s"), id);
    return;
  }
  cf_cli_say (cli, CF_CLI_GOOD, _ ("The conversation is open: both passwords were the same. Its id is %.8s"), id);
  cf_cli_say (cli, CF_CLI_DIM, _ ("Talk with: confab chat %.8s"), id);
}

void
cf_show_certified (struct cf_cli *cli, json_t *row)
{
  char *who = cf_row_shown (row, "user_id");

  if (cf_row_true (row, "imported"))
    cf_cli_say (cli, CF_CLI_PLAIN, _ ("Their key is in your keyring now"));
  cf_cli_say (cli, CF_CLI_GOOD,
              cf_row_true (row, "already")      ? _ ("%s is certified already")
              : cf_row_true (row, "exportable") ? _ ("%s is certified by your key, for everybody who gets the key from you")
                                                : _ ("%s is certified by your key, for you alone"),
              who);
  free (who);
}

/* ---- messages ---- */

void
cf_show_sent (struct cf_cli *cli, json_t *row)
{
  cf_cli_say (cli, CF_CLI_DIM, "%s", cf_row_word (cf_row_text (row, "state")));
}

/* The text of ROW; of one that offers a file, what and how it stands. */
static char *
text_of (json_t *row)
{
  json_t *attachment = json_object_get (row, "attachment");
  char *name, *state, *text;

  if (cf_row_true (row, "notice"))
    return cf_words_text (row);
  if (!json_is_object (attachment) || cf_row_true (row, "deleted"))
    return cf_row_lines (row, "text");
  if (!*cf_row_text (attachment, "direction"))
    json_object_set (attachment, "direction", json_object_get (row, "direction"));
  name = cf_words_transfer_name (attachment);
  state = cf_words_transfer (attachment);
  if (cf_transfer_deeds (attachment) & CF_TRANSFER_CAN_ACCEPT)
    text = cf_cli_sprintf (_ ("File %s (%s). To take it: accept-file %.8s"), name, state, cf_row_text (attachment, "transfer"));
  else
    text = cf_cli_sprintf (_ ("File %s (%s)"), name, state);
  free (name);
  free (state);
  return text;
}

/* "14:05 Bob: text", further lines of the text indented. */
void
cf_show_message (struct cf_cli *cli, json_t *row)
{
  bool out = !strcmp (cf_row_text (row, "direction"), "out");
  char *text = text_of (row), *when = cf_row_time (row, out ? "sent_at" : "received_at"), *from, *line;
  const char *state = cf_row_text (row, "state"), *signature = cf_row_text (row, "signature");
  const json_t *reaction;
  size_t i;

  if (cf_row_true (row, "notice")) { /* of a key, not of a person */
    cf_cli_say (cli, CF_CLI_BAD, "%s ! %s", when, text);
    free (text);
    free (when);
    return;
  }
  if (cf_row_true (row, "removed")) {
    cf_cli_say (cli, CF_CLI_PLAIN, _ ("The message is gone from your side"));
    free (text);
    free (when);
    return;
  }
  from = out ? cf_cli_must (strdup (_ ("you"))) : cf_row_conversation (cli, row);
  if (*signature && strcmp (signature, "valid"))
    cf_cli_say (cli, CF_CLI_BAD, "%s",
                !strcmp (signature, "key_changed") ? _ ("! The next message is signed with another key than before")
                                                   : _ ("! The next message is not signed as it should be"));
  line = strtok (text, "\n");
  if (cli->color_out)
    printf ("\033[2m%s\033[0m \033[1m%s:\033[0m %s", when, from, line ? line : "");
  else
    printf ("%s %s: %s", when, from, line ? line : "");
  while ((line = strtok (NULL, "\n")))
    printf ("\n    %s", line);
  if (cf_row_true (row, "deleted"))
    printf ("(%s)", _ ("deleted"));
  if (cf_row_true (row, "edited"))
    printf (" (%s)", _ ("edited"));
  json_array_foreach (json_object_get (row, "reactions"), i, reaction) {
    char *emoji = cf_row_shown (reaction, "emoji");

    printf (" [%s]", emoji);
    free (emoji);
  }
  if (out && *state)
    printf (" (%s)", cf_row_word (state));
  putchar ('\n');
  cf_cli_flush ();
  free (text);
  free (when);
  free (from);
}

static void
detail (struct cf_cli *cli, const char *name, char *value)
{
  if (*value)
    cf_cli_say (cli, CF_CLI_PLAIN, "%-10s %s", name, value);
  free (value);
}

void
cf_show_message_details (struct cf_cli *cli, json_t *row)
{
  const json_t *envelope = json_object_get (row, "envelope");

  cf_show_message (cli, row);
  detail (cli, _ ("sent"), cf_row_time (row, "sent_at"));
  detail (cli, _ ("received"), cf_row_time (row, "received_at"));
  detail (cli, _ ("delivered"), cf_row_time (row, "delivered_at"));
  detail (cli, _ ("read"), cf_row_time (row, "read_at"));
  detail (cli, _ ("edited"), cf_row_time (row, "edited_at"));
  detail (cli, _ ("vanishes"), cf_row_time (row, "expires_at"));
  detail (cli, _ ("signature"), cf_row_shown (row, "signature"));
  detail (cli, _ ("signed by"), cf_row_fingerprint (cf_row_text (row, "signed_by")));
  if (json_is_object (envelope))
    detail (cli, _ ("envelope"), cf_cli_sprintf (_ ("%lld bytes"), (long long) json_integer_value (json_object_get (envelope, "bytes"))));
  detail (cli, _ ("route"), cf_row_shown (row, "route"));
}

void
cf_show_marks (struct cf_cli *cli, json_t *row)
{
  char *name = cf_row_conversation (cli, row), *until = cf_row_time (row, "muted_until");
  long long expire = json_integer_value (json_object_get (row, "expire_after"));
  bool pinned = cf_row_true (row, "pinned"), muted = cf_row_true (row, "muted");

  cf_cli_say (cli, CF_CLI_PLAIN, pinned ? _ ("The conversation with %s (%.8s) is pinned")
                                        : _ ("The conversation with %s (%.8s) is not pinned"),
              name, cf_row_text (row, "conversation"));
  if (muted && *until)
    cf_cli_say (cli, CF_CLI_PLAIN, _ ("It is muted until %s"), until);
  else
    cf_cli_say (cli, CF_CLI_PLAIN, "%s", muted ? _ ("It is muted") : _ ("It is not muted"));
  if (cf_row_true (row, "marked_unread"))
    cf_cli_say (cli, CF_CLI_PLAIN, _ ("It is marked as unread"));
  if (expire)
    cf_cli_say (cli, CF_CLI_PLAIN, _ ("Its messages vanish %lld seconds after they were read"), expire);
  free (name);
  free (until);
}

/* ---- settings, ends ---- */

void
cf_show_setting (struct cf_cli *cli, json_t *row)
{
  char *text = cf_row_shown (row, "value");

  cf_cli_say (cli, CF_CLI_PLAIN, "%s", text);
  free (text);
}

void
cf_show_visibility (struct cf_cli *cli, json_t *row)
{
  json_int_t unrecognised = json_integer_value (json_object_get (row, "unrecognised"));
  const char *visibility = cf_row_text (row, "visibility");
  char *until = cf_row_time (row, "until");

  if (*until)
    cf_cli_say (cli, CF_CLI_PLAIN, _ ("%s until %s"), cf_row_word (visibility), until);
  else
    cf_cli_say (cli, CF_CLI_PLAIN, "%s", cf_row_word (visibility));
  if (!strcmp (visibility, "contacts") && unrecognised)
    cf_cli_say (cli, CF_CLI_DIM,
                ngettext ("%lld of your contacts cannot recognise you: they do after a conversation that was opened by "
                          "password",
                          "%lld of your contacts cannot recognise you: they do after a conversation that was opened by "
                          "password",
                          (unsigned long) unrecognised),
                (long long) unrecognised);
  free (until);
}

void
cf_show_done (struct cf_cli *cli, json_t *row)
{
  (void) cli;
  (void) row; /* that it succeeded is the message */
}

/* ---- events ---- */

static void
show_message_state (struct cf_cli *cli, const json_t *row)
{
  char *name = cf_row_conversation (cli, row);

  cf_cli_say (cli, CF_CLI_DIM, _ ("Your message %.8s to %s: %s"), cf_row_text (row, "message"), name,
              cf_row_word (cf_row_text (row, "state")));
  free (name);
}

static void
show_typing (struct cf_cli *cli, const json_t *row)
{
  char *name = cf_row_conversation (cli, row);

  if (cf_row_true (row, "typing"))
    cf_cli_say (cli, CF_CLI_DIM, _ ("%s is typing"), name);
  free (name);
}

/* How a file ends, or what stops it; every step on its way is too much for a person. */
static void
show_transfer_event (struct cf_cli *cli, const json_t *row)
{
  char *text = cf_words_event (row);
  bool good = cf_transfer_state (row) == CF_TRANSFER_DONE;

  if (text)
    cf_cli_say (cli, good ? CF_CLI_GOOD : CF_CLI_WARN, "%s", text);
  free (text);
}

static void
show_error (struct cf_cli *cli, const json_t *row)
{
  char *who = cf_row_who (row), *text = cf_words_event (row);

  if (text)
    cf_cli_say (cli, CF_CLI_BAD, _ ("Error: %s"), text);
  else
    cf_cli_say (cli, CF_CLI_BAD, _ ("Error: %s: %s"), who, cf_row_text (row, "error"));
  free (who);
  free (text);
}

void
cf_show_event (struct cf_cli *cli, json_t *row)
{
  const char *event = cf_row_text (row, "event");

  if (!strcmp (event, "peer_seen") || !strcmp (event, "peer_gone"))
    cf_show_peer_line (cli, row);
  else if (!strcmp (event, "request") || !strcmp (event, "request_state"))
    cf_show_request_line (cli, row);
  else if (!strcmp (event, "conversation"))
    cf_show_conversation_line (cli, row);
  else if (!strcmp (event, "message"))
    cf_show_message (cli, row);
  else if (!strcmp (event, "message_changed"))
    cf_show_message (cli, row);
  else if (!strcmp (event, "message_removed"))
    cf_cli_say (cli, CF_CLI_DIM, "A message has disappeared");
  else if (!strcmp (event, "message_state"))
    show_message_state (cli, row);
  else if (!strcmp (event, "typing"))
    show_typing (cli, row);
  else if (!strcmp (event, "transfer"))
    show_transfer_event (cli, row);
  else if (!strcmp (event, "error"))
    show_error (cli, row);
  else if (!strcmp (event, "visibility"))
    cf_cli_say (cli, CF_CLI_DIM, _ ("You are visible to %s"), cf_row_word (cf_row_text (row, "visibility")));
  else if (!strcmp (event, "draft") || !strcmp (event, "setting") || !strcmp (event, "contact")
           || !strcmp (event, "link")) /* other clients' business */
    return;
  else if (!strcmp (event, "network"))
    cf_cli_say (cli, CF_CLI_DIM, _ ("The network has changed"));
  else
    cf_cli_say (cli, CF_CLI_DIM, "(%s)", event); /* of a newer daemon */
}
