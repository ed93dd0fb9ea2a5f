/* SPDX-License-Identifier: GPL-3.0-or-later */
/* commands_people.c - people: asking, answering, verifying, lists of them. */

#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/secmem.h"
#include "base/text.h"
#include "ui/tui/command.h"

#define KEY_FILE_MAX (256 * 1024) /* bytes of an exported key */

/* ---- who is meant ---- */

static bool
is_meant (const json_t *row, const char *text)
{
  const char *user_id = cf_row_text (row, "user_id"), *mail = strchr (user_id, '<');
  size_t len = strlen (text);
  char *name = cf_words_name (row);
  bool is = !strcasecmp (name, text) || !strcasecmp (user_id, text) || !strcasecmp (cf_row_text (row, "name"), text)
            || !strcasecmp (cf_row_text (row, "fingerprint"), text)
            || (mail && !strncasecmp (mail + 1, text, len) && !strcmp (mail + 1 + len, ">"));

  free (name);
  return is;
}

/* The beginning of a name is enough where it is of one person only: who is meant is shown before anything is done. */
static bool
begins (const json_t *row, const char *text)
{
  char *name = cf_words_name (row);
  bool is = !strncasecmp (name, text, strlen (text));

  free (name);
  return is;
}

/* The row of who TEXT means by MEANT, borrowed; NULL: nobody that is known here, or more than one (*R_MANY). */
static const json_t *
find_person (struct cf_tui *tui, const char *text, bool (*meant) (const json_t *, const char *), bool *r_many)
{
  static const enum cf_model_list lists[] = { CF_MODEL_CONTACTS, CF_MODEL_PEERS };
  const json_t *row, *found = NULL;

  *r_many = false;
  for (size_t i = 0; i < 2; i++)
    for (row = NULL; (row = cf_model_next (tui->model, lists[i], row));) {
      if (!meant (row, text)
          || (found && !strcmp (cf_row_text (found, "fingerprint"), cf_row_text (row, "fingerprint"))))
        continue;
      *r_many |= found != NULL;
      found = row;
    }
  return *r_many ? NULL : found;
}

/* Could the daemon know who is meant where we do not: a fingerprint, an address? */
static bool
is_id (const char *text)
{
  return strchr (text, ':') || strlen (text) == strspn (text, "0123456789abcdefABCDEF");
}

/* TEXT as the daemon is to be told: the fingerprint, if we know who it is.  NULL: told. */
static const char *
person (struct cf_tui *tui, const char *text, const json_t **r_row)
{
  bool many;

  *r_row = find_person (tui, text, is_meant, &many);
  if (!*r_row && !many)
    *r_row = find_person (tui, text, begins, &many);
  if (many) {
    cf_tui_notice (tui, CF_LOOK_BAD, _("\"%s\" could be several people: give the fingerprint, which /peers and /contacts show"),
                   text);
    return NULL;
  }
  if (!*r_row && !is_id (text)) {
    cf_tui_notice (tui, CF_LOOK_BAD, _("Nobody near and no contact is called \"%s\". /peers and /contacts show who there is"),
                   text);
    return NULL;
  }
  return *r_row ? cf_row_text (*r_row, "fingerprint") : text;
}

/* ---- calls with a password ---- */

struct gate {
  char *verb, *option, *id, *doing; /* DOING: what the status says meanwhile */
};

static void
gate_free (void *arg)
{
  struct gate *gate = arg;

  free (gate->verb);
  free (gate->option);
  free (gate->id);
  free (gate->doing);
  free (gate);
}

static void
expected (struct cf_tui_call *call)
{
  cf_tui_notice (call->tui, CF_LOOK_GOOD, "%s", _("A request of theirs with this password opens by itself now"));
}

