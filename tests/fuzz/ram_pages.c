/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ram_pages.c - SQLite's cache of pages: all of them stay, and to use one writes to little.
 *
 * SQLite's own keeps what it notes of a page at the page's end, and a list of those used last: a run that reads ten pages
 * writes to ten places far from each other, and a snapshot has as much to restore.  Here notes are apart from pages.
 */
#include <stdlib.h>
#include <string.h>

#include "core/store/internal.h"
#include "tests/fuzz/fuzz.h"

FUZZ_UNSEEN_BEGIN

#define PAGES_MAX 65536u /* of one file */

struct page {
  sqlite3_pcache_page face; /* first */
  unsigned key;
};

struct sqlite3_pcache {
  int page_len, extra_len;
  unsigned count, end; /* end: no page has that number or a higher one */
  unsigned slot_count;
  struct page **slots; /* by number; NULL: it is not here */
};

static int
init (void *arg)
{
  (void) arg;
  return SQLITE_OK;
}

static void
end (void *arg)
{
  (void) arg;
}

static sqlite3_pcache *
create (int page_len, int extra_len, int purgeable)
{
  sqlite3_pcache *c = calloc (1, sizeof *c);

  (void) purgeable;
  FUZZ_CHECK (c);
  c->page_len = page_len;
  c->extra_len = extra_len;
  return c;
}

static void
set_size (sqlite3_pcache *c, int size)
{
  (void) c;
  (void) size;
}

static int
count (sqlite3_pcache *c)
{
  return (int) c->count;
}

static void
grow (sqlite3_pcache *c, unsigned key)
{
  unsigned more = c->slot_count ? c->slot_count : 64;

  while (more <= key)
    more *= 2;
  if (more == c->slot_count)
    return;
  c->slots = realloc (c->slots, more * sizeof *c->slots);
  FUZZ_CHECK (c->slots);
  memset (c->slots + c->slot_count, 0, (more - c->slot_count) * sizeof *c->slots);
  c->slot_count = more;
}

static void
put (sqlite3_pcache *c, struct page *p, unsigned key)
{
  grow (c, key);
  p->key = key;
  c->slots[key] = p;
  if (c->end <= key)
    c->end = key + 1;
}

static sqlite3_pcache_page *
fetch (sqlite3_pcache *c, unsigned key, int make)
{
  struct page *p = key < c->slot_count ? c->slots[key] : NULL;

  if (p || !make || key >= PAGES_MAX)
    return p ? &p->face : NULL;
  p = malloc (sizeof *p + (size_t) c->extra_len);
  FUZZ_CHECK (p);
  p->face.pBuf = malloc ((size_t) c->page_len);
  FUZZ_CHECK (p->face.pBuf);
  p->face.pExtra = p + 1;
  memset (p->face.pExtra, 0, (size_t) c->extra_len);
  put (c, p, key);
  c->count++;
  return &p->face;
}

static void
discard (sqlite3_pcache *c, unsigned key)
{
  struct page *p = key < c->slot_count ? c->slots[key] : NULL;

  if (!p)
    return;
  c->slots[key] = NULL;
  c->count--;
  free (p->face.pBuf);
  free (p);
}

static void
unpin (sqlite3_pcache *c, sqlite3_pcache_page *face, int is_useless)
{
  if (is_useless)
    discard (c, ((struct page *) face)->key);
}

static void
rekey (sqlite3_pcache *c, sqlite3_pcache_page *face, unsigned old, unsigned key)
{
  discard (c, key);
  c->slots[old] = NULL;
  put (c, (struct page *) face, key);
}

static void
truncate_at (sqlite3_pcache *c, unsigned limit)
{
  for (unsigned key = limit; key < c->end; key++)
    discard (c, key);
  if (c->end > limit)
    c->end = limit;
}

static void
destroy (sqlite3_pcache *c)
{
  truncate_at (c, 0);
  free (c->slots);
  free (c);
}

static void
shrink (sqlite3_pcache *c)
{
  (void) c;
}

void
fuzz_ram_pages_begin (void)
{
  static const sqlite3_pcache_methods2 methods
      = { .iVersion = 1, .xInit = init, .xShutdown = end, .xCreate = create, .xCachesize = set_size, .xPagecount = count,
          .xFetch = fetch, .xUnpin = unpin, .xRekey = rekey, .xTruncate = truncate_at, .xDestroy = destroy,
          .xShrink = shrink };

  FUZZ_CHECK (sqlite3_config (SQLITE_CONFIG_PCACHE2, &methods) == SQLITE_OK);
}

FUZZ_UNSEEN_END
