/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_schedule.c - random bad luck: cuts, crashes, clock steps, lost datagrams and failing disks, in any order.
 *
 * SIM_SCHEDULES=N runs N schedules, SIM_SEED=N begins with (or, with SIM_SCHEDULES=1, repeats) that one.  In every
 * step what is on the disks of both sides must agree as far as it goes, and after each event what invariants.h says
 * must hold; at the end everything is mended, and then everything that was promised has been done.
 *
 * Messages are numbers from 1, a count for each author and conversation: what the author has is 1 ... n, what the
 * other has is 1 ... k, k <= n.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/gate.h"
#include "core/link.h"
#include "core/message.h"
#include "core/store/store_message.h"
#include "tests/sim/invariants.h"

#define SCHEDULES 200
#define STEPS 40
#define NODES_MAX 3
#define CONVS_MAX 64
#define CALLS_MAX 128
#define HOUR_MS (3600 * 1000)
#define PASSWORD "a shared secret"

/* What the story has done in a conversation. */
struct said {
  uint8_t id[CF_CONVERSATION_ID_LEN];
  size_t who[2];           /* indices of its nodes */
  unsigned count[2];       /* written by each */
  unsigned taken[2];       /* of each one's, by the other, when last seen */
  bool open_both, closed;  /* open on both sides once; CLOSE was said */
};

struct world {
  uint64_t seed;
  int step;
  struct sim *sim;
  size_t node_count;
  struct said said[CONVS_MAX];
  size_t said_count;
  struct sim_command *calls[CALLS_MAX]; /* of any node, perhaps still waiting */
  size_t call_count;
};

static struct world *current; /* for what fails below */
static unsigned disk_permille; /* how often an envelope cannot be kept */
static struct { unsigned sends, opens, crashes, cuts, steps_of_clocks, disk_faults; uint64_t looks; } totals;

#define FAIL(...)                                                                                                     \
  do {                                                                                                                \
    print_error ("seed %llu, step %d: ", (unsigned long long) current->seed, current->step);                          \
    fail_msg (__VA_ARGS__);                                                                                           \
  } while (0)

/* --- a disk that fails: an envelope has left (or come), and then cannot be written --- */

gpg_error_t __real_cf_store_envelope_add (struct cf_store *store, const struct cf_envelope_row *e);
gpg_error_t __wrap_cf_store_envelope_add (struct cf_store *store, const struct cf_envelope_row *e);

gpg_error_t
__wrap_cf_store_envelope_add (struct cf_store *store, const struct cf_envelope_row *e)
{
  if (disk_permille && sim_random (current->sim, 1000) < disk_permille) {
    totals.disk_faults++;
    return cf_err (GPG_ERR_ENOSPC);
  }
  return __real_cf_store_envelope_add (store, e);
}

/* --- looking --- */

static struct said *
said_of (struct world *w, const struct cf_conversation *conv, size_t me)
{
  struct said *s;
  size_t i, other = 0;

  for (i = 0; i < w->said_count; i++)
    if (!memcmp (w->said[i].id, conv->id, sizeof conv->id))
      return &w->said[i];
  for (i = 0; i < w->node_count; i++)
    if (cf_fpr_equal (&w->sim->nodes[i]->fpr, &conv->peer))
      other = i;
  if (other == me || w->said_count == CONVS_MAX)
    FAIL ("a conversation with nobody, or too many");
  s = &w->said[w->said_count++];
  memset (s, 0, sizeof *s);
  memcpy (s->id, conv->id, sizeof s->id);
  s->who[0] = me < other ? me : other;
  s->who[1] = me < other ? other : me;
  return s;
}

struct walk {
  struct sim_node *node;
  unsigned next[2];   /* number awaited, in and out */
  unsigned undelivered, failed, rows;
  const char *why;
};

static bool
see_message (void *arg, const struct cf_message_row *m)
{
  struct walk *walk = arg;
  unsigned number = (unsigned) strtoul (m->text, NULL, 10);

  walk->rows++;
  if (m->signature != CF_SIGNATURE_VALID)
    walk->why = "something did not hold";
  else if (number != walk->next[m->outgoing]++)
    walk->why = number < walk->next[m->outgoing] ? "twice, or out of order" : "one is lost";
  if (m->outgoing && m->state < CF_MESSAGE_DELIVERED)
    walk->undelivered++;
  if (m->outgoing && m->state == CF_MESSAGE_FAILED)
    walk->failed++;
  return !walk->why;
}

static struct walk
look (struct world *w, struct sim_node *node, const struct said *s)
{
  struct walk walk = { .node = node, .next = { 1, 1 } };

  assert_int_equal (cf_store_message_history (node->core->store, s->id, INT64_MAX, NULL, 100000, see_message, &walk), 0);
  if (walk.why)
    FAIL ("%s: %s (in %u, out %u)", node->name, walk.why, walk.next[0], walk.next[1]);
  (void) w;
  return walk;
}

