/* SPDX-License-Identifier: GPL-3.0-or-later */
/* echo.c - Echo, the other side of a demonstration: accepts with the one password, sends back what comes, and shows on
 * demand what a message may go through.
 *
 * Events are only queued while they are read; what is done about them is done between two looks at the world, one after
 * the other, so that Ctrl-C and the end of the terminal are noticed in between.
 */

#include <config.h>

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ui/cli/demo.h"

#define CALL_MS 30000   /* a request that was given up by the other side would be waited for */
#define THINK_MS 700    /* "is typing" is to be seen */
#define LATER_MS 10000
#define GOODBYE_MS 3000 /* for conversations to be closed */
#define MANY 10
#define PASSWORD_SIZE 32

struct echo {
  struct cf_cli *cli;
  struct cf_client *events;
  char password[PASSWORD_SIZE];
  json_t *queue;            /* events not looked at yet */
  char *later;              /* the conversation that waits for a message, or NULL */
  int64_t later_ms, deadline_ms;
  bool stdin_matters;       /* its end is ours */
  bool over;
};

static const char help[] = N_ (
  "I am Echo, a program on your own machine, and I send back what you write. Try this:\n"
  "- reply to a message of mine: I reply to yours\n"
  "- write \"react\": I put a heart on your message\n"
  "- write \"edit\": I write something and correct it\n"
  "- write \"delete\": I write something and take it back\n"
  "- write \"long\", \"many\" or \"later\" (in ten seconds, to see a notification)\n"
  "- write \"close\": I close the conversation; you can open another with the same password\n"
  "- verify me again, with the same password: I answer by myself");

static const char long_text[] = N_ (
  "A long message. It is one message however long it is, and wraps where your window ends: nobody has to scroll "
  "sideways for it.\n\nIt may have paragraphs, and words of other scripts: \u4f60\u597d, \u0645\u0631\u062d\u0628\u0627, "
  "\u0434\u0440\u0443\u0437\u044c\u044f, \u00bfqu\u00e9 tal? \U0001F44B\n\n    and lines that begin with blanks,\n    "
  "as code does.\n\nIts end.");

/* ---- what is told here ---- */

static void
tell (struct echo *e, const char *state, const json_t *row, const char *text)
{
  char *name;
  json_t *o;

  if (e->cli->json) {
    o = cf_cli_must (json_pack ("{s:s, s:s*, s:s*, s:s*, s:s*}", "state", state, "conversation",
                                json_string_value (json_object_get (row, "conversation")), "fingerprint",
                                json_string_value (json_object_get (row, "fingerprint")), "text", text, "password",
                                strcmp (state, "ready") ? NULL : e->password));
    cf_cli_json (o);
    json_decref (o);
    return;
  }
  name = *cf_row_text (row, "conversation") && strcmp (state, "request") ? cf_row_conversation (e->cli, row)
                                                                         : cf_row_who (row);
  cf_cli_say (e->cli, CF_CLI_DIM, "%s: %s", name, text);
  free (name);
}

static void
tell_ready (struct echo *e, const json_t *self)
{
  if (e->cli->json) {
    tell (e, "ready", self, NULL);
    return;
  }
  cf_cli_say (e->cli, CF_CLI_BOLD, _ ("%s is near: somebody to try Confab with, on this machine only."), CF_DEMO_NAME);
  cf_cli_say (e->cli, CF_CLI_PLAIN, _ ("\n  1. Open a conversation with Echo: click on it, or, in another terminal,\n"
                                       "       confab open %.8s\n"
                                       "  2. Type this password:\n       %s\n"
                                       "  3. Write something. \"help\" says what else there is to try.\n"),
              cf_row_text (self, "fingerprint"), e->password); /* its mail address is that of every Echo there was */
  cf_cli_say (e->cli, CF_CLI_DIM, _ ("Ctrl-C ends Echo and removes all that is Echo's."));
}

/* ---- calls ---- */

struct given {
  const char *keyword, *text;
  char *message; /* id that the call gave; or NULL */
};

static gpg_error_t
on_inquire (void *arg, const char *keyword, char **r_data, size_t *r_len)
{
  struct given *given = arg;

  if (!given->text || strcmp (keyword, given->keyword))
    return cf_err (GPG_ERR_NO_DATA);
  *r_data = cf_cli_must (strdup (given->text));
  *r_len = strlen (given->text);
  return 0;
}

static gpg_error_t
on_row (void *arg, json_t *row)
{
  struct given *given = arg;

  free (given->message);
  given->message = *cf_row_text (row, "message") ? cf_cli_must (strdup (cf_row_text (row, "message"))) : NULL;
  return 0;
}

/* VERB with up to three words, NULL for none, and TEXT if it asks.  What fails is not told: a conversation may have been
   closed meanwhile.  The id of a message that came of it (caller frees), or NULL. */
