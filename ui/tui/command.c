/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command.c - the slash commands: what they are called and take, how a line becomes one, completion. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ui/tui/command.h"

#define ID_BEGIN_MIN 6
#define NUMBER_HELP                                                                                                    \
  N_ ("N is the number that stands beside each message while you type this command. Without it, the message that "    \
      "you chose with Ctrl+Up is meant, else the last one.")

/* clang-format off */
const struct cf_command cf_commands[] = {
  { "help", N_("[COMMAND]"), N_("keys and commands, or what one of them does"), NULL,
    { CF_ARG_COMMAND, 0 }, NULL, 0, 1, false, false, cf_run_help },
  /* people */
  { "open", N_("PEER [NOTE]"), N_("ask somebody for a conversation"),
    N_("You are asked for a password that you have agreed on with them, by voice or in person. The conversation opens "
       "when both have typed the same. NOTE is a word that they see with the request; it is not a secret."),
    { CF_ARG_PEER, 0 }, NULL, 1, 1, true, false, cf_run_open },
  { "accept", N_("[REQUEST]"), N_("answer a request with the password"),
    N_("Without REQUEST the only one that waits is meant."),
    { CF_ARG_REQUEST, 0 }, NULL, 0, 1, false, false, cf_run_accept },
  { "refuse", N_("[REQUEST] [block]"), N_("refuse a request"),
    N_("With block you hear nothing from them any more."),
    { CF_ARG_REQUEST, CF_ARG_CHOICE }, "block", 0, 2, false, false, cf_run_refuse },
  { "expect", N_("PEER [DURATION]"), N_("give the password beforehand"),
    N_("A request of theirs with this password then opens by itself, for a day or for DURATION: 90s, 10m, 2h, 3d."),
    { CF_ARG_PEER, 0 }, NULL, 1, 2, false, false, cf_run_expect },
  { "verify", "", N_("verify each other once more, by a password that both type"), NULL,
    { 0, 0 }, NULL, 0, 0, false, true, cf_run_verify },
  { "certify", N_("[PEER]"), N_("certify a verified contact's key with yours"),
    N_("For you alone: it is not given to others. Without PEER, the other side of this conversation is meant."),
    { CF_ARG_PEER, 0 }, NULL, 0, 1, false, false, cf_run_certify },
  { "add", N_("ADDRESS|FILE"), N_("a new contact, from an address or an exported key"), NULL,
    { 0, 0 }, NULL, 1, 0, true, false, cf_run_add },
  { "block", N_("PEER"), N_("hear nothing from somebody any more"), NULL,
    { CF_ARG_PEER, 0 }, NULL, 1, 1, false, false, cf_run_block },
  { "unblock", N_("PEER"), N_("hear from them again"), NULL,
    { CF_ARG_PEER, 0 }, NULL, 1, 1, false, false, cf_run_unblock },
  { "peers", "", N_("who is near"), NULL, { 0, 0 }, NULL, 0, 0, false, false, cf_run_peers },
  { "contacts", "", N_("whom you know"), NULL, { 0, 0 }, NULL, 0, 0, false, false, cf_run_contacts },
  { "requests", "", N_("who waits for an answer"), NULL, { 0, 0 }, NULL, 0, 0, false, false, cf_run_requests },
  /* messages */
  { "msg", N_("CONVERSATION TEXT"), N_("send a message without going there"), NULL,
    { CF_ARG_CONVERSATION, 0 }, NULL, 1, 1, true, false, cf_run_msg },
  { "reply", N_("[N] [TEXT]"), N_("answer a message"), NUMBER_HELP,
    { 0, 0 }, NULL, 0, 0, true, true, cf_run_reply },
  { "edit", N_("[N] [TEXT]"), N_("change a message of yours, on both sides"), NUMBER_HELP,
    { 0, 0 }, NULL, 0, 0, true, true, cf_run_edit },
  { "react", N_("[N] [EMOJI]"), N_("put an emoji to a message; without one, take yours back"), NUMBER_HELP,
    { 0, 0 }, NULL, 0, 0, true, true, cf_run_react },
  { "delete", N_("[N]"), N_("take a message of yours back, or remove one here"), NUMBER_HELP,
    { 0, 0 }, NULL, 0, 0, true, true, cf_run_delete },
  { "details", N_("[N]"), N_("signature, keys and times of a message"), NUMBER_HELP,
    { 0, 0 }, NULL, 0, 0, true, true, cf_run_details },
  { "search", N_("WORDS"), N_("find messages; in the console, in all conversations"),
    N_("Type the number of a result and Enter to go there."),
    { 0, 0 }, NULL, 1, 0, true, false, cf_run_search },
  /* files */
  { "send-file", N_("PATH"), N_("offer a file or folder"),
    N_("It goes when the other side takes it, and on by itself after an interruption; keep it where it is until then. "
       "A path with spaces goes into quotes."),
    { CF_ARG_PATH, 0 }, NULL, 1, 1, false, true, cf_run_send_file },
  { "accept-file", N_("[N] [FOLDER]"), N_("take a file that is offered"),
    N_("N is the number that stands beside its message while you type this command; without it the newest is meant. It "
       "comes into FOLDER, else into that of the setting download-dir. Nothing there is overwritten."),
    { 0, 0 }, NULL, 0, 0, true, true, cf_run_accept_file },
  { "refuse-file", N_("[N]"), N_("refuse a file that is offered"), NUMBER_HELP,
    { 0, 0 }, NULL, 0, 0, true, true, cf_run_refuse_file },
  { "pause", N_("[N]"), N_("let a file rest on its way"), NUMBER_HELP,
    { 0, 0 }, NULL, 0, 0, true, true, cf_run_pause },
  { "resume", N_("[N]"), N_("let it go on"), NUMBER_HELP, { 0, 0 }, NULL, 0, 0, true, true, cf_run_resume },
  { "cancel", N_("[N]"), N_("give a file up; what has come of it is removed"), NUMBER_HELP,
    { 0, 0 }, NULL, 0, 0, true, true, cf_run_cancel },
  { "transfers", "", N_("files on their way; in the console, of all conversations"), NULL,
    { 0, 0 }, NULL, 0, 0, false, false, cf_run_transfers },
  /* the conversation */
  { "security", "", N_("who the other side is, and how that is known"), NULL,
    { 0, 0 }, NULL, 0, 0, false, true, cf_run_security },
  { "read", "", N_("mark everything here as read"), NULL, { 0, 0 }, NULL, 0, 0, false, true, cf_run_read },
  { "unread", "", N_("mark this conversation as unread, and leave it"), NULL, { 0, 0 }, NULL, 0, 0, false, true, cf_run_unread },
  { "timer", N_("[DURATION|off]"), N_("messages disappear that long after they were read"),
    N_("Of both sides, from now on: 30s, 10m, 8h, 7d, or off. Without DURATION it tells how it is."),
    { CF_ARG_CHOICE, 0 }, "off 30s 5m 1h 8h 1d 7d", 0, 1, false, true, cf_run_timer },
  { "pin", "", N_("keep this conversation at the top of every list"), NULL, { 0, 0 }, NULL, 0, 0, false, true, cf_run_pin },
  { "unpin", "", N_("no longer"), NULL, { 0, 0 }, NULL, 0, 0, false, true, cf_run_unpin },
  { "mute", N_("[DURATION]"), N_("no notifications of this conversation"), NULL,
    { CF_ARG_CHOICE, 0 }, "1h 8h 1d 7d", 0, 1, false, true, cf_run_mute },
  { "unmute", "", N_("notifications again"), NULL, { 0, 0 }, NULL, 0, 0, false, true, cf_run_unmute },
  { "export", N_("FILE [mbox|json]"), N_("write this conversation's history into a new file"),
    N_("mbox (if not given) is for mail programs and gpg. The file must not be there yet."),
    { CF_ARG_NONE, CF_ARG_CHOICE }, "mbox json", 1, 2, false, true, cf_run_export },
  { "close", "", N_("close this conversation, and tell the other side"), NULL, { 0, 0 }, NULL, 0, 0, false, true, cf_run_close },
  { "delete-conversation", "", N_("close it, and destroy its key and its history"), NULL,
    { 0, 0 }, NULL, 0, 0, false, true, cf_run_delete_conversation },
  /* oneself */
  { "address", N_("[renew]"), N_("your address, also to be scanned"),
    N_("Give it to people who are to find you. With renew you get a new one, and the old one no longer helps strangers."),
    { CF_ARG_CHOICE, 0 }, "renew", 0, 1, false, false, cf_run_address },
  { "visibility", N_("[everyone|contacts|nobody] [DURATION]"), N_("who on the local network sees you"), NULL,
    { CF_ARG_CHOICE, 0 }, "everyone contacts nobody", 0, 2, false, false, cf_run_visibility },
  { "status", N_("[PEER]"), N_("how things stand, and what to mend; or how somebody is reached"), NULL,
    { CF_ARG_PEER, 0 }, NULL, 0, 1, false, false, cf_run_status },
  { "set", N_("[KEY [VALUE]]"), N_("settings"), NULL,
    { CF_ARG_SETTING, 0 }, NULL, 0, 1, true, false, cf_run_set },
  { "unlock", "", N_("ask for the passphrase of your key again"), NULL, { 0, 0 }, NULL, 0, 0, false, false, cf_run_unlock },
  { "revoke-devices", "", N_("void all device keys up to now: after a disk or a machine was lost"),
    N_("Whoever has a copy of one is then taken for nobody by those who hear of it from you. This installation has a new one "
       "at once, and a new address; others of yours have to be made anew."),
    { 0, 0 }, NULL, 0, 0, false, false, cf_run_revoke_devices },
  { "init", "", N_("choose your identity"), NULL, { 0, 0 }, NULL, 0, 0, false, false, cf_run_init },
  /* the screen */
  { "window", N_("NUMBER|NAME"), N_("go to a window"), NULL,
    { CF_ARG_CONVERSATION, 0 }, NULL, 1, 1, false, false, cf_run_window },
  { "list", "", N_("show or hide the list at the left"), NULL, { 0, 0 }, NULL, 0, 0, false, false, cf_run_list },
  { "mouse", N_("[on|off]"), N_("wheel and clicks; off, the terminal selects text"), NULL,
    { CF_ARG_CHOICE, 0 }, "on off", 0, 1, false, false, cf_run_mouse },
  { "quit", "", N_("leave; messages go on coming and going without this window"), NULL,
    { 0, 0 }, NULL, 0, 0, false, false, cf_run_quit },
  { NULL, NULL, NULL, NULL, { 0, 0 }, NULL, 0, 0, false, false, NULL },
};
/* clang-format on */

