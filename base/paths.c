/* SPDX-License-Identifier: GPL-3.0-or-later */
/* paths.c - where things are: the home, the socket, safe files. */
#include "base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/text.h"

static mode_t users_umask = 077;

void
cf_paths_umask_private (void)
{
  users_umask = umask (077);
}

mode_t
cf_paths_umask_user (void)
{
  return users_umask;
}

#define SOCKET_NAME "S.confab"
#define TAG_LEN 8 /* bytes of the hash of a home in the name of its socket's directory */
#define READ_STEP 65536
#define TEMP_TRIES 100
#define SHARED_MEMORY "/dev/shm"

/* ------------------------------------------------------------- names --- */

char *
cf_paths_join (const char *dir, const char *name)
{
  size_t len = strlen (dir);

  return cf_sprintf ("%s%s%s", dir, len && dir[len - 1] == '/' ? "" : "/", name);
}

/* PROGRAM in DIR, if it is there and may be run. */
static char *
program_in (const char *dir, const char *program)
{
  char *path = cf_paths_join (dir, program);

  if (path && access (path, X_OK)) {
    free (path);
    path = NULL;
  }
  return path;
}

char *
cf_paths_program (const char *program)
{
  char self[PATH_MAX], *slash, *path = NULL;
  ssize_t n = readlink ("/proc/self/exe", self, sizeof self - 1);

  self[n > 0 ? n : 0] = 0;
  slash = strrchr (self, '/');
  if (slash) {
    *slash = 0;
    path = program_in (self, program);
  }
  return path ? path : program_in (CF_BINDIR, program);
}

/* A directory named by the environment; NULL unless it is an absolute path,
   as the XDG specification wants it. */
static const char *
env_dir (const char *name)
{
  const char *dir = getenv (name);

  return dir && *dir == '/' ? dir : NULL;
}

/* Append the components of REST to PATH (at first the real path of something
   that exists), with "." and ".." worked out by name: REST does not exist, so
   it holds no links. */
static gpg_error_t
append_lexically (char **path, const char *rest)
{
  while (*rest) {
    size_t len = strcspn (rest, "/");

    if (len == 2 && !memcmp (rest, "..", 2)) {
      char *slash = strrchr (*path, '/');

      slash[slash == *path] = 0;
    } else if (len && !(len == 1 && *rest == '.')) {
      char *longer = cf_sprintf ("%s%s%.*s", *path, (*path)[1] ? "/" : "", (int) len, rest);

      if (!longer)
        return cf_err (GPG_ERR_ENOMEM);
      free (*path);
      *path = longer;
    }
    rest += len + (rest[len] == '/');
  }
  return 0;
}

/* The one name of PATH, whether it exists or not: the same before and after
   its missing directories are made, so that a client which comes first and the
   daemon agree on it. */
static gpg_error_t
canonical (const char *path, char **r_path)
{
  char *head = strdup (path), *real = NULL;
  size_t len;
  gpg_error_t err = 0;

  if (!head)
    return cf_err (GPG_ERR_ENOMEM);
  len = strlen (head);
  while (!(real = realpath (len ? head : ".", NULL)) && errno == ENOENT && len > 0) {
    while (len > 1 && head[len - 1] == '/')
      len--;
    while (len > 0 && head[len - 1] != '/')
      len--;
    head[len] = 0;
  }
  if (!real)
    err = cf_err_errno ();
  else
    err = append_lexically (&real, path + len);
  free (head);
  if (err)
    free (real);
  else
    *r_path = real;
  return err;
}

/* The home when neither an option nor CONFAB_HOME names one. */
static gpg_error_t
default_home (char **r_home)
{
  const char *data = env_dir ("XDG_DATA_HOME"), *home = env_dir ("HOME");
  char *path;
  gpg_error_t err;

  if (!data && !home)
    return cf_err (GPG_ERR_ENOENT);
  path = data ? cf_paths_join (data, "confab") : cf_paths_join (home, ".local/share/confab");
  if (!path)
    return cf_err (GPG_ERR_ENOMEM);
  err = canonical (path, r_home);
  free (path);
  return err;
}

gpg_error_t
cf_paths_home (const char *option, char **r_home)
{
  if (!option)
    option = getenv ("CONFAB_HOME");
  if (option && *option)
    return canonical (option, r_home);
  return default_home (r_home);
}

