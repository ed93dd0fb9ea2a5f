/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tunnels over datagrams among ends that lie, and with somebody on the path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/device_key.h"
#include "net/dgram_handshake.h"
#include "net/dgram_priv.h"
#include "wire.h"

/* A first message to host 1, of a device key and a time that are given. */
static void
make_first (struct wire *w, uint8_t first[CF_DATAGRAM_FIRST_LEN], int64_t utc_ms)
{
  uint8_t secret[CF_DEVICE_KEY_LEN], public[CF_DEVICE_KEY_LEN];
  struct cf_dgram_keys keys = { secret, public, w->hosts[1].public };
  struct cf_dgram_handshake *hs;
  int64_t now_utc_ms = w->env.now_utc_ms;
  size_t len;

  cf_device_key_new (&w->env, secret, public);
  w->env.now_utc_ms = utc_ms;
  assert_int_equal (cf_dgram_handshake_dial (&w->env, &keys, CF_SUITE_CHACHAPOLY, 77, &hs), 0);
  w->env.now_utc_ms = now_utc_ms;
  memcpy (first, cf_dgram_handshake_out (hs, &len), CF_DATAGRAM_FIRST_LEN);
  assert_int_equal (len, CF_DATAGRAM_FIRST_LEN);
  cf_dgram_handshake_free (hs);
}

static const struct cf_addr elsewhere = { .family = 4, .bytes = { 203, 0, 113, 9 }, .port = 9 };

static void
send_to_1 (struct wire *w, const void *data, size_t len)
{
  wire_inject (w, &elsewhere, &w->hosts[1].addr, data, len);
}

/* Of whom we know nothing: not a byte, whatever he changes. */
static void
test_strangers_hear_nothing (void **state)
{
  struct wire *w = wire_new (1);
  uint8_t first[CF_DATAGRAM_FIRST_LEN], copy[CF_DATAGRAM_FIRST_LEN];

  (void) state;
  make_first (w, first, w->env.now_utc_ms);
  for (size_t i = 4; i < CF_DATAGRAM_MAC2_AT; i++) {
    memcpy (copy, first, sizeof copy);
    copy[i] ^= 0x40;
    send_to_1 (w, copy, sizeof copy);
  }
  assert_int_equal (w->env.refused[CF_REFUSED_DATAGRAM_STRANGER], CF_DATAGRAM_MAC2_AT - 4);
  for (size_t len = 0; len < sizeof first; len++)
    send_to_1 (w, first, len);
  assert_true (w->env.refused[CF_REFUSED_DATAGRAM_MALFORMED] >= CF_DATAGRAM_FIRST_LEN - 8);
  assert_int_equal (w->hosts[1].sent, 0);
  assert_int_equal (cf_dgram_port_count (w->hosts[1].port), 0);
  send_to_1 (w, first, sizeof first);
  assert_int_equal (w->hosts[1].sent, 1);
  wire_free (w);
}

/* Whoever knows our device key, and is wrong otherwise. */
static void
test_wrong_firsts (void **state)
{
  static const int64_t slack = CF_CLOCK_SLACK_MS;
  struct wire *w = wire_new (2);
  uint8_t first[CF_DATAGRAM_FIRST_LEN];
  int64_t now = w->env.now_utc_ms;

  (void) state;
  make_first (w, first, now - slack - 1);
  send_to_1 (w, first, sizeof first);
  make_first (w, first, now + slack + 1);
  send_to_1 (w, first, sizeof first);
  assert_int_equal (w->env.refused[CF_REFUSED_HANDSHAKE_TIME], 2);
  make_first (w, first, now);
  first[4] = 2;
  cf_door_sign (first, w->hosts[1].public, NULL);
  send_to_1 (w, first, sizeof first);
  assert_int_equal (w->env.refused[CF_REFUSED_HANDSHAKE_VERSION], 1);
  first[4] = 1;
  first[5] = CF_SUITE_COUNT;
  cf_door_sign (first, w->hosts[1].public, NULL);
  send_to_1 (w, first, sizeof first);
  assert_int_equal (w->env.refused[CF_REFUSED_HANDSHAKE_SUITE], 1);
  first[5] = 0; /* that is not what was sealed */
  cf_door_sign (first, w->hosts[1].public, NULL);
  send_to_1 (w, first, sizeof first);
  assert_int_equal (w->env.refused[CF_REFUSED_HANDSHAKE_FORGED], 1);
  make_first (w, first, now);
  memset (first + CF_DGRAM_FIRST_CLEAR, 0, CF_DEVICE_KEY_LEN);
  cf_door_sign (first, w->hosts[1].public, NULL);
  send_to_1 (w, first, sizeof first);
  assert_int_equal (w->env.refused[CF_REFUSED_HANDSHAKE_POINT], 1);
  assert_int_equal (w->hosts[1].sent, 0);
  assert_int_equal (w->hosts[1].accepted, 0);
  wire_free (w);
}

