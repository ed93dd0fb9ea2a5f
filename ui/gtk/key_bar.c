/* SPDX-License-Identifier: GPL-3.0-or-later */
/* key_bar.c - why nothing can be written now, and the remedies as buttons.
 *
 * The first case of the table that fits is the one that is told: what a person
 * can mend comes before what has simply ended.
 */
#include <config.h>

#include "ui/gtk/key_bar.h"

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/choice_dialog.h"
#include "ui/gtk/open_dialog.h"
#include "ui/gtk/widget_call.h"

struct _CfKeyBar {
  GtkBin parent;
  CfApp *app;
  GtkImage *icon;
  GtkLabel *what, *remedy;
  GtkButton *first, *second; /* what helps most is the last one, where the eye ends */
  char *conversation, *peer, *command;
  const struct remedy *remedies[2];
};

G_DEFINE_TYPE (CfKeyBar, cf_key_bar, GTK_TYPE_BIN)

/* A button: what it says and does. */
struct remedy {
  const char *label;
  void (*run) (CfKeyBar *bar);
  bool suggested;
};

static GtkWindow *
window_of (CfKeyBar *bar)
{
  GtkWidget *top = gtk_widget_get_toplevel (GTK_WIDGET (bar));

  return GTK_IS_WINDOW (top) ? GTK_WINDOW (top) : NULL;
}

/* ---- the remedies ---- */

static void
on_done (GtkWidget *widget, const struct cf_client_error *error, const json_t *row)
{
  CfKeyBar *bar = CF_KEY_BAR (widget);

  (void) row;
  gtk_widget_set_sensitive (GTK_WIDGET (bar->first), TRUE);
  gtk_widget_set_sensitive (GTK_WIDGET (bar->second), TRUE);
  if (error->err)
    cf_app_report (bar->app, error);
}

static void
call (CfKeyBar *bar, const char *verb, const char *word)
{
  const char *words[] = { word, NULL };

  gtk_widget_set_sensitive (GTK_WIDGET (bar->first), FALSE);
  gtk_widget_set_sensitive (GTK_WIDGET (bar->second), FALSE);
  cf_widget_call (GTK_WIDGET (bar), bar->app, verb, words, NULL, on_done);
}

static void
show_details (CfKeyBar *bar)
{
  GtkWindow *window = window_of (bar);

  if (window && G_IS_ACTION_GROUP (window))
    g_action_group_activate_action (G_ACTION_GROUP (window), "security", NULL);
}

static void
unblock (CfKeyBar *bar)
{
  call (bar, "UNBLOCK", bar->peer);
}

static void
open_anew (CfKeyBar *bar)
{
  cf_open_dialog_show (bar->app, window_of (bar), bar->peer, NULL, CF_OPEN);
}

static void
close_it (CfKeyBar *bar)
{
  call (bar, "CLOSE", bar->conversation);
}

/* The request that the conversation answers to, if it is still there. */
static const char *
request_of (CfKeyBar *bar)
{
  struct cf_model *model = cf_app_model (bar->app);
  const json_t *row = NULL;

  while ((row = cf_model_next (model, CF_MODEL_REQUESTS, row)))
    if (!strcmp (cf_row_text (row, "fingerprint"), bar->peer) && strcmp (cf_row_text (row, "purpose"), "verify"))
      return cf_row_text (row, "request");
  return NULL;
}

static void
answer (CfKeyBar *bar)
{
  const char *request = request_of (bar);

  cf_open_dialog_show (bar->app, window_of (bar), bar->peer, request, request ? CF_ACCEPT : CF_OPEN);
}

static void
copy_command (CfKeyBar *bar)
{
  gtk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (bar), GDK_SELECTION_CLIPBOARD), bar->command, -1);
}

static void
on_delete_response (CfKeyBar *bar, int response, GtkDialog *dialog)
{
  gtk_widget_destroy (GTK_WIDGET (dialog));
  if (response == GTK_RESPONSE_ACCEPT)
    call (bar, "DELETE", bar->conversation);
}

