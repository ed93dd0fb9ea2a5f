/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tunnel_guard.c - a responder answers each first message once.
 *
 * Only who knows the device key can make a message 1; everybody on the path
 * can repeat one, to learn whether the key still lives at an address.  So the
 * ephemeral keys of the last CF_GUARD_ENTRIES messages are remembered, longer
 * than the clock slack lets them live unless there are very many.
 *
 * When full, the oldest goes.  Refusing new ones instead would let anybody who
 * knows the device key (it is in the beacons) lock everyone out for two hours,
 * and would protect nothing: who can fill the table with valid first messages
 * knows the key and gets answers without replaying.
 */
#include "net/tunnel_guard.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"

struct cf_tunnel_guard {
  struct cf_env *env;
  struct cf_map *seen; /* ephemeral key -> its slot */
  size_t next;         /* the slot to use next: the oldest when all are in use */
  size_t used;
  uint8_t slots[CF_GUARD_ENTRIES][CF_DEVICE_KEY_LEN];
};

gpg_error_t
cf_tunnel_guard_new (struct cf_env *env, struct cf_tunnel_guard **r_guard)
{
  gpg_error_t err;
  struct cf_tunnel_guard *guard = calloc (1, sizeof *guard);

  if (!guard)
    return cf_err (GPG_ERR_ENOMEM);
  guard->env = env;
  err = cf_map_new (env, CF_DEVICE_KEY_LEN, CF_GUARD_ENTRIES, &guard->seen);
  if (err) {
    cf_tunnel_guard_free (guard);
    return err;
  }
  *r_guard = guard;
  return 0;
}

void
cf_tunnel_guard_free (struct cf_tunnel_guard *guard)
{
  if (!guard)
    return;
  cf_map_free (guard->seen);
  free (guard);
}

gpg_error_t
cf_tunnel_guard_accept (struct cf_tunnel_guard *guard, const uint8_t ephemeral[CF_DEVICE_KEY_LEN], int64_t sent_utc_ms)
{
  gpg_error_t err;
  int64_t now = guard->env->now_utc_ms;
  uint8_t *slot = guard->slots[guard->next];

  if (sent_utc_ms > now + CF_CLOCK_SLACK_MS)
    return cf_err (GPG_ERR_TOO_YOUNG);
  if (sent_utc_ms < now - CF_CLOCK_SLACK_MS)
    return cf_err (GPG_ERR_TOO_OLD);
  if (cf_map_get (guard->seen, ephemeral))
    return cf_err (GPG_ERR_DUP_VALUE);

  if (guard->used == CF_GUARD_ENTRIES) {
    cf_map_remove (guard->seen, slot);
    guard->used--;
  }
  err = cf_map_put (guard->seen, ephemeral, slot);
  if (err)
    return err;
  memcpy (slot, ephemeral, CF_DEVICE_KEY_LEN);
  guard->used++;
  guard->next = (guard->next + 1) % CF_GUARD_ENTRIES;
  return 0;
}