const struct cf_command *
cf_command_find (const char *name)
{
  for (const struct cf_command *command = cf_commands; command->name; command++)
    if (!strcasecmp (command->name, name))
      return command;
  return NULL;
}

/* ---- running ---- */

static void
tell_usage (struct cf_tui *tui, const struct cf_command *command)
{
  cf_tui_notice (tui, CF_LOOK_BAD, _("It goes like this: /%s %s"), command->name, _(command->args));
}

/* Of the words that COMMAND takes as many as GIVEN are there; it is told which is missing. */
static void
tell_missing (struct cf_tui *tui, const struct cf_command *command, size_t given)
{
  const char *usage = _(command->args);
  char *missing = cf_words_argument (usage, given);

  /* Translators: a word that was not given, as "PEER"; then the command with all of its words. */
  cf_tui_notice (tui, CF_LOOK_BAD, _("%s is missing. It goes like this: /%s %s"), missing, command->name, usage);
  free (missing);
}

void
cf_tui_command (struct cf_tui *tui, const char *line)
{
  const struct cf_command *command;
  struct cf_args args;
  char *name;
  size_t len = strcspn (line + 1, " \n"), given;

  name = cf_must (strndup (line + 1, len));
  command = cf_command_find (name);
  if (!command) {
    cf_tui_notice (tui, CF_LOOK_BAD, _("There is no command /%s; /help lists them. // sends a text that begins with /"),
                   name);
    free (name);
    return;
  }
  free (name);
  cf_args_split (line + 1 + len, command->words, &args);
  given = args.count + (command->rest && *args.rest);
  if (given < command->min)
    tell_missing (tui, command, given);
  else if (!command->rest && *args.rest)
    tell_usage (tui, command);
  else if (!command->here || cf_command_conversation (tui))
    command->run (tui, &args);
  cf_args_done (&args);
}

