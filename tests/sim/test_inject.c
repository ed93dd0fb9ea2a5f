/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_inject.c - a tale of two, told once for every operation of Alice's disk: there it fails, or the disk is full, or
 * her machine stops; and once for every allocation of either: there is no memory.
 *
 * The tale: she makes her home, changes a setting, finds Bob, opens a conversation with him; both write; one closes it;
 * she deletes it.  What fails is tried again, as a person would.  Nothing that was answered OK is lost, nothing comes
 * twice, and in the end all of it has been done.
 *
 * Messages are numbers from 1, a count for each author.  CF_FAULT=KIND:OPERATION:LUCK repeats one tale.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "base/text.h"
#include "tests/sim/invariants.h"
#include "tests/sim/sim_disk.h"
#include "tests/sim/sim_heap.h"
#include "tests/sim/talk_story.h"

#define STRIDE 13 /* between operations that fail; CF_INJECT in the environment: 1 */
#define HEAP_STRIDE 53 /* between allocations that fail */
#define NO_MEMORY (SIM_DISK_GONE + 1) /* a kind of fault, beside those of the disk: one allocation of anybody's fails */
#define PASSWORD "a shared secret"
#define ALICE "/alice/"
#define EACH 3 /* messages of each */
#define TRIES 8
#define HOUR_MS (3600 * 1000)

enum side { ALICES, BOBS };

struct tale {
  struct pair p;
  int fault;
  uint64_t n, luck;       /* where; LUCK 0: the machine keeps its power */
  const char *doing;
  bool told;              /* the fault was met, and what follows from it is done */
  bool fell;              /* Alice was down since */
  unsigned promised[2];   /* messages that were answered OK */
};

static struct tale *current;

static void
tell_where (void *arg)
{
  (void) arg;
  print_error ("CF_FAULT=%d:%llu:%llu, while %s:\n", current->fault,
               (unsigned long long) current->n, (unsigned long long) current->luck, current->doing);
}

