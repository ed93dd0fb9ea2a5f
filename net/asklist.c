/* SPDX-License-Identifier: GPL-3.0-or-later */
/* asklist.c - taking turns among addresses that may be anybody's.
 *
 * A step asks at most one address, in turn: one that has answered and is due,
 * else one of the others that is due and whose network rests.  It looks at all
 * of them, which is cheap beside what is between two steps; then the timer waits
 * for the first that will be due.
 */
#include "net/asklist.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "net/proto.h"

#define NETWORKS 1024 /* places of networks; two that meet in one share it */

struct entry {
  struct cf_addr addr;
  uint64_t due_ms;
  uint32_t rest_ms; /* of one that is not good: until the next question */
  uint16_t network; /* its place among NETWORKS */
  uint8_t misses;   /* questions since the last answer */
  bool good;        /* it answers */
  bool learned;     /* named by a contact, and not by the user's own list */
};

struct cf_asklist {
  struct cf_env *env;
  void (*ask) (void *arg, const struct cf_addr *to);
  void *arg;
  bool on;
  struct entry *entries;
  size_t count, turn; /* of ENTRIES there is room for CF_ASK_LEARNED_MAX more than the user's list has */
  size_t learned;
  struct cf_map *by_addr;      /* to entries */
  uint64_t networks[NETWORKS]; /* nobody there who is not good is asked before this time */
  uint8_t network_key[crypto_shorthash_KEYBYTES];
  uint64_t asked_ms, asked;
  uint64_t good_ms;            /* no good one is due before this time */
  struct cf_timer timer;
};

struct addr_key { uint8_t bytes[1 + 16 + 2 + 4]; };

static struct addr_key
key_of (const struct cf_addr *addr)
{
  struct addr_key key;

  key.bytes[0] = addr->family;
  memcpy (key.bytes + 1, addr->bytes, 16);
  memcpy (key.bytes + 17, &addr->port, 2);
  memcpy (key.bytes + 19, &addr->scope, 4);
  return key;
}

static struct entry *
find (const struct cf_asklist *list, const struct cf_addr *addr)
{
  struct addr_key key = key_of (addr);

  return list->by_addr ? cf_map_get (list->by_addr, key.bytes) : NULL;
}

static uint16_t
network_of (const struct cf_asklist *list, const struct cf_addr *addr)
{
  uint8_t network[1 + 6] = { addr->family }, digest[crypto_shorthash_BYTES];
  uint16_t place;

  memcpy (network + 1, addr->bytes, addr->family == 4 ? 3 : 6);
  crypto_shorthash (digest, network, sizeof network, list->network_key);
  memcpy (&place, digest, sizeof place);
  return place % NETWORKS;
}

/* --- turns --- */

/* When E may be asked. */
static uint64_t
when (const struct cf_asklist *list, const struct entry *e)
{
  uint64_t rested_ms = e->good ? 0 : list->networks[e->network];

  return e->due_ms > rested_ms ? e->due_ms : rested_ms;
}

/* Whose turn it is; NULL: nobody's before *R_NEXT_MS. */
static struct entry *
whose_turn (struct cf_asklist *list, uint64_t *r_next_ms)
{
  struct entry *found = NULL;
  uint64_t now = list->env->now_ms, good_ms = UINT64_MAX;
  bool good_first = list->good_ms <= now;

  *r_next_ms = UINT64_MAX;
  for (size_t n = 0; n < list->count; n++) {
    struct entry *e = &list->entries[(list->turn + n) % list->count];
    uint64_t at_ms = when (list, e);

    if (at_ms <= now && (!found || e->good))
      found = e;
    if (found && (found->good || !good_first))
      return found;
    if (at_ms < *r_next_ms)
      *r_next_ms = at_ms;
    if (e->good && at_ms < good_ms)
      good_ms = at_ms;
  }
  list->good_ms = good_ms; /* all of them were looked at, and none is due */
  return found;
}

