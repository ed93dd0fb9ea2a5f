/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clear_crypto.c - cryptography that a fuzzer can see through, and that takes no time.
 *
 * Functions of libsodium and of net/cipher.h under their own names: what the program has, its libraries need not
 * give.  They keep the shapes that protocols rely on (two sides get one secret, a foreign tag is refused, a second
 * opening needs the second counter) and nothing else: texts stay as they are, secrets are sums of public values.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "net/cipher.h"
#include "tests/fuzz/fuzz.h"

FUZZ_UNSEEN_BEGIN

bool fuzz_lax_tags;

struct cf_cipher {
  enum cf_suite suite;
  uint64_t n, key;
};

/* ---- AEAD: the text as it is, behind a tag of it all ---- */

/* What is altered alters it, if nobody who knows it means to hide that; no more is asked. */
static uint64_t
sum (const uint8_t *p, size_t len)
{
  uint64_t total = len, step = 0;

  for (; len; p += step, len -= step) {
    uint64_t some = 0;

    step = len < sizeof some ? len : sizeof some;
    memcpy (&some, p, step);
    total = (total ^ some) * 6364136223846793005u;
    total = total << 29 | total >> 35;
  }
  return total;
}

static void
make_tag (const struct cf_cipher *c, uint64_t n, const void *ad, size_t ad_len, const uint8_t *text, size_t len,
          uint8_t *r_tag)
{
  uint64_t tag[2] = { c->key + n, sum (text, len) ^ c->key };

  tag[0] ^= sum (ad, ad_len);
  memcpy (r_tag, tag, CF_CIPHER_TAG_LEN);
}

enum cf_suite
cf_suite_best (void)
{
  return CF_SUITE_CHACHAPOLY;
}

gpg_error_t
cf_cipher_new (enum cf_suite suite, const uint8_t key[CF_CIPHER_KEY_LEN], struct cf_cipher **r_cipher)
{
  struct cf_cipher *c = calloc (1, sizeof *c);

  FUZZ_CHECK (c);
  c->suite = suite;
  memcpy (&c->key, key, sizeof c->key);
  *r_cipher = c;
  return 0;
}

void
cf_cipher_free (struct cf_cipher *cipher)
{
  free (cipher);
}

uint64_t
cf_cipher_counter (const struct cf_cipher *cipher)
{
  return cipher->n;
}

gpg_error_t
cf_cipher_seal_at (struct cf_cipher *cipher, uint64_t n, const void *ad, size_t ad_len, uint8_t *text, size_t len,
                   uint8_t r_tag[CF_CIPHER_TAG_LEN])
{
  make_tag (cipher, n, ad, ad_len, text, len, r_tag);
  return 0;
}

gpg_error_t
cf_cipher_open_at (struct cf_cipher *cipher, uint64_t n, const void *ad, size_t ad_len, const uint8_t *sealed, size_t len,
                   const uint8_t tag[CF_CIPHER_TAG_LEN], uint8_t *text)
{
  uint8_t want[CF_CIPHER_TAG_LEN];

  if (len && text != sealed)
    memcpy (text, sealed, len);
  make_tag (cipher, n, ad, ad_len, text, len, want);
  if (!fuzz_lax_tags && sodium_memcmp (want, tag, sizeof want)) {
    if (len)
      memset (text, 0, len);
    return cf_err (GPG_ERR_CHECKSUM);
  }
  return 0;
}

gpg_error_t
cf_cipher_seal (struct cf_cipher *cipher, const void *ad, size_t ad_len, uint8_t *text, size_t len,
                uint8_t r_tag[CF_CIPHER_TAG_LEN])
{
  return cf_cipher_seal_at (cipher, cipher->n++, ad, ad_len, text, len, r_tag);
}

gpg_error_t
cf_cipher_seal_long (struct cf_cipher *cipher, const void *ad, size_t ad_len, uint8_t *text, const uint8_t *rest,
                     size_t len, uint8_t r_tag[CF_CIPHER_TAG_LEN])
{
  memcpy (text + CF_CIPHER_BLOCK_LEN, rest, len);
  return cf_cipher_seal (cipher, ad, ad_len, text, CF_CIPHER_BLOCK_LEN + len, r_tag);
}

gpg_error_t
cf_cipher_open (struct cf_cipher *cipher, const void *ad, size_t ad_len, const uint8_t *sealed, size_t len,
                const uint8_t tag[CF_CIPHER_TAG_LEN], uint8_t *text)
{
  gpg_error_t err = cf_cipher_open_at (cipher, cipher->n, ad, ad_len, sealed, len, tag, text);

  if (!err)
    cipher->n++;
  return err;
}

static uint64_t
next_key (const struct cf_cipher *c)
{
  return c->key * 6364136223846793005u + 1;
}

gpg_error_t
cf_cipher_next (struct cf_cipher *cipher, struct cf_cipher **r_next)
{
  struct cf_cipher *next = calloc (1, sizeof *next);

  FUZZ_CHECK (next);
  next->suite = cipher->suite;
  next->key = next_key (cipher);
  *r_next = next;
  return 0;
}

gpg_error_t
cf_cipher_rekey (struct cf_cipher *cipher)
{
  cipher->key = next_key (cipher);
  return 0;
}

/* ---- groups: adding without carry ---- */

static int
multiply (uint8_t *q, const uint8_t *n, const uint8_t *p)
{
  uint8_t some = 0, other = 0;

  for (int i = 0; i < 32; i++) {
    other |= p[i];
    q[i] = n[i] ^ p[i];
    some |= q[i];
  }
  return some && other ? 0 : -1; /* the neutral element comes in and goes out refused */
}

int
crypto_scalarmult_curve25519 (unsigned char *q, const unsigned char *n, const unsigned char *p)
{
  return multiply (q, n, p);
}

int
crypto_scalarmult_curve25519_base (unsigned char *q, const unsigned char *n)
{
  memmove (q, n, 32);
  return 0;
}

int
crypto_scalarmult_ristretto255 (unsigned char *q, const unsigned char *n, const unsigned char *p)
{
  return p[31] & 0x80 ? -1 : multiply (q, n, p); /* half of all strings encode nothing */
}

int
crypto_core_ristretto255_from_hash (unsigned char *p, const unsigned char *r)
{
  memcpy (p, r, 32);
  p[31] &= 0x7f;
  return 0;
}

void
crypto_core_ristretto255_scalar_reduce (unsigned char *r, const unsigned char *s)
{
  memcpy (r, s, 32);
  r[31] &= 0x7f;
}

int
crypto_pwhash_argon2id (unsigned char *const out, unsigned long long out_len, const char *const password,
                        unsigned long long len, const unsigned char *const salt, unsigned long long passes,
                        size_t memory, int algorithm)
{
  (void) passes;
  (void) memory;
  (void) algorithm;
  return crypto_generichash (out, (size_t) out_len, (const unsigned char *) password, len, salt,
                             crypto_pwhash_argon2id_SALTBYTES);
}

FUZZ_UNSEEN_END
