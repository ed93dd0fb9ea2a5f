/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_paths.c - the home, the socket, private directories and whole files. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/text.h"

#define SOCKET_MAX (sizeof ((struct sockaddr_un *) 0)->sun_path - 1)

static char *top; /* a fresh directory for each test, and the working directory */

/* TOP "/" NAME, good until the next few calls. */
static const char *
at (const char *name)
{
  static char *kept[8];
  static size_t next;
  char **slot = &kept[next++ % 8];

  free (*slot);
  *slot = cf_paths_join (top, name);
  assert_non_null (*slot);
  return *slot;
}

static int
set_up (void **state)
{
  char name[] = "/tmp/cf-paths-XXXXXX";

  (void) state;
  umask (022);
  top = mkdtemp (name) ? realpath (name, NULL) : NULL;
  unsetenv ("CONFAB_HOME");
  unsetenv ("XDG_DATA_HOME");
  setenv ("XDG_RUNTIME_DIR", "/nonexistent", 1);
  return !top || chdir (top) || setenv ("HOME", top, 1);
}

static int
remove_one (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
  (void) st;
  (void) type;
  (void) ftw;
  return remove (path);
}

static int
tear_down (void **state)
{
  int failed = chdir ("/") || nftw (top, remove_one, 16, FTW_DEPTH | FTW_PHYS);

  (void) state;
  free (top);
  return failed;
}

static void
home_is (const char *option, const char *expected)
{
  char *home = NULL;

  assert_ok (cf_paths_home (option, &home));
  assert_string_equal (home, expected);
  free (home);
}

/* -------------------------------------------------------------- home --- */

static void
test_home_order (void **state)
{
  (void) state;
  home_is (NULL, at (".local/share/confab"));
  setenv ("XDG_DATA_HOME", at ("data"), 1);
  home_is (NULL, at ("data/confab"));
  setenv ("XDG_DATA_HOME", "relative", 1); /* the XDG specification: ignore it */
  home_is (NULL, at (".local/share/confab"));
  setenv ("CONFAB_HOME", at ("env"), 1);
  home_is (NULL, at ("env"));
  home_is (at ("option"), at ("option"));
  setenv ("CONFAB_HOME", "", 1);
  home_is (NULL, at (".local/share/confab"));
}

static void
test_home_is_absolute_and_one (void **state)
{
  (void) state;
  home_is ("rel", at ("rel"));
  home_is ("rel/", at ("rel"));
  home_is ("./a/.//b/../c/", at ("a/c"));
  home_is ("..//..//../", "/");
  home_is ("missing/../../../../../../x", "/x");
  assert_int_equal (mkdir ("real", 0700), 0);
  assert_int_equal (symlink ("real", "link"), 0);
  home_is ("link", at ("real"));
  home_is ("link/new/deep", at ("real/new/deep"));
  home_is ("/", "/");
}

static void
test_home_refuses (void **state)
{
  char *home = NULL;

  (void) state;
  unsetenv ("HOME");
  assert_err (cf_paths_home (NULL, &home), GPG_ERR_ENOENT);
  setenv ("HOME", "not/absolute", 1);
  assert_err (cf_paths_home (NULL, &home), GPG_ERR_ENOENT);
  assert_int_equal (symlink ("loop", "loop"), 0);
  assert_err (cf_paths_home ("loop", &home), GPG_ERR_ELOOP);
  assert_null (home);
}

static void
downloads_are (const char *config, const char *want)
{
  char *dir = NULL;

  if (config)
    assert_int_equal (cf_file_write (at ("user-dirs.dirs"), config, strlen (config)), 0);
  assert_int_equal (cf_paths_downloads (&dir), 0);
  assert_string_equal (dir, want);
  free (dir);
}

static void
test_downloads (void **state)
{
  char *dir = NULL;

  (void) state;
  setenv ("XDG_CONFIG_HOME", top, 1);
  downloads_are (NULL, at ("Downloads"));
  downloads_are ("# XDG_DOWNLOAD_DIR=\"$HOME/no\"\nXDG_DOWNLOAD_DIR=\"$HOME/From the net\"\n", at ("From the net"));
  downloads_are ("XDG_MUSIC_DIR=\"/m\"\nXDG_DOWNLOAD_DIR=\"/srv/in\"\n", "/srv/in");
  downloads_are ("XDG_DOWNLOAD_DIR=\"relative\"\n", at ("Downloads"));
  downloads_are ("XDG_DOWNLOAD_DIR=\"/cut\nXDG_MUSIC_DIR=\"/m\"\n", at ("Downloads"));
  unsetenv ("XDG_CONFIG_HOME");
  unsetenv ("HOME");
  assert_err (cf_paths_downloads (&dir), GPG_ERR_ENOENT);
}

