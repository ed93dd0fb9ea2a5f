/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "Where do I come from?": who is answered, and what an answer is good for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/dgram_mirror.h"
#include "net/dgram_proto.h"
#include "wire.h"

static const struct cf_addr far4 = { .family = 4, .bytes = { 198, 51, 100, 7 }, .port = 40001 };
static const struct cf_addr far6 = { .family = 6, .bytes = { 0x20, 1, 0xd, 0xb8, 9 }, .port = 443 };

static void
test_told (void **state)
{
  struct wire *w = wire_new (1);
  const uint8_t *node = w->hosts[1].public;
  const struct cf_addr *from[] = { &far4, &far6 };
  uint8_t question[CF_MIRROR_QUESTION_LEN], answer[CF_MIRROR_ANSWER_LEN];
  struct cf_addr seen;

  (void) state;
  for (size_t i = 0; i < 2; i++) {
    cf_mirror_ask (&w->env, node, question);
    assert_true (cf_mirror_is_for (question, node));
    assert_false (cf_mirror_is_for (question, w->hosts[0].public));
    cf_mirror_answer (&w->env, question, node, from[i], answer);
    assert_int_equal (cf_mirror_read (answer, sizeof answer, question, node, &seen), 0);
    assert_true (cf_addr_equal (&seen, from[i]));
  }
  wire_free (w);
}

/* Every byte counts, and an answer is to one question. */
static void
test_forged (void **state)
{
  struct wire *w = wire_new (2);
  const uint8_t *node = w->hosts[1].public;
  uint8_t question[CF_MIRROR_QUESTION_LEN], other[CF_MIRROR_QUESTION_LEN], answer[CF_MIRROR_ANSWER_LEN];
  struct cf_addr seen, no_port = far4;

  (void) state;
  cf_mirror_ask (&w->env, node, question);
  cf_mirror_ask (&w->env, node, other);
  assert_memory_not_equal (question, other, sizeof other);
  cf_mirror_answer (&w->env, question, node, &far4, answer);
  for (size_t i = 0; i < sizeof question; i++) {
    question[i] ^= 1;
    assert_false (cf_mirror_is_for (question, node));
    question[i] ^= 1;
  }
  for (size_t i = 4; i < sizeof answer; i++) {
    answer[i] ^= 0x80;
    assert_int_equal (gpg_err_code (cf_mirror_read (answer, sizeof answer, question, node, &seen)), GPG_ERR_CHECKSUM);
    answer[i] ^= 0x80;
  }
  memcpy (other + 4, question + 4, 4); /* even by the same index */
  assert_int_equal (gpg_err_code (cf_mirror_read (answer, sizeof answer, other, node, &seen)), GPG_ERR_CHECKSUM);
  assert_int_equal (gpg_err_code (cf_mirror_read (answer, sizeof answer - 1, question, node, &seen)),
                    GPG_ERR_INV_LENGTH);
  no_port.port = 0;
  cf_mirror_answer (&w->env, question, node, &no_port, answer);
  assert_int_equal (gpg_err_code (cf_mirror_read (answer, sizeof answer, question, node, &seen)), GPG_ERR_INV_VALUE);
  wire_free (w);
}

/* Who is no mirror is silent, who is one answers those who know it, and in a flood not all. */
static void
test_port (void **state)
{
  struct wire *w = wire_new (3);
  struct wire_host *node = &w->hosts[WIRE_MIRROR], *none = &w->hosts[1];
  uint8_t question[CF_MIRROR_QUESTION_LEN];

  (void) state;
  cf_mirror_ask (&w->env, none->public, question);
  wire_inject (w, &far4, &none->addr, question, sizeof question);
  assert_int_equal (none->sent, 0);
  assert_int_equal (w->env.refused[CF_REFUSED_DATAGRAM_STRANGER], 1);
  cf_mirror_ask (&w->env, node->public, question);
  wire_inject (w, &far4, &node->addr, question, sizeof question);
  assert_int_equal (node->sent, 1);
  assert_int_equal (node->sent_bytes, CF_MIRROR_ANSWER_LEN);
  wire_inject (w, &far4, &node->addr, question, sizeof question - 1);
  question[9] ^= 1;
  wire_inject (w, &far4, &node->addr, question, sizeof question);
  assert_int_equal (node->sent, 1);
  question[9] ^= 1;
  for (int i = 0; i < 2 * CF_MIRROR_BURST; i++)
    wire_inject (w, &far4, &node->addr, question, sizeof question);
  assert_int_equal (node->sent, CF_MIRROR_BURST);
  assert_true (w->env.refused[CF_REFUSED_DATAGRAM_FLOOD] > 0);
  wire_free (w);
}

int
main (void)
{
  static const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_told),
    cmocka_unit_test (test_forged),
    cmocka_unit_test (test_port),
  };

  return cmocka_run_group_tests_name ("dgram mirror", tests, wire_setup, NULL);
}
