/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dgram_handshake.h - Noise XK in three datagrams that get lost, come twice, and may be anybody's.
 *
 *   initiator -> responder   "CfD" 1, version:1 suite:1 index:4, message 1 (56), zeros, MAC:16 MAC:16   1,200
 *   responder -> initiator   "CfD" 2, index:4, message 2 (52)                                            60
 *   initiator -> responder   "CfD" 3, index:4, message 3 (64)                                            72
 *
 * Each end makes its messages once and sends them again as they are.  What does
 * not open changes nothing: on a stream a forgery ends the handshake, here that
 * would be a weapon for who sees one datagram go by.
 * Datagrams in, datagrams out; when to send again is dgram.c's.
 */
#ifndef CF_NET_DGRAM_HANDSHAKE_H
#define CF_NET_DGRAM_HANDSHAKE_H

#include "net/dgram_door.h"
#include "net/noise.h"
#include "net/tunnel.h"

#define CF_DGRAM_INDEX_LEN 4
#define CF_DGRAM_SECOND_LEN (8 + CF_NOISE_MESSAGE2_LEN + CF_DGRAM_INDEX_LEN)
#define CF_DGRAM_THIRD_LEN (8 + CF_NOISE_MESSAGE3_LEN)
/* Forgeries that one handshake bears: each costs it the Diffie-Hellmans of starting again. */
#define CF_DGRAM_FORGERIES_MAX 64

struct cf_dgram_handshake; /* secret memory */

struct cf_dgram_keys {
  const uint8_t *own_secret, *own_public; /* copied */
  const uint8_t *remote_public;           /* initiator only */
};

/* An initiator, who will be known by INDEX, and its first message, without a cookie.  Errors: ENOMEM, those of
   cf_noise_write. */
gpg_error_t cf_dgram_handshake_dial (struct cf_env *env, const struct cf_dgram_keys *keys, enum cf_suite suite,
                                     uint32_t index, struct cf_dgram_handshake **r_handshake) CF_MUST_CHECK;
/* A responder for FIRST, which was judged by the door; its second message is ready.
   Errors: UNKNOWN_VERSION, UNSUPPORTED_ALGORITHM, those of cf_noise_read and cf_tunnel_guard_accept. */
gpg_error_t cf_dgram_handshake_answer (struct cf_env *env, const struct cf_dgram_keys *keys,
                                       struct cf_tunnel_guard *guard, uint32_t index,
                                       const uint8_t first[CF_DATAGRAM_FIRST_LEN],
                                       struct cf_dgram_handshake **r_handshake) CF_MUST_CHECK;
void cf_dgram_handshake_free (struct cf_dgram_handshake *handshake); /* NULL is fine */

/* The last message made: what is to be sent, and sent again. */
const uint8_t *cf_dgram_handshake_out (const struct cf_dgram_handshake *handshake, size_t *r_len);

/* Initiator: an answer with a cookie; the first message has it from now on.  Errors: CHECKSUM, INV_LENGTH, INV_STATE. */
gpg_error_t cf_dgram_handshake_cookie (struct cf_dgram_handshake *handshake, const uint8_t *data,
                                       size_t len) CF_MUST_CHECK;
/* Initiator: a second message; the third is ready.  Responder: a third message.
   Errors: INV_LENGTH, INV_STATE (not its turn), those of cf_noise_read: nothing has changed;
   LIMIT_REACHED: too many forgeries, it is over. */
gpg_error_t cf_dgram_handshake_take (struct cf_dgram_handshake *handshake, const uint8_t *data, size_t len) CF_MUST_CHECK;

/* Responder: is FIRST the message that made it? */
bool cf_dgram_handshake_is_of (const struct cf_dgram_handshake *handshake, const uint8_t first[CF_DATAGRAM_FIRST_LEN]);

uint32_t cf_dgram_handshake_remote_index (const struct cf_dgram_handshake *handshake); /* once a message has come */
enum cf_suite cf_dgram_handshake_suite (const struct cf_dgram_handshake *handshake);
/* For the split, the hash and the remote key, after the last message. */
const struct cf_noise *cf_dgram_handshake_noise (const struct cf_dgram_handshake *handshake);

#endif
