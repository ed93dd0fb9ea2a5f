/* SPDX-License-Identifier: GPL-3.0-or-later */
/* i18n.c - the reader's language. */

#include <config.h>

#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>

#include "ui/client/i18n.h"

static bool
is_set (const char *name)
{
  const char *value = getenv (name);

  return value && *value;
}

void
cf_i18n_start (void)
{
  const char *dir = getenv ("CONFAB_LOCALEDIR");

  setlocale (LC_ALL, "");
  /* Nothing was said, as over many an ssh: then letters are what they are nearly everywhere. */
  if (!is_set ("LC_ALL") && !is_set ("LC_CTYPE") && !is_set ("LANG"))
    setlocale (LC_CTYPE, "C.UTF-8");
  bindtextdomain (PACKAGE, dir && *dir ? dir : CF_LOCALEDIR);
  bind_textdomain_codeset (PACKAGE, "UTF-8");
  textdomain (PACKAGE);
}
