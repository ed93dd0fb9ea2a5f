/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_tunnel_handshake.c - how a tunnel begins: byte for byte, and with every byte wrong, late or repeated. */
#include "net/tunnel.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "base/text.h"
#include "net/device_key.h"
#include "net/noise.h"
#include "net/tunnel_guard.h"
#include "pair.h"

#define MESSAGE1_WIRE (CF_TUNNEL_CLEAR_LEN + CF_NOISE_MESSAGE1_LEN + 8)

/* The tunnel of doc/protocol.md, "Test vectors", byte for byte. */
static uint8_t dice_byte;

static void
constant_dice (void *arg, void *buf, size_t len)
{
  (void) arg;
  memset (buf, dice_byte, len);
}

static void
check_hex (const void *data, size_t len, const char *want)
{
  char *hex = malloc (2 * len + 1);

  assert_string_equal (cf_hex (data, len, hex), want);
  free (hex);
}

static void
move (struct end *from, struct end *to, const char *want)
{
  check_hex (cf_buf_data (&from->out), cf_buf_len (&from->out), want);
  cf_tunnel_input (to->tunnel, cf_buf_data (&from->out), cf_buf_len (&from->out));
  cf_buf_clear (&from->out);
}

static void
test_example (void **state)
{
  struct pair p;

  (void) state;
  pair_world (&p, 1);
  p.env.random = constant_dice;
  for (int i = 0; i < 2; i++) {
    dice_byte = (uint8_t) (i + 1);
    cf_device_key_new (&p.env, p.secret[i], p.public[i]);
  }
  pair_init (&p, "ChaChaPoly", 0);
  dice_byte = 3;
  cf_tunnel_start (p.a.tunnel);
  dice_byte = 4;
  cf_tunnel_start (p.b.tunnel);
  move (&p.a, &p.b, "4366547501015dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22b7d1b696dcb93813d99d"
         "4510f25a9db67c1c39501fd618b4");
  move (&p.b, &p.a, "ac01b2209e86354fb853237b5de0f4fab13c7fcbf433a61c019369617fecf10beef5fb2bdd66ce4ac2a086536d13fdb4");
  move (&p.a, &p.b, "53604ae68598b37b5fd59de26daee1d578e290510cdcad81433e6bf46c54f8450fe4b2f766771591ec89d84097673c6f"
         "b1c539162b6f3ed9ff0a140614efe9ff");
  check_hex (cf_tunnel_handshake_hash (p.b.tunnel), 64, "619f03c89caff4e8b4c1339e20a2dacdf9ba2153d7a71f37d67c3b5a505e68ee5563442fa07653d5f53c3d915a098eb9"
         "1558aac38de8368b73a6dfe33d64efad");
  assert_int_equal (cf_tunnel_send (p.a.tunnel, CF_CHANNEL_TALK, "hello", 5), 0);
  move (&p.a, &p.b, "001792c6429e552a285b3368dca7d30867919e6509e2035f99");
  cf_tunnel_close (p.b.tunnel, cf_err (CF_ERR_KEY_WRONG), "no");
  move (&p.b, &p.a, "00177b8d499604970a1308ebd1222bea3fe62a06a5d66bcc99");
  assert_string_equal (p.a.reason, "no");
  pair_done (&p);
}

/* Message 1 with any byte flipped is answered by nothing at all. */
static void
test_message1_flipped (void **state)
{
  uint8_t wire[MESSAGE1_WIRE];
  struct pair p;

  (void) state;
  pair_world (&p, 2);
  pair_init (&p, NULL, 0);
  cf_tunnel_start (p.a.tunnel);
  assert_int_equal (cf_buf_len (&p.a.out), sizeof wire);
  memcpy (wire, cf_buf_data (&p.a.out), sizeof wire);
  for (size_t at = 0; at < sizeof wire; at++)
    for (int bit = 0; bit < 8; bit++) {
      struct end other;

      pair_responder (&p, &other);
      wire[at] ^= (uint8_t) (1 << bit);
      cf_tunnel_input (other.tunnel, wire, sizeof wire);
      wire[at] ^= (uint8_t) (1 << bit);
      assert_int_equal (cf_buf_len (&other.out), 0);
      assert_int_equal (other.closed, 1);
      assert_int_not_equal (other.closed_err, 0);
      assert_false (other.ready);
      end_done (&other);
    }
  cf_tunnel_start (p.b.tunnel);
  pair_run (&p, SIZE_MAX); /* the true one was not spoilt by them */
  assert_true (p.a.ready && p.b.ready);
  pair_done (&p);
}

