/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise.c - Noise_XK_25519_*_BLAKE2b, to be read beside the paper (revision 34).
 *
 * Names follow the paper: ck, h, e, s, re, rs.  Only the pattern XK is here;
 * records, replays and deadlines are tunnel.c's.
 */
#include "net/noise.h"

#include <sodium.h>
#include <string.h>

#include "base/secmem.h"

#define BLOCK_LEN 128 /* of BLAKE2b; section 12.8 */
#define MESSAGES 3

enum token { TOKEN_E, TOKEN_S, TOKEN_EE, TOKEN_ES, TOKEN_SE };

static const enum token pattern_xk[MESSAGES][2] = {
  { TOKEN_E, TOKEN_ES },
  { TOKEN_E, TOKEN_EE },
  { TOKEN_S, TOKEN_SE },
};

struct key_pair {
  uint8_t secret[CF_NOISE_DH_LEN];
  uint8_t public[CF_NOISE_DH_LEN];
};

struct cf_noise {
  /* SymmetricState, section 5.2 */
  uint8_t ck[CF_NOISE_HASH_LEN];
  uint8_t h[CF_NOISE_HASH_LEN];
  struct cf_cipher *cipher; /* NULL until the first MixKey */
  /* HandshakeState, section 5.3 */
  struct key_pair s, e;
  uint8_t rs[CF_NOISE_DH_LEN], re[CF_NOISE_DH_LEN];
  enum cf_suite suite;
  bool initiator;
  bool failed;
  unsigned int message; /* the next one; initiator writes the even ones */
};

/* Section 4.3: HMAC-HASH, with a key of CF_NOISE_HASH_LEN bytes. */
static void
hmac (const uint8_t key[CF_NOISE_HASH_LEN], const void *a, size_t a_len, const void *b, size_t b_len,
      uint8_t out[CF_NOISE_HASH_LEN])
{
  crypto_generichash_blake2b_state state;
  uint8_t pad[BLOCK_LEN];
  uint8_t inner[CF_NOISE_HASH_LEN];
  size_t i;

  memset (pad, 0x36, sizeof pad);
  for (i = 0; i < CF_NOISE_HASH_LEN; i++)
    pad[i] ^= key[i];
  crypto_generichash_blake2b_init (&state, NULL, 0, CF_NOISE_HASH_LEN);
  crypto_generichash_blake2b_update (&state, pad, sizeof pad);
  crypto_generichash_blake2b_update (&state, a, a_len);
  crypto_generichash_blake2b_update (&state, b, b_len);
  crypto_generichash_blake2b_final (&state, inner, sizeof inner);

  for (i = 0; i < sizeof pad; i++)
    pad[i] ^= 0x36 ^ 0x5c;
  crypto_generichash_blake2b_init (&state, NULL, 0, CF_NOISE_HASH_LEN);
  crypto_generichash_blake2b_update (&state, pad, sizeof pad);
  crypto_generichash_blake2b_update (&state, inner, sizeof inner);
  crypto_generichash_blake2b_final (&state, out, CF_NOISE_HASH_LEN);
  cf_wipe (&state, sizeof state);
  cf_wipe (pad, sizeof pad);
  cf_wipe (inner, sizeof inner);
}

/* Section 4.3: HKDF with two outputs. */
static void
hkdf (const uint8_t ck[CF_NOISE_HASH_LEN], const void *ikm, size_t ikm_len, uint8_t out1[CF_NOISE_HASH_LEN],
      uint8_t out2[CF_NOISE_HASH_LEN])
{
  static const uint8_t one = 0x01, two = 0x02;
  uint8_t temp[CF_NOISE_HASH_LEN];
  uint8_t first[CF_NOISE_HASH_LEN]; /* OUT1 may be CK */

  hmac (ck, ikm, ikm_len, NULL, 0, temp);
  hmac (temp, &one, 1, NULL, 0, first);
  hmac (temp, first, sizeof first, &two, 1, out2);
  memcpy (out1, first, sizeof first);
  cf_wipe (temp, sizeof temp);
  cf_wipe (first, sizeof first);
}

static void
mix_hash (struct cf_noise *n, const void *data, size_t len)
{
  crypto_generichash_blake2b_state state;

  crypto_generichash_blake2b_init (&state, NULL, 0, CF_NOISE_HASH_LEN);
  crypto_generichash_blake2b_update (&state, n->h, sizeof n->h);
  crypto_generichash_blake2b_update (&state, data, len);
  crypto_generichash_blake2b_final (&state, n->h, sizeof n->h);
}

