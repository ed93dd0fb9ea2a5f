/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_file_map.c - the map of blocks against a naive one, in random walks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/file/block.h"
#include "core/file/map.h"

static uint32_t seed;

static uint32_t
dice (uint32_t n)
{
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) % n;
}

/* The same, as simple as can be. */
struct naive {
  uint64_t blocks;
  bool has[5000];
  uint8_t leaf[5000][32];
};

static void
any_leaf (uint8_t leaf[32])
{
  memcpy (leaf, cf_file_leaf_zero (), 32);
  if (dice (2))
    leaf[dice (32)] ^= (uint8_t) (1 + dice (255));
}

static void
compare (const struct cf_file_map *m, const struct naive *n)
{
  uint64_t i, count = 0, from = dice ((uint32_t) n->blocks + 2), first, run;

  for (i = 0; i < n->blocks; i++) {
    count += n->has[i];
    if (cf_file_map_has (m, i) != n->has[i] || !cf_file_map_leaf (m, i) != !n->has[i]
        || (n->has[i] && memcmp (cf_file_map_leaf (m, i), n->leaf[i], 32) != 0))
      fail_msg ("block %lu", (unsigned long) i);
  }
  assert_int_equal (cf_file_map_count (m), count);
  assert_int_equal (cf_file_map_whole (m), count == n->blocks);
  for (i = from; i < n->blocks && n->has[i]; i++)
    ;
  assert_int_equal (cf_file_map_missing (m, from, &first, &run), i < n->blocks);
  if (i >= n->blocks)
    return;
  assert_int_equal (first, i);
  for (; i < n->blocks && !n->has[i]; i++)
    ;
  assert_int_equal (run, i - first);
}

/* The tree by its definition, level by level. */
static void
naive_root (const struct naive *n, uint8_t root[32])
{
  static uint8_t level[5000][32];
  size_t count = (size_t) n->blocks, i;
  uint8_t none[32] = { 0 };

  memcpy (level, n->leaf, count * 32);
  while (count > 1) {
    for (i = 0; i + 1 < count; i += 2)
      cf_file_node (level[i], level[i + 1], level[i / 2]);
    if (count % 2)
      memmove (level[count / 2], level[count - 1], 32);
    count = (count + 1) / 2;
  }
  cf_file_root (n->blocks * CF_FILE_BLOCK, count ? level[0] : none, root);
}

/* Through the store's chunks into a new map. */
static struct cf_file_map *
reload (const struct cf_file_map *m, uint64_t blocks)
{
  struct cf_file_map *again = NULL;
  size_t chunk;

  assert_int_equal (cf_file_map_new (blocks, &again), 0);
  for (chunk = 0; chunk < cf_file_map_chunks (m); chunk++) {
    struct cf_buf b;

    cf_buf_init (&b, CF_FILE_MAP_CHUNK_SIZE);
    assert_int_equal (cf_file_map_chunk (m, chunk, &b), 0);
    if (cf_buf_len (&b))
      assert_int_equal (cf_file_map_chunk_load (again, chunk, cf_buf_data (&b), cf_buf_len (&b)), 0);
    cf_buf_done (&b);
  }
  assert_int_equal (cf_file_map_next_dirty (again, 0), cf_file_map_chunks (again));
  return again;
}

static void
step (struct cf_file_map *m, struct naive *n)
{
  uint64_t i = dice ((uint32_t) n->blocks), count, k;
  uint8_t leaf[32];

  switch (dice (4)) {
  case 0:
    assert_int_equal (cf_file_map_clear (m, i), 0);
    n->has[i] = false;
    break;
  case 1:
    count = dice ((uint32_t) (n->blocks - i) + 1);
    assert_int_equal (cf_file_map_set_zeros (m, i, count), 0);
    for (k = i; k < i + count; k++) {
      n->has[k] = true;
      memcpy (n->leaf[k], cf_file_leaf_zero (), 32);
    }
    break;
  default: /* runs of blocks, as they come */
    for (count = dice (600); count-- && i < n->blocks; i++) {
      any_leaf (leaf);
      assert_int_equal (cf_file_map_set (m, i, leaf), 0);
      n->has[i] = true;
      memcpy (n->leaf[i], leaf, 32);
    }
  }
}

