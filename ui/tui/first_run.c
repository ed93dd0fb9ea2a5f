/* SPDX-License-Identifier: GPL-3.0-or-later */
/* first_run.c - the identity: one of the keys that the person has, or a new one.  Nothing is made without being asked for. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/tui/app.h"

static void ask_which (struct cf_tui *tui, json_t *keys);
static void ask_name (struct cf_tui *tui);

/* ---- INIT ---- */

static void
init_done (struct cf_tui_call *call, const struct cf_client_error *error)
{
  char *text;

  if (!error->err)
    return; /* the session tells that it is ready */
  text = cf_words_error (error);
  cf_tui_log (call->tui, CF_LOOK_BAD, text);
  free (text);
  cf_tui_notice_error (call->tui, error);
  cf_tui_first_run (call->tui);
}

static void
init (struct cf_tui *tui, char *option)
{
  const char *words[2] = { option, NULL };
  struct cf_tui_call *call = cf_tui_call_new (tui, init_done);

  call->outside = true;
  cf_tui_leave_terminal (tui, _("Confab: your key signs for this device; its passphrase may be asked for here."));
  cf_tui_call_start (call, "INIT", words, NULL);
  free (option);
}

/* ---- a new one ---- */

static void
mail_answered (struct cf_tui *tui, void *arg, const char *text, size_t len)
{
  const char *name = arg;

  (void) len;
  if (!text)
    cf_tui_notice (tui, CF_LOOK_MUTED, "%s", _("Nothing was made. /init asks again"));
  else
    init (tui, *text ? cf_must_print ("--generate=%s <%s>", name, text) : cf_must_print ("--generate=%s", name));
}

static void
name_answered (struct cf_tui *tui, void *arg, const char *text, size_t len)
{
  (void) arg;
  if (!text || !len)
    cf_tui_notice (tui, CF_LOOK_MUTED, "%s", _("Nothing was made. /init asks again"));
  else
    cf_tui_ask (tui, _("Your mail address, which others see, too. It may be left empty:"), false, mail_answered, free,
                cf_must_copy (text));
}

static void
ask_name (struct cf_tui *tui)
{
  cf_tui_ask (tui, _("Your name, as others are to see it:"), false, name_answered, NULL, NULL);
}

/* ---- one of those there are ---- */

static void
free_keys (void *keys)
{
  json_decref (keys);
}

static void
which_answered (struct cf_tui *tui, void *arg, const char *text, size_t len)
{
  json_t *keys = arg;
  unsigned long number = text ? strtoul (text, NULL, 10) : 0;

  if (!text)
    cf_tui_notice (tui, CF_LOOK_MUTED, "%s", _("No identity was chosen. /init asks again, /quit leaves"));
  else if (!strcmp (text, "n") || !strcmp (text, "N"))
    ask_name (tui);
  else if (text[strspn (text, "0123456789")] || !number || number > json_array_size (keys)
           || (!len && json_array_size (keys) != 1)) {
    cf_tui_notice (tui, CF_LOOK_BAD, _("Type a number from 1 to %zu, or n"), json_array_size (keys));
    ask_which (tui, json_incref (keys));
  } else
    init (tui, cf_must_print ("--identity=%s", cf_row_text (json_array_get (keys, number - 1), "fingerprint")));
}

static void
ask_which (struct cf_tui *tui, json_t *keys)
{
  cf_tui_ask (tui, _("Which key is to be your identity? Its number and Enter, or n for a new one:"), false, which_answered,
              free_keys, keys);
}

static void
tell_key (struct cf_tui *tui, size_t number, const json_t *row)
{
  char *who = cf_words_user_id (row), *hex = cf_words_fingerprint (cf_row_text (row, "fingerprint")), *text, *until;
  const char *algorithm = cf_row_text (row, "algorithm");
  int64_t at;

  text = cf_must_print ("%2zu  %s", number, who);
  cf_paper_add (tui->console, CF_LOOK_BOLD, 6, "", text);
  free (text);
  cf_paper_add (tui->console, CF_LOOK_PLAIN, 10, "", hex);
  until = cf_row_utc_ms (row, "expires_at", &at) ? cf_words_time_full (at) : NULL;
  text = until ? cf_must_print (_("%s, valid until %s"), algorithm, until) : cf_must_copy (algorithm);
  cf_paper_add (tui->console, CF_LOOK_MUTED, 10, "", text);
  if (cf_row_true (row, "on_card"))
    cf_paper_add (tui->console, CF_LOOK_MUTED, 10, "", _("on a card"));
  free (text);
  free (until);
  free (who);
  free (hex);
}

static void
got_keys (struct cf_tui_call *call, const struct cf_client_error *error)
{
  struct cf_tui *tui = call->tui;
  json_t *keys = cf_must (json_array ());
  const json_t *row;
  size_t i;

  if (error->err)
    cf_tui_notice_error (tui, error);
  json_array_foreach (call->rows, i, row)
    if (!json_object_get (row, "usable") || cf_row_true (row, "usable"))
      json_array_append_new (keys, json_deep_copy (row));
  if (error->err || tui->question
      || cf_session_state (cf_model_session (tui->model)) != CF_SESSION_NO_IDENTITY) {
    json_decref (keys);
    return;
  }
  cf_window_show (tui, tui->windows[0]);
  cf_tui_log (tui, CF_LOOK_ACCENT | CF_LOOK_BOLD, _("Welcome to Confab"));
  if (json_array_size (keys)) {
    cf_tui_log (tui, CF_LOOK_PLAIN,
                _("Your identity is an OpenPGP key of your own. These are in your keyring and can be used:"));
    json_array_foreach (keys, i, row)
      tell_key (tui, i + 1, row);
    ask_which (tui, keys);
  } else {
    cf_tui_log (tui, CF_LOOK_PLAIN,
                _("Your identity is an OpenPGP key of your own. There is none in your keyring that can be used, so a new "
                  "one is made, for which your name is needed. Esc makes none."));
    json_decref (keys);
    ask_name (tui);
  }
}

void
cf_tui_first_run (struct cf_tui *tui)
{
  cf_tui_call_start (cf_tui_call_new (tui, got_keys), "IDENTITIES", NULL, NULL);
}
