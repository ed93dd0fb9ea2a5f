/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tunnels over datagrams among honest ends, over paths good and bad. */
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/box.h"
#include "net/dgram_priv.h"
#include "wire.h"

#define FIRST_HEX \
  "436644010101010203045dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22b7d1" \
  "b696dcb93813d546250df3993ad65dd3f9f1908fcdf3"
#define MAC1_HEX "1ebbf0c5bfde32279b27427c794d1ac2"
#define SECOND_HEX \
  "4366440201020304ac01b2209e86354fb853237b5de0f4fab13c7fcbf433a61c019369617fecf10b3d22ed1f" \
  "93da1299ff68c483a45e852d4f744f1d"
#define THIRD_HEX \
  "436644030506070853604ae68598b37b5fd59de26daee1d578e290510cdcad81433e6bf46c54f84556e3110f" \
  "460295c398b51360050a3eff923939832c8cde7b6a5ba6163b07154d"
#define SEALED_HEX "4366440505060708000000000000000092ae4f9755293673a0a6ecb482463b0c044b776a2d0b"

static void
test_ends_agree (void **state)
{
  struct wire *w = wire_new (1);
  struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];

  (void) state;
  wire_join (w);
  assert_memory_equal (cf_dgram_remote_key (a->tunnel), b->public, CF_DEVICE_KEY_LEN);
  assert_memory_equal (cf_dgram_remote_key (b->tunnel), a->public, CF_DEVICE_KEY_LEN);
  assert_memory_equal (cf_dgram_handshake_hash (a->tunnel), cf_dgram_handshake_hash (b->tunnel), 64);
  assert_int_equal (cf_dgram_suite_bit (a->tunnel), cf_dgram_suite_bit (b->tunnel));
  assert_true (cf_addr_equal (cf_dgram_addr (b->tunnel), &a->addr));
  assert_int_equal (a->ready, 1);
  assert_int_equal (b->ready, 1);
  wire_free (w);
}

static bool
ten_messages (struct wire *w)
{
  return w->hosts[1].messages >= 10;
}

static void
test_messages_of_all_sizes (void **state)
{
  static const size_t sizes[] = { 0, 1, 3, 1000, 1200, 16382, 65536, 100000, 131072 };
  struct wire *w = wire_new (2);
  struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];

  (void) state;
  wire_join (w);
  for (int channel = 0; channel < CF_CHANNEL_COUNT; channel++) {
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
      wire_say (a, (enum cf_channel) channel, sizes[i], (uint8_t) i);
    wire_run (w, 3000);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
      wire_expect (b, (enum cf_channel) channel, sizes[i], (uint8_t) i);
    assert_int_equal (cf_buf_len (&b->got[channel]), 0);
  }
  wire_say (b, CF_CHANNEL_TALK, CF_MESSAGE_TALK_MAX, 9);
  wire_run (w, 3000);
  wire_expect (a, CF_CHANNEL_TALK, CF_MESSAGE_TALK_MAX, 9);
  assert_int_equal (gpg_err_code (cf_dgram_send (a->tunnel, CF_CHANNEL_CONTROL, a, CF_MESSAGE_CONTROL_MAX + 1)),
                    GPG_ERR_TOO_LARGE);
  wire_free (w);
}

/* What nobody repeats: it comes, whole, or not at all. */
static void
test_unreliable (void **state)
{
  struct wire *w = wire_new (3);
  struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];
  uint8_t data[CF_DATAGRAM_PLAIN_MAX + 1];

  (void) state;
  memset (data, 7, sizeof data);
  wire_join (w);
  assert_int_equal (cf_dgram_send_plain (a->tunnel, data, CF_DATAGRAM_PLAIN_MAX), 0);
  assert_int_equal (cf_dgram_send_plain (a->tunnel, data, 0), 0);
  assert_int_equal (gpg_err_code (cf_dgram_send_plain (a->tunnel, data, sizeof data)), GPG_ERR_TOO_LARGE);
  wire_run (w, 100);
  assert_int_equal (b->plains, 2);
  w->loss_permille = 500;
  for (int i = 0; i < 200; i++)
    assert_int_equal (cf_dgram_send_plain (a->tunnel, data, 500), 0);
  w->loss_permille = 0;
  wire_run (w, 100);
  assert_in_range (b->plains, 62, 142);
  assert_int_equal (cf_buf_len (&b->plain), 500);
  wire_free (w);
}

static bool
all_arrived (struct wire *w)
{
  return w->hosts[1].messages >= 300;
}