static char *
call (struct echo *e, const char *verb, const char *a, const char *b, const char *c, const char *text)
{
  static const struct cf_client_handler handler = { on_row, on_inquire };
  const char *words[] = { a, a ? b : NULL, a && b ? c : NULL, NULL };
  struct given given = { "TEXT", text, NULL };
  struct cf_client_error error;

  if (!cf_cli_connect (e->cli) && cf_cli_call (e->cli, verb, words, &handler, &given, CALL_MS, &error)) {
    free (given.message);
    return NULL;
  }
  return given.message;
}

static void
say (struct echo *e, const char *conv, const char *text)
{
  free (call (e, "SEND", conv, NULL, NULL, text));
}

/* ---- waiting ---- */

static gpg_error_t
on_event (void *arg, json_t *row)
{
  struct echo *e = arg;

  return json_array_append (e->queue, row) ? cf_err (GPG_ERR_ENOMEM) : 0;
}

/* Put what has come into the queue. */
static void
take_events (struct echo *e)
{
  struct cf_client_error error;
  bool ended = false;

  do
    if (cf_client_step (e->events, &ended, &error) || ended)
      e->over = true; /* the daemon has gone */
  while (!e->over && cf_client_pending (e->events));
}

/* Until something has come, which is then in the queue, or UNTIL_MS (< 0: no limit), or the end. */
static void
wait_for (struct echo *e, int64_t until_ms)
{
  struct pollfd fds[2] = { { e->stdin_matters ? STDIN_FILENO : -1, 0, 0 },
                           { cf_client_fd (e->events), cf_client_events (e->events), 0 } };
  int64_t now = cf_cli_now_ms (), left = 60000;
  bool here;

  if (e->deadline_ms >= 0 && (until_ms < 0 || e->deadline_ms < until_ms))
    until_ms = e->deadline_ms;
  if (until_ms >= 0 && until_ms - now < left)
    left = until_ms > now ? until_ms - now : 0;
  here = cf_cli_poll (fds, 2, (int) left) > 0;
  if (cf_cli_interrupted (false) || (here && (fds[0].revents & (POLLHUP | POLLERR)))
      || (e->deadline_ms >= 0 && cf_cli_now_ms () >= e->deadline_ms))
    e->over = true;
  else if (here && fds[1].revents)
    take_events (e);
}

/* Time to think, during which others may write. */
static void
think (struct echo *e)
{
  int64_t until = cf_cli_now_ms () + THINK_MS;

  while (!e->over && cf_cli_now_ms () < until)
    wait_for (e, until);
}

/* ---- what Echo does ---- */

static void
accept_request (struct echo *e, const json_t *row)
{
  static const struct cf_client_handler handler = { NULL, on_inquire };
  const char *words[] = { cf_row_text (row, "request"), NULL };
  struct given given = { "PASSWORD", e->password, NULL };
  struct cf_client_error error = { 0 };

  if (strcmp (cf_row_text (row, "state"), "waiting"))
    return;
  tell (e, "request", row, strcmp (cf_row_text (row, "purpose"), "verify") ? _ ("asks for a conversation")
                                                                           : _ ("asks to verify each other"));
  if (!cf_cli_connect (e->cli) && cf_cli_call (e->cli, "ACCEPT", words, &handler, &given, CALL_MS, &error)) {
    tell (e, "wrong", row, _ ("the passwords were not the same, or nobody typed one"));
    return;
  }
  if (!e->cli->json)
    cf_cli_learn_names (e->cli);
  tell (e, "open", row, _ ("the passwords were the same"));
  if (strcmp (cf_row_text (row, "purpose"), "verify"))
    say (e, cf_row_text (row, "request"), _ ("Hello! I am Echo. Write something; \"help\" says what I can do."));
}

/* Write, and then think better of it. */
static void
change_of_mind (struct echo *e, const char *conv, bool delete)
{
  char *id = call (e, "SEND", conv, NULL, NULL, delete ? _ ("I should not have said that.") : _ ("Tihs is wrong."));

  think (e);
  think (e);
  if (id)
    free (delete ? call (e, "DELETE-MESSAGE", conv, id, NULL, NULL)
                 : call (e, "EDIT", conv, id, NULL, _ ("This is right.")));
  free (id);
}

/* A text that is a command; false: it is none. */
static bool
obey (struct echo *e, const char *conv, const char *message, const char *text)
{
  if (!strcasecmp (text, "help") || !strcmp (text, "?"))
    say (e, conv, _ (help));
  else if (!strcasecmp (text, "react"))
    free (call (e, "REACT", conv, message, "\u2764", NULL));
  else if (!strcasecmp (text, "edit") || !strcasecmp (text, "delete"))
    change_of_mind (e, conv, !strcasecmp (text, "delete"));
  else if (!strcasecmp (text, "long"))
    say (e, conv, _ (long_text));
  else if (!strcasecmp (text, "many")) {
    for (int i = 1; i <= MANY; i++) {
      char *line = cf_cli_sprintf (_ ("%d of %d"), i, MANY);

      say (e, conv, line);
      free (line);
    }
  } else if (!strcasecmp (text, "later")) {
    say (e, conv, _ ("In ten seconds. Look away."));
    free (e->later);
    e->later = cf_cli_must (strdup (conv));
    e->later_ms = cf_cli_now_ms () + LATER_MS;
  } else if (!strcasecmp (text, "close"))
    free (call (e, "CLOSE", conv, NULL, NULL, NULL));
  else
    return false;
  return true;
}

