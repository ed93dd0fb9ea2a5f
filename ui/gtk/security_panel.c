/* SPDX-License-Identifier: GPL-3.0-or-later */
/* security_panel.c - the security panel: what is known, and what each word of it means in a plain sentence. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/accessible.h"
#include "ui/gtk/choice.h"
#include "ui/gtk/security_panel_private.h"

G_DEFINE_TYPE (CfSecurityPanel, cf_security_panel, GTK_TYPE_BIN)

static int64_t
now_utc_ms (void)
{
  return g_get_real_time () / 1000;
}

const json_t *
cf_security_panel_row (CfSecurityPanel *panel)
{
  return panel->conversation ? cf_model_get (cf_app_model (panel->app), CF_MODEL_CONVERSATIONS, panel->conversation)
                             : NULL;
}

const json_t *
cf_security_panel_person (CfSecurityPanel *panel)
{
  struct cf_model *model = cf_app_model (panel->app);
  const char *fingerprint = cf_row_text (cf_security_panel_row (panel), "peer");
  const json_t *person = cf_model_get (model, CF_MODEL_CONTACTS, fingerprint);

  return person ? person : cf_model_get (model, CF_MODEL_PEERS, fingerprint);
}

/* ---- the headline ---- */

static void
set_headline (CfSecurityPanel *panel, const char *icon, const char *style, const char *headline, const char *sentence)
{
  static const char *const styles[] = { "cf-good", "cf-warning", "cf-bad" };
  GtkStyleContext *context = gtk_widget_get_style_context (GTK_WIDGET (panel->icon));

  for (size_t i = 0; i < G_N_ELEMENTS (styles); i++)
    gtk_style_context_remove_class (context, styles[i]);
  gtk_style_context_add_class (context, style);
  gtk_image_set_from_icon_name (panel->icon, icon, GTK_ICON_SIZE_DIALOG);
  gtk_label_set_text (panel->headline, headline);
  gtk_label_set_text (panel->sentence, sentence);
}

static void
show_headline (CfSecurityPanel *panel, const json_t *row)
{
  const json_t *verified = json_object_get (row, "verified");
  char *what = NULL, *remedy = NULL, *how;

  if (cf_words_trouble (row, &what, &remedy)) {
    set_headline (panel, "dialog-error-symbolic", "cf-bad", what, remedy);
    free (what);
    free (remedy);
    return;
  }
  how = cf_words_verified (row);
  if (!json_is_object (verified))
    set_headline (panel, "security-low-symbolic", "cf-warning", how,
                  _("Nothing has shown yet that this is really them. Agree on a password by voice or in person, and "
                    "verify each other with it."));
  else if (!strcmp (cf_row_text (verified, "how"), "password"))
    set_headline (panel, "security-high-symbolic", "cf-good", how,
                  _("Both of you typed the same password, so nobody stands between you."));
  else
    set_headline (panel, "security-high-symbolic", "cf-good", how,
                  _("Somebody whom you trust vouches that this key is theirs."));
  free (how);
}

/* ---- who it is ---- */

static enum cf_fact_look
validity_look (const char *validity)
{
  if (!strcmp (validity, "full") || !strcmp (validity, "ultimate"))
    return CF_FACT_GOOD;
  return !strcmp (validity, "never") ? CF_FACT_BAD : CF_FACT_PLAIN;
}

static const char *
validity_sentence (const char *validity)
{
  if (!strcmp (validity, "ultimate"))
    return _("This is a key of your own.");
  if (!strcmp (validity, "full"))
    return _("Certified: you, or people whom you trust with it, vouch that this name belongs to this key.");
  if (!strcmp (validity, "marginal"))
    return _("Partly certified: somebody whom you trust a little vouches for this name.");
  if (!strcmp (validity, "never"))
    return _("Your keyring says that this name does not belong to this key.");
  return _("Not certified: nobody whom you trust vouches for this name. A password that you both know shows just as "
           "well who is there.");
}

static void
show_expiry (CfSecurityPanel *panel, const json_t *person)
{
  int64_t at;
  char *when;

  if (!json_object_get (person, "expires_at")) {
    cf_fact_row_set (panel->expiry, NULL, NULL);
    return;
  }
  if (!cf_row_utc_ms (person, "expires_at", &at)) {
    cf_fact_row_set (panel->expiry, _("Never"), NULL);
    cf_fact_row_set_look (panel->expiry, CF_FACT_PLAIN);
    return;
  }
  when = cf_words_time (at, now_utc_ms ());
  if (at <= now_utc_ms ())
    cf_fact_row_set (panel->expiry, when, _("It has expired: nothing is sent until they extend it."));
  else
    cf_fact_row_set (panel->expiry, when, _("From then on nothing is sent until they extend it."));
  cf_fact_row_set_look (panel->expiry, at <= now_utc_ms () ? CF_FACT_BAD : CF_FACT_PLAIN);
  free (when);
}

static void
show_person (CfSecurityPanel *panel, const json_t *row, const json_t *person)
{
  const char *validity = person ? cf_row_text (person, "validity") : "unknown";
  char *user_id = cf_words_user_id (row), *warning = cf_words_warning (person);

  cf_fact_row_set (panel->user_id, user_id, validity_sentence (validity));
  cf_fact_row_set_look (panel->user_id, validity_look (validity));
  cf_fact_row_set_fingerprint (panel->fingerprint, cf_row_text (row, "peer"),
                               _("The key itself. Whoever reads out the same digits to you has this key."));
  show_expiry (panel, person);
  cf_fact_row_set (panel->warning, warning,
                   _("Somebody may be posing as them. If they have told you of a new key, verify it by a password."));
  cf_fact_row_set_look (panel->warning, CF_FACT_BAD);
  free (warning);
  free (user_id);
}

