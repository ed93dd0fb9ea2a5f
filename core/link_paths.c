/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_paths.c - from a way that is up to a better one: what two say of where they are, and what follows.
 *
 *   UP --we are contacts, and use nodes: say--> PATHS leaves
 *   UP, and there are better ways --PATHS, a beacon, the network changed: soon--> a round
 *   UP, and there are better ways --after UP_MS--> a round
 *   round --every address is dialled quietly--> one says HELLO: link_way.c lets the better way replace the worse
 *   round --none is better by then--> rest, longer each time --> a round
 *
 * What the other end says is where we write to next, so there is little of it,
 * and it is tried ever more rarely: nobody is to be made to knock at doors.
 */
#include <stdlib.h>
#include <string.h>

#include "core/links.h"
#include "core/nodes.h"
#include "core/portmap.h"
#include "core/self.h"
#include "net/nat.h"

#define FIRST_MS 100
#define UP_MS 5000 /* after a way has come up: the rest of its round is over by then */
#define NEXT_MS 10000
#define LAST_MS (60 * 60 * 1000)
#define ROUND_MAX 24      /* of a round: 12 addresses, on either carrier */
#define SAY_LEAST_MS 2000 /* between two PATHS of ours */
#define OWN_MAX ((size_t) 2 * CF_PATHS_ADDRS_MAX) /* addresses of ours that are looked at */
#define SEEN_MAX 4        /* as so many others see us, at most */
#define NEAR 3            /* ports to either side of one that was seen */
#define GUESSES_MS 60000  /* who has not been met by guessing when rounds are so rare is not met so */
#define TAKE_MAX 32       /* PATHS of theirs that begin a round, a tunnel */

struct cf_link_paths {
  struct cf_link *link;
  struct cf_paths theirs;
  struct cf_timer round, say;
  uint64_t rest_ms, said_ms;
  unsigned taken;
  uint8_t said_flags;
  bool punched; /* the way that is up leads to the address as which a NAT shows him */
};

/* --- a round --- */

static bool
is_known (const struct cf_link_candidate *all, size_t count, const struct cf_addr *addr, enum cf_carrier carrier)
{
  for (size_t i = 0; i < count; i++)
    if (all[i].carrier == carrier && cf_addr_equal (&all[i].addr, addr))
      return true;
  return false;
}

static void
add_on (struct cf_link_candidate *all, size_t *count, const struct cf_link *link, const struct cf_addr *addr,
        enum cf_carrier carrier, bool punch)
{
  struct cf_link_candidate *c = &all[*count];

  if (*count == ROUND_MAX || is_known (all, *count, addr, carrier)
      || cf_link_rank_of (link->links->core, addr, carrier) >= cf_way_rank (link->up))
    return;
  memcpy (c->device, cf_way_device (link->up), CF_DEVICE_KEY_LEN);
  c->addr = *addr;
  c->carrier = carrier;
  c->punch = punch;
  (*count)++;
}

static void
add (struct cf_link_candidate *all, size_t *count, const struct cf_link *link, const struct cf_addr *addr)
{
  add_on (all, count, link, addr, CF_CARRIER_STREAM, false);
  add_on (all, count, link, addr, CF_CARRIER_DATAGRAMS, false);
}

/* A NAT that counts its ports: the one that it takes for us is likely to be near those that it took for others. */
static void
add_near (struct cf_link_candidate *all, size_t *count, const struct cf_link *link, const struct cf_addr *seen)
{
  struct cf_addr addr = *seen;

  for (int distance = 0; distance <= NEAR; distance++)
    for (int sign = 1; sign >= (distance ? -1 : 1); sign -= 2) {
      int port = seen->port + sign * distance;

      if (port <= 0 || port > UINT16_MAX)
        continue;
      addr.port = (uint16_t) port;
      add_on (all, count, link, &addr, CF_CARRIER_DATAGRAMS, true);
    }
}

