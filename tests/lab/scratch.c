/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scratch.c - directories that are held by a lock, and the removal of those that nobody holds. */

#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lab/scratch.h"

#define PREFIX "cf-test."
#define TRIES 16
#define SWEEP_MAX 256 /* entries of one place: a test is not kept waiting */

/* What is in the directory FD, which is closed; links are removed, never followed. */
static void
empty (int fd)
{
  DIR *dir = fdopendir (fd);
  struct dirent *entry;

  if (!dir)
    close (fd);
  while (dir && (entry = readdir (dir))) {
    int sub;

    if (!strcmp (entry->d_name, ".") || !strcmp (entry->d_name, "..") || !unlinkat (dirfd (dir), entry->d_name, 0))
      continue;
    if (fchmodat (dirfd (dir), entry->d_name, 0700, AT_SYMLINK_NOFOLLOW)) /* some tests take the right to write away */
      continue;
    sub = openat (dirfd (dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (sub >= 0)
      empty (sub);
    unlinkat (dirfd (dir), entry->d_name, AT_REMOVEDIR);
  }
  if (dir)
    closedir (dir);
}

/* The lock on PATH, a directory of ours that still is there; -1 if another process has it. */
static int
hold (const char *path)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat st, there;

  if (fd < 0)
    return -1;
  if (!fstat (fd, &st) && st.st_uid == geteuid () && !flock (fd, LOCK_EX | LOCK_NB) && !lstat (path, &there)
      && st.st_ino == there.st_ino && st.st_dev == there.st_dev)
    return fd;
  close (fd);
  return -1;
}

void
scratch_remove (struct scratch *scratch)
{
  if (!*scratch->dir)
    return;
  empty (fcntl (scratch->fd, F_DUPFD_CLOEXEC, 0));
  rmdir (scratch->dir);
  close (scratch->fd);
  *scratch->dir = 0;
}

/* Those in PLACE whose tests have gone. */
static void
sweep (const char *place)
{
  DIR *dir = opendir (place);
  struct dirent *entry;
  int left = SWEEP_MAX;

  while (dir && left && (entry = readdir (dir))) {
    struct scratch old;
    int n;

    if (strncmp (entry->d_name, PREFIX, sizeof PREFIX - 1))
      continue;
    n = snprintf (old.dir, sizeof old.dir, "%s/%s", place, entry->d_name);
    old.fd = n > 0 && (size_t) n < sizeof old.dir ? hold (old.dir) : -1;
    if (old.fd < 0)
      continue;
    scratch_remove (&old);
    left--;
  }
  if (dir)
    closedir (dir);
}

void
scratch_make (struct scratch *scratch, bool in_memory)
{
  static bool swept;
  const char *place = in_memory && !access ("/dev/shm", W_OK) ? "/dev/shm" : "/tmp";

  if (!swept) {
    sweep ("/dev/shm");
    sweep ("/tmp");
  }
  swept = true;
  for (int i = 0; i < TRIES; i++) {
    snprintf (scratch->dir, sizeof scratch->dir, "%s/" PREFIX "XXXXXX", place);
    if (!mkdtemp (scratch->dir))
      break;
    scratch->fd = hold (scratch->dir); /* another test that sweeps may have been quicker */
    if (scratch->fd >= 0)
      return;
  }
  perror ("no directory for a test");
  abort ();
}
