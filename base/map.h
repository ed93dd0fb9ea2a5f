/* SPDX-License-Identifier: GPL-3.0-or-later */
/* map.h - a hash map from short byte strings to pointers; open addressing.
 *
 * Keyed with a random seed (SipHash), so that peers cannot choose collisions.
 * Keys are copied.  Pointers are borrowed: the map never frees them.
 */
#ifndef CF_BASE_MAP_H
#define CF_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/env.h"

struct cf_map;

/* At most MAX entries of keys of KEY_LEN bytes each (<= 64). */
gpg_error_t cf_map_new (struct cf_env *env, size_t key_len, size_t max,
                        struct cf_map **r_map) CF_MUST_CHECK;
void cf_map_free (struct cf_map *map);
size_t cf_map_count (const struct cf_map *map);
void *cf_map_get (const struct cf_map *map, const void *key); /* NULL: absent */
/* Add or replace.  VALUE is not NULL.  Errors: LIMIT_REACHED, ENOMEM. */
gpg_error_t cf_map_put (struct cf_map *map, const void *key, void *value) CF_MUST_CHECK;
void *cf_map_remove (struct cf_map *map, const void *key); /* what it was, or NULL */
/* Walk in no particular order: start with *POS = 0; false at the end.  The map
   must not grow meanwhile; the entry just returned may be removed. */
bool cf_map_next (const struct cf_map *map, size_t *pos, const void **r_key, void **r_value);

#endif
