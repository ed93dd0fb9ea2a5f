/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dgram_door.h - who may make a responder work: two MACs, cookies, and how many may come.
 *
 * The first MAC of a first message shows that its sender knows our device key,
 * so a scanner gets no answer and costs no Diffie-Hellman.  When many come, the
 * second one has to show that the sender hears what is sent to his address: he
 * is told a cookie, which we need not remember, by an answer that is smaller
 * than his question.
 * Spec: doc/protocol.md, "First messages".
 */
#ifndef CF_NET_DGRAM_DOOR_H
#define CF_NET_DGRAM_DOOR_H

#include "base/env.h"
#include "net/addr.h"
#include "net/proto.h"

#define CF_DATAGRAM_MAC_LEN 16
#define CF_DATAGRAM_MAC1_AT (CF_DATAGRAM_FIRST_LEN - 2 * CF_DATAGRAM_MAC_LEN)
#define CF_DATAGRAM_MAC2_AT (CF_DATAGRAM_FIRST_LEN - CF_DATAGRAM_MAC_LEN)
#define CF_COOKIE_LEN 32
#define CF_COOKIE_NONCE_LEN 24
#define CF_COOKIE_ANSWER_LEN (8 + CF_COOKIE_NONCE_LEN + CF_COOKIE_LEN + 16)

/* --- both ends --- */

/* The key of what shows that its sender knows RESPONDER; CF_HASH_LEN bytes. */
void cf_door_key (const uint8_t responder[CF_DEVICE_KEY_LEN], uint8_t r_key[32]);
/* Put both MACs into FIRST; COOKIE is NULL without one (zeros stand in the second one's place). */
void cf_door_sign (uint8_t first[CF_DATAGRAM_FIRST_LEN], const uint8_t responder[CF_DEVICE_KEY_LEN],
                   const uint8_t *cookie);
bool cf_door_knows_us (const uint8_t first[CF_DATAGRAM_FIRST_LEN], const uint8_t responder[CF_DEVICE_KEY_LEN]);
/* The cookie in the answer to FIRST.  Errors: CHECKSUM (not from the responder, or about another message). */
gpg_error_t cf_door_read_cookie (const uint8_t answer[CF_COOKIE_ANSWER_LEN], const uint8_t first[CF_DATAGRAM_FIRST_LEN],
                                 const uint8_t responder[CF_DEVICE_KEY_LEN],
                                 uint8_t r_cookie[CF_COOKIE_LEN]) CF_MUST_CHECK;

/* --- the responder --- */

struct cf_door;

enum cf_door_verdict {
  CF_DOOR_OPEN,   /* go on: the Diffie-Hellman may be paid for */
  CF_DOOR_COOKIE, /* too many come: answer with a cookie */
  CF_DOOR_SHUT    /* too many from there: silence */
};

gpg_error_t cf_door_new (struct cf_env *env, struct cf_door **r_door) CF_MUST_CHECK;
void cf_door_free (struct cf_door *door);
/* What to do with FIRST, which knows us, from FROM. */
enum cf_door_verdict cf_door_judge (struct cf_door *door, const uint8_t first[CF_DATAGRAM_FIRST_LEN],
                                    const struct cf_addr *from);
/* The answer that tells FROM its cookie. */
void cf_door_answer (struct cf_door *door, const uint8_t first[CF_DATAGRAM_FIRST_LEN],
                     const uint8_t responder[CF_DEVICE_KEY_LEN], const struct cf_addr *from,
                     uint8_t r_answer[CF_COOKIE_ANSWER_LEN]);

#endif
