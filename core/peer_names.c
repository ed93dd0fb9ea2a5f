/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer_names.c - asking what the names of a contact file stand for.
 *
 *   UNKNOWN --asked, answered--> KNOWN --asked again after an hour--> KNOWN
 *   any --asked in vain--> as it was, asked again after a rest that doubles
 */
#include "core/peer_names.h"

#include <stdlib.h>
#include <string.h>

#include "net/net.h"
#include "net/paths.h"

#define ALL_MS 1000 /* between two questions */
#define AGAIN_MS (60 * 60 * 1000)
#define REST_FIRST_MS (60 * 1000)
#define REST_LAST_MS (6 * 60 * 60 * 1000)

struct name {
  char *host;
  uint16_t port;
  struct cf_addr addrs[CF_PEER_NAME_ADDRS_MAX];
  size_t count;
  uint64_t due_ms;
  uint32_t rest_ms; /* after the next failure */
};

struct cf_peer_names {
  struct cf_core *core;
  void (*changed) (void *arg);
  void *arg;
  struct name *list;
  size_t count;
  struct cf_resolve *asking;
  size_t asked; /* while ASKING: which */
  uint64_t asked_ms;
  struct cf_timer timer;
  bool on;
};

static const struct cf_net_ops *
ops_of (const struct cf_peer_names *names)
{
  return names->core->net->ops;
}

bool
cf_peer_names_can (const struct cf_core *core)
{
  return core->net && core->net->ops->resolve;
}

static struct name *
first_due (const struct cf_peer_names *names)
{
  struct name *first = NULL;

  for (size_t i = 0; i < names->count; i++)
    if (!first || names->list[i].due_ms < first->due_ms)
      first = &names->list[i];
  return first;
}

static void
arm (struct cf_peer_names *names)
{
  struct cf_env *env = names->core->env;
  const struct name *first = first_due (names);
  uint64_t at_ms = names->asked_ms ? names->asked_ms + ALL_MS : env->now_ms;

  if (!names->on || !first || names->asking)
    cf_timer_cancel (env, &names->timer);
  else
    cf_timer_arm (env, &names->timer, first->due_ms > at_ms ? first->due_ms : at_ms);
}

static void
has_failed (struct cf_peer_names *names, struct name *name)
{
  struct cf_env *env = names->core->env;

  name->due_ms = env->now_ms + cf_env_jitter (env, name->rest_ms);
  name->rest_ms = name->rest_ms > REST_LAST_MS / 2 ? REST_LAST_MS : 2 * name->rest_ms;
}

/* True: they are others than before. */
static bool
take (struct name *name, const struct cf_addr *addrs, size_t count)
{
  struct cf_addr sound[CF_PEER_NAME_ADDRS_MAX];
  size_t used = 0;
  bool same;

  memset (sound, 0, sizeof sound);
  for (size_t i = 0; i < count && used < CF_PEER_NAME_ADDRS_MAX; i++)
    if (cf_path_is_sound (&addrs[i]))
      sound[used++] = addrs[i];
  same = used == name->count;
  for (size_t i = 0; same && i < used; i++)
    same = cf_addr_equal (&sound[i], &name->addrs[i]);
  memcpy (name->addrs, sound, sizeof sound);
  name->count = used;
  return !same;
}

static void
on_resolved (void *arg, gpg_error_t err, const struct cf_addr *addrs, size_t count)
{
  struct cf_peer_names *names = arg;
  struct name *name = &names->list[names->asked];
  struct cf_env *env = names->core->env;
  bool other = false;

  names->asking = NULL;
  if (err) {
    cf_log (env, CF_LOG_DEBUG, "%s has no address: %s", name->host, gpg_strerror (err));
    has_failed (names, name);
  } else {
    other = take (name, addrs, count);
    name->rest_ms = REST_FIRST_MS;
    name->due_ms = env->now_ms + cf_env_jitter (env, AGAIN_MS);
  }
  arm (names);
  if (other)
    names->changed (names->arg);
}