/* Messages 2 and 3 flipped: no end that trusts them, and no word from it. */
static void
test_later_messages_flipped (void **state)
{
  (void) state;
  for (int which = 2; which <= 3; which++)
    for (size_t at = 0; at < (which == 2 ? CF_NOISE_MESSAGE2_LEN : CF_NOISE_MESSAGE3_LEN); at++) {
      uint8_t wire[128];
      size_t len;
      struct pair p;
      struct end *reader, *writer;

      pair_world (&p, 3);
      pair_init (&p, NULL, 0);
      cf_tunnel_start (p.a.tunnel);
      cf_tunnel_start (p.b.tunnel);
      cf_tunnel_input (p.b.tunnel, cf_buf_data (&p.a.out), cf_buf_len (&p.a.out));
      cf_buf_clear (&p.a.out);
      if (which == 3)
        cf_tunnel_input (p.a.tunnel, cf_buf_data (&p.b.out), cf_buf_len (&p.b.out));
      writer = which == 2 ? &p.b : &p.a;
      reader = which == 2 ? &p.a : &p.b;
      if (which == 3)
        cf_buf_clear (&p.b.out);
      len = cf_buf_len (&writer->out);
      memcpy (wire, cf_buf_data (&writer->out), len);
      wire[at] ^= 0x80;
      cf_tunnel_input (reader->tunnel, wire, len);
      assert_false (reader->ready);
      assert_int_equal (reader->closed, 1);
      assert_int_equal (cf_buf_len (&reader->out), 0);
      pair_done (&p);
    }
}

/* A responder that got only a part waits, silent, until its deadline. */
static void
test_truncated_handshake (void **state)
{
  struct pair p;

  (void) state;
  pair_world (&p, 4);
  pair_init (&p, NULL, 0);
  cf_tunnel_start (p.a.tunnel);
  for (size_t cut = 0; cut < MESSAGE1_WIRE; cut++) {
    struct end other;

    pair_responder (&p, &other);
    cf_tunnel_input (other.tunnel, cf_buf_data (&p.a.out), cut);
    assert_int_equal (other.closed, 0);
    p.env.now_ms += CF_HANDSHAKE_MS;
    cf_timers_run (&p.env);
    assert_int_equal (other.closed, 1);
    assert_int_equal (gpg_err_code (other.closed_err), GPG_ERR_ETIMEDOUT);
    assert_int_equal (cf_buf_len (&other.out), 0);
    end_done (&other);
  }
  assert_int_equal (p.a.closed, 1); /* its own deadline passed as well */
  pair_done (&p);
}

static void
test_replays_and_times (void **state)
{
  static const struct {
    int64_t skew_ms;
    bool answered;
  } cases[] = { { 0, true },
                { CF_CLOCK_SLACK_MS, true },
                { -CF_CLOCK_SLACK_MS, true },
                { CF_CLOCK_SLACK_MS + 1, false },
                { -CF_CLOCK_SLACK_MS - 1, false },
                { 365LL * 24 * CF_CLOCK_SLACK_MS, false } };

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct pair p;
    struct end other;
    uint8_t wire[MESSAGE1_WIRE];

    pair_world (&p, 5);
    pair_init (&p, NULL, 0);
    cf_tunnel_start (p.a.tunnel);
    memcpy (wire, cf_buf_data (&p.a.out), sizeof wire);
    p.env.now_utc_ms += cases[i].skew_ms;
    cf_tunnel_input (p.b.tunnel, wire, sizeof wire);
    assert_int_equal (cf_buf_len (&p.b.out) > 0, cases[i].answered);
    assert_int_equal (p.b.closed, !cases[i].answered);
    pair_responder (&p, &other);
    cf_tunnel_input (other.tunnel, wire, sizeof wire); /* a second time: never */
    assert_int_equal (cf_buf_len (&other.out), 0);
    assert_int_equal (other.closed, 1);
    end_done (&other);
    pair_done (&p);
  }
}