/* Who captures a first message and sends it again learns nothing, from where he is or as somebody else. */
static void
test_first_replayed (void **state)
{
  struct wire *w = wire_new (3);
  uint8_t first[CF_DATAGRAM_FIRST_LEN];

  (void) state;
  make_first (w, first, w->env.now_utc_ms);
  send_to_1 (w, first, sizeof first);
  assert_int_equal (w->hosts[1].sent, 1);
  send_to_1 (w, first, sizeof first); /* as who sent it, and did not hear the answer */
  assert_int_equal (w->hosts[1].sent, 2);
  assert_int_equal (w->hosts[1].accepted, 1);
  wire_inject (w, &w->hosts[2].addr, &w->hosts[1].addr, first, sizeof first);
  assert_int_equal (w->hosts[1].sent, 2);
  wire_run (w, CF_HANDSHAKE_MS + 1);
  send_to_1 (w, first, sizeof first);
  assert_int_equal (w->hosts[1].sent, 2);
  assert_int_equal (w->env.refused[CF_REFUSED_HANDSHAKE_REPLAYED], 2);
  wire_free (w);
}

/* Thousands of first messages under forged addresses: what is answered is less than what came, no Diffie-Hellman is
   paid for beyond the calm, and who really is where he says still gets in. */
static void
test_flood (void **state)
{
  struct wire *w = wire_new (4);
  struct wire_host *b = &w->hosts[1];
  uint8_t first[CF_DATAGRAM_FIRST_LEN];
  struct cf_addr from = elsewhere;

  (void) state;
  for (unsigned i = 0; i < 3000; i++) {
    make_first (w, first, w->env.now_utc_ms);
    from.bytes[2] = (uint8_t) (i >> 8);
    from.bytes[3] = (uint8_t) i;
    wire_inject (w, &from, &b->addr, first, sizeof first);
  }
  assert_int_equal (b->accepted, CF_DATAGRAM_CALM);
  assert_int_equal (w->env.refused[CF_REFUSED_DATAGRAM_COOKIE], 3000 - CF_DATAGRAM_CALM);
  assert_true (b->sent_bytes * 10 < b->received_bytes);
  wire_join (w); /* the cookie costs it one round trip */
  assert_true (w->env.refused[CF_REFUSED_DATAGRAM_COOKIE] > 3000 - CF_DATAGRAM_CALM);
  wire_free (w);
}

