/* SPDX-License-Identifier: GPL-3.0-or-later */
/* call.c - calls of the daemon, whose rows are gathered until they end. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/tui/app.h"

struct cf_tui_call *
cf_tui_call_new (struct cf_tui *tui, void (*done) (struct cf_tui_call *, const struct cf_client_error *))
{
  struct cf_tui_call *call = cf_must (calloc (1, sizeof *call));

  call->tui = tui;
  call->done = done;
  call->rows = cf_must (json_array ());
  call->next = tui->calls;
  tui->calls = call;
  return call;
}

static void
call_free (struct cf_tui_call *call)
{
  struct cf_tui_call **p = &call->tui->calls;

  while (*p != call)
    p = &(*p)->next;
  *p = call->next;
  json_decref (call->rows);
  free (call->conversation);
  free (call->text);
  free (call);
}

static void
on_row (void *arg, const json_t *row)
{
  struct cf_tui_call *call = arg;

  json_array_append_new (call->rows, json_deep_copy (row));
}

static void
end (struct cf_tui_call *call, const struct cf_client_error *error)
{
  struct cf_tui *tui = call->tui;

  if (tui->person == call)
    tui->person = NULL;
  if (tui->outside == call) {
    tui->outside = NULL;
    cf_tui_enter_terminal (tui);
  }
  if (call->done)
    call->done (call, error);
  else if (error->err)
    cf_tui_notice_error (tui, error);
  call_free (call);
}

static void
on_done (void *arg, const struct cf_client_error *error)
{
  end (arg, error);
}

void
cf_tui_call_start (struct cf_tui_call *call, const char *verb, const char *const *words, const struct cf_answer *answers)
{
  static const struct cf_call_handler handler = { on_row, on_done };
  const struct cf_err_info *info;
  struct cf_client_error error;
  gpg_error_t err = cf_session_call (cf_model_session (call->tui->model), verb, words, answers, &handler, call, &call->call);

  if (err) {
    info = cf_err_info (err);
    error = (struct cf_client_error) { .err = err, .name = info->name, .message = info->message, .hint = info->hint };
    end (call, &error);
    return;
  }
  if (call->person)
    call->tui->person = call;
  if (call->outside)
    call->tui->outside = call;
}

void
cf_tui_do (struct cf_tui *tui, const char *verb, const char *word, const char *more)
{
  const char *words[3] = { word, more, NULL };

  cf_tui_call_start (cf_tui_call_new (tui, NULL), verb, words, NULL);
}

bool
cf_tui_interrupt (struct cf_tui *tui)
{
  struct cf_tui_call *call = tui->outside ? tui->outside : tui->person;

  if (!call)
    return false;
  if (call == tui->outside)
    cf_tui_enter_terminal (tui);
  if (call == tui->person)
    tui->person = NULL;
  tui->outside = NULL;
  cf_call_cancel (call->call);
  call_free (call);
  cf_tui_notice (tui, CF_LOOK_WARN, "%s", _("Given up. A request that was made stands until it is answered"));
  return true;
}

void
cf_tui_calls_end (struct cf_tui *tui)
{
  while (tui->calls) {
    cf_call_cancel (tui->calls->call);
    call_free (tui->calls);
  }
}

void
cf_tui_leave_terminal (struct cf_tui *tui, const char *why)
{
  const char *display = getenv ("DISPLAY"), *wayland = getenv ("WAYLAND_DISPLAY");

  if ((display && *display) || (wayland && *wayland))
    return; /* pinentry has a window of its own; if not, term.c sees that the terminal is another's */
  cf_term_leave (tui->term);
  printf ("%s\n", why);
  fflush (stdout);
}

void
cf_tui_enter_terminal (struct cf_tui *tui)
{
  cf_term_enter (tui->term);
}
