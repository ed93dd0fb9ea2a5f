/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_packets.c - the outline of OpenPGP data; no gpg needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gpg/packets.h"

#define PKESK(n) 0xc1, 10, 3, 0, 0, 0, 0, 0, 0, 0, n, 18
#define SKESK 0xc3, 4, 4, 9, 3, 8
#define SEIPD 0xd2, 3, 1, 0xaa, 0xbb
#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ }

#define message_code(...) gpg_err_code (cf_packets_message (BYTES (__VA_ARGS__), &m))
#define block_code(...) gpg_err_code (cf_packets_block (BYTES (__VA_ARGS__)))

static void
test_message (void **state)
{
  struct cf_packets_message m;

  (void) state;
  assert_int_equal (message_code (PKESK (7), PKESK (9), SEIPD), 0);
  assert_int_equal (m.key_count, 2);
  assert_int_equal (m.key_ids[0], 7);
  assert_int_equal (m.key_ids[1], 9);
  assert_int_equal (m.symmetric_count, 0);
  assert_int_equal (message_code (SKESK, PKESK (1), SEIPD), 0);
  assert_int_equal (m.symmetric_count, 1);
  /* Old-format header, AEAD packet, partial lengths. */
  assert_int_equal (message_code (0x84, 10, 3, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0xd4, 1, 1), 0);
  assert_true (m.key_ids[0] == 0x0102030405060708u);
  assert_int_equal (message_code (PKESK (1), 0xd2, 0xe1, 1, 2, 0xe0, 3, 0), 0);
}

static void
test_message_refused (void **state)
{
  struct cf_packets_message m = { .key_count = 77 };
  uint8_t many[12 * (CF_GPG_RECIPIENTS_MAX + 1)];
  const uint8_t one[] = { PKESK (5) };
  size_t i;

  (void) state;
  assert_int_equal (message_code (PKESK (1)), GPG_ERR_TOO_SHORT);
  assert_int_equal (message_code (PKESK (1), 0xd2, 3, 1), GPG_ERR_TOO_SHORT);
  assert_int_equal (message_code (PKESK (1), 0xd2, 0xe1, 1, 2), GPG_ERR_TOO_SHORT);
  assert_int_equal (message_code (PKESK (1), 0xd2, 0), GPG_ERR_INV_PACKET);
  assert_int_equal (message_code (PKESK (1), SEIPD, SEIPD), GPG_ERR_INV_LENGTH);
  assert_int_equal (message_code (PKESK (1), SEIPD, 0), GPG_ERR_INV_LENGTH);
  /* No integrity protection; a literal; a signature; a marker before it. */
  assert_int_equal (message_code (PKESK (1), 0xc9, 3, 1, 2, 3), GPG_ERR_INV_PACKET);
  assert_int_equal (message_code (0xcb, 6, 'b', 0, 0, 0, 0, 0), GPG_ERR_INV_PACKET);
  assert_int_equal (message_code (0xca, 3, 'P', 'G', 'P', PKESK (1), SEIPD), GPG_ERR_INV_PACKET);
  /* Version, length, partial and indeterminate recipients; no header bit. */
  assert_int_equal (message_code (0xc1, 10, 6, 0, 0, 0, 0, 0, 0, 0, 1, 18, SEIPD), GPG_ERR_INV_PACKET);
  assert_int_equal (message_code (0xc1, 9, 3, 0, 0, 0, 0, 0, 0, 0, 1, SEIPD), GPG_ERR_INV_PACKET);
  assert_int_equal (message_code (0xc1, 0xe0, 3, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1, 18, SEIPD), GPG_ERR_INV_PACKET);
  assert_int_equal (message_code (0x87, 3, 0, 0), GPG_ERR_INV_PACKET);
  assert_int_equal (message_code ('-', '-', '-'), GPG_ERR_INV_PACKET);
  assert_int_equal (message_code (0xd2, 255, 0xff, 0xff, 0xff, 0xff, 1), GPG_ERR_TOO_SHORT);
  for (i = 0; i < sizeof many; i++)
    many[i] = one[i % sizeof one];
  assert_int_equal (gpg_err_code (cf_packets_message (many, sizeof many, &m)), GPG_ERR_TOO_MANY);
  assert_int_equal (m.key_count, 77);
}