static void
gate_done (struct cf_tui_call *call, const struct cf_client_error *error)
{
  const json_t *row = json_array_get (call->rows, 0);
  struct cf_window *window;

  if (error->err) {
    cf_tui_notice_error (call->tui, error); /* an event tells the console */
    return;
  }
  if (!strcmp (call->text, "EXPECT")) {
    expected (call);
    return;
  }
  window = cf_window_of (call->tui, cf_row_text (row, "conversation"));
  if (window)
    cf_window_show (call->tui, window);
  cf_tui_notice (call->tui, CF_LOOK_GOOD, "%s",
                 !strcmp (cf_row_text (row, "state"), "verified")
                     ? _("Verified: both passwords were the same")
                     : _("The conversation is open: both passwords were the same"));
}

static void
gate_answered (struct cf_tui *tui, void *arg, const char *text, size_t len)
{
  struct gate *gate = arg;
  const char *words[3] = { NULL, NULL, NULL };
  const struct cf_answer answers[2] = { { "PASSWORD", text, len }, { NULL, NULL, 0 } };
  struct cf_tui_call *call;

  if (!text || !len) {
    cf_tui_notice (tui, CF_LOOK_MUTED, "%s", _("No password was given, so nothing was done"));
    return;
  }
  words[*gate->option ? 0 : 1] = gate->option;
  words[*gate->option ? 1 : 0] = gate->id;
  if (!*gate->option)
    words[1] = NULL;
  call = cf_tui_call_new (tui, gate_done);
  call->text = cf_must_copy (gate->verb);
  call->person = strcmp (gate->verb, "EXPECT") != 0;
  cf_tui_notice (tui, CF_LOOK_MUTED, "%s", gate->doing);
  cf_tui_call_start (call, gate->verb, words, answers);
}

/* Ask for the password and go on with VERB; ROW says whom it is about, and may be NULL: then TEXT does. */
static void
ask_password (struct cf_tui *tui, const char *verb, char *option, const char *id, const json_t *row, const char *text,
              const char *doing)
{
  struct gate *gate = cf_must (calloc (1, sizeof *gate));
  const char *hex = *cf_row_text (row, "fingerprint") ? cf_row_text (row, "fingerprint") : cf_row_text (row, "peer");
  char *who = row ? cf_words_user_id (row) : cf_must_copy (text), *fingerprint = cf_words_fingerprint (hex), *question;

  gate->verb = cf_must_copy (verb);
  gate->option = option;
  gate->id = cf_must_copy (id);
  gate->doing = cf_must_copy (doing);
  question = cf_must_print (_("Password that you have agreed on with %s%s%s%s\nIt is not shown. Enter goes on, Esc does not."),
                            who, *fingerprint ? " (" : "", fingerprint, *fingerprint ? ")" : "");
  cf_tui_ask (tui, question, true, gate_answered, gate_free, gate);
  free (who);
  free (fingerprint);
  free (question);
}

/* ---- open, expect, verify ---- */

static void
ask_open (struct cf_tui *tui, const char *text, const char *note)
{
  const json_t *row;
  const char *peer = person (tui, text, &row);

  if (peer)
    ask_password (tui, "OPEN", *note ? cf_must_print ("--note=%s", note) : cf_must_copy (""), peer, row, text,
                  _("Asked. It opens when the other side has typed the same password"));
}

void
cf_tui_open (struct cf_tui *tui, const char *peer)
{
  ask_open (tui, peer, "");
}

void
cf_run_open (struct cf_tui *tui, const struct cf_args *args)
{
  ask_open (tui, args->word[0], args->rest);
}

void
cf_run_expect (struct cf_tui *tui, const struct cf_args *args)
{
  const json_t *row;
  const char *peer = person (tui, args->word[0], &row);

  if (peer)
    ask_password (tui, "EXPECT", args->word[1] ? cf_must_print ("--for=%s", args->word[1]) : cf_must_copy (""), peer,
                  row, args->word[0], _("One moment"));
}

void
cf_run_verify (struct cf_tui *tui, const struct cf_args *args)
{
  const json_t *row = cf_window_row (tui->current);

  (void) args;
  ask_password (tui, "VERIFY", cf_must_copy (""), tui->current->conversation, row, "",
                _("Asked. You are verified when the other side has typed the same password"));
}

