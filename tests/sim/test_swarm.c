/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_swarm.c - forty peers who come and go for ten minutes; "test_swarm PEERS MINUTES SEED" for more (make soak-peers). */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/sim/swarm.h"

static unsigned long peers = 40, minutes = 10, seed = 1;

static void
test_swarm (void **state)
{
  static struct swarm s;

  (void) state;
  print_message ("# %lu peers, %lu minutes, seed %lu\n", peers, minutes, seed);
  swarm_begin (&s, peers, seed);
  swarm_live (&s, (unsigned) minutes);
  swarm_table (&s);
  assert_int_equal (s.broken, 0);
  swarm_end (&s);
}

int
main (int argc, char **argv)
{
  static const struct CMUnitTest tests[] = { cmocka_unit_test (test_swarm) };

  if (argc == 4) {
    peers = strtoul (argv[1], NULL, 10);
    minutes = strtoul (argv[2], NULL, 10);
    seed = strtoul (argv[3], NULL, 10);
  }
  return cmocka_run_group_tests_name ("swarm", tests, NULL, NULL);
}