static void
add_path (struct cf_link_candidate *all, size_t *count, const struct cf_link *link, const struct cf_path *path)
{
  switch (path->sort) {
  case CF_PATH_OWN:
    add (all, count, link, &path->addr);
    break;
  case CF_PATH_MAPPED:
    add_on (all, count, link, &path->addr, CF_CARRIER_STREAM, false);
    break;
  case CF_PATH_MAPPED_DATAGRAMS:
    add_on (all, count, link, &path->addr, CF_CARRIER_DATAGRAMS, false);
    break;
  case CF_PATH_SEEN_DATAGRAMS:
    add_on (all, count, link, &path->addr, CF_CARRIER_DATAGRAMS, true);
    break;
  default: /* SEEN: see cross; NEAR: see collect */
    break;
  }
}

static size_t
own_addresses (struct cf_core *core, struct cf_addr r_own[OWN_MAX])
{
  size_t count = core->net->ops->addresses (core->net, r_own, OWN_MAX);

  return count < OWN_MAX ? count : OWN_MAX;
}

/* As what others see our port for datagrams; each is another?  OWN are our own addresses. */
static bool
is_seen_anew (struct cf_core *core, const struct cf_addr *own, size_t own_count, const struct cf_addr *seen, size_t count)
{
  struct cf_addr ours[OWN_MAX];

  for (size_t i = 0; i < own_count; i++) {
    ours[i] = own[i];
    ours[i].port = core->net->ops->udp_port (core->net);
  }
  return cf_nat_judge (seen, count, ours, own_count) == CF_NAT_EACH;
}

/* Are ports worth guessing?  Not by whom nobody can guess either: two such never meet, and it costs both the most. */
static bool
may_guess (const struct cf_link_paths *p)
{
  struct cf_core *core = p->link->links->core;
  struct cf_addr seen[CF_NODES_MAX], own[OWN_MAX];

  if (p->rest_ms >= GUESSES_MS)
    return false;
  return !is_seen_anew (core, own, own_addresses (core, own), seen, cf_nodes_seen_datagrams (core, seen, CF_NODES_MAX));
}

/* Where the device at the other end may be, more directly than it is now. */
static size_t
collect (const struct cf_link_paths *p, struct cf_link_candidate all[ROUND_MAX])
{
  const struct cf_link *link = p->link;
  struct cf_peer *peer = cf_peer_find (link->links->core, &link->fpr);
  struct cf_peer_device *dev = peer ? cf_peers_device_by_key (peer, cf_way_device (link->up)) : NULL;
  size_t count = 0;
  bool guess = may_guess (p);

  for (size_t i = 0; dev && i < dev->addr_count && i < ROUND_MAX / 4; i++)
    add (all, &count, link, &dev->addrs[i]);
  for (size_t i = 0; i < p->theirs.addr_count; i++)
    if (cf_path_is_sound (&p->theirs.addrs[i].addr))
      add_path (all, &count, link, &p->theirs.addrs[i]);
  for (size_t i = 0; i < p->theirs.addr_count; i++) /* guesses: what is left of the round */
    if (guess && p->theirs.addrs[i].sort == CF_PATH_NEAR_DATAGRAMS && cf_path_is_sound (&p->theirs.addrs[i].addr))
      add_near (all, &count, link, &p->theirs.addrs[i].addr);
  return count;
}

/* From one that goes through others also where only the other end wants it: through NATs it takes both. */
static bool
may_be_better (const struct cf_link *link)
{
  return link->up && cf_way_rank (link->up) > (link->wants ? CF_RANK_LAN : CF_RANK_DIRECT);
}

/* Through the NATs: both ends do this at about the same time, each when it has heard where the other is seen. */
static void
cross (struct cf_link_paths *p)
{
  struct cf_link *link = p->link;
  struct cf_core *core = link->links->core;
  struct cf_link_candidate to = { .punch = true };
  bool lower = memcmp (core->self->device.device_key, cf_way_device (link->up), CF_DEVICE_KEY_LEN) < 0;

  memcpy (to.device, cf_way_device (link->up), CF_DEVICE_KEY_LEN);
  for (size_t i = 0; i < p->theirs.addr_count; i++) {
    gpg_error_t err;

    to.addr = p->theirs.addrs[i].addr;
    if (p->theirs.addrs[i].sort != CF_PATH_SEEN || !cf_path_is_sound (&to.addr))
      continue;
    if (!lower)
      cf_tries_begin (&link->tries, core->env, CF_STEP_PUNCHED, &to.addr, to.carrier);
    err = lower ? cf_way_dial (link, &to) : cf_link_cross (link->links, &to.addr);
    if (err)
      cf_log (core->env, CF_LOG_DEBUG, "a way through NATs is not tried: %s", gpg_strerror (err));
  }
}

