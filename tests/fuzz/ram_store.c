/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ram_store.c - SQLite's files in memory, in clear: no disk and no cipher between a fuzzer and the core.
 *
 * Files live until fuzz_ram_clear; a node that "crashed" finds them as it left them.  One connection a file: locks
 * are always granted, and the index of the write-ahead log is shared with nobody.
 */
#define SQLITE_HAS_CODEC 1

#include <stdlib.h>
#include <string.h>

#include "core/store/files.h"
#include "core/store/internal.h"
#include "tests/fuzz/fuzz.h"

#define NAME_MAX_LEN 512
#define CHUNK ((size_t) 16384) /* a multiple of the page */
#define CHUNKS_MAX 1024
#define LEARNT_MAX 256
#define REGIONS_MAX 16 /* 4096 pages of log each */

FUZZ_UNSEEN_BEGIN

struct ram_file {
  struct ram_file *next;
  char *name;
  uint8_t *chunks[CHUNKS_MAX]; /* NULL: zeros */
  size_t len;
  uint8_t *regions[REGIONS_MAX];
};

struct handle {
  sqlite3_file base; /* first */
  struct ram_file *file;
};

struct fuzz_ram fuzz_ram;

static struct ram_file *
find (const char *name)
{
  struct ram_file *f = fuzz_ram.first;

  while (f && strcmp (f->name, name))
    f = f->next;
  return f;
}

/* ---- one file ---- */

static int
file_close (sqlite3_file *base)
{
  (void) base;
  return SQLITE_OK;
}

