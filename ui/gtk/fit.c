/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fit.c - dialogs that are no larger than the window they belong to: who has made that one narrow has a narrow screen, or
   wants it so. */
#include <config.h>

#include "ui/gtk/fit.h"

void
cf_window_present_fitting (GtkWindow *dialog)
{
  GtkWindow *parent = gtk_window_get_transient_for (dialog);
  int width, height, width_max, height_max;

  gtk_window_get_default_size (dialog, &width, &height);
  gtk_window_get_size (parent, &width_max, &height_max);
  gtk_window_set_default_size (dialog, MIN (width, width_max), MIN (height, height_max));
  gtk_window_present (dialog);
}

void
cf_widget_scroll_to (GtkWidget *widget)
{
  GtkWidget *scrolled = gtk_widget_get_ancestor (widget, GTK_TYPE_SCROLLED_WINDOW), *content;
  int y;

  content = gtk_bin_get_child (GTK_BIN (gtk_bin_get_child (GTK_BIN (scrolled)))); /* of the viewport */
  if (gtk_widget_translate_coordinates (widget, content, 0, 0, NULL, &y))
    gtk_adjustment_clamp_page (gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scrolled)), y,
                               y + gtk_widget_get_allocated_height (widget));
}
