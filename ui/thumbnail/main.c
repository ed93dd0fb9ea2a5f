/* SPDX-License-Identifier: GPL-3.0-or-later */
/* confab-thumbnail - decodes one picture that may be hostile: from fd 0 to a few pixels on fd 1, in a process that can
 * do nothing else.  The desktop client starts one for each picture; nobody else does.
 *
 * Exit 0: fd 1 got what picture.h says.  1: it is no picture.  2: this machine has no confinement, and nothing was read.
 * Else a signal ended it.
 */
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdlib.h>
#include <unistd.h>

#include "ui/thumbnail/confine.h"
#include "ui/thumbnail/picture.h"

static uint8_t out[CF_PICTURE_OUT_MAX];

static void
say_nothing (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
  (void) domain;
  (void) level;
  (void) message;
  (void) data;
}

static bool
write_all (const uint8_t *data, size_t len)
{
  while (len) {
    ssize_t n = write (STDOUT_FILENO, data, len);

    if (n <= 0)
      return false;
    data += n;
    len -= (size_t) n;
  }
  return true;
}

int
main (void)
{
  size_t len;

  /* Decoders that are modules are left out: PNG and JPEG are in the library itself. */
  if (setenv ("GDK_PIXBUF_MODULE_FILE", "/dev/null", 1))
    return 2;
  g_log_set_default_handler (say_nothing, NULL);
  if (!cf_picture_prepare () || !cf_confine ())
    return 2;
  len = cf_picture_make (STDIN_FILENO, out);
  _exit (len && write_all (out, len) ? 0 : 1);
}
