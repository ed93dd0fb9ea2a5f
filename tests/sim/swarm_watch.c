/* SPDX-License-Identifier: GPL-3.0-or-later */
/* swarm_watch.c - what is asked of a swarm, and what is told of it; see swarm.h.
 *
 * The rules: (1) two contacts who are both there are connected within CONNECT_MS, and again within that time when their
 * way ends; (2) directly or through the NATs within BEST_MS, wherever the two NATs allow it for sure; (3) nobody begins
 * more rounds of dialling to one person than the back-off allows; (4) no node has more of anything than its limits say.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>

#include "base/refusal.h"
#include "core/link.h"
#include "core/links.h"
#include "tests/sim/swarm.h"

#define CONNECT_MS 30000
#define BEST_MS 60000
#define MINUTE_MS 60000
#define HOUR_MS (60.0 * MINUTE_MS)
/* Each 2.5 s when a path was lost lately, a quarter less by chance; and a few at once, as he is heard or nodes come. */
#define ROUNDS_A_MINUTE 40
#define TOLD_MAX 20

static const char *const way_names[SWARM_WAYS] = { "direct", "punched", "relay", "none" };

static void
break_rule (struct swarm *s, const struct swarm_pair *pair, const char *rule)
{
  static const char *const nats[] = { "open", "same", "count", "dice" };
  struct sim_node *a = s->peers[pair->peers[0]], *b = s->peers[pair->peers[1]];

  if (s->broken++ >= TOLD_MAX)
    return;
  print_message ("# at %llu ms: %s (%s) and %s (%s) are %s, there together for %llu ms: %s\n",
                 (unsigned long long) s->sim->env.now_ms, a->name, nats[a->nat], b->name, nats[b->nat], way_names[pair->way],
                 (unsigned long long) (pair->since_ms ? s->sim->env.now_ms - pair->since_ms : 0), rule);
}

static void
times_add (struct swarm_times *t, uint64_t ms)
{
  if (t->count == t->max) {
    t->max = t->max ? 2 * t->max : 1024;
    t->all = realloc (t->all, t->max * sizeof *t->all);
    assert_non_null (t->all);
  }
  t->all[t->count++] = (uint32_t) ms;
}

/* --- one pair --- */

static enum swarm_way
way_at (struct sim_node *n, const struct sim_node *other)
{
  const char *route = cf_link_route (n->core, &other->fpr);

  for (size_t i = 0; route && i < SWARM_NONE; i++)
    if (!strcmp (route, way_names[i]))
      return (enum swarm_way) i;
  return SWARM_NONE;
}

/* What two make of it: one who is open and sees the other's NAT calls it punched, the other one direct, which it is. */
static enum swarm_way
join (enum swarm_way here, enum swarm_way there)
{
  enum swarm_way worse = here > there ? here : there;

  return worse == SWARM_PUNCHED && here != there ? SWARM_DIRECT : worse;
}

/* They are connected by WAY, for the first time since both are there? */
static void
came_by (struct swarm *s, struct swarm_pair *pair, enum swarm_way way)
{
  if (!pair->known[way])
    times_add (&s->times[way], s->sim->env.now_ms - pair->since_ms);
  pair->known[way] = true;
}

/* The worst that two have to be content with, for sure: where a NAT is none that shows everybody the same port, the
   other one has to be open. */
static enum swarm_way
way_due (const struct sim_node *a, const struct sim_node *b)
{
  if (!a->nat || !b->nat)
    return SWARM_DIRECT;
  return a->nat == SIM_NAT_SAME && b->nat == SIM_NAT_SAME ? SWARM_PUNCHED : SWARM_RELAY;
}

static void
look_at_dials (struct swarm *s, struct swarm_pair *pair, int end, bool is_judged)
{
  struct sim_node *n = s->peers[pair->peers[end]];
  struct cf_link *link = n->core ? cf_links_find (n->core->links, &s->peers[pair->peers[1 - end]]->fpr) : NULL;
  uint64_t now_ms = s->sim->env.now_ms;

  if (now_ms - pair->dials[end].minute_ms >= MINUTE_MS) {
    pair->dials[end].minute_ms = now_ms;
    pair->dials[end].rounds = 0;
  }
  if (!link || link->round_ms == pair->dials[end].round_ms)
    return;
  pair->dials[end].round_ms = link->round_ms;
  if (++pair->dials[end].rounds > s->rounds_most)
    s->rounds_most = pair->dials[end].rounds;
  if (is_judged && pair->dials[end].rounds == ROUNDS_A_MINUTE + 1)
    break_rule (s, pair, "it is dialled more often than it may be");
}

/* The time since *R_SINCE_MS, which begins if IS_SO and is over if not. */
static uint64_t
lasts (uint64_t *r_since_ms, uint64_t now_ms, bool is_so)
{
  if (!is_so)
    *r_since_ms = 0;
  else if (!*r_since_ms)
    *r_since_ms = now_ms;
  return is_so ? now_ms - *r_since_ms : 0;
}

/* Told once when it has lasted for LIMIT_MS. */
static bool
is_over (uint64_t ms, uint64_t limit_ms)
{
  return ms > limit_ms && ms <= limit_ms + SWARM_SAMPLE_MS;
}

