/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dgram_mirror.h - "where do I come from?": a question in one datagram, which a node answers and forgets.
 *
 * Who stands behind a NAT learns so as what its port for datagrams is seen,
 * whatever its tunnel to the node is on.  The answer is smaller than the
 * question, and only who knows the node's key gets one.
 * Spec: doc/protocol.md, "Mirror".
 */
#ifndef CF_NET_DGRAM_MIRROR_H
#define CF_NET_DGRAM_MIRROR_H

#include "base/env.h"
#include "net/addr.h"
#include "net/proto.h"

#define CF_MIRROR_QUESTION_LEN 96
#define CF_MIRROR_NONCE_LEN 24
#define CF_MIRROR_ADDR_LEN 19 /* family:1 address:16 port:2 */
#define CF_MIRROR_ANSWER_LEN (8 + CF_MIRROR_NONCE_LEN + CF_MIRROR_ADDR_LEN + 16)

/* A question to who has the device key NODE; no two are alike. */
void cf_mirror_ask (struct cf_env *env, const uint8_t node[CF_DEVICE_KEY_LEN],
                    uint8_t r_question[CF_MIRROR_QUESTION_LEN]);
/* Does who asks know that he asks NODE? */
bool cf_mirror_is_for (const uint8_t question[CF_MIRROR_QUESTION_LEN], const uint8_t node[CF_DEVICE_KEY_LEN]);
/* QUESTION came from FROM, an IP address. */
void cf_mirror_answer (struct cf_env *env, const uint8_t question[CF_MIRROR_QUESTION_LEN],
                       const uint8_t node[CF_DEVICE_KEY_LEN], const struct cf_addr *from,
                       uint8_t r_answer[CF_MIRROR_ANSWER_LEN]);
/* What the LEN bytes at ANSWER say.  Errors: INV_LENGTH; CHECKSUM (to another question, or of nobody who knows NODE);
   INV_VALUE (no address). */
gpg_error_t cf_mirror_read (const uint8_t *answer, size_t len, const uint8_t question[CF_MIRROR_QUESTION_LEN],
                            const uint8_t node[CF_DEVICE_KEY_LEN], struct cf_addr *r_addr) CF_MUST_CHECK;

#endif
