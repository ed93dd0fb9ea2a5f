/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_disk.c - files in memory behind SQLite's interface to the system, with faults. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/store/internal.h"
#include "tests/sim/sim_disk.h"

#define SECTOR 512 /* what reaches the medium whole */

struct bytes {
  uint8_t *data;
  size_t len;
};

/* Written and not synced. */
struct change {
  struct change *next; /* in order */
  bool cut;            /* the file's length became AT */
  size_t at;
  struct bytes with;
};

struct file {
  struct file *next;
  char *path;          /* NULL: a temporary one */
  struct bytes seen, kept;
  struct change *changes;
  bool there, on_medium; /* the name, as seen and as kept */
  unsigned users;
};

struct handle {
  sqlite3_file base; /* first */
  struct file *file;
};

static struct {
  sqlite3_vfs vfs;
  sqlite3_vfs *system;
  struct file *files;
  uint64_t rng;
  enum sim_disk_fault fault;
  const char *part;
  uint64_t nth, count;
  bool met, held;
} disk;

static uint64_t
dice (uint64_t below)
{
  disk.rng ^= disk.rng << 13;
  disk.rng ^= disk.rng >> 7;
  disk.rng ^= disk.rng << 17;
  return disk.rng % below;
}

/* ---- bytes ---- */

static void
resize (struct bytes *b, size_t len)
{
  uint8_t *data = realloc (b->data, len + 1);

  assert (data);
  if (len > b->len)
    memset (data + b->len, 0, len - b->len);
  b->data = data;
  b->len = len;
}

static void
put (struct bytes *b, size_t at, const uint8_t *data, size_t len)
{
  if (at + len > b->len)
    resize (b, at + len);
  memcpy (b->data + at, data, len);
}

static void
note (struct file *f, bool cut, size_t at, const void *data, size_t len)
{
  struct change **last = &f->changes, *c = calloc (1, sizeof *c);

  assert (c);
  while (*last)
    last = &(*last)->next;
  c->cut = cut;
  c->at = at;
  if (len)
    put (&c->with, 0, data, len);
  *last = c;
}

static void
forget_changes (struct file *f)
{
  struct change *c;

  while ((c = f->changes)) {
    f->changes = c->next;
    free (c->with.data);
    free (c);
  }
}

/* ---- faults ---- */

static bool
concerns (const struct file *f, const char *part)
{
  return !part || (f->path && strstr (f->path, part));
}

/* One operation of F, which gives CODE if it is to fail. */
static int
meet (const struct file *f, int code, bool writes)
{
  if (disk.fault == SIM_DISK_WELL || disk.held || !concerns (f, disk.part))
    return SQLITE_OK;
  disk.count++;
  if (disk.fault == SIM_DISK_ERROR ? disk.count != disk.nth : disk.count < disk.nth)
    return SQLITE_OK;
  if (disk.fault == SIM_DISK_FULL) {
    disk.met = disk.met || writes;
    return writes ? SQLITE_FULL : SQLITE_OK;
  }
  disk.met = true;
  return code;
}

void
sim_disk_fail (enum sim_disk_fault fault, const char *part, uint64_t n)
{
  disk.fault = fault;
  disk.part = part;
  disk.nth = n;
  disk.count = 0;
  disk.met = disk.met && fault == SIM_DISK_WELL;
}

void
sim_disk_hold (bool hold)
{
  disk.held = hold;
}

uint64_t
sim_disk_count (void)
{
  return disk.count;
}

bool
sim_disk_met (void)
{
  return disk.met;
}

/* ---- a file ---- */

static void
drop_file (struct file *f)
{
  struct file **link = &disk.files;

  while (*link != f)
    link = &(*link)->next;
  *link = f->next;
  forget_changes (f);
  free (f->seen.data);
  free (f->kept.data);
  free (f->path);
  free (f);
}

static int
file_close (sqlite3_file *h)
{
  struct file *f = ((struct handle *) h)->file;

  f->users--;
  if (!f->path)
    drop_file (f);
  return SQLITE_OK;
}

static int
file_read (sqlite3_file *h, void *buf, int len, sqlite3_int64 at)
{
  struct file *f = ((struct handle *) h)->file;
  int rc = meet (f, SQLITE_IOERR_READ, false);
  size_t have = (size_t) at < f->seen.len ? f->seen.len - (size_t) at : 0;

  if (rc)
    return rc;
  if (have >= (size_t) len) {
    memcpy (buf, f->seen.data + at, (size_t) len);
    return SQLITE_OK;
  }
  memset (buf, 0, (size_t) len);
  if (have)
    memcpy (buf, f->seen.data + at, have);
  return SQLITE_IOERR_SHORT_READ;
}

