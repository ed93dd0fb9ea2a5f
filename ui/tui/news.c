/* SPDX-License-Identifier: GPL-3.0-or-later */
/* news.c - what the daemon tells unasked: how the session is, what has changed, events. */

#include <config.h>

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ui/tui/app.h"

/* ---- the session ---- */

static void
welcome (struct cf_tui *tui)
{
  const json_t *status = cf_model_status (tui->model);
  char *who, *text;

  if (tui->welcomed || !*cf_row_text (status, "fingerprint"))
    return;
  tui->welcomed = true;
  who = cf_words_user_id (status);
  text = cf_must_print (_("You are %s"), who);
  cf_tui_log (tui, CF_LOOK_BOLD, text);
  free (text);
  free (who);
  cf_tui_log (tui, CF_LOOK_PLAIN,
              _("People near you and your conversations stand at the left. /open NAME begins a conversation, "
                "Alt and a digit goes to one, F1 helps."));
  if (strcmp (nl_langinfo (CODESET), "UTF-8"))
    cf_tui_log (tui, CF_LOOK_WARN,
                _("Your locale has few letters: others are shown as ?. LC_ALL=C.UTF-8 before confab shows them, where the "
                  "terminal can."));
}

static void
on_locked (struct cf_tui *tui, const struct cf_client_error *why)
{
  char *text;

  if (!why) { /* it is being asked for just now */
    tui->unlocking = true;
    cf_tui_leave_terminal (tui, _("Confab: the passphrase of your key may be asked for here."));
    return;
  }
  text = cf_words_error (why);
  cf_tui_log (tui, CF_LOOK_BAD, text);
  free (text);
  cf_tui_notice (tui, CF_LOOK_WARN, "%s", _("Your key could not be used, so everything is locked. /unlock tries again"));
}

static void
on_state (void *arg, enum cf_session_state state, const struct cf_client_error *why)
{
  struct cf_tui *tui = arg;

  if (tui->unlocking && (state != CF_SESSION_LOCKED || why)) {
    tui->unlocking = false;
    cf_tui_enter_terminal (tui);
  }
  switch (state) {
  case CF_SESSION_NO_IDENTITY:
    cf_tui_first_run (tui);
    break;
  case CF_SESSION_LOCKED: on_locked (tui, why); break;
  case CF_SESSION_READY:
    if (tui->lost)
      cf_tui_log (tui, CF_LOOK_GOOD, _("Connected again"));
    tui->lost = false;
    tui->was_ready = true;
    welcome (tui);
    break;
  case CF_SESSION_CONNECTING:
    if (tui->was_ready && !tui->lost)
      cf_tui_log (tui, CF_LOOK_WARN, _("The daemon has ended; it is started again. Nothing is lost"));
    tui->lost = tui->was_ready;
    break;
  case CF_SESSION_DOWN:
    if (why) {
      char *text = cf_words_error (why);

      cf_tui_log (tui, CF_LOOK_BAD, text);
      free (text);
      cf_tui_notice_error (tui, why);
    }
    tui->lost = true;
    break;
  }
}

/* ---- lists ---- */

/* A draft that another client wrote, unless something else was begun here. */
static void
take_draft (struct cf_window *window)
{
  const char *draft = cf_row_text (cf_window_row (window), "draft");

  if (window == window->tui->current || !strcmp (draft, window->draft)
      || strcmp (cf_edit_text (window->edit), window->draft))
    return;
  free (window->draft);
  window->draft = cf_must_copy (draft);
  cf_edit_set (window->edit, draft);
}

static void
on_changed (void *arg, enum cf_model_list list, const char *id)
{
  struct cf_tui *tui = arg;
  struct cf_window *window;

  if (list == CF_MODEL_STATUS)
    welcome (tui);
  if (list != CF_MODEL_CONVERSATIONS)
    return;
  cf_windows_sync (tui);
  window = id ? cf_window_of (tui, id) : NULL;
  if (window)
    take_draft (window);
}

/* ---- events ---- */

/* Told in its window, or not at all. */
static bool
has_its_place (const char *kind)
{
  return !strncmp (kind, "message", 7) || !strcmp (kind, "typing") || !strcmp (kind, "draft");
}

static unsigned
look_of (const char *kind, const json_t *event)
{
  if (!strcmp (kind, "error") || cf_row_true (event, "stopped") || *cf_row_text (event, "warning"))
    return CF_LOOK_BAD;
  if (!strcmp (kind, "request"))
    return CF_LOOK_ACCENT | CF_LOOK_BOLD;
  if (!strncmp (kind, "peer_", 5) || !strcmp (kind, "network") || !strcmp (kind, "visibility"))
    return CF_LOOK_MUTED;
  return CF_LOOK_PLAIN;
}

static void
ring (struct cf_tui *tui, const char *kind, const json_t *event)
{
  struct cf_window *window = cf_window_of (tui, cf_row_text (event, "conversation"));
  bool off = !strcmp (cf_model_setting (tui->model, "notifications"), "off");

  if (off || (window && cf_row_true (cf_window_row (window), "muted")))
    return;
  if (!strcmp (kind, "request")
      || (!strcmp (kind, "message") && !strcmp (cf_row_text (event, "direction"), "in") && window != tui->current))
    cf_term_bell (tui->term);
}

/* What somebody who asks has added belongs to it. */
static char *
with_note (char *text, const json_t *event)
{
  char *note = cf_must (cf_text_display (cf_row_text (event, "note"), strlen (cf_row_text (event, "note")), false));
  bool asks = !strcmp (cf_row_text (event, "event"), "request") && !strcmp (cf_row_text (event, "state"), "waiting");
  char *all = *note && asks ? cf_must_print ("%s: \"%s\"", text, note) : cf_must_copy (text);

  free (note);
  free (text);
  return all;
}

static void
on_event (void *arg, const json_t *event)
{
  struct cf_tui *tui = arg;
  const char *kind = cf_row_text (event, "event");
  unsigned look = look_of (kind, event);
  char *text;

  ring (tui, kind, event);
  if (has_its_place (kind) || !(text = cf_words_event (event)))
    return;
  text = with_note (text, event);
  cf_tui_log (tui, look, text);
  if (!strcmp (kind, "request") && !strcmp (cf_row_text (event, "state"), "waiting"))
    cf_tui_notice (tui, look, "%s. %s", text, _("/accept answers, /refuse does not"));
  else if (look == CF_LOOK_BAD && tui->current->conversation)
    cf_tui_notice (tui, look, "%s", text);
  free (text);
}

gpg_error_t
cf_tui_follow (struct cf_tui *tui)
{
  static const struct cf_model_handler handler = { on_state, on_changed, on_event };

  return cf_model_listen (tui->model, &handler, tui, &tui->listener);
}
