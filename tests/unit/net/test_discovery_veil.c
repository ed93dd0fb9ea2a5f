/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_discovery_veil.c - veiled beacons between machines on a link that the test is: it hands over, changes, repeats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/refusal.h"
#include "base/secmem.h"
#include "net/discovery.h"

#define SENT_MAX 64
#define LINKS 2 /* addresses that a question leaves from */

struct sent {
  struct cf_addr from, to; /* TO: family 0 to everyone */
  uint8_t data[CF_NET_DATAGRAM_MAX];
  size_t len;
};

struct machine {
  struct cf_net net; /* first */
  struct cf_env env;
  uint64_t seed;
  uint8_t host;
  uint16_t port; /* the last one that was opened */
  struct sent sent[SENT_MAX];
  size_t sent_count, plain_count; /* PLAIN: from the port that stays */
  size_t asked, placed;           /* recognised: by a question; by what says where */
  struct cf_recognition last;
  uint8_t last_key[CF_DEVICE_KEY_LEN];
  struct cf_discovery *discovery;
};

static void
dice (void *arg, void *buf, size_t len)
{
  struct machine *m = arg;

  for (size_t i = 0; i < len; i++) {
    m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
    ((uint8_t *) buf)[i] = (uint8_t) (m->seed >> 56);
  }
}

/* --- the net --- */

static gpg_error_t
post (struct machine *m, uint8_t link, const struct cf_addr *to, cf_net_say say, void *arg)
{
  struct sent *s = &m->sent[m->sent_count++ % SENT_MAX];
  struct cf_buf out;
  gpg_error_t err;

  memset (s, 0, sizeof *s);
  s->from = (struct cf_addr){ .family = 4, .bytes = { 10, 0, link, m->host }, .port = ++m->port };
  if (to)
    s->to = *to;
  cf_buf_init (&out, CF_NET_DATAGRAM_MAX);
  err = say (arg, &s->from, &out);
  s->len = cf_buf_len (&out);
  memcpy (s->data, cf_buf_data (&out), s->len);
  cf_buf_done (&out);
  return err;
}

static gpg_error_t
op_send_fresh (struct cf_net *net, const struct cf_addr *to, cf_net_say say, void *arg)
{
  return post ((struct machine *) net, to->bytes[2], to, say, arg);
}

static gpg_error_t
op_broadcast_fresh (struct cf_net *net, cf_net_say say, void *arg)
{
  gpg_error_t err = 0;

  for (uint8_t link = 0; !err && link < LINKS; link++)
    err = post ((struct machine *) net, link, NULL, say, arg);
  return err;
}

static gpg_error_t
op_send (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len)
{
  (void) to, (void) data, (void) len;
  ((struct machine *) net)->plain_count++;
  return 0;
}

static gpg_error_t
op_broadcast (struct cf_net *net, const void *data, size_t len)
{
  return op_send (net, NULL, data, len);
}

static const struct cf_net_ops ops = { .send_datagram = op_send, .broadcast = op_broadcast,
                                       .send_fresh = op_send_fresh, .broadcast_fresh = op_broadcast_fresh };

/* --- machines --- */

static void
on_recognised (void *arg, const struct cf_recognition *who)
{
  struct machine *m = arg;

  m->last = *who;
  if (who->device_key)
    memcpy (m->last_key, who->device_key, sizeof m->last_key);
  m->asked += !who->device_key;
  m->placed += who->device_key != NULL;
}

static struct cf_fpr
make_fpr (uint8_t who)
{
  struct cf_fpr fpr = { .version = 4, .len = 20, .bytes = { who, 1 } };

  return fpr;
}

static struct machine *
machine_new (uint8_t who, enum cf_visibility visibility)
{
  struct machine *m = calloc (1, sizeof *m);
  struct cf_discovery_config config = { .visibility = visibility, .recognised = on_recognised, .arg = m };

  assert_non_null (m);
  m->net.ops = &ops;
  m->env.now_ms = 5;
  m->env.now_utc_ms = INT64_C (1800000000000);
  m->env.random = dice;
  m->env.random_arg = m;
  m->seed = m->host = who;
  m->port = (uint16_t) (1000 * who);
  config.own.identity = make_fpr (who);
  config.own.tcp_port = (uint16_t) (7000 + who);
  memset (config.own.device_key, who, sizeof config.own.device_key);
  assert_int_equal (cf_discovery_new (&m->env, &m->net, &config, &m->discovery), 0);
  return m;
}

static void
machine_free (struct machine *m)
{
  cf_discovery_free (m->discovery);
  assert_true (cf_timers_next (&m->env) == UINT64_MAX);
  free (m);
}

