/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scan_camera.c - pictures from a camera (Video4Linux), by zbar.
 *
 * What a camera sends is not trusted: sizes are checked against the bytes that
 * are there before they are copied.
 */
#include <config.h>

#include "ui/gtk/scan.h"

#ifdef HAVE_ZBAR
#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <unistd.h>
#include <zbar.h>

#include "ui/gtk/qr_read.h"

#define CAMERAS 8
#define WIDTH 640
#define HEIGHT 480
#define PATIENCE_MS 250
#define MAPPED 2 /* of zbar_video_request_iomode */

/* zbar's own choice (zbar_negotiate_format) takes a window, and some versions crash without one.  What no camera has of
   itself libv4l2 makes of what it has: YU12 at least.  Those without colour and without work come first. */
static bool
choose_format (zbar_video_t *video)
{
  static const char formats[][5] = { "GREY", "Y800", "YUYV", "UYVY", "NV12", "YU12", "I420", "RGB3", "BGR3" };

  for (size_t i = 0; i < G_N_ELEMENTS (formats); i++) {
    const char *f = formats[i];

    if (!zbar_video_init (video, zbar_fourcc (f[0], f[1], f[2], f[3])))
      return true;
  }
  return false;
}

static zbar_video_t *
try_camera (const char *path)
{
  zbar_video_t *video = zbar_video_create ();

  if (!video)
    return NULL;
  zbar_video_request_size (video, WIDTH, HEIGHT);
  zbar_video_request_iomode (video, MAPPED); /* what it finds out by itself is read (), which many cameras cannot */
  if (!zbar_video_open (video, path) && choose_format (video) && !zbar_video_enable (video, 1))
    return video;
  zbar_video_destroy (video);
  return NULL;
}

static gpg_error_t
camera_open (void *arg, void **r_camera)
{
  bool there = false, allowed = false;

  (void) arg;
  zbar_set_verbosity (0);
  for (int i = 0; i < CAMERAS; i++) {
    char path[32];

    g_snprintf (path, sizeof path, "/dev/video%d", i);
    if (access (path, F_OK))
      continue;
    there = true;
    if (access (path, R_OK | W_OK))
      continue;
    allowed = true;
    *r_camera = try_camera (path);
    if (*r_camera)
      return 0;
  }
  return cf_err (!there ? GPG_ERR_NOT_FOUND : !allowed ? GPG_ERR_EACCES : GPG_ERR_EBUSY);
}

static gpg_error_t
copy_frame (const zbar_image_t *image, struct cf_scan_frame *r_frame)
{
  unsigned width = zbar_image_get_width (image), height = zbar_image_get_height (image);
  unsigned long len = zbar_image_get_data_length (image);

  if (!width || !height || width > CF_QR_SIDE_MAX || height > CF_QR_SIDE_MAX || len < (unsigned long) width * height)
    return cf_err (GPG_ERR_INV_DATA);
  r_frame->gray = g_memdup2 (zbar_image_get_data (image), (size_t) width * height);
  r_frame->width = width;
  r_frame->height = height;
  return 0;
}

static gpg_error_t
camera_next (void *camera, struct cf_scan_frame *r_frame)
{
  struct pollfd fd = { zbar_video_get_fd (camera), POLLIN, 0 };
  zbar_image_t *image, *gray;
  gpg_error_t err;

  if (fd.fd >= 0 && poll (&fd, 1, PATIENCE_MS) <= 0)
    return cf_err (GPG_ERR_ETIMEDOUT);
  image = zbar_video_next_image (camera);
  if (!image)
    return cf_err (GPG_ERR_EIO);
  gray = zbar_image_convert (image, zbar_fourcc ('Y', '8', '0', '0'));
  err = gray ? copy_frame (gray, r_frame) : cf_err (GPG_ERR_INV_DATA);
  if (gray)
    zbar_image_destroy (gray);
  zbar_image_destroy (image);
  return err;
}

static void
camera_close (void *camera)
{
  zbar_video_enable (camera, 0);
  zbar_video_destroy (camera);
}
#else
static gpg_error_t
camera_open (void *arg, void **r_camera)
{
  (void) arg;
  *r_camera = NULL;
  return cf_err (GPG_ERR_NOT_SUPPORTED);
}

static gpg_error_t
camera_next (void *camera, struct cf_scan_frame *r_frame)
{
  (void) camera;
  (void) r_frame;
  return cf_err (GPG_ERR_NOT_SUPPORTED);
}

static void
camera_close (void *camera)
{
  (void) camera;
}
#endif

const struct cf_scan_source cf_scan_camera = { camera_open, camera_next, camera_close, NULL };
