/* SPDX-License-Identifier: GPL-3.0-or-later */
/* accessible.c - what widgets keep from assistive technology: those of libhandy draw their titles, a list draws what stands
   in the place of its rows, and they do not tell. */
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

static void
tell_placeholder (GtkLabel *label)
{
  GtkWidget *list = gtk_widget_get_parent (GTK_WIDGET (label));

  atk_object_set_description (gtk_widget_get_accessible (list),
                              gtk_widget_get_mapped (GTK_WIDGET (label)) ? gtk_label_get_text (label) : "");
}

void
cf_accessible_tell_placeholder (GtkLabel *label)
{
  static const char *const signals[] = { "map", "unmap", "notify::label" };

  for (size_t i = 0; i < G_N_ELEMENTS (signals); i++)
    g_signal_connect_after (label, signals[i], G_CALLBACK (tell_placeholder), NULL);
}