/* One who is where he says, and will not stop. */
static void
test_flood_of_one (void **state)
{
  struct wire *w = wire_new (5);
  struct wire_host *b = &w->hosts[1];
  uint8_t first[CF_DATAGRAM_FIRST_LEN], answer[CF_COOKIE_ANSWER_LEN], cookie[CF_COOKIE_LEN];

  (void) state;
  for (int i = 0; i <= CF_DATAGRAM_CALM; i++) {
    make_first (w, first, w->env.now_utc_ms);
    send_to_1 (w, first, sizeof first);
  }
  assert_int_equal (w->kept[w->kept_count - 1].len, CF_COOKIE_ANSWER_LEN);
  memcpy (answer, w->kept[w->kept_count - 1].data, sizeof answer);
  assert_int_equal (cf_door_read_cookie (answer, first, b->public, cookie), 0);
  for (int i = 0; i < 200; i++) {
    make_first (w, first, w->env.now_utc_ms);
    cf_door_sign (first, b->public, cookie);
    send_to_1 (w, first, sizeof first);
  }
  assert_int_equal (b->accepted, CF_DATAGRAM_CALM + CF_DATAGRAM_HOST_BURST);
  assert_int_equal (w->env.refused[CF_REFUSED_DATAGRAM_FLOOD], 200 - CF_DATAGRAM_HOST_BURST);
  /* Another's cookie is none; and this one is too old some time. */
  wire_inject (w, &w->hosts[2].addr, &b->addr, first, sizeof first);
  assert_int_equal (w->env.refused[CF_REFUSED_DATAGRAM_COOKIE], 2);
  w->env.now_ms += CF_COOKIE_MS;
  for (int i = 0; i < CF_DATAGRAM_CALM; i++) {
    make_first (w, first, w->env.now_utc_ms);
    send_to_1 (w, first, sizeof first);
  }
  make_first (w, first, w->env.now_utc_ms);
  cf_door_sign (first, b->public, cookie);
  send_to_1 (w, first, sizeof first);
  assert_int_equal (w->env.refused[CF_REFUSED_DATAGRAM_COOKIE], 3);
  wire_free (w);
}

static void
test_cookies_are_sealed (void **state)
{
  struct wire *w = wire_new (6);
  struct cf_door *door;
  uint8_t first[CF_DATAGRAM_FIRST_LEN], other[CF_DATAGRAM_FIRST_LEN], answer[CF_COOKIE_ANSWER_LEN];
  uint8_t cookie[CF_COOKIE_LEN];

  (void) state;
  assert_int_equal (cf_door_new (&w->env, &door), 0);
  make_first (w, first, w->env.now_utc_ms);
  make_first (w, other, w->env.now_utc_ms);
  cf_door_answer (door, first, w->hosts[1].public, &elsewhere, answer);
  assert_int_equal (cf_door_read_cookie (answer, first, w->hosts[1].public, cookie), 0);
  assert_int_equal (gpg_err_code (cf_door_read_cookie (answer, other, w->hosts[1].public, cookie)), GPG_ERR_CHECKSUM);
  assert_int_equal (gpg_err_code (cf_door_read_cookie (answer, first, w->hosts[0].public, cookie)), GPG_ERR_CHECKSUM);
  for (size_t i = 8; i < sizeof answer; i++) {
    answer[i] ^= 1;
    assert_int_equal (gpg_err_code (cf_door_read_cookie (answer, first, w->hosts[1].public, cookie)), GPG_ERR_CHECKSUM);
    answer[i] ^= 1;
  }
  cf_door_free (door);
  wire_free (w);
}

/* PASS: before each true second, third and cookie comes a forged one. */
static bool
forge_before (struct wire *w, const struct cf_addr *from, const struct cf_addr *to, uint8_t *data, size_t len)
{
  uint8_t copy[CF_DATAGRAM_FIRST_LEN];
  unsigned kind = cf_dgram_kind (data, len);

  if (kind != CF_DATAGRAM_SECOND && kind != CF_DATAGRAM_THIRD)
    return true;
  memcpy (copy, data, len);
  for (int i = 0; i < 3; i++) {
    copy[len - 1 - (size_t) i * 20] ^= 1;
    wire_inject (w, from, to, copy, len);
  }
  for (size_t cut = 8; cut < len; cut++)
    wire_inject (w, from, to, data, cut);
  return true;
}

/* A stream ends with the first forgery; datagrams do not, since anybody may send them. */
static void
test_forged_answers (void **state)
{
  struct wire *w = wire_new (7);

  (void) state;
  w->pass = forge_before;
  wire_join (w);
  assert_true (w->env.refused[CF_REFUSED_HANDSHAKE_FORGED] >= 6);
  wire_say (&w->hosts[0], CF_CHANNEL_TALK, 1000, 1);
  wire_run (w, 1000);
  wire_expect (&w->hosts[1], CF_CHANNEL_TALK, 1000, 1);
  wire_free (w);
}

