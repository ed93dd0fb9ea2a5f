/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_hello.c - net/hello.c: encodings, refusals, times. */
#include "net/hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "base/text.h"

static const uint8_t signature[] = "a detached signature";
static const uint8_t block[] = "a public key block";

static void
fill (struct cf_hello *h, enum cf_control kind)
{
  memset (h, 0, sizeof *h);
  if (kind == CF_CONTROL_HELLO)
    assert_int_equal (cf_fpr_parse ("00112233445566778899aabbccddeeff00112233", &h->expected), 0);
  assert_int_equal (
      cf_fpr_parse ("AABBCCDDEEFF00112233445566778899AABBCCDDEEFF00112233445566778899", &h->device.identity), 0);
  h->versions = 1u << CF_PROTO_VERSION;
  h->suites = 3;
  memset (h->device.device_key, 0x11, sizeof h->device.device_key);
  memset (h->device.device_number, 0x22, sizeof h->device.device_number);
  if (kind == CF_CONTROL_HELLO)
    memset (h->token, 0x33, sizeof h->token);
  h->device.not_before_utc_ms = 1000;
  h->device.not_after_utc_ms = 2000;
  h->device.signature = signature;
  h->device.signature_len = sizeof signature;
  h->block = block;
  h->block_len = sizeof block;
  strcpy (h->name, "Zoë");
}

static void
check_equal (const struct cf_hello *a, const struct cf_hello *b)
{
  assert_memory_equal (a->token, b->token, sizeof a->token);
  assert_true (cf_fpr_equal (&a->expected, &b->expected));
  assert_true (cf_fpr_equal (&a->device.identity, &b->device.identity));
  assert_int_equal (a->versions, b->versions);
  assert_int_equal (a->suites, b->suites);
  assert_memory_equal (a->device.device_key, b->device.device_key, sizeof a->device.device_key);
  assert_memory_equal (a->device.device_number, b->device.device_number, sizeof a->device.device_number);
  assert_int_equal (a->device.not_before_utc_ms, b->device.not_before_utc_ms);
  assert_int_equal (a->device.not_after_utc_ms, b->device.not_after_utc_ms);
  assert_int_equal (a->device.signature_len, b->device.signature_len);
  assert_memory_equal (a->device.signature, b->device.signature, a->device.signature_len);
  assert_int_equal (a->block_len, b->block_len);
  assert_memory_equal (a->block, b->block, a->block_len);
  assert_string_equal (a->name, b->name);
}

static void
test_round_trip (void **state)
{
  static const enum cf_control kinds[] = { CF_CONTROL_KEY, CF_CONTROL_HELLO };

  (void) state;
  for (size_t i = 0; i < 2; i++) {
    struct cf_hello in, out;
    struct cf_buf buf;
    enum cf_control kind;
    uint8_t copy[1024];
    size_t len;

    cf_buf_init (&buf, CF_MESSAGE_CONTROL_MAX);
    fill (&in, kinds[i]);
    assert_int_equal (cf_hello_encode (kinds[i], &in, &buf), 0);
    assert_int_equal (cf_hello_decode (cf_buf_data (&buf), cf_buf_len (&buf), &kind, &out), 0);
    assert_int_equal (kind, kinds[i]);
    check_equal (&in, &out);

    /* Cut anywhere, or with a byte more, it is refused and nothing is written. */
    len = cf_buf_len (&buf);
    assert_true (len + 1 < sizeof copy);
    memcpy (copy, cf_buf_data (&buf), len);
    copy[len] = 0;
    for (size_t cut = 0; cut <= len + 1; cut++) {
      uint8_t *exact;

      if (cut == len)
        continue;
      exact = malloc (cut ? cut : 1); /* exactly as long, for the sanitizer */
      memcpy (exact, copy, cut);
      kind = CF_CONTROL_KEY_ASK;
      assert_int_not_equal (cf_hello_decode (exact, cut, &kind, &out), 0);
      assert_int_equal (kind, CF_CONTROL_KEY_ASK);
      free (exact);
    }
    /* What decodes at all encodes to the same bytes: one canonical form. */
    for (size_t at = 0; at < len; at++)
      for (unsigned int bit = 0; bit < 8; bit++) {
        struct cf_buf again;

        copy[at] ^= (uint8_t) (1u << bit);
        if (!cf_hello_decode (copy, len, &kind, &out) && kind != CF_CONTROL_KEY_ASK) {
          cf_buf_init (&again, CF_MESSAGE_CONTROL_MAX);
          assert_int_equal (cf_hello_encode (kind, &out, &again), 0);
          assert_int_equal (cf_buf_len (&again), len);
          assert_memory_equal (cf_buf_data (&again), copy, len);
          cf_buf_done (&again);
        }
        copy[at] ^= (uint8_t) (1u << bit);
      }
    cf_buf_done (&buf);
  }
}

