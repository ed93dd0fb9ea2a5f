/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_hash.c - H and K against another implementation's answers (Python's
   hashlib.blake2b over length-prefixed inputs). */
#include "unit.h"

#include "base/hash.h"
#include "base/text.h"

static void
assert_digest (struct cf_hash *h, const char *expected)
{
  uint8_t out[CF_HASH_LEN];
  char hex[2 * CF_HASH_LEN + 1];

  cf_hash_final (h, out);
  assert_string_equal (cf_hex (out, sizeof out, hex), expected);
}

static void
test_known_answers (void **state)
{
  struct cf_hash h;
  uint8_t key[CF_HASH_LEN];

  (void) state;
  cf_hash_init (&h, NULL, "sid");
  assert_digest (&h, "c881dfad46d9855fc76caecae631706687c11c1826ea810a020d07187355e9b7");
  cf_hash_init (&h, NULL, "sid");
  cf_hash_add (&h, "abc", 3);
  cf_hash_add (&h, NULL, 0);
  assert_digest (&h, "f9c7e6c6c728a7861b1f312c5e27b001a3cb3922638d015ab02c347e0cc19825");
  cf_hash_init (&h, NULL, "sid");
  cf_hash_add (&h, "abc", 3);
  cf_hash_add_u64 (&h, UINT64_C (0x0102030405060708));
  assert_digest (&h, "c099465a2a786367d0d5d85c5116dbcfe712b4a19969111fded23c7c061b5a5c");
  for (uint8_t i = 0; i < sizeof key; i++)
    key[i] = i;
  cf_hash_init (&h, key, "done");
  cf_hash_add (&h, "abc", 3);
  assert_digest (&h, "a93d3bf4e6f37d5d88c5e1c0108985ec5ef0c74aaad777608b47a2645d864bec");
}

static void
hash_two (const char *label, const char *a, const char *b, uint8_t out[CF_HASH_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, NULL, label);
  cf_hash_add (&h, a, strlen (a));
  cf_hash_add (&h, b, strlen (b));
  cf_hash_final (&h, out);
}

static void
test_no_two_lists_collide (void **state)
{
  uint8_t a[CF_HASH_LEN], b[CF_HASH_LEN];

  (void) state;
  hash_two ("l", "ab", "c", a);
  hash_two ("l", "a", "bc", b);
  assert_memory_not_equal (a, b, sizeof a);
  hash_two ("la", "b", "c", b); /* the label is an input, too */
  assert_memory_not_equal (a, b, sizeof a);
}

static void
test_final_wipes (void **state)
{
  static const struct cf_hash zero;
  uint8_t out[CF_HASH_LEN];
  struct cf_hash h;

  (void) state;
  cf_hash_init (&h, NULL, "l");
  cf_hash_final (&h, out);
  assert_memory_equal (&h, &zero, sizeof h);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_known_answers),
    cmocka_unit_test (test_no_two_lists_collide),
    cmocka_unit_test (test_final_wipes),
  };
  return cmocka_run_group_tests_name ("base/hash", tests, NULL, NULL);
}
