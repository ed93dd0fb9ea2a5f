/* SPDX-License-Identifier: GPL-3.0-or-later */
/* open_dialog.c - who it is, what was agreed on, and what came of it.
 *
 *     ask --(begin)--> wait --(done: 0)--> closed, the conversation is shown
 *      ^                 |
 *      +--(done: error)--+   what happened stands above the entry; a request that is over is asked anew by us
 *
 * The password goes from secret memory into the session's, and is wiped here as soon as the call is made.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/avatar.h"
#include "ui/gtk/fit.h"
#include "ui/gtk/open_dialog.h"
#include "ui/gtk/secret_buffer.h"

#define CF_TYPE_OPEN_DIALOG (cf_open_dialog_get_type ())
G_DECLARE_FINAL_TYPE (CfOpenDialog, cf_open_dialog, CF, OPEN_DIALOG, GtkDialog)

struct _CfOpenDialog {
  GtkDialog parent;
  CfApp *app;
  enum cf_open_purpose purpose;
  char *peer, *request, *who; /* WHO: the name that is shown */
  char *conversation;         /* the answer's */
  struct cf_call *call;
  struct cf_model_listener *listener;
  CfAvatar *avatar;
  GtkLabel *name, *user_id, *validity, *fingerprint, *warning, *their_note, *note_title, *trouble, *remedy;
  GtkLabel *strength, *tries, *waiting, *waiting_more;
  GtkWidget *warning_bar, *note_frame, *trouble_bar, *note_label, *note, *refusing, *withdraw, *leave, *content;
  GtkStack *pages;
  GtkEntry *password;
  GtkToggleButton *reveal;
  GtkImage *reveal_icon;
  GtkButton *begin;
};

G_DEFINE_TYPE (CfOpenDialog, cf_open_dialog, GTK_TYPE_DIALOG)

#define TRIES 3                  /* that there are before a silence, of which nothing is to be said */
#define CURRENT "cf-open-dialog" /* of the application: the dialog that there is */

/* ---- what is shown ---- */

static const json_t *
get_request (CfOpenDialog *dialog)
{
  return dialog->request ? cf_model_get (cf_app_model (dialog->app), CF_MODEL_REQUESTS, dialog->request) : NULL;
}

/* The row that knows most of the person. */
static const json_t *
get_person (CfOpenDialog *dialog)
{
  struct cf_model *model = cf_app_model (dialog->app);
  const json_t *row = get_request (dialog);

  if (!row)
    row = cf_model_get (model, CF_MODEL_PEERS, dialog->peer);
  if (!row)
    row = cf_model_get (model, CF_MODEL_CONTACTS, dialog->peer);
  return row ? row : cf_model_conversation_with (model, dialog->peer);
}

static void
show_text (GtkLabel *label, GtkWidget *whole, const char *text)
{
  gtk_label_set_text (label, text);
  gtk_widget_set_visible (whole, *text != 0);
}

/* In lines of as many groups each, so that two people can read it to one another. */
static void
show_fingerprint (CfOpenDialog *dialog)
{
  char *groups = cf_words_fingerprint (dialog->peer);
  size_t line = strlen (groups) == 49 ? 5 : 4; /* groups; of 10 or 16 */

  for (size_t i = 5 * line - 1; i < strlen (groups); i += 5 * line)
    groups[i] = '\n';
  gtk_label_set_text (dialog->fingerprint, groups);
  free (groups);
}

static void
show_person (CfOpenDialog *dialog)
{
  const json_t *row = get_person (dialog);
  char *user_id, *warning;
  const char *bad = cf_words_key_state (cf_row_text (row, "key_state"));

  if (row) {
    g_free (dialog->who);
    dialog->who = cf_words_name (row);
    user_id = cf_words_user_id (row);
    show_text (dialog->user_id, GTK_WIDGET (dialog->user_id), strcmp (user_id, dialog->who) ? user_id : "");
    free (user_id);
    gtk_label_set_text (dialog->validity, *bad ? bad : cf_words_validity (cf_row_text (row, "validity")));
    warning = cf_words_warning (row);
    show_text (dialog->warning, dialog->warning_bar, warning);
    free (warning);
  }
  gtk_label_set_text (dialog->name, dialog->who);
  show_fingerprint (dialog);
  cf_avatar_set (dialog->avatar, dialog->peer, dialog->who);
}

/* Their words, bounded by the daemon: text. */
static void
show_note (CfOpenDialog *dialog)
{
  char *title = g_strdup_printf (_("%s writes"), dialog->who);

  gtk_label_set_text (dialog->note_title, title);
  show_text (dialog->their_note, dialog->note_frame, cf_row_text (get_request (dialog), "note"));
  g_free (title);
}