#define HOLDS(what)                                                                                                   \
  do {                                                                                                                \
    if (!(what)) {                                                                                                    \
      tell_where (NULL);                                                                                              \
      fail_msg ("not so: %s", #what);                                                                                 \
    }                                                                                                                 \
  } while (0)

/* ---- the fault, and what a person does about it ---- */

static void
set_fault (int fault, uint64_t n)
{
  sim_disk_fail (fault == NO_MEMORY ? SIM_DISK_WELL : (enum sim_disk_fault) fault, ALICE, n);
  sim_heap_fail (fault == NO_MEMORY ? n : 0);
}

static bool
is_met (void)
{
  return sim_disk_met () || sim_heap_met ();
}

static void
hold (bool held)
{
  sim_disk_hold (held);
  sim_heap_hold (held);
}

static void
start (struct tale *t, struct sim_node *node)
{
  gpg_error_t err = sim_node_start (node);

  for (int i = 0; err && i < 2; i++) {
    HOLDS ((node == t->p.a || t->fault == NO_MEMORY) && is_met ());
    sim_node_crash (node, true);
    sim_disk_fail (SIM_DISK_WELL, NULL, 0);
    if (t->fault == SIM_DISK_GONE && t->luck && !t->told)
      sim_disk_power (ALICE);
    t->told = true;
    t->fell |= node == t->p.a;
    err = sim_node_start (node);
  }
  if (err)
    print_error ("%s\n", gpg_strerror (err));
  HOLDS (!err);
}

static void
mend (struct tale *t)
{
  if (t->told || !is_met ())
    return;
  t->told = true;
  if (t->fault == SIM_DISK_FULL)
    sim_run (t->p.sim, 3000);
  if (t->fault == SIM_DISK_GONE) {
    sim_node_crash (t->p.a, true);
    t->fell = true;
    if (t->luck)
      sim_disk_power (ALICE);
  }
  sim_disk_fail (SIM_DISK_WELL, NULL, 0);
  if (!t->p.a->core)
    start (t, t->p.a);
}

static void
pass (struct tale *t, uint64_t ms)
{
  sim_run (t->p.sim, ms);
  mend (t);
}

/* An order to a node; what fails has met the fault. */
static gpg_error_t
order (struct tale *t, struct sim_node *node, const char *verb, const char *answer, const char *one, const char *two)
{
  gpg_error_t err = two ? sim_do (node, verb, answer, one, two, NULL) : sim_do (node, verb, answer, one, NULL);

  if (err && getenv ("SIM_LOG"))
    print_error ("%s at %s: %s\n", verb, node->name, gpg_strerror (err));
  if (err)
    HOLDS (is_met ());
  mend (t);
  return err;
}

static void
insist (struct tale *t, struct sim_node *node, const char *verb, const char *one, const char *two)
{
  gpg_error_t err = order (t, node, verb, NULL, one, two);

  if (err)
    err = order (t, node, verb, NULL, one, two);
  HOLDS (!err);
}

/* ---- the tale ---- */

/* Is one and the same open on both sides?  It is the newest. */
static bool
is_open (struct tale *t)
{
  struct cf_conversation *a, *b;
  bool found = false;

  for (a = t->p.a->core->conversations->first; a; a = a->next) {
    b = cf_conversation_find (t->p.b->core, a->id);
    if (a->state == CF_CONVERSATION_OPEN && b && b->state == CF_CONVERSATION_OPEN) {
      cf_hex (a->id, sizeof a->id, t->p.id);
      found = true;
    }
  }
  return found;
}

static void
open_it (struct tale *t)
{
  struct pair *p = &t->p;

  t->doing = "opening";
  for (int i = 0; i < TRIES && !is_open (t); i++) {
    struct sim_node *asker = t->n % 2 ? p->a : p->b, *other = asker == p->a ? p->b : p->a;

    order (t, other, "EXPECT", PASSWORD, asker == p->a ? p->fpr_a : p->fpr_b, NULL);
    order (t, asker, "OPEN", PASSWORD, asker == p->a ? p->fpr_b : p->fpr_a, NULL);
    pass (t, i < TRIES / 2 ? 40000 : 9 * HOUR_MS); /* runs that broke off count as guesses */
  }
  HOLDS (is_open (t));
}

/* 1 ... n, in order, each once: n. */
static unsigned
count (struct tale *t, struct sim_node *node, const char *direction)
{
  char *all, *next, *word;
  unsigned n = 0;

  hold (true);
  all = next = texts (node, t->p.id, direction);
  hold (false);
  while ((word = strsep (&next, " ")) && *word)
    HOLDS (strtoul (word, NULL, 10) == ++n);
  free (all);
  return n;
}

/* What was answered OK is there; what was not may be, if Alice was down since. */
static void
check (struct tale *t, enum side side)
{
  unsigned there = count (t, side == ALICES ? t->p.a : t->p.b, "out");
  bool unsure = side == ALICES && t->fell;

  HOLDS (there >= t->promised[side] && there <= t->promised[side] + unsure);
  t->promised[side] = there;
  t->fell = t->fell && side != ALICES;
}

static void
say_one (struct tale *t, enum side side)
{
  char text[16];

  snprintf (text, sizeof text, "%u", t->promised[side] + 1);
  if (!order (t, side == ALICES ? t->p.a : t->p.b, "SEND", text, "--wait=queued", t->p.id))
    t->promised[side]++;
  check (t, side);
}

static bool
all_taken (void *arg)
{
  struct tale *t = arg;
  bool taken;

  hold (true);
  taken = all_in_state (t->p.a, t->p.id, "out", "delivered") && all_in_state (t->p.b, t->p.id, "out", "delivered");
  hold (false);
  return taken;
}

/* What is open at one side is open at the other, or will not be for long. */
static bool
agree (const struct sim_node *node, const struct sim_node *other)
{
  for (const struct cf_conversation *c = node->core->conversations->first; c; c = c->next) {
    const struct cf_conversation *d = cf_conversation_find (other->core, c->id);

    if (c->state == CF_CONVERSATION_OPEN && (!d || d->state != CF_CONVERSATION_OPEN))
      return false;
  }
  return true;
}

static void
talk (struct tale *t)
{
  t->doing = "talking";
  t->fell = false;
  while (t->promised[ALICES] < EACH || t->promised[BOBS] < EACH) {
    for (int side = ALICES; side <= BOBS; side++)
      if (t->promised[side] < EACH)
        say_one (t, (enum side) side);
    pass (t, 1 + t->n % 50);
  }
  for (int i = 0; i < TRIES && !all_taken (t); i++)
    pass (t, 20000);
  HOLDS (all_taken (t));
  HOLDS (agree (t->p.a, t->p.b) && agree (t->p.b, t->p.a));
  HOLDS (count (t, t->p.a, "in") == t->promised[BOBS]);
  HOLDS (count (t, t->p.b, "in") == t->promised[ALICES]);
}

static bool
closed_at (struct tale *t, struct sim_node *node)
{
  struct cf_conversation *c = conv_of (node, t->p.id);

  return c && c->state == CF_CONVERSATION_CLOSED;
}

static void
finish (struct tale *t)
{
  struct pair *p = &t->p;

  t->doing = "closing";
  insist (t, t->n % 3 ? p->a : p->b, "CLOSE", p->id, NULL);
  for (int i = 0; i < TRIES && !(closed_at (t, p->a) && closed_at (t, p->b)); i++)
    pass (t, 30000);
  HOLDS (closed_at (t, p->a) && closed_at (t, p->b));
  check (t, ALICES);
  t->doing = "deleting";
  for (int i = 0; i < TRIES && conv_of (p->a, p->id); i++) {
    order (t, p->a, "DELETE", NULL, p->id, NULL);
    pass (t, 30000);
  }
  HOLDS (!conv_of (p->a, p->id));
  HOLDS (count (t, p->b, "in") == t->promised[ALICES]);
}

/* A life later all of it is still so. */
static void
look_back (struct tale *t)
{
  struct sim_command *call;

  t->doing = "looking back";
  sim_node_crash (t->p.a, true);
  set_fault (SIM_DISK_WELL, 0);
  sim_disk_power (ALICE);
  start (t, t->p.a);
  pass (t, 1000);
  HOLDS (!conv_of (t->p.a, t->p.id));
  HOLDS (sim_keys_count (t->p.a) > 0);
  call = sim_call (t->p.a, "CONFIG", NULL, "name", NULL);
  HOLDS (sim_wait (call, 1000) && !call->err);
  HOLDS (!strcmp (sim_text (call, 0, "value"), "Ada"));
  sim_command_free (call);
}

/* With FAULT at operation N of Alice's disk; true: it was met. */
static bool
tell (int fault, uint64_t n, uint64_t luck)
{
  struct tale t = { .fault = fault, .n = n, .luck = luck, .doing = "starting" };
  struct invariants *invariants;
  bool met;

  current = &t;
  sim_disk_new (n * 17 + luck);
  t.p.sim = sim_new (n);
  t.p.a = sim_node_new (t.p.sim, "alice");
  t.p.b = sim_node_new (t.p.sim, "bob");
  cf_fpr_hex (&t.p.a->fpr, t.p.fpr_a);
  cf_fpr_hex (&t.p.b->fpr, t.p.fpr_b);
  set_fault (fault, n);
  invariants = invariants_new (t.p.sim, tell_where, NULL);
  start (&t, t.p.a);
  start (&t, t.p.b);
  t.doing = "setting";
  insist (&t, t.p.a, "CONFIG", "name", "Ada");
  t.doing = "meeting";
  pass (&t, 60000);
  for (int i = 0; i < TRIES && !(sim_sees (t.p.a, t.p.b) && sim_sees (t.p.b, t.p.a)); i++)
    pass (&t, 30000);
  HOLDS (sim_sees (t.p.a, t.p.b) && sim_sees (t.p.b, t.p.a));
  open_it (&t);
  talk (&t);
  finish (&t);
  met = is_met ();
  look_back (&t);
  invariants_free (invariants);
  sim_free (t.p.sim);
  sim_disk_free ();
  return met;
}

static void
tell_all (int fault, uint64_t usual_stride, uint64_t lucks)
{
  uint64_t stride = getenv ("CF_INJECT") ? 1 : usual_stride, n = 1, count = 0;
  const char *one = getenv ("CF_FAULT");
  unsigned long long a, b;
  int which;

  if (one && sscanf (one, "%d:%llu:%llu", &which, &a, &b) == 3) {
    if (which == fault)
      tell (fault, a, b);
    return;
  }
  /* Not every tale has the same number of operations. */
  for (uint64_t luck = 0; luck < lucks; luck++) {
    int beyond = 0;

    for (n = 1 + (7 * luck + (uint64_t) fault) % stride; beyond < 6; n += stride)
      if (tell (fault, n, luck)) {
        count++;
        beyond = 0;
      } else
        beyond++;
  }
  assert_true (n > 500);
  print_message ("# a fault at one of every %llu of about %llu operations: %llu tales\n", (unsigned long long) stride,
                 (unsigned long long) n - 1, (unsigned long long) count);
}

static void
test_an_operation_fails (void **state)
{
  (void) state;
  tell_all (SIM_DISK_ERROR, STRIDE, 1);
}

static void
test_the_disk_is_full (void **state)
{
  (void) state;
  tell_all (SIM_DISK_FULL, STRIDE, 1);
}

static void
test_the_machine_stops (void **state)
{
  (void) state;
  tell_all (SIM_DISK_GONE, STRIDE, 2);
}

static void
test_no_memory (void **state)
{
  (void) state;
  tell_all (NO_MEMORY, HEAP_STRIDE, 1); /* what leaks then, the sanitizers tell */
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_an_operation_fails),
    cmocka_unit_test (test_the_disk_is_full),
    cmocka_unit_test (test_the_machine_stops),
    cmocka_unit_test (test_no_memory),
  };

  if (cf_secmem_setup ())
    return 1;
  return cmocka_run_group_tests_name ("inject", tests, NULL, NULL);
}
