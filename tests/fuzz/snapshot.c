/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snapshot.c - a world is built once, and every run begins with it.
 *
 * Between fuzz_arena (true) and (false) all memory comes from one arena.  What is to be restored is the arena, the
 * variables that were registered, and the writable data of shared libraries that keep state (SQLite).  The arena is
 * restored by dropping the private copies of pages over a file in memory, so that it costs what a run has touched.
 * Sanitizers have a malloc of their own: there fuzz_snapshots is false, and every run builds its world.
 */
#include "tests/fuzz/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__
#define UNDER_SANITIZER 1
#endif

#if defined UNDER_SANITIZER || !defined __GLIBC__

const bool fuzz_snapshots = false;

void
fuzz_arena (bool on)
{
  (void) on;
}

void
fuzz_snapshot_add (void *p, size_t len)
{
  (void) p;
  (void) len;
}

void
fuzz_snapshot_add_library (const char *name)
{
  (void) name;
}

void
fuzz_snapshot_take (int which)
{
  (void) which;
}

void
fuzz_snapshot_restore (int which)
{
  (void) which;
}

#else

#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARENA_SIZE ((size_t) 1 << 30) /* of addresses */
#define CLASSES 48
#define PARTS_MAX 16

const bool fuzz_snapshots = true;

struct block { /* what is free: a list a class */
  struct block *next;
};

/* In front of every allocation. */
struct head {
  size_t size;
  size_t unused; /* alignment */
};

/* At the start of the arena, so that it is restored like the rest. */
struct arena {
  size_t used;
  struct block *free[CLASSES];
};

static struct arena *arena; /* NULL: not yet */
static bool in_use;

static struct part {
  uint8_t *at;
  size_t len;
  uint8_t *saved[FUZZ_SNAPSHOTS_MAX];
} parts[PARTS_MAX];
static size_t part_count;

static struct snapshot {
  int fd; /* 0: none */
  size_t len;
} snapshots[FUZZ_SNAPSHOTS_MAX];
static int mapped = -1;

void *__libc_malloc (size_t len);
void *__libc_calloc (size_t count, size_t len);
void *__libc_realloc (void *p, size_t len);
void *__libc_memalign (size_t align, size_t len);
void __libc_free (void *p);

static bool
is_ours (const void *p)
{
  return arena && (const char *) p >= (const char *) arena && (const char *) p < (const char *) arena + ARENA_SIZE;
}

/* Sizes are 2^n or 1.5 * 2^n, from 32. */
static size_t
class_of (size_t len, size_t *r_size)
{
  size_t size = 32, n = 0;

  while (size < len) {
    n++;
    size = n & 1 ? size / 2 * 3 : size / 3 * 4;
  }
  *r_size = size;
  return n;
}

static void *
arena_get (size_t len)
{
  size_t size, n;
  struct head *h;

  if (len > ARENA_SIZE / 4)
    return NULL;
  n = class_of (len, &size);
  if (arena->free[n]) {
    void *p = arena->free[n];

    arena->free[n] = arena->free[n]->next;
    return p;
  }
  if (ARENA_SIZE - arena->used < size + sizeof *h)
    return NULL;
  h = (struct head *) ((char *) arena + arena->used);
  arena->used += sizeof *h + size;
  h->size = size;
  return h + 1;
}

static void
arena_put (void *p)
{
  struct head *h = (struct head *) p - 1;
  size_t size, n = class_of (h->size, &size);
  struct block *b = p;

  b->next = arena->free[n];
  arena->free[n] = b;
}

/* ---- the allocator's names ---- */

void *
malloc (size_t len)
{
  return in_use ? arena_get (len) : __libc_malloc (len);
}

void *
calloc (size_t count, size_t len)
{
  void *p;

  if (!in_use)
    return __libc_calloc (count, len);
  if (len && count > ARENA_SIZE / len)
    return NULL;
  p = arena_get (count * len);
  return p ? memset (p, 0, count * len) : NULL;
}

void
free (void *p)
{
  if (is_ours (p))
    arena_put (p);
  else
    __libc_free (p);
}

static size_t
size_of (void *p)
{
  return is_ours (p) ? ((struct head *) p - 1)->size : malloc_usable_size (p);
}

void *
realloc (void *p, size_t len)
{
  void *q;
  size_t old;

  if (!in_use && !is_ours (p))
    return __libc_realloc (p, len);
  old = p ? size_of (p) : 0;
  if (p && is_ours (p) && len <= old)
    return p;
  q = malloc (len);
  if (q && p) {
    memcpy (q, p, old < len ? old : len);
    free (p);
  }
  return q;
}

/* Alignment beyond 16 is nobody's wish in here. */
int
posix_memalign (void **r_p, size_t align, size_t len)
{
  *r_p = in_use && align <= 16 ? arena_get (len) : __libc_memalign (align, len);
  return *r_p ? 0 : ENOMEM;
}

/* ---- taking and restoring ---- */

void
fuzz_arena (bool on)
{
  if (on && !arena) {
    void *p = mmap (NULL, ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    FUZZ_CHECK (p != MAP_FAILED);
    arena = p;
    arena->used = (sizeof *arena + 15) / 16 * 16;
  }
  in_use = on;
}

void
fuzz_snapshot_add (void *p, size_t len)
{
  FUZZ_CHECK (part_count < PARTS_MAX);
  parts[part_count].at = p;
  parts[part_count++].len = len;
}

static int
add_segments (struct dl_phdr_info *info, size_t size, void *arg)
{
  uintptr_t page = (uintptr_t) sysconf (_SC_PAGESIZE), sealed_end = 0;

  (void) size;
  if (!strstr (info->dlpi_name, arg))
    return 0;
  for (int i = 0; i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == PT_GNU_RELRO)
      sealed_end = (info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz) / page * page;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW (Phdr) *h = &info->dlpi_phdr[i];
    uintptr_t from = info->dlpi_addr + h->p_vaddr, end = from + h->p_memsz;

    if (h->p_type != PT_LOAD || !(h->p_flags & PF_W))
      continue;
    if (from < sealed_end)
      from = sealed_end;
    if (from < end)
      fuzz_snapshot_add ((void *) from, end - from);
  }
  return 0;
}

void
fuzz_snapshot_add_library (const char *name)
{
  char *copy = strdup (name);

  dl_iterate_phdr (add_segments, copy);
  free (copy);
}

void
fuzz_snapshot_take (int which)
{
  struct snapshot *s = &snapshots[which];
  size_t page = (size_t) sysconf (_SC_PAGESIZE);

  FUZZ_CHECK (!in_use && !s->fd);
  for (size_t i = 0; i < part_count; i++) {
    parts[i].saved[which] = malloc (parts[i].len);
    FUZZ_CHECK (parts[i].saved[which]);
    memcpy (parts[i].saved[which], parts[i].at, parts[i].len);
  }
  s->len = (arena->used + page - 1) / page * page;
  s->fd = memfd_create ("fuzz", MFD_CLOEXEC);
  FUZZ_CHECK (s->fd > 0 && write (s->fd, arena, s->len) == (ssize_t) s->len);
}

void
fuzz_snapshot_restore (int which)
{
  struct snapshot *s = &snapshots[which];

  if (mapped == which)
    FUZZ_CHECK (!madvise (arena, s->len, MADV_DONTNEED));
  else {
    FUZZ_CHECK (mmap (arena, s->len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, s->fd, 0) == (void *) arena);
    mapped = which;
  }
  for (size_t i = 0; i < part_count; i++)
    memcpy (parts[i].at, parts[i].saved[which], parts[i].len);
}

#endif