const char *
cf_command_conversation (struct cf_tui *tui)
{
  if (!tui->current->conversation)
    cf_tui_notice (tui, CF_LOOK_BAD, "%s", _("Go to a conversation first, for example by Alt+2"));
  return tui->current->conversation;
}

static bool
window_is (const struct cf_window *window, const char *text)
{
  char *title = cf_window_title (window);
  size_t len = strlen (text);
  bool is = !strcasecmp (title, text)
            || (window->conversation && len >= ID_BEGIN_MIN && !strncasecmp (window->conversation, text, len));

  free (title);
  return is;
}

struct cf_window *
cf_command_window (struct cf_tui *tui, const char *text)
{
  unsigned long number = text[strspn (text, "0123456789")] ? 0 : strtoul (text, NULL, 10);
  struct cf_window *found = number <= tui->window_count ? cf_window_numbered (tui, (unsigned) number) : NULL;

  for (size_t i = 0; i < tui->window_count && !number; i++) {
    if (!tui->windows[i] || !window_is (tui->windows[i], text))
      continue;
    if (found) {
      cf_tui_notice (tui, CF_LOOK_BAD, _("\"%s\" could be several windows: use the number, %u or %u"), text,
                     found->number, tui->windows[i]->number);
      return NULL;
    }
    found = tui->windows[i];
  }
  if (!found)
    cf_tui_notice (tui, CF_LOOK_BAD, _("There is no window \"%s\""), text);
  return found;
}

/* ---- completion ---- */

struct names {
  char **names;
  size_t count, room;
};

static void
add_name (void *arg, char *name)
{
  struct names *n = arg;

  cf_must_grow (&n->names, &n->room, n->count + 1, sizeof *n->names);
  n->names[n->count++] = name;
}

