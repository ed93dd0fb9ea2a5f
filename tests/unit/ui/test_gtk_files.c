/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_gtk_files.c - which files are opened, which pixels are a picture. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ui/gtk/file_open.h"
#include "ui/gtk/thumbnail.h"

#define HEAD_LEN 8

/* ---- what might run ---- */

static void
test_names_that_run (void **state)
{
  static const char *const names[] = { "a.desktop", "INVOICE.PDF.EXE", "setup.Msi", "x.sh", ".desktop", "a b.AppImage",
                                       "applet.jar", "link.url", "tool.py", "p.deb" };

  (void) state;
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    if (!cf_file_runs (names[i], "image/png")) /* whatever its content seems to be */
      fail_msg ("%s would be opened", names[i]);
}

static void
test_types_that_run (void **state)
{
  static const char *const types[] = { "application/x-desktop", "application/x-shellscript", "application/x-executable",
                                       "application/x-ms-dos-executable", "application/java-archive" };

  (void) state;
  for (size_t i = 0; i < G_N_ELEMENTS (types); i++)
    if (!cf_file_runs ("holiday.jpg", types[i])) /* whatever it is called */
      fail_msg ("%s would be opened", types[i]);
}

static void
test_what_is_opened (void **state)
{
  static const char *const files[][2] = { { "a.txt", "text/plain" },       { "report.pdf", "application/pdf" },
                                          { "shell", "text/plain" },       { "p.png", "image/png" },
                                          { "v.mkv", "video/x-matroska" }, { "a.zip", "application/zip" },
                                          { "sh", NULL },                  { "exe", "application/octet-stream" } };

  (void) state;
  for (size_t i = 0; i < G_N_ELEMENTS (files); i++)
    if (cf_file_runs (files[i][0], files[i][1]))
      fail_msg ("%s would not be opened", files[i][0]);
}

/* ---- what a helper wrote ---- */

/* As the helper writes it; R_LEN bytes.  g_free. */
static uint8_t *
picture_of (unsigned width, unsigned height, size_t *r_len)
{
  uint8_t *data = g_malloc0 (HEAD_LEN + (size_t) width * height * 4);

  memcpy (data, "CFTH", 4);
  data[4] = (uint8_t) (width >> 8);
  data[5] = (uint8_t) width;
  data[6] = (uint8_t) (height >> 8);
  data[7] = (uint8_t) height;
  *r_len = HEAD_LEN + (size_t) width * height * 4;
  return data;
}

static void
test_picture (void **state)
{
  size_t len;
  uint8_t *data = picture_of (3, CF_THUMBNAIL_PX, &len);
  GdkPixbuf *picture;

  (void) state;
  memcpy (data + HEAD_LEN, "\x10\x20\x30\xff", 4);
  picture = cf_thumbnail_parse (data, len);
  assert_non_null (picture);
  assert_int_equal (gdk_pixbuf_get_width (picture), 3);
  assert_int_equal (gdk_pixbuf_get_height (picture), CF_THUMBNAIL_PX);
  assert_memory_equal (gdk_pixbuf_read_pixels (picture), "\x10\x20\x30\xff", 4);
  g_object_unref (picture);
  g_free (data);
}

static void
check_no_picture (unsigned width, unsigned height, int more)
{
  size_t len;
  uint8_t *data = picture_of (width, height, &len);
  uint8_t *copy = g_malloc0 (len + 8);

  memcpy (copy, data, len);
  assert_null (cf_thumbnail_parse (copy, (size_t) ((long) len + more)));
  g_free (copy);
  g_free (data);
}

static void
test_no_picture (void **state)
{
  size_t len;
  uint8_t *data = picture_of (2, 2, &len);

  (void) state;
  for (size_t n = 0; n < len; n++)
    assert_null (cf_thumbnail_parse (data, n));
  data[0] = 'X';
  assert_null (cf_thumbnail_parse (data, len));
  g_free (data);
  check_no_picture (0, 4, 0);
  check_no_picture (4, 0, 0);
  check_no_picture (CF_THUMBNAIL_PX + 1, 1, 0);
  check_no_picture (1, CF_THUMBNAIL_PX + 1, 0);
  check_no_picture (2, 2, 1);
  check_no_picture (2, 2, -1);
}

static void
test_worth_asking (void **state)
{
  (void) state;
  assert_true (cf_thumbnail_may_be ("image/png", 1));
  assert_false (cf_thumbnail_may_be ("image/png", 0));
  assert_false (cf_thumbnail_may_be ("image/png", INT64_MAX));
  assert_false (cf_thumbnail_may_be ("application/pdf", 1000));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_names_that_run), cmocka_unit_test (test_types_that_run), cmocka_unit_test (test_what_is_opened),
    cmocka_unit_test (test_picture),        cmocka_unit_test (test_no_picture),     cmocka_unit_test (test_worth_asking),
  };

  cmocka_set_message_output (CM_OUTPUT_TAP);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
