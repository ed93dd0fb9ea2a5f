/* SPDX-License-Identifier: GPL-3.0-or-later */
/* portmap.c - when the router is asked for a port, and what follows from its answer.
 *
 *   OFF --the setting is on, and this host has no public address: ask_now--> ASKED
 *   ASKED --mapped: is_mapped--> MAPPED --half of the time is over, network changed, router anew: ask_now--> ASKED
 *   ASKED --failed, deadline: rest--> RESTING --back-off over, network changed: ask_now--> ASKED
 *   any --the helper ended: rest--> RESTING
 *   any --the setting is off, or a public address is there: end--> OFF
 *
 * While it is asked for again, what was mapped holds until its time is over.
 */
#include "core/portmap.h"

#include <stdlib.h>
#include <string.h>

#include "core/helper.h"
#include "core/links.h"
#include "core/nodes.h"

#define LIFETIME_S 3600       /* asked for: who loses its power leaves a hole for so long */
#define LIFETIME_LEAST_S 120  /* a router's word below this is not heeded */
#define DEADLINE_MS 60000     /* twice what the helper takes at most */
#define SETTLE_MS 500         /* after a change of the network */
#define BETWEEN_MS 10000      /* a router that tells often that it has begun anew is asked no more often than this */
#define BACKOFF_FIRST_MS 10000
#define BACKOFF_LAST_MS (60 * 60 * 1000)
#define OWN_MAX 32

enum portmap_state { OFF, RESTING, ASKED, MAPPED };

struct cf_portmap {
  struct cf_core *core;
  enum portmap_state state;
  bool started, wanted; /* wanted: the setting */
  bool runs;            /* the helper does */
  bool again;           /* ASKED: something has changed meanwhile */
  bool no_helper;       /* it cannot be started */
  struct cf_timer next; /* RESTING, MAPPED: ask; ASKED: the deadline */
  struct cf_timer over; /* what was mapped is no more */
  uint64_t backoff_ms, asked_ms;
  struct cf_addr tcp, udp; /* family 0: not mapped */
  enum cf_portmap_how how;
  enum cf_portmap_why why[CF_PORTMAP_HOWS];
};

static const char *const state_names[] = { "off", "resting", "asked", "mapped" };

static void
set_state (struct cf_portmap *p, enum portmap_state state)
{
  if (p->state != state)
    cf_log (p->core->env, CF_LOG_DEBUG, "port mapping: %s -> %s", state_names[p->state], state_names[state]);
  p->state = state;
}

/* --- what is mapped --- */

/* Contacts and nodes are told. */
static void
set_mapped (struct cf_portmap *p, const struct cf_addr *tcp, const struct cf_addr *udp)
{
  char first[CF_ADDR_TEXT_SIZE], second[CF_ADDR_TEXT_SIZE];

  if (cf_addr_equal (&p->tcp, tcp) && cf_addr_equal (&p->udp, udp))
    return;
  p->tcp = *tcp;
  p->udp = *udp;
  cf_log (p->core->env, CF_LOG_INFO, "our router lets in: TCP %s, UDP %s", cf_addr_format (tcp, first),
          cf_addr_format (udp, second));
  cf_links_say_paths (p->core->links);
  cf_nodes_say_again (p->core);
}

static void
unmapped (void *arg)
{
  static const struct cf_addr none;
  struct cf_portmap *p = arg;

  cf_timer_cancel (p->core->env, &p->over);
  set_mapped (p, &none, &none);
}

/* A public address of IPv4 needs no mapping, and a host that only talks to itself gets none. */
static bool
is_behind (const struct cf_portmap *p)
{
  struct cf_addr own[OWN_MAX];
  size_t count = p->core->net->ops->addresses (p->core->net, own, OWN_MAX);
  bool behind = false;

  for (size_t i = 0; i < count && i < OWN_MAX; i++) {
    if (own[i].family != 4 || cf_addr_is_loopback (&own[i]))
      continue;
    if (cf_addr_is_public (&own[i]))
      return false;
    behind = true;
  }
  return behind;
}

