/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shortcuts.c - which keys do what; all of it is in shortcuts.ui. */
#include <config.h>

#include "ui/gtk/shortcuts.h"

/* Made when it is first wanted, and only hidden then: GTK's own descriptions of its parts for screen readers complain when
   they outlive the parts. */
void
cf_shortcuts_show (CfApp *app, GtkWindow *parent)
{
  GtkApplicationWindow *window = GTK_APPLICATION_WINDOW (parent);
  GtkBuilder *builder;

  (void) app;
  if (!gtk_application_window_get_help_overlay (window)) {
    builder = gtk_builder_new_from_resource ("/im/confab/Confab/shortcuts.ui");
    gtk_application_window_set_help_overlay (window, GTK_SHORTCUTS_WINDOW (gtk_builder_get_object (builder, "shortcuts")));
    g_object_unref (builder);
  }
  gtk_window_present (GTK_WINDOW (gtk_application_window_get_help_overlay (window)));
}
