/* SPDX-License-Identifier: GPL-3.0-or-later */
/* widget_call.c - a call of the daemon made by a widget. */
#include <config.h>

#include "ui/gtk/widget_call.h"

#include "ui/client/model.h"

struct cf_widget_call {
  GtkWidget *widget;
  CfApp *app;
  gulong destroyed;
  struct cf_call *call;
  json_t *row;
  cf_widget_call_fn done;
};

static void
widget_call_free (struct cf_widget_call *call)
{
  g_signal_handler_disconnect (call->widget, call->destroyed);
  json_decref (call->row);
  g_free (call);
}

void
cf_widget_call_cancel (struct cf_widget_call *call)
{
  if (!call)
    return;
  cf_call_cancel (call->call);
  widget_call_free (call);
}

static void
on_row (void *arg, const json_t *row)
{
  struct cf_widget_call *call = arg;

  json_decref (call->row);
  call->row = json_deep_copy (row);
}

static void
on_done (void *arg, const struct cf_client_error *error)
{
  struct cf_widget_call *call = arg;
  GtkWidget *widget = g_object_ref (call->widget); /* DONE may destroy it, which must not cancel what is over */

  g_signal_handler_disconnect (widget, call->destroyed);
  if (call->done)
    call->done (widget, error, call->row);
  else if (error->err)
    cf_app_report (call->app, error);
  json_decref (call->row);
  g_free (call);
  g_object_unref (widget);
}

struct cf_widget_call *
cf_widget_call (GtkWidget *widget, CfApp *app, const char *verb, const char *const *words,
                const struct cf_answer *answers, cf_widget_call_fn done)
{
  static const struct cf_call_handler handler = { on_row, on_done };
  struct cf_widget_call *call = g_new0 (struct cf_widget_call, 1);
  struct cf_session *session = cf_model_session (cf_app_model (app));
  gpg_error_t err;

  call->widget = widget;
  call->app = app;
  call->done = done;
  call->destroyed = g_signal_connect_swapped (widget, "destroy", G_CALLBACK (cf_widget_call_cancel), call);
  err = cf_session_call (session, verb, words, answers, &handler, call, &call->call);
  if (err) {
    const struct cf_err_info *info = cf_err_info (err);
    const struct cf_client_error error = { err, info->name, info->message, info->hint, NULL };

    on_done (call, &error);
    return NULL;
  }
  return call;
}