static void
test_key_ask (void **state)
{
  uint8_t token[CF_ADDRESS_TOKEN_LEN];
  struct cf_hello hello;
  struct cf_buf buf;
  enum cf_control kind;

  (void) state;
  cf_buf_init (&buf, 64);
  memset (token, 0x77, sizeof token);
  for (int i = 0; i < 2; i++) { /* without a token, with one: as long */
    cf_buf_clear (&buf);
    assert_int_equal (cf_key_ask_encode (i ? token : NULL, &buf), 0);
    assert_int_equal (cf_buf_len (&buf), 1 + CF_ADDRESS_TOKEN_LEN);
    assert_int_equal (cf_hello_decode (cf_buf_data (&buf), cf_buf_len (&buf), &kind, &hello), 0);
    assert_int_equal (kind, CF_CONTROL_KEY_ASK);
    assert_int_equal (hello.token[0], i ? 0x77 : 0);
    assert_memory_equal (hello.token + 1, hello.token, CF_ADDRESS_TOKEN_LEN - 1);
    assert_int_not_equal (cf_hello_decode (cf_buf_data (&buf), cf_buf_len (&buf) - 1, &kind, &hello), 0);
  }
  assert_int_not_equal (cf_hello_decode ("\1", 1, &kind, &hello), 0);
  assert_int_not_equal (cf_hello_decode ("\4", 1, &kind, &hello), 0);
  assert_int_not_equal (cf_hello_decode ("\0", 1, &kind, &hello), 0);
  cf_buf_done (&buf);
}

static gpg_err_code_t
encode (enum cf_control kind, const struct cf_hello *h)
{
  struct cf_buf buf;
  gpg_error_t err;

  cf_buf_init (&buf, CF_MESSAGE_CONTROL_MAX);
  err = cf_hello_encode (kind, h, &buf);
  cf_buf_done (&buf);
  return gpg_err_code (err);
}