static struct cf_conversation *
conv_at (struct world *w, const struct said *s, int side)
{
  struct sim_node *node = w->sim->nodes[s->who[side]];

  return node->core ? cf_conversation_find (node->core, s->id) : NULL;
}

/* Who are they, and with which keys? */
static void
check_bound (struct world *w, struct said *s)
{
  struct cf_conversation *conv[2];

  for (int i = 0; i < 2; i++) {
    conv[i] = conv_at (w, s, i);
    if (conv[i] && !cf_fpr_equal (&conv[i]->peer, &w->sim->nodes[s->who[!i]]->fpr))
      FAIL ("a conversation changed hands");
  }
  if (!conv[0] || !conv[1] || conv[0]->state != CF_CONVERSATION_OPEN || conv[1]->state != CF_CONVERSATION_OPEN)
    return;
  s->open_both = true;
  if (!cf_fpr_equal (&conv[0]->own_key, &conv[1]->peer_key) || !cf_fpr_equal (&conv[1]->own_key, &conv[0]->peer_key)
      || cf_fpr_is_none (&conv[0]->own_key) || cf_fpr_equal (&conv[0]->own_key, &conv[1]->own_key))
    FAIL ("the two sides know different keys");
}

static void
check_all (struct world *w)
{
  for (size_t n = 0; n < w->node_count; n++) {
    struct sim_node *node = w->sim->nodes[n];

    for (struct cf_conversation *c = node->core ? node->core->conversations->first : NULL; c; c = c->next) {
      struct said *s = said_of (w, c, n);
      int side = s->who[1] == n;
      struct walk walk = look (w, node, s);

      check_bound (w, s);
      if (walk.next[1] - 1 != s->count[side])
        FAIL ("%s promised %u, holds %u", node->name, s->count[side], walk.next[1] - 1);
      if (walk.next[0] - 1 > s->count[!side] || walk.next[0] - 1 < s->taken[!side])
        FAIL ("%s holds %u of %u, had %u", node->name, walk.next[0] - 1, s->count[!side], s->taken[!side]);
      s->taken[!side] = walk.next[0] - 1;
    }
  }
}

/* --- doing --- */

static void
keep_call (struct world *w, struct sim_command *call)
{
  if (w->call_count == CALLS_MAX)
    FAIL ("too many commands");
  w->calls[w->call_count++] = call;
}

static void
crash (struct world *w, struct sim_node *node, bool silent)
{
  size_t kept = 0;

  sim_node_crash (node, silent);
  for (size_t i = 0; i < w->call_count; i++)
    if (w->calls[i]->node == node)
      sim_command_free (w->calls[i]);
    else
      w->calls[kept++] = w->calls[i];
  w->call_count = kept;
  totals.crashes++;
}

static void
start (struct world *w, struct sim_node *node)
{
  gpg_error_t err = sim_node_start (node);

  (void) w;
  if (err)
    FAIL ("%s does not start: %s", node->name, gpg_strerror (err));
}

static void
send_one (struct world *w, size_t n)
{
  struct sim_node *node = w->sim->nodes[n];
  struct cf_conversation *c;
  struct sim_command *call;
  struct said *s;
  char id[2 * CF_CONVERSATION_ID_LEN + 1], text[16];
  size_t open = 0, pick;
  int side;

  for (c = node->core->conversations->first; c; c = c->next)
    open += c->state == CF_CONVERSATION_OPEN;
  if (!open)
    return;
  pick = (size_t) sim_random (w->sim, open);
  for (c = node->core->conversations->first; c->state != CF_CONVERSATION_OPEN || pick--; c = c->next)
    ;
  s = said_of (w, c, n);
  side = s->who[1] == n;
  cf_hex (s->id, sizeof s->id, id);
  snprintf (text, sizeof text, "%u", s->count[side] + 1);
  call = sim_call (node, "SEND", text, "--wait=queued", id, NULL);
  if (!sim_wait (call, 1000))
    FAIL ("%s: SEND does not end", node->name);
  s->count[side] += !call->err;
  totals.sends += !call->err;
  sim_command_free (call);
}

static void
open_one (struct world *w, struct sim_node *a, struct sim_node *b)
{
  char fpr[CF_FPR_HEX_SIZE];

  if (w->said_count > CONVS_MAX - 8 || w->call_count > CALLS_MAX - 8)
    return;
  totals.opens++;
  if (b->core && sim_random (w->sim, 3))
    keep_call (w, sim_call (b, "EXPECT", PASSWORD, cf_fpr_hex (&a->fpr, fpr), NULL));
  if (a->core)
    keep_call (w, sim_call (a, "OPEN", PASSWORD, cf_fpr_hex (&b->fpr, fpr), NULL));
}

