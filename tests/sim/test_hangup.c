/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_hangup.c - stories of clients that go away while the daemon works for them, and of a daemon that goes
 * first.
 *
 * Whenever it is, nothing is left that belongs to nobody, and the next command is answered as ever.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/file_story.h"

#define GPG_MS 6 /* what OpenPGP takes here */
/* ms: at once; before, in and after a job; and another. */
static const int moments[] = { -1, 0, 1, 3, 7, 8, 13, 15, 40 };
#define MOMENTS (sizeof moments / sizeof *moments)

/* Who is asked for what; PEER stands for Alice's other, CONV for their conversation, PATH for a file of hers,
   FILE for one that she was offered. */
struct errand {
  const char *verb, *answer, *words[3];
};

static const struct errand errands[] = {
  { "SEND", "hello", { "--wait=read", "CONV" } },
  { "SEND", "hello", { "--wait=delivered", "--timeout=9", "CONV" } },
  { "SEND", "a\nb\nc", { "--lines", "CONV" } },
  { "EXPORT", NULL, { "CONV" } },
  { "EXPORT", NULL, { "--format=json", "CONV" } },
  { "OPEN", "another password", { "PEER" } },
  { "EXPECT", "another password", { "PEER" } },
  { "VERIFY", "something known", { "PEER" } },
  { "PEERS", NULL, { "--watch" } },
  { "EVENTS", NULL, { NULL } },
  { "ADD", NULL, { "--key" } },
  { "ADD", "no key at all", { "--key" } },
  { "CERTIFY", NULL, { "--unverified", "PEER" } },
  { "IDENTITIES", NULL, { NULL } },
  { "ADDRESS", NULL, { "--renew" } },
  { "STATUS", NULL, { NULL } },
  { "SEND-FILE", NULL, { "--wait=done", "CONV", "PATH" } },
  { "SEND-FILE", NULL, { "--wait=sent", "CONV", "PATH" } },
  { "ACCEPT-FILE", NULL, { "FILE" } },
  { "REVOKE-DEVICES", NULL, { NULL } },
};
#define ERRANDS (sizeof errands / sizeof *errands)

/* A world in which OpenPGP takes its time, Alice has a file, and was offered one, T. */
static struct pair
begin (uint64_t seed, char t[ID_SIZE])
{
  struct pair p = file_pair (seed);

  make_file (path_of (p.a, "mine"), 3 * BLOCK + 1, 1);
  make_file (path_of (p.b, "his"), 3 * BLOCK + 1, 2);
  offer (p.b, p.id, path_of (p.b, "his"), t);
  assert_true (wait_offer (p.a, t));
  p.sim->gpg_sign_ms = p.sim->gpg_make_ms = GPG_MS;
  return p;
}

static struct sim_command *
ask (struct pair *p, const struct errand *e, const char *t)
{
  const char *words[3];

  for (int i = 0; i < 3; i++) {
    words[i] = e->words[i];
    if (!words[i])
      continue;
    if (!strcmp (words[i], "PEER"))
      words[i] = p->fpr_b;
    else if (!strcmp (words[i], "CONV"))
      words[i] = p->id;
    else if (!strcmp (words[i], "PATH"))
      words[i] = path_of (p->a, "mine");
    else if (!strcmp (words[i], "FILE"))
      words[i] = t;
  }
  return sim_call (p->a, e->verb, e->answer, words[0], words[1], words[2], NULL);
}

/* -1: not even what is due at once is done. */
static void
let_pass (struct pair *p, int ms)
{
  if (ms >= 0)
    sim_run (p->sim, (uint64_t) ms);
}

/* Alice says something; Bob gets it. */
static void
assert_talks (struct pair *p, const char *what)
{
  gpg_error_t err = sim_do (p->a, "SEND", "still here", "--wait=delivered", p->id, NULL);

  if (err)
    print_error ("after %s: %s\n", what, gpg_strerror (err));
  assert_int_equal (err, 0);
}

/* Each errand, left at each moment. */
static void
test_client_goes (void **state)
{
  char t[ID_SIZE];
  struct pair p = begin (1, t);

  (void) state;
  for (size_t i = 0; i < ERRANDS; i++) {
    for (size_t k = 0; k < MOMENTS; k++) {
      struct sim_command *call = ask (&p, &errands[i], t);

      let_pass (&p, moments[k]);
      sim_command_free (call);
      sim_run (p.sim, 50);
    }
    sim_run (p.sim, 30000);
    assert_talks (&p, errands[i].verb);
  }
  pair_free (&p);
}

/* Others of its kind wait as well: the first, the last or the one between goes, the rest are answered. */
static void
test_one_of_three_goes (void **state)
{
  static const size_t waiting[] = { 0, 8, 9, 16 }; /* SEND, PEERS, EVENTS, SEND-FILE */
  char t[ID_SIZE];
  struct pair p = begin (2, t);

  (void) state;
  for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++)
    for (int gone = 0; gone < 3; gone++) {
      struct sim_command *calls[3];

      for (int k = 0; k < 3; k++)
        calls[k] = ask (&p, &errands[waiting[i]], t);
      sim_run (p.sim, 30);
      sim_command_free (calls[gone]);
      assert_talks (&p, errands[waiting[i]].verb);
      for (int k = 0; k < 3; k++)
        if (k != gone)
          sim_command_free (calls[k]);
    }
  pair_free (&p);
}

/* A conversation is closed, and who asked for it does not wait for the goodbye. */
static void
test_close (void **state)
{
  (void) state;
  for (size_t k = 0; k < MOMENTS; k++) {
    struct pair p;
    struct sim_command *call;

    pair_begin (&p, 10 + k);
    pair_open (&p);
    p.sim->gpg_sign_ms = p.sim->gpg_make_ms = GPG_MS;
    sim_cut (p.sim, p.a, p.b, k & 1);
    call = sim_call (p.a, "CLOSE", NULL, p.id, NULL);
    let_pass (&p, moments[k]);
    sim_command_free (call);
    sim_run (p.sim, 20000);
    assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "too late", p.id, NULL)),
                      gpg_err_code (cf_err (CF_ERR_CLOSED)));
    pair_free (&p);
  }
}

/* The daemon ends while clients wait for each of it. */
static void
test_daemon_goes (void **state)
{
  (void) state;
  for (size_t k = 0; k < MOMENTS; k++) {
    char t[ID_SIZE];
    struct pair p = begin (30 + k, t);
    struct sim_command *calls[ERRANDS];

    for (size_t i = 0; i < ERRANDS; i++)
      calls[i] = ask (&p, &errands[i], t);
    let_pass (&p, moments[k]);
    for (size_t i = 0; i < ERRANDS; i++)
      if (!strcmp (errands[i].verb, "CERTIFY")) { /* belongs to its client alone, and the daemon hangs up first */
        sim_command_free (calls[i]);
        calls[i] = NULL;
      }
    sim_node_crash (p.a, k & 1);
    for (size_t i = 0; i < ERRANDS; i++)
      sim_command_free (calls[i]);
    assert_int_equal (sim_node_start (p.a), 0);
    sim_run (p.sim, 10000);
    assert_talks (&p, "a start");
    pair_free (&p);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_client_goes),
    cmocka_unit_test (test_one_of_three_goes),
    cmocka_unit_test (test_close),
    cmocka_unit_test (test_daemon_goes),
  };

  return cmocka_run_group_tests_name ("hang-up", tests, NULL, NULL);
}