static void
ask_now (struct cf_asklist *list, struct entry *e)
{
  uint64_t now = list->env->now_ms;

  list->turn = (size_t) (e - list->entries) + 1;
  list->networks[e->network] = now + CF_ASK_NETWORK_MS;
  list->asked_ms = now;
  list->asked++;
  if (e->misses < UINT8_MAX)
    e->misses++;
  if (e->good && e->misses > CF_ASK_MISSES_MAX) {
    e->good = false;
    e->rest_ms = CF_ASK_REST_FIRST_MS;
  }
  e->due_ms = now + cf_env_jitter (list->env, e->good ? CF_ASK_AGAIN_MS : e->rest_ms);
  if (!e->good)
    e->rest_ms = e->rest_ms > CF_ASK_REST_LAST_MS / 2 ? CF_ASK_REST_LAST_MS : 2 * e->rest_ms;
  list->ask (list->arg, &e->addr);
}

/* E, which was learned, is nobody's place. */
static void
forget (struct cf_asklist *list, struct entry *e)
{
  struct entry *last = &list->entries[list->count - 1];
  struct addr_key key = key_of (&e->addr);

  cf_map_remove (list->by_addr, key.bytes);
  if (e != last) { /* which takes its place */
    key = key_of (&last->addr);
    cf_map_remove (list->by_addr, key.bytes);
    *e = *last;
    if (cf_map_put (list->by_addr, key.bytes, e)) /* cannot be: there is room for what has just left */
      cf_log (list->env, CF_LOG_ERROR, "an address is not asked any more");
  }
  list->count--;
  list->learned--;
}

static bool
is_given_up (const struct entry *e)
{
  return e->learned && !e->good && e->misses >= CF_ASK_LEARNED_TRIES;
}

/* Not before SOONEST_MS, nor sooner after the last question than is allowed. */
static void
arm (struct cf_asklist *list, uint64_t soonest_ms)
{
  uint64_t rested_ms = list->asked ? list->asked_ms + CF_ASK_ALL_MS : 0;

  if (list->on && list->count)
    cf_timer_arm (list->env, &list->timer, soonest_ms > rested_ms ? soonest_ms : rested_ms);
  else
    cf_timer_cancel (list->env, &list->timer);
}

static void
step (void *arg)
{
  struct cf_asklist *list = arg;
  uint64_t next_ms;
  struct entry *e;

  while ((e = whose_turn (list, &next_ms)) && is_given_up (e))
    forget (list, e);
  if (e)
    ask_now (list, e);
  arm (list, e ? list->env->now_ms : next_ms);
}

/* --- the interface --- */

gpg_error_t
cf_asklist_new (struct cf_env *env, void (*ask) (void *arg, const struct cf_addr *to), void *arg,
                struct cf_asklist **r_list)
{
  struct cf_asklist *list = calloc (1, sizeof *list);
  gpg_error_t err;

  if (!list)
    return cf_err (GPG_ERR_ENOMEM);
  list->env = env;
  list->ask = ask;
  list->arg = arg;
  cf_timer_init (&list->timer, step, list);
  cf_env_random (env, list->network_key, sizeof list->network_key);
  err = cf_asklist_set (list, NULL, 0);
  if (err) {
    free (list);
    return err;
  }
  *r_list = list;
  return 0;
}

void
cf_asklist_free (struct cf_asklist *list)
{
  if (!list)
    return;
  cf_timer_cancel (list->env, &list->timer);
  cf_map_free (list->by_addr);
  free (list->entries);
  free (list);
}

static void
entry_init (const struct cf_asklist *list, const struct cf_addr *addr, struct entry *e)
{
  const struct entry *before = find (list, addr);

  if (before) {
    *e = *before;
    e->learned = false;
  } else {
    e->addr = *addr;
    e->rest_ms = CF_ASK_REST_FIRST_MS;
    e->network = network_of (list, addr);
  }
}

static bool
is_place (const struct cf_addr *addr)
{
  return addr->family && addr->port;
}

/* What was learned and is not in the new ENTRIES goes on behind these. */
static gpg_error_t
take_learned (const struct cf_asklist *list, struct entry *entries, struct cf_map *by_addr, size_t *used,
              size_t *r_learned)
{
  gpg_error_t err = 0;
  size_t learned = 0;

  for (size_t i = 0; !err && i < list->count; i++) {
    const struct entry *e = &list->entries[i];
    struct addr_key key = key_of (&e->addr);

    if (!e->learned || cf_map_get (by_addr, key.bytes))
      continue;
    entries[*used] = *e;
    err = cf_map_put (by_addr, key.bytes, &entries[(*used)++]);
    learned++;
  }
  *r_learned = learned;
  return err;
}