static void
close_one (struct world *w, struct sim_node *node)
{
  char id[2 * CF_CONVERSATION_ID_LEN + 1];
  struct cf_conversation *c = node->core->conversations->first;

  if (!c || c->state != CF_CONVERSATION_OPEN)
    return;
  said_of (w, c, node->index)->closed = true;
  keep_call (w, sim_call (node, "CLOSE", NULL, cf_hex (c->id, sizeof c->id, id), NULL));
}

static void
step_clock (struct world *w, struct sim_node *node)
{
  node->skew_ms = (int64_t) sim_random (w->sim, 12 * HOUR_MS) - 6 * HOUR_MS;
  totals.steps_of_clocks++;
}

static void
one_step (struct world *w)
{
  struct sim *sim = w->sim;
  size_t n = (size_t) sim_random (sim, w->node_count);
  size_t m = (n + 1 + (size_t) sim_random (sim, w->node_count - 1)) % w->node_count;
  struct sim_node *node = sim->nodes[n], *other = sim->nodes[m];
  uint64_t dice = sim_random (sim, 100);

  if (!node->core && dice < 60)
    start (w, node);
  else if (dice < 50) {
    for (uint64_t burst = node->core ? sim_random (sim, 6) + 1 : 0; burst; burst--)
      send_one (w, n);
  } else if (dice < 65) {
    sim_cut (sim, node, other, !sim->cut[n][m]);
    totals.cuts++;
  } else if (dice < 77) {
    if (node->core)
      crash (w, node, sim_random (sim, 2));
  } else if (dice < 84)
    open_one (w, node, other);
  else if (dice < 87)
    step_clock (w, node);
  else if (dice < 92) {
    sim->loss_permille = (uint32_t) sim_random (sim, 400);
    sim->dup_permille = (uint32_t) sim_random (sim, 400);
    sim->jitter_ms = (uint32_t) sim_random (sim, 100);
  } else if (dice < 96)
    disk_permille = disk_permille ? 0 : 300;
  else if (dice < 97 && node->core)
    close_one (w, node);
  /* Mostly a moment, so that what was begun is caught in the middle; sometimes until the path counts as lost. */
  sim_run (sim, sim_random (sim, 4) ? sim_random (sim, 60) : sim_random (sim, 20000));
}

/* --- in the end --- */

/* All requests that still wait are accepted. */
static void
accept_all (struct world *w)
{
  for (size_t n = 0; n < w->node_count; n++) {
    struct sim_command *list = sim_call (w->sim->nodes[n], "REQUESTS", NULL, NULL);

    assert_true (sim_wait (list, 1000));
    for (size_t i = 0; i < json_array_size (list->rows); i++)
      keep_call (w, sim_call (w->sim->nodes[n], "ACCEPT", PASSWORD, sim_text (list, i, "request"), NULL));
    sim_command_free (list);
  }
}

static bool
count_one (void *arg, const struct cf_envelope_row *e)
{
  (void) e;
  ++*(unsigned *) arg;
  return true;
}

/* Has all been done?  NULL: yes. */
static const char *
unfinished (struct world *w)
{
  for (size_t i = 0; i < w->said_count; i++) {
    struct said *s = &w->said[i];
    struct cf_conversation *conv[2] = { conv_at (w, s, 0), conv_at (w, s, 1) };

    for (int side = 0; side < 2; side++) {
      if (conv[side] && conv[side]->state == CF_CONVERSATION_REQUESTED)
        return "a request waits";
      if (s->open_both && (!conv[side] || conv[side]->state == CF_CONVERSATION_REQUESTED))
        return "it was open, and is no more";
      if (conv[side] && look (w, w->sim->nodes[s->who[side]], s).undelivered)
        return "a message waits";
    }
    if (!conv[0] != !conv[1] || (conv[0] && conv[0]->state != conv[1]->state))
      return "open at one side only";
    if (conv[0] && conv[0]->state == CF_CONVERSATION_CLOSED && s->open_both && !s->closed)
      return "nobody closed it";
  }
  for (size_t n = 0; n < w->node_count; n++) {
    unsigned waiting = 0;

    assert_int_equal (cf_store_envelope_waiting (w->sim->nodes[n]->core->store, count_one, &waiting), 0);
    if (waiting)
      return "an envelope waits";
  }
  return NULL;
}

