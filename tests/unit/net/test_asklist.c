/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_asklist.c - whom a contact file makes us ask, and that it cannot make us flood anyone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/asklist.h"
#include "net/proto.h"

#define MANY 100000
#define MINUTE (60 * 1000)

static struct {
  struct cf_env env;
  struct cf_asklist *list;
  struct cf_addr addrs[MANY];
  struct cf_addr last;
  uint64_t asked, last_ms, shortest_ms; /* between two questions */
  bool answering;                       /* the one in FRIEND answers */
  struct cf_addr friend;
  uint64_t friend_asked;
} w;

static void
take_random (void *arg, void *data, size_t len)
{
  static uint32_t seed = 7;
  uint8_t *p = data;

  (void) arg;
  while (len--) {
    seed = seed * 1664525 + 1013904223;
    *p++ = (uint8_t) (seed >> 24);
  }
}

static void
ask (void *arg, const struct cf_addr *to)
{
  (void) arg;
  if (w.asked && w.env.now_ms - w.last_ms < w.shortest_ms)
    w.shortest_ms = w.env.now_ms - w.last_ms;
  w.asked++;
  w.last_ms = w.env.now_ms;
  w.last = *to;
  w.friend_asked += cf_addr_equal (to, &w.friend);
}

static void
run_for (uint64_t ms)
{
  uint64_t end = w.env.now_ms + ms;

  while (cf_timers_next (&w.env) <= end) {
    w.env.now_ms = cf_timers_next (&w.env);
    cf_timers_run (&w.env);
    if (w.answering && cf_addr_equal (&w.last, &w.friend))
      cf_asklist_answered (w.list, &w.friend);
  }
  w.env.now_ms = end;
}

static struct cf_addr
addr4 (uint32_t ip, uint16_t port)
{
  struct cf_addr a = { .family = 4, .port = port };

  for (int i = 0; i < 4; i++)
    a.bytes[i] = (uint8_t) (ip >> (24 - 8 * i));
  return a;
}

static int
set_up (void **state)
{
  (void) state;
  memset (&w, 0, sizeof w);
  w.env.random = take_random;
  w.env.now_ms = 1000;
  w.shortest_ms = UINT64_MAX;
  w.friend = addr4 (0xc0000207, 7077);
  return cf_asklist_new (&w.env, ask, NULL, &w.list) ? -1 : 0;
}

static int
tear_down (void **state)
{
  (void) state;
  cf_asklist_free (w.list);
  return 0;
}

static void
test_answering (void **state)
{
  struct cf_asklist_counts counts;

  (void) state;
  assert_int_equal (cf_asklist_set (w.list, &w.friend, 1), 0);
  run_for (MINUTE);
  assert_int_equal (w.asked, 0); /* off */
  w.answering = true;
  cf_asklist_turn (w.list, true);
  run_for (0);
  assert_int_equal (w.asked, 1); /* at once */
  for (int i = 0; i < 60; i++) { /* always often enough not to be taken for gone */
    uint64_t before = w.asked;

    run_for (CF_PEER_GONE_MS / 2);
    assert_true (w.asked > before);
  }
  assert_true (w.asked < 60 * 3);
  cf_asklist_counts (w.list, &counts);
  assert_int_equal (counts.addresses, 1);
  assert_int_equal (counts.good, 1);
  assert_int_equal (counts.asked, w.asked);
  assert_true (cf_asklist_has (w.list, &w.friend));
  cf_asklist_turn (w.list, false);
  w.asked = 0;
  run_for (10 * MINUTE);
  assert_int_equal (w.asked, 0);
}

/* Who does not answer is asked less and less; a change of the network is a new beginning. */
static void
test_silent (void **state)
{
  struct cf_asklist_counts counts;
  uint64_t first;

  (void) state;
  assert_int_equal (cf_asklist_set (w.list, &w.friend, 1), 0);
  cf_asklist_turn (w.list, true);
  run_for (60 * MINUTE);
  first = w.asked;
  assert_in_range (first, 5, 12);
  run_for (24 * 60 * MINUTE);
  assert_in_range (w.asked - first, 4, 14);
  w.asked = 0;
  cf_asklist_again (w.list);
  run_for (0);
  assert_int_equal (w.asked, 1);
  run_for (5 * MINUTE);
  assert_in_range (w.asked, 3, 6);
  /* One who answered, and then no more, is one of the silent again. */
  cf_asklist_answered (w.list, &w.friend);
  cf_asklist_counts (w.list, &counts);
  assert_int_equal (counts.good, 1);
  run_for (10 * MINUTE);
  cf_asklist_counts (w.list, &counts);
  assert_int_equal (counts.good, 0);
}

/* Who was not asked cannot say that he answers. */
static void
test_unasked (void **state)
{
  struct cf_asklist_counts counts;
  struct cf_addr other = addr4 (0xc0000208, 7077);

  (void) state;
  assert_int_equal (cf_asklist_set (w.list, &w.friend, 1), 0);
  cf_asklist_answered (w.list, &w.friend);
  cf_asklist_answered (w.list, &other);
  cf_asklist_counts (w.list, &counts);
  assert_int_equal (counts.good, 0);
  assert_false (cf_asklist_has (w.list, &other));
}

/* A list of many addresses of one network: its people hear one question a second, and a friend is heard all the same. */
static void
test_poisoned_network (void **state)
{
  (void) state;
  for (size_t i = 0; i < MANY; i++)
    w.addrs[i] = addr4 (0xcb007100 + (uint32_t) (i % 256), (uint16_t) (1 + i / 256));
  w.addrs[MANY - 1] = w.friend;
  assert_int_equal (cf_asklist_set (w.list, w.addrs, MANY), 0);
  w.answering = true;
  cf_asklist_turn (w.list, true);
  run_for (10 * MINUTE);
  assert_true (w.asked - w.friend_asked <= 10 * 60 + 1);
  assert_true (w.friend_asked >= 10 * MINUTE / (CF_ASK_AGAIN_MS * 5 / 4) - 1);
}

