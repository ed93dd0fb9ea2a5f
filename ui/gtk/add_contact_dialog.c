/* SPDX-License-Identifier: GPL-3.0-or-later */
/* add_contact_dialog.c - a new contact.
 *
 * Whatever is given, an address or a key, is first shown to the daemon with
 * ADD --check, which says who that is; only the button adds.
 *
 *   nothing --typed, scanned, chosen--> checking --it says who--> shown --Add--> adding --> added
 *                                       checking --no address ...--> wrong      adding --fails--> wrong
 */
#include <config.h>

#include "ui/gtk/add_contact_dialog.h"

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
#include "ui/gtk/open_dialog.h"
#include "ui/gtk/qr_read.h"
#include "ui/gtk/scan_view.h"
#include "ui/gtk/widget_call.h"

#define PAUSE_MS 300       /* after the last key, before it is looked at */
#define ADDRESS_MAX 512    /* characters */
#define KEY_MAX (64 * 1024)

#define CF_TYPE_ADD_CONTACT_DIALOG (cf_add_contact_dialog_get_type ())
G_DECLARE_FINAL_TYPE (CfAddContactDialog, cf_add_contact_dialog, CF, ADD_CONTACT_DIALOG, HdyWindow)

struct _CfAddContactDialog {
  HdyWindow parent;
  CfApp *app;
  GtkStack *pages;                   /* "give", "camera", "added" */
  GtkWidget *back, *cancel, *add, *person, *open;
  GtkWidget *picture_row, *camera_row;
  GtkEntry *entry;
  GtkLabel *told;
  CfFactRow *who, *fingerprint, *warning;
  HdyStatusPage *added;
  GCancellable *reading;             /* a picture */
  struct cf_widget_call *call;       /* the one under way */
  guint pause;
  GBytes *key;                       /* a key was chosen, and not an address typed */
  char *peer;                        /* whom it is about */
};

G_DEFINE_TYPE (CfAddContactDialog, cf_add_contact_dialog, HDY_TYPE_WINDOW)

/* ---- what is seen ---- */

static void
say (CfAddContactDialog *dialog, const char *text, gboolean wrong)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (dialog->told));

  if (wrong)
    gtk_style_context_add_class (style, "cf-wrong");
  else
    gtk_style_context_remove_class (style, "cf-wrong");
  gtk_entry_set_icon_from_icon_name (dialog->entry, GTK_ENTRY_ICON_SECONDARY, wrong ? "dialog-warning-symbolic" : NULL);
  gtk_label_set_text (dialog->told, text);
}

static void
show_nobody (CfAddContactDialog *dialog)
{
  gtk_widget_hide (dialog->person);
  gtk_widget_set_sensitive (dialog->add, FALSE);
}

static void
say_error (CfAddContactDialog *dialog, const struct cf_client_error *error)
{
  char *text;

  show_nobody (dialog);
  switch (gpg_err_code (error->err)) {
  case GPG_ERR_INV_URI:
    if (!strcmp (cf_row_text (error->row, "code"), "ADDRESS_MISTYPED"))
      say (dialog, _("There is a mistake in this address: a character is wrong. Copy it once more."), TRUE);
    else
      say (dialog, _("This is no whole address. It begins with “confab:”; perhaps a part of it is missing."), TRUE);
    break;
  case GPG_ERR_CONFLICT:
    say (dialog, _("This is your own address. Ask the other person for theirs."), TRUE);
    break;
  default:
    text = cf_words_error (error);
    say (dialog, text, TRUE);
    free (text);
  }
}