/* ------------------------------------------------------------ socket --- */

/* The user's runtime directory as "DIR", or NULL: it has to exist and be the
   user's own, since after su or sudo the variable may still name another's.
   Without the variable (cron, ssh without PAM) systemd's place is tried, so
   that such a client finds the daemon of the desktop. */
static gpg_error_t
runtime_dir (char **r_dir)
{
  const char *named = env_dir ("XDG_RUNTIME_DIR");
  char *dir = named ? strdup (named) : cf_sprintf ("/run/user/%u", (unsigned) geteuid ());
  struct stat st;

  if (!dir)
    return cf_err (GPG_ERR_ENOMEM);
  if (stat (dir, &st) || !S_ISDIR (st.st_mode) || st.st_uid != geteuid () || (st.st_mode & 022)) {
    free (dir);
    dir = NULL;
  }
  *r_dir = dir;
  return 0;
}

/* Take PATH (allocated; NULL means ENOMEM) as the result if it fits into a
   socket address, else free it. */
static gpg_error_t
take_if_short (char *path, char **r_socket)
{
  const size_t limit = sizeof ((struct sockaddr_un *) 0)->sun_path; /* with the NUL */

  if (!path)
    return cf_err (GPG_ERR_ENOMEM);
  if (strlen (path) < limit)
    *r_socket = path;
  else
    free (path);
  return 0;
}

static void
home_tag (const char *home, char out[2 * TAG_LEN + 1])
{
  uint8_t digest[CF_HASH_LEN];
  struct cf_hash h;

  cf_hash_init (&h, NULL, "home");
  cf_hash_add (&h, home, strlen (home));
  cf_hash_final (&h, digest);
  cf_hex (digest, TAG_LEN, out);
}

static bool
is_default_home (const char *home)
{
  char *usual = NULL;
  bool same = !default_home (&usual) && !strcmp (usual, home);

  free (usual);
  return same;
}

gpg_error_t
cf_paths_socket (const char *home, char **r_socket)
{
  char *real = NULL, *runtime = NULL, *socket = NULL;
  char tag[2 * TAG_LEN + 1];
  gpg_error_t err;

  err = canonical (home, &real);
  if (!err)
    err = runtime_dir (&runtime);
  if (err)
    goto leave;
  home_tag (real, tag);
  if (runtime && is_default_home (real))
    err = take_if_short (cf_sprintf ("%s/confab/" SOCKET_NAME, runtime), &socket);
  else if (runtime)
    err = take_if_short (cf_sprintf ("%s/confab/%s/" SOCKET_NAME, runtime, tag), &socket);
  if (!err && !socket)
    err = take_if_short (cf_sprintf ("%s/run/" SOCKET_NAME, real), &socket);
  /* One level only: in a deeper one, whoever made the first could swap the second. */
  if (!err && !socket)
    err = take_if_short (cf_sprintf ("/tmp/confab-%u-%s/" SOCKET_NAME, (unsigned) geteuid (), tag),
                         &socket);
  if (!err)
    *r_socket = socket;

leave:
  free (real);
  free (runtime);
  return err;
}

/* ------------------------------------------------------- directories --- */

/* Make PATH, of which every slash may be a directory's end; what exists is left alone. */
static gpg_error_t
make_dirs (char *path)
{
  char *slash = path;

  while ((slash = strchr (slash + 1, '/'))) {
    int failed;

    *slash = 0;
    failed = mkdir (path, 0700);
    *slash = '/';
    /* EROFS and EACCES are answered for what exists, too (/home on a mount). */
    if (failed && errno != EEXIST && errno != EROFS && errno != EACCES)
      return cf_err_errno ();
  }
  if (mkdir (path, 0700) && errno != EEXIST) {
    struct stat st;
    int saved = errno;

    if (lstat (path, &st)) {
      errno = saved;
      return cf_err_errno ();
    }
  }
  return 0;
}

