/* SPDX-License-Identifier: GPL-3.0-or-later */
/* veil.h - veiled beacons: "who's there" that only contacts recognise, as bytes, tags and a sealed part.
 *
 *   question  n, TAGS tags in random order, of contacts or random          to everyone
 *   answer    n, the question's n, one tag, where the sender is, sealed    to who asked
 *   return    the same, to an answer: now both know where the other is
 *
 * Whoever has no pair secret with the sender sees random bytes of one length.
 * Pure functions; who our contacts are is circle.h's, when to speak discovery.h's.
 * Spec: doc/protocol.md, "Veiled beacons".
 */
#ifndef CF_NET_VEIL_H
#define CF_NET_VEIL_H

#include "base/fpr.h"
#include "base/hash.h"
#include "net/addr.h"
#include "net/proto.h"

enum cf_veil_kind { CF_VEIL_QUESTION = 3, CF_VEIL_ANSWER = 4, CF_VEIL_RETURN = 5 };

#define CF_VEIL_TAG_KEY_LEN 16

/* Where the sender can be reached; travels sealed only. */
struct cf_veil_place {
  uint16_t tcp_port; /* never 0 */
  uint8_t device_key[CF_DEVICE_KEY_LEN];
};

struct cf_veil {
  enum cf_veil_kind kind;
  uint8_t n[CF_VEIL_NONCE_LEN];
  uint8_t asked[CF_VEIL_NONCE_LEN];                  /* n of what this answers; zero in a question */
  uint8_t tags[CF_VEIL_TAGS][CF_VEIL_TAG_LEN];       /* answers and returns have one */
  uint8_t sealed[CF_VEIL_SEALED_LEN];                /* of answers and returns */
};

/* Appends to OUT the one canonical form.  Errors: ENOMEM, TOO_LARGE. */
gpg_error_t cf_veil_encode (const struct cf_veil *veil, struct cf_buf *out) CF_MUST_CHECK;
/* Errors: BAD_DATA (no veiled beacon), UNKNOWN_VERSION, INV_LENGTH. */
gpg_error_t cf_veil_decode (const void *data, size_t len, struct cf_veil *r_veil) CF_MUST_CHECK;

/* The key of SENDER's tags for one EPOCH (cf_veil_epoch), under the pair secret. */
void cf_veil_tag_key (const uint8_t secret[CF_HASH_LEN], const struct cf_fpr *sender, uint64_t epoch,
                      uint8_t r_key[CF_VEIL_TAG_KEY_LEN]);
uint64_t cf_veil_epoch (int64_t utc_ms);

/* The tag of VEIL, which leaves from SOURCE, address and port. */
struct cf_veil_input { uint8_t bytes[1 + 2 * CF_VEIL_NONCE_LEN + 19]; }; /* what a tag is of: the same for all keys */
void cf_veil_input (const struct cf_veil *veil, const struct cf_addr *source, struct cf_veil_input *r_input);
void cf_veil_tag (const uint8_t key[CF_VEIL_TAG_KEY_LEN], const struct cf_veil_input *input,
                  uint8_t r_tag[CF_VEIL_TAG_LEN]);

/* Seal PLACE into VEIL, all else of which is set; and the inverse.  Errors of open: CHECKSUM, BAD_DATA. */
void cf_veil_seal (const uint8_t secret[CF_HASH_LEN], const struct cf_fpr *sender, const struct cf_addr *source,
                   const struct cf_veil_place *place, struct cf_veil *veil);
gpg_error_t cf_veil_open (const uint8_t secret[CF_HASH_LEN], const struct cf_fpr *sender, const struct cf_addr *source,
                          const struct cf_veil *veil, struct cf_veil_place *r_place) CF_MUST_CHECK;

#endif
