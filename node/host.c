/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host.c - what one host may do, however many keys and streams it has.
 *
 * Keys cost nothing, addresses do: so what is limited is counted for a host
 * (cf_addr_source: of IPv6 a /64).  A host is remembered for as long as its
 * buckets take to fill again, else it could begin anew by hanging up; when too
 * many are, the one that has been away for longest is forgotten.
 */
#include "node/private.h"

#include <stdlib.h>
#include <string.h>

#include "base/bucket.h"

#define FORGET_MS (2 * 60 * 1000)

/* A burst, and then one in that time. */
static const struct { uint32_t burst, ms; } rates[HOST_ACTS] = {
  [HOST_REGISTERS] = { 64, 2000 }, /* an office of 64 behind one address, that starts at once */
  [HOST_LISTS] = { 160, 500 },     /* a whole list of 16,384 in one go */
  [HOST_DIALS] = { 64, 250 },
  [HOST_MAILS] = { 256, 500 },
  [HOST_MAIL_KIB] = { 64 * 1024, 1318 }, /* 64 MiB, and as much again in a day */
};

static void
key_of (const struct cf_addr *addr, uint8_t r_key[20])
{
  struct cf_addr source = cf_addr_source (addr);

  memset (r_key, 0, 20);
  r_key[0] = source.family;
  memcpy (r_key + 1, source.bytes, 16);
  memcpy (r_key + 17, &source.scope, 3); /* of link-local addresses; a host has no more interfaces than that */
}

static void
resting_remove (struct host *host)
{
  struct cf_server *s = host->server;

  if (!host->is_resting)
    return;
  *(host->previous ? &host->previous->next : &s->first_resting) = host->next;
  *(host->next ? &host->next->previous : &s->last_resting) = host->previous;
  host->next = host->previous = NULL;
  host->is_resting = false;
}

static void
resting_add (struct host *host)
{
  struct cf_server *s = host->server;

  host->is_resting = true;
  host->previous = s->last_resting;
  *(s->last_resting ? &s->last_resting->next : &s->first_resting) = host;
  s->last_resting = host;
  cf_timer_after (s->env, &host->forget, FORGET_MS);
}

static void
host_forget (void *arg)
{
  struct host *host = arg;

  for (int i = 0; i < HOST_ACTS; i++)
    if (host->full_ms[i] > host->server->env->now_ms) {
      cf_timer_after (host->server->env, &host->forget, FORGET_MS);
      return;
    }
  cf_map_remove (host->server->hosts, host->key);
  host_free (host);
}

void
host_free (struct host *host)
{
  cf_timer_cancel (host->server->env, &host->forget);
  resting_remove (host);
  free (host);
}

gpg_error_t
host_enter (struct cf_server *server, const struct cf_addr *addr, struct host **r_host)
{
  struct host *host;
  uint8_t key[20];
  gpg_error_t err;

  key_of (addr, key);
  host = cf_map_get (server->hosts, key);
  if (!host) {
    host = calloc (1, sizeof *host);
    if (!host)
      return cf_err (GPG_ERR_ENOMEM);
    memcpy (host->key, key, sizeof key);
    host->server = server;
    cf_timer_init (&host->forget, host_forget, host);
    err = cf_map_put (server->hosts, key, host);
    if (gpg_err_code (err) == GPG_ERR_LIMIT_REACHED && server->first_resting) {
      cf_map_remove (server->hosts, server->first_resting->key);
      host_free (server->first_resting);
      err = cf_map_put (server->hosts, key, host);
    }
    if (err) {
      free (host);
      return err;
    }
  }
  cf_timer_cancel (server->env, &host->forget);
  resting_remove (host);
  host->uses++;
  *r_host = host;
  return 0;
}

void
host_leave (struct host *host)
{
  if (!--host->uses)
    resting_add (host);
}

bool
host_may (struct host *host, enum host_act act, uint32_t n)
{
  return cf_bucket_take (&host->full_ms[act], host->server->env->now_ms, rates[act].burst, rates[act].ms, n);
}