static void
names_done (struct names *n)
{
  for (size_t i = 0; i < n->count; i++)
    free (n->names[i]);
  free (n->names);
}

/* A name that two share would be ambiguous: then the ids. */
static void
add_rows (struct cf_tui *tui, struct names *n, enum cf_model_list list, const char *key)
{
  const json_t *row = NULL;

  while ((row = cf_model_next (tui->model, list, row))) {
    char *name = cf_words_name (row);
    bool twice = false;

    for (size_t i = 0; i < n->count; i++)
      twice |= !strcasecmp (n->names[i], name);
    add_name (n, twice ? cf_must_copy (cf_row_text (row, key)) : cf_must_copy (name));
    free (name);
  }
}

static void
add_choices (struct names *n, const char *choices)
{
  while (*choices) {
    size_t len = strcspn (choices, " ");

    add_name (n, cf_must (strndup (choices, len)));
    choices += len + (choices[len] == ' ');
  }
}

static void
add_kind (struct cf_tui *tui, struct names *n, const struct cf_command *command, enum cf_arg kind, const char *typed)
{
  const json_t *row = NULL;

  switch (kind) {
  case CF_ARG_PEER:
    add_rows (tui, n, CF_MODEL_CONTACTS, "fingerprint");
    while ((row = cf_model_next (tui->model, CF_MODEL_PEERS, row)))
      if (!cf_model_get (tui->model, CF_MODEL_CONTACTS, cf_row_text (row, "fingerprint")))
        add_name (n, cf_words_name (row));
    break;
  case CF_ARG_CONVERSATION: add_rows (tui, n, CF_MODEL_CONVERSATIONS, "conversation"); break;
  case CF_ARG_REQUEST: add_rows (tui, n, CF_MODEL_REQUESTS, "request"); break;
  case CF_ARG_SETTING:
    while ((row = cf_model_next (tui->model, CF_MODEL_SETTINGS, row)))
      add_name (n, cf_must_copy (cf_row_text (row, "key")));
    break;
  case CF_ARG_COMMAND:
    for (const struct cf_command *c = cf_commands; c->name; c++)
      add_name (n, cf_must_copy (c->name));
    break;
  case CF_ARG_PATH: cf_command_add_paths (typed, add_name, n); break;
  case CF_ARG_CHOICE: add_choices (n, command->choices); break;
  case CF_ARG_NONE: break;
  }
}

/* What could be meant, on one line. */
static void
tell_matches (struct cf_tui *tui, const struct names *n, const char *word)
{
  char *all = cf_must_copy (""), *longer;

  for (size_t i = 0; i < n->count && strlen (all) < 400; i++) {
    if (strncasecmp (n->names[i], word, strlen (word)))
      continue;
    longer = cf_must_print ("%s%s%s", all, *all ? "  " : "", n->names[i]);
    free (all);
    all = longer;
  }
  cf_tui_notice (tui, CF_LOOK_MUTED, "%s", all);
  free (all);
}

static void
complete_word (struct cf_tui *tui, const struct names *n, const struct cf_args_place *place, const char *before)
{
  size_t cursor = cf_edit_cursor (tui->current->edit), matches;
  char *common = NULL, *quoted, *text;

  matches = cf_args_match (n->names, n->count, place->word, &common);
  if (matches) {
    bool over = matches == 1 && common[strlen (common) - 1] != '/'; /* in a directory there is more to choose */

    quoted = cf_args_quote (common);
    if (!over && quoted[0] != common[0])
      quoted[strlen (quoted) - 1] = 0; /* the quote is not over yet */
    text = cf_must_print ("%s%s%s", before, quoted, over ? " " : "");
    cf_edit_replace (tui->current->edit, place->begin, cursor - place->begin, text);
    free (quoted);
    free (text);
  }
  if (matches > 1)
    tell_matches (tui, n, place->word);
  free (common);
}

void
cf_tui_complete (struct cf_tui *tui)
{
  const char *text = cf_edit_text (tui->current->edit);
  const struct cf_command *command;
  struct names n = { NULL, 0, 0 };
  struct cf_args_place place;
  char *name;

  if (text[0] != '/' || text[1] == '/')
    return;
  cf_args_place (text, cf_edit_cursor (tui->current->edit), &place);
  if (!place.index) {
    add_kind (tui, &n, NULL, CF_ARG_COMMAND, "");
    memmove (place.word, place.word + 1, strlen (place.word)); /* the slash */
    complete_word (tui, &n, &place, "/");
  } else {
    name = cf_must (strndup (text + 1, strcspn (text + 1, " ")));
    command = cf_command_find (name);
    free (name);
    if (command && place.index <= 2) {
      add_kind (tui, &n, command, command->kinds[place.index - 1], place.word);
      complete_word (tui, &n, &place, "");
    }
  }
  free (place.word);
  names_done (&n);
}
