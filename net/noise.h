/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise.h - the handshake Noise_XK_25519_{AESGCM|ChaChaPoly|AESOCB}_BLAKE2b.
 *
 *     <- s
 *     ...
 *     -> e, es        message 1: 48 bytes and the payload
 *     <- e, ee        message 2: 48 bytes and the payload
 *     -> s, se        message 3: 64 bytes and the payload
 *
 * Sans I/O: the ephemeral key is given by the caller.  A handshake that failed
 * once fails for ever.
 */
#ifndef CF_NET_NOISE_H
#define CF_NET_NOISE_H

#include "net/cipher.h"

#define CF_NOISE_DH_LEN 32
#define CF_NOISE_HASH_LEN 64
#define CF_NOISE_MESSAGE1_LEN (CF_NOISE_DH_LEN + CF_CIPHER_TAG_LEN) /* without payload */
#define CF_NOISE_MESSAGE2_LEN (CF_NOISE_DH_LEN + CF_CIPHER_TAG_LEN)
#define CF_NOISE_MESSAGE3_LEN (CF_NOISE_DH_LEN + 2 * CF_CIPHER_TAG_LEN)

struct cf_noise;

struct cf_noise_config {
  enum cf_suite suite;
  bool initiator;
  const uint8_t *static_secret, *static_public; /* own */
  const uint8_t *ephemeral_secret;              /* own; CF_NOISE_DH_LEN random bytes, never used again */
  const uint8_t *remote_static;                 /* initiator only */
  const void *prologue;
  size_t prologue_len;
};

/* Everything in CONFIG is copied; the state is secret memory.  Errors: ENOMEM. */
gpg_error_t cf_noise_new (const struct cf_noise_config *config, struct cf_noise **r_noise) CF_MUST_CHECK;
void cf_noise_free (struct cf_noise *noise); /* NULL is fine */

/* Write the next message with PAYLOAD to OUT, which has room for the message's
   length above and LEN bytes.  *R_LEN is what was written.
   Errors: INV_STATE (not our turn, over, or failed), BAD_PUBKEY (a point of low order), TOO_SHORT (OUT_SIZE). */
gpg_error_t cf_noise_write (struct cf_noise *noise, const void *payload, size_t len, uint8_t *out, size_t out_size,
                            size_t *r_len) CF_MUST_CHECK;

/* Read the peer's next message, whole; its payload goes to PAYLOAD, at most PAYLOAD_SIZE bytes.
   Errors: INV_STATE, BAD_PUBKEY, CHECKSUM (forged, or meant for another key), INV_LENGTH, TOO_LARGE. */
gpg_error_t cf_noise_read (struct cf_noise *noise, const uint8_t *message, size_t message_len, uint8_t *payload,
                           size_t payload_size, size_t *r_len) CF_MUST_CHECK;

/* All three messages are done. */
bool cf_noise_is_done (const struct cf_noise *noise);

/* Only when done: the ciphers of both directions.  Errors: INV_STATE, ENOMEM. */
gpg_error_t cf_noise_split (const struct cf_noise *noise, struct cf_cipher **r_send,
                            struct cf_cipher **r_receive) CF_MUST_CHECK;

const uint8_t *cf_noise_hash (const struct cf_noise *noise);             /* h so far; CF_NOISE_HASH_LEN */
const uint8_t *cf_noise_remote_static (const struct cf_noise *noise);    /* when done */
const uint8_t *cf_noise_remote_ephemeral (const struct cf_noise *noise); /* when a message of the peer was read */

#endif