static void
ask (void *arg)
{
  struct cf_peer_names *names = arg;
  struct name *name = first_due (names);
  gpg_error_t err;

  names->asked = (size_t) (name - names->list);
  names->asked_ms = names->core->env->now_ms;
  err = ops_of (names)->resolve (names->core->net, name->host, name->port, on_resolved, names, &names->asking);
  if (err) {
    has_failed (names, name);
    arm (names);
  }
}

/* --- the interface --- */

gpg_error_t
cf_peer_names_new (struct cf_core *core, void (*changed) (void *arg), void *arg, struct cf_peer_names **r_names)
{
  struct cf_peer_names *names = calloc (1, sizeof *names);

  if (!names)
    return cf_err (GPG_ERR_ENOMEM);
  names->core = core;
  names->changed = changed;
  names->arg = arg;
  cf_timer_init (&names->timer, ask, names);
  *r_names = names;
  return 0;
}

static void
list_free (struct name *list, size_t count)
{
  for (size_t i = 0; list && i < count; i++)
    free (list[i].host);
  free (list);
}

static void
stop_asking (struct cf_peer_names *names)
{
  if (names->asking)
    ops_of (names)->resolve_cancel (names->asking);
  names->asking = NULL;
}

void
cf_peer_names_free (struct cf_peer_names *names)
{
  if (!names)
    return;
  stop_asking (names);
  cf_timer_cancel (names->core->env, &names->timer);
  list_free (names->list, names->count);
  free (names);
}

static const struct name *
find (const struct cf_peer_names *names, const char *host, uint16_t port)
{
  for (size_t i = 0; i < names->count; i++)
    if (names->list[i].port == port && !strcmp (names->list[i].host, host))
      return &names->list[i];
  return NULL;
}

gpg_error_t
cf_peer_names_set (struct cf_peer_names *names, const struct cf_peer_name *from, size_t count)
{
  struct name *list;

  if (count > CF_PEER_NAMES_MAX)
    count = CF_PEER_NAMES_MAX;
  list = calloc (count + 1, sizeof *list);
  if (!list)
    return cf_err (GPG_ERR_ENOMEM);
  for (size_t i = 0; i < count; i++) {
    const struct name *before = find (names, from[i].host, from[i].port);

    if (before)
      list[i] = *before;
    else
      list[i] = (struct name){ .port = from[i].port, .rest_ms = REST_FIRST_MS };
    list[i].host = strdup (from[i].host);
    if (!list[i].host) {
      list_free (list, i);
      return cf_err (GPG_ERR_ENOMEM);
    }
  }
  stop_asking (names); /* asked again: it is due */
  list_free (names->list, names->count);
  names->list = list;
  names->count = count;
  arm (names);
  return 0;
}

void
cf_peer_names_turn (struct cf_peer_names *names, bool on)
{
  names->on = on;
  if (!on)
    stop_asking (names);
  arm (names);
}

void
cf_peer_names_again (struct cf_peer_names *names)
{
  for (size_t i = 0; i < names->count; i++) {
    names->list[i].due_ms = 0;
    names->list[i].rest_ms = REST_FIRST_MS;
  }
  arm (names);
}

bool
cf_peer_names_has (const struct cf_peer_names *names, const char *host, uint16_t port)
{
  return find (names, host, port) != NULL;
}

size_t
cf_peer_names_addrs (const struct cf_peer_names *names, struct cf_addr *r_addrs, size_t max)
{
  size_t count = 0;

  for (size_t i = 0; i < names->count; i++)
    for (size_t k = 0; k < names->list[i].count && count < max; k++)
      r_addrs[count++] = names->list[i].addrs[k];
  return count;
}

size_t
cf_peer_names_unknown (const struct cf_peer_names *names)
{
  size_t count = 0;

  for (size_t i = 0; i < names->count; i++)
    count += !names->list[i].count;
  return count;
}