/* ---- requests ---- */

/* The request that TEXT (or, being NULL, the only one) means.  NULL: told. */
static const json_t *
find_request (struct cf_tui *tui, const char *text)
{
  const json_t *row = NULL, *found = NULL;
  size_t count = 0;

  while ((row = cf_model_next (tui->model, CF_MODEL_REQUESTS, row))) {
    if (text && !is_meant (row, text)
        && (strlen (text) < 6 || strncasecmp (cf_row_text (row, "request"), text, strlen (text))))
      continue;
    found = row;
    count++;
  }
  if (!count && text)
    cf_tui_notice (tui, CF_LOOK_BAD, _("There is no request \"%s\"; /requests lists them"), text);
  else if (!count)
    cf_tui_notice (tui, CF_LOOK_BAD, "%s", _("Nobody is waiting for an answer"));
  else if (count > 1)
    cf_tui_notice (tui, CF_LOOK_BAD, "%s", _("Several wait for an answer: say whose, as /requests lists them"));
  return count == 1 ? found : NULL;
}

static void
ask_accept (struct cf_tui *tui, const json_t *row)
{
  if (row)
    ask_password (tui, "ACCEPT", cf_must_copy (""), cf_row_text (row, "request"), row, "", _("Comparing the passwords"));
}

void
cf_tui_accept (struct cf_tui *tui, const char *request)
{
  ask_accept (tui, find_request (tui, request));
}

void
cf_run_accept (struct cf_tui *tui, const struct cf_args *args)
{
  if (!args->count && !cf_model_count (tui->model, CF_MODEL_REQUESTS) && cf_command_file_waits (tui))
    cf_run_accept_file (tui, args); /* nobody asks for anything else */
  else
    ask_accept (tui, find_request (tui, args->word[0]));
}

void
cf_run_refuse (struct cf_tui *tui, const struct cf_args *args)
{
  bool only_block = args->count == 1 && !strcmp (args->word[0], "block");
  bool block = only_block || (args->count == 2 && !strcmp (args->word[1], "block"));
  const json_t *row;
  char *name;

  if (args->count == 2 && !block) {
    cf_tui_notice (tui, CF_LOOK_BAD, "%s", _("It goes like this: /refuse [REQUEST] [block]"));
    return;
  }
  row = find_request (tui, only_block ? NULL : args->word[0]);
  if (!row)
    return;
  name = cf_words_name (row);
  cf_tui_notice (tui, CF_LOOK_PLAIN, block ? _("The request of %s is refused, and they are blocked")
                                           : _("The request of %s is refused"), name);
  free (name);
  cf_tui_do (tui, "REFUSE", block ? "--block" : cf_row_text (row, "request"), block ? cf_row_text (row, "request") : NULL);
}

/* ---- certify, add, block ---- */

static void
certified (struct cf_tui_call *call, const struct cf_client_error *error)
{
  char *who;

  if (error->err) {
    cf_tui_notice_error (call->tui, error);
    return;
  }
  who = cf_words_user_id (json_array_get (call->rows, 0));
  cf_tui_notice (call->tui, CF_LOOK_GOOD, _("%s is certified by your key, for you alone"), who);
  free (who);
}

void
cf_run_certify (struct cf_tui *tui, const struct cf_args *args)
{
  const json_t *row;
  const char *peer = NULL, *words[2] = { NULL, NULL };
  struct cf_tui_call *call;

  if (args->count)
    peer = person (tui, args->word[0], &row);
  else if (cf_command_conversation (tui))
    peer = cf_row_text (cf_window_row (tui->current), "peer");
  if (!peer)
    return;
  words[0] = peer;
  call = cf_tui_call_new (tui, certified);
  call->outside = true;
  cf_tui_leave_terminal (tui, _("Confab: your key is asked to certify another one; its passphrase may be asked for here."));
  cf_tui_call_start (call, "CERTIFY", words, NULL);
}

