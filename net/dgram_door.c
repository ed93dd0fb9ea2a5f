/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dgram_door.c - MACs of first messages, cookies, and limits; see dgram_door.h. */
#include "net/dgram_door.h"

#include <sodium.h>
#include <string.h>

#include "base/bucket.h"
#include "base/hash.h"
#include "base/secmem.h"
#include "net/dgram_proto.h"

#define HOSTS_MAX 256

struct host {
  struct cf_addr source;
  uint64_t full_ms; /* its bucket: base/bucket.h */
};

struct cf_door {
  struct cf_env *env;
  uint8_t secret[CF_HASH_LEN]; /* of cookies; made anew every CF_COOKIE_MS */
  uint64_t secret_since_ms;
  bool has_secret;
  uint64_t calm_full_ms;
  struct host hosts[HOSTS_MAX];
};

_Static_assert (CF_COOKIE_LEN == CF_HASH_LEN, "a cookie is a hash, and a key of one");
_Static_assert (CF_COOKIE_NONCE_LEN == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
                  && CF_COOKIE_ANSWER_LEN
                       == CF_DGRAM_HEAD_LEN + CF_COOKIE_NONCE_LEN + CF_COOKIE_LEN
                            + crypto_aead_xchacha20poly1305_ietf_ABYTES,
                "an answer is a head, a nonce and a sealed cookie");
_Static_assert (CF_COOKIE_ANSWER_LEN < CF_DATAGRAM_FIRST_LEN, "no answer is longer than its question");

/* --- MACs --- */

void
cf_door_key (const uint8_t responder[CF_DEVICE_KEY_LEN], uint8_t r_key[CF_HASH_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, NULL, "datagram door");
  cf_hash_add (&h, responder, CF_DEVICE_KEY_LEN);
  cf_hash_final (&h, r_key);
}

static void
mac1 (const uint8_t *first, const uint8_t responder[CF_DEVICE_KEY_LEN], uint8_t out[CF_HASH_LEN])
{
  uint8_t key[CF_HASH_LEN];
  struct cf_hash h;

  cf_door_key (responder, key);
  cf_hash_init (&h, key, "datagram knows");
  cf_hash_add (&h, first, CF_DATAGRAM_MAC1_AT);
  cf_hash_final (&h, out);
}

static void
mac2 (const uint8_t *first, const uint8_t cookie[CF_COOKIE_LEN], uint8_t out[CF_HASH_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, cookie, "datagram hears");
  cf_hash_add (&h, first, CF_DATAGRAM_MAC2_AT);
  cf_hash_final (&h, out);
}

void
cf_door_sign (uint8_t first[CF_DATAGRAM_FIRST_LEN], const uint8_t responder[CF_DEVICE_KEY_LEN], const uint8_t *cookie)
{
  uint8_t mac[CF_HASH_LEN];

  mac1 (first, responder, mac);
  memcpy (first + CF_DATAGRAM_MAC1_AT, mac, CF_DATAGRAM_MAC_LEN);
  memset (mac, 0, sizeof mac);
  if (cookie)
    mac2 (first, cookie, mac);
  memcpy (first + CF_DATAGRAM_MAC2_AT, mac, CF_DATAGRAM_MAC_LEN);
}

bool
cf_door_knows_us (const uint8_t first[CF_DATAGRAM_FIRST_LEN], const uint8_t responder[CF_DEVICE_KEY_LEN])
{
  uint8_t mac[CF_HASH_LEN];

  mac1 (first, responder, mac);
  return cf_ct_equal (mac, first + CF_DATAGRAM_MAC1_AT, CF_DATAGRAM_MAC_LEN);
}

/* --- cookies --- */

/* Under which cookies travel: who sees datagrams and does not know whom they are for cannot read them. */
static void
answer_key (const uint8_t responder[CF_DEVICE_KEY_LEN], uint8_t out[CF_HASH_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, NULL, "datagram cookie");
  cf_hash_add (&h, responder, CF_DEVICE_KEY_LEN);
  cf_hash_final (&h, out);
}

gpg_error_t
cf_door_read_cookie (const uint8_t answer[CF_COOKIE_ANSWER_LEN], const uint8_t first[CF_DATAGRAM_FIRST_LEN],
                     const uint8_t responder[CF_DEVICE_KEY_LEN], uint8_t r_cookie[CF_COOKIE_LEN])
{
  const uint8_t *nonce = answer + CF_DGRAM_HEAD_LEN, *sealed = nonce + CF_COOKIE_NONCE_LEN;
  uint8_t key[CF_HASH_LEN], cookie[CF_COOKIE_LEN];

  answer_key (responder, key);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt (cookie, NULL, NULL, sealed, CF_COOKIE_ANSWER_LEN - (size_t) (sealed - answer),
                                                  first + CF_DATAGRAM_MAC1_AT, CF_DATAGRAM_MAC_LEN, nonce, key))
    return cf_err (GPG_ERR_CHECKSUM);
  memcpy (r_cookie, cookie, sizeof cookie);
  return 0;
}

