/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drop_overlay.c - files that are dropped on a conversation. */

#include <config.h>

#include <stdbool.h>

#include "ui/client/i18n.h"
#include "ui/gtk/drop_overlay.h"
#include "ui/gtk/message_row_text.h"

#define ICON_PX 48

struct _CfDropOverlay {
  GtkBox parent;
  GtkLabel *label;
  bool open; /* there is somebody to send to */
};

G_DEFINE_TYPE (CfDropOverlay, cf_drop_overlay, GTK_TYPE_BOX)

enum { DROPPED, LAST_SIGNAL };
static guint signals[LAST_SIGNAL];

static bool
holds_files (GdkDragContext *context)
{
  for (GList *i = gdk_drag_context_list_targets (context); i; i = i->next)
    if (GDK_POINTER_TO_ATOM (i->data) == gdk_atom_intern_static_string ("text/uri-list"))
      return true;
  return false;
}

static gboolean
on_motion (GtkWidget *target, GdkDragContext *context, int x, int y, guint time, CfDropOverlay *overlay)
{
  bool taken = overlay->open && holds_files (context);

  (void) target;
  (void) x;
  (void) y;
  gtk_widget_set_visible (GTK_WIDGET (overlay), taken);
  if (taken)
    gdk_drag_status (context, GDK_ACTION_COPY, time);
  return taken;
}

static void
on_leave (GtkWidget *target, GdkDragContext *context, guint time, CfDropOverlay *overlay)
{
  (void) target;
  (void) context;
  (void) time;
  gtk_widget_hide (GTK_WIDGET (overlay));
}

static gboolean
on_drop (GtkWidget *target, GdkDragContext *context, int x, int y, guint time, CfDropOverlay *overlay)
{
  (void) x;
  (void) y;
  if (!overlay->open || !holds_files (context))
    return FALSE;
  gtk_drag_get_data (target, context, gdk_atom_intern_static_string ("text/uri-list"), time);
  return TRUE;
}

static void
on_received (GtkWidget *target, GdkDragContext *context, int x, int y, GtkSelectionData *data, guint info, guint time,
             CfDropOverlay *overlay)
{
  char **uris = gtk_selection_data_get_uris (data);

  (void) target;
  (void) x;
  (void) y;
  (void) info;
  if (uris && overlay->open)
    g_signal_emit (overlay, signals[DROPPED], 0, uris);
  gtk_drag_finish (context, uris != NULL, FALSE, time);
  g_strfreev (uris);
}

/* GTK asks the widget under the pointer first, then those around it, until one says yes: this one says no. */
static gboolean
on_passed (GtkWidget *view, GdkDragContext *context, int x, int y, guint time, const char *signal)
{
  (void) x;
  (void) y;
  (void) time;
  if (holds_files (context))
    g_signal_stop_emission_by_name (view, signal);
  return FALSE;
}

void
cf_drop_overlay_pass (GtkWidget *view)
{
  static const char *const questions[] = { "drag-motion", "drag-drop" };

  for (gsize i = 0; i < G_N_ELEMENTS (questions); i++)
    g_signal_connect (view, questions[i], G_CALLBACK (on_passed), (char *) questions[i]);
}

void
cf_drop_overlay_set_peer (CfDropOverlay *overlay, const char *name)
{
  char *isolated = cf_message_text_isolate (name ? name : "");
  /* Translators: over a conversation, while files are held above it with the pointer: to whom they will go. */
  char *text = g_strdup_printf (_ ("Send to %s"), isolated);

  overlay->open = name != NULL;
  gtk_label_set_text (overlay->label, text);
  g_free (text);
  g_free (isolated);
}

static void
cf_drop_overlay_class_init (CfDropOverlayClass *class)
{
  (void) class;
  signals[DROPPED] = g_signal_new ("dropped", CF_TYPE_DROP_OVERLAY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                   1, G_TYPE_STRV);
}

static void
cf_drop_overlay_init (CfDropOverlay *overlay)
{
  GtkWidget *middle = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12), *label = gtk_label_new (NULL);
  GtkWidget *icon = gtk_image_new_from_icon_name ("mail-attachment-symbolic", GTK_ICON_SIZE_DIALOG);

  overlay->label = GTK_LABEL (label);
  gtk_image_set_pixel_size (GTK_IMAGE (icon), ICON_PX);
  gtk_label_set_line_wrap (overlay->label, TRUE);
  gtk_label_set_justify (overlay->label, GTK_JUSTIFY_CENTER);
  gtk_style_context_add_class (gtk_widget_get_style_context (label), "cf-title");
  gtk_container_add (GTK_CONTAINER (middle), icon);
  gtk_container_add (GTK_CONTAINER (middle), label);
  gtk_widget_set_hexpand (middle, TRUE);
  gtk_widget_set_valign (middle, GTK_ALIGN_CENTER);
  gtk_widget_set_vexpand (middle, TRUE);
  gtk_widget_show_all (middle);
  gtk_container_add (GTK_CONTAINER (overlay), middle);
  gtk_widget_set_no_show_all (GTK_WIDGET (overlay), TRUE);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (overlay)), "drop-overlay");
}

GtkWidget *
cf_drop_overlay_new (GtkWidget *target)
{
  CfDropOverlay *overlay = g_object_new (CF_TYPE_DROP_OVERLAY, NULL);
  static const GtkTargetEntry uris[] = { { (char *) "text/uri-list", 0, 0 } };

  gtk_drag_dest_set (target, (GtkDestDefaults) 0, uris, G_N_ELEMENTS (uris), GDK_ACTION_COPY);
  g_signal_connect_object (target, "drag-motion", G_CALLBACK (on_motion), overlay, 0);
  g_signal_connect_object (target, "drag-leave", G_CALLBACK (on_leave), overlay, 0);
  g_signal_connect_object (target, "drag-drop", G_CALLBACK (on_drop), overlay, 0);
  g_signal_connect_object (target, "drag-data-received", G_CALLBACK (on_received), overlay, 0);
  return GTK_WIDGET (overlay);
}