static void
show_person (CfAddContactDialog *dialog, const json_t *row)
{
  bool known = *cf_row_text (row, "user_id"), contact = cf_row_true (row, "contact");
  const char *state = cf_words_key_state (cf_row_text (row, "key_state"));
  char *who = known ? cf_words_user_id (row) : strdup (_("Name not known yet")), *note, *warning;

  if (*state)
    /* Translators: %s is "expired", "revoked" and the like. */
    note = g_strdup_printf (_("Their key is %s: no conversation can be opened with it."), state);
  else if (contact)
    note = g_strdup (_("This person is among your contacts already."));
  else if (known)
    note = g_strdup (cf_words_validity (cf_row_text (row, "validity")));
  else
    note = g_strdup (_("You learn their name when your machine meets theirs."));
  cf_fact_row_set (dialog->who, who, note);
  cf_fact_row_set_look (dialog->who, *state ? CF_FACT_WARNING : CF_FACT_PLAIN);
  cf_fact_row_set_fingerprint (dialog->fingerprint, cf_row_text (row, "fingerprint"),
                               _("If you can, compare it with what they read out to you."));
  cf_fact_row_set_copy (dialog->fingerprint, NULL);
  warning = cf_words_warning (row);
  cf_fact_row_set (dialog->warning, warning, _("Somebody may be posing as them. Ask them by voice or "
                                                                    "in person before you go on."));
  free (warning);
  cf_fact_row_set_look (dialog->warning, CF_FACT_BAD);
  g_free (dialog->peer);
  dialog->peer = g_strdup (cf_row_text (row, "fingerprint"));
  say (dialog, "", FALSE);
  gtk_widget_show (dialog->person);
  gtk_widget_set_sensitive (dialog->add, !contact);
  g_free (note);
  free (who);
}

static void
on_checked (GtkWidget *widget, const struct cf_client_error *error, const json_t *row)
{
  CfAddContactDialog *dialog = CF_ADD_CONTACT_DIALOG (widget);

  dialog->call = NULL;
  if (error->err)
    say_error (dialog, error);
  else
    show_person (dialog, row);
}

/* ---- to the daemon ---- */

/* The address that was typed, without the blanks and line breaks that came with it. */
static char *
typed (CfAddContactDialog *dialog)
{
  const char *text = gtk_entry_get_text (dialog->entry);
  GString *clean = g_string_new (NULL);

  for (; *text; text = g_utf8_next_char (text))
    if (!g_unichar_isspace (g_utf8_get_char (text)))
      g_string_append_unichar (clean, g_utf8_get_char (text));
  return g_string_free (clean, FALSE);
}

static void
ask (CfAddContactDialog *dialog, gboolean check, cf_widget_call_fn done)
{
  const char *words[4] = { NULL };
  struct cf_answer answers[2] = { { NULL, NULL, 0 } };
  char *address = dialog->key ? NULL : typed (dialog);
  size_t n = 0;

  cf_widget_call_cancel (dialog->call);
  dialog->call = NULL;
  if (check)
    words[n++] = "--check";
  words[n] = address ? address : "--key";
  if (dialog->key) {
    answers[0].keyword = "KEY";
    answers[0].data = g_bytes_get_data (dialog->key, &answers[0].len);
  }
  if (!address || *address)
    dialog->call = cf_widget_call (GTK_WIDGET (dialog), dialog->app, "ADD", words, answers, done);
  g_free (address);
}

static gboolean
on_paused (gpointer arg)
{
  CfAddContactDialog *dialog = arg;

  dialog->pause = 0;
  ask (dialog, TRUE, on_checked);
  return G_SOURCE_REMOVE;
}

static void
on_typed (CfAddContactDialog *dialog)
{
  g_clear_pointer (&dialog->key, g_bytes_unref);
  if (dialog->pause)
    g_source_remove (dialog->pause);
  cf_widget_call_cancel (dialog->call);
  dialog->call = NULL;
  show_nobody (dialog);
  say (dialog, "", FALSE);
  dialog->pause = gtk_entry_get_text_length (dialog->entry) ? g_timeout_add (PAUSE_MS, on_paused, dialog) : 0;
}

static void
on_added (GtkWidget *widget, const struct cf_client_error *error, const json_t *row)
{
  CfAddContactDialog *dialog = CF_ADD_CONTACT_DIALOG (widget);
  char *name, *title;

  dialog->call = NULL;
  if (error->err) {
    say_error (dialog, error);
    return;
  }
  name = cf_words_name (row);
  /* Translators: %s is a person's name. */
  title = g_strdup_printf (_("%s is a contact now"), name);
  hdy_status_page_set_title (dialog->added, title);
  gtk_widget_hide (dialog->add);
  gtk_stack_set_visible_child_name (dialog->pages, "added");
  gtk_widget_grab_focus (dialog->open);
  g_free (title);
  free (name);
}

static void
on_add (CfAddContactDialog *dialog)
{
  gtk_widget_set_sensitive (dialog->add, FALSE);
  ask (dialog, FALSE, on_added);
}

