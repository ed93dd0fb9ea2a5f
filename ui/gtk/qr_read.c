/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qr_read.c - what a QR code in a picture says. */
#include <config.h>

#include "ui/gtk/qr_read.h"

#include <errno.h>
#include <fcntl.h>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_ZBAR
#include <zbar.h>
#endif

#define FILE_MAX ((size_t) 32 * 1024 * 1024)
#define PIXELS_MAX ((int64_t) 64 * 1024 * 1024) /* of a file: more is refused before it takes memory */
#define SIDE_ENOUGH 1600                        /* px to which a larger picture is made smaller */
#define TEXT_MAX 2048
#define CHUNK 65536

bool
cf_qr_can_read (void)
{
#ifdef HAVE_ZBAR
  return true;
#else
  return false;
#endif
}

/* ---- codes ---- */

#ifdef HAVE_ZBAR
static bool
is_fit (const char *text, size_t len)
{
  if (!len || len > TEXT_MAX || !g_utf8_validate (text, (gssize) len, NULL))
    return false;
  for (const char *p = text; p < text + len; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return false;
  return true;
}

static char *
best_of (const zbar_image_t *image)
{
  char *best = NULL;

  for (const zbar_symbol_t *s = zbar_image_first_symbol (image); s; s = zbar_symbol_next (s)) {
    const char *text = zbar_symbol_get_data (s);
    size_t len = zbar_symbol_get_data_length (s);

    if (zbar_symbol_get_type (s) != ZBAR_QRCODE || !text || !is_fit (text, len))
      continue;
    if (best && g_ascii_strncasecmp (text, "confab:", 7))
      continue;
    g_free (best);
    best = g_strndup (text, len);
  }
  return best;
}

char *
cf_qr_read_gray (const uint8_t *gray, unsigned width, unsigned height)
{
  zbar_image_scanner_t *scanner;
  zbar_image_t *image;
  char *text = NULL;

  if (!width || !height || width > CF_QR_SIDE_MAX || height > CF_QR_SIDE_MAX)
    return NULL;
  scanner = zbar_image_scanner_create ();
  image = zbar_image_create ();
  zbar_image_scanner_set_config (scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
  zbar_image_scanner_set_config (scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
  zbar_image_set_format (image, zbar_fourcc ('Y', '8', '0', '0'));
  zbar_image_set_size (image, width, height);
  zbar_image_set_data (image, gray, (unsigned long) width * height, NULL);
  if (zbar_scan_image (scanner, image) > 0)
    text = best_of (image);
  zbar_image_destroy (image);
  zbar_image_scanner_destroy (scanner);
  return text;
}
#else
char *
cf_qr_read_gray (const uint8_t *gray, unsigned width, unsigned height)
{
  (void) gray;
  (void) width;
  (void) height;
  return NULL;
}
#endif

/* ---- pictures ---- */

/* The two kinds that people send; other loaders of the library have no business with what strangers made. */
static const char *
kind_of (const uint8_t *head, size_t len)
{
  static const uint8_t png[] = { 0x89, 'P', 'N', 'G' }, jpeg[] = { 0xff, 0xd8, 0xff };

  if (len >= sizeof png && !memcmp (head, png, sizeof png))
    return "png";
  if (len >= sizeof jpeg && !memcmp (head, jpeg, sizeof jpeg))
    return "jpeg";
  return NULL;
}

/* Called before memory is taken for the picture; a size of nothing makes the loader give up. */
static void
on_size (GdkPixbufLoader *loader, int width, int height, gpointer arg)
{
  bool *too_large = arg;
  int side = MAX (width, height);

  if (width <= 0 || height <= 0 || (int64_t) width * height > PIXELS_MAX) {
    *too_large = true;
    gdk_pixbuf_loader_set_size (loader, 0, 0);
  } else if (side > SIDE_ENOUGH)
    gdk_pixbuf_loader_set_size (loader, MAX (1, width * (int64_t) SIDE_ENOUGH / side),
                                MAX (1, height * (int64_t) SIDE_ENOUGH / side));
}

static gpg_error_t
load (const uint8_t *data, size_t len, GdkPixbuf **r_picture)
{
  const char *kind = kind_of (data, len);
  GdkPixbufLoader *loader = kind ? gdk_pixbuf_loader_new_with_type (kind, NULL) : NULL;
  bool too_large = false, good = true;

  if (!loader)
    return cf_err (GPG_ERR_INV_OBJ);
  g_signal_connect (loader, "size-prepared", G_CALLBACK (on_size), &too_large);
  for (size_t at = 0; good && !too_large && at < len; at += CHUNK)
    good = gdk_pixbuf_loader_write (loader, data + at, MIN (CHUNK, len - at), NULL);
  good = gdk_pixbuf_loader_close (loader, NULL) && good && !too_large;
  *r_picture = good ? gdk_pixbuf_loader_get_pixbuf (loader) : NULL;
  if (*r_picture)
    g_object_ref (*r_picture);
  g_object_unref (loader);
  return *r_picture ? 0 : cf_err (too_large ? GPG_ERR_TOO_LARGE : GPG_ERR_INV_OBJ);
}

/* Whatever is transparent lies on white paper. */
static uint8_t *
to_gray (const GdkPixbuf *picture, unsigned width, unsigned height)
{
  unsigned channels = (unsigned) gdk_pixbuf_get_n_channels (picture);
  size_t stride = (size_t) gdk_pixbuf_get_rowstride (picture);
  const uint8_t *pixels = gdk_pixbuf_read_pixels (picture);
  uint8_t *gray = g_malloc ((size_t) width * height);

  for (unsigned y = 0; y < height; y++)
    for (unsigned x = 0; x < width; x++) {
      const uint8_t *p = pixels + y * stride + (size_t) x * channels;
      unsigned light = (p[0] * 77u + p[1] * 150u + p[2] * 29u) >> 8, alpha = channels == 4 ? p[3] : 255;

      gray[(size_t) y * width + x] = (uint8_t) ((light * alpha + 255 * (255 - alpha)) / 255);
    }
  return gray;
}

static gpg_error_t
read_all (const char *path, GByteArray *bytes)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat st;
  gpg_error_t err = 0;
  ssize_t n = 1;

  if (fd < 0)
    return cf_err_errno ();
  if (fstat (fd, &st))
    err = cf_err_errno ();
  else if (!S_ISREG (st.st_mode))
    err = cf_err (GPG_ERR_INV_OBJ);
  else if (st.st_size > (off_t) FILE_MAX)
    err = cf_err (GPG_ERR_TOO_LARGE);
  while (!err && n) {
    uint8_t chunk[CHUNK];

    n = read (fd, chunk, sizeof chunk);
    if (n < 0)
      err = cf_err_errno ();
    else if (bytes->len + (size_t) n > FILE_MAX)
      err = cf_err (GPG_ERR_TOO_LARGE);
    else
      g_byte_array_append (bytes, chunk, (guint) n);
  }
  close (fd);
  return err;
}

gpg_error_t
cf_qr_read_file (const char *path, char **r_text)
{
  GByteArray *bytes = g_byte_array_new ();
  GdkPixbuf *picture = NULL;
  uint8_t *gray = NULL;
  char *text = NULL;
  gpg_error_t err;

  err = cf_qr_can_read () ? read_all (path, bytes) : cf_err (GPG_ERR_NOT_SUPPORTED);
  if (!err)
    err = load (bytes->data, bytes->len, &picture);
  if (!err) {
    unsigned width = (unsigned) gdk_pixbuf_get_width (picture), height = (unsigned) gdk_pixbuf_get_height (picture);

    gray = to_gray (picture, width, height);
    text = cf_qr_read_gray (gray, width, height);
    if (text)
      *r_text = text;
    else
      err = cf_err (GPG_ERR_NO_DATA);
  }
  g_free (gray);
  g_clear_object (&picture);
  g_byte_array_unref (bytes);
  return err;
}

/* ---- in a thread ---- */

static void
read_in_thread (GTask *task, gpointer source, gpointer path, GCancellable *cancel)
{
  char *text = NULL;
  gpg_error_t err = cf_qr_read_file (path, &text);

  (void) source;
  (void) cancel;
  if (err)
    g_task_return_new_error (task, g_quark_from_static_string ("cf-qr-read"), (int) err, "%s", gpg_strerror (err));
  else
    g_task_return_pointer (task, text, g_free);
}

void
cf_qr_read_file_async (const char *path, GCancellable *cancel, GAsyncReadyCallback done, gpointer arg)
{
  GTask *task = g_task_new (NULL, cancel, done, arg);

  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, read_in_thread);
  g_object_unref (task);
}

char *
cf_qr_read_file_finish (GAsyncResult *result, gpg_error_t *r_err)
{
  GError *error = NULL;
  char *text = g_task_propagate_pointer (G_TASK (result), &error);

  *r_err = 0;
  if (error)
    *r_err = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? cf_err (GPG_ERR_CANCELED)
                                                                        : (gpg_error_t) error->code;
  g_clear_error (&error);
  return text;
}
