/* SPDX-License-Identifier: GPL-3.0-or-later */
/* escape.c - dialogs close with Escape. */
#include <config.h>

#include "ui/gtk/escape.h"

void
cf_window_class_close_on_escape (GtkWidgetClass *class)
{
  g_signal_new_class_handler ("cf-close", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
                              G_CALLBACK (gtk_window_close), NULL, NULL, NULL, G_TYPE_NONE, 0);
  gtk_binding_entry_add_signal (gtk_binding_set_by_class (class), GDK_KEY_Escape, 0, "cf-close", 0);
}