static void
delete_it (CfKeyBar *bar)
{
  CfChoiceDialog *dialog =
      cf_choice_dialog_new (window_of (bar), _("Delete this conversation?"),
                            _("Its messages and its key are destroyed on this machine, for good. What the other side "
                              "has kept stays there."),
                            _("Delete"), TRUE);

  g_signal_connect_object (dialog, "response", G_CALLBACK (on_delete_response), bar, G_CONNECT_SWAPPED);
  gtk_widget_show (GTK_WIDGET (dialog));
}

static void
show_person (CfKeyBar *bar)
{
  cf_open_dialog_show (bar->app, window_of (bar), bar->peer, NULL, CF_OPEN);
}

static void
block (CfKeyBar *bar)
{
  call (bar, "BLOCK", bar->peer);
}

static const struct remedy details_remedy = { N_("Details"), show_details, false };
static const struct remedy unblock_remedy = { N_("Unblock"), unblock, true };
static const struct remedy open_remedy = { N_("Open a new one…"), open_anew, true };
static const struct remedy close_remedy = { N_("Close conversation"), close_it, false };
static const struct remedy withdraw_remedy = { N_("Withdraw request"), close_it, false };
static const struct remedy answer_remedy = { N_("Answer…"), answer, true };
static const struct remedy delete_remedy = { N_("Delete…"), delete_it, false };
static const struct remedy show_remedy = { N_("Show the other…"), show_person, false };
static const struct remedy block_remedy = { N_("Block the other"), block, false };
static const struct remedy copy_remedy = { N_("Copy command"), copy_command, true };

/* ---- what has happened ---- */

static void
say (CfKeyBar *bar, const char *icon, const char *what, const char *remedy)
{
  gtk_image_set_from_icon_name (bar->icon, icon, GTK_ICON_SIZE_LARGE_TOOLBAR);
  gtk_label_set_text (bar->what, what);
  gtk_label_set_text (bar->remedy, remedy);
  gtk_widget_set_visible (GTK_WIDGET (bar->remedy), *remedy);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (bar)), what);
  atk_object_set_description (gtk_widget_get_accessible (GTK_WIDGET (bar)), remedy);
}

static void
set_button (GtkButton *button, const struct remedy *remedy)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (button));

  gtk_widget_set_visible (GTK_WIDGET (button), remedy != NULL);
  if (!remedy)
    return;
  gtk_button_set_label (button, _(remedy->label));
  if (remedy->suggested)
    gtk_style_context_add_class (style, "suggested-action");
  else
    gtk_style_context_remove_class (style, "suggested-action");
}

static void
offer (CfKeyBar *bar, const struct remedy *first, const struct remedy *second)
{
  bar->remedies[0] = first;
  bar->remedies[1] = second;
  set_button (bar->first, first);
  set_button (bar->second, second);
}

static void
say_own_key (CfKeyBar *bar, const char *state)
{
  const char *own = cf_row_text (cf_model_status (cf_app_model (bar->app)), "fingerprint");

  g_clear_pointer (&bar->command, g_free);
  if (!strcmp (state, "expired")) {
    bar->command = g_strdup_printf ("gpg --quick-set-expire %s 1y", own);
    say (bar, "dialog-error-symbolic", _("Your own key has expired"),
         _("Nothing is sent or taken. Extend it with GnuPG, here by a year, and everything goes on by itself."));
  } else if (!strcmp (state, "disabled")) {
    bar->command = g_strdup_printf ("gpg --edit-key %s enable save", own);
    say (bar, "dialog-error-symbolic", _("Your own key is disabled"),
         _("Nothing is sent or taken. Enable it with GnuPG, and everything goes on by itself."));
  } else if (!strcmp (state, "revoked"))
    say (bar, "dialog-error-symbolic", _("Your own key has been revoked"),
         _("It cannot be used any more. Begin anew with another key."));
  else
    say (bar, "dialog-error-symbolic", _("Your own key is too weak"),
         _("Nothing is sent or taken. Begin anew with a stronger key."));
  offer (bar, bar->command ? NULL : &details_remedy, bar->command ? &copy_remedy : NULL);
}

