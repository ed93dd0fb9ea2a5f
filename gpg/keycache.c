/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keycache.c - GPGME key objects of the conversation home, by fingerprint. */
#include "gpg/keycache.h"

#include <stdlib.h>

#include "base/map.h"

/* A ring of slots: the next put overwrites the oldest. */
struct slot {
  struct cf_fpr fpr;
  gpgme_key_t key; /* NULL: empty */
};

struct cf_keycache {
  struct cf_map *map; /* fingerprint -> slot */
  struct slot slots[CF_KEYCACHE_MAX];
  size_t next;
};

gpg_error_t
cf_keycache_new (struct cf_env *env, struct cf_keycache **r_cache)
{
  struct cf_keycache *cache = calloc (1, sizeof *cache);
  gpg_error_t err;

  if (!cache)
    return cf_err (GPG_ERR_ENOMEM);
  err = cf_map_new (env, sizeof (struct cf_fpr), CF_KEYCACHE_MAX, &cache->map);
  if (err) {
    free (cache);
    return err;
  }
  *r_cache = cache;
  return 0;
}

static void
empty_slot (struct cf_keycache *cache, struct slot *slot)
{
  if (!slot->key)
    return;
  (void) cf_map_remove (cache->map, &slot->fpr);
  gpgme_key_unref (slot->key);
  slot->key = NULL;
}

void
cf_keycache_free (struct cf_keycache *cache)
{
  size_t i;

  if (!cache)
    return;
  for (i = 0; i < CF_KEYCACHE_MAX; i++)
    empty_slot (cache, &cache->slots[i]);
  cf_map_free (cache->map);
  free (cache);
}

gpgme_key_t
cf_keycache_get (struct cf_keycache *cache, const struct cf_fpr *fpr)
{
  struct slot *slot = cf_map_get (cache->map, fpr);

  return slot ? slot->key : NULL;
}

gpg_error_t
cf_keycache_put (struct cf_keycache *cache, const struct cf_fpr *fpr, gpgme_key_t key)
{
  struct slot *slot = cf_map_get (cache->map, fpr);
  gpg_error_t err;

  if (slot)
    empty_slot (cache, slot);
  else {
    slot = &cache->slots[cache->next];
    cache->next = (cache->next + 1) % CF_KEYCACHE_MAX;
    empty_slot (cache, slot);
  }
  err = cf_map_put (cache->map, fpr, slot);
  if (err)
    return err;
  gpgme_key_ref (key);
  slot->key = key;
  slot->fpr = *fpr;
  return 0;
}

void
cf_keycache_forget (struct cf_keycache *cache, const struct cf_fpr *fpr)
{
  struct slot *slot = cf_map_get (cache->map, fpr);

  if (slot)
    empty_slot (cache, slot);
}
