/* SPDX-License-Identifier: GPL-3.0-or-later */
/* block.c - blocks of a file, sealed for the way. */
#include "core/file/block.h"

#include <gcrypt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/secmem.h"
#include "net/cipher.h"

#define NONCE_LEN 12
#define AD_MAX 31
#define TYPES 4 /* frames 1 to 3 */

struct cf_file_seal {
  gcry_cipher_hd_t hd; /* holds the key, and wipes it */
  uint8_t run[CF_FILE_RUN_LEN];
  uint8_t suite;
  struct {
    bool used;         /* LAST was sealed */
    uint64_t last;
  } sealed[TYPES];
};

/* libgcrypt marks errors with its own source; ours carry ours. */
static gpg_error_t
own_error (gcry_error_t err)
{
  return err ? cf_err (gcry_err_code (err)) : 0;
}

enum cf_file_suite
cf_file_suite (void)
{
  return cf_suite_best () == CF_SUITE_AESOCB ? CF_FILE_SUITE_OCB : CF_FILE_SUITE_CHACHAPOLY;
}

static gpg_error_t
open_cipher (struct cf_file_seal *s, const uint8_t key[CF_HASH_LEN])
{
  gpg_error_t err;

  if (s->suite == CF_FILE_SUITE_OCB)
    err = own_error (gcry_cipher_open (&s->hd, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_OCB, GCRY_CIPHER_SECURE));
  else
    err = own_error (gcry_cipher_open (&s->hd, GCRY_CIPHER_CHACHA20, GCRY_CIPHER_MODE_POLY1305, GCRY_CIPHER_SECURE));
  return err ? err : own_error (gcry_cipher_setkey (s->hd, key, CF_HASH_LEN));
}

gpg_error_t
cf_file_seal_new (const uint8_t key[CF_FILE_KEY_LEN], const uint8_t transfer[CF_FILE_ID_LEN],
                  const uint8_t run[CF_FILE_RUN_LEN], int suite, struct cf_file_seal **r_seal)
{
  uint8_t run_key[CF_HASH_LEN];
  struct cf_file_seal *s;
  struct cf_hash h;
  gpg_error_t err;

  if (suite != CF_FILE_SUITE_OCB && suite != CF_FILE_SUITE_CHACHAPOLY)
    return cf_err (CF_ERR_PROTOCOL);
  s = calloc (1, sizeof *s);
  if (!s)
    return cf_err (GPG_ERR_ENOMEM);
  s->suite = (uint8_t) suite;
  memcpy (s->run, run, sizeof s->run);
  cf_hash_init (&h, key, "file block");
  cf_hash_add (&h, transfer, CF_FILE_ID_LEN);
  cf_hash_add (&h, run, CF_FILE_RUN_LEN);
  cf_hash_final (&h, run_key);
  err = open_cipher (s, run_key);
  cf_wipe (run_key, sizeof run_key);
  if (err)
    cf_file_seal_free (s);
  else
    *r_seal = s;
  return err;
}

void
cf_file_seal_free (struct cf_file_seal *seal)
{
  if (!seal)
    return;
  gcry_cipher_close (seal->hd);
  free (seal);
}

static void
put (uint8_t *out, uint64_t v, size_t len)
{
  for (; len-- > 0; v >>= 8)
    out[len] = (uint8_t) v;
}

/* Nonce and additional data; what is to come is all that comes. */
static gpg_error_t
begin (struct cf_file_seal *s, int type, uint64_t index, uint32_t count, uint8_t flags)
{
  uint8_t nonce[NONCE_LEN], ad[AD_MAX];
  gpg_error_t err;

  put (nonce, (uint64_t) type, 4);
  put (nonce + 4, index, 8);
  ad[0] = (uint8_t) type;
  memcpy (ad + 1, s->run, sizeof s->run);
  ad[17] = s->suite;
  ad[18] = flags;
  put (ad + 19, index, 8);
  put (ad + 27, count, 4);
  err = own_error (gcry_cipher_setiv (s->hd, nonce, sizeof nonce));
  if (!err)
    err = own_error (gcry_cipher_authenticate (s->hd, ad, type == CF_FILE_FRAME_ZEROS ? AD_MAX : AD_MAX - 4));
  if (!err)
    err = own_error (gcry_cipher_final (s->hd));
  return err;
}

gpg_error_t
cf_file_block_seal (struct cf_file_seal *s, int type, uint64_t index, uint32_t count, uint8_t flags, uint8_t *data,
                    size_t len, uint8_t r_tag[CF_FILE_TAG_LEN])
{
  gpg_error_t err;

  if (type <= 0 || type >= TYPES)
    return cf_err (GPG_ERR_INV_VALUE);
  if (s->sealed[type].used && index <= s->sealed[type].last)
    return cf_err (GPG_ERR_INV_STATE);
  s->sealed[type].used = true; /* whatever happens: this nonce is gone */
  s->sealed[type].last = index;
  err = begin (s, type, index, count, flags);
  if (!err)
    err = own_error (gcry_cipher_encrypt (s->hd, data, len, NULL, 0));
  if (!err)
    err = own_error (gcry_cipher_gettag (s->hd, r_tag, CF_FILE_TAG_LEN));
  return err;
}

gpg_error_t
cf_file_block_open (struct cf_file_seal *s, int type, uint64_t index, uint32_t count, uint8_t flags, uint8_t *data,
                    size_t len, const uint8_t tag[CF_FILE_TAG_LEN])
{
  gpg_error_t err;

  err = begin (s, type, index, count, flags);
  if (!err)
    err = own_error (gcry_cipher_decrypt (s->hd, data, len, NULL, 0));
  if (!err)
    err = own_error (gcry_cipher_checktag (s->hd, tag, CF_FILE_TAG_LEN));
  if (err)
    cf_wipe (data, len);
  return err;
}
