/* SPDX-License-Identifier: GPL-3.0-or-later */
/* commands_self.c - oneself, settings, the screen. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ui/client/qr.h"
#include "ui/tui/command.h"

#define HELP_INDENT 26

/* ---- help ---- */

static void
help_line (struct cf_sheet *sheet, const char *left, const char *right)
{
  char *label = cf_must_print ("  %s", left);

  cf_paper_add (sheet->paper, CF_LOOK_PLAIN, HELP_INDENT, label, right);
  free (label);
}

static void
help_keys (struct cf_sheet *sheet)
{
  static const struct {
    const char *keys, *what;
  } keys[] = {
    { N_ ("Alt+1 ... Alt+0"), N_ ("window 1 to 10 (or Esc, then the digit); 1 is the console") },
    { N_ ("Alt+A"), N_ ("the next window with something unread") },
    { N_ ("Alt+Left, Alt+Right"), N_ ("the window before, the next one (or Ctrl+P, Ctrl+N)") },
    { N_ ("Page Up, Page Down"), N_ ("scroll; Ctrl+Home, End: the oldest, the newest") },
    { N_ ("Ctrl+Up"), N_ ("choose a message (or Alt+K): then r reply, e edit, + react, d delete, i details") },
    { N_ ("Enter"), N_ ("send; Alt+Enter or Ctrl+J begins a new line") },
    { N_ ("Tab"), N_ ("complete a command, a name, an id") },
    { N_ ("Up, Down"), N_ ("what you typed before") },
    { N_ ("Ctrl+A E B F W U K Y"), N_ ("move, cut and put back, as in a shell") },
    { N_ ("F2 or Alt+L"), N_ ("show or hide the list at the left") },
    { N_ ("Ctrl+L"), N_ ("paint the screen again") },
    { N_ ("Ctrl+C"), N_ ("give up what is going on; clear the line") },
  };

  cf_sheet_line (sheet, CF_LOOK_ACCENT | CF_LOOK_BOLD, _("Keys"));
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    help_line (sheet, _(keys[i].keys), _(keys[i].what));
}

static void
help_all (struct cf_tui *tui)
{
  struct cf_sheet *sheet = cf_tui_sheet (tui, _("Help"));
  char *left;

  cf_sheet_line (sheet, CF_LOOK_PLAIN,
                 _("A line that you type in a conversation is sent with Enter. One that begins with / is a command."));
  cf_sheet_line (sheet, CF_LOOK_PLAIN, "");
  help_keys (sheet);
  cf_sheet_line (sheet, CF_LOOK_PLAIN, "");
  cf_sheet_line (sheet, CF_LOOK_ACCENT | CF_LOOK_BOLD, _("Commands"));
  for (const struct cf_command *command = cf_commands; command->name; command++) {
    left = cf_must_print ("/%s", command->name);
    help_line (sheet, left, _(command->summary));
    free (left);
  }
  cf_sheet_line (sheet, CF_LOOK_PLAIN, "");
  cf_sheet_line (sheet, CF_LOOK_MUTED, _("/help COMMAND tells more of one. // sends a text that begins with /."));
}

static void
help_one (struct cf_tui *tui, const struct cf_command *command)
{
  char *title = cf_must_print ("/%s %s", command->name, *command->args ? _(command->args) : "");
  struct cf_sheet *sheet = cf_tui_sheet (tui, title);

  cf_sheet_line (sheet, CF_LOOK_BOLD, _(command->summary));
  if (command->help)
    cf_sheet_line (sheet, CF_LOOK_PLAIN, _(command->help));
  free (title);
}

void
cf_run_help (struct cf_tui *tui, const struct cf_args *args)
{
  const char *name = args->count ? args->word[0] + (args->word[0][0] == '/') : "";
  const struct cf_command *command = *name ? cf_command_find (name) : NULL;

  if (!*name)
    help_all (tui);
  else if (command)
    help_one (tui, command);
  else
    cf_tui_notice (tui, CF_LOOK_BAD, _("There is no command /%s; /help lists them"), name);
}

/* ---- address ---- */

