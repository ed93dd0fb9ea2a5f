/* SPDX-License-Identifier: GPL-3.0-or-later */
/* accessible.c - what widgets of libhandy keep from assistive technology: they draw their titles, and do not tell. */
#include <config.h>

#include "ui/gtk/accessible.h"

#include <handy.h>

static void
tell (GtkWidget *widget, gpointer arg)
{
  AtkObject *accessible = gtk_widget_get_accessible (widget);

  (void) arg;
  if (HDY_IS_PREFERENCES_ROW (widget) || HDY_IS_PREFERENCES_GROUP (widget) || HDY_IS_STATUS_PAGE (widget))
    g_object_bind_property (widget, "title", accessible, "accessible-name", G_BINDING_SYNC_CREATE);
  if (HDY_IS_ACTION_ROW (widget))
    g_object_bind_property (widget, "subtitle", accessible, "accessible-description", G_BINDING_SYNC_CREATE);
  else if (HDY_IS_STATUS_PAGE (widget))
    g_object_bind_property (widget, "description", accessible, "accessible-description", G_BINDING_SYNC_CREATE);
  else if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), tell, NULL);
}

void
cf_accessible_tell_titles (GtkWidget *widget)
{
  tell (widget, NULL);
}