/* ------------------------------------------------------------ socket --- */

static char *
socket_of (const char *home)
{
  char *socket = NULL;

  assert_ok (cf_paths_socket (home, &socket));
  assert_non_null (socket);
  assert_true (strlen (socket) <= SOCKET_MAX);
  assert_int_equal (socket[0], '/');
  return socket;
}

static void
test_socket_of_default_home (void **state)
{
  char *socket, *home = NULL;

  (void) state;
  assert_int_equal (mkdir ("runtime", 0700), 0);
  setenv ("XDG_RUNTIME_DIR", at ("runtime"), 1);
  assert_ok (cf_paths_home (NULL, &home));
  socket = socket_of (home);
  assert_string_equal (socket, at ("runtime/confab/S.confab"));
  free (socket);
  free (home);
}

static void
test_socket_of_other_homes (void **state)
{
  char *a, *b, *again;

  (void) state;
  assert_int_equal (mkdir ("runtime", 0700), 0);
  setenv ("XDG_RUNTIME_DIR", at ("runtime"), 1);
  a = socket_of (at ("a"));
  b = socket_of (at ("b"));
  assert_string_not_equal (a, b);
  assert_memory_equal (a, at ("runtime/confab/"), strlen (at ("runtime/confab/")));
  assert_int_equal (mkdir ("a", 0700), 0); /* the same once it exists, however it is written */
  again = socket_of ("./a/");
  assert_string_equal (again, a);
  free (again);
  assert_int_equal (symlink ("a", "link"), 0);
  again = socket_of (at ("link"));
  assert_string_equal (again, a);
  free (again);
  free (a);
  free (b);
}

static void
test_socket_without_runtime_dir (void **state)
{
  char *socket = socket_of (at ("h"));

  (void) state;
  assert_string_equal (socket, at ("h/run/S.confab"));
  free (socket);
  /* A runtime directory that others may write to is none. */
  assert_int_equal (mkdir ("runtime", 0700), 0);
  assert_int_equal (chmod ("runtime", 0777), 0);
  setenv ("XDG_RUNTIME_DIR", at ("runtime"), 1);
  socket = socket_of (at ("h"));
  assert_string_equal (socket, at ("h/run/S.confab"));
  free (socket);
  setenv ("XDG_RUNTIME_DIR", "/usr", 1); /* somebody else's, unless we are root */
  if (geteuid ()) {
    socket = socket_of (at ("h"));
    assert_string_equal (socket, at ("h/run/S.confab"));
    free (socket);
  }
}

/* A path of LEN bytes under the top directory; caller frees. */
static char *
path_of_len (size_t len)
{
  char *path = malloc (len + 1);
  size_t n = strlen (top);

  assert_non_null (path);
  memcpy (path, top, n);
  for (size_t i = n; i < len; i++) /* components well below NAME_MAX */
    path[i] = (i - n) % 100 == 0 ? '/' : 'x';
  path[len] = 0;
  return path;
}

static void
test_socket_limit (void **state)
{
  const size_t fits = SOCKET_MAX - strlen ("/run/S.confab");
  char prefix[64];
  int n = snprintf (prefix, sizeof prefix, "/tmp/confab-%u-", (unsigned) geteuid ());

  (void) state;
  for (size_t len = fits - 2; len <= fits + 300; len++) {
    char *home = path_of_len (len), *socket, *again;

    if (home[len - 1] == '/')
      home[len - 1] = 'x';
    socket = socket_of (home);
    again = socket_of (home);
    assert_string_equal (socket, again);
    if (len <= fits)
      assert_memory_equal (socket, home, len);
    else
      assert_memory_equal (socket, prefix, (size_t) n);
    free (again);
    free (socket);
    free (home);
  }
}

/* ------------------------------------------------------- directories --- */

static unsigned
mode_of (const char *path)
{
  struct stat st;

  assert_int_equal (lstat (path, &st), 0);
  return st.st_mode & 07777u;
}

