/* SPDX-License-Identifier: GPL-3.0-or-later */
/* memory.c - SQLite's memory: locked, and wiped when it is freed.
 *
 * While the store is open, its pages (deciphered) and its key lie in memory of
 * SQLite's own.  So that is one piece of secmem each:
 *
 *   pages   what SQLite's page cache holds unless a transaction is very large
 *   pool    everything else up to SLOT_MAX bytes, in slots of a power of two
 *
 * What does not fit comes from the heap, which is wiped, too, but not locked.
 * Slots go back to their own size only: what SQLite needs hardly changes.
 * One thread uses the store, so nothing here locks.
 */
#include "core/store/internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/secmem.h"

#define PAGES 512
#define POOL_LEN (1024 * 1024)
#define SLOT_MIN 32u
#define SLOT_SIZES 9
#define SLOT_MAX (SLOT_MIN << (SLOT_SIZES - 1))

/* Before what SQLite is given. */
struct slot {
  union {
    uint64_t len;      /* in use: how many bytes follow */
    struct slot *next; /* free */
  } u;
};

static struct {
  uint8_t *start, *fresh, *end; /* FRESH: never used yet */
  struct slot *free[SLOT_SIZES];
  size_t on_heap; /* bytes for which there was no slot */
} pool;

static struct slot *
slot_of (void *mem)
{
  return (struct slot *) mem - 1;
}

static bool
is_pooled (const struct slot *slot)
{
  const uint8_t *p = (const uint8_t *) slot;

  return p >= pool.start && p < pool.end;
}

/* The smallest slot that has room for LEN bytes; SLOT_SIZES: none. */
static unsigned
size_index (size_t len)
{
  unsigned i = 0;

  while (i < SLOT_SIZES && len > (SLOT_MIN << i) - sizeof (struct slot))
    i++;
  return i;
}

static struct slot *
take_slot (unsigned i)
{
  struct slot *slot = pool.free[i];

  if (slot)
    pool.free[i] = slot->u.next;
  else if ((size_t) (pool.end - pool.fresh) >= SLOT_MIN << i) {
    slot = (struct slot *) (void *) pool.fresh;
    pool.fresh += SLOT_MIN << i;
  }
  if (slot)
    slot->u.len = (SLOT_MIN << i) - sizeof *slot;
  return slot;
}

static void *
mem_malloc (int len)
{
  unsigned i = size_index ((size_t) len);
  struct slot *slot = i < SLOT_SIZES ? take_slot (i) : NULL;

  if (!slot) {
    slot = malloc (sizeof *slot + (size_t) len);
    if (!slot)
      return NULL;
    slot->u.len = (uint64_t) len;
    pool.on_heap += sizeof *slot + (size_t) len;
  }
  return slot + 1;
}

static void
mem_free (void *mem)
{
  struct slot *slot;
  unsigned i;

  if (!mem)
    return;
  slot = slot_of (mem);
  cf_wipe (mem, slot->u.len);
  if (!is_pooled (slot)) {
    pool.on_heap -= sizeof *slot + slot->u.len;
    free (slot);
    return;
  }
  i = size_index (slot->u.len);
  slot->u.next = pool.free[i];
  pool.free[i] = slot;
}

static int
mem_size (void *mem)
{
  return mem ? (int) slot_of (mem)->u.len : 0;
}

static void *
mem_realloc (void *mem, int len)
{
  size_t old = (size_t) mem_size (mem);
  void *other;

  if ((size_t) len <= old && (size_t) len >= old / 2)
    return mem;
  other = mem_malloc (len);
  if (!other)
    return NULL;
  memcpy (other, mem, old < (size_t) len ? old : (size_t) len);
  mem_free (mem);
  return other;
}

static int
mem_roundup (int len)
{
  return (len + 7) & ~7;
}

static int
mem_init (void *data)
{
  (void) data;
  return SQLITE_OK;
}

static void
mem_shutdown (void *data)
{
  (void) data;
}

void
store_memory_lock (void)
{
  /* Where it is refused (RLIMIT_MEMLOCK), it was so before, and the daemon has said so. */
  if (pool.start)
    (void) mlock (pool.start, POOL_LEN);
}

size_t
store_memory_on_heap (void)
{
  return pool.on_heap;
}

gpg_error_t
store_memory_setup (void)
{
  static const sqlite3_mem_methods methods = { mem_malloc,  mem_free, mem_realloc,  mem_size,
                                               mem_roundup, mem_init, mem_shutdown, NULL };
  static bool done;
  gpg_error_t err;
  void *pages = NULL, *start;
  int header = 0;

  if (done)
    return 0;
  if (sqlite3_config (SQLITE_CONFIG_PCACHE_HDRSZ, &header))
    return cf_err (GPG_ERR_INTERNAL);
  header = mem_roundup (header);
  err = cf_secmem_new (&pages, (size_t) PAGES * (size_t) (STORE_PAGE_SIZE + header));
  if (!err)
    err = cf_secmem_new (&start, POOL_LEN);
  if (err) {
    cf_secmem_free (pages);
    return err;
  }
  pool.fresh = pool.start = start;
  pool.end = pool.start + POOL_LEN;
  /* Never given back: SQLite is never shut down.  Without a pool of SQLite's own for small values (lookaside), which it
     would not wipe. */
  if (sqlite3_config (SQLITE_CONFIG_MALLOC, &methods) || sqlite3_config (SQLITE_CONFIG_LOOKASIDE, 0, 0)
      || sqlite3_config (SQLITE_CONFIG_PAGECACHE, pages, STORE_PAGE_SIZE + header, PAGES))
    return cf_err (GPG_ERR_INTERNAL);
  done = true;
  return 0;
}
