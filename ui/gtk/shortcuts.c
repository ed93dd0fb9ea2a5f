/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shortcuts.c - which keys do what; all of it is in shortcuts.ui. */
#include <config.h>

#include "ui/gtk/shortcuts.h"

void
cf_shortcuts_show (CfApp *app, GtkWindow *parent)
{
  GtkBuilder *builder = gtk_builder_new_from_resource ("/im/confab/Confab/shortcuts.ui");
  GtkWindow *window = GTK_WINDOW (gtk_builder_get_object (builder, "shortcuts"));

  (void) app;
  gtk_window_set_transient_for (window, parent);
  gtk_window_present (window);
  g_object_unref (builder);
}