/* 10 % lost, 5 % doubled, up to 300 ms of delay, so all out of order: everything arrives, in order, once. */
static void
test_bad_path (void **state)
{
  (void) state;
  for (uint64_t seed = 10; seed < 14; seed++) {
    struct wire *w = wire_new (seed);
    struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];

    w->latency_ms = 20;
    w->jitter_ms = 300;
    w->loss_permille = 100;
    w->dup_permille = 50;
    wire_join (w);
    for (int i = 0; i < 300; i++)
      wire_say (a, i % 3 ? CF_CHANNEL_TALK : CF_CHANNEL_BULK, (size_t) (i * 13 % 3000), (uint8_t) i);
    assert_true (wire_until (w, 120000, all_arrived));
    wire_run (w, 5000);
    assert_int_equal (b->messages, 300);
    for (int i = 0; i < 300; i++)
      wire_expect (b, i % 3 ? CF_CHANNEL_TALK : CF_CHANNEL_BULK, (size_t) (i * 13 % 3000), (uint8_t) i);
    assert_int_equal (a->closed + b->closed, 0);
    wire_free (w);
  }
}

/* PASS: the datagram whose number is in PASS_ARG is lost. */
static bool
lose_one (struct wire *w, const struct cf_addr *from, const struct cf_addr *to, uint8_t *data, size_t len)
{
  size_t *number = w->pass_arg;

  (void) from, (void) to, (void) data, (void) len;
  return (*number)-- != 0;
}

static void
test_any_one_datagram_lost (void **state)
{
  (void) state;
  for (size_t i = 0; i < 12; i++) {
    struct wire *w = wire_new (20);
    size_t number = i;

    w->pass = lose_one;
    w->pass_arg = &number;
    wire_join (w);
    for (int k = 0; k < 10; k++)
      wire_say (&w->hosts[0], CF_CHANNEL_TALK, 100, (uint8_t) k);
    assert_true (wire_until (w, 5000, ten_messages));
    assert_int_equal (w->hosts[1].accepted, 1);
    wire_free (w);
  }
}

static void
test_nobody_there (void **state)
{
  struct wire *w = wire_new (30);
  struct wire_host *a = &w->hosts[0];

  (void) state;
  w->cut = true;
  wire_dial (w, 0, 1);
  wire_run (w, CF_HANDSHAKE_MS + 1);
  assert_int_equal (a->closed, 1);
  assert_int_equal (gpg_err_code (a->closed_err), GPG_ERR_ETIMEDOUT);
  assert_in_range (a->sent, 5, 12); /* it asked again, and not without pause */
  wire_free (w);
}

static void
test_goodbye (void **state)
{
  struct wire *w = wire_new (31);
  struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];

  (void) state;
  wire_join (w);
  cf_dgram_close (a->tunnel, cf_err (GPG_ERR_CERT_REVOKED), "no more");
  wire_run (w, 100);
  assert_int_equal (b->closed, 1);
  assert_int_equal (b->closed_err, 0);
  assert_string_equal (b->reason, "no more");
  assert_int_equal (gpg_err_code (cf_dgram_peer_code (b->tunnel)), GPG_ERR_CERT_REVOKED);
  assert_int_equal (gpg_err_code (a->closed_err), GPG_ERR_CERT_REVOKED);
  assert_int_equal (gpg_err_code (cf_dgram_send (b->tunnel, CF_CHANNEL_TALK, "x", 1)), GPG_ERR_ENOTCONN);
  wire_free (w);
}

/* An idle tunnel lives for ever on a path that loses a tenth; a dead path is noticed. */
static void
test_liveness (void **state)
{
  struct wire *w = wire_new (32);
  struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];
  uint64_t since_ms;

  (void) state;
  wire_join (w);
  w->loss_permille = 100;
  wire_run (w, 3600 * 1000);
  assert_int_equal (a->closed + b->closed, 0);
  w->cut = true;
  since_ms = w->env.now_ms;
  wire_run (w, CF_PATH_LOST_MS + 1);
  assert_int_equal (a->closed, 1);
  assert_int_equal (b->closed, 1);
  assert_int_equal (gpg_err_code (a->closed_err), GPG_ERR_ETIMEDOUT);
  assert_true (w->env.now_ms - since_ms <= 10000);
  wire_free (w);
}

