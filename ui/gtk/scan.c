/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scan.c - a camera that looks for a QR code.
 *
 * The thread and the main loop share one struct, which the last of them frees.
 * The thread hands over one picture at a time: as long as the last one has not
 * been shown, further ones are only looked at.
 */
#include <config.h>

#include "ui/gtk/scan.h"

#include <glib.h>
#include <string.h>

#include "ui/gtk/qr_read.h"

struct cf_scan {
  gatomicrefcount refs;
  struct cf_scan_source source;
  struct cf_scan_handler handler;
  void *arg;
  GMutex lock; /* of what follows */
  bool stopped, told;
  cairo_surface_t *picture; /* not shown yet */
  char *text;
  gpg_error_t err;
};

static void
scan_unref (gpointer arg)
{
  struct cf_scan *scan = arg;

  if (!g_atomic_ref_count_dec (&scan->refs))
    return;
  if (scan->picture)
    cairo_surface_destroy (scan->picture);
  g_free (scan->text);
  g_mutex_clear (&scan->lock);
  g_free (scan);
}

/* ---- in the main loop ---- */

static gboolean
tell (gpointer arg)
{
  struct cf_scan *scan = arg;
  cairo_surface_t *picture;
  char *text;
  gpg_error_t err;
  bool stopped;

  g_mutex_lock (&scan->lock);
  picture = g_steal_pointer (&scan->picture);
  text = g_steal_pointer (&scan->text);
  err = scan->err;
  stopped = scan->stopped;
  scan->told = true;
  g_mutex_unlock (&scan->lock);
  if (!stopped && picture)
    scan->handler.frame (scan->arg, picture);
  if (!stopped && text)
    scan->handler.found (scan->arg, text);
  else if (!stopped && err)
    scan->handler.failed (scan->arg, err);
  if (picture)
    cairo_surface_destroy (picture);
  g_free (text);
  return G_SOURCE_REMOVE;
}

void
cf_scan_stop (struct cf_scan *scan)
{
  if (!scan)
    return;
  g_mutex_lock (&scan->lock);
  scan->stopped = true;
  g_mutex_unlock (&scan->lock);
  scan_unref (scan);
}

/* ---- in the thread ---- */

static cairo_surface_t *
to_surface (const struct cf_scan_frame *frame)
{
  cairo_surface_t *picture = cairo_image_surface_create (CAIRO_FORMAT_RGB24, (int) frame->width, (int) frame->height);
  uint8_t *pixels = cairo_image_surface_get_data (picture);
  size_t stride = (size_t) cairo_image_surface_get_stride (picture);

  if (!pixels) {
    cairo_surface_destroy (picture);
    return NULL;
  }
  for (unsigned y = 0; y < frame->height; y++)
    for (unsigned x = 0; x < frame->width; x++) {
      uint32_t light = frame->gray[(size_t) y * frame->width + x];

      ((uint32_t *) (void *) (pixels + y * stride))[x] = light << 16 | light << 8 | light;
    }
  cairo_surface_mark_dirty (picture);
  return picture;
}

/* Hand over what there is; false: nobody wants it any more. */
static bool
hand_over (struct cf_scan *scan, const struct cf_scan_frame *frame, char *text, gpg_error_t err)
{
  bool more, due;

  g_mutex_lock (&scan->lock);
  due = scan->told || text || err;
  if (frame && scan->told && !scan->stopped)
    scan->picture = to_surface (frame);
  scan->text = text;
  scan->err = err;
  if (due)
    scan->told = false;
  more = !scan->stopped;
  g_mutex_unlock (&scan->lock);
  if (due) {
    g_atomic_ref_count_inc (&scan->refs);
    g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, tell, scan, scan_unref);
  }
  return more && !text && !err;
}

static gpointer
look (gpointer arg)
{
  struct cf_scan *scan = arg;
  void *camera = NULL;
  gpg_error_t err = scan->source.open (scan->source.arg, &camera);
  bool more = true;

  if (err)
    hand_over (scan, NULL, NULL, err);
  while (!err && more) {
    struct cf_scan_frame frame = { 0 };
    char *text = NULL;

    err = scan->source.next (camera, &frame);
    if (gpg_err_code (err) == GPG_ERR_ETIMEDOUT) {
      g_mutex_lock (&scan->lock);
      more = !scan->stopped;
      g_mutex_unlock (&scan->lock);
      err = 0;
      continue;
    }
    if (!err)
      text = cf_qr_read_gray (frame.gray, frame.width, frame.height);
    more = hand_over (scan, err ? NULL : &frame, text, err);
    g_free (frame.gray);
  }
  if (camera)
    scan->source.close (camera);
  scan_unref (scan);
  return NULL;
}

struct cf_scan *
cf_scan_start (const struct cf_scan_source *source, const struct cf_scan_handler *handler, void *arg)
{
  struct cf_scan *scan = g_new0 (struct cf_scan, 1);

  g_atomic_ref_count_init (&scan->refs);
  g_atomic_ref_count_inc (&scan->refs); /* the thread's */
  scan->source = *source;
  scan->handler = *handler;
  scan->arg = arg;
  scan->told = true;
  g_mutex_init (&scan->lock);
  g_thread_unref (g_thread_new ("scan", look, scan));
  return scan;
}
