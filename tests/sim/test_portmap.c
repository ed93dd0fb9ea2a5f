/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_portmap.c - core/portmap.c over a helper that is the test: when it is asked, what is believed, and for how long. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/helper.h"
#include "core/portmap.h"
#include "tests/sim/sim.h"

#define MINUTE_MS 60000
#define MAPPED "mapped pcp 3600 1.2.3.4:7077 1.2.3.4:7077"

/* What would be confab-portmap. */
static struct fake {
  struct cf_helper face; /* first */
  const struct cf_helper_handler *handler; /* NULL: it does not run */
  void *arg;
  unsigned starts, wishes;
  gpg_error_t start_err;
  char wish[CF_PORTMAP_LINE_MAX];
} fake;

static gpg_error_t
fake_start (struct cf_helper *helper, const struct cf_helper_handler *handler, void *arg)
{
  assert_ptr_equal (helper, &fake.face);
  assert_null (fake.handler);
  fake.starts++;
  if (fake.start_err)
    return fake.start_err;
  fake.handler = handler;
  fake.arg = arg;
  return 0;
}

static gpg_error_t
fake_say (struct cf_helper *helper, const char *line)
{
  (void) helper;
  assert_non_null (fake.handler);
  fake.wishes++;
  strcpy (fake.wish, line);
  return 0;
}

static void
fake_stop (struct cf_helper *helper)
{
  (void) helper;
  fake.handler = NULL;
}

static void
answers (const char *line)
{
  assert_non_null (fake.handler);
  fake.handler->line (fake.arg, line);
}

static bool
is_asked (void *arg)
{
  return fake.wishes > *(unsigned *) arg;
}

/* How long it took until it was asked once more. */
static uint64_t
asked_after (struct sim *sim)
{
  uint64_t begun_ms = sim->env.now_ms;
  unsigned wishes = fake.wishes;

  assert_true (sim_run_until (sim, 3 * 60 * MINUTE_MS, is_asked, &wishes));
  return sim->env.now_ms - begun_ms;
}

static size_t
mapped (struct sim_node *node, struct cf_addr addrs[CF_PORTMAP_ADDRS_MAX])
{
  return cf_portmap_addresses (node->core, addrs, CF_PORTMAP_ADDRS_MAX);
}

static struct sim_node *
begin (uint64_t seed)
{
  struct sim *sim = sim_new (seed);
  struct sim_node *node = sim_node_new (sim, "alice");

  memset (&fake, 0, sizeof fake);
  fake.face = (struct cf_helper){ fake_start, fake_say, fake_stop };
  node->portmap_helper = &fake.face;
  assert_int_equal (sim_node_start (node), 0);
  assert_true (fake.wishes || asked_after (sim) < 2000);
  return node;
}

static void
test_life (void **state)
{
  struct sim_node *node = begin (1);
  struct cf_addr addrs[CF_PORTMAP_ADDRS_MAX], host = { .family = 4, .bytes = { 1, 2, 3, 4 } };
  struct sim *sim = node->sim;

  (void) state;
  assert_int_equal (strncmp (fake.wish, "map ", 4), 0);
  assert_int_equal (mapped (node, addrs), 0);
  answers (MAPPED);
  assert_int_equal (mapped (node, addrs), 1); /* both are one */
  assert_int_equal (cf_portmap_port (node->core, &host), 7077);
  host.bytes[0] = 2;
  assert_int_equal (cf_portmap_port (node->core, &host), 0);
  assert_in_range (asked_after (sim), 20 * MINUTE_MS, 40 * MINUTE_MS);
  answers ("mapped upnp 3600 1.2.3.4:7077 1.2.3.4:7078");
  assert_int_equal (mapped (node, addrs), 2);
  assert_true (asked_after (sim) > MINUTE_MS);
  answers ("failed absent silent silent"); /* it has changed its mind */
  assert_int_equal (mapped (node, addrs), 0);
  assert_in_range (asked_after (sim), 7000, 13000);
  answers (MAPPED);
  assert_int_equal (sim_do (node, "CONFIG", NULL, "port-mapping", "off", NULL), 0);
  assert_null (fake.handler);
  assert_int_equal (mapped (node, addrs), 0);
  sim_run (sim, 2 * 60 * MINUTE_MS);
  assert_null (fake.handler);
  assert_int_equal (sim_do (node, "CONFIG", NULL, "port-mapping", "on", NULL), 0);
  assert_true (fake.handler || asked_after (sim) < 2000);
  sim_free (sim);
  assert_null (fake.handler); /* ended with its daemon */
}