gpg_error_t
cf_asklist_set (struct cf_asklist *list, const struct cf_addr *addrs, size_t count)
{
  struct entry *entries;
  struct cf_map *by_addr = NULL;
  size_t used = 0, learned = 0;
  gpg_error_t err;

  if (count > CF_ASK_MAX)
    count = CF_ASK_MAX;
  entries = calloc (count + CF_ASK_LEARNED_MAX, sizeof *entries);
  err = entries ? cf_map_new (list->env, sizeof (struct addr_key), CF_ASK_MAX + CF_ASK_LEARNED_MAX, &by_addr)
                : cf_err (GPG_ERR_ENOMEM);
  for (size_t i = 0; !err && i < count; i++) {
    struct addr_key key = key_of (&addrs[i]);

    if (!is_place (&addrs[i]) || cf_map_get (by_addr, key.bytes))
      continue;
    entry_init (list, &addrs[i], &entries[used]);
    err = cf_map_put (by_addr, key.bytes, &entries[used]);
    used += !err;
  }
  if (!err)
    err = take_learned (list, entries, by_addr, &used, &learned);
  if (err) {
    cf_map_free (by_addr);
    free (entries);
    return err;
  }
  cf_map_free (list->by_addr);
  free (list->entries);
  list->by_addr = by_addr;
  list->entries = entries;
  list->count = used;
  list->learned = learned;
  list->turn = 0;
  list->good_ms = 0;
  arm (list, list->env->now_ms);
  return 0;
}

gpg_error_t
cf_asklist_learn (struct cf_asklist *list, const struct cf_addr *addr)
{
  struct addr_key key = key_of (addr);
  struct entry *e;
  gpg_error_t err;

  if (!is_place (addr))
    return cf_err (GPG_ERR_INV_VALUE);
  if (find (list, addr))
    return 0;
  if (list->learned >= CF_ASK_LEARNED_MAX)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  e = &list->entries[list->count];
  memset (e, 0, sizeof *e);
  entry_init (list, addr, e);
  e->learned = true;
  err = cf_map_put (list->by_addr, key.bytes, e);
  if (err)
    return err;
  list->count++;
  list->learned++;
  arm (list, list->env->now_ms);
  return 0;
}

void
cf_asklist_turn (struct cf_asklist *list, bool on)
{
  if (on == list->on)
    return;
  list->on = on;
  arm (list, list->env->now_ms);
}

void
cf_asklist_again (struct cf_asklist *list)
{
  for (size_t i = 0; i < list->count; i++) {
    list->entries[i].due_ms = 0;
    list->entries[i].rest_ms = CF_ASK_REST_FIRST_MS;
  }
  list->good_ms = 0;
  arm (list, list->env->now_ms);
}

bool
cf_asklist_has (const struct cf_asklist *list, const struct cf_addr *addr)
{
  return find (list, addr) != NULL;
}

bool
cf_asklist_is_learned (const struct cf_asklist *list, const struct cf_addr *addr)
{
  const struct entry *e = find (list, addr);

  return e && e->learned;
}

void
cf_asklist_answered (struct cf_asklist *list, const struct cf_addr *addr)
{
  struct entry *e = find (list, addr);

  if (!e || !e->misses) /* not asked since it answered last */
    return;
  e->misses = 0;
  e->good = true;
  e->due_ms = list->env->now_ms + cf_env_jitter (list->env, CF_ASK_AGAIN_MS);
  if (e->due_ms < list->good_ms)
    list->good_ms = e->due_ms;
  if (list->timer.armed && list->timer.due_ms > e->due_ms)
    arm (list, e->due_ms);
}

void
cf_asklist_counts (const struct cf_asklist *list, struct cf_asklist_counts *r_counts)
{
  r_counts->addresses = list->count;
  r_counts->learned = list->learned;
  r_counts->asked = list->asked;
  r_counts->good = 0;
  for (size_t i = 0; i < list->count; i++)
    r_counts->good += list->entries[i].good && !list->entries[i].learned;
}
