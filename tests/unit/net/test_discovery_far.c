/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_discovery_far.c - beacons by unicast: who is asked beyond our links, who is answered there, and what is dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/discovery.h"

#define FRIEND 0xc6336407 /* 198.51.100.7 */
#define STRANGER 0xcb007109
#define NEIGHBOUR 0x0a000002

static struct {
  struct cf_net net; /* first */
  struct cf_env env;
  struct cf_discovery *discovery;
  size_t sent, heard;
  struct cf_addr to, addr;
  struct cf_beacon said;
} w;

static void
take_random (void *arg, void *data, size_t len)
{
  (void) arg;
  memset (data, 0x5a, len);
}

static gpg_error_t
op_send (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len)
{
  (void) net;
  w.sent++;
  w.to = *to;
  assert_int_equal (cf_beacon_decode (data, len, &w.said), 0);
  return 0;
}

static gpg_error_t
op_broadcast (struct cf_net *net, const void *data, size_t len)
{
  (void) net;
  (void) data;
  (void) len;
  return 0;
}

static gpg_error_t
op_broadcast_fresh (struct cf_net *net, cf_net_say say, void *arg)
{
  (void) net;
  (void) say;
  (void) arg;
  return 0;
}

static bool
op_is_near (struct cf_net *net, const struct cf_addr *addr)
{
  (void) net;
  return addr->bytes[0] == 10;
}

static void
on_heard (void *arg, const struct cf_beacon *beacon, const struct cf_addr *addr)
{
  (void) arg;
  (void) beacon;
  w.heard++;
  w.addr = *addr;
}

static struct cf_addr
at (uint32_t host, uint16_t port)
{
  struct cf_addr addr = { .family = 4, .port = port };

  for (int i = 0; i < 4; i++)
    addr.bytes[i] = (uint8_t) (host >> (24 - 8 * i));
  return addr;
}

static bool
on_answer (void *arg, const struct cf_addr *from)
{
  struct cf_addr friend = at (FRIEND, 7077);

  (void) arg;
  return cf_addr_equal (from, &friend);
}

static struct cf_beacon
beacon_of (uint8_t who, bool answer)
{
  struct cf_beacon beacon = { .answer = answer, .tcp_port = 7000 };

  memset (beacon.device_key, who, sizeof beacon.device_key);
  beacon.identity.version = 4;
  beacon.identity.len = 20;
  memset (beacon.identity.bytes, who, 20);
  return beacon;
}

static void
give (bool answer, uint32_t host, uint16_t port)
{
  struct cf_beacon beacon = beacon_of (2, answer);
  struct cf_addr from = at (host, port);
  struct cf_buf buf;

  cf_buf_init (&buf, CF_BEACON_MAX);
  assert_int_equal (cf_beacon_encode (&beacon, &buf), 0);
  cf_discovery_datagram (w.discovery, &from, cf_buf_data (&buf), cf_buf_len (&buf));
  cf_buf_done (&buf);
}

static int
set_up (void **state)
{
  static const struct cf_net_ops ops = { .send_datagram = op_send, .broadcast = op_broadcast,
                                         .broadcast_fresh = op_broadcast_fresh, .is_near = op_is_near };
  struct cf_discovery_config config = { .own = beacon_of (1, false), .visibility = CF_VISIBLE_EVERYONE,
                                        .heard = on_heard, .answers = on_answer };

  (void) state;
  memset (&w, 0, sizeof w);
  w.net.ops = &ops;
  w.env.random = take_random;
  w.env.now_ms = 1000;
  if (cf_discovery_new (&w.env, &w.net, &config, &w.discovery))
    return -1;
  cf_discovery_start (w.discovery);
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  cf_discovery_free (w.discovery);
  return 0;
}

static void
test_ask (void **state)
{
  struct cf_addr friend = at (FRIEND, 7077);

  (void) state;
  cf_discovery_ask (w.discovery, &friend);
  assert_int_equal (w.sent, 1);
  assert_true (cf_addr_equal (&w.to, &friend));
  assert_false (w.said.answer);
  /* Who is not for everyone to see tells nobody who he is. */
  cf_discovery_set_visibility (w.discovery, CF_VISIBLE_CONTACTS);
  cf_discovery_ask (w.discovery, &friend);
  cf_discovery_set_visibility (w.discovery, CF_VISIBLE_NOBODY);
  cf_discovery_ask (w.discovery, &friend);
  assert_int_equal (w.sent, 1);
}

/* The place to try is where it came from: routers change ports, and the beacon does not know that. */
static void
test_answers (void **state)
{
  struct cf_addr friend = at (FRIEND, 7077);

  (void) state;
  give (true, FRIEND, 7077);
  assert_int_equal (w.heard, 1);
  assert_true (cf_addr_equal (&w.addr, &friend));
  give (true, FRIEND, 7078);
  give (true, STRANGER, 7077);
  assert_int_equal (w.heard, 1);
  assert_int_equal (w.env.refused[CF_REFUSED_BEACON_OFF_LINK], 2);
  give (true, NEIGHBOUR, 40000);
  assert_int_equal (w.heard, 2);
  assert_int_equal (w.addr.port, 7000);
}

static void
test_questions (void **state)
{
  struct cf_addr stranger = at (STRANGER, 4242);

  (void) state;
  give (false, STRANGER, 4242);
  assert_int_equal (w.heard, 1);
  assert_true (cf_addr_equal (&w.addr, &stranger));
  assert_int_equal (w.sent, 1);
  assert_true (w.said.answer);
  assert_true (cf_addr_equal (&w.to, &stranger));
  cf_discovery_set_visibility (w.discovery, CF_VISIBLE_CONTACTS);
  give (false, STRANGER, 4243);
  cf_discovery_set_visibility (w.discovery, CF_VISIBLE_NOBODY);
  give (false, STRANGER, 4244);
  assert_int_equal (w.heard, 1);
  assert_int_equal (w.sent, 1);
  assert_int_equal (w.env.refused[CF_REFUSED_BEACON_OFF_LINK], 2);
}

/* Who scans the world gets few answers; the neighbours get theirs all the same. */
static void
test_flood (void **state)
{
  size_t far;

  (void) state;
  for (uint32_t i = 0; i < 10000; i++) {
    give (false, STRANGER + (i << 8), 4242);
    w.env.now_ms += i % 2;
  }
  far = w.sent;
  assert_in_range (far, CF_ANSWER_FAR_BURST, CF_ANSWER_FAR_BURST + 5000 / CF_ANSWER_FAR_MS + 1);
  assert_int_equal (w.env.refused[CF_REFUSED_BEACON_LIMITED], 10000 - far);
  give (false, NEIGHBOUR, 4242);
  assert_int_equal (w.sent, far + 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_ask, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_answers, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_questions, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_flood, set_up, tear_down),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
