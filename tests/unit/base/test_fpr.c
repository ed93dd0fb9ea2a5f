/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_fpr.c - fingerprints: their text, their order, their form on the wire. */
#include "unit.h"

#include "base/fpr.h"

#define HEX20 "0123456789ABCDEF0123456789ABCDEF01234567"
#define HEX32 "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"

static void
test_parse (void **state)
{
  static const char *const same[] = {
    HEX20,
    "0123456789abcdef0123456789abcdef01234567",
    "0x" HEX20,
    " 0X" HEX20 " ",
    "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567",
  };
  char hex[CF_FPR_HEX_SIZE];
  struct cf_fpr fpr;

  (void) state;
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
    memset (&fpr, 0xff, sizeof fpr);
    assert_ok (cf_fpr_parse (same[i], &fpr));
    assert_int_equal (fpr.version, 4);
    assert_int_equal (fpr.len, 20);
    for (size_t n = 20; n < CF_FPR_MAX; n++)
      assert_int_equal (fpr.bytes[n], 0);
    assert_string_equal (cf_fpr_hex (&fpr, hex), HEX20);
  }
  assert_ok (cf_fpr_parse (HEX32, &fpr));
  assert_int_equal (fpr.version, 5);
  assert_int_equal (fpr.len, 32);
  assert_string_equal (cf_fpr_hex (&fpr, hex), HEX32);
}

static void
test_parse_refuses (void **state)
{
  static const char *const bad[] = {
    "", " ", "0x", "0123456789ABCDEF",          /* a key id is no fingerprint */
    "0123456789ABCDEF0123456789ABCDEF0123456",  /* 39 digits */
    HEX20 "8",                                  /* 41 */
    HEX32 "0",                                  /* 65 */
    HEX32 HEX32 HEX32, "0123456789ABCDEF0123456789ABCDEF0123456G",
    "0123456789ABCDEF0123456789ABCDEF\t01234567", "0x0x" HEX20, HEX20 "!",
    "\xff" HEX20,
  };
  struct cf_fpr fpr = { .version = 77 };

  (void) state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_err (cf_fpr_parse (bad[i], &fpr), GPG_ERR_INV_VALUE);
  assert_int_equal (fpr.version, 77); /* written on success only */
}

static void
test_order (void **state)
{
  struct cf_fpr a, b, c, none = { 0 };

  (void) state;
  assert_ok (cf_fpr_parse (HEX20, &a));
  assert_ok (cf_fpr_parse (HEX32, &b));
  c = b;
  c.bytes[31] ^= 1;
  assert_true (cf_fpr_compare (&a, &b) < 0);
  assert_true (cf_fpr_compare (&b, &a) > 0);
  assert_true (cf_fpr_compare (&c, &b) < 0);
  assert_int_equal (cf_fpr_compare (&a, &a), 0);
  assert_true (cf_fpr_equal (&b, &b));
  assert_false (cf_fpr_equal (&b, &c));
  c = b;
  c.version = 6; /* the same bytes, another kind of key */
  assert_false (cf_fpr_equal (&b, &c));
  assert_true (cf_fpr_compare (&b, &c) < 0);
  assert_true (cf_fpr_is_none (&none));
  assert_false (cf_fpr_is_none (&a));
}

static void
round_trip (const struct cf_fpr *fpr, size_t wire_len)
{
  struct cf_buf b;
  struct cf_wr wr;
  struct cf_rd rd;
  struct cf_fpr got;

  cf_buf_init (&b, 100);
  cf_wr_init (&wr, &b);
  cf_wr_fpr (&wr, fpr);
  assert_ok (cf_wr_finish (&wr));
  assert_int_equal (cf_buf_len (&b), wire_len);
  assert_int_equal (cf_buf_data (&b)[0], fpr->version);
  cf_rd_init (&rd, cf_buf_data (&b), cf_buf_len (&b));
  cf_rd_fpr (&rd, &got);
  assert_ok (cf_rd_finish (&rd));
  assert_memory_equal (&got, fpr, sizeof got);
  for (size_t len = 0; len < wire_len; len++) {
    memset (&got, 0xff, sizeof got);
    cf_rd_init (&rd, cf_buf_data (&b), len);
    cf_rd_fpr (&rd, &got);
    assert_true (cf_rd_finish (&rd));
    assert_true (cf_fpr_is_none (&got));
  }
  cf_buf_done (&b);
}

static void
test_wire (void **state)
{
  struct cf_fpr fpr;

  (void) state;
  assert_ok (cf_fpr_parse (HEX20, &fpr));
  round_trip (&fpr, 21);
  assert_ok (cf_fpr_parse (HEX32, &fpr));
  round_trip (&fpr, 33);
  fpr.version = 6;
  round_trip (&fpr, 33);
}

static void
test_wire_refuses (void **state)
{
  static const uint8_t versions[] = { 0, 3, 7, 255 };
  struct cf_fpr got = { .version = 4 };
  struct cf_buf b;
  struct cf_wr wr;
  struct cf_rd rd;

  (void) state;
  for (size_t i = 0; i < sizeof versions; i++) {
    uint8_t wire[33] = { versions[i] };

    cf_rd_init (&rd, wire, sizeof wire);
    cf_rd_fpr (&rd, &got);
    assert_err (cf_rd_finish (&rd), GPG_ERR_INV_VALUE);
    assert_true (cf_fpr_is_none (&got));
  }
  cf_buf_init (&b, 100);
  cf_wr_init (&wr, &b);
  cf_wr_fpr (&wr, &got); /* none has no form on the wire */
  assert_err (cf_wr_finish (&wr), GPG_ERR_INV_VALUE);
  assert_int_equal (cf_buf_len (&b), 0);
  cf_buf_done (&b);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_parse), cmocka_unit_test (test_parse_refuses),
    cmocka_unit_test (test_order), cmocka_unit_test (test_wire),
    cmocka_unit_test (test_wire_refuses),
  };
  return cmocka_run_group_tests_name ("base/fpr", tests, NULL, NULL);
}
