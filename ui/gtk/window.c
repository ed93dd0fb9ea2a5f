/* SPDX-License-Identifier: GPL-3.0-or-later */
/* window.c - the frame: what folds, the headers, Back and Escape, and the bar that tells of trouble. */

#include <config.h>

#include "ui/gtk/window.h"

struct _CfWindow {
  HdyApplicationWindow parent;
  CfApp *app; /* borrowed: it owns the window */
  HdyLeaflet *leaflet;
  GtkWidget *content; /* what is chosen */
  GtkStack *pages;    /* in it: "empty", "conversation" and others */
  HdyHeaderBar *right_header;
  GtkInfoBar *trouble;
  GtkLabel *trouble_message, *trouble_hint;
};

G_DEFINE_TYPE (CfWindow, cf_window, HDY_TYPE_APPLICATION_WINDOW)

void
cf_window_report (CfWindow *window, const struct cf_client_error *error)
{
  gtk_label_set_text (window->trouble_message, error->message);
  gtk_label_set_text (window->trouble_hint, error->hint ? error->hint : "");
  gtk_widget_set_visible (GTK_WIDGET (window->trouble_hint), error->hint && *error->hint);
  gtk_info_bar_set_revealed (window->trouble, TRUE);
}

void
cf_window_show_conversation (CfWindow *window, const char *conversation, const char *message)
{
  (void) message;
  gtk_stack_set_visible_child_name (window->pages, conversation ? "conversation" : "empty");
  hdy_leaflet_navigate (window->leaflet, conversation ? HDY_NAVIGATION_DIRECTION_FORWARD : HDY_NAVIGATION_DIRECTION_BACK);
}

static void
on_back (CfWindow *window)
{
  hdy_leaflet_navigate (window->leaflet, HDY_NAVIGATION_DIRECTION_BACK);
}

static void
on_trouble_response (CfWindow *window)
{
  gtk_info_bar_set_revealed (window->trouble, FALSE);
}

static void
cf_window_class_init (CfWindowClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/window.ui");
  gtk_widget_class_bind_template_child (widget, CfWindow, leaflet);
  gtk_widget_class_bind_template_child (widget, CfWindow, content);
  gtk_widget_class_bind_template_child (widget, CfWindow, pages);
  gtk_widget_class_bind_template_child (widget, CfWindow, right_header);
  gtk_widget_class_bind_template_child (widget, CfWindow, trouble);
  gtk_widget_class_bind_template_child (widget, CfWindow, trouble_message);
  gtk_widget_class_bind_template_child (widget, CfWindow, trouble_hint);
  gtk_widget_class_bind_template_callback (widget, on_back);
  gtk_widget_class_bind_template_callback (widget, on_trouble_response);
}

static void
cf_window_init (CfWindow *window)
{
  gtk_widget_init_template (GTK_WIDGET (window));
}

CfWindow *
cf_window_new (CfApp *app)
{
  CfWindow *window = g_object_new (CF_TYPE_WINDOW, "application", app, NULL);

  window->app = app;
  return window;
}
