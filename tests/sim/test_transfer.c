/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_transfer.c - stories of files on their way: offered, fetched, checked, paused, given up. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/sim/file_story.h"

static void
test_one_file (void **state)
{
  struct pair p = file_pair (1);
  const size_t size = 5 * BLOCK + 1234;
  char t[ID_SIZE];
  json_t *row;

  (void) state;
  make_file (path_of (p.a, "letter.pdf"), size, 1);
  offer (p.a, p.id, path_of (p.a, "letter.pdf"), t);
  assert_int_equal (accept_file (p.b, t), 0);
  assert_true (wait_state (p.b, t, "done", 60000));
  assert_true (wait_state (p.a, t, "done", 60000));
  assert_true (is_file (path_of (p.b, "letter.pdf"), size, 1));
  assert_int_equal (entries_of (p.b), 1);
  row = transfer_row (p.b, t);
  assert_string_equal (json_string_value (json_object_get (row, "path")), path_of (p.b, "letter.pdf"));
  assert_int_equal (json_integer_value (json_object_get (row, "done")), size);
  assert_string_equal (json_string_value (json_object_get (row, "media_type")), "application/pdf");
  json_decref (row);
  sim_run (p.sim, 5000);
  assert_null (transfer_of (p.a, p.id, t)); /* settled on both sides */
  assert_null (transfer_of (p.b, p.id, t));
  pair_free (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_one_file),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
