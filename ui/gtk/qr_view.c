/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qr_view.c - a QR code, painted on the screen or into a file. */
#include <config.h>

#include "ui/gtk/qr_view.h"

#include <cairo-svg.h>
#include <math.h>

#define SIDE_MIN 240      /* px; a code of an address has about 60 modules with its quiet zone */
#define FILE_MODULE 12    /* px a module in a file: prints at a few centimetres, sharply */

struct _CfQrView {
  GtkDrawingArea parent;
  struct cf_qr *qr; /* NULL: nothing */
};

G_DEFINE_TYPE (CfQrView, cf_qr_view, GTK_TYPE_DRAWING_AREA)

/* ---- painting ---- */

double
cf_qr_side (const struct cf_qr *qr, double module)
{
  return (cf_qr_size (qr) + 2 * CF_QR_QUIET) * module;
}

/* Runs of dark modules are one rectangle each, so that no hairline of light comes between them. */
void
cf_qr_paint (cairo_t *cairo, const struct cf_qr *qr, double module)
{
  int size = cf_qr_size (qr);

  cairo_set_antialias (cairo, CAIRO_ANTIALIAS_NONE);
  cairo_set_source_rgb (cairo, 1, 1, 1);
  cairo_rectangle (cairo, 0, 0, cf_qr_side (qr, module), cf_qr_side (qr, module));
  cairo_fill (cairo);
  cairo_set_source_rgb (cairo, 0, 0, 0);
  for (int y = 0; y < size; y++)
    for (int x = 0, end; x < size; x = end + 1) {
      for (end = x; end < size && cf_qr_dark (qr, end, y); end++)
        ;
      if (end > x)
        cairo_rectangle (cairo, (x + CF_QR_QUIET) * module, (y + CF_QR_QUIET) * module, (end - x) * module, module);
    }
  cairo_fill (cairo);
}

static gboolean
cf_qr_view_draw (GtkWidget *widget, cairo_t *cairo)
{
  CfQrView *view = CF_QR_VIEW (widget);
  int width = gtk_widget_get_allocated_width (widget), height = gtk_widget_get_allocated_height (widget);
  int scale = gtk_widget_get_scale_factor (widget);
  double module, side;

  if (!view->qr)
    return FALSE;
  /* Whole pixels of the device a module. */
  module = floor (MIN (width, height) * scale / cf_qr_side (view->qr, 1)) / scale;
  if (module <= 0)
    return FALSE;
  side = cf_qr_side (view->qr, module);
  cairo_translate (cairo, floor ((width - side) / 2 * scale) / scale, floor ((height - side) / 2 * scale) / scale);
  cf_qr_paint (cairo, view->qr, module);
  return FALSE;
}

/* ---- files ---- */

static cairo_status_t
append (void *arg, const unsigned char *data, unsigned len)
{
  g_byte_array_append (arg, data, len);
  return CAIRO_STATUS_SUCCESS;
}

static void
paint_to (cairo_surface_t *surface, const struct cf_qr *qr)
{
  cairo_t *cairo = cairo_create (surface);

  cf_qr_paint (cairo, qr, FILE_MODULE);
  cairo_destroy (cairo);
}

static bool
make_file (const struct cf_qr *qr, enum cf_qr_file form, GByteArray *bytes)
{
  int side = (int) cf_qr_side (qr, FILE_MODULE);
  cairo_surface_t *surface;
  cairo_status_t status = CAIRO_STATUS_SUCCESS;

  surface = form == CF_QR_SVG ? cairo_svg_surface_create_for_stream (append, bytes, side, side)
                              : cairo_image_surface_create (CAIRO_FORMAT_RGB24, side, side);
  paint_to (surface, qr);
  if (form == CF_QR_PNG)
    status = cairo_surface_write_to_png_stream (surface, append, bytes);
  cairo_surface_finish (surface);
  if (!status)
    status = cairo_surface_status (surface);
  cairo_surface_destroy (surface);
  return status == CAIRO_STATUS_SUCCESS;
}

gpg_error_t
cf_qr_save (const char *text, enum cf_qr_file form, const char *path)
{
  GByteArray *bytes = g_byte_array_new ();
  struct cf_qr *qr = NULL;
  GError *error = NULL;
  gpg_error_t err;

  err = cf_qr_new (text, &qr);
  if (err)
    goto leave;
  if (!make_file (qr, form, bytes)) {
    err = cf_err (GPG_ERR_ENOMEM);
    goto leave;
  }
  if (!g_file_set_contents (path, (char *) bytes->data, bytes->len, &error))
    err = cf_err (gpg_err_code_from_errno (error->code == G_FILE_ERROR_NOSPC   ? ENOSPC
                                   : error->code == G_FILE_ERROR_ROFS  ? EROFS
                                   : error->code == G_FILE_ERROR_ACCES ? EACCES
                                   : error->code == G_FILE_ERROR_NOENT ? ENOENT
                                                                       : EIO));
leave:
  g_clear_error (&error);
  g_byte_array_unref (bytes);
  cf_qr_free (qr);
  return err;
}

/* ---- the widget ---- */

gpg_error_t
cf_qr_view_set (CfQrView *view, const char *text)
{
  gpg_error_t err = 0;

  cf_qr_free (view->qr);
  view->qr = NULL;
  if (text)
    err = cf_qr_new (text, &view->qr);
  gtk_widget_queue_draw (GTK_WIDGET (view));
  return err;
}

static GtkSizeRequestMode
cf_qr_view_get_request_mode (GtkWidget *widget)
{
  (void) widget;
  return GTK_SIZE_REQUEST_CONSTANT_SIZE;
}

static void
cf_qr_view_get_preferred (GtkWidget *widget, int *minimum, int *natural)
{
  (void) widget;
  *minimum = SIDE_MIN;
  *natural = SIDE_MIN * 5 / 4;
}

static void
cf_qr_view_finalize (GObject *object)
{
  cf_qr_free (CF_QR_VIEW (object)->qr);
  G_OBJECT_CLASS (cf_qr_view_parent_class)->finalize (object);
}

static void
cf_qr_view_class_init (CfQrViewClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_qr_view_finalize;
  widget->draw = cf_qr_view_draw;
  widget->get_request_mode = cf_qr_view_get_request_mode;
  widget->get_preferred_width = cf_qr_view_get_preferred;
  widget->get_preferred_height = cf_qr_view_get_preferred;
  gtk_widget_class_set_accessible_role (widget, ATK_ROLE_IMAGE);
}

static void
cf_qr_view_init (CfQrView *view)
{
  gtk_widget_set_has_window (GTK_WIDGET (view), FALSE);
}

GtkWidget *
cf_qr_view_new (void)
{
  return g_object_new (CF_TYPE_QR_VIEW, NULL);
}
