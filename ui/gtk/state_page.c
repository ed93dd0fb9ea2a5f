/* SPDX-License-Identifier: GPL-3.0-or-later */
/* state_page.c - says why, and has the button that helps. */

#include <config.h>

#include <handy.h>
#include <stdlib.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/words.h"
#include "ui/gtk/state_page.h"

#define PATIENCE_MS 700u /* a start that takes no longer is not worth a word */

struct _CfStatePage {
  GtkBox parent;
  CfApp *app;
  enum cf_session_state state;
  guint waiting;
  HdyStatusPage *status;
  GtkWidget *spinner;
  GtkButton *button;
};

G_DEFINE_TYPE (CfStatePage, cf_state_page, GTK_TYPE_BOX)

static void
say (CfStatePage *page, const char *icon, const char *title, const char *description, const char *button)
{
  char *plain = g_markup_escape_text (description, -1); /* libhandy takes it for markup */

  hdy_status_page_set_icon_name (page->status, icon);
  hdy_status_page_set_title (page->status, title);
  hdy_status_page_set_description (page->status, plain);
  g_free (plain);
  gtk_widget_set_visible (page->spinner, !button);
  gtk_widget_set_visible (GTK_WIDGET (page->button), button != NULL);
  if (button) {
    gtk_button_set_label (page->button, button);
    gtk_widget_grab_focus (GTK_WIDGET (page->button));
  }
  gtk_widget_show (GTK_WIDGET (page->status));
}

static gboolean
on_patience_over (gpointer data)
{
  CfStatePage *page = data;

  page->waiting = 0;
  say (page, "im.confab.Confab-symbolic", _("Starting…"), "", NULL); /* without one, an icon for a missing one is shown */
  return G_SOURCE_REMOVE;
}

static void
say_locked (CfStatePage *page, const char *why)
{
  char *text = g_strjoin ("\n\n", _("Your messages on this computer are sealed with your key, and it takes its passphrase"
                                    " to open them."), why, NULL);

  say (page, "changes-prevent-symbolic", _("Confab is locked"), text, _("Unlock"));
  g_free (text);
}

void
cf_state_page_show (CfStatePage *page, enum cf_session_state state, const struct cf_client_error *why)
{
  char *text = why ? cf_words_error (why) : strdup ("");

  page->state = state;
  g_clear_handle_id (&page->waiting, g_source_remove);
  switch (state) {
  case CF_SESSION_LOCKED:
    if (why)
      say_locked (page, text);
    else
      say (page, "dialog-password-symbolic", _("Waiting for your passphrase"),
           _("Your messages on this computer are sealed with your key. A window asks for its passphrase."), NULL);
    break;
  case CF_SESSION_DOWN:
    say (page, "dialog-warning-symbolic", _("Confab does not run"), text, _("Try again"));
    break;
  default:
    gtk_widget_hide (GTK_WIDGET (page->status));
    page->waiting = g_timeout_add (PATIENCE_MS, on_patience_over, page);
  }
  free (text);
}

static void
on_clicked (CfStatePage *page)
{
  struct cf_session *session = cf_model_session (cf_app_model (page->app));

  if (page->state == CF_SESSION_LOCKED)
    cf_session_unlock (session);
  else
    cf_session_retry (session);
}

static void
cf_state_page_dispose (GObject *object)
{
  g_clear_handle_id (&CF_STATE_PAGE (object)->waiting, g_source_remove);
  G_OBJECT_CLASS (cf_state_page_parent_class)->dispose (object);
}

static void
cf_state_page_class_init (CfStatePageClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = cf_state_page_dispose;
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/state_page.ui");
  gtk_widget_class_bind_template_child (widget, CfStatePage, status);
  gtk_widget_class_bind_template_child (widget, CfStatePage, spinner);
  gtk_widget_class_bind_template_child (widget, CfStatePage, button);
  gtk_widget_class_bind_template_callback (widget, on_clicked);
}

static void
cf_state_page_init (CfStatePage *page)
{
  gtk_widget_init_template (GTK_WIDGET (page));
}

GtkWidget *
cf_state_page_new (CfApp *app)
{
  CfStatePage *page = g_object_new (CF_TYPE_STATE_PAGE, NULL);

  page->app = app;
  cf_state_page_show (page, CF_SESSION_CONNECTING, NULL);
  return GTK_WIDGET (page);
}
