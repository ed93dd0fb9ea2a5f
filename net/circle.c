/* SPDX-License-Identifier: GPL-3.0-or-later */
/* circle.c - tags for contacts, and contacts by their tags. */
#include "net/circle.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"

/* So many tags at most are for those who were recognised lately. */
#define NEAR_MAX (CF_VEIL_TAGS / 2)
/* The epochs that we accept: the one before ours, ours, the one after. */
#define EPOCHS 3

/* A secret that we share with somebody; one who has two (see cf_acquaintance) is here twice. */
struct member {
  struct cf_fpr fpr;
  bool before;
  uint8_t secret[CF_HASH_LEN];
  bool chosen;          /* the next question is for him */
  uint64_t seen_ms;     /* when he was recognised last; 0: never */
  uint8_t own_key[CF_VEIL_TAG_KEY_LEN];           /* of our tags, this epoch */
  uint8_t their_keys[EPOCHS][CF_VEIL_TAG_KEY_LEN];
};

struct cf_circle {
  struct cf_env *env;
  struct cf_fpr own;
  struct member *members; /* secret memory */
  size_t count;
  size_t turn, near_turn; /* from whom on those who take turns are chosen, and those who are near */
  struct member *chosen[CF_VEIL_TAGS];
  size_t chosen_count;
  uint64_t epoch;
  bool keys_made;
};

gpg_error_t
cf_circle_new (struct cf_env *env, const struct cf_fpr *own, struct cf_circle **r_circle)
{
  struct cf_circle *circle = calloc (1, sizeof *circle);

  if (!circle)
    return cf_err (GPG_ERR_ENOMEM);
  circle->env = env;
  circle->own = *own;
  *r_circle = circle;
  return 0;
}

void
cf_circle_free (struct cf_circle *circle)
{
  if (!circle)
    return;
  cf_secmem_free (circle->members);
  free (circle);
}

static void
member_set (struct member *m, const struct cf_acquaintance *a, bool before)
{
  m->fpr = a->fpr;
  m->before = before;
  memcpy (m->secret, before ? a->before : a->secret, CF_HASH_LEN);
}

gpg_error_t
cf_circle_set (struct cf_circle *circle, const struct cf_acquaintance *all, size_t count)
{
  struct member *members = NULL;
  size_t total = count, at = 0;
  gpg_error_t err;

  for (size_t i = 0; i < count; i++)
    total += all[i].before != NULL;
  if (total) {
    err = cf_secmem_new (&members, total * sizeof *members);
    if (err)
      return err;
  }
  for (size_t i = 0; i < count; i++) {
    member_set (&members[at++], &all[i], false);
    if (all[i].before)
      member_set (&members[at++], &all[i], true);
  }
  cf_secmem_free (circle->members);
  circle->members = members;
  circle->count = total;
  circle->keys_made = false;
  /* Not always the same ones first after a start. */
  circle->turn = total ? cf_env_random_below (circle->env, (uint32_t) total) : 0;
  circle->near_turn = 0;
  cf_circle_turn (circle);
  return 0;
}

/* Keys for the epoch that it is now; the wall clock may have gone either way. */
static void
make_keys (struct cf_circle *circle)
{
  uint64_t epoch = cf_veil_epoch (circle->env->now_utc_ms);

  if (circle->keys_made && epoch == circle->epoch)
    return;
  for (size_t i = 0; i < circle->count; i++) {
    struct member *m = &circle->members[i];

    cf_veil_tag_key (m->secret, &circle->own, epoch, m->own_key);
    for (size_t k = 0; k < EPOCHS; k++)
      cf_veil_tag_key (m->secret, &m->fpr, epoch + k - 1, m->their_keys[k]);
  }
  circle->epoch = epoch;
  circle->keys_made = true;
}

/* --- questions --- */

static bool
is_near (const struct cf_circle *circle, const struct member *m)
{
  return m->seen_ms && circle->env->now_ms - m->seen_ms < CF_PEER_GONE_MS;
}

