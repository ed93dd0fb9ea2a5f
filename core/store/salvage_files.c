/* SPDX-License-Identifier: GPL-3.0-or-later */
/* salvage_files.c - the files of a store that is salvaged. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/paths.h"
#include "core/store/files.h"
#include "core/store/internal.h"
#include "core/store/salvage_private.h"

#define WISH "salvage"

void
store_salvage_tidy (const char *home)
{
  static const char *const names[]
      = { STORE_SALVAGE_COPY, STORE_SALVAGE_COPY CF_STORE_LOG, STORE_SALVAGE_NEW, STORE_SALVAGE_NEW CF_STORE_LOG };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    gpg_error_t err = cf_store_file_remove (home, names[i]);

    (void) err; /* what stays is in the way next time, and said then */
  }
}

/* ---- the wish ---- */

gpg_error_t
cf_store_salvage_ask (const char *home)
{
  return cf_store_file_write (home, WISH, "", 0);
}

bool
cf_store_salvage_asked (const char *home)
{
  return !cf_store_file_look (home, WISH);
}

void
cf_store_salvage_over (const char *home)
{
  gpg_error_t err = cf_store_file_remove (home, WISH);

  (void) err; /* left behind it is met again, by the next process */
}

/* ---- the copy ---- */

/* A page of FROM; what the disk does not give is zeros.  *R_LEN: 0 at the end. */
static gpg_error_t
read_page (int from, off_t at, uint8_t page[STORE_PAGE_SIZE], size_t *r_len)
{
  ssize_t n;

  do
    n = pread (from, page, STORE_PAGE_SIZE, at);
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno != EIO)
    return cf_err_errno ();
  if (n < 0)
    memset (page, 0, STORE_PAGE_SIZE);
  *r_len = n < 0 ? STORE_PAGE_SIZE : (size_t) n;
  return 0;
}

static gpg_error_t
copy_pages (int from, int to)
{
  uint8_t page[STORE_PAGE_SIZE];
  struct stat st;
  gpg_error_t err = 0;

  if (fstat (from, &st))
    return cf_err_errno ();
  for (off_t at = 0; !err && at < st.st_size;) {
    size_t len = 0;
    ssize_t n;

    err = read_page (from, at, page, &len);
    if (err || !len)
      break;
    n = pwrite (to, page, len, at);
    if (n > 0)
      at += n;
    else if (errno != EINTR)
      err = cf_err_errno ();
  }
  return err;
}

static gpg_error_t
copy_file (const char *home, const char *name, const char *copy)
{
  char *from = cf_store_path (home, name), *to = cf_store_path (home, copy);
  gpg_error_t err = from && to ? 0 : cf_err (GPG_ERR_ENOMEM);
  int in = -1, out = -1;

  if (!err) {
    in = open (from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in >= 0)
      out = open (to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    err = in < 0 || out < 0 ? cf_err_errno () : copy_pages (in, out);
  }
  if (in >= 0)
    close (in);
  if (out >= 0)
    close (out);
  free (from);
  free (to);
  return err;
}

gpg_error_t
store_salvage_copy (const char *home)
{
  gpg_error_t err;

  store_salvage_tidy (home);
  err = cf_store_files_check (home);
  if (!err)
    err = copy_file (home, CF_STORE_DB, STORE_SALVAGE_COPY);
  if (!err)
    err = copy_file (home, CF_STORE_DB CF_STORE_LOG, STORE_SALVAGE_COPY CF_STORE_LOG);
  return gpg_err_code (err) == GPG_ERR_ENOENT ? 0 : err; /* no log */
}

/* ---- the exchange ---- */

/* NAME, if there is such a file, gets a second name in DIR: the first stays until another file takes it. */
static gpg_error_t
keep (const char *home, const char *name, const char *dir)
{
  char *from = cf_store_path (home, name), *to = cf_paths_join (dir, name);
  gpg_error_t err = cf_err (GPG_ERR_ENOMEM);

  if (from && to)
    err = link (from, to) && errno != ENOENT ? cf_err_errno () : 0;
  free (from);
  free (to);
  return err;
}

static gpg_error_t
sync_dir (const char *dir)
{
  int fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gpg_error_t err = fd < 0 || (fsync (fd) && errno != EINVAL) ? cf_err_errno () : 0;

  if (fd >= 0)
    close (fd);
  return err;
}

/* Everything is in DIR as well when the first name of anything goes.  The log goes before the database is another: SQLite
   would take it for that one's. */
static gpg_error_t
exchange (const char *home, const char *dir)
{
  static const char *const names[] = { CF_STORE_DB, CF_STORE_DB CF_STORE_LOG, CF_STORE_KEY, CF_STORE_STATEMENT };
  char *db = cf_store_path (home, CF_STORE_DB), *new = cf_store_path (home, STORE_SALVAGE_NEW), *store = cf_store_path (home, "");
  gpg_error_t err = db && new && store ? 0 : cf_err (GPG_ERR_ENOMEM);

  for (size_t i = 0; !err && i < sizeof names / sizeof *names; i++)
    err = keep (home, names[i], dir);
  if (!err)
    err = sync_dir (dir);
  if (!err)
    err = cf_store_file_remove (home, CF_STORE_DB CF_STORE_LOG);
  if (!err)
    err = rename (new, db) ? cf_err_errno () : sync_dir (store);
  free (db);
  free (new);
  free (store);
  return err;
}

gpg_error_t
store_salvage_replace (const char *home, int64_t now_utc_ms)
{
  char *dir = cf_store_saved_path (home, now_utc_ms);
  gpg_error_t err = dir ? cf_paths_private_dir (dir) : cf_err (GPG_ERR_ENOMEM);

  if (!err)
    err = exchange (home, dir);
  free (dir);
  return err;
}
