/* SPDX-License-Identifier: GPL-3.0-or-later */
/* circle.h - those with whom we share a pair secret: whom our veiled beacons are for, and whose we recognise.
 *
 * Holds copies of the secrets and of the tag keys that follow from them, in
 * secret memory; keys are made anew when the epoch changes.
 */
#ifndef CF_NET_CIRCLE_H
#define CF_NET_CIRCLE_H

#include "base/env.h"
#include "net/veil.h"

struct cf_circle;

struct cf_acquaintance {
  struct cf_fpr fpr;
  const uint8_t *secret; /* CF_HASH_LEN: the pair secret of the last opening */
  const uint8_t *before; /* the one before it, while the other side may know no newer one; or NULL */
};

/* Who made a beacon. */
struct cf_circle_match {
  struct cf_fpr fpr;
  bool before;           /* recognised by the secret before the last */
  const uint8_t *secret; /* that secret; borrowed until the circle is set again */
};

/* Empty; OWN is our identity.  Errors: ENOMEM. */
gpg_error_t cf_circle_new (struct cf_env *env, const struct cf_fpr *own, struct cf_circle **r_circle) CF_MUST_CHECK;
void cf_circle_free (struct cf_circle *circle);
/* These and nobody else.  On error (ENOMEM, INTERNAL) it is as before. */
gpg_error_t cf_circle_set (struct cf_circle *circle, const struct cf_acquaintance *all, size_t count) CF_MUST_CHECK;

/* Choose whom the next question is for, when more are in the circle than it has tags: half of them those who were
   recognised lately, so that they stay in sight; the others take turns. */
void cf_circle_turn (struct cf_circle *circle);
/* Tags of QUESTION (kind and n are set), as it leaves from SOURCE: of those chosen, the rest random. */
void cf_circle_tags (struct cf_circle *circle, const struct cf_addr *source, struct cf_veil *question);

/* How many tags one cf_circle_match computes. */
size_t cf_circle_cost (const struct cf_circle *circle);
/* Whose beacon VEIL from SOURCE is; false: nobody's whom we know. */
bool cf_circle_match (struct cf_circle *circle, const struct cf_addr *source, const struct cf_veil *veil,
                      struct cf_circle_match *r_match);

/* Tag and seal VEIL, an answer or a return that leaves from SOURCE to whom MATCH is. */
void cf_circle_seal (struct cf_circle *circle, const struct cf_circle_match *match, const struct cf_addr *source,
                     const struct cf_veil_place *place, struct cf_veil *veil);

#endif