static void
show_purpose (CfOpenDialog *dialog)
{
  gboolean answers = get_request (dialog) != NULL, asks = dialog->purpose == CF_OPEN && !answers;

  if (dialog->purpose == CF_VERIFY)
    gtk_window_set_title (GTK_WINDOW (dialog), _("Verify again"));
  else
    gtk_window_set_title (GTK_WINDOW (dialog), answers ? _("Answer a request") : _("Open a conversation"));
  if (dialog->purpose == CF_VERIFY)
    gtk_button_set_label (dialog->begin, _("_Verify"));
  else
    gtk_button_set_label (dialog->begin, answers ? _("_Answer") : _("_Ask"));
  gtk_widget_set_visible (dialog->refusing, answers);
  gtk_widget_set_visible (dialog->note_label, asks);
  gtk_widget_set_visible (dialog->note, asks);
  show_note (dialog);
}

static void
on_password_changed (CfOpenDialog *dialog)
{
  const char *text = gtk_entry_get_text (dialog->password);
  enum cf_words_strength strength = cf_words_strength (text);

  gtk_widget_set_sensitive (GTK_WIDGET (dialog->begin), *text != 0);
  gtk_label_set_text (dialog->strength, *text ? cf_words_strength_hint (strength)
                                              : _("Agree on it by voice or in person. Both of you type the same one."));
}

/* Who has guessed wrong before knows how often he may still. */
static void
show_tries (CfOpenDialog *dialog)
{
  const json_t *request = get_request (dialog);
  gboolean none_wrong = cf_row_number (request, "tries_left") >= TRIES;
  char *tries = none_wrong ? strdup ("") : cf_words_tries (request);

  show_text (dialog->tries, GTK_WIDGET (dialog->tries), tries);
  free (tries);
}

static void
on_reveal (CfOpenDialog *dialog)
{
  gboolean shown = gtk_toggle_button_get_active (dialog->reveal);

  gtk_entry_set_visibility (dialog->password, shown);
  gtk_image_set_from_icon_name (dialog->reveal_icon, shown ? "view-conceal-symbolic" : "view-reveal-symbolic",
                                GTK_ICON_SIZE_BUTTON);
}

/* As high as what it says, but no higher than most of the screen, and no wider than the window below.  (A scrolled
   window only knows how high it would be if it were as narrow as can be.) */
static void
fit (CfOpenDialog *dialog)
{
  GtkWindow *window = GTK_WINDOW (dialog);
  GdkMonitor *monitor = gdk_display_get_monitor (gtk_widget_get_display (GTK_WIDGET (dialog)), 0);
  GdkRectangle screen;
  int width, height, natural, width_max;

  gtk_window_get_size (window, &width, &height);
  gtk_window_get_size (gtk_window_get_transient_for (window), &width_max, NULL);
  width = MIN (width, width_max);
  gtk_widget_get_preferred_height_for_width (dialog->content, width, NULL, &natural);
  gdk_monitor_get_workarea (monitor, &screen);
  gtk_window_resize (window, width, MIN (natural, screen.height * 8 / 10));
}

static void
say_trouble (CfOpenDialog *dialog, const char *what, const char *remedy)
{
  show_text (dialog->trouble, dialog->trouble_bar, what);
  show_text (dialog->remedy, GTK_WIDGET (dialog->remedy), remedy);
}

static void
go_to_ask (CfOpenDialog *dialog)
{
  gtk_stack_set_visible_child_name (dialog->pages, "ask");
  show_purpose (dialog);
  show_tries (dialog);
  gtk_widget_grab_focus (GTK_WIDGET (dialog->password));
  fit (dialog);
}

/* ---- the call ---- */

static void
on_row (void *arg, const json_t *row)
{
  CfOpenDialog *dialog = arg;

  g_free (dialog->conversation);
  dialog->conversation = g_strdup (cf_row_text (row, "conversation"));
}

/* A password that was wrong ends the request: to try again is to ask. */
static void
forget_request (CfOpenDialog *dialog)
{
  g_clear_pointer (&dialog->request, g_free);
  if (dialog->purpose == CF_ACCEPT)
    dialog->purpose = CF_OPEN;
}

static void
on_done (void *arg, const struct cf_client_error *error)
{
  CfOpenDialog *dialog = arg;
  CfApp *app = dialog->app;
  char *message, *remedy;

  dialog->call = NULL;
  if (!error->err) {
    char *conversation = g_strdup (dialog->conversation);

    gtk_widget_destroy (GTK_WIDGET (dialog));
    if (conversation)
      cf_app_show_conversation (app, conversation, NULL);
    g_free (conversation);
    return;
  }
  if (gpg_err_code (error->err) == CF_ERR_REFUSED || !strcmp (error->name, "WRONG_PASSWORD"))
    forget_request (dialog);
  message = cf_words_message (error);
  remedy = cf_words_remedy (error);
  say_trouble (dialog, message, remedy);
  free (message);
  free (remedy);
  go_to_ask (dialog);
}