static int
file_read (sqlite3_file *base, void *buf, int amount, sqlite3_int64 at)
{
  const struct ram_file *f = ((struct handle *) base)->file;
  size_t pos = (size_t) at, left = (size_t) amount;
  uint8_t *to = buf;

  while (left && pos < f->len) {
    const uint8_t *chunk = f->chunks[pos / CHUNK];
    size_t n = CHUNK - pos % CHUNK;

    n = n < left ? n : left;
    n = n < f->len - pos ? n : f->len - pos;
    if (chunk)
      memcpy (to, chunk + pos % CHUNK, n);
    else
      memset (to, 0, n);
    to += n;
    pos += n;
    left -= n;
  }
  memset (to, 0, left);
  return left ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int
file_write (sqlite3_file *base, const void *buf, int amount, sqlite3_int64 at)
{
  struct ram_file *f = ((struct handle *) base)->file;
  size_t pos = (size_t) at, left = (size_t) amount;
  const uint8_t *from = buf;

  if (pos + left > CHUNK * CHUNKS_MAX)
    return SQLITE_FULL;
  while (left) {
    uint8_t **chunk = &f->chunks[pos / CHUNK];
    size_t n = CHUNK - pos % CHUNK;

    n = n < left ? n : left;
    if (!*chunk && !(*chunk = calloc (1, CHUNK)))
      return SQLITE_FULL;
    memcpy (*chunk + pos % CHUNK, from, n);
    from += n;
    pos += n;
    left -= n;
  }
  if (pos > f->len)
    f->len = pos;
  return SQLITE_OK;
}

/* What comes behind the end some day is zeros until it is written. */
static int
file_truncate (sqlite3_file *base, sqlite3_int64 size)
{
  struct ram_file *f = ((struct handle *) base)->file;
  size_t len = (size_t) size, whole = (len + CHUNK - 1) / CHUNK;

  if (len >= f->len)
    return SQLITE_OK;
  for (size_t i = whole; i < CHUNKS_MAX; i++) {
    free (f->chunks[i]);
    f->chunks[i] = NULL;
  }
  if (len % CHUNK && f->chunks[len / CHUNK])
    memset (f->chunks[len / CHUNK] + len % CHUNK, 0, CHUNK - len % CHUNK);
  f->len = len;
  return SQLITE_OK;
}

static int
file_sync (sqlite3_file *base, int flags)
{
  (void) base;
  (void) flags;
  return SQLITE_OK;
}

static int
file_size (sqlite3_file *base, sqlite3_int64 *r_size)
{
  *r_size = (sqlite3_int64) ((struct handle *) base)->file->len;
  return SQLITE_OK;
}

static int
file_lock (sqlite3_file *base, int level)
{
  (void) base;
  (void) level;
  return SQLITE_OK;
}

static int
file_reserved (sqlite3_file *base, int *r_reserved)
{
  (void) base;
  *r_reserved = 0;
  return SQLITE_OK;
}

static int
file_control (sqlite3_file *base, int op, void *arg)
{
  (void) base;
  (void) op;
  (void) arg;
  return SQLITE_NOTFOUND;
}

static int
sector_size (sqlite3_file *base)
{
  (void) base;
  return 4096;
}

static int
traits (sqlite3_file *base)
{
  (void) base;
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SAFE_APPEND;
}

static int
shm_map (sqlite3_file *base, int region, int size, int extend, void volatile **r_p)
{
  struct ram_file *f = ((struct handle *) base)->file;

  *r_p = NULL;
  if (region >= REGIONS_MAX)
    return SQLITE_FULL;
  if (!f->regions[region] && extend) {
    f->regions[region] = calloc (1, (size_t) size);
    FUZZ_CHECK (f->regions[region]);
  }
  *r_p = f->regions[region];
  return SQLITE_OK;
}

static int
shm_lock (sqlite3_file *base, int offset, int n, int flags)
{
  (void) base;
  (void) offset;
  (void) n;
  (void) flags;
  return SQLITE_OK;
}

static void
shm_barrier (sqlite3_file *base)
{
  (void) base;
}

static int
shm_unmap (sqlite3_file *base, int forget)
{
  struct ram_file *f = ((struct handle *) base)->file;

  (void) forget;
  for (int i = 0; i < REGIONS_MAX; i++) {
    free (f->regions[i]);
    f->regions[i] = NULL;
  }
  return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
  .iVersion = 2, .xClose = file_close, .xRead = file_read, .xWrite = file_write, .xTruncate = file_truncate,
  .xSync = file_sync, .xFileSize = file_size, .xLock = file_lock, .xUnlock = file_lock,
  .xCheckReservedLock = file_reserved, .xFileControl = file_control, .xSectorSize = sector_size,
  .xDeviceCharacteristics = traits, .xShmMap = shm_map, .xShmLock = shm_lock, .xShmBarrier = shm_barrier,
  .xShmUnmap = shm_unmap
};

/* ---- all of them ---- */

static int
vfs_open (sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *r_flags)
{
  struct handle *h = (struct handle *) base;
  struct ram_file *f = name ? find (name) : NULL;

  (void) vfs;
  base->pMethods = NULL;
  if (!f) {
    f = calloc (1, sizeof *f);
    FUZZ_CHECK (f);
    f->name = strdup (name ? name : "");
    FUZZ_CHECK (f->name);
    f->next = fuzz_ram.first;
    fuzz_ram.first = f;
  }
  h->file = f;
  base->pMethods = &methods;
  if (r_flags)
    *r_flags = flags;
  return SQLITE_OK;
}

static void
drop (struct ram_file **link)
{
  struct ram_file *f = *link;

  *link = f->next;
  for (int i = 0; i < REGIONS_MAX; i++)
    free (f->regions[i]);
  for (size_t i = 0; i < CHUNKS_MAX; i++)
    free (f->chunks[i]);
  free (f->name);
  free (f);
}

static int
vfs_delete (sqlite3_vfs *vfs, const char *name, int sync)
{
  (void) vfs;
  (void) sync;
  for (struct ram_file **link = &fuzz_ram.first; *link; link = &(*link)->next)
    if (!strcmp ((*link)->name, name)) {
      drop (link);
      return SQLITE_OK;
    }
  return SQLITE_IOERR_DELETE_NOENT;
}

static int
vfs_access (sqlite3_vfs *vfs, const char *name, int flags, int *r_result)
{
  const struct ram_file *f = find (name);

  (void) vfs;
  (void) flags;
  *r_result = f && f->len;
  return SQLITE_OK;
}

static int
vfs_full_name (sqlite3_vfs *vfs, const char *name, int size, char *r_name)
{
  (void) vfs;
  return strlen (strncpy (r_name, name, (size_t) size)) < (size_t) size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int
vfs_random (sqlite3_vfs *vfs, int len, char *r_bytes)
{
  (void) vfs;
  memset (r_bytes, 7, (size_t) len);
  return len;
}

static int
vfs_sleep (sqlite3_vfs *vfs, int microseconds)
{
  (void) vfs;
  return microseconds;
}

static int
vfs_time (sqlite3_vfs *vfs, double *r_days)
{
  (void) vfs;
  *r_days = 2461000;
  return SQLITE_OK;
}

static sqlite3_vfs ram_vfs = {
  .iVersion = 1, .szOsFile = sizeof (struct handle), .mxPathname = NAME_MAX_LEN, .zName = "ram", .xOpen = vfs_open,
  .xDelete = vfs_delete, .xAccess = vfs_access, .xFullPathname = vfs_full_name, .xRandomness = vfs_random,
  .xSleep = vfs_sleep, .xCurrentTime = vfs_time
};

void
fuzz_ram_begin (void)
{
  FUZZ_CHECK (sqlite3_config (SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK); /* no locks */
  FUZZ_CHECK (sqlite3_config (SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK);
  fuzz_ram_pages_begin ();
  FUZZ_CHECK (sqlite3_vfs_register (&ram_vfs, 1) == SQLITE_OK);
}

static const char *learnt[LEARNT_MAX];
static size_t learnt_count;

void
fuzz_ram_learn (const struct cf_store *store)
{
  for (const struct cf_stmt *s = store->stmts; s; s = s->next) {
    size_t i = 0;

    while (i < learnt_count && learnt[i] != s->sql)
      i++;
    if (i == learnt_count && i < LEARNT_MAX)
      learnt[learnt_count++] = s->sql;
  }
}

void
fuzz_ram_settle (struct cf_store *store)
{
  for (size_t i = 0; i < learnt_count; i++)
    (void) cf_stmt (store, learnt[i]);
  FUZZ_CHECK (sqlite3_wal_checkpoint_v2 (store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK);
}

void
fuzz_ram_clear (void)
{
  fuzz_ram_close ();
  while (fuzz_ram.first)
    drop (&fuzz_ram.first);
}

/* In the place of SQLCipher's: pages stay in clear. */
int
sqlite3_key (sqlite3 *db, const void *key, int len)
{
  (void) db;
  (void) key;
  (void) len;
  return SQLITE_OK;
}

/* Nor has SQLite memory of its own: every allocation is one that a sanitizer, or a snapshot, knows.  Linked by
   -Wl,--wrap=store_memory_setup. */
gpg_error_t __wrap_store_memory_setup (void);

gpg_error_t
__wrap_store_memory_setup (void)
{
  return 0;
}

/* What lies on the disk in the database's place is empty.  Linked by -Wl,--wrap=cf_store_files_check. */
gpg_error_t __wrap_cf_store_files_check (const char *home);

gpg_error_t
__wrap_cf_store_files_check (const char *home)
{
  (void) home;
  return 0;
}

FUZZ_UNSEEN_END
