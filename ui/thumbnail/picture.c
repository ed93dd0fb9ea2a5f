/* SPDX-License-Identifier: GPL-3.0-or-later */
/* picture.c - a small copy of a picture. */
#include "ui/thumbnail/picture.h"

#include <errno.h>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>
#include <unistd.h>

/* What it is, is read from the file itself: never from its name, and never guessed by a library that reads files.  A
   loader waits for each, made while files can still be opened. */
static struct {
  const char *type, *magic;
  size_t len;
  GdkPixbufLoader *loader;
} kinds[] = {
  { "png", "\x89PNG\r\n\x1a\n", 8, NULL },
  { "jpeg", "\xff\xd8\xff", 3, NULL },
};

/* --- decoding --- */

static int
scaled (int length, int of)
{
  gint64 n = (gint64) length * CF_PICTURE_PX / of;

  return n < 1 ? 1 : (int) n;
}

static void
fit (int *width, int *height)
{
  int of = MAX (*width, *height);

  if (of <= CF_PICTURE_PX)
    return;
  *width = scaled (*width, of);
  *height = scaled (*height, of);
}

static bool too_large; /* the one picture that this process has */

/* A JPEG is decoded small at once. */
static void
on_size (GdkPixbufLoader *loader, int width, int height, gpointer data)
{
  (void) data;
  if (width < 1 || height < 1 || (guint64) width * (guint64) height > CF_PICTURE_PIXELS_MAX) {
    too_large = true;
    width = height = 1;
  }
  fit (&width, &height);
  gdk_pixbuf_loader_set_size (loader, width, height);
}

static GdkPixbufLoader *
new_loader (const char *type)
{
  GdkPixbufLoader *loader = gdk_pixbuf_loader_new_with_type (type, NULL);

  if (loader)
    g_signal_connect (loader, "size-prepared", G_CALLBACK (on_size), NULL);
  return loader;
}

/* Borrowed. */
static GdkPixbufLoader *
loader_of (const uint8_t *start, size_t len)
{
  for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (len >= kinds[i].len && !memcmp (start, kinds[i].magic, kinds[i].len))
      return kinds[i].loader;
  return NULL;
}

/* Until BUF is full or the input ends; -1: it cannot be read. */
static ssize_t
read_some (int fd, uint8_t *buf, size_t size)
{
  size_t len = 0;

  while (len < size) {
    ssize_t n = read (fd, buf + len, size - len);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -1;
    if (!n)
      break;
    len += (size_t) n;
  }
  return (ssize_t) len;
}

/* NULL: not a picture, or not all of one. */
static GdkPixbuf *
decode (int fd)
{
  static uint8_t buf[65536];
  GdkPixbufLoader *loader = NULL;
  GdkPixbuf *picture = NULL;
  bool ok = true;
  size_t total = 0;
  ssize_t n;

  while (ok && (n = read_some (fd, buf, sizeof buf)) > 0) {
    total += (size_t) n;
    if (!loader)
      loader = loader_of (buf, (size_t) n);
    ok = loader && total <= CF_PICTURE_BYTES_MAX && gdk_pixbuf_loader_write (loader, buf, (size_t) n, NULL)
         && !too_large;
  }
  if (!loader)
    return NULL;
  if (!gdk_pixbuf_loader_close (loader, NULL))
    ok = false;
  if (ok && n == 0 && gdk_pixbuf_loader_get_pixbuf (loader))
    picture = gdk_pixbuf_apply_embedded_orientation (gdk_pixbuf_loader_get_pixbuf (loader));
  return picture;
}

/* --- the result --- */

/* PICTURE in RGBA and no larger than it may be; takes it. */
static GdkPixbuf *
make_small (GdkPixbuf *picture)
{
  int width = gdk_pixbuf_get_width (picture), height = gdk_pixbuf_get_height (picture);
  GdkPixbuf *small = g_object_ref (picture), *result = NULL;

  fit (&width, &height);
  if (width != gdk_pixbuf_get_width (picture) || height != gdk_pixbuf_get_height (picture)) {
    g_object_unref (small);
    small = gdk_pixbuf_scale_simple (picture, width, height, GDK_INTERP_BILINEAR);
  }
  if (small) {
    result = gdk_pixbuf_add_alpha (small, FALSE, 0, 0, 0);
    g_object_unref (small);
  }
  g_object_unref (picture);
  return result;
}

static size_t
put (const GdkPixbuf *picture, uint8_t out[CF_PICTURE_OUT_MAX])
{
  size_t width = (size_t) gdk_pixbuf_get_width (picture), height = (size_t) gdk_pixbuf_get_height (picture), row;
  size_t stride = (size_t) gdk_pixbuf_get_rowstride (picture);
  const uint8_t *pixels = gdk_pixbuf_read_pixels (picture);

  memcpy (out, "CFTH", 4);
  out[4] = (uint8_t) (width >> 8);
  out[5] = (uint8_t) width;
  out[6] = (uint8_t) (height >> 8);
  out[7] = (uint8_t) height;
  for (row = 0; row < height; row++)
    memcpy (out + CF_PICTURE_HEAD_LEN + row * width * 4, pixels + row * stride, width * 4);
  return CF_PICTURE_HEAD_LEN + width * height * 4;
}

size_t
cf_picture_make (int fd, uint8_t out[CF_PICTURE_OUT_MAX])
{
  GdkPixbuf *picture = decode (fd);
  size_t len;

  if (picture)
    picture = make_small (picture);
  if (!picture)
    return 0;
  len = put (picture, out);
  g_object_unref (picture);
  return len;
}

/* --- before the doors close --- */

bool
cf_picture_prepare (void)
{
  GdkPixbuf *picture = gdk_pixbuf_new (GDK_COLORSPACE_RGB, TRUE, 8, CF_PICTURE_PX + 1, 8);
  bool ok = picture != NULL;

  if (!picture)
    return false;
  gdk_pixbuf_fill (picture, 0x80808080);
  for (size_t i = 0; ok && i < G_N_ELEMENTS (kinds); i++) {
    GdkPixbufLoader *loader = new_loader (kinds[i].type);
    gchar *data = NULL;
    gsize len = 0;

    ok = loader && gdk_pixbuf_save_to_buffer (picture, &data, &len, kinds[i].type, NULL, NULL)
         && gdk_pixbuf_loader_write (loader, (const guchar *) data, len, NULL) && gdk_pixbuf_loader_close (loader, NULL)
         && gdk_pixbuf_loader_get_pixbuf (loader);
    g_free (data);
    if (ok) { /* scaling chooses its code by the processor when first used */
      GdkPixbuf *small = make_small (gdk_pixbuf_apply_embedded_orientation (gdk_pixbuf_loader_get_pixbuf (loader)));

      ok = small != NULL;
      g_clear_object (&small);
    }
    g_clear_object (&loader);
    kinds[i].loader = new_loader (kinds[i].type);
    ok = ok && kinds[i].loader;
  }
  g_object_unref (picture);
  return ok;
}
