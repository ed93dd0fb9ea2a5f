/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_unit.h - a store in memory, of two conversations, for each test that asks for it. */
#ifndef CF_TESTS_STORE_UNIT_H
#define CF_TESTS_STORE_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/store/store.h"
#include "net/proto.h"

static const uint8_t one[CF_CONVERSATION_ID_LEN] = "conversation  1";
static const uint8_t two[CF_CONVERSATION_ID_LEN] = "conversation  2";

struct fixture {
  struct cf_env env;
  struct cf_store *store;
};

static int
setup (void **state)
{
  struct fixture *f = calloc (1, sizeof *f);
  uint8_t key[CF_STORE_KEY_LEN] = { 1 };

  assert_non_null (f);
  cf_env_system_init (&f->env, CF_LOG_ERROR);
  assert_int_equal (cf_store_open (&f->env, ":memory:", key, &f->store), 0);
  *state = f;
  return 0;
}

static int
teardown (void **state)
{
  struct fixture *f = *state;

  cf_store_close (f->store);
  free (f);
  return 0;
}

#endif