/* WHO and M share the secret of SEED. */
static void
befriend (struct machine *m, uint8_t who, uint8_t seed)
{
  uint8_t secret[CF_HASH_LEN];
  struct cf_acquaintance a = { .fpr = make_fpr (who), .secret = secret };

  memset (secret, seed, sizeof secret);
  assert_int_equal (cf_discovery_set_circle (m->discovery, &a, 1), 0);
}

static void
hand_over (struct machine *to, const struct sent *s)
{
  cf_discovery_datagram (to->discovery, &s->from, s->data, s->len);
}

static const struct sent *
last_sent (const struct machine *m)
{
  assert_true (m->sent_count);
  return &m->sent[(m->sent_count - 1) % SENT_MAX];
}

static struct cf_discovery_counts
counts (const struct machine *m)
{
  struct cf_discovery_counts c;

  cf_discovery_counts (m->discovery, &c);
  return c;
}

struct two {
  struct machine *ada, *bob;
};

static int
setup (void **state)
{
  struct two *t = calloc (1, sizeof *t);

  assert_non_null (t);
  t->ada = machine_new (1, CF_VISIBLE_CONTACTS);
  t->bob = machine_new (2, CF_VISIBLE_CONTACTS);
  befriend (t->ada, 2, 7);
  befriend (t->bob, 1, 7);
  *state = t;
  return 0;
}

static int
teardown (void **state)
{
  struct two *t = *state;

  machine_free (t->ada);
  machine_free (t->bob);
  free (t);
  return 0;
}

/* Ada asks; Bob has not begun, but answers. */
static const struct sent *
ada_asks (struct two *t)
{
  cf_discovery_start (t->ada->discovery);
  assert_int_equal (t->ada->sent_count, LINKS);
  return &t->ada->sent[1];
}

/* Bob only hears and answers: his own questions wait for their timer. */
static void
bob_begins (struct two *t)
{
  cf_discovery_start (t->bob->discovery);
  t->bob->sent_count = 0;
}

/* --- the exchange --- */

static void
test_exchange (void **state)
{
  struct two *t = *state;
  const struct sent *question = ada_asks (t), *answer, *back;
  uint8_t key[CF_DEVICE_KEY_LEN];

  bob_begins (t);
  hand_over (t->bob, question);
  assert_int_equal (t->bob->asked, 1);
  assert_null (t->bob->last.device_key);
  assert_true (cf_addr_same_host (&t->bob->last.addr, &question->from));
  assert_int_equal (t->bob->sent_count, 1);
  answer = last_sent (t->bob);
  assert_true (cf_addr_equal (&answer->to, &question->from));
  hand_over (t->ada, answer);
  assert_int_equal (t->ada->placed, 1);
  assert_int_equal (t->ada->last.addr.port, 7002);
  assert_true (cf_addr_same_host (&t->ada->last.addr, &answer->from));
  memset (key, 2, sizeof key);
  assert_memory_equal (t->ada->last_key, key, sizeof key);
  assert_int_equal (t->ada->sent_count, LINKS + 1);
  back = last_sent (t->ada);
  assert_true (cf_addr_equal (&back->to, &answer->from));
  hand_over (t->bob, back);
  assert_int_equal (t->bob->placed, 1);
  assert_int_equal (t->bob->last.addr.port, 7001);
  assert_int_equal (t->bob->sent_count, 1); /* and that is all */
  assert_int_equal (t->ada->plain_count + t->bob->plain_count, 0);
  assert_int_equal (counts (t->bob).answered, 1);
  assert_int_equal (counts (t->bob).recognised, 2);
  assert_int_equal (question->len, CF_VEIL_QUESTION_LEN);
  assert_int_equal (answer->len, CF_VEIL_ANSWER_LEN);
  assert_int_equal (back->len, CF_VEIL_ANSWER_LEN);
}

/* Each address that a question leaves from has an n, tags and a port of its own; nothing comes again. */
static void
test_nothing_twice (void **state)
{
  struct two *t = *state;

  ada_asks (t);
  for (int i = 0; i < 6; i++) {
    t->ada->env.now_ms = cf_timers_next (&t->ada->env);
    cf_timers_run (&t->ada->env);
  }
  assert_int_equal (t->ada->sent_count, 7 * LINKS);
  for (size_t a = 0; a < t->ada->sent_count; a++)
    for (size_t b = 0; b < a; b++) {
      const struct sent *x = &t->ada->sent[a], *y = &t->ada->sent[b];

      assert_int_not_equal (x->from.port, y->from.port);
      for (size_t at = 6; at + 8 <= CF_VEIL_QUESTION_LEN; at++)
        for (size_t to = 6; to + 8 <= CF_VEIL_QUESTION_LEN; to++)
          assert_memory_not_equal (x->data + at, y->data + to, 8);
    }
}

