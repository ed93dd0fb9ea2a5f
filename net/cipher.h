/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cipher.h - Noise's CipherState: an AEAD key and the counter that is its nonce.
 *
 * A key is used in one direction only.  Sealing and opening are in place.
 * The key itself lives inside libgcrypt's handle, which wipes it when freed.
 */
#ifndef CF_NET_CIPHER_H
#define CF_NET_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CF_CIPHER_KEY_LEN 32
#define CF_CIPHER_TAG_LEN 16
#define CF_CIPHER_BLOCK_LEN 16

/* As on the wire and as bit numbers in HELLO. */
enum cf_suite { CF_SUITE_AESGCM = 0, CF_SUITE_CHACHAPOLY = 1, CF_SUITE_AESOCB = 2, CF_SUITE_COUNT };
#define CF_SUITES ((1u << CF_SUITE_COUNT) - 1) /* all of them, in HELLO */

struct cf_cipher;

/* "AESGCM", "ChaChaPoly" or "AESOCB". */
const char *cf_suite_name (enum cf_suite suite);

/* AESOCB where the processor has instructions for AES, as libgcrypt sees it; else ChaChaPoly. */
enum cf_suite cf_suite_best (void);

/* NAME must be that of a suite; NULL: the best. */
enum cf_suite cf_suite_by_name (const char *name);

/* Errors: ENOMEM, those of libgcrypt. */
gpg_error_t cf_cipher_new (enum cf_suite suite, const uint8_t key[CF_CIPHER_KEY_LEN],
                           struct cf_cipher **r_cipher) CF_MUST_CHECK;
void cf_cipher_free (struct cf_cipher *cipher); /* NULL is fine */

/* Encrypt LEN bytes at TEXT in place and write the tag; the counter moves on.
   Errors: LIMIT_REACHED (2^64 - 1 messages). */
gpg_error_t cf_cipher_seal (struct cf_cipher *cipher, const void *ad, size_t ad_len, uint8_t *text, size_t len,
                            uint8_t r_tag[CF_CIPHER_TAG_LEN]) CF_MUST_CHECK;

/* The same of CF_CIPHER_BLOCK_LEN bytes at TEXT and the LEN (at least 1) at REST, which is left as it is: behind TEXT
   there is room for it, encrypted.  A long text needs no copy of its own so. */
gpg_error_t cf_cipher_seal_long (struct cf_cipher *cipher, const void *ad, size_t ad_len, uint8_t *text,
                                 const uint8_t *rest, size_t len, uint8_t r_tag[CF_CIPHER_TAG_LEN]) CF_MUST_CHECK;

/* The inverse of both: LEN bytes at SEALED (which may be TEXT), decrypted at TEXT.  On error TEXT is wiped and the
   counter stays.  Errors: CHECKSUM (forged), LIMIT_REACHED. */
gpg_error_t cf_cipher_open (struct cf_cipher *cipher, const void *ad, size_t ad_len, const uint8_t *sealed, size_t len,
                            const uint8_t tag[CF_CIPHER_TAG_LEN], uint8_t *text) CF_MUST_CHECK;

/* The same under nonce N (< 2^64 - 1), for datagrams, which get lost and overtake each other; the counter stays.
   Nothing is ever sealed twice under one N. */
gpg_error_t cf_cipher_seal_at (struct cf_cipher *cipher, uint64_t n, const void *ad, size_t ad_len, uint8_t *text,
                               size_t len, uint8_t r_tag[CF_CIPHER_TAG_LEN]) CF_MUST_CHECK;
gpg_error_t cf_cipher_open_at (struct cf_cipher *cipher, uint64_t n, const void *ad, size_t ad_len, const uint8_t *sealed,
                               size_t len, const uint8_t tag[CF_CIPHER_TAG_LEN], uint8_t *text) CF_MUST_CHECK;

/* A cipher under the key to which REKEY would lead; CIPHER itself keeps its own.  Errors: ENOMEM, those of libgcrypt. */
gpg_error_t cf_cipher_next (struct cf_cipher *cipher, struct cf_cipher **r_next) CF_MUST_CHECK;

/* Noise's REKEY: a one-way step to the next key; the counter stays. */
gpg_error_t cf_cipher_rekey (struct cf_cipher *cipher) CF_MUST_CHECK;

/* The nonce that comes next. */
uint64_t cf_cipher_counter (const struct cf_cipher *cipher);

#endif
