/* SPDX-License-Identifier: GPL-3.0-or-later */
/* security_panel_deeds.c - what can be done about a conversation and its peer: verify, certify, block, time, quiet. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/choice_dialog.h"
#include "ui/gtk/open_dialog.h"
#include "ui/gtk/security_panel_private.h"
#include "ui/gtk/widget_call.h"

static GtkWindow *
window_of (CfSecurityPanel *panel)
{
  GtkWidget *top = gtk_widget_get_toplevel (GTK_WIDGET (panel));

  return GTK_IS_WINDOW (top) ? GTK_WINDOW (top) : NULL;
}

/* What has changed is told by events. */
static void
on_person_done (GtkWidget *widget, const struct cf_client_error *error, const json_t *row)
{
  CfSecurityPanel *panel = CF_SECURITY_PANEL (widget);

  (void) row;
  if (error->err)
    cf_app_report (panel->app, error);
}

/* VERB [OPTION] with the peer's fingerprint. */
static void
ask_of_person (CfSecurityPanel *panel, const char *verb, const char *first, const char *second, cf_widget_call_fn done)
{
  const char *words[4] = { NULL };
  size_t n = 0;

  if (first)
    words[n++] = first;
  if (second)
    words[n++] = second;
  words[n] = cf_row_text (cf_security_panel_row (panel), "peer");
  cf_security_panel_tell (panel, NULL, NULL); /* of the deed before */
  if (*words[n])
    cf_widget_call (GTK_WIDGET (panel), panel->app, verb, words, NULL, done);
}

static void
on_verify (CfSecurityPanel *panel)
{
  const json_t *row = cf_security_panel_row (panel);

  if (row)
    cf_open_dialog_show (panel->app, window_of (panel), cf_row_text (row, "peer"), NULL, CF_VERIFY);
}

/* ---- certify ---- */

static void
on_certified (GtkWidget *widget, const struct cf_client_error *error, const json_t *row)
{
  CfSecurityPanel *panel = CF_SECURITY_PANEL (widget);

  on_person_done (widget, error, row);
  if (error->err)
    return;
  if (cf_row_true (row, "already"))
    cf_security_panel_tell (panel, panel->certify, _("This key was certified by yours already."));
  else if (cf_row_true (row, "exportable"))
    cf_security_panel_tell (panel, panel->certify, _("This key is certified by yours, for everybody who gets it from you."));
  else
    cf_security_panel_tell (panel, panel->certify, _("This key is certified by yours, for you alone."));
}

static void
on_certify_response (CfSecurityPanel *panel, int response, GtkDialog *dialog)
{
  bool verified = json_is_object (json_object_get (cf_security_panel_row (panel), "verified"));
  unsigned way = cf_choice_dialog_chosen (CF_CHOICE_DIALOG (dialog));

  gtk_widget_destroy (GTK_WIDGET (dialog));
  if (response != GTK_RESPONSE_ACCEPT)
    return;
  ask_of_person (panel, "CERTIFY", way == 1 ? "--exportable" : NULL, verified ? NULL : "--unverified", on_certified);
}

static void
on_certify (CfSecurityPanel *panel)
{
  const json_t *row = cf_security_panel_row (panel);
  char *name, *heading;
  CfChoiceDialog *dialog;

  if (!row)
    return;
  name = cf_words_name (row);
  /* Translators: %s is a person's name. */
  heading = g_strdup_printf (_("Certify the key of %s?"), name);
  dialog = cf_choice_dialog_new (window_of (panel), heading,
                                 _("Your own key then says that this key is theirs, to GnuPG and to all that uses it. "
                                   "GnuPG may ask for your passphrase."),
                                 _("Certify"), FALSE);
  cf_choice_dialog_add (dialog, _("For me alone"),
                        _("Nobody else learns that you have certified it. This is what most people want."));
  cf_choice_dialog_add (dialog, _("For others, too"),
                        _("It goes along with the key when you pass the key on. Whoever gets it can see that you know "
                          "them and vouch for them."));
  if (!json_is_object (json_object_get (row, "verified")))
    cf_choice_dialog_confirm (dialog, _("We have compared the fingerprint, by voice or in person"));
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_certify_response), panel, G_CONNECT_SWAPPED);
  gtk_widget_show (GTK_WIDGET (dialog));
  g_free (heading);
  free (name);
}