/* PASS: an answer comes with thousands of forgeries. */
static bool
forge_for_ever (struct wire *w, const struct cf_addr *from, const struct cf_addr *to, uint8_t *data, size_t len)
{
  uint8_t copy[CF_DGRAM_SECOND_LEN];

  if (cf_dgram_kind (data, len) != CF_DATAGRAM_SECOND)
    return true;
  memcpy (copy, data, len);
  copy[len - 1] ^= 1;
  for (int i = 0; i < 1000; i++)
    wire_inject (w, from, to, copy, len);
  return true;
}

static void
test_forgeries_are_bounded (void **state)
{
  struct wire *w = wire_new (8);

  (void) state;
  w->pass = forge_for_ever;
  wire_dial (w, 0, 1);
  wire_run (w, 100);
  assert_int_equal (w->hosts[0].closed, 1);
  assert_int_equal (w->env.refused[CF_REFUSED_HANDSHAKE_FORGED], CF_DGRAM_FORGERIES_MAX + 1);
  wire_free (w);
}

/* Everything goes back to who sent it, too. */
static bool
reflect (struct wire *w, const struct cf_addr *from, const struct cf_addr *to, uint8_t *data, size_t len)
{
  wire_inject (w, to, from, data, len);
  return true;
}

static void
test_reflected (void **state)
{
  struct wire *w = wire_new (9);

  (void) state;
  w->pass = reflect;
  wire_join (w);
  for (int i = 0; i < 20; i++)
    wire_say (&w->hosts[0], CF_CHANNEL_TALK, 1000, (uint8_t) i);
  wire_run (w, 3000);
  assert_int_equal (w->hosts[1].messages, 20);
  assert_int_equal (w->hosts[0].messages, 0);
  assert_int_equal (w->hosts[0].accepted, 0);
  assert_true (w->env.refused[CF_REFUSED_DATAGRAM_INDEX] > 20); /* what is sealed is for another index */
  wire_free (w);
}

/* Everything that was sent, again, from everywhere: nothing happens. */
static void
test_everything_replayed (void **state)
{
  struct wire *w = wire_new (10);
  struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];
  size_t kept, sent_before;

  (void) state;
  wire_join (w);
  for (int i = 0; i < 50; i++)
    wire_say (a, CF_CHANNEL_TALK, 2000, (uint8_t) i);
  wire_run (w, 3000);
  assert_int_equal (b->messages, 50);
  kept = w->kept_count;
  sent_before = a->sent + b->sent;
  for (size_t i = 0; i < kept; i++) {
    wire_inject (w, &w->kept[i].from, &w->kept[i].to, w->kept[i].data, w->kept[i].len);
    wire_inject (w, &elsewhere, &w->kept[i].to, w->kept[i].data, w->kept[i].len);
  }
  assert_int_equal (a->sent + b->sent, sent_before);
  assert_int_equal (b->messages, 50);
  assert_true (cf_addr_equal (cf_dgram_addr (b->tunnel), &a->addr));
  assert_true (w->env.refused[CF_REFUSED_DATAGRAM_REPLAYED] >= 100);
  assert_int_equal (a->closed + b->closed, 0);
  wire_free (w);
}

/* PASS: each sealed datagram to host 1 gets there first as somebody else's, and changed. */
static bool
steal (struct wire *w, const struct cf_addr *from, const struct cf_addr *to, uint8_t *data, size_t len)
{
  uint8_t copy[2048];

  (void) from;
  if (cf_dgram_kind (data, len) == CF_DATAGRAM_SEALED && len <= sizeof copy && cf_addr_equal (to, &w->hosts[1].addr)) {
    memcpy (copy, data, len);
    copy[len - 1] ^= 1;
    wire_inject (w, &elsewhere, to, copy, len);
    wire_inject (w, &elsewhere, to, data, len);
    return false;
  }
  return true;
}

