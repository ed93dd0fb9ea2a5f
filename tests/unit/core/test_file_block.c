/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_file_block.c - sealing blocks, and the tree's hashes, against values computed elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/file/leaf_private.h"

static const uint8_t key[32] = { 1 }, transfer[16] = { 2 }, run[16] = { 3 };
static uint8_t data[CF_FILE_BLOCK], copy[CF_FILE_BLOCK];

static struct cf_file_seal *
new_seal (const uint8_t *with_key, const uint8_t *with_transfer, const uint8_t *with_run, int suite)
{
  struct cf_file_seal *s = NULL;

  assert_int_equal (cf_file_seal_new (with_key, with_transfer, with_run, suite, &s), 0);
  return s;
}

static void
fill (size_t len)
{
  for (size_t i = 0; i < len; i++)
    data[i] = (uint8_t) (i * 7 + i / 256);
  memcpy (copy, data, len);
}

static void
test_inverse (void **state)
{
  static const size_t lens[] = { 0, 1, 15, 16, 17, 1000, CF_FILE_BLOCK };

  (void) state;
  for (int suite = CF_FILE_SUITE_OCB; suite <= CF_FILE_SUITE_CHACHAPOLY; suite++) {
    struct cf_file_seal *s = new_seal (key, transfer, run, suite), *o = new_seal (key, transfer, run, suite);
    uint8_t tag[16];

    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
      fill (lens[i]);
      assert_int_equal (cf_file_block_seal (s, CF_FILE_FRAME_BLOCK, i, 0, 0, data, lens[i], tag), 0);
      if (lens[i] > 8)
        assert_memory_not_equal (data, copy, lens[i]);
      assert_int_equal (cf_file_block_open (o, CF_FILE_FRAME_BLOCK, i, 0, 0, data, lens[i], tag), 0);
      assert_memory_equal (data, copy, lens[i]);
    }
    cf_file_seal_free (s);
    cf_file_seal_free (o);
  }
}

/* A nonce is used once; each type of frame has its own. */
static void
test_only_upwards (void **state)
{
  struct cf_file_seal *s = new_seal (key, transfer, run, CF_FILE_SUITE_OCB);
  uint8_t first[32] = { 0 }, second[32] = { 0 }, tag[16];

  (void) state;
#define SEAL(type, index, out) gpg_err_code (cf_file_block_seal (s, type, index, 0, 0, out, sizeof first, tag))
  assert_int_equal (SEAL (CF_FILE_FRAME_BLOCK, 0, first), 0);
  assert_int_equal (SEAL (CF_FILE_FRAME_BLOCK, 0, data), GPG_ERR_INV_STATE);
  assert_int_equal (SEAL (CF_FILE_FRAME_LEAVES, 0, second), 0);
  assert_memory_not_equal (first, second, sizeof first); /* of the same zeroes */
  assert_int_equal (SEAL (CF_FILE_FRAME_ZEROS, 7, data), 0);
  assert_int_equal (SEAL (CF_FILE_FRAME_BLOCK, 6, data), 0);
  assert_int_equal (SEAL (CF_FILE_FRAME_ZEROS, 7, data), GPG_ERR_INV_STATE);
  assert_int_equal (SEAL (CF_FILE_FRAME_ZEROS, 6, data), GPG_ERR_INV_STATE);
  assert_int_equal (SEAL (CF_FILE_FRAME_BLOCK, UINT64_MAX, data), 0);
  assert_int_equal (SEAL (CF_FILE_FRAME_BLOCK, UINT64_MAX, data), GPG_ERR_INV_STATE);
  assert_int_equal (SEAL (0, 0, data), GPG_ERR_INV_VALUE);
  assert_int_equal (SEAL (4, 0, data), GPG_ERR_INV_VALUE);
  cf_file_seal_free (s);
}

/* Everything about a block is authenticated, and one that does not hold leaves nothing behind. */
static void
test_forged (void **state)
{
  static const uint8_t other_key[32] = { 9 }, other_transfer[16] = { 9 }, other_run[16] = { 9 }, zeros[100];

  (void) state;
  for (int suite = CF_FILE_SUITE_OCB; suite <= CF_FILE_SUITE_CHACHAPOLY; suite++)
    for (int what = 0; what < 11; what++) {
      struct cf_file_seal *s = new_seal (key, transfer, run, suite);
      struct cf_file_seal *o = new_seal (what == 1 ? other_key : key, what == 2 ? other_transfer : transfer,
                                         what == 3 ? other_run : run, what == 4 ? 3 - suite : suite);
      uint8_t tag[16];
      size_t len = what == 10 ? 99 : 100;
      gpg_error_t err;

      fill (100);
      assert_int_equal (cf_file_block_seal (s, CF_FILE_FRAME_ZEROS, 5, 8, 1, data, 100, tag), 0);
      if (what == 5)
        data[99] ^= 1;
      if (what == 6)
        tag[15] ^= 1;
      err = cf_file_block_open (o, what == 7 ? CF_FILE_FRAME_BLOCK : CF_FILE_FRAME_ZEROS, what == 8 ? 6 : 5,
                                what == 9 ? 9 : 8, 1, data, len, tag);
      if (!what) {
        assert_int_equal (err, 0);
        assert_memory_equal (data, copy, 100);
      } else {
        assert_int_equal (gpg_err_code (err), GPG_ERR_CHECKSUM);
        assert_memory_equal (data, zeros, len);
      }
      cf_file_seal_free (s);
      cf_file_seal_free (o);
    }
}