/* ---- block ---- */

static void
on_block_response (CfSecurityPanel *panel, int response, GtkDialog *dialog)
{
  gtk_widget_destroy (GTK_WIDGET (dialog));
  if (response != GTK_RESPONSE_ACCEPT)
    return;
  ask_of_person (panel, "BLOCK", NULL, NULL, on_person_done);
}

static void
on_block (CfSecurityPanel *panel)
{
  const json_t *row = cf_security_panel_row (panel);
  char *name, *heading;
  CfChoiceDialog *dialog;

  if (!row)
    return;
  if (cf_row_true (row, "blocked")) {
    ask_of_person (panel, "UNBLOCK", NULL, NULL, on_person_done);
    return;
  }
  name = cf_words_name (row);
  /* Translators: %s is a person's name. */
  heading = g_strdup_printf (_("Block %s?"), name);
  dialog = cf_choice_dialog_new (window_of (panel), heading,
                                 _("You hear nothing from them any more, and what is written is not sent. To them it "
                                   "looks as if you were not there. You can unblock them at any time."),
                                 _("Block"), TRUE);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_block_response), panel, G_CONNECT_SWAPPED);
  gtk_widget_show (GTK_WIDGET (dialog));
  g_free (heading);
  free (name);
}

/* ---- of the conversation ---- */

static void
on_setting_done (GtkWidget *widget, const struct cf_client_error *error, const json_t *row)
{
  CfSecurityPanel *panel = CF_SECURITY_PANEL (widget);

  (void) row;
  if (error->err)
    cf_app_report (panel->app, error);
  cf_security_panel_show (panel, panel->conversation); /* the controls as they are now, also after an error */
}

static void
on_timer (CfSecurityPanel *panel)
{
  const char *words[] = { panel->conversation, gtk_combo_box_get_active_id (GTK_COMBO_BOX (panel->timer)), NULL };

  if (!panel->updating && words[0] && words[1])
    cf_widget_call (GTK_WIDGET (panel), panel->app, "TIMER", words, NULL, on_setting_done);
}

static void
on_pin (CfSecurityPanel *panel)
{
  const char *words[] = { panel->conversation, NULL };

  if (!panel->updating && words[0])
    cf_widget_call (GTK_WIDGET (panel), panel->app, gtk_switch_get_active (panel->pin) ? "PIN" : "UNPIN", words, NULL,
                    on_setting_done);
}

static void
on_mute (CfSecurityPanel *panel)
{
  const char *way = gtk_combo_box_get_active_id (GTK_COMBO_BOX (panel->mute)), *words[3] = { NULL };
  char *option = NULL;
  size_t n = 0;

  if (panel->updating || !panel->conversation || !way || !strcmp (way, "now"))
    return;
  if (g_ascii_isdigit (*way))
    words[n++] = option = g_strconcat ("--for=", way, NULL);
  words[n] = panel->conversation;
  cf_widget_call (GTK_WIDGET (panel), panel->app, strcmp (way, "on") ? "MUTE" : "UNMUTE", words, NULL, on_setting_done);
  g_free (option);
}

/* ---- the controls as things are ---- */

static void
show_timer (CfSecurityPanel *panel, const json_t *row)
{
  static const int64_t times[] = { 30, 300, 3600, 8 * 3600, 86400, 7 * 86400, 28 * 86400 };
  const json_t *after = json_object_get (row, "expire_after");
  int64_t seconds = json_integer_value (after);
  bool usual = seconds <= 0;
  char id[32], *text;

  gtk_widget_set_visible (panel->timer_row, after && !strcmp (cf_row_text (row, "state"), "open"));
  gtk_combo_box_text_remove_all (panel->timer);
  gtk_combo_box_text_append (panel->timer, "off", _("Never"));
  for (size_t i = 0; i <= G_N_ELEMENTS (times); i++) {
    int64_t time = i < G_N_ELEMENTS (times) ? times[i] : seconds;

    if (i == G_N_ELEMENTS (times) && usual)
      break;
    usual |= time == seconds;
    g_snprintf (id, sizeof id, "%" G_GINT64_FORMAT "s", (gint64) time);
    text = cf_words_duration (time);
    gtk_combo_box_text_append (panel->timer, id, text);
    free (text);
  }
  g_snprintf (id, sizeof id, "%" G_GINT64_FORMAT "s", (gint64) seconds);
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (panel->timer), seconds > 0 ? id : "off");
  hdy_action_row_set_subtitle (HDY_ACTION_ROW (panel->timer_row),
                               seconds > 0 ? _("On both sides, this long after they were read.")
                                           : _("On both sides, some time after they were read."));
}

