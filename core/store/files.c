/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.c - the files around the database. */
#include "core/store/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/text.h"

#define SAVED "store.saved-"
#define UNFINISHED "unfinished" /* in HOME/store from the first step of init to its last */

char *
cf_store_path (const char *home, const char *name)
{
  return cf_sprintf ("%s/store/%s", home, name);
}

char *
cf_store_saved_path (const char *home, int64_t utc_ms)
{
  return cf_sprintf ("%s/" SAVED "%lld", home, (long long) utc_ms);
}

gpg_error_t
cf_store_file_read (const char *home, const char *name, uint8_t **r_data, size_t *r_len)
{
  gpg_error_t err = cf_err (GPG_ERR_ENOMEM);
  char *path = cf_store_path (home, name);

  if (path)
    err = cf_file_read (path, CF_STORE_FILE_MAX, r_data, r_len);
  free (path);
  return err;
}

gpg_error_t
cf_store_file_write (const char *home, const char *name, const void *data, size_t len)
{
  gpg_error_t err = cf_err (GPG_ERR_ENOMEM);
  char *path = cf_store_path (home, name);

  if (path)
    err = cf_file_write (path, data, len);
  free (path);
  return err;
}

gpg_error_t
cf_store_file_look (const char *home, const char *name)
{
  gpg_error_t err = cf_err (GPG_ERR_ENOMEM);
  char *path = cf_store_path (home, name);

  if (path)
    err = access (path, F_OK) ? cf_err_errno () : 0;
  free (path);
  return err;
}

gpg_error_t
cf_store_file_remove (const char *home, const char *name)
{
  gpg_error_t err = cf_err (GPG_ERR_ENOMEM);
  char *path = cf_store_path (home, name);

  if (path)
    err = unlink (path) && errno != ENOENT ? cf_err_errno () : 0;
  free (path);
  return err;
}

static gpg_error_t
clean (const char *home)
{
  static const char *const names[]
      = { CF_STORE_KEY, CF_STORE_STATEMENT, CF_STORE_DB, CF_STORE_DB CF_STORE_LOG, CF_STORE_DB "-shm", CF_STORE_DB "-journal" };
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < sizeof names / sizeof *names; i++)
    err = cf_store_file_remove (home, names[i]);
  return err;
}

static gpg_error_t
move_aside (const char *home, int64_t now_utc_ms)
{
  gpg_error_t err = cf_err (GPG_ERR_ENOMEM);
  char *from = cf_sprintf ("%s/store", home), *to = cf_store_saved_path (home, now_utc_ms);

  if (from && to)
    err = rename (from, to) ? cf_err_errno () : 0;
  free (from);
  free (to);
  return err;
}

gpg_error_t
cf_store_files_prepare (const char *home, int64_t now_utc_ms)
{
  gpg_error_t err;
  char *dir = cf_sprintf ("%s/store", home);

  if (!dir)
    return cf_err (GPG_ERR_ENOMEM);
  err = cf_paths_private_dir (dir);
  if (err)
    goto leave;
  if (cf_store_file_look (home, UNFINISHED)
      && (!cf_store_file_look (home, CF_STORE_KEY) || !cf_store_file_look (home, CF_STORE_DB))) {
    err = move_aside (home, now_utc_ms);
    if (!err)
      err = cf_paths_private_dir (dir);
  } else
    err = clean (home);
  if (!err)
    err = cf_store_file_write (home, UNFINISHED, "", 0);
leave:
  free (dir);
  return err;
}

gpg_error_t
cf_store_files_check (const char *home)
{
  gpg_error_t err = cf_err (GPG_ERR_ENOMEM);
  char *path = cf_store_path (home, CF_STORE_DB);
  struct stat st;

  if (path)
    err = stat (path, &st) ? cf_err_errno () : 0;
  if (gpg_err_code (err) == GPG_ERR_ENOENT || (!err && st.st_size == 0))
    err = cf_err (CF_ERR_STORE);
  free (path);
  return err;
}

gpg_error_t
cf_store_files_saved (const char *home, bool *r_saved)
{
  DIR *dir = opendir (home);
  struct dirent *entry;
  bool saved = false;
  gpg_error_t err;

  if (!dir)
    return cf_err_errno ();
  errno = 0;
  while ((entry = readdir (dir)))
    saved = saved || !strncmp (entry->d_name, SAVED, sizeof SAVED - 1);
  err = errno ? cf_err_errno () : 0;
  closedir (dir);
  if (!err)
    *r_saved = saved;
  return err;
}

void
cf_store_files_finish (const char *home)
{
  /* Left behind it does no harm: a home with an identity is never prepared. */
  gpg_error_t err = cf_store_file_remove (home, UNFINISHED);

  (void) err;
}
