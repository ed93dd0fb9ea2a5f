/* SPDX-License-Identifier: GPL-3.0-or-later */
/* media.c - what kind of file a name promises; a hint for the receiver's eyes, never for a program. */
#include "core/file/name.h"

#include <string.h>
#include <strings.h>

static const struct {
  const char *extension, *type;
} types[] = {
  { "7z", "application/x-7z-compressed" },
  { "asc", "application/pgp-encrypted" },
  { "avi", "video/x-msvideo" },
  { "avif", "image/avif" },
  { "bmp", "image/bmp" },
  { "bz2", "application/x-bzip2" },
  { "csv", "text/csv" },
  { "doc", "application/msword" },
  { "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
  { "epub", "application/epub+zip" },
  { "flac", "audio/flac" },
  { "gif", "image/gif" },
  { "gpg", "application/pgp-encrypted" },
  { "gz", "application/gzip" },
  { "heic", "image/heic" },
  { "htm", "text/html" },
  { "html", "text/html" },
  { "ics", "text/calendar" },
  { "iso", "application/x-cd-image" },
  { "jpeg", "image/jpeg" },
  { "jpg", "image/jpeg" },
  { "json", "application/json" },
  { "m4a", "audio/mp4" },
  { "md", "text/markdown" },
  { "mkv", "video/x-matroska" },
  { "mov", "video/quicktime" },
  { "mp3", "audio/mpeg" },
  { "mp4", "video/mp4" },
  { "odp", "application/vnd.oasis.opendocument.presentation" },
  { "ods", "application/vnd.oasis.opendocument.spreadsheet" },
  { "odt", "application/vnd.oasis.opendocument.text" },
  { "oga", "audio/ogg" },
  { "ogg", "audio/ogg" },
  { "ogv", "video/ogg" },
  { "opus", "audio/ogg" },
  { "patch", "text/x-patch" },
  { "pdf", "application/pdf" },
  { "png", "image/png" },
  { "ppt", "application/vnd.ms-powerpoint" },
  { "rtf", "application/rtf" },
  { "svg", "image/svg+xml" },
  { "tar", "application/x-tar" },
  { "tif", "image/tiff" },
  { "tiff", "image/tiff" },
  { "txt", "text/plain" },
  { "vcf", "text/vcard" },
  { "wav", "audio/x-wav" },
  { "webm", "video/webm" },
  { "webp", "image/webp" },
  { "xls", "application/vnd.ms-excel" },
  { "xml", "application/xml" },
  { "xz", "application/x-xz" },
  { "zip", "application/zip" },
  { "zst", "application/zstd" },
};

const char *
cf_file_media_type (const char *name)
{
  const char *dot = strrchr (name, '.');
  size_t i;

  for (i = 0; dot && i < sizeof types / sizeof *types; i++)
    if (!strcasecmp (dot + 1, types[i].extension))
      return types[i].type;
  return "application/octet-stream";
}