static void
show_mute (CfSecurityPanel *panel, const json_t *row)
{
  int64_t until;
  char *when = NULL, *text;

  gtk_widget_set_visible (panel->mute_row, json_object_get (row, "muted") != NULL);
  gtk_combo_box_text_remove_all (panel->mute);
  gtk_combo_box_text_append (panel->mute, "on", _("On"));
  if (cf_row_true (row, "muted") && cf_row_utc_ms (row, "muted_until", &until)) {
    when = cf_words_until (until, g_get_real_time () / 1000);
    /* Translators: notifications are off until %s, a time or date. */
    text = g_strdup_printf (_("Off until %s"), when);
    gtk_combo_box_text_append (panel->mute, "now", text);
    g_free (text);
    free (when);
  }
  gtk_combo_box_text_append (panel->mute, "1h", _("Off for 1 hour"));
  gtk_combo_box_text_append (panel->mute, "8h", _("Off for 8 hours"));
  gtk_combo_box_text_append (panel->mute, "7d", _("Off for a week"));
  gtk_combo_box_text_append (panel->mute, "off", _("Off"));
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (panel->mute), !cf_row_true (row, "muted") ? "on" : when ? "now" : "off");
}

/* What ROW is for, unless it has something to tell. */
static void
show_deed (CfSecurityPanel *panel, GtkWidget *row, const char *purpose)
{
  bool told = panel->told && panel->told_by == row;

  hdy_action_row_set_subtitle (HDY_ACTION_ROW (row), told ? panel->told : purpose);
}

void
cf_security_panel_show_deeds (CfSecurityPanel *panel, const json_t *row, const json_t *person)
{
  bool open = !strcmp (cf_row_text (row, "state"), "open"), blocked = cf_row_true (row, "blocked");
  bool verified = json_is_object (json_object_get (row, "verified")), going = open && !cf_row_true (row, "stopped");

  gtk_widget_set_sensitive (panel->verify, going);
  gtk_widget_set_sensitive (panel->timer_row, going);
  hdy_preferences_row_set_title (HDY_PREFERENCES_ROW (panel->verify), verified ? _("Verify again") : _("Verify"));
  gtk_widget_set_visible (panel->certify, person && cf_row_true (person, "contact"));
  show_timer (panel, row);
  gtk_widget_set_visible (panel->pin_row, json_object_get (row, "pinned") != NULL);
  gtk_switch_set_active (panel->pin, cf_row_true (row, "pinned"));
  show_mute (panel, row);
  hdy_preferences_row_set_title (HDY_PREFERENCES_ROW (panel->block), blocked ? _("Unblock") : _("Block"));
  show_deed (panel, panel->block, blocked ? _("Hear from them again.") : _("Hear nothing from them any more."));
  show_deed (panel, panel->certify, _("Say in your own keyring that this key is theirs."));
  show_deed (panel, panel->export, _("Save all messages in a file."));
}

void
cf_security_panel_bind_deeds (GtkWidgetClass *class)
{
  gtk_widget_class_bind_template_callback (class, on_verify);
  gtk_widget_class_bind_template_callback (class, on_certify);
  gtk_widget_class_bind_template_callback (class, on_timer);
  gtk_widget_class_bind_template_callback (class, on_pin);
  gtk_widget_class_bind_template_callback (class, on_mute);
  gtk_widget_class_bind_template_callback_full (class, "on_export", G_CALLBACK (cf_security_panel_export));
  gtk_widget_class_bind_template_callback (class, on_block);
}
