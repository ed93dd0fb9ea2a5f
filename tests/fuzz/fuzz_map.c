/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_map.c - which blocks of a file are there: against a naive map, and through chunks as the store keeps them.
 *
 * A chunk of any bytes is loaded or refused whole, and what was loaded is written as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "core/file/block.h"
#include "core/file/map.h"
#include "tests/fuzz/fuzz.h"

#define BLOCKS_MAX (2 * CF_FILE_MAP_CHUNK + 100)
#define STEPS_MAX 40
#define BITS_LEN (CF_FILE_MAP_CHUNK / 8)

static struct {
  struct cf_file_map *map;
  uint64_t blocks;
  uint8_t leaf[BLOCKS_MAX][CF_FILE_HASH_LEN];
  bool has[BLOCKS_MAX];
} w;

/* One of the map's own, mostly; and beyond its end. */
static uint64_t
some_block (struct fuzz_in *in)
{
  uint64_t high = fuzz_u8 (in), low = fuzz_u8 (in);

  return high == 255 ? UINT64_MAX - low : (high << 8 | low) % (w.blocks + 2);
}

static void
set (struct fuzz_in *in)
{
  uint64_t i = some_block (in), count = fuzz_u8 (in);
  uint8_t leaf[CF_FILE_HASH_LEN], kind = fuzz_u8 (in);

  memcpy (leaf, cf_file_leaf_zero (), sizeof leaf);
  if (kind)
    memset (leaf, kind, sizeof leaf);
  for (uint64_t n = 0; n <= count; n++) {
    gpg_error_t err = cf_file_map_set (w.map, i + n, leaf);

    FUZZ_CHECK (!err == (i + n < w.blocks));
    if (err)
      return;
    w.has[i + n] = true;
    memcpy (w.leaf[i + n], leaf, sizeof leaf);
  }
}

static void
set_zeros (struct fuzz_in *in)
{
  uint64_t first = some_block (in), count = some_block (in);
  bool right = first <= w.blocks && count <= w.blocks - first;

  FUZZ_CHECK (!cf_file_map_set_zeros (w.map, first, count) == right);
  for (uint64_t n = 0; right && n < count; n++) {
    w.has[first + n] = true;
    memcpy (w.leaf[first + n], cf_file_leaf_zero (), CF_FILE_HASH_LEN);
  }
}

static void
clear (struct fuzz_in *in)
{
  uint64_t i = some_block (in);

  FUZZ_CHECK (!cf_file_map_clear (w.map, i));
  if (i < w.blocks)
    w.has[i] = false;
}

/* All of it into a new map, by way of the store; one chunk is altered, or made up, on the way. */
static void
reload (struct fuzz_in *in, bool alter)
{
  struct cf_file_map *again = NULL;
  uint8_t how = alter ? fuzz_u8 (in) : 0, at = alter ? fuzz_u8 (in) : 0, mask = alter ? fuzz_u8 (in) : 0;
  size_t chunks = cf_file_map_chunks (w.map);

  FUZZ_CHECK (!cf_file_map_new (w.blocks, &again));
  for (size_t n = 0; n < chunks; n++) {
    struct cf_buf out, back;
    bool changed = false;
    uint8_t *data;
    size_t len;

    cf_buf_init (&out, CF_FILE_MAP_CHUNK_SIZE);
    cf_buf_init (&back, CF_FILE_MAP_CHUNK_SIZE);
    FUZZ_CHECK (!cf_file_map_chunk (w.map, n, &out));
    len = cf_buf_len (&out);
    data = fuzz_copy (cf_buf_data (&out), len);
    if (mask && len && how % 4 == n) {
      changed = true;
      if (how & 128)
        len = len * at / 256;
      else
        data[at % (len < BITS_LEN ? len : BITS_LEN)] ^= mask;
    }
    if (len && !cf_file_map_chunk_load (again, n, data, len)) {
      FUZZ_CHECK (!cf_file_map_chunk (again, n, &back));
      FUZZ_CHECK (changed || (cf_buf_len (&back) == len && !memcmp (cf_buf_data (&back), data, len)));
      FUZZ_CHECK (cf_file_map_chunk_load (again, n, data, len)); /* once */
    } else
      FUZZ_CHECK (!len || changed);
    free (data);
    cf_buf_done (&out);
    cf_buf_done (&back);
  }
  FUZZ_CHECK (cf_file_map_next_dirty (again, 0) == chunks && cf_file_map_count (again) <= w.blocks);
  if (!alter) {
    cf_file_map_free (w.map);
    w.map = again;
  } else
    cf_file_map_free (again);
}

