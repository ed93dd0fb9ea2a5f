/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_nat.c - net/nat.c: what others' views of a port tell of a NAT. */
#include "net/nat.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* What is judged of up to three views, when our own address is 192.168.1.2:7000. */
static enum cf_nat
judge (const char *a, const char *b, const char *c)
{
  const char *const texts[] = { a, b, c };
  struct cf_addr seen[3], own;
  size_t count = 0;

  assert_int_equal (cf_addr_parse ("192.168.1.2:7000", &own), 0);
  for (size_t i = 0; i < 3; i++)
    if (texts[i])
      assert_int_equal (cf_addr_parse (texts[i], &seen[count++]), 0);
  return cf_nat_judge (seen, count, &own, 1);
}

static void
test_judge (void **state)
{
  (void) state;
  assert_int_equal (judge (NULL, NULL, NULL), CF_NAT_UNKNOWN);
  assert_int_equal (judge ("192.0.2.1:7000", NULL, NULL), CF_NAT_UNKNOWN);
  assert_int_equal (judge ("192.168.1.2:7000", NULL, NULL), CF_NAT_NONE);
  assert_int_equal (judge ("192.0.2.1:7000", "192.168.1.2:7000", NULL), CF_NAT_NONE); /* a node at home, and one outside */
  assert_int_equal (judge ("192.168.1.2:7001", NULL, NULL), CF_NAT_UNKNOWN);
  assert_int_equal (judge ("192.0.2.1:7000", "192.0.2.1:7000", NULL), CF_NAT_SAME);
  assert_int_equal (judge ("192.0.2.1:7000", "192.0.2.1:7001", NULL), CF_NAT_EACH);
  assert_int_equal (judge ("192.0.2.1:7000", "192.0.2.1:7000", "192.0.2.1:9"), CF_NAT_EACH);
  assert_int_equal (judge ("192.0.2.1:7000", "[2001:db8::1]:7000", NULL), CF_NAT_UNKNOWN); /* two ways out */
  assert_int_equal (judge ("192.0.2.1:7000", "[2001:db8::1]:9", "192.0.2.1:7000"), CF_NAT_SAME);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_judge) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