static void
say_peer_key (CfKeyBar *bar, const char *state, const char *name)
{
  char *what;

  g_clear_pointer (&bar->command, g_free);
  if (!strcmp (state, "revoked")) {
    /* Translators: %s is a person's name, here and below. */
    what = g_strdup_printf (_("The key of %s has been revoked"), name);
    say (bar, "dialog-error-symbolic", what,
         _("It may be in wrong hands: believe nothing that comes with it. Ask them, by voice or in person, for their "
           "new key."));
    offer (bar, &close_remedy, &details_remedy);
  } else if (!strcmp (state, "disabled")) {
    bar->command = g_strdup_printf ("gpg --edit-key %s enable save", bar->peer);
    what = g_strdup_printf (_("The key of %s is disabled in your keyring"), name);
    say (bar, "dialog-error-symbolic", what,
         _("You, or somebody who uses this machine, disabled it. If you trust it again, enable it with GnuPG."));
    offer (bar, &details_remedy, &copy_remedy);
  } else if (!strcmp (state, "weak")) {
    what = g_strdup_printf (_("The key of %s is too weak to be trusted"), name);
    say (bar, "dialog-error-symbolic", what, _("Others could read and forge what is written with it. Ask them for a "
                                               "stronger key, and open a new conversation with that."));
    offer (bar, &close_remedy, &details_remedy);
  } else {
    what = g_strdup_printf (_("The key of %s has expired"), name);
    say (bar, "dialog-error-symbolic", what, _("Nothing is sent or taken until they extend it. Then the conversation "
                                               "goes on by itself."));
    offer (bar, NULL, &details_remedy);
  }
  g_free (what);
}

static void
say_requested (CfKeyBar *bar, const json_t *row, const char *name)
{
  char *what;

  if (cf_row_true (row, "asked")) {
    what = g_strdup_printf (_("Waiting for %s to answer"), name);
    say (bar, "content-loading-symbolic", what,
         _("The conversation opens as soon as they type the same password. Your request stands for 7 days."));
    offer (bar, NULL, &withdraw_remedy);
  } else {
    what = g_strdup_printf (_("%s asks for a conversation"), name);
    say (bar, "dialog-question-symbolic", what, _("Answer with the password that you have agreed on."));
    offer (bar, NULL, &answer_remedy);
  }
  g_free (what);
}

static void
say_closed (CfKeyBar *bar, const json_t *row, const char *name)
{
  bool never_open = !*cf_row_text (row, "opened_at"); /* then "trouble" says how opening it failed */
  char *what = NULL, *remedy = NULL;

  if (never_open && *cf_row_text (row, "trouble") && cf_words_trouble (row, &what, &remedy)) {
    say (bar, "dialog-error-symbolic", what, remedy);
    free (what);
    free (remedy);
  } else if (cf_row_true (row, "closed_by_peer")) {
    what = g_strdup_printf (_("%s has closed this conversation"), name);
    say (bar, "changes-prevent-symbolic", what, _("What was written stays here until you delete it."));
    g_free (what);
  } else
    say (bar, "changes-prevent-symbolic", _("You have closed this conversation"),
         _("What was written stays here until you delete it."));
  offer (bar, &delete_remedy, &open_remedy);
}

static void
say_blocked (CfKeyBar *bar, const char *name)
{
  char *what = g_strdup_printf (_("You have blocked %s"), name);

  say (bar, "action-unavailable-symbolic", what,
       _("You hear nothing from them, and nothing is sent. Unblocked, the conversation goes on."));
  offer (bar, &details_remedy, &unblock_remedy);
  g_free (what);
}

/* Stopped for a reason that is not known here, of a newer daemon perhaps: its own words. */
static void
say_stopped (CfKeyBar *bar, const json_t *row)
{
  char *what = NULL, *remedy = NULL;

  if (cf_words_trouble (row, &what, &remedy))
    say (bar, "dialog-error-symbolic", what, remedy);
  else
    say (bar, "dialog-error-symbolic", _("This conversation is stopped"), "");
  offer (bar, NULL, &details_remedy);
  free (what);
  free (remedy);
}