/* Choose from FROM on, only those who are near or anybody, until MAX are chosen; returns from whom to go on. */
static size_t
choose (struct cf_circle *circle, size_t from, bool near_only, size_t max)
{
  for (size_t i = 0; i < circle->count; i++) {
    size_t at = (from + i) % circle->count;
    struct member *m = &circle->members[at];

    if (circle->chosen_count == max)
      return at;
    if (m->chosen || (near_only && !is_near (circle, m)))
      continue;
    m->chosen = true;
    circle->chosen[circle->chosen_count++] = m;
  }
  return from;
}

void
cf_circle_turn (struct cf_circle *circle)
{
  for (size_t i = 0; i < circle->count; i++)
    circle->members[i].chosen = false;
  circle->chosen_count = 0;
  circle->near_turn = choose (circle, circle->near_turn, true, NEAR_MAX);
  circle->turn = choose (circle, circle->turn, false, CF_VEIL_TAGS);
}

void
cf_circle_tags (struct cf_circle *circle, const struct cf_addr *source, struct cf_veil *question)
{
  struct cf_veil_input input;
  uint8_t swap[CF_VEIL_TAG_LEN];

  make_keys (circle);
  cf_veil_input (question, source, &input);
  cf_env_random (circle->env, question->tags, sizeof question->tags);
  for (size_t i = 0; i < circle->chosen_count; i++)
    cf_veil_tag (circle->chosen[i]->own_key, &input, question->tags[i]);
  /* Tags and filler look alike, so only a contact could learn something from their order; he shall not either. */
  for (uint32_t i = CF_VEIL_TAGS - 1; i > 0; i--) {
    uint32_t k = cf_env_random_below (circle->env, i + 1);

    memcpy (swap, question->tags[i], sizeof swap);
    memcpy (question->tags[i], question->tags[k], sizeof swap);
    memcpy (question->tags[k], swap, sizeof swap);
  }
}

/* --- recognising --- */

size_t
cf_circle_cost (const struct cf_circle *circle)
{
  return circle->count * EPOCHS;
}

/* Is TAG one of the COUNT TAGS?  In the same time wherever it is. */
static bool
is_among (uint64_t tag, const uint64_t *tags, size_t count)
{
  uint64_t hit = 0;

  for (size_t i = 0; i < count; i++) {
    uint64_t differs = tag ^ tags[i];

    hit |= ~((differs | (0 - differs)) >> 63) & 1; /* 1 if nothing differs */
  }
  return hit != 0;
}

bool
cf_circle_match (struct cf_circle *circle, const struct cf_addr *source, const struct cf_veil *veil,
                 struct cf_circle_match *r_match)
{
  size_t count = veil->kind == CF_VEIL_QUESTION ? CF_VEIL_TAGS : 1;
  struct member *found = NULL;
  struct cf_veil_input input;
  uint64_t tags[CF_VEIL_TAGS], tag;

  make_keys (circle);
  cf_veil_input (veil, source, &input);
  memcpy (tags, veil->tags, sizeof tags);
  /* To the end, whoever it is: how long it takes tells nobody his place in the list. */
  for (size_t i = 0; i < circle->count; i++)
    for (size_t k = 0; k < EPOCHS; k++) {
      cf_veil_tag (circle->members[i].their_keys[k], &input, (uint8_t *) &tag);
      if (is_among (tag, tags, count) && !found)
        found = &circle->members[i];
    }
  if (!found)
    return false;
  found->seen_ms = circle->env->now_ms ? circle->env->now_ms : 1;
  r_match->fpr = found->fpr;
  r_match->before = found->before;
  r_match->secret = found->secret;
  return true;
}

void
cf_circle_seal (struct cf_circle *circle, const struct cf_circle_match *match, const struct cf_addr *source,
                const struct cf_veil_place *place, struct cf_veil *veil)
{
  uint8_t key[CF_VEIL_TAG_KEY_LEN];
  struct cf_veil_input input;

  cf_veil_tag_key (match->secret, &circle->own, cf_veil_epoch (circle->env->now_utc_ms), key);
  cf_veil_input (veil, source, &input);
  cf_veil_tag (key, &input, veil->tags[0]);
  cf_veil_seal (match->secret, &circle->own, source, place, veil);
  cf_wipe (key, sizeof key);
}
