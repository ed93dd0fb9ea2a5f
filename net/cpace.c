/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cpace.c - CPace on ristretto255 and SHA-512, to be read beside draft 21.
 *
 * Names follow the draft: PRS, CI, sid, DSI, Ya, Yb, K, ISK.  When runs begin,
 * how many guesses there are and what is written to disk is core's business.
 */
#include "net/cpace.h"

#include <assert.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/secmem.h"

#define DSI "CPaceRistretto255" /* section 8.3 */
#define DSI_ISK DSI "_ISK"
#define SHA512_BLOCK_LEN 128 /* H.s_in_bytes */
#define LEB128_MAX 10
#define SID_MAX 128
#define PRS_MAX 64

/* PRS is kept in the encrypted store alone, and no run can be guessed offline: more than the 46 MiB and one pass that
   OWASP asks for where whole password files are stolen is enough, and a person waits for it. */
#define ARGON_PASSES 1
#define ARGON_MEMORY (64u << 20)

struct cf_cpace {
  uint8_t y[crypto_core_ristretto255_SCALARBYTES];
  uint8_t share[CF_CPACE_SHARE_LEN];
  uint8_t sid[SID_MAX];
  size_t sid_len;
  enum cf_cpace_role role;
  bool finished;
};

/* Section 6.3: a length in LEB128; returns how many bytes of OUT it takes. */
static size_t
leb128 (size_t value, uint8_t out[LEB128_MAX])
{
  size_t n = 0;

  do {
    out[n] = (uint8_t) (value & 0x7f);
    value >>= 7;
    if (value)
      out[n] |= 0x80;
    n++;
  } while (value);
  return n;
}

/* prepend_len into a hash; one argument of lv_cat. */
static void
add_lv (crypto_hash_sha512_state *state, const void *data, size_t len)
{
  uint8_t prefix[LEB128_MAX];

  crypto_hash_sha512_update (state, prefix, leb128 (len, prefix));
  crypto_hash_sha512_update (state, data, len);
}

static void
add_message (crypto_hash_sha512_state *state, const struct cf_cpace_message *m)
{
  add_lv (state, m->share, sizeof m->share);
  add_lv (state, m->ad, m->ad_len);
}

/* Section 8.1 and 8.3: lv_cat (DSI, PRS, zero padding, CI, sid), hashed and
   mapped to the group.  DSI and PRS are short, so each length takes one byte. */
static void
calculate_generator (const struct cf_cpace_config *c, uint8_t g[crypto_core_ristretto255_BYTES])
{
  static const uint8_t zeros[SHA512_BLOCK_LEN];
  crypto_hash_sha512_state state;
  uint8_t hash[crypto_hash_sha512_BYTES];
  size_t taken = 1 + c->prs_len + 1 + strlen (DSI) + 1;

  crypto_hash_sha512_init (&state);
  add_lv (&state, DSI, strlen (DSI));
  add_lv (&state, c->prs, c->prs_len);
  add_lv (&state, zeros, taken < SHA512_BLOCK_LEN ? SHA512_BLOCK_LEN - taken : 0);
  add_lv (&state, c->ci, c->ci_len);
  add_lv (&state, c->sid, c->sid_len);
  crypto_hash_sha512_final (&state, hash);
  crypto_core_ristretto255_from_hash (g, hash);
  cf_wipe (&state, sizeof state);
  cf_wipe (hash, sizeof hash);
}

gpg_error_t
cf_cpace_prs (const char *password, const struct cf_fpr *one, const struct cf_fpr *other,
              uint8_t r_prs[CF_CPACE_PRS_LEN])
{
  const struct cf_fpr *pair[2] = { one, other };
  struct cf_hash h;
  uint8_t salt[CF_HASH_LEN];
  int i;

  _Static_assert (crypto_pwhash_argon2id_SALTBYTES == 16 && crypto_pwhash_argon2id_SALTBYTES <= CF_HASH_LEN,
                  "the salt is cut from a hash");
  if (cf_fpr_is_none (one) || cf_fpr_is_none (other))
    return cf_err (GPG_ERR_INV_VALUE);
  if (cf_fpr_compare (one, other) > 0) {
    pair[0] = other;
    pair[1] = one;
  }
  cf_hash_init (&h, NULL, "password");
  for (i = 0; i < 2; i++)
    cf_hash_add_fpr (&h, pair[i]);
  cf_hash_final (&h, salt);
  if (crypto_pwhash_argon2id (r_prs, CF_CPACE_PRS_LEN, password, strlen (password), salt, ARGON_PASSES, ARGON_MEMORY,
                              crypto_pwhash_argon2id_ALG_ARGON2ID13))
    return cf_err (GPG_ERR_ENOMEM);
  return 0;
}