/* Many addresses all over the world: ten questions a second, whatever happens; a friend who has answered is not forgotten
   over them. */
static void
test_poisoned_world (void **state)
{
  uint64_t asked;

  (void) state;
  for (size_t i = 0; i < MANY; i++)
    w.addrs[i] = addr4 ((uint32_t) i * 40503u, 7077);
  w.addrs[100] = w.friend;
  assert_int_equal (cf_asklist_set (w.list, w.addrs, MANY), 0);
  w.answering = true;
  cf_asklist_turn (w.list, true);
  run_for (10 * MINUTE);
  assert_true (w.shortest_ms >= CF_ASK_ALL_MS);
  assert_in_range (w.asked, 5900, 6001);
  asked = w.friend_asked;
  assert_true (asked > 0);
  for (int i = 0; i < 10; i++) {
    run_for (CF_PEER_GONE_MS / 2);
    assert_true (w.friend_asked > asked);
    asked = w.friend_asked;
  }
  for (int i = 0; i < 100; i++) /* not even by changes of the network without end */
    cf_asklist_again (w.list);
  run_for (MINUTE);
  assert_true (w.shortest_ms >= CF_ASK_ALL_MS);
}

/* Another list: who stays keeps what is known of him, who goes is not asked again, doubles are one. */
static void
test_set (void **state)
{
  struct cf_addr two[4] = { addr4 (0xc0000207, 7077), addr4 (0xc6336401, 1), addr4 (0xc6336401, 1), { 0 } };
  struct cf_asklist_counts counts;

  (void) state;
  assert_int_equal (cf_asklist_set (w.list, &w.friend, 1), 0);
  w.answering = true;
  cf_asklist_turn (w.list, true);
  run_for (0);
  assert_int_equal (cf_asklist_set (w.list, two, 4), 0);
  cf_asklist_counts (w.list, &counts);
  assert_int_equal (counts.addresses, 2);
  assert_int_equal (counts.good, 1);
  run_for (200);
  assert_true (cf_addr_equal (&w.last, &two[1]));
  assert_int_equal (w.friend_asked, 1);
  assert_int_equal (cf_asklist_set (w.list, NULL, 0), 0);
  w.asked = 0;
  run_for (10 * MINUTE);
  assert_int_equal (w.asked, 0);
}

/* What contacts name is asked by the same rules, is not more than so many, and goes when nobody answers there. */
static void
test_learned (void **state)
{
  struct cf_addr place = addr4 (0xc6336409, 7077), none = { 0 };
  struct cf_asklist_counts counts;
  size_t refused = 0;
  uint64_t asked;

  (void) state;
  assert_int_equal (cf_asklist_set (w.list, &place, 1), 0);
  assert_int_equal (cf_asklist_learn (w.list, &place), 0); /* the user's own stays that */
  assert_false (cf_asklist_is_learned (w.list, &place));
  assert_int_equal (gpg_err_code (cf_asklist_learn (w.list, &none)), GPG_ERR_INV_VALUE);
  assert_int_equal (cf_asklist_learn (w.list, &w.friend), 0);
  for (size_t i = 1; i < MANY; i++) {
    struct cf_addr poison = addr4 ((uint32_t) i * 40503u, 7077);

    refused += cf_asklist_learn (w.list, &poison) != 0;
  }
  assert_int_equal (refused, MANY - 1 - (CF_ASK_LEARNED_MAX - 1));
  assert_true (cf_asklist_is_learned (w.list, &w.friend));
  cf_asklist_counts (w.list, &counts);
  assert_int_equal (counts.addresses, 1 + CF_ASK_LEARNED_MAX);
  assert_int_equal (counts.learned, CF_ASK_LEARNED_MAX);
  w.answering = true;
  cf_asklist_turn (w.list, true);
  run_for (30 * MINUTE);
  assert_true (w.shortest_ms >= CF_ASK_ALL_MS);
  assert_in_range (w.asked - w.friend_asked, 1, (CF_ASK_LEARNED_MAX - 1) * CF_ASK_LEARNED_TRIES + 10);
  cf_asklist_counts (w.list, &counts);
  assert_int_equal (counts.addresses, 2);
  assert_int_equal (counts.learned, 1); /* the one who answers */
  assert_int_equal (counts.good, 0);
  assert_int_equal (cf_asklist_set (w.list, NULL, 0), 0); /* another list leaves him */
  asked = w.friend_asked;
  run_for (MINUTE);
  assert_true (w.friend_asked > asked);
  w.answering = false; /* he has gone */
  run_for (30 * MINUTE);
  assert_false (cf_asklist_has (w.list, &w.friend));
  asked = w.asked;
  run_for (60 * MINUTE);
  assert_int_equal (w.asked, asked);
}

/* The user writes down what was learned: it is his now, and is not forgotten. */
static void
test_learned_and_set (void **state)
{
  (void) state;
  assert_int_equal (cf_asklist_learn (w.list, &w.friend), 0);
  assert_int_equal (cf_asklist_set (w.list, &w.friend, 1), 0);
  assert_false (cf_asklist_is_learned (w.list, &w.friend));
  cf_asklist_turn (w.list, true);
  run_for (120 * MINUTE);
  assert_true (cf_asklist_has (w.list, &w.friend));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_answering, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_silent, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_unasked, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_poisoned_network, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_poisoned_world, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_set, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_learned, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_learned_and_set, set_up, tear_down),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