bool
cf_key_bar_update (CfKeyBar *bar, const json_t *row)
{
  const char *state = cf_row_text (row, "state"), *key = cf_row_text (row, "key_state");
  char *name;

  if (!row || (!strcmp (state, "open") && !cf_row_true (row, "stopped") && !cf_row_true (row, "blocked")))
    return false;
  g_free (bar->conversation);
  bar->conversation = g_strdup (cf_row_text (row, "conversation"));
  g_free (bar->peer);
  bar->peer = g_strdup (cf_row_text (row, "peer"));
  name = cf_words_name (row);
  if (cf_row_true (row, "blocked"))
    say_blocked (bar, name);
  else if (!strcmp (state, "requested"))
    say_requested (bar, row, name);
  else if (!strcmp (state, "closed"))
    say_closed (bar, row, name);
  else if (!*key || !strcmp (key, "ok"))
    say_stopped (bar, row);
  else if (cf_words_own_key_is_bad (row))
    say_own_key (bar, key);
  else
    say_peer_key (bar, key, name);
  free (name);
  return true;
}

/* Who is near and passes for PEER; NULL: nobody. */
static const json_t *
find_lookalike (struct cf_model *model, const char *peer)
{
  const json_t *row = NULL;

  while (*peer && (row = cf_model_next (model, CF_MODEL_PEERS, row)))
    if (!strcmp (cf_row_text (row, "looks_like"), peer))
      break;
  return row;
}

bool
cf_key_bar_warn (CfKeyBar *bar, const json_t *row)
{
  const json_t *other = find_lookalike (cf_app_model (bar->app), cf_row_text (row, "peer"));
  char *name, *what, *remedy;

  if (!other || !strcmp (cf_row_text (row, "state"), "closed"))
    return false;
  g_free (bar->peer);
  bar->peer = g_strdup (cf_row_text (other, "fingerprint"));
  name = cf_words_name (row);
  what = g_strdup_printf (_("Somebody else nearby goes by the name of %s"), name);
  remedy = g_strdup_printf (_("They have another key than the one of this conversation. If %s has not told you of a new "
                              "key, by voice or in person, somebody may be posing as them."), name);
  say (bar, "dialog-warning-symbolic", what, remedy);
  offer (bar, &block_remedy, &show_remedy);
  g_free (what);
  g_free (remedy);
  free (name);
  return true;
}

/* ---- its life ---- */

static void
on_first (CfKeyBar *bar)
{
  bar->remedies[0]->run (bar);
}

static void
on_second (CfKeyBar *bar)
{
  bar->remedies[1]->run (bar);
}

static void
cf_key_bar_finalize (GObject *object)
{
  CfKeyBar *bar = CF_KEY_BAR (object);

  g_free (bar->conversation);
  g_free (bar->peer);
  g_free (bar->command);
  G_OBJECT_CLASS (cf_key_bar_parent_class)->finalize (object);
}

static void
cf_key_bar_class_init (CfKeyBarClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_key_bar_finalize;
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/key_bar.ui");
  gtk_widget_class_bind_template_child (widget, CfKeyBar, icon);
  gtk_widget_class_bind_template_child (widget, CfKeyBar, what);
  gtk_widget_class_bind_template_child (widget, CfKeyBar, remedy);
  gtk_widget_class_bind_template_child (widget, CfKeyBar, first);
  gtk_widget_class_bind_template_child (widget, CfKeyBar, second);
  gtk_widget_class_bind_template_callback (widget, on_first);
  gtk_widget_class_bind_template_callback (widget, on_second);
}

static void
cf_key_bar_init (CfKeyBar *bar)
{
  gtk_widget_init_template (GTK_WIDGET (bar));
}

GtkWidget *
cf_key_bar_new (CfApp *app)
{
  CfKeyBar *bar = g_object_new (CF_TYPE_KEY_BAR, NULL);

  bar->app = app;
  return GTK_WIDGET (bar);
}
