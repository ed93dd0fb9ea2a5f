/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_discovery.c - beacons as bytes, and the machine against a net that only records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "net/discovery.h"

#define SENT_MAX 64

struct sent {
  bool broadcast;
  struct cf_addr to;
  uint64_t at_ms;
  uint8_t data[CF_BEACON_MAX];
  size_t len;
};

/* A virtual clock, seeded dice, a net that records, and the machine. */
struct world {
  struct cf_net net; /* first */
  struct cf_env env;
  uint64_t seed;
  struct sent sent[SENT_MAX]; /* the last ones */
  size_t broadcasts, answers;
  size_t heard;
  struct cf_beacon last_heard;
  struct cf_addr last_addr;
  bool net_down;
  struct cf_discovery *discovery;
};

static void
dice (void *arg, void *buf, size_t len)
{
  struct world *w = arg;

  for (size_t i = 0; i < len; i++) {
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    ((uint8_t *) buf)[i] = (uint8_t) (w->seed >> 56);
  }
}

static void
record (struct world *w, const struct cf_addr *to, const void *data, size_t len)
{
  struct sent *s = &w->sent[(w->broadcasts + w->answers) % SENT_MAX];

  assert_true (len <= CF_BEACON_MAX);
  memset (s, 0, sizeof *s);
  s->broadcast = !to;
  if (to)
    s->to = *to;
  s->at_ms = w->env.now_ms;
  memcpy (s->data, data, len);
  s->len = len;
  if (to)
    w->answers++;
  else
    w->broadcasts++;
}

static const struct sent *
last_sent (const struct world *w)
{
  return &w->sent[(w->broadcasts + w->answers - 1) % SENT_MAX];
}

static gpg_error_t
op_send (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len)
{
  record ((struct world *) net, to, data, len);
  return 0;
}

static gpg_error_t
op_broadcast (struct cf_net *net, const void *data, size_t len)
{
  struct world *w = (struct world *) net;

  if (w->net_down)
    return cf_err (GPG_ERR_ENETUNREACH);
  record (w, NULL, data, len);
  return 0;
}

