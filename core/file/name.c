/* SPDX-License-Identifier: GPL-3.0-or-later */
/* name.c - a peer's name for a file, made fit for our file system and our eyes. */
#include "core/file/name.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unictype.h>
#include <unistr.h>

#include "base/text.h"

#define EXTENSION_MAX 24 /* bytes with its dot; longer ones are no extensions */
#define FALLBACK "file"

/* Where NAME's extension begins, with its dot; the end of NAME if it has none. */
static const char *
extension (const char *name)
{
  const char *dot = strrchr (name, '.'), *end = name + strlen (name);

  return dot && dot > name && dot + 1 < end && end - dot <= EXTENSION_MAX ? dot : end;
}

/* Shows nothing, or may: two names that look alike would differ in it.  The joiners and variation selectors stay, as
   in cf_text_display: scripts and emoji are written with them. */
static bool
is_invisible (ucs4_t c)
{
  return uc_is_property_default_ignorable_code_point (c) && c != 0x200c && c != 0x200d
         && !uc_is_property_variation_selector (c);
}

/* Characters, each for itself; NAME only becomes shorter.  What parts a path becomes '_', a run of white space one
   space: many would push the extension out of sight. */
static void
clean (char *name)
{
  const uint8_t *p = (const uint8_t *) name;
  uint8_t *out = (uint8_t *) name;
  bool was_space = false;

  while (*p) {
    ucs4_t c;
    int used = u8_strmbtouc (&c, p);

    if (used <= 0) /* cf_text_display has left none */
      break;
    if (uc_is_property_white_space (c)) {
      if (!was_space)
        *out++ = ' ';
      was_space = true;
    } else if (!is_invisible (c)) {
      was_space = false;
      if (c == '/' || c == '\\')
        *out++ = '_';
      else {
        memmove (out, p, (size_t) used);
        out += used;
      }
    }
    p += used;
  }
  *out = 0;
}

/* Hidden files, "..", and what other systems drop. */
static void
trim (char *name)
{
  size_t skip = strspn (name, " ."), len = strlen (name + skip);

  memmove (name, name + skip, len + 1);
  while (len && strchr (" .", name[len - 1]))
    name[--len] = 0;
}

/* Names that are devices on a Windows file system, whatever follows their first dot. */
static bool
is_device (const char *name)
{
  static const char *const devices[] = { "CON", "PRN", "AUX", "NUL", "COM", "LPT", "CONIN$", "CONOUT$" };
  size_t len = strcspn (name, "."), i;

  while (len && name[len - 1] == ' ')
    len--;
  for (i = 0; i < sizeof devices / sizeof *devices; i++) {
    size_t n = strlen (devices[i]);
    bool numbered = !strcmp (devices[i], "COM") || !strcmp (devices[i], "LPT");

    if (len < n || strncasecmp (name, devices[i], n) != 0)
      continue;
    if (!numbered ? len == n : len == n + 1 && strchr ("0123456789", name[n]))
      return true;
    if (numbered && len == n + 2 /* superscript one to three count as digits */
        && (!memcmp (name + n, "\u00b9", 2) || !memcmp (name + n, "\u00b2", 2) || !memcmp (name + n, "\u00b3", 2)))
      return true;
  }
  return false;
}

/* To CF_FILE_SAFE_MAX bytes, between two characters, the extension kept. */
static void
shorten (char *name)
{
  size_t len = strlen (name), cut;
  const char *tail = extension (name);
  size_t tail_len = strlen (tail);

  if (len <= CF_FILE_SAFE_MAX)
    return;
  cut = cf_text_cut (name, len, CF_FILE_SAFE_MAX - tail_len);
  memmove (name + cut, tail, tail_len + 1);
  trim (name);
}

char *
cf_file_name_safe (const void *name, size_t len)
{
  char *shown = cf_text_display (name, len, false), *safe;

  if (!shown)
    return NULL;
  clean (shown);
  trim (shown);
  if (*shown == '-') /* would be an option to programs */
    *shown = '_';
  safe = !*shown ? strdup (FALLBACK) : cf_sprintf ("%s%s", is_device (shown) ? "_" : "", shown);
  free (shown);
  if (safe)
    shorten (safe);
  return safe;
}

char *
cf_file_name_counted (const char *name, unsigned count, bool directory)
{
  const char *tail = directory ? name + strlen (name) : extension (name);

  if (count <= 1)
    return strdup (name);
  return cf_sprintf ("%.*s (%u)%s", (int) (tail - name), name, count, tail);
}
