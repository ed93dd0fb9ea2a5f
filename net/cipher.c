/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cipher.c - Noise's CipherState on libgcrypt's AEADs.
 *
 * Section numbers are those of the Noise paper, revision 34.
 */
#include "net/cipher.h"

#include <gcrypt.h>
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"

#define NONCE_LEN 12
#define NONCE_REKEY UINT64_MAX /* section 5.1: never used for a message */

struct cf_cipher {
  gcry_cipher_hd_t hd;
  enum cf_suite suite;
  uint64_t n;
};

/* libgcrypt marks errors with its own source; ours carry ours. */
static gpg_error_t
own_error (gcry_error_t err)
{
  return err ? cf_err (gcry_err_code (err)) : 0;
}

enum cf_suite
cf_suite_best (void)
{
  enum cf_suite best = CF_SUITE_CHACHAPOLY;
  char *flags = gcry_get_config (0, "hwflist");

  if (!flags)
    return best;
  if (strstr (flags, "intel-aesni") || strstr (flags, "arm-aes") || strstr (flags, "ppc-vcrypto"))
    best = CF_SUITE_AESOCB;
  gcry_free (flags);
  return best;
}

gpg_error_t
cf_cipher_new (enum cf_suite suite, const uint8_t key[CF_CIPHER_KEY_LEN], struct cf_cipher **r_cipher)
{
  static const struct { int cipher, mode; } algorithms[CF_SUITE_COUNT] = {
    [CF_SUITE_AESGCM] = { GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_GCM },
    [CF_SUITE_CHACHAPOLY] = { GCRY_CIPHER_CHACHA20, GCRY_CIPHER_MODE_POLY1305 },
    [CF_SUITE_AESOCB] = { GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_OCB },
  };
  gpg_error_t err;
  struct cf_cipher *c = calloc (1, sizeof *c);

  if (!c)
    return cf_err (GPG_ERR_ENOMEM);
  c->suite = suite;
  err = own_error (gcry_cipher_open (&c->hd, algorithms[suite].cipher, algorithms[suite].mode, GCRY_CIPHER_SECURE));
  if (!err)
    err = own_error (gcry_cipher_setkey (c->hd, key, CF_CIPHER_KEY_LEN));
  if (err) {
    cf_cipher_free (c);
    return err;
  }
  *r_cipher = c;
  return 0;
}

void
cf_cipher_free (struct cf_cipher *cipher)
{
  if (!cipher)
    return;
  gcry_cipher_close (cipher->hd);
  free (cipher);
}

uint64_t
cf_cipher_counter (const struct cf_cipher *cipher)
{
  return cipher->n;
}

/* Section 12: 32 zero bits, then N; big-endian for AESGCM (and AESOCB), little-endian for
   ChaChaPoly.  The additional data follow; then, after text_ends, the text, or its end. */
static gpg_error_t
begin (struct cf_cipher *c, uint64_t n, const void *ad, size_t ad_len)
{
  gpg_error_t err;
  uint8_t nonce[NONCE_LEN] = { 0 };
  int i;

  for (i = 0; i < 8; i++)
    nonce[4 + i] = (uint8_t) (n >> (c->suite == CF_SUITE_CHACHAPOLY ? 8 * i : 56 - 8 * i));
  err = own_error (gcry_cipher_setiv (c->hd, nonce, sizeof nonce));
  if (!err && ad_len)
    err = own_error (gcry_cipher_authenticate (c->hd, ad, ad_len));
  return err;
}

/* What comes now is the end of the text. */
static gpg_error_t
text_ends (struct cf_cipher *c)
{
  return c->suite == CF_SUITE_AESOCB ? own_error (gcry_cipher_final (c->hd)) : 0;
}

/* All of the text comes at once. */
static gpg_error_t
begin_whole (struct cf_cipher *c, uint64_t n, const void *ad, size_t ad_len)
{
  gpg_error_t err = begin (c, n, ad, ad_len);

  return err ? err : text_ends (c);
}

