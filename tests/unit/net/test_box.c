/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sealed datagrams by themselves: counters, epochs, the replay window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "net/box.h"
#include "net/dgram_proto.h"

#define EPOCH 10

/* The window against a list of everything that was seen. */
static void
test_replay_window (void **state)
{
  struct cf_replay *r = calloc (1, sizeof *r);
  static bool seen[200000];
  uint64_t dice = 5, top = 0;

  (void) state;
  assert_non_null (r);
  for (int i = 0; i < 400000; i++) {
    uint64_t n, back;

    dice = dice * 6364136223846793005u + 1442695040888963407u;
    back = (dice >> 33) % 9000;
    n = (uint64_t) i / 3 + 9000 - back;
    if (dice >> 60 == 0)
      n += 20000 * (dice >> 59 & 1);
    if (n >= 200000)
      continue;
    assert_int_equal (cf_replay_is_new (r, n), n >= top || (top - n <= CF_REPLAY_WINDOW && !seen[n]));
    if (!cf_replay_is_new (r, n))
      continue;
    cf_replay_mark (r, n);
    assert_false (cf_replay_is_new (r, n));
    seen[n] = true;
    top = n >= top ? n + 1 : top;
  }
  memset (r, 0, sizeof *r);
  assert_true (cf_replay_is_new (r, 0));
  cf_replay_mark (r, UINT64_MAX - 2); /* far ahead: no walk through all that is between */
  assert_true (cf_replay_is_new (r, UINT64_MAX - 3));
  assert_false (cf_replay_is_new (r, 0));
  free (r);
}

struct ends {
  struct cf_box a, b;
  uint64_t now_ms;
};

static void
ends_init (struct ends *e, enum cf_suite suite)
{
  static const uint8_t one[CF_CIPHER_KEY_LEN] = { 1 }, two[CF_CIPHER_KEY_LEN] = { 2 };
  struct cf_cipher *c[4];

  for (int i = 0; i < 4; i++)
    assert_int_equal (cf_cipher_new (suite, i % 2 ? two : one, &c[i]), 0);
  e->now_ms = 1000;
  cf_box_init (&e->a, c[0], c[1], EPOCH, e->now_ms);
  cf_box_init (&e->b, c[3], c[2], EPOCH, e->now_ms);
}

static void
ends_done (struct ends *e)
{
  cf_box_done (&e->a);
  cf_box_done (&e->b);
}

static void
seal (struct ends *e, uint8_t mark, uint8_t out[64])
{
  memset (out, mark, 64);
  assert_int_equal (cf_box_seal (&e->a, e->now_ms, 0x01020304, out, 64 - CF_BOX_OVERHEAD), 0);
}

static gpg_err_code_t
open_copy (struct ends *e, const uint8_t data[64], size_t len, uint8_t mark)
{
  uint8_t copy[64];
  size_t plain_len = 0;
  bool newest;
  gpg_error_t err;

  memcpy (copy, data, len);
  err = cf_box_open (&e->b, e->now_ms, copy, len, copy + CF_BOX_HEAD_LEN, &plain_len, &newest);
  if (!err) {
    assert_int_equal (plain_len, len - CF_BOX_OVERHEAD);
    assert_int_equal (copy[CF_BOX_HEAD_LEN], mark);
  }
  return gpg_err_code (err);
}

static void
test_layout (void **state)
{
  struct ends e;
  uint8_t data[64];

  (void) state;
  ends_init (&e, CF_SUITE_AESGCM);
  seal (&e, 1, data);
  seal (&e, 1, data);
  assert_memory_equal (data, "CfD\x05\x01\x02\x03\x04\0\0\0\0\0\0\0\1", 16);
  ends_done (&e);
}