static gpg_error_t
mix_key (struct cf_noise *n, const uint8_t ikm[CF_NOISE_DH_LEN])
{
  gpg_error_t err;
  uint8_t temp_k[CF_NOISE_HASH_LEN];

  hkdf (n->ck, ikm, CF_NOISE_DH_LEN, n->ck, temp_k);
  cf_cipher_free (n->cipher);
  n->cipher = NULL;
  err = cf_cipher_new (n->suite, temp_k, &n->cipher);
  cf_wipe (temp_k, sizeof temp_k);
  return err;
}

/* DH, refusing the all-zero result that a point of low order forces. */
static gpg_error_t
mix_dh (struct cf_noise *n, const struct key_pair *own, const uint8_t remote[CF_NOISE_DH_LEN])
{
  gpg_error_t err;
  uint8_t shared[CF_NOISE_DH_LEN];

  if (crypto_scalarmult_curve25519 (shared, own->secret, remote))
    err = cf_err (GPG_ERR_BAD_PUBKEY);
  else
    err = mix_key (n, shared);
  cf_wipe (shared, sizeof shared);
  return err;
}

/* Writes LEN bytes and a tag to OUT.  XK has a key before anything is encrypted. */
static gpg_error_t
encrypt_and_hash (struct cf_noise *n, const void *plain, size_t len, uint8_t *out)
{
  gpg_error_t err;

  if (len)
    memcpy (out, plain, len);
  err = cf_cipher_seal (n->cipher, n->h, sizeof n->h, out, len, out + len);
  if (!err)
    mix_hash (n, out, len + CF_CIPHER_TAG_LEN);
  return err;
}

/* LEN counts the plaintext; IN has LEN bytes and a tag. */
static gpg_error_t
decrypt_and_hash (struct cf_noise *n, const uint8_t *in, size_t len, uint8_t *out)
{
  gpg_error_t err = cf_cipher_open (n->cipher, n->h, sizeof n->h, in, len, in + len, out);

  if (!err)
    mix_hash (n, in, len + CF_CIPHER_TAG_LEN);
  return err;
}

gpg_error_t
cf_noise_new (const struct cf_noise_config *config, struct cf_noise **r_noise)
{
  static const char *const names[CF_SUITE_COUNT] = { "Noise_XK_25519_AESGCM_BLAKE2b",
                                                     "Noise_XK_25519_ChaChaPoly_BLAKE2b",
                                                     "Noise_XK_25519_AESOCB_BLAKE2b" };
  gpg_error_t err;
  struct cf_noise *n;
  const char *name = names[config->suite];

  err = cf_secmem_new (&n, sizeof *n);
  if (err)
    return err;
  n->suite = config->suite;
  n->initiator = config->initiator;
  memcpy (n->s.secret, config->static_secret, CF_NOISE_DH_LEN);
  memcpy (n->s.public, config->static_public, CF_NOISE_DH_LEN);
  memcpy (n->e.secret, config->ephemeral_secret, CF_NOISE_DH_LEN);
  crypto_scalarmult_curve25519_base (n->e.public, n->e.secret);
  if (n->initiator)
    memcpy (n->rs, config->remote_static, CF_NOISE_DH_LEN);

  memcpy (n->h, name, strlen (name)); /* shorter than HASHLEN: the rest is zero */
  memcpy (n->ck, n->h, sizeof n->ck);
  mix_hash (n, config->prologue, config->prologue_len);
  mix_hash (n, n->initiator ? n->rs : n->s.public, CF_NOISE_DH_LEN); /* <- s */
  *r_noise = n;
  return 0;
}

void
cf_noise_free (struct cf_noise *noise)
{
  if (!noise)
    return;
  cf_cipher_free (noise->cipher);
  cf_secmem_free (noise);
}

/* The DH tokens, which both sides handle alike: the first letter is the
   initiator's key, the second the responder's. */
static gpg_error_t
mix_token (struct cf_noise *n, enum token token)
{
  switch (token) {
  case TOKEN_EE:
    return mix_dh (n, &n->e, n->re);
  case TOKEN_ES:
    return n->initiator ? mix_dh (n, &n->e, n->rs) : mix_dh (n, &n->s, n->re);
  case TOKEN_SE:
    return n->initiator ? mix_dh (n, &n->s, n->re) : mix_dh (n, &n->e, n->rs);
  case TOKEN_E:
  case TOKEN_S:
    break;
  }
  return cf_err (GPG_ERR_INTERNAL);
}

static size_t
overhead (unsigned int message)
{
  static const size_t lengths[MESSAGES] = { CF_NOISE_MESSAGE1_LEN, CF_NOISE_MESSAGE2_LEN, CF_NOISE_MESSAGE3_LEN };

  return lengths[message];
}