/* Who is asked for signs of life and never asks himself holds no memory for messages either. */
static void
test_idle_memory (void **state)
{
  struct wire *w = wire_new (37);
  struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];
  const struct cf_buf *part;

  (void) state;
  wire_join (w);
  part = &b->tunnel->inlets[CF_CHANNEL_TALK].part;
  wire_say (a, CF_CHANNEL_TALK, CF_MESSAGE_STRANGER_MAX, 1);
  wire_run (w, 1000);
  wire_expect (b, CF_CHANNEL_TALK, CF_MESSAGE_STRANGER_MAX, 1);
  assert_non_null (part->mem);
  for (uint64_t ms = 0; ms < 2 * CF_PING_IDLE_MS; ms += CF_PING_IDLE_MS / 4) {
    cf_dgram_probe (a->tunnel);
    wire_run (w, CF_PING_IDLE_MS / 4);
  }
  assert_int_equal (b->closed, 0);
  assert_null (part->mem);
  wire_free (w);
}

static void
test_probe (void **state)
{
  struct wire *w = wire_new (33);
  struct wire_host *a = &w->hosts[0];

  (void) state;
  wire_join (w);
  wire_run (w, 1000);
  cf_dgram_probe (a->tunnel);
  wire_run (w, CF_PROBE_MS + 1);
  assert_int_equal (a->closed, 0);
  w->cut = true;
  cf_dgram_probe (a->tunnel);
  wire_run (w, CF_PROBE_MS + 1);
  assert_int_equal (a->closed, 1);
  wire_free (w);
}

/* The initiator gets another address; then the responder does. */
static void
test_moving (void **state)
{
  struct wire *w = wire_new (34);
  struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];

  (void) state;
  wire_join (w);
  for (int turn = 0; turn < 2; turn++) {
    struct wire_host *mover = turn ? b : a, *other = turn ? a : b;

    mover->addr.bytes[2] = 77;
    mover->addr.port = 4242;
    cf_dgram_probe (mover->tunnel);
    wire_run (w, 1000);
    assert_true (cf_addr_equal (cf_dgram_addr (other->tunnel), &mover->addr));
    wire_say (other, CF_CHANNEL_TALK, 3000, 5);
    wire_run (w, 1000);
    wire_expect (mover, CF_CHANNEL_TALK, 3000, 5);
  }
  assert_int_equal (a->closed + b->closed, 0);
  wire_free (w);
}

/* Keys change by count, on a path that reorders, and by time. */
static void
test_keys_change (void **state)
{
  struct wire *w = wire_new (35);
  struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];

  (void) state;
  for (int i = 0; i < 2; i++)
    cf_dgram_port_set_epoch (w->hosts[i].port, 64);
  w->jitter_ms = 20;
  w->loss_permille = 20;
  wire_join (w);
  for (int i = 0; i < 300; i++)
    wire_say (a, CF_CHANNEL_TALK, 2000, (uint8_t) i);
  assert_true (wire_until (w, 60000, all_arrived));
  assert_true (a->sent > 300);
  for (int i = 0; i < 4; i++) {
    wire_run (w, CF_REKEY_MS);
    wire_say (a, CF_CHANNEL_TALK, 10, (uint8_t) i);
  }
  wire_run (w, 5000);
  assert_int_equal (b->messages, 304);
  assert_int_equal (a->closed + b->closed, 0);
  assert_int_equal (w->env.refused[CF_REFUSED_DATAGRAM_FORGED], 0);
  wire_free (w);
}

static void
test_room (void **state)
{
  struct wire *w = wire_new (36);
  struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];
  size_t sent = 0;

  (void) state;
  wire_join (w);
  while (cf_dgram_waiting (a->tunnel, CF_CHANNEL_BULK) <= CF_TUNNEL_BULK_LOW && sent < 100) {
    wire_say (a, CF_CHANNEL_BULK, CF_FILE_BLOCK, (uint8_t) sent);
    sent++;
  }
  assert_int_equal (a->rooms, 0);
  wire_run (w, 20000);
  assert_true (a->rooms > 0);
  assert_int_equal (cf_dgram_waiting (a->tunnel, CF_CHANNEL_BULK), 0);
  assert_int_equal (b->messages, sent);
  wire_free (w);
}

static void
same_byte (void *arg, void *buf, size_t len)
{
  memset (buf, *(const uint8_t *) arg, len);
}

static void
assert_hex (const char *hex, const uint8_t *data, size_t len)
{
  char text[256] = "";

  for (size_t i = 0; i < len; i++)
    snprintf (text + 2 * i, 3, "%02x", data[i]);
  assert_string_equal (text, hex);
}