static void
draw_qr (struct cf_tui *tui, struct cf_sheet *sheet, const char *address)
{
  unsigned look = wcwidth (0x2580) == 1 ? CF_QR_BLOCKS : 0;
  struct cf_qr *qr;
  char *text, *line, *save;

  if (cf_qr_new (address, &qr))
    return; /* built without: the address can be typed */
  if (cf_qr_columns (qr, look) > tui->layout.body.cols - 2 || cf_qr_lines (qr, look) > tui->layout.body.rows - 1) {
    text = cf_must_print (_("There is no room for a QR code: make the terminal %d columns wide and %d lines high."),
                          cf_qr_columns (qr, look) + 2 + tui->layout.body.col, cf_qr_lines (qr, look) + 4);
    cf_sheet_line (sheet, CF_LOOK_MUTED, text);
    cf_sheet_line (sheet, CF_LOOK_PLAIN, "");
    goto leave;
  }
  text = cf_must (cf_qr_draw (qr, look));
  for (line = strtok_r (text, "\n", &save); line; line = strtok_r (NULL, "\n", &save))
    cf_paper_add_raw (sheet->paper, CF_LOOK_PAPER, line);
leave:
  free (text);
  cf_qr_free (qr);
}

static void
show_address (struct cf_tui_call *call, const struct cf_client_error *error)
{
  const json_t *row = json_array_get (call->rows, 0);
  const char *address = *cf_row_text (row, "uri") ? cf_row_text (row, "uri") : cf_row_text (row, "address");
  struct cf_sheet *sheet;
  char *who, *fingerprint;

  if (error->err) {
    cf_tui_notice_error (call->tui, error);
    return;
  }
  sheet = cf_tui_sheet (call->tui, _("Your address"));
  who = cf_words_user_id (row);
  fingerprint = cf_words_fingerprint (cf_row_text (row, "fingerprint"));
  draw_qr (call->tui, sheet, address); /* first: it must be seen whole */
  cf_sheet_line (sheet, CF_LOOK_BOLD, who);
  cf_sheet_pair (sheet, _("fingerprint"), fingerprint);
  cf_sheet_pair (sheet, _("address"), address);
  free (who);
  free (fingerprint);
}

void
cf_run_address (struct cf_tui *tui, const struct cf_args *args)
{
  const char *words[2] = { args->count ? "--renew" : NULL, NULL };

  if (args->count && strcmp (args->word[0], "renew"))
    cf_tui_notice (tui, CF_LOOK_BAD, "%s", _("It goes like this: /address [renew]"));
  else
    cf_tui_call_start (cf_tui_call_new (tui, show_address), "ADDRESS", words, NULL);
}

/* ---- visibility, status, settings ---- */

static void
visibility_done (struct cf_tui_call *call, const struct cf_client_error *error)
{
  const json_t *row = json_array_get (call->rows, 0);
  const char *visibility = cf_row_text (row, "visibility");

  if (error->err) {
    cf_tui_notice_error (call->tui, error);
    return;
  }
  cf_tui_notice (call->tui, CF_LOOK_GOOD, "%s",
                 !strcmp (visibility, "everyone")   ? _("Whoever is near sees your name and key")
                 : !strcmp (visibility, "contacts") ? _("Only contacts recognise you; others see that somebody is there")
                                                    : _("Nobody near sees you"));
  cf_model_refresh (call->tui->model, CF_MODEL_STATUS);
}

void
cf_run_visibility (struct cf_tui *tui, const struct cf_args *args)
{
  char *option = args->count > 1 ? cf_must_print ("--for=%s", args->word[1]) : NULL;
  const char *words[3] = { option, args->count ? args->word[0] : NULL, NULL };

  cf_tui_call_start (cf_tui_call_new (tui, visibility_done), "VISIBILITY", option ? words : words + 1, NULL);
  free (option);
}

static char *
shown (const json_t *row, const char *key)
{
  return cf_must (cf_text_display (cf_row_text (row, key), strlen (cf_row_text (row, key)), false));
}

