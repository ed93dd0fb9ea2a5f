/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_qr_read.c - what is painted is read again: on paper, in files, and before a camera. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "ui/gtk/qr_read.h"
#include "ui/gtk/qr_view.h"
#include "ui/gtk/scan.h"

#define ADDRESS                                                                                                        \
  "confab:6F3B19AFD0C2E1774A5588AB90DD12E34B7C01F6:"                                                                   \
  "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF:0A1B2C3D"

/* TEXT painted on a sheet of SIDE px, AT px from its edges. */
static struct cf_scan_frame
sheet (const char *text, int side, int at, double module)
{
  struct cf_scan_frame frame = { g_malloc ((size_t) side * (size_t) side), (unsigned) side, (unsigned) side };
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, side, side);
  cairo_t *cairo = cairo_create (surface);
  struct cf_qr *qr = NULL;

  cairo_set_source_rgb (cairo, 0.8, 0.8, 0.8);
  cairo_paint (cairo);
  if (text) {
    assert_int_equal (cf_qr_new (text, &qr), 0);
    assert_true (cf_qr_side (qr, module) + at <= side);
    cairo_translate (cairo, at, at);
    cf_qr_paint (cairo, qr, module);
    cf_qr_free (qr);
  }
  cairo_surface_flush (surface);
  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x++)
      frame.gray[y * side + x] =
          cairo_image_surface_get_data (surface)[y * cairo_image_surface_get_stride (surface) + 4 * x];
  cairo_destroy (cairo);
  cairo_surface_destroy (surface);
  return frame;
}

static void
skip_without_zbar (void)
{
  if (!cf_qr_can_read ())
    skip ();
}

static void
test_painted_is_read (void **state)
{
  static const struct {
    int side, at;
    double module;
  } sheets[] = { { 260, 10, 4 }, { 640, 200, 5 }, { 200, 0, 3 } };

  (void) state;
  skip_without_zbar ();
  for (size_t i = 0; i < G_N_ELEMENTS (sheets); i++) {
    struct cf_scan_frame frame = sheet (ADDRESS, sheets[i].side, sheets[i].at, sheets[i].module);
    char *text = cf_qr_read_gray (frame.gray, frame.width, frame.height);

    assert_non_null (text);
    assert_int_equal (g_ascii_strcasecmp (text, ADDRESS), 0);
    g_free (text);
    g_free (frame.gray);
  }
}

static void
test_nothing_is_read (void **state)
{
  struct cf_scan_frame frame = sheet (NULL, 300, 0, 1);
  uint8_t dot = 0;

  (void) state;
  assert_null (cf_qr_read_gray (frame.gray, frame.width, frame.height));
  assert_null (cf_qr_read_gray (&dot, 1, 1));
  assert_null (cf_qr_read_gray (&dot, 0, 0));
  assert_null (cf_qr_read_gray (&dot, CF_QR_SIDE_MAX + 1, 1));
  g_free (frame.gray);
}

/* What a code says is anybody's. */
static void
test_control_characters_are_not_read (void **state)
{
  struct cf_scan_frame frame = sheet ("one\ntwo", 300, 20, 6);

  (void) state;
  skip_without_zbar ();
  assert_null (cf_qr_read_gray (frame.gray, frame.width, frame.height));
  g_free (frame.gray);
}

/* ---- files ---- */

