/* SPDX-License-Identifier: GPL-3.0-or-later */
/* map.c - a hash map of fixed-length keys; open addressing, linear probing.
 *
 * A slot's value says what it is:
 *
 *   NULL         empty: a search ends here
 *   &tombstone   removed: a search goes on, an insertion may reuse it
 *   other        an entry; its key is at keys[slot * key_len]
 *
 * Removal leaves tombstones instead of moving entries, so that a walk may
 * remove what it was just given.
 */
#include "base/map.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 64
#define FIRST_SLOTS 8 /* a power of two, like every later size */
#define NOT_FOUND SIZE_MAX

struct cf_map {
  uint8_t *keys;
  void **values;
  size_t slots;  /* 0 until the first put */
  size_t filled; /* entries and tombstones: at most 3/4 of the slots */
  size_t count, max, key_len;
  uint8_t seed[crypto_shorthash_KEYBYTES];
};

static char tombstone;

static bool
is_entry (const void *value)
{
  return value && value != &tombstone;
}

gpg_error_t
cf_map_new (struct cf_env *env, size_t key_len, size_t max, struct cf_map **r_map)
{
  struct cf_map *map;

  assert (key_len > 0 && key_len <= KEY_MAX);
  map = calloc (1, sizeof *map);
  if (!map)
    return cf_err (GPG_ERR_ENOMEM);
  map->key_len = key_len;
  map->max = max;
  cf_env_random (env, map->seed, sizeof map->seed);
  *r_map = map;
  return 0;
}

void
cf_map_free (struct cf_map *map)
{
  if (!map)
    return;
  free (map->keys);
  free (map->values);
  free (map);
}

size_t
cf_map_count (const struct cf_map *map)
{
  return map->count;
}

static size_t
first_slot (const struct cf_map *map, const void *key)
{
  uint8_t hash[crypto_shorthash_BYTES];
  uint64_t v;

  crypto_shorthash (hash, key, map->key_len, map->seed);
  memcpy (&v, hash, sizeof v);
  return (size_t) v & (map->slots - 1);
}

static const uint8_t *
key_at (const struct cf_map *map, size_t slot)
{
  return map->keys + slot * map->key_len;
}

/* Where KEY is, or NOT_FOUND.  *R_FREE gets the slot where it would go.  Ends,
   because a quarter of the slots is always empty. */
static size_t
find (const struct cf_map *map, const void *key, size_t *r_free)
{
  size_t slot, vacant = NOT_FOUND;

  for (slot = first_slot (map, key);; slot = (slot + 1) & (map->slots - 1)) {
    if (!is_entry (map->values[slot])) {
      if (vacant == NOT_FOUND)
        vacant = slot;
      if (!map->values[slot])
        break;
    } else if (!memcmp (key_at (map, slot), key, map->key_len))
      return slot;
  }
  *r_free = vacant;
  return NOT_FOUND;
}

static void
fill_slot (struct cf_map *map, size_t slot, const void *key, void *value)
{
  if (!map->values[slot])
    map->filled++;
  memcpy (map->keys + slot * map->key_len, key, map->key_len);
  map->values[slot] = value;
  map->count++;
}

/* Move every entry into fresh arrays with room for one more: twice the size
   when entries fill it, the same or smaller when tombstones did. */
static gpg_error_t
rehash (struct cf_map *map)
{
  struct cf_map next = *map;
  size_t slot;

  next.slots = FIRST_SLOTS;
  while (next.slots / 2 <= map->count)
    next.slots *= 2;
  next.filled = next.count = 0;
  next.keys = calloc (next.slots, map->key_len);
  next.values = calloc (next.slots, sizeof *next.values);
  if (!next.keys || !next.values) {
    free (next.keys);
    free (next.values);
    return cf_err (GPG_ERR_ENOMEM);
  }
  for (slot = 0; slot < map->slots; slot++)
    if (is_entry (map->values[slot])) {
      size_t vacant = NOT_FOUND;

      find (&next, key_at (map, slot), &vacant);
      fill_slot (&next, vacant, key_at (map, slot), map->values[slot]);
    }
  free (map->keys);
  free (map->values);
  *map = next;
  return 0;
}

void *
cf_map_get (const struct cf_map *map, const void *key)
{
  size_t slot, vacant;

  if (!map->count)
    return NULL;
  slot = find (map, key, &vacant);
  return slot == NOT_FOUND ? NULL : map->values[slot];
}

gpg_error_t
cf_map_put (struct cf_map *map, const void *key, void *value)
{
  size_t slot, vacant = NOT_FOUND;
  gpg_error_t err;

  assert (is_entry (value));
  if (map->count) {
    slot = find (map, key, &vacant);
    if (slot != NOT_FOUND) {
      map->values[slot] = value;
      return 0;
    }
  }
  if (map->count >= map->max)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  if (map->filled + 1 > map->slots / 4 * 3) {
    err = rehash (map);
    if (err)
      return err;
    vacant = NOT_FOUND;
  }
  if (vacant == NOT_FOUND)
    find (map, key, &vacant);
  fill_slot (map, vacant, key, value);
  return 0;
}

void *
cf_map_remove (struct cf_map *map, const void *key)
{
  size_t slot, vacant, mask = map->slots - 1;
  void *value;

  if (!map->count)
    return NULL;
  slot = find (map, key, &vacant);
  if (slot == NOT_FOUND)
    return NULL;
  value = map->values[slot];
  map->values[slot] = &tombstone;
  map->count--;
  /* Tombstones that lead to an empty slot hold nothing together. */
  if (!map->values[(slot + 1) & mask])
    for (; map->values[slot] == &tombstone; slot = (slot - 1) & mask) {
      map->values[slot] = NULL;
      map->filled--;
    }
  return value;
}

bool
cf_map_next (const struct cf_map *map, size_t *pos, const void **r_key, void **r_value)
{
  while (*pos < map->slots) {
    size_t slot = (*pos)++;

    if (is_entry (map->values[slot])) {
      *r_key = key_at (map, slot);
      *r_value = map->values[slot];
      return true;
    }
  }
  return false;
}