static void
look_at_pair (struct swarm *s, struct swarm_pair *pair, bool is_judged)
{
  struct sim_node *a = s->peers[pair->peers[0]], *b = s->peers[pair->peers[1]];
  uint64_t now_ms = s->sim->env.now_ms;

  if (!a->core || !b->core) {
    pair->since_ms = pair->down_ms = pair->worse_ms = 0;
    pair->way = SWARM_NONE;
    return;
  }
  if (!pair->since_ms) {
    pair->since_ms = now_ms;
    memset (pair->known, 0, sizeof pair->known);
  }
  pair->way = join (way_at (a, b), way_at (b, a));
  if (pair->way != SWARM_NONE) {
    came_by (s, pair, pair->way);
    came_by (s, pair, SWARM_NONE);
  }
  if (is_over (lasts (&pair->down_ms, now_ms, pair->way == SWARM_NONE), CONNECT_MS) && is_judged)
    break_rule (s, pair, "they are not connected");
  if (is_over (lasts (&pair->worse_ms, now_ms, pair->way > way_due (a, b)), BEST_MS) && is_judged)
    break_rule (s, pair, "there is a better way");
  s->settled[pair->way] += is_judged && now_ms - pair->since_ms >= BEST_MS;
}

/* --- nodes --- */

static void
more (uint32_t *r_most, uint32_t now)
{
  if (now > *r_most)
    *r_most = now;
}

static void
look_at_node (struct swarm *s, const struct sim_node *n)
{
  struct cf_server_limits limits;
  struct cf_server_status is;

  cf_server_limits_init (&limits);
  cf_server_status (n->server, &is);
  more (&s->most.streams, is.streams);
  more (&s->most.datagrams, is.datagrams);
  more (&s->most.registered, is.registered);
  more (&s->most.circuits, is.circuits);
  if (is.waiting_bytes > s->most.waiting_bytes)
    s->most.waiting_bytes = is.waiting_bytes;
  assert_true (is.streams + is.datagrams <= limits.guests);
  assert_true (is.datagrams <= limits.datagrams);
  assert_true (is.registered <= limits.registrations);
  assert_true (is.circuits <= limits.circuits);
  assert_true (is.waiting_bytes <= limits.waiting_bytes);
}

void
swarm_look (struct swarm *s, bool is_judged)
{
  for (size_t i = 0; i < s->pair_count; i++) {
    look_at_pair (s, &s->pairs[i], is_judged);
    look_at_dials (s, &s->pairs[i], 0, is_judged);
    look_at_dials (s, &s->pairs[i], 1, is_judged);
  }
  for (size_t i = 0; i < s->peer_count; i++)
    s->here_ms += s->peers[i]->core ? SWARM_SAMPLE_MS : 0;
  for (size_t i = 0; i < SWARM_NODES; i++)
    if (s->nodes[i]->server)
      look_at_node (s, s->nodes[i]);
}

/* --- the table --- */

static int
compare (const void *a, const void *b)
{
  const uint32_t *left = a, *right = b;

  return (*left > *right) - (*left < *right);
}

static double
part (const struct swarm_times *t, size_t of_100)
{
  return t->count ? t->all[(t->count - 1) * of_100 / 100] / 1000.0 : 0;
}

static void
say_refused (struct sim_node *const *all, size_t count, const char *who)
{
  for (int i = 0; i < CF_REFUSED_COUNT; i++) {
    uint64_t sum = 0;

    for (size_t k = 0; k < count; k++)
      sum += all[k]->env.refused[i];
    if (sum)
      print_message ("# refused by %s: %s %llu\n", who, cf_refusal_name ((enum cf_refusal) i), (unsigned long long) sum);
  }
}

void
swarm_table (struct swarm *s)
{
  uint64_t pairs = 0, bytes = 0;
  struct rusage usage;

  for (size_t i = 0; i < SWARM_WAYS; i++)
    pairs += s->settled[i];
  for (size_t i = 0; i < s->peer_count; i++)
    bytes += s->peers[i]->sent_bytes;
  print_message ("# %-8s %9s %9s %9s %11s\n", "way", "times", "median s", "p99 s", "share, %");
  for (size_t i = 0; i < SWARM_WAYS; i++) {
    struct swarm_times *t = &s->times[i];

    if (t->count)
      qsort (t->all, t->count, sizeof *t->all, compare);
    print_message ("# %-8s %9zu %9.2f %9.2f %11.2f\n", i == SWARM_NONE ? "any/none" : way_names[i], t->count, part (t, 50),
                   part (t, 99), pairs ? 100.0 * (double) s->settled[i] / (double) pairs : 0);
  }
  print_message ("# %u went, %u came, %u of them elsewhere; most rounds of dialling in a minute: %u\n", s->went, s->came,
                 s->moved, s->rounds_most);
  print_message ("# a node had at most %u guests on streams, %u on datagrams, %u registered, %u circuits, %llu bytes waiting\n",
                 s->most.streams, s->most.datagrams, s->most.registered, s->most.circuits,
                 (unsigned long long) s->most.waiting_bytes);
  say_refused (s->peers, s->peer_count, "peers");
  say_refused (s->nodes, SWARM_NODES, "nodes");
  getrusage (RUSAGE_SELF, &usage);
  print_message ("# sent by a peer: %.0f KiB an hour; this run: %.1f s of CPU, %.0f MiB at most; rules broken: %u\n",
                 s->here_ms ? (double) bytes / 1024 / ((double) s->here_ms / HOUR_MS) : 0,
                 (double) clock () / CLOCKS_PER_SEC, (double) usage.ru_maxrss / 1024, s->broken);
}
