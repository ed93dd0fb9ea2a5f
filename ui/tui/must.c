/* SPDX-License-Identifier: GPL-3.0-or-later */
/* must.c - see must.h. */

#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/tui/must.h"

static void (*at_end) (void);

void
cf_must_at_end (void (*end) (void))
{
  at_end = end;
}

void *
cf_must (void *mem)
{
  if (!mem) {
    if (at_end)
      at_end ();
    fputs ("confab: There is not enough memory. End some programs, then try again.\n", stderr);
    exit (CF_EXIT_UNEXPECTED);
  }
  return mem;
}

char *
cf_must_copy (const char *text)
{
  return cf_must (strdup (text));
}

char *
cf_must_print (const char *fmt, ...)
{
  char *text = NULL;
  va_list ap;

  va_start (ap, fmt);
  if (vasprintf (&text, fmt, ap) < 0)
    text = NULL;
  va_end (ap);
  return cf_must (text);
}

void
cf_must_grow (void *r_array, size_t *r_room, size_t count, size_t size)
{
  void **array = r_array;
  size_t room = *r_room ? *r_room : 16;

  if (count <= *r_room)
    return;
  while (room < count)
    room *= 2;
  *array = cf_must (reallocarray (*array, room, size));
  *r_room = room;
}
