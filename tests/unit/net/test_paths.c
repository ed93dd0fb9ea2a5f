/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_paths.c - net/paths.c: one form, refusals, which addresses are written to. */
#include "net/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct cf_addr
addr_of (const char *text)
{
  struct cf_addr addr;

  assert_int_equal (cf_addr_parse (text, &addr), 0);
  return addr;
}

static struct cf_paths
example (void)
{
  struct cf_paths p = { .flags = CF_PATHS_PASS_ON, .nat = CF_NAT_SAME };

  p.seen = addr_of ("192.0.2.1:7000");
  p.addrs[0] = (struct cf_path){ CF_PATH_OWN, addr_of ("10.0.0.1:7001") };
  p.addrs[1] = (struct cf_path){ CF_PATH_MAPPED, addr_of ("[2001:db8::1]:7002") };
  p.addr_count = 2;
  memset (p.nodes[0].device_key, 0x55, CF_DEVICE_KEY_LEN);
  p.nodes[0].addr = addr_of ("198.51.100.1:443");
  p.node_count = 1;
  return p;
}

static void
test_example (void **state)
{
  static const uint8_t want[]
      = "\x04\x01\x02\x04\xc0\x00\x02\x01\x1b\x58"
        "\x02\x00\x04\x0a\x00\x00\x01\x1b\x59\x02\x06\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x1b\x5a"
        "\x01UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU\x04\xc6\x33\x64\x01\x01\xbb";
  struct cf_paths p = example (), back;
  struct cf_buf out;

  (void) state;
  cf_buf_init (&out, 1024);
  assert_int_equal (cf_paths_encode (&p, &out), 0);
  assert_int_equal (cf_buf_len (&out), sizeof want - 1);
  assert_memory_equal (cf_buf_data (&out), want, sizeof want - 1);
  assert_int_equal (cf_paths_decode (want, sizeof want - 1, &back), 0);
  assert_int_equal (back.addr_count, 2);
  assert_true (cf_addr_equal (&back.addrs[1].addr, &p.addrs[1].addr));
  assert_true (cf_addr_equal (&back.nodes[0].addr, &p.nodes[0].addr));
  for (size_t len = 0; len < sizeof want - 1; len++)
    assert_int_not_equal (cf_paths_decode (want, len, &back), 0);
  assert_int_not_equal (cf_paths_decode (want, sizeof want, &back), 0); /* with the string's end */
  cf_buf_done (&out);
}

static void
test_refused (void **state)
{
  struct cf_paths p = example (), back;
  uint8_t bytes[1024];
  struct cf_buf out;
  static const struct { size_t at; uint8_t is; } wrong[] = {
    { 0, 3 }, { 1, 2 }, { 2, CF_NAT_SORTS }, { 3, 5 }, { 10, CF_PATHS_ADDRS_MAX + 1 }, { 11, CF_PATH_SORTS }, { 12, 0 },
    { 12, 64 }, { 39, CF_PATHS_NODES_MAX + 1 },
  };

  (void) state;
  cf_buf_init (&out, 1024);
  assert_int_equal (cf_paths_encode (&p, &out), 0);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    memcpy (bytes, cf_buf_data (&out), cf_buf_len (&out));
    bytes[wrong[i].at] = wrong[i].is;
    assert_int_not_equal (cf_paths_decode (bytes, cf_buf_len (&out), &back), 0);
  }
  p.addrs[0].addr.family = CF_ADDR_NODE; /* what is only ours */
  assert_int_equal (gpg_err_code (cf_paths_encode (&p, &out)), GPG_ERR_INV_VALUE);
  p = example ();
  p.nodes[0].addr.port = 0;
  assert_int_equal (gpg_err_code (cf_paths_encode (&p, &out)), GPG_ERR_INV_VALUE);
  cf_buf_done (&out);
}

static void
test_sound (void **state)
{
  static const char *const good[] = { "192.168.1.1:1", "8.8.8.8:53", "[2001:db8::1]:7", "[fd77::1]:7" };
  static const char *const bad[] = { "127.0.0.1:7", "0.0.0.0:7", "0.1.2.3:7", "10.0.0.1:0", "224.0.0.1:7", "255.255.255.255:7",
                                     "169.254.1.1:7", "[::1]:7", "[::]:7", "[ff02::1]:7", "[fe80::1]:7" };

  (void) state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct cf_addr addr = addr_of (good[i]);

    assert_true (cf_path_is_sound (&addr));
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct cf_addr addr = addr_of (bad[i]);

    if (cf_path_is_sound (&addr))
      fail_msg ("%s", bad[i]);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (test_example), cmocka_unit_test (test_refused), cmocka_unit_test (test_sound) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