/* The file of doc/protocol.md, "Test vectors", computed by another implementation (Python's cryptography, hashlib). */
static void
test_wire (void **state)
{
  struct cf_file_seal *s = new_seal (key, transfer, run, CF_FILE_SUITE_OCB);
  uint8_t tag[16];
  char hex[65];

  (void) state;
  memcpy (data, "hello", 5);
  assert_int_equal (cf_file_block_seal (s, CF_FILE_FRAME_BLOCK, 0x0102030405, 0, 0, data, 5, tag), 0);
  assert_string_equal (cf_hex (data, 5, hex), "f143fdf5fc");
  assert_string_equal (cf_hex (tag, 16, hex), "2d2ea86b34c9abef2882747b47e3cacc");
  cf_file_seal_free (s);
  s = new_seal (key, transfer, run, CF_FILE_SUITE_CHACHAPOLY);
  assert_int_equal (cf_file_block_seal (s, CF_FILE_FRAME_ZEROS, 7, 9, 0, data, 0, tag), 0);
  assert_string_equal (cf_hex (tag, 16, hex), "d8092deb1981947921a6d4457c762e5b");
  cf_file_seal_free (s);
}

static void
test_flags (void **state)
{
  struct cf_file_seal *s = new_seal (key, transfer, run, CF_FILE_SUITE_OCB);
  uint8_t tag[16];

  (void) state;
  fill (100);
  assert_int_equal (cf_file_block_seal (s, CF_FILE_FRAME_BLOCK, 5, 0, 1, data, 100, tag), 0);
  assert_int_equal (gpg_err_code (cf_file_block_open (s, CF_FILE_FRAME_BLOCK, 5, 0, 0, data, 100, tag)),
                    GPG_ERR_CHECKSUM);
  cf_file_seal_free (s);
}

static void
test_suites (void **state)
{
  struct cf_file_seal *s = NULL;

  (void) state;
  assert_int_equal (gpg_err_code (cf_file_seal_new (key, transfer, run, 0, &s)), CF_ERR_PROTOCOL);
  assert_int_equal (gpg_err_code (cf_file_seal_new (key, transfer, run, 3, &s)), CF_ERR_PROTOCOL);
  assert_null (s);
  assert_in_range (cf_file_suite (), CF_FILE_SUITE_OCB, CF_FILE_SUITE_CHACHAPOLY);
}

/* Python's hashlib says the same. */
static void
test_hashes (void **state)
{
  uint8_t leaf[3][32], node[32], root[32];
  char hex[65];

  (void) state;
  cf_file_leaf ("hello", 5, leaf[0]);
  assert_string_equal (cf_hex (leaf[0], 32, hex), "5b3c702bbe71303cf6547e401ed36d054ad48f838408c1592706cc1d26e6c004");
  fill (sizeof data); /* different pieces */
  cf_file_leaf (data, sizeof data, leaf[0]);
  assert_string_equal (cf_hex (leaf[0], 32, hex), "1b8bf24fcfea493fa980190e354d3111cd4650f93cb3114a41081ea8741b0b85");
  cf_file_leaf (data, 3 * CF_FILE_PIECE - 1, leaf[0]);
  assert_string_equal (cf_hex (leaf[0], 32, hex), "51b9f151318464605f09452e19fb28430daa49fc39e31779a1e09c6587ed7043");
  for (int i = 0; i < 3; i++) {
    memset (data, i, sizeof data);
    cf_file_leaf (data, sizeof data, leaf[i]);
  }
  assert_memory_equal (leaf[0], cf_file_leaf_zero (), 32);
  cf_file_node (leaf[0], leaf[1], node);
  cf_file_node (node, leaf[2], node);
  cf_file_root (sizeof data * 3, node, root);
  assert_string_equal (cf_hex (root, 32, hex), "e8e152294453ca15a6910f73a15d2f926030f826e6865680908d85b6f1dab9e2");
  memset (node, 0, sizeof node);
  cf_file_root (0, node, root);
  assert_string_equal (cf_hex (root, 32, hex), "1d789641dcd85154730354ede9ab044f270ab5e76b39dc9445a69b2b14845f20");
}

/* Four at once are the same as one after the other. */
static void
test_four (void **state)
{
  uint8_t four[CF_FILE_PIECES][CF_FILE_HASH_LEN], one[CF_FILE_HASH_LEN];
  uint32_t seed = 1;

  (void) state;
  for (int round = 0; round < 20; round++) {
    for (size_t i = 0; i < sizeof data; i++)
      data[i] = (uint8_t) ((seed = seed * 1664525u + 1013904223u) >> 24);
    if (!cf_file_leaf_four (data, four))
      skip (); /* not on this processor */
    for (size_t i = 0; i < CF_FILE_PIECES; i++) {
      cf_file_leaf (data + i * CF_FILE_PIECE, CF_FILE_PIECE, one); /* a block of one piece */
      assert_memory_equal (one, four[i], sizeof one);
    }
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_inverse), cmocka_unit_test (test_only_upwards), cmocka_unit_test (test_forged),
    cmocka_unit_test (test_wire),    cmocka_unit_test (test_flags),   cmocka_unit_test (test_suites),       cmocka_unit_test (test_hashes),
    cmocka_unit_test (test_four),
  };

  if (cf_secmem_setup ())
    return 1;
  return cmocka_run_group_tests (tests, NULL, NULL);
}