static int
file_write (sqlite3_file *h, const void *buf, int len, sqlite3_int64 at)
{
  struct file *f = ((struct handle *) h)->file;
  int rc = meet (f, SQLITE_IOERR_WRITE, true);
  size_t part = rc ? (size_t) dice ((uint64_t) len) : (size_t) len;

  if (rc && disk.fault == SIM_DISK_GONE)
    return rc;
  put (&f->seen, (size_t) at, buf, part);
  note (f, false, (size_t) at, buf, part);
  return rc;
}

static int
file_truncate (sqlite3_file *h, sqlite3_int64 len)
{
  struct file *f = ((struct handle *) h)->file;
  int rc = meet (f, SQLITE_IOERR_TRUNCATE, false);

  if (rc)
    return rc;
  resize (&f->seen, (size_t) len);
  note (f, true, (size_t) len, NULL, 0);
  return SQLITE_OK;
}

/* All names as they are now. */
static void
sync_directory (void)
{
  for (struct file *f = disk.files; f; f = f->next) {
    f->on_medium = f->there;
    if (!f->there) {
      resize (&f->kept, 0);
      forget_changes (f);
    }
  }
}

/* A new file's first sync is one of its directory, too, as SQLite does it for logs and journals. */
static void
keep (struct file *f)
{
  if (f->on_medium != f->there)
    sync_directory ();
  resize (&f->kept, f->seen.len);
  if (f->seen.len)
    memcpy (f->kept.data, f->seen.data, f->seen.len);
  forget_changes (f);
}

static int
file_sync (sqlite3_file *h, int flags)
{
  struct file *f = ((struct handle *) h)->file;
  int rc = meet (f, SQLITE_IOERR_FSYNC, false);

  (void) flags;
  if (!rc)
    keep (f);
  return rc;
}

static int
file_size (sqlite3_file *h, sqlite3_int64 *r_len)
{
  *r_len = (sqlite3_int64) ((struct handle *) h)->file->seen.len;
  return SQLITE_OK;
}

static int
file_lock (sqlite3_file *h, int level)
{
  (void) level;
  return meet (((struct handle *) h)->file, SQLITE_IOERR_LOCK, false);
}

static int
file_unlock (sqlite3_file *h, int level)
{
  (void) h;
  (void) level;
  return SQLITE_OK;
}

static int
file_reserved (sqlite3_file *h, int *r_reserved)
{
  (void) h;
  *r_reserved = 0;
  return SQLITE_OK;
}

static int
file_control (sqlite3_file *h, int op, void *arg)
{
  (void) h;
  (void) op;
  (void) arg;
  return SQLITE_NOTFOUND;
}

static int
file_sector (sqlite3_file *h)
{
  (void) h;
  return 4096;
}

/* What SQLite takes for granted on Unix. */
static int
file_traits (sqlite3_file *h)
{
  (void) h;
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
  .iVersion = 1, /* no shared memory: the store must do without */
  .xClose = file_close,
  .xRead = file_read,
  .xWrite = file_write,
  .xTruncate = file_truncate,
  .xSync = file_sync,
  .xFileSize = file_size,
  .xLock = file_lock,
  .xUnlock = file_unlock,
  .xCheckReservedLock = file_reserved,
  .xFileControl = file_control,
  .xSectorSize = file_sector,
  .xDeviceCharacteristics = file_traits,
};

/* ---- the disk ---- */

static struct file *
find (const char *path)
{
  for (struct file *f = disk.files; f; f = f->next)
    if (path && f->path && !strcmp (f->path, path))
      return f;
  return NULL;
}

static struct file *
new_file (const char *path)
{
  struct file *f = calloc (1, sizeof *f);

  assert (f);
  f->path = path ? strdup (path) : NULL;
  f->next = disk.files;
  disk.files = f;
  return f;
}

/* The store makes its file before SQLite opens it, and init removes what an earlier one left. */
static void
follow_real (const char *path)
{
  static const char *const kin[] = { "", "-wal", "-journal" };
  struct stat st;
  FILE *real;
  char name[512];

  if (stat (path, &st) == 0 && st.st_size)
    return;
  for (size_t i = 0; i < sizeof kin / sizeof *kin; i++) {
    struct file *f;

    snprintf (name, sizeof name, "%s%s", path, kin[i]);
    f = find (name);
    if (f)
      drop_file (f);
  }
  real = fopen (path, "w");
  assert (real);
  putc ('x', real);
  fclose (real);
}

