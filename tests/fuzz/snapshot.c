/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snapshot.c - a world is built once, and every run begins with it.
 *
 * Each world has an arena: between fuzz_snapshot_begin and fuzz_arena_leave all memory comes from it.  What is to be
 * restored is the arena, the variables that were registered, and the writable data of shared libraries that keep state
 * (SQLite).  Pages of an arena are private copies over a file in memory, made when a run first writes to them.  Such a
 * page stays, as the next run writes to it too: then restoring is copying them back, and no run waits for the kernel.
 * /proc/self/pagemap tells which pages are new copies, and is asked only if there was a page fault.
 * Building is repeated, step by step the same: what runs were seen to write to lies together in the next world that is
 * built in that place, by the number of its allocation.  Then a run's traces are in a few pages, not in hundreds.
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

FUZZ_UNSEEN_BEGIN

#if defined UNDER_SANITIZER || !defined __GLIBC__

const bool fuzz_snapshots = false;

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
fuzz_snapshot_begin (int which, void (*build) (int which), void (*end) (void))
{
  (void) end;
  build (which);
}

void
fuzz_arena_leave (void)
{
}

#else

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define ARENA_SIZE ((size_t) 1 << 28) /* of addresses */
#define RUNS_TO_LEARN 200 /* and tenfold: a world is built anew by what they wrote to */
#define CLASSES 48
#define PARTS_MAX 20
#define PAGE ((size_t) 4096)
#define LOOK_EVERY 64 /* runs: which of the copies were of no use to the last one */
#define IDLE_MAX 8    /* so often, and a copy is dropped */
#define WATCHED 256   /* of the first runs every fourth is watched: where does it write?  Then those that are looked at */
#define LINE ((size_t) 64) /* that is how exactly; a page has 64 of them */
#define WARM_SIZE ((size_t) 1 << 20) /* of the arena, at its start: what runs write to */
#define WARM_MAX 4096                /* larger objects stay where they are: runs write to a part of them */

/* An entry of pagemap. */
#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_SHARED (1ull << 61) /* still the file's */

const bool fuzz_snapshots = true;

struct block { /* what is free: a list a class */
  struct block *next;
};

/* In front of every allocation. */
struct head {
  size_t size;
  size_t number; /* of the allocation, since the world began */
};

/* At the start of the arena, so that it is restored like the rest. */
struct arena {
  size_t count;    /* of allocations */
  size_t warm_end; /* as far as WARM_SIZE */
  size_t used;     /* the rest, from WARM_SIZE */
  size_t floor;    /* what lies below was there before the run; 0: it is being built */
  struct block *free[2][CLASSES]; /* warm ones last */
};

static struct part {
  uint8_t *at;
  size_t len;
  uint8_t *built_on; /* what stood there before any world */
  uint8_t *saved[FUZZ_SNAPSHOTS_MAX];
} parts[PARTS_MAX];
static size_t part_count;

static struct world {
  struct arena *arena; /* NULL: not yet */
  uint8_t *saved;  /* read only */
  size_t built;    /* so far its objects go */
  size_t pages;    /* of the snapshot */
  unsigned restored;
  uint8_t *idle;   /* a page: 0: the file's; else it is a copy, and 1 more than it was of no use */
  uint32_t *copies;
  size_t copy_count;
  uint64_t *entries; /* room for pagemap */
  uint64_t *changed; /* a page: its lines that runs were seen to write to */
  uint8_t *warm;     /* a number of an allocation: runs wrote to it */
  size_t warm_count;
  long faults;       /* of the process, when pagemap was last asked */
} worlds[FUZZ_SNAPSHOTS_MAX];
static struct arena *arena; /* in use; or NULL */
static struct world *current; /* its */
static char *arenas;        /* all of them, one behind the other */
static int pagemap = -1;

void *__libc_malloc (size_t len);
void *__libc_calloc (size_t count, size_t len);
void *__libc_realloc (void *p, size_t len);
void *__libc_memalign (size_t align, size_t len);
void __libc_free (void *p);