gpg_error_t
cf_cipher_seal_at (struct cf_cipher *cipher, uint64_t n, const void *ad, size_t ad_len, uint8_t *text, size_t len,
                   uint8_t r_tag[CF_CIPHER_TAG_LEN])
{
  gpg_error_t err;

  if (n == NONCE_REKEY)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  err = begin_whole (cipher, n, ad, ad_len);
  if (!err && (len || cipher->suite == CF_SUITE_AESOCB)) /* that mode ends with its text, an empty one too */
    err = own_error (gcry_cipher_encrypt (cipher->hd, text, len, NULL, 0));
  if (!err)
    err = own_error (gcry_cipher_gettag (cipher->hd, r_tag, CF_CIPHER_TAG_LEN));
  return err;
}

gpg_error_t
cf_cipher_open_at (struct cf_cipher *cipher, uint64_t n, const void *ad, size_t ad_len, const uint8_t *sealed, size_t len,
                   const uint8_t tag[CF_CIPHER_TAG_LEN], uint8_t *text)
{
  gpg_error_t err;

  if (n == NONCE_REKEY)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  err = begin_whole (cipher, n, ad, ad_len);
  if (!err && (len || cipher->suite == CF_SUITE_AESOCB))
    err = own_error (gcry_cipher_decrypt (cipher->hd, text, len, sealed, len));
  if (!err)
    err = own_error (gcry_cipher_checktag (cipher->hd, tag, CF_CIPHER_TAG_LEN));
  if (err)
    cf_wipe (text, len);
  return err;
}

gpg_error_t
cf_cipher_seal (struct cf_cipher *cipher, const void *ad, size_t ad_len, uint8_t *text, size_t len,
                uint8_t r_tag[CF_CIPHER_TAG_LEN])
{
  gpg_error_t err = cf_cipher_seal_at (cipher, cipher->n, ad, ad_len, text, len, r_tag);

  if (!err)
    cipher->n++;
  return err;
}

gpg_error_t
cf_cipher_seal_long (struct cf_cipher *cipher, const void *ad, size_t ad_len, uint8_t *text, const uint8_t *rest,
                     size_t len, uint8_t r_tag[CF_CIPHER_TAG_LEN])
{
  gpg_error_t err;

  if (cipher->n == NONCE_REKEY)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  err = begin (cipher, cipher->n, ad, ad_len);
  if (!err)
    err = own_error (gcry_cipher_encrypt (cipher->hd, text, CF_CIPHER_BLOCK_LEN, NULL, 0));
  if (!err)
    err = text_ends (cipher);
  if (!err)
    err = own_error (gcry_cipher_encrypt (cipher->hd, text + CF_CIPHER_BLOCK_LEN, len, rest, len));
  if (!err)
    err = own_error (gcry_cipher_gettag (cipher->hd, r_tag, CF_CIPHER_TAG_LEN));
  if (!err)
    cipher->n++;
  return err;
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

/* Section 4.2: the first 32 bytes of ENCRYPT(k, 2^64 - 1, "", zeros). */
static gpg_error_t
next_key (struct cf_cipher *c, uint8_t key[CF_CIPHER_KEY_LEN])
{
  gpg_error_t err = begin_whole (c, NONCE_REKEY, NULL, 0);

  memset (key, 0, CF_CIPHER_KEY_LEN);
  if (!err)
    err = own_error (gcry_cipher_encrypt (c->hd, key, CF_CIPHER_KEY_LEN, NULL, 0));
  return err;
}

gpg_error_t
cf_cipher_next (struct cf_cipher *cipher, struct cf_cipher **r_next)
{
  uint8_t key[CF_CIPHER_KEY_LEN];
  gpg_error_t err = next_key (cipher, key);

  if (!err)
    err = cf_cipher_new (cipher->suite, key, r_next);
  cf_wipe (key, sizeof key);
  return err;
}

gpg_error_t
cf_cipher_rekey (struct cf_cipher *cipher)
{
  uint8_t key[CF_CIPHER_KEY_LEN];
  gpg_error_t err = next_key (cipher, key);

  if (!err)
    err = own_error (gcry_cipher_reset (cipher->hd));
  if (!err)
    err = own_error (gcry_cipher_setkey (cipher->hd, key, sizeof key));
  cf_wipe (key, sizeof key);
  return err;
}