/* --- transitions --- */

static void
end (struct cf_portmap *p)
{
  struct cf_env *env = p->core->env;

  cf_timer_cancel (env, &p->next);
  if (p->runs)
    p->core->portmap_helper->stop (p->core->portmap_helper);
  p->runs = p->again = false;
  p->backoff_ms = 0;
  memset (p->why, 0, sizeof p->why);
  set_state (p, OFF);
  unmapped (p);
}

static void
rest (struct cf_portmap *p)
{
  struct cf_env *env = p->core->env;

  set_state (p, RESTING);
  unmapped (p);
  p->backoff_ms = p->backoff_ms ? 3 * p->backoff_ms : BACKOFF_FIRST_MS;
  if (p->backoff_ms > BACKOFF_LAST_MS)
    p->backoff_ms = BACKOFF_LAST_MS;
  cf_timer_after (env, &p->next, p->again ? SETTLE_MS : cf_env_jitter (env, p->backoff_ms));
  p->again = false;
}

static void
is_mapped (struct cf_portmap *p, const struct cf_portmap_answer *a)
{
  struct cf_env *env = p->core->env;
  uint64_t seconds = a->seconds > LIFETIME_S ? LIFETIME_S : a->seconds;

  if (seconds < LIFETIME_LEAST_S)
    seconds = LIFETIME_LEAST_S;
  set_state (p, MAPPED);
  p->how = a->how;
  p->backoff_ms = 0;
  cf_timer_after (env, &p->over, seconds * 1000);
  cf_timer_after (env, &p->next, p->again ? SETTLE_MS : cf_env_jitter (env, seconds * 500));
  p->again = false;
  set_mapped (p, &a->tcp, &a->udp);
}

/* Sooner than it would be, and never later, however often it is said: something has changed. */
static void
ask_soon (struct cf_portmap *p, uint64_t earliest_ms)
{
  uint64_t when_ms = p->core->env->now_ms + SETTLE_MS;

  if (when_ms < earliest_ms)
    when_ms = earliest_ms;
  if (p->state == ASKED)
    p->again = true;
  else if (!p->next.armed || p->next.due_ms > when_ms)
    cf_timer_arm (p->core->env, &p->next, when_ms);
}

/* --- the helper --- */

static void
helper_fails (struct cf_portmap *p, gpg_error_t err)
{
  cf_log (p->core->env, p->backoff_ms ? CF_LOG_DEBUG : CF_LOG_WARN, "confab-portmap: %s", gpg_strerror (err));
  if (p->runs)
    p->core->portmap_helper->stop (p->core->portmap_helper);
  p->runs = false;
  rest (p);
}

static bool
is_ours (const struct cf_portmap *p, const struct cf_addr *addr)
{
  struct cf_addr own[OWN_MAX];
  size_t count = p->core->net->ops->addresses (p->core->net, own, OWN_MAX);

  for (size_t i = 0; i < count && i < OWN_MAX; i++)
    if (cf_addr_same_host (&own[i], addr))
      return true;
  return false;
}

static void
helper_line (void *arg, const char *line)
{
  struct cf_portmap *p = arg;
  struct cf_portmap_answer a;
  gpg_error_t err = cf_portmap_answer_parse (line, &a);

  if (!err && a.kind == CF_PORTMAP_CHANGED) {
    if (p->state != ASKED) /* or it is being asked already */
      ask_soon (p, p->asked_ms + BETWEEN_MS);
    return;
  }
  if (err || p->state != ASKED || is_ours (p, &a.tcp) || is_ours (p, &a.udp)) {
    helper_fails (p, cf_err (CF_ERR_PROTOCOL));
    return;
  }
  memcpy (p->why, a.why, sizeof p->why);
  if (a.kind == CF_PORTMAP_MAPPED)
    is_mapped (p, &a);
  else
    rest (p);
}

static void
helper_ended (void *arg, gpg_error_t err)
{
  struct cf_portmap *p = arg;

  p->runs = false;
  helper_fails (p, err);
}