static void
test_random_walks (void **state)
{
  static const uint32_t sizes[] = { 1, 2, 1023, 1024, 1025, 2048, 4999 };
  static struct naive n;

  (void) state;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    struct cf_file_map *m = NULL, *again;
    uint8_t root[32], wanted[32];

    seed = (uint32_t) s + 1;
    memset (&n, 0, sizeof n);
    n.blocks = sizes[s];
    assert_int_equal (cf_file_map_new (n.blocks, &m), 0);
    for (int round = 0; round < 25; round++) {
      step (m, &n);
      compare (m, &n);
      if (!dice (8)) {
        again = reload (m, n.blocks);
        compare (again, &n);
        cf_file_map_free (m);
        m = again;
      }
    }
    for (uint64_t i = 0; i < n.blocks; i++)
      if (!n.has[i]) {
        any_leaf (n.leaf[i]);
        n.has[i] = true;
        assert_int_equal (cf_file_map_set (m, i, n.leaf[i]), 0);
      }
    compare (m, &n);
    cf_file_map_root (m, n.blocks * CF_FILE_BLOCK, root);
    naive_root (&n, wanted);
    assert_memory_equal (root, wanted, 32);
    cf_file_map_clear_all (m);
    memset (n.has, 0, sizeof n.has);
    compare (m, &n);
    cf_file_map_free (m);
  }
}

/* Trees of each small shape, and of zeroes that are never spelled out. */
static void
test_roots (void **state)
{
  static struct naive n;
  uint8_t root[32], wanted[32];

  (void) state;
  for (n.blocks = 0; n.blocks < 40; n.blocks++) {
    struct cf_file_map *m = NULL;

    assert_int_equal (cf_file_map_new (n.blocks, &m), 0);
    for (uint64_t i = 0; i < n.blocks; i++) {
      memset (n.leaf[i], (int) i + 1, 32);
      assert_int_equal (cf_file_map_set (m, i, n.leaf[i]), 0);
    }
    cf_file_map_root (m, n.blocks * CF_FILE_BLOCK, root);
    naive_root (&n, wanted);
    assert_memory_equal (root, wanted, 32);
    cf_file_map_free (m);
  }
  for (n.blocks = 1020; n.blocks < 5000; n.blocks += n.blocks % 1024 < 1020 ? 1 : 500) {
    struct cf_file_map *m = NULL;

    for (uint64_t i = 0; i < n.blocks; i++)
      memcpy (n.leaf[i], cf_file_leaf_zero (), 32);
    assert_int_equal (cf_file_map_new (n.blocks, &m), 0);
    assert_int_equal (cf_file_map_set_zeros (m, 0, n.blocks), 0);
    cf_file_map_root (m, n.blocks * CF_FILE_BLOCK, root);
    naive_root (&n, wanted);
    assert_memory_equal (root, wanted, 32);
    cf_file_map_free (m);
    if (n.blocks > 1030 && n.blocks < 1500)
      n.blocks = 2043;
  }
}

static void
test_dirty (void **state)
{
  struct cf_file_map *m = NULL;
  uint8_t leaf[32] = { 1 };

  (void) state;
  assert_int_equal (cf_file_map_new (4000, &m), 0);
  assert_int_equal (cf_file_map_chunks (m), 4);
  assert_int_equal (cf_file_map_next_dirty (m, 0), 4);
  assert_int_equal (cf_file_map_set (m, 2048, leaf), 0);
  assert_int_equal (cf_file_map_next_dirty (m, 0), 2);
  cf_file_map_chunk_clean (m, 2);
  assert_int_equal (cf_file_map_set (m, 2048, leaf), 0); /* nothing new */
  assert_int_equal (cf_file_map_next_dirty (m, 0), 4);
  assert_int_equal (cf_file_map_set_zeros (m, 0, 1024), 0);
  assert_int_equal (cf_file_map_next_dirty (m, 0), 0);
  assert_int_equal (cf_file_map_data (m), 1);
  cf_file_map_chunk_clean (m, 0);
  assert_int_equal (cf_file_map_set_zeros (m, 0, 1024), 0);
  assert_int_equal (cf_file_map_next_dirty (m, 0), 4);
  assert_int_equal (cf_file_map_clear (m, 1), 0);
  assert_int_equal (cf_file_map_next_dirty (m, 0), 0);
  assert_int_equal (cf_file_map_data (m), 1);
  cf_file_map_free (m);
}

