/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_unit.h - files and directories that tests make, and throw away. */
#ifndef CF_TESTS_FILE_UNIT_H
#define CF_TESTS_FILE_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file/file.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

static char unit_dir[64]; /* of the test that runs */

/* "DIR/NAME"; one of four buffers. */
static inline const char *
at (const char *name)
{
  static char paths[4][8192];
  static unsigned next;
  char *path = paths[next++ % 4];

  snprintf (path, sizeof paths[0], "%s/%s", unit_dir, name);
  return path;
}

static inline int
unit_setup (void **state)
{
  (void) state;
  /* In memory if there is room: what is synced is not waited for. */
  strcpy (unit_dir, access ("/dev/shm", W_OK) ? "/tmp/cf-file-XXXXXX" : "/dev/shm/cf-file-XXXXXX");
  assert_non_null (mkdtemp (unit_dir));
  return 0;
}

static inline int
unit_remove (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
  (void) st;
  (void) type;
  (void) ftw;
  return remove (path);
}

static inline int
unit_teardown (void **state)
{
  (void) state;
  nftw (unit_dir, unit_remove, 64, FTW_DEPTH | FTW_PHYS);
  return 0;
}

/* Bytes that say where they are. */
static inline void
pattern (uint8_t *out, size_t len, uint64_t offset, uint32_t seed)
{
  for (size_t i = 0; i < len; i++)
    out[i] = (uint8_t) (((offset + i) * 2654435761u + seed) >> 13);
}

static inline void
write_bytes (const char *path, const void *data, size_t len)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  assert_true (fd >= 0);
  assert_int_equal (write (fd, data, len), len);
  close (fd);
}

static inline void
write_pattern (const char *path, size_t len, uint32_t seed)
{
  uint8_t *data = malloc (len + 1);

  pattern (data, len, 0, seed);
  write_bytes (path, data, len);
  free (data);
}

/* The whole file; the caller frees. */
static inline uint8_t *
read_bytes (const char *path, size_t *r_len)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  struct stat st;
  uint8_t *data;

  if (fd < 0)
    fail_msg ("%s: %s", path, strerror (errno));
  assert_int_equal (fstat (fd, &st), 0);
  data = malloc ((size_t) st.st_size + 1);
  assert_int_equal (read (fd, data, (size_t) st.st_size), st.st_size);
  close (fd);
  *r_len = (size_t) st.st_size;
  return data;
}

/* All that PATH has is LEN bytes of DATA. */
static inline void
assert_bytes (const char *path, const void *data, size_t len)
{
  size_t got_len;
  uint8_t *got = read_bytes (path, &got_len);

  assert_int_equal (got_len, len);
  assert_memory_equal (got, data, len);
  free (got);
}

static inline void
set_times (const char *path, int64_t s, long ns)
{
  struct timespec times[2] = { { s, ns }, { s, ns } };

  assert_int_equal (utimensat (AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

/* Run BODY in a child with a file system of its own, SIZE bytes large, at unit_dir (and READ_ONLY if asked); what
   fails there fails here.  False: this machine does not let us. */
static inline bool
in_small_world (const char *options, void (*body) (void))
{
  int status, ok[2];
  char c = 0;
  pid_t pid;

  assert_int_equal (pipe (ok), 0);
  fflush (NULL);
  pid = fork ();
  assert_true (pid >= 0);
  if (!pid) {
    close (ok[0]);
    if ((unshare (CLONE_NEWNS) && unshare (CLONE_NEWUSER | CLONE_NEWNS))
        || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount ("none", unit_dir, "tmpfs", 0, options))
      _exit (0);
    assert_int_equal (write (ok[1], "y", 1), 1);
    body (); /* a failed assertion ends the process by a signal or exit code */
    _exit (0);
  }
  close (ok[1]);
  if (read (ok[0], &c, 1) < 0)
    c = 0;
  close (ok[0]);
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_true (WIFEXITED (status));
  assert_int_equal (WEXITSTATUS (status), 0);
  return c == 'y';
}

#endif