static void
answer (struct echo *e, const json_t *row)
{
  const char *conv = cf_row_text (row, "conversation"), *text = cf_row_text (row, "text"),
             *message = cf_row_text (row, "message"), *kind = cf_row_text (row, "kind");
  char *shown, *reply;

  if (strcmp (cf_row_text (row, "direction"), "in") || cf_row_true (row, "notice") || (*kind && strcmp (kind, "text")))
    return;
  shown = cf_row_shown (row, "text");
  tell (e, "message", row, shown);
  free (shown);
  free (call (e, "READ", conv, message, NULL, NULL));
  free (call (e, "TYPING", conv, "on", NULL, NULL));
  think (e);
  if (obey (e, conv, message, text))
    return;
  if (*cf_row_text (row, "reply_to")) {
    reply = cf_cli_sprintf ("--reply-to=%s", message);
    free (call (e, "SEND", reply, conv, NULL, text));
    free (reply);
  } else
    say (e, conv, text);
}

static void
take_queue (struct echo *e)
{
  while (!e->over && json_array_size (e->queue)) {
    json_t *row = json_incref (json_array_get (e->queue, 0));
    const char *event = cf_row_text (row, "event");

    json_array_remove (e->queue, 0);
    if (!strcmp (event, "request"))
      accept_request (e, row);
    else if (!strcmp (event, "message"))
      answer (e, row);
    json_decref (row);
  }
  if (!e->over && e->later && cf_cli_now_ms () >= e->later_ms) {
    say (e, e->later, _ ("Here it is: the message for later."));
    free (e->later);
    e->later = NULL;
  }
}

/* ---- beginning and end ---- */

/* Two words and a number: easy to type, and only for people on this machine. */
static void
make_password (char password[PASSWORD_SIZE])
{
  static const char *const first[] = { "quiet", "sunny", "green", "early", "happy", "round", "small", "swift" };
  static const char *const second[] = { "otter", "maple", "river", "lemon", "piano", "tiger", "cloud", "bread" };

  snprintf (password, PASSWORD_SIZE, "%s-%s-%02u", first[randombytes_uniform (8)], second[randombytes_uniform (8)],
            (unsigned) randombytes_uniform (100));
}

/* A terminal or a pipe ends with whoever started us; a file, or nothing, says nothing. */
static bool
stdin_ends (void)
{
  struct stat st;

  return !fstat (STDIN_FILENO, &st) && (S_ISFIFO (st.st_mode) || S_ISSOCK (st.st_mode) || isatty (STDIN_FILENO));
}

static int
begin (struct echo *e)
{
  static const struct cf_client_handler handler = { on_event, NULL };
  const struct cf_client_config config = { e->cli->home, true };
  struct cf_client_error error;
  json_t *rows = NULL;
  char *identity;
  gpg_error_t err;
  int code;

  e->queue = cf_cli_must (json_array ());
  code = cf_cli_rows (e->cli, "IDENTITIES", NULL, &rows);
  if (code)
    return code;
  identity = cf_cli_sprintf ("--identity=%s", cf_row_text (json_array_get (rows, 0), "fingerprint"));
  err = cf_cli_call (e->cli, "INIT", (const char *[]) { identity, NULL }, NULL, NULL, CALL_MS, &error);
  free (identity);
  if (err)
    code = cf_cli_fail_call (e->cli, &error);
  else if ((err = cf_client_connect (&config, &e->events))
           || (err = cf_client_start (e->events, "EVENTS", &handler, e)))
    code = cf_cli_fail (e->cli, err, NULL, NULL);
  else {
    free (call (e, "CONFIG", "name", CF_DEMO_NAME, NULL, NULL));
    tell_ready (e, json_array_get (rows, 0));
  }
  json_decref (rows);
  return code;
}

/* So that the other side does not wait for somebody who is no more. */
static void
close_all (struct echo *e)
{
  json_t *rows = NULL, *row;
  size_t i;

  cf_cli_interrupted (true);
  e->cli->timeout_ms = GOODBYE_MS;
  if (cf_cli_rows (e->cli, "CONVERSATIONS", NULL, &rows))
    return;
  json_array_foreach (rows, i, row)
    if (!strcmp (cf_row_text (row, "state"), "open") && !cf_cli_interrupted (false))
      free (call (e, "CLOSE", cf_row_text (row, "conversation"), NULL, NULL, NULL));
  json_decref (rows);
}

int
cf_echo_run (struct cf_cli *cli, int64_t deadline_ms)
{
  struct echo e = { .cli = cli, .deadline_ms = deadline_ms, .stdin_matters = stdin_ends () };
  int code;

  make_password (e.password);
  code = begin (&e);
  while (!code && !e.over) {
    take_queue (&e);
    wait_for (&e, e.later ? e.later_ms : -1);
  }
  if (!code)
    close_all (&e);
  cf_client_free (e.events);
  json_decref (e.queue);
  free (e.later);
  return code;
}