/* Who does not have the device key we expect hears nothing. */
static void
test_wrong_device_key (void **state)
{
  struct pair p;

  (void) state;
  pair_world (&p, 6);
  pair_init (&p, NULL, 0);
  end_done (&p.b);
  p.secret[1][0] ^= 8;
  crypto_scalarmult_curve25519_base (p.public[1], p.secret[1]);
  pair_responder (&p, &p.b);
  cf_tunnel_start (p.a.tunnel);
  pair_run (&p, SIZE_MAX);
  assert_int_equal (p.b.carried, 0);
  assert_int_equal (gpg_err_code (p.b.closed_err), GPG_ERR_CHECKSUM);
  pair_done (&p);
}

/* Our own message 1 sent back to us. */
static void
test_reflected (void **state)
{
  struct pair p;

  (void) state;
  pair_world (&p, 7);
  pair_init (&p, NULL, 0);
  cf_tunnel_start (p.a.tunnel);
  cf_tunnel_input (p.a.tunnel, cf_buf_data (&p.a.out), cf_buf_len (&p.a.out));
  assert_int_equal (p.a.closed, 1);
  assert_false (p.a.ready);
  pair_done (&p);
}

static void
test_guard (void **state)
{
  struct pair p;
  uint8_t e[CF_DEVICE_KEY_LEN] = { 0 };
  uint32_t i;

  (void) state;
  pair_world (&p, 8);
  for (i = 0; i < CF_GUARD_ENTRIES + 10; i++) {
    memcpy (e, &i, sizeof i);
    assert_int_equal (cf_tunnel_guard_accept (p.guard, e, p.env.now_utc_ms), 0);
    assert_int_equal (gpg_err_code (cf_tunnel_guard_accept (p.guard, e, p.env.now_utc_ms)), GPG_ERR_DUP_VALUE);
  }
  for (i = 10; i < CF_GUARD_ENTRIES + 10; i++) { /* all but the oldest are known */
    memcpy (e, &i, sizeof i);
    assert_int_equal (gpg_err_code (cf_tunnel_guard_accept (p.guard, e, p.env.now_utc_ms)), GPG_ERR_DUP_VALUE);
  }
  pair_done (&p);
}

/* Random bytes, alone or behind a true beginning: never an answer, never a message. */
static void
test_garbage (void **state)
{
  struct pair p;
  uint8_t wire[300];

  (void) state;
  pair_world (&p, 23);
  pair_init (&p, NULL, 0);
  cf_tunnel_start (p.a.tunnel);
  for (int i = 0; i < 2000; i++) {
    struct end other;
    size_t len = pair_below (&p, sizeof wire), true_len = pair_below (&p, MESSAGE1_WIRE);

    cf_env_random (&p.env, wire, sizeof wire);
    memcpy (wire, cf_buf_data (&p.a.out), true_len);
    pair_responder (&p, &other);
    for (size_t at = 0; at < len; at += 7)
      cf_tunnel_input (other.tunnel, wire + at, len - at < 7 ? len - at : 7);
    assert_int_equal (cf_buf_len (&other.out), 0);
    assert_int_equal (other.message_count, 0);
    assert_true (other.closed <= 1 && !other.ready);
    end_done (&other);
  }
  pair_done (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_example),
    cmocka_unit_test (test_message1_flipped),
    cmocka_unit_test (test_later_messages_flipped),
    cmocka_unit_test (test_truncated_handshake),
    cmocka_unit_test (test_replays_and_times),
    cmocka_unit_test (test_wrong_device_key),
    cmocka_unit_test (test_reflected),
    cmocka_unit_test (test_guard),
    cmocka_unit_test (test_garbage),
  };

  if (cf_secmem_setup ())
    return 99;
  return cmocka_run_group_tests (tests, NULL, NULL);
}
