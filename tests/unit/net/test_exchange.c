/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_exchange.c - net/exchange.c: one form, and refusals. */
#include "net/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
test_example (void **state)
{
  static const uint8_t want[] = "\x06\x02\x04\xc0\x00\x02\x01\x1b\x58"
                                "\x06\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x1b\x5a";
  struct cf_addr addrs[2], back[CF_EXCHANGE_MAX];
  struct cf_buf out;
  uint8_t kind;
  size_t count;

  (void) state;
  assert_int_equal (cf_addr_parse ("192.0.2.1:7000", &addrs[0]), 0);
  assert_int_equal (cf_addr_parse ("[2001:db8::1]:7002", &addrs[1]), 0);
  cf_buf_init (&out, 1024);
  assert_int_equal (cf_exchange_encode (addrs, 2, &out), 0);
  assert_int_equal (cf_buf_len (&out), sizeof want - 1);
  assert_memory_equal (cf_buf_data (&out), want, sizeof want - 1);
  assert_int_equal (cf_exchange_decode (want, sizeof want - 1, &kind, back, &count), 0);
  assert_int_equal (kind, CF_CONTROL_PEERS);
  assert_int_equal (count, 2);
  assert_true (cf_addr_equal (&back[1], &addrs[1]));
  for (size_t len = 0; len < sizeof want - 1; len++)
    assert_int_not_equal (cf_exchange_decode (want, len, &kind, back, &count), 0);
  assert_int_not_equal (cf_exchange_decode (want, sizeof want, &kind, back, &count), 0); /* with the string's end */
  cf_buf_clear (&out);
  assert_int_equal (cf_exchange_encode_ask (&out), 0);
  assert_int_equal (cf_buf_len (&out), 1);
  assert_int_equal (cf_exchange_decode (cf_buf_data (&out), 1, &kind, back, &count), 0);
  assert_int_equal (kind, CF_CONTROL_PEERS_ASK);
  assert_int_equal (count, 0);
  cf_buf_done (&out);
}

static void
test_refused (void **state)
{
  struct cf_addr addrs[CF_EXCHANGE_MAX + 1], back[CF_EXCHANGE_MAX];
  static const char *const wrong[] = { "\x04", "\x07", "\x05\x00", "\x06", "\x06\x41" };
  static const size_t lens[] = { 1, 1, 2, 1, 2 };
  struct cf_buf out;
  uint8_t kind;
  size_t count;

  (void) state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_not_equal (cf_exchange_decode (wrong[i], lens[i], &kind, back, &count), 0);
  for (size_t i = 0; i <= CF_EXCHANGE_MAX; i++)
    addrs[i] = (struct cf_addr){ .family = 4, .bytes = { 192, 0, 2, (uint8_t) i }, .port = 7 };
  cf_buf_init (&out, 4096);
  assert_int_equal (gpg_err_code (cf_exchange_encode (addrs, CF_EXCHANGE_MAX + 1, &out)), GPG_ERR_INV_VALUE);
  addrs[3].port = 0;
  assert_int_equal (gpg_err_code (cf_exchange_encode (addrs, 4, &out)), GPG_ERR_INV_VALUE);
  addrs[3] = cf_addr_behind ((const uint8_t[32]){ 1 });
  assert_int_equal (gpg_err_code (cf_exchange_encode (addrs, 4, &out)), GPG_ERR_INV_VALUE);
  assert_int_equal (cf_buf_len (&out), 0);
  addrs[3] = addrs[4];
  assert_int_equal (cf_exchange_encode (addrs, CF_EXCHANGE_MAX, &out), 0);
  assert_int_equal (cf_exchange_decode (cf_buf_data (&out), cf_buf_len (&out), &kind, back, &count), 0);
  assert_int_equal (count, CF_EXCHANGE_MAX);
  cf_buf_done (&out);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_example), cmocka_unit_test (test_refused) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