static int
disk_open (sqlite3_vfs *vfs, const char *path, sqlite3_file *h, int flags, int *r_flags)
{
  struct file *f;
  int rc;

  (void) vfs;
  h->pMethods = NULL;
  if (flags & SQLITE_OPEN_MAIN_DB)
    follow_real (path);
  f = find (path);
  if (!f)
    f = new_file (path);
  rc = meet (f, SQLITE_CANTOPEN, false);
  if (!rc && !f->there && !(flags & SQLITE_OPEN_CREATE))
    rc = SQLITE_CANTOPEN;
  if (rc)
    return rc;
  f->there = true;
  f->users++;
  ((struct handle *) h)->file = f;
  h->pMethods = &methods;
  if (r_flags)
    *r_flags = flags;
  return SQLITE_OK;
}

static int
disk_delete (sqlite3_vfs *vfs, const char *path, int sync)
{
  struct file *f = find (path);
  int rc;

  (void) vfs;
  if (!f || !f->there)
    return SQLITE_IOERR_DELETE_NOENT;
  rc = meet (f, SQLITE_IOERR_DELETE, false);
  if (rc)
    return rc;
  f->there = false;
  resize (&f->seen, 0);
  note (f, true, 0, NULL, 0);
  if (sync)
    keep (f);
  return SQLITE_OK;
}

static int
disk_access (sqlite3_vfs *vfs, const char *path, int flags, int *r_yes)
{
  struct file *f = find (path);

  (void) vfs;
  (void) flags;
  *r_yes = f && f->there && (f->seen.len || flags != SQLITE_ACCESS_EXISTS);
  return SQLITE_OK;
}

static int
disk_path (sqlite3_vfs *vfs, const char *path, int size, char *out)
{
  (void) vfs;
  if (strlen (path) >= (size_t) size)
    return SQLITE_CANTOPEN;
  strcpy (out, path);
  return SQLITE_OK;
}

static int
disk_random (sqlite3_vfs *vfs, int len, char *out)
{
  (void) vfs;
  for (int i = 0; i < len; i++)
    out[i] = (char) dice (256);
  return len;
}

static int
disk_sleep (sqlite3_vfs *vfs, int us)
{
  (void) vfs;
  return us;
}

static int
disk_time (sqlite3_vfs *vfs, double *r_day)
{
  (void) vfs;
  *r_day = 2460000.5;
  return SQLITE_OK;
}

static int
disk_last_error (sqlite3_vfs *vfs, int size, char *out)
{
  (void) vfs;
  (void) size;
  (void) out;
  return 0;
}

void
sim_disk_new (uint64_t seed)
{
  if (store_memory_setup ()) /* before SQLite is used for the first time */
    abort ();
  memset (&disk, 0, sizeof disk);
  disk.rng = seed * 2 + 1;
  disk.system = sqlite3_vfs_find (NULL);
  disk.vfs = (sqlite3_vfs){
    .iVersion = 1,
    .szOsFile = sizeof (struct handle),
    .mxPathname = 512,
    .zName = "sim-disk",
    .xOpen = disk_open,
    .xDelete = disk_delete,
    .xAccess = disk_access,
    .xFullPathname = disk_path,
    .xRandomness = disk_random,
    .xSleep = disk_sleep,
    .xCurrentTime = disk_time,
    .xGetLastError = disk_last_error,
  };
  sqlite3_vfs_register (&disk.vfs, 1);
}

void
sim_disk_free (void)
{
  sqlite3_vfs_unregister (&disk.vfs);
  sqlite3_vfs_register (disk.system, 1);
  while (disk.files)
    drop_file (disk.files);
}

/* ---- power ---- */

static void
apply (struct bytes *b, const struct change *c)
{
  if (c->cut) {
    resize (b, c->at);
    return;
  }
  /* Whole, or some of its sectors. */
  if (dice (2)) {
    put (b, c->at, c->with.data, c->with.len);
    return;
  }
  for (size_t at = 0; at < c->with.len; at += SECTOR)
    if (dice (2))
      put (b, c->at + at, c->with.data + at, c->with.len - at < SECTOR ? c->with.len - at : SECTOR);
}

static void
lose_power (struct file *f)
{
  uint64_t luck = dice (4); /* 0: nothing more came through, 3: nearly everything */

  assert (!f->users);
  for (struct change *c = f->changes; c; c = c->next)
    if (dice (3) < luck) {
      apply (&f->kept, c);
      f->on_medium = f->on_medium || f->there;
    }
  forget_changes (f);
  if (f->on_medium && !f->there)
    f->on_medium = dice (2);
  f->there = f->on_medium;
  resize (&f->seen, f->kept.len);
  if (f->kept.len)
    memcpy (f->seen.data, f->kept.data, f->kept.len);
}

void
sim_disk_power (const char *part)
{
  for (struct file *f = disk.files; f; f = f->next)
    if (concerns (f, part))
      lose_power (f);
}
