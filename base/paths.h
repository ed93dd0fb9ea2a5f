/* SPDX-License-Identifier: GPL-3.0-or-later */
/* paths.h - where things are: the home, the socket, safe files. */
#ifndef CF_BASE_PATHS_H
#define CF_BASE_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* The home: OPTION if not NULL, else CONFAB_HOME, else $XDG_DATA_HOME/confab,
   else ~/.local/share/confab.  Absolute, links resolved, whether it exists or
   not; caller frees.  Errors: ENOENT (no HOME), ENOMEM, others from realpath. */
gpg_error_t cf_paths_home (const char *option, char **r_home) CF_MUST_CHECK;

/* The socket of HOME: $XDG_RUNTIME_DIR/confab/S.confab for the default home,
   else in a directory named by a hash of HOME in $XDG_RUNTIME_DIR/confab, or
   in HOME/run when that is short enough, or in /tmp/confab-UID-HASH; never
   beyond the limit of socket paths.  Without XDG_RUNTIME_DIR, /run/user/UID is
   used if it is there.  Nothing is made: give the directory to
   cf_paths_private_dir.  *R_SOCKET: caller frees. */
gpg_error_t cf_paths_socket (const char *home, char **r_socket) CF_MUST_CHECK;

/* A directory for HOME that lies in memory, so that it is gone with the power:
   below the runtime directory when that is in memory (on a tmpfs), else in
   /dev/shm.  It is made, mode 0700.  *R_DIR: caller frees.
   Errors: ENOENT (no such place), EPERM (it is somebody else's), others. */
gpg_error_t cf_paths_memory_dir (const char *home, const char *name, char **r_dir) CF_MUST_CHECK;

/* Where the user's downloads go: that of user-dirs.dirs (XDG), else ~/Downloads; it need not be there.  *R_DIR: caller
   frees.  Errors: ENOENT (no HOME), ENOMEM. */
gpg_error_t cf_paths_downloads (char **r_dir) CF_MUST_CHECK;

/* Make DIR and its parents, DIR itself mode 0700.  A DIR that exists must be
   the user's own directory and open to nobody else (not a link).
   Errors: EPERM (wrong owner or mode), ENOTDIR (also a link), others. */
gpg_error_t cf_paths_private_dir (const char *dir) CF_MUST_CHECK;

/* From now on what this process makes is open to its user alone; once, before there is a second thread. */
void cf_paths_umask_private (void);
/* What he forbids for files that he shall have: his umask before that; 077 if it was never called. */
mode_t cf_paths_umask_user (void);

/* DIR "/" NAME; caller frees; NULL: ENOMEM. */
char *cf_paths_join (const char *dir, const char *name);

/* Where PROGRAM, one of ours, is: beside the running one, or where programs are installed.  Caller frees; NULL: in
   neither, or ENOMEM. */
char *cf_paths_program (const char *program);

/* Read a whole file of at most MAX bytes; *R_DATA gets a NUL after it (not
   counted), caller frees.  R_DATA points to a pointer of any type.  Reading
   something else than a file (a pipe) waits for its end.
   Errors: TOO_LARGE, ENOENT, others. */
gpg_error_t cf_file_read (const char *path, size_t max, void *r_data, size_t *r_len) CF_MUST_CHECK;
/* Write PATH whole or not at all: a temporary file beside it, fsync, rename,
   fsync of the directory.  Mode 0600. */
gpg_error_t cf_file_write (const char *path, const void *data, size_t len) CF_MUST_CHECK;

#endif
