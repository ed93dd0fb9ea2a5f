/* SPDX-License-Identifier: GPL-3.0-or-later */
/* security_panel_export.c - the history of a conversation into a file.
 *
 * Rows go, as they come, into a file of another name beside the one that was
 * chosen, for its owner's eyes only; when all are there and on disk it takes
 * the chosen name.  One that failed leaves nothing behind.
 */
#include <config.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui/client/i18n.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/choice_dialog.h"
#include "ui/gtk/security_panel_private.h"

enum format { FORMAT_MAILS, FORMAT_TEXT }; /* as the ways of the dialog */

struct export {
  CfSecurityPanel *panel;
  gulong destroyed;
  struct cf_call *call;
  char *path, *part; /* the name that was chosen, and the one until all is there */
  FILE *file;
  int error;         /* errno of the first write that failed */
  size_t rows;
};

static void
export_free (struct export *x)
{
  if (x->file)
    fclose (x->file);
  if (x->part)
    g_unlink (x->part);
  g_signal_handler_disconnect (x->panel, x->destroyed);
  g_free (x->path);
  g_free (x->part);
  g_free (x);
}

static void
on_destroyed (struct export *x)
{
  cf_call_cancel (x->call);
  export_free (x);
}

static void
report (struct export *x)
{
  const struct cf_client_error error = {
    .err = cf_err (gpg_err_code_from_errno (x->error)),
    .name = "EXPORT",
    .message = g_strerror (x->error),
    .hint = _("Choose another folder, or make room there"),
  };

  cf_app_report (x->panel->app, &error);
}

/* ---- writing ---- */

static void
on_row (void *arg, const json_t *row)
{
  struct export *x = arg;
  const char *mail = cf_row_text (row, "mail");
  bool good;

  if (x->error)
    return;
  x->rows++;
  if (*mail)
    good = fputs (mail, x->file) >= 0;
  else
    good = !json_dumpf (row, x->file, JSON_COMPACT) && fputc ('\n', x->file) != EOF;
  if (!good)
    x->error = errno ? errno : EIO;
}

/* All is there: onto the disk with it, then the name. */
static void
finish (struct export *x)
{
  FILE *file = g_steal_pointer (&x->file);

  if (fflush (file) || fsync (fileno (file)))
    x->error = errno;
  if (fclose (file) && !x->error)
    x->error = errno;
  if (!x->error && g_rename (x->part, x->path))
    x->error = errno;
  if (!x->error)
    g_clear_pointer (&x->part, g_free);
}

static void
on_done (void *arg, const struct cf_client_error *error)
{
  struct export *x = arg;
  char *name, *text;

  if (!error->err && !x->error)
    finish (x);
  if (error->err)
    cf_app_report (x->panel->app, error);
  else if (x->error)
    report (x);
  else {
    name = g_filename_display_basename (x->path);
    /* Translators: %s is the name of a file. */
    text = g_strdup_printf (_("Saved as %s."), name);
    cf_security_panel_tell (x->panel, x->panel->export, text);
    g_free (text);
    g_free (name);
  }
  export_free (x);
}

static void
export_to (CfSecurityPanel *panel, enum format format, const char *path)
{
  static const struct cf_call_handler handler = { on_row, on_done };
  const char *words[] = { format == FORMAT_MAILS ? "--format=mbox" : "--format=json", panel->conversation, NULL };
  struct export *x = g_new0 (struct export, 1);
  gpg_error_t err;
  int fd;

  x->panel = panel;
  x->destroyed = g_signal_connect_swapped (panel, "destroy", G_CALLBACK (on_destroyed), x);
  x->path = g_strdup (path);
  x->part = g_strconcat (path, ".XXXXXX", NULL);
  fd = g_mkstemp (x->part); /* 0600 */
  x->file = fd < 0 ? NULL : fdopen (fd, "w");
  if (!x->file) {
    x->error = errno;
    if (fd < 0)
      g_clear_pointer (&x->part, g_free);
    else
      close (fd);
    report (x);
    export_free (x);
    return;
  }
  err = cf_session_call (cf_model_session (cf_app_model (panel->app)), "EXPORT", words, NULL, &handler, x, &x->call);
  if (err) {
    const struct cf_err_info *info = cf_err_info (err);
    const struct cf_client_error error = { err, info->name, info->message, info->hint, NULL };

    cf_app_report (panel->app, &error);
    export_free (x);
  }
}

