/* SPDX-License-Identifier: GPL-3.0-or-later */
/* name.h - a peer's name for a file, made fit for our file system and our eyes. */
#ifndef CF_CORE_FILE_NAME_H
#define CF_CORE_FILE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CF_FILE_SAFE_MAX 200 /* bytes; room for " (2)" and more within the 255 of file systems */

/* Of any bytes, a name that may be given to a file here, and shown: UTF-8; no part of a path; no control,
   bidirectional or other invisible character; no spaces or dots at its ends, and no run of spaces that hides an
   extension; no '-' first; no name of a device (CON, NUL, ... with any extension); at most CF_FILE_SAFE_MAX bytes,
   its extension kept; "file" where nothing is left.  A safe name stays as it is.  Caller frees.  NULL: ENOMEM. */
char *cf_file_name_safe (const void *name, size_t len);

/* Safe NAME with its COUNT: "name (2).ext" for 2; a copy for 1.  DIRECTORY: "name.d (2)".  NULL: ENOMEM. */
char *cf_file_name_counted (const char *name, unsigned count, bool directory);

/* The type that NAME's extension tells, or "application/octet-stream".  Static. */
const char *cf_file_media_type (const char *name);

#endif