static void
test_visibility (void **state)
{
  struct two *t = *state;
  const struct sent *question = ada_asks (t);

  /* Not begun yet, then visible to nobody: heard, not answered. */
  hand_over (t->bob, question);
  assert_int_equal (t->bob->asked, 1);
  assert_int_equal (t->bob->sent_count, 0);
  cf_discovery_set_visibility (t->bob->discovery, CF_VISIBLE_NOBODY);
  cf_discovery_start (t->bob->discovery);
  hand_over (t->bob, &t->ada->sent[0]);
  assert_int_equal (t->bob->asked, 2);
  assert_int_equal (t->bob->sent_count, 0);
  /* To everyone: a veiled question gets a veiled answer. */
  cf_discovery_set_visibility (t->bob->discovery, CF_VISIBLE_EVERYONE);
  assert_int_equal (t->bob->plain_count, 1);
  t->ada->env.now_ms = cf_timers_next (&t->ada->env);
  cf_timers_run (&t->ada->env);
  hand_over (t->bob, last_sent (t->ada));
  assert_int_equal (t->bob->sent_count, 1);
  assert_int_equal (last_sent (t->bob)->data[5], CF_VEIL_ANSWER);
  assert_int_equal (t->bob->plain_count, 1);
}

/* --- what is refused --- */

static void
test_strangers (void **state)
{
  struct two *t = *state;
  const struct sent *question = ada_asks (t);

  bob_begins (t);
  befriend (t->bob, 1, 8);
  hand_over (t->bob, question);
  befriend (t->bob, 3, 7);
  hand_over (t->bob, question);
  assert_int_equal (t->bob->asked + t->bob->sent_count, 0);
  assert_int_equal (counts (t->bob).unknown, 2);
  assert_int_equal (t->bob->env.refused[CF_REFUSED_VEIL_UNKNOWN], 2);
  hand_over (t->ada, question);
  assert_int_equal (counts (t->ada).own, 1);
}

static void
test_replays (void **state)
{
  struct two *t = *state;
  struct sent question = *ada_asks (t), answer, moved;

  bob_begins (t);
  hand_over (t->bob, &question);
  answer = *last_sent (t->bob);
  for (int i = 0; i < 3; i++)
    hand_over (t->bob, &question); /* its copies, and who repeats it */
  assert_int_equal (t->bob->asked, 1);
  assert_int_equal (t->bob->sent_count, 1);
  assert_int_equal (t->bob->env.refused[CF_REFUSED_VEIL_REPLAYED], 3);
  /* From elsewhere it is nobody's, though n is new to who has not heard it. */
  moved = t->ada->sent[0];
  moved.from.bytes[3] = 9;
  hand_over (t->bob, &moved);
  moved = t->ada->sent[0];
  moved.from.port++;
  hand_over (t->bob, &moved);
  assert_int_equal (t->bob->env.refused[CF_REFUSED_VEIL_UNKNOWN], 2);
  hand_over (t->ada, &answer);
  hand_over (t->ada, &answer);
  assert_int_equal (t->ada->placed, 1);
  assert_int_equal (t->ada->env.refused[CF_REFUSED_VEIL_REPLAYED], 1);
  assert_int_equal (t->ada->sent_count, LINKS + 1);
}

static void
test_answers_to_nothing (void **state)
{
  struct two *t = *state;
  struct sent question = *ada_asks (t), answer, back, wrong;

  bob_begins (t);
  hand_over (t->bob, &question);
  answer = *last_sent (t->bob);
  /* Something in it was changed: what it answers, its tag, what is sealed. */
  wrong = answer;
  wrong.data[6 + CF_VEIL_NONCE_LEN] ^= 1;
  hand_over (t->ada, &wrong);
  assert_int_equal (t->ada->env.refused[CF_REFUSED_VEIL_UNASKED], 1);
  wrong = answer;
  wrong.data[6 + 2 * CF_VEIL_NONCE_LEN] ^= 1;
  hand_over (t->ada, &wrong);
  assert_int_equal (t->ada->env.refused[CF_REFUSED_VEIL_UNKNOWN], 1);
  /* A return is no answer. */
  wrong = answer;
  wrong.data[5] = CF_VEIL_RETURN;
  hand_over (t->ada, &wrong);
  assert_int_equal (t->ada->env.refused[CF_REFUSED_VEIL_UNASKED], 2);
  wrong = answer;
  wrong.data[wrong.len - 1] ^= 1;
  hand_over (t->ada, &wrong);
  assert_int_equal (t->ada->env.refused[CF_REFUSED_VEIL_FORGED], 1);
  assert_int_equal (t->ada->placed, 0);
  assert_int_equal (t->ada->sent_count, LINKS);
  /* Too late, on either side. */
  t->bob->env.now_ms += 300;
  hand_over (t->bob, &t->ada->sent[0]);
  answer = *last_sent (t->bob);
  hand_over (t->ada, &answer);
  back = *last_sent (t->ada);
  t->bob->env.now_ms += CF_VEIL_ASKED_MS;
  hand_over (t->bob, &back);
  assert_int_equal (t->bob->placed, 0);
  assert_int_equal (t->bob->env.refused[CF_REFUSED_VEIL_UNASKED], 1);
}