/* Somebody on the path makes everything come from an address where nobody answers: it is asked, now and then, and the
   tunnel stays where it is. */
static void
test_moving_is_proved (void **state)
{
  struct wire *w = wire_new (11);
  struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];
  size_t to_elsewhere = 0, bytes = 0;

  (void) state;
  wire_join (w);
  w->pass = steal;
  for (int i = 0; i < 50; i++)
    wire_say (a, CF_CHANNEL_TALK, 2000, (uint8_t) i);
  for (int i = 0; i < 50; i++)
    wire_say (b, CF_CHANNEL_TALK, 2000, (uint8_t) i);
  wire_run (w, 3000);
  assert_true (cf_addr_equal (cf_dgram_addr (b->tunnel), &a->addr));
  assert_int_equal (b->messages, 50);
  assert_int_equal (a->messages, 50);
  assert_true (w->env.refused[CF_REFUSED_DATAGRAM_FORGED] > 50);
  for (size_t i = 0; i < w->kept_count; i++)
    if (cf_addr_equal (&w->kept[i].to, &elsewhere)) {
      to_elsewhere++;
      bytes += w->kept[i].len;
    }
  assert_true (to_elsewhere > 0);
  assert_true (bytes < 1000); /* no flood is sent there */
  wire_free (w);
}

/* Who is not known yet may use the control channel, and no more of it than a HELLO needs. */
static void
test_control_only (void **state)
{
  (void) state;
  for (int i = 0; i < 3; i++) {
    struct wire *w = wire_new (12);
    struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];

    wire_dial (w, 0, 1);
    assert_true (wire_until (w, 5000, wire_joined));
    if (i == 0)
      wire_say (a, CF_CHANNEL_TALK, 1, 1);
    else if (i == 1)
      assert_int_equal (cf_dgram_send_plain (a->tunnel, "x", 1), 0);
    else
      wire_say (a, CF_CHANNEL_CONTROL, CF_MESSAGE_CONTROL_MAX, 1);
    wire_run (w, 2000);
    assert_int_equal (b->closed, i < 2);
    assert_int_equal (w->env.refused[CF_REFUSED_RECORD_RULE], i < 2);
    assert_int_equal (b->messages, i == 2);
    wire_free (w);
  }
}

static void
test_large (void **state)
{
  struct wire *w = wire_new (13);
  struct wire_host *a = &w->hosts[0], *b = &w->hosts[1];

  (void) state;
  wire_join (w);
  b->strict = true;
  wire_say (a, CF_CHANNEL_TALK, CF_MESSAGE_STRANGER_MAX, 1);
  wire_run (w, 2000);
  wire_expect (b, CF_CHANNEL_TALK, CF_MESSAGE_STRANGER_MAX, 1);
  wire_say (a, CF_CHANNEL_TALK, CF_MESSAGE_STRANGER_MAX + 1, 1);
  wire_run (w, 2000);
  assert_int_equal (b->closed, 1);
  assert_int_equal (w->env.refused[CF_REFUSED_RECORD_LARGE], 1);
  assert_int_equal (gpg_err_code (cf_dgram_peer_code (a->tunnel)), GPG_ERR_TOO_LARGE);
  wire_free (w);
}

/* Seal PLAIN as host 0 would, and have it arrive. */
static void
seal_and_send (struct wire *w, const void *plain, size_t len)
{
  struct cf_dgram *d = w->hosts[0].tunnel;
  uint8_t data[2048];

  memcpy (data + CF_BOX_HEAD_LEN, plain, len);
  assert_int_equal (cf_box_seal (&d->box, w->env.now_ms, d->remote_index, data, len), 0);
  wire_inject (w, &w->hosts[0].addr, &w->hosts[1].addr, data, len + CF_BOX_OVERHEAD);
}

