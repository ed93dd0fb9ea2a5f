/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c - confab-gtk. */

#include <config.h>

#include <signal.h>

#include "base/secmem.h"
#include "ui/client/i18n.h"
#include "ui/client/words.h"
#include "ui/gtk/app.h"

int
main (int argc, char **argv)
{
  gpg_error_t err = cf_secmem_setup ();
  CfApp *app;
  int code;

  cf_i18n_start ();
  cf_words_set_face (CF_FACE_WINDOW);
  if (err) {
    g_printerr ("confab-gtk: %s\n", _(cf_err_info (err)->message));
    return cf_err_info (err)->exit;
  }
  signal (SIGPIPE, SIG_IGN); /* a daemon that ends is told of by the session */
  app = cf_app_new ();
  code = g_application_run (G_APPLICATION (app), argc, argv);
  g_object_unref (app);
  return code;
}