/* A chunk that is the input's. */
static void
load_any (struct fuzz_in *in)
{
  struct cf_file_map *map = NULL;
  uint8_t fill = fuzz_u8 (in), *data;
  size_t leaves = fuzz_u8 (in) % 12, len;
  const uint8_t *bits = fuzz_bytes (in, BITS_LEN, &len);

  data = malloc (BITS_LEN + leaves * CF_FILE_HASH_LEN);
  FUZZ_CHECK (data && !cf_file_map_new (w.blocks, &map));
  memset (data, 0, BITS_LEN);
  if (len)
    memcpy (data, bits, len);
  memset (data + BITS_LEN, fill, leaves * CF_FILE_HASH_LEN);
  if (!cf_file_map_chunk_load (map, 0, data, leaves ? BITS_LEN + leaves * CF_FILE_HASH_LEN : len))
    FUZZ_CHECK (cf_file_map_count (map) <= w.blocks && cf_file_map_count (map));
  else
    FUZZ_CHECK (!cf_file_map_count (map));
  cf_file_map_free (map);
  free (data);
}

static void
check (uint64_t from)
{
  uint64_t count = 0, first = 0, run = 0, i = from, n;
  uint8_t root[CF_FILE_HASH_LEN];

  for (n = 0; n < w.blocks; n++) {
    const uint8_t *leaf = cf_file_map_leaf (w.map, n);

    FUZZ_CHECK (cf_file_map_has (w.map, n) == w.has[n] && !leaf == !w.has[n]);
    FUZZ_CHECK (!leaf || !memcmp (leaf, w.leaf[n], CF_FILE_HASH_LEN));
    count += w.has[n];
  }
  FUZZ_CHECK (cf_file_map_count (w.map) == count && cf_file_map_whole (w.map) == (count == w.blocks));
  FUZZ_CHECK (!cf_file_map_has (w.map, w.blocks) && !cf_file_map_leaf (w.map, UINT64_MAX));
  while (i < w.blocks && w.has[i])
    i++;
  FUZZ_CHECK (cf_file_map_missing (w.map, from, &first, &run) == (i < w.blocks));
  for (n = i; n < w.blocks && !w.has[n]; n++)
    ;
  FUZZ_CHECK (i >= w.blocks || (first == i && run == n - i));
  if (cf_file_map_whole (w.map))
    cf_file_map_root (w.map, w.blocks * CF_FILE_BLOCK, root);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct fuzz_in in = { data, len };
  uint64_t high = fuzz_u8 (&in), low = fuzz_u8 (&in);

  w.blocks = high % 8 ? low : (high / 8 << 8 | low) % BLOCKS_MAX; /* few, mostly: all are looked at, again and again */
  memset (w.has, 0, w.blocks * sizeof *w.has);
  FUZZ_CHECK (!cf_file_map_new (w.blocks, &w.map));
  for (int n = 0; in.left && n < STEPS_MAX; n++) {
    uint8_t op = fuzz_u8 (&in);

    switch (op % 8) {
    case 0:
    case 1: set (&in); break;
    case 2: set_zeros (&in); break;
    case 3: clear (&in); break;
    case 4: reload (&in, false); break;
    case 5: reload (&in, true); break;
    case 6: load_any (&in); break;
    default:
      if (op == 255) {
        cf_file_map_clear_all (w.map);
        memset (w.has, 0, w.blocks * sizeof *w.has);
      } else
        check (some_block (&in));
      break;
    }
  }
  check (0);
  cf_file_map_free (w.map);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  enum { SET, ANY, ZEROS, CLEAR, RELOAD, ALTERED, LOAD, CHECK };
  static const uint8_t whole[] = { 1, 5, SET, 0, 0, 9, 7, CHECK, 0, 3, RELOAD, CLEAR, 0, 2, CHECK, 0, 0 };
  static const uint8_t holes[] = { 64, 3, ZEROS, 0, 0, 8, 3, RELOAD, CLEAR, 4, 1, RELOAD, SET, 4, 1, 0, 0, CHECK, 0, 0 };
  static const uint8_t altered[] = { 32, 9, SET, 0, 7, 3, 1, ALTERED, 0, 0, 1, ALTERED, 128, 100, 1, 255, CHECK, 0, 0 };
  static const uint8_t loaded[] = { 1, 20, LOAD, 3, 2, 3, LOAD, 0, 0, 1, LOAD, 0, 1, 0, 0, 0, 255 };
  static const uint8_t beyond[] = { 1, 7, SET, 0, 7, 0, 1, SET, 255, 0, 4, 1, ZEROS, 0, 6, 0, 2, CLEAR, 255, 1, CHECK, 255, 3 };

  emit ("whole", whole, sizeof whole);
  emit ("holes", holes, sizeof holes);
  emit ("altered", altered, sizeof altered);
  emit ("loaded", loaded, sizeof loaded);
  emit ("beyond", beyond, sizeof beyond);
}
