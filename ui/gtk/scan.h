/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scan.h - a camera that looks for a QR code, in a thread of its own; what it sees comes to the main loop.
 *
 *   looking --a code--> found     looking --no camera, it breaks--> failed     any --cf_scan_stop--> stopped
 */
#ifndef CF_UI_GTK_SCAN_H
#define CF_UI_GTK_SCAN_H

#include <cairo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct cf_scan;

/* A picture: WIDTH x HEIGHT bytes, 0 black, 255 white; at most CF_QR_SIDE_MAX on a side. */
struct cf_scan_frame {
  uint8_t *gray; /* from g_malloc */
  unsigned width, height;
};

/* Where pictures come from; all of it is called in the thread. */
struct cf_scan_source {
  /* Errors: NOT_FOUND (there is no camera), EACCES, EBUSY, others. */
  gpg_error_t (*open) (void *arg, void **r_camera);
  /* The next picture, the caller's then; ETIMEDOUT when none came within a quarter of a second. */
  gpg_error_t (*next) (void *camera, struct cf_scan_frame *r_frame);
  void (*close) (void *camera);
  void *arg;
};

/* The first camera that works; needs zbar. */
extern const struct cf_scan_source cf_scan_camera;

struct cf_scan_handler {
  void (*frame) (void *arg, cairo_surface_t *picture);  /* what the camera sees; borrowed */
  void (*found) (void *arg, const char *text);          /* once, and then nothing more; as cf_qr_read_gray */
  void (*failed) (void *arg, gpg_error_t err);          /* once, and then nothing more */
};

struct cf_scan *cf_scan_start (const struct cf_scan_source *source, const struct cf_scan_handler *handler, void *arg);
/* No callback comes after this; does not wait for the camera.  NULL is fine. */
void cf_scan_stop (struct cf_scan *scan);

#endif
