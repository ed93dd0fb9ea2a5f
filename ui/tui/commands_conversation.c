/* SPDX-License-Identifier: GPL-3.0-or-later */
/* commands_conversation.c - a conversation as a whole. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui/tui/command.h"

/* ---- one verb ---- */

/* VERB of this conversation; SAID once it is done. */
static void
said (struct cf_tui_call *call, const struct cf_client_error *error)
{
  if (error->err)
    cf_tui_notice_error (call->tui, error);
  else
    cf_tui_notice (call->tui, CF_LOOK_GOOD, "%s", call->text);
}

static void
run_verb (struct cf_tui *tui, const char *verb, const char *option, const char *word, const char *text)
{
  const char *words[4] = { option, tui->current->conversation, word, NULL };
  struct cf_tui_call *call = cf_tui_call_new (tui, said);

  call->text = cf_must_copy (text);
  cf_tui_call_start (call, verb, option ? words : words + 1, NULL);
}

void
cf_run_read (struct cf_tui *tui, const struct cf_args *args)
{
  (void) args;
  run_verb (tui, "READ", NULL, NULL, _("Everything here is marked as read"));
}

void
cf_run_unread (struct cf_tui *tui, const struct cf_args *args)
{
  (void) args;
  run_verb (tui, "UNREAD", NULL, NULL, _("Marked as unread"));
  cf_window_show (tui, tui->previous && tui->previous != tui->current ? tui->previous : tui->windows[0]);
}

void
cf_run_pin (struct cf_tui *tui, const struct cf_args *args)
{
  (void) args;
  run_verb (tui, "PIN", NULL, NULL, _("This conversation stands at the top of every list now"));
}

void
cf_run_unpin (struct cf_tui *tui, const struct cf_args *args)
{
  (void) args;
  run_verb (tui, "UNPIN", NULL, NULL, _("This conversation stands among the others again"));
}

void
cf_run_mute (struct cf_tui *tui, const struct cf_args *args)
{
  char *option = args->count ? cf_must_print ("--for=%s", args->word[0]) : NULL;

  run_verb (tui, "MUTE", option, NULL, _("No notifications of this conversation any more"));
  free (option);
}

void
cf_run_unmute (struct cf_tui *tui, const struct cf_args *args)
{
  (void) args;
  run_verb (tui, "UNMUTE", NULL, NULL, _("Notifications of this conversation again"));
}

void
cf_run_timer (struct cf_tui *tui, const struct cf_args *args)
{
  int64_t seconds = cf_row_number (cf_window_row (tui->current), "expire_after");
  char *after;

  if (args->count) {
    run_verb (tui, "TIMER", NULL, args->word[0],
              !strcmp (args->word[0], "off") ? _("Messages stay from now on")
                                             : _("Messages sent from now on disappear that long after they were read"));
    return;
  }
  if (seconds <= 0) {
    cf_tui_notice (tui, CF_LOOK_PLAIN, "%s", _("Messages stay"));
    return;
  }
  after = cf_words_duration (seconds);
  cf_tui_notice (tui, CF_LOOK_PLAIN, _("Messages disappear %s after they were read"), after);
  free (after);
}

/* ---- close, delete ---- */

static void
close_answered (struct cf_tui *tui, void *arg, const char *text, size_t len)
{
  (void) len;
  if (text)
    cf_tui_do (tui, "CLOSE", arg, NULL);
}

void
cf_run_close (struct cf_tui *tui, const struct cf_args *args)
{
  char *name = cf_window_title (tui->current), *question;

  (void) args;
  question = cf_must_print (_("Close the conversation with %s, and tell them? y/n"), name);
  cf_tui_ask_yes_no (tui, question, close_answered, free, cf_must_copy (tui->current->conversation));
  free (question);
  free (name);
}

static void
delete_answered (struct cf_tui *tui, void *arg, const char *text, size_t len)
{
  (void) len;
  if (text)
    cf_tui_do (tui, "DELETE", arg, NULL);
}

void
cf_run_delete_conversation (struct cf_tui *tui, const struct cf_args *args)
{
  char *name = cf_window_title (tui->current), *question;

  (void) args;
  question = cf_must_print (_("Delete the conversation with %s, its key and all that was said in it? "
                              "It cannot be brought back. y/n"), name);
  cf_tui_ask_yes_no (tui, question, delete_answered, free, cf_must_copy (tui->current->conversation));
  free (question);
  free (name);
}

