/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_bucket.c - how often something may happen. */
#include "unit.h"

#include "base/bucket.h"

static void
test_take (void **state)
{
  uint64_t full_ms = 0, now = 1000;

  (void) state;
  for (int i = 0; i < 3; i++)
    assert_true (cf_bucket_take (&full_ms, now, 3, 100, 1));
  assert_false (cf_bucket_take (&full_ms, now, 3, 100, 1));
  assert_false (cf_bucket_take (&full_ms, now + 99, 3, 100, 1));
  assert_true (cf_bucket_take (&full_ms, now + 100, 3, 100, 1));
  assert_false (cf_bucket_take (&full_ms, now + 199, 3, 100, 1)); /* asking in vain costs nothing */
  assert_true (cf_bucket_take (&full_ms, now + 200, 3, 100, 1));
  now = full_ms; /* it never holds more than its burst, however long it rests */
  for (int i = 0; i < 3; i++)
    assert_true (cf_bucket_take (&full_ms, now + 100000, 3, 100, 1));
  assert_false (cf_bucket_take (&full_ms, now + 100000, 3, 100, 1));
}

static void
test_many (void **state)
{
  uint64_t full_ms = 0;

  (void) state;
  assert_false (cf_bucket_take (&full_ms, 5, 10, 100, 11)); /* never */
  assert_int_equal (full_ms, 0);
  assert_true (cf_bucket_take (&full_ms, 5, 10, 100, 7));
  assert_false (cf_bucket_take (&full_ms, 5, 10, 100, 4));
  assert_true (cf_bucket_take (&full_ms, 5, 10, 100, 3));
  assert_int_equal (full_ms, 5 + 10 * 100);
  full_ms = 0;
  assert_false (cf_bucket_take (&full_ms, 5, 4000000, 1318, UINT32_MAX));
  assert_true (cf_bucket_take (&full_ms, 5, 4000000, 1318, 4000000)); /* beyond 32 bits of milliseconds */
  assert_false (cf_bucket_take (&full_ms, 5 + 1317, 4000000, 1318, 1));
  assert_true (cf_bucket_take (&full_ms, 5 + 1318, 4000000, 1318, 1));
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_take), cmocka_unit_test (test_many) };

  return cmocka_run_group_tests_name ("base/bucket", tests, NULL, NULL);
}
