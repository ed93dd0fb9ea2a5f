/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timeline_view_input.c - the keyboard and the pointer in the column of rows. */

#include <config.h>

#include "ui/gtk/timeline_view_private.h"

static GtkWidgetClass *parent_class;

/* ---- the keyboard ---- */

/* The row that has the focus, or in which the focus is; -1: none. */
static int
focus_row (CfTimelineView *self)
{
  return cf_timeline_view_index (self, gtk_container_get_focus_child (GTK_CONTAINER (self)));
}

static void
focus_on (CfTimelineView *self, guint at)
{
  cf_timeline_view_reveal (self, at, -1);
  if (cf_timeline_view_widget (self, at))
    gtk_widget_grab_focus (cf_timeline_view_widget (self, at));
}

/* Tab comes to the row that was last used, or the last one visible; it goes on inside a row, then away from here. */
static gboolean
focus (GtkWidget *widget, GtkDirectionType direction)
{
  CfTimelineView *self = CF_TIMELINE_VIEW (widget);
  int at = focus_row (self);
  guint first, last;

  if (at >= 0)
    return gtk_widget_child_focus (cf_timeline_view_widget (self, (guint) at), direction);
  if (!cf_timeline_view_visible (self, &first, &last))
    return FALSE;
  focus_on (self, last);
  return TRUE;
}

static gboolean
key_press (GtkWidget *widget, GdkEventKey *event)
{
  CfTimelineView *self = CF_TIMELINE_VIEW (widget);
  int at = focus_row (self), to = at, page = gtk_widget_get_allocated_height (widget);
  int last = (int) cf_timeline_view_count (self) - 1;
  GdkRectangle place;

  if (at < 0 || event->state & gtk_accelerator_get_default_mod_mask ())
    return parent_class->key_press_event (widget, event);
  cf_timeline_view_place (self, (guint) at, &place);
  switch (event->keyval) {
  case GDK_KEY_Up:
  case GDK_KEY_KP_Up: to = at - 1; break;
  case GDK_KEY_Down:
  case GDK_KEY_KP_Down: to = at + 1; break;
  case GDK_KEY_Home:
  case GDK_KEY_KP_Home: to = 0; break;
  case GDK_KEY_End:
  case GDK_KEY_KP_End: to = last; break;
  case GDK_KEY_Page_Up:
  case GDK_KEY_KP_Page_Up: to = cf_timeline_view_row_at (self, place.y - page); break;
  case GDK_KEY_Page_Down:
  case GDK_KEY_KP_Page_Down: to = cf_timeline_view_row_at (self, place.y + page); break;
  default: return parent_class->key_press_event (widget, event);
  }
  to = CLAMP (to, 0, last);
  focus_on (self, (guint) to);
  if (to == last && cf_timeline_view_follows (self))
    cf_timeline_view_to_end (self);
  return TRUE;
}

/* ---- the pointer ---- */

static gboolean
motion (GtkWidget *widget, GdkEventMotion *event)
{
  int y;

  gdk_window_get_origin (gtk_widget_get_window (widget), NULL, &y);
  cf_timeline_view_set_hover (CF_TIMELINE_VIEW (widget),
                              cf_timeline_view_row_at (CF_TIMELINE_VIEW (widget), (int) event->y_root - y));
  return FALSE;
}

static gboolean
leave (GtkWidget *widget, GdkEventCrossing *event)
{
  if (event->detail != GDK_NOTIFY_INFERIOR)
    cf_timeline_view_set_hover (CF_TIMELINE_VIEW (widget), -1);
  return FALSE;
}

void
cf_timeline_view_take_input (GtkWidgetClass *class)
{
  parent_class = g_type_class_peek_parent (class);
  class->focus = focus;
  class->key_press_event = key_press;
  class->motion_notify_event = motion;
  class->leave_notify_event = leave;
}
