/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_pcp.c - portmap/pcp.c: bytes, whose answer it is, what is refused, a router that forgets. */
#include "portmap/pcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct cf_pcp_map
example (void)
{
  struct cf_pcp_map map = { .protocol = CF_PCP_UDP, .seconds = 0x01020304 };

  memcpy (map.nonce, "twelve bytes", CF_PCP_NONCE_LEN);
  assert_int_equal (cf_addr_parse ("192.168.1.7:7077", &map.internal), 0);
  assert_int_equal (cf_addr_parse ("1.2.3.4:7078", &map.suggested), 0);
  return map;
}

#define MAPPED4 "\0\0\0\0\0\0\0\0\0\0\xff\xff"
#define BODY "twelve bytes\x11\0\0\0\x1b\xa5\x1b\xa6" MAPPED4 "\x01\x02\x03\x04"

static const char answer_bytes[] = "\x02\x81\0\0\0\0\x0e\x10\0\0\x01\0" "\0\0\0\0\0\0\0\0\0\0\0\0" BODY;

static void
test_request (void **state)
{
  static const char want[] = "\x02\x01\0\0\x01\x02\x03\x04" MAPPED4 "\xc0\xa8\x01\x07" BODY;
  struct cf_pcp_map map = example ();
  uint8_t bytes[CF_PCP_MAP_LEN];

  (void) state;
  assert_int_equal (sizeof want - 1, CF_PCP_MAP_LEN);
  cf_pcp_map_encode (&map, bytes);
  assert_memory_equal (bytes, want, CF_PCP_MAP_LEN);
  map.suggested.family = 0; /* any port, any host: of the family that ours is of */
  cf_pcp_map_encode (&map, bytes);
  assert_memory_equal (bytes + 44, MAPPED4 "\0\0\0\0", 16);
}

static void
test_answer (void **state)
{
  struct cf_pcp_map map = example ();
  struct cf_pcp_answer a;
  struct cf_addr outside;

  (void) state;
  assert_int_equal (cf_pcp_decode (answer_bytes, sizeof answer_bytes - 1, &a), 0);
  assert_int_equal (a.opcode, CF_PCP_MAP);
  assert_int_equal (a.seconds, 3600);
  assert_int_equal (a.epoch, 256);
  assert_int_equal (cf_addr_parse ("1.2.3.4:7078", &outside), 0);
  assert_true (cf_addr_equal (&a.external, &outside));
  assert_true (cf_pcp_answers (&a, &map));
  map.nonce[11] ^= 1; /* somebody who has not seen the question */
  assert_false (cf_pcp_answers (&a, &map));
  map = example ();
  map.protocol = CF_PCP_TCP;
  assert_false (cf_pcp_answers (&a, &map));
  map = example ();
  map.internal.port++;
  assert_false (cf_pcp_answers (&a, &map));
  assert_int_equal (cf_pcp_decode ("\x02\x80\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0", 24, &a), 0);
  assert_int_equal (a.opcode, CF_PCP_ANNOUNCE);
  map = example ();
  assert_false (cf_pcp_answers (&a, &map));
}

static void
test_refused (void **state)
{
  uint8_t bytes[CF_PCP_MAX + 4] = { 0 };
  struct cf_pcp_answer a;

  (void) state;
  memcpy (bytes, answer_bytes, sizeof answer_bytes - 1);
  for (size_t len = 0; len < CF_PCP_MAP_LEN; len++)
    assert_int_not_equal (cf_pcp_decode (bytes, len, &a), 0);
  assert_int_equal (cf_pcp_decode (bytes, CF_PCP_MAX, &a), 0); /* with options, which say nothing to us */
  assert_int_equal (gpg_err_code (cf_pcp_decode (bytes, CF_PCP_MAX + 4, &a)), GPG_ERR_INV_LENGTH);
  assert_int_equal (gpg_err_code (cf_pcp_decode (bytes, CF_PCP_MAP_LEN + 1, &a)), GPG_ERR_INV_LENGTH);
  bytes[1] = CF_PCP_MAP; /* a request */
  assert_int_equal (gpg_err_code (cf_pcp_decode (bytes, CF_PCP_MAP_LEN, &a)), CF_ERR_PROTOCOL);
  bytes[1] = 0x82; /* PEER */
  assert_int_equal (gpg_err_code (cf_pcp_decode (bytes, CF_PCP_MAP_LEN, &a)), CF_ERR_PROTOCOL);
  bytes[0] = 0; /* NAT-PMP says that it does not know version 2 */
  assert_int_equal (gpg_err_code (cf_pcp_decode (bytes, 8, &a)), GPG_ERR_NOT_SUPPORTED);
}

static void
test_forgotten (void **state)
{
  (void) state;
  assert_false (cf_pcp_has_forgotten (100, 0, 110, 10000));
  assert_false (cf_pcp_has_forgotten (100, 0, 99, 500)); /* rounded */
  assert_false (cf_pcp_has_forgotten (1000, 0, 1630, 600000)); /* a fast clock */
  assert_true (cf_pcp_has_forgotten (100, 0, 98, 500));
  assert_true (cf_pcp_has_forgotten (100, 0, 3, 3600000));
  assert_true (cf_pcp_has_forgotten (100, 0, 130, 3600000)); /* higher, and yet too low */
  assert_true (cf_pcp_has_forgotten (100, 0, 5000, 10000));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_request),
    cmocka_unit_test (test_answer),
    cmocka_unit_test (test_refused),
    cmocka_unit_test (test_forgotten),
  };

  return cmocka_run_group_tests_name ("pcp", tests, NULL, NULL);
}