static char *
path_in (const char *folder, const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static gpg_error_t
read_bytes (const char *path, const void *data, size_t len)
{
  char *text = NULL;
  gpg_error_t err;

  assert_true (g_file_set_contents (path, data, (gssize) len, NULL));
  err = cf_qr_read_file (path, &text);
  g_free (text);
  return gpg_err_code (err);
}

static void
test_files (void **state)
{
  char *folder = g_dir_make_tmp ("cf-qr-XXXXXX", NULL), *png = path_in (folder, "a.png"), *svg = path_in (folder, "a.svg");
  char *gone = path_in (folder, "none.png"), *text = NULL, *bytes;
  gsize len;

  (void) state;
  skip_without_zbar ();
  assert_int_equal (cf_qr_save (ADDRESS, CF_QR_PNG, png), 0);
  assert_int_equal (cf_qr_read_file (png, &text), 0);
  assert_int_equal (g_ascii_strcasecmp (text, ADDRESS), 0);
  g_free (text);
  assert_int_equal (gpg_err_code (cf_qr_read_file (gone, &text)), GPG_ERR_ENOENT);
  assert_int_equal (gpg_err_code (cf_qr_read_file (folder, &text)), GPG_ERR_INV_OBJ);

  /* The drawing is well formed, and no picture of the two kinds that are read. */
  assert_int_equal (cf_qr_save (ADDRESS, CF_QR_SVG, svg), 0);
  assert_true (g_file_get_contents (svg, &bytes, &len, NULL));
  assert_non_null (g_strstr_len (bytes, (gssize) len, "<svg"));
  g_free (bytes);
  assert_int_equal (gpg_err_code (cf_qr_read_file (svg, &text)), GPG_ERR_INV_OBJ);

  /* Cut short (half a picture is one, without a code), and nothing at all. */
  assert_true (g_file_get_contents (png, &bytes, &len, NULL));
  assert_int_equal (read_bytes (gone, bytes, len / 2), GPG_ERR_NO_DATA);
  assert_int_equal (read_bytes (gone, bytes, 4), GPG_ERR_INV_OBJ);
  assert_int_equal (read_bytes (gone, "", 0), GPG_ERR_INV_OBJ);
  g_free (bytes);
  g_unlink (png);
  g_unlink (svg);
  g_unlink (gone);
  g_rmdir (folder);
  g_free (png);
  g_free (svg);
  g_free (gone);
  g_free (folder);
}

/* A few bytes that say they are a picture of 60,000 x 60,000: refused before it takes memory. */
static void
test_bomb (void **state)
{
  static const uint8_t bomb[] = { 0x89, 'P',  'N',  'G',  0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0,    13,   'I',  'H',  'D',
                                  'R',  0,    0,    0xea, 0x60, 0,    0,    0xea, 0x60, 8, 2, 0,    0,    0,    0xa3,
                                  0x28, 0x9e, 0xfc, 0,    0,    0,    0,    'I',  'D',  'A',  'T',  0x35, 0xaf, 0x06, 0x1e };
  char *folder = g_dir_make_tmp ("cf-qr-XXXXXX", NULL), *path = path_in (folder, "bomb.png");
  gpg_error_t err;

  (void) state;
  skip_without_zbar ();
  err = read_bytes (path, bomb, sizeof bomb);
  assert_true (err == GPG_ERR_TOO_LARGE || err == GPG_ERR_INV_OBJ);
  g_unlink (path);
  g_rmdir (folder);
  g_free (path);
  g_free (folder);
}

/* ---- a camera ---- */

/* What a camera of the test shows: some pictures of nothing, then a code, or a failure. */
struct world {
  int nothings;
  bool breaks;
  gint opened, closed; /* atomic */
  int frames;
  char *found;
  gpg_error_t failed;
};

static gpg_error_t
fake_open (void *arg, void **r_camera)
{
  struct world *w = arg;

  g_atomic_int_inc (&w->opened);
  *r_camera = w;
  return 0;
}

static gpg_error_t
fake_next (void *camera, struct cf_scan_frame *r_frame)
{
  struct world *w = camera;

  if (w->nothings-- > 0) {
    if (w->nothings % 2)
      return cf_err (GPG_ERR_ETIMEDOUT);
    *r_frame = sheet (NULL, 100, 0, 1);
    return 0;
  }
  if (w->breaks)
    return cf_err (GPG_ERR_EIO);
  *r_frame = sheet (ADDRESS, 300, 20, 4);
  return 0;
}

static void
fake_close (void *camera)
{
  struct world *w = camera;

  g_atomic_int_inc (&w->closed);
}

static void
on_frame (void *arg, cairo_surface_t *picture)
{
  struct world *w = arg;

  assert_true (cairo_image_surface_get_width (picture) >= 100);
  w->frames++;
}

static void
on_found (void *arg, const char *text)
{
  struct world *w = arg;

  w->found = g_strdup (text);
}

static void
on_failed (void *arg, gpg_error_t err)
{
  struct world *w = arg;

  w->failed = err;
}

static const struct cf_scan_handler handler = { on_frame, on_found, on_failed };

static void
run_until_closed (struct world *w)
{
  gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  while (!(g_atomic_int_get (&w->closed) && (w->found || w->failed))) {
    assert_true (g_get_monotonic_time () < deadline);
    g_main_context_iteration (NULL, FALSE);
    g_thread_yield ();
  }
}

static void
test_camera (void **state)
{
  struct world w = { .nothings = 5 };
  struct cf_scan_source source = { fake_open, fake_next, fake_close, &w };
  struct cf_scan *scan;

  (void) state;
  skip_without_zbar ();
  scan = cf_scan_start (&source, &handler, &w);
  run_until_closed (&w);
  cf_scan_stop (scan);
  assert_int_equal (w.opened, 1);
  assert_int_equal (w.failed, 0);
  assert_true (w.frames >= 1);
  assert_int_equal (g_ascii_strcasecmp (w.found, ADDRESS), 0);
  g_free (w.found);
}

static void
test_camera_breaks (void **state)
{
  struct world w = { .nothings = 2, .breaks = true };
  struct cf_scan_source source = { fake_open, fake_next, fake_close, &w };
  struct cf_scan *scan = cf_scan_start (&source, &handler, &w);

  (void) state;
  run_until_closed (&w);
  cf_scan_stop (scan);
  assert_null (w.found);
  assert_int_equal (gpg_err_code (w.failed), GPG_ERR_EIO);
}

/* Who has stopped hears no more, and the camera goes off. */
static void
test_camera_is_stopped (void **state)
{
  struct world w = { .nothings = 1000000 };
  struct cf_scan_source source = { fake_open, fake_next, fake_close, &w };
  struct cf_scan *scan = cf_scan_start (&source, &handler, &w);
  gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;
  int frames;

  (void) state;
  while (!w.frames && g_get_monotonic_time () < deadline)
    g_main_context_iteration (NULL, FALSE);
  assert_true (w.frames);
  cf_scan_stop (scan);
  frames = w.frames;
  while (!g_atomic_int_get (&w.closed) && g_get_monotonic_time () < deadline)
    g_main_context_iteration (NULL, FALSE);
  assert_int_equal (g_atomic_int_get (&w.closed), 1);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  assert_int_equal (w.frames, frames);
  assert_null (w.found);
  assert_int_equal (w.failed, 0);
}

int
main (void)
{
  static const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_painted_is_read),
    cmocka_unit_test (test_nothing_is_read),
    cmocka_unit_test (test_control_characters_are_not_read),
    cmocka_unit_test (test_files),
    cmocka_unit_test (test_bomb),
    cmocka_unit_test (test_camera),
    cmocka_unit_test (test_camera_breaks),
    cmocka_unit_test (test_camera_is_stopped),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