/* Veiled beacons have a test of their own: here only whether they are sent, and from where. */
static gpg_error_t
op_broadcast_fresh (struct cf_net *net, cf_net_say say, void *arg)
{
  struct cf_addr source = { .family = 4, .bytes = { 10, 0, 0, 1 }, .port = 40000 };
  struct cf_buf out;
  gpg_error_t err;

  cf_buf_init (&out, CF_NET_DATAGRAM_MAX);
  err = say (arg, &source, &out);
  if (!err)
    err = op_broadcast (net, cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
  return err;
}

static const struct cf_net_ops ops = { .send_datagram = op_send, .broadcast = op_broadcast,
                                       .broadcast_fresh = op_broadcast_fresh };

static void
on_heard (void *arg, const struct cf_beacon *beacon, const struct cf_addr *addr)
{
  struct world *w = arg;

  w->heard++;
  w->last_heard = *beacon;
  w->last_addr = *addr;
}

static struct cf_beacon
make_beacon (uint8_t who, bool answer)
{
  struct cf_beacon beacon = { .answer = answer, .tcp_port = 7000, .udp_port = 7001 };

  memset (beacon.device_key, who, sizeof beacon.device_key);
  beacon.identity.version = 4;
  beacon.identity.len = 20;
  memset (beacon.identity.bytes, who, 20);
  strcpy (beacon.name, "Zoë");
  return beacon;
}

static struct cf_addr
make_from (uint32_t host, uint16_t port)
{
  struct cf_addr addr = { .family = 4, .port = port };

  for (int i = 0; i < 4; i++)
    addr.bytes[i] = (uint8_t) (host >> (24 - 8 * i));
  return addr;
}

static size_t
encode (const struct cf_beacon *beacon, uint8_t out[CF_BEACON_MAX])
{
  struct cf_buf buf;
  size_t len;

  cf_buf_init (&buf, CF_BEACON_MAX);
  assert_int_equal (cf_beacon_encode (beacon, &buf), 0);
  len = cf_buf_len (&buf);
  memcpy (out, cf_buf_data (&buf), len);
  cf_buf_done (&buf);
  return len;
}

static void
give (struct world *w, const struct cf_beacon *beacon, uint32_t host, uint16_t port)
{
  uint8_t data[CF_BEACON_MAX];
  size_t len = encode (beacon, data);
  struct cf_addr from = make_from (host, port);

  cf_discovery_datagram (w->discovery, &from, data, len);
}

/* Let MS pass, stopping at each deadline. */
static void
pass (struct world *w, uint64_t ms)
{
  uint64_t end = w->env.now_ms + ms;

  while (cf_timers_next (&w->env) <= end) {
    w->env.now_ms = cf_timers_next (&w->env);
    cf_timers_run (&w->env);
  }
  w->env.now_ms = end;
}

static int
setup (void **state)
{
  struct world *w = calloc (1, sizeof *w);
  struct cf_discovery_config config = { .own = make_beacon (1, false), .visibility = CF_VISIBLE_EVERYONE,
                                        .heard = on_heard, .arg = w };

  assert_non_null (w);
  w->net.ops = &ops;
  w->env.now_ms = 5; /* less than any limit: nothing may depend on the origin */
  w->env.random = dice;
  w->env.random_arg = w;
  w->seed = 42;
  assert_int_equal (cf_discovery_new (&w->env, &w->net, &config, &w->discovery), 0);
  *state = w;
  return 0;
}

static int
teardown (void **state)
{
  struct world *w = *state;

  cf_discovery_free (w->discovery);
  assert_true (cf_timers_next (&w->env) == UINT64_MAX);
  free (w);
  return 0;
}

/* Bytes. */

static void
test_round_trip (void **state)
{
  struct cf_beacon in, out;
  uint8_t data[CF_BEACON_MAX], again[CF_BEACON_MAX];
  size_t len;

  (void) state;
  for (int i = 0; i < 8; i++) {
    in = make_beacon (9, i & 1);
    if (i & 2)
      memset (in.name, 'n', CF_NAME_MAX);
    if (i & 4) {
      in.identity.version = 6;
      in.identity.len = 32;
      memset (in.identity.bytes, 7, 32);
    }
    len = encode (&in, data);
    if (in.answer)
      assert_true (len <= CF_BEACON_ANSWER_MAX);
    else
      assert_int_equal (len, CF_BEACON_QUESTION_LEN);
    assert_int_equal (cf_beacon_decode (data, len, &out), 0);
    assert_int_equal (out.answer, in.answer);
    assert_int_equal (out.tcp_port, 7000);
    assert_int_equal (out.udp_port, 7001);
    assert_true (cf_fpr_equal (&out.identity, &in.identity));
    assert_string_equal (out.name, in.name);
    assert_int_equal (encode (&out, again), len);
    assert_memory_equal (again, data, len);
  }
}

/* The beacon of doc/protocol.md, "Test vectors", byte by byte. */
static void
test_layout (void **state)
{
  static const uint8_t head[] = { 'C', 'F', 'B', '1', 1, 2, 0x1b, 0x58, 0x1b, 0x59 };
  static const uint8_t tail[] = { 0, 4, 'Z', 'o', 0xc3, 0xab };
  struct cf_beacon beacon = make_beacon (0x55, true);
  uint8_t data[CF_BEACON_MAX], want[CF_BEACON_MAX];
  size_t len = encode (&beacon, data);

  (void) state;
  assert_int_equal (len, 10 + 32 + 21 + 6);
  memcpy (want, head, 10);
  memset (want + 10, 0x55, 32);
  want[42] = 4;
  memset (want + 43, 0x55, 20);
  memcpy (want + 63, tail, 6);
  assert_memory_equal (data, want, len);
}

static void
test_truncated (void **state)
{
  uint8_t data[CF_BEACON_MAX] = { 0 };
  struct cf_beacon out;

  (void) state;
  for (int answer = 0; answer < 2; answer++) {
    struct cf_beacon in = make_beacon (9, answer);
    size_t len = encode (&in, data);

    for (size_t i = 0; i < len; i++) {
      uint8_t *exact = malloc (i ? i : 1); /* so that the sanitizer sees a read beyond */

      assert_non_null (exact);
      memcpy (exact, data, i);
      assert_int_not_equal (cf_beacon_decode (exact, i, &out), 0);
      free (exact);
    }
    data[len] = 0;
    assert_int_not_equal (cf_beacon_decode (data, len + 1, &out), 0);
  }
}

/* Every byte with every value: refused, or read to something that is written the same. */
static void
test_every_byte (void **state)
{
  uint8_t data[CF_BEACON_MAX] = { 0 }, again[CF_BEACON_MAX];
  struct cf_beacon out;

  (void) state;
  for (int answer = 0; answer < 2; answer++) {
    struct cf_beacon in = make_beacon (9, answer);
    size_t len = encode (&in, data), accepted = 0;

    for (size_t i = 0; i < len; i++) {
      uint8_t was = data[i];

      for (int v = 0; v < 256; v++) {
        data[i] = (uint8_t) v;
        if (cf_beacon_decode (data, len, &out))
          continue;
        assert_int_equal (encode (&out, again), len);
        assert_memory_equal (again, data, len);
        accepted++;
      }
      data[i] = was;
    }
    assert_true (accepted > 256 * 52); /* keys are free */
  }
}

static void
test_refused_values (void **state)
{
  struct cf_beacon beacon;
  struct cf_buf buf;

  (void) state;
  cf_buf_init (&buf, CF_BEACON_MAX);
  beacon = make_beacon (9, true);
  beacon.tcp_port = 0;
  assert_int_equal (gpg_err_code (cf_beacon_encode (&beacon, &buf)), GPG_ERR_INV_VALUE);
  beacon = make_beacon (0, true); /* no device key */
  assert_int_equal (gpg_err_code (cf_beacon_encode (&beacon, &buf)), GPG_ERR_INV_VALUE);
  beacon = make_beacon (9, true);
  memset (&beacon.identity, 0, sizeof beacon.identity);
  assert_int_equal (gpg_err_code (cf_beacon_encode (&beacon, &buf)), GPG_ERR_INV_VALUE);
  beacon = make_beacon (9, true);
  strcpy (beacon.name, "\xff\xfe");
  assert_int_equal (gpg_err_code (cf_beacon_encode (&beacon, &buf)), GPG_ERR_INV_NAME);
  memset (beacon.name, 'n', sizeof beacon.name); /* no end */
  assert_int_equal (gpg_err_code (cf_beacon_encode (&beacon, &buf)), GPG_ERR_INV_NAME);
  assert_int_equal (cf_buf_len (&buf), 0);
  cf_buf_done (&buf);
}

/* The machine. */

static void
test_intervals (void **state)
{
  struct world *w = *state;
  uint64_t last, shortest = UINT64_MAX, longest = 0;

  cf_discovery_start (w->discovery);
  assert_int_equal (w->broadcasts, 1); /* at once */
  pass (w, CF_BEACON_REPEAT_MS);
  assert_int_equal (w->broadcasts, 2);
  last = w->env.now_ms;
  for (int i = 0; i < 200; i++) {
    size_t before = w->broadcasts;

    w->env.now_ms = cf_timers_next (&w->env);
    cf_timers_run (&w->env);
    assert_int_equal (w->broadcasts, before + 1);
    if (w->env.now_ms - last < shortest)
      shortest = w->env.now_ms - last;
    if (w->env.now_ms - last > longest)
      longest = w->env.now_ms - last;
    last = w->env.now_ms;
  }
  assert_true (longest <= CF_BEACON_INTERVAL_MS);
  assert_true (shortest > CF_BEACON_INTERVAL_MS * 4 / 5);
  assert_true (longest - shortest > CF_BEACON_INTERVAL_MS / 10); /* it does jitter */
  assert_true (3 * longest < CF_PEER_GONE_MS);
}

static void
test_network_change (void **state)
{
  struct world *w = *state;
  size_t before;

  cf_discovery_start (w->discovery);
  pass (w, 60000);
  before = w->broadcasts;
  cf_discovery_network_changed (w->discovery);
  assert_int_equal (w->broadcasts, before + 1); /* at once */
  pass (w, CF_BEACON_REPEAT_MS);
  assert_int_equal (w->broadcasts, before + 2);

  /* A flapping cable costs one beacon in CF_BEACON_LEAST_MS. */
  before = w->broadcasts;
  for (int i = 0; i < 1000; i++) {
    cf_discovery_network_changed (w->discovery);
    pass (w, 10);
  }
  assert_true (w->broadcasts - before <= 10000 / CF_BEACON_LEAST_MS + 1);
  assert_true (w->broadcasts - before >= 10000 / CF_BEACON_LEAST_MS - 1);
}

static void
test_net_down (void **state)
{
  struct world *w = *state;
  struct cf_discovery_counts counts;

  w->net_down = true;
  cf_discovery_start (w->discovery);
  pass (w, 60000);
  cf_discovery_counts (w->discovery, &counts);
  assert_int_equal (counts.sent, 0);
  w->net_down = false;
  cf_discovery_network_changed (w->discovery);
  assert_int_equal (w->broadcasts, 1);
}

static void
test_answers (void **state)
{
  struct world *w = *state;
  struct cf_beacon question = make_beacon (2, false), answer = make_beacon (3, true), out;
  struct cf_addr from = make_from (0x0a4d0002, 999), want = make_from (0x0a4d0002, 7000);

  cf_discovery_start (w->discovery);
  give (w, &question, 0x0a4d0002, 999);
  assert_int_equal (w->answers, 1);
  assert_true (cf_addr_equal (&last_sent (w)->to, &from)); /* to the source */
  assert_true (last_sent (w)->len < CF_BEACON_QUESTION_LEN);
  assert_int_equal (cf_beacon_decode (last_sent (w)->data, last_sent (w)->len, &out), 0);
  assert_true (out.answer);
  assert_memory_equal (out.device_key, make_beacon (1, true).device_key, CF_DEVICE_KEY_LEN);
  assert_int_equal (w->heard, 1);
  assert_false (w->last_heard.answer);
  assert_true (cf_addr_equal (&w->last_addr, &want)); /* its host, its TCP port */

  give (w, &answer, 0x0a4d0003, 999); /* answers are not answered */
  assert_int_equal (w->answers, 1);
  assert_int_equal (w->heard, 2);
  assert_true (w->last_heard.answer);
}

static void
test_largest_answer_is_smaller (void **state)
{
  struct world *w = *state;
  struct cf_beacon own = make_beacon (1, false), question = make_beacon (2, false);

  memset (own.name, 'n', CF_NAME_MAX);
  own.identity.version = 6;
  own.identity.len = 32;
  memset (own.identity.bytes, 8, 32);
  assert_int_equal (cf_discovery_set_own (w->discovery, &own), 0);
  cf_discovery_start (w->discovery);
  question.name[0] = 0;
  give (w, &question, 0x0a4d0002, 999);
  assert_int_equal (w->answers, 1);
  assert_int_equal (last_sent (w)->len, CF_BEACON_ANSWER_MAX);
  assert_true (last_sent (w)->len < CF_BEACON_QUESTION_LEN);
}

static void
test_copies_answered_once (void **state)
{
  struct world *w = *state;
  struct cf_beacon question = make_beacon (2, false);

  cf_discovery_start (w->discovery);
  for (int i = 0; i < 3; i++)
    give (w, &question, 0x0a4d0002, 999);
  assert_int_equal (w->answers, 1);
  assert_int_equal (w->heard, 3);
  give (w, &question, 0x0a4d0002, 1000); /* restarted: another port */
  assert_int_equal (w->answers, 2);
  pass (w, CF_BEACON_LEAST_MS); /* its next question is not a copy */
  give (w, &question, 0x0a4d0002, 1000);
  assert_int_equal (w->answers, 3);
}

static void
test_host_limit (void **state)
{
  struct world *w = *state;
  struct cf_beacon question = make_beacon (2, false);
  struct cf_discovery_counts counts;
  size_t before;

  cf_discovery_start (w->discovery);
  for (uint16_t port = 1; port <= 10000; port++)
    give (w, &question, 0x0a4d0002, port);
  assert_int_equal (w->answers, CF_ANSWER_HOST_BURST);
  cf_discovery_counts (w->discovery, &counts);
  assert_int_equal (counts.limited, 10000 - CF_ANSWER_HOST_BURST);
  give (w, &question, 0x0a4d0003, 1); /* others are served */
  assert_int_equal (w->answers, CF_ANSWER_HOST_BURST + 1);

  before = w->answers;
  for (uint16_t i = 0; i < 1000; i++) {
    w->env.now_ms += 10;
    give (w, &question, 0x0a4d0002, (uint16_t) (20000 + i));
  }
  assert_in_range (w->answers - before, 10000 / CF_ANSWER_HOST_MS - 1, 10000 / CF_ANSWER_HOST_MS + 1);
}

static void
test_flood (void **state)
{
  struct world *w = *state;
  struct cf_beacon question = make_beacon (2, false);
  uint64_t began = w->env.now_ms;

  cf_discovery_start (w->discovery);
  for (uint32_t i = 0; i < 100000; i++) {
    give (w, &question, 0x0b000000 + i, 5000);
    if (i % 100 == 99)
      w->env.now_ms++;
  }
  assert_true (w->answers <= CF_ANSWER_ALL_BURST + (w->env.now_ms - began) / CF_ANSWER_ALL_MS);
  assert_true (w->answers >= CF_ANSWER_ALL_BURST);
  assert_int_equal (w->heard, 100000); /* hearing is free; what to keep is decided above */
  w->env.now_ms += 10000;
  give (w, &question, 0x0a4d0002, 999); /* it recovers */
  assert_true (cf_addr_same_host (&last_sent (w)->to, &(struct cf_addr){ .family = 4, .bytes = { 10, 77, 0, 2 } }));
}

static void
test_own_ignored (void **state)
{
  struct world *w = *state;
  struct cf_beacon own = make_beacon (1, false);
  struct cf_discovery_counts counts;

  cf_discovery_start (w->discovery);
  give (w, &own, 0x7f000001, 999);
  own.answer = true;
  give (w, &own, 0x7f000001, 999);
  assert_int_equal (w->answers, 0);
  assert_int_equal (w->heard, 0);
  cf_discovery_counts (w->discovery, &counts);
  assert_int_equal (counts.own, 2);
}

static void
test_malformed_counted (void **state)
{
  struct world *w = *state;
  struct cf_addr from = make_from (0x0a4d0002, 999);
  struct cf_beacon question = make_beacon (2, false);
  struct cf_discovery_counts counts;
  uint8_t data[CF_BEACON_MAX];
  size_t len = encode (&question, data);

  cf_discovery_start (w->discovery);
  for (size_t i = 0; i < len; i++)
    cf_discovery_datagram (w->discovery, &from, data, i);
  cf_discovery_counts (w->discovery, &counts);
  assert_int_equal (counts.malformed, len);
  assert_int_equal (w->answers + w->heard, 0);
  from.port = 0; /* nobody can be answered there */
  cf_discovery_datagram (w->discovery, &from, data, len);
  assert_int_equal (w->answers, 0);
}

static void
check_silent (struct world *w)
{
  struct cf_beacon question = make_beacon (2, false);
  size_t sent = w->broadcasts + w->answers, heard = w->heard;

  pass (w, 200000);
  cf_discovery_network_changed (w->discovery);
  pass (w, 200000);
  give (w, &question, 0x0a4d0002, 999);
  assert_int_equal (w->broadcasts + w->answers, sent);
  assert_int_equal (w->heard, heard + 1);
}

static void
test_visibility (void **state)
{
  struct world *w = *state;
  size_t before;

  check_silent (w); /* not started */
  cf_discovery_set_visibility (w->discovery, CF_VISIBLE_NOBODY);
  cf_discovery_start (w->discovery);
  check_silent (w);
  cf_discovery_set_visibility (w->discovery, CF_VISIBLE_EVERYONE);
  assert_int_equal (w->broadcasts, 1);
  pass (w, 100000);
  assert_true (w->broadcasts >= 5);
  cf_discovery_set_visibility (w->discovery, CF_VISIBLE_NOBODY);
  check_silent (w);
  before = w->broadcasts;
  cf_discovery_set_visibility (w->discovery, CF_VISIBLE_EVERYONE);
  assert_int_equal (w->broadcasts, before + 1);
}

/* To contacts only: as often as to everyone, veiled, and no answer to an open question. */
static void
test_visible_to_contacts (void **state)
{
  struct world *w = *state;
  struct cf_beacon question = make_beacon (2, false);

  cf_discovery_set_visibility (w->discovery, CF_VISIBLE_CONTACTS);
  cf_discovery_start (w->discovery);
  for (int i = 0; i < 10; i++) {
    pass (w, 10000);
    give (w, &question, 0x0a000002, 4000);
    assert_int_equal (last_sent (w)->len, CF_VEIL_QUESTION_LEN);
    assert_int_equal (last_sent (w)->data[5], CF_VEIL_QUESTION);
  }
  assert_in_range (w->broadcasts, 5, 7);
  assert_int_equal (w->answers, 0);
  assert_int_equal (w->heard, 10);
}

static void
test_set_own (void **state)
{
  struct world *w = *state;
  struct cf_beacon own = make_beacon (5, false), out;

  cf_discovery_start (w->discovery);
  pass (w, 5000);
  assert_int_equal (cf_discovery_set_own (w->discovery, &own), 0);
  assert_int_equal (cf_beacon_decode (last_sent (w)->data, last_sent (w)->len, &out), 0);
  assert_memory_equal (out.device_key, own.device_key, CF_DEVICE_KEY_LEN);
  assert_true (last_sent (w)->at_ms == w->env.now_ms);
  own.tcp_port = 0;
  assert_int_not_equal (cf_discovery_set_own (w->discovery, &own), 0);
}

#define machine_test(f) cmocka_unit_test_setup_teardown (f, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_round_trip), cmocka_unit_test (test_layout), cmocka_unit_test (test_truncated),
    cmocka_unit_test (test_every_byte), cmocka_unit_test (test_refused_values), machine_test (test_intervals),
    machine_test (test_network_change), machine_test (test_net_down), machine_test (test_answers),
    machine_test (test_largest_answer_is_smaller), machine_test (test_copies_answered_once),
    machine_test (test_host_limit), machine_test (test_flood), machine_test (test_own_ignored),
    machine_test (test_malformed_counted), machine_test (test_visibility),
    machine_test (test_visible_to_contacts), machine_test (test_set_own),
  };

  return cmocka_run_group_tests_name ("discovery", tests, NULL, NULL);
}
