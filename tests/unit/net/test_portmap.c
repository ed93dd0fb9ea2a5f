/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_portmap.c - net/portmap.c: the lines of confab-portmap, and which addresses it may name. */
#include "net/portmap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
test_wish (void **state)
{
  static const char *const wrong[] = { "", "map", "map 7077", "map 0 1", "map 65536 1", "map 1 0", "map 01 1", "map 1 1 1",
                                       "map  1 1", " map 1 1", "map 1 1 ", "MAP 1 1", "map -1 1", "map 1 4294967296" };
  char line[CF_PORTMAP_LINE_MAX];
  uint16_t port;
  uint32_t seconds;

  (void) state;
  assert_string_equal (cf_portmap_wish_format (7077, 3600, line), "map 7077 3600\n");
  assert_int_equal (cf_portmap_wish_parse ("map 65535 4294967295", &port, &seconds), 0);
  assert_int_equal (port, 65535);
  assert_int_equal (seconds, UINT32_MAX);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal (gpg_err_code (cf_portmap_wish_parse (wrong[i], &port, &seconds)), GPG_ERR_INV_VALUE);
}

static void
test_answers (void **state)
{
  static const char *const right[] = {
    "mapped pcp 3600 1.2.3.4:7077 1.2.3.4:7078", "mapped nat-pmp 1 - 1.2.3.4:1", "mapped upnp 4294967295 1.2.3.4:65535 -",
    "failed untried absent silent", "failed refused wrong inside", "changed",
  };
  static const char *const wrong[] = {
    "", "changed ", "changed 1", "failed absent absent", "failed a b c", "mapped pcp 3600 - -", "mapped smtp 1 1.2.3.4:1 -",
    "mapped pcp 0 1.2.3.4:1 -", "mapped pcp 1 1.2.3.4:0 -", "mapped pcp 1 1.2.3.4 -", "mapped pcp 1 10.0.0.1:1 -",
    "mapped pcp 1 1.2.3.4:1 192.168.1.1:1", "mapped pcp 1 127.0.0.1:1 -", "mapped pcp 1 1.2.3.4:1 1.2.3.4:1 1",
    "mapped pcp 1 01.2.3.4:1 -", "mapped pcp 1 [fe80::1%1]:1 -",
  };
  char line[CF_PORTMAP_LINE_MAX], with_end[CF_PORTMAP_LINE_MAX];
  struct cf_portmap_answer a;

  (void) state;
  for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
    assert_int_equal (cf_portmap_answer_parse (right[i], &a), 0);
    snprintf (with_end, sizeof with_end, "%s\n", right[i]);
    assert_string_equal (cf_portmap_answer_format (&a, line), with_end);
  }
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal (gpg_err_code (cf_portmap_answer_parse (wrong[i], &a)), GPG_ERR_INV_VALUE);
  memset (line, 'a', sizeof line - 1);
  line[sizeof line - 1] = 0;
  assert_int_not_equal (cf_portmap_answer_parse (line, &a), 0);
}

static void
test_public (void **state)
{
  static const char *const public[] = { "1.1.1.1:1", "9.255.255.255:1", "11.0.0.0:1", "100.63.255.255:1", "100.128.0.0:1",
                                        "172.15.0.1:1", "172.32.0.1:1", "192.0.1.1:1", "198.17.0.1:1", "198.20.0.1:1",
                                        "223.255.255.255:1", "[2001:4860::1]:1", "[2a00::1]:1" };
  static const char *const others[] = {
    "0.1.2.3:1", "10.1.2.3:1", "100.64.0.1:1", "100.127.255.255:1", "127.0.0.1:1", "169.254.1.1:1", "172.16.0.1:1",
    "172.31.255.255:1", "192.0.0.1:1", "192.0.2.1:1", "192.168.255.1:1", "198.18.0.1:1", "198.19.255.255:1",
    "198.51.100.1:1", "203.0.113.1:1", "224.0.0.1:1", "255.255.255.255:1", "[::1]:1", "[fe80::1]:1", "[fd00::1]:1",
    "[ff02::1]:1", "[2001:db8::1]:1", "[2002:c0a8:101::1]:1", "[2001::1]:1",
  };
  struct cf_addr addr;

  (void) state;
  for (size_t i = 0; i < sizeof public / sizeof *public; i++) {
    assert_int_equal (cf_addr_parse (public[i], &addr), 0);
    assert_true (cf_addr_is_public (&addr));
  }
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    assert_int_equal (cf_addr_parse (others[i], &addr), 0);
    assert_false (cf_addr_is_public (&addr));
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_wish),
    cmocka_unit_test (test_answers),
    cmocka_unit_test (test_public),
  };

  return cmocka_run_group_tests_name ("portmap", tests, NULL, NULL);
}