static void
round_begins (void *arg)
{
  struct cf_link_paths *p = arg;
  struct cf_link *link = p->link;
  struct cf_env *env = link->links->core->env;
  struct cf_link_candidate all[ROUND_MAX];
  size_t count;

  if (!may_be_better (link))
    return;
  count = collect (p, all);
  for (size_t i = 0; i < count; i++) {
    gpg_error_t err = cf_way_dial (link, &all[i]);

    if (err)
      cf_log (env, CF_LOG_DEBUG, "a better way is not tried: %s", gpg_strerror (err));
  }
  if (cf_way_rank (link->up) > CF_RANK_DIRECT)
    cross (p);
  p->rest_ms = p->rest_ms ? 3 * p->rest_ms : NEXT_MS;
  if (p->rest_ms > LAST_MS)
    p->rest_ms = LAST_MS;
  cf_timer_after (env, &p->round, cf_env_jitter (env, p->rest_ms));
}

/* --- what is said --- */

/* Those of SEEN that make sense, each once. */
static void
add_views (const struct cf_addr *seen, size_t count, enum cf_path_sort sort, struct cf_paths *paths)
{
  for (size_t i = 0; i < count && i < SEEN_MAX; i++) {
    bool again = false;

    for (size_t k = 0; k < i; k++)
      again = again || cf_addr_equal (&seen[k], &seen[i]);
    if (!again && cf_path_is_sound (&seen[i]))
      paths->addrs[paths->addr_count++] = (struct cf_path){ sort, seen[i] };
  }
}

/* As others see us, unless the next one would see us otherwise.  An address of our own is said again: behind a firewall
   it is reached only by two who write at once. */
static void
add_seen (struct cf_core *core, const struct cf_addr *own, size_t own_count, struct cf_paths *paths)
{
  struct cf_addr seen[CF_NODES_MAX];
  size_t count = cf_nodes_seen (core, seen, CF_NODES_MAX);

  paths->nat = cf_nat_judge (seen, count, own, own_count);
  if (paths->nat != CF_NAT_EACH)
    add_views (seen, count, CF_PATH_SEEN, paths);
}

/* The same of the port for datagrams.  What the next one would see is said even where it can only be guessed: who is
   let in by everybody to whom he has written needs no more than our host. */
static void
add_seen_datagrams (struct cf_core *core, const struct cf_addr *own, size_t own_count, struct cf_paths *paths)
{
  struct cf_addr seen[CF_NODES_MAX];
  size_t count = cf_nodes_seen_datagrams (core, seen, CF_NODES_MAX);
  bool each = is_seen_anew (core, own, own_count, seen, count);

  add_views (seen, count, each ? CF_PATH_NEAR_DATAGRAMS : CF_PATH_SEEN_DATAGRAMS, paths);
}

/* What our router lets in. */
static void
add_mapped (struct cf_core *core, struct cf_paths *paths)
{
  struct cf_addr mapped[CF_PORTMAP_ADDRS_MAX];
  size_t count = cf_portmap_addresses (core, mapped, CF_PORTMAP_ADDRS_MAX);

  for (size_t i = 0; i < count && paths->addr_count < CF_PATHS_ADDRS_MAX; i++)
    if (cf_path_is_sound (&mapped[i]))
      paths->addrs[paths->addr_count++] = (struct cf_path){ CF_PATH_MAPPED, mapped[i] };
}