static void
test_back_off (void **state)
{
  static const uint64_t least_ms[] = { 7000, 22000, 67000, 200000 };
  struct sim_node *node = begin (2);
  struct sim *sim = node->sim;
  struct cf_portmap_state look;

  (void) state;
  for (size_t i = 0; i < sizeof least_ms / sizeof *least_ms; i++) {
    answers ("failed absent absent refused");
    cf_portmap_look (node->core, &look);
    assert_int_equal (look.view, CF_PORTMAP_IS_NOT);
    assert_int_equal (look.why[CF_PORTMAP_UPNP], CF_PORTMAP_REFUSED);
    assert_in_range (asked_after (sim), least_ms[i], 2 * least_ms[i]);
  }
  answers ("failed absent absent refused");
  node->net->handler->changed (node->net->handler_arg); /* another network */
  assert_true (asked_after (sim) < 2000);
  node->net->handler->changed (node->net->handler_arg); /* and another, while it is asked */
  answers (MAPPED);
  assert_true (asked_after (sim) < 2000);
  answers (MAPPED);
  sim_free (sim);
}

/* A router that says all the time that it has begun anew, and one that gives no time worth the name. */
static void
test_pestering (void **state)
{
  struct sim_node *node = begin (3);
  struct sim *sim = node->sim;
  unsigned wishes;

  (void) state;
  answers ("mapped pcp 1 1.2.3.4:7077 -");
  assert_true (asked_after (sim) > 30000);
  answers (MAPPED);
  wishes = fake.wishes;
  *fake.wish = 0;
  for (int i = 0; i < 600; i++) { /* a minute of it */
    answers ("changed");
    sim_run (sim, 100);
    if (*fake.wish)
      answers (MAPPED);
    *fake.wish = 0;
  }
  assert_in_range (fake.wishes - wishes, 3, 8);
  sim_free (sim);
}

/* It is apart since it may be taken over by what it reads. */
static void
test_hostile_helper (void **state)
{
  static const char *const lines[] = { "", "mapped", "mapped pcp 3600 10.0.0.1:7077 -", "mapped pcp 3600 127.0.0.1:1 -",
                                       "run /bin/sh", "failed absent absent", "mapped pcp 3600 1.2.3.4:0 -" };
  struct sim_node *node = begin (4);
  struct cf_addr addrs[CF_PORTMAP_ADDRS_MAX];
  struct sim *sim = node->sim;

  (void) state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    answers (lines[i]);
    assert_null (fake.handler); /* ended */
    assert_int_equal (mapped (node, addrs), 0);
    asked_after (sim);
  }
  answers (MAPPED);
  answers (MAPPED); /* which nobody has asked for */
  assert_null (fake.handler);
  assert_int_equal (mapped (node, addrs), 0);
  asked_after (sim);
  sim_run (sim, 61000); /* it says nothing at all */
  assert_int_equal (mapped (node, addrs), 0);
  sim_free (sim);
}

static void
test_dying_helper (void **state)
{
  struct sim_node *node = begin (5);
  struct cf_addr addrs[CF_PORTMAP_ADDRS_MAX];
  const struct cf_helper_handler *handler;
  struct sim *sim = node->sim;
  struct cf_portmap_state look;

  (void) state;
  answers (MAPPED);
  for (int i = 0; i < 3; i++) {
    handler = fake.handler;
    fake.handler = NULL;
    handler->ended (fake.arg, cf_err (GPG_ERR_EPIPE));
    assert_int_equal (mapped (node, addrs), 0);
    assert_true (asked_after (sim) > 7000);
  }
  assert_int_equal (fake.starts, 4);
  fake.start_err = cf_err (GPG_ERR_ENOENT); /* it is not installed */
  handler = fake.handler;
  fake.handler = NULL;
  handler->ended (fake.arg, cf_err (GPG_ERR_EPIPE));
  sim_run (sim, 60 * MINUTE_MS);
  cf_portmap_look (node->core, &look);
  assert_int_equal (look.view, CF_PORTMAP_NO_HELPER);
  assert_true (fake.starts < 12);
  sim_free (sim);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_life),           cmocka_unit_test (test_back_off),     cmocka_unit_test (test_pestering),
    cmocka_unit_test (test_hostile_helper), cmocka_unit_test (test_dying_helper),
  };

  return cmocka_run_group_tests_name ("port mapping", tests, NULL, NULL);
}
