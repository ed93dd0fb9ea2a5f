/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reach_dialog.c - how one person is reached: STATUS --watch, in words and icons. */
#include <config.h>

#include "ui/gtk/reach_dialog.h"

#include <handy.h>
#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/accessible.h"
#include "ui/gtk/escape.h"
#include "ui/gtk/fact_row.h"
#include "ui/gtk/fit.h"

#define CF_TYPE_REACH_DIALOG (cf_reach_dialog_get_type ())
G_DECLARE_FINAL_TYPE (CfReachDialog, cf_reach_dialog, CF, REACH_DIALOG, HdyWindow)

struct _CfReachDialog {
  HdyWindow parent;
  CfApp *app;
  char *fingerprint;
  struct cf_model_listener *listener;
  struct cf_call *watch; /* NULL: it has ended, and begins again when the daemon is there */
  GtkStack *pages;       /* "waiting", "ways", "wrong" */
  HdyHeaderBar *header;
  HdyStatusPage *wrong;
  CfFactRow *now;
  HdyPreferencesGroup *ways;
  GPtrArray *rows;       /* CfFactRow of each way, which stay: who reads them must not lose his place */
};

G_DEFINE_TYPE (CfReachDialog, cf_reach_dialog, HDY_TYPE_WINDOW)

/* ---- what is told ---- */

/* While he is reached, a better way that fails is only worth a look. */
static enum cf_fact_look
look_of (const json_t *step, bool online)
{
  static const struct {
    const char *state;
    enum cf_fact_look look;
  } looks[] = {
    { "used", CF_FACT_GOOD },    { "trying", CF_FACT_BUSY }, { "failed", CF_FACT_BAD },
    { "waiting", CF_FACT_IDLE }, { "spare", CF_FACT_IDLE },  { "none", CF_FACT_ABSENT },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (looks); i++)
    if (!strcmp (cf_row_text (step, "state"), looks[i].state))
      return looks[i].look == CF_FACT_BAD && online ? CF_FACT_WARNING : looks[i].look;
  return CF_FACT_PLAIN;
}

/* In all.  That nothing wants a connection is nothing to mend. */
static enum cf_fact_look
look_of_all (const json_t *row)
{
  const char *code = cf_row_text (row, "code");

  if (cf_row_true (row, "online"))
    return CF_FACT_GOOD;
  return !strcmp (code, "REACH_UNWANTED") ? CF_FACT_IDLE : !strcmp (code, "REACH_TRYING") ? CF_FACT_BUSY : CF_FACT_WARNING;
}

static void
show_way (CfFactRow *row, const json_t *step, bool online)
{
  char *name = cf_words_step (step), *detail = cf_words_step_detail (step), *remedy = cf_words_step_remedy (step);
  char *tried = cf_words_step_tried (step, g_get_real_time () / 1000);
  /* Translators: the first %s is a way to reach somebody, the second how it stands: "Local network: in use". */
  char *title = g_strdup_printf (_("%s: %s"), name, cf_words_step_state (step));
  char *note = g_strjoin (*remedy && *tried ? ". " : "", remedy, tried, NULL);

  hdy_preferences_row_set_title (HDY_PREFERENCES_ROW (row), title);
  cf_fact_row_set (row, detail, note);
  cf_fact_row_set_look (row, look_of (step, online));
  g_free (title);
  g_free (note);
  free (name);
  free (detail);
  free (remedy);
  free (tried);
}

static void
show_ways (CfReachDialog *dialog, const json_t *row)
{
  const json_t *step;
  size_t i;

  json_array_foreach (json_object_get (row, "network"), i, step) {
    if (i == dialog->rows->len) {
      g_ptr_array_add (dialog->rows, cf_fact_row_new (""));
      gtk_container_add (GTK_CONTAINER (dialog->ways), dialog->rows->pdata[i]);
    }
    show_way (dialog->rows->pdata[i], step, cf_row_true (row, "online"));
  }
  for (; i < dialog->rows->len; i++)
    gtk_widget_hide (dialog->rows->pdata[i]);
}

static void
on_row (void *arg, const json_t *row)
{
  CfReachDialog *dialog = arg;
  char *detail = cf_words_step_detail (row), *rest = cf_words_reach_rest (row, g_get_real_time () / 1000);

  cf_fact_row_set (dialog->now, detail, rest);
  cf_fact_row_set_look (dialog->now, look_of_all (row));
  show_ways (dialog, row);
  gtk_stack_set_visible_child_name (dialog->pages, "ways");
  free (detail);
  free (rest);
}