/* DIR is a directory, not a link, our own, and closed to everyone else. */
static gpg_error_t
check_private (const char *dir)
{
  int fd = open (dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat st;
  gpg_error_t err = 0;

  if (fd < 0)
    return errno == ELOOP ? cf_err (GPG_ERR_ENOTDIR) : cf_err_errno ();
  if (fstat (fd, &st))
    err = cf_err_errno ();
  else if (st.st_uid != geteuid () || (st.st_mode & 077))
    err = cf_err (GPG_ERR_EPERM);
  close (fd);
  return err;
}

gpg_error_t
cf_paths_private_dir (const char *dir)
{
  char *path = strdup (dir);
  size_t len = strlen (dir);
  gpg_error_t err;

  if (!path)
    return cf_err (GPG_ERR_ENOMEM);
  /* "link/" would be followed in spite of O_NOFOLLOW. */
  while (len > 1 && path[len - 1] == '/')
    path[--len] = 0;
  err = len ? make_dirs (path) : cf_err (GPG_ERR_ENOENT);
  if (!err)
    err = check_private (path);
  free (path);
  return err;
}

/* ------------------------------------------------------------- files --- */

/* Read FD to its end into B, which fails once it is full; FIRST bytes of space
   are made at the start. */
static gpg_error_t
read_all (int fd, struct cf_buf *b, size_t first)
{
  size_t step = first;

  for (;;) {
    size_t room = b->max - cf_buf_len (b), spare = b->cap - b->end;
    size_t want = spare ? spare : step;
    uint8_t *space;
    ssize_t n;
    gpg_error_t err;

    want = want < room ? want : room;
    err = cf_buf_reserve (b, want, &space);
    if (err)
      return err;
    do
      n = read (fd, space, want);
    while (n < 0 && errno == EINTR);
    if (n < 0)
      return cf_err_errno ();
    if (n == 0)
      return 0;
    cf_buf_commit (b, (size_t) n);
    if (cf_buf_len (b) == b->max)
      return cf_err (GPG_ERR_TOO_LARGE);
    step = READ_STEP;
  }
}

/* The value of XDG_DOWNLOAD_DIR in the text of user-dirs.dirs: "$HOME/..." or "/...", in quotes.  NULL: none, or ENOMEM. */
static char *
find_downloads (const char *text, const char *home)
{
  static const char key[] = "XDG_DOWNLOAD_DIR=\"", below[] = "$HOME/";
  const char *line = text, *value, *end;

  while (line && strncmp (line, key, sizeof key - 1) != 0) {
    line = strchr (line, '\n');
    line = line ? line + 1 : NULL;
  }
  value = line ? line + sizeof key - 1 : NULL;
  end = value ? strchr (value, '"') : NULL;
  if (!end || memchr (value, '\n', (size_t) (end - value)))
    return NULL;
  if (!strncmp (value, below, sizeof below - 1)) {
    value += sizeof below - 1;
    return cf_sprintf ("%s/%.*s", home, (int) (end - value), value);
  }
  return *value == '/' ? strndup (value, (size_t) (end - value)) : NULL;
}

gpg_error_t
cf_paths_downloads (char **r_dir)
{
  const char *config = env_dir ("XDG_CONFIG_HOME"), *home = env_dir ("HOME");
  char *path, *text = NULL, *dir = NULL;
  size_t len;

  if (!home)
    return cf_err (GPG_ERR_ENOENT);
  path = config ? cf_paths_join (config, "user-dirs.dirs") : cf_paths_join (home, ".config/user-dirs.dirs");
  if (path && !cf_file_read (path, READ_STEP, &text, &len))
    dir = find_downloads (text, home);
  if (!dir)
    dir = cf_paths_join (home, "Downloads");
  free (text);
  free (path);
  if (!dir)
    return cf_err (GPG_ERR_ENOMEM);
  *r_dir = dir;
  return 0;
}

/* ------------------------------------------------------------ memory --- */

static bool
is_in_memory (const char *dir)
{
  struct statfs fs;

  return !statfs (dir, &fs) && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

gpg_error_t
cf_paths_memory_dir (const char *home, const char *name, char **r_dir)
{
  char *real = NULL, *runtime = NULL, *dir = NULL;
  char tag[2 * TAG_LEN + 1];
  gpg_error_t err;

  err = canonical (home, &real);
  if (!err)
    err = runtime_dir (&runtime);
  if (err)
    goto leave;
  home_tag (real, tag);
  if (runtime && is_in_memory (runtime))
    dir = cf_sprintf ("%s/confab/%s-%s", runtime, name, tag);
  else if (is_in_memory (SHARED_MEMORY)) /* one level only, as for sockets in /tmp */
    dir = cf_sprintf (SHARED_MEMORY "/confab-%u-%s-%s", (unsigned) geteuid (), name, tag);
  else {
    err = cf_err (GPG_ERR_ENOENT);
    goto leave;
  }
  err = dir ? cf_paths_private_dir (dir) : cf_err (GPG_ERR_ENOMEM);
  if (err)
    goto leave;
  *r_dir = dir;
  dir = NULL;

leave:
  free (dir);
  free (runtime);
  free (real);
  return err;
}

gpg_error_t
cf_file_read (const char *path, size_t max, void *r_data, size_t *r_len)
{
  struct cf_buf b;
  struct stat st;
  size_t step = READ_STEP;
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gpg_error_t err;

  if (fd < 0)
    return cf_err_errno ();
  if (max == SIZE_MAX)
    max--;
  cf_buf_init (&b, max + 1); /* one more, to see that there is more; it holds the NUL */
  if (fstat (fd, &st)) {
    err = cf_err_errno ();
    goto leave;
  }
  if (S_ISREG (st.st_mode)) {
    if ((uintmax_t) st.st_size > max) {
      err = cf_err (GPG_ERR_TOO_LARGE);
      goto leave;
    }
    step = (size_t) st.st_size + 1; /* all of it at once, and its end */
  }
  err = read_all (fd, &b, step);
  if (!err)
    err = cf_buf_add (&b, "", 1);
  if (err)
    goto leave;
  *r_len = cf_buf_len (&b) - 1;
  memcpy (r_data, &b.mem, sizeof b.mem); /* nothing was consumed: it starts at mem */
  b.mem = NULL;
  b.cap = 0;

leave:
  cf_buf_done (&b);
  close (fd);
  return err;
}

/* A new file beside PATH; *R_TEMP is its name, allocated. */
static gpg_error_t
open_temp (const char *path, char **r_temp, int *r_fd)
{
  for (int i = 0; i < TEMP_TRIES; i++) {
    char *temp = cf_sprintf ("%s.%ld.%d.tmp", path, (long) getpid (), i);
    int fd;

    if (!temp)
      return cf_err (GPG_ERR_ENOMEM);
    fd = open (temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) {
      *r_temp = temp;
      *r_fd = fd;
      return 0;
    }
    free (temp);
    if (errno != EEXIST)
      return cf_err_errno ();
  }
  return cf_err (GPG_ERR_EEXIST);
}

static gpg_error_t
write_all (int fd, const uint8_t *data, size_t len)
{
  while (len) {
    ssize_t n = write (fd, data, len);

    if (n < 0 && errno != EINTR)
      return cf_err_errno ();
    if (n > 0) {
      data += n;
      len -= (size_t) n;
    }
  }
  return 0;
}

/* The directory that PATH is in. */
static gpg_error_t
open_parent (const char *path, int *r_fd)
{
  const char *slash = strrchr (path, '/');
  size_t len = slash ? (size_t) (slash - path) : 0;
  char *dir = slash ? strndup (path, len ? len : 1) : strdup (".");
  gpg_error_t err = 0;
  int fd;

  if (!dir)
    return cf_err (GPG_ERR_ENOMEM);
  fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    err = cf_err_errno ();
  else
    *r_fd = fd;
  free (dir);
  return err;
}

/* Write DATA to the new file FD to the disk and close it, whatever happens. */
static gpg_error_t
fill_and_close (int fd, const void *data, size_t len)
{
  gpg_error_t err = write_all (fd, data, len);

  if (!err && fsync (fd))
    err = cf_err_errno ();
  if (close (fd) && !err)
    err = cf_err_errno ();
  return err;
}

gpg_error_t
cf_file_write (const char *path, const void *data, size_t len)
{
  char *temp = NULL;
  int fd = -1, dir_fd = -1;
  gpg_error_t err;

  /* First what may fail, so that after the rename only the disk can. */
  err = open_parent (path, &dir_fd);
  if (!err)
    err = open_temp (path, &temp, &fd);
  if (err)
    goto leave;
  err = fill_and_close (fd, data, len);
  if (!err && rename (temp, path))
    err = cf_err_errno ();
  if (err)
    unlink (temp);
  else if (fsync (dir_fd) && errno != EINVAL) /* a file system without such a thing */
    err = cf_err_errno ();

leave:
  if (dir_fd >= 0)
    close (dir_fd);
  free (temp);
  return err;
}