static void
added (struct cf_tui_call *call, const struct cf_client_error *error)
{
  char *who;

  if (error->err) {
    cf_tui_notice_error (call->tui, error);
    return;
  }
  who = cf_words_user_id (json_array_get (call->rows, 0));
  cf_tui_notice (call->tui, CF_LOOK_GOOD, _("%s is a contact now. To talk: /open"), who);
  free (who);
}

/* All of a key's file.  NULL: told. */
static char *
read_key (struct cf_tui *tui, const char *path, size_t *r_len)
{
  char *data = cf_must (malloc (KEY_FILE_MAX + 1));
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  ssize_t n = 0;

  *r_len = 0;
  while (fd >= 0 && *r_len <= KEY_FILE_MAX && (n = read (fd, data + *r_len, KEY_FILE_MAX + 1 - *r_len)) > 0)
    *r_len += (size_t) n;
  if (fd >= 0)
    close (fd);
  if (fd >= 0 && n >= 0 && *r_len <= KEY_FILE_MAX)
    return data;
  cf_tui_notice (tui, CF_LOOK_BAD, _("\"%s\" cannot be read, or is too long for a key"), path);
  free (data);
  return NULL;
}

void
cf_run_add (struct cf_tui *tui, const struct cf_args *args)
{
  struct cf_answer answers[2] = { { "KEY", NULL, 0 }, { NULL, NULL, 0 } };
  const char *words[2] = { args->rest, NULL };
  struct stat info;
  char *key = NULL;

  if (!stat (args->rest, &info)) {
    key = read_key (tui, args->rest, &answers[0].len);
    if (!key)
      return;
    answers[0].data = key;
    words[0] = "--key";
  }
  cf_tui_call_start (cf_tui_call_new (tui, added), "ADD", words, key ? answers : NULL);
  free (key);
}

static void
change_block (struct cf_tui *tui, const char *text, bool block)
{
  const json_t *row;
  const char *peer = person (tui, text, &row);
  char *name;

  if (!peer)
    return;
  name = row ? cf_words_name (row) : cf_must_copy (text);
  cf_tui_notice (tui, CF_LOOK_PLAIN,
                 block ? _("Nothing is heard of %s any more") : _("%s is not blocked any more"), name);
  free (name);
  cf_tui_do (tui, block ? "BLOCK" : "UNBLOCK", peer, NULL);
}

void
cf_run_block (struct cf_tui *tui, const struct cf_args *args)
{
  change_block (tui, args->word[0], true);
}

void
cf_run_unblock (struct cf_tui *tui, const struct cf_args *args)
{
  change_block (tui, args->word[0], false);
}

/* ---- lists ---- */

static void
show_person (struct cf_sheet *sheet, const json_t *row)
{
  char *who = cf_words_user_id (row), *hex = cf_words_fingerprint (cf_row_text (row, "fingerprint"));
  char *verified = json_object_get (row, "verified") ? cf_words_verified (row) : cf_must_copy ("");
  char *warning = cf_words_warning (row);
  const char *bad = cf_words_key_state (cf_row_text (row, "key_state"));

  cf_sheet_line (sheet, CF_LOOK_BOLD, who);
  cf_sheet_pair (sheet, _("  fingerprint"), hex);
  cf_sheet_pair (sheet, _("  trust"), verified);
  cf_sheet_pair (sheet, *verified ? "" : _("  trust"), cf_words_validity (cf_row_text (row, "validity")));
  cf_sheet_pair (sheet, _("  blocked"), cf_row_true (row, "blocked") ? _("yes") : "");
  if (*bad)
    cf_paper_add (sheet->paper, CF_LOOK_BAD, 16, _("  key"), bad);
  if (*warning)
    cf_paper_add (sheet->paper, CF_LOOK_BAD | CF_LOOK_BOLD, 16, "  !", warning);
  free (who);
  free (hex);
  free (verified);
  free (warning);
}