static void
test_private_dir_makes (void **state)
{
  (void) state;
  assert_ok (cf_paths_private_dir (at ("a/b/c")));
  assert_int_equal (mode_of ("a/b/c"), 0700);
  assert_ok (cf_paths_private_dir (at ("a/b/c"))); /* again */
  assert_ok (cf_paths_private_dir ("rel//x///"));
  assert_int_equal (mode_of ("rel/x"), 0700);
  assert_int_equal (chmod ("rel", 0755), 0); /* a parent may be open */
  assert_ok (cf_paths_private_dir ("rel/y"));
}

static void
test_private_dir_refuses (void **state)
{
  static const mode_t modes[] = { 0710, 0701, 0720, 0704, 0755, 0777, 01777 };

  (void) state;
  assert_int_equal (mkdir ("d", 0700), 0);
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    assert_int_equal (chmod ("d", modes[i]), 0);
    assert_err (cf_paths_private_dir ("d"), GPG_ERR_EPERM);
    assert_int_equal (mode_of ("d"), modes[i]); /* not mended behind the owner's back */
  }
  assert_int_equal (chmod ("d", 0700), 0);
  assert_int_equal (symlink ("d", "link"), 0);
  assert_err (cf_paths_private_dir ("link"), GPG_ERR_ENOTDIR);
  assert_err (cf_paths_private_dir ("link/"), GPG_ERR_ENOTDIR);
  assert_int_equal (symlink ("nowhere", "dangling"), 0);
  assert_err (cf_paths_private_dir ("dangling"), GPG_ERR_ENOTDIR);
  assert_ok (cf_file_write ("file", "x", 1));
  assert_err (cf_paths_private_dir ("file"), GPG_ERR_ENOTDIR);
  assert_err (cf_paths_private_dir ("file/sub"), GPG_ERR_ENOTDIR);
  assert_err (cf_paths_private_dir (""), GPG_ERR_ENOENT);
}

static void
test_private_dir_wrong_owner (void **state)
{
  (void) state;
  if (geteuid ()) {
    assert_err (cf_paths_private_dir ("/"), GPG_ERR_EPERM);
    return;
  }
  assert_int_equal (mkdir ("theirs", 0700), 0);
  if (chown ("theirs", 1234, 1234)) {
    assert_int_equal (errno, EINVAL); /* a user namespace without that user */
    return;
  }
  assert_err (cf_paths_private_dir ("theirs"), GPG_ERR_EPERM);
}

static void
test_join (void **state)
{
  char *path = cf_paths_join ("/a", "b");

  (void) state;
  assert_string_equal (path, "/a/b");
  free (path);
  path = cf_paths_join ("/", "b");
  assert_string_equal (path, "/b");
  free (path);
}

/* ------------------------------------------------------------- files --- */

static void
file_is (const char *path, const void *data, size_t len)
{
  char *got = NULL;
  size_t got_len = 99;

  assert_ok (cf_file_read (path, len, &got, &got_len));
  assert_int_equal (got_len, len);
  assert_memory_equal (got, data, len);
  assert_int_equal (got[len], 0);
  free (got);
}

static size_t entries; /* below the top directory */

static int
count_one (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
  (void) path;
  (void) st;
  (void) type;
  entries += ftw->level > 0;
  return 0;
}

static size_t
count_entries (void)
{
  entries = 0;
  assert_int_equal (nftw (top, count_one, 16, FTW_PHYS), 0);
  return entries;
}

static void
test_file_round_trip (void **state)
{
  static uint8_t big[300000];
  uint64_t seed = 1;

  (void) state;
  seeded_fill (&seed, big, sizeof big);
  assert_ok (cf_file_write ("f", "", 0));
  file_is ("f", "", 0);
  assert_int_equal (mode_of ("f"), 0600);
  assert_ok (cf_file_write (at ("f"), big, sizeof big)); /* replaces */
  file_is ("f", big, sizeof big);
  assert_ok (cf_file_write ("f", "a\0b", 3));
  file_is ("f", "a\0b", 3);
  assert_int_equal (count_entries (), 1); /* no temporary file is left */
}