/* ---- asking ---- */

/* A name for the file; the peer's name is in it, whatever he calls himself. */
static char *
file_name (CfSecurityPanel *panel, enum format format)
{
  char *who = cf_words_name (cf_security_panel_row (panel)), *name;

  /* Translators: the name of a file; the first %s is a person's name, the second mbox or json. */
  name = g_strdup_printf (_("Conversation with %s.%s"), who, format == FORMAT_MAILS ? "mbox" : "json");
  g_strdelimit (name, "/\\:*?\"<>|", '_');
  if (strlen (name) > 200)
    strcpy (name, format == FORMAT_MAILS ? "confab.mbox" : "confab.json");
  free (who);
  return name;
}

static void
on_file_response (CfSecurityPanel *panel, int response, GtkNativeDialog *native)
{
  enum format format = GPOINTER_TO_INT (g_object_get_data (G_OBJECT (native), "format"));
  char *path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (native));

  if (response == GTK_RESPONSE_ACCEPT && path && cf_security_panel_row (panel))
    export_to (panel, format, path);
  g_free (path);
  gtk_native_dialog_destroy (native);
  g_object_unref (native);
}

static void
on_format_response (CfSecurityPanel *panel, int response, GtkDialog *dialog)
{
  enum format format = cf_choice_dialog_chosen (CF_CHOICE_DIALOG (dialog)) == 0 ? FORMAT_MAILS : FORMAT_TEXT;
  GtkWindow *window = gtk_window_get_transient_for (GTK_WINDOW (dialog));
  GtkFileChooserNative *native;
  char *name;

  gtk_widget_destroy (GTK_WIDGET (dialog));
  if (response != GTK_RESPONSE_ACCEPT || !cf_security_panel_row (panel))
    return;
  native = gtk_file_chooser_native_new (_("Export"), window, GTK_FILE_CHOOSER_ACTION_SAVE, _("Save"), _("Cancel"));
  gtk_file_chooser_set_do_overwrite_confirmation (GTK_FILE_CHOOSER (native), TRUE);
  name = file_name (panel, format);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (native), name);
  g_free (name);
  g_object_set_data (G_OBJECT (native), "format", GINT_TO_POINTER (format));
  g_signal_connect_object (native, "response", G_CALLBACK (on_file_response), panel, G_CONNECT_SWAPPED);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (native), TRUE);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (native));
}

void
cf_security_panel_export (CfSecurityPanel *panel)
{
  GtkWidget *top = gtk_widget_get_toplevel (GTK_WIDGET (panel));
  CfChoiceDialog *dialog;

  if (!cf_security_panel_row (panel))
    return;
  dialog = cf_choice_dialog_new (GTK_IS_WINDOW (top) ? GTK_WINDOW (top) : NULL, _("Export this conversation"),
                                 _("All messages are saved in one file that you choose."), _("Choose a file…"), FALSE);
  cf_choice_dialog_add (dialog, _("As encrypted mails"),
                        _("Signed and encrypted as they were sent; mail programs and GnuPG read and check them with "
                          "the key of this conversation."));
  cf_choice_dialog_add (dialog, _("As plain text"),
                        _("Data for other programs (JSON). Whoever gets the file can read every message."));
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_format_response), panel, G_CONNECT_SWAPPED);
  gtk_widget_show (GTK_WIDGET (dialog));
}
