/* SPDX-License-Identifier: GPL-3.0-or-later */
/* map.c - which blocks of a stream are there, and their leaves.
 *
 * A chunk is one of three:
 *
 *   nothing    count 0, no memory
 *   some       count > 0, bits and leaves in memory
 *   zeroes     every block of it is there and whole zeroes: ZERO set, no memory
 *
 * and goes from "some" to "zeroes" by itself when its last block has come.
 */
#include "core/file/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/file/block.h"

#define BITS_LEN (CF_FILE_MAP_CHUNK / 8)
#define CHUNK_LEVEL 10 /* of the tree: 2^10 leaves are a chunk */
#define LEVELS_MAX 34

struct leaves {
  uint8_t bits[BITS_LEN]; /* bit 7 of byte 0 is the first block's */
  uint8_t leaf[CF_FILE_MAP_CHUNK][CF_FILE_HASH_LEN];
};

struct chunk {
  struct leaves *some;
  uint16_t count;
  bool zero, dirty;
};

struct cf_file_map {
  uint64_t blocks, count;
  size_t chunk_count;
  struct chunk chunks[]; /* of a huge file mostly pages that nobody has touched */
};

gpg_error_t
cf_file_map_new (uint64_t blocks, struct cf_file_map **r_map)
{
  uint64_t chunks = blocks / CF_FILE_MAP_CHUNK + (blocks % CF_FILE_MAP_CHUNK != 0);
  struct cf_file_map *m;

  if (blocks > CF_FILE_MAP_BLOCKS_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  m = calloc (1, sizeof *m + (size_t) chunks * sizeof *m->chunks);
  if (!m)
    return cf_err (GPG_ERR_ENOMEM);
  m->blocks = blocks;
  m->chunk_count = (size_t) chunks;
  *r_map = m;
  return 0;
}

void
cf_file_map_free (struct cf_file_map *m)
{
  if (m)
    cf_file_map_clear_all (m);
  free (m);
}

/* --- one block --- */

static unsigned
in_chunk (const struct cf_file_map *m, size_t chunk)
{
  uint64_t left = m->blocks - (uint64_t) chunk * CF_FILE_MAP_CHUNK;

  return left < CF_FILE_MAP_CHUNK ? (unsigned) left : CF_FILE_MAP_CHUNK;
}

static bool
has_bit (const struct leaves *some, unsigned i)
{
  return some->bits[i / 8] & (0x80u >> (i % 8));
}

static void
set_bit (struct leaves *some, unsigned i)
{
  some->bits[i / 8] = (uint8_t) (some->bits[i / 8] | (0x80u >> (i % 8)));
}

static bool
chunk_has (const struct chunk *c, unsigned i)
{
  return c->zero || (c->some && has_bit (c->some, i));
}

uint64_t
cf_file_map_count (const struct cf_file_map *m)
{
  return m->count;
}

uint64_t
cf_file_map_data (const struct cf_file_map *m)
{
  uint64_t data = 0;

  for (size_t k = 0; k < m->chunk_count; k++) {
    const struct leaves *some = m->chunks[k].some;

    for (unsigned i = 0; some && i < CF_FILE_MAP_CHUNK; i++)
      data += has_bit (some, i) && memcmp (some->leaf[i], cf_file_leaf_zero (), CF_FILE_HASH_LEN) != 0;
  }
  return data;
}

bool
cf_file_map_whole (const struct cf_file_map *m)
{
  return m->count == m->blocks;
}

bool
cf_file_map_has (const struct cf_file_map *m, uint64_t i)
{
  return i < m->blocks && chunk_has (&m->chunks[i / CF_FILE_MAP_CHUNK], (unsigned) (i % CF_FILE_MAP_CHUNK));
}

const uint8_t *
cf_file_map_leaf (const struct cf_file_map *m, uint64_t i)
{
  const struct chunk *c = &m->chunks[i / CF_FILE_MAP_CHUNK];

  if (!cf_file_map_has (m, i))
    return NULL;
  return c->zero ? cf_file_leaf_zero () : c->some->leaf[i % CF_FILE_MAP_CHUNK];
}

/* Make C one that has leaves in memory. */
static gpg_error_t
expand (struct chunk *c)
{
  unsigned i;

  if (c->some)
    return 0;
  c->some = calloc (1, sizeof *c->some);
  if (!c->some)
    return cf_err (GPG_ERR_ENOMEM);
  for (i = 0; c->zero && i < c->count; i++) {
    set_bit (c->some, i);
    memcpy (c->some->leaf[i], cf_file_leaf_zero (), CF_FILE_HASH_LEN);
  }
  c->zero = false;
  return 0;
}

/* Free the memory of C if it says no more than "zeroes" or "nothing". */
static void
collapse (struct cf_file_map *m, size_t chunk)
{
  struct chunk *c = &m->chunks[chunk];
  unsigned i, n = in_chunk (m, chunk);

  if (!c->some || (c->count && c->count < n))
    return;
  for (i = 0; i < c->count; i++)
    if (memcmp (c->some->leaf[i], cf_file_leaf_zero (), CF_FILE_HASH_LEN) != 0)
      return;
  c->zero = c->count > 0;
  free (c->some);
  c->some = NULL;
}

/* Mark block I as there, with LEAF, without looking whether all are zeroes now. */
static gpg_error_t
put (struct cf_file_map *m, uint64_t i, const uint8_t *leaf)
{
  struct chunk *c = &m->chunks[i / CF_FILE_MAP_CHUNK];
  unsigned k = (unsigned) (i % CF_FILE_MAP_CHUNK);
  gpg_error_t err;

  err = expand (c);
  if (err)
    return err;
  if (!has_bit (c->some, k)) {
    set_bit (c->some, k);
    c->count++;
    m->count++;
  }
  memcpy (c->some->leaf[k], leaf, CF_FILE_HASH_LEN);
  c->dirty = true;
  return 0;
}

gpg_error_t
cf_file_map_set (struct cf_file_map *m, uint64_t i, const uint8_t leaf[CF_FILE_HASH_LEN])
{
  const uint8_t *had;
  gpg_error_t err;

  if (i >= m->blocks)
    return cf_err (GPG_ERR_INV_VALUE);
  had = cf_file_map_leaf (m, i);
  if (had && !memcmp (had, leaf, CF_FILE_HASH_LEN))
    return 0;
  err = put (m, i, leaf);
  if (!err)
    collapse (m, (size_t) (i / CF_FILE_MAP_CHUNK));
  return err;
}

gpg_error_t
cf_file_map_set_zeros (struct cf_file_map *m, uint64_t first, uint64_t count)
{
  gpg_error_t err;

  if (first > m->blocks || count > m->blocks - first)
    return cf_err (GPG_ERR_INV_VALUE);
  while (count) {
    size_t chunk = (size_t) (first / CF_FILE_MAP_CHUNK);
    struct chunk *c = &m->chunks[chunk];
    unsigned begin = (unsigned) (first % CF_FILE_MAP_CHUNK), n = in_chunk (m, chunk), end = n, i;

    if (count < end - begin)
      end = begin + (unsigned) count;
    if (end - begin == n && !c->zero) { /* all of it */
      m->count += n - c->count;
      c->count = (uint16_t) n;
      free (c->some);
      c->some = NULL;
      c->zero = c->dirty = true;
    }
    for (i = begin; !c->zero && i < end; i++) {
      err = put (m, first - begin + i, cf_file_leaf_zero ());
      if (err)
        return err;
    }
    collapse (m, chunk);
    first += end - begin;
    count -= end - begin;
  }
  return 0;
}

gpg_error_t
cf_file_map_clear (struct cf_file_map *m, uint64_t i)
{
  unsigned k = (unsigned) (i % CF_FILE_MAP_CHUNK);
  struct chunk *c;
  gpg_error_t err;

  if (!cf_file_map_has (m, i))
    return 0;
  c = &m->chunks[i / CF_FILE_MAP_CHUNK];
  err = expand (c);
  if (err)
    return err;
  c->some->bits[k / 8] = (uint8_t) (c->some->bits[k / 8] & ~(0x80u >> (k % 8)));
  c->count--;
  m->count--;
  c->dirty = true;
  collapse (m, (size_t) (i / CF_FILE_MAP_CHUNK));
  return 0;
}

void
cf_file_map_clear_all (struct cf_file_map *m)
{
  size_t i;

  for (i = 0; i < m->chunk_count; i++) {
    struct chunk *c = &m->chunks[i];

    if (!c->count) /* do not touch the page */
      continue;
    free (c->some);
    memset (c, 0, sizeof *c);
    c->dirty = true;
  }
  m->count = 0;
}

/* --- what is missing --- */

/* The first block at or after FROM that is there (or is not: WANT false); M->BLOCKS: none. */
static uint64_t
next_block (const struct cf_file_map *m, uint64_t from, bool want)
{
  while (from < m->blocks) {
    size_t chunk = (size_t) (from / CF_FILE_MAP_CHUNK);
    const struct chunk *c = &m->chunks[chunk];
    unsigned n = in_chunk (m, chunk), i = (unsigned) (from % CF_FILE_MAP_CHUNK);

    if (want ? c->count == n : !c->count)
      return from;
    if (want ? c->count > 0 : c->count < n)
      for (; i < n; i++)
        if (chunk_has (c, i) == want)
          return (uint64_t) chunk * CF_FILE_MAP_CHUNK + i;
    from = (uint64_t) chunk * CF_FILE_MAP_CHUNK + n;
  }
  return m->blocks;
}

bool
cf_file_map_missing (const struct cf_file_map *m, uint64_t from, uint64_t *r_first, uint64_t *r_count)
{
  uint64_t first = cf_file_map_whole (m) ? m->blocks : next_block (m, from, false);

  if (first >= m->blocks)
    return false;
  *r_first = first;
  *r_count = next_block (m, first, true) - first;
  return true;
}

/* --- the root --- */

/* Nodes that wait for their right sibling, the highest first: a node of level L is the top of 2^L leaves. */
struct tree {
  struct {
    unsigned level;
    uint8_t hash[CF_FILE_HASH_LEN];
  } nodes[LEVELS_MAX];
  unsigned depth;
};

static void
tree_add (struct tree *t, unsigned level, const uint8_t *hash)
{
  assert (t->depth < LEVELS_MAX);
  memcpy (t->nodes[t->depth].hash, hash, CF_FILE_HASH_LEN);
  t->nodes[t->depth++].level = level;
  while (t->depth > 1 && t->nodes[t->depth - 2].level == t->nodes[t->depth - 1].level) {
    t->depth--;
    cf_file_node (t->nodes[t->depth - 1].hash, t->nodes[t->depth].hash, t->nodes[t->depth - 1].hash);
    t->nodes[t->depth - 1].level++;
  }
}

/* The top: what is left without a sibling goes up as it is. */
static void
tree_top (struct tree *t, uint8_t top[CF_FILE_HASH_LEN])
{
  memset (top, 0, CF_FILE_HASH_LEN);
  if (t->depth)
    memcpy (top, t->nodes[--t->depth].hash, CF_FILE_HASH_LEN);
  while (t->depth)
    cf_file_node (t->nodes[--t->depth].hash, top, top);
}

void
cf_file_map_root (const struct cf_file_map *m, uint64_t stream_len, uint8_t r_root[CF_FILE_HASH_LEN])
{
  uint8_t zeroes[CF_FILE_HASH_LEN], top[CF_FILE_HASH_LEN];
  struct tree t = { .depth = 0 };
  size_t chunk;
  unsigned i;

  assert (cf_file_map_whole (m));
  memcpy (zeroes, cf_file_leaf_zero (), sizeof zeroes);
  for (i = 0; i < CHUNK_LEVEL; i++)
    cf_file_node (zeroes, zeroes, zeroes);
  for (chunk = 0; chunk < m->chunk_count; chunk++) {
    unsigned n = in_chunk (m, chunk);

    if (m->chunks[chunk].zero && n == CF_FILE_MAP_CHUNK) {
      tree_add (&t, CHUNK_LEVEL, zeroes);
      continue;
    }
    for (i = 0; i < n; i++)
      tree_add (&t, 0, cf_file_map_leaf (m, (uint64_t) chunk * CF_FILE_MAP_CHUNK + i));
  }
  tree_top (&t, top);
  cf_file_root (stream_len, top, r_root);
}

/* --- chunks ---
 *
 * In the store a chunk is one byte ZEROES_MARK, or its bits, then the leaves of
 * the blocks that are there.
 */

#define ZEROES_MARK 'Z'

size_t
cf_file_map_chunks (const struct cf_file_map *m)
{
  return m->chunk_count;
}

size_t
cf_file_map_next_dirty (const struct cf_file_map *m, size_t from)
{
  while (from < m->chunk_count && !m->chunks[from].dirty)
    from++;
  return from < m->chunk_count ? from : m->chunk_count;
}

void
cf_file_map_chunk_clean (struct cf_file_map *m, size_t chunk)
{
  if (chunk < m->chunk_count)
    m->chunks[chunk].dirty = false;
}

gpg_error_t
cf_file_map_chunk (const struct cf_file_map *m, size_t chunk, struct cf_buf *out)
{
  const struct chunk *c = chunk < m->chunk_count ? &m->chunks[chunk] : NULL;
  gpg_error_t err;
  unsigned i;

  if (!c || !c->count)
    return 0;
  if (c->zero)
    return cf_buf_add (out, &(const char){ ZEROES_MARK }, 1);
  err = cf_buf_add (out, c->some->bits, BITS_LEN);
  for (i = 0; !err && i < CF_FILE_MAP_CHUNK; i++)
    if (has_bit (c->some, i))
      err = cf_buf_add (out, c->some->leaf[i], CF_FILE_HASH_LEN);
  return err;
}

gpg_error_t
cf_file_map_chunk_load (struct cf_file_map *m, size_t chunk, const void *data, size_t len)
{
  const uint8_t *bits = data, *leaf = bits + BITS_LEN;
  struct leaves *some;
  unsigned count = 0, i, n;
  struct chunk *c;

  if (chunk >= m->chunk_count || m->chunks[chunk].count)
    return cf_err (CF_ERR_STORE);
  c = &m->chunks[chunk];
  n = in_chunk (m, chunk);
  if (len == 1 && *bits == ZEROES_MARK) {
    c->zero = true;
    c->count = (uint16_t) n;
    m->count += n;
    return 0;
  }
  if (len < BITS_LEN + CF_FILE_HASH_LEN || len > CF_FILE_MAP_CHUNK_SIZE)
    return cf_err (CF_ERR_STORE);
  some = calloc (1, sizeof *some);
  if (!some)
    return cf_err (GPG_ERR_ENOMEM);
  memcpy (some->bits, bits, BITS_LEN);
  for (i = 0; i < CF_FILE_MAP_CHUNK; i++) {
    if (!has_bit (some, i))
      continue;
    if (i >= n || len - BITS_LEN - count * CF_FILE_HASH_LEN < CF_FILE_HASH_LEN)
      break;
    memcpy (some->leaf[i], leaf + (size_t) count++ * CF_FILE_HASH_LEN, CF_FILE_HASH_LEN);
  }
  if (i < CF_FILE_MAP_CHUNK || BITS_LEN + (size_t) count * CF_FILE_HASH_LEN != len) {
    free (some);
    return cf_err (CF_ERR_STORE);
  }
  c->some = some;
  c->count = (uint16_t) count;
  m->count += count;
  collapse (m, chunk);
  return 0;
}
