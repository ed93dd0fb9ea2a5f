/* SPDX-License-Identifier: GPL-3.0-or-later */
/* request_view.c - our own request, seen from the list. */

#include <config.h>

#include <handy.h>
#include <stdlib.h>

#include "ui/client/i18n.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/avatar.h"
#include "ui/gtk/open_dialog.h"
#include "ui/gtk/request_view.h"

struct _CfRequestView {
  GtkBox parent;
  CfApp *app;
  char *peer;
  CfAvatar *avatar;
  GtkLabel *what, *more;
  GtkWidget *withdraw;
};

G_DEFINE_TYPE (CfRequestView, cf_request_view, GTK_TYPE_BOX)

void
cf_request_view_show (CfRequestView *view, const json_t *row)
{
  char *name = cf_words_name (row);
  char *what = g_strdup_printf (_("Waiting for %s to type the password"), name);

  g_free (view->peer);
  view->peer = g_strdup (cf_row_text (row, "peer"));
  gtk_label_set_text (view->what, what);
  gtk_label_set_text (view->more,
                      cf_row_true (row, "online")
                          ? _("The conversation opens as soon as the same password was typed there.")
                          : _("Nobody answers there now. The request stands for seven days and arrives when both of"
                              " you are there."));
  cf_avatar_set (view->avatar, view->peer, name);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (view->withdraw), "s", cf_row_text (row, "conversation"));
  g_free (what);
  free (name);
}

static void
on_again (CfRequestView *view)
{
  cf_open_dialog_show (view->app, GTK_WINDOW (gtk_widget_get_toplevel (GTK_WIDGET (view))), view->peer, NULL, CF_OPEN);
}

static void
cf_request_view_finalize (GObject *object)
{
  g_free (CF_REQUEST_VIEW (object)->peer);
  G_OBJECT_CLASS (cf_request_view_parent_class)->finalize (object);
}

static void
cf_request_view_class_init (CfRequestViewClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_request_view_finalize;
  g_type_ensure (CF_TYPE_AVATAR);
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/request_view.ui");
  gtk_widget_class_bind_template_child (widget, CfRequestView, avatar);
  gtk_widget_class_bind_template_child (widget, CfRequestView, what);
  gtk_widget_class_bind_template_child (widget, CfRequestView, more);
  gtk_widget_class_bind_template_child (widget, CfRequestView, withdraw);
  gtk_widget_class_bind_template_callback (widget, on_again);
}

static void
cf_request_view_init (CfRequestView *view)
{
  gtk_widget_init_template (GTK_WIDGET (view));
}

GtkWidget *
cf_request_view_new (CfApp *app)
{
  CfRequestView *view = g_object_new (CF_TYPE_REQUEST_VIEW, NULL);

  view->app = app;
  return GTK_WIDGET (view);
}