static void
on_open (CfAddContactDialog *dialog)
{
  CfApp *app = dialog->app;
  GtkWindow *parent = gtk_window_get_transient_for (GTK_WINDOW (dialog));
  char *peer = g_strdup (dialog->peer);

  gtk_widget_destroy (GTK_WIDGET (dialog)); /* first: what is modal keeps others from being closed */
  cf_open_dialog_show (app, parent, peer, NULL, CF_OPEN);
  g_free (peer);
}

/* ---- other ways to give it ---- */

static void
give_address (CfAddContactDialog *dialog, const char *text)
{
  gtk_stack_set_visible_child_name (dialog->pages, "give");
  gtk_entry_set_text (dialog->entry, text); /* on_typed */
  gtk_editable_set_position (GTK_EDITABLE (dialog->entry), -1);
}

static void
on_found (CfAddContactDialog *dialog, const char *text)
{
  give_address (dialog, text);
}

static void
on_camera (CfAddContactDialog *dialog)
{
  gtk_stack_set_visible_child_name (dialog->pages, "camera");
}

static void
on_back (CfAddContactDialog *dialog)
{
  gtk_stack_set_visible_child_name (dialog->pages, "give");
}

static void
on_page (CfAddContactDialog *dialog)
{
  const char *page = gtk_stack_get_visible_child_name (dialog->pages);

  gtk_widget_set_visible (dialog->back, !g_strcmp0 (page, "camera"));
  gtk_widget_set_visible (dialog->cancel, !g_strcmp0 (page, "give"));
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer arg)
{
  CfAddContactDialog *dialog = arg;
  gpg_error_t err;
  char *text = cf_qr_read_file_finish (result, &err);

  (void) source;
  if (gpg_err_code (err) == GPG_ERR_CANCELED) /* the dialog has gone, or another picture was chosen */
    return;
  g_clear_object (&dialog->reading);
  if (text)
    give_address (dialog, text);
  else if (gpg_err_code (err) == GPG_ERR_NO_DATA)
    say (dialog, _("No code was found in this picture. It must be sharp, and the whole code must be on it."), TRUE);
  else if (gpg_err_code (err) == GPG_ERR_TOO_LARGE)
    say (dialog, _("This picture is too large. Choose a smaller one."), TRUE);
  else if (gpg_err_code (err) == GPG_ERR_INV_OBJ)
    say (dialog, _("This is no picture that can be read. Choose a PNG or a JPEG."), TRUE);
  else
    say (dialog, cf_err_info (err)->message, TRUE);
  g_free (text);
}

static void
read_picture (CfAddContactDialog *dialog, const char *path)
{
  if (dialog->reading)
    g_cancellable_cancel (dialog->reading);
  g_clear_object (&dialog->reading);
  dialog->reading = g_cancellable_new ();
  gtk_entry_set_text (dialog->entry, "");
  say (dialog, _("Looking for a code…"), FALSE);
  cf_qr_read_file_async (path, dialog->reading, on_read, dialog);
}

static void
read_key (CfAddContactDialog *dialog, const char *path)
{
  GFile *file = g_file_new_for_path (path);
  GFileInputStream *stream = g_file_read (file, NULL, NULL);
  char *data = g_malloc (KEY_MAX + 1);
  gsize len = 0;

  gtk_entry_set_text (dialog->entry, "");
  if (!stream || !g_input_stream_read_all (G_INPUT_STREAM (stream), data, KEY_MAX + 1, &len, NULL, NULL))
    say (dialog, _("This file cannot be read."), TRUE);
  else if (len > KEY_MAX)
    say (dialog, _("This file is too large for one key. Ask for a file with nothing but their key."), TRUE);
  else {
    dialog->key = g_bytes_new (data, len);
    ask (dialog, TRUE, on_checked);
  }
  g_free (data);
  g_clear_object (&stream);
  g_object_unref (file);
}

static void
on_file_response (CfAddContactDialog *dialog, int response, GtkNativeDialog *native)
{
  void (*take) (CfAddContactDialog *, const char *) = g_object_get_data (G_OBJECT (native), "take");
  char *path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (native));

  if (response == GTK_RESPONSE_ACCEPT && path)
    take (dialog, path);
  g_free (path);
  gtk_native_dialog_destroy (native);
  g_object_unref (native);
}