static void
show_waiting (CfOpenDialog *dialog)
{
  gboolean answers = get_request (dialog) != NULL;
  char *text = answers ? g_strdup (_("Comparing the two passwords"))
                       : g_strdup_printf (_("Waiting for %s to type the password"), dialog->who);

  gtk_label_set_text (dialog->waiting, text);
  gtk_label_set_text (dialog->waiting_more,
                      answers ? _("Nobody learns the password by this, not even the other side.")
                              : _("You may close this window. What you asked stands for seven days, and is done as"
                                  " soon as the same password was typed there."));
  gtk_widget_set_visible (dialog->withdraw, !answers && dialog->purpose == CF_OPEN);
  say_trouble (dialog, "", "");
  gtk_stack_set_visible_child_name (dialog->pages, "wait");
  gtk_widget_grab_focus (dialog->leave);
  fit (dialog);
  g_free (text);
}

/* *R_OPTION is to be freed, as words point to it. */
static const char *
choose_words (CfOpenDialog *dialog, const char *words[3], char **r_option)
{
  const json_t *conversation = cf_model_conversation_with (cf_app_model (dialog->app), dialog->peer);
  const char *note = gtk_entry_get_text (GTK_ENTRY (dialog->note));

  *r_option = NULL;
  if (get_request (dialog)) {
    words[0] = dialog->request;
    return "ACCEPT";
  }
  if (dialog->purpose == CF_VERIFY) {
    words[0] = cf_row_text (conversation, "conversation");
    return "VERIFY";
  }
  if (*note)
    words[0] = *r_option = g_strconcat ("--note=", note, NULL);
  words[*note ? 1 : 0] = dialog->peer;
  return "OPEN";
}

static void
on_begin (CfOpenDialog *dialog)
{
  static const struct cf_call_handler handler = { .row = on_row, .done = on_done };
  const char *password = gtk_entry_get_text (dialog->password), *words[3] = { NULL, NULL, NULL }, *verb;
  struct cf_answer answers[] = { { "PASSWORD", password, strlen (password) }, { NULL, NULL, 0 } };
  char *option;
  gpg_error_t err;

  if (!*password || dialog->call)
    return;
  verb = choose_words (dialog, words, &option);
  err = cf_session_call (cf_model_session (cf_app_model (dialog->app)), verb, words, answers, &handler, dialog,
                         &dialog->call);
  g_free (option);
  if (err) {
    say_trouble (dialog, _(cf_err_info (err)->message), _(cf_err_info (err)->hint));
    return;
  }
  show_waiting (dialog);
  gtk_entry_set_text (dialog->password, ""); /* wiped */
  gtk_toggle_button_set_active (dialog->reveal, FALSE);
}

static void
on_withdraw (CfOpenDialog *dialog)
{
  const json_t *row = cf_model_conversation_with (cf_app_model (dialog->app), dialog->peer);

  if (!strcmp (cf_row_text (row, "state"), "requested")) {
    const char *words[] = { cf_row_text (row, "conversation"), NULL };

    cf_app_call (dialog->app, "CLOSE", words);
  }
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

static void
refuse (CfOpenDialog *dialog, gboolean block)
{
  const char *words[] = { block ? "--block" : dialog->request, block ? dialog->request : NULL, NULL };

  if (dialog->request)
    cf_app_call (dialog->app, "REFUSE", words);
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

static void
on_refuse (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  (void) parameter;
  refuse (data, !strcmp (g_action_get_name (G_ACTION (action)), "block"));
}

/* ---- the model ---- */

static void
on_changed (void *arg, enum cf_model_list list, const char *id)
{
  CfOpenDialog *dialog = arg;

  if (list == CF_MODEL_REQUESTS && dialog->request && !dialog->call && (!id || !strcmp (id, dialog->request))
      && !get_request (dialog)) {
    forget_request (dialog);
    say_trouble (dialog, _("This request is over"), _("It was withdrawn, or answered elsewhere; you can ask yourself."));
    show_purpose (dialog);
    fit (dialog);
  }
  if (list <= CF_MODEL_REQUESTS && (!id || !strcmp (id, dialog->peer) || !g_strcmp0 (id, dialog->request)))
    show_person (dialog);
}

/* ---- the class ---- */

static void
cf_open_dialog_dispose (GObject *object)
{
  CfOpenDialog *dialog = CF_OPEN_DIALOG (object);

  if (dialog->app && g_object_get_data (G_OBJECT (dialog->app), CURRENT) == dialog)
    g_object_set_data (G_OBJECT (dialog->app), CURRENT, NULL);
  cf_call_cancel (dialog->call);
  dialog->call = NULL;
  if (dialog->listener)
    cf_model_unlisten (cf_app_model (dialog->app), dialog->listener);
  dialog->listener = NULL;
  G_OBJECT_CLASS (cf_open_dialog_parent_class)->dispose (object);
}

static void
cf_open_dialog_finalize (GObject *object)
{
  CfOpenDialog *dialog = CF_OPEN_DIALOG (object);

  g_free (dialog->peer);
  g_free (dialog->request);
  g_free (dialog->who);
  g_free (dialog->conversation);
  G_OBJECT_CLASS (cf_open_dialog_parent_class)->finalize (object);
}

static void
bind_children (GtkWidgetClass *widget)
{
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, avatar);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, name);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, user_id);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, validity);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, fingerprint);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, warning);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, warning_bar);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, their_note);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, note_title);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, note_frame);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, trouble);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, remedy);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, trouble_bar);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, pages);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, password);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, reveal);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, reveal_icon);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, strength);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, tries);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, note_label);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, note);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, refusing);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, begin);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, waiting);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, waiting_more);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, withdraw);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, leave);
  gtk_widget_class_bind_template_child (widget, CfOpenDialog, content);
}