/* ---- who the other side is ---- */

static void
pair_fingerprint (struct cf_sheet *sheet, const char *label, const json_t *row, const char *key)
{
  char *text = cf_words_fingerprint (cf_row_text (row, key));

  cf_sheet_pair (sheet, label, text);
  free (text);
}

void
cf_run_security (struct cf_tui *tui, const struct cf_args *args)
{
  const json_t *row = cf_window_row (tui->current);
  struct cf_sheet *sheet = cf_tui_sheet (tui, _("Security"));
  char *who = cf_words_user_id (row), *verified = cf_words_verified (row), *what, *remedy;

  (void) args;
  cf_sheet_line (sheet, CF_LOOK_BOLD, who);
  pair_fingerprint (sheet, _("fingerprint"), row, "peer");
  cf_sheet_pair (sheet, _("trust"), verified);
  cf_sheet_pair (sheet, _("route"), cf_words_route (row));
  cf_sheet_line (sheet, CF_LOOK_PLAIN, "");
  cf_sheet_line (sheet, CF_LOOK_BOLD, _("Keys of this conversation alone"));
  pair_fingerprint (sheet, _("yours"), row, "own_key");
  pair_fingerprint (sheet, _("theirs"), row, "peer_key");
  cf_sheet_pair (sheet, _("id"), cf_row_text (row, "conversation"));
  cf_sheet_line (sheet, CF_LOOK_PLAIN, "");
  if (cf_words_trouble (row, &what, &remedy)) {
    cf_sheet_line (sheet, CF_LOOK_BAD | CF_LOOK_BOLD, what);
    cf_sheet_line (sheet, CF_LOOK_PLAIN, remedy);
    free (what);
    free (remedy);
  }
  cf_sheet_line (sheet, CF_LOOK_MUTED, _("/verify verifies once more, /certify certifies their key, /block ends it all."));
  free (who);
  free (verified);
}

/* ---- export ---- */

static bool
write_all (int fd, const char *data, size_t len)
{
  while (len) {
    ssize_t n = write (fd, data, len);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    data += n;
    len -= (size_t) n;
  }
  return true;
}

/* A row of the export: a mail as it is, since envelopes in it are signed; else a line of JSON. */
static bool
write_row (int fd, const json_t *row)
{
  const char *mail = cf_row_text (row, "mail");
  char *line;
  bool done;

  if (*mail)
    return write_all (fd, mail, strlen (mail));
  line = cf_must (json_dumps (row, JSON_COMPACT));
  done = write_all (fd, line, strlen (line)) && write_all (fd, "\n", 1);
  free (line);
  return done;
}

static void
export_done (struct cf_tui_call *call, const struct cf_client_error *error)
{
  const json_t *row;
  bool done = true;
  size_t i;
  int fd;

  if (error->err) {
    cf_tui_notice_error (call->tui, error);
    return;
  }
  fd = open (call->text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    cf_tui_notice (call->tui, CF_LOOK_BAD, _("\"%s\" cannot be made: %s"), call->text, strerror (errno));
    return;
  }
  json_array_foreach (call->rows, i, row)
    done = done && write_row (fd, row);
  done = !fsync (fd) && done;
  if (close (fd) || !done)
    cf_tui_notice (call->tui, CF_LOOK_BAD, _("\"%s\" could not be written: %s"), call->text, strerror (errno));
  else
    cf_tui_notice (call->tui, CF_LOOK_GOOD, _("The history is in \"%s\", readable by everybody who has the file"),
                   call->text);
}

void
cf_run_export (struct cf_tui *tui, const struct cf_args *args)
{
  char *option = cf_must_print ("--format=%s", args->count > 1 ? args->word[1] : "mbox");
  const char *words[3] = { option, tui->current->conversation, NULL };
  struct cf_tui_call *call = cf_tui_call_new (tui, export_done);

  call->text = cf_must_copy (args->word[0]);
  cf_tui_call_start (call, "EXPORT", words, NULL);
  free (option);
}