/* What is on disk may be damaged. */
static void
test_load_hostile (void **state)
{
  static uint8_t data[CF_FILE_MAP_CHUNK_SIZE + 1];
  struct cf_file_map *m = NULL;

  (void) state;
  assert_int_equal (cf_file_map_new (1030, &m), 0);
#define BAD(chunk, len) assert_int_equal (gpg_err_code (cf_file_map_chunk_load (m, chunk, data, len)), CF_ERR_STORE)
  BAD (0, 0);
  BAD (0, 1); /* not the mark */
  BAD (2, 1);
  BAD (0, 128); /* bits without a block */
  BAD (0, 160); /* a leaf without a bit */
  data[0] = 0xc0;
  BAD (0, 160);
  BAD (0, 193);
  BAD (0, 191);
  memset (data, 0xff, 128);
  BAD (0, sizeof data);
  BAD (1, sizeof data - 1); /* blocks beyond the end */
  memset (data, 0, 128);
  data[0] = 0x01;
  BAD (1, 160);
  data[0] = 0x04;
  assert_int_equal (cf_file_map_chunk_load (m, 1, data, 160), 0);
  assert_true (cf_file_map_has (m, 1029));
  BAD (1, 160); /* twice */
  assert_int_equal (cf_file_map_count (m), 1);
  cf_file_map_free (m);
}

static void
test_bounds (void **state)
{
  struct cf_file_map *m = NULL;
  uint8_t leaf[32] = { 1 };
  uint64_t first, count;

  (void) state;
  assert_int_equal (gpg_err_code (cf_file_map_new (CF_FILE_MAP_BLOCKS_MAX + 1, &m)), GPG_ERR_TOO_LARGE);
  assert_int_equal (cf_file_map_new (10, &m), 0);
  assert_int_equal (gpg_err_code (cf_file_map_set (m, 10, leaf)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (cf_file_map_set_zeros (m, 5, 6)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (cf_file_map_set_zeros (m, 11, 0)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (cf_file_map_set_zeros (m, 2, UINT64_MAX)), GPG_ERR_INV_VALUE);
  assert_false (cf_file_map_has (m, UINT64_MAX));
  assert_int_equal (cf_file_map_clear (m, UINT64_MAX), 0);
  assert_false (cf_file_map_missing (m, 10, &first, &count));
  assert_false (cf_file_map_missing (m, UINT64_MAX, &first, &count));
  assert_true (cf_file_map_missing (m, 9, &first, &count));
  cf_file_map_free (m);
  assert_int_equal (cf_file_map_new (0, &m), 0);
  assert_true (cf_file_map_whole (m));
  assert_false (cf_file_map_missing (m, 0, &first, &count));
  cf_file_map_free (m);
  cf_file_map_free (NULL);
}

/* The largest there is: made, filled with zeroes, and its root, in no time. */
static void
test_huge (void **state)
{
  struct cf_file_map *m = NULL;
  uint64_t first, count;
  uint8_t root[32];

  (void) state;
  assert_int_equal (cf_file_map_new (CF_FILE_MAP_BLOCKS_MAX / 256, &m), 0);
  assert_true (cf_file_map_missing (m, 0, &first, &count));
  assert_int_equal (count, CF_FILE_MAP_BLOCKS_MAX / 256);
  for (first = 0; first < CF_FILE_MAP_BLOCKS_MAX / 256; first += 1 << 20)
    assert_int_equal (cf_file_map_set_zeros (m, first, 1 << 20), 0);
  assert_true (cf_file_map_whole (m));
  cf_file_map_root (m, CF_FILE_MAP_BLOCKS_MAX / 256 * CF_FILE_BLOCK, root);
  cf_file_map_free (m);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_random_walks), cmocka_unit_test (test_roots),  cmocka_unit_test (test_dirty),
    cmocka_unit_test (test_load_hostile), cmocka_unit_test (test_bounds), cmocka_unit_test (test_huge),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