static void
collect_own (struct cf_core *core, struct cf_paths *paths)
{
  struct cf_addr addrs[OWN_MAX];
  size_t count = own_addresses (core, addrs);

  add_mapped (core, paths);
  add_seen (core, addrs, count, paths);
  add_seen_datagrams (core, addrs, count, paths);
  for (size_t i = 0; i < count && paths->addr_count < CF_PATHS_ADDRS_MAX; i++)
    if (cf_path_is_sound (&addrs[i]))
      paths->addrs[paths->addr_count++] = (struct cf_path){ CF_PATH_OWN, addrs[i] };
}

static void
say_now (void *arg)
{
  struct cf_link_paths *p = arg;
  struct cf_link *link = p->link;
  struct cf_core *core = link->links->core;
  struct cf_paths own = { .flags = 0 };
  struct cf_buf out;
  gpg_error_t err;

  if (!link->up)
    return;
  p->said_ms = core->env->now_ms;
  if (cf_way_addr (link->up)->family != CF_ADDR_NODE)
    own.seen = *cf_way_addr (link->up);
  collect_own (core, &own);
  own.flags = cf_links_pass_on (core) ? CF_PATHS_PASS_ON : 0;
  p->said_flags = own.flags;
  own.node_count = cf_nodes_own (core, own.nodes, CF_PATHS_NODES_MAX);
  cf_buf_init (&out, CF_MESSAGE_STRANGER_MAX);
  err = cf_paths_encode (&own, &out);
  if (!err)
    err = cf_way_send (link->up, CF_CHANNEL_CONTROL, cf_buf_data (&out), cf_buf_len (&out));
  if (err)
    cf_log (core->env, CF_LOG_DEBUG, "our paths are not said: %s", gpg_strerror (err));
  cf_buf_done (&out);
}

/* Only contacts are told where we are, and only by who wants to be reached from outside, or may be told of; who has
   changed his mind says that, too. */
static bool
may_be_told (const struct cf_link *link)
{
  struct cf_core *core = link->links->core;
  const struct cf_peer *peer = cf_peer_find (core, &link->fpr);
  size_t connected;

  if (!link->up || !peer || !peer->contact)
    return false;
  return cf_nodes_count (core, &connected) || cf_links_pass_on (core) || (link->paths && link->paths->said_flags);
}

/* --- for link.c and link_way.c --- */

static struct cf_link_paths *
paths_of (struct cf_link *link)
{
  struct cf_link_paths *p = link->paths;

  if (p)
    return p;
  p = calloc (1, sizeof *p);
  if (!p)
    return NULL;
  p->link = link;
  cf_timer_init (&p->round, round_begins, p);
  cf_timer_init (&p->say, say_now, p);
  link->paths = p;
  return p;
}

void
cf_link_paths_soon (struct cf_link *link)
{
  struct cf_link_paths *p = link->paths;

  if (!p || !may_be_better (link))
    return;
  p->rest_ms = 0;
  cf_timer_after (link->links->core->env, &p->round, FIRST_MS);
}

void
cf_link_paths_say (struct cf_link *link)
{
  struct cf_env *env = link->links->core->env;
  struct cf_link_paths *p = may_be_told (link) ? paths_of (link) : NULL;
  uint64_t next_ms;

  if (!p)
    return;
  next_ms = p->said_ms ? p->said_ms + SAY_LEAST_MS : 0;
  cf_timer_arm (env, &p->say, next_ms > env->now_ms ? next_ms : env->now_ms);
}

void
cf_links_say_paths (struct cf_links *links)
{
  const void *key;
  void *value;
  size_t pos = 0;

  while (links && cf_map_next (links->by_fpr, &pos, &key, &value))
    cf_link_paths_say (value);
}

/* Is ADDR what a NAT shows of him? */
static bool
is_seen (const struct cf_link_paths *p, const struct cf_addr *addr)
{
  bool seen = false;

  for (size_t i = 0; i < p->theirs.addr_count; i++) {
    const struct cf_path *path = &p->theirs.addrs[i];

    if (path->sort == CF_PATH_OWN && cf_addr_same_host (&path->addr, addr))
      return false;
    if (path->sort == CF_PATH_SEEN)
      seen = seen || cf_addr_equal (&path->addr, addr);
    else if (path->sort == CF_PATH_SEEN_DATAGRAMS || path->sort == CF_PATH_NEAR_DATAGRAMS)
      seen = seen || cf_addr_same_host (&path->addr, addr); /* perhaps at a port for us alone */
  }
  return seen;
}

