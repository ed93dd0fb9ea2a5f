/* SPDX-License-Identifier: GPL-3.0-or-later */
/* demo_bar.c - somebody to try everything with.
 *
 *     nothing --begin--> making --"ready"--> waiting for the person --"open"--> talking
 *        ^                  |                        |                             |
 *        +------------------+---- end, or the program ends (on_line: no more) -----+
 *
 * The program is "confab demo"; it tells a row of JSON a line, and ends when its standard input does, which is a pipe
 * of ours.  What it leaves is removed by itself (ui/cli/demo.h).
 */

#include <config.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/row.h"
#include "ui/client/spawn.h"
#include "ui/gtk/demo_bar.h"
#include "ui/gtk/open_dialog.h"

struct _CfDemoBar {
  GtkBin parent;
  CfApp *app;
  GSubprocess *program; /* NULL: there is none */
  GDataInputStream *lines;
  GCancellable *cancel;
  char *fingerprint; /* of Echo, once it is ready */
  GtkLabel *what, *how, *password;
  GtkWidget *open;
};

G_DEFINE_TYPE (CfDemoBar, cf_demo_bar, GTK_TYPE_BIN)

static void
say (CfDemoBar *bar, const char *what, const char *how, const char *password)
{
  gtk_label_set_text (bar->what, what);
  gtk_label_set_text (bar->how, how);
  gtk_label_set_text (bar->password, password);
  gtk_widget_set_visible (GTK_WIDGET (bar->password), *password != 0);
  gtk_widget_set_visible (bar->open, *password != 0);
}

/* ROW: NULL, or the words of another program in which something failed. */
static void
report (CfDemoBar *bar, const char *message, const char *hint, const json_t *row)
{
  const struct cf_client_error error = { cf_err (GPG_ERR_GENERAL), "DEMO", message, hint, row };

  cf_app_report (bar->app, &error);
}

void
cf_demo_bar_end (CfDemoBar *bar)
{
  if (!bar->program)
    return;
  g_cancellable_cancel (bar->cancel);
  g_output_stream_close (g_subprocess_get_stdin_pipe (bar->program), NULL, NULL);
  g_clear_object (&bar->program);
  g_clear_object (&bar->lines);
  g_clear_object (&bar->cancel);
  g_clear_pointer (&bar->fingerprint, g_free);
  gtk_widget_hide (GTK_WIDGET (bar));
}

/* ---- what it tells ---- */

static void
on_row (CfDemoBar *bar, const json_t *row)
{
  const char *state = cf_row_text (row, "state");

  if (*cf_row_text (row, "error"))
    report (bar, cf_row_text (row, "message"), cf_row_text (row, "hint"), row);
  else if (!strcmp (state, "ready")) {
    g_free (bar->fingerprint);
    bar->fingerprint = g_strdup (cf_row_text (row, "fingerprint"));
    say (bar, _("Echo is here for you"),
         _("Open a conversation with Echo, or choose it in the list above, and type this password:"),
         cf_row_text (row, "password"));
  } else if (!strcmp (state, "open"))
    say (bar, _("You talk with Echo"), _("Echo stays on this machine, sends back what you write, and vanishes at the end."),
         "");
}

static void next_line (CfDemoBar *bar);

static void
on_line (GObject *lines, GAsyncResult *result, gpointer arg)
{
  CfDemoBar *bar = arg;
  GError *error = NULL;
  char *line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (lines), result, NULL, &error);
  json_t *row = line ? json_loads (line, 0, NULL) : NULL;

  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && bar->program) { /* it is still the one */
    if (row)
      on_row (bar, row);
    if (line)
      next_line (bar);
    else
      cf_demo_bar_end (bar);
  }
  json_decref (row);
  g_free (line);
  g_clear_error (&error);
  g_object_unref (bar);
}

static void
next_line (CfDemoBar *bar)
{
  g_data_input_stream_read_line_async (bar->lines, G_PRIORITY_DEFAULT, bar->cancel, on_line, g_object_ref (bar));
}

void
cf_demo_bar_begin (CfDemoBar *bar)
{
  char *confab = cf_spawn_find ("confab");
  const char *home = cf_app_home (bar->app), *argv[] = { confab, "--json", "demo", NULL, NULL, NULL };
  GError *error = NULL;

  if (home) {
    argv[3] = "--home";
    argv[4] = home;
  }
  if (!bar->program) {
    bar->program = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE
                                                | G_SUBPROCESS_FLAGS_STDERR_MERGE, &error);
    if (bar->program) {
      bar->lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (bar->program));
      bar->cancel = g_cancellable_new ();
      say (bar, _("Making somebody to try it with…"), _("A key is made for Echo, which takes a moment."), "");
      gtk_widget_show (GTK_WIDGET (bar));
      next_line (bar);
    } else
      report (bar, error->message, _("Install the command line, confab, beside this program"), NULL);
  }
  g_clear_error (&error);
  free (confab);
}

static void
on_open (CfDemoBar *bar)
{
  GtkWidget *top = gtk_widget_get_toplevel (GTK_WIDGET (bar));

  cf_open_dialog_show (bar->app, GTK_WINDOW (top), bar->fingerprint, NULL, CF_OPEN);
}

/* ---- the class ---- */

static void
cf_demo_bar_dispose (GObject *object)
{
  cf_demo_bar_end (CF_DEMO_BAR (object));
  G_OBJECT_CLASS (cf_demo_bar_parent_class)->dispose (object);
}

static void
cf_demo_bar_class_init (CfDemoBarClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = cf_demo_bar_dispose;
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/demo_bar.ui");
  gtk_widget_class_bind_template_child (widget, CfDemoBar, what);
  gtk_widget_class_bind_template_child (widget, CfDemoBar, how);
  gtk_widget_class_bind_template_child (widget, CfDemoBar, password);
  gtk_widget_class_bind_template_child (widget, CfDemoBar, open);
  gtk_widget_class_bind_template_callback (widget, cf_demo_bar_end);
  gtk_widget_class_bind_template_callback (widget, on_open);
}

static void
cf_demo_bar_init (CfDemoBar *bar)
{
  gtk_widget_init_template (GTK_WIDGET (bar));
}

GtkWidget *
cf_demo_bar_new (CfApp *app)
{
  CfDemoBar *bar = g_object_new (CF_TYPE_DEMO_BAR, NULL);

  bar->app = app;
  return GTK_WIDGET (bar);
}