static void
show_list (struct cf_tui *tui, enum cf_model_list list, const char *title, const char *empty, const char *next)
{
  struct cf_sheet *sheet = cf_tui_sheet (tui, title);
  const json_t *row = NULL;
  size_t count = 0;

  while ((row = cf_model_next (tui->model, list, row))) {
    char *note = cf_must (cf_text_display (cf_row_text (row, "note"), strlen (cf_row_text (row, "note")), false));

    show_person (sheet, row);
    cf_sheet_pair (sheet, _("  note"), note);
    free (note);
    cf_sheet_line (sheet, CF_LOOK_PLAIN, "");
    count++;
  }
  cf_sheet_line (sheet, CF_LOOK_MUTED, count ? next : empty);
}

void
cf_run_peers (struct cf_tui *tui, const struct cf_args *args)
{
  (void) args;
  show_list (tui, CF_MODEL_PEERS, _("Nearby"),
             _("Nobody is near. Invite people with your address (/address), add a contact (/add), or check the network "
               "(/status)."),
             _("To talk with somebody: /open NAME"));
}

void
cf_run_contacts (struct cf_tui *tui, const struct cf_args *args)
{
  (void) args;
  show_list (tui, CF_MODEL_CONTACTS, _("Contacts"), _("There are no contacts yet. Who is near: /peers. Others: /add"),
             _("To talk with somebody: /open NAME"));
}

void
cf_run_requests (struct cf_tui *tui, const struct cf_args *args)
{
  (void) args;
  show_list (tui, CF_MODEL_REQUESTS, _("Requests"), _("Nobody is waiting for an answer."),
             _("To answer: /accept NAME, or /refuse NAME"));
}

/* ---- how somebody is reached ---- */

static void
show_way (struct cf_sheet *sheet, const json_t *step, int64_t now)
{
  const char *state = cf_row_text (step, "state");
  char *name = cf_words_step (step), *text = cf_words_step_whole (step), *tried = cf_words_step_tried (step, now);
  char *label = cf_must_print ("  %s: %s", name, cf_words_step_state (step));

  cf_sheet_line (sheet,
                 !strcmp (state, "used")     ? CF_LOOK_GOOD | CF_LOOK_BOLD
                 : !strcmp (state, "failed") ? CF_LOOK_WARN
                                             : CF_LOOK_PLAIN,
                 label);
  if (strcmp (state, "spare"))
    cf_paper_add (sheet->paper, CF_LOOK_MUTED, 4, "    ", text);
  if (*tried)
    cf_paper_add (sheet->paper, CF_LOOK_MUTED, 4, "    ", tried);
  free (label);
  free (name);
  free (text);
  free (tried);
}

static void
reach_done (struct cf_tui_call *call, const struct cf_client_error *error)
{
  const json_t *row = json_array_get (call->rows, 0), *step;
  int64_t now = (int64_t) time (NULL) * 1000;
  struct cf_sheet *sheet;
  char *who, *title, *text;
  size_t i;

  if (error->err) {
    cf_tui_notice_error (call->tui, error);
    return;
  }
  who = cf_words_name (row);
  /* Translators: %s is a name. */
  title = cf_must_print (_("How you reach %s"), who);
  sheet = cf_tui_sheet (call->tui, title);
  text = cf_words_reach (row, now);
  cf_paper_add (sheet->paper, cf_row_true (row, "online") ? CF_LOOK_GOOD : CF_LOOK_WARN, 2, "  ", text);
  cf_sheet_line (sheet, CF_LOOK_PLAIN, "");
  cf_sheet_line (sheet, CF_LOOK_ACCENT | CF_LOOK_BOLD, _("Ways, the best first"));
  json_array_foreach (json_object_get (row, "network"), i, step)
    show_way (sheet, step, now);
  free (who);
  free (title);
  free (text);
}

void
cf_run_reach (struct cf_tui *tui, const struct cf_args *args)
{
  const json_t *row;
  const char *id = person (tui, args->word[0], &row), *words[] = { id, NULL };

  if (id)
    cf_tui_call_start (cf_tui_call_new (tui, reach_done), "STATUS", words, NULL);
}