static void
on_done (void *arg, const struct cf_client_error *error)
{
  CfReachDialog *dialog = arg;
  struct cf_session *session = cf_model_session (cf_app_model (dialog->app));
  char *message, *hint, *markup;

  dialog->watch = NULL;
  if (!error->err || cf_session_state (session) != CF_SESSION_READY)
    return; /* what was told last stays until the daemon is back */
  message = cf_words_message (error);
  hint = cf_words_hint (error);
  markup = g_markup_escape_text (hint, -1); /* markup is what this widget takes */
  hdy_status_page_set_title (dialog->wrong, message);
  hdy_status_page_set_description (dialog->wrong, markup);
  gtk_stack_set_visible_child_name (dialog->pages, "wrong");
  free (message);
  free (hint);
  g_free (markup);
}

static void
watch (CfReachDialog *dialog)
{
  static const struct cf_call_handler handler = { on_row, on_done };
  const char *words[] = { "--watch", dialog->fingerprint, NULL };
  gpg_error_t err;

  if (dialog->watch)
    return;
  err = cf_session_call (cf_model_session (cf_app_model (dialog->app)), "STATUS", words, NULL, &handler, dialog,
                         &dialog->watch);
  if (err) {
    const struct cf_client_error error = cf_client_explain (err);

    on_done (dialog, &error);
  }
}

static void
on_state (void *arg, enum cf_session_state state, const struct cf_client_error *why)
{
  (void) why;
  if (state == CF_SESSION_READY)
    watch (arg);
}

/* ---- its life ---- */

static void
cf_reach_dialog_destroy (GtkWidget *widget)
{
  CfReachDialog *dialog = CF_REACH_DIALOG (widget);

  if (dialog->listener)
    cf_model_unlisten (cf_app_model (dialog->app), dialog->listener);
  dialog->listener = NULL;
  cf_call_cancel (dialog->watch);
  dialog->watch = NULL;
  GTK_WIDGET_CLASS (cf_reach_dialog_parent_class)->destroy (widget);
}

static void
cf_reach_dialog_finalize (GObject *object)
{
  CfReachDialog *dialog = CF_REACH_DIALOG (object);

  g_free (dialog->fingerprint);
  g_ptr_array_unref (dialog->rows);
  G_OBJECT_CLASS (cf_reach_dialog_parent_class)->finalize (object);
}

static void
cf_reach_dialog_class_init (CfReachDialogClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_reach_dialog_finalize;
  widget->destroy = cf_reach_dialog_destroy;
  g_type_ensure (CF_TYPE_FACT_ROW);
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/reach_dialog.ui");
  gtk_widget_class_bind_template_child (widget, CfReachDialog, pages);
  gtk_widget_class_bind_template_child (widget, CfReachDialog, header);
  gtk_widget_class_bind_template_child (widget, CfReachDialog, wrong);
  gtk_widget_class_bind_template_child (widget, CfReachDialog, now);
  gtk_widget_class_bind_template_child (widget, CfReachDialog, ways);
  cf_window_class_close_on_escape (widget);
}

static void
cf_reach_dialog_init (CfReachDialog *dialog)
{
  dialog->rows = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (dialog));
  cf_accessible_tell_titles (GTK_WIDGET (dialog));
}

void
cf_reach_dialog_show (CfApp *app, GtkWindow *parent, const char *fingerprint, const char *name)
{
  static const struct cf_model_handler handler = { .state = on_state };
  CfReachDialog *dialog = g_object_new (CF_TYPE_REACH_DIALOG, "transient-for", parent, NULL);
  /* Translators: %s is a name. */
  char *title = g_strdup_printf (_("How you reach %s"), name);

  dialog->app = app;
  dialog->fingerprint = g_strdup (fingerprint);
  gtk_window_set_title (GTK_WINDOW (dialog), title);
  hdy_header_bar_set_title (dialog->header, title);
  g_free (title);
  if (cf_model_listen (cf_app_model (app), &handler, dialog, &dialog->listener))
    g_error ("no memory for a dialog");
  watch (dialog);
  cf_window_present_fitting (GTK_WINDOW (dialog));
}
