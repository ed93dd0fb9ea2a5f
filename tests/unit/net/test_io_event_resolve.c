/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_io_event_resolve.c - names of hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "loop.h"

#define PORT_OF_TESTS 17079

static struct { unsigned times; gpg_error_t err; struct cf_addr addr; size_t count; } found;

static void
on_resolved (void *arg, gpg_error_t err, const struct cf_addr *addrs, size_t count)
{
  (void) arg;
  found.times++;
  found.err = err;
  found.count = count;
  if (count)
    found.addr = addrs[0];
}

static bool
is_resolved (void)
{
  return found.times != 0;
}

/* A name that /etc/hosts has; nobody else has to be asked for it. */
static void
test_resolve (void **state)
{
  const struct cf_addr at = { .family = 4, .bytes = { 127, 0, 0, 1 } };
  const struct cf_io_config config = { .listen = &at, .discovery_port = PORT_OF_TESTS };
  struct cf_net *net = NULL;
  struct cf_resolve *r = NULL;

  (void) state;
  loop_begin ();
  assert_int_equal (cf_io_new (&loop_env, loop_base, &config, &net), 0);
  assert_int_equal (net->ops->resolve (net, "localhost", 7077, on_resolved, NULL, &r), 0);
  assert_int_equal (found.times, 0); /* in a later turn */
  run_until (is_resolved);
  assert_int_equal (found.times, 1);
  assert_int_equal (found.err, 0);
  assert_true (cf_addr_is_loopback (&found.addr));
  assert_int_equal (found.addr.port, 7077);
  assert_int_equal (net->ops->resolve (net, "localhost", 7077, on_resolved, NULL, &r), 0);
  net->ops->resolve_cancel (r);
  net->ops->resolve_cancel (NULL);
  assert_int_equal (found.times, 1);
  cf_io_free (net);
  loop_end ();
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_resolve) };

  return cmocka_run_group_tests_name ("io_event resolve", tests, NULL, NULL);
}