/* Each message came as an event once, in the order of history. */
static void
check_events (struct world *w, struct sim_node *node)
{
  unsigned told = 0, held = 0;
  json_t *seen = json_object (), *event;
  size_t i;

  json_array_foreach (node->events, i, event) {
    const char *id = json_string_value (json_object_get (event, "message"));

    if (strcmp (json_string_value (json_object_get (event, "event")), "message") != 0)
      continue;
    if (json_object_get (seen, id))
      FAIL ("%s: the event of a message came twice", node->name);
    json_object_set_new (seen, id, json_true ());
    told++;
  }
  json_decref (seen);
  for (struct cf_conversation *c = node->core->conversations->first; c; c = c->next)
    held += look (w, node, said_of (w, c, node->index)).rows;
  if (told != held)
    FAIL ("%s: %u messages, %u events of them", node->name, held, told);
}

static void
check_end (struct world *w)
{
  for (size_t i = 0; i < w->said_count; i++) {
    struct said *s = &w->said[i];

    for (int side = 0; side < 2 && conv_at (w, s, side); side++) {
      struct walk walk = look (w, w->sim->nodes[s->who[side]], s);

      if (s->taken[side] + walk.failed != s->count[side] || (walk.failed && !s->closed))
        FAIL ("of %u, %u were taken and %u failed", s->count[side], s->taken[side], walk.failed);
    }
  }
  for (size_t n = 0; n < w->node_count; n++) {
    check_events (w, w->sim->nodes[n]);
    if (cf_message_counts (w->sim->nodes[n]->core)->forged)
      FAIL ("%s took an honest message for a forgery", w->sim->nodes[n]->name);
  }
  for (size_t i = 0; i < w->call_count; i++)
    if (!w->calls[i]->finished)
      FAIL ("%s: a command never ends: %s", w->calls[i]->node->name, w->calls[i]->verb);
}

static void
heal (struct world *w)
{
  const char *why = NULL;

  disk_permille = 0;
  w->sim->loss_permille = w->sim->dup_permille = 0;
  for (size_t n = 0; n < w->node_count; n++) {
    w->sim->nodes[n]->skew_ms = 0;
    for (size_t m = 0; m < n; m++)
      sim_cut (w->sim, w->sim->nodes[n], w->sim->nodes[m], false);
  }
  sim_run (w->sim, 1);
  for (size_t n = 0; n < w->node_count; n++)
    if (!w->sim->nodes[n]->core)
      start (w, w->sim->nodes[n]);
  for (int round = 0; round < 6; round++) {
    sim_run (w->sim, 60000);
    check_all (w);
    why = unfinished (w);
    if (!why)
      break;
    accept_all (w);
    if (round == 3)
      sim_run (w->sim, 9 * HOUR_MS); /* runs that broke off count as guesses */
  }
  if (why)
    FAIL ("in the end: %s", why);
}

static void
tell_where (void *arg)
{
  struct world *w = arg;

  print_error ("seed %llu, step %d:\n", (unsigned long long) w->seed, w->step);
}

static void
schedule (uint64_t seed)
{
  struct world w = { .seed = seed };
  struct invariants *invariants;
  char id[2 * CF_CONVERSATION_ID_LEN + 1];
  static const char *const names[] = { "alice", "bob", "carol" };

  current = &w;
  disk_permille = 0;
  w.sim = sim_new (seed * 7919);
  invariants = invariants_new (w.sim, tell_where, &w);
  w.node_count = sim_random (w.sim, 4) ? 2 : NODES_MAX;
  w.sim->gpg_sign_ms = sim_random (w.sim, 30);
  w.sim->gpg_make_ms = sim_random (w.sim, 100);
  for (size_t n = 0; n < w.node_count; n++)
    start (&w, sim_node_new (w.sim, names[n]));
  if (sim_random (w.sim, 4))
    assert_int_equal (sim_open (w.sim->nodes[0], w.sim->nodes[1], id), 0);
  for (w.step = 1; w.step <= STEPS; w.step++) {
    one_step (&w);
    check_all (&w);
  }
  heal (&w);
  check_end (&w);
  for (size_t i = 0; i < w.call_count; i++)
    sim_command_free (w.calls[i]);
  totals.looks += invariants_looks (invariants);
  invariants_free (invariants);
  sim_free (w.sim);
}

static uint64_t
number_from (const char *variable, uint64_t preset)
{
  const char *text = getenv (variable);

  return text ? strtoull (text, NULL, 10) : preset;
}

static void
test_schedules (void **state)
{
  uint64_t first = number_from ("SIM_SEED", 1), count = number_from ("SIM_SCHEDULES", SCHEDULES);

  (void) state;
  for (uint64_t seed = first; seed < first + count; seed++)
    schedule (seed);
  print_message ("# %llu schedules from seed %llu: %u messages, %u opened, %u crashes, %u cuts, %u clock steps, %u disk"
                 " faults; invariants looked at %llu times\n",
                 (unsigned long long) count, (unsigned long long) first, totals.sends, totals.opens, totals.crashes,
                 totals.cuts, totals.steps_of_clocks, totals.disk_faults, (unsigned long long) totals.looks);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_schedules) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
