/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mail_files.c - mail as files; see mail_files.h.
 *
 *   STATE/mail/DROP-NUMBER-UNTIL-HASH   in 64, 16, 16 and 64 digits
 *
 * The name says all that has to be known at the start, so that nothing is read
 * then.  A file is written whole and is on the disk before its name is there.
 */
#include "node/mail_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/text.h"

#define NAME_LEN (64 + 1 + 16 + 1 + 16 + 1 + 64)
#define TEMP_MARK ".tmp" /* of cf_file_write */

struct cf_mail_files {
  struct cf_env *env;
  char *dir;
};

static char *
path_of (const struct cf_mail_files *files, const struct cf_mail *mail)
{
  char drop[2 * CF_MAIL_DROP_LEN + 1], hash[2 * CF_HASH_LEN + 1];

  return cf_sprintf ("%s/%s-%016llx-%016llx-%s", files->dir, cf_hex (mail->drop, sizeof mail->drop, drop),
                     (unsigned long long) mail->number, (unsigned long long) mail->until_utc_ms,
                     cf_hex (mail->hash, sizeof mail->hash, hash));
}

static bool
read_u64 (const char *digits, uint64_t *r_number)
{
  uint8_t bytes[8];
  char text[17];
  uint64_t v = 0;

  memcpy (text, digits, 16);
  text[16] = 0;
  if (cf_unhex (text, bytes, sizeof bytes))
    return false;
  for (size_t i = 0; i < sizeof bytes; i++)
    v = v << 8 | bytes[i];
  *r_number = v;
  return v <= INT64_MAX;
}

/* From the name of a file; its length is not in it. */
static bool
mail_of (const char *name, struct cf_mail *r_mail)
{
  char copy[NAME_LEN + 1];
  uint64_t until;

  if (strlen (name) != NAME_LEN)
    return false;
  memset (r_mail, 0, sizeof *r_mail);
  memcpy (copy, name, sizeof copy);
  if (copy[64] != '-' || copy[81] != '-' || copy[98] != '-')
    return false;
  copy[64] = copy[98] = 0;
  if (cf_unhex (copy, r_mail->drop, sizeof r_mail->drop) || !read_u64 (copy + 65, &r_mail->number)
      || !read_u64 (copy + 82, &until) || cf_unhex (copy + 99, r_mail->hash, sizeof r_mail->hash))
    return false;
  r_mail->until_utc_ms = (int64_t) until;
  return true;
}

gpg_error_t
cf_mail_files_new (struct cf_env *env, const char *state, struct cf_mail_files **r_files)
{
  struct cf_mail_files *files = calloc (1, sizeof *files);
  gpg_error_t err;

  if (!files)
    return cf_err (GPG_ERR_ENOMEM);
  files->env = env;
  files->dir = cf_paths_join (state, "mail");
  err = files->dir ? cf_paths_private_dir (files->dir) : cf_err (GPG_ERR_ENOMEM);
  if (err) {
    cf_mail_files_free (files);
    return err;
  }
  *r_files = files;
  return 0;
}

void
cf_mail_files_free (struct cf_mail_files *files)
{
  if (!files)
    return;
  free (files->dir);
  free (files);
}

static gpg_error_t
files_put (void *arg, const struct cf_mail *mail, const void *data)
{
  char *path = path_of (arg, mail);
  gpg_error_t err = path ? cf_file_write (path, data, mail->len) : cf_err (GPG_ERR_ENOMEM);

  free (path);
  return err;
}

static gpg_error_t
files_get (void *arg, const struct cf_mail *mail, struct cf_buf *out)
{
  char *path = path_of (arg, mail), *data = NULL;
  size_t len;
  gpg_error_t err = path ? cf_file_read (path, CF_MAIL_MAX, &data, &len) : cf_err (GPG_ERR_ENOMEM);

  if (!err)
    err = cf_buf_add (out, data, len);
  free (data);
  free (path);
  return err;
}

static void
files_drop (void *arg, const struct cf_mail *mail)
{
  struct cf_mail_files *files = arg;
  char *path = path_of (files, mail);

  if (!path || (unlink (path) && errno != ENOENT)) /* it expires with the next start */
    cf_log (files->env, CF_LOG_WARN, "mail cannot be removed: %s", cf_err_info (cf_err_errno ())->message);
  free (path);
}

struct cf_mail_store
cf_mail_files_store (struct cf_mail_files *files)
{
  return (struct cf_mail_store){ files_put, files_get, files_drop, files };
}

/* One file that is there. */
static gpg_error_t
load_one (struct cf_mail_files *files, const char *name, struct cf_mailbox *mailbox)
{
  char *path = cf_paths_join (files->dir, name);
  struct cf_mail mail;
  struct stat st;
  gpg_error_t err = 0;

  if (!path)
    return cf_err (GPG_ERR_ENOMEM);
  if (mail_of (name, &mail) && !lstat (path, &st) && S_ISREG (st.st_mode) && st.st_size > 0
      && st.st_size <= CF_MAIL_MAX) {
    mail.len = (uint32_t) st.st_size;
    err = cf_mailbox_found (mailbox, &mail);
    if (gpg_err_code (err) == GPG_ERR_CERT_EXPIRED)
      err = 0;
    else if (err && gpg_err_code (err) != GPG_ERR_ENOMEM) { /* the limits were other ones then */
      cf_log (files->env, CF_LOG_WARN, "mail is left lying: %s", cf_err_info (err)->message);
      err = 0;
    }
  } else if (strstr (name, TEMP_MARK))
    (void) unlink (path);
  free (path);
  return err;
}

gpg_error_t
cf_mail_files_load (struct cf_mail_files *files, struct cf_mailbox *mailbox)
{
  DIR *dir = opendir (files->dir);
  struct dirent *entry;
  gpg_error_t err = 0;

  if (!dir)
    return cf_err_errno ();
  while (!err && (entry = readdir (dir)))
    err = load_one (files, entry->d_name, mailbox);
  closedir (dir);
  return err;
}