/* Nothing is remembered about who asked: the cookie of an address can always be made again. */
static void
cookie_of (struct cf_door *door, const struct cf_addr *from, uint8_t out[CF_COOKIE_LEN])
{
  struct cf_hash h;

  if (!door->has_secret || door->env->now_ms - door->secret_since_ms >= CF_COOKIE_MS) {
    cf_env_random (door->env, door->secret, sizeof door->secret);
    door->secret_since_ms = door->env->now_ms;
    door->has_secret = true;
  }
  cf_hash_init (&h, door->secret, "datagram address");
  cf_hash_add (&h, &from->family, 1);
  cf_hash_add (&h, from->bytes, sizeof from->bytes);
  cf_hash_add_u64 (&h, (uint64_t) from->scope << 16 | from->port);
  cf_hash_final (&h, out);
}

void
cf_door_answer (struct cf_door *door, const uint8_t first[CF_DATAGRAM_FIRST_LEN],
                const uint8_t responder[CF_DEVICE_KEY_LEN], const struct cf_addr *from,
                uint8_t r_answer[CF_COOKIE_ANSWER_LEN])
{
  uint8_t *nonce = r_answer + CF_DGRAM_HEAD_LEN, *sealed = nonce + CF_COOKIE_NONCE_LEN;
  uint8_t key[CF_HASH_LEN], cookie[CF_COOKIE_LEN];

  answer_key (responder, key);
  cookie_of (door, from, cookie);
  cf_dgram_head (r_answer, CF_DATAGRAM_COOKIE, cf_dgram_first_index (first));
  cf_env_random (door->env, nonce, CF_COOKIE_NONCE_LEN);
  crypto_aead_xchacha20poly1305_ietf_encrypt (sealed, NULL, cookie, sizeof cookie, first + CF_DATAGRAM_MAC1_AT,
                                              CF_DATAGRAM_MAC_LEN, NULL, nonce, key);
  cf_wipe (cookie, sizeof cookie);
}

/* --- limits --- */

/* The bucket of FROM's source; without room, that of the one who has been quiet longest becomes his. */
static struct host *
host_of (struct cf_door *door, const struct cf_addr *from)
{
  struct cf_addr source = cf_addr_source (from);
  struct host *quiet = &door->hosts[0];

  for (size_t i = 0; i < HOSTS_MAX; i++) {
    struct host *h = &door->hosts[i];

    if (h->full_ms && cf_addr_equal (&h->source, &source))
      return h;
    if (h->full_ms < quiet->full_ms)
      quiet = h;
  }
  quiet->source = source;
  quiet->full_ms = door->env->now_ms;
  return quiet;
}

enum cf_door_verdict
cf_door_judge (struct cf_door *door, const uint8_t first[CF_DATAGRAM_FIRST_LEN], const struct cf_addr *from)
{
  uint64_t now = door->env->now_ms;
  uint8_t cookie[CF_COOKIE_LEN], mac[CF_HASH_LEN];

  if (cf_bucket_take (&door->calm_full_ms, now, CF_DATAGRAM_CALM, CF_DATAGRAM_CALM_MS, 1))
    return CF_DOOR_OPEN;
  cookie_of (door, from, cookie);
  mac2 (first, cookie, mac);
  cf_wipe (cookie, sizeof cookie);
  if (!cf_ct_equal (mac, first + CF_DATAGRAM_MAC2_AT, CF_DATAGRAM_MAC_LEN))
    return CF_DOOR_COOKIE;
  return cf_bucket_take (&host_of (door, from)->full_ms, now, CF_DATAGRAM_HOST_BURST, CF_DATAGRAM_HOST_MS, 1)
             ? CF_DOOR_OPEN
             : CF_DOOR_SHUT;
}

/* --- life --- */

gpg_error_t
cf_door_new (struct cf_env *env, struct cf_door **r_door)
{
  gpg_error_t err;
  struct cf_door *door;

  err = cf_secmem_new (&door, sizeof *door);
  if (err)
    return err;
  door->env = env;
  *r_door = door;
  return 0;
}

void
cf_door_free (struct cf_door *door)
{
  cf_secmem_free (door);
}