static void
test_block (void **state)
{
  (void) state;
  assert_int_equal (block_code (0xc6, 1, 4, 0xcd, 1, 'A', 0xc2, 1, 4, 0xce, 1, 4, 0xc2, 1, 4), 0);
  assert_int_equal (block_code (0xcd, 1, 'A', 0xc6, 1, 4), GPG_ERR_BAD_PUBKEY);
  assert_int_equal (block_code (0xc6, 1, 4, 0xc6, 1, 4), GPG_ERR_BAD_PUBKEY);
  assert_int_equal (block_code (0xc5, 1, 4), GPG_ERR_BAD_PUBKEY);
  assert_int_equal (block_code (0xc6, 1, 4, 0xc7, 1, 4), GPG_ERR_BAD_PUBKEY);
  assert_int_equal (block_code (0xc6, 1, 4, 0xcb, 1, 4), GPG_ERR_BAD_PUBKEY);
  assert_int_equal (block_code (0xc6, 2, 4), GPG_ERR_BAD_PUBKEY);
  assert_int_equal (block_code (0xc6, 0xe0, 4, 1, 4), GPG_ERR_BAD_PUBKEY);
}

static void
check_armor (const char *text, gpg_err_code_t code, const char *expected)
{
  uint8_t data[256];
  size_t len = strlen (text);

  memcpy (data, text, len);
  assert_int_equal (gpg_err_code (cf_packets_dearmor (data, &len)), code);
  if (code)
    return;
  assert_int_equal (len, strlen (expected));
  assert_memory_equal (data, expected, len);
}

/* Blocks that give no fingerprint: empty, cut off, no key first, another version, nothing in it. */
static void
test_block_fpr_refused (void **state)
{
  static const struct { const char *data; size_t len; } cases[] = {
    { "", 0 }, { "\xc6\x06\x04", 3 }, { "\xcd\x06\x04....."  , 8 }, { "\xc6\x06\x05.....", 8 }, { "\xc6\x01\x04", 3 },
    { "\xc5\x06\x04.....", 8 },
  };
  struct cf_fpr fpr = { 0 };
  size_t i;

  (void) state;
  for (i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal (gpg_err_code (cf_gpg_block_fpr (cases[i].data, cases[i].len, &fpr)), GPG_ERR_BAD_PUBKEY);
  assert_true (cf_fpr_is_none (&fpr));
}

static void
test_dearmor (void **state)
{
  (void) state;
  check_armor ("", 0, "");
  check_armor ("\x88""binary", 0, "\x88""binary");
  check_armor ("-----BEGIN PGP SIGNATURE-----\n\naGVs\nbG8=\n=abcd\n-----END PGP SIGNATURE-----\n", 0, "hello");
  check_armor ("-----BEGIN PGP SIGNATURE-----\r\nComment: x\r\n\r\naGVsbG8=\r\n-----END PGP SIGNATURE-----\r\n", 0,
               "hello");
  check_armor ("-----BEGIN PGP SIGNATURE-----\n", GPG_ERR_INV_DATA, NULL);
  check_armor ("-----BEGIN PGP SIGNATURE-----\n\n!!!!\n", GPG_ERR_INV_DATA, NULL);
  check_armor ("plain text", GPG_ERR_INV_DATA, NULL);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_message),
    cmocka_unit_test (test_message_refused),
    cmocka_unit_test (test_block),
    cmocka_unit_test (test_block_fpr_refused),
    cmocka_unit_test (test_dearmor),
  };

  return cmocka_run_group_tests_name ("gpg/packets", tests, NULL, NULL);
}