gpg_error_t
cf_cpace_start (const struct cf_cpace_config *config, const uint8_t random[CF_CPACE_RANDOM_LEN],
                struct cf_cpace **r_cpace, uint8_t r_share[CF_CPACE_SHARE_LEN])
{
  gpg_error_t err;
  struct cf_cpace *c;
  uint8_t g[crypto_core_ristretto255_BYTES];

  assert (config->prs_len <= PRS_MAX && config->sid_len <= SID_MAX);
  err = cf_secmem_new (&c, sizeof *c);
  if (err)
    return err;
  c->role = config->role;
  memcpy (c->sid, config->sid, config->sid_len);
  c->sid_len = config->sid_len;
  calculate_generator (config, g);
  /* Sampling by reduction of 512 bits: uniform but for 2^-259. */
  crypto_core_ristretto255_scalar_reduce (c->y, random);
  if (crypto_scalarmult_ristretto255 (c->share, c->y, g))
    err = cf_err (GPG_ERR_INTERNAL); /* only a scalar of zero does this */
  cf_wipe (g, sizeof g);
  if (err) {
    cf_cpace_free (c);
    return err;
  }
  memcpy (r_share, c->share, CF_CPACE_SHARE_LEN);
  *r_cpace = c;
  return 0;
}

void
cf_cpace_free (struct cf_cpace *cpace)
{
  cf_secmem_free (cpace);
}

gpg_error_t
cf_cpace_finish (struct cf_cpace *cpace, const void *own_ad, size_t own_ad_len, const struct cf_cpace_message *peer,
                 uint8_t r_isk[CF_CPACE_ISK_LEN])
{
  struct cf_cpace *c = cpace;
  struct cf_cpace_message own = { .ad = own_ad, .ad_len = own_ad_len };
  crypto_hash_sha512_state state;
  uint8_t k[crypto_scalarmult_ristretto255_BYTES];

  if (c->finished)
    return cf_err (GPG_ERR_INV_STATE);
  c->finished = true;
  if (cf_ct_equal (c->share, peer->share, CF_CPACE_SHARE_LEN))
    return cf_err (GPG_ERR_DUP_VALUE);
  /* scalar_mult_vfy: refuses what is no encoding and the neutral element. */
  if (crypto_scalarmult_ristretto255 (k, c->y, peer->share)) {
    cf_wipe (k, sizeof k);
    return cf_err (GPG_ERR_BAD_PUBKEY);
  }
  memcpy (own.share, c->share, sizeof own.share);
  crypto_hash_sha512_init (&state);
  add_lv (&state, DSI_ISK, strlen (DSI_ISK));
  add_lv (&state, c->sid, c->sid_len);
  add_lv (&state, k, sizeof k);
  add_message (&state, c->role == CF_CPACE_A ? &own : peer);
  add_message (&state, c->role == CF_CPACE_A ? peer : &own);
  crypto_hash_sha512_final (&state, r_isk);
  cf_wipe (&state, sizeof state);
  cf_wipe (k, sizeof k);
  cf_wipe (c->y, sizeof c->y);
  return 0;
}

static void
tag (const uint8_t mac_key[crypto_hash_sha512_BYTES], const struct cf_cpace_message *m,
     uint8_t r_tag[CF_CPACE_TAG_LEN])
{
  crypto_auth_hmacsha512_state hmac;
  uint8_t prefix[LEB128_MAX];

  crypto_auth_hmacsha512_init (&hmac, mac_key, crypto_hash_sha512_BYTES);
  crypto_auth_hmacsha512_update (&hmac, prefix, leb128 (sizeof m->share, prefix));
  crypto_auth_hmacsha512_update (&hmac, m->share, sizeof m->share);
  crypto_auth_hmacsha512_update (&hmac, prefix, leb128 (m->ad_len, prefix));
  crypto_auth_hmacsha512_update (&hmac, m->ad, m->ad_len);
  crypto_auth_hmacsha512_final (&hmac, r_tag);
  cf_wipe (&hmac, sizeof hmac);
}

void
cf_cpace_tags (const uint8_t isk[CF_CPACE_ISK_LEN], const void *sid, size_t sid_len, const struct cf_cpace_message *a,
               const struct cf_cpace_message *b, uint8_t r_tag_a[CF_CPACE_TAG_LEN], uint8_t r_tag_b[CF_CPACE_TAG_LEN])
{
  static const char label[] = "CPaceMac";
  crypto_hash_sha512_state state;
  uint8_t mac_key[crypto_hash_sha512_BYTES];

  crypto_hash_sha512_init (&state);
  crypto_hash_sha512_update (&state, (const uint8_t *) label, sizeof label - 1);
  crypto_hash_sha512_update (&state, sid, sid_len);
  crypto_hash_sha512_update (&state, isk, CF_CPACE_ISK_LEN);
  crypto_hash_sha512_final (&state, mac_key);
  tag (mac_key, a, r_tag_a);
  tag (mac_key, b, r_tag_b);
  cf_wipe (&state, sizeof state);
  cf_wipe (mac_key, sizeof mac_key);
}