/* Authentic datagrams that no honest end makes: the tunnel ends, and says so. */
static void
test_rules (void **state)
{
  static const struct { const char *plain; size_t len; } wrong[] = {
    { "\3", 1 }, { "\xff", 1 }, { "\2", 1 }, { "\2\1", 2 }, { "\2\1\0\0\0\0\0\0\0", 9 }, { "\2\1\0\0\0\0\0\0\0\0\0", 11 },
    { "\2\2", 2 }, { "\2\3", 2 }, { "\2\3\0", 3 }, { "\2\4\0\0\0\0\0\0\0\0", 10 },
  };
  uint8_t plain[1 + CF_DATAGRAM_PLAIN_MAX + 1] = { 1 }, bye[5 + CF_BYE_REASON_MAX] = { 2, 3 };

  (void) state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0] + 2; i++) {
    struct wire *w = wire_new (14);

    wire_join (w);
    if (i < sizeof wrong / sizeof wrong[0])
      seal_and_send (w, wrong[i].plain, wrong[i].len);
    else if (i == sizeof wrong / sizeof wrong[0])
      seal_and_send (w, plain, sizeof plain);
    else
      seal_and_send (w, bye, sizeof bye);
    assert_int_equal (w->hosts[1].closed, 1);
    assert_int_equal (gpg_err_code (w->hosts[1].closed_err), CF_ERR_PROTOCOL);
    assert_int_equal (w->env.refused[CF_REFUSED_RECORD_RULE], 1);
    wire_free (w);
  }
}

/* Everything that a tunnel ever sent, cut and bent: nothing is believed, nothing is answered. */
static void
test_noise (void **state)
{
  struct wire *w = wire_new (15);
  size_t kept, sent_before;

  (void) state;
  wire_join (w);
  wire_say (&w->hosts[0], CF_CHANNEL_TALK, 30000, 3);
  wire_run (w, 1000);
  kept = w->kept_count;
  sent_before = w->hosts[0].sent + w->hosts[1].sent;
  for (size_t i = 0; i < kept; i++)
    for (int k = 0; k < 40; k++) {
      struct wire_kept *it = &w->kept[i];
      uint8_t *copy = malloc (it->len);

      assert_non_null (copy);
      memcpy (copy, it->data, it->len);
      copy[wire_random (w, it->len)] ^= (uint8_t) (1 + wire_random (w, 255));
      wire_inject (w, &it->from, &it->to, copy, it->len - wire_random (w, it->len < 40 ? it->len : 40));
      free (copy);
    }
  assert_int_equal (w->hosts[0].closed + w->hosts[1].closed, 0);
  assert_int_equal (w->hosts[0].sent + w->hosts[1].sent, sent_before);
  assert_int_equal (w->hosts[1].messages, 1);
  wire_free (w);
}

/* Refused above: no second message leaves. */
static void
test_refused_silently (void **state)
{
  struct wire *w = wire_new (16);

  (void) state;
  w->hosts[1].refuses = true;
  wire_dial (w, 0, 1);
  wire_run (w, 5000);
  assert_int_equal (w->hosts[1].sent, 0);
  assert_int_equal (cf_dgram_port_count (w->hosts[1].port), 0);
  wire_free (w);
}

int
main (void)
{
  static const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_strangers_hear_nothing),
    cmocka_unit_test (test_wrong_firsts),
    cmocka_unit_test (test_first_replayed),
    cmocka_unit_test (test_flood),
    cmocka_unit_test (test_flood_of_one),
    cmocka_unit_test (test_cookies_are_sealed),
    cmocka_unit_test (test_forged_answers),
    cmocka_unit_test (test_forgeries_are_bounded),
    cmocka_unit_test (test_reflected),
    cmocka_unit_test (test_everything_replayed),
    cmocka_unit_test (test_moving_is_proved),
    cmocka_unit_test (test_control_only),
    cmocka_unit_test (test_large),
    cmocka_unit_test (test_rules),
    cmocka_unit_test (test_noise),
    cmocka_unit_test (test_refused_silently),
  };

  return cmocka_run_group_tests_name ("dgram_hostile", tests, wire_setup, NULL);
}