const struct cf_paths *
cf_link_paths_theirs (const struct cf_link *link)
{
  return link->paths && link->paths->taken ? &link->paths->theirs : NULL;
}

bool
cf_link_paths_punched (const struct cf_link *link)
{
  return link->up && link->paths && link->paths->punched;
}

void
cf_link_paths_up (struct cf_link *link)
{
  if (link->paths) {
    link->paths->punched = is_seen (link->paths, cf_way_addr (link->up));
    memset (&link->paths->theirs, 0, sizeof link->paths->theirs);
    link->paths->taken = 0;
    link->paths->said_flags = 0;
    link->paths->said_ms = 0; /* a tunnel that has heard nothing of it */
    cf_timer_cancel (link->links->core->env, &link->paths->round);
  }
  cf_link_paths_say (link);
  if (may_be_better (link) && paths_of (link)) {
    link->paths->rest_ms = 0;
    cf_timer_after (link->links->core->env, &link->paths->round, UP_MS);
  }
}

void
cf_links_kept (struct cf_core *core, const struct cf_peer *peer)
{
  struct cf_link *link = cf_links_find (core->links, &peer->fpr);

  if (link)
    cf_link_paths_say (link);
}

/* Where he can be dialled when he is elsewhere.  None is what he says before his nodes know him: what we have stays. */
static void
keep_nodes (struct cf_link *link, struct cf_peer *peer, const struct cf_paths *theirs)
{
  struct cf_peers *peers = link->links->core->peers;
  struct cf_peer_device *dev = cf_peers_device_by_key (peer, cf_way_device (link->up));
  struct cf_node_name nodes[CF_PATHS_NODES_MAX];
  size_t count = 0;
  gpg_error_t err;

  memset (nodes, 0, sizeof nodes);
  for (size_t i = 0; i < theirs->node_count; i++)
    if (cf_path_is_sound (&theirs->nodes[i].addr))
      nodes[count++] = theirs->nodes[i];
  if (!dev || !count || (count == dev->node_count && !memcmp (nodes, dev->nodes, sizeof nodes)))
    return;
  memcpy (dev->nodes, nodes, sizeof nodes);
  dev->node_count = count;
  err = cf_peers_save (peers, peer);
  if (err)
    cf_log (peers->core->env, CF_LOG_ERROR, "a contact's nodes were not kept: %s", gpg_strerror (err));
}

gpg_error_t
cf_link_paths_take (struct cf_link *link, const uint8_t *data, size_t len)
{
  struct cf_env *env = link->links->core->env;
  struct cf_peer *peer = cf_peer_find (link->links->core, &link->fpr);
  struct cf_link_paths *p;
  struct cf_paths theirs;
  gpg_error_t err;

  err = cf_paths_decode (data, len, &theirs);
  if (err) {
    cf_refused (env, CF_REFUSED_PATHS_MALFORMED);
    return err;
  }
  if (!peer || !peer->contact) { /* to whom we are one, and who is none of ours yet */
    cf_refused (env, CF_REFUSED_PATHS_STRANGER);
    return 0;
  }
  p = paths_of (link);
  if (!p)
    return cf_err (GPG_ERR_ENOMEM);
  if (!p->taken) /* what we said before he was a contact, or we one of his, was not heard */
    cf_link_paths_say (link);
  p->theirs.flags = theirs.flags; /* consent that ends holds at once, however often */
  if (p->taken >= TAKE_MAX || (p->taken && !memcmp (&p->theirs, &theirs, sizeof theirs)))
    return 0;
  p->taken++;
  p->theirs = theirs;
  keep_nodes (link, peer, &theirs);
  cf_link_paths_soon (link);
  return 0;
}

void
cf_link_paths_free (struct cf_link *link)
{
  struct cf_env *env = link->links->core->env;

  if (!link->paths)
    return;
  cf_timer_cancel (env, &link->paths->round);
  cf_timer_cancel (env, &link->paths->say);
  free (link->paths);
  link->paths = NULL;
}