static void
show_step (struct cf_sheet *sheet, const json_t *step)
{
  bool ok = cf_row_true (step, "ok");
  char *name = cf_words_step (step), *text = cf_words_step_whole (step);
  char *label = cf_must_print ("  %-3s %s", ok ? _("ok") : _("no"), name);

  cf_paper_add (sheet->paper, ok ? CF_LOOK_PLAIN : CF_LOOK_WARN, 20, label, text);
  free (name);
  free (label);
  free (text);
}

static void
status_done (struct cf_tui_call *call, const struct cf_client_error *error)
{
  const json_t *row = json_array_get (call->rows, 0), *step;
  struct cf_sheet *sheet;
  char *who, *fingerprint, *home;
  size_t i;

  if (error->err) {
    cf_tui_notice_error (call->tui, error);
    return;
  }
  sheet = cf_tui_sheet (call->tui, _("Status"));
  who = cf_words_user_id (row);
  fingerprint = cf_words_fingerprint (cf_row_text (row, "fingerprint"));
  home = shown (row, "home");
  if (*fingerprint)
    cf_sheet_pair (sheet, _("you are"), who);
  cf_sheet_pair (sheet, _("fingerprint"), fingerprint);
  cf_sheet_pair (sheet, _("visible to"), cf_row_text (row, "visibility"));
  cf_sheet_pair (sheet, _("home"), home);
  cf_sheet_pair (sheet, _("version"), cf_row_text (row, "version"));
  cf_sheet_line (sheet, CF_LOOK_PLAIN, "");
  cf_sheet_line (sheet, CF_LOOK_ACCENT | CF_LOOK_BOLD, _("Network: the first that says no is the one to mend"));
  json_array_foreach (json_object_get (row, "network"), i, step)
    show_step (sheet, step);
  free (who);
  free (fingerprint);
  free (home);
}

void
cf_run_status (struct cf_tui *tui, const struct cf_args *args)
{
  if (args->count)
    cf_run_reach (tui, args);
  else
    cf_tui_call_start (cf_tui_call_new (tui, status_done), "STATUS", NULL, NULL);
}

static void
show_settings (struct cf_tui *tui)
{
  struct cf_sheet *sheet = cf_tui_sheet (tui, _("Settings"));
  const json_t *row = NULL;

  while ((row = cf_model_next (tui->model, CF_MODEL_SETTINGS, row))) {
    char *value = shown (row, "value"), *meaning = cf_words_meaning (row);
    char *line = cf_must_print ("%s = %s", cf_row_text (row, "key"), *value ? value : "\"\"");

    cf_sheet_line (sheet, CF_LOOK_BOLD, line);
    cf_paper_add (sheet->paper, CF_LOOK_MUTED, 2, "", meaning);
    free (value);
    free (meaning);
    free (line);
  }
  cf_sheet_line (sheet, CF_LOOK_PLAIN, "");
  cf_sheet_line (sheet, CF_LOOK_MUTED, _("To change one: /set KEY VALUE"));
}

static void
set_done (struct cf_tui_call *call, const struct cf_client_error *error)
{
  const json_t *row = json_array_get (call->rows, 0);
  char *value;

  if (error->err) {
    cf_tui_notice_error (call->tui, error);
    return;
  }
  value = shown (row, "value");
  cf_tui_notice (call->tui, CF_LOOK_GOOD, "%s = %s", cf_row_text (row, "key"), *value ? value : "\"\"");
  cf_model_refresh (call->tui->model, CF_MODEL_SETTINGS);
  free (value);
}

void
cf_run_set (struct cf_tui *tui, const struct cf_args *args)
{
  const char *words[3] = { args->word[0], *args->rest ? args->rest : NULL, NULL };

  if (!args->count)
    show_settings (tui);
  else
    cf_tui_call_start (cf_tui_call_new (tui, set_done), "CONFIG", words, NULL);
}

void
cf_run_unlock (struct cf_tui *tui, const struct cf_args *args)
{
  (void) args;
  if (cf_session_state (cf_model_session (tui->model)) != CF_SESSION_LOCKED)
    cf_tui_notice (tui, CF_LOOK_MUTED, "%s", _("Nothing is locked"));
  else {
    tui->unlocking = true;
    cf_tui_leave_terminal (tui, _("Confab: the passphrase of your key may be asked for here."));
    cf_session_unlock (cf_model_session (tui->model));
  }
}

