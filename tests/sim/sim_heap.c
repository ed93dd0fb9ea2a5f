/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_heap.c - see sim_heap.h. */
#include <config.h>

#include <jansson.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim_heap.h"

static struct {
  uint64_t count, refused; /* refused: the number of the one that is; 0: none */
  bool met, held;
} heap;

/* The names that stand in the starved libraries. */
void *cf_starved_malloc (size_t len);
void *cf_starved_calloc (size_t n, size_t len);
char *cf_starved_realpath (const char *path, char *r_path);
char *cf_starved_strdup (const char *s);
char *cf_starved_strndup (const char *s, size_t n);
int cf_starved_vasprintf (char **r_text, const char *fmt, va_list ap) __attribute__ ((format (printf, 2, 0)));
int cf_starved_vasprintf_chk (char **r_text, int flag, const char *fmt, va_list ap)
    __attribute__ ((format (printf, 3, 0)));
void *cf_starved_sodium_malloc (size_t len);
void cf_starved_here (void);

/* A place for a breakpoint. */
void __attribute__ ((noinline))
cf_starved_here (void)
{
  heap.met = true;
}

static bool
may_have (void)
{
  if (heap.held || !heap.refused || ++heap.count != heap.refused)
    return true;
  cf_starved_here ();
  return false;
}

void *
cf_starved_malloc (size_t len)
{
  return may_have () ? malloc (len) : NULL;
}

void *
cf_starved_calloc (size_t n, size_t len)
{
  return may_have () ? calloc (n, len) : NULL;
}

char *
cf_starved_strdup (const char *s)
{
  return may_have () ? strdup (s) : NULL;
}

char *
cf_starved_strndup (const char *s, size_t n)
{
  return may_have () ? strndup (s, n) : NULL;
}

char *
cf_starved_realpath (const char *path, char *r_path)
{
  return may_have () ? realpath (path, r_path) : NULL;
}

int
cf_starved_vasprintf (char **r_text, const char *fmt, va_list ap)
{
  return may_have () ? vasprintf (r_text, fmt, ap) : -1;
}

int
cf_starved_vasprintf_chk (char **r_text, int flag, const char *fmt, va_list ap)
{
  (void) flag;
  return cf_starved_vasprintf (r_text, fmt, ap);
}

void *
cf_starved_sodium_malloc (size_t len)
{
  return may_have () ? sodium_malloc (len) : NULL;
}

void
sim_heap_fail (uint64_t n)
{
  json_set_alloc_funcs (cf_starved_malloc, free);
  heap.count = 0;
  heap.refused = n;
  heap.met = heap.held = false;
}

bool
sim_heap_met (void)
{
  return heap.met;
}

void
sim_heap_hold (bool hold)
{
  heap.held = hold;
}
