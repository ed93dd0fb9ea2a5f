/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scan_view.c - what the camera sees. */
#include <config.h>

#include "ui/gtk/scan_view.h"

#include <handy.h>

#include "ui/client/i18n.h"
#include "ui/gtk/accessible.h"

struct _CfScanView {
  GtkStack parent;
  GtkWidget *looking;
  HdyStatusPage *nothing;
  const struct cf_scan_source *source;
  struct cf_scan *scan;
  cairo_surface_t *picture; /* the last one; NULL: none yet */
};

G_DEFINE_TYPE (CfScanView, cf_scan_view, GTK_TYPE_STACK)

static guint found_signal;

/* ---- what comes from the thread ---- */

static void
on_frame (void *arg, cairo_surface_t *picture)
{
  CfScanView *view = arg;

  g_clear_pointer (&view->picture, cairo_surface_destroy);
  view->picture = cairo_surface_reference (picture);
  gtk_widget_queue_draw (view->looking);
}

static void
on_found (void *arg, const char *text)
{
  CfScanView *view = arg;

  g_clear_pointer (&view->scan, cf_scan_stop);
  g_signal_emit (view, found_signal, 0, text);
}

static void
on_failed (void *arg, gpg_error_t err)
{
  CfScanView *view = arg;
  const char *what, *remedy;

  g_clear_pointer (&view->scan, cf_scan_stop);
  switch (gpg_err_code (err)) {
  case GPG_ERR_NOT_FOUND:
    what = _("No camera was found");
    remedy = _("Connect one, or take a picture of the code with something else and open that picture.");
    break;
  case GPG_ERR_EACCES:
    what = _("The camera may not be used");
    remedy = _("This user has no right to use it. Open a picture of the code instead.");
    break;
  case GPG_ERR_EBUSY:
    what = _("The camera does not answer");
    remedy = _("Another program may be using it. End that one and try again, or open a picture of the code.");
    break;
  case GPG_ERR_NOT_SUPPORTED:
    what = _("This build of Confab cannot read codes");
    remedy = _("Paste the address as text instead.");
    break;
  default:
    what = _("The camera has stopped");
    remedy = _("Try again, or open a picture of the code instead.");
  }
  hdy_status_page_set_title (view->nothing, what);
  hdy_status_page_set_description (view->nothing, remedy);
  gtk_stack_set_visible_child_name (GTK_STACK (view), "nothing");
}

/* ---- the widget ---- */

/* As in a mirror: who moves to the right goes to the right. */
static gboolean
on_draw (CfScanView *view, cairo_t *cairo)
{
  double width = gtk_widget_get_allocated_width (view->looking), height = gtk_widget_get_allocated_height (view->looking);
  double scale;

  cairo_set_source_rgb (cairo, 0, 0, 0);
  cairo_paint (cairo);
  if (!view->picture)
    return FALSE;
  scale = MIN (width / cairo_image_surface_get_width (view->picture), height / cairo_image_surface_get_height (view->picture));
  cairo_translate (cairo, width / 2, height / 2);
  cairo_scale (cairo, -scale, scale);
  cairo_set_source_surface (cairo, view->picture, -cairo_image_surface_get_width (view->picture) / 2.0,
                            -cairo_image_surface_get_height (view->picture) / 2.0);
  cairo_paint (cairo);
  return FALSE;
}

static void
cf_scan_view_map (GtkWidget *widget)
{
  static const struct cf_scan_handler handler = { on_frame, on_found, on_failed };
  CfScanView *view = CF_SCAN_VIEW (widget);

  gtk_stack_set_visible_child_name (GTK_STACK (view), "looking");
  GTK_WIDGET_CLASS (cf_scan_view_parent_class)->map (widget);
  if (!view->scan)
    view->scan = cf_scan_start (view->source, &handler, view);
}

static void
cf_scan_view_unmap (GtkWidget *widget)
{
  CfScanView *view = CF_SCAN_VIEW (widget);

  g_clear_pointer (&view->scan, cf_scan_stop);
  g_clear_pointer (&view->picture, cairo_surface_destroy);
  GTK_WIDGET_CLASS (cf_scan_view_parent_class)->unmap (widget);
}

static void
cf_scan_view_finalize (GObject *object)
{
  CfScanView *view = CF_SCAN_VIEW (object);

  g_clear_pointer (&view->scan, cf_scan_stop);
  g_clear_pointer (&view->picture, cairo_surface_destroy);
  G_OBJECT_CLASS (cf_scan_view_parent_class)->finalize (object);
}

static void
cf_scan_view_class_init (CfScanViewClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_scan_view_finalize;
  widget->map = cf_scan_view_map;
  widget->unmap = cf_scan_view_unmap;
  found_signal = g_signal_new ("found", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                               1, G_TYPE_STRING);
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/scan_view.ui");
  gtk_widget_class_bind_template_child (widget, CfScanView, looking);
  gtk_widget_class_bind_template_child (widget, CfScanView, nothing);
  gtk_widget_class_bind_template_callback (widget, on_draw);
}

static void
cf_scan_view_init (CfScanView *view)
{
  view->source = &cf_scan_camera;
  gtk_widget_init_template (GTK_WIDGET (view));
  cf_accessible_tell_titles (GTK_WIDGET (view));
}

void
cf_scan_view_set_source (CfScanView *view, const struct cf_scan_source *source)
{
  view->source = source;
}