static void
cf_open_dialog_class_init (CfOpenDialogClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = cf_open_dialog_dispose;
  G_OBJECT_CLASS (class)->finalize = cf_open_dialog_finalize;
  g_type_ensure (CF_TYPE_AVATAR);
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/open_dialog.ui");
  bind_children (widget);
  gtk_widget_class_bind_template_callback (widget, on_password_changed);
  gtk_widget_class_bind_template_callback (widget, on_reveal);
  gtk_widget_class_bind_template_callback (widget, on_begin);
  gtk_widget_class_bind_template_callback (widget, on_withdraw);
  gtk_widget_class_bind_template_callback (widget, gtk_window_close);
}

static void
cf_open_dialog_init (CfOpenDialog *dialog)
{
  static const GActionEntry entries[] = {
    { .name = "refuse", .activate = on_refuse },
    { .name = "block", .activate = on_refuse },
  };
  GSimpleActionGroup *group = g_simple_action_group_new ();
  GtkEntryBuffer *buffer = cf_secret_buffer_new ();

  gtk_widget_init_template (GTK_WIDGET (dialog));
  gtk_entry_set_buffer (dialog->password, buffer);
  g_object_unref (buffer);
  g_action_map_add_action_entries (G_ACTION_MAP (group), entries, G_N_ELEMENTS (entries), dialog);
  gtk_widget_insert_action_group (GTK_WIDGET (dialog), "open", G_ACTION_GROUP (group));
  g_object_unref (group);
  g_signal_connect (dialog, "response", G_CALLBACK (gtk_widget_destroy), NULL); /* Escape, or the close button */
}

void
cf_open_dialog_show (CfApp *app, GtkWindow *parent, const char *peer_fpr, const char *request,
                     enum cf_open_purpose purpose)
{
  static const struct cf_model_handler handler = { .changed = on_changed };
  CfOpenDialog *dialog, *current = g_object_get_data (G_OBJECT (app), CURRENT);

  if (current && current->call) {
    gtk_window_present (GTK_WINDOW (current));
    return;
  }
  if (current)
    gtk_widget_destroy (GTK_WIDGET (current));
  dialog = g_object_new (CF_TYPE_OPEN_DIALOG, "use-header-bar", TRUE, "transient-for", parent, NULL);
  g_object_set_data (G_OBJECT (app), CURRENT, dialog);
  dialog->app = app;
  dialog->purpose = purpose;
  dialog->peer = g_strdup (peer_fpr);
  dialog->request = g_strdup (request);
  dialog->who = g_strdup ("");
  if (cf_model_listen (cf_app_model (app), &handler, dialog, &dialog->listener))
    g_error ("no memory for a dialog");
  show_person (dialog);
  on_password_changed (dialog);
  go_to_ask (dialog);
  cf_window_present_fitting (GTK_WINDOW (dialog));
}

gboolean
cf_open_dialog_is_about (CfApp *app, const char *peer_fpr)
{
  CfOpenDialog *dialog = g_object_get_data (G_OBJECT (app), CURRENT);

  return dialog && !strcmp (dialog->peer, peer_fpr);
}
