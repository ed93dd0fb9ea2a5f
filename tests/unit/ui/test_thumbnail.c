/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_thumbnail.c - confab-thumbnail as the desktop client starts it: pictures, and what only says it is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <gdk-pixbuf/gdk-pixbuf.h>

#include "ui/thumbnail/picture.h"

struct result {
  int status;
  size_t len;
  uint8_t out[CF_PICTURE_OUT_MAX + 1];
};

/* Run the program with INPUT (taken) as its fd 0, nothing else open, no environment. */
static struct result *
run_on (int input)
{
  static struct result r;
  const char *dir = getenv ("CF_BUILDDIR");
  char program[1000], *const none[] = { NULL };
  int out[2];
  ssize_t n;
  pid_t pid;

  snprintf (program, sizeof program, "%s/confab-thumbnail", dir ? dir : ".");
  assert_int_equal (pipe2 (out, O_CLOEXEC), 0);
  pid = fork ();
  assert_true (pid >= 0);
  if (!pid) {
    dup2 (input, 0);
    dup2 (out[1], 1);
    execle (program, "confab-thumbnail", (char *) NULL, none);
    _exit (99);
  }
  close (out[1]);
  close (input);
  r.len = 0;
  while ((n = read (out[0], r.out + r.len, sizeof r.out - r.len)) > 0)
    r.len += (size_t) n;
  close (out[0]);
  assert_int_equal (waitpid (pid, &r.status, 0), pid);
  return &r;
}

static struct result *
run (const void *data, size_t len)
{
  int fd = memfd_create ("picture", MFD_CLOEXEC);

  assert_true (fd >= 0);
  assert_int_equal (write (fd, data, len), len);
  assert_int_equal (lseek (fd, 0, SEEK_SET), 0);
  return run_on (fd);
}

/* Either all of a picture and success, or nothing and no success. */
static bool
is_picture (const struct result *r)
{
  size_t width = (size_t) r->out[4] << 8 | r->out[5], height = (size_t) r->out[6] << 8 | r->out[7];

  if (!WIFEXITED (r->status) || WEXITSTATUS (r->status) != 0) {
    assert_int_equal (r->len, 0);
    /* Nothing that a decoder does by itself is forbidden. */
    assert_false (WIFSIGNALED (r->status) && WTERMSIG (r->status) == SIGSYS);
    return false;
  }
  assert_memory_equal (r->out, "CFTH", 4);
  assert_true (width >= 1 && width <= CF_PICTURE_PX && height >= 1 && height <= CF_PICTURE_PX);
  assert_int_equal (r->len, CF_PICTURE_HEAD_LEN + width * height * 4);
  return true;
}

static void
refused (const void *data, size_t len)
{
  const struct result *r = run (data, len);

  assert_false (is_picture (r));
  assert_true (WIFEXITED (r->status)); /* it knew; nothing had to end it */
  assert_int_equal (WEXITSTATUS (r->status), 1);
}

/* A picture of one colour, saved as TYPE; the caller frees *R_DATA. */
static void
make (const char *type, int width, int height, guint32 rgba, gchar **r_data, gsize *r_len)
{
  GdkPixbuf *picture = gdk_pixbuf_new (GDK_COLORSPACE_RGB, !strcmp (type, "png"), 8, width, height);

  gdk_pixbuf_fill (picture, rgba);
  assert_true (gdk_pixbuf_save_to_buffer (picture, r_data, r_len, type, NULL, NULL));
  g_object_unref (picture);
}

static void
check (const char *type, int width, int height, int wanted_width, int wanted_height)
{
  const struct result *r;
  const uint8_t *middle;
  gchar *data;
  gsize len;

  make (type, width, height, 0xff800040, &data, &len);
  r = run (data, len);
  assert_true (is_picture (r));
  assert_int_equal (r->out[4] << 8 | r->out[5], wanted_width);
  assert_int_equal (r->out[6] << 8 | r->out[7], wanted_height);
  middle = r->out + CF_PICTURE_HEAD_LEN + (wanted_height / 2 * wanted_width + wanted_width / 2) * 4;
  assert_in_range (middle[0], 0xfc, 0xff);
  assert_in_range (middle[1], 0x7c, 0x84);
  assert_in_range (middle[2], 0x00, 0x04);
  assert_int_equal (middle[3], !strcmp (type, "png") ? 0x40 : 0xff);
  g_free (data);
}