static void
test_forgeries_change_nothing (void **state)
{
  (void) state;
  for (int suite = 0; suite < CF_SUITE_COUNT; suite++) {
    struct ends e;
    uint8_t data[64];

    ends_init (&e, (enum cf_suite) suite);
    seal (&e, 1, data);
    for (size_t i = 0; i < sizeof data * 8; i++) {
      struct cf_replay before = e.b.replay;

      data[i / 8] ^= (uint8_t) (1 << i % 8);
      assert_int_not_equal (open_copy (&e, data, sizeof data, 1), 0);
      data[i / 8] ^= (uint8_t) (1 << i % 8);
      assert_memory_equal (&before, &e.b.replay, sizeof before);
      assert_int_equal (e.b.rx_epoch, 0);
    }
    for (size_t len = 0; len < sizeof data; len++)
      assert_int_equal (open_copy (&e, data, len, 1), len <= CF_BOX_OVERHEAD ? GPG_ERR_INV_LENGTH : GPG_ERR_CHECKSUM);
    assert_int_equal (open_copy (&e, data, sizeof data, 1), 0);
    assert_int_equal (open_copy (&e, data, sizeof data, 1), GPG_ERR_DUP_VALUE);
    ends_done (&e);
  }
}

/* Datagrams of an epoch that has passed still open for a while; of the one before that, never. */
static void
test_epochs (void **state)
{
  struct ends e;
  uint8_t data[4 * EPOCH][64];

  (void) state;
  ends_init (&e, CF_SUITE_CHACHAPOLY);
  for (size_t i = 0; i < 4 * EPOCH; i++)
    seal (&e, (uint8_t) i, data[i]);
  assert_int_equal (e.a.tx_epoch, 3);
  assert_int_equal (open_copy (&e, data[2 * EPOCH], 64, 2 * EPOCH), GPG_ERR_CHECKSUM); /* nothing has led there */
  assert_int_equal (open_copy (&e, data[0], 64, 0), 0);
  assert_int_equal (open_copy (&e, data[EPOCH + 3], 64, EPOCH + 3), 0);
  assert_int_equal (open_copy (&e, data[1], 64, 1), 0);
  e.now_ms += CF_PATH_LOST_MS;
  assert_int_equal (open_copy (&e, data[2], 64, 2), GPG_ERR_DUP_VALUE);
  assert_int_equal (open_copy (&e, data[2 * EPOCH], 64, 2 * EPOCH), 0);
  assert_int_equal (open_copy (&e, data[EPOCH], 64, EPOCH), 0);
  assert_int_equal (open_copy (&e, data[3], 64, 3), GPG_ERR_DUP_VALUE);
  assert_int_equal (open_copy (&e, data[3 * EPOCH], 64, 3 * EPOCH), 0);
  ends_done (&e);
}

/* After its time a key is left, whatever of its epoch is unused; an epoch in which nothing was said is not skipped. */
static void
test_time (void **state)
{
  struct ends e;
  uint8_t data[64];

  (void) state;
  ends_init (&e, CF_SUITE_AESGCM);
  seal (&e, 1, data);
  assert_int_equal (open_copy (&e, data, 64, 1), 0);
  for (uint64_t epoch = 1; epoch < 5; epoch++) {
    e.now_ms += 2 * CF_REKEY_MS;
    seal (&e, 1, data);
    assert_int_equal (e.a.tx_epoch, epoch);
    assert_int_equal (e.a.tx_counter, epoch * EPOCH + 1);
    assert_int_equal (open_copy (&e, data, 64, 1), 0);
    assert_int_equal (e.b.rx_epoch, epoch);
  }
  ends_done (&e);
}

static int
setup (void **state)
{
  (void) state;
  return cf_secmem_setup () ? -1 : 0;
}

int
main (void)
{
  static const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_replay_window), cmocka_unit_test (test_layout),
    cmocka_unit_test (test_forgeries_change_nothing), cmocka_unit_test (test_epochs), cmocka_unit_test (test_time),
  };

  return cmocka_run_group_tests_name ("box", tests, setup, NULL);
}
