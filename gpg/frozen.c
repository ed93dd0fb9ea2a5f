/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frozen.c - the marks of conversation keys: frozen/FINGERPRINT in the conversation home. */
#include "gpg/frozen.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/text.h"

#define MARKS "frozen"

static char *
mark_path (const struct cf_gpg *gpg, const struct cf_fpr *fpr)
{
  char hex[CF_FPR_HEX_SIZE];

  return cf_sprintf ("%s/" MARKS "/%s", gpg->home[CF_HOME_CONVERSATION], cf_fpr_hex (fpr, hex));
}

gpg_error_t
cf_frozen_set (struct cf_gpg *gpg, const struct cf_fpr *fpr)
{
  char *dir = cf_paths_join (gpg->home[CF_HOME_CONVERSATION], MARKS), *path = mark_path (gpg, fpr);
  gpg_error_t err;

  err = dir && path ? cf_paths_private_dir (dir) : cf_err (GPG_ERR_ENOMEM);
  if (!err)
    err = cf_file_write (path, "", 0);
  free (path);
  free (dir);
  return err;
}

bool
cf_frozen_is (const struct cf_gpg *gpg, const struct cf_fpr *fpr)
{
  char *path = mark_path (gpg, fpr);
  bool frozen = !path || !access (path, F_OK) || errno != ENOENT;

  free (path);
  return frozen;
}

void
cf_frozen_clear (struct cf_gpg *gpg, const struct cf_fpr *fpr)
{
  char *path = mark_path (gpg, fpr);

  if (path)
    (void) unlink (path);
  free (path);
}