static bool
is_ours (const void *p)
{
  return arenas && (uintptr_t) p - (uintptr_t) arenas < FUZZ_SNAPSHOTS_MAX * ARENA_SIZE;
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

static bool
is_warm (size_t size)
{
  return size <= WARM_MAX && !arena->floor && arena->count < current->warm_count && current->warm[arena->count]
         && WARM_SIZE - arena->warm_end >= size + sizeof (struct head);
}

static void *
arena_get (size_t len)
{
  size_t size, n;
  struct head *h;
  bool warm;

  if (len > ARENA_SIZE / 4)
    return NULL;
  n = class_of (len, &size);
  warm = is_warm (size);
  if (arena->free[warm][n]) {
    struct block *b = arena->free[warm][n];

    arena->free[warm][n] = b->next;
    h = (struct head *) (void *) b - 1;
    h->number = arena->count++;
    return b;
  }
  if (ARENA_SIZE - arena->used < size + sizeof *h)
    return NULL;
  if (warm) {
    h = (struct head *) ((char *) arena + arena->warm_end);
    arena->warm_end += sizeof *h + size;
  } else {
    h = (struct head *) ((char *) arena + arena->used);
    arena->used += sizeof *h + size;
  }
  h->size = size;
  h->number = arena->count++;
  return h + 1;
}

/* What the snapshot has is not given away again: every run gets memory behind it, which nobody restores, and fewer
   pages become copies. */
static void
arena_put (void *p)
{
  struct head *h = (struct head *) p - 1;
  size_t size, n = class_of (h->size, &size), at = (size_t) ((char *) p - (char *) arena);
  struct block *b = p;

  if (at < arena->floor)
    return;
  b->next = arena->free[at < WARM_SIZE][n];
  arena->free[at < WARM_SIZE][n] = b;
}

/* ---- the allocator's names ---- */

void *
malloc (size_t len)
{
  return arena ? arena_get (len) : __libc_malloc (len);
}

void *
calloc (size_t count, size_t len)
{
  void *p;

  if (!arena)
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

  if (!arena && !is_ours (p))
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
  *r_p = arena && align <= 16 ? arena_get (len) : __libc_memalign (align, len);
  return *r_p ? 0 : ENOMEM;
}

/* ---- what is to be restored ---- */

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
  uintptr_t sealed_end = 0;

  (void) size;
  if (!strstr (info->dlpi_name, arg))
    return 0;
  for (int i = 0; i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == PT_GNU_RELRO)
      sealed_end = (info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz) / PAGE * PAGE;
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

/* ---- taking and restoring ---- */

/* Memory is of world WHICH until it is left.  A world begins with libraries that know of no other. */
static void
enter (int which)
{
  struct world *world = &worlds[which];

  if (!arenas) {
    void *p = mmap (NULL, FUZZ_SNAPSHOTS_MAX * ARENA_SIZE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    FUZZ_CHECK (p != MAP_FAILED);
    arenas = p;
  }
  if (!world->arena) {
    world->arena = (struct arena *) (void *) (arenas + (size_t) which * ARENA_SIZE);
    world->arena->warm_end = (sizeof *arena + 15) / 16 * 16;
    world->arena->used = WARM_SIZE;
    world->faults = -1;
    for (size_t i = 0; i < part_count; i++)
      if (parts[i].built_on)
        memcpy (parts[i].at, parts[i].built_on, parts[i].len);
      else
        parts[i].built_on = fuzz_copy (parts[i].at, parts[i].len);
  }
  arena = world->arena;
  current = world;
}

void
fuzz_arena_leave (void)
{
  arena = NULL;
}

static void
forget (struct world *world)
{
  if (world->saved)
    munmap (world->saved, world->pages * PAGE);
  free (world->idle);
  free (world->copies);
  free (world->entries);
  free (world->changed);
  world->idle = NULL;
  world->saved = NULL;
  world->copies = NULL;
  world->entries = world->changed = NULL;
  world->copy_count = world->restored = 0;
}

/* What lies between FROM and END of the arena, and was written to, is warm from now on. */
static void
find_warm (struct world *world, size_t from, size_t end)
{
  while (from < end) {
    const struct head *h = (const struct head *) ((char *) world->arena + from);
    size_t first = from / LINE, last;

    from += sizeof *h + h->size;
    last = (from - 1) / LINE;
    for (size_t n = first; n <= last && h->number < world->warm_count; n++)
      world->warm[h->number] |= world->changed[n / 64] >> n % 64 & 1;
  }
}

/* World WHICH, whose memory nobody needs any more, is gone; where runs wrote to it lies together in the next one. */
static void
drop (int which)
{
  struct world *world = &worlds[which];
  uint8_t *warm = calloc (world->arena->count, 1);
  void *p;

  FUZZ_CHECK (!arena && warm);
  if (world->warm)
    memcpy (warm, world->warm, world->warm_count < world->arena->count ? world->warm_count : world->arena->count);
  free (world->warm);
  world->warm = warm;
  world->warm_count = world->arena->count;
  find_warm (world, (sizeof *arena + 15) / 16 * 16, world->arena->warm_end);
  find_warm (world, WARM_SIZE, world->built);
  forget (world);
  p = mmap (world->arena, ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  FUZZ_CHECK (p == (void *) world->arena);
  world->arena = NULL;
}

/* As it is now. */
static void
take (int which)
{
  struct world *world = &worlds[which];
  size_t len = (world->arena->used + PAGE - 1) / PAGE * PAGE;
  int fd = memfd_create ("fuzz", MFD_CLOEXEC);
  void *p;

  FUZZ_CHECK (!arena && sysconf (_SC_PAGESIZE) == PAGE);
  world->built = world->arena->used;
  world->arena->used = world->arena->floor = len;
  memset (world->arena->free, 0, sizeof world->arena->free);
  for (size_t i = 0; i < part_count; i++) {
    free (parts[i].saved[which]);
    parts[i].saved[which] = fuzz_copy (parts[i].at, parts[i].len);
  }
  FUZZ_CHECK (fd > 0 && write (fd, world->arena, len) == (ssize_t) len);
  p = mmap (world->arena, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0);
  FUZZ_CHECK (p == (void *) world->arena);
  p = mmap (NULL, len, PROT_READ, MAP_SHARED, fd, 0);
  FUZZ_CHECK (p != MAP_FAILED);
  close (fd);
  world->saved = p;
  world->pages = len / PAGE;
  world->idle = calloc (world->pages, sizeof *world->idle);
  world->copies = calloc (world->pages, sizeof *world->copies);
  world->entries = calloc (world->pages, sizeof *world->entries);
  world->changed = calloc (world->pages, sizeof *world->changed);
  FUZZ_CHECK (world->idle && world->copies && world->entries && world->changed);
  if (pagemap < 0)
    pagemap = open ("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

/* Learn which pages are copies by now.  False: the kernel does not say. */
static bool
find_copies (struct world *world)
{
  off_t at = (off_t) ((uintptr_t) world->arena / PAGE * sizeof *world->entries);
  ssize_t len = (ssize_t) (world->pages * sizeof *world->entries);
  struct rusage usage;

  if (!getrusage (RUSAGE_SELF, &usage) && usage.ru_minflt == world->faults)
    return true;
  world->faults = usage.ru_minflt;
  if (pread (pagemap, world->entries, (size_t) len, at) != len)
    return false;
  for (uint32_t i = 0; i < world->pages; i++)
    if (!world->idle[i] && world->entries[i] & PAGEMAP_PRESENT && !(world->entries[i] & PAGEMAP_SHARED)) {
      world->idle[i] = 1;
      world->copies[world->copy_count++] = i;
    }
  return true;
}

static void
watch (struct world *world, uint32_t i)
{
  const uint64_t *page = (const uint64_t *) (void *) ((char *) world->arena + i * PAGE);
  const uint64_t *saved = (const uint64_t *) (void *) (world->saved + i * PAGE);

  for (size_t n = 0; n < PAGE / LINE; n++) {
    uint64_t other = 0;

    for (size_t k = n * LINE / 8; k < (n + 1) * LINE / 8; k++)
      other |= page[k] ^ saved[k];
    world->changed[i] |= (uint64_t) !!other << n;
  }
}

static void
restore_copies (struct world *world)
{
  bool look = world->restored++ % LOOK_EVERY == 0, watched = look || (world->restored < WATCHED && world->restored % 4 == 0);

  for (size_t n = 0; n < world->copy_count;) {
    uint32_t i = world->copies[n];
    uint8_t *page = (uint8_t *) world->arena + i * PAGE;

    if (watched)
      watch (world, i);
    if (!look || memcmp (page, world->saved + i * PAGE, PAGE)) {
      memcpy (page, world->saved + i * PAGE, PAGE);
      n++;
    } else if (world->idle[i]++ < IDLE_MAX)
      n++;
    else {
      FUZZ_CHECK (!madvise (page, PAGE, MADV_DONTNEED));
      world->idle[i] = 0;
      world->copies[n] = world->copies[--world->copy_count];
    }
  }
}

static void
restore (int which)
{
  struct world *world = &worlds[which];

  if (find_copies (world))
    restore_copies (world);
  else
    FUZZ_CHECK (!madvise (world->arena, world->pages * PAGE, MADV_DONTNEED));
  for (size_t i = 0; i < part_count; i++)
    memcpy (parts[i].at, parts[i].saved[which], parts[i].len);
}

/* ---- runs ---- */

static unsigned runs[FUZZ_SNAPSHOTS_MAX]; /* 0: it is not built */
static void (*end_world) (void);

static void
end_one (int which)
{
  restore (which);
  enter (which);
  end_world ();
  fuzz_arena_leave ();
}

static void
end_all (void)
{
  for (int i = 0; i < FUZZ_SNAPSHOTS_MAX; i++)
    if (runs[i])
      end_one (i);
}

/* Anew after some runs: what they wrote to lies together, and whatever BUILD has learnt from them is there. */
static void
build_world (int which, void (*build) (int which))
{
  if (runs[which]) {
    if (end_world)
      end_one (which);
    drop (which);
  }
  enter (which);
  build (which);
  fuzz_arena_leave ();
  take (which);
}

void
fuzz_snapshot_begin (int which, void (*build) (int which), void (*end) (void))
{
  static unsigned learns[FUZZ_SNAPSHOTS_MAX];

  if (end && !end_world)
    atexit (end_all);
  end_world = end;
  if (runs[which] == learns[which]) {
    build_world (which, build);
    learns[which] = runs[which] ? 10 * runs[which] : RUNS_TO_LEARN;
  }
  runs[which]++;
  restore (which);
  enter (which);
}

#endif

FUZZ_UNSEEN_END