void
cf_run_init (struct cf_tui *tui, const struct cf_args *args)
{
  (void) args;
  if (cf_session_state (cf_model_session (tui->model)) != CF_SESSION_NO_IDENTITY)
    cf_tui_notice (tui, CF_LOOK_MUTED, "%s", _("You have an identity already; /status shows it"));
  else
    cf_tui_first_run (tui);
}

/* ---- device keys ---- */

#define CONFIRMATION "revoke" /* in every language: it is also the beginning of the command's name */

static void
devices_revoked (struct cf_tui_call *call, const struct cf_client_error *error)
{
  if (error->err)
    cf_tui_notice_error (call->tui, error);
  else
    cf_tui_notice (call->tui, CF_LOOK_GOOD, "%s",
                   _("The device keys up to now are void. Give your new address to those who are to find you: /address"));
}

static void
revoke_answered (struct cf_tui *tui, void *arg, const char *text, size_t len)
{
  struct cf_tui_call *call;

  (void) arg;
  (void) len;
  if (!text || strcmp (text, CONFIRMATION)) {
    cf_tui_notice (tui, CF_LOOK_MUTED, "%s", _("Nothing was revoked"));
    return;
  }
  call = cf_tui_call_new (tui, devices_revoked);
  call->outside = true;
  cf_tui_leave_terminal (tui, _("Confab: your key signs that the device keys are void; its passphrase may be asked for here."));
  cf_tui_call_start (call, "REVOKE-DEVICES", NULL, NULL);
}

/* It cannot be taken back: what it does is told in words, and one has to be typed. */
void
cf_run_revoke_devices (struct cf_tui *tui, const struct cf_args *args)
{
  struct cf_sheet *sheet = cf_tui_sheet (tui, _("Void all device keys"));
  char *question = cf_must_print (_("Type %s to void them, or Escape"), CONFIRMATION);

  (void) args;
  cf_sheet_line (sheet, CF_LOOK_WARN, _("This cannot be taken back."));
  cf_sheet_line (sheet, CF_LOOK_BOLD, _("For when a disk, a backup or a machine with Confab on it is in other hands."));
  cf_sheet_line (sheet, CF_LOOK_PLAIN, "");
  cf_sheet_line (sheet, CF_LOOK_PLAIN, _("Every device key of your identity up to now becomes void: whoever has a copy of one "
                                         "is taken for nobody by those who hear of it from you."));
  cf_sheet_line (sheet, CF_LOOK_PLAIN, _("This installation has a new one at once, and a new address. Other installations of "
                                         "yours have to be made anew."));
  cf_sheet_line (sheet, CF_LOOK_PLAIN, _("Conversations stay, and their keys: delete those that somebody else may read now."));
  cf_tui_ask (tui, question, false, revoke_answered, NULL, NULL);
  free (question);
}

/* ---- the screen ---- */

void
cf_run_list (struct cf_tui *tui, const struct cf_args *args)
{
  (void) args;
  tui->list = !tui->list;
  if (tui->list && !tui->layout.list.cols && tui->grid.cols < 64)
    cf_tui_notice (tui, CF_LOOK_MUTED, "%s", _("The list is shown when the terminal is wider"));
}

void
cf_run_mouse (struct cf_tui *tui, const struct cf_args *args)
{
  tui->mouse = args->count ? !strcmp (args->word[0], "on") : !tui->mouse;
  cf_term_mouse (tui->term, tui->mouse);
  cf_tui_notice (tui, CF_LOOK_MUTED, "%s",
                 tui->mouse ? _("The mouse scrolls and clicks; select text with Shift held") : _("The mouse is the terminal's"));
}

void
cf_run_window (struct cf_tui *tui, const struct cf_args *args)
{
  cf_window_show (tui, cf_command_window (tui, args->word[0]));
}

void
cf_run_quit (struct cf_tui *tui, const struct cf_args *args)
{
  (void) args;
  tui->quit = true;
}