static bool
is_turn (const struct cf_noise *n, bool to_write)
{
  bool initiators = n->message % 2 == 0;

  return !n->failed && n->message < MESSAGES && (initiators == n->initiator) == to_write;
}

gpg_error_t
cf_noise_write (struct cf_noise *noise, const void *payload, size_t len, uint8_t *out, size_t out_size, size_t *r_len)
{
  struct cf_noise *n = noise;
  gpg_error_t err = 0;
  uint8_t *p = out;
  int i;

  if (!is_turn (n, true))
    return cf_err (GPG_ERR_INV_STATE);
  if (out_size < overhead (n->message) || out_size - overhead (n->message) < len)
    return cf_err (GPG_ERR_TOO_SHORT);
  n->failed = true; /* until everything below went well */
  for (i = 0; i < 2; i++) {
    enum token token = pattern_xk[n->message][i];

    if (token == TOKEN_E) {
      memcpy (p, n->e.public, CF_NOISE_DH_LEN);
      mix_hash (n, p, CF_NOISE_DH_LEN);
      p += CF_NOISE_DH_LEN;
    } else if (token == TOKEN_S) {
      err = encrypt_and_hash (n, n->s.public, CF_NOISE_DH_LEN, p);
      p += CF_NOISE_DH_LEN + CF_CIPHER_TAG_LEN;
    } else
      err = mix_token (n, token);
    if (err)
      return err;
  }
  err = encrypt_and_hash (n, payload, len, p);
  if (err)
    return err;
  *r_len = overhead (n->message) + len;
  n->message++;
  n->failed = false;
  return 0;
}

gpg_error_t
cf_noise_read (struct cf_noise *noise, const uint8_t *message, size_t message_len, uint8_t *payload,
               size_t payload_size, size_t *r_len)
{
  struct cf_noise *n = noise;
  gpg_error_t err = 0;
  const uint8_t *p = message;
  size_t len;
  int i;

  if (!is_turn (n, false))
    return cf_err (GPG_ERR_INV_STATE);
  n->failed = true;
  if (message_len < overhead (n->message))
    return cf_err (GPG_ERR_INV_LENGTH);
  len = message_len - overhead (n->message);
  if (len > payload_size)
    return cf_err (GPG_ERR_TOO_LARGE);
  for (i = 0; i < 2; i++) {
    enum token token = pattern_xk[n->message][i];

    if (token == TOKEN_E) {
      memcpy (n->re, p, CF_NOISE_DH_LEN);
      mix_hash (n, p, CF_NOISE_DH_LEN);
      p += CF_NOISE_DH_LEN;
    } else if (token == TOKEN_S) {
      err = decrypt_and_hash (n, p, CF_NOISE_DH_LEN, n->rs);
      p += CF_NOISE_DH_LEN + CF_CIPHER_TAG_LEN;
    } else
      err = mix_token (n, token);
    if (err)
      return err;
  }
  err = decrypt_and_hash (n, p, len, payload);
  if (err)
    return err;
  *r_len = len;
  n->message++;
  n->failed = false;
  return 0;
}

bool
cf_noise_is_done (const struct cf_noise *noise)
{
  return !noise->failed && noise->message == MESSAGES;
}

gpg_error_t
cf_noise_split (const struct cf_noise *noise, struct cf_cipher **r_send, struct cf_cipher **r_receive)
{
  gpg_error_t err;
  uint8_t temp_k1[CF_NOISE_HASH_LEN], temp_k2[CF_NOISE_HASH_LEN];
  struct cf_cipher *c1 = NULL, *c2 = NULL;

  if (!cf_noise_is_done (noise))
    return cf_err (GPG_ERR_INV_STATE);
  hkdf (noise->ck, NULL, 0, temp_k1, temp_k2);
  err = cf_cipher_new (noise->suite, temp_k1, &c1);
  if (!err)
    err = cf_cipher_new (noise->suite, temp_k2, &c2);
  cf_wipe (temp_k1, sizeof temp_k1);
  cf_wipe (temp_k2, sizeof temp_k2);
  if (err) {
    cf_cipher_free (c1);
    return err;
  }
  *r_send = noise->initiator ? c1 : c2; /* c1 is the initiator's direction */
  *r_receive = noise->initiator ? c2 : c1;
  return 0;
}

const uint8_t *
cf_noise_hash (const struct cf_noise *noise)
{
  return noise->h;
}

const uint8_t *
cf_noise_remote_static (const struct cf_noise *noise)
{
  return noise->rs;
}

const uint8_t *
cf_noise_remote_ephemeral (const struct cf_noise *noise)
{
  return noise->re;
}