static void
choose_file (CfAddContactDialog *dialog, const char *title, const char *const *patterns,
             void (*take) (CfAddContactDialog *, const char *))
{
  GtkFileChooserNative *native =
      gtk_file_chooser_native_new (title, GTK_WINDOW (dialog), GTK_FILE_CHOOSER_ACTION_OPEN, _("Open"), _("Cancel"));
  GtkFileFilter *fit = gtk_file_filter_new (), *all = gtk_file_filter_new ();

  gtk_file_filter_set_name (fit, title);
  for (; *patterns; patterns++)
    gtk_file_filter_add_pattern (fit, *patterns);
  gtk_file_filter_set_name (all, _("All files"));
  gtk_file_filter_add_pattern (all, "*");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (native), fit);
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (native), all);
  g_object_set_data (G_OBJECT (native), "take", take);
  g_signal_connect_object (native, "response", G_CALLBACK (on_file_response), dialog, G_CONNECT_SWAPPED);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (native), TRUE);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (native));
}

static void
on_picture (CfAddContactDialog *dialog)
{
  static const char *const patterns[] = { "*.png", "*.PNG", "*.jpg", "*.JPG", "*.jpeg", "*.JPEG", NULL };

  choose_file (dialog, _("Picture of a code"), patterns, read_picture);
}

static void
on_key (CfAddContactDialog *dialog)
{
  static const char *const patterns[] = { "*.asc", "*.gpg", "*.pgp", "*.key", "*.pub", NULL };

  choose_file (dialog, _("Key file"), patterns, read_key);
}

/* ---- its life ---- */

static void
cf_add_contact_dialog_destroy (GtkWidget *widget)
{
  CfAddContactDialog *dialog = CF_ADD_CONTACT_DIALOG (widget);

  if (dialog->pause)
    g_source_remove (dialog->pause);
  dialog->pause = 0;
  if (dialog->reading)
    g_cancellable_cancel (dialog->reading);
  g_clear_object (&dialog->reading);
  g_clear_pointer (&dialog->key, g_bytes_unref);
  g_clear_pointer (&dialog->peer, g_free);
  GTK_WIDGET_CLASS (cf_add_contact_dialog_parent_class)->destroy (widget);
}

static void
cf_add_contact_dialog_class_init (CfAddContactDialogClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  widget->destroy = cf_add_contact_dialog_destroy;
  g_type_ensure (CF_TYPE_FACT_ROW);
  g_type_ensure (CF_TYPE_SCAN_VIEW);
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/add_contact_dialog.ui");
#define BIND(name) gtk_widget_class_bind_template_child (widget, CfAddContactDialog, name)
  BIND (pages);
  BIND (back);
  BIND (cancel);
  BIND (add);
  BIND (person);
  BIND (open);
  BIND (picture_row);
  BIND (camera_row);
  BIND (entry);
  BIND (told);
  BIND (who);
  BIND (fingerprint);
  BIND (warning);
  BIND (added);
#undef BIND
#define BIND(name) gtk_widget_class_bind_template_callback (widget, name)
  BIND (on_typed);
  BIND (on_add);
  BIND (on_open);
  BIND (on_camera);
  BIND (on_picture);
  BIND (on_key);
  BIND (on_found);
  BIND (on_back);
  BIND (on_page);
#undef BIND
  gtk_widget_class_bind_template_callback_full (widget, "on_close", G_CALLBACK (gtk_window_close));
  cf_window_class_close_on_escape (widget);
}

static void
cf_add_contact_dialog_init (CfAddContactDialog *dialog)
{
  gtk_widget_init_template (GTK_WIDGET (dialog));
  cf_accessible_tell_titles (GTK_WIDGET (dialog));
  gtk_entry_set_max_length (dialog->entry, ADDRESS_MAX);
  gtk_widget_set_visible (dialog->picture_row, cf_qr_can_read ());
  gtk_widget_set_visible (dialog->camera_row, cf_qr_can_read ());
  on_page (dialog);
}

void
cf_add_contact_dialog_show (CfApp *app, GtkWindow *parent, const char *address)
{
  CfAddContactDialog *dialog = g_object_new (CF_TYPE_ADD_CONTACT_DIALOG, "transient-for", parent, NULL);

  dialog->app = app;
  if (address)
    gtk_entry_set_text (dialog->entry, address);
  cf_window_present_fitting (GTK_WINDOW (dialog));
}