static void
test_file_read_refuses (void **state)
{
  char kept, *data = &kept;
  size_t len = 5;

  (void) state;
  assert_err (cf_file_read ("none", 10, &data, &len), GPG_ERR_ENOENT);
  assert_err (cf_file_read (top, 10, &data, &len), GPG_ERR_EISDIR);
  assert_ok (cf_file_write ("f", "0123456789", 10));
  assert_err (cf_file_read ("f", 9, &data, &len), GPG_ERR_TOO_LARGE);
  assert_err (cf_file_read ("f", 0, &data, &len), GPG_ERR_TOO_LARGE);
  /* These say that they have no bytes, or never end. */
  assert_err (cf_file_read ("/proc/self/status", 10, &data, &len), GPG_ERR_TOO_LARGE);
  assert_err (cf_file_read ("/dev/zero", 200000, &data, &len), GPG_ERR_TOO_LARGE);
  assert_ptr_equal (data, &kept);
  assert_int_equal (len, 5);
  assert_ok (cf_file_read ("/proc/self/status", SIZE_MAX, &data, &len));
  assert_memory_equal (data, "Name:", 5);
  free (data);
}

static void
test_file_write_does_not_follow (void **state)
{
  struct stat st;

  (void) state;
  assert_ok (cf_file_write ("target", "old", 3));
  assert_int_equal (symlink ("target", "link"), 0);
  assert_ok (cf_file_write ("link", "new", 3)); /* takes the link's place */
  assert_int_equal (lstat ("link", &st), 0);
  assert_true (S_ISREG (st.st_mode));
  file_is ("target", "old", 3);
  file_is ("link", "new", 3);
}

static void
test_file_write_whole_or_not (void **state)
{
  static char big[100000];
  struct rlimit limit, small;

  (void) state;
  assert_err (cf_file_write ("none/f", "x", 1), GPG_ERR_ENOENT);
  assert_ok (cf_file_write ("f", "kept", 4));
  assert_int_equal (mkdir ("dir", 0700), 0);
  assert_err (cf_file_write ("dir", "x", 1), GPG_ERR_EISDIR);
  /* The disk is full in the middle: a limit on the size of files does that. */
  signal (SIGXFSZ, SIG_IGN);
  assert_int_equal (getrlimit (RLIMIT_FSIZE, &limit), 0);
  small = limit;
  small.rlim_cur = 50000;
  assert_int_equal (setrlimit (RLIMIT_FSIZE, &small), 0);
  assert_err (cf_file_write ("f", big, sizeof big), GPG_ERR_EFBIG);
  assert_int_equal (setrlimit (RLIMIT_FSIZE, &limit), 0);
  file_is ("f", "kept", 4);
  assert_int_equal (count_entries (), 2); /* f and dir: nothing temporary */
}

static void
test_file_write_steps_aside (void **state)
{
  char *stale = cf_sprintf ("f.%ld.0.tmp", (long) getpid ());

  (void) state;
  assert_non_null (stale);
  assert_int_equal (symlink ("victim", stale), 0); /* left by a crash, or laid */
  assert_ok (cf_file_write ("f", "data", 4));
  file_is ("f", "data", 4);
  assert_int_equal (access ("victim", F_OK), -1);
  free (stale);
}

static void
test_program (void **state)
{
  char self[4096];
  ssize_t n = readlink ("/proc/self/exe", self, sizeof self - 1);
  char *path;

  (void) state;
  assert_true (n > 0);
  self[n] = 0;
  path = cf_paths_program (strrchr (self, '/') + 1);
  assert_non_null (path);
  assert_string_equal (path, self);
  free (path);
  assert_null (cf_paths_program ("confab-of-which-there-is-none"));
}

#define CASE(test) cmocka_unit_test_setup_teardown (test, set_up, tear_down)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    CASE (test_home_order),
    CASE (test_home_is_absolute_and_one),
    CASE (test_home_refuses),
    CASE (test_downloads),
    CASE (test_socket_of_default_home),
    CASE (test_socket_of_other_homes),
    CASE (test_socket_without_runtime_dir),
    CASE (test_socket_limit),
    CASE (test_private_dir_makes),
    CASE (test_private_dir_refuses),
    CASE (test_private_dir_wrong_owner),
    CASE (test_join),
    CASE (test_program),
    CASE (test_file_round_trip),
    CASE (test_file_read_refuses),
    CASE (test_file_write_does_not_follow),
    CASE (test_file_write_whole_or_not),
    CASE (test_file_write_steps_aside),
  };
  return cmocka_run_group_tests_name ("base/paths", tests, NULL, NULL);
}
