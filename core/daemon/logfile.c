/* SPDX-License-Identifier: GPL-3.0-or-later */
/* logfile.c - HOME/confabd.log, kept short. */
#include "core/daemon/logfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/text.h"

struct cf_logfile {
  struct cf_env *env;
  char *path, *old;
  int fd;
  size_t size;
};

static gpg_error_t
open_file (struct cf_logfile *log)
{
  struct stat st;
  int fd = open (log->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0)
    return cf_err_errno ();
  if (log->fd >= 0)
    close (log->fd);
  log->fd = fd;
  log->size = fstat (fd, &st) ? 0 : (size_t) st.st_size;
  return 0;
}

void
cf_logfile_reopen (struct cf_logfile *log)
{
  gpg_error_t err = open_file (log);

  (void) err; /* the old one goes on */
}

/* A log that cannot be written is no reason to end. */
static void
write_line (void *arg, enum cf_log_level level, const char *line)
{
  static const char *const names[] = { "error", "warning", "info", "debug" };
  struct cf_logfile *log = arg;
  char time[CF_TIME_SIZE];
  int n;

  if (log->size > CF_LOGFILE_MAX && !rename (log->path, log->old))
    cf_logfile_reopen (log);
  n = dprintf (log->fd, "%s %s: %s\n", cf_time_format (log->env->now_utc_ms, time), names[level], line);
  if (n > 0)
    log->size += (size_t) n;
}

gpg_error_t
cf_logfile_open (const char *home, struct cf_env *env, struct cf_logfile **r_log)
{
  struct cf_logfile *log = calloc (1, sizeof *log);
  gpg_error_t err;

  if (!log)
    return cf_err (GPG_ERR_ENOMEM);
  log->env = env;
  log->fd = -1;
  log->path = cf_paths_join (home, "confabd.log");
  log->old = cf_paths_join (home, "confabd.log.1");
  err = log->path && log->old ? open_file (log) : cf_err (GPG_ERR_ENOMEM);
  if (err) {
    cf_logfile_close (log);
    return err;
  }
  env->log = write_line;
  env->log_arg = log;
  *r_log = log;
  return 0;
}

void
cf_logfile_close (struct cf_logfile *log)
{
  if (!log)
    return;
  if (log->fd >= 0)
    close (log->fd);
  free (log->path);
  free (log->old);
  free (log);
}