static const struct cf_helper_handler helper_handler = { .line = helper_line, .ended = helper_ended };

static void
ask_now (void *arg)
{
  struct cf_portmap *p = arg;
  struct cf_core *core = p->core;
  char line[CF_PORTMAP_LINE_MAX];
  gpg_error_t err = 0;

  if (p->state == ASKED) { /* the deadline */
    helper_fails (p, cf_err (GPG_ERR_TIMEOUT));
    return;
  }
  if (!is_behind (p)) {
    end (p);
    return;
  }
  if (!p->runs)
    err = core->portmap_helper->start (core->portmap_helper, &helper_handler, p);
  p->no_helper = err != 0;
  p->runs = !err;
  if (!err)
    err = core->portmap_helper->say (core->portmap_helper,
                             cf_portmap_wish_format (core->net->ops->tcp_port (core->net), LIFETIME_S, line));
  if (err) {
    helper_fails (p, err);
    return;
  }
  p->asked_ms = core->env->now_ms;
  set_state (p, ASKED);
  cf_timer_after (core->env, &p->next, DEADLINE_MS);
}

/* --- for others --- */

static void
consider (struct cf_portmap *p)
{
  if (!p->core->portmap_helper || !p->started)
    return;
  if (!p->wanted || !is_behind (p)) {
    end (p);
    return;
  }
  p->backoff_ms = 0;
  ask_soon (p, 0);
}

gpg_error_t
cf_portmap_set (struct cf_core *core, const char *value)
{
  if (core->portmap) {
    core->portmap->wanted = !strcmp (value, "on");
    consider (core->portmap);
  }
  return 0;
}

void
cf_portmap_network_changed (struct cf_core *core)
{
  if (core->portmap)
    consider (core->portmap);
}

size_t
cf_portmap_addresses (struct cf_core *core, struct cf_addr *r_addrs, size_t max)
{
  const struct cf_portmap *p = core->portmap;
  size_t count = 0;

  if (p && p->tcp.family && count < max)
    r_addrs[count++] = p->tcp;
  if (p && p->udp.family && count < max && !cf_addr_equal (&p->tcp, &p->udp))
    r_addrs[count++] = p->udp;
  return count;
}

uint16_t
cf_portmap_port (struct cf_core *core, const struct cf_addr *host)
{
  const struct cf_portmap *p = core->portmap;

  return p && p->tcp.family && cf_addr_same_host (&p->tcp, host) ? p->tcp.port : 0;
}

void
cf_portmap_look (struct cf_core *core, struct cf_portmap_state *r_state)
{
  const struct cf_portmap *p = core->portmap;

  memset (r_state, 0, sizeof *r_state);
  if (!p || p->state == OFF)
    return;
  r_state->addr = p->tcp.family ? p->tcp : p->udp;
  r_state->how = p->how;
  memcpy (r_state->why, p->why, sizeof r_state->why);
  if (r_state->addr.family)
    r_state->view = CF_PORTMAP_IS_MAPPED;
  else if (p->no_helper)
    r_state->view = CF_PORTMAP_NO_HELPER;
  else
    r_state->view = p->state == ASKED && !p->backoff_ms ? CF_PORTMAP_ASKING : CF_PORTMAP_IS_NOT;
}

gpg_error_t
cf_portmap_new (struct cf_core *core, struct cf_portmap **r_portmap)
{
  struct cf_portmap *p = calloc (1, sizeof *p);

  if (!p)
    return cf_err (GPG_ERR_ENOMEM);
  p->core = core;
  cf_timer_init (&p->next, ask_now, p);
  cf_timer_init (&p->over, unmapped, p);
  *r_portmap = p;
  return 0;
}

void
cf_portmap_start (struct cf_portmap *p)
{
  p->started = true;
  consider (p);
}

void
cf_portmap_free (struct cf_portmap *p)
{
  if (!p)
    return;
  cf_timer_cancel (p->core->env, &p->next);
  cf_timer_cancel (p->core->env, &p->over);
  if (p->runs)
    p->core->portmap_helper->stop (p->core->portmap_helper);
  free (p);
}