static void
test_pictures (void **state)
{
  (void) state;
  check ("png", 1, 1, 1, 1);
  check ("png", 256, 256, 256, 256);
  check ("png", 1000, 500, 256, 128);
  check ("png", 5, 4000, 1, 256);
  check ("jpeg", 100, 50, 100, 50);
  check ("jpeg", 4000, 3000, 256, 192);
  check ("jpeg", 3, 3000, 1, 256);
}

static void
test_other_things (void **state)
{
  static const char svg[] = "<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"file:///etc/passwd\"/></svg>";
  static const char xpm[] = "/* XPM */\nstatic char *x[] = { \"1 1 1 1\", \"a c #fff\", \"a\" };";
  static const char gif[] = "GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\1D\0;";

  (void) state;
  refused ("", 0);
  refused ("x", 1);
  refused ("hello, world", 12);
  refused (svg, sizeof svg - 1);
  refused (xpm, sizeof xpm - 1);
  refused (gif, sizeof gif - 1);
  refused ("\x89PNG\r\n\x1a\n", 8);
  refused ("\xff\xd8\xff", 3);
}

/* Broken off anywhere, or with bytes changed: a picture or nothing, and never a long time. */
static void
test_damaged (void **state)
{
  static const char *const types[] = { "png", "jpeg" };
  uint32_t seed = 1;

  (void) state;
  for (int t = 0; t < 2; t++) {
    gchar *data;
    gsize len;

    make (types[t], 300, 200, 0x11223344, &data, &len);
    for (int i = 0; i < 10; i++)
      is_picture (run (data, len * (size_t) i / 10));
    for (int i = 0; i < 40; i++) {
      gchar *other = g_memdup2 (data, len);

      for (int k = 0; k <= i % 8; k++) {
        seed = seed * 1664525u + 1013904223u;
        other[(seed >> 8) % len] = (gchar) (seed >> 3);
      }
      is_picture (run (other, len));
      g_free (other);
    }
    g_free (data);
  }
}

static uint32_t
crc (const uint8_t *data, size_t len)
{
  uint32_t c = 0xffffffff;

  while (len--) {
    c ^= *data++;
    for (int k = 0; k < 8; k++)
      c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
  }
  return ~c;
}

/* Says that it is much larger than it is. */
static void
test_bombs (void **state)
{
  static const uint32_t sizes[] = { 11000, 65535, 0x7fffffff };
  gchar *data;
  gsize len;

  (void) state;
  make ("png", 8, 8, 0, &data, &len);
  for (size_t i = 0; i < G_N_ELEMENTS (sizes); i++) {
    uint32_t n = GUINT32_TO_BE (sizes[i]), sum;

    memcpy (data + 16, &n, 4); /* in IHDR */
    memcpy (data + 20, &n, 4);
    sum = GUINT32_TO_BE (crc ((uint8_t *) data + 12, 17));
    memcpy (data + 29, &sum, 4);
    assert_false (is_picture (run (data, len)));
  }
  g_free (data);
}

/* More bytes than any picture has, or none for ever. */
static void
test_without_end (void **state)
{
  struct timespec begun, now;
  const struct result *r;
  int ends[2];
  pid_t pid;

  (void) state;
  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  pid = fork ();
  if (!pid) {
    static uint8_t junk[65536] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\6\0\0\0\x1f\x15\xc4\x89";

    signal (SIGPIPE, SIG_DFL);
    close (ends[0]);
    while (write (ends[1], junk, sizeof junk) > 0)
      ;
    _exit (0);
  }
  close (ends[1]);
  assert_false (is_picture (run_on (ends[0])));
  assert_int_equal (waitpid (pid, NULL, 0), pid);

  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  clock_gettime (CLOCK_MONOTONIC, &begun);
  r = run_on (ends[0]);
  clock_gettime (CLOCK_MONOTONIC, &now);
  close (ends[1]);
  assert_true (WIFSIGNALED (r->status));
  assert_int_equal (WTERMSIG (r->status), SIGALRM);
  assert_true (now.tv_sec - begun.tv_sec < 10);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_pictures), cmocka_unit_test (test_other_things), cmocka_unit_test (test_damaged),
    cmocka_unit_test (test_bombs),    cmocka_unit_test (test_without_end),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