/* doc/protocol.md, "Test vectors". */
static void
test_example (void **state)
{
  struct wire *w = wire_new (40);
  uint8_t secret[2][CF_DEVICE_KEY_LEN], public[2][CF_DEVICE_KEY_LEN], dice = 3, data[64] = { 0 };
  struct cf_dgram_keys one = { secret[0], public[0], public[1] }, two = { secret[1], public[1], NULL };
  struct cf_dgram_handshake *a, *b;
  struct cf_cipher *send = NULL, *receive = NULL;
  struct cf_box box;
  const uint8_t *out;
  size_t len;

  (void) state;
  for (int i = 0; i < 2; i++) {
    memset (secret[i], i + 1, CF_DEVICE_KEY_LEN);
    crypto_scalarmult_curve25519_base (public[i], secret[i]);
  }
  w->env.random = same_byte;
  w->env.random_arg = &dice;
  assert_int_equal (cf_dgram_handshake_dial (&w->env, &one, CF_SUITE_CHACHAPOLY, 0x01020304, &a), 0);
  out = cf_dgram_handshake_out (a, &len);
  assert_int_equal (len, CF_DATAGRAM_FIRST_LEN);
  assert_hex (FIRST_HEX, out, 66);
  assert_hex (MAC1_HEX, out + CF_DATAGRAM_MAC1_AT, CF_DATAGRAM_MAC_LEN);
  dice = 4;
  assert_int_equal (cf_dgram_handshake_answer (&w->env, &two, w->hosts[1].guard, 0x05060708, out, &b), 0);
  out = cf_dgram_handshake_out (b, &len);
  assert_hex (SECOND_HEX, out, len);
  assert_int_equal (cf_dgram_handshake_take (a, out, len), 0);
  out = cf_dgram_handshake_out (a, &len);
  assert_hex (THIRD_HEX, out, len);
  assert_int_equal (cf_dgram_handshake_take (b, out, len), 0);
  assert_int_equal (cf_noise_split (cf_dgram_handshake_noise (a), &send, &receive), 0);
  cf_box_init (&box, send, receive, CF_DATAGRAM_EPOCH, w->env.now_ms);
  memcpy (data + CF_BOX_HEAD_LEN, "\1hello", 6);
  assert_int_equal (cf_box_seal (&box, w->env.now_ms, 0x05060708, data, 6), 0);
  assert_hex (SEALED_HEX, data, 6 + CF_BOX_OVERHEAD);
  cf_box_done (&box);
  cf_dgram_handshake_free (a);
  cf_dgram_handshake_free (b);
  w->env.random = NULL;
  wire_free (w);
}

/* Both ends ask for signs of life more rarely, and a path is lost as much later; what is longer than agreed ends it. */
static void
test_terms (void **state)
{
  struct wire *w = wire_new (60);
  struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];
  size_t before;

  (void) state;
  wire_dial (w, 0, 1);
  cf_dgram_set_terms (a->tunnel, 25000, 0);
  wire_run (w, 2); /* the first message is there */
  cf_dgram_set_terms (b->tunnel, 25000, 16005);
  assert_true (wire_until (w, 1000, wire_joined));
  wire_run (w, 10000); /* what the handshake leaves to be acknowledged */
  before = a->sent + b->sent;
  wire_run (w, 12000);
  assert_int_equal (a->sent + b->sent, before);
  wire_run (w, 20000);
  assert_in_range (a->sent + b->sent, before + 1, before + 8);
  b->strict = true;
  wire_say (a, CF_CHANNEL_CONTROL, 16005, 1);
  wire_run (w, 100);
  wire_expect (b, CF_CHANNEL_CONTROL, 16005, 1);
  wire_say (a, CF_CHANNEL_CONTROL, 16006, 2);
  wire_run (w, 100);
  assert_int_equal (b->closed, 1);
  assert_int_equal (gpg_err_code (b->closed_err), GPG_ERR_TOO_LARGE);
  wire_free (w);

  w = wire_new (61);
  wire_join (w);
  cf_dgram_set_terms (w->hosts[0].tunnel, 25000, 0);
  w->cut = true;
  wire_run (w, 25000);
  assert_int_equal (w->hosts[0].closed, 0);
  wire_run (w, 6000);
  assert_int_equal (w->hosts[0].closed, 1);
  wire_free (w);
}

int
main (void)
{
  static const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_ends_agree),
    cmocka_unit_test (test_messages_of_all_sizes),
    cmocka_unit_test (test_unreliable),
    cmocka_unit_test (test_bad_path),
    cmocka_unit_test (test_any_one_datagram_lost),
    cmocka_unit_test (test_nobody_there),
    cmocka_unit_test (test_goodbye),
    cmocka_unit_test (test_liveness),
    cmocka_unit_test (test_idle_memory),
    cmocka_unit_test (test_probe),
    cmocka_unit_test (test_moving),
    cmocka_unit_test (test_keys_change),
    cmocka_unit_test (test_room),
    cmocka_unit_test (test_terms),
    cmocka_unit_test (test_example),
  };

  return cmocka_run_group_tests_name ("dgram", tests, wire_setup, NULL);
}