/* --- floods --- */

/* A question of nobody's, from HOST. */
static void
flood_one (struct machine *m, uint16_t host, uint8_t *n)
{
  struct sent s = { .from = { .family = 4, .bytes = { 10, 1, (uint8_t) (host >> 8), (uint8_t) host }, .port = 4000 } };
  struct cf_veil veil = { .kind = CF_VEIL_QUESTION };
  struct cf_buf out;

  memcpy (veil.n, n, sizeof veil.n);
  n[0]++;
  n[1] = (uint8_t) (n[1] + !n[0]);
  cf_buf_init (&out, CF_NET_DATAGRAM_MAX);
  assert_int_equal (cf_veil_encode (&veil, &out), 0);
  memcpy (s.data, cf_buf_data (&out), s.len = cf_buf_len (&out));
  cf_buf_done (&out);
  hand_over (m, &s);
}

static void
test_flood_of_a_host (void **state)
{
  struct two *t = *state;
  uint8_t n[CF_VEIL_NONCE_LEN] = { 0 };

  bob_begins (t);
  for (int i = 0; i < 1000; i++)
    flood_one (t->bob, 1, n);
  assert_int_equal (t->bob->env.refused[CF_REFUSED_VEIL_UNKNOWN], CF_ANSWER_HOST_BURST);
  assert_int_equal (t->bob->env.refused[CF_REFUSED_VEIL_FLOOD], 1000 - CF_ANSWER_HOST_BURST);
  /* Others are heard. */
  hand_over (t->bob, ada_asks (t));
  assert_int_equal (t->bob->asked, 1);
}

static void
test_flood_of_many (void **state)
{
  enum { CONTACTS = 1000, LOOKS = CF_VEIL_WORK / (3 * CONTACTS) };
  struct two *t = *state;
  struct cf_acquaintance *all = calloc (CONTACTS, sizeof *all);
  uint8_t n[CF_VEIL_NONCE_LEN] = { 0 }, secret[CF_HASH_LEN];
  struct sent question = *ada_asks (t);

  assert_non_null (all);
  memset (secret, 7, sizeof secret);
  for (size_t i = 0; i < CONTACTS; i++) {
    all[i].fpr = make_fpr ((uint8_t) (i % 250 + 3));
    all[i].fpr.bytes[5] = (uint8_t) (i / 250);
    all[i].secret = secret;
  }
  all[500].fpr = make_fpr (1);
  assert_int_equal (cf_discovery_set_circle (t->bob->discovery, all, CONTACTS), 0);
  free (all);
  bob_begins (t);
  t->bob->env.now_ms += 1000;
  for (uint16_t i = 0; i < 2000; i++)
    flood_one (t->bob, i, n);
  assert_int_equal (t->bob->env.refused[CF_REFUSED_VEIL_UNKNOWN], LOOKS);
  hand_over (t->bob, &question);
  assert_int_equal (t->bob->asked, 0);
  /* It is over with the second. */
  t->bob->env.now_ms += 1000;
  hand_over (t->bob, &t->ada->sent[0]);
  assert_int_equal (t->bob->asked, 1);
}

/* Memory for n is bounded; what is forgotten first is the oldest. */
static void
test_memory (void **state)
{
  struct two *t = *state;
  struct sent first = *ada_asks (t), last;

  bob_begins (t);
  hand_over (t->bob, &first);
  for (int i = 0; i < CF_VEIL_SEEN; i++) {
    t->ada->env.now_ms = cf_timers_next (&t->ada->env);
    cf_timers_run (&t->ada->env);
    t->bob->env.now_ms += 30000;
    last = *last_sent (t->ada);
    hand_over (t->bob, &last);
    assert_int_equal (t->bob->asked, i + 2);
  }
  hand_over (t->bob, &last);
  assert_int_equal (t->bob->asked, CF_VEIL_SEEN + 1);
  hand_over (t->bob, &first);
  assert_int_equal (t->bob->asked, CF_VEIL_SEEN + 2);
}

#define machine_test(f) cmocka_unit_test_setup_teardown (f, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    machine_test (test_exchange), machine_test (test_nothing_twice), machine_test (test_visibility),
    machine_test (test_strangers), machine_test (test_replays), machine_test (test_answers_to_nothing),
    machine_test (test_flood_of_a_host), machine_test (test_flood_of_many), machine_test (test_memory),
  };

  if (cf_secmem_setup ())
    return 1;
  return cmocka_run_group_tests (tests, NULL, NULL);
}