static void
test_limits (void **state)
{
  static uint8_t big[CF_BLOCK_MAX + 1];
  struct cf_hello h;
  struct cf_buf buf;
  enum cf_control kind;
  size_t len;
  uint8_t *p;

  (void) state;
  fill (&h, CF_CONTROL_HELLO);
  h.block = big;
  h.block_len = CF_BLOCK_MAX;
  h.device.signature = big;
  h.device.signature_len = CF_SIGNATURE_MAX;
  memset (h.name, 'n', CF_NAME_MAX);
  h.revocation = (struct cf_revocation) { 1500, big, CF_SIGNATURE_MAX };
  cf_buf_init (&buf, CF_MESSAGE_CONTROL_MAX);
  assert_int_equal (cf_hello_encode (CF_CONTROL_HELLO, &h, &buf), 0); /* the largest fits its channel */
  assert_int_equal (cf_hello_decode (cf_buf_data (&buf), cf_buf_len (&buf), &kind, &h), 0);
  /* A name with a NUL, and one that is not UTF-8. */
  len = cf_buf_len (&buf) - (8 + 2 + CF_SIGNATURE_MAX);
  p = malloc (len);
  memcpy (p, cf_buf_data (&buf), len);
  p[len - 2] = 0;
  assert_int_not_equal (cf_hello_decode (p, len, &kind, &h), 0);
  p[len - 2] = 0xff;
  assert_int_not_equal (cf_hello_decode (p, len, &kind, &h), 0);
  free (p);
  cf_buf_done (&buf);

  fill (&h, CF_CONTROL_HELLO);
  h.block = big;
  h.block_len = sizeof big;
  assert_int_equal (encode (CF_CONTROL_HELLO, &h), GPG_ERR_TOO_LARGE);
  fill (&h, CF_CONTROL_HELLO);
  h.device.signature = big;
  h.device.signature_len = CF_SIGNATURE_MAX + 1;
  assert_int_equal (encode (CF_CONTROL_HELLO, &h), GPG_ERR_TOO_LARGE);
  fill (&h, CF_CONTROL_HELLO);
  assert_int_equal (encode (CF_CONTROL_KEY, &h), GPG_ERR_INV_VALUE); /* KEY expects nobody */
  fill (&h, CF_CONTROL_KEY);
  assert_int_equal (encode (CF_CONTROL_HELLO, &h), GPG_ERR_INV_VALUE);
  assert_int_equal (encode (CF_CONTROL_KEY_ASK, &h), GPG_ERR_INV_VALUE);
}

static void
test_device_bytes (void **state)
{
  static const char want[] = "00" "636f6e66616220646576696365207631" /* "confab device v1" */
                             "0015" "04" "00112233445566778899aabbccddeeff00112233"
                             "0020" "1111111111111111111111111111111111111111111111111111111111111111"
                             "0010" "22222222222222222222222222222222"
                             "0008" "00000000000003e8" "0008" "00000000000007d0";
  struct cf_hello h;
  struct cf_buf buf;
  char hex[sizeof want];

  (void) state;
  fill (&h, CF_CONTROL_HELLO);
  h.device.identity = h.expected;
  cf_buf_init (&buf, 1024);
  assert_int_equal (cf_device_bytes (&h.device, &buf), 0);
  assert_int_equal (cf_buf_len (&buf), (sizeof want - 1) / 2);
  assert_string_equal (cf_hex (cf_buf_data (&buf), cf_buf_len (&buf), hex), want);
  cf_buf_done (&buf);
}

static void
test_revocation_bytes (void **state)
{
  static const char want[] = "00" "636f6e666162207265766f6b65207631" /* "confab revoke v1" */
                             "0015" "04" "00112233445566778899aabbccddeeff00112233"
                             "0008" "00000000000005dc";
  struct cf_hello h;
  struct cf_buf buf;
  char hex[sizeof want];

  (void) state;
  fill (&h, CF_CONTROL_HELLO);
  cf_buf_init (&buf, 1024);
  assert_int_equal (cf_revocation_bytes (&h.expected, 1500, &buf), 0);
  assert_int_equal (cf_buf_len (&buf), (sizeof want - 1) / 2);
  assert_string_equal (cf_hex (cf_buf_data (&buf), cf_buf_len (&buf), hex), want);
  cf_buf_done (&buf);
}

