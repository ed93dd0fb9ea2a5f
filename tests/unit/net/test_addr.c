/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_addr.c - addresses as text and values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "net/addr.h"

static void
test_round_trip (void **state)
{
  static const char *const texts[] = {
    "192.0.2.1:7077", "0.0.0.0:0", "255.255.255.255:65535", "[::]:0", "[::1]:1",
    "[2001:db8::1]:7077", "[fe80::1%3]:7077", "[fe80::1%4294967295]:65535", "[fe80::1]:7",
  };
  struct cf_addr addr;
  char out[CF_ADDR_TEXT_SIZE];

  (void) state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    assert_int_equal (cf_addr_parse (texts[i], &addr), 0);
    assert_string_equal (cf_addr_format (&addr, out), texts[i]);
  }
}

static void
test_refused (void **state)
{
  static const char *const texts[] = {
    "", ":", ":1", "1", "192.0.2.1", "192.0.2.1:", "192.0.2.1:-1", "192.0.2.1:+1", "192.0.2.1: 1", "192.0.2.1:1 ",
    "192.0.2.1:65536", "192.0.2.1:01", "192.0.2.1:99999999999999999999", "192.0.2:1", "192.0.2.1.5:1",
    "192.0.2.256:1", "::1:7077", "[::1]", "[::1]7077", "[::1:7077", "::1]:7077", "[]:1", "[:1", "[1.2.3.4]:1",
    "[::1%3]:7077", "[fe80::1%]:1", "[fe80::1%eth0]:1", "[fe80::1%4294967296]:1", "[fe80::1%-1]:1", "localhost:1",
    "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]:1",
    "1111111111111111111111111111111111111111111111111111111111111111111111111:1",
  };
  struct cf_addr addr = { .family = 77 };

  (void) state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (gpg_err_code (cf_addr_parse (texts[i], &addr)) != GPG_ERR_INV_VALUE)
      fail_msg ("accepted: %s", texts[i]);
  assert_int_equal (addr.family, 77); /* untouched */
}

static void
test_mapped_is_ipv4 (void **state)
{
  struct cf_addr a, b;

  (void) state;
  assert_int_equal (cf_addr_parse ("[::ffff:192.0.2.1]:7", &a), 0);
  assert_int_equal (cf_addr_parse ("192.0.2.1:7", &b), 0);
  assert_true (cf_addr_equal (&a, &b));
}

static void
test_compare (void **state)
{
  struct cf_addr a, b;

  (void) state;
  assert_int_equal (cf_addr_parse ("192.0.2.1:7", &a), 0);
  assert_int_equal (cf_addr_parse ("192.0.2.1:8", &b), 0);
  assert_false (cf_addr_equal (&a, &b));
  assert_true (cf_addr_same_host (&a, &b));
  assert_int_equal (cf_addr_parse ("[fe80::1%2]:7", &a), 0);
  assert_int_equal (cf_addr_parse ("[fe80::1%3]:7", &b), 0);
  assert_false (cf_addr_same_host (&a, &b));
  assert_int_equal (cf_addr_parse ("[c000:201::]:7", &a), 0); /* begins with the bytes of 192.0.2.1 */
  assert_int_equal (cf_addr_parse ("192.0.2.1:7", &b), 0);
  assert_false (cf_addr_same_host (&a, &b));
}

/* What limits count as one host: whoever has a /64 has all of it, but a link is not one neighbour. */
static void
test_source (void **state)
{
  static const struct { const char *a, *b; bool same; } cases[] = {
    { "192.0.2.1:7", "192.0.2.1:8", true },          { "192.0.2.1:7", "192.0.2.2:7", false },
    { "[2001:db8::1]:7", "[2001:db8::ffff:2]:8", true }, { "[2001:db8::1]:7", "[2001:db8:0:1::1]:7", false },
    { "[fe80::1%2]:7", "[fe80::1%2]:8", true },      { "[fe80::1%2]:7", "[fe80::2%2]:7", false },
    { "[fe80::1%2]:7", "[fe80::1%3]:7", false },     { "[::ffff:192.0.2.1]:7", "192.0.2.1:9", true },
    { "[c000:201::]:7", "192.0.2.1:7", false },
  };
  struct cf_addr a, b, source;

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal (cf_addr_parse (cases[i].a, &a), 0);
    assert_int_equal (cf_addr_parse (cases[i].b, &b), 0);
    assert_int_equal (cf_addr_same_source (&a, &b), cases[i].same);
    assert_int_equal (cf_addr_same_source (&b, &a), cases[i].same);
    source = cf_addr_source (&a);
    assert_int_equal (source.port, 0);
    assert_true (cf_addr_same_source (&a, &source));
    b = cf_addr_source (&source);
    assert_true (cf_addr_equal (&source, &b));
  }
}

static void
test_loopback (void **state)
{
  static const struct { const char *text; bool loopback; } cases[] = {
    { "127.0.0.1:1", true }, { "127.255.0.9:1", true }, { "128.0.0.1:1", false }, { "[::1]:1", true },
    { "[::2]:1", false }, { "[7f00::1]:1", false }, { "[::]:1", false }, { "[::ffff:127.0.0.1]:1", true },
  };
  struct cf_addr addr;

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal (cf_addr_parse (cases[i].text, &addr), 0);
    assert_int_equal (cf_addr_is_loopback (&addr), cases[i].loopback);
  }
  memset (&addr, 0, sizeof addr);
  assert_false (cf_addr_is_loopback (&addr));
}

static void
test_listen (void **state)
{
  char text[CF_ADDR_TEXT_SIZE];
  struct cf_addr a;

  (void) state;
  assert_int_equal (cf_addr_parse_listen (":7077", &a), 0);
  assert_int_equal (a.family, 0);
  assert_int_equal (a.port, 7077);
  assert_string_equal (cf_addr_format_listen (&a, text), "port 7077");
  assert_int_equal (cf_addr_parse_listen ("[::1]:7077", &a), 0);
  assert_string_equal (cf_addr_format_listen (&a, text), "[::1]:7077");
  assert_int_equal (gpg_err_code (cf_addr_parse_listen (":", &a)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (cf_addr_parse_listen (":65536", &a)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (cf_addr_parse_listen (":000000007077", &a)), GPG_ERR_INV_VALUE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_listen),
    cmocka_unit_test (test_round_trip), cmocka_unit_test (test_refused), cmocka_unit_test (test_mapped_is_ipv4),
    cmocka_unit_test (test_compare),    cmocka_unit_test (test_loopback),
    cmocka_unit_test (test_source),
  };

  return cmocka_run_group_tests_name ("addr", tests, NULL, NULL);
}
