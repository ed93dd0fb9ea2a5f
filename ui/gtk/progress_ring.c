/* SPDX-License-Identifier: GPL-3.0-or-later */
/* progress_ring.c - a GtkProgressBar that is round: what reads it aloud knows it already. */

#include <config.h>

#include "ui/gtk/progress_ring.h"

#define LINE_PX 3.0
#define TRACK_ALPHA 0.15
#define IDLE_ALPHA 0.55
#define TEXT_SHARE 0.35

struct _CfProgressRing {
  GtkProgressBar parent;
  int size;
  gboolean idle;
};

G_DEFINE_TYPE (CfProgressRing, cf_progress_ring, GTK_TYPE_PROGRESS_BAR)

/* The theme's accent alone is too dark on a dark ground. */
static void
mix (GdkRGBA *color, const GdkRGBA *accent)
{
  color->red = color->red * TEXT_SHARE + accent->red * (1 - TEXT_SHARE);
  color->green = color->green * TEXT_SHARE + accent->green * (1 - TEXT_SHARE);
  color->blue = color->blue * TEXT_SHARE + accent->blue * (1 - TEXT_SHARE);
}

static gboolean
draw (GtkWidget *widget, cairo_t *cr)
{
  CfProgressRing *ring = CF_PROGRESS_RING (widget);
  GtkStyleContext *style = gtk_widget_get_style_context (widget);
  double x = gtk_widget_get_allocated_width (widget) / 2.0, y = gtk_widget_get_allocated_height (widget) / 2.0;
  double radius = MIN (x, y) - LINE_PX / 2, from = -G_PI / 2;
  double part = CLAMP (gtk_progress_bar_get_fraction (GTK_PROGRESS_BAR (ring)), 0, 1) * 2 * G_PI;
  GdkRGBA color, accent;

  gtk_style_context_get_color (style, gtk_style_context_get_state (style), &color);
  cairo_set_line_width (cr, LINE_PX);
  cairo_set_source_rgba (cr, color.red, color.green, color.blue, TRACK_ALPHA);
  cairo_arc (cr, x, y, radius, 0, 2 * G_PI);
  cairo_stroke (cr);
  if (!ring->idle && gtk_style_context_lookup_color (style, "theme_selected_bg_color", &accent))
    mix (&color, &accent);
  cairo_set_source_rgba (cr, color.red, color.green, color.blue, ring->idle ? IDLE_ALPHA : 1);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  if (gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL)
    cairo_arc_negative (cr, x, y, radius, from, from - part);
  else
    cairo_arc (cr, x, y, radius, from, from + part);
  if (part > 0)
    cairo_stroke (cr);
  return FALSE;
}

static void
get_size (GtkWidget *widget, int *minimum, int *natural)
{
  *minimum = *natural = CF_PROGRESS_RING (widget)->size;
}

static GtkSizeRequestMode
get_request_mode (GtkWidget *widget)
{
  (void) widget;
  return GTK_SIZE_REQUEST_CONSTANT_SIZE;
}

/* The bar would lay out its trough. */
static void
size_allocate (GtkWidget *widget, GtkAllocation *place)
{
  gtk_widget_set_allocation (widget, place);
}

static void
cf_progress_ring_class_init (CfProgressRingClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  widget->draw = draw;
  widget->get_preferred_width = widget->get_preferred_height = get_size;
  widget->get_request_mode = get_request_mode;
  widget->size_allocate = size_allocate;
}

static void
cf_progress_ring_init (CfProgressRing *ring)
{
  (void) ring;
}

GtkWidget *
cf_progress_ring_new (int size)
{
  CfProgressRing *ring = g_object_new (CF_TYPE_PROGRESS_RING, "visible", TRUE, NULL);

  ring->size = size;
  return GTK_WIDGET (ring);
}

void
cf_progress_ring_set_idle (CfProgressRing *ring, gboolean idle)
{
  ring->idle = idle;
  gtk_widget_queue_draw (GTK_WIDGET (ring));
}
