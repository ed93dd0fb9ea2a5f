/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dgram_mirror.c - questions and answers about an address; see dgram_mirror.h.
 *
 *   question  "CfD" 6, index:4, random:16, zeros:56, MAC:16             96
 *   answer    "CfD" 7, index:4, nonce:24, sealed (family:1 address:16 port:2)  67
 *
 * Sealed it is because routers exist that change whatever looks like an address
 * of theirs in what passes; and so that a guess at the answer is none.
 */
#include "net/dgram_mirror.h"

#include <sodium.h>
#include <string.h>

#include "base/hash.h"
#include "base/secmem.h"
#include "net/dgram_door.h"
#include "net/dgram_proto.h"

#define MAC_LEN 16
#define MAC_AT (CF_MIRROR_QUESTION_LEN - MAC_LEN)
#define RANDOM_LEN 16

_Static_assert (CF_MIRROR_ANSWER_LEN < CF_MIRROR_QUESTION_LEN, "no answer is longer than its question");

static void
mac (const uint8_t *question, const uint8_t node[CF_DEVICE_KEY_LEN], uint8_t out[CF_HASH_LEN])
{
  uint8_t key[CF_HASH_LEN];
  struct cf_hash h;

  cf_door_key (node, key);
  cf_hash_init (&h, key, "datagram mirror");
  cf_hash_add (&h, question, MAC_AT);
  cf_hash_final (&h, out);
}

static void
answer_key (const uint8_t node[CF_DEVICE_KEY_LEN], uint8_t out[CF_HASH_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, NULL, "datagram seen");
  cf_hash_add (&h, node, CF_DEVICE_KEY_LEN);
  cf_hash_final (&h, out);
}

void
cf_mirror_ask (struct cf_env *env, const uint8_t node[CF_DEVICE_KEY_LEN], uint8_t r_question[CF_MIRROR_QUESTION_LEN])
{
  uint8_t sum[CF_HASH_LEN], index[4];

  memset (r_question, 0, CF_MIRROR_QUESTION_LEN);
  cf_env_random (env, index, sizeof index);
  cf_dgram_head (r_question, CF_DATAGRAM_MIRROR_ASK, cf_dgram_index_at (index));
  cf_env_random (env, r_question + CF_DGRAM_HEAD_LEN, RANDOM_LEN);
  mac (r_question, node, sum);
  memcpy (r_question + MAC_AT, sum, MAC_LEN);
}

bool
cf_mirror_is_for (const uint8_t question[CF_MIRROR_QUESTION_LEN], const uint8_t node[CF_DEVICE_KEY_LEN])
{
  uint8_t sum[CF_HASH_LEN];

  mac (question, node, sum);
  return cf_ct_equal (sum, question + MAC_AT, MAC_LEN);
}

void
cf_mirror_answer (struct cf_env *env, const uint8_t question[CF_MIRROR_QUESTION_LEN],
                  const uint8_t node[CF_DEVICE_KEY_LEN], const struct cf_addr *from,
                  uint8_t r_answer[CF_MIRROR_ANSWER_LEN])
{
  uint8_t *nonce = r_answer + CF_DGRAM_HEAD_LEN, *sealed = nonce + CF_MIRROR_NONCE_LEN;
  uint8_t key[CF_HASH_LEN], plain[CF_MIRROR_ADDR_LEN] = { from->family };

  memcpy (plain + 1, from->bytes, sizeof from->bytes);
  plain[17] = (uint8_t) (from->port >> 8);
  plain[18] = (uint8_t) from->port;
  answer_key (node, key);
  cf_dgram_head (r_answer, CF_DATAGRAM_MIRROR_SAY, cf_dgram_index (question));
  cf_env_random (env, nonce, CF_MIRROR_NONCE_LEN);
  crypto_aead_xchacha20poly1305_ietf_encrypt (sealed, NULL, plain, sizeof plain, question + MAC_AT, MAC_LEN, NULL, nonce,
                                              key);
}

gpg_error_t
cf_mirror_read (const uint8_t *answer, size_t len, const uint8_t question[CF_MIRROR_QUESTION_LEN],
                const uint8_t node[CF_DEVICE_KEY_LEN], struct cf_addr *r_addr)
{
  static const uint8_t zeros[16];
  const uint8_t *nonce = answer + CF_DGRAM_HEAD_LEN, *sealed = nonce + CF_MIRROR_NONCE_LEN;
  uint8_t key[CF_HASH_LEN], plain[CF_MIRROR_ADDR_LEN];
  struct cf_addr addr = { 0 };

  if (len != CF_MIRROR_ANSWER_LEN)
    return cf_err (GPG_ERR_INV_LENGTH);
  answer_key (node, key);
  if (cf_dgram_index (answer) != cf_dgram_index (question)
      || crypto_aead_xchacha20poly1305_ietf_decrypt (plain, NULL, NULL, sealed, sizeof plain + 16, question + MAC_AT,
                                                     MAC_LEN, nonce, key))
    return cf_err (GPG_ERR_CHECKSUM);
  addr.family = plain[0];
  memcpy (addr.bytes, plain + 1, sizeof addr.bytes);
  addr.port = (uint16_t) (plain[17] << 8 | plain[18]);
  if (!addr.port || (addr.family != 6 && (addr.family != 4 || memcmp (addr.bytes + 4, zeros, 12))))
    return cf_err (GPG_ERR_INV_VALUE);
  *r_addr = addr;
  return 0;
}