/* Where there is one it follows the name; cut anywhere else than before it, it is refused, and so is an empty one. */
static void
test_revocation (void **state)
{
  struct cf_hello in, out;
  struct cf_buf buf;
  enum cf_control kind;
  size_t without, len;
  uint8_t copy[1024];

  (void) state;
  fill (&in, CF_CONTROL_HELLO);
  cf_buf_init (&buf, CF_MESSAGE_CONTROL_MAX);
  assert_int_equal (cf_hello_encode (CF_CONTROL_HELLO, &in, &buf), 0);
  without = cf_buf_len (&buf);
  assert_int_equal (cf_hello_decode (cf_buf_data (&buf), without, &kind, &out), 0);
  assert_int_equal (out.revocation.signature_len, 0);
  cf_buf_clear (&buf);
  in.revocation = (struct cf_revocation) { 1500, signature, sizeof signature };
  assert_int_equal (cf_hello_encode (CF_CONTROL_HELLO, &in, &buf), 0);
  len = cf_buf_len (&buf);
  assert_int_equal (len, without + 8 + 2 + sizeof signature);
  assert_int_equal (cf_hello_decode (cf_buf_data (&buf), len, &kind, &out), 0);
  check_equal (&in, &out);
  assert_int_equal (out.revocation.before_utc_ms, 1500);
  assert_int_equal (out.revocation.signature_len, sizeof signature);
  assert_memory_equal (out.revocation.signature, signature, sizeof signature);

  memcpy (copy, cf_buf_data (&buf), len);
  copy[len] = 0;
  for (size_t cut = without + 1; cut <= len + 1; cut++)
    if (cut != len)
      assert_int_not_equal (cf_hello_decode (copy, cut, &kind, &out), 0);
  memset (copy + without, 0, 8); /* from the beginning of time: it revokes nothing */
  assert_int_not_equal (cf_hello_decode (copy, len, &kind, &out), 0);
  memset (copy + without, 0xff, 8);
  assert_int_not_equal (cf_hello_decode (copy, len, &kind, &out), 0);
  memset (copy + without, 0, 10);
  copy[without + 7] = 1; /* without a signature */
  assert_int_not_equal (cf_hello_decode (copy, without + 10, &kind, &out), 0);
  cf_buf_done (&buf);

  in.revocation.before_utc_ms = 0;
  assert_int_equal (encode (CF_CONTROL_HELLO, &in), GPG_ERR_INV_TIME);
  in.revocation = (struct cf_revocation) { 1500, signature, CF_SIGNATURE_MAX + 1 };
  assert_int_equal (encode (CF_CONTROL_HELLO, &in), GPG_ERR_TOO_LARGE);
}

static gpg_err_code_t
check_times (int64_t from, int64_t to, int64_t now)
{
  struct cf_device_statement st = { .not_before_utc_ms = from, .not_after_utc_ms = to };

  return gpg_err_code (cf_device_check_times (&st, now));
}

static void
test_times (void **state)
{
  const int64_t t = 1800000000000, span = CF_STATEMENT_SPAN_MS, early = CF_STATEMENT_EARLY_MS;

  (void) state;
  assert_int_equal (check_times (t, t + span, t), 0);
  assert_int_equal (check_times (t, t + span, t - early), 0);
  assert_int_equal (check_times (t, t + span, t - early - 1), GPG_ERR_TOO_YOUNG);
  assert_int_equal (check_times (t, t + span, t + span - 1), 0);
  assert_int_equal (check_times (t, t + span, t + span), GPG_ERR_CERT_EXPIRED);
  assert_int_equal (check_times (t, t + span + 1, t), GPG_ERR_INV_TIME);
  assert_int_equal (check_times (t, t, t), GPG_ERR_INV_TIME);
  assert_int_equal (check_times (t, t - 1, t), GPG_ERR_INV_TIME);
  assert_int_equal (check_times (-1, t, t), GPG_ERR_INV_TIME);
  assert_int_equal (check_times (INT64_MIN, INT64_MAX, t), GPG_ERR_INV_TIME);
  assert_int_equal (check_times (0, INT64_MAX, t), GPG_ERR_INV_TIME);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_round_trip),   cmocka_unit_test (test_key_ask), cmocka_unit_test (test_limits),
    cmocka_unit_test (test_device_bytes), cmocka_unit_test (test_times),
    cmocka_unit_test (test_revocation_bytes), cmocka_unit_test (test_revocation),
  };

  if (cf_secmem_setup ())
    return 99;
  return cmocka_run_group_tests (tests, NULL, NULL);
}
