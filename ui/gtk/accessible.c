/* SPDX-License-Identifier: GPL-3.0-or-later */
/* accessible.c - what widgets of libhandy keep from assistive technology: they draw their titles, and do not tell. */
#include <config.h>

#include "ui/gtk/accessible.h"

#include <handy.h>

/* ATK takes no NULL, which a title is before a template has set it. */
static gboolean
to_words (GBinding *binding, const GValue *from, GValue *to, gpointer arg)
{
  const char *text = g_value_get_string (from);

  (void) binding;
  (void) arg;
  g_value_set_string (to, text ? text : "");
  return TRUE;
}

static void
bind_words (GtkWidget *widget, const char *from, const char *to)
{
  g_object_bind_property_full (widget, from, gtk_widget_get_accessible (widget), to, G_BINDING_SYNC_CREATE, to_words,
                               NULL, NULL, NULL);
}

static void
tell (GtkWidget *widget, gpointer arg)
{
  (void) arg;
  if (HDY_IS_PREFERENCES_ROW (widget) || HDY_IS_PREFERENCES_GROUP (widget) || HDY_IS_STATUS_PAGE (widget))
    bind_words (widget, "title", "accessible-name");
  if (HDY_IS_ACTION_ROW (widget))
    bind_words (widget, "subtitle", "accessible-description");
  else if (HDY_IS_STATUS_PAGE (widget))
    bind_words (widget, "description", "accessible-description");
  else if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), tell, NULL);
}

void
cf_accessible_tell_titles (GtkWidget *widget)
{
  tell (widget, NULL);
}
