/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lock.c - one daemon a home: a record lock, which the kernel takes back however the process ends. */
#include "core/daemon/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/paths.h"

#define STEP_NS 20000000  /* 20 ms */
#define TRIES 25          /* half a second: one that was told to stop may still be answering */
#define ENDING_TRIES 250  /* five: its socket is gone, it is certain to end */

/* CF_ERR_RUNNING: *R_PID has it. */
static gpg_error_t
try_lock (int fd, pid_t *r_pid)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

  if (!fcntl (fd, F_SETLK, &lock))
    return 0;
  if (errno != EAGAIN && errno != EACCES)
    return cf_err_errno ();
  if (!fcntl (fd, F_GETLK, &lock) && lock.l_type != F_UNLCK)
    *r_pid = lock.l_pid;
  return cf_err (CF_ERR_RUNNING);
}

gpg_error_t
cf_lock_home (const char *home, const char *socket, pid_t *r_pid)
{
  static const struct timespec step = { .tv_nsec = STEP_NS };
  char *path = cf_paths_join (home, "lock");
  gpg_error_t err;
  int fd;

  *r_pid = 0;
  if (!path)
    return cf_err (GPG_ERR_ENOMEM);
  fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  free (path);
  if (fd < 0)
    return cf_err_errno ();
  err = try_lock (fd, r_pid);
  for (int i = 0; gpg_err_code (err) == CF_ERR_RUNNING && i < (access (socket, F_OK) ? ENDING_TRIES : TRIES); i++) {
    nanosleep (&step, NULL);
    err = try_lock (fd, r_pid);
  }
  if (err)
    close (fd);
  return err; /* FD stays open: closing it would let go */
}
