/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_row_deeds.c - what can be done with a file, and doing it. */

#include <config.h>

#include "ui/client/i18n.h"
#include "ui/client/transfers.h"
#include "ui/gtk/choice_dialog.h"
#include "ui/gtk/file_open.h"
#include "ui/gtk/file_row_private.h"

#define MUCH (16 * 1000 * 1000) /* bytes that nobody wants to lose by a slip */

/* Ours, ended in vain, and still there: a picture that was pasted is not. */
static bool
may_try_again (const json_t *transfer)
{
  enum cf_transfer_state state = cf_transfer_state (transfer);

  return (state == CF_TRANSFER_FAILED || state == CF_TRANSFER_CANCELLED) && !cf_transfer_incoming (transfer)
         && *cf_row_text (transfer, "conversation") && g_file_test (cf_row_text (transfer, "path"), G_FILE_TEST_EXISTS);
}

unsigned
cf_file_deeds (const json_t *transfer)
{
  static const struct {
    unsigned can, deeds;
  } table[] = {
    { CF_TRANSFER_CAN_ACCEPT, 1 << CF_FILE_ACCEPT | 1 << CF_FILE_ACCEPT_TO },
    { CF_TRANSFER_CAN_REFUSE, 1 << CF_FILE_REFUSE },
    { CF_TRANSFER_CAN_PAUSE, 1 << CF_FILE_PAUSE },
    { CF_TRANSFER_CAN_RESUME, 1 << CF_FILE_RESUME },
    { CF_TRANSFER_CAN_CANCEL, 1 << CF_FILE_CANCEL },
    { CF_TRANSFER_CAN_OPEN, 1 << CF_FILE_OPEN | 1 << CF_FILE_OPEN_FOLDER },
    { CF_TRANSFER_CAN_RETRY, 1 << CF_FILE_AGAIN },
  };
  unsigned can = cf_transfer_deeds (transfer), deeds = may_try_again (transfer) ? 1 << CF_FILE_AGAIN : 0;

  for (size_t i = 0; i < G_N_ELEMENTS (table); i++)
    if (can & table[i].can)
      deeds |= table[i].deeds;
  return deeds;
}

static GtkWindow *
window_of (GtkWidget *widget)
{
  GtkWidget *top = gtk_widget_get_toplevel (widget);

  return GTK_IS_WINDOW (top) ? GTK_WINDOW (top) : NULL;
}

static void
call (CfApp *app, const char *verb, const char *first, const char *second)
{
  const char *words[] = { first, second, NULL };

  cf_app_call (app, verb, words);
}

/* ---- into a folder of one's choice ---- */

static void
on_folder (GtkNativeDialog *chooser, int response, CfApp *app)
{
  char *dir = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (chooser));
  char *to = dir ? g_strconcat ("--to=", dir, NULL) : NULL;

  if (response == GTK_RESPONSE_ACCEPT && to)
    call (app, "ACCEPT-FILE", to, g_object_get_data (G_OBJECT (chooser), "transfer"));
  g_free (to);
  g_free (dir);
  g_object_unref (chooser);
}

static void
ask_folder (GtkWidget *row, CfApp *app, const char *transfer)
{
  GtkFileChooserNative *chooser = gtk_file_chooser_native_new (
      _ ("Save to which folder?"), window_of (row), GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _ ("Save here"), NULL);
  char *dir = cf_file_download_dir (app);

  gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (chooser), dir);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  g_object_set_data_full (G_OBJECT (chooser), "transfer", g_strdup (transfer), g_free);
  g_signal_connect_object (chooser, "response", G_CALLBACK (on_folder), app, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
  g_free (dir);
}

/* ---- ending it ---- */

static void
on_cancel (GtkDialog *dialog, int response, CfApp *app)
{
  if (response == GTK_RESPONSE_ACCEPT)
    call (app, "CANCEL", g_object_get_data (G_OBJECT (dialog), "transfer"), NULL);
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

static void
ask_cancel (GtkWidget *row, CfApp *app, const json_t *transfer)
{
  const char *id = cf_row_text (transfer, "transfer");
  CfChoiceDialog *dialog;

  if (cf_row_number (transfer, "done") < MUCH) {
    call (app, "CANCEL", id, NULL);
    return;
  }
  dialog = cf_choice_dialog_new (window_of (row), _ ("Cancel this transfer?"),
                                 cf_transfer_incoming (transfer)
                                     ? _ ("What has come so far is removed. To go on later, pause it instead.")
                                     : _ ("The other side removes what it has so far. To go on later, pause it instead."),
                                 _ ("Cancel transfer"), TRUE);
  g_object_set_data_full (G_OBJECT (dialog), "transfer", g_strdup (id), g_free);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_cancel), app, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

void
cf_file_do (GtkWidget *row, CfApp *app, const json_t *transfer, enum cf_file_deed deed)
{
  const char *id = cf_row_text (transfer, "transfer"), *path = cf_row_text (transfer, "path");

  switch (deed) {
  case CF_FILE_ACCEPT: call (app, "ACCEPT-FILE", id, NULL); break;
  case CF_FILE_ACCEPT_TO: ask_folder (row, app, id); break;
  case CF_FILE_REFUSE: call (app, "REFUSE-FILE", id, NULL); break;
  case CF_FILE_PAUSE: call (app, "PAUSE", id, NULL); break;
  case CF_FILE_RESUME: call (app, "RESUME", id, NULL); break;
  case CF_FILE_CANCEL: ask_cancel (row, app, transfer); break;
  case CF_FILE_OPEN: cf_file_open (app, window_of (row), path); break;
  case CF_FILE_OPEN_FOLDER: cf_file_open_folder (app, path); break;
  case CF_FILE_AGAIN:
    if (cf_transfer_deeds (transfer) & CF_TRANSFER_CAN_RETRY)
      call (app, "RESUME", id, NULL);
    else
      call (app, "SEND-FILE", cf_row_text (transfer, "conversation"), path);
    break;
  }
}
