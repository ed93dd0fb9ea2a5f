/* SPDX-License-Identifier: GPL-3.0-or-later */
/* i18n.c - the reader's language. */

#include <config.h>

#include <locale.h>
#include <stdlib.h>

#include "ui/client/i18n.h"

void
cf_i18n_start (void)
{
  const char *dir = getenv ("CONFAB_LOCALEDIR");

  setlocale (LC_ALL, "");
  bindtextdomain (PACKAGE, dir && *dir ? dir : CF_LOCALEDIR);
  bind_textdomain_codeset (PACKAGE, "UTF-8");
  textdomain (PACKAGE);
}
