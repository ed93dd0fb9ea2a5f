/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_tries.c - the last try of each place where somebody was sought. */
#include "core/link_tries.h"

#include "core/links.h"
#include "net/paths.h"

enum cf_step
cf_link_step_of (struct cf_core *core, const struct cf_link *link, const struct cf_addr *addr)
{
  const struct cf_paths *theirs = link ? cf_link_paths_theirs (link) : NULL;

  if (addr->family == CF_ADDR_NODE)
    return CF_STEP_RELAY;
  if (core->net->ops->is_near (core->net, addr))
    return CF_STEP_LAN;
  for (size_t i = 0; theirs && i < theirs->addr_count; i++)
    if ((theirs->addrs[i].sort == CF_PATH_MAPPED || theirs->addrs[i].sort == CF_PATH_MAPPED_DATAGRAMS)
        && cf_addr_equal (&theirs->addrs[i].addr, addr))
      return CF_STEP_MAPPED;
  return addr->family == 6 ? CF_STEP_IPV6 : CF_STEP_DIRECT;
}

static struct cf_try *
find (struct cf_link_tries *tries, enum cf_step step, const struct cf_addr *addr, enum cf_carrier carrier)
{
  for (size_t i = 0; i < tries->count; i++) {
    struct cf_try *t = &tries->all[i];

    if (t->step == step && t->carrier == carrier && cf_addr_equal (&t->addr, addr))
      return t;
  }
  return NULL;
}

static struct cf_try *
room (struct cf_link_tries *tries)
{
  struct cf_try *oldest = &tries->all[0];

  if (tries->count < CF_TRIES_MAX)
    return &tries->all[tries->count++];
  for (size_t i = 1; i < tries->count; i++)
    if (tries->all[i].at_ms < oldest->at_ms)
      oldest = &tries->all[i];
  return oldest;
}

static void
set_state (struct cf_try *t, const struct cf_env *env, enum cf_try_state state, gpg_error_t err)
{
  t->state = state;
  t->err = err;
  t->at_ms = env->now_ms;
  t->at_utc_ms = env->now_utc_ms;
}

void
cf_tries_begin (struct cf_link_tries *tries, const struct cf_env *env, enum cf_step step,
                const struct cf_addr *addr, enum cf_carrier carrier)
{
  struct cf_try *t = find (tries, step, addr, carrier);

  if (!t) {
    t = room (tries);
    t->step = step;
    t->carrier = carrier;
    t->addr = *addr;
    set_state (t, env, CF_TRY_NEW, 0);
  }
  t->runs = true;
  t->begun_ms = env->now_ms;
}

void
cf_tries_end (struct cf_link_tries *tries, const struct cf_env *env, enum cf_step step,
              const struct cf_addr *addr, enum cf_carrier carrier, enum cf_try_state state, gpg_error_t err)
{
  struct cf_try *t = find (tries, step, addr, carrier);

  if (!t)
    return;
  t->runs = false;
  if (state != CF_TRY_GIVEN_UP || t->state != CF_TRY_FAILED)
    set_state (t, env, state, err);
}

/* How much ERR tells: silence says least, since it may have any cause; what the other end has said says most.
 */
static int
weight (const struct cf_try *t)
{
  if (t->state != CF_TRY_FAILED)
    return 0;
  switch (gpg_err_code (t->err)) {
  case GPG_ERR_ENETUNREACH:
  case GPG_ERR_ENETDOWN:
  case GPG_ERR_EADDRNOTAVAIL:
  case GPG_ERR_EAFNOSUPPORT:
    return 1;
  case GPG_ERR_TIMEOUT:
  case GPG_ERR_ETIMEDOUT:
  case CF_ERR_NOT_REACHABLE:
    return 2;
  case GPG_ERR_EOF:
  case GPG_ERR_EPIPE:
  case GPG_ERR_ECONNRESET:
    return 3;
  case GPG_ERR_ECONNREFUSED:
    return 4;
  default:
    return 5;
  }
}

const struct cf_try *
cf_tries_telling (const struct cf_link_tries *tries, enum cf_step step)
{
  const struct cf_try *best = NULL;

  for (size_t i = 0; i < tries->count; i++) {
    const struct cf_try *t = &tries->all[i];

    if (t->step != step || (t->state != CF_TRY_FAILED && !(t->state == CF_TRY_NEW && t->runs)))
      continue;
    if (!best || weight (t) > weight (best) || (weight (t) == weight (best) && t->at_ms >= best->at_ms))
      best = t;
  }
  return best;
}
