/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON as text, also when there is no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"

static unsigned countdown; /* to the allocation that fails; 0: none */

static void *
starved_malloc (size_t len)
{
  return countdown && --countdown == 0 ? NULL : malloc (len);
}

void *__wrap_realloc (void *p, size_t len);
void *__real_realloc (void *p, size_t len);

void *
__wrap_realloc (void *p, size_t len)
{
  return countdown && --countdown == 0 ? NULL : __real_realloc (p, len);
}

/* Long enough to grow, and more than one level. */
static json_t *
make_value (void)
{
  json_t *value = json_pack ("{s:s, s:i, s:{s:[i,i,n]}}", "fingerprint", "EA0B\n\"A7\"", "count", 7, "in", "of", 1, 2);
  char key[200];

  assert_non_null (value);
  memset (key, 'k', sizeof key - 1);
  key[sizeof key - 1] = 0;
  assert_int_equal (json_object_set_new (value, key, json_string (key)), 0);
  return value;
}

static void
test_all_of_it_or_nothing (void **state)
{
  json_t *value = make_value (), *again;
  char *text = NULL;
  unsigned n;

  (void) state;
  json_set_alloc_funcs (starved_malloc, free);
  for (n = 1; !text && n < 1000; n++) {
    countdown = n;
    text = cf_json_dump (value, JSON_COMPACT);
    if (countdown == 0 && text) { /* what failed was not needed */
      again = json_loads (text, 0, NULL);
      assert_true (json_equal (value, again));
      json_decref (again);
      free (text);
      text = NULL;
    }
  }
  countdown = 0;
  assert_true (n > 5 && n < 1000);
  again = json_loads (text, 0, NULL);
  assert_true (json_equal (value, again));
  json_decref (again);
  json_decref (value);
  free (text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_all_of_it_or_nothing),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
