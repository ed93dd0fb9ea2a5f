/* SPDX-License-Identifier: GPL-3.0-or-later */
/* empty_view.c - what to do next depends on who is there. */

#include <config.h>

#include <handy.h>
#include <stdlib.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/empty_view.h"

struct _CfEmptyView {
  GtkBox parent;
  CfApp *app;
  struct cf_model_listener *listener;
  HdyStatusPage *status;
  GtkLabel *network;
  GtkWidget *buttons;
};

G_DEFINE_TYPE (CfEmptyView, cf_empty_view, GTK_TYPE_BOX)

static void
say (CfEmptyView *view, const char *icon, const char *title, const char *description)
{
  hdy_status_page_set_icon_name (view->status, icon);
  hdy_status_page_set_title (view->status, title);
  hdy_status_page_set_description (view->status, description);
}

/* Of the steps that it takes to be reached, the first that fails is the one to mend. */
static void
show_network (CfEmptyView *view, gboolean wanted)
{
  const json_t *status = cf_model_status (cf_app_model (view->app)), *step;
  char *text = NULL;
  size_t i;

  json_array_foreach (json_object_get (status, "network"), i, step)
    if (!cf_row_true (step, "ok") && *cf_row_text (step, "detail")) {
      text = cf_words_step_whole (step);
      break;
    }
  gtk_label_set_text (view->network, text ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (view->network), wanted && text);
  free (text);
}

static void
show (CfEmptyView *view)
{
  struct cf_model *model = cf_app_model (view->app);
  gboolean alone = !cf_model_count (model, CF_MODEL_PEERS), fresh = !cf_model_count (model, CF_MODEL_CONVERSATIONS);

  if (!fresh)
    say (view, "user-available-symbolic", _("No conversation chosen"),
         _("Choose one in the list, or somebody nearby to open a new one."));
  else if (!alone)
    say (view, "system-users-symbolic", _("Somebody is nearby"),
         _("Choose who it is in the list. Agree on a password by voice or in person, and both of you type it: then the"
           " conversation is open."));
  else
    say (view, "network-wireless-symbolic", _("Nobody nearby"),
         _("People on the same network who run Confab appear by themselves."));
  gtk_widget_set_visible (view->buttons, fresh && alone && cf_model_complete (model, CF_MODEL_PEERS));
  show_network (view, alone);
}

static void
on_changed (void *arg, enum cf_model_list list, const char *id)
{
  (void) id;
  if (list == CF_MODEL_PEERS || list == CF_MODEL_CONVERSATIONS || list == CF_MODEL_STATUS)
    show (arg);
}

/* ---- the class ---- */

static void
cf_empty_view_dispose (GObject *object)
{
  CfEmptyView *view = CF_EMPTY_VIEW (object);

  if (view->listener)
    cf_model_unlisten (cf_app_model (view->app), view->listener);
  view->listener = NULL;
  G_OBJECT_CLASS (cf_empty_view_parent_class)->dispose (object);
}

static void
cf_empty_view_class_init (CfEmptyViewClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = cf_empty_view_dispose;
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/empty_view.ui");
  gtk_widget_class_bind_template_child (widget, CfEmptyView, status);
  gtk_widget_class_bind_template_child (widget, CfEmptyView, network);
  gtk_widget_class_bind_template_child (widget, CfEmptyView, buttons);
}

static void
cf_empty_view_init (CfEmptyView *view)
{
  gtk_widget_init_template (GTK_WIDGET (view));
}

GtkWidget *
cf_empty_view_new (CfApp *app)
{
  static const struct cf_model_handler handler = { .changed = on_changed };
  CfEmptyView *view = g_object_new (CF_TYPE_EMPTY_VIEW, NULL);

  view->app = app;
  if (cf_model_listen (cf_app_model (app), &handler, view, &view->listener))
    g_error ("no memory for a page");
  show (view);
  return GTK_WIDGET (view);
}