/* ---- the conversation ---- */

static const char *
route_sentence (const char *route)
{
  if (!strcmp (route, "lan"))
    return _("Messages go straight to them and do not leave your network.");
  if (!strcmp (route, "direct"))
    return _("Messages go straight to them, through nobody's server.");
  if (!strcmp (route, "punched"))
    return _("Messages go straight to them; a node helped both sides through their routers.");
  if (!strcmp (route, "relay"))
    return _("A node passes the messages on. It sees that you talk, and when, but not what.");
  return _("What you write waits on this machine and leaves when they are there.");
}

static void
show_conversation (CfSecurityPanel *panel, const json_t *row)
{
  char *opened = NULL;
  int64_t at;

  cf_fact_row_set (panel->route, cf_words_route (row), route_sentence (cf_row_text (row, "route")));
  cf_fact_row_set_fingerprint (panel->peer_key, cf_row_text (row, "peer_key"),
                               _("Made for this conversation alone: signs what they write, and reads what you write."));
  cf_fact_row_set_fingerprint (panel->own_key, cf_row_text (row, "own_key"),
                               _("Yours for this conversation alone. It is destroyed when you delete the conversation."));
  if (cf_row_utc_ms (row, "opened_at", &at))
    opened = cf_words_time_full (at);
  cf_fact_row_set (panel->opened, opened, NULL);
  free (opened);
}

static void
refresh (CfSecurityPanel *panel)
{
  const json_t *row = cf_security_panel_row (panel), *person = cf_security_panel_person (panel);

  gtk_widget_set_visible (panel->content, row != NULL);
  if (!row)
    return;
  panel->updating = TRUE;
  show_headline (panel, row);
  show_person (panel, row, person);
  show_conversation (panel, row);
  cf_security_panel_show_deeds (panel, row, person);
  panel->updating = FALSE;
}

void
cf_security_panel_tell (CfSecurityPanel *panel, GtkWidget *row, const char *text)
{
  g_free (panel->told);
  panel->told = g_strdup (text);
  panel->told_by = row;
  refresh (panel);
}

void
cf_security_panel_show (CfSecurityPanel *panel, const char *conversation)
{
  if (g_strcmp0 (panel->conversation, conversation)) {
    g_free (panel->conversation);
    panel->conversation = g_strdup (conversation);
    g_clear_pointer (&panel->told, g_free);
  }
  refresh (panel);
}

/* ---- its life ---- */

static void
on_changed (void *arg, enum cf_model_list list, const char *id)
{
  CfSecurityPanel *panel = arg;

  if (list == CF_MODEL_CONVERSATIONS ? !id || !g_strcmp0 (id, panel->conversation)
                                     : list == CF_MODEL_CONTACTS || list == CF_MODEL_PEERS)
    refresh (panel);
}

static void
cf_security_panel_destroy (GtkWidget *widget)
{
  CfSecurityPanel *panel = CF_SECURITY_PANEL (widget);

  if (panel->listener)
    cf_model_unlisten (cf_app_model (panel->app), panel->listener);
  panel->listener = NULL;
  g_clear_pointer (&panel->conversation, g_free);
  g_clear_pointer (&panel->told, g_free);
  GTK_WIDGET_CLASS (cf_security_panel_parent_class)->destroy (widget);
}

static void
cf_security_panel_class_init (CfSecurityPanelClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  widget->destroy = cf_security_panel_destroy;
  g_type_ensure (CF_TYPE_FACT_ROW);
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/security_panel.ui");
#define BIND(name) gtk_widget_class_bind_template_child (widget, CfSecurityPanel, name)
  BIND (content);
  BIND (icon);
  BIND (headline);
  BIND (sentence);
  BIND (user_id);
  BIND (fingerprint);
  BIND (expiry);
  BIND (warning);
  BIND (peer_key);
  BIND (own_key);
  BIND (opened);
  BIND (route);
  BIND (verify);
  BIND (certify);
  BIND (timer_row);
  BIND (timer);
  BIND (pin_row);
  BIND (pin);
  BIND (mute_row);
  BIND (mute);
  BIND (export);
  BIND (block);
#undef BIND
  cf_security_panel_bind_deeds (widget);
}

static void
cf_security_panel_init (CfSecurityPanel *panel)
{
  gtk_widget_init_template (GTK_WIDGET (panel));
  cf_accessible_tell_titles (GTK_WIDGET (panel));
  cf_choice_tame (GTK_COMBO_BOX (panel->timer));
  cf_choice_tame (GTK_COMBO_BOX (panel->mute));
}

GtkWidget *
cf_security_panel_new (CfApp *app)
{
  static const struct cf_model_handler handler = { .changed = on_changed };
  CfSecurityPanel *panel = g_object_new (CF_TYPE_SECURITY_PANEL, NULL);

  panel->app = app;
  if (cf_model_listen (cf_app_model (app), &handler, panel, &panel->listener))
    g_error ("no memory for a panel");
  refresh (panel);
  return GTK_WIDGET (panel);
}
